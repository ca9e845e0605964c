/* sql/values.h -- from the inputs of generated structs to rows: what was given, what was left out, what is wrong.
 *
 * A set of columns is a mask: one bit a column, in words of 64 bits.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_VALUES_H
#define ORM_SQL_VALUES_H

#include "base/array.h"
#include "orm/model.h"

static inline size_t orm__mask_words(const orm_model *model)
{
    return (model->column_count + 63) / 64;
}
static inline bool orm__mask_has(const uint64_t *mask, size_t column)
{
    return mask[column / 64] >> column % 64 & 1;
}
static inline void orm__mask_add(uint64_t *mask, size_t column)
{
    mask[column / 64] |= (uint64_t)1 << column % 64;
}
static inline void orm__mask_remove(uint64_t *mask, size_t column)
{
    mask[column / 64] &= ~((uint64_t)1 << column % 64);
}
bool orm__mask_empty(const orm_model *model, const uint64_t *mask);

/* Text in all its forms, bytes and arrays: members that point to memory. */
static inline bool orm__member_points(const orm_column *column)
{
    return column->flags & ORM_ARRAY || orm__type_points(column->type);
}
/* Whether some value of the column's type says that there is none: all but numbers. */
static inline bool orm__member_may_lack(const orm_column *column)
{
    return orm__member_points(column) || column->type == ORM_TYPE_ENUM || column->type == ORM_TYPE_UUID;
}
/* Whether a member of such a type, which is required, has that value. */
bool orm__member_is_missing(const orm_column *column, const void *row);
/* A uuid key that nobody gives is made here, unless the database makes it. */
static inline bool orm__member_makes_key(const orm_column *column)
{
    return column->type == ORM_TYPE_UUID && (column->flags & ORM_PRIMARY_KEY) &&
           !(column->flags & (ORM_FOREIGN_KEY | ORM_SERVER_DEFAULT | ORM_DEFAULT_VALUE | ORM_COMPUTED));
}
/* Size of a member's value, without the `has` of an opt. */
size_t orm__member_size(const orm_column *column);
/* A C value of that size; of the usual sizes without a call. */
static inline void orm__value_copy(char *to, const char *from, size_t size)
{
    if (size == 8)
        memcpy(to, from, 8);
    else if (size == 4)
        memcpy(to, from, 4);
    else if (size == 1)
        *to = *from;
    else
        memcpy(to, from, size);
}

/* Copies what a `_values` struct gives into `row` (zeroed before; text is borrowed) and adds it to `given`. An input
 * that was written without ORM_VALUE is ORM_MISUSE. A required member that is missing (NULL text or array, enum 0,
 * zero uuid) is not added. */
orm_status orm__values_read(const orm_model *model, const void *values, void *row, uint64_t *given, orm_error *error);
/* Core's way with relations: the pointer of an owning relation gives the row it refers to, whose key is copied; a
 * key that was given too must agree (ORM_MISUSE). */
orm_status orm__values_take_keys(const orm_model *model, const void *values, void *row, uint64_t *given,
                                 orm_error *error);
/* The clock as a value of the column's type. */
orm_value orm__value_now(const orm_column *column, orm_timestamptz now);
/* The pointer that a `_values` struct holds for an owning relation, or NULL. */
const void *orm__values_target(const orm_relation *relation, const void *values);
/* Whether column `index` of a relation's key in `row` is equal to the key of the row it refers to. */
bool orm__key_agrees(const orm_relation *relation, size_t index, const void *row, const void *target);
/* Fills in the defaults of columns that were not given, a new uuid for a key of that type, and adds them. `now` NULL
 * leaves those alone whose default is the clock. */
void orm__values_default(const orm_model *model, void *row, uint64_t *given, const orm_timestamptz *now);
/* Replaces what a member, or a value of the column, points to by a copy in the arena; false when memory is gone. A
 * decimal that fits decimal(precision, scale) gets the digits after the point that the column has, as PostgreSQL
 * would answer. */
bool orm__value_keep(const orm_column *column, orm_value *value, orm__arena *arena);
bool orm__pointer_keep(const orm_column *column, void *row, orm__arena *arena); /* of a member that points */
static inline bool orm__member_keep(const orm_column *column, void *row, orm__arena *arena)
{
    return !orm__member_points(column) || orm__pointer_keep(column, row, arena);
}
/* Hands the memory that a member points to back to the arena. */
void orm__member_recycle(const orm_column *column, const void *row, orm__arena *arena);
/* Whether a member that points to memory points to the same in two rows. */
bool orm__member_same(const orm_column *column, const void *a, const void *b);
/* Whether a member is equal in two rows: NULL equals NULL; floats by their bits, decimals by their text, in arrays
 * too. */
bool orm__member_equal(const orm_column *column, const void *a, const void *b);

/* Writes a value of the column's type, or NULL, into its member; text is borrowed. */
void orm__member_set(const orm_column *column, void *row, orm_value value);
/* The largest integer that a column of a generated key holds. */
int64_t orm__highest_key(const orm_column *key);
void orm__member_set_null(const orm_column *column, void *row);
bool orm__member_is_null(const orm_column *column, const void *row);

/* A value as messages show it: 5, 'ada', 2024-02-29, {1, NULL}; cut to `size`. */
void orm__value_text(orm_value value, char *buffer, size_t size);

#endif
