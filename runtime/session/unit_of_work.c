/* session/unit_of_work.c -- writes what a session has changed: inserts, updates, deletes, many rows to a statement.
 *
 * Everything that can be refused without asking the database is refused before anything is sent. Takes the marks that
 * entity.c made, the order from order.c; hands rows of one shape to sql/write.c.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "session/conflict.h"
#include "session/order.h"
#include "session/session.h"
#include "sql/rows.h"
#include "sql/write.h"

#include <stdlib.h>
#include <string.h>

typedef struct plan {
    orm__entities added, changed, deleted;
    orm__entities replaced; /* deleted, too: but others, among `changed`, take their places */
    orm__order inserts, deletes;
    orm__steps steps;          /* when unique values pass from row to row */
    const void **rows, **keys; /* room for one group */
} plan;

/* Writes one group: entities of one model with one mask. */
typedef orm_status (*write_group)(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                                  plan *p);

static orm_status classify(orm_session *session, plan *p);
static bool has_lost_an_end(orm_session *session, orm__entity *entity);
static orm_status check_added(orm_session *session, orm__entity *entity);
static orm_status validate(orm_session *session, orm__entity *entity, orm_problems *problems);
static orm_status check_targets(orm_session *session, orm__entity *entity);
static orm_status check_changed(orm_session *session, orm__entity *entity);
static orm_status make_room(orm_session *session, plan *p);
static orm_status write_all(orm_session *session, plan *p);
static void drop_forsaken(orm__entities *changed);
static orm_status write_steps(orm_session *session, plan *p);
static orm_status release_value(orm_session *session, const orm__release *release);
static orm_status in_groups(orm_session *session, orm__entity **entities, const uint32_t *waves, size_t count,
                            bool by_mask, write_group write, plan *p);
static orm_status write_wave(orm_session *session, orm__entity **entities, size_t count, bool by_mask,
                             write_group write, plan *p);
static orm_status insert_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count, plan *p);
static orm_status update_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count, plan *p);
static orm_status delete_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count, plan *p);
static void hold_back(const orm__order *order);
static orm_status write_held_back(orm_session *session, plan *p, const orm__order *order, bool null);
static orm_status set_clocks(orm_session *session, orm__entity *entity);
static orm_status replace_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count, plan *p);
static orm_status read_computed(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                                const uint64_t *also, plan *p);
static orm_status copy_keys(orm_session *session, orm__entity *entity);
static orm_status inserted(orm_session *session, orm__store *store, orm__entity *entity);
static orm_status updated(orm_session *session, orm__store *store, orm__entity *entity);
static orm_status stale(orm_session *session, orm__store *store, orm__entity **entities, size_t count, size_t matched,
                        plan *p);
static orm_status cascade(orm_session *session, plan *p);
static orm_status cascade_along(orm_session *session, const orm_relation *relation, orm__entities *deleted);
static void release_plan(plan *p);
static orm_status end_flush(orm_session *session, plan *p);

orm_status orm__flush(orm_session *session)
{
    plan p = {0};
    if (session->flushing || session->changed.count == 0)
        return ORM_OK;
    session->flushing = true;
    session->now = orm_timestamptz_now();
    orm_status status = orm__hooks_before_flush(session);
    if (!status)
        status = classify(session, &p);
    if (!status)
        status = orm__order_rows(session, &p.added, false, &p.inserts);
    if (!status)
        status = orm__order_rows(session, &p.deleted, true, &p.deletes);
    if (!status)
        status = orm__find_conflicts(session, &p.added, &p.changed, &p.deleted, &p.inserts, &p.steps);
    if (!status)
        status = make_room(session, &p);
    if (!status && p.added.count + p.changed.count + p.deleted.count > 0)
        status = write_all(session, &p);
    for (size_t i = 0; i < session->changed.count; i++)
        session->changed.items[i]->flags &= (uint8_t) ~(status ? ORM__HOOKED : ORM__HOOKED | ORM__QUEUED);
    if (!status)
        status = end_flush(session, &p);
    session->flushing = false;
    release_plan(&p);
    return status;
}

