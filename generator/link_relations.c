/* link_relations.c -- relations: reading them, binding foreign keys to the keys they refer to.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"
#include "names.h"

#include <string.h>

static const struct {
    const char *word;
    ormc_relation_kind kind;
} kinds[] = {
    {"many_to_one", ORMC_MANY_TO_ONE},
    {"one_to_many", ORMC_ONE_TO_MANY},
    {"one_to_one", ORMC_ONE_TO_ONE},
    {"many_to_many", ORMC_MANY_TO_MANY},
};

static const struct {
    const char *word;
    ormc_action action;
} actions[] = {
    {"cascade", ORMC_ACTION_CASCADE},
    {"set_null", ORMC_ACTION_SET_NULL},
    {"restrict", ORMC_ACTION_RESTRICT},
    {"no_action", ORMC_ACTION_NO_ACTION},
};

enum { KINDS = sizeof kinds / sizeof *kinds, ACTIONS = sizeof actions / sizeof *actions };

static bool read_kind(ormc_linker *linker, ormc_relation_draft *draft);
static void read_columns(ormc_linker *linker, ormc_relation_draft *draft);
static void check_side(ormc_linker *linker, const ormc_relation_draft *draft);
static ormc_action read_action(ormc_linker *linker, const ormc_relation_draft *draft, const char *key);
static void bind_columns(ormc_linker *linker, ormc_model_draft *draft, size_t index);
static ormc_column *column_of(const ormc_linker *linker, const ormc_column *column);
static const ormc_column *chase_type(const ormc_linker *linker, const ormc_column *column);
static const ormc_column *referred(const ormc_column *column);
static void check_declared(ormc_linker *linker, const ormc_relation *relation);
static const char *type_name(const ormc_column *column);
static void settle_nullable(ormc_linker *linker, ormc_relation *relation, const ormc_node *node);
static void settle_actions(ormc_linker *linker, ormc_relation *relation, const ormc_node *node);
static void check_set_null(ormc_linker *linker, const ormc_relation *relation, const ormc_node *node, const char *key);
static void settle_unique(ormc_linker *linker, const ormc_relation *relation);

ormc_relation_draft *ormc_link_read_relation(ormc_linker *linker, const ormc_pair *pair)
{
    ormc_relation_draft *draft = ormc_link_alloc(linker, 1, sizeof *draft);
    const char *name = pair->key->text;
    const ormc_node *node = pair->value;
    draft->node = node;
    draft->broken = true;
    draft->relation = (ormc_relation){.place = pair->key->place,
                                      .name = name,
                                      .c_name = ormc_link_need(linker, ormc_names_member(linker->arena, name))};
    if (node->kind != ORMC_MAPPING) {
        ormc_report(linker->diagnostics, ORMC_E_RELATION_FORM, node->place,
                    "a relation is a mapping such as {many_to_one: author, column: author_id}");
        return draft;
    }
    ormc_link_check_keys(linker, node, ORMC_IN_RELATION);
    if (!read_kind(linker, draft))
        return draft;
    draft->broken = false;
    draft->relation.doc = ormc_link_text(node, "doc");
    ormc_link_c_name(linker, node, true, &draft->relation.c_name);
    draft->relation.nullable = ormc_link_truth(node, "nullable", false);
    draft->relation.indexed = ormc_link_truth(node, "index", false);
    draft->relation.unindexed = !ormc_link_truth(node, "index", true);
    read_columns(linker, draft);
    ormc_link_read_through(linker, draft);
    if (!draft->broken)
        check_side(linker, draft);
    draft->relation.orphan_delete = !draft->relation.owning && ormc_link_text(node, "orphan");
    draft->relation.on_delete = read_action(linker, draft, "on_delete");
    draft->relation.on_update = read_action(linker, draft, "on_update");
    return draft;
}

/* Exactly one of the keys that name a kind. */
static bool read_kind(ormc_linker *linker, ormc_relation_draft *draft)
{
    const char *found = NULL;
    for (size_t i = 0; i < KINDS; i++) {
        const ormc_node *target = ormc_node_find(draft->node, kinds[i].word);
        if (!target)
            continue;
        if (found) {
            ormc_report(linker->diagnostics, ORMC_E_RELATION_KIND, draft->relation.place,
                        "relation '%s' is both %s and %s", draft->relation.name, found, kinds[i].word);
            return false;
        }
        found = kinds[i].word;
        draft->relation.kind = kinds[i].kind;
        draft->relation.target_place = target->place;
        draft->target_name = ormc_link_text(draft->node, found);
    }
    bool misspelt = false;
    for (size_t i = 0; i < KINDS; i++)
        misspelt |= ormc_link_is_misspelt(draft->node, ORMC_IN_RELATION, kinds[i].word);
    if (!found && !misspelt)
        ormc_report(linker->diagnostics, ORMC_E_RELATION_KIND, draft->relation.place,
                    "relation '%s' has no kind: many_to_one, one_to_many, one_to_one or many_to_many",
                    draft->relation.name);
    return draft->target_name != NULL;
}

