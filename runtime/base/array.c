/* base/array.c -- copying, recycling and comparing arrays, by array.h.
 * SPDX-License-Identifier: MIT */
#include "base/array.h"

#include <stdint.h>
#include <string.h>

static bool keep_items(const orm__array *array, orm_type type, char *items, bool *nulls, orm__arena *arena);
static bool keep_pointer(orm_type type, char *item, orm__arena *arena);
static bool has_nulls(const orm__array *array, orm_type type);
static const char *pointer_at(const char *item);
static size_t pointed_size(orm_type type, const char *item);
static bool identical_items(orm_type type, const char *a, const char *b);

const uint8_t orm__type_sizes[] = {
#define SIZE(name, NAME, ctype, given) [ORM_TYPE_##NAME] = sizeof(ctype),
    ORM_SCALAR_TYPES(SIZE)
#undef SIZE
        [ORM_TYPE_ENUM] = sizeof(int),
};

bool orm__array_item_is_null(const orm__array *array, orm_type type, size_t index)
{
    if (array->nulls && array->nulls[index])
        return true;
    return orm__type_points(type) && !pointer_at(orm__array_item(array, type, index));
}

bool orm__array_keep(orm__array *array, orm_type type, orm__arena *arena)
{
    if (!array->items)
        return true;
    bool some = has_nulls(array, type);
    bool *nulls = some ? orm__arena_zalloc(arena, array->count, sizeof *nulls) : NULL;
    char *items = orm__arena_zalloc(arena, array->count, orm__type_size(type));
    if (!items || (some && !nulls) || !keep_items(array, type, items, nulls, arena))
        return false;
    *array = (orm__array){items, nulls, array->count};
    return true;
}

bool orm__array_keep_value(orm_value *value, orm__arena *arena)
{
    orm__array array = orm__array_of_value(value);
    bool kept = orm__array_keep(&array, value->type, arena);
    value->as.array.items = array.items;
    value->as.array.nulls = array.nulls;
    return kept;
}

static bool has_nulls(const orm__array *array, orm_type type)
{
    for (size_t i = 0; i < array->count; i++)
        if (orm__array_item_is_null(array, type, i))
            return true;
    return false;
}

static bool keep_items(const orm__array *array, orm_type type, char *items, bool *nulls, orm__arena *arena)
{
    size_t size = orm__type_size(type);
    for (size_t i = 0; i < array->count; i++) {
        if (orm__array_item_is_null(array, type, i)) {
            nulls[i] = true;
            continue;
        }
        memcpy(items + i * size, orm__array_item(array, type, i), size);
        if (orm__type_points(type) && !keep_pointer(type, items + i * size, arena))
            return false;
    }
    return true;
}

static bool keep_pointer(orm_type type, char *item, orm__arena *arena)
{
    const char *copy = orm__arena_copy(arena, pointer_at(item), pointed_size(type, item));
    memcpy(item, &copy, sizeof copy);
    return copy != NULL;
}

static const char *pointer_at(const char *item)
{
    const char *pointer;
    memcpy(&pointer, item, sizeof pointer);
    return pointer;
}

static size_t pointed_size(orm_type type, const char *item)
{
    if (type != ORM_TYPE_BYTES)
        return strlen(pointer_at(item));
    orm_bytes bytes;
    memcpy(&bytes, item, sizeof bytes);
    return bytes.size;
}

void orm__array_recycle(const orm__array *array, orm_type type, orm__arena *arena)
{
    size_t size = orm__type_size(type);
    if (!array->items)
        return;
    char *items = (char *)(uintptr_t)array->items; /* the arena's, as `keep` has made it */
    for (size_t i = 0; i < array->count && orm__type_points(type); i++)
        if (!orm__array_item_is_null(array, type, i))
            orm__arena_recycle(arena, (char *)(uintptr_t)pointer_at(items + i * size),
                               pointed_size(type, items + i * size) + 1);
    orm__arena_recycle(arena, (bool *)(uintptr_t)array->nulls, array->count * sizeof *array->nulls);
    orm__arena_recycle(arena, items, array->count * size);
}

bool orm__array_identical(const orm__array *a, const orm__array *b, orm_type type)
{
    if (!a->items || !b->items)
        return a->items == b->items;
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        bool null = orm__array_item_is_null(a, type, i);
        if (null != orm__array_item_is_null(b, type, i))
            return false;
        if (!null && !identical_items(type, orm__array_item(a, type, i), orm__array_item(b, type, i)))
            return false;
    }
    return true;
}

static bool identical_items(orm_type type, const char *a, const char *b)
{
    if (!orm__type_points(type))
        return memcmp(a, b, orm__type_size(type)) == 0;
    size_t size = pointed_size(type, a);
    return size == pointed_size(type, b) && memcmp(pointer_at(a), pointer_at(b), size) == 0;
}
