/* migration/log.h -- what a database remembers of revisions: the table ormc_migrations, a row for each that was begun.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_MIGRATION_LOG_H
#define ORM_MIGRATION_LOG_H

#include "migration/revision.h"
#include "sql/connection.h"

typedef struct orm__log_row {
    int32_t position; /* from 1 */
    const char *name, *id, *direction, *changed_at;
    int32_t done, steps; /* of the direction; a row that went all the way down is gone */
} orm__log_row;

typedef struct orm__log {
    orm__log_row *rows;
    size_t count;
} orm__log;

/* Empty when there is no such table. Arena: the rows. Errors stand in the connection, here and below. */
orm_status orm__log_read(orm_connection *connection, orm__arena *arena, orm__log *log);
orm_status orm__log_make(orm_connection *connection);
/* Whether there is such a table. */
orm_status orm__log_exists(orm_connection *connection, bool *exists);
/* Writes how far a revision is; a way down that is done removes its row. */
orm_status orm__log_write(orm_connection *connection, size_t position, const orm__revision *revision,
                          orm__direction direction, size_t done, size_t steps);
orm_status orm__log_clear(orm_connection *connection);

/* The first column of the first row as an integer; 0 when there is none. */
orm_status orm__query_integer(orm_connection *connection, const char *sql, int64_t *value);
/* Each row's first column as text. Arena: texts and list. */
orm_status orm__query_texts(orm_connection *connection, const char *sql, orm__arena *arena, const char ***texts,
                            size_t *count);

#endif
