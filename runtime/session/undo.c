/* session/undo.c -- how entities were, so that a rollback can put them back: a log of first changes, by savepoint
 * level.
 *
 * A record is written when an entity is touched for the first time since the last savepoint. A row is copied with its
 * pointers, not its texts: a text that a snapshot points to is left alone until no snapshot does. Records of one level
 * stand together at the end of the log; each leads to the entity's record before it.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "session/session.h"

#include <stdlib.h>
#include <string.h>

static orm__undo *record_of(orm_session *session, const orm__entity *entity);
static orm__undo *here(orm_session *session, const orm__entity *entity);
static orm__undo *push(orm_session *session, orm__entity *entity);
static void *newest_row(orm_session *session, const orm__entity *entity);
static void restore(orm_session *session, orm__undo *record);
static void map_again(orm__entity *entity);
static void drop_row(orm_session *session, const orm__undo *record);
static bool is_held(const orm_column *column);
static orm_status copy_held(orm_session *session, orm__undo *record, const void *from);
static void drop_held(orm_session *session, orm__undo *record);
static size_t place_of_old_key(orm_session *session, const orm__entity *entity);

static orm__undo *record_of(orm_session *session, const orm__entity *entity)
{
    return entity->undo ? &session->undo.records[entity->undo - 1] : NULL;
}

/* The record that the present level has made. */
static orm__undo *here(orm_session *session, const orm__entity *entity)
{
    orm__undo *record = record_of(session, entity);
    return record && record->level == session->level ? record : NULL;
}

orm_status orm__entity_touch(orm_session *session, orm__entity *entity)
{
    return here(session, entity) || push(session, entity) ? ORM_OK : orm__session_no_memory(session);
}

static orm__undo *push(orm_session *session, orm__entity *entity)
{
    if (session->undo.count == session->undo.capacity) {
        size_t capacity = session->undo.capacity ? session->undo.capacity * 2 : 16;
        orm__undo *records = realloc(session->undo.records, capacity * sizeof *records);
        if (!records)
            return NULL;
        session->undo.records = records;
        session->undo.capacity = capacity;
    }
    orm__undo *record = &session->undo.records[session->undo.count++];
    *record = (orm__undo){.entity = entity,
                          .previous = entity->undo,
                          .level = session->level,
                          .state = entity->state,
                          .written = (entity->flags & ORM__WRITTEN) != 0};
    entity->undo = (uint32_t)session->undo.count;
    return record;
}

/* What was added since the last savepoint leaves by a rollback: how it was does not matter. */
orm_status orm__entity_remember(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    orm__undo *record = here(session, entity);
    if (record && (record->row || record->state == ORM__DETACHED))
        return ORM_OK;
    if (orm__mask_words(model) > 1 && !entity->dirty.words &&
        !(entity->dirty.words = orm__arena_zalloc(&session->arena, orm__mask_words(model),
                                                  sizeof *entity->dirty.words)))
        return orm__session_no_memory(session);
    void *row = orm__arena_alloc(&session->arena, model->row_size);
    if (!row || (!record && !(record = push(session, entity))))
        return orm__session_no_memory(session);
    memcpy(row, orm__row_of(entity), model->row_size);
    record->row = entity->original = row;
    entity->flags &= (uint8_t)~ORM__WRITTEN;
    entity->reread = false;
    return ORM_OK;
}

/* Keys may have gone round among these entities: all leave the map before any gets its old one back. */
void orm__undo_level(orm_session *session)
{
    const size_t count = session->undo.count;
    orm__undo *records = session->undo.records;
    size_t first = count;
    while (first > 0 && records[first - 1].level >= session->level)
        first--;
    for (size_t i = first; i < count; i++) {
        orm__entity *entity = records[i].entity;
        if (entity->state == ORM__EXPUNGED)
            continue;
        orm__identity_remove(entity->batch->store, entity);
        orm__old_key_forget(session, entity);
    }
    while (session->undo.count > first)
        restore(session, &records[--session->undo.count]);
    for (size_t i = first; i < count; i++)
        if (records[i].entity->state == ORM__PERSISTENT && !(records[i].entity->flags & ORM__MAPPED))
            map_again(records[i].entity);
}

