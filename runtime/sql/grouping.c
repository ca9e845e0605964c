/* sql/grouping.c -- queries of groups, by grouping.h and orm/aggregate.h.
 * SPDX-License-Identifier: MIT */
#include "sql/grouping.h"

#include "base/array.h"
#include "base/error.h"
#include "orm/generated.h"
#include "sql/cursor.h"
#include "sql/expression.h"

#include <string.h>

static const orm_column every_row = {.name = "*", .member = "count", .type = ORM_TYPE_INT64};
const orm_model orm__folded_model = {.name = "aggregate", .table = "aggregate"};

static orm_status build(orm_rows *rows, const orm_model *model, const orm_grouping *grouping);
static bool join_all(orm__sql *sql, orm__scope *scopes, const orm_grouping *grouping);
static void write_joins(orm__sql *sql, const orm__scope *scopes, const orm_grouping *grouping);
static bool is_joined(const orm__scope *scopes, size_t joined, const orm_model *model);
static const orm__scope *joined_from(const orm__scope *scopes, const orm_relation *relation);
static void write_outputs(orm__sql *sql, const orm__groups *groups);
static bool place_fits(orm__sql *sql, const orm_output *output, const orm_column *column);
static void write_keys(orm__sql *sql, const orm__groups *groups);
static void write_all(orm__sql *sql, const orm__groups *groups, const char *word, const orm_expr *conditions);
static void write_order(orm__sql *sql, const orm__groups *groups);
static void bind_outputs(orm_rows *rows, const orm_grouping *grouping);
static bool fold_fits(orm__sql *sql, const orm_column *column, orm_fold fold);
static orm_type type_of_fold(const orm_column *column, orm_fold fold);
static void write_argument(orm__sql *sql, const orm__folded *folded, bool ordered);
static void write_count(orm__sql *sql, const orm__folded *folded);
static void write_sum(orm__sql *sql, const orm__folded *folded);
static void write_avg(orm__sql *sql, const orm__folded *folded);
static void write_extreme(orm__sql *sql, const orm__folded *folded);
static void write_sqlite_real(orm__sql *sql, const orm__folded *folded, const char *function);

/* --- handles --- */

const orm_column *orm_column_fold(const orm_column *column, orm_fold fold)
{
    return orm__column_fold(column) ? NULL
                                    : (const orm_column *)(const void *)((const char *)column + ORM__FOLD_STEP * fold);
}

orm_int64_column orm_count(void)
{
    return orm_fold_int64(&every_row, ORM_FOLD_COUNT);
}

orm_int64_column orm_fold_int64(const orm_column *column, orm_fold fold)
{
    return (orm_int64_column){orm_column_fold(column, fold), orm_of_int64, orm_of_int64s};
}

orm_float64_column orm_fold_float64(const orm_column *column, orm_fold fold)
{
    return (orm_float64_column){orm_column_fold(column, fold), orm_of_float64, orm_of_float64s};
}

orm_decimal_column orm_fold_decimal(const orm_column *column, orm_fold fold)
{
    return (orm_decimal_column){orm_column_fold(column, fold), orm_of_decimal, orm_of_decimals};
}

orm_interval_column orm_fold_interval(const orm_column *column, orm_fold fold)
{
    return (orm_interval_column){orm_column_fold(column, fold), orm_of_interval, orm_of_intervals};
}

orm_output orm_output_into(const orm_column *column, orm_value kind, void *place, bool *has)
{
    return (orm_output){.column = column, .kind = kind, .place = place, .has = has};
}

orm_output orm_output_into_array(const orm_column *column, void *place)
{
    return (orm_output){.column = column, .kind = {.form = ORM_FORM_ARRAY}, .place = place};
}

/* --- the query --- */

orm_status orm_row_group(orm_connection *connection, const orm_model *model, const orm_grouping *grouping,
                         orm_rows **rows)
{
    *rows = NULL;
    if (!grouping)
        return orm__error_set(&connection->error, ORM_MISUSE, "group of '%s': there is no grouping", model->name);
    if (connection->session)
        ORM_TRY(connection->listener->flush(connection));
    orm_rows *made = orm__rows_new(connection);
    if (!made)
        return ORM_NO_MEMORY;
    made->purpose = (orm__purpose){ORM_STATEMENT_SELECT, model->table};
    orm_status status = build(made, model, grouping);
    if (!status)
        status = orm__rows_start(made, true);
    if (status) {
        orm_rows_close(made);
        return status;
    }
    *rows = made;
    return ORM_OK;
}

