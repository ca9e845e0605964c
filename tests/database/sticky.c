/* sticky.c -- rows that are gone, and failures that nobody looked at: the next flush tells.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

/* --- staleness --- */

START_TEST(an_update_of_a_row_that_is_gone_is_stale)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob"), *eve = add_author("eve");
    ok(orm_session_commit(s));
    run_sql("DELETE FROM authors WHERE name = 'bob'");
    const blog_author *all[] = {ada, bob, eve};
    for (int i = 0; i < (_i ? 3 : 2); i++)
        ok(blog_author_set_bio(s, all[_i ? i : 1], "x"));
    expect_status(ORM_STALE, orm_session_flush(s));
    ck_assert_str_eq(orm_session_error(s)->table, "authors");
    char key[32];
    snprintf(key, sizeof key, "%lld", (long long)bob->id);
    expect_said(orm_session_error(s)->message, key);
    expect_status(ORM_ROLLBACK_FIRST, orm_session_flush(s));
    ok(orm_session_rollback(s));
    ok(orm_session_refresh(s, ada));
    ck_assert_ptr_null(ada->bio);
}
END_TEST

START_TEST(a_delete_of_a_row_that_is_gone_is_stale)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    ok(orm_session_commit(s));
    run_sql("DELETE FROM authors WHERE name = 'bob'");
    if (_i)
        ok(blog_author_delete(s, ada));
    ok(blog_author_delete(s, bob));
    expect_status(ORM_STALE, orm_session_commit(s));
    ck_assert_str_eq(orm_session_error(s)->table, "authors");
    ok(orm_session_rollback(s));
    ok(orm_session_refresh(s, ada));
}
END_TEST

START_TEST(rows_changed_by_nobody_but_equal_are_no_stale_ones)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET bio = 'same'");
    ok(blog_author_set_bio(s, ada, "same"));
    ok(orm_session_commit(s));
}
END_TEST

/* --- errors that stick --- */

START_TEST(a_failed_set_makes_the_next_flush_fail)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    expect_status(ORM_INVALID, blog_author_set_name(s, ada, NULL));
    ok(blog_author_set_bio(s, ada, "x"));
    forget_statements();
    expect_status(ORM_INVALID, orm_session_flush(s));
    expect_said(orm_session_error(s)->message, "name");
    expect_status(ORM_INVALID, orm_session_commit(s));
    blog_author_list list;
    expect_status(ORM_INVALID, blog_author_find(s, NULL, &list));
    expect_nothing_sent();
    orm_session_clear_error(s);
    ok(orm_session_commit(s));
    expect_statements("UPDATE authors 1");
}
END_TEST

START_TEST(a_rollback_forgives_too)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    expect_status(ORM_INVALID, blog_author_set_name(s, ada, NULL));
    ok(orm_session_rollback(s));
    ok(blog_author_set_name(s, ada, "x"));
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(the_first_failure_sticks)
{
    const blog_author *ada = add_author("ada");
    expect_status(ORM_INVALID, blog_author_set_name(s, ada, NULL));
    expect_status(ORM_INVALID, blog_author_set_email(s, ada, NULL));
    expect_status(ORM_INVALID, orm_session_flush(s));
    expect_said(orm_session_error(s)->message, "name");
}
END_TEST

START_TEST(a_failed_add_makes_the_next_flush_fail)
{
    blog_author_values values = {.email = "a@b", .name = "Ada"};
    const blog_author *added = (const blog_author *)&error;
    values.score.set = (orm_given)9;
    expect_status(ORM_MISUSE, blog_author_add(s, &values, &added));
    ck_assert_ptr_null(added);
    expect_status(ORM_MISUSE, orm_session_commit(s));
    expect_nothing_sent();
    orm_session_clear_error(s);
    ok(orm_session_commit(s));
    size_t count;
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_failed_relation_change_makes_the_next_flush_fail)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "t");
    ok(orm_session_commit(s));
    expect_status(ORM_MISUSE, blog_author_remove_from_posts(s, bob, post));
    expect_status(ORM_MISUSE, orm_session_commit(s));
    orm_session_clear_error(s);
    expect_status(ORM_MISUSE, blog_author_add_to_posts(s, bob, NULL));
    expect_status(ORM_MISUSE, orm_session_commit(s));
    orm_session_clear_error(s);
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(a_failed_flush_says_so_until_the_rollback)
{
    add_author("ada");
    ok(orm_session_commit(s));
    add_author("bob");
    add_author("ada");
    expect_status(ORM_CONSTRAINT, orm_session_flush(s));
    ck_assert_str_eq(orm_session_error(s)->sqlstate, "23505");
    ck_assert_str_eq(orm_session_error(s)->table, "authors");
    forget_statements();
    expect_status(ORM_ROLLBACK_FIRST, orm_session_flush(s));
    expect_status(ORM_ROLLBACK_FIRST, orm_session_commit(s));
    blog_author_list list = {.count = 7};
    expect_status(ORM_ROLLBACK_FIRST, blog_author_find(s, NULL, &list));
    ck_assert_uint_eq(list.count, 0);
    expect_statements("");
    ok(orm_session_rollback(s));
    ok(blog_author_find(s, NULL, &list));
    ck_assert_uint_eq(list.count, 1);
}
END_TEST

