/* command_check.c -- `ormc check`: says what is wrong with schemas, and writes nothing.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "command_diagnostics.h"

static int check(const ormc_arguments *given);
static int find_nothing(const ormc_package *package, const ormc_diagnostics *diagnostics, void *user);

const ormc_command ormc_command_check = {
    .name = "check",
    .summary = "say what is wrong with a package of models",
    .description =
        "Reads the schemas, which together are one package, and says what is wrong with them, as generate does.\n"
        "Nothing is written.\n",
    .usage = {.options = (const ormc_option *const[]){ORMC_DIAGNOSTIC_OPTIONS, NULL},
              .operands = "SCHEMA.yaml...", .operand = "schema", .sorted = true},
    .run = check,
};

static int check(const ormc_arguments *given)
{
    return ormc_command_with_package(given, find_nothing, NULL);
}

static int find_nothing(const ormc_package *package, const ormc_diagnostics *diagnostics, void *user)
{
    (void)package, (void)diagnostics, (void)user;
    return ORMC_EXIT_FINE;
}
