/* test_sqlite_rows.c -- lists as parameters of statements: driver/sqlite_rows.c.
 * SPDX-License-Identifier: MIT */
#include "sqlite_link.h"

#include <stdio.h>
#include <string.h>

START_TEST(a_list_selects_and_deletes)
{
    const int64_t ids[] = {3, 1, 7, 3};
    const orm_value list = orm_of_int64s(ids, 4), none = orm_of_int64s(NULL, 0);
    size_t rows;
    run(link_a, "CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3), (4)");
    ck_assert_int_eq(
        execute(link_a, "DELETE FROM t WHERE id IN (SELECT c0 FROM orm_rows(?1))", &integer_list, &none, 1, &rows),
        ORM_OK);
    ck_assert_uint_eq(rows, 0);
    ck_assert_int_eq(
        execute(link_a, "DELETE FROM t WHERE id IN (SELECT c0 FROM orm_rows(?1))", &integer_list, &list, 1, &rows),
        ORM_OK);
    ck_assert_uint_eq(rows, 2);
    ck_assert_int_eq(number(link_a, "SELECT sum(id) FROM t"), 6);
}
END_TEST

START_TEST(many_lists_make_a_table_beside_scalars)
{
    const int64_t ids[] = {1, 2, 3};
    const char *names[] = {"ada", NULL, "bob"};
    const orm__parameter parameters[] = {{.type = ORM_TYPE_INT64}, integer_list, {.type = ORM_TYPE_TEXT, .list = true}};
    const orm_value values[] = {orm_of_int64(10), orm_of_int64s(ids, 3), orm_of_texts(names, 3)};
    size_t rows;
    run(link_a, "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, ord)");
    ck_assert_int_eq(execute(link_a,
                             "INSERT INTO t (id, name, ord) SELECT u.c0 + ?1, u.c1, u.ord FROM orm_rows(?2, ?3) AS u",
                             parameters, values, 3, &rows),
                     ORM_OK);
    ck_assert_uint_eq(rows, 3);
    ck_assert_str_eq(text_of("SELECT group_concat(id || ifnull(name, '-') || ord, ' ') FROM t", NULL, NULL, 0),
                     "11ada1 12-2 13bob3");
    ck_assert_int_eq(
        execute(link_a, "UPDATE t SET name = u.c1 FROM orm_rows(?2, ?3) AS u WHERE t.id = u.c0 + ?1 AND t.name IS NULL",
                parameters, values, 3, &rows),
        ORM_OK);
    ck_assert_uint_eq(rows, 1);
    ck_assert_int_eq(execute(link_a, "DELETE FROM t WHERE (id, name) IN (SELECT c0 + ?1, c1 FROM orm_rows(?2, ?3))",
                             parameters, values, 3, &rows),
                     ORM_OK);
    ck_assert_uint_eq(rows, 2);
}
END_TEST

START_TEST(sixty_four_lists_are_the_most)
{
    orm__parameter parameters[65];
    orm_value values[65];
    int32_t items[65][2];
    char sql[1024] = "SELECT ", *at = sql + strlen(sql);
    for (int i = 0; i < 65; i++) {
        parameters[i] = integer_list;
        items[i][0] = i;
        items[i][1] = 1000 + i;
        values[i] = orm_of_int32s(items[i], 2);
        if (i < 64)
            at += sprintf(at, "%sc%d", i ? "+" : "sum(", i);
    }
    at += sprintf(at, ") FROM orm_rows(");
    for (int i = 0; i < 64; i++)
        at += sprintf(at, "%s?%d", i ? "," : "", i + 1);
    strcpy(at, ")");
    orm__prepared *prepared = prepare(link_a, sql, parameters, 64);
    ck_assert_int_eq(driver->start(link_a, NULL, prepared, values, ORM__FETCH_WHOLE, &error), ORM_OK);
    ck_assert_int_eq(driver->read_integer(link_a, 0), 64 * 63 + 64 * 1000);
    ck_assert_int_eq(driver->finish(link_a, NULL, &error), ORM_OK);
    driver->forget(link_a, prepared);
    strcpy(at, ",?65)");
    ck_assert_int_ne(driver->prepare(link_a, sql, parameters, 65, &prepared, &error), ORM_OK);
}
END_TEST

