/* test_syntax.c -- YAML to trees by generator/syntax.c: places, styles, merges, limits.
 * SPDX-License-Identifier: MIT */
#include "syntax.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static orm__arena arena;
static ormc_diagnostics *diagnostics;
static orm__text out;

static void set_up(void)
{
    orm__arena_init(&arena);
    diagnostics = ormc_diagnostics_new();
    out = (orm__text){0};
}

static void tear_down(void)
{
    ormc_diagnostics_free(diagnostics);
    orm__arena_release(&arena);
    orm__text_release(&out);
}

static const ormc_node *parse_bytes(const char *text, size_t size)
{
    const ormc_node *tree;
    ck_assert(ormc_syntax_parse("t.yaml", text, size, &arena, diagnostics, &tree));
    return tree;
}

static const ormc_node *parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static const char *messages(void)
{
    orm__text_clear(&out);
    ormc_diagnostics_render(diagnostics, &out);
    return out.data ? out.data : "";
}

static void assert_place(const ormc_node *node, int line, int column, int length)
{
    ck_assert_str_eq(node->place.file, "t.yaml");
    ck_assert_int_eq(node->place.line, line);
    ck_assert_int_eq(node->place.column, column);
    ck_assert_int_eq(node->place.length, length);
}

START_TEST(mappings_lists_and_scalars_become_nodes_in_order)
{
    const ormc_node *tree = parse("b: one\na: [x, y]\n");
    ck_assert_int_eq(tree->kind, ORMC_MAPPING);
    ck_assert_uint_eq(tree->count, 2);
    ck_assert_str_eq(tree->pairs[0].key->text, "b");
    ck_assert_str_eq(tree->pairs[0].value->text, "one");
    const ormc_node *list = ormc_node_find(tree, "a");
    ck_assert_int_eq(list->kind, ORMC_SEQUENCE);
    ck_assert_uint_eq(list->count, 2);
    ck_assert_str_eq(list->items[1]->text, "y");
    ck_assert_ptr_null(ormc_node_find(tree, "c"));
    ck_assert_ptr_null(ormc_node_find(list, "a"));
    ck_assert_ptr_null(ormc_node_find(NULL, "a"));
}
END_TEST

START_TEST(places_count_lines_and_bytes_from_one)
{
    const ormc_node *tree = parse("a: 1\n\xC3\xA4\xC3\xB6: 'two'\nb:\n  - [c]\n");
    assert_place(tree->pairs[0].value, 1, 4, 1);
    assert_place(tree->pairs[1].key, 2, 1, 4);
    assert_place(tree->pairs[1].value, 2, 7, 5);
    assert_place(tree->pairs[2].value->items[0], 4, 5, 1);
    assert_place(tree->pairs[2].value->items[0]->items[0], 4, 6, 1);
}
END_TEST

START_TEST(other_line_ends_and_a_byte_order_mark_do_not_move_places)
{
    static const char *const texts[] = {"a: 1\r\nb: 2\r\n", "a: 1\rb: 2\r",
                                        "\xEF\xBB\xBF"
                                        "a: 1\nb: 2"};
    for (size_t i = 0; i < 3; i++) {
        const ormc_node *tree = parse(texts[i]);
        assert_place(tree->pairs[0].key, 1, 1, 1);
        assert_place(tree->pairs[1].value, 2, 4, 1);
        ck_assert_str_eq(tree->pairs[1].value->text, "2");
    }
}
END_TEST

START_TEST(quoted_scalars_are_told_from_plain_ones)
{
    const ormc_node *tree = parse("- a\n- 'b'\n- \"c\"\n- |\n  d\n- >\n  e\n");
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(tree->items[i]->quoted, i > 0);
    ck_assert_str_eq(tree->items[3]->text, "d\n");
}
END_TEST

START_TEST(only_plain_words_are_null)
{
    const ormc_node *tree = parse("- \n- ~\n- null\n- NULL\n- 'null'\n- ''\n- no\n- []\n");
    for (size_t i = 0; i < tree->count; i++)
        ck_assert_int_eq(ormc_node_is_null(tree->items[i]), i < 4);
}
END_TEST

START_TEST(an_alias_is_the_node_of_its_anchor)
{
    const ormc_node *tree = parse("a: &x [1, 2]\nb: *x\nc: &x 3\nd: *x\n");
    ck_assert_ptr_eq(tree->pairs[1].value, tree->pairs[0].value);
    ck_assert_ptr_eq(tree->pairs[3].value, tree->pairs[2].value);
    ck_assert_str_eq(messages(), "");
}
END_TEST

