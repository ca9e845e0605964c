/* driver/sqlite_values.h -- how SQLite stores a value, and reading stored values into structs.
 *
 * bool and integers INTEGER; floats REAL, NaN as the text 'NaN'; decimal as canonical TEXT; bytes and uuid BLOB;
 * enums their label; "2024-02-29", "12:00:00.000000", "2024-02-29 12:00:00.000000" (UTC) of the years 1 to 9999; all
 * else TEXT.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_DRIVER_SQLITE_VALUES_H
#define ORM_DRIVER_SQLITE_VALUES_H

#include "driver/driver.h"

#include <sqlite3.h>

/* A value in one of SQLite's own forms. Text and blobs lie where the value points to, or in `buffer`, or
 * in memory that SQLite releases. */
typedef struct orm__sqlite_stored {
    int form; /* SQLITE_NULL, SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB */
    int64_t integer;
    double real;
    const char *data;
    size_t size;
    sqlite3_destructor_type release; /* what to tell SQLite of the memory of `data` */
    char buffer[72];
} orm__sqlite_stored;

/* The scalar `value`, declared as `type`. Fails with ORM_UNSUPPORTED for a time that SQLite does not know,
 * ORM_INVALID for one that is no value of its type, ORM_MISUSE for another type than declared. */
orm_status orm__sqlite_store(orm_type type, const orm_value *value, orm__sqlite_stored *stored, orm_error *error);

/* As orm__driver.read. */
orm_status orm__sqlite_read(sqlite3_stmt *statement, const orm_column *const *columns, size_t count, size_t first,
                            void *row, orm__arena *arena, orm_error *error);

#endif
