/* engine/pool.c -- the pool behind pool.h.
 *
 * A place is the right to have one connection open, and is held until that is closed, so that the server never sees
 * more than are allowed. Whoever gives a connection back hands it, or its place, to the waiter who came first, so none
 * starves. The clock is read only when connections are recycled, pinged or closed for being idle.
 * SPDX-License-Identifier: MIT */
#include "engine/pool.h"

#include "base/error.h"
#include "driver/wait.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MICROSECONDS = 1000000, NANOSECONDS = 1000000000, LATELY = MICROSECONDS };

/* Stands on the stack of the thread or fiber that waits. */
struct orm__waiting {
    pthread_cond_t wake;
    void *self;                 /* to the waiter; NULL: a thread, which waits for `wake` */
    orm_connection *connection; /* what was handed over; NULL with `served`: a place to open one */
    bool served;
    orm__waiting *next;
};

static orm_status enlist(orm__pool *pool);
static orm_status make_first(orm__pool *pool, orm_error *error);
static void delist(orm__pool *pool);
static orm_status settle(orm__pool *pool, orm_error *error);
static orm_status obtain(orm__pool *pool, orm_connection **connection, bool *reached, orm_error *error);
static orm_status take(orm__pool *pool, orm_connection **connection, orm_error *error);
static bool grow(orm__pool *pool);
static orm_status wait_for_turn(orm__pool *pool, orm_connection **connection, orm_error *error);
static orm_status stand_still(orm__pool *pool, orm__waiting *me);
static void decline(orm__pool *pool, orm_connection *connection);
static orm_status nothing_free(const orm__pool *pool, orm_error *error);
static void name_holders(const orm__pool *pool, orm_error *error);
static bool init_wake(pthread_cond_t *wake);
static void join_queue(orm__pool *pool, orm__waiting *waiting);
static void leave_queue(orm__pool *pool, orm__waiting *waiting);
static struct timespec deadline_of(int64_t timeout);
static bool is_fit(orm__pool *pool, orm_connection *connection);
static orm_status open_one(orm__pool *pool, orm_connection **connection, orm_error *error);
static void refuse(orm__pool *pool, orm_connection *connection, orm_status status, orm_error *error);
static void put_back(orm__pool *pool, orm_connection *connection);
static bool no_longer_lent(orm__pool *pool, const orm_connection *connection);
static bool keep(orm__pool *pool, orm_connection *connection);
static bool serve_first(orm__pool *pool, orm_connection *connection);
static void close_idle(orm__pool *pool, size_t least, int64_t before);
static void give_up_place(orm__pool *pool);
static void before_fork(void);
static void after_fork_in_parent(void);
static void inherit(orm__pool *pool);
static void after_fork_in_child(void);

orm_status orm__pool_init(orm__pool *pool, orm_error *error)
{
    ORM_TRY(orm__pool_init_empty(pool, error));
    orm_status status = make_first(pool, error);
    if (status)
        orm__pool_release(pool);
    return status;
}

orm_status orm__pool_init_empty(orm__pool *pool, orm_error *error)
{
    if (pthread_mutex_init(&pool->lock, NULL))
        return orm__error_no_memory(error);
    orm_status status = enlist(pool);
    if (status) {
        pthread_mutex_destroy(&pool->lock);
        return orm__error_no_memory(error);
    }
    return ORM_OK;
}

/* Lent to nobody: no hook is told of that. */
static orm_status make_first(orm__pool *pool, orm_error *error)
{
    orm_connection *first;
    bool reached;
    orm_status status = obtain(pool, &first, &reached, error);
    if (!status && no_longer_lent(pool, first) && !keep(pool, first)) { /* a new one needs no reset */
        orm__connection_free(first);
        give_up_place(pool);
    }
    pool->lent_ever = 0;
    return status;
}

void orm__pool_release(orm__pool *pool)
{
    delist(pool);
    settle(pool, NULL);
    while (pool->idle_count > 0)
        orm__connection_free(pool->idle[--pool->idle_count]);
    free(pool->idle);
    free(pool->lent);
    pthread_mutex_destroy(&pool->lock);
}

/* --- lending ----------------------------------------------------------------------------------------------------- */

orm_status orm__pool_acquire(orm__pool *pool, orm_connection **connection, orm_error *error)
{
    bool reached;
    return orm__pool_try(pool, connection, &reached, error);
}

