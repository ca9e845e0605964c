/* sql/core.c -- Core: what the generated functions on a connection do.
 *
 * Rows go in and come out as plain structs; nothing is remembered. The session builds on the same layers.
 * SPDX-License-Identifier: MIT */
#include "base/arena.h"
#include "base/error.h"
#include "orm/generated.h"
#include "base/value.h"
#include "sql/builder.h"
#include "sql/validate.h"
#include "sql/values.h"
#include "sql/write.h"

#include <stdlib.h>
#include <string.h>

struct orm_result {
    orm__arena arena; /* texts and bytes */
    char *rows;       /* of a select: row structs, one after another */
};

/* Rows that are inserted together. */
enum { BATCH = 10000 };
typedef struct batch {
    const orm_model *model;
    void **rows, **group; /* NULL: grouped already; those of one shape */
    uint64_t *given;      /* the mask of each */
    char *own;            /* row structs, when the caller wants none */
    size_t count;
} batch;

static orm_result *result_new(orm_connection *connection);
static orm_status insert(orm_connection *connection, const orm_model *model, const void *values, void *row,
                         uint64_t *given, orm__arena *arena);
static orm_status complete(orm_connection *connection, const orm_model *model, const void *values, void *row,
                           uint64_t *given, const orm_timestamptz *now);
static orm_status validate(orm_connection *connection, const orm_model *model, const void *row, const uint64_t *given);
static orm_status insert_all(orm_connection *connection, const orm_model *model, const char *values, size_t count,
                             char *rows, orm__arena *arena);
static bool make_batch(batch *b, const orm_model *model, size_t count, bool with_rows);
static void free_batch(batch *b);
static orm_status fill_batch(batch *b, orm_connection *connection, const char *values, char *rows,
                             const orm_timestamptz *now);
static orm_status insert_batch(batch *b, orm_connection *connection, orm__arena *arena);
static orm_status keep_texts(orm_connection *connection, const orm_model *model, void *row, orm__arena *arena);
static orm_status read_one(orm__sql *sql, const orm_model *model, void *row, orm__arena *arena);
static orm_status read_all(orm__sql *sql, const orm_model *model, orm__fetch fetch, orm_result *result, size_t *count);
static orm_status make_room(orm_connection *connection, orm_result *result, size_t row_size, size_t count,
                            size_t *capacity);
static orm_status write_changes(orm__sql *sql, const orm_model *model, const char *changes);
static void write_automatic(orm__sql *sql, const orm_model *model, const char *changes);
static void write_change(orm__sql *sql, const orm_column *column, const char *changes);
static bool is_number(const orm_column *column);
static orm_value change_value(const orm_column *column, const char *changes);

void orm_result_free(orm_result *result)
{
    if (!result)
        return;
    orm__arena_release(&result->arena);
    free(result->rows);
    free(result);
}

static orm_result *result_new(orm_connection *connection)
{
    orm_result *result = calloc(1, sizeof *result);
    if (!result)
        orm__error_no_memory(&connection->error);
    return result;
}

orm_status orm_row_insert(orm_connection *connection, const orm_model *model, const void *values, void *row,
                          orm_result **result)
{
    if (result)
        *result = NULL;
    if (row)
        memset(row, 0, model->row_size);
    if (!row != !result)
        return orm__error_set(&connection->error, ORM_MISUSE, "insert of '%s': give both row and result, or neither",
                              model->name);
    orm_result *made = result_new(connection);
    if (!made)
        return ORM_NO_MEMORY;
    uint64_t *given = orm__arena_zalloc(&made->arena, orm__mask_words(model), sizeof *given);
    void *inserted = row ? row : orm__arena_zalloc(&made->arena, 1, model->row_size);
    orm_status status = given && inserted ? insert(connection, model, values, inserted, given, &made->arena)
                                          : orm__error_no_memory(&connection->error);
    if (!status && row)
        status = keep_texts(connection, model, row, &made->arena);
    if (status && row)
        memset(row, 0, model->row_size);
    if (status || !result)
        orm_result_free(made);
    else
        *result = made;
    return status;
}

