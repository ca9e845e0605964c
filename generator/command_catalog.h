/* command_catalog.h -- what the commands share that look at a live database.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_COMMAND_CATALOG_H
#define ORMC_COMMAND_CATALOG_H

#include "catalog.h"
#include "options.h"

extern const ormc_option ormc_catalog_schema;

/* Which schemas the options ask for, in the arena. False when memory is gone. */
bool ormc_catalog_choose(const ormc_arguments *given, orm__arena *arena, ormc_catalog_choice *choice);
/* Opens, reads and closes the database of that URL. False: `message` is appended why, unless memory is gone. */
bool ormc_catalog_of(const ormc_arguments *given, const char *url, orm__arena *arena, ormc_catalog *catalog,
                     orm__text *message);

#endif
