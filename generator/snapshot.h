/* snapshot.h -- a schema as a database has it, as plain data: what CREATE statements, migrations and comparisons are
 * made from.
 *
 * A snapshot belongs to one dialect: types, defaults and conditions are that dialect's SQL. It is made from a package
 * of models, or read from the file that a migration keeps; anything else that fills these structures (a live database)
 * does as well. Every text is borrowed or in an arena, and nothing is freed alone. Names are bare, without quotes; NULL
 * says that there is none. A snapshot is never changed in place: who needs another one copies it.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_SNAPSHOT_H
#define ORMC_SNAPSHOT_H

#include "base/arena.h"
#include "base/text.h"
#include "diagnostic.h"
#include "literal.h"
#include "model.h"

typedef struct ormc_names {
    const char **items;
    size_t count;
} ormc_names;

typedef struct ormc_snapshot_enum {
    const char *schema, *name, *comment;
    ormc_names values;
    const char *was_schema, *was; /* its old name, as the YAML tells it; in no file, as below */
    ormc_names values_were;       /* old names of the values, by position; "" where there is none */
} ormc_snapshot_enum;

typedef struct ormc_snapshot_column {
    const char *name, *type;
    const char *enum_schema, *enum_name; /* of a column whose values are an enum's, on SQLite too */
    bool array, not_null, identity;      /* identity: the database numbers it (SQLite: AUTOINCREMENT) */
    const char *default_sql;             /* as it stands behind DEFAULT */
    const char *generated;               /* the expression of a computed column */
    const char *comment, *was;
} ormc_snapshot_column;

typedef struct ormc_snapshot_key { /* primary or unique */
    const char *name;
    ormc_names columns;
} ormc_snapshot_key;

typedef struct ormc_snapshot_check {
    const char *name, *sql;
} ormc_snapshot_check;

typedef struct ormc_snapshot_foreign_key {
    const char *name;
    ormc_names columns;
    const char *schema, *table; /* what it refers to */
    ormc_names target_columns;
    const char *on_delete; /* "SET NULL" */
    const char *on_update; /* NULL: NO ACTION, about which nothing is said */
} ormc_snapshot_foreign_key;

typedef struct ormc_snapshot_index {
    const char *name;
    bool unique;
    ormc_names parts; /* SQL: "author_id" in quotes, "at" in quotes and DESC behind it, (lower(name)) */
    ormc_names include;
    const char *where, *comment;
} ormc_snapshot_index;

typedef struct ormc_snapshot_table {
    const char *schema, *name, *comment;
    const char
        *distribute_by; /* a column; "*": each node of a distributed engine has the rows; NULL: nothing is said */
    const char *was_schema, *was;
    ormc_snapshot_column *columns;
    size_t column_count;
    ormc_snapshot_key *primary_key; /* one or none */
    size_t primary_key_count;
    ormc_snapshot_key *uniques;
    size_t unique_count;
    ormc_snapshot_check *checks;
    size_t check_count;
    ormc_snapshot_foreign_key *foreign_keys;
    size_t foreign_key_count;
    ormc_snapshot_index *indexes;
    size_t index_count;
} ormc_snapshot_table;

/* A view that ormc makes; what it has of columns comes from its SELECT. */
typedef struct ormc_snapshot_view {
    const char *schema, *name, *comment;
    const char *sql;               /* the SELECT */
    ormc_snapshot_column *columns; /* those with a comment: its name and the comment alone */
    size_t column_count;
} ormc_snapshot_view;

typedef struct ormc_snapshot {
    ormc_dialect dialect;
    ormc_snapshot_enum *enums;
    size_t enum_count;
    ormc_snapshot_table *tables; /* what a table refers to stands before it, unless that leads in a circle */
    size_t table_count;
    ormc_snapshot_view *views; /* what a view uses stands before it */
    size_t view_count;
    ormc_snapshot_view
        *foreign; /* views that are there already, with all columns that are wanted of them; in no file */
    size_t foreign_count;
} ormc_snapshot;

/* Of all models that have tables or views. False when memory is gone. */
bool ormc_snapshot_make(const ormc_package *package, ormc_dialect dialect, orm__arena *arena, ormc_snapshot *snapshot);

/* NULL when there is none. A schema of NULL is the one where names are found without any. */
ormc_snapshot_table *ormc_snapshot_find_table(const ormc_snapshot *snapshot, const char *schema, const char *name);
ormc_snapshot_enum *ormc_snapshot_find_enum(const ormc_snapshot *snapshot, const char *schema, const char *name);
ormc_snapshot_column *ormc_snapshot_find_column(const ormc_snapshot_table *table, const char *name);

ormc_snapshot_view *ormc_snapshot_find_view(const ormc_snapshot *snapshot, const char *schema, const char *name);

/* Whether the SQL holds the name as a word, in whatever case where neither is in quotes. */
bool ormc_snapshot_uses(const char *sql, ormc_dialect dialect, const char *name);

/* Whether two texts are the same, NULL being equal to itself only. */
bool ormc_same(const char *a, const char *b);
bool ormc_names_equal(const ormc_names *a, const ormc_names *b);

/* What can be compared, copied and written without knowing more of it: records of fields. */
typedef enum ormc_record {
    ORMC_RECORD_ENUM,
    ORMC_RECORD_COLUMN,
    ORMC_RECORD_KEY,
    ORMC_RECORD_CHECK,
    ORMC_RECORD_FOREIGN_KEY,
    ORMC_RECORD_INDEX,
    ORMC_RECORD_TABLE,
    ORMC_RECORD_VIEW,
    ORMC_RECORD_SNAPSHOT
} ormc_record;

/* Whether two records say the same, but for the order of lists of records, for what no file keeps, and for the field
 * of that name (NULL: none). */
bool ormc_record_equal(ormc_record record, const void *a, const void *b, const char *but);
/* A copy that may be changed: lists are copied with all records in them, texts are shared. False when memory is
 * gone. */
bool ormc_snapshot_copy(const ormc_snapshot *snapshot, orm__arena *arena, ormc_snapshot *copy);

/* YAML, the same for the same snapshots, both dialects. */
void ormc_snapshot_write(const ormc_snapshot snapshots[2], orm__text *out);
/* The same back; what is wrong is reported. False when memory is gone or something was reported. */
bool ormc_snapshot_read(const char *path, orm__arena *arena, ormc_diagnostics *diagnostics, ormc_snapshot snapshots[2]);

#endif
