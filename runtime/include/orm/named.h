/* orm/named.h -- what generated code calls for named queries. Programs use the typed functions made from it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ORM_NAMED_H
#define ORM_NAMED_H

#include "orm/connection.h"
#include "orm/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What fills a part of a row: `count` columns of `model` from `first` on. They stand in the row struct itself, or in
 * a struct of the model that a pointer at `offset` leads to. */
typedef struct orm_named_part {
    const orm_model *model;
    uint32_t first, count;
    uint32_t offset; /* of the pointer; ORM_ABSENT: the row struct itself */
    bool optional;   /* the pointer is NULL when all these columns are */
} orm_named_part;

/* A named query. Its parameters are the columns of a model, whose row struct holds what is given for them; the SQL
 * calls them $1, $2 and so on (SQLite: ?1). What it returns are the columns of its parts, one behind the other. */
typedef struct orm_named {
    const char *name;
    const char *sql[ORM_DIALECTS]; /* NULL: not for that database */
    orm_statement_kind kind;
    const orm_model *parameters; /* NULL: it has none */
    const orm_named_part *parts; /* NULL: it returns nothing */
    uint32_t part_count;
    uint32_t row_size;
    const orm_model *const *writes; /* models of the tables that it names as written; their entities are read anew */
    uint32_t write_count;
} orm_named;

/* Each runs the query with `given`, a struct of named->parameters (NULL: it has none). On a session's connection what
 * is pending is written first. NULL for a parameter that is not nullable, and a NULL connection, are ORM_MISUSE; a
 * query that is not for this database is ORM_UNSUPPORTED; an answer of another shape is ORM_SCHEMA. Out parameters
 * are written on every path. */

/* All rows: `rows` gets an array of `count` row structs in the result. Owned: orm_result_free. */
ORM_API orm_status orm_named_many(orm_connection *connection, const orm_named *named, const void *given,
                                  const void **rows, size_t *count, orm_result **result);
/* The one row: ORM_NOT_FOUND when there is none, ORM_TOO_MANY when there are more. Owned: orm_result_free. */
ORM_API orm_status orm_named_one(orm_connection *connection, const orm_named *named, const void *given, void *row,
                                 orm_result **result);
/* One row after the other, some 1,000 or 256 KiB in memory at a time (50 at first); `row` and what it points to live
 * for the call. ORM_DONE from the callback stops, without reading what is left, and is ORM_OK; another failure is
 * returned as it is. Other statements may run in between, on this connection and on its session, those of another
 * _each too. On PostgreSQL a server cursor gives the rows, as of its beginning, and the next of them are asked for
 * while these are used: a row that fails there may be told before it is reached. On SQLite the statement stays open:
 * whether it sees what is written meanwhile to the rows that it reads is not defined. It lives in the transaction,
 * and behind a commit or rollback the next row is ORM_MISUSE. Where none is open it has one of its own, which it
 * commits, or rolls back when it fails: so does what the callback writes on the connection, and begin is ORM_MISUSE
 * there. A query that writes is run to its end whatever the callback answers, in one go: another statement in
 * between is ORM_MISUSE. So is it with one that locks (FOR UPDATE). */
typedef orm_status (*orm_named_visitor)(orm_connection *connection, const void *row, const void *visit);
ORM_API orm_status orm_named_each(orm_connection *connection, const orm_named *named, const void *given,
                                  orm_named_visitor call, const void *visit);
/* No rows are wanted; `count`, which may be NULL, gets how many it wrote. */
ORM_API orm_status orm_named_exec(orm_connection *connection, const orm_named *named, const void *given, size_t *count);

#ifdef __cplusplus
}
#endif
#endif
