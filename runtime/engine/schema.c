/* engine/schema.c -- making and removing everything a package has in a database.
 *
 * The statements were written by the generator and stand in the descriptors of tables and enums; here they are run in
 * their order, in one transaction.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "orm/generated.h"
#include "sql/connection.h"

#include <stddef.h>

typedef orm_status (*schema_step)(orm_connection *connection, const orm_schema *schema);

/* Where in the statements of a table a list stands. */
#define LIST(name) offsetof(orm_table_statements, name)

static orm_status run_alone(orm_engine *engine, const orm_schema *schema, schema_step step, orm_error *error);
static orm_status run_step(orm_connection *connection, const orm_schema *schema, schema_step step);
static orm_status create(orm_connection *connection, const orm_schema *schema);
static orm_status drop(orm_connection *connection, const orm_schema *schema);
static orm_status run_forward(orm_connection *connection, const orm_schema *schema, size_t list);
static orm_status run_backward(orm_connection *connection, const orm_schema *schema, size_t list);
static orm_status run_table(orm_connection *connection, const orm_model *model, size_t list);
static orm_status run(orm_connection *connection, const char *const *statements);

orm_status orm_schema_create_all(const orm_schema *schema, orm_engine *engine, orm_error *error)
{
    return run_alone(engine, schema, create, error);
}

orm_status orm_schema_drop_all(const orm_schema *schema, orm_engine *engine, orm_error *error)
{
    return run_alone(engine, schema, drop, error);
}

static orm_status run_alone(orm_engine *engine, const orm_schema *schema, schema_step step, orm_error *error)
{
    orm_connection *connection;
    orm_status status = (orm_connection_open)(engine, &connection, error);
    if (status)
        return status;
    status = run_step(connection, schema, step);
    if (status && error)
        *error = connection->error;
    orm_connection_close(connection);
    return status;
}

/* SQLite puts off its foreign keys to the commit, so that tables may go in any order. */
static orm_status run_step(orm_connection *connection, const orm_schema *schema, schema_step step)
{
    ORM_TRY(orm_connection_begin(connection));
    if (connection->dialect == ORM_SQLITE)
        ORM_TRY(orm__connection_control(connection, ORM_STATEMENT_SCHEMA, "PRAGMA defer_foreign_keys = ON", NULL));
    ORM_TRY(step(connection, schema));
    return orm_connection_commit(connection);
}

static orm_status create(orm_connection *connection, const orm_schema *schema)
{
    bool postgresql = connection->dialect == ORM_POSTGRESQL;
    if (postgresql)
        ORM_TRY(run(connection, schema->first));
    for (uint32_t i = 0; postgresql && i < schema->enum_count; i++)
        ORM_TRY(run(connection, schema->enums[i]->create));
    ORM_TRY(run_forward(connection, schema, LIST(create)));
    return run_forward(connection, schema, LIST(tie));
}

static orm_status drop(orm_connection *connection, const orm_schema *schema)
{
    ORM_TRY(run_forward(connection, schema, LIST(untie)));
    ORM_TRY(run_backward(connection, schema, LIST(drop)));
    ORM_TRY(run_backward(connection, schema, LIST(clear)));
    for (uint32_t i = schema->enum_count; connection->dialect == ORM_POSTGRESQL && i-- > 0;)
        ORM_TRY(run(connection, schema->enums[i]->drop));
    return ORM_OK;
}

static orm_status run_forward(orm_connection *connection, const orm_schema *schema, size_t list)
{
    for (uint32_t i = 0; i < schema->model_count; i++)
        ORM_TRY(run_table(connection, schema->creation[i], list));
    return ORM_OK;
}

static orm_status run_backward(orm_connection *connection, const orm_schema *schema, size_t list)
{
    for (uint32_t i = schema->model_count; i-- > 0;)
        ORM_TRY(run_table(connection, schema->creation[i], list));
    return ORM_OK;
}

static orm_status run_table(orm_connection *connection, const orm_model *model, size_t list)
{
    const char *lists = (const char *)&model->statements[connection->dialect];
    return run(connection, *(const char *const *const *)(lists + list));
}

static orm_status run(orm_connection *connection, const char *const *statements)
{
    for (; statements && *statements; statements++)
        ORM_TRY(orm__connection_control(connection, ORM_STATEMENT_SCHEMA, *statements, NULL));
    return ORM_OK;
}
