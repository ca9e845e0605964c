/* sql/named.c -- runs named queries: SQL that somebody wrote, with typed parameters and typed rows.
 *
 * The text comes as it is sent; ormc has checked it. Whoever holds the connection sees what it changes. Rows batch by
 * batch are named_each.c.
 * SPDX-License-Identifier: MIT */
#include "orm/named.h"

#include "base/error.h"
#include "base/value.h"
#include "sql/named.h"
#include "sql/result.h"

#include <stdlib.h>
#include <string.h>

static orm_status start(orm__run *r, orm_connection *connection, const orm_named *named, const void *given,
                        orm__arena *arena, orm__fetch fetch);
static orm_status bind(orm__run *r, const void *given);
static orm_status find_columns(orm__run *r);
static orm_status step(orm__run *r, void *row);
static orm_status read_part(const orm__run *r, size_t index, size_t first, void *row);
static bool is_absent(const orm__run *r, size_t first, size_t count);
static orm_status end(orm__run *r, orm_status status, size_t *written);
static void tell_session(const orm__run *r);
static orm_status collect(orm__run *r, orm_result *result, size_t *count);
static orm_status visit_all(orm__run *r, void *row, orm_named_visitor call, const void *visit);

orm_status orm_named_many(orm_connection *connection, const orm_named *named, const void *given, const void **rows,
                          size_t *count, orm_result **result)
{
    *rows = NULL;
    *count = 0;
    *result = NULL;
    ORM_TRY(orm__named_check(connection, named));
    orm_result *made = orm__result_new(connection);
    if (!made)
        return ORM_NO_MEMORY;
    orm__run r;
    size_t found = 0;
    orm_status status = start(&r, connection, named, given, &made->arena, ORM__FETCH_STREAM);
    if (!status)
        status = collect(&r, made, &found);
    status = end(&r, status, NULL);
    if (status) {
        orm_result_free(made);
        return status;
    }
    *rows = made->rows;
    *count = found;
    *result = made;
    return ORM_OK;
}

static orm_status collect(orm__run *r, orm_result *result, size_t *count)
{
    size_t capacity = 0, size = r->named->row_size;
    orm_status status = ORM_OK;
    while (!status) {
        if (*count == capacity) {
            size_t wanted = capacity ? capacity * 2 : 16;
            char *rows = wanted > SIZE_MAX / size ? NULL : realloc(result->rows, wanted * size);
            if (!rows)
                return orm__error_no_memory(&r->connection->error);
            result->rows = rows;
            capacity = wanted;
        }
        char *row = result->rows + *count * size;
        memset(row, 0, size);
        status = step(r, row);
        *count += status == ORM_OK;
    }
    return status == ORM_DONE ? ORM_OK : status;
}

orm_status orm_named_one(orm_connection *connection, const orm_named *named, const void *given, void *row,
                         orm_result **result)
{
    memset(row, 0, named->row_size);
    *result = NULL;
    ORM_TRY(orm__named_check(connection, named));
    orm_result *made = orm__result_new(connection);
    if (!made)
        return ORM_NO_MEMORY;
    orm__run r;
    orm_status status = start(&r, connection, named, given, &made->arena, ORM__FETCH_WHOLE);
    bool asked = !status, found = false;
    if (asked) {
        status = step(&r, row);
        found = status == ORM_OK;
        if (found)
            status = orm__statement_step(connection, r.statement);
    }
    bool second = found && status == ORM_OK;
    status = end(&r, status == ORM_DONE ? ORM_OK : status, NULL);
    if (!status && second)
        status = orm__error_set(&connection->error, ORM_TOO_MANY, "query '%s' found more than one row", named->name);
    else if (!status && !found)
        status = ORM_NOT_FOUND;
    if (status) {
        memset(row, 0, named->row_size);
        orm_result_free(made);
        return status;
    }
    *result = made;
    return ORM_OK;
}

