/* session/unit_of_work.c -- plans a flush: what is added, changed and deleted, in which order, and what follows from
 * it.
 *
 * Everything that can be refused without asking the database is refused before anything is sent. Takes the marks that
 * entity.c made, the order from order.c and conflict.c; hands entities to groups.c, which writes them.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "session/groups.h"

#include <stdlib.h>
#include <string.h>

typedef struct plan {
    orm__entities added, changed, deleted;
    orm__entities replaced; /* deleted, too: but others, among `changed`, take their places */
    orm__order inserts, deletes;
    orm__steps steps; /* when unique values pass from row to row */
    orm__room room;
    const void *few[8]; /* where `room` is, when there is little to write */
} plan;

static orm_status classify(orm_session *session, plan *p);
static bool has_lost_an_end(orm_session *session, orm__entity *entity);
static orm_status check_added(orm_session *session, orm__entity *entity);
static orm_status validate(orm_session *session, orm__entity *entity, orm_problems *problems);
static orm_status check_targets(orm_session *session, orm__entity *entity);
static orm_status check_changed(orm_session *session, orm__entity *entity);
static bool is_as_held(orm_session *session, orm__entity *entity, const orm_column *column);
static bool is_settled(const orm__entity *entity, const orm_relation *relation, const orm_column *column);
static orm_status make_room(orm_session *session, plan *p);
static orm_status write_plan(orm_session *session, plan *p);
static orm_status write_all(orm_session *session, plan *p);
static bool ends_with(const orm_session *session, const plan *p, orm__verb verb);
static void drop_forsaken(orm__entities *changed);
static orm_status write_steps(orm_session *session, plan *p);
static orm_status cascade_wave(orm_session *session, orm__entity *const *entities, size_t count);
static orm_status hold_back(orm_session *session, const orm__order *order);
static orm_status write_held_back(orm_session *session, plan *p);
static orm_status open_circles(orm_session *session, plan *p);
static orm_status refer_to_nothing(orm_session *session, const orm__deferred *deferred);
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
        status = orm__rekey_begin(session);
    if (!status)
        status = classify(session, &p);
    if (!status)
        status = orm__cascade_spare(session, &p.deleted, &p.changed);
    if (!status)
        status = orm__rekey_check(session, &p.added, &p.changed);
    if (!status)
        status = orm__order_rows(session, &p.added, false, &p.inserts);
    if (!status)
        status = orm__order_rows(session, &p.deleted, true, &p.deletes);
    if (!status)
        status = orm__find_conflicts(session, &p.added, &p.changed, &p.deleted, &p.inserts, &p.steps);
    if (!status)
        status = make_room(session, &p);
    if (!status && p.added.count + p.changed.count + p.deleted.count > 0)
        status = write_plan(session, &p);
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
    if (p->room.rows != p->few)
        free(p->room.rows);
    orm__steps_release(&p->steps);
    orm__order_release(&p->inserts);
    orm__order_release(&p->deletes);
}

static orm_status classify(orm_session *session, plan *p)
{
    for (size_t i = 0; i < session->changed.count; i++) /* first: they give their keys back to those before them */
        if (has_lost_an_end(session, session->changed.items[i]))
            ORM_TRY(orm__entity_mark_deleted(session, session->changed.items[i]));
    for (size_t i = 0; i < session->changed.count; i++) {
        orm__entity *entity = session->changed.items[i];
        orm__entities *list = NULL;
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
    bool link = entity->batch == &entity->batch->store->links && entity->state == ORM__PENDING;
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
        if (!slot || !orm__relation_is_changed(entity, relation))
            continue;
        const orm__entity *target = slot->as.one;
        if (!target && !(relation->columns[0]->flags & ORM_NULLABLE))
            return orm__session_error(session, ORM_INVALID, "%s needs its relation '%s'",
                                      orm__entity_name(entity, name, sizeof name), relation->name);
        if (target && target->state != ORM__PENDING && target->state != ORM__PERSISTENT)
            return orm__session_error(
                session, ORM_CONFLICT, "%s refers by '%s' to %s, which %s", orm__entity_name(entity, name, sizeof name),
                relation->name, orm__entity_name(target, other, sizeof other),
                target->state == ORM__DETACHED || target->state == ORM__EXPUNGED ? "has left the session"
                                                                                 : "is deleted");
    }
    return ORM_OK;
}

/* What was changed and changed back is no change. */
static orm_status check_changed(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    orm_problems problems;
    if (!orm__entity_any_dirty(entity))
        return ORM_OK;
    uint64_t *dirty = orm__entity_dirty(entity);
    for (size_t i = 0; i < model->column_count; i++)
        if (orm__mask_has(dirty, i) && is_as_held(session, entity, &model->columns[i]))
            orm__mask_remove(dirty, i);
    if ((entity->flags & ORM__KEY_CHANGED) && !orm__changes_key(entity))
        orm__old_key_forget(session, entity);
    ORM_TRY(check_targets(session, entity));
    problems.count = 0;
    return orm__entity_any_dirty(entity) ? validate(session, entity, &problems) : ORM_OK;
}

