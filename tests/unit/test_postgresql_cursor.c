/* test_postgresql_cursor.c -- many rows by a cursor, against a real server.
 * SPDX-License-Identifier: MIT */
#include "postgresql_server.h"

static const char *const surroundings[] = {NULL, "BEGIN", "open"}; /* none, one that begins with it, one that is open */

/* What goes ahead of the statement. */
static const char *enter(int which)
{
    if (which == 2)
        control(db, "BEGIN");
    return which == 1 ? "BEGIN" : NULL;
}

static bool in_transaction(void)
{
    bool inside = driver->control(db, "SAVEPOINT here", NULL, &error) == ORM_OK;
    ck_assert(inside || strcmp(error.sqlstate, "25P01") == 0);
    return inside;
}

/* Steps through; returns how many rows came, which count from 1. */
static int step_to_end(orm_status wanted)
{
    int rows = 0;
    orm_status status;
    while ((status = driver->step(db, &error)) == ORM_OK)
        ck_assert_int_eq(driver->read_integer(db, 0), ++rows);
    ck_assert_int_eq(status, wanted);
    return rows;
}

static const int64_t sizes[] = {0, 1, 249, 250, 251, 1250, 5000};

START_TEST(all_rows_come_in_order_whatever_their_number)
{
    const orm_value values[] = {orm_of_int64(sizes[_i / 3])};
    orm__prepared *select = prepare("SELECT i FROM generate_series(1, $1) AS i",
                                    &(orm__parameter){.type = ORM_TYPE_INT64}, 1);
    const char *before = enter(_i % 3);
    start(before, select, values, ORM__FETCH_MANY);
    ck_assert_int_eq(step_to_end(ORM_DONE), sizes[_i / 3]);
    ck_assert_int_eq(driver->step(db, &error), ORM_DONE);
    finish(0);
    ck_assert(in_transaction() == (_i % 3 > 0));
    start(NULL, select, values, ORM__FETCH_MANY);
    ck_assert_int_eq(step_to_end(ORM_DONE), sizes[_i / 3]);
    finish(0);
    driver->forget(db, select);
}
END_TEST

START_TEST(what_is_left_off_in_the_middle_leaves_the_link_ready)
{
    orm__prepared *select = prepare("SELECT i FROM generate_series(1, 9000) AS i", NULL, 0);
    start(enter(_i), select, NULL, ORM__FETCH_MANY);
    for (int i = 0; i < 300; i++)
        ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    finish(0);
    ck_assert(in_transaction() == (_i > 0));
    ck_assert_int_eq(ask("SELECT count(*) FROM pg_cursors WHERE name LIKE 'orm%'"), 0);
    driver->forget(db, select);
}
END_TEST

START_TEST(one_statement_runs_at_a_time)
{
    orm__prepared *select = prepare("SELECT i FROM generate_series(1, 9000) AS i", NULL, 0);
    start(enter(_i), select, NULL, ORM__FETCH_MANY);
    ck_assert_int_eq(driver->control(db, "SELECT 1", NULL, &error), ORM_MISUSE);
    ck_assert_int_eq(step_to_end(ORM_DONE), 9000);
    finish(0);
    driver->forget(db, select);
}
END_TEST

START_TEST(a_failure_in_the_middle_is_told_once_and_ends_a_transaction_of_its_own)
{
    orm__prepared *select = prepare("SELECT i FROM generate_series(1, 9000) AS i WHERE 1 / (800 - i) < 5", NULL, 0);
    start(enter(_i), select, NULL, ORM__FETCH_MANY);
    int rows = step_to_end(ORM_DATABASE);
    ck_assert_str_eq(error.sqlstate, "22012");
    ck_assert_str_eq(error.statement, "SELECT i FROM generate_series(1, 9000) AS i WHERE 1 / (800 - i) < 5");
    ck_assert(rows >= 250 && rows < 800);
    finish(0);
    if (_i > 0) {
        refuse("SELECT 1", ORM_ROLLBACK_FIRST);
        control(db, "ROLLBACK");
    }
    ck_assert(!in_transaction());
    driver->forget(db, select);
}
END_TEST

START_TEST(a_failure_that_nobody_stepped_to_is_told_at_the_end)
{
    orm__prepared *select = prepare("SELECT i FROM generate_series(1, 9000) AS i WHERE 1 / (300 - i) < 5", NULL, 0);
    start(enter(_i), select, NULL, ORM__FETCH_MANY);
    ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    ck_assert_int_eq(driver->finish(db, NULL, &error), ORM_DATABASE);
    if (_i > 0)
        control(db, "ROLLBACK");
    ck_assert(!in_transaction());
    driver->forget(db, select);
}
END_TEST

static const struct {
    const char *sql;
    orm_status status;
} refusals[] = {
    {"SELECT i FROM nowhere", ORM_SCHEMA},
    {"SELECT 1 / (1 - i) FROM generate_series(1, 9000) AS i", ORM_DATABASE},
    {"SELEC", ORM_DATABASE},
};

