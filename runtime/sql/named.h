/* sql/named.h -- what runs of named queries have in common (named.c), whether their rows come at once or batch by
 * batch.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_NAMED_H
#define ORM_SQL_NAMED_H

#include "orm/named.h"
#include "sql/statement.h"

/* A run: the statement while it is open, and where its rows go. */
typedef struct orm__run {
    orm_connection *connection;
    const orm_named *named;
    orm__sql sql;
    orm__statement *statement;
    orm__columns *columns; /* of each part */
    orm__arena *arena;     /* texts, embedded rows; NULL: no rows are wanted */
    size_t rows;
} orm__run;

/* Whether there is a connection, to a database that the query is for. */
orm_status orm__named_check(orm_connection *connection, const orm_named *named);

/* After init a release is due. flush writes what the session of the connection has pending; put_together adds the
 * text and what is given for its parameters to `sql`, and finds the columns that rows are read into. */
void orm__run_init(orm__run *run, orm_connection *connection, const orm_named *named, orm__arena *arena);
orm_status orm__run_flush(orm__run *run);
orm_status orm__run_put_together(orm__run *run, const void *given);
void orm__run_release(orm__run *run);

/* Whether the open statement returns as many columns as are declared. */
orm_status orm__run_check_width(const orm__run *run);
/* Reads its current row into the row struct, which is zeroed. */
orm_status orm__run_read(const orm__run *run, void *row);

/* The rest of orm_named_each for a query that writes: its statement stays open until the last row. */
orm_status orm__named_each_open(orm_connection *connection, const orm_named *named, const void *given,
                                orm_named_visitor call, const void *visit);

#endif
