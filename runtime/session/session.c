/* session/session.c -- the life of a session: its connection, its transaction, what commit and rollback do to entities.
 * SPDX-License-Identifier: MIT */
#include "session/session.h"

#include "base/error.h"
#include "base/value.h"
#include "driver/wait.h"
#include "engine/engine.h"
#include "sql/expression.h"
#include "sql/rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FLUSHES = 100 }; /* that one commit makes because of hooks; SQLAlchemy's number */

static orm_status hold_connection(orm_session *session);
static orm_status acquire(orm_session *session);
static void give_back(orm_session *session);
static orm_status write_what_was_read(orm_session *session);
static orm_status ask_data_version(orm_connection *connection, int64_t *version);
static const char *begin_text(const orm_session *session);
static orm_status flush_all(orm_session *session, const char *what);
static orm_status outside_flush(orm_session *session, const char *what);
static orm_status savepoint(orm_session *session, const char *verb);
static bool in_savepoint(orm_session *session, const char *what);
static void end_transaction(orm_session *session);
static void tell(const orm_session *session, orm_status status, orm_error *error);
static void forget_queue(orm_session *session);
static void next_generation(orm_session *session);
static void expire_all(orm_session *session);
static void expire(orm_session *session, orm__entity *entity);
static void distrust_all(orm_session *session);
static void forget_moves(orm_session *session, orm__entity *entity);
static void free_stores(orm_session *session);
static void free_log(orm_session *session);

orm_status(orm_session_open)(const orm_session_factory *factory, orm_session **session, orm_error *error)
{
    return orm_session_open_at(NULL, 0, factory, session, error);
}

orm_status orm_session_open_at(const char *file, int line, const orm_session_factory *factory, orm_session **session,
                               orm_error *error)
{
    *session = NULL;
    if (!factory || !factory->engine)
        return orm__error_set(error, ORM_MISUSE, "orm_session_open: the factory has no engine");
    orm_session *made = malloc(sizeof *made);
    if (!made)
        return orm__error_no_memory(error);
    memset(made, 0, offsetof(orm_session, room));
    orm__arena_init_at(&made->arena, made->room, sizeof made->room);
    orm__error_clear(&made->error);
    orm__error_clear(&made->sticky);
    made->factory = *factory;
    if (!made->factory.isolation)
        made->factory.isolation = orm__engine_isolation(factory->engine);
    made->file = file;
    made->line = line;
    *session = made;
    return ORM_OK;
}

void orm_session_close(orm_session *session)
{
    if (!session)
        return;
    end_transaction(session);
    give_back(session);
    free_stores(session);
    free_log(session);
    orm__patterns_release(&session->patterns);
    orm__arena_release(&session->arena);
    free(session);
}

void orm_session_clear(orm_session *session)
{
    if (outside_flush(session, "clear")) {
        orm__session_stick(session, ORM_MISUSE);
        return;
    }
    session->cleared++;
    free_stores(session);
    session->stores = NULL;
    session->schema = NULL;
    free_log(session);
    orm__arena_release(&session->arena);
    orm__arena_init_at(&session->arena, session->room, sizeof session->room);
}

static void free_log(orm_session *session)
{
    free(session->changed.items);
    free(session->undo.records);
    free(session->old_keys.items);
    memset(&session->changed, 0, sizeof session->changed);
    memset(&session->undo, 0, sizeof session->undo);
    memset(&session->old_keys, 0, sizeof session->old_keys);
}

static void free_stores(orm_session *session)
{
    for (orm__store *store = session->store_list; store; store = store->next)
        orm__store_release(store);
    session->store_list = NULL;
}

/* --- the connection and its transaction --- */

