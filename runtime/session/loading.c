/* session/loading.c -- relations: accessors that answer from memory, and the steps of a load for many owners by one
 * statement.
 *
 * A to-one relation is loaded by the keys that its owners hold and the session does not know; a collection, and the far
 * side of a one_to_one, by all rows that refer to one of the owners. Each is one statement whose keys are one parameter
 * a column; the one target of one owner is got by its key.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "session/session.h"
#include "sql/builder.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_MAX = 10000 };

static orm__slot *answering_slot(orm__entity *entity, const orm_relation *relation);
static orm_status owner_given(orm_session *session, const void *row, orm__entity **entity);
static orm_status load_lazily(orm_session *session, orm__entity *entity, const orm_relation *relation);
static orm_status find_owners(orm_session *session, orm__entity *entity, const orm_relation *relation,
                              orm__entities *owners);
static bool know_target(orm_session *session, const orm_relation *relation, orm__entity *owner, bool asked,
                        orm_status *status);
static bool is_one_key(const orm__load *load);
static orm_status read_target(orm_session *session, orm__load *load);
static orm_status read_answer(orm_session *session, orm__load *load);
static orm_status prepare_question(orm_session *session, orm__reading *reading);
static void write_question(orm__reading *reading);
static void write_targets(orm__sql *sql, const orm_relation *relation, const void *const *rows, size_t count);
static orm__fetch fetch_of(const orm__load *load);
static orm_status read_from(orm_session *session, orm__load *load, orm__source *source);
static orm_status take_in(orm_session *session, orm__load *load);
static orm_status fill(orm_session *session, const orm_relation *relation, const orm__entities *members);
static orm_status fill_one(orm_session *session, const orm_relation *relation, orm__entity *member);
static void write_members(orm__sql *sql, const orm_relation *relation, const void *const *rows, size_t count,
                          const orm_load_options *options);
static void lists_of(const orm_relation *relation, const void *const *rows, size_t count, orm_value *lists);

orm_status orm_entity_get_one(orm_session *session, const void *row, const orm_relation *relation, const void **found)
{
    *found = NULL;
    orm__entity *entity;
    ORM_TRY(owner_given(session, row, &entity));
    orm__slot *slot = answering_slot(entity, relation);
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
    orm__slot *slot = answering_slot(entity, relation);
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

/* The slot, unless it must be loaded. One that holds what was expunged is: the rows are where they were. */
static orm__slot *answering_slot(orm__entity *entity, const orm_relation *relation)
{
    orm__slot *slot = orm__entity_loaded(entity, relation);
    bool left = false;
    if (!slot || entity->state != ORM__PERSISTENT || (relation->owning && orm__relation_is_changed(entity, relation)))
        return slot;
    if (!orm__is_collection(relation))
        left = slot->as.one && slot->as.one->state == ORM__EXPUNGED;
    else
        for (uint32_t i = 0; i < slot->count && !left; i++)
            left = slot->as.many[i]->state == ORM__EXPUNGED;
    slot->loaded = !left;
    return left ? NULL : slot;
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
            return orm__load_relation(session, relation, &entity, 1);
    }
    if (session->factory.lazy == ORM_LAZY_RAISE && entity->state == ORM__PERSISTENT) {
        char name[160];
        return orm__session_error(session, ORM_NOT_LOADED, "relation '%s' of %s is not loaded", relation->name,
                                  orm__entity_name(entity, name, sizeof name));
    }
    ORM_TRY(orm__session_autoflush(session));
    bool alone = entity->batch->count == 0 || session->factory.lazy == ORM_LAZY_ONE;
    if (alone && (entity->flags & ORM__EXPIRED))
        ORM_TRY(orm__entity_reload(session, entity));
    if (alone)
        return orm__load_relation(session, relation, &entity, 1);
    orm__entities owners = {0};
    orm_status status = find_owners(session, entity, relation, &owners);
    if (!status && (entity->flags & ORM__EXPIRED)) /* not among them: its row is gone */
        status = orm__entity_reload(session, entity);
    if (!status)
        status = orm__load_relation(session, relation, owners.items, owners.count);
    free(owners.items);
    return status;
}

