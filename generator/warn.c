/* warn.c -- what is legal, but unwise: keys without an index, keys that make poor keys, what is needless.
 *
 * Runs on packages without errors; names that differ by case only are check.c's.
 * SPDX-License-Identifier: MIT */
#include "checks.h"

#include <stdlib.h>

/* Something that keeps rows in order of columns: an index, a unique list, or the primary key. */
typedef struct ordering {
    ormc_place place;
    const ormc_order *columns;     /* of an index */
    const ormc_column *const *key; /* of the primary key */
    const ormc_column *alone;      /* a unique column */
    size_t count;
    bool unique;
} ordering;

/* The orderings of a model by their first column: `first` of each column and `next` of each ordering are numbers of
 * orderings plus one, 0 where there is no other. */
typedef struct orderings {
    const ormc_model *model;
    size_t *first, *next;
} orderings;

static bool sort_orderings(orderings *all, const ormc_model *model);
static void warn_of_keys(const ormc_model *model, ormc_diagnostics *diagnostics);
static void warn_of_relations(const orderings *all, ormc_diagnostics *diagnostics);
static bool is_covered(const orderings *all, const ormc_relation *relation);
static bool begins_with(const ordering *order, const ormc_column *const *columns, size_t count);
static void warn_of_indexes(const orderings *all, ormc_diagnostics *diagnostics);
static bool makes_needless(const ordering *other, const ordering *order);
static size_t count_orderings(const ormc_model *model);
static bool get_ordering(const ormc_model *model, size_t index, ordering *order);
static const ormc_column *column_at(const ordering *order, size_t index);
static void warn_of_defaults(const ormc_model *model, ormc_diagnostics *diagnostics);
static void warn_of_unused(const ormc_package *package, ormc_diagnostics *diagnostics);

void ormc_warn(const ormc_package *package, ormc_diagnostics *diagnostics)
{
    for (size_t i = 0; i < package->model_count; i++) {
        const ormc_model *model = package->models[i];
        orderings all;
        if (model->abstract || model->made || model->view)
            continue;
        warn_of_keys(model, diagnostics);
        if (sort_orderings(&all, model)) {
            warn_of_relations(&all, diagnostics);
            warn_of_indexes(&all, diagnostics);
        }
        free(all.first);
        warn_of_defaults(model, diagnostics);
    }
    warn_of_unused(package, diagnostics);
}

/* False when memory is gone; nothing is warned of then. `first` is one block with `next`. */
static bool sort_orderings(orderings *all, const ormc_model *model)
{
    size_t count = count_orderings(model);
    all->model = model;
    all->first = calloc(model->column_count + count, sizeof *all->first);
    if (!all->first)
        return false;
    all->next = all->first + model->column_count;
    for (size_t i = count; i-- > 0;) {
        ordering order;
        if (!get_ordering(model, i, &order))
            continue;
        size_t column = column_at(&order, 0)->index;
        all->next[i] = all->first[column];
        all->first[column] = i + 1;
    }
    return true;
}

/* A column that refers to another key has its rules from there. */
static void warn_of_keys(const ormc_model *model, ormc_diagnostics *diagnostics)
{
    for (size_t i = 0; i < model->primary_key_count; i++) {
        const ormc_column *column = model->primary_key[i];
        bool has_length = column->type->class == ORMC_CLASS_TEXT || column->type->class == ORMC_CLASS_BYTES;
        if (column->relation)
            continue;
        if (has_length && column->max_length < 0)
            ormc_report(diagnostics, ORMC_W_TEXT_KEY, column->place,
                        "column '%s' of the primary key is %s without a limit; 'max_length' gives it one", column->name,
                        column->type->word);
        if (column->type->class == ORMC_CLASS_REAL)
            ormc_report(diagnostics, ORMC_W_FLOAT_KEY, column->place,
                        "column '%s' of the primary key is %s, which rounding makes unequal to itself", column->name,
                        column->type->word);
    }
}

static void warn_of_relations(const orderings *all, ormc_diagnostics *diagnostics)
{
    const ormc_model *model = all->model;
    for (size_t i = 0; i < model->relation_count; i++) {
        const ormc_relation *relation = &model->relations[i];
        if (relation->owning && !relation->unindexed && !is_covered(all, relation))
            ormc_report(diagnostics, ORMC_W_UNINDEXED, relation->place,
                        "the key of relation '%s' has no index; say 'index: true', or 'index: false' if it needs none",
                        relation->name);
    }
}

