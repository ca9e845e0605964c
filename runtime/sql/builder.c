/* sql/builder.c -- the SQL that statements are made of.
 * SPDX-License-Identifier: MIT */
#include "sql/builder.h"

static void write_group(orm__sql *sql, const orm_model *model, const orm_expr *group);
static void write_comparison(orm__sql *sql, const orm_expr *condition);
static void write_in(orm__sql *sql, const orm_expr *condition);
static void write_between(orm__sql *sql, const orm_expr *condition);
static void write_operand(orm__sql *sql, const orm_column *column, bool ordered);
static void write_collation(orm__sql *sql, const orm_column *column, bool ordered);
static void write_value(orm__sql *sql, const orm_column *column, orm_value value, bool ordered);
static bool belongs(orm__sql *sql, const orm_model *model, const orm_column *column);
static bool given(orm__sql *sql, const orm_column *column, orm_value value);

void orm__sql_column(orm__sql *sql, const orm_column *column)
{
    orm__sql_text(sql, "t0.");
    orm__sql_identifier(sql, column->name);
}

void orm__sql_columns(orm__sql *sql, const orm_model *model)
{
    for (size_t i = 0; i < model->column_count && !sql->recalled; i++) {
        if (i > 0)
            orm__sql_text(sql, ", ");
        orm__sql_column(sql, &model->columns[i]);
        orm__sql_cast_result(sql, &model->columns[i]);
    }
}

void orm__sql_table_name(orm__sql *sql, const orm_model *model)
{
    if (sql->connection->dialect == ORM_POSTGRESQL)
        orm__sql_name(sql, model->schema_name, model->table);
    else
        orm__sql_identifier(sql, model->sqlite_table ? model->sqlite_table : model->table);
}

void orm__sql_table(orm__sql *sql, const orm_model *model)
{
    orm__sql_table_name(sql, model);
    orm__sql_text(sql, " AS t0");
}

bool orm__sql_where(orm__sql *sql, const orm_model *model, const orm_expr *conditions, size_t count)
{
    bool said = false, begun = false;
    for (size_t i = 0; i < count; i++) {
        if (conditions[i].op == ORM_OP_NONE)
            continue;
        said = true;
        if (conditions[i].op == ORM_OP_EVERY_ROW)
            continue;
        orm__sql_text(sql, begun ? " AND " : " WHERE ");
        orm__sql_condition(sql, model, &conditions[i]);
        begun = true;
    }
    return said;
}

void orm__sql_condition(orm__sql *sql, const orm_model *model, const orm_expr *condition)
{
    switch (condition->op) {
    case ORM_OP_AND:
    case ORM_OP_OR:
    case ORM_OP_NOT:
        write_group(sql, model, condition);
        return;
    case ORM_OP_EVERY_ROW:
        orm__sql_text(sql, "1 = 1");
        return;
    default:
        break;
    }
    if (!belongs(sql, model, condition->column))
        return;
    switch (condition->op) {
    case ORM_OP_EQ:
    case ORM_OP_NE:
    case ORM_OP_LT:
    case ORM_OP_LE:
    case ORM_OP_GT:
    case ORM_OP_GE:
    case ORM_OP_LIKE:
        if (condition->value.form != ORM_FORM_COLUMN || belongs(sql, model, condition->value.as.column))
            write_comparison(sql, condition);
        return;
    case ORM_OP_IN:
        write_in(sql, condition);
        return;
    case ORM_OP_BETWEEN:
        write_between(sql, condition);
        return;
    case ORM_OP_IS_NULL:
    case ORM_OP_NOT_NULL:
        orm__sql_column(sql, condition->column);
        orm__sql_text(sql, condition->op == ORM_OP_IS_NULL ? " IS NULL" : " IS NOT NULL");
        return;
    default:
        orm__sql_fail(sql, ORM_MISUSE, "a condition on '%s' has an operator that conditions do not know (%d)",
                      model->name, (int)condition->op);
    }
}

