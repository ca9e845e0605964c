/* savepoint.c -- savepoints, merge, expunge, validation and whole transactions that are tried again.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

START_TEST(a_rolled_back_savepoint_takes_its_adds_changes_and_deletes_with_it)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob"), *new;
    ok(orm_session_begin_nested(s));
    ok(blog_author_set_name(s, ada, "changed"));
    ok(orm_session_flush(s));
    ok(blog_author_set_name(s, ada, "changed again"));
    ok(blog_author_delete(s, bob));
    new = add_author("new");
    ok(orm_session_rollback_nested(s));
    expect_text(ada->name, "ada");
    ck_assert_int_eq(orm_session_state(s, bob), ORM_PERSISTENT);
    ck_assert_int_eq(orm_session_state(s, new), ORM_DETACHED);
    ok(orm_session_commit(s));
    size_t count;
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(what_is_set_after_a_rolled_back_savepoint_outlives_a_get_that_reads_the_rest)
{
    const blog_author *ada = add_author("ada"), *got;
    if (_i)
        ok(orm_session_commit(s)); /* else it is of this transaction */
    ok(orm_session_begin_nested(s));
    ok(blog_author_set_name(s, ada, "lost"));
    ok(orm_session_rollback_nested(s));
    ok(blog_author_set_name(s, ada, "kept"));
    ok(blog_author_get(s, ada->id, &got));
    ck_assert_ptr_eq(got, ada);
    expect_text(ada->name, "kept");
    ok(orm_session_commit(s));
    int64_t id = ada->id;
    commit_and_forget();
    ok(blog_author_get(s, id, &got));
    expect_text(got->name, "kept");
}
END_TEST

START_TEST(what_a_savepoint_kept_is_undone_by_the_outer_one)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    ok(orm_session_begin_nested(s));
    ok(blog_author_set_bio(s, ada, "one"));
    ok(orm_session_begin_nested(s));
    ok(blog_author_set_bio(s, ada, "two"));
    ok(blog_author_set_name(s, ada, "other"));
    ok(orm_session_commit_nested(s));
    expect_text(ada->bio, "two");
    ok(orm_session_rollback_nested(s));
    expect_text(ada->bio, NULL);
    expect_text(ada->name, "ada");
    ok(orm_session_rollback(s));
    expect_text(ada->name, "ada");
}
END_TEST

START_TEST(savepoints_go_twenty_deep)
{
    const blog_author *ada = add_author("ada");
    char name[32];
    for (int i = 0; i < 20; i++) {
        ok(orm_session_begin_nested(s));
        snprintf(name, sizeof name, "level %d", i);
        ok(blog_author_set_name(s, ada, name));
    }
    for (int i = 19; i >= 0; i--) {
        snprintf(name, sizeof name, "level %d", i);
        expect_text(ada->name, name);
        ok(orm_session_rollback_nested(s));
    }
    expect_text(ada->name, "ada");
    expect_status(ORM_MISUSE, orm_session_rollback_nested(s));
}
END_TEST

