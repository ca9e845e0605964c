/* sql/validate.h -- holding rows to the rules of their columns.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_VALIDATE_H
#define ORM_SQL_VALIDATE_H

#include "orm/model.h"
#include "orm/validation.h"

/* Patterns compiled once and kept. A zeroed one is ready; release it. */
typedef struct orm__patterns {
    struct orm__pattern *items;
    size_t count;
} orm__patterns;
void orm__patterns_release(orm__patterns *patterns);

/* Adds what is wrong with the columns of `mask` in `row`; foreign keys follow the rules of what they refer to. False
 * when memory is gone. */
bool orm__validate_columns(const orm_model *model, const void *row, const uint64_t *mask, orm__patterns *patterns,
                           orm_problems *problems);
/* Whether values of the column have rules at all, and one column's part in the above: what its value must be, given
 * or NULL. */
static inline bool orm__validate_needs(const orm_column *column)
{
    static const uint32_t typed = 1u << ORM_TYPE_ENUM | 1u << ORM_TYPE_DECIMAL | 1u << ORM_TYPE_INET;
    return (column->limits || (typed >> column->type & 1)) && !(column->flags & ORM_FOREIGN_KEY);
}
bool orm__validate_column(const orm_column *column, const void *row, orm__patterns *patterns, orm_problems *problems);
/* Whether it is wrong to leave the column out, where it has no default. */
static inline bool orm__validate_is_missed(const orm_column *column)
{
    return !(column->flags & (ORM_NULLABLE | ORM_GENERATED | ORM_DEFAULT_NOW | ORM_SERVER_DEFAULT | ORM_COMPUTED));
}
/* Adds the columns that need a value and are not in `given`. */
void orm__validate_required(const orm_model *model, const uint64_t *given, orm_problems *problems);
/* ORM_INVALID with all problems in its message, behind the name of the entity; ORM_OK when there are none. */
orm_status orm__validate_tell(const orm_model *model, const char *name, const orm_problems *problems, orm_error *error);

#endif
