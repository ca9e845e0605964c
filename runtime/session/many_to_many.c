/* session/many_to_many.c -- relations through a model between: its rows are entities, added and deleted as any other.
 *
 * So the unit of work orders and batches them, and a rollback undoes them; only loading goes past them, by one join.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "session/session.h"
#include "sql/builder.h"

#include <stdlib.h>
#include <string.h>

static void write_owner(orm__sql *sql, size_t index);
static void write_join(orm__sql *sql, const orm_relation *relation);
static void write_condition(orm__sql *sql, const orm_relation *relation, const void *const *rows, size_t count);
static orm_status take_member(orm_session *session, const orm_relation *relation, void *key_row,
                              orm__entities *members);
static orm_status join(orm_session *session, const orm_relation *relation, orm__entity *entity, orm__entity *member);
static void part(const orm_relation *relation, orm__entity *entity, const orm__entity *member);
static bool is_in(const orm__slot *slot, const orm__entity *member);
static orm__entity *pending_link(orm_session *session, const orm_relation *relation, orm__entity *owner,
                                 orm__entity *member);
static orm_status find_link(orm_session *session, const orm_relation *relation, orm__entity *owner, orm__entity *member,
                            orm__entity **link);
static orm_status known_link(orm_session *session, const orm_relation *relation, orm__entity *owner,
                             orm__entity *member, bool *there);
static orm_status make_pair(orm_session *session, const orm_relation *relation, orm__entity *owner, orm__entity *member,
                            orm__entity **pair);
static orm_status first_link(orm_session *session, const orm_relation *relation, const orm__entity *pair,
                             orm__entity **link);
static bool key_is_both(const orm_relation *relation);

/* --- loading ------------------------------------------------------------------------------------------------------ */

/* SELECT target's columns, t0.orm_owner_0, ... FROM (SELECT t0.*, j.owner AS orm_owner_0 ... ) AS t0. The order
 * stands outside. */
void orm__through_write(orm__sql *sql, const orm__load *load, const void *const *rows)
{
    const orm_relation *relation = load->relation;
    const orm_load_options *options = load->options;
    const orm_model *target = relation->target;
    const orm_relation *source = relation->through_source;
    const orm_order *order = options && options->order_by[0].column ? options->order_by : relation->order_by;
    size_t order_count = options && options->order_by[0].column ? ORM_ORDER_BY_MAX : relation->order_by_count;
    orm__sql_text(sql, "SELECT ");
    orm__sql_columns(sql, target);
    for (size_t k = 0; k < source->column_count; k++) {
        orm__sql_text(sql, ", t0.");
        write_owner(sql, k);
        orm__sql_cast_result(sql, source->columns[k]);
    }
    orm__sql_text(sql, " FROM (SELECT t0.*");
    for (size_t k = 0; k < source->column_count; k++) {
        orm__sql_text(sql, ", j.");
        orm__sql_identifier(sql, source->columns[k]->name);
        orm__sql_text(sql, " AS ");
        write_owner(sql, k);
    }
    if (options && options->limit) {
        orm__sql_text(sql, ", row_number() OVER (PARTITION BY ");
        for (size_t k = 0; k < source->column_count; k++) {
            orm__sql_text(sql, k > 0 ? ", j." : "j.");
            orm__sql_identifier(sql, source->columns[k]->name);
        }
        orm__sql_order_by(sql, target, order, order_count);
        orm__sql_text(sql, ") AS orm_rank");
    }
    write_join(sql, relation);
    write_condition(sql, relation, rows, load->needy.count);
    for (size_t i = 0; options && i < ORM_WHERE_MAX; i++) {
        if (options->where[i].op == ORM_OP_NONE)
            continue;
        orm__sql_text(sql, " AND ");
        orm__sql_condition(sql, target, &options->where[i]);
    }
    orm__sql_text(sql, ") AS t0");
    if (options && options->limit) {
        orm__sql_text(sql, " WHERE t0.orm_rank <= ");
        orm__sql_integer(sql, (int64_t)options->limit);
    }
    orm__sql_order_by(sql, target, order, order_count);
}

static void write_owner(orm__sql *sql, size_t index)
{
    orm__sql_text(sql, "orm_owner_");
    orm__sql_number(sql, index);
}

