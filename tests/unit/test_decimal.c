/* test_decimal.c -- checking, writing, comparing, fitting and adding of base/decimal.c.
 * SPDX-License-Identifier: MIT */
#include "base/decimal.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static orm__arena arena;

static void set_up(void)
{
    orm__arena_init(&arena);
}

static void tear_down(void)
{
    orm__arena_release(&arena);
}

static int compare(const char *a, const char *b)
{
    int order = orm__decimal_compare(a, strlen(a), b, strlen(b));
    return (order > 0) - (order < 0);
}

/* Text and its canonical form; NULL where it is no decimal. */
static const struct {
    const char *text, *canonical;
} texts[] = {
    {"0", "0"},
    {"-0", "0"},
    {"-0.00", "0.00"},
    {"+12.50", "12.50"},
    {"-12.50", "-12.50"},
    {"0012", "12"},
    {"000.5", "0.5"},
    {".5", "0.5"},
    {"-.5", "-0.5"},
    {"5.", "5"},
    {"0.10", "0.10"},
    {"1.5e3", "1500"},
    {"1.5E+3", "1500"},
    {"1.5e-3", "0.0015"},
    {"15e-1", "1.5"},
    {"1.50e1", "15.0"},
    {"0e10", "0"},
    {"0e-3", "0.000"},
    {"12345678901234567890123456789012345678901234567890.5", "12345678901234567890123456789012345678901234567890.5"},
    {"NaN", "NaN"},
    {"nan", "NaN"},
    {"Infinity", "Infinity"},
    {"inf", "Infinity"},
    {"+INF", "Infinity"},
    {"-infinity", "-Infinity"},
    {"", NULL},
    {"-", NULL},
    {".", NULL},
    {"e5", NULL},
    {"1e", NULL},
    {"1e+", NULL},
    {"1e5x", NULL},
    {"1e99999999999999999999", NULL},
    {"1e131072", NULL},
    {"1e-16384", NULL},
    {"1.2.3", NULL},
    {"12a", NULL},
    {" 1", NULL},
    {"1 ", NULL},
    {"--1", NULL},
    {"-NaN", NULL},
    {"infinit", NULL},
    {"infinityx", NULL},
    {"0x10", NULL},
};
enum { TEXT_COUNT = sizeof texts / sizeof *texts };

START_TEST(a_decimal_has_one_canonical_text)
{
    const char *text = texts[_i].text, *canonical = texts[_i].canonical;
    ck_assert_int_eq(orm__decimal_check(text, strlen(text)), canonical != NULL);
    ck_assert_pstr_eq(orm__decimal_canonical(&arena, text), canonical);
    ck_assert_uint_eq(orm__decimal_write(text, strlen(text), NULL, 0), canonical ? strlen(canonical) : 0);
    if (canonical)
        ck_assert_pstr_eq(orm__decimal_canonical(&arena, canonical), canonical);
}
END_TEST

START_TEST(the_length_given_is_the_end_of_the_text)
{
    ck_assert(orm__decimal_check("12.5x", 4));
    ck_assert(!orm__decimal_check("12", 0));
    ck_assert(orm__decimal_check("NaNny", 3));
}
END_TEST

START_TEST(a_buffer_that_is_too_small_is_left_alone)
{
    char buffer[] = "untouched";
    ck_assert_uint_eq(orm__decimal_write("1e3", 3, buffer, 4), 4);
    ck_assert_str_eq(buffer, "untouched");
    ck_assert_uint_eq(orm__decimal_write("1e3", 3, buffer, 5), 4);
    ck_assert_str_eq(buffer, "1000");
}
END_TEST

START_TEST(the_largest_number_is_131072_digits)
{
    char *text = orm__decimal_canonical(&arena, "9e131071");
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(strlen(text), 131072);
    ck_assert_int_eq(compare(text, "9e131071"), 0);
    text = orm__decimal_canonical(&arena, "-1e-16383");
    ck_assert_uint_eq(strlen(text), 16386);
}
END_TEST

