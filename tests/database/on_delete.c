/* on_delete.c -- what the database does to rows that referred to a deleted one is seen in memory, too.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

START_TEST(what_cascades_in_the_database_cascades_in_memory)
{
    const blog_author *ada = add_author("ada");
    const blog_post *post = add_post(ada, "t"), *got;
    const blog_profile *profile;
    ok(blog_profile_add(s, &(blog_profile_values){.url = "u", .author = ada}, &profile));
    ok(orm_session_commit(s));
    int64_t id = post->id;
    forget_statements();
    ok(blog_author_delete(s, ada));
    ok(orm_session_flush(s));
    expect_statements("DELETE authors 1");
    ck_assert(!orm_session_contains(s, post));
    ck_assert(!orm_session_contains(s, profile));
    ck_assert_int_eq(orm_session_state(s, post), ORM_DELETED);
    expect_status(ORM_NOT_FOUND, blog_post_get(s, id, &got));
    if (_i) {
        ok(orm_session_commit(s));
        ck_assert_int_eq(orm_session_state(s, post), ORM_DETACHED);
        return;
    }
    ok(orm_session_rollback(s));
    ck_assert(orm_session_contains(s, post));
    ck_assert(orm_session_contains(s, profile));
    ok(blog_post_get(s, id, &got));
    ck_assert_ptr_eq(got, post);
}
END_TEST

START_TEST(cascades_go_deep)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "t");
    const blog_comment *comment = add_comment(post, bob, "c"), *reply;
    ok(blog_comment_add(s, &(blog_comment_values){.body = "r", .post = post, .author = bob, .parent = comment},
                        &reply));
    ok(orm_session_commit(s));
    ok(blog_author_delete(s, ada));
    ok(orm_session_flush(s));
    ck_assert(!orm_session_contains(s, post));
    ck_assert(!orm_session_contains(s, comment));
    ck_assert(!orm_session_contains(s, reply));
    ck_assert(orm_session_contains(s, bob));
    blog_comment_list comments;
    ok(blog_author_get_comments(s, bob, &comments));
    ck_assert_uint_eq(comments.count, 0);
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(what_is_set_null_in_the_database_is_set_null_in_memory)
{
    const shapes_employee *boss = add_employee("boss", NULL), *worker = add_employee("worker", boss), *none;
    const shapes_desk *desk;
    ok(shapes_desk_add(s, &(shapes_desk_values){.number = 1, .owner = boss}, &desk));
    ok(orm_session_commit(s));
    ok(shapes_employee_get_boss(s, worker, &none));
    ck_assert_ptr_eq(none, boss);
    forget_statements();
    ok(shapes_employee_delete(s, boss));
    ok(orm_session_flush(s));
    expect_statements("DELETE employee 1");
    ck_assert(!worker->boss_id.has);
    ck_assert(!desk->owner_id.has);
    ok(shapes_employee_get_boss(s, worker, &none));
    ck_assert_ptr_null(none);
    ck_assert(!orm_session_is_modified(s, worker));
    if (_i) {
        ok(orm_session_commit(s));
        expect_statements("");
        ok(orm_session_refresh(s, worker));
        ck_assert(!worker->boss_id.has);
        return;
    }
    ok(orm_session_rollback(s));
    ok(shapes_employee_get_boss(s, worker, &none));
    ck_assert_ptr_eq(none, boss);
    ck_assert_int_eq(worker->boss_id.value, boss->id);
}
END_TEST

START_TEST(a_relation_that_is_set_and_set_back_is_as_it_was)
{
    const shapes_employee *boss = add_employee("boss", NULL), *other = add_employee("other", NULL);
    const shapes_employee *worker = add_employee("worker", boss);
    ok(_i ? orm_session_commit(s) : orm_session_flush(s)); /* or written in this transaction */
    forget_statements();
    ok(shapes_employee_set_boss(s, worker, other));
    ok(shapes_employee_set_boss(s, worker, boss));
    ok(orm_session_flush(s));
    expect_nothing_sent();
    ok(shapes_employee_set_boss(s, worker, other));
    ok(shapes_employee_set_boss(s, worker, boss));
    ok(shapes_employee_delete(s, boss));
    ok(orm_session_flush(s));
    expect_statements("DELETE employee 1");
    ck_assert(!worker->boss_id.has);
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(what_is_not_loaded_cascades_in_the_database)
{
    const blog_author *ada;
    store_blog(1, 50);
    ok(blog_author_one(s, NULL, &ada));
    forget_statements();
    ok(blog_author_delete(s, ada));
    ok(orm_session_commit(s));
    expect_statements("DELETE authors 1");
    size_t count;
    ok(blog_post_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_restricted_delete_is_refused_by_the_database)
{
    const shapes_shelf *shelf;
    const shapes_book *book;
    ok(shapes_shelf_add(s, &(shapes_shelf_values){.label = "A"}, &shelf));
    ok(shapes_book_add(s, &(shapes_book_values){.title = "t", .shelf = shelf}, &book));
    ok(orm_session_commit(s));
    ok(shapes_shelf_delete(s, shelf));
    expect_status(ORM_CONSTRAINT, orm_session_flush(s));
    ok(orm_session_rollback(s));
    ck_assert(orm_session_contains(s, shelf));
    ck_assert(orm_session_contains(s, book));
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(parent_and_cascading_children_may_be_deleted_together)
{
    const blog_author *ada = add_author("ada");
    const blog_post *first = add_post(ada, "1"), *second = add_post(ada, "2");
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_author_delete(s, ada));
    ok(blog_post_delete(s, first));
    ok(orm_session_commit(s));
    expect_statements("DELETE post 1, DELETE authors 1");
    ck_assert(!orm_session_contains(s, second));
}
END_TEST

Suite *suite_on_delete(void)
{
    Suite *suite = suite_create("on delete");
    TCase *on_delete = new_case(suite, "on delete");
    tcase_add_loop_test(on_delete, what_cascades_in_the_database_cascades_in_memory, 0, 2);
    tcase_add_test(on_delete, cascades_go_deep);
    tcase_add_loop_test(on_delete, what_is_set_null_in_the_database_is_set_null_in_memory, 0, 2);
    tcase_add_loop_test(on_delete, a_relation_that_is_set_and_set_back_is_as_it_was, 0, 2);
    tcase_add_test(on_delete, what_is_not_loaded_cascades_in_the_database);
    tcase_add_test(on_delete, a_restricted_delete_is_refused_by_the_database);
    tcase_add_test(on_delete, parent_and_cascading_children_may_be_deleted_together);
    return suite;
}
