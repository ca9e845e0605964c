/* replace.c -- a row deleted and another added with its key: one UPDATE, and what hung on the old one goes.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

static const blog_author *author_again(const blog_author *old, const char *email)
{
    const blog_author *added;
    ok(blog_author_delete(s, old));
    ok(blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(old->id), .email = email, .name = "new"}, &added));
    return added;
}

START_TEST(a_key_deleted_and_added_again_is_one_update)
{
    const shapes_country *old, *new, *got;
    ok(shapes_country_add(s, &(shapes_country_values){.code = "AT", .name = "old"}, &old));
    ok(orm_session_commit(s));
    forget_statements();
    ok(shapes_country_delete(s, old));
    ok(shapes_country_add(s, &(shapes_country_values){.code = "AT", .name = "new"}, &new));
    ck_assert_int_eq(orm_session_state(s, old), ORM_DELETED);
    ck_assert_int_eq(orm_session_state(s, new), ORM_PENDING);
    ok(orm_session_flush(s));
    ck_assert_int_eq(orm_session_state(s, old), ORM_DELETED);
    ck_assert_int_eq(orm_session_state(s, new), ORM_PERSISTENT);
    expect_statements("DELETE city 0, UPDATE order 0, UPDATE order 0, UPDATE country 1");
    ok(shapes_country_get(s, "AT", &got));
    ck_assert_ptr_eq(got, new);
    expect_nothing_sent();
    commit_and_forget();
    ok(shapes_country_get(s, "AT", &got));
    expect_text(got->name, "new");
}
END_TEST

START_TEST(columns_left_out_get_their_defaults)
{
    const blog_author *old, *new, *got;
    ok(blog_author_add(
        s, &(blog_author_values){.email = "a@b", .name = "a", .bio = ORM_VALUE("long"), .score = ORM_VALUE(1.5)},
        &old));
    ok(orm_session_commit(s));
    int64_t id = old->id;
    orm_timestamptz before = old->created_at;
    new = author_again(old, "c@d");
    ok(orm_session_commit(s));
    ck_assert_int_eq(new->id, id);
    ck_assert(new->bio == NULL && !new->score.has);
    ck_assert_int_gt(new->created_at.microseconds, before.microseconds);
    expect_text(old->bio, "long");
    commit_and_forget();
    ok(blog_author_get(s, id, &got));
    expect_text(got->email, "c@d");
    ck_assert(got->bio == NULL && !got->score.has);
    ck_assert_int_gt(got->created_at.microseconds, before.microseconds);
}
END_TEST

START_TEST(defaults_of_the_server_and_computed_columns_come_back_and_the_version_counts_on)
{
    const server_item *items[3], *new[3];
    char name[16];
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "i%d", i);
        ok(server_item_add(s, &(server_item_values){.name = name, .price = i, .label = ORM_VALUE("mine")}, &items[i]));
    }
    ok(orm_session_commit(s));
    for (int i = 0; i < 3; i++) {
        ok(server_item_delete(s, items[i]));
        ok(server_item_add(
            s, &(server_item_values){.id = ORM_VALUE(items[i]->id), .name = items[i]->name, .price = 10 + i}, &new[i]));
    }
    ok(orm_session_commit(s));
    const int64_t first = new[0]->id;
    for (int i = 0; i < 6; i++) { /* in memory, then in the database */
        if (i == 3)
            orm_session_clear(s);
        const server_item *item;
        ok(server_item_get(s, first + i % 3, &item));
        expect_text(item->label, "new");
        ck_assert_int_eq(item->quantity, 1);
        ck_assert_int_eq(item->total, 10 + i % 3);
        ck_assert_int_eq(item->version, 2);
    }
    const server_item *item;
    ok(server_item_get(s, first, &item));
    ok(server_item_set_price(s, item, 50));
    ok(orm_session_commit(s));
    ck_assert_int_eq(item->version, 3);
}
END_TEST

