/* session/rekey.c -- keys that change while other rows refer to them: what ON UPDATE does to those rows, done in
 * memory.
 *
 * Before a flush: a key that rows of the session refer to and no ON UPDATE follows is refused. After the UPDATE of a
 * key the entities that referred to it have what the database has made of their foreign keys; where these are part of
 * their own keys the identity map learns of it, and what refers to them follows in turn. The order of writing is
 * conflict.c's.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "session/groups.h"

#include <stdlib.h>
#include <string.h>

/* An entity whose foreign key the database has changed, because the key of `target` changed. */
typedef struct follower {
    orm__entity *entity, *target;
    const orm_relation *relation;
} follower;

typedef struct followers {
    orm_session *session;
    follower *items;
    size_t count, capacity;
} followers;

/* Does something for each entity of the session that the database knows to refer to a `reached` one by this
 * relation. */
typedef orm_status (*visitor)(followers *f, orm__entity *entity, const orm_relation *relation, orm__entity *target);

static bool key_is_dirty(const orm__entity *entity);
static orm_status share_new_keys(orm_session *session, orm__entity *entity);
static orm_status put_of_pending(orm_session *session, orm__entity *entity, const orm_relation *relation, size_t index,
                                 const void *key);
static bool moves_with_its_key(orm_session *session, orm__entity *entity);
static bool is_of_key(const orm_relation *relation);
static orm_status visit(followers *f, bool following, visitor call);
static orm_status visit_store(followers *f, orm__store *store, const orm_relation *relation, visitor call);
static orm_status refuse(followers *f, orm__entity *entity, const orm_relation *relation, orm__entity *target);
static orm_status refuse_given(orm_session *session, orm__entity *entity);
static orm_status refusal(orm_session *session, const orm__entity *entity, const orm_relation *relation,
                          const orm__entity *target);
static orm_status find_followers(followers *f, orm__entity **entities, size_t count);
static bool reach(followers *f, size_t first);
static orm_status note_follower(followers *f, orm__entity *entity, const orm_relation *relation, orm__entity *target);
static orm_status follow_all(followers *f, orm__entity **entities, size_t count);
static orm_status follow(orm_session *session, const follower *one);
static orm_status put_copy(orm_session *session, const orm_column *column, void *row, orm_value value);
static void lose(orm_session *session, const follower *one);
static orm_status map_again(orm_session *session, orm__entity *entity);

/* --- before a flush ----------------------------------------------------------------------------------------------- */

bool orm__changes_key(const orm__entity *entity)
{
    return entity->state == ORM__PERSISTENT && (entity->flags & ORM__KEY_CHANGED) && key_is_dirty(entity);
}

static bool key_is_dirty(const orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; i < model->primary_key_count; i++)
        if (orm__entity_has_dirty(entity, model->primary_key[i]))
            return true;
    return false;
}

bool orm__refers_to_another(orm_session *session, orm__entity *entity, const orm_relation *relation,
                            const orm_column *column)
{
    const orm__store *store = session->old_keys.count > 0 ? orm__store_of(session, relation->target) : NULL;
    orm__entity *before = store ? orm__identity_find_row(store, relation->columns, orm__held_row(session, entity))
                                : NULL;
    return before && orm__owns_column(relation, column) && orm__changes_key(before) &&
           orm__known_target(session, relation, entity) != before;
}

orm_status orm__rekey_begin(orm_session *session)
{
    for (size_t i = 0; i < session->changed.count && session->old_keys.count > 0; i++)
        ORM_TRY(share_new_keys(session, session->changed.items[i]));
    for (size_t i = 0; i < session->changed.count && session->old_keys.count > 0; i++)
        if (moves_with_its_key(session, session->changed.items[i]))
            orm__key_leave(session->changed.items[i]);
    return ORM_OK;
}

/* What was made to refer to an entity by pointer, before that got another key, has the new one from now on; the old
 * one when the entity is deleted, and never gets another. */
