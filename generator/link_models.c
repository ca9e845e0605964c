/* link_models.c -- models: what they inherit, which columns they have, and their keys.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"
#include "names.h"

#include <string.h>

static void read_members(ormc_linker *linker, ormc_model_draft *draft);
static bool is_lost(const ormc_node *node, const char *key);
static void inherit_from(ormc_linker *linker, ormc_model_draft *draft, const ormc_word *base);
static ormc_model_draft *find_base(ormc_linker *linker, const ormc_model_draft *draft, const ormc_word *base);
static bool is_extended_twice(ormc_linker *linker, const ormc_model_draft *draft, const ormc_model_draft *base,
                              const ormc_word *word);
static void *grown(ormc_linker *linker, const void *items, size_t count, size_t more);
static void add_columns(ormc_linker *linker, ormc_model_draft *draft, ormc_column_draft *const *columns, size_t count);
static void add_relations(ormc_linker *linker, ormc_model_draft *draft, ormc_relation_draft *const *relations,
                          size_t count);
static bool add_member(ormc_linker *linker, ormc_model_draft *draft, const char *what, const char *name,
                       ormc_place place, const void *member);
static void add_nodes(ormc_linker *linker, const ormc_node ***nodes, size_t *count, const ormc_node *const *more,
                      size_t more_count);
static ormc_word_list key_of_columns(ormc_linker *linker, const ormc_model_draft *draft);
static void check_one_way(ormc_linker *linker, const ormc_model_draft *draft);
static void copy_columns(ormc_linker *linker, ormc_model_draft *draft, size_t made);
static size_t count_foreign(ormc_linker *linker, const ormc_model_draft *draft);
static void make_columns(ormc_linker *linker, ormc_model_draft *draft, const ormc_relation_draft *relation);
static void bind_key(ormc_linker *linker, ormc_model_draft *draft);
static void report_missing_column(ormc_linker *linker, const ormc_model_draft *draft, const ormc_word *word);

void ormc_link_read_model(ormc_linker *linker, ormc_model_draft *draft)
{
    const ormc_node *node = draft->node;
    ormc_model *model = draft->model;
    if (!node)
        return;
    ormc_link_check_keys(linker, node, ORMC_IN_MODEL);
    model->doc = ormc_link_text(node, "doc");
    model->abstract = ormc_link_truth(node, "abstract", false);
    model->schema = ormc_link_text(node, "schema");
    const char *table = ormc_link_text(node, "table");
    if (table && model->abstract)
        ormc_report(linker->diagnostics, ORMC_E_ABSTRACT_TABLE, ormc_node_find(node, "table")->place,
                    "an abstract model has no table");
    else if (table)
        model->table = table;
    ormc_link_read_view(linker, draft);
    ormc_link_c_name(linker, node, false, &model->c_name);
    model->was = ormc_link_was(linker, node, model->table);
    const ormc_node *indexes = ormc_link_list(node, "indexes"), *uniques = ormc_link_list(node, "unique");
    add_nodes(linker, &draft->indexes, &draft->index_count, &indexes, indexes != NULL);
    add_nodes(linker, &draft->uniques, &draft->unique_count, &uniques, uniques != NULL);
    draft->primary_key = ormc_node_find(node, "primary_key");
    read_members(linker, draft);
}

/* Its own columns and relations; what it inherits is put before them later. */
static void read_members(ormc_linker *linker, ormc_model_draft *draft)
{
    const ormc_node *columns = ormc_link_mapping(draft->node, "columns");
    const ormc_node *relations = ormc_link_mapping(draft->node, "relations");
    draft->incomplete = is_lost(draft->node, "columns") || is_lost(draft->node, "relations") ||
                        is_lost(draft->node, "extends");
    draft->key_unsure = is_lost(draft->node, "primary_key");
    draft->abstract_unsure = is_lost(draft->node, "abstract");
    draft->columns = ormc_link_alloc(linker, columns ? columns->count : 0, sizeof *draft->columns);
    for (size_t i = 0; columns && i < columns->count; i++)
        draft->columns[draft->column_count++] = ormc_link_read_column(linker, &columns->pairs[i]);
    draft->relations = ormc_link_alloc(linker, relations ? relations->count : 0, sizeof *draft->relations);
    for (size_t i = 0; relations && i < relations->count; i++)
        draft->relations[draft->relation_count++] = ormc_link_read_relation(linker, &relations->pairs[i]);
}

/* It may be there, but cannot be read to its end. */
static bool is_lost(const ormc_node *node, const char *key)
{
    const ormc_node *value = ormc_node_find(node, key);
    if (value && ormc_node_is_null(value))
        return false;
    return ormc_link_is_misspelt(node, ORMC_IN_MODEL, key) || (value && value->lacking);
}

