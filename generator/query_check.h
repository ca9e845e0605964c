/* query_check.h -- what a database says to the named queries of a package.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_QUERY_CHECK_H
#define ORMC_QUERY_CHECK_H

#include "base/text.h"
#include "diagnostic.h"
#include "model.h"

/* Prepares each query on an SQLite database in memory that has the package's tables, and holds what it would return
 * against what it declares. False when memory is gone. */
bool ormc_query_check(const ormc_package *package, ormc_diagnostics *diagnostics);

/* The same on a database that is there, whose tables are looked at, not made: PostgreSQL tells the types of
 * expressions, too. To `lock`, unless NULL, is appended what it found (query_lock.h). False when it could not be
 * asked: then `message` is appended why. */
bool ormc_query_check_on(const char *url, const ormc_package *package, ormc_diagnostics *diagnostics, orm__text *lock,
                         orm__text *message);

/* The same by what a database found before, which is the text of a lock; a query that is for PostgreSQL and not in it
 * as it is now is reported. False when memory is gone. */
bool ormc_query_check_lock(const char *lock, const ormc_package *package, ormc_diagnostics *diagnostics);

#endif
