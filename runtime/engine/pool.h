/* engine/pool.h -- a pool of connections: lends them, takes them back, makes new ones, keeps waiters in turn.
 *
 * Safe between threads. No lock is held while a connection is made, reset or closed. After a fork the child's pools are
 * empty: its parent's connections are not used there, nor closed, and their memory stays. Only those to a file of
 * SQLite that were idle are closed before the child makes its own: SQLite would take the parent's locks for the
 * child's. Where some were lent that cannot be, and the pool lends none.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ENGINE_POOL_H
#define ORM_ENGINE_POOL_H

#include "sql/connection.h"

#include <pthread.h>

typedef struct orm__waiting orm__waiting;

typedef struct orm__pool {
    const orm__address *address; /* borrowed, as all below */
    const orm_engine_options *options;
    orm_engine *engine;
    orm__statistics *statistics;   /* NULL: none */
    bool shares_statistics;        /* those of another pool, which looks after them when the process forks */
    size_t size, most;             /* connections kept; allowed at once */
    int64_t timeout;               /* microseconds to wait for one */
    int64_t recycle, idle_limit;   /* microseconds after its making, its return: 0, never */
    pthread_mutex_t lock;          /* guards what follows */
    orm_connection **idle, **lent; /* of the idle ones the last returned is lent first */
    size_t idle_count, lent_count;
    size_t open, capacity; /* places taken: idle, lent, being made or closed; room for them in both lists */
    size_t opened_ever, lent_ever, waited_ever, timeouts, replaced, waiting;
    atomic_size_t trips;        /* of all its links */
    atomic_uint generation;     /* older ones are closed: dispose has raised it */
    unsigned forks;             /* that this process has come from since */
    orm_connection **inherited; /* in a child: idle ones of the parent, to be closed first */
    size_t inherited_count;
    bool tainted;               /* in a child: the parent had others open, which ought to be closed, too, and cannot */
    orm__waiting *first, *last; /* who waits, in the order of coming */
    struct orm__pool *next, *previous; /* all pools of the process */
} orm__pool;

/* The fields up to `idle_limit` have been set, the others are zero. Makes the first connection. */
orm_status orm__pool_init(orm__pool *pool, orm_error *error);
/* The same without a connection: nobody knows yet whether there is a server. */
orm_status orm__pool_init_empty(orm__pool *pool, orm_error *error);
/* Everything lent must have been given back. */
void orm__pool_release(orm__pool *pool);
/* Lends a connection that seems alive; ORM_TIMEOUT when none was free in time. `*connection` is NULL on failure. */
orm_status orm__pool_acquire(orm__pool *pool, orm_connection **connection, orm_error *error);
/* The same; `*reached` is false when it is for the server that there is no connection. */
orm_status orm__pool_try(orm__pool *pool, orm_connection **connection, bool *reached, orm_error *error);
/* Where the holder of a connection stands in the program, told to those who wait for one in vain. `file` is
 * borrowed. */
void orm__pool_note_holder(orm__pool *pool, orm_connection *connection, const char *file, int line);
/* NULL, or what is not lent by this pool in this process, does nothing. */
void orm__pool_give_back(orm__pool *pool, orm_connection *connection);
/* Closes all that are idle, and lets those that are lent be closed when they come back. */
void orm__pool_dispose(orm__pool *pool);

#endif
