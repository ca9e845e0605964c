/* migrate_preflight.c -- the questions that are asked before anything is changed: how many rows would break what is to
 * come.
 *
 * They are put to the old schema, so each reads a table through a SELECT that gives its rows as they will be.
 * SPDX-License-Identifier: MIT */
#include "migrate_plan.h"

#include <string.h>

static bool is_plain(planner *p, const plan_pair *pair);
static void put_rows(planner *p, const plan_pair *pair, const char *alias);
static void add(planner *p, const char *refusal);
static void put_present(planner *p, const ormc_names *columns, const char *alias);
static bool can_be_told(planner *p, const plan_pair *pair, const ormc_names *columns);
static bool is_tellable(planner *p, const plan_pair *pair, size_t column);
static void put_computed(planner *p, const plan_pair *pair);
static void ask_text(planner *p, const plan_pair *pair, size_t column, const ormc_snapshot_enum *to);
static void put_values_of(planner *p, const ormc_names *values, const ormc_names *without);

const char *plan_expression(planner *p, const plan_pair *pair, size_t column)
{
    const ormc_snapshot_column *is = &pair->to->columns[column], *was = pair->were[column];
    if (is->generated || (is->identity && !was))
        return NULL;
    if (!was)
        return is->default_sql ? is->default_sql : "NULL";
    return plan_value(p, is, plan_from_column(p, pair->to, is->name));
}

/* On SQLite rows hold the values of an enum by their old names. */
const char *plan_value(planner *p, const ormc_snapshot_column *is, const char *name)
{
    const char *quoted = plan_quoted(p, NULL, name);
    if (!plan_values_renamed(p, is))
        return quoted;
    orm__text text = {0};
    orm__text_printf(&text, is->array ? "(SELECT json_group_array(CASE value" : "CASE %s", quoted);
    for (size_t i = 0; i < p->renames->count; i++) {
        const ormc_rename *r = &p->renames->items[i];
        if (r->kind != ORMC_RENAME_VALUE || strcmp(r->to, is->enum_name) != 0)
            continue;
        orm__text_string(&text, " WHEN ");
        ormc_literal_sql_string(&text, r->inner_from);
        orm__text_string(&text, " THEN ");
        ormc_literal_sql_string(&text, r->inner_to);
    }
    if (is->array)
        orm__text_printf(&text, " ELSE value END) FROM json_each(%s) WHERE %s IS NOT NULL HAVING %s IS NOT NULL)",
                         quoted, quoted, quoted);
    else
        orm__text_printf(&text, " ELSE %s END", quoted);
    const char *made = text.failed ? NULL : orm__arena_copy(p->arena, text.data, text.length);
    p->failed |= !made;
    orm__text_release(&text);
    return made ? made : "";
}

bool plan_values_renamed(const planner *p, const ormc_snapshot_column *is)
{
    for (size_t i = 0; is->enum_name && p->to->dialect == ORMC_SQLITE && i < p->renames->count; i++) {
        const ormc_rename *r = &p->renames->items[i];
        if (r->kind == ORMC_RENAME_VALUE && strcmp(r->to, is->enum_name) == 0 &&
            ormc_same(r->to_schema, is->enum_schema))
            return true;
    }
    return false;
}

void plan_check_not_null(planner *p, const plan_pair *pair, size_t column)
{
    const char *expression = plan_expression(p, pair, column), *name = pair->to->columns[column].name;
    if (!is_tellable(p, pair, column))
        return;
    orm__text_string(&p->text, "SELECT count(*) FROM ");
    if (!expression) {
        put_rows(p, pair, "r");
        orm__text_printf(&p->text, " WHERE r.%s IS NULL", plan_quoted(p, NULL, name));
    } else {
        ddl_put_name(&p->text, pair->from->schema, pair->from->name);
        if (pair->were[column])
            orm__text_printf(&p->text, " WHERE %s IS NULL", expression);
    }
    add(p, plan_printf(p, "rows of table '%s' have no value for column '%s'", pair->from->name, name));
}

