/* session/order.h -- in which order rows are written: those that are referred to before those that refer to them.
 *
 * Models are ordered by their relations; within models that refer to each other, or to themselves, rows are ordered one
 * by one in waves. Rows that refer to each other in a circle are cut apart at a nullable relation, which then takes a
 * second UPDATE.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SESSION_ORDER_H
#define ORM_SESSION_ORDER_H

#include "session/session.h"

/* A relation to be left NULL at first and written afterwards. */
typedef struct orm__deferred {
    orm__entity *entity;
    const orm_relation *relation;
} orm__deferred;

typedef struct orm__order {
    orm__entity **rows; /* in the order of writing */
    uint32_t *waves;    /* rows[i] may go together with others of the same wave; behind the rows, in one block */
    size_t count;
    orm__deferred *deferred;
    size_t deferred_count;
} orm__order;

/* Orders the pending rows of `entities`, or (`deletes`) those to be deleted: then the other way round, and circles
 * share a wave. ORM_CYCLE names two rows of a circle that nothing can cut. Owned: release it, whatever the status. */
orm_status orm__order_rows(orm_session *session, const orm__entities *entities, bool deletes, orm__order *order);
void orm__order_release(orm__order *order);

#endif
