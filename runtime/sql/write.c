/* sql/write.c -- the statements of the unit of work, for one row and for many.
 *
 * Keys on PostgreSQL: one row comes back by RETURNING; of many rows the keys are drawn from the sequence in the same
 * statement, next to the ordinal number of their row, so that each key is known by its row and not by an order that SQL does
 * not promise. Keys on SQLite: sqlite3_last_insert_rowid for one row; of many the first is inserted alone, and the others get the
 * keys that follow its, written out: should they be taken (by a trigger), the statement fails.
 * SPDX-License-Identifier: MIT */
#include "sql/write.h"

#include "base/error.h"
#include "base/value.h"
#include "sql/builder.h"
#include "sql/values.h"

#include <stdlib.h>
#include <string.h>

/* CHUNK: rows that travel as arrays at once. FEW: below it one statement a row is as good. */
enum { CHUNK = 1000, FEW = 4, SQLITE_LISTS = 64 };

/* The columns that a statement writes, then those it finds rows by. */
typedef struct chosen {
    const orm_column **columns;
    orm_value *values;
    size_t count;
} chosen;

static orm_status choose(orm_connection *connection, const orm_model *model, const uint64_t *mask, chosen *columns);
static void release(chosen *columns);
static orm_status may_draw(orm_connection *c, const orm_model *model, const orm_column *key, bool *draws);
static orm_status insert_one(orm_connection *c, const orm_model *model, const chosen *given, const orm_column *key, void *row);
static orm_status insert_each(orm_connection *c, const orm_model *model, const chosen *given, const orm_column *key, void *const *rows,
                              size_t count);
static orm_status insert_arrays(orm_connection *c, const orm_model *model, const chosen *given, const orm_column *key, void *const *rows,
                                size_t count);
static orm_status run_inserted(orm__sql *sql, const orm_model *model, const orm_column *key, void *const *rows, size_t count,
                               bool with_ordinal);
static void insert_into(orm__sql *sql, const orm_model *model, const chosen *given, const orm_column *key);
static void insert_values(orm__sql *sql, const chosen *given, const void *row);
static void set_key(const orm_column *key, void *row, int64_t value);
static void gather(chosen *columns, size_t first, size_t last, const void *const *rows, size_t count);
static void values_of(chosen *columns, size_t first, size_t last, const void *row);
static orm_status update_each(orm_connection *c, const orm_model *model, chosen *columns, size_t changed, const void *const *rows,
                              const void *const *keys, size_t count, size_t *matched);
static orm_status update_arrays(orm_connection *c, const orm_model *model, chosen *columns, size_t changed, const void *const *rows,
                                const void *const *keys, size_t count, size_t *matched);
static void append_key(const orm_model *model, chosen *columns);
static void insert_drawn(orm__sql *sql, const orm_model *model, const chosen *lists, const orm_column *key);
static orm_status insert_numbered(orm_connection *c, const orm_model *model, const chosen *given, const orm_column *key,
                                  void *const *rows, size_t count);
static int64_t highest_key(const orm_column *key);
static void table_as_text(orm__sql *sql, const orm_model *model);
static void select_lists(orm__sql *sql, const chosen *lists, const char *first);
static orm_status run_quietly(orm__sql *sql, orm__purpose purpose, size_t *rows);
static void update_one(orm__sql *sql, const orm_model *model, const chosen *columns, size_t changed);
static void update_many(orm__sql *sql, const orm_model *model, const chosen *columns, size_t changed);

const orm_column *orm__generated_key(const orm_model *model, const uint64_t *given)
{
    for (size_t i = 0; i < model->primary_key_count; i++)
        if ((model->primary_key[i]->flags & ORM_GENERATED) && !orm__mask_has(given, model->primary_key[i]->index))
            return model->primary_key[i];
    return NULL;
}

