/* trips.c -- how often a session waits for PostgreSQL: COMMIT goes with the last INSERT where nothing can stand in its
 * way, and what stands on one level of an eager load is asked for at once.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

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

START_TEST(a_commit_of_one_change_is_one_round_trip)
{
    warm_up();
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    static const char *const names[] = {"b", "c", "d"};
    for (int i = 0; i < 3; i++) {
        take_round_trips();
        forget_statements();
        ok(blog_author_set_name(s, ada, names[i]));
        ok(orm_session_commit(s));
        ck_assert_uint_eq(take_round_trips(), trips(1));
        ck_assert_uint_eq(take_transaction_statements(), 2);
        expect_statements("UPDATE authors 1");
    }
    ok(orm_session_refresh(s, ada));
    expect_text(ada->name, "d");
}
END_TEST

START_TEST(a_row_that_has_vanished_stops_the_commit)
{
    warm_up();
    const blog_author *ada = add_author("ada"), *bob;
    ok(orm_session_commit(s));
    run_sql("DELETE FROM authors WHERE name = 'ada'");
    forget_statements();
    ok(blog_author_set_bio(s, ada, "gone"));
    bob = add_author("bob");
    ck_assert_int_eq(orm_session_commit(s), ORM_STALE);
    expect_statements("INSERT authors 1, UPDATE authors 0");
    expect_said(orm_session_error(s)->message, "no longer in table");
    ck_assert_int_eq(orm_session_commit(s), ORM_ROLLBACK_FIRST);
    ok(orm_session_rollback(s));
    ck_assert(!orm_session_contains(s, bob));
    ck_assert_uint_eq(authors(), 3);
}
END_TEST

START_TEST(a_version_that_was_counted_by_another_stops_the_commit)
{
    const server_item *item, *same;
    orm_session *other = open_session((orm_session_factory){0});
    ok(server_item_add(s, &(server_item_values){.name = "a", .price = 1}, &item));
    ok(orm_session_commit(s));
    ok(server_item_get(other, item->id, &same));
    ok(server_item_set_price(other, same, 2));
    ok(orm_session_commit(other));
    ok(server_item_set_price(s, item, 3));
    ck_assert_int_eq(orm_session_commit(s), ORM_STALE);
    ok(orm_session_rollback(s));
    orm_session_close(other);
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

/* --- eager loads -------------------------------------------------------------------------------------------------- */

/* Two authors, each with a post that both comment on, and one with a profile. */
static void store_tree(void)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *posts[] = {add_post(ada, "a"), add_post(bob, "b")};
    for (int i = 0; i < 4; i++)
        add_comment(posts[i / 2], i % 2 ? ada : bob, "c");
    ok(blog_profile_add(s, &(blog_profile_values){.url = "u", .author = ada}, NULL));
    commit_and_forget();
    take_round_trips();
}

static orm_status find_tree(blog_author_list *found)
{
    return blog_author_find(
        s,
        &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)},
                             .load = {orm_load(BLOG_AUTHOR.posts, .load = {orm_load(BLOG_POST.comments)}),
                                      orm_load(BLOG_AUTHOR.comments, .load = {orm_load(BLOG_COMMENT.post)}),
                                      orm_load(BLOG_AUTHOR.profile)}},
        found);
}

static void expect_tree(const blog_author_list *authors)
{
    blog_post_list posts;
    blog_comment_list comments;
    const blog_profile *profile;
    forget_statements();
    ck_assert_uint_eq(authors->count, 2);
    for (size_t i = 0; i < authors->count; i++) {
        ok(blog_author_get_posts(s, authors->items[i], &posts));
        ck_assert_uint_eq(posts.count, 1);
        ok(blog_post_get_comments(s, posts.items[0], &comments));
        ck_assert_uint_eq(comments.count, 2);
        ok(blog_author_get_comments(s, authors->items[i], &comments));
        ck_assert_uint_eq(comments.count, 2);
        ok(blog_author_get_profile(s, authors->items[i], &profile));
        ck_assert_int_eq(profile != NULL, i == 0);
    }
    expect_nothing_sent();
}

#define TREE "SELECT authors 2, SELECT post 2, SELECT comment 4, SELECT profile 1, SELECT comment 4"

/* `_i`: inside a transaction. The first time the statements are prepared on the way. */
START_TEST(each_level_of_a_tree_is_one_round_trip)
{
    blog_author_list authors;
    store_tree();
    for (int again = 0; again < 3; again++) {
        orm_session_clear(s);
        if (_i)
            ck_assert_ptr_nonnull(orm_session_connection(s));
        forget_statements();
        take_round_trips();
        ok(find_tree(&authors));
        ck_assert_uint_eq(take_round_trips(), trips(3));
        expect_statements(TREE);
        expect_tree(&authors);
        ok(orm_session_commit(s));
    }
}
END_TEST

