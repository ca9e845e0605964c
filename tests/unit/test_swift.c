/* test_swift.c -- which reads count as quick, by engine/swift.c.
 * SPDX-License-Identifier: MIT */
#include "engine/swift.h"

#include <check.h>
#include <stdlib.h>

enum { WAY = 20000 /* microseconds to the server and back */, SQL = 17, OTHER = 18 };

static orm__swift swift;

static void set_up(void)
{
    swift = (orm__swift){0};
}

static void run(int64_t took, size_t rows, int times)
{
    for (int i = 0; i < times; i++)
        orm__swift_note_own(&swift, SQL, took, rows);
}

START_TEST(nothing_is_known_of_what_never_ran)
{
    ck_assert(!orm__swift_knows(&swift, SQL));
    run(100, 1, 1);
    ck_assert(!orm__swift_knows(&swift, SQL)); /* nor by one run */
}
END_TEST

START_TEST(two_quick_runs_are_enough)
{
    run(100, 1, 2);
    ck_assert(orm__swift_knows(&swift, SQL));
    ck_assert(!orm__swift_knows(&swift, OTHER));
}
END_TEST

START_TEST(what_the_way_takes_does_not_count)
{
    run(WAY, 1, 2);
    ck_assert(orm__swift_knows(&swift, SQL));
}
END_TEST

START_TEST(what_takes_longer_than_the_way_is_not_quick)
{
    orm__swift_note_own(&swift, OTHER, WAY, 1);
    run(WAY + 3000, 1, 50);
    ck_assert(!orm__swift_knows(&swift, SQL));
}
END_TEST

START_TEST(a_measure_that_was_disturbed_is_not_held_against_it)
{
    run(100, 1, 1);
    run(90000, 1, 1);
    run(100, 1, 1);
    ck_assert(orm__swift_knows(&swift, SQL));
}
END_TEST

START_TEST(many_rows_are_not_quick)
{
    run(100, 300, 2);
    ck_assert(orm__swift_knows(&swift, SQL));
    run(100, 301, 1);
    ck_assert(!orm__swift_knows(&swift, SQL));
    run(100, 1, 33);
    ck_assert(!orm__swift_knows(&swift, SQL));
    run(100, 1, 1);
    ck_assert(orm__swift_knows(&swift, SQL)); /* long after */
}
END_TEST

START_TEST(one_that_holds_others_up_is_borne_once)
{
    run(100, 1, 2);
    for (int i = 0; i < 20; i++)
        orm__swift_note_shared(&swift, SQL, 50, 1);
    orm__swift_note_shared(&swift, SQL, 50000, 1);
    ck_assert(orm__swift_knows(&swift, SQL));
    orm__swift_note_shared(&swift, SQL, 50000, 1);
    ck_assert(!orm__swift_knows(&swift, SQL));
    orm__swift_note_shared(&swift, SQL, 50, 1); /* that was under way */
    run(100, 1, 33);
    ck_assert(!orm__swift_knows(&swift, SQL));
    run(100, 1, 1);
    ck_assert(orm__swift_knows(&swift, SQL));
}
END_TEST

START_TEST(many_rows_and_timeouts_are_not_borne_at_all)
{
    run(100, 1, 2);
    orm__swift_note_shared(&swift, SQL, 50, 301);
    ck_assert(!orm__swift_knows(&swift, SQL));
    run(100, 1, 34);
    ck_assert(orm__swift_knows(&swift, SQL));
    orm__swift_note_timeout(&swift, SQL);
    ck_assert(!orm__swift_knows(&swift, SQL));
}
END_TEST

START_TEST(the_newest_takes_the_place_of_another)
{
    uint64_t other = SQL;
    do
        other++;
    while (other * 0x9e3779b97f4a7c15u >> 56 != SQL * 0x9e3779b97f4a7c15u >> 56);
    run(100, 1, 2);
    orm__swift_note_own(&swift, other, 100, 1);
    ck_assert(!orm__swift_knows(&swift, SQL));
    ck_assert(!orm__swift_knows(&swift, other));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("swift");
    TCase *tests = tcase_create("swift");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, nothing_is_known_of_what_never_ran);
    tcase_add_test(tests, two_quick_runs_are_enough);
    tcase_add_test(tests, what_the_way_takes_does_not_count);
    tcase_add_test(tests, what_takes_longer_than_the_way_is_not_quick);
    tcase_add_test(tests, a_measure_that_was_disturbed_is_not_held_against_it);
    tcase_add_test(tests, many_rows_are_not_quick);
    tcase_add_test(tests, one_that_holds_others_up_is_borne_once);
    tcase_add_test(tests, many_rows_and_timeouts_are_not_borne_at_all);
    tcase_add_test(tests, the_newest_takes_the_place_of_another);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
