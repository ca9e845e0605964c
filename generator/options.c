/* options.c -- command lines by tables of options, behind options.h.
 * SPDX-License-Identifier: MIT */
#include "options.h"

#include "diagnostic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_COLUMN = 22, MOST_WORDS = 64 /* of a table, for suggestions */ };

static const ormc_option help_option = {.name = "--help", .letter = 'h', .help = "show this"};

typedef struct reader {
    const ormc_usage *usage;
    char **argv;
    int argc, at;
    ormc_arguments *read;
    orm__text *message;
} reader;

static bool read_words(reader *r);
static int compare_names(const void *left, const void *right);
static bool read_long(reader *r, const char *word);
static bool read_letters(reader *r, const char *word);
static const ormc_option *option_of(const ormc_usage *usage, const char *name, size_t length, char letter);
static bool take_value(reader *r, const ormc_option *option, const char *word, const char *joined);
static bool take(reader *r, const ormc_option *option, const char *value);
static bool is_choice(reader *r, const ormc_option *option, const char *value);
static bool check_complete(reader *r);
static const char *name_of(const ormc_option *option, char letter[3]);
static void describe(const ormc_option *option, orm__text *out);

bool ormc_arguments_read(const ormc_usage *usage, int argc, char **argv, ormc_arguments *read, orm__text *message)
{
    size_t words = 1;
    for (int i = 0; i < argc; i++)
        words += strlen(argv[i]);
    *read = (ormc_arguments){.options = calloc(words, sizeof *read->options),
                             .operands = calloc((size_t)argc + 1, sizeof *read->operands)};
    reader r = {.usage = usage, .argv = argv, .argc = argc, .read = read, .message = message};
    if (!read->options || !read->operands)
        return orm__text_string(message, "out of memory"), false;
    if (!read_words(&r) || (!read->help && !check_complete(&r)))
        return false;
    if (usage->sorted)
        qsort(read->operands, read->operand_count, sizeof *read->operands, compare_names);
    return true;
}

/* By their last parts, byte for byte; folders tell equal ones apart. */
static int compare_names(const void *left, const void *right)
{
    const char *a = *(const char *const *)left, *b = *(const char *const *)right;
    const char *slash_a = strrchr(a, '/'), *slash_b = strrchr(b, '/');
    int order = strcmp(slash_a ? slash_a + 1 : a, slash_b ? slash_b + 1 : b);
    return order ? order : strcmp(a, b);
}

void ormc_arguments_release(ormc_arguments *arguments)
{
    free(arguments->options);
    free(arguments->operands);
    *arguments = (ormc_arguments){0};
}

static bool read_words(reader *r)
{
    bool only_operands = false;
    for (; r->at < r->argc && !r->read->help; r->at++) {
        const char *word = r->argv[r->at];
        if (only_operands || word[0] != '-' || !word[1])
            r->read->operands[r->read->operand_count++] = word;
        else if (strcmp(word, "--") == 0)
            only_operands = true;
        else if (word[1] == '-' ? !read_long(r, word) : !read_letters(r, word))
            return false;
    }
    return true;
}

static bool read_long(reader *r, const char *word)
{
    size_t length = strcspn(word, "=");
    const ormc_option *option = option_of(r->usage, word, length, 0);
    if (!option)
        return ormc_options_refuse(r->usage, word, r->message), false;
    const char *joined = word[length] ? word + length + 1 : NULL;
    if (option->value)
        return take_value(r, option, word, joined);
    if (joined)
        return orm__text_printf(r->message, "'%s' takes no value", option->name), false;
    return take(r, option, "");
}

/* "-o DIR", "-oDIR", "-ab" */
static bool read_letters(reader *r, const char *word)
{
    for (const char *letter = word + 1; *letter; letter++) {
        const ormc_option *option = option_of(r->usage, NULL, 0, *letter);
        const char unknown[] = {'-', *letter, '\0'};
        if (!option)
            return ormc_options_refuse(r->usage, letter == word + 1 ? word : unknown, r->message), false;
        if (option->value)
            return take_value(r, option, word, letter[1] ? letter + 1 : NULL);
        if (!take(r, option, ""))
            return false;
    }
    return true;
}

static const ormc_option *option_of(const ormc_usage *usage, const char *name, size_t length, char letter)
{
    const ormc_option *const *options = usage->options;
    for (const ormc_option *option = &help_option; option; option = options ? *options++ : NULL) {
        if (letter && option->letter == letter)
            return option;
        if (name && option->name && strlen(option->name) == length && memcmp(option->name, name, length) == 0)
            return option;
    }
    return NULL;
}