START_TEST(a_hundred_thousand_items_are_one_parameter)
{
    enum { MANY = 100000 };
    int64_t *ids = malloc(MANY * sizeof *ids);
    size_t rows;
    for (int i = 0; i < MANY; i++)
        ids[i] = i * 2;
    const orm_value list = orm_of_int64s(ids, MANY);
    run(link_a, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    ck_assert_int_eq(execute(link_a, "INSERT INTO t SELECT c0 FROM orm_rows(?1)", &integer_list, &list, 1, &rows),
                     ORM_OK);
    ck_assert_uint_eq(rows, MANY);
    ck_assert_int_eq(execute(link_a, "DELETE FROM t WHERE id IN (SELECT c0 / 4 * 4 FROM orm_rows(?1))", &integer_list,
                             &list, 1, &rows),
                     ORM_OK);
    ck_assert_uint_eq(rows, MANY / 2);
    free(ids);
}
END_TEST

START_TEST(a_list_is_the_outer_loop_of_a_join)
{
    static const orm_column detail = {
        .model = &text_model, .name = "detail", .type = ORM_TYPE_TEXT, .field = {0, ORM_ABSENT}};
    static const char *const joins[] = {
        "EXPLAIN QUERY PLAN SELECT t.* FROM orm_rows(?1) AS u JOIN t ON t.id = u.c0",
        "EXPLAIN QUERY PLAN SELECT t.* FROM t JOIN orm_rows(?1) AS u ON t.author_id = u.c0 ORDER BY u.ord",
        "EXPLAIN QUERY PLAN UPDATE t SET author_id = 1 FROM orm_rows(?1) AS u WHERE t.id = u.c0",
    };
    const char *plan;
    const int64_t ids[] = {1};
    const orm_value list = orm_of_int64s(ids, 1);
    run(link_a, "CREATE TABLE t (id INTEGER PRIMARY KEY, author_id INTEGER); CREATE INDEX i ON t (author_id);"
                "WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n LIMIT 1000)"
                "INSERT INTO t SELECT value, value % 7 FROM n; ANALYZE");
    orm__prepared *prepared = prepare(link_a, joins[_i], &integer_list, 1);
    ck_assert_int_eq(driver->start(link_a, NULL, prepared, &list, ORM__FETCH_WHOLE, &error), ORM_OK);
    ck_assert_int_eq(driver->step(link_a, &error), ORM_OK);
    ck_assert_int_eq(driver->read(link_a, &(const orm_column *){&detail}, 1, 3, &plan, &arena, &error), ORM_OK);
    ck_assert_msg(strncmp(plan, "SCAN u", 6) == 0, "%s", plan);
    ck_assert_int_eq(driver->step(link_a, &error), ORM_OK);
    ck_assert_int_eq(driver->read(link_a, &(const orm_column *){&detail}, 1, 3, &plan, &arena, &error), ORM_OK);
    ck_assert_msg(strncmp(plan, "SEARCH t USING", 14) == 0, "%s", plan);
    ck_assert_int_eq(driver->finish(link_a, NULL, &error), ORM_OK);
    driver->forget(link_a, prepared);
}
END_TEST

START_TEST(lists_that_do_not_go_together_are_refused)
{
    const int64_t ids[] = {1, 2, 3};
    const orm__parameter two_lists[] = {integer_list, integer_list},
                         scalar_and_list[] = {{.type = ORM_TYPE_INT64}, integer_list};
    const orm_value uneven[] = {orm_of_int64s(ids, 3), orm_of_int64s(ids, 2)},
                    scalar[] = {orm_of_int64(1), orm_of_int64s(ids, 3)};
    ck_assert_int_eq(execute(link_a, "SELECT * FROM orm_rows(?1, ?2)", two_lists, uneven, 2, NULL), ORM_DATABASE);
    ck_assert_msg(strstr(error.message, "differ in length") != NULL, "%s", error.message);
    ck_assert_int_eq(execute(link_a, "SELECT * FROM orm_rows(?1, ?2)", scalar_and_list, scalar, 2, NULL), ORM_DATABASE);
    ck_assert_msg(strstr(error.message, "is no list") != NULL, "%s", error.message);
    ck_assert_int_eq(execute(link_a, "SELECT * FROM orm_rows(?1)", &integer_list, scalar, 1, NULL), ORM_MISUSE);
    orm__prepared *prepared;
    ck_assert_int_eq(driver->prepare(link_a, "SELECT * FROM orm_rows", NULL, 0, &prepared, &error), ORM_DATABASE);
    ck_assert_int_eq(driver->control(link_a, "CREATE VIRTUAL TABLE v USING orm_rows", NULL, &error), ORM_DATABASE);
}
END_TEST

static Suite *sqlite_rows_suite(void)
{
    Suite *suite = suite_create("sqlite_rows");
    TCase *tests = tcase_create("sqlite_rows");
    tcase_add_checked_fixture(tests, memory_set_up, memory_tear_down);
    tcase_add_test(tests, a_list_selects_and_deletes);
    tcase_add_test(tests, many_lists_make_a_table_beside_scalars);
    tcase_add_test(tests, sixty_four_lists_are_the_most);
    tcase_add_test(tests, a_hundred_thousand_items_are_one_parameter);
    tcase_add_loop_test(tests, a_list_is_the_outer_loop_of_a_join, 0, 3);
    tcase_add_test(tests, lists_that_do_not_go_together_are_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(sqlite_rows_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