START_TEST(what_a_sibling_brings_is_not_asked_for_again)
{
    blog_post_list posts;
    store_tree();
    ok(blog_post_find(s,
                      &(blog_post_query){.load = {orm_load(BLOG_POST.author), orm_load(BLOG_POST.comments),
                                                  orm_load(BLOG_POST.author)}},
                      &posts));
    expect_statements("SELECT post 2, SELECT authors 2, SELECT comment 4");
    ck_assert_uint_eq(take_round_trips(), trips(2));
}
END_TEST

static void rename_profile(bool away)
{
    run_sql(away ? "ALTER TABLE profile RENAME TO elsewhere" : "ALTER TABLE elsewhere RENAME TO profile");
}

/* `_i`: inside a transaction. */
START_TEST(the_sibling_that_fails_is_named_and_the_session_goes_on)
{
    blog_author_list authors;
    store_tree();
    rename_profile(true);
    forget_statements();
    if (_i)
        ok(orm_session_begin(s));
    orm_status status = find_tree(&authors);
    if (_i || on_sqlite()) /* which reads in a transaction, too */
        ok(orm_session_rollback(s));
    rename_profile(false);
    ck_assert_int_eq(status, ORM_SCHEMA);
    expect_said(orm_session_error(s)->statement, "\"profile\"");
    ck_assert_uint_eq(authors.count, 0);
    ok(find_tree(&authors));
    expect_tree(&authors);
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(siblings_that_the_server_forgot_are_sent_again)
{
    blog_author_list authors;
    store_tree();
    if (on_sqlite())
        return;
    ok(find_tree(&authors));
    ok(orm_connection_execute(orm_session_connection(s), "DEALLOCATE ALL", NULL, NULL));
    ok(orm_session_commit(s));
    orm_session_clear(s);
    ok(find_tree(&authors));
    expect_tree(&authors);
}
END_TEST

/* One that is not enough for all that are sent together. */
START_TEST(a_small_statement_cache_keeps_what_is_underway)
{
    blog_author_list authors;
    orm_engine *first = engine, *small;
    orm_engine_options options = test_options();
    store_tree();
    options.statement_cache_size = 1;
    ok(orm_engine_open(test_url(), &options, &small, &error));
    orm_session_close(s);
    engine = small;
    s = open_session((orm_session_factory){0});
    for (int again = 0; again < 2; again++) {
        orm_session_clear(s);
        ok(find_tree(&authors));
        expect_tree(&authors);
    }
    orm_session_close(s);
    orm_engine_close(small);
    engine = first;
    s = NULL;
}
END_TEST

/* In a transaction of its own, or in one that is open. */
START_TEST(many_rows_that_are_read_again_come_in_batches)
{
    enum { AUTHORS = 3000 };
    blog_author_list authors;
    char name[16];
    for (int i = 0; i < AUTHORS; i++) {
        snprintf(name, sizeof name, "%04d", i);
        add_author(name);
    }
    ok(orm_session_commit(s));
    for (int again = 0; again < 3; again++) {
        orm_session_clear(s);
        if (_i)
            ok(orm_session_begin(s));
        forget_statements();
        take_round_trips();
        ok(blog_author_find(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)}}, &authors));
        expect_statements("SELECT authors 3000");
        size_t made = take_round_trips();
        ck_assert(again == 0 ? made == trips(1) : on_sqlite() || made > 3);
        ck_assert_uint_eq(authors.count, AUTHORS);
        for (int i = 0; i < AUTHORS; i++)
            ck_assert_int_eq(atoi(authors.items[i]->name), i);
        ok(blog_author_set_name(s, authors.items[0], "another"));
        ok(orm_session_flush(s));
        ok(orm_session_rollback(s));
    }
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
    tcase_add_test(commits, a_commit_of_one_change_is_one_round_trip);
    tcase_add_test(commits, a_row_that_has_vanished_stops_the_commit);
    tcase_add_test(commits, a_version_that_was_counted_by_another_stops_the_commit);
    tcase_add_test(commits, what_is_checked_at_the_commit_is_told_by_it);
    tcase_add_test(commits, a_row_that_a_trigger_drops_stops_the_commit);
    tcase_add_test(commits, a_trigger_that_came_unseen_leaves_the_commit_in_doubt);
    tcase_add_test(commits, a_hook_after_the_insert_can_still_stop_the_commit);
    TCase *reads = new_case(suite, "reads");
    tcase_add_loop_test(reads, many_rows_that_are_read_again_come_in_batches, 0, 2);
    TCase *loads = new_case(suite, "eager loads");
    tcase_add_loop_test(loads, each_level_of_a_tree_is_one_round_trip, 0, 2);
    tcase_add_test(loads, what_a_sibling_brings_is_not_asked_for_again);
    tcase_add_loop_test(loads, the_sibling_that_fails_is_named_and_the_session_goes_on, 0, 2);
    tcase_add_test(loads, siblings_that_the_server_forgot_are_sent_again);
    tcase_add_test(loads, a_small_statement_cache_keeps_what_is_underway);
    return suite;
}
