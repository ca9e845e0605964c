/* postgresql_shared.c -- one connection that many fibers read by at once.
 *
 * Each sends its statement into the pipeline and stands still. What was sent in one turn of the loop is ended by one
 * Sync: a batch. One of those who wait, the leader, does for all what waits for the socket: it reads the answers, lets
 * those whose they are run one by one, and ends the batch of what they have sent meanwhile; when its own has come,
 * another leads. There is no thread and no fiber besides theirs.
 *
 * Gets by key wait for the end of the turn, and go as one statement, a batch of its own: postgresql_gather.c.
 *
 * Sending is postgresql_requests.c, answers are postgresql_answers.c. Knows nothing of sessions, nor of how many such
 * connections there are: engine/shared.c.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_shared.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static orm_status start(orm__link *base, const char *before, orm__prepared *prepared, const orm_value *values,
                        orm__fetch fetch, orm_error *error);
static orm_status take_result(orm__pg_link *l, orm__pg_request *r, orm_error *error);
static void open_result(orm__pg_link *l, const orm__pg_request *r, PGresult *result);
static orm_status gather(orm__link *base, orm__prepared *prepared, const char *many, const orm__parameter *list,
                         size_t column, size_t most, orm_error *error);
static orm_status stand(orm__pg_link *l, orm__pg_request *r);
static orm_status follow(orm__pg_link *l, orm__pg_request *r);
static void forsake(orm__pg_link *l, orm__pg_request *r);
static orm_status lead(orm__pg_link *l, orm__pg_request *r, bool first);
static void exchange(orm__pg_link *l, bool look);
static orm_status wait_for_server(orm__pg_link *l, orm__pg_request *r);
static int64_t earliest_deadline(const orm__pg_shared *s);
static void hand_on(orm__pg_link *l);
static void choose(orm__pg_shared *s, orm__pg_request *r);
static orm_status refuse_control(orm__link *base, const char *sql, size_t *rows, orm_error *error);
static bool is_usable(orm__link *base);
static void close_shared(orm__link *base);

orm_status orm__pg_share(orm__link *base, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    if (!l->waiter || !l->waiter->self)
        return orm__error_set(error, ORM_MISUSE, "a connection is shared by fibers, and these need a waiter");
    orm__pg_shared *s = calloc(1, sizeof *s);
    if (!s)
        return orm__error_no_memory(error);
    s->driver = orm__driver_postgresql;
    s->driver.start = start;
    s->driver.gather = gather;
    s->driver.control = refuse_control;
    s->driver.usable = is_usable;
    s->driver.close = close_shared;
    s->driver.describe = NULL;
    s->driver.copy = NULL;
    s->driver.reset = NULL;
    l->shared = s;
    base->driver = &s->driver;
    return ORM_OK;
}

/* --- the fiber that asks ----------------------------------------------------------------------------------------- */

/* A statement that the server no longer knows as it was prepared is sent once more, after somebody has it prepared;
 * when that fails, too, it is prepared for this fiber alone, which gets to know why. */
static orm_status start(orm__link *base, const char *before, orm__prepared *prepared, const orm_value *values,
                        orm__fetch fetch, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    if (before)
        return orm__error_set(error, ORM_MISUSE, "no transaction can begin on a shared connection");
    for (int try = 0;; try++) {
        orm__pg_request *r = orm__pg_request_new(l->shared);
        if (!r)
            return orm__error_no_memory(error);
        *r = (orm__pg_request){.prepared = prepared,
                               .values = values,
                               .self = l->waiter->self(l->waiter->user),
                               .frame = __builtin_frame_address(0),
                               .soon = base->soon};
        base->soon.count = 0;
        l->error = error;
        char name[sizeof prepared->name];
        memcpy(name, prepared->name, sizeof name);
        bool joins = try == 0 && fetch == ORM__FETCH_WHOLE && orm__pg_gather_takes(prepared->gather, values);
        orm_status status = joins ? orm__pg_gather_join(l, r) : orm__pg_request_send(l, r);
        if (status) {
            orm__pg_request_recycle(l->shared, r);
            return status;
        }
        status = stand(l, r);
        if (status)
            return orm__error_set(error, status, "the wait for an answer was given up: %s", orm_status_text(status));
        status = take_result(l, r, error);
        if (!l->outdated || try == 2)
            return status;
        if (try == 1 || strcmp(name, prepared->name) == 0) /* otherwise another has seen to it */
            orm__pg_give_name(l, prepared);
    }
}