/* FROM target AS t0 JOIN between AS j ON j.fk = t0.key */
static void write_join(orm__sql *sql, const orm_relation *relation)
{
    const orm_relation *link = relation->through_target;
    orm__sql_text(sql, " FROM ");
    orm__sql_table(sql, relation->target);
    orm__sql_text(sql, " JOIN ");
    orm__sql_table_name(sql, link->model);
    orm__sql_text(sql, " AS j ON ");
    for (size_t k = 0; k < link->column_count; k++) {
        orm__sql_text(sql, k > 0 ? " AND j." : "j.");
        orm__sql_identifier(sql, link->columns[k]->name);
        orm__sql_text(sql, " = ");
        orm__sql_column(sql, link->target_columns[k]);
    }
}

/* WHERE the between's key of the owner is one of the owners' */
static void write_condition(orm__sql *sql, const orm_relation *relation, const void *const *rows, size_t count)
{
    const orm_relation *source = relation->through_source;
    orm_value lists[ORM__KEY_MAX];
    for (size_t k = 0; k < source->column_count; k++) {
        const orm_column *key = source->target_columns[k];
        lists[k] = (orm_value){
            .type = key->type, .form = ORM_FORM_ROWS, .enumeration = key->enumeration, .as.rows = {rows, key, count}};
    }
    orm__sql_text(sql, source->column_count == 1 ? " WHERE j." : " WHERE (j.");
    for (size_t k = 0; k < source->column_count; k++) {
        orm__sql_text(sql, k > 0 ? ", j." : "");
        orm__sql_identifier(sql, source->columns[k]->name);
    }
    orm__sql_text(sql, source->column_count == 1 ? " IN (SELECT " : ") IN (SELECT ");
    for (size_t k = 0; k < source->column_count; k++) {
        orm__sql_text(sql, k > 0 ? ", " : "");
        orm__sql_list_item(sql, k, source->columns[k]);
    }
    orm__sql_text(sql, " FROM ");
    orm__sql_from_lists(sql, source->columns, source->column_count, lists, false);
    orm__sql_text(sql, ")");
}

orm_status orm__through_read(orm_session *session, orm__load *load, orm__source *source, orm_status status)
{
    orm_connection *c = session->connection;
    void *key_row = calloc(1, load->relation->model->row_size);
    size_t read = 0;
    bool opened = !status;
    if (!key_row)
        status = orm__error_no_memory(&c->error);
    if (opened) {
        for (; !status && (status = orm__statement_step(c, source->statement)) == ORM_OK; read++)
            status = take_member(session, load->relation, key_row, &load->members);
        orm_status end = orm__statement_finish(c, source->statement, NULL);
        if (status == ORM_DONE)
            status = end;
    }
    orm__source_tell(c, source, read, status);
    free(key_row);
    return status ? orm__session_failed(session, status) : ORM_OK;
}

/* A row for each pair: the member, and behind it the key of its owner. A member is listed once, however many owners
 * it has. */
static orm_status take_member(orm_session *session, const orm_relation *relation, void *key_row, orm__entities *members)
{
    orm_connection *c = session->connection;
    const orm_relation *source = relation->through_source;
    orm__store *store = orm__store_of(session, relation->target), *owners = orm__store_of(session, relation->model);
    orm__entity *member;
    const orm__entity *next = orm__store_next(store);
    ORM_TRY(orm__take_row(session, store, false, &member));
    ORM_TRY(c->driver->read(c->link, (const orm_column *const *)source->target_columns, source->column_count,
                            store->column_count, key_row, &session->arena, &c->error));
    orm__entity *owner = orm__identity_find_row(owners, source->target_columns, key_row);
    for (size_t k = 0; k < source->column_count; k++)
        orm__member_recycle(source->target_columns[k], key_row, &session->arena);
    orm__slot *slot = owner ? orm__entity_loaded(owner, relation) : NULL;
    if (slot && slot->filling && orm__is_there(member) && !orm__slot_append(session, slot, member))
        return orm__error_no_memory(&c->error);
    if (member == next && !orm__entities_add(members, member))
        return orm__error_no_memory(&c->error);
    return ORM_OK;
}

