/* session/loading.c -- relations: accessors that answer from memory, and loads for many owners by one statement.
 *
 * A to-one relation is loaded by the keys that its owners hold and the session does not know; a collection, and the far side
 * of a one_to_one, by all rows that refer to one of the owners. Each is one statement whose keys are one parameter a column.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "session/session.h"
#include "sql/builder.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_MAX = 10000 };

static orm_status owner_given(orm_session *session, const void *row, orm__entity **entity);
static orm_status load_lazily(orm_session *session, orm__entity *entity, const orm_relation *relation);
static orm_status load_targets(orm_session *session, const orm_relation *relation, orm__entity *const *owners,
                               size_t count);
static orm_status load_members(orm_session *session, const orm_relation *relation, orm__entity *const *owners,
                               size_t count, const orm_load_options *options);
static orm_status fill(orm_session *session, const orm_relation *relation, const orm__entities *members);
static orm_status fill_one(orm_session *session, const orm_relation *relation, orm__entity *member);
static orm_status select_members(orm_session *session, const orm_relation *relation, const orm__entities *needy,
                                 const orm_load_options *options, orm__entities *members);
static void write_members(orm__sql *sql, const orm_relation *relation, const void *const *rows, size_t count,
                          const orm_load_options *options);
static void lists_of(const orm_relation *relation, const void *const *rows, size_t count, orm_value *lists);
static orm_status collect(orm_session *session, const orm_relation *relation, orm__entity *const *owners, size_t count,
                          orm__entities *found);

orm_status orm_entity_get_one(orm_session *session, const void *row, const orm_relation *relation, const void **found)
{
    *found = NULL;
    orm__entity *entity;
    ORM_TRY(owner_given(session, row, &entity));
    orm__slot *slot = orm__entity_loaded(entity, relation);
    if (!slot)
        ORM_TRY(load_lazily(session, entity, relation));
    slot = orm__entity_loaded(entity, relation);
    if (slot && slot->as.one && orm__is_there(slot->as.one))
        *found = orm__row_of(slot->as.one);
    return ORM_OK;
}

orm_status orm_entity_get_many(orm_session *session, const void *row, const orm_relation *relation, orm_list *found)
{
    *found = (orm_list){0};
    orm__entity *entity;
    ORM_TRY(owner_given(session, row, &entity));
    orm__slot *slot = orm__entity_loaded(entity, relation);
    if (!slot)
        ORM_TRY(load_lazily(session, entity, relation));
    slot = orm__entity_loaded(entity, relation);
    if (!slot)
        return ORM_OK;
    found->partial = slot->partial;
    if (slot->count == 0)
        return ORM_OK;
    const void **items = orm__list_new(session, slot->count);
    if (!items)
        return orm__session_no_memory(session);
    for (uint32_t i = 0; i < slot->count; i++)
        if (orm__is_there(slot->as.many[i]))
            items[found->count++] = orm__row_of(slot->as.many[i]);
    found->items = items;
    return ORM_OK;
}

/* While hooks of a flush run, what is about to be deleted still has its relations. */
static orm_status owner_given(orm_session *session, const void *row, orm__entity **entity)
{
    *entity = row ? orm__entity_of(row) : NULL;
    if (session->flushing && row && (*entity)->batch->store->session == session && (*entity)->state == ORM__DELETING)
        return ORM_OK;
    return orm__entity_given(session, row, "get", entity);
}

