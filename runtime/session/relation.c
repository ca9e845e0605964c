/* session/relation.c -- what entities know of each other: slots, and both sides of a relation in step before any flush.
 *
 * A slot belongs to a generation; a rollback begins a new one, and what older slots held counts as not loaded.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "session/session.h"
#include "sql/write.h"

#include <string.h>

static orm_status set_inverse(orm_session *session, orm__entity *entity, const orm_relation *relation,
                              orm__entity *target);
static orm_status put_key(orm_session *session, orm__entity *entity, const orm_relation *relation, size_t index,
                          orm__entity *target);
static orm_status writable(orm_session *session, const orm_relation *relation);
static orm_status leave(orm_session *session, const orm_relation *inverse, orm__entity *member);
static orm_status both_given(orm_session *session, const void *row, const void *member, const char *what,
                             const orm_relation *relation, orm__entity **entity, orm__entity **other);
static orm_status link_to(orm_session *session, const orm_relation *owning, orm__entity *member, orm__entity *target);
static void unlink_from(const orm_relation *owning, orm__entity *member, orm__entity *target);
static orm_status mark_key(orm_session *session, orm__entity *entity, const orm_relation *relation);

orm_status orm_entity_set_one(orm_session *session, const void *row, const orm_relation *relation, const void *target)
{
    orm__entity *entity, *other = NULL;
    orm_status status = orm__entity_given(session, row, "set", &entity);
    if (!status && target)
        status = orm__entity_given(session, target, "set", &other);
    if (!status && session->factory.read_only)
        status = orm__session_error(session, ORM_MISUSE, "set of '%s': the session is read-only", relation->name);
    if (!status)
        status = writable(session, relation);
    if (!status)
        status = relation->owning ? orm__relation_set(session, entity, relation, other)
                                  : set_inverse(session, entity, relation, other);
    return status ? orm__session_stick(session, status) : ORM_OK;
}

/* Whose rows hold the key. */
static orm_status writable(orm_session *session, const orm_relation *relation)
{
    return orm__writable(relation->owning ? relation->model : relation->target, "change of a relation of",
                         &session->error);
}

/* The pointer counts: the flush copies the key again, when every key is known. Here it is copied so that it can be
 * read. */
orm_status orm__relation_set(orm_session *session, orm__entity *entity, const orm_relation *relation,
                             orm__entity *target)
{
    orm__entity *before = orm__known_target(session, relation, entity);
    orm__slot *slot = orm__entity_slot(entity, relation);
    if (!slot)
        return orm__session_no_memory(session);
    if (before && before != target)
        unlink_from(relation, entity, before);
    slot->loaded = true; /* before the keys: what is pending is known by it */
    slot->as.one = target;
    for (size_t k = 0; k < relation->column_count; k++)
        ORM_TRY(put_key(session, entity, relation, k, target));
    if (before && target && before != target && (orm__changes_key(before) || orm__changes_key(target)))
        ORM_TRY(mark_key(session, entity, relation));
    return target && target != before ? link_to(session, relation, entity, target) : ORM_OK;
}

/* A key that cannot be written yet (its owner is pending), or never (NULL in a NOT NULL column), is only marked: the
 * flush sees to the first and refuses the second, unless the entity is deleted by then. */
static orm_status put_key(orm_session *session, orm__entity *entity, const orm_relation *relation, size_t index,
                          orm__entity *target)
{
    const orm_column *column = relation->columns[index], *key = relation->target_columns[index];
    bool known = target ? orm__column_known(target, key) : (column->flags & ORM_NULLABLE) != 0;
    if (known)
        return orm__entity_put(session, entity, column,
                               target ? orm__value_of_member(key, orm__row_of(target))
                                      : (orm_value){.form = ORM_FORM_NULL});
    ORM_TRY(orm__entity_remember(session, entity));
    ORM_TRY(orm__entity_queue(session, entity));
    orm__mask_add(orm__entity_dirty(entity), column->index);
    return ORM_OK;
}

/* Where a key passes from one to another the same value means another row. */
static orm_status mark_key(orm_session *session, orm__entity *entity, const orm_relation *relation)
{
    ORM_TRY(orm__entity_remember(session, entity));
    ORM_TRY(orm__entity_queue(session, entity));
    for (size_t k = 0; k < relation->column_count; k++) {
        const orm_column *column = relation->columns[k];
        ORM_TRY(orm__held_keep(session, entity, column));
        if (entity->state == ORM__PERSISTENT && (column->flags & ORM_PRIMARY_KEY))
            ORM_TRY(orm__old_key_keep(session, entity));
        orm__mask_add(orm__entity_dirty(entity), column->index);
    }
    return ORM_OK;
}

bool orm__column_known(orm__entity *entity, const orm_column *column)
{
    const orm_model *model = orm__model_of(entity);
    if (entity->state == ORM__PERSISTENT)
        return true;
    if (!orm__mask_has(orm__entity_dirty(entity), column->index))
        return false;
    for (size_t i = 0; (column->flags & ORM_FOREIGN_KEY) && i < model->relation_count; i++) {
        const orm_relation *relation = &model->relations[i];
        const orm__slot *slot = relation->owning ? orm__entity_loaded(entity, relation) : NULL;
        for (size_t k = 0; slot && slot->as.one && slot->as.one != entity && k < relation->column_count; k++)
            if (relation->columns[k] == column && !orm__column_known(slot->as.one, relation->target_columns[k]))
                return false;
    }
    return true;
}

