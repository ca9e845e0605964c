/* engine/engine.h -- the engine as the session knows it: a lender of connections.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ENGINE_ENGINE_H
#define ORM_ENGINE_ENGINE_H

#include "engine/swift.h"
#include "sql/connection.h"

/* A connection from the pool, waiting up to pool_timeout. Give it back. `file` and `line` say for whom; NULL:
 * unknown. */
orm_status orm__engine_acquire(orm_engine *engine, const char *file, int line, orm_connection **connection,
                               orm_error *error);
/* The same for who will not write: to a replica that can serve, else to the primary. */
orm_status orm__engine_acquire_reading(orm_engine *engine, const char *file, int line, orm_connection **connection,
                                       orm_error *error);
/* NULL does nothing. What was not committed is rolled back. */
void orm__engine_give_back(orm_connection *connection);

/* Whether who calls is a fiber that may read by connections that others use, too. */
bool orm__engine_shares(const orm_engine *engine);
/* A connection for one read, outside a transaction, that other fibers use at the same time; `*connection` is NULL, with
 * ORM_OK, where there is none: a read takes one of its own then. Give it back right after the read. */
orm_status orm__engine_share(orm_engine *engine, orm_connection **connection, orm_error *error);
/* The same, to a replica if there are any that serve. */
orm_status orm__engine_share_reading(orm_engine *engine, orm_connection **connection, orm_error *error);
void orm__engine_unshare(orm_engine *engine, orm_connection *connection);

/* What is known of reads on the engine's fibers. */
orm__swift *orm__engine_swift(orm_engine *engine);

/* Of its options. */
orm_isolation orm__engine_isolation(const orm_engine *engine);

/* Sleeps through the engine's waiter. Fails when that gives up the wait: ORM_CANCELLED. */
orm_status orm__engine_sleep(orm_engine *engine, int64_t microseconds);

#endif
