/* link_parts.h -- what the files link*.c share: the state of a run, and models as far as they are read.
 *
 * The way of a package: link.c reads files, enums and model names; link_columns.c and link_relations.c read each model
 * into a draft; link_models.c inherits, lays columns out and resolves keys, link_indexes.c resolves indexes;
 * link_inverses.c joins the two sides of relations, link_through.c those of many_to_many. A draft whose mistake is
 * reported is marked, and nobody complains about what follows from it.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_LINK_PARTS_H
#define ORMC_LINK_PARTS_H

#include <setjmp.h>

#include "language.h"
#include "model.h"
#include "syntax.h"
#include "table.h"

/* A name as it stands in the YAML. */
typedef struct ormc_word {
    const char *text;
    ormc_place place;
} ormc_word;

typedef struct ormc_word_list {
    ormc_word *items;
    size_t count;
} ormc_word_list;

typedef struct ormc_column_draft {
    ormc_column column;    /* copied into each model that has it */
    const ormc_node *node; /* what follows its name */
} ormc_column_draft;

typedef struct ormc_relation_draft {
    ormc_relation relation; /* likewise */
    const ormc_node *node;
    const char *target_name;
    struct ormc_model_draft *target; /* NULL when there is none */
    ormc_word_list columns;          /* of `column` or `columns` */
    ormc_word through, from, to;     /* many_to_many: as said, or a NULL text */
    bool broken;
} ormc_relation_draft;

typedef enum ormc_progress { ORMC_UNSEEN, ORMC_OPEN, ORMC_DONE } ormc_progress;

typedef struct ormc_model_draft {
    ormc_model *model;
    const ormc_node *node;       /* NULL when it is no mapping */
    ormc_progress progress;      /* of inheritance */
    ormc_column_draft **columns; /* inherited, then its own */
    size_t column_count;
    ormc_relation_draft **relations; /* likewise; model->relations has the same order */
    size_t relation_count;
    const ormc_node **indexes, **uniques; /* the values of `indexes` and `unique`, its own last */
    size_t index_count, unique_count;
    const ormc_node *primary_key; /* of the model, or inherited */
    ormc_word_list key;           /* names of the primary key's columns */
    ormc_table members;           /* ormc_member by name: columns and relations */
    ormc_table columns_by_name;   /* ormc_column, once they are laid out */
    bool keyless;                 /* it has no primary key, and none was meant */
    bool incomplete;              /* it may lack columns: a name that is not found need not be wrong */
    bool key_unsure;              /* it may have a primary key that could not be read */
    bool abstract_unsure;         /* it may be abstract */
} ormc_model_draft;

typedef struct ormc_member {
    ormc_place place;
    const void *draft;
} ormc_member;

typedef struct ormc_linker {
    orm__arena *arena;
    ormc_diagnostics *diagnostics;
    ormc_package *package;
    ormc_model_draft **drafts;      /* as package->models */
    ormc_table models;              /* ormc_model_draft by name */
    ormc_table enums;               /* ormc_enum by name */
    ormc_table queries;             /* ormc_query by name */
    bool lacks_models, lacks_enums; /* some could not be read: a name that is not found need not be wrong */
    const char **model_names[2]; /* for hints: of those with tables, of abstract ones; NULL until they are asked for */
    size_t model_name_counts[2];
    jmp_buf no_memory; /* everything is in arenas, so that the way out needs no cleaning up */
} ormc_linker;

/* --- link.c --- */
/* Zeroed arena memory; leaves by no_memory when there is none. */
void *ormc_link_alloc(ormc_linker *linker, size_t count, size_t size);
/* Leaves by no_memory when `pointer`, the result of an allocation, is NULL. */
void *ormc_link_need(ormc_linker *linker, const void *pointer);
/* ormc_table_add that cannot fail. */
void *ormc_link_add(ormc_linker *linker, ormc_table *table, const char *key, void *value);
/* "; did you mean 'x'?", or nothing. */
const char *ormc_link_hint(ormc_linker *linker, const char *word, const char *const *candidates, size_t count);
/* Reports a name that no model has, unless that follows from another mistake: "relation 'author' refers to ..." */
void ormc_link_unknown_model(ormc_linker *linker, const char *what, const char *name, const char *does,
                             const ormc_word *word, bool abstract);
