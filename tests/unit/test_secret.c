/* test_secret.c -- what is left of PostgreSQL's complaints when values may not be shown.
 * SPDX-License-Identifier: MIT */
#include "sql/secret.h"

#include "base/error.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const orm_column columns[] = {{.name = "id"}, {.name = "pin", .flags = ORM_SENSITIVE}};
static const orm_column plain_columns[] = {{.name = "id"}};
static const orm_schema schema;
static const orm_model crates = {.schema = &schema, .table = "crates", .columns = columns, .column_count = 2};
static const orm_model plain = {.schema = &schema, .table = "plain", .columns = plain_columns, .column_count = 1};
static const orm_model *const models[] = {&crates, &plain};
static const orm_schema schema = {.models = models, .model_count = 2};

static const struct {
    const char *sqlstate, *table, *primary, *detail;
    const orm_model *model; /* of the statement */
    bool sensitive;         /* it has such a parameter */
    const char *left;
} cases[] = {
    {"23505", "crates", "duplicate", " (Key (id)=(1) already exists.)", &crates, true,
     "duplicate (Key (id)=(1) already exists.)"},
    {"23505", "crates", "duplicate", " (Key (pin)=(1) already exists.)", &crates, false, "duplicate"},
    {"23505", "crates", "duplicate", " (Key (id, lower(pin))=(1, 2) already exists.)", &crates, false, "duplicate"},
    {"23505", "crates", "doppelt", " (Schl\303\274ssel \302\273(pin)=(1)\302\253 existiert bereits.)", &crates, false,
     "doppelt"},
    {"23502", "crates", "null", " (Failing row contains (1, 2).)", &crates, false, "null"},
    {"23502", "crates", "null", " (Failing row contains ()=(, 2).)", &crates, false, "null"},
    {"23502", "plain", "null", " (Failing row contains (1).)", &crates, true, "null (Failing row contains (1).)"},
    {"23502", "crates", "null", " (Failing row contains (1, 2).)", &plain, false, "null"}, /* by a trigger */
    {"23505", "crates_of_2026", "duplicate", " (Key (x)=(1) already exists.)", &crates, false, "duplicate"},
    {"44000", "", "check option", " (Failing row contains (1, 2).)", &crates, false, "check option"},
    {"23505", "elsewhere", "duplicate", " (Key (x)=(1) already exists.)", &plain, false,
     "duplicate (Key (x)=(1) already exists.)"},
    {"23505", "elsewhere", "duplicate", " (Key (x)=(1) already exists.)", NULL, true, "duplicate"},
    {"22P02", "", "invalid input syntax for type point: \"sesame\"", "", &crates, true,
     "invalid input syntax for type point: ***"},
    {"22P02", "", "invalid input syntax for type point: \"sesame\"", " (\"s\" is no digit)", &crates, true,
     "invalid input syntax for type point: ***"},
    {"22P02", "", "ung\303\274ltig: \302\273sesame\302\253", "", &crates, true, "ung***"},
    {"22P02", "", "invalid input syntax for type point: \"open\"", "", &crates, false,
     "invalid input syntax for type point: \"open\""},
};

START_TEST(values_that_may_not_be_shown_are_taken_out)
{
    orm__link link = {.detail = strlen(cases[_i].primary)};
    orm_connection *connection = calloc(1, sizeof *connection);
    char message[200];
    connection->link = &link;
    snprintf(message, sizeof message, "%s%s", cases[_i].primary, cases[_i].detail);
    orm__error_set(&connection->error, ORM_CONSTRAINT, "%s", message);
    ORM__ERROR_COPY(connection->error.sqlstate, cases[_i].sqlstate);
    ORM__ERROR_COPY(connection->error.table, cases[_i].table);
    orm__secret_hide(connection, cases[_i].model, cases[_i].sensitive);
    ck_assert_str_eq(connection->error.message, cases[_i].left);
    ck_assert_uint_eq(link.detail, 0);
    free(connection);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("secret");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, values_that_may_not_be_shown_are_taken_out, 0, sizeof cases / sizeof *cases);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
