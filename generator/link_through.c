/* link_through.c -- many_to_many relations: the model that each goes through, made when nobody declares it, and the two
 * sides of each.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"
#include "names.h"

#include <string.h>

static void make_for(ormc_linker *linker, ormc_model_draft *draft, ormc_relation_draft *relation,
                     ormc_model_draft **made, size_t *count);
static void check_same_pair(ormc_linker *linker, const ormc_model_draft *draft, ormc_relation_draft *relation,
                            const ormc_model_draft *made);
static ormc_relation_draft *make_side(ormc_linker *linker, ormc_model_draft *made, const ormc_word *said,
                                      ormc_model_draft *target);
static void put_behind_their_files(ormc_linker *linker, ormc_model_draft *const *made, size_t count);
static const ormc_relation *find_side(ormc_linker *linker, const ormc_relation_draft *read,
                                      const ormc_model_draft *between, const ormc_word *said, const ormc_model *target,
                                      const ormc_relation *other);
static const ormc_relation *find_said(ormc_linker *linker, const ormc_model_draft *between, const ormc_word *said,
                                      const ormc_model *target);
static void pair_named(ormc_linker *linker, ormc_relation *relation, const ormc_relation_draft *read);
static ormc_relation *find_other(ormc_linker *linker, const ormc_relation *relation, const ormc_relation_draft *read);
static bool are_swapped(const ormc_relation *a, const ormc_relation *b);

void ormc_link_read_through(ormc_linker *linker, ormc_relation_draft *draft)
{
    const ormc_node *through = ormc_node_find(draft->node, "through"), *node = draft->node;
    const char *name = draft->relation.name;
    if (draft->relation.kind != ORMC_MANY_TO_MANY)
        return;
    if (!through) {
        if (!ormc_node_find(node, "inverse") && !ormc_link_is_misspelt(node, ORMC_IN_RELATION, "inverse") &&
            !ormc_link_is_misspelt(node, ORMC_IN_RELATION, "through"))
            ormc_report(linker->diagnostics, ORMC_E_NO_THROUGH, draft->relation.place,
                        "relation '%s' needs 'through', the name of the model between (made when nobody declares it)",
                        name);
        draft->broken = !ormc_link_text(node, "inverse") || ormc_link_is_misspelt(node, ORMC_IN_RELATION, "through");
        return;
    }
    if (through->kind == ORMC_MAPPING) {
        ormc_link_check_keys(linker, through, ORMC_IN_THROUGH);
        draft->through = ormc_link_word(through, "model");
        draft->from = ormc_link_word(through, "from");
        draft->to = ormc_link_word(through, "to");
    } else {
        draft->through = ormc_link_word(node, "through");
    }
    bool slip = ormc_link_is_misspelt(through, ORMC_IN_THROUGH, "model");
    draft->broken = !draft->through.text || ormc_link_is_misspelt(through, ORMC_IN_THROUGH, "from") ||
                    ormc_link_is_misspelt(through, ORMC_IN_THROUGH, "to");
    if (!draft->through.text && !slip)
        ormc_report(linker->diagnostics, ORMC_E_THROUGH_FORM, through->place,
                    "'through' is the name of a model, or a mapping such as {model: post_tag, from: post, to: tag}");
}

void ormc_link_make_through(ormc_linker *linker)
{
    size_t most = 0, count = 0;
    for (size_t i = 0; i < linker->package->model_count; i++)
        most += linker->drafts[i]->relation_count;
    ormc_model_draft **made = ormc_link_alloc(linker, most, sizeof *made);
    for (size_t i = 0; i < linker->package->model_count; i++) {
        ormc_model_draft *draft = linker->drafts[i];
        for (size_t k = 0; k < draft->relation_count && !draft->model->abstract; k++)
            if (draft->relations[k]->through.text && !draft->relations[k]->broken)
                make_for(linker, draft, draft->relations[k], made, &count);
    }
    if (count)
        put_behind_their_files(linker, made, count);
}

static void make_for(ormc_linker *linker, ormc_model_draft *draft, ormc_relation_draft *relation,
                     ormc_model_draft **made, size_t *count)
{
    const ormc_word *name = &relation->through;
    ormc_model_draft *there = ormc_table_get(&linker->models, name->text);
    if (there) {
        if (there->model->made)
            check_same_pair(linker, draft, relation, there);
        return;
    }
    ormc_model_draft *fresh = ormc_link_alloc(linker, 1, sizeof *fresh);
    fresh->model = ormc_link_alloc(linker, 1, sizeof *fresh->model);
    *fresh->model = (ormc_model){.place = name->place,
                                 .file = draft->model->file,
                                 .name = name->text,
                                 .c_name = ormc_link_part(linker, name->text),
                                 .table = name->text,
                                 .schema = draft->model->schema,
                                 .made = true};
    ormc_link_add(linker, &linker->models, name->text, fresh);
    made[(*count)++] = fresh;
    if (relation->target == draft && (!relation->from.text || !relation->to.text)) {
        ormc_report(linker->diagnostics, ORMC_E_THROUGH_ITSELF, name->place,
                    "relation '%s' leads from '%s' to itself: name both ends, as in {model: %s, from: a, to: b}",
                    relation->relation.name, draft->model->name, name->text);
        relation->broken = fresh->incomplete = true;
        return;
    }
    fresh->relations = ormc_link_alloc(linker, 2, sizeof *fresh->relations);
    fresh->relations[0] = make_side(linker, fresh, &relation->from, draft);
    fresh->relations[1] = make_side(linker, fresh, &relation->to, relation->target);
    if (fresh->relations[1])
        fresh->relations[1]->relation.indexed = true; /* the primary key begins with the other end */
    fresh->relation_count = fresh->relations[1] ? 2 : 0;
    if (fresh->relation_count)
        return;
    relation->broken = fresh->incomplete = true;
    ormc_report(linker->diagnostics, ORMC_E_THROUGH_ENDS, relation->to.text ? relation->to.place : relation->from.place,
                "both ends of '%s' would have one name", name->text);
}

