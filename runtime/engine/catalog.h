/* engine/catalog.h -- what a live database has of a package's tables, asked in one statement.
 *
 * It gathers facts; what they mean is for verify.c to say.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ENGINE_CATALOG_H
#define ORM_ENGINE_CATALOG_H

#include "sql/connection.h"

/* Columns first, since every answer has the same members. What a fact holds beside the position of its model: */
typedef enum orm__fact_kind {
    ORM__FACT_TABLE = 1, /* name: "table" or "view"; text: its SQL (SQLite) */
    ORM__FACT_COLUMN, /* name; text: its type; wanted: that of the model's column, as the server writes it (PostgreSQL) */
    ORM__FACT_UNIQUE,      /* a column of a unique key; position: of the key among those of the table */
    ORM__FACT_FOREIGN_KEY, /* a column of a foreign key; likewise. text: the column it refers to, or NULL: the primary key;
                              wanted: the table; flags: ORM__REFERS_... */
    ORM__FACT_ENUM_VALUE, /* of the enum, not the model, of that position; position: its rank (PostgreSQL) */
} orm__fact_kind;

enum {
    ORM__COLUMN_FITS = 1 << 0, /* its type is the wanted one (PostgreSQL) */
    ORM__COLUMN_NOT_NULL = 1 << 1,
    ORM__COLUMN_FILLED = 1 << 2, /* an INSERT need not give it a value */
    ORM__COLUMN_COMPUTED = 1 << 3,
    ORM__COLUMN_OF_KEY = 1 << 4, /* of the primary key */
};

/* What a foreign key does when the row it refers to is deleted; the same, times ORM__REFERS_ON_UPDATE, when its key
 * changes. */
enum {
    ORM__REFERS_OTHERWISE,
    ORM__REFERS_NO_ACTION,
    ORM__REFERS_RESTRICT,
    ORM__REFERS_CASCADE,
    ORM__REFERS_SET_NULL,
    ORM__REFERS_ON_UPDATE = 8
};

typedef struct orm__fact {
    int32_t kind, model, position, flags;
    const char *name, *text, *wanted;
} orm__fact;

/* In order of kind, model and position. */
typedef struct orm__catalog {
    orm__fact *facts;
    size_t count;
} orm__catalog;

/* Facts and texts are the arena's. */
orm_status orm__catalog_read(orm_connection *connection, const orm_schema *schema, orm__arena *arena,
                             orm__catalog *catalog);
/* Those of one kind about one model (or enum). `count` gets how many there are. */
const orm__fact *orm__catalog_find(const orm__catalog *catalog, orm__fact_kind kind, uint32_t model, size_t *count);

#endif
