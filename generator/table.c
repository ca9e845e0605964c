/* table.c -- open addressing with linear probing behind table.h; at most three quarters full.
 * SPDX-License-Identifier: MIT */
#include "table.h"

#include <stdint.h>
#include <string.h>

struct ormc_table_slot {
    const char *key; /* NULL: free */
    void *value;
};

enum { FIRST_CAPACITY = 16 };

static struct ormc_table_slot *find_slot(const ormc_table *table, const char *key);
static uint64_t hash_of(const char *key);
static bool grow(ormc_table *table, orm__arena *arena);

void *ormc_table_get(const ormc_table *table, const char *key)
{
    return table->count ? find_slot(table, key)->value : NULL;
}

/* The slot of the key, or the free one where it belongs. */
static struct ormc_table_slot *find_slot(const ormc_table *table, const char *key)
{
    size_t mask = table->capacity - 1;
    size_t at = (size_t)hash_of(key) & mask;
    while (table->slots[at].key && strcmp(table->slots[at].key, key) != 0)
        at = (at + 1) & mask;
    return &table->slots[at];
}

/* FNV-1a */
static uint64_t hash_of(const char *key)
{
    uint64_t hash = 14695981039346656037u;
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 1099511628211u;
    return hash ^ hash >> 32;
}

void *ormc_table_add(ormc_table *table, orm__arena *arena, const char *key, void *value)
{
    if (table->count * 4 >= table->capacity * 3 && !grow(table, arena))
        return NULL;
    struct ormc_table_slot *slot = find_slot(table, key);
    if (slot->key)
        return slot->value;
    *slot = (struct ormc_table_slot){.key = key, .value = value};
    table->count++;
    return value;
}

static bool grow(ormc_table *table, orm__arena *arena)
{
    ormc_table larger = {.capacity = table->capacity ? table->capacity * 2 : FIRST_CAPACITY, .count = table->count};
    larger.slots = orm__arena_zalloc(arena, larger.capacity, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].key)
            *find_slot(&larger, table->slots[i].key) = table->slots[i];
    *table = larger;
    return true;
}
