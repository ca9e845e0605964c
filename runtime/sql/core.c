/* sql/core.c -- Core: what the generated functions on a connection do.
 *
 * Rows go in and come out as plain structs; nothing is remembered. The session builds on the same layers.
 * SPDX-License-Identifier: MIT */
#include "base/arena.h"
#include "base/error.h"
#include "orm/generated.h"
#include "base/value.h"
#include "sql/builder.h"
#include "sql/intake.h"
#include "sql/result.h"
#include "sql/validate.h"
#include "sql/values.h"
#include "sql/write.h"

#include <stdlib.h>
#include <string.h>

/* Rows that are inserted together. */
enum { BATCH = 10000 };
typedef struct batch {
    const orm_model *model;
    void **rows, **group; /* NULL: grouped already; those of one shape */
    uint64_t *given;      /* the mask of each */
    const orm__intake *intake;
    char *own; /* row structs, when the caller wants none */
    size_t count;
} batch;

static orm_status insert(orm_connection *connection, const orm_model *model, const void *values, void *row,
                         uint64_t *given, orm__arena *arena);
static orm_status validate(orm_connection *connection, const orm_model *model, const void *row, const uint64_t *given);
static orm_status insert_all(orm_connection *connection, const orm_model *model, const char *values, size_t count,
                             char *rows, orm__arena *arena);
static bool make_batch(batch *b, orm_connection *connection, const orm_model *model, size_t count, bool with_rows);
static void free_batch(batch *b);
static orm_status fill_batch(batch *b, const char *values, char *rows);
static orm_status insert_batch(batch *b, orm_connection *connection, orm__arena *arena);
static orm_status keep_texts(orm_connection *connection, const orm_model *model, void *row, orm__arena *arena);
static orm_status read_one(orm__sql *sql, const orm_model *model, void *row, orm__arena *arena);
static orm_status read_all(orm__sql *sql, const orm_model *model, orm__fetch fetch, orm_result *result, size_t *count);
static orm_status make_room(const orm__statement *statement, orm_connection *connection, orm_result *result,
                            size_t row_size, size_t *capacity);

void orm_result_free(orm_result *result)
{
    if (!result)
        return;
    orm__arena_release(&result->arena);
    free(result->rows);
    free(result);
}

orm_result *orm__result_new(orm_connection *connection)
{
    orm_result *result = malloc(sizeof *result);
    if (!result) {
        orm__error_no_memory(&connection->error);
        return NULL;
    }
    orm__arena_init_at(&result->arena, result->room, sizeof result->room);
    result->rows = NULL;
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
    ORM_TRY(orm__writable(model, "insert of", &connection->error));
    orm_result *made = orm__result_new(connection);
    if (!made)
        return ORM_NO_MEMORY;
    uint64_t usual = 0, *given = &usual; /* of 64 columns */
    if (orm__mask_words(model) > 1)
        given = orm__arena_zalloc(&made->arena, orm__mask_words(model), sizeof *given);
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
    const orm__intake *intake = orm__intake_of(connection, model, orm_timestamptz_now());
    if (!intake)
        return orm__error_no_memory(&connection->error);
    ORM_TRY(orm__intake_row(intake, values, row, given));
    return orm__insert_rows(connection, model, given, &row, 1, arena);
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
    ORM_TRY(orm__writable(model, "insert of many", &connection->error));
    orm_result *made = orm__result_new(connection);
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
    batch b = {0};
    orm_status status = make_batch(&b, connection, model, count < BATCH ? count : BATCH, rows != NULL)
                            ? ORM_OK
                            : orm__error_no_memory(&connection->error);
    for (size_t done = 0; done < count && !status; done += b.count) {
        b.count = count - done < BATCH ? count - done : BATCH;
        status = fill_batch(&b, values + done * model->values_size, rows ? rows + done * model->row_size : NULL);
        if (!status)
            status = insert_batch(&b, connection, arena);
        for (size_t i = done; i < done + b.count && rows && !status; i++)
            status = keep_texts(connection, model, rows + i * model->row_size, arena);
    }
    free_batch(&b);
    return status;
}

