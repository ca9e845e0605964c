/* command_generate.c -- `ormc generate`: from a package of models to C files.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "command_diagnostics.h"
#include "emit.h"
#include "hash.h"
#include "stamp.h"
#include "text_diff.h"

#include <stdio.h>

static const ormc_option output = {
    .name = "--output", .letter = 'o', .value = "DIR", .help = "the folder to write into", .required = true};
static const ormc_option templates = {
    .name = "--templates", .value = "DIR", .help = "use the templates of this folder in place of the built-in ones"};
static const ormc_option depfile = {
    .name = "--depfile", .value = "FILE", .help = "write a rule for make and ninja: what the output depends on"};
static const ormc_option check = {
    .name = "--check",
    .help = "write nothing; show as a unified diff what would change, and end with status 3 when anything would"};
static const ormc_option prune = {.name = "--prune",
                                  .help = "remove files that ormc made for the package of a schema that is gone"};

/* One run, and what its callbacks heard. */
typedef struct run {
    const ormc_arguments *given;
    ormc_emit_options options;
    bool check;
    size_t differing;
    bool failed;
} run;

static int generate(const ormc_arguments *given);
static int generate_package(const ormc_package *package, const ormc_diagnostics *diagnostics, void *user);
static void show_difference(void *user, const ormc_output *old, const ormc_output *fresh);
static void tell_leftover(void *user, const char *path);

const ormc_command ormc_command_generate = {
    .name = "generate",
    .summary = "write the C files of a package of models",
    .description =
        "Reads the schemas, which together are one package, and writes a header and a source file for each into\n"
        "DIR, named after it: blog.yaml makes blog.h and blog.c. Nothing is written when the input has an error,\n"
        "and a file whose bytes would not change is left alone. The hidden file .blog.ormc beside them says what\n"
        "the last run was given and made, so that the next one can end at once when nothing changed; it may be\n"
        "removed.\n",
    .usage = {.options = (const ormc_option *const[]){&output, &templates, &depfile, &check, &prune,
                                                      ORMC_DIAGNOSTIC_OPTIONS, NULL},
              .operands = "SCHEMA.yaml...",
              .operand = "schema",
              .sorted = true},
    .run = generate,
};

static int generate(const ormc_arguments *given)
{
    ormc_stamp stamp;
    run this = {.given = given,
                .check = ormc_arguments_value(given, &check),
                .options = {.directory = ormc_arguments_value(given, &output),
                            .templates = ormc_arguments_value(given, &templates),
                            .depfile = ormc_arguments_value(given, &depfile),
                            .prune = ormc_arguments_value(given, &prune),
                            .leftover = tell_leftover,
                            .user = &this}};
    ormc_stamp_open(&stamp, &this.options, given->operands, given->operand_count);
    for (size_t i = 0; i < given->option_count; i++)
        if (given->options[i].option == &ormc_option_warning || given->options[i].option == &ormc_option_quiet)
            stamp.input = ormc_hash_text(stamp.input, given->options[i].value);
    this.options.stamp = &stamp;
    this.options.differ = this.check ? show_difference : NULL;
    int status = ORMC_EXIT_FINE;
    if (!ormc_stamp_holds(&stamp))
        status = ormc_command_with_package(given, generate_package, &this);
    ormc_stamp_release(&stamp);
    return status;
}

/* A warning is said at each run, so one with warnings leaves no stamp that would end the next at once. */
static int generate_package(const ormc_package *package, const ormc_diagnostics *diagnostics, void *user)
{
    run *this = user;
    this->options.stamp->usable &= !ormc_diagnostics_count(diagnostics, ORMC_WARNING);
    this->options.stamp->usable &= !package->query_file_count; /* it knows the operands alone */
    orm__text message = {0};
    if (!ormc_emit(package, &this->options, &message))
        return ormc_command_report(this->given, ORMC_E_OUTPUT, &message);
    if (this->failed)
        return ormc_command_fail(&message);
    return this->differing ? ORMC_EXIT_DIFFERENT : ORMC_EXIT_FINE;
}

static void show_difference(void *user, const ormc_output *old, const ormc_output *fresh)
{
    run *this = user;
    const ormc_text_diff_side before = {old ? old->path : NULL, old ? old->data : "", old ? old->length : 0};
    const ormc_text_diff_side after = {fresh ? fresh->path : NULL, fresh ? fresh->data : "", fresh ? fresh->length : 0};
    orm__text text = {0};
    ormc_text_diff_unified(&before, &after, &text);
    this->failed |= text.failed;
    if (text.data)
        fwrite(text.data, 1, text.length, stdout);
    orm__text_release(&text);
    this->differing++;
}

static void tell_leftover(void *user, const char *path)
{
    run *this = user;
    if (!this->options.prune)
        fprintf(stderr, "%s: warning: no schema makes this file any more; --prune removes it\n", path);
    this->differing += this->check && !this->options.prune;
}
