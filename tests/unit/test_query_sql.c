/* test_query_sql.c -- parameters, statements, items and sources found in SQL.
 * SPDX-License-Identifier: MIT */
#include "query_sql.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    ormc_dialect dialect;
    const char *sql, *parameters; /* each with a blank behind it */
} texts[] = {
    {ORMC_SQLITE, "SELECT :a, :b", "a b "},
    {ORMC_SQLITE, "SELECT ':a', ':b''s :c', :d", "d "},
    {ORMC_SQLITE, "SELECT \":a\", \"b\"\":c\", :d", "d "},
    {ORMC_SQLITE, "SELECT `:a`, :d", "d "},
    {ORMC_SQLITE, "SELECT 1 -- :a\n, :b -- :c", "b "},
    {ORMC_SQLITE, "SELECT /* :a /* :b */ :c", "c "},
    {ORMC_POSTGRESQL, "SELECT /* :a /* :b */ :c */ :d", "d "},
    {ORMC_POSTGRESQL, "SELECT a::text, :b::int, '1'::x", "b "},
    {ORMC_POSTGRESQL, "SELECT a :: text, :b", "b "},
    {ORMC_POSTGRESQL, "SELECT $$ :a $$, :b, $x$ :c $$ :d $x$, :e", "b e "},
    {ORMC_POSTGRESQL, "SELECT E'\\':a', :b, e'\\\\', :c", "b c "},
    {ORMC_POSTGRESQL, "SELECT 'a\\', :b, '\\'", "b "},
    {ORMC_POSTGRESQL, "SELECT list[1: n], list[:n]", "n "},
    {ORMC_POSTGRESQL, "SELECT x$1$ FROM t WHERE y = :a", "a "},
    {ORMC_SQLITE, "SELECT :a1_b,:c", "a1_b c "},
    {ORMC_SQLITE, "SELECT 'open :a", ""},
    {ORMC_SQLITE, "SELECT /* open :a", ""},
    {ORMC_POSTGRESQL, "SELECT $$ open :a", ""},
    {ORMC_SQLITE, "SELECT :", ""},
    {ORMC_SQLITE, "", ""},
};

START_TEST(parameters_are_told_from_what_looks_like_them)
{
    char found[200] = "";
    ormc_sql_word word;
    for (const char *at = texts[_i].sql; (word = ormc_sql_next(&at, texts[_i].dialect)).kind != ORMC_SQL_END;) {
        if (word.kind != ORMC_SQL_PARAMETER)
            continue;
        strncat(found, word.begin, (size_t)(word.end - word.begin));
        strcat(found, " ");
    }
    ck_assert_str_eq(found, texts[_i].parameters);
}
END_TEST

static const struct {
    const char *sql;
    ormc_statement statement;
} statements[] = {
    {"SELECT 1", ORMC_STATEMENT_SELECT},
    {" -- first\n select 1 FOR UPDATE", ORMC_STATEMENT_SELECT},
    {"SELECT 1 FROM a FOR NO KEY UPDATE", ORMC_STATEMENT_SELECT},
    {"SELECT 'UPDATE', \"update\", a.update FROM a", ORMC_STATEMENT_SELECT},
    {"VALUES (1)", ORMC_STATEMENT_SELECT},
    {"WITH x AS (SELECT 1) SELECT * FROM x", ORMC_STATEMENT_SELECT},
    {"WITH x AS (DELETE FROM a RETURNING *) SELECT * FROM x", ORMC_STATEMENT_DELETE},
    {"INSERT INTO a VALUES (1) ON CONFLICT DO UPDATE SET b = 1", ORMC_STATEMENT_INSERT},
    {"INSERT OR REPLACE INTO a VALUES (1)", ORMC_STATEMENT_INSERT},
    {"REPLACE INTO a VALUES (1)", ORMC_STATEMENT_INSERT},
    {"UPDATE a SET b = 1", ORMC_STATEMENT_UPDATE},
    {"DELETE FROM a", ORMC_STATEMENT_DELETE},
    {"CREATE TABLE a (b int)", ORMC_STATEMENT_OTHER},
};

START_TEST(a_statement_is_known_by_what_it_does)
{
    ck_assert_int_eq(ormc_sql_statement(statements[_i].sql, ORMC_POSTGRESQL), statements[_i].statement);
}
END_TEST

static const struct {
    const char *sql, *optional; /* alias, and "?" when an outer join may leave it out */
} joins[] = {
    {"SELECT 1 FROM a", "a "},
    {"SELECT 1 FROM a LEFT JOIN b ON x LEFT OUTER JOIN c AS d USING (y)", "a b? d? "},
    {"SELECT 1 FROM a x RIGHT JOIN b ON x", "x? b "},
    {"SELECT 1 FROM a FULL JOIN b ON x JOIN c ON y", "a? b? c "},
    {"SELECT 1 FROM a, s.b, (SELECT 1 FROM q LEFT JOIN r ON x) AS t WHERE x", "a b t "},
    {"WITH w AS (SELECT 1 FROM q) SELECT (SELECT 1 FROM p) FROM w LEFT JOIN \"B c\" ON x ORDER BY 1", "w \"B c\"? "},
};

START_TEST(outer_joins_are_followed)
{
    char found[200] = "";
    ormc_sql_source sources[10];
    size_t count = ormc_sql_sources(joins[_i].sql, ORMC_SQLITE, sources, 10);
    for (size_t i = 0; i < count; i++) {
        strncat(found, sources[i].alias.begin, (size_t)(sources[i].alias.end - sources[i].alias.begin));
        strcat(found, sources[i].optional ? "? " : " ");
    }
    ck_assert_str_eq(found, joins[_i].optional);
}
END_TEST

START_TEST(items_of_a_result_are_told_apart)
{
    ormc_sql_item items[10];
    size_t count = ormc_sql_items(
        "WITH w AS (SELECT 9, 9) SELECT DISTINCT a.b AS c, d, sum(e, f) AS g, h + 1, (SELECT i, j) "
        "FROM w",
        ORMC_SQLITE, items, 10);
    ck_assert_uint_eq(count, 5);
    ck_assert(items[0].plain && items[0].second.kind == ORMC_SQL_WORD && ormc_sql_names(items[0].second, "B"));
    ck_assert(items[1].plain && items[1].second.kind != ORMC_SQL_WORD);
    ck_assert(items[2].call && ormc_sql_is(items[2].first, "SUM"));
    ck_assert(!items[3].plain && !items[3].call);
    ck_assert(!items[4].plain && !items[4].call);
}
END_TEST

START_TEST(grouping_counts_in_the_outermost_statement_alone)
{
    ck_assert(ormc_sql_groups("SELECT sum(a) FROM b GROUP BY c", ORMC_SQLITE));
    ck_assert(!ormc_sql_groups("SELECT sum(a) FROM (SELECT a FROM b GROUP BY a)", ORMC_SQLITE));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("query_sql");
    TCase *tests = tcase_create("query_sql");
    tcase_add_loop_test(tests, parameters_are_told_from_what_looks_like_them, 0, sizeof texts / sizeof *texts);
    tcase_add_loop_test(tests, a_statement_is_known_by_what_it_does, 0, sizeof statements / sizeof *statements);
    tcase_add_loop_test(tests, outer_joins_are_followed, 0, sizeof joins / sizeof *joins);
    tcase_add_test(tests, items_of_a_result_are_told_apart);
    tcase_add_test(tests, grouping_counts_in_the_outermost_statement_alone);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
