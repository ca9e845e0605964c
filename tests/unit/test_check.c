/* test_check.c -- clashes of names found by generator/check.c, in packages put together by hand.
 * SPDX-License-Identifier: MIT */
#include "checks.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static ormc_diagnostics *diagnostics;
static ormc_file files[2];
static ormc_column columns[2][2];
static ormc_relation relations[2];
static ormc_index indexes[2];
static ormc_model models[2];
static ormc_model *model_list[] = {&models[0], &models[1]};
static ormc_enum enumeration;
static ormc_enum *enum_list[] = {&enumeration};
static const char *values[2];
static ormc_place places[2];
static ormc_package package;

static ormc_column new_column(const char *name)
{
    return (ormc_column){.name = name, .column = name, .c_name = name, .type = ormc_type_find("text")};
}

/* Models a and b, each with the columns one and two; an enum e with the values x and y. All fine. */
static void set_up(void)
{
    diagnostics = ormc_diagnostics_new();
    files[0] = (ormc_file){.path = "f.yaml", .stem = "f"};
    files[1] = (ormc_file){.path = "g.yaml", .stem = "g", .index = 1};
    for (int i = 0; i < 2; i++) {
        columns[i][0] = new_column("one");
        columns[i][1] = new_column("two");
        indexes[i] = (ormc_index){.name = i ? "b_idx" : "a_idx"};
        const char *name = i ? "b" : "a";
        models[i] = (ormc_model){.name = name,
                                 .c_name = name,
                                 .table = name,
                                 .sqlite_table = name,
                                 .columns = columns[i],
                                 .column_count = 2,
                                 .indexes = &indexes[i],
                                 .index_count = 1};
    }
    values[0] = "x";
    values[1] = "y";
    enumeration = (ormc_enum){.name = "e",
                              .c_name = "e",
                              .values = values,
                              .value_c_names = values,
                              .value_places = places,
                              .value_count = 2};
    package = (ormc_package){.name = "p",
                             .files = files,
                             .file_count = 2,
                             .enums = enum_list,
                             .enum_count = 1,
                             .models = model_list,
                             .model_count = 2};
}

static void tear_down(void)
{
    ormc_diagnostics_free(diagnostics);
}

static void rename_model(int index, const char *name)
{
    models[index].name = models[index].c_name = models[index].table = models[index].sqlite_table = name;
}

/* Nothing is said for NULL; otherwise one error that begins so. */
static void assert_says(const char *expected)
{
    orm__text out = {0};
    ck_assert(ormc_check(&package, diagnostics));
    ormc_diagnostics_render(diagnostics, &out);
    const char *said = out.data ? out.data : "";
    ck_assert_msg(expected ? strncmp(said, expected, strlen(expected)) == 0 : !*said, "%s", said);
    ck_assert_uint_eq(ormc_diagnostics_count(diagnostics, ORMC_ERROR), expected != NULL);
    orm__text_release(&out);
}

START_TEST(a_package_without_clashes_is_fine)
{
    assert_says(NULL);
}
END_TEST

START_TEST(two_models_cannot_share_a_table)
{
    models[1].table = models[1].sqlite_table = "a";
    assert_says(
        "error: model 'b' has the name 'a' in the database, which model 'a' has, too [ORM0095]\nnote: first given here\n");
}
END_TEST

START_TEST(an_abstract_model_has_no_table_and_emits_nothing)
{
    rename_model(1, "a");
    models[1].abstract = true;
    assert_says(NULL);
}
END_TEST

START_TEST(two_columns_cannot_share_a_name_in_the_database)
{
    columns[0][1].column = "one";
    assert_says(
        "error: column 'two' of 'a' has the name 'one' in the database, which column 'one' of 'a' has, too [ORM0095]\n");
}
END_TEST

START_TEST(columns_of_different_models_may_have_one_name)
{
    columns[1][1] = new_column("three");
    columns[0][1] = new_column("three");
    assert_says(NULL);
}
END_TEST

START_TEST(indexes_have_names_of_their_own_in_the_whole_package)
{
    indexes[1].name = "a_idx";
    assert_says("error: index of 'b' has the name 'a_idx' in the database, which index of 'a' has, too [ORM0095]\n");
}
END_TEST

START_TEST(an_index_cannot_have_the_name_of_a_table)
{
    indexes[0].name = "b";
    assert_says("error: index of 'a' has the name 'b' in the database, which model 'b' has, too [ORM0095]\n");
}
END_TEST

START_TEST(a_name_of_64_bytes_is_too_long_and_one_of_63_is_not)
{
    char name[65] = {0};
    memset(name, 'n', 63);
    columns[0][0].column = name;
    assert_says(NULL);
    name[63] = 'n';
    assert_says("error: the name of the column 'nnn");
}
END_TEST

START_TEST(two_members_cannot_share_a_c_name)
{
    columns[0][1].c_name = "one";
    assert_says(
        "error: column 'two' of 'a' is 'one' in C, and so is column 'one' of 'a'; 'c_name' gives either another [ORM0096]\n");
}
END_TEST