/* Children that say nothing are left out; an AND of none holds, an OR of none does not. */
static void write_group(orm__sql *sql, const orm_model *model, const orm_expr *group)
{
    bool begun = false;
    orm__sql_text(sql, group->op == ORM_OP_NOT ? "NOT (" : "(");
    for (const orm_expr *child = group->children; child->op != ORM_OP_END && !sql->status; child++) {
        if (child->op == ORM_OP_NONE)
            continue;
        if (begun)
            orm__sql_text(sql, group->op == ORM_OP_OR ? " OR " : " AND ");
        orm__sql_condition(sql, model, child);
        begun = true;
    }
    if (!begun)
        orm__sql_text(sql, group->op == ORM_OP_AND ? "1 = 1" : "1 = 0");
    orm__sql_text(sql, ")");
}

static void write_comparison(orm__sql *sql, const orm_expr *condition)
{
    static const char *const operators[] = {
        [ORM_OP_EQ] = " = ", [ORM_OP_NE] = " <> ", [ORM_OP_LT] = " < ",      [ORM_OP_LE] = " <= ",
        [ORM_OP_GT] = " > ", [ORM_OP_GE] = " >= ", [ORM_OP_LIKE] = " LIKE ",
    };
    bool ordered = condition->op >= ORM_OP_LT && condition->op <= ORM_OP_GE;
    write_operand(sql, condition->column, ordered);
    orm__sql_text(sql, operators[condition->op]);
    if (condition->value.form == ORM_FORM_COLUMN)
        write_operand(sql, condition->value.as.column, ordered);
    else
        write_value(sql, condition->column, condition->value, ordered);
    if (condition->op == ORM_OP_LIKE)
        orm__sql_text(sql, " ESCAPE '\\'");
}

static void write_in(orm__sql *sql, const orm_expr *condition)
{
    const orm_column *const columns[] = {condition->column};
    if (condition->value.as.array.count > 0 && !condition->value.as.array.items)
        orm__sql_fail(sql, ORM_MISUSE, "orm_in on column '%s' was given no list", condition->column->name);
    orm__sql_in_lists(sql, columns, 1, &condition->value);
}

static void write_between(orm__sql *sql, const orm_expr *condition)
{
    orm__sql_text(sql, "(");
    write_operand(sql, condition->column, true);
    orm__sql_text(sql, " BETWEEN ");
    write_value(sql, condition->column, condition->value, true);
    orm__sql_text(sql, " AND ");
    write_value(sql, condition->column, condition->upper, true);
    orm__sql_text(sql, ")");
}

/* A column as one side of a comparison. On SQLite decimals and intervals compare by what they are worth and, where order matters,
 * enums by position and addresses as networks; arrays, which are text there, have no order. */
static void write_operand(orm__sql *sql, const orm_column *column, bool ordered)
{
    bool sqlite = sql->connection->dialect == ORM_SQLITE, array = column->flags & ORM_ARRAY;
    if (!sqlite || !ordered || array || column->type != ORM_TYPE_ENUM) {
        orm__sql_column(sql, column);
        if (sqlite && !array)
            write_collation(sql, column, ordered);
        else if (sqlite && ordered)
            orm__sql_fail(sql, ORM_UNSUPPORTED, "SQLite knows no order of arrays: column '%s' of '%s'", column->name,
                          column->model->name);
        return;
    }
    orm__sql_text(sql, "CASE ");
    orm__sql_column(sql, column);
    for (size_t i = 0; i < column->enumeration->count; i++) {
        orm__sql_text(sql, " WHEN ");
        orm__sql_literal(sql, column->enumeration->values[i]);
        orm__sql_text(sql, " THEN ");
        orm__sql_number(sql, i + 1);
    }
    orm__sql_text(sql, " END");
}

static void write_collation(orm__sql *sql, const orm_column *column, bool ordered)
{
    if (column->type == ORM_TYPE_DECIMAL)
        orm__sql_text(sql, " COLLATE ORM_DECIMAL");
    else if (column->type == ORM_TYPE_INTERVAL)
        orm__sql_text(sql, " COLLATE ORM_INTERVAL");
    else if (column->type == ORM_TYPE_INET && ordered)
        orm__sql_text(sql, " COLLATE ORM_INET");
}

