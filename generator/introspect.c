/* introspect.c -- from settled tables to relations between models: who refers to whom, how often, through what, and
 * under which names. Writing them down is introspect_write.c's.
 * SPDX-License-Identifier: MIT */
#include "introspect.h"

#include "format.h"

#include <string.h>
#include <strings.h>

static void lay_out(shown_schema *s, const orm__text *text, orm__text *out);
static void find_owning(shown_schema *s, shown_model *model);
static void add_owning(shown_schema *s, shown_model *model, const ormc_snapshot_foreign_key *key);
static shown_model *find_model(shown_schema *s, const char *schema, const char *table);
static bool refers_to_key(shown_schema *s, shown_model *model, const ormc_snapshot_foreign_key *key,
                          const shown_model *target, shown_relation *relation);
static size_t first_column(const shown_model *model, const shown_relation *relation);
static void sort_by_column(shown_model *model);
static void name_owning(shown_schema *s, shown_model *model, shown_relation *relation);
static const char *without_ending(shown_schema *s, const char *column, const shown_relation *relation);
static bool is_join(const shown_model *model);
static shown_relation *add_relation(shown_schema *s, shown_model *model);
static void add_inverse(shown_schema *s, shown_model *model, const shown_relation *owning);
static bool is_alone(const shown_model *model, const shown_relation *relation);
static void join(shown_schema *s, shown_model *between);
static const char *add_many(shown_schema *s, shown_model *between, size_t from, size_t to, const char *inverse);
static bool is_made_just_so(shown_schema *s, const shown_model *between);
static void find_made(shown_model *model);
static bool is_made(const shown_model *model, size_t column, size_t *relation);

bool ormc_introspect(ormc_settled *settled, const ormc_introspect_options *options, orm__arena *arena, orm__text *out)
{
    orm__text text = {0};
    shown_schema s = {.settled = settled, .options = options, .arena = arena, .out = &text};
    shown_name_models(&s);
    shown_find_relations(&s);
    if (!s.failed)
        shown_write(&s);
    if (!s.failed && !text.failed)
        lay_out(&s, &text, out);
    s.failed |= text.failed || out->failed;
    orm__text_release(&text);
    return !s.failed;
}

static void lay_out(shown_schema *s, const orm__text *text, orm__text *out)
{
    ormc_diagnostics *diagnostics = ormc_diagnostics_new();
    size_t before = out->length;
    s->failed |= !diagnostics || !ormc_format("introspected", text->data, text->length, diagnostics, out);
    if (!s->failed && out->length == before)
        orm__text_bytes(out, text->data, text->length);
    ormc_diagnostics_free(diagnostics);
}

void shown_find_relations(shown_schema *s)
{
    for (size_t i = 0; i < s->model_count && !s->failed; i++)
        find_owning(s, &s->models[i]);
    for (size_t i = 0; i < s->model_count && !s->failed; i++) {
        shown_model *model = &s->models[i];
        if (is_join(model))
            join(s, model);
        else if (model->table->from->primary_key_count) /* rows without a key cannot be listed */
            for (size_t k = 0; k < model->owning_count; k++)
                add_inverse(s, model, &model->relations[k]);
    }
    for (size_t i = 0; i < s->model_count && !s->failed; i++) {
        find_made(&s->models[i]);
        shown_note_names(s, &s->models[i]);
    }
}

static void find_owning(shown_schema *s, shown_model *model)
{
    const ormc_snapshot_table *table = model->table->from;
    for (size_t i = 0; i < table->foreign_key_count && !s->failed; i++)
        add_owning(s, model, &table->foreign_keys[i]);
    model->owning_count = model->relation_count;
    sort_by_column(model);
    for (size_t i = 0; i < model->owning_count && !s->failed; i++)
        name_owning(s, model, &model->relations[i]);
}

static void add_owning(shown_schema *s, shown_model *model, const ormc_snapshot_foreign_key *key)
{
    shown_model *target = find_model(s, key->schema, key->table);
    shown_relation made = {.key = key, .target = target, .nullable = false};
    if (!target || !refers_to_key(s, model, key, target, &made)) {
        orm__text text = {0};
        for (size_t i = 0; i < key->columns.count; i++)
            orm__text_printf(&text, "%s%s", i ? ", " : "", key->columns.items[i]);
        const char *note = shown_printf(s, "foreign key (%s) refers to %s: %s", text.data ? text.data : "", key->table,
                                        target ? "not its primary key, or of another type" : "not read here");
        shown_note(s, model, note);
        s->failed |= text.failed;
        orm__text_release(&text);
        return;
    }
    shown_relation *relation = add_relation(s, model);
    if (s->failed)
        return;
    bool unique = shown_is_unique(model->table->from, made.columns, made.column_count);
    *relation = made;
    relation->kind = unique ? "one_to_one" : "many_to_one";
}

static shown_model *find_model(shown_schema *s, const char *schema, const char *table)
{
    for (size_t i = 0; i < s->model_count; i++)
        if (!s->models[i].table->view && ormc_same(s->models[i].table->from->name, table) &&
            ormc_same(s->models[i].table->from->schema, schema))
            return &s->models[i];
    return NULL;
}

