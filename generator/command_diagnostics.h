/* command_diagnostics.h -- the options about messages, which all commands that read schemas share.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_COMMAND_DIAGNOSTICS_H
#define ORMC_COMMAND_DIAGNOSTICS_H

#include "diagnostic.h"

/* For the help of a command, among its options. */
#define ORMC_DIAGNOSTIC_HELP \
    "  --diagnostics FORM show messages as text (with the line), gcc (a line each) or json (an object on a line each)\n" \
    "  --color[=WHEN]     always, never, or auto: on a terminal, unless NO_COLOR is set (the default)\n" \
    "  -Wno-NAME          no warnings of that name; -WNAME switches them on again, -w switches all off\n" \
    "  -Werror[=NAME]     warnings, or those of that name, count as errors; -Wno-error=NAME: those do not\n"

/* For ormc_command_refuse. */
#define ORMC_DIAGNOSTIC_WORDS "--diagnostics", "--color", "-Werror", "-w"

typedef enum ormc_option_fate { ORMC_OPTION_UNKNOWN, ORMC_OPTION_TAKEN, ORMC_OPTION_REFUSED } ormc_option_fate;

/* Reads the option at argv[*at] when it is about messages, and moves on to its value when that stands apart. What is
 * wrong with it is said on stderr. */
ormc_option_fate ormc_command_diagnostic_option(int argc, char **argv, int *at, ormc_diagnostic_options *options);

/* New diagnostics with these options, once all are read. Owned; NULL when memory is gone. */
ormc_diagnostics *ormc_command_diagnostics(const ormc_diagnostic_options *options);

#endif