static void read_columns(ormc_linker *linker, ormc_relation_draft *draft)
{
    const ormc_node *one = ormc_node_find(draft->node, "column"), *list = ormc_link_list(draft->node, "columns");
    ormc_relation *relation = &draft->relation;
    relation->owning = relation->kind == ORMC_MANY_TO_ONE || (relation->kind == ORMC_ONE_TO_ONE && (one || list));
    bool slip = !one && !list &&
                (ormc_link_is_misspelt(draft->node, ORMC_IN_RELATION, "column") ||
                 ormc_link_is_misspelt(draft->node, ORMC_IN_RELATION, "columns"));
    draft->broken |= slip && (relation->owning || relation->kind == ORMC_ONE_TO_ONE);
    if (!relation->owning)
        return;
    if (one && list)
        ormc_report(linker->diagnostics, ORMC_E_COLUMN_AND_COLUMNS, list->place,
                    "relation '%s' has both 'column' and 'columns'", relation->name);
    if (list)
        draft->columns = ormc_link_words(linker, list);
    else if (ormc_link_text(draft->node, "column"))
        draft->columns = ormc_link_words(linker, one);
    draft->broken |= list && !draft->columns.count;
}

/* Keys that belong to the other side. */
static void check_side(ormc_linker *linker, const ormc_relation_draft *draft)
{
    enum { OWNER = 1, ONE = 2, MANY = 4, THROUGH = 8 };
    static const struct {
        const char *key;
        int sides; /* where it may stand */
        const char *belongs;
    } rules[] = {
        {"column", OWNER, "the side that owns the key"},
        {"columns", OWNER, "the side that owns the key"},
        {"nullable", OWNER, "the side that owns the key"},
        {"index", OWNER, "the side that owns the key"},
        {"on_delete", OWNER, "the side that owns the key"},
        {"on_update", OWNER, "the side that owns the key"},
        {"orphan", ONE | MANY, "the inverse side of a key"},
        {"order_by", MANY | THROUGH, "one_to_many and many_to_many"},
        {"through", THROUGH, "many_to_many"},
    };
    const ormc_relation *relation = &draft->relation;
    int side = relation->owning                      ? OWNER
               : relation->kind == ORMC_ONE_TO_ONE   ? ONE
               : relation->kind == ORMC_MANY_TO_MANY ? THROUGH
                                                     : MANY;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const ormc_node *value = ormc_node_find(draft->node, rules[i].key);
        if (value && !(rules[i].sides & side))
            ormc_report(linker->diagnostics, ORMC_E_WRONG_SIDE, value->place, "'%s' belongs to %s, and '%s' is %s",
                        rules[i].key, rules[i].belongs, relation->name, ormc_link_kind_name(relation));
    }
    const char *orphan = ormc_link_text(draft->node, "orphan");
    if (orphan && (side & (ONE | MANY)) && strcmp(orphan, "delete") != 0)
        ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_WORD, ormc_node_find(draft->node, "orphan")->place,
                    "'orphan' can only be 'delete', not '%s'", orphan);
}

const char *ormc_link_kind_name(const ormc_relation *relation)
{
    return relation->kind == ORMC_MANY_TO_ONE    ? "many_to_one"
           : relation->kind == ORMC_ONE_TO_MANY  ? "one_to_many"
           : relation->kind == ORMC_MANY_TO_MANY ? "many_to_many"
           : relation->owning                    ? "a one_to_one that owns its key"
                                                 : "the inverse side of a one_to_one";
}

static ormc_action read_action(ormc_linker *linker, const ormc_relation_draft *draft, const char *key)
{
    const char *words[ACTIONS], *said = ormc_link_text(draft->node, key);
    if (!said)
        return ORMC_ACTION_UNSAID;
    for (size_t i = 0; i < ACTIONS; i++) {
        words[i] = actions[i].word;
        if (strcmp(said, actions[i].word) == 0)
            return actions[i].action;
    }
    ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_WORD, ormc_node_find(draft->node, key)->place,
                "'%s' is cascade, set_null, restrict or no_action, not '%s'%s", key, said,
                ormc_link_hint(linker, said, words, ACTIONS));
    return ORMC_ACTION_UNSAID;
}

