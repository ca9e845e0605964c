/* data.h -- the inside of ormc_data, for template.c. Everyone else uses template.h.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_DATA_H
#define ORMC_DATA_H

#include "template.h"

#include <stdint.h>

typedef enum ormc_data_kind {
    ORMC_DATA_NULL,
    ORMC_DATA_BOOLEAN,
    ORMC_DATA_TEXT,
    ORMC_DATA_LIST,
    ORMC_DATA_MADE_LIST,
    ORMC_DATA_OBJECT
} ormc_data_kind;

typedef struct ormc_member {
    const char *key; /* NULL: an empty slot */
    size_t length;
    uint64_t hash;
    ormc_data *value;
} ormc_member;

typedef struct ormc_made_items {
    ormc_data_maker make;
    void *user;
} ormc_made_items;

struct ormc_data {
    ormc_data_kind kind;
    bool boolean;
    bool failed; /* memory ran out while it was filled */
    orm__arena *arena;
    size_t count, capacity; /* of members or items */
    union {
        const char *text;
        ormc_member *members;
        ormc_data **items;
        ormc_made_items *made;
    };
};

/* The member of that name (not terminated, `hash` its hash); NULL when there is none, or no object. */
const ormc_data *ormc_data_member(const ormc_data *object, const char *key, size_t length, uint64_t hash);
uint64_t ormc_data_hash(const char *key, size_t length);

#endif
