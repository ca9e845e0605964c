/* trips.c -- how often a session waits for PostgreSQL: COMMIT goes with the last INSERT where nothing can stand in its way.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

/* The tables are known, and the statements prepared. */
static void warm_up(void)
{
    add_author("first");
    ok(orm_session_commit(s));
    const blog_author *one = add_author("second");
    add_author("third");
    add_post(one, "first");
    add_post(one, "second");
    ok(orm_session_commit(s));
    forget_statements();
    take_round_trips();
}

static size_t authors(void)
{
    size_t count;
    orm_session *other = open_session((orm_session_factory){0});
    ok(blog_author_count(other, NULL, &count));
    orm_session_close(other);
    return count;
}

/* PostgreSQL alone has trips. */
static size_t trips(size_t on_postgresql)
{
    return on_sqlite() ? 0 : on_postgresql;
}

START_TEST(a_commit_of_one_row_is_one_round_trip)
{
    warm_up();
    add_author("ada");
    ok(orm_session_commit(s));
    ck_assert_uint_eq(take_round_trips(), trips(1));
    ck_assert_uint_eq(take_transaction_statements(), 2);
    expect_statements("INSERT authors 1");
    ck_assert_uint_eq(authors(), 4);
}
END_TEST

START_TEST(a_commit_of_parents_and_children_is_a_round_trip_for_each_level)
{
    warm_up();
    const blog_author *ada = add_author("ada");
    add_post(ada, "one");
    add_post(ada, "two");
    ok(orm_session_commit(s));
    ck_assert_uint_eq(take_round_trips(), trips(2));
    ck_assert_uint_eq(take_transaction_statements(), 2);
    expect_statements("INSERT authors 1, INSERT post 2");
    ck_assert_int_gt(ada->id, 0);
}
END_TEST

START_TEST(a_commit_after_a_flush_goes_alone)
{
    warm_up();
    add_author("ada");
    ok(orm_session_flush(s));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(take_round_trips(), trips(2));
    ck_assert_uint_eq(take_transaction_statements(), 2);
}
END_TEST

START_TEST(a_refused_row_is_refused_before_the_commit)
{
    warm_up();
    add_author("ada");
    add_author("first");
    ck_assert_int_eq(orm_session_commit(s), ORM_CONSTRAINT);
    ck_assert_str_eq(orm_session_error(s)->sqlstate, "23505");
    ck_assert_int_eq(orm_session_commit(s), ORM_ROLLBACK_FIRST);
    ok(orm_session_rollback(s));
    ck_assert_uint_eq(authors(), 3);
    add_author("ada");
    ok(orm_session_commit(s));
    ck_assert_uint_eq(authors(), 4);
}
END_TEST

static const char *const makers[] = {
    "CREATE FUNCTION orm_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '23514'; END $$",
    "CREATE CONSTRAINT TRIGGER orm_test AFTER INSERT ON authors DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE "
    "FUNCTION orm_test()",
};

START_TEST(what_is_checked_at_the_commit_is_told_by_it)
{
    if (on_sqlite())
        return;
    warm_up();
    for (int i = 0; i < 2; i++)
        run_sql(makers[i]);
    forget_statements();
    const blog_author *ada = add_author("ada");
    orm_status status = orm_session_commit(s);
    ck_assert_uint_eq(take_transaction_statements(), 2);
    expect_statements("INSERT authors 1");
    orm_status again = orm_session_commit(s);
    ok(orm_session_rollback(s));
    run_sql("DROP FUNCTION orm_test CASCADE");
    ck_assert_int_eq(status, ORM_CONSTRAINT);
    ck_assert_int_eq(again, ORM_ROLLBACK_FIRST);
    ck_assert(!orm_session_contains(s, ada));
    ck_assert_uint_eq(authors(), 3);
    add_author("ada");
    ok(orm_session_commit(s));
    ck_assert_uint_eq(authors(), 4);
}
END_TEST

static void make_dropping_trigger(void)
{
    run_sql("CREATE FUNCTION orm_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$");
    run_sql("CREATE TRIGGER orm_test BEFORE INSERT ON authors FOR EACH ROW EXECUTE FUNCTION orm_test()");
}

START_TEST(a_row_that_a_trigger_drops_stops_the_commit)
{
    if (on_sqlite())
        return;
    make_dropping_trigger();
    add_author("ada");
    orm_status status = orm_session_commit(s);
    ok(orm_session_rollback(s));
    run_sql("DROP FUNCTION orm_test CASCADE");
    ck_assert_int_eq(status, ORM_STALE);
    ck_assert_uint_eq(authors(), 0);
}
END_TEST

START_TEST(a_trigger_that_came_unseen_leaves_the_commit_in_doubt)
{
    if (on_sqlite())
        return;
    warm_up();
    make_dropping_trigger();
    const blog_author *ada = add_author("ada");
    orm_status status = orm_session_commit(s), again = orm_session_commit(s);
    run_sql("DROP FUNCTION orm_test CASCADE");
    ck_assert_int_eq(status, ORM_IN_DOUBT);
    expect_said(orm_session_error(s)->message, "roll the session back first");
    ck_assert_int_eq(again, ORM_ROLLBACK_FIRST);
    ok(orm_session_rollback(s));
    ck_assert(!orm_session_contains(s, ada));
    ck_assert_uint_eq(authors(), 3);
}
END_TEST

static orm_status refuse(orm_session *session, const blog_author *author, void *context)
{
    (void)session, (void)author, (void)context;
    return ORM_INVALID;
}

START_TEST(a_hook_after_the_insert_can_still_stop_the_commit)
{
    static const blog_author_hooks refusing = {.after_insert = refuse};
    const orm_model_hooks models[] = {blog_author_on(&refusing)};
    const orm_session_hooks hooks = {.models = models, .model_count = 1};
    warm_up();
    reopen_session((orm_session_factory){.hooks = &hooks});
    add_author("ada");
    ck_assert_int_eq(orm_session_commit(s), ORM_INVALID);
    ok(orm_session_rollback(s));
    ck_assert_uint_eq(authors(), 3);
}
END_TEST

Suite *suite_trips(void)
{
    Suite *suite = suite_create("trips");
    TCase *commits = new_case(suite, "commits");
    tcase_add_test(commits, a_commit_of_one_row_is_one_round_trip);
    tcase_add_test(commits, a_commit_of_parents_and_children_is_a_round_trip_for_each_level);
    tcase_add_test(commits, a_commit_after_a_flush_goes_alone);
    tcase_add_test(commits, a_refused_row_is_refused_before_the_commit);
    tcase_add_test(commits, what_is_checked_at_the_commit_is_told_by_it);
    tcase_add_test(commits, a_row_that_a_trigger_drops_stops_the_commit);
    tcase_add_test(commits, a_trigger_that_came_unseen_leaves_the_commit_in_doubt);
    tcase_add_test(commits, a_hook_after_the_insert_can_still_stop_the_commit);
    return suite;
}