orm_status orm__pool_try(orm__pool *pool, orm_connection **connection, bool *reached, orm_error *error)
{
    ORM_TRY(obtain(pool, connection, reached, error));
    if (pool->options->hooks.checkout)
        pool->options->hooks.checkout(*connection, pool->options->hooks.user);
    return ORM_OK;
}

/* Of which nobody is told. */
static orm_status obtain(orm__pool *pool, orm_connection **connection, bool *reached, orm_error *error)
{
    orm_connection *found = NULL;
    *connection = NULL;
    *reached = true;
    pthread_mutex_lock(&pool->lock);
    orm_status status = settle(pool, error);
    if (!status)
        status = take(pool, &found, error);
    pthread_mutex_unlock(&pool->lock);
    if (status)
        return status;
    if (found && !is_fit(pool, found)) { /* replaced unseen, unless it was the caller who gave up */
        bool cancelled = found->error.status == ORM_CANCELLED;
        no_longer_lent(pool, found);
        orm__connection_free(found);
        found = NULL;
        if (cancelled) {
            give_up_place(pool);
            return orm__error_set(error, ORM_CANCELLED, "the wait for a connection was given up: %s",
                                  orm_status_text(ORM_CANCELLED));
        }
    }
    if (!found)
        status = open_one(pool, &found, error);
    *reached = !status;
    ORM_TRY(status);
    *connection = found;
    return ORM_OK;
}

/* After a fork, in the child; called with the lock held. */
static orm_status settle(orm__pool *pool, orm_error *error)
{
    if (pool->tainted)
        return orm__error_set(error, ORM_MISUSE,
                              "the process has forked while connections to this SQLite database were in use: its child "
                              "cannot use the engine; call orm_engine_dispose before the fork");
    if (!pool->inherited)
        return ORM_OK;
    while (pool->inherited_count > 0)
        orm__connection_free(pool->inherited[--pool->inherited_count]);
    free(pool->inherited);
    pool->inherited = NULL;
    return ORM_OK;
}

/* A connection, or NULL and a place to open one. Called with the lock held. While anybody waits nothing is idle and no
 * place is free, since both are handed over: so newcomers cannot overtake. */
static orm_status take(orm__pool *pool, orm_connection **connection, orm_error *error)
{
    if (pool->idle_count > 0) {
        *connection = pool->lent[pool->lent_count++] = pool->idle[--pool->idle_count];
        pool->lent_ever++;
        return ORM_OK;
    }
    if (pool->open == pool->most)
        return wait_for_turn(pool, connection, error);
    if (pool->open == pool->capacity && !grow(pool))
        return orm__error_no_memory(error);
    pool->open++;
    return ORM_OK;
}

/* Whoever has a place has room in the lists, so that giving back needs no memory. */
static bool grow(orm__pool *pool)
{
    size_t capacity = pool->capacity ? pool->capacity * 2 : 8;
    orm_connection **idle = realloc(pool->idle, capacity * sizeof *idle);
    if (!idle)
        return false;
    pool->idle = idle;
    orm_connection **lent = realloc(pool->lent, capacity * sizeof *lent);
    if (!lent)
        return false;
    pool->lent = lent;
    pool->capacity = capacity;
    return true;
}

/* Called and returns with the lock held. */
static orm_status wait_for_turn(orm__pool *pool, orm_connection **connection, orm_error *error)
{
    orm__waiting me = {.served = false};
    if (!init_wake(&me.wake))
        return orm__error_no_memory(error);
    join_queue(pool, &me);
    pool->waited_ever++;
    orm_status status = stand_still(pool, &me);
    if (!me.served)
        leave_queue(pool, &me);
    pthread_cond_destroy(&me.wake);
    if (status && status != ORM_TIMEOUT) {
        if (me.served)
            decline(pool, me.connection);
        return orm__error_set(error, status, "the wait for a connection was given up: %s", orm_status_text(status));
    }
    if (!me.served) {
        pool->timeouts++;
        return nothing_free(pool, error);
    }
    *connection = me.connection;
    pool->lent_ever += me.connection != NULL;
    return ORM_OK;
}

/* Until served, or the time is over, or the waiter gives up. A fiber leaves the lock to others meanwhile, as a
 * thread does. */
