/* migrate_sqlite.c -- the steps of SQLite: what ALTER TABLE can do is done by it, everything else by making the table
 * anew, as SQLite's manual has it: new table, copy, drop, rename. Foreign keys are off meanwhile, and checked at the
 * end.
 * SPDX-License-Identifier: MIT */
#include "migrate_plan.h"

#include <string.h>

static bool forget_comments(planner *p, const ormc_snapshot *from, ormc_snapshot *copy);
static void rename_all(planner *p);
static void create_table(planner *p, const ormc_snapshot_table *table);
static void change_table(planner *p, const plan_pair *pair);
static bool shape_equal(const ormc_snapshot_table *a, const ormc_snapshot_table *b, bool columns_too);
static bool values_renamed(const planner *p, const ormc_snapshot_table *table);
static bool can_add_columns(const plan_pair *pair);
static void add_columns(planner *p, const plan_pair *pair);
static void change_indexes(planner *p, const plan_pair *pair);
static const ormc_snapshot_index *find_index(const ormc_snapshot_table *table, const ormc_snapshot_index *like);
static void rebuild(planner *p, const plan_pair *pair);
static const char *temporary_name(planner *p, const ormc_snapshot_table *table);
static void copy_rows(planner *p, const plan_pair *pair, const char *temporary);
static void put_copied(planner *p, const plan_pair *pair, bool values);
static void keep_numbers(planner *p, const plan_pair *pair, const char *temporary);
static const char *without(planner *p, const plan_pair *pair);
static bool rebuild_loses(const plan_pair *pair);
static bool holds_identity(const ormc_snapshot_table *table);
static void ask(planner *p, const plan_pair *pair);
static void ask_columns(planner *p, const plan_pair *pair);
static void drop_tables(planner *p);

void ormc_plan_sqlite(planner *p)
{
    p->failed |= !forget_comments(p, &p->base, &p->base) || !forget_comments(p, p->to, &p->bare);
    p->to = &p->bare;
    if (!p->failed)
        rename_all(p);
    for (size_t i = 0; !p->failed && i < p->to->table_count; i++) {
        plan_pair pair;
        if (plan_pair_of(p, &p->to->tables[i], &pair))
            change_table(p, &pair);
        else
            create_table(p, &p->to->tables[i]);
    }
    if (p->failed)
        return;
    drop_tables(p);
}

/* They are in no database. */
static bool forget_comments(planner *p, const ormc_snapshot *from, ormc_snapshot *copy)
{
    const ormc_snapshot original = *from;
    if (!ormc_snapshot_copy(&original, p->arena, copy))
        return false;
    for (size_t i = 0; i < copy->table_count; i++) {
        ormc_snapshot_table *table = &copy->tables[i];
        table->comment = NULL;
        for (size_t k = 0; k < table->column_count; k++)
            table->columns[k].comment = NULL;
        for (size_t k = 0; k < table->index_count; k++)
            table->indexes[k].comment = NULL;
    }
    return true;
}

static void rename_all(planner *p)
{
    for (size_t i = 0; i < p->renames->count; i++) {
        const ormc_rename *r = &p->renames->items[i];
        if (r->kind == ORMC_RENAME_TABLE) {
            plan_begin(p, PLAN_RENAME, NULL, "rename table \"%s\" to \"%s\"", r->from, r->to);
            orm__text_printf(&p->text, "ALTER TABLE %s RENAME TO %s", plan_quoted(p, NULL, r->from),
                             plan_quoted(p, NULL, r->to));
        } else if (r->kind == ORMC_RENAME_COLUMN) {
            plan_begin(p, PLAN_RENAME, NULL, "rename column \"%s\" of \"%s\" to \"%s\"", r->inner_from, r->to,
                       r->inner_to);
            orm__text_printf(&p->text, "ALTER TABLE %s RENAME COLUMN %s TO %s", plan_quoted(p, NULL, r->to),
                             plan_quoted(p, NULL, r->inner_from), plan_quoted(p, NULL, r->inner_to));
        } else {
            continue;
        }
        plan_end_statement(p);
    }
}

