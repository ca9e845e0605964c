/* test_emit.c -- which files generator/emit.c makes, from which templates, and the rule for make.
 *
 * The contents are the golden files' to show, the writing test_files'.
 * SPDX-License-Identifier: MIT */
#include "emit.h"

#include "files.h"
#include "link.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static orm__arena arena;
static orm__text message;
static const ormc_package *package;
static char folder[] = "/tmp/test_emit.XXXXXX", before[] = "/";

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

/* Each test works in a folder of its own, with a package of two files. */
static void set_up(void)
{
    arena = (orm__arena){0};
    message = (orm__text){0};
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
    write_file("store.yaml", "package: store\nmodels: {x: {columns: {id: {type: int64, primary_key: true}}}}\n");
    write_file("odd & $ #name.yaml",
               "package: store\nmodels: {y: {columns: {id: {type: int64, primary_key: true}}}}\n");
    static const char *const paths[] = {"store.yaml", "odd & $ #name.yaml"};
    ormc_diagnostics *diagnostics = ormc_diagnostics_new();
    ck_assert(ormc_load(paths, 2, &arena, diagnostics, &package));
    orm__text messages = {0};
    ormc_diagnostics_render(diagnostics, &messages);
    ck_assert_msg(package != NULL, "%s", messages.data);
    orm__text_release(&messages);
    ormc_diagnostics_free(diagnostics);
}

