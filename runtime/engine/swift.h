/* engine/swift.h -- which reads were quick of late, by their SQL: those may go by connections that many share.
 *
 * On such a connection answers come in the order of questions: one that takes long, or gives many rows, holds up all
 * who ask after it. So a read goes by one of the pool's connections until it has been quick several times, and for a
 * while after it was not more than once in a while. What the way to the server takes, at least, is no part of it. For
 * one thread.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ENGINE_SWIFT_H
#define ORM_ENGINE_SWIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORM__SWIFT_PLACES = 256 };

/* Zeroed it knows nothing. */
typedef struct orm__swift {
    struct {
        uint64_t hash;
        int credit;              /* below 0: so many quick ones to go before it counts again */
    } places[ORM__SWIFT_PLACES]; /* by hash, the newest of each */
    int64_t least;               /* microseconds that any has taken; 0: none yet */
} orm__swift;

/* Whether SQL of that hash has been quick. */
bool orm__swift_knows(const orm__swift *swift, uint64_t hash);
/* It has taken so many microseconds, way and all, on a connection of its own. That it took long says little: whoever
 * measures may have had other things to do. */
void orm__swift_note_own(orm__swift *swift, uint64_t hash, int64_t took, size_t rows);
/* A shared connection stood still for it for so many microseconds. */
void orm__swift_note_shared(orm__swift *swift, uint64_t hash, int64_t waited, size_t rows);
/* It was not answered in time. */
void orm__swift_note_timeout(orm__swift *swift, uint64_t hash);

#endif
