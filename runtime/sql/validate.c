/* sql/validate.c -- the rules that columns have, and what breaks them.
 * SPDX-License-Identifier: MIT */
#include "sql/validate.h"

#include "base/decimal.h"
#include "base/deep.h"
#include "base/error.h"
#include "base/inet.h"
#include "base/value.h"
#include "orm/generated.h"
#include "sql/values.h"

#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct orm__pattern {
    const orm_column *column;
    regex_t compiled;
} orm__pattern;

typedef struct checking {
    const orm_column *column;
    orm_value value;
    orm_problems *problems;
} checking;

/* Of what needs a deep stack: regexec takes 19 KiB. */
typedef struct matching {
    const regex_t *pattern;
    const char *text;
    int result;
    bool failed;
} matching;
typedef struct compiling {
    regex_t *into;
    const char *text;
    int result;
} compiling;

static bool check_value(checking *c, orm__patterns *patterns);
static void check_range(checking *c);
static void check_length(checking *c);
static void check_digits(checking *c);
static bool check_pattern(checking *c, orm__patterns *patterns);
static const regex_t *compiled(orm__patterns *patterns, const orm_column *column);
static void match(void *matched);
static void compile(void *compiled);
static size_t length_of(const checking *c);
static void add(checking *c, const char *rule, const char *format, ...) __attribute__((format(printf, 3, 4)));
static const char *shown(const checking *c, char *buffer, size_t size);

void orm__patterns_release(orm__patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        regfree(&patterns->items[i].compiled);
    free(patterns->items);
    *patterns = (orm__patterns){0};
}

bool orm__validate_columns(const orm_model *model, const void *row, const uint64_t *mask, orm__patterns *patterns,
                           orm_problems *problems)
{
    const orm_column *last = model->columns + model->column_count;
    for (const orm_column *column = model->columns; column < last; column++) {
        if (orm__validate_needs(column) && orm__mask_has(mask, column->index) &&
            !orm__validate_column(column, row, patterns, problems))
            return false;
    }
    return true;
}

bool orm__validate_column(const orm_column *column, const void *row, orm__patterns *patterns, orm_problems *problems)
{
    orm_value value = orm__value_of_member(column, row);
    checking c = {column, value, problems};
    if (value.form != ORM_FORM_ARRAY)
        return check_value(&c, patterns);
    for (size_t i = 0; i < value.as.array.count; i++) {
        c.value = orm__value_of_item(&value, i);
        if (!check_value(&c, patterns))
            return false;
    }
    return true;
}

static bool check_value(checking *c, orm__patterns *patterns)
{
    const orm_column *column = c->column;
    orm__inet inet;
    char text[64];
    if (c->value.form == ORM_FORM_NULL)
        return true;
    if (column->type == ORM_TYPE_ENUM) {
        if (c->value.as.integer < 1 || (uint64_t)c->value.as.integer > column->enumeration->count)
            add(c, "enum", "%s is no value of %s", shown(c, text, sizeof text), column->enumeration->name);
        return true;
    }
    if (column->type == ORM_TYPE_DECIMAL && !orm__decimal_check(c->value.as.text, strlen(c->value.as.text)))
        add(c, "decimal", "%s is no decimal number", shown(c, text, sizeof text));
    if (column->type == ORM_TYPE_INET && !orm__inet_parse(c->value.as.text, strlen(c->value.as.text), &inet))
        add(c, "inet", "%s is no address of a host or network", shown(c, text, sizeof text));
    if (!column->limits)
        return true;
    check_range(c);
    check_length(c);
    check_digits(c);
    return !column->limits->pattern || check_pattern(c, patterns);
}

static void check_range(checking *c)
{
    const orm_limits *limits = c->column->limits;
    char text[64];
    bool real = c->column->type == ORM_TYPE_FLOAT32 || c->column->type == ORM_TYPE_FLOAT64;
    bool low = real ? !(c->value.as.real >= limits->min.real) : c->value.as.integer < limits->min.integer;
    bool high = real ? !(c->value.as.real <= limits->max.real) : c->value.as.integer > limits->max.integer;
    if ((c->column->flags & ORM_HAS_MIN) && low && real)
        add(c, "min", "%s is less than %g", shown(c, text, sizeof text), limits->min.real);
    else if ((c->column->flags & ORM_HAS_MIN) && low)
        add(c, "min", "%s is less than %" PRId64, shown(c, text, sizeof text), limits->min.integer);
    if ((c->column->flags & ORM_HAS_MAX) && high && real)
        add(c, "max", "%s is more than %g", shown(c, text, sizeof text), limits->max.real);
    else if ((c->column->flags & ORM_HAS_MAX) && high)
        add(c, "max", "%s is more than %" PRId64, shown(c, text, sizeof text), limits->max.integer);
}

static void check_length(checking *c)
{
    const orm_limits *limits = c->column->limits;
    if (!limits->min_length && !limits->max_length)
        return;
    const char *unit = c->column->type == ORM_TYPE_BYTES ? "bytes" : "characters";
    size_t length = length_of(c);
    if (length < limits->min_length)
        add(c, "min_length", "%zu %s are fewer than %" PRIu32, length, unit, limits->min_length);
    if (limits->max_length && length > limits->max_length)
        add(c, "max_length", "%zu %s are more than %" PRIu32, length, unit, limits->max_length);
}

/* Silent rounding would lose something, and SQLite does not round. */
static void check_digits(checking *c)
{
    const orm_limits *limits = c->column->limits;
    char text[64];
    if (limits->precision && orm__decimal_check(c->value.as.text, strlen(c->value.as.text)) &&
        !orm__decimal_fits(c->value.as.text, limits->precision, limits->scale))
        add(c, "digits", "%s has more digits than decimal(%d,%d)", shown(c, text, sizeof text), limits->precision,
            limits->scale);
}

