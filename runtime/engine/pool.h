/* engine/pool.h -- a pool of connections: lends them, takes them back, makes new ones, keeps waiters in turn.
 *
 * Safe between threads. No lock is held while a connection is made or closed.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ENGINE_POOL_H
#define ORM_ENGINE_POOL_H

#include <pthread.h>
#include <sys/types.h>

#include "sql/connection.h"

typedef struct orm__waiting orm__waiting;

typedef struct orm__pool {
    const orm__address *address;       /* borrowed, as all below */
    const orm_waiter *waiter;
    const orm_hooks *hooks;
    orm_engine *engine;
    size_t statement_cache_size;
    size_t size, most;                 /* connections kept; allowed at once */
    int64_t timeout;                   /* microseconds to wait for one */
    pthread_mutex_t lock;
    orm_connection **idle;             /* the last returned is lent first */
    size_t idle_count, open, opened_ever;
    orm__waiting *first, *last;        /* who waits, in the order of coming */
    pid_t process;                     /* connections made by a parent before a fork are not ours */
} orm__pool;

/* The fields up to `timeout` have been set. Makes the first connection. */
orm_status orm__pool_init(orm__pool *pool, orm_error *error);
void orm__pool_release(orm__pool *pool);
/* Lends a connection that seems alive; ORM_TIMEOUT when none was free in time. */
orm_status orm__pool_acquire(orm__pool *pool, orm_connection **connection, orm_error *error);
void orm__pool_give_back(orm__pool *pool, orm_connection *connection);

#endif
