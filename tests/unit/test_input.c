/* test_input.c -- reading and cutting texts by generator/input.c. What is refused is in test_syntax.c, too.
 * SPDX-License-Identifier: MIT */
#include "input.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static orm__arena arena;
static ormc_diagnostics *diagnostics;
static ormc_input input;

static void set_up(void)
{
    orm__arena_init(&arena);
    diagnostics = ormc_diagnostics_new();
}

static void tear_down(void)
{
    ormc_diagnostics_free(diagnostics);
    orm__arena_release(&arena);
}

static void open_text(const char *text)
{
    ck_assert(ormc_input_open(&input, "t.yaml", text, strlen(text), &arena, diagnostics));
}

START_TEST(lines_end_with_lf_cr_lf_or_cr)
{
    static const size_t starts[] = {0, 2, 5, 7, 8};
    open_text("a\nb\r\nc\r\rd");
    ck_assert_uint_eq(input.line_count, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_uint_eq(input.line_starts[i], starts[i]);
}
END_TEST

START_TEST(a_byte_order_mark_is_not_part_of_the_text)
{
    open_text("\xEF\xBB\xBF"
              "a");
    ck_assert_uint_eq(input.size, 1);
    ck_assert_str_eq(input.text, "a");
}
END_TEST

START_TEST(a_place_ends_with_its_line)
{
    open_text("ab\ncdef\ngh");
    ormc_place place = ormc_input_place(&input, 4, 10);
    ck_assert_int_eq(place.line, 2);
    ck_assert_int_eq(place.column, 2);
    ck_assert_int_eq(place.length, 3);
    place = ormc_input_place(&input, 10, 10);
    ck_assert_int_eq(place.line, 3);
    ck_assert_int_eq(place.column, 3);
    ck_assert_int_eq(place.length, 0);
}
END_TEST

START_TEST(characters_of_every_length_may_stand_in_a_text)
{
    open_text("a\t\xC2\x85\xC3\xBF\xE2\x82\xAC\xEF\xBF\xBD\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF\r\n");
    ck_assert(ormc_input_check(&input, diagnostics));
    open_text("");
    ck_assert(ormc_input_check(&input, diagnostics));
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_ERROR), 0);
}
END_TEST

static const char *const refused[] = {
    "\x7F",         "\xC2\x80",   "\x08",         "\xEF\xBB\xBF\xEF\xBB\xBF", "\xEF\xBF\xBE",
    "\x80",         "\xC1\xBF",   "\xE0\x80\x80", "\xF0\x80\x80\x80",         "\xF8\x88\x80\x80\x80",
    "\xED\xBF\xBF", "a\xE2\x82(", "\xC3"};

START_TEST(others_may_not)
{
    open_text(refused[_i]);
    ck_assert(!ormc_input_check(&input, diagnostics));
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_ERROR), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("input");
    TCase *tcase = tcase_create("input");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, lines_end_with_lf_cr_lf_or_cr);
    tcase_add_test(tcase, a_byte_order_mark_is_not_part_of_the_text);
    tcase_add_test(tcase, a_place_ends_with_its_line);
    tcase_add_test(tcase, characters_of_every_length_may_stand_in_a_text);
    tcase_add_loop_test(tcase, others_may_not, 0, sizeof refused / sizeof *refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
