/* link_keys.c -- the keys of the schema language, in one table, and their values.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"

#include <string.h>

typedef enum value_kind { ANYTHING, TRUTH, TEXT, COUNT, LIST, MAPPING } value_kind;

typedef struct known_key {
    ormc_context context;
    const char *word;
    value_kind kind;
} known_key;

static const known_key known_keys[] = {
    {ORMC_IN_PACKAGE, "package", TEXT},
    {ORMC_IN_PACKAGE, "doc", TEXT},
    {ORMC_IN_PACKAGE, "enums", MAPPING},
    {ORMC_IN_PACKAGE, "models", MAPPING},
    {ORMC_IN_ENUM_VALUE, "value", TEXT},
    {ORMC_IN_ENUM_VALUE, "c_name", TEXT},
    {ORMC_IN_ENUM_VALUE, "was", TEXT},
    {ORMC_IN_ENUM, "values", LIST},
    {ORMC_IN_ENUM, "doc", TEXT},
    {ORMC_IN_ENUM, "schema", TEXT},
    {ORMC_IN_ENUM, "c_name", TEXT},
    {ORMC_IN_ENUM, "was", TEXT},
    {ORMC_IN_MODEL, "doc", TEXT},
    {ORMC_IN_MODEL, "schema", TEXT},
    {ORMC_IN_MODEL, "checks", LIST},
    {ORMC_IN_MODEL, "was", TEXT},
    {ORMC_IN_MODEL, "c_name", TEXT},
    {ORMC_IN_MODEL, "table", TEXT},
    {ORMC_IN_MODEL, "extends", ANYTHING},
    {ORMC_IN_MODEL, "abstract", TRUTH},
    {ORMC_IN_MODEL, "columns", MAPPING},
    {ORMC_IN_MODEL, "primary_key", ANYTHING},
    {ORMC_IN_MODEL, "unique", LIST},
    {ORMC_IN_MODEL, "indexes", LIST},
    {ORMC_IN_MODEL, "relations", MAPPING},
    {ORMC_IN_COLUMN, "type", ANYTHING},
    {ORMC_IN_COLUMN, "nullable", TRUTH},
    {ORMC_IN_COLUMN, "default", ANYTHING},
    {ORMC_IN_COLUMN, "unique", TRUTH},
    {ORMC_IN_COLUMN, "index", TRUTH},
    {ORMC_IN_COLUMN, "primary_key", TRUTH},
    {ORMC_IN_COLUMN, "generated", ANYTHING},
    {ORMC_IN_COLUMN, "db_type", TEXT},
    {ORMC_IN_COLUMN, "server_default", ANYTHING},
    {ORMC_IN_COLUMN, "on_update", TEXT},
    {ORMC_IN_COLUMN, "version", TRUTH},
    {ORMC_IN_COLUMN, "was", TEXT},
    {ORMC_IN_COLUMN, "min", ANYTHING},
    {ORMC_IN_COLUMN, "max", ANYTHING},
    {ORMC_IN_COLUMN, "min_length", COUNT},
    {ORMC_IN_COLUMN, "max_length", COUNT},
    {ORMC_IN_COLUMN, "pattern", TEXT},
    {ORMC_IN_COLUMN, "doc", TEXT},
    {ORMC_IN_COLUMN, "column", TEXT},
    {ORMC_IN_COLUMN, "c_name", TEXT},
    {ORMC_IN_COLUMN, "sensitive", TRUTH},
    {ORMC_IN_RELATION, "many_to_one", TEXT},
    {ORMC_IN_RELATION, "one_to_many", TEXT},
    {ORMC_IN_RELATION, "one_to_one", TEXT},
    {ORMC_IN_RELATION, "many_to_many", TEXT},
    {ORMC_IN_RELATION, "through", ANYTHING},
    {ORMC_IN_RELATION, "column", TEXT},
    {ORMC_IN_RELATION, "columns", LIST},
    {ORMC_IN_RELATION, "inverse", TEXT},
    {ORMC_IN_RELATION, "nullable", TRUTH},
    {ORMC_IN_RELATION, "on_delete", TEXT},
    {ORMC_IN_RELATION, "orphan", TEXT},
    {ORMC_IN_RELATION, "order_by", ANYTHING},
    {ORMC_IN_RELATION, "doc", TEXT},
    {ORMC_IN_RELATION, "c_name", TEXT},
    {ORMC_IN_THROUGH, "model", TEXT},
    {ORMC_IN_THROUGH, "from", TEXT},
    {ORMC_IN_THROUGH, "to", TEXT},
    {ORMC_IN_INDEX, "columns", ANYTHING},
    {ORMC_IN_INDEX, "unique", TRUTH},
    {ORMC_IN_INDEX, "expression", ANYTHING},
    {ORMC_IN_INDEX, "where", ANYTHING},
    {ORMC_IN_INDEX, "include", LIST},
    {ORMC_IN_INDEX, "name", TEXT},
    {ORMC_IN_INDEX, "doc", TEXT},
    {ORMC_IN_CHECK, "name", TEXT},
    {ORMC_IN_CHECK, "sql", ANYTHING},
    {ORMC_IN_SQL, "postgresql", TEXT},
    {ORMC_IN_SQL, "sqlite", TEXT},
    {ORMC_AS_DB_TYPE, "db_type", TEXT},
};

/* What the language has and this version has not. To support one, move it to the table above. */
static const struct {
    ormc_context context;
    const char *word;
} later[] = {
    {ORMC_IN_PACKAGE, "queries"},
};

