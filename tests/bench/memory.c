/* memory.c -- what the best C by hand keeps its rows in: an arena, and an identity map over it.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

typedef struct bench_chunk {
    struct bench_chunk *older;
} bench_chunk;

static void take_chunk(bench_arena *arena, size_t bytes)
{
    bench_chunk *chunk = malloc(bytes);
    if (!chunk)
        bench_fail("memory", "there is none");
    chunk->older = arena->chunks;
    arena->chunks = chunk;
    arena->held += bytes;
    arena->next = (char *)(chunk + 1);
    arena->end = (char *)chunk + bytes;
}

void *bench_alloc(bench_arena *arena, size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if ((size_t)(arena->end - arena->next) < size) {
        size_t bytes = arena->held < 4096 ? 4096 : arena->held < 1 << 20 ? arena->held : 1 << 20;
        take_chunk(arena, bytes < size + sizeof(bench_chunk) ? size + sizeof(bench_chunk) : bytes);
    }
    char *block = arena->next;
    arena->next += size;
    return block;
}

const char *bench_text(bench_arena *arena, const char *text, size_t size)
{
    char *copy = bench_alloc(arena, size + 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void bench_reset(bench_arena *arena)
{
    size_t held = arena->held;
    if (arena->chunks && !arena->chunks->older) {
        arena->next = (char *)(arena->chunks + 1);
        return;
    }
    bench_free(arena);
    if (held)
        take_chunk(arena, held);
}

void bench_free(bench_arena *arena)
{
    while (arena->chunks) {
        bench_chunk *chunk = arena->chunks;
        arena->chunks = chunk->older;
        free(chunk);
    }
    *arena = (bench_arena){0};
}

/* --- identity map of the best: open addressing, at most three quarters full --- */

static struct bench_slot *slot_of(const bench_map *map, int64_t key)
{
    size_t mask = map->capacity - 1, i = (size_t)((uint64_t)key * 0x9e3779b97f4a7c15u >> 32) & mask;
    while (map->slots[i].row && map->slots[i].key != key)
        i = (i + 1) & mask;
    return &map->slots[i];
}

void *bench_map_find(const bench_map *map, int64_t key)
{
    return map->count ? slot_of(map, key)->row : NULL;
}

static void grow_map(bench_map *map)
{
    struct bench_slot *old = map->slots;
    size_t before = map->capacity;
    map->capacity = before ? 2 * before : 1024;
    map->slots = calloc(map->capacity, sizeof *map->slots);
    map->order = realloc(map->order, map->capacity * 3 / 4 * sizeof *map->order);
    if (!map->slots || !map->order)
        bench_fail("memory", "there is none");
    for (size_t i = 0; i < before; i++)
        if (old[i].row)
            *slot_of(map, old[i].key) = old[i];
    free(old);
}

void bench_map_add(bench_map *map, int64_t key, void *row)
{
    if (map->count == map->capacity * 3 / 4)
        grow_map(map);
    *slot_of(map, key) = (struct bench_slot){key, row};
    map->order[map->count++] = row;
}

void bench_map_free(bench_map *map)
{
    free(map->slots);
    free(map->order);
    bench_free(&map->arena);
}