static orm_status build(orm_rows *rows, const orm_model *model, const orm_grouping *grouping)
{
    orm__sql *sql = &rows->sql;
    orm__scope scopes[1 + ORM_JOIN_MAX] = {{.model = model}};
    orm__groups groups = {.own = &scopes[0], .grouping = grouping, .arena = &rows->names_arena};
    if (!grouping->select[0].column && !sql->status)
        orm__sql_fail(sql, ORM_MISUSE, "group of '%s': .select names nothing to read", model->name);
    sql->groups = &groups;
    if (join_all(sql, scopes, grouping)) {
        groups.grouped = true;
        orm__sql_text(sql, "SELECT ");
        write_outputs(sql, &groups);
        groups.grouped = false;
        orm__sql_text(sql, " FROM ");
        orm__sql_table(sql, model);
        write_joins(sql, scopes, grouping);
        write_all(sql, &groups, " WHERE ", grouping->where);
        write_keys(sql, &groups);
        groups.grouped = true;
        write_all(sql, &groups, " HAVING ", grouping->having);
        write_order(sql, &groups);
        orm__sql_limit(sql, grouping->limit, grouping->offset);
    }
    sql->groups = NULL;
    if (!sql->status)
        bind_outputs(rows, grouping);
    return sql->status;
}

/* --- joins --- */

/* Each is around the ones before: so a column is the model's own first, then of the relation that stands first. */
static bool join_all(orm__sql *sql, orm__scope *scopes, const orm_grouping *grouping)
{
    for (size_t i = 0; i < ORM_JOIN_MAX && grouping->join[i].relation; i++) {
        const orm_relation *relation = grouping->join[i].relation;
        if (!joined_from(scopes, relation)) {
            orm__sql_fail(sql, ORM_MISUSE, "group of '%s': relation '%s' of '%s' leads from no row that is there",
                          scopes[0].model->name, relation->name, relation->model->name);
            return false;
        }
        if (is_joined(scopes, i, relation->target)) {
            orm__sql_fail(sql, ORM_MISUSE,
                          "group of '%s': two of .join lead to '%s', whose columns nobody could tell apart",
                          scopes[0].model->name, relation->target->name);
            return false;
        }
        scopes[i + 1] = orm__scope_inside(sql, NULL, relation->target);
        scopes[i + 1].joined = true;
        scopes[i].outer = &scopes[i + 1];
    }
    return !sql->status;
}

static bool is_joined(const orm__scope *scopes, size_t joined, const orm_model *model)
{
    for (size_t i = 1; i <= joined; i++)
        if (scopes[i].model == model)
            return true;
    return false;
}

static const orm__scope *joined_from(const orm__scope *scopes, const orm_relation *relation)
{
    const orm__scope *scope = scopes;
    while (scope && scope->model != relation->model)
        scope = scope->outer;
    return scope;
}

static void write_joins(orm__sql *sql, const orm__scope *scopes, const orm_grouping *grouping)
{
    for (size_t i = 0; i < ORM_JOIN_MAX && grouping->join[i].relation; i++) {
        const orm_relation *relation = grouping->join[i].relation;
        orm__sql_text(sql, " LEFT JOIN ");
        orm__sql_joined(sql, joined_from(scopes, relation), &scopes[i + 1], relation);
    }
}

/* --- what is selected, and what makes the groups --- */

static void write_outputs(orm__sql *sql, const orm__groups *groups)
{
    for (size_t i = 0; i < ORM_SELECT_MAX && groups->grouping->select[i].column && !sql->status; i++) {
        const orm_column *column = groups->grouping->select[i].column;
        const orm__scope *row = orm__scope_of(sql, groups->own, &column);
        orm__sql_text(sql, i > 0 ? ", " : "");
        if (!row || !place_fits(sql, &groups->grouping->select[i], column))
            return;
        orm__sql_column_of(sql, row, column);
        orm__sql_cast_result(sql, column);
    }
}

/* What the compiler has not seen: whether the place is an array's. */
static bool place_fits(orm__sql *sql, const orm_output *output, const orm_column *column)
{
    bool array = column->flags & ORM_ARRAY, into_array = output->kind.form == ORM_FORM_ARRAY;
    if (array != into_array)
        orm__sql_fail(sql, ORM_MISUSE, "column '%s' of '%s' is %s: use %s", column->name, column->model->name,
                      array ? "an array" : "no array", array ? "orm_into_array" : "orm_into");
    return array == into_array;
}

