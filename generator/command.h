/* command.h -- the commands of ormc's command line.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_COMMAND_H
#define ORMC_COMMAND_H

#include <stddef.h>

/* What the process ends with. */
enum { ORMC_EXIT_FINE = 0, ORMC_EXIT_INPUT = 1, ORMC_EXIT_USAGE = 2 };

typedef struct ormc_command {
    const char *name;
    const char *summary;               /* one line of `ormc --help` */
    const char *help;                  /* all of `ormc help NAME` */
    int (*run)(int argc, char **argv); /* arguments behind the name; the status to end with */
} ormc_command;

extern const ormc_command ormc_command_generate;
extern const ormc_command ormc_command_explain;

/* Says on stderr what is wrong with the command line, with the nearest of the words that would do. ORMC_EXIT_USAGE. */
int ormc_command_refuse(const char *what, const char *word, const char *const *known, size_t count);

#endif
