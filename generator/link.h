/* link.h -- YAML files to one checked package of models.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_LINK_H
#define ORMC_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "diagnostic.h"
#include "model.h"

/* Reads the files, which together are one package, links them and runs ormc_check. Everything wrong is in the
 * diagnostics; *package is NULL when they hold an error. Arena: the package lives as long as `arena`; it borrows
 * the paths. False only when memory is gone. */
bool ormc_load(const char *const *paths, size_t count, orm__arena *arena, ormc_diagnostics *diagnostics,
               const ormc_package **package);

#endif
