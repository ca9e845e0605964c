/* migration/log.c -- reads and writes the table ormc_migrations.
 * SPDX-License-Identifier: MIT */
#include "migration/log.h"

#include "base/error.h"

#include <stddef.h>
#include <string.h>

typedef orm_status (*row_reader)(orm_connection *connection, void *user);

typedef struct text_list {
    orm__arena *arena;
    const char **items;
    size_t count;
} text_list;

typedef struct log_reader {
    orm__arena *arena;
    orm__log *log;
} log_reader;

static orm_status query(orm_connection *connection, const char *sql, row_reader read, void *user);
static orm_status read_integer(orm_connection *connection, void *user);
static orm_status read_text(orm_connection *connection, void *user);
static orm_status read_row(orm_connection *connection, void *user);
static void *grow(orm__arena *arena, void *items, size_t count, size_t size);
static void put_text(orm__text *sql, const char *text);

static const orm_model table = {.name = "ormc_migrations", .table = "ormc_migrations"};
#define COLUMN(column, kind, row) \
    { \
        .model = &table, .name = #column, .member = #column, .type = kind, .field = ORM_FIELD(row, column) \
    }
static const orm_column columns[] = {
    COLUMN(position, ORM_TYPE_INT32, orm__log_row),  COLUMN(name, ORM_TYPE_TEXT, orm__log_row),
    COLUMN(id, ORM_TYPE_TEXT, orm__log_row),         COLUMN(direction, ORM_TYPE_TEXT, orm__log_row),
    COLUMN(done, ORM_TYPE_INT32, orm__log_row),      COLUMN(steps, ORM_TYPE_INT32, orm__log_row),
    COLUMN(changed_at, ORM_TYPE_TEXT, orm__log_row),
};
enum { COLUMNS = sizeof columns / sizeof *columns };

typedef struct text_row {
    const char *text;
} text_row;
static const orm_column text_column = COLUMN(text, ORM_TYPE_TEXT, text_row);

orm_status orm__log_make(orm_connection *connection)
{
    return orm__connection_control(
        connection, ORM_STATEMENT_SCHEMA,
        "CREATE TABLE IF NOT EXISTS ormc_migrations (position integer NOT NULL PRIMARY KEY, name text NOT NULL, "
        "id text NOT NULL, direction text NOT NULL, done integer NOT NULL, steps integer NOT NULL, "
        "changed_at text NOT NULL)",
        NULL);
}

orm_status orm__log_exists(orm_connection *connection, bool *exists)
{
    static const char *const queries[ORM_DIALECTS] = {
        [ORM_POSTGRESQL] = "SELECT count(*) FROM pg_class WHERE oid = to_regclass('ormc_migrations')",
        [ORM_SQLITE] = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'ormc_migrations'",
    };
    int64_t count = 0;
    orm_status status = orm__query_integer(connection, queries[connection->dialect], &count);
    *exists = count > 0;
    return status;
}

orm_status orm__log_read(orm_connection *connection, orm__arena *arena, orm__log *log)
{
    bool exists;
    log_reader reader = {arena, log};
    *log = (orm__log){0};
    ORM_TRY(orm__log_exists(connection, &exists));
    return exists ? query(connection,
                          "SELECT position, name, id, direction, done, steps, changed_at FROM ormc_migrations "
                          "ORDER BY position",
                          read_row, &reader)
                  : ORM_OK;
}

