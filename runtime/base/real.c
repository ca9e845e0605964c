/* base/real.c -- by way of printf and strtod, with the locale's point changed for ours.
 * SPDX-License-Identifier: MIT */
#include "base/real.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 400 }; /* more digits than any number needs to be told exactly from its neighbours */

static double read_local(const char *text, bool narrow, char **end);

char *orm__real_format(double value, bool narrow, char *buffer)
{
    if (isnan(value) || isinf(value))
        return strcpy(buffer, isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity");
    int digits = narrow ? 6 : 15, most = narrow ? 9 : 17;
    do
        snprintf(buffer, ORM__REAL_TEXT, "%.*g", digits, value);
    while (digits++ < most && memcmp(&(double){read_local(buffer, narrow, NULL)}, &value, sizeof value) != 0);
    const char *point = localeconv()->decimal_point;
    char *found = strstr(buffer, point);
    if (found && strcmp(point, ".") != 0) {
        *found = '.';
        memmove(found + 1, found + strlen(point), strlen(found + strlen(point)) + 1);
    }
    return buffer;
}

bool orm__real_parse(const char *text, size_t length, bool narrow, double *value)
{
    static const struct {
        const char *text;
        double value;
    } words[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (length == strlen(words[i].text) && memcmp(text, words[i].text, length) == 0) {
            *value = words[i].value;
            return true;
        }
    char local[LONGEST + 16], *end;
    if (length == 0 || length > LONGEST)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!memchr("0123456789+-.eE", text[i], sizeof "0123456789+-.eE" - 1))
            return false;
    const char *point = memchr(text, '.', length), *own = localeconv()->decimal_point;
    size_t before = point ? (size_t)(point - text) : length;
    snprintf(local, sizeof local, "%.*s%s%.*s", (int)before, text, point ? own : "",
             point ? (int)(length - before - 1) : 0, point ? point + 1 : "");
    *value = read_local(local, narrow, &end);
    return *end == '\0' && isfinite(*value);
}

static double read_local(const char *text, bool narrow, char **end)
{
    return narrow ? (double)strtof(text, end) : strtod(text, end);
}
