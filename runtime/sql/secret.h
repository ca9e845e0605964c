/* sql/secret.h -- what the database says of a failure, without values of sensitive columns.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_SECRET_H
#define ORM_SQL_SECRET_H

#include "sql/connection.h"

/* Takes them out of connection->error, after a statement of `model` (NULL: of none that is known) has failed there;
 * `sensitive`: it had parameters that are. */
void orm__secret_hide(orm_connection *connection, const orm_model *model, bool sensitive);

#endif
