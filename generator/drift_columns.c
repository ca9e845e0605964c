/* drift_columns.c -- compares the columns of a table in the database with those that it should have.
 * SPDX-License-Identifier: MIT */
#include "drift.h"

#include "base/decimal.h"

#include <stddef.h>
#include <string.h>

/* What is compared of a column: texts, some of them SQL. */
static const struct {
    const char *what;
    size_t offset;
    bool sql;
} facts[] = {
    {"default", offsetof(ormc_settled_column, default_value), false},
    {"server_default", offsetof(ormc_settled_column, server_default), true},
    {"expression", offsetof(ormc_settled_column, generated), true},
    {"min", offsetof(ormc_settled_column, min), false},
    {"max", offsetof(ormc_settled_column, max), false},
    {"min_length", offsetof(ormc_settled_column, min_length), false},
    {"max_length", offsetof(ormc_settled_column, max_length), false},
};

static void compare(drifter *d, const ormc_settled_column *is, const ormc_settled_column *should);
static bool same_number(const ormc_settled_column *column, const char *a, const char *b);
static void compare_values(drifter *d, const ormc_settled_column *is, const ormc_settled_column *should);
static ormc_place place_of(const drifter *d, const char *column);
static const char *describe(drifter *d, const ormc_settled_column *column);
static const char *of_column(drifter *d, const char *what, const char *column);

void drift_columns(drifter *d)
{
    for (size_t i = 0; i < d->should->column_count && !d->failed; i++) {
        const ormc_settled_column *should = &d->should->columns[i];
        const ormc_settled_column *is = ormc_settled_column_of(d->is, should->from->name);
        if (is)
            compare(d, is, should);
        else
            drift_report(d, place_of(d, should->from->name), of_column(d, NULL, should->from->name), NULL,
                         d->should->view ? "there" : describe(d, should));
    }
    for (size_t i = 0; i < d->is->column_count && !d->failed && !d->should->view; i++)
        if (!ormc_settled_column_of(d->should, d->is->columns[i].from->name))
            drift_report(d, d->place, of_column(d, NULL, d->is->columns[i].from->name), describe(d, &d->is->columns[i]),
                         NULL);
}

static void compare(drifter *d, const ormc_settled_column *is, const ormc_settled_column *should)
{
    const char *name = should->from->name;
    ormc_place place = place_of(d, name);
    if (d->should->view && d->dialect == ORMC_SQLITE) /* whose columns have the types that SQLite makes up */
        return;
    if (!ormc_same(is->stored, should->stored) || is->array != should->array) {
        drift_report(d, place, of_column(d, "type", name), describe(d, is), describe(d, should));
        return;
    }
    if (d->is->view && d->should->view && should->from->comment && !ormc_same(is->from->comment, should->from->comment))
        drift_report(d, place, of_column(d, "comment", name), is->from->comment, should->from->comment);
    if (d->is->view || d->should->view) /* whose columns may all be NULL */
        return;
    if (is->not_null != should->not_null)
        drift_report(d, place, of_column(d, NULL, name), is->not_null ? "NOT NULL" : "nullable",
                     should->not_null ? "NOT NULL" : "nullable");
    if (is->identity != should->identity && is->from->identity != should->from->identity)
        drift_report(d, place, of_column(d, "value", name), is->identity ? "made by the database" : "given",
                     should->identity ? "made by the database" : "given");
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        const char *a = *(const char *const *)(const void *)((const char *)is + facts[i].offset);
        const char *b = *(const char *const *)(const void *)((const char *)should + facts[i].offset);
        if (a && d->dialect == ORMC_SQLITE && is->kind->class == ORMC_CLASS_BOOL) /* where ormc writes numbers */
            a = strcmp(a, "true") == 0 ? "1" : strcmp(a, "false") == 0 ? "0" : a;
        if (facts[i].sql ? !drift_same_sql(d, a, b) : !ormc_same(a, b) && !same_number(is, a, b))
            drift_report(d, place, of_column(d, facts[i].what, name), a, b);
    }
    compare_values(d, is, should);
    if (d->dialect == ORMC_POSTGRESQL && !ormc_same(is->from->comment, should->from->comment))
        drift_report(d, place, of_column(d, "comment", name), is->from->comment, should->from->comment);
}

/* 0 and 0.00 of a decimal. */
static bool same_number(const ormc_settled_column *column, const char *a, const char *b)
{
    return column->kind->class == ORMC_CLASS_DECIMAL && a && b && orm__decimal_compare(a, strlen(a), b, strlen(b)) == 0;
}

/* Of an enum that SQLite keeps as a check. */
static void compare_values(drifter *d, const ormc_settled_column *is, const ormc_settled_column *should)
{
    if (d->dialect != ORMC_SQLITE)
        return;
    const char *a = is->enumeration ? drift_list(d, &is->enumeration->values) : NULL;
    const char *b = should->enumeration ? drift_list(d, &should->enumeration->values) : NULL;
    if (!ormc_same(a, b))
        drift_report(d, place_of(d, should->from->name), of_column(d, "values", should->from->name), a, b);
}

static ormc_place place_of(const drifter *d, const char *column)
{
    for (size_t i = 0; i < d->package->model_count; i++) {
        const ormc_model *model = d->package->models[i];
        if (model->place.line != d->place.line || !ormc_same(model->place.file, d->place.file))
            continue;
        for (size_t k = 0; k < model->column_count; k++)
            if (strcmp(model->columns[k].column, column) == 0)
                return model->columns[k].place;
    }
    return d->place;
}

static const char *describe(drifter *d, const ormc_settled_column *column)
{
    const char *said = *column->from->type ? column->from->type : "no type";
    return drift_printf(d, "%s%s", said, column->not_null ? "" : " (nullable)");
}

/* "default of column 'a' of 'b'" */
static const char *of_column(drifter *d, const char *what, const char *column)
{
    return drift_printf(d, "%s%scolumn '%s' of '%s'", what ? what : "", what ? " of " : "", column, d->table);
}
