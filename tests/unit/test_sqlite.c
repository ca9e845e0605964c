/* test_sqlite.c -- the driver of SQLite: opening, running statements, locks between links: driver/sqlite.c.
 * SPDX-License-Identifier: MIT */
#include "sqlite_link.h"

#include "driver/wait.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static orm__link *link_b;
static char folder[] = "/tmp/orm-sqlite-XXXXXX", path[64];

static void file_set_up(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/test.db", folder);
    link_a = must_open(path, false);
    link_b = must_open(path, false);
}

static void file_tear_down(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    driver->close(link_a);
    driver->close(link_b);
    orm__arena_release(&arena);
    for (int i = 0; i < COUNT(suffixes); i++) {
        char file[80];
        snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
        unlink(file);
    }
    rmdir(folder);
}

START_TEST(rows_written_are_counted)
{
    size_t rows;
    const orm_value one = orm_of_int64(1);
    ck_assert_uint_eq(run(link_a, "CREATE TABLE t (id INTEGER PRIMARY KEY, a)"), 0);
    ck_assert_uint_eq(run(link_a, "INSERT INTO t (a) VALUES (1), (2), (3)"), 3);
    ck_assert_int_eq(driver->last_key(link_a), 3);
    ck_assert_uint_eq(run(link_a, "CREATE INDEX i ON t (a)"), 0);
    ck_assert_uint_eq(run(link_a, "SELECT * FROM t"), 0);
    ck_assert_int_eq(execute(link_a, "UPDATE t SET a = 9 WHERE id > ?1", &integer_parameter, &one, 1, &rows), ORM_OK);
    ck_assert_uint_eq(rows, 2);
    ck_assert_int_eq(execute(link_a, "UPDATE t SET a = 9 WHERE id > 100 + ?1", &integer_parameter, &one, 1, &rows),
                     ORM_OK);
    ck_assert_uint_eq(rows, 0);
    ck_assert_int_eq(execute(link_a, "SELECT id FROM t WHERE id > ?1", &integer_parameter, &one, 1, &rows), ORM_OK);
    ck_assert_uint_eq(rows, 0);
    ck_assert_int_eq(execute(link_a, "DELETE FROM t WHERE id >= ?1 RETURNING id", &integer_parameter, &one, 1, &rows),
                     ORM_OK);
    ck_assert_uint_eq(rows, 3);
}
END_TEST

START_TEST(control_runs_every_statement_of_a_script)
{
    run(link_a, "CREATE TABLE a (x); CREATE TABLE b (x); -- and rows\nINSERT INTO b VALUES (1);\n");
    ck_assert_int_eq(number(link_a, "SELECT count(*) FROM b"), 1);
    run(link_a, "");
    run(link_a, "  ; -- nothing\n");
}
END_TEST

START_TEST(a_statement_is_started_again_and_again)
{
    run(link_a, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)");
    const orm__parameter parameter = {.type = ORM_TYPE_TEXT};
    orm__prepared *prepared = prepare(link_a, "INSERT INTO t (name) VALUES (?1)", &parameter, 1);
    for (int i = 1; i <= 100; i++) {
        char name[24];
        size_t rows;
        snprintf(name, sizeof name, "name %d", i);
        const orm_value value = orm_of_text(name);
        ck_assert_int_eq(driver->start(link_a, NULL, prepared, &value, ORM__FETCH_WHOLE, &error), ORM_OK);
        ck_assert_int_eq(driver->finish(link_a, &rows, &error), ORM_OK);
        ck_assert_uint_eq(rows, 1);
        ck_assert_int_eq(driver->last_key(link_a), i);
    }
    driver->forget(link_a, prepared);
    ck_assert_int_eq(number(link_a, "SELECT count(*) FROM t WHERE name = 'name ' || id"), 100);
}
END_TEST

