/* catalog_postgresql.c -- reads PostgreSQL's catalogs: one query for all things of a kind, whatever their number.
 *
 * Works from PostgreSQL 12 on. Names are told without a schema where the connection finds them without one.
 * SPDX-License-Identifier: MIT */
#include "catalog_postgresql.h"

#include <string.h>

static void read_enums(pg_reader *p);
static void read_relations(pg_reader *p);
static const char *definition_of(pg_reader *p, const char *definition);
static void read_columns(pg_reader *p);
static void add_column(pg_reader *p, const catalog_rows *rows, size_t row);
static void note_column(pg_reader *p, const ormc_snapshot_table *table, const ormc_snapshot_column *column,
                        const catalog_rows *rows, size_t row);
static void read_constraints(pg_reader *p);
static void add_constraint(pg_reader *p, const catalog_rows *rows, size_t row);
static void add_key_part(pg_reader *p, const catalog_rows *rows, size_t row);
static void note_constraint(pg_reader *p, const catalog_rows *rows, size_t row);
static const char *action_of(const char *letter);
static void read_indexes(pg_reader *p);
static bool is_beyond_words(const catalog_rows *rows, size_t row, size_t count);
static void add_index(pg_reader *p, const catalog_rows *rows, size_t row, size_t count);

void catalog_read_postgresql(catalog_reader *r)
{
    pg_reader p = {.r = r};
    pg_choose_schemas(&p);
    read_enums(&p);
    read_relations(&p);
    read_columns(&p);
    read_constraints(&p);
    read_indexes(&p);
    if (!r->choice->scratch)
        pg_read_notes(&p);
}

static void read_enums(pg_reader *p)
{
    ormc_snapshot *snapshot = &p->r->catalog->snapshot;
    catalog_rows rows = pg_query(p,
                                 "SELECT n.nspname::text, t.typname::text, obj_description(t.oid, 'pg_type'), "
                                 "e.enumlabel::text FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid "
                                 "JOIN pg_namespace n ON n.oid = t.typnamespace WHERE %s AND NOT EXISTS (SELECT FROM "
                                 "pg_depend x WHERE x.classid = 'pg_type'::regclass AND x.objid = t.oid AND "
                                 "x.deptype = 'e') ORDER BY 1, 2, e.enumsortorder",
                                 4);
    for (size_t i = 0; i < rows.count && !p->r->failed; i++) {
        const char *schema = pg_schema(p, catalog_cell(&rows, i, 0)), *name = catalog_cell(&rows, i, 1);
        ormc_snapshot_enum *last = snapshot->enum_count ? &snapshot->enums[snapshot->enum_count - 1] : NULL;
        if (!last || !ormc_same(last->schema, schema) || strcmp(last->name, name) != 0) {
            snapshot->enums = catalog_grow(p->r, snapshot->enums, snapshot->enum_count, sizeof *snapshot->enums);
            if (p->r->failed)
                return;
            last = &snapshot->enums[snapshot->enum_count++];
            *last = (ormc_snapshot_enum){.schema = schema, .name = name, .comment = catalog_cell(&rows, i, 2)};
        }
        catalog_add_name(p->r, &last->values, catalog_cell(&rows, i, 3));
    }
}

/* Tables, partitioned ones too, and views. What is left out is noted. */
static void read_relations(pg_reader *p)
{
    ormc_catalog *catalog = p->r->catalog;
    catalog_rows rows = pg_query(
        p,
        "SELECT c.oid::text, n.nspname::text, c.relname::text, c.relkind::text, "
        "obj_description(c.oid, 'pg_class'), CASE WHEN c.relkind IN ('v', 'm', 'f') "
        "THEN coalesce(pg_get_viewdef(c.oid, true), '') END FROM pg_class c JOIN pg_namespace n ON n.oid = "
        "c.relnamespace WHERE %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition "
        "AND c.relname <> 'ormc_migrations' AND NOT EXISTS (SELECT FROM pg_depend x WHERE "
        "x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e') "
        "ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\"",
        6);
    if (p->r->failed)
        return;
    catalog->snapshot.tables = orm__arena_zalloc(p->r->arena, rows.count + 1, sizeof *catalog->snapshot.tables);
    catalog->views = orm__arena_zalloc(p->r->arena, rows.count + 1, sizeof *catalog->views);
    p->r->failed = !catalog->snapshot.tables || !catalog->views;
    for (size_t i = 0; i < rows.count && !p->r->failed; i++) {
        const char *definition = catalog_cell(&rows, i, 5);
        ormc_catalog_view *view = definition ? &catalog->views[catalog->view_count++] : NULL;
        ormc_snapshot_table *table = view ? &view->table : &catalog->snapshot.tables[catalog->snapshot.table_count++];
        *table = (ormc_snapshot_table){.schema = pg_schema(p, catalog_cell(&rows, i, 1)),
                                       .name = catalog_cell(&rows, i, 2),
                                       .comment = catalog_cell(&rows, i, 4)};
        if (view) {
            view->definition = definition_of(p, definition);
            view->unsayable = *catalog_cell(&rows, i, 3) != 'v';
        }
        p->r->failed = !ormc_table_add(&p->relations, p->r->arena, catalog_cell(&rows, i, 0), table);
    }
}

