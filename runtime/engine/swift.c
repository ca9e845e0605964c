/* engine/swift.c -- which reads were quick, behind swift.h.
 * SPDX-License-Identifier: MIT */
#include "engine/swift.h"

enum { QUICK = 2000, BEARABLE = 25000 /* microseconds */, FEW = 300 /* rows */ };
enum { WELCOME = 2, MOST = 8, STRIKE = 4, PUNISHED = -32 /* of credit */ };

static int *credit_of(orm__swift *swift, uint64_t hash);
static size_t place_of(uint64_t hash);

bool orm__swift_knows(const orm__swift *swift, uint64_t hash)
{
    size_t place = place_of(hash);
    return swift->places[place].hash == hash && swift->places[place].credit >= WELCOME;
}

void orm__swift_note_own(orm__swift *swift, uint64_t hash, int64_t took, size_t rows)
{
    int *credit = credit_of(swift, hash);
    if (swift->least == 0 || took < swift->least)
        swift->least = took > 0 ? took : 1;
    if (rows > FEW)
        *credit = PUNISHED;
    else if (took - swift->least <= QUICK && *credit < WELCOME)
        ++*credit;
}

void orm__swift_note_shared(orm__swift *swift, uint64_t hash, int64_t waited, size_t rows)
{
    int *credit = credit_of(swift, hash);
    bool bearable = waited - swift->least <= BEARABLE;
    if (bearable && *credit < MOST)
        ++*credit;
    if (!bearable)
        *credit -= STRIKE;
    if (*credit < WELCOME || rows > FEW)
        *credit = PUNISHED;
}

void orm__swift_note_timeout(orm__swift *swift, uint64_t hash)
{
    *credit_of(swift, hash) = PUNISHED;
}

static int *credit_of(orm__swift *swift, uint64_t hash)
{
    size_t place = place_of(hash);
    if (swift->places[place].hash != hash) {
        swift->places[place].hash = hash;
        swift->places[place].credit = 0;
    }
    return &swift->places[place].credit;
}

static size_t place_of(uint64_t hash)
{
    return hash * 0x9e3779b97f4a7c15u >> 56;
}