static void restore(orm_session *session, orm__undo *record)
{
    orm__entity *entity = record->entity;
    orm__store *store = entity->batch->store;
    drop_held(session, record);
    if (entity->state == ORM__EXPUNGED) { /* no longer ours to put back; its values stay */
        entity->undo = record->previous;
        return;
    }
    bool flushed = record->row || (entity->flags & (ORM__WRITTEN | ORM__EXPIRED));
    entity->flags &= (uint8_t) ~(ORM__REPLACES | ORM__REPLACED);
    entity->undo = record->previous;
    if (record->row) {
        orm__entity_recycle_texts(session, store->model, orm__row_of(entity), record->row);
        memcpy(orm__row_of(entity), record->row, store->model->row_size);
        orm__arena_recycle(&session->arena, record->row, store->model->row_size);
    }
    entity->original = newest_row(session, entity);
    entity->flags = (uint8_t)((entity->flags & ~ORM__WRITTEN) | (record->written ? ORM__WRITTEN : 0) |
                              (flushed ? ORM__EXPIRED : 0));
    if (record->state == ORM__DETACHED) {
        entity->state = ORM__DETACHED;
        return;
    }
    if (orm__mask_words(store->model) == 1 || entity->dirty.words)
        memset(orm__entity_dirty(entity), 0, orm__mask_words(store->model) * sizeof(uint64_t));
    entity->state = ORM__PERSISTENT;
}

/* Another that has the key by now was read from a row that is undone, too. */
static void map_again(orm__entity *entity)
{
    orm__store *store = entity->batch->store;
    orm__entity *other = orm__identity_find_row(store, store->model->primary_key, orm__row_of(entity));
    if (other) {
        orm__identity_remove(store, other);
        other->state = ORM__DETACHED;
    }
    if (!orm__identity_add(store, entity))
        entity->state = ORM__DETACHED;
}

static void *newest_row(orm_session *session, const orm__entity *entity)
{
    for (uint32_t number = entity->undo; number; number = session->undo.records[number - 1].previous)
        if (session->undo.records[number - 1].row)
            return session->undo.records[number - 1].row;
    return NULL;
}

void orm__undo_settle(orm_session *session)
{
    while (session->undo.count > 0) {
        orm__undo *record = &session->undo.records[--session->undo.count];
        orm__entity *entity = record->entity;
        drop_held(session, record);
        drop_row(session, record);
        entity->undo = record->previous;
        entity->original = NULL;
        entity->reread = false;
        entity->flags &= (uint8_t)~ORM__WRITTEN;
        if (entity->state == ORM__DELETED)
            entity->state = ORM__DETACHED;
    }
}

/* Gives back a snapshot, and the texts that neither the row nor an older snapshot points to. */
static void drop_row(orm_session *session, const orm__undo *record)
{
    if (!record->row)
        return;
    const orm_model *model = orm__model_of(record->entity);
    const void *older = NULL;
    for (uint32_t number = record->previous; number && !older; number = session->undo.records[number - 1].previous)
        older = session->undo.records[number - 1].row;
    for (size_t i = 0; i < model->column_count; i++) {
        const orm_column *column = &model->columns[i];
        if (orm__member_points(column) && !orm__member_same(column, record->row, orm__row_of(record->entity)) &&
            !(older && orm__member_same(column, record->row, older)))
            orm__member_recycle(column, record->row, &session->arena);
    }
    orm__arena_recycle(&session->arena, record->row, model->row_size);
}

/* Records of the present level become the level's below: where that has one of the same entity, the older one
 * stands. */
void orm__undo_merge(orm_session *session)
{
    size_t first = session->undo.count;
    while (first > 0 && session->undo.records[first - 1].level == session->level)
        first--;
    size_t kept = first;
    for (size_t i = first; i < session->undo.count; i++) {
        orm__undo record = session->undo.records[i];
        orm__undo *before = record.previous ? &session->undo.records[record.previous - 1] : NULL;
        drop_held(session, &record);
        record.level--;
        if (before && before->level == record.level && (before->row || !record.row || before->state == ORM__DETACHED)) {
            drop_row(session, &record);
            record.entity->undo = record.previous;
            record.entity->original = newest_row(session, record.entity);
            if (record.row)
                record.entity->flags |= ORM__WRITTEN;
            continue;
        }
        if (before && before->level == record.level) { /* a snapshot for a record that had none */
            before->row = record.row;
            record.entity->undo = record.previous;
            continue;
        }
        session->undo.records[kept++] = record;
        record.entity->undo = (uint32_t)kept;
    }
    session->undo.count = kept;
}

/* --- unique values and foreign keys that were written and changed again ------------------------------------------- */

static bool is_held(const orm_column *column)
{
    const orm_model *model = column->model;
    if (column->flags & ORM_FOREIGN_KEY)
        return true;
    for (size_t u = 0; u < model->unique_count; u++)
        for (size_t i = 0; i < model->uniques[u].column_count; i++)
            if (model->uniques[u].columns[i] == column)
                return true;
    return false;
}

orm_status orm__held_keep(orm_session *session, orm__entity *entity, const orm_column *column)
{
    orm__undo *record = record_of(session, entity);
    bool told = entity->original && !(entity->flags & ORM__WRITTEN);
    if (entity->state != ORM__PERSISTENT || told || !record || record->held || !is_held(column))
        return ORM_OK;
    return copy_held(session, record, orm__row_of(entity));
}

