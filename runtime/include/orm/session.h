/* orm/session.h -- the ORM: entities, the identity map and the unit of work.
 *
 * A session holds one connection while it is in a transaction. It hands out const entities: one pointer for each row,
 * however often it is found. Writing goes through the generated setters; nothing is sent before the next flush (commit,
 * or a query when autoflush is on). The typed functions (blog_post_add, _get, _find, _set_title, ...) are generated.
 *
 * Ownership: an entity is borrowed until the session is cleared or closed; a string in it until that column is set,
 * refreshed or rolled back; a list until the transaction ends or orm_list_release.
 *
 * Errors stick: when an add, set, delete or relation change fails, the next flush fails with that error, until
 * orm_session_clear_error or orm_session_rollback. So a status that nobody looked at never loses data silently.
 *
 * Keys may change: an entity whose key was set is got by its old one until the flush has written it. What refers to it
 * by a relation of `on_update: cascade` has the new key from then on, its own key included where that is made of it; by
 * one of `set_null` it refers to nothing. Where a relation follows no key the flush is ORM_CONSTRAINT (SQLSTATE 23503)
 * as long as rows refer to the old one: before anything is sent when the session holds one of them, else when the
 * database refuses.
 *
 * A session belongs to one thread at a time.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SESSION_H
#define ORM_SESSION_H

#include "orm/connection.h"
#include "orm/engine.h"
#include "orm/expression.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct orm_session orm_session;

/* What an accessor does when its relation is not loaded. */
typedef enum orm_lazy {
    ORM_LAZY_BATCH, /* load it for every entity of the result that brought this one */
    ORM_LAZY_ONE,   /* load it for this one */
    ORM_LAZY_RAISE  /* ORM_NOT_LOADED */
} orm_lazy;

/* Hooks. Those of a model are made by its generated _on: blog_post_on(&(blog_post_hooks){.before_insert = slugify}),
 * and get the session and the const entity; they write by setters, may add and delete other entities, and may read.
 * The before hooks are called at the beginning of a flush, once for each entity that it will write, before anything
 * is validated or sent; the after hooks when all of it was sent, and what they change belongs to the next flush (a
 * commit flushes until nothing is left). What the database deletes by ON DELETE has no hooks. A before hook that
 * fails stops the flush, of which nothing was sent then; after one that fails the session wants a rollback. commit,
 * rollback and savepoints inside a flush's hooks are ORM_MISUSE. */
typedef enum orm_event {
    ORM_BEFORE_INSERT,
    ORM_AFTER_INSERT,
    ORM_BEFORE_UPDATE,
    ORM_AFTER_UPDATE,
    ORM_BEFORE_DELETE,
    ORM_AFTER_DELETE
} orm_event;
typedef struct orm_model_hooks {
    const orm_model *model;
    orm_status (*call)(orm_session *session, orm_event event, const void *entity, const void *hooks);
    const void *hooks; /* the generated struct, borrowed */
} orm_model_hooks;
typedef struct orm_session_hooks {
    orm_status (*before_flush)(orm_session *session, void *context); /* when there is something to flush */
    void (*after_commit)(orm_session *session, void *context);       /* the session is ready for its next transaction */
    void (*after_rollback)(orm_session *session, void *context);     /* by orm_session_rollback of the whole */
    void *context;
    const orm_model_hooks *models;
    size_t model_count;
} orm_session_hooks;

/* How sessions are made; zero is the default of each but the engine. */
typedef struct orm_session_factory {
    orm_engine *engine;
    bool no_autoflush;     /* queries do not flush first */
    bool expire_on_commit; /* a commit marks every entity expired */
    orm_lazy lazy;
    /* Any write is ORM_MISUSE, and the transaction is READ ONLY on PostgreSQL; replicas serve it, if the engine has
     * some: each transaction may have another. */
    bool read_only;
    orm_isolation isolation; /* ORM_ISOLATION_DEFAULT: the engine's */
    /* "route", "/posts", ..., NULL: beside those of the engine. Statements are prepared once for each comment, so
     * let tags name places in the program, not requests. Borrowed until the close. */
    const char *const *tags;
    const orm_session_hooks *hooks; /* borrowed as long as a session made by this is open */
} orm_session_factory;

/* Owned: close `*session` with orm_session_close. The factory is copied. No connection is taken yet. */
ORM_API orm_status orm_session_open(const orm_session_factory *factory, orm_session **session, orm_error *error);
/* The same, told where it is called, as orm_connection_open_at. */
ORM_API orm_status orm_session_open_at(const char *file, int line, const orm_session_factory *factory,
                                       orm_session **session, orm_error *error);
#if !defined(NDEBUG) && !defined(ORM_NO_PLACES)
#define orm_session_open(...) orm_session_open_at(__FILE__, __LINE__, __VA_ARGS__)
#endif
/* Rolls back what was not committed, frees every entity, gives the connection back. NULL does nothing. */
ORM_API void orm_session_close(orm_session *session);

/* Writes everything that changed: inserts parents first, updates, deletes children first; many rows to a statement.
 * Begins a transaction when none is open and there is something to write; an empty flush sends nothing. A failed
 * flush has written nothing that a commit could keep: the session answers ORM_ROLLBACK_FIRST until it is rolled
 * back. */
ORM_API orm_status orm_session_flush(orm_session *session);
/* Flushes, then commits. Entities stay, with their values. On PostgreSQL COMMIT goes with the last statement where
 * that is an INSERT or the UPDATE of one row, and no hook may follow it. ORM_IN_DOUBT: COMMIT was sent, and its
 * answer, or that of what went with it, was not heard; look into the database whether it was done. */
