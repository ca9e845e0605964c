/* postgresql_ahead.c -- statements sent ahead: queued, pushed with one Sync behind them, and answered in the order of
 * sending.
 *
 * What is taken while it is the next to be answered may be read row by row; everything else is kept whole. Whatever
 * begins a trip of its own receives all of it first (postgresql_trip.c), so that only the answers of that trip are on
 * their way.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "driver/postgresql_link.h"

#include <stdlib.h>

static orm_status queue(orm__pg_link *l, orm__ahead *one, const orm_value *values, orm_error *error);
static void push(orm__pg_link *l);
static orm__ahead *first_unanswered(const orm__pg_link *l);
static void receive(orm__pg_link *l, orm__ahead *one);
static void receive_preparing(orm__pg_link *l, orm__ahead *one);
static void end_of(orm__pg_link *l, orm__ahead *one, const PGresult *result);
static void open_stream(orm__pg_link *l, orm__ahead *one);
static orm_status open_kept(orm__pg_link *l, orm__ahead *one, orm_error *error);
static void leave_list(orm__pg_link *l, const orm__ahead *one);

orm_status orm__pg_send(orm__link *base, orm__prepared *prepared, const orm_value *values, orm__fetch fetch,
                        orm__ahead **ahead, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    *ahead = NULL;
    if (l->streaming || l->cursor.stage)
        return orm__error_set(error, ORM_MISUSE, "another statement is still open on this connection");
    orm__pg_settle_cancel(l);
    if (l->broken || l->cancelled)
        return orm__error_set(error, ORM_DISCONNECTED, "the connection is lost");
    orm__ahead *made = calloc(1, sizeof *made), **last = &l->ahead;
    if (!made)
        return orm__error_no_memory(error);
    made->prepared = prepared;
    made->fetch = fetch;
    orm_status status = queue(l, made, values, error);
    if (status) {
        free(made);
        return status;
    }
    while (*last)
        last = &(*last)->next;
    *last = *ahead = made;
    l->unpushed = true;
    return ORM_OK;
}

/* The statement that is open keeps the state of its trip. One that is queued in part would put all answers out of
 * step. */
static orm_status queue(orm__pg_link *l, orm__ahead *one, const orm_value *values, orm_error *error)
{
    orm__prepared *prepared = one->prepared;
    orm_error *told = l->error;
    const orm_status failure = l->failure;
    const char *sql = l->sql;
    l->error = error;
    l->failure = ORM_OK;
    l->sql = prepared->sql;
    orm_status status = orm__pg_encode_values(l, prepared, values, &one->bytes);
    if (!status) {
        one->prepares = !l->unprepared && !prepared->sent && !prepared->underway;
        orm__pg_send_prepared(l, prepared, one->prepares);
        status = l->failure;
        l->broken |= status && one->prepares;
        prepared->underway |= one->prepares;
    }
    l->error = told;
    l->failure = failure;
    l->sql = sql;
    return status;
}

void orm__pg_push(orm__link *base)
{
    orm__pg_link *l = orm__pg_link_of(base);
    orm_error ignored, *told = l->error;
    const orm_status failure = l->failure;
    l->error = &ignored;
    push(l);
    l->error = told;
    l->failure = failure;
}

static void push(orm__pg_link *l)
{
    orm__ahead *last = l->ahead;
    if (!l->unpushed)
        return;
    l->unpushed = false;
    while (last->next)
        last = last->next;
    last->ends = true;
    orm__pg_count_trip(l);
    orm__pg_send_sync(l);
    orm__pg_flush(l);
}

orm_status orm__pg_take(orm__link *base, orm__ahead *ahead, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    orm_status status = orm__pg_begin_reading(l, ahead->prepared ? ahead->prepared->sql : "", error);
    if (!status)
        push(l);
    for (orm__ahead *one; !status && !ahead->answered && (one = first_unanswered(l)) != ahead;) {
        receive(l, one);
        if (one->dropped)
            orm__pg_drop(base, one);
    }
    if (status) {
        orm__pg_drop(base, ahead);
        return status;
    }
    bool streams = !ahead->answered && ahead->fetch == ORM__FETCH_STREAM;
    if (!ahead->answered && !streams)
        receive(l, ahead);
    leave_list(l, ahead);
    l->base.bytes += ahead->bytes;
    l->error = error;
    l->failure = ORM_OK;
    if (!streams)
        return open_kept(l, ahead, error);
    open_stream(l, ahead);
    return l->failure;
}

static orm__ahead *first_unanswered(const orm__pg_link *l)
{
    orm__ahead *one = l->ahead;
    while (one && one->answered)
        one = one->next;
    return one;
}