static orm_status share_new_keys(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; i < model->relation_count && orm__is_there(entity); i++) {
        const orm_relation *relation = &model->relations[i];
        const orm__slot *slot = relation->owning ? orm__entity_loaded(entity, relation) : NULL;
        const orm__entity *target = slot ? slot->as.one : NULL;
        if (!target || target == entity || !(target->flags & ORM__KEY_CHANGED))
            continue;
        const void *key = target->state == ORM__DELETING ? orm__key_row(target) : orm__row_of(target);
        for (size_t k = 0; k < relation->column_count; k++)
            if (orm__entity_has_dirty(entity, relation->columns[k]))
                ORM_TRY(put_of_pending(session, entity, relation, k, key));
    }
    return ORM_OK;
}

/* A pending entity is not known by a key that another may still have: it enters the map when it is written. */
static orm_status put_of_pending(orm_session *session, orm__entity *entity, const orm_relation *relation, size_t index,
                                 const void *key)
{
    const orm_column *column = relation->columns[index];
    orm_value value = orm__value_of_member(relation->target_columns[index], key);
    if (entity->state != ORM__PENDING || !(column->flags & ORM_PRIMARY_KEY))
        return orm__entity_put(session, entity, column, value);
    if (orm__key_agrees(relation, index, orm__row_of(entity), key))
        return ORM_OK;
    orm__key_leave(entity);
    return orm__entity_take(session, entity, column, value);
}

/* It takes the place of a row whose own key is about to change: so it is added, and that one is deleted. */
static bool moves_with_its_key(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    if (entity->state != ORM__PENDING || !(entity->flags & ORM__REPLACES))
        return false;
    for (size_t i = 0; i < model->relation_count; i++) {
        const orm_relation *relation = &model->relations[i];
        const orm__store *store = relation->owning && is_of_key(relation) ? orm__store_of(session, relation->target)
                                                                          : NULL;
        orm__entity *target = store ? orm__identity_find_row(store, relation->columns, orm__held_row(session, entity))
                                    : NULL;
        if (target && orm__changes_key(target))
            return true;
    }
    return false;
}

static bool is_of_key(const orm_relation *relation)
{
    for (size_t k = 0; k < relation->column_count; k++)
        if (relation->columns[k]->flags & ORM_PRIMARY_KEY)
            return true;
    return false;
}

orm_status orm__rekey_check(orm_session *session, const orm__entities *added, const orm__entities *changed)
{
    followers f = {.session = session};
    bool any = false;
    for (size_t i = 0; i < changed->count; i++)
        any |= changed->items[i]->reached = orm__changes_key(changed->items[i]);
    if (!any)
        return ORM_OK;
    orm_status status = visit(&f, false, refuse);
    for (size_t i = 0; i < added->count && !status; i++)
        status = refuse_given(session, added->items[i]);
    for (size_t i = 0; i < changed->count && !status; i++)
        status = refuse_given(session, changed->items[i]);
    for (size_t i = 0; i < changed->count; i++)
        changed->items[i]->reached = false;
    return status;
}

/* Calls the visitor for the relations whose ON UPDATE follows a key, or for those where it does not. */
static orm_status visit(followers *f, bool following, visitor call)
{
    for (orm__store *store = f->session->store_list; store; store = store->next)
        for (size_t i = 0; i < store->model->relation_count; i++) {
            const orm_relation *relation = &store->model->relations[i];
            if (relation->owning && orm__follows_update(relation) == following)
                ORM_TRY(visit_store(f, store, relation, call));
        }
    return ORM_OK;
}

static orm_status visit_store(followers *f, orm__store *store, const orm_relation *relation, visitor call)
{
    const orm__store *targets = orm__store_of(f->session, relation->target);
    if (!targets)
        return orm__session_no_memory(f->session);
    for (uint32_t number = 1; targets->mapped > 0 && number <= store->used; number++) {
        orm__entity *entity = orm__store_at(store, number);
        if (entity->state != ORM__PERSISTENT && entity->state != ORM__DELETING)
            continue;
        orm__entity *target = orm__identity_find_row(targets, relation->columns, orm__held_row(f->session, entity));
        if (target && target->reached)
            ORM_TRY(call(f, entity, relation, target));
    }
    return ORM_OK;
}

/* What the database would refuse: a row that refers to the old key, now and after the flush. Of an expired one
 * nobody knows. */
