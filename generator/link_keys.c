/* link_keys.c -- the keys of the schema language, as a mapping has them, and their values.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"

#include <string.h>

static const char *const form_names[] = {
    [ORMC_FORM_TRUTH] = "true or false", [ORMC_FORM_TEXT] = "a text",       [ORMC_FORM_COUNT] = "a whole number",
    [ORMC_FORM_LIST] = "a list",         [ORMC_FORM_MAPPING] = "a mapping",
};

/* Words that other tools have for it, and what is said of them. */
static const struct {
    ormc_context context;
    const char *theirs, *hint;
} other_words[] = {
    {ORMC_IN_PACKAGE, "include", "files given together are one package: ormc generate a.yaml b.yaml"},
    {ORMC_IN_PACKAGE, "import", "files given together are one package: ormc generate a.yaml b.yaml"},
    {ORMC_IN_PACKAGE, "name", "did you mean 'package'?"},
    {ORMC_IN_PACKAGE, "namespace", "did you mean 'package'?"},
    {ORMC_IN_PACKAGE, "tables", "did you mean 'models'?"},
    {ORMC_IN_PACKAGE, "entities", "did you mean 'models'?"},
    {ORMC_IN_MODEL, "fields", "did you mean 'columns'?"},
    {ORMC_IN_MODEL, "properties", "did you mean 'columns'?"},
    {ORMC_IN_MODEL, "attributes", "did you mean 'columns'?"},
    {ORMC_IN_MODEL, "name", "did you mean 'table'?"},
    {ORMC_IN_MODEL, "tablename", "did you mean 'table'?"},
    {ORMC_IN_MODEL, "inherits", "did you mean 'extends'?"},
    {ORMC_IN_MODEL, "comment", "did you mean 'doc'?"},
    {ORMC_IN_MODEL, "description", "did you mean 'doc'?"},
    {ORMC_IN_MODEL, "constraints", "there are 'unique', 'checks' and 'relations'"},
    {ORMC_IN_MODEL, "foreign_keys", "a relation makes them: 'relations', 'many_to_one'"},
    {ORMC_IN_COLUMN, "null", "did you mean 'nullable'?"},
    {ORMC_IN_COLUMN, "optional", "did you mean 'nullable'?"},
    {ORMC_IN_COLUMN, "required", "a column is NOT NULL unless it says 'nullable'"},
    {ORMC_IN_COLUMN, "not_null", "a column is NOT NULL unless it says 'nullable'"},
    {ORMC_IN_COLUMN, "length", "did you mean 'max_length'?"},
    {ORMC_IN_COLUMN, "size", "did you mean 'max_length'?"},
    {ORMC_IN_COLUMN, "regex", "did you mean 'pattern'?"},
    {ORMC_IN_COLUMN, "comment", "did you mean 'doc'?"},
    {ORMC_IN_COLUMN, "description", "did you mean 'doc'?"},
    {ORMC_IN_COLUMN, "pk", "did you mean 'primary_key'?"},
    {ORMC_IN_COLUMN, "check", "conditions in SQL are 'checks' of the model"},
    {ORMC_IN_COLUMN, "values", "an enum is declared under 'enums', and its name is the type"},
    {ORMC_IN_COLUMN, "autoincrement", "a lone integer key is made by the database, unless it says 'generated: false'"},
    {ORMC_IN_COLUMN, "auto_increment", "a lone integer key is made by the database, unless it says 'generated: false'"},
    {ORMC_IN_COLUMN, "identity", "a lone integer key is made by the database, unless it says 'generated: false'"},
    {ORMC_IN_COLUMN, "foreign_key", "a relation makes it: 'many_to_one' under 'relations'"},
    {ORMC_IN_COLUMN, "references", "a relation makes it: 'many_to_one' under 'relations'"},
    {ORMC_IN_RELATION, "belongs_to", "did you mean 'many_to_one'?"},
    {ORMC_IN_RELATION, "has_many", "did you mean 'one_to_many'?"},
    {ORMC_IN_RELATION, "has_one", "did you mean 'one_to_one'?"},
    {ORMC_IN_RELATION, "foreign_key", "did you mean 'column'?"},
    {ORMC_IN_RELATION, "back_populates", "did you mean 'inverse'?"},
    {ORMC_IN_RELATION, "backref", "did you mean 'inverse'?"},
    {ORMC_IN_RELATION, "secondary", "did you mean 'through'?"},
    {ORMC_IN_RELATION, "cascade", "did you mean 'on_delete'?"},
};

