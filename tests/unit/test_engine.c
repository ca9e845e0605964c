/* test_engine.c -- engines as a program sees them, through the public headers, on SQLite and, where
 * ORM_TEST_POSTGRESQL_URL names a server, on PostgreSQL.
 * SPDX-License-Identifier: MIT */
#include "orm/connection.h"

#include <check.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static orm_engine *engine;
static orm_error error;
static char folder[] = "/tmp/ormc-engine-XXXXXX";

/* Files made by a test stand in a folder of their own. */
static void enter_folder(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    static const char *const files[] = {"blog.db", "blog.db-wal", "blog.db-shm", "a b.db", "file:x"};
    orm_engine_close(engine);
    for (int i = 0; i < COUNT(files); i++)
        unlink(files[i]);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void open_engine(const char *url, const orm_engine_options *options)
{
    ck_assert_msg(orm_engine_open(url, options, &engine, &error) == ORM_OK, "%s", error.message);
    ck_assert_ptr_nonnull(engine);
}

static orm_connection *must_open(void)
{
    orm_connection *connection;
    ck_assert_msg(orm_connection_open(engine, &connection, &error) == ORM_OK, "%s", error.message);
    return connection;
}

static size_t execute(orm_connection *connection, const char *sql)
{
    size_t rows;
    orm_status status = orm_connection_execute(connection, sql, NULL, &rows);
    ck_assert_msg(status == ORM_OK, "%s: %s", sql, orm_connection_error(connection)->message);
    return rows;
}

static void refuse(const char *url, const orm_engine_options *options, orm_status wanted, const char *message)
{
    orm_engine *none = (orm_engine *)folder;
    orm_status status = orm_engine_open(url, options, &none, &error);
    ck_assert_msg(status == wanted, "%s: %s", orm_status_name(status), error.message);
    ck_assert_ptr_null(none);
    ck_assert_msg(strstr(error.message, message), "%s", error.message);
}

/* --- opening ----------------------------------------------------------------------------------------------------- */

static orm_status no_watch(int descriptor, void **token, void *user)
{
    (void)descriptor, (void)token, (void)user;
    return ORM_OK;
}

static orm_status no_wait(void *token, int descriptor, int events, int64_t deadline, void *user)
{
    (void)token, (void)descriptor, (void)events, (void)deadline, (void)user;
    return ORM_TIMEOUT;
}

static void no_unwatch(void *token, int descriptor, void *user)
{
    (void)token, (void)descriptor, (void)user;
}

static void *no_self(void *user)
{
    (void)user;
    return NULL;
}

static void no_wake(void *self, void *user)
{
    (void)self, (void)user;
}

static const struct {
    orm_engine_options options;
    const char *message;
} wrong[] = {
    {{.pool_size = -1}, "pool_size"},
    {{.max_overflow = -2}, "max_overflow"},
    {{.pool_timeout = -2}, "pool_timeout"},
    {{.connect_timeout = -1}, "connect_timeout"},
    {{.pool_recycle = -1}, "pool_recycle"},
    {{.pool_idle = -1}, "pool_idle"},
    {{.statement_timeout = -1}, "statement_timeout"},
    {{.pool_class = (orm_pool_class)3}, "pool_class"},
    {{.pool_class = ORM_POOL_NULL}, "in memory"},
    {{.pool_reset = (orm_pool_reset)2}, "pool_reset"},
    {{.isolation = (orm_isolation)4}, "isolation"},
    {{.prepared = (orm_prepared)2}, "prepared"},
    {{.connect_args = (const char *const[]){"sslmode", "require", NULL}}, "sslmode"},
    {{.slow_after = -1}, "slow_after"},
    {{.shared_connections = -2}, "shared_connections"},
    {{.waiter = {.watch = no_watch}}, "waiter needs watch, wait and unwatch"},
    {{.waiter = {no_watch, no_wait, no_unwatch, .self = no_self}}, "waiter needs self and wake"},
    {{.waiter = {no_watch, no_wait, no_unwatch, .wake = no_wake}}, "waiter needs self and wake"},
    {{.waiter = {.self = no_self, .wake = no_wake}}, "waiter needs self and wake together, and a wait"},
    {{.waiter = {no_watch, no_wait, no_unwatch, .resume = no_wake}}, "waiter has resume, which needs self and wake"},
    {{.waiter = {.resume = no_wake}}, "waiter has resume"},
    {{.replica_max_lag = -2}, "replica_max_lag"},
    {{.replicas = (const char *const[]){"postgresql://h/d", NULL}}, "replicas"},
};

START_TEST(a_wrong_option_is_refused_by_name)
{
    refuse("sqlite://", &wrong[_i].options, ORM_MISUSE, wrong[_i].message);
}
END_TEST

START_TEST(misuse_is_told)
{
    ck_assert_int_eq(orm_engine_open("sqlite://", NULL, NULL, &error), ORM_MISUSE);
    refuse(NULL, NULL, ORM_MISUSE, "no database URL");
    refuse("mysql://db", NULL, ORM_MISUSE, "'mysql'");
    ck_assert_int_eq(orm_engine_open("mysql://db", NULL, &engine, NULL), ORM_MISUSE);
    orm_connection *none = (orm_connection *)folder;
    ck_assert_int_eq(orm_connection_open(NULL, &none, &error), ORM_MISUSE);
    ck_assert_ptr_null(none);
    orm_connection_close(NULL);
    orm_engine_close(NULL);
}
END_TEST

START_TEST(a_database_that_cannot_be_reached_is_told_at_once)
{
    refuse("sqlite:////no/such/folder/blog.db", NULL, ORM_DATABASE, "/no/such/folder/blog.db");
}
END_TEST

START_TEST(no_message_tells_the_password)
{
    static const char *const urls[] = {
        "postgresql://ada:secret@127.0.0.1:1/blog", "postgresql://ada@127.0.0.1:1/blog?password=secret",
        "postgresql://ada:secret@127.0.0.1:1/a%3Db%27", "postgresql://ada:secret@127.0.0.1:1/?nonsense=secret",
        "postgresql://ada:se/cret@127.0.0.1:1/blog?x=secret"};
    ck_assert_int_ne(orm_engine_open(urls[_i], NULL, &engine, &error), ORM_OK);
    ck_assert_str_ne(error.message, "");
    ck_assert_msg(!strstr(error.message, "secret") && !strstr(error.message, "cret@"), "%s", error.message);
}
END_TEST

START_TEST(a_file_lies_where_the_url_says)
{
    char url[128];
    open_engine("sqlite:///blog.db", NULL);
    ck_assert_str_eq(orm_engine_url(engine), "sqlite:///blog.db");
    ck_assert_str_eq(orm_engine_database(engine), "sqlite");
    orm_connection *connection = must_open();
    execute(connection, "CREATE TABLE t (x)");
    orm_connection_close(connection);
    orm_engine_close(engine);

    snprintf(url, sizeof url, "sqlite:///%s/blog.db", folder);
    open_engine(url, NULL);
    connection = must_open();
    ck_assert_uint_eq(execute(connection, "INSERT INTO t VALUES (1)"), 1);
    orm_connection_close(connection);
}
END_TEST

/* As daemons do: connections that are made later are to the same file. */
START_TEST(a_relative_file_stays_where_it_is)
{
    open_engine("sqlite:///blog.db", NULL);
    orm_connection *first = must_open();
    execute(first, "CREATE TABLE t (x)");
    ck_assert_int_eq(chdir("/"), 0);
    orm_connection *second = must_open();
    ck_assert_uint_eq(execute(second, "INSERT INTO t VALUES (1)"), 1);
    orm_connection_close(second);
    orm_connection_close(first);
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(access("blog.db", F_OK), 0);
}
END_TEST

START_TEST(a_file_may_have_an_odd_name)
{
    open_engine("sqlite:///a%20b.db", NULL);
    ck_assert_int_eq(access("a b.db", F_OK), 0);
    orm_engine_close(engine);
    open_engine("sqlite:///file:x", NULL);
    ck_assert_int_eq(access("file:x", F_OK), 0);
}
END_TEST

/* --- a database in memory ---------------------------------------------------------------------------------------- */

START_TEST(the_connections_of_an_engine_share_its_memory)
{
    open_engine("sqlite://", NULL);
    orm_connection *a = must_open(), *b = must_open();
    execute(a, "CREATE TABLE t (x)");
    execute(a, "INSERT INTO t VALUES (1)");
    ck_assert_uint_eq(execute(b, "UPDATE t SET x = 2"), 1);
    orm_connection_close(a);
    orm_connection_close(b);
}
END_TEST

START_TEST(memory_outlives_the_connections)
{
    orm_connection *lent[7];
    open_engine("sqlite://", &(orm_engine_options){.pool_size = 1, .max_overflow = 6});
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < COUNT(lent); i++)
            lent[i] = must_open();
        if (round == 0)
            execute(lent[6], "CREATE TABLE t (x)");
        ck_assert_uint_eq(execute(lent[round], "INSERT INTO t VALUES (1)"), 1);
        for (int i = 0; i < COUNT(lent); i++)
            orm_connection_close(lent[i]);
        ck_assert_uint_eq(orm_engine_pool(engine).open, 1);
    }
    lent[0] = must_open();
    ck_assert_uint_eq(execute(lent[0], "DELETE FROM t"), 3);
    orm_connection_close(lent[0]);
}
END_TEST

