/* test_data.c -- the tree of data that templates are filled from: members by hash, growth, and failures kept.
 * SPDX-License-Identifier: MIT */
#include "data.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static orm__arena arena;

static void setup(void)
{
    orm__arena_init(&arena);
}

static void teardown(void)
{
    orm__arena_release(&arena);
}

static const ormc_data *get(const ormc_data *object, const char *key)
{
    return ormc_data_member(object, key, strlen(key), ormc_data_hash(key, strlen(key)));
}

START_TEST(a_member_is_found_by_its_whole_key)
{
    ormc_data *object = ormc_data_object(&arena);
    ormc_data_set_text(object, "author", "Ada");
    ormc_data_set_boolean(object, "", true);
    ck_assert_str_eq(get(object, "author")->text, "Ada");
    ck_assert(get(object, "")->boolean);
    ck_assert_ptr_null(get(object, "auth"));
    ck_assert_ptr_null(get(object, "authors"));
    ck_assert_ptr_eq(ormc_data_member(object, "authors", 6, ormc_data_hash("author", 6)), get(object, "author"));
}
END_TEST

START_TEST(a_key_set_twice_has_the_second_value)
{
    ormc_data *object = ormc_data_object(&arena);
    for (int i = 0; i < 100; i++)
        ormc_data_set_boolean(object, "key", i == 99);
    ck_assert(get(object, "key")->boolean);
    ck_assert_uint_eq(object->count, 1);
}
END_TEST

START_TEST(ten_thousand_members_are_all_found)
{
    ormc_data *object = ormc_data_object(&arena);
    for (int i = 0; i < 10000; i++)
        ormc_data_set_text(object, orm__arena_printf(&arena, "k%d", i), orm__arena_printf(&arena, "%d", i));
    for (int i = 0; i < 10000; i++)
        ck_assert_int_eq(atoi(get(object, orm__arena_printf(&arena, "k%d", i))->text), i);
    ck_assert_ptr_null(get(object, "k10000"));
    ck_assert_uint_eq(object->count, 10000);
}
END_TEST

START_TEST(a_list_keeps_its_order_as_it_grows)
{
    ormc_data *list = ormc_data_list(&arena);
    for (int i = 0; i < 1000; i++)
        ormc_data_append(list, ormc_data_text(&arena, orm__arena_printf(&arena, "%d", i)));
    ck_assert_uint_eq(list->count, 1000);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(atoi(list->items[i]->text), i);
}
END_TEST

START_TEST(what_is_no_object_has_no_members)
{
    ck_assert_ptr_null(get(ormc_data_null(&arena), "x"));
    ck_assert_ptr_null(get(ormc_data_boolean(&arena, true), "x"));
    ck_assert_ptr_null(get(ormc_data_text(&arena, "x"), "x"));
    ck_assert_ptr_null(get(ormc_data_list(&arena), "x"));
    ck_assert_ptr_null(get(ormc_data_object(&arena), "x"));
}
END_TEST

START_TEST(a_value_that_could_not_be_made_is_remembered)
{
    ormc_data *object = ormc_data_object(&arena), *list = ormc_data_list(&arena);
    ormc_data_set(object, "x", NULL);
    ormc_data_append(list, NULL);
    ck_assert(object->failed);
    ck_assert(list->failed);
    ck_assert_uint_eq(object->count + list->count, 0);
}
END_TEST

START_TEST(without_an_object_or_list_nothing_happens)
{
    ormc_data_set(NULL, "x", ormc_data_null(&arena));
    ormc_data_append(NULL, ormc_data_null(&arena));
    ormc_data_set_text(NULL, "x", "y");
    ormc_data_set_boolean(NULL, "x", true);
    ck_assert_ptr_null(ormc_data_set_list(NULL, "x"));
    ck_assert_ptr_null(ormc_data_set_object(NULL, "x"));
    ck_assert_ptr_null(ormc_data_text(&arena, NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("data");
    TCase *tests = tcase_create("data");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_member_is_found_by_its_whole_key);
    tcase_add_test(tests, a_key_set_twice_has_the_second_value);
    tcase_add_test(tests, ten_thousand_members_are_all_found);
    tcase_add_test(tests, a_list_keeps_its_order_as_it_grows);
    tcase_add_test(tests, what_is_no_object_has_no_members);
    tcase_add_test(tests, a_value_that_could_not_be_made_is_remembered);
    tcase_add_test(tests, without_an_object_or_list_nothing_happens);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
