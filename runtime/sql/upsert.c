/* sql/upsert.c -- inserting a row, or changing the one that has its key already, by one statement.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "sql/builder.h"
#include "sql/result.h"
#include "sql/values.h"
#include "sql/write.h"

#include <string.h>

typedef struct upsert {
    orm_connection *c;
    const orm_model *model;
    const orm_column *const *key;
    size_t key_count;
    const orm_upsert *how;
    uint64_t *said, *given; /* columns that the caller gave; those and the defaults */
    void *row;
    orm_timestamptz now;
    orm_result *result;
} upsert;

static orm_status perform(upsert *u, const void *values);
static orm_status choose_key(upsert *u);
static bool is_key(const orm_model *model, const orm_column *const *columns, size_t count);
static bool same_columns(const orm_column *const *a, size_t a_count, const orm_column *const *b, size_t b_count);
static bool listed(const orm_column *const *columns, size_t count, const orm_column *column);
static size_t count_of(const orm_column *const *columns, size_t most);
static orm_status check_updates(const upsert *u);
static void write_insert(orm__sql *sql, const upsert *u);
static void write_conflict(orm__sql *sql, const upsert *u);
static void write_updates(orm__sql *sql, const upsert *u);
static bool is_updated(const upsert *u, const orm_column *column);
static orm_status read_back(upsert *u, orm__sql *sql, orm_statement_kind kind, bool *found);
static orm_status read_present(upsert *u, bool *found);

orm_status orm_row_upsert(orm_connection *connection, const orm_model *model, const void *values, const orm_upsert *how,
                          void *row, orm_result **result)
{
    static const orm_upsert usual = {0};
    const orm__listener *listener = connection->session ? connection->listener : NULL;
    upsert u = {.c = connection, .model = model, .how = how ? how : &usual, .now = orm_timestamptz_now()};
    if (result)
        *result = NULL;
    if (row)
        memset(row, 0, model->row_size);
    if (!row != !result)
        return orm__error_set(&connection->error, ORM_MISUSE, "upsert of '%s': give both row and result, or neither",
                              model->name);
    ORM_TRY(orm__writable(model, "upsert of", &connection->error));
    if (listener)
        ORM_TRY(listener->flush(connection));
    if (!(u.result = orm__result_new(connection)))
        return ORM_NO_MEMORY;
    u.said = orm__arena_zalloc(&u.result->arena, orm__mask_words(model), sizeof *u.said);
    u.given = orm__arena_zalloc(&u.result->arena, orm__mask_words(model), sizeof *u.given);
    u.row = row ? row : orm__arena_zalloc(&u.result->arena, 1, model->row_size);
    orm_status status = u.said && u.given && u.row ? perform(&u, values) : orm__error_no_memory(&connection->error);
    if (!status && listener) {
        status = listener->copy(connection->session, model, u.row);
        listener->written(connection->session, model, ORM__ROWS_CHANGED);
    }
    if (status && row)
        memset(row, 0, model->row_size);
    if (status || !result)
        orm_result_free(u.result);
    else
        *result = u.result;
    return status;
}

static orm_status perform(upsert *u, const void *values)
{
    bool found = false;
    ORM_TRY(orm__row_take(u->c, u->model, values, u->row, u->given));
    memcpy(u->said, u->given, orm__mask_words(u->model) * sizeof *u->said);
    ORM_TRY(orm__row_complete(u->c, u->model, u->row, u->given, &u->now));
    ORM_TRY(choose_key(u));
    ORM_TRY(check_updates(u));
    orm__sql sql;
    orm__sql_init(&sql, u->c);
    write_insert(&sql, u);
    orm_status status = read_back(u, &sql, ORM_STATEMENT_INSERT, &found);
    orm__sql_release(&sql);
    if (!status && !found)
        status = read_present(u, &found);
    if (!status && !found) /* gone between the two */
        status = orm__error_set(&u->c->error, ORM_STALE, "upsert of '%s': the row that was in the way is gone",
                                u->model->name);
    return status;
}

static orm_status choose_key(upsert *u)
{
    const orm_model *model = u->model;
    u->key = u->how->key;
    u->key_count = count_of(u->how->key, ORM_UPSERT_KEY_MAX);
    if (u->key_count == 0) {
        u->key = model->primary_key;
        u->key_count = model->primary_key_count;
    }
    if (u->key_count == 0 || !is_key(model, u->key, u->key_count))
        return orm__error_set(&u->c->error, ORM_MISUSE,
                              "upsert of '%s': .key is neither its primary key nor a unique one", model->name);
    for (size_t i = 0; i < u->key_count; i++)
        if (!orm__mask_has(u->given, u->key[i]->index))
            return orm__error_set(&u->c->error, ORM_MISUSE, "upsert of '%s': column '%s' of the key is not given",
                                  model->name, u->key[i]->member);
    return ORM_OK;
}

static size_t count_of(const orm_column *const *columns, size_t most)
{
    size_t count = 0;
    while (count < most && columns[count])
        count++;
    return count;
}

static bool is_key(const orm_model *model, const orm_column *const *columns, size_t count)
{
    bool is = same_columns(columns, count, model->primary_key, model->primary_key_count);
    for (size_t i = 0; i < model->unique_count; i++)
        is |= same_columns(columns, count, model->uniques[i].columns, model->uniques[i].column_count);
    return is;
}

static bool same_columns(const orm_column *const *a, size_t a_count, const orm_column *const *b, size_t b_count)
{
    for (size_t i = 0; i < a_count; i++)
        if (!listed(b, b_count, a[i]))
            return false;
    return a_count == b_count;
}

static bool listed(const orm_column *const *columns, size_t count, const orm_column *column)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i] == column)
            return true;
    return false;
}

