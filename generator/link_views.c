/* link_views.c -- models whose rows a view gives: what makes the view, and what cannot be said of one.
 *
 * A view is read and never written: it has columns, a key by which sessions know its rows, and relations, but no rules,
 * no values of its own and no foreign keys. What it inherits of these from abstract models is left out.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"
#include "query_sql.h"

#include <string.h>

static void read_sql(ormc_linker *linker, ormc_model *model, const ormc_node *node);
static const char *trimmed(ormc_linker *linker, const char *sql, ormc_dialect dialect);
static void refuse_keys(ormc_linker *linker, const ormc_node *node, const char *const *keys, const char *what,
                        const char *name);
static void forget_rules(ormc_model_draft *draft);
static void check_relation(ormc_linker *linker, const ormc_model_draft *draft, size_t index);

void ormc_link_read_view(ormc_linker *linker, ormc_model_draft *draft)
{
    const ormc_node *node = ormc_node_find(draft->node, "view");
    ormc_model *model = draft->model;
    if (!node || !ormc_link_truth(draft->node, "view", true))
        return;
    model->view = true;
    model->view_place = node->place;
    if (model->abstract)
        ormc_report(linker->diagnostics, ORMC_E_VIEW, node->place,
                    "an abstract model is no view; what extends it may be one");
    if (!ormc_link_is_truth(node))
        read_sql(linker, model, node);
}

/* Text, or a mapping of it by database, of which one may be left out: there the view is not made. */
static void read_sql(ormc_linker *linker, ormc_model *model, const ormc_node *node)
{
    static const char *const words[] = {[ORMC_POSTGRESQL] = "postgresql", [ORMC_SQLITE] = "sqlite"};
    bool text = node->kind == ORMC_SCALAR && *node->text && !ormc_node_is_null(node), said = text;
    if (node->kind == ORMC_MAPPING)
        ormc_link_check_keys(linker, node, ORMC_IN_SQL);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *sql = text ? node->text : ormc_link_text(node, words[i]);
        said |= sql || ormc_link_is_misspelt(node, ORMC_IN_SQL, words[i]);
        model->view_sql.text[i] = sql ? trimmed(linker, sql, (ormc_dialect)i) : NULL;
    }
    if (!said)
        ormc_report(linker->diagnostics, ORMC_E_VIEW_FORM, node->place,
                    "'view' is SQL text, {postgresql: SQL, sqlite: SQL}, or true for a view that is there already");
}

/* Without blanks around it, and without the semicolon and comments that people put behind it. */
static const char *trimmed(ormc_linker *linker, const char *sql, ormc_dialect dialect)
{
    sql += strspn(sql, " \t\r\n");
    const char *at = sql, *end = sql;
    for (ormc_sql_word word = ormc_sql_next(&at, dialect); word.kind != ORMC_SQL_END;
         word = ormc_sql_next(&at, dialect))
        if (!ormc_sql_is_sign(word, ';'))
            end = word.end;
    return ormc_link_need(linker, orm__arena_copy(linker->arena, sql, (size_t)(end - sql)));
}

void ormc_link_view(ormc_linker *linker, ormc_model_draft *draft)
{
    static const char *const of_models[] = {"unique", "indexes", "checks", "was", "distribute_by", NULL};
    static const char *const of_columns[] = {"default",    "server_default", "generated", "on_update", "version",
                                             "unique",     "index",          "min",       "max",       "min_length",
                                             "max_length", "pattern",        "was",       NULL};
    static const char *const of_relations[] = {"on_delete", "on_update", "index", "orphan", NULL};
    const ormc_model *model = draft->model;
    const ormc_node *columns = ormc_link_mapping(draft->node, "columns"),
                    *relations = ormc_link_mapping(draft->node, "relations");
    if (model->view) {
        refuse_keys(linker, draft->node, of_models, "model", model->name);
        for (size_t i = 0; columns && i < columns->count; i++)
            refuse_keys(linker, columns->pairs[i].value, of_columns, "column", columns->pairs[i].key->text);
        for (size_t i = 0; relations && i < relations->count; i++)
            refuse_keys(linker, relations->pairs[i].value, of_relations, "relation", relations->pairs[i].key->text);
        forget_rules(draft);
    }
    for (size_t i = 0; i < model->relation_count && !model->made; i++)
        if (draft->relations[i]->target)
            check_relation(linker, draft, i);
}

static void refuse_keys(ormc_linker *linker, const ormc_node *node, const char *const *keys, const char *what,
                        const char *name)
{
    for (; *keys; keys++) {
        const ormc_node *value = ormc_node_find(node, *keys);
        if (value)
            ormc_report(linker->diagnostics, ORMC_E_VIEW, value->place, "%s '%s' is %sa view, which takes no '%s'",
                        what, name, strcmp(what, "model") == 0 ? "" : "of ", *keys);
    }
}

static void forget_rules(ormc_model_draft *draft)
{
    static const ormc_sql nothing;
    ormc_model *model = draft->model;
    draft->index_count = draft->unique_count = 0;
    model->rule_count = 0;
    for (size_t i = 0; i < model->column_count; i++) {
        ormc_column *column = &model->columns[i];
        column->server_default = column->computed = nothing;
        column->default_value = (ormc_default){.kind = ORMC_NO_DEFAULT};
        column->on_update_now = column->version = column->unique = column->indexed = false;
        column->has_min = column->has_max = false;
        column->min_length = column->max_length = -1;
        column->pattern = column->was = NULL;
    }
    for (size_t i = 0; i < model->relation_count; i++)
        model->relations[i].indexed = false;
}

/* What would need a foreign key of a view, or write one. */
static void check_relation(ormc_linker *linker, const ormc_model_draft *draft, size_t index)
{
    const ormc_relation *relation = &draft->model->relations[index];
    const ormc_relation_draft *read = draft->relations[index];
    const ormc_model *model = draft->model, *target = read->target->model;
    const ormc_model_draft *between = read->through.text ? ormc_table_get(&linker->models, read->through.text) : NULL;
    if (relation->kind == ORMC_MANY_TO_MANY && (model->view || target->view || (between && between->model->view)))
        ormc_report(linker->diagnostics, ORMC_E_VIEW_RELATION, relation->place,
                    "relation '%s' is many_to_many, and no foreign key leads to or from a view", relation->name);
    else if (relation->owning && target->view && !model->view)
        ormc_report(linker->diagnostics, ORMC_E_VIEW_RELATION, relation->target_place,
                    "relation '%s' refers to '%s', which is a view, and no foreign key can", relation->name,
                    target->name);
    else if (relation->orphan_delete && target->view)
        ormc_report(linker->diagnostics, ORMC_E_VIEW, ormc_node_find(read->node, "orphan")->place,
                    "relation '%s' leads to '%s', which is a view and takes no 'orphan'", relation->name, target->name);
}
