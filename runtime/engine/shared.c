/* engine/shared.c -- connections that fibers read by together, behind shared.h.
 *
 * What happens on such a connection is driver/postgresql_shared.c's; here stands which one a read takes. One that is
 * lost, or old, leaves its place at once and is freed by the last fiber that uses it.
 * SPDX-License-Identifier: MIT */
#include "engine/shared.h"

#include "base/error.h"
#include "driver/wait.h"

#include <stdlib.h>

enum { BUSY = 16 /* reads under way on a connection, from which on another one is opened */ };

struct orm__shared_place {
    orm_connection *connection; /* NULL: none */
    bool opening;
};

/* A fiber that waits for another one to open the first connection. */
struct orm__shared_waiting {
    void *self;
    bool over;
    orm_status status;
    orm_error *error;
    orm__shared_waiting *next;
};

static orm_connection *least_used(orm__shared *shared, orm__shared_place **empty, bool *opening);
static bool is_fit(const orm__shared *shared, orm_connection *connection);
static void retire(orm__shared_place *place);
static orm_status open_at(orm__shared *shared, orm__shared_place *place, orm_error *error);
static orm_status make(orm__shared *shared, orm_connection **connection, orm_error *error);
static orm_status wait_for_first(orm__shared *shared, orm_error *error);
static void leave(orm__shared *shared, const orm__shared_waiting *waiting);
static void tell_waiting(orm__shared *shared, orm_status status, const orm_error *error);
static void forget_after_fork(orm__shared *shared);

orm_status orm__shared_init(orm__shared *shared, const orm__pool *pool, size_t most)
{
    *shared = (orm__shared){.pool = pool, .forks = pool->forks};
    if (most == 0)
        return ORM_OK;
    shared->places = calloc(most, sizeof *shared->places);
    shared->most = shared->places ? most : 0;
    return shared->places ? ORM_OK : ORM_NO_MEMORY;
}

void orm__shared_release(orm__shared *shared)
{
    forget_after_fork(shared);
    for (size_t i = 0; i < shared->most; i++)
        orm__connection_free(shared->places[i].connection);
    free(shared->places);
    shared->places = NULL;
    shared->most = 0;
}

bool orm__shared_is_for_caller(const orm__shared *shared)
{
    return shared->most > 0 && shared->pool->options->waiter.self(shared->pool->options->waiter.user);
}

orm_status orm__shared_acquire(orm__shared *shared, orm_connection **connection, orm_error *error)
{
    *connection = NULL;
    if (!orm__shared_is_for_caller(shared))
        return ORM_OK;
    forget_after_fork(shared);
    for (;;) {
        orm__shared_place *empty;
        bool opening;
        orm_connection *found = least_used(shared, &empty, &opening);
        if (found && (found->users < BUSY || !empty || opening)) {
            found->users++;
            *connection = found;
            return ORM_OK;
        }
        ORM_TRY(opening ? wait_for_first(shared, error) : open_at(shared, empty, error));
    }
}

void orm__shared_give_back(orm__shared *shared, orm_connection *connection)
{
    (void)shared;
    if (--connection->users == 0 && connection->retired)
        orm__connection_free(connection);
}

/* Among those that are open; besides, a place for another, and whether somebody opens one now. */
static orm_connection *least_used(orm__shared *shared, orm__shared_place **empty, bool *opening)
{
    orm_connection *least = NULL;
    *empty = NULL;
    *opening = false;
    for (size_t i = 0; i < shared->most; i++) {
        orm__shared_place *place = &shared->places[i];
        if (place->connection && !is_fit(shared, place->connection))
            retire(place);
        *opening |= place->opening;
        if (!place->connection && !place->opening && !*empty)
            *empty = place;
        if (place->connection && (!least || place->connection->users < least->users))
            least = place->connection;
    }
    return least;
}

/* Of one in use that is known already; an idle one is looked at. */
static bool is_fit(const orm__shared *shared, orm_connection *connection)
{
    const orm__pool *pool = shared->pool;
    if (connection->users > 0)
        return !connection->broken && connection->generation == pool->generation;
    return connection->generation == pool->generation && orm__connection_usable(connection) &&
           !(pool->recycle && orm__deadline_in(0) - connection->born >= pool->recycle);
}

static void retire(orm__shared_place *place)
{
    place->connection->retired = true;
    if (place->connection->users == 0)
        orm__connection_free(place->connection);
    place->connection = NULL;
}

/* Those who wait for it meanwhile share its fate; but when whoever opens it is cancelled another of them does. */
static orm_status open_at(orm__shared *shared, orm__shared_place *place, orm_error *error)
{
    orm_error own;
    orm_error *told = error ? error : &own;
    place->opening = true;
    orm_status status = make(shared, &place->connection, told);
    place->opening = false;
    tell_waiting(shared, status == ORM_CANCELLED ? ORM_OK : status, told);
    return status;
}

static orm_status make(orm__shared *shared, orm_connection **connection, orm_error *error)
{
    const orm__pool *pool = shared->pool;
    orm_connection *made;
    unsigned generation = pool->generation;
    ORM_TRY(orm__connection_new(pool->address, pool->options, &made, error));
    made->engine = pool->engine;
    made->observation.statistics = pool->statistics;
    made->generation = generation;
    made->born = pool->recycle ? orm__deadline_in(0) : 0;
    orm_status status = orm__connection_greet(made);
    if (status && made->error.status == status)
        *error = made->error;
    else if (status)
        orm__error_set(error, status, "the hook for new connections failed: %s", orm_status_text(status));
    if (!status)
        status = orm__connection_share(made, error);
    if (status)
        orm__connection_free(made);
    else
        *connection = made;
    return status;
}

static orm_status wait_for_first(orm__shared *shared, orm_error *error)
{
    const orm_waiter *waiter = &shared->pool->options->waiter;
    orm__shared_waiting *me = calloc(1, sizeof *me);
    if (!me)
        return orm__error_no_memory(error);
    me->error = error;
    me->next = shared->waiting;
    shared->waiting = me;
    orm_status status = ORM_OK;
    while (!me->over && !status) {
        me->self = waiter->self(waiter->user);
        status = waiter->wait(NULL, -1, 0, 0, waiter->user);
    }
    if (status) {
        leave(shared, me);
        orm__error_set(error, status, "the wait for a connection was given up: %s", orm_status_text(status));
    } else {
        status = me->status;
    }
    free(me);
    return status;
}

/* Where it has not been told. */
static void leave(orm__shared *shared, const orm__shared_waiting *waiting)
{
    orm__shared_waiting **link = &shared->waiting;
    while (*link && *link != waiting)
        link = &(*link)->next;
    if (*link)
        *link = waiting->next;
}

static void tell_waiting(orm__shared *shared, orm_status status, const orm_error *error)
{
    const orm_waiter *waiter = &shared->pool->options->waiter;
    while (shared->waiting) {
        orm__shared_waiting *one = shared->waiting;
        shared->waiting = one->next;
        one->over = true;
        one->status = status;
        if (status && one->error)
            *one->error = *error;
        waiter->wake(one->self, waiter->user);
    }
}

/* The parent's connections are neither used nor closed in a child. */
static void forget_after_fork(orm__shared *shared)
{
    if (shared->forks == shared->pool->forks)
        return;
    shared->forks = shared->pool->forks;
    shared->waiting = NULL;
    for (size_t i = 0; i < shared->most; i++)
        shared->places[i] = (orm__shared_place){0};
}
