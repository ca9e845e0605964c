/* base/real.h -- floating point numbers as text and back, exactly, whatever the program's locale writes for a point.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_REAL_H
#define ORM_BASE_REAL_H

#include <stdbool.h>
#include <stddef.h>

enum { ORM__REAL_TEXT = 40 };

/* The shortest text that reads back as the same number, as a number of JSON, "NaN", "Infinity" or "-Infinity";
 * `narrow`: of a float. `buffer` holds ORM__REAL_TEXT bytes. Returns buffer. */
char *orm__real_format(double value, bool narrow, char *buffer);
/* Reads such text of `length` bytes. False when it is something else, or beyond the range. */
bool orm__real_parse(const char *text, size_t length, bool narrow, double *value);

#endif
