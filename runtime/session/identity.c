/* session/identity.c -- where entities live, and the map from their keys to them.
 *
 * The map is open addressing with linear probing over 8-byte slots {hash, number}; numbers lead to slabs, so that an
 * entity never moves. It is three quarters full at most, and once it is large half full at least: it grows by a half,
 * and slabs by a sixteenth of what there is, so that little stands empty. Integer keys are spread by the golden ratio,
 * whose highest bits give the slot: keys in a row, as sequences make them, hardly ever meet.
 * SPDX-License-Identifier: MIT */
#include "base/value.h"
#include "session/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Slabs double from FIRST_SLAB entities on; after DOUBLINGS of them what would be one is PARTS. Maps double up to
 * LARGE_MAP slots, then they grow by a half. */
enum { FIRST_SLAB = 8, DOUBLINGS = 7, PARTS = 16, LARGE_MAP = 4096 };
enum { FIRST_MAP = 16, ARENA_SLABS = 2 /* which the arena gives; it gives the first map, too */ };

static const orm_column *integer_key_of(const orm_model *model);
static orm__entity *find_integer(const orm__store *store, int64_t key);
static int64_t integer_at(const orm_column *column, const void *row);
static uint32_t hash_row(const orm__store *store, const void *row);
static uint32_t hash_values(const orm_value *key, size_t count);
static uint32_t fold(uint64_t hash);
static bool is_integer(orm_type type);
static uint32_t hash_integer(int64_t key);
static bool key_is(const orm__store *store, const orm__entity *entity, const orm_value *key);
static uint32_t slot_of(const orm__store *store, uint32_t hash);
static uint32_t next_slot(const orm__store *store, uint32_t slot);
static bool grow(orm__store *store);
static bool add_slab(orm__store *store);
static void free_directory(orm__store *store);
static orm__entity *made_new(orm__store *store, orm__entity *entity);
static void put(orm__store *store, uint32_t hash, uint32_t number);
static bool is_in(const orm__store *store, uint32_t slab, const orm__entity *entity);

