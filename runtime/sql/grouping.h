/* sql/grouping.h -- groups of rows as SQL: which columns make them, and aggregates as columns of their own.
 *
 * What grouping.c and condition.c share. An aggregate in a condition or order becomes a column of orm__folded, which is
 * written as the call that it is and otherwise is like any other of its type.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_GROUPING_H
#define ORM_SQL_GROUPING_H

#include "orm/aggregate.h"
#include "sql/condition.h"

typedef struct orm__folded {
    orm_column column;    /* the first: of orm__folded_model */
    const orm_column *of; /* NULL: rows */
    const orm__scope *row;
    orm_fold fold;
} orm__folded;
extern const orm_model orm__folded_model;

/* A query of groups while its SQL is put together. */
typedef struct orm__groups {
    const orm__scope *own; /* the query's row, with those joined around it */
    const orm_grouping *grouping;
    orm__arena *arena;
    bool grouped; /* what is written now is about groups, no longer about rows */
} orm__groups;

/* As orm__scope_of, of an aggregate: `*column` becomes its orm__folded. */
const orm__scope *orm__folded_scope(orm__sql *sql, const orm__scope *scope, const orm_column **column);
/* Whether a column found in `row` may stand where the query is now; tells when not. */
bool orm__groups_allow(orm__sql *sql, const orm__scope *row, const orm_column *column);
/* The call of an aggregate. */
void orm__sql_folded(orm__sql *sql, const orm_column *column);

#endif
