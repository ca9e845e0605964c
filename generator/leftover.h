/* leftover.h -- finds emitted files that no schema makes any more.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_LEFTOVER_H
#define ORMC_LEFTOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "table.h"

typedef struct ormc_leftovers {
    const char **paths; /* by name, whatever order the folder has */
    size_t count;
} ormc_leftovers;

/* Looks in a folder for headers and sources of the package `package` that are not among `kept`, a table by file name.
 * What says in its opening comment, as the built-in templates have it, that ormc generated it for that package is taken
 * for emitted; nothing else is. A folder that cannot be read has none. Arena; false when memory is gone. */
bool ormc_leftovers_find(const char *directory, const char *package, const ormc_table *kept, orm__arena *arena,
                         ormc_leftovers *found);

#endif
