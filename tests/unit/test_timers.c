/* test_timers.c -- the order and the clearing of async/timers.c.
 * SPDX-License-Identifier: MIT */
#include "async/timers.h"

#include <check.h>
#include <stdlib.h>

enum { MANY = 500 };

static orm__timers timers;
static orm__timer all[MANY];

static void set_up(void)
{
    ck_assert(orm__timers_reserve(&timers, MANY));
    for (int i = 0; i < MANY; i++) {
        all[i] = (orm__timer){0};
        orm__timers_set(&timers, &all[i], (i * 7919 + 3) % 1009); /* all different */
    }
}

static void tear_down(void)
{
    orm__timers_release(&timers);
}

/* Takes all that are set, and returns how many came, each later than the one before. */
static int take_all(void)
{
    int count = 0;
    int64_t last = -1;
    for (orm__timer *first; (first = orm__timers_first(&timers)) != NULL; count++) {
        ck_assert_int_gt(first->deadline, last);
        last = first->deadline;
        orm__timers_clear(&timers, first);
        ck_assert_uint_eq(first->place, 0);
    }
    return count;
}

START_TEST(the_earliest_comes_first)
{
    ck_assert_int_eq(take_all(), MANY);
}
END_TEST

START_TEST(cleared_ones_do_not_come)
{
    for (int i = 0; i < MANY; i += 3)
        orm__timers_clear(&timers, &all[i]);
    orm__timers_clear(&timers, &all[0]); /* again: nothing */
    ck_assert_int_eq(take_all(), MANY - (MANY + 2) / 3);
}
END_TEST

START_TEST(one_that_is_set_anew_has_its_last_deadline_alone)
{
    for (int i = 0; i < MANY; i += 2)
        orm__timers_set(&timers, &all[i], 5000 - i);
    ck_assert_int_eq(take_all(), MANY);
    ck_assert_ptr_null(orm__timers_first(&timers));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timers");
    TCase *tests = tcase_create("timers");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, the_earliest_comes_first);
    tcase_add_test(tests, cleared_ones_do_not_come);
    tcase_add_test(tests, one_that_is_set_anew_has_its_last_deadline_alone);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
