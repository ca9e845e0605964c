/* sql/copy.h -- COPY into a table of PostgreSQL, where it does what INSERT would do.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_COPY_H
#define ORM_SQL_COPY_H

#include "sql/rows.h"

/* Whether rows of these columns may be copied: the database must be PostgreSQL, each column of a type whose binary
 * format is the database's own, and the table plain, without a trigger that looks at rows before they are inserted,
 * a rule or row security. The database is asked once for each table. */
orm_status orm__copy_allowed(orm_connection *connection, const orm_model *model, const orm__chosen *columns,
                             bool *allowed);
/* Whether an INSERT of so many rows puts in just these, as far as the database told when it was asked first. */
orm_status orm__table_is_plain(orm_connection *connection, const orm_model *model, bool *plain);
/* Draws a key for each row from the sequence of its column and writes it there. */
orm_status orm__draw_keys(orm_connection *connection, const orm_model *model, const orm_column *key, void *const *rows,
                          size_t count);
/* Copies the columns, whose values are lists. ORM_STALE when the database took fewer rows than there are. */
orm_status orm__copy_rows(orm_connection *connection, const orm_model *model, const orm__chosen *columns, size_t count);

/* The name of the table as pg_get_serial_sequence and casts to regclass read it: an identifier inside a literal. */
void orm__sql_table_literal(orm__sql *sql, const orm_model *model);
/* pg_get_serial_sequence('"table"', 'key') */
void orm__sql_sequence(orm__sql *sql, const orm_model *model, const orm_column *key);

#endif
