/* hash.h -- tells whether bytes are those of another time. Not against an adversary.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_HASH_H
#define ORMC_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Goes on from `seed` over the bytes; the same on every machine. */
uint64_t ormc_hash_bytes(uint64_t seed, const void *data, size_t size);

/* Over the text and its end, so that "ab", "c" and "a", "bc" differ. */
uint64_t ormc_hash_text(uint64_t seed, const char *text);

/* Over what a regular file holds, as over the same bytes in memory. False when it is none or cannot be read. */
bool ormc_hash_file(uint64_t seed, const char *path, uint64_t *hash);

/* The same for bytes that come in pieces: begin with {.hash = seed}; the end gives the hash of all that was added. */
enum { ORMC_HASH_BLOCK = 1 << 16 };
typedef struct ormc_hasher {
    uint64_t hash;
    size_t filled;
    unsigned char block[ORMC_HASH_BLOCK];
} ormc_hasher;

void ormc_hasher_add(ormc_hasher *hasher, const void *data, size_t size);
uint64_t ormc_hasher_end(ormc_hasher *hasher);

#endif
