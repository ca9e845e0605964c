/* test_files.c -- generator/files.c writes all files or none.
 * SPDX-License-Identifier: MIT */
#include "files.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_files.XXXXXX", before[] = "/";
static orm__text message;

/* Each test works in a folder of its own. */
static void set_up(void)
{
    message = (orm__text){0};
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    ck_assert_int_eq(chdir(folder), 0);
}

static void tear_down(void)
{
    char command[64];
    orm__text_release(&message);
    ck_assert_int_eq(chdir(before), 0);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    ck_assert_int_eq(system(command), 0);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static void assert_file(const char *path, const char *expected)
{
    orm__text text = {0};
    ck_assert_msg(ormc_files_read(path, &text), "%s: %s", path, strerror(errno));
    ck_assert_str_eq(text.data, expected);
    orm__text_release(&text);
}

static size_t count_entries(const char *path)
{
    size_t count = 0;
    DIR *directory = opendir(path);
    ck_assert_ptr_nonnull(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count - 2;
}

static bool write_two(const char *first, const char *second)
{
    const ormc_output outputs[] = {{first, "one\n", 4}, {second, "two\n", 4}};
    return ormc_files_write(outputs, 2, &message);
}

START_TEST(files_and_missing_folders_are_made)
{
    ck_assert(write_two("a/b/one", "two"));
    assert_file("a/b/one", "one\n");
    assert_file("two", "two\n");
    ck_assert_uint_eq(count_entries("."), 2);
    ck_assert_uint_eq(count_entries("a/b"), 1);
    ck_assert_ptr_null(message.data);
}
END_TEST

START_TEST(new_files_get_the_rights_that_the_umask_leaves)
{
    struct stat status;
    umask(027);
    ck_assert(write_two("one", "two"));
    ck_assert_int_eq(stat("one", &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0640);
}
END_TEST

START_TEST(only_files_that_differ_are_written)
{
    struct stat first[2], second[2];
    write_file("one", "one\n");
    write_file("two", "old\n");
    stat("one", &first[0]);
    stat("two", &first[1]);
    ck_assert(write_two("one", "two"));
    stat("one", &second[0]);
    stat("two", &second[1]);
    ck_assert(first[0].st_ino == second[0].st_ino);
    ck_assert(first[1].st_ino != second[1].st_ino);
    assert_file("two", "two\n");
}
END_TEST

START_TEST(an_empty_file_differs_from_none)
{
    const ormc_output output = {"empty", "", 0};
    ck_assert(ormc_files_write(&output, 1, &message));
    assert_file("empty", "");
    ck_assert(ormc_files_write(&output, 1, &message));
}
END_TEST

START_TEST(a_folder_in_the_way_changes_nothing)
{
    write_file("one", "old\n");
    ck_assert_int_eq(mkdir("two", 0777), 0);
    ck_assert(!write_two("one", "two"));
    ck_assert_str_eq(message.data, "cannot write 'two': Is a directory");
    assert_file("one", "old\n");
    ck_assert_uint_eq(count_entries("."), 2);
    ck_assert_uint_eq(count_entries("two"), 0);
}
END_TEST

START_TEST(a_file_in_the_way_of_a_folder_changes_nothing)
{
    write_file("a", "old\n");
    ck_assert(!write_two("new/folder/one", "a/two"));
    ck_assert_ptr_nonnull(strstr(message.data, "Not a directory"));
    assert_file("a", "old\n");
    ck_assert_uint_eq(count_entries("."), 1);
}
END_TEST

/* The folder that the last file needs is in the way of the one before it, once the first two are in their places. */
START_TEST(what_was_replaced_is_put_back_when_a_later_rename_fails)
{
    const ormc_output outputs[] = {{"one", "1\n", 2}, {"fresh", "2\n", 2}, {"a", "3\n", 2}, {"a/b", "4\n", 2}};
    write_file("one", "old\n");
    ck_assert(!ormc_files_write(outputs, 4, &message));
    ck_assert_str_eq(message.data, "cannot write 'a': Is a directory");
    assert_file("one", "old\n");
    ck_assert_uint_eq(count_entries("."), 1);
}
END_TEST

/* A name of 255 bytes is a name, but leaves no room for the new file beside it. */
START_TEST(a_name_too_long_for_a_new_file_is_refused)
{
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    ck_assert(!write_two("one", name));
    ck_assert_ptr_nonnull(strstr(message.data, "File name too long"));
    ck_assert_uint_eq(count_entries("."), 0);
}
END_TEST

START_TEST(what_is_closed_without_a_commit_never_was)
{
    write_file("one", "old\n");
    ormc_files *files = ormc_files_open(NULL, NULL, &message);
    ck_assert(ormc_files_put(files, &(ormc_output){"one", "new\n", 4}));
    ck_assert(ormc_files_put(files, &(ormc_output){"a/b/two", "new\n", 4}));
    ck_assert(ormc_files_remove(files, "one"));
    assert_file("one", "old\n");
    ormc_files_close(files);
    assert_file("one", "old\n");
    ck_assert_uint_eq(count_entries("."), 1);
}
END_TEST

START_TEST(files_are_removed_with_the_others_or_not_at_all)
{
    write_file("gone", "old\n");
    ormc_files *files = ormc_files_open(NULL, NULL, &message);
    ck_assert(ormc_files_remove(files, "gone"));
    ck_assert(ormc_files_put(files, &(ormc_output){"a", "1\n", 2}));
    ck_assert(ormc_files_put(files, &(ormc_output){"a/b", "2\n", 2}));
    ck_assert(!ormc_files_commit(files));
    ormc_files_close(files);
    assert_file("gone", "old\n");
    ck_assert_uint_eq(count_entries("."), 1);
    orm__text_release(&message);
    files = ormc_files_open(NULL, NULL, &message);
    ck_assert(ormc_files_remove(files, "gone") && ormc_files_commit(files));
    ormc_files_close(files);
    ck_assert_uint_eq(count_entries("."), 0);
}
END_TEST

START_TEST(a_file_that_is_replaced_keeps_its_rights_and_its_links)
{
    struct stat status;
    write_file("one", "old\n");
    ck_assert_int_eq(chmod("one", 0604), 0);
    ck_assert_int_eq(symlink("one", "two"), 0);
    const ormc_output output = {"two", "new\n", 4};
    ck_assert_msg(ormc_files_write(&output, 1, &message), "%s", message.data);
    assert_file("one", "new\n");
    ck_assert_int_eq(lstat("two", &status), 0);
    ck_assert(S_ISLNK(status.st_mode));
    ck_assert_int_eq(stat("one", &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0604);
    ck_assert_uint_eq(count_entries("."), 2);
}
END_TEST

static void hear(void *user, const ormc_output *old, const ormc_output *fresh)
{
    orm__text_printf(user, "%s|%s;", old ? old->data : "-", fresh ? fresh->data : "-");
}

START_TEST(who_wants_to_hear_of_differences_gets_them_and_no_files)
{
    orm__text heard = {0};
    write_file("one", "old");
    write_file("same", "same");
    ormc_files *files = ormc_files_open(hear, &heard, &message);
    ck_assert(ormc_files_put(files, &(ormc_output){"one", "new", 3}));
    ck_assert(ormc_files_put(files, &(ormc_output){"same", "same", 4}));
    ck_assert(ormc_files_put(files, &(ormc_output){"a/two", "two", 3}));
    ck_assert(ormc_files_remove(files, "same"));
    ck_assert(ormc_files_commit(files));
    ormc_files_close(files);
    ck_assert_str_eq(heard.data, "old|new;-|two;same|-;");
    assert_file("one", "old");
    ck_assert_uint_eq(count_entries("."), 2);
    orm__text_release(&heard);
}
END_TEST

static const struct {
    const char *old, *pieces[3];
    bool same;
} in_pieces[] = {
    {NULL, {"one ", "two ", "three"}, false},
    {NULL, {"", "", ""}, false},
    {"one two three", {"one ", "two ", "three"}, true},
    {"one two three", {"one two three", "", ""}, true},
    {"one two thr", {"one ", "two ", "three"}, false},
    {"one two three four", {"one ", "two ", "three"}, false},
    {"one and three", {"one ", "two ", "three"}, false},
    {"One two three", {"one ", "two ", "three"}, false},
    {"", {"", "", "three"}, false},
};

START_TEST(a_file_in_pieces_is_written_where_it_begins_to_differ_and_whole)
{
    char whole[64];
    struct stat was = {0}, is;
    snprintf(whole, sizeof whole, "%s%s%s", in_pieces[_i].pieces[0], in_pieces[_i].pieces[1], in_pieces[_i].pieces[2]);
    if (in_pieces[_i].old) {
        write_file("one", in_pieces[_i].old);
        ck_assert_int_eq(stat("one", &was), 0);
    }
    ormc_files *files = ormc_files_open(NULL, NULL, &message);
    ck_assert(ormc_files_begin(files, "one"));
    for (size_t i = 0; i < 3; i++)
        ck_assert(ormc_files_add(files, in_pieces[_i].pieces[i], strlen(in_pieces[_i].pieces[i])));
    ck_assert(ormc_files_end(files) && ormc_files_commit(files));
    ormc_files_close(files);
    assert_file("one", whole);
    ck_assert_int_eq(stat("one", &is), 0);
    ck_assert_int_eq(was.st_ino == is.st_ino, in_pieces[_i].same);
    ck_assert_uint_eq(count_entries("."), 1);
}
END_TEST

START_TEST(a_file_closed_between_its_pieces_stays_as_it_was)
{
    write_file("one", "old");
    ormc_files *files = ormc_files_open(NULL, NULL, &message);
    ck_assert(ormc_files_begin(files, "one") && ormc_files_add(files, "new", 3));
    ormc_files_close(files);
    files = ormc_files_open(NULL, NULL, &message);
    ck_assert(ormc_files_begin(files, "one") && ormc_files_add(files, "ol", 2));
    ormc_files_close(files);
    assert_file("one", "old");
    ck_assert_uint_eq(count_entries("."), 1);
}
END_TEST

START_TEST(reading_tells_why_it_failed)
{
    orm__text text = {0};
    ck_assert(!ormc_files_read("absent", &text));
    ck_assert_int_eq(errno, ENOENT);
    ck_assert(!ormc_files_read(".", &text));
    ck_assert_int_eq(errno, EISDIR);
    orm__text_release(&text);
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("files");
    TCase *tests = tcase_create("files");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, files_and_missing_folders_are_made);
    tcase_add_test(tests, new_files_get_the_rights_that_the_umask_leaves);
    tcase_add_test(tests, only_files_that_differ_are_written);
    tcase_add_test(tests, an_empty_file_differs_from_none);
    tcase_add_test(tests, a_folder_in_the_way_changes_nothing);
    tcase_add_test(tests, a_file_in_the_way_of_a_folder_changes_nothing);
    tcase_add_test(tests, what_was_replaced_is_put_back_when_a_later_rename_fails);
    tcase_add_test(tests, a_name_too_long_for_a_new_file_is_refused);
    tcase_add_test(tests, what_is_closed_without_a_commit_never_was);
    tcase_add_test(tests, files_are_removed_with_the_others_or_not_at_all);
    tcase_add_test(tests, a_file_that_is_replaced_keeps_its_rights_and_its_links);
    tcase_add_test(tests, who_wants_to_hear_of_differences_gets_them_and_no_files);
    tcase_add_loop_test(tests, a_file_in_pieces_is_written_where_it_begins_to_differ_and_whole, 0,
                        sizeof in_pieces / sizeof *in_pieces);
    tcase_add_test(tests, a_file_closed_between_its_pieces_stays_as_it_was);
    tcase_add_test(tests, reading_tells_why_it_failed);
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