static bool make_batch(batch *b, orm_connection *connection, const orm_model *model, size_t count, bool with_rows)
{
    b->model = model;
    b->rows = malloc((2 * count + 1) * sizeof *b->rows);
    b->given = malloc((count * orm__mask_words(model) + 1) * sizeof *b->given);
    b->own = with_rows ? NULL : malloc(count * model->row_size + 1);
    b->group = b->rows ? b->rows + count : NULL;
    b->intake = orm__intake_of(connection, model, orm_timestamptz_now());
    return b->rows && b->given && (b->own || with_rows) && b->intake;
}

static void free_batch(batch *b)
{
    free(b->rows);
    free(b->given);
    free(b->own);
}

static orm_status fill_batch(batch *b, const char *values, char *rows)
{
    const orm_model *model = b->model;
    size_t words = orm__mask_words(model);
    memset(b->given, 0, b->count * words * sizeof *b->given);
    if (!rows)
        memset(b->own, 0, b->count * model->row_size);
    for (size_t i = 0; i < b->count; i++, values += model->values_size) {
        void *row = (rows ? rows : b->own) + i * model->row_size;
        b->rows[i] = row;
        ORM_TRY(orm__intake_row(b->intake, values, row, b->given + i * words));
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
            if (!b->rows[i] || b->given[i * words] != *mask ||
                (words > 1 && memcmp(b->given + i * words, mask, words * sizeof *mask) != 0))
                continue;
            b->group[grouped++] = b->rows[i];
            b->rows[i] = NULL;
        }
        if (grouped > 0)
            ORM_TRY(orm__insert_rows(connection, b->model, mask, b->group, grouped, arena));
    }
    return ORM_OK;
}

orm_status orm__row_take(orm_connection *connection, const orm_model *model, const void *values, void *row,
                         uint64_t *given)
{
    ORM_TRY(orm__values_read(model, values, row, given, &connection->error));
    return orm__values_take_keys(model, values, row, given, &connection->error);
}

orm_status orm__row_complete(orm_connection *connection, const orm_model *model, void *row, uint64_t *given,
                             const orm_timestamptz *now)
{
    orm__values_default(model, row, given, now);
    return validate(connection, model, row, given);
}

static orm_status validate(orm_connection *connection, const orm_model *model, const void *row, const uint64_t *given)
{
    orm_problems problems;
    problems.count = 0;
    orm__validate_required(model, given, &problems);
    if (!orm__validate_columns(model, row, given, &connection->patterns, &problems))
        return orm__error_no_memory(&connection->error);
    return problems.count == 0 ? ORM_OK : orm__validate_tell(model, model->name, &problems, &connection->error);
}

/* The row still points into what the caller gave: copy it. */
static orm_status keep_texts(orm_connection *connection, const orm_model *model, void *row, orm__arena *arena)
{
    const orm_column *end = model->columns + model->column_count;
    for (const orm_column *column = model->columns; column < end; column++)
        if (!orm__member_keep(column, row, arena))
            return orm__error_no_memory(&connection->error);
    return ORM_OK;
}

orm_status orm_row_fetch(orm_connection *connection, const orm_model *model, const orm_value *key, void *row,
                         orm_result **result)
{
    memset(row, 0, model->row_size);
    *result = NULL;
    orm_result *made = orm__result_new(connection);
    if (!made)
        return ORM_NO_MEMORY;
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_get_by_key(&sql, model, key);
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
    orm_result *made = orm__result_new(connection);
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
            if (*count == capacity && (status = make_room(statement, c, result, model->row_size, &capacity)) != ORM_OK)
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

static orm_status make_room(const orm__statement *statement, orm_connection *connection, orm_result *result,
                            size_t row_size, size_t *capacity)
{
    size_t wanted = *capacity ? *capacity * 2 : orm__statement_expects(statement);
    wanted = wanted ? wanted : 16;
    char *rows = wanted > SIZE_MAX / row_size ? NULL : realloc(result->rows, wanted * row_size);
    if (!rows)
        return orm__error_no_memory(&connection->error);
    result->rows = rows;
    *capacity = wanted;
    return ORM_OK;
}