/* What the answer to the fiber that runs now means; until it has finished none other runs. */
static orm_status take_result(orm__pg_link *l, orm__pg_request *r, orm_error *error)
{
    PGresult *result = r->answer ? r->answer->result : r->result;
    bool prepared_before = !r->prepares && !l->unprepared;
    l->error = error;
    l->failure = ORM_OK;
    l->sql = r->prepared->sql;
    l->base.bytes = r->bytes;
    l->base.waited = r->waited;
    l->reused = prepared_before;
    l->outdated = false;
    if (!result) {
        *error = l->shared->failure;
        ORM__ERROR_COPY(error->statement, l->sql);
        orm__pg_request_recycle(l->shared, r);
        return error->status;
    }
    if (orm__pg_check(l, result)) {
        open_result(l, r, result);
        r->answer = NULL;
        r->result = NULL;
        l->running = true;
    }
    orm__pg_request_recycle(l->shared, r);
    return l->failure;
}

/* A fiber may come so late that the statement has another plan by now, whose columns are of other types. */
static void open_result(orm__pg_link *l, const orm__pg_request *r, PGresult *result)
{
    const bool late = r->names != l->names;
    if (late)
        l->typed = NULL;
    if (r->answer)
        orm__pg_borrow_row(l, r->prepared->gather->many, r->answer, r->row);
    else
        orm__pg_take_result(l, r->prepared, result);
    if (late)
        l->typed = NULL;
}

static orm_status gather(orm__link *base, orm__prepared *prepared, const char *many, const orm__parameter *list,
                         size_t column, size_t most, orm_error *error)
{
    return prepared->gather ? ORM_OK
                            : orm__pg_gather_new(base, many, list, (int)column, most, &prepared->gather, error);
}

/* Until the answer has come, or the waiter gives up. The leader is told of what is to be sent; without one, the
 * first who comes leads, and gives others the rest of this turn to join. */
static orm_status stand(orm__pg_link *l, orm__pg_request *r)
{
    orm__pg_shared *s = l->shared;
    orm_status status = ORM_OK;
    if (r->done)
        return ORM_OK;
    if (!s->leader)
        return lead(l, r, true);
    if (!s->nudged)
        l->waiter->wake(s->leader->self, l->waiter->user);
    s->nudged = true;
    status = follow(l, r);
    return !status && r->leads ? lead(l, r, false) : status;
}

/* Until done, or made the leader. */
static orm_status follow(orm__pg_link *l, orm__pg_request *r)
{
    orm_status status = ORM_OK;
    while (!r->done && !r->leads && !status) {
        l->waiter->self(l->waiter->user);
        status = l->waiter->wait(NULL, -1, 0, 0, l->waiter->user);
    }
    if (!status)
        return ORM_OK;
    const bool leads = r->leads;
    forsake(l, r);
    if (leads)
        hand_on(l);
    return status;
}

/* Nobody waits for it any more: what is under way is dropped when its answer comes. */
static void forsake(orm__pg_link *l, orm__pg_request *r)
{
    if (r->done)
        orm__pg_request_recycle(l->shared, r);
    else
        r->self = NULL;
}

/* --- the leader -------------------------------------------------------------------------------------------------- */

/* Told that there is something to send, the leader does not look for answers as well, but the second time it does. */
static orm_status lead(orm__pg_link *l, orm__pg_request *r, bool first)
{
    orm_status status = ORM_OK;
    bool look = false;
    l->shared->leader = r;
    if (first) {
        l->waiter->self(l->waiter->user);
        status = l->waiter->wait(NULL, -1, 0, orm__deadline_in(0), l->waiter->user);
        status = status == ORM_TIMEOUT ? ORM_OK : status;
    }
    while (!status && !r->done) {
        exchange(l, look);
        if (!r->done)
            status = wait_for_server(l, r);
        look = !look || !l->shared->nudged;
    }
    if (status)
        forsake(l, r);
    hand_on(l);
    return status;
}

static void exchange(orm__pg_link *l, bool look)
{
    orm__pg_shared *s = l->shared;
    s->nudged = true;
    if (look && !l->broken && !PQconsumeInput(l->connection))
        orm__pg_requests_lose(l);
    orm__pg_answers_receive(l);
    orm__pg_requests_send_again(l);
    orm__pg_gathers_send(l);
    if (s->unsynced)
        orm__pg_batch_end(l);
    int left = l->broken ? 0 : PQflush(l->connection);
    s->blocked = left > 0;
    if (left < 0 || l->broken) /* a notice may have said so behind the last answer */
        orm__pg_requests_lose(l);
    s->nudged = false;
}