/* The entities of the batch that have not loaded the relation, this one among them. Those that are expired are read
 * first, together: they may refer to something else by now, or be gone. */
static orm_status find_owners(orm_session *session, orm__entity *entity, const orm_relation *relation,
                              orm__entities *owners)
{
    const orm__batch *batch = entity->batch;
    orm__entities expired = {0};
    size_t first = 0;
    while (batch->count > BATCH_MAX && orm__batch_member(batch, first) != entity) /* of many: those from this one on */
        first++;
    size_t count = batch->count - first < BATCH_MAX ? batch->count - first : BATCH_MAX;
    orm_status status = ORM_OK;
    for (size_t i = first; i < first + count && !status; i++) {
        orm__entity *member = orm__batch_member(batch, i);
        bool wanted = member->batch == batch && (member->state == ORM__PERSISTENT || member == entity) &&
                      !orm__entity_loaded(member, relation);
        if (wanted && !orm__entities_add(member->flags & ORM__EXPIRED ? &expired : owners, member))
            status = orm__session_no_memory(session);
    }
    if (!status)
        status = orm__entities_reload(session, batch->store, &expired);
    for (size_t i = 0; i < expired.count && !status; i++)
        if (!(expired.items[i]->flags & ORM__EXPIRED) && !orm__entities_add(owners, expired.items[i]))
            status = orm__session_no_memory(session);
    free(expired.items);
    return status;
}

orm_status orm__load_begin(orm_session *session, orm__load *load)
{
    if (!load->relation->owning)
        return orm__begin_filling(session, load->relation, load->owners, load->count, orm__is_partial(load->options),
                                  &load->needy);
    orm_status status = ORM_OK;
    for (size_t i = 0; i < load->count && !status; i++)
        if (!know_target(session, load->relation, load->owners[i], false, &status) &&
            !orm__entities_add(&load->needy, load->owners[i]))
            status = orm__session_no_memory(session);
    return status;
}

/* On the session's own connection, where others may be on their way. */
orm_status orm__load_ask(orm_session *session, orm__load *load)
{
    orm__sql sql;
    orm__reading reading = {.write = write_question, .load = load, .sql = &sql};
    ORM_TRY(prepare_question(session, &reading));
    orm_status status = orm__session_read(session);
    if (!status) {
        orm__sql_init(&sql, session->connection);
        write_question(&reading);
        status = orm__sent_new(&sql, (orm__purpose){ORM_STATEMENT_SELECT, load->relation->target->table},
                               fetch_of(load), &load->sent);
        orm__sql_release(&sql);
        status = status ? orm__session_failed(session, status) : ORM_OK;
    }
    free(reading.rows);
    return status;
}

orm_status orm__load_read(orm_session *session, orm__load *load)
{
    if (load->sent) {
        orm__source sent = orm__source_sent(load->sent);
        load->sent = NULL;
        return read_from(session, load, &sent);
    }
    return is_one_key(load) ? read_target(session, load) : read_answer(session, load);
}

static orm_status read_answer(orm_session *session, orm__load *load)
{
    orm__sql sql;
    orm__reading reading = {.write = write_question, .load = load, .sql = &sql};
    ORM_TRY(prepare_question(session, &reading));
    orm_status status = orm__reading_open(session, &reading, ORM_NO_LOCK);
    if (!status) {
        orm__source source = orm__source_of(&sql, (orm__purpose){ORM_STATEMENT_SELECT, load->relation->target->table},
                                            fetch_of(load));
        status = read_from(session, load, &source);
        orm__reading_close(session, &reading, load->members.count, status);
    }
    free(reading.rows);
    return status;
}

