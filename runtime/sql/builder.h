/* sql/builder.h -- from a descriptor, a verb and expressions to SQL text with parameters.
 *
 * Knows both dialects; runs nothing. The table of the model is always called t0, those of related models t1, t2, ...
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_BUILDER_H
#define ORM_SQL_BUILDER_H

#include "orm/generated.h"
#include "sql/statement.h"

/* t0."title" */
void orm__sql_column(orm__sql *sql, const orm_column *column);
/* t0."id", t0."title", t0."area"::text, ... for every column of the model, in order, as drivers read them. */
void orm__sql_columns(orm__sql *sql, const orm_model *model);
/* ` RETURNING "id", "title", ...`: the same of a statement that writes. */
void orm__sql_returning(orm__sql *sql, const orm_model *model);
/* "post", "schema"."post" */
void orm__sql_table_name(orm__sql *sql, const orm_model *model);
/* "post" AS t0 */
void orm__sql_table(orm__sql *sql, const orm_model *model);

/* ` WHERE a AND b` of up to `count` conditions, nothing when there is none. A column of another model than `model` is
 * ORM_MISUSE. Returns whether anything was said, ORM_EVERY_ROW included. */
bool orm__sql_where(orm__sql *sql, const orm_model *model, const orm_expr *conditions, size_t count);
/* One condition, in parentheses where it needs them. */
void orm__sql_condition(orm__sql *sql, const orm_model *model, const orm_expr *condition);

/* ` ORDER BY ...`; `count` slots, ended early by one without a column. */
void orm__sql_order_by(orm__sql *sql, const orm_model *model, const orm_order *order, size_t count);
/* ` AND ...`, or ` WHERE ...` when nothing was said before: the rows that come behind `row`, a struct of the model,
 * in that order. ORM_MISUSE unless the order is by own columns and ends each tie: it has all columns of a unique
 * key. */
void orm__sql_after(orm__sql *sql, const orm_model *model, const orm_order *order, size_t count, const void *row,
                    bool said);
/* ` LIMIT $n OFFSET $n`, each when not 0. */
void orm__sql_limit(orm__sql *sql, size_t limit, size_t offset);
/* ` FOR UPDATE` and its like on PostgreSQL. */
void orm__sql_lock(orm__sql *sql, orm_lock lock);

/* ` WHERE ...` of a query: its conditions, and what `after` asks. */
void orm__sql_conditions(orm__sql *sql, const orm_model *model, const orm_query *query);
/* SELECT columns FROM table WHERE ... ORDER BY ... LIMIT ... of a query. */
void orm__sql_select(orm__sql *sql, const orm_model *model, const orm_query *query);
/* The beginning of it: SELECT columns FROM table. */
void orm__sql_select_from(orm__sql *sql, const orm_model *model);

/* SELECT columns FROM table WHERE key = $1 AND ..., to be said right after init. On a shared connection those that
 * are started in one turn may go as one statement. */
void orm__sql_get_by_key(orm__sql *sql, const orm_model *model, const orm_value *key);
/* ` WHERE key = $1 AND ...`: one value for each column. */
void orm__sql_where_key(orm__sql *sql, const orm_column *const *columns, size_t count, const orm_value *key);
/* `t0."a" = ANY($1)` or `(t0."a", t0."b") IN (...)`: one list for each column. */
void orm__sql_in_lists(orm__sql *sql, const orm_column *const *columns, size_t count, const orm_value *lists);
/* `unnest($1::bigint[], $2::text[]) AS u(c0, c1)` or `orm_rows(?1, ?2) AS u`: lists as a table; values that are no
 * lists are passed over. With `ordinality` a last column `ord` counts from 1. */
void orm__sql_from_lists(orm__sql *sql, const orm_column *const *columns, size_t count, const orm_value *lists,
                         bool ordinality);
/* u.c0 with the cast that its column needs. */
void orm__sql_list_item(orm__sql *sql, size_t index, const orm_column *column);

#endif
