/* link_indexes.c -- indexes of models, declared and made, and lists of columns in an order.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"
#include "names.h"

static void index_relation(ormc_linker *linker, ormc_model_draft *draft, const ormc_relation *relation);
static void add_index_of(ormc_linker *linker, ormc_model_draft *draft, const ormc_column *const *columns, size_t count,
                         bool unique, ormc_place place);
static void read_index(ormc_linker *linker, ormc_model_draft *draft, const ormc_node *node, bool unique);
static void read_index_sql(ormc_linker *linker, const ormc_node *node, const char *key, ormc_sql *sql);
static bool read_included(ormc_linker *linker, const ormc_model_draft *draft, const ormc_node *node, ormc_index *index);
static void add_index(ormc_linker *linker, ormc_model_draft *draft, ormc_index index);
static const char *name_index(ormc_linker *linker, const ormc_model *model, const ormc_index *index);
static void check_repeated(ormc_linker *linker, const ormc_order *order, size_t count);

void ormc_link_indexes(ormc_linker *linker, ormc_model_draft *draft)
{
    ormc_model *model = draft->model;
    if (model->view)
        return;
    size_t most = model->column_count + model->relation_count;
    for (size_t i = 0; i < draft->index_count; i++)
        most += draft->indexes[i]->count;
    for (size_t i = 0; i < draft->unique_count; i++)
        most += draft->uniques[i]->count;
    model->indexes = ormc_link_alloc(linker, most, sizeof *model->indexes);
    for (size_t i = 0; i < draft->index_count; i++)
        for (size_t j = 0; j < draft->indexes[i]->count; j++)
            read_index(linker, draft, draft->indexes[i]->items[j], false);
    for (size_t i = 0; i < draft->unique_count; i++)
        for (size_t j = 0; j < draft->uniques[i]->count; j++)
            read_index(linker, draft, draft->uniques[i]->items[j], true);
    for (size_t i = 0; i < model->column_count; i++) {
        const ormc_column *column = &model->columns[i];
        if (column->indexed)
            add_index_of(linker, draft, &column, 1, false, column->place);
    }
    for (size_t i = 0; i < model->relation_count; i++)
        index_relation(linker, draft, &model->relations[i]);
}

/* The key of an owning one_to_one occurs once; a lone column of it is unique by itself (link_relations.c). */
static void index_relation(ormc_linker *linker, ormc_model_draft *draft, const ormc_relation *relation)
{
    size_t count = relation->owning ? relation->column_count : 0;
    bool unique = relation->kind == ORMC_ONE_TO_ONE && count > 1;
    bool indexed = relation->indexed && !(count == 1 && relation->columns[0]->indexed);
    if (count && (unique || indexed))
        add_index_of(linker, draft, relation->columns, count, unique, relation->place);
}

static void add_index_of(ormc_linker *linker, ormc_model_draft *draft, const ormc_column *const *columns, size_t count,
                         bool unique, ormc_place place)
{
    ormc_order *order = ormc_link_alloc(linker, count, sizeof *order);
    for (size_t i = 0; i < count; i++)
        order[i] = (ormc_order){.place = place, .column = columns[i]};
    add_index(linker, draft, (ormc_index){.place = place, .columns = order, .column_count = count, .unique = unique});
}

/* `[a, -b]`, or `{columns: [a, -b], unique: true, where: ..., name: ...}`, or `{expression: ...}`; of a list of
 * `unique`, only the first. */
