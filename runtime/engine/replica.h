/* engine/replica.h -- the replicas of an engine's primary: which of them may serve who only reads.
 *
 * A replica that cannot be reached, or is further behind than allowed, is left out for a second and then tried by one
 * caller alone. How far it is behind it is asked itself, and only once its last answer vouches no longer: one that was
 * 2 s behind when 5 s are allowed is good for 3 s, whatever happens meanwhile. Safe between threads, and nothing is
 * locked.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ENGINE_REPLICA_H
#define ORM_ENGINE_REPLICA_H

#include "engine/pool.h"
#include "engine/shared.h"
#include "engine/url.h"

#include <stdatomic.h>

typedef struct orm__replica {
    orm__url url;
    orm__pool pool;
    orm__shared shared;         /* for its fibers' reads by key */
    _Atomic int64_t out_until;  /* monotonic microseconds, as all below; 0: not left out */
    _Atomic int64_t good_until; /* its last answer vouches until then */
    _Atomic int64_t caught_up;  /* when it was last seen to have all that the primary sent; 0: never */
    _Atomic int64_t lag;        /* microseconds; -1: unknown */
} orm__replica;

typedef struct orm__replicas {
    orm__replica *items;
    size_t count;
    int64_t most; /* microseconds they may be behind; -1: any number */
    atomic_uint turn;
} orm__replicas;

/* Lends a connection to one of them, each in turn. ORM_OK with `*connection` NULL: none can serve now, so ask the
 * primary. ORM_TIMEOUT when all connections to the one whose turn it is were in use for too long. */
orm_status orm__replicas_acquire(orm__replicas *replicas, orm_connection **connection, orm_error *error);
/* The same of a connection that many fibers use, by engine/shared.h. NULL also when who calls is no fiber. */
orm_status orm__replicas_share(orm__replicas *replicas, orm_connection **connection, orm_error *error);

#endif
