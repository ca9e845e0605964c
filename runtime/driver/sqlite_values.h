/* driver/sqlite_values.h -- how SQLite stores a value, and reading stored values into structs.
 *
 * bool and integers INTEGER; floats REAL, NaN as the text 'NaN'; decimal as canonical TEXT; bytes and uuid BLOB; enums
 * their label; "2024-02-29", "12:00:00.000000", "2024-02-29 12:00:00.000000" (UTC) of the years 1 to 9999; intervals
 * "P1Y2M-3DT1.5S"; inet as PostgreSQL shows it; all else TEXT. Arrays are JSON (sqlite_array.c): bool, integers and
 * floats as JSON has them, all else as strings: NaN and the infinities, bytes as hexadecimal digits, uuid as usual,
 * others as above.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_DRIVER_SQLITE_VALUES_H
#define ORM_DRIVER_SQLITE_VALUES_H

#include "driver/driver.h"

#include <sqlite3.h>

enum { ORM__SQLITE_BUFFER = 72 };

/* A value in one of SQLite's own forms. Text and blobs lie where the value points to, or in `buffer`, or
 * in memory that SQLite releases. */
typedef struct orm__sqlite_stored {
    int form; /* SQLITE_NULL, SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB */
    int64_t integer;
    double real;
    const char *data;
    size_t size;
    sqlite3_destructor_type release; /* what to tell SQLite of the memory of `data` */
    char buffer[ORM__SQLITE_BUFFER];
} orm__sqlite_stored;

/* The value of a parameter, or one of its list. Fails with ORM_UNSUPPORTED for a time that SQLite does not know,
 * ORM_INVALID for one that is no value of its type, ORM_MISUSE for another type than declared. */
orm_status orm__sqlite_store(const orm__parameter *declared, const orm_value *value, orm__sqlite_stored *stored,
                             orm_error *error);
/* The same for an array, after the types have been compared. */
orm_status orm__sqlite_store_array(orm_type type, const orm_value *array, orm__sqlite_stored *stored, orm_error *error);

/* As orm__driver.read. */
orm_status orm__sqlite_read(sqlite3_stmt *statement, const orm_column *const *columns, size_t count, size_t first,
                            void *row, orm__arena *arena, orm_error *error);

/* Arrays: what the JSON text holds, into the {items, nulls, count} at `place`. */
orm_status orm__sqlite_read_array(const orm_column *column, const char *text, size_t size, void *place,
                                  orm__arena *arena, orm_error *error);
/* Text in the form of the column's type, and integers, into a member; ORM_SCHEMA when it is no value of the type. */
orm_status orm__sqlite_take_text(const orm_column *column, const char *text, size_t size, char *member,
                                 orm__arena *arena, orm_error *error);
orm_status orm__sqlite_take_integer(const orm_column *column, int64_t value, char *member, orm_error *error);
orm_status orm__sqlite_take_real(const orm_column *column, double value, char *member, orm_error *error);
/* ORM_SCHEMA: "column ... holds WHAT that does not fit its type". */
orm_status orm__sqlite_refuse(const orm_column *column, const char *what, orm_error *error);

#endif
