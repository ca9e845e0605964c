/* sql/condition.c -- conditions as SQL, by condition.h.
 * SPDX-License-Identifier: MIT */
#include "sql/condition.h"

#include "sql/expression.h"
#include "sql/grouping.h"

static void write_group(orm__sql *sql, const orm__scope *scope, const orm_expr *group);
static void write_related(orm__sql *sql, const orm__scope *scope, const orm_expr *condition);
static bool relation_fits(orm__sql *sql, const orm__scope *scope, const orm_expr *condition);
static void write_between_columns(orm__sql *sql, const orm__scope *inner, const orm_column *column,
                                  const orm__scope *outer, const orm_column *other, bool more);
static void write_on_column(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition,
                            const orm__scope *scope);
static void write_comparison(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition,
                             const orm__scope *scope);
static void write_like(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition);
static void write_in(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition);
static void write_between(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition);
static void write_array(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition);
static void write_json(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition);
static void write_json_path(orm__sql *sql, const char *path, bool as_text);
static void write_enum_position(orm__sql *sql, const orm__scope *row, const orm_column *column);
static void write_column(orm__sql *sql, const orm__scope *scope, const orm_column *column);
static void write_collation(orm__sql *sql, const orm_column *column, bool ordered);
static void write_table(orm__sql *sql, const orm__scope *scope);
static bool given(orm__sql *sql, const orm_column *column, orm_value value);

static const char *const operators[] = {
    [ORM_OP_EQ] = " = ",
    [ORM_OP_NE] = " <> ",
    [ORM_OP_LT] = " < ",
    [ORM_OP_LE] = " <= ",
    [ORM_OP_GT] = " > ",
    [ORM_OP_GE] = " >= ",
    [ORM_OP_ARRAY_CONTAINS] = " @> ",
    [ORM_OP_LIKE] = " LIKE ",
    [ORM_OP_ARRAY_OVERLAPS] = " && ",
};

const orm__scope orm__scope_outermost = {.model = NULL, .table = 0};

orm__scope orm__scope_inside(orm__sql *sql, const orm__scope *outer, const orm_model *model)
{
    return (orm__scope){.model = model, .table = ++sql->tables, .outer = outer};
}

const orm__scope *orm__scope_of(orm__sql *sql, const orm__scope *scope, const orm_column **column)
{
    const orm__scope *found = scope, *innermost = scope;
    const orm_model *model = scope->model;
    if (!*column) {
        orm__sql_fail(sql, ORM_MISUSE, "a query on '%s' has a condition without a column", model->name);
        return NULL;
    }
    if (orm__column_fold(*column))
        return orm__folded_scope(sql, scope, column);
    for (unsigned passed = orm__column_outer(*column); passed > 0 && found; passed--)
        found = found->outer;
    *column = orm__column_plain(*column);
    while (found && found->model != (*column)->model)
        found = found->outer;
    if (found)
        return !sql->groups || orm__groups_allow(sql, found, *column) ? found : NULL;
    while (innermost->outer && !innermost->outer->joined)
        innermost = innermost->outer;
    orm__sql_fail(sql, ORM_MISUSE, "a query on '%s' may not use column '%s' of '%s' here", innermost->model->name,
                  (*column)->name, (*column)->model->name);
    return NULL;
}

void orm__sql_column(orm__sql *sql, const orm_column *column)
{
    write_column(sql, &orm__scope_outermost, column);
}

void orm__sql_condition(orm__sql *sql, const orm_model *model, const orm_expr *condition)
{
    const orm__scope scope = {.model = model};
    sql->filters = true;
    orm__sql_condition_in(sql, &scope, condition);
}

void orm__sql_condition_in(orm__sql *sql, const orm__scope *scope, const orm_expr *condition)
{
    if (sql->status)
        return;
    switch (condition->op) {
    case ORM_OP_AND:
    case ORM_OP_OR:
    case ORM_OP_NOT:
        write_group(sql, scope, condition);
        return;
    case ORM_OP_HAS:
    case ORM_OP_ANY:
    case ORM_OP_ALL:
    case ORM_OP_NO_ROW:
        write_related(sql, scope, condition);
        return;
    case ORM_OP_EVERY_ROW:
        orm__sql_text(sql, "1 = 1");
        return;
    default:
        break;
    }
    const orm_column *column = condition->column;
    const orm__scope *row = orm__scope_of(sql, scope, &column);
    if (row)
        write_on_column(sql, row, column, condition, scope);
}

