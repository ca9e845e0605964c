/* base/uuid.c -- UUIDs of version 7.
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* getentropy */
#include "base/uuid.h"

#include <time.h>
#include <unistd.h>

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