static const char *const context_names[] = {
    [ORMC_IN_PACKAGE] = "a schema",    [ORMC_IN_ENUM] = "an enum",        [ORMC_IN_ENUM_VALUE] = "a value",
    [ORMC_IN_MODEL] = "a model",       [ORMC_IN_COLUMN] = "a column",     [ORMC_AS_DB_TYPE] = "a type",
    [ORMC_IN_SQL] = "SQL by database", [ORMC_IN_RELATION] = "a relation", [ORMC_IN_THROUGH] = "'through'",
    [ORMC_IN_INDEX] = "an index",      [ORMC_IN_CHECK] = "a check",
};

static const char *const kind_names[] = {
    [TRUTH] = "true or false", [TEXT] = "a text",       [COUNT] = "a whole number",
    [LIST] = "a list",         [MAPPING] = "a mapping",
};

enum { KNOWN = sizeof known_keys / sizeof *known_keys, LATER = sizeof later / sizeof *later };

static const known_key *find_key(ormc_context context, const char *word);
static void report_unknown(ormc_linker *linker, const ormc_node *key, ormc_context context);
static void check_value(ormc_linker *linker, const ormc_pair *pair, value_kind kind);
static bool is_of_kind(const ormc_node *value, value_kind kind);
static int truth_of(const ormc_node *value);

void ormc_link_check_keys(ormc_linker *linker, const ormc_node *mapping, ormc_context context)
{
    for (size_t i = 0; i < mapping->count; i++) {
        const ormc_node *key = mapping->pairs[i].key;
        const known_key *known = find_key(context, key->text);
        if (known)
            check_value(linker, &mapping->pairs[i], known->kind);
        else if (!ormc_link_is_later(linker, key->place, context, key->text))
            report_unknown(linker, key, context);
    }
}

static const known_key *find_key(ormc_context context, const char *word)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (known_keys[i].context == context && strcmp(known_keys[i].word, word) == 0)
            return &known_keys[i];
    return NULL;
}

bool ormc_link_is_later(ormc_linker *linker, ormc_place place, ormc_context context, const char *word)
{
    for (size_t i = 0; i < LATER; i++)
        if (later[i].context == context && strcmp(later[i].word, word) == 0) {
            ormc_report(linker->diagnostics, ORMC_ERROR, place, "'%s' is not supported yet", word);
            return true;
        }
    return false;
}

