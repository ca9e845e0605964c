/* sql/walk.c -- rows that are read a batch at a time, by walk.h.
 * SPDX-License-Identifier: MIT */
#include "sql/walk.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { MOST_ROWS = 1000, BATCH_BYTES = 256 * 1024 };

static orm_status may_go_on(const orm__walk *walk);
static void name_cursor(orm__walk *walk, const char *select);
static orm_status fetch(orm__walk *walk);
static void fetch_ahead(orm__walk *walk);
static void write_fetch(orm__sql *sql, const orm__walk *walk);
static void resume(orm__walk *walk);
static void close_statement(orm__walk *walk);
static orm_status close_cursor(orm__walk *walk);
static orm_status end_own(orm__walk *walk, orm_status status);

size_t orm__batch_size(size_t rows, size_t bytes)
{
    static const size_t sizes[] = {500, 200, 100, 50, 20, 10, 5, 2, 1};
    size_t fit = bytes ? (size_t)BATCH_BYTES * rows / bytes : MOST_ROWS;
    if (fit >= MOST_ROWS)
        return MOST_ROWS;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (fit >= sizes[i])
            return sizes[i];
    return 1;
}

/* On SQLite BEGIN alone: the first write takes the lock. */
orm_status orm__walk_begin(orm__walk *walk, orm_connection *connection, const char *name)
{
    memset(walk, 0, offsetof(orm__walk, fetch));
    walk->statement = NULL;
    walk->sql = NULL;
    walk->connection = connection;
    walk->name = name;
    walk->wanted = ORM__FIRST_ROWS;
    walk->savepoints = connection->savepoints;
    walk->next = connection->walks;
    walk->depth = walk->next ? walk->next->depth + 1 : 0;
    connection->walks = walk;
    if (connection->failed || connection->transaction != ORM__NO_TRANSACTION)
        return ORM_OK;
    const char *begin = orm__begin_text(connection, connection->isolation, false);
    ORM_TRY(orm__connection_is_free(connection));
    ORM_TRY(orm__connection_begin(connection, connection->dialect == ORM_SQLITE ? "BEGIN" : begin));
    walk->own = true;
    return ORM_OK;
}

void orm__walk_declare(orm__walk *walk, orm__sql *sql, const char *select)
{
    if (sql->connection->dialect == ORM_SQLITE) { /* another walk may have the same text open */
        sql->signature = walk->depth + 1;
        return;
    }
    name_cursor(walk, select);
    orm__sql_text(sql, "DECLARE ");
    orm__sql_text(sql, walk->cursor);
    orm__sql_text(sql, " NO SCROLL CURSOR FOR ");
}

/* One name for a text: the statements that fetch from it are found prepared, and give the same columns each time. */
static void name_cursor(orm__walk *walk, const char *select)
{
    uint32_t hash = 2166136261u;
    for (; *select; select++)
        hash = (hash ^ (unsigned char)*select) * 16777619u;
    snprintf(walk->cursor, sizeof walk->cursor, "orm_each_%u_%08x", walk->depth, (unsigned)hash);
}

orm_status orm__walk_open(orm__walk *walk, orm__sql *sql)
{
    orm_connection *c = walk->connection;
    if (c->dialect == ORM_POSTGRESQL) {
        orm_status status = orm__statement_run(sql, (orm__purpose){ORM_STATEMENT_OTHER, walk->name}, NULL);
        walk->open = !status;
        return status;
    }
    const orm__purpose purpose = {ORM_STATEMENT_SELECT, walk->name};
    orm_status status = orm__statement_start(sql, purpose, ORM__FETCH_STREAM, &walk->statement);
    if (status) {
        orm__statement_tell(sql, purpose, 0, status);
        return status;
    }
    walk->open = true;
    walk->sql = sql;
    walk->statement->waiting++;
    c->driver->suspend(c->link, walk->statement->prepared);
    return ORM_OK;
}

orm_status orm__walk_start(orm__walk *walk)
{
    ORM_TRY(may_go_on(walk));
    if (walk->connection->dialect == ORM_POSTGRESQL)
        return fetch(walk);
    walk->here = walk->wanted;
    walk->source = (orm__source){.purpose = {ORM_STATEMENT_SELECT, walk->name}, .statement = walk->statement};
    orm__observation *observation = &walk->connection->observation;
    orm__observe_start(observation, true);
    orm__observe_parameters(observation, walk->sql->parameters, walk->sql->values, walk->sql->count);
    resume(walk);
    return ORM_OK;
}

static orm_status may_go_on(const orm__walk *walk)
{
    orm_connection *c = walk->connection;
    if (!c)
        return ORM_MISUSE;
    if (walk->over)
        return orm__error_set(&c->error, ORM_MISUSE, "the rows of '%s' were read on after their transaction had ended",
                              walk->name);
    if (c->failed)
        return orm__error_set(&c->error, ORM_ROLLBACK_FIRST, "a statement of this transaction failed: roll back first");
    return orm__connection_is_free(c);
}

/* The next one is sent before the rows of this one are decoded, by what the batch before this one took. */
static orm_status fetch(orm__walk *walk)
{
    orm_connection *c = walk->connection;
    const orm__purpose purpose = {ORM_STATEMENT_SELECT, walk->name};
    orm__sent *sent = orm__sent_find(c, walk->ahead);
    walk->here = sent ? walk->fetching : walk->wanted;
    walk->ahead = 0;
    orm__sql_init(&walk->fetch, c);
    if (!sent)
        write_fetch(&walk->fetch, walk);
    walk->source = sent ? orm__source_sent(sent) : orm__source_of(&walk->fetch, purpose, ORM__FETCH_WHOLE);
    bool was_sent = sent != NULL;
    orm_status status = orm__source_open(c, &walk->source);
    if (status) {
        orm__source_tell(c, &walk->source, 0, status);
        orm__sql_release(&walk->fetch);
        return status;
    }
    if (was_sent && c->driver->rows_here(c->link) == walk->here)
        fetch_ahead(walk);
    return ORM_OK;
}

