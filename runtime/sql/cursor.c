/* sql/cursor.c -- reading the rows of a statement one by one, by cursor.h and orm/rows.h.
 * SPDX-License-Identifier: MIT */
#include "sql/cursor.h"

#include "base/array.h"
#include "base/error.h"
#include "base/value.h"

#include <stdlib.h>
#include <string.h>

static orm_status keep_names(orm_rows *rows);
static orm_status finish(orm_rows *rows, orm_status status);
static orm_status stick(orm_rows *rows, orm_status status);
static orm_status refuse(orm_rows *rows, const char *what);
static orm_status read_bounds(orm_rows *rows);
static orm_status read_one(orm_rows *rows, size_t index, const orm_column *column, void *place);
static orm_status find(orm_rows *rows, orm_at at, size_t *index);
static orm_status describe(orm_rows *rows, orm_at at, int code, size_t *index, orm_column *column);
static size_t size_of_place(const orm_column *column);
static const char *type_name(orm_type type);

/* What messages call the table of a column that is none's. */
static const orm_model answer = {.name = "result", .table = "result"};

orm_rows *orm__rows_new(orm_connection *connection)
{
    orm_rows *rows = calloc(1, sizeof *rows);
    if (!rows) {
        orm__error_no_memory(&connection->error);
        return NULL;
    }
    orm__arena_init(&rows->arena);
    orm__arena_init(&rows->names_arena);
    orm__sql_init(&rows->sql, connection);
    rows->sql.text = &rows->text;
    rows->connection = connection;
    rows->purpose = (orm__purpose){ORM_STATEMENT_OTHER, ""};
    return rows;
}

orm_status orm__rows_start(orm_rows *rows, bool reads)
{
    orm_connection *c = rows->connection;
    const orm__purpose purpose = {reads ? ORM_STATEMENT_SELECT : ORM_STATEMENT_OTHER, rows->purpose.table};
    orm__statement *statement;
    orm_status status = orm__statement_start(&rows->sql, purpose, ORM__FETCH_STREAM, &statement);
    if (status) {
        orm__statement_tell(&rows->sql, rows->purpose, 0, status);
        return status;
    }
    rows->statement = statement;
    c->rows = rows;
    status = keep_names(rows);
    return status ? finish(rows, status) : ORM_OK;
}

static orm_status keep_names(orm_rows *rows)
{
    orm_connection *c = rows->connection;
    rows->width = c->driver->width(c->link);
    rows->names = orm__arena_zalloc(&rows->names_arena, rows->width, sizeof *rows->names);
    for (size_t i = 0; rows->names && i < rows->width; i++) {
        const char *name = c->driver->column_name(c->link, i);
        rows->names[i] = name ? orm__arena_strdup(&rows->names_arena, name) : NULL;
        if (!rows->names[i])
            return orm__error_no_memory(&c->error);
    }
    return rows->names ? ORM_OK : orm__error_no_memory(&c->error);
}

orm_status orm_rows_next(orm_rows *rows)
{
    rows->on_row = false;
    if (rows->status && rows->connection && rows->status != ORM_DONE)
        rows->connection->error = rows->error;
    if (rows->status)
        return rows->status;
    if (!rows->keep) {
        orm__arena_release(&rows->arena);
        orm__arena_init(&rows->arena);
    }
    orm_status status = orm__statement_step(rows->connection, rows->statement);
    if (status)
        return finish(rows, status);
    rows->on_row = true;
    rows->count++;
    return read_bounds(rows);
}

orm_status orm_rows_first(orm_rows *rows)
{
    orm_status status = orm_rows_next(rows);
    return status == ORM_DONE ? ORM_NOT_FOUND : status;
}

static orm_status read_bounds(orm_rows *rows)
{
    for (size_t i = 0; i < rows->bound_count; i++) {
        const orm__bound *bound = &rows->bounds[i];
        ORM_TRY(read_one(rows, bound->index, bound->column, bound->place));
    }
    return ORM_OK;
}

/* --- the end --- */

void orm_rows_close(orm_rows *rows)
{
    if (!rows)
        return;
    if (rows->connection && rows->statement) {
        orm_error kept = rows->connection->error;
        bool failed = rows->status && rows->status != ORM_DONE;
        if (finish(rows, ORM_DONE) == ORM_DONE || failed)
            rows->connection->error = kept;
    }
    orm__sql_release(&rows->sql);
    orm__text_release(&rows->text);
    orm__arena_release(&rows->arena);
    orm__arena_release(&rows->names_arena);
    free(rows->bounds);
    free(rows->items);
    free(rows);
}

