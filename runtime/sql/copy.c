/* sql/copy.c -- COPY in place of INSERT, and keys drawn ahead of it, by copy.h.
 * SPDX-License-Identifier: MIT */
#include "sql/copy.h"

#include "base/error.h"
#include "sql/values.h"

#include <stdlib.h>

static const char *receivers_of(const orm_column *column);
static orm_status known_table(orm_connection *connection, const orm_model *model, const orm__table **table);
static orm_status ask_catalog(orm_connection *connection, const orm_model *model, const orm__table **table);
static void write_question(orm__sql *sql, const orm_model *model);
static size_t write_pairs(orm__sql *sql, const orm_model *model);
static orm_status read_keys(orm__sql *sql, const orm_model *model, const orm_column *key, void *const *rows,
                            size_t count);
static void write_copy(orm__sql *sql, const orm_model *model, const orm__chosen *columns);

orm_status orm__copy_allowed(orm_connection *connection, const orm_model *model, const orm__chosen *columns,
                             bool *allowed)
{
    *allowed = connection->dialect == ORM_POSTGRESQL && columns->count > 0;
    for (size_t i = 0; i < columns->count; i++)
        *allowed &= receivers_of(columns->columns[i]) != NULL;
    if (!*allowed)
        return ORM_OK;
    const orm__table *table;
    ORM_TRY(known_table(connection, model, &table));
    *allowed = table->copies;
    return ORM_OK;
}

orm_status orm__table_is_plain(orm_connection *connection, const orm_model *model, bool *plain)
{
    const orm__table *table;
    *plain = false;
    ORM_TRY(known_table(connection, model, &table));
    *plain = table->plain;
    return ORM_OK;
}

static orm_status known_table(orm_connection *connection, const orm_model *model, const orm__table **table)
{
    for (size_t i = 0; i < connection->tables.count; i++) {
        *table = &connection->tables.items[i];
        if ((*table)->model == model)
            return ORM_OK;
    }
    return ask_catalog(connection, model, table);
}

/* The functions by which the database reads values as we write them; NULL where it would have to cast. */
static const char *receivers_of(const orm_column *column)
{
    static const char *const receivers[] = {
        [ORM_TYPE_BOOL] = "boolrecv",
        [ORM_TYPE_INT16] = "int2recv",
        [ORM_TYPE_INT32] = "int4recv",
        [ORM_TYPE_INT64] = "int8recv",
        [ORM_TYPE_FLOAT32] = "float4recv",
        [ORM_TYPE_FLOAT64] = "float8recv",
        [ORM_TYPE_TEXT] = "textrecv,varcharrecv,bpcharrecv",
        [ORM_TYPE_BYTES] = "bytearecv",
        [ORM_TYPE_UUID] = "uuid_recv",
        [ORM_TYPE_DATE] = "date_recv",
        [ORM_TYPE_TIME] = "time_recv",
        [ORM_TYPE_TIMESTAMP] = "timestamp_recv",
        [ORM_TYPE_TIMESTAMPTZ] = "timestamptz_recv",
        [ORM_TYPE_INTERVAL] = "interval_recv",
        [ORM_TYPE_JSON] = "json_recv",
        [ORM_TYPE_JSONB] = "jsonb_recv",
        [ORM_TYPE_ENUM] = "enum_recv",
    };
    bool known = (size_t)column->type < sizeof receivers / sizeof *receivers && !(column->flags & ORM_ARRAY);
    return known ? receivers[column->type] : NULL;
}

static orm_status ask_catalog(orm_connection *connection, const orm_model *model, const orm__table **table)
{
    enum { PLAIN = 1, RECEIVED = 2 };
    orm__table *items = realloc(connection->tables.items, (connection->tables.count + 1) * sizeof *items);
    if (!items)
        return orm__error_no_memory(&connection->error);
    connection->tables.items = items;
    orm__sql sql;
    int64_t answer;
    orm__sql_init(&sql, connection);
    write_question(&sql, model);
    orm_status status = orm__ask_integer(&sql, model->table, &answer);
    orm__sql_release(&sql);
    if (status)
        return status;
    *table = &items[connection->tables.count++];
    items[connection->tables.count - 1] = (orm__table){
        .model = model, .plain = answer & PLAIN, .copies = answer == (PLAIN | RECEIVED)};
    return ORM_OK;
}

/* No row where there is no such table: what is to be written says so better. tgtype: 2 is BEFORE, 4 INSERT, 64
 * INSTEAD OF (src/include/catalog/pg_trigger.h). */