/* The name of a model or enum as part of C names. */
const char *ormc_link_part(ormc_linker *linker, const char *name);
/* Replaces the C name by what the key `c_name` says, if it does. A member's must stand alone. */
void ormc_link_c_name(ormc_linker *linker, const ormc_node *node, bool is_member, const char **c_name);
/* Reports a name that is not of letters, digits and underscores. `what` is "package" */
void ormc_link_check_name(ormc_linker *linker, const char *name, ormc_place place, const char *what);

/* --- link_keys.c --- */
/* Reports the keys of a mapping that are unknown in that context or have values of the wrong kind. */
void ormc_link_check_keys(ormc_linker *linker, const ormc_node *mapping, ormc_context context);
/* True when the mapping may mean to give the key and does not: its value is of the wrong kind, another key is a slip
 * of it or of nothing known, or keys could not be read. All that is reported: that the key is not there is no
 * mistake of its own. */
bool ormc_link_is_misspelt(const ormc_node *mapping, ormc_context context, const char *word);

/* True for `true` and `false`. */
bool ormc_link_is_truth(const ormc_node *value);
/* Values of keys; what ormc_link_check_keys has reported counts as not there. */
bool ormc_link_truth(const ormc_node *mapping, const char *key, bool otherwise);
const char *ormc_link_text(const ormc_node *mapping, const char *key);
ormc_word ormc_link_word(const ormc_node *mapping, const char *key); /* with its place */
int64_t ormc_link_count(const ormc_node *mapping, const char *key);  /* -1: not there */
const ormc_node *ormc_link_mapping(const ormc_node *mapping, const char *key);
const ormc_node *ormc_link_list(const ormc_node *mapping, const char *key);
/* SQL text, or a mapping of it by database, which must have both. False when it is neither, which is reported. */
bool ormc_link_sql(ormc_linker *linker, const ormc_node *node, const char *what, ormc_sql *sql);
/* A list of words, or one alone. What is no word is reported. */
ormc_word_list ormc_link_words(ormc_linker *linker, const ormc_node *node);

/* --- link_columns.c --- */
ormc_column_draft *ormc_link_read_column(ormc_linker *linker, const ormc_pair *pair);
/* A parameter or result of a query: a column of type, nullability, doc and C name. */
ormc_column ormc_link_read_field(ormc_linker *linker, const ormc_pair *pair);
/* A column's type, as messages call it: "int64", "an enum", "an array". */
const char *ormc_link_type_name(const ormc_column *column);

/* --- link_values.c --- */
/* `default`, `min`, `max`, `min_length`, `max_length`, `pattern` of a column whose type is known. */
void ormc_link_read_values(ormc_linker *linker, ormc_column *column, const ormc_node *node);
bool ormc_link_parse_integer(const char *text, int64_t *value);

/* --- link_server.c --- */
/* `server_default`, `generated` with an expression, `on_update`, `version`, `was` of a column whose type is known. */
void ormc_link_read_server(ormc_linker *linker, ormc_column *column, const ormc_node *node);
/* `checks` of a model, put behind those it inherits. */
void ormc_link_read_checks(ormc_linker *linker, ormc_model *model, const ormc_node *node);
/* For so many checks more. */
void ormc_link_make_room(ormc_linker *linker, ormc_model *model, size_t more);
/* The old name of something, NULL when it says none; `now` is its present name. */
const char *ormc_link_was(ormc_linker *linker, const ormc_node *node, const char *now);
/* Once columns are laid out: at most one version, and a column that can be given. */
void ormc_link_server(ormc_linker *linker, ormc_model_draft *draft);

/* --- link_models.c --- */
void ormc_link_read_model(ormc_linker *linker, ormc_model_draft *draft);
void ormc_link_inherit(ormc_linker *linker, ormc_model_draft *draft);
/* The names of the primary key's columns. */
void ormc_link_name_key(ormc_linker *linker, ormc_model_draft *draft);
/* Once the names of all keys are known: the columns of the model, those that its relations make included, and its
 * key. */