orm__store *orm__store_of(orm_session *session, const orm_model *model)
{
    if (!session->stores && !session->schema) {
        session->stores = orm__arena_zalloc(&session->arena, model->schema->model_count, sizeof *session->stores);
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
    orm__store *made = orm__arena_zalloc(&session->arena, 1,
                                         sizeof *made + model->column_count * sizeof *made->columns);
    if (!made)
        return NULL;
    made->column_count = model->column_count;
    for (size_t i = 0; i < model->column_count; i++)
        made->columns[i] = &model->columns[i];
    made->session = session;
    made->model = model;
    made->integer_key = integer_key_of(model);
    made->slabs = made->few_slabs;
    made->key = (orm_unique){.columns = model->primary_key, .column_count = model->primary_key_count};
    made->alone.store = made->links.store = made;
    made->entity_size = (sizeof(orm__entity) + model->row_size + 7) / 8 * 8;
    made->next = session->store_list;
    session->store_list = made;
    if (indexed)
        session->stores[model->index] = made;
    return made;
}

static const orm_column *integer_key_of(const orm_model *model)
{
    const orm_column *key = model->primary_key_count == 1 ? model->primary_key[0] : NULL;
    return key && is_integer(key->type) && key->field.has == ORM_ABSENT && !(key->flags & ORM_ARRAY) ? key : NULL;
}

void orm__store_release(orm__store *store)
{
    for (uint32_t i = ARENA_SLABS; i < store->slab_count; i++)
        free(store->slabs[i]);
    free_directory(store);
    if (store->capacity > FIRST_MAP)
        free(store->map);
    free(store->left.items);
}

/* The places before slabs that are doubled for the n-th time. */
static uint32_t places_before(uint32_t doublings)
{
    return (uint32_t)FIRST_SLAB * ((1U << doublings) - 1);
}

static uint32_t slab_of(uint32_t place, uint32_t *offset)
{
    uint32_t doublings = 31 - (uint32_t)__builtin_clz(place / FIRST_SLAB + 1);
    *offset = place - places_before(doublings);
    if (doublings < DOUBLINGS)
        return doublings;
    uint32_t size = ((uint32_t)FIRST_SLAB << doublings) / PARTS, part = *offset / size;
    *offset &= size - 1;
    return DOUBLINGS + (doublings - DOUBLINGS) * PARTS + part;
}

static uint32_t size_of_slab(uint32_t slab)
{
    if (slab < DOUBLINGS)
        return (uint32_t)FIRST_SLAB << slab;
    return ((uint32_t)FIRST_SLAB << (DOUBLINGS + (slab - DOUBLINGS) / PARTS)) / PARTS;
}

static uint32_t first_of_slab(uint32_t slab)
{
    if (slab < DOUBLINGS)
        return places_before(slab);
    return places_before(DOUBLINGS + (slab - DOUBLINGS) / PARTS) + (slab - DOUBLINGS) % PARTS * size_of_slab(slab);
}

orm__entity *orm__store_next(orm__store *store)
{
    uint32_t offset;
    if (store->left.count > 0)
        return made_new(store, store->left.items[store->left.count - 1]);
    uint32_t slab = slab_of(store->used, &offset);
    if (slab == store->slab_count && !add_slab(store))
        return NULL;
    return made_new(store, (orm__entity *)(void *)(store->slabs[slab] + offset * store->entity_size));
}

void orm__store_foresee(const orm__store *store, const orm_value *key, orm__soon *soon)
{
    uint32_t offset, slab = slab_of(store->used, &offset);
    orm__soon_add(soon, store, offsetof(orm__store, links));
    if (slab < store->slab_count)
        orm__soon_add(soon, store->slabs[slab] + offset * store->entity_size, store->entity_size);
    if (store->capacity > 0)
        orm__soon_add(soon, &store->map[slot_of(store, hash_values(key, store->model->primary_key_count))],
                      sizeof *store->map);
}

static bool add_slab(orm__store *store)
{
    uint32_t count = store->slab_count;
    if (count >= ORM__FEW_SLABS && (count & (count - 1)) == 0) {
        char **slabs = malloc(2 * count * sizeof *slabs);
        if (!slabs)
            return false;
        memcpy(slabs, store->slabs, count * sizeof *slabs);
        free_directory(store);
        store->slabs = slabs;
    }
    size_t size = size_of_slab(count) * store->entity_size;
    store->slabs[count] = count < ARENA_SLABS ? orm__arena_alloc(&store->session->arena, size) : malloc(size);
    if (!store->slabs[count])
        return false;
    store->slab_count++;
    return true;
}

static void free_directory(orm__store *store)
{
    if (store->slabs != store->few_slabs)
        free(store->slabs);
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
    else {
        store->used++;
        store->newest = entity;
    }
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
    uint32_t slab = slab_of(number - 1, &offset);
    return (orm__entity *)(void *)(store->slabs[slab] + offset * store->entity_size);
}

orm__entity *orm__identity_find(const orm__store *store, const orm_value *key)
{
    if (!store->mapped)
        return NULL;
    if (store->integer_key && key[0].form == ORM_FORM_ONE && is_integer(key[0].type))
        return find_integer(store, key[0].as.integer);
    uint32_t hash = hash_values(key, store->model->primary_key_count);
    for (uint32_t i = slot_of(store, hash); store->map[i].number; i = next_slot(store, i)) {
        if (store->map[i].hash != hash)
            continue;
        orm__entity *entity = orm__store_at(store, store->map[i].number);
        if (key_is(store, entity, key))
            return entity;
    }
    return NULL;
}

/* What nearly all keys are, found without a value being made of it. */
static orm__entity *find_integer(const orm__store *store, int64_t key)
{
    uint32_t hash = hash_integer(key);
    for (uint32_t i = slot_of(store, hash); store->map[i].number; i = next_slot(store, i)) {
        if (store->map[i].hash != hash)
            continue;
        orm__entity *entity = orm__store_at(store, store->map[i].number);
        if (integer_at(store->integer_key, orm__key_row(entity)) == key)
            return entity;
    }
    return NULL;
}

static int64_t integer_at(const orm_column *column, const void *row)
{
    const char *place = (const char *)row + column->field.value;
    int16_t small;
    int32_t medium;
    int64_t large;
    switch (column->type) {
    case ORM_TYPE_INT16:
        memcpy(&small, place, sizeof small);
        return small;
    case ORM_TYPE_INT32:
        memcpy(&medium, place, sizeof medium);
        return medium;
    default:
        memcpy(&large, place, sizeof large);
        return large;
    }
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
    if (store->integer_key && columns[0]->field.has == ORM_ABSENT && is_integer(columns[0]->type))
        return find_integer(store, integer_at(columns[0], row));
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

static uint32_t hash_row(const orm__store *store, const void *row)
{
    uint64_t hash = 0;
    if (store->integer_key)
        return hash_integer(integer_at(store->integer_key, row));
    for (size_t i = 0; i < store->model->primary_key_count; i++)
        hash = hash * 0x9e3779b97f4a7c15u + orm__value_hash(orm__value_of_member(store->model->primary_key[i], row));
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

/* The hash as a part of the whole. */
static uint32_t slot_of(const orm__store *store, uint32_t hash)
{
    return (uint32_t)((uint64_t)hash * store->capacity >> 32);
}

static uint32_t next_slot(const orm__store *store, uint32_t slot)
{
    return slot + 1 == store->capacity ? 0 : slot + 1;
}

bool orm__identity_add(orm__store *store, orm__entity *entity)
{
    if ((store->mapped + 1) * 4 > store->capacity * 3 && !grow(store))
        return false;
    put(store, hash_row(store, orm__key_row(entity)), orm__store_number(store, entity));
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
    uint32_t before = store->capacity;
    uint32_t capacity = before >= LARGE_MAP ? before + before / 2 : before ? before * 2 : FIRST_MAP;
    orm__identity *old = store->map, *map;
    map = before ? calloc(capacity, sizeof *map) : orm__arena_zalloc(&store->session->arena, capacity, sizeof *map);
    if (!map)
        return false;
    store->map = map;
    store->capacity = capacity;
    for (uint32_t i = 0; i < before; i++)
        if (old[i].number)
            put(store, old[i].hash, old[i].number);
    if (before > FIRST_MAP)
        free(old);
    return true;
}

static void put(orm__store *store, uint32_t hash, uint32_t number)
{
    uint32_t i = slot_of(store, hash);
    while (store->map[i].number)
        i = next_slot(store, i);
    store->map[i] = (orm__identity){hash, number};
}

/* Mostly it is the last one, or in the slab where the last question led. Others are found by their slab: half of
 * them are in the sixteen that come last. */
uint32_t orm__store_number(orm__store *store, const orm__entity *entity)
{
    if (store->newest == entity)
        return store->used;
    if (!is_in(store, store->recent, entity))
        for (store->recent = store->slab_count - 1; !is_in(store, store->recent, entity);)
            store->recent--;
    size_t bytes = (size_t)((const char *)entity - store->slabs[store->recent]);
    return first_of_slab(store->recent) + (uint32_t)(bytes / store->entity_size) + 1;
}

static bool is_in(const orm__store *store, uint32_t slab, const orm__entity *entity)
{
    const char *start = store->slabs[slab], *place = (const char *)entity;
    return place >= start && place < start + size_of_slab(slab) * store->entity_size;
}

void orm__identity_remove(orm__store *store, orm__entity *entity)
{
    if (!(entity->flags & ORM__MAPPED))
        return;
    entity->flags &= (uint8_t)~ORM__MAPPED;
    uint32_t hash = hash_row(store, orm__key_row(entity));
    uint32_t number = orm__store_number(store, entity), i = slot_of(store, hash);
    while (store->map[i].number != number)
        i = next_slot(store, i);
    store->map[i].number = 0;
    store->mapped--;
    for (i = next_slot(store, i); store->map[i].number;
         i = next_slot(store, i)) { /* close the gap for those pushed on */
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
        else if (column->flags & ORM_SENSITIVE)
            snprintf(text, sizeof text, "(hidden)");
        else
            orm__value_text(orm__value_of_member(column, orm__key_row(entity)), text, sizeof text);
        int more = snprintf(buffer + length, size - (size_t)length, "%s%s", i == 0 ? " " : ", ", text);
        length = more < 0 ? more : length + more;
    }
    return buffer;
}
