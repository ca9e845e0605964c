/* engine/catalog.c -- the two questions behind catalog.h, and reading their answers.
 *
 * PostgreSQL is given names and types as arrays and compares types itself: it alone knows what a name means. Domains
 * count as what they are made of. SQLite answers through the table functions of its pragmas.
 * SPDX-License-Identifier: MIT */
#include "engine/catalog.h"

#include "base/error.h"
#include "sql/builder.h"
#include "sql/copy.h"

#include <string.h>

/* The arrays that PostgreSQL is given. */
typedef struct question {
    const char **tables;
    int32_t *models;
    const char **columns, **types;
    const char **enums;
    size_t column_count;
} question;

static orm_status gather(orm__sql *sql, const orm_schema *schema, orm__arena *arena, question *asked);
static const char *spell(orm__sql *sql, orm__arena *arena, const orm_model *model, const orm_column *column,
                         const orm_enum *enumeration);
static void ask_postgresql(orm__sql *sql, const orm_schema *schema, const question *asked);
static void ask_sqlite(orm__sql *sql, const orm_schema *schema);
static orm_status read_facts(orm__sql *sql, orm__arena *arena, orm__catalog *catalog);
static orm_status read_fact(orm_connection *connection, orm__arena *arena, orm__catalog *catalog);
static bool precedes(const orm__fact *fact, orm__fact_kind kind, int32_t model);

static const orm_model catalog_model = {.name = "catalog", .table = "catalog"};
#define COLUMN(column, kind) \
    { \
        .model = &catalog_model, .name = #column, .member = #column, .type = kind, .flags = ORM_NULLABLE, \
        .field = ORM_FIELD(orm__fact, column) \
    }
static const orm_column columns[] = {
    COLUMN(kind, ORM_TYPE_INT32),  COLUMN(model, ORM_TYPE_INT32), COLUMN(position, ORM_TYPE_INT32),
    COLUMN(flags, ORM_TYPE_INT32), COLUMN(name, ORM_TYPE_TEXT),   COLUMN(text, ORM_TYPE_TEXT),
    COLUMN(wanted, ORM_TYPE_TEXT),
};
enum { COLUMNS = sizeof columns / sizeof *columns };
static const orm_column *const number = &columns[1], *const text = &columns[5];

orm_status orm__catalog_read(orm_connection *connection, const orm_schema *schema, orm__arena *arena,
                             orm__catalog *catalog)
{
    orm__sql sql;
    question asked = {0};
    orm_status status = ORM_OK;
    *catalog = (orm__catalog){0};
    orm__sql_init(&sql, connection);
    if (connection->dialect == ORM_SQLITE) {
        ask_sqlite(&sql, schema);
    } else {
        status = gather(&sql, schema, arena, &asked);
        if (!status)
            ask_postgresql(&sql, schema, &asked);
    }
    if (!status)
        status = read_facts(&sql, arena, catalog);
    orm__sql_release(&sql);
    return status;
}

static orm_status gather(orm__sql *sql, const orm_schema *schema, orm__arena *arena, question *asked)
{
    size_t count = 0;
    for (uint32_t i = 0; i < schema->model_count; i++)
        count += schema->models[i]->column_count;
    asked->tables = orm__arena_zalloc(arena, schema->model_count, sizeof *asked->tables);
    asked->models = orm__arena_zalloc(arena, count, sizeof *asked->models);
    asked->columns = orm__arena_zalloc(arena, count, sizeof *asked->columns);
    asked->types = orm__arena_zalloc(arena, count, sizeof *asked->types);
    asked->enums = orm__arena_zalloc(arena, schema->enum_count, sizeof *asked->enums);
    bool whole = asked->tables && asked->models && asked->columns && asked->types && asked->enums;
    for (uint32_t i = 0; whole && i < schema->model_count; i++) {
        const orm_model *model = schema->models[i];
        whole = (asked->tables[i] = spell(sql, arena, model, NULL, NULL)) != NULL;
        for (uint32_t k = 0; whole && k < model->column_count; k++, asked->column_count++) {
            asked->models[asked->column_count] = (int32_t)i;
            asked->columns[asked->column_count] = model->columns[k].name;
            asked->types[asked->column_count] = spell(sql, arena, NULL, &model->columns[k], NULL);
            whole = asked->types[asked->column_count] != NULL;
        }
    }
    for (uint32_t i = 0; whole && i < schema->enum_count; i++)
        whole = (asked->enums[i] = spell(sql, arena, NULL, NULL, schema->enums[i])) != NULL;
    return whole ? ORM_OK : orm__error_no_memory(&sql->connection->error);
}