START_TEST(what_the_old_row_would_have_taken_with_it_is_deleted_and_what_was_moved_in_time_is_not)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob"), *new;
    const blog_post *lost = add_post(ada, "lost"), *kept = add_post(ada, "kept"), *moved = add_post(ada, "moved"),
                    *deleted = add_post(ada, "deleted"), *added;
    const blog_profile *profile;
    ok(blog_profile_add(s, &(blog_profile_values){.url = "old", .author = ada}, &profile));
    ok(orm_session_commit(s));
    const int64_t lost_id = lost->id;
    ok(blog_post_delete(s, deleted));
    ok(blog_post_set_author(s, moved, bob));
    ok(blog_post_set_views(s, lost, 7));
    new = author_again(ada, "new@example.org");
    ok(blog_post_set_author(s, kept, new));
    added = add_post(new, "added");
    ok(blog_profile_add(s, &(blog_profile_values){.url = "new", .author = new}, NULL));
    forget_statements();
    ok(orm_session_flush(s));
    expect_statements("DELETE profile 1, DELETE post 1, INSERT post 1, INSERT profile 1, UPDATE post 1, "
                      "UPDATE authors 1, DELETE post 1");
    ck_assert(!orm_session_contains(s, lost));
    ck_assert(!orm_session_contains(s, profile));
    ck_assert(orm_session_contains(s, kept) && orm_session_contains(s, moved) && orm_session_contains(s, added));
    const blog_post *none;
    expect_status(ORM_NOT_FOUND, blog_post_get(s, lost_id, &none));
    commit_and_forget();
    blog_post_list posts;
    ok(blog_post_find(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.title)}}, &posts));
    ck_assert_uint_eq(posts.count, 3);
    expect_text(posts.items[0]->title, "added");
    expect_text(posts.items[1]->title, "kept");
    expect_text(posts.items[2]->title, "moved");
    ck_assert_int_eq(posts.items[0]->author_id, posts.items[1]->author_id);
    ck_assert_int_ne(posts.items[1]->author_id, posts.items[2]->author_id);
}
END_TEST

START_TEST(what_is_set_null_when_the_old_row_goes_is_set_null)
{
    const shapes_employee *boss = add_employee("boss", NULL), *worker = add_employee("worker", boss), *new;
    ok(orm_session_commit(s));
    ok(shapes_employee_delete(s, boss));
    ok(shapes_employee_add(s, &(shapes_employee_values){.id = ORM_VALUE(boss->id), .name = "boss"}, &new));
    ok(orm_session_flush(s));
    ck_assert(!worker->boss_id.has);
    const shapes_employee *found = new;
    ok(shapes_employee_get_boss(s, worker, &found));
    ck_assert_ptr_null(found);
    commit_and_forget();
    ok(shapes_employee_one(s, &(shapes_employee_query){.where = {orm_eq(SHAPES_EMPLOYEE.name, "worker")}}, &found));
    ck_assert(!found->boss_id.has);
}
END_TEST

START_TEST(what_would_have_forbidden_the_delete_refers_to_the_new_row)
{
    const shapes_shelf *old, *new;
    const shapes_book *book;
    ok(shapes_shelf_add(s, &(shapes_shelf_values){.label = "a"}, &old));
    ok(shapes_book_add(s, &(shapes_book_values){.title = "t", .shelf = old}, &book));
    ok(orm_session_commit(s));
    ok(shapes_shelf_delete(s, old));
    ok(shapes_shelf_add(s, &(shapes_shelf_values){.id = ORM_VALUE(old->id), .label = "b"}, &new));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("UPDATE shelf 1");
    ck_assert(orm_session_contains(s, book));
    orm_session_clear(s);
    ok(shapes_book_first(s, &(shapes_book_query){.load = {orm_load(SHAPES_BOOK.shelf)}}, &book));
    ok(shapes_book_get_shelf(s, book, &new));
    expect_text(new->label, "b");
}
END_TEST

