/* query_lock.c -- writes and reads the lines behind query_lock.h.
 * SPDX-License-Identifier: MIT */
#include "query_lock.h"

#include "ddl.h"
#include "hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FIELDS = 5 }; /* of a column: name, type, table, column, whether it may be NULL */

static uint64_t hash_of(const ormc_query *query, uint64_t tables);
static void put_field(orm__text *out, const char *field);
static const char *next_line(const char *line);
static bool read_column(const char *line, orm__arena *arena, orm__described *column);

bool ormc_lock_hash(const ormc_package *package, orm__arena *arena, uint64_t *hash)
{
    ormc_ddl ddl;
    *hash = 0;
    if (!ormc_ddl_make(package, ORMC_POSTGRESQL, arena, &ddl))
        return false;
    for (size_t i = 0; i < ddl.create.count; i++)
        *hash = ormc_hash_text(*hash, ddl.create.items[i]);
    return true;
}

void ormc_lock_begin(orm__text *out)
{
    orm__text_string(out,
                     "# What PostgreSQL found of the queries. Written by ormc check --database URL --lock FILE.\n");
}

void ormc_lock_put(orm__text *out, const ormc_query *query, uint64_t tables, const orm__description *description)
{
    orm__text_printf(out, "query %s %016" PRIx64 "\n", query->c_name, hash_of(query, tables));
    for (size_t i = 0; i < description->count; i++) {
        const orm__described *column = &description->columns[i];
        orm__text_string(out, "column ");
        put_field(out, column->name);
        put_field(out, column->type);
        put_field(out, column->table);
        put_field(out, column->column);
        orm__text_string(out, column->nullable ? "null\n" : "not null\n");
    }
}

/* Nothing for NULL. What would end it becomes a blank. */
static void put_field(orm__text *out, const char *field)
{
    for (; field && *field; field++)
        orm__text_char(out, strchr("\t\r\n", *field) ? ' ' : *field);
    orm__text_char(out, '\t');
}

static uint64_t hash_of(const ormc_query *query, uint64_t tables)
{
    return ormc_hash_text(tables, query->sent.text[ORMC_POSTGRESQL]);
}

ormc_locked ormc_lock_find(const char *lock, const ormc_query *query, uint64_t tables, orm__arena *arena,
                           orm__description *description)
{
    const char *head = orm__arena_printf(arena, "query %s ", query->c_name), *line = lock;
    const char *whole = orm__arena_printf(arena, "query %s %016" PRIx64 "\n", query->c_name, hash_of(query, tables));
    if (!head || !whole)
        return ORMC_LOCK_NO_MEMORY;
    while (*line && strncmp(line, head, strlen(head)) != 0)
        line = next_line(line);
    if (!*line || strncmp(line, whole, strlen(whole)) != 0)
        return *line ? ORMC_LOCK_OUTDATED : ORMC_NOT_LOCKED;
    size_t count = 0;
    const char *first = next_line(line);
    for (line = first; strncmp(line, "column ", 7) == 0; line = next_line(line))
        count++;
    *description = (orm__description){.columns = orm__arena_zalloc(arena, count, sizeof *description->columns)};
    bool done = description->columns != NULL;
    for (line = first; done && description->count < count; line = next_line(line))
        done = read_column(line + 7, arena, &description->columns[description->count++]);
    return done ? ORMC_LOCKED : ORMC_LOCK_NO_MEMORY;
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return *line ? line + 1 : line;
}

/* Of a line that is not as it was written the rest is nothing. */
static bool read_column(const char *line, orm__arena *arena, orm__described *column)
{
    const char *fields[FIELDS] = {NULL};
    for (size_t i = 0; i < FIELDS && *line && *line != '\n'; i++) {
        size_t length = strcspn(line, "\t\n");
        fields[i] = length ? orm__arena_copy(arena, line, length) : NULL;
        if (length && !fields[i])
            return false;
        line += length + (line[length] == '\t');
    }
    column->name = fields[0] ? fields[0] : "";
    column->type = fields[1];
    column->table = fields[3] ? fields[2] : NULL;
    column->column = fields[2] ? fields[3] : NULL;
    column->nullable = fields[4] && strcmp(fields[4], "null") == 0;
    return true;
}