static void write_question(orm__sql *sql, const orm_model *model)
{
    orm__sql_text(sql, "SELECT (c.relkind = 'r' AND NOT c.relrowsecurity AND "
                       "NOT EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid) AND "
                       "NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND "
                       "g.tgtype & 4 <> 0 AND g.tgtype & 66 <> 0))::int4 + 2 * ("
                       "(SELECT count(*) FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
                       "WHERE a.attrelid = c.oid AND NOT a.attisdropped AND (");
    size_t count = write_pairs(sql, model);
    orm__sql_text(sql, ")) = ");
    orm__sql_number(sql, count);
    orm__sql_text(sql, ")::int4 FROM pg_class c WHERE c.oid = to_regclass(");
    orm__sql_table_literal(sql, model);
    orm__sql_text(sql, ")");
}

/* (a.attname = 'id' AND t.typreceive::text = ANY ('{int8recv}')) OR ... Returns of how many columns. */
static size_t write_pairs(orm__sql *sql, const orm_model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < model->column_count; i++) {
        const char *receivers = receivers_of(&model->columns[i]);
        if (!receivers)
            continue;
        orm__sql_text(sql, count++ > 0 ? " OR (a.attname = " : "(a.attname = ");
        orm__sql_literal(sql, model->columns[i].name);
        orm__sql_text(sql, " AND t.typreceive::text = ANY ('{");
        orm__sql_text(sql, receivers);
        orm__sql_text(sql, "}'))");
    }
    return count;
}

orm_status orm__draw_keys(orm_connection *connection, const orm_model *model, const orm_column *key, void *const *rows,
                          size_t count)
{
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_text(&sql, "SELECT nextval((SELECT ");
    orm__sql_sequence(&sql, model, key);
    orm__sql_text(&sql, "::regclass)) FROM generate_series(1, ");
    orm__sql_integer(&sql, (int64_t)count);
    orm__sql_text(&sql, ")");
    orm_status status = read_keys(&sql, model, key, rows, count);
    orm__sql_release(&sql);
    return status;
}

static orm_status read_keys(orm__sql *sql, const orm_model *model, const orm_column *key, void *const *rows,
                            size_t count)
{
    orm_connection *c = sql->connection;
    orm__statement *statement;
    size_t drawn = 0;
    bool fits = true;
    ORM_TRY(
        orm__statement_start(sql, (orm__purpose){ORM_STATEMENT_SELECT, model->table}, ORM__FETCH_WHOLE, &statement));
    orm_status status;
    while ((status = orm__statement_step(c, statement)) == ORM_OK && drawn < count && fits) {
        int64_t value = c->driver->read_integer(c->link, 0);
        fits = value <= orm__highest_key(key);
        orm__member_set(key, rows[drawn++], orm_of_int64(value));
    }
    orm_status end = orm__statement_finish(c, statement, NULL);
    status = status == ORM_DONE || status == ORM_OK ? end : status;
    if (status || (fits && drawn == count))
        return status;
    orm__error_set(&c->error, ORM_DATABASE, "table '%s' has no keys left for %zu rows", model->table, count);
    return orm__connection_failed(c);
}

orm_status orm__copy_rows(orm_connection *connection, const orm_model *model, const orm__chosen *columns, size_t count)
{
    size_t taken = 0;
    orm__sql sql;
    orm__sql_init(&sql, connection);
    write_copy(&sql, model, columns);
    orm_status status = orm__statement_copy(&sql, columns->values, columns->count, &taken);
    orm__sql_release(&sql);
    if (status || taken == count)
        return status;
    orm__error_set(&connection->error, ORM_STALE, "%zu rows were copied into table '%s' and it took %zu", count,
                   model->table, taken);
    ORM__ERROR_COPY(connection->error.table, model->table);
    return orm__connection_failed(connection);
}

static void write_copy(orm__sql *sql, const orm_model *model, const orm__chosen *columns)
{
    orm__sql_text(sql, "COPY ");
    orm__sql_table_name(sql, model);
    for (size_t i = 0; i < columns->count; i++) {
        orm__sql_text(sql, i > 0 ? ", " : " (");
        orm__sql_identifier(sql, columns->columns[i]->name);
    }
    orm__sql_text(sql, ") FROM STDIN (FORMAT binary)");
}

void orm__sql_sequence(orm__sql *sql, const orm_model *model, const orm_column *key)
{
    orm__sql_text(sql, "pg_get_serial_sequence(");
    orm__sql_table_literal(sql, model);
    orm__sql_text(sql, ", ");
    orm__sql_literal(sql, key->name);
    orm__sql_text(sql, ")");
}

void orm__sql_table_literal(orm__sql *sql, const orm_model *model)
{
    orm__text name = {0};
    orm__text *text = sql->text;
    sql->text = &name;
    orm__sql_table_name(sql, model);
    sql->text = text;
    if (name.failed)
        orm__sql_fail(sql, ORM_NO_MEMORY, "out of memory");
    else
        orm__sql_literal(sql, name.data);
    orm__text_release(&name);
}
