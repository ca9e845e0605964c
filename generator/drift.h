/* drift.h -- how a live database differs from the schema of a package.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_DRIFT_H
#define ORMC_DRIFT_H

#include "settle.h"

typedef struct ormc_drift_options {
    bool known_only; /* tables that the package does not have are none of its business */
} ormc_drift_options;

/* Makes the package's schema where it is in nobody's way (PostgreSQL: in schemas of its own, in a transaction that
 * is rolled back; SQLite: in memory), and reads back what the database makes of it. False: `message` is appended
 * why. */
bool ormc_drift_wanted(const ormc_package *package, const ormc_catalog_link *link, orm__arena *arena,
                       ormc_settled *wanted, orm__text *message);

/* Reports each difference at its place in the schema. Differences that the schema language has no words for, and
 * names that it does not give (of keys), are none. False when memory is gone. */
bool ormc_drift_compare(const ormc_package *package, const ormc_settled *live, const ormc_settled *wanted,
                        const ormc_drift_options *options, orm__arena *arena, ormc_diagnostics *diagnostics);

/* --- what drift*.c share ------------------------------------------------------------------------------------------ */

typedef struct drifter {
    const ormc_package *package;
    const ormc_settled *live, *wanted;
    const ormc_drift_options *options;
    orm__arena *arena;
    ormc_diagnostics *diagnostics;
    ormc_dialect dialect;
    const ormc_settled_table *is, *should; /* the table being compared */
    const char *table;                     /* as messages call it: "sales.order" */
    ormc_place place;                      /* of its model */
    bool failed;
} drifter;

void drift_columns(drifter *d);
void drift_keys(drifter *d);
/* `what` differs: one side may be NULL, "nothing". */
void drift_report(drifter *d, ormc_place place, const char *what, const char *is, const char *should);
const char *drift_printf(drifter *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* SQL without what makes no difference: blanks, comments, outer brackets, quotes of plain names. NULL of NULL. */
const char *drift_normal(drifter *d, const char *sql);
bool drift_same_sql(drifter *d, const char *a, const char *b);
/* "(a, b)" */
const char *drift_list(drifter *d, const ormc_names *names);

#endif
