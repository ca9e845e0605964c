/* postgresql_copy.c -- COPY from lists of C values into a table, by driver.h.
 *
 * libpq knows no COPY in a pipeline: the link leaves that mode for the time of one, and is back in it when the call returns.
 * The format is that of "Binary Format" in PostgreSQL's manual of COPY: a header, of each row the number of its fields and
 * the fields as arrays have their items, and -1.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "driver/postgresql_codec.h"
#include "driver/postgresql_link.h"

#include <string.h>

enum { MESSAGE = 64 * 1024 /* about so much is sent at once */ };

static void send_rows(orm__pg_link *l, const orm_value *lists, size_t count);
static void write_row(orm__pg_link *l, const orm_value *lists, size_t count, size_t row);
static void send_buffer(orm__pg_link *l);
static void end_copy(orm__pg_link *l);
static size_t receive_end(orm__pg_link *l);

orm_status orm__pg_copy(orm__link *base, const char *sql, const orm_value *lists, size_t count, size_t *rows,
                        orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    *rows = 0;
    ORM_TRY(orm__pg_begin_trip(l, sql, error));
    orm__pg_note_sent(l, PQexitPipelineMode(l->connection) && PQsendQuery(l->connection, sql));
    orm__pg_flush(l);
    PGresult *result = l->failure ? NULL : orm__pg_next_result(l);
    if (PQresultStatus(result) == PGRES_COPY_IN)
        send_rows(l, lists, count);
    else
        orm__pg_check(l, result);
    PQclear(result);
    *rows = receive_end(l);
    if (!l->broken && !PQenterPipelineMode(l->connection))
        orm__pg_lost(l);
    return l->failure;
}

static void send_rows(orm__pg_link *l, const orm_value *lists, size_t count)
{
    static const char header[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* and a zero that ends the C string */
    size_t rows = orm__value_count(&lists[0]);
    orm__text_clear(&l->buffer);
    orm__text_bytes(&l->buffer, header, sizeof header);
    for (size_t i = 0; i < rows && !l->failure; i++) {
        write_row(l, lists, count, i);
        if (l->buffer.length >= MESSAGE)
            send_buffer(l);
    }
    orm__text_bytes(&l->buffer, "\377\377", 2);
    if (!l->failure)
        send_buffer(l);
    end_copy(l);
}

static void write_row(orm__pg_link *l, const orm_value *lists, size_t count, size_t row)
{
    const char fields[] = {(char)(count >> 8), (char)count};
    orm_status status = ORM_OK;
    orm__text_bytes(&l->buffer, fields, sizeof fields);
    for (size_t i = 0; i < count && !status; i++)
        status = orm__pg_encode_field(&l->buffer, &lists[i], row, l->error);
    if (!status && l->buffer.failed)
        status = orm__error_no_memory(l->error);
    if (status && l->error)
        ORM__ERROR_COPY(l->error->statement, l->sql);
    l->failure = status;
}

static void send_buffer(orm__pg_link *l)
{
    orm__pg_note_sent(l, PQputCopyData(l->connection, l->buffer.data, (int)l->buffer.length) > 0);
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
            rows = orm__pg_rows_written(result);
    return l->failure ? 0 : rows;
}
