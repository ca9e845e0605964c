/* settle_values.c -- what stands behind DEFAULT: a value that the schema language knows, or SQL.
 * SPDX-License-Identifier: MIT */
#include "settle.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_now(const settler *s, const ormc_settled_column *column, const char *sql);
static const char *read_literal(settler *s, const char *sql, bool *quoted);
static bool fits(const ormc_settled_column *column, const char *value, bool quoted);
static bool is_integer(const char *text, long long lowest, long long highest);
static bool is_number(const char *text);
static bool is_value(const ormc_settled_column *column, const char *value);

void settle_default(settler *s, ormc_settled_column *column)
{
    const char *sql = column->from->default_sql;
    if (!sql)
        return;
    bool quoted = false;
    if (is_now(s, column, sql)) {
        column->default_value = "now";
        return;
    }
    const char *value = read_literal(s, sql, &quoted);
    bool postgresql = s->dialect == ORMC_POSTGRESQL;
    if (value && column->array && quoted && strcmp(value, postgresql ? "{}" : "[]") == 0)
        column->default_value = "[]";
    else if (value && !column->array && fits(column, value, quoted))
        column->default_value = value;
    else
        column->server_default = sql;
    if (column->default_value && column->kind->class == ORMC_CLASS_BOOL)
        column->default_value = strchr("1tT", *value) ? "true" : "false";
}

/* The clock, as ormc writes it for that type or as people do. */
static bool is_now(const settler *s, const ormc_settled_column *column, const char *sql)
{
    static const struct {
        const char *word, *sql;
        ormc_dialect dialect;
    } clocks[] = {
        {"timestamptz", "now()", ORMC_POSTGRESQL},
        {"timestamptz", "CURRENT_TIMESTAMP", ORMC_POSTGRESQL},
        {"timestamp", "(now() AT TIME ZONE 'UTC'::text)", ORMC_POSTGRESQL},
        {"timestamp", "now() AT TIME ZONE 'UTC'::text", ORMC_POSTGRESQL},
        {"date", "(now() AT TIME ZONE 'UTC'::text)::date", ORMC_POSTGRESQL},
        {"time", "(now() AT TIME ZONE 'UTC'::text)::time without time zone", ORMC_POSTGRESQL},
        {"timestamptz", "strftime('%Y-%m-%d %H:%M:%f000', 'now')", ORMC_SQLITE},
        {"timestamp", "strftime('%Y-%m-%d %H:%M:%f000', 'now')", ORMC_SQLITE},
        {"timestamptz", "CURRENT_TIMESTAMP", ORMC_SQLITE},
        {"timestamp", "CURRENT_TIMESTAMP", ORMC_SQLITE},
        {"date", "date('now')", ORMC_SQLITE},
        {"date", "CURRENT_DATE", ORMC_SQLITE},
        {"time", "strftime('%H:%M:%f000', 'now')", ORMC_SQLITE},
        {"time", "CURRENT_TIME", ORMC_SQLITE},
    };
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
        if (clocks[i].dialect == s->dialect && !column->array && strcmp(column->kind->word, clocks[i].word) == 0 &&
            strcasecmp(sql, clocks[i].sql) == 0)
            return true;
    return false;
}

/* A number, word or text, in brackets or with a cast behind it or without; NULL when it is anything else. */
static const char *read_literal(settler *s, const char *sql, bool *quoted)
{
    const char *at = sql;
    size_t open = 0;
    for (; *at == '('; at++)
        open++;
    const char *begin = at, *value;
    if (*at == '\'') {
        *quoted = true;
        value = settle_unquote(s, &at);
    } else {
        at += *at == '-';
        size_t length = strspn(at, "0123456789.eEtrufalsTRUFALS+-");
        value = settle_copy(s, begin, at + length);
        at += length;
        if (!length)
            return NULL;
    }
    for (; open && *at == ')'; at++)
        open--;
    if (at[0] == ':' && at[1] == ':')
        while (*at && (isalnum((unsigned char)*at) || strchr(":_ .\"()[],", *at)))
            at++;
    return *at || open ? NULL : value;
}

const char *settle_unquote(settler *s, const char **at)
{
    orm__text text = {0};
    for (++*at; **at && !(**at == '\'' && (*at)[1] != '\''); ++*at) {
        orm__text_char(&text, **at);
        *at += **at == '\'';
    }
    *at += **at == '\'';
    const char *value = settle_copy(s, text.data ? text.data : "", (text.data ? text.data : "") + text.length);
    s->failed |= text.failed;
    orm__text_release(&text);
    return value;
}

/* Whether it may stand behind `default` of such a column. */
static bool fits(const ormc_settled_column *column, const char *value, bool quoted)
{
    unsigned char uuid[16];
    int64_t time;
    switch (column->kind->class) {
    case ORMC_CLASS_BOOL:
        return !quoted && (strcasecmp(value, "true") == 0 || strcasecmp(value, "false") == 0 ||
                           (strlen(value) == 1 && strchr("01", *value)));
    case ORMC_CLASS_INTEGER:
        return is_integer(value, column->kind->lowest, column->kind->highest);
    case ORMC_CLASS_REAL:
    case ORMC_CLASS_DECIMAL:
        return is_number(value);
    case ORMC_CLASS_TEXT:
        return quoted;
    case ORMC_CLASS_ENUM:
        return quoted && is_value(column, value);
    case ORMC_CLASS_UUID:
        return quoted && strlen(value) == 36 && ormc_literal_read_uuid(value, uuid);
    case ORMC_CLASS_TIME:
        return quoted && ormc_literal_read_time(column->kind, value, &time);
    case ORMC_CLASS_JSON:
        return quoted && *value;
    case ORMC_CLASS_BYTES:
    case ORMC_CLASS_INTERVAL:
    case ORMC_CLASS_INET:
    case ORMC_CLASS_OTHER:
        break;
    }
    return false;
}

static bool is_integer(const char *text, long long lowest, long long highest)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    return end != text && !*end && strlen(text) < 19 && value >= lowest && value <= highest;
}

static bool is_number(const char *text)
{
    text += *text == '-';
    size_t whole = strspn(text, "0123456789");
    const char *rest = text + whole;
    size_t part = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;
    return whole && !rest[part + (*rest == '.')] && (*rest != '.' || part);
}

static bool is_value(const ormc_settled_column *column, const char *value)
{
    const ormc_names *values = column->enumeration ? &column->enumeration->values : NULL;
    for (size_t i = 0; values && i < values->count; i++)
        if (strcmp(values->items[i], value) == 0)
            return true;
    return false;
}
