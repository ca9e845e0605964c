/* session/bulk.c -- entities stay true when Core writes rows on the session's own connection.
 *
 * Rows that came back are laid over the entities that have their keys, and a rollback finds them as they were. What the
 * database did beyond these rows (cascades) is not told: entities of models that may be touched are expired.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "session/session.h"
#include "sql/handwritten.h"

#include <string.h>

static orm_status flush(orm_connection *connection);
static bool holds(const orm_session *session, const orm_model *model);
static orm_status take_written(orm_session *session, const orm_model *model, bool deleted);
static orm_status copy_written(orm_session *session, const orm_model *model, const void *row);
static orm_status lay_over(orm_session *session, orm__entity *entity, const void *fresh);
static orm_status mark_deleted(orm_session *session, orm__entity *entity);
static void written(orm_session *session, const orm_model *model, orm__written what);
static void mentioned(orm_session *session, const char *sql);
static void expire_those_that_refer_to(orm_session *session, const orm_model *model, bool keys, unsigned depth);
static void expire_model(orm_session *session, orm__store *store);
static void forget_relations(orm_session *session, const orm_model *model);
static bool leads_to(const orm_relation *relation, const orm_model *model);

const orm__listener orm__session_listener = {
    .flush = flush,
    .holds = holds,
    .row = take_written,
    .copy = copy_written,
    .written = written,
    .mentioned = mentioned,
};

static orm_status flush(orm_connection *connection)
{
    orm_session *session = connection->session;
    if (session->flushing)
        return ORM_OK;
    orm_status status = orm__session_autoflush(session);
    if (!status)
        status = orm__session_write(session);
    if (status)
        connection->error = session->error;
    return status;
}

static orm__store *known_store(const orm_session *session, const orm_model *model)
{
    for (orm__store *store = session->store_list; store; store = store->next)
        if (store->model == model)
            return store;
    return NULL;
}

static bool holds(const orm_session *session, const orm_model *model)
{
    const orm__store *store = known_store(session, model);
    return store && store->mapped > 0;
}

/* Read where a new entity would stand, which it becomes not. */
static orm_status take_written(orm_session *session, const orm_model *model, bool deleted)
{
    orm_connection *c = session->connection;
    orm__store *store = known_store(session, model);
    orm__entity *place = store ? orm__store_next(store) : NULL;
    if (!place)
        return orm__error_no_memory(&c->error);
    void *row = orm__row_of(place);
    ORM_TRY(c->driver->read(c->link, store->columns, store->column_count, 0, row, &session->arena, &c->error));
    orm__entity *entity = orm__identity_find_row(store, model->primary_key, row);
    orm_status status = ORM_OK;
    if (entity && !deleted && entity->state != ORM__PENDING)
        return lay_over(session, entity, row);
    if (entity && deleted)
        status = mark_deleted(session, entity);
    orm__entity_recycle_texts(session, model, row, NULL);
    return status;
}

static orm_status copy_written(orm_session *session, const orm_model *model, const void *row)
{
    orm__store *store = known_store(session, model);
    orm__entity *entity = store && model->primary_key_count > 0 ? orm__identity_find_row(store, model->primary_key, row)
                                                                : NULL;
    if (!entity || entity->state == ORM__PENDING)
        return ORM_OK;
    orm__entity *place = orm__store_next(store);
    if (!place)
        return orm__error_no_memory(&session->connection->error);
    memcpy(orm__row_of(place), row, model->row_size);
    for (size_t i = 0; i < model->column_count; i++)
        if (!orm__member_keep(&model->columns[i], orm__row_of(place), &session->arena))
            return orm__error_no_memory(&session->connection->error);
    return lay_over(session, entity, orm__row_of(place));
}

static orm_status lay_over(orm_session *session, orm__entity *entity, const void *fresh)
{
    orm_status status = orm__entity_remember(session, entity);
    if (status) {
        session->connection->error = session->error;
        return status;
    }
    orm__entity_merge(session, entity, fresh);
    entity->flags |= ORM__WRITTEN;
    return ORM_OK;
}