static orm_status hold_connection(orm_session *session)
{
    if (session->failed || (session->connection && session->connection->failed))
        return orm__session_error(session, ORM_ROLLBACK_FIRST, "the transaction failed: roll the session back first");
    if (session->connection && session->connection->broken && session->connection->transaction == ORM__NO_TRANSACTION)
        give_back(session);
    if (session->connection)
        return ORM_OK;
    ORM_TRY(acquire(session));
    if (session->factory.tags) {
        session->connection->tagged = true;
        orm_status status = orm__connection_tag(session->connection, session->factory.tags);
        if (status) {
            give_back(session);
            return orm__session_no_memory(session);
        }
    }
    session->connection->session = session;
    session->connection->listener = &orm__session_listener;
    return ORM_OK;
}

/* A replica knows no serializable transactions. */
static orm_status acquire(orm_session *session)
{
    const orm_session_factory *factory = &session->factory;
    bool reading = factory->read_only && factory->isolation != ORM_SERIALIZABLE;
    return (reading ? orm__engine_acquire_reading : orm__engine_acquire)(factory->engine, session->file, session->line,
                                                                         &session->connection, &session->error);
}

static void give_back(orm_session *session)
{
    orm__engine_give_back(session->connection);
    session->connection = NULL;
}

orm_status orm__session_read(orm_session *session)
{
    ORM_TRY(hold_connection(session));
    orm_connection *c = session->connection;
    if (c->transaction != ORM__NO_TRANSACTION)
        return ORM_OK;
    orm_status status = ORM_OK;
    if (session->immediate)
        return orm__session_write(session);
    if (c->memory) /* without WAL a reader would hold up every writer */
        return ORM_OK;
    if (c->dialect == ORM_SQLITE) {
        status = orm__connection_control(c, ORM_STATEMENT_TRANSACTION, "BEGIN", NULL);
        if (!status)
            c->transaction = ORM__READING;
    } else if (session->factory.isolation >= ORM_REPEATABLE_READ) {
        status = orm__connection_begin(c, begin_text(session));
    }
    return status ? orm__session_failed(session, status) : ORM_OK;
}

orm_status orm__session_begin_get(orm_session *session)
{
    ORM_TRY(orm__session_share(session));
    return session->connection && session->connection->shared ? ORM_OK : orm__session_read(session);
}

orm_status orm__session_share(orm_session *session)
{
    const orm_session_factory *factory = &session->factory;
    if (session->connection || session->failed || session->immediate || factory->tags ||
        factory->isolation >= ORM_REPEATABLE_READ)
        return ORM_OK;
    return (factory->read_only ? orm__engine_share_reading : orm__engine_share)(factory->engine, &session->connection,
                                                                                &session->error);
}

void orm__session_end_get(orm_session *session)
{
    if (!session->connection->shared)
        return;
    orm__engine_unshare(session->factory.engine, session->connection);
    session->connection = NULL;
}

orm_status orm__session_write(orm_session *session)
{
    ORM_TRY(hold_connection(session));
    orm_connection *c = session->connection;
    orm_status status = ORM_OK;
    if (c->transaction == ORM__READING)
        status = session->factory.isolation == ORM_SERIALIZABLE ? write_what_was_read(session)
                                                                : orm__connection_prepare_write(c);
    else if (c->transaction == ORM__NO_TRANSACTION)
        status = orm__connection_begin(c, begin_text(session));
    return status ? orm__session_failed(session, status) : ORM_OK;
}

/* SQLite's transaction that read ends, and one that may write begins: nobody may have written in between. */
static orm_status write_what_was_read(orm_session *session)
{
    orm_connection *c = session->connection;
    int64_t before, after;
    ORM_TRY(ask_data_version(c, &before));
    ORM_TRY(orm__connection_prepare_write(c));
    ORM_TRY(ask_data_version(c, &after));
    if (before == after)
        return ORM_OK;
    orm__error_set(&c->error, ORM_SERIALIZATION, "what this transaction has read was changed by another");
    ORM__ERROR_COPY(c->error.sqlstate, "40001");
    return orm__connection_failed(c);
}

static orm_status ask_data_version(orm_connection *connection, int64_t *version)
{
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_text(&sql, "PRAGMA data_version");
    orm_status status = orm__ask_integer(&sql, "", version);
    orm__sql_release(&sql);
    return status;
}

