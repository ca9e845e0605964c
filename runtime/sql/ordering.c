/* sql/ordering.c -- the order of rows, and what comes behind a row in it.
 * SPDX-License-Identifier: MIT */
#include "base/value.h"
#include "sql/condition.h"
#include "sql/expression.h"

static bool write_one(orm__sql *sql, const orm__scope *scope, const orm_order *order, size_t depth);
static bool nulls_first(const orm_order *order);
static bool ends_ties(const orm_model *model, const orm_order *order, size_t count);
static bool has_all(const orm_order *order, size_t count, const orm_column *const *columns, size_t column_count);
static bool own_columns(orm__sql *sql, const orm_model *model, const orm_order *order, size_t count);
static void write_equal(orm__sql *sql, const orm_order *order, orm_value value);
static void write_behind(orm__sql *sql, const orm_order *order, orm_value value);

static size_t count_orders(const orm_order *order, size_t most)
{
    size_t count = 0;
    while (order && count < most && (order[count].column || order[count].via[0]))
        count++;
    return count;
}

void orm__sql_order_by(orm__sql *sql, const orm_model *model, const orm_order *order, size_t count)
{
    const orm__scope scope = {.model = model};
    count = count_orders(order, count);
    for (size_t i = 0; i < count; i++) {
        orm__sql_text(sql, i == 0 ? " ORDER BY " : ", ");
        if (!write_one(sql, &scope, &order[i], 0))
            return;
        bool nullable = (orm__column_plain(order[i].column)->flags & ORM_NULLABLE) || order[i].via[0];
        orm__sql_text(sql, order[i].descending ? " DESC" : "");
        if (nullable && (order[i].nulls || sql->connection->dialect == ORM_SQLITE)) /* whose default is another */
            orm__sql_text(sql, nulls_first(&order[i]) ? " NULLS FIRST" : " NULLS LAST");
    }
}

/* A column of a related row is a query of its own: (SELECT t1."name" FROM "authors" AS t1 WHERE t1."id" =
 * t0."author_id"). */
static bool write_one(orm__sql *sql, const orm__scope *scope, const orm_order *order, size_t depth)
{
    const orm_relation *relation = depth < ORM_VIA_MAX ? order->via[depth] : NULL;
    const orm_column *column = order->column;
    if (!relation) {
        const orm__scope *row = orm__scope_of(sql, scope, &column);
        if (!row || !orm__sql_orderable(sql, column))
            return false;
        orm__sql_operand(sql, row, column, true);
        return true;
    }
    if (!column || relation->model != scope->model) {
        orm__sql_fail(sql, ORM_MISUSE,
                      column ? "an order of '%s' may not go by relation '%s' of '%s'"
                             : "an order of '%s' goes by too many relations ('%s' of '%s')",
                      scope->model->name, relation->name, relation->model->name);
        return false;
    }
    const orm__scope inner = orm__scope_inside(sql, scope, relation->target);
    orm__sql_text(sql, "(SELECT ");
    if (!write_one(sql, &inner, order, depth + 1))
        return false;
    orm__sql_related(sql, scope, &inner, relation);
    orm__sql_text(sql, ")");
    return true;
}

bool orm__sql_orderable(orm__sql *sql, const orm_column *column)
{
    if (column->type == ORM_TYPE_JSON)
        orm__sql_fail(sql, ORM_MISUSE, "column '%s' of '%s' is json, which has no order", column->name,
                      column->model->name);
    else if (column->type == ORM_TYPE_JSONB && sql->connection->dialect == ORM_SQLITE)
        orm__sql_fail(sql, ORM_UNSUPPORTED, "SQLite knows no order of jsonb: column '%s' of '%s'", column->name,
                      column->model->name);
    return !sql->status;
}

static bool nulls_first(const orm_order *order)
{
    return order->nulls ? order->nulls == ORM_NULLS_FIRST : order->descending;
}

