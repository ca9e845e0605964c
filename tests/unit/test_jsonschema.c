/* test_jsonschema.c -- what generator/jsonschema.c writes. That it agrees with ormc is tests/editor.py's to show.
 * SPDX-License-Identifier: MIT */
#include "jsonschema.h"

#include "json.h"
#include "language.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static orm__text schema;

static void set_up(void)
{
    schema = (orm__text){0};
    ck_assert(ormc_jsonschema_write(&schema));
}

static void tear_down(void)
{
    orm__text_release(&schema);
}

START_TEST(it_is_json)
{
    ck_assert(ormc_json_check(schema.data));
}
END_TEST

START_TEST(every_key_stands_there_with_its_explanation)
{
    for (const ormc_key *key = ormc_keys; key->word; key++) {
        char wanted[400];
        snprintf(wanted, sizeof wanted, "\"%s\": {\n          \"description\": \"%s\",\n", key->word, key->doc);
        ck_assert_msg(strstr(schema.data, wanted) != NULL, "%s", wanted);
    }
}
END_TEST

START_TEST(everything_referred_to_is_defined)
{
    static const char mark[] = "\"#/definitions/";
    size_t count = 0;
    for (const char *at = schema.data; (at = strstr(at, mark)); count++) {
        char wanted[100];
        at += strlen(mark);
        snprintf(wanted, sizeof wanted, "\n    \"%.*s\": {", (int)strcspn(at, "\""), at);
        ck_assert_msg(strstr(schema.data, wanted) != NULL, "%s", wanted);
    }
    ck_assert_uint_gt(count, 70);
}
END_TEST

START_TEST(types_are_offered_with_and_without_null)
{
    ck_assert_ptr_nonnull(strstr(schema.data, "\"timestamptz\", \"timestamptz?\""));
    ck_assert_ptr_null(strstr(schema.data, "\"other?\""));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("jsonschema");
    TCase *whole = tcase_create("whole");
    tcase_add_checked_fixture(whole, set_up, tear_down);
    tcase_add_test(whole, it_is_json);
    tcase_add_test(whole, every_key_stands_there_with_its_explanation);
    tcase_add_test(whole, everything_referred_to_is_defined);
    tcase_add_test(whole, types_are_offered_with_and_without_null);
    suite_add_tcase(suite, whole);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