void plan_check_unique(planner *p, const plan_pair *pair, const ormc_names *columns)
{
    if (!can_be_told(p, pair, columns))
        return;
    orm__text_string(&p->text, "SELECT count(*) FROM (SELECT 1 FROM ");
    put_rows(p, pair, "r");
    orm__text_string(&p->text, " WHERE ");
    put_present(p, columns, "r");
    orm__text_string(&p->text, " GROUP BY ");
    for (size_t i = 0; i < columns->count; i++)
        orm__text_printf(&p->text, "%s%s", i ? ", " : "", plan_quoted(p, NULL, columns->items[i]));
    orm__text_string(&p->text, " HAVING count(*) > 1) AS d");
    add(p, plan_printf(p, "values of the unique key on '%s'%s stand in several rows of table '%s'", columns->items[0],
                       columns->count > 1 ? " and others" : "", pair->from->name));
}

void plan_check_index(planner *p, const plan_pair *pair, const ormc_snapshot_index *index)
{
    orm__text parts = {0}, present = {0};
    for (size_t i = 0; i < index->parts.count; i++) {
        const char *part = index->parts.items[i];
        size_t length = strlen(part), ending = strlen(" DESC");
        bool descending = length > ending && strcmp(part + length - ending, " DESC") == 0;
        int kept = (int)(descending ? length - ending : length);
        orm__text_printf(&parts, "%s%.*s", i ? ", " : "", kept, part);
        orm__text_printf(&present, "%s%.*s IS NOT NULL", i ? " AND " : "", kept, part);
    }
    bool told = index->unique && parts.data && present.data;
    for (size_t i = 0; told && i < pair->to->column_count; i++) {
        const char *name = pair->to->columns[i].name;
        bool used = ormc_sql_mentions(parts.data, name) || (index->where && ormc_sql_mentions(index->where, name));
        told = !used || is_tellable(p, pair, i);
    }
    if (told) {
        orm__text_string(&p->text, "SELECT count(*) FROM (SELECT 1 FROM ");
        put_rows(p, pair, "r");
        orm__text_printf(&p->text, " WHERE %s%s%s%s GROUP BY %s HAVING count(*) > 1) AS d", present.data,
                         index->where ? " AND (" : "", index->where ? index->where : "", index->where ? ")" : "",
                         parts.data);
        add(p, plan_printf(p, "values of the unique index '%s' stand in several rows of table '%s'", index->name,
                           pair->from->name));
    }
    p->failed |= parts.failed || present.failed;
    orm__text_release(&parts);
    orm__text_release(&present);
}

void plan_check_condition(planner *p, const plan_pair *pair, const ormc_snapshot_check *check)
{
    for (size_t i = 0; i < pair->to->column_count; i++)
        if (ormc_sql_mentions(check->sql, pair->to->columns[i].name) && !is_tellable(p, pair, i))
            return;
    orm__text_string(&p->text, "SELECT count(*) FROM ");
    put_rows(p, pair, "r");
    orm__text_printf(&p->text, " WHERE NOT (%s)", check->sql);
    add(p, plan_printf(p, "rows of table '%s' break the check '%s'", pair->from->name, check->name));
}

void plan_check_foreign_key(planner *p, const plan_pair *pair, const ormc_snapshot_foreign_key *key)
{
    const ormc_snapshot_table *target = ormc_snapshot_find_table(p->to, key->schema, key->table);
    plan_pair other;
    if (!target || !can_be_told(p, pair, &key->columns))
        return;
    bool old = plan_pair_of(p, target, &other);
    if (p->failed || (old && !can_be_told(p, &other, &key->target_columns)))
        return;
    orm__text_string(&p->text, "SELECT count(*) FROM ");
    put_rows(p, pair, "r");
    orm__text_string(&p->text, " WHERE ");
    put_present(p, &key->columns, "r");
    if (old) {
        orm__text_string(&p->text, " AND NOT EXISTS (SELECT 1 FROM ");
        put_rows(p, &other, "t");
        for (size_t i = 0; i < key->columns.count; i++)
            orm__text_printf(&p->text, " %s t.%s = r.%s", i ? "AND" : "WHERE",
                             plan_quoted(p, NULL, key->target_columns.items[i]),
                             plan_quoted(p, NULL, key->columns.items[i]));
        orm__text_char(&p->text, ')');
    }
    add(p, plan_printf(p, "rows of table '%s' refer by '%s' to no row of '%s'", pair->from->name, key->columns.items[0],
                       key->table));
}

