/* test_settle.c -- what the schema language makes of the types, defaults and checks of a database.
 * SPDX-License-Identifier: MIT */
#include "settle.h"

#include <check.h>
#include <stdlib.h>

static orm__arena arena;

static void set_up(void)
{
    arena = (orm__arena){0};
}

static void tear_down(void)
{
    orm__arena_release(&arena);
}

/* A table "t" with a column "a" and perhaps a check, settled. */
static ormc_settled_table *settle(ormc_dialect dialect, const char *type, const char *default_sql, const char *name,
                                  const char *check)
{
    static ormc_settled settled;
    static ormc_catalog catalog;
    static ormc_snapshot_column column;
    static ormc_snapshot_check checks[1];
    static ormc_snapshot_table table;
    column = (ormc_snapshot_column){.name = "a", .type = type, .default_sql = default_sql, .not_null = true};
    checks[0] = (ormc_snapshot_check){name, check};
    table = (ormc_snapshot_table){
        .name = "t", .columns = &column, .column_count = 1, .checks = checks, .check_count = check != NULL};
    catalog = (ormc_catalog){.snapshot = {.dialect = dialect, .tables = &table, .table_count = 1}};
    ck_assert(ormc_settle(&catalog, &arena, &settled));
    ck_assert_uint_eq(settled.table_count, 1);
    return &settled.tables[0];
}

static const struct {
    ormc_dialect dialect;
    const char *type, *said, *max_length;
} types[] = {
    {ORMC_POSTGRESQL, "bigint", "int64", NULL},
    {ORMC_POSTGRESQL, "character varying(20)", "text", "20"},
    {ORMC_POSTGRESQL, "numeric(10,2)", "decimal(10,2)", NULL},
    {ORMC_POSTGRESQL, "timestamp with time zone", "timestamptz", NULL},
    {ORMC_POSTGRESQL, "timestamp(3) without time zone", "timestamp", NULL},
    {ORMC_POSTGRESQL, "character(2)", "character(2)", NULL},
    {ORMC_SQLITE, "INTEGER", "int64", NULL},
    {ORMC_SQLITE, "VARCHAR(80)", "text", "80"},
    {ORMC_SQLITE, "boolean", "bool", NULL},
    {ORMC_SQLITE, "DECIMAL(8, 3)", "decimal(8,3)", NULL},
    {ORMC_SQLITE, "", "bytes", NULL},
    {ORMC_SQLITE, "FLOATING POINT", "int64", NULL}, /* SQLite finds INT in it */
};

START_TEST(types_have_words)
{
    const ormc_settled_column *column = settle(types[_i].dialect, types[_i].type, NULL, NULL, NULL)->columns;
    ck_assert_str_eq(column->type, types[_i].said);
    ck_assert_pstr_eq(column->max_length, types[_i].max_length);
}
END_TEST

static const struct {
    ormc_dialect dialect;
    const char *type, *sql, *value, *server;
} defaults[] = {
    {ORMC_POSTGRESQL, "integer", "'-5'::integer", "-5", NULL},
    {ORMC_POSTGRESQL, "integer", "(1 + 2)", NULL, "(1 + 2)"},
    {ORMC_POSTGRESQL, "smallint", "70000", NULL, "70000"},
    {ORMC_POSTGRESQL, "text", "'it''s'::text", "it's", NULL},
    {ORMC_POSTGRESQL, "text", "('a'::text || 'b'::text)", NULL, "('a'::text || 'b'::text)"},
    {ORMC_POSTGRESQL, "timestamp with time zone", "CURRENT_TIMESTAMP", "now", NULL},
    {ORMC_POSTGRESQL, "timestamp without time zone", "now()", NULL, "now()"},
    {ORMC_POSTGRESQL, "date", "'2020-02-29'::date", "2020-02-29", NULL},
    {ORMC_POSTGRESQL, "interval", "'1 day'::interval", NULL, "'1 day'::interval"},
    {ORMC_POSTGRESQL, "double precision", "'Infinity'::double precision", NULL, "'Infinity'::double precision"},
    {ORMC_SQLITE, "BOOLEAN", "1", "true", NULL},
    {ORMC_SQLITE, "TEXT", "date('now')", "now", NULL},
    {ORMC_SQLITE, "TEXT", "upper('x')", NULL, "upper('x')"},
    {ORMC_SQLITE, "BLOB", "x'00'", NULL, "x'00'"},
};

