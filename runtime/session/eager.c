/* session/eager.c -- loads trees of relations level by level: what stands on one level is asked for in one trip.
 *
 * The steps of each load are loading.c's. Loads are asked for together unless one could make another needless: a single
 * relation waits for those before it that bring entities of the same model, which it need not ask for then.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "session/session.h"

#include <stdlib.h>

/* The loads of one level, and the entities that they are for. */
typedef struct level {
    orm__load *loads;
    size_t count, capacity;
    orm__entities *owners;
    size_t owner_count;
} level;

static orm_status add_loads(orm_session *session, level *l, const orm_model *model, const orm_loading *loads,
                            orm__entity *const *owners, size_t count);
static orm_status check(orm_session *session, const orm_model *model, const orm_loading *loading);
static orm_status load_level(orm_session *session, const level *l);
static bool must_wait(const orm__load *before, const orm__load *load);
static orm_status load_together(orm_session *session, orm__load *loads, size_t count);
static orm_status ask_ahead(orm_session *session, orm__load *loads, size_t count);
static orm_status read_all(orm_session *session, orm__load *loads, size_t count);
static orm_status next_level(orm_session *session, const level *l, level *next);
static orm_status collect(orm_session *session, const orm__load *load, orm__entities *found);
static void release(level *l);

orm_status orm__load_all(orm_session *session, const orm_model *model, const orm_loading *loads,
                         orm__entity *const *owners, size_t count)
{
    level l = {0}, next = {0};
    orm_status status = add_loads(session, &l, model, loads, owners, count);
    while (!status && l.count > 0) {
        status = load_level(session, &l);
        if (!status)
            status = next_level(session, &l, &next);
        release(&l);
        l = next;
        next = (level){0};
    }
    release(&l);
    return status;
}

orm_status orm__load_relation(orm_session *session, const orm_relation *relation, orm__entity *const *owners,
                              size_t count)
{
    orm__load load = {.relation = relation, .owners = owners, .count = count};
    return load_together(session, &load, 1);
}

static orm_status add_loads(orm_session *session, level *l, const orm_model *model, const orm_loading *loads,
                            orm__entity *const *owners, size_t count)
{
    for (size_t i = 0; i < ORM_LOAD_MAX && loads[i].relation; i++) {
        ORM_TRY(check(session, model, &loads[i]));
        if (l->count == l->capacity) {
            size_t capacity = l->capacity ? 2 * l->capacity : ORM_LOAD_MAX;
            orm__load *grown = realloc(l->loads, capacity * sizeof *grown);
            if (!grown)
                return orm__session_no_memory(session);
            l->loads = grown;
            l->capacity = capacity;
        }
        l->loads[l->count++] = (orm__load){
            .relation = loads[i].relation, .options = loads[i].options, .owners = owners, .count = count};
    }
    return ORM_OK;
}

static orm_status check(orm_session *session, const orm_model *model, const orm_loading *loading)
{
    const orm_relation *relation = loading->relation;
    if (relation->model != model)
        return orm__session_error(session, ORM_MISUSE, "a query on '%s' may not load relation '%s' of '%s'",
                                  model->name, relation->name, relation->model->name);
    if (relation->owning && loading->options && orm__is_partial(loading->options))
        return orm__session_error(session, ORM_MISUSE,
                                  "relation '%s' of '%s' is a single one: it takes no .where and no .limit",
                                  relation->name, model->name);
    return ORM_OK;
}

static orm_status load_level(orm_session *session, const level *l)
{
    for (size_t first = 0, last; first < l->count; first = last) {
        bool waits = false;
        for (last = first + 1; last < l->count && !waits; last += !waits)
            for (size_t i = first; i < last && !waits; i++)
                waits = must_wait(&l->loads[i], &l->loads[last]);
        ORM_TRY(load_together(session, l->loads + first, last - first));
    }
    return ORM_OK;
}

static bool must_wait(const orm__load *before, const orm__load *load)
{
    const orm_relation *relation = load->relation;
    return before->relation == relation || (relation->owning && before->relation->target == relation->target);
}

static orm_status load_together(orm_session *session, orm__load *loads, size_t count)
{
    size_t begun = 0, needy = 0;
    orm_status status = ORM_OK;
    while (begun < count && !status) {
        status = orm__load_begin(session, &loads[begun]);
        needy += loads[begun++].needy.count > 0;
    }
    if (!status && needy > 1)
        status = ask_ahead(session, loads, count);
    if (!status)
        status = read_all(session, loads, count);
    for (size_t i = 0; i < begun; i++)
        orm__load_end(session, &loads[i], status);
    if (status && session->connection)
        orm__sent_settle(session->connection);
    return status;
}

static orm_status ask_ahead(orm_session *session, orm__load *loads, size_t count)
{
    ORM_TRY(orm__session_read(session));
    if (!orm__sends_ahead(session->connection))
        return ORM_OK;
    for (size_t i = 0; i < count; i++)
        if (loads[i].needy.count > 0)
            ORM_TRY(orm__load_ask(session, &loads[i]));
    return ORM_OK;
}

/* A statement that the server knows no longer, or cannot run as it was prepared, is sent again where that can be
 * done, outside transactions, as a statement that is started is; those that were sent with it have failed too. */
static orm_status read_all(orm_session *session, orm__load *loads, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (loads[i].needy.count == 0)
            continue;
        bool ahead = loads[i].sent != NULL;
        orm_status status = orm__load_read(session, &loads[i]);
        if (status == ORM_SERIALIZATION && ahead && session->connection->transaction == ORM__NO_TRANSACTION) {
            for (size_t k = i + 1; k < count; k++) {
                orm__sent_drop(session->connection, loads[k].sent);
                loads[k].sent = NULL;
            }
            status = orm__load_read(session, &loads[i]);
        }
        ORM_TRY(status);
    }
    return ORM_OK;
}

static orm_status next_level(orm_session *session, const level *l, level *next)
{
    next->owners = calloc(l->count, sizeof *next->owners);
    if (!next->owners)
        return orm__session_no_memory(session);
    for (size_t i = 0; i < l->count; i++) {
        const orm_load_options *options = l->loads[i].options;
        if (!options || !options->load[0].relation)
            continue;
        orm__entities *found = &next->owners[next->owner_count++];
        ORM_TRY(collect(session, &l->loads[i], found));
        ORM_TRY(add_loads(session, next, l->loads[i].relation->target, options->load, found->items, found->count));
    }
    return ORM_OK;
}

/* What is at the other end, for the loads below. An entity may appear twice. */
static orm_status collect(orm_session *session, const orm__load *load, orm__entities *found)
{
    bool many = orm__is_collection(load->relation);
    for (size_t i = 0; i < load->count; i++) {
        const orm__slot *slot = orm__entity_loaded(load->owners[i], load->relation);
        size_t size = !slot ? 0 : many ? slot->count : slot->as.one != NULL;
        for (size_t k = 0; k < size; k++)
            if (!orm__entities_add(found, many ? slot->as.many[k] : slot->as.one))
                return orm__session_no_memory(session);
    }
    return ORM_OK;
}

static void release(level *l)
{
    for (size_t i = 0; i < l->owner_count; i++)
        free(l->owners[i].items);
    free(l->owners);
    free(l->loads);
}
