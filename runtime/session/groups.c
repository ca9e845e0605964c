/* session/groups.c -- writes entities: brings those of one model and shape together and hands them to sql/write.c at
 * once.
 *
 * Then marks what was written. A row that is not there any more is named. The order and all checks are
 * unit_of_work.c's.
 * SPDX-License-Identifier: MIT */
#include "session/groups.h"

#include "base/error.h"
#include "base/value.h"
#include "sql/rows.h"
#include "sql/write.h"

#include <stdlib.h>
#include <string.h>

/* Writes one group: entities of one model with one mask. */
typedef orm_status (*group_writer)(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                                   const orm__room *room);

static bool bring_together(orm__entity **entities, size_t count, bool by_mask, size_t *grouped);
static bool same_shape(orm__entity *a, orm__entity *b, bool by_mask);
static orm_status set_clocks(orm_session *session, orm__entity *entity);
static orm_status copy_keys(orm_session *session, orm__entity *entity);
static orm_status insert_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                               const orm__room *room);
static orm_status inserted(orm_session *session, orm__store *store, orm__entity *entity);
static const void *found_by(orm__entity *entity);
static orm_status update_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                               const orm__room *room);
static orm_status replace_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                                const orm__room *room);
static orm_status read_computed(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                                const uint64_t *also, const orm__room *room);
static void updated(orm_session *session, const orm__store *store, orm__entity *entity);
static void count_version(orm__entity *entity);
static orm_status delete_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                               const orm__room *room);
static orm_status stale(orm_session *session, orm__verb verb, orm__entity **entities, size_t count, size_t matched);

orm_status orm__write_waves(orm_session *session, orm__verb verb, orm__entity **entities, const uint32_t *waves,
                            size_t count, const orm__room *room)
{
    for (size_t first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && waves[last] == waves[first]; last++)
            ;
        const orm__room own = {room->rows, room->keys, room->commits && last == count};
        ORM_TRY(orm__write_wave(session, verb, entities + first, last - first, &own));
    }
    return ORM_OK;
}

orm_status orm__write_wave(orm_session *session, orm__verb verb, orm__entity **entities, size_t count,
                           const orm__room *room)
{
    static const group_writer writers[] = {
        [ORM__INSERT] = insert_group, [ORM__UPDATE] = update_group, [ORM__DELETE] = delete_group};
    bool by_mask = verb != ORM__DELETE;
    for (size_t i = 0; by_mask && i < count; i++) {
        ORM_TRY(copy_keys(session, entities[i]));
        if (entities[i]->state == ORM__PERSISTENT && orm__entity_any_dirty(entities[i]))
            ORM_TRY(set_clocks(session, entities[i]));
    }
    while (count > 0) {
        orm__entity *first = entities[0];
        bool written = first->state == ORM__PERSISTENT && !orm__entity_any_dirty(first);
        if (verb == ORM__UPDATE && written) { /* what it was to have came with another's key */
            entities++;
            count--;
            continue;
        }
        size_t grouped;
        if (!bring_together(entities, count, by_mask, &grouped))
            return orm__session_no_memory(session);
        const orm__room own = {room->rows, room->keys, room->commits && grouped == count};
        ORM_TRY(writers[verb](session, first->batch->store, entities, grouped, &own));
        entities += grouped;
        count -= grouped;
    }
    return ORM_OK;
}

/* Those of the first one's shape come to stand at the front, the others behind them, each in the order they were in. */
static bool bring_together(orm__entity **entities, size_t count, bool by_mask, size_t *grouped)
{
    size_t same = 1, left = 0;
    while (same < count && same_shape(entities[0], entities[same], by_mask))
        same++;
    *grouped = same;
    if (same == count)
        return true;
    orm__entity **rest = malloc((count - same) * sizeof *rest);
    if (!rest)
        return false;
    for (size_t i = same; i < count; i++) {
        if (same_shape(entities[0], entities[i], by_mask))
            entities[(*grouped)++] = entities[i];
        else
            rest[left++] = entities[i];
    }
    memcpy(entities + *grouped, rest, left * sizeof *entities);
    free(rest);
    return true;
}

