/* test_environment.c -- engine options from the environment and from .env files.
 * SPDX-License-Identifier: MIT */
#include "engine/dotenv.h"
#include "orm/engine.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static orm_engine_options options;
static orm_error error;
static char *url;
static char path[] = "/tmp/ormc-env-XXXXXX";

static orm_status read_from(const char *file)
{
    return orm_engine_options_from_env("T_", file, &options, &url, &error);
}

static void write_file(const char *text)
{
    int descriptor = mkstemp(path);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(write(descriptor, text, strlen(text)), (ssize_t)strlen(text));
    close(descriptor);
}

START_TEST(without_variables_the_options_stay)
{
    options = (orm_engine_options){.pool_size = 7, .isolation = ORM_SERIALIZABLE};
    ck_assert_int_eq(read_from("/no/such/.env"), ORM_OK);
    ck_assert_int_eq(options.pool_size, 7);
    ck_assert_int_eq(options.isolation, ORM_SERIALIZABLE);
    ck_assert_ptr_null(url);
}
END_TEST

START_TEST(each_option_is_read)
{
    static const char *const variables[][2] = {
        {"T_URL", "sqlite://"},       {"T_POOL_SIZE", "3"},
        {"T_MAX_OVERFLOW", "-1"},     {"T_POOL_TIMEOUT", "4"},
        {"T_POOL_RECYCLE", "5"},      {"T_POOL_IDLE", "6"},
        {"T_POOL_PRE_PING", "yes"},   {"T_POOL_CLASS", "Static"},
        {"T_POOL_RESET", "all"},      {"T_ISOLATION", "REPEATABLE_READ"},
        {"T_PREPARED", "off"},        {"T_CONNECT_TIMEOUT", "7"},
        {"T_STATEMENT_TIMEOUT", "8"}, {"T_STATEMENT_CACHE_SIZE", "9"},
        {"T_REPLICA_MAX_LAG", "-1"},
    };
    for (int i = 0; i < COUNT(variables); i++)
        setenv(variables[i][0], variables[i][1], 1);
    ck_assert_msg(read_from(NULL) == ORM_OK, "%s", error.message);
    ck_assert_str_eq(url, "sqlite://");
    ck_assert_int_eq(options.pool_size, 3);
    ck_assert_int_eq(options.max_overflow, -1);
    ck_assert_int_eq(options.pool_timeout, 4);
    ck_assert_int_eq(options.pool_recycle, 5);
    ck_assert_int_eq(options.pool_idle, 6);
    ck_assert(options.pool_pre_ping);
    ck_assert_int_eq(options.pool_class, ORM_POOL_STATIC);
    ck_assert_int_eq(options.pool_reset, ORM_RESET_ALL);
    ck_assert_int_eq(options.isolation, ORM_REPEATABLE_READ);
    ck_assert_int_eq(options.prepared, ORM_PREPARED_OFF);
    ck_assert_int_eq(options.connect_timeout, 7);
    ck_assert_int_eq(options.statement_timeout, 8);
    ck_assert_uint_eq(options.statement_cache_size, 9);
    ck_assert_int_eq(options.replica_max_lag, -1);
    free(url);
}
END_TEST

START_TEST(replicas_are_urls_with_spaces_between)
{
    setenv("T_URL", "postgresql://a/d", 1);
    setenv("T_REPLICAS", " postgresql://b,c/d\n  postgresql://e/d ", 1);
    ck_assert_msg(read_from(NULL) == ORM_OK, "%s", error.message);
    ck_assert_str_eq(url, "postgresql://a/d");
    ck_assert_str_eq(options.replicas[0], "postgresql://b,c/d");
    ck_assert_str_eq(options.replicas[1], "postgresql://e/d");
    ck_assert_ptr_null(options.replicas[2]);
    free(url);
}
END_TEST

START_TEST(many_short_replicas_have_room)
{
    for (size_t length = 0; length < 20; length++) {
        const char text[] = "a b c d e f g h i j ";
        setenv("T_URL", text + length, 1);
        setenv("T_REPLICAS", text + length, 1);
        ck_assert_msg(read_from(NULL) == ORM_OK, "%s", error.message);
        size_t count = 0;
        while (options.replicas[count])
            ck_assert_uint_eq(strlen(options.replicas[count++]), 1);
        ck_assert_uint_eq(count, (20 - length) / 2);
        free(url);
    }
}
END_TEST

START_TEST(replicas_without_their_primary_are_refused)
{
    setenv("T_REPLICAS", "postgresql://e/d", 1);
    ck_assert_int_eq(read_from(NULL), ORM_INVALID);
    ck_assert_str_eq(error.message, "variable T_REPLICAS must stand beside T_URL");
    ck_assert_ptr_null(url);
}
END_TEST

