/* json.c -- steps over a JSON text; every function returns the position behind its part, or NULL.
 * SPDX-License-Identifier: MIT */
#include "json.h"

#include <stddef.h>
#include <string.h>

enum { DEEPEST = 100 };

static const char *skip_value(const char *at, int depth);
static const char *skip_items(const char *at, int depth);
static const char *skip_string(const char *at);
static const char *skip_number(const char *at);
static const char *skip_blanks(const char *at);

bool ormc_json_check(const char *text)
{
    const char *end = skip_value(text, 0);
    return end && !*end;
}

/* Behind the value that stands at `at` and the blanks around it; NULL when there is none. */
static const char *skip_value(const char *at, int depth)
{
    static const char *const words[] = {"true", "false", "null"};
    at = skip_blanks(at);
    if (*at == '{' || *at == '[')
        return depth < DEEPEST ? skip_items(at, depth + 1) : NULL;
    if (*at == '"')
        return skip_string(at);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(at, words[i], strlen(words[i])) == 0)
            return skip_blanks(at + strlen(words[i]));
    return skip_number(at);
}

static const char *skip_items(const char *at, int depth)
{
    char closing = *at == '{' ? '}' : ']';
    at = skip_blanks(at + 1);
    if (*at == closing)
        return skip_blanks(at + 1);
    for (;;) {
        if (closing == '}') {
            at = skip_blanks(at);
            at = *at == '"' ? skip_string(at) : NULL;
            if (!at || *at++ != ':')
                return NULL;
        }
        at = skip_value(at, depth);
        if (!at || (*at != ',' && *at != closing))
            return NULL;
        if (*at++ == closing)
            return skip_blanks(at);
    }
}

static const char *skip_string(const char *at)
{
    for (at++; *at != '"'; at++) {
        if ((unsigned char)*at < 0x20)
            return NULL;
        if (*at == '\\' && *++at == 'u') {
            if (strspn(at + 1, "0123456789abcdefABCDEF") < 4)
                return NULL;
        } else if (at[-1] == '\\' && (!*at || !strchr("\"\\/bfnrt", *at))) {
            return NULL;
        }
    }
    return skip_blanks(at + 1);
}

static const char *skip_number(const char *at)
{
    at += *at == '-';
    size_t whole = strspn(at, "0123456789");
    if (!whole || (*at == '0' && whole > 1))
        return NULL;
    at += whole;
    if (*at == '.') {
        size_t part = strspn(at + 1, "0123456789");
        if (!part)
            return NULL;
        at += part + 1;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '-' || *at == '+';
        size_t exponent = strspn(at, "0123456789");
        if (!exponent)
            return NULL;
        at += exponent;
    }
    return skip_blanks(at);
}

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}
