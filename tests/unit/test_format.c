/* test_format.c -- generator/format.c lays texts out; and keeps what every schema of ours means.
 * SPDX-License-Identifier: MIT */
#include "format.h"

#include "files.h"
#include "syntax.h"

#include <check.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

static orm__text out, said;

static void tear_down(void)
{
    orm__text_release(&out);
    orm__text_release(&said);
}

static bool format(const char *text)
{
    ormc_diagnostics *diagnostics = ormc_diagnostics_new();
    tear_down();
    ck_assert(ormc_format("f", text, strlen(text), diagnostics, &out));
    ormc_diagnostics_render(diagnostics, &said);
    bool good = !ormc_diagnostics_count(diagnostics, ORMC_ERROR);
    ormc_diagnostics_free(diagnostics);
    return good;
}

#define LONG "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *from, *to;
} cases[] = {
    /* blanks, brackets, indentation */
    {"a:   1\n", "a: 1\n"},
    {"a:\n  1\n", "a: 1\n"},
    {"a: { b:   1 , c: [ 2,3 ]}", "a: {b: 1, c: [2, 3]}\n"},
    {"{a: 1, b: {c: 2}}", "a: 1\nb: {c: 2}\n"},
    {"a: {}\nb: [ ]\n", "a: {}\nb: []\n"},
    {"a:\n- 1\n-   b: 2\n    c: 3\n", "a:\n  - 1\n  - b: 2\n    c: 3\n"},
    {"- - 1\n  - 2\n-\n  - 3\n", "- - 1\n  - 2\n- - 3\n"},
    {"a:\nb: ~\n-1: c\n", "a:\nb: ~\n-1: c\n"},
    {"- \n- {a, b: }\n- [c: d]\n", "-\n- {a, b}\n- [{c: d}]\n"},
    {"? a\n: b\n", "a: b\n"},
    {"%YAML 1.1\n---\na: 1\n...\n", "a: 1\n"},
    {"\xEF\xBB\xBF"
     "a:  1\r\nb:  2\r\n",
     "a: 1\nb: 2\n"},
    {"a: {b: 1, c: " LONG LONG "}", "a:\n  b: 1\n  c: " LONG LONG "\n"},
    {"- [b, " LONG LONG "]", "- - b\n  - " LONG LONG "\n"},
    /* values of names that users give */
    {"columns:\n  a: b\n  long: c\n", "columns:\n  a:    b\n  long: c\n"},
    {"columns:\n  a: b\n\n  long: c\n", "columns:\n  a: b\n\n  long: c\n"},
    {"columns:\n  a: b\n  # apart\n  long: c\n", "columns:\n  a: b\n  # apart\n  long: c\n"},
    {"columns:\n  a: b\n  block:\n    c: d\n  long: e\n  f: g\n",
     "columns:\n  a: b\n  block:\n    c: d\n  long: e\n  f:    g\n"},
    {"columns:\n  \xC3\xA4: b\n  long: c\n", "columns:\n  \xC3\xA4:    b\n  long: c\n"},
    {"models:\n  a: b\n  long: c\n", "models:\n  a: b\n  long: c\n"},
    /* blank lines */
    {"\n\na: 1\n\n\n\nb:\n\n  c: 2\n\n", "a: 1\n\nb:\n  c: 2\n"},
    {"a: {b: 1,\n\n c: " LONG LONG "}", "a:\n  b: 1\n\n  c: " LONG LONG "\n"},
    {"a: 1\n \t\nb: 2\n", "a: 1\n\nb: 2\n"},
    /* comments */
    {"#one\n\n# two\na: 1\n", "#one\n\n# two\na: 1\n"},
    {"a: 1 # x\n", "a: 1                                 # x\n"},
    {"a: 1 # x\nb: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa # y\n",
     "a: 1                                          # x\nb: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa   # y\n"},
    {"a: # x\n  b: 1\n", "a:                                   # x\n  b: 1\n"},
    {"a: # x\n  1\n", "a: 1                                 # x\n"},
    {"a: # x\n  1 # y\n", "# x\na: 1                                 # y\n"},
    {"a:\n# x\n  b: 1\n  # y\n# z\n", "a:\n  # x\n  b: 1\n  # y\n# z\n"},
    {"a:\n  b:\n    c: 1\n    # deep\n  # middle\n    # deep again\nd: 2\n",
     "a:\n  b:\n    c: 1\n    # deep\n  # middle\n  # deep again\nd: 2\n"},
    {"a: [1, # x\n  2 ]\n", "a:\n  - 1                                # x\n  - 2\n"},
    {"a: [1,\n  # x\n  2,\n# y\n]\nb: 3\n", "a:\n  - 1\n  # x\n  - 2\n  # y\nb: 3\n"},
    {"a: [ # x\n]\n", "# x\na: []\n"},
    {"a: {b: 1, c: " LONG LONG "} # x\n", "a:                                   # x\n  b: 1\n  c: " LONG LONG "\n"},
    {"- # x\n  a\n", "# x\n- a\n"},
    {"a: x#y\nb: '# no'\nc: \"# no\"\n", "a: x#y\nb: '# no'\nc: \"# no\"\n"},
    {"a: 1\n# last", "a: 1\n# last\n"},
    /* scalars of several lines */
    {"a: one\n      two\n\n      three # x\n", "a: one\n  two\n\n  three                              # x\n"},
    {"a: \"one \\\n      \\ two\"\n", "a: \"one \\\n  \\ two\"\n"},
    {"a: 'one\n\n two'\n", "a: 'one\n\n  two'\n"},
    {"a: |   # x\n      one\n        two\n\n      three\n\n\nb: 1\n",
     "a: |                                 # x\n  one\n    two\n\n  three\n\nb: 1\n"},
    {"a: |4-\n      one\n    two\n", "a: |2-\n    one\n  two\n"},
    {"a: |+\n one\n\n\nb: 1\n", "a: |+\n  one\n\n\nb: 1\n"},
    {"a: >\n one\n", "a: >\n  one\n"},
    {"a: |\n one", "a: |-\n  one\n"},
    {"a: |\n  one\n # not text\nb: 1\n", "a: |\n  one\n# not text\nb: 1\n"},
    {"- |\n # text\n- 1\n", "- |\n  # text\n- 1\n"},
    /* keys of several lines */
    {"? \"two\n  lines\"\n: 1\n", "\"two lines\": 1\n"},
    {"? 'it''s\n\n  \"two\"'\n: 1\n", "\"it's\\n\\\"two\\\"\": 1\n"},
    {"? two\n  words\n: 1\n", "two words: 1\n"},
    {"? two\n\n  words\n: {b: 1}\n", "\"two\\nwords\": {b: 1}\n"},
    {"? |\n  a block\n: 1\nb: 2\n", "\"a block\\n\": 1\nb: 2\n"},
    {"? >- # why\n  a\n  block\n: 1\n", "# why\n\"a block\": 1\n"},
    {"? &x |-\n  block\n: 1\nb: {? 'c\n  d' : 2}\n", "&x \"block\": 1\nb:\n  \"c d\": 2\n"},
    /* anchors, aliases, merges */
    {"a: &x\n    b: 1\nc: *x\nd: {<<: *x}\n", "a: &x\n  b: 1\nc: *x\nd: {<<: *x}\n"},
    {"- &x {a: 1}\n- &y\n  b: 1\n- &z 1\n- *z\n", "- &x {a: 1}\n- &y\n  b: 1\n- &z 1\n- *z\n"},
    {"&x a:  1\nb: {*x : 2}\nc:\n  *x :  3\n", "&x a: 1\nb: {*x : 2}\nc:\n  *x : 3\n"},
};

