/* introspect_names.c -- names for what a database leaves nameless, free of clashes in C.
 * SPDX-License-Identifier: MIT */
#include "introspect.h"

#include "names.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *one, *many;
} irregular[] = {
    {"movie", "movies"},        {"shelf", "shelves"},
    {"leaf", "leaves"},         {"half", "halves"},
    {"life", "lives"},          {"knife", "knives"},
    {"wife", "wives"},          {"person", "people"},
    {"child", "children"},      {"man", "men"},
    {"woman", "women"},         {"datum", "data"},
    {"index", "indices"},       {"series", "series"},
    {"news", "news"},           {"status", "statuses"},
    {"address", "addresses"},   {"bus", "buses"},
    {"move", "moves"},          {"analysis", "analyses"},
    {"alias", "aliases"},       {"information", "information"},
    {"equipment", "equipment"},
};

static void name_model(shown_schema *s, shown_model *model);
static const char *free_name(shown_schema *s, const char *name, const char *schema);
static void name_in_c(shown_schema *s, shown_model *model);
static bool emits(shown_schema *s, ormc_name_scope scope, const char *c_name, bool take);
static void name_enum(shown_schema *s, ormc_snapshot_enum *enumeration);
static void take_columns(shown_schema *s, shown_model *model);
static const char *swap_ending(shown_schema *s, const char *word, size_t cut, const char *ending);
static const char *swap_last_word(shown_schema *s, const char *word, bool to_many);
static bool ends(const char *word, const char *ending);

void shown_name_models(shown_schema *s)
{
    ormc_settled *settled = s->settled;
    s->models = orm__arena_zalloc(s->arena, settled->table_count + 1, sizeof *s->models);
    s->failed |= !s->models;
    for (size_t i = 0; i < settled->table_count && !s->failed; i++) {
        if (settled->tables[i].unsayable)
            continue;
        shown_model *model = &s->models[s->model_count++];
        model->table = &settled->tables[i];
        name_model(s, model);
    }
    for (size_t i = 0; i < settled->enum_count && !s->failed; i++)
        name_enum(s, settled->enums[i]);
    for (size_t i = 0; i < s->model_count && !s->failed; i++)
        name_in_c(s, &s->models[i]);
    for (size_t i = 0; i < s->model_count && !s->failed; i++)
        take_columns(s, &s->models[i]);
}

static void name_model(shown_schema *s, shown_model *model)
{
    const ormc_snapshot_table *table = model->table->from;
    const char *name = s->options->singular ? shown_singular(s, table->name) : table->name;
    model->name = free_name(s, name, table->schema);
    s->failed |= !ormc_table_add(&s->names, s->arena, model->name, model);
}

/* The name, or with its schema's in front, or with a number behind it. */
static const char *free_name(shown_schema *s, const char *name, const char *schema)
{
    if (!ormc_table_get(&s->names, name))
        return name;
    const char *with = schema ? shown_printf(s, "%s_%s", schema, name) : name;
    const char *made = with;
    for (unsigned number = 2; !s->failed && ormc_table_get(&s->names, made); number++)
        made = shown_printf(s, "%s_%u", with, number);
    return made;
}

static void name_in_c(shown_schema *s, shown_model *model)
{
    const char *name = ormc_names_part(s->arena, model->name), *made = name;
    s->failed |= !name;
    for (unsigned number = 0; !s->failed && emits(s, ORMC_NAMES_OF_MODEL, made, false); number++) {
        made = number ? shown_printf(s, "%s_row%u", name, number) : shown_printf(s, "%s_row", name);
        model->c_name = made;
    }
    if (!s->failed)
        emits(s, ORMC_NAMES_OF_MODEL, made, true);
}

/* Whether somebody has one of the names that it makes; or takes them. */
static bool emits(shown_schema *s, ormc_name_scope scope, const char *c_name, bool take)
{
    for (const ormc_name_form *form = ormc_name_forms; form->pattern; form++) {
        if (form->scope != scope && (take || form->scope != ORMC_NAMES_OF_PACKAGE))
            continue;
        const char *name = ormc_names_expand(s->arena, form->pattern, s->options->package, c_name, NULL);
        s->failed |= !name;
        if (!name || (form->scope == scope && !take && ormc_table_get(&s->emitted, name)))
            return true;
        if (take)
            s->failed |= !ormc_table_add(&s->emitted, s->arena, name, s);
    }
    return false;
}

