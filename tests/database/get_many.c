/* get_many.c -- entities by many keys: their order, what is missing, how many statements it takes.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

enum { AUTHORS = 400 };

static int64_t ids[AUTHORS];

/* Authors a000 and on, by key in `ids`; the session has forgotten them. */
static void store_authors(size_t count)
{
    blog_author_list list;
    store_blog(count, 0);
    ok(blog_author_find(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)}}, &list));
    for (size_t i = 0; i < count; i++)
        ids[i] = list.items[i]->id;
    commit_and_forget();
    orm_session_clear(s);
    forget_statements();
}

static void expect_name(const blog_author *author, size_t number)
{
    char name[32];
    snprintf(name, sizeof name, "a%03zu", number);
    ck_assert_ptr_nonnull(author);
    ck_assert_str_eq(author->name, name);
}

START_TEST(many_keys_are_one_statement_in_the_order_of_the_keys)
{
    blog_author_list found;
    int64_t wanted[AUTHORS];
    store_authors(AUTHORS);
    for (size_t i = 0; i < AUTHORS; i++)
        wanted[i] = ids[AUTHORS - 1 - i];
    ok(blog_author_get_many(s, wanted, AUTHORS, &found));
    expect_statements("SELECT authors 400");
    ck_assert_uint_eq(found.count, AUTHORS);
    ck_assert(!found.partial);
    for (size_t i = 0; i < AUTHORS; i++)
        expect_name(found.items[i], AUTHORS - 1 - i);
}
END_TEST

START_TEST(missing_ones_are_null_and_the_list_is_partial)
{
    blog_author_list found;
    store_authors(3);
    ok(blog_author_get_many(s, (int64_t[]){ids[0], -5, ids[2], -6}, 4, &found));
    expect_statements("SELECT authors 2");
    ck_assert_uint_eq(found.count, 4);
    ck_assert(found.partial);
    expect_name(found.items[0], 0);
    ck_assert_ptr_null(found.items[1]);
    expect_name(found.items[2], 2);
    ck_assert_ptr_null(found.items[3]);
}
END_TEST

START_TEST(those_that_are_present_are_not_asked_for)
{
    const blog_author *first, *second;
    blog_author_list found;
    store_authors(4);
    ok(blog_author_get(s, ids[0], &first));
    ok(blog_author_get(s, ids[1], &second));
    forget_statements();
    ok(blog_author_get_many(s, ids, 4, &found));
    expect_statements("SELECT authors 2");
    ck_assert_ptr_eq(found.items[0], first);
    ck_assert_ptr_eq(found.items[1], second);
    ok(blog_author_get_many(s, ids, 4, &found));
    ck_assert_ptr_eq(found.items[1], second);
    expect_nothing_sent();
}
END_TEST

START_TEST(a_key_that_is_there_twice_gives_one_entity_twice)
{
    blog_author_list found;
    store_authors(2);
    ok(blog_author_get_many(s, (int64_t[]){ids[1], ids[0], ids[1], ids[1]}, 4, &found));
    expect_statements("SELECT authors 2");
    ck_assert(!found.partial);
    ck_assert_ptr_eq(found.items[0], found.items[2]);
    ck_assert_ptr_eq(found.items[0], found.items[3]);
    expect_name(found.items[0], 1);
    expect_name(found.items[1], 0);
}
END_TEST

START_TEST(no_keys_find_nothing_and_ask_nothing)
{
    blog_author_list found = {.count = 5};
    ok(blog_author_get_many(s, NULL, 0, &found));
    ck_assert_uint_eq(found.count, 0);
    ck_assert_ptr_null(found.items);
    expect_nothing_sent();
    found.count = 5;
    expect_status(ORM_MISUSE, blog_author_get_many(s, NULL, 3, &found));
    ck_assert_uint_eq(found.count, 0);
    expect_nothing_sent();
}
END_TEST

START_TEST(pending_ones_are_written_first_and_those_to_be_deleted_are_missing)
{
    blog_author_list found;
    const blog_author *third;
    store_authors(3);
    ok(blog_author_get(s, ids[2], &third));
    ok(blog_author_delete(s, third));
    const blog_author *fresh;
    ok(blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(90000), .email = "n@example.org", .name = "new"},
                       &fresh));
    forget_statements();
    ok(blog_author_get_many(s, (int64_t[]){ids[0], ids[1], ids[2], 90000}, 4, &found));
    expect_statements("INSERT authors 1, DELETE authors 1, SELECT authors 2");
    ck_assert(found.partial);
    expect_name(found.items[1], 1);
    ck_assert_ptr_null(found.items[2]);
    ck_assert_ptr_eq(found.items[3], fresh);
}
END_TEST

START_TEST(expired_ones_are_read_anew_and_may_be_gone)
{
    blog_author_list before, found;
    store_authors(3);
    ok(blog_author_get_many(s, ids, 3, &before));
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET name = 'other' WHERE name = 'a001'");
    run_sql("DELETE FROM authors WHERE name = 'a002'");
    const blog_author *first = NULL, *second = NULL, *third = NULL;
    ok(blog_author_get(s, ids[0], &first));
    ok(blog_author_get(s, ids[1], &second));
    ok(blog_author_get(s, ids[2], &third));
    ok(orm_session_expire(s, second));
    ok(orm_session_expire(s, third));
    forget_statements();
    ok(blog_author_get_many(s, ids, 3, &found));
    expect_statements("SELECT authors 1");
    ck_assert_ptr_eq(found.items[0], first);
    ck_assert_ptr_eq(found.items[1], second);
    ck_assert_str_eq(second->name, "other");
    ck_assert_ptr_null(found.items[2]);
    ck_assert(found.partial);
}
END_TEST