/* Everything was sent. What hooks change from here on is for the next flush. */
static orm_status end_flush(orm_session *session, plan *p)
{
    session->changed.count = 0;
    orm_status status = orm__hooks_after(session, p->added.items, p->added.count, ORM_AFTER_INSERT);
    if (!status)
        status = orm__hooks_after(session, p->changed.items, p->changed.count, ORM_AFTER_UPDATE);
    if (!status)
        status = orm__hooks_after(session, p->deletes.rows, p->deletes.count, ORM_AFTER_DELETE);
    if (!status)
        status = orm__hooks_after(session, p->replaced.items, p->replaced.count, ORM_AFTER_DELETE);
    orm__replace_end(&p->replaced, &p->changed);
    session->failed |= status != ORM_OK;
    return status;
}

static void release_plan(plan *p)
{
    free(p->added.items);
    free(p->changed.items);
    free(p->deleted.items);
    free(p->replaced.items);
    free(p->rows);
    orm__steps_release(&p->steps);
    orm__order_release(&p->inserts);
    orm__order_release(&p->deletes);
}

static orm_status classify(orm_session *session, plan *p)
{
    for (size_t i = 0; i < session->changed.count; i++) {
        orm__entity *entity = session->changed.items[i];
        orm__entities *list = NULL;
        if (entity->state == ORM__PENDING && has_lost_an_end(session, entity))
            ORM_TRY(orm__entity_mark_deleted(session, entity));
        if (entity->state == ORM__PENDING) {
            ORM_TRY(check_added(session, entity));
            list = entity->flags & ORM__REPLACES ? &p->changed : &p->added;
        } else if (entity->state == ORM__PERSISTENT) {
            ORM_TRY(check_changed(session, entity));
            list = orm__entity_any_dirty(entity) ? &p->changed : NULL;
        } else if (entity->state == ORM__DELETING) {
            list = entity->flags & ORM__REPLACED ? &p->replaced : &p->deleted;
        }
        if (list && !orm__entities_add(list, entity))
            return orm__session_no_memory(session);
    }
    return ORM_OK;
}

/* A pending row between two entities of which one was deleted: it goes with it. */
static bool has_lost_an_end(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    bool link = entity->batch == &entity->batch->store->links;
    for (size_t i = 0; link && i < model->relation_count; i++) {
        const orm_relation *relation = &model->relations[i];
        const orm__entity *end = relation->owning ? orm__known_target(session, relation, entity) : NULL;
        if (end && !orm__is_there(end))
            return true;
    }
    return false;
}

bool orm__entity_any_dirty(orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    return (orm__mask_words(model) == 1 || entity->dirty.words) && !orm__mask_empty(model, orm__entity_dirty(entity));
}

static orm_status check_added(orm_session *session, orm__entity *entity)
{
    orm_problems problems;
    ORM_TRY(check_targets(session, entity));
    problems.count = 0;
    orm__validate_required(orm__model_of(entity), orm__entity_dirty(entity), &problems);
    return validate(session, entity, &problems);
}

/* The columns that would be sent are held to their rules; all problems are told at once. */
static orm_status validate(orm_session *session, orm__entity *entity, orm_problems *problems)
{
    const orm_model *model = orm__model_of(entity);
    char name[160];
    if (!orm__validate_columns(model, orm__row_of(entity), orm__entity_dirty(entity), &session->patterns, problems))
        return orm__session_no_memory(session);
    return problems->count == 0
               ? ORM_OK
               : orm__validate_tell(model, orm__entity_name(entity, name, sizeof name), problems, &session->error);
}

