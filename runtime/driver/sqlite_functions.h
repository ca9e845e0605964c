/* driver/sqlite_functions.h -- what liborm adds to SQLite: decimals, intervals and addresses.
 *
 * The collations order texts by what they stand for: ORM_DECIMAL as numbers, ORM_INTERVAL as PostgreSQL compares
 * intervals (a month of 30 days, a day of 24 hours), ORM_INET as it orders addresses; text that is none comes last, by
 * its bytes. The aggregate orm_decimal_sum adds decimals exactly, giving NULL when there are none, orm_decimal_avg and
 * orm_integer_avg divide such a sum by their number; orm_decimal_add(a, b) adds two.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_DRIVER_SQLITE_FUNCTIONS_H
#define ORM_DRIVER_SQLITE_FUNCTIONS_H

#include <sqlite3.h>

/* Returns SQLite's code. */
int orm__sqlite_functions_register(sqlite3 *database);

#endif
