/* relations.c -- both sides of a one_to_many agree before, during and after a flush.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

static size_t count_posts(const blog_author *author)
{
    blog_post_list posts;
    ok(blog_author_get_posts(s, author, &posts));
    return posts.count;
}

static const blog_author *author_of(const blog_post *post)
{
    const blog_author *author;
    ok(blog_post_get_author(s, post, &author));
    return author;
}

START_TEST(both_sides_agree_before_the_flush)
{
    const blog_author *ada = add_author("ada");
    const blog_post *post = add_post(ada, "t");
    ck_assert_ptr_eq(author_of(post), ada);
    reopen_session((orm_session_factory){.no_autoflush = true});
    ada = add_author("ada");
    post = add_post(ada, "t");
    blog_post_list posts;
    ok(blog_author_get_posts(s, ada, &posts));
    ck_assert_uint_eq(posts.count, 1);
    ck_assert_ptr_eq(posts.items[0], post);
    ck_assert_ptr_eq(author_of(post), ada);
    expect_nothing_sent();
}
END_TEST

START_TEST(keys_are_copied_when_they_are_known)
{
    const blog_author *ada = add_author("ada");
    const blog_post *post = add_post(ada, "t");
    ok(orm_session_flush(s));
    ck_assert_int_eq(post->author_id, ada->id);
    ck_assert_int_ne(post->author_id, 0);
}
END_TEST

START_TEST(a_relation_may_be_given_by_its_key)
{
    const blog_author *ada = add_author("ada"), *author;
    const blog_post *post;
    ok(orm_session_flush(s));
    ok(blog_post_add(s, &(blog_post_values){.title = "t", .body = "b", .author_id = ORM_VALUE(ada->id)}, &post));
    ok(blog_post_get_author(s, post, &author));
    ck_assert_ptr_eq(author, ada);
    ck_assert_uint_eq(count_posts(ada), 1);
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(a_relation_and_its_key_must_agree)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    ok(orm_session_flush(s));
    ok(blog_post_add(s, &(blog_post_values){.title = "t", .body = "b", .author = ada, .author_id = ORM_VALUE(ada->id)},
                     NULL));
    ok(orm_session_flush(s));
    const blog_post *post = (const blog_post *)&error;
    expect_status(
        ORM_MISUSE,
        blog_post_add(s, &(blog_post_values){.title = "t", .body = "b", .author = ada, .author_id = ORM_VALUE(bob->id)},
                      &post));
    ck_assert_ptr_null(post);
    orm_session_clear_error(s);
    ck_assert_uint_eq(count_posts(ada), 1);
    ok(orm_session_commit(s));
    size_t count;
    ok(blog_post_count(s, NULL, &count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(reparenting_is_one_update)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *first = add_post(ada, "1"), *second = add_post(ada, "2");
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_post_set_author(s, first, bob));
    ok(blog_author_add_to_posts(s, bob, second));
    ck_assert_ptr_eq(author_of(first), bob);
    ck_assert_ptr_eq(author_of(second), bob);
    ok(orm_session_flush(s));
    expect_statements("UPDATE post 2");
    ck_assert_uint_eq(count_posts(ada), 0);
    ck_assert_uint_eq(count_posts(bob), 2);
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, first));
    ck_assert_int_eq(first->author_id, bob->id);
}
END_TEST

START_TEST(reparenting_by_the_key_keeps_both_sides_in_step)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "1");
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_posts(ada), 1);
    ck_assert_uint_eq(count_posts(bob), 0);
    forget_statements();
    ok(blog_post_set_author_id(s, post, bob->id));
    ck_assert_ptr_eq(author_of(post), bob);
    ck_assert_uint_eq(count_posts(ada), 0);
    ck_assert_uint_eq(count_posts(bob), 1);
    expect_statements("");
    ok(orm_session_commit(s));
    expect_statements("UPDATE post 1");
}
END_TEST

START_TEST(a_new_owner_that_is_pending_is_inserted_first)
{
    const blog_author *ada = add_author("ada");
    const blog_post *post = add_post(ada, "1");
    ok(orm_session_commit(s));
    forget_statements();
    const blog_author *bob = add_author("bob");
    ok(blog_post_set_author(s, post, bob));
    ok(orm_session_commit(s));
    expect_statements("INSERT authors 1, UPDATE post 1");
    ck_assert_int_eq(post->author_id, bob->id);
}
END_TEST

START_TEST(setting_the_owner_that_is_there_sends_nothing)
{
    const blog_author *ada = add_author("ada");
    const blog_post *post = add_post(ada, "1");
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_post_set_author(s, post, ada));
    ok(blog_author_add_to_posts(s, ada, post));
    ok(orm_session_commit(s));
    expect_statements("");
}
END_TEST

START_TEST(moving_away_and_back_sends_nothing)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "1");
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_posts(ada), 1);
    ok(blog_post_set_author(s, post, bob));
    ok(blog_post_set_author(s, post, ada));
    ck_assert_uint_eq(count_posts(ada), 1);
    ck_assert_uint_eq(count_posts(bob), 0);
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, post));
    ck_assert_int_eq(post->author_id, ada->id);
}
END_TEST

START_TEST(a_member_added_twice_is_there_once)
{
    const shapes_employee *boss = add_employee("boss", NULL), *worker = add_employee("worker", NULL);
    shapes_employee_list reports;
    ok(shapes_employee_add_to_reports(s, boss, worker));
    ok(shapes_employee_add_to_reports(s, boss, worker));
    ok(orm_session_commit(s));
    ok(shapes_employee_get_reports(s, boss, &reports));
    ck_assert_uint_eq(reports.count, 1);
    ck_assert_int_eq(worker->boss_id.value, boss->id);
}
END_TEST

START_TEST(a_member_removed_has_no_owner)
{
    const shapes_employee *boss = add_employee("boss", NULL), *worker = add_employee("worker", boss), *none;
    shapes_employee_list reports;
    ok(orm_session_commit(s));
    forget_statements();
    ok(shapes_employee_remove_from_reports(s, boss, worker));
    ck_assert(!worker->boss_id.has);
    ok(shapes_employee_get_boss(s, worker, &none));
    ck_assert_ptr_null(none);
    ok(orm_session_flush(s));
    expect_statements("UPDATE employee 1");
    ok(shapes_employee_get_reports(s, boss, &reports));
    ck_assert_uint_eq(reports.count, 0);
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, worker));
    ck_assert(!worker->boss_id.has);
}
END_TEST

START_TEST(a_member_removed_from_a_required_relation_is_refused_by_the_flush)
{
    const blog_author *ada = add_author("ada");
    const blog_post *post = add_post(ada, "1");
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_author_remove_from_posts(s, ada, post));
    expect_status(ORM_INVALID, orm_session_flush(s));
    expect_said(orm_session_error(s)->message, "author");
    expect_statements("");
    ok(orm_session_rollback(s));
    ck_assert_ptr_eq(author_of(post), ada);
}
END_TEST

START_TEST(a_member_removed_from_a_required_relation_may_be_deleted)
{
    const blog_author *ada = add_author("ada");
    const blog_post *post = add_post(ada, "1");
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_author_remove_from_posts(s, ada, post));
    ok(blog_post_delete(s, post));
    ok(orm_session_flush(s));
    expect_statements("DELETE post 1");
}
END_TEST

START_TEST(a_required_relation_set_to_nothing_is_refused_by_the_flush)
{
    const blog_author *ada = add_author("ada");
    const blog_post *post = add_post(ada, "1");
    ok(orm_session_commit(s));
    ok(blog_post_set_author(s, post, NULL));
    forget_statements();
    expect_status(ORM_INVALID, orm_session_flush(s));
    expect_statements("");
}
END_TEST

START_TEST(a_nullable_relation_set_to_nothing_is_null)
{
    const shapes_employee *boss = add_employee("boss", NULL), *worker = add_employee("worker", boss);
    ok(orm_session_commit(s));
    ok(shapes_employee_set_boss(s, worker, NULL));
    ck_assert(!worker->boss_id.has);
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, worker));
    ck_assert(!worker->boss_id.has);
}
END_TEST

START_TEST(an_owner_that_is_deleted_is_refused)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "1");
    ok(orm_session_commit(s));
    ok(blog_author_delete(s, bob));
    expect_status(ORM_MISUSE, blog_post_set_author(s, post, bob));
    expect_status(ORM_MISUSE, blog_post_add(s, &(blog_post_values){.title = "t", .body = "b", .author = bob}, NULL));
    ok(orm_session_rollback(s));
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(an_owner_deleted_before_the_flush_is_told)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "1");
    ok(orm_session_commit(s));
    ok(blog_post_set_author(s, post, bob));
    ok(blog_author_delete(s, bob));
    forget_statements();
    expect_status(ORM_CONFLICT, orm_session_flush(s));
    expect_statements("");
    ok(orm_session_rollback(s));
}
END_TEST

START_TEST(what_leaves_its_cart_is_deleted)
{
    const shapes_cart *cart, *other;
    const shapes_item *first, *second, *third;
    shapes_item_list items;
    ok(shapes_cart_add(s, &(shapes_cart_values){.id = {0}}, &cart));
    ok(shapes_cart_add(s, &(shapes_cart_values){.id = {0}}, &other));
    ok(shapes_item_add(s, &(shapes_item_values){.name = "1", .cart = cart}, &first));
    ok(shapes_item_add(s, &(shapes_item_values){.name = "2", .cart = cart}, &second));
    ok(shapes_item_add(s, &(shapes_item_values){.name = "3", .cart = cart}, &third));
    ok(orm_session_commit(s));
    forget_statements();
    ok(shapes_cart_remove_from_items(s, cart, first));
    ck_assert(!orm_session_contains(s, first));
    ok(shapes_item_set_cart(s, third, other)); /* moves: no orphan */
    ok(orm_session_commit(s));
    expect_statements("UPDATE item 1, DELETE item 1");
    ok(shapes_cart_get_items(s, cart, &items));
    ck_assert_uint_eq(items.count, 1);
    ck_assert_ptr_eq(items.items[0], second);
    ok(shapes_cart_get_items(s, other, &items));
    ck_assert_uint_eq(items.count, 1);
}
END_TEST

