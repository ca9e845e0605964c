/* fibers.h -- what the contestants of the benchmark of many readers share.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_FIBERS_H
#define BENCH_FIBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { POSTS = 100000, READERS = 1000, CONNECTIONS = 10, SHARED = 2 };
enum { BATCH = 20 /* gets of a fiber, thread or request at a time */ };

/* Which post is to be read as the so-manieth. */
static inline int64_t post_at(size_t number)
{
    return (int64_t)((uint64_t)number * 2654435761u % POSTS) + 1;
}

/* What was read goes into the digest, which all contestants must have alike. */
void saw_post(int64_t id, const char *title, const char *body, int32_t views);
void give_up(const char *what, const char *why);

/* fibers_best.c: libpq by hand. `gets` posts over `connections`, READERS of them on their way at any time; or for
 * READERS requests that each keep theirs until they have BATCH, a statement for each get, or lists of keys. */
typedef enum hand { FORGETTING, KEEPING_ROWS, KEEPING_LISTS } hand;
void by_hand(const char *url, size_t gets, size_t connections, hand how);

#endif
