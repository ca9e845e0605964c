/* test_postgresql_trip.c -- what goes in one trip, refusals, and connections that are lost underway.
 * SPDX-License-Identifier: MIT */
#include "postgresql_server.h"

START_TEST(what_goes_before_rides_in_the_same_trip)
{
    orm__link *first = db;
    db = connect_with(&counting);
    orm__prepared *ahead = prepare("SELECT 5", NULL, 0),
                  *select = prepare("SELECT pg_sleep(0.02), txid_current_if_assigned() IS NULL", NULL, 0);
    start(NULL, ahead, NULL, ORM__FETCH_WHOLE);
    finish(0);
    driver->forget(db, ahead);
    waits = 0;
    start("BEGIN", select, NULL, ORM__FETCH_WHOLE);
    ck_assert_int_le(waits, 2); /* the answers to all but the last may come a little earlier */
    finish(0);
    control(db, "SAVEPOINT inside");
    control(db, "COMMIT");
    driver->forget(db, select);
    driver->close(db);
    db = first;
}
END_TEST

START_TEST(a_statement_is_not_run_when_what_goes_before_fails)
{
    control(db, "CREATE TEMP TABLE t (id int)");
    orm__prepared *insert = prepare("INSERT INTO t VALUES (1)", NULL, 0);
    ck_assert_int_eq(driver->start(db, "BEGUN", insert, NULL, ORM__FETCH_WHOLE, &error), ORM_DATABASE);
    ck_assert_str_eq(error.sqlstate, "42601");
    ck_assert_str_eq(error.statement, "BEGUN");
    ck_assert_int_eq(ask("SELECT count(*) FROM t"), 0);
    start("SELECT 1, 2", insert, NULL, _i ? ORM__FETCH_STREAM : ORM__FETCH_WHOLE);
    finish(1);
    start(NULL, insert, NULL, ORM__FETCH_WHOLE);
    finish(1);
    driver->forget(db, insert);
}
END_TEST

static const struct {
    const char *sql;
    orm_status status;
    const char *sqlstate, *constraint, *table, *column;
} refusals[] = {
    {"INSERT INTO t VALUES (1, 1)", ORM_CONSTRAINT, "23505", "t_pkey", "t", ""},
    {"INSERT INTO t VALUES (2, NULL)", ORM_CONSTRAINT, "23502", "", "t", "n"},
    {"INSERT INTO t VALUES (2, -1)", ORM_CONSTRAINT, "23514", "positive", "t", ""},
    {"INSERT INTO child VALUES (99)", ORM_CONSTRAINT, "23503", "child_id_fkey", "child", ""},
    {"SELECT * FROM nowhere", ORM_SCHEMA, "42P01", "", "", ""},
    {"SELECT missing FROM t", ORM_SCHEMA, "42703", "", "", ""},
    {"SELECT id = 'a'::text FROM t", ORM_SCHEMA, "42883", "", "", ""},
    {"SELECT 1::nonsense", ORM_SCHEMA, "42704", "", "", ""},
    {"SELEC 1", ORM_DATABASE, "42601", "", "", ""},
    {"SELECT 1/0", ORM_DATABASE, "22012", "", "", ""},
    {"SELECT 1; SELECT 2", ORM_DATABASE, "42601", "", "", ""},
    {"SELECT id FROM t GROUP BY n FOR UPDATE", ORM_UNSUPPORTED, "0A000", "", "", ""},
    {"SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(9)", ORM_TIMEOUT, "57014", "", "", ""},
    {"DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", ORM_SERIALIZATION, "40001", "", "", ""},
    {"DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$", ORM_SERIALIZATION, "40P01", "", "", ""},
    {"DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$", ORM_TIMEOUT, "55P03", "", "", ""},
    {"DO $$ BEGIN RAISE SQLSTATE '08006'; END $$", ORM_DATABASE, "08006", "", "", ""},
    {"SELECT '\xff'", ORM_INVALID, "22021", "", "", ""},
};

