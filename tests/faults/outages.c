/* outages.c -- a server that goes away, comes back, stands still or takes no writes, and what a program sees of it.
 *
 *     outages URL CONTROL          CONTROL stop|start|restart is run on the server, which is this program's own
 *
 * Each case is told by a line; the last has the sum. Everything goes through the public headers.
 * SPDX-License-Identifier: MIT */
#include "blog.h"
#include "orm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_OF(array) (sizeof(array) / sizeof *(array))

static const char *url, *control;
static orm_engine *engine;
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

static void server(const char *verb)
{
    char command[512];
    snprintf(command, sizeof command, "%s %s", control, verb);
    expect_true(system(command) == 0);
}

/* Runs a statement on a connection of its own. */
static orm_status run(const char *sql)
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

static orm_status count_authors(size_t *count)
{
    orm_session *session;
    orm_session_factory factory = {.engine = engine};
    orm_status status = orm_session_open(&factory, &session, &error);
    if (status)
        return status;
    status = blog_author_count(session, NULL, count);
    error = *orm_session_error(session);
    orm_session_close(session);
    return status;
}

static void idle_connections_are_replaced_after_a_restart(void)
{
    size_t count;
    expect(ORM_OK, count_authors(&count));
    server("restart");
    expect(ORM_OK, count_authors(&count));
    expect_true(orm_engine_pool(engine).in_use == 0);
}

static void a_transaction_cut_by_a_restart_is_told_and_never_replayed(void)
{
    size_t before = 0, after = 0;
    orm_session *session;
    orm_session_factory factory = {.engine = engine};
    expect(ORM_OK, count_authors(&before));
    expect(ORM_OK, orm_session_open(&factory, &session, &error));
    blog_author_add(session, &(blog_author_values){.email = "cut@example.org", .name = "Cut"}, NULL);
    expect(ORM_OK, orm_session_flush(session));
    server("restart");
    orm_status status = orm_session_commit(session);
    expect_true(status == ORM_DISCONNECTED || status == ORM_IN_DOUBT);
    expect(ORM_OK, orm_session_rollback(session));
    orm_session_close(session);
    expect(ORM_OK, count_authors(&after));
    expect_true(before == after);
    expect_true(orm_engine_pool(engine).in_use == 0);
}

static void a_server_that_is_down_is_told_and_found_again(void)
{
    size_t count;
    orm_engine *none;
    server("stop");
    for (int i = 0; i < 20; i++) /* more often than there are places */
        expect(ORM_DISCONNECTED, count_authors(&count));
    expect(ORM_DISCONNECTED, orm_engine_open(url, NULL, &none, &error));
    expect_true(!none);
    expect_true(orm_engine_pool(engine).open == 0);
    server("start");
    expect(ORM_OK, count_authors(&count));
}

/* As when a cable is pulled: nobody answers, and nothing is closed. */
static void a_server_that_stands_still_is_given_up_when_the_time_is_over(void)
{
    orm_connection *still;
    size_t count;
    expect(ORM_OK, orm_connection_open(engine, &still, &error));
    expect(ORM_OK, orm_connection_execute(still, "SET application_name = 'still'", NULL, NULL));
    server("freeze still");
    expect(ORM_TIMEOUT, orm_connection_execute(still, "SELECT 1", NULL, NULL));
    orm_connection_close(still);
    expect(ORM_OK, count_authors(&count));
    expect_true(orm_engine_pool(engine).in_use == 0);
    server("thaw");
}

static void a_server_that_is_read_only_says_so(void)
{
    orm_session *session;
    orm_session_factory factory = {.engine = engine};
    expect(ORM_OK, run("ALTER DATABASE ormc_test SET default_transaction_read_only = on"));
    orm_engine_dispose(engine);
    expect(ORM_OK, orm_session_open(&factory, &session, &error));
    blog_author_add(session, &(blog_author_values){.email = "a@example.org", .name = "Ada"}, NULL);
    expect(ORM_READ_ONLY, orm_session_commit(session));
    expect_true(strcmp(orm_session_error(session)->sqlstate, "25006") == 0);
    orm_session_close(session);
    expect(ORM_OK, run("SET default_transaction_read_only = off"));
    expect(ORM_OK, run("ALTER DATABASE ormc_test RESET default_transaction_read_only"));
    orm_engine_dispose(engine);
}

/* "cached plan must not change result type", and statements that somebody has thrown away. */
static void statements_that_the_server_has_lost_are_prepared_again(void)
{
    size_t count;
    orm_connection *connection;
    const blog_author *rows;
    orm_result *result;
    expect(ORM_OK, orm_connection_open(engine, &connection, &error));
    static const char *const steps[] = {"DEALLOCATE ALL", "ALTER TABLE authors ALTER COLUMN name TYPE varchar(200)",
                                        "DISCARD ALL"};
    for (size_t i = 0; i < LENGTH_OF(steps); i++) {
        expect(ORM_OK, blog_author_select(connection, NULL, &rows, &count, &result));
        orm_result_free(result);
        expect(ORM_OK, orm_connection_execute(connection, steps[i], NULL, NULL));
    }
    expect(ORM_OK, blog_author_select(connection, NULL, &rows, &count, &result));
    orm_result_free(result);
    orm_connection_close(connection);
}

static void a_role_without_places_left_is_refused_and_frees_its_own(void)
{
    char other[1024];
    orm_engine *limited = NULL;
    orm_connection *one, *two;
    expect(ORM_OK, run("CREATE ROLE few LOGIN CONNECTION LIMIT 1"));
    snprintf(other, sizeof other, "%s&user=few", url);
    expect(ORM_OK, orm_engine_open(other, NULL, &limited, &error));
    if (!limited)
        return;
    expect(ORM_OK, orm_connection_open(limited, &one, &error));
    expect(ORM_TOO_MANY_CONNECTIONS, orm_connection_open(limited, &two, &error));
    expect_true(strcmp(error.sqlstate, "53300") == 0);
    expect_true(strstr(error.message, "too many connections") != NULL);
    expect_true(orm_engine_pool(limited).open == 1);
    orm_connection_close(one);
    expect(ORM_OK, orm_connection_open(limited, &two, &error));
    orm_connection_close(two);
    orm_engine_close(limited);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"idle connections are replaced after a restart", idle_connections_are_replaced_after_a_restart},
    {"a transaction cut by a restart is told and never replayed",
     a_transaction_cut_by_a_restart_is_told_and_never_replayed},
    {"a server that is down is told and found again", a_server_that_is_down_is_told_and_found_again},
    {"a server that stands still is given up when the time is over",
     a_server_that_stands_still_is_given_up_when_the_time_is_over},
    {"a server that is read-only says so", a_server_that_is_read_only_says_so},
    {"statements that the server has lost are prepared again", statements_that_the_server_has_lost_are_prepared_again},
    {"a role without places left is refused and frees its own",
     a_role_without_places_left_is_refused_and_frees_its_own},
};

int main(int argc, char **argv)
{
    static const char *const durable[] = {"options", "-c synchronous_commit=on", NULL};
    const orm_engine_options options = {.statement_timeout = 2000, .connect_args = durable};
    int passed = 0, failed = 0;
    if (argc != 3)
        return 2;
    url = argv[1];
    control = argv[2];
    if (orm_engine_open(url, &options, &engine, &error) || blog_create_all(engine, &error)) {
        printf("failed: %s\n", error.message);
        return 1;
    }
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        wrong = NULL;
        cases[i].run();
        if (wrong)
            printf("failed: %s: %s\n", cases[i].name, wrong);
        *(wrong ? &failed : &passed) += 1;
    }
    orm_engine_close(engine);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