static void read_index(ormc_linker *linker, ormc_model_draft *draft, const ormc_node *node, bool unique)
{
    ormc_index index = {.place = node->place, .unique = unique};
    const ormc_node *columns = node;
    if (node->kind == ORMC_MAPPING && !unique) {
        ormc_link_check_keys(linker, node, ORMC_IN_INDEX);
        columns = ormc_node_find(node, "columns");
        index.unique = ormc_link_truth(node, "unique", false);
        index.name = ormc_link_text(node, "name");
        index.doc = ormc_link_text(node, "doc");
        read_index_sql(linker, node, "where", &index.where);
        read_index_sql(linker, node, "expression", &index.expression);
        if (!read_included(linker, draft, node, &index))
            return;
    }
    if (!columns && ormc_node_find(node, "expression")) {
        if (index.expression.text[0])
            add_index(linker, draft, index);
        return;
    }
    if (index.expression.text[0])
        ormc_report(linker->diagnostics, ORMC_E_INDEX_FORM, node->place,
                    "an index is of columns or of an expression, not of both");
    bool is_list = columns && (columns->kind == ORMC_SEQUENCE || (columns->kind == ORMC_SCALAR && columns != node));
    if (!is_list) {
        if (columns || unique ||
            (!ormc_link_is_misspelt(node, ORMC_IN_INDEX, "columns") &&
             !ormc_link_is_misspelt(node, ORMC_IN_INDEX, "expression")))
            ormc_report(linker->diagnostics, ORMC_E_INDEX_FORM, node->place,
                        unique ? "expected a list of columns here, as in 'unique: [[a, b]]'"
                               : "an index is a list of columns, or a mapping with the key 'columns' or 'expression'");
        return;
    }
    index.columns = ormc_link_order(linker, draft, columns, &index.column_count);
    size_t wanted = columns->kind == ORMC_SEQUENCE ? columns->count : 1;
    if (columns->kind == ORMC_SEQUENCE && !columns->count)
        ormc_report(linker->diagnostics, ORMC_E_INDEX_FORM, columns->place, "an index without columns");
    if (index.column_count && index.column_count == wanted)
        add_index(linker, draft, index);
}

static void read_index_sql(ormc_linker *linker, const ormc_node *node, const char *key, ormc_sql *sql)
{
    const ormc_node *value = ormc_node_find(node, key);
    const char *what = orm__arena_printf(linker->arena, "'%s'", key);
    if (value)
        ormc_link_sql(linker, value, ormc_link_need(linker, what), sql);
}

/* `include: [a, b]`: columns that the index carries beside its own. False when they are no list. */
static bool read_included(ormc_linker *linker, const ormc_model_draft *draft, const ormc_node *node, ormc_index *index)
{
    const ormc_node *list = ormc_node_find(node, "include");
    if (!list)
        return true;
    if (list->kind != ORMC_SEQUENCE)
        return false;
    ormc_word_list words = ormc_link_words(linker, list);
    index->include = ormc_link_alloc(linker, words.count, sizeof *index->include);
    for (size_t i = 0; i < words.count; i++) {
        const ormc_column *column = ormc_link_find_column(linker, draft, &words.items[i]);
        if (column)
            index->include[index->include_count++] = column;
    }
    return true;
}

static void add_index(ormc_linker *linker, ormc_model_draft *draft, ormc_index index)
{
    if (!index.name)
        index.name = name_index(linker, draft->model, &index);
    draft->model->indexes[draft->model->index_count++] = index;
}

static const char *name_index(ormc_linker *linker, const ormc_model *model, const ormc_index *index)
{
    const char **columns = ormc_link_alloc(linker, index->column_count + 1, sizeof *columns);
    size_t count = index->column_count;
    for (size_t i = 0; i < count; i++)
        columns[i] = index->columns[i].column->column;
    if (index->expression.text[0])
        columns[count++] = ormc_link_need(linker, ormc_names_words(linker->arena, index->expression.text[0]));
    const char *name = ormc_names_index(linker->arena, model->table, columns, count, index->unique);
    return ormc_link_need(linker, name);
}

ormc_order *ormc_link_order(ormc_linker *linker, const ormc_model_draft *draft, const ormc_node *node, size_t *count)
{
    ormc_word_list words = ormc_link_words(linker, node);
    ormc_order *order = ormc_link_alloc(linker, words.count, sizeof *order);
    *count = 0;
    for (size_t i = 0; i < words.count; i++) {
        ormc_word word = words.items[i];
        bool descending = *word.text == '-' && !ormc_table_get(&draft->columns_by_name, word.text);
        word.text += descending;
        const ormc_column *column = ormc_link_find_column(linker, draft, &word);
        if (column)
            order[(*count)++] = (ormc_order){.place = word.place, .column = column, .descending = descending};
    }
    check_repeated(linker, order, *count);
    return order;
}

static void check_repeated(ormc_linker *linker, const ormc_order *order, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (order[i].column == order[j].column) {
                ormc_report(linker->diagnostics, ORMC_E_NAMED_TWICE, order[i].place, "column '%s' is named twice",
                            order[i].column->name);
                break;
            }
}
