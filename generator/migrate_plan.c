/* migrate_plan.c -- puts plans together: the steps in order, and what both dialects ask about tables in the old and the
 * new schema.
 * SPDX-License-Identifier: MIT */
#include "migrate_plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool collect(planner *p);
static void *room(planner *p, size_t count, size_t size);
static bool is_retyped(planner *p, const ormc_snapshot_column *was, const ormc_snapshot_column *is);
static bool is_remade(const ormc_snapshot_column *was, const ormc_snapshot_column *is);
static bool holds_all(const ormc_names *names, const ormc_names *of);
static bool keeps_digits(const char *was, const char *is);
static int rank(const char *type, const char *const *const *kinds, size_t count, size_t *kind);

bool ormc_plan_make(const ormc_snapshot *from, const ormc_snapshot *to, const ormc_renames *renames, orm__arena *arena,
                    ormc_plan *plan)
{
    planner p = {.from = from, .to = to, .renames = renames, .arena = arena, .plan = plan};
    *plan = (ormc_plan){0};
    if (!ormc_renames_apply(from, renames, arena, &p.base))
        return false;
    if (to->dialect == ORMC_POSTGRESQL)
        ormc_plan_postgresql(&p);
    else
        ormc_plan_sqlite(&p);
    if (!p.failed)
        plan_change_views(&p);
    p.failed |= p.text.failed;
    orm__text_release(&p.text);
    return !p.failed && collect(&p);
}

static bool collect(planner *p)
{
    size_t count = 0;
    for (size_t i = 0; i < PLAN_PHASES; i++)
        count += p->phases[i].count;
    p->plan->steps = room(p, count, sizeof *p->plan->steps);
    for (size_t i = 0; p->plan->steps && i < PLAN_PHASES; i++)
        for (size_t k = 0; k < p->phases[i].count; k++)
            if (p->phases[i].items[k].sql.count)
                p->plan->steps[p->plan->step_count++] = p->phases[i].items[k];
    return !p->failed;
}

static void *room(planner *p, size_t count, size_t size)
{
    void *made = orm__arena_zalloc(p->arena, count, size);
    p->failed |= !made;
    return made;
}

