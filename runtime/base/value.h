/* base/value.h -- orm_value: taking it from structs and lists, comparing and hashing it.
 *
 * The constructors orm_of_<type> are declared in orm/types.h and stand in value.c too. Text, bytes and lists in a
 * value are borrowed from wherever it was taken.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_VALUE_H
#define ORM_BASE_VALUE_H

#include "orm/model.h"

orm_value orm__value_null(orm_type type);

/* What the member of a row struct holds: NULL when its `has` says so, or its pointer is NULL; ORM_FORM_ARRAY of an
 * array. */
orm_value orm__value_of_member(const orm_column *column, const void *row);
void orm__values_of_members(const orm_column *const *columns, size_t count, const void *row, orm_value *values);
/* How many values an ORM_FORM_LIST or ORM_FORM_ROWS value has; 0 for other forms. One of them, or an item of an
 * array. */
size_t orm__value_count(const orm_value *list);
orm_value orm__value_of_item(const orm_value *list, size_t index);

/* Two values of one type. As keys are: NULL equals NULL and nothing else, NaN equals NaN, 0.0 equals -0.0, decimals
 * are equal as numbers (1.0 and 1.00), json, inet and other by their text, intervals by their parts, arrays item by
 * item. */
bool orm__value_equal(orm_value a, orm_value b);
/* Equal values have equal hashes; all 64 bits are mixed. The same in every run of the program. */
uint64_t orm__value_hash(orm_value value);

/* orm_outer adds one to the address of a descriptor for each row that it passes over. */
enum { ORM__OUTER_MAX = 7 };
static inline unsigned orm__column_outer(const orm_column *column)
{
    return (unsigned)((uintptr_t)column & ORM__OUTER_MAX);
}
/* Aggregates add their number above that. */
enum { ORM__COLUMN_ALIGNMENT = 64, ORM__FOLD_STEP = ORM__OUTER_MAX + 1 };
static inline unsigned orm__column_fold(const orm_column *column)
{
    return (unsigned)((uintptr_t)column % ORM__COLUMN_ALIGNMENT / ORM__FOLD_STEP);
}
/* The descriptor itself. */
static inline const orm_column *orm__column_plain(const orm_column *column)
{
    return (const orm_column *)(const void *)((const char *)column - (uintptr_t)column % ORM__COLUMN_ALIGNMENT);
}

#endif