static void write_keys(orm__sql *sql, const orm__groups *groups)
{
    size_t count = 0;
    for (size_t i = 0; i < ORM_SELECT_MAX && groups->grouping->select[i].column && !sql->status; i++) {
        const orm_column *column = groups->grouping->select[i].column;
        if (orm__column_fold(column))
            continue;
        const orm__scope *row = orm__scope_of(sql, groups->own, &column);
        if (!row || !orm__sql_comparable(sql, column, false))
            return;
        orm__sql_text(sql, count++ > 0 ? ", " : " GROUP BY ");
        orm__sql_operand(sql, row, column, false);
    }
}

bool orm__groups_allow(orm__sql *sql, const orm__scope *row, const orm_column *column)
{
    const orm__groups *groups = sql->groups;
    bool own = row == groups->own || row->joined;
    if (!own || !groups->grouped)
        return true;
    for (size_t i = 0; i < ORM_SELECT_MAX && groups->grouping->select[i].column; i++) {
        const orm_column *key = groups->grouping->select[i].column;
        if (!orm__column_fold(key) && orm__column_plain(key) == column)
            return true;
    }
    orm__sql_fail(sql, ORM_MISUSE, "group of '%s': column '%s' of '%s' is no aggregate and makes no groups",
                  groups->own->model->name, column->name, row->model->name);
    return false;
}

/* --- conditions and order --- */

static void write_all(orm__sql *sql, const orm__groups *groups, const char *word, const orm_expr *conditions)
{
    for (size_t i = 0; i < ORM_WHERE_MAX; i++) {
        if (conditions[i].op == ORM_OP_NONE || conditions[i].op == ORM_OP_EVERY_ROW)
            continue;
        orm__sql_text(sql, word);
        orm__sql_condition_in(sql, groups->own, &conditions[i]);
        word = " AND ";
    }
}

static void write_order(orm__sql *sql, const orm__groups *groups)
{
    const orm_order *order = groups->grouping->order_by;
    for (size_t i = 0; i < ORM_ORDER_BY_MAX && (order[i].column || order[i].via[0]) && !sql->status; i++) {
        const orm_column *column = order[i].column;
        if (order[i].via[0])
            orm__sql_fail(sql, ORM_MISUSE, "group of '%s': an order goes by columns of .join, not by orm_via",
                          groups->own->model->name);
        const orm__scope *row = orm__scope_of(sql, groups->own, &column);
        if (!row || !orm__sql_orderable(sql, column))
            return;
        orm__sql_text(sql, i == 0 ? " ORDER BY " : ", ");
        orm__sql_operand(sql, row, column, true);
        bool first = order[i].nulls ? order[i].nulls == ORM_NULLS_FIRST : order[i].descending;
        orm__sql_text(sql, order[i].descending ? " DESC" : "");
        orm__sql_text(sql, first ? " NULLS FIRST" : " NULLS LAST");
    }
}

/* --- places --- */

/* Each is read as the member of a struct that begins with it, or with its `has`. */
static void bind_outputs(orm_rows *rows, const orm_grouping *grouping)
{
    for (size_t i = 0; i < ORM_SELECT_MAX && grouping->select[i].column && !rows->sql.status; i++) {
        const orm_output *output = &grouping->select[i];
        char *value = output->place, *base = output->has ? (char *)output->has : value;
        const orm_column *source = orm__column_plain(output->column);
        bool array = output->kind.form == ORM_FORM_ARRAY;
        orm_column *column = orm__column_new(&rows->names_arena, sizeof *column);
        if (!column) {
            rows->sql.status = orm__error_no_memory(&rows->connection->error);
            return;
        }
        *column = (orm_column){.model = &orm__folded_model,
                               .name = source->member ? source->member : source->name,
                               .type = array ? source->type : output->kind.type,
                               .enumeration = array ? source->enumeration : output->kind.enumeration,
                               .field = {(uint32_t)(value - base), output->has ? 0 : ORM_ABSENT}};
        if (array || output->has || orm__type_points(column->type))
            column->flags = ORM_NULLABLE | (array ? ORM_ARRAY : 0);
        column->flags |= source->flags & ORM_SENSITIVE;
        rows->sql.status = orm__rows_add_bound(rows, i, column, base);
    }
}

/* --- aggregates --- */

