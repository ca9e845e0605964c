/* test_names.c -- emitted names, reserved words and index names of generator/names.c.
 * SPDX-License-Identifier: MIT */
#include "names.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static orm__arena arena;

static void set_up(void)
{
    orm__arena_init(&arena);
}

static void tear_down(void)
{
    orm__arena_release(&arena);
}

START_TEST(types_handles_and_constants_join_package_and_name)
{
    ck_assert_str_eq(ormc_names_type(&arena, "blog", "post"), "blog_post");
    ck_assert_str_eq(ormc_names_handle(&arena, "blog", "post"), "BLOG_POST");
    ck_assert_str_eq(ormc_names_constant(&arena, "blog", "post_status", "draft"), "BLOG_POST_STATUS_DRAFT");
    ck_assert_str_eq(ormc_names_enum_part(&arena, "blog", "in_null", "mood"), "blog_in_null_mood");
}
END_TEST

START_TEST(what_c_cannot_spell_becomes_underscores)
{
    ck_assert_str_eq(ormc_names_constant(&arena, "blog", "mood", "so-so, 50%"), "BLOG_MOOD_SO_SO__50_");
    ck_assert_str_eq(ormc_names_constant(&arena, "blog", "mood", "\xC3\xA9"), "BLOG_MOOD_U00E9");
    ck_assert_str_eq(ormc_names_guard(&arena, "my-blog.v2"), "MY_BLOG_V2_H");
}
END_TEST

START_TEST(a_member_with_a_reserved_name_gets_an_underscore)
{
    ck_assert_str_eq(ormc_names_member(&arena, "title"), "title");
    ck_assert_str_eq(ormc_names_member(&arena, "register"), "register_");
    ck_assert_str_eq(ormc_names_member(&arena, "class"), "class_");
}
END_TEST

/* Each step of the rule, and several together. */
static const struct {
    const char *name, *member;
} made[] = {
    {"unit price", "unit_price"},
    {"a-b.c%", "a_b_c_"},
    {"new\nline", "new_line"},
    {"größe", "gru00f6u00dfe"},
    {"😀", "u1f600"},
    {"EOF", "eof"},
    {"UNIT PRICE", "unit_price"},
    {"ÉCOLE", "u00c9cole"},
    {"CamelCase", "CamelCase"},
    {"2nd", "x2nd"},
    {"__LINE__", "x__line__"},
    {"_Ident", "x_Ident"},
    {"_id", "_id"},
    {"int", "int_"},
    {"INT", "int_"},
    {"constexpr", "constexpr_"},
    {"co_await", "co_await_"},
    {"errno", "errno_"},
    {"major", "major_"},
    {"PRId64", "PRId64_"},
    {"PRIVATE_x", "PRIVATE_x"},
    {"SCNuFAST16", "SCNuFAST16_"},
    {"int64_t", "int64_t_"},
    {"orm_eq", "orm_eq_"},
};

START_TEST(any_name_becomes_a_member_by_the_rule)
{
    ck_assert_str_eq(ormc_names_member(&arena, made[_i].name), made[_i].member);
}
END_TEST

START_TEST(the_name_of_a_model_may_be_a_reserved_word)
{
    ck_assert_str_eq(ormc_names_part(&arena, "int"), "int");
    ck_assert_str_eq(ormc_names_part(&arena, "ORDER LINES"), "order_lines");
}
END_TEST

START_TEST(an_index_of_an_expression_is_named_by_its_words)
{
    ck_assert_str_eq(ormc_names_words(&arena, "lower(\"email\") || 'x'"), "lower_email_x");
    ck_assert_str_eq(ormc_names_words(&arena, "((-"), "expression");
}
END_TEST

START_TEST(words_of_c_and_cpp_are_reserved)
{
    static const char *const reserved[] = {"NULL", "_Alignas", "int", "while", "xor_eq", "template", "linux", "errno"};
    static const char *const free_words[] = {"", "Int", "title", "order", "select", "z"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        ck_assert_msg(ormc_names_is_reserved(reserved[i]), "%s", reserved[i]);
    for (size_t i = 0; i < sizeof free_words / sizeof *free_words; i++)
        ck_assert_msg(!ormc_names_is_reserved(free_words[i]), "%s", free_words[i]);
}
END_TEST

START_TEST(a_word_is_letters_digits_and_underscores)
{
    ck_assert(ormc_names_is_word("a"));
    ck_assert(ormc_names_is_word("_A9z"));
    ck_assert(!ormc_names_is_word(""));
    ck_assert(!ormc_names_is_word("9a"));
    ck_assert(!ormc_names_is_word("a b"));
    ck_assert(!ormc_names_is_word("caf\xC3\xA9"));
}
END_TEST

START_TEST(an_index_is_named_after_table_and_columns)
{
    const char *columns[] = {"author_id", "created_at"};
    ck_assert_str_eq(ormc_names_index(&arena, "post", columns, 2, false), "post_author_id_created_at_idx");
    ck_assert_str_eq(ormc_names_index(&arena, "post", columns, 1, true), "post_author_id_key");
}
END_TEST

START_TEST(a_long_index_name_is_cut_to_63_bytes_and_stays_distinct)
{
    const char *one[] = {"a_column_with_quite_a_long_name", "another_column_with_a_long_name_1"};
    const char *two[] = {"a_column_with_quite_a_long_name", "another_column_with_a_long_name_2"};
    const char *first = ormc_names_index(&arena, "table", one, 2, false);
    const char *second = ormc_names_index(&arena, "table", two, 2, false);
    ck_assert_uint_eq(strlen(first), 63);
    ck_assert_str_eq(first + 59, "_idx");
    ck_assert_str_ne(first, second);
    ck_assert_int_eq(strncmp(first, second, 50), 0);
}
END_TEST

START_TEST(a_cut_index_name_keeps_characters_whole)
{
    char table[100] = "x";
    for (int i = 0; i < 35; i++)
        strcat(table, "\xC3\xA9");
    const char *column = "c";
    const char *name = ormc_names_index(&arena, table, &column, 1, false);
    ck_assert_uint_le(strlen(name), 63);
    size_t cut = strlen(name) - strlen("_12345678_idx");
    ck_assert_int_eq((unsigned char)name[cut - 1], 0xA9);
}
END_TEST

START_TEST(every_form_can_be_expanded)
{
    for (const ormc_name_form *form = ormc_name_forms; form->pattern; form++)
        ck_assert(ormc_names_is_word(ormc_names_expand(&arena, form->pattern, "blog", "post", "title")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("names");
    TCase *tcase = tcase_create("names");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, types_handles_and_constants_join_package_and_name);
    tcase_add_test(tcase, what_c_cannot_spell_becomes_underscores);
    tcase_add_test(tcase, a_member_with_a_reserved_name_gets_an_underscore);
    tcase_add_loop_test(tcase, any_name_becomes_a_member_by_the_rule, 0, sizeof made / sizeof *made);
    tcase_add_test(tcase, the_name_of_a_model_may_be_a_reserved_word);
    tcase_add_test(tcase, an_index_of_an_expression_is_named_by_its_words);
    tcase_add_test(tcase, words_of_c_and_cpp_are_reserved);
    tcase_add_test(tcase, a_word_is_letters_digits_and_underscores);
    tcase_add_test(tcase, an_index_is_named_after_table_and_columns);
    tcase_add_test(tcase, a_long_index_name_is_cut_to_63_bytes_and_stays_distinct);
    tcase_add_test(tcase, a_cut_index_name_keeps_characters_whole);
    tcase_add_test(tcase, every_form_can_be_expanded);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
