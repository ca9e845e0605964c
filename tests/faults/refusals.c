/* refusals.c -- a server that refuses connections and writes for one reason or another: each has its status, frees its
 * place in the pool, and is over when the server no longer has that reason.
 *
 *     refusals SOCKETS PORT CONTROL          what CONTROL does is in refusals.sh
 *
 * Each case is told by a line when it fails; the last line has the sum. Everything goes through the public headers.
 * SPDX-License-Identifier: MIT */
#include "orm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_OF(array) (sizeof(array) / sizeof *(array))

static const char *sockets, *port, *control;
static orm_error error;
static const char *wrong; /* what the case that runs found wrong first */

static void expect_at(const char *what, orm_status status, orm_status wanted)
{
    static char text[2048];
    if (status == wanted || wrong)
        return;
    snprintf(text, sizeof text, "%s is %s, not %s: %s", what, orm_status_name(status), orm_status_name(wanted),
             error.message);
    wrong = text;
}
#define expect(wanted, ...) expect_at(#__VA_ARGS__, (__VA_ARGS__), (wanted))
#define expect_true(...) expect_at(#__VA_ARGS__, (__VA_ARGS__) ? ORM_OK : ORM_DATABASE, ORM_OK)

static void server(const char *verb, const char *argument)
{
    char command[1024];
    snprintf(command, sizeof command, "%s %s \"%s\"", control, verb, argument);
    expect_true(system(command) == 0);
}

/* `host` NULL: the socket. */
static orm_engine *open_as(const char *user, const char *database, const char *host, const char *more)
{
    char url[1024];
    orm_engine *engine = NULL;
    snprintf(url, sizeof url, "postgresql://%s@/%s?host=%s&port=%s%s", user, database, host ? host : sockets, port,
             more);
    error = (orm_error){.status = ORM_OK};
    orm_status status = orm_engine_open(url, &(orm_engine_options){.pool_timeout = 1}, &engine, &error);
    expect_true(!status == !!engine && status == error.status);
    return engine;
}

static orm_engine *must_open_as(const char *user, const char *database, const char *host, const char *more)
{
    orm_engine *engine = open_as(user, database, host, more);
    expect(ORM_OK, error.status);
    return engine;
}

static void refused(orm_engine *engine, orm_status status, const char *sqlstate)
{
    expect_true(engine == NULL);
    expect(status, error.status);
    expect_true(strcmp(error.sqlstate, sqlstate) == 0);
    expect_true(strstr(error.message, orm_status_text(status)) == error.message);
    expect_true(!strstr(error.message, "sesame"));
    orm_engine_close(engine);
}

/* More often than the pool has places. */
static void refused_again_and_again(orm_engine *engine, orm_status status, const char *sqlstate)
{
    orm_connection *connection;
    orm_engine_dispose(engine);
    for (int i = 0; i < 20; i++)
        expect(status, orm_connection_open(engine, &connection, &error));
    refused(NULL, status, sqlstate);
    expect_true(orm_engine_pool(engine).open == 0);
}

static orm_status run(orm_engine *engine, const char *sql)
{
    orm_connection *connection;
    orm_status status = orm_connection_open(engine, &connection, &error);
    if (status)
        return status;
    status = orm_connection_execute(connection, sql, NULL, NULL);
    error = *orm_connection_error(connection);
    orm_connection_close(connection);
    return status;
}

static void a_wrong_password_is_told(void)
{
    refused(open_as("secret:nonsense", "ormc_test", NULL, ""), ORM_AUTHENTICATION, "28P01");
    refused(open_as("old:nonsense", "ormc_test", NULL, ""), ORM_AUTHENTICATION, "28P01");
    refused(open_as("secret", "ormc_test", NULL, "&passfile=/nowhere"), ORM_AUTHENTICATION, "");
    refused(open_as("nobody", "ormc_test", NULL, ""), ORM_AUTHENTICATION, "28000");
    orm_engine *engine = must_open_as("secret:sesame", "ormc_test", NULL, "");
    if (!engine)
        return;
    server("sql", "ALTER ROLE secret PASSWORD 'other'");
    refused_again_and_again(engine, ORM_AUTHENTICATION, "28P01");
    server("sql", "ALTER ROLE secret PASSWORD 'sesame'");
    expect(ORM_OK, run(engine, "SELECT 1"));
    orm_engine_close(engine);
}

static void a_server_that_wants_tls_is_told(void)
{
    refused(open_as("sealed", "ormc_test", "127.0.0.1", "&sslmode=disable"), ORM_TLS, "28000");
    refused(open_as("sealed", "ormc_test", "127.0.0.1", "&sslmode=verify-full"), ORM_TLS, "");
    orm_engine *engine = must_open_as("sealed", "ormc_test", "127.0.0.1", "&sslmode=require");
    orm_engine_close(engine);
}

static void a_server_without_tls_is_told(void)
{
    orm_engine *engine = must_open_as("sealed", "ormc_test", "127.0.0.1", "&sslmode=require");
    if (!engine)
        return;
    server("tls", "off");
    refused_again_and_again(engine, ORM_TLS, "");
    server("tls", "on");
    expect(ORM_OK, run(engine, "SELECT 1"));
    orm_engine_close(engine);
    refused(open_as("open", "ormc_test", "127.0.0.1", "&sslmode=require"), ORM_AUTHENTICATION, "28000");
}

