/* test_diagnostic.c -- order, rendering and suggestions of generator/diagnostic.c.
 * SPDX-License-Identifier: MIT */
#include "diagnostic.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static ormc_diagnostics *diagnostics;
static orm__text out;

static void set_up(void)
{
    diagnostics = ormc_diagnostics_new();
    out = (orm__text){0};
}

static void tear_down(void)
{
    ormc_diagnostics_free(diagnostics);
    orm__text_release(&out);
}

static void add_source(const char *file, const char *text)
{
    ormc_diagnostics_add_source(diagnostics, file, text, strlen(text));
}

static ormc_place place(const char *file, int line, int column, int length)
{
    return (ormc_place){.file = file, .line = line, .column = column, .length = length};
}

static const char *rendered(void)
{
    orm__text_clear(&out);
    ormc_diagnostics_render(diagnostics, &out);
    return out.data ? out.data : "";
}

START_TEST(without_messages_nothing_is_rendered)
{
    ck_assert_str_eq(rendered(), "");
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_ERROR), 0);
}
END_TEST

START_TEST(a_message_shows_its_place_its_line_and_a_caret)
{
    add_source("a.yaml", "one\ntwo words\nthree\n");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", 2, 5, 5), "no %s", "good");
    ck_assert_str_eq(rendered(), "a.yaml:2:5: error: no good [ORM0012]\n    two words\n        ^~~~~\n");
}
END_TEST

START_TEST(messages_come_in_order_of_file_line_and_column)
{
    add_source("b.yaml", "1\n");
    add_source("a.yaml", "1 2\n3\n");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", 2, 1, 1), "fourth");
    ormc_report(diagnostics, ORMC_W_TEXT_KEY, place("a.yaml", 1, 3, 1), "third");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", 1, 1, 1), "second");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("b.yaml", 1, 1, 1), "first");
    const char *text = rendered(), *words[] = {"first", "second", "warning: third", "fourth"};
    for (size_t i = 0; i < 4; i++) {
        const char *found = strstr(text, words[i]);
        ck_assert_ptr_nonnull(found);
        text = found;
    }
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_ERROR), 3);
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_WARNING), 1);
}
END_TEST

START_TEST(a_note_stays_below_its_error_wherever_it_points)
{
    add_source("a.yaml", "x\ny\n");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", 2, 1, 1), "again");
    ormc_note(diagnostics, place("a.yaml", 1, 1, 1), "first here");
    ck_assert_str_eq(rendered(),
                     "a.yaml:2:1: error: again [ORM0012]\n    y\n    ^\na.yaml:1:1: note: first here\n    x\n    ^\n");
}
END_TEST

START_TEST(the_same_message_at_the_same_place_is_said_once)
{
    add_source("a.yaml", "x\n");
    for (int i = 0; i < 3; i++) {
        ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", 1, 1, 1), "bad");
        ormc_note(diagnostics, place("a.yaml", 1, 1, 1), "here");
    }
    ck_assert_str_eq(rendered(),
                     "a.yaml:1:1: error: bad [ORM0012]\n    x\n    ^\na.yaml:1:1: note: here\n    x\n    ^\n");
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_ERROR), 1);
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_NOTE), 1);
}
END_TEST

START_TEST(a_file_without_text_has_only_its_name)
{
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("gone.yaml", 0, 0, 0), "cannot be read");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place(NULL, 0, 0, 0), "lost");
    ck_assert_str_eq(rendered(), "gone.yaml: error: cannot be read [ORM0012]\nerror: lost [ORM0012]\n");
}
END_TEST

START_TEST(tabs_become_blanks_above_and_below)
{
    add_source("a.yaml", "a\tb:\tcc\n");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", 1, 6, 2), "x");
    ck_assert_str_eq(rendered(), "a.yaml:1:6: error: x [ORM0012]\n    a   b:  cc\n            ^~\n");
}
END_TEST

START_TEST(characters_count_by_the_columns_they_take)
{
    add_source("a.yaml", "h\xC3\xA9 \xE5\x90\x8D e\xCC\x81 x\n"); /* h, e with accent, a wide one, combining accent */
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", 1, 13, 1), "x");
    ck_assert_ptr_nonnull(strstr(rendered(), "\n            ^\n"));
}
END_TEST

START_TEST(bytes_that_cannot_be_shown_become_question_marks)
{
    add_source("a.yaml", "a\xFF\x01z\n");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", 1, 4, 1), "x\ny\033");
    ck_assert_str_eq(rendered(), "a.yaml:1:4: error: x?y? [ORM0012]\n    a??z\n       ^\n");
}
END_TEST

