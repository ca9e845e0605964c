/* test_postgresql_boundary.c -- BEGIN and COMMIT under names, and what becomes of transactions when the server has lost
 * these.
 * SPDX-License-Identifier: MIT */
#include "postgresql_server.h"

static const char UNSEEN[] = "DO $$ BEGIN EXECUTE 'DEALLOCATE ALL'; END $$"; /* its tag does not say so */

static orm__prepared *insert;

static void make_table(void)
{
    control(db, "CREATE TEMP TABLE t (id int)");
    insert = prepare("INSERT INTO t VALUES (1)", NULL, 0);
}

static int64_t named(const char *sql)
{
    char question[160];
    snprintf(question, sizeof question, "SELECT count(*) FROM pg_prepared_statements WHERE statement = '%s'", sql);
    return ask(question);
}

static int64_t rows(void)
{
    return ask("SELECT count(*) FROM t");
}

static bool is_idle(void)
{
    return driver->control(db, "SAVEPOINT inside", NULL, &error) != ORM_OK;
}

static orm__end insert_last(const char *before, orm_status wanted)
{
    orm__end end;
    orm_status status = driver->start_last(db, before, insert, NULL, "COMMIT", &end, &error);
    ck_assert_msg(status == wanted, "%s: %s", orm_status_name(status), error.message);
    if (!status)
        finish(1);
    return end;
}

static void run_transactions(int count)
{
    while (count-- > 0)
        ck_assert_int_eq(insert_last("BEGIN", ORM_OK), ORM__END_DONE);
}

START_TEST(one_transaction_leaves_nothing_at_the_server)
{
    make_table();
    run_transactions(1);
    ck_assert_int_eq(named("BEGIN") + named("COMMIT"), 0);
    driver->forget(db, insert);
}
END_TEST

START_TEST(many_transactions_prepare_begin_and_commit_once)
{
    make_table();
    run_transactions(2);
    ck_assert_int_eq(named("BEGIN"), 1);
    ck_assert_int_eq(named("COMMIT"), 1);
    run_transactions(5);
    for (int i = 0; i < 3; i++) {
        control(db, "BEGIN");
        control(db, "COMMIT");
    }
    ck_assert_int_eq(named("BEGIN"), 1);
    ck_assert_int_eq(named("COMMIT"), 1);
    ck_assert_int_eq(rows(), 7);
    driver->forget(db, insert);
}
END_TEST

