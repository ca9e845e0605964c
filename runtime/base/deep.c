/* base/deep.c -- where deep calls go, by thread. Set only while a fiber runs, never across its waits.
 * SPDX-License-Identifier: MIT */
#include "base/deep.h"

static _Thread_local orm__deep current;

orm__deep orm__deep_set(orm__deep way)
{
    orm__deep before = current;
    current = way;
    return before;
}

void orm__call_deep(void (*function)(void *argument), void *argument)
{
    if (current.leave)
        current.leave(current.stack, function, argument);
    else
        function(argument);
}