static orm_status check_updates(const upsert *u)
{
    size_t count = count_of(u->how->update, ORM_UPSERT_MAX);
    if (u->how->nothing && count > 0)
        return orm__error_set(&u->c->error, ORM_MISUSE, "upsert of '%s': .nothing and .update exclude each other",
                              u->model->name);
    for (size_t i = 0; i < count; i++) {
        const orm_column *column = u->how->update[i];
        if (column->model != u->model || (column->flags & (ORM_COMPUTED | ORM_VERSION)))
            return orm__error_set(&u->c->error, ORM_MISUSE, "upsert of '%s' may not update column '%s' of '%s'",
                                  u->model->name, column->name, column->model->name);
        if (!orm__mask_has(u->given, column->index))
            return orm__error_set(&u->c->error, ORM_MISUSE,
                                  "upsert of '%s': column '%s' is to be updated and not given", u->model->name,
                                  column->member);
    }
    return ORM_OK;
}

/* --- SQL ---------------------------------------------------------------------------------------------------------- */

static void write_insert(orm__sql *sql, const upsert *u)
{
    bool first = true;
    orm__sql_text(sql, "INSERT INTO ");
    orm__sql_table(sql, u->model);
    for (int values = 0; values < 2; values++, first = true) {
        orm__sql_text(sql, values ? ") VALUES (" : " (");
        for (size_t i = 0; i < u->model->column_count; i++) {
            const orm_column *column = &u->model->columns[i];
            if (!orm__mask_has(u->given, i) || (column->flags & ORM_COMPUTED))
                continue;
            orm__sql_text(sql, first ? "" : ", ");
            first = false;
            if (values)
                orm__sql_parameter(sql, column, orm__value_of_member(column, u->row));
            else
                orm__sql_identifier(sql, column->name);
        }
    }
    orm__sql_text(sql, ")");
    write_conflict(sql, u);
    orm__sql_returning(sql, u->model);
}

static void write_conflict(orm__sql *sql, const upsert *u)
{
    for (size_t i = 0; i < u->key_count; i++) {
        orm__sql_text(sql, i == 0 ? " ON CONFLICT (" : ", ");
        orm__sql_identifier(sql, u->key[i]->name);
    }
    orm__sql_text(sql, u->how->nothing ? ") DO NOTHING" : ") DO UPDATE SET ");
    if (!u->how->nothing)
        write_updates(sql, u);
}

/* The key is set to what it is: so there is always something to set, and the row comes back. */
static void write_updates(orm__sql *sql, const upsert *u)
{
    orm__sql_identifier(sql, u->key[0]->name);
    orm__sql_text(sql, " = excluded.");
    orm__sql_identifier(sql, u->key[0]->name);
    for (size_t i = 0; i < u->model->column_count; i++) {
        const orm_column *column = &u->model->columns[i];
        bool updated = is_updated(u, column);
        if (!updated && !(column->flags & (ORM_VERSION | ORM_ON_UPDATE_NOW)))
            continue;
        orm__sql_text(sql, ", ");
        orm__sql_identifier(sql, column->name);
        orm__sql_text(sql, " = ");
        if (updated) {
            orm__sql_text(sql, "excluded.");
            orm__sql_identifier(sql, column->name);
        } else if (column->flags & ORM_VERSION) {
            orm__sql_column(sql, column);
            orm__sql_text(sql, " + 1");
        } else {
            orm__sql_parameter(sql, column, orm__value_now(column, u->now));
        }
    }
}

/* Those that were chosen; or all that the caller gave. */
static bool is_updated(const upsert *u, const orm_column *column)
{
    size_t count = count_of(u->how->update, ORM_UPSERT_MAX);
    if ((column->flags & (ORM_COMPUTED | ORM_VERSION)) || listed(u->key, u->key_count, column))
        return false;
    return count > 0 ? listed(u->how->update, count, column) : orm__mask_has(u->said, column->index);
}

/* --- running ------------------------------------------------------------------------------------------------------ */

static orm_status read_back(upsert *u, orm__sql *sql, orm_statement_kind kind, bool *found)
{
    orm_connection *c = u->c;
    const orm__purpose purpose = {kind, u->model->table};
    orm__statement *statement;
    orm__columns columns;
    ORM_TRY(orm__columns_of_model(c, &columns, u->model));
    orm_status status = orm__statement_start(sql, purpose, ORM__FETCH_WHOLE, &statement);
    if (!status) {
        status = orm__statement_step(c, statement);
        *found = status == ORM_OK;
        if (*found) {
            memset(u->row, 0, u->model->row_size);
            status = c->driver->read(c->link, columns.list, columns.count, 0, u->row, &u->result->arena, &c->error);
        }
        orm_status end = orm__statement_finish(c, statement, NULL);
        if (status == ORM_DONE || !status)
            status = end;
    }
    orm__statement_tell(sql, purpose, *found, status);
    orm__columns_release(&columns);
    return status;
}

/* Nothing was done: the row that is there. */
static orm_status read_present(upsert *u, bool *found)
{
    orm_value key[ORM_UPSERT_KEY_MAX];
    if (u->key_count > ORM_UPSERT_KEY_MAX)
        return orm__error_set(&u->c->error, ORM_UNSUPPORTED, "upsert of '%s': its key has more than %d columns",
                              u->model->name, ORM_UPSERT_KEY_MAX);
    for (size_t i = 0; i < u->key_count; i++)
        key[i] = orm__value_of_member(u->key[i], u->row);
    orm__sql sql;
    orm__sql_init(&sql, u->c);
    orm__sql_select_from(&sql, u->model);
    orm__sql_where_key(&sql, u->key, u->key_count, key);
    orm_status status = read_back(u, &sql, ORM_STATEMENT_SELECT, found);
    orm__sql_release(&sql);
    return status;
}
