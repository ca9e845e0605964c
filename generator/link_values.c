/* link_values.c -- defaults and limits of a column, checked against its type and against each other.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"

#include "base/text.h"
#include "json.h"
#include "literal.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

typedef bool reader(ormc_linker *linker, ormc_column *column, const ormc_node *node);

static reader read_bool, read_integer, read_real, read_decimal, read_text, read_uuid, read_time, read_json, read_enum,
    read_inet, read_none;
static void read_default(ormc_linker *linker, ormc_column *column, const ormc_node *node);
static void read_empty_array(ormc_linker *linker, ormc_column *column, const ormc_node *node);
static bool parse_real(const char *text, double *value);
static bool fits_real(const ormc_type *type, double value);
static bool refuse(ormc_linker *linker, const ormc_node *node, const char *kind);
static void read_limits(ormc_linker *linker, ormc_column *column, const ormc_node *node);
static bool read_limit(ormc_linker *linker, const ormc_column *column, const ormc_node *node, const char *key,
                       int64_t *integer, double *real);
static void read_lengths(ormc_linker *linker, ormc_column *column, const ormc_node *node);
static void read_pattern(ormc_linker *linker, ormc_column *column, const ormc_node *node);
static void check_default(ormc_linker *linker, const ormc_column *column, ormc_place place);
static const char *outside(const ormc_column *column);
static int64_t count_characters(const char *text);
static bool matches(const char *pattern, const char *text);

static reader *const readers[] = {
    [ORMC_CLASS_BOOL] = read_bool,       [ORMC_CLASS_INTEGER] = read_integer, [ORMC_CLASS_REAL] = read_real,
    [ORMC_CLASS_DECIMAL] = read_decimal, [ORMC_CLASS_TEXT] = read_text,       [ORMC_CLASS_BYTES] = read_none,
    [ORMC_CLASS_UUID] = read_uuid,       [ORMC_CLASS_TIME] = read_time,       [ORMC_CLASS_JSON] = read_json,
    [ORMC_CLASS_ENUM] = read_enum,       [ORMC_CLASS_INTERVAL] = read_none,   [ORMC_CLASS_INET] = read_inet,
    [ORMC_CLASS_OTHER] = read_text,
};

void ormc_link_read_values(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    const ormc_node *default_value = ormc_node_find(node, "default");
    if (default_value)
        read_default(linker, column, default_value);
    read_limits(linker, column, node);
    read_lengths(linker, column, node);
    read_pattern(linker, column, node);
    if (column->default_value.kind != ORMC_NO_DEFAULT && !column->array)
        check_default(linker, column, default_value->place);
}

static void read_default(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    ormc_default *value = &column->default_value;
    if (column->array) {
        read_empty_array(linker, column, node);
        return;
    }
    if (ormc_node_is_null(node)) {
        if (!column->nullable)
            ormc_report(linker->diagnostics, ORMC_E_DEFAULT_NULL, node->place,
                        "column '%s' is NOT NULL and has the default null", column->name);
        return;
    }
    if (node->kind != ORMC_SCALAR) {
        ormc_report(linker->diagnostics, ORMC_E_DEFAULT_FORM, node->place, "a default is a single value%s",
                    column->type->class == ORMC_CLASS_JSON ? "; write the JSON in quotes" : "");
        return;
    }
    value->text = node->text;
    bool is_now = !node->quoted && strcmp(node->text, "now") == 0;
    if (is_now && column->type->takes_now)
        value->kind = ORMC_DEFAULT_NOW;
    else if (!readers[column->type->class](linker, column, node))
        *value = (ormc_default){.kind = ORMC_NO_DEFAULT};
}

static void read_empty_array(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    if (node->kind == ORMC_SEQUENCE && !node->count)
        column->default_value = (ormc_default){.kind = ORMC_DEFAULT_EMPTY, .text = "[]"};
    else
        ormc_report(linker->diagnostics, ORMC_E_DEFAULT_FORM, node->place,
                    "the default of an array can only be []; a 'server_default' can be any");
}

static bool read_bool(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    static const char *const words[] = {"false", "False", "FALSE", "true", "True", "TRUE"};
    for (int i = 0; !node->quoted && i < 6; i++)
        if (strcmp(node->text, words[i]) == 0) {
            column->default_value.kind = ORMC_DEFAULT_BOOL;
            column->default_value.boolean = i >= 3;
            return true;
        }
    return refuse(linker, node, "true or false");
}

static bool refuse(ormc_linker *linker, const ormc_node *node, const char *kind)
{
    ormc_report(linker->diagnostics, ORMC_E_DEFAULT_TYPE, node->place, "the default must be %s, not %s'%s'", kind,
                node->quoted ? "the text " : "", node->text);
    return false;
}

static bool read_integer(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    const ormc_type *type = column->type;
    ormc_default *value = &column->default_value;
    errno = 0;
    bool is_integer = !node->quoted && ormc_link_parse_integer(node->text, &value->integer);
    if (!is_integer && errno != ERANGE)
        return refuse(linker, node, "an integer");
    if (!is_integer || value->integer < type->lowest || value->integer > type->highest) {
        ormc_report(linker->diagnostics, ORMC_E_DEFAULT_RANGE, node->place,
                    "the default %s does not fit %s, which holds %lld to %lld", node->text, type->word, type->lowest,
                    type->highest);
        return false;
    }
    value->kind = ORMC_DEFAULT_INTEGER;
    return true;
}

/* Digits with a sign perhaps, and no leading zero. errno is ERANGE when it is an integer, but too large. */
bool ormc_link_parse_integer(const char *text, int64_t *value)
{
    const char *digits = text + (*text == '-' || *text == '+');
    if (!*digits || digits[strspn(digits, "0123456789")] || (digits[0] == '0' && digits[1]))
        return false;
    errno = 0;
    *value = strtoll(text, NULL, 10);
    return errno == 0;
}