void ormc_link_find_target(ormc_linker *linker, ormc_relation_draft *draft)
{
    if (!draft->target_name || draft->target)
        return;
    ormc_model_draft *target = ormc_table_get(&linker->models, draft->target_name);
    if (target && !target->model->abstract) {
        draft->target = target;
        return;
    }
    draft->broken = true;
    if (target) {
        ormc_report(linker->diagnostics, ORMC_E_ABSTRACT_TARGET, draft->relation.target_place,
                    "relation '%s' refers to model '%s', which is abstract and has no rows", draft->relation.name,
                    draft->target_name);
        ormc_note(linker->diagnostics, target->model->place, "declared here");
        return;
    }
    ormc_word word = {.text = draft->target_name, .place = draft->relation.target_place};
    ormc_link_unknown_model(linker, "relation", draft->relation.name, "refers to", &word, false);
}

ormc_word_list ormc_link_foreign_key(ormc_linker *linker, const ormc_relation_draft *draft)
{
    if (!draft->relation.owning || draft->columns.count || !draft->target)
        return draft->columns;
    const ormc_word_list *key = &draft->target->key;
    ormc_word_list names = {.items = ormc_link_alloc(linker, key->count, sizeof *names.items), .count = key->count};
    for (size_t i = 0; i < key->count; i++) {
        const char *name = orm__arena_printf(linker->arena, "%s_%s", draft->relation.name, key->items[i].text);
        names.items[i] = (ormc_word){.text = ormc_link_need(linker, name), .place = draft->relation.place};
    }
    return names;
}

void ormc_link_bind(ormc_linker *linker, ormc_model_draft *draft)
{
    for (size_t i = 0; i < draft->model->relation_count; i++)
        if (draft->model->relations[i].owning && !draft->relations[i]->broken)
            bind_columns(linker, draft, i);
}

static void bind_columns(ormc_linker *linker, ormc_model_draft *draft, size_t index)
{
    ormc_relation *relation = &draft->model->relations[index];
    const ormc_model_draft *target = draft->relations[index]->target;
    ormc_word_list names = ormc_link_foreign_key(linker, draft->relations[index]);
    size_t count = target->model->primary_key_count;
    if (target->keyless && !draft->model->made) {
        ormc_report(linker->diagnostics, ORMC_E_TARGET_WITHOUT_KEY, relation->target_place,
                    "relation '%s' refers to model '%s', which has no primary key", relation->name,
                    target->model->name);
        ormc_note(linker->diagnostics, target->model->place, "declared here");
    }
    if (!count || count != target->key.count)
        return;
    if (names.count != count) {
        ormc_report(linker->diagnostics, ORMC_E_KEY_COUNT, names.count ? names.items[0].place : relation->place,
                    "relation '%s' has %zu column%s, and the primary key of '%s' has %zu%s", relation->name,
                    names.count, names.count == 1 ? "" : "s", target->model->name, count,
                    names.count == 1 ? ": name them in 'columns'" : "");
        return;
    }
    relation->columns = ormc_link_alloc(linker, count, sizeof *relation->columns);
    relation->target_columns = ormc_link_alloc(linker, count, sizeof *relation->target_columns);
    for (size_t i = 0; i < count; i++) {
        ormc_column *column = ormc_table_get(&draft->columns_by_name, names.items[i].text);
        if (!column)
            return;
        if (!column->relation)
            column->relation = relation;
        relation->columns[i] = column;
        relation->target_columns[i] = target->model->primary_key[i];
    }
    relation->column_count = count;
}

/* A made column has the type of what it refers to, which may itself be made. */
void ormc_link_types(ormc_linker *linker, ormc_model_draft *draft)
{
    ormc_model *model = draft->model;
    for (size_t i = draft->column_count; i < model->column_count; i++) {
        ormc_column *column = &model->columns[i];
        const ormc_column *source = chase_type(linker, column);
        if (source && source->type) {
            column->type = source->type;
            column->enumeration = source->enumeration;
            column->db_type = source->db_type;
            column->precision = source->precision;
            column->scale = source->scale;
        } else if (!source) {
            ormc_report(linker->diagnostics, ORMC_E_KEY_CYCLE, column->relation->place,
                        "the key of relation '%s' refers to itself, through the primary keys on its way",
                        column->relation->name);
            column->type = ormc_type_find("int64"); /* one message is enough for all on the way */
        }
    }
}

/* The column at the end of the chain; NULL when the chain has none. */
static const ormc_column *chase_type(const ormc_linker *linker, const ormc_column *column)
{
    size_t steps = 0;
    for (const ormc_column *next = column; next; next = referred(next)) {
        column = next;
        if (column->type)
            return column;
        if (steps++ > linker->package->model_count)
            return NULL;
    }
    return column;
}

