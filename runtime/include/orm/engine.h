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
struct orm_connection;

typedef enum orm_isolation {
    ORM_ISOLATION_DEFAULT, /* of a session: its engine's; of an engine: the server's */
    ORM_READ_COMMITTED,
    ORM_REPEATABLE_READ,
    ORM_SERIALIZABLE
} orm_isolation;

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
    size_t bytes;      /* of the values sent to PostgreSQL and read from its rows, in its binary format; 0 on SQLite */
    orm_status status;
    int64_t microseconds; /* from its sending to its end; 0 for a BEGIN that rode with the next statement */
    bool cached;          /* it was prepared already */
    /* "(1, 'ada')" of the first run; a list shows its first ten. Values of sensitive columns are ***, all are with
     * hide_parameters. NULL unless hooks.parameters, echo or slow want them. */
    const char *parameters;
    const orm_error *error; /* NULL when the status is ORM_OK */
} orm_statement_event;

/* Called from the thread that works, and the statement and transaction ones must not use the connection or session
 * they are told of. Any may be NULL. Clocks are read, and parameters written out, only when somebody wants them. */
typedef struct orm_hooks {
    void (*statement)(const orm_statement_event *event, void *user);
    void *user;
    bool parameters; /* events of statements shall have them */
    /* A new connection: may set it up by orm_connection_execute. What it leaves open is
     * rolled back. Another status than ORM_OK closes it, and is that of the checkout. */
    orm_status (*connect)(struct orm_connection *connection, void *user);
    void (*checkout)(struct orm_connection *connection, void *user); /* lent out */
    void (*checkin)(struct orm_connection *connection, void *user);  /* given back, before it is rolled back */
    /* "BEGIN", "COMMIT" or "ROLLBACK", after it, with its status. Behind each BEGIN that succeeded comes one COMMIT
     * that succeeded or one ROLLBACK, of whatever status, be there a COMMIT that failed in between: ORM_DISCONNECTED
     * when it went with its connection, ORM_IN_DOUBT when that was lost while COMMIT was unanswered. */
    void (*transaction)(const char *verb, orm_status status, void *user);
} orm_hooks;

/* Where lines of a log go; `line` has no end of line, and is borrowed for the call. From any thread that uses the
 * engine. */
typedef struct orm_log {
    void (*line)(const char *line, void *user);
    void *user;
} orm_log;
/* One of these: writes the line to standard error, in one piece. `user` is ignored. */
ORM_API void orm_log_to_stderr(const char *line, void *user);

/* How the runtime waits: the one place where it does. `watch` is called once for each connection, before it is first
 * waited for, and may leave a token; `wait` returns ORM_OK when one of `events` (ORM_WAIT_READ, ORM_WAIT_WRITE) holds
 * for the descriptor, ORM_TIMEOUT when `deadline` (microseconds of the monotonic clock; 0: none) has passed, or another
 * status to give up. Without a token, with descriptor -1 and no events, it is a mere delay until the deadline.
 *
 * `self` and `wake` come together or not at all, and let a coroutine wait for a free connection of the pool while its
 * thread goes on: `self` names who calls, or is NULL where only the thread can wait; then the next wait, with a token
 * or without, also ends, with ORM_OK, when `wake` is called with that name, from any thread. Without them such a wait
 * blocks the thread. `unwatch` may be called while another waits with that token, whose wait ends then, with ORM_OK.
 *
 * `resume`, which may be left out, is called by a coroutine: as wake, but where that is possible the one that waits
 * goes on at once, and who calls it when that one waits again, or has ended.
 *
 * `shield`, which may be left out, is for those whose `wait` gives up when a coroutine is cancelled. It is called by
 * one with true before something whose end has no status to tell that by (a connection is rolled back and given back to
 * the pool), and with false behind it; such pairs may stand in one another. What is cancelled in between is better told
 * by the first wait after them, so that the connection stays good; a wait in between had better end by ORM_TIMEOUT
 * then, some seconds after the cancel.
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
    void (*resume)(void *self, void *user);
    void (*shield)(bool on, void *user);
} orm_waiter;

/* What becomes of connections that nobody uses. */
typedef enum orm_pool_class {
    ORM_POOL_QUEUE, /* pool_size are kept, max_overflow more may be open */
    ORM_POOL_NULL,  /* none is kept and any number may be open: for those who pool elsewhere */
    ORM_POOL_STATIC /* a single one, never closed before its engine, lent to one at a time */
} orm_pool_class;

/* What is undone when a connection comes back, besides the transaction that was not committed, which always is. */
typedef enum orm_pool_reset {
    ORM_RESET_ROLLBACK, /* nothing more */
    ORM_RESET_ALL /* settings, those of hooks.connect too, temporary tables, LISTEN, advisory locks, on PostgreSQL; costs several
                     round trips */
} orm_pool_reset;

typedef enum orm_prepared {
    ORM_PREPARED_ON,
    ORM_PREPARED_OFF /* for poolers in transaction mode: nothing stays at the server between two transactions */
} orm_prepared;

