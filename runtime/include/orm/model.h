/* orm/model.h -- the const descriptors that generated code fills and the runtime reads.
 *
 * Programs need not look here: it is where the two halves of the project meet. Every array a descriptor points to is
 * const and lives as long as the program.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_MODEL_H
#define ORM_MODEL_H

#include "orm/expression.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Raised whenever a descriptor changes its meaning; generated code refuses to compile against another. */
#define ORM_GENERATED_VERSION 1

struct orm_enum {
    const char *name;          /* of the type in the database */
    const char *const *values; /* by position: values[0] belongs to the C constant 1 */
    size_t count;
    const char *schema_name; /* the schema of PostgreSQL that the type is in, or NULL */
    /* Statements that make and remove the type on PostgreSQL, each list ended by NULL. Both may be run twice. */
    const char *const *create, *const *drop;
};

/* Where a member stands in a struct; ORM_ABSENT where there is none. */
#define ORM_ABSENT UINT32_MAX
typedef struct orm_field {
    uint32_t value, has;
} orm_field; /* in the row struct */
typedef struct orm_input {
    uint32_t value, set, null;
} orm_input; /* in the _values struct */
typedef struct orm_change {
    uint32_t value, set, null, op, column;
} orm_change; /* in the _changes struct */

#define ORM_OFFSET(type, member) ((uint32_t)offsetof(type, member))
/* A plain member, and an orm_opt_ one. */
#define ORM_FIELD(type, member) \
    { \
        ORM_OFFSET(type, member), ORM_ABSENT \
    }
#define ORM_OPT_FIELD(type, member) \
    { \
        ORM_OFFSET(type, member.value), ORM_OFFSET(type, member.has) \
    }
/* A required plain member, an orm_in_ one, an orm_in_null_ one. */
#define ORM_REQUIRED(type, member) \
    { \
        ORM_OFFSET(type, member), ORM_ABSENT, ORM_ABSENT \
    }
#define ORM_INPUT(type, member) \
    { \
        ORM_OFFSET(type, member.value), ORM_OFFSET(type, member.set), ORM_ABSENT \
    }
#define ORM_NULL_INPUT(type, member) \
    { \
        ORM_OFFSET(type, member.value), ORM_OFFSET(type, member.set), ORM_OFFSET(type, member.null) \
    }
/* A column that nobody gives: the database computes it. */
#define ORM_NO_INPUT \
    { \
        ORM_ABSENT, ORM_ABSENT, ORM_ABSENT \
    }
#define ORM_NO_CHANGE \
    { \
        ORM_ABSENT, ORM_ABSENT, ORM_ABSENT, ORM_ABSENT, ORM_ABSENT \
    }
#define ORM_CHANGE(type, member) \
    { \
        ORM_OFFSET(type, member.value), ORM_OFFSET(type, member.set), ORM_ABSENT, ORM_OFFSET(type, member.op), \
            ORM_OFFSET(type, member.column.column) \
    }
#define ORM_NULL_CHANGE(type, member) \
    { \
        ORM_OFFSET(type, member.value), ORM_OFFSET(type, member.set), ORM_OFFSET(type, member.null), \
            ORM_OFFSET(type, member.op), ORM_OFFSET(type, member.column.column) \
    }

typedef enum orm_column_flags {
    ORM_NULLABLE = 1 << 0,
    ORM_PRIMARY_KEY = 1 << 1,
    ORM_GENERATED = 1 << 2, /* the database makes its value when none is given */
    ORM_UNIQUE = 1 << 3,
    ORM_DEFAULT_VALUE = 1 << 4, /* default_value holds one */
    ORM_DEFAULT_NOW = 1 << 5,   /* the clock, read once per flush */
    ORM_SENSITIVE = 1 << 6,     /* its values appear in no message and no log */
    ORM_HAS_MIN = 1 << 7,       /* limits.min and .max: `integer` of integer types, `real` of the others */
    ORM_HAS_MAX = 1 << 8,
    ORM_FOREIGN_KEY = 1 << 9, /* part of an owning relation's key */
    ORM_ARRAY = 1 << 10,      /* the member is an orm_<type>_array {items, nulls, count}; `type` is that of its items */
    ORM_SERVER_DEFAULT = 1 << 11, /* the database makes the value when none is given; it comes back */
    ORM_COMPUTED = 1 << 12,       /* a generated column: never written, it comes back */
    ORM_VERSION = 1 << 13,        /* counts the row's updates; an update of another count finds no row */
    ORM_ON_UPDATE_NOW = 1 << 14   /* set to the clock by an update that does not set it */
} orm_column_flags;

typedef union orm_number {
    int64_t integer;
    double real;
} orm_number;

/* The rules that a value is held to before it is sent, and each item of an array. Lengths count characters of text
 * and bytes of bytes; 0: no rule. */
