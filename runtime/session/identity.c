/* session/identity.c -- where entities live, and the map from their keys to them.
 *
 * The map is open addressing with linear probing over 8-byte slots {hash, number}; numbers lead to slabs that double, so
 * that an entity never moves. It is kept between three eighths and three quarters full. Integer keys are spread by the golden
 * ratio, whose highest bits give the slot: keys in a row, as sequences make them, hardly ever meet.
 * SPDX-License-Identifier: MIT */
#include "base/value.h"
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLAB = 8 };

static uint32_t hash_key(const orm_column *const *columns, size_t count, const void *row);
static uint32_t hash_values(const orm_value *key, size_t count);
static uint32_t fold(uint64_t hash);
static bool is_integer(orm_type type);
static uint32_t hash_integer(int64_t key);
static bool key_is(const orm__store *store, const orm__entity *entity, const orm_value *key);
static uint32_t slot_of(const orm__store *store, uint32_t hash);
static bool grow(orm__store *store);
static orm__entity *made_new(orm__store *store, orm__entity *entity);
static void put(orm__store *store, uint32_t hash, uint32_t number);
static uint32_t number_of(const orm__store *store, const orm__entity *entity);

orm__store *orm__store_of(orm_session *session, const orm_model *model)
{
    if (!session->stores && !session->schema) {
        session->stores = calloc(model->schema->model_count, sizeof *session->stores);
        if (!session->stores)
            return NULL;
        session->schema = model->schema;
    }
    bool indexed = model->schema == session->schema;
    if (indexed && session->stores[model->index])
        return session->stores[model->index];
    for (orm__store *store = indexed ? NULL : session->store_list; store; store = store->next)
        if (store->model == model)
            return store;
    orm__store *made = calloc(1, sizeof *made);
    if (!made || orm__columns_of_model(session->connection, &made->columns, model)) {
        free(made);
        return NULL;
    }
    made->session = session;
    made->model = model;
    made->alone.store = made->links.store = made;
    made->entity_size = (sizeof(orm__entity) + model->row_size + 7) / 8 * 8;
    made->next = session->store_list;
    session->store_list = made;
    if (indexed)
        session->stores[model->index] = made;
    return made;
}

void orm__store_free(orm__store *store)
{
    for (size_t i = 0; i < sizeof store->slabs / sizeof *store->slabs; i++)
        free(store->slabs[i]);
    free(store->map);
    free(store->left.items);
    orm__columns_release(&store->columns);
    free(store);
}

/* Slab k holds the places 8 * (2^k - 1) to 8 * (2^(k+1) - 1). */
static int slab_of(uint32_t place, uint32_t *offset)
{
    uint32_t units = place / FIRST_SLAB + 1;
    int slab = 31 - __builtin_clz(units);
    *offset = place - (uint32_t)FIRST_SLAB * (((uint32_t)1 << slab) - 1);
    return slab;
}

orm__entity *orm__store_next(orm__store *store)
{
    uint32_t offset;
    if (store->left.count > 0)
        return made_new(store, store->left.items[store->left.count - 1]);
    int slab = slab_of(store->used, &offset);
    if (!store->slabs[slab]) {
        store->slabs[slab] = malloc(((size_t)FIRST_SLAB << slab) * store->entity_size);
        if (!store->slabs[slab])
            return NULL;
    }
    return made_new(store, (orm__entity *)(void *)(store->slabs[slab] + offset * store->entity_size));
}

static orm__entity *made_new(orm__store *store, orm__entity *entity)
{
    memset(entity, 0, store->entity_size);
    entity->batch = &store->alone;
    return entity;
}

void orm__store_keep(orm__store *store, orm__entity *entity)
{
    if (store->left.count > 0 && store->left.items[store->left.count - 1] == entity)
        store->left.count--;
    else
        store->used++;
}

/* Without memory to remember it the place is lost until the session is cleared. */
void orm__store_drop(orm__store *store, orm__entity *entity)
{
    made_new(store, entity);
    orm__entities_add(&store->left, entity);
}

orm__entity *orm__store_at(const orm__store *store, uint32_t number)
{
    uint32_t offset;
    int slab = slab_of(number - 1, &offset);
    return (orm__entity *)(void *)(store->slabs[slab] + offset * store->entity_size);
}

orm__entity *orm__identity_find(const orm__store *store, const orm_value *key)
{
    if (!store->mapped)
        return NULL;
    uint32_t hash = hash_values(key, store->model->primary_key_count), mask = store->capacity - 1;
    for (uint32_t i = slot_of(store, hash); store->map[i].number; i = (i + 1) & mask) {
        if (store->map[i].hash != hash)
            continue;
        orm__entity *entity = orm__store_at(store, store->map[i].number);
        if (key_is(store, entity, key))
            return entity;
    }
    return NULL;
}

static bool key_is(const orm__store *store, const orm__entity *entity, const orm_value *key)
{
    const void *row = orm__key_row(entity);
    for (size_t i = 0; i < store->model->primary_key_count; i++)
        if (!orm__value_equal(orm__value_of_member(store->model->primary_key[i], row), key[i]))
            return false;
    return true;
}

orm__entity *orm__identity_find_row(const orm__store *store, const orm_column *const *columns, const void *row)
{
    if (!store->mapped)
        return NULL;
    orm_value key[ORM__KEY_MAX];
    size_t count = store->model->primary_key_count;
    if (count > sizeof key / sizeof *key)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        key[i] = orm__value_of_member(columns[i], row);
        if (key[i].form == ORM_FORM_NULL)
            return NULL;
    }
    return orm__identity_find(store, key);
}

