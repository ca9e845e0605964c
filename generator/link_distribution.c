/* link_distribution.c -- `distribute_by`: the column by which an engine like Citus spreads the rows of a table over its
 * nodes.
 *
 * What such engines refuse is told here, where it stands in the YAML: a server would tell it when the tables are made.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"

#include <string.h>

static void distribute(ormc_linker *linker, ormc_model_draft *draft, const ormc_node *node);
static bool is_fit(ormc_linker *linker, const ormc_model *model, const ormc_node *node);
static void check_uniques(ormc_linker *linker, const ormc_model *model, const ormc_node *node);
static void refuse_unique(ormc_linker *linker, const ormc_model *model, const ormc_node *node, const char *what,
                          const char *name);
static bool is_indexed(const ormc_index *index, const ormc_column *column);
static bool has(const ormc_column *const *columns, size_t count, const ormc_column *column);
static void check_relation(ormc_linker *linker, const ormc_model *model, const ormc_relation *relation);
static bool pairs_up(const ormc_model *model, const ormc_relation *relation);

void ormc_link_distribution(ormc_linker *linker, ormc_model_draft *draft)
{
    ormc_model *model = draft->model;
    const ormc_node *node = draft->node ? ormc_node_find(draft->node, "distribute_by") : NULL;
    const char *word = node ? ormc_link_text(draft->node, "distribute_by") : NULL;
    if (!word || model->view)
        return;
    model->everywhere = strcmp(word, "*") == 0;
    if (model->abstract)
        ormc_report(linker->diagnostics, ORMC_E_DISTRIBUTE, node->place, "an abstract model has no rows to distribute");
    else if (!model->everywhere)
        distribute(linker, draft, node);
}

static void distribute(ormc_linker *linker, ormc_model_draft *draft, const ormc_node *node)
{
    ormc_model *model = draft->model;
    const ormc_word word = {node->text, node->place};
    model->distribute_by = ormc_link_find_column(linker, draft, &word);
    if (model->distribute_by && !draft->incomplete && is_fit(linker, model, node))
        check_uniques(linker, model, node);
}

static bool is_fit(ormc_linker *linker, const ormc_model *model, const ormc_node *node)
{
    const ormc_column *column = model->distribute_by;
    bool json = column->type && column->type->class == ORMC_CLASS_JSON;
    const char *why = column->nullable           ? "may be NULL"
                      : column->computed.text[0] ? "is computed"
                      : json                     ? "is JSON"
                                                 : NULL;
    if (why)
        ormc_report(linker->diagnostics, ORMC_E_DISTRIBUTE, node->place,
                    "rows cannot be distributed by the column '%s': it %s", column->name, why);
    return !why;
}

/* Each node can only look among its own rows whether a value is there already. */
static void check_uniques(ormc_linker *linker, const ormc_model *model, const ormc_node *node)
{
    const ormc_column *column = model->distribute_by;
    if (model->primary_key_count && !has(model->primary_key, model->primary_key_count, column))
        refuse_unique(linker, model, node, "primary key", "");
    for (size_t i = 0; i < model->column_count; i++)
        if (model->columns[i].unique && &model->columns[i] != column)
            refuse_unique(linker, model, node, "column ", model->columns[i].name);
    for (size_t i = 0; i < model->index_count; i++)
        if (model->indexes[i].unique && !is_indexed(&model->indexes[i], column))
            refuse_unique(linker, model, node, "index ", model->indexes[i].name);
    for (size_t i = 0; i < model->relation_count; i++) {
        const ormc_relation *relation = &model->relations[i];
        bool unique = relation->owning && relation->kind == ORMC_ONE_TO_ONE &&
                      relation->column_count > 1; /* else its column is */
        if (unique && !has(relation->columns, relation->column_count, column))
            refuse_unique(linker, model, node, "relation ", relation->name);
    }
}

static void refuse_unique(ormc_linker *linker, const ormc_model *model, const ormc_node *node, const char *what,
                          const char *name)
{
    const char *quote = *name ? "'" : "";
    ormc_report(linker->diagnostics, ORMC_E_DISTRIBUTE, node->place,
                "model '%s' is distributed by '%s', which must be part of all that is unique: the %s%s%s%s has it not",
                model->name, model->distribute_by->name, what, quote, name, quote);
}

static bool is_indexed(const ormc_index *index, const ormc_column *column)
{
    for (size_t i = 0; i < index->column_count; i++)
        if (index->columns[i].column == column)
            return true;
    return false;
}

static bool has(const ormc_column *const *columns, size_t count, const ormc_column *column)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i] == column)
            return true;
    return false;
}

/* A row and what it refers to must be on one node. */
void ormc_link_distributed_keys(ormc_linker *linker, ormc_model_draft *draft)
{
    const ormc_model *model = draft->model;
    for (size_t i = 0; i < model->relation_count; i++)
        if (model->relations[i].owning && model->relations[i].target)
            check_relation(linker, model, &model->relations[i]);
}

static void check_relation(ormc_linker *linker, const ormc_model *model, const ormc_relation *relation)
{
    const ormc_model *target = relation->target;
    bool spread = model->distribute_by != NULL;
    if (target->everywhere || (!spread && !target->distribute_by) || pairs_up(model, relation))
        return;
    if (!target->distribute_by)
        ormc_report(linker->diagnostics, ORMC_E_DISTRIBUTE, relation->place,
                    "relation '%s' leads from a distributed model to '%s', which is not: give that "
                    "'distribute_by: \"*\"', or a column that the relation has",
                    relation->name, target->name);
    else
        ormc_report(linker->diagnostics, ORMC_E_DISTRIBUTE, relation->place,
                    "relation '%s' leads to '%s', which is distributed by '%s': that column must be in its key, and "
                    "'%s' be distributed by what refers to it",
                    relation->name, target->name, target->distribute_by->name, model->name);
}

static bool pairs_up(const ormc_model *model, const ormc_relation *relation)
{
    for (size_t i = 0; i < relation->column_count; i++)
        if (relation->columns[i] == model->distribute_by && model->distribute_by &&
            relation->target_columns[i] == relation->target->distribute_by)
            return true;
    return false;
}
