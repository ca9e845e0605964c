/* sql/cursor.h -- the rows of a statement that is open on a connection: orm_rows.
 *
 * Whoever opens them puts the SQL together; here are reading, and the end in all its forms.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_CURSOR_H
#define ORM_SQL_CURSOR_H

#include "base/arena.h"
#include "orm/rows.h"
#include "sql/statement.h"

/* A place that each row is read into. */
typedef struct orm__bound {
    size_t index;
    const orm_column *column; /* as drivers read it */
    void *place;
} orm__bound;

struct orm_rows {
    orm_connection *connection; /* NULL: it has ended them */
    orm__statement *statement;  /* NULL: all is read */
    orm__sql sql;
    orm__text text; /* its own: others may try theirs meanwhile */
    orm__arena arena, names_arena;
    const char **names;
    size_t width;
    orm__bound *bounds;
    size_t bound_count;
    char *items;           /* of orm_rows_all */
    size_t count, written; /* rows read; rows that the statement wrote */
    bool on_row, keep;     /* keep: texts of all rows stay */
    orm_status status;     /* what sticks */
    orm_error error;       /* its story */
    orm__purpose purpose;  /* for hooks */
    bool tells;            /* a session is told of what the text names */
};

/* Rows without a statement yet, whose `sql` writes to their own text. Owned: orm_rows_close. NULL: no memory, which the
 * connection tells. */
orm_rows *orm__rows_new(orm_connection *connection);
/* Runs what was put together. `reads`: it does not write. On failure the connection has the error, and only a close
 * is due. */
orm_status orm__rows_start(orm_rows *rows, bool reads);
/* A place for a column, checked already; `column` lives as long as the rows. */
orm_status orm__rows_add_bound(orm_rows *rows, size_t index, const orm_column *column, void *place);
/* Memory for a column in the arena, aligned as descriptors are; `size` is that of a struct which begins with one. */
orm_column *orm__column_new(orm__arena *arena, size_t size);
/* The connection goes: a rollback, or its end. */
void orm__rows_end(orm_connection *connection);

#endif