static bool take_value(reader *r, const ormc_option *option, const char *word, const char *joined)
{
    char letter[3];
    if (!joined && r->at + 1 == r->argc)
        return orm__text_printf(r->message, "a value is missing behind '%s'", word), false;
    const char *value = joined ? joined : r->argv[++r->at];
    if (!*value)
        return orm__text_printf(r->message, "the value is empty of '%s'", name_of(option, letter)), false;
    return is_choice(r, option, value) && take(r, option, value);
}

static bool take(reader *r, const ormc_option *option, const char *value)
{
    r->read->help |= option == &help_option;
    r->read->options[r->read->option_count++] = (ormc_given_option){.option = option, .value = value};
    return true;
}

static bool is_choice(reader *r, const ormc_option *option, const char *value)
{
    size_t count = 0;
    for (; option->choices && option->choices[count]; count++)
        if (strcmp(option->choices[count], value) == 0)
            return true;
    if (!count)
        return true;
    char letter[3], what[120];
    snprintf(what, sizeof what, "'%s' takes %s, not", name_of(option, letter), option->value);
    ormc_options_suggest(r->message, what, value, option->choices, count);
    return false;
}

/* Letters are no help to one who looks for another letter. */
void ormc_options_refuse(const ormc_usage *usage, const char *word, orm__text *message)
{
    const char *known[MOST_WORDS] = {help_option.name};
    size_t count = 1;
    for (const ormc_option *const *option = usage->options; option && *option && count < MOST_WORDS; option++)
        if ((*option)->name)
            known[count++] = (*option)->name;
    char name[80];
    snprintf(name, sizeof name, "%.*s", (int)(word[1] ? 2 + strcspn(word + 2, "=") : 1), word);
    ormc_options_suggest(message, "unknown option", name, known, count);
}

void ormc_options_suggest(orm__text *message, const char *what, const char *word, const char *const *known,
                          size_t count)
{
    const char *nearest = ormc_nearest(word, known, count);
    for (size_t i = 0; i < count && !nearest && strlen(word) > 1; i++) /* the beginning of one, as "gen" */
        if (strncmp(known[i], word, strlen(word)) == 0)
            nearest = known[i];
    orm__text_printf(message, nearest ? "%s '%s'; did you mean '%s'?" : "%s '%s'", what, word, nearest);
}

static bool check_complete(reader *r)
{
    const ormc_usage *usage = r->usage;
    char letter[3];
    if (!usage->operands && r->read->operand_count)
        return orm__text_printf(r->message, "'%s' is one argument too many", r->read->operands[0]), false;
    if (usage->operand && !r->read->operand_count)
        return orm__text_printf(r->message, "no %s is given", usage->operand), false;
    for (const ormc_option *const *option = usage->options; option && *option; option++)
        if ((*option)->required && !ormc_arguments_value(r->read, *option))
            return orm__text_printf(r->message, "%s %s, %s, is missing", name_of(*option, letter), (*option)->value,
                                    (*option)->help),
                   false;
    return true;
}

static const char *name_of(const ormc_option *option, char letter[3])
{
    if (option->name)
        return option->name;
    snprintf(letter, 3, "-%c", option->letter);
    return letter;
}

const char *ormc_arguments_value(const ormc_arguments *arguments, const ormc_option *option)
{
    for (size_t i = arguments->option_count; i-- > 0;)
        if (arguments->options[i].option == option)
            return arguments->options[i].value;
    return NULL;
}

void ormc_options_describe(const ormc_usage *usage, orm__text *out)
{
    for (const ormc_option *const *option = usage->options; option && *option; option++)
        describe(*option, out);
    describe(&help_option, out);
}

/* "  -o, --output DIR    the folder to write into" */
static void describe(const ormc_option *option, orm__text *out)
{
    size_t begin = out->length;
    orm__text_string(out, "  ");
    if (option->letter)
        orm__text_printf(out, option->name ? "-%c, " : "-%c", option->letter);
    if (option->name)
        orm__text_string(out, option->name);
    if (option->value)
        orm__text_printf(out, " %s", option->value);
    for (const char *line = option->help; *line;) {
        size_t length = strcspn(line, "\n"), column = out->length - begin;
        if (column + 2 > HELP_COLUMN)
            orm__text_char(out, '\n'), column = 0;
        orm__text_printf(out, "%*s%.*s", (int)(HELP_COLUMN - column), "", (int)length, line);
        line += length;
        if (*line == '\n')
            orm__text_char(out, *line++);
        begin = out->length;
    }
    orm__text_char(out, '\n');
}