/* In ascending order, those of one row equal. */
static const char *const ascending[][4] = {
    {"-Infinity", "-inf"},
    {"-1e1000"},
    {"-12345678901234567890.1"},
    {"-12345678901234567890"},
    {"-10", "-1e1", "-10.00"},
    {"-9.99"},
    {"-0.5", "-.50"},
    {"-0.05"},
    {"0", "-0", "0.000", "0e5"},
    {"0.0001", "1e-4"},
    {"0.001"},
    {"0.5", "00.5"},
    {"1", "1.0", "10e-1"},
    {"1.01"},
    {"9"},
    {"10", "1e1", "+10.0"},
    {"10.1"},
    {"100"},
    {"12345678901234567890"},
    {"12345678901234567890.1"},
    {"1e1000"},
    {"Infinity", "inf"},
    {"NaN", "nan"},
    {"abc"},
    {"abcd"},
    {"b"},
};
enum { ASCENDING_COUNT = sizeof ascending / sizeof *ascending };

START_TEST(numbers_are_ordered_by_value)
{
    for (int other = 0; other < ASCENDING_COUNT; other++)
        for (int a = 0; a < 4 && ascending[_i][a]; a++)
            for (int b = 0; b < 4 && ascending[other][b]; b++)
                ck_assert_msg(compare(ascending[_i][a], ascending[other][b]) == (_i > other) - (_i < other), "%s, %s",
                              ascending[_i][a], ascending[other][b]);
}
END_TEST

START_TEST(equal_numbers_have_equal_hashes_and_others_do_not)
{
    const char *first = ascending[_i][0];
    uint64_t hash = orm__decimal_hash(first, strlen(first));
    for (int other = 0; other < ASCENDING_COUNT; other++)
        for (int b = 0; b < 4 && ascending[other][b]; b++)
            ck_assert_int_eq(orm__decimal_hash(ascending[other][b], strlen(ascending[other][b])) == hash, other == _i);
}
END_TEST

static const struct {
    const char *text;
    unsigned precision, scale;
    bool fits;
    const char *fitted;
} fittings[] = {
    {"1.5", 4, 2, true, "1.50"},
    {"-1.5", 4, 2, true, "-1.50"},
    {"1.500000", 4, 2, true, "1.50"},
    {"1.505", 4, 2, false, "1.505"},
    {"99.99", 4, 2, true, "99.99"},
    {"100", 4, 2, false, "100"},
    {"100.00", 5, 2, true, "100.00"},
    {"-0.00", 4, 2, true, "0.00"},
    {"0", 2, 2, true, "0.00"},
    {"0.99", 2, 2, true, "0.99"},
    {"1", 2, 2, false, "1"},
    {"1e3", 4, 0, true, "1000"},
    {"1e4", 4, 0, false, "1e4"},
    {"12e-1", 2, 1, true, "1.2"},
    {"+7", 1, 0, true, "7"},
    {"123456789012345678901234567890.5", 31, 1, true, "123456789012345678901234567890.5"},
    {"NaN", 4, 2, true, "NaN"},
    {"-inf", 4, 2, false, "-inf"},
    {"x", 4, 2, false, "x"},
};

START_TEST(what_fits_gets_the_digits_of_its_column)
{
    ck_assert_int_eq(orm__decimal_fits(fittings[_i].text, fittings[_i].precision, fittings[_i].scale),
                     fittings[_i].fits);
    ck_assert_str_eq(orm__decimal_fit(&arena, fittings[_i].text, fittings[_i].precision, fittings[_i].scale),
                     fittings[_i].fitted);
}
END_TEST

static const struct {
    const char *a, *b, *sum;
} sums[] = {
    {"1", "2", "3"},
    {"0.1", "0.2", "0.3"},
    {"0.10", "0.2", "0.30"},
    {"99.99", "0.01", "100.00"},
    {"1", "-1", "0"},
    {"-1", "1.00", "0.00"},
    {"-1", "-2.5", "-3.5"},
    {"1", "-2.5", "-1.5"},
    {"-1", "2.5", "1.5"},
    {"1000", "-0.001", "999.999"},
    {"-0", "-0", "0"},
    {"0.001", "-0.0009", "0.0001"},
    {"1e20", "1e-5", "100000000000000000000.00001"},
    {"99999999999999999999999999999999999999", "1", "100000000000000000000000000000000000000"},
    {"NaN", "1", "NaN"},
    {"1", "NaN", "NaN"},
    {"NaN", "Infinity", "NaN"},
    {"Infinity", "1", "Infinity"},
    {"1", "-Infinity", "-Infinity"},
    {"Infinity", "Infinity", "Infinity"},
    {"Infinity", "-Infinity", "NaN"},
    {"1", "x", NULL},
    {"x", "NaN", NULL},
};