static orm_status insert(orm_connection *connection, const orm_model *model, const void *values, void *row,
                         uint64_t *given, orm__arena *arena)
{
    const orm_timestamptz now = orm_timestamptz_now();
    ORM_TRY(complete(connection, model, values, row, given, &now));
    return orm__insert_rows(connection, model, given, &row, 1, arena);
}

/* The row as it will be sent: what was given and what is set for it, held to the rules. */
static orm_status complete(orm_connection *connection, const orm_model *model, const void *values, void *row,
                           uint64_t *given, const orm_timestamptz *now)
{
    ORM_TRY(orm__values_read(model, values, row, given, &connection->error));
    ORM_TRY(orm__values_take_keys(model, values, row, given, &connection->error));
    orm__values_default(model, row, given, now);
    return validate(connection, model, row, given);
}

orm_status orm_row_insert_many(orm_connection *connection, const orm_model *model, const void *values, size_t count,
                               void *rows, orm_result **result)
{
    if (result)
        *result = NULL;
    if (rows && count > 0)
        memset(rows, 0, count * model->row_size);
    if (!rows != !result)
        return orm__error_set(&connection->error, ORM_MISUSE,
                              "insert of many '%s': give both rows and result, or neither", model->name);
    orm_result *made = result_new(connection);
    if (!made)
        return ORM_NO_MEMORY;
    bool own = connection->transaction == ORM__NO_TRANSACTION && count > 1;
    orm_status status = own ? orm_connection_begin(connection) : ORM_OK;
    if (!status)
        status = insert_all(connection, model, values, count, rows, rows ? &made->arena : NULL);
    if (own && !status)
        status = orm_connection_commit(connection);
    else if (own)
        orm_connection_rollback(connection);
    if (status && rows && count > 0)
        memset(rows, 0, count * model->row_size);
    if (status || !result)
        orm_result_free(made);
    else
        *result = made;
    return status;
}

/* `rows` and `arena` are NULL when nothing is to come back. */
static orm_status insert_all(orm_connection *connection, const orm_model *model, const char *values, size_t count,
                             char *rows, orm__arena *arena)
{
    const orm_timestamptz now = orm_timestamptz_now();
    batch b = {0};
    orm_status status = make_batch(&b, model, count < BATCH ? count : BATCH, rows != NULL)
                            ? ORM_OK
                            : orm__error_no_memory(&connection->error);
    for (size_t done = 0; done < count && !status; done += b.count) {
        b.count = count - done < BATCH ? count - done : BATCH;
        status = fill_batch(&b, connection, values + done * model->values_size,
                            rows ? rows + done * model->row_size : NULL, &now);
        if (!status)
            status = insert_batch(&b, connection, arena);
        for (size_t i = done; i < done + b.count && rows && !status; i++)
            status = keep_texts(connection, model, rows + i * model->row_size, arena);
    }
    free_batch(&b);
    return status;
}

static bool make_batch(batch *b, const orm_model *model, size_t count, bool with_rows)
{
    b->model = model;
    b->rows = malloc((2 * count + 1) * sizeof *b->rows);
    b->given = malloc((count * orm__mask_words(model) + 1) * sizeof *b->given);
    b->own = with_rows ? NULL : malloc(count * model->row_size + 1);
    b->group = b->rows ? b->rows + count : NULL;
    return b->rows && b->given && (b->own || with_rows);
}

static void free_batch(batch *b)
{
    free(b->rows);
    free(b->given);
    free(b->own);
}

static orm_status fill_batch(batch *b, orm_connection *connection, const char *values, char *rows,
                             const orm_timestamptz *now)
{
    const orm_model *model = b->model;
    size_t words = orm__mask_words(model);
    memset(b->given, 0, b->count * words * sizeof *b->given);
    if (!rows)
        memset(b->own, 0, b->count * model->row_size);
    for (size_t i = 0; i < b->count; i++, values += model->values_size) {
        void *row = (rows ? rows : b->own) + i * model->row_size;
        b->rows[i] = row;
        ORM_TRY(complete(connection, model, values, row, b->given + i * words, now));
    }
    return ORM_OK;
}