/* A row by its key: a get. */
static bool is_one_key(const orm__load *load)
{
    const orm_relation *relation = load->relation;
    const orm_model *target = relation->target;
    if (!relation->owning || load->needy.count != 1 || relation->column_count != target->primary_key_count)
        return false;
    for (size_t k = 0; k < relation->column_count; k++)
        if (relation->target_columns[k] != target->primary_key[k])
            return false;
    return true;
}

static orm_status read_target(orm_session *session, orm__load *load)
{
    const orm_relation *relation = load->relation;
    const void *row = orm__row_of(load->needy.items[0]);
    orm__store *store = orm__store_of(session, relation->target);
    orm_value key[ORM__KEY_MAX];
    orm__entity *found;
    if (!store)
        return orm__session_no_memory(session);
    for (size_t k = 0; k < relation->column_count; k++)
        key[k] = orm__value_of_member(relation->columns[k], row);
    ORM_TRY(orm__read_by_key(session, store, key, false, &found));
    return take_in(session, load);
}

void orm__load_end(orm_session *session, orm__load *load, orm_status status)
{
    if (load->sent)
        orm__sent_drop(session->connection, load->sent);
    if (!load->relation->owning)
        orm__end_filling(load->relation, &load->needy, !status);
    free(load->needy.items);
    free(load->members.items);
    load->sent = NULL;
    load->needy = load->members = (orm__entities){0};
}

/* Who asks. Owned: free `rows`, to which the SQL points. */
static orm_status prepare_question(orm_session *session, orm__reading *reading)
{
    const orm__load *load = reading->load;
    if (!orm__store_of(session, load->relation->target))
        return orm__session_no_memory(session);
    reading->rows = orm__rows_of(session, &load->needy);
    if (!reading->rows)
        return ORM_NO_MEMORY;
    for (size_t i = 0; i < load->needy.count && !load->relation->owning; i++) /* by keys that the database knows */
        reading->rows[i] = orm__key_row(load->needy.items[i]);
    return ORM_OK;
}

static void write_question(orm__reading *reading)
{
    const orm__load *load = reading->load;
    if (load->relation->owning)
        write_targets(reading->sql, load->relation, reading->rows, load->needy.count);
    else if (load->relation->kind == ORM_MANY_TO_MANY)
        orm__through_write(reading->sql, load, reading->rows);
    else
        write_members(reading->sql, load->relation, reading->rows, load->needy.count, load->options);
}

static orm__fetch fetch_of(const orm__load *load)
{
    return orm__is_collection(load->relation) ? ORM__FETCH_STREAM : orm__fetch_of(load->needy.count);
}

static orm_status read_from(orm_session *session, orm__load *load, orm__source *source)
{
    orm__store *store = orm__store_of(session, load->relation->target);
    orm_status status = orm__source_open(session->connection, source);
    status = load->relation->kind == ORM_MANY_TO_MANY
                 ? orm__through_read(session, load, source, status)
                 : orm__read_opened(session, store, source, status, false, &load->members);
    if (!status)
        status = orm__batch_new(session, store, &load->members);
    return status ? status : take_in(session, load);
}

/* What was read becomes what the owners have. */
static orm_status take_in(orm_session *session, orm__load *load)
{
    orm_status status = ORM_OK;
    if (load->relation->kind == ORM_MANY_TO_MANY)
        return orm__through_fill(session, load->relation);
    if (!load->relation->owning)
        return fill(session, load->relation, &load->members);
    for (size_t i = 0; i < load->needy.count && !status; i++)
        know_target(session, load->relation, load->needy.items[i], true, &status);
    return status;
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

static void write_targets(orm__sql *sql, const orm_relation *relation, const void *const *rows, size_t count)
{
    orm_value lists[ORM__KEY_MAX];
    lists_of(relation, rows, count, lists);
    orm__sql_select_from(sql, relation->target);
    orm__sql_text(sql, " WHERE ");
    orm__sql_in_lists(sql, relation->target_columns, relation->column_count, lists);
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
