/* command_format.c -- `ormc format`: rewrites schemas in their canonical layout.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "command_diagnostics.h"
#include "files.h"
#include "format.h"
#include "input.h"
#include "text_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ormc_option check = {
    .name = "--check",
    .help = "write nothing; name the files that would change on stderr, show how as a unified diff,\n"
            "and end with status 3 when any would"};

/* What one operand became. */
typedef struct formatted {
    const char *path, *shown; /* as given, and as it is called in messages */
    orm__text old, fresh;
    bool good;
} formatted;

static int format(const ormc_arguments *given);
static int format_all(const ormc_arguments *given, formatted *files);
static bool format_one(const ormc_arguments *given, formatted *file);
static int show_differences(const formatted *files, size_t count);
static int write_all(const formatted *files, size_t count);

const ormc_command ormc_command_format = {
    .name = "format",
    .summary = "lay out schemas in the canonical way",
    .description =
        "Rewrites each schema in its canonical layout: indentation, brackets, columns, blank lines. Comments, their\n"
        "order, words and quotes stay, and what the schema means never changes. A file that cannot be read as YAML is\n"
        "left alone; either all others are written, or none. With - the standard input is laid out to the standard\n"
        "output.\n",
    .usage = {.options = (const ormc_option *const[]){&check, &ormc_option_diagnostics, &ormc_option_color, NULL},
              .operands = "SCHEMA.yaml...",
              .operand = "schema"},
    .run = format,
};

static int format(const ormc_arguments *given)
{
    formatted *files = calloc(given->operand_count, sizeof *files);
    int status = files ? format_all(given, files) : ormc_command_fail(NULL);
    for (size_t i = 0; files && i < given->operand_count; i++) {
        orm__text_release(&files[i].old);
        orm__text_release(&files[i].fresh);
    }
    free(files);
    return status;
}

/* Mistakes in the input say more than differences do. */
static int format_all(const ormc_arguments *given, formatted *files)
{
    bool good = true;
    for (size_t i = 0; i < given->operand_count; i++) {
        bool standard = strcmp(given->operands[i], "-") == 0;
        files[i].path = standard ? NULL : given->operands[i];
        files[i].shown = standard ? "<stdin>" : given->operands[i];
        good &= format_one(given, &files[i]);
    }
    int status = ormc_arguments_value(given, &check) ? show_differences(files, given->operand_count)
                                                     : write_all(files, given->operand_count);
    return good ? status : ORMC_EXIT_INPUT;
}

static bool format_one(const ormc_arguments *given, formatted *file)
{
    ormc_diagnostics *diagnostics = ormc_command_diagnostics(given, NULL);
    orm__text rendered = {0};
    bool fine = diagnostics != NULL;
    if (fine && ormc_input_read(file->path ? file->path : "/dev/stdin", diagnostics, &file->old)) {
        orm__text_string(&file->old, "");
        fine = !file->old.failed &&
               ormc_format(file->shown, file->old.data, file->old.length, diagnostics, &file->fresh);
    }
    if (fine)
        ormc_diagnostics_render(diagnostics, &rendered);
    if (rendered.data)
        fputs(rendered.data, stderr);
    file->good = fine && !rendered.failed && !ormc_diagnostics_count(diagnostics, ORMC_ERROR);
    if (!fine || rendered.failed)
        ormc_command_fail(NULL);
    orm__text_release(&rendered);
    ormc_diagnostics_free(diagnostics);
    return file->good;
}

static int show_differences(const formatted *files, size_t count)
{
    int status = ORMC_EXIT_FINE;
    for (size_t i = 0; i < count; i++) {
        const formatted *file = &files[i];
        if (!file->good ||
            (file->old.length == file->fresh.length && memcmp(file->old.data, file->fresh.data, file->old.length) == 0))
            continue;
        const ormc_text_diff_side old = {file->shown, file->old.data, file->old.length};
        const ormc_text_diff_side fresh = {file->shown, file->fresh.data, file->fresh.length};
        orm__text text = {0};
        ormc_text_diff_unified(&old, &fresh, &text);
        fprintf(stderr, "%s: is not in the canonical layout\n", file->shown);
        if (text.data)
            fwrite(text.data, 1, text.length, stdout);
        status = text.failed ? ormc_command_fail(NULL) : ORMC_EXIT_DIFFERENT;
        orm__text_release(&text);
    }
    return status;
}

static int write_all(const formatted *files, size_t count)
{
    orm__text message = {0};
    ormc_files *set = ormc_files_open(NULL, NULL, &message);
    bool done = set != NULL;
    for (size_t i = 0; done && i < count; i++) {
        const formatted *file = &files[i];
        if (file->good && !file->path)
            fwrite(file->fresh.data, 1, file->fresh.length, stdout);
        else if (file->good)
            done = ormc_files_put(set, &(ormc_output){file->path, file->fresh.data, file->fresh.length});
    }
    done = done && ormc_files_commit(set);
    ormc_files_close(set);
    int status = done ? ORMC_EXIT_FINE : ormc_command_fail(&message);
    orm__text_release(&message);
    return status;
}