bool orm__key_known(orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; i < model->primary_key_count; i++)
        if (!orm__column_known(entity, model->primary_key[i]))
            return false;
    return true;
}

/* The far side of a one_to_one: what was there leaves, and the new one's owning side is set. */
static orm_status set_inverse(orm_session *session, orm__entity *entity, const orm_relation *relation,
                              orm__entity *target)
{
    const void *found;
    ORM_TRY(orm_entity_get_one(session, orm__row_of(entity), relation, &found));
    orm__entity *before = found ? orm__entity_of(found) : NULL;
    if (before == target)
        return ORM_OK;
    if (before)
        ORM_TRY(leave(session, relation, before));
    return target ? orm__relation_set(session, target, relation->inverse, entity) : ORM_OK;
}

/* A member leaves the far side of a relation: deleted when it must not be an orphan. */
static orm_status leave(orm_session *session, const orm_relation *inverse, orm__entity *member)
{
    return inverse->orphan_delete ? orm__entity_mark_deleted(session, member)
                                  : orm__relation_set(session, member, inverse->inverse, NULL);
}

orm_status orm_entity_add_to(orm_session *session, const void *row, const orm_relation *relation, const void *member)
{
    orm__entity *entity, *other;
    orm_status status = both_given(session, row, member, "add to", relation, &entity, &other);
    if (!status)
        status = relation->kind == ORM_MANY_TO_MANY ? orm__through_add(session, relation, entity, other)
                                                    : orm__relation_set(session, other, relation->inverse, entity);
    return status ? orm__session_stick(session, status) : ORM_OK;
}

orm_status orm_entity_remove_from(orm_session *session, const void *row, const orm_relation *relation,
                                  const void *member)
{
    orm__entity *entity, *other;
    orm_status status = both_given(session, row, member, "remove from", relation, &entity, &other);
    if (!status && relation->kind == ORM_MANY_TO_MANY)
        status = orm__through_remove(session, relation, entity, other);
    else if (!status && orm__known_target(session, relation->inverse, other) != entity)
        status = orm__session_error(session, ORM_MISUSE, "remove from '%s': the entity is not in it", relation->name);
    else if (!status)
        status = leave(session, relation, other);
    return status ? orm__session_stick(session, status) : ORM_OK;
}

static orm_status both_given(orm_session *session, const void *row, const void *member, const char *what,
                             const orm_relation *relation, orm__entity **entity, orm__entity **other)
{
    ORM_TRY(orm__entity_given(session, row, what, entity));
    ORM_TRY(orm__entity_given(session, member, what, other));
    if (session->factory.read_only)
        return orm__session_error(session, ORM_MISUSE, "%s '%s': the session is read-only", what, relation->name);
    return writable(session, relation);
}

orm__slot *orm__entity_slot(orm__entity *entity, const orm_relation *relation)
{
    orm_session *session = entity->batch->store->session;
    size_t count = orm__model_of(entity)->relation_count;
    if (!entity->slots && !(entity->slots = orm__arena_zalloc(&session->arena, count, sizeof *entity->slots)))
        return NULL;
    if (entity->generation != session->generation) {
        for (size_t i = 0; i < count; i++)
            entity->slots[i].loaded = false;
        entity->generation = session->generation;
    }
    return &entity->slots[relation->index];
}

orm__slot *orm__entity_loaded(const orm__entity *entity, const orm_relation *relation)
{
    if (!entity->slots || entity->generation != entity->batch->store->session->generation)
        return NULL;
    return entity->slots[relation->index].loaded ? &entity->slots[relation->index] : NULL;
}

bool orm__slot_append(orm_session *session, orm__slot *slot, orm__entity *member)
{
    if (slot->count == slot->capacity) {
        uint32_t capacity = slot->capacity ? slot->capacity * 2 : 4;
        orm__entity **many = orm__arena_alloc(&session->arena, capacity * sizeof *many);
        if (!many)
            return false;
        if (slot->count)
            memcpy(many, slot->as.many, slot->count * sizeof *many);
        if (slot->capacity)
            orm__arena_recycle(&session->arena, slot->as.many, slot->capacity * sizeof *many);
        slot->as.many = many;
        slot->capacity = capacity;
    }
    slot->as.many[slot->count++] = member;
    return true;
}

orm_status orm__slot_to_join(orm_session *session, orm__entity *entity, const orm_relation *relation, orm__slot **slot)
{
    *slot = orm__entity_loaded(entity, relation);
    if (*slot || entity->state != ORM__PENDING)
        return ORM_OK;
    *slot = orm__entity_slot(entity, relation);
    if (!*slot)
        return orm__session_no_memory(session);
    (*slot)->loaded = true;
    (*slot)->partial = false;
    (*slot)->count = 0;
    if (!orm__is_collection(relation))
        (*slot)->as.one = NULL;
    return ORM_OK;
}