/* --- behind a row ------------------------------------------------------------------------------------------------- */

/* (a > 1) OR (a = 1 AND b > 2) OR ...: each column with its own direction and its own place for NULL. */
void orm__sql_after(orm__sql *sql, const orm_model *model, const orm_order *order, size_t count, const void *row,
                    bool said)
{
    count = count_orders(order, count);
    if (!own_columns(sql, model, order, count))
        return;
    if (!ends_ties(model, order, count)) {
        orm__sql_fail(sql, ORM_MISUSE,
                      "find of '%s': .after needs an .order_by in which no two rows are equal: add the primary key",
                      model->name);
        return;
    }
    orm__sql_text(sql, said ? " AND (" : " WHERE (");
    for (size_t i = 0; i < count; i++) {
        orm__sql_text(sql, i == 0 ? "(" : " OR (");
        for (size_t k = 0; k < i; k++) {
            write_equal(sql, &order[k], orm__value_of_member(order[k].column, row));
            orm__sql_text(sql, " AND ");
        }
        write_behind(sql, &order[i], orm__value_of_member(order[i].column, row));
        orm__sql_text(sql, ")");
    }
    orm__sql_text(sql, ")");
}

static bool own_columns(orm__sql *sql, const orm_model *model, const orm_order *order, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (order[i].column && order[i].column == orm__column_plain(order[i].column) &&
            order[i].column->model == model && !order[i].via[0])
            continue;
        orm__sql_fail(sql, ORM_MISUSE, "find of '%s': .after needs an .order_by of own columns alone", model->name);
        return false;
    }
    return true;
}

static bool ends_ties(const orm_model *model, const orm_order *order, size_t count)
{
    if (model->primary_key_count > 0 && has_all(order, count, model->primary_key, model->primary_key_count))
        return true;
    for (size_t i = 0; i < model->unique_count; i++) {
        const orm_unique *unique = &model->uniques[i];
        bool nullable = false;
        for (size_t k = 0; k < unique->column_count; k++)
            nullable |= (unique->columns[k]->flags & ORM_NULLABLE) != 0;
        if (!nullable && has_all(order, count, unique->columns, unique->column_count))
            return true;
    }
    return false;
}

static bool has_all(const orm_order *order, size_t count, const orm_column *const *columns, size_t column_count)
{
    for (size_t i = 0; i < column_count; i++) {
        bool found = false;
        for (size_t k = 0; k < count; k++)
            found |= order[k].column == columns[i];
        if (!found)
            return false;
    }
    return true;
}

static void write_equal(orm__sql *sql, const orm_order *order, orm_value value)
{
    bool null = value.form == ORM_FORM_NULL;
    orm__sql_operand(sql, &orm__scope_outermost, order->column, true);
    orm__sql_text(sql, null ? " IS NULL" : " = ");
    if (!null)
        orm__sql_operand_value(sql, order->column, value, true);
}

static void write_behind(orm__sql *sql, const orm_order *order, orm_value value)
{
    const orm_column *column = order->column;
    bool first = nulls_first(order);
    if (value.form == ORM_FORM_NULL) {
        orm__sql_text(sql, first ? "" : "1 = 0");
        if (first)
            orm__sql_operand(sql, &orm__scope_outermost, column, true);
        orm__sql_text(sql, first ? " IS NOT NULL" : "");
        return;
    }
    bool nulls_behind = (column->flags & ORM_NULLABLE) && !first;
    orm__sql_text(sql, nulls_behind ? "(" : "");
    orm__sql_operand(sql, &orm__scope_outermost, column, true);
    orm__sql_text(sql, order->descending ? " < " : " > ");
    orm__sql_operand_value(sql, column, value, true);
    if (!nulls_behind)
        return;
    orm__sql_text(sql, " OR ");
    orm__sql_operand(sql, &orm__scope_outermost, column, true);
    orm__sql_text(sql, " IS NULL)");
}
