/* postgresql_copy.c -- COPY from lists of C values into a table, and by hand from and to the caller, by driver.h.
 *
 * libpq knows no COPY in a pipeline: the link leaves that mode for the time of one, and is back in it when the call
 * returns. The format is that of "Binary Format" in PostgreSQL's manual of COPY: a header, of each row the number of
 * its fields and the fields as arrays have their items, and -1.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "driver/postgresql_codec.h"
#include "driver/postgresql_link.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE = 64 * 1024 /* about so much is sent at once */, UNWANTED = 64 * 1024 /* and so much read in vain */ };

static void begin_copy(orm__pg_link *l, const char *sql, ExecStatusType wanted);
static void send_source(orm__pg_link *l, orm__copying *copying);
static void send_piece(orm__pg_link *l, const char *data, size_t size);
static void receive_rows(orm__pg_link *l, orm__copying *copying);
static void skip_rows(orm__pg_link *l, bool stops);
static bool has_ended(orm__pg_link *l);
static void forgive(orm__pg_link *l, orm__copying *copying);
static int next_row(orm__pg_link *l, char **row);
static void send_rows(orm__pg_link *l, const orm_value *lists, size_t count);
static void write_rows(orm__pg_link *l, const orm__pg_items *items, size_t count, size_t *row, size_t rows);
static void send_buffer(orm__pg_link *l);
static void end_copy(orm__pg_link *l);
static size_t receive_end(orm__pg_link *l);

orm_status orm__pg_copy(orm__link *base, const char *sql, const orm_value *lists, size_t count, size_t *rows,
                        orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    *rows = 0;
    ORM_TRY(orm__pg_begin_trip(l, sql, error));
    begin_copy(l, sql, PGRES_COPY_IN);
    if (!l->failure)
        send_rows(l, lists, count);
    *rows = receive_end(l);
    return l->failure;
}

/* Leaves the pipeline; receive_end comes back to it. */
static void begin_copy(orm__pg_link *l, const char *sql, ExecStatusType wanted)
{
    orm__pg_note_sent(l, PQexitPipelineMode(l->connection) && PQsendQuery(l->connection, sql));
    orm__pg_flush(l);
    PGresult *result = l->failure ? NULL : orm__pg_next_result(l);
    if (PQresultStatus(result) != wanted)
        orm__pg_check(l, result);
    PQclear(result);
}

orm_status orm__pg_copy_in(orm__link *base, const char *sql, orm__copying *copying, size_t *rows, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    *rows = 0;
    ORM_TRY(orm__pg_begin_trip(l, sql, error));
    begin_copy(l, sql, PGRES_COPY_IN);
    if (!l->failure)
        send_source(l, copying);
    *rows = receive_end(l);
    return l->failure;
}

static void send_source(orm__pg_link *l, orm__copying *copying)
{
    orm_status status = ORM_OK;
    while (!status && !l->failure) {
        const void *data = NULL;
        size_t size = 0;
        status = copying->source(&data, &size, copying->user);
        if (!status && size > 0)
            send_piece(l, data, size);
    }
    if (!l->failure && status != ORM_DONE) {
        l->failure = orm__error_set(l->error, status, "the source of the COPY failed: %s", orm_status_text(status));
        if (l->error)
            ORM__ERROR_COPY(l->error->statement, l->sql);
    }
    end_copy(l);
}

/* In messages of some size; libpq counts in ints. */
static void send_piece(orm__pg_link *l, const char *data, size_t size)
{
    for (size_t sent = 0; sent < size && !l->failure; sent += MESSAGE) {
        size_t left = size - sent;
        orm__pg_note_sent(l, PQputCopyData(l->connection, data + sent, left < MESSAGE ? (int)left : MESSAGE) > 0);
        orm__pg_flush(l);
    }
}

orm_status orm__pg_copy_out(orm__link *base, const char *sql, orm__copying *copying, size_t *rows, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    *rows = 0;
    ORM_TRY(orm__pg_begin_trip(l, sql, error));
    begin_copy(l, sql, PGRES_COPY_OUT);
    if (!l->failure)
        receive_rows(l, copying);
    *rows = receive_end(l);
    if (copying->own && copying->stops)
        forgive(l, copying);
    if (l->failure || !copying->own || copying->own == ORM_DONE)
        return l->failure;
    orm__error_set(error, copying->own, "the sink of the COPY failed: %s", orm_status_text(copying->own));
    if (error)
        ORM__ERROR_COPY(error->statement, sql);
    return copying->own;
}