static orm_status refuse(followers *f, orm__entity *entity, const orm_relation *relation, orm__entity *target)
{
    bool changed = orm__relation_is_changed(entity, relation);
    bool moves = changed && (entity == target || orm__known_target(f->session, relation, entity) != target);
    if (entity->state != ORM__PERSISTENT || (!changed && (entity->flags & ORM__EXPIRED)) || moves)
        return ORM_OK;
    return refusal(f->session, entity, relation, target);
}

/* Likewise one that is given the old key for its foreign key. */
static orm_status refuse_given(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; i < model->relation_count; i++) {
        const orm_relation *relation = &model->relations[i];
        if (!relation->owning || orm__follows_update(relation) || orm__entity_loaded(entity, relation) ||
            !orm__relation_is_changed(entity, relation))
            continue;
        const orm__entity *target = orm__known_target(session, relation, entity);
        if (target && target != entity && target->reached)
            return refusal(session, entity, relation, target);
    }
    return ORM_OK;
}

static orm_status refusal(orm_session *session, const orm__entity *entity, const orm_relation *relation,
                          const orm__entity *target)
{
    char name[160], other[160];
    orm__session_error(session, ORM_CONSTRAINT,
                       "%s cannot get another key: %s refers to it by '%s', whose on_update is %s",
                       orm__entity_name(target, name, sizeof name), orm__entity_name(entity, other, sizeof other),
                       relation->name, relation->on_update == ORM_ON_UPDATE_RESTRICT ? "restrict" : "no_action");
    ORM__ERROR_COPY(session->error.sqlstate, "23503");
    ORM__ERROR_COPY(session->error.table, relation->model->table);
    ORM__ERROR_COPY(session->error.column, relation->columns[0]->name);
    return ORM_CONSTRAINT;
}

/* --- after the UPDATE of keys ------------------------------------------------------------------------------------- */

/* Who follows is found while the map knows all by their old keys; then all keys change; then the map learns of them. */
orm_status orm__rekey_follow(orm_session *session, orm__entity **entities, size_t count)
{
    followers f = {.session = session};
    if (!(entities[0]->flags & ORM__KEY_CHANGED)) /* all are of one shape */
        return ORM_OK;
    for (size_t i = 0; i < count; i++)
        entities[i]->reached = entities[i]->settled = true;
    orm_status status = find_followers(&f, entities, count);
    for (size_t i = 0; i < count; i++)
        entities[i]->reached = entities[i]->settled = false;
    for (size_t i = 0; i < f.count; i++)
        f.items[i].entity->reached = f.items[i].entity->settled = false;
    if (!status)
        status = follow_all(&f, entities, count);
    free(f.items);
    session->failed |= status != ORM_OK; /* the rows are written */
    return status;
}

/* Level by level: first what refers to the keys that were written, then what refers to keys that changed because of
 * that. */
static orm_status find_followers(followers *f, orm__entity **entities, size_t count)
{
    size_t first = 0;
    for (bool more = true; more;) {
        size_t until = f->count;
        ORM_TRY(visit(f, true, note_follower));
        for (size_t i = 0; i < count; i++)
            entities[i]->reached = false;
        for (size_t i = first; i < until; i++)
            f->items[i].entity->reached = false;
        first = until;
        more = reach(f, first);
    }
    return ORM_OK;
}

/* Those noted from `first` on whose own keys changed, and which were not reached before. */
static bool reach(followers *f, size_t first)
{
    bool any = false;
    for (size_t i = first; i < f->count; i++) {
        orm__entity *entity = f->items[i].entity;
        const orm_relation *relation = f->items[i].relation;
        if (!entity->settled && is_of_key(relation) && relation->on_update == ORM_ON_UPDATE_CASCADE)
            entity->reached = entity->settled = any = true;
    }
    return any;
}

static orm_status note_follower(followers *f, orm__entity *entity, const orm_relation *relation, orm__entity *target)
{
    if (f->count == f->capacity) {
        size_t capacity = f->capacity ? f->capacity * 2 : 16;
        follower *items = realloc(f->items, capacity * sizeof *items);
        if (!items)
            return orm__session_no_memory(f->session);
        f->items = items;
        f->capacity = capacity;
    }
    f->items[f->count++] = (follower){.entity = entity, .target = target, .relation = relation};
    return ORM_OK;
}