START_TEST(memory_does_not_grow_old)
{
    open_engine("sqlite://", &(orm_engine_options){.pool_recycle = 1});
    orm_connection *connection = must_open();
    execute(connection, "CREATE TABLE t (x)");
    orm_connection_close(connection);
    nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100000000}, NULL);
    connection = must_open();
    ck_assert_uint_eq(execute(connection, "INSERT INTO t VALUES (1)"), 1);
    orm_connection_close(connection);
}
END_TEST

START_TEST(two_engines_do_not_share_memory)
{
    orm_engine *other;
    orm_connection *connection, *stranger;
    open_engine("sqlite://", NULL);
    ck_assert_int_eq(orm_engine_open("sqlite:///:memory:", NULL, &other, &error), ORM_OK);
    connection = must_open();
    execute(connection, "CREATE TABLE t (x)");
    ck_assert_int_eq(orm_connection_open(other, &stranger, &error), ORM_OK);
    ck_assert_int_eq(orm_connection_execute(stranger, "INSERT INTO t VALUES (1)", NULL, NULL), ORM_SCHEMA);
    orm_connection_close(stranger);
    orm_connection_close(connection);
    orm_engine_close(other);
}
END_TEST

/* --- the pool ---------------------------------------------------------------------------------------------------- */

static void expect_pool(size_t open, size_t in_use, size_t opened_ever)
{
    orm_pool_statistics now = orm_engine_pool(engine);
    ck_assert_uint_eq(now.open, open);
    ck_assert_uint_eq(now.in_use, in_use);
    ck_assert_uint_eq(now.idle, open - in_use);
    ck_assert_uint_eq(now.opened_ever, opened_ever);
}