static void check_same_pair(ormc_linker *linker, const ormc_model_draft *draft, ormc_relation_draft *relation,
                            const ormc_model_draft *made)
{
    if (!made->relation_count)
        return;
    const ormc_model_draft *ends[] = {made->relations[0]->target, made->relations[1]->target};
    if ((ends[0] == draft && ends[1] == relation->target) || (ends[1] == draft && ends[0] == relation->target))
        return;
    ormc_report(linker->diagnostics, ORMC_E_THROUGH_MADE, relation->through.place,
                "model '%s' is made to go from '%s' to '%s', and relation '%s' leads from '%s' to '%s'",
                made->model->name, ends[0]->model->name, ends[1]->model->name, relation->relation.name,
                draft->model->name, relation->target->model->name);
    ormc_note(linker->diagnostics, made->model->place, "made here");
    relation->broken = true;
}

/* A many_to_one that has the name said, or its target's; NULL when the other end has that name. */
static ormc_relation_draft *make_side(ormc_linker *linker, ormc_model_draft *made, const ormc_word *said,
                                      ormc_model_draft *target)
{
    ormc_relation_draft *side = ormc_link_alloc(linker, 1, sizeof *side);
    const char *name = said->text ? said->text : target->model->name;
    ormc_place place = said->text ? said->place : made->model->place;
    side->target_name = target->model->name;
    side->target = target;
    side->relation = (ormc_relation){.place = place,
                                     .name = name,
                                     .c_name = ormc_link_need(linker, ormc_names_member(linker->arena, name)),
                                     .kind = ORMC_MANY_TO_ONE,
                                     .owning = true,
                                     .on_delete = ORMC_ACTION_CASCADE,
                                     .target_place = place};
    ormc_member *member = ormc_link_alloc(linker, 1, sizeof *member);
    *member = (ormc_member){.place = place, .draft = side};
    if (ormc_link_add(linker, &made->members, name, member) != member)
        return NULL;
    return side;
}

static void put_behind_their_files(ormc_linker *linker, ormc_model_draft *const *made, size_t count)
{
    ormc_package *package = linker->package;
    ormc_model_draft **drafts = linker->drafts, **all;
    size_t old_count = package->model_count;
    all = ormc_link_alloc(linker, old_count + count, sizeof *all);
    package->models = ormc_link_alloc(linker, old_count + count, sizeof *package->models);
    package->model_count = 0;
    for (size_t i = 0; i < package->file_count; i++) {
        const ormc_file *file = &package->files[i];
        for (size_t k = 0; k < old_count + count; k++) {
            ormc_model_draft *draft = k < old_count ? drafts[k] : made[k - old_count];
            if (draft->model->file != file)
                continue;
            all[package->model_count] = draft;
            package->models[package->model_count++] = draft->model;
        }
    }
    linker->drafts = all;
}

