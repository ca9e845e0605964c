/* postgresql_cursor.c -- many rows by a cursor, by postgresql_link.h: the next FETCH is sent before the rows of the
 * last are taken.
 *
 * Row by row, as single-row mode has them, libpq makes a result for each, and the server waits for a client that
 * decodes. A cursor lives in a transaction: outside of one it is given one of its own, which nobody notices, since
 * nothing else runs on the link meanwhile. It is planned for all of its rows, not for the first.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_link.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_ROWS = 250, MOST_ROWS = 1000, BATCH_BYTES = 256 * 1024 };

static const char plan_for_all[] = "SET LOCAL cursor_tuple_fraction = 1";

static void declare(orm__pg_link *l, orm__prepared *prepared);
static void send_next(orm__pg_link *l);
static int rows_that_fit(const orm__pg_link *l);
static void send_close(orm__pg_link *l);
static void roll_back(orm__pg_link *l);

orm_status orm__pg_open_cursor(orm__pg_link *l, const char *before, orm__prepared *prepared)
{
    l->cursor.own = !before &&
                    PQtransactionStatus(l->connection) == PQTRANS_IDLE; /* asked while nothing is under way */
    size_t forgotten = orm__pg_send_forgotten(l);
    const char *begin = l->cursor.own ? "BEGIN" : before;
    snprintf(l->cursor.name, sizeof l->cursor.name, "%s", prepared->name);
    l->begun_by_name = l->begun_by_name && !begin;
    if (begin)
        orm__pg_send_control(l, begin);
    orm__pg_send_control(l, plan_for_all);
    declare(l, prepared);
    orm__pg_hold(l, NULL);
    send_next(l);
    orm__pg_receive_forgotten(l, forgotten);
    if (begin && !l->failure)
        PQclear(orm__pg_receive(l, begin));
    if (!l->failure)
        PQclear(orm__pg_receive(l, plan_for_all));
    if (!l->failure)
        PQclear(orm__pg_receive(l, prepared->sql));
    if (!l->failure)
        orm__pg_take_first(l, NULL); /* a FETCH is not prepared */
    orm__pg_drain(l, 0);
    if (l->failure)
        orm__pg_close_cursor(l);
    else
        send_next(l);
    if (l->failure)
        orm__pg_hold(l, NULL);
    else
        l->running = true;
    return l->failure;
}

static void declare(orm__pg_link *l, orm__prepared *prepared)
{
    orm__text sql = {0};
    orm__text_string(&sql, "DECLARE ");
    orm__text_string(&sql, l->cursor.name);
    orm__text_string(&sql, " NO SCROLL CURSOR FOR ");
    orm__text_string(&sql, prepared->sql);
    if (!l->failure)
        orm__pg_note_sent(l, !sql.failed && PQsendQueryParams(l->connection, sql.data, (int)prepared->count,
                                                              prepared->types, prepared->values, prepared->sizes,
                                                              prepared->formats, ORM__PG_BINARY));
    orm__text_release(&sql);
}

/* A FETCH that gave fewer rows than it might was the last. */
static void send_next(orm__pg_link *l)
{
    char sql[sizeof l->cursor.name + 32];
    if (l->result && l->row_count < l->cursor.wanted) {
        send_close(l);
        return;
    }
    l->cursor.stage = ORM__PG_FETCHING;
    l->cursor.wanted = rows_that_fit(l);
    snprintf(sql, sizeof sql, "FETCH %d FROM %s", l->cursor.wanted, l->cursor.name);
    orm__pg_send_control(l, sql);
    if (l->result) /* the first goes with the trip that begins it all */
        orm__pg_count_trip(l);
    orm__pg_send_sync(l);
    orm__pg_flush(l);
}

static int rows_that_fit(const orm__pg_link *l)
{
    if (!l->result)
        return FIRST_ROWS;
    size_t rows = (size_t)BATCH_BYTES * (size_t)l->row_count / (PQresultMemorySize(l->result) + 1);
    return rows < 1 ? 1 : rows > MOST_ROWS ? MOST_ROWS : (int)rows;
}

static void send_close(orm__pg_link *l)
{
    char sql[sizeof l->cursor.name + 32];
    l->cursor.stage = ORM__PG_CLOSING;
    snprintf(sql, sizeof sql, "CLOSE %s", l->cursor.name);
    orm__pg_send_control(l, l->cursor.own ? "COMMIT" : sql);
    orm__pg_count_trip(l);
    orm__pg_send_sync(l);
    orm__pg_flush(l);
}

orm_status orm__pg_next_batch(orm__pg_link *l)
{
    bool last = l->cursor.stage == ORM__PG_CLOSING;
    PGresult *result = orm__pg_receive(l, l->sql);
    orm__pg_drain(l, 0);
    if (last) {
        PQclear(result);
        result = NULL;
    }
    orm__pg_hold(l, l->failure ? NULL : result);
    if (l->failure)
        PQclear(result);
    if (last || l->failure)
        orm__pg_close_cursor(l);
    else
        send_next(l);
    return l->failure;
}

void orm__pg_close_cursor(orm__pg_link *l)
{
    orm__pg_drain(l, 0);
    if (l->cursor.stage == ORM__PG_FETCHING && !l->failure) {
        send_close(l);
        orm__pg_drain(l, 0);
    }
    if (l->failure && l->cursor.own && !l->broken)
        roll_back(l);
    l->cursor.stage = ORM__PG_NO_CURSOR;
}

/* What failed is told already. */
static void roll_back(orm__pg_link *l)
{
    orm_status failure = l->failure;
    orm_error *error = l->error;
    l->failure = ORM_OK;
    l->error = NULL;
    orm__shield(l->waiter, true);
    orm__pg_send_control(l, "ROLLBACK");
    orm__pg_send_sync(l);
    orm__pg_flush(l);
    orm__pg_drain(l, 0);
    orm__shield(l->waiter, false);
    l->failure = failure;
    l->error = error;
}