START_TEST(a_column_and_a_relation_cannot_share_a_c_name)
{
    relations[0] = (ormc_relation){.name = "two", .c_name = "two", .kind = ORMC_ONE_TO_MANY};
    models[0].relations = relations;
    models[0].relation_count = 1;
    assert_says("error: relation 'two' of 'a' is 'two' in C, and so is column 'two' of 'a'");
}
END_TEST

/* What model b is called, and what it then clashes with. */
static const struct {
    const char *name, *message;
} clashes[] = {
    {"a_list",
     "error: the C name 'p_a_list' is made for model 'a' and for model 'a_list'; 'c_name' gives either another [ORM0096]\nnote: model 'a' is here\n"},
    {"a_set_one",
     "error: the C name 'p_a_set_one' is made for column 'one' of 'a' and for model 'a_set_one'; 'c_name' gives either another [ORM0096]\n"},
    {"a_delete_where",
     "error: the C name 'p_a_delete_where' is made for model 'a' and for model 'a_delete_where'; 'c_name' gives either another [ORM0096]\n"},
    {"e", "error: the C name 'p_e' is made for enum 'e' and for model 'e'; 'c_name' gives either another [ORM0096]\n"},
    {"in_null_e",
     "error: the C name 'p_in_null_e' is made for enum 'e' and for model 'in_null_e'; 'c_name' gives either another [ORM0096]\n"},
    {"e_x",
     "error: the C name 'P_E_X' is made for value 'x' of 'e' and for model 'e_x'; 'c_name' gives either another [ORM0096]\n"},
    {"A",
     "warning: SQLite does not tell model 'A' from model 'a': their names in the database differ by case only [ORM0099, -Wname-case]\nnote: first given here\nerror: the C name 'P_A' is made for model 'a' and for model 'A'; 'c_name' gives either another [ORM0096]\n"},
    {"schema",
     "error: the C name 'p_schema' is made for package 'p' and for model 'schema'; 'c_name' gives either another [ORM0096]\n"},
};

START_TEST(an_emitted_name_cannot_be_made_twice)
{
    rename_model(1, clashes[_i].name);
    assert_says(clashes[_i].message);
}
END_TEST

START_TEST(a_to_many_relation_emits_its_own_functions)
{
    relations[0] = (ormc_relation){.name = "r", .c_name = "r", .kind = ORMC_ONE_TO_MANY};
    models[0].relations = relations;
    models[0].relation_count = 1;
    rename_model(1, "a_remove_from_r");
    assert_says(
        "error: the C name 'p_a_remove_from_r' is made for relation 'r' of 'a' and for model 'a_remove_from_r'; 'c_name' gives either another [ORM0096]\n");
}
END_TEST

START_TEST(values_of_an_enum_that_c_cannot_tell_apart_clash)
{
    values[0] = "so-so";
    values[1] = "so so";
    assert_says(
        "error: the C name 'P_E_SO_SO' is made for value 'so-so' of 'e' and for value 'so so' of 'e'; 'c_name' gives either another [ORM0096]\n");
}
END_TEST

START_TEST(include_guards_of_two_files_differ)
{
    files[0].stem = "my-file";
    files[1].stem = "my_file";
    assert_says(
        "g.yaml:1:1: error: the C name 'MY_FILE_H' is made for file 'f.yaml' and for file 'g.yaml'; 'c_name' gives either another [ORM0096]\n");
}
END_TEST

START_TEST(a_model_cannot_become_a_word_of_c)
{
    package.name = "static";
    rename_model(0, "assert");
    assert_says("error: model 'assert' would be 'static_assert' in C, which is a reserved word [ORM0097]\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("check");
    TCase *tcase = tcase_create("check");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, a_package_without_clashes_is_fine);
    tcase_add_test(tcase, two_models_cannot_share_a_table);
    tcase_add_test(tcase, an_abstract_model_has_no_table_and_emits_nothing);
    tcase_add_test(tcase, two_columns_cannot_share_a_name_in_the_database);
    tcase_add_test(tcase, columns_of_different_models_may_have_one_name);
    tcase_add_test(tcase, indexes_have_names_of_their_own_in_the_whole_package);
    tcase_add_test(tcase, an_index_cannot_have_the_name_of_a_table);
    tcase_add_test(tcase, a_name_of_64_bytes_is_too_long_and_one_of_63_is_not);
    tcase_add_test(tcase, two_members_cannot_share_a_c_name);
    tcase_add_test(tcase, a_column_and_a_relation_cannot_share_a_c_name);
    tcase_add_loop_test(tcase, an_emitted_name_cannot_be_made_twice, 0, sizeof clashes / sizeof *clashes);
    tcase_add_test(tcase, a_to_many_relation_emits_its_own_functions);
    tcase_add_test(tcase, values_of_an_enum_that_c_cannot_tell_apart_clash);
    tcase_add_test(tcase, include_guards_of_two_files_differ);
    tcase_add_test(tcase, a_model_cannot_become_a_word_of_c);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
