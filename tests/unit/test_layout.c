/* test_layout.c -- where generator/layout.c breaks lines and fills comments.
 * SPDX-License-Identifier: MIT */
#include "layout.h"

#include <check.h>
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

#define TEN "0123456789"

static const struct {
    const char *line, *expected;
} lines[] = {
    {"int short_line;\n", "int short_line;\n"},
    {"\n\n  \n", "\n\n  \n"},
    {"no newline at the end", "no newline at the end"},
    {"orm_status a_function_" TEN "(const a_type_" TEN " *one, const a_type_" TEN " *two, const a_type_" TEN
     " *three);\n",
     "orm_status a_function_" TEN "(const a_type_" TEN " *one, const a_type_" TEN " *two,\n"
     "                                 const a_type_" TEN " *three);\n"},
    /* the inner bracket decides while it is open */
    {"    f(" TEN TEN TEN TEN ", (struct s){" TEN TEN ", " TEN ", " TEN ", " TEN TEN "}, last, " TEN TEN ");\n",
     "    f(" TEN TEN TEN TEN ", (struct s){" TEN TEN ", " TEN ",\n"
     "                                                           " TEN ", " TEN TEN "}, last,\n"
     "      " TEN TEN ");\n"},
    /* flags */
    {"    .flags = A_" TEN TEN " | B_" TEN TEN " | C_" TEN TEN " | D_" TEN TEN " | E,\n",
     "    .flags = A_" TEN TEN " | B_" TEN TEN " | C_" TEN TEN " |\n            D_" TEN TEN " | E,\n"},
    /* strings break behind a blank, never inside an escape, and commas in them are no commas */
    {"    \"" TEN " " TEN ", " TEN " " TEN " " TEN " " TEN " " TEN " " TEN " " TEN "\",\n",
     "    \"" TEN " " TEN ", " TEN " " TEN " " TEN " " TEN " " TEN " " TEN " \"\n    \"" TEN "\",\n"},
    {"    \"" TEN TEN TEN TEN TEN TEN TEN TEN "1234567 \\\"\\\"\\\"\\\"\\\" " TEN "\",\n",
     "    \"" TEN TEN TEN TEN TEN TEN TEN TEN "1234567 \"\n    \"\\\"\\\"\\\"\\\"\\\" " TEN "\",\n"},
    /* names so long that only an open bracket is left */
    {"f_" TEN TEN TEN TEN TEN "(const a_type_" TEN TEN TEN TEN TEN " *value);\n",
     "f_" TEN TEN TEN TEN TEN "(\n        const a_type_" TEN TEN TEN TEN TEN " *value);\n"},
    /* nothing to be done */
    {TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "\n", TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "\n"},
    {"/* " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN " */\n",
     "/* " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN " */\n"},
    {"#error \"" TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN "\"\n",
     "#error \"" TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN ", " TEN "\"\n"},
    /* a pointer is no comment */
    {"    *found = (a_list){(const a_" TEN TEN TEN " *const *)list.items, list.count, list.partial, " TEN "};\n",
     "    *found = (a_list){(const a_" TEN TEN TEN " *const *)list.items, list.count,\n"
     "                      list.partial, " TEN "};\n"},
    /* characters are counted, not bytes */
    {"    \"ééééééééé ééééééééé ééééééééé ééééééééé ééééééééé ééééééééé ééééééééé ééééééééé éééé\",\n",
     "    \"ééééééééé ééééééééé ééééééééé ééééééééé ééééééééé ééééééééé ééééééééé ééééééééé éééé\",\n"},
};

START_TEST(long_lines_break_where_a_programmer_would)
{
    ormc_layout_wrap(lines[_i].line, strlen(lines[_i].line), &out);
    ck_assert_str_eq(out.data, lines[_i].expected);
}
END_TEST

START_TEST(a_very_long_list_fills_its_lines)
{
    orm__text line = {0};
    orm__text_string(&line, "    static const int numbers[] = {1");
    for (int i = 2; i <= 500; i++)
        orm__text_printf(&line, ", %d", i);
    orm__text_string(&line, "};\n");
    ormc_layout_wrap(line.data, line.length, &out);
    for (const char *at = out.data; *at; at += strcspn(at, "\n") + 1) {
        ck_assert_uint_le(strcspn(at, "\n"), ORMC_WIDTH);
        ck_assert(at == out.data || strspn(at, " ") == strlen("    static const int numbers[] = {"));
    }
    orm__text_release(&line);
}
END_TEST

static const struct {
    const char *text;
    size_t indent;
    const char *expected;
} comments[] = {
    {"Short.", 0, "/* Short. */"},
    {"Two\nlines.\n", 0, "/* Two\n * lines. */"},
    {"A paragraph.\n\nAnother.", 4, "/* A paragraph.\n     *\n     * Another. */"},
    {"ends */ and /* begins", 0, "/* ends * / and / * begins */"},
    {"**/ ***/", 0, "/* ** / *** / */"},
    {"tab\tand \001 control", 0, "/* tab and   control */"},
    {"left \xE2\x80\xAE right \xE2\x81\xA6 end", 0, "/* left  right  end */"},
    {TEN " " TEN " " TEN " " TEN " " TEN " " TEN " " TEN " " TEN " " TEN, 0,
     "/* " TEN " " TEN " " TEN " " TEN " " TEN " " TEN " " TEN " " TEN "\n * " TEN " */"},
    {TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN, 0, "/* " TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN " */"},
};

START_TEST(comments_are_filled_and_harmless)
{
    ormc_layout_comment(comments[_i].text, comments[_i].indent, &out);
    ck_assert_str_eq(out.data, comments[_i].expected);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("layout");
    TCase *wrap = tcase_create("wrap"), *comment = tcase_create("comment");
    tcase_add_checked_fixture(wrap, set_up, tear_down);
    tcase_add_loop_test(wrap, long_lines_break_where_a_programmer_would, 0, sizeof lines / sizeof *lines);
    tcase_add_test(wrap, a_very_long_list_fills_its_lines);
    tcase_add_checked_fixture(comment, set_up, tear_down);
    tcase_add_loop_test(comment, comments_are_filled_and_harmless, 0, sizeof comments / sizeof *comments);
    suite_add_tcase(all, wrap);
    suite_add_tcase(all, comment);
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