/* On SQLite the lock is that of the whole database. Refused, it is a failed statement of a transaction on both
 * databases. */
orm_status orm__session_lock(orm_session *session, orm_lock lock)
{
    ORM_TRY(hold_connection(session));
    orm_connection *c = session->connection;
    bool at_once = c->dialect == ORM_SQLITE && lock == ORM_FOR_UPDATE_NOWAIT;
    if (at_once)
        c->link->deadline = orm__deadline_in(0);
    orm_status status = orm__session_write(session);
    if (at_once)
        c->link->deadline = 0;
    session->failed |= status == ORM_TIMEOUT;
    return status;
}

static const char *begin_text(const orm_session *session)
{
    return orm__begin_text(session->connection, session->factory.isolation, session->factory.read_only);
}

orm_status orm_session_begin(orm_session *session)
{
    return orm__session_write(session);
}

orm_status orm__session_autoflush(orm_session *session)
{
    return session->factory.no_autoflush || session->changed.count == 0 ? ORM_OK : orm_session_flush(session);
}

orm_status orm_session_flush(orm_session *session)
{
    if (session->sticky.status) {
        session->error = session->sticky;
        return session->error.status;
    }
    if (session->failed || (session->connection && session->connection->failed))
        return hold_connection(session);
    return orm__flush(session);
}

/* Hooks may have changed something more after a flush. */
static orm_status flush_all(orm_session *session, const char *what)
{
    ORM_TRY(outside_flush(session, what));
    ORM_TRY(orm_session_flush(session));
    for (int again = 0; session->changed.count > 0; again++) {
        if (again == MOST_FLUSHES)
            return orm__session_error(session, ORM_MISUSE, "%s: after %d flushes hooks still change something", what,
                                      MOST_FLUSHES);
        ORM_TRY(orm_session_flush(session));
    }
    return ORM_OK;
}

static orm_status outside_flush(orm_session *session, const char *what)
{
    return session->flushing ? orm__session_error(session, ORM_MISUSE, "%s inside a hook of a flush", what) : ORM_OK;
}

orm_status orm_session_commit(orm_session *session)
{
    session->committing = true;
    orm_status status = flush_all(session, "commit");
    session->committing = false;
    ORM_TRY(status);
    if (session->connection) {
        status = orm__connection_commit(session->connection);
        if (status) {
            session->failed = true;
            return orm__session_failed(session, status);
        }
    }
    orm__undo_settle(session);
    session->level = 0;
    end_transaction(session);
    give_back(session);
    if (session->factory.expire_on_commit)
        expire_all(session);
    orm__hooks_after_transaction(session, true);
    return ORM_OK;
}

orm_status orm_session_rollback(orm_session *session)
{
    ORM_TRY(outside_flush(session, "rollback"));
    orm_status status = ORM_OK;
    if (session->connection) {
        status = orm__connection_rollback(session->connection);
        if (status)
            orm__session_failed(session, status);
    }
    session->level = 0;
    forget_queue(session);
    orm__undo_level(session);
    next_generation(session);
    distrust_all(session);
    end_transaction(session);
    give_back(session);
    orm_session_clear_error(session);
    session->failed = false;
    orm__hooks_after_transaction(session, false);
    return status;
}

/* --- savepoints --- */

orm_status orm_session_begin_nested(orm_session *session)
{
    ORM_TRY(flush_all(session, "savepoint"));
    if (session->level == UINT16_MAX)
        return orm__session_error(session, ORM_MISUSE, "more than %d savepoints", UINT16_MAX);
    ORM_TRY(orm__session_write(session));
    session->level++;
    orm_status status = savepoint(session, "SAVEPOINT");
    if (status)
        session->level--;
    return status;
}