/* Integers are compared as 64 bits, so that no value is out of a column's range. */
static void write_value(orm__sql *sql, const orm_column *column, orm_value value, bool ordered)
{
    if (!given(sql, column, value))
        return;
    bool sqlite = sql->connection->dialect == ORM_SQLITE;
    bool array = column->flags & ORM_ARRAY;
    if (!array && (column->type == ORM_TYPE_INT16 || column->type == ORM_TYPE_INT32)) {
        orm__sql_integer(sql, value.as.integer);
        orm__sql_text(sql, sqlite ? "" : "::int8");
    } else if (!array && sqlite && ordered && column->type == ORM_TYPE_ENUM) {
        orm__sql_integer(sql, value.as.integer);
    } else {
        orm__sql_parameter(sql, column, value);
    }
}

static bool belongs(orm__sql *sql, const orm_model *model, const orm_column *column)
{
    if (column && column->model == model)
        return true;
    if (column)
        orm__sql_fail(sql, ORM_MISUSE, "a query on '%s' may not use column '%s' of '%s'", model->name, column->name,
                      column->model->name);
    else
        orm__sql_fail(sql, ORM_MISUSE, "a query on '%s' has a condition without a column", model->name);
    return false;
}

static bool given(orm__sql *sql, const orm_column *column, orm_value value)
{
    if (value.form == ORM_FORM_NULL) {
        orm__sql_fail(sql, ORM_MISUSE, "column '%s' is compared with NULL, which holds for no row: use orm_is_null",
                      column->name);
        return false;
    }
    if (value.form == ORM_FORM_ONE && column->type == ORM_TYPE_ENUM &&
        (value.as.integer < 1 || (uint64_t)value.as.integer > column->enumeration->count)) {
        orm__sql_fail(sql, ORM_MISUSE, "column '%s' is compared with %lld, which is no value of enum '%s'",
                      column->name, (long long)value.as.integer, column->enumeration->name);
        return false;
    }
    return true;
}

void orm__sql_order_by(orm__sql *sql, const orm_model *model, const orm_order *order, size_t count)
{
    for (size_t i = 0; i < count && order[i].column; i++) {
        if (!belongs(sql, model, order[i].column))
            return;
        orm__sql_text(sql, i == 0 ? " ORDER BY " : ", ");
        write_operand(sql, order[i].column, true);
        orm__sql_text(sql, order[i].descending ? " DESC" : "");
        if (sql->connection->dialect == ORM_SQLITE && (order[i].column->flags & ORM_NULLABLE)) /* as PostgreSQL does */
            orm__sql_text(sql, order[i].descending ? " NULLS FIRST" : " NULLS LAST");
    }
}