/* Whether the database has this value. False, too, where nobody remembers what it has. */
static bool is_as_held(orm_session *session, orm__entity *entity, const orm_column *column)
{
    const orm_model *model = orm__model_of(entity);
    const void *row = orm__row_of(entity);
    if ((column->flags & (ORM_PRIMARY_KEY | ORM_FOREIGN_KEY)) == ORM_PRIMARY_KEY) /* known, whatever was read */
        return orm__member_equal(column, row, orm__key_row(entity));
    if ((entity->flags & ORM__EXPIRED) || entity->reread)
        return false;
    if (!(column->flags & ORM_FOREIGN_KEY))
        return entity->original && !(entity->flags & ORM__WRITTEN) && orm__member_equal(column, row, entity->original);
    for (size_t i = 0; i < model->relation_count; i++)
        if (model->relations[i].owning && (!is_settled(entity, &model->relations[i], column) ||
                                           orm__refers_to_another(session, entity, &model->relations[i], column)))
            return false;
    return orm__member_equal(column, row, orm__held_row(session, entity));
}

/* Whether the row has the key of what the relation refers to: not while that is pending, or has left. */
static bool is_settled(const orm__entity *entity, const orm_relation *relation, const orm_column *column)
{
    const orm__slot *slot = orm__entity_loaded(entity, relation);
    for (size_t k = 0; slot && k < relation->column_count; k++) {
        if (relation->columns[k] != column)
            continue;
        const orm__entity *target = slot->as.one;
        bool leaves = target && target->state == ORM__DELETING; /* with the key it has */
        if (!target ? !(column->flags & ORM_NULLABLE)
                    : (target->state != ORM__PERSISTENT && target->state != ORM__DELETING) ||
                          !orm__key_agrees(relation, k, orm__row_of(entity),
                                           leaves ? orm__key_row(target) : orm__row_of(target)))
            return false;
    }
    return true;
}

static orm_status make_room(orm_session *session, plan *p)
{
    size_t most = p->added.count;
    most = p->changed.count > most ? p->changed.count : most;
    most = p->deleted.count > most ? p->deleted.count : most;
    most += p->inserts.deferred_count + p->deletes.deferred_count + 1;
    p->room.rows = 2 * most <= sizeof p->few / sizeof *p->few ? p->few : malloc(2 * most * sizeof *p->room.rows);
    if (!p->room.rows)
        return orm__session_no_memory(session);
    p->room.keys = p->room.rows + most;
    return ORM_OK;
}

/* From the first statement on a flush is done whole, or undone by a rollback. */
static orm_status write_plan(orm_session *session, plan *p)
{
    if (session->factory.read_only)
        return orm__session_error(session, ORM_MISUSE, "the session is read-only");
    ORM_TRY(orm__session_write(session));
    session->wrote = session->level + 1U;
    session->behind += p->deleted.count + p->replaced.count > 0;
    orm_status status = write_all(session, p);
    session->failed |= status != ORM_OK;
    return status;
}

static orm_status write_all(orm_session *session, plan *p)
{
    ORM_TRY(hold_back(session, &p->inserts));
    if (p->replaced.count > 0) {
        ORM_TRY(orm__replace_forsake(session, &p->replaced, &p->deleted));
        drop_forsaken(&p->changed);
    }
    if (p->steps.count > 0)
        return write_steps(session, p);
    orm__room last = {p->room.rows, p->room.keys, ends_with(session, p, ORM__INSERT)};
    ORM_TRY(orm__write_waves(session, ORM__INSERT, p->inserts.rows, p->inserts.waves, p->inserts.count, &last));
    ORM_TRY(write_held_back(session, p));
    last.commits = ends_with(session, p, ORM__UPDATE);
    ORM_TRY(orm__write_wave(session, ORM__UPDATE, p->changed.items, p->changed.count, &last));
    ORM_TRY(open_circles(session, p));
    ORM_TRY(orm__write_waves(session, ORM__DELETE, p->deletes.rows, p->deletes.waves, p->deletes.count, &p->room));
    return p->deleted.count > 0 ? orm__cascade(session, &p->deleted) : ORM_OK;
}