void ormc_link_inherit(ormc_linker *linker, ormc_model_draft *draft)
{
    if (draft->progress != ORMC_UNSEEN)
        return;
    draft->progress = ORMC_OPEN;
    const ormc_node *extends = ormc_node_find(draft->node, "extends");
    ormc_word_list bases = extends ? ormc_link_words(linker, extends) : (ormc_word_list){0};
    ormc_column_draft **columns = draft->columns;
    ormc_relation_draft **relations = draft->relations;
    const ormc_node **indexes = draft->indexes, **uniques = draft->uniques;
    size_t counts[] = {draft->column_count, draft->relation_count, draft->index_count, draft->unique_count};
    draft->column_count = draft->relation_count = draft->index_count = draft->unique_count = 0;
    draft->model->extends = ormc_link_alloc(linker, bases.count, sizeof *draft->model->extends);
    for (size_t i = 0; i < bases.count; i++)
        inherit_from(linker, draft, &bases.items[i]);
    add_columns(linker, draft, columns, counts[0]);
    add_relations(linker, draft, relations, counts[1]);
    add_nodes(linker, &draft->indexes, &draft->index_count, indexes, counts[2]);
    add_nodes(linker, &draft->uniques, &draft->unique_count, uniques, counts[3]);
    ormc_link_read_checks(linker, draft->model, draft->node);
    draft->progress = ORMC_DONE;
}

static void inherit_from(ormc_linker *linker, ormc_model_draft *draft, const ormc_word *word)
{
    ormc_model_draft *base = find_base(linker, draft, word);
    if (!base) {
        draft->incomplete = true;
        return;
    }
    ormc_link_inherit(linker, base);
    base->model->extended = true;
    draft->incomplete |= base->incomplete;
    draft->key_unsure |= base->key_unsure;
    if (is_extended_twice(linker, draft, base, word))
        return;
    draft->model->extends[draft->model->extends_count++] = base->model;
    add_columns(linker, draft, base->columns, base->column_count);
    add_relations(linker, draft, base->relations, base->relation_count);
    add_nodes(linker, &draft->indexes, &draft->index_count, base->indexes, base->index_count);
    add_nodes(linker, &draft->uniques, &draft->unique_count, base->uniques, base->unique_count);
    if (!draft->primary_key)
        draft->primary_key = base->primary_key;
    if (!draft->model->schema)
        draft->model->schema = base->model->schema;
    ormc_link_make_room(linker, draft->model, base->model->rule_count);
    for (size_t i = 0; i < base->model->rule_count; i++)
        draft->model->rules[draft->model->rule_count++] = base->model->rules[i];
}

static ormc_model_draft *find_base(ormc_linker *linker, const ormc_model_draft *draft, const ormc_word *word)
{
    ormc_model_draft *base = ormc_table_get(&linker->models, word->text);
    if (base && base->progress == ORMC_OPEN) {
        ormc_report(linker->diagnostics, ORMC_E_EXTENDS_ITSELF, word->place, "model '%s' extends itself%s",
                    draft->model->name, base == draft ? "" : ", through other models");
        return NULL;
    }
    if (base && (base->model->abstract || base->abstract_unsure || !base->node))
        return base;
    if (base) {
        ormc_report(linker->diagnostics, ORMC_E_EXTENDS_TABLE, word->place,
                    "model '%s' extends '%s', which is not abstract", draft->model->name, word->text);
        ormc_note(linker->diagnostics, base->model->place, "'%s' needs 'abstract: true' to be extended", word->text);
        return NULL;
    }
    ormc_link_unknown_model(linker, "model", draft->model->name, "extends", word, true);
    return NULL;
}

static bool is_extended_twice(ormc_linker *linker, const ormc_model_draft *draft, const ormc_model_draft *base,
                              const ormc_word *word)
{
    for (size_t i = 0; i < draft->model->extends_count; i++)
        if (draft->model->extends[i] == base->model) {
            ormc_report(linker->diagnostics, ORMC_E_EXTENDS_TWICE, word->place, "model '%s' extends '%s' twice",
                        draft->model->name, word->text);
            return true;
        }
    return false;
}

/* A copy of an array of pointers with room for `more`. */
static void *grown(ormc_linker *linker, const void *items, size_t count, size_t more)
{
    void *larger = ormc_link_alloc(linker, count + more, sizeof(void *));
    if (count)
        memcpy(larger, items, count * sizeof(void *));
    return larger;
}

static void add_columns(ormc_linker *linker, ormc_model_draft *draft, ormc_column_draft *const *columns, size_t count)
{
    draft->columns = grown(linker, draft->columns, draft->column_count, count);
    for (size_t i = 0; i < count; i++)
        if (add_member(linker, draft, "column", columns[i]->column.name, columns[i]->column.place, columns[i])) {
            draft->columns[draft->column_count++] = columns[i];
            draft->key_unsure |= ormc_link_is_misspelt(columns[i]->node, ORMC_IN_COLUMN, "primary_key");
        }
}

