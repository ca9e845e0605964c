/* engine/shared.h -- connections that the fibers of an engine read by together, besides those of the pool.
 *
 * Each is used by many at once (driver.h, `share`): a read joins those of other fibers and costs a part of a round
 * trip. They are opened when they are needed: another one when those that are open are busy. For one thread, that of
 * the engine's waiter.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ENGINE_SHARED_H
#define ORM_ENGINE_SHARED_H

#include "engine/pool.h"

typedef struct orm__shared_place orm__shared_place;
typedef struct orm__shared_waiting orm__shared_waiting;

/* The first three are set; the others are zero. */
typedef struct orm__shared {
    const orm__pool *pool; /* borrowed: what the connections are like, and when to replace them */
    size_t most;           /* 0: none are shared */
    orm__shared_place *places;
    unsigned forks; /* as the pool counted them */
    orm__shared_waiting *waiting;
} orm__shared;

/* Room for `most` of them; opens none. ORM_NO_MEMORY. */
orm_status orm__shared_init(orm__shared *shared, const orm__pool *pool, size_t most);
/* Nobody uses any of them. */
void orm__shared_release(orm__shared *shared);
/* Whether who calls is a fiber that can read by them. */
bool orm__shared_is_for_caller(const orm__shared *shared);
/* One that many use, for one read at most; give it back. NULL with ORM_OK when who calls is no fiber. */
orm_status orm__shared_acquire(orm__shared *shared, orm_connection **connection, orm_error *error);
void orm__shared_give_back(orm__shared *shared, orm_connection *connection);

#endif
