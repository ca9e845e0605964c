/* migrate_plan.h -- two snapshots to the steps between them.
 *
 * Steps are SQL of one dialect. What differs is found here; where revisions are kept is migrate.h's, running them the
 * runtime's.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_MIGRATE_PLAN_H
#define ORMC_MIGRATE_PLAN_H

#include "ddl.h"
#include "snapshot.h"

typedef struct ormc_step {
    const char *title;       /* add column "bio" to "authors" */
    const char *lock;        /* which lock it takes and whether the table is rewritten; NULL: nothing worth a word */
    const char *rebuilds;    /* SQLite: the table that is made anew, whose triggers and views are to be kept */
    bool alone, destructive; /* alone: outside any transaction, may be repeated */
    ormc_statements sql;
} ormc_step;

/* A query that counts rows which would break what the steps ask for. */
typedef struct ormc_preflight {
    const char *refusal; /* behind the number: rows of "post" have no "title" */
    const char *query;
} ormc_preflight;

typedef struct ormc_plan {
    ormc_step *steps;
    size_t step_count;
    ormc_preflight *preflights;
    size_t preflight_count;
} ormc_plan;

/* What `was` says, where it is still to be done. */
typedef enum ormc_rename_kind {
    ORMC_RENAME_ENUM,
    ORMC_RENAME_VALUE,
    ORMC_RENAME_TABLE,
    ORMC_RENAME_COLUMN
} ormc_rename_kind;

typedef struct ormc_rename {
    ormc_rename_kind kind;
    const char *from_schema, *from, *to_schema, *to; /* the table or enum before and after */
    const char *inner_from, *inner_to;               /* the column or value before and after */
} ormc_rename;

typedef struct ormc_renames {
    ormc_rename *items;
    size_t count;
} ormc_renames;

/* False when memory is gone, here and below. */
bool ormc_renames_find(const ormc_snapshot *from, const ormc_snapshot *to, orm__arena *arena, ormc_renames *renames);
bool ormc_renames_turn(const ormc_renames *renames, orm__arena *arena, ormc_renames *turned);
/* What is dropped and what is added look alike: said, a line each, in place of guessing. */
void ormc_renames_suggest(const ormc_snapshot *from, const ormc_snapshot *to, orm__arena *arena, orm__text *out);
/* A copy of `from` where everything bears its new name; names of constraints and indexes stay. */
bool ormc_renames_apply(const ormc_snapshot *from, const ormc_renames *renames, orm__arena *arena,
                        ormc_snapshot *renamed);
/* Whether the SQL holds the name, quoted or not; and with `to` in its place. Texts in it are let be. */
bool ormc_sql_mentions(const char *sql, const char *name);
const char *ormc_sql_rename(const char *sql, const char *from, const char *to, orm__arena *arena);

/* The steps that lead from one to the other. Empty when both say the same. */
bool ormc_plan_make(const ormc_snapshot *from, const ormc_snapshot *to, const ormc_renames *renames, orm__arena *arena,
                    ormc_plan *plan);

/* --- what migrate_*.c share --------------------------------------------------------------------------------------- */

/* In the order of running. */
typedef enum plan_phase {
    PLAN_SCHEMAS,
    PLAN_DROP_VIEWS,
    PLAN_RENAME,
    PLAN_UNTIE,
    PLAN_UNMAKE, /* computed columns, once no constraint that would go with them is left */
    PLAN_VALUES,
    PLAN_ENUMS,
    PLAN_TABLES,
    PLAN_COLUMNS,
    PLAN_CONSTRAINTS,
    PLAN_VALIDATE,
    PLAN_INDEXES,
    PLAN_TIGHTEN,
    PLAN_DROP,
    PLAN_VIEWS,
    PLAN_COMMENTS,
    PLAN_PHASES
} plan_phase;

typedef struct plan_list {
    ormc_step *items;
    size_t count;
} plan_list;

typedef struct planner {
    const ormc_snapshot *from, *to;
    ormc_snapshot base; /* `from` under the new names */
    ormc_snapshot bare; /* SQLite: `to` without comments, which is what `to` is then */
    const ormc_renames *renames;
    orm__arena *arena;
    ormc_plan *plan;
    plan_list phases[PLAN_PHASES];
    plan_phase phase; /* of the step being written */
    orm__text text;   /* the statement being written */
    bool failed;
} planner;

void ormc_plan_postgresql(planner *p);
void ormc_plan_sqlite(planner *p);
/* Once the tables of both schemas are known: in either dialect. */
void plan_change_views(planner *p);

/* Begins a step; statements that are ended go into it. */
ormc_step *plan_begin(planner *p, plan_phase phase, const char *lock, const char *title, ...)
    __attribute__((format(printf, 4, 5)));
void plan_end_statement(planner *p);
/* Arena text; "" when memory is gone. */
const char *plan_printf(planner *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "name" or "schema"."name", quoted, as arena text. */
const char *plan_quoted(planner *p, const char *schema, const char *name);
const char *plan_take_text(planner *p);

/* A table in both, and what becomes of the columns of the newer one. */
typedef struct plan_pair {
    const ormc_snapshot_table *base, *to, *from; /* base and from: before, under the new and the old names */
    const ormc_snapshot_column **were;           /* of each column of `to`: what it was in base, NULL when it is new */
    bool *retyped, *remade;                      /* of each column of `to` */
} plan_pair;

/* Finds both sides; false when the table is new, or memory is gone. */
bool plan_pair_of(planner *p, const ormc_snapshot_table *to, plan_pair *pair);
const ormc_snapshot_table *plan_from_table(const planner *p, const ormc_snapshot_table *to);
const char *plan_from_column(const planner *p, const ormc_snapshot_table *to, const char *column);
/* Whether the enum behind the column must be made anew, or (SQLite) its values be changed in the rows. */
bool plan_enum_remade(const planner *p, const ormc_snapshot_column *column);
const ormc_snapshot_enum *plan_enum_base(const planner *p, const ormc_snapshot_enum *to);
bool plan_names_hold(const ormc_names *names, const char *name);
/* What the value of a column of `to` is made of in a row as it was; NULL when nothing can be said. */
const char *plan_expression(planner *p, const plan_pair *pair, size_t column);
/* The column of that name in a row as it was, with values of an enum under their new names. */
const char *plan_value(planner *p, const ormc_snapshot_column *is, const char *name);
bool plan_values_renamed(const planner *p, const ormc_snapshot_column *is);
/* Whether a change of type may lose something of a value. */
bool plan_loses(const ormc_snapshot_column *was, const ormc_snapshot_column *is);

/* Questions to ask before anything is changed. */
void plan_check_not_null(planner *p, const plan_pair *pair, size_t column);
void plan_check_unique(planner *p, const plan_pair *pair, const ormc_names *columns);
void plan_check_index(planner *p, const plan_pair *pair, const ormc_snapshot_index *index);
void plan_check_condition(planner *p, const plan_pair *pair, const ormc_snapshot_check *check);
void plan_check_foreign_key(planner *p, const plan_pair *pair, const ormc_snapshot_foreign_key *key);
void plan_check_values(planner *p, const plan_pair *pair, size_t column);
void plan_check_type(planner *p, const plan_pair *pair, size_t column);

#endif
