/* rollback.c -- what a commit keeps and a rollback puts back, in the database and in entities.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

START_TEST(a_commit_keeps_values_and_pointers)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(blog_author_set_bio(s, ada, "b"));
    ok(orm_session_commit(s));
    forget_statements();
    ck_assert_str_eq(ada->name, "ada");
    ck_assert_str_eq(ada->bio, "b");
    ck_assert_int_eq(orm_session_state(s, ada), ORM_PERSISTENT);
    ok(blog_author_get(s, ada->id, &got));
    ck_assert_ptr_eq(got, ada);
    expect_nothing_sent();
}
END_TEST

START_TEST(pending_entities_leave)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_rollback(s));
    expect_nothing_sent();
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DETACHED);
    ck_assert(!orm_session_contains(s, ada));
    expect_status(ORM_MISUSE, blog_author_set_name(s, ada, "x"));
    orm_session_clear_error(s);
    ok(orm_session_commit(s));
    expect_nothing_sent();
}
END_TEST

START_TEST(flushed_entities_that_were_added_leave)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_flush(s));
    int64_t id = ada->id;
    ok(orm_session_rollback(s));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DETACHED);
    ck_assert_str_eq(ada->name, "ada");
    expect_status(ORM_NOT_FOUND, blog_author_get(s, id, &got));
}
END_TEST

START_TEST(changed_entities_get_their_values_back)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    ok(blog_author_set_name(s, ada, "other"));
    ok(blog_author_set_bio(s, ada, "bio"));
    ok(blog_author_set_score(s, ada, (orm_opt_float64){true, 1}));
    if (_i)
        ok(orm_session_flush(s));
    ok(blog_author_set_name(s, ada, "third"));
    ok(orm_session_rollback(s));
    ck_assert_str_eq(ada->name, "ada");
    ck_assert_ptr_null(ada->bio);
    ck_assert(!ada->score.has);
    ck_assert(!orm_session_is_modified(s, ada));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("");
}
END_TEST

START_TEST(changed_entities_are_read_anew)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_commit(s));
    ok(blog_author_set_name(s, ada, "mine"));
    ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    run_sql("UPDATE authors SET name = 'theirs'");
    forget_statements();
    ok(blog_author_get(s, ada->id, &got));
    ck_assert_ptr_eq(got, ada);
    ck_assert_str_eq(ada->name, "theirs");
    expect_statements("SELECT authors 1");
}
END_TEST

START_TEST(deleted_entities_return)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_commit(s));
    ok(blog_author_delete(s, ada));
    if (_i)
        ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_PERSISTENT);
    ok(blog_author_get(s, ada->id, &got));
    ck_assert_ptr_eq(got, ada);
    ok(blog_author_set_name(s, ada, "x"));
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "x");
}
END_TEST

START_TEST(a_changed_key_returns)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_commit(s));
    int64_t id = ada->id;
    ok(blog_author_set_id(s, ada, id + 50));
    if (_i)
        ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    ck_assert_int_eq(ada->id, id);
    ok(blog_author_get(s, id, &got));
    ck_assert_ptr_eq(got, ada);
    expect_status(ORM_NOT_FOUND, blog_author_get(s, id + 50, &got));
}
END_TEST

START_TEST(relations_are_as_the_database_has_them)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob"), *author;
    const blog_post *post = add_post(ada, "t");
    blog_post_list posts;
    ok(orm_session_commit(s));
    ok(blog_author_get_posts(s, ada, &posts));
    ok(blog_post_set_author(s, post, bob));
    add_post(ada, "pending");
    if (_i)
        ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    ok(blog_post_get_author(s, post, &author));
    ck_assert_ptr_eq(author, ada);
    ok(blog_author_get_posts(s, ada, &posts));
    ck_assert_uint_eq(posts.count, 1);
    ck_assert_ptr_eq(posts.items[0], post);
    ok(blog_author_get_posts(s, bob, &posts));
    ck_assert_uint_eq(posts.count, 0);
}
END_TEST

START_TEST(what_was_read_stays_the_same_pointer)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_commit(s));
    orm_session_clear(s);
    ok(blog_author_one(s, NULL, &ada));
    ok(orm_session_rollback(s));
    ok(blog_author_one(s, NULL, &got));
    ck_assert_ptr_eq(got, ada);
}
END_TEST

START_TEST(a_session_goes_on_after_a_failed_commit)
{
    add_author("ada");
    ok(orm_session_commit(s));
    const blog_author *double_ada = add_author("ada"), *bob = add_author("bob");
    expect_status(ORM_CONSTRAINT, orm_session_commit(s));
    ok(orm_session_rollback(s));
    ck_assert_int_eq(orm_session_state(s, double_ada), ORM_DETACHED);
    ck_assert_int_eq(orm_session_state(s, bob), ORM_DETACHED);
    add_author("bob");
    ok(orm_session_commit(s));
    size_t count;
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(closing_a_session_rolls_back)
{
    add_author("ada");
    ok(orm_session_flush(s));
    reopen_session((orm_session_factory){0});
    size_t count;
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_generated_key_may_be_used_again_after_a_rollback)
{
    const blog_author *ada, *again;
    ok(blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(9), .email = "a@b", .name = "Ada"}, &ada));
    ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    ok(blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(9), .email = "a@b", .name = "Ada"}, &again));
    ck_assert_ptr_ne(again, ada);
    ok(orm_session_commit(s));
    const blog_author *got;
    ok(blog_author_get(s, 9, &got));
    ck_assert_ptr_eq(got, again);
}
END_TEST

START_TEST(a_thousand_rollbacks_leave_the_row_as_it_was)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    for (int i = 0; i < 1000; i++) {
        ok(blog_author_set_name(s, ada, "a name that is longer than the one before"));
        ok(blog_author_set_bio(s, ada, i % 2 ? "odd" : NULL));
        ok(orm_session_rollback(s));
        ck_assert_str_eq(ada->name, "ada");
        ck_assert_ptr_null(ada->bio);
    }
}
END_TEST

/* --- savepoints --- */

