/* command_jsonschema.c -- `ormc jsonschema`: the schema language, for editors, on stdout.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "jsonschema.h"

#include <stdio.h>

static int print_schema(const ormc_arguments *given);

const ormc_command ormc_command_jsonschema = {
    .name = "jsonschema",
    .summary = "print the JSON Schema of the schema language, for editors",
    .description =
        "Prints a JSON Schema (draft-07) of the schema language: with it an editor completes keys, explains them, and\n"
        "marks what is wrong. Editors that use the YAML language server read it when a schema begins with the line\n\n"
        "    # yaml-language-server: $schema=ormc.schema.json\n\n"
        "and the output of this command is in the file ormc.schema.json beside it.\n",
    .run = print_schema,
};

static int print_schema(const ormc_arguments *given)
{
    (void)given;
    orm__text schema = {0};
    bool made = ormc_jsonschema_write(&schema);
    if (made)
        fwrite(schema.data, 1, schema.length, stdout);
    orm__text_release(&schema);
    return made ? ORMC_EXIT_FINE : ormc_command_fail(NULL);
}