/* Relations set by pointer: what they refer to must be there, or be about to. */
static orm_status check_targets(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    char name[160], other[160];
    for (size_t i = 0; i < model->relation_count; i++) {
        const orm_relation *relation = &model->relations[i];
        const orm__slot *slot = relation->owning ? orm__entity_loaded(entity, relation) : NULL;
        if (!slot || !orm__entity_any_dirty(entity) ||
            !orm__mask_has(orm__entity_dirty(entity), relation->columns[0]->index))
            continue;
        const orm__entity *target = slot->as.one;
        if (!target && !(relation->columns[0]->flags & ORM_NULLABLE))
            return orm__session_error(session, ORM_INVALID, "%s needs its relation '%s'",
                                      orm__entity_name(entity, name, sizeof name), relation->name);
        if (target && target->state != ORM__PENDING && target->state != ORM__PERSISTENT)
            return orm__session_error(session, ORM_CONFLICT, "%s refers by '%s' to %s, which %s",
                                      orm__entity_name(entity, name, sizeof name), relation->name,
                                      orm__entity_name(target, other, sizeof other),
                                      target->state == ORM__DETACHED ? "has left the session" : "is deleted");
    }
    return ORM_OK;
}

/* What was changed and changed back is no change, unless the first change was written already. */
static orm_status check_changed(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    orm_problems problems;
    ORM_TRY(check_targets(session, entity));
    if (!orm__entity_any_dirty(entity))
        return ORM_OK;
    problems.count = 0;
    ORM_TRY(validate(session, entity, &problems));
    if (!entity->original || (entity->flags & ORM__WRITTEN))
        return ORM_OK;
    uint64_t *dirty = orm__entity_dirty(entity);
    for (size_t i = 0; i < model->column_count; i++) {
        const orm_column *column = &model->columns[i];
        if (orm__mask_has(dirty, i) && !(column->flags & ORM_FOREIGN_KEY) &&
            orm__member_equal(column, orm__row_of(entity), entity->original))
            orm__mask_remove(dirty, i);
    }
    return ORM_OK;
}

static orm_status make_room(orm_session *session, plan *p)
{
    size_t most = p->added.count;
    most = p->changed.count > most ? p->changed.count : most;
    most = p->deleted.count > most ? p->deleted.count : most;
    most += p->inserts.deferred_count + p->deletes.deferred_count + 1;
    p->rows = malloc(2 * most * sizeof *p->rows);
    if (!p->rows)
        return orm__session_no_memory(session);
    p->keys = p->rows + most;
    return ORM_OK;
}

static orm_status write_all(orm_session *session, plan *p)
{
    if (session->factory.read_only)
        return orm__session_error(session, ORM_MISUSE, "the session is read-only");
    ORM_TRY(orm__session_write(session));
    hold_back(&p->inserts);
    if (p->replaced.count > 0) {
        ORM_TRY(orm__replace_forsake(session, &p->replaced, &p->deleted));
        drop_forsaken(&p->changed);
    }
    if (p->steps.count > 0)
        return write_steps(session, p);
    ORM_TRY(in_groups(session, p->inserts.rows, p->inserts.waves, p->inserts.count, true, insert_group, p));
    ORM_TRY(write_held_back(session, p, &p->inserts, false));
    ORM_TRY(in_groups(session, p->changed.items, NULL, p->changed.count, true, update_group, p));
    ORM_TRY(write_held_back(session, p, &p->deletes, true));
    ORM_TRY(in_groups(session, p->deletes.rows, p->deletes.waves, p->deletes.count, false, delete_group, p));
    return p->deleted.count > 0 ? cascade(session, p) : ORM_OK;
}

/* What went with a row that is replaced needs no UPDATE any more. */
static void drop_forsaken(orm__entities *changed)
{
    size_t kept = 0;
    for (size_t i = 0; i < changed->count; i++)
        if (changed->items[i]->state != ORM__DELETING)
            changed->items[kept++] = changed->items[i];
    changed->count = kept;
}

