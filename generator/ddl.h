/* ddl.h -- a package's schema as SQL: what makes all of it, and what removes it again.
 *
 * Both lists may be run twice without an error. Tables stand in order of reference; what refers in a circle is tied
 * afterwards on PostgreSQL, while SQLite lets a table refer to one that is still to come.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_DDL_H
#define ORMC_DDL_H

#include "base/arena.h"
#include "literal.h"
#include "model.h"

typedef struct ormc_statements {
    const char **items; /* each without a semicolon; lines end with a newline, but for the last */
    size_t count;
} ormc_statements;

typedef struct ormc_ddl {
    ormc_statements create, drop; /* in the order to run them in */
} ormc_ddl;

/* Fills `ddl` with arena memory; false when memory is gone. */
bool ormc_ddl_make(const ormc_package *package, ormc_dialect dialect, orm__arena *arena, ormc_ddl *ddl);

#endif