/* What was added and not flushed belongs to it too. */
orm_status orm__through_fill(orm_session *session, const orm_relation *relation)
{
    for (size_t i = 0; i < session->changed.count; i++) {
        orm__entity *link = session->changed.items[i];
        if (link->state != ORM__PENDING || orm__model_of(link) != relation->through_source->model)
            continue;
        orm__entity *owner = orm__known_target(session, relation->through_source, link);
        orm__entity *member = orm__known_target(session, relation->through_target, link);
        orm__slot *slot = owner && member ? orm__entity_loaded(owner, relation) : NULL;
        if (slot && slot->filling && !orm__slot_append(session, slot, member))
            return orm__session_no_memory(session);
    }
    return ORM_OK;
}

/* --- changing ----------------------------------------------------------------------------------------------------- */

orm_status orm__through_add(orm_session *session, const orm_relation *relation, orm__entity *owner, orm__entity *member)
{
    orm__entity *link;
    const orm__slot *slot = orm__entity_loaded(owner, relation);
    bool there = slot && is_in(slot, member);
    if (!there && (!slot || slot->partial || owner->state == ORM__PERSISTENT))
        there = pending_link(session, relation, owner, member) != NULL;
    if (!there)
        ORM_TRY(known_link(session, relation, owner, member, &there));
    if (there)
        return ORM_OK;
    ORM_TRY(orm__entity_new(session, relation->through_source->model, &link));
    link->batch->live--;
    link->batch = &link->batch->store->links;
    link->batch->live++;
    orm_status status = orm__relation_set(session, link, relation->through_source, owner);
    if (!status)
        status = orm__relation_set(session, link, relation->through_target, member);
    if (status) {
        orm__entity_mark_deleted(session, link);
        return status;
    }
    ORM_TRY(join(session, relation, owner, member));
    return relation->inverse ? join(session, relation->inverse, member, owner) : ORM_OK;
}

/* Whether the session has the row between. One that it only supposes is looked for; it leaves when it is not there. */
static orm_status known_link(orm_session *session, const orm_relation *relation, orm__entity *owner,
                             orm__entity *member, bool *there)
{
    orm__entity *pair;
    *there = false;
    if (owner->state != ORM__PERSISTENT || member->state != ORM__PERSISTENT || !key_is_both(relation))
        return ORM_OK;
    ORM_TRY(make_pair(session, relation, owner, member, &pair));
    orm__entity *link = orm__identity_find_row(pair->batch->store, orm__model_of(pair)->primary_key, orm__row_of(pair));
    if (!link || link->state != ORM__PERSISTENT)
        return ORM_OK;
    orm_status status = link->flags & ORM__EXPIRED ? orm__entity_reload(session, link) : ORM_OK;
    *there = !status;
    return status == ORM_NOT_FOUND ? orm_session_expunge(session, orm__row_of(link)) : status;
}

static orm_status join(orm_session *session, const orm_relation *relation, orm__entity *entity, orm__entity *member)
{
    orm__slot *slot;
    ORM_TRY(orm__slot_to_join(session, entity, relation, &slot));
    return !slot || orm__slot_append(session, slot, member) ? ORM_OK : orm__session_no_memory(session);
}

orm_status orm__through_remove(orm_session *session, const orm_relation *relation, orm__entity *owner,
                               orm__entity *member)
{
    orm__entity *link = pending_link(session, relation, owner, member);
    if (!link && owner->state == ORM__PERSISTENT && member->state == ORM__PERSISTENT)
        ORM_TRY(find_link(session, relation, owner, member, &link));
    if (!link)
        return orm__session_error(session, ORM_MISUSE, "remove from '%s': the entity is not in it", relation->name);
    ORM_TRY(orm__entity_mark_deleted(session, link));
    part(relation, owner, member);
    if (relation->inverse)
        part(relation->inverse, member, owner);
    return ORM_OK;
}

static void part(const orm_relation *relation, orm__entity *entity, const orm__entity *member)
{
    orm__slot *slot = orm__entity_loaded(entity, relation);
    if (slot)
        orm__slot_remove(slot, member);
}

static bool is_in(const orm__slot *slot, const orm__entity *member)
{
    for (uint32_t i = 0; i < slot->count; i++)
        if (slot->as.many[i] == member)
            return true;
    return false;
}

