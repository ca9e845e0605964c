/* jsonschema.c -- the tables of the language as data for the template of the JSON Schema.
 * SPDX-License-Identifier: MIT */
#include "jsonschema.h"

#include "base/json.h"
#include "embed.h"
#include "language.h"
#include "template.h"
#include "types.h"

#include <string.h>

static ormc_data *make_schema(orm__arena *arena);
static ormc_data *make_context(orm__arena *arena, ormc_context context);
static ormc_data *make_key(orm__arena *arena, const ormc_key *key);
static void set_needs(orm__arena *arena, ormc_data *data, ormc_context context);
static ormc_data *make_companions(orm__arena *arena, ormc_context context);
static ormc_data *make_types(orm__arena *arena);
static void append(ormc_data *list, ormc_data *item, ormc_data **last);
static ormc_data *quoted(orm__arena *arena, const char *text);
static ormc_data *written(orm__arena *arena, orm__text *text);
static const char *look_up(const char *name, void *user);

bool ormc_jsonschema_write(orm__text *out)
{
    orm__arena arena = {0};
    const ormc_template_options options = {.lookup = look_up, .strict = true};
    ormc_template_error error;
    bool done = ormc_template_render(&options, "ormc.schema.json", make_schema(&arena), out, &error);
    orm__arena_release(&arena);
    return done && !out->failed;
}

static const char *look_up(const char *name, void *user)
{
    (void)user;
    const ormc_embedded_template *template = ormc_embedded_templates;
    while (template->name && strcmp(template->name, name) != 0)
        template ++;
    return template->text;
}

static ormc_data *make_schema(orm__arena *arena)
{
    ormc_data *schema = ormc_data_object(arena), *contexts = ormc_data_list(arena);
    for (int i = 0; i < ORMC_CONTEXTS; i++)
        ormc_data_append(contexts, make_context(arena, (ormc_context)i));
    ormc_data_set(schema, "contexts", contexts);
    ormc_data_set(schema, "types", make_types(arena));
    return schema;
}

/* A mapping of the language: {name, keys: [{word, doc, definition, last}], needed, one_of, companions}. */
static ormc_data *make_context(orm__arena *arena, ormc_context context)
{
    ormc_data *data = ormc_data_object(arena), *keys = ormc_data_list(arena), *last = NULL;
    ormc_data_set(data, "keys", keys);
    ormc_data_set_text(data, "name", ormc_context_definition(context));
    for (const ormc_key *key = ormc_keys; key->word; key++)
        if (key->context == context)
            append(keys, make_key(arena, key), &last);
    set_needs(arena, data, context);
    ormc_data_set(data, "companions", make_companions(arena, context));
    return data;
}

static ormc_data *make_key(orm__arena *arena, const ormc_key *key)
{
    ormc_data *data = ormc_data_object(arena);
    ormc_data_set(data, "word", quoted(arena, key->word));
    ormc_data_set(data, "doc", quoted(arena, key->doc));
    ormc_data_set_text(data, "definition", key->kind->definition);
    return data;
}

/* `needed` is `["value"]`, `one_of` `{"required": ["a"]}, {"required": ["b"]}`; each false when there is none. */
static void set_needs(orm__arena *arena, ormc_data *data, ormc_context context)
{
    orm__text needed = {0}, one_of = {0};
    for (const ormc_key *key = ormc_keys; key->word; key++) {
        if (key->context != context)
            continue;
        if (key->need == ORMC_NEEDED)
            orm__text_printf(&needed, "%s\"%s\"", needed.length ? ", " : "[", key->word);
        else if (key->need == ORMC_ONE_OF)
            orm__text_printf(&one_of, "%s{\"required\": [\"%s\"]}", one_of.length ? ", " : "", key->word);
    }
    if (needed.length)
        orm__text_char(&needed, ']');
    ormc_data_set(data, "needed", written(arena, &needed));
    ormc_data_set(data, "one_of", written(arena, &one_of));
}

/* `"a": {"anyOf": [{"required": ["b"]}]}` for each key that needs company, or false when none does. */
static ormc_data *make_companions(orm__arena *arena, ormc_context context)
{
    orm__text json = {0};
    for (const ormc_companion *row = ormc_companions; row->word; row++) {
        if (row->context != context)
            continue;
        orm__text_printf(&json, "%s\"%s\": {\"anyOf\": [", json.length ? ",\n        " : "", row->word);
        for (size_t i = 0; i < sizeof row->beside / sizeof *row->beside && row->beside[i]; i++)
            orm__text_printf(&json, "%s{\"required\": [\"%s\"]}", i ? ", " : "", row->beside[i]);
        orm__text_string(&json, "]}");
    }
    return written(arena, &json);
}

/* Words that a column's type can be; an enum's name is any other. */
static ormc_data *make_types(orm__arena *arena)
{
    ormc_data *types = ormc_data_list(arena), *last = NULL;
    for (const ormc_type *type = ormc_types; type->word; type++) {
        if (!ormc_type_find(type->word))
            continue;
        ormc_data *data = ormc_data_object(arena);
        ormc_data_set_text(data, "word", type->word);
        append(types, data, &last);
    }
    return types;
}

/* The item, as the last one so far. */
static void append(ormc_data *list, ormc_data *item, ormc_data **last)
{
    if (*last)
        ormc_data_set_boolean(*last, "last", false);
    ormc_data_set_boolean(item, "last", true);
    ormc_data_append(list, item);
    *last = item;
}

/* As a string of JSON. */
static ormc_data *quoted(orm__arena *arena, const char *text)
{
    orm__text json = {0};
    orm__json_write_string(&json, text, strlen(text));
    return written(arena, &json);
}

/* What was written into `text`, or false when that is nothing; releases `text`. */
static ormc_data *written(orm__arena *arena, orm__text *text)
{
    const char *copy = text->length ? orm__arena_copy(arena, text->data, text->length) : NULL;
    ormc_data *data = text->failed || (text->length && !copy) ? NULL
                      : copy                                  ? ormc_data_text(arena, copy)
                                                              : ormc_data_boolean(arena, false);
    orm__text_release(text);
    return data;
}
