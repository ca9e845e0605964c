/* test_inet.c -- addresses of hosts and networks: base/inet.c. The texts and the order are what PostgreSQL 15 makes of
 * them.
 * SPDX-License-Identifier: MIT */
#include "base/inet.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

/* As given, and as shown; in PostgreSQL's order. */
static const struct {
    const char *text, *shown;
} addresses[] = {
    {"0.0.0.0/0", "0.0.0.0/0"},
    {"10/8", "10.0.0.0/8"},
    {"10.1/16", "10.1.0.0/16"},
    {"10.1.2.3/16", "10.1.2.3/16"},
    {"10.1/17", "10.1.0.0/17"},
    {"10.1.2.3", "10.1.2.3"},
    {"192.168.1.5/31", "192.168.1.5/31"},
    {"192.168.001.005/32", "192.168.1.5"},
    {"255.255.255.255", "255.255.255.255"},
    {"::/0", "::/0"},
    {"::", "::"},
    {"::1", "::1"},
    {"::1.2.3.4", "::1.2.3.4"},
    {"::FFFF:1.2.3.4", "::ffff:1.2.3.4"},
    {"0:0:1::", "0:0:1::"},
    {"1:0:0:2:0:0:0:3", "1:0:0:2::3"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"},
    {"2001:DB8::/32", "2001:db8::/32"},
    {"2001:db8::1/32", "2001:db8::1/32"},
    {"2001:db8::1", "2001:db8::1"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
};

START_TEST(an_address_is_read_and_shown)
{
    orm__inet inet;
    char text[ORM__INET_TEXT];
    ck_assert(orm__inet_parse(addresses[_i].text, strlen(addresses[_i].text), &inet));
    ck_assert_str_eq(orm__inet_format(&inet, false, text), addresses[_i].shown);
}
END_TEST

START_TEST(a_mask_may_always_be_shown)
{
    orm__inet inet;
    char text[ORM__INET_TEXT];
    ck_assert(orm__inet_parse("10.0.0.1", 8, &inet));
    ck_assert_str_eq(orm__inet_format(&inet, true, text), "10.0.0.1/32");
    ck_assert(orm__inet_parse("::1", 3, &inet));
    ck_assert_str_eq(orm__inet_format(&inet, true, text), "::1/128");
}
END_TEST

static int sign(int number)
{
    return (number > 0) - (number < 0);
}

START_TEST(addresses_have_an_order)
{
    orm__inet one, other;
    ck_assert(orm__inet_parse(addresses[_i].text, strlen(addresses[_i].text), &one));
    for (int k = 0; k < COUNT(addresses); k++) {
        ck_assert(orm__inet_parse(addresses[k].text, strlen(addresses[k].text), &other));
        ck_assert_msg(sign(orm__inet_compare(&one, &other)) == sign(_i - k), "%s, %s", addresses[_i].text,
                      addresses[k].text);
    }
}
END_TEST

static const char *const wrong[] = {
    "",
    "/",
    "x",
    "10",
    "10.1",
    "10.1.2",
    "10.1.2.3.4",
    "256.0.0.1",
    "1.2.3.4/33",
    "1.2.3.4/",
    "1.2.3.4/x",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1..2.3",
    ".1.2.3",
    "1.2.3.",
    "-1.2.3.4",
    "1.2.3.4/-1",
    ":",
    ":::",
    "1:",
    ":1",
    "::1::",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8::",
    "12345::",
    "g::",
    "::/129",
    "::1/",
    "::1/08",
    "::1.2.3",
    "::1.2.3.256",
    "1::2:3.4.5.6:7",
    "fe80::1%eth0",
    "1.2.3.4:80",
    "::1/1/1",
    "localhost",
};

START_TEST(what_is_no_address_is_refused)
{
    orm__inet inet;
    ck_assert(!orm__inet_parse(wrong[_i], strlen(wrong[_i]), &inet));
}
END_TEST

START_TEST(only_so_many_bytes_are_read)
{
    orm__inet inet;
    ck_assert(!orm__inet_parse("1.2.3.4", 5, &inet));
    ck_assert(orm__inet_parse("1.2.3.45", 7, &inet));
    ck_assert_int_eq(inet.address[3], 4);
    ck_assert(!orm__inet_parse("1.2.3.4\0", 8, &inet));
}
END_TEST

static Suite *inet_suite(void)
{
    Suite *suite = suite_create("inet");
    TCase *tests = tcase_create("inet");
    tcase_add_loop_test(tests, an_address_is_read_and_shown, 0, COUNT(addresses));
    tcase_add_test(tests, a_mask_may_always_be_shown);
    tcase_add_loop_test(tests, addresses_have_an_order, 0, COUNT(addresses));
    tcase_add_loop_test(tests, what_is_no_address_is_refused, 0, COUNT(wrong));
    tcase_add_test(tests, only_so_many_bytes_are_read);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(inet_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