static orm_status mark_deleted(orm_session *session, orm__entity *entity)
{
    if (entity->state != ORM__PERSISTENT && entity->state != ORM__DELETING)
        return ORM_OK;
    orm_status status = orm__entity_touch(session, entity);
    if (status) {
        session->connection->error = session->error;
        return status;
    }
    orm__identity_remove(entity->batch->store, entity);
    entity->state = ORM__DELETED;
    entity->flags |= ORM__EXPIRED;
    return ORM_OK;
}

static void written(orm_session *session, const orm_model *model, orm__written what)
{
    orm__store *store = known_store(session, model);
    session->behind++;
    if (what == ORM__KEYS_CHANGED && store)
        expire_model(session, store);
    if (what != ORM__ROWS_CHANGED)
        expire_those_that_refer_to(session, model, what == ORM__KEYS_CHANGED, 0);
    forget_relations(session, model);
}

/* SQL by hand: whatever it names it may have written. */
static void mentioned(orm_session *session, const char *sql)
{
    orm_dialect dialect = session->connection->dialect;
    session->behind++;
    for (orm__store *store = session->store_list; store; store = store->next) {
        const orm_model *model = store->model;
        bool other = dialect == ORM_SQLITE && model->sqlite_table;
        if (orm__handwritten_mentions(sql, dialect, other ? model->sqlite_table : model->table))
            written(session, model, ORM__KEYS_CHANGED);
    }
}

/* What ON DELETE, or ON UPDATE of a key, may have reached. Depth ends cycles: no chain is longer than there are
 * models. */
static void expire_those_that_refer_to(orm_session *session, const orm_model *model, bool keys, unsigned depth)
{
    for (orm__store *store = session->store_list; store && depth < model->schema->model_count; store = store->next)
        for (size_t i = 0; i < store->model->relation_count; i++) {
            const orm_relation *relation = &store->model->relations[i];
            bool follows = orm__follows_delete(relation) || (keys && orm__follows_update(relation));
            if (!relation->owning || relation->target != model || !follows)
                continue;
            expire_model(session, store);
            forget_relations(session, store->model);
            bool cascades = relation->on_delete == ORM_ON_DELETE_CASCADE ||
                            (keys && relation->on_update == ORM_ON_UPDATE_CASCADE);
            if (cascades && store->model != model)
                expire_those_that_refer_to(session, store->model, keys, depth + 1);
        }
}

/* Values stay readable; the next get, find or accessor reads the row, and a rollback has it read again. Pending changes
 * stay. */
static void expire_model(orm_session *session, orm__store *store)
{
    for (uint32_t number = 1; number <= store->used; number++) {
        orm__entity *entity = orm__store_at(store, number);
        if (entity->state != ORM__PERSISTENT || entity->flags & ORM__QUEUED)
            continue;
        orm_status status = orm__entity_remember(session, entity);
        if (status)
            orm__session_stick(session, status);
        entity->flags |= ORM__EXPIRED | ORM__WRITTEN;
    }
}

/* Who belongs where may have changed: relations from and to the model are loaded anew when asked for. */
static void forget_relations(orm_session *session, const orm_model *model)
{
    for (orm__store *store = session->store_list; store; store = store->next)
        for (size_t i = 0; i < store->model->relation_count; i++) {
            const orm_relation *relation = &store->model->relations[i];
            if (!leads_to(relation, model))
                continue;
            for (uint32_t number = 1; number <= store->used; number++) {
                orm__entity *entity = orm__store_at(store, number);
                if (entity->slots && entity->state == ORM__PERSISTENT && !(entity->flags & ORM__QUEUED))
                    entity->slots[i].loaded = false;
            }
        }
}

static bool leads_to(const orm_relation *relation, const orm_model *model)
{
    if (relation->target == model || relation->model == model)
        return true;
    return relation->kind == ORM_MANY_TO_MANY && relation->through_source->model == model;
}
