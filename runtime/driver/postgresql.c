/* postgresql.c -- PostgreSQL behind driver.h: statements and their rows.
 *
 * Connecting is postgresql_connect.c; messages to and fro are postgresql_trip.c, BEGIN and COMMIT
 * postgresql_boundary.c; cursors are postgresql_cursor.c; a row's columns postgresql_row.c; the bytes of values
 * postgresql_codec.h. The rest of the runtime knows nothing of libpq.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "driver/postgresql_codec.h"
#include "driver/postgresql_shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PARAMETERS = 65535, KEPT_BUFFER = 1 << 20 };

static char *place_arrays(orm__prepared *prepared);
static orm_status run_control(orm__pg_link *l, const char *sql, size_t *rows, orm_error *error);
static bool did_nothing(const orm__pg_link *l);
static orm_status run_last(orm__pg_link *l, const char *before, orm__prepared *prepared, const char *after);
static orm_status run(orm__pg_link *l, const char *before, orm__prepared *prepared, orm__fetch fetch);
static void receive_after(orm__pg_link *l);
static orm_status run_alone(orm__pg_link *l, orm__prepared *prepared);
static void receive_prepared(orm__pg_link *l, orm__prepared *prepared, orm__fetch fetch);

static orm_status prepare(orm__link *base, const char *sql, const orm__parameter *parameters, size_t count,
                          orm__prepared **prepared, orm_error *error)
{
    *prepared = NULL;
    if (count > MOST_PARAMETERS)
        return orm__error_set(error, ORM_MISUSE, "a statement of %zu parameters: PostgreSQL takes %d", count,
                              MOST_PARAMETERS);
    size_t each = sizeof(const char *) + sizeof(orm__parameter) + sizeof(Oid) + 2 * sizeof(int);
    orm__prepared *made = calloc(1, sizeof *made + count * each + strlen(sql) + 1);
    if (!made)
        return orm__error_no_memory(error);
    made->count = count;
    made->sql = place_arrays(made);
    memcpy(made->sql, sql, strlen(sql) + 1);
    for (size_t i = 0; i < count; i++) {
        made->parameters[i] = parameters[i];
        made->types[i] = orm__pg_type(&parameters[i]);
        made->formats[i] = orm__pg_goes_as_text(&parameters[i]) ? ORM__PG_TEXT_FORMAT : ORM__PG_BINARY;
    }
    orm__pg_give_name(orm__pg_link_of(base), made);
    *prepared = made;
    return ORM_OK;
}

/* Behind the struct, those of the strictest alignment first. Returns the place behind them. */
static char *place_arrays(orm__prepared *prepared)
{
    prepared->values = (const char **)(void *)(prepared + 1);
    prepared->parameters = (orm__parameter *)(void *)(prepared->values + prepared->count);
    prepared->types = (Oid *)(void *)(prepared->parameters + prepared->count);
    prepared->sizes = (int *)(void *)(prepared->types + prepared->count);
    prepared->formats = prepared->sizes + prepared->count;
    return (char *)(prepared->formats + prepared->count);
}

void orm__pg_give_name(orm__pg_link *l, orm__prepared *prepared)
{
    snprintf(prepared->name, sizeof prepared->name, "orm_%s_%lu", l->tag, ++l->names);
    prepared->sent = prepared->underway = false;
    if (l->typed == prepared)
        l->typed = NULL;
}

static void forget(orm__link *base, orm__prepared *prepared)
{
    orm__pg_link *l = orm__pg_link_of(base);
    if (!prepared)
        return;
    orm__pg_gather_free(base, prepared->gather);
    prepared->gather = NULL;
    for (const orm__ahead *one = l->ahead; one; one = one->next)
        if (one->prepared == prepared) {
            orm__pg_receive_ahead(l);
            break;
        }
    if (!prepared->sent || l->broken) {
        free(prepared);
        return;
    }
    prepared->next = l->forgotten;
    l->forgotten = prepared;
}

static orm_status control(orm__link *base, const char *sql, size_t *rows, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    size_t written;
    orm_status status = run_control(l, sql, &written, error);
    if (status && did_nothing(l))
        status = run_control(l, sql, &written, error);
    if (rows)
        *rows = written;
    return status;
}

