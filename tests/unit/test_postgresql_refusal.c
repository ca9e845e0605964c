/* test_postgresql_refusal.c -- what the complaints of libpq mean. tests/faults/refusals.c has the servers that make
 * them.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_link.h"

#include <check.h>
#include <string.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))
#define AT "connection to server at \"h\" (::1), port 5432 failed: "

static const struct {
    const char *complaint;
    orm_status status;
    const char *sqlstate, *shown;
} cases[] = {
    {AT "FATAL:  28P01: password authentication failed for user \"u\"\nLOCATION:  auth_failed, auth.c:330\n",
     ORM_AUTHENTICATION, "28P01", AT "FATAL:  password authentication failed for user \"u\""},
    {AT "FATAL:  28000: role \"u\" does not exist\n", ORM_AUTHENTICATION, "28000",
     AT "FATAL:  role \"u\" does not exist"},
    {AT "fe_sendauth: no password supplied\n", ORM_AUTHENTICATION, "", AT "fe_sendauth: no password supplied"},
    {AT "FATAL:  28000: no pg_hba.conf entry for host \"::1\", user \"u\", database \"d\", no encryption\n", ORM_TLS,
     "28000", AT "FATAL:  no pg_hba.conf entry for host \"::1\", user \"u\", database \"d\", no encryption"},
    {"FATAL:  28000: no pg_hba.conf entry for host \"[local]\", no encryption\n", ORM_AUTHENTICATION, "28000",
     "FATAL:  no pg_hba.conf entry for host \"[local]\", no encryption"},
    {AT "server does not support SSL, but SSL was required\n", ORM_TLS, "",
     AT "server does not support SSL, but SSL was required"},
    {AT "SSL error: certificate verify failed\n", ORM_TLS, "", AT "SSL error: certificate verify failed"},
    /* German */
    {"Verbindung fehlgeschlagen: FATAL:  53300: tut mir leid, schon zu viele Verbindungen\nORT:  InitProcess, proc.c:381\n",
     ORM_TOO_MANY_CONNECTIONS, "53300", "Verbindung fehlgeschlagen: FATAL:  tut mir leid, schon zu viele Verbindungen"},
    {AT "FATAL:  57P03: the database system is starting up\n", ORM_STARTING, "57P03",
     AT "FATAL:  the database system is starting up"},
    {AT "FATAL:  3D000: database \"d\" does not exist\n", ORM_NO_DATABASE, "3D000",
     AT "FATAL:  database \"d\" does not exist"},
    {AT "session is read-only\n", ORM_READ_ONLY, "", AT "session is read-only"},
    {AT "Connection refused\n\tIs the server running there?\n", ORM_DISCONNECTED, "",
     AT "Connection refused. Is the server running there?"},
    {AT "FATAL:  XX000: out of order\nHINT:  None.\n", ORM_DISCONNECTED, "", AT "FATAL:  out of order. HINT:  None."},
    /* of several the first that says something, but TLS gives way */
    {AT "Connection refused\n" AT "session is read-only\n" AT "FATAL:  3D000: x\n", ORM_READ_ONLY, "",
     AT "Connection refused. " AT "session is read-only. " AT "FATAL:  x"},
    {AT "FATAL:  28000: no encryption\n" AT "FATAL:  28P01: no\n", ORM_AUTHENTICATION, "28P01",
     AT "FATAL:  no encryption. " AT "FATAL:  no"},
    {AT "FATAL:  28P01: no\n" AT "FATAL:  28000: no encryption\n", ORM_AUTHENTICATION, "28P01",
     AT "FATAL:  no. " AT "FATAL:  no encryption"},
    /* names say nothing */
    {"could not translate host name \"certificate.example.org\" to address: unknown\n", ORM_DISCONNECTED, "",
     "could not translate host name \"certificate.example.org\" to address: unknown"},
    {AT "FATAL:  3D000: database \"no encryption\" does not exist\n", ORM_NO_DATABASE, "3D000",
     AT "FATAL:  database \"no encryption\" does not exist"},
    {"", ORM_DISCONNECTED, "", ""},
    {":  28P01: ", ORM_AUTHENTICATION, "28P01", ":  "},
    {":  28P0", ORM_DISCONNECTED, "", ":  28P0"},
    {"1", ORM_DISCONNECTED, "", "1"},
};

START_TEST(a_complaint_has_its_meaning)
{
    orm__text shown = {0};
    char sqlstate[6] = "";
    orm_status status = orm__pg_read_refusal(cases[_i].complaint, &shown, sqlstate);
    ck_assert_msg(status == cases[_i].status, "%s: %s", orm_status_name(status), cases[_i].complaint);
    ck_assert_str_eq(sqlstate, cases[_i].sqlstate);
    ck_assert_str_eq(shown.data ? shown.data : "", cases[_i].shown);
    orm__text_release(&shown);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("postgresql_refusal");
    TCase *tests = tcase_create("meanings");
    tcase_add_loop_test(tests, a_complaint_has_its_meaning, 0, COUNT(cases));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