orm_status orm__named_each_open(orm_connection *connection, const orm_named *named, const void *given,
                                orm_named_visitor call, const void *visit)
{
    void *row = malloc(named->row_size);
    if (!row)
        return orm__error_no_memory(&connection->error);
    orm__run r;
    orm__arena arena;
    orm__arena_init(&arena);
    orm_status status = start(&r, connection, named, given, &arena, ORM__FETCH_STREAM);
    if (!status)
        status = visit_all(&r, row, call, visit);
    bool stopped = status == ORM_DONE;
    orm_error kept = connection->error;
    orm_status ended = end(&r, stopped ? ORM_OK : status, NULL);
    if (status && !stopped)
        connection->error = kept;
    orm__arena_release(&arena);
    free(row);
    return status && !stopped ? status : ended;
}

/* ORM_DONE behind the last row, and when the callback has had enough. */
static orm_status visit_all(orm__run *r, void *row, orm_named_visitor call, const void *visit)
{
    orm_status status;
    do {
        orm__arena_release(r->arena);
        orm__arena_init(r->arena);
        memset(row, 0, r->named->row_size);
        status = step(r, row);
        if (!status)
            status = call(r->connection, row, visit);
    } while (!status);
    return status;
}

orm_status orm_named_exec(orm_connection *connection, const orm_named *named, const void *given, size_t *count)
{
    size_t written = 0;
    if (count)
        *count = 0;
    ORM_TRY(orm__named_check(connection, named));
    orm__run r;
    orm_status status = start(&r, connection, named, given, NULL, ORM__FETCH_WHOLE);
    status = end(&r, status, &written);
    if (count && !status)
        *count = written;
    return status;
}

orm_status orm__named_check(orm_connection *connection, const orm_named *named)
{
    if (!connection)
        return ORM_MISUSE;
    if (named->sql[connection->dialect])
        return ORM_OK;
    return orm__error_set(&connection->error, ORM_UNSUPPORTED, "query '%s' is not for %s", named->name,
                          connection->driver->name);
}

/* `end` is due whether it succeeds or not. */
static orm_status start(orm__run *r, orm_connection *connection, const orm_named *named, const void *given,
                        orm__arena *arena, orm__fetch fetch)
{
    orm__run_init(r, connection, named, arena);
    ORM_TRY(orm__run_flush(r));
    ORM_TRY(orm__run_put_together(r, given));
    ORM_TRY(orm__statement_start(&r->sql, (orm__purpose){named->kind, named->name}, fetch, &r->statement));
    return arena ? orm__run_check_width(r) : ORM_OK;
}

void orm__run_init(orm__run *r, orm_connection *connection, const orm_named *named, orm__arena *arena)
{
    r->connection = connection;
    r->named = named;
    r->statement = NULL;
    r->columns = NULL;
    r->arena = arena;
    r->rows = 0;
    orm__sql_init(&r->sql, connection);
}

/* Which uses the buffer of the connection. */
orm_status orm__run_flush(orm__run *r)
{
    if (r->connection->session)
        ORM_TRY(r->connection->listener->flush(r->connection));
    orm__sql_init(&r->sql, r->connection);
    r->sql.model = r->named->write_count ? r->named->writes[0] : NULL;
    return ORM_OK;
}

orm_status orm__run_put_together(orm__run *r, const void *given)
{
    orm__sql_text(&r->sql, r->named->sql[r->connection->dialect]);
    ORM_TRY(bind(r, given));
    return find_columns(r);
}

static orm_status bind(orm__run *r, const void *given)
{
    const orm_model *parameters = r->named->parameters;
    for (size_t i = 0; parameters && i < parameters->column_count; i++) {
        const orm_column *parameter = &parameters->columns[i];
        orm_value value = orm__value_of_member(parameter, given);
        if (value.form == ORM_FORM_NULL && !(parameter->flags & ORM_NULLABLE))
            return orm__error_set(&r->connection->error, ORM_MISUSE, "query '%s': parameter '%s' is NULL",
                                  r->named->name, parameter->member);
        orm__sql_bind(&r->sql, parameter, value);
    }
    return r->sql.status;
}

