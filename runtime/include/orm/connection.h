/* orm/connection.h -- Core: rows and statements on one connection, with no memory of them.
 *
 * The typed functions (blog_post_insert, _fetch, _select, _update_where, _delete_where) are generated for each model;
 * here are connections, transactions by hand, and results. A connection belongs to one thread at a time.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_CONNECTION_H
#define ORM_CONNECTION_H

#include "orm/engine.h"
#include "orm/expression.h"
#include "orm/rows.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct orm_connection orm_connection;

/* The memory of what a Core call returned: rows and everything they point to. Owned: free with orm_result_free. */
typedef struct orm_result orm_result;
ORM_API void orm_result_free(orm_result *result);

/* Takes a connection from the pool, waiting up to pool_timeout (ORM_TIMEOUT). Owned: close it with
 * orm_connection_close, which rolls back what was not committed and gives it back to the pool. NULL does nothing. */
ORM_API orm_status orm_connection_open(orm_engine *engine, orm_connection **connection, orm_error *error);
ORM_API void orm_connection_close(orm_connection *connection);

/* The same, told where it is called: unless NDEBUG is defined, orm_connection_open is this, and a checkout that
 * finds the pool used up names the files and lines that hold its connections. `file` is borrowed until the close;
 * NULL: nobody knows. */
ORM_API orm_status orm_connection_open_at(const char *file, int line, orm_engine *engine, orm_connection **connection,
                                          orm_error *error);
#if !defined(NDEBUG) && !defined(ORM_NO_PLACES)
#define orm_connection_open(...) orm_connection_open_at(__FILE__, __LINE__, __VA_ARGS__)
#endif

/* Without begin each statement is a transaction of its own. After a statement that the server refused inside a
 * transaction every further one is ORM_ROLLBACK_FIRST until the rollback, of the whole or to a savepoint. begin in a
 * transaction is ORM_MISUSE; commit and rollback without one do nothing. A failed commit has rolled back, but for
 * ORM_IN_DOUBT: the connection was lost before the answer came. begin_isolated asks for a level of its own, begin
 * takes the engine's; SQLite has but one, which is more than any of them asks. On the connection of a session all of
 * these are ORM_MISUSE: the transaction is the session's. */
ORM_API orm_status orm_connection_begin(orm_connection *connection);
ORM_API orm_status orm_connection_begin_isolated(orm_connection *connection, orm_isolation isolation);
ORM_API orm_status orm_connection_commit(orm_connection *connection);
ORM_API orm_status orm_connection_rollback(orm_connection *connection);

/* Savepoints inside a transaction, to any depth: begin_nested sets one, commit_nested gives up the innermost, its
 * changes becoming those around it, rollback_nested undoes what came since the innermost, a refusal too, and gives
 * it up. ORM_MISUSE without a transaction, and without a savepoint. */
ORM_API orm_status orm_connection_begin_nested(orm_connection *connection);
ORM_API orm_status orm_connection_commit_nested(orm_connection *connection);
ORM_API orm_status orm_connection_rollback_nested(orm_connection *connection);

/* SQL by hand, with what is given for its parameters (NULL: it has none); see orm/rows.h for both and for rows. One
 * statement is run at a time: a second one behind it is ORM_MISUSE, and so are parameters that are too few, too many or
 * not known, BEGIN and its like (there are functions for them), and COPY from or to the client. All that is said before
 * anything is sent. What the database refuses comes with its SQLSTATE and, where it tells that, the position in the SQL
 * (orm_error). On a session's connection what is pending is written first, and entities of the tables that the SQL
 * names are read anew after it wrote.
 *
 * execute: for what returns no rows, or whose rows are not wanted; `written` (may be NULL) gets the number of rows
 * that an INSERT, UPDATE or DELETE wrote. query: opens the rows that it returns, those of RETURNING too. Owned:
 * orm_rows_close. */
ORM_API orm_status orm_connection_execute(orm_connection *connection, const char *sql, const orm_parameters *parameters,
                                          size_t *written);
ORM_API orm_status orm_connection_query(orm_connection *connection, const char *sql, const orm_parameters *parameters,
                                        orm_rows **rows);

/* COPY by hand, on PostgreSQL; ORM_UNSUPPORTED on SQLite. `sql` is COPY ... FROM STDIN, or COPY ... TO STDOUT, with
 * the format that it asks for; `rows` (may be NULL) gets how many rows went. When anything fails nothing was copied
 * in, and the connection goes on. in: `source` is called for more until it answers ORM_DONE; what it points to is
 * borrowed until its next call, and may end anywhere. Another failure of it ends the COPY and is returned. out:
 * `sink` gets a row at a time, borrowed for the call; ORM_DONE from it means that it has had enough, and is ORM_OK;
 * another failure is returned. Either way the server is asked to end the COPY, and the connection goes on, as does a
 * transaction: there each COPY out has a savepoint of its own. `rows` is 0 when it was ended before its last row;
 * what functions in it wrote is undone then. A COPY that writes (INSERT, UPDATE, DELETE or MERGE in it) is never
 * ended, but read to its last row. Neither source nor sink may use the connection. */
typedef orm_status (*orm_copy_source)(const void **data, size_t *size, void *user);
typedef orm_status (*orm_copy_sink)(const void *data, size_t size, void *user);
ORM_API orm_status orm_connection_copy_in(orm_connection *connection, const char *sql, size_t *rows,
                                          orm_copy_source source, void *user);
ORM_API orm_status orm_connection_copy_out(orm_connection *connection, const char *sql, size_t *rows,
                                           orm_copy_sink sink, void *user);

/* The last failure of this connection. Borrowed until its next call. */
ORM_API const orm_error *orm_connection_error(const orm_connection *connection);

#ifdef __cplusplus
}
#endif
#endif