void ormc_link_name_made_key(ormc_linker *linker, ormc_model_draft *draft)
{
    if (!draft->model->made || !draft->relation_count)
        return;
    ormc_word_list ends[] = {ormc_link_foreign_key(linker, draft->relations[0]),
                             ormc_link_foreign_key(linker, draft->relations[1])};
    draft->key.items = ormc_link_alloc(linker, ends[0].count + ends[1].count, sizeof *draft->key.items);
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < ends[i].count; k++)
            draft->key.items[draft->key.count++] = ends[i].items[k];
    draft->incomplete |= !ends[0].count || !ends[1].count;
}

void ormc_link_through(ormc_linker *linker, ormc_model_draft *draft)
{
    for (size_t i = 0; i < draft->model->relation_count; i++) {
        ormc_relation *relation = &draft->model->relations[i];
        const ormc_relation_draft *read = draft->relations[i];
        if (relation->kind != ORMC_MANY_TO_MANY || read->broken || !read->through.text)
            continue;
        const ormc_model_draft *between = ormc_table_get(&linker->models, read->through.text);
        if (between->model->abstract) {
            ormc_report(linker->diagnostics, ORMC_E_ABSTRACT_TARGET, read->through.place,
                        "relation '%s' goes through model '%s', which is abstract and has no rows", relation->name,
                        between->model->name);
            continue;
        }
        bool from_first = read->from.text || !read->to.text;
        const ormc_model *target = read->target->model;
        if (from_first)
            relation->through_source = find_side(linker, read, between, &read->from, draft->model, NULL);
        if (!from_first || relation->through_source)
            relation->through_target = find_side(linker, read, between, &read->to, target, relation->through_source);
        if (!from_first && relation->through_target)
            relation->through_source = find_side(linker, read, between, &read->from, draft->model,
                                                 relation->through_target);
    }
}

/* The relation of the model between that leads to the target: the one said, or the only one besides the other end. */
static const ormc_relation *find_side(ormc_linker *linker, const ormc_relation_draft *read,
                                      const ormc_model_draft *between, const ormc_word *said, const ormc_model *target,
                                      const ormc_relation *other)
{
    if (said->text)
        return find_said(linker, between, said, target);
    const ormc_relation *found = NULL;
    size_t count = 0;
    for (size_t i = 0; i < between->model->relation_count; i++) {
        const ormc_relation *candidate = &between->model->relations[i];
        if (!candidate->owning || candidate->target != target || candidate == other)
            continue;
        found = candidate;
        count++;
    }
    if (count == 1 || between->incomplete)
        return count == 1 ? found : NULL;
    ormc_report(linker->diagnostics, count ? ORMC_E_THROUGH_AMBIGUOUS : ORMC_E_THROUGH_NOWHERE, read->through.place,
                count ? "model '%s' has several relations to '%s': say which, as in {model: %s, from: a, to: b}"
                      : "model '%s' has no relation to '%s'",
                between->model->name, target->name, between->model->name);
    ormc_note(linker->diagnostics, between->model->place, "declared here");
    return NULL;
}

static const ormc_relation *find_said(ormc_linker *linker, const ormc_model_draft *between, const ormc_word *said,
                                      const ormc_model *target)
{
    const ormc_model *model = between->model;
    const ormc_relation *found = ormc_link_find_relation(model, said->text);
    if (found && (!found->target || (found->owning && found->target == target)))
        return found->target ? found : NULL;
    if (found) {
        ormc_report(linker->diagnostics, ORMC_E_THROUGH_SIDE, said->place,
                    "relation '%s' of '%s' is no many_to_one to '%s'", said->text, model->name, target->name);
        ormc_note(linker->diagnostics, found->place, "declared here");
        return NULL;
    }
    const char **names = ormc_link_alloc(linker, model->relation_count, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < model->relation_count; i++)
        if (model->relations[i].owning && model->relations[i].target == target)
            names[count++] = model->relations[i].name;
    if (!between->incomplete)
        ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_RELATION, said->place, "model '%s' has no relation '%s'%s",
                    model->name, said->text, ormc_link_hint(linker, said->text, names, count));
    return NULL;
}

