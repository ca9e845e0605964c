/* sql/connection.h -- a connection: a driver's link, its prepared statements and the state of its transaction.
 *
 * A pool (engine/) makes connections, keeps them and lends them out. Whoever holds one runs statements through
 * statement.h.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_CONNECTION_H
#define ORM_SQL_CONNECTION_H

#include "base/text.h"
#include "driver/driver.h"
#include "orm/connection.h"
#include "sql/observe.h"
#include "sql/validate.h"

typedef enum orm__transaction {
    ORM__NO_TRANSACTION,
    ORM__READING, /* SQLite only: a deferred transaction that has not written; its first write begins anew */
    ORM__WRITING  /* begun, or (PostgreSQL) about to be, ahead of the next statement */
} orm__transaction;

typedef struct orm__statement orm__statement;
typedef struct orm__sent orm__sent;
typedef struct orm__intake orm__intake;

/* Whether the keys of a table may be drawn from their sequence; on SQLite, written out one after the other. GUARDED:
 * a trigger before the rows may have other keys in mind. */
typedef enum orm__drawing { ORM__DRAWS_NOTHING, ORM__DRAWS, ORM__DRAWS_GUARDED } orm__drawing;
typedef struct orm__sequence {
    const orm_model *model;
    orm__drawing drawing;
} orm__sequence;

/* Whether rows may be copied into a table. */
typedef struct orm__table {
    const orm_model *model;
    bool copies;
    bool plain; /* an INSERT of VALUES puts in just these rows: nothing drops or adds any */
} orm__table;

/* A prepared statement by what it is made of: found so without its text. */
typedef struct orm__known {
    const orm_model *model;
    int recipe; /* orm__recipe */
    uint64_t columns;
    uint64_t comment;          /* comment_hash of the connection then */
    orm__statement *statement; /* NULL: an empty place */
} orm__known;
enum { ORM__KNOWN = 64 };

struct orm_session;

/* What a session is told of rows that Core writes on its connection. */
typedef enum orm__written { ORM__ROWS_CHANGED, ORM__KEYS_CHANGED, ORM__ROWS_DELETED } orm__written;
typedef struct orm__listener {
    /* Before: what is pending is written first. On failure the connection has the error. */
    orm_status (*flush)(orm_connection *connection);
    /* Whether it holds entities of the model. */
    bool (*holds)(const struct orm_session *session, const orm_model *model);
    /* The current row of the statement that runs, all columns of the model, was written or deleted. */
    orm_status (*row)(struct orm_session *session, const orm_model *model, bool deleted);
    /* A row that was written, with all its columns; the memory is the caller's. */
    orm_status (*copy)(struct orm_session *session, const orm_model *model, const void *row);
    /* After: what else this may have changed. */
    void (*written)(struct orm_session *session, const orm_model *model, orm__written what);
    /* After SQL by hand: it may have written whatever it names. */
    void (*mentioned)(struct orm_session *session, const char *sql);
} orm__listener;

struct orm_connection {
    orm__link *link;
    const orm__driver *driver;
    orm_dialect dialect;
    orm_error error; /* the last failure */
    orm_hooks hooks;
    orm__observation observation;
    orm__transaction transaction;
    const char *begin;       /* the BEGIN that rides with the next statement; NULL when none is due */
    bool begun;              /* the transaction hook was told of a BEGIN, and not yet of its end */
    bool commits;            /* the last statement of the write that is about to run may take COMMIT with it */
    bool rode;               /* it did, and the hooks are not told yet */
    bool failed;             /* a statement inside the transaction was refused */
    bool broken;             /* the link is lost */
    bool unwanted;           /* its server takes no writes: whoever comes next may find one that does */
    bool sent;               /* a statement was sent since somebody set this to false */
    orm__sent *ahead;        /* what was sent ahead and not taken: ahead.h */
    size_t sent_ahead;       /* so many ever */
    bool memory;             /* an SQLite database in memory */
    unsigned savepoints;     /* set by hand and not given up */
    struct orm_rows *rows;   /* that are open: no other statement may run */
    struct orm__walk *walks; /* that are open, the innermost first: walk.h */
    bool shared;             /* many fibers read by it at once: engine/shared.h */
    bool retired;            /* shared, and freed by the last who uses it */
    size_t users;            /* shared: how many read by it now */
    size_t gathers;          /* shared: so many gets by key at most go as one statement; 0: each by itself */
    struct {
        orm__statement **slots;
        size_t count, capacity, limit;
        orm__statement *newest, *oldest;
    } statements;
    orm__known known[ORM__KNOWN]; /* by hash, the newest of each */
    struct {
        orm__sequence *items;
        size_t count;
    } sequences; /* what insert.c has asked */
    struct {
        orm__table *items;
        size_t count;
    } tables;               /* PostgreSQL: what copy.c has asked */
    orm__patterns patterns; /* compiled for validation */
    orm__intake *intakes;   /* intake.h; the last used first */
    const char *text;       /* of the statement that was prepared, or recalled, last; its own */
    orm__text sql;          /* where statements are put together, reused */
    orm__text comment;      /* in SQL's slashes and stars, or empty: stands behind each */
    uint64_t comment_hash;
    bool tagged;             /* by its holder: without him the comment is the engine's alone */
    orm_isolation isolation; /* of orm_connection_begin */
    orm_pool_reset reset;
    const orm_schema *schema;  /* of the model of the last statement that was prepared; NULL: none yet */
    struct orm_engine *engine; /* whose pool lent it; borrowed */
    struct orm__pool *pool;    /* which lent it, and takes it back */
    orm__prepared *lag;        /* a replica's question how far it is behind; NULL: not asked yet */
    const char *file;          /* where the holder opened it, for the pool's complaints; NULL: unknown */
    int line;
    unsigned generation;           /* the pool's own three */
    int64_t born, returned;        /* monotonic microseconds; 0 where nobody asks */
    struct orm_session *session;   /* the session that holds it, or NULL */
    const orm__listener *listener; /* of that session */
};