orm_status orm__insert_rows(orm_connection *connection, const orm_model *model, const uint64_t *given, void *const *rows, size_t count)
{
    chosen columns;
    ORM_TRY(choose(connection, model, given, &columns));
    const orm_column *key = orm__generated_key(model, given);
    bool draws = true;
    orm_status status = ORM_OK;
    if (key && count > 1 && connection->dialect == ORM_POSTGRESQL)
        status = may_draw(connection, model, key, &draws);
    if (status)
        ;
    else if (count == 1)
        status = insert_one(connection, model, &columns, key, rows[0]);
    else if (!draws || columns.count == 0 || (connection->dialect == ORM_SQLITE && (count < FEW || columns.count >= SQLITE_LISTS)))
        status = insert_each(connection, model, &columns, key, rows, count);
    else if (connection->dialect == ORM_SQLITE && key)
        status = insert_numbered(connection, model, &columns, key, rows, count);
    else
        status = insert_arrays(connection, model, &columns, key, rows, count);
    orm__connection_tell(connection, ORM_STATEMENT_INSERT, connection->sql.data, model->table, count, status);
    release(&columns);
    return status;
}

/* Whether keys may be drawn from the column's sequence ahead of the INSERT: a role may lack the right, a key may be made
 * otherwise. Asked once for each table. */
static orm_status may_draw(orm_connection *c, const orm_model *model, const orm_column *key, bool *draws)
{
    for (size_t i = 0; i < c->sequences.count; i++)
        if (c->sequences.items[i].model == model) {
            *draws = c->sequences.items[i].usable;
            return ORM_OK;
        }
    orm__sequence *items = realloc(c->sequences.items, (c->sequences.count + 1) * sizeof *items);
    if (!items)
        return orm__error_no_memory(&c->error);
    c->sequences.items = items;
    orm__sql sql;
    orm__statement *statement;
    orm__sql_init(&sql, c);
    orm__sql_text(&sql, "SELECT coalesce(has_sequence_privilege(pg_get_serial_sequence(");
    table_as_text(&sql, model);
    orm__sql_text(&sql, ", ");
    orm__sql_literal(&sql, key->name);
    orm__sql_text(&sql, "), 'USAGE'), false)::int4");
    orm_status status = orm__statement_start(&sql, (orm__purpose){ORM_STATEMENT_SELECT, model->table}, ORM__FETCH_WHOLE, &statement);
    if (!status) {
        status = orm__statement_step(c, statement);
        *draws = status == ORM_OK && c->driver->read_integer(c->link, 0) != 0;
        orm_status end = orm__statement_finish(c, statement, NULL);
        status = status == ORM_OK || status == ORM_DONE ? end : status;
    }
    orm__sql_release(&sql);
    if (!status)
        items[c->sequences.count++] = (orm__sequence){model, *draws};
    return status;
}

/* The columns of the mask (NULL: none), with room for the key's columns and values behind them. */
static orm_status choose(orm_connection *connection, const orm_model *model, const uint64_t *mask, chosen *columns)
{
    size_t capacity = model->column_count + model->primary_key_count;
    columns->count = 0;
    columns->columns = malloc(capacity * (sizeof *columns->columns + sizeof *columns->values));
    if (!columns->columns)
        return orm__error_no_memory(&connection->error);
    columns->values = (orm_value *)(void *)(columns->columns + capacity);
    memset(columns->values, 0, capacity * sizeof *columns->values);
    for (size_t i = 0; i < model->column_count; i++)
        if (mask && orm__mask_has(mask, i))
            columns->columns[columns->count++] = &model->columns[i];
    return ORM_OK;
}

static void release(chosen *columns)
{
    free(columns->columns);
}

static orm_status insert_one(orm_connection *c, const orm_model *model, const chosen *given, const orm_column *key, void *row)
{
    orm__sql sql;
    orm__sql_init(&sql, c);
    insert_into(&sql, model, given, NULL);
    insert_values(&sql, given, row);
    orm_status status;
    if (key && c->dialect == ORM_POSTGRESQL) {
        orm__sql_text(&sql, " RETURNING ");
        orm__sql_identifier(&sql, key->name);
        status = run_inserted(&sql, model, key, &row, 1, false);
    } else {
        status = run_quietly(&sql, (orm__purpose){ORM_STATEMENT_INSERT, model->table}, NULL);
        if (!status && key)
            set_key(key, row, c->driver->last_key(c->link));
    }
    orm__sql_release(&sql);
    return status;
}