void plan_check_values(planner *p, const plan_pair *pair, size_t column)
{
    const ormc_snapshot_column *is = &pair->to->columns[column];
    const ormc_snapshot_enum *to = ormc_snapshot_find_enum(p->to, is->enum_schema, is->enum_name);
    const ormc_snapshot_enum *base = to ? plan_enum_base(p, to) : NULL;
    if (to && !pair->were[column]->enum_name && !is->array) {
        ask_text(p, pair, column, to);
        return;
    }
    size_t gone = 0;
    for (size_t i = 0; base && i < base->values.count; i++)
        gone += !plan_names_hold(&to->values, base->values.items[i]);
    if (!gone)
        return;
    const char *expression = plan_expression(p, pair, column);
    orm__text_string(&p->text, "SELECT count(*) FROM ");
    ddl_put_name(&p->text, pair->from->schema, pair->from->name);
    if (is->array && p->to->dialect == ORMC_POSTGRESQL)
        orm__text_printf(&p->text, " WHERE EXISTS (SELECT 1 FROM unnest(%s::text[]) AS value WHERE value IN ",
                         expression);
    else if (is->array)
        orm__text_printf(&p->text, " WHERE EXISTS (SELECT 1 FROM json_each(%s) WHERE value IN ", expression);
    else
        orm__text_printf(&p->text, p->to->dialect == ORMC_POSTGRESQL ? " WHERE %s::text IN " : " WHERE %s IN ",
                         expression);
    put_values_of(p, &base->values, &to->values);
    orm__text_string(&p->text, is->array ? ")" : "");
    add(p, plan_printf(p, "rows of table '%s' have in column '%s' a value that enum '%s' will not have",
                       pair->from->name, is->name, to->name));
}

/* A text becomes an enum. */
static void ask_text(planner *p, const plan_pair *pair, size_t column, const ormc_snapshot_enum *to)
{
    const char *name = pair->to->columns[column].name;
    orm__text_string(&p->text, "SELECT count(*) FROM ");
    ddl_put_name(&p->text, pair->from->schema, pair->from->name);
    orm__text_printf(&p->text, " WHERE %s NOT IN ", plan_expression(p, pair, column));
    ddl_put_values(&p->text, &to->values);
    add(p, plan_printf(p, "rows of table '%s' have in column '%s' what is no value of enum '%s'", pair->from->name,
                       name, to->name));
}

static void put_values_of(planner *p, const ormc_names *values, const ormc_names *without)
{
    const char *between = "(";
    for (size_t i = 0; i < values->count; i++) {
        if (plan_names_hold(without, values->items[i]))
            continue;
        orm__text_string(&p->text, between);
        ormc_literal_sql_string(&p->text, values->items[i]);
        between = ", ";
    }
    orm__text_char(&p->text, ')');
}

/* Numbers that are too large for the new type, texts that are no numbers. */
void plan_check_type(planner *p, const plan_pair *pair, size_t column)
{
    static const struct {
        const char *from, *to, *condition;
    } rows[] = {
        {"integer", "smallint", "%s NOT BETWEEN -32768 AND 32767"},
        {"bigint", "smallint", "%s NOT BETWEEN -32768 AND 32767"},
        {"bigint", "integer", "%s NOT BETWEEN -2147483648 AND 2147483647"},
        {"text", "smallint", "%s !~ '^ *[+-]?[0-9]{1,4} *$'"},
        {"text", "integer", "%s !~ '^ *[+-]?[0-9]{1,9} *$'"},
        {"text", "bigint", "%s !~ '^ *[+-]?[0-9]{1,18} *$'"},
        {"TEXT", "INTEGER", "CAST(CAST(%s AS INTEGER) AS TEXT) <> %s"},
    };
    const ormc_snapshot_column *was = pair->were[column], *is = &pair->to->columns[column];
    const char *name = plan_expression(p, pair, column);
    for (size_t i = 0; name && i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].from, was->type) != 0 || strcmp(rows[i].to, is->type) != 0)
            continue;
        orm__text_string(&p->text, "SELECT count(*) FROM ");
        ddl_put_name(&p->text, pair->from->schema, pair->from->name);
        orm__text_string(&p->text, " WHERE ");
        for (const char *c = rows[i].condition; *c; c++)
            if (c[0] == '%' && c[1] == 's')
                orm__text_string(&p->text, name), c++;
            else
                orm__text_char(&p->text, *c);
        add(p, plan_printf(p, "rows of table '%s' have in column '%s' a value that is no %s", pair->from->name,
                           is->name, is->type));
    }
}