static orm_status stand_still(orm__pool *pool, orm__waiting *me)
{
    const orm_waiter *waiter = &pool->options->waiter;
    struct timespec end = deadline_of(pool->timeout);
    int64_t deadline = (int64_t)end.tv_sec * MICROSECONDS + end.tv_nsec / 1000;
    orm_status status = ORM_OK;
    me->self = waiter && waiter->self ? waiter->self(waiter->user) : NULL;
    while (!me->served && !status) {
        if (!me->self) {
            status = pthread_cond_timedwait(&me->wake, &pool->lock, &end) == ETIMEDOUT ? ORM_TIMEOUT : ORM_OK;
            continue;
        }
        pthread_mutex_unlock(&pool->lock);
        status = waiter->wait(NULL, -1, 0, deadline, waiter->user);
        pthread_mutex_lock(&pool->lock);
    }
    return status;
}

/* What was handed over at the moment when the waiter gave up goes to the next. Called and returns with the lock
 * held. */
static void decline(orm__pool *pool, orm_connection *connection)
{
    pthread_mutex_unlock(&pool->lock);
    if (connection && no_longer_lent(pool, connection))
        put_back(pool, connection);
    else
        give_up_place(pool);
    pthread_mutex_lock(&pool->lock);
}

static orm_status nothing_free(const orm__pool *pool, orm_error *error)
{
    orm__error_set(error, ORM_TIMEOUT,
                   "no connection was free within %.3g s: all of pool_size %zu and max_overflow %zu are in use",
                   (double)pool->timeout / MICROSECONDS, pool->size, pool->most - pool->size);
    if (error)
        name_holders(pool, error);
    return ORM_TIMEOUT;
}

/* Each place once, with how often it holds one; called with the lock held. What has no room is left out. */
static void name_holders(const orm__pool *pool, orm_error *error)
{
    size_t length = strlen(error->message);
    const char *before = "; held since ";
    for (size_t i = 0; i < pool->lent_count; i++) {
        const orm_connection *one = pool->lent[i];
        size_t earlier = 0, all = 0;
        for (size_t j = 0; one->file && j < pool->lent_count; j++) {
            const orm_connection *other = pool->lent[j];
            bool same = other->file && other->line == one->line && strcmp(other->file, one->file) == 0;
            all += same;
            earlier += same && j < i;
        }
        if (all == 0 || earlier > 0)
            continue;
        char place[200];
        int size = all > 1 ? snprintf(place, sizeof place, "%s%s:%d (%zu times)", before, one->file, one->line, all)
                           : snprintf(place, sizeof place, "%s%s:%d", before, one->file, one->line);
        if (size < 0 || (size_t)size >= sizeof place || length + (size_t)size >= sizeof error->message)
            return;
        memcpy(error->message + length, place, (size_t)size + 1);
        length += (size_t)size;
        before = ", ";
    }
}

static bool init_wake(pthread_cond_t *wake)
{
    pthread_condattr_t monotonic;
    if (pthread_condattr_init(&monotonic))
        return false;
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    bool good = pthread_cond_init(wake, &monotonic) == 0;
    pthread_condattr_destroy(&monotonic);
    return good;
}

static void join_queue(orm__pool *pool, orm__waiting *waiting)
{
    pool->waiting++;
    *(pool->last ? &pool->last->next : &pool->first) = waiting;
    pool->last = waiting;
}

static void leave_queue(orm__pool *pool, orm__waiting *waiting)
{
    orm__waiting *before = NULL;
    pool->waiting--;
    for (orm__waiting *w = pool->first; w != waiting; w = w->next)
        before = w;
    *(before ? &before->next : &pool->first) = waiting->next;
    if (pool->last == waiting)
        pool->last = before;
}

static struct timespec deadline_of(int64_t timeout)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t nanoseconds = now.tv_nsec + timeout % MICROSECONDS * 1000;
    now.tv_sec += (time_t)(timeout / MICROSECONDS + nanoseconds / NANOSECONDS);
    now.tv_nsec = (long)(nanoseconds % NANOSECONDS);
    return now;
}

