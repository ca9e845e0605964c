/* model.h -- a checked package of models: what link.c makes of syntax trees and everything after it reads.
 *
 * All memory is in the arena of the package; nothing here is freed alone. Arrays are in the order of the YAML. After
 * ormc_check has found no error every pointer documented as resolved is set, and readers take the package as const.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_MODEL_H
#define ORMC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diagnostic.h"
#include "types.h"

typedef struct ormc_package ormc_package;
typedef struct ormc_file ormc_file;
typedef struct ormc_enum ormc_enum;
typedef struct ormc_model ormc_model;
typedef struct ormc_column ormc_column;
typedef struct ormc_relation ormc_relation;
typedef struct ormc_query ormc_query;

/* SQL text by dialect (ormc_dialect of literal.h); NULL: none. */
typedef struct ormc_sql {
    const char *text[2];
} ormc_sql;

struct ormc_enum {
    ormc_place place;
    const ormc_file *file;
    const char *name;           /* "post_status" */
    const char *c_name;         /* the middle of every emitted name */
    const char *schema;         /* PostgreSQL's, or NULL */
    const char *doc, *was;      /* was: its old name, for migrations; NULL when there is none */
    const char **values;        /* as the database knows them: "draft" */
    const char **value_c_names; /* what their constants end with, in any case: the value itself, or its `c_name` */
    const char **values_were;   /* their old names, for migrations; "" where there is none */
    ormc_place *value_places;
    size_t value_count;
    bool used;    /* a column has it */
    bool lacking; /* some values could not be read, which is reported */
};

typedef enum ormc_default_kind {
    ORMC_NO_DEFAULT,
    ORMC_DEFAULT_BOOL,
    ORMC_DEFAULT_INTEGER,
    ORMC_DEFAULT_REAL,
    ORMC_DEFAULT_TEXT, /* text, decimal, json, uuid in canonical form, date and time literals */
    ORMC_DEFAULT_ENUM,
    ORMC_DEFAULT_NOW,
    ORMC_DEFAULT_EMPTY /* an array without items */
} ormc_default_kind;

typedef struct ormc_default {
    ormc_default_kind kind;
    bool boolean;
    int64_t integer; /* of a date or time literal: days or microseconds, as orm/types.h counts */
    double real;
    const char *text;  /* the scalar as it stands in the YAML, always set unless kind is none */
    size_t enum_index; /* 0-based position in the enum's values */
} ormc_default;

struct ormc_column {
    ormc_place place;        /* of its name in the YAML (of the relation's `column:` for one made by a relation) */
    const ormc_model *model; /* the model whose table it stands in; a column inherited from an abstract one is copied */
    size_t index;            /* its position in model->columns */
    const char *name;        /* in the schema language: "author_id" */
    const char *column;      /* in the database */
    const char *c_name;      /* member of the row struct */
    const ormc_type *type;
    const ormc_enum *enumeration; /* resolved when type is the enum's */
    const char *db_type;          /* of the type "other": PostgreSQL's, as SQL has it */
    bool array;                   /* of that type */
    bool nullable, primary_key, unique, indexed;
    bool unindexed;          /* it says that it needs no index */
    ormc_sql server_default; /* of the database alone; what is made by it comes back */
    ormc_sql computed;       /* the expression of a computed column */
    bool on_update_now;      /* set to the clock by every update */
    bool version;            /* the counter of optimistic locking */
    const char *was;         /* its old name in the database, for migrations, or NULL */
    bool generated;          /* the database makes its value: a lone integer key, unless `generated: false` */
    bool declared;           /* false when a relation made it */
    bool sensitive;
    ormc_default default_value; /* set by the client at add, and written to the DDL */
    const char *doc;            /* NULL when there is none, also below */
    bool has_min, has_max;      /* min, max: integers and reals */
    int64_t min_integer, max_integer;
    double min_real, max_real;
    int64_t min_length, max_length; /* in characters (text) or bytes (bytes); -1: none */
    const char *pattern;            /* POSIX extended regular expression */
    int precision, scale;           /* of decimal; -1: none */
    const ormc_relation *relation; /* resolved: the owning relation whose foreign key this column is part of, or NULL */
};

typedef enum ormc_relation_kind {
    ORMC_MANY_TO_ONE,
    ORMC_ONE_TO_MANY,
    ORMC_ONE_TO_ONE,
    ORMC_MANY_TO_MANY
} ormc_relation_kind;

/* What a foreign key does when the row it refers to is deleted, or gets another key. */
typedef enum ormc_action {
    ORMC_ACTION_UNSAID, /* settled when all columns are known */
    ORMC_ACTION_CASCADE,
    ORMC_ACTION_SET_NULL,
    ORMC_ACTION_RESTRICT,
    ORMC_ACTION_NO_ACTION
} ormc_action;

typedef struct ormc_order {
    ormc_place place;
    const ormc_column *column; /* resolved */
    bool descending;           /* a leading "-" in the YAML */
} ormc_order;