/* Ends the statement; what it was before, or what its end says, sticks. */
static orm_status finish(orm_rows *rows, orm_status status)
{
    orm_connection *c = rows->connection;
    orm_error kept = c->error;
    size_t written = 0;
    orm_status ended = orm__statement_finish(c, rows->statement, &written);
    if (status != ORM_DONE)
        c->error = kept;
    else if (ended)
        status = ended;
    rows->statement = NULL;
    c->rows = NULL;
    rows->written = written;
    orm__statement_tell(&rows->sql, rows->purpose, written ? written : rows->count,
                        status == ORM_DONE ? ORM_OK : status);
    if (rows->tells && c->session)
        c->listener->mentioned(c->session, rows->text.data);
    return stick(rows, status);
}

static orm_status stick(orm_rows *rows, orm_status status)
{
    if (rows->status && rows->status != ORM_DONE)
        return rows->status;
    rows->status = status;
    if (status != ORM_DONE && rows->connection)
        rows->error = rows->connection->error;
    return status;
}

void orm__rows_end(orm_connection *connection)
{
    orm_rows *rows = connection->rows;
    if (!rows)
        return;
    orm_error kept = connection->error;
    finish(rows, ORM_DONE);
    connection->error = kept;
    rows->connection = NULL;
    rows->status = ORM_MISUSE;
    rows->on_row = false;
}

/* --- looking --- */

size_t orm_rows_width(const orm_rows *rows)
{
    return rows->width;
}

const char *orm_rows_name(const orm_rows *rows, size_t index)
{
    return index < rows->width ? rows->names[index] : NULL;
}

size_t orm_rows_written(const orm_rows *rows)
{
    return rows->written;
}

/* --- places --- */

orm_at orm_at_name(const char *name)
{
    return (orm_at){.name = name ? name : ""};
}

orm_at orm_at_index(size_t index)
{
    return (orm_at){.index = index};
}

orm_value orm_of_null(void)
{
    return (orm_value){.form = ORM_FORM_NULL};
}

orm_status orm_rows_get(orm_rows *rows, orm_at column, int code, void *place)
{
    size_t index;
    orm_column described;
    ORM_TRY(describe(rows, column, code, &index, &described));
    memset(place, 0, size_of_place(&described));
    if (!rows->on_row)
        return refuse(rows, "there is no row to take a column of");
    return read_one(rows, index, &described, place);
}

orm_status orm_rows_bind(orm_rows *rows, orm_at column, int code, void *place)
{
    size_t index;
    orm_column described;
    ORM_TRY(describe(rows, column, code, &index, &described));
    orm_column *kept = orm__column_new(&rows->names_arena, sizeof *kept);
    if (!kept)
        return stick(rows, orm__error_no_memory(&rows->connection->error));
    *kept = described;
    return orm__rows_add_bound(rows, index, kept, place);
}

orm_status orm__rows_add_bound(orm_rows *rows, size_t index, const orm_column *column, void *place)
{
    orm__bound *bounds = realloc(rows->bounds, (rows->bound_count + 1) * sizeof *bounds);
    if (!bounds)
        return stick(rows, orm__error_no_memory(&rows->connection->error));
    rows->bounds = bounds;
    bounds[rows->bound_count++] = (orm__bound){.index = index, .column = column, .place = place};
    return ORM_OK;
}

orm_column *orm__column_new(orm__arena *arena, size_t size)
{
    char *block = orm__arena_zalloc(arena, 1, size + ORM__COLUMN_ALIGNMENT);
    size_t over = (uintptr_t)block % ORM__COLUMN_ALIGNMENT;
    return block ? (orm_column *)(void *)(block + ORM__COLUMN_ALIGNMENT - over) : NULL;
}

