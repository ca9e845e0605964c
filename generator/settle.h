/* settle.h -- a live database in the words of the schema language: types, defaults and limits of its columns, and what
 * is left of its constraints when those are told at columns.
 *
 * Two databases that an ormc schema could not tell apart settle to the same facts: introspection writes them down, and
 * drift compares them.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_SETTLE_H
#define ORMC_SETTLE_H

#include "catalog.h"
#include "types.h"

/* Texts as the YAML has them, without quotes; NULL: not said. */
typedef struct ormc_settled_column {
    const ormc_snapshot_column *from;
    const char *type;      /* "text", "decimal(10,2)", an enum's name; of an array its items' */
    const char *db_type;   /* in place of it */
    const char *stored;    /* PostgreSQL's type; of SQLite what ormc stores such a type as */
    const ormc_type *kind; /* of it, or of its items */
    bool array, not_null, identity;
    const char *default_value; /* "now"; "[]" of an array */
    const char *server_default, *generated;
    const char *min, *max, *min_length, *max_length;
    const ormc_snapshot_enum *enumeration; /* its own on SQLite */
} ormc_settled_column;

typedef struct ormc_settled_table {
    const ormc_snapshot_table *from;
    const char *view; /* the SELECT of a view; NULL: a table */
    bool unsayable;   /* a view of a kind that no schema makes */
    ormc_settled_column *columns;
    size_t column_count;
    ormc_snapshot_check *checks; /* those that no column tells */
    size_t check_count;
} ormc_settled_table;

typedef struct ormc_settled {
    ormc_catalog *catalog;      /* gets more notes */
    ormc_settled_table *tables; /* and views, by schema and name */
    size_t table_count;
    ormc_snapshot_enum **enums; /* in order of name; on SQLite those that checks tell of */
    size_t enum_count;
} ormc_settled;

/* In the arena. False when memory is gone. */
bool ormc_settle(ormc_catalog *catalog, orm__arena *arena, ormc_settled *settled);

/* Columns by their names. */
void ormc_settled_sort(ormc_settled *settled);

ormc_settled_table *ormc_settled_find(const ormc_settled *settled, const char *schema, const char *name);
ormc_settled_column *ormc_settled_column_of(const ormc_settled_table *table, const char *name);

/* Whether one may be a key that refers to the other. */
bool ormc_settled_same_type(const ormc_settled_column *a, const ormc_settled_column *b);

/* --- what settle*.c share ----------------------------------------------------------------------------------------- */

typedef struct settler {
    orm__arena *arena;
    ormc_settled *settled;
    ormc_dialect dialect;
    bool failed;
} settler;

void settle_type(settler *s, const ormc_settled_table *table, ormc_settled_column *column);
void settle_default(settler *s, ormc_settled_column *column);
/* True when a column tells it. */
bool settle_check(settler *s, ormc_settled_table *table, const ormc_snapshot_check *check);
void settle_note(settler *s, const ormc_settled_table *table, const char *format, const char *name, const char *what);
/* The text of an SQL string; moves behind it. */
const char *settle_unquote(settler *s, const char **at);
const char *settle_copy(settler *s, const char *begin, const char *end);

#endif
