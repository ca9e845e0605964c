/* ddl_table.h -- what ddl.c and ddl_table.c share: the tables in order, and the names taken so far. Not for others.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_DDL_TABLE_H
#define ORMC_DDL_TABLE_H

#include "ddl.h"
#include "table.h"

typedef struct ddl_table {
    const ormc_model *model;
    bool visited;
    size_t position;           /* in the order of creation */
    bool awaited;              /* a table before it refers to it */
    const char **foreign_keys; /* names of constraints, by relation; NULL for inverse sides */
} ddl_table;

typedef struct ddl_maker {
    const ormc_package *package;
    orm__arena *arena;
    ormc_dialect dialect;
    ormc_ddl *ddl;
    ormc_statements *into;      /* the list that is being filled */
    ddl_table *tables, **order; /* as in the YAML, and as they are created */
    size_t table_count, order_count;
    ormc_table by_model, names; /* name of a model -> ddl_table; names of tables, indexes, constraints */
    orm__text text;             /* the statement being written */
    bool failed;
} ddl_maker;

ddl_table *ddl_table_of(const ddl_maker *maker, const ormc_model *model);
/* In the schema of the model. */
void ddl_reserve_name(ddl_maker *maker, const ormc_model *model, const char *name);
/* Of the table, without its schema. */
const char *ddl_table_name(const ddl_maker *maker, const ormc_model *model);
/* Quoted, with the schema where there is one. */
void ddl_put_table_name(ddl_maker *maker, const ormc_model *model);
void ddl_put_enum_name(ddl_maker *maker, const ormc_enum *enumeration);
void ddl_put_in_schema(ddl_maker *maker, const char *schema, const char *name);
/* Writes CREATE TABLE, and gives the table's foreign keys their names. */
void ddl_put_table(ddl_maker *maker, ddl_table *table);
/* On PostgreSQL, when the table of the target is created after this one. */
bool ddl_is_tied_later(const ddl_maker *maker, const ddl_table *table, const ormc_relation *relation);
/* "CONSTRAINT ... FOREIGN KEY ...", of the relation at that index. */
void ddl_put_foreign_key(ddl_maker *maker, const ddl_table *table, size_t relation);
/* ('draft', 'published') */
void ddl_put_enum_values(ddl_maker *maker, const ormc_enum *enumeration);

#endif