START_TEST(of_a_long_line_the_part_around_the_place_is_shown)
{
    char line[1001];
    memset(line, 'x', 1000);
    line[1000] = '\0';
    memcpy(line + 500, "wrong", 5);
    add_source("a.yaml", line);
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", 1, 501, 5), "x");
    const char *text = strchr(rendered(), '\n') + 1, *caret = strchr(text, '\n') + 1;
    ck_assert_uint_lt((size_t)(caret - text), 120);
    ck_assert_int_eq(strncmp(text, "    ...xx", 9), 0);
    ck_assert_int_eq(strncmp(text + (strchr(caret, '^') - caret), "wrong", 5), 0);
    ck_assert_int_eq(strncmp(caret - 5, "x...\n", 5), 0);
}
END_TEST

START_TEST(a_place_at_the_end_of_a_line_has_its_caret_there)
{
    add_source("a.yaml", "ab\r\ncd");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", 1, 3, 0), "x");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", 2, 3, 4), "y");
    ck_assert_str_eq(
        rendered(),
        "a.yaml:1:3: error: x [ORM0012]\n    ab\n      ^\na.yaml:2:3: error: y [ORM0012]\n    cd\n      ^\n");
}
END_TEST

START_TEST(a_message_without_end_is_cut)
{
    char name[5000];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place(NULL, 0, 0, 0), "unknown '%s'", name);
    size_t length = strlen(rendered());
    ck_assert_uint_lt(length, 700);
    ck_assert_str_eq(out.data + length - 14, "... [ORM0012]\n");
}
END_TEST

START_TEST(a_note_of_what_is_not_said_is_not_said)
{
    ormc_diagnostic_options options = {.no_warnings = true};
    ormc_diagnostics_configure(diagnostics, &options);
    ormc_note(diagnostics, place(NULL, 0, 0, 0), "before all");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place(NULL, 0, 0, 0), "said");
    ormc_report(diagnostics, ORMC_W_TEXT_KEY, place(NULL, 0, 0, 0), "unsaid");
    ormc_note(diagnostics, place(NULL, 0, 0, 0), "unsaid, too");
    ck_assert_str_eq(rendered(), "error: said [ORM0012]\n");
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_WARNING), 0);
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_NOTE), 0);
}
END_TEST

static const struct {
    const char *comment;
    bool allowed;
} comments[] = {
    {"# ormc: allow text-key", true},
    {"# ormc: allow unused, text-key", true},
    {"# ormc: allow text-key,unused", true},
    {"# ormc: allow text-keys", false},
    {"# ormc: allow text-keys text-key", true},
    {"# ormc: allow a-text-key", false},
    {"# ormc: allow", false},
    {"text-key", false},
    {"# text-key ormc: allow ", false},
};

START_TEST(a_comment_in_its_line_switches_a_warning_off)
{
    orm__text text = {0};
    orm__text_printf(&text, "one: two %s\nthree: four\n", comments[_i].comment);
    add_source("a.yaml", text.data);
    orm__text_release(&text);
    ormc_report(diagnostics, ORMC_W_TEXT_KEY, place("a.yaml", 1, 1, 3), "x");
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_WARNING), !comments[_i].allowed);
    ormc_report(diagnostics, ORMC_W_TEXT_KEY, place("a.yaml", 2, 1, 5), "x");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", 1, 1, 3), "y");
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_WARNING), 1 + !comments[_i].allowed);
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_ERROR), 1);
}
END_TEST

START_TEST(a_warning_counts_as_an_error_when_asked)
{
    ormc_diagnostic_options options = {.all_errors = true};
    options.warnings[ORMC_W_UNUSED].as_error = ORMC_WARNING_OFF;
    options.warnings[ORMC_W_NAME_CASE].shown = ORMC_WARNING_OFF;
    ormc_diagnostics_configure(diagnostics, &options);
    ormc_report(diagnostics, ORMC_W_TEXT_KEY, place(NULL, 0, 0, 0), "a");
    ormc_report(diagnostics, ORMC_W_UNUSED, place(NULL, 0, 0, 0), "b");
    ormc_report(diagnostics, ORMC_W_NAME_CASE, place(NULL, 0, 0, 0), "c");
    ck_assert_str_eq(rendered(), "error: a [ORM0101, -Werror=text-key]\nwarning: b [ORM0105, -Wunused]\n");
}
END_TEST

START_TEST(of_very_many_messages_the_rest_is_counted)
{
    for (int i = 1; i <= 2500; i++) {
        ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("a.yaml", i, 1, 1), "x");
        ormc_note(diagnostics, place("a.yaml", i, 1, 1), "y");
    }
    const char *text = rendered(), *end = "note: 1500 messages more\n";
    ck_assert_str_eq(text + strlen(text) - strlen(end), end);
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_ERROR), 2500);
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_NOTE), 1000);
}
END_TEST