static void report_unknown(ormc_linker *linker, const ormc_node *key, ormc_context context)
{
    const char *words[KNOWN];
    size_t count = 0;
    for (size_t i = 0; i < KNOWN; i++)
        if (known_keys[i].context == context)
            words[count++] = known_keys[i].word;
    ormc_report(linker->diagnostics, ORMC_ERROR, key->place, "unknown key '%s' in %s%s", key->text,
                context_names[context], ormc_link_hint(linker, key->text, words, count));
}

bool ormc_link_is_misspelt(const ormc_node *mapping, ormc_context context, const char *word)
{
    for (size_t i = 0; i < mapping->count; i++) {
        const char *key = mapping->pairs[i].key->text;
        if (!find_key(context, key) && ormc_nearest(key, &word, 1))
            return true;
    }
    return false;
}

static void check_value(ormc_linker *linker, const ormc_pair *pair, value_kind kind)
{
    static const char *const node_names[] = {
        [ORMC_SCALAR] = "a single value", [ORMC_SEQUENCE] = "a list", [ORMC_MAPPING] = "a mapping"};
    const ormc_node *value = pair->value;
    if (kind == ANYTHING || is_of_kind(value, kind) || ((kind == LIST || kind == MAPPING) && ormc_node_is_null(value)))
        return;
    const char *key = pair->key->text;
    if (ormc_node_is_null(value) || (value->kind == ORMC_SCALAR && !*value->text))
        ormc_report(linker->diagnostics, ORMC_ERROR, pair->key->place, "'%s' has no value", key);
    else if (value->kind == ORMC_SCALAR && kind != LIST && kind != MAPPING)
        ormc_report(linker->diagnostics, ORMC_ERROR, value->place, "'%s' must be %s, not '%s'", key, kind_names[kind],
                    value->text);
    else
        ormc_report(linker->diagnostics, ORMC_ERROR, value->place, "'%s' must be %s, not %s", key, kind_names[kind],
                    node_names[value->kind]);
}

static bool is_of_kind(const ormc_node *value, value_kind kind)
{
    int64_t number;
    switch (kind) {
    case TRUTH:
        return truth_of(value) >= 0;
    case TEXT:
        return value->kind == ORMC_SCALAR && *value->text && !ormc_node_is_null(value);
    case COUNT:
        return value->kind == ORMC_SCALAR && !value->quoted && ormc_link_parse_integer(value->text, &number) &&
               number >= 0;
    case LIST:
        return value->kind == ORMC_SEQUENCE;
    case MAPPING:
        return value->kind == ORMC_MAPPING;
    case ANYTHING:
        return true;
    }
    return false;
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
    return value && is_of_kind(value, TEXT) ? value->text : NULL;
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
    return value && is_of_kind(value, COUNT) && ormc_link_parse_integer(value->text, &number) ? number : -1;
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
    if (is_of_kind(node, TEXT)) {
        *sql = (ormc_sql){{node->text, node->text}};
        return true;
    }
    if (node->kind == ORMC_MAPPING) {
        ormc_link_check_keys(linker, node, ORMC_IN_SQL);
        *sql = (ormc_sql){{ormc_link_text(node, "postgresql"), ormc_link_text(node, "sqlite")}};
    }
    bool complete = node->kind == ORMC_MAPPING && ormc_node_find(node, "postgresql") && ormc_node_find(node, "sqlite");
    if (!complete)
        ormc_report(linker->diagnostics, ORMC_ERROR, node->place,
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
        if (is_of_kind(item, TEXT))
            list.items[list.count++] = (ormc_word){.text = item->text, .place = item->place};
        else
            ormc_report(linker->diagnostics, ORMC_ERROR, item->place, "expected a name here");
    }
    return list;
}
