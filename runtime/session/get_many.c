/* session/get_many.c -- entities by many keys: those that the session has not are asked for by one statement.
 * SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "base/error.h"
#include "base/value.h"
#include "session/session.h"
#include "sql/builder.h"

#include <stdlib.h>
#include <string.h>

typedef struct request {
    orm_session *session;
    orm__store *store;
    const orm_value *keys; /* a list for each column */
    size_t count;
    size_t *absent; /* the places of keys whose rows must be read */
    size_t absent_count;
} request;

static orm_status get(request *r, orm_list *found);
static void look_up(request *r);
static orm__entity *entity_at(const request *r, size_t place);
static void key_at(const request *r, size_t place, orm_value *key);
static orm_status read_absent(request *r, orm__entities *read);
static orm_status select_absent(request *r, orm__entities *read);
static orm_status make_lists(request *r, orm_value *lists);
static orm_status deliver(request *r, orm_list *found);

orm_status orm_model_get_many(orm_session *session, const orm_model *model, const orm_value *keys, orm_list *found)
{
    *found = (orm_list){0};
    request r = {.session = session, .keys = keys, .count = orm__value_count(&keys[0])};
    for (size_t i = 0; i < model->primary_key_count; i++)
        if (r.count > 0 && !keys[i].as.array.items)
            return orm__session_error(session, ORM_MISUSE, "get of many '%s': no keys were given", model->name);
    if (r.count == 0)
        return ORM_OK;
    r.store = orm__store_of(session, model);
    r.absent = malloc(r.count * sizeof *r.absent);
    orm_status status = r.store && r.absent ? get(&r, found) : orm__session_no_memory(session);
    free(r.absent);
    return status;
}

/* A flush may give a key to an entity that had none. */
static orm_status get(request *r, orm_list *found)
{
    orm__entities read = {0};
    orm_status status = ORM_OK;
    look_up(r);
    if (r->absent_count > 0 && r->session->changed.count > 0) {
        ORM_TRY(orm__session_autoflush(r->session));
        look_up(r);
    }
    if (r->absent_count > 0)
        status = read_absent(r, &read);
    free(read.items);
    return status ? status : deliver(r, found);
}

static void look_up(request *r)
{
    r->absent_count = 0;
    for (size_t i = 0; i < r->count; i++) {
        const orm__entity *entity = entity_at(r, i);
        if (!entity || entity->flags & ORM__EXPIRED)
            r->absent[r->absent_count++] = i;
    }
}

static orm__entity *entity_at(const request *r, size_t place)
{
    orm_value key[ORM__KEY_MAX];
    key_at(r, place, key);
    return orm__identity_find(r->store, key);
}

static void key_at(const request *r, size_t place, orm_value *key)
{
    for (size_t i = 0; i < r->store->model->primary_key_count; i++)
        key[i] = orm__value_of_item(&r->keys[i], place);
}

static orm_status read_absent(request *r, orm__entities *read)
{
    orm_value key[ORM__KEY_MAX];
    if (r->absent_count > 1)
        return select_absent(r, read);
    key_at(r, r->absent[0], key);
    orm__entity *one;
    ORM_TRY(orm__read_by_key(r->session, r->store, key, false, &one));
    return !one || orm__entities_add(read, one) ? ORM_OK : orm__session_no_memory(r->session);
}

static orm_status select_absent(request *r, orm__entities *read)
{
    const orm_model *model = r->store->model;
    orm_value lists[ORM__KEY_MAX] = {{0}};
    orm_status status = make_lists(r, lists);
    if (!status)
        status = orm__session_begin_get(r->session);
    if (!status) {
        status = orm__read_by_keys(r->session, r->store, lists, r->absent_count, false, read);
        orm__session_end_get(r->session);
    }
    for (size_t i = 0; i < model->primary_key_count; i++)
        free((void *)(uintptr_t)lists[i].as.array.items);
    return status;
}

/* Those of the keys that are absent. */
static orm_status make_lists(request *r, orm_value *lists)
{
    for (size_t i = 0; i < r->store->model->primary_key_count; i++) {
        size_t size = orm__type_size(r->keys[i].type);
        const char *from = r->keys[i].as.array.items;
        char *items = malloc(r->absent_count * size);
        if (!items)
            return orm__session_no_memory(r->session);
        for (size_t k = 0; k < r->absent_count; k++)
            memcpy(items + k * size, from + r->absent[k] * size, size);
        lists[i] = r->keys[i];
        lists[i].as.array.items = items;
        lists[i].as.array.count = r->absent_count;
    }
    return ORM_OK;
}

/* Those that are still expired have no row any more. What is delivered together loads its relations together. */
static orm_status deliver(request *r, orm_list *found)
{
    orm__entities together = {0};
    const void **items = orm__list_new(r->session, r->count);
    orm_status status = items ? ORM_OK : orm__session_no_memory(r->session);
    bool partial = false;
    for (size_t i = 0; i < r->count && !status; i++) {
        orm__entity *entity = entity_at(r, i);
        bool there = entity && orm__is_there(entity) && !(entity->flags & ORM__EXPIRED);
        items[i] = there ? orm__row_of(entity) : NULL;
        partial |= !there;
        if (there && entity->state == ORM__PERSISTENT && !orm__entities_add(&together, entity))
            status = orm__session_no_memory(r->session);
    }
    if (!status)
        status = orm__batch_new(r->session, r->store, &together);
    free(together.items);
    if (status)
        orm_list_release(r->session, items);
    else
        *found = (orm_list){.items = items, .count = r->count, .partial = partial};
    return status;
}
