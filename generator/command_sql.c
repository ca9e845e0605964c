/* command_sql.c -- `ormc sql`: prints the schema of a package as SQL.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "command_diagnostics.h"
#include "ddl.h"

#include <stdio.h>
#include <string.h>

static const char *const dialects[] = {[ORMC_POSTGRESQL] = "postgresql", [ORMC_SQLITE] = "sqlite", NULL};

static const ormc_option dialect = {.name = "--dialect",
                                    .value = "postgresql|sqlite",
                                    .choices = dialects,
                                    .help = "the database that the SQL is for",
                                    .required = true};
static const ormc_option drop = {.name = "--drop", .help = "print what removes the schema, in place of what makes it"};

static int sql(const ormc_arguments *given);
static int print_schema(const ormc_package *package, const ormc_diagnostics *diagnostics, void *user);
static ormc_dialect dialect_of(const char *name);

const ormc_command ormc_command_sql = {
    .name = "sql",
    .summary = "print the tables of a package of models as SQL",
    .description =
        "Prints the statements that make the tables, types and indexes of the schemas, which together are one\n"
        "package: what PACKAGE_create_all of the generated code runs. What is there already is no error.\n",
    .usage = {.options = (const ormc_option *const[]){&dialect, &drop, ORMC_DIAGNOSTIC_OPTIONS, NULL},
              .operands = "SCHEMA.yaml...",
              .operand = "schema",
              .sorted = true},
    .run = sql,
};

static int sql(const ormc_arguments *given)
{
    ormc_arguments kept = *given;
    return ormc_command_with_package(given, print_schema, &kept);
}

static int print_schema(const ormc_package *package, const ormc_diagnostics *diagnostics, void *user)
{
    (void)diagnostics;
    const ormc_arguments *given = user;
    orm__arena arena = {0};
    ormc_ddl ddl;
    bool made = ormc_ddl_make(package, dialect_of(ormc_arguments_value(given, &dialect)), &arena, &ddl);
    const ormc_statements *statements = ormc_arguments_value(given, &drop) ? &ddl.drop : &ddl.create;
    for (size_t i = 0; made && i < statements->count; i++)
        printf("%s;\n", statements->items[i]);
    orm__arena_release(&arena);
    return made ? ORMC_EXIT_FINE : ormc_command_fail(NULL);
}

static ormc_dialect dialect_of(const char *name)
{
    ormc_dialect found = ORMC_POSTGRESQL;
    while (strcmp(dialects[found], name) != 0)
        found++;
    return found;
}