/* Those of one shape go together, in the order of their first. */
static orm_status insert_batch(batch *b, orm_connection *connection, orm__arena *arena)
{
    size_t words = orm__mask_words(b->model);
    for (size_t first = 0; first < b->count; first++) {
        const uint64_t *mask = b->given + first * words;
        size_t grouped = 0;
        for (size_t i = b->rows[first] ? first : b->count; i < b->count; i++) {
            if (!b->rows[i] || memcmp(b->given + i * words, mask, words * sizeof *mask) != 0)
                continue;
            b->group[grouped++] = b->rows[i];
            b->rows[i] = NULL;
        }
        if (grouped > 0)
            ORM_TRY(orm__insert_rows(connection, b->model, mask, b->group, grouped, arena));
    }
    return ORM_OK;
}

static orm_status validate(orm_connection *connection, const orm_model *model, const void *row, const uint64_t *given)
{
    orm_problems problems;
    problems.count = 0;
    orm__validate_required(model, given, &problems);
    bool enough = orm__validate_columns(model, row, given, &connection->patterns, &problems);
    return enough ? orm__validate_tell(model, model->name, &problems, &connection->error)
                  : orm__error_no_memory(&connection->error);
}

/* The row still points into what the caller gave: copy it. */
static orm_status keep_texts(orm_connection *connection, const orm_model *model, void *row, orm__arena *arena)
{
    for (size_t i = 0; i < model->column_count; i++)
        if (!orm__member_keep(&model->columns[i], row, arena))
            return orm__error_no_memory(&connection->error);
    return ORM_OK;
}

orm_status orm_row_fetch(orm_connection *connection, const orm_model *model, const orm_value *key, void *row,
                         orm_result **result)
{
    memset(row, 0, model->row_size);
    *result = NULL;
    orm_result *made = result_new(connection);
    if (!made)
        return ORM_NO_MEMORY;
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_recall(&sql, model, ORM__GET_BY_KEY, 0);
    orm__sql_select_from(&sql, model);
    orm__sql_where_key(&sql, model->primary_key, model->primary_key_count, key);
    orm_status status = read_one(&sql, model, row, &made->arena);
    orm__sql_release(&sql);
    if (status) {
        memset(row, 0, model->row_size);
        orm_result_free(made);
        return status;
    }
    *result = made;
    return ORM_OK;
}

static orm_status read_one(orm__sql *sql, const orm_model *model, void *row, orm__arena *arena)
{
    orm_connection *c = sql->connection;
    const orm__purpose purpose = {ORM_STATEMENT_SELECT, model->table};
    orm__statement *statement;
    orm__columns columns;
    ORM_TRY(orm__columns_of_model(c, &columns, model));
    orm_status status = orm__statement_start(sql, purpose, ORM__FETCH_WHOLE, &statement);
    if (!status) {
        status = orm__statement_step(c, statement);
        if (status == ORM_OK)
            status = c->driver->read(c->link, columns.list, columns.count, 0, row, arena, &c->error);
        orm_status end = orm__statement_finish(c, statement, NULL);
        if (status == ORM_DONE)
            status = end ? end : ORM_NOT_FOUND;
        else if (!status)
            status = end;
    }
    orm__statement_tell(sql, purpose, status == ORM_OK, status == ORM_NOT_FOUND ? ORM_OK : status);
    orm__columns_release(&columns);
    return status;
}