const orm__scope *orm__folded_scope(orm__sql *sql, const orm__scope *scope, const orm_column **column)
{
    orm_fold fold = (orm_fold)orm__column_fold(*column);
    const orm__groups *groups = sql->groups;
    const orm_column *of = orm__column_plain(*column);
    if (!groups || !groups->grouped || scope != groups->own) {
        orm__sql_fail(sql, ORM_MISUSE, "a query on '%s' has an aggregate of '%s' where none may be", scope->model->name,
                      of->name);
        return NULL;
    }
    const orm__scope *row = scope;
    while (row && of != &every_row && row->model != of->model)
        row = row->outer;
    if (!row) {
        orm__sql_fail(sql, ORM_MISUSE, "group of '%s': '%s' of '%s' is a column of no row that is there",
                      scope->model->name, of->name, of->model->name);
        return NULL;
    }
    orm__folded *folded = (orm__folded *)(void *)orm__column_new(groups->arena, sizeof *folded);
    if (!folded || !fold_fits(sql, of, fold)) {
        sql->status = sql->status ? sql->status : orm__error_no_memory(&sql->connection->error);
        return NULL;
    }
    bool counts = fold == ORM_FOLD_COUNT || fold == ORM_FOLD_COUNT_DISTINCT;
    *folded = (orm__folded){.column = {.model = &orm__folded_model,
                                       .name = of->name,
                                       .type = type_of_fold(of, fold),
                                       .flags = ORM_NULLABLE | (counts ? 0 : of->flags & ORM_SENSITIVE),
                                       .enumeration = of->enumeration,
                                       .db_type = of->db_type},
                            .of = of,
                            .row = row,
                            .fold = fold};
    *column = &folded->column;
    return scope;
}

static bool fold_fits(orm__sql *sql, const orm_column *column, orm_fold fold)
{
    bool sqlite = sql->connection->dialect == ORM_SQLITE;
    if (fold == ORM_FOLD_COUNT)
        return true;
    if (column->flags & ORM_ARRAY && fold != ORM_FOLD_COUNT_DISTINCT)
        orm__sql_fail(sql, ORM_MISUSE, "column '%s' of '%s' is an array, of which there is no such aggregate",
                      column->name, column->model->name);
    else if ((column->type == ORM_TYPE_JSON || column->type == ORM_TYPE_JSONB) && fold != ORM_FOLD_COUNT_DISTINCT)
        orm__sql_fail(sql, ORM_MISUSE, "column '%s' of '%s' is JSON, which has no least and no greatest value",
                      column->name, column->model->name);
    else if (column->type == ORM_TYPE_INTERVAL && fold == ORM_FOLD_SUM && sqlite)
        orm__sql_fail(sql, ORM_UNSUPPORTED, "SQLite knows no sum of intervals: column '%s' of '%s'", column->name,
                      column->model->name);
    else
        return orm__sql_comparable(sql, column, fold != ORM_FOLD_COUNT_DISTINCT);
    return false;
}

static orm_type type_of_fold(const orm_column *column, orm_fold fold)
{
    if (fold == ORM_FOLD_COUNT || fold == ORM_FOLD_COUNT_DISTINCT)
        return ORM_TYPE_INT64;
    bool own = column->type == ORM_TYPE_DECIMAL || column->type == ORM_TYPE_INTERVAL;
    if (own || fold == ORM_FOLD_MIN || fold == ORM_FOLD_MAX)
        return column->type;
    if (fold == ORM_FOLD_AVG)
        return ORM_TYPE_FLOAT64;
    return column->type == ORM_TYPE_FLOAT32 || column->type == ORM_TYPE_FLOAT64 ? ORM_TYPE_FLOAT64 : ORM_TYPE_INT64;
}

void orm__sql_folded(orm__sql *sql, const orm_column *column)
{
    const orm__folded *folded = (const orm__folded *)(const void *)column;
    switch (folded->fold) {
    case ORM_FOLD_COUNT:
    case ORM_FOLD_COUNT_DISTINCT:
        write_count(sql, folded);
        break;
    case ORM_FOLD_SUM:
        write_sum(sql, folded);
        break;
    case ORM_FOLD_AVG:
        write_avg(sql, folded);
        break;
    default:
        write_extreme(sql, folded);
    }
}

static void write_argument(orm__sql *sql, const orm__folded *folded, bool ordered)
{
    if (folded->of == &every_row)
        orm__sql_text(sql, "*");
    else
        orm__sql_operand(sql, folded->row, folded->of, ordered);
}