/* The name of a table, of a column's type, or of an enum, as SQL has it. */
static const char *spell(orm__sql *sql, orm__arena *arena, const orm_model *model, const orm_column *column,
                         const orm_enum *enumeration)
{
    orm__text_clear(sql->text);
    if (model)
        orm__sql_table_name(sql, model);
    else if (column)
        orm__sql_type(sql, column);
    else
        orm__sql_name(sql, enumeration->schema_name, enumeration->name);
    const char *spelt = sql->text->failed ? NULL : orm__arena_strdup(arena, sql->text->data);
    orm__text_clear(sql->text);
    return spelt;
}

/* What fills a column: a default, its own, its domain's or an identity; or it may be a trigger before the insert of
 * a row (tgtype: 1 ROW, 2 BEFORE, 4 INSERT). String types are told apart by nobody who reads them. */
static void ask_postgresql(orm__sql *sql, const orm_schema *schema, const question *asked)
{
    orm__sql_text(sql,
                  "WITH RECURSIVE asked AS (SELECT n::int4 - 1 AS model, to_regclass(name)::oid AS id FROM unnest(");
    orm__sql_list(sql, text, orm_of_texts(asked->tables, schema->model_count));
    orm__sql_text(sql, ") WITH ORDINALITY AS u(name, n)), types AS (SELECT model, name, to_regtype(type)::oid AS type "
                       "FROM unnest(");
    orm__sql_list(sql, number, orm_of_int32s(asked->models, asked->column_count));
    orm__sql_text(sql, ", ");
    orm__sql_list(sql, text, orm_of_texts(asked->columns, asked->column_count));
    orm__sql_text(sql, ", ");
    orm__sql_list(sql, text, orm_of_texts(asked->types, asked->column_count));
    orm__sql_text(
        sql,
        ") AS u(model, name, type)), tables AS (SELECT a.model, c.oid AS id, c.relkind IN ('r', 'p') AS stored, "
        "EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgtype & 7 = 7) AS filled "
        "FROM asked a JOIN pg_class c ON c.oid = a.id WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')), "
        "columns AS (SELECT t.model, t.filled, a.attrelid, a.attnum, a.attname::text AS name, a.atttypid AS type, "
        "a.atttypmod AS modifier, a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated FROM tables t "
        "JOIN pg_attribute a ON a.attrelid = t.id AND a.attnum > 0 AND NOT a.attisdropped), "
        "domains AS (SELECT p.oid AS domain, p.oid AS type, -1 AS modifier, false AS not_null, false AS filled "
        "FROM pg_type p WHERE p.typtype = 'd' AND p.oid IN (SELECT type FROM columns) UNION ALL "
        "SELECT d.domain, p.typbasetype, p.typtypmod, d.not_null OR p.typnotnull, d.filled OR p.typdefault IS NOT NULL "
        "FROM domains d JOIN pg_type p ON p.oid = d.type AND p.typtype = 'd'), "
        "bases AS (SELECT d.* FROM domains d JOIN pg_type p ON p.oid = d.type AND p.typtype <> 'd'), "
        "keys AS (SELECT t.model, dense_rank() OVER (PARTITION BY t.model ORDER BY i.indexrelid)::int4 AS position, "
        "i.indrelid, i.indisprimary, k.attnum FROM tables t JOIN pg_index i ON i.indrelid = t.id AND i.indisunique "
        "AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL, "
        "unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, n) WHERE k.n <= i.indnkeyatts), "
        "references_ AS (SELECT t.model, dense_rank() OVER (PARTITION BY t.model ORDER BY f.oid)::int4 AS position, "
        "f.confrelid, f.confdeltype, f.confupdtype, f.conrelid, k.attnum, k.target FROM tables t JOIN pg_constraint f "
        "ON f.conrelid = t.id AND f.contype = 'f', unnest(f.conkey, f.confkey) AS k(attnum, target)) "
        "SELECT 1 AS kind, model, 0 AS position, 0 AS flags, CASE WHEN stored THEN 'table' ELSE 'view' END AS name, "
        "NULL::text AS text, NULL::text AS wanted FROM tables UNION ALL "
        "SELECT 2, c.model, c.attnum::int4, "
        "coalesce(t.type IN (c.type, p.oid) OR t.type = 'text'::regtype AND p.typcategory = 'S', false)::int4 + "
        "2 * (c.attnotnull OR coalesce(b.not_null, false))::int4 + "
        "4 * (c.atthasdef OR c.attidentity <> '' OR c.filled OR coalesce(b.filled, false))::int4 + "
        "8 * (c.attgenerated <> '')::int4, c.name, format_type(p.oid, coalesce(nullif(b.modifier, -1), c.modifier)), "
        "format_type(t.type, NULL) FROM columns c LEFT JOIN bases b ON b.domain = c.type "
        "JOIN pg_type p ON p.oid = coalesce(b.type, c.type) LEFT JOIN types t ON t.model = c.model AND t.name = c.name "
        "UNION ALL SELECT 3, k.model, k.position, 16 * k.indisprimary::int4, a.attname::text, NULL, NULL FROM keys k "
        "JOIN pg_attribute a ON a.attrelid = k.indrelid AND a.attnum = k.attnum "
        "UNION ALL SELECT 4, r.model, r.position, "
        "strpos('arcn', r.confdeltype::text) + 8 * strpos('arcn', r.confupdtype::text), "
        "a.attname::text, b.attname::text, w.model::text FROM references_ r "
        "JOIN pg_attribute a ON a.attrelid = r.conrelid AND a.attnum = r.attnum "
        "JOIN pg_attribute b ON b.attrelid = r.confrelid AND b.attnum = r.target "
        "LEFT JOIN asked w ON w.id = r.confrelid "
        "UNION ALL SELECT 5, n::int4 - 1, rank() OVER (PARTITION BY n ORDER BY e.enumsortorder)::int4, 0, "
        "e.enumlabel::text, NULL, NULL FROM unnest(");
    orm__sql_list(sql, text, orm_of_texts(asked->enums, schema->enum_count));
    orm__sql_text(sql, ") WITH ORDINALITY AS u(name, n) JOIN pg_enum e ON e.enumtypid = to_regtype(u.name) "
                       "ORDER BY 1, 2, 3");
}

