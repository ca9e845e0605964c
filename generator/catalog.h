/* catalog.h -- what a live database says of itself: its tables as a snapshot, its views, and notes on what no snapshot
 * holds.
 *
 * Nothing is changed in the database. Texts are as the database has them: types in its words, expressions as it prints
 * them. What the schema language makes of it is settle.h's.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_CATALOG_H
#define ORMC_CATALOG_H

#include "base/arena.h"
#include "base/text.h"
#include "driver/driver.h"
#include "snapshot.h"

#include <stdarg.h>

/* Something that the schema language has no words for. */
typedef struct ormc_catalog_note {
    const char *schema, *table; /* table NULL: of the whole database */
    const char *text; /* what it is, in SQL where that tells more; lines end with a newline, but for the last */
} ormc_catalog_note;

typedef struct ormc_catalog_view {
    ormc_snapshot_table table; /* without keys and constraints */
    const char *definition;    /* the SELECT */
    bool unsayable;            /* a materialized view or foreign table: read like a view, and made by other means */
} ormc_catalog_view;

typedef struct ormc_catalog {
    ormc_snapshot snapshot; /* tables by schema and name; names of keys may be NULL on SQLite */
    ormc_catalog_view *views;
    size_t view_count;
    ormc_catalog_note *notes;
    size_t note_count;
} ormc_catalog;

typedef struct ormc_catalog_link {
    const orm__driver *driver;
    orm__link *link;
    orm_waiter waiter;
    ormc_dialect dialect;
} ormc_catalog_link;

/* Connects; an SQLite file must be there. Close it, also when this fails. False: `message` is appended why. */
bool ormc_catalog_open(const char *url, orm__arena *arena, ormc_catalog_link *link, orm__text *message);
void ormc_catalog_close(ormc_catalog_link *link);
/* One statement. */
bool ormc_catalog_run(const ormc_catalog_link *link, const char *sql, orm__text *message);

/* The schema of PostgreSQL where names are found without one; "" on SQLite. */
bool ormc_catalog_home(const ormc_catalog_link *link, orm__arena *arena, const char **home, orm__text *message);

typedef struct ormc_catalog_choice {
    const char *const *schemas; /* PostgreSQL: these alone; none: all but the system's */
    size_t schema_count;
    const char *scratch; /* PostgreSQL: only schemas of this prefix, which is cut off; NULL: those are left out */
} ormc_catalog_choice;

/* The schemas that hold what ormc makes for a while. */
#define ORMC_CATALOG_SCRATCH "ormc_drift"

/* In the arena. False: `message` is appended why. The tables that ormc keeps for itself are left out. */
bool ormc_catalog_read(const ormc_catalog_link *link, const ormc_catalog_choice *choice, orm__arena *arena,
                       ormc_catalog *catalog, orm__text *message);

/* --- what catalog_*.c share --------------------------------------------------------------------------------------- */

typedef struct catalog_rows {
    const char **cells; /* row by row; NULL: NULL */
    size_t width, count;
} catalog_rows;

typedef struct catalog_reader {
    const ormc_catalog_link *link;
    const ormc_catalog_choice *choice;
    orm__arena *arena;
    ormc_catalog *catalog;
    orm_error error;
    bool failed; /* `error` says why; memory, when it does not */
} catalog_reader;

void catalog_read_postgresql(catalog_reader *r);
void catalog_read_sqlite(catalog_reader *r);

/* All rows of a query whose columns are texts; none after a failure. */
catalog_rows catalog_query(catalog_reader *r, const char *sql, size_t width);
const char *catalog_cell(const catalog_rows *rows, size_t row, size_t column);
bool catalog_truth(const catalog_rows *rows, size_t row, size_t column);
/* Room for one more item of a list in the arena, which doubles; not when `failed` is set. */
void *catalog_grow(catalog_reader *r, void *items, size_t count, size_t size);
void catalog_add_name(catalog_reader *r, ormc_names *names, const char *name);
/* Of a foreign key: NULL where it says no more than the default. */
const char *catalog_on_update(const char *action);
void catalog_note(catalog_reader *r, const char *schema, const char *table, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Arena text; "" when memory is gone. */
const char *catalog_printf(catalog_reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* NULL when memory is gone. */
const char *catalog_vprintf(orm__arena *arena, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

#endif