/* Its whole answer. */
static void receive(orm__pg_link *l, orm__ahead *one)
{
    l->error = &one->error;
    l->failure = ORM_OK;
    l->sql = one->prepared->sql;
    if (l->broken)
        l->failure = orm__error_set(&one->error, ORM_DISCONNECTED, "the connection is lost");
    receive_preparing(l, one);
    one->result = orm__pg_receive(l, one->prepared->sql);
    end_of(l, one, one->result);
    if (l->failure) {
        PQclear(one->result);
        one->result = NULL;
        one->error.status = l->failure;
    }
    one->answered = true;
    one->prepared = NULL;
}

static void receive_preparing(orm__pg_link *l, orm__ahead *one)
{
    orm__prepared *prepared = one->prepared;
    l->outdated = false;
    l->reused = !one->prepares && !l->unprepared;
    if (!one->prepares)
        return;
    PGresult *result = orm__pg_receive(l, prepared->sql);
    prepared->sent = result && !l->failure;
    prepared->underway = false;
    PQclear(result);
}

/* Behind the last result of one. Where a statement before it failed the server has skipped it. */
static void end_of(orm__pg_link *l, orm__ahead *one, const PGresult *result)
{
    if (!l->failure && !result)
        l->failure = orm__error_set(l->error, ORM_ROLLBACK_FIRST,
                                    "a statement that was sent together with this one failed");
    if (one->ends)
        orm__pg_drain(l, l->syncs - 1);
    if (l->outdated || (l->failure && !one->prepared->sent)) /* which the server may have all the same */
        orm__pg_give_name(l, one->prepared);
}

/* Row by row: its first result is here, the others are to come. */
static void open_stream(orm__pg_link *l, orm__ahead *one)
{
    l->sql = one->prepared->sql;
    receive_preparing(l, one);
    if (!l->failure) {
        PQsetSingleRowMode(l->connection);
        orm__pg_take_first(l, one->prepared);
    }
    l->open = one;
    l->running = !l->failure && l->result;
    if (l->running && l->streaming)
        return;
    orm__pg_end_answer(l);
    if (!l->failure)
        return;
    l->running = false;
    orm__pg_hold(l, NULL);
}

void orm__pg_end_answer(orm__pg_link *l)
{
    orm__ahead *one = l->open;
    if (!one) {
        orm__pg_drain(l, 0);
        return;
    }
    for (PGresult *result; (result = orm__pg_next_result(l)) != NULL; PQclear(result))
        if (orm__pg_check(l, result) && l->streaming)
            l->written = orm__pg_rows_written(l, result);
    end_of(l, one, l->result);
    l->open = NULL;
    free(one);
}

static orm_status open_kept(orm__pg_link *l, orm__ahead *one, orm_error *error)
{
    const orm_status status = one->result ? ORM_OK : one->error.status;
    orm__pg_take_result(l, NULL, one->result);
    l->running = one->result != NULL;
    l->failure = status;
    if (status && error)
        *error = one->error;
    free(one);
    return status;
}

static void leave_list(orm__pg_link *l, const orm__ahead *one)
{
    orm__ahead **link = &l->ahead;
    while (*link != one)
        link = &(*link)->next;
    *link = one->next;
}

/* What is on its way is received all the same, by whatever comes next. */
void orm__pg_drop(orm__link *base, orm__ahead *ahead)
{
    orm__pg_link *l = orm__pg_link_of(base);
    if (!ahead)
        return;
    ahead->dropped = true;
    if (!ahead->answered)
        return;
    leave_list(l, ahead);
    PQclear(ahead->result);
    free(ahead);
}

void orm__pg_receive_ahead(orm__pg_link *l)
{
    orm_error ignored, *told = l->error;
    const orm_status failure = l->failure;
    const char *sql = l->sql;
    l->error = &ignored;
    l->failure = ORM_OK;
    push(l);
    for (orm__ahead *one = l->ahead, *next; one; one = next) {
        next = one->next;
        if (!one->answered)
            receive(l, one);
        if (one->dropped)
            orm__pg_drop(&l->base, one);
    }
    l->error = told;
    l->failure = failure;
    l->sql = sql;
}

orm_status orm__pg_settle(orm__link *base, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    ORM_TRY(orm__pg_begin_reading(l, "", error));
    orm__pg_receive_ahead(l);
    for (orm__ahead *one = l->ahead; one; one = one->next) {
        if (one->result || one->told)
            continue;
        one->told = true;
        if (error)
            *error = one->error;
        return one->error.status;
    }
    return ORM_OK;
}
