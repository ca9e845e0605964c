/* arena.c -- chunks, size classes and free lists behind arena.h.
 *
 * A size is rounded to its class (steps of 8 bytes to 256, then eight steps to each doubling), so that a block can be
 * recycled by its size alone, without a header.
 * SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Chunks double, to SMALL_CHUNK; then each is a sixteenth of what there is, so that little stands empty. */
enum { FIRST_CHUNK = 4096, SMALL_CHUNK = 1 << 15, LARGEST_CHUNK = 1 << 20 };

typedef struct orm__chunk {
    struct orm__chunk *older;
    char *end;
} orm__chunk;

/* Stands in front of a block that is larger than the largest class. */
typedef struct orm__large {
    struct orm__large *older, *newer;
    size_t size;
    size_t padding; /* keeps the block behind it aligned to 16 bytes */
} orm__large;

static int class_of(size_t size, size_t *rounded);
static void *alloc_large(orm__arena *arena, size_t size);
static void free_large(orm__arena *arena, orm__large *large);
static char *grow(orm__arena *arena, size_t size);
static size_t usual_chunk(size_t held);
static void free_chunk(orm__arena *arena);

void orm__arena_init(orm__arena *arena)
{
    memset(arena, 0, sizeof *arena);
}

void orm__arena_init_at(orm__arena *arena, void *place, size_t size)
{
    orm__arena_init(arena);
    arena->next = place;
    arena->end = arena->next + size;
}

void orm__arena_release(orm__arena *arena)
{
    while (arena->chunk)
        free_chunk(arena);
    while (arena->large)
        free_large(arena, arena->large);
    orm__arena_init(arena);
}

void *orm__arena_alloc(orm__arena *arena, size_t size)
{
    size_t rounded;
    int class = class_of(size, &rounded);
    if (arena->recycled && class >= 0 && arena->recycled[class]) {
        void *block = arena->recycled[class];
        memcpy(&arena->recycled[class], block, sizeof(void *));
        return block;
    }
    if (class < 0)
        return alloc_large(arena, size);
    if ((size_t)(arena->end - arena->next) < rounded && !grow(arena, rounded))
        return NULL;
    char *block = arena->next;
    arena->next += rounded;
    return block;
}

/* Rounds up to the size of a class; the class is -1 for blocks too large to be kept in a list. */
static int class_of(size_t size, size_t *rounded)
{
    if (size <= ORM__ARENA_SMALL) {
        size_t units = size ? (size + ORM__ARENA_ALIGNMENT - 1) / ORM__ARENA_ALIGNMENT : 1;
        *rounded = units * ORM__ARENA_ALIGNMENT;
        return (int)units - 1;
    }
    int doubling = 63 - __builtin_clzll((unsigned long long)(size - 1)); /* 2^doubling < size <= 2^(doubling + 1) */
    if (doubling >= 16)
        return -1;
    size_t step = (size_t)1 << (doubling - 3);
    *rounded = (size + step - 1) / step * step;
    size_t eighth = *rounded / step - 9; /* 0 to 7 */
    return 32 + (doubling - 8) * 8 + (int)eighth;
}

static void *alloc_large(orm__arena *arena, size_t size)
{
    orm__large *large = size < PTRDIFF_MAX - sizeof *large ? malloc(sizeof *large + size) : NULL;
    if (!large)
        return NULL;
    *large = (orm__large){.older = arena->large, .size = size};
    if (arena->large)
        arena->large->newer = large;
    arena->large = large;
    arena->held += size;
    return large + 1;
}

static void free_large(orm__arena *arena, orm__large *large)
{
    if (large->newer)
        large->newer->older = large->older;
    else
        arena->large = large->older;
    if (large->older)
        large->older->newer = large->newer;
    arena->held -= large->size;
    free(large);
}

static char *grow(orm__arena *arena, size_t size)
{
    size_t usual = usual_chunk(arena->held);
    size_t bytes = sizeof(orm__chunk) + (size > usual - sizeof(orm__chunk) ? size : usual - sizeof(orm__chunk));
    if (bytes < size)
        return NULL;
    orm__chunk *chunk = malloc(bytes);
    if (!chunk)
        return NULL;
    chunk->older = arena->chunk;
    chunk->end = (char *)chunk + bytes;
    arena->chunk = chunk;
    arena->next = (char *)(chunk + 1);
    arena->end = chunk->end;
    arena->held += bytes;
    return arena->next;
}

static size_t usual_chunk(size_t held)
{
    if (held < FIRST_CHUNK)
        return FIRST_CHUNK;
    if (held < SMALL_CHUNK)
        return held;
    size_t share = held / 16;
    return share < SMALL_CHUNK ? SMALL_CHUNK : share < LARGEST_CHUNK ? share : LARGEST_CHUNK;
}

static void free_chunk(orm__arena *arena)
{
    orm__chunk *chunk = arena->chunk;
    arena->chunk = chunk->older;
    arena->held -= (size_t)(chunk->end - (char *)chunk);
    free(chunk);
}

void *orm__arena_zalloc(orm__arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    void *block = orm__arena_alloc(arena, count * size);
    return block ? memset(block, 0, count * size) : NULL;
}

char *orm__arena_copy_any(orm__arena *arena, const void *data, size_t size)
{
    char *copy = size < SIZE_MAX ? orm__arena_alloc(arena, size + 1) : NULL;
    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

char *orm__arena_strdup(orm__arena *arena, const char *text)
{
    return orm__arena_copy(arena, text, strlen(text));
}

char *orm__arena_printf(orm__arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : orm__arena_alloc(arena, (size_t)length + 1);
    if (!text)
        return NULL;
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

/* Without memory for the lists the block waits for the arena's end. */
void orm__arena_recycle(orm__arena *arena, void *block, size_t size)
{
    size_t rounded;
    int class = block ? class_of(size, &rounded) : -1;
    if (class < 0) {
        if (block)
            free_large(arena, (orm__large *)block - 1);
        return;
    }
    if (!arena->recycled)
        arena->recycled = orm__arena_zalloc(arena, ORM__ARENA_CLASSES, sizeof *arena->recycled);
    if (!arena->recycled)
        return;
    memcpy(block, &arena->recycled[class], sizeof(void *));
    arena->recycled[class] = block;
}