/* The same where unique values pass from row to row: wave by wave, each verb of a wave at once. */
static orm_status write_steps(orm_session *session, plan *p)
{
    static const write_group writers[] = {
        [ORM__INSERT] = insert_group, [ORM__UPDATE] = update_group, [ORM__DELETE] = delete_group};
    const orm__step *steps = p->steps.items;
    orm__entity **entities = malloc(p->steps.count * sizeof *entities);
    orm_status status = entities ? ORM_OK : orm__session_no_memory(session);
    for (size_t i = 0; i < p->steps.release_count && !status; i++)
        status = release_value(session, &p->steps.releases[i]);
    if (!status)
        status = write_held_back(session, p, &p->deletes, true);
    for (size_t first = 0, last; first < p->steps.count && !status; first = last) {
        size_t count = 0;
        for (last = first;
             last < p->steps.count && steps[last].wave == steps[first].wave && steps[last].verb == steps[first].verb;
             last++)
            if (steps[last].verb == ORM__DELETE || steps[last].entity->state != ORM__DELETING)
                entities[count++] = steps[last].entity;
        status = write_wave(session, entities, count, steps[first].verb != ORM__DELETE, writers[steps[first].verb], p);
    }
    free(entities);
    if (!status)
        status = write_held_back(session, p, &p->inserts, false);
    return !status && p->deleted.count > 0 ? cascade(session, p) : status;
}

/* One row gives up a unique value; what it gets instead follows. */
static orm_status release_value(orm_session *session, const orm__release *release)
{
    const orm_model *model = orm__model_of(release->entity);
    uint64_t *mask = orm__arena_zalloc(&session->arena, orm__mask_words(model), sizeof *mask);
    void *row = orm__arena_zalloc(&session->arena, 1, model->row_size);
    if (!mask || !row)
        return orm__session_no_memory(session);
    const void *key = orm__key_row(release->entity), *rows[] = {row};
    size_t matched;
    orm__mask_add(mask, release->column->index);
    orm_status status = orm__update_rows(session->connection, model, mask, NULL, rows, &key, 1, &matched);
    orm__arena_recycle(&session->arena, row, model->row_size);
    orm__arena_recycle(&session->arena, mask, orm__mask_words(model) * sizeof *mask);
    return status ? orm__session_failed(session, status) : ORM_OK;
}

/* Wave by wave; `waves` NULL: one wave. */
static orm_status in_groups(orm_session *session, orm__entity **entities, const uint32_t *waves, size_t count,
                            bool by_mask, write_group write, plan *p)
{
    for (size_t first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && (!waves || waves[last] == waves[first]); last++)
            ;
        ORM_TRY(write_wave(session, entities + first, last - first, by_mask, write, p));
    }
    return ORM_OK;
}

static bool same_shape(orm__entity *a, orm__entity *b, bool by_mask)
{
    if (a->batch->store != b->batch->store || ((a->flags ^ b->flags) & ORM__REPLACES))
        return false;
    return !by_mask || memcmp(orm__entity_dirty(a), orm__entity_dirty(b),
                              orm__mask_words(orm__model_of(a)) * sizeof(uint64_t)) == 0;
}

/* Brings rows of one shape together, in the order of their first, and writes each shape at once. */
static orm_status write_wave(orm_session *session, orm__entity **entities, size_t count, bool by_mask,
                             write_group write, plan *p)
{
    for (size_t i = 0; by_mask && i < count; i++) {
        ORM_TRY(copy_keys(session, entities[i]));
        if (entities[i]->state == ORM__PERSISTENT)
            ORM_TRY(set_clocks(session, entities[i]));
    }
    while (count > 0) {
        orm__entity *first = entities[0];
        orm__entity **rest = malloc(count * sizeof *rest), **group = malloc(count * sizeof *group);
        size_t grouped = 0, left = 0;
        for (size_t i = 0; rest && group && i < count; i++) {
            if (same_shape(first, entities[i], by_mask))
                group[grouped++] = entities[i];
            else
                rest[left++] = entities[i];
        }
        orm_status status = rest && group ? write(session, first->batch->store, group, grouped, p)
                                          : orm__session_no_memory(session);
        if (!status) { /* all stay in the array: what follows the flush looks at them again */
            memcpy(entities, group, grouped * sizeof *entities);
            memcpy(entities + grouped, rest, left * sizeof *entities);
            entities += grouped;
        }
        free(rest);
        free(group);
        ORM_TRY(status);
        count = left;
    }
    return ORM_OK;
}