START_TEST(members_of_pending_owners_are_known_without_a_question)
{
    const shapes_employee *boss = add_employee("boss", NULL);
    add_employee("w2", boss);
    add_employee("w1", boss);
    reopen_session((orm_session_factory){.no_autoflush = true, .lazy = ORM_LAZY_RAISE});
    boss = add_employee("boss", NULL);
    const shapes_employee *w2 = add_employee("w2", boss), *w1 = add_employee("w1", boss);
    shapes_employee_list reports;
    ok(shapes_employee_get_reports(s, boss, &reports));
    ck_assert_uint_eq(reports.count, 2);
    ck_assert_ptr_eq(reports.items[0], w2);
    ck_assert_ptr_eq(reports.items[1], w1);
    ok(orm_session_flush(s));
    forget_statements();
    ok(shapes_employee_get_reports(s, boss, &reports));
    ck_assert_uint_eq(reports.count, 2);
    expect_nothing_sent();
}
END_TEST

START_TEST(a_deleted_member_leaves_its_list)
{
    const blog_author *ada = add_author("ada");
    const blog_post *first = add_post(ada, "1"), *second = add_post(ada, "2");
    blog_post_list posts;
    ok(orm_session_commit(s));
    ok(blog_author_get_posts(s, ada, &posts));
    ck_assert_uint_eq(posts.count, 2);
    ok(blog_post_delete(s, first));
    ok(blog_author_get_posts(s, ada, &posts));
    ck_assert_uint_eq(posts.count, 1);
    ck_assert_ptr_eq(posts.items[0], second);
}
END_TEST

