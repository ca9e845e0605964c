/* data.c -- the tree of data that templates are filled from.
 *
 * An object is a hash table of open addressing over its keys, doubled when half full.
 * SPDX-License-Identifier: MIT */
#include "data.h"

#include <stdint.h>
#include <string.h>

static ormc_data *make(orm__arena *arena, ormc_data_kind kind);
static ormc_member *slot_of(ormc_member *members, size_t capacity, const char *key, size_t length, uint64_t hash);
static bool grow(ormc_data *object);
static bool grow_list(ormc_data *list);

ormc_data *ormc_data_null(orm__arena *arena)
{
    return make(arena, ORMC_DATA_NULL);
}

ormc_data *ormc_data_boolean(orm__arena *arena, bool value)
{
    ormc_data *data = make(arena, ORMC_DATA_BOOLEAN);
    if (data)
        data->boolean = value;
    return data;
}

ormc_data *ormc_data_text(orm__arena *arena, const char *text)
{
    ormc_data *data = text ? make(arena, ORMC_DATA_TEXT) : NULL;
    if (data)
        data->text = text;
    return data;
}

ormc_data *ormc_data_list(orm__arena *arena)
{
    return make(arena, ORMC_DATA_LIST);
}

ormc_data *ormc_data_object(orm__arena *arena)
{
    return make(arena, ORMC_DATA_OBJECT);
}

static ormc_data *make(orm__arena *arena, ormc_data_kind kind)
{
    ormc_data *data = orm__arena_zalloc(arena, 1, sizeof *data);
    if (data) {
        data->kind = kind;
        data->arena = arena;
    }
    return data;
}

void ormc_data_set(ormc_data *object, const char *key, ormc_data *value)
{
    if (!object)
        return;
    if (!value || ((object->count + 1) * 2 > object->capacity && !grow(object))) {
        object->failed = true;
        return;
    }
    size_t length = strlen(key);
    uint64_t hash = ormc_data_hash(key, length);
    ormc_member *slot = slot_of(object->members, object->capacity, key, length, hash);
    object->count += !slot->key;
    *slot = (ormc_member){.key = key, .length = length, .hash = hash, .value = value};
}

static bool grow(ormc_data *object)
{
    size_t capacity = object->capacity ? object->capacity * 2 : 8;
    ormc_member *members = orm__arena_zalloc(object->arena, capacity, sizeof *members);
    if (!members)
        return false;
    for (size_t i = 0; i < object->capacity; i++)
        if (object->members[i].key)
            *slot_of(members, capacity, object->members[i].key, object->members[i].length,
                     object->members[i].hash) = object->members[i];
    orm__arena_recycle(object->arena, object->members, object->capacity * sizeof *members);
    object->members = members;
    object->capacity = capacity;
    return true;
}

static ormc_member *slot_of(ormc_member *members, size_t capacity, const char *key, size_t length, uint64_t hash)
{
    for (size_t i = hash & (capacity - 1);; i = (i + 1) & (capacity - 1)) {
        ormc_member *m = &members[i];
        if (!m->key || (m->hash == hash && m->length == length && memcmp(m->key, key, length) == 0))
            return m;
    }
}

const ormc_data *ormc_data_member(const ormc_data *object, const char *key, size_t length, uint64_t hash)
{
    if (object->kind != ORMC_DATA_OBJECT || object->count == 0)
        return NULL;
    return slot_of(object->members, object->capacity, key, length, hash)->value;
}

/* FNV-1a, with the high bits folded in. */
uint64_t ormc_data_hash(const char *key, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3u;
    return hash ^ hash >> 32;
}

void ormc_data_append(ormc_data *list, ormc_data *item)
{
    if (!list)
        return;
    if (!item || (list->count == list->capacity && !grow_list(list))) {
        list->failed = true;
        return;
    }
    list->items[list->count++] = item;
}

static bool grow_list(ormc_data *list)
{
    size_t capacity = list->capacity ? list->capacity * 2 : 8;
    ormc_data **items = orm__arena_zalloc(list->arena, capacity, sizeof *items);
    if (!items)
        return false;
    if (list->count)
        memcpy(items, list->items, list->count * sizeof *items);
    orm__arena_recycle(list->arena, list->items, list->capacity * sizeof *items);
    list->items = items;
    list->capacity = capacity;
    return true;
}

void ormc_data_set_text(ormc_data *object, const char *key, const char *text)
{
    if (object)
        ormc_data_set(object, key, ormc_data_text(object->arena, text));
}

void ormc_data_set_boolean(ormc_data *object, const char *key, bool value)
{
    if (object)
        ormc_data_set(object, key, ormc_data_boolean(object->arena, value));
}

ormc_data *ormc_data_set_list(ormc_data *object, const char *key)
{
    ormc_data *list = object ? ormc_data_list(object->arena) : NULL;
    ormc_data_set(object, key, list);
    return list;
}

ormc_data *ormc_data_set_object(ormc_data *object, const char *key)
{
    ormc_data *made = object ? ormc_data_object(object->arena) : NULL;
    ormc_data_set(object, key, made);
    return made;
}

void ormc_data_set_made_list(ormc_data *object, const char *key, size_t count, ormc_data_maker maker, void *user)
{
    if (!object)
        return;
    ormc_data *list = ormc_data_list(object->arena);
    ormc_made_items *made = orm__arena_alloc(object->arena, sizeof *made);
    if (list && made) {
        *made = (ormc_made_items){.make = maker, .user = user};
        list->kind = ORMC_DATA_MADE_LIST;
        list->count = count;
        list->made = made;
    }
    ormc_data_set(object, key, made ? list : NULL);
}
