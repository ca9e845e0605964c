/* base/uuid.c -- UUIDs of version 7, and reading any.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* getentropy */
#include "base/uuid.h"

#include <time.h>
#include <unistd.h>

static int digit_value(char c);

bool orm__uuid_make(orm_uuid *uuid)
{
    struct timespec now;
    if (getentropy(uuid->bytes + 8, 8) || clock_gettime(CLOCK_REALTIME, &now))
        return false;
    uint64_t milliseconds = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
    uint64_t rest = (uint64_t)now.tv_nsec % 1000000 * 4096 / 1000000;
    for (int i = 0; i < 6; i++)
        uuid->bytes[i] = (uint8_t)(milliseconds >> (40 - 8 * i));
    uuid->bytes[6] = (uint8_t)(0x70 | rest >> 8);
    uuid->bytes[7] = (uint8_t)rest;
    uuid->bytes[8] = (uint8_t)(0x80 | (uuid->bytes[8] & 0x3f));
    return true;
}

bool orm__uuid_parse(const char *text, size_t length, orm_uuid *uuid)
{
    size_t at = 0;
    for (size_t i = 0; i < sizeof uuid->bytes; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && (at >= length || text[at++] != '-'))
            return false;
        if (at + 2 > length || !orm__octet_parse(text + at, &uuid->bytes[i]))
            return false;
        at += 2;
    }
    return at == length;
}

bool orm__octet_parse(const char *text, uint8_t *octet)
{
    int high = digit_value(text[0]), low = digit_value(text[1]);
    *octet = (uint8_t)(high << 4 | low);
    return high < 16 && low < 16;
}

/* 16 for what is no digit. */
static int digit_value(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : 16;
}