START_TEST(an_added_member_joins_a_loaded_list)
{
    blog_post_list posts;
    const blog_author *ada;
    store_blog(1, 2);
    ok(blog_author_one(s, NULL, &ada));
    ck_assert_uint_eq(count_posts(ada), 2);
    forget_statements();
    const blog_post *third = add_post(ada, "third");
    ok(blog_author_get_posts(s, ada, &posts));
    ck_assert_uint_eq(posts.count, 3);
    ck_assert_ptr_eq(posts.items[2], third);
    expect_statements("");
}
END_TEST

START_TEST(an_added_member_is_in_a_list_loaded_later)
{
    blog_post_list posts;
    const blog_author *ada;
    store_blog(1, 2);
    reopen_session((orm_session_factory){.no_autoflush = true});
    ok(blog_author_one(s, NULL, &ada));
    const blog_post *third = add_post(ada, "third");
    ok(blog_author_get_posts(s, ada, &posts));
    ck_assert_uint_eq(posts.count, 3);
    ck_assert_ptr_eq(posts.items[2], third);
}
END_TEST

START_TEST(a_member_that_moved_is_in_a_list_loaded_later)
{
    blog_author_list authors;
    blog_post_list posts;
    store_blog(2, 1);
    reopen_session((orm_session_factory){.no_autoflush = true});
    ok(blog_author_find(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)}}, &authors));
    const blog_author *first = authors.items[0], *second = authors.items[1];
    ok(blog_post_find(s, &(blog_post_query){.where = {orm_eq(BLOG_POST.author_id, first->id)}}, &posts));
    ok(blog_post_set_author(s, posts.items[0], second));
    ck_assert_uint_eq(count_posts(first), 0);
    ck_assert_uint_eq(count_posts(second), 2);
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(a_key_set_by_hand_is_loaded)
{
    const blog_post *post;
    const blog_author *second, *author;
    store_blog(2, 1);
    ok(blog_author_one(s, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.name, "a001")}}, &second));
    int64_t id = second->id;
    orm_session_clear(s);
    ok(blog_post_first(
        s, &(blog_post_query){.where = {orm_ne(BLOG_POST.author_id, id)}, .load = {orm_load(BLOG_POST.author)}},
        &post));
    ok(blog_post_set_author_id(s, post, id));
    ok(blog_post_get_author(s, post, &author));
    ck_assert_str_eq(author->name, "a001");
    ck_assert_uint_eq(count_posts(author), 2);
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(a_refresh_follows_an_owner_that_others_changed)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "1");
    ok(orm_session_commit(s));
    ck_assert_ptr_eq(author_of(post), ada);
    run_sql("UPDATE post SET author_id = (SELECT id FROM authors WHERE name = 'bob')");
    ok(orm_session_refresh(s, post));
    ck_assert_int_eq(post->author_id, bob->id);
    ck_assert_ptr_eq(author_of(post), bob);
}
END_TEST

