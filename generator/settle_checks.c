/* settle_checks.c -- checks that are limits of one column: its least and greatest value or length; on SQLite its
 * values.
 * SPDX-License-Identifier: MIT */
#include "settle.h"

#include "query_sql.h"

#include <string.h>
#include <strings.h>

enum { MOST_WORDS = 64 };

/* A condition without its brackets and casts. */
typedef struct condition {
    ormc_sql_word words[MOST_WORDS];
    size_t count;
} condition;

/* "a >= 1", "length(a) <= 20" */
typedef struct limit {
    const char *function; /* NULL: of the value */
    ormc_sql_word column;
    bool least;
    char *value; /* of the arena */
} limit;

static bool is_named_after(settler *s, const ormc_settled_table *table, const ormc_settled_column *column,
                           const ormc_snapshot_check *check);
static bool read_condition(settler *s, const char *sql, condition *read);
static size_t read_limit(settler *s, const condition *from, size_t at, limit *made);
static bool is_sign(ormc_sql_word word, const char *sign);
static ormc_settled_column *column_of(const ormc_settled_table *table, ormc_sql_word word);
static bool takes(const settler *s, const ormc_settled_column *column, const limit *given);
static void take(ormc_settled_column *column, limit *given);
static bool settle_values(settler *s, ormc_settled_table *table, const ormc_snapshot_check *check);

bool settle_check(settler *s, ormc_settled_table *table, const ormc_snapshot_check *check)
{
    condition read;
    limit first, second = {.function = NULL};
    if (s->dialect == ORMC_SQLITE && settle_values(s, table, check))
        return true;
    if (!read_condition(s, check->sql, &read))
        return false;
    size_t at = read_limit(s, &read, 0, &first);
    ormc_settled_column *column = at && !s->failed ? column_of(table, first.column) : NULL;
    if (!column || !takes(s, column, &first) || !is_named_after(s, table, column, check))
        return false;
    bool both = at < read.count;
    if (both) {
        size_t behind = ormc_sql_is(read.words[at], "AND") ? read_limit(s, &read, at + 1, &second) : 0;
        if (behind != read.count || column_of(table, second.column) != column || second.least || !first.least ||
            !ormc_same(first.function, second.function))
            return false;
        take(column, &second);
    }
    take(column, &first);
    return true;
}

/* Or after nothing at all: other names are not lost. */
static bool is_named_after(settler *s, const ormc_settled_table *table, const ormc_settled_column *column,
                           const ormc_snapshot_check *check)
{
    const char *name = orm__arena_printf(s->arena, "%s_%s_check", table->from->name, column->from->name);
    s->failed |= !name;
    return !check->name || ormc_same(check->name, name);
}

static bool read_condition(settler *s, const char *sql, condition *read)
{
    const char *at = sql;
    read->count = 0;
    for (;;) {
        ormc_sql_word word = ormc_sql_next(&at, s->dialect);
        if (is_sign(word, ":") || (word.kind == ORMC_SQL_OTHER && strncmp(word.begin, "::", 2) == 0)) {
            do
                word = ormc_sql_next(&at, s->dialect);
            while (is_sign(word, ":") || (word.kind == ORMC_SQL_WORD && !ormc_sql_is(word, "AND")));
        }
        if (word.kind == ORMC_SQL_END)
            return read->count > 0;
        if (is_sign(word, "(") || is_sign(word, ")"))
            continue;
        if (read->count == MOST_WORDS)
            return false;
        read->words[read->count++] = word;
    }
}

