/* engine/pool.c -- the pool behind pool.h.
 *
 * A place is the right to have one connection open. Whoever gives a connection back hands it, or its place, to the waiter who
 * came first; newcomers queue behind the waiters, so none starves.
 * SPDX-License-Identifier: MIT */
#include "engine/pool.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Stands on the stack of the thread that waits. */
struct orm__waiting {
    pthread_cond_t wake;
    orm_connection *connection;        /* what was handed over; NULL with `served`: a place to open one */
    bool served;
    orm__waiting *next;
};

static orm_status wait_for_turn(orm__pool *pool, orm_connection **connection, orm_error *error);
static void leave_queue(orm__pool *pool, orm__waiting *waiting);
static struct timespec deadline_of(int64_t timeout);
static orm_status open_one(orm__pool *pool, orm_connection **connection, orm_error *error);
static void free_place(orm__pool *pool, orm_connection *connection);
static void notice_fork(orm__pool *pool);

orm_status orm__pool_init(orm__pool *pool, orm_error *error)
{
    if (pthread_mutex_init(&pool->lock, NULL))
        return orm__error_no_memory(error);
    pool->process = getpid();
    pool->idle = calloc(pool->size ? pool->size : 1, sizeof *pool->idle);
    orm_connection *first = NULL;
    orm_status status = pool->idle ? ORM_OK : orm__error_no_memory(error);
    if (!status) {
        pool->open = 1;
        status = open_one(pool, &first, error);
    }
    if (status) {
        free(pool->idle);
        pthread_mutex_destroy(&pool->lock);
        return status;
    }
    pool->idle[pool->idle_count++] = first;
    return ORM_OK;
}

void orm__pool_release(orm__pool *pool)
{
    notice_fork(pool);
    while (pool->idle_count > 0)
        orm__connection_free(pool->idle[--pool->idle_count]);
    free(pool->idle);
    pthread_mutex_destroy(&pool->lock);
}

orm_status orm__pool_acquire(orm__pool *pool, orm_connection **connection, orm_error *error)
{
    *connection = NULL;
    pthread_mutex_lock(&pool->lock);
    notice_fork(pool);
    orm_connection *found = NULL;
    bool place = false;
    if (!pool->first && pool->idle_count > 0) {
        found = pool->idle[--pool->idle_count];
    } else if (!pool->first && pool->open < pool->most) {
        pool->open++;
        place = true;
    } else {
        orm_status status = wait_for_turn(pool, &found, error);
        if (status) {
            pthread_mutex_unlock(&pool->lock);
            return status;
        }
        place = !found;
    }
    pthread_mutex_unlock(&pool->lock);
    if (found && !orm__connection_usable(found)) {                             /* lost while idle: replaced unseen */
        orm__connection_free(found);
        place = true;
    }
    if (place)
        ORM_TRY(open_one(pool, &found, error));
    *connection = found;
    return ORM_OK;
}

/* Called and returns with the lock held. */
static orm_status wait_for_turn(orm__pool *pool, orm_connection **connection, orm_error *error)
{
    orm__waiting me = {.served = false};
    pthread_condattr_t monotonic;
    struct timespec deadline = deadline_of(pool->timeout);
    if (pthread_condattr_init(&monotonic))
        return orm__error_no_memory(error);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(&me.wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (failed)
        return orm__error_no_memory(error);
    *(pool->last ? &pool->last->next : &pool->first) = &me;
    pool->last = &me;
    while (!me.served && pthread_cond_timedwait(&me.wake, &pool->lock, &deadline) != ETIMEDOUT)
        ;
    if (!me.served)
        leave_queue(pool, &me);
    pthread_cond_destroy(&me.wake);
    if (!me.served)
        return orm__error_set(error, ORM_TIMEOUT, "no connection was free within %.3g s: the pool keeps %zu and allows %zu, and all are in use",
                              (double)pool->timeout / 1e6, pool->size, pool->most);
    *connection = me.connection;
    return ORM_OK;
}

static struct timespec deadline_of(int64_t timeout)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t nanoseconds = now.tv_nsec + timeout % 1000000 * 1000;
    now.tv_sec += (time_t)(timeout / 1000000 + nanoseconds / 1000000000);
    now.tv_nsec = (long)(nanoseconds % 1000000000);
    return now;
}

static void leave_queue(orm__pool *pool, orm__waiting *waiting)
{
    orm__waiting *before = NULL;
    for (orm__waiting *w = pool->first; w != waiting; w = w->next)
        before = w;
    *(before ? &before->next : &pool->first) = waiting->next;
    if (pool->last == waiting)
        pool->last = before;
}

/* The caller holds a place, and loses it when no connection can be made. */
static orm_status open_one(orm__pool *pool, orm_connection **connection, orm_error *error)
{
    orm_status status = orm__connection_new(pool->address, pool->waiter, pool->hooks, pool->statement_cache_size, connection, error);
    pthread_mutex_lock(&pool->lock);
    if (status) {
        free_place(pool, NULL);
    } else {
        (*connection)->engine = pool->engine;
        pool->opened_ever++;
    }
    pthread_mutex_unlock(&pool->lock);
    return status;
}

/* To whom waits longest, with the connection if there is one; else the place is gone. Called with the lock held. */
static void free_place(orm__pool *pool, orm_connection *connection)
{
    orm__waiting *waiting = pool->first;
    if (!waiting) {
        pool->open--;
        return;
    }
    pool->first = waiting->next;
    if (!pool->first)
        pool->last = NULL;
    waiting->connection = connection;
    waiting->served = true;
    pthread_cond_signal(&waiting->wake);
}

void orm__pool_give_back(orm__pool *pool, orm_connection *connection)
{
    if (!connection)
        return;
    if (pool->process != getpid())                                             /* a parent's: neither used nor closed here */
        return;
    bool good = orm__connection_reset(connection);
    pthread_mutex_lock(&pool->lock);
    orm_connection *closing = NULL;
    if (!good) {
        closing = connection;
        free_place(pool, NULL);
    } else if (pool->first) {
        free_place(pool, connection);
    } else if (pool->idle_count < pool->size) {
        pool->idle[pool->idle_count++] = connection;
    } else {
        closing = connection;
        pool->open--;
    }
    pthread_mutex_unlock(&pool->lock);
    orm__connection_free(closing);
}

/* In a child the parent's connections are left alone: closing them would end them for the parent. Their memory stays. */
static void notice_fork(orm__pool *pool)
{
    pid_t process = getpid();
    if (pool->process == process)
        return;
    pool->process = process;
    pool->idle_count = pool->open = 0;
    pool->first = pool->last = NULL;
}