static const ormc_column *referred(const ormc_column *column)
{
    const ormc_relation *relation = column->relation;
    for (size_t i = 0; relation && i < relation->column_count; i++)
        if (relation->columns[i] == column)
            return relation->target_columns[i];
    return NULL;
}

void ormc_link_owning(ormc_linker *linker, ormc_model_draft *draft)
{
    for (size_t i = 0; i < draft->model->relation_count; i++) {
        ormc_relation *relation = &draft->model->relations[i];
        if (!relation->owning || !relation->column_count)
            continue;
        check_declared(linker, relation);
        settle_nullable(linker, relation, draft->relations[i]->node);
        settle_actions(linker, relation, draft->relations[i]->node);
        settle_unique(linker, relation);
    }
}

static void check_declared(ormc_linker *linker, const ormc_relation *relation)
{
    for (size_t i = 0; i < relation->column_count; i++) {
        const ormc_column *column = relation->columns[i], *target = relation->target_columns[i];
        if (!column->type || !target->type ||
            (column->type == target->type && column->enumeration == target->enumeration && !column->array))
            continue;
        ormc_report(linker->diagnostics, ORMC_E_KEY_TYPE, column->place,
                    "column '%s' is %s, but the key '%s' of '%s' that relation '%s' refers to is %s", column->name,
                    type_name(column), target->name, relation->target->name, relation->name, type_name(target));
        ormc_note(linker->diagnostics, target->place, "the key is declared here");
    }
}

static const char *type_name(const ormc_column *column)
{
    return column->enumeration && !column->array ? column->enumeration->name : ormc_link_type_name(column);
}

static void settle_nullable(ormc_linker *linker, ormc_relation *relation, const ormc_node *node)
{
    const ormc_node *said = ormc_node_find(node, "nullable");
    bool any = false;
    for (size_t i = 0; i < relation->column_count; i++)
        any |= relation->columns[i]->nullable;
    if (said && ormc_link_is_truth(said) && any != relation->nullable)
        ormc_report(linker->diagnostics, ORMC_E_RELATION_NULLABLE, said->place,
                    "relation '%s' is %s, but its column '%s' is %s", relation->name,
                    relation->nullable ? "nullable" : "not nullable", relation->columns[0]->name,
                    relation->nullable ? "NOT NULL" : "nullable");
    relation->nullable = any;
}

static void settle_actions(ormc_linker *linker, ormc_relation *relation, const ormc_node *node)
{
    bool all = true;
    if (relation->model->view) { /* of which nothing is deleted, whatever becomes of other rows */
        relation->on_delete = ORMC_ACTION_RESTRICT;
        relation->on_update = ORMC_ACTION_NO_ACTION;
        return;
    }
    for (size_t i = 0; i < relation->column_count; i++)
        all &= relation->columns[i]->nullable;
    if (relation->on_delete == ORMC_ACTION_SET_NULL && !all)
        check_set_null(linker, relation, node, "on_delete");
    if (relation->on_update == ORMC_ACTION_SET_NULL && !all)
        check_set_null(linker, relation, node, "on_update");
    if (relation->on_delete == ORMC_ACTION_UNSAID)
        relation->on_delete = all ? ORMC_ACTION_SET_NULL : ORMC_ACTION_RESTRICT;
    if (relation->on_update == ORMC_ACTION_UNSAID)
        relation->on_update = ORMC_ACTION_NO_ACTION;
}

static void check_set_null(ormc_linker *linker, const ormc_relation *relation, const ormc_node *node, const char *key)
{
    if (!ormc_link_is_misspelt(node, ORMC_IN_RELATION, "nullable"))
        ormc_report(linker->diagnostics, ORMC_E_SET_NULL, ormc_node_find(node, key)->place,
                    "'set_null' needs a nullable key: relation '%s' needs 'nullable: true'", relation->name);
}

/* The key of an owning one_to_one occurs once; a composite one gets an index (link_indexes.c). */
static void settle_unique(ormc_linker *linker, const ormc_relation *relation)
{
    if (relation->kind == ORMC_ONE_TO_ONE && relation->column_count == 1) {
        ormc_column *column = column_of(linker, relation->columns[0]);
        column->unique = !(column->primary_key && relation->model->primary_key_count == 1);
    }
}

static ormc_column *column_of(const ormc_linker *linker, const ormc_column *column)
{
    const ormc_model_draft *draft = ormc_table_get(&linker->models, column->model->name);
    return &draft->model->columns[column->index];
}