static void tear_down(void)
{
    char command[64];
    orm__text_release(&message);
    orm__arena_release(&arena);
    ck_assert_int_eq(chdir(before), 0);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static bool emit(ormc_emit_options options)
{
    return ormc_emit(package, &options, &message);
}

static bool exists(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0;
}

static void assert_file(const char *path, const char *expected)
{
    orm__text text = {0};
    ck_assert_msg(ormc_files_read(path, &text), "%s", path);
    ck_assert_str_eq(text.data, expected);
    orm__text_release(&text);
}

static void assert_holds(const char *path, const char *part)
{
    orm__text text = {0};
    ck_assert_msg(ormc_files_read(path, &text), "%s", path);
    ck_assert_msg(strstr(text.data, part) != NULL, "%s has no\n%s", path, part);
    orm__text_release(&text);
}

static const char *const directories[] = {"out", "out/", "new/out", "./out"};

START_TEST(each_input_becomes_a_header_and_a_source)
{
    ck_assert_msg(emit((ormc_emit_options){.directory = directories[_i]}), "%s", message.data);
    ck_assert_int_eq(chdir(directories[_i]), 0);
    assert_holds("store.h", "typedef struct store_x store_x;");
    assert_holds("store.c", "#include \"store.h\"\n");
    assert_holds("odd & $ #name.h", "typedef struct store_y store_y;");
    assert_holds("odd & $ #name.c", "#include \"odd & $ #name.h\"\n");
    ck_assert_ptr_null(message.data);
}
END_TEST

START_TEST(without_a_directory_files_go_where_we_are)
{
    ck_assert(emit((ormc_emit_options){.directory = NULL}));
    ck_assert(exists("store.h"));
}
END_TEST

START_TEST(the_rule_for_make_names_outputs_and_inputs)
{
    ck_assert_int_eq(mkdir("mine", 0777), 0);
    write_file("mine/enum.h.mustache", "never used\n");
    write_file("mine/core.c.mustache", "/* core */\n");
    ck_assert(emit((ormc_emit_options){.directory = "out", .depfile = "deps/store.d", .templates = "mine"}));
    assert_file("deps/store.d",
                "out/store.h \\\n out/store.c \\\n out/odd\\ &\\ $$\\ \\#name.h \\\n out/odd\\ &\\ $$\\ \\#name.c: \\\n"
                " mine/core.c.mustache \\\n store.yaml \\\n odd\\ &\\ $$\\ \\#name.yaml\n"
                "\nmine/core.c.mustache:\n\nstore.yaml:\n\nodd\\ &\\ $$\\ \\#name.yaml:\n");
}
END_TEST

START_TEST(a_template_of_the_user_goes_before_the_built_in_one)
{
    ck_assert_int_eq(mkdir("mine", 0777), 0);
    write_file("mine/header.h.mustache", "/* {{stem}} of {{package}} */\n{{>own}}");
    write_file("mine/own.mustache", "{{#models}}{{type}}\n{{/models}}");
    ck_assert_msg(emit((ormc_emit_options){.directory = "out", .templates = "mine"}), "%s", message.data);
    assert_file("out/store.h", "/* store of store */\nstore_x\n");
    assert_holds("out/store.c", "#include \"store.h\"\n");
}
END_TEST

static const struct {
    const char *template, *message;
} mistakes[] = {
    {"one\n  {{nobody}}", "template header.h.mustache:2:3: "},
    {"{{#models}}", "template header.h.mustache:1:1: "},
    {"{{>absent}}", "template header.h.mustache:1:1: "},
};

START_TEST(a_mistake_in_a_template_has_its_place_and_writes_nothing)
{
    ck_assert_int_eq(mkdir("mine", 0777), 0);
    write_file("mine/header.h.mustache", mistakes[_i].template);
    ck_assert(!emit((ormc_emit_options){.directory = "out", .templates = "mine", .depfile = "d"}));
    ck_assert_int_eq(strncmp(message.data, mistakes[_i].message, strlen(mistakes[_i].message)), 0);
    ck_assert(!exists("out") && !exists("d"));
}
END_TEST

START_TEST(templates_that_cannot_be_read_are_told)
{
    ck_assert(!emit((ormc_emit_options){.directory = "out", .templates = "absent"}));
    ck_assert_str_eq(message.data, "cannot read the templates of 'absent': No such file or directory");
    orm__text_release(&message);
    ck_assert(!emit((ormc_emit_options){.directory = "out", .templates = "store.yaml"}));
    ck_assert_str_eq(message.data, "cannot read the templates of 'store.yaml': Not a directory");
    orm__text_release(&message);
    ck_assert_int_eq(mkdir("mine", 0777), 0);
    ck_assert_int_eq(mkdir("mine/header.h.mustache", 0777), 0);
    ck_assert(!emit((ormc_emit_options){.directory = "out", .templates = "mine"}));
    ck_assert_str_eq(message.data, "cannot read 'mine/header.h.mustache': Is a directory");
    ck_assert(!exists("out"));
}
END_TEST

START_TEST(a_second_run_touches_no_file)
{
    struct stat first, second;
    const ormc_emit_options options = {.directory = "out", .depfile = "d"};
    ck_assert(emit(options));
    ck_assert_int_eq(stat("out/store.c", &first), 0);
    ck_assert(emit(options));
    ck_assert_int_eq(stat("out/store.c", &second), 0);
    ck_assert(first.st_ino == second.st_ino);
}
END_TEST

START_TEST(a_file_in_the_way_leaves_all_others_alone)
{
    ck_assert_int_eq(mkdir("out", 0777), 0);
    ck_assert_int_eq(mkdir("out/store.c", 0777), 0);
    ck_assert(!emit((ormc_emit_options){.directory = "out"}));
    ck_assert_str_eq(message.data, "cannot write 'out/store.c': Is a directory");
    ck_assert(!exists("out/store.h") && !exists("out/odd & $ #name.h"));
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("emit");
    TCase *tests = tcase_create("emit");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, each_input_becomes_a_header_and_a_source, 0, sizeof directories / sizeof *directories);
    tcase_add_test(tests, without_a_directory_files_go_where_we_are);
    tcase_add_test(tests, the_rule_for_make_names_outputs_and_inputs);
    tcase_add_test(tests, a_template_of_the_user_goes_before_the_built_in_one);
    tcase_add_loop_test(tests, a_mistake_in_a_template_has_its_place_and_writes_nothing, 0,
                        sizeof mistakes / sizeof *mistakes);
    tcase_add_test(tests, templates_that_cannot_be_read_are_told);
    tcase_add_test(tests, a_second_run_touches_no_file);
    tcase_add_test(tests, a_file_in_the_way_leaves_all_others_alone);
    suite_add_tcase(all, tests);
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
