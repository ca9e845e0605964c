/* orm/async.h -- many sessions on one thread: functions that stand still while they wait.
 *
 * A fiber is a function with a stack of its own. Where it would wait (for the database, for a free connection of the
 * pool, for a socket of its own, for the time) it stands still and another one runs; the calls it makes are the
 * ordinary ones:
 *
 *     orm_async_poll_open(NULL, &async, &error);                    from orm/async_poll.h; libuv: orm/async_uv.h
 *     orm_engine_options options = {.waiter = orm_async_waiter(async)};
 *     orm_engine_open(url, &options, &engine, &error);
 *     for (size_t i = 0; i < 1000; i++)
 *         orm_async_spawn(async, serve, &clients[i], NULL);         each opens a session of its own
 *     orm_async_run(async);
 *
 * All of it belongs to the thread that opened it: every call below, and every call on an engine with its waiter, is
 * made there, inside a fiber or outside; outside a fiber the thread waits by poll(2). Only connections may be given
 * back to such an engine's pool by other threads, after they were used. A fiber that computes lets no other run until
 * it waits or calls orm_async_sleep(async, 0). Stacks have 256 KiB; a fiber that needs more ends the program with
 * SIGSEGV.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ASYNC_H
#define ORM_ASYNC_H

#include "orm/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct orm_async orm_async;
typedef struct orm_fiber orm_fiber;
typedef struct orm_async_watch orm_async_watch;

/* Zero is the default of each. */
typedef struct orm_async_options {
    /* Fibers that run or stand still at once, each with its stack; more wait for their start: 10000. Those that join
     * another one do not count. */
    size_t limit;
} orm_async_options;

typedef orm_status (*orm_async_function)(orm_async *async, void *argument);

/* Makes a fiber of a function, which begins when the loop turns next. `argument` is borrowed until it ends. With
 * `fiber` NULL nobody is told its status; otherwise owned: join it. ORM_NO_MEMORY: nothing was made. */
ORM_API orm_status orm_async_spawn(orm_async *async, orm_async_function function, void *argument, orm_fiber **fiber);

/* Waits until a fiber has ended, and frees it. Returns what its function returned, ORM_CANCELLED when it was
 * cancelled before its start, ORM_NO_MEMORY when there was none for its stack. Outside a fiber the loop runs
 * meanwhile. A fiber that is cancelled while it joins gets ORM_CANCELLED and has to join again. ORM_MISUSE: it joins
 * itself, or another one joins the fiber already. NULL does nothing. */
ORM_API orm_status orm_async_join(orm_async *async, orm_fiber *fiber);

/* The wait in which a fiber stands, or else its next one, returns ORM_CANCELLED: once, so that it can clean up. A
 * statement that is cancelled so loses its connection, as it would by a timeout; the pool opens another. What has no
 * status to tell it by (orm_session_close, orm_connection_close and orm_stream_close, a rollback behind what failed)
 * goes on to its end, and the wait after it tells; a server that does not answer is waited for a few seconds then,
 * and its connection is given up. A fiber that has not begun never does. Of a fiber that has ended nothing happens. */
ORM_API void orm_async_cancel(orm_async *async, orm_fiber *fiber);

/* Runs the loop until all fibers have ended; ORM_OK, or what the loop fails with. To be called outside fibers.
 * Programs whose loop runs anyway need not call it. */
ORM_API orm_status orm_async_run(orm_async *async);

/* Lets others run for so many microseconds; 0: for one turn of the loop. ORM_OK, or ORM_CANCELLED. */
ORM_API orm_status orm_async_sleep(orm_async *async, int64_t microseconds);

/* Waits until a descriptor of the program's own can be read or written, as orm_waiter's `wait`. Only one fiber may
 * wait for a descriptor at a time. */
ORM_API orm_status orm_async_wait(orm_async *async, int descriptor, int events, int64_t deadline);

/* The moment so many microseconds from now, as deadlines are written. */
ORM_API int64_t orm_async_deadline(int64_t microseconds);

/* For orm_engine_options.waiter. The engine must be closed before `async`. */
ORM_API orm_waiter orm_async_waiter(orm_async *async);

typedef struct orm_async_statistics {
    size_t running; /* fibers begun and not ended */
    size_t waiting; /* not begun, for the limit */
} orm_async_statistics;
ORM_API orm_async_statistics orm_async_count(const orm_async *async);

/* Frees it and its loop's part. Every fiber must have ended, every engine with its waiter been closed. NULL does
 * nothing. */
ORM_API void orm_async_close(orm_async *async);

/* --- for those who write an adapter ------------------------------------------------------------------------------ */

/* What an event loop does for fibers. All but `wake` are called on the thread of the loop. */
typedef struct orm_async_loop {
    /* From now on, until `unwatch`, the descriptor may be waited for; `*token` is the adapter's own. */
    orm_status (*watch)(int descriptor, orm_async_watch *watch, void **token, void *user);
    /* Which events (ORM_WAIT_READ, ORM_WAIT_WRITE, 0 for none) are to be told by orm_async_ready, until changed.
     * Errors on the descriptor count as each of them. */
    orm_status (*want)(void *token, int events, void *user);
    void (*unwatch)(void *token, void *user); /* its descriptor may be closed already */
    /* Call orm_async_turn at `deadline`, once; 0: not at all. Replaces the one set before. Called too when the last
     * fiber has ended, for adapters that keep their loop alive while orm_async_count tells of any. */
    void (*timer)(int64_t deadline, void *user);
    /* From any thread: have orm_async_turn called on the loop's soon. */
    void (*wake)(void *user);
    /* Waits for one event at least, and handles what there is. */
    orm_status (*turn)(void *user);
    void (*close)(void *user);
    void *user;
} orm_async_loop;

/* `loop` is copied; its `close` is called by orm_async_close, and not when this fails. `options` may be NULL. Owned:
 * close it. */
ORM_API orm_status orm_async_open(const orm_async_loop *loop, const orm_async_options *options, orm_async **async,
                                  orm_error *error);
/* A watched descriptor has one of the events that were wanted. The fiber that waits for it runs at once. */
ORM_API void orm_async_ready(orm_async_watch *watch);
/* Runs the fibers that can go on. */
ORM_API void orm_async_turn(orm_async *async);

#ifdef __cplusplus
}
#endif
#endif
