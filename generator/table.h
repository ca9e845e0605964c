/* table.h -- what a name stands for: a hash table from texts to pointers.
 *
 * Keys and values are borrowed; the table's own memory is in its arena.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_TABLE_H
#define ORMC_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

typedef struct ormc_table {
    struct ormc_table_slot *slots;
    size_t capacity, count;
} ormc_table;

/* A zeroed table is empty. */
void *ormc_table_get(const ormc_table *table, const char *key);

/* Gives back what the key already stands for, and changes nothing then; otherwise adds it and gives back `value`,
 * which must not be NULL. NULL when memory is gone. */
void *ormc_table_add(ormc_table *table, orm__arena *arena, const char *key, void *value);

#endif
