/* postgresql_shared.c -- one connection that many fibers read by at once.
 *
 * Each sends its statement into the pipeline and stands still. What was sent in one turn of the loop is ended by one Sync: a
 * batch. One of those who wait, the leader, does for all what waits for the socket: it reads the answers, lets those whose they
 * are run one by one, and ends the batch of what they have sent meanwhile; when its own has come, another leads. There is no
 * thread and no fiber besides theirs.
 *
 * An answer is used up before the next is taken from libpq, so that its memory serves the next one while it is in the processor's
 * cache; what its fiber will touch is fetched into that while the answer is parsed.
 *
 * Gets by key wait for the end of the turn, and go as one statement (postgresql_gather.c). Each gets its row; when it fails
 * each is sent again, by itself.
 *
 * Of a batch in which a statement fails the server skips what follows: that is sent again, each by itself. Whoever is cancelled
 * leaves his answer to be dropped by the leader. When the connection is lost all who wait are told, and nothing is sent again.
 *
 * Knows nothing of sessions, nor of how many such connections there are: engine/shared.c.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_shared.h"

#include "base/error.h"
#include "driver/postgresql_codec.h"

#include <stdlib.h>
#include <string.h>

static const char QUERY_CANCELED[] = "57014";
enum { LINE = 64 /* of a processor's cache, in bytes */ };

typedef orm__pg_request request;

/* What is to be answered. */
typedef enum answer_kind { SYNC, PARSE, EXECUTE } answer_kind;
typedef struct answer {
    request *to; /* NULL: of a Sync */
    answer_kind kind;
} answer;

struct orm__pg_shared {
    orm__driver driver; /* PostgreSQL's with another start */
    struct {
        answer *items; /* a ring; the capacity is a power of two */
        size_t first, count, capacity;
    } answers;
    bool answered;           /* the first of them has had its result */
    int silent;              /* commands that ended without one */
    bool unsynced;           /* the last batch is not ended */
    bool blocked;            /* not all of it is sent */
    bool nudged;             /* the leader knows, or has been told, that there is something to send */
    orm__pg_gather *gathers; /* of which some wait to be sent */
    request *leader, *rest, *again;
    orm_error failure; /* why the connection is lost */
};

static orm_status start(orm__link *base, const char *before, orm__prepared *prepared, const orm_value *values,
                        orm__fetch fetch, orm_error *error);
static orm_status take_result(orm__pg_link *l, request *r, orm_error *error);
static orm_status gather(orm__link *base, orm__prepared *prepared, const char *many, const orm__parameter *list,
                         size_t column, size_t most, orm_error *error);
static orm_status join(orm__pg_link *l, request *r);
static orm_status send(orm__pg_link *l, request *r);
static void put(orm__pg_link *l, request *r, orm__prepared *prepared);
static int64_t deadline_from_now(const orm__pg_link *l);
static orm_status stand(orm__pg_link *l, request *r);
static orm_status follow(orm__pg_link *l, request *r);
static orm_status lead(orm__pg_link *l, request *r, bool first);
static void exchange(orm__pg_link *l, bool look);
static orm_status wait_for_server(orm__pg_link *l, request *r);
static int64_t earliest_deadline(const orm__pg_shared *s);
static void hand_on(orm__pg_link *l);
static void choose(orm__pg_shared *s, request *r);
static void end_batch(orm__pg_link *l);
static void receive(orm__pg_link *l);
static void expect(const orm__pg_shared *s);
static void expect_among(request *const *requests, size_t count);
static void fetch_places(const request *r, bool all);
static void fetch(const void *place, size_t size);
static void take(orm__pg_link *l, PGresult *result);
static void note_error(orm__pg_link *l, const PGresult *result);
static void end_command(orm__pg_link *l);
static void complete(orm__pg_link *l, request *r);
static void deliver(orm__pg_link *l, request *r);
static void complete_gathered(orm__pg_link *l, request *first);
static orm__pg_answer *answer_for(orm__pg_link *l, const request *first, PGresult *result, request *const *requests,
                                  size_t count);
