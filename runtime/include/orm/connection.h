/* orm/connection.h -- Core: rows and statements on one connection, with no memory of them.
 *
 * The typed functions (blog_post_insert, _fetch, _select, _update_where, _delete_where) are generated for each model; here
 * are connections, transactions by hand, and results. A connection belongs to one thread at a time.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_CONNECTION_H
#define ORM_CONNECTION_H

#include "orm/engine.h"
#include "orm/expression.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct orm_connection orm_connection;

/* The memory of what a Core call returned: rows and everything they point to. Owned: free with orm_result_free. */
typedef struct orm_result orm_result;
ORM_API void orm_result_free(orm_result *result);

/* Takes a connection from the pool, waiting up to pool_timeout (ORM_TIMEOUT). Owned: close it with orm_connection_close,
 * which rolls back what was not committed and gives it back to the pool. NULL does nothing. */
ORM_API orm_status orm_connection_open(orm_engine *engine, orm_connection **connection, orm_error *error);
ORM_API void orm_connection_close(orm_connection *connection);

/* The same, told where it is called: unless NDEBUG is defined, orm_connection_open is this, and a checkout that finds the pool
 * used up names the files and lines that hold its connections. `file` is borrowed until the close; NULL: nobody knows. */
ORM_API orm_status orm_connection_open_at(const char *file, int line, orm_engine *engine, orm_connection **connection,
                                          orm_error *error);
#if !defined(NDEBUG) && !defined(ORM_NO_PLACES)
#define orm_connection_open(...) orm_connection_open_at(__FILE__, __LINE__, __VA_ARGS__)
#endif

/* Without begin each statement is a transaction of its own. After a statement that the server refused inside a
 * transaction every further one is ORM_ROLLBACK_FIRST until the rollback. commit and rollback without a transaction do
 * nothing. A failed commit has rolled back, but for ORM_IN_DOUBT: the connection was lost before the answer came. */
ORM_API orm_status orm_connection_begin(orm_connection *connection);
ORM_API orm_status orm_connection_commit(orm_connection *connection);
ORM_API orm_status orm_connection_rollback(orm_connection *connection);

/* Runs one statement of SQL that returns no rows, or whose rows are not wanted; `rows` (may be NULL) gets the number of rows it
 * wrote. */
ORM_API orm_status orm_connection_execute(orm_connection *connection, const char *sql, size_t *rows);

/* The last failure of this connection. Borrowed until its next call. */
ORM_API const orm_error *orm_connection_error(const orm_connection *connection);

#ifdef __cplusplus
}
#endif
#endif