START_TEST(a_sum_is_exact)
{
    orm__text sum = {0};
    orm__text_string(&sum, "= ");
    bool added = orm__decimal_add(&sum, sums[_i].a, strlen(sums[_i].a), sums[_i].b, strlen(sums[_i].b));
    ck_assert_int_eq(added, sums[_i].sum != NULL);
    ck_assert_str_eq(sum.data + 2, added ? sums[_i].sum : "");
    ck_assert_uint_eq(sum.length, strlen(sum.data));
    orm__text_release(&sum);
}
END_TEST

/* As PostgreSQL 15 answers SELECT sum::numeric / count::numeric. */
static const struct {
    const char *sum;
    int64_t count;
    const char *mean;
} means[] = {
    {"1", 3, "0.33333333333333333333"},
    {"2", 3, "0.66666666666666666667"},
    {"3.00", 2, "1.5000000000000000"},
    {"-1", 3, "-0.33333333333333333333"},
    {"-2", 3, "-0.66666666666666666667"},
    {"0", 7, "0.00000000000000000000"},
    {"0.00", 3, "0.00000000000000000000"},
    {"12345678901234567890.12", 3, "4115226300411522630.04"},
    {"0.00000000000000000001", 3, "0.0000000000000000000033333333333333333333"},
    {"9999", 10000, "0.99990000000000000000"},
    {"10000", 9999, "1.0001000100010001"},
    {"99999.9999", 3, "33333.333300000000"},
    {"-0.5", 1, "-0.50000000000000000000"},
    {"1", 10001, "0.000099990000999900009999"},
    {"29999", 3, "9999.6666666666666667"},
    {"1.5", 2, "0.75000000000000000000"},
    {"0.999999999999999999995", 1, "0.999999999999999999995"},
    {"19999999999999999999", 2, "10000000000000000000"},
    {"100000000", 100000000, "1.00000000000000000000"},
    {"0.0001", 3, "0.000033333333333333333333"},
    {"5", 99999999999, "0.0000000000500000000005000000"},
    {"1e30", 7, "142857142857142857142857142857"},
    {"NaN", 2, "NaN"},
    {"-inf", 2, "-Infinity"},
};

START_TEST(a_mean_is_rounded_as_the_server_does)
{
    orm__text mean = {0};
    ck_assert(orm__decimal_mean(&mean, means[_i].sum, strlen(means[_i].sum), means[_i].count));
    ck_assert_str_eq(mean.data, means[_i].mean);
    ck_assert_uint_eq(mean.length, strlen(means[_i].mean));
    orm__text_clear(&mean);
    ck_assert(!orm__decimal_mean(&mean, "1x", 2, 3));
    orm__text_release(&mean);
}
END_TEST

static Suite *decimal_suite(void)
{
    Suite *suite = suite_create("decimal");
    TCase *tests = tcase_create("decimal");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, a_decimal_has_one_canonical_text, 0, TEXT_COUNT);
    tcase_add_test(tests, the_length_given_is_the_end_of_the_text);
    tcase_add_test(tests, a_buffer_that_is_too_small_is_left_alone);
    tcase_add_test(tests, the_largest_number_is_131072_digits);
    tcase_add_loop_test(tests, numbers_are_ordered_by_value, 0, ASCENDING_COUNT);
    tcase_add_loop_test(tests, equal_numbers_have_equal_hashes_and_others_do_not, 0, ASCENDING_COUNT);
    tcase_add_loop_test(tests, what_fits_gets_the_digits_of_its_column, 0, sizeof fittings / sizeof *fittings);
    tcase_add_loop_test(tests, a_mean_is_rounded_as_the_server_does, 0, sizeof means / sizeof *means);
    tcase_add_loop_test(tests, a_sum_is_exact, 0, sizeof sums / sizeof *sums);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(decimal_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