static orm_status run_control(orm__pg_link *l, const char *sql, size_t *rows, orm_error *error)
{
    *rows = 0;
    ORM_TRY(orm__pg_begin_trip(l, sql, error));
    size_t forgotten = orm__pg_send_forgotten(l);
    orm__pg_send_boundary(l, sql);
    orm__pg_send_sync(l);
    orm__pg_flush(l);
    orm__pg_receive_forgotten(l, forgotten);
    PGresult *result = l->failure ? NULL : orm__pg_receive_boundary(l, sql);
    orm__pg_drain(l, 0);
    if (!l->failure)
        *rows = orm__pg_rows_written(l, result);
    PQclear(result);
    return l->failure;
}

/* A statement that the server no longer knows as it was prepared (DISCARD ALL; a column's type has changed), or
 * whose BEGIN it does not know, is sent again; inside a transaction, which that has ended, the caller must begin
 * again. */
static orm_status start(orm__link *base, const char *before, orm__prepared *prepared, const orm_value *values,
                        orm__fetch fetch, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    ORM_TRY(orm__pg_begin_trip(l, prepared->sql, error));
    ORM_TRY(orm__pg_encode_values(l, prepared, values, &l->base.bytes));
    if (fetch == ORM__FETCH_MANY)
        return orm__pg_open_cursor(l, before, prepared);
    orm_status status = run(l, before, prepared, fetch);
    if (!l->outdated)
        return status;
    orm__pg_give_name(l, prepared);
    if (!did_nothing(l))
        return status;
    ORM_TRY(orm__pg_begin_trip(l, prepared->sql, error));
    return run(l, before, prepared, fetch);
}

/* Whether a name was lost and no transaction is open in which that has failed. */
static bool did_nothing(const orm__pg_link *l)
{
    return l->outdated && PQtransactionStatus(l->connection) == PQTRANS_IDLE;
}

/* An outdated statement is not sent again where the transaction that it ends has begun. */
static orm_status start_last(orm__link *base, const char *before, orm__prepared *prepared, const orm_value *values,
                             const char *after, orm__end *end, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    *end = ORM__END_NOT_RUN;
    ORM_TRY(orm__pg_begin_trip(l, prepared->sql, error));
    ORM_TRY(orm__pg_encode_values(l, prepared, values, &l->base.bytes));
    orm_status status = run_last(l, before, prepared, after);
    if (l->outdated)
        orm__pg_give_name(l, prepared);
    if (did_nothing(l)) {
        ORM_TRY(orm__pg_begin_trip(l, prepared->sql, error));
        status = run_last(l, before, prepared, after);
    }
    *end = l->end;
    return status;
}

static orm_status run_last(orm__pg_link *l, const char *before, orm__prepared *prepared, const char *after)
{
    l->after = after;
    orm_status status = run(l, before, prepared, ORM__FETCH_WHOLE);
    l->after = NULL;
    return status;
}

orm_status orm__pg_encode_values(orm__pg_link *l, orm__prepared *prepared, const orm_value *values, size_t *bytes)
{
    orm__text_clear(&l->buffer);
    orm_status status = orm__pg_encode_all(&l->buffer, prepared->parameters, values, prepared->count, prepared->values,
                                           prepared->sizes, l->error);
    if (status && l->error)
        ORM__ERROR_COPY(l->error->statement, prepared->sql);
    for (size_t i = 0; i < prepared->count && !status; i++)
        *bytes += (size_t)prepared->sizes[i];
    return status;
}

static orm_status run(orm__pg_link *l, const char *before, orm__prepared *prepared, orm__fetch fetch)
{
    size_t forgotten = orm__pg_send_forgotten(l);
    if (!before && !l->after && forgotten == 0 && prepared->sent && fetch == ORM__FETCH_WHOLE)
        return run_alone(l, prepared);
    if (before)
        orm__pg_send_boundary(l, before);
    orm__pg_send_prepared(l, prepared, !prepared->sent);
    if (l->after)
        orm__pg_send_boundary(l, l->after);
    l->end = l->after && !l->failure ? ORM__END_UNKNOWN : ORM__END_NOT_RUN;
    orm__pg_send_sync(l);
    orm__pg_flush(l);
    orm__pg_receive_forgotten(l, forgotten);
    if (before && !l->failure)
        PQclear(orm__pg_receive_boundary(l, before));
    l->sql = prepared->sql;
    receive_prepared(l, prepared, fetch);
    receive_after(l);
    if (!l->streaming)
        orm__pg_drain(l, 0);
    if (l->end == ORM__END_DONE &&
        l->failure) { /* the connection went after the answer: what was committed is committed */
        l->failure = ORM_OK;
        orm__error_clear(l->error);
    }
    if (l->failure && !prepared->sent) /* the server may have it all the same */
        orm__pg_give_name(l, prepared);
    if (l->failure)
        orm__pg_hold(l, NULL);
    else
        l->running = true;
    return l->failure;
}