static orm_status read_row(orm_connection *connection, void *user)
{
    log_reader *reader = user;
    const orm_column *list[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        list[i] = &columns[i];
    reader->log->rows = grow(reader->arena, reader->log->rows, reader->log->count, sizeof(orm__log_row));
    if (!reader->log->rows)
        return orm__error_no_memory(&connection->error);
    return connection->driver->read(connection->link, list, COLUMNS, 0, &reader->log->rows[reader->log->count++],
                                    reader->arena, &connection->error);
}

/* Room for one more; it doubles. */
static void *grow(orm__arena *arena, void *items, size_t count, size_t size)
{
    if (count & (count - 1))
        return items;
    void *grown = orm__arena_zalloc(arena, count ? 2 * count : 1, size);
    if (grown && count)
        memcpy(grown, items, count * size);
    return grown;
}

orm_status orm__log_write(orm_connection *connection, size_t position, const orm__revision *revision,
                          orm__direction direction, size_t done, size_t steps)
{
    static const char *const words[] = {[ORM__UP] = "up", [ORM__DOWN] = "down"};
    static const char *const now[ORM_DIALECTS] = {
        [ORM_POSTGRESQL] = "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')",
        [ORM_SQLITE] = "strftime('%Y-%m-%d %H:%M:%S', 'now')",
    };
    orm__text sql = {0};
    if (direction == ORM__DOWN && done == steps) {
        orm__text_printf(&sql, "DELETE FROM ormc_migrations WHERE position = %zu", position);
    } else {
        orm__text_printf(&sql, "INSERT INTO ormc_migrations VALUES (%zu, ", position);
        put_text(&sql, revision->name);
        orm__text_printf(&sql,
                         ", '%s', '%s', %zu, %zu, %s) ON CONFLICT (position) DO UPDATE SET name = excluded.name, "
                         "id = excluded.id, direction = excluded.direction, done = excluded.done, "
                         "steps = excluded.steps, changed_at = excluded.changed_at",
                         revision->id, words[direction], done, steps, now[connection->dialect]);
    }
    orm_status status = sql.failed ? orm__error_no_memory(&connection->error)
                                   : orm__connection_control(connection, ORM_STATEMENT_OTHER, sql.data, NULL);
    orm__text_release(&sql);
    return status;
}

static void put_text(orm__text *sql, const char *text)
{
    orm__text_char(sql, '\'');
    for (; *text; text++) {
        orm__text_char(sql, *text);
        if (*text == '\'')
            orm__text_char(sql, '\'');
    }
    orm__text_char(sql, '\'');
}

orm_status orm__log_clear(orm_connection *connection)
{
    return orm__connection_control(connection, ORM_STATEMENT_OTHER, "DELETE FROM ormc_migrations", NULL);
}

orm_status orm__query_integer(orm_connection *connection, const char *sql, int64_t *value)
{
    *value = 0;
    return query(connection, sql, read_integer, value);
}

static orm_status read_integer(orm_connection *connection, void *user)
{
    int64_t value = connection->driver->read_integer(connection->link, 0);
    *(int64_t *)user = value;
    return ORM_OK;
}

orm_status orm__query_texts(orm_connection *connection, const char *sql, orm__arena *arena, const char ***texts,
                            size_t *count)
{
    text_list list = {.arena = arena};
    orm_status status = query(connection, sql, read_text, &list);
    *texts = list.items;
    *count = list.count;
    return status;
}

static orm_status read_text(orm_connection *connection, void *user)
{
    text_list *list = user;
    text_row row;
    const orm_column *column = &text_column;
    ORM_TRY(connection->driver->read(connection->link, &column, 1, 0, &row, list->arena, &connection->error));
    list->items = grow(list->arena, list->items, list->count, sizeof *list->items);
    if (!list->items)
        return orm__error_no_memory(&connection->error);
    list->items[list->count++] = row.text;
    return ORM_OK;
}

/* Prepared for this once: the schema changes between two of them. */
static orm_status query(orm_connection *connection, const char *sql, row_reader read, void *user)
{
    const orm__driver *driver = connection->driver;
    const char *begin = connection->begin;
    orm__prepared *prepared;
    if (driver->prepare(connection->link, sql, NULL, 0, &prepared, &connection->error))
        return orm__connection_failed(connection);
    size_t rows = 0;
    connection->begin = NULL;
    orm__observe_start(&connection->observation, false);
    orm_status status = driver->start(connection->link, begin, prepared, NULL, ORM__FETCH_WHOLE, &connection->error);
    if (!status) {
        while (!(status = driver->step(connection->link, &connection->error)) && !(status = read(connection, user)))
            rows++;
        orm_error finishing;
        orm_status finished = driver->finish(connection->link, NULL, &finishing);
        if (status == ORM_DONE && finished)
            connection->error = finishing;
        status = status == ORM_DONE ? finished : status;
    }
    driver->forget(connection->link, prepared);
    if (begin)
        orm__connection_tell_begin(connection, begin, status);
    orm__connection_tell(connection, ORM_STATEMENT_SELECT, sql, "", rows, status);
    return status ? orm__connection_failed(connection) : ORM_OK;
}
