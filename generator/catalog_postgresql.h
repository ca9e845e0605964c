/* catalog_postgresql.h -- what catalog_postgresql.c and catalog_notes.c share. Not for others.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_CATALOG_POSTGRESQL_H
#define ORMC_CATALOG_POSTGRESQL_H

#include "catalog.h"
#include "table.h"

typedef struct pg_reader {
    catalog_reader *r;
    ormc_table relations;  /* tables and views by their oid */
    const char *schemas;   /* which ones, as a condition on n.nspname */
    const char *home;      /* where names are found without a schema */
    ormc_names *key, *far; /* of the constraint being read: its columns, and those it refers to; or NULL */
} pg_reader;

void pg_choose_schemas(pg_reader *p);
/* `sql` holds one %s, for the condition on schemas. */
catalog_rows pg_query(pg_reader *p, const char *sql, size_t width);
/* As snapshots have it: NULL for the one where names are found without any. */
const char *pg_schema(pg_reader *p, const char *name);
/* Notes on what has no place in a snapshot. */
void pg_read_notes(pg_reader *p);

#endif
