/* test_introspect.c -- names in the singular and plural, and YAML scalars.
 * SPDX-License-Identifier: MIT */
#include "introspect.h"

#include <check.h>
#include <stdlib.h>

static shown_schema s;
static orm__arena arena;

static void set_up(void)
{
    arena = (orm__arena){0};
    s = (shown_schema){.arena = &arena};
}

static void tear_down(void)
{
    orm__arena_release(&arena);
}

static const char *const words[][2] = {
    {"author", "authors"},         {"order_line", "order_lines"},
    {"category", "categories"},    {"box", "boxes"},
    {"address", "addresses"},      {"day", "days"},
    {"Person", "People"},          {"TRACK", "TRACKS"},
    {"grandchild", "grandchilds"}, {"step_child", "step_children"},
    {"status", "statuses"},        {"news", "news"},
    {"movie", "movies"},           {"branch", "branches"},
};

START_TEST(words_have_two_numbers)
{
    ck_assert_str_eq(shown_plural(&s, words[_i][0]), words[_i][1]);
    ck_assert_str_eq(shown_singular(&s, words[_i][1]), words[_i][0]);
    ck_assert_str_eq(shown_plural(&s, words[_i][1]), words[_i][1]);
    ck_assert_str_eq(shown_singular(&s, words[_i][0]), words[_i][0]);
}
END_TEST

static const char *const scalars[][2] = {
    {"plain", "plain"}, {"a > 0", "a > 0"},
    {"", "''"},         {"null", "'null'"},
    {"a: b", "'a: b'"}, {"it's", "'it''s'"},
    {"a #b", "'a #b'"}, {"two\nlines", "\"two\\nlines\""},
    {"[a]", "'[a]'"},   {"a ", "'a '"},
    {"größe", "größe"}, {"-name", "-name"},
    {"- a", "'- a'"},   {"tab\t\"x\"", "\"tab\\x09\\\"x\\\"\""},
};

START_TEST(scalars_are_quoted_where_they_need_it)
{
    orm__text text = {0};
    shown_put_scalar(&text, scalars[_i][0]);
    ck_assert_str_eq(text.data, scalars[_i][1]);
    orm__text_release(&text);
}
END_TEST

START_TEST(parts_of_indexes_are_columns_or_not)
{
    bool descending;
    ck_assert_str_eq(shown_part_column(&s, "\"a \"\"b\"\"\" DESC", &descending), "a \"b\"");
    ck_assert(descending);
    ck_assert_str_eq(shown_part_column(&s, "\"a\"", &descending), "a");
    ck_assert(!descending);
    ck_assert_ptr_null(shown_part_column(&s, "(lower(a))", &descending));
}
END_TEST

int main(void)
{
    TCase *test_case = tcase_create("introspect");
    tcase_add_checked_fixture(test_case, set_up, tear_down);
    tcase_add_loop_test(test_case, words_have_two_numbers, 0, (int)(sizeof words / sizeof *words));
    tcase_add_loop_test(test_case, scalars_are_quoted_where_they_need_it, 0, (int)(sizeof scalars / sizeof *scalars));
    tcase_add_test(test_case, parts_of_indexes_are_columns_or_not);
    Suite *suite = suite_create("introspect");
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
