/* sql/walk.h -- rows that are read a batch at a time, while other statements of the connection run in between.
 *
 * On PostgreSQL a cursor of the server gives the batches, and the next FETCH is sent before the last is used. On SQLite
 * the statement stays open, and is set aside between two batches. A walk lives in a transaction, begins one where there
 * is none, and ends with it, whoever ends that.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_WALK_H
#define ORM_SQL_WALK_H

#include "sql/ahead.h"

enum { ORM__FIRST_ROWS = 50 }; /* of the first batch: nobody knows yet how large they are */

/* How many rows the next batch takes, by what the last one took: some 256 KiB, at most 1,000. One of few numbers,
 * since each makes a FETCH of its own that is prepared. */
size_t orm__batch_size(size_t rows, size_t bytes);

typedef struct orm__walk {
    orm_connection *connection; /* NULL: its holder has given it back */
    struct orm__walk *next;     /* of the connection: those that were begun before */
    const char *name;           /* for messages and hooks; borrowed */
    unsigned depth;             /* so many were open already */
    unsigned savepoints;        /* of the connection, when it began */
    bool own;                   /* the transaction began with it */
    bool over;                  /* the transaction, or the savepoint that it began in, has ended */
    bool open;                  /* the cursor, or SQLite's statement, is */
    bool done;                  /* no more rows are to come */
    char cursor[40];            /* PostgreSQL's */
    size_t wanted;              /* rows of the next batch */
    size_t fetching;            /* rows that the FETCH sent ahead asks for */
    size_t ahead;               /* its number (sql/ahead.h); 0: none was sent */
    size_t here;                /* rows that this batch asks for */
    orm__source source;         /* of the batch that is read */
    orm__sql fetch;             /* its FETCH, where it was not sent ahead */
    orm__statement *statement;  /* SQLite's */
    const orm__sql *sql;        /* from which it was started */
} orm__walk;

/* Begins the transaction if there is none. `end` is due whether it succeeds or not. */
orm_status orm__walk_begin(orm__walk *walk, orm_connection *connection, const char *name);
/* What stands before the SELECT; `select` is its text. */
void orm__walk_declare(orm__walk *walk, orm__sql *sql, const char *select);
/* Sends it. `sql` and the values of its parameters are borrowed until the end. */
orm_status orm__walk_open(orm__walk *walk, orm__sql *sql);

/* A batch: after start, step gives its rows, ORM_DONE behind the last, until finish; `read` of them are read, which
 * take `bytes`. */
orm_status orm__walk_start(orm__walk *walk);
orm_status orm__walk_step(orm__walk *walk, size_t read, size_t bytes);
orm_status orm__walk_finish(orm__walk *walk, size_t read, size_t bytes, orm_status status);

/* Ends it, and a transaction of its own: by a commit, or by a rollback when `status`, which is returned, is a
 * failure. */
orm_status orm__walk_end(orm__walk *walk, orm_status status);

/* The transaction of the connection ends, or (rolled back) its innermost savepoint; `gone`: the connection leaves
 * its holder. */
void orm__walks_over(orm_connection *connection, unsigned savepoints, bool gone);

#endif