/* For every entity of the batch that brought this one, unless the session was told otherwise. */
static orm_status load_lazily(orm_session *session, orm__entity *entity, const orm_relation *relation)
{
    if (relation->owning && entity->state == ORM__PERSISTENT && !(entity->flags & ORM__EXPIRED)) {
        orm__entity *known = orm__known_target(session, relation, entity);
        if (known && !(known->flags & ORM__EXPIRED))
            return load_targets(session, relation, &entity, 1);
    }
    if (session->factory.lazy == ORM_LAZY_RAISE && entity->state == ORM__PERSISTENT) {
        char name[160];
        return orm__session_error(session, ORM_NOT_LOADED, "relation '%s' of %s is not loaded", relation->name,
                                  orm__entity_name(entity, name, sizeof name));
    }
    ORM_TRY(orm__session_autoflush(session));
    if (entity->flags & ORM__EXPIRED)
        ORM_TRY(orm__entity_reload(session, entity));
    const orm__batch *batch = entity->batch;
    if (batch->count == 0 || session->factory.lazy == ORM_LAZY_ONE)
        return orm__load_relation(session, relation, &entity, 1, NULL, NULL);
    size_t first = 0;
    while (batch->count > BATCH_MAX && orm__batch_member(batch, first) != entity) /* of many: those from this one on */
        first++;
    size_t count = batch->count - first < BATCH_MAX ? batch->count - first : BATCH_MAX;
    orm__entities owners = {0};
    orm_status status = ORM_OK;
    for (size_t i = first; i < first + count && !status; i++) {
        orm__entity *member = orm__batch_member(batch, i);
        if (member->batch == batch && (member->state == ORM__PERSISTENT || member == entity) &&
            !orm__entity_loaded(member, relation) && !orm__entities_add(&owners, member))
            status = orm__session_no_memory(session);
    }
    if (!status)
        status = orm__load_relation(session, relation, owners.items, owners.count, NULL, NULL);
    free(owners.items);
    return status;
}

orm_status orm__load_relation(orm_session *session, const orm_relation *relation, orm__entity *const *owners,
                              size_t count, const orm_load_options *options, orm__entities *found)
{
    if (relation->owning)
        ORM_TRY(load_targets(session, relation, owners, count));
    else if (relation->kind == ORM_MANY_TO_MANY)
        ORM_TRY(orm__load_through(session, relation, owners, count, options));
    else
        ORM_TRY(load_members(session, relation, owners, count, options));
    return found ? collect(session, relation, owners, count, found) : ORM_OK;
}

orm_status orm__load_all(orm_session *session, const orm_model *model, const orm_loading *loads,
                         orm__entity *const *owners, size_t count)
{
    for (size_t i = 0; i < ORM_LOAD_MAX && loads[i].relation; i++) {
        const orm_relation *relation = loads[i].relation;
        const orm_load_options *options = loads[i].options;
        if (relation->model != model)
            return orm__session_error(session, ORM_MISUSE, "a query on '%s' may not load relation '%s' of '%s'",
                                      model->name, relation->name, relation->model->name);
        if (relation->owning && options && orm__is_partial(options))
            return orm__session_error(session, ORM_MISUSE,
                                      "relation '%s' of '%s' is a single one: it takes no .where and no .limit",
                                      relation->name, model->name);
        bool deeper = options && options->load[0].relation;
        orm__entities found = {0};
        orm_status status = orm__load_relation(session, relation, owners, count, options, deeper ? &found : NULL);
        if (!status && deeper)
            status = orm__load_all(session, relation->target, options->load, found.items, found.count);
        free(found.items);
        ORM_TRY(status);
    }
    return ORM_OK;
}

bool orm__is_partial(const orm_load_options *options)
{
    if (!options)
        return false;
    bool partial = options->limit > 0;
    for (size_t i = 0; i < ORM_WHERE_MAX; i++)
        partial |= options->where[i].op != ORM_OP_NONE;
    return partial;
}

/* What is at the other end, for the loads below. An entity may appear twice. */
static orm_status collect(orm_session *session, const orm_relation *relation, orm__entity *const *owners, size_t count,
                          orm__entities *found)
{
    for (size_t i = 0; i < count; i++) {
        const orm__slot *slot = orm__entity_loaded(owners[i], relation);
        bool many = orm__is_collection(relation);
        size_t size = !slot ? 0 : many ? slot->count : slot->as.one != NULL;
        for (size_t k = 0; k < size; k++)
            if (!orm__entities_add(found, many ? slot->as.many[k] : slot->as.one))
                return orm__session_no_memory(session);
    }
    return ORM_OK;
}

/* Sets the slot from what the session knows; false when the database must be asked. */
static bool know_target(orm_session *session, const orm_relation *relation, orm__entity *owner, bool asked,
                        orm_status *status)
{
    if (orm__entity_loaded(owner, relation) && (asked || !session->populating))
        return true;
    orm__entity *target = orm__known_target(session, relation, owner);
    bool null = false;
    for (size_t k = 0; k < relation->column_count; k++)
        null |= orm__member_is_null(relation->columns[k], orm__row_of(owner)) ||
                (owner->state == ORM__PENDING && !orm__mask_has(orm__entity_dirty(owner), relation->columns[k]->index));
    if (!asked && !null && (!target || session->populating || (target->flags & ORM__EXPIRED)))
        return false;
    orm__slot *slot = orm__entity_slot(owner, relation);
    if (!slot) {
        *status = orm__session_no_memory(session);
        return true;
    }
    slot->loaded = true;
    slot->partial = false;
    slot->as.one = null ? NULL : target;
    return true;
}

