/* switch.c -- fibers alone, without a test library, so that it can be built for processors that are not at hand:
 * aarch64.sh. Says what is wrong, or nothing.
 * SPDX-License-Identifier: MIT */
#include "async/fiber.h"
#include "base/deep.h"

#include <stdio.h>

enum { FIBERS = 100, STEPS = 50 };

typedef struct counter {
    orm__fiber *fiber;
    int number, taken;
    double sum;
} counter;

static orm__fiber_stacks stacks;

static void add_one(void *argument)
{
    ((counter *)argument)->sum += 1.0;
}

/* Values in registers of both kinds live across the switches. */
static void count(void *argument)
{
    counter *me = argument;
    double a = me->number, b = 0.5 * me->number, c = 3, d = 7;
    for (me->taken = 0; me->taken < STEPS; me->taken++) {
        orm__call_deep(add_one, me);
        orm__fiber_suspend(me->fiber);
        a += 1;
        b += 0.5;
        c *= 1.0;
        d -= 0.0;
    }
    me->sum += a + b + c + d;
}

int main(void)
{
    static counter counters[FIBERS];
    int running = FIBERS;
    for (int i = 0; i < FIBERS; i++) {
        counters[i].number = i;
        counters[i].fiber = orm__fiber_new(&stacks, count, &counters[i]);
        if (!counters[i].fiber)
            return puts("no memory for a fiber"), 1;
    }
    for (int turn = 0; running > 0 && turn <= STEPS; turn++)
        for (int i = 0; i < FIBERS; i++)
            running -= !orm__fiber_resume(counters[i].fiber);
    for (int i = 0; i < FIBERS; i++) {
        double wanted = STEPS + (i + STEPS) + 0.5 * (i + STEPS) + 10;
        if (counters[i].taken != STEPS || counters[i].sum < wanted || counters[i].sum > wanted)
            return printf("fiber %d: %d steps, %g, not %g\n", i, counters[i].taken, counters[i].sum, wanted), 1;
        orm__fiber_free(&stacks, counters[i].fiber);
    }
    orm__fiber_stacks_release(&stacks);
    return running != 0;
}
