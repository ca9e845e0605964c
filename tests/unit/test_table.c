/* test_table.c -- the table from names to pointers of generator/table.c.
 * SPDX-License-Identifier: MIT */
#include "table.h"

#include <check.h>
#include <stdlib.h>

static orm__arena arena;
static ormc_table table;

static void set_up(void)
{
    orm__arena_init(&arena);
    table = (ormc_table){0};
}

static void tear_down(void)
{
    orm__arena_release(&arena);
}

START_TEST(an_empty_table_has_nothing)
{
    ck_assert_ptr_null(ormc_table_get(&table, "a"));
}
END_TEST

START_TEST(what_was_added_is_found)
{
    int one = 1, two = 2;
    ck_assert_ptr_eq(ormc_table_add(&table, &arena, "one", &one), &one);
    ck_assert_ptr_eq(ormc_table_add(&table, &arena, "two", &two), &two);
    ck_assert_ptr_eq(ormc_table_get(&table, "one"), &one);
    ck_assert_ptr_eq(ormc_table_get(&table, "two"), &two);
    ck_assert_ptr_null(ormc_table_get(&table, "on"));
}
END_TEST

START_TEST(the_first_of_two_stays)
{
    int one = 1, two = 2;
    ormc_table_add(&table, &arena, "key", &one);
    ck_assert_ptr_eq(ormc_table_add(&table, &arena, "key", &two), &one);
    ck_assert_ptr_eq(ormc_table_get(&table, "key"), &one);
    ck_assert_uint_eq(table.count, 1);
}
END_TEST

START_TEST(thousands_are_found_again)
{
    const char *keys[5000];
    for (int i = 0; i < 5000; i++) {
        keys[i] = orm__arena_printf(&arena, "key_%d", i);
        ck_assert_ptr_nonnull(ormc_table_add(&table, &arena, keys[i], &keys[i]));
    }
    for (int i = 0; i < 5000; i++)
        ck_assert_ptr_eq(ormc_table_get(&table, keys[i]), &keys[i]);
    ck_assert_ptr_null(ormc_table_get(&table, "key_5000"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, an_empty_table_has_nothing);
    tcase_add_test(tcase, what_was_added_is_found);
    tcase_add_test(tcase, the_first_of_two_stays);
    tcase_add_test(tcase, thousands_are_found_again);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