static orm_status load_targets(orm_session *session, const orm_relation *relation, orm__entity *const *owners,
                               size_t count)
{
    orm__entities needy = {0}, read = {0};
    const void **rows = NULL;
    orm_status status = ORM_OK;
    for (size_t i = 0; i < count && !status; i++)
        if (!know_target(session, relation, owners[i], false, &status) && !orm__entities_add(&needy, owners[i]))
            status = orm__session_no_memory(session);
    if (status || needy.count == 0)
        goto done;
    orm__store *store = orm__store_of(session, relation->target);
    status = store ? orm__session_read(session) : orm__session_no_memory(session);
    if (status || !(rows = orm__rows_of(session, &needy)))
        goto done;
    orm_value lists[ORM__KEY_MAX];
    orm__sql sql;
    lists_of(relation, rows, needy.count, lists);
    orm__sql_init(&sql, session->connection);
    orm__sql_select_from(&sql, relation->target);
    orm__sql_text(&sql, " WHERE ");
    orm__sql_in_lists(&sql, relation->target_columns, relation->column_count, lists);
    status = orm__read_entities(session, store, &sql, orm__fetch_of(needy.count), false, &read);
    orm__sql_release(&sql);
    if (!status)
        status = orm__batch_new(session, store, &read);
    for (size_t i = 0; i < needy.count && !status; i++)
        know_target(session, relation, needy.items[i], true, &status);
done:
    if (needy.count > 0 && !rows && !status)
        status = ORM_NO_MEMORY;
    free(needy.items);
    free(read.items);
    free(rows);
    return status;
}

/* The owners' side of a relation's key, as lists. */
static void lists_of(const orm_relation *relation, const void *const *rows, size_t count, orm_value *lists)
{
    for (size_t k = 0; k < relation->column_count; k++) {
        const orm_column *column = relation->columns[k];
        lists[k] = (orm_value){.type = column->type,
                               .form = ORM_FORM_ROWS,
                               .enumeration = column->enumeration,
                               .as.rows = {rows, column, count}};
    }
}

/* Owned: free it. */
const void **orm__rows_of(orm_session *session, const orm__entities *entities)
{
    const void **rows = malloc(entities->count * sizeof *rows);
    if (!rows)
        orm__session_no_memory(session);
    for (size_t i = 0; rows && i < entities->count; i++)
        rows[i] = orm__row_of(entities->items[i]);
    return rows;
}

static orm_status load_members(orm_session *session, const orm_relation *relation, orm__entity *const *owners,
                               size_t count, const orm_load_options *options)
{
    orm__entities needy = {0}, members = {0};
    orm_status status = orm__begin_filling(session, relation, owners, count, orm__is_partial(options), &needy);
    if (!status && needy.count > 0)
        status = select_members(session, relation, &needy, options, &members);
    if (!status)
        status = fill(session, relation, &members);
    orm__end_filling(relation, &needy, !status);
    free(needy.items);
    free(members.items);
    return status;
}

/* Empties the slots of those that have not loaded it, or hold a part where the whole is wanted. */
orm_status orm__begin_filling(orm_session *session, const orm_relation *relation, orm__entity *const *owners,
                              size_t count, bool partial, orm__entities *needy)
{
    for (size_t i = 0; i < count; i++) {
        const orm__slot *loaded = orm__entity_loaded(owners[i], relation);
        if (loaded && (loaded->filling || ((!loaded->partial || partial) && !session->populating)))
            continue;
        orm__slot *slot = orm__entity_slot(owners[i], relation);
        if (!slot || (owners[i]->state != ORM__PENDING && !orm__entities_add(needy, owners[i])))
            return orm__session_no_memory(session);
        slot->loaded = true;
        slot->filling = owners[i]->state != ORM__PENDING;
        slot->partial = partial;
        slot->count = 0;
        if (!orm__is_collection(relation))
            slot->as.one = NULL;
    }
    return ORM_OK;
}

