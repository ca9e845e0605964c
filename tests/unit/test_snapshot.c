/* test_snapshot.c -- snapshots: written and read they are the same, compared they differ by what they say; names in
 * SQL.
 * SPDX-License-Identifier: MIT */
#include "link.h"
#include "migrate_plan.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static orm__arena arena;
static char path[] = "/tmp/test_snapshot-XXXXXX";

static const char schema[] = "package: p\n"
                             "enums:\n"
                             "  mood: {values: [good, \"it's \\\"bad\\\"\"], doc: \"Two\\nlines.\"}\n"
                             "models:\n"
                             "  author:\n"
                             "    schema: people\n"
                             "    columns:\n"
                             "      id: {type: int64, primary_key: true}\n"
                             "      email: {type: text, unique: true, max_length: 254, doc: 'Where: #to {write}'}\n"
                             "      mood: {type: mood, default: good}\n"
                             "      twice: {type: int64?, generated: id * 2}\n"
                             "    checks: [\"email <> ''\"]\n"
                             "  post:\n"
                             "    columns: {id: {type: int64, primary_key: true}, title: text}\n"
                             "    relations: {author: {many_to_one: author, column: author_id, nullable: true}}\n"
                             "    indexes:\n"
                             "      - {columns: [-title], unique: true, where: \"title <> 'x'\"}\n";

static void write_file(const char *text, size_t length)
{
    FILE *file = fopen(path, "w");
    fwrite(text, 1, length, file);
    fclose(file);
}

static void set_up(void)
{
    strcpy(path, "/tmp/test_snapshot-XXXXXX");
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    close(descriptor);
}

static void tear_down(void)
{
    unlink(path);
    orm__arena_release(&arena);
}

static void make(const char *text, ormc_snapshot snapshots[2])
{
    const char *paths[] = {path};
    const ormc_package *package;
    ormc_diagnostics *diagnostics = ormc_diagnostics_new();
    write_file(text, strlen(text));
    ck_assert(ormc_load(paths, 1, &arena, diagnostics, &package));
    ck_assert_ptr_nonnull(package);
    for (int i = 0; i < 2; i++)
        ck_assert(ormc_snapshot_make(package, (ormc_dialect)i, &arena, &snapshots[i]));
    ormc_diagnostics_free(diagnostics);
}

static const char views[] =
    "package: p\n"
    "models:\n"
    "  base: {abstract: true, columns: {id: {type: int64, primary_key: true, generated: false},\n"
    "    at: {type: timestamptz, default: now}}, indexes: [[at]], checks: [id > 0]}\n"
    "  loud: {view: {postgresql: 'SELECT upper(name) AS name FROM Names; -- all of them',\n"
    "    sqlite: SELECT upper(name) AS name FROM S_names}, columns: {name: text}}\n"
    "  names: {schema: s, table: names, extends: base, doc: All.,\n"
    "    view: {postgresql: SELECT * FROM author, sqlite: \"SELECT *, 1 AS id, 2 AS at FROM loudest\"},\n"
    "    columns: {name: {type: text, doc: One.}}}\n"
    "  loudest: {view: {sqlite: SELECT name FROM author}, columns: {name: text}}\n"
    "  author: {columns: {id: {type: int64, primary_key: true}, name: text}}\n";

START_TEST(views_are_apart_from_tables_and_stand_behind_what_they_use)
{
    ormc_snapshot made[2];
    make(views, made);
    const ormc_snapshot *server = &made[ORMC_POSTGRESQL], *file = &made[ORMC_SQLITE];
    ck_assert_uint_eq(server->table_count, 1);
    ck_assert_uint_eq(server->view_count, 2);
    ck_assert_str_eq(server->views[0].name, "names");
    ck_assert_str_eq(server->views[0].schema, "s");
    ck_assert_uint_eq(server->views[0].column_count, 1); /* those with a comment */
    ck_assert_str_eq(server->views[1].sql, "SELECT upper(name) AS name FROM Names");
    ck_assert_uint_eq(server->foreign_count, 1);
    ck_assert_str_eq(server->foreign[0].name, "loudest");
    ck_assert_uint_eq(server->foreign[0].column_count, 1);
    ck_assert_uint_eq(file->view_count, 3);
    ck_assert_uint_eq(file->foreign_count, 0);
    ck_assert_str_eq(file->views[0].name, "loudest");
    ck_assert_str_eq(file->views[1].name, "s_names");
    ck_assert_str_eq(file->views[2].name, "loud");
}
END_TEST

START_TEST(views_are_written_and_read_back)
{
    ormc_snapshot made[2], read[2];
    orm__text text = {0};
    ormc_diagnostics *diagnostics = ormc_diagnostics_new();
    make(views, made);
    ormc_snapshot_write(made, &text);
    write_file(text.data, text.length);
    ck_assert(ormc_snapshot_read(path, &arena, diagnostics, read));
    for (int i = 0; i < 2; i++)
        ck_assert(ormc_record_equal(ORMC_RECORD_SNAPSHOT, &made[i], &read[i], NULL));
    ck_assert_ptr_nonnull(ormc_snapshot_find_view(&read[ORMC_POSTGRESQL], "s", "names"));
    ck_assert_ptr_null(ormc_snapshot_find_view(&read[ORMC_POSTGRESQL], NULL, "names"));
    read[0].views[0].sql = "SELECT 1";
    ck_assert(!ormc_record_equal(ORMC_RECORD_SNAPSHOT, &made[0], &read[0], NULL));
    orm__text_release(&text);
    ormc_diagnostics_free(diagnostics);
}
END_TEST