/* Without the semicolon behind it, and the prefix of the schemas that stand beside the live ones. */
static const char *definition_of(pg_reader *p, const char *definition)
{
    const char *prefix = p->r->choice->scratch;
    orm__text text = {0};
    definition += strspn(definition, " \n");
    for (const char *at = definition; *at; at++) {
        bool here = prefix && strncmp(at, prefix, strlen(prefix)) == 0 && at[strlen(prefix)] == '_';
        if (here)
            at += strlen(prefix);
        else
            orm__text_char(&text, *at);
    }
    while (text.length && strchr("; \n", text.data[text.length - 1]))
        text.data[--text.length] = '\0';
    const char *made = catalog_printf(p->r, "%s", text.failed || !text.data ? "" : text.data);
    p->r->failed |= text.failed;
    orm__text_release(&text);
    return made;
}

/* The columns of the query. */
enum {
    C_TABLE,
    C_NAME,
    C_TYPE,
    C_NOT_NULL,
    C_IDENTITY,
    C_SERIAL,
    C_GENERATED,
    C_EXPRESSION,
    C_COMMENT,
    C_ENUM_SCHEMA,
    C_ENUM_NAME,
    C_ARRAY,
    C_DOMAIN,
    C_COLLATION,
    C_WIDTH
};

/* A domain is read as the type below it. */
static void read_columns(pg_reader *p)
{
    catalog_rows rows = pg_query(
        p,
        "SELECT c.oid::text, a.attname::text, CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) "
        "ELSE format_type(a.atttypid, a.atttypmod) END, (a.attnotnull OR t.typnotnull)::text, a.attidentity::text, "
        "EXISTS (SELECT FROM pg_depend s JOIN pg_class q ON q.oid = s.objid AND q.relkind = 'S' WHERE s.classid = "
        "'pg_class'::regclass AND s.refclassid = 'pg_class'::regclass AND s.refobjid = c.oid AND s.refobjsubid = "
        "a.attnum AND s.deptype = 'a')::text, (a.attgenerated <> '')::text, pg_get_expr(d.adbin, d.adrelid, true), "
        "col_description(c.oid, a.attnum), en.nspname::text, e.typname::text, (b.typcategory = 'A')::text, "
        "CASE WHEN t.typtype = 'd' THEN format_type(t.oid, NULL) END, CASE WHEN a.attcollation <> t.typcollation "
        "THEN co.collname::text END FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON "
        "n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid JOIN pg_type b ON b.oid = CASE WHEN t.typtype = "
        "'d' THEN t.typbasetype ELSE t.oid END LEFT JOIN pg_type e ON e.oid = CASE WHEN b.typcategory = 'A' THEN "
        "b.typelem ELSE b.oid END AND e.typtype = 'e' LEFT JOIN pg_namespace en ON en.oid = e.typnamespace LEFT JOIN "
        "pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum LEFT JOIN pg_collation co ON co.oid = "
        "a.attcollation WHERE %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped "
        "ORDER BY c.oid, a.attnum",
        C_WIDTH);
    for (size_t i = 0; i < rows.count && !p->r->failed; i++)
        add_column(p, &rows, i);
}

