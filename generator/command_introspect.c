/* command_introspect.c -- `ormc introspect`: the schema of a database that is there.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "command_catalog.h"
#include "command_diagnostics.h"
#include "files.h"
#include "introspect.h"
#include "names.h"

#include <stdio.h>
#include <string.h>

static const ormc_option package = {
    .name = "--package", .letter = 'p', .value = "NAME", .help = "the package; the name of the database when left out"};
static const ormc_option output = {
    .name = "--output", .letter = 'o', .value = "FILE", .help = "write the schema there, not to standard output"};
static const ormc_option singular = {.name = "--singular",
                                     .help = "name models in the singular: \"author\" of authors"};

static const ormc_option sort = {
    .name = "--sort", .help = "columns in the order of their names, to compare databases that came about differently"};

static int introspect(const ormc_arguments *given);
static const char *package_of(const ormc_arguments *given, orm__arena *arena);
static bool write_schema(const ormc_arguments *given, const orm__text *schema, orm__text *message);

const ormc_command ormc_command_introspect = {
    .name = "introspect",
    .summary = "write the schema of a database that is there",
    .description =
        "Reads the catalogs of a PostgreSQL or SQLite database and prints the YAML that stands for it: tables,\n"
        "relations in both directions, enums, indexes, checks, defaults, comments, views. What the schema language\n"
        "has no words for (triggers, functions, policies, partitions, ...) is listed in comments. Nothing is changed\n"
        "in the database.\n",
    .usage = {.options = (const ormc_option *const[]){&package, &output, &singular, &sort, &ormc_catalog_schema,
                                                      ORMC_DIAGNOSTIC_OPTIONS, NULL},
              .operands = "URL",
              .operand = "database"},
    .run = introspect,
};

static int introspect(const ormc_arguments *given)
{
    orm__arena arena = {0};
    orm__text message = {0}, schema = {0};
    ormc_catalog catalog;
    ormc_settled settled;
    if (given->operand_count > 1)
        return ormc_command_refuse("ormc introspect", "unexpected argument", given->operands[1], NULL, 0);
    ormc_introspect_options options = {.package = package_of(given, &arena),
                                       .singular = ormc_arguments_value(given, &singular)};
    bool done = options.package && ormc_catalog_of(given, given->operands[0], &arena, &catalog, &message);
    bool any = done && catalog.snapshot.table_count;
    for (size_t i = 0; done && i < catalog.view_count; i++)
        any |= !catalog.views[i].unsayable;
    if (done && !any) {
        orm__text_string(&message, "there are no tables in this database");
        done = false;
    }
    done = done && ormc_settle(&catalog, &arena, &settled);
    if (done && ormc_arguments_value(given, &sort))
        ormc_settled_sort(&settled);
    done = done && ormc_introspect(&settled, &options, &arena, &schema);
    done = done && write_schema(given, &schema, &message);
    orm__text_release(&schema);
    orm__arena_release(&arena);
    if (!done)
        return ormc_command_report(given, ORMC_E_DATABASE, &message);
    return ORMC_EXIT_FINE;
}

/* "shop" of postgresql://host/shop?x=y and of sqlite:///data/shop.db. */
static const char *package_of(const ormc_arguments *given, orm__arena *arena)
{
    const char *said = ormc_arguments_value(given, &package), *url = given->operands[0];
    if (said)
        return said;
    size_t length = strcspn(url, "?");
    size_t begin = length;
    while (begin && url[begin - 1] != '/')
        begin--;
    size_t end = begin + strcspn(url + begin, ".?");
    const char *name = orm__arena_copy(arena, url + begin, end - begin);
    return !name || *name == '\0' || *name == ':' ? "database" : ormc_names_part(arena, name);
}

static bool write_schema(const ormc_arguments *given, const orm__text *schema, orm__text *message)
{
    const ormc_output file = {
        .path = ormc_arguments_value(given, &output), .data = schema->data, .length = schema->length};
    if (file.path)
        return ormc_files_write(&file, 1, message);
    fwrite(schema->data, 1, schema->length, stdout);
    return true;
}
