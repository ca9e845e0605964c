/* command_jsonschema.c -- `ormc jsonschema`: the schema language, for editors, on stdout.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "jsonschema.h"

#include <stdio.h>
#include <string.h>

static int print_schema(int argc, char **argv);

const ormc_command ormc_command_jsonschema = {
    .name = "jsonschema",
    .summary = "print the JSON Schema of the schema language, for editors",
    .help =
        "usage: ormc jsonschema\n\n"
        "Prints a JSON Schema (draft-07) of the schema language: with it an editor completes keys, explains them, and\n"
        "marks what is wrong. Editors that use the YAML language server read it when a schema begins with the line\n\n"
        "    # yaml-language-server: $schema=ormc.schema.json\n\n"
        "and the output of this command is in the file ormc.schema.json beside it.\n\n"
        "exit status: 0 fine, 1 the output cannot be written, 2 wrong usage\n",
    .run = print_schema,
};

static int print_schema(int argc, char **argv)
{
    static const char *const known[] = {"--help"};
    if (argc && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0)) {
        fputs(ormc_command_jsonschema.help, stdout);
        return ORMC_EXIT_FINE;
    }
    if (argc)
        return ormc_command_refuse(*argv[0] == '-' ? "unknown option" : "there is nothing to read of", argv[0], known,
                                   1);
    orm__text schema = {0};
    bool done = ormc_jsonschema_write(&schema);
    if (!done)
        fputs("ormc: out of memory\n", stderr);
    else if (fwrite(schema.data, 1, schema.length, stdout) != schema.length || fflush(stdout))
        done = (perror("ormc: the JSON Schema cannot be written"), false);
    orm__text_release(&schema);
    return done ? ORMC_EXIT_FINE : ORMC_EXIT_INPUT;
}
