/* migrate_postgresql.h -- what migrate_postgresql.c and migrate_constraints.c share. Not for others.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_MIGRATE_POSTGRESQL_H
#define ORMC_MIGRATE_POSTGRESQL_H

#include "migrate_plan.h"

#define PLAN_LOCK_MOMENT "ACCESS EXCLUSIVE on the table for a moment; it is not rewritten"
#define PLAN_LOCK_REWRITE "ACCESS EXCLUSIVE on the table while all of it is rewritten"
#define PLAN_LOCK_READ "SHARE UPDATE EXCLUSIVE on the table while it is read; reads and writes go on"
#define PLAN_LOCK_BOTH "SHARE ROW EXCLUSIVE on both tables for a moment; no row is read"
#define PLAN_LOCK_BUILD "ACCESS EXCLUSIVE on the table while it is read and an index is built; it is not rewritten"

/* Primary keys, uniques, checks, foreign keys and indexes of tables that are in both schemas. */
void plan_change_constraints(planner *p);
/* Adds a check without reading the table, then makes it valid. */
void plan_add_check(planner *p, const ormc_snapshot_table *table, const ormc_snapshot_check *check);
/* Adds a foreign key of a new table. */
void plan_tie(planner *p, const ormc_snapshot_table *table, const ormc_snapshot_foreign_key *key);

#endif