static orm_status follow_all(followers *f, orm__entity **entities, size_t count)
{
    for (size_t i = 0; i < f->count; i++) {
        ORM_TRY(orm__entity_remember(f->session, f->items[i].entity));
        ORM_TRY(orm__held_fix(f->session, f->items[i].entity));
        if (f->items[i].relation->on_update == ORM_ON_UPDATE_SET_NULL)
            lose(f->session, &f->items[i]);
    }
    for (size_t i = 0; i < count; i++) {
        orm__identity_remove(entities[i]->batch->store, entities[i]);
        orm__old_key_forget(f->session, entities[i]);
    }
    for (size_t i = 0; i < f->count; i++)
        if (f->items[i].relation->on_update == ORM_ON_UPDATE_CASCADE)
            ORM_TRY(follow(f->session, &f->items[i]));
    for (size_t i = 0; i < count; i++)
        ORM_TRY(map_again(f->session, entities[i]));
    for (size_t i = 0; i < f->count; i++)
        ORM_TRY(map_again(f->session, f->items[i].entity));
    return ORM_OK;
}

/* A column with a pending change keeps it, unless that is what the database has now. */
static orm_status follow(orm_session *session, const follower *one)
{
    orm__entity *entity = one->entity;
    const orm_relation *relation = one->relation;
    void *held = orm__held_own(session, entity);
    if (is_of_key(relation))
        orm__identity_remove(entity->batch->store, entity);
    for (size_t k = 0; k < relation->column_count; k++) {
        const orm_column *column = relation->columns[k], *key = relation->target_columns[k];
        orm_value value = orm__value_of_member(key, orm__key_row(one->target));
        if (held)
            ORM_TRY(put_copy(session, column, held, value));
        if ((entity->flags & ORM__KEY_CHANGED) && (column->flags & ORM_PRIMARY_KEY))
            ORM_TRY(put_copy(session, column, orm__old_key_row(entity), value));
        if (orm__entity_has_dirty(entity, column) &&
            orm__value_equal(orm__value_of_member(column, orm__row_of(entity)), value))
            orm__mask_remove(orm__entity_dirty(entity), column->index);
        else if (!orm__entity_has_dirty(entity, column))
            ORM_TRY(orm__entity_take(session, entity, column, value));
    }
    entity->flags |= ORM__WRITTEN;
    if ((entity->flags & ORM__KEY_CHANGED) && !key_is_dirty(entity))
        orm__old_key_forget(session, entity);
    return ORM_OK;
}

static orm_status put_copy(orm_session *session, const orm_column *column, void *row, orm_value value)
{
    if (!orm__value_keep(column, &value, &session->arena))
        return orm__session_no_memory(session);
    orm__member_recycle(column, row, &session->arena);
    orm__member_set(column, row, value);
    return ORM_OK;
}

static void lose(orm_session *session, const follower *one)
{
    orm__entity *entity = one->entity;
    const orm_relation *relation = one->relation;
    void *held = orm__held_own(session, entity);
    bool moves = orm__relation_is_changed(entity, relation);
    if (!moves)
        orm__relations_leave(session, entity, relation->columns[0]);
    for (size_t k = 0; k < relation->column_count; k++) {
        if (held)
            orm__member_set_null(relation->columns[k], held);
        if (!moves)
            orm__member_set_null(relation->columns[k], orm__row_of(entity));
    }
    entity->flags |= ORM__WRITTEN;
}

/* One that is deleted, and whose place another takes, is not in the map. Who has the key there and does not pass it
 * on is of a row that is gone. */
static orm_status map_again(orm_session *session, orm__entity *entity)
{
    orm__store *store = entity->batch->store;
    if (entity->flags & (ORM__MAPPED | ORM__REPLACED))
        return ORM_OK;
    orm__entity *gone = orm__identity_find_row(store, store->model->primary_key, orm__key_row(entity));
    if (gone && gone->state == ORM__PERSISTENT && !(gone->flags & ORM__KEY_CHANGED))
        ORM_TRY(orm__give_way(session, store, gone));
    return orm__identity_add(store, entity) ? ORM_OK : orm__session_no_memory(session);
}
