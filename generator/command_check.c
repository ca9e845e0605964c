/* command_check.c -- `ormc check`: says what is wrong with schemas, and writes nothing.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "command_diagnostics.h"
#include "files.h"
#include "query_check.h"
#include "query_lock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const ormc_option database = {
    .name = "--database",
    .value = "URL",
    .help = "ask this database, too, what its tables make of the queries: postgresql://..., sqlite:///FILE"};

static const ormc_option lock = {
    .name = "--lock",
    .value = "FILE",
    .help = "keep in this file what the database finds, and commit it; without --database,\n"
            "check the queries by what it found then"};

static int check(const ormc_arguments *given);
static int check_queries(const ormc_package *package, const ormc_diagnostics *diagnostics, void *user);
static bool ask(const ormc_arguments *given, const ormc_package *package, ormc_diagnostics *found, orm__text *message);
static void add_sources(const ormc_package *package, ormc_diagnostics *diagnostics);
static void add_source(const char *path, ormc_diagnostics *diagnostics);

const ormc_command ormc_command_check = {
    .name = "check",
    .summary = "say what is wrong with a package of models",
    .description =
        "Reads the schemas, which together are one package, and says what is wrong with them, as generate does.\n"
        "Nothing is written.\n",
    .usage = {.options = (const ormc_option *const[]){&database, &lock, ORMC_DIAGNOSTIC_OPTIONS, NULL},
              .operands = "SCHEMA.yaml...",
              .operand = "schema",
              .sorted = true},
    .run = check,
};

static int check(const ormc_arguments *given)
{
    return ormc_command_with_package(given, check_queries, &given);
}

/* The schemas have no error by themselves, and what was said of them has been printed. */
static int check_queries(const ormc_package *package, const ormc_diagnostics *diagnostics, void *user)
{
    const ormc_arguments *given = *(const ormc_arguments **)user;
    (void)diagnostics;
    if (!ormc_arguments_value(given, &database) && !ormc_arguments_value(given, &lock))
        return ORMC_EXIT_FINE;
    orm__text message = {0}, rendered = {0};
    ormc_diagnostics *found = ormc_command_diagnostics(given, &message);
    if (found)
        add_sources(package, found);
    bool asked = found && ask(given, package, found, &message);
    if (asked)
        ormc_diagnostics_render(found, &rendered);
    if (rendered.data)
        fputs(rendered.data, stderr);
    bool wrong = found && ormc_diagnostics_count(found, ORMC_ERROR);
    bool failed = rendered.failed;
    orm__text_release(&rendered);
    ormc_diagnostics_free(found);
    if (asked && !failed)
        return wrong ? ORMC_EXIT_INPUT : ORMC_EXIT_FINE;
    return ormc_command_report(given, ORMC_E_DATABASE, &message);
}

/* The database that is named; what it finds is kept unless that is wrong. Or else the lock. */
static bool ask(const ormc_arguments *given, const ormc_package *package, ormc_diagnostics *found, orm__text *message)
{
    const char *url = ormc_arguments_value(given, &database), *path = ormc_arguments_value(given, &lock);
    orm__text text = {0};
    bool done;
    if (url) {
        ormc_lock_begin(&text);
        done = ormc_query_check_on(url, package, found, path ? &text : NULL, message) && !text.failed;
        const ormc_output output = {.path = path, .data = text.data, .length = text.length};
        if (done && path && !ormc_diagnostics_count(found, ORMC_ERROR))
            done = ormc_files_write(&output, 1, message);
    } else {
        done = ormc_files_read(path, &text);
        if (!done)
            orm__text_printf(message, "cannot read '%s': %s", path, strerror(errno));
        done = done && ormc_query_check_lock(text.data, package, found);
    }
    orm__text_release(&text);
    return done;
}

/* So that messages show their lines. */
static void add_sources(const ormc_package *package, ormc_diagnostics *diagnostics)
{
    for (size_t i = 0; i < package->file_count; i++)
        add_source(package->files[i].path, diagnostics);
    for (size_t i = 0; i < package->query_file_count; i++)
        add_source(package->query_files[i], diagnostics);
}

static void add_source(const char *path, ormc_diagnostics *diagnostics)
{
    orm__text text = {0};
    if (ormc_files_read(path, &text))
        ormc_diagnostics_add_source(diagnostics, path, text.data ? text.data : "", text.length);
    orm__text_release(&text);
}
