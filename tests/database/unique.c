/* unique.c -- unique values that pass from one row to another within one flush.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

static const blog_author *author_of(const char *email)
{
    const blog_author *found;
    ok(blog_author_one(s, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.email, email)}}, &found));
    return found;
}

START_TEST(a_unique_value_of_a_deleted_row_may_be_taken_in_the_same_flush)
{
    const blog_author *old = add_author("ada"), *new;
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_author_delete(s, old));
    ok(blog_author_add(s, &(blog_author_values){.email = old->email, .name = "new"}, &new));
    ok(orm_session_commit(s));
    expect_statements("DELETE authors 1, INSERT authors 1");
    commit_and_forget();
    expect_text(author_of("ada@example.org")->name, "new");
}
END_TEST

START_TEST(a_unique_value_may_be_passed_on_along_a_chain)
{
    const shapes_employee *a = add_employee("a", NULL), *b = add_employee("b", NULL), *c3;
    ok(orm_session_commit(s));
    ok(shapes_employee_add(s, &(shapes_employee_values){.name = "a"}, &c3));
    ok(shapes_employee_set_name(s, a, "b"));
    ok(shapes_employee_set_name(s, b, "z"));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("UPDATE employee 1, UPDATE employee 1, INSERT employee 1");
    expect_text(a->name, "b");
    expect_text(b->name, "z");
    expect_text(c3->name, "a");
}
END_TEST

START_TEST(two_values_that_are_swapped_and_may_not_be_null_are_refused_with_both_named)
{
    const shapes_employee *a = add_employee("a", NULL), *b = add_employee("b", NULL);
    ok(orm_session_commit(s));
    ok(shapes_employee_set_name(s, a, "b"));
    ok(shapes_employee_set_name(s, b, "a"));
    forget_statements();
    expect_status(ORM_CONFLICT, orm_session_flush(s));
    expect_nothing_sent();
    char name[32];
    snprintf(name, sizeof name, "employee %d", (int)a->id);
    expect_said(orm_session_error(s)->message, name);
    snprintf(name, sizeof name, "employee %d", (int)b->id);
    expect_said(orm_session_error(s)->message, name);
}
END_TEST

START_TEST(two_values_that_are_swapped_and_may_be_null_pass_through_null)
{
    const shapes_employee *a = add_employee("a", NULL), *b = add_employee("b", NULL);
    const shapes_desk *one, *two;
    ok(shapes_desk_add(s, &(shapes_desk_values){.number = 1, .owner = a}, &one));
    ok(shapes_desk_add(s, &(shapes_desk_values){.number = 2, .owner = b}, &two));
    ok(orm_session_commit(s));
    ok(shapes_desk_set_owner(s, one, b));
    ok(shapes_desk_set_owner(s, two, a));
    ok(orm_session_commit(s));
    int32_t ida = a->id, idb = b->id;
    commit_and_forget();
    const shapes_desk *desk;
    ok(shapes_desk_one(s, &(shapes_desk_query){.where = {orm_eq(SHAPES_DESK.number, 1)}}, &desk));
    ck_assert_int_eq(desk->owner_id.value, idb);
    ok(shapes_desk_one(s, &(shapes_desk_query){.where = {orm_eq(SHAPES_DESK.number, 2)}}, &desk));
    ck_assert_int_eq(desk->owner_id.value, ida);
}
END_TEST

START_TEST(two_pending_rows_with_one_unique_value_are_refused_before_anything_is_sent)
{
    add_employee("a", NULL);
    add_employee("a", NULL);
    forget_statements();
    expect_status(ORM_CONFLICT, orm_session_flush(s));
    expect_nothing_sent();
    expect_said(orm_session_error(s)->message, "'a'");
    expect_text(orm_session_error(s)->column, "name");
}
END_TEST

START_TEST(a_one_to_one_child_is_replaced_in_one_flush)
{
    const shapes_employee *a = add_employee("a", NULL);
    const shapes_badge *old, *new;
    ok(shapes_badge_add(s, &(shapes_badge_values){.code = "old", .owner = a}, &old));
    ok(orm_session_commit(s));
    ok(shapes_badge_delete(s, old));
    ok(shapes_badge_add(s, &(shapes_badge_values){.code = "new", .owner = a}, &new));
    ok(orm_session_commit(s));
    const shapes_badge *found;
    ok(shapes_employee_get_badge(s, a, &found));
    ck_assert_ptr_eq(found, new);
}
END_TEST

START_TEST(a_deleted_parent_whose_children_move_to_its_successor_is_refused_with_both_named)
{
    const blog_author *old = add_author("ada"), *new;
    const blog_post *post = add_post(old, "t");
    ok(orm_session_commit(s));
    ok(blog_author_add(s, &(blog_author_values){.email = old->email, .name = "new"}, &new));
    ok(blog_post_set_author(s, post, new));
    ok(blog_author_delete(s, old));
    forget_statements();
    expect_status(ORM_CONFLICT, orm_session_flush(s));
    expect_nothing_sent();
}
END_TEST

START_TEST(a_unique_value_may_be_passed_on_after_one_transaction_has_written_it)
{
    const shapes_employee *a = add_employee("a", NULL), *b;
    ok(orm_session_flush(s));
    ok(shapes_employee_set_name(s, a, "z"));
    b = add_employee("a", NULL);
    forget_statements();
    ok(orm_session_flush(s));
    expect_statements("UPDATE employee 1, INSERT employee 1");
    ok(shapes_employee_set_name(s, a, "y"));
    ok(shapes_employee_set_name(s, b, "z"));
    ok(orm_session_commit(s));
    expect_statements("UPDATE employee 1, UPDATE employee 1");
    expect_text(a->name, "y");
    expect_text(b->name, "z");
}
END_TEST

START_TEST(a_one_to_one_child_that_left_and_is_deleted_makes_room_within_one_transaction)
{
    const shapes_employee *a = add_employee("a", NULL);
    const shapes_desk *old, *new;
    ok(shapes_desk_add(s, &(shapes_desk_values){.number = 1, .owner = a}, &old));
    ok(shapes_desk_add(s, &(shapes_desk_values){.number = 2}, &new));
    ok(orm_session_flush(s));
    ok(shapes_employee_set_desk(s, a, new));
    ok(shapes_desk_delete(s, old));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("DELETE desk 1, UPDATE desk 1");
    ck_assert_int_eq(new->owner_id.value, a->id);
}
END_TEST

START_TEST(a_one_to_one_child_is_still_there_when_a_second_one_is_withdrawn)
{
    const shapes_employee *a = add_employee("a", NULL);
    const shapes_badge *first, *second, *found;
    ok(shapes_badge_add(s, &(shapes_badge_values){.code = "first", .owner = a}, &first));
    ok(orm_session_commit(s));
    ok(shapes_employee_get_badge(s, a, &found));
    ok(shapes_badge_add(s, &(shapes_badge_values){.code = "second", .owner = a}, &second));
    ok(shapes_badge_delete(s, second));
    ok(orm_session_commit(s));
    ok(shapes_employee_get_badge(s, a, &found));
    ck_assert_ptr_eq(found, first);
}
END_TEST

Suite *suite_unique(void)
{
    Suite *suite = suite_create("unique");
    TCase *tests = new_case(suite, "unique");
    tcase_add_test(tests, a_unique_value_of_a_deleted_row_may_be_taken_in_the_same_flush);
    tcase_add_test(tests, a_unique_value_may_be_passed_on_along_a_chain);
    tcase_add_test(tests, two_values_that_are_swapped_and_may_not_be_null_are_refused_with_both_named);
    tcase_add_test(tests, two_values_that_are_swapped_and_may_be_null_pass_through_null);
    tcase_add_test(tests, two_pending_rows_with_one_unique_value_are_refused_before_anything_is_sent);
    tcase_add_test(tests, a_one_to_one_child_is_replaced_in_one_flush);
    tcase_add_test(tests, a_deleted_parent_whose_children_move_to_its_successor_is_refused_with_both_named);
    tcase_add_test(tests, a_unique_value_may_be_passed_on_after_one_transaction_has_written_it);
    tcase_add_test(tests, a_one_to_one_child_that_left_and_is_deleted_makes_room_within_one_transaction);
    tcase_add_test(tests, a_one_to_one_child_is_still_there_when_a_second_one_is_withdrawn);
    return suite;
}
