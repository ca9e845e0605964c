/* sql/expression.h -- copying conditions; handles of enclosing rows.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_EXPRESSION_H
#define ORM_SQL_EXPRESSION_H

#include "base/arena.h"
#include "orm/expression.h"

/* orm_outer adds one to the address of a descriptor for each row that it passes over. */
enum { ORM__OUTER_MAX = 7 };
static inline unsigned orm__column_outer(const orm_column *column)
{
    return (unsigned)((uintptr_t)column & ORM__OUTER_MAX);
}
/* The descriptor itself. */
static inline const orm_column *orm__column_plain(const orm_column *column)
{
    return (const orm_column *)(const void *)((const char *)column - orm__column_outer(column));
}

/* Replaces all that the condition borrows by copies in the arena; false when memory is gone. */
bool orm__expression_keep(orm__arena *arena, orm_expr *expression);

#endif
