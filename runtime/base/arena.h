/* arena.h -- memory that is given back all at once, with reuse of what was replaced.
 *
 * Blocks come from malloc in growing chunks; one free releases them all. A caller that replaces a value
 * recycles the old one, and later requests of that size reuse it: a long life does not mean growth.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_ARENA_H
#define ORM_BASE_ARENA_H

#include <stddef.h>
#include <string.h>

enum { ORM__ARENA_CLASSES = 96 }; /* up to 64 KiB */
enum { ORM__ARENA_ALIGNMENT = 8, ORM__ARENA_SMALL = 256 /* up to here a class is a multiple of that */ };

typedef struct orm__arena {
    struct orm__chunk *chunk; /* newest first */
    struct orm__large *large; /* blocks too large for a chunk, each from malloc */
    char *next, *end;         /* free space of the newest chunk */
    void **recycled;          /* by size class; NULL until the first is */
    size_t held;              /* bytes taken from malloc */
} orm__arena;

/* A zeroed orm__arena is ready for use; init is for readers. release frees every block and leaves it ready again. */
void orm__arena_init(orm__arena *arena);
/* The first blocks come from `place`, which is the caller's, aligned to 8 bytes, and outlives the arena. */
void orm__arena_init_at(orm__arena *arena, void *place, size_t size);
void orm__arena_release(orm__arena *arena);

/* Arena memory of `size` bytes, aligned to 8 bytes, not zeroed; NULL when memory is gone. Size 0 gives a unique
 * address. */
void *orm__arena_alloc(orm__arena *arena, size_t size);
/* The same, zeroed; fails when count * size overflows. */
void *orm__arena_zalloc(orm__arena *arena, size_t count, size_t size);
/* Copies `size` bytes and adds a terminating zero. */
static inline char *orm__arena_copy(orm__arena *arena, const void *data, size_t size);
char *orm__arena_copy_any(orm__arena *arena, const void *data, size_t size);
char *orm__arena_strdup(orm__arena *arena, const char *text);
/* Formatted text, as sprintf. */
char *orm__arena_printf(orm__arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What is short lies behind what was taken last, where there is room and nothing was handed back: no more to it, for
 * texts are most of what is read. */
static inline char *orm__arena_copy(orm__arena *arena, const void *data, size_t size)
{
    size_t rounded = size / ORM__ARENA_ALIGNMENT * ORM__ARENA_ALIGNMENT + ORM__ARENA_ALIGNMENT;
    if (size == 0 || size >= ORM__ARENA_SMALL || arena->recycled || (size_t)(arena->end - arena->next) < rounded)
        return orm__arena_copy_any(arena, data, size);
    char *copy = arena->next;
    arena->next += rounded;
    memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

/* Hands back a block for reuse; `size` is what was asked for. NULL does nothing. The block must not be used again. */
void orm__arena_recycle(orm__arena *arena, void *block, size_t size);

#endif
