/* test_fiber.c -- switching, stacks and their reuse of async/fiber.c.
 * SPDX-License-Identifier: MIT */
#include "async/fiber.h"

#include "base/deep.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED /* catches the signal itself */
#endif

enum { MANY = 300 };

static orm__fiber_stacks stacks;

typedef struct counter {
    orm__fiber *fiber;
    int steps, taken;
    uintptr_t place; /* of a local variable */
} counter;

static void tear_down(void)
{
    orm__fiber_stacks_release(&stacks);
}

static void count_up(void *argument)
{
    counter *me = argument;
    double kept = me->steps;
    int local = me->steps;
    me->place = (uintptr_t)&local;
    while (me->taken < me->steps) {
        me->taken++;
        orm__fiber_suspend(me->fiber);
        kept += 0.5;
    }
    if (local != me->steps || fabs(kept - me->steps * 1.5) > 0)
        me->taken = -1;
}

START_TEST(a_fiber_goes_on_where_it_stood_still)
{
    counter one = {.steps = 3};
    one.fiber = orm__fiber_new(&stacks, count_up, &one);
    ck_assert_ptr_nonnull(one.fiber);
    ck_assert_int_eq(one.taken, 0);
    for (int i = 1; i <= 3; i++) {
        ck_assert(orm__fiber_resume(one.fiber));
        ck_assert_int_eq(one.taken, i);
    }
    ck_assert(!orm__fiber_resume(one.fiber));
    ck_assert_int_eq(one.taken, 3);
    orm__fiber_free(&stacks, one.fiber);
}
END_TEST

START_TEST(many_fibers_take_turns_without_touching_each_other)
{
    static counter all[MANY];
    for (int i = 0; i < MANY; i++) {
        all[i].steps = i % 17;
        all[i].fiber = orm__fiber_new(&stacks, count_up, &all[i]);
        ck_assert_ptr_nonnull(all[i].fiber);
    }
    size_t running = MANY;
    while (running > 0)
        for (int i = 0; i < MANY; i++)
            if (all[i].fiber && !orm__fiber_resume(all[i].fiber)) {
                ck_assert_int_eq(all[i].taken, i % 17);
                orm__fiber_free(&stacks, all[i].fiber);
                all[i].fiber = NULL;
                running--;
            }
    ck_assert_uint_gt(stacks.count, 200);
}
END_TEST

START_TEST(a_stack_is_used_again)
{
    uintptr_t maps[3];
    for (int i = 0; i < 3; i++) {
        counter one = {.steps = 1};
        one.fiber = orm__fiber_new(&stacks, count_up, &one);
        maps[i] = (uintptr_t)one.fiber;
        while (orm__fiber_resume(one.fiber))
            ;
        orm__fiber_free(&stacks, one.fiber);
        ck_assert_uint_eq(stacks.count, 1);
    }
    ck_assert_uint_eq(maps[0], maps[1]);
    ck_assert_uint_eq(maps[1], maps[2]);
}
END_TEST

START_TEST(a_fiber_that_never_ran_can_be_freed)
{
    counter one = {.steps = 1};
    orm__fiber_free(&stacks, orm__fiber_new(&stacks, count_up, &one));
    orm__fiber_free(&stacks, NULL);
    ck_assert_int_eq(one.taken, 0);
    ck_assert_uint_eq(stacks.count, 1);
}
END_TEST

/* printf of a double uses instructions that want the stack aligned, and a buffer as large as many a function's
 * frame. */
static void print_and_nest(void *argument)
{
    char text[8192], *result = argument;
    counter inner = {.steps = 2};
    inner.fiber = orm__fiber_new(&stacks, count_up, &inner);
    while (orm__fiber_resume(inner.fiber))
        ;
    orm__fiber_free(&stacks, inner.fiber);
    snprintf(text, sizeof text, "%d %.3f %Lg", inner.taken, 2.5, 1.25L);
    memcpy(result, text, strlen(text) + 1);
}

START_TEST(a_fiber_prints_numbers_and_runs_fibers_of_its_own)
{
    char result[64] = "";
    orm__fiber *fiber = orm__fiber_new(&stacks, print_and_nest, result);
    ck_assert(!orm__fiber_resume(fiber));
    orm__fiber_free(&stacks, fiber);
    ck_assert_str_eq(result, "2 2.500 1.25");
}
END_TEST