/* Characters of UTF-8: bytes that do not continue one. */
static size_t length_of(const checking *c)
{
    if (c->column->type == ORM_TYPE_BYTES)
        return c->value.as.bytes.size;
    size_t count = 0;
    for (const char *at = c->value.as.text; *at; at++)
        count += ((unsigned char)*at & 0xc0) != 0x80;
    return count;
}

static bool check_pattern(checking *c, orm__patterns *patterns)
{
    char text[64];
    matching m = {.pattern = compiled(patterns, c->column), .text = c->value.as.text};
    if (!m.pattern)
        return false;
    orm__call_deep(match, &m);
    if (m.failed)
        return false;
    if (m.result == REG_NOMATCH)
        add(c, "pattern", "%s does not match %s", shown(c, text, sizeof text), c->column->limits->pattern);
    return true;
}

/* glibc says "no match" when memory is gone, too. */
static void match(void *matched)
{
    matching *m = matched;
    errno = 0;
    m->result = regexec(m->pattern, m->text, 0, NULL, 0);
    m->failed = m->result == REG_ESPACE || (m->result && errno == ENOMEM);
}

static const regex_t *compiled(orm__patterns *patterns, const orm_column *column)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (patterns->items[i].column == column)
            return &patterns->items[i].compiled;
    orm__pattern *items = realloc(patterns->items, (patterns->count + 1) * sizeof *items);
    if (!items)
        return NULL;
    patterns->items = items;
    items[patterns->count].column = column;
    compiling one = {.into = &items[patterns->count].compiled, .text = column->limits->pattern};
    orm__call_deep(compile, &one);
    if (one.result)
        return NULL; /* the generator has compiled it: only memory can fail */
    return &items[patterns->count++].compiled;
}

static void compile(void *compiled)
{
    compiling *one = compiled;
    one->result = regcomp(one->into, one->text, REG_EXTENDED | REG_NOSUB);
}

/* The value as messages show it, unless nobody may see it. */
static const char *shown(const checking *c, char *buffer, size_t size)
{
    if (c->column->flags & ORM_SENSITIVE)
        return "the value";
    orm__value_text(c->value, buffer, size);
    return buffer;
}

static void add(checking *c, const char *rule, const char *format, ...)
{
    if (c->problems->count++ >= ORM_PROBLEMS_MAX)
        return;
    orm_problem *problem = &c->problems->items[c->problems->count - 1];
    problem->column = c->column->member;
    problem->rule = rule;
    int length = snprintf(problem->message, sizeof problem->message, "%s: ", c->column->member);
    va_list arguments;
    va_start(arguments, format);
    if (length >= 0 && (size_t)length < sizeof problem->message)
        vsnprintf(problem->message + length, sizeof problem->message - (size_t)length, format, arguments);
    va_end(arguments);
}

void orm__validate_required(const orm_model *model, const uint64_t *given, orm_problems *problems)
{
    const orm_column *last = model->columns + model->column_count;
    for (const orm_column *column = model->columns; column < last; column++) {
        if (!orm__validate_is_missed(column) || orm__mask_has(given, column->index))
            continue;
        checking c = {.column = column, .problems = problems};
        add(&c, "required", "a value is needed");
    }
}

orm_status orm__validate_tell(const orm_model *model, const char *name, const orm_problems *problems, orm_error *error)
{
    if (problems->count == 0)
        return ORM_OK;
    char message[sizeof error->message];
    int length = snprintf(message, sizeof message, "%s is refused: ", name);
    size_t kept = problems->count < ORM_PROBLEMS_MAX ? problems->count : ORM_PROBLEMS_MAX;
    for (size_t i = 0; i < kept && length >= 0 && (size_t)length < sizeof message; i++)
        length += snprintf(message + length, sizeof message - (size_t)length, "%s%s", i > 0 ? "; " : "",
                           problems->items[i].message);
    orm__error_set(error, ORM_INVALID, "%s", message);
    ORM__ERROR_COPY(error->table, model->table);
    for (size_t i = 0; i < model->column_count; i++)
        if (model->columns[i].member == problems->items[0].column)
            ORM__ERROR_COPY(error->column, model->columns[i].name);
    ORM__ERROR_COPY(error->sqlstate, strcmp(problems->items[0].rule, "required") == 0 ? "23502" : "23514");
    return ORM_INVALID;
}

orm_status orm_model_validate(const orm_model *model, const void *values, orm_problems *problems)
{
    orm__patterns patterns = {0};
    orm_error error;
    problems->count = 0;
    char *memory = calloc(1, model->row_size + 8 + orm__mask_words(model) * sizeof(uint64_t));
    if (!memory)
        return ORM_NO_MEMORY;
    uint64_t *given = (uint64_t *)(void *)memory;
    void *row = given + orm__mask_words(model);
    orm_status status = orm__values_read(model, values, row, given, &error);
    if (!status) {
        orm__values_default(model, row, given, NULL);
        status = orm__validate_columns(model, row, given, &patterns, problems) ? ORM_OK : ORM_NO_MEMORY;
        for (size_t i = 0; i < model->relation_count; i++) /* a parent given by pointer has, or will have, its key */
            for (size_t k = 0; orm__values_target(&model->relations[i], values) && k < model->relations[i].column_count;
                 k++)
                orm__mask_add(given, model->relations[i].columns[k]->index);
        orm__validate_required(model, given, problems);
    }
    orm__patterns_release(&patterns);
    free(memory);
    return status ? status : problems->count > 0 ? ORM_INVALID : ORM_OK;
}
