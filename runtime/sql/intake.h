/* sql/intake.h -- `_values` structs into rows: what is to be done with each column of a model is found out once for a
 * connection.
 *
 * What is usual is done here: a value is given, left out, NULL, or a default. A row with anything else goes the long
 * way (core.c), whose errors are its errors.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_INTAKE_H
#define ORM_SQL_INTAKE_H

#include "sql/connection.h"

/* The connection's own of the model, from now on with this clock. NULL when memory is gone. */
const orm__intake *orm__intake_of(orm_connection *connection, const orm_model *model, orm_timestamptz now);
/* All of a connection. */
void orm__intakes_free(orm__intake *intakes);

/* What orm__row_take and orm__row_complete do with a row and a mask that are zeroed. */
orm_status orm__intake_row(const orm__intake *intake, const void *values, void *row, uint64_t *given);

#endif