/* Children that say nothing are left out; an AND of none holds, an OR of none does not. */
static void write_group(orm__sql *sql, const orm__scope *scope, const orm_expr *group)
{
    bool begun = false;
    orm__sql_text(sql, group->op == ORM_OP_NOT ? "NOT (" : "(");
    for (const orm_expr *child = group->children; child->op != ORM_OP_END && !sql->status; child++) {
        if (child->op == ORM_OP_NONE)
            continue;
        if (begun)
            orm__sql_text(sql, group->op == ORM_OP_OR ? " OR " : " AND ");
        orm__sql_condition_in(sql, scope, child);
        begun = true;
    }
    if (!begun)
        orm__sql_text(sql, group->op == ORM_OP_AND ? "1 = 1" : "1 = 0");
    orm__sql_text(sql, ")");
}

/* --- related rows ------------------------------------------------------------------------------------------------- */

/* EXISTS (SELECT 1 FROM target AS t1 WHERE t1.key = t0.key AND ...). For all: there is none for which it is not
 * true. */
static void write_related(orm__sql *sql, const orm__scope *scope, const orm_expr *condition)
{
    if (!relation_fits(sql, scope, condition))
        return;
    const orm__scope inner = orm__scope_inside(sql, scope, condition->relation->target);
    const orm_expr all = {.op = ORM_OP_AND, .children = condition->children};
    orm__sql_text(sql, condition->op == ORM_OP_HAS || condition->op == ORM_OP_ANY ? "EXISTS (SELECT 1"
                                                                                  : "NOT EXISTS (SELECT 1");
    orm__sql_related(sql, scope, &inner, condition->relation);
    orm__sql_text(sql, " AND ");
    write_group(sql, &inner, &all);
    orm__sql_text(sql, condition->op == ORM_OP_ALL ? " IS NOT TRUE)" : ")");
}

static bool relation_fits(orm__sql *sql, const orm__scope *scope, const orm_expr *condition)
{
    const orm_relation *relation = condition->relation;
    if (relation && relation->model == scope->model)
        return true;
    if (relation)
        orm__sql_fail(sql, ORM_MISUSE, "a condition on '%s' may not use relation '%s' of '%s'", scope->model->name,
                      relation->name, relation->model->name);
    else
        orm__sql_fail(sql, ORM_MISUSE, "a query on '%s' has a condition without a relation", scope->model->name);
    return false;
}

void orm__sql_related(orm__sql *sql, const orm__scope *outer, const orm__scope *inner, const orm_relation *relation)
{
    orm__sql_text(sql, " FROM ");
    orm__sql_table_name(sql, relation->target);
    orm__sql_text(sql, " AS ");
    write_table(sql, inner);
    if (relation->kind == ORM_MANY_TO_MANY) {
        const orm_relation *source = relation->through_source, *target = relation->through_target;
        const orm__scope link = orm__scope_inside(sql, outer, source->model);
        orm__sql_text(sql, " JOIN ");
        orm__sql_table_name(sql, source->model);
        orm__sql_text(sql, " AS ");
        write_table(sql, &link);
        orm__sql_text(sql, " ON ");
        for (size_t k = 0; k < target->column_count; k++)
            write_between_columns(sql, &link, target->columns[k], inner, target->target_columns[k], k > 0);
        orm__sql_text(sql, " WHERE ");
        for (size_t k = 0; k < source->column_count; k++)
            write_between_columns(sql, &link, source->columns[k], outer, source->target_columns[k], k > 0);
        return;
    }
    orm__sql_text(sql, " WHERE ");
    for (size_t k = 0; k < relation->column_count; k++)
        write_between_columns(sql, inner, relation->target_columns[k], outer, relation->columns[k], k > 0);
}

void orm__sql_joined(orm__sql *sql, const orm__scope *outer, const orm__scope *inner, const orm_relation *relation)
{
    orm__sql_table_name(sql, relation->target);
    orm__sql_text(sql, " AS ");
    write_table(sql, inner);
    orm__sql_text(sql, " ON ");
    for (size_t k = 0; k < relation->column_count; k++)
        write_between_columns(sql, inner, relation->target_columns[k], outer, relation->columns[k], k > 0);
}