static uint32_t hash_values(const orm_value *key, size_t count)
{
    uint64_t hash = 0;
    if (count == 1 && is_integer(key[0].type))
        return hash_integer(key[0].as.integer);
    for (size_t i = 0; i < count; i++)
        hash = hash * 0x9e3779b97f4a7c15u + orm__value_hash(key[i]);
    return fold(hash);
}

static uint32_t hash_key(const orm_column *const *columns, size_t count, const void *row)
{
    uint64_t hash = 0;
    if (count == 1 && is_integer(columns[0]->type))
        return hash_integer(orm__value_of_member(columns[0], row).as.integer);
    for (size_t i = 0; i < count; i++)
        hash = hash * 0x9e3779b97f4a7c15u + orm__value_hash(orm__value_of_member(columns[i], row));
    return fold(hash);
}

static uint32_t fold(uint64_t hash)
{
    hash *= 0xd6e8feb86659fd93u;
    return (uint32_t)(hash >> 32);
}

static bool is_integer(orm_type type)
{
    return type == ORM_TYPE_INT16 || type == ORM_TYPE_INT32 || type == ORM_TYPE_INT64;
}

static uint32_t hash_integer(int64_t key)
{
    return (uint32_t)((uint64_t)key * 0x9e3779b97f4a7c15u >> 32);
}

/* A hash's highest bits. */
static uint32_t slot_of(const orm__store *store, uint32_t hash)
{
    return hash >> (32 - store->bits);
}

bool orm__identity_add(orm__store *store, orm__entity *entity)
{
    if ((store->mapped + 1) * 4 > store->capacity * 3 && !grow(store))
        return false;
    put(store, hash_key(store->model->primary_key, store->model->primary_key_count, orm__key_row(entity)),
        number_of(store, entity));
    store->mapped++;
    entity->flags |= ORM__MAPPED;
    return true;
}

bool orm__identity_reserve(orm__store *store, size_t count)
{
    while ((store->mapped + count) * 4 > (size_t)store->capacity * 3)
        if (!grow(store))
            return false;
    return true;
}

static bool grow(orm__store *store)
{
    uint32_t capacity = store->capacity ? store->capacity * 2 : 16;
    orm__identity *old = store->map, *map = calloc(capacity, sizeof *map);
    if (!map)
        return false;
    uint32_t before = store->capacity;
    store->map = map;
    store->capacity = capacity;
    store->bits = (uint32_t)__builtin_ctz(capacity);
    for (uint32_t i = 0; i < before; i++)
        if (old[i].number)
            put(store, old[i].hash, old[i].number);
    free(old);
    return true;
}

static void put(orm__store *store, uint32_t hash, uint32_t number)
{
    uint32_t mask = store->capacity - 1, i = slot_of(store, hash);
    while (store->map[i].number)
        i = (i + 1) & mask;
    store->map[i] = (orm__identity){hash, number};
}

/* Mostly it is the last one. Others are found by their slab: slabs are few, and the large ones come last. */
static uint32_t number_of(const orm__store *store, const orm__entity *entity)
{
    if (store->used > 0 && orm__store_at(store, store->used) == entity)
        return store->used;
    uint32_t before = 0;
    for (int slab = 0; store->slabs[slab]; slab++) {
        size_t size = (size_t)FIRST_SLAB << slab;
        const char *start = store->slabs[slab], *place = (const char *)entity;
        if (place >= start && place < start + size * store->entity_size)
            return before + (uint32_t)((size_t)(place - start) / store->entity_size) + 1;
        before += (uint32_t)size;
    }
    return 0;
}

void orm__identity_remove(orm__store *store, orm__entity *entity)
{
    if (!(entity->flags & ORM__MAPPED))
        return;
    entity->flags &= (uint8_t)~ORM__MAPPED;
    uint32_t hash = hash_key(store->model->primary_key, store->model->primary_key_count, orm__key_row(entity));
    uint32_t mask = store->capacity - 1, number = number_of(store, entity), i = slot_of(store, hash);
    while (store->map[i].number != number)
        i = (i + 1) & mask;
    store->map[i].number = 0;
    store->mapped--;
    for (i = (i + 1) & mask; store->map[i].number;
         i = (i + 1) & mask) { /* close the gap for those that were pushed on */
        orm__identity moved = store->map[i];
        store->map[i].number = 0;
        put(store, moved.hash, moved.number);
    }
}

char *orm__entity_name(const orm__entity *entity, char *buffer, size_t size)
{
    const orm_model *model = orm__model_of(entity);
    int length = snprintf(buffer, size, "%s", model->name);
    for (size_t i = 0; i < model->primary_key_count && length >= 0 && (size_t)length < size; i++) {
        const orm_column *column = model->primary_key[i];
        char text[80];
        if (entity->state == ORM__PENDING && (column->flags & ORM_GENERATED) && !(entity->flags & ORM__MAPPED))
            snprintf(text, sizeof text, "(new)");
        else
            orm__value_text(orm__value_of_member(column, orm__key_row(entity)), text, sizeof text);
        int more = snprintf(buffer + length, size - (size_t)length, "%s%s", i == 0 ? " " : ", ", text);
        length = more < 0 ? more : length + more;
    }
    return buffer;
}
