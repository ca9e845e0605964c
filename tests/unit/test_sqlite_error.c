/* test_sqlite_error.c -- SQLite's refusals as statuses, SQLSTATEs and names: driver/sqlite_error.c.
 * SPDX-License-Identifier: MIT */
#include "sqlite_link.h"

#include <string.h>

static const struct {
    const char *sql;
    orm_status status;
    const char *sqlstate, *table, *column, *constraint;
} failures[] = {
    {"INSERT INTO authors (id, email, name) VALUES (9, 'ada', 'x')", ORM_CONSTRAINT, "23505", "authors", "email", ""},
    {"INSERT INTO authors (id, email, name) VALUES (1, 'x', 'x')", ORM_CONSTRAINT, "23505", "authors", "id", ""},
    {"INSERT INTO authors (email, name, a, b) VALUES ('x', 'x', 1, 1), ('y', 'y', 1, 1)", ORM_CONSTRAINT, "23505",
     "authors", "a", ""},
    {"INSERT INTO authors (email, name, c) VALUES ('x', 'x', 1), ('y', 'y', -1)", ORM_CONSTRAINT, "23505", "", "",
     "absolute"},
    {"INSERT INTO authors (email) VALUES ('x')", ORM_CONSTRAINT, "23502", "authors", "name", ""},
    {"INSERT INTO authors (email, name) VALUES ('x', '')", ORM_CONSTRAINT, "23514", "", "", "name_given"},
    {"INSERT INTO posts (author_id) VALUES (99)", ORM_CONSTRAINT, "23503", "", "", ""},
    {"DELETE FROM authors", ORM_CONSTRAINT, "23503", "", "", ""},
    {"INSERT INTO posts (id) VALUES ('text')", ORM_DATABASE, "42804", "", "", ""},
    {"SELECT * FROM main.nowhere", ORM_SCHEMA, "42P01", "nowhere", "", ""},
    {"SELECT t0.nme FROM authors AS t0", ORM_SCHEMA, "42703", "", "nme", ""},
    {"INSERT INTO authors (nme) VALUES (1)", ORM_SCHEMA, "42703", "authors", "nme", ""},
    {"SELECT nofunction(1)", ORM_SCHEMA, "42883", "", "", ""},
    {"SELECT name FROM authors ORDER BY name COLLATE no_such", ORM_SCHEMA, "42704", "", "", ""},
    {"CREATE TABLE authors (a)", ORM_DATABASE, "42P07", "authors", "", ""},
    {"SELEKT 1", ORM_DATABASE, "42601", "", "", ""},
    {"SELECT (1", ORM_DATABASE, "42601", "", "", ""},
    {"SELECT abs(-9223372036854775808)", ORM_DATABASE, "22003", "", "", ""},
    {"SELECT zeroblob(2000000000)", ORM_DATABASE, "54000", "", "", ""},
    {"CREATE TRIGGER IF NOT EXISTS stop BEFORE INSERT ON posts BEGIN SELECT RAISE(ABORT, 'not today'); END;"
     "INSERT INTO posts (id) VALUES (1)",
     ORM_CONSTRAINT, "23000", "", "", ""},
    {"PRAGMA query_only=ON; DELETE FROM posts", ORM_READ_ONLY, "25006", "", "", ""},
    {"PRAGMA max_page_count=1; CREATE TABLE large AS SELECT zeroblob(100000)", ORM_DISK_FULL, "53100", "", "", ""},
};

START_TEST(a_refusal_is_told_as_postgresql_would)
{
    run(link_a,
        "CREATE TABLE authors (id INTEGER PRIMARY KEY, email TEXT UNIQUE, name TEXT NOT NULL, a, b, c,"
        " UNIQUE (a, b), CONSTRAINT name_given CHECK (length(name) > 0));"
        "CREATE UNIQUE INDEX absolute ON authors (abs(c));"
        "CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER REFERENCES authors);"
        "INSERT INTO authors (id, email, name) VALUES (1, 'ada', 'Ada'); INSERT INTO posts (author_id) VALUES (1)");
    ck_assert_int_eq(driver->control(link_a, failures[_i].sql, NULL, &error), failures[_i].status);
    ck_assert_int_eq(error.status, failures[_i].status);
    ck_assert_str_eq(error.sqlstate, failures[_i].sqlstate);
    ck_assert_str_eq(error.table, failures[_i].table);
    ck_assert_str_eq(error.column, failures[_i].column);
    ck_assert_str_eq(error.constraint, failures[_i].constraint);
    ck_assert_uint_gt(strlen(error.message), strlen(orm_status_text(error.status)) + 2);
    ck_assert_msg(strstr(failures[_i].sql, error.statement) || error.statement[0], "%s", error.statement);
    ck_assert_int_eq(driver->control(link_a, failures[_i].sql, NULL, NULL), failures[_i].status);
    ck_assert_int_eq(number(link_a, "SELECT count(*) FROM authors"), 1);
}
END_TEST

static Suite *sqlite_error_suite(void)
{
    Suite *suite = suite_create("sqlite_error");
    TCase *tests = tcase_create("sqlite_error");
    tcase_add_checked_fixture(tests, memory_set_up, memory_tear_down);
    tcase_add_loop_test(tests, a_refusal_is_told_as_postgresql_would, 0, COUNT(failures));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(sqlite_error_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
