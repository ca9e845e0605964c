/* hash.c -- multiply and fold, eight bytes at a time, behind hash.h.
 * SPDX-License-Identifier: MIT */
#include "hash.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t odd = 0x9E3779B97F4A7C15u; /* 2^64 divided by the golden ratio */

static void end_block(ormc_hasher *hasher);

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = ((hash ^ word) + odd) * odd;
    return hash ^ hash >> 29;
}

static uint64_t load(const unsigned char *bytes)
{
    return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 | (uint64_t)bytes[3] << 24 |
           (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 | (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56;
}

static uint64_t hash_block(uint64_t hash, const unsigned char *bytes, size_t size)
{
    hash = mix(hash, size);
    for (; size >= 8; bytes += 8, size -= 8)
        hash = mix(hash, load(bytes));
    uint64_t last = 0;
    for (size_t i = 0; i < size; i++)
        last |= (uint64_t)bytes[i] << 8 * i;
    return mix(hash, last);
}

/* In blocks, as a file is read. */
uint64_t ormc_hash_bytes(uint64_t seed, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    uint64_t hash = seed;
    for (; size >= ORMC_HASH_BLOCK; bytes += ORMC_HASH_BLOCK, size -= ORMC_HASH_BLOCK)
        hash = hash_block(hash, bytes, ORMC_HASH_BLOCK);
    return hash_block(hash, bytes, size);
}

void ormc_hasher_add(ormc_hasher *hasher, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    while (size) {
        size_t room = sizeof hasher->block - hasher->filled, part = size < room ? size : room;
        memcpy(hasher->block + hasher->filled, bytes, part);
        hasher->filled += part;
        bytes += part;
        size -= part;
        if (hasher->filled == sizeof hasher->block)
            end_block(hasher);
    }
}

static void end_block(ormc_hasher *hasher)
{
    hasher->hash = hash_block(hasher->hash, hasher->block, hasher->filled);
    hasher->filled = 0;
}

uint64_t ormc_hasher_end(ormc_hasher *hasher)
{
    end_block(hasher);
    return hasher->hash;
}

uint64_t ormc_hash_text(uint64_t seed, const char *text)
{
    return ormc_hash_bytes(seed, text, strlen(text));
}

bool ormc_hash_file(uint64_t seed, const char *path, uint64_t *hash)
{
    struct stat status;
    if (stat(path, &status) || !S_ISREG(status.st_mode))
        return false;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    ormc_hasher hasher = {.hash = seed};
    ssize_t length = descriptor < 0 ? -1 : 1;
    while (length > 0) { /* blocks are filled, however little a read returns */
        length = read(descriptor, hasher.block + hasher.filled, sizeof hasher.block - hasher.filled);
        hasher.filled += length > 0 ? (size_t)length : 0;
        if (hasher.filled == sizeof hasher.block)
            end_block(&hasher);
    }
    if (descriptor >= 0)
        close(descriptor);
    *hash = ormc_hasher_end(&hasher);
    return length == 0;
}