enum { MOST_KEYS = 64 /* of one context */, OTHER_WORDS = sizeof other_words / sizeof *other_words };

static bool is_rest_of_type(const ormc_node *mapping, size_t index);
static void report_unknown(ormc_linker *linker, const ormc_node *key, ormc_context context);
static const char *nearest_key(ormc_context context, const char *word);
static void check_value(ormc_linker *linker, const ormc_pair *pair, ormc_form form);
static bool is_of_form(const ormc_node *value, ormc_form form);
static bool is_collection(ormc_form form);
static int truth_of(const ormc_node *value);

void ormc_link_check_keys(ormc_linker *linker, const ormc_node *mapping, ormc_context context)
{
    for (size_t i = 0; i < mapping->count; i++) {
        const ormc_node *key = mapping->pairs[i].key;
        const ormc_key *known = ormc_key_find(context, key->text);
        if (known)
            check_value(linker, &mapping->pairs[i], known->kind->form);
        else if (!is_rest_of_type(mapping, i))
            report_unknown(linker, key, context);
    }
}

/* `{type: decimal(10,2)}` without quotes has the key "2)"; its type is reported. */
static bool is_rest_of_type(const ormc_node *mapping, size_t index)
{
    if (!strchr(mapping->pairs[index].key->text, ')'))
        return false;
    const char *type = ormc_link_text(mapping, "type");
    return type && strchr(type, '(') && !strchr(type, ')');
}

static void report_unknown(ormc_linker *linker, const ormc_node *key, ormc_context context)
{
    for (size_t i = 0; i < OTHER_WORDS; i++)
        if (other_words[i].context == context && strcmp(other_words[i].theirs, key->text) == 0) {
            ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_KEY, key->place, "unknown key '%s' in %s; %s", key->text,
                        ormc_context_name(context), other_words[i].hint);
            return;
        }
    const char *nearest = nearest_key(context, key->text);
    ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_KEY, key->place, "unknown key '%s' in %s%s", key->text,
                ormc_context_name(context), ormc_link_hint(linker, key->text, &nearest, nearest != NULL));
}

/* The key of that context which the word is a slip of, or NULL. */
static const char *nearest_key(ormc_context context, const char *word)
{
    const char *words[MOST_KEYS];
    size_t count = 0;
    for (const ormc_key *known = ormc_keys; known->word; known++)
        if (known->context == context && count < MOST_KEYS)
            words[count++] = known->word;
    return ormc_nearest(word, words, count);
}

bool ormc_link_is_misspelt(const ormc_node *mapping, ormc_context context, const char *word)
{
    const ormc_node *value = ormc_node_find(mapping, word);
    if (!mapping || mapping->kind != ORMC_MAPPING)
        return false;
    if (value)
        return !is_of_form(value, ormc_key_find(context, word)->kind->form);
    for (size_t i = 0; i < mapping->count; i++) {
        const char *key = mapping->pairs[i].key->text;
        const char *meant = ormc_key_find(context, key) ? key : nearest_key(context, key);
        if (!meant || strcmp(meant, word) == 0)
            return true;
    }
    return mapping->lacking;
}

static void check_value(ormc_linker *linker, const ormc_pair *pair, ormc_form form)
{
    static const char *const node_names[] = {
        [ORMC_SCALAR] = "a single value", [ORMC_SEQUENCE] = "a list", [ORMC_MAPPING] = "a mapping"};
    const ormc_node *value = pair->value;
    if (form == ORMC_FORM_ANY || is_of_form(value, form) || (is_collection(form) && ormc_node_is_null(value)))
        return;
    const char *key = pair->key->text;
    if (ormc_node_is_null(value) || (value->kind == ORMC_SCALAR && !*value->text))
        ormc_report(linker->diagnostics, ORMC_E_NO_VALUE, pair->key->place, "'%s' has no value", key);
    else if (value->kind == ORMC_SCALAR && !is_collection(form))
        ormc_report(linker->diagnostics, ORMC_E_VALUE_KIND, value->place, "'%s' must be %s, not %s'%s'", key,
                    form_names[form], value->quoted ? "the text " : "", value->text);
    else
        ormc_report(linker->diagnostics, ORMC_E_VALUE_KIND, value->place, "'%s' must be %s, not %s", key,
                    form_names[form], node_names[value->kind]);
}

