/* sql/expression.h -- copying conditions; handles of enclosing rows.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_EXPRESSION_H
#define ORM_SQL_EXPRESSION_H

#include "base/value.h"
#include "base/arena.h"
#include "orm/expression.h"

/* Replaces all that the condition borrows by copies in the arena; false when memory is gone. */
bool orm__expression_keep(orm__arena *arena, orm_expr *expression);

#endif
