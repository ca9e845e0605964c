/* link_columns.c -- reads one column: its type and its keys. Defaults and limits are link_values.c's.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"
#include "names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIGITS = 1000 }; /* of a decimal, as PostgreSQL has it */

/* What other tools call our types. */
static const struct {
    const char *theirs, *ours;
} other_words[] = {
    {"string", "text"},
    {"str", "text"},
    {"varchar", "text"},
    {"char", "text"},
    {"clob", "text"},
    {"boolean", "bool"},
    {"int", "int32"},
    {"integer", "int32"},
    {"smallint", "int16"},
    {"short", "int16"},
    {"bigint", "int64"},
    {"long", "int64"},
    {"serial", "int32"},
    {"bigserial", "int64"},
    {"float", "float64"},
    {"double", "float64"},
    {"real", "float32"},
    {"numeric", "decimal"},
    {"blob", "bytes"},
    {"bytea", "bytes"},
    {"binary", "bytes"},
    {"guid", "uuid"},
    {"cidr", "inet"},
    {"datetime", "timestamptz"},
    {"timestamp_tz", "timestamptz"},
    {"varchar2", "text"},
    {"uint32", "int64"},
    {"uint16", "int32"},
    {"int8", "int16"},
};

enum { OTHER_WORDS = sizeof other_words / sizeof *other_words };

static void read_keys(ormc_linker *linker, ormc_column_draft *draft);
static void read_type(ormc_linker *linker, ormc_column *column, const ormc_node *node);
static void read_array(ormc_linker *linker, ormc_column *column, const ormc_node *node);
static void read_db_type(ormc_column *column, const ormc_node *node);
static const char *trimmed(ormc_linker *linker, const char *text, size_t length);
static void resolve_type(ormc_linker *linker, ormc_column *column, const char *word, ormc_place place);
static void report_type(ormc_linker *linker, const char *word, ormc_place place);
static void read_size(ormc_linker *linker, ormc_column *column, const char *size, ormc_place place);

ormc_column_draft *ormc_link_read_column(ormc_linker *linker, const ormc_pair *pair)
{
    ormc_column_draft *draft = ormc_link_alloc(linker, 1, sizeof *draft);
    const char *name = pair->key->text;
    draft->node = pair->value;
    draft->column = (ormc_column){.place = pair->key->place,
                                  .name = name,
                                  .column = name,
                                  .c_name = ormc_link_need(linker, ormc_names_member(linker->arena, name)),
                                  .declared = true,
                                  .min_length = -1,
                                  .max_length = -1,
                                  .precision = -1,
                                  .scale = -1};
    if (ormc_node_is_null(pair->value))
        ormc_report(linker->diagnostics, ORMC_E_NO_TYPE, pair->key->place, "column '%s' has no type", name);
    else if (pair->value->kind == ORMC_MAPPING)
        read_keys(linker, draft);
    else
        read_type(linker, &draft->column, pair->value);
    return draft;
}

ormc_column ormc_link_read_field(ormc_linker *linker, const ormc_pair *pair)
{
    const char *name = pair->key->text;
    const ormc_node *node = pair->value, *type = node;
    ormc_column field = {.place = pair->key->place,
                         .name = name,
                         .column = name,
                         .c_name = ormc_link_need(linker, ormc_names_member(linker->arena, name)),
                         .min_length = -1,
                         .max_length = -1,
                         .precision = -1,
                         .scale = -1};
    if (node->kind == ORMC_MAPPING) {
        ormc_link_check_keys(linker, node, ORMC_IN_FIELD);
        field.nullable = ormc_link_truth(node, "nullable", false);
        field.sensitive = ormc_link_truth(node, "sensitive", false);
        field.doc = ormc_link_text(node, "doc");
        ormc_link_c_name(linker, node, true, &field.c_name);
        type = ormc_node_find(node, "type");
        if (ormc_link_text(node, "db_type"))
            read_db_type(&field, node);
    }
    if (type && !field.db_type && !ormc_node_is_null(type))
        read_type(linker, &field, type);
    else if (type && field.db_type)
        ormc_report(linker->diagnostics, ORMC_E_TYPE_AND_DB_TYPE, type->place, "'%s' has both a type and a db_type",
                    name);
    else if (!field.db_type && !ormc_link_is_misspelt(node, ORMC_IN_FIELD, "type") &&
             !ormc_link_is_misspelt(node, ORMC_IN_FIELD, "db_type"))
        ormc_report(linker->diagnostics, ORMC_E_NO_TYPE, field.place, "'%s' has no type", name);
    return field;
}