START_TEST(a_savepoint_rolled_back_undoes_what_came_since)
{
    const blog_author *ada = add_author("ada"), *bob;
    ok(orm_session_begin_nested(s));
    ok(blog_author_set_name(s, ada, "changed"));
    bob = add_author("bob");
    ok(orm_session_flush(s));
    ok(orm_session_rollback_nested(s));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_PERSISTENT);
    ck_assert_int_eq(orm_session_state(s, bob), ORM_DETACHED);
    ck_assert_str_eq(ada->name, "ada");
    ok(orm_session_commit(s));
    size_t count;
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(a_savepoint_given_up_keeps_its_changes)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_begin_nested(s));
    ok(blog_author_set_name(s, ada, "changed"));
    ok(orm_session_commit_nested(s));
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "changed");
}
END_TEST

START_TEST(savepoints_nest)
{
    const blog_author *ada = add_author("0");
    ok(orm_session_commit(s));
    static const char *const names[] = {"1", "2", "3"};
    for (int i = 0; i < 3; i++) {
        ok(orm_session_begin_nested(s));
        ok(blog_author_set_name(s, ada, names[i]));
        ok(orm_session_flush(s));
    }
    ok(orm_session_rollback_nested(s));
    ck_assert_str_eq(ada->name, "2");
    ok(orm_session_commit_nested(s));
    ck_assert_str_eq(ada->name, "2");
    ok(orm_session_rollback_nested(s));
    ck_assert_str_eq(ada->name, "0");
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "0");
}
END_TEST

START_TEST(a_savepoint_survives_a_refused_row)
{
    add_author("ada");
    ok(orm_session_begin_nested(s));
    add_author("ada");
    expect_status(ORM_CONSTRAINT, orm_session_flush(s));
    expect_status(ORM_ROLLBACK_FIRST, orm_session_flush(s));
    ok(orm_session_rollback_nested(s));
    add_author("bob");
    ok(orm_session_commit(s));
    size_t count;
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(a_rollback_undoes_savepoints_too)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    ok(orm_session_begin_nested(s));
    ok(blog_author_set_name(s, ada, "x"));
    ok(orm_session_commit_nested(s));
    ok(orm_session_begin_nested(s));
    ok(blog_author_delete(s, ada));
    ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    ck_assert_str_eq(ada->name, "ada");
    ck_assert_int_eq(orm_session_state(s, ada), ORM_PERSISTENT);
}
END_TEST

START_TEST(a_savepoint_that_is_not_open_is_misuse)
{
    expect_status(ORM_MISUSE, orm_session_commit_nested(s));
    expect_status(ORM_MISUSE, orm_session_rollback_nested(s));
    ok(orm_session_commit(s));
}
END_TEST

Suite *suite_rollback(void)
{
    Suite *suite = suite_create("rollback");
    TCase *whole = new_case(suite, "whole");
    tcase_add_test(whole, a_commit_keeps_values_and_pointers);
    tcase_add_test(whole, pending_entities_leave);
    tcase_add_test(whole, flushed_entities_that_were_added_leave);
    tcase_add_loop_test(whole, changed_entities_get_their_values_back, 0, 2);
    tcase_add_test(whole, changed_entities_are_read_anew);
    tcase_add_loop_test(whole, deleted_entities_return, 0, 2);
    tcase_add_loop_test(whole, a_changed_key_returns, 0, 2);
    tcase_add_loop_test(whole, relations_are_as_the_database_has_them, 0, 2);
    tcase_add_test(whole, what_was_read_stays_the_same_pointer);
    tcase_add_test(whole, a_session_goes_on_after_a_failed_commit);
    tcase_add_test(whole, closing_a_session_rolls_back);
    tcase_add_test(whole, a_generated_key_may_be_used_again_after_a_rollback);
    tcase_add_test(whole, a_thousand_rollbacks_leave_the_row_as_it_was);
    TCase *savepoints = new_case(suite, "savepoints");
    tcase_add_test(savepoints, a_savepoint_rolled_back_undoes_what_came_since);
    tcase_add_test(savepoints, a_savepoint_given_up_keeps_its_changes);
    tcase_add_test(savepoints, savepoints_nest);
    tcase_add_test(savepoints, a_savepoint_survives_a_refused_row);
    tcase_add_test(savepoints, a_rollback_undoes_savepoints_too);
    tcase_add_test(savepoints, a_savepoint_that_is_not_open_is_misuse);
    return suite;
}