static void add_column(pg_reader *p, const catalog_rows *rows, size_t row)
{
    ormc_snapshot_table *table = ormc_table_get(&p->relations, catalog_cell(rows, row, C_TABLE));
    if (!table)
        return;
    table->columns = catalog_grow(p->r, table->columns, table->column_count, sizeof *table->columns);
    if (p->r->failed)
        return;
    ormc_snapshot_column *column = &table->columns[table->column_count++];
    bool computed = catalog_truth(rows, row, C_GENERATED), serial = catalog_truth(rows, row, C_SERIAL);
    const char *expression = catalog_cell(rows, row, C_EXPRESSION);
    serial = serial && expression && strncmp(expression, "nextval(", 8) == 0;
    *column = (ormc_snapshot_column){
        .name = catalog_cell(rows, row, C_NAME),
        .type = catalog_cell(rows, row, C_TYPE),
        .enum_schema = catalog_cell(rows, row, C_ENUM_SCHEMA),
        .enum_name = catalog_cell(rows, row, C_ENUM_NAME),
        .array = catalog_truth(rows, row, C_ARRAY),
        .not_null = catalog_truth(rows, row, C_NOT_NULL),
        .identity = serial || *catalog_cell(rows, row, C_IDENTITY),
        .default_sql = computed || serial ? NULL : expression,
        .generated = computed ? expression : NULL,
        .comment = catalog_cell(rows, row, C_COMMENT),
    };
    if (column->enum_name)
        column->enum_schema = pg_schema(p, column->enum_schema);
    note_column(p, table, column, rows, row);
}

static void note_column(pg_reader *p, const ormc_snapshot_table *table, const ormc_snapshot_column *column,
                        const catalog_rows *rows, size_t row)
{
    const char *domain = catalog_cell(rows, row, C_DOMAIN), *collation = catalog_cell(rows, row, C_COLLATION);
    if (*catalog_cell(rows, row, C_IDENTITY) == 'a')
        catalog_note(p->r, table->schema, table->name,
                     "column %s is GENERATED ALWAYS AS IDENTITY; ormc says BY DEFAULT", column->name);
    if (domain)
        catalog_note(p->r, table->schema, table->name, "column %s is of the domain %s", column->name, domain);
    if (collation)
        catalog_note(p->r, table->schema, table->name, "column %s has the collation %s", column->name, collation);
}

enum {
    K_TABLE,
    K_NAME,
    K_KIND,
    K_COLUMN,
    K_TARGET_COLUMN,
    K_TARGET_SCHEMA,
    K_TARGET,
    K_ON_DELETE,
    K_ON_UPDATE,
    K_EXPRESSION,
    K_DEFINITION,
    K_VALID,
    K_FIRST,
    K_WIDTH
};

/* A row for each column of each constraint. */
static void read_constraints(pg_reader *p)
{
    catalog_rows rows = pg_query(
        p,
        "SELECT k.conrelid::text, k.conname::text, k.contype::text, a.attname::text, f.attname::text, fn.nspname::text, "
        "fc.relname::text, k.confdeltype::text, k.confupdtype::text, CASE WHEN k.contype = 'c' THEN "
        "pg_get_expr(k.conbin, k.conrelid, true) END, pg_get_constraintdef(k.oid, true), k.convalidated::text, "
        "(u.n IS NULL OR u.n = 1)::text FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n "
        "ON n.oid = c.relnamespace LEFT JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY u(key, far, n) ON "
        "k.contype <> 'c' LEFT JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.key LEFT JOIN "
        "pg_class fc ON fc.oid = k.confrelid LEFT JOIN pg_namespace fn ON fn.oid = fc.relnamespace LEFT JOIN "
        "pg_attribute f ON f.attrelid = k.confrelid AND f.attnum = u.far WHERE %s AND k.contype IN ('p', 'u', 'f', "
        "'c', 'x') ORDER BY k.conrelid, length(k.conname::text), k.conname COLLATE \"C\", u.n",
        K_WIDTH);
    for (size_t i = 0; i < rows.count && !p->r->failed; i++) {
        if (!ormc_table_get(&p->relations, catalog_cell(&rows, i, K_TABLE)))
            continue;
        if (catalog_truth(&rows, i, K_FIRST))
            add_constraint(p, &rows, i);
        if (!p->r->failed)
            add_key_part(p, &rows, i);
    }
}