static void insert_into(orm__sql *sql, const orm_model *model, const chosen *given, const orm_column *key)
{
    orm__sql_text(sql, "INSERT INTO ");
    orm__sql_identifier(sql, model->table);
    if (!key && given->count == 0)
        return;
    orm__sql_text(sql, " (");
    if (key)
        orm__sql_identifier(sql, key->name);
    for (size_t i = 0; i < given->count; i++) {
        orm__sql_text(sql, i > 0 || key ? ", " : "");
        orm__sql_identifier(sql, given->columns[i]->name);
    }
    orm__sql_text(sql, ")");
}

static void insert_values(orm__sql *sql, const chosen *given, const void *row)
{
    if (given->count == 0) {
        orm__sql_text(sql, " DEFAULT VALUES");
        return;
    }
    orm__sql_text(sql, " VALUES (");
    for (size_t i = 0; i < given->count; i++) {
        orm__sql_text(sql, i > 0 ? ", " : "");
        orm__sql_parameter(sql, given->columns[i], orm__value_of_member(given->columns[i], row));
    }
    orm__sql_text(sql, ")");
}

/* Runs an INSERT that answers with the keys of its rows: alone, or behind the ordinal number of the row. */
static orm_status run_inserted(orm__sql *sql, const orm_model *model, const orm_column *key, void *const *rows, size_t count,
                               bool with_ordinal)
{
    orm_connection *c = sql->connection;
    const orm__purpose purpose = {ORM_STATEMENT_INSERT, model->table};
    orm__statement *statement;
    size_t answered = 0;
    orm_status status = orm__statement_start(sql, purpose, ORM__FETCH_WHOLE, &statement);
    if (status)
        return status;
    while ((status = orm__statement_step(c, statement)) == ORM_OK) {
        size_t row = with_ordinal ? (size_t)c->driver->read_integer(c->link, 0) - 1 : 0;
        if (row < count)
            set_key(key, rows[row], c->driver->read_integer(c->link, with_ordinal));
        answered++;
    }
    orm_status end = orm__statement_finish(c, statement, NULL);
    if (status == ORM_DONE)
        status = end;
    if (!status && answered != count) {
        status = orm__error_set(&c->error, ORM_STALE, "%zu rows were inserted into table '%s' and %zu came back", count, model->table, answered);
        ORM__ERROR_COPY(c->error.table, model->table);
        orm__connection_failed(c);
    }
    return status;
}

static void set_key(const orm_column *key, void *row, int64_t value)
{
    char *member = (char *)row + key->field.value;
    if (key->type == ORM_TYPE_INT16)
        memcpy(member, &(int16_t){(int16_t)value}, sizeof(int16_t));
    else if (key->type == ORM_TYPE_INT32)
        memcpy(member, &(int32_t){(int32_t)value}, sizeof(int32_t));
    else
        memcpy(member, &value, sizeof value);
}

/* One prepared statement, run for each row. */
static orm_status insert_each(orm_connection *c, const orm_model *model, const chosen *given, const orm_column *key, void *const *rows,
                              size_t count)
{
    if (c->dialect == ORM_POSTGRESQL) {
        for (size_t i = 0; i < count; i++)
            ORM_TRY(insert_one(c, model, given, key, rows[i]));
        return ORM_OK;
    }
    const orm__purpose purpose = {ORM_STATEMENT_INSERT, model->table};
    orm__sql sql;
    orm__statement *statement;
    orm__sql_init(&sql, c);
    insert_into(&sql, model, given, NULL);
    insert_values(&sql, given, rows[0]);
    orm_status status = orm__statement_start(&sql, purpose, ORM__FETCH_WHOLE, &statement);
    chosen values = {given->columns, sql.values, given->count};
    for (size_t i = 0; !status; i++) {
        status = orm__statement_finish(c, statement, NULL);
        if (!status && key)
            set_key(key, rows[i], c->driver->last_key(c->link));
        if (status || i + 1 == count)
            break;
        values_of(&values, 0, values.count, rows[i + 1]);
        status = orm__statement_restart(c, statement, values.values);
    }
    orm__sql_release(&sql);
    return status;
}