/* Zero is the default of each. */
typedef struct orm_engine_options {
    /* The pool. */
    int pool_size;    /* connections kept: 5 */
    int max_overflow; /* more for a moment: 10; -1: none */
    int pool_timeout; /* seconds to wait for a connection: 30; -1: none at all */
    int pool_recycle; /* seconds after which a connection is replaced at its next checkout: 0, never; nor are those to memory */
    int pool_idle; /* seconds after which a connection that nobody used is closed, but for the last: 0, never */
    /* Ask the server before lending a connection that was idle for a second or more. That the server has closed it
     * is seen without: it then says so, and the connection is replaced. */
    bool pool_pre_ping;
    orm_pool_class pool_class; /* with another than ORM_POOL_QUEUE pool_size and max_overflow mean nothing */
    orm_pool_reset pool_reset;

    /* Connections and statements. */
    orm_isolation isolation; /* of transactions that say nothing else */
    orm_prepared prepared;
    int connect_timeout; /* seconds, for each host of several: 0 leaves it to the URL or to libpq */
    /* Milliseconds a statement may take: 0, any time. Then it is cancelled and ORM_TIMEOUT; a server that does not
     * hear of that within two seconds is given up, with its connection. */
    int statement_timeout;
    size_t statement_cache_size; /* prepared statements kept for each connection: 256 */
    const char *const
        *connect_args; /* libpq's keywords, "sslmode", "require", ..., NULL: go over those of the URL. Copied */

    /* Looking. */
    orm_log echo;         /* every statement, in two lines: its SQL; [cached, 0.412 ms, 3 rows] and its parameters */
    orm_log slow;         /* statements that took slow_after milliseconds or more, in one line each */
    int slow_after;       /* 500 */
    bool hide_parameters; /* in events, echo and slow; those of sensitive columns always are */
    bool statistics;      /* counts for orm_engine_statements */
    /* "application", "blog", ..., NULL: names and values that stand in a comment behind each statement of models and
     * queries, as sqlcommenter has them. Borrowed until the engine is closed. */
    const char *const *tags;

    /* Replicas: URLs of PostgreSQL servers that repeat what the primary does, ended by NULL. Sessions that only read
     * are served by them. Copied; pool_size and the like count for each. */
    const char *const *replicas;
    int replica_max_lag; /* milliseconds that one which serves may be behind: 5000; -1: any number, then none is asked */

    /* On PostgreSQL, with a waiter that has `self`: connections besides the pool's that sessions read by outside a
     * transaction, many at once: 2; -1: none, as with ORM_PREPARED_OFF. As many to each replica. Answers come there
     * in the order of questions. So entities by key, the target of a to-one relation too, are always read by them;
     * finds, counts and loads once their SQL has been quick twice (2 ms more than the way to the server takes, and
     * 300 rows, at most), until it holds others up (25 ms, again and again). */
    int shared_connections;
    /* There: how many gets of one model, whose key is one integer or uuid, that fibers ask for in the same turn of the
     * loop go as one statement, `= ANY ($1)`, which takes the server a small part of the time of as many statements:
     * 64; 128 at most; -1: each is a statement of its own. Hooks and logs are told of each get as it was asked for;
     * when the statement fails each get is sent again by itself. */
    int gather_size;
    orm_hooks hooks;
    orm_waiter waiter;
} orm_engine_options;

/* Opens an engine on `url` as SQLAlchemy writes them:
 *     sqlite://                      a database in memory, shared by the whole engine; while one session
 *                                    writes to it the others wait, even to read
 *     sqlite:///blog.db              a file, relative to the working directory of this moment
 *     sqlite:////var/lib/blog.db     a file, absolute
 *     postgresql://user:password@host:5432/name?sslmode=require      libpq's keywords may follow the question mark
 * "postgres://" and "+driver" after the scheme are accepted; parts are percent-decoded. `options` NULL means all
 * defaults; it is copied. The first connection is made at once, so a server that is not there, or a wrong password,
 * is told here. Owned: close `*engine` with orm_engine_close; it is NULL when the call fails. `error` may be NULL. */
ORM_API orm_status orm_engine_open(const char *url, const orm_engine_options *options, orm_engine **engine,
                                   orm_error *error);

/* Closes every connection. All sessions and connections must have been closed before. NULL does nothing. */
ORM_API void orm_engine_close(orm_engine *engine);

/* The URL without its password. Borrowed until the engine is closed. */
ORM_API const char *orm_engine_url(const orm_engine *engine);
/* "postgresql" or "sqlite". A borrowed constant. */
ORM_API const char *orm_engine_database(const orm_engine *engine);