orm_status orm_row_select(orm_connection *connection, const orm_model *model, const orm_query *query, const void **rows,
                          size_t *count, orm_result **result)
{
    *rows = NULL;
    *count = 0;
    *result = NULL;
    if (query->load && query->load[0].relation)
        return orm__error_set(&connection->error, ORM_MISUSE,
                              "select of '%s': .load needs a session, Core knows rows alone", model->name);
    orm_result *made = result_new(connection);
    if (!made)
        return ORM_NO_MEMORY;
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_select(&sql, model, query);
    orm_status status = read_all(&sql, model, orm__fetch_of(query->limit), made, count);
    orm__sql_release(&sql);
    if (status) {
        orm_result_free(made);
        *count = 0;
        return status;
    }
    *rows = made->rows;
    *result = made;
    return ORM_OK;
}

static orm_status read_all(orm__sql *sql, const orm_model *model, orm__fetch fetch, orm_result *result, size_t *count)
{
    orm_connection *c = sql->connection;
    const orm__purpose purpose = {ORM_STATEMENT_SELECT, model->table};
    orm__statement *statement;
    orm__columns columns;
    size_t capacity = 0;
    ORM_TRY(orm__columns_of_model(c, &columns, model));
    orm_status status = orm__statement_start(sql, purpose, fetch, &statement);
    if (!status) {
        while ((status = orm__statement_step(c, statement)) == ORM_OK) {
            if ((status = make_room(c, result, model->row_size, *count, &capacity)) != ORM_OK)
                break;
            char *row = result->rows + *count * model->row_size;
            memset(row, 0, model->row_size);
            status = c->driver->read(c->link, columns.list, columns.count, 0, row, &result->arena, &c->error);
            if (status)
                break;
            ++*count;
        }
        orm_status end = orm__statement_finish(c, statement, NULL);
        if (status == ORM_DONE)
            status = end;
    }
    orm__statement_tell(sql, purpose, *count, status);
    orm__columns_release(&columns);
    return status;
}

static orm_status make_room(orm_connection *connection, orm_result *result, size_t row_size, size_t count,
                            size_t *capacity)
{
    if (count < *capacity)
        return ORM_OK;
    size_t wanted = *capacity ? *capacity * 2 : 16;
    char *rows = wanted > SIZE_MAX / row_size ? NULL : realloc(result->rows, wanted * row_size);
    if (!rows)
        return orm__error_no_memory(&connection->error);
    result->rows = rows;
    *capacity = wanted;
    return ORM_OK;
}

orm_status orm_row_update_where(orm_connection *connection, const orm_model *model, orm_expr where, const void *changes,
                                size_t *count)
{
    if (count)
        *count = 0;
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_text(&sql, "UPDATE ");
    orm__sql_table(&sql, model);
    orm_status status = write_changes(&sql, model, changes);
    if (!status && !orm__sql_where(&sql, model, &where, 1))
        orm__sql_fail(&sql, ORM_MISUSE, "update of '%s' has no condition: say ORM_EVERY_ROW when every row is meant",
                      model->name);
    if (!status)
        status = orm__statement_run(&sql, (orm__purpose){ORM_STATEMENT_UPDATE, model->table}, count);
    orm__sql_release(&sql);
    return status;
}

static orm_status write_changes(orm__sql *sql, const orm_model *model, const char *changes)
{
    bool first = true;
    for (size_t i = 0; i < model->column_count; i++) {
        const orm_column *column = &model->columns[i];
        orm_given set, null = ORM_LEFT_OUT;
        if (column->change.set == ORM_ABSENT)
            continue;
        memcpy(&set, changes + column->change.set, sizeof set);
        if (column->change.null != ORM_ABSENT)
            memcpy(&null, changes + column->change.null, sizeof null);
        if ((set != ORM_LEFT_OUT && set != ORM_GIVEN) || (null != ORM_LEFT_OUT && null != ORM_GIVEN))
            return orm__error_set(&sql->connection->error, ORM_MISUSE,
                                  "column '%s' of '%s' was given a plain value: write ORM_VALUE(...) or ORM_NULL",
                                  column->member, model->name);
        if (set == ORM_LEFT_OUT && null == ORM_LEFT_OUT)
            continue;
        if (column->flags & (ORM_COMPUTED | ORM_VERSION))
            return orm__error_set(&sql->connection->error, ORM_MISUSE, "column '%s' of '%s' is not for setting",
                                  column->member, model->name);
        orm__sql_text(sql, first ? " SET " : ", ");
        orm__sql_identifier(sql, column->name);
        orm__sql_text(sql, " = ");
        first = false;
        if (null == ORM_GIVEN)
            orm__sql_text(sql, "NULL");
        else
            write_change(sql, column, changes);
    }
    if (first)
        return orm__error_set(&sql->connection->error, ORM_MISUSE, "update of '%s' changes nothing", model->name);
    write_automatic(sql, model, changes);
    return sql->status;
}