START_TEST(a_refusal_has_its_status_and_details_and_the_link_goes_on)
{
    control(db, "CREATE TEMP TABLE t (id int PRIMARY KEY, n int NOT NULL CONSTRAINT positive CHECK (n > 0))");
    control(db, "CREATE TEMP TABLE child (id int REFERENCES t)");
    control(db, "INSERT INTO t VALUES (1, 1)");
    refuse(refusals[_i].sql, refusals[_i].status);
    ck_assert_str_eq(error.sqlstate, refusals[_i].sqlstate);
    ck_assert_str_eq(error.constraint, refusals[_i].constraint);
    ck_assert_str_eq(error.table, refusals[_i].table);
    ck_assert_str_eq(error.column, refusals[_i].column);
    ck_assert_str_eq(error.statement, refusals[_i].sql);
    ck_assert_str_ne(error.message, "");
    ck_assert_ptr_null(strchr(error.message, '\n'));
    ck_assert_int_eq(driver->control(db, refusals[_i].sql, NULL, &error), refusals[_i].status);
    ck_assert_int_eq(driver->control(db, refusals[_i].sql, NULL, NULL), refusals[_i].status);
    ck_assert_int_eq(ask("SELECT count(*) FROM t"), 1);
    ck_assert(driver->usable(db));
}
END_TEST

START_TEST(the_detail_is_told)
{
    control(db, "CREATE TEMP TABLE t (id int PRIMARY KEY)");
    control(db, "INSERT INTO t VALUES (1)");
    refuse("INSERT INTO t VALUES (1)", ORM_CONSTRAINT);
    ck_assert_str_eq(error.message,
                     "duplicate key value violates unique constraint \"t_pkey\" (Key (id)=(1) already exists.)");
}
END_TEST