START_TEST(an_expired_owner_loads_its_members_anew)
{
    blog_post_list posts;
    const blog_author *ada = add_author("ada");
    add_post(ada, "1");
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_posts(ada), 1);
    run_sql("INSERT INTO post (created_at, title, body, author_id) SELECT created_at, '2', '', author_id FROM post");
    ck_assert_uint_eq(count_posts(ada), 1);
    ok(orm_session_expire(s, ada));
    ok(blog_author_get_posts(s, ada, &posts));
    ck_assert_uint_eq(posts.count, 2);
}
END_TEST

START_TEST(an_owner_that_others_deleted_is_none)
{
    const blog_author *ada;
    store_blog(1, 1);
    ok(blog_author_one(s, NULL, &ada));
    ok(orm_session_commit(s));
    run_sql("DELETE FROM authors");
    ck_assert_uint_eq(count_posts(ada), 0);
}
END_TEST

Suite *suite_relations(void)
{
    Suite *suite = suite_create("relations");
    TCase *many = new_case(suite, "many");
    tcase_add_test(many, both_sides_agree_before_the_flush);
    tcase_add_test(many, keys_are_copied_when_they_are_known);
    tcase_add_test(many, a_relation_may_be_given_by_its_key);
    tcase_add_test(many, a_relation_and_its_key_must_agree);
    tcase_add_test(many, reparenting_is_one_update);
    tcase_add_test(many, reparenting_by_the_key_keeps_both_sides_in_step);
    tcase_add_test(many, a_new_owner_that_is_pending_is_inserted_first);
    tcase_add_test(many, setting_the_owner_that_is_there_sends_nothing);
    tcase_add_test(many, moving_away_and_back_sends_nothing);
    tcase_add_test(many, a_member_added_twice_is_there_once);
    tcase_add_test(many, a_member_removed_has_no_owner);
    tcase_add_test(many, a_member_removed_from_a_required_relation_is_refused_by_the_flush);
    tcase_add_test(many, a_member_removed_from_a_required_relation_may_be_deleted);
    tcase_add_test(many, a_required_relation_set_to_nothing_is_refused_by_the_flush);
    tcase_add_test(many, a_nullable_relation_set_to_nothing_is_null);
    tcase_add_test(many, an_owner_that_is_deleted_is_refused);
    tcase_add_test(many, an_owner_deleted_before_the_flush_is_told);
    tcase_add_test(many, what_leaves_its_cart_is_deleted);
    tcase_add_test(many, members_of_pending_owners_are_known_without_a_question);
    tcase_add_test(many, a_deleted_member_leaves_its_list);
    tcase_add_test(many, an_added_member_joins_a_loaded_list);
    tcase_add_test(many, an_added_member_is_in_a_list_loaded_later);
    tcase_add_test(many, a_member_that_moved_is_in_a_list_loaded_later);
    tcase_add_test(many, a_key_set_by_hand_is_loaded);
    tcase_add_test(many, a_refresh_follows_an_owner_that_others_changed);
    tcase_add_test(many, an_expired_owner_loads_its_members_anew);
    tcase_add_test(many, an_owner_that_others_deleted_is_none);
    return suite;
}