START_TEST(for_programs_a_message_is_an_object_on_a_line)
{
    ormc_diagnostic_options options = {.format = ORMC_AS_JSON};
    ormc_diagnostics_configure(diagnostics, &options);
    add_source("a.yaml", "x\n");
    ormc_report(diagnostics, ORMC_E_UNKNOWN_MODEL, place("\xC3\xA4\xFF\t.yaml", 3, 4, 5), "a \"b\" \\ c");
    ormc_note(diagnostics, place("a.yaml", 1, 1, 1), "here");
    ormc_report(diagnostics, ORMC_W_TEXT_KEY, place(NULL, 0, 0, 0), "x");
    ck_assert_str_eq(
        rendered(),
        "{\"code\":\"ORM0101\",\"option\":\"text-key\",\"severity\":\"warning\",\"message\":\"x\",\"notes\":[]}\n"
        "{\"code\":\"ORM0012\",\"severity\":\"error\",\"file\":\"\xC3\xA4\xEF\xBF\xBD\\u0009.yaml\",\"line\":3,"
        "\"column\":4,\"end_column\":9,\"message\":\"a \\\"b\\\" \\\\ c\",\"notes\":[{\"severity\":\"note\",\"file\":"
        "\"a.yaml\",\"line\":1,\"column\":1,\"end_column\":2,\"message\":\"here\"}]}\n");
}
END_TEST

START_TEST(numbers_of_kinds_only_grow)
{
    int last = 0;
    for (const ormc_kind_row *row = ormc_kinds; row->kind; row++) {
        ck_assert_int_gt((int)row->kind, last);
        last = (int)row->kind;
        ck_assert_ptr_eq(ormc_kind_find(last), row);
    }
    ck_assert_int_lt(last, ORMC_KIND_LIMIT);
    ck_assert_ptr_null(ormc_kind_find(last + 1));
    ck_assert_int_eq(ORMC_E_UNKNOWN_MODEL, 12);
}
END_TEST

static const struct {
    const char *word, *nearest;
} slips[] = {
    {"defualt", "default"},  {"defaul", "default"},  {"Default", "default"}, {"uniqe", "unique"},
    {"typ", "type"},         {"default", "default"}, {"xyz", NULL},          {"", NULL},
    {"nulable", "nullable"}, {"table", NULL},
};

START_TEST(the_nearest_word_is_a_slip_away)
{
    static const char *const words[] = {"type", "default", "nullable", "unique"};
    const char *nearest = ormc_nearest(slips[_i].word, words, 4);
    if (slips[_i].nearest)
        ck_assert_str_eq(nearest, slips[_i].nearest);
    else
        ck_assert_ptr_null(nearest);
}
END_TEST

START_TEST(a_word_without_end_is_near_to_nothing)
{
    char word[300];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    const char *words[] = {"aaaa", word};
    ck_assert_ptr_null(ormc_nearest(word, words, 2));
    ck_assert_ptr_null(ormc_nearest("aaab", NULL, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("diagnostic");
    TCase *tcase = tcase_create("diagnostic");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, without_messages_nothing_is_rendered);
    tcase_add_test(tcase, a_message_shows_its_place_its_line_and_a_caret);
    tcase_add_test(tcase, messages_come_in_order_of_file_line_and_column);
    tcase_add_test(tcase, a_note_stays_below_its_error_wherever_it_points);
    tcase_add_test(tcase, the_same_message_at_the_same_place_is_said_once);
    tcase_add_test(tcase, a_file_without_text_has_only_its_name);
    tcase_add_test(tcase, tabs_become_blanks_above_and_below);
    tcase_add_test(tcase, characters_count_by_the_columns_they_take);
    tcase_add_test(tcase, bytes_that_cannot_be_shown_become_question_marks);
    tcase_add_test(tcase, of_a_long_line_the_part_around_the_place_is_shown);
    tcase_add_test(tcase, a_place_at_the_end_of_a_line_has_its_caret_there);
    tcase_add_test(tcase, a_message_without_end_is_cut);
    tcase_add_test(tcase, a_note_of_what_is_not_said_is_not_said);
    tcase_add_loop_test(tcase, a_comment_in_its_line_switches_a_warning_off, 0, sizeof comments / sizeof *comments);
    tcase_add_test(tcase, a_warning_counts_as_an_error_when_asked);
    tcase_add_test(tcase, of_very_many_messages_the_rest_is_counted);
    tcase_add_test(tcase, for_programs_a_message_is_an_object_on_a_line);
    tcase_add_test(tcase, numbers_of_kinds_only_grow);
    tcase_add_loop_test(tcase, the_nearest_word_is_a_slip_away, 0, sizeof slips / sizeof *slips);
    tcase_add_test(tcase, a_word_without_end_is_near_to_nothing);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
