/* test_text.c -- appending, growth and failure of base/text.c.
 * SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static orm__text text;

static void set_up(void)
{
    text = (orm__text){0};
}

static void tear_down(void)
{
    orm__text_release(&text);
}

START_TEST(an_empty_buffer_has_no_memory)
{
    ck_assert_ptr_null(text.data);
    orm__text_clear(&text);
    ck_assert_ptr_null(text.data);
    ck_assert_uint_eq(text.length, 0);
}
END_TEST

START_TEST(appending_nothing_makes_an_empty_string)
{
    orm__text_string(&text, "");
    ck_assert_str_eq(text.data, "");
    orm__text_bytes(&text, NULL, 0);
    ck_assert_str_eq(text.data, "");
    ck_assert_uint_eq(text.length, 0);
    ck_assert(!text.failed);
}
END_TEST

START_TEST(every_way_of_appending_adds_at_the_end)
{
    orm__text_char(&text, 'a');
    orm__text_string(&text, "bc");
    orm__text_bytes(&text, "def", 2);
    orm__text_printf(&text, "%d%s", 7, "g");
    memcpy(orm__text_extend(&text, 2), "hi", 2);
    ck_assert_str_eq(text.data, "abcde7ghi");
    ck_assert_uint_eq(text.length, 9);
}
END_TEST

START_TEST(zero_bytes_are_bytes_like_others)
{
    orm__text_bytes(&text, "a\0b", 3);
    orm__text_char(&text, '\0');
    ck_assert_uint_eq(text.length, 4);
    ck_assert_mem_eq(text.data, "a\0b\0", 5);
}
END_TEST

START_TEST(a_long_text_is_whole_and_ends_with_a_zero)
{
    size_t wrong = 0;
    for (size_t i = 0; i < 100000; i++) {
        orm__text_char(&text, (char)('a' + i % 26));
        wrong += text.data[i + 1] != '\0';
    }
    for (size_t i = 0; i < text.length; i++)
        wrong += text.data[i] != (char)('a' + i % 26);
    ck_assert_uint_eq(wrong, 0);
    ck_assert_uint_eq(text.length, 100000);
}
END_TEST

/* Lengths about the first capacity, where a missing byte for the zero would show. */
START_TEST(formatted_text_of_any_length_fits)
{
    orm__text_printf(&text, "%0*d", _i, 5);
    ck_assert_uint_eq(text.length, (size_t)_i);
    ck_assert_uint_eq(strlen(text.data), (size_t)_i);
    ck_assert_int_eq(text.data[_i - 1], '5');
    ck_assert_uint_gt(text.capacity, text.length);
}
END_TEST

START_TEST(clearing_keeps_the_memory)
{
    orm__text_string(&text, "something");
    char *data = text.data;
    orm__text_clear(&text);
    ck_assert_str_eq(text.data, "");
    orm__text_string(&text, "else");
    ck_assert_ptr_eq(text.data, data);
    ck_assert_str_eq(text.data, "else");
}
END_TEST

START_TEST(when_memory_is_gone_the_rest_is_dropped_and_failed_says_so)
{
    orm__text_string(&text, "whole");
    ck_assert_ptr_null(orm__text_extend(&text, SIZE_MAX));
    ck_assert(text.failed);
    orm__text_string(&text, " more");
    orm__text_char(&text, '!');
    ck_assert_str_eq(text.data, "whole");
    ck_assert(text.failed);
}
END_TEST

START_TEST(formatted_text_after_a_failure_is_dropped_too)
{
    orm__text_string(&text, "whole");
    ck_assert_ptr_null(orm__text_extend(&text, SIZE_MAX));
    orm__text_printf(&text, " %s", "more");
    ck_assert_str_eq(text.data, "whole");
    ck_assert(text.failed);
}
END_TEST

START_TEST(clearing_forgets_a_failure)
{
    ck_assert_ptr_null(orm__text_extend(&text, SIZE_MAX));
    ck_assert(text.failed);
    orm__text_clear(&text);
    ck_assert(!text.failed);
    orm__text_string(&text, "good");
    ck_assert_str_eq(text.data, "good");
}
END_TEST

START_TEST(a_released_buffer_is_an_empty_one)
{
    orm__text_string(&text, "one");
    orm__text_release(&text);
    ck_assert_ptr_null(text.data);
    ck_assert_uint_eq(text.length, 0);
    orm__text_string(&text, "two");
    ck_assert_str_eq(text.data, "two");
    orm__text_release(&text);
    orm__text_release(&text);
}
END_TEST

static Suite *text_suite(void)
{
    Suite *suite = suite_create("text");
    TCase *tests = tcase_create("text");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, an_empty_buffer_has_no_memory);
    tcase_add_test(tests, appending_nothing_makes_an_empty_string);
    tcase_add_test(tests, every_way_of_appending_adds_at_the_end);
    tcase_add_test(tests, zero_bytes_are_bytes_like_others);
    tcase_add_test(tests, a_long_text_is_whole_and_ends_with_a_zero);
    tcase_add_loop_test(tests, formatted_text_of_any_length_fits, 120, 136);
    tcase_add_test(tests, clearing_keeps_the_memory);
    tcase_add_test(tests, when_memory_is_gone_the_rest_is_dropped_and_failed_says_so);
    tcase_add_test(tests, formatted_text_after_a_failure_is_dropped_too);
    tcase_add_test(tests, clearing_forgets_a_failure);
    tcase_add_test(tests, a_released_buffer_is_an_empty_one);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(text_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