static bool is_covered(const orderings *all, const ormc_relation *relation)
{
    if (relation->column_count == 1 && (relation->columns[0]->unique || relation->columns[0]->unindexed))
        return true;
    ordering order;
    for (size_t i = 0; i < relation->column_count; i++)
        for (size_t k = all->first[relation->columns[i]->index]; k; k = all->next[k - 1])
            if (get_ordering(all->model, k - 1, &order) &&
                begins_with(&order, relation->columns, relation->column_count))
                return true;
    return false;
}

/* In any order of these. */
static bool begins_with(const ordering *order, const ormc_column *const *columns, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count && count <= order->count; i++)
        for (size_t k = 0; k < count; k++)
            found += column_at(order, i) == columns[k];
    return found == count;
}

static void warn_of_indexes(const orderings *all, ormc_diagnostics *diagnostics)
{
    const ormc_model *model = all->model;
    for (size_t i = 0; i < model->index_count; i++) {
        ordering order, other;
        if (!get_ordering(model, i, &order) || model->indexes[i].include_count)
            continue;
        for (size_t next = all->first[column_at(&order, 0)->index]; next; next = all->next[next - 1]) {
            size_t k = next - 1;
            if (k == i || !get_ordering(model, k, &other) || !makes_needless(&other, &order) ||
                (k > i && makes_needless(&order, &other)))
                continue;
            ormc_report(diagnostics, ORMC_W_REDUNDANT_INDEX, order.place,
                        "this index of '%s' is needless: %s begins with the same columns", model->name,
                        k < model->index_count ? "another one"
                        : other.key            ? "the primary key"
                                               : "a unique column");
            if (order.place.line != other.place.line || order.place.column != other.place.column)
                ormc_note(diagnostics, other.place, "it is here");
            break;
        }
    }
}

/* What is unique can only be replaced by what is unique in the same columns. */
static bool makes_needless(const ordering *other, const ordering *order)
{
    if (other->count < order->count || (order->unique && !(other->unique && other->count == order->count)))
        return false;
    for (size_t i = 0; i < order->count; i++) {
        bool down = order->columns && order->columns[i].descending;
        if (column_at(order, i) != column_at(other, i) || down != (other->columns && other->columns[i].descending))
            return false;
    }
    return true;
}

/* The model's indexes, its primary key, and each column, which may be unique. */
static size_t count_orderings(const ormc_model *model)
{
    return model->index_count + 1 + model->column_count;
}

/* False when there is none, or when it is not of all rows by columns. */
static bool get_ordering(const ormc_model *model, size_t index, ordering *order)
{
    if (index < model->index_count) {
        const ormc_index *from = &model->indexes[index];
        *order = (ordering){
            .place = from->place, .columns = from->columns, .count = from->column_count, .unique = from->unique};
        return from->column_count && !from->where.text[0];
    }
    if (index == model->index_count) {
        *order = (ordering){.key = model->primary_key, .count = model->primary_key_count, .unique = true};
        order->place = model->primary_key_count ? model->primary_key[0]->place : model->place;
        return model->primary_key_count > 0;
    }
    const ormc_column *column = &model->columns[index - model->index_count - 1];
    *order = (ordering){.place = column->place, .count = 1, .unique = true, .alone = column};
    return column->unique;
}

static const ormc_column *column_at(const ordering *order, size_t index)
{
    return order->alone ? order->alone : order->columns ? order->columns[index].column : order->key[index];
}

static void warn_of_defaults(const ormc_model *model, ormc_diagnostics *diagnostics)
{
    for (size_t i = 0; i < model->column_count; i++) {
        const ormc_column *column = &model->columns[i];
        bool is_unique = column->unique || (column->primary_key && model->primary_key_count == 1);
        ormc_default_kind kind = column->default_value.kind;
        if (is_unique && kind != ORMC_NO_DEFAULT && kind != ORMC_DEFAULT_NOW)
            ormc_report(diagnostics, ORMC_W_UNIQUE_DEFAULT, column->place,
                        "column '%s' is unique and has a fixed default, which only one row can take", column->name);
    }
}

static void warn_of_unused(const ormc_package *package, ormc_diagnostics *diagnostics)
{
    for (size_t i = 0; i < package->enum_count; i++)
        if (!package->enums[i]->used)
            ormc_report(diagnostics, ORMC_W_UNUSED, package->enums[i]->place, "no column has the enum '%s'",
                        package->enums[i]->name);
    for (size_t i = 0; i < package->model_count; i++)
        if (package->models[i]->abstract && !package->models[i]->extended)
            ormc_report(diagnostics, ORMC_W_UNUSED, package->models[i]->place, "no model extends the abstract '%s'",
                        package->models[i]->name);
}
