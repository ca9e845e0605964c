/* test_revision.c -- the text of a revision: sections, steps, single statements, and what is no revision.
 * SPDX-License-Identifier: MIT */
#include "migration/revision.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static orm__arena arena;
static orm__revision revision;
static orm_error error;

static void tear_down(void)
{
    orm__arena_release(&arena);
}

static orm_status parse(const char *text)
{
    return orm__revision_parse("0001_first", text, &arena, &revision, &error);
}

static const orm__section *up_of_sqlite(void)
{
    return &revision.sections[ORM_SQLITE][ORM__UP];
}

START_TEST(steps_stand_in_their_sections_with_their_marks)
{
    ck_assert_int_eq(parse("-- words\n--@ parent none\n--@ on sqlite up\n--@ preflight rows are odd\nSELECT 1;\n"
                           "--@ step add it\n--@ rebuilds post\nSELECT 2;\nSELECT 3;\n--@ step drop it\n"
                           "--@ destructive\n--@ alone\nSELECT 4\n--@ on postgresql down\n"),
                     ORM_OK);
    const orm__section *section = up_of_sqlite();
    ck_assert_str_eq(revision.parent, "");
    ck_assert_uint_eq(strlen(revision.id), 64);
    ck_assert_uint_eq(section->preflight_count, 1);
    ck_assert_str_eq(section->preflights[0].title, "rows are odd");
    ck_assert_uint_eq(section->count, 2);
    ck_assert_str_eq(section->steps[0].rebuilds, "post");
    ck_assert_uint_eq(section->steps[0].count, 2);
    ck_assert_str_eq(section->steps[0].statements[1], "SELECT 3");
    ck_assert(!section->steps[0].alone && !section->steps[0].destructive);
    ck_assert(section->steps[1].alone && section->steps[1].destructive);
    ck_assert_uint_eq(revision.sections[ORM_POSTGRESQL][ORM__DOWN].count, 0);
}
END_TEST

static const struct {
    const char *sql;
    size_t count;
} statements[] = {
    {"SELECT 1; SELECT 2", 2},
    {"SELECT ';'; SELECT \"a;b\"", 2},
    {"SELECT 'it''s;'", 1},
    {"-- one; two\nSELECT 1;", 1},
    {"/* one; two */ SELECT 1;", 1},
    {"/*/ ; */ SELECT 1", 1},
    {"DO $$ BEGIN; END $$; SELECT 2", 2},
    {"DO $a$ $b$; $a$", 1},
    {"SELECT $1; SELECT 2", 2},
    {";;  ; -- nothing\n", 0},
    {"SELECT 'one\n--@ step two\n'; SELECT 3", 2},
    {"SELECT 'never ends; SELECT 2", 1},
    {"DO $x$ never ends; SELECT 2", 1},
};

START_TEST(semicolons_in_quotes_and_comments_end_nothing)
{
    char text[256];
    snprintf(text, sizeof text, "--@ on sqlite up\n--@ step one\n%s\n", statements[_i].sql);
    ck_assert_int_eq(parse(text), ORM_OK);
    ck_assert_uint_eq(up_of_sqlite()->steps[0].count, statements[_i].count);
}
END_TEST

static const struct {
    const char *text, *message;
} refused[] = {
    {"SELECT 1;\n", "it has no line that begins with --@"},
    {"--@ parent 12\n", "its parent is no hash"},
    {"--@ on oracle up\n", "no database and direction that is known"},
    {"--@ step one\n", "a step before the first section"},
    {"--@ on sqlite up\n--@ alone\n", "this may stand in a step only"},
    {"--@ on sqlite up\n--@ step one\n--@ later\n", "the word behind --@ is not known"},
    {"--@ on sqlite up\nSELECT 1;\n", "SQL before the first step"},
};

START_TEST(what_is_no_revision_is_refused_with_its_line)
{
    ck_assert_int_eq(parse(refused[_i].text), ORM_MISUSE);
    ck_assert_ptr_nonnull(strstr(error.message, refused[_i].message));
    ck_assert_ptr_nonnull(strstr(error.message, "'0001_first', line "));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("revision");
    TCase *tests = tcase_create("revision");
    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_test(tests, steps_stand_in_their_sections_with_their_marks);
    tcase_add_loop_test(tests, semicolons_in_quotes_and_comments_end_nothing, 0,
                        sizeof statements / sizeof *statements);
    tcase_add_loop_test(tests, what_is_no_revision_is_refused_with_its_line, 0, sizeof refused / sizeof *refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
