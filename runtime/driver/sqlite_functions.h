/* driver/sqlite_functions.h -- what liborm adds to SQLite: decimals.
 *
 * The collation ORM_DECIMAL orders texts by their value as numbers; the aggregate orm_decimal_sum adds them exactly,
 * giving NULL when there are none.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_DRIVER_SQLITE_FUNCTIONS_H
#define ORM_DRIVER_SQLITE_FUNCTIONS_H

#include <sqlite3.h>

/* Returns SQLite's code. */
int orm__sqlite_functions_register(sqlite3 *database);

#endif