static void ask_sqlite(orm__sql *sql, const orm_schema *schema)
{
    orm__sql_text(sql, "WITH asked(model, name) AS (VALUES ");
    for (uint32_t i = 0; i < schema->model_count; i++) {
        const orm_model *model = schema->models[i];
        orm__sql_text(sql, i ? ", (" : "(");
        orm__sql_number(sql, i);
        orm__sql_text(sql, ", ");
        orm__sql_literal(sql, model->sqlite_table ? model->sqlite_table : model->table);
        orm__sql_text(sql, ")");
    }
    orm__sql_text(
        sql,
        ") SELECT 1 AS kind, a.model AS model, 0 AS position, 0 AS flags, s.type AS name, s.sql AS text, NULL AS wanted "
        "FROM asked a JOIN (SELECT name, type, sql FROM sqlite_schema UNION ALL SELECT name, type, sql FROM "
        "sqlite_temp_schema) s ON s.name = a.name COLLATE NOCASE AND s.type IN ('table', 'view') "
        "UNION ALL SELECT 2, a.model, c.cid, 2 * (c.\"notnull\" <> 0) + 4 * (c.dflt_value IS NOT NULL) + "
        "8 * (c.hidden IN (2, 3)) + 16 * (c.pk > 0), c.name, c.type, NULL FROM asked a, pragma_table_xinfo(a.name) c "
        "WHERE c.hidden <> 1 "
        "UNION ALL SELECT 3, a.model, l.seq, 16 * (l.origin = 'pk'), i.name, NULL, NULL FROM asked a, "
        "pragma_index_list(a.name) l, pragma_index_info(l.name) i WHERE l.\"unique\" AND NOT l.partial "
        "UNION ALL SELECT 4, a.model, f.id, CASE f.on_delete WHEN 'NO ACTION' THEN 1 WHEN 'RESTRICT' THEN 2 "
        "WHEN 'CASCADE' THEN 3 WHEN 'SET NULL' THEN 4 ELSE 0 END + 8 * CASE f.on_update WHEN 'NO ACTION' THEN 1 "
        "WHEN 'RESTRICT' THEN 2 WHEN 'CASCADE' THEN 3 WHEN 'SET NULL' THEN 4 ELSE 0 END, f.\"from\", f.\"to\", "
        "CAST((SELECT min(w.model) FROM asked w WHERE w.name = f.\"table\" COLLATE NOCASE) AS TEXT) "
        "FROM asked a, pragma_foreign_key_list(a.name) f ORDER BY 1, 2, 3");
}

