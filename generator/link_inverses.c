/* link_inverses.c -- both sides of relations: which one belongs to which, and whether they agree.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"

#include <string.h>

static bool is_without_key(ormc_linker *linker, const ormc_relation *relation, const ormc_model_draft *draft,
                           const ormc_model_draft *target);
static ormc_relation *find_owner(ormc_linker *linker, const ormc_relation_draft *draft, const ormc_model *model);
static const char *hint_relations(ormc_linker *linker, const ormc_model *target, const ormc_model *model,
                                  const char *word, bool owning);

void ormc_link_inverses(ormc_linker *linker, ormc_model_draft *draft)
{
    ormc_model *model = draft->model;
    for (size_t i = 0; i < model->relation_count; i++) {
        ormc_relation *relation = &model->relations[i];
        ormc_relation_draft *read = draft->relations[i];
        if (relation->owning || read->broken || is_without_key(linker, relation, draft, read->target))
            continue;
        const ormc_node *order_by = ormc_node_find(read->node, "order_by");
        if (order_by && relation->kind != ORMC_ONE_TO_ONE)
            relation->order_by = ormc_link_order(linker, read->target, order_by, &relation->order_by_count);
        if (relation->kind == ORMC_MANY_TO_MANY)
            continue;
        ormc_relation *owner = find_owner(linker, read, model);
        if (!owner)
            continue;
        if (owner->inverse) {
            ormc_report(linker->diagnostics, ORMC_E_TWO_INVERSES, relation->place,
                        "relation '%s' of '%s' has two inverse sides: '%s' and '%s'", owner->name, owner->model->name,
                        owner->inverse->name, relation->name);
            ormc_note(linker->diagnostics, owner->inverse->place, "the other one is here");
            continue;
        }
        relation->inverse = owner;
        owner->inverse = relation;
    }
}

/* Only rows with a key become entities, which collections are made of. */
static bool is_without_key(ormc_linker *linker, const ormc_relation *relation, const ormc_model_draft *draft,
                           const ormc_model_draft *target)
{
    const ormc_model_draft *ends[] = {draft, target};
    for (size_t i = 0; i < 2; i++) {
        if (!ends[i]->keyless)
            continue;
        ormc_report(linker->diagnostics, ORMC_E_TARGET_WITHOUT_KEY, relation->place,
                    "relation '%s' needs a primary key on both sides, and model '%s' has none", relation->name,
                    ends[i]->model->name);
        return true;
    }
    return false;
}

/* The owning relation that an inverse side names, when it is there, points back, and is of the right kind. */
static ormc_relation *find_owner(ormc_linker *linker, const ormc_relation_draft *draft, const ormc_model *model)
{
    const ormc_relation *relation = &draft->relation;
    const ormc_model *target = draft->target->model;
    const char *name = ormc_link_text(draft->node, "inverse");
    if (!name) {
        if (!ormc_link_is_misspelt(draft->node, ORMC_IN_RELATION, "inverse"))
            ormc_report(linker->diagnostics, ORMC_E_NO_INVERSE, relation->place,
                        "relation '%s' needs 'inverse', the relation of '%s' that points back%s%s", relation->name,
                        target->name, relation->kind == ORMC_ONE_TO_ONE ? ", or 'column' to own the key itself" : "",
                        hint_relations(linker, target, model, NULL, true));
        return NULL;
    }
    ormc_place place = ormc_node_find(draft->node, "inverse")->place;
    ormc_relation *owner = ormc_link_find_relation(target, name);
    const ormc_relation_kind wanted = relation->kind == ORMC_ONE_TO_MANY ? ORMC_MANY_TO_ONE : ORMC_ONE_TO_ONE;
    if (!owner) {
        if (!draft->target->incomplete)
            ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_RELATION, place, "model '%s' has no relation '%s'%s",
                        target->name, name, hint_relations(linker, target, model, name, true));
        return NULL;
    }
    if (!owner->target || draft->target->relations[owner->index]->broken)
        return NULL;
    if (owner->target == model && owner->owning && owner->kind == wanted)
        return owner;
    if (owner->target != model)
        ormc_report(linker->diagnostics, ORMC_E_WRONG_INVERSE, place,
                    "relation '%s' of '%s' points to '%s', not back to '%s'", name, target->name, owner->target->name,
                    model->name);
    else
        ormc_report(linker->diagnostics, ORMC_E_WRONG_INVERSE, place,
                    "the inverse of '%s' must be %s that owns the key, and '%s' is %s", relation->name,
                    wanted == ORMC_MANY_TO_ONE ? "a many_to_one" : "a one_to_one", name, ormc_link_kind_name(owner));
    ormc_note(linker->diagnostics, owner->place, "'%s' is declared here", name);
    return NULL;
}

ormc_relation *ormc_link_find_relation(const ormc_model *model, const char *name)
{
    for (size_t i = 0; i < model->relation_count; i++)
        if (strcmp(model->relations[i].name, name) == 0)
            return &model->relations[i];
    return NULL;
}

/* Of the target's relations to the model, those that own the key or those that do not: the one near to the word, or,
 * without a word, the only one. */
static const char *hint_relations(ormc_linker *linker, const ormc_model *target, const ormc_model *model,
                                  const char *word, bool owning)
{
    const char **names = ormc_link_alloc(linker, target->relation_count, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < target->relation_count; i++)
        if (target->relations[i].owning == owning && target->relations[i].target == model)
            names[count++] = target->relations[i].name;
    if (word)
        return ormc_link_hint(linker, word, names, count);
    return count == 1 ? ormc_link_hint(linker, names[0], names, count) : "";
}

void ormc_link_agree(ormc_linker *linker, ormc_model_draft *draft)
{
    for (size_t i = 0; i < draft->model->relation_count; i++) {
        const ormc_relation *relation = &draft->model->relations[i];
        const ormc_relation_draft *read = draft->relations[i];
        const char *name = ormc_link_text(read->node, "inverse");
        if (!relation->owning || !name || !read->target)
            continue;
        if (relation->inverse && strcmp(relation->inverse->name, name) == 0)
            continue;
        ormc_place place = ormc_node_find(read->node, "inverse")->place;
        const ormc_relation *other = ormc_link_find_relation(read->target->model, name);
        if (relation->inverse) {
            ormc_report(linker->diagnostics, ORMC_E_WRONG_INVERSE, place,
                        "relation '%s' names '%s' as its inverse, but is named by '%s'", relation->name, name,
                        relation->inverse->name);
            ormc_note(linker->diagnostics, relation->inverse->place, "declared here");
        } else if (!other && !read->target->incomplete) {
            ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_RELATION, place, "model '%s' has no relation '%s'%s",
                        read->target->model->name, name,
                        hint_relations(linker, read->target->model, draft->model, name, false));
        } else if (other && (other->owning || other->inverse)) {
            ormc_report(linker->diagnostics, ORMC_E_WRONG_INVERSE, place,
                        "relation '%s' of '%s' is not the inverse of '%s'", name, read->target->model->name,
                        relation->name);
            ormc_note(linker->diagnostics, other->place, "declared here");
        }
    }
}