orm_status orm_session_commit_nested(orm_session *session)
{
    if (!in_savepoint(session, "commit"))
        return ORM_MISUSE;
    ORM_TRY(flush_all(session, "commit of a savepoint"));
    ORM_TRY(savepoint(session, "RELEASE SAVEPOINT"));
    orm__undo_merge(session);
    session->wrote = session->wrote > session->level ? session->level : session->wrote;
    session->level--;
    return ORM_OK;
}

orm_status orm_session_rollback_nested(orm_session *session)
{
    ORM_TRY(outside_flush(session, "rollback of a savepoint"));
    if (!in_savepoint(session, "rollback"))
        return ORM_MISUSE;
    ORM_TRY(savepoint(session, "ROLLBACK TO SAVEPOINT"));
    session->connection->failed = false;
    session->failed = false;
    ORM_TRY(savepoint(session, "RELEASE SAVEPOINT"));
    forget_queue(session);
    orm__undo_level(session);
    next_generation(session);
    distrust_all(session);
    if (session->sticky_level >= session->level)
        orm_session_clear_error(session);
    session->level--;
    return ORM_OK;
}

static orm_status savepoint(orm_session *session, const char *verb)
{
    char sql[64];
    snprintf(sql, sizeof sql, "%s orm_%d", verb, session->level);
    orm_status status = orm__connection_control(session->connection, ORM_STATEMENT_TRANSACTION, sql, NULL);
    return status ? orm__session_failed(session, status) : ORM_OK;
}

static bool in_savepoint(orm_session *session, const char *what)
{
    if (session->level > 0 && session->connection)
        return true;
    orm__session_error(session, ORM_MISUSE, "%s of a savepoint: none is open", what);
    return false;
}

static void forget_queue(orm_session *session)
{
    for (size_t i = 0; i < session->changed.count; i++) {
        orm__entity *entity = session->changed.items[i];
        entity->flags &= (uint8_t)~ORM__QUEUED;
        if (entity->state == ORM__PERSISTENT && (orm__mask_words(orm__model_of(entity)) == 1 || entity->dirty.words))
            memset(orm__entity_dirty(entity), 0, orm__mask_words(orm__model_of(entity)) * sizeof(uint64_t));
    }
    session->changed.count = 0;
}

/* What is undone may have been read, too: rows that are not there any more, values of triggers, of SQL by hand. */
static void distrust_all(orm_session *session)
{
    if (!session->lent && session->wrote <= session->level)
        return;
    for (orm__store *store = session->store_list; store; store = store->next)
        for (uint32_t number = 1; number <= store->used; number++) {
            orm__entity *entity = orm__store_at(store, number);
            if (entity->state == ORM__PERSISTENT)
                entity->flags |= ORM__EXPIRED;
        }
    session->wrote = session->level;
}

static void end_transaction(orm_session *session)
{
    session->ended++;
    session->wrote = 0;
    session->lent = false;
    while (session->lists) {
        orm__list_block *block = session->lists;
        session->lists = block->next;
        free(block);
    }
}

/* What slots hold counts as not loaded from now on. Where the count begins anew, they are told one by one. */
static void next_generation(orm_session *session)
{
    if (++session->generation != 0)
        return;
    for (orm__store *store = session->store_list; store; store = store->next)
        for (uint32_t number = 1; number <= store->used; number++) {
            orm__entity *entity = orm__store_at(store, number);
            for (size_t i = 0; entity->slots && i < store->model->relation_count; i++)
                entity->slots[i].loaded = false;
            entity->generation = 0;
        }
}

static void expire_all(orm_session *session)
{
    for (orm__store *store = session->store_list; store; store = store->next)
        for (uint32_t number = 1; number <= store->used; number++)
            expire(session, orm__store_at(store, number));
}

/* --- looking at entities --- */

orm_entity_state orm_session_state(const orm_session *session, const void *row)
{
    const orm__entity *entity = row ? orm__entity_of(row) : NULL;
    if (!entity || entity->batch->store->session != session)
        return ORM_DETACHED;
    switch ((orm__state)entity->state) {
    case ORM__PENDING:
        return ORM_PENDING;
    case ORM__PERSISTENT:
        return ORM_PERSISTENT;
    case ORM__DELETING:
    case ORM__DELETED:
        return ORM_DELETED;
    case ORM__DETACHED:
    case ORM__EXPUNGED:
    case ORM__LEAVING:
        break;
    }
    return ORM_DETACHED;
}