struct ormc_relation {
    ormc_place place; /* of its name */
    const ormc_model *model;
    size_t index; /* its position in model->relations */
    const char *name, *c_name;
    ormc_relation_kind kind;
    bool owning;              /* many_to_one always; one_to_one when it says `column` (or `columns`) */
    const ormc_model *target; /* resolved */
    ormc_place target_place;
    const ormc_relation *inverse;       /* resolved: the other side; NULL on an owning side that nobody answers */
    const ormc_column **columns;        /* owning side: the foreign key, in the order of the target's primary key */
    const ormc_column **target_columns; /* what it refers to: the target's primary key */
    size_t column_count;                /* of both; an inverse side reads its inverse's */
    bool nullable;
    bool indexed;   /* owning side: its key has an index of its own */
    bool unindexed; /* it says that it needs none */
    bool orphan_delete;
    ormc_action on_delete; /* left out: set_null for a nullable key, restrict otherwise */
    ormc_action on_update; /* left out: no_action */
    ormc_order *order_by;  /* one_to_many and many_to_many */
    size_t order_by_count;
    /* many_to_many, resolved: the owning relations of the model between, to this model and to the target. */
    const ormc_relation *through_source, *through_target;
    const char *doc;
};

typedef struct ormc_index {
    ormc_place place;
    const char *name; /* made by names.c when the YAML gives none */
    ormc_order *columns;
    size_t column_count;
    bool unique;
    ormc_sql expression; /* instead of columns */
    ormc_sql where;
    const ormc_column **include; /* carried along, not part of the key */
    size_t include_count;
    const char *doc;
} ormc_index;

typedef struct ormc_rule {
    ormc_place place;
    const char *name; /* of the constraint, or NULL */
    ormc_sql sql;     /* the condition */
} ormc_rule;

struct ormc_model {
    ormc_place place;
    const ormc_file *file;
    const char *name;   /* "post" */
    const char *c_name; /* "post": the middle of every emitted name */
    const char *table;
    const char *schema;       /* PostgreSQL's, or NULL */
    const char *sqlite_table; /* "sales_post": SQLite has no schemas */
    const char *was;          /* the table's old name, for migrations, or NULL */
    const char *doc;
    const ormc_column *distribute_by; /* spreads the rows over the nodes of a distributed engine; NULL: nothing does */
    bool everywhere;                  /* each of the nodes has all of them */
    bool abstract;
    bool view;         /* its rows are a view's: they are read, never written */
    ormc_sql view_sql; /* the SELECT of a view that ormc makes; NULL: the view is there already */
    ormc_place view_place;
    bool extended;              /* by another model */
    bool made;                  /* nobody declared it: a many_to_many made it to go through */
    const ormc_model **extends; /* resolved; their columns and relations are already copied, first base first */
    size_t extends_count;
    ormc_column *columns; /* inherited, then declared, then made by relations */
    size_t column_count;
    const ormc_column **primary_key; /* in the order of `primary_key:` or of the columns */
    size_t primary_key_count;
    ormc_relation *relations;
    size_t relation_count;
    ormc_index *indexes; /* model-level `indexes` and `unique`, and column-level `index`; not column-level `unique` */
    size_t index_count;
    ormc_rule *rules; /* `checks` */
    size_t rule_count;
};

typedef enum ormc_cardinality { ORMC_MANY, ORMC_ONE, ORMC_EXEC } ormc_cardinality;

/* What a statement does; the first four in the order of the runtime's orm_statement_kind. */
typedef enum ormc_statement {
    ORMC_STATEMENT_SELECT,
    ORMC_STATEMENT_INSERT,
    ORMC_STATEMENT_UPDATE,
    ORMC_STATEMENT_DELETE,
    ORMC_STATEMENT_OTHER
} ormc_statement;

/* A member of a query's row: a column, or a row of a model. */
typedef struct ormc_returned {
    ormc_column column;      /* of a model: place, name, c_name, nullable and doc alone */
    const ormc_model *model; /* resolved; NULL: a column */
} ormc_returned;

struct ormc_query {
    ormc_place place, sql_place;
    const ormc_file *file;
    const char *name;   /* "posts_per_author" */
    const char *c_name; /* the middle of every emitted name */
    const char *doc;
    ormc_sql sql;            /* as written; NULL for a database that it is not for */
    ormc_sql sent;           /* as it is sent: parameters are $1 and ?1, p.* is spelled out */
    ormc_column *parameters; /* in the order of their numbers */
    size_t parameter_count;
    ormc_returned *returned;
    size_t returned_count;
    const ormc_model *row; /* resolved: `returns` is a model, and `returned` this one alone */
    ormc_cardinality cardinality;
    ormc_statement statement;
    const ormc_model **writes; /* resolved: those whose tables it names as written */
    size_t write_count;
};

struct ormc_file {
    const char *path; /* as given on the command line */
    const char *stem; /* "blog" of "schemas/blog/blog.yaml": name of the emitted pair */
    const char *doc;  /* NULL when there is none */
    size_t index;
};

struct ormc_package {
    ormc_place place;
    const char *name; /* "blog" */
    ormc_file *files;
    size_t file_count;
    ormc_enum **enums; /* all files' in order */
    size_t enum_count;
    ormc_model **models; /* all files' in order, abstract ones included, what relations made last */
    size_t model_count;
    ormc_query **queries; /* all files' in order */
    size_t query_count;
    const char **query_files; /* paths of the SQL files that were read */
    size_t query_file_count;
};

#endif
