/* query_lock.h -- what a database found of the queries, as text that is committed: so that later runs need no database.
 *
 *     query books_of 5f2a...     the hash of its SQL and of the tables
 *     column title<TAB>text<TAB>book<TAB>title<TAB>not null
 *
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_QUERY_LOCK_H
#define ORMC_QUERY_LOCK_H

#include <stdint.h>

#include "base/text.h"
#include "driver/driver.h"
#include "model.h"

/* Over the tables of the package on PostgreSQL. False when memory is gone. */
bool ormc_lock_hash(const ormc_package *package, orm__arena *arena, uint64_t *hash);

/* Appends the first lines of a lock; then what was found of a query. `tables` is what ormc_lock_hash gave. */
void ormc_lock_begin(orm__text *out);
void ormc_lock_put(orm__text *out, const ormc_query *query, uint64_t tables, const orm__description *description);

/* What stands in a lock of a query: nothing, something about another SQL or other tables, or its description, which
 * is put into the arena. */
typedef enum ormc_locked { ORMC_NOT_LOCKED, ORMC_LOCK_OUTDATED, ORMC_LOCKED, ORMC_LOCK_NO_MEMORY } ormc_locked;
ormc_locked ormc_lock_find(const char *lock, const ormc_query *query, uint64_t tables, orm__arena *arena,
                           orm__description *description);

#endif