/* Whether an idle one may be lent: as far as its age, its socket and, when that is asked for, its server tell. */
static bool is_fit(orm__pool *pool, orm_connection *connection)
{
    const orm_engine_options *options = pool->options;
    int64_t now = pool->recycle || options->pool_pre_ping ? orm__deadline_in(0) : 0;
    bool fit = !(pool->recycle && now - connection->born >= pool->recycle) && orm__connection_usable(connection) &&
               !(options->pool_pre_ping && now - connection->returned >= LATELY && !orm__connection_ping(connection));
    if (!fit) {
        pthread_mutex_lock(&pool->lock);
        pool->replaced++;
        pool->lent_ever--; /* the one in its place is counted, if there will be one */
        pthread_mutex_unlock(&pool->lock);
    }
    return fit;
}

/* The caller holds a place, and loses it when no connection can be made. */
static orm_status open_one(orm__pool *pool, orm_connection **connection, orm_error *error)
{
    pthread_mutex_lock(&pool->lock);
    unsigned generation = pool->generation; /* as of before it connects */
    pthread_mutex_unlock(&pool->lock);
    orm_status status = orm__connection_new(pool->address, pool->options, connection, error);
    if (status) {
        give_up_place(pool);
        return status;
    }
    (*connection)->engine = pool->engine;
    (*connection)->pool = pool;
    (*connection)->link->trips = &pool->trips;
    (*connection)->observation.statistics = pool->statistics;
    (*connection)->generation = generation;
    (*connection)->born = pool->recycle ? orm__deadline_in(0) : 0;
    status = orm__connection_greet(*connection);
    if (status) {
        refuse(pool, *connection, status, error);
        *connection = NULL;
        return status;
    }
    pthread_mutex_lock(&pool->lock);
    pool->lent[pool->lent_count++] = *connection;
    pool->opened_ever++;
    pool->lent_ever++;
    pthread_mutex_unlock(&pool->lock);
    return ORM_OK;
}

/* What the hook for new connections did not want. */
static void refuse(orm__pool *pool, orm_connection *connection, orm_status status, orm_error *error)
{
    if (connection->error.status == status && error)
        *error = connection->error;
    else
        orm__error_set(error, status, "the hook for new connections failed: %s", orm_status_text(status));
    orm__connection_free(connection);
    give_up_place(pool);
}

/* --- taking back ------------------------------------------------------------------------------------------------- */

void orm__pool_give_back(orm__pool *pool, orm_connection *connection)
{
    if (!connection || !no_longer_lent(pool, connection))
        return;
    if (pool->options->hooks.checkin)
        pool->options->hooks.checkin(connection, pool->options->hooks.user);
    put_back(pool, connection);
}

static void put_back(orm__pool *pool, orm_connection *connection)
{
    if (orm__connection_reset(connection) && keep(pool, connection))
        return;
    orm__connection_free(connection);
    give_up_place(pool);
}

void orm__pool_note_holder(orm__pool *pool, orm_connection *connection, const char *file, int line)
{
    pthread_mutex_lock(&pool->lock);
    connection->file = file;
    connection->line = line;
    pthread_mutex_unlock(&pool->lock);
}

/* False when it was not lent: given back already, or by a parent before a fork. */
static bool no_longer_lent(orm__pool *pool, const orm_connection *connection)
{
    pthread_mutex_lock(&pool->lock);
    size_t i = pool->lent_count;
    while (i > 0 && pool->lent[i - 1] != connection)
        i--;
    if (i > 0)
        pool->lent[i - 1] = pool->lent[--pool->lent_count];
    pthread_mutex_unlock(&pool->lock);
    return i > 0;
}

/* For who waits longest, or idle; false when it is one too many. */
static bool keep(orm__pool *pool, orm_connection *connection)
{
    pthread_mutex_lock(&pool->lock);
    bool kept = connection->generation == pool->generation;
    if (kept && (pool->idle_limit || pool->options->pool_pre_ping))
        connection->returned = orm__deadline_in(0);
    connection->file = NULL;
    if (!kept)
        ;
    else if (serve_first(pool, connection))
        pool->lent[pool->lent_count++] = connection;
    else if (pool->idle_count < pool->size)
        pool->idle[pool->idle_count++] = connection;
    else
        kept = false;
    pthread_mutex_unlock(&pool->lock);
    if (kept && pool->idle_limit)
        close_idle(pool, 1, orm__deadline_in(0) - pool->idle_limit);
    return kept;
}