/* Reads options from variables of the environment, else from the file `dotenv_path` (NULL, or a file that is not there:
 * none), else leaves what `options` holds. With the prefix "BLOG_DB_":
 *     BLOG_DB_URL                  for orm_engine_open
 *     BLOG_DB_POOL_SIZE, ...       a member of orm_engine_options in capitals: POOL_SIZE MAX_OVERFLOW POOL_TIMEOUT POOL_RECYCLE
 *                                  POOL_IDLE CONNECT_TIMEOUT STATEMENT_TIMEOUT STATEMENT_CACHE_SIZE SHARED_CONNECTIONS
 *                                  SLOW_AFTER REPLICA_MAX_LAG, whole numbers; REPLICAS, URLs with spaces between, beside URL;
 *                                  POOL_PRE_PING HIDE_PARAMETERS STATISTICS, true or false; ECHO, true: by
 *                                  orm_log_to_stderr unless `options` has another; POOL_CLASS, queue, null or static; POOL_RESET, rollback or
 *                                  all; ISOLATION, default, read committed, repeatable read or serializable; PREPARED, on or off
 * Words may be in any case; 1, yes and on are true, 0, no and off false. The file has lines NAME=value, "export"
 * before them and comments behind # allowed, values bare, in 'quotes', or in "quotes" with \n, \t, \" and \\. The
 * environment is not changed. A value that cannot be read, or a line that is none, is ORM_INVALID; the message names
 * the variable and what it may be, and shows no value. Owned: `*url` is freed with free(), and `options->replicas`
 * that were read with it, after the engine was opened; NULL when no variable gives it. */
ORM_API orm_status orm_engine_options_from_env(const char *prefix, const char *dotenv_path, orm_engine_options *options,
                                               char **url, orm_error *error);

/* Closes the connections that are idle now, and those that are lent when they come back; new ones are made as they are
 * needed. For servers that have moved, passwords that have changed, a fork to come. A database in memory keeps its
 * connections.
 *
 * After a fork the child may use the engine, whose connections it makes anew. What the parent had lent when it
 * forked is ORM_DISCONNECTED there, and nothing that the child does to it reaches the database; a SQLite file of
 * which a connection was lent then cannot be opened by that engine in the child (ORM_MISUSE): dispose before the
 * fork, or give all of them back. */
ORM_API void orm_engine_dispose(orm_engine *engine);

typedef struct orm_pool_statistics {
    size_t open, in_use, idle, opened_ever;  /* connections */
    size_t waiting;                          /* who waits for one now */
    size_t lent_ever, waited_ever, timeouts; /* checkouts, those that had to wait, and those that did in vain */
    size_t replaced;                         /* closed at checkout: lost, recycled or disposed of */
    size_t round_trips; /* PostgreSQL: how often something was sent and its answers awaited, but for connecting */
} orm_pool_statistics;
/* Of the pool of connections to the primary. */
ORM_API orm_pool_statistics orm_engine_pool(orm_engine *engine);

/* The replicas of the options. A session of a factory with read_only, other than serializable, is served by one of
 * them, each in turn; all others, and orm_connection_open, by the primary. One that cannot be reached, or is further
 * behind than replica_max_lag, is left out and tried again a second later; when all are, the primary serves. A
 * replica is asked how far it is behind when it may have got further than allowed since its last answer: so reads
 * are never older than that by the clocks of the two servers, unless the replica takes a primary for idle whose
 * network is cut (wal_receiver_timeout ends that). While the primary is down nobody can tell: then a replica serves
 * for replica_max_lag, and with -1 for ever. connect_timeout is worth setting: who tries a replica waits for it. */
typedef struct orm_replica_statistics {
    const char *url; /* without its password. Borrowed until the engine is closed; NULL: there is none of that index */
    bool left_out;   /* when it was last tried, it could not serve */
    int64_t lag;     /* microseconds it was behind at most, when it was last asked; -1: not known */
    orm_pool_statistics pool;
} orm_replica_statistics;
ORM_API size_t orm_engine_replica_count(const orm_engine *engine);
ORM_API orm_replica_statistics orm_engine_replica(orm_engine *engine, size_t index);

/* What became of all runs of one statement, whatever tags stand behind it; SQL that was written by hand too. */
enum { ORM_HISTOGRAM = 32 };
typedef struct orm_statement_statistics {
    const char *sql, *table; /* borrowed for the call; "" without a model */
    orm_statement_kind kind;
    uint64_t calls, errors, rows, cached;
    uint64_t microseconds, longest;    /* in all; of the slowest */
    uint64_t histogram[ORM_HISTOGRAM]; /* [i]: calls that took less than 2^i microseconds, and half of that or more */
} orm_statement_statistics;
/* Calls `each` for every statement since the engine was opened, or since the reset, in no order; at most 1,000
 * different ones are told apart, what came later is "(others)". `each` must not use the engine. Nothing unless the
 * option statistics is set. */
ORM_API void orm_engine_statements(orm_engine *engine, void (*each)(const orm_statement_statistics *one, void *user),
                                   void *user);
ORM_API void orm_engine_reset_statements(orm_engine *engine);

#ifdef __cplusplus
}
#endif
#endif