/* A statement that takes too long is cancelled; a server that does not answer to that either is given up. */
static orm_status wait_for_server(orm__pg_link *l, orm__pg_request *r)
{
    const orm__pg_shared *s = l->shared;
    int64_t deadline = l->cancelled ? l->deadline : earliest_deadline(s);
    if (orm__pg_has_choked(l)) {
        orm__pg_requests_lose(l);
        return ORM_OK;
    }
    orm__pg_request *awaited = s->due.count > 0 ? orm__pg_due_at(s, 0)->to : NULL;
    int64_t began = awaited ? orm__deadline_in(0) : 0;
    r->self = l->waiter->self(l->waiter->user);
    orm_status status = orm__wait(&l->watch, ORM_WAIT_READ | (s->blocked ? ORM_WAIT_WRITE : 0), deadline);
    if (awaited)
        awaited->waited += orm__deadline_in(0) - began;
    if (status != ORM_TIMEOUT)
        return status;
    if (l->cancelled && earliest_deadline(s) > orm__deadline_in(0)) { /* what it was for had ended by itself */
        l->cancelled = false;
        return ORM_OK;
    }
    if (l->cancelled || !orm__pg_cancel(l)) {
        orm__error_set(&l->shared->failure, ORM_TIMEOUT, "no answer in time; the connection is given up");
        orm__pg_requests_lose(l);
    }
    return ORM_OK;
}

/* Those whose deadline is over have been cancelled; the answer to that comes soon. */
static int64_t earliest_deadline(const orm__pg_shared *s)
{
    for (size_t i = 0; i < s->due.count; i++) {
        const orm__pg_due *one = orm__pg_due_at(s, i);
        if (one->kind == ORM__PG_DUE_EXECUTE)
            return one->to->deadline;
    }
    return 0;
}

/* To the one who waits longest from now. With nobody left what is not sent yet will not be. */
static void hand_on(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    s->leader = NULL;
    for (const orm__pg_gather *gather = s->gathers; gather && !s->leader; gather = gather->next)
        for (orm__pg_request *r = gather->first; r; r = r->next)
            choose(s, r);
    for (size_t i = s->due.count; i-- > 0 && !s->leader;)
        for (orm__pg_request *r = orm__pg_due_at(s, i)->to; r; r = r->fellow)
            choose(s, r);
    if (!s->leader) {
        orm__pg_gathers_drop(s);
        return;
    }
    s->leader->leads = true;
    l->waiter->wake(s->leader->self, l->waiter->user);
}

static void choose(orm__pg_shared *s, orm__pg_request *r)
{
    if (r->self && !r->done)
        s->leader = r;
}

/* --- the rest of the driver -------------------------------------------------------------------------------------- */

static orm_status refuse_control(orm__link *base, const char *sql, size_t *rows, orm_error *error)
{
    (void)base;
    (void)rows;
    return orm__error_set(error, ORM_MISUSE, "a shared connection only reads, it does not run: %s", sql);
}

/* While answers are on their way the leader sees how it stands; those that nobody waits for any more may never come. */
static bool is_usable(orm__link *base)
{
    orm__pg_link *l = orm__pg_link_of(base);
    const orm__pg_shared *s = l->shared;
    if (s->due.count == 0 && !s->gathers)
        return orm__pg_usable(base);
    l->error = NULL;
    if (!s->leader && !l->broken && !orm__pg_has_choked(l) && !PQconsumeInput(l->connection))
        orm__pg_lost(l);
    return !l->broken;
}

static void close_shared(orm__link *base)
{
    orm__pg_link *l = orm__pg_link_of(base);
    orm__pg_shared *s = l->shared;
    for (orm__pg_request *r = orm__pg_requests_take_all(s), *next; r; r = next) { /* nobody does, of those who did */
        next = r->next;
        orm__pg_request_recycle(s, r);
    }
    for (orm__pg_request *next; s->rest; s->rest = next) {
        next = s->rest->next;
        free(s->rest);
    }
    free(s->due.items);
    base->driver = &orm__driver_postgresql;
    l->shared = NULL;
    orm__pg_close(base);
    free(s);
}
