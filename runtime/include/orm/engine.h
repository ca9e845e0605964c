/* orm/engine.h -- where a database is, how to talk to it, and the pool of connections to it.
 *
 * One engine per database and program, opened at start and closed at the end. It is safe to share between threads.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ENGINE_H
#define ORM_ENGINE_H

#include "orm/error.h"
#include "orm/types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct orm_engine orm_engine;

typedef enum orm_statement_kind {
    ORM_STATEMENT_SELECT = 1,
    ORM_STATEMENT_INSERT,
    ORM_STATEMENT_UPDATE,
    ORM_STATEMENT_DELETE,
    ORM_STATEMENT_TRANSACTION, /* BEGIN, COMMIT, ROLLBACK, savepoints */
    ORM_STATEMENT_SCHEMA,      /* what _create_all and _drop_all run */
    ORM_STATEMENT_OTHER
} orm_statement_kind;

/* One statement that was run, told after its end. A statement run for many rows is told once, with their number. */
typedef struct orm_statement_event {
    orm_statement_kind kind;
    const char *sql;   /* borrowed for the call, as is all below */
    const char *table; /* "" where no model is involved */
    size_t rows;       /* read, or written */
    orm_status status;
} orm_statement_event;

/* Called from the thread that runs the statement; must not use the connection or session it is told of. */
typedef struct orm_hooks {
    void (*statement)(const orm_statement_event *event, void *user);
    void *user;
} orm_hooks;

/* How the runtime waits: the one place where it does. `watch` is called once for each connection, before it is first
 * waited for, and may leave a token; `wait` returns ORM_OK when one of `events` (ORM_WAIT_READ, ORM_WAIT_WRITE) holds for
 * the descriptor, ORM_TIMEOUT when `deadline` (microseconds of the monotonic clock; 0: none) has passed, or another status
 * to give up. Without a token, with descriptor -1 and no events, it is a mere delay until the deadline.
 *
 * `self` and `wake` come together or not at all, and let a coroutine wait for a free connection of the pool while its thread
 * goes on: `self` names who calls, or is NULL where only the thread can wait; then the wait without a token also ends, with
 * ORM_OK, when `wake` is called with that name, from any thread. Without them such a wait blocks the thread.
 *
 * A zero one waits by poll(2). */
enum { ORM_WAIT_READ = 1, ORM_WAIT_WRITE = 2 };
typedef struct orm_waiter {
    orm_status (*watch)(int descriptor, void **token, void *user);
    orm_status (*wait)(void *token, int descriptor, int events, int64_t deadline, void *user);
    void (*unwatch)(void *token, int descriptor, void *user);
    void *user;
    void *(*self)(void *user);
    void (*wake)(void *self, void *user);
} orm_waiter;

/* Zero is the default of each. */
typedef struct orm_engine_options {
    int pool_size;               /* connections kept: 5 */
    int max_overflow;            /* more for a moment: 10; -1: none */
    int pool_timeout;            /* seconds to wait for a connection: 30; -1: none at all */
    int connect_timeout;         /* seconds: 0 leaves it to the URL or to libpq */
    size_t statement_cache_size; /* prepared statements kept for each connection: 256 */
    orm_hooks hooks;
    orm_waiter waiter;
} orm_engine_options;

/* Opens an engine on `url` as SQLAlchemy writes them:
 *     sqlite://                      a database in memory, shared by the whole engine; while one session
 *                                    writes to it the others wait, even to read
 *     sqlite:///blog.db              a file, relative to the working directory
 *     sqlite:////var/lib/blog.db     a file, absolute
 *     postgresql://user:password@host:5432/name?sslmode=require      libpq's keywords may follow the question mark
 * "postgres://" and "+driver" after the scheme are accepted; parts are percent-decoded. `options` NULL means all defaults;
 * it is copied. The first connection is made at once, so a server that is not there, or a wrong password, is told here.
 * Owned: close `*engine` with orm_engine_close; it is NULL when the call fails. `error` may be NULL. */
ORM_API orm_status orm_engine_open(const char *url, const orm_engine_options *options, orm_engine **engine,
                                   orm_error *error);

/* Closes every connection. All sessions and connections must have been closed before. NULL does nothing. */
ORM_API void orm_engine_close(orm_engine *engine);

/* The URL without its password. Borrowed until the engine is closed. */
ORM_API const char *orm_engine_url(const orm_engine *engine);
/* "postgresql" or "sqlite". A borrowed constant. */
ORM_API const char *orm_engine_database(const orm_engine *engine);

typedef struct orm_pool_statistics {
    size_t open, in_use, idle, opened_ever;
} orm_pool_statistics;
ORM_API orm_pool_statistics orm_engine_pool(orm_engine *engine);

#ifdef __cplusplus
}
#endif
#endif
