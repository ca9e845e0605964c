/* session/conflict.h -- unique values that pass from one row to another within a flush.
 *
 * Usually inserts go first, then updates, then deletes. When a row wants a unique value that another row of the same
 * flush gives up, that other row must go first, and with it all that it depends on; this finds such an order, or names
 * the two rows that stand in each other's way. Only values of rows that the flush writes are looked at.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SESSION_CONFLICT_H
#define ORM_SESSION_CONFLICT_H

#include "session/order.h"

typedef enum orm__verb { ORM__INSERT, ORM__UPDATE, ORM__DELETE } orm__verb;

typedef struct orm__step {
    orm__entity *entity;
    orm__verb verb;
    uint32_t wave;
    uint32_t number; /* in the order of marking */
} orm__step;

/* A unique value given up by setting it NULL, before everything else. */
typedef struct orm__release {
    orm__entity *entity;
    const orm_column *column;
} orm__release;

typedef struct orm__steps {
    orm__step *items; /* by wave, then by verb; `count` 0: the usual order will do */
    size_t count;
    orm__release *releases;
    size_t release_count;
} orm__steps;

/* `order` has the relations that are written later. ORM_CONFLICT names both rows, before anything is sent. Owned:
 * release the steps, whatever the status. */
orm_status orm__find_conflicts(orm_session *session, const orm__entities *added, const orm__entities *changed,
                               const orm__entities *deleted, const orm__order *order, orm__steps *steps);
void orm__steps_release(orm__steps *steps);

#endif