START_TEST(relations_are_loaded_for_all_of_them_at_once)
{
    blog_author_list found;
    store_blog(5, 2);
    ok(blog_author_find(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)}}, &found));
    for (size_t i = 0; i < 5; i++)
        ids[i] = found.items[i]->id;
    commit_and_forget();
    orm_session_clear(s);
    forget_statements();
    ok(blog_author_get_many(s, ids, 5, &found));
    for (size_t i = 0; i < found.count; i++) {
        blog_post_list posts;
        ok(blog_author_get_posts(s, found.items[i], &posts));
        ck_assert_uint_eq(posts.count, 2);
    }
    expect_statements("SELECT authors 5, SELECT post 10");
}
END_TEST

START_TEST(composite_keys_are_given_column_by_column)
{
    static const char *const countries[] = {"fr", "gb", "fr", "gb", NULL};
    static const char *const names[] = {"Paris", "Paris", "London", "London", "London"};
    const shapes_country *gb, *fr;
    shapes_city_list found;
    ok(shapes_country_add(s, &(shapes_country_values){.code = "gb", .name = "Britain"}, &gb));
    ok(shapes_country_add(s, &(shapes_country_values){.code = "fr", .name = "France"}, &fr));
    ok(shapes_city_add(s, &(shapes_city_values){.name = "London", .country = gb}, NULL));
    ok(shapes_city_add(s, &(shapes_city_values){.name = "Paris", .country = gb}, NULL));
    ok(shapes_city_add(s, &(shapes_city_values){.name = "Paris", .country = fr}, NULL));
    commit_and_forget();
    orm_session_clear(s);
    forget_statements();
    ok(shapes_city_get_many(s, countries, names, 5, &found));
    expect_statements("SELECT city 3");
    ck_assert_uint_eq(found.count, 5);
    ck_assert_str_eq(found.items[0]->country_code, "fr");
    ck_assert_str_eq(found.items[1]->country_code, "gb");
    ck_assert_ptr_null(found.items[2]);
    ck_assert_str_eq(found.items[3]->name, "London");
    ck_assert_ptr_null(found.items[4]);
}
END_TEST

START_TEST(keys_of_two_types_are_found)
{
    enum { COUNT = 20 };
    orm_uuid devices[COUNT];
    orm_timestamptz times[COUNT];
    shapes_reading_list found;
    ok(shapes_device_add(s, &(shapes_device_values){.id = {{7}}, .name = "d"}, NULL));
    for (int i = 0; i < COUNT; i++) {
        devices[i] = (orm_uuid){{7}};
        times[i] = (orm_timestamptz){i * 1000};
        ok(shapes_reading_add(
            s, &(shapes_reading_values){.device_id = ORM_VALUE(devices[i]), .at = times[i], .value = i}, NULL));
    }
    commit_and_forget();
    orm_session_clear(s);
    forget_statements();
    ok(shapes_reading_get_many(s, devices, times, COUNT, &found));
    expect_statements("SELECT reading 20");
    ck_assert(!found.partial);
    for (int i = 0; i < COUNT; i++)
        ck_assert_double_eq(found.items[i]->value, i);
}
END_TEST

START_TEST(an_error_is_told_and_leaves_an_empty_list)
{
    blog_author_list found = {.count = 5};
    store_authors(2);
    run_sql("ALTER TABLE authors RENAME TO hidden");
    orm_status status = blog_author_get_many(s, ids, 2, &found);
    run_sql("ALTER TABLE hidden RENAME TO authors");
    ck_assert_int_ne(status, ORM_OK);
    ck_assert_uint_eq(found.count, 0);
    ck_assert_ptr_null(found.items);
    ck_assert_int_eq(orm_session_error(s)->status, status);
}
END_TEST

Suite *suite_get_many(void)
{
    Suite *suite = suite_create("get_many");
    TCase *keys = new_case(suite, "keys");
    tcase_add_test(keys, many_keys_are_one_statement_in_the_order_of_the_keys);
    tcase_add_test(keys, missing_ones_are_null_and_the_list_is_partial);
    tcase_add_test(keys, those_that_are_present_are_not_asked_for);
    tcase_add_test(keys, a_key_that_is_there_twice_gives_one_entity_twice);
    tcase_add_test(keys, no_keys_find_nothing_and_ask_nothing);
    tcase_add_test(keys, pending_ones_are_written_first_and_those_to_be_deleted_are_missing);
    tcase_add_test(keys, expired_ones_are_read_anew_and_may_be_gone);
    tcase_add_test(keys, relations_are_loaded_for_all_of_them_at_once);
    tcase_add_test(keys, composite_keys_are_given_column_by_column);
    tcase_add_test(keys, keys_of_two_types_are_found);
    tcase_add_test(keys, an_error_is_told_and_leaves_an_empty_list);
    return suite;
}
