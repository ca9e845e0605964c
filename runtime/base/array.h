/* base/array.h -- arrays as columns hold them: copying, handing back and comparing what they point to.
 *
 * Every orm_<type>_array, and every package's own array of an enum, has the layout of orm__array. A copy has a block
 * for its items, one for its nulls and one for each text, so that all of them can be recycled by their sizes.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_ARRAY_H
#define ORM_BASE_ARRAY_H

#include "base/arena.h"
#include "orm/types.h"

typedef struct orm__array {
    const void *items; /* C values one after another; NULL: no array at all */
    const bool *nulls; /* NULL: no item is */
    size_t count;
} orm__array;

/* The size of the C value of a type; text in all its forms, and bytes, which begin with a pointer and say NULL by
 * it. */
static inline size_t orm__type_size(orm_type type);
static inline bool orm__type_points(orm_type type);

static inline const void *orm__array_item(const orm__array *array, orm_type type, size_t index)
{
    return (const char *)array->items + index * orm__type_size(type);
}
static inline orm__array orm__array_of_value(const orm_value *value)
{
    return (orm__array){value->as.array.items, value->as.array.nulls, value->as.array.count};
}
/* Whether an item is NULL: by its flag, or by its pointer. */
bool orm__array_item_is_null(const orm__array *array, orm_type type, size_t index);

/* Replaces an array by a copy in the arena, with nulls only where there are any, and items that are NULL zeroed.
 * False when memory is gone; then the array is as it was. */
bool orm__array_keep(orm__array *array, orm_type type, orm__arena *arena);
/* The same with the array or list that a value holds. */
bool orm__array_keep_value(orm_value *value, orm__arena *arena);
/* Hands a copy back to the arena it is in. */
void orm__array_recycle(const orm__array *array, orm_type type, orm__arena *arena);
/* Whether both hold the same to the last digit: 1.0 is not 1.00 here, nor 0.0 -0.0. No array at all equals only
 * itself. */
bool orm__array_identical(const orm__array *a, const orm__array *b, orm_type type);

extern const uint8_t orm__type_sizes[ORM_TYPE_ENUM + 1];
static inline size_t orm__type_size(orm_type type)
{
    return (size_t)type <= ORM_TYPE_ENUM ? orm__type_sizes[type] : 0;
}

static inline bool orm__type_points(orm_type type)
{
    static const uint32_t pointing = 1u << ORM_TYPE_TEXT | 1u << ORM_TYPE_BYTES | 1u << ORM_TYPE_DECIMAL |
                                     1u << ORM_TYPE_JSON | 1u << ORM_TYPE_JSONB | 1u << ORM_TYPE_INET |
                                     1u << ORM_TYPE_OTHER;
    return (size_t)type <= ORM_TYPE_ENUM && (pointing >> type & 1);
}
_Static_assert(ORM_TYPE_ENUM < 32, "a bit for each type");

#endif