static void add_relations(ormc_linker *linker, ormc_model_draft *draft, ormc_relation_draft *const *relations,
                          size_t count)
{
    draft->relations = grown(linker, draft->relations, draft->relation_count, count);
    for (size_t i = 0; i < count; i++)
        if (add_member(linker, draft, "relation", relations[i]->relation.name, relations[i]->relation.place,
                       relations[i]))
            draft->relations[draft->relation_count++] = relations[i];
}

/* False when the name is taken: by another member, which is reported, or by the same one that came by another way. */
static bool add_member(ormc_linker *linker, ormc_model_draft *draft, const char *what, const char *name,
                       ormc_place place, const void *member)
{
    ormc_member *fresh = ormc_link_alloc(linker, 1, sizeof *fresh);
    *fresh = (ormc_member){.place = place, .draft = member};
    const ormc_member *first = ormc_link_add(linker, &draft->members, name, fresh);
    if (first == fresh)
        return true;
    if (first->draft == member)
        return false;
    ormc_report(linker->diagnostics, ORMC_E_DECLARED_TWICE, place,
                "%s '%s' of model '%s' has the name of another column or relation", what, name, draft->model->name);
    ormc_note(linker->diagnostics, first->place, "first declared here");
    return false;
}

static void add_nodes(ormc_linker *linker, const ormc_node ***nodes, size_t *count, const ormc_node *const *more,
                      size_t more_count)
{
    *nodes = grown(linker, *nodes, *count, more_count);
    for (size_t i = 0; i < more_count; i++)
        (*nodes)[(*count)++] = more[i];
}

void ormc_link_name_key(ormc_linker *linker, ormc_model_draft *draft)
{
    check_one_way(linker, draft);
    draft->key = draft->primary_key ? ormc_link_words(linker, draft->primary_key) : key_of_columns(linker, draft);
    draft->keyless = !draft->key.count && !draft->incomplete && !draft->key_unsure && !draft->model->made;
}

static ormc_word_list key_of_columns(ormc_linker *linker, const ormc_model_draft *draft)
{
    ormc_word_list key = {.items = ormc_link_alloc(linker, draft->column_count, sizeof *key.items)};
    for (size_t i = 0; i < draft->column_count; i++) {
        const ormc_column *column = &draft->columns[i]->column;
        if (column->primary_key)
            key.items[key.count++] = (ormc_word){.text = column->name, .place = column->place};
    }
    return key;
}

static void check_one_way(ormc_linker *linker, const ormc_model_draft *draft)
{
    for (size_t i = 0; draft->primary_key && i < draft->column_count; i++) {
        const ormc_column *column = &draft->columns[i]->column;
        if (!column->primary_key)
            continue;
        ormc_report(linker->diagnostics, ORMC_E_KEY_SAID_TWICE, draft->primary_key->place,
                    "model '%s' names its primary key, and a column names itself, too", draft->model->name);
        ormc_note(linker->diagnostics, column->place, "column '%s' says 'primary_key'", column->name);
        return;
    }
}

void ormc_link_lay_out(ormc_linker *linker, ormc_model_draft *draft)
{
    ormc_model *model = draft->model;
    copy_columns(linker, draft, model->abstract ? 0 : count_foreign(linker, draft));
    if (model->abstract)
        return;
    model->sqlite_table = model->table;
    if (model->schema)
        model->sqlite_table = ormc_link_need(linker,
                                             orm__arena_printf(linker->arena, "%s_%s", model->schema, model->table));
    model->relations = ormc_link_alloc(linker, draft->relation_count, sizeof *model->relations);
    model->relation_count = draft->relation_count;
    for (size_t i = 0; i < draft->relation_count; i++) {
        model->relations[i] = draft->relations[i]->relation;
        model->relations[i].model = model;
        model->relations[i].index = i;
        model->relations[i].target = draft->relations[i]->target ? draft->relations[i]->target->model : NULL;
    }
    for (size_t i = 0; i < draft->relation_count; i++)
        make_columns(linker, draft, draft->relations[i]);
    bind_key(linker, draft);
}

static void copy_columns(ormc_linker *linker, ormc_model_draft *draft, size_t made)
{
    ormc_model *model = draft->model;
    model->columns = ormc_link_alloc(linker, draft->column_count + made, sizeof *model->columns);
    for (size_t i = 0; i < draft->column_count; i++) {
        ormc_column *column = &model->columns[model->column_count];
        *column = draft->columns[i]->column;
        column->model = model;
        column->index = model->column_count++;
        ormc_link_add(linker, &draft->columns_by_name, column->name, column);
    }
}