static void write_count(orm__sql *sql, const orm__folded *folded)
{
    orm__sql_text(sql, folded->fold == ORM_FOLD_COUNT ? "count(" : "count(DISTINCT ");
    write_argument(sql, folded, false);
    orm__sql_text(sql, ")");
}

static bool is_real(const orm_column *column)
{
    return column->type == ORM_TYPE_FLOAT32 || column->type == ORM_TYPE_FLOAT64;
}

/* PostgreSQL's sum of int8 is numeric, that of float4 as narrow as its values. */
static void write_sum(orm__sql *sql, const orm__folded *folded)
{
    bool sqlite = sql->connection->dialect == ORM_SQLITE, real = is_real(folded->of);
    if (sqlite && real) {
        write_sqlite_real(sql, folded, "sum(");
        return;
    }
    orm__sql_text(sql, sqlite && folded->of->type == ORM_TYPE_DECIMAL ? "orm_decimal_sum(" : "sum(");
    orm__sql_column_of(sql, folded->row, folded->of);
    orm__sql_text(sql, real ? "::float8)" : ")");
    if (!sqlite && folded->column.type == ORM_TYPE_INT64)
        orm__sql_text(sql, "::int8");
}

/* NaN is a text on SQLite, and what would be NaN is NULL. */
static void write_sqlite_real(orm__sql *sql, const orm__folded *folded, const char *function)
{
    orm__sql_text(sql, "CASE WHEN max(typeof(");
    orm__sql_column_of(sql, folded->row, folded->of);
    orm__sql_text(sql, ") = 'text') THEN 'NaN' WHEN count(");
    orm__sql_column_of(sql, folded->row, folded->of);
    orm__sql_text(sql, ") > 0 THEN coalesce(");
    orm__sql_text(sql, function);
    orm__sql_column_of(sql, folded->row, folded->of);
    orm__sql_text(sql, "), 'NaN') END");
}

static void write_avg(orm__sql *sql, const orm__folded *folded)
{
    bool sqlite = sql->connection->dialect == ORM_SQLITE, decimal = folded->of->type == ORM_TYPE_DECIMAL;
    if (sqlite && is_real(folded->of)) {
        write_sqlite_real(sql, folded, "avg(");
        return;
    }
    if (sqlite) {
        orm__sql_text(sql, decimal ? "orm_decimal_avg(" : "orm_integer_avg(");
        orm__sql_column_of(sql, folded->row, folded->of);
        orm__sql_text(sql, ")");
        return;
    }
    orm__sql_text(sql, "avg(");
    orm__sql_column_of(sql, folded->row, folded->of);
    orm__sql_text(sql, is_real(folded->of) ? "::float8)" : decimal ? ")" : ")::float8");
}

/* PostgreSQL has no least bool, uuid and bytea; SQLite's enums are texts, which have another order. */
static void write_extreme(orm__sql *sql, const orm__folded *folded)
{
    static const struct {
        orm_type type;
        const char *before, *after, *close;
    } ways[] = {{ORM_TYPE_BOOL, "", "::int4", ")::bool"},
                {ORM_TYPE_UUID, "", "::text COLLATE \"C\"", ")::uuid"},
                {ORM_TYPE_BYTES, "encode(", ", 'hex') COLLATE \"C\"", ")"}};
    bool sqlite = sql->connection->dialect == ORM_SQLITE, bytes = folded->of->type == ORM_TYPE_BYTES && !sqlite;
    const char *before = "", *after = "", *close = ")";
    for (size_t i = 0; i < sizeof ways / sizeof *ways && !sqlite; i++)
        if (ways[i].type == folded->of->type) {
            before = ways[i].before;
            after = ways[i].after;
            close = ways[i].close;
        }
    bool position = sqlite && folded->of->type == ORM_TYPE_ENUM;
    orm__sql_text(sql, bytes ? "decode(" : position ? "CASE " : "");
    orm__sql_text(sql, folded->fold == ORM_FOLD_MIN ? "min(" : "max(");
    orm__sql_text(sql, before);
    write_argument(sql, folded, true);
    orm__sql_text(sql, after);
    orm__sql_text(sql, close);
    orm__sql_text(sql, bytes ? ", 'hex')" : "");
    if (position)
        orm__sql_enum_labels(sql, folded->of->enumeration);
}
