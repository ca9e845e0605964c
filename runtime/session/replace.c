/* session/replace.c -- a row that is deleted, and another that is added with its key: in the database that is one
 * UPDATE.
 *
 * The pending entity takes the key in the identity map and refers to the one before it; that one gets the key back when
 * the pending one leaves. At the flush everything happens as though the old row were deleted first: what refers to it
 * goes the way of its ON DELETE, but for the rows that the session itself deletes or makes refer elsewhere in the same
 * flush. RESTRICT restricts nothing: the key never goes away.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "session/session.h"
#include "sql/write.h"

#include <stdlib.h>
#include <string.h>

static orm_status forsake_model(orm_session *session, const orm_model *model, const void *const *rows, size_t count,
                                orm__entities *deleted);
static orm_status forsake(orm_session *session, const orm_relation *relation, const void *const *rows, size_t count,
                          orm__entities *deleted);
static bool spared(const orm__entity *entity, const orm_relation *relation);
static orm_status forsake_held(orm_session *session, const orm_relation *relation, orm__store *store,
                               orm__entities *deleted);

void orm__replace_begin(orm__entity *entity, orm__entity *before)
{
    orm__identity_remove(before->batch->store, before);
    before->flags |= ORM__REPLACED;
    entity->flags |= ORM__REPLACES;
    entity->original = orm__row_of(before);
}

void orm__key_leave(orm__entity *entity)
{
    orm__store *store = entity->batch->store;
    orm__identity_remove(store, entity);
    if (!(entity->flags & ORM__REPLACES))
        return;
    orm__entity *before = orm__entity_of(entity->original);
    entity->flags &= (uint8_t)~ORM__REPLACES;
    entity->original = NULL;
    before->flags &= (uint8_t)~ORM__REPLACED;
    orm__identity_add(store, before); /* there is room: another has just left */
}

bool orm__replace_masks(const orm_model *model, const uint64_t *given, uint64_t *changed, uint64_t *defaulted)
{
    bool any = false;
    for (size_t i = 0; i < model->column_count; i++) {
        const orm_column *column = &model->columns[i];
        if (column->flags & (ORM_PRIMARY_KEY | ORM_COMPUTED | ORM_VERSION))
            continue;
        bool by_server = (column->flags & ORM_SERVER_DEFAULT) && !orm__mask_has(given, i);
        orm__mask_add(by_server ? defaulted : changed, i);
        any = true;
    }
    return any;
}

orm_status orm__replace_forsake(orm_session *session, const orm__entities *replaced, orm__entities *deleted)
{
    const void **rows = malloc((replaced->count + 1) * sizeof *rows);
    orm_status status = rows ? ORM_OK : orm__session_no_memory(session);
    for (const orm__store *store = session->store_list; store && !status; store = store->next) {
        size_t count = 0;
        for (size_t i = 0; i < replaced->count; i++)
            if (replaced->items[i]->batch->store == store)
                rows[count++] = orm__key_row(replaced->items[i]);
        if (count > 0)
            status = forsake_model(session, store->model, rows, count, deleted);
    }
    free(rows);
    return status;
}

static orm_status forsake_model(orm_session *session, const orm_model *model, const void *const *rows, size_t count,
                                orm__entities *deleted)
{
    for (uint32_t m = 0; m < model->schema->model_count; m++) {
        const orm_model *other = model->schema->models[m];
        for (uint32_t r = 0; r < other->relation_count; r++) {
            const orm_relation *relation = &other->relations[r];
            if (relation->owning && relation->target == model && orm__follows_delete(relation))
                ORM_TRY(forsake(session, relation, rows, count, deleted));
        }
    }
    return ORM_OK;
}

/* In the database, then in memory. */
static orm_status forsake(orm_session *session, const orm_relation *relation, const void *const *rows, size_t count,
                          orm__entities *deleted)
{
    orm__store *store = orm__store_of(session, relation->model);
    const void **keys = store ? malloc((store->used + 1) * sizeof *keys) : NULL;
    size_t kept = 0;
    if (!keys)
        return orm__session_no_memory(session);
    for (uint32_t number = 1; number <= store->used; number++) {
        const orm__entity *entity = orm__store_at(store, number);
        if (spared(entity, relation))
            keys[kept++] = orm__key_row(entity);
    }
    orm_status status = orm__forsake_rows(session->connection, relation, relation->on_delete == ORM_ON_DELETE_SET_NULL,
                                          rows, count, keys, kept);
    free(keys);
    return status ? orm__session_failed(session, status) : forsake_held(session, relation, store, deleted);
}

/* Rows that the flush deletes by itself, or that refer to something else than before from now on. */
static bool spared(const orm__entity *entity, const orm_relation *relation)
{
    if (entity->state == ORM__DELETING)
        return true;
    if (entity->state != ORM__PERSISTENT)
        return false;
    if ((entity->flags & ORM__QUEUED) && orm__relation_is_changed(entity, relation))
        return true;
    const orm__slot *slot = orm__entity_loaded(entity, relation);
    return slot && slot->as.one && (slot->as.one->flags & ORM__REPLACES);
}

static orm_status forsake_held(orm_session *session, const orm_relation *relation, orm__store *store,
                               orm__entities *deleted)
{
    const orm__store *targets = orm__store_of(session, relation->target);
    for (uint32_t number = 1; targets && number <= store->used; number++) {
        orm__entity *entity = orm__store_at(store, number);
        const orm__entity *target = entity->state == ORM__PERSISTENT && !spared(entity, relation)
                                        ? orm__identity_find_row(targets, relation->columns, orm__row_of(entity))
                                        : NULL;
        if (target && (target->flags & ORM__REPLACES))
            ORM_TRY(orm__entity_forsaken(session, entity, relation, deleted));
    }
    return targets ? ORM_OK : orm__session_no_memory(session);
}

void orm__replace_end(const orm__entities *replaced, const orm__entities *changed)
{
    for (size_t i = 0; replaced->count > 0 && i < changed->count; i++) {
        orm__entity *entity = changed->items[i];
        if (!(entity->flags & ORM__REPLACES))
            continue;
        entity->flags &= (uint8_t)~ORM__REPLACES;
        entity->original = NULL;
    }
    for (size_t i = 0; i < replaced->count; i++) {
        orm__entity *entity = replaced->items[i];
        entity->state = ORM__DELETED;
        entity->flags = (uint8_t)((entity->flags & ~ORM__REPLACED) | ORM__EXPIRED);
    }
}
