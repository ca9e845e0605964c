/* session/cascade.c -- rows that go with rows that are deleted: what ON DELETE does in the database, done in memory.
 *
 * What the session itself deletes is unit_of_work.c's; rows that are replaced are replace.c's.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "session/session.h"
#include "sql/values.h"

#include <stdlib.h>

/* Adds to the entities found those that refer by the relation to one of them, and go with it. */
typedef orm_status (*step)(orm_session *session, const orm_relation *relation, orm__entities *found);

static orm_status follow_all(orm_session *session, orm__entities *found, step call);
static orm_status find_along(orm_session *session, const orm_relation *relation, orm__entities *going);
static bool frees_something(orm__entity *entity);
static orm_status cascade_along(orm_session *session, const orm_relation *relation, orm__entities *deleted);
static bool has_left_for_another(orm_session *session, orm__entity *entity, const orm_relation *relation,
                                 const orm__entity *target);

orm_status orm__cascade_spare(orm_session *session, const orm__entities *deleted, orm__entities *changed)
{
    orm__entities going = {0};
    orm_status status = ORM_OK;
    size_t kept = 0;
    if (deleted->count == 0 || changed->count == 0)
        return ORM_OK;
    for (size_t i = 0; i < deleted->count && !status; i++) {
        deleted->items[i]->reached = true;
        if (!orm__entities_add(&going, deleted->items[i]))
            status = orm__session_no_memory(session);
    }
    if (!status)
        status = follow_all(session, &going, find_along);
    for (size_t i = 0; i < changed->count && !status; i++)
        if (!changed->items[i]->reached || frees_something(changed->items[i]))
            changed->items[kept++] = changed->items[i];
    if (!status)
        changed->count = kept;
    for (size_t i = 0; i < deleted->count; i++)
        deleted->items[i]->reached = false;
    for (size_t i = 0; i < going.count; i++)
        going.items[i]->reached = false;
    free(going.items);
    return status;
}

/* Along each foreign key of the session's models, until none of those found by it leads to another. */
static orm_status follow_all(orm_session *session, orm__entities *found, step call)
{
    for (size_t before = 0; before < found->count;) {
        before = found->count;
        for (const orm__store *store = session->store_list; store; store = store->next)
            for (size_t r = 0; r < store->model->relation_count; r++)
                if (store->model->relations[r].owning)
                    ORM_TRY(call(session, &store->model->relations[r], found));
    }
    return ORM_OK;
}

static orm_status find_along(orm_session *session, const orm_relation *relation, orm__entities *going)
{
    const orm__store *store = orm__store_of(session, relation->model);
    const orm__store *targets = orm__store_of(session, relation->target);
    if (!store || !targets)
        return orm__session_no_memory(session);
    bool cascades = relation->on_delete == ORM_ON_DELETE_CASCADE && targets->mapped > 0;
    for (uint32_t number = 1; cascades && number <= store->used; number++) {
        orm__entity *entity = orm__store_at(store, number);
        if (entity->state != ORM__PERSISTENT || entity->reached || orm__relation_is_changed(entity, relation))
            continue;
        const orm__entity *target = orm__identity_find_row(targets, relation->columns, orm__held_row(session, entity));
        if (!target || !target->reached)
            continue;
        entity->reached = true;
        if (!orm__entities_add(going, entity))
            return orm__session_no_memory(session);
    }
    return ORM_OK;
}

/* Others of the flush may wait for what it gives up: a unique value, a row that it refers to. */
static bool frees_something(orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; i < model->column_count; i++)
        if ((model->columns[i].flags & (ORM_PRIMARY_KEY | ORM_FOREIGN_KEY)) &&
            orm__entity_has_dirty(entity, &model->columns[i]))
            return true;
    for (size_t u = 0; u < model->unique_count; u++)
        for (size_t i = 0; i < model->uniques[u].column_count; i++)
            if (orm__entity_has_dirty(entity, model->uniques[u].columns[i]))
                return true;
    return false;
}

orm_status orm__cascade(orm_session *session, orm__entities *deleted)
{
    ORM_TRY(follow_all(session, deleted, cascade_along));
    for (size_t i = 0; i < deleted->count; i++) {
        orm__entity *entity = deleted->items[i];
        orm__identity_remove(entity->batch->store, entity);
        entity->state = ORM__DELETED;
        entity->flags |= ORM__EXPIRED;
    }
    return ORM_OK;
}

static orm_status cascade_along(orm_session *session, const orm_relation *relation, orm__entities *deleted)
{
    orm__store *store = orm__store_of(session, relation->model);
    const orm__store *targets = orm__store_of(session, relation->target);
    if (!store || !targets)
        return orm__session_no_memory(session);
    for (uint32_t number = 1; number <= store->used && targets->mapped && orm__follows_delete(relation); number++) {
        orm__entity *entity = orm__store_at(store, number);
        orm__entity *target = entity->state == ORM__PERSISTENT
                                  ? orm__identity_find_row(targets, relation->columns, orm__row_of(entity))
                                  : NULL;
        if (target && target->state == ORM__DELETING && !has_left_for_another(session, entity, relation, target))
            ORM_TRY(orm__entity_forsaken(session, entity, relation, deleted));
    }
    return ORM_OK;
}

/* For one that takes the key of what is deleted: what is made to refer to it has that key already. */
static bool has_left_for_another(orm_session *session, orm__entity *entity, const orm_relation *relation,
                                 const orm__entity *target)
{
    return orm__relation_is_changed(entity, relation) && orm__known_target(session, relation, entity) != target;
}

orm_status orm__entity_forsaken(orm_session *session, orm__entity *entity, const orm_relation *relation,
                                orm__entities *deleted)
{
    ORM_TRY(orm__entity_remember(session, entity));
    ORM_TRY(orm__entity_touch(session, entity));
    if (relation->on_delete == ORM_ON_DELETE_CASCADE) {
        orm__relations_leave_all(session, entity);
        entity->state = ORM__DELETING;
        return orm__entities_add(deleted, entity) ? ORM_OK : orm__session_no_memory(session);
    }
    orm__relations_leave(session, entity, relation->columns[0]);
    for (size_t k = 0; k < relation->column_count; k++)
        orm__member_set_null(relation->columns[k], orm__row_of(entity));
    entity->flags |= ORM__WRITTEN;
    return ORM_OK;
}
