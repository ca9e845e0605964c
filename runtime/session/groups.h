/* session/groups.h -- writing entities: those of one shape by one statement, and what the statement changed in them.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SESSION_GROUPS_H
#define ORM_SESSION_GROUPS_H

#include "session/conflict.h"

/* Pointers to the rows and keys of one group: room for as many as there are entities to be written at once. */
typedef struct orm__room {
    const void **rows, **keys;
    bool commits; /* this is the last of the flush, and COMMIT may go with its last statement */
} orm__room;

/* Writes entities that wait for nothing any more. They are put in the order of writing: those of one shape stand
 * together, in the order of their first. */
orm_status orm__write_wave(orm_session *session, orm__verb verb, orm__entity **entities, size_t count,
                           const orm__room *room);
/* The same wave by wave: waves[i] is that of entities[i]. */
orm_status orm__write_waves(orm_session *session, orm__verb verb, orm__entity **entities, const uint32_t *waves,
                            size_t count, const orm__room *room);
/* Another row has the key of `gone` now: its own is no more, undone by a rollback or deleted by another session. */
orm_status orm__give_way(orm_session *session, orm__store *store, orm__entity *gone);
/* One row gives up a unique value; what it gets instead follows. */
orm_status orm__release_value(orm_session *session, const orm__release *release);

#endif