bool orm_session_contains(const orm_session *session, const void *row)
{
    orm_entity_state state = orm_session_state(session, row);
    return state == ORM_PENDING || state == ORM_PERSISTENT;
}

bool orm_session_is_modified(const orm_session *session, const void *row)
{
    orm__entity *entity = row ? orm__entity_of(row) : NULL;
    if (!entity || entity->batch->store->session != session || !(entity->flags & ORM__QUEUED))
        return false;
    if (entity->state != ORM__PERSISTENT)
        return entity->state == ORM__PENDING || entity->state == ORM__DELETING;
    const orm_model *model = orm__model_of(entity);
    return (orm__mask_words(model) == 1 || entity->dirty.words) && !orm__mask_empty(model, orm__entity_dirty(entity));
}

orm_status orm_session_refresh(orm_session *session, const void *row)
{
    ORM_TRY(orm_session_expire(session, row));
    return orm__entity_reload(session, orm__entity_of(row));
}

orm_status orm_session_expire(orm_session *session, const void *row)
{
    orm__entity *entity;
    ORM_TRY(orm__entity_given(session, row, "expire", &entity));
    if (entity->state != ORM__PERSISTENT)
        return orm__session_error(session, ORM_MISUSE, "expire: the '%s' is pending, there is no row to read",
                                  orm__model_of(entity)->name);
    expire(session, entity);
    return ORM_OK;
}

static void expire(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    if (entity->state != ORM__PERSISTENT)
        return;
    if (entity->flags & ORM__QUEUED)
        forget_moves(session, entity);
    if (entity->flags & ORM__KEY_CHANGED) { /* the key that is known is the row's own again */
        void *known = orm__old_key_row(entity);
        for (size_t i = 0; i < model->primary_key_count; i++)
            orm__entity_put_back(session, entity, model->primary_key[i], known);
        orm__old_key_forget(session, entity);
    }
    if (orm__mask_words(model) == 1 || entity->dirty.words)
        memset(orm__entity_dirty(entity), 0, orm__mask_words(model) * sizeof(uint64_t));
    for (size_t i = 0; entity->slots && i < model->relation_count; i++)
        entity->slots[i].loaded = false;
    entity->flags |= ORM__EXPIRED;
}

/* It is where the database has it again: those that it moved between load their collections anew. */
static void forget_moves(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; i < model->relation_count; i++) {
        const orm_relation *relation = &model->relations[i];
        if (!relation->owning || !relation->inverse || !orm__relation_is_changed(entity, relation))
            continue;
        const orm__store *store = orm__store_of(session, relation->target);
        orm__entity *held = store ? orm__identity_find_row(store, relation->columns, orm__held_row(session, entity))
                                  : NULL;
        orm__slot *slot = held ? orm__entity_loaded(held, relation->inverse) : NULL;
        if (slot)
            slot->loaded = false;
        orm__relation_forget(session, relation, entity);
    }
}

orm_status orm_session_expunge(orm_session *session, const void *row)
{
    orm__entity *entity;
    ORM_TRY(orm__entity_given(session, row, "expunge", &entity));
    orm__relations_forget(session, entity);
    orm__key_leave(entity);
    orm__old_key_forget(session, entity);
    entity->state = ORM__EXPUNGED;
    return ORM_OK;
}

/* --- whole transactions --- */