void ormc_link_pair(ormc_linker *linker, ormc_model_draft *draft)
{
    for (size_t i = 0; i < draft->model->relation_count; i++)
        if (draft->model->relations[i].kind == ORMC_MANY_TO_MANY && !draft->relations[i]->broken &&
            ormc_link_text(draft->relations[i]->node, "inverse"))
            pair_named(linker, &draft->model->relations[i], draft->relations[i]);
}

static void pair_named(ormc_linker *linker, ormc_relation *relation, const ormc_relation_draft *read)
{
    ormc_relation *other = find_other(linker, relation, read);
    if (!other)
        return;
    const ormc_relation_draft *other_read = read->target->relations[other->index];
    if (!read->through.text && !other_read->through.text) {
        if (!relation->inverse)
            ormc_report(linker->diagnostics, ORMC_E_NO_THROUGH, relation->place,
                        "neither '%s' nor its inverse says 'through', the model between", relation->name);
        relation->inverse = other;
        other->inverse = relation;
        return;
    }
    if (!read->through.text) {
        relation->through_source = other->through_target;
        relation->through_target = other->through_source;
    }
    ormc_place place = ormc_node_find(read->node, "inverse")->place;
    bool both = relation->through_source && other->through_source;
    if (both && !are_swapped(relation, other)) {
        ormc_report(linker->diagnostics, ORMC_E_WRONG_INVERSE, place, "'%s' does not go the way of '%s' back",
                    relation->name, other->name);
        ormc_note(linker->diagnostics, other->place, "declared here");
        return;
    }
    if (other->inverse && other->inverse != relation) {
        ormc_report(linker->diagnostics, ORMC_E_TWO_INVERSES, place,
                    "relation '%s' of '%s' has two inverse sides: '%s' and '%s'", other->name, other->model->name,
                    other->inverse->name, relation->name);
        ormc_note(linker->diagnostics, other->inverse->place, "the other one is here");
        return;
    }
    relation->inverse = other;
    if (other_read->through.text)
        other->inverse = relation;
}

/* A many_to_many of the target, back to the model. */
static ormc_relation *find_other(ormc_linker *linker, const ormc_relation *relation, const ormc_relation_draft *read)
{
    const char *name = ormc_link_text(read->node, "inverse");
    ormc_place place = ormc_node_find(read->node, "inverse")->place;
    const ormc_model *target = relation->target;
    ormc_relation *other = ormc_link_find_relation(target, name);
    if (other && (!other->target || read->target->relations[other->index]->broken))
        return NULL;
    if (other && other != relation && other->kind == ORMC_MANY_TO_MANY && other->target == relation->model)
        return other;
    if (other) {
        ormc_report(linker->diagnostics, ORMC_E_WRONG_INVERSE, place,
                    "relation '%s' of '%s' is no many_to_many back to '%s'", name, target->name, relation->model->name);
        ormc_note(linker->diagnostics, other->place, "declared here");
        return NULL;
    }
    const char **names = ormc_link_alloc(linker, target->relation_count, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < target->relation_count; i++)
        if (target->relations[i].kind == ORMC_MANY_TO_MANY && target->relations[i].target == relation->model)
            names[count++] = target->relations[i].name;
    if (!read->target->incomplete)
        ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_RELATION, place, "model '%s' has no relation '%s'%s",
                    target->name, name, ormc_link_hint(linker, name, names, count));
    return NULL;
}

static bool are_swapped(const ormc_relation *a, const ormc_relation *b)
{
    return a->through_source == b->through_target && a->through_target == b->through_source;
}

void ormc_link_pair_rest(ormc_linker *linker, ormc_model_draft *draft)
{
    (void)linker;
    for (size_t i = 0; i < draft->model->relation_count; i++) {
        ormc_relation *relation = &draft->model->relations[i];
        if (!relation->through_source || relation->inverse)
            continue;
        for (size_t k = 0; k < relation->target->relation_count && !relation->inverse; k++) {
            ormc_relation *other = &draft->relations[i]->target->model->relations[k];
            if (other == relation || other->inverse || !other->through_source || !are_swapped(relation, other))
                continue;
            relation->inverse = other;
            other->inverse = relation;
        }
    }
}