static orm_status find_columns(orm__run *r)
{
    size_t count = r->arena ? r->named->part_count : 0;
    r->columns = count ? calloc(count, sizeof *r->columns) : NULL;
    if (count && !r->columns)
        return orm__error_no_memory(&r->connection->error);
    for (size_t i = 0; i < count; i++)
        ORM_TRY(orm__columns_of_model(r->connection, &r->columns[i], r->named->parts[i].model));
    return ORM_OK;
}

orm_status orm__run_check_width(const orm__run *r)
{
    orm_connection *c = r->connection;
    size_t wanted = 0, found = c->driver->width(c->link);
    for (size_t i = 0; i < r->named->part_count; i++)
        wanted += r->named->parts[i].count;
    if (wanted == found)
        return ORM_OK;
    return orm__error_set(&c->error, ORM_SCHEMA, "query '%s' returns %zu columns where %zu are declared",
                          r->named->name, found, wanted);
}

static orm_status step(orm__run *r, void *row)
{
    ORM_TRY(orm__statement_step(r->connection, r->statement));
    ORM_TRY(orm__run_read(r, row));
    r->rows++;
    return ORM_OK;
}

orm_status orm__run_read(const orm__run *r, void *row)
{
    size_t first = 0;
    for (size_t i = 0; i < r->named->part_count; i++) {
        ORM_TRY(read_part(r, i, first, row));
        first += r->named->parts[i].count;
    }
    return ORM_OK;
}

static orm_status read_part(const orm__run *r, size_t index, size_t first, void *row)
{
    const orm_named_part *part = &r->named->parts[index];
    orm_connection *c = r->connection;
    void *place = row;
    if (part->offset != ORM_ABSENT) {
        if (part->optional && is_absent(r, first, part->count))
            return ORM_OK;
        place = orm__arena_zalloc(r->arena, 1, part->model->row_size);
        if (!place)
            return orm__error_no_memory(&c->error);
        memcpy((char *)row + part->offset, &place, sizeof place);
    }
    return c->driver->read(c->link, r->columns[index].list + part->first, part->count, first, place, r->arena,
                           &c->error);
}

static bool is_absent(const orm__run *r, size_t first, size_t count)
{
    const orm_connection *c = r->connection;
    for (size_t i = 0; i < count; i++)
        if (!c->driver->is_null(c->link, first + i))
            return false;
    return true;
}

/* The status, or what ending it said; `written`, which may be NULL, gets the rows it wrote. */
static orm_status end(orm__run *r, orm_status status, size_t *written)
{
    size_t count = 0;
    if (r->statement) {
        orm_error kept = r->connection->error;
        orm_status ended = orm__statement_finish(r->connection, r->statement, &count);
        if (status)
            r->connection->error = kept;
        status = status ? status : ended;
    }
    orm__statement_tell(&r->sql, (orm__purpose){r->named->kind, r->named->name}, r->arena ? r->rows : count, status);
    if (!status)
        tell_session(r);
    orm__run_release(r);
    if (written)
        *written = count;
    return status;
}

void orm__run_release(orm__run *r)
{
    for (size_t i = 0; r->columns && i < r->named->part_count; i++)
        orm__columns_release(&r->columns[i]);
    free(r->columns);
    orm__sql_release(&r->sql);
}

/* Which rows it wrote nobody knows: entities of these models, and of those that refer to them, are read anew. */
static void tell_session(const orm__run *r)
{
    orm_connection *c = r->connection;
    for (size_t i = 0; c->session && i < r->named->write_count; i++) {
        c->listener->written(c->session, r->named->writes[i], ORM__KEYS_CHANGED);
    }
}
