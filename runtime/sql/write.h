/* sql/write.h -- inserting, updating and deleting many rows of one model by one statement.
 *
 * Rows are pointers to row structs. On PostgreSQL their columns travel as arrays, a thousand rows at a time; on SQLite
 * one prepared statement runs for each row. Hooks are told once for all.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_WRITE_H
#define ORM_SQL_WRITE_H

#include "base/arena.h"
#include "orm/model.h"
#include "sql/connection.h"

/* Inserts `count` rows of which the same columns are given. A generated key that was not given is written into each
 * row, by the row it belongs to and never by the order of answers; so are the values of server defaults and computed
 * columns, whose texts go to the arena. Without an arena (NULL) nothing is written back. More than ORM__CHUNK rows
 * may take several statements. */
orm_status orm__insert_rows(orm_connection *connection, const orm_model *model, const uint64_t *given,
                            void *const *rows, size_t count, orm__arena *arena);

/* ORM_MISUSE where the model is a view, which is read and never written; ORM_OK of all others. `what` is "insert
 * of". */
orm_status orm__writable(const orm_model *model, const char *what, orm_error *error);

/* The column that counts a row's updates, or NULL. */
const orm_column *orm__version_of(const orm_model *model);

/* Sets the columns of `changed` in each of the rows whose key is in keys[i] (a row struct; the same as rows[i]
 * unless the key changes). `matched` gets how many rows there were. Columns of `defaulted`, which may be NULL, are
 * set to the default that the database has for them. One row alone may take COMMIT with it (connection->commits):
 * not when it did not match. */
orm_status orm__update_rows(orm_connection *connection, const orm_model *model, const uint64_t *changed,
                            const uint64_t *defaulted, const void *const *rows, const void *const *keys, size_t count,
                            size_t *matched);

/* Deletes the rows that have the keys of these. */
orm_status orm__delete_rows(orm_connection *connection, const orm_model *model, const void *const *keys, size_t count,
                            size_t *matched);

/* The parts of a foreign key's ON DELETE: deletes the rows (or, with `null`, sets their foreign keys NULL) that
 * refer by this owning relation to one of the `targets`, but for those that have the keys of `spared`. */
orm_status orm__forsake_rows(orm_connection *connection, const orm_relation *relation, bool null,
                             const void *const *targets, size_t count, const void *const *spared, size_t spared_count);

/* The column whose value the database makes, when it is not in `given`; or NULL. */
const orm_column *orm__generated_key(const orm_model *model, const uint64_t *given);

#endif
