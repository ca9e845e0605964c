/* test_language.c -- the table of keys of generator/language.c.
 * SPDX-License-Identifier: MIT */
#include "language.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(a_key_is_found_where_it_may_stand)
{
    const ormc_key *key = ormc_key_find(ORMC_IN_COLUMN, "max_length");
    ck_assert_ptr_nonnull(key);
    ck_assert_int_eq(key->kind->form, ORMC_FORM_COUNT);
    ck_assert_ptr_null(ormc_key_find(ORMC_IN_MODEL, "max_length"));
    ck_assert_ptr_null(ormc_key_find(ORMC_IN_COLUMN, "max_lengt"));
}
END_TEST

START_TEST(no_context_has_a_key_twice)
{
    for (const ormc_key *key = ormc_keys; key->word; key++)
        ck_assert_msg(ormc_key_find(key->context, key->word) == key, "%s stands twice in %s", key->word,
                      ormc_context_name(key->context));
}
END_TEST

START_TEST(every_key_is_explained_by_one_sentence)
{
    for (const ormc_key *key = ormc_keys; key->word; key++) {
        size_t length = strlen(key->doc);
        ck_assert_msg(length > 10 && length < 120 && key->doc[length - 1] == '.', "%s: %s", key->word, key->doc);
    }
}
END_TEST

START_TEST(every_context_has_names_and_keys)
{
    for (int i = 0; i < ORMC_CONTEXTS; i++) {
        size_t count = 0;
        for (const ormc_key *key = ormc_keys; key->word; key++)
            count += key->context == (ormc_context)i;
        ck_assert_msg(count > 0, "context %d has no keys", i);
        ck_assert_ptr_nonnull(ormc_context_name((ormc_context)i));
        ck_assert_ptr_nonnull(ormc_context_definition((ormc_context)i));
    }
}
END_TEST

START_TEST(companions_are_keys_of_their_context)
{
    for (const ormc_companion *row = ormc_companions; row->word; row++) {
        ck_assert_msg(ormc_key_find(row->context, row->word) != NULL, "%s", row->word);
        for (size_t i = 0; i < sizeof row->beside / sizeof *row->beside && row->beside[i]; i++)
            ck_assert_msg(ormc_key_find(row->context, row->beside[i]) != NULL, "%s", row->beside[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("language");
    TCase *table = tcase_create("table");
    tcase_add_test(table, a_key_is_found_where_it_may_stand);
    tcase_add_test(table, no_context_has_a_key_twice);
    tcase_add_test(table, every_key_is_explained_by_one_sentence);
    tcase_add_test(table, every_context_has_names_and_keys);
    tcase_add_test(table, companions_are_keys_of_their_context);
    suite_add_tcase(suite, table);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