static orm_status read_facts(orm__sql *sql, orm__arena *arena, orm__catalog *catalog)
{
    const orm__purpose purpose = {ORM_STATEMENT_SELECT, ""};
    orm_connection *connection = sql->connection;
    orm__statement *statement;
    orm_status status = orm__statement_start(sql, purpose, ORM__FETCH_STREAM, &statement);
    if (!status) {
        while (!(status = orm__statement_step(connection, statement)) &&
               !(status = read_fact(connection, arena, catalog)))
            ;
        orm_error kept = connection->error;
        orm_status finished = orm__statement_finish(connection, statement, NULL);
        if (status != ORM_DONE)
            connection->error = kept;
        else
            status = finished;
    }
    orm__statement_tell(sql, purpose, catalog->count, status);
    return status;
}

static orm_status read_fact(orm_connection *connection, orm__arena *arena, orm__catalog *catalog)
{
    const orm_column *list[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        list[i] = &columns[i];
    if (!(catalog->count & (catalog->count - 1))) { /* it doubles */
        size_t capacity = catalog->count ? 2 * catalog->count : 1;
        orm__fact *facts = orm__arena_zalloc(arena, capacity, sizeof *facts);
        if (!facts)
            return orm__error_no_memory(&connection->error);
        if (catalog->count)
            memcpy(facts, catalog->facts, catalog->count * sizeof *facts);
        catalog->facts = facts;
    }
    return connection->driver->read(connection->link, list, COLUMNS, 0, &catalog->facts[catalog->count++], arena,
                                    &connection->error);
}

const orm__fact *orm__catalog_find(const orm__catalog *catalog, orm__fact_kind kind, uint32_t model, size_t *count)
{
    size_t first = 0, end = catalog->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (precedes(&catalog->facts[middle], kind, (int32_t)model))
            first = middle + 1;
        else
            end = middle;
    }
    for (end = first; end < catalog->count && catalog->facts[end].kind == (int32_t)kind &&
                      catalog->facts[end].model == (int32_t)model;)
        end++;
    *count = end - first;
    return catalog->facts + first;
}

static bool precedes(const orm__fact *fact, orm__fact_kind kind, int32_t model)
{
    return fact->kind != (int32_t)kind ? fact->kind < (int32_t)kind : fact->model < model;
}