typedef struct orm_limits {
    orm_number min, max;
    uint32_t min_length, max_length;
    const char *pattern;       /* POSIX extended regular expression, or NULL */
    uint16_t precision, scale; /* of a decimal(precision, scale); 0, 0: as many digits as there are */
} orm_limits;

/* Aligned so that handles may mark a descriptor by an address inside it: orm_outer, aggregates. */
struct orm_column {
    const orm_model *model;
    const char *name;   /* in the database */
    const char *member; /* in the structs */
    orm_type type;
    uint32_t flags;              /* of orm_column_flags */
    uint32_t index;              /* its position in model->columns */
    const orm_enum *enumeration; /* of an ORM_TYPE_ENUM column, and of an array of them */
    orm_field field;
    orm_input input;
    orm_change change;
    orm_value default_value;  /* when ORM_DEFAULT_VALUE is set */
    const orm_limits *limits; /* NULL when there are none */
    const char *db_type;      /* of an ORM_TYPE_OTHER column: the name of its type (of an array: of its items') in
                                          PostgreSQL's SQL, as casts have it; NULL: text will do */
} __attribute__((aligned(64)));

typedef enum orm_relation_kind {
    ORM_MANY_TO_ONE = 1,
    ORM_ONE_TO_MANY,
    ORM_ONE_TO_ONE,
    ORM_MANY_TO_MANY
} orm_relation_kind;
typedef enum orm_on_delete {
    ORM_ON_DELETE_RESTRICT,
    ORM_ON_DELETE_CASCADE,
    ORM_ON_DELETE_SET_NULL,
    ORM_ON_DELETE_NO_ACTION
} orm_on_delete;
typedef enum orm_on_update {
    ORM_ON_UPDATE_NO_ACTION,
    ORM_ON_UPDATE_CASCADE,
    ORM_ON_UPDATE_SET_NULL,
    ORM_ON_UPDATE_RESTRICT
} orm_on_update;

struct orm_relation {
    const orm_model *model, *target;
    const char *name;
    orm_relation_kind kind;
    bool owning;                 /* its columns are the foreign key */
    bool orphan_delete;          /* what leaves this relation is deleted */
    uint32_t index;              /* its position in model->relations */
    uint32_t input;              /* owning side: offset of the pointer in the _values struct; otherwise ORM_ABSENT */
    const orm_relation *inverse; /* the other side, or NULL */
    /* Of a many_to_many: the owning relations of the model between, to this model and to the target. Its own columns
     * are none. */
    const orm_relation *through_source, *through_target;
    /* The pairs of columns that are equal on both sides: `columns` are this model's, `target_columns` the target's. */
    const orm_column *const *columns, *const *target_columns;
    uint32_t column_count;
    orm_on_delete on_delete;   /* of the foreign key behind the relation */
    orm_on_update on_update;   /* likewise: when the key that it refers to changes */
    const orm_order *order_by; /* of a collection: the declared order */
    uint32_t order_by_count;
};

/* A unique key besides the primary one. */
typedef struct orm_unique {
    const orm_column *const *columns;
    uint32_t column_count;
} orm_unique;

typedef enum orm_dialect { ORM_POSTGRESQL, ORM_SQLITE } orm_dialect;
enum { ORM_DIALECTS = 2 };

/* What makes and removes a table: lists ended by NULL, or NULL where there is nothing to do. Each may be run twice. */
typedef struct orm_table_statements {
    const char *const *create; /* the table, its indexes and comments; once the tables before it are there */
    const char *const *tie;    /* foreign keys to tables that are created later; once all are there */
    const char *const *untie;  /* before any table is dropped */
    const char *const *drop;   /* once the tables behind it are dropped */
    const char *const *clear;  /* what dropping leaves in the table's place, for others that refer to it; at the end */
} orm_table_statements;

struct orm_model {
    const orm_schema *schema;
    const char *name;         /* "post" */
    const char *type_name;    /* "blog_post" */
    const char *table;        /* in messages and hooks, and the table's name */
    const char *schema_name;  /* the schema of PostgreSQL that the table is in, or NULL */
    const char *sqlite_table; /* the table's name on SQLite, where it is another; or NULL */
    uint32_t index;           /* its position in schema->models */
    uint32_t row_size, values_size, changes_size;
    const orm_column *columns;
    uint32_t column_count;
    const orm_column *const *primary_key;
    uint32_t primary_key_count;
    const orm_relation *relations;
    uint32_t relation_count;
    const orm_unique *uniques;
    uint32_t unique_count;
    bool read_only; /* a view: its rows are read, and never written */
    orm_table_statements statements[ORM_DIALECTS];
};

struct orm_schema {
    const char *package;
    const orm_model *const *models;   /* as declared */
    const orm_model *const *creation; /* the same in the order in which tables are made; they are removed in reverse */
    uint32_t model_count;
    const orm_enum *const *enums;
    uint32_t enum_count;
    const char *const *first; /* statements of PostgreSQL that come before all others, ended by NULL; or NULL */
};

#ifdef __cplusplus
}
#endif
#endif