static bool read_real(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    ormc_default *value = &column->default_value;
    if (node->quoted || !parse_real(node->text, &value->real))
        return refuse(linker, node, "a number");
    if (!fits_real(column->type, value->real)) {
        ormc_report(linker->diagnostics, ORMC_E_DEFAULT_RANGE, node->place, "the default %s does not fit %s",
                    node->text, column->type->word);
        return false;
    }
    value->kind = ORMC_DEFAULT_REAL;
    return true;
}

/* "1", "-1.5", "1e3", and YAML's .inf and .nan. */
static bool parse_real(const char *text, double *value)
{
    const char *number = text + (*text == '-' || *text == '+');
    if (strcmp(number, ".inf") == 0) {
        *value = *text == '-' ? -HUGE_VAL : HUGE_VAL;
        return true;
    }
    if (strcmp(text, ".nan") == 0) {
        *value = (double)NAN;
        return true;
    }
    if (!isdigit((unsigned char)number[strspn(number, ".")]) || number[strspn(number, "0123456789.eE+-")])
        return false;
    char *end;
    *value = strtod(text, &end);
    return !*end && isfinite(*value);
}

static bool fits_real(const ormc_type *type, double value)
{
    return strcmp(type->word, "float32") != 0 || !isfinite(value) || fabs(value) <= (double)FLT_MAX;
}

/* Digits, with a point and a sign perhaps; no more of them than the column holds. */
static bool read_decimal(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    const char *digits = node->text + (*node->text == '-' || *node->text == '+');
    size_t whole = strspn(digits, "0123456789");
    size_t part = digits[whole] == '.' ? strspn(digits + whole + 1, "0123456789") : 0;
    const char *end = digits + whole + (digits[whole] == '.' ? part + 1 : 0);
    if (*end || !whole || (digits[whole] == '.' && !part))
        return refuse(linker, node, "a decimal number");
    size_t leading = strspn(digits, "0");
    if (column->precision >= 0 &&
        ((int)(whole - (leading < whole ? leading : whole)) > column->precision - column->scale ||
         (int)part > column->scale)) {
        ormc_report(linker->diagnostics, ORMC_E_DEFAULT_RANGE, node->place,
                    "the default %s does not fit decimal(%d,%d)", node->text, column->precision, column->scale);
        return false;
    }
    column->default_value.kind = ORMC_DEFAULT_TEXT;
    return true;
}

static bool read_text(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    (void)linker, (void)node;
    column->default_value.kind = ORMC_DEFAULT_TEXT;
    return true;
}