/* Columns that an update sets to the clock, unless it sets them itself. */
static orm_status set_clocks(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; i < model->column_count; i++)
        if ((model->columns[i].flags & ORM_ON_UPDATE_NOW) && !orm__mask_has(orm__entity_dirty(entity), i))
            ORM_TRY(
                orm__entity_put(session, entity, &model->columns[i], orm__value_now(&model->columns[i], session->now)));
    return ORM_OK;
}

/* The keys of what an entity refers to by pointer, now that they are known. */
static orm_status copy_keys(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    for (size_t i = 0; i < model->relation_count; i++) {
        const orm_relation *relation = &model->relations[i];
        const orm__slot *slot = relation->owning ? orm__entity_loaded(entity, relation) : NULL;
        if (!slot || !slot->as.one)
            continue;
        for (size_t k = 0; k < relation->column_count; k++)
            if (orm__mask_has(orm__entity_dirty(entity), relation->columns[k]->index))
                ORM_TRY(orm__entity_put(session, entity, relation->columns[k],
                                        orm__value_of_member(relation->target_columns[k], orm__row_of(slot->as.one))));
    }
    return ORM_OK;
}

static orm_status insert_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count, plan *p)
{
    const orm_timestamptz now = session->now;
    uint64_t *given = orm__entity_dirty(entities[0]);
    for (size_t i = count; i-- > 0;) { /* the first row's mask changes last: it is the group's */
        orm__values_default(store->model, orm__row_of(entities[i]), orm__entity_dirty(entities[i]), &now);
        p->rows[i] = orm__row_of(entities[i]);
    }
    orm_status status = orm__insert_rows(session->connection, store->model, given, (void *const *)p->rows, count,
                                         &session->arena);
    if (status)
        return orm__session_failed(session, status);
    for (size_t i = 0; i < count; i++)
        ORM_TRY(inserted(session, store, entities[i]));
    return ORM_OK;
}

static orm_status inserted(orm_session *session, orm__store *store, orm__entity *entity)
{
    entity->state = ORM__PERSISTENT;
    memset(orm__entity_dirty(entity), 0, orm__mask_words(store->model) * sizeof(uint64_t));
    if (!(entity->flags & ORM__MAPPED) && !orm__identity_add(store, entity))
        return orm__session_no_memory(session);
    return ORM_OK;
}

static orm_status update_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count, plan *p)
{
    size_t matched;
    if (entities[0]->flags & ORM__REPLACES)
        return replace_group(session, store, entities, count, p);
    for (size_t i = 0; i < count; i++) {
        p->rows[i] = orm__row_of(entities[i]);
        p->keys[i] = orm__key_row(entities[i]);
    }
    orm_status status = orm__update_rows(session->connection, store->model, orm__entity_dirty(entities[0]), NULL,
                                         p->rows, p->keys, count, &matched);
    if (status)
        return orm__session_failed(session, status);
    if (matched != count)
        return stale(session, store, entities, count, matched, p);
    for (size_t i = 0; i < count; i++)
        ORM_TRY(updated(session, store, entities[i]));
    return read_computed(session, store, entities, count, NULL, p);
}