static bool can_be_told(planner *p, const plan_pair *pair, const ormc_names *columns)
{
    for (size_t i = 0; i < pair->to->column_count; i++)
        if (plan_names_hold(columns, pair->to->columns[i].name) && !is_tellable(p, pair, i))
            return false;
    return true;
}

/* Whether old rows say what the column will hold. One that is computed from another computed one is left to the
 * database. */
static bool is_tellable(planner *p, const plan_pair *pair, size_t column)
{
    const char *computed = pair->to->columns[column].generated;
    if (!computed)
        return plan_expression(p, pair, column) != NULL;
    for (size_t i = 0; i < pair->to->column_count; i++)
        if (ormc_sql_mentions(computed, pair->to->columns[i].name) && !plan_expression(p, pair, i))
            return false;
    return true;
}

static void put_rows(planner *p, const plan_pair *pair, const char *alias)
{
    if (is_plain(p, pair)) {
        ddl_put_name(&p->text, pair->from->schema, pair->from->name);
        orm__text_printf(&p->text, " AS %s", alias);
        return;
    }
    const char *between = "(SELECT ";
    bool computed = false;
    for (size_t i = 0; i < pair->to->column_count; i++)
        computed |= pair->to->columns[i].generated && is_tellable(p, pair, i);
    if (computed)
        put_computed(p, pair);
    for (size_t i = 0; i < pair->to->column_count; i++) {
        const char *expression = plan_expression(p, pair, i);
        if (!expression)
            continue;
        orm__text_printf(&p->text, "%s%s", between, expression);
        if ((pair->retyped[i] || !pair->were[i]) && p->to->dialect == ORMC_POSTGRESQL)
            orm__text_printf(&p->text, "::%s", pair->to->columns[i].enum_name ? "text" : pair->to->columns[i].type);
        orm__text_printf(&p->text, " AS %s", plan_quoted(p, NULL, pair->to->columns[i].name));
        between = ", ";
    }
    orm__text_string(&p->text, " FROM ");
    ddl_put_name(&p->text, pair->from->schema, pair->from->name);
    orm__text_printf(&p->text, computed ? ") AS q) AS %s" : ") AS %s", alias);
}

/* Computed columns are made of the new ones, which the SELECT inside gives. */
static void put_computed(planner *p, const plan_pair *pair)
{
    orm__text_string(&p->text, "(SELECT q.*");
    for (size_t i = 0; i < pair->to->column_count; i++)
        if (pair->to->columns[i].generated && is_tellable(p, pair, i))
            orm__text_printf(&p->text, ", (%s) AS %s", pair->to->columns[i].generated,
                             plan_quoted(p, NULL, pair->to->columns[i].name));
    orm__text_string(&p->text, " FROM ");
}

/* Whether old rows have all columns of the new ones under their names. */
static bool is_plain(planner *p, const plan_pair *pair)
{
    for (size_t i = 0; i < pair->to->column_count; i++)
        if (!pair->were[i] || pair->retyped[i] || pair->remade[i] || plan_values_renamed(p, &pair->to->columns[i]) ||
            strcmp(plan_from_column(p, pair->to, pair->to->columns[i].name), pair->to->columns[i].name) != 0)
            return false;
    return true;
}

static void put_present(planner *p, const ormc_names *columns, const char *alias)
{
    for (size_t i = 0; i < columns->count; i++)
        orm__text_printf(&p->text, "%s%s.%s IS NOT NULL", i ? " AND " : "", alias,
                         plan_quoted(p, NULL, columns->items[i]));
}

static void add(planner *p, const char *refusal)
{
    ormc_plan *plan = p->plan;
    size_t count = plan->preflight_count;
    if ((count & (count - 1)) == 0) {
        ormc_preflight *items = orm__arena_zalloc(p->arena, count ? 2 * count : 1, sizeof *items);
        p->failed |= !items;
        if (items && count)
            memcpy(items, plan->preflights, count * sizeof *items);
        plan->preflights = items ? items : plan->preflights;
    }
    const char *query = plan_take_text(p);
    if (!p->failed)
        plan->preflights[plan->preflight_count++] = (ormc_preflight){refusal, query};
}
