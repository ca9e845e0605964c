/* command_generate.c -- `ormc generate`: from a package of models to C files.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "emit.h"

static const ormc_option output = {
    .name = "--output", .letter = 'o', .value = "DIR", .help = "the folder to write into", .required = true};
static const ormc_option templates = {
    .name = "--templates", .value = "DIR", .help = "use the templates of this folder in place of the built-in ones"};
static const ormc_option depfile = {
    .name = "--depfile", .value = "FILE", .help = "write rules for make and ninja: what the output depends on"};

static int generate(const ormc_arguments *given);
static int generate_package(const ormc_arguments *given, const ormc_package *package);

const ormc_command ormc_command_generate = {
    .name = "generate",
    .summary = "write the C files of a package of models",
    .description =
        "Reads the schemas, which together are one package, and writes a header and a source file for each into DIR,\n"
        "named after it: blog.yaml makes blog.h and blog.c. Nothing is written when the input has an error, and a\n"
        "file whose bytes would not change is left alone.\n",
    .usage = {.options = (const ormc_option *const[]){&output, &templates, &depfile, NULL},
              .operands = "SCHEMA.yaml...",
              .operand = "schema"},
    .run = generate,
};

static int generate(const ormc_arguments *given)
{
    return ormc_command_with_package(given, generate_package);
}

static int generate_package(const ormc_arguments *given, const ormc_package *package)
{
    const ormc_emit_options options = {.directory = ormc_arguments_value(given, &output),
                                       .templates = ormc_arguments_value(given, &templates),
                                       .depfile = ormc_arguments_value(given, &depfile)};
    orm__text message = {0};
    if (!ormc_emit(package, &options, &message))
        return ormc_command_fail(&message);
    orm__text_release(&message);
    return ORMC_EXIT_FINE;
}