START_TEST(a_failed_flush_within_a_savepoint_is_forgiven_by_its_rollback)
{
    add_author("ada");
    ok(orm_session_begin_nested(s));
    const blog_author *again;
    ok(blog_author_add(s, &(blog_author_values){.email = "ada@example.org", .name = "again"}, &again));
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

START_TEST(merge_gives_the_values_of_a_row_to_the_entity_with_its_key)
{
    const blog_author *ada = add_author("ada"), *merged;
    ok(orm_session_commit(s));
    blog_author row = *ada;
    row.name = "merged";
    ok(blog_author_merge(s, &row, &merged));
    ck_assert_ptr_eq(merged, ada);
    expect_text(ada->name, "merged");
    row.id = 4711;
    row.email = "new@example.org";
    ok(blog_author_merge(s, &row, &merged));
    ck_assert_ptr_ne(merged, ada);
    ok(orm_session_commit(s));
    ck_assert_int_eq(merged->id, 4711);
}
END_TEST

START_TEST(an_expunged_entity_is_no_longer_the_session_s)
{
    const blog_author *ada = add_author("ada"), *found;
    ok(orm_session_commit(s));
    ok(blog_author_set_name(s, ada, "changed"));
    ok(orm_session_expunge(s, ada));
    ck_assert(!orm_session_contains(s, ada));
    ok(orm_session_commit(s));
    ok(blog_author_get(s, ada->id, &found));
    ck_assert_ptr_ne(found, ada);
    expect_text(found->name, "ada");
}
END_TEST

START_TEST(an_expunged_entity_is_read_anew_by_the_collection_it_was_in)
{
    const blog_author *ada = add_author("ada");
    const blog_post *post = add_post(ada, "t");
    blog_post_list posts;
    ok(orm_session_commit(s));
    ok(orm_session_expunge(s, post));
    ok(blog_author_get_posts(s, ada, &posts));
    ck_assert_uint_eq(posts.count, 1);
    ck_assert_ptr_ne(posts.items[0], post);
}
END_TEST

START_TEST(a_flush_tells_all_that_is_wrong_with_an_entity_before_anything_is_sent)
{
    ok(blog_author_add(s, &(blog_author_values){.email = "no address", .name = NULL}, NULL));
    forget_statements();
    expect_status(ORM_INVALID, orm_session_flush(s));
    expect_nothing_sent();
    expect_said(orm_session_error(s)->message, "email: ");
    expect_said(orm_session_error(s)->message, "name: a value is needed");
}
END_TEST

START_TEST(validate_stands_alone)
{
    orm_problems problems;
    expect_status(ORM_INVALID,
                  blog_author_validate(&(blog_author_values){.email = "no address", .name = "x"}, &problems));
    ck_assert_uint_eq(problems.count, 1);
    expect_text(problems.items[0].column, "email");
    expect_text(problems.items[0].rule, "pattern");
    ok(blog_author_validate(&(blog_author_values){.email = "ada@example.org", .name = "x"}, &problems));
    ck_assert_uint_eq(problems.count, 0);
}
END_TEST

static orm_status fails_twice(orm_session *session, void *user)
{
    int *calls = user;
    orm_status status = blog_author_add(session, &(blog_author_values){.email = "ada@example.org", .name = "ada"},
                                        NULL);
    return status ? status : ++*calls < 3 ? ORM_SERIALIZATION : ORM_OK;
}

START_TEST(a_transaction_is_tried_again_after_a_serialization_failure)
{
    int calls = 0;
    size_t count;
    const orm_session_factory factory = {.engine = engine};
    ok(orm_transaction(&factory, fails_twice, &calls, NULL, &error));
    ck_assert_int_eq(calls, 3);
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 1);
    calls = 0;
    expect_status(ORM_SERIALIZATION,
                  orm_transaction(&factory, fails_twice, &calls, &(orm_transaction_options){.attempts = 2}, &error));
    ck_assert_int_eq(calls, 2);
}
END_TEST

static orm_status answers(orm_session *session, void *user)
{
    const blog_author *author;
    orm_status wanted = *(orm_status *)user;
    if (wanted == ORM_INVALID)
        blog_author_add(session, &(blog_author_values){.email = "no address", .name = "x"}, NULL);
    if (wanted == ORM_INVALID || wanted == ORM_CONFLICT)
        orm_session_flush(session);
    return wanted == ORM_NOT_FOUND ? blog_author_get(session, 4711, &author) : wanted;
}

START_TEST(a_transaction_tells_what_its_body_answers)
{
    const orm_session_factory factory = {.engine = engine};
    static const struct {
        orm_status status;
        const char *said;
    } cases[] = {{ORM_NOT_FOUND, "no such row"},
                 {ORM_CONFLICT, "two entities want one key or unique value"},
                 {ORM_INVALID, "email: "}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        orm_status answer = cases[i].status;
        expect_status(cases[i].status, orm_transaction(&factory, answers, &answer, NULL, &error));
        ck_assert_int_eq(error.status, cases[i].status);
        expect_said(error.message, cases[i].said);
    }
}
END_TEST

Suite *suite_savepoint(void)
{
    Suite *suite = suite_create("savepoint");
    TCase *tests = new_case(suite, "savepoint");
    tcase_add_test(tests, a_rolled_back_savepoint_takes_its_adds_changes_and_deletes_with_it);
    tcase_add_loop_test(tests, what_is_set_after_a_rolled_back_savepoint_outlives_a_get_that_reads_the_rest, 0, 2);
    tcase_add_test(tests, what_a_savepoint_kept_is_undone_by_the_outer_one);
    tcase_add_test(tests, savepoints_go_twenty_deep);
    tcase_add_test(tests, a_failed_flush_within_a_savepoint_is_forgiven_by_its_rollback);
    tcase_add_test(tests, merge_gives_the_values_of_a_row_to_the_entity_with_its_key);
    tcase_add_test(tests, an_expunged_entity_is_no_longer_the_session_s);
    tcase_add_test(tests, an_expunged_entity_is_read_anew_by_the_collection_it_was_in);
    tcase_add_test(tests, a_flush_tells_all_that_is_wrong_with_an_entity_before_anything_is_sent);
    tcase_add_test(tests, validate_stands_alone);
    tcase_add_test(tests, a_transaction_is_tried_again_after_a_serialization_failure);
    tcase_add_test(tests, a_transaction_tells_what_its_body_answers);
    return suite;
}
