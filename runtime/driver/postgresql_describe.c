/* driver/postgresql_describe.c -- what a statement would return: prepared and described, never run; types and tables
 * by their names, from the catalog.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_link.h"

#include "base/error.h"

#include <string.h>

enum { NAME, TYPE, TABLE, COLUMN, NOT_NULL };

static const char catalog[] =
    "SELECT i.n, t.typname, c.relname, a.attname, a.attnotnull "
    "FROM unnest($1::text[], $2::oid[], $3::oid[], $4::int2[]) WITH ORDINALITY AS i(n, type, rel, att, ord) "
    "LEFT JOIN pg_catalog.pg_type t ON t.oid = i.type LEFT JOIN pg_catalog.pg_class c ON c.oid = i.rel "
    "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.rel AND a.attnum = i.att ORDER BY i.ord";

static PGresult *ask_shape(orm__pg_link *l, const char *sql);
static PGresult *ask_names(orm__pg_link *l, const PGresult *shape);
static void put_lists(const PGresult *shape, orm__text lists[4]);
static void put_quoted(orm__text *out, const char *name);
static bool fill(orm__description *description, const PGresult *names, orm__arena *arena);
static bool copy(const PGresult *names, size_t row, int column, orm__arena *arena, const char **text);

orm_status orm__pg_describe(orm__link *base, const char *sql, size_t count, orm__arena *arena,
                            orm__description *description, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    (void)count; /* each parameter says its type by a cast */
    *description = (orm__description){0};
    ORM_TRY(orm__pg_begin_trip(l, sql, error));
    PGresult *shape = ask_shape(l, sql), *names = NULL;
    orm_status status = l->failure;
    if (!status && PQnfields(shape) > 0) {
        status = orm__pg_begin_trip(l, catalog, error);
        names = status ? NULL : ask_names(l, shape);
        status = status ? status : l->failure;
        if (!status && !fill(description, names, arena))
            status = orm__error_no_memory(error);
    }
    PQclear(names);
    PQclear(shape);
    return status;
}

static PGresult *ask_shape(orm__pg_link *l, const char *sql)
{
    orm__pg_note_sent(l, PQsendPrepare(l->connection, "", sql, 0, NULL));
    if (!l->failure)
        orm__pg_note_sent(l, PQsendDescribePrepared(l->connection, ""));
    orm__pg_send_sync(l);
    orm__pg_flush(l);
    if (!l->failure)
        PQclear(orm__pg_receive(l, sql));
    PGresult *shape = l->failure ? NULL : orm__pg_receive(l, sql);
    orm__pg_drain(l, 0);
    return shape;
}

static PGresult *ask_names(orm__pg_link *l, const PGresult *shape)
{
    orm__text lists[4] = {{0}};
    put_lists(shape, lists);
    const char *values[] = {lists[0].data, lists[1].data, lists[2].data, lists[3].data};
    bool made = values[0] && values[1] && values[2] && values[3];
    for (size_t i = 0; i < 4; i++)
        made = made && !lists[i].failed;
    orm__pg_note_sent(l, made && PQsendQueryParams(l->connection, catalog, 4, NULL, values, NULL, NULL, 0));
    orm__pg_send_sync(l);
    orm__pg_flush(l);
    PGresult *names = l->failure ? NULL : orm__pg_receive(l, catalog);
    orm__pg_drain(l, 0);
    for (size_t i = 0; i < 4; i++)
        orm__text_release(&lists[i]);
    return names;
}

/* Arrays as PostgreSQL writes them: {"a","b"}, {23,25}. */
static void put_lists(const PGresult *shape, orm__text lists[4])
{
    for (int i = 0; i < PQnfields(shape); i++) {
        const char *mark = i ? "," : "{";
        orm__text_string(&lists[0], mark);
        put_quoted(&lists[0], PQfname(shape, i));
        orm__text_printf(&lists[1], "%s%u", mark, PQftype(shape, i));
        orm__text_printf(&lists[2], "%s%u", mark, PQftable(shape, i));
        orm__text_printf(&lists[3], "%s%d", mark, PQftablecol(shape, i));
    }
    for (size_t i = 0; i < 4; i++)
        orm__text_char(&lists[i], '}');
}

static void put_quoted(orm__text *out, const char *name)
{
    orm__text_char(out, '"');
    for (; *name; name++) {
        if (*name == '"' || *name == '\\')
            orm__text_char(out, '\\');
        orm__text_char(out, *name);
    }
    orm__text_char(out, '"');
}

static bool fill(orm__description *description, const PGresult *names, orm__arena *arena)
{
    description->count = (size_t)PQntuples(names);
    description->columns = orm__arena_zalloc(arena, description->count, sizeof *description->columns);
    bool done = description->columns != NULL;
    for (size_t i = 0; done && i < description->count; i++) {
        orm__described *column = &description->columns[i];
        done = copy(names, i, NAME, arena, &column->name) && copy(names, i, TYPE, arena, &column->type) &&
               copy(names, i, TABLE, arena, &column->table) && copy(names, i, COLUMN, arena, &column->column);
        column->nullable = column->column && strcmp(PQgetvalue(names, (int)i, NOT_NULL), "f") == 0;
    }
    return done;
}

/* NULL of NULL; false when memory is gone. */
static bool copy(const PGresult *names, size_t row, int column, orm__arena *arena, const char **text)
{
    bool null = PQgetisnull(names, (int)row, column);
    *text = null ? NULL : orm__arena_strdup(arena, PQgetvalue(names, (int)row, column));
    return null || *text;
}