static void add_constraint(pg_reader *p, const catalog_rows *rows, size_t row)
{
    catalog_reader *r = p->r;
    ormc_snapshot_table *table = ormc_table_get(&p->relations, catalog_cell(rows, row, K_TABLE));
    const char *name = catalog_cell(rows, row, K_NAME);
    p->key = NULL;
    p->far = NULL;
    note_constraint(p, rows, row);
    switch (*catalog_cell(rows, row, K_KIND)) {
    case 'p':
        table->primary_key = catalog_grow(r, NULL, 0, sizeof *table->primary_key);
        if (r->failed)
            return;
        table->primary_key_count = 1;
        table->primary_key->name = name;
        p->key = &table->primary_key->columns;
        break;
    case 'u':
        table->uniques = catalog_grow(r, table->uniques, table->unique_count, sizeof *table->uniques);
        if (r->failed)
            return;
        table->uniques[table->unique_count].name = name;
        p->key = &table->uniques[table->unique_count++].columns;
        break;
    case 'c':
        table->checks = catalog_grow(r, table->checks, table->check_count, sizeof *table->checks);
        if (!r->failed)
            table->checks[table->check_count++] = (ormc_snapshot_check){name, catalog_cell(rows, row, K_EXPRESSION)};
        break;
    case 'f':
        table->foreign_keys = catalog_grow(r, table->foreign_keys, table->foreign_key_count,
                                           sizeof *table->foreign_keys);
        if (r->failed)
            return;
        ormc_snapshot_foreign_key *key = &table->foreign_keys[table->foreign_key_count++];
        *key = (ormc_snapshot_foreign_key){
            .name = name,
            .schema = pg_schema(p, catalog_cell(rows, row, K_TARGET_SCHEMA)),
            .table = catalog_cell(rows, row, K_TARGET),
            .on_delete = action_of(catalog_cell(rows, row, K_ON_DELETE)),
            .on_update = catalog_on_update(action_of(catalog_cell(rows, row, K_ON_UPDATE)))};
        p->key = &key->columns;
        p->far = &key->target_columns;
        break;
    default:
        break;
    }
}

static void add_key_part(pg_reader *p, const catalog_rows *rows, size_t row)
{
    if (p->key)
        catalog_add_name(p->r, p->key, catalog_cell(rows, row, K_COLUMN));
    if (p->far)
        catalog_add_name(p->r, p->far, catalog_cell(rows, row, K_TARGET_COLUMN));
}

static void note_constraint(pg_reader *p, const catalog_rows *rows, size_t row)
{
    static const char *const unsaid[] = {" DEFERRABLE", " NULLS NOT DISTINCT", " INCLUDE (",
                                         " NO INHERIT", " MATCH FULL",         " SET DEFAULT"};
    const ormc_snapshot_table *table = ormc_table_get(&p->relations, catalog_cell(rows, row, K_TABLE));
    const char *definition = catalog_cell(rows, row, K_DEFINITION);
    char kind = *catalog_cell(rows, row, K_KIND);
    bool beyond = kind == 'x' || !catalog_truth(rows, row, K_VALID);
    for (size_t i = 0; i < sizeof unsaid / sizeof *unsaid && kind != 'c'; i++)
        beyond |= strstr(definition, unsaid[i]) != NULL;
    if (beyond)
        catalog_note(p->r, table->schema, table->name, "constraint %s: %s", catalog_cell(rows, row, K_NAME),
                     definition);
}

static const char *action_of(const char *letter)
{
    static const struct {
        char letter;
        const char *action;
    } actions[] = {{'c', "CASCADE"}, {'n', "SET NULL"}, {'d', "SET DEFAULT"}, {'r', "RESTRICT"}};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (*letter == actions[i].letter)
            return actions[i].action;
    return "NO ACTION";
}

enum {
    I_TABLE,
    I_NAME,
    I_UNIQUE,
    I_METHOD,
    I_COLUMN,
    I_TEXT,
    I_OPTION,
    I_IS_KEY,
    I_PREDICATE,
    I_COMMENT,
    I_DEFINITION,
    I_ODD,
    I_WIDTH
};

