/* driver/sqlite_error.h -- SQLite's refusals as an orm_error, with the SQLSTATE that PostgreSQL would give.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_DRIVER_SQLITE_ERROR_H
#define ORM_DRIVER_SQLITE_ERROR_H

#include "orm/error.h"

#include <sqlite3.h>

/* Fills in `error` from the last failure of `database`. `sql` may be NULL. Returns the status, never ORM_OK. */
orm_status orm__sqlite_error(sqlite3 *database, const char *sql, orm_error *error);

#endif
