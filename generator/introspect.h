/* introspect.h -- a live database as the YAML that somebody would have written for it.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_INTROSPECT_H
#define ORMC_INTROSPECT_H

#include "settle.h"
#include "table.h"

typedef struct ormc_introspect_options {
    const char *package;
    bool singular; /* the model of the table "authors" is "author" */
} ormc_introspect_options;

/* Appends the schema in its canonical layout. What the language cannot say stands in comments. False when memory is
 * gone. */
bool ormc_introspect(ormc_settled *settled, const ormc_introspect_options *options, orm__arena *arena, orm__text *out);

/* --- what introspect*.c share ------------------------------------------------------------------------------------- */

typedef struct shown_model shown_model;

typedef struct shown_relation {
    const char *name;
    const char *stem; /* of the owning side: what its column says, "author" of author_id */
    const char *kind; /* "many_to_one" */
    const shown_model *target;
    const ormc_snapshot_foreign_key *key; /* of the owning side; NULL: the other side */
    const char **columns;                 /* its columns, in the order of the target's primary key */
    size_t column_count;
    bool nullable, indexed;
    const char *inverse;        /* of the other side */
    const shown_model *through; /* of many_to_many, */
    const char *from, *to;      /* and the relations of the model between */
} shown_relation;

struct shown_model {
    const ormc_settled_table *table;
    const char *name, *c_name; /* c_name NULL: made from the name */
    shown_relation *relations; /* owning ones first, in the order of their columns */
    size_t relation_count, owning_count;
    ormc_table members; /* by C name: columns and relations */
    size_t made;        /* so many columns at the end are left to relations */
    bool left_out;      /* a join table that a many_to_many makes just so */
};

typedef struct shown_schema {
    ormc_settled *settled;
    const ormc_introspect_options *options;
    orm__arena *arena;
    shown_model *models;
    size_t model_count;
    ormc_table names;   /* of models and enums */
    ormc_table emitted; /* C names of models and enums */
    orm__text *out;
    bool failed;
} shown_schema;

/* Names for models, free of clashes; and for enums of SQLite. */
void shown_name_models(shown_schema *s);
void shown_find_relations(shown_schema *s);
void shown_write(shown_schema *s);

const char *shown_singular(shown_schema *s, const char *word);
const char *shown_plural(shown_schema *s, const char *word);
/* The first of these names that no member of the model has, else with a number behind it; takes it. */
const char *shown_take_member(shown_schema *s, shown_model *model, const char *const *wanted, size_t count);
const char *shown_printf(shown_schema *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void shown_note(shown_schema *s, const shown_model *model, const char *text);

/* Keys and indexes as the language says them. */
bool shown_same_names(const ormc_names *names, const char *const *others, size_t count);
/* Whether these columns, in any order, occur once: by a key, or by an index of nothing else. */
bool shown_is_unique(const ormc_snapshot_table *table, const char *const *columns, size_t count);
/* "a" of the part "a" DESC; NULL when it is an expression. */
const char *shown_part_column(shown_schema *s, const char *part, bool *descending);
bool shown_is_plain(const ormc_snapshot_index *index);
/* The columns of an index of columns in ascending order; none otherwise. */
ormc_names shown_index_columns(shown_schema *s, const ormc_snapshot_index *index);
const char *shown_index_name(shown_schema *s, const ormc_snapshot_table *table, const ormc_snapshot_index *index);

/* Notes keys whose names ormc would not give. */
void shown_note_names(shown_schema *s, const shown_model *model);

/* A YAML scalar, in quotes where it needs some. */
void shown_put_scalar(orm__text *out, const char *text);
/* [a, b] */
void shown_list(orm__text *out, const char *const *names, size_t count);

/* A mapping in braces whose keys come one by one: {a: b, c: d} */
typedef struct shown_braces {
    orm__text *out;
    size_t count;
} shown_braces;
/* The key, behind which somebody puts a value. */
void shown_open(shown_braces *b, const char *key);
/* Nothing when the value is NULL; a plain one is never quoted. */
void shown_pair(shown_braces *b, const char *key, const char *value);
void shown_plain_pair(shown_braces *b, const char *key, const char *value);
void shown_close(shown_braces *b);

#endif