void orm__pool_dispose(orm__pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->generation++;
    pthread_mutex_unlock(&pool->lock);
    close_idle(pool, 0, INT64_MAX);
}

/* Those that came back before that moment, the longest idle first, until only so many are left. */
static void close_idle(orm__pool *pool, size_t least, int64_t before)
{
    for (;;) {
        orm_connection *oldest = NULL;
        pthread_mutex_lock(&pool->lock);
        if (pool->idle_count > least && pool->idle[0]->returned <= before) {
            oldest = pool->idle[0];
            memmove(pool->idle, pool->idle + 1, --pool->idle_count * sizeof *pool->idle);
        }
        pthread_mutex_unlock(&pool->lock);
        if (!oldest)
            return;
        orm__connection_free(oldest);
        give_up_place(pool);
    }
}

/* Wakes who waits longest and hands over the connection, or a place without one. Called with the lock held. */
static bool serve_first(orm__pool *pool, orm_connection *connection)
{
    orm__waiting *waiting = pool->first;
    if (!waiting)
        return false;
    pool->waiting--;
    pool->first = waiting->next;
    if (!pool->first)
        pool->last = NULL;
    waiting->connection = connection;
    waiting->served = true;
    if (waiting->self)
        pool->options->waiter.wake(waiting->self, pool->options->waiter.user);
    else
        pthread_cond_signal(&waiting->wake);
    return true;
}

static void give_up_place(orm__pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    if (!serve_first(pool, NULL))
        pool->open--;
    pthread_mutex_unlock(&pool->lock);
}

/* --- fork -------------------------------------------------------------------------------------------------------- */

/* The pools of the process, which a fork must find at rest: a lock that another thread held would stay locked in the
 * child. This lock is taken before that of a pool. */
static struct {
    pthread_mutex_t lock;
    bool watching;
    orm__pool *first;
} pools = {.lock = PTHREAD_MUTEX_INITIALIZER};

static orm_status enlist(orm__pool *pool)
{
    pthread_mutex_lock(&pools.lock);
    if (!pools.watching)
        pools.watching = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
    bool watching = pools.watching;
    if (watching) {
        pool->previous = NULL;
        pool->next = pools.first;
        if (pools.first)
            pools.first->previous = pool;
        pools.first = pool;
    }
    pthread_mutex_unlock(&pools.lock);
    return watching ? ORM_OK : ORM_NO_MEMORY;
}

static void delist(orm__pool *pool)
{
    pthread_mutex_lock(&pools.lock);
    *(pool->previous ? &pool->previous->next : &pools.first) = pool->next;
    if (pool->next)
        pool->next->previous = pool->previous;
    pthread_mutex_unlock(&pools.lock);
}

static void before_fork(void)
{
    pthread_mutex_lock(&pools.lock);
    for (orm__pool *pool = pools.first; pool; pool = pool->next) {
        pthread_mutex_lock(&pool->lock);
        if (pool->statistics && !pool->shares_statistics)
            orm__statistics_lock(pool->statistics);
    }
}

static void after_fork_in_parent(void)
{
    for (orm__pool *pool = pools.first; pool; pool = pool->next) {
        if (pool->statistics && !pool->shares_statistics)
            orm__statistics_unlock(pool->statistics);
        pthread_mutex_unlock(&pool->lock);
    }
    pthread_mutex_unlock(&pools.lock);
}

/* Nothing may be allocated or closed here: other threads of the parent may have been at it. */
static void inherit(orm__pool *pool)
{
    pool->tainted |= pool->open > pool->idle_count;
    if (pool->inherited || pool->idle_count == 0)
        return;
    pool->inherited = pool->idle;
    pool->inherited_count = pool->idle_count;
    pool->idle = NULL;
    pool->capacity = 0;
}

/* Closing the parent's connections would end them for the parent, and its waiters do not exist here. */
static void after_fork_in_child(void)
{
    for (orm__pool *pool = pools.first; pool; pool = pool->next) {
        for (size_t i = 0; i < pool->lent_count; i++)
            orm__connection_abandon(pool->lent[i]);
        if (pool->address && pool->address->dialect == ORM_SQLITE && !pool->address->memory)
            inherit(pool);
        pool->idle_count = pool->lent_count = pool->open = pool->waiting = 0;
        pool->first = pool->last = NULL;
        pool->forks++;
    }
    after_fork_in_parent();
}
