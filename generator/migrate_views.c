/* migrate_views.c -- views: those that changed, and those that stand on what changed, are dropped before all else and
 * made again behind everything.
 *
 * A view holds no rows, so that nothing is lost. It stands on a table, or on another view, when its SQL names that;
 * whether a change of the table concerns it is judged by columns: another type or name of one, one that is gone, and
 * one that is new where the SQL may say `*`.
 * SPDX-License-Identifier: MIT */
#include "migrate_plan.h"

#include <string.h>

/* What becomes of a table, as views see it. */
typedef enum table_change { UNCHANGED, GROWN, CHANGED } table_change;

/* Those that are not as they were. */
typedef struct changed_table {
    const char *name;
    table_change change;
} changed_table;

typedef struct changed_tables {
    changed_table *items;
    size_t count;
} changed_tables;

static void judge(planner *p, bool *anew);
static changed_tables find_changed(planner *p);
static bool stays(const planner *p, const ormc_snapshot_view *is, const changed_tables *changed);
static table_change change_of(planner *p, const char *schema, const char *name);
static bool has_star(const char *sql);
static void spread(const planner *p, const ormc_snapshot_view *views, size_t count, bool *anew);
static bool is_anew(const planner *p, const ormc_snapshot_view *was, const bool *anew);
static void drop_view(planner *p, const ormc_snapshot_view *view, bool gone);
static void create_view(planner *p, const ormc_snapshot_view *view, bool again);
static void change_comments(planner *p, const ormc_snapshot_view *was, const ormc_snapshot_view *is);
static const char *comment_of(const ormc_snapshot_view *view, const char *column);
static void comment(planner *p, const ormc_snapshot_view *view, const char *column, const char *text);

void plan_change_views(planner *p)
{
    const ormc_snapshot *to = p->to;
    bool *anew = orm__arena_zalloc(p->arena, to->view_count + 1, sizeof *anew);
    p->failed |= !anew;
    if (p->failed)
        return;
    judge(p, anew);
    for (size_t i = p->from->view_count; i-- > 0;)
        if (is_anew(p, &p->from->views[i], anew))
            drop_view(p, &p->from->views[i],
                      !ormc_snapshot_find_view(to, p->from->views[i].schema, p->from->views[i].name));
    for (size_t i = 0; i < to->view_count; i++) {
        const ormc_snapshot_view *is = &to->views[i], *was = ormc_snapshot_find_view(p->from, is->schema, is->name);
        if (anew[i])
            create_view(p, is, was != NULL);
        else if (to->dialect == ORMC_POSTGRESQL)
            change_comments(p, was, is);
    }
}

/* Which views of the newer schema are made, or made again. */
static void judge(planner *p, bool *anew)
{
    if (!p->to->view_count)
        return;
    const changed_tables changed = find_changed(p);
    for (size_t i = 0; !p->failed && i < p->to->view_count; i++)
        anew[i] = !stays(p, &p->to->views[i], &changed);
    spread(p, p->to->views, p->to->view_count, anew);
}

static changed_tables find_changed(planner *p)
{
    const ormc_snapshot *sides[] = {p->from, p->to};
    size_t most = p->from->table_count + p->to->table_count;
    changed_tables changed = {.items = orm__arena_zalloc(p->arena, most + 1, sizeof *changed.items)};
    p->failed |= !changed.items;
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; !p->failed && k < sides[i]->table_count; k++) {
            const ormc_snapshot_table *table = &sides[i]->tables[k];
            table_change change = change_of(p, table->schema, table->name);
            if (change != UNCHANGED)
                changed.items[changed.count++] = (changed_table){table->name, change};
        }
    return changed;
}

static bool stays(const planner *p, const ormc_snapshot_view *is, const changed_tables *changed)
{
    const ormc_snapshot_view *was = ormc_snapshot_find_view(p->from, is->schema, is->name);
    if (!was || strcmp(was->sql, is->sql) != 0)
        return false;
    bool star = has_star(is->sql);
    for (size_t i = 0; i < changed->count; i++)
        if ((star || changed->items[i].change == CHANGED) &&
            ormc_snapshot_uses(is->sql, p->to->dialect, changed->items[i].name))
            return false;
    return true;
}

