/* test_check_list.c -- the values that a CREATE TABLE lets a column have: engine/check_list.c.
 * SPDX-License-Identifier: MIT */
#include "engine/check_list.h"

#include <check.h>
#include <stdlib.h>

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

/* Whether column `c` may be `it's`. */
static const struct {
    const char *sql;
    bool allowed;
} cases[] = {
    {"", true},
    {"CREATE TABLE t (c TEXT)", true},
    {"CREATE TABLE t (c TEXT CHECK (c IN ('a', 'it''s')))", true},
    {"CREATE TABLE t (c TEXT CHECK (c IN ('a', 'b')))", false},
    {"CREATE TABLE t (c TEXT CHECK (\"c\" in('a')))", false},
    {"CREATE TABLE t (c TEXT CHECK ([C] IN ('a')))", false},
    {"CREATE TABLE t (c TEXT CHECK (`c` /* x */ IN -- y\n ('a', 'IT''S')))", false},
    {"CREATE TABLE t (c TEXT CHECK (c IN ('a' /* 'it''s' */)))", false},
    {"CREATE TABLE t (c TEXT CHECK (c IN ()))", false},
    {"CREATE TABLE t (c TEXT CHECK (c NOT IN ('a')))", true},
    {"CREATE TABLE t (c TEXT CHECK (\"cc\" IN ('a')), d TEXT CHECK (d IN ('b')))", true},
    {"CREATE TABLE t (c TEXT CHECK (c IN ('a') OR d), CHECK (c IN ('it''s')))", true},
    {"CREATE TABLE t (c TEXT DEFAULT 'c IN (''a'')')", true},
    {"CREATE TABLE t (c TEXT CHECK (c IN ('a'", false},
    {"CREATE TABLE t (c TEXT CHECK (c IN ('a", false},
    {"CREATE TABLE t (c TEXT CHECK (c IN", true},
    {"CREATE TABLE t (c TEXT /* CHECK (c IN ('a'))", true},
    {"CREATE TABLE t (\"c", true},
};

START_TEST(a_value_is_allowed_by_its_list)
{
    ck_assert_msg(orm__check_list_allows(cases[_i].sql, "c", "it's") == cases[_i].allowed, "%s", cases[_i].sql);
}
END_TEST

START_TEST(names_and_values_with_quotes_are_read_as_they_are)
{
    const char *sql = "CREATE TABLE t (\"a\"\"b\" TEXT CHECK (\"a\"\"b\" IN ('', '\"', ';')))";
    ck_assert(orm__check_list_allows(sql, "a\"b", ""));
    ck_assert(orm__check_list_allows(sql, "A\"B", "\""));
    ck_assert(!orm__check_list_allows(sql, "a\"b", "'"));
    ck_assert(orm__check_list_allows(sql, "a\"\"b", "'"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("check_list");
    TCase *whole = tcase_create("whole");
    tcase_add_loop_test(whole, a_value_is_allowed_by_its_list, 0, COUNT(cases));
    tcase_add_test(whole, names_and_values_with_quotes_are_read_as_they_are);
    suite_add_tcase(suite, whole);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
