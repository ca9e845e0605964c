/* session/entity.c -- making entities and changing them: add, set, delete. Relations are relation.c's.
 *
 * Nothing here talks to the database. What changes is marked for the next flush (queue) and for the end of the
 * transaction (touch), and the row as it was is kept until then (remember).
 * SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "base/error.h"
#include "base/value.h"
#include "session/session.h"
#include "sql/write.h"

#include <string.h>

static orm_status add(orm_session *session, orm__store *store, const void *values, orm__entity *entity);
static orm_status take_targets(orm_session *session, const void *values, orm__entity *entity);
static orm_status refuse_two_targets(orm_session *session, orm__entity *entity, const orm_relation *relation,
                                     orm__entity *target);
static orm_status refuse_present_key(orm_session *session, orm__store *store, orm__entity *entity);
static orm_status look_after(orm_session *session, orm__store *store, orm__entity *present, bool *gone);
static bool goes_with_another(orm_session *session, orm__entity *entity);
static orm_status set(orm_session *session, orm__entity *entity, const orm_column *column, orm_value given);
static orm_status add_row(orm_session *session, const orm_model *model, const void *row, bool with_key,
                          const void **added);
static bool make_mask(orm_session *session, const orm_model *model, orm__entity *entity);
static orm_status take_in(orm_session *session, orm__store *store, const void *values, orm__entity *entity);
static void put_in_row(orm_session *session, orm__entity *entity, const orm_column *column, orm_value value);
static orm_status rekey(orm_session *session, orm__entity *entity, const orm_column *column, bool before);
static bool holds(orm__entity *entity, const orm_column *column, orm_value value);
static bool identical(orm_value a, orm_value b);

orm_status orm_model_add(orm_session *session, const orm_model *model, const void *values, const void **added)
{
    if (added)
        *added = NULL;
    if (session->factory.read_only)
        return orm__session_stick(
            session, orm__session_error(session, ORM_MISUSE, "add of '%s': the session is read-only", model->name));
    if (orm__writable(model, "add of", &session->error))
        return orm__session_stick(session, ORM_MISUSE);
    orm__store *store = orm__store_of(session, model);
    orm__entity *entity = store ? orm__store_next(store) : NULL;
    if (!entity)
        return orm__session_stick(session, orm__session_no_memory(session));
    orm_status status = add(session, store, values, entity);
    if (status)
        return orm__session_stick(session, status);
    if (added)
        *added = orm__row_of(entity);
    return ORM_OK;
}

orm_status orm_model_merge(orm_session *session, const orm_model *model, const void *row, const void **merged)
{
    *merged = NULL;
    orm_value key[ORM__KEY_MAX];
    bool generated = false;
    if (orm__writable(model, "merge of", &session->error))
        return orm__session_stick(session, ORM_MISUSE);
    for (size_t i = 0; i < model->primary_key_count; i++) {
        key[i] = orm__value_of_member(model->primary_key[i], row);
        generated |= (model->primary_key[i]->flags & ORM_GENERATED) && key[i].as.integer == 0;
    }
    orm_status status = generated ? ORM_NOT_FOUND : orm_model_get(session, model, key, merged);
    if (status == ORM_NOT_FOUND)
        return add_row(session, model, row, !generated, merged);
    for (size_t i = 0; i < model->column_count && !status; i++) {
        const orm_column *column = &model->columns[i];
        if (!(column->flags & (ORM_PRIMARY_KEY | ORM_COMPUTED | ORM_VERSION)))
            status = set(session, orm__entity_of(*merged), column, orm__value_of_member(column, row));
    }
    if (!status)
        return ORM_OK;
    *merged = NULL;
    return orm__session_stick(session, status);
}

/* Adds a row as it is, but for a key that the database makes. */
static orm_status add_row(orm_session *session, const orm_model *model, const void *row, bool with_key,
                          const void **added)
{
    if (session->factory.read_only)
        return orm__session_stick(
            session, orm__session_error(session, ORM_MISUSE, "merge of '%s': the session is read-only", model->name));
    orm__store *store = orm__store_of(session, model);
    orm__entity *entity = store ? orm__store_next(store) : NULL;
    if (!entity || !make_mask(session, model, entity))
        return orm__session_stick(session, orm__session_no_memory(session));
    memcpy(orm__row_of(entity), row, model->row_size);
    for (size_t i = 0; i < model->column_count; i++)
        if ((with_key || !(model->columns[i].flags & ORM_GENERATED)) &&
            ((model->columns[i].flags & ORM_NULLABLE) || !orm__member_is_null(&model->columns[i], row)))
            orm__mask_add(orm__entity_dirty(entity), i);
    orm_status status = take_in(session, store, NULL, entity);
    if (status)
        return orm__session_stick(session, status);
    *added = orm__row_of(entity);
    return ORM_OK;
}