/* The position behind it; 0 when there is none. */
static size_t read_limit(settler *s, const condition *from, size_t at, limit *made)
{
    static const char *const functions[] = {"char_length", "length", "octet_length"};
    *made = (limit){.function = NULL};
    for (size_t i = 0; i < sizeof functions / sizeof *functions && from->count > at + 1; i++)
        if (from->words[at + 1].kind == ORMC_SQL_WORD && ormc_sql_names(from->words[at], functions[i]))
            made->function = functions[i];
    at += made->function != NULL;
    if (from->count < at + 4 || from->words[at].kind != ORMC_SQL_WORD || !is_sign(from->words[at + 2], "="))
        return 0;
    made->column = from->words[at];
    made->least = is_sign(from->words[at + 1], ">");
    if (!made->least && !is_sign(from->words[at + 1], "<"))
        return 0;
    at += 3;
    bool negative = is_sign(from->words[at], "-") && at + 1 < from->count;
    ormc_sql_word number = from->words[at + negative];
    const char *begin = number.begin, *end = number.end;
    if (*begin == '\'')
        begin++, end--;
    if ((size_t)(end - begin) == 0 || strspn(begin, "-0123456789.") < (size_t)(end - begin))
        return 0;
    made->value = orm__arena_printf(s->arena, "%s%.*s", negative ? "-" : "", (int)(end - begin), begin);
    s->failed |= !made->value;
    return at + negative + 1;
}

static bool is_sign(ormc_sql_word word, const char *sign)
{
    size_t length = strlen(sign);
    return word.kind == ORMC_SQL_OTHER && (size_t)(word.end - word.begin) == length &&
           strncmp(word.begin, sign, length) == 0;
}

static ormc_settled_column *column_of(const ormc_settled_table *table, ormc_sql_word word)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (ormc_sql_names(word, table->columns[i].from->name))
            return &table->columns[i];
    return NULL;
}

static bool takes(const settler *s, const ormc_settled_column *column, const limit *given)
{
    ormc_type_class class = column->kind->class;
    bool sqlite = s->dialect == ORMC_SQLITE;
    const char *function = class == ORMC_CLASS_TEXT    ? (sqlite ? "length" : "char_length")
                           : class == ORMC_CLASS_BYTES ? (sqlite ? "length" : "octet_length")
                                                       : NULL;
    bool whole = !strpbrk(given->value, ".-");
    if (column->array || !ormc_same(given->function, function))
        return false;
    return function ? whole : class == ORMC_CLASS_INTEGER ? !strchr(given->value, '.') : class == ORMC_CLASS_REAL;
}

static void take(ormc_settled_column *column, limit *given)
{
    size_t length = strlen(given->value); /* "5.0" is 5 */
    if (length > 2 && strcmp(given->value + length - 2, ".0") == 0)
        given->value[length - 2] = '\0';
    if (given->function)
        *(given->least ? &column->min_length : &column->max_length) = given->value;
    else
        *(given->least ? &column->min : &column->max) = given->value;
}

/* "a" IN ('b', 'c') makes an enum of a text. */
static bool settle_values(settler *s, ormc_settled_table *table, const ormc_snapshot_check *check)
{
    condition read;
    ormc_settled_column *column = read_condition(s, check->sql, &read) ? column_of(table, read.words[0]) : NULL;
    if (!column || read.count < 3 || !ormc_sql_is(read.words[1], "IN") || column->kind->class != ORMC_CLASS_TEXT ||
        column->max_length || !is_named_after(s, table, column, check))
        return false;
    ormc_snapshot_enum *made = orm__arena_zalloc(s->arena, 1, sizeof *made);
    const char **values = orm__arena_zalloc(s->arena, read.count, sizeof *values);
    s->failed |= !made || !values;
    for (size_t i = 2; i < read.count && !s->failed; i++) {
        ormc_sql_word word = read.words[i];
        if (i % 2 ? !is_sign(word, ",") : *word.begin != '\'' || word.end - word.begin < 3)
            return false;
        if (i % 2 == 0)
            values[made->values.count++] = settle_unquote(s, &word.begin);
    }
    if (s->failed)
        return false;
    made->values.items = values;
    made->name = orm__arena_printf(s->arena, "%s_%s", table->from->name, column->from->name);
    s->failed |= !made->name;
    column->enumeration = made;
    column->kind = ormc_type_of_enum();
    column->type = made->name;
    s->settled->enums[s->settled->enum_count++] = made;
    column->default_value = column->server_default = NULL;
    settle_default(s, column);
    return true;
}