static const struct {
    const char *name, *value, *expected;
} bad[] = {
    {"T_POOL_SIZE", "five", "T_POOL_SIZE must be a whole number from 0"},
    {"T_POOL_SIZE", "", "T_POOL_SIZE"},
    {"T_POOL_SIZE", "-1", "T_POOL_SIZE"},
    {"T_POOL_SIZE", "99999999999", "T_POOL_SIZE"},
    {"T_MAX_OVERFLOW", "-2", "T_MAX_OVERFLOW must be a whole number from -1"},
    {"T_POOL_PRE_PING", "maybe", "T_POOL_PRE_PING must be true or false"},
    {"T_POOL_CLASS", "queued", "T_POOL_CLASS must be queue, null or static"},
    {"T_ISOLATION", "chaos", "T_ISOLATION must be default, read committed, repeatable read or serializable"},
    {"T_STATEMENT_TIMEOUT", "5s", "T_STATEMENT_TIMEOUT must be a whole number of milliseconds from 0"},
};

START_TEST(a_bad_value_names_the_variable_and_what_is_expected)
{
    options.pool_size = 4;
    setenv("T_URL", "postgresql://u:sesame@h/d", 1);
    setenv("T_POOL_TIMEOUT", "9", 1);
    setenv(bad[_i].name, bad[_i].value, 1);
    ck_assert_int_eq(read_from(NULL), ORM_INVALID);
    ck_assert_msg(strstr(error.message, bad[_i].expected), "%s", error.message);
    ck_assert_ptr_null(strstr(error.message, "sesame"));
    ck_assert_ptr_null(url);
    ck_assert_int_eq(options.pool_timeout, 0); /* all or none */
    ck_assert_int_eq(options.pool_size, 4);
}
END_TEST

START_TEST(the_environment_goes_over_the_file_and_the_file_over_what_was_there)
{
    options = (orm_engine_options){.pool_size = 1, .max_overflow = 1, .pool_timeout = 1};
    write_file("T_POOL_SIZE=2\nT_MAX_OVERFLOW=2\nT_URL='sqlite:///a b.db'\n");
    setenv("T_POOL_SIZE", "3", 1);
    ck_assert_msg(read_from(path) == ORM_OK, "%s", error.message);
    ck_assert_int_eq(options.pool_size, 3);
    ck_assert_int_eq(options.max_overflow, 2);
    ck_assert_int_eq(options.pool_timeout, 1);
    ck_assert_str_eq(url, "sqlite:///a b.db");
    ck_assert_ptr_null(getenv("T_MAX_OVERFLOW"));
    free(url);
    unlink(path);
}
END_TEST

START_TEST(a_bad_line_is_named_and_not_shown)
{
    write_file("# a comment\n\nT_POOL_SIZE=2\nsesame\n");
    ck_assert_int_eq(read_from(path), ORM_INVALID);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%s:4: expected NAME=value", path);
    ck_assert_str_eq(error.message, wanted);
    unlink(path);
}
END_TEST

static const struct {
    const char *line, *value; /* of A; NULL: the line is none */
} lines[] = {
    {"A=b", "b"},
    {"A=", ""},
    {"export A=b\n", "b"},
    {"  A = b c  \r\n", "b c"},
    {"A=b # comment", "b"},
    {"A=b#c", "b#c"},
    {"A=#c", ""},
    {"A='b # \\n \"c'", "b # \\n \"c"},
    {"A=\"b\\n\\t\\\"\\\\\\$\\q # c\" # comment\n", "b\n\t\"\\$\\q # c"},
    {"A=\"b\nc\"", "b\nc"},
    {"A=b\nA=c\nB=d", "c"},
    {"# A=b\n\n\nA=c", "c"},
    {"\xef\xbb\xbf"
     "A=b",
     "b"},
    {"A=\"b", NULL},
    {"A='b' c", NULL},
    {"A", NULL},
    {"=b", NULL},
    {"A B=c", NULL},
};

START_TEST(a_line_is_read)
{
    orm__dotenv file;
    orm_status status = orm__dotenv_parse(lines[_i].line, ".env", &file, &error);
    ck_assert_int_eq(status, lines[_i].value ? ORM_OK : ORM_INVALID);
    ck_assert_pstr_eq(orm__dotenv_find(&file, "A"), lines[_i].value);
    orm__dotenv_release(&file);
}
END_TEST

START_TEST(misuse_is_told)
{
    ck_assert_int_eq(orm_engine_options_from_env(NULL, NULL, &options, &url, &error), ORM_MISUSE);
    ck_assert_int_eq(orm_engine_options_from_env("T_", NULL, NULL, &url, NULL), ORM_MISUSE);
    ck_assert_int_eq(orm_engine_options_from_env("T_", NULL, &options, NULL, &error), ORM_MISUSE);
    ck_assert_int_eq(read_from("/tmp"), ORM_INVALID);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("environment");
    TCase *tests = tcase_create("environment");
    tcase_add_test(tests, without_variables_the_options_stay);
    tcase_add_test(tests, each_option_is_read);
    tcase_add_test(tests, replicas_are_urls_with_spaces_between);
    tcase_add_test(tests, many_short_replicas_have_room);
    tcase_add_test(tests, replicas_without_their_primary_are_refused);
    tcase_add_loop_test(tests, a_bad_value_names_the_variable_and_what_is_expected, 0, COUNT(bad));
    tcase_add_test(tests, the_environment_goes_over_the_file_and_the_file_over_what_was_there);
    tcase_add_test(tests, a_bad_line_is_named_and_not_shown);
    tcase_add_loop_test(tests, a_line_is_read, 0, COUNT(lines));
    tcase_add_test(tests, misuse_is_told);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