/* Puts the columns in the order of the target's primary key; false when the key refers to anything else. */
static bool refers_to_key(shown_schema *s, shown_model *model, const ormc_snapshot_foreign_key *key,
                          const shown_model *target, shown_relation *relation)
{
    const ormc_snapshot_table *far = target->table->from;
    size_t count = key->columns.count;
    if (!far->primary_key_count || far->primary_key->columns.count != count)
        return false;
    relation->columns = orm__arena_zalloc(s->arena, count, sizeof *relation->columns);
    s->failed |= !relation->columns;
    for (size_t i = 0; i < count && !s->failed; i++) {
        const char *wanted = far->primary_key->columns.items[i], *found = NULL;
        for (size_t k = 0; k < count; k++)
            if (strcmp(key->target_columns.items[k], wanted) == 0)
                found = key->columns.items[k];
        const ormc_settled_column *near = found ? ormc_settled_column_of(model->table, found) : NULL;
        if (!near || !ormc_settled_same_type(near, ormc_settled_column_of(target->table, wanted)))
            return false;
        relation->columns[relation->column_count++] = found;
        relation->nullable |= !near->not_null;
    }
    return !s->failed;
}

static void sort_by_column(shown_model *model)
{
    for (size_t i = 1; i < model->owning_count; i++)
        for (size_t k = i;
             k > 0 && first_column(model, &model->relations[k]) < first_column(model, &model->relations[k - 1]); k--) {
            shown_relation swapped = model->relations[k];
            model->relations[k] = model->relations[k - 1];
            model->relations[k - 1] = swapped;
        }
}

static size_t first_column(const shown_model *model, const shown_relation *relation)
{
    size_t first = model->table->column_count;
    for (size_t i = 0; i < relation->column_count; i++) {
        size_t at = (size_t)(ormc_settled_column_of(model->table, relation->columns[i]) - model->table->columns);
        first = at < first ? at : first;
    }
    return first;
}

/* "author" of author_id; the target's name where that says nothing or is taken. */
static void name_owning(shown_schema *s, shown_model *model, shown_relation *relation)
{
    const char *target = shown_singular(s, relation->target->name);
    const char *last = relation->columns[relation->column_count - 1];
    bool alone = is_alone(model, relation), one = relation->column_count == 1;
    const char *own = one || !alone ? without_ending(s, last, relation) : target;
    const char *with = strcmp(last, target) == 0 ? target : shown_printf(s, "%s_%s", last, target);
    const char *wanted[] = {own ? own : alone ? target : with, shown_printf(s, "%s_%s", last, target)};
    relation->stem = own ? own : last;
    relation->name = shown_take_member(s, model, wanted, 2);
}

/* NULL when there is no such ending. */
static const char *without_ending(shown_schema *s, const char *column, const shown_relation *relation)
{
    static const char *const endings[] = {"_id", "Id", "ID", "_fk", "_key", "_no", "_code", "_uuid"};
    const char *key = relation->target->table->from->primary_key->columns.items[0];
    const char *ending = shown_printf(s, "_%s", key);
    size_t length = strlen(column), size = strlen(ending);
    if (length > size && strcasecmp(column + length - size, ending) == 0)
        return shown_printf(s, "%.*s", (int)(length - size), column);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size = strlen(endings[i]);
        if (length > size && strcmp(column + length - size, endings[i]) == 0)
            return shown_printf(s, "%.*s", (int)(length - size), column);
    }
    return NULL;
}

/* Nothing but two keys, which are its primary key. */
static bool is_join(const shown_model *model)
{
    const ormc_settled_table *table = model->table;
    size_t held = 0;
    if (model->owning_count != 2 || !table->from->primary_key_count ||
        table->from->primary_key->columns.count != table->column_count)
        return false;
    for (size_t i = 0; i < 2; i++) {
        held += model->relations[i].column_count;
        if (strcmp(model->relations[i].kind, "many_to_one") != 0)
            return false;
    }
    return held == table->column_count && table->from->foreign_key_count == 2;
}

static shown_relation *add_relation(shown_schema *s, shown_model *model)
{
    catalog_reader r = {.arena = s->arena};
    model->relations = catalog_grow(&r, model->relations, model->relation_count, sizeof *model->relations);
    s->failed |= r.failed;
    if (s->failed)
        return NULL;
    return &model->relations[model->relation_count++];
}

/* The other side: "posts" of an author, "author_posts" where several lead there. */
static void add_inverse(shown_schema *s, shown_model *model, const shown_relation *owning)
{
    shown_model *target = &s->models[owning->target - s->models];
    const shown_relation of = *owning;
    bool one = strcmp(of.kind, "one_to_one") == 0;
    const char *name = one ? shown_singular(s, model->name) : shown_plural(s, model->name);
    const char *with = shown_printf(s, "%s_%s", of.stem, name);
    const char *children = strcmp(of.stem, "parent") == 0 && target == model && !one ? "children" : NULL;
    const char *wanted[] = {children ? children : is_alone(model, &of) ? name : with, with};
    shown_relation *relation = add_relation(s, target);
    if (s->failed)
        return;
    *relation = (shown_relation){.kind = one ? "one_to_one" : "one_to_many",
                                 .target = model,
                                 .inverse = of.name,
                                 .name = shown_take_member(s, target, wanted, 2)};
}

