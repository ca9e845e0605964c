/* options.h -- reads the words of a command line by a table of options.
 *
 * Takes `--name value`, `--name=value`, `-n value`, `-nvalue`, switches in one word (`-ab`), and `--`, behind which
 * everything is an operand. `-` is an operand. Options and operands may stand in any order. Prints nothing.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_OPTIONS_H
#define ORMC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* An option is told from others by its address. */
typedef struct ormc_option {
    const char *name;           /* "--depfile"; NULL when it has only a letter */
    char letter;                /* 'o' of "-o"; 0 when it has none */
    const char *value;          /* what its value is called in the help, "FILE"; NULL: a switch */
    const char *const *choices; /* the values it may have, up to NULL; NULL: any */
    const char *help;           /* what it does or what its value is; further lines begin behind a newline */
    bool required;
} ormc_option;

typedef struct ormc_usage {
    const ormc_option *const *options; /* up to NULL; NULL: none. --help is everybody's */
    const char *operands;              /* as the help shows them, "SCHEMA.yaml..."; NULL: there are none */
    const char *operand;               /* what is missing when none is given, "schema"; NULL: none is needed */
    bool sorted; /* operands are files whose order must not matter: they are sorted by their names */
} ormc_usage;

typedef struct ormc_given_option {
    const ormc_option *option;
    const char *value; /* borrowed from argv; "" for a switch */
} ormc_given_option;

typedef struct ormc_arguments {
    ormc_given_option *options; /* as they came, repeated ones too */
    size_t option_count;
    const char **operands;
    size_t operand_count;
    bool help; /* --help was given, and nothing else counts */
} ormc_arguments;

/* Owned: fills `read` from `argc` words; release frees it. False when they are no such command line: then `message` is
 * appended what is wrong, without a newline. */
bool ormc_arguments_read(const ormc_usage *usage, int argc, char **argv, ormc_arguments *read, orm__text *message);
void ormc_arguments_release(ormc_arguments *arguments);

/* The value that was given last ("" for a switch); NULL when the option was not given. */
const char *ormc_arguments_value(const ormc_arguments *arguments, const ormc_option *option);

/* Appends that the option `word` (or "word=value") is not known, and which it was probably meant to be. */
void ormc_options_refuse(const ormc_usage *usage, const char *word, orm__text *message);

/* "what 'word'; did you mean 'nearest'?" of the words that would do. */
void ormc_options_suggest(orm__text *message, const char *what, const char *word, const char *const *known,
                          size_t count);

/* Appends the lines of a help that describe the options. */
void ormc_options_describe(const ormc_usage *usage, orm__text *out);

#endif