/* COMMIT is prepared behind each BEGIN that is new. */
START_TEST(each_form_of_begin_has_its_name)
{
    static const char *const forms[] = {"BEGIN", "BEGIN READ ONLY", "BEGIN ISOLATION LEVEL SERIALIZABLE",
                                        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"};
    orm__prepared *show = prepare("SELECT (current_setting('transaction_isolation') = 'serializable')::int4 + "
                                  "2 * (current_setting('transaction_read_only') = 'on')::int4",
                                  NULL, 0);
    static const int shown[] = {0, 2, 1, 2};
    for (int i = 0; i < 4 * COUNT_OF(forms); i++) {
        start(forms[i % COUNT_OF(forms)], show, NULL, ORM__FETCH_WHOLE);
        ck_assert_int_eq(driver->step(db, &error), ORM_OK);
        ck_assert_int_eq(driver->read_integer(db, 0), shown[i % COUNT_OF(forms)]);
        finish(0);
        control(db, "COMMIT");
    }
    for (int i = 0; i < COUNT_OF(forms); i++)
        ck_assert_int_eq(named(forms[i]), 1);
    ck_assert_int_eq(named("COMMIT"), COUNT_OF(forms));
    driver->forget(db, show);
}
END_TEST

START_TEST(an_unprepared_link_leaves_nothing_at_the_server)
{
    const char *const values[] = {url, NULL};
    const orm__address address = {
        .dialect = ORM_POSTGRESQL, .keywords = keywords, .values = values, .unprepared = true};
    orm__link *first = db;
    ck_assert_int_eq(driver->open(&address, NULL, &db, &error), ORM_OK);
    make_table();
    run_transactions(4);
    ck_assert_int_eq(ask("SELECT count(*) FROM pg_prepared_statements WHERE name <> ''"), 0);
    driver->forget(db, insert);
    driver->close(db);
    db = first;
}
END_TEST

static const char *const losses[] = {"DEALLOCATE ALL", UNSEEN};

/* Whatever is sent with a BEGIN that was lost has done nothing, and is sent once more. */
START_TEST(a_begin_that_was_lost_is_sent_again)
{
    make_table();
    run_transactions(3);
    control(db, losses[_i]);
    ck_assert_int_eq(insert_last("BEGIN", ORM_OK), ORM__END_DONE);
    ck_assert_int_eq(rows(), 4);
    ck_assert(is_idle());
    control(db, losses[_i]);
    start("BEGIN", insert, NULL, ORM__FETCH_WHOLE);
    finish(1);
    control(db, "ROLLBACK");
    ck_assert_int_eq(rows(), 4);
    control(db, losses[_i]);
    control(db, "BEGIN");
    ck_assert(!is_idle());
    control(db, "INSERT INTO t VALUES (3)");
    control(db, "COMMIT");
    ck_assert_int_eq(rows(), 5);
    driver->forget(db, insert);
    insert = prepare("INSERT INTO t VALUES (4)", NULL, 0);
    run_transactions(3);
    ck_assert_int_eq(rows(), 8);
    driver->forget(db, insert);
}
END_TEST

/* The insert is unknown by then, too. */
START_TEST(a_transaction_whose_names_are_dropped_aloud_commits)
{
    make_table();
    run_transactions(3);
    start("BEGIN", insert, NULL, ORM__FETCH_WHOLE);
    finish(1);
    control(db, "DEALLOCATE ALL");
    orm__prepared *other = prepare("INSERT INTO t VALUES (2)", NULL, 0);
    start(NULL, other, NULL, ORM__FETCH_WHOLE);
    finish(1);
    control(db, "COMMIT");
    ck_assert_int_eq(rows(), 5);
    run_transactions(3);
    ck_assert_int_eq(rows(), 8);
    driver->forget(db, insert);
    driver->forget(db, other);
}
END_TEST

/* By itself, and behind a statement in one trip. */
START_TEST(a_commit_that_was_lost_in_silence_is_told_and_has_committed_nothing)
{
    make_table();
    run_transactions(3);
    start("BEGIN", insert, NULL, ORM__FETCH_WHOLE);
    finish(1);
    control(db, UNSEEN);
    if (_i) {
        driver->forget(db, insert);
        insert = prepare("INSERT INTO t VALUES (2)", NULL, 0);
        ck_assert_int_eq(insert_last(NULL, ORM_SERIALIZATION), ORM__END_REFUSED);
    } else {
        ck_assert_int_eq(driver->control(db, "COMMIT", NULL, &error), ORM_SERIALIZATION);
    }
    ck_assert_str_eq(error.sqlstate, "26000");
    ck_assert_str_eq(error.statement, "COMMIT");
    control(db, "ROLLBACK");
    ck_assert_int_eq(rows(), 3);
    run_transactions(3);
    ck_assert_int_eq(rows(), 6);
    driver->forget(db, insert);
}
END_TEST

/* The trip that was to prepare COMMIT did not come so far, or the COMMIT itself was refused. */
START_TEST(what_is_refused_before_its_commit_leaves_the_link_in_step)
{
    control(db, "CREATE TEMP TABLE t (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)");
    insert = prepare(_i ? "INSERT INTO t VALUES (1)" : "INSERT INTO t VALUES (1 / 0)", NULL, 0);
    ck_assert_int_eq(insert_last("BEGIN", _i ? ORM_OK : ORM_DATABASE), _i ? ORM__END_DONE : ORM__END_NOT_RUN);
    for (int again = 0; again < 4; again++) {
        if (!_i)
            control(db, "ROLLBACK");
        ck_assert_int_eq(insert_last("BEGIN", _i ? ORM_CONSTRAINT : ORM_DATABASE),
                         _i ? ORM__END_REFUSED : ORM__END_NOT_RUN);
    }
    control(db, "ROLLBACK");
    ck_assert_int_eq(rows(), _i);
    driver->forget(db, insert);
    insert = prepare("INSERT INTO t VALUES (2)", NULL, 0);
    ck_assert_int_eq(insert_last("BEGIN", ORM_OK), ORM__END_DONE);
    ck_assert_int_eq(rows(), 1 + _i);
    driver->forget(db, insert);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_test(tcase, one_transaction_leaves_nothing_at_the_server);
    tcase_add_test(tcase, many_transactions_prepare_begin_and_commit_once);
    tcase_add_test(tcase, each_form_of_begin_has_its_name);
    tcase_add_test(tcase, an_unprepared_link_leaves_nothing_at_the_server);
    tcase_add_loop_test(tcase, a_begin_that_was_lost_is_sent_again, 0, COUNT_OF(losses));
    tcase_add_test(tcase, a_transaction_whose_names_are_dropped_aloud_commits);
    tcase_add_loop_test(tcase, a_commit_that_was_lost_in_silence_is_told_and_has_committed_nothing, 0, 2);
    tcase_add_loop_test(tcase, what_is_refused_before_its_commit_leaves_the_link_in_step, 0, 2);
}

int main(void)
{
    return run_suite("postgresql_boundary", add_tests);
}
