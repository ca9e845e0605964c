/* literal.c -- constants of C and of SQL behind literal.h; what dates and decimals are is the runtime's to say.
 * SPDX-License-Identifier: MIT */
#include "literal.h"

#include "base/datetime.h"
#include "base/decimal.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_REAL = 40 };

static bool turns_direction(const char *at, size_t left);
static void put_c_byte(orm__text *out, unsigned char c, bool after_question_mark);
static void format_real(char *buffer, double value);
static void put_c_uuid(orm__text *out, const char *text);
static void put_decimal(orm__text *out, const ormc_column *column, void (*put)(orm__text *out, const char *text));
static void put_c_text(orm__text *out, const char *text);
static void put_quoted(orm__text *out, const char *text, char quote);
static void put_sql_now(orm__text *out, const ormc_type *type, ormc_dialect dialect);
static void put_sql_text(orm__text *out, const ormc_column *column, ormc_dialect dialect);
static void put_sql_time(orm__text *out, const ormc_type *type, const char *text);
static void put_sql_uuid(orm__text *out, const char *text);

void ormc_literal_c_string(orm__text *out, const char *text, size_t length)
{
    orm__text_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        if (turns_direction(text + i, length - i)) {
            orm__text_printf(out, "\\342\\%03o\\%03o", (unsigned char)text[i + 1], (unsigned char)text[i + 2]);
            i += 2;
            continue;
        }
        put_c_byte(out, (unsigned char)text[i], i > 0 && text[i - 1] == '?');
    }
    orm__text_char(out, '"');
}

/* U+202A to U+202E, U+2066 to U+2069: compilers warn of them, since they can hide code. */
static bool turns_direction(const char *at, size_t left)
{
    if (left < 3 || (unsigned char)at[0] != 0xE2)
        return false;
    unsigned char second = (unsigned char)at[1], third = (unsigned char)at[2];
    return (second == 0x80 && third >= 0xAA && third <= 0xAE) || (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

static void put_c_byte(orm__text *out, unsigned char c, bool after_question_mark)
{
    static const char escaped[] = "\"\\\n\t\r", letters[] = "\"\\ntr";
    const char *found = c ? strchr(escaped, c) : NULL;
    if (found)
        orm__text_printf(out, "\\%c", letters[found - escaped]);
    else if (c == '?' && after_question_mark)
        orm__text_string(out, "\\?");
    else if (c < 0x20 || c == 0x7F)
        orm__text_printf(out, "\\%03o", c);
    else
        orm__text_char(out, (char)c);
}

void ormc_literal_c_integer(orm__text *out, int64_t value)
{
    if (value == INT64_MIN || value == INT64_MAX)
        orm__text_string(out, value == INT64_MIN ? "INT64_MIN" : "INT64_MAX");
    else if (value < INT32_MIN || value > INT32_MAX)
        orm__text_printf(out, "INT64_C(%" PRId64 ")", value);
    else
        orm__text_printf(out, "%" PRId64, value);
}

void ormc_literal_c_real(orm__text *out, double value)
{
    char buffer[LONGEST_REAL];
    format_real(buffer, value);
    orm__text_string(out, isnan(value) ? "NAN" : isinf(value) ? (value < 0 ? "-INFINITY" : "INFINITY") : buffer);
}

bool ormc_literal_needs_math(double value)
{
    return !isfinite(value);
}

static void format_real(char *buffer, double value)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buffer, LONGEST_REAL - 2, "%.*g", digits, value);
        if (strtod(buffer, NULL) == value)
            break;
    }
    if (!strpbrk(buffer, ".en"))
        strcat(buffer, ".0");
}

