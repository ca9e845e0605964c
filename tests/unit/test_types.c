/* test_types.c -- the table of column types of generator/types.c.
 * SPDX-License-Identifier: MIT */
#include "types.h"

#include <check.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {"bool",    "int16",     "int32",       "int64", "float32",  "float64",
                                    "decimal", "text",      "bytes",       "uuid",  "date",     "time",
                                    "json",    "timestamp", "timestamptz", "jsonb", "interval", "inet"};

START_TEST(every_word_of_the_language_is_found)
{
    const ormc_type *type = ormc_type_find(words[_i]);
    ck_assert_ptr_nonnull(type);
    ck_assert_str_eq(type->word, words[_i]);
    ck_assert_ptr_nonnull(type->c_type);
    ck_assert_ptr_nonnull(type->postgresql);
    ck_assert_ptr_nonnull(type->sqlite);
}
END_TEST

START_TEST(a_constant_is_the_word_in_upper_case)
{
    const char *constant = ormc_type_find(words[_i])->constant;
    ck_assert_int_eq(strncmp(constant, "ORM_TYPE_", 9), 0);
    for (size_t i = 0; i <= strlen(words[_i]); i++)
        ck_assert_int_eq(constant[9 + i], toupper((unsigned char)words[_i][i]));
}
END_TEST

START_TEST(other_words_are_not_found)
{
    static const char *const others[] = {"", "enum", "Int32", "int32 ", "integer", "other", "cidr"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_ptr_null(ormc_type_find(others[i]));
}
END_TEST

START_TEST(enums_have_a_row_that_names_no_types)
{
    const ormc_type *type = ormc_type_of_enum();
    ck_assert_int_eq(type->class, ORMC_CLASS_ENUM);
    ck_assert_ptr_null(type->c_type);
    ck_assert_ptr_null(type->postgresql);
    ck_assert(type->has_opt);
}
END_TEST

START_TEST(the_table_ends_behind_all_words)
{
    size_t count = 0;
    while (ormc_types[count].word)
        count++;
    ck_assert_uint_eq(count, sizeof words / sizeof *words + 2);
}
END_TEST

START_TEST(only_types_that_cannot_say_null_have_an_optional_form)
{
    for (const ormc_type *type = ormc_types; type->word; type++) {
        bool says_null = (type->class == ORMC_CLASS_TEXT || type->class == ORMC_CLASS_DECIMAL ||
                          type->class == ORMC_CLASS_JSON || type->class == ORMC_CLASS_BYTES ||
                          type->class == ORMC_CLASS_INET || type->class == ORMC_CLASS_OTHER);
        ck_assert_msg(type->has_opt != says_null, "%s", type->word);
    }
}
END_TEST

START_TEST(integers_have_the_limits_of_their_c_type)
{
    ck_assert_int_eq(ormc_type_find("int16")->lowest, INT16_MIN);
    ck_assert_int_eq(ormc_type_find("int16")->highest, INT16_MAX);
    ck_assert_int_eq(ormc_type_find("int32")->lowest, INT32_MIN);
    ck_assert_int_eq(ormc_type_find("int32")->highest, INT32_MAX);
    ck_assert_int_eq(ormc_type_find("int64")->lowest, INT64_MIN);
    ck_assert_int_eq(ormc_type_find("int64")->highest, INT64_MAX);
}
END_TEST

START_TEST(only_dates_and_times_take_now)
{
    for (const ormc_type *type = ormc_types; type->word; type++)
        ck_assert_msg(type->takes_now == (type->class == ORMC_CLASS_TIME), "%s", type->word);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("types");
    TCase *tcase = tcase_create("table");
    tcase_add_loop_test(tcase, every_word_of_the_language_is_found, 0, sizeof words / sizeof *words);
    tcase_add_loop_test(tcase, a_constant_is_the_word_in_upper_case, 0, sizeof words / sizeof *words);
    tcase_add_test(tcase, other_words_are_not_found);
    tcase_add_test(tcase, enums_have_a_row_that_names_no_types);
    tcase_add_test(tcase, the_table_ends_behind_all_words);
    tcase_add_test(tcase, only_types_that_cannot_say_null_have_an_optional_form);
    tcase_add_test(tcase, integers_have_the_limits_of_their_c_type);
    tcase_add_test(tcase, only_dates_and_times_take_now);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
