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

typedef struct ormc_ddl_enum {
    const ormc_enum *enumeration;
    ormc_statements create, drop;
} ormc_ddl_enum;

typedef struct ormc_ddl_table {
    const ormc_model *model;
    ormc_statements create;     /* the table, its indexes and comments */
    ormc_statements tie, untie; /* foreign keys to tables that are created later */
    ormc_statements drop;       /* may leave something that stands in for it while others refer to it, */
    ormc_statements clear;      /* which goes when all others are dropped */
} ormc_ddl_table;

/* The parts that each enum and table has, and both lists that they make together. */
typedef struct ormc_ddl {
    ormc_statements schemas; /* come first */
    ormc_ddl_enum *enums;    /* those of the package, in its order; without statements on SQLite */
    size_t enum_count;
    ormc_ddl_table *tables; /* in the order of creation */
    size_t table_count;
    ormc_statements create, drop; /* in the order to run them in */
} ormc_ddl;

/* Fills `ddl` with arena memory; false when memory is gone. */
bool ormc_ddl_make(const ormc_package *package, ormc_dialect dialect, orm__arena *arena, ormc_ddl *ddl);

#endif