START_TEST(a_text_gets_its_layout_and_keeps_it)
{
    const char *to = cases[_i].to;
    ck_assert_msg(format(cases[_i].from), "%s", said.data);
    ck_assert_str_eq(out.data, to);
    ck_assert_msg(format(to), "%s", said.data);
    ck_assert_str_eq(out.data, to);
}
END_TEST

static const struct {
    const char *text, *message;
} refused[] = {
    {"a: [1\n", "f:"},
    {"", "f: error: is empty"},
    {"# only\n", "f: error: is empty"},
    {"a: 1\na: 2\n", "f:2:1: error: the key 'a' is given twice"},
    {"? '" LONG LONG LONG LONG LONG LONG LONG LONG LONG LONG LONG LONG "'\n: 1\n",
     "f: error: cannot be laid out: a key is longer than 1000 bytes [ORM0107]"},
};

START_TEST(what_cannot_be_laid_out_gives_nothing)
{
    ck_assert(!format(refused[_i].text));
    ck_assert_uint_eq(out.length, 0);
    ck_assert_msg(strncmp(said.data, refused[_i].message, strlen(refused[_i].message)) == 0, "%s", said.data);
}
END_TEST

static void assert_equal_trees(const ormc_node *a, const ormc_node *b)
{
    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_uint_eq(a->count, b->count);
    ck_assert(a->quoted == b->quoted);
    if (a->kind == ORMC_SCALAR)
        ck_assert_str_eq(a->text, b->text);
    for (size_t i = 0; i < a->count; i++) {
        if (a->kind == ORMC_SEQUENCE)
            assert_equal_trees(a->items[i], b->items[i]);
        else
            ck_assert_str_eq(a->pairs[i].key->text, b->pairs[i].key->text);
        if (a->kind == ORMC_MAPPING)
            assert_equal_trees(a->pairs[i].value, b->pairs[i].value);
    }
}

