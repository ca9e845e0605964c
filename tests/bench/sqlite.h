/* sqlite.h -- the connection that the hand-written contestants on SQLite use.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_SQLITE_H
#define BENCH_SQLITE_H

#include <sqlite3.h>
#include <stdint.h>

extern sqlite3 *connection;

void lite_expect(int code, int expected);
void lite_run(const char *sql);

/* "2022-03-04 05:06:07.890000": as the library stores a timestamptz, and as microseconds since 2000-01-01. */
enum { LITE_TIME = 26 };
int64_t lite_parse_time(const char *text);
void lite_format_time(int64_t microseconds, char *text);

#endif
