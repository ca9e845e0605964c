/* engine/check_list.h -- what values the SQL of a table lets a column have: SQLite's stand-in for an enum.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ENGINE_CHECK_LIST_H
#define ORM_ENGINE_CHECK_LIST_H

#include <stdbool.h>

/* Whether `sql`, a CREATE TABLE, names the value in a list `column IN ('a', 'b')`, or has no such list for the
 * column. */
bool orm__check_list_allows(const char *sql, const char *column, const char *value);

#endif