void ormc_literal_c_default(orm__text *out, const ormc_column *column)
{
    const ormc_default *given = &column->default_value;
    int64_t number = 0;
    if (given->kind == ORMC_DEFAULT_EMPTY) {
        orm__text_string(out, ".as.array = {.items = \"\"}");
        return;
    }
    switch (column->type->class) {
    case ORMC_CLASS_BOOL:
        orm__text_printf(out, ".as.boolean = %s", given->boolean ? "true" : "false");
        break;
    case ORMC_CLASS_INTEGER:
        orm__text_string(out, ".as.integer = ");
        ormc_literal_c_integer(out, given->integer);
        break;
    case ORMC_CLASS_REAL:
        orm__text_string(out, ".as.real = ");
        ormc_literal_c_real(out, given->kind == ORMC_DEFAULT_INTEGER ? (double)given->integer : given->real);
        break;
    case ORMC_CLASS_TIME:
        ormc_literal_read_time(column->type, given->text, &number);
        orm__text_string(out, ".as.integer = ");
        ormc_literal_c_integer(out, number);
        break;
    case ORMC_CLASS_ENUM:
        orm__text_printf(out, ".as.integer = %zu", given->enum_index + 1);
        break;
    case ORMC_CLASS_UUID:
        put_c_uuid(out, given->text);
        break;
    case ORMC_CLASS_BYTES: /* take no default */
    case ORMC_CLASS_INTERVAL:
        break;
    case ORMC_CLASS_DECIMAL:
        orm__text_string(out, ".as.text = ");
        put_decimal(out, column, put_c_text);
        break;
    case ORMC_CLASS_TEXT:
    case ORMC_CLASS_JSON:
    case ORMC_CLASS_INET:
    case ORMC_CLASS_OTHER:
        orm__text_string(out, ".as.text = ");
        put_c_text(out, given->text);
        break;
    }
}

/* As a database would give it back. */
static void put_decimal(orm__text *out, const ormc_column *column, void (*put)(orm__text *out, const char *text))
{
    orm__arena arena = {0};
    const char *text = column->default_value.text;
    text = column->scale < 0 ? orm__decimal_canonical(&arena, text)
                             : orm__decimal_fit(&arena, text, (unsigned)column->precision, (unsigned)column->scale);
    if (text)
        put(out, text);
    out->failed |= !text;
    orm__arena_release(&arena);
}

static void put_c_text(orm__text *out, const char *text)
{
    ormc_literal_c_string(out, text, strlen(text));
}

static void put_c_uuid(orm__text *out, const char *text)
{
    unsigned char bytes[16] = {0};
    ormc_literal_read_uuid(text, bytes);
    orm__text_string(out, ".as.uuid = {{");
    for (size_t i = 0; i < sizeof bytes; i++)
        orm__text_printf(out, "%s0x%02x", i ? ", " : "", bytes[i]);
    orm__text_string(out, "}}");
}

void ormc_literal_sql_name(orm__text *out, const char *name)
{
    put_quoted(out, name, '"');
}

void ormc_literal_sql_string(orm__text *out, const char *text)
{
    put_quoted(out, text, '\'');
}

static void put_quoted(orm__text *out, const char *text, char quote)
{
    orm__text_char(out, quote);
    for (; *text; text++) {
        if (*text == quote)
            orm__text_char(out, quote);
        orm__text_char(out, *text);
    }
    orm__text_char(out, quote);
}

void ormc_literal_sql_real(orm__text *out, double value, ormc_dialect dialect)
{
    char buffer[LONGEST_REAL];
    const char *sign = value < 0 ? "-" : "";
    format_real(buffer, value);
    if (isnan(value))
        orm__text_string(out, "'NaN'");
    else if (isinf(value))
        orm__text_printf(out, dialect == ORMC_POSTGRESQL ? "'%sInfinity'" : "%s9e999", sign);
    else
        orm__text_string(out, buffer);
}

void ormc_literal_sql_default(orm__text *out, const ormc_column *column, ormc_dialect dialect)
{
    const ormc_default *given = &column->default_value;
    switch (given->kind) {
    case ORMC_NO_DEFAULT:
        break;
    case ORMC_DEFAULT_BOOL:
        orm__text_string(out, dialect == ORMC_SQLITE ? (given->boolean ? "1" : "0")
                              : given->boolean       ? "true"
                                                     : "false");
        break;
    case ORMC_DEFAULT_INTEGER:
        orm__text_printf(out, "%" PRId64, given->integer);
        break;
    case ORMC_DEFAULT_REAL:
        ormc_literal_sql_real(out, given->real, dialect);
        break;
    case ORMC_DEFAULT_TEXT:
        put_sql_text(out, column, dialect);
        break;
    case ORMC_DEFAULT_ENUM:
        ormc_literal_sql_string(out, column->enumeration->values[given->enum_index]);
        break;
    case ORMC_DEFAULT_NOW:
        put_sql_now(out, column->type, dialect);
        break;
    case ORMC_DEFAULT_EMPTY:
        orm__text_string(out, dialect == ORMC_POSTGRESQL ? "'{}'" : "'[]'");
        break;
    }
}