/* Connects to where and as the options say. Owned: free it. `options` and `address` are borrowed until then. */
orm_status orm__connection_new(const orm__address *address, const orm_engine_options *options,
                               orm_connection **connection, orm_error *error);
void orm__connection_free(orm_connection *connection);

/* Shows a new one to the hook for such, whose status it returns. What that leaves open is rolled back. */
orm_status orm__connection_greet(orm_connection *connection);

/* From now on many fibers read by it at once; see driver.h. */
orm_status orm__connection_share(orm_connection *connection, orm_error *error);

/* Around what has no status to tell a cancel by: orm_waiter's `shield`. */
void orm__connection_shield(const orm_connection *connection, bool on);
/* Makes it as new for the next holder: rolls back, clears errors. A broken connection cannot be mended: false.
 * Shielded. */
bool orm__connection_reset(orm_connection *connection);
/* Statements carry these tags, names and values ended by NULL, and those of the engine, from now on. NULL: only the
 * engine's. */
orm_status orm__connection_tag(orm_connection *connection, const char *const *tags);
/* Whether an idle one still seems alive; costs no round trip. */
bool orm__connection_usable(orm_connection *connection);
/* The same by a round trip; what came in its way is in connection->error. */
bool orm__connection_ping(orm_connection *connection);
/* In a child of the process that made it: it is lost there, and nothing reaches the database. */
void orm__connection_abandon(orm_connection *connection);

/* How a transaction begins on this database. A borrowed constant. */
const char *orm__begin_text(const orm_connection *connection, orm_isolation isolation, bool read_only);
/* Begins with `begin` ("BEGIN", "BEGIN ISOLATION LEVEL ..."; a constant). On PostgreSQL it rides with the next
 * statement. */
orm_status orm__connection_begin(orm_connection *connection, const char *begin);
/* What must stand before a statement: on SQLite a write ends a transaction that only read and begins one that may
 * write. */
orm_status orm__connection_prepare_write(orm_connection *connection);
/* ORM_MISUSE while rows of another statement are open. */
orm_status orm__connection_is_free(orm_connection *connection);
/* What orm_connection_commit and _rollback do, on a session's connection too. */
orm_status orm__connection_commit(orm_connection *connection);
orm_status orm__connection_rollback(orm_connection *connection);
/* SQL by hand that has no parameters. */
orm_status orm__connection_run(orm_connection *connection, const char *sql, size_t *rows);
/* A statement of no parameters and no rows. */
orm_status orm__connection_control(orm_connection *connection, orm_statement_kind kind, const char *sql, size_t *rows);
/* Tells the hooks of the BEGIN that went ahead of a statement, which has that status and of which they are told
 * next. */
void orm__connection_tell_begin(orm_connection *connection, const char *begin, orm_status status);
/* Tells the hooks of the COMMIT that went with the statement that they were told of last, if one did. */
void orm__connection_tell_ride(orm_connection *connection, orm_status status);
/* Remembers what a failed statement means for the transaction and the link; returns the status, error already filled
 * in. */
orm_status orm__connection_failed(orm_connection *connection);
void orm__connection_tell(orm_connection *connection, orm_statement_kind kind, const char *sql, const char *table,
                          size_t rows, orm_status status);

#endif
