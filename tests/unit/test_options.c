/* test_options.c -- generator/options.c reads command lines by a table.
 * SPDX-License-Identifier: MIT */
#include "options.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const ormc_option output = {
    .name = "--output", .letter = 'o', .value = "DIR", .help = "the folder to write into", .required = true};
static const ormc_option dialect = {.name = "--dialect",
                                    .value = "postgresql or sqlite",
                                    .choices = (const char *const[]){"postgresql", "sqlite", NULL},
                                    .help = "the language of the SQL,\nwhich they do not share"};
static const ormc_option quiet = {.name = "--quiet", .letter = 'q', .help = "say nothing"};
static const ormc_option warning = {.letter = 'W', .value = "KIND", .help = "a kind of warning"};
static const ormc_option *const options[] = {&output, &dialect, &quiet, &warning, NULL};

static const ormc_usage all = {.options = options, .operands = "FILE...", .operand = "file"};
static const ormc_usage loose = {.options = options + 1, .operands = "FILE..."};
static const ormc_usage none = {0};
static const ormc_usage sorted = {.operands = "FILE...", .sorted = true};

static ormc_arguments given;
static orm__text message;

static void tear_down(void)
{
    ormc_arguments_release(&given);
    orm__text_release(&message);
}

/* The words are those of `line`, which blanks part. */
static bool read_line(const ormc_usage *usage, const char *line)
{
    static char copy[200];
    static char *words[20];
    int count = 0;
    tear_down();
    strcpy(copy, line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    return ormc_arguments_read(usage, count, words, &given, &message);
}

START_TEST(a_value_stands_behind_a_blank_an_equals_sign_or_the_letter)
{
    static const char *const lines[] = {"--output dir x", "--output=dir x", "-o dir x",
                                        "-odir x",        "x -o dir",       "-o other -o dir x"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ck_assert_msg(read_line(&all, lines[i]), "%s: %s", lines[i], message.data);
        ck_assert_str_eq(ormc_arguments_value(&given, &output), "dir");
        ck_assert_uint_eq(given.operand_count, 1);
        ck_assert_str_eq(given.operands[0], "x");
        ck_assert_ptr_null(ormc_arguments_value(&given, &quiet));
    }
}
END_TEST

START_TEST(switches_may_share_a_word_and_end_with_one_that_takes_a_value)
{
    ck_assert(read_line(&loose, "-qWall a"));
    ck_assert_str_eq(ormc_arguments_value(&given, &quiet), "");
    ck_assert_str_eq(ormc_arguments_value(&given, &warning), "all");
    ck_assert_uint_eq(given.operand_count, 1);
}
END_TEST

START_TEST(a_repeated_option_keeps_every_value_in_order)
{
    ck_assert(read_line(&loose, "-Wone -W two"));
    ck_assert_uint_eq(given.option_count, 2);
    ck_assert_str_eq(given.options[0].value, "one");
    ck_assert_str_eq(given.options[1].value, "two");
    ck_assert_ptr_eq(given.options[1].option, &warning);
    ck_assert_str_eq(ormc_arguments_value(&given, &warning), "two");
}
END_TEST

START_TEST(two_dashes_end_the_options_and_one_is_an_operand)
{
    ck_assert(read_line(&loose, "- -q -- -q --output"));
    ck_assert_uint_eq(given.operand_count, 3);
    ck_assert_str_eq(given.operands[0], "-");
    ck_assert_str_eq(given.operands[1], "-q");
    ck_assert_str_eq(given.operands[2], "--output");
    ck_assert_uint_eq(given.option_count, 1);
}
END_TEST

START_TEST(operands_keep_their_order_or_are_sorted_by_their_last_part)
{
    static const char *const by_name[] = {"B", "z/a", "a/b", "c/b", "b/c"};
    ck_assert(read_line(&loose, "b/c B c/b z/a a/b"));
    ck_assert_str_eq(given.operands[0], "b/c");
    ck_assert(read_line(&sorted, "b/c B c/b z/a a/b"));
    ck_assert_uint_eq(given.operand_count, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_str_eq(given.operands[i], by_name[i]);
}
END_TEST

START_TEST(help_counts_whatever_else_is_wrong_behind_it)
{
    static const char *const lines[] = {"--help", "-h", "-qh", "--help --nonsense", "x --help"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ck_assert_msg(read_line(&all, lines[i]), "%s: %s", lines[i], message.data);
        ck_assert(given.help);
    }
}
END_TEST

START_TEST(what_is_wrong_is_said_with_the_nearest_word)
{
    static const struct {
        const ormc_usage *usage;
        const char *line, *said;
    } cases[] = {
        {&all, "--outptu=x y", "unknown option '--outptu'; did you mean '--output'?"},
        {&all, "-dialect y", "unknown option '-dialect'; did you mean '--dialect'?"},
        {&all, "--completely-different", "unknown option '--completely-different'"},
        {&all, "-q=3", "unknown option '-='"},
        {&all, "--quiet=yes", "'--quiet' takes no value"},
        {&all, "x -o", "a value is missing behind '-o'"},
        {&all, "x --output", "a value is missing behind '--output'"},
        {&all, "x --output=", "the value is empty of '--output'"},
        {&all, "x --dialect=sqlit", "'--dialect' takes postgresql or sqlite, not 'sqlit'; did you mean 'sqlite'?"},
        {&all, "x --dialect mysql", "'--dialect' takes postgresql or sqlite, not 'mysql'"},
        {&all, "-o x", "no file is given"},
        {&all, "x", "--output DIR, the folder to write into, is missing"},
        {&none, "x", "'x' is one argument too many"},
        {&none, "-x", "unknown option '-x'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(!read_line(cases[i].usage, cases[i].line), "%s", cases[i].line);
        ck_assert_str_eq(message.data, cases[i].said);
    }
}
END_TEST

START_TEST(the_description_has_a_line_for_each_option_and_for_help)
{
    orm__text text = {0};
    ormc_options_describe(&all, &text);
    ck_assert_str_eq(text.data, "  -o, --output DIR    the folder to write into\n"
                                "  --dialect postgresql or sqlite\n"
                                "                      the language of the SQL,\n"
                                "                      which they do not share\n"
                                "  -q, --quiet         say nothing\n"
                                "  -W KIND             a kind of warning\n"
                                "  -h, --help          show this\n");
    orm__text_release(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *group = tcase_create("options");
    tcase_add_checked_fixture(group, NULL, tear_down);
    tcase_add_test(group, a_value_stands_behind_a_blank_an_equals_sign_or_the_letter);
    tcase_add_test(group, switches_may_share_a_word_and_end_with_one_that_takes_a_value);
    tcase_add_test(group, a_repeated_option_keeps_every_value_in_order);
    tcase_add_test(group, two_dashes_end_the_options_and_one_is_an_operand);
    tcase_add_test(group, operands_keep_their_order_or_are_sorted_by_their_last_part);
    tcase_add_test(group, help_counts_whatever_else_is_wrong_behind_it);
    tcase_add_test(group, what_is_wrong_is_said_with_the_nearest_word);
    tcase_add_test(group, the_description_has_a_line_for_each_option_and_for_help);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