static void create_table(planner *p, const ormc_snapshot_table *table)
{
    plan_begin(p, PLAN_TABLES, NULL, "create table \"%s\"", table->name);
    ddl_put_table(&p->text, p->to, table, "CREATE TABLE ", table->name, NULL, NULL);
    plan_end_statement(p);
    for (size_t i = 0; i < table->index_count; i++) {
        ddl_put_index(&p->text, table, &table->indexes[i], "INDEX ");
        plan_end_statement(p);
    }
}

static void change_table(planner *p, const plan_pair *pair)
{
    bool renamed = values_renamed(p, pair->to);
    if (shape_equal(pair->base, pair->to, true) && !renamed) {
        change_indexes(p, pair);
    } else if (can_add_columns(pair) && !renamed) {
        add_columns(p, pair);
        change_indexes(p, pair);
    } else {
        rebuild(p, pair);
    }
    ask(p, pair);
}

static bool values_renamed(const planner *p, const ormc_snapshot_table *table)
{
    bool renamed = false;
    for (size_t i = 0; i < table->column_count; i++)
        renamed |= plan_values_renamed(p, &table->columns[i]);
    return renamed;
}

/* But for indexes. */
static bool shape_equal(const ormc_snapshot_table *a, const ormc_snapshot_table *b, bool columns_too)
{
    ormc_snapshot_table first = *a, second = *b;
    first.index_count = second.index_count = 0;
    if (!columns_too)
        first.column_count = second.column_count = 0;
    return ormc_record_equal(ORMC_RECORD_TABLE, &first, &second, NULL);
}

/* At the end, and with a value that is the same for all rows. */
static bool can_add_columns(const plan_pair *pair)
{
    const ormc_snapshot_table *base = pair->base, *to = pair->to;
    if (to->column_count <= base->column_count || !shape_equal(base, to, false))
        return false;
    for (size_t i = 0; i < to->column_count; i++) {
        const ormc_snapshot_column *column = &to->columns[i];
        if (i < base->column_count) {
            if (!ormc_record_equal(ORMC_RECORD_COLUMN, &base->columns[i], column, NULL))
                return false;
            continue;
        }
        bool constant = column->default_sql && *column->default_sql != '(' &&
                        strncmp(column->default_sql, "CURRENT_", strlen("CURRENT_")) != 0;
        if (column->generated || column->identity || (column->not_null && !constant) ||
            (column->default_sql && !constant))
            return false;
    }
    return true;
}

static void add_columns(planner *p, const plan_pair *pair)
{
    for (size_t i = pair->base->column_count; i < pair->to->column_count; i++) {
        plan_begin(p, PLAN_COLUMNS, NULL, "add column \"%s\" to \"%s\"", pair->to->columns[i].name, pair->to->name);
        orm__text_printf(&p->text, "ALTER TABLE %s ADD COLUMN ", plan_quoted(p, NULL, pair->to->name));
        ddl_put_column(&p->text, &pair->to->columns[i], NULL);
        plan_end_statement(p);
    }
}

static void change_indexes(planner *p, const plan_pair *pair)
{
    for (size_t i = 0; i < pair->base->index_count; i++) {
        const ormc_snapshot_index *index = &pair->base->indexes[i];
        if (find_index(pair->to, index))
            continue;
        plan_begin(p, PLAN_UNTIE, NULL, "drop index \"%s\" of \"%s\"", index->name, pair->to->name);
        orm__text_printf(&p->text, "DROP INDEX %s", plan_quoted(p, NULL, index->name));
        plan_end_statement(p);
    }
    for (size_t i = 0; i < pair->to->index_count; i++) {
        const ormc_snapshot_index *index = &pair->to->indexes[i];
        if (find_index(pair->base, index))
            continue;
        plan_begin(p, PLAN_INDEXES, NULL, "create index \"%s\" on \"%s\"", index->name, pair->to->name);
        ddl_put_index(&p->text, pair->to, index, "INDEX ");
        plan_end_statement(p);
    }
}

static const ormc_snapshot_index *find_index(const ormc_snapshot_table *table, const ormc_snapshot_index *like)
{
    for (size_t i = 0; i < table->index_count; i++)
        if (ormc_record_equal(ORMC_RECORD_INDEX, &table->indexes[i], like, NULL))
            return &table->indexes[i];
    return NULL;
}