/* The far side learns of a new member. */
static orm_status link_to(orm_session *session, const orm_relation *owning, orm__entity *member, orm__entity *target)
{
    orm__slot *slot = NULL;
    if (owning->inverse)
        ORM_TRY(orm__slot_to_join(session, target, owning->inverse, &slot));
    if (slot && owning->inverse->kind == ORM_ONE_TO_ONE) {
        slot->partial |= slot->as.one && slot->as.one != member; /* two want the one place: until the flush */
        slot->as.one = member;
    } else if (slot && !orm__slot_append(session, slot, member))
        return orm__session_no_memory(session);
    return ORM_OK;
}

static void unlink_from(const orm_relation *owning, orm__entity *member, orm__entity *target)
{
    orm__slot *slot = owning->inverse ? orm__entity_loaded(target, owning->inverse) : NULL;
    if (slot && owning->inverse->kind == ORM_ONE_TO_MANY) {
        orm__slot_remove(slot, member);
    } else if (slot && slot->as.one == member) {
        slot->as.one = NULL;
        slot->loaded = !slot->partial; /* another may have been there before */
    }
}

void orm__slot_remove(orm__slot *slot, const orm__entity *member)
{
    for (uint32_t i = slot->count; i-- > 0;) {
        if (slot->as.many[i] != member)
            continue;
        memmove(&slot->as.many[i], &slot->as.many[i + 1], (slot->count - i - 1) * sizeof *slot->as.many);
        slot->count--;
        return;
    }
}

bool orm__relation_is_changed(const orm__entity *entity, const orm_relation *owning)
{
    for (size_t k = 0; k < owning->column_count; k++)
        if (orm__entity_has_dirty(entity, owning->columns[k]))
            return true;
    return false;
}

orm__entity *orm__known_target(orm_session *session, const orm_relation *owning, orm__entity *entity)
{
    orm__slot *slot = orm__entity_loaded(entity, owning);
    bool left = slot && slot->as.one && slot->as.one->state == ORM__EXPUNGED && entity->state == ORM__PERSISTENT &&
                !orm__relation_is_changed(entity, owning);
    if (slot && !left)
        return slot->as.one;
    if (left) /* the row refers to what it did: another may stand for that by now */
        slot->loaded = false;
    for (size_t k = 0; entity->state == ORM__PENDING && k < owning->column_count; k++)
        if (!orm__mask_has(orm__entity_dirty(entity), owning->columns[k]->index))
            return NULL;
    orm__store *store = orm__store_of(session, owning->target);
    return store ? orm__identity_find_row(store, owning->columns, orm__row_of(entity)) : NULL;
}

/* A column of a foreign key is about to be set by hand: what relations hold because of it is no longer true. */
void orm__relations_leave(orm_session *session, orm__entity *entity, const orm_column *column)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; i < model->relation_count; i++) {
        const orm_relation *relation = &model->relations[i];
        if (!relation->owning || !orm__owns_column(relation, column))
            continue;
        orm__entity *target = orm__known_target(session, relation, entity);
        if (target)
            unlink_from(relation, entity, target);
        orm__slot *slot = orm__entity_loaded(entity, relation);
        if (slot)
            slot->loaded = false;
    }
}

orm_status orm__relations_join(orm_session *session, orm__entity *entity, const orm_column *column)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; i < model->relation_count; i++) {
        const orm_relation *relation = &model->relations[i];
        orm__entity *target = relation->owning && orm__owns_column(relation, column)
                                  ? orm__known_target(session, relation, entity)
                                  : NULL;
        if (target)
            ORM_TRY(link_to(session, relation, entity, target));
    }
    return ORM_OK;
}

/* A deleted entity is in no collection. */
void orm__relations_leave_all(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; i < model->relation_count; i++) {
        const orm_relation *relation = &model->relations[i];
        orm__entity *target = relation->owning ? orm__known_target(session, relation, entity) : NULL;
        if (target)
            unlink_from(relation, entity, target);
    }
}

void orm__relations_forget(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; entity->state == ORM__PERSISTENT && i < model->relation_count; i++)
        if (model->relations[i].owning)
            orm__relation_forget(session, &model->relations[i], entity);
    orm__relations_leave_all(session, entity);
}

/* A pending one has no row that others could be loaded for: what it knows of its collection is all there is. */
void orm__relation_forget(orm_session *session, const orm_relation *owning, orm__entity *entity)
{
    orm__entity *target = orm__known_target(session, owning, entity);
    orm__slot *slot = target && owning->inverse ? orm__entity_loaded(target, owning->inverse) : NULL;
    if (slot && target->state == ORM__PENDING)
        unlink_from(owning, entity, target);
    else if (slot)
        slot->loaded = false;
}

bool orm__owns_column(const orm_relation *relation, const orm_column *column)
{
    for (size_t k = 0; k < relation->column_count; k++)
        if (relation->columns[k] == column)
            return true;
    return false;
}