/* A row for each part of each index that no constraint has made. */
static void read_indexes(pg_reader *p)
{
    catalog_rows rows = pg_query(
        p,
        "SELECT i.indrelid::text, ic.relname::text, i.indisunique::text, am.amname::text, a.attname::text, "
        "pg_get_indexdef(i.indexrelid, u.n::int, true), CASE WHEN u.n <= i.indnkeyatts THEN i.indoption[u.n - 1]::text "
        "ELSE '0' END, (u.n <= i.indnkeyatts)::text, pg_get_expr(i.indpred, i.indrelid, true), "
        "obj_description(i.indexrelid, 'pg_class'), pg_get_indexdef(i.indexrelid), (NOT i.indisvalid OR (u.n <= "
        "i.indnkeyatts AND (NOT o.opcdefault OR (a.attnum IS NOT NULL AND i.indcollation[u.n - 1] <> "
        "a.attcollation))) OR pg_get_indexdef(i.indexrelid) LIKE '%NULLS NOT DISTINCT%')::text "
        "FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN "
        "pg_class ic ON ic.oid = i.indexrelid JOIN pg_am am ON am.oid = ic.relam CROSS JOIN LATERAL "
        "unnest(i.indkey::int2[]) WITH ORDINALITY u(key, n) LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND "
        "a.attnum = u.key AND u.key <> 0 LEFT JOIN pg_opclass o ON u.n <= i.indnkeyatts AND o.oid = i.indclass[u.n - 1] "
        "WHERE %s AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', "
        "'u', 'x')) ORDER BY i.indrelid, length(ic.relname::text), ic.relname COLLATE \"C\", u.n",
        I_WIDTH);
    for (size_t i = 0, count; i < rows.count && !p->r->failed; i += count) {
        for (count = 1; i + count < rows.count &&
                        ormc_same(catalog_cell(&rows, i, I_NAME), catalog_cell(&rows, i + count, I_NAME)) &&
                        ormc_same(catalog_cell(&rows, i, I_TABLE), catalog_cell(&rows, i + count, I_TABLE));)
            count++;
        const ormc_snapshot_table *table = ormc_table_get(&p->relations, catalog_cell(&rows, i, I_TABLE));
        if (table && is_beyond_words(&rows, i, count))
            catalog_note(p->r, table->schema, table->name, "%s", catalog_cell(&rows, i, I_DEFINITION));
        else if (table)
            add_index(p, &rows, i, count);
    }
}

/* Columns in either order as PostgreSQL sorts NULL by default, or one expression; nothing odd about them. */
static bool is_beyond_words(const catalog_rows *rows, size_t row, size_t count)
{
    size_t keys = 0, expressions = 0;
    if (strcmp(catalog_cell(rows, row, I_METHOD), "btree") != 0)
        return true;
    for (size_t i = row; i < row + count; i++) {
        const char *option = catalog_cell(rows, i, I_OPTION);
        bool expression = !catalog_cell(rows, i, I_COLUMN);
        keys += catalog_truth(rows, i, I_IS_KEY);
        expressions += expression;
        if (catalog_truth(rows, i, I_ODD) || (*option != '0' && (expression || *option != '3')))
            return true;
    }
    return expressions && keys > 1;
}

static void add_index(pg_reader *p, const catalog_rows *rows, size_t row, size_t count)
{
    catalog_reader *r = p->r;
    ormc_snapshot_table *table = ormc_table_get(&p->relations, catalog_cell(rows, row, I_TABLE));
    table->indexes = catalog_grow(r, table->indexes, table->index_count, sizeof *table->indexes);
    if (r->failed)
        return;
    ormc_snapshot_index *index = &table->indexes[table->index_count++];
    *index = (ormc_snapshot_index){.name = catalog_cell(rows, row, I_NAME),
                                   .unique = catalog_truth(rows, row, I_UNIQUE),
                                   .where = catalog_cell(rows, row, I_PREDICATE),
                                   .comment = catalog_cell(rows, row, I_COMMENT)};
    for (size_t i = row; i < row + count; i++) {
        const char *column = catalog_cell(rows, i, I_COLUMN);
        if (!catalog_truth(rows, i, I_IS_KEY)) {
            catalog_add_name(r, &index->include, column);
            continue;
        }
        orm__text text = {0};
        if (column)
            ormc_literal_sql_name(&text, column);
        else
            orm__text_printf(&text, "(%s)", catalog_cell(rows, i, I_TEXT));
        catalog_add_name(r, &index->parts,
                         catalog_printf(r, "%s%s", text.failed ? "" : text.data,
                                        *catalog_cell(rows, i, I_OPTION) == '3' ? " DESC" : ""));
        r->failed |= text.failed;
        orm__text_release(&text);
    }
}