void orm__end_filling(const orm_relation *relation, const orm__entities *needy, bool whole)
{
    for (size_t i = 0; i < needy->count; i++) {
        orm__slot *slot = &needy->items[i]->slots[relation->index];
        slot->filling = false;
        slot->loaded = whole;
    }
}

static orm_status select_members(orm_session *session, const orm_relation *relation, const orm__entities *needy,
                                 const orm_load_options *options, orm__entities *members)
{
    orm__store *store = orm__store_of(session, relation->target);
    if (!store)
        return orm__session_no_memory(session);
    ORM_TRY(orm__session_read(session));
    const void **rows = orm__rows_of(session, needy);
    if (!rows)
        return ORM_NO_MEMORY;
    orm__sql sql;
    orm__sql_init(&sql, session->connection);
    write_members(&sql, relation, rows, needy->count, options);
    orm__fetch fetch = relation->kind == ORM_ONE_TO_ONE ? orm__fetch_of(needy->count) : ORM__FETCH_STREAM;
    orm_status status = orm__read_entities(session, store, &sql, fetch, false, members);
    orm__sql_release(&sql);
    free(rows);
    return status ? status : orm__batch_new(session, store, members);
}

static void write_members(orm__sql *sql, const orm_relation *relation, const void *const *rows, size_t count,
                          const orm_load_options *options)
{
    const orm_model *target = relation->target;
    const orm_order *order = options && options->order_by[0].column ? options->order_by : relation->order_by;
    size_t order_count = options && options->order_by[0].column ? ORM_ORDER_BY_MAX : relation->order_by_count;
    orm_value lists[ORM__KEY_MAX];
    lists_of(relation, rows, count, lists);
    if (options && options->limit) { /* the first of each owner, by rank */
        orm__sql_text(sql, "SELECT ");
        orm__sql_columns(sql, target);
        orm__sql_text(sql, " FROM (SELECT t0.*, row_number() OVER (PARTITION BY ");
        for (size_t k = 0; k < relation->column_count; k++) {
            orm__sql_text(sql, k > 0 ? ", " : "");
            orm__sql_column(sql, relation->target_columns[k]);
        }
        orm__sql_order_by(sql, target, order, order_count);
        orm__sql_text(sql, ") AS orm_rank FROM ");
        orm__sql_table(sql, target);
    } else {
        orm__sql_select_from(sql, target);
    }
    orm__sql_text(sql, " WHERE ");
    orm__sql_in_lists(sql, relation->target_columns, relation->column_count, lists);
    for (size_t i = 0; options && i < ORM_WHERE_MAX; i++) {
        if (options->where[i].op == ORM_OP_NONE)
            continue;
        orm__sql_text(sql, " AND ");
        orm__sql_condition(sql, target, &options->where[i]);
    }
    if (options && options->limit) {
        orm__sql_text(sql, ") AS t0 WHERE t0.orm_rank <= ");
        orm__sql_integer(sql, (int64_t)options->limit);
    }
    orm__sql_order_by(sql, target, order, order_count);
}

/* Members go where they belong now: what was changed and not flushed counts. */
static orm_status fill(orm_session *session, const orm_relation *relation, const orm__entities *members)
{
    for (size_t i = 0; i < members->count; i++)
        if (members->items[i]->state == ORM__PERSISTENT)
            ORM_TRY(fill_one(session, relation, members->items[i]));
    for (size_t i = 0; i < session->changed.count; i++) {
        orm__entity *entity = session->changed.items[i];
        if (entity->state == ORM__PENDING && orm__model_of(entity) == relation->target)
            ORM_TRY(fill_one(session, relation, entity));
    }
    return ORM_OK;
}

static orm_status fill_one(orm_session *session, const orm_relation *relation, orm__entity *member)
{
    orm__entity *owner = orm__known_target(session, relation->inverse, member);
    orm__slot *slot = owner ? orm__entity_loaded(owner, relation) : NULL;
    if (!slot || !slot->filling)
        return ORM_OK;
    if (relation->kind == ORM_ONE_TO_ONE)
        slot->as.one = member;
    else if (!orm__slot_append(session, slot, member))
        return orm__session_no_memory(session);
    return ORM_OK;
}
