/* command_drift.c -- `ormc drift`: how a live database differs from the schemas.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "command_catalog.h"
#include "command_diagnostics.h"
#include "drift.h"
#include "files.h"

#include <stdio.h>
#include <string.h>

static const ormc_option known_only = {.name = "--known-only",
                                       .help = "say nothing of tables and enums that the schemas do not have"};

static int drift(const ormc_arguments *given);
static int compare(const ormc_package *package, const ormc_diagnostics *diagnostics, void *user);
static bool look(const ormc_arguments *given, const ormc_package *package, ormc_diagnostics *found, orm__text *message);
static bool choose_schemas(const ormc_arguments *given, const ormc_package *package, orm__arena *arena,
                           const ormc_catalog_link *link, ormc_catalog_choice *choice, orm__text *message);
static void add_sources(const ormc_package *package, ormc_diagnostics *diagnostics);

/* The words of the command line, apart. */
typedef struct words {
    const ormc_arguments *given;
    const char *url;
} words;

const ormc_command ormc_command_drift = {
    .name = "drift",
    .summary = "say how a database differs from the schemas",
    .description =
        "Compares a live database with the schemas, which together are one package, and names each difference with\n"
        "both definitions; ends with status 3 when there is one. What is compared is what the database itself makes\n"
        "of the schema: on PostgreSQL it is made beside the live one in a transaction that is rolled back, which\n"
        "takes the right to create schemas; for SQLite in memory. Looked at are the PostgreSQL schemas that the\n"
        "package has tables in, or those of --schema. Triggers and what else the schema language has no words for\n"
        "are not compared, nor are the names of keys and the order of columns.\n",
    .usage = {.options = (const ormc_option *const[]){&known_only, &ormc_catalog_schema, ORMC_DIAGNOSTIC_OPTIONS, NULL},
              .operands = "URL SCHEMA.yaml...",
              .operand = "database",
              .sorted = true},
    .run = drift,
};

/* The database is the operand that is a URL, wherever it stands. */
static int drift(const ormc_arguments *given)
{
    ormc_arguments files = *given;
    words said = {.given = given};
    files.operand_count = 0;
    for (size_t i = 0; i < given->operand_count; i++)
        if (!said.url && strstr(given->operands[i], "://"))
            said.url = given->operands[i];
        else
            given->operands[files.operand_count++] = given->operands[i];
    if (said.url && files.operand_count)
        return ormc_command_with_package(&files, compare, &said);
    fprintf(stderr, "ormc: no %s is given\ntry 'ormc drift --help'\n", said.url ? "schema" : "database");
    return ORMC_EXIT_USAGE;
}

static int compare(const ormc_package *package, const ormc_diagnostics *diagnostics, void *user)
{
    const words *said = user;
    orm__text message = {0}, rendered = {0};
    (void)diagnostics;
    ormc_diagnostics *found = ormc_command_diagnostics(said->given, &message);
    if (found)
        add_sources(package, found);
    ormc_arguments given = *said->given;
    given.operands = (const char *[]){said->url};
    given.operand_count = 1;
    bool looked = found && look(&given, package, found, &message);
    if (looked)
        ormc_diagnostics_render(found, &rendered);
    if (rendered.data)
        fputs(rendered.data, stderr);
    bool different = found && ormc_diagnostics_count(found, ORMC_ERROR), failed = rendered.failed;
    orm__text_release(&rendered);
    ormc_diagnostics_free(found);
    if (looked && !failed)
        return different ? ORMC_EXIT_DIFFERENT : ORMC_EXIT_FINE;
    return ormc_command_report(said->given, ORMC_E_DATABASE, &message);
}

static bool look(const ormc_arguments *given, const ormc_package *package, ormc_diagnostics *found, orm__text *message)
{
    orm__arena arena = {0};
    ormc_catalog catalog;
    ormc_settled live, wanted;
    ormc_catalog_choice choice;
    ormc_catalog_link link = {.link = NULL};
    const ormc_drift_options options = {.known_only = ormc_arguments_value(given, &known_only)};
    bool done = ormc_catalog_open(given->operands[0], &arena, &link, message) &&
                choose_schemas(given, package, &arena, &link, &choice, message) &&
                ormc_catalog_read(&link, &choice, &arena, &catalog, message) && ormc_settle(&catalog, &arena, &live) &&
                ormc_drift_wanted(package, &link, &arena, &wanted, message) &&
                ormc_drift_compare(package, &live, &wanted, &options, &arena, found);
    ormc_catalog_close(&link);
    orm__arena_release(&arena);
    return done;
}

/* Without --schema those of the package. */
static bool choose_schemas(const ormc_arguments *given, const ormc_package *package, orm__arena *arena,
                           const ormc_catalog_link *link, ormc_catalog_choice *choice, orm__text *message)
{
    const char *home = NULL;
    if (!ormc_catalog_choose(given, arena, choice) ||
        (!choice->schema_count && !ormc_catalog_home(link, arena, &home, message)))
        return false;
    if (choice->schema_count)
        return true;
    size_t most = package->model_count + package->enum_count + 1;
    const char **schemas = orm__arena_zalloc(arena, most, sizeof *schemas);
    for (size_t i = 0; schemas && i < package->model_count; i++)
        if (!package->models[i]->abstract)
            schemas[choice->schema_count++] = package->models[i]->schema ? package->models[i]->schema : home;
    for (size_t i = 0; schemas && i < package->enum_count; i++)
        schemas[choice->schema_count++] = package->enums[i]->schema ? package->enums[i]->schema : home;
    choice->schemas = schemas;
    return schemas;
}

/* So that messages show their lines. */
static void add_sources(const ormc_package *package, ormc_diagnostics *diagnostics)
{
    for (size_t i = 0; i < package->file_count; i++) {
        orm__text text = {0};
        if (ormc_files_read(package->files[i].path, &text))
            ormc_diagnostics_add_source(diagnostics, package->files[i].path, text.data ? text.data : "", text.length);
        orm__text_release(&text);
    }
}
