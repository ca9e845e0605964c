/* json.h -- whether a text is JSON.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_JSON_H
#define ORMC_JSON_H

#include <stdbool.h>

/* One value of RFC 8259 and blanks around it, nested at most 100 deep. */
bool ormc_json_check(const char *text);

#endif