static const ormc_node *parse(const char *text, orm__arena *arena)
{
    const ormc_node *tree;
    ormc_diagnostics *diagnostics = ormc_diagnostics_new();
    ck_assert(ormc_syntax_parse("f", text, strlen(text), arena, diagnostics, &tree));
    ck_assert(tree && !ormc_diagnostics_count(diagnostics, ORMC_ERROR));
    ormc_diagnostics_free(diagnostics);
    return tree;
}

static size_t count_of(const char *text, char c)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == c;
    return count;
}

static const struct {
    const char *pattern;
    size_t least;
} folders[] = {{"schemas/*/*.yaml", 2},         {"tests/database/*.yaml", 4}, {"tests/golden/*.yaml", 4},
               {"tests/golden/*.in/*.yaml", 1}, {"tests/errors/*.yaml", 80},  {"tests/errors/*.in/*.yaml", 2}};

/* Of the bad ones those that are good YAML. No number sign gets lost. */
START_TEST(every_schema_of_ours_means_the_same_afterwards)
{
    glob_t found;
    size_t count = 0;
    ck_assert_int_eq(glob(folders[_i].pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        orm__text file = {0};
        orm__arena arena = {0};
        ck_assert(ormc_files_read(found.gl_pathv[i], &file));
        if (strlen(file.data) == file.length && format(file.data)) {
            assert_equal_trees(parse(file.data, &arena), parse(out.data, &arena));
            ck_assert_uint_eq(count_of(file.data, '#'), count_of(out.data, '#'));
            count++;
        } else {
            ck_assert_msg(said.data == NULL || !strstr(said.data, "laid out"), "%s", found.gl_pathv[i]);
        }
        orm__arena_release(&arena);
        orm__text_release(&file);
    }
    globfree(&found);
    ck_assert_uint_ge(count, folders[_i].least);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format");
    TCase *group = tcase_create("format");
    tcase_add_checked_fixture(group, NULL, tear_down);
    tcase_add_loop_test(group, a_text_gets_its_layout_and_keeps_it, 0, sizeof cases / sizeof *cases);
    tcase_add_loop_test(group, what_cannot_be_laid_out_gives_nothing, 0, sizeof refused / sizeof *refused);
    tcase_add_loop_test(group, every_schema_of_ours_means_the_same_afterwards, 0, sizeof folders / sizeof *folders);
    suite_add_tcase(suite, group);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