void orm__sql_limit(orm__sql *sql, size_t limit, size_t offset)
{
    if (limit) {
        orm__sql_text(sql, " LIMIT ");
        orm__sql_integer(sql, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
    } else if (offset && sql->connection->dialect == ORM_SQLITE) {
        orm__sql_text(sql, " LIMIT -1"); /* SQLite has no OFFSET without LIMIT */
    }
    if (offset) {
        orm__sql_text(sql, " OFFSET ");
        orm__sql_integer(sql, offset > INT64_MAX ? INT64_MAX : (int64_t)offset);
    }
}

void orm__sql_lock(orm__sql *sql, orm_lock lock)
{
    static const char *const clauses[] = {
        [ORM_NO_LOCK] = "",
        [ORM_FOR_UPDATE] = " FOR UPDATE",
        [ORM_FOR_UPDATE_NOWAIT] = " FOR UPDATE NOWAIT",
        [ORM_FOR_UPDATE_SKIP_LOCKED] = " FOR UPDATE SKIP LOCKED",
        [ORM_FOR_SHARE] = " FOR SHARE",
    };
    if (sql->connection->dialect == ORM_SQLITE && lock == ORM_FOR_UPDATE_SKIP_LOCKED)
        orm__sql_fail(sql, ORM_UNSUPPORTED, "SQLite has no row locks to skip (ORM_FOR_UPDATE_SKIP_LOCKED)");
    else if ((size_t)lock >= sizeof clauses / sizeof *clauses)
        orm__sql_fail(sql, ORM_MISUSE, "unknown lock %d", (int)lock);
    else if (sql->connection->dialect == ORM_POSTGRESQL)
        orm__sql_text(sql, clauses[lock]);
}

void orm__sql_select_from(orm__sql *sql, const orm_model *model)
{
    orm__sql_text(sql, "SELECT ");
    orm__sql_columns(sql, model);
    orm__sql_text(sql, " FROM ");
    orm__sql_table(sql, model);
}

void orm__sql_select(orm__sql *sql, const orm_model *model, const orm_query *query)
{
    orm__sql_select_from(sql, model);
    if (query->where)
        orm__sql_where(sql, model, query->where, ORM_WHERE_MAX);
    if (query->order_by)
        orm__sql_order_by(sql, model, query->order_by, ORM_ORDER_BY_MAX);
    orm__sql_limit(sql, query->limit, query->offset);
    orm__sql_lock(sql, query->lock);
}

void orm__sql_where_key(orm__sql *sql, const orm_column *const *columns, size_t count, const orm_value *key)
{
    for (size_t i = 0; i < count; i++) {
        orm__sql_text(sql, i == 0 ? " WHERE " : " AND ");
        write_operand(sql, columns[i], false);
        orm__sql_text(sql, " = ");
        write_value(sql, columns[i], key[i], false);
    }
}

void orm__sql_in_lists(orm__sql *sql, const orm_column *const *columns, size_t count, const orm_value *lists)
{
    bool sqlite = sql->connection->dialect == ORM_SQLITE;
    if (count == 1 && !sqlite && !(columns[0]->flags & ORM_ARRAY)) {
        write_operand(sql, columns[0], false);
        orm__sql_text(sql, " = ANY (");
        orm__sql_list(sql, columns[0], lists[0]);
        if (orm__sql_travels_as_text(columns[0])) {
            orm__sql_cast(sql, columns[0]);
            orm__sql_text(sql, "[]");
        }
        orm__sql_text(sql, ")");
        return;
    }
    orm__sql_text(sql, count == 1 ? "" : "(");
    for (size_t i = 0; i < count; i++) {
        orm__sql_text(sql, i == 0 ? "" : ", ");
        write_operand(sql, columns[i], false);
    }
    orm__sql_text(sql, count == 1 ? " IN (SELECT " : ") IN (SELECT ");
    for (size_t i = 0; i < count; i++) {
        orm__sql_text(sql, i == 0 ? "" : ", ");
        orm__sql_list_item(sql, i, columns[i]);
    }
    orm__sql_text(sql, " FROM ");
    orm__sql_from_lists(sql, columns, count, lists, false);
    orm__sql_text(sql, ")");
}

void orm__sql_from_lists(orm__sql *sql, const orm_column *const *columns, size_t count, const orm_value *lists,
                         bool ordinality)
{
    bool sqlite = sql->connection->dialect == ORM_SQLITE;
    orm__sql_text(sql, sqlite ? "orm_rows(" : "unnest(");
    for (size_t i = 0; i < count; i++) {
        orm__sql_text(sql, i == 0 ? "" : ", ");
        orm__sql_list(sql, columns[i], lists[i]);
    }
    if (sqlite) {
        orm__sql_text(sql, ") AS u");
        return;
    }
    orm__sql_text(sql, ordinality ? ") WITH ORDINALITY AS u(" : ") AS u(");
    for (size_t i = 0; i < count; i++) {
        orm__sql_text(sql, i == 0 ? "c" : ", c");
        orm__sql_number(sql, i);
    }
    orm__sql_text(sql, ordinality ? ", ord)" : ")");
}

void orm__sql_list_item(orm__sql *sql, size_t index, const orm_column *column)
{
    orm__sql_text(sql, "u.c");
    orm__sql_number(sql, index);
    orm__sql_cast_item(sql, column);
}