START_TEST(a_merge_adds_what_the_mapping_does_not_say)
{
    const ormc_node *tree = parse("base: &b {x: 1, y: 2}\nmore: &m {y: 3, z: 4}\n"
                                  "one: {<<: *b, y: 9}\nboth:\n  <<: [*b, *m]\n  w: 0\n");
    const ormc_node *one = ormc_node_find(tree, "one"), *both = ormc_node_find(tree, "both");
    ck_assert_uint_eq(one->count, 2);
    ck_assert_str_eq(ormc_node_find(one, "y")->text, "9");
    ck_assert_str_eq(ormc_node_find(one, "x")->text, "1");
    ck_assert_uint_eq(both->count, 4);
    ck_assert_str_eq(ormc_node_find(both, "y")->text, "2");
    ck_assert_str_eq(ormc_node_find(both, "z")->text, "4");
    ck_assert_str_eq(messages(), "");
}
END_TEST

START_TEST(a_quoted_merge_key_is_a_key)
{
    ck_assert_ptr_nonnull(ormc_node_find(parse("'<<': {a: 1}\n"), "<<"));
}
END_TEST

START_TEST(the_first_of_two_equal_keys_counts)
{
    const ormc_node *tree = parse("a: 1\nb: 2\na: 3\n");
    ck_assert_uint_eq(tree->count, 2);
    ck_assert_str_eq(ormc_node_find(tree, "a")->text, "1");
    ck_assert_str_eq(messages(), "t.yaml:3:1: error: the key 'a' is given twice [ORM0011]\n    a: 3\n    ^\n"
                                 "t.yaml:1:1: note: first given here\n    a: 1\n    ^\n");
}
END_TEST

START_TEST(equal_keys_are_found_among_thousands)
{
    orm__text text = {0};
    for (int i = 0; i < 5000; i++)
        orm__text_printf(&text, "key_%d: 1\n", i);
    orm__text_string(&text, "key_1234: 2\n");
    ck_assert_uint_eq(parse_bytes(text.data, text.length)->count, 5000);
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_ERROR), 1);
    orm__text_release(&text);
}
END_TEST

START_TEST(nesting_may_reach_its_limit_and_no_more)
{
    char text[2 * ORMC_DEEPEST_NESTING + 3];
    for (size_t depth = ORMC_DEEPEST_NESTING; depth <= ORMC_DEEPEST_NESTING + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        const ormc_node *tree = parse_bytes(text, 2 * depth);
        ck_assert_int_eq(tree != NULL, depth == ORMC_DEEPEST_NESTING);
    }
    ck_assert_ptr_nonnull(strstr(messages(), "error: nested more than 100 deep"));
}
END_TEST

START_TEST(ten_thousand_levels_end_at_once)
{
    char text[20000];
    memset(text, '[', sizeof text);
    ck_assert_ptr_null(parse_bytes(text, sizeof text));
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_ERROR), 1);
}
END_TEST

START_TEST(aliases_of_aliases_are_bounded)
{
    orm__text text = {0};
    orm__text_string(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 40; i++) {
        orm__text_printf(&text, "a%d: &a%d [*a%d", i, i, i - 1);
        for (int j = 0; j < 9; j++)
            orm__text_printf(&text, ", *a%d", i - 1);
        orm__text_string(&text, "]\n");
    }
    ck_assert_ptr_null(parse_bytes(text.data, text.length));
    ck_assert_ptr_nonnull(strstr(messages(), "the aliases stand for more than 1000000 nodes"));
    ck_assert_uint_lt(arena.held, 1 << 20);
    orm__text_release(&text);
}
END_TEST

/* Each is one error, at this place. */
static const struct {
    const char *text;
    size_t size;
    const char *message;
} bad[] = {
    {"", 0, "t.yaml: error: is empty [ORM0006]\n"},
    {"# only this\n", 12, "t.yaml: error: is empty [ORM0006]\n"},
    {"~\n", 2, "t.yaml: error: is empty [ORM0006]\n"},
    {"a: \xC3(", 5, "t.yaml:1:4: error: the byte 0xC3 is not valid UTF-8 here [ORM0003]\n"},
    {"a: \xC0\x80", 5, "t.yaml:1:4: error: the byte 0xC0 is not valid UTF-8 here [ORM0003]\n"},
    {"a: \xED\xA0\x80", 6, "t.yaml:1:4: error: the byte 0xED is not valid UTF-8 here [ORM0003]\n"},
    {"a: \xF4\x90\x80\x80", 7, "t.yaml:1:4: error: the byte 0xF4 is not valid UTF-8 here [ORM0003]\n"},
    {"a: \xFF", 4, "t.yaml:1:4: error: the byte 0xFF is not valid UTF-8 here [ORM0003]\n"},
    {"a: \xE2\x82", 5, "t.yaml:1:4: error: the byte 0xE2 is not valid UTF-8 here [ORM0003]\n"},
    {"a\n\0b", 4, "t.yaml:2:1: error: the control character U+0000 may not stand here [ORM0004]\n"},
    {"a: \x1B[1m", 7, "t.yaml:1:4: error: the control character U+001B may not stand here [ORM0004]\n"},
    {"\xFE\xFF\0a", 4, "t.yaml: error: is UTF-16, and must be UTF-8 [ORM0003]\n"},
    {"a: 1\n---\nb: 2\n", 14, "t.yaml:2:1: error: a second document; a file holds only one [ORM0007]\n"},
    {"a: *b\n", 6, "t.yaml:1:4: error: no anchor '&b' comes before this alias [ORM0008]\n"},
    {"a: &b {c: *b}\n", 14, "t.yaml:1:11: error: the alias '*b' stands inside what it refers to [ORM0008]\n"},
    {"a: [1\n", 6, "t.yaml:1:6: error: not valid YAML: did not find expected ',' or ']' [ORM0005]\n"},
    {"a:\n\tb: 1\n", 9, "t.yaml:2:1: error: not valid YAML: a tab may not indent; use spaces [ORM0005]\n"},
    {"%YAML 3.0\n---\na: 1\n", 19, "t.yaml:1:1: error: not valid YAML: found incompatible YAML document [ORM0005]\n"},
};