static bool is_of_form(const ormc_node *value, ormc_form form)
{
    int64_t number;
    switch (form) {
    case ORMC_FORM_TRUTH:
        return truth_of(value) >= 0;
    case ORMC_FORM_TEXT:
        return value->kind == ORMC_SCALAR && *value->text && !ormc_node_is_null(value);
    case ORMC_FORM_COUNT:
        return value->kind == ORMC_SCALAR && !value->quoted && ormc_link_parse_integer(value->text, &number) &&
               number >= 0;
    case ORMC_FORM_LIST:
        return value->kind == ORMC_SEQUENCE;
    case ORMC_FORM_MAPPING:
        return value->kind == ORMC_MAPPING;
    case ORMC_FORM_ANY:
        return true;
    }
    return false;
}

static bool is_collection(ormc_form form)
{
    return form == ORMC_FORM_LIST || form == ORMC_FORM_MAPPING;
}

/* 0, 1, or -1 for anything else. */
static int truth_of(const ormc_node *value)
{
    static const char *const words[] = {"false", "False", "FALSE", "true", "True", "TRUE"};
    for (int i = 0; value->kind == ORMC_SCALAR && !value->quoted && i < 6; i++)
        if (strcmp(value->text, words[i]) == 0)
            return i / 3;
    return -1;
}

bool ormc_link_is_truth(const ormc_node *value)
{
    return truth_of(value) >= 0;
}

bool ormc_link_truth(const ormc_node *mapping, const char *key, bool otherwise)
{
    const ormc_node *value = ormc_node_find(mapping, key);
    int truth = value ? truth_of(value) : -1;
    return truth < 0 ? otherwise : truth > 0;
}

const char *ormc_link_text(const ormc_node *mapping, const char *key)
{
    const ormc_node *value = ormc_node_find(mapping, key);
    return value && is_of_form(value, ORMC_FORM_TEXT) ? value->text : NULL;
}

ormc_word ormc_link_word(const ormc_node *mapping, const char *key)
{
    const char *text = ormc_link_text(mapping, key);
    return text ? (ormc_word){.text = text, .place = ormc_node_find(mapping, key)->place} : (ormc_word){0};
}

int64_t ormc_link_count(const ormc_node *mapping, const char *key)
{
    const ormc_node *value = ormc_node_find(mapping, key);
    int64_t number = -1;
    return value && is_of_form(value, ORMC_FORM_COUNT) && ormc_link_parse_integer(value->text, &number) ? number : -1;
}

const ormc_node *ormc_link_mapping(const ormc_node *mapping, const char *key)
{
    const ormc_node *value = ormc_node_find(mapping, key);
    return value && value->kind == ORMC_MAPPING ? value : NULL;
}

const ormc_node *ormc_link_list(const ormc_node *mapping, const char *key)
{
    const ormc_node *value = ormc_node_find(mapping, key);
    return value && value->kind == ORMC_SEQUENCE ? value : NULL;
}

bool ormc_link_sql(ormc_linker *linker, const ormc_node *node, const char *what, ormc_sql *sql)
{
    if (is_of_form(node, ORMC_FORM_TEXT)) {
        *sql = (ormc_sql){{node->text, node->text}};
        return true;
    }
    if (node->kind == ORMC_MAPPING) {
        ormc_link_check_keys(linker, node, ORMC_IN_SQL);
        *sql = (ormc_sql){{ormc_link_text(node, "postgresql"), ormc_link_text(node, "sqlite")}};
    }
    bool complete = node->kind == ORMC_MAPPING && ormc_node_find(node, "postgresql") && ormc_node_find(node, "sqlite");
    bool slip = ormc_link_is_misspelt(node, ORMC_IN_SQL, "postgresql") ||
                ormc_link_is_misspelt(node, ORMC_IN_SQL, "sqlite");
    if (!complete && !slip)
        ormc_report(linker->diagnostics, ORMC_E_SQL_FORM, node->place,
                    "%s is SQL text, or {postgresql: SQL, sqlite: SQL} where they differ", what);
    return complete;
}

ormc_word_list ormc_link_words(ormc_linker *linker, const ormc_node *node)
{
    ormc_word_list list = {0};
    size_t most = node->kind == ORMC_SEQUENCE ? node->count : 1;
    list.items = ormc_link_alloc(linker, most, sizeof *list.items);
    for (size_t i = 0; i < most; i++) {
        const ormc_node *item = node->kind == ORMC_SEQUENCE ? node->items[i] : node;
        if (is_of_form(item, ORMC_FORM_TEXT))
            list.items[list.count++] = (ormc_word){.text = item->text, .place = item->place};
        else
            ormc_report(linker->diagnostics, ORMC_E_NOT_A_NAME, item->place, "expected a name here");
    }
    return list;
}
