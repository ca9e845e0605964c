/* main.c -- the program ormc: the table of its commands.
 *
 * Only this file and command*.c print or decide how the process ends. To add a command: write command_NAME.c, declare
 * it in command.h, and add a row below.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define VERSION "0.1.0"

static const ormc_option version = {.name = "--version", .help = "show the version"};

static const ormc_command ormc = {
    .name = "ormc",
    .description = "Turns models written in YAML into C that stores and loads them in PostgreSQL and SQLite.\n",
    .usage.options = (const ormc_option *const[]){&version, NULL},
    .commands =
        (const ormc_command *const[]){
            &ormc_command_generate,
            &ormc_command_check,
            &ormc_command_format,
            &ormc_command_sql,
            &ormc_command_explain,
            &ormc_command_jsonschema,
            &ormc_command_migrate,
            &ormc_command_introspect,
            &ormc_command_drift,
            NULL,
        },
};

static int print_version(void);
static int finish(int status);

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], version.name) == 0)
        return finish(print_version());
    return finish(ormc_command_run(&ormc, ormc.name, argc > 0 ? argc - 1 : 0, argv + 1));
}

static int print_version(void)
{
    printf("ormc %s\n", VERSION);
    return ORMC_EXIT_FINE;
}

/* What was printed must have arrived. */
static int finish(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "ormc: cannot write the standard output: %s\n", strerror(errno));
    return ORMC_EXIT_INPUT;
}