START_TEST(a_statement_left_early_is_no_trouble)
{
    run(link_a, "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2), (3)");
    orm__prepared *prepared = prepare(link_a, "SELECT a FROM t", NULL, 0);
    ck_assert_int_eq(driver->start(link_a, NULL, prepared, NULL, ORM__FETCH_STREAM, &error), ORM_OK);
    ck_assert_int_eq(driver->step(link_a, &error), ORM_OK);
    ck_assert_int_eq(driver->start(link_a, NULL, prepared, NULL, ORM__FETCH_STREAM, &error), ORM_MISUSE);
    ck_assert_int_eq(driver->finish(link_a, NULL, &error), ORM_OK);
    ck_assert_int_eq(driver->finish(link_a, NULL, &error), ORM_OK);
    ck_assert_int_eq(driver->step(link_a, &error), ORM_MISUSE);
    run(link_a, "DROP TABLE t");
    driver->forget(link_a, prepared);
}
END_TEST

START_TEST(what_goes_before_is_run_first)
{
    run(link_a, "CREATE TABLE t (a)");
    orm__prepared *prepared = prepare(link_a, "INSERT INTO t VALUES (1)", NULL, 0);
    ck_assert_int_eq(driver->start(link_a, "BEGIN IMMEDIATE", prepared, NULL, ORM__FETCH_WHOLE, &error), ORM_OK);
    ck_assert_int_eq(driver->finish(link_a, NULL, &error), ORM_OK);
    ck_assert_int_eq(driver->start(link_a, "BEGIN IMMEDIATE", prepared, NULL, ORM__FETCH_WHOLE, &error), ORM_DATABASE);
    ck_assert_str_eq(error.sqlstate, "25001");
    run(link_a, "ROLLBACK");
    run(link_a, "ROLLBACK");
    ck_assert_int_eq(number(link_a, "SELECT count(*) FROM t"), 0);
    driver->forget(link_a, prepared);
}
END_TEST

static const struct {
    const char *sql;
    size_t count;
    orm_status status;
} unpreparable[] = {
    {"SELECT 1; SELECT 2", 0, ORM_MISUSE},
    {"SELECT 1; nonsense", 0, ORM_MISUSE},
    {"", 0, ORM_MISUSE},
    {"-- nothing", 0, ORM_MISUSE},
    {"SELECT ?1", 0, ORM_MISUSE},
    {"SELECT 1", 1, ORM_MISUSE},
    {"SELECT nonsense FROM", 0, ORM_DATABASE},
    {"SELECT \"nme\"", 0, ORM_SCHEMA},
};

START_TEST(one_whole_statement_is_prepared)
{
    orm__prepared *prepared = NULL;
    ck_assert_int_eq(
        driver->prepare(link_a, unpreparable[_i].sql, &integer_parameter, unpreparable[_i].count, &prepared, &error),
        unpreparable[_i].status);
    ck_assert_ptr_null(prepared);
    prepared = prepare(link_a, "SELECT 1; -- the end\n ;", NULL, 0);
    driver->forget(link_a, prepared);
    driver->forget(link_a, NULL);
}
END_TEST

