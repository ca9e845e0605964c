/* migration/migrate.h -- running revisions; what the program ormc needs besides orm_migrate.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_MIGRATION_MIGRATE_H
#define ORM_MIGRATION_MIGRATE_H

#include "migration/log.h"
#include "orm/migration.h"

/* Reads all texts and checks that each follows the one before it. Arena: the revisions. */
orm_status orm__chain_read(const orm_migrations *migrations, orm__arena *arena, orm__revision **revisions,
                           orm_error *error);
/* ORM_SCHEMA when the database holds other revisions than the chain. */
orm_status orm__chain_check(const orm__revision *revisions, size_t count, const orm__log *log, orm_error *error);
/* Says of the database that it stands at the revision at `count` (0: before the first), and runs nothing. */
orm_status orm__migrate_stamp(orm_connection *connection, const orm__revision *revisions, size_t count,
                              orm_error *error);

#endif