static bool read_none(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    ormc_report(linker->diagnostics, ORMC_E_DEFAULT_FORM, node->place, "column '%s' is %s, which take%s no default",
                column->name, column->type->word, column->type->class == ORMC_CLASS_BYTES ? "" : "s");
    return false;
}

/* "10.0.0.1", "10.0.0.0/8", "::1" */
static bool read_inet(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    const char *slash = strchr(node->text, '/');
    char address[INET6_ADDRSTRLEN] = "";
    unsigned char bytes[16];
    int64_t bits = 0;
    size_t length = slash ? (size_t)(slash - node->text) : strlen(node->text);
    if (length < sizeof address)
        memcpy(address, node->text, length);
    bool four = inet_pton(AF_INET, address, bytes) == 1, six = inet_pton(AF_INET6, address, bytes) == 1;
    bool masked = !slash || (ormc_link_parse_integer(slash + 1, &bits) && bits >= 0 && bits <= (four ? 32 : 128));
    if (!masked || (!four && !six))
        return refuse(linker, node, "an address such as 10.0.0.1 or 10.0.0.0/8");
    column->default_value.kind = ORMC_DEFAULT_TEXT;
    return true;
}

static bool read_uuid(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    unsigned char bytes[16];
    if (!ormc_literal_read_uuid(node->text, bytes))
        return refuse(linker, node, "a uuid");
    orm__text canonical = {0};
    for (int i = 0; i < 16; i++)
        orm__text_printf(&canonical, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", bytes[i]);
    const char *copy = canonical.failed ? NULL : orm__arena_strdup(linker->arena, canonical.data);
    orm__text_release(&canonical);
    column->default_value.text = ormc_link_need(linker, copy);
    column->default_value.kind = ORMC_DEFAULT_TEXT;
    return true;
}

static bool read_time(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    static const struct {
        const char *word, *example;
    } forms[] = {
        {"date", "a date such as 2024-02-29, or now"},
        {"time", "a time such as 12:30:00, or now"},
        {"timestamp", "a timestamp such as 2024-02-29 12:30:00, or now"},
        {"timestamptz", "a timestamp such as 2024-02-29 12:30:00+00:00, or now"},
    };
    if (ormc_literal_read_time(column->type, node->text, &column->default_value.integer)) {
        column->default_value.kind = ORMC_DEFAULT_TEXT;
        return true;
    }
    size_t form = 0;
    while (strcmp(forms[form].word, column->type->word) != 0)
        form++;
    return refuse(linker, node, forms[form].example);
}

static bool read_json(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    if (!ormc_json_check(node->text))
        return refuse(linker, node, "JSON");
    column->default_value.kind = ORMC_DEFAULT_TEXT;
    return true;
}

static bool read_enum(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    const ormc_enum *enumeration = column->enumeration;
    for (size_t i = 0; i < enumeration->value_count; i++)
        if (strcmp(enumeration->values[i], node->text) == 0) {
            column->default_value.kind = ORMC_DEFAULT_ENUM;
            column->default_value.enum_index = i;
            return true;
        }
    if (enumeration->lacking)
        return false;
    ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_VALUE, node->place,
                "the default '%s' is not a value of enum '%s'%s", node->text, enumeration->name,
                ormc_link_hint(linker, node->text, (const char *const *)enumeration->values, enumeration->value_count));
    return false;
}

static void read_limits(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    column->has_min = read_limit(linker, column, node, "min", &column->min_integer, &column->min_real);
    column->has_max = read_limit(linker, column, node, "max", &column->max_integer, &column->max_real);
    bool is_integer = column->type->class == ORMC_CLASS_INTEGER;
    if (column->has_min && column->has_max &&
        (is_integer ? column->min_integer > column->max_integer : column->min_real > column->max_real))
        ormc_report(linker->diagnostics, ORMC_E_LIMITS_CROSSED, ormc_node_find(node, "max")->place,
                    "'max' is less than 'min'");
}