START_TEST(the_pool_has_five_places_and_ten_more)
{
    orm_connection *lent[15], *none;
    open_engine("sqlite://", &(orm_engine_options){.pool_timeout = -1});
    expect_pool(1, 0, 1);
    for (int i = 0; i < 15; i++)
        lent[i] = must_open();
    expect_pool(15, 15, 15);
    ck_assert_int_eq(orm_connection_open(engine, &none, &error), ORM_TIMEOUT);
    ck_assert_ptr_null(none);
    ck_assert_ptr_nonnull(strstr(error.message, "pool_size 5 and max_overflow 10"));
    for (int i = 0; i < 15; i++)
        orm_connection_close(lent[i]);
    expect_pool(5, 0, 15);
}
END_TEST

START_TEST(the_largest_options_are_none_too_large)
{
    open_engine("sqlite://", &(orm_engine_options){.pool_size = INT_MAX,
                                                   .max_overflow = INT_MAX,
                                                   .pool_timeout = INT_MAX,
                                                   .statement_cache_size = SIZE_MAX});
    orm_connection *connection = must_open();
    execute(connection, "SELECT 1");
    orm_connection_close(connection);
}
END_TEST

START_TEST(an_overflow_of_minus_one_is_none)
{
    orm_connection *none;
    open_engine("sqlite://", &(orm_engine_options){.pool_size = 1, .max_overflow = -1, .pool_timeout = 1});
    orm_connection *lent = must_open();
    ck_assert_int_eq(orm_connection_open(engine, &none, &error), ORM_TIMEOUT);
    ck_assert_msg(strstr(error.message, "within 1 s: all of pool_size 1 and max_overflow 0"), "%s", error.message);
    orm_connection_close(lent);
    lent = must_open();
    ck_assert_str_eq(error.message, ""); /* no longer the old one */
    orm_connection_close(lent);
}
END_TEST

START_TEST(what_was_not_committed_is_rolled_back_on_return)
{
    open_engine("sqlite://", NULL);
    orm_connection *connection = must_open();
    execute(connection, "CREATE TABLE t (x)");
    ck_assert_int_eq(orm_connection_begin(connection), ORM_OK);
    execute(connection, "INSERT INTO t VALUES (1)");
    ck_assert_int_ne(orm_connection_execute(connection, "nonsense", NULL, NULL), ORM_OK);
    orm_connection_close(connection);
    connection = must_open();
    ck_assert_str_eq(orm_connection_error(connection)->message, "");
    ck_assert_uint_eq(execute(connection, "DELETE FROM t"), 0);
    orm_connection_close(connection);
}
END_TEST

static int checkouts, checkins;

static void note_checkout(orm_connection *connection, void *user)
{
    (void)connection, (void)user;
    checkouts++;
}

static void note_checkin(orm_connection *connection, void *user)
{
    (void)connection, (void)user;
    checkins++;
}

START_TEST(each_checkout_is_counted_and_told_once_and_the_first_connection_is_none)
{
    open_engine("sqlite://", &(orm_engine_options){.hooks = {.checkout = note_checkout, .checkin = note_checkin},
                                                   .pool_size = 1,
                                                   .max_overflow = -1,
                                                   .pool_timeout = -1});
    ck_assert_uint_eq(orm_engine_pool(engine).lent_ever, 0);
    orm_connection *none, *lent = must_open();
    ck_assert_int_eq(orm_connection_open(engine, &none, &error), ORM_TIMEOUT);
    orm_connection_close(lent);
    ck_assert_uint_eq(orm_engine_pool(engine).lent_ever, 1);
    ck_assert_uint_eq(orm_engine_pool(engine).timeouts, 1);
    ck_assert_int_eq(checkouts, 1);
    ck_assert_int_eq(checkins, 1);
}
END_TEST