static orm_status add(orm_session *session, orm__store *store, const void *values, orm__entity *entity)
{
    if (!make_mask(session, store->model, entity))
        return orm__session_no_memory(session);
    ORM_TRY(orm__values_read(store->model, values, orm__row_of(entity), orm__entity_dirty(entity), &session->error));
    return take_in(session, store, values, entity);
}

orm_status orm__entity_new(orm_session *session, const orm_model *model, orm__entity **entity)
{
    orm__store *store = orm__store_of(session, model);
    *entity = store ? orm__store_next(store) : NULL;
    if (!*entity || !make_mask(session, model, *entity))
        return orm__session_no_memory(session);
    return take_in(session, store, NULL, *entity);
}

static bool make_mask(orm_session *session, const orm_model *model, orm__entity *entity)
{
    entity->generation = session->generation;
    if (orm__mask_words(model) == 1)
        return true;
    entity->dirty.words = orm__arena_zalloc(&session->arena, orm__mask_words(model), sizeof *entity->dirty.words);
    return entity->dirty.words != NULL;
}

/* The row is filled; from here on it is an entity. It counts as used only when nothing can fail any more but memory.
 * `values`, which may be NULL, gives the parents. */
static orm_status take_in(orm_session *session, orm__store *store, const void *values, orm__entity *entity)
{
    const orm_model *model = store->model;
    void *row = orm__row_of(entity);
    uint64_t *given = orm__entity_dirty(entity);
    orm__values_default(model, row, given, NULL);
    for (size_t i = 0; i < model->column_count; i++)
        if (!orm__member_keep(&model->columns[i], row, &session->arena))
            return orm__session_no_memory(session);
    ORM_TRY(refuse_present_key(session, store, entity));
    orm__store_keep(store, entity);
    store->alone.live++;
    orm_status status = orm__entity_touch(session, entity); /* while it is detached: so a rollback leaves it */
    entity->state = ORM__PENDING;
    if (!status)
        status = orm__entity_queue(session, entity);
    if (!status)
        status = take_targets(session, values, entity);
    if (!status && orm__key_known(entity) && !(entity->flags & ORM__MAPPED) && !orm__identity_add(store, entity))
        status = orm__session_no_memory(session);
    if (status) {
        orm__key_leave(entity);
        entity->state = ORM__DETACHED;
    }
    return status;
}

/* The parents, given by pointer or by key: both sides know of each other from now on. */
static orm_status take_targets(orm_session *session, const void *values, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; i < model->relation_count; i++) {
        const orm_relation *relation = &model->relations[i];
        if (!relation->owning)
            continue;
        const void *row = values ? orm__values_target(relation, values) : NULL;
        if (!row) {
            if (orm__mask_has(orm__entity_dirty(entity), relation->columns[0]->index))
                ORM_TRY(orm__relations_join(session, entity, relation->columns[0]));
            continue;
        }
        orm__entity *target = orm__entity_of(row);
        ORM_TRY(orm__entity_check(session, target, "add"));
        ORM_TRY(refuse_two_targets(session, entity, relation, target));
        ORM_TRY(orm__relation_set(session, entity, relation, target));
    }
    return ORM_OK;
}