/* Only what the server refuses is known to have failed: an answer may be lost on its way, or for want of memory. */
static void receive_after(orm__pg_link *l)
{
    if (l->end != ORM__END_UNKNOWN)
        return;
    bool reached = !l->failure;
    for (PGresult *result; !l->failure && (result = orm__pg_next_result(l)) != NULL; PQclear(result))
        orm__pg_check(l, result);
    if (!l->failure)
        PQclear(orm__pg_receive_boundary(l, l->after));
    if (!l->failure)
        l->end = ORM__END_DONE;
    else if (!l->broken && l->failure != ORM_NO_MEMORY)
        l->end = reached ? ORM__END_REFUSED : ORM__END_NOT_RUN;
}

/* A trip of one statement needs no pipeline, whose Sync has an answer of its own: that is a tenth of what a get
 * costs. */
static orm_status run_alone(orm__pg_link *l, orm__prepared *prepared)
{
    orm__pg_note_sent(l, PQexitPipelineMode(l->connection));
    orm__pg_send_prepared(l, prepared, !prepared->sent);
    orm__pg_flush(l);
    l->reused = true;
    if (!l->failure)
        orm__pg_take_first(l, prepared);
    for (PGresult *result; !l->broken && (result = orm__pg_next_result(l)) != NULL; PQclear(result))
        orm__pg_check(l, result);
    if (!l->broken && !PQenterPipelineMode(l->connection))
        orm__pg_lost(l);
    if (l->failure)
        orm__pg_hold(l, NULL);
    else
        l->running = true;
    return l->failure;
}

void orm__pg_send_prepared(orm__pg_link *l, orm__prepared *prepared, bool prepares)
{
    int count = (int)prepared->count;
    if (l->unprepared && !l->failure)
        orm__pg_note_sent(l, PQsendQueryParams(l->connection, prepared->sql, count, prepared->types, prepared->values,
                                               prepared->sizes, prepared->formats, ORM__PG_BINARY));
    if (l->unprepared)
        return;
    if (prepares && !l->failure)
        orm__pg_note_sent(l, PQsendPrepare(l->connection, prepared->name, prepared->sql, count, prepared->types));
    if (!l->failure)
        orm__pg_note_sent(l, PQsendQueryPrepared(l->connection, prepared->name, count, prepared->values,
                                                 prepared->sizes, prepared->formats, ORM__PG_BINARY));
}

static void receive_prepared(orm__pg_link *l, orm__prepared *prepared, orm__fetch fetch)
{
    l->reused = prepared->sent;
    if (!prepared->sent && !l->unprepared && !l->failure) {
        PQclear(orm__pg_receive(l, prepared->sql));
        prepared->sent = !l->failure;
    }
    if (l->failure)
        return;
    if (fetch == ORM__FETCH_STREAM)
        PQsetSingleRowMode(l->connection);
    orm__pg_take_first(l, prepared);
}

void orm__pg_take_first(orm__pg_link *l, const orm__prepared *prepared)
{
    PGresult *result = orm__pg_next_result(l);
    if (!orm__pg_check(l, result)) {
        PQclear(result);
        return;
    }
    orm__pg_take_result(l, prepared, result);
}

/* What a prepared statement returns cannot change: the server would refuse to run it. */
void orm__pg_take_result(orm__pg_link *l, const orm__prepared *prepared, PGresult *result)
{
    orm__pg_hold(l, result);
    l->plan.count = 0;
    l->plan.last = NULL;
    if (prepared && l->typed == prepared)
        return;
    l->typed = l->unprepared ? NULL : prepared;
    for (int i = 0; i < PQnfields(result) && i < ORM__PG_KNOWN_TYPES; i++)
        l->types[i] = PQftype(result, i);
}