static orm_status describe(orm_rows *rows, orm_at at, int code, size_t *index, orm_column *column)
{
    static const uint32_t opt_values[] = {
#define OPT_VALUE(name, NAME, type, given) [ORM_TYPE_##NAME] = (uint32_t)offsetof(orm_opt_##name, value),
        ORM_SCALAR_TYPES(OPT_VALUE)
#undef OPT_VALUE
    };
    orm_type type = (orm_type)(code & 0xff);
    ORM_TRY(find(rows, at, index));
    *column = (orm_column){.model = &answer, .name = rows->names[*index], .type = type, .field = {0, ORM_ABSENT}};
    if (code & ORM_PLACE_OPT)
        column->field = (orm_field){.value = opt_values[type], .has = 0};
    if ((code & (ORM_PLACE_OPT | ORM_PLACE_ARRAY)) || orm__type_points(type))
        column->flags = ORM_NULLABLE;
    if (code & ORM_PLACE_ARRAY)
        column->flags |= ORM_ARRAY;
    return ORM_OK;
}

static size_t size_of_place(const orm_column *column)
{
    return column->flags & ORM_ARRAY ? sizeof(orm__array) : column->field.value + orm__type_size(column->type);
}

static orm_status find(orm_rows *rows, orm_at at, size_t *index)
{
    size_t found = at.name ? rows->width : at.index;
    if (!rows->connection)
        return ORM_MISUSE;
    orm_error *error = &rows->connection->error;
    for (size_t i = 0; at.name && i < rows->width; i++) {
        if (strcmp(rows->names[i], at.name) != 0)
            continue;
        if (found < rows->width)
            return stick(rows, orm__error_set(error, ORM_MISUSE, "the result has two columns '%s'", at.name));
        found = i;
    }
    *index = found;
    if (found < rows->width)
        return ORM_OK;
    if (at.name)
        orm__error_set(error, ORM_MISUSE, "the result has no column '%s'", at.name);
    else
        orm__error_set(error, ORM_MISUSE, "the result has %zu columns, and no column %zu", rows->width, at.index);
    return stick(rows, ORM_MISUSE);
}

/* That the place cannot hold what is there is the caller's mistake, not a schema's. */
static orm_status read_one(orm_rows *rows, size_t index, const orm_column *column, void *place)
{
    orm_connection *c = rows->connection;
    if (c->driver->is_null(c->link, index)) {
        memset(place, 0, size_of_place(column));
        if (column->flags & ORM_NULLABLE)
            return ORM_OK;
        orm__error_set(&c->error, ORM_MISUSE, "column '%s' of the result is NULL: read it into an orm_opt_%s",
                       column->name, type_name(column->type));
        return stick(rows, ORM_MISUSE);
    }
    const orm_column *columns[] = {column};
    orm_status status = c->driver->read(c->link, columns, 1, index, place, &rows->arena, &c->error);
    if (!status)
        return ORM_OK;
    memset(place, 0, size_of_place(column));
    if (status == ORM_SCHEMA) {
        char said[sizeof c->error.message];
        memcpy(said, c->error.message, sizeof said);
        status = orm__error_set(&c->error, ORM_MISUSE, "column '%s' of the result cannot be read as %s%s: %.300s",
                                column->name, type_name(column->type), column->flags & ORM_ARRAY ? "[]" : "", said);
    }
    return stick(rows, status);
}

static orm_status refuse(orm_rows *rows, const char *what)
{
    if (!rows->connection)
        return ORM_MISUSE;
    return stick(rows, orm__error_set(&rows->connection->error, ORM_MISUSE, "%s", what));
}

static const char *type_name(orm_type type)
{
    static const char *const names[] = {
#define NAME_OF(name, NAME, type, given) [ORM_TYPE_##NAME] = #name,
        ORM_SCALAR_TYPES(NAME_OF)
#undef NAME_OF
            [ORM_TYPE_ENUM] = "enum",
    };
    return names[type];
}

/* --- all --- */

orm_status orm_rows_collect(orm_rows *rows, const void *row, size_t size, void *items, size_t *count)
{
    size_t capacity = 0;
    memset(items, 0, sizeof(void *));
    *count = 0;
    if (rows->items || rows->bound_count == 0)
        return refuse(rows, rows->items ? "all rows were taken already" : "no column is bound to the row");
    rows->keep = true;
    orm_status status;
    size_t taken = 0;
    while ((status = orm_rows_next(rows)) == ORM_OK) {
        if (taken == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            char *grown = capacity > SIZE_MAX / size ? NULL : realloc(rows->items, capacity * size);
            if (!grown)
                return stick(rows, orm__error_no_memory(&rows->connection->error));
            rows->items = grown;
        }
        memcpy(rows->items + taken++ * size, row, size);
    }
    if (status != ORM_DONE)
        return status;
    memcpy(items, &rows->items, sizeof rows->items);
    *count = taken;
    return ORM_OK;
}