static orm_status refuse_two_targets(orm_session *session, orm__entity *entity, const orm_relation *relation,
                                     orm__entity *target)
{
    for (size_t k = 0; k < relation->column_count; k++) {
        const orm_column *column = relation->columns[k];
        if (orm__mask_has(orm__entity_dirty(entity), column->index) &&
            !orm__key_agrees(relation, k, orm__row_of(entity), orm__row_of(target)))
            return orm__session_error(session, ORM_MISUSE,
                                      "'%s' of '%s' was given twice, as '%s' and as '%s', and they differ",
                                      relation->name, column->model->name, relation->name, column->member);
    }
    return ORM_OK;
}

static orm_status refuse_present_key(orm_session *session, orm__store *store, orm__entity *entity)
{
    if (!orm__key_known(entity))
        return ORM_OK;
    const orm_column *const *key = store->model->primary_key;
    orm__entity *present = orm__identity_find_row(store, key, orm__row_of(entity));
    if (present && goes_with_another(session, present)) {
        ORM_TRY(orm__entity_mark_deleted(session, present)); /* a pending one gives its key back to the one before it */
        present = orm__identity_find_row(store, key, orm__row_of(entity));
    }
    if (!present)
        return ORM_OK;
    if (present->state == ORM__DELETING) {
        orm__replace_begin(entity, present);
        return ORM_OK;
    }
    bool gone = false;
    ORM_TRY(look_after(session, store, present, &gone));
    if (gone)
        return ORM_OK;
    char name[160];
    return orm__session_error(session, ORM_CONFLICT, "%s is already in the session",
                              orm__entity_name(present, name, sizeof name));
}

/* An expired entity's row may be gone, undone by a rollback or deleted by another: then it leaves. */
static orm_status look_after(orm_session *session, orm__store *store, orm__entity *present, bool *gone)
{
    size_t count;
    bool unsure = present->state == ORM__PERSISTENT && (present->flags & ORM__EXPIRED) &&
                  !((present->flags & ORM__QUEUED) && orm__entity_any_dirty(present));
    if (!unsure)
        return ORM_OK;
    ORM_TRY(orm__session_read(session));
    ORM_TRY(orm__count_key(session, present, NULL, &count));
    if (count > 0)
        return ORM_OK;
    ORM_TRY(orm__entity_touch(session, present));
    orm__identity_remove(store, present);
    present->state = ORM__DELETED;
    *gone = true;
    return ORM_OK;
}

/* Whether the flush will let it go: what it refers to is deleted, and another may have taken that one's key. */
static bool goes_with_another(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    bool link = entity->state == ORM__PENDING && entity->batch == &entity->batch->store->links;
    for (size_t i = 0; i < model->relation_count && (link || entity->state == ORM__PERSISTENT); i++) {
        const orm_relation *relation = &model->relations[i];
        bool cascades = relation->owning && (link || (relation->on_delete == ORM_ON_DELETE_CASCADE &&
                                                      !orm__relation_is_changed(entity, relation)));
        const orm__entity *target = cascades ? orm__known_target(session, relation, entity) : NULL;
        if (target && (target->state == ORM__DELETING || (target->flags & ORM__REPLACES)))
            return true;
    }
    return false;
}

orm_status orm_entity_set(orm_session *session, const void *row, const orm_column *column, const void *value)
{
    orm__entity *entity;
    orm_column alone = *column; /* the value as a row of one member */
    bool opt = column->field.has != ORM_ABSENT;
    alone.field = (orm_field){opt ? column->field.value - column->field.has : 0, opt ? 0 : ORM_ABSENT};
    orm_status status = orm__entity_given(session, row, "set", &entity);
    if (!status)
        status = set(session, entity, column, orm__value_of_member(&alone, value));
    return status ? orm__session_stick(session, status) : ORM_OK;
}