/* Looked for by its key where that is known: many may be pending. */
static orm__entity *pending_link(orm_session *session, const orm_relation *relation, orm__entity *owner,
                                 orm__entity *member)
{
    orm__entity *pair;
    bool known = !((owner->flags | member->flags) & ORM__KEY_CHANGED);
    if (known && owner->state == ORM__PERSISTENT && member->state == ORM__PERSISTENT && key_is_both(relation) &&
        !make_pair(session, relation, owner, member, &pair)) {
        orm__entity *link = orm__identity_find_row(pair->batch->store, orm__model_of(pair)->primary_key,
                                                   orm__row_of(pair));
        return link && link->state == ORM__PENDING ? link : NULL;
    }
    for (size_t i = session->changed.count; i-- > 0;) {
        orm__entity *link = session->changed.items[i];
        if (link->state == ORM__PENDING && orm__model_of(link) == relation->through_source->model &&
            orm__known_target(session, relation->through_source, link) == owner &&
            orm__known_target(session, relation->through_target, link) == member)
            return link;
    }
    return NULL;
}

/* The row between. Where its key is made of both foreign keys nothing need be asked; else it is found by them. */
static orm_status find_link(orm_session *session, const orm_relation *relation, orm__entity *owner, orm__entity *member,
                            orm__entity **link)
{
    const orm_model *model = relation->through_source->model;
    orm__entity *pair;
    *link = NULL;
    if (!key_is_both(relation))
        ORM_TRY(orm__session_autoflush(session)); /* keys may change by it */
    ORM_TRY(make_pair(session, relation, owner, member, &pair));
    if (!key_is_both(relation))
        return first_link(session, relation, pair, link);
    orm__store *store = pair->batch->store;
    *link = orm__identity_find_row(store, model->primary_key, orm__row_of(pair));
    if (*link)
        return ORM_OK;
    for (size_t i = 0; i < model->column_count; i++)
        if (!orm__member_keep(&model->columns[i], orm__row_of(pair), &session->arena))
            return orm__session_no_memory(session);
    pair->state = ORM__PERSISTENT;
    pair->flags = ORM__EXPIRED;
    pair->generation = session->generation;
    store->alone.live++;
    orm__store_keep(store, pair);
    *link = pair;
    return orm__identity_add(store, pair) ? ORM_OK : orm__session_no_memory(session);
}

/* A row between that has both keys, where a new entity would stand; its texts are those of the ends. */
static orm_status make_pair(orm_session *session, const orm_relation *relation, orm__entity *owner, orm__entity *member,
                            orm__entity **pair)
{
    const orm_relation *const ends[] = {relation->through_source, relation->through_target};
    orm__entity *const targets[] = {owner, member};
    orm__store *store = orm__store_of(session, ends[0]->model);
    *pair = store ? orm__store_next(store) : NULL;
    if (!*pair)
        return orm__session_no_memory(session);
    for (size_t e = 0; e < 2; e++)
        for (size_t k = 0; k < ends[e]->column_count; k++)
            orm__member_set(ends[e]->columns[k], orm__row_of(*pair),
                            orm__value_of_member(ends[e]->target_columns[k], orm__key_row(targets[e])));
    return ORM_OK;
}

static orm_status first_link(orm_session *session, const orm_relation *relation, const orm__entity *pair,
                             orm__entity **link)
{
    const orm_relation *const ends[] = {relation->through_source, relation->through_target};
    orm_expr where[ORM_WHERE_MAX] = {{.op = ORM_OP_NONE}};
    const orm_query query = {.where = where};
    const void *row;
    size_t count = 0;
    for (size_t e = 0; e < 2; e++)
        for (size_t k = 0; k < ends[e]->column_count && count < ORM_WHERE_MAX; k++)
            where[count++] = orm_compare(ORM_OP_EQ, ends[e]->columns[k],
                                         orm__value_of_member(ends[e]->columns[k], orm__row_of(pair)));
    orm_status status = orm_model_first(session, ends[0]->model, &query, &row);
    *link = status ? NULL : orm__entity_of(row);
    return status == ORM_NOT_FOUND ? ORM_OK : status;
}

static bool key_is_both(const orm_relation *relation)
{
    const orm_relation *source = relation->through_source, *target = relation->through_target;
    const orm_model *model = source->model;
    for (size_t i = 0; i < model->primary_key_count; i++) {
        bool part_of = false;
        for (size_t k = 0; k < source->column_count; k++)
            part_of |= source->columns[k] == model->primary_key[i];
        for (size_t k = 0; k < target->column_count; k++)
            part_of |= target->columns[k] == model->primary_key[i];
        if (!part_of)
            return false;
    }
    return true;
}
