/* checks.h -- rules that only a whole, linked package can break: names that clash; and what is unwise. (check.h is
 * libcheck's name.)
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_CHECKS_H
#define ORMC_CHECKS_H

#include <stdbool.h>

#include "diagnostic.h"
#include "model.h"

/* Reports names of the database that are too long or given twice (tables, columns, indexes), and emitted names that are
 * given twice or reserved (members, types, functions, constants, include guards). False only when memory is gone. */
bool ormc_check(const ormc_package *package, ormc_diagnostics *diagnostics);

/* Reports tables, primary keys and indexes of more columns than there may be. */
void ormc_check_sizes(const ormc_package *package, ormc_diagnostics *diagnostics);

/* Warns of what is legal, but unwise, in a package without errors. */
void ormc_warn(const ormc_package *package, ormc_diagnostics *diagnostics);

#endif
