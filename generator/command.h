/* command.h -- the commands of ormc's command line: what a command is, and what all of them share.
 *
 * A command is a row in the table of main.c and a file command_NAME.c. A group of commands (`ormc NAME COMMAND`) is a
 * command that holds a table instead of a function. Help is made from the rows.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_COMMAND_H
#define ORMC_COMMAND_H

#include "model.h"
#include "options.h"

/* What the process ends with. */
enum { ORMC_EXIT_FINE = 0, ORMC_EXIT_INPUT = 1, ORMC_EXIT_USAGE = 2, ORMC_EXIT_DIFFERENT = 3 };

typedef struct ormc_command {
    const char *name;
    const char *summary;                        /* one line of the help of what it belongs to */
    const char *description;                    /* paragraphs of its own help */
    ormc_usage usage;                           /* its options and operands */
    int (*run)(const ormc_arguments *given);    /* the status to end with; NULL for a group */
    const struct ormc_command *const *commands; /* of a group, up to NULL */
} ormc_command;

extern const ormc_command ormc_command_check;
extern const ormc_command ormc_command_migrate;
extern const ormc_command ormc_command_format;
extern const ormc_command ormc_command_generate;
extern const ormc_command ormc_command_introspect;
extern const ormc_command ormc_command_drift;
extern const ormc_command ormc_command_explain;
extern const ormc_command ormc_command_jsonschema;
extern const ormc_command ormc_command_sql;

/* Runs `command` on the words behind its name. `path` is how it was reached: "ormc generate". */
int ormc_command_run(const ormc_command *command, const char *path, int argc, char **argv);

/* What is done with a package that has no error; the diagnostics hold what was said about it. Returns the status to
 * end with. */
typedef int (*ormc_command_use)(const ormc_package *package, const ormc_diagnostics *diagnostics, void *user);

/* Loads the package that the operands are, says on stderr what is wrong with it, and hands it to `use` when there is no
 * error. The status to end with. */
int ormc_command_with_package(const ormc_arguments *given, ormc_command_use use, void *user);

/* Says on stderr, as the options about messages ask, what went wrong at no place of the input; releases the message,
 * and is ORMC_EXIT_INPUT. */
int ormc_command_report(const ormc_arguments *given, ormc_kind kind, orm__text *message);

/* Says on stderr that `word` is not known, with the nearest of those that are. ORMC_EXIT_USAGE. */
int ormc_command_refuse(const char *path, const char *what, const char *word, const char *const *known, size_t count);

/* Prints "ormc: MESSAGE" on stderr, "out of memory" for NULL, releases the message, and is ORMC_EXIT_INPUT. */
int ormc_command_fail(orm__text *message);

#endif