static bool same_shape(orm__entity *a, orm__entity *b, bool by_mask)
{
    if (a->batch->store != b->batch->store || ((a->flags ^ b->flags) & ORM__REPLACES))
        return false;
    return !by_mask || memcmp(orm__entity_dirty(a), orm__entity_dirty(b),
                              orm__mask_words(orm__model_of(a)) * sizeof(uint64_t)) == 0;
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

static orm_status insert_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                               const orm__room *room)
{
    const orm_timestamptz now = session->now;
    uint64_t *given = orm__entity_dirty(entities[0]);
    for (size_t i = count; i-- > 0;) { /* the first row's mask changes last: it is the group's */
        orm__values_default(store->model, orm__row_of(entities[i]), orm__entity_dirty(entities[i]), &now);
        room->rows[i] = orm__row_of(entities[i]);
    }
    if (room->commits && !orm__identity_reserve(store, count))
        return orm__session_no_memory(session);
    session->connection->commits = room->commits;
    orm_status status = orm__insert_rows(session->connection, store->model, given, (void *const *)room->rows, count,
                                         &session->arena);
    session->connection->commits = false;
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
    if (entity->flags & ORM__MAPPED)
        return ORM_OK;
    orm__entity *gone = orm__identity_find_row(store, store->model->primary_key, orm__row_of(entity));
    if (gone)
        ORM_TRY(orm__give_way(session, store, gone));
    return orm__identity_add(store, entity) ? ORM_OK : orm__session_no_memory(session);
}

orm_status orm__give_way(orm_session *session, orm__store *store, orm__entity *gone)
{
    if (gone->state != ORM__PERSISTENT || ((gone->flags & ORM__QUEUED) && orm__entity_any_dirty(gone)))
        return stale(session, ORM__DELETE, &gone, 1, 0);
    ORM_TRY(orm__entity_touch(session, gone));
    orm__identity_remove(store, gone);
    gone->state = ORM__DELETED;
    return ORM_OK;
}

/* The row with the key and the version by which the database knows the entity. */
static const void *found_by(orm__entity *entity)
{
    const orm_column *version = orm__version_of(orm__model_of(entity));
    if (version && (entity->flags & ORM__KEY_CHANGED))
        orm__member_set(version, orm__old_key_row(entity), orm__value_of_member(version, orm__row_of(entity)));
    return orm__key_row(entity);
}

static orm_status update_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                               const orm__room *room)
{
    size_t matched;
    if (entities[0]->flags & ORM__REPLACES)
        return replace_group(session, store, entities, count, room);
    for (size_t i = 0; i < count; i++) {
        room->rows[i] = orm__row_of(entities[i]);
        room->keys[i] = found_by(entities[i]);
    }
    session->connection->commits = room->commits && !(entities[0]->flags & ORM__KEY_CHANGED);
    orm_status status = orm__update_rows(session->connection, store->model, orm__entity_dirty(entities[0]), NULL,
                                         room->rows, room->keys, count, &matched);
    session->connection->commits = false;
    if (status)
        return orm__session_failed(session, status);
    if (matched != count)
        return stale(session, ORM__UPDATE, entities, count, matched);
    ORM_TRY(orm__rekey_follow(session, entities, count));
    for (size_t i = 0; i < count; i++)
        updated(session, store, entities[i]);
    return read_computed(session, store, entities, count, NULL, room);
}

/* These are added with the keys of rows that are deleted: every column is set, as an INSERT would. */
static orm_status replace_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                                const orm__room *room)
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
        room->rows[i] = room->keys[i] = row;
    }
    orm_status status = ORM_OK;
    uint64_t *defaulted = changed + words;
    bool sends = orm__replace_masks(model, orm__entity_dirty(entities[0]), changed, defaulted);
    if (sends)
        status = orm__update_rows(session->connection, model, changed,
                                  orm__mask_empty(model, defaulted) ? NULL : defaulted, room->rows, room->keys, count,
                                  &matched);
    if (status)
        return orm__session_failed(session, status);
    if (matched != count)
        return stale(session, ORM__UPDATE, entities, count, matched);
    for (size_t i = 0; i < count; i++) {
        if (sends)
            updated(session, store, entities[i]);
        ORM_TRY(inserted(session, store, entities[i]));
    }
    status = read_computed(session, store, entities, count, defaulted, room);
    orm__arena_recycle(&session->arena, changed, 2 * words * sizeof *changed);
    return status;
}