static orm_status set(orm_session *session, orm__entity *entity, const orm_column *column, orm_value given)
{
    if (session->factory.read_only)
        return orm__session_error(session, ORM_MISUSE, "set of '%s': the session is read-only", column->member);
    ORM_TRY(orm__writable(column->model, "set of a column of", &session->error));
    if (column->flags & (ORM_COMPUTED | ORM_VERSION))
        return orm__session_error(
            session, ORM_MISUSE, "column '%s' of '%s' is not for setting: %s", column->member, column->model->name,
            column->flags & ORM_VERSION ? "each update counts it up" : "the database computes it");
    if (given.form == ORM_FORM_NULL && !(column->flags & ORM_NULLABLE))
        return orm__session_error(session, ORM_INVALID, "column '%s' of '%s' cannot be NULL", column->member,
                                  column->model->name);
    if (given.form == ORM_FORM_ONE && column->type == ORM_TYPE_ENUM &&
        (given.as.integer < 1 || (uint64_t)given.as.integer > column->enumeration->count))
        return orm__session_error(session, ORM_INVALID, "column '%s' of '%s': %lld is no value of enum '%s'",
                                  column->member, column->model->name, (long long)given.as.integer,
                                  column->enumeration->name);
    if (!(column->flags & ORM_FOREIGN_KEY))
        return orm__entity_put(session, entity, column, given);
    orm__relations_leave(session, entity, column);
    ORM_TRY(orm__entity_put(session, entity, column, given));
    return orm__relations_join(session, entity, column);
}

/* Whether the entity has this value already, and not by chance: a pending entity's column may be unset, and what an
 * expired one shows need not be what the database holds. */
static bool holds(orm__entity *entity, const orm_column *column, orm_value value)
{
    bool certain = entity->state == ORM__PERSISTENT && !(entity->flags & ORM__EXPIRED);
    if (!certain && !orm__entity_has_dirty(entity, column))
        return false;
    const orm_value own = orm__value_of_member(column, orm__row_of(entity));
    bool scaled = column->type == ORM_TYPE_DECIMAL && column->limits && column->limits->precision;
    return scaled ? orm__value_equal(own, value) : identical(own, value);
}

/* To the last digit: 1.0 is not 1.00 here, nor 0.0 -0.0. */
static bool identical(orm_value a, orm_value b)
{
    if (a.form == ORM_FORM_NULL || b.form == ORM_FORM_NULL)
        return a.form == b.form;
    if (a.form == ORM_FORM_ARRAY) {
        orm__array one = orm__array_of_value(&a), other = orm__array_of_value(&b);
        return orm__array_identical(&one, &other, a.type);
    }
    if (a.type == ORM_TYPE_DECIMAL)
        return strcmp(a.as.text, b.as.text) == 0;
    if (a.type == ORM_TYPE_FLOAT32 || a.type == ORM_TYPE_FLOAT64)
        return memcmp(&a.as.real, &b.as.real, sizeof a.as.real) == 0;
    return orm__value_equal(a, b);
}

orm_status orm__entity_put(orm_session *session, orm__entity *entity, const orm_column *column, orm_value value)
{
    if (holds(entity, column, value))
        return ORM_OK;
    if (value.form != ORM_FORM_NULL && !orm__value_keep(column, &value, &session->arena))
        return orm__session_no_memory(session);
    ORM_TRY(orm__entity_remember(session, entity));
    ORM_TRY(orm__held_keep(session, entity, column));
    ORM_TRY(orm__entity_queue(session, entity));
    ORM_TRY(rekey(session, entity, column, true));
    put_in_row(session, entity, column, value);
    orm__mask_add(orm__entity_dirty(entity), column->index);
    return rekey(session, entity, column, false);
}

/* The value is the arena's. */
static void put_in_row(orm_session *session, orm__entity *entity, const orm_column *column, orm_value value)
{
    void *row = orm__row_of(entity);
    if (!entity->original || !orm__member_same(column, entity->original, row))
        orm__member_recycle(column, row, &session->arena);
    orm__member_set(column, row, value);
}

orm_status orm__entity_take(orm_session *session, orm__entity *entity, const orm_column *column, orm_value value)
{
    if (value.form != ORM_FORM_NULL && !orm__value_keep(column, &value, &session->arena))
        return orm__session_no_memory(session);
    put_in_row(session, entity, column, value);
    return ORM_OK;
}

/* Pending entities are known by their new key at once; persistent ones by the old one until the flush. */
static orm_status rekey(orm_session *session, orm__entity *entity, const orm_column *column, bool before)
{
    if (!(column->flags & ORM_PRIMARY_KEY))
        return ORM_OK;
    orm__store *store = entity->batch->store;
    if (entity->state == ORM__PERSISTENT) {
        return before ? orm__old_key_keep(session, entity) : ORM_OK;
    } else if (before) {
        orm__key_leave(entity);
    } else if (orm__key_known(entity)) {
        ORM_TRY(refuse_present_key(session, store, entity));
        if (!orm__identity_add(store, entity))
            return orm__session_no_memory(session);
    }
    return ORM_OK;
}