/* These are added with the keys of rows that are deleted: every column is set, as an INSERT would. */
static orm_status replace_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count, plan *p)
{
    const orm_model *model = store->model;
    const orm_column *version = orm__version_of(model);
    size_t words = orm__mask_words(model), matched = count;
    uint64_t *changed = orm__arena_zalloc(&session->arena, 2 * words, sizeof *changed);
    if (!changed)
        return orm__session_no_memory(session);
    for (size_t i = 0; i < count; i++) {
        void *row = orm__row_of(entities[i]);
        orm__values_default(model, row, orm__entity_dirty(entities[i]), &session->now);
        if (version) /* what the row has now */
            orm__member_set(version, row, orm__value_of_member(version, entities[i]->original));
        p->rows[i] = p->keys[i] = row;
    }
    orm_status status = ORM_OK;
    uint64_t *defaulted = changed + words;
    bool sends = orm__replace_masks(model, orm__entity_dirty(entities[0]), changed, defaulted);
    if (sends)
        status = orm__update_rows(session->connection, model, changed,
                                  orm__mask_empty(model, defaulted) ? NULL : defaulted, p->rows, p->keys, count,
                                  &matched);
    if (status)
        return orm__session_failed(session, status);
    if (matched != count)
        return stale(session, store, entities, count, matched, p);
    for (size_t i = 0; i < count; i++) {
        if (sends)
            ORM_TRY(updated(session, store, entities[i]));
        ORM_TRY(inserted(session, store, entities[i]));
    }
    status = read_computed(session, store, entities, count, defaulted, p);
    orm__arena_recycle(&session->arena, changed, 2 * words * sizeof *changed);
    return status;
}

/* What the database computes may have changed with what was written; `also`, which may be NULL, are further columns. */
static orm_status read_computed(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                                const uint64_t *also, plan *p)
{
    const orm_model *model = store->model;
    orm__chosen computed;
    orm_status status = orm__chosen_init(session->connection, model, NULL, &computed);
    for (size_t i = 0; i < model->column_count && !status; i++)
        if ((model->columns[i].flags & ORM_COMPUTED) || (also && orm__mask_has(also, i)))
            orm__chosen_add(&computed, &model->columns[i]);
    for (size_t i = 0; i < count && !status; i++) {
        void *row = orm__row_of(entities[i]);
        p->rows[i] = row;
        for (size_t k = 0; k < computed.count; k++) {
            if (!orm__member_points(computed.columns[k]) ||
                (entities[i]->original && orm__member_same(computed.columns[k], entities[i]->original, row)))
                continue;
            orm__member_recycle(computed.columns[k], row, &session->arena);
            orm__member_set_null(computed.columns[k], row);
        }
    }
    if (!status && computed.count > 0)
        status = orm__read_back(session->connection, model, computed.columns, computed.count, (void *const *)p->rows,
                                count, &session->arena);
    orm__chosen_release(&computed);
    return status ? orm__session_failed(session, status) : ORM_OK;
}

static orm_status updated(orm_session *session, orm__store *store, orm__entity *entity)
{
    if (entity->flags & ORM__KEY_CHANGED) {
        orm__identity_remove(store, entity);
        orm__old_key_forget(session, entity);
        if (!orm__identity_add(store, entity))
            return orm__session_no_memory(session);
    }
    const orm_column *version = orm__version_of(store->model);
    if (version) {
        orm_value counted = orm__value_of_member(version, orm__row_of(entity));
        counted.as.integer++;
        orm__member_set(version, orm__row_of(entity), counted);
    }
    memset(orm__entity_dirty(entity), 0, orm__mask_words(store->model) * sizeof(uint64_t));
    orm__held_forget(session, entity);
    entity->flags |= ORM__WRITTEN;
    return ORM_OK;
}

static orm_status delete_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count, plan *p)
{
    size_t matched;
    for (size_t i = 0; i < count; i++)
        p->keys[i] = orm__key_row(entities[i]);
    orm_status status = orm__delete_rows(session->connection, store->model, p->keys, count, &matched);
    if (status)
        return orm__session_failed(session, status);
    return matched == count ? ORM_OK : stale(session, store, entities, count, matched, p);
}

