/* test_postgresql_ahead.c -- statements sent ahead: several in one trip, taken in their order or in another, or not at
 * all.
 * SPDX-License-Identifier: MIT */
#include "postgresql_server.h"

#include <stdatomic.h>

static atomic_size_t trips;

static orm__ahead *sent(orm__prepared *prepared, orm__fetch fetch)
{
    orm__ahead *ahead;
    ck_assert_msg(driver->send(db, prepared, NULL, fetch, &ahead, &error) == ORM_OK, "%s", error.message);
    return ahead;
}

/* The sum of the integers in its rows. */
static int64_t taken(orm__ahead *ahead)
{
    int64_t sum = 0;
    ck_assert_msg(driver->take(db, ahead, &error) == ORM_OK, "%s", error.message);
    orm_status status;
    while ((status = driver->step(db, &error)) == ORM_OK)
        sum += driver->read_integer(db, 0);
    ck_assert_int_eq(status, ORM_DONE);
    finish(0);
    return sum;
}

static size_t trips_made(void)
{
    return atomic_exchange(&trips, 0);
}

static const char *const texts[] = {"SELECT 1", "SELECT generate_series(1, 1000)", "SELECT 3 WHERE false", "SELECT 4"};
static const int64_t sums[] = {1, 500500, 0, 4};
enum { TEXTS = 4 };
static orm__prepared *prepared[TEXTS];
static orm__ahead *aheads[TEXTS];

static void prepare_all(void)
{
    db->trips = &trips;
    trips = 0;
    for (int i = 0; i < TEXTS; i++)
        prepared[i] = prepare(texts[i], NULL, 0);
}

static void forget_all(void)
{
    for (int i = 0; i < TEXTS; i++)
        driver->forget(db, prepared[i]);
}

static void send_all(orm__fetch fetch)
{
    for (int i = 0; i < TEXTS; i++)
        aheads[i] = sent(prepared[i], fetch);
}

START_TEST(all_that_was_sent_ahead_is_one_trip)
{
    for (int again = 0; again < 3; again++) { /* the first time they are prepared underway */
        send_all(_i ? ORM__FETCH_STREAM : ORM__FETCH_WHOLE);
        for (int i = 0; i < TEXTS; i++)
            ck_assert_int_eq(taken(aheads[i]), sums[i]);
        ck_assert_uint_eq(trips_made(), 1);
    }
    ck_assert_int_eq(ask("SELECT 7"), 7);
}
END_TEST

START_TEST(they_are_taken_in_any_order)
{
    send_all(ORM__FETCH_STREAM);
    for (int i = TEXTS; i-- > 0;)
        ck_assert_int_eq(taken(aheads[i]), sums[i]);
    ck_assert_uint_eq(trips_made(), 1);
}
END_TEST

START_TEST(other_statements_run_in_between_and_nothing_is_lost)
{
    send_all(ORM__FETCH_STREAM);
    driver->push(db);
    ck_assert_int_eq(taken(aheads[0]), sums[0]);
    ck_assert_int_eq(ask("SELECT 7"), 7);
    ck_assert_int_eq(taken(aheads[1]), sums[1]);
    control(db, "SELECT 1");
    orm__ahead *more = sent(prepared[3], ORM__FETCH_WHOLE);
    ck_assert_int_eq(taken(aheads[2]), sums[2]);
    ck_assert_int_eq(taken(more), sums[3]);
    ck_assert_int_eq(taken(aheads[3]), sums[3]);
}
END_TEST

START_TEST(one_may_be_sent_while_the_rows_of_another_are_read)
{
    start(NULL, prepared[1], NULL, ORM__FETCH_WHOLE);
    ck_assert_uint_eq(driver->rows_here(db), 1000);
    ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    ck_assert_uint_eq(driver->rows_here(db), 999);
    orm__ahead *ahead = sent(prepared[1], ORM__FETCH_WHOLE);
    driver->push(db);
    ck_assert_int_eq(driver->take(db, sent(prepared[0], ORM__FETCH_WHOLE), &error), ORM_MISUSE);
    int rows = 1;
    while (driver->step(db, &error) == ORM_OK)
        rows++;
    ck_assert_int_eq(rows, 1000);
    finish(0);
    ck_assert_int_eq(taken(ahead), sums[1]);
    ck_assert_int_eq(ask("SELECT 7"), 7);
}
END_TEST