static void write_between_columns(orm__sql *sql, const orm__scope *inner, const orm_column *column,
                                  const orm__scope *outer, const orm_column *other, bool more)
{
    orm__sql_text(sql, more ? " AND " : "");
    orm__sql_operand(sql, inner, column, false);
    orm__sql_text(sql, " = ");
    orm__sql_operand(sql, outer, other, false);
}

/* --- one column --------------------------------------------------------------------------------------------------- */

static void write_on_column(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition,
                            const orm__scope *scope)
{
    if (condition->upper.type && condition->op != ORM_OP_BETWEEN) {
        write_json(sql, row, column, condition);
        return;
    }
    switch (condition->op) {
    case ORM_OP_EQ:
    case ORM_OP_NE:
    case ORM_OP_LT:
    case ORM_OP_LE:
    case ORM_OP_GT:
    case ORM_OP_GE:
        write_comparison(sql, row, column, condition, scope);
        return;
    case ORM_OP_LIKE:
    case ORM_OP_ILIKE:
    case ORM_OP_STARTS_WITH:
    case ORM_OP_ENDS_WITH:
    case ORM_OP_CONTAINS:
        write_like(sql, row, column, condition);
        return;
    case ORM_OP_IN:
    case ORM_OP_NOT_IN:
        write_in(sql, row, column, condition);
        return;
    case ORM_OP_BETWEEN:
        write_between(sql, row, column, condition);
        return;
    case ORM_OP_ARRAY_CONTAINS:
    case ORM_OP_ARRAY_OVERLAPS:
        write_array(sql, row, column, condition);
        return;
    case ORM_OP_IS_NULL:
    case ORM_OP_NOT_NULL:
        write_column(sql, row, column);
        orm__sql_text(sql, condition->op == ORM_OP_IS_NULL ? " IS NULL" : " IS NOT NULL");
        return;
    default:
        orm__sql_fail(sql, ORM_MISUSE, "a condition on '%s' has an operator that conditions do not know (%d)",
                      row->model->name, (int)condition->op);
    }
}

static void write_comparison(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition,
                             const orm__scope *scope)
{
    bool ordered = condition->op >= ORM_OP_LT && condition->op <= ORM_OP_GE;
    if (!orm__sql_comparable(sql, column, ordered))
        return;
    orm__sql_operand(sql, row, column, ordered);
    orm__sql_text(sql, operators[condition->op]);
    if (condition->value.form != ORM_FORM_COLUMN) {
        orm__sql_operand_value(sql, column, condition->value, ordered);
        return;
    }
    const orm_column *other = condition->value.as.column;
    const orm__scope *other_row = orm__scope_of(sql, scope, &other);
    if (other_row && other->type == ORM_TYPE_ENUM && other->enumeration != column->enumeration)
        orm__sql_fail(sql, ORM_MISUSE, "columns '%s' and '%s' are of different enums", column->name, other->name);
    else if (other_row)
        orm__sql_operand(sql, other_row, other, ordered);
}

/* The text of starts_with and its like is escaped by the database: so the statement is the same for every text. */
static void write_like(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition)
{
    bool pattern = condition->op == ORM_OP_LIKE || condition->op == ORM_OP_ILIKE;
    bool fold = condition->op == ORM_OP_ILIKE && sql->connection->dialect == ORM_SQLITE;
    if (!given(sql, column, condition->value))
        return;
    orm__sql_text(sql, fold ? "lower(" : "");
    write_column(sql, row, column);
    orm__sql_text(sql, fold ? ")" : "");
    orm__sql_text(sql, condition->op == ORM_OP_ILIKE && !fold ? " ILIKE " : " LIKE ");
    if (pattern) {
        orm__sql_text(sql, fold ? "lower(" : "");
        orm__sql_parameter(sql, column, condition->value);
        orm__sql_text(sql, fold ? ") ESCAPE '\\'" : " ESCAPE '\\'");
        return;
    }
    orm__sql_text(sql, condition->op == ORM_OP_STARTS_WITH ? "" : "'%' || ");
    orm__sql_text(sql, "replace(replace(replace(");
    orm__sql_parameter(sql, column, condition->value);
    orm__sql_text(sql, ", '!', '!!'), '%', '!%'), '_', '!_')");
    orm__sql_text(sql, condition->op == ORM_OP_ENDS_WITH ? " ESCAPE '!'" : " || '%' ESCAPE '!'");
}

