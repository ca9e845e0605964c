/* driver/sqlite_rows.h -- orm_rows: lists of C values as a table of SQLite.
 *
 *     ... WHERE id IN (SELECT c0 FROM orm_rows(?1))
 *     INSERT INTO t (a, b) SELECT c0, c1 FROM orm_rows(?1, ?2)
 *
 * The arguments are parameters that are bound to lists of one length. Columns c0, c1, ... are their values as a bound
 * scalar would be stored, `ord` counts the rows from 1. Values are read where they lie, and nothing is copied.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_DRIVER_SQLITE_ROWS_H
#define ORM_DRIVER_SQLITE_ROWS_H

#include "driver/sqlite_values.h"

enum { ORM__SQLITE_LISTS = 64 }; /* the most that one orm_rows takes */

/* A list that is bound: where its items stand, and what has to be done to one of them. It may have a hundred
 * thousand, and SQLite asks for each by itself, so that is found out once. */
typedef struct orm__sqlite_source {
    const orm_value *list;
    size_t count;
    const void *const *rows; /* items are members of these structs; NULL: */
    const char *items;       /* they lie one after another */
    size_t size;             /* of one of them */
    uint32_t value, has;     /* where they stand in a row */
    const bool *nulls;       /* of items */
    bool nullable;           /* there are nulls, or a `has` */
    orm_type plain;          /* what is stored as it lies there; ORM_TYPE_NONE: each item has to be looked at whole */
    const orm_enum *enumeration;
} orm__sqlite_source;

/* A parameter of a statement, and what is bound to it. */
typedef struct orm__sqlite_parameter {
    orm__parameter declared;
    union {
        orm__sqlite_source source;     /* of a list */
        char text[ORM__SQLITE_BUFFER]; /* of a value that is written otherwise than it lies in C */
    };
} orm__sqlite_parameter;

/* What orm_rows gives out: the parameters of the statement that runs. For SQL a list is the number of its parameter,
 * since SQLite compares the seventeenth argument and those behind it with the column they come from, and pointers
 * equal nothing. */
typedef struct orm__sqlite_lists {
    const orm__sqlite_parameter *parameters; /* NULL while nothing runs */
    size_t count;
    orm_error failure; /* why a value could not be given, in more words than SQLite has */
} orm__sqlite_lists;

/* Of an ORM_FORM_LIST or ORM_FORM_ROWS value, which is borrowed as long as orm_rows gives it out. */
void orm__sqlite_source_init(orm__sqlite_source *source, const orm__parameter *declared, const orm_value *list);

/* Makes the table known; `lists` is borrowed until the database is closed. Returns SQLite's code. */
int orm__sqlite_rows_register(sqlite3 *database, orm__sqlite_lists *lists);

#endif
