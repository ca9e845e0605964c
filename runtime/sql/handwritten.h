/* sql/handwritten.h -- from SQL by hand and what is given for its parameters to a statement that may be sent.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_HANDWRITTEN_H
#define ORM_SQL_HANDWRITTEN_H

#include "sql/statement.h"

typedef enum orm__by { ORM__BY_STATEMENT, ORM__BY_COPY_IN, ORM__BY_COPY_OUT } orm__by;

/* Puts `text` into `sql`, with parameters as the database calls them, and binds what is given for them (NULL:
 * nothing). What may not be run this way, and parameters that do not fit, are ORM_MISUSE. */
orm_status orm__handwritten_take(orm__sql *sql, const char *text, const orm_parameters *given, orm__by by);
/* Whether it is a SELECT. */
bool orm__handwritten_reads(const char *text, orm_dialect dialect);
/* Whether it may write by itself: a word for that stands in it. */
bool orm__handwritten_writes(const char *text, orm_dialect dialect);
/* Whether this name stands in it, for a table or anything else. */
bool orm__handwritten_mentions(const char *text, orm_dialect dialect, const char *name);
/* Has the connection's error speak of the text that was given: statement and position. */
void orm__handwritten_failed(orm_connection *connection, const char *text, const orm_parameters *given);

#endif
