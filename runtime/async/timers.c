/* async/timers.c -- the heap behind timers.h.
 * SPDX-License-Identifier: MIT */
#include "async/timers.h"

#include <stdlib.h>

static void rise(orm__timers *timers, size_t place);
static void sink(orm__timers *timers, size_t place);
static void put(orm__timers *timers, size_t place, orm__timer *timer);

bool orm__timers_reserve(orm__timers *timers, size_t count)
{
    if (count <= timers->capacity)
        return true;
    size_t capacity = timers->capacity ? timers->capacity : 16;
    while (capacity < count)
        capacity *= 2;
    orm__timer **heap = realloc(timers->heap, (capacity + 1) * sizeof(orm__timer *));
    if (!heap)
        return false;
    timers->heap = heap;
    timers->capacity = capacity;
    return true;
}

void orm__timers_release(orm__timers *timers)
{
    free(timers->heap);
    *timers = (orm__timers){0};
}

void orm__timers_set(orm__timers *timers, orm__timer *timer, int64_t deadline)
{
    orm__timers_clear(timers, timer);
    timer->deadline = deadline;
    put(timers, ++timers->count, timer);
    rise(timers, timer->place);
}

void orm__timers_clear(orm__timers *timers, orm__timer *timer)
{
    size_t place = timer->place;
    if (!place)
        return;
    orm__timer *last = timers->heap[timers->count--];
    timer->place = 0;
    if (last == timer)
        return;
    put(timers, place, last);
    rise(timers, place);
    sink(timers, last->place);
}

orm__timer *orm__timers_first(const orm__timers *timers)
{
    return timers->count ? timers->heap[1] : NULL;
}

static void rise(orm__timers *timers, size_t place)
{
    orm__timer *timer = timers->heap[place];
    for (; place > 1 && timers->heap[place / 2]->deadline > timer->deadline; place /= 2)
        put(timers, place, timers->heap[place / 2]);
    put(timers, place, timer);
}

static void sink(orm__timers *timers, size_t place)
{
    orm__timer *timer = timers->heap[place];
    for (size_t child; (child = place * 2) <= timers->count; place = child) {
        if (child < timers->count && timers->heap[child + 1]->deadline < timers->heap[child]->deadline)
            child++;
        if (timers->heap[child]->deadline >= timer->deadline)
            break;
        put(timers, place, timers->heap[child]);
    }
    put(timers, place, timer);
}

static void put(orm__timers *timers, size_t place, orm__timer *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}