/* Everything without a zone is UTC, as the runtime's own clock. */
static void put_sql_now(orm__text *out, const ormc_type *type, ormc_dialect dialect)
{
    static const struct {
        const char *word, *sql[2]; /* by dialect */
    } clocks[] = {
        {"timestamptz", {"now()", "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"}},
        {"timestamp", {"(now() AT TIME ZONE 'UTC')", "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"}},
        {"date", {"((now() AT TIME ZONE 'UTC')::date)", "(date('now'))"}},
        {"time", {"((now() AT TIME ZONE 'UTC')::time)", "(strftime('%H:%M:%f000', 'now'))"}},
    };
    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
        if (strcmp(clocks[i].word, type->word) == 0)
            orm__text_string(out, clocks[i].sql[dialect]);
}

static void put_sql_text(orm__text *out, const ormc_column *column, ormc_dialect dialect)
{
    const ormc_type *type = column->type;
    const char *text = column->default_value.text;
    if (type->class == ORMC_CLASS_DECIMAL)
        put_decimal(out, column, ormc_literal_sql_string);
    else if (type->class == ORMC_CLASS_UUID && dialect == ORMC_SQLITE)
        put_sql_uuid(out, text);
    else if (type->class == ORMC_CLASS_TIME && dialect == ORMC_SQLITE)
        put_sql_time(out, type, text);
    else
        ormc_literal_sql_string(out, text);
}

/* As SQLite's storage has them: "YYYY-MM-DD HH:MM:SS.ffffff" in UTC, and its parts. */
static void put_sql_time(orm__text *out, const ormc_type *type, const char *text)
{
    char buffer[64];
    int64_t value = 0;
    ormc_literal_read_time(type, text, &value);
    if (strcmp(type->word, "date") == 0)
        orm_date_format((orm_date){(int32_t)value}, buffer);
    else if (strcmp(type->word, "time") == 0)
        orm_time_format((orm_time){value}, buffer);
    else
        orm_timestamp_format((orm_timestamp){value}, buffer);
    ormc_literal_sql_string(out, buffer);
}

static void put_sql_uuid(orm__text *out, const char *text)
{
    unsigned char bytes[16];
    ormc_literal_read_uuid(text, bytes);
    orm__text_string(out, "x'");
    for (size_t i = 0; i < sizeof bytes; i++)
        orm__text_printf(out, "%02x", bytes[i]);
    orm__text_char(out, '\'');
}

bool ormc_literal_read_time(const ormc_type *type, const char *text, int64_t *value)
{
    bool is_date = strcmp(type->word, "date") == 0, negative = *text == '-';
    size_t length = strlen(text);
    if (strcmp(type->word, "time") == 0) {
        orm_time time = {0};
        bool read = orm__time_parse(text, length, &time);
        *value = time.microseconds;
        return read;
    }
    if (strcmp(text + negative, "infinity") == 0) {
        int64_t least = is_date ? INT32_MIN : INT64_MIN, most = is_date ? INT32_MAX : INT64_MAX;
        *value = negative ? least : most;
        return true;
    }
    if (!is_date)
        return orm__timestamp_parse(text, length, value);
    orm_date date = {0};
    bool read = orm__date_parse(text, length, &date);
    *value = date.days;
    return read;
}

bool ormc_literal_read_uuid(const char *text, unsigned char bytes[16])
{
    size_t digits = 0;
    memset(bytes, 0, 16);
    for (; *text; text++) {
        if (*text == '-')
            continue;
        if (digits == 32 || !isxdigit((unsigned char)*text))
            return false;
        int low = tolower((unsigned char)*text);
        int digit = low <= '9' ? low - '0' : low - 'a' + 10;
        bytes[digits / 2] = (unsigned char)(bytes[digits / 2] | (digits % 2 ? digit : digit << 4));
        digits++;
    }
    return digits == 32;
}