/* The only one of the model that leads there, and not to itself. */
static bool is_alone(const shown_model *model, const shown_relation *relation)
{
    size_t count = relation->target == model;
    for (size_t i = 0; i < model->owning_count; i++)
        count += model->relations[i].target == relation->target;
    return count == 1;
}

static void join(shown_schema *s, shown_model *between)
{
    between->left_out = is_made_just_so(s, between);
    const char *first = add_many(s, between, 0, 1, NULL);
    add_many(s, between, 1, 0, first);
}

/* Its name. The second one is the other side of the first. */
static const char *add_many(shown_schema *s, shown_model *between, size_t from, size_t to, const char *inverse)
{
    const shown_relation *near = &between->relations[from], *far = &between->relations[to];
    shown_model *model = &s->models[near->target - s->models];
    const char *plural = shown_plural(s, far->target->name);
    const char *own = shown_plural(s, far->name);
    const char *wanted[] = {near->target == far->target ? own : plural, own,
                            shown_printf(s, "%s_%s", between->name, own)};
    shown_relation *relation = add_relation(s, model);
    if (s->failed)
        return NULL;
    *relation = (shown_relation){.kind = "many_to_many",
                                 .target = far->target,
                                 .inverse = inverse,
                                 .through = inverse ? NULL : between,
                                 .from = near->name,
                                 .to = far->name,
                                 .name = shown_take_member(s, model, wanted, 3)};
    return relation->name;
}

/* As ormc makes the model between when nobody declares it. */
static bool is_made_just_so(shown_schema *s, const shown_model *between)
{
    const ormc_snapshot_table *table = between->table->from;
    const shown_relation *near = &between->relations[0], *far = &between->relations[1];
    if (near->target == far->target || table->comment || table->schema || table->check_count || table->unique_count ||
        table->index_count != 1 || strcmp(between->name, table->name) != 0 || near->target->table->from->schema ||
        !shown_is_plain(table->indexes) || table->indexes->unique)
        return false;
    for (size_t i = 0, at = 0; i < 2; i++) {
        const shown_relation *side = &between->relations[i];
        const ormc_names *key = &side->target->table->from->primary_key->columns;
        if (strcmp(side->name, side->target->name) != 0 || strcmp(side->key->on_delete, "CASCADE") != 0 ||
            side->key->on_update)
            return false;
        for (size_t k = 0; k < side->column_count; k++, at++) {
            const char *wanted = shown_printf(s, "%s_%s", side->name, key->items[k]);
            const ormc_settled_column *column = &between->table->columns[at];
            if (strcmp(column->from->name, wanted) != 0 || strcmp(side->columns[k], wanted) != 0 ||
                strcmp(table->primary_key->columns.items[at], wanted) != 0 || column->from->comment ||
                column->default_value || column->server_default || column->min || column->max || column->max_length ||
                column->min_length)
                return false;
        }
    }
    ormc_names indexed = shown_index_columns(s, table->indexes);
    return shown_same_names(&indexed, far->columns, far->column_count) &&
           strcmp(table->indexes->name, shown_index_name(s, table, table->indexes)) == 0;
}

/* Columns at the end that relations make by themselves, in the relations' order. */
static void find_made(shown_model *model)
{
    size_t count = model->table->column_count, relation = model->owning_count;
    while (model->made + 1 < count && is_made(model, count - model->made - 1, &relation))
        model->made++;
}

static bool is_made(const shown_model *model, size_t column, size_t *relation)
{
    const ormc_settled_column *is = &model->table->columns[column];
    const ormc_snapshot_table *table = model->table->from;
    if (!*relation || is->from->comment || is->default_value || is->server_default || is->generated || is->min ||
        is->max || is->min_length || is->max_length)
        return false;
    for (size_t i = 0; i < table->primary_key_count; i++)
        for (size_t k = 0; k < table->primary_key->columns.count; k++)
            if (strcmp(table->primary_key->columns.items[k], is->from->name) == 0)
                return false;
    size_t users = 0;
    for (size_t i = 0; i < model->owning_count; i++)
        for (size_t k = 0; k < model->relations[i].column_count; k++)
            users += strcmp(model->relations[i].columns[k], is->from->name) == 0;
    const shown_relation *last = &model->relations[--*relation];
    const ormc_settled_column *far = ormc_settled_column_of(last->target->table,
                                                            last->target->table->from->primary_key->columns.items[0]);
    return users == 1 && last->column_count == 1 && strcmp(last->columns[0], is->from->name) == 0 &&
           ormc_same(is->type, far->type);
}
