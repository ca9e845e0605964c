/* async/fiber.h -- functions that can stand still: stacks of their own, and the switch from one to another.
 *
 * A fiber runs only inside orm__fiber_resume, and stands still inside orm__fiber_suspend. Knows nothing of loops, waits
 * or databases (loop.c). Stacks are mapped with a guard below them, so that one that overflows ends the program at once
 * instead of writing elsewhere; those of fibers that ended are used again. AddressSanitizer, ThreadSanitizer and
 * valgrind are told.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ASYNC_FIBER_H
#define ORM_ASYNC_FIBER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct orm__fiber orm__fiber;

/* Fibers at rest, for one thread. A zeroed one is empty. */
typedef struct orm__fiber_stacks {
    orm__fiber *first;
    size_t count;
} orm__fiber_stacks;

/* Unmaps the stacks at rest. Fibers that still run are not among them. */
void orm__fiber_stacks_release(orm__fiber_stacks *stacks);

/* A fiber that will run `function` from its first resume on; NULL when there is no memory. Owned: free it. */
orm__fiber *orm__fiber_new(orm__fiber_stacks *stacks, void (*function)(void *argument), void *argument);
/* Runs it on until it suspends itself or its function returns. False in the latter case: it can only be freed then. */
bool orm__fiber_resume(orm__fiber *fiber);
/* It is resumed soon: has its stack fetched into the processor's caches meanwhile, which cold ones of a thousand
 * fibers miss. */
void orm__fiber_expect(const orm__fiber *fiber);
/* To be called by the fiber that runs: goes back to where it was resumed. */
void orm__fiber_suspend(orm__fiber *fiber);
/* To be called by the fiber that runs: calls the function on the stack of whoever resumed it, and comes back. */
void orm__fiber_call_outside(orm__fiber *fiber, void (*function)(void *argument), void *argument);
/* Its function must have returned, or never begun. Its stack goes back to `stacks`. NULL does nothing. */
void orm__fiber_free(orm__fiber_stacks *stacks, orm__fiber *fiber);

#endif
