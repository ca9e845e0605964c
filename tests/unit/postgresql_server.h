/* postgresql_server.h -- what the tests of the PostgreSQL driver share: a link to the server that
 * ORM_TEST_POSTGRESQL_URL names, and short words for using it. Everything happens in temporary tables, so the database
 * stays as it was.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_POSTGRESQL_SERVER_H
#define TESTS_POSTGRESQL_SERVER_H

#include "driver/driver.h"
#include "driver/wait.h"

#include <check.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const orm__driver *const driver = &orm__driver_postgresql;
static const char *const keywords[] = {"dbname", NULL};
static const char *url;
static orm__link *db;
static orm_error error;
static orm__arena arena;

static inline orm__link *connect_with(const orm_waiter *waiter)
{
    const char *const values[] = {url, NULL};
    const orm__address address = {
        .dialect = ORM_POSTGRESQL, .keywords = keywords, .values = values, .connect_timeout = 20};
    orm__link *opened;
    orm_status status = driver->open(&address, waiter, &opened, &error);
    ck_assert_msg(status == ORM_OK, "%s", error.message);
    return opened;
}

static inline void set_up(void)
{
    static const orm_waiter by_poll;
    db = connect_with(&by_poll);
}

static inline void tear_down(void)
{
    driver->close(db);
    orm__arena_release(&arena);
}

static inline void control(orm__link *on, const char *sql)
{
    orm_status status = driver->control(on, sql, NULL, &error);
    ck_assert_msg(status == ORM_OK, "%s: %s", sql, error.message);
}

static inline orm__prepared *prepare(const char *sql, const orm__parameter *parameters, size_t count)
{
    orm__prepared *prepared;
    ck_assert_int_eq(driver->prepare(db, sql, parameters, count, &prepared, &error), ORM_OK);
    return prepared;
}

static inline void start(const char *before, orm__prepared *prepared, const orm_value *values, orm__fetch fetch)
{
    orm_status status = driver->start(db, before, prepared, values, fetch, &error);
    ck_assert_msg(status == ORM_OK, "%s: %s", orm_status_name(status), error.message);
}

static inline void finish(size_t wanted)
{
    size_t rows = 99;
    orm_status status = driver->finish(db, &rows, &error);
    ck_assert_msg(status == ORM_OK, "%s", error.message);
    ck_assert_uint_eq(rows, wanted);
}

/* The one integer that a query without parameters gives. */
static inline int64_t ask(const char *sql)
{
    orm__prepared *prepared = prepare(sql, NULL, 0);
    start(NULL, prepared, NULL, ORM__FETCH_WHOLE);
    ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    int64_t answer = driver->read_integer(db, 0);
    finish(0);
    driver->forget(db, prepared);
    return answer;
}

/* Runs a statement without parameters that must fail. */
static inline void refuse(const char *sql, orm_status wanted)
{
    orm__prepared *prepared = prepare(sql, NULL, 0);
    orm_status status = driver->start(db, NULL, prepared, NULL, ORM__FETCH_WHOLE, &error);
    ck_assert_msg(status == wanted, "%s: %s, %s", sql, orm_status_name(status), error.message);
    ck_assert_int_eq(error.status, wanted);
    driver->forget(db, prepared);
}

static int waits, watches;

static inline orm_status count_watch(int descriptor, void **token, void *user)
{
    ck_assert_int_ge(descriptor, 0);
    watches++;
    *token = user;
    return ORM_OK;
}

static inline orm_status count_wait(void *token, int descriptor, int events, int64_t deadline, void *user)
{
    ck_assert_ptr_eq(token, user);
    (void)deadline;
    waits++;
    struct pollfd one = {.fd = descriptor, .events = events & ORM_WAIT_WRITE ? POLLIN | POLLOUT : POLLIN};
    poll(&one, 1, -1);
    return ORM_OK;
}

static inline void count_unwatch(void *token, int descriptor, void *user)
{
    ck_assert_ptr_eq(token, user);
    ck_assert_int_ge(descriptor, 0);
    watches--;
}

static const orm_waiter counting = {.watch = count_watch, .wait = count_wait, .unwatch = count_unwatch, .user = &waits};

static inline void kill_own_backend(void)
{
    char sql[80];
    orm__link *killer = connect_with(NULL);
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%" PRId64 ", 5000)", ask("SELECT pg_backend_pid()"));
    control(killer, sql);
    driver->close(killer);
}

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

START_TEST(there_is_a_server)
{
    puts("skipped: ORM_TEST_POSTGRESQL_URL names no server");
    fflush(stdout);
}
END_TEST

/* Runs the tests with a fresh link each, or says that there is no server. */
static inline int run_suite(const char *name, void (*add_tests)(TCase *tcase))
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create("server");
    url = getenv("ORM_TEST_POSTGRESQL_URL");
    if (url) {
        tcase_add_checked_fixture(tcase, set_up, tear_down);
        tcase_set_timeout(tcase, 30);
        add_tests(tcase);
    } else {
        tcase_add_test(tcase, there_is_a_server);
    }
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