START_TEST(while_rows_are_on_their_way_none_is_sent)
{
    orm__ahead *ahead;
    start(NULL, prepared[1], NULL, ORM__FETCH_STREAM);
    ck_assert_int_eq(driver->send(db, prepared[0], NULL, ORM__FETCH_WHOLE, &ahead, &error), ORM_MISUSE);
    ck_assert_ptr_null(ahead);
    finish(0);
}
END_TEST

START_TEST(what_is_dropped_is_read_over)
{
    send_all(ORM__FETCH_STREAM);
    driver->drop(db, aheads[0]);
    driver->drop(db, aheads[2]);
    ck_assert_int_eq(taken(aheads[1]), sums[1]);
    driver->drop(db, aheads[3]);
    ck_assert_int_eq(ask("SELECT 7"), 7);
    send_all(ORM__FETCH_WHOLE);
    ck_assert_int_eq(driver->settle(db, &error), ORM_OK);
    for (int i = 0; i < TEXTS; i++)
        driver->drop(db, aheads[i]);
    ck_assert_int_eq(ask("SELECT 7"), 7);
}
END_TEST

START_TEST(a_stream_left_early_leaves_those_behind_it)
{
    send_all(ORM__FETCH_STREAM);
    driver->drop(db, aheads[0]);
    ck_assert_int_eq(driver->take(db, aheads[1], &error), ORM_OK);
    ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    finish(0);
    ck_assert_int_eq(taken(aheads[2]), sums[2]);
    ck_assert_int_eq(taken(aheads[3]), sums[3]);
    ck_assert_int_eq(ask("SELECT 7"), 7);
}
END_TEST

static const struct {
    const char *sql;
    orm_status status;
    bool underway; /* some rows come before it fails */
} failures[] = {
    {"SELECT 1 / 0", ORM_DATABASE, false},
    {"SELECT * FROM nowhere", ORM_SCHEMA, false},
    {"SELECT 1 / (500 - i) FROM generate_series(1, 1000) AS i", ORM_DATABASE, true},
};
enum { FAILURES = 3 };

/* `_i`: which failure, and how it is read. */
START_TEST(a_failure_is_told_of_the_statement_that_failed)
{
    bool streams = _i >= FAILURES;
    const char *sql = failures[_i % FAILURES].sql;
    orm__prepared *bad = prepare(sql, NULL, 0);
    orm__fetch fetch = streams ? ORM__FETCH_STREAM : ORM__FETCH_WHOLE;
    orm__ahead *first = sent(prepared[1], fetch), *failing = sent(bad, fetch), *behind = sent(prepared[3], fetch);
    ck_assert_int_eq(taken(first), sums[1]);
    orm_status status = driver->take(db, failing, &error);
    if (streams && failures[_i % FAILURES].underway) {
        ck_assert_int_eq(status, ORM_OK);
        while ((status = driver->step(db, &error)) == ORM_OK)
            ;
        finish(0);
    }
    ck_assert_int_eq(status, failures[_i % FAILURES].status);
    ck_assert_str_eq(error.statement, sql);
    ck_assert_int_eq(driver->take(db, behind, &error), ORM_ROLLBACK_FIRST);
    ck_assert_int_eq(ask("SELECT 7"), 7);
    ck_assert_int_eq(taken(sent(prepared[3], fetch)), sums[3]);
    driver->forget(db, bad);
}
END_TEST