orm_status orm_transaction(const orm_session_factory *factory, orm_transaction_body body, void *user,
                           const orm_transaction_options *options, orm_error *error)
{
    int attempts = options && options->attempts ? options->attempts : 5;
    int64_t most = (options && options->first_wait ? options->first_wait : 10) * INT64_C(1000);
    for (int attempt = 1;; attempt++, most *= 2) {
        orm_session *session;
        ORM_TRY(orm_session_open_at(NULL, 0, factory, &session, error));
        session->immediate = attempt > 1 && strcmp(orm_engine_database(factory->engine), "sqlite") == 0;
        orm_status status = body(session, user);
        if (!status)
            status = orm_session_commit(session);
        if (status && error)
            tell(session, status, error);
        uint64_t chance = orm__value_hash(
            orm_of_int64((int64_t)(uintptr_t)session ^ orm_timestamptz_now().microseconds));
        orm_session_close(session);
        if (status != ORM_SERIALIZATION || attempt >= attempts)
            return status;
        status = orm__engine_sleep(factory->engine, (int64_t)(chance % (uint64_t)most));
        if (status)
            return orm__error_set(error, status, "the wait before another attempt was given up: %s",
                                  orm_status_text(status));
    }
}

/* The session's story. A status of the body's own, and an answer like ORM_NOT_FOUND, have none but their text. */
static void tell(const orm_session *session, orm_status status, orm_error *error)
{
    const orm_error *last = orm_session_error(session);
    if (last->status == status && last->message[0])
        *error = *last;
    else if (last->message[0])
        orm__error_set(error, status, "%s (before that: %s)", orm_status_text(status), last->message);
    else
        orm__error_set(error, status, "%s", orm_status_text(status));
}

orm_connection *orm_session_connection(orm_session *session)
{
    orm_status status = orm__session_autoflush(session);
    if (!status)
        status = orm__session_write(session);
    session->lent |= !status;
    return status ? NULL : session->connection;
}

orm_expr orm_keep(orm_session *session, orm_expr expression)
{
    if (!orm__expression_keep(&session->arena, &expression)) {
        orm__session_stick(session, orm__session_no_memory(session));
        return (orm_expr){.op = ORM_OP_END}; /* no query takes it: nothing runs without its condition */
    }
    return expression;
}

/* --- errors --- */

const orm_error *orm_session_error(const orm_session *session)
{
    return &session->error;
}

void orm_session_clear_error(orm_session *session)
{
    orm__error_clear(&session->sticky);
}

orm_status orm__session_failed(orm_session *session, orm_status status)
{
    session->error = session->connection->error;
    session->error.status = status;
    return status;
}

orm_status orm__session_error(orm_session *session, orm_status status, const char *format, ...)
{
    char message[sizeof session->error.message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return orm__error_set(&session->error, status, "%s", message);
}

orm_status orm__session_no_memory(orm_session *session)
{
    return orm__error_no_memory(&session->error);
}

orm_status orm__session_stick(orm_session *session, orm_status status)
{
    if (!session->sticky.status) {
        session->sticky = session->error;
        session->sticky_level = session->level;
    }
    return status;
}

/* --- lists --- */

const void **orm__list_new(orm_session *session, size_t count)
{
    orm__list_block *block = malloc(sizeof *block + count * sizeof *block->items);
    if (!block)
        return NULL;
    block->previous = NULL;
    block->next = session->lists;
    if (block->next)
        block->next->previous = block;
    session->lists = block;
    return block->items;
}

void orm_list_release(orm_session *session, const void *items)
{
    if (!items)
        return;
    orm__list_block *block = (orm__list_block *)(void *)((char *)(uintptr_t)items - offsetof(orm__list_block, items));
    if (block->previous)
        block->previous->next = block->next;
    else
        session->lists = block->next;
    if (block->next)
        block->next->previous = block->previous;
    free(block);
}

bool orm__entities_add(orm__entities *entities, orm__entity *entity)
{
    if (entities->count == entities->capacity) {
        size_t capacity = entities->capacity ? entities->capacity * 2 : 16;
        orm__entity **items = realloc(entities->items, capacity * sizeof *items);
        if (!items)
            return false;
        entities->items = items;
        entities->capacity = capacity;
    }
    entities->items[entities->count++] = entity;
    return true;
}
