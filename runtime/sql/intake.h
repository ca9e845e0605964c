/* sql/intake.h -- many `_values` structs of one model into rows: what is to be done with each column is found out once.
 *
 * What is usual is done here: a value is given, left out, NULL, or a default. A row with anything else goes the way that a single one
 * goes (core.c), whose errors are its errors.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_INTAKE_H
#define ORM_SQL_INTAKE_H

#include "sql/connection.h"

typedef struct orm__intake orm__intake;

/* `now` is the clock of all rows. NULL when memory is gone. Owned: free. */
orm__intake *orm__intake_new(orm_connection *connection, const orm_model *model, orm_timestamptz now);
void orm__intake_free(orm__intake *intake);

/* What orm__row_take and orm__row_complete do with a row and a mask that are zeroed. */
orm_status orm__intake_row(const orm__intake *intake, const void *values, void *row, uint64_t *given);

#endif