static void a_server_without_places_is_told(void)
{
    orm_engine *engine = must_open_as("few", "ormc_test", NULL, "");
    orm_connection *held[10] = {NULL};
    size_t count = 0;
    if (!engine)
        return;
    while (count < LENGTH_OF(held) && !orm_connection_open(engine, &held[count], &error))
        count++;
    expect_true(count == 5);
    refused(NULL, ORM_TOO_MANY_CONNECTIONS, "53300");
    expect_true(orm_engine_pool(engine).open == count);
    while (count > 0)
        orm_connection_close(held[--count]);
    expect(ORM_OK, run(engine, "SELECT 1"));
    orm_engine_close(engine);
}

static void a_database_that_is_not_there_is_told(void)
{
    refused(open_as("ormc", "nowhere", NULL, ""), ORM_NO_DATABASE, "3D000");
    server("sql", "CREATE DATABASE sometimes");
    orm_engine *engine = must_open_as("ormc", "sometimes", NULL, "");
    if (!engine)
        return;
    server("sql", "DROP DATABASE sometimes WITH (FORCE)");
    refused_again_and_again(engine, ORM_NO_DATABASE, "3D000");
    server("sql", "CREATE DATABASE sometimes");
    expect(ORM_OK, run(engine, "SELECT 1"));
    orm_engine_close(engine);
}

static void a_server_that_goes_down_or_comes_up_is_told(void)
{
    orm_engine *engine = must_open_as("ormc", "ormc_test", NULL, "");
    orm_connection *held, *other;
    if (!engine)
        return;
    expect(ORM_OK, orm_connection_open(engine, &held, &error));
    server("shut", "");
    orm_status status = ORM_OK;
    for (int i = 0; i < 100 && !status; i++) /* until it has heard of it */
        if (!(status = orm_connection_open(engine, &other, &error))) {
            orm_connection_close(other);
            orm_engine_dispose(engine);
        }
    refused(NULL, ORM_STARTING, "57P03");
    expect_true(orm_engine_pool(engine).open == 1);
    orm_connection_close(held);
    orm_engine_dispose(engine);
    server("start", "");
    expect(ORM_OK, run(engine, "SELECT 1"));
    orm_engine_close(engine);
}

/* A connection that met it is not lent again: behind the same name there may be a primary now. */
static void a_server_that_takes_no_writes_is_told(void)
{
    server("sql", "ALTER DATABASE ormc_test SET default_transaction_read_only = on");
    orm_engine *engine = must_open_as("ormc", "ormc_test", NULL, "");
    if (!engine)
        return;
    expect(ORM_READ_ONLY, run(engine, "CREATE TABLE written (a int)"));
    refused(NULL, ORM_READ_ONLY, "25006");
    expect_true(orm_engine_pool(engine).open == 0);
    refused(open_as("ormc", "ormc_test", NULL, "&target_session_attrs=read-write"), ORM_READ_ONLY, "");
    server("sql", "ALTER DATABASE ormc_test RESET default_transaction_read_only");
    expect(ORM_OK, run(engine, "CREATE TABLE written (a int)"));
    orm_engine_close(engine);
}

static void a_disk_that_is_full_is_told(void)
{
    orm_engine *engine = must_open_as("ormc", "ormc_test", NULL, "");
    if (!engine)
        return;
    static const char fill[] = "INSERT INTO large SELECT repeat('x', 1000) FROM generate_series(1, 1000)";
    expect(ORM_OK, run(engine, "CREATE TABLE large (a text) TABLESPACE small"));
    expect(ORM_OK, run(engine, fill));
    expect(ORM_DISK_FULL, run(engine, fill));
    refused(NULL, ORM_DISK_FULL, "53100");
    expect(ORM_OK, run(engine, "DROP TABLE large"));
    expect(ORM_OK, run(engine, "CREATE TABLE large (a text) TABLESPACE small"));
    expect(ORM_OK, run(engine, fill));
    expect_true(orm_engine_pool(engine).in_use == 0);
    orm_engine_close(engine);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"a wrong password is told", a_wrong_password_is_told},
    {"a server that wants TLS is told", a_server_that_wants_tls_is_told},
    {"a server without TLS is told", a_server_without_tls_is_told},
    {"a server without places is told", a_server_without_places_is_told},
    {"a database that is not there is told", a_database_that_is_not_there_is_told},
    {"a server that takes no writes is told", a_server_that_takes_no_writes_is_told},
    {"a disk that is full is told", a_disk_that_is_full_is_told},
    {"a server that goes down or comes up is told", a_server_that_goes_down_or_comes_up_is_told},
};

int main(int argc, char **argv)
{
    int passed = 0, failed = 0;
    if (argc != 4)
        return 2;
    sockets = argv[1];
    port = argv[2];
    control = argv[3];
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        wrong = NULL;
        cases[i].run();
        if (wrong)
            printf("failed: %s: %s\n", cases[i].name, wrong);
        *(wrong ? &failed : &passed) += 1;
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