static const struct {
    const char *sql;
    bool uses;
} mentions[] = {
    {"SELECT * FROM post", true},        {"SELECT * FROM \"post\" p", true},
    {"SELECT * FROM public.POST", true}, {"SELECT 'post'", false},
    {"SELECT 1 -- post", false},         {"SELECT 1 /* post */", false},
    {"SELECT posts.id", false},          {"SELECT a_post", false},
    {"SELECT $$post$$", false},          {"(SELECT 1)UNION\nSELECT id FROM(post)", true},
};

START_TEST(sql_uses_what_it_names)
{
    ck_assert_msg(ormc_snapshot_uses(mentions[_i].sql, ORMC_POSTGRESQL, "post") == mentions[_i].uses, "%s",
                  mentions[_i].sql);
}
END_TEST

START_TEST(what_is_written_reads_back_as_the_same)
{
    ormc_snapshot made[2], read[2];
    orm__text text = {0};
    ormc_diagnostics *diagnostics = ormc_diagnostics_new();
    make(schema, made);
    ormc_snapshot_write(made, &text);
    write_file(text.data, text.length);
    ck_assert(ormc_snapshot_read(path, &arena, diagnostics, read));
    for (int i = 0; i < 2; i++)
        ck_assert(ormc_record_equal(ORMC_RECORD_SNAPSHOT, &made[i], &read[i], NULL));
    ck_assert_uint_eq(read[ORMC_POSTGRESQL].table_count, 2);
    ck_assert_str_eq(read[ORMC_SQLITE].tables[0].name, "people_author");
    orm__text_release(&text);
    ormc_diagnostics_free(diagnostics);
}
END_TEST

START_TEST(a_file_that_is_no_snapshot_is_refused)
{
    ormc_snapshot read[2];
    orm__text said = {0};
    ormc_diagnostics *diagnostics = ormc_diagnostics_new();
    static const char text[] = "postgresql: {tables: [{columns: x}]}\n";
    write_file(text, strlen(text));
    ck_assert(!ormc_snapshot_read(path, &arena, diagnostics, read));
    ormc_diagnostics_render(diagnostics, &said);
    ck_assert_ptr_nonnull(strstr(said.data, "'sqlite' is missing here"));
    ck_assert_ptr_nonnull(strstr(said.data, "'name' is missing here"));
    orm__text_release(&said);
    ormc_diagnostics_free(diagnostics);
}
END_TEST

START_TEST(a_copy_is_equal_and_its_change_leaves_the_first_alone)
{
    ormc_snapshot made[2], copy;
    make(schema, made);
    ck_assert(ormc_snapshot_copy(&made[0], &arena, &copy));
    ck_assert(ormc_record_equal(ORMC_RECORD_SNAPSHOT, &made[0], &copy, NULL));
    copy.tables[1].columns[1].not_null = false;
    copy.tables[0].primary_key->columns.items[0] = "other";
    ck_assert(made[0].tables[1].columns[1].not_null);
    ck_assert_str_eq(made[0].tables[0].primary_key->columns.items[0], "id");
    ck_assert(!ormc_record_equal(ORMC_RECORD_SNAPSHOT, &made[0], &copy, NULL));
}
END_TEST

static const struct {
    const char *sql, *renamed;
} renames[] = {
    {"views > 0", "hits > 0"},
    {"\"views\" > 0", "\"hits\" > 0"},
    {"views_more > views", "views_more > hits"},
    {"name <> 'views'", "name <> 'views'"},
    {"name <> 'it''s views' AND views>1", "name <> 'it''s views' AND hits>1"},
    {"lower(views)", "lower(hits)"},
    {"\"a \"\"views\"\"\"", "\"a \"\"views\"\"\""},
};

START_TEST(names_in_sql_are_replaced_and_texts_are_let_be)
{
    ck_assert_str_eq(ormc_sql_rename(renames[_i].sql, "views", "hits", &arena), renames[_i].renamed);
    ck_assert_int_eq(ormc_sql_mentions(renames[_i].sql, "views"), strcmp(renames[_i].sql, renames[_i].renamed) != 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("snapshot");
    TCase *tests = tcase_create("snapshot");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, views_are_apart_from_tables_and_stand_behind_what_they_use);
    tcase_add_test(tests, views_are_written_and_read_back);
    tcase_add_loop_test(tests, sql_uses_what_it_names, 0, sizeof mentions / sizeof *mentions);
    tcase_add_test(tests, what_is_written_reads_back_as_the_same);
    tcase_add_test(tests, a_file_that_is_no_snapshot_is_refused);
    tcase_add_test(tests, a_copy_is_equal_and_its_change_leaves_the_first_alone);
    tcase_add_loop_test(tests, names_in_sql_are_replaced_and_texts_are_let_be, 0, sizeof renames / sizeof *renames);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
