/* snapshot_parts.h -- what snapshot_make.c and snapshot_parts.c share. Not for others.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_SNAPSHOT_PARTS_H
#define ORMC_SNAPSHOT_PARTS_H

#include "snapshot.h"
#include "table.h"

typedef struct snapshot_maker {
    const ormc_package *package;
    orm__arena *arena;
    ormc_dialect dialect;
    ormc_snapshot *snapshot;
    ormc_table visited, names; /* models by name; names of tables, indexes, constraints */
    orm__text text;            /* the piece of SQL being written */
    bool failed;
} snapshot_maker;

void snapshot_make_column(snapshot_maker *maker, const ormc_column *column, ormc_snapshot_column *made);
/* Views that ormc makes, each behind those that it uses; and those that are there already. */
void snapshot_make_views(snapshot_maker *maker);
/* The schema and the name of the model's table or view in the dialect. */
const char *snapshot_schema_of(const snapshot_maker *maker, const ormc_model *model);
const char *snapshot_table_of(const snapshot_maker *maker, const ormc_model *model);

/* What the column's limits, or on SQLite its enum, ask of it; NULL when nothing is asked. */
const char *snapshot_make_condition(snapshot_maker *maker, const ormc_column *column);
/* Moves the text to the arena; "" when memory is gone. */
const char *snapshot_take_text(snapshot_maker *maker);

#endif
