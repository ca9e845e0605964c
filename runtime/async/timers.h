/* async/timers.h -- fibers in the order of their deadlines: a heap that each fiber knows its place in.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ASYNC_TIMERS_H
#define ORM_ASYNC_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of what waits. A zeroed one is not set. */
typedef struct orm__timer {
    int64_t deadline;
    size_t place; /* from 1; 0: not set */
} orm__timer;

typedef struct orm__timers {
    orm__timer **heap; /* from 1 */
    size_t count, capacity;
} orm__timers;

/* Makes room for so many, so that setting one needs no memory. */
bool orm__timers_reserve(orm__timers *timers, size_t count);
void orm__timers_release(orm__timers *timers);
void orm__timers_set(orm__timers *timers, orm__timer *timer, int64_t deadline);
/* Nothing when it is not set. */
void orm__timers_clear(orm__timers *timers, orm__timer *timer);
/* The one with the earliest deadline; NULL: none is set. */
orm__timer *orm__timers_first(const orm__timers *timers);

#endif