static void rebuild(planner *p, const plan_pair *pair)
{
    const char *temporary = temporary_name(p, pair->to), *name = plan_quoted(p, NULL, pair->to->name);
    for (size_t i = 0; i < pair->base->index_count; i++) {
        if (!i)
            plan_begin(p, PLAN_UNTIE, NULL, "drop the indexes of \"%s\"", pair->to->name);
        orm__text_printf(&p->text, "DROP INDEX %s", plan_quoted(p, NULL, pair->base->indexes[i].name));
        plan_end_statement(p);
    }
    ormc_step *step = plan_begin(p, PLAN_COLUMNS, NULL, "make table \"%s\" anew, with its rows%s", pair->to->name,
                                 without(p, pair));
    step->rebuilds = pair->to->name;
    step->destructive = rebuild_loses(pair);
    ddl_put_table(&p->text, p->to, pair->to, "CREATE TABLE ", temporary, NULL, NULL);
    plan_end_statement(p);
    copy_rows(p, pair, temporary);
    keep_numbers(p, pair, temporary);
    orm__text_printf(&p->text, "DROP TABLE %s", name);
    plan_end_statement(p);
    orm__text_string(&p->text, "PRAGMA legacy_alter_table = ON"); /* what refers to the table, refers to the new one */
    plan_end_statement(p);
    orm__text_printf(&p->text, "ALTER TABLE %s RENAME TO %s", plan_quoted(p, NULL, temporary), name);
    plan_end_statement(p);
    orm__text_string(&p->text, "PRAGMA legacy_alter_table = OFF");
    plan_end_statement(p);
    for (size_t i = 0; i < pair->to->index_count; i++) {
        ddl_put_index(&p->text, pair->to, &pair->to->indexes[i], "INDEX ");
        plan_end_statement(p);
    }
}

/* The columns that are dropped, for the title: ', without "age", "bio"'. */
static const char *without(planner *p, const plan_pair *pair)
{
    const char *said = "";
    for (size_t i = 0; i < pair->base->column_count; i++) {
        const char *name = pair->base->columns[i].name;
        if (!ormc_snapshot_find_column(pair->to, name))
            said = plan_printf(p, "%s%s \"%s\"", said, *said ? "," : ", without", name);
    }
    return said;
}

static const char *temporary_name(planner *p, const ormc_snapshot_table *table)
{
    return plan_printf(p, "ormc_new_%s", table->name);
}

static void copy_rows(planner *p, const plan_pair *pair, const char *temporary)
{
    bool any = false;
    for (size_t i = 0; i < pair->to->column_count; i++)
        any |= pair->were[i] && !pair->to->columns[i].generated;
    if (!any)
        return;
    orm__text_printf(&p->text, "INSERT INTO %s (", plan_quoted(p, NULL, temporary));
    put_copied(p, pair, false);
    orm__text_string(&p->text, ")\nSELECT ");
    put_copied(p, pair, true);
    orm__text_printf(&p->text, " FROM %s", plan_quoted(p, NULL, pair->to->name));
    plan_end_statement(p);
}

/* Columns that were there; the others get their defaults. */
static void put_copied(planner *p, const plan_pair *pair, bool values)
{
    const char *between = "";
    for (size_t i = 0; i < pair->to->column_count; i++) {
        const ormc_snapshot_column *is = &pair->to->columns[i];
        if (!pair->were[i] || is->generated)
            continue;
        orm__text_string(&p->text, between);
        if (!values)
            ormc_literal_sql_name(&p->text, is->name);
        else if (pair->retyped[i])
            orm__text_printf(&p->text, "CAST(%s AS %s)", plan_value(p, is, is->name), is->type);
        else
            orm__text_string(&p->text, plan_value(p, is, is->name));
        between = ", ";
    }
}