void ormc_link_lay_out(ormc_linker *linker, ormc_model_draft *draft);
/* Once types are known. */
void ormc_link_generated(ormc_linker *linker, ormc_model_draft *draft);
/* NULL when the model has no such column; reported at the word unless the model is incomplete. */
const ormc_column *ormc_link_find_column(ormc_linker *linker, const ormc_model_draft *draft, const ormc_word *word);

/* --- link_views.c --- */
/* `view` of a model. */
void ormc_link_read_view(ormc_linker *linker, ormc_model_draft *draft);
/* Once columns are laid out: what a view cannot say, and what nobody can say of one. */
void ormc_link_view(ormc_linker *linker, ormc_model_draft *draft);

/* --- link_indexes.c --- */
/* Once types are known. */
void ormc_link_indexes(ormc_linker *linker, ormc_model_draft *draft);

/* `distribute_by` of a model; then, once all models have theirs, what its relations must be like for it. */
void ormc_link_distribution(ormc_linker *linker, ormc_model_draft *draft);
void ormc_link_distributed_keys(ormc_linker *linker, ormc_model_draft *draft);
/* Words with a leading "-" for descending order, as columns of the model; those not found are left out. */
ormc_order *ormc_link_order(ormc_linker *linker, const ormc_model_draft *draft, const ormc_node *node, size_t *count);

/* --- link_relations.c --- */
ormc_relation_draft *ormc_link_read_relation(ormc_linker *linker, const ormc_pair *pair);
void ormc_link_find_target(ormc_linker *linker, ormc_relation_draft *draft);
/* The names of an owning side's foreign key columns, said or made up; empty when they cannot be known. */
ormc_word_list ormc_link_foreign_key(ormc_linker *linker, const ormc_relation_draft *draft);
/* Columns and targets of the owning sides of a model; then the types of columns they make; then what depends on
 * these. */
void ormc_link_bind(ormc_linker *linker, ormc_model_draft *draft);
void ormc_link_types(ormc_linker *linker, ormc_model_draft *draft);
void ormc_link_owning(ormc_linker *linker, ormc_model_draft *draft);
/* "many_to_one", or what else tells its side. */
const char *ormc_link_kind_name(const ormc_relation *relation);

/* --- link_inverses.c --- */
/* Once owning sides have their columns. */
void ormc_link_inverses(ormc_linker *linker, ormc_model_draft *draft);
/* After the inverse sides of all models. */
void ormc_link_agree(ormc_linker *linker, ormc_model_draft *draft);
/* NULL when the model has no relation of that name. */
ormc_relation *ormc_link_find_relation(const ormc_model *model, const char *name);

/* --- link_queries.c --- */
/* Once models are linked. `dialects` is the list of the file's databases, or NULL. */
void ormc_link_query(ormc_linker *linker, const ormc_file *file, const ormc_node *dialects, const ormc_pair *pair);

/* --- link_query_files.c --- */
/* What `query_files` of a file names. */
void ormc_link_query_files(ormc_linker *linker, const ormc_file *file, const ormc_node *tree);

/* --- link_through.c --- */
/* `through` of a many_to_many. */
void ormc_link_read_through(ormc_linker *linker, ormc_relation_draft *draft);
/* Makes the models that many_to_many relations go through and nobody declares, and puts each behind those of its file.
 * Once, after inheritance. */
void ormc_link_make_through(ormc_linker *linker);
/* The key of a model so made, once the names of all other keys are known. */
void ormc_link_name_made_key(ormc_linker *linker, ormc_model_draft *draft);
/* Finds both relations of the model between; then the other sides that are named; then those that are evident. */
void ormc_link_through(ormc_linker *linker, ormc_model_draft *draft);
void ormc_link_pair(ormc_linker *linker, ormc_model_draft *draft);
void ormc_link_pair_rest(ormc_linker *linker, ormc_model_draft *draft);

#endif