orm_status orm_entity_delete(orm_session *session, const orm_model *model, const void *row)
{
    if (!row)
        return orm__session_stick(
            session, orm__session_error(session, ORM_MISUSE, "delete of '%s' was given no entity", model->name));
    orm__entity *entity = orm__entity_of(row);
    if (entity->state == ORM__DELETING && entity->batch->store->session == session)
        return ORM_OK;
    orm_status status = orm__entity_check(session, entity, "delete");
    if (!status)
        status = orm__entity_mark_deleted(session, entity);
    return status ? orm__session_stick(session, status) : ORM_OK;
}

orm_status orm__entity_mark_deleted(orm_session *session, orm__entity *entity)
{
    if (session->factory.read_only)
        return orm__session_error(session, ORM_MISUSE, "delete of '%s': the session is read-only",
                                  orm__model_of(entity)->name);
    ORM_TRY(orm__writable(orm__model_of(entity), "delete of", &session->error));
    ORM_TRY(orm__entity_queue(session, entity));
    ORM_TRY(orm__entity_touch(session, entity));
    orm__relations_leave_all(session, entity);
    if (entity->state == ORM__PENDING) {
        orm__key_leave(entity);
        entity->state = ORM__DETACHED;
    } else {
        entity->state = ORM__DELETING;
    }
    return ORM_OK;
}

uint64_t *orm__entity_dirty(orm__entity *entity)
{
    return orm__mask_words(orm__model_of(entity)) > 1 ? entity->dirty.words : &entity->dirty.word;
}

orm_status orm__entity_queue(orm_session *session, orm__entity *entity)
{
    if (entity->flags & ORM__QUEUED)
        return ORM_OK;
    if (!orm__entities_add(&session->changed, entity))
        return orm__session_no_memory(session);
    entity->flags |= ORM__QUEUED;
    return ORM_OK;
}

/* A member takes the value, and the memory, that another row's member holds; that one is NULL afterwards. */
void orm__entity_put_back(orm_session *session, orm__entity *entity, const orm_column *column, void *from)
{
    if (!entity->original || !orm__member_same(column, entity->original, orm__row_of(entity)))
        orm__member_recycle(column, orm__row_of(entity), &session->arena);
    orm__member_set(column, orm__row_of(entity), orm__value_of_member(column, from));
    orm__member_set_null(column, from);
}

/* The texts of `row` go back to the arena, but for those that `keep` (NULL: nothing) points to as well. */
void orm__entity_recycle_texts(orm_session *session, const orm_model *model, const void *row, const void *keep)
{
    for (size_t i = 0; i < model->column_count; i++) {
        const orm_column *column = &model->columns[i];
        if (orm__member_points(column) && !(keep && orm__member_same(column, row, keep)))
            orm__member_recycle(column, row, &session->arena);
    }
}

orm_status orm__entity_given(orm_session *session, const void *row, const char *what, orm__entity **entity)
{
    *entity = row ? orm__entity_of(row) : NULL;
    return row ? orm__entity_check(session, *entity, what)
               : orm__session_error(session, ORM_MISUSE, "%s: no entity was given", what);
}

orm_status orm__entity_check(orm_session *session, const orm__entity *entity, const char *what)
{
    char name[160];
    if (entity->batch->store->session != session)
        return orm__session_error(session, ORM_MISUSE, "%s: %s belongs to another session", what,
                                  orm__entity_name(entity, name, sizeof name));
    if (entity->state == ORM__PENDING || entity->state == ORM__PERSISTENT)
        return ORM_OK;
    return orm__session_error(session, ORM_MISUSE, "%s: %s %s", what, orm__entity_name(entity, name, sizeof name),
                              entity->state == ORM__DETACHED || entity->state == ORM__EXPUNGED ? "has left the session"
                                                                                               : "was deleted");
}
