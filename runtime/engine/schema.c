/* engine/schema.c -- making and removing everything a package has in a database.
 *
 * The statements were written by the generator and are compiled in; here they are run, in one transaction.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "orm/generated.h"
#include "sql/connection.h"

static orm_status run_all(orm_engine *engine, const char *const *const *statements, orm_error *error);
static orm_status run(orm_connection *connection, const char *const *statements);

orm_status orm_schema_create_all(const orm_schema *schema, orm_engine *engine, orm_error *error)
{
    return run_all(engine, schema->create, error);
}

orm_status orm_schema_drop_all(const orm_schema *schema, orm_engine *engine, orm_error *error)
{
    return run_all(engine, schema->drop, error);
}

static orm_status run_all(orm_engine *engine, const char *const *const *statements, orm_error *error)
{
    orm_connection *connection;
    orm_status status = (orm_connection_open)(engine, &connection, error);
    if (status)
        return status;
    status = run(connection, statements[connection->dialect]);
    if (status && error)
        *error = connection->error;
    orm_connection_close(connection);
    return status;
}

/* SQLite puts off its foreign keys to the commit, so that tables may go in any order. */
static orm_status run(orm_connection *connection, const char *const *statements)
{
    ORM_TRY(orm_connection_begin(connection));
    if (connection->dialect == ORM_SQLITE)
        ORM_TRY(orm__connection_control(connection, ORM_STATEMENT_SCHEMA, "PRAGMA defer_foreign_keys = ON", NULL));
    for (; *statements; statements++)
        ORM_TRY(orm__connection_control(connection, ORM_STATEMENT_SCHEMA, *statements, NULL));
    return orm_connection_commit(connection);
}