START_TEST(a_failure_that_nobody_took_is_told_once)
{
    orm__prepared *bad = prepare("SELECT 1 / 0", NULL, 0);
    orm__ahead *failing = sent(bad, ORM__FETCH_WHOLE);
    driver->push(db);
    ck_assert_int_eq(ask("SELECT 7"), 7);
    ck_assert_int_eq(driver->settle(db, &error), ORM_DATABASE);
    ck_assert_str_eq(error.sqlstate, "22012");
    ck_assert_int_eq(driver->settle(db, &error), ORM_OK);
    driver->drop(db, failing);
    failing = sent(bad, ORM__FETCH_WHOLE);
    driver->drop(db, failing);
    ck_assert_int_eq(driver->settle(db, &error), ORM_OK);
    driver->forget(db, bad);
}
END_TEST

START_TEST(a_statement_that_the_server_has_lost_is_prepared_anew_the_next_time)
{
    start(NULL, prepared[0], NULL, ORM__FETCH_WHOLE);
    finish(0);
    control(db, "DEALLOCATE ALL");
    ck_assert_int_eq(driver->take(db, sent(prepared[0], _i ? ORM__FETCH_STREAM : ORM__FETCH_WHOLE), &error),
                     ORM_SERIALIZATION);
    ck_assert_int_eq(taken(sent(prepared[0], ORM__FETCH_WHOLE)), sums[0]);
}
END_TEST

START_TEST(the_same_statement_is_sent_twice)
{
    orm__ahead *first = sent(prepared[1], ORM__FETCH_STREAM), *second = sent(prepared[1], ORM__FETCH_STREAM);
    ck_assert_int_eq(taken(first), sums[1]);
    ck_assert_int_eq(taken(second), sums[1]);
}
END_TEST

START_TEST(a_lost_connection_is_told_by_each)
{
    orm__link *first = db, *other;
    static const orm_waiter by_poll;
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%d)", (int)ask("SELECT pg_backend_pid()"));
    other = connect_with(&by_poll);
    send_all(ORM__FETCH_STREAM);
    db = other;
    ask(sql);
    db = first;
    driver->push(db);
    for (int i = 0; i < TEXTS; i++)
        ck_assert_int_eq(driver->take(db, aheads[i], &error), ORM_DISCONNECTED);
    orm__ahead *ahead;
    ck_assert_int_eq(driver->send(db, prepared[0], NULL, ORM__FETCH_WHOLE, &ahead, &error), ORM_DISCONNECTED);
    driver->close(other);
}
END_TEST

START_TEST(closing_forgets_what_is_underway)
{
    static const orm_waiter by_poll;
    orm__link *first = db;
    db = connect_with(&by_poll);
    orm__prepared *one = prepare("SELECT 1", NULL, 0);
    sent(one, ORM__FETCH_WHOLE);
    driver->push(db);
    driver->settle(db, &error);
    driver->forget(db, one);
    driver->close(db);
    db = first;
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_checked_fixture(tcase, prepare_all, forget_all);
    tcase_add_loop_test(tcase, all_that_was_sent_ahead_is_one_trip, 0, 2);
    tcase_add_test(tcase, they_are_taken_in_any_order);
    tcase_add_test(tcase, other_statements_run_in_between_and_nothing_is_lost);
    tcase_add_test(tcase, one_may_be_sent_while_the_rows_of_another_are_read);
    tcase_add_test(tcase, while_rows_are_on_their_way_none_is_sent);
    tcase_add_test(tcase, what_is_dropped_is_read_over);
    tcase_add_test(tcase, a_stream_left_early_leaves_those_behind_it);
    tcase_add_loop_test(tcase, a_failure_is_told_of_the_statement_that_failed, 0, 2 * FAILURES);
    tcase_add_test(tcase, a_failure_that_nobody_took_is_told_once);
    tcase_add_loop_test(tcase, a_statement_that_the_server_has_lost_is_prepared_anew_the_next_time, 0, 2);
    tcase_add_test(tcase, the_same_statement_is_sent_twice);
    tcase_add_test(tcase, a_lost_connection_is_told_by_each);
    tcase_add_test(tcase, closing_forgets_what_is_underway);
}

int main(void)
{
    return run_suite("postgresql_ahead", add_tests);
}