START_TEST(a_pair_taken_out_and_put_back_costs_nothing)
{
    const server_item *item;
    const server_tag *tag;
    server_tag_list tags;
    ok(server_item_add(s, &(server_item_values){.name = "i", .price = 1}, &item));
    ok(server_tag_add(s, &(server_tag_values){.word = "w"}, &tag));
    ok(server_item_add_to_tags(s, item, tag));
    ok(orm_session_commit(s));
    forget_statements();
    ok(server_item_remove_from_tags(s, item, tag));
    ok(server_item_add_to_tags(s, item, tag));
    ok(orm_session_commit(s));
    expect_statements("");
    ok(server_item_remove_from_tags(s, item, tag));
    ok(orm_session_commit(s));
    expect_statements("DELETE item_tag 1");
    ok(server_item_get_tags(s, item, &tags));
    ck_assert_uint_eq(tags.count, 0);
}
END_TEST

START_TEST(a_rollback_brings_the_old_one_back)
{
    const blog_author *ada = add_author("ada"), *new, *got;
    const blog_post *post = add_post(ada, "t");
    ok(orm_session_commit(s));
    int64_t id = ada->id;
    if (_i & 1)
        ok(orm_session_begin_nested(s));
    new = author_again(ada, "new@example.org");
    if (_i & 2)
        ok(orm_session_flush(s));
    ok(_i & 1 ? orm_session_rollback_nested(s) : orm_session_rollback(s));
    ck_assert_int_eq(orm_session_state(s, new), ORM_DETACHED);
    ck_assert_int_eq(orm_session_state(s, ada), ORM_PERSISTENT);
    ck_assert_int_eq(orm_session_state(s, post), ORM_PERSISTENT);
    ok(blog_author_get(s, id, &got));
    ck_assert_ptr_eq(got, ada);
    expect_text(got->email, "ada@example.org");
    ok(blog_author_set_name(s, ada, "still"));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("UPDATE authors 1");
}
END_TEST

START_TEST(deleted_added_and_deleted_again_is_one_delete)
{
    const blog_author *ada = add_author("ada"), *new;
    ok(orm_session_commit(s));
    new = author_again(ada, "new@example.org");
    if (_i)
        ok(orm_session_expunge(s, new));
    else
        ok(blog_author_delete(s, new));
    forget_statements();
    ok(orm_session_flush(s));
    expect_statements("DELETE authors 1");
    const blog_author *none;
    expect_status(ORM_NOT_FOUND, blog_author_get(s, ada->id, &none));
}
END_TEST

START_TEST(the_last_of_several_additions_counts)
{
    const shapes_country *old, *one, *two, *got;
    ok(shapes_country_add(s, &(shapes_country_values){.code = "AT", .name = "old"}, &old));
    ok(orm_session_commit(s));
    ok(shapes_country_delete(s, old));
    ok(shapes_country_add(s, &(shapes_country_values){.code = "AT", .name = "one"}, &one));
    expect_status(ORM_CONFLICT, shapes_country_add(s, &(shapes_country_values){.code = "AT", .name = "two"}, &two));
    orm_session_clear_error(s);
    ok(shapes_country_set_code(s, one, "DE"));
    ok(shapes_country_add(s, &(shapes_country_values){.code = "AT", .name = "two"}, &two));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("DELETE city 0, UPDATE order 0, UPDATE order 0, INSERT country 1, UPDATE country 1");
    orm_session_clear(s);
    ok(shapes_country_get(s, "AT", &got));
    expect_text(got->name, "two");
    ok(shapes_country_get(s, "DE", &got));
    expect_text(got->name, "one");
}
END_TEST