static void write_in(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition)
{
    const orm_column *const columns[] = {column};
    if (!orm__sql_comparable(sql, column, false))
        return;
    if (condition->value.as.array.count > 0 && !condition->value.as.array.items)
        orm__sql_fail(sql, ORM_MISUSE, "orm_in on column '%s' was given no list", column->name);
    orm__sql_text(sql, condition->op == ORM_OP_NOT_IN ? "NOT (" : "");
    orm__sql_in_lists_of(sql, row, columns, 1, &condition->value);
    orm__sql_text(sql, condition->op == ORM_OP_NOT_IN ? ")" : "");
}

static void write_between(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition)
{
    if (!orm__sql_comparable(sql, column, true))
        return;
    orm__sql_text(sql, "(");
    orm__sql_operand(sql, row, column, true);
    orm__sql_text(sql, " BETWEEN ");
    orm__sql_operand_value(sql, column, condition->value, true);
    orm__sql_text(sql, " AND ");
    orm__sql_operand_value(sql, column, condition->upper, true);
    orm__sql_text(sql, ")");
}

static void write_array(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition)
{
    if (!(column->flags & ORM_ARRAY) || (condition->value.form != ORM_FORM_ARRAY && condition->value.form))
        orm__sql_fail(sql, ORM_MISUSE, "column '%s' of '%s' is no array", column->name, row->model->name);
    else if (sql->connection->dialect == ORM_SQLITE)
        orm__sql_fail(sql, ORM_UNSUPPORTED, "SQLite knows no operators of arrays: column '%s' of '%s'", column->name,
                      row->model->name);
    else if (given(sql, column, condition->value)) {
        write_column(sql, row, column);
        orm__sql_text(sql, operators[condition->op]);
        orm__sql_parameter(sql, column, condition->value);
    }
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

static void write_json(orm__sql *sql, const orm__scope *row, const orm_column *column, const orm_expr *condition)
{
    static const orm_column kinds[][2] = {
        {{.name = "jsonb", .type = ORM_TYPE_JSONB}, {.name = "text", .type = ORM_TYPE_TEXT}},
        {{.name = "jsonb", .type = ORM_TYPE_JSONB, .flags = ORM_SENSITIVE},
         {.name = "text", .type = ORM_TYPE_TEXT, .flags = ORM_SENSITIVE}}};
    bool sensitive = column->flags & ORM_SENSITIVE;
    bool as_text = condition->value.type == ORM_TYPE_TEXT && condition->op != ORM_OP_NOT_NULL;
    if ((column->type != ORM_TYPE_JSON && column->type != ORM_TYPE_JSONB) || (column->flags & ORM_ARRAY)) {
        orm__sql_fail(sql, ORM_MISUSE, "column '%s' of '%s' is no JSON", column->name, row->model->name);
        return;
    }
    if (sql->connection->dialect == ORM_SQLITE) {
        orm__sql_fail(sql, ORM_UNSUPPORTED, "paths into JSON are PostgreSQL's alone: column '%s' of '%s'", column->name,
                      row->model->name);
        return;
    }
    if (condition->op != ORM_OP_NOT_NULL && !given(sql, column, condition->value))
        return;
    orm__sql_text(sql, "(");
    write_column(sql, row, column);
    orm__sql_text(sql, column->type == ORM_TYPE_JSON ? "::jsonb" : "");
    write_json_path(sql, condition->upper.as.text, as_text);
    orm__sql_text(sql, ")");
    if (condition->op == ORM_OP_NOT_NULL) {
        orm__sql_text(sql, " IS NOT NULL");
        return;
    }
    orm__sql_text(sql, operators[condition->op]);
    orm__sql_parameter(sql, &kinds[sensitive][as_text], condition->value);
    orm__sql_text(sql, condition->op == ORM_OP_LIKE ? " ESCAPE '\\'" : "");
}

static void write_json_path(orm__sql *sql, const char *path, bool as_text)
{
    static const orm_column text = {.name = "path", .type = ORM_TYPE_TEXT};
    bool notation = path[0] == '{';
    orm__sql_text(sql, as_text ? " #>> " : " #> ");
    orm__sql_text(sql, notation ? "" : "string_to_array(");
    orm__sql_parameter(sql, &text, orm_of_text(path));
    orm__sql_text(sql, notation ? "::text[]" : ", '.')");
}

/* --- the sides of a comparison ------------------------------------------------------------------------------------ */

/* On SQLite decimals and intervals compare by what they are worth and, where order matters, enums by position and
 * addresses as networks. */
void orm__sql_operand(orm__sql *sql, const orm__scope *scope, const orm_column *column, bool ordered)
{
    bool sqlite = sql->connection->dialect == ORM_SQLITE, array = column->flags & ORM_ARRAY;
    if (sqlite && ordered && !array && column->type == ORM_TYPE_ENUM) {
        write_enum_position(sql, scope, column);
        return;
    }
    write_column(sql, scope, column);
    if (sqlite && !array)
        write_collation(sql, column, ordered);
    if (sqlite && array && ordered)
        orm__sql_fail(sql, ORM_UNSUPPORTED, "SQLite knows no order of arrays: column '%s' of '%s'", column->name,
                      column->model->name);
}

static void write_enum_position(orm__sql *sql, const orm__scope *row, const orm_column *column)
{
    orm__sql_text(sql, "CASE ");
    write_column(sql, row, column);
    for (size_t i = 0; i < column->enumeration->count; i++) {
        orm__sql_text(sql, " WHEN ");
        orm__sql_literal(sql, column->enumeration->values[i]);
        orm__sql_text(sql, " THEN ");
        orm__sql_number(sql, i + 1);
    }
    orm__sql_text(sql, " END");
}

void orm__sql_enum_labels(orm__sql *sql, const orm_enum *enumeration)
{
    for (size_t i = 0; i < enumeration->count; i++) {
        orm__sql_text(sql, " WHEN ");
        orm__sql_number(sql, i + 1);
        orm__sql_text(sql, " THEN ");
        orm__sql_literal(sql, enumeration->values[i]);
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

void orm__sql_column_of(orm__sql *sql, const orm__scope *scope, const orm_column *column)
{
    write_column(sql, scope, column);
}

static void write_column(orm__sql *sql, const orm__scope *scope, const orm_column *column)
{
    if (column->model == &orm__folded_model) {
        orm__sql_folded(sql, column);
        return;
    }
    write_table(sql, scope);
    orm__sql_text(sql, ".");
    orm__sql_identifier(sql, column->name);
}

static void write_table(orm__sql *sql, const orm__scope *scope)
{
    orm__sql_text(sql, "t");
    orm__sql_number(sql, scope->table);
}

void orm__sql_operand_value(orm__sql *sql, const orm_column *column, orm_value value, bool ordered)
{
    if (!given(sql, column, value))
        return;
    bool sqlite = sql->connection->dialect == ORM_SQLITE;
    bool array = column->flags & ORM_ARRAY;
    if (!array && (column->type == ORM_TYPE_INT16 || column->type == ORM_TYPE_INT32)) {
        orm__sql_integer_of(sql, column, value.as.integer);
        orm__sql_text(sql, sqlite ? "" : "::int8");
    } else if (!array && sqlite && ordered && column->type == ORM_TYPE_ENUM) {
        orm__sql_integer_of(sql, column, value.as.integer);
    } else {
        orm__sql_parameter(sql, column, value);
    }
}

/* json has no equality in PostgreSQL, and none but that of its text in SQLite, as jsonb there. */
bool orm__sql_comparable(orm__sql *sql, const orm_column *column, bool ordered)
{
    if (column->type == ORM_TYPE_JSON)
        orm__sql_fail(sql, ORM_MISUSE, "column '%s' of '%s' is json, which compares with nothing: use jsonb, or a path",
                      column->name, column->model->name);
    else if (column->type == ORM_TYPE_JSONB && sql->connection->dialect == ORM_SQLITE)
        orm__sql_fail(sql, ORM_UNSUPPORTED, "SQLite knows no %s of jsonb: column '%s' of '%s'",
                      ordered ? "order" : "equality", column->name, column->model->name);
    return !sql->status;
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