ORM_API orm_status orm_session_commit(orm_session *session);
/* Undoes the transaction: pending entities leave the session, deleted ones return, changed columns get their old
 * values back and the entity is expired: its next get, find or refresh reads it anew. Where something was written
 * all entities are, since any may have been read as it no longer is. A value that is set on an expired entity is
 * written, equal or not. */
ORM_API orm_status orm_session_rollback(orm_session *session);
/* Begins now what would begin at the first write. */
ORM_API orm_status orm_session_begin(orm_session *session);

/* Savepoints, to any depth: begin_nested flushes and sets one; commit_nested flushes and gives up the innermost, its
 * changes becoming the outer one's; rollback_nested undoes what came since the innermost, on entities too, and gives
 * it up. orm_session_commit and orm_session_rollback act on the whole transaction. ORM_MISUSE when none is open. */
ORM_API orm_status orm_session_begin_nested(orm_session *session);
ORM_API orm_status orm_session_commit_nested(orm_session *session);
ORM_API orm_status orm_session_rollback_nested(orm_session *session);

/* Forgets every entity and everything that was not flushed; pointers handed out are then invalid. Inside a hook of a
 * flush it forgets nothing, and the next flush fails with ORM_MISUSE. */
ORM_API void orm_session_clear(orm_session *session);

/* Runs `body` in a session of its own and commits, or rolls back when it fails. After ORM_SERIALIZATION (also
 * deadlock) the whole is tried again in a new session, after a short random wait that doubles; never after
 * ORM_IN_DOUBT. So `body` must do nothing but what a rollback undoes. The status is body's, or the commit's; `error`
 * (may be NULL) tells its story. On SQLite a second try takes the write lock from the start. */
typedef struct orm_transaction_options {
    int attempts;   /* in all: 5; 1: never again */
    int first_wait; /* milliseconds, at most, before the second attempt: 10 */
} orm_transaction_options;
typedef orm_status (*orm_transaction_body)(orm_session *session, void *user);
ORM_API orm_status orm_transaction(const orm_session_factory *factory, orm_transaction_body body, void *user,
                                   const orm_transaction_options *options, orm_error *error);

typedef enum orm_entity_state {
    ORM_DETACHED, /* left its session: rolled back add, expunged; or after a delete was committed */
    ORM_PENDING,  /* added, not flushed */
    ORM_PERSISTENT,
    ORM_DELETED /* deleted in this transaction */
} orm_entity_state;
ORM_API orm_entity_state orm_session_state(const orm_session *session, const void *entity);
/* True for pending and persistent entities of this session. */
ORM_API bool orm_session_contains(const orm_session *session, const void *entity);
/* True when the next flush would write something for this entity. */
ORM_API bool orm_session_is_modified(const orm_session *session, const void *entity);
/* Reads the row again; pending changes of it are lost. ORM_NOT_FOUND when it is gone. */
ORM_API orm_status orm_session_refresh(orm_session *session, const void *entity);
/* Marks the entity to be read anew by its next get, find or accessor; its values stay readable. Pending changes are
 * lost. */
ORM_API orm_status orm_session_expire(orm_session *session, const void *entity);

/* The session forgets the entity and what was changed in it; the row stays. The entity is detached, its values stay
 * readable until the session is cleared or closed. */
ORM_API orm_status orm_session_expunge(orm_session *session, const void *entity);

/* The last failure, or the one that sticks. Borrowed until the next call on the session. */
ORM_API const orm_error *orm_session_error(const orm_session *session);
/* Forgives a failed add, set, delete or relation change. */
ORM_API void orm_session_clear_error(orm_session *session);

/* The session's own connection, for Core calls inside its transaction. Flushes first unless autoflush is off.
 * Borrowed until the transaction ends. NULL on failure: see orm_session_error. */
ORM_API orm_connection *orm_session_connection(orm_session *session);

/* A copy of a condition made of orm_and, orm_or or orm_not, with all values it borrows, that may leave its block.
 * Lives in the session until it is cleared or closed. */
ORM_API orm_expr orm_keep(orm_session *session, orm_expr expression);

/* Rows that come one after the other: what _stream opens and _next reads, as _each does by itself. Some 1,000 rows
 * or 256 KiB are in memory at a time, with what `.load` asks for. On PostgreSQL a server cursor gives them, as of
 * the moment it was opened; it lives in the transaction, which it begins, and after a commit or rollback the stream
 * is ORM_MISUSE. On SQLite each batch is a statement of its own that goes on behind the last key: so it orders by
 * own columns alone (ORM_UNSUPPORTED for orm_via), and sees what was changed meanwhile. Other statements of the
 * session may run in between, streams too. Entities that a batch was the first to bring leave the session with it,
 * unless something changed meanwhile: take copies of what is to last. Lists taken from them stay until the
 * transaction ends, or orm_list_release. What the query points to (the row `after`, texts, lists, `load`) is
 * borrowed until the stream is closed. close: gives back what the stream holds, also before its end. NULL does
 * nothing. */
typedef struct orm_stream orm_stream;
ORM_API void orm_stream_close(orm_stream *stream);

/* Gives back the memory of a list before the transaction ends. Takes the list's `items`. */
ORM_API void orm_list_release(orm_session *session, const void *items);

#ifdef __cplusplus
}
#endif
#endif