/* A number that was given once is not given again. */
static void keep_numbers(planner *p, const plan_pair *pair, const char *temporary)
{
    if (!holds_identity(pair->base) || !holds_identity(pair->to))
        return;
    orm__text_string(&p->text, "DELETE FROM sqlite_sequence WHERE name = ");
    ormc_literal_sql_string(&p->text, temporary);
    plan_end_statement(p);
    orm__text_string(&p->text, "INSERT INTO sqlite_sequence (name, seq) SELECT ");
    ormc_literal_sql_string(&p->text, temporary);
    orm__text_string(&p->text, ", seq FROM sqlite_sequence WHERE name = ");
    ormc_literal_sql_string(&p->text, pair->to->name);
    plan_end_statement(p);
}

static bool holds_identity(const ormc_snapshot_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].identity)
            return true;
    return false;
}

static bool rebuild_loses(const plan_pair *pair)
{
    bool loses = false;
    for (size_t i = 0; i < pair->to->column_count; i++) {
        const ormc_snapshot_column *was = pair->were[i], *is = &pair->to->columns[i];
        loses |= was && pair->remade[i] && !was->generated;
        loses |= was && pair->retyped[i] && plan_loses(was, is);
    }
    for (size_t i = 0; i < pair->base->column_count; i++)
        loses |= !pair->base->columns[i].generated && !ormc_snapshot_find_column(pair->to, pair->base->columns[i].name);
    return loses;
}

/* What is asked of rows now and was not before. */
static void ask(planner *p, const plan_pair *pair)
{
    const ormc_snapshot_table *base = pair->base, *to = pair->to;
    ask_columns(p, pair);
    for (size_t i = 0; i < to->primary_key_count; i++)
        if (!base->primary_key_count || !ormc_record_equal(ORMC_RECORD_KEY, base->primary_key, to->primary_key, "name"))
            plan_check_unique(p, pair, &to->primary_key->columns);
    for (size_t i = 0, k; i < to->unique_count; i++) {
        for (k = 0; k < base->unique_count; k++)
            if (ormc_record_equal(ORMC_RECORD_KEY, &base->uniques[k], &to->uniques[i], "name"))
                break;
        if (k == base->unique_count)
            plan_check_unique(p, pair, &to->uniques[i].columns);
    }
    for (size_t i = 0, k; i < to->check_count; i++) {
        for (k = 0; k < base->check_count; k++)
            if (ormc_same(base->checks[k].sql, to->checks[i].sql))
                break;
        if (k == base->check_count)
            plan_check_condition(p, pair, &to->checks[i]);
    }
    for (size_t i = 0, k; i < to->foreign_key_count; i++) {
        for (k = 0; k < base->foreign_key_count; k++)
            if (ormc_record_equal(ORMC_RECORD_FOREIGN_KEY, &base->foreign_keys[k], &to->foreign_keys[i], "name"))
                break;
        if (k == base->foreign_key_count)
            plan_check_foreign_key(p, pair, &to->foreign_keys[i]);
    }
    for (size_t i = 0; i < to->index_count; i++)
        if (to->indexes[i].unique && !find_index(base, &to->indexes[i]))
            plan_check_index(p, pair, &to->indexes[i]);
}

static void ask_columns(planner *p, const plan_pair *pair)
{
    for (size_t i = 0; i < pair->to->column_count; i++) {
        const ormc_snapshot_column *was = pair->were[i], *is = &pair->to->columns[i];
        bool given = was || is->default_sql || is->identity;
        if (is->not_null && (!given || (was && (!was->not_null || pair->remade[i]))))
            plan_check_not_null(p, pair, i);
        if (was && pair->retyped[i])
            plan_check_type(p, pair, i);
        if (was && is->enum_name && is->array)
            plan_check_values(p, pair, i);
    }
}

static void drop_tables(planner *p)
{
    for (size_t i = 0; i < p->base.table_count; i++) {
        const ormc_snapshot_table *table = &p->base.tables[i];
        if (ormc_snapshot_find_table(p->to, table->schema, table->name))
            continue;
        plan_begin(p, PLAN_DROP, NULL, "drop table \"%s\"", table->name)->destructive = true;
        orm__text_printf(&p->text, "DROP TABLE %s", plan_quoted(p, NULL, table->name));
        plan_end_statement(p);
    }
}
