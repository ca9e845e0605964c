/* base/deep.c -- where deep calls go, by thread. Set only while a fiber runs, never across its waits.
 * SPDX-License-Identifier: MIT */
#include "base/deep.h"

#include <stddef.h>

static _Thread_local struct {
    orm__deep_leave leave;
    void *stack;
} current;

void orm__deep_set(orm__deep_leave leave, void *stack)
{
    current.leave = leave;
    current.stack = stack;
}

void orm__call_deep(void (*function)(void *argument), void *argument)
{
    if (current.leave)
        current.leave(current.stack, function, argument);
    else
        function(argument);
}