/* Relations that are written by a second UPDATE are left out of the INSERT. */
static void hold_back(const orm__order *order)
{
    for (size_t i = 0; i < order->deferred_count; i++) {
        const orm_relation *relation = order->deferred[i].relation;
        for (size_t k = 0; k < relation->column_count; k++) {
            orm__member_set_null(relation->columns[k], orm__row_of(order->deferred[i].entity));
            orm__mask_remove(orm__entity_dirty(order->deferred[i].entity), relation->columns[k]->index);
        }
    }
}

/* Now the keys are known (or, before deletes, the circle is opened): one UPDATE for each shape. */
static orm_status write_held_back(orm_session *session, plan *p, const orm__order *order, bool null)
{
    if (order->deferred_count == 0)
        return ORM_OK;
    orm__entities rows = {0};
    orm_status status = ORM_OK;
    for (size_t i = 0; i < order->deferred_count && !status; i++) {
        orm__entity *entity = order->deferred[i].entity;
        const orm_relation *relation = order->deferred[i].relation;
        bool first = !orm__entity_any_dirty(entity) || null;
        for (size_t k = 0; k < relation->column_count && !status; k++) {
            if (null)
                status = orm__entity_put(session, entity, relation->columns[k], (orm_value){.form = ORM_FORM_NULL});
            else
                orm__mask_add(orm__entity_dirty(entity), relation->columns[k]->index);
        }
        if (!status && first && !orm__entities_add(&rows, entity))
            status = orm__session_no_memory(session);
    }
    if (!status)
        status = in_groups(session, rows.items, NULL, rows.count, true, update_group, p);
    free(rows.items);
    return status;
}

/* Fewer rows were there than should be: one that is gone is named. */
static orm_status stale(orm_session *session, orm__store *store, orm__entity **entities, size_t count, size_t matched,
                        plan *p)
{
    orm__entity *gone = entities[0];
    char name[160];
    size_t found;
    (void)p;
    for (size_t i = 0; i < count && count > 1; i++) {
        orm_status status = orm__count_key(session, entities[i], &found);
        if (status)
            return orm__session_failed(session, status);
        gone = entities[i];
        if (found == 0)
            break;
    }
    orm_connection *c = session->connection;
    orm__error_set(&c->error, ORM_STALE,
                   "%s is no longer in table '%s', or was changed by another (%zu of %zu rows matched)",
                   orm__entity_name(gone, name, sizeof name), store->model->table, matched, count);
    ORM__ERROR_COPY(c->error.table, store->model->table);
    orm__connection_failed(c);
    return orm__session_failed(session, ORM_STALE);
}

/* What the database did by itself to rows that referred to deleted ones, done to those that the session holds. */
static orm_status cascade(orm_session *session, plan *p)
{
    orm__entities *deleted = &p->deleted;
    for (size_t done = 0; done < deleted->count;) {
        size_t until = deleted->count;
        for (const orm__store *store = session->store_list; store; store = store->next)
            for (size_t r = 0; r < store->model->relation_count; r++)
                if (store->model->relations[r].owning)
                    ORM_TRY(cascade_along(session, &store->model->relations[r], deleted));
        done = until;
    }
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
    for (uint32_t number = 1; number <= store->used && targets->mapped && relation->on_delete != ORM_ON_DELETE_RESTRICT;
         number++) {
        orm__entity *entity = orm__store_at(store, number);
        orm__entity *target = entity->state == ORM__PERSISTENT
                                  ? orm__identity_find_row(targets, relation->columns, orm__row_of(entity))
                                  : NULL;
        if (target && target->state == ORM__DELETING)
            ORM_TRY(orm__entity_forsaken(session, entity, relation, deleted));
    }
    return ORM_OK;
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