START_TEST(a_flush_that_fails_half_way_leaves_nothing)
{
    const blog_author *ada = add_author("ada");
    add_post(ada, "t");
    ok(blog_post_add(s, &(blog_post_values){.title = "u", .body = "b", .author_id = ORM_VALUE(987654)}, NULL));
    expect_status(ORM_CONSTRAINT, orm_session_commit(s));
    ck_assert_str_eq(orm_session_error(s)->sqlstate, "23503");
    ok(orm_session_rollback(s));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DETACHED);
    size_t authors, posts;
    ok(blog_author_count(s, NULL, &authors));
    ok(blog_post_count(s, NULL, &posts));
    ck_assert_uint_eq(authors + posts, 0);
}
END_TEST

START_TEST(out_parameters_are_written_on_failure)
{
    const blog_author *author = (const blog_author *)&error;
    blog_author_list list = {.items = (const blog_author *const *)&error, .count = 5, .partial = true};
    blog_post_list posts = {.items = (const blog_post *const *)&error, .count = 5, .partial = true};
    size_t count = 5;
    bool exists = true;
    const blog_author_query bad = {.where = {orm_eq(BLOG_POST.title, "x")}};
    expect_status(ORM_MISUSE, blog_author_find(s, &bad, &list));
    ck_assert(!list.items && !list.count && !list.partial);
    expect_status(ORM_MISUSE, blog_author_one(s, &bad, &author));
    ck_assert_ptr_null(author);
    author = (const blog_author *)&error;
    expect_status(ORM_MISUSE, blog_author_first(s, &bad, &author));
    ck_assert_ptr_null(author);
    expect_status(ORM_MISUSE, blog_author_count(s, &bad, &count));
    ck_assert_uint_eq(count, 0);
    expect_status(ORM_MISUSE, blog_author_exists(s, &bad, &exists));
    ck_assert(!exists);
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    ok(blog_author_delete(s, ada));
    ok(orm_session_commit(s));
    expect_status(ORM_MISUSE, blog_author_get_posts(s, ada, &posts));
    ck_assert(!posts.items && !posts.count && !posts.partial);
    const blog_profile *profile = (const blog_profile *)&error;
    expect_status(ORM_MISUSE, blog_author_get_profile(s, ada, &profile));
    ck_assert_ptr_null(profile);
}
END_TEST

Suite *suite_sticky(void)
{
    Suite *suite = suite_create("sticky");
    TCase *stale = new_case(suite, "stale");
    tcase_add_loop_test(stale, an_update_of_a_row_that_is_gone_is_stale, 0, 2);
    tcase_add_loop_test(stale, a_delete_of_a_row_that_is_gone_is_stale, 0, 2);
    tcase_add_test(stale, rows_changed_by_nobody_but_equal_are_no_stale_ones);
    TCase *sticky = new_case(suite, "sticky");
    tcase_add_test(sticky, a_failed_set_makes_the_next_flush_fail);
    tcase_add_test(sticky, a_rollback_forgives_too);
    tcase_add_test(sticky, the_first_failure_sticks);
    tcase_add_test(sticky, a_failed_add_makes_the_next_flush_fail);
    tcase_add_test(sticky, a_failed_relation_change_makes_the_next_flush_fail);
    tcase_add_test(sticky, a_failed_flush_says_so_until_the_rollback);
    tcase_add_test(sticky, a_flush_that_fails_half_way_leaves_nothing);
    tcase_add_test(sticky, out_parameters_are_written_on_failure);
    return suite;
}
