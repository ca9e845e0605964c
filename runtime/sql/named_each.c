/* sql/named_each.c -- the rows of a named query one after the other, a batch in memory at a time.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "sql/named.h"
#include "sql/walk.h"

#include <stdlib.h>
#include <string.h>

/* A batch, and what its rows go to. */
typedef struct batch {
    orm__run run;
    orm__walk walk;
    orm__arena arena; /* texts, embedded rows */
    char *rows;
    size_t count, capacity;
    orm_named_visitor call;
    const void *visit;
} batch;

static orm_status open_walk(batch *b, const void *given);
static orm_status visit_batches(batch *b);
static orm_status read_batch(batch *b);
static size_t bytes_of(const batch *b);
static orm_status read_rows(batch *b);
static orm_status grow(batch *b);

orm_status orm_named_each(orm_connection *connection, const orm_named *named, const void *given, orm_named_visitor call,
                          const void *visit)
{
    ORM_TRY(orm__named_check(connection, named));
    if (named->kind != ORM_STATEMENT_SELECT || named->write_count > 0)
        return orm__named_each_open(connection, named, given, call, visit);
    batch *b = calloc(1, sizeof *b);
    if (!b)
        return orm__error_no_memory(&connection->error);
    b->call = call;
    b->visit = visit;
    orm__run_init(&b->run, connection, named, &b->arena);
    orm_status status = orm__run_flush(&b->run);
    if (!status) {
        status = orm__walk_begin(&b->walk, connection, named->name);
        if (!status)
            status = open_walk(b, given);
        if (!status)
            status = visit_batches(b);
        status = orm__walk_end(&b->walk, status == ORM_DONE ? ORM_OK : status);
    }
    orm__run_release(&b->run);
    orm__arena_release(&b->arena);
    free(b->rows);
    free(b);
    return status;
}

static orm_status open_walk(batch *b, const void *given)
{
    const orm_connection *c = b->run.connection;
    orm__walk_declare(&b->walk, &b->run.sql, b->run.named->sql[c->dialect]);
    ORM_TRY(orm__run_put_together(&b->run, given));
    return orm__walk_open(&b->walk, &b->run.sql);
}

/* ORM_DONE behind the last row, and when the callback has had enough. */
static orm_status visit_batches(batch *b)
{
    const size_t size = b->run.named->row_size;
    while (!b->walk.done) {
        ORM_TRY(read_batch(b));
        for (size_t i = 0; i < b->count; i++)
            ORM_TRY(b->call(b->run.connection, b->rows + i * size, b->visit));
    }
    return ORM_DONE;
}

static orm_status read_batch(batch *b)
{
    orm__arena_release(&b->arena);
    b->count = 0;
    ORM_TRY(orm__walk_start(&b->walk));
    orm_status status = orm__run_check_width(&b->run);
    if (!status)
        status = read_rows(b);
    return orm__walk_finish(&b->walk, b->count, bytes_of(b), status);
}

static size_t bytes_of(const batch *b)
{
    return b->count * b->run.named->row_size + b->arena.held;
}

static orm_status read_rows(batch *b)
{
    const size_t size = b->run.named->row_size;
    orm_status status;
    while ((status = orm__walk_step(&b->walk, b->count, bytes_of(b))) == ORM_OK) {
        if (b->count == b->capacity)
            ORM_TRY(grow(b));
        memset(b->rows + b->count * size, 0, size);
        ORM_TRY(orm__run_read(&b->run, b->rows + b->count * size));
        b->count++;
    }
    return status == ORM_DONE ? ORM_OK : status;
}

static orm_status grow(batch *b)
{
    size_t wanted = b->capacity ? b->capacity * 2 : 16, size = b->run.named->row_size;
    char *rows = wanted > SIZE_MAX / size ? NULL : realloc(b->rows, wanted * size);
    if (!rows)
        return orm__error_no_memory(&b->run.connection->error);
    b->rows = rows;
    b->capacity = wanted;
    return ORM_OK;
}