static orm_status copy_held(orm_session *session, orm__undo *record, const void *from)
{
    const orm_model *model = orm__model_of(record->entity);
    void *row = orm__arena_zalloc(&session->arena, 1, model->row_size);
    if (!row)
        return orm__session_no_memory(session);
    for (size_t i = 0; i < model->column_count; i++) {
        const orm_column *each = &model->columns[i];
        if (!is_held(each))
            continue;
        orm__member_set(each, row, orm__value_of_member(each, from));
        if (!orm__member_keep(each, row, &session->arena))
            return orm__session_no_memory(session);
    }
    record->held = row;
    return ORM_OK;
}

orm_status orm__held_fix(orm_session *session, orm__entity *entity)
{
    orm__undo *record = record_of(session, entity);
    if (!record || record->held || !orm__entity_any_dirty(entity))
        return ORM_OK;
    return copy_held(session, record, orm__held_row(session, entity));
}

void *orm__held_own(const orm_session *session, const orm__entity *entity)
{
    return entity->undo ? session->undo.records[entity->undo - 1].held : NULL;
}

void orm__held_forget(orm_session *session, orm__entity *entity)
{
    orm__undo *record = record_of(session, entity);
    if (record)
        drop_held(session, record);
}

static void drop_held(orm_session *session, orm__undo *record)
{
    const orm_model *model = orm__model_of(record->entity);
    if (!record->held)
        return;
    for (size_t i = 0; i < model->column_count; i++)
        if (orm__member_points(&model->columns[i]))
            orm__member_recycle(&model->columns[i], record->held, &session->arena);
    orm__arena_recycle(&session->arena, record->held, model->row_size);
    record->held = NULL;
}

const void *orm__held_row(const orm_session *session, const orm__entity *entity)
{
    if (entity->flags & ORM__REPLACES)
        entity = orm__entity_of(entity->original);
    const void *held = entity->undo ? session->undo.records[entity->undo - 1].held : NULL;
    if (held)
        return held;
    return entity->original && !(entity->flags & ORM__WRITTEN) ? entity->original : orm__row_of(entity);
}

/* --- keys that were changed and not yet flushed ------------------------------------------------------------------- */

orm_status orm__old_key_keep(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    if (entity->flags & ORM__KEY_CHANGED)
        return ORM_OK;
    orm__old_key *keys = realloc(session->old_keys.items, (session->old_keys.count + 1) * sizeof *keys);
    if (!keys)
        return orm__session_no_memory(session);
    session->old_keys.items = keys;
    void *row = orm__arena_zalloc(&session->arena, 1, model->row_size);
    if (!row)
        return orm__session_no_memory(session);
    for (size_t i = 0; i < model->primary_key_count; i++) {
        orm__member_set(model->primary_key[i], row, orm__value_of_member(model->primary_key[i], orm__row_of(entity)));
        if (!orm__member_keep(model->primary_key[i], row, &session->arena))
            return orm__session_no_memory(session);
    }
    keys[session->old_keys.count++] = (orm__old_key){entity, row};
    entity->flags |= ORM__KEY_CHANGED;
    return ORM_OK;
}

/* The row itself when its key did not change. */
void *orm__old_key_row(const orm__entity *entity)
{
    orm_session *session = entity->batch->store->session;
    size_t place = place_of_old_key(session, entity);
    return place < session->old_keys.count ? session->old_keys.items[place].row : orm__row_of(entity);
}

/* They are asked for one after the other, mostly: so the search begins where the last one ended. */
static size_t place_of_old_key(orm_session *session, const orm__entity *entity)
{
    size_t count = session->old_keys.count, i = session->old_keys.recent < count ? session->old_keys.recent : 0;
    for (size_t n = 0; n < count; n++, i = i + 1 < count ? i + 1 : 0)
        if (session->old_keys.items[i].entity == entity)
            return session->old_keys.recent = i;
    return count;
}

void orm__old_key_forget(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    size_t place = entity->flags & ORM__KEY_CHANGED ? place_of_old_key(session, entity) : session->old_keys.count;
    if (place == session->old_keys.count)
        return;
    for (size_t k = 0; k < model->primary_key_count; k++)
        orm__member_recycle(model->primary_key[k], session->old_keys.items[place].row, &session->arena);
    orm__arena_recycle(&session->arena, session->old_keys.items[place].row, model->row_size);
    session->old_keys.items[place] = session->old_keys.items[--session->old_keys.count];
    entity->flags &= (uint8_t)~ORM__KEY_CHANGED;
}
