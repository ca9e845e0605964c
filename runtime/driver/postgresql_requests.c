/* postgresql_requests.c -- what fibers ask on a shared connection, on its way to the server.
 *
 * Of a batch in which a statement fails the server skips what follows: that is sent again, each by itself. Whoever is
 * cancelled leaves his answer to be dropped. When the connection is lost all who wait are told, and nothing is sent
 * again.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_shared.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static void add_group(orm__pg_request **all, orm__pg_request *first);
static void add_list(orm__pg_request **all, orm__pg_request **list);
static void push(orm__pg_shared *s, orm__pg_due_kind kind, orm__pg_request *to);

orm_status orm__pg_request_send(orm__pg_link *l, orm__pg_request *r)
{
    orm__pg_shared *s = l->shared;
    l->failure = ORM_OK;
    l->sql = r->prepared->sql;
    if (l->broken)
        return orm__error_set(l->error, ORM_DISCONNECTED, "the connection is lost");
    if (!orm__pg_due_reserve(s, 4))
        return orm__error_no_memory(l->error);
    r->bytes = 0;
    ORM_TRY(orm__pg_encode_values(l, r->prepared, r->values, &r->bytes));
    r->deadline = orm__pg_request_deadline(l);
    orm__pg_request_put(l, r, r->prepared);
    return ORM_OK;
}

void orm__pg_request_put(orm__pg_link *l, orm__pg_request *r, orm__prepared *prepared)
{
    orm__pg_shared *s = l->shared;
    r->prepares = !l->unprepared && !prepared->sent;
    r->names = l->names;
    bool alone = r->prepares || r->gathered;
    if (alone && s->unsynced)
        orm__pg_batch_end(l);
    orm__pg_send_prepared(l, prepared, r->prepares);
    if (r->prepares)
        push(s, ORM__PG_DUE_PARSE, r);
    push(s, ORM__PG_DUE_EXECUTE, r);
    prepared->sent = !l->unprepared;
    s->unsynced = true;
    if (alone && !l->failure)
        orm__pg_batch_end(l);
    if (l->failure) /* who knows how much of it was taken */
        orm__pg_requests_lose(l);
}

int64_t orm__pg_request_deadline(const orm__pg_link *l)
{
    return l->timeout ? orm__deadline_in(0) + l->timeout : 0;
}

void orm__pg_batch_end(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    s->unsynced = false;
    if (l->broken)
        return;
    if (orm__pg_due_reserve(s, 1) && PQpipelineSync(l->connection))
        push(s, ORM__PG_DUE_SYNC, NULL);
    else
        orm__pg_requests_lose(l);
}

/* Those that the server has skipped, each in a batch of its own. */
void orm__pg_requests_send_again(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    while (s->again && !l->broken) {
        orm__pg_request *r = s->again;
        s->again = r->next;
        if (!r->self) {
            orm__pg_request_recycle(s, r);
            continue;
        }
        if (s->unsynced)
            orm__pg_batch_end(l);
        orm__pg_request_must_send(l, r);
        if (s->unsynced)
            orm__pg_batch_end(l);
    }
}

void orm__pg_request_must_send(orm__pg_link *l, orm__pg_request *r)
{
    l->error = &l->shared->failure;
    if (orm__pg_request_send(l, r) != ORM_OK)
        orm__pg_request_give_up(l, r);
}

void orm__pg_request_give_up(orm__pg_link *l, orm__pg_request *first)
{
    add_group(&l->shared->again, first);
    orm__pg_requests_lose(l);
}

void orm__pg_requests_lose(orm__pg_link *l)
{
    orm__pg_shared *s = l->shared;
    l->error = &s->failure;
    l->failure = s->failure.status;
    orm__pg_lost(l);
    orm__pg_request *next = orm__pg_requests_take_all(s);
    s->unsynced = s->blocked = s->answered = false;
    for (orm__pg_request *r = next; r; r = next) {
        next = r->next;
        if (!r->self) {
            orm__pg_request_recycle(s, r);
            continue;
        }
        r->done = true;
        l->waiter->wake(r->self, l->waiter->user);
    }
}

orm__pg_request *orm__pg_requests_take_all(orm__pg_shared *s)
{
    orm__pg_request *all = NULL;
    for (size_t i = 0; i < s->due.count; i++)
        if (orm__pg_due_at(s, i)->kind == ORM__PG_DUE_EXECUTE)
            add_group(&all, orm__pg_due_at(s, i)->to);
    s->due.count = 0;
    for (; s->gathers; s->gathers = s->gathers->next)
        add_list(&all, &s->gathers->first);
    add_list(&all, &s->again);
    return all;
}

/* Of a statement that many ask for the answer, of which the rest may not come, is nobody's. */
static void add_group(orm__pg_request **all, orm__pg_request *first)
{
    if (first->gathered) {
        PQclear(first->result);
        first->result = NULL;
        first->gathered = false;
    }
    for (orm__pg_request *r = first, *next; r; r = next) {
        next = r->fellow;
        r->fellow = NULL;
        r->next = *all;
        *all = r;
    }
}

static void add_list(orm__pg_request **all, orm__pg_request **list)
{
    for (orm__pg_request *r = *list, *next; r; r = next) {
        next = r->next;
        r->next = *all;
        *all = r;
    }
    *list = NULL;
}

bool orm__pg_due_reserve(orm__pg_shared *s, size_t more)
{
    if (s->due.count + more <= s->due.capacity)
        return true;
    size_t capacity = s->due.capacity ? s->due.capacity * 2 : 64;
    orm__pg_due *items = malloc(capacity * sizeof *items);
    if (!items)
        return false;
    for (size_t i = 0; i < s->due.count; i++)
        items[i] = *orm__pg_due_at(s, i);
    free(s->due.items);
    s->due.items = items;
    s->due.first = 0;
    s->due.capacity = capacity;
    return true;
}

static void push(orm__pg_shared *s, orm__pg_due_kind kind, orm__pg_request *to)
{
    s->due.count++;
    *orm__pg_due_at(s, s->due.count - 1) = (orm__pg_due){.to = to, .kind = kind};
}

void orm__pg_due_pop(orm__pg_shared *s)
{
    s->due.first++;
    s->due.count--;
    s->answered = false;
}

orm__pg_request *orm__pg_request_new(orm__pg_shared *s)
{
    orm__pg_request *r = s->rest;
    if (!r)
        return malloc(sizeof *r);
    s->rest = r->next;
    return r;
}

void orm__pg_request_recycle(orm__pg_shared *s, orm__pg_request *r)
{
    if (r->answer)
        orm__pg_answer_release(r->answer);
    PQclear(r->result);
    r->answer = NULL;
    r->result = NULL;
    r->next = s->rest;
    s->rest = r;
}