ormc_step *plan_begin(planner *p, plan_phase phase, const char *lock, const char *title, ...)
{
    static ormc_step nowhere;
    plan_list *list = &p->phases[phase];
    p->phase = phase;
    if ((list->count & (list->count - 1)) == 0) {
        ormc_step *items = room(p, list->count ? 2 * list->count : 1, sizeof *items);
        if (!items)
            return &nowhere;
        if (list->count)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
    }
    va_list arguments;
    va_start(arguments, title);
    char buffer[512];
    vsnprintf(buffer, sizeof buffer, title, arguments);
    va_end(arguments);
    for (char *c = buffer; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
    ormc_step *step = &list->items[list->count++];
    *step = (ormc_step){.title = plan_printf(p, "%s", buffer), .lock = lock};
    return step;
}

void plan_end_statement(planner *p)
{
    plan_list *list = &p->phases[p->phase];
    if (list->count && !p->failed)
        p->failed |= !ddl_add_statement(&list->items[list->count - 1].sql, &p->text, p->arena);
    orm__text_clear(&p->text);
}

const char *plan_printf(planner *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *made = length < 0 ? NULL : orm__arena_alloc(p->arena, (size_t)length + 1);
    p->failed |= !made;
    if (!made)
        return "";
    va_start(arguments, format);
    vsnprintf(made, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return made;
}

const char *plan_quoted(planner *p, const char *schema, const char *name)
{
    orm__text kept = p->text;
    p->text = (orm__text){0};
    ddl_put_name(&p->text, schema, name);
    const char *quoted = plan_take_text(p);
    orm__text_release(&p->text);
    p->text = kept;
    return quoted;
}

const char *plan_take_text(planner *p)
{
    const char *taken = NULL;
    if (!p->text.failed)
        taken = orm__arena_copy(p->arena, p->text.data ? p->text.data : "", p->text.length);
    p->failed |= !taken;
    orm__text_clear(&p->text);
    return taken ? taken : "";
}

bool plan_pair_of(planner *p, const ormc_snapshot_table *to, plan_pair *pair)
{
    *pair = (plan_pair){.base = ormc_snapshot_find_table(&p->base, to->schema, to->name), .to = to};
    if (!pair->base)
        return false;
    pair->from = plan_from_table(p, to);
    pair->were = room(p, to->column_count, sizeof *pair->were);
    pair->retyped = room(p, to->column_count, sizeof *pair->retyped);
    pair->remade = room(p, to->column_count, sizeof *pair->remade);
    if (p->failed)
        return false;
    for (size_t i = 0; i < to->column_count; i++) {
        const ormc_snapshot_column *is = &to->columns[i], *was = ormc_snapshot_find_column(pair->base, is->name);
        pair->were[i] = was;
        pair->remade[i] = was && is_remade(was, is);
        pair->retyped[i] = was && !pair->remade[i] && is_retyped(p, was, is);
    }
    for (size_t i = 0; i < to->column_count; i++) /* a computed column is made anew when what it is made of is */
        for (size_t k = 0; pair->were[i] && to->columns[i].generated && k < to->column_count; k++)
            pair->remade[i] |= pair->retyped[k] && ormc_sql_mentions(to->columns[i].generated, to->columns[k].name);
    return true;
}

static bool is_retyped(planner *p, const ormc_snapshot_column *was, const ormc_snapshot_column *is)
{
    return strcmp(was->type, is->type) != 0 || plan_enum_remade(p, is);
}

static bool is_remade(const ormc_snapshot_column *was, const ormc_snapshot_column *is)
{
    return is->generated && (!was->generated || strcmp(was->generated, is->generated) != 0);
}

const ormc_snapshot_table *plan_from_table(const planner *p, const ormc_snapshot_table *to)
{
    for (size_t i = 0; i < p->renames->count; i++) {
        const ormc_rename *r = &p->renames->items[i];
        if (r->kind == ORMC_RENAME_TABLE && ormc_same(r->to, to->name) && ormc_same(r->to_schema, to->schema))
            return ormc_snapshot_find_table(p->from, r->from_schema, r->from);
    }
    return ormc_snapshot_find_table(p->from, to->schema, to->name);
}

const char *plan_from_column(const planner *p, const ormc_snapshot_table *to, const char *column)
{
    for (size_t i = 0; i < p->renames->count; i++) {
        const ormc_rename *r = &p->renames->items[i];
        if (r->kind == ORMC_RENAME_COLUMN && ormc_same(r->to, to->name) && ormc_same(r->to_schema, to->schema) &&
            ormc_same(r->inner_to, column))
            return r->inner_from;
    }
    return column;
}

const ormc_snapshot_enum *plan_enum_base(const planner *p, const ormc_snapshot_enum *to)
{
    return ormc_snapshot_find_enum(&p->base, to->schema, to->name);
}

/* Values can be added anywhere; taken away or put in another order they cannot. On SQLite rows hold the old names of
 * values. */
bool plan_enum_remade(const planner *p, const ormc_snapshot_column *column)
{
    const ormc_snapshot_enum *to = column->enum_name
                                       ? ormc_snapshot_find_enum(p->to, column->enum_schema, column->enum_name)
                                       : NULL;
    const ormc_snapshot_enum *base = to ? plan_enum_base(p, to) : NULL;
    if (!base || p->to->dialect == ORMC_SQLITE)
        return false;
    return !holds_all(&to->values, &base->values);
}

/* In the same order. */
static bool holds_all(const ormc_names *names, const ormc_names *of)
{
    size_t found = 0;
    for (size_t i = 0; i < names->count && found < of->count; i++)
        found += strcmp(names->items[i], of->items[found]) == 0;
    return found == of->count;
}

bool plan_names_hold(const ormc_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

/* A type further to the right takes every value of those before it. */
bool plan_loses(const ormc_snapshot_column *was, const ormc_snapshot_column *is)
{
    static const char *const integers[] = {"smallint", "integer", "bigint", "numeric", NULL};
    static const char *const reals[] = {"real", "double precision", NULL};
    static const char *const affinities[] = {"INTEGER", "TEXT", NULL};
    static const char *const numbers[] = {"smallint", "integer", "bigint", "INTEGER", NULL};
    static const char *const *const guarded[] = {numbers};
    static const char *const *const kinds[] = {integers, reals, affinities};
    if (was->enum_name && ormc_same(was->enum_name, is->enum_name))
        return false; /* rows with a value that is gone are refused */
    if (strcmp(is->type, "text") == 0 || strcmp(is->type, was->type) == 0)
        return false;
    if (keeps_digits(was->type, is->type))
        return false; /* a number that is too large is refused */
    size_t old_kind = 0, new_kind = 0;
    size_t count = sizeof kinds / sizeof *kinds;
    int old_rank = rank(was->type, kinds, count, &old_kind), new_rank = rank(is->type, kinds, count, &new_kind);
    if (strcasecmp(was->type, "text") == 0 && (is->enum_name || rank(is->type, guarded, 1, &new_kind) >= 0))
        return false; /* rows with what is no number, or no value of the enum, are refused */
    if (old_rank >= 0 && new_rank >= 0 && old_kind == new_kind && new_kind == 0)
        return false; /* a number that is too large is refused */
    return old_rank < 0 || new_rank < old_rank || old_kind != new_kind;
}

/* From numeric(p,s), or whole numbers, to a numeric with no fewer digits behind the point. */
static bool keeps_digits(const char *was, const char *is)
{
    static const char *const whole[] = {"smallint", "integer", "bigint", NULL};
    static const char *const *const kinds[] = {whole};
    size_t kind;
    int old_precision, old_scale = 0, new_precision, new_scale = 0;
    bool from_decimal = sscanf(was, "numeric(%d,%d)", &old_precision, &old_scale) == 2;
    if (!from_decimal && rank(was, kinds, 1, &kind) < 0)
        return false;
    return strcmp(is, "numeric") == 0 ||
           (sscanf(is, "numeric(%d,%d)", &new_precision, &new_scale) == 2 && new_scale >= old_scale);
}

static int rank(const char *type, const char *const *const *kinds, size_t count, size_t *kind)
{
    for (*kind = 0; *kind < count; ++*kind)
        for (int i = 0; kinds[*kind][i]; i++)
            if (strcmp(kinds[*kind][i], type) == 0)
                return i;
    return -1;
}
