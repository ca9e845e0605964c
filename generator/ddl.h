/* ddl.h -- a schema as SQL: what makes all of it, what removes it again, and the pieces that migrations are put
 * together from.
 *
 * Both lists may be run twice without an error. Tables stand in order of reference, and views behind them; what refers
 * in a circle is tied afterwards on PostgreSQL, while SQLite lets a table refer to one that is still to come.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_DDL_H
#define ORMC_DDL_H

#include "base/arena.h"
#include "literal.h"
#include "model.h"
#include "snapshot.h"

typedef struct ormc_statements {
    const char **items; /* each without a semicolon; lines end with a newline, but for the last */
    size_t count;
} ormc_statements;

typedef struct ormc_ddl_enum {
    const ormc_enum *enumeration;
    ormc_statements create, drop;
} ormc_ddl_enum;

/* Of a view too, which has `create` and `drop` alone, or nothing when it is there already. */
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

/* Adds the text to the list and empties it; room doubles. False, and an empty list, when memory is gone. */
bool ddl_add_statement(ormc_statements *statements, orm__text *text, orm__arena *arena);

/* "schema"."name", or "name" alone. */
void ddl_put_name(orm__text *text, const char *schema, const char *name);
/* ("a", "b") */
void ddl_put_names(orm__text *text, const ormc_names *names);
/* ('draft', 'published') */
void ddl_put_values(orm__text *text, const ormc_names *values);

/* Which foreign keys CREATE TABLE shall hold; NULL: all. */
typedef bool (*ddl_chosen)(const ormc_snapshot_table *table, const ormc_snapshot_foreign_key *key, void *user);
/* The whole of CREATE TABLE; `name` stands for the table's own. `opening` is "CREATE TABLE IF NOT EXISTS " or its
 * like. */
void ddl_put_table(orm__text *text, const ormc_snapshot *snapshot, const ormc_snapshot_table *table,
                   const char *opening, const char *name, ddl_chosen chosen, void *user);
/* A line of CREATE TABLE; also what stands behind ADD COLUMN, ADD. */
void ddl_put_column(orm__text *text, const ormc_snapshot_column *column, const char *key);
void ddl_put_key(orm__text *text, const ormc_snapshot_key *key, const char *word);
void ddl_put_check(orm__text *text, const ormc_snapshot_check *check);
void ddl_put_foreign_key(orm__text *text, const ormc_snapshot_foreign_key *key);
/* `opening` is "INDEX IF NOT EXISTS " or its like, behind CREATE or CREATE UNIQUE. */
void ddl_put_index(orm__text *text, const ormc_snapshot_table *table, const ormc_snapshot_index *index,
                   const char *opening);
/* "CREATE VIEW ... AS SELECT ..."; `opening` is "CREATE VIEW " or its like. */
void ddl_put_view(orm__text *text, const ormc_snapshot_view *view, const char *opening);
/* "CREATE TYPE ... AS ENUM (...)" */
void ddl_put_enum(orm__text *text, const ormc_snapshot_enum *enumeration);

/* Has an engine like Citus spread the rows of the table, as its distribute_by says, or gather them again; nothing on
 * another. */
void ddl_put_distribution(orm__text *text, const ormc_snapshot_table *table);
void ddl_put_gathering(orm__text *text, const ormc_snapshot_table *table);

/* "COMMENT ON TABLE ... IS '...'"; a comment of NULL takes it away. `column` may be NULL. */
void ddl_put_comment(orm__text *text, const char *kind, const char *schema, const char *name, const char *column,
                     const char *comment);

#endif
