/* test_json.c -- what generator/json.c takes for JSON.
 * SPDX-License-Identifier: MIT */
#include "json.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const good[] = {
    "null",
    " true ",
    "false",
    "0",
    "-0",
    "10",
    "-1.5",
    "1e3",
    "2.5E-7",
    "1e+9",
    "\"\"",
    "\"a b\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\\u00e9\"",
    "\"\xC3\xA9\"",
    "[]",
    "[ ]",
    "[1, [2], \"3\"]",
    "{}",
    "{\"a\": 1}",
    "{\"a\":{\"b\":[]} , \"c\":null}\n",
};

static const char *const bad[] = {
    "",        " ",           "nul",    "nulll",    "True",      "01",          "+1",     ".5",
    "1.",      "1e",          "-",      "0x1",      "NaN",       "'a'",         "\"",     "\"a",
    "\"\\x\"", "\"\\u12g4\"", "\"\\",   "\"a\nb\"", "[",         "[1",          "[1,]",   "[1 2]",
    "[,]",     "{",           "{a: 1}", "{\"a\"}",  "{\"a\": }", "{\"a\": 1,}", "{1: 2}", "{\"a\": 1 \"b\": 2}",
    "[1]]",    "1 2",
};

START_TEST(json_is_taken)
{
    ck_assert_msg(ormc_json_check(good[_i]), "%s", good[_i]);
}
END_TEST

START_TEST(what_is_no_json_is_not)
{
    ck_assert_msg(!ormc_json_check(bad[_i]), "%s", bad[_i]);
}
END_TEST

START_TEST(nesting_is_bounded)
{
    char text[100001] = {0};
    memset(text, '[', 100);
    memset(text + 100, ']', 100);
    ck_assert(ormc_json_check(text));
    memset(text, '[', 100000);
    ck_assert(!ormc_json_check(text));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *tcase = tcase_create("json");
    tcase_add_loop_test(tcase, json_is_taken, 0, sizeof good / sizeof *good);
    tcase_add_loop_test(tcase, what_is_no_json_is_not, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tcase, nesting_is_bounded);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
