/* sql/condition.h -- conditions as SQL: scopes of nested rows, columns and values as the sides of a comparison.
 *
 * What builder.c, ordering.c and condition.c share; others take builder.h.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_CONDITION_H
#define ORM_SQL_CONDITION_H

#include "sql/builder.h"

/* A row that a condition is about, called t<table>, inside those around it. */
typedef struct orm__scope {
    const orm_model *model;
    size_t table;
    const struct orm__scope *outer; /* NULL: the query's own */
    bool joined;                    /* a row beside the query's own */
} orm__scope;

/* The query's own row, of whatever model: for columns that nobody need look for. */
extern const orm__scope orm__scope_outermost;

/* A scope for a row of `model` inside `outer`, under a new name. */
orm__scope orm__scope_inside(orm__sql *sql, const orm__scope *outer, const orm_model *model);
/* The row that a column given by a user is of, and the column without its mark of orm_outer. NULL: it is of none,
 * which is told. */
const orm__scope *orm__scope_of(orm__sql *sql, const orm__scope *scope, const orm_column **column);

void orm__sql_condition_in(orm__sql *sql, const orm__scope *scope, const orm_expr *condition);
/* " FROM target AS t2 WHERE t2."id" = t1."author_id"": the rows at the other end of a relation of the scope's model. */
void orm__sql_related(orm__sql *sql, const orm__scope *outer, const orm__scope *inner, const orm_relation *relation);
/* A column of the scope's row as one side of a comparison, or to order by; `ordered` where more than equality
 * counts. */
void orm__sql_operand(orm__sql *sql, const orm__scope *scope, const orm_column *column, bool ordered);
/* The other side: a value to compare the column with. Integers are compared as 64 bits, so that none is out of
 * range. */
void orm__sql_operand_value(orm__sql *sql, const orm_column *column, orm_value value, bool ordered);
/* A column of the scope's row, or an aggregate, as it is. */
void orm__sql_column_of(orm__sql *sql, const orm__scope *scope, const orm_column *column);
/* Whether its values can be compared, and, `ordered`, put in order; tells when not. */
bool orm__sql_comparable(orm__sql *sql, const orm_column *column, bool ordered);
bool orm__sql_orderable(orm__sql *sql, const orm_column *column);
/* " WHEN 1 THEN 'sad' ... END": from the position of an enum's value to its label. */
void orm__sql_enum_labels(orm__sql *sql, const orm_enum *enumeration);
/* `"authors" AS t2 ON t2."id" = t0."author_id"`: the row that a single relation of `outer` leads to. */
void orm__sql_joined(orm__sql *sql, const orm__scope *outer, const orm__scope *inner, const orm_relation *relation);
void orm__sql_in_lists_of(orm__sql *sql, const orm__scope *scope, const orm_column *const *columns, size_t count,
                          const orm_value *lists);

#endif