START_TEST(what_cannot_be_read_gives_no_tree_and_one_error)
{
    ck_assert_ptr_null(parse_bytes(bad[_i].text, bad[_i].size));
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_ERROR), 1);
    const char *said = messages();
    ck_assert_msg(strncmp(said, bad[_i].message, strlen(bad[_i].message)) == 0, "%s", said);
}
END_TEST

START_TEST(two_documents_marked_by_end_markers_are_one_when_the_second_is_not_there)
{
    ck_assert_ptr_nonnull(parse("---\na: 1\n...\n"));
    ck_assert_str_eq(messages(), "");
}
END_TEST

START_TEST(a_file_is_read_from_disk)
{
    char path[] = "/tmp/test_syntax.XXXXXX";
    int file = mkstemp(path);
    ck_assert_int_eq(write(file, "a: 1\n", 5), 5);
    close(file);
    const ormc_node *tree;
    ck_assert(ormc_syntax_read(path, &arena, diagnostics, &tree));
    unlink(path);
    ck_assert_str_eq(ormc_node_find(tree, "a")->text, "1");
}
END_TEST

START_TEST(what_is_no_file_is_said_so)
{
    static const char *const paths[] = {"/", "/no/such/file.yaml"};
    const ormc_node *tree;
    for (size_t i = 0; i < 2; i++) {
        ck_assert(ormc_syntax_read(paths[i], &arena, diagnostics, &tree));
        ck_assert_ptr_null(tree);
    }
    ck_assert_str_eq(messages(), "/: error: cannot be read: Is a directory [ORM0001]\n"
                                 "/no/such/file.yaml: error: cannot be read: No such file or directory [ORM0001]\n");
}
END_TEST

START_TEST(a_file_without_end_is_not_read_to_it)
{
    const ormc_node *tree;
    ck_assert(ormc_syntax_read("/dev/zero", &arena, diagnostics, &tree));
    ck_assert_ptr_null(tree);
    ck_assert_str_eq(messages(), "/dev/zero: error: is larger than 16 MiB [ORM0002]\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("syntax");
    TCase *tcase = tcase_create("syntax");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, mappings_lists_and_scalars_become_nodes_in_order);
    tcase_add_test(tcase, places_count_lines_and_bytes_from_one);
    tcase_add_test(tcase, other_line_ends_and_a_byte_order_mark_do_not_move_places);
    tcase_add_test(tcase, quoted_scalars_are_told_from_plain_ones);
    tcase_add_test(tcase, only_plain_words_are_null);
    tcase_add_test(tcase, an_alias_is_the_node_of_its_anchor);
    tcase_add_test(tcase, a_merge_adds_what_the_mapping_does_not_say);
    tcase_add_test(tcase, a_quoted_merge_key_is_a_key);
    tcase_add_test(tcase, the_first_of_two_equal_keys_counts);
    tcase_add_test(tcase, equal_keys_are_found_among_thousands);
    tcase_add_test(tcase, nesting_may_reach_its_limit_and_no_more);
    tcase_add_test(tcase, ten_thousand_levels_end_at_once);
    tcase_add_test(tcase, aliases_of_aliases_are_bounded);
    tcase_add_loop_test(tcase, what_cannot_be_read_gives_no_tree_and_one_error, 0, sizeof bad / sizeof *bad);
    tcase_add_test(tcase, two_documents_marked_by_end_markers_are_one_when_the_second_is_not_there);
    tcase_add_test(tcase, a_file_is_read_from_disk);
    tcase_add_test(tcase, what_is_no_file_is_said_so);
    tcase_add_test(tcase, a_file_without_end_is_not_read_to_it);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
