/* postgresql_answers.c -- the answers on a shared connection: each goes to the fiber whose it is, which then runs.
 *
 * An answer is used up before the next is taken from libpq, so that its memory serves the next one while it is in the
 * processor's cache; what its fiber will touch is fetched into that while the answer is parsed.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_shared.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static const char QUERY_CANCELED[] = "57014";
enum { LINE = 64 /* of a processor's cache, in bytes */ };

static void expect(const orm__pg_shared *s);
static void fetch_places(const orm__pg_request *r, bool all);
static void fetch(const void *place, size_t size);
static void take(orm__pg_link *l, PGresult *result);
static void note_error(orm__pg_link *l, const PGresult *result);
static void give_name(orm__pg_link *l, const orm__pg_request *r);
static void end_command(orm__pg_link *l);
static void complete(orm__pg_link *l, orm__pg_request *r);

void orm__pg_answers_receive(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    for (;;) {
        if (l->broken || s->due.count == 0)
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
}

/* What whoever gets the next answer will touch is wanted in the cache: his stack, above all. It comes in three
 * steps, each an answer after the other, since the first word of a page takes longest: his request, a word of each
 * place, all of them. */
static void expect(const orm__pg_shared *s)
{
    enum { FIRST = 3 };
    size_t most = s->due.count < FIRST ? s->due.count : FIRST;
    for (size_t i = most; i-- > 0;) {
        const orm__pg_request *r = orm__pg_due_at(s, i)->to;
        if (!r)
            continue;
        if (i == FIRST - 1)
            fetch(r, sizeof *r);
        else if (r->self)
            fetch_places(r, i == 0);
    }
}

static void take(orm__pg_link *l, PGresult *result)
{
    orm__pg_shared *s = l->shared;
    ExecStatusType status = PQresultStatus(result);
    orm__pg_due *first = orm__pg_due_at(s, 0);
    s->silent = 0;
    if (status == PGRES_FATAL_ERROR || status == PGRES_NONFATAL_ERROR || status == PGRES_BAD_RESPONSE)
        note_error(l, result);
    if (s->due.count == 0 ||
        (first->kind == ORM__PG_DUE_SYNC) != (status == PGRES_PIPELINE_SYNC)) { /* lost, or out of step */
        PQclear(result);
        if (s->due.count > 0)
            orm__pg_requests_lose(l);
        return;
    }
    s->answered = true;
    bool tells = status != PGRES_PIPELINE_ABORTED && (first->kind != ORM__PG_DUE_PARSE || status != PGRES_COMMAND_OK);
    if (first->kind == ORM__PG_DUE_SYNC)
        orm__pg_due_pop(s);
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
    if (s->due.count > 0 && orm__pg_due_at(s, 0)->kind == ORM__PG_DUE_PARSE)
        give_name(l, orm__pg_due_at(s, 0)->to);
    if (PQstatus(l->connection) != CONNECTION_BAD && (!severity || strcmp(severity, "ERROR") == 0))
        return;
    l->error = &s->failure;
    l->failure = ORM_OK;
    l->sql = NULL;
    orm__pg_check(l, result);
    orm__pg_requests_lose(l);
}

/* Of what could not be prepared. */
static void give_name(orm__pg_link *l, const orm__pg_request *r)
{
    orm__pg_give_name(l, r->gathered ? r->prepared->gather->many : r->prepared);
}

/* The end of what a command answers. */
static void end_command(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    if (!s->answered && ++s->silent > 2) {
        orm__error_set(&s->failure, ORM_DISCONNECTED, "the answers of the database are out of step");
        orm__pg_requests_lose(l);
        return;
    }
    if (!s->answered)
        return;
    const orm__pg_due ended = *orm__pg_due_at(s, 0);
    orm__pg_due_pop(s);
    if (ended.kind == ORM__PG_DUE_EXECUTE)
        complete(l, ended.to);
}

static void complete(orm__pg_link *l, orm__pg_request *r)
{
    orm__pg_shared *s = l->shared;
    if (r->gathered) {
        orm__pg_gather_complete(l, r);
        return;
    }
    if (!r->self) {
        orm__pg_request_recycle(s, r);
        return;
    }
    if (r->result && (!orm__pg_was_cancelled(r->result) || orm__pg_request_is_over(r))) {
        orm__pg_request_deliver(l, r);
        return;
    }
    PQclear(r->result);
    r->result = NULL;
    r->next = s->again;
    s->again = r;
}

bool orm__pg_was_cancelled(const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    return sqlstate && strcmp(sqlstate, QUERY_CANCELED) == 0;
}

/* Otherwise a request to cancel came when the statement it was for had ended. */
bool orm__pg_request_is_over(const orm__pg_request *r)
{
    return !r->deadline || r->deadline <= orm__deadline_in(0);
}

void orm__pg_request_deliver(orm__pg_link *l, orm__pg_request *r)
{
    r->done = true;
    if (r != l->shared->leader)
        (l->waiter->resume ? l->waiter->resume : l->waiter->wake)(r->self, l->waiter->user);
}

/* The same within an answer to many: the first of them runs now. */
void orm__pg_expect_among(orm__pg_request *const *requests, size_t count)
{
    if (count > 3)
        fetch(requests[3], sizeof *requests[3]);
    if (count > 2)
        fetch_places(requests[2], false);
    if (count > 1)
        fetch_places(requests[1], true);
}

static void fetch_places(const orm__pg_request *r, bool all)
{
    enum { BELOW = 4 * LINE, ABOVE = 20 * LINE, SELF = 2 * LINE };
    fetch(r->self, all ? SELF : 1);
    fetch(r->frame - (all ? BELOW : 0), all ? BELOW + ABOVE : 1);
    for (size_t i = 0; i < r->soon.count; i++)
        fetch(r->soon.places[i].place, all ? r->soon.places[i].size : 1);
}

/* Into the processor's cache. Any address may be named. Without the empty instruction gcc sees a function that does
 * nothing, and leaves it out with all that call it. */
static void fetch(const void *place, size_t size)
{
    for (size_t i = 0; i < size; i += LINE)
        __builtin_prefetch((const char *)place + i, 1);
    __asm__ volatile("" : : "r"(place));
}
