/* sql/execute.c -- SQL by hand on a connection: execute, query, COPY.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "sql/cursor.h"
#include "sql/handwritten.h"

static orm_status flush(orm_connection *connection);
static orm_status run(orm__sql *sql, bool reads, size_t *written);
static orm_status copy(orm_connection *connection, const char *sql, orm__by by, orm__copying *copying, size_t *rows);
static void tell_session(orm_connection *connection, const char *sql);

orm_status orm_connection_execute(orm_connection *connection, const char *sql, const orm_parameters *parameters,
                                  size_t *written)
{
    size_t count = 0;
    if (written)
        *written = 0;
    ORM_TRY(flush(connection));
    orm__sql made;
    orm__sql_init(&made, connection);
    orm_status status = orm__handwritten_take(&made, sql, parameters, ORM__BY_STATEMENT);
    bool reads = !status && orm__handwritten_reads(sql, connection->dialect);
    if (!status && made.count == 0 && !reads)
        status = orm__connection_prepare_write(connection);
    if (!status)
        status = made.count > 0 ? run(&made, reads, &count) : orm__connection_run(connection, sql, &count);
    orm__sql_release(&made);
    if (status) {
        orm__handwritten_failed(connection, sql, parameters);
        return status;
    }
    if (!reads)
        tell_session(connection, sql);
    if (written)
        *written = count;
    return ORM_OK;
}

/* On a session's connection what is pending goes first. */
static orm_status flush(orm_connection *connection)
{
    return connection->session ? connection->listener->flush(connection) : ORM_OK;
}

static orm_status run(orm__sql *sql, bool reads, size_t *written)
{
    const orm__purpose purpose = {reads ? ORM_STATEMENT_SELECT : ORM_STATEMENT_OTHER, ""};
    orm__statement *statement;
    orm_status status = orm__statement_start(sql, purpose, ORM__FETCH_WHOLE, &statement);
    if (!status)
        status = orm__statement_finish(sql->connection, statement, written);
    orm__statement_tell(sql, (orm__purpose){ORM_STATEMENT_OTHER, ""}, *written, status);
    return status;
}

/* Whose rows it has changed nobody knows but the SQL. */
static void tell_session(orm_connection *connection, const char *sql)
{
    if (connection->session)
        connection->listener->mentioned(connection->session, sql);
}

orm_status orm_connection_query(orm_connection *connection, const char *sql, const orm_parameters *parameters,
                                orm_rows **rows)
{
    *rows = NULL;
    ORM_TRY(flush(connection));
    orm_rows *made = orm__rows_new(connection);
    if (!made)
        return ORM_NO_MEMORY;
    orm_status status = orm__handwritten_take(&made->sql, sql, parameters, ORM__BY_STATEMENT);
    bool reads = !status && orm__handwritten_reads(sql, connection->dialect);
    made->tells = !reads;
    if (!status)
        status = orm__rows_start(made, reads);
    if (status) {
        orm__handwritten_failed(connection, sql, parameters);
        orm_rows_close(made);
        return status;
    }
    *rows = made;
    return ORM_OK;
}

/* --- COPY --- */

orm_status orm_connection_copy_in(orm_connection *connection, const char *sql, size_t *rows, orm_copy_source source,
                                  void *user)
{
    orm__copying copying = {.source = source, .user = user};
    return copy(connection, sql, ORM__BY_COPY_IN, &copying, rows);
}

orm_status orm_connection_copy_out(orm_connection *connection, const char *sql, size_t *rows, orm_copy_sink sink,
                                   void *user)
{
    orm__copying copying = {.sink = sink, .user = user};
    return copy(connection, sql, ORM__BY_COPY_OUT, &copying, rows);
}

static orm_status copy(orm_connection *connection, const char *sql, orm__by by, orm__copying *copying, size_t *rows)
{
    size_t count = 0;
    if (rows)
        *rows = 0;
    if (!connection->driver->copy_in)
        return orm__error_set(&connection->error, ORM_UNSUPPORTED, "%s has no COPY", connection->driver->name);
    ORM_TRY(flush(connection));
    orm__sql made;
    orm__sql_init(&made, connection);
    orm_status status = orm__handwritten_take(&made, sql, NULL, by);
    bool writes = !status && (by == ORM__BY_COPY_IN || orm__handwritten_writes(sql, connection->dialect));
    copying->stops = !writes;
    if (!status)
        status = orm__statement_copy_by_hand(&made, copying, &count);
    orm__sql_release(&made);
    if (status)
        orm__handwritten_failed(connection, sql, NULL);
    else if (writes)
        tell_session(connection, sql);
    if (rows && !status)
        *rows = count;
    return status;
}