/* Whether nothing can stop a commit once what is written last has succeeded: no hook, and nothing else to write. */
static bool ends_with(const orm_session *session, const plan *p, orm__verb verb)
{
    const orm_session_hooks *hooks = session->factory.hooks;
    bool nothing_else = p->deleted.count + p->replaced.count + p->deletes.deferred_count == 0 &&
                        (verb == ORM__UPDATE || p->changed.count + p->inserts.deferred_count == 0);
    return session->committing && session->connection->dialect == ORM_POSTGRESQL &&
           (!hooks || hooks->model_count == 0) && nothing_else;
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
    const orm__step *steps = p->steps.items;
    orm__entity **entities = malloc(p->steps.count * sizeof *entities);
    orm_status status = entities ? ORM_OK : orm__session_no_memory(session);
    for (size_t i = 0; i < p->steps.release_count && !status; i++)
        status = orm__release_value(session, &p->steps.releases[i]);
    if (!status)
        status = open_circles(session, p);
    for (size_t first = 0, last; first < p->steps.count && !status; first = last) {
        size_t count = 0;
        for (last = first;
             last < p->steps.count && steps[last].wave == steps[first].wave && steps[last].verb == steps[first].verb;
             last++)
            if (steps[last].verb == ORM__DELETE || steps[last].entity->state != ORM__DELETING)
                entities[count++] = steps[last].entity;
        status = orm__write_wave(session, steps[first].verb, entities, count, &p->room);
        if (!status && steps[first].verb == ORM__DELETE) /* before another has their keys */
            status = cascade_wave(session, entities, count);
    }
    free(entities);
    if (!status)
        status = write_held_back(session, p);
    return !status && p->deleted.count > 0 ? orm__cascade(session, &p->deleted) : status;
}

static orm_status cascade_wave(orm_session *session, orm__entity *const *entities, size_t count)
{
    orm__entities deleted = {0};
    orm_status status = ORM_OK;
    for (size_t i = 0; i < count && !status; i++)
        if (!orm__entities_add(&deleted, entities[i]))
            status = orm__session_no_memory(session);
    if (!status)
        status = orm__cascade(session, &deleted);
    free(deleted.items);
    return status;
}

/* Relations that are written by a second UPDATE are left out of the INSERT: what they refer to is remembered by
 * pointer. */
static orm_status hold_back(orm_session *session, const orm__order *order)
{
    for (size_t i = 0; i < order->deferred_count; i++) {
        orm__entity *entity = order->deferred[i].entity;
        const orm_relation *relation = order->deferred[i].relation;
        orm__entity *target = orm__known_target(session, relation, entity);
        orm__slot *slot = orm__entity_slot(entity, relation);
        if (!slot)
            return orm__session_no_memory(session);
        slot->loaded = true;
        slot->partial = false;
        slot->as.one = target;
        for (size_t k = 0; k < relation->column_count; k++) {
            orm__member_set_null(relation->columns[k], orm__row_of(entity));
            orm__mask_remove(orm__entity_dirty(entity), relation->columns[k]->index);
        }
    }
    return ORM_OK;
}

/* Now the keys are known: one UPDATE for each shape. */
static orm_status write_held_back(orm_session *session, plan *p)
{
    const orm__order *order = &p->inserts;
    if (order->deferred_count == 0)
        return ORM_OK;
    orm__entities rows = {0};
    orm_status status = ORM_OK;
    for (size_t i = 0; i < order->deferred_count && !status; i++) {
        orm__entity *entity = order->deferred[i].entity;
        const orm_relation *relation = order->deferred[i].relation;
        bool first = !orm__entity_any_dirty(entity);
        for (size_t k = 0; k < relation->column_count; k++)
            orm__mask_add(orm__entity_dirty(entity), relation->columns[k]->index);
        if (first && !orm__entities_add(&rows, entity))
            status = orm__session_no_memory(session);
    }
    if (!status)
        status = orm__write_wave(session, ORM__UPDATE, rows.items, rows.count, &p->room);
    free(rows.items);
    return status;
}

/* Before rows are deleted that refer to each other in circles: some refer to nothing. What else was changed in them
 * no longer matters. */
static orm_status open_circles(orm_session *session, plan *p)
{
    const orm__order *order = &p->deletes;
    if (order->deferred_count == 0)
        return ORM_OK;
    orm__entities rows = {0};
    orm_status status = ORM_OK;
    for (size_t i = 0; i < order->deferred_count && !status; i++) {
        orm__entity *entity = order->deferred[i].entity;
        status = orm__entity_remember(session, entity);
        if (!status)
            memset(orm__entity_dirty(entity), 0, orm__mask_words(orm__model_of(entity)) * sizeof(uint64_t));
    }
    for (size_t i = 0; i < order->deferred_count && !status; i++) {
        bool first = !orm__entity_any_dirty(order->deferred[i].entity);
        status = refer_to_nothing(session, &order->deferred[i]);
        if (!status && first && !orm__entities_add(&rows, order->deferred[i].entity))
            status = orm__session_no_memory(session);
    }
    if (!status)
        status = orm__write_wave(session, ORM__UPDATE, rows.items, rows.count, &p->room);
    free(rows.items);
    return status;
}

static orm_status refer_to_nothing(orm_session *session, const orm__deferred *deferred)
{
    const orm_relation *relation = deferred->relation;
    orm__slot *slot = orm__entity_slot(deferred->entity, relation);
    if (!slot)
        return orm__session_no_memory(session);
    slot->loaded = true;
    slot->partial = false;
    slot->as.one = NULL;
    for (size_t k = 0; k < relation->column_count; k++) {
        orm__member_set_null(relation->columns[k], orm__row_of(deferred->entity));
        orm__mask_add(orm__entity_dirty(deferred->entity), relation->columns[k]->index);
    }
    return ORM_OK;
}