START_TEST(a_constraint_that_is_deferred_to_the_commit_is_told)
{
    control(db, "CREATE TEMP TABLE t (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    refuse("INSERT INTO t VALUES (1), (1)", ORM_CONSTRAINT);
    ck_assert_str_eq(error.sqlstate, "23505");
    orm__prepared *insert = prepare("INSERT INTO t VALUES (1), (1) RETURNING id", NULL, 0);
    start(NULL, insert, NULL, ORM__FETCH_STREAM);
    ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    ck_assert_int_eq(driver->finish(db, NULL, &error), ORM_CONSTRAINT);
    ck_assert_int_eq(ask("SELECT count(*) FROM t"), 0);
    driver->forget(db, insert);
}
END_TEST

START_TEST(inside_a_failed_transaction_everything_waits_for_the_rollback)
{
    control(db, "BEGIN");
    refuse("SELECT 1/0", ORM_DATABASE);
    refuse("SELECT 1", ORM_ROLLBACK_FIRST);
    ck_assert_int_eq(driver->control(db, "SELECT 1", NULL, &error), ORM_ROLLBACK_FIRST);
    control(db, "ROLLBACK");
    ck_assert_int_eq(ask("SELECT 1"), 1);
}
END_TEST

START_TEST(a_stream_that_fails_in_the_middle_tells_it_once)
{
    orm__prepared *select = prepare("SELECT 1 / (500 - i) FROM generate_series(1, 1000) AS i", NULL, 0);
    start(NULL, select, NULL, ORM__FETCH_STREAM);
    orm_status status;
    int rows = 0;
    while ((status = driver->step(db, &error)) == ORM_OK)
        rows++;
    ck_assert_int_eq(status, ORM_DATABASE);
    ck_assert_str_eq(error.sqlstate, "22012");
    ck_assert_int_eq(rows, 499);
    finish(0);
    start(NULL, select, NULL, ORM__FETCH_STREAM);
    ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    ck_assert_int_eq(driver->finish(db, NULL, &error), ORM_DATABASE);
    ck_assert_int_eq(ask("SELECT 7"), 7);
    driver->forget(db, select);
}
END_TEST

START_TEST(a_statement_that_failed_to_parse_may_be_started_again)
{
    orm__prepared *select = prepare("SELECT count(*) FROM t", NULL, 0);
    ck_assert_int_eq(driver->start(db, NULL, select, NULL, ORM__FETCH_WHOLE, &error), ORM_SCHEMA);
    control(db, "CREATE TEMP TABLE t (id int)");
    start(NULL, select, NULL, ORM__FETCH_WHOLE);
    finish(0);
    driver->forget(db, select);
}
END_TEST

START_TEST(a_forgotten_statement_leaves_the_server_with_the_next_trip)
{
    static const char count[] = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%forget me%'";
    orm__prepared *first = prepare("SELECT 1 -- forget me", NULL, 0),
                  *second = prepare("SELECT 2 -- forget me", NULL, 0);
    start(NULL, first, NULL, ORM__FETCH_WHOLE);
    finish(0);
    start(NULL, second, NULL, ORM__FETCH_WHOLE);
    finish(0);
    ck_assert_int_eq(ask(count), 3); /* and the question itself */
    control(db, "BEGIN");
    driver->forget(db, first);
    driver->forget(db, second);
    ck_assert_int_eq(ask(count), 3);
    refuse("SELECT 1/0", ORM_DATABASE);
    control(db, "ROLLBACK");
    ck_assert_int_eq(ask(count), 1);
}
END_TEST

START_TEST(a_stream_may_follow_what_was_forgotten)
{
    orm__prepared *first = prepare("SELECT 1", NULL, 0), *stream = prepare("SELECT generate_series(1, 1000)", NULL, 0);
    start(NULL, first, NULL, ORM__FETCH_WHOLE);
    finish(0);
    driver->forget(db, first);
    start(_i ? "BEGIN" : NULL, stream, NULL, ORM__FETCH_STREAM);
    for (int i = 1; i <= 1000; i++) {
        ck_assert_int_eq(driver->step(db, &error), ORM_OK);
        ck_assert_int_eq(driver->read_integer(db, 0), i);
    }
    ck_assert_int_eq(driver->step(db, &error), ORM_DONE);
    finish(0);
    driver->forget(db, stream);
}
END_TEST

START_TEST(a_statement_that_the_server_has_lost_is_sent_again)
{
    orm__prepared *select = prepare("SELECT 8::int8", NULL, 0), *gone = prepare("SELECT 9", NULL, 0);
    start(NULL, select, NULL, ORM__FETCH_WHOLE);
    finish(0);
    start(NULL, gone, NULL, ORM__FETCH_WHOLE);
    finish(0);
    control(db, "DISCARD ALL");
    driver->forget(db, gone);
    start(NULL, select, NULL, ORM__FETCH_WHOLE);
    ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    ck_assert_int_eq(driver->read_integer(db, 0), 8);
    finish(0);
    control(db, "DISCARD ALL");
    ck_assert_int_eq(driver->start(db, "BEGIN", select, NULL, ORM__FETCH_WHOLE, &error), ORM_SERIALIZATION);
    control(db, "ROLLBACK");
    start("BEGIN", select, NULL, ORM__FETCH_WHOLE);
    finish(0);
    driver->forget(db, select);
}
END_TEST

START_TEST(a_plan_that_a_changed_table_made_invalid_is_made_again)
{
    control(db, "CREATE TEMP TABLE t AS SELECT 3::int4 AS n");
    orm__prepared *select = prepare("SELECT n FROM t", NULL, 0);
    start(NULL, select, NULL, ORM__FETCH_WHOLE);
    finish(0);
    control(db, "ALTER TABLE t ALTER n TYPE int8");
    start(NULL, select, NULL, ORM__FETCH_WHOLE);
    ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    ck_assert_int_eq(driver->read_integer(db, 0), 3);
    finish(0);
    driver->forget(db, select);
}
END_TEST

START_TEST(a_large_statement_and_a_large_answer_pass_each_other)
{
    size_t size = 8u << 20;
    char *text = malloc(size + 1);
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', size);
    text[size] = '\0';
    orm__prepared *echo = prepare("SELECT length($1)", &(orm__parameter){.type = ORM_TYPE_TEXT}, 1);
    const orm_value value = {.type = ORM_TYPE_TEXT, .form = ORM_FORM_ONE, .as.text = text};
    start("SELECT repeat('y', 30000000)", echo, &value, ORM__FETCH_WHOLE);
    ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    ck_assert_int_eq(driver->read_integer(db, 0), 8 << 20);
    finish(0);
    driver->forget(db, echo);
    free(text);
}
END_TEST

START_TEST(copy_cannot_be_run)
{
    control(db, "CREATE TEMP TABLE t (id int)");
    ck_assert_int_eq(driver->control(db, _i ? "COPY t TO STDOUT" : "COPY t FROM STDIN", NULL, &error), ORM_UNSUPPORTED);
    ck_assert_int_eq(driver->control(db, "SELECT 1", NULL, &error), ORM_DISCONNECTED);
}
END_TEST

START_TEST(a_lost_connection_is_told_and_stays_lost)
{
    orm__prepared *known = prepare("SELECT 1", NULL, 0), *fresh = prepare("SELECT 2", NULL, 0);
    start(NULL, known, NULL, ORM__FETCH_WHOLE);
    finish(0);
    kill_own_backend();
    ck_assert_int_eq(driver->start(db, "BEGIN", _i ? known : fresh, NULL, ORM__FETCH_STREAM, &error), ORM_DISCONNECTED);
    ck_assert_str_ne(error.message, "");
    ck_assert_int_eq(driver->start(db, NULL, known, NULL, ORM__FETCH_WHOLE, &error), ORM_DISCONNECTED);
    ck_assert(!driver->usable(db));
    driver->forget(db, known);
    driver->forget(db, fresh);
}
END_TEST

START_TEST(a_connection_that_dies_within_a_statement_is_lost)
{
    refuse("SELECT pg_terminate_backend(pg_backend_pid())", ORM_DISCONNECTED);
    ck_assert_str_eq(error.sqlstate, "57P01");
    refuse("SELECT 1", ORM_DISCONNECTED);
}
END_TEST

START_TEST(a_connection_that_dies_within_a_stream_is_lost)
{
    orm__prepared *select = prepare("SELECT CASE WHEN i = 90000 THEN pg_terminate_backend(pg_backend_pid()) END"
                                    " FROM generate_series(1, 200000) AS i",
                                    NULL, 0);
    start(NULL, select, NULL, ORM__FETCH_STREAM);
    orm_status status = ORM_OK;
    while (_i == 0 && (status = driver->step(db, &error)) == ORM_OK)
        continue;
    if (_i == 0) {
        ck_assert_int_eq(status, ORM_DISCONNECTED);
        finish(0);
    } else {
        ck_assert_int_eq(driver->finish(db, NULL, &error), ORM_DISCONNECTED);
    }
    driver->forget(db, select);
}
END_TEST

START_TEST(a_deadline_ends_a_wait_and_the_link)
{
    db->deadline = orm__deadline_in(0) + 50000;
    ck_assert_int_eq(driver->control(db, "SELECT pg_sleep(30)", NULL, &error), ORM_TIMEOUT);
    ck_assert_str_eq(error.statement, "SELECT pg_sleep(30)");
    db->deadline = 0;
    ck_assert_int_eq(driver->control(db, "SELECT 1", NULL, &error), ORM_DISCONNECTED);
    ck_assert(!driver->usable(db));
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, what_goes_before_rides_in_the_same_trip);
    tcase_add_loop_test(tcase, a_statement_is_not_run_when_what_goes_before_fails, 0, 2);
    tcase_add_loop_test(tcase, a_refusal_has_its_status_and_details_and_the_link_goes_on, 0, COUNT_OF(refusals));
    tcase_add_test(tcase, the_detail_is_told);
    tcase_add_test(tcase, a_constraint_that_is_deferred_to_the_commit_is_told);
    tcase_add_test(tcase, inside_a_failed_transaction_everything_waits_for_the_rollback);
    tcase_add_test(tcase, a_stream_that_fails_in_the_middle_tells_it_once);
    tcase_add_test(tcase, a_statement_that_failed_to_parse_may_be_started_again);
    tcase_add_test(tcase, a_forgotten_statement_leaves_the_server_with_the_next_trip);
    tcase_add_loop_test(tcase, a_stream_may_follow_what_was_forgotten, 0, 2);
    tcase_add_test(tcase, a_statement_that_the_server_has_lost_is_sent_again);
    tcase_add_test(tcase, a_plan_that_a_changed_table_made_invalid_is_made_again);
    tcase_add_test(tcase, a_large_statement_and_a_large_answer_pass_each_other);
    tcase_add_loop_test(tcase, copy_cannot_be_run, 0, 2);
    tcase_add_loop_test(tcase, a_lost_connection_is_told_and_stays_lost, 0, 2);
    tcase_add_test(tcase, a_connection_that_dies_within_a_statement_is_lost);
    tcase_add_loop_test(tcase, a_connection_that_dies_within_a_stream_is_lost, 0, 2);
    tcase_add_test(tcase, a_deadline_ends_a_wait_and_the_link);
}

int main(void)
{
    return run_suite("postgresql_trip", add_tests);
}