static bool is_over(const request *r);
static bool was_cancelled(const PGresult *result);
static void send_again(orm__pg_link *l);
static void send_gathered(orm__pg_link *l);
static void send_group(orm__pg_link *l, orm__pg_gather *gather);
static request *take_group(orm__pg_shared *s, orm__pg_gather *gather, size_t *count);
static void must_send(orm__pg_link *l, request *r);
static void give_up(orm__pg_link *l, request *r);
static void lose(orm__pg_link *l);
static request *all_who_wait(orm__pg_shared *s);
static void add_group(request **all, request *first);
static void add_list(request **all, request **list);
static bool make_room(orm__pg_shared *s, size_t more);
static void push(orm__pg_shared *s, answer_kind kind, request *to);
static void pop(orm__pg_shared *s);
static answer *first_answer(const orm__pg_shared *s, size_t index);
static request *new_request(orm__pg_shared *s);
static void recycle(orm__pg_shared *s, request *r);
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

/* A statement that the server no longer knows as it was prepared is sent once more, after somebody has it prepared; when that
 * fails, too, it is prepared for this fiber alone, which gets to know why. */
static orm_status start(orm__link *base, const char *before, orm__prepared *prepared, const orm_value *values,
                        orm__fetch fetch, orm_error *error)
{
    orm__pg_link *l = orm__pg_link_of(base);
    (void)fetch;
    if (before)
        return orm__error_set(error, ORM_MISUSE, "no transaction can begin on a shared connection");
    for (int try = 0;; try++) {
        request *r = new_request(l->shared);
        if (!r)
            return orm__error_no_memory(error);
        *r = (request){.prepared = prepared,
                       .values = values,
                       .self = l->waiter->self(l->waiter->user),
                       .frame = __builtin_frame_address(0),
                       .soon = base->soon};
        base->soon.count = 0;
        l->error = error;
        char name[sizeof prepared->name];
        memcpy(name, prepared->name, sizeof name);
        bool joins = try == 0 && orm__pg_gather_takes(prepared->gather, values);
        orm_status status = joins ? join(l, r) : send(l, r);
        if (status) {
            recycle(l->shared, r);
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
static orm_status take_result(orm__pg_link *l, request *r, orm_error *error)
{
    PGresult *result = r->answer ? r->answer->result : r->result;
    bool prepared_before = !r->prepares && !l->unprepared;
    l->error = error;
    l->failure = ORM_OK;
    l->sql = r->prepared->sql;
    l->base.bytes = r->bytes;
    l->reused = prepared_before;
    l->outdated = false;
    if (!result) {
        *error = l->shared->failure;
        ORM__ERROR_COPY(error->statement, l->sql);
        recycle(l->shared, r);
        return error->status;
    }
    if (orm__pg_check(l, result)) {
        if (r->answer)
            orm__pg_borrow_row(l, r->prepared->gather->many, r->answer, r->row);
        else
            orm__pg_take_result(l, r->prepared, result);
        r->answer = NULL;
        r->result = NULL;
        l->running = true;
    }
    recycle(l->shared, r);
    return l->failure;
}

static orm_status gather(orm__link *base, orm__prepared *prepared, const char *many, const orm__parameter *list,
                         size_t column, size_t most, orm_error *error)
{
    return orm__pg_gather_new(base, many, list, (int)column, most, &prepared->gather, error);
}

/* It is sent at the end of the turn, by the leader. */
static orm_status join(orm__pg_link *l, request *r)
{
    orm__pg_shared *s = l->shared;
    orm__pg_gather *gather = r->prepared->gather;
    if (l->broken)
        return orm__error_set(l->error, ORM_DISCONNECTED, "the connection is lost");
    r->key = orm__pg_gather_key(r->values);
    r->bytes = orm__pg_formats[gather->type].wire;
    r->deadline = deadline_from_now(l);
    if (gather->first) {
        gather->last->next = r;
    } else {
        gather->first = r;
        gather->next = s->gathers;
        s->gathers = gather;
    }
    gather->last = r;
    return ORM_OK;
}

/* As far as libpq's buffer. One that has to be prepared is a batch of its own, so that no neighbour's failure prevents it. */
static orm_status send(orm__pg_link *l, request *r)
{
    orm__pg_shared *s = l->shared;
    l->failure = ORM_OK;
    l->sql = r->prepared->sql;
    if (l->broken)
        return orm__error_set(l->error, ORM_DISCONNECTED, "the connection is lost");
    if (!make_room(s, 4))
        return orm__error_no_memory(l->error);
    r->bytes = 0;
    ORM_TRY(orm__pg_encode_values(l, r->prepared, r->values, &r->bytes));
    r->deadline = deadline_from_now(l);
    put(l, r, r->prepared);
    return ORM_OK;
}

/* What is encoded. */
static void put(orm__pg_link *l, request *r, orm__prepared *prepared)
{
    orm__pg_shared *s = l->shared;
    r->prepares = !l->unprepared && !prepared->sent;
    if (r->prepares && s->unsynced)
        end_batch(l);
    orm__pg_send_prepared(l, prepared, r->prepares);
    if (r->prepares)
        push(s, PARSE, r);
    push(s, EXECUTE, r);
    prepared->sent = !l->unprepared;
    s->unsynced = true;
    if (r->prepares && !l->failure)
        end_batch(l);
    if (l->failure) /* who knows how much of it was taken */
        lose(l);
}

static int64_t deadline_from_now(const orm__pg_link *l)
{
    return l->timeout ? orm__deadline_in(0) + l->timeout : 0;
}

/* Until the answer has come, or the waiter gives up. The leader is told of what is to be sent; without one, the first who comes
 * leads, and gives others the rest of this turn to join. */
static orm_status stand(orm__pg_link *l, request *r)
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
    return !status && !r->done ? lead(l, r, false) : status;
}

/* Until done, or made the leader. */
static orm_status follow(orm__pg_link *l, request *r)
{
    orm_status status = ORM_OK;
    while (!r->done && !r->leads && !status) {
        l->waiter->self(l->waiter->user);
        status = l->waiter->wait(NULL, -1, 0, 0, l->waiter->user);
    }
    if (!status)
        return ORM_OK;
    if (r->done) {
        recycle(l->shared, r);
        return status;
    }
    r->self = NULL; /* the leader drops it */
    if (r->leads)
        hand_on(l);
    return status;
}

/* --- the leader -------------------------------------------------------------------------------------------------- */

/* Told that there is something to send, the leader does not look for answers as well, but the second time it does. */
static orm_status lead(orm__pg_link *l, request *r, bool first)
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
        r->self = NULL;
    hand_on(l);
    return status;
}

static void exchange(orm__pg_link *l, bool look)
{
    orm__pg_shared *s = l->shared;
    s->nudged = true;
    if (look && !l->broken && !PQconsumeInput(l->connection))
        lose(l);
    receive(l);
    send_again(l);
    send_gathered(l);
    if (s->unsynced)
        end_batch(l);
    int left = l->broken ? 0 : PQflush(l->connection);
    s->blocked = left > 0;
    if (left < 0)
        lose(l);
    s->nudged = false;
}

/* A statement that takes too long is cancelled; a server that does not answer to that either is given up. */
static orm_status wait_for_server(orm__pg_link *l, request *r)
{
    const orm__pg_shared *s = l->shared;
    int64_t deadline = l->cancelled ? l->deadline : earliest_deadline(s);
    if (orm__pg_has_choked(l)) {
        lose(l);
        return ORM_OK;
    }
    r->self = l->waiter->self(l->waiter->user);
    orm_status status = orm__wait(&l->watch, ORM_WAIT_READ | (s->blocked ? ORM_WAIT_WRITE : 0), deadline);
    if (status != ORM_TIMEOUT)
        return status;
    if (l->cancelled && earliest_deadline(s) > orm__deadline_in(0)) { /* what it was for had ended by itself */
        l->cancelled = false;
        return ORM_OK;
    }
    if (l->cancelled || !orm__pg_cancel(l)) {
        orm__error_set(&l->shared->failure, ORM_TIMEOUT, "no answer in time; the connection is given up");
        lose(l);
    }
    return ORM_OK;
}

/* Those whose deadline is over have been cancelled; the answer to that comes soon. */
static int64_t earliest_deadline(const orm__pg_shared *s)
{
    for (size_t i = 0; i < s->answers.count; i++) {
        const answer *one = first_answer(s, i);
        if (one->kind == EXECUTE)
            return one->to->deadline;
    }
    return 0;
}

/* To the one who waits longest from now. */
static void hand_on(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    s->leader = NULL;
    for (const orm__pg_gather *gather = s->gathers; gather && !s->leader; gather = gather->next)
        for (request *r = gather->first; r; r = r->next)
            choose(s, r);
    for (size_t i = s->answers.count; i-- > 0 && !s->leader;)
        for (request *r = first_answer(s, i)->to; r; r = r->fellow)
            choose(s, r);
    if (!s->leader)
        return;
    s->leader->leads = true;
    l->waiter->wake(s->leader->self, l->waiter->user);
}

static void choose(orm__pg_shared *s, request *r)
{
    if (r->self && !r->done)
        s->leader = r;
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

static void end_batch(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    s->unsynced = false;
    if (l->broken)
        return;
    if (make_room(s, 1) && PQpipelineSync(l->connection))
        push(s, SYNC, NULL);
    else
        lose(l);
}

static void receive(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    for (;;) {
        if (l->broken || s->answers.count == 0)
            break;
        if (!s->answered)
            expect(s);
        if (PQisBusy(l->connection))
            break;
        PGresult *result = PQgetResult(l->connection);
        if (result)
            take(l, result);
        else
            end_command(l);
    }
    if (l->broken && s->answers.count > 0)
        lose(l);
}

/* What whoever gets the next answer will touch is wanted in the cache: his stack, above all. It comes in three steps, each an
 * answer after the other, since the first word of a page takes longest: his request, a word of each place, all of them. */
static void expect(const orm__pg_shared *s)
{
    enum { FIRST = 3 };
    size_t most = s->answers.count < FIRST ? s->answers.count : FIRST;
    for (size_t i = most; i-- > 0;) {
        const request *r = first_answer(s, i)->to;
        if (!r)
            continue;
        if (i == FIRST - 1)
            fetch(r, sizeof *r);
        else if (r->self)
            fetch_places(r, i == 0);
    }
}

/* The same within an answer to many: the first of them runs now. */
static void expect_among(request *const *requests, size_t count)
{
    if (count > 3)
        fetch(requests[3], sizeof *requests[3]);
    if (count > 2)
        fetch_places(requests[2], false);
    if (count > 1)
        fetch_places(requests[1], true);
}

static void fetch_places(const request *r, bool all)
{
    enum { BELOW = 4 * LINE, ABOVE = 20 * LINE, SELF = 2 * LINE };
    fetch(r->self, all ? SELF : 1);
    fetch(r->frame - (all ? BELOW : 0), all ? BELOW + ABOVE : 1);
    for (size_t i = 0; i < r->soon.count; i++)
        fetch(r->soon.places[i].place, all ? r->soon.places[i].size : 1);
}

/* Into the processor's cache. Any address may be named. Without the empty instruction gcc sees a function that does nothing, and
 * leaves it out with all that call it. */
static void fetch(const void *place, size_t size)
{
    for (size_t i = 0; i < size; i += LINE)
        __builtin_prefetch((const char *)place + i, 1);
    __asm__ volatile("" : : "r"(place));
}

static void take(orm__pg_link *l, PGresult *result)
{
    orm__pg_shared *s = l->shared;
    ExecStatusType status = PQresultStatus(result);
    answer *first = first_answer(s, 0);
    s->silent = 0;
    if (status == PGRES_FATAL_ERROR || status == PGRES_NONFATAL_ERROR || status == PGRES_BAD_RESPONSE)
        note_error(l, result);
    if (s->answers.count == 0 || (first->kind == SYNC) != (status == PGRES_PIPELINE_SYNC)) { /* lost, or out of step */
        PQclear(result);
        if (s->answers.count > 0)
            lose(l);
        return;
    }
    s->answered = true;
    bool tells = status != PGRES_PIPELINE_ABORTED && (first->kind != PARSE || status != PGRES_COMMAND_OK);
    if (first->kind == SYNC)
        pop(s);
    else if (tells && !first->to->result) {
        first->to->result = result;
        return;
    }
    PQclear(result);
}

/* What is fatal, or no answer of the server's at all, ends the connection. */
static void note_error(orm__pg_link *l, const PGresult *result)
{
    orm__pg_shared *s = l->shared;
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    l->complaints = strlen(PQerrorMessage(l->connection));
    if (sqlstate && strcmp(sqlstate, QUERY_CANCELED) == 0)
        l->cancelled = false;
    if (s->answers.count > 0 && first_answer(s, 0)->kind == PARSE && !first_answer(s, 0)->to->gathered)
        orm__pg_give_name(l, first_answer(s, 0)->to->prepared);
    if (PQstatus(l->connection) != CONNECTION_BAD && (!severity || strcmp(severity, "ERROR") == 0))
        return;
    l->error = &s->failure;
    l->failure = ORM_OK;
    l->sql = NULL;
    orm__pg_check(l, result);
    lose(l);
}

/* The end of what a command answers. */
static void end_command(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    if (!s->answered && ++s->silent > 2) {
        orm__error_set(&s->failure, ORM_DISCONNECTED, "the answers of the database are out of step");
        lose(l);
        return;
    }
    if (!s->answered)
        return;
    const answer ended = *first_answer(s, 0);
    pop(s);
    if (ended.kind == EXECUTE)
        complete(l, ended.to);
}

static void complete(orm__pg_link *l, request *r)
{
    orm__pg_shared *s = l->shared;
    if (r->gathered) {
        complete_gathered(l, r);
        return;
    }
    if (!r->self) {
        recycle(s, r);
        return;
    }
    if (r->result && (!was_cancelled(r->result) || is_over(r))) {
        deliver(l, r);
        return;
    }
    PQclear(r->result);
    r->result = NULL;
    r->next = s->again;
    s->again = r;
}

static void deliver(orm__pg_link *l, request *r)
{
    r->done = true;
    if (r != l->shared->leader)
        (l->waiter->resume ? l->waiter->resume : l->waiter->wake)(r->self, l->waiter->user);
}

/* Whoever is let run may ask again, cancel others or lose the connection: the requests of those who have not run yet stand nowhere
 * but here. */
static void complete_gathered(orm__pg_link *l, request *first)
{
    orm__pg_shared *s = l->shared;
    PGresult *result = first->result;
    request *requests[ORM__PG_GATHER_MOST];
    size_t count = 0;
    first->result = NULL;
    first->gathered = false;
    for (request *r = first, *next; r; r = next) {
        next = r->fellow;
        r->fellow = NULL;
        if (r->self)
            requests[count++] = r;
        else
            recycle(s, r);
    }
    orm__pg_answer *common = answer_for(l, first, result, requests, count);
    for (size_t i = 0; i < count && common; i++)
        requests[i]->answer = common;
    for (size_t i = 0; i < count; i++) {
        if (common) {
            expect_among(requests + i, count - i);
            deliver(l, requests[i]);
        } else {
            requests[i]->next = s->again;
            s->again = requests[i];
        }
    }
}

/* For so many; NULL: each must ask for itself. A statement that has failed is prepared anew the next time. */
static orm__pg_answer *answer_for(orm__pg_link *l, const request *first, PGresult *result, request *const *requests,
                                  size_t count)
{
    orm__pg_gather *gather = first->prepared->gather;
    orm__pg_answer *common = NULL;
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK && orm__pg_gather_find(gather, result, requests, count);
    bool told = result && was_cancelled(result) && first->deadline && is_over(first);
    if (good) {
        gather->failures = 0;
    } else if (result && !told && first->generation == gather->generation) { /* otherwise another has seen to it */
        gather->generation++;
        gather->failures++;
        orm__pg_give_name(l, gather->many);
    }
    if ((good || told) && count > 0)
        common = malloc(sizeof *common);
    if (common)
        *common = (orm__pg_answer){.result = result, .users = count};
    else
        PQclear(result);
    return common;
}

void orm__pg_answer_release(orm__pg_answer *common)
{
    if (--common->users > 0)
        return;
    PQclear(common->result);
    free(common);
}

static bool was_cancelled(const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return sqlstate && strcmp(sqlstate, QUERY_CANCELED) == 0;
}

/* Otherwise a request to cancel came when the statement it was for had ended. */
static bool is_over(const request *r)
{
    return !r->deadline || r->deadline <= orm__deadline_in(0);
}

/* Those that the server has skipped, each in a batch of its own. */
static void send_again(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    while (s->again && !l->broken) {
        request *r = s->again;
        s->again = r->next;
        if (!r->self) {
            recycle(s, r);
            continue;
        }
        if (s->unsynced)
            end_batch(l);
        must_send(l, r);
        if (s->unsynced)
            end_batch(l);
    }
}

/* What was asked for since. */
static void send_gathered(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    while (s->gathers && !l->broken)
        if (s->gathers->first)
            send_group(l, s->gathers);
        else
            s->gathers = s->gathers->next;
}

static void send_group(orm__pg_link *l, orm__pg_gather *gather)
{
    size_t count, bytes = 0;
    request *first = take_group(l->shared, gather, &count);
    if (count == 1)
        must_send(l, first);
    if (count < 2)
        return;
    orm_value list = orm__pg_gather_list(gather, first);
    l->error = &l->shared->failure;
    l->failure = ORM_OK;
    l->sql = gather->many->sql;
    first->gathered = true;
    first->generation = gather->generation;
    if (make_room(l->shared, 4) && orm__pg_encode_values(l, gather->many, &list, &bytes) == ORM_OK)
        put(l, first, gather->many);
    else
        give_up(l, first);
}

static request *take_group(orm__pg_shared *s, orm__pg_gather *gather, size_t *count)
{
    request *first = NULL, **end = &first;
    *count = 0;
    while (gather->first && *count < gather->most) {
        request *r = gather->first;
        gather->first = r->next;
        if (!r->self) {
            recycle(s, r);
            continue;
        }
        *end = r;
        end = &r->fellow;
        ++*count;
    }
    return first;
}

static void must_send(orm__pg_link *l, request *r)
{
    l->error = &l->shared->failure;
    if (send(l, r) != ORM_OK)
        give_up(l, r);
}

/* For want of memory. */
static void give_up(orm__pg_link *l, request *first)
{
    add_group(&l->shared->again, first);
    lose(l);
}

/* Tells all who wait; the first reason stays. */
static void lose(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    l->error = &s->failure;
    l->failure = s->failure.status;
    orm__pg_lost(l);
    request *next = all_who_wait(s);
    s->unsynced = s->blocked = s->answered = false;
    for (request *r = next; r; r = next) {
        next = r->next;
        if (!r->self) {
            recycle(s, r);
            continue;
        }
        r->done = true;
        l->waiter->wake(r->self, l->waiter->user);
    }
}

/* Taken from wherever they stand. */
static request *all_who_wait(orm__pg_shared *s)
{
    request *all = NULL;
    for (size_t i = 0; i < s->answers.count; i++)
        if (first_answer(s, i)->kind == EXECUTE)
            add_group(&all, first_answer(s, i)->to);
    s->answers.count = 0;
    for (; s->gathers; s->gathers = s->gathers->next)
        add_list(&all, &s->gathers->first);
    add_list(&all, &s->again);
    return all;
}

/* Of a statement that many ask for the answer, of which the rest may not come, is nobody's. */
static void add_group(request **all, request *first)
{
    if (first->gathered) {
        PQclear(first->result);
        first->result = NULL;
        first->gathered = false;
    }
    for (request *r = first, *next; r; r = next) {
        next = r->fellow;
        r->fellow = NULL;
        r->next = *all;
        *all = r;
    }
}

static void add_list(request **all, request **list)
{
    for (request *r = *list, *next; r; r = next) {
        next = r->next;
        r->next = *all;
        *all = r;
    }
    *list = NULL;
}

/* --- memory ------------------------------------------------------------------------------------------------------ */

static bool make_room(orm__pg_shared *s, size_t more)
{
    if (s->answers.count + more <= s->answers.capacity)
        return true;
    size_t capacity = s->answers.capacity ? s->answers.capacity * 2 : 64;
    answer *items = malloc(capacity * sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < s->answers.count; i++)
        items[i] = *first_answer(s, i);
    free(s->answers.items);
    s->answers.items = items;
    s->answers.first = 0;
    s->answers.capacity = capacity;
    return true;
}

static void push(orm__pg_shared *s, answer_kind kind, request *to)
{
    s->answers.count++;
    *first_answer(s, s->answers.count - 1) = (answer){.to = to, .kind = kind};
}

static void pop(orm__pg_shared *s)
{
    s->answers.first++;
    s->answers.count--;
    s->answered = false;
}

static answer *first_answer(const orm__pg_shared *s, size_t index)
{
    return &s->answers.items[(s->answers.first + index) & (s->answers.capacity - 1)];
}

static request *new_request(orm__pg_shared *s)
{
    request *r = s->rest;
    if (!r)
        return malloc(sizeof *r);
    s->rest = r->next;
    return r;
}

static void recycle(orm__pg_shared *s, request *r)
{
    if (r->answer)
        orm__pg_answer_release(r->answer);
    PQclear(r->result);
    r->answer = NULL;
    r->result = NULL;
    r->next = s->rest;
    s->rest = r;
}

/* --- the rest of the driver -------------------------------------------------------------------------------------- */

static orm_status refuse_control(orm__link *base, const char *sql, size_t *rows, orm_error *error)
{
    (void)base;
    (void)rows;
    return orm__error_set(error, ORM_MISUSE, "a shared connection only reads, it does not run: %s", sql);
}

/* While answers are on their way the leader sees how it stands. */
static bool is_usable(orm__link *base)
{
    const orm__pg_link *l = orm__pg_link_of(base);
    return l->shared->answers.count > 0 || l->shared->gathers ? !l->broken : orm__pg_usable(base);
}

static void close_shared(orm__link *base)
{
    orm__pg_link *l = orm__pg_link_of(base);
    orm__pg_shared *s = l->shared;
    for (request *r = all_who_wait(s), *next; r; r = next) { /* nobody does, of those who did */
        next = r->next;
        recycle(s, r);
    }
    for (request *next; s->rest; s->rest = next) {
        next = s->rest->next;
        free(s->rest);
    }
    free(s->answers.items);
    base->driver = &orm__driver_postgresql;
    l->shared = NULL;
    orm__pg_close(base);
    free(s);
}