/* What the database computes may have changed with what was written; `also`, which may be NULL, are further columns. */
static orm_status read_computed(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                                const uint64_t *also, const orm__room *room)
{
    const orm_model *model = store->model;
    orm__chosen computed;
    orm_status status = orm__chosen_init(session->connection, model, NULL, NULL, &computed);
    for (size_t i = 0; i < model->column_count && !status; i++)
        if ((model->columns[i].flags & ORM_COMPUTED) || (also && orm__mask_has(also, i)))
            orm__chosen_add(&computed, &model->columns[i]);
    for (size_t i = 0; i < count && !status; i++) {
        void *row = orm__row_of(entities[i]);
        room->rows[i] = row;
        for (size_t k = 0; k < computed.count; k++) {
            if (!orm__member_points(computed.columns[k]) ||
                (entities[i]->original && orm__member_same(computed.columns[k], entities[i]->original, row)))
                continue;
            orm__member_recycle(computed.columns[k], row, &session->arena);
            orm__member_set_null(computed.columns[k], row);
        }
    }
    if (!status && computed.count > 0)
        status = orm__read_back(session->connection, model, computed.columns, computed.count, (void *const *)room->rows,
                                count, &session->arena);
    orm__chosen_release(&computed);
    return status ? orm__session_failed(session, status) : ORM_OK;
}

static void updated(orm_session *session, const orm__store *store, orm__entity *entity)
{
    count_version(entity);
    memset(orm__entity_dirty(entity), 0, orm__mask_words(store->model) * sizeof(uint64_t));
    orm__held_forget(session, entity);
}

/* An UPDATE counted the row's version at the database; so it is here. */
static void count_version(orm__entity *entity)
{
    const orm_column *version = orm__version_of(orm__model_of(entity));
    if (version) {
        orm_value counted = orm__value_of_member(version, orm__row_of(entity));
        counted.as.integer++;
        orm__member_set(version, orm__row_of(entity), counted);
    }
    entity->flags |= ORM__WRITTEN;
}

static orm_status delete_group(orm_session *session, orm__store *store, orm__entity **entities, size_t count,
                               const orm__room *room)
{
    size_t matched;
    for (size_t i = 0; i < count; i++)
        room->keys[i] = found_by(entities[i]);
    orm_status status = orm__delete_rows(session->connection, store->model, room->keys, count, &matched);
    if (status)
        return orm__session_failed(session, status);
    return matched == count ? ORM_OK : stale(session, ORM__DELETE, entities, count, matched);
}

/* Fewer rows were there than should be. One is named: that an UPDATE did not find, or found with another version;
 * that a DELETE has left. Where all look alike now it is one of them. */
static orm_status stale(orm_session *session, orm__verb verb, orm__entity **entities, size_t count, size_t matched)
{
    const orm__store *store = entities[0]->batch->store;
    bool counted = verb == ORM__UPDATE && !(entities[0]->flags & ORM__REPLACES);
    const orm_column *version = counted ? orm__version_of(store->model) : NULL;
    size_t found, named = count;
    for (size_t i = 0; i < count && count > 1 && named == count; i++) {
        orm_status status = orm__count_key(session, entities[i], version, &found);
        if (status)
            return orm__session_failed(session, status);
        if ((found == 0) == (verb == ORM__UPDATE))
            named = i;
    }
    bool sure = named < count || count == 1;
    orm__entity *gone = entities[named < count ? named : 0];
    char name[160];
    orm_connection *c = session->connection;
    orm__error_set(
        &c->error, ORM_STALE, "%s%s is no longer in table '%s', or was changed by another (%zu of %zu rows matched)",
        orm__entity_name(gone, name, sizeof name), sure ? "" : " (or another)", store->model->table, matched, count);
    ORM__ERROR_COPY(c->error.table, store->model->table);
    orm__connection_failed(c);
    return orm__session_failed(session, ORM_STALE);
}

orm_status orm__release_value(orm_session *session, const orm__release *release)
{
    orm__entity *entity = release->entity;
    if (entity->flags & ORM__REPLACES)
        entity = orm__entity_of(entity->original);
    const orm_model *model = orm__model_of(entity);
    if (orm__version_of(model))
        ORM_TRY(orm__entity_remember(session, entity));
    uint64_t *mask = orm__arena_zalloc(&session->arena, orm__mask_words(model), sizeof *mask);
    void *row = orm__arena_zalloc(&session->arena, 1, model->row_size);
    if (!mask || !row)
        return orm__session_no_memory(session);
    const void *key = found_by(entity), *rows[] = {row};
    size_t matched;
    orm__mask_add(mask, release->column->index);
    orm_status status = orm__update_rows(session->connection, model, mask, NULL, rows, &key, 1, &matched);
    orm__arena_recycle(&session->arena, row, model->row_size);
    orm__arena_recycle(&session->arena, mask, orm__mask_words(model) * sizeof *mask);
    if (status)
        return orm__session_failed(session, status);
    if (matched != 1)
        return stale(session, ORM__UPDATE, &entity, 1, matched);
    count_version(entity);
    return ORM_OK;
}