static void values_of(chosen *columns, size_t first, size_t last, const void *row)
{
    for (size_t i = first; i < last; i++)
        columns->values[i] = orm__value_of_member(columns->columns[i], row);
}

/* INSERT ... SELECT ... FROM unnest(...), with the keys drawn in the same statement when the database makes them. */
static orm_status insert_arrays(orm_connection *c, const orm_model *model, const chosen *given, const orm_column *key, void *const *rows,
                                size_t count)
{
    chosen lists = *given;
    orm_status status = ORM_OK;
    for (size_t done = 0; done < count && !status; done += CHUNK) {
        size_t size = count - done < CHUNK ? count - done : CHUNK;
        orm__sql sql;
        orm__sql_init(&sql, c);
        gather(&lists, 0, lists.count, (const void *const *)(rows + done), size);
        if (key) {
            insert_drawn(&sql, model, &lists, key);
            status = run_inserted(&sql, model, key, rows + done, size, true);
        } else {
            insert_into(&sql, model, &lists, NULL);
            select_lists(&sql, &lists, "");
            orm__sql_text(&sql, " FROM ");
            orm__sql_from_lists(&sql, lists.columns, lists.count, lists.values, false);
            status = run_quietly(&sql, (orm__purpose){ORM_STATEMENT_INSERT, model->table}, NULL);
        }
        orm__sql_release(&sql);
    }
    return status;
}

/* SQLite's way to many generated keys. */
static orm_status insert_numbered(orm_connection *c, const orm_model *model, const chosen *given, const orm_column *key,
                                  void *const *rows, size_t count)
{
    const orm__purpose purpose = {ORM_STATEMENT_INSERT, model->table};
    chosen lists = *given;
    orm__sql sql;
    orm__sql_init(&sql, c);
    insert_into(&sql, model, given, NULL);
    insert_values(&sql, given, rows[0]);
    orm_status status = run_quietly(&sql, purpose, NULL);
    orm__sql_release(&sql);
    int64_t first = status ? 0 : c->driver->last_key(c->link);
    orm__sql_init(&sql, c);
    if (!status && (uint64_t)(highest_key(key) - first) < count) {
        status = orm__error_set(&c->error, ORM_DATABASE, "table '%s' has no keys left for %zu rows", model->table, count);
        orm__connection_failed(c);
    }
    if (!status) {
        gather(&lists, 0, lists.count, (const void *const *)(rows + 1), count - 1);
        insert_into(&sql, model, &lists, key);
        orm__sql_text(&sql, " SELECT ");
        orm__sql_integer(&sql, first);
        orm__sql_text(&sql, " + u.ord");
        for (size_t i = 0; i < lists.count; i++) {
            orm__sql_text(&sql, ", ");
            orm__sql_list_item(&sql, i, lists.columns[i]);
        }
        orm__sql_text(&sql, " FROM ");
        orm__sql_from_lists(&sql, lists.columns, lists.count, lists.values, false);
        status = run_quietly(&sql, purpose, NULL);
    }
    for (size_t i = 0; i < count && !status; i++)
        set_key(key, rows[i], first + (int64_t)i);
    orm__sql_release(&sql);
    return status;
}

static int64_t highest_key(const orm_column *key)
{
    return key->type == ORM_TYPE_INT16 ? INT16_MAX : key->type == ORM_TYPE_INT32 ? INT32_MAX : INT64_MAX;
}

