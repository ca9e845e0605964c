/* command_catalog.c -- opens and reads the database that a command line names.
 * SPDX-License-Identifier: MIT */
#include "command_catalog.h"

const ormc_option ormc_catalog_schema = {
    .name = "--schema", .value = "NAME", .help = "PostgreSQL: look at this schema alone; may be given several times"};

bool ormc_catalog_choose(const ormc_arguments *given, orm__arena *arena, ormc_catalog_choice *choice)
{
    const char **schemas = orm__arena_zalloc(arena, given->option_count + 1, sizeof *schemas);
    *choice = (ormc_catalog_choice){.schemas = schemas};
    for (size_t i = 0; schemas && i < given->option_count; i++)
        if (given->options[i].option == &ormc_catalog_schema)
            schemas[choice->schema_count++] = given->options[i].value;
    return schemas;
}

bool ormc_catalog_of(const ormc_arguments *given, const char *url, orm__arena *arena, ormc_catalog *catalog,
                     orm__text *message)
{
    ormc_catalog_choice choice;
    ormc_catalog_link link = {.link = NULL};
    bool done = ormc_catalog_choose(given, arena, &choice) && ormc_catalog_open(url, arena, &link, message) &&
                ormc_catalog_read(&link, &choice, arena, catalog, message);
    ormc_catalog_close(&link);
    return done;
}