START_TEST(defaults_are_values_or_sql)
{
    const ormc_settled_column *column =
        settle(defaults[_i].dialect, defaults[_i].type, defaults[_i].sql, NULL, NULL)->columns;
    ck_assert_pstr_eq(column->default_value, defaults[_i].value);
    ck_assert_pstr_eq(column->server_default, defaults[_i].server);
}
END_TEST

static const struct {
    ormc_dialect dialect;
    const char *type, *name, *sql, *min, *max, *min_length, *max_length;
} limits[] = {
    {ORMC_POSTGRESQL, "integer", "t_a_check", "a >= 0 AND a <= 9", "0", "9", NULL, NULL},
    {ORMC_POSTGRESQL, "double precision", "t_a_check", "a >= '-1.5'::double precision", "-1.5", NULL, NULL, NULL},
    {ORMC_POSTGRESQL, "text", "t_a_check", "char_length(a) >= 3 AND char_length(a) <= 9", NULL, NULL, "3", "9"},
    {ORMC_POSTGRESQL, "text", "t_a_check", "length(a) <= 9", NULL, NULL, NULL, NULL},
    {ORMC_POSTGRESQL, "bytea", "t_a_check", "octet_length(a) <= 9", NULL, NULL, NULL, "9"},
    {ORMC_POSTGRESQL, "integer", "other", "a >= 0", NULL, NULL, NULL, NULL},
    {ORMC_POSTGRESQL, "integer", "t_a_check", "a > 0", NULL, NULL, NULL, NULL},
    {ORMC_POSTGRESQL, "integer", "t_a_check", "a >= 0 OR a <= 9", NULL, NULL, NULL, NULL},
    {ORMC_POSTGRESQL, "integer", "t_a_check", "a >= 0 AND a <= 9 AND a <> 5", NULL, NULL, NULL, NULL},
    {ORMC_POSTGRESQL, "numeric", "t_a_check", "a >= 0::numeric", NULL, NULL, NULL, NULL},
    {ORMC_SQLITE, "TEXT", NULL, "length(\"a\") <= 9", NULL, NULL, NULL, "9"},
    {ORMC_SQLITE, "INTEGER", NULL, "b >= 9", NULL, NULL, NULL, NULL},
};

START_TEST(checks_are_limits_or_stay)
{
    const ormc_settled_table *table = settle(limits[_i].dialect, limits[_i].type, NULL, limits[_i].name,
                                             limits[_i].sql);
    const ormc_settled_column *column = table->columns;
    bool told = limits[_i].min || limits[_i].max || limits[_i].min_length || limits[_i].max_length;
    ck_assert_pstr_eq(column->min, limits[_i].min);
    ck_assert_pstr_eq(column->max, limits[_i].max);
    ck_assert_pstr_eq(column->min_length, limits[_i].min_length);
    ck_assert_pstr_eq(column->max_length, limits[_i].max_length);
    ck_assert_uint_eq(table->check_count, !told);
}
END_TEST

START_TEST(a_list_of_values_is_an_enum_on_sqlite)
{
    const ormc_settled_table *table = settle(ORMC_SQLITE, "TEXT", "'b''s'", NULL, "a IN ('a', 'b''s')");
    const ormc_settled_column *column = table->columns;
    ck_assert_ptr_nonnull(column->enumeration);
    ck_assert_str_eq(column->type, "t_a");
    ck_assert_uint_eq(column->enumeration->values.count, 2);
    ck_assert_str_eq(column->enumeration->values.items[1], "b's");
    ck_assert_str_eq(column->default_value, "b's");
    ck_assert_uint_eq(table->check_count, 0);
}
END_TEST

START_TEST(a_list_of_numbers_is_none)
{
    const ormc_settled_table *table = settle(ORMC_SQLITE, "TEXT", NULL, NULL, "a IN (1, 2)");
    ck_assert_ptr_null(table->columns->enumeration);
    ck_assert_uint_eq(table->check_count, 1);
}
END_TEST

int main(void)
{
    TCase *test_case = tcase_create("settle");
    tcase_add_checked_fixture(test_case, set_up, tear_down);
    tcase_add_loop_test(test_case, types_have_words, 0, (int)(sizeof types / sizeof *types));
    tcase_add_loop_test(test_case, defaults_are_values_or_sql, 0, (int)(sizeof defaults / sizeof *defaults));
    tcase_add_loop_test(test_case, checks_are_limits_or_stay, 0, (int)(sizeof limits / sizeof *limits));
    tcase_add_test(test_case, a_list_of_values_is_an_enum_on_sqlite);
    tcase_add_test(test_case, a_list_of_numbers_is_none);
    Suite *suite = suite_create("settle");
    suite_add_tcase(suite, test_case);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