static bool read_limit(ormc_linker *linker, const ormc_column *column, const ormc_node *node, const char *key,
                       int64_t *integer, double *real)
{
    const ormc_node *value = ormc_node_find(node, key);
    const ormc_type *type = column->type;
    bool is_integer = type->class == ORMC_CLASS_INTEGER;
    if (!value)
        return false;
    if (column->array || (!is_integer && type->class != ORMC_CLASS_REAL)) {
        ormc_report(linker->diagnostics, ORMC_E_KEY_OF_OTHER_TYPE, value->place,
                    "'%s' is for integers and floats, and '%s' is %s", key, column->name, ormc_link_type_name(column));
        return false;
    }
    bool is_number = value->kind == ORMC_SCALAR && !value->quoted &&
                     (is_integer ? ormc_link_parse_integer(value->text, integer)
                                 : parse_real(value->text, real) && isfinite(*real));
    bool fits = is_number &&
                (is_integer ? *integer >= type->lowest && *integer <= type->highest : fits_real(type, *real));
    if (!fits)
        ormc_report(linker->diagnostics, ORMC_E_LIMIT_RANGE, value->place, "'%s' must be a number that %s holds", key,
                    type->word);
    return fits;
}

static void read_lengths(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    static const char *const keys[] = {"min_length", "max_length"};
    bool has_length = !column->array &&
                      (column->type->class == ORMC_CLASS_TEXT || column->type->class == ORMC_CLASS_BYTES);
    for (size_t i = 0; i < 2 && !has_length; i++) {
        const ormc_node *value = ormc_node_find(node, keys[i]);
        if (value)
            ormc_report(linker->diagnostics, ORMC_E_KEY_OF_OTHER_TYPE, value->place,
                        "'%s' is for text and bytes, and '%s' is %s", keys[i], column->name,
                        ormc_link_type_name(column));
    }
    if (!has_length)
        return;
    column->min_length = ormc_link_count(node, "min_length");
    column->max_length = ormc_link_count(node, "max_length");
    if (column->max_length >= 0 && column->min_length > column->max_length)
        ormc_report(linker->diagnostics, ORMC_E_LIMITS_CROSSED, ormc_node_find(node, "max_length")->place,
                    "'max_length' is less than 'min_length'");
}

static void read_pattern(ormc_linker *linker, ormc_column *column, const ormc_node *node)
{
    const char *pattern = ormc_link_text(node, "pattern");
    if (!pattern)
        return;
    ormc_place place = ormc_node_find(node, "pattern")->place;
    if (column->type->class != ORMC_CLASS_TEXT || column->array) {
        ormc_report(linker->diagnostics, ORMC_E_KEY_OF_OTHER_TYPE, place, "'pattern' is for text, and '%s' is %s",
                    column->name, ormc_link_type_name(column));
        return;
    }
    regex_t compiled;
    int failure = regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB);
    if (failure) {
        char reason[128];
        regerror(failure, &compiled, reason, sizeof reason);
        ormc_report(linker->diagnostics, ORMC_E_PATTERN, place, "not a POSIX extended regular expression: %s", reason);
        return;
    }
    regfree(&compiled);
    column->pattern = pattern;
}

static void check_default(ormc_linker *linker, const ormc_column *column, ormc_place place)
{
    const char *key = outside(column);
    if (key)
        ormc_report(linker->diagnostics, ORMC_E_DEFAULT_BREAKS_RULE, place, "the default breaks the column's own '%s'",
                    key);
}

/* The key of the limit that the default does not keep, or NULL. */
static const char *outside(const ormc_column *column)
{
    const ormc_default *value = &column->default_value;
    switch (column->type->class) {
    case ORMC_CLASS_INTEGER:
        return column->has_min && value->integer < column->min_integer   ? "min"
               : column->has_max && value->integer > column->max_integer ? "max"
                                                                         : NULL;
    case ORMC_CLASS_REAL:
        return column->has_min && value->real < column->min_real   ? "min"
               : column->has_max && value->real > column->max_real ? "max"
                                                                   : NULL;
    case ORMC_CLASS_TEXT:
        if (count_characters(value->text) < column->min_length)
            return "min_length";
        if (column->max_length >= 0 && count_characters(value->text) > column->max_length)
            return "max_length";
        return column->pattern && !matches(column->pattern, value->text) ? "pattern" : NULL;
    default:
        return NULL;
    }
}

static int64_t count_characters(const char *text)
{
    int64_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static bool matches(const char *pattern, const char *text)
{
    regex_t compiled;
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return true;
    bool found = regexec(&compiled, text, 0, NULL, 0) == 0;
    regfree(&compiled);
    return found;
}