static atomic_int statements;

static void count_statement(const orm_statement_event *event, void *user)
{
    ck_assert_ptr_eq(user, &statements);
    ck_assert_ptr_nonnull(event->sql);
    atomic_fetch_add(&statements, 1);
}

START_TEST(options_are_copied)
{
    orm_engine_options options = {.hooks = {count_statement, &statements}};
    open_engine("sqlite://", &options);
    memset(&options, 0xff, sizeof options);
    orm_connection *connection = must_open();
    execute(connection, "CREATE TABLE t (x)");
    ck_assert_int_eq(atomic_load(&statements), 1);
    orm_connection_close(connection);
}
END_TEST

static void *insert_many(void *user)
{
    (void)user;
    for (int i = 0; i < 50; i++) {
        orm_connection *connection;
        ck_assert_int_eq(orm_connection_open(engine, &connection, NULL), ORM_OK);
        ck_assert_int_eq(orm_connection_execute(connection, "INSERT INTO t VALUES (1)", NULL, NULL), ORM_OK);
        orm_connection_close(connection);
    }
    return NULL;
}

START_TEST(an_engine_is_shared_between_threads)
{
    pthread_t threads[8];
    open_engine("sqlite:///blog.db", &(orm_engine_options){.pool_size = 2, .max_overflow = 1});
    orm_connection *connection = must_open();
    execute(connection, "CREATE TABLE t (x)");
    orm_connection_close(connection);
    for (int i = 0; i < COUNT(threads); i++)
        pthread_create(&threads[i], NULL, insert_many, NULL);
    for (int i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    connection = must_open();
    ck_assert_uint_eq(execute(connection, "DELETE FROM t"), COUNT(threads) * 50);
    orm_connection_close(connection);
    ck_assert_uint_le(orm_engine_pool(engine).open, 2);
}
END_TEST

/* --- a fork ------------------------------------------------------------------------------------------------------ */

static void wait_for_child(pid_t child)
{
    int status;
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool inserts(orm_engine *into)
{
    orm_connection *own;
    bool good = orm_connection_open(into, &own, NULL) == ORM_OK &&
                orm_connection_execute(own, "INSERT INTO t VALUES (1)", NULL, NULL) == ORM_OK;
    orm_connection_close(own);
    return good;
}

/* SQLite would believe that the parent's locks are the child's: when the parent closes its last connection, what the
 * child writes would be lost. */
START_TEST(what_a_child_writes_to_a_file_outlives_its_parents_connections)
{
    int to_parent[2], to_child[2];
    char byte;
    open_engine("sqlite:///blog.db", NULL);
    orm_connection *connection = must_open();
    execute(connection, "CREATE TABLE t (x)");
    orm_connection_close(connection);
    ck_assert_int_eq(pipe(to_parent) | pipe(to_child), 0);
    pid_t child = fork();
    if (child == 0) {
        bool good = inserts(engine) && write(to_parent[1], "", 1) == 1 && read(to_child[0], &byte, 1) == 1;
        for (int i = 0; i < 5; i++)
            good = good && inserts(engine);
        orm_engine_close(engine);
        _exit(good ? 0 : 1);
    }
    ck_assert_int_eq(read(to_parent[0], &byte, 1), 1);
    orm_engine_close(engine);
    ck_assert_int_eq(write(to_child[1], "", 1), 1);
    wait_for_child(child);
    open_engine("sqlite:///blog.db", NULL);
    connection = must_open();
    ck_assert_uint_eq(execute(connection, "DELETE FROM t"), 6);
    orm_connection_close(connection);
}
END_TEST

START_TEST(a_child_is_refused_a_file_that_was_in_use)
{
    open_engine("sqlite:///blog.db", NULL);
    orm_connection *lent = must_open();
    execute(lent, "CREATE TABLE t (x)");
    ck_assert_int_eq(orm_connection_begin(lent), ORM_OK);
    execute(lent, "INSERT INTO t VALUES (1)");
    pid_t child = fork();
    if (child == 0) {
        orm_connection *own;
        bool good = orm_connection_open(engine, &own, &error) == ORM_MISUSE &&
                    strstr(error.message, "orm_engine_dispose") &&
                    orm_connection_execute(lent, "INSERT INTO t VALUES (2)", NULL, NULL) == ORM_DISCONNECTED &&
                    orm_connection_commit(lent) != ORM_OK;
        orm_connection_close(lent);
        orm_engine_close(engine);
        _exit(good ? 0 : 1);
    }
    wait_for_child(child);
    ck_assert_int_eq(orm_connection_rollback(lent), ORM_OK);
    ck_assert_uint_eq(execute(lent, "DELETE FROM t"), 0);
    orm_connection_close(lent);
}
END_TEST

static atomic_bool enough;

static void *keep_counting(void *user)
{
    (void)user;
    while (!atomic_load(&enough)) {
        orm_connection *connection;
        if (orm_connection_open(engine, &connection, NULL) == ORM_OK)
            for (int i = 0; i < 20; i++)
                orm_connection_execute(connection, "SELECT 1", NULL, NULL);
        orm_connection_close(connection);
        orm_engine_reset_statements(engine);
    }
    return NULL;
}

static void look_at_one(const orm_statement_statistics *one, void *user)
{
    (void)one;
    ++*(size_t *)user;
}

START_TEST(a_fork_at_any_moment_leaves_the_child_statistics_that_work)
{
    pthread_t threads[4];
    open_engine("sqlite:///blog.db", &(orm_engine_options){.statistics = true});
    for (int i = 0; i < COUNT(threads); i++)
        pthread_create(&threads[i], NULL, keep_counting, NULL);
    for (int i = 0; i < 100; i++) {
        pid_t child = fork();
        if (child == 0) {
            size_t count = 0;
            alarm(20); /* ends it when they are locked for ever */
            orm_engine_statements(engine, look_at_one, &count);
            _exit(0);
        }
        wait_for_child(child);
    }
    atomic_store(&enough, true);
    for (int i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
}
END_TEST

/* --- PostgreSQL -------------------------------------------------------------------------------------------------- */

static const char *server;

/* The server's URL with more options behind it. */
static void kill_victims(orm_connection *killer)
{
    execute(killer, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND application_name = 'victim'");
}

static void open_server(const char *more, const orm_engine_options *options)
{
    char url[512];
    snprintf(url, sizeof url, "%s%c%s", server, strchr(server, '?') ? '&' : '?', more);
    open_engine(url, options);
}

START_TEST(the_first_connection_shows_that_the_server_is_there)
{
    open_server("application_name=a%20b", NULL);
    ck_assert_str_eq(orm_engine_database(engine), "postgresql");
    expect_pool(1, 0, 1);
    orm_connection *connection = must_open();
    execute(connection, "DO $$BEGIN ASSERT current_setting('application_name') = 'a b'; END$$");
    orm_connection_close(connection);
}
END_TEST

START_TEST(a_keyword_that_libpq_does_not_know_is_named)
{
    char url[512];
    snprintf(url, sizeof url, "%s%cnonsense=1", server, strchr(server, '?') ? '&' : '?');
    ck_assert_int_ne(orm_engine_open(url, NULL, &engine, &error), ORM_OK);
    ck_assert_msg(strstr(error.message, "nonsense"), "%s", error.message);
}
END_TEST

START_TEST(a_time_to_connect_that_is_no_number_is_refused)
{
    char url[512];
    snprintf(url, sizeof url, "%s%cconnect_timeout=5s", server, strchr(server, '?') ? '&' : '?');
    refuse(url, NULL, ORM_MISUSE, "connect_timeout must be a whole number of seconds");
}
END_TEST

/* Were it taken for a connection string, the error would be another one, or none. */
START_TEST(a_database_may_be_named_like_a_connection_string)
{
    char url[512];
    snprintf(url, sizeof url, "%s%cdbname=user%%3Dx'y", server, strchr(server, '?') ? '&' : '?');
    ck_assert_int_ne(orm_engine_open(url, NULL, &engine, &error), ORM_OK);
    ck_assert_msg(strstr(error.message, "\"user=x'y\" does not exist"), "%s", error.message);
}
END_TEST

START_TEST(connections_killed_while_idle_are_replaced_unseen)
{
    open_server("", NULL);
    orm_connection *a = must_open(), *b = must_open(), *killer = must_open();
    execute(a, "SET application_name = 'victim'");
    execute(b, "SET application_name = 'victim'");
    orm_connection_close(a);
    orm_connection_close(b);
    kill_victims(killer);
    a = must_open();
    b = must_open();
    execute(a, "SELECT 1");
    execute(b, "SELECT 1");
    expect_pool(3, 3, 5);
    orm_connection_close(a);
    orm_connection_close(b);
    orm_connection_close(killer);
}
END_TEST

START_TEST(one_killed_while_lent_is_an_error_and_frees_its_place)
{
    open_server("", &(orm_engine_options){.pool_size = 2, .max_overflow = -1, .pool_timeout = -1});
    orm_connection *victim = must_open(), *killer = must_open();
    execute(victim, "SET application_name = 'victim'");
    kill_victims(killer);
    ck_assert_int_eq(orm_connection_execute(victim, "SELECT 1", NULL, NULL), ORM_DISCONNECTED);
    orm_connection_close(victim);
    expect_pool(1, 1, 2);
    victim = must_open();
    execute(victim, "SELECT 1");
    orm_connection_close(victim);
    orm_connection_close(killer);
}
END_TEST

START_TEST(a_child_leaves_its_parents_server_connections_alone)
{
    int status;
    open_server("", NULL);
    orm_connection *lent = must_open();
    ck_assert_int_eq(orm_connection_begin(lent), ORM_OK);
    execute(lent, "CREATE TEMPORARY TABLE t (x int)");
    pid_t child = fork();
    if (child == 0) {
        orm_connection *own;
        orm_connection_close(lent);
        bool good = orm_connection_open(engine, &own, NULL) == ORM_OK && own != lent &&
                    orm_connection_execute(own, "SELECT 1", NULL, NULL) == ORM_OK;
        orm_connection_close(own);
        orm_engine_close(engine);
        _exit(good ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ck_assert_uint_eq(execute(lent, "INSERT INTO t VALUES (1)"), 1); /* still in its transaction */
    ck_assert_int_eq(orm_connection_rollback(lent), ORM_OK);
    orm_connection_close(lent);
}
END_TEST

/* As a child does that cleans up on its way out, or goes on as if it were its parent. */
START_TEST(nothing_that_a_child_does_to_its_parents_connection_reaches_the_server)
{
    open_server("", NULL);
    orm_connection *lent = must_open();
    ck_assert_int_eq(orm_connection_begin(lent), ORM_OK);
    execute(lent, "CREATE TEMPORARY TABLE t (x int)");
    pid_t child = fork();
    if (child == 0) {
        bool good = orm_connection_execute(lent, "INSERT INTO t VALUES (1)", NULL, NULL) == ORM_DISCONNECTED &&
                    orm_connection_commit(lent) != ORM_OK && orm_connection_rollback(lent) == ORM_OK;
        orm_connection_close(lent);
        orm_engine_dispose(engine);
        orm_engine_close(engine);
        _exit(good ? 0 : 1);
    }
    wait_for_child(child);
    ck_assert_uint_eq(execute(lent, "INSERT INTO t VALUES (1)"), 1);
    ck_assert_int_eq(orm_connection_rollback(lent), ORM_OK);
    execute(lent, "SELECT 1 / (to_regclass('t') IS NULL)::int");
    orm_connection_close(lent);
}
END_TEST

START_TEST(there_is_a_server)
{
    puts("skipped: ORM_TEST_POSTGRESQL_URL names no server");
    fflush(stdout);
}
END_TEST

static void leave(void)
{
    orm_engine_close(engine);
}

/* --- options ----------------------------------------------------------------------------------------------------- */

/* Some billion steps. */
static const char endless[] = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) "
                              "SELECT count(*) FROM n";

START_TEST(a_statement_of_sqlite_ends_when_its_time_is_over)
{
    open_engine("sqlite://", &(orm_engine_options){.statement_timeout = 50});
    orm_connection *connection = must_open();
    ck_assert_int_eq(orm_connection_execute(connection, endless, NULL, NULL), ORM_TIMEOUT);
    ck_assert_str_eq(orm_connection_error(connection)->sqlstate, "57014");
    execute(connection, "SELECT 1");
    orm_connection_close(connection);
}
END_TEST

START_TEST(a_null_pool_keeps_nothing_and_has_no_end)
{
    orm_connection *lent[30];
    open_engine("sqlite:///blog.db", &(orm_engine_options){.pool_class = ORM_POOL_NULL, .pool_timeout = -1});
    expect_pool(0, 0, 1);
    for (int i = 0; i < 30; i++)
        lent[i] = must_open();
    for (int i = 0; i < 30; i++)
        orm_connection_close(lent[i]);
    expect_pool(0, 0, 31);
}
END_TEST

START_TEST(a_static_pool_has_one_that_is_lent_to_one_at_a_time)
{
    orm_connection *none;
    open_engine("sqlite://", &(orm_engine_options){.pool_class = ORM_POOL_STATIC, .pool_timeout = -1});
    orm_connection *one = must_open();
    ck_assert_int_eq(orm_connection_open(engine, &none, &error), ORM_TIMEOUT);
    ck_assert_ptr_nonnull(strstr(error.message, "test_engine.c:"));
    orm_connection_close(one);
    ck_assert_ptr_eq(must_open(), one);
    orm_connection_close(one);
}
END_TEST

START_TEST(dispose_leaves_a_database_in_memory_alone)
{
    open_engine("sqlite://", NULL);
    orm_connection *connection = must_open();
    execute(connection, "CREATE TABLE t (x)");
    orm_connection_close(connection);
    orm_engine_dispose(engine);
    connection = must_open();
    execute(connection, "INSERT INTO t VALUES (1)");
    orm_connection_close(connection);
    orm_engine_close(engine);
    open_engine("sqlite:///blog.db", NULL);
    orm_engine_dispose(engine);
    expect_pool(0, 0, 1);
}
END_TEST

/* An error unless the value is the one expected. */
static void expect_setting(orm_connection *connection, const char *name, const char *value)
{
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT 1 / (current_setting('%s') = '%s')::int", name, value);
    ck_assert_msg(orm_connection_execute(connection, sql, NULL, NULL) == ORM_OK, "%s is not %s: %s", name, value,
                  orm_connection_error(connection)->message);
}

START_TEST(connect_args_go_over_the_keywords_of_the_url)
{
    static const char *const arguments[] = {"application_name", "argued", "options", "-c work_mem=5MB", NULL};
    open_server("application_name=addressed", &(orm_engine_options){.connect_args = arguments});
    orm_connection *connection = must_open();
    expect_setting(connection, "application_name", "argued");
    expect_setting(connection, "work_mem", "5MB");
    orm_connection_close(connection);
    const char *const odd[] = {"application_name", NULL};
    ck_assert_int_eq(orm_engine_open(server, &(orm_engine_options){.connect_args = odd}, &(orm_engine *){NULL}, &error),
                     ORM_MISUSE);
}
END_TEST

/* A server that is no replica is not behind: it may stand in for one. */
START_TEST(replicas_are_copied_and_need_not_be_up)
{
    char *urls[] = {strdup("postgresql://u:sesame@localhost:1/d"), strdup(server), NULL};
    open_server("", &(orm_engine_options){.replicas = (const char *const *)urls});
    free(urls[0]);
    free(urls[1]);
    ck_assert_uint_eq(orm_engine_replica_count(engine), 2);
    ck_assert_str_eq(orm_engine_replica(engine, 0).url, "postgresql://u:***@localhost:1/d");
    ck_assert_int_eq(orm_engine_replica(engine, 0).lag, -1);
    ck_assert_ptr_null(orm_engine_replica(engine, 2).url);
    ck_assert_uint_eq(orm_engine_replica(engine, 1).pool.open, 0);
    static const char *const other[] = {"postgresql://h/d", "sqlite:///x.db", NULL};
    refuse(server, &(orm_engine_options){.replicas = other}, ORM_MISUSE, "sqlite:///x.db");
}
END_TEST

START_TEST(the_isolation_of_the_engine_is_that_of_its_transactions)
{
    open_server("", &(orm_engine_options){.isolation = ORM_REPEATABLE_READ});
    orm_connection *connection = must_open();
    ck_assert_int_eq(orm_connection_begin(connection), ORM_OK);
    expect_setting(connection, "transaction_isolation", "repeatable read");
    orm_connection_close(connection);
}
END_TEST

START_TEST(a_statement_of_the_server_is_cancelled_and_the_connection_stays)
{
    open_server("", &(orm_engine_options){.statement_timeout = 100});
    orm_connection *connection = must_open();
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(orm_connection_execute(connection, "SELECT pg_sleep(60)", NULL, NULL), ORM_TIMEOUT);
        ck_assert_str_eq(orm_connection_error(connection)->sqlstate, "57014");
        execute(connection, "SELECT 1");
    }
    ck_assert_int_eq(orm_connection_begin(connection), ORM_OK);
    ck_assert_int_eq(orm_connection_execute(connection, "SELECT pg_sleep(60)", NULL, NULL), ORM_TIMEOUT);
    ck_assert_int_eq(orm_connection_execute(connection, "SELECT 1", NULL, NULL), ORM_ROLLBACK_FIRST);
    ck_assert_int_eq(orm_connection_rollback(connection), ORM_OK);
    execute(connection, "SELECT 1");
    orm_connection_close(connection);
    expect_pool(1, 0, 1);
}
END_TEST

/* The server ends the statement by itself, while the request to do so is on its way. */
START_TEST(a_request_to_cancel_never_meets_the_next_statement)
{
    open_server("options=-c%20statement_timeout%3D201", &(orm_engine_options){.statement_timeout = 200});
    orm_connection *connection = must_open();
    for (int i = 0; i < 15; i++) {
        ck_assert_int_eq(orm_connection_execute(connection, "SELECT pg_sleep(60)", NULL, NULL), ORM_TIMEOUT);
        execute(connection, "SELECT pg_sleep(0.01)");
    }
    orm_connection_close(connection);
    expect_pool(1, 0, 1);
}
END_TEST

START_TEST(a_full_reset_undoes_settings_and_keeps_what_the_library_needs)
{
    open_server("options=-c%20DateStyle%3DGerman", &(orm_engine_options){.pool_reset = ORM_RESET_ALL});
    orm_connection *connection = must_open();
    execute(connection, "SET work_mem = '7MB'");
    execute(connection, "CREATE TEMPORARY TABLE t (x int)");
    execute(connection, "SELECT pg_advisory_lock(4711)");
    orm_connection_close(connection);
    ck_assert_ptr_eq(must_open(), connection);
    expect_setting(connection, "DateStyle", "ISO, DMY");
    execute(connection, "SELECT 1 / (current_setting('work_mem') <> '7MB')::int");
    execute(connection, "SELECT 1 / (to_regclass('t') IS NULL)::int");
    execute(connection, "SELECT 1 / (NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' "
                        "AND pid = pg_backend_pid()))::int");
    orm_connection_close(connection);
}
END_TEST

START_TEST(dispose_closes_the_servers_connections)
{
    open_server("application_name=disposed", NULL);
    orm_connection *a = must_open(), *b = must_open();
    orm_connection_close(a);
    orm_engine_dispose(engine);
    expect_pool(1, 1, 2);
    execute(b, "SELECT 1");
    orm_connection_close(b);
    expect_pool(0, 0, 2);
    a = must_open();
    execute(a, "SELECT 1");
    orm_connection_close(a);
}
END_TEST

static TCase *on_sqlite(void)
{
    TCase *tests = tcase_create("sqlite");
    tcase_add_checked_fixture(tests, enter_folder, leave_folder);
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, a_wrong_option_is_refused_by_name, 0, COUNT(wrong));
    tcase_add_test(tests, misuse_is_told);
    tcase_add_test(tests, a_database_that_cannot_be_reached_is_told_at_once);
    tcase_add_loop_test(tests, no_message_tells_the_password, 0, 5);
    tcase_add_test(tests, a_file_lies_where_the_url_says);
    tcase_add_test(tests, a_relative_file_stays_where_it_is);
    tcase_add_test(tests, a_file_may_have_an_odd_name);
    tcase_add_test(tests, the_connections_of_an_engine_share_its_memory);
    tcase_add_test(tests, memory_outlives_the_connections);
    tcase_add_test(tests, memory_does_not_grow_old);
    tcase_add_test(tests, two_engines_do_not_share_memory);
    tcase_add_test(tests, the_pool_has_five_places_and_ten_more);
    tcase_add_test(tests, the_largest_options_are_none_too_large);
    tcase_add_test(tests, an_overflow_of_minus_one_is_none);
    tcase_add_test(tests, what_was_not_committed_is_rolled_back_on_return);
    tcase_add_test(tests, each_checkout_is_counted_and_told_once_and_the_first_connection_is_none);
    tcase_add_test(tests, what_a_child_writes_to_a_file_outlives_its_parents_connections);
    tcase_add_test(tests, a_child_is_refused_a_file_that_was_in_use);
    tcase_add_test(tests, a_fork_at_any_moment_leaves_the_child_statistics_that_work);
    tcase_add_test(tests, options_are_copied);
    tcase_add_test(tests, an_engine_is_shared_between_threads);
    tcase_add_test(tests, a_statement_of_sqlite_ends_when_its_time_is_over);
    tcase_add_test(tests, a_null_pool_keeps_nothing_and_has_no_end);
    tcase_add_test(tests, a_static_pool_has_one_that_is_lent_to_one_at_a_time);
    tcase_add_test(tests, dispose_leaves_a_database_in_memory_alone);
    return tests;
}

static TCase *on_postgresql(void)
{
    TCase *tests = tcase_create("postgresql");
    server = getenv("ORM_TEST_POSTGRESQL_URL");
    if (!server) {
        tcase_add_test(tests, there_is_a_server);
        return tests;
    }
    tcase_add_checked_fixture(tests, NULL, leave);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, the_first_connection_shows_that_the_server_is_there);
    tcase_add_test(tests, a_keyword_that_libpq_does_not_know_is_named);
    tcase_add_test(tests, a_time_to_connect_that_is_no_number_is_refused);
    tcase_add_test(tests, a_database_may_be_named_like_a_connection_string);
    tcase_add_test(tests, connections_killed_while_idle_are_replaced_unseen);
    tcase_add_test(tests, one_killed_while_lent_is_an_error_and_frees_its_place);
    tcase_add_test(tests, a_child_leaves_its_parents_server_connections_alone);
    tcase_add_test(tests, nothing_that_a_child_does_to_its_parents_connection_reaches_the_server);
    tcase_add_test(tests, connect_args_go_over_the_keywords_of_the_url);
    tcase_add_test(tests, replicas_are_copied_and_need_not_be_up);
    tcase_add_test(tests, the_isolation_of_the_engine_is_that_of_its_transactions);
    tcase_add_test(tests, a_statement_of_the_server_is_cancelled_and_the_connection_stays);
    tcase_add_test(tests, a_request_to_cancel_never_meets_the_next_statement);
    tcase_add_test(tests, a_full_reset_undoes_settings_and_keeps_what_the_library_needs);
    tcase_add_test(tests, dispose_closes_the_servers_connections);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("engine");
    suite_add_tcase(suite, on_sqlite());
    suite_add_tcase(suite, on_postgresql());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
