/* link_server.c -- what the database does by itself: defaults of its own, computed columns, counters, checks; and the
 * old names of things.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"

#include <string.h>

enum { LONGEST_NAME = 63 }; /* bytes that PostgreSQL keeps of a name */

static void read_server_default(ormc_linker *linker, ormc_column *column, const ormc_node *node);
static void read_computed(ormc_linker *linker, ormc_column *column, const ormc_node *node);
static void read_on_update(ormc_linker *linker, ormc_column *column, const ormc_node *node);
static void read_version(ormc_linker *linker, ormc_column *column, const ormc_node *node);
static void read_check(ormc_linker *linker, ormc_model *model, const ormc_node *node);

void ormc_link_read_server(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    read_server_default(linker, column, node);
    read_computed(linker, column, node);
    read_on_update(linker, column, node);
    read_version(linker, column, node);
    column->was = ormc_link_was(linker, node, column->column);
}

static void read_server_default(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    const ormc_node *value = ormc_node_find(node, "server_default");
    if (!value || !ormc_link_sql(linker, value, "'server_default'", &column->server_default))
        return;
    if (column->default_value.kind != ORMC_NO_DEFAULT)
        ormc_report(linker->diagnostics, ORMC_E_TWO_DEFAULTS, value->place,
                    "column '%s' has both a default and a server_default", column->name);
}

static void read_computed(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    static const char *const others[] = {"default", "server_default", "on_update", "version", "primary_key"};
    const ormc_node *value = ormc_node_find(node, "generated");
    if (!value || ormc_link_is_truth(value))
        return;
    if (!ormc_link_sql(linker, value, "'generated', where it is not true or false,", &column->computed))
        return;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const ormc_node *other = ormc_node_find(node, others[i]);
        if (other)
            ormc_report(linker->diagnostics, ORMC_E_COMPUTED, other->place,
                        "column '%s' is computed, and a computed column takes no '%s'", column->name, others[i]);
    }
}

static void read_on_update(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    const char *said = ormc_link_text(node, "on_update");
    if (!said)
        return;
    ormc_place place = ormc_node_find(node, "on_update")->place;
    column->on_update_now = strcmp(said, "now") == 0;
    if (!column->on_update_now)
        ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_WORD, place, "'on_update' can only be 'now', not '%s'", said);
    else if (!column->type->takes_now || column->array)
        ormc_report(linker->diagnostics, ORMC_E_KEY_OF_OTHER_TYPE, place,
                    "'on_update' is for dates and times, and '%s' is %s", column->name, ormc_link_type_name(column));
}

/* Counts from 1. */
static void read_version(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    if (!ormc_link_truth(node, "version", false))
        return;
    const ormc_node *value = ormc_node_find(node, "version");
    bool is_integer = column->type->class == ORMC_CLASS_INTEGER && !column->array;
    column->version = is_integer && !column->nullable && !column->primary_key;
    if (!column->version)
        ormc_report(linker->diagnostics, ORMC_E_VERSION, value->place,
                    "a version is an integer that is NOT NULL and no primary key");
    else if (column->default_value.kind == ORMC_NO_DEFAULT && !column->server_default.text[0])
        column->default_value = (ormc_default){.kind = ORMC_DEFAULT_INTEGER, .integer = 1, .text = "1"};
}

void ormc_link_read_checks(ormc_linker *linker, ormc_model *model, const ormc_node *node)
{
    const ormc_node *list = ormc_link_list(node, "checks");
    if (!list)
        return;
    ormc_link_make_room(linker, model, list->count);
    for (size_t i = 0; i < list->count; i++)
        read_check(linker, model, list->items[i]);
}

void ormc_link_make_room(ormc_linker *linker, ormc_model *model, size_t more)
{
    const ormc_rule *rules = model->rules;
    model->rules = ormc_link_alloc(linker, model->rule_count + more, sizeof *model->rules);
    if (model->rule_count)
        memcpy(model->rules, rules, model->rule_count * sizeof *rules);
}

/* "a < b", {postgresql: ..., sqlite: ...}, or {name: ..., sql: either}. */
static void read_check(ormc_linker *linker, ormc_model *model, const ormc_node *node)
{
    ormc_rule rule = {.place = node->place};
    const ormc_node *sql = ormc_node_find(node, "sql");
    bool slip = ormc_link_is_misspelt(node, ORMC_IN_CHECK, "sql");
    bool is_named = sql || ormc_node_find(node, "name");
    if (is_named) {
        ormc_link_check_keys(linker, node, ORMC_IN_CHECK);
        rule.name = ormc_link_text(node, "name");
    }
    if (is_named && !sql && slip)
        return;
    if (is_named && !sql) {
        ormc_report(linker->diagnostics, ORMC_E_CHECK_FORM, node->place, "this check has no 'sql'");
        return;
    }
    if (!ormc_link_sql(linker, is_named ? sql : node, "a check", &rule.sql))
        return;
    for (size_t i = 0; i < model->rule_count && rule.name; i++) {
        if (!model->rules[i].name || strcmp(model->rules[i].name, rule.name) != 0)
            continue;
        ormc_report(linker->diagnostics, ORMC_E_CHECK_TWICE, rule.place, "model '%s' has two checks of the name '%s'",
                    model->name, rule.name);
        ormc_note(linker->diagnostics, model->rules[i].place, "first given here");
    }
    if (rule.name && strlen(rule.name) > LONGEST_NAME)
        ormc_report(linker->diagnostics, ORMC_E_LONG_NAME, rule.place,
                    "the name of the check '%s' has %zu bytes; PostgreSQL keeps %d", rule.name, strlen(rule.name),
                    LONGEST_NAME);
    model->rules[model->rule_count++] = rule;
}

const char *ormc_link_was(ormc_linker *linker, const ormc_node *node, const char *now)
{
    const char *was = ormc_link_text(node, "was");
    if (!was)
        return NULL;
    ormc_place place = ormc_node_find(node, "was")->place;
    if (strcmp(was, now) == 0)
        ormc_report(linker->diagnostics, ORMC_E_WAS, place, "'was' is the old name, and '%s' is still the name", was);
    else if (strlen(was) > LONGEST_NAME)
        ormc_report(linker->diagnostics, ORMC_E_LONG_NAME, place, "'was' has %zu bytes; PostgreSQL keeps %d of a name",
                    strlen(was), LONGEST_NAME);
    return was;
}

void ormc_link_server(ormc_linker *linker, ormc_model_draft *draft)
{
    const ormc_model *model = draft->model;
    const ormc_column *version = NULL;
    size_t given = 0;
    for (size_t i = 0; i < model->column_count; i++) {
        const ormc_column *column = &model->columns[i];
        given += !column->computed.text[0];
        if (column->relation && column->computed.text[0])
            ormc_report(linker->diagnostics, ORMC_E_COMPUTED, column->place,
                        "column '%s' is computed, and the key of relation '%s'", column->name, column->relation->name);
        if (column->version && version) {
            ormc_report(linker->diagnostics, ORMC_E_TWO_VERSIONS, column->place, "model '%s' has two versions",
                        model->name);
            ormc_note(linker->diagnostics, version->place, "column '%s' is the first", version->name);
        }
        version = column->version ? column : version;
    }
    if (!given && !draft->incomplete)
        ormc_report(linker->diagnostics, ORMC_E_NO_COLUMNS, model->place,
                    model->column_count ? "all columns of model '%s' are computed" : "model '%s' has no columns",
                    model->name);
}