static void receive_rows(orm__pg_link *l, orm__copying *copying)
{
    char *row;
    for (int size; !l->failure && !copying->own && (size = next_row(l, &row)) > 0; PQfreemem(row))
        copying->own = copying->sink(row, (size_t)size, copying->user);
    if (!l->failure && copying->own)
        skip_rows(l, copying->stops);
}

/* What is on its way is read all the same: the link must be in step at the end. */
static void skip_rows(orm__pg_link *l, bool stops)
{
    char *row;
    if (stops) {
        if (has_ended(l))
            return;
        orm__pg_cancel_now(l);
    }
    while (!l->failure && next_row(l, &row) > 0)
        PQfreemem(row);
}

/* Whether the rest is here, and little; then it is read. */
static bool has_ended(orm__pg_link *l)
{
    char *row;
    int size, waited = 0;
    for (size_t read = 0; read < UNWANTED;) {
        size = PQgetCopyData(l->connection, &row, true);
        if (size < 0)
            return true;
        if (size == 0 && (waited++ || !PQconsumeInput(l->connection)))
            return false;
        if (size > 0)
            PQfreemem(row);
        read += (size_t)size;
    }
    return false;
}

/* That it was ended is what was asked for. */
static void forgive(orm__pg_link *l, orm__copying *copying)
{
    static const char canceled[] = "57014";
    if (l->broken || l->failure != ORM_TIMEOUT || !l->error || strcmp(l->error->sqlstate, canceled) != 0)
        return;
    copying->stopped = true;
    l->failure = ORM_OK;
    orm__error_clear(l->error);
}

/* Its size; less than 1 behind the last and after a failure, which shows in the result to come, or has the link
 * given up. */
static int next_row(orm__pg_link *l, char **row)
{
    int size;
    while ((size = PQgetCopyData(l->connection, row, true)) == 0)
        if (!orm__pg_wait_input(l))
            return 0;
    return size;
}

static void send_rows(orm__pg_link *l, const orm_value *lists, size_t count)
{
    static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* and a zero that ends the C string */
    size_t rows = orm__value_count(&lists[0]);
    orm__pg_items *items = malloc(count * sizeof *items);
    if (!items)
        l->failure = orm__error_no_memory(l->error);
    for (size_t i = 0; i < count && items; i++)
        items[i] = orm__pg_items_of(&lists[i], lists[i].type);
    orm__text_clear(&l->buffer);
    orm__text_bytes(&l->buffer, header, sizeof header);
    for (size_t row = 0; row < rows && !l->failure;) {
        write_rows(l, items, count, &row, rows);
        if (l->buffer.length >= MESSAGE)
            send_buffer(l);
    }
    orm__text_bytes(&l->buffer, "\377\377", 2);
    if (!l->failure)
        send_buffer(l);
    free(items);
    end_copy(l);
}

static void write_rows(orm__pg_link *l, const orm__pg_items *items, size_t count, size_t *row, size_t rows)
{
    orm_status status = orm__pg_write_rows(&l->buffer, items, count, row, rows, MESSAGE, l->error);
    if (!status && l->buffer.failed)
        status = orm__error_no_memory(l->error);
    if (status && l->error)
        ORM__ERROR_COPY(l->error->statement, l->sql);
    l->failure = status;
}

/* A row may be larger than the ints that libpq counts in. */
static void send_buffer(orm__pg_link *l)
{
    const size_t most = (size_t)INT_MAX / 2;
    for (size_t sent = 0; sent < l->buffer.length && !l->failure; sent += most) {
        size_t left = l->buffer.length - sent;
        orm__pg_note_sent(l, PQputCopyData(l->connection, l->buffer.data + sent, (int)(left < most ? left : most)) > 0);
    }
    l->base.bytes += l->buffer.length;
    orm__text_clear(&l->buffer);
    orm__pg_flush(l);
}

/* After a failure of ours the server is told to take none of it. */
static void end_copy(orm__pg_link *l)
{
    if (l->broken)
        return;
    if (PQputCopyEnd(l->connection, l->failure ? "the client gave up" : NULL) <= 0)
        orm__pg_note_sent(l, 0);
    orm__pg_flush(l);
}

/* Reads until the server is idle again. Returns how many rows it has taken. */
static size_t receive_end(orm__pg_link *l)
{
    size_t rows = 0;
    for (PGresult *result; (result = orm__pg_next_result(l)) != NULL; PQclear(result))
        if (orm__pg_check(l, result))
            rows = orm__pg_rows_written(l, result);
    if (!l->broken && !PQenterPipelineMode(l->connection))
        orm__pg_lost(l);
    return l->failure ? 0 : rows;
}
