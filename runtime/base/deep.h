/* base/deep.h -- calls that need more stack than a fiber should keep: regular expressions, name resolution, TLS.
 *
 * Such a call runs on the stack of whoever runs the fiber; where no fiber runs, or a coroutine that is none of ours, on
 * the stack that is there. Fibers are async/fiber.c's, which says here how to leave one.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_DEEP_H
#define ORM_BASE_DEEP_H

/* Calls the function, which must not wait in the waiter's sense. */
void orm__call_deep(void (*function)(void *argument), void *argument);

/* How to leave a stack; zero: nobody knows how. */
typedef struct orm__deep {
    void (*leave)(void *stack, void (*function)(void *argument), void *argument);
    void *stack;
} orm__deep;
/* From now on calls of this thread leave the stack so. Returns how they did before. */
orm__deep orm__deep_set(orm__deep way);

#endif