static void read_keys(ormc_linker *linker, ormc_column_draft *draft)
{
    ormc_column *column = &draft->column;
    const ormc_node *node = draft->node, *type = ormc_node_find(node, "type");
    ormc_link_check_keys(linker, node, ORMC_IN_COLUMN);
    column->nullable = ormc_link_truth(node, "nullable", false);
    column->unique = ormc_link_truth(node, "unique", false);
    column->indexed = ormc_link_truth(node, "index", false);
    column->unindexed = !ormc_link_truth(node, "index", true);
    column->primary_key = ormc_link_truth(node, "primary_key", false);
    column->sensitive = ormc_link_truth(node, "sensitive", false);
    column->doc = ormc_link_text(node, "doc");
    const char *database_name = ormc_link_text(node, "column");
    if (database_name)
        column->column = database_name;
    ormc_link_c_name(linker, node, true, &column->c_name);
    if (type)
        read_type(linker, column, type);
    else if (ormc_link_text(node, "db_type"))
        read_db_type(column, node);
    else if (!ormc_link_is_misspelt(node, ORMC_IN_COLUMN, "db_type") &&
             !ormc_link_is_misspelt(node, ORMC_IN_COLUMN, "type"))
        ormc_report(linker->diagnostics, ORMC_E_NO_TYPE, column->place, "column '%s' has no type", column->name);
    if (!column->type)
        return;
    if (type && ormc_node_find(node, "db_type"))
        ormc_report(linker->diagnostics, ORMC_E_TYPE_AND_DB_TYPE, ormc_node_find(node, "db_type")->place,
                    "column '%s' has both a type and a db_type", column->name);
    if (column->array && column->primary_key)
        ormc_report(linker->diagnostics, ORMC_E_ARRAY_KEY, column->place, "an array is no primary key");
    ormc_link_read_values(linker, column, node);
    ormc_link_read_server(linker, column, node);
}

/* "text", "text?", "decimal(10,2)", "decimal(10, 2)?" */
static void read_type(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    if (node->kind == ORMC_SEQUENCE) {
        read_array(linker, column, node);
        return;
    }
    if (node->kind == ORMC_MAPPING && (node->count || node->lacking)) {
        ormc_link_check_keys(linker, node, ORMC_AS_DB_TYPE);
        read_db_type(column, node);
        return;
    }
    if (node->kind == ORMC_MAPPING || ormc_node_is_null(node) || !*node->text) {
        ormc_report(linker->diagnostics, ORMC_E_NO_TYPE, node->place, "expected the name of a type here");
        return;
    }
    if (ormc_table_get(&linker->enums, node->text)) {
        resolve_type(linker, column, node->text, node->place);
        return;
    }
    const char *text = trimmed(linker, node->text, strlen(node->text));
    size_t length = strlen(text);
    if (length && text[length - 1] == '?') {
        column->nullable = true;
        text = trimmed(linker, text, length - 1);
    }
    const char *size = strchr(text, '(');
    const char *word = size ? trimmed(linker, text, (size_t)(size - text)) : text;
    resolve_type(linker, column, word, node->place);
    if (size && column->type)
        read_size(linker, column, size, node->place);
}

/* "[int32]" */
static void read_array(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    bool nullable = column->nullable;
    if (node->count != 1 || node->items[0]->kind == ORMC_SEQUENCE) {
        ormc_report(linker->diagnostics, ORMC_E_ARRAY_FORM, node->place,
                    "an array is written as its type in brackets: [text]");
        return;
    }
    column->nullable = false;
    read_type(linker, column, node->items[0]);
    if (column->nullable)
        ormc_report(linker->diagnostics, ORMC_E_ARRAY_FORM, node->items[0]->place,
                    "items of an array may always be NULL; for an array that may be, say 'nullable: true'");
    column->nullable = nullable;
    column->array = true;
}

static void read_db_type(ormc_column *column, const ormc_node *node)
{
    column->db_type = ormc_link_text(node, "db_type");
    if (column->db_type)
        column->type = ormc_type_of_other();
}

