/* wait.h -- waiting for a descriptor: the one place where the runtime stands still.
 *
 * All waits of the PostgreSQL driver go through a watch, which passes them on to the engine's orm_waiter, or to
 * poll(2) when there is none.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_DRIVER_WAIT_H
#define ORM_DRIVER_WAIT_H

#include "orm/engine.h"

/* A descriptor that is being watched. A zeroed one is idle, as is one after stop. */
typedef struct orm__watch {
    const orm_waiter *waiter; /* borrowed; NULL while idle */
    int descriptor;
    void *token;
} orm__watch;

/* Tells the waiter of a descriptor. NULL, or a waiter without `wait`, means poll(2). The watch must be stopped before
 * the descriptor is closed, or at once when somebody else has closed it. */
orm_status orm__watch_start(orm__watch *watch, const orm_waiter *waiter, int descriptor);
void orm__watch_stop(orm__watch *watch);
/* Waits until one of `events` (ORM_WAIT_READ, ORM_WAIT_WRITE) may hold: ORM_OK, also when the descriptor has failed,
 * since the next read or write tells it better; ORM_TIMEOUT after the deadline (0: none); or what the waiter says. */
orm_status orm__wait(orm__watch *watch, int events, int64_t deadline);

/* Between `on` and its end a cancel is kept for a wait behind it: where nobody could tell of it. `waiter` as above;
 * pairs may stand in one another. */
void orm__shield(const orm_waiter *waiter, bool on);

/* The moment `seconds` from now, in microseconds of the monotonic clock. */
int64_t orm__deadline_in(int seconds);
/* The default waiter's wait; with descriptor -1 a mere delay. */
orm_status orm__wait_by_poll(int descriptor, int events, int64_t deadline);

#endif