static size_t count_foreign(ormc_linker *linker, const ormc_model_draft *draft)
{
    size_t count = 0;
    for (size_t i = 0; i < draft->relation_count; i++)
        count += ormc_link_foreign_key(linker, draft->relations[i]).count;
    return count;
}

/* Those of its foreign key that are not there yet. Their types are found later. */
static void make_columns(ormc_linker *linker, ormc_model_draft *draft, const ormc_relation_draft *relation)
{
    ormc_model *model = draft->model;
    ormc_word_list names = ormc_link_foreign_key(linker, relation);
    if (relation->broken || (relation->relation.owning && !names.count))
        draft->incomplete = true;
    for (size_t i = 0; i < names.count; i++) {
        const ormc_word *name = &names.items[i];
        if (ormc_table_get(&draft->columns_by_name, name->text))
            continue;
        ormc_column *column = &model->columns[model->column_count];
        if (!add_member(linker, draft, "column", name->text, name->place, column))
            continue;
        *column = (ormc_column){.place = name->place,
                                .model = model,
                                .index = model->column_count++,
                                .name = name->text,
                                .column = name->text,
                                .c_name = ormc_link_need(linker, ormc_names_member(linker->arena, name->text)),
                                .nullable = relation->relation.nullable,
                                .min_length = -1,
                                .max_length = -1,
                                .precision = -1,
                                .scale = -1};
        ormc_link_add(linker, &draft->columns_by_name, name->text, column);
    }
}

static void bind_key(ormc_linker *linker, ormc_model_draft *draft)
{
    ormc_model *model = draft->model;
    model->primary_key = ormc_link_alloc(linker, draft->key.count, sizeof *model->primary_key);
    for (size_t i = 0; i < draft->key.count; i++) {
        const ormc_word *word = &draft->key.items[i];
        ormc_column *column = ormc_table_get(&draft->columns_by_name, word->text);
        if (!column) {
            report_missing_column(linker, draft, word);
            draft->incomplete = true;
            continue;
        }
        if (column->primary_key && draft->primary_key)
            for (size_t j = 0; j < model->primary_key_count; j++)
                if (model->primary_key[j] == column)
                    ormc_report(linker->diagnostics, ORMC_E_NAMED_TWICE, word->place, "column '%s' is named twice",
                                word->text);
        column->primary_key = true;
        model->primary_key[model->primary_key_count++] = column;
        if (column->nullable)
            ormc_report(linker->diagnostics, ORMC_E_NULLABLE_KEY, column->place,
                        "column '%s' of the primary key of '%s' must not be nullable", column->name, model->name);
    }
}

static void report_missing_column(ormc_linker *linker, const ormc_model_draft *draft, const ormc_word *word)
{
    const ormc_model *model = draft->model;
    if (draft->incomplete)
        return;
    const char **names = ormc_link_alloc(linker, model->column_count, sizeof *names);
    for (size_t i = 0; i < model->column_count; i++)
        names[i] = model->columns[i].name;
    ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_COLUMN, word->place, "model '%s' has no column '%s'%s", model->name,
                word->text, ormc_link_hint(linker, word->text, names, model->column_count));
}

const ormc_column *ormc_link_find_column(ormc_linker *linker, const ormc_model_draft *draft, const ormc_word *word)
{
    const ormc_column *column = ormc_table_get(&draft->columns_by_name, word->text);
    if (!column)
        report_missing_column(linker, draft, word);
    return column;
}

void ormc_link_generated(ormc_linker *linker, ormc_model_draft *draft)
{
    ormc_model *model = draft->model;
    for (size_t i = 0; i < draft->column_count; i++) {
        ormc_column *column = &model->columns[i];
        const ormc_node *node = draft->columns[i]->node;
        bool is_key = model->primary_key_count == 1 && column->primary_key && !column->relation && column->type &&
                      column->type->class == ORMC_CLASS_INTEGER && !column->array && !column->server_default.text[0];
        bool wanted = ormc_link_truth(node, "generated", is_key);
        column->generated = is_key && wanted && !model->view;
        if (column->computed.text[0] || model->view)
            continue;
        if (wanted && !is_key && !draft->incomplete && column->type)
            ormc_report(linker->diagnostics, ORMC_E_NOT_GENERATED, ormc_node_find(node, "generated")->place,
                        "only a key that is one integer column and refers to nothing is generated");
        else if (column->generated && column->default_value.kind != ORMC_NO_DEFAULT)
            ormc_report(linker->diagnostics, ORMC_E_GENERATED_DEFAULT, ormc_node_find(node, "default")->place,
                        "the database makes this key; with a default it needs 'generated: false'");
    }
}