/* WITH source AS (keys drawn, rows, their ordinal), inserted AS (INSERT ... RETURNING key) SELECT ordinal, key */
static void insert_drawn(orm__sql *sql, const orm_model *model, const chosen *lists, const orm_column *key)
{
    orm__sql_text(sql, "WITH source AS MATERIALIZED (SELECT nextval((SELECT pg_get_serial_sequence(");
    table_as_text(sql, model);
    orm__sql_text(sql, ", ");
    orm__sql_literal(sql, key->name);
    orm__sql_text(sql, ")::regclass)) AS key, u.* FROM ");
    orm__sql_from_lists(sql, lists->columns, lists->count, lists->values, true);
    orm__sql_text(sql, "), inserted AS (");
    insert_into(sql, model, lists, key);
    orm__sql_text(sql, " OVERRIDING SYSTEM VALUE");
    select_lists(sql, lists, "u.key, ");
    orm__sql_text(sql, " FROM source AS u RETURNING ");
    orm__sql_identifier(sql, key->name);
    orm__sql_text(sql, " AS key) SELECT source.ord, inserted.key FROM inserted JOIN source ON source.key = inserted.key");
}

/* The name of the table as pg_get_serial_sequence reads it: an identifier inside a literal. */
static void table_as_text(orm__sql *sql, const orm_model *model)
{
    orm__text name = {0};
    orm__text *text = sql->text;
    sql->text = &name;
    orm__sql_identifier(sql, model->table);
    sql->text = text;
    if (name.failed)
        orm__sql_fail(sql, ORM_NO_MEMORY, "out of memory");
    else
        orm__sql_literal(sql, name.data);
    orm__text_release(&name);
}

static void select_lists(orm__sql *sql, const chosen *lists, const char *first)
{
    orm__sql_text(sql, " SELECT ");
    orm__sql_text(sql, first);
    for (size_t i = 0; i < lists->count; i++) {
        orm__sql_text(sql, i > 0 ? ", " : "");
        orm__sql_list_item(sql, i, lists->columns[i]);
    }
}

/* Values first to last become lists: one column each of all the rows. */
static void gather(chosen *columns, size_t first, size_t last, const void *const *rows, size_t count)
{
    for (size_t i = first; i < last; i++)
        columns->values[i] = (orm_value){.type = columns->columns[i]->type, .form = ORM_FORM_ROWS,
                                         .enumeration = columns->columns[i]->enumeration,
                                         .as.rows = {rows, columns->columns[i], count}};
}

/* Runs it without telling anyone: the caller tells once for all. */
static orm_status run_quietly(orm__sql *sql, orm__purpose purpose, size_t *rows)
{
    orm__statement *statement;
    ORM_TRY(orm__statement_start(sql, purpose, ORM__FETCH_WHOLE, &statement));
    return orm__statement_finish(sql->connection, statement, rows);
}

orm_status orm__update_rows(orm_connection *connection, const orm_model *model, const uint64_t *changed, const void *const *rows,
                            const void *const *keys, size_t count, size_t *matched)
{
    chosen columns;
    *matched = 0;
    ORM_TRY(choose(connection, model, changed, &columns));
    size_t set = columns.count;
    append_key(model, &columns);
    orm_status status;
    if (count == 1 || connection->dialect == ORM_SQLITE)
        status = update_each(connection, model, &columns, set, rows, keys, count, matched);
    else
        status = update_arrays(connection, model, &columns, set, rows, keys, count, matched);
    release(&columns);
    return status;
}

static void append_key(const orm_model *model, chosen *columns)
{
    for (size_t i = 0; i < model->primary_key_count; i++)
        columns->columns[columns->count++] = model->primary_key[i];
}

static orm_status update_each(orm_connection *c, const orm_model *model, chosen *columns, size_t changed, const void *const *rows,
                              const void *const *keys, size_t count, size_t *matched)
{
    const orm__purpose purpose = {ORM_STATEMENT_UPDATE, model->table};
    orm__sql sql;
    orm__statement *statement = NULL;
    orm__sql_init(&sql, c);
    orm_status status = ORM_OK;
    for (size_t i = 0; i < count && !status; i++) {
        values_of(columns, 0, changed, rows[i]);
        values_of(columns, changed, columns->count, keys[i]);
        if (i == 0) {
            update_one(&sql, model, columns, changed);
            status = orm__statement_start(&sql, purpose, ORM__FETCH_WHOLE, &statement);
        } else {
            status = orm__statement_restart(c, statement, columns->values);
        }
        size_t found = 0;
        if (!status)
            status = orm__statement_finish(c, statement, &found);
        *matched += found;
    }
    orm__statement_tell(&sql, purpose, *matched, status);
    orm__sql_release(&sql);
    return status;
}

