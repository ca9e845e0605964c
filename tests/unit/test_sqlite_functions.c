/* test_sqlite_functions.c -- decimals in SQL: driver/sqlite_functions.c.
 * SPDX-License-Identifier: MIT */
#include "sqlite_link.h"

START_TEST(decimals_are_ordered_and_summed_as_numbers)
{
    run(link_a, "CREATE TABLE t (price TEXT COLLATE ORM_DECIMAL UNIQUE);"
                "INSERT INTO t VALUES ('10'), ('9.5'), ('-1'), (NULL), ('100000000000000000000.01')");
    ck_assert_str_eq(
        text_of("SELECT group_concat(price, ' ') FROM (SELECT price FROM t ORDER BY price)", NULL, NULL, 0),
        "-1 9.5 10 100000000000000000000.01");
    ck_assert_str_eq(text_of("SELECT orm_decimal_sum(price) FROM t", NULL, NULL, 0), "100000000000000000018.51");
    ck_assert_ptr_null(text_of("SELECT orm_decimal_sum(price) FROM t WHERE price IS NULL", NULL, NULL, 0));
    ck_assert_str_eq(text_of("SELECT max(price) FROM t WHERE price < '10.5'", NULL, NULL, 0), "10");
    ck_assert_int_eq(number(link_a, "SELECT count(*) FROM t WHERE price = '9.50'"), 1);
    ck_assert_int_eq(driver->control(link_a, "INSERT INTO t VALUES ('10.0')", NULL, &error), ORM_CONSTRAINT);
    ck_assert_int_eq(driver->control(link_a, "SELECT orm_decimal_sum('x')", NULL, &error), ORM_DATABASE);
    const orm__parameter parameter = {.type = ORM_TYPE_DECIMAL, .list = true};
    const orm_decimal items[] = {{"10.00"}, {"-1"}};
    const orm_value list = orm_of_decimals(items, 2);
    ck_assert_str_eq(text_of("SELECT group_concat(price, ' ') FROM t WHERE price IN (SELECT c0 FROM orm_rows(?1))",
                             &parameter, &list, 1),
                     "-1 10");
}
END_TEST

static Suite *sqlite_functions_suite(void)
{
    Suite *suite = suite_create("sqlite_functions");
    TCase *tests = tcase_create("sqlite_functions");
    tcase_add_checked_fixture(tests, memory_set_up, memory_tear_down);
    tcase_add_test(tests, decimals_are_ordered_and_summed_as_numbers);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(sqlite_functions_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