START_TEST(a_failed_statement_leaves_the_link_ready)
{
    const orm_value values[] = {orm_of_int64(1), orm_of_int64(2)};
    run(link_a, "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
    orm__prepared *prepared = prepare(link_a, "INSERT INTO t VALUES (?1)", &integer_parameter, 1);
    ck_assert_int_eq(driver->start(link_a, NULL, prepared, &values[0], ORM__FETCH_WHOLE, &error), ORM_CONSTRAINT);
    ck_assert_int_eq(driver->start(link_a, NULL, prepared, &values[1], ORM__FETCH_WHOLE, &error), ORM_OK);
    ck_assert_int_eq(driver->finish(link_a, NULL, &error), ORM_OK);
    driver->forget(link_a, prepared);
    ck_assert(driver->usable(link_a));
}
END_TEST

START_TEST(a_failure_between_rows_is_told_by_step)
{
    const int64_t numbers[] = {1, INT64_MIN};
    const orm_value list = orm_of_int64s(numbers, 2);
    orm__prepared *prepared = prepare(link_a, "SELECT abs(c0) FROM orm_rows(?1)", &integer_list, 1);
    ck_assert_int_eq(driver->start(link_a, NULL, prepared, &list, ORM__FETCH_STREAM, &error), ORM_OK);
    ck_assert_int_eq(driver->step(link_a, &error), ORM_OK);
    ck_assert_int_eq(driver->step(link_a, &error), ORM_DATABASE);
    ck_assert_msg(strstr(error.message, "integer overflow") != NULL, "%s", error.message);
    ck_assert_int_ne(driver->step(link_a, &error), ORM_DONE);
    ck_assert_int_eq(driver->finish(link_a, NULL, &error), ORM_OK);
    driver->forget(link_a, prepared);
}
END_TEST

START_TEST(like_tells_upper_from_lower_case)
{
    ck_assert_int_eq(number(link_a, "SELECT 'Ada' LIKE 'A%'"), 1);
    ck_assert_int_eq(number(link_a, "SELECT 'ada' LIKE 'A%'"), 0);
}
END_TEST

START_TEST(what_cannot_be_opened_is_named)
{
    char file[80];
    orm__link *opened;
    orm__address address = {.dialect = ORM_SQLITE, .file = file};
    snprintf(file, sizeof file, "%s/missing/test.db", folder);
    ck_assert_int_eq(driver->open(&address, NULL, &opened, &error), ORM_DATABASE);
    ck_assert_ptr_null(opened);
    ck_assert_msg(strstr(error.message, file) && strstr(error.message, "No such file or directory"), "%s",
                  error.message);
    snprintf(file, sizeof file, "%s", folder);
    ck_assert_int_eq(driver->open(&address, NULL, &opened, NULL), ORM_DATABASE);
    snprintf(file, sizeof file, "%s/text", folder);
    FILE *text = fopen(file, "w");
    for (int i = 0; i < 100; i++)
        fputs("This is no database, though it is long enough.\n", text);
    fclose(text);
    ck_assert_int_eq(driver->open(&address, NULL, &opened, &error), ORM_DATABASE);
    ck_assert_str_eq(error.sqlstate, "XX001");
    ck_assert_msg(strstr(error.message, file) && strstr(error.message, "not a database"), "%s", error.message);
    unlink(file);
    driver->close(NULL);
}
END_TEST

START_TEST(a_file_uses_wal_and_foreign_keys)
{
    ck_assert_str_eq(text_of("SELECT journal_mode FROM pragma_journal_mode", NULL, NULL, 0), "wal");
    ck_assert_int_eq(number(link_a, "PRAGMA synchronous"), 1);
    ck_assert_int_eq(number(link_a, "PRAGMA foreign_keys"), 1);
    ck_assert_int_eq(number(link_a, "PRAGMA recursive_triggers"), 0);
}
END_TEST

START_TEST(a_file_that_is_read_only_is_read)
{
    char file[80];
    snprintf(file, sizeof file, "file:%s?mode=ro", path);
    run(link_a, "CREATE TABLE t (a); INSERT INTO t VALUES (5)");
    orm__link *reader = must_open(file, false);
    ck_assert_int_eq(number(reader, "SELECT a FROM t"), 5);
    ck_assert_int_eq(driver->control(reader, "DELETE FROM t", NULL, &error), ORM_READ_ONLY);
    ck_assert_str_eq(error.sqlstate, "25006");
    driver->close(reader);
}
END_TEST

START_TEST(a_writer_waits_until_the_deadline)
{
    run(link_a, "CREATE TABLE t (a); BEGIN IMMEDIATE; INSERT INTO t VALUES (1)");
    int64_t before = orm__deadline_in(0);
    link_b->deadline = before + 200000;
    ck_assert_int_eq(driver->control(link_b, "INSERT INTO t VALUES (2)", NULL, &error), ORM_TIMEOUT);
    ck_assert_str_eq(error.sqlstate, "55P03");
    int64_t waited = orm__deadline_in(0) - before;
    ck_assert_int_ge(waited, 200000);
    ck_assert_int_lt(waited, 1000000);
    ck_assert_int_eq(number(link_b, "SELECT count(*) FROM t"), 0);
    run(link_a, "COMMIT");
    link_b->deadline = 0;
    ck_assert_uint_eq(run(link_b, "INSERT INTO t VALUES (2)"), 1);
}
END_TEST

START_TEST(a_reader_that_writes_too_late_is_a_serialization_failure)
{
    run(link_a, "CREATE TABLE t (a); BEGIN");
    number(link_a, "SELECT count(*) FROM t");
    run(link_b, "INSERT INTO t VALUES (1)");
    ck_assert_int_eq(driver->control(link_a, "INSERT INTO t VALUES (2)", NULL, &error), ORM_SERIALIZATION);
    ck_assert_str_eq(error.sqlstate, "40001");
    run(link_a, "ROLLBACK");
}
END_TEST

START_TEST(many_may_open_a_new_file_at_once)
{
    enum { MANY = 8, ROWS = 20 };
    pid_t children[MANY];
    char file[80];
    snprintf(file, sizeof file, "%s/new.db", folder);
    for (int i = 0; i < MANY; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] > 0)
            continue;
        const orm__address address = {.dialect = ORM_SQLITE, .file = file};
        orm__link *opened;
        bool well = driver->open(&address, NULL, &opened, &error) == ORM_OK &&
                    driver->control(opened, "CREATE TABLE IF NOT EXISTS t (a)", NULL, &error) == ORM_OK;
        for (int n = 0; n < ROWS && well; n++)
            well = driver->control(opened, "INSERT INTO t VALUES (1)", NULL, &error) == ORM_OK;
        if (!well)
            fprintf(stderr, "%s\n", error.message);
        driver->close(opened);
        _exit(well ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    for (int i = 0; i < MANY; i++) {
        int status;
        waitpid(children[i], &status, 0);
        ck_assert_int_eq(status, 0);
    }
    orm__link *opened = must_open(file, false);
    ck_assert_int_eq(number(opened, "SELECT count(*) FROM t"), MANY * ROWS);
    driver->close(opened);
    unlink(file);
}
END_TEST

START_TEST(links_to_one_memory_database_share_it)
{
    orm__link *second = must_open("file:/orm-test?vfs=memdb", true),
              *other = must_open("file:/orm-other?vfs=memdb", true);
    run(link_a, "CREATE TABLE t (a); INSERT INTO t VALUES (7)");
    ck_assert_int_eq(number(second, "SELECT a FROM t"), 7);
    run(second, "UPDATE t SET a = 8");
    ck_assert_int_eq(number(link_a, "SELECT a FROM t"), 8);
    ck_assert_int_eq(driver->control(other, "SELECT a FROM t", NULL, &error), ORM_SCHEMA);
    run(link_a, "BEGIN IMMEDIATE; UPDATE t SET a = 9");
    int64_t before = orm__deadline_in(0);
    second->deadline = before + 100000;
    ck_assert_int_eq(driver->control(second, "UPDATE t SET a = 10", NULL, &error), ORM_TIMEOUT);
    ck_assert_int_ge(orm__deadline_in(0) - before, 100000);
    run(link_a, "COMMIT");
    ck_assert_int_eq(number(second, "SELECT a FROM t"), 9);
    driver->close(second);
    driver->close(other);
}
END_TEST

static Suite *sqlite_suite(void)
{
    Suite *suite = suite_create("sqlite");
    TCase *tests = tcase_create("statements"), *file = tcase_create("file");
    tcase_add_checked_fixture(tests, memory_set_up, memory_tear_down);
    tcase_add_test(tests, rows_written_are_counted);
    tcase_add_test(tests, control_runs_every_statement_of_a_script);
    tcase_add_test(tests, a_statement_is_started_again_and_again);
    tcase_add_test(tests, a_statement_left_early_is_no_trouble);
    tcase_add_test(tests, what_goes_before_is_run_first);
    tcase_add_loop_test(tests, one_whole_statement_is_prepared, 0, COUNT(unpreparable));
    tcase_add_test(tests, a_failed_statement_leaves_the_link_ready);
    tcase_add_test(tests, a_failure_between_rows_is_told_by_step);
    tcase_add_test(tests, like_tells_upper_from_lower_case);
    tcase_add_test(tests, links_to_one_memory_database_share_it);
    tcase_add_checked_fixture(file, file_set_up, file_tear_down);
    tcase_set_timeout(file, 30);
    tcase_add_test(file, what_cannot_be_opened_is_named);
    tcase_add_test(file, a_file_uses_wal_and_foreign_keys);
    tcase_add_test(file, a_file_that_is_read_only_is_read);
    tcase_add_test(file, a_writer_waits_until_the_deadline);
    tcase_add_test(file, a_reader_that_writes_too_late_is_a_serialization_failure);
    tcase_add_test(file, many_may_open_a_new_file_at_once);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, file);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(sqlite_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