static void update_one(orm__sql *sql, const orm_model *model, const chosen *columns, size_t changed)
{
    orm__sql_text(sql, "UPDATE ");
    orm__sql_table(sql, model);
    for (size_t i = 0; i < changed; i++) {
        orm__sql_text(sql, i == 0 ? " SET " : ", ");
        orm__sql_identifier(sql, columns->columns[i]->name);
        orm__sql_text(sql, " = ");
        orm__sql_parameter(sql, columns->columns[i], columns->values[i]);
    }
    orm__sql_text(sql, " WHERE ");
    for (size_t i = changed; i < columns->count; i++) {
        orm__sql_text(sql, i == changed ? "" : " AND ");
        orm__sql_column(sql, columns->columns[i]);
        orm__sql_text(sql, " = ");
        orm__sql_parameter(sql, columns->columns[i], columns->values[i]);
    }
}

/* UPDATE ... SET a = u.c0 FROM unnest(...) AS u WHERE key = u.c1 */
static orm_status update_arrays(orm_connection *c, const orm_model *model, chosen *columns, size_t changed, const void *const *rows,
                                const void *const *keys, size_t count, size_t *matched)
{
    orm_status status = ORM_OK;
    for (size_t done = 0; done < count && !status; done += CHUNK) {
        size_t size = count - done < CHUNK ? count - done : CHUNK, found = 0;
        orm__sql sql;
        orm__sql_init(&sql, c);
        gather(columns, 0, changed, rows + done, size);
        gather(columns, changed, columns->count, keys + done, size);
        update_many(&sql, model, columns, changed);
        status = run_quietly(&sql, (orm__purpose){ORM_STATEMENT_UPDATE, model->table}, &found);
        *matched += found;
        if (status || done + size == count)
            orm__statement_tell(&sql, (orm__purpose){ORM_STATEMENT_UPDATE, model->table}, *matched, status);
        orm__sql_release(&sql);
    }
    return status;
}

static void update_many(orm__sql *sql, const orm_model *model, const chosen *columns, size_t changed)
{
    orm__sql_text(sql, "UPDATE ");
    orm__sql_table(sql, model);
    for (size_t i = 0; i < changed; i++) {
        orm__sql_text(sql, i == 0 ? " SET " : ", ");
        orm__sql_identifier(sql, columns->columns[i]->name);
        orm__sql_text(sql, " = ");
        orm__sql_list_item(sql, i, columns->columns[i]);
    }
    orm__sql_text(sql, " FROM ");
    orm__sql_from_lists(sql, columns->columns, columns->count, columns->values, false);
    for (size_t i = changed; i < columns->count; i++) {
        orm__sql_text(sql, i == changed ? " WHERE " : " AND ");
        orm__sql_column(sql, columns->columns[i]);
        orm__sql_text(sql, " = ");
        orm__sql_list_item(sql, i, columns->columns[i]);
    }
}

orm_status orm__delete_rows(orm_connection *connection, const orm_model *model, const void *const *keys, size_t count, size_t *matched)
{
    chosen columns;
    *matched = 0;
    ORM_TRY(choose(connection, model, NULL, &columns));
    append_key(model, &columns);
    gather(&columns, 0, columns.count, keys, count);
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_text(&sql, "DELETE FROM ");
    orm__sql_table(&sql, model);
    orm__sql_text(&sql, " WHERE ");
    orm__sql_in_lists(&sql, columns.columns, columns.count, columns.values);
    orm_status status = orm__statement_run(&sql, (orm__purpose){ORM_STATEMENT_DELETE, model->table}, matched);
    orm__sql_release(&sql);
    release(&columns);
    return status;
}