/* Of the table of that name in either schema. One that is dropped, made or renamed is another. */
static table_change change_of(planner *p, const char *schema, const char *name)
{
    const ormc_snapshot_table *to = ormc_snapshot_find_table(p->to, schema, name);
    plan_pair pair;
    if (!to || !ormc_snapshot_find_table(p->from, schema, name) || !plan_pair_of(p, to, &pair) ||
        !ormc_same(pair.from->name, name) || !ormc_same(pair.from->schema, schema))
        return CHANGED;
    for (size_t i = 0; i < pair.base->column_count; i++) {
        const char *column = pair.base->columns[i].name;
        if (!ormc_snapshot_find_column(to, column) || !ormc_snapshot_find_column(pair.from, column))
            return CHANGED;
    }
    bool grown = to->column_count > pair.base->column_count;
    for (size_t i = 0; i < to->column_count; i++)
        if (pair.were[i] && (pair.retyped[i] || pair.remade[i]))
            return CHANGED;
    return grown ? GROWN : UNCHANGED;
}

/* But for count(*). */
static bool has_star(const char *sql)
{
    for (const char *at = strchr(sql, '*'); at; at = strchr(at + 1, '*'))
        if (at == sql || at[-1] != '(' || at[1] != ')')
            return true;
    return false;
}

/* Views stand behind those that they use. */
static void spread(const planner *p, const ormc_snapshot_view *views, size_t count, bool *anew)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < i && !anew[i]; k++)
            anew[i] = anew[k] && ormc_snapshot_uses(views[i].sql, p->to->dialect, views[k].name);
}

/* Also when it is gone. One that stays uses none that is gone, since its SQL is the same. */
static bool is_anew(const planner *p, const ormc_snapshot_view *was, const bool *anew)
{
    const ormc_snapshot_view *is = ormc_snapshot_find_view(p->to, was->schema, was->name);
    return !is || anew[is - p->to->views];
}

static void drop_view(planner *p, const ormc_snapshot_view *view, bool gone)
{
    plan_begin(p, PLAN_DROP_VIEWS, NULL, "drop view \"%s\"%s", view->name, gone ? "" : ", to be made again");
    orm__text_printf(&p->text, "DROP VIEW %s", plan_quoted(p, view->schema, view->name));
    plan_end_statement(p);
}

static void create_view(planner *p, const ormc_snapshot_view *view, bool again)
{
    static const char rights[] = "none; what rights others had to it are to be granted again";
    bool postgresql = p->to->dialect == ORMC_POSTGRESQL;
    plan_begin(p, PLAN_VIEWS, again && postgresql ? rights : NULL, "create view \"%s\"", view->name);
    ddl_put_view(&p->text, view, "CREATE VIEW ");
    plan_end_statement(p);
    if (!postgresql)
        return;
    comment(p, view, NULL, view->comment);
    for (size_t i = 0; i < view->column_count; i++)
        comment(p, view, view->columns[i].name, view->columns[i].comment);
}

static void change_comments(planner *p, const ormc_snapshot_view *was, const ormc_snapshot_view *is)
{
    if (ormc_record_equal(ORMC_RECORD_VIEW, was, is, NULL))
        return;
    plan_begin(p, PLAN_COMMENTS, NULL, "comments on view \"%s\"", is->name);
    if (!ormc_same(was->comment, is->comment)) {
        ddl_put_comment(&p->text, "VIEW", is->schema, is->name, NULL, is->comment);
        plan_end_statement(p);
    }
    for (size_t i = 0; i < was->column_count + is->column_count; i++) {
        const ormc_snapshot_column *column = i < was->column_count ? &was->columns[i]
                                                                   : &is->columns[i - was->column_count];
        const char *old = comment_of(was, column->name), *new = comment_of(is, column->name);
        if (ormc_same(old, new) || (i >= was->column_count && old))
            continue;
        ddl_put_comment(&p->text, "COLUMN", is->schema, is->name, column->name, new);
        plan_end_statement(p);
    }
}

static const char *comment_of(const ormc_snapshot_view *view, const char *column)
{
    for (size_t i = 0; i < view->column_count; i++)
        if (strcmp(view->columns[i].name, column) == 0)
            return view->columns[i].comment;
    return NULL;
}

static void comment(planner *p, const ormc_snapshot_view *view, const char *column, const char *text)
{
    if (!text)
        return;
    ddl_put_comment(&p->text, column ? "COLUMN" : "VIEW", view->schema, view->name, column, text);
    plan_end_statement(p);
}
