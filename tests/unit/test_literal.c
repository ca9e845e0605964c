/* test_literal.c -- constants of C and SQL by generator/literal.c. Those of whole columns are test_ddl's and the golden
 * files' to show.
 * SPDX-License-Identifier: MIT */
#include "literal.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static orm__text out;

static void set_up(void)
{
    out = (orm__text){0};
}

static void tear_down(void)
{
    orm__text_release(&out);
}

static const struct {
    const char *text, *constant;
} strings[] = {
    {"", "\"\""},
    {"plain", "\"plain\""},
    {"a \"b\" \\", "\"a \\\"b\\\" \\\\\""},
    {"\n\t\r", "\"\\n\\t\\r\""},
    {"\001"
     "7\177",
     "\"\\0017\\177\""},
    {"what?\?/", "\"what?\\?/\""},
    {"?\?\?", "\"?\\?\\?\""},
    {"naïve 数", "\"naïve 数\""},
    {"\xE2\x80\xAE"
     "1\xE2\x81\xA6",
     "\"\\342\\200\\2561\\342\\201\\246\""},
    {"\xE2\x80\xA9", "\"\xE2\x80\xA9\""},
};

START_TEST(a_string_constant_holds_any_text)
{
    ormc_literal_c_string(&out, strings[_i].text, strlen(strings[_i].text));
    ck_assert_str_eq(out.data, strings[_i].constant);
}
END_TEST

static const struct {
    int64_t value;
    const char *constant;
} integers[] = {
    {0, "0"},
    {-7, "-7"},
    {INT32_MAX, "2147483647"},
    {INT32_MAX + INT64_C(1), "INT64_C(2147483648)"},
    {INT64_MIN, "INT64_MIN"},
    {INT64_MAX, "INT64_MAX"},
    {INT64_MIN + 1, "INT64_C(-9223372036854775807)"},
};

START_TEST(an_integer_constant_has_a_type_that_holds_it)
{
    ormc_literal_c_integer(&out, integers[_i].value);
    ck_assert_str_eq(out.data, integers[_i].constant);
}
END_TEST

static const struct {
    double value;
    const char *c, *postgresql, *sqlite;
} reals[] = {
    {0, "0.0", "0.0", "0.0"},
    {-1, "-1.0", "-1.0", "-1.0"},
    {0.1, "0.1", "0.1", "0.1"},
    {1e300, "1e+300", "1e+300", "1e+300"},
    {0.1 + 0.2, "0.30000000000000004", "0.30000000000000004", "0.30000000000000004"},
    {5e-324, "4.94065645841247e-324", "4.94065645841247e-324", "4.94065645841247e-324"},
    {123456789012345680.0, "1.2345678901234568e+17", "1.2345678901234568e+17", "1.2345678901234568e+17"},
    {NAN, "NAN", "'NaN'", "'NaN'"},
    {INFINITY, "INFINITY", "'Infinity'", "9e999"},
    {-INFINITY, "-INFINITY", "'-Infinity'", "-9e999"},
};

START_TEST(a_real_constant_is_exact_and_no_integer)
{
    ormc_literal_c_real(&out, reals[_i].value);
    ck_assert_str_eq(out.data, reals[_i].c);
    orm__text_clear(&out);
    ormc_literal_sql_real(&out, reals[_i].value, ORMC_POSTGRESQL);
    ck_assert_str_eq(out.data, reals[_i].postgresql);
    orm__text_clear(&out);
    ormc_literal_sql_real(&out, reals[_i].value, ORMC_SQLITE);
    ck_assert_str_eq(out.data, reals[_i].sqlite);
    ck_assert(ormc_literal_needs_math(reals[_i].value) == !isfinite(reals[_i].value));
}
END_TEST

START_TEST(names_and_texts_of_sql_double_their_quotes)
{
    ormc_literal_sql_name(&out, "a\"b'c");
    ormc_literal_sql_string(&out, "a\"b'c\\");
    ck_assert_str_eq(out.data, "\"a\"\"b'c\"'a\"b''c\\'");
}
END_TEST

static const struct {
    const char *word, *text;
    bool valid;
    int64_t value;
} times[] = {
    {"date", "2000-01-01", true, 0},
    {"date", "1999-12-31", true, -1},
    {"date", "2024-02-29", true, 8825},
    {"date", "2023-02-29", false, 0},
    {"date", "2024-02-29 12:00", false, 0},
    {"date", "infinity", true, INT32_MAX},
    {"date", "-infinity", true, INT32_MIN},
    {"time", "12:30", true, INT64_C(45000000000)},
    {"time", "25:00", false, 0},
    {"time", "infinity", false, 0},
    {"timestamp", "2000-01-01 00:00:00.000001", true, 1},
    {"timestamp", "2000-01-01", true, 0},
    {"timestamp", "noon", false, 0},
    {"timestamptz", "2000-01-01T01:00:00+01:00", true, 0},
    {"timestamptz", "2000-01-01 00:00:00Z", true, 0},
    {"timestamptz", "infinity", true, INT64_MAX},
    {"timestamptz", "-infinity", true, INT64_MIN},
};

START_TEST(dates_and_times_are_read_as_the_runtime_counts_them)
{
    int64_t value = -42;
    ck_assert(ormc_literal_read_time(ormc_type_find(times[_i].word), times[_i].text, &value) == times[_i].valid);
    if (times[_i].valid)
        ck_assert_int_eq(value, times[_i].value);
}
END_TEST

START_TEST(a_uuid_has_32_digits_and_any_hyphens)
{
    unsigned char bytes[16],
        expected[16] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
    ck_assert(ormc_literal_read_uuid("00112233-4455-6677-8899-AABBCCDDEEFF", bytes));
    ck_assert_mem_eq(bytes, expected, 16);
    ck_assert(ormc_literal_read_uuid("00112233445566778899aabbccddeeff", bytes));
    ck_assert_mem_eq(bytes, expected, 16);
    ck_assert(!ormc_literal_read_uuid("00112233445566778899aabbccddeef", bytes));
    ck_assert(!ormc_literal_read_uuid("00112233445566778899aabbccddeeff0", bytes));
    ck_assert(!ormc_literal_read_uuid("g0112233445566778899aabbccddeeff", bytes));
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("literal");
    TCase *constants = tcase_create("constants"), *reading = tcase_create("reading");
    tcase_add_checked_fixture(constants, set_up, tear_down);
    tcase_add_loop_test(constants, a_string_constant_holds_any_text, 0, sizeof strings / sizeof *strings);
    tcase_add_loop_test(constants, an_integer_constant_has_a_type_that_holds_it, 0, sizeof integers / sizeof *integers);
    tcase_add_loop_test(constants, a_real_constant_is_exact_and_no_integer, 0, sizeof reals / sizeof *reals);
    tcase_add_test(constants, names_and_texts_of_sql_double_their_quotes);
    tcase_add_loop_test(reading, dates_and_times_are_read_as_the_runtime_counts_them, 0, sizeof times / sizeof *times);
    tcase_add_test(reading, a_uuid_has_32_digits_and_any_hyphens);
    suite_add_tcase(all, constants);
    suite_add_tcase(all, reading);
    return all;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