/* Those of SQLite have no name of their own. */
static void name_enum(shown_schema *s, ormc_snapshot_enum *enumeration)
{
    if (s->settled->catalog->snapshot.dialect == ORMC_SQLITE)
        enumeration->name = free_name(s, enumeration->name, NULL);
    s->failed |= !ormc_table_add(&s->names, s->arena, enumeration->name, enumeration);
    const char *c_name = ormc_names_part(s->arena, enumeration->name);
    s->failed |= !c_name;
    if (c_name)
        emits(s, ORMC_NAMES_OF_ENUM, c_name, true);
}

static void take_columns(shown_schema *s, shown_model *model)
{
    for (size_t i = 0; i < model->table->column_count && !s->failed; i++) {
        const char *name = ormc_names_member(s->arena, model->table->columns[i].from->name);
        s->failed |= !name || !ormc_table_add(&model->members, s->arena, name, model);
    }
}

const char *shown_take_member(shown_schema *s, shown_model *model, const char *const *wanted, size_t count)
{
    const char *name = wanted[0];
    for (size_t i = 0, number = 2; !s->failed; i++) {
        name = i < count ? wanted[i] : shown_printf(s, "%s_%zu", wanted[0], number++);
        const char *member = ormc_names_member(s->arena, name);
        s->failed |= !member;
        if (!member || ormc_table_get(&model->members, member))
            continue;
        s->failed |= !ormc_table_add(&model->members, s->arena, member, model);
        break;
    }
    return name;
}

/* Of the last word of a name: "order_lines" is "order_line". */
const char *shown_singular(shown_schema *s, const char *word)
{
    const char *swapped = swap_last_word(s, word, false);
    if (swapped)
        return swapped;
    if (ends(word, "ies") && strlen(word) > 4)
        return swap_ending(s, word, 3, "y");
    if (ends(word, "sses") || ends(word, "shes") || ends(word, "ches") || ends(word, "xes") || ends(word, "zzes"))
        return swap_ending(s, word, 2, "");
    if (ends(word, "s") && !ends(word, "ss") && !ends(word, "us") && !ends(word, "is") && strlen(word) > 2)
        return swap_ending(s, word, 1, "");
    return word;
}

const char *shown_plural(shown_schema *s, const char *word)
{
    size_t length = strlen(word);
    const char *swapped = swap_last_word(s, word, true);
    if (swapped)
        return swapped;
    if (strcmp(shown_singular(s, word), word) != 0)
        return word; /* it is one */
    if (ends(word, "s") || ends(word, "x") || ends(word, "sh") || ends(word, "ch"))
        return swap_ending(s, word, 0, "es");
    if (ends(word, "y") && length > 1 && !strchr("aeiouAEIOU", word[length - 2]))
        return swap_ending(s, word, 1, "ies");
    return swap_ending(s, word, 0, "s");
}

/* The letters of the ending are those of a name in capitals where that is one. */
static const char *swap_ending(shown_schema *s, const char *word, size_t cut, const char *ending)
{
    size_t length = strlen(word);
    char letters[8] = "";
    bool capitals = length && isupper((unsigned char)word[length - 1]);
    for (size_t i = 0; ending[i] && i < sizeof letters - 1; i++)
        letters[i] = (char)(capitals ? toupper((unsigned char)ending[i]) : ending[i]);
    return shown_printf(s, "%.*s%s", (int)(length - cut), word, letters);
}

/* NULL when its last word is a regular one. */
static const char *swap_last_word(shown_schema *s, const char *word, bool to_many)
{
    for (size_t i = 0; i < sizeof irregular / sizeof *irregular; i++) {
        const char *from = to_many ? irregular[i].one : irregular[i].many;
        const char *to = to_many ? irregular[i].many : irregular[i].one;
        const char *same = to_many ? irregular[i].many : irregular[i].one;
        size_t length = strlen(word), size = strlen(from);
        bool already = ends(word, same) && (strlen(same) == length || word[length - strlen(same) - 1] == '_');
        if (already)
            return word;
        if (!ends(word, from) || (size < length && word[length - size - 1] != '_'))
            continue;
        return shown_printf(s, "%.*s%c%s", (int)(length - size), word, word[length - size], to + 1);
    }
    return NULL;
}

static bool ends(const char *word, const char *ending)
{
    size_t length = strlen(word), size = strlen(ending);
    return length >= size && strcasecmp(word + length - size, ending) == 0;
}

const char *shown_printf(shown_schema *s, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const char *made = catalog_vprintf(s->arena, format, values);
    va_end(values);
    s->failed |= !made;
    return made ? made : "";
}

void shown_note(shown_schema *s, const shown_model *model, const char *text)
{
    catalog_reader r = {.arena = s->arena, .catalog = s->settled->catalog};
    catalog_note(&r, model->table->from->schema, model->table->from->name, "%s", text);
    s->failed |= r.failed;
}
