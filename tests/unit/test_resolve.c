/* test_resolve.c -- names of hosts looked up by a thread, of driver/resolve.c.
 * SPDX-License-Identifier: MIT */
#include "driver/resolve.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static size_t items(const char *list)
{
    size_t count = 1;
    for (; *list; list++)
        count += *list == ',';
    return count;
}

START_TEST(folders_and_addresses_need_no_look_up)
{
    static const char *const hosts[] = {"/run/postgresql", "127.0.0.1", "::1", "10.0.0.1,/tmp,fe80::1", "@abstract"};
    orm__resolved found = {.host = (char *)1};
    ck_assert_int_eq(orm__resolve(NULL, hosts[_i], NULL, 0, &found), ORM_OK);
    ck_assert_ptr_null(found.host);
}
END_TEST

START_TEST(a_name_gets_all_its_addresses)
{
    orm__resolved found;
    ck_assert_int_eq(orm__resolve(NULL, "localhost", "5433", 0, &found), ORM_OK);
    ck_assert_ptr_nonnull(found.host);
    ck_assert(strstr(found.hostaddr, "127.0.0.1") || strstr(found.hostaddr, "::1"));
    ck_assert_int_eq(strncmp(found.host, "localhost", 9), 0);
    ck_assert_int_eq(strncmp(found.port, "5433", 4), 0);
    ck_assert_uint_eq(items(found.host), items(found.hostaddr));
    ck_assert_uint_eq(items(found.port), items(found.hostaddr));
    free(found.host);
}
END_TEST

START_TEST(each_host_of_a_list_keeps_its_port)
{
    orm__resolved found;
    ck_assert_int_eq(orm__resolve(NULL, "10.0.0.1,no such host,/tmp,localhost", "1,2,3,4", 0, &found), ORM_OK);
    ck_assert_int_eq(strncmp(found.host, "10.0.0.1,/tmp,localhost", 23), 0);
    ck_assert_int_eq(strncmp(found.hostaddr, ",,", 2), 0);
    ck_assert_int_eq(strncmp(found.port, "1,3,4", 5), 0);
    free(found.host);
}
END_TEST

START_TEST(a_name_that_nobody_knows_is_an_error)
{
    orm__resolved found;
    ck_assert_int_eq(orm__resolve(NULL, "no such host", NULL, 0, &found), ORM_DISCONNECTED);
    ck_assert_ptr_null(found.host);
}
END_TEST

START_TEST(who_waits_no_longer_leaves_the_rest_to_the_thread)
{
    orm__resolved found;
    for (int i = 0; i < 50; i++) {
        orm_status status = orm__resolve(NULL, "localhost", NULL, 1, &found);
        ck_assert(status == ORM_TIMEOUT || status == ORM_OK);
        ck_assert(!status == !!found.host);
        free(found.host);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resolve");
    TCase *tcase = tcase_create("resolve");
    tcase_add_loop_test(tcase, folders_and_addresses_need_no_look_up, 0, 5);
    tcase_add_test(tcase, a_name_gets_all_its_addresses);
    tcase_add_test(tcase, each_host_of_a_list_keeps_its_port);
    tcase_add_test(tcase, a_name_that_nobody_knows_is_an_error);
    tcase_add_test(tcase, who_waits_no_longer_leaves_the_rest_to_the_thread);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