/* Where it cannot be sent it is sent when it is needed. */
static void fetch_ahead(orm__walk *walk)
{
    orm_connection *c = walk->connection;
    orm__sent *sent;
    orm__sql sql;
    if (!orm__sends_ahead(c))
        return;
    const orm_error kept = c->error;
    const bool failed = c->failed;
    orm__sql_init(&sql, c);
    write_fetch(&sql, walk);
    walk->fetching = walk->wanted;
    const orm__purpose purpose = {ORM_STATEMENT_SELECT, walk->name};
    if (orm__sent_new(&sql, purpose, ORM__FETCH_WHOLE, &sent) == ORM_OK)
        walk->ahead = sent->number;
    if (!walk->ahead && !c->broken) {
        c->error = kept;
        c->failed = failed;
    }
    orm__sql_release(&sql);
    orm__sent_push(c);
}

static void write_fetch(orm__sql *sql, const orm__walk *walk)
{
    orm__sql_text(sql, "FETCH ");
    orm__sql_number(sql, walk->wanted);
    orm__sql_text(sql, " FROM ");
    orm__sql_text(sql, walk->cursor);
}

/* SQLite's next row may wait. */
orm_status orm__walk_step(orm__walk *walk, size_t read, size_t bytes)
{
    bool enough = read == walk->here || bytes >= BATCH_BYTES;
    if (walk->connection->dialect == ORM_SQLITE && read > 0 && enough) {
        walk->here = read;
        return ORM_DONE;
    }
    return orm__statement_step(walk->connection, walk->source.statement);
}

orm_status orm__walk_finish(orm__walk *walk, size_t read, size_t bytes, orm_status status)
{
    orm_connection *c = walk->connection;
    walk->done = read < walk->here || status;
    walk->wanted = orm__batch_size(read, bytes);
    if (c->dialect == ORM_SQLITE) {
        orm__connection_tell(c, ORM_STATEMENT_SELECT, walk->statement->text, walk->name, read, status);
        c->driver->suspend(c->link, walk->statement->prepared);
        if (walk->done)
            close_statement(walk);
        return status;
    }
    const orm_error kept = c->error;
    orm_status ended = orm__statement_finish(c, walk->source.statement, NULL);
    if (status)
        c->error = kept;
    status = status ? status : ended;
    orm__source_tell(c, &walk->source, read, status);
    orm__sql_release(&walk->fetch);
    if (!status && !walk->done && !walk->ahead)
        fetch_ahead(walk);
    return status;
}

/* --- the end --- */

orm_status orm__walk_end(orm__walk *walk, orm_status status)
{
    orm_connection *c = walk->connection;
    if (!c)
        return status;
    const orm_error kept = c->error;
    orm__walk **link = &c->walks;
    while (*link != walk)
        link = &(*link)->next;
    *link = walk->next;
    orm_status ended = ORM_OK;
    if (c->dialect == ORM_SQLITE)
        close_statement(walk);
    else
        ended = close_cursor(walk);
    if (walk->own && !walk->over)
        ended = end_own(walk, status ? status : ended);
    if (status)
        c->error = kept;
    return status ? status : ended;
}

/* With its own transaction the cursor goes anyhow. */
static orm_status close_cursor(orm__walk *walk)
{
    orm_connection *c = walk->connection;
    char sql[64];
    if (!walk->open || walk->over || walk->own || c->failed || c->broken)
        return ORM_OK;
    snprintf(sql, sizeof sql, "CLOSE %s", walk->cursor);
    orm_status status = orm__connection_control(c, ORM_STATEMENT_OTHER, sql, NULL);
    orm__sent_drop(c, orm__sent_find(c, walk->ahead));
    return status;
}

static orm_status end_own(orm__walk *walk, orm_status status)
{
    orm_connection *c = walk->connection;
    if (!status && !c->failed)
        return orm__connection_commit(c);
    const orm_error kept = c->error;
    orm__connection_shield(c, true);
    orm__connection_rollback(c);
    orm__connection_shield(c, false);
    c->error = kept;
    return status ? status
                  : orm__error_set(&c->error, ORM_ROLLBACK_FIRST,
                                   "a statement failed while the rows of '%s' were read, and nobody told: all "
                                   "of it is rolled back",
                                   walk->name);
}

static void resume(orm__walk *walk)
{
    orm_connection *c = walk->connection;
    c->driver->resume(c->link, walk->statement->prepared);
}

static void close_statement(orm__walk *walk)
{
    if (!walk->open)
        return;
    walk->open = false;
    walk->statement->waiting--;
    resume(walk);
    walk->connection->driver->finish(walk->connection->link, NULL, NULL);
}

void orm__walks_over(orm_connection *connection, unsigned savepoints, bool gone)
{
    for (orm__walk *walk = connection->walks, *next; walk; walk = next) {
        next = walk->next;
        if (walk->savepoints < savepoints)
            continue;
        walk->over = true;
        if (connection->dialect == ORM_SQLITE)
            close_statement(walk);
        if (gone)
            walk->connection = NULL;
    }
    if (gone)
        connection->walks = NULL;
}
