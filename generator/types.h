/* types.h -- the column types of the schema language: one table, a row per type.
 *
 * Everything that differs from type to type stands in this table and nowhere else in the generator.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_TYPES_H
#define ORMC_TYPES_H

#include <stdbool.h>

/* What kinds of default, limit and literal a type takes. */
typedef enum ormc_type_class {
    ORMC_CLASS_BOOL,
    ORMC_CLASS_INTEGER,
    ORMC_CLASS_REAL,
    ORMC_CLASS_DECIMAL,
    ORMC_CLASS_TEXT,
    ORMC_CLASS_BYTES,
    ORMC_CLASS_UUID,
    ORMC_CLASS_TIME, /* date, time, timestamp, timestamptz */
    ORMC_CLASS_JSON,
    ORMC_CLASS_INTERVAL,
    ORMC_CLASS_INET,
    ORMC_CLASS_OTHER, /* any other type of the database, carried as text */
    ORMC_CLASS_ENUM
} ormc_type_class;

typedef struct ormc_type {
    const char *word; /* in YAML: "int64"; also the middle part of orm_<word>_column, orm_in_<word>, ... */
    ormc_type_class class;
    const char *c_type;   /* of a NOT NULL column in a row struct: "int64_t"; NULL for an enum (named by the package) */
    bool has_opt;         /* a nullable column is orm_opt_<word>; otherwise c_type itself can say NULL */
    const char *constant; /* the runtime's ORM_TYPE_... */
    const char *postgresql, *sqlite; /* column types in DDL; NULL for an enum */
    long long lowest, highest;       /* of integers */
    bool takes_now;                  /* `default: now` */
} ormc_type;

/* The table, ended by a row whose word is NULL. The rows of enums and of other types of the database have
 * words that YAML cannot name: "enum" and "other". */
extern const ormc_type ormc_types[];

/* NULL when no type has that name. */
const ormc_type *ormc_type_find(const char *word);
const ormc_type *ormc_type_of_enum(void);
const ormc_type *ormc_type_of_other(void);

#endif