START_TEST(a_statement_that_is_refused_leaves_nothing_behind)
{
    orm__prepared *select = prepare(refusals[_i / 3].sql, NULL, 0);
    const char *before = enter(_i % 3);
    ck_assert_int_eq(driver->start(db, before, select, NULL, ORM__FETCH_MANY, &error), refusals[_i / 3].status);
    ck_assert_str_eq(error.statement, refusals[_i / 3].sql);
    if (_i % 3 > 0)
        control(db, "ROLLBACK");
    ck_assert(!in_transaction());
    driver->forget(db, select);
}
END_TEST

START_TEST(nothing_is_read_when_what_goes_before_fails)
{
    orm__prepared *select = prepare("SELECT 1", NULL, 0);
    ck_assert_int_eq(driver->start(db, "BEGUN", select, NULL, ORM__FETCH_MANY, &error), ORM_DATABASE);
    ck_assert_str_eq(error.statement, "BEGUN");
    ck_assert(!in_transaction());
    driver->forget(db, select);
}
END_TEST

START_TEST(it_may_follow_what_was_forgotten)
{
    orm__prepared *first = prepare("SELECT 1", NULL, 0),
                  *select = prepare("SELECT i FROM generate_series(1, 900) i", NULL, 0);
    start(NULL, first, NULL, ORM__FETCH_WHOLE);
    finish(0);
    driver->forget(db, first);
    start(enter(_i), select, NULL, ORM__FETCH_MANY);
    ck_assert_int_eq(step_to_end(ORM_DONE), 900);
    finish(0);
    ck_assert(in_transaction() == (_i > 0));
    driver->forget(db, select);
}
END_TEST

START_TEST(rows_that_are_large_come_few_at_a_time)
{
    orm__prepared *select = prepare("SELECT i, repeat('x', 100000) FROM generate_series(1, 400) AS i", NULL, 0);
    start(NULL, select, NULL, ORM__FETCH_MANY);
    ck_assert_int_eq(step_to_end(ORM_DONE), 400);
    finish(0);
    driver->forget(db, select);
}
END_TEST

START_TEST(it_is_planned_for_all_rows)
{
    orm__prepared *select = prepare("SELECT current_setting('cursor_tuple_fraction')::float8::int4", NULL, 0);
    start(NULL, select, NULL, ORM__FETCH_MANY);
    ck_assert_int_eq(step_to_end(ORM_DONE), 1);
    finish(0);
    ck_assert_int_eq(ask("SELECT (current_setting('cursor_tuple_fraction')::float8 * 10)::int4"), 1);
    driver->forget(db, select);
}
END_TEST

START_TEST(a_connection_that_dies_meanwhile_is_lost)
{
    orm__prepared *select = prepare("SELECT i FROM generate_series(1, 90000) AS i WHERE "
                                    "i < 600 OR pg_terminate_backend(pg_backend_pid())",
                                    NULL, 0);
    start(enter(_i % 3), select, NULL, ORM__FETCH_MANY);
    if (_i < 3) {
        ck_assert_int_lt(step_to_end(ORM_DISCONNECTED), 600);
        finish(0);
    } else {
        for (int i = 0; i < 250; i++)
            ck_assert_int_eq(driver->step(db, &error), ORM_OK);
        ck_assert_int_eq(driver->finish(db, NULL, &error), ORM_DISCONNECTED);
    }
    ck_assert(!driver->usable(db));
    driver->forget(db, select);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, all_rows_come_in_order_whatever_their_number, 0, 3 * COUNT_OF(sizes));
    tcase_add_loop_test(tcase, what_is_left_off_in_the_middle_leaves_the_link_ready, 0, COUNT_OF(surroundings));
    tcase_add_loop_test(tcase, one_statement_runs_at_a_time, 0, COUNT_OF(surroundings));
    tcase_add_loop_test(tcase, a_failure_in_the_middle_is_told_once_and_ends_a_transaction_of_its_own, 0,
                        COUNT_OF(surroundings));
    tcase_add_loop_test(tcase, a_failure_that_nobody_stepped_to_is_told_at_the_end, 0, COUNT_OF(surroundings));
    tcase_add_loop_test(tcase, a_statement_that_is_refused_leaves_nothing_behind, 0, 3 * COUNT_OF(refusals));
    tcase_add_test(tcase, nothing_is_read_when_what_goes_before_fails);
    tcase_add_loop_test(tcase, it_may_follow_what_was_forgotten, 0, COUNT_OF(surroundings));
    tcase_add_test(tcase, rows_that_are_large_come_few_at_a_time);
    tcase_add_test(tcase, it_is_planned_for_all_rows);
    tcase_add_loop_test(tcase, a_connection_that_dies_meanwhile_is_lost, 0, 2 * COUNT_OF(surroundings));
}

int main(void)
{
    return run_suite("postgresql_cursor", add_tests);
}
