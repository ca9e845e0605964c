/* base/datetime.h -- dates and times: the proleptic Gregorian calendar, and ISO 8601 text.
 *
 * Formatting is public (orm_date_format and its like in orm/types.h) and stands in datetime.c too.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_DATETIME_H
#define ORM_BASE_DATETIME_H

#include "orm/types.h"

#define ORM__DAY_MICROSECONDS INT64_C(86400000000)

/* A day of the calendar; the year 0 is 1 BC. */
typedef struct orm__civil {
    int64_t year;
    int month, day; /* from 1 */
} orm__civil;

/* Days from 2000-01-01, and back. */
int64_t orm__days_of_civil(orm__civil civil);
orm__civil orm__civil_of_days(int64_t days);

/* Whether it lies in the years 1 to 9999, which is all that SQLite's functions know; the infinities do not. */
bool orm__date_is_common(orm_date value);
bool orm__timestamp_is_common(int64_t microseconds);

/* Reading text of `length` bytes. A day is "2024-02-29"; years may have more digits and a sign. A time is "12:00",
 * "12:00:00" or "12:00:00.123456", to "24:00:00"; digits beyond the sixth are cut off. A timestamp is a day, a blank
 * or T, a time, and perhaps Z, +02, +0200 or +02:00, which is counted off; a day alone is its midnight. Nothing may
 * stand before or after. False when the text is something else, or its value lies outside the type. */
bool orm__date_parse(const char *text, size_t length, orm_date *value);
bool orm__time_parse(const char *text, size_t length, orm_time *value);
bool orm__timestamp_parse(const char *text, size_t length, int64_t *microseconds);

/* ISO 8601 durations: "P1Y2M3DT4H5M6.5S", "P-1M", "PT0S". Weeks count as seven days. format writes at most 64 bytes
 * with the zero and returns buffer. */
char *orm__interval_format(orm_interval value, char *buffer);
bool orm__interval_parse(const char *text, size_t length, orm_interval *value);
/* <0, 0, >0 as PostgreSQL compares: a month is 30 days, a day 24 hours. */
int orm__interval_compare(orm_interval a, orm_interval b);

#endif