#ifndef SANITIZED
static int overflow(volatile char *above)
{
    volatile char room[2048];
    room[0] = above ? above[0] : 1;
    return room[0] ? overflow(room) + room[0] : 0;
}

static void never_enough(void *argument)
{
    *(int *)argument = overflow(NULL);
}

START_TEST(a_stack_that_overflows_ends_the_program)
{
    int sum;
    orm__fiber_resume(orm__fiber_new(&stacks, never_enough, &sum));
}
END_TEST
#endif

/* Not the place of a local variable, which AddressSanitizer may keep elsewhere. */
static uintptr_t stack_pointer(void)
{
    return (uintptr_t)__builtin_frame_address(0);
}

static void go_deep(void *argument)
{
    char deep[64 * 1024];
    memset(deep, 1, sizeof deep);
    *(uintptr_t *)argument = stack_pointer() + (uintptr_t)deep[100] - 1;
}

static void call_deep(void *argument)
{
    counter *me = argument;
    uintptr_t place;
    for (; me->taken < 3; me->taken++) {
        orm__call_deep(go_deep, &place);
        me->place = place;
        orm__fiber_suspend(me->fiber);
    }
}

START_TEST(a_deep_call_runs_on_the_stack_of_who_resumes)
{
    uintptr_t here = stack_pointer(), place;
    counter one = {.steps = 0};
    one.fiber = orm__fiber_new(&stacks, call_deep, &one);
    for (int i = 0; i < 3; i++) {
        ck_assert(orm__fiber_resume(one.fiber));
        intptr_t distance = (intptr_t)one.place - (intptr_t)here;
        ck_assert_int_lt(labs((long)distance), 1024 * 1024);
    }
    ck_assert(!orm__fiber_resume(one.fiber));
    orm__call_deep(go_deep, &place); /* without a fiber: here */
    ck_assert_int_lt(labs((long)((intptr_t)place - (intptr_t)here)), 1024 * 1024);
    orm__fiber_free(&stacks, one.fiber);
}
END_TEST

static void resume_other(void *argument)
{
    counter *me = argument, inner = {.steps = 0};
    inner.fiber = orm__fiber_new(&stacks, call_deep, &inner);
    for (; orm__fiber_resume(inner.fiber); me->taken++) {
        uintptr_t place;
        orm__call_deep(go_deep, &place); /* its own deep calls leave its stack as before */
        me->place = place;
        ck_assert_int_lt(labs((long)((intptr_t)place - (intptr_t)inner.place)), 1024);
        orm__fiber_suspend(me->fiber);
    }
    orm__fiber_free(&stacks, inner.fiber);
}

START_TEST(a_deep_call_of_a_fiber_that_a_fiber_resumed_leaves_both_stacks)
{
    uintptr_t here = stack_pointer();
    counter one = {.steps = 0};
    one.fiber = orm__fiber_new(&stacks, resume_other, &one);
    while (orm__fiber_resume(one.fiber)) {
        intptr_t distance = (intptr_t)one.place - (intptr_t)here;
        ck_assert_int_lt(labs((long)distance), 1024 * 1024);
    }
    ck_assert_int_eq(one.taken, 3);
    orm__fiber_free(&stacks, one.fiber);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fiber");
    TCase *tests = tcase_create("fiber");
    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_test(tests, a_fiber_goes_on_where_it_stood_still);
    tcase_add_test(tests, many_fibers_take_turns_without_touching_each_other);
    tcase_add_test(tests, a_stack_is_used_again);
    tcase_add_test(tests, a_fiber_that_never_ran_can_be_freed);
    tcase_add_test(tests, a_deep_call_runs_on_the_stack_of_who_resumes);
    tcase_add_test(tests, a_deep_call_of_a_fiber_that_a_fiber_resumed_leaves_both_stacks);
    tcase_add_test(tests, a_fiber_prints_numbers_and_runs_fibers_of_its_own);
#ifndef SANITIZED
    tcase_add_test_raise_signal(tests, a_stack_that_overflows_ends_the_program, SIGSEGV);
#endif
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
