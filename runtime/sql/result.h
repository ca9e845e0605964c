/* sql/result.h -- what Core returns, and from the inputs of a `_values` struct to a row that may be sent.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_RESULT_H
#define ORM_SQL_RESULT_H

#include "base/arena.h"
#include "orm/generated.h"
#include "sql/connection.h"

/* One allocation of about a kilobyte does for a row and its texts. */
enum { ORM__RESULT_ROOM = 900 / 8 };
struct orm_result {
    orm__arena arena; /* texts and bytes */
    char *rows;       /* of a select: row structs, one after another */
    uint64_t room[ORM__RESULT_ROOM];
};

/* Owned: orm_result_free. NULL when memory is gone, which the connection tells. */
orm_result *orm__result_new(orm_connection *connection);

/* What a `_values` struct gives, with the keys of rows that it refers to; texts stay the caller's. */
orm_status orm__row_take(orm_connection *connection, const orm_model *model, const void *values, void *row,
                         uint64_t *given);
/* Adds defaults, `now` being the clock's, and holds the row to the rules of its columns. */
orm_status orm__row_complete(orm_connection *connection, const orm_model *model, void *row, uint64_t *given,
                             const orm_timestamptz *now);

#endif
