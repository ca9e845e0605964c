/* test_real.c -- floating point numbers as text and back: base/real.c.
 * SPDX-License-Identifier: MIT */
#include "base/real.h"

#include <check.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static const struct {
    double value;
    bool narrow;
    const char *text;
} numbers[] = {
    {0, false, "0"},
    {-0.0, false, "-0"},
    {0.1, false, "0.1"},
    {0.1f, true, "0.1"},
    {0.1f, false, "0.10000000149011612"},
    {1.0 / 3, false, "0.3333333333333333"},
    {100000, false, "100000"},
    {1e21, false, "1e+21"},
    {DBL_MAX, false, "1.7976931348623157e+308"},
    {DBL_MIN, false, "2.2250738585072014e-308"},
    {4.9406564584124654e-324, false, "4.94065645841247e-324"},
    {FLT_MAX, true, "3.4028235e+38"},
    {1.40129846e-45f, true, "1.4013e-45"},
    {16777216, true, "16777216"},
    {9007199254740992, false, "9007199254740992"},
    {INFINITY, false, "Infinity"},
    {-INFINITY, true, "-Infinity"},
};

START_TEST(a_number_becomes_its_shortest_text_and_comes_back)
{
    char text[ORM__REAL_TEXT];
    double back;
    ck_assert_str_eq(orm__real_format(numbers[_i].value, numbers[_i].narrow, text), numbers[_i].text);
    ck_assert(orm__real_parse(text, strlen(text), numbers[_i].narrow, &back));
    ck_assert_mem_eq(&back, &numbers[_i].value, sizeof back);
}
END_TEST

START_TEST(no_number_is_a_number_too)
{
    char text[ORM__REAL_TEXT];
    double back;
    ck_assert_str_eq(orm__real_format(NAN, false, text), "NaN");
    ck_assert(orm__real_parse("NaN", 3, true, &back));
    ck_assert(isnan(back));
}
END_TEST

START_TEST(any_bits_come_back)
{
    char text[ORM__REAL_TEXT];
    uint64_t bits = 0x123456789abcdef;
    for (int i = 0; i < 20000; i++) {
        double value, back;
        float narrow;
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &bits, sizeof value);
        memcpy(&narrow, &bits, sizeof narrow);
        if (isfinite(value)) {
            orm__real_format(value, false, text);
            ck_assert(orm__real_parse(text, strlen(text), false, &back));
            ck_assert_mem_eq(&back, &value, sizeof back);
        }
        if (isfinite(narrow)) {
            value = (double)narrow;
            orm__real_format(value, true, text);
            ck_assert(orm__real_parse(text, strlen(text), true, &back));
            ck_assert_mem_eq(&back, &value, sizeof back);
        }
    }
}
END_TEST

static const char *const wrong[] = {"",    " 1",   "1 ",    "nan", "inf", "Infinit", "+Infinity", "0x10",
                                    "1,5", "1.5.", "1e400", "e5",  "-",   "1e",      "--1"};

START_TEST(what_is_no_number_is_refused)
{
    double value;
    ck_assert(!orm__real_parse(wrong[_i], strlen(wrong[_i]), false, &value));
}
END_TEST

START_TEST(only_so_many_bytes_are_read)
{
    double value;
    ck_assert(orm__real_parse("1.5,2", 3, false, &value));
    ck_assert_double_eq(value, 1.5);
    ck_assert(!orm__real_parse("1e39", 4, true, &value));
}
END_TEST

START_TEST(the_locale_does_not_matter)
{
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
    char text[ORM__REAL_TEXT];
    double value;
    for (int i = 0; i < COUNT(locales); i++)
        if (setlocale(LC_ALL, locales[i]))
            break;
    ck_assert_str_eq(orm__real_format(-1.5e-9, false, text), "-1.5e-09");
    ck_assert(orm__real_parse(text, strlen(text), false, &value));
    ck_assert_double_eq(value, -1.5e-9);
    ck_assert(!orm__real_parse("1,5", 3, false, &value));
}
END_TEST

static Suite *real_suite(void)
{
    Suite *suite = suite_create("real");
    TCase *tests = tcase_create("real");
    tcase_add_loop_test(tests, a_number_becomes_its_shortest_text_and_comes_back, 0, COUNT(numbers));
    tcase_add_test(tests, no_number_is_a_number_too);
    tcase_add_test(tests, any_bits_come_back);
    tcase_add_loop_test(tests, what_is_no_number_is_refused, 0, COUNT(wrong));
    tcase_add_test(tests, only_so_many_bytes_are_read);
    tcase_add_test(tests, the_locale_does_not_matter);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(real_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