void orm__pg_borrow_row(orm__pg_link *l, const orm__prepared *prepared, orm__pg_answer *answer, int row)
{
    orm__pg_take_result(l, prepared, answer->result);
    l->lent = answer;
    l->row = row < 0 ? -1 : row - 1;
    l->row_count = row + 1;
}

void orm__pg_hold(orm__pg_link *l, PGresult *result)
{
    if (l->lent)
        orm__pg_answer_release(l->lent);
    else
        PQclear(l->result);
    l->lent = NULL;
    l->result = result;
    l->row = -1;
    l->row_count = result ? PQntuples(result) : 0;
    l->width = result ? (size_t)PQnfields(result) : 0;
    l->streaming = result && PQresultStatus(result) == PGRES_SINGLE_TUPLE;
    l->written = 0;
    if (result && PQcmdStatus(result)[0] == 'D')
        l->written = orm__pg_rows_written(l, result);
}

static orm_status step(orm__link *base, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    if (++l->row < l->row_count)
        return ORM_OK;
    l->error = error;
    if (l->broken && l->failure == ORM_DISCONNECTED && (l->streaming || l->cursor.stage))
        return orm__error_set(error, ORM_DISCONNECTED, "the connection is lost");
    if (l->cursor.stage) {
        ORM_TRY(orm__pg_next_batch(l));
        return step(base, error);
    }
    if (!l->streaming) {
        l->row = l->row_count;
        return ORM_DONE;
    }
    PGresult *result = orm__pg_next_result(l);
    bool good = orm__pg_check(l, result);
    orm__pg_hold(l, good ? result : NULL);
    if (!good)
        PQclear(result);
    if (!l->streaming)
        orm__pg_end_answer(l);
    ORM_TRY(l->failure);
    return step(base, error);
}

static size_t width(orm__link *base)
{
    orm__pg_link *l = orm__pg_link_of(base);
    return l->result ? (size_t)PQnfields(l->result) : 0;
}

static const char *column_name(orm__link *base, size_t index)
{
    return PQfname(orm__pg_link_of(base)->result, (int)index);
}

static size_t rows_here(orm__link *base)
{
    orm__pg_link *l = orm__pg_link_of(base);
    return l->row + 1 < l->row_count ? (size_t)(l->row_count - l->row - 1) : 0;
}

/* A failure that step has told is not told again. */
static orm_status finish(orm__link *base, size_t *rows, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    orm_status told = l->failure;
    const bool streamed = l->streaming;
    l->error = error;
    if (streamed)
        orm__pg_end_answer(l);
    if (l->cursor.stage)
        orm__pg_close_cursor(l);
    orm_status status = told ? ORM_OK : l->failure;
    if (rows)
        *rows = l->failure ? 0 : streamed ? l->written : orm__pg_rows_written(l, l->result);
    orm__pg_hold(l, NULL);
    l->running = false;
    if (l->buffer.capacity > KEPT_BUFFER)
        orm__text_release(&l->buffer);
    return status;
}

const orm__driver orm__driver_postgresql = {
    .dialect = ORM_POSTGRESQL,
    .name = "postgresql",
    .open = orm__pg_open,
    .close = orm__pg_close,
    .usable = orm__pg_usable,
    .abandon = orm__pg_abandon,
    .reset = orm__pg_reset,
    .prepare = prepare,
    .forget = forget,
    .describe = orm__pg_describe,
    .control = control,
    .start = start,
    .start_last = start_last,
    .send = orm__pg_send,
    .push = orm__pg_push,
    .take = orm__pg_take,
    .drop = orm__pg_drop,
    .settle = orm__pg_settle,
    .rows_here = rows_here,
    .step = step,
    .read = orm__pg_read,
    .read_integer = orm__pg_read_integer,
    .is_null = orm__pg_is_null,
    .width = width,
    .column_name = column_name,
    .finish = finish,
    .copy = orm__pg_copy,
    .copy_in = orm__pg_copy_in,
    .copy_out = orm__pg_copy_out,
    .share = orm__pg_share,
};