/* What every update does: count up the version, set the clocks that it does not set itself. */
static void write_automatic(orm__sql *sql, const orm_model *model, const char *changes)
{
    const orm_timestamptz now = orm_timestamptz_now();
    for (size_t i = 0; i < model->column_count; i++) {
        const orm_column *column = &model->columns[i];
        orm_given set = ORM_LEFT_OUT;
        if (column->change.set != ORM_ABSENT)
            memcpy(&set, changes + column->change.set, sizeof set);
        if (!(column->flags & ORM_VERSION) && (!(column->flags & ORM_ON_UPDATE_NOW) || set == ORM_GIVEN))
            continue;
        orm__sql_text(sql, ", ");
        orm__sql_identifier(sql, column->name);
        orm__sql_text(sql, " = ");
        if (column->flags & ORM_VERSION) {
            orm__sql_column(sql, column);
            orm__sql_text(sql, " + 1");
        } else {
            orm__sql_parameter(sql, column, orm__value_now(column, now));
        }
    }
}

/* A value, or another column plus a value. */
static void write_change(orm__sql *sql, const orm_column *column, const char *changes)
{
    orm_op op;
    memcpy(&op, changes + column->change.op, sizeof op);
    if (op == ORM_OP_PLUS) {
        const orm_column *other;
        memcpy(&other, changes + column->change.column, sizeof other);
        if (!other || other->model != column->model || !is_number(column)) {
            orm__sql_fail(sql, ORM_MISUSE, "ORM_PLUS on column '%s' of '%s' takes a number column of the same model",
                          column->member, column->model->name);
            return;
        }
        orm__sql_column(sql, other);
        orm__sql_text(sql, " + ");
    }
    orm_value value = change_value(column, changes);
    if (value.form == ORM_FORM_NULL && !(column->flags & ORM_NULLABLE))
        orm__sql_fail(sql, ORM_INVALID, "column '%s' of '%s' cannot be NULL", column->member, column->model->name);
    orm__sql_parameter(sql, column, value);
}

static bool is_number(const orm_column *column)
{
    orm_type type = column->flags & ORM_ARRAY ? ORM_TYPE_NONE : column->type;
    return type == ORM_TYPE_INT16 || type == ORM_TYPE_INT32 || type == ORM_TYPE_INT64 || type == ORM_TYPE_FLOAT32 ||
           type == ORM_TYPE_FLOAT64;
}

/* The value member of a change, read as if it stood in a row of its own. */
static orm_value change_value(const orm_column *column, const char *changes)
{
    orm_column alone = *column;
    alone.field = (orm_field){column->change.value, ORM_ABSENT};
    return orm__value_of_member(&alone, changes);
}

orm_status orm_row_delete_where(orm_connection *connection, const orm_model *model, orm_expr where, size_t *count)
{
    if (count)
        *count = 0;
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_text(&sql, "DELETE FROM ");
    orm__sql_table(&sql, model);
    if (!orm__sql_where(&sql, model, &where, 1))
        orm__sql_fail(&sql, ORM_MISUSE, "delete of '%s' has no condition: say ORM_EVERY_ROW when every row is meant",
                      model->name);
    orm_status status = orm__statement_run(&sql, (orm__purpose){ORM_STATEMENT_DELETE, model->table}, count);
    orm__sql_release(&sql);
    return status;
}