const char *ormc_link_type_name(const ormc_column *column)
{
    return column->array         ? "an array"
           : column->enumeration ? "an enum"
           : column->db_type     ? column->db_type
                                 : column->type->word;
}

/* A copy without blanks at its ends. */
static const char *trimmed(ormc_linker *linker, const char *text, size_t length)
{
    while (length && *text == ' ') {
        text++;
        length--;
    }
    while (length && text[length - 1] == ' ')
        length--;
    return ormc_link_need(linker, orm__arena_copy(linker->arena, text, length));
}

static void resolve_type(ormc_linker *linker, ormc_column *column, const char *word, ormc_place place)
{
    ormc_enum *enumeration = ormc_table_get(&linker->enums, word);
    if (enumeration)
        enumeration->used = true;
    column->enumeration = enumeration;
    column->type = column->enumeration ? ormc_type_of_enum() : ormc_type_find(word);
    if (column->type)
        return;
    if (ormc_table_get(&linker->models, word))
        ormc_report(linker->diagnostics, ORMC_E_MODEL_AS_TYPE, place,
                    "'%s' is a model, not a type; a relation refers to it", word);
    else
        report_type(linker, word, place);
}

static void report_type(ormc_linker *linker, const char *word, ormc_place place)
{
    if (linker->lacks_enums)
        return;
    size_t count = 0, most = linker->package->enum_count + OTHER_WORDS;
    for (const ormc_type *type = ormc_types; type->word; type++)
        most++;
    const char **words = ormc_link_alloc(linker, most, sizeof *words);
    for (const ormc_type *type = ormc_types; type->word; type++)
        if (type->class != ORMC_CLASS_ENUM && type->class != ORMC_CLASS_OTHER)
            words[count++] = type->word;
    for (size_t i = 0; i < linker->package->enum_count; i++)
        words[count++] = linker->package->enums[i]->name;
    for (size_t i = 0; i < OTHER_WORDS; i++)
        words[count++] = other_words[i].theirs;
    const char *nearest = ormc_nearest(word, words, count), *brackets = strstr(word, "[]");
    if (brackets && !brackets[2]) {
        ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_TYPE, place, "unknown type '%s'; an array is written [%.*s]",
                    word, (int)(brackets - word), word);
        return;
    }
    for (size_t i = 0; nearest && i < OTHER_WORDS; i++)
        if (strcmp(other_words[i].theirs, nearest) == 0)
            nearest = other_words[i].ours;
    ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_TYPE, place,
                nearest ? "unknown type '%s'; did you mean '%s'?" : "unknown type '%s'", word, nearest);
}

/* "(p)" or "(p,s)" of a decimal. */
static void read_size(ormc_linker *linker, ormc_column *column, const char *size, ormc_place place)
{
    if (column->type->class != ORMC_CLASS_DECIMAL) {
        bool has_length = column->type->class == ORMC_CLASS_TEXT || column->type->class == ORMC_CLASS_BYTES;
        ormc_report(linker->diagnostics, ORMC_E_TYPE_SIZE, place, "the type '%s' takes no size%s", column->type->word,
                    has_length ? "; a length is limited by 'max_length'" : "");
        return;
    }
    char *end = NULL;
    long precision = isdigit((unsigned char)size[1]) ? strtol(size + 1, &end, 10) : 0, scale = 0;
    if (end && *end == ',') {
        end += 1 + strspn(end + 1, " ");
        scale = isdigit((unsigned char)*end) ? strtol(end, &end, 10) : -1;
    }
    if (!end || strcmp(end, ")") != 0 || precision < 1 || precision > MOST_DIGITS || scale < 0 || scale > precision) {
        ormc_report(linker->diagnostics, ORMC_E_TYPE_SIZE, place,
                    strchr(size, ')')
                        ? "a decimal is written decimal(p) or decimal(p,s): p digits, 1 to %d, s of them "
                          "after the point"
                        : "a decimal is written decimal(p) or decimal(p,s), 1 to %d digits; in braces the "
                          "comma needs quotes: {type: 'decimal(p,s)'}",
                    MOST_DIGITS);
        return;
    }
    column->precision = (int)precision;
    column->scale = (int)scale;
}