START_TEST(a_thousand_keys_at_once_are_one_statement)
{
    enum { COUNT = 1000 };
    static const shapes_reading *readings[COUNT];
    const shapes_device *device;
    ok(shapes_device_add(s, &(shapes_device_values){.name = "d"}, &device));
    for (int i = 0; i < COUNT; i++)
        ok(shapes_reading_add(s, &(shapes_reading_values){.device = device, .at = {i}, .value = i}, &readings[i]));
    ok(orm_session_commit(s));
    for (int i = 0; i < COUNT; i++) {
        ok(shapes_reading_delete(s, readings[i]));
        ok(shapes_reading_add(s, &(shapes_reading_values){.device = device, .at = {i}, .value = -i}, &readings[i]));
    }
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("UPDATE reading 1000");
    orm_session_clear(s);
    shapes_reading_list found;
    ok(shapes_reading_find(s, &(shapes_reading_query){.order_by = {orm_asc(SHAPES_READING.at)}}, &found));
    ck_assert_uint_eq(found.count, COUNT);
    for (int i = 0; i < COUNT; i++)
        ck_assert(found.items[i]->value == -i);
}
END_TEST

START_TEST(a_refused_value_sends_nothing_and_can_be_mended)
{
    const blog_author *ada = add_author("ada"), *new;
    ok(orm_session_commit(s));
    new = author_again(ada, "no address");
    forget_statements();
    expect_status(ORM_INVALID, orm_session_flush(s));
    expect_nothing_sent();
    ok(blog_author_set_email(s, new, "mended@example.org"));
    ok(orm_session_commit(s));
    expect_statements("DELETE profile 0, DELETE post 0, UPDATE authors 1");
}
END_TEST

START_TEST(a_row_that_vanished_cannot_be_replaced)
{
    const shapes_country *old, *new;
    ok(shapes_country_add(s, &(shapes_country_values){.code = "AT", .name = "old"}, &old));
    ok(orm_session_commit(s));
    run_sql("DELETE FROM country");
    ok(shapes_country_delete(s, old));
    ok(shapes_country_add(s, &(shapes_country_values){.code = "AT", .name = "new"}, &new));
    expect_status(ORM_STALE, orm_session_flush(s));
    expect_said(orm_session_error(s)->message, "country 'AT'");
    ok(orm_session_rollback(s));
}
END_TEST

START_TEST(a_unique_value_that_the_old_row_gives_up_is_free)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob"), *new;
    ok(orm_session_commit(s));
    new = author_again(ada, "new@example.org");
    ok(blog_author_set_email(s, bob, "ada@example.org"));
    ok(orm_session_commit(s));
    orm_session_clear(s);
    ok(blog_author_one(s, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.email, "ada@example.org")}}, &new));
    expect_text(new->name, "bob");
}
END_TEST

Suite *suite_replace(void)
{
    Suite *suite = suite_create("replace");
    TCase *test = new_case(suite, "replace");
    tcase_add_test(test, a_key_deleted_and_added_again_is_one_update);
    tcase_add_test(test, columns_left_out_get_their_defaults);
    tcase_add_test(test, defaults_of_the_server_and_computed_columns_come_back_and_the_version_counts_on);
    tcase_add_test(test, what_the_old_row_would_have_taken_with_it_is_deleted_and_what_was_moved_in_time_is_not);
    tcase_add_test(test, what_is_set_null_when_the_old_row_goes_is_set_null);
    tcase_add_test(test, what_would_have_forbidden_the_delete_refers_to_the_new_row);
    tcase_add_test(test, a_pair_taken_out_and_put_back_costs_nothing);
    tcase_add_loop_test(test, a_rollback_brings_the_old_one_back, 0, 4);
    tcase_add_loop_test(test, deleted_added_and_deleted_again_is_one_delete, 0, 2);
    tcase_add_test(test, the_last_of_several_additions_counts);
    tcase_add_test(test, a_thousand_keys_at_once_are_one_statement);
    tcase_add_test(test, a_refused_value_sends_nothing_and_can_be_mended);
    tcase_add_test(test, a_row_that_vanished_cannot_be_replaced);
    tcase_add_test(test, a_unique_value_that_the_old_row_gives_up_is_free);
    return suite;
}
