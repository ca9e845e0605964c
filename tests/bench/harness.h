/* harness.h -- what the contestants of the benchmark share: the cases, their input, the clock, the proof of equal work.
 *
 * Each case is run by four contestants: our Core, our session, the best C we can write by hand, the C that most people
 * write. A contestant is a table of functions, one a case; a NULL leaves the case out. What a function does between
 * bench_start and bench_stop is measured; what it has read or written goes into the digest outside of it.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum bench_case {
    BENCH_GET_NEW,  /* by key, a session and transaction for each */
    BENCH_GET,      /* by key, all in one session */
    BENCH_READ,     /* every post, into memory */
    BENCH_INSERT,   /* many posts, one commit, keys back */
    BENCH_COMMIT,   /* one post and a commit, many times */
    BENCH_FLUSH,    /* one post and its key, many times; one commit */
    BENCH_UPDATE,   /* another score for each author; one commit */
    BENCH_CHILDREN, /* authors with their posts */
    BENCH_BULK,     /* a great many posts, one commit, nothing back */
    BENCH_USERS_1,  /* diesel_bench's trivial query: every author, again and again */
    BENCH_USERS_100,
    BENCH_USERS_10000,
    BENCH_LEVELS,  /* diesel_bench's associations: authors, their posts, and the comments on these */
    BENCH_MEDIUM,  /* diesel_bench's medium query: some authors, and what they wrote if anything; a left join */
    BENCH_FLIGHT,  /* by key, each its own, BENCH_FLYING of them at once */
    BENCH_ROWS,    /* a million posts into memory: time, and the memory's peak */
    BENCH_MAP,     /* the same into an identity map */
    BENCH_STREAM,  /* the same row by row, of which nothing is kept */
    BENCH_BATCH_1, /* diesel_bench's insert: some authors at once, a commit each time, nothing back */
    BENCH_BATCH_100,
    BENCH_CASES
} bench_case;

enum { BENCH_CHILDREN_EACH = 10, BENCH_BODY = 200, BENCH_FLYING = 100, BENCH_MANY = 100000 };

/* Rows as a C programmer declares them. NULL scores do not occur in what is compared. */
typedef struct bench_new_post {
    char title[16], body[BENCH_BODY + 1];
    int32_t views;
    bool published;
    int64_t author_id;
} bench_new_post;

typedef struct bench_new_author {
    char name[16], email[32];
} bench_new_author;

/* What to do: the same for all. */
typedef struct bench_input {
    size_t authors, posts; /* rows that are there; the posts are BENCH_CHILDREN_EACH to an author */
    size_t comments;       /* BENCH_CHILDREN_EACH to a post, or none */
    size_t count;          /* how many to get, insert, update, read, or authors to read with their posts */
    size_t each;           /* of these at once */
    int64_t *ids;          /* which, in random order (BENCH_CHILDREN: the first ones) */
    bench_new_post *new_posts;
    bench_new_author *new_authors;
    double *scores;
} bench_input;
extern bench_input input;

/* Measured time: by the wall, and the processor's for this process alone. */
void bench_start(void);
void bench_stop(void);

/* A sum over what was read, independent of the order of rows. */
void bench_saw_post(int64_t id, const char *title, const char *body, int32_t views, bool published, int64_t created_at,
                    int64_t author_id);
void bench_saw_author(int64_t id, const char *name, const char *email, int64_t created_at, double score);
/* The same of a row that is looked at inside the clock: cheap. */
extern uint64_t bench_sum;
static inline void bench_glance_post(int64_t id, const char *title, const char *body, int32_t views, bool published,
                                     int64_t created_at, int64_t author_id)
{
    bench_sum += (uint64_t)id * 31 + (uint64_t)created_at * 37 + (uint64_t)author_id * 41 + (uint64_t)views * 43 +
                 (uint64_t)published + (uint64_t)title[5] * 53 + (uint64_t)body[7] * 59;
}
static inline void bench_glance_author(int64_t id, const char *name, const char *email, int64_t created_at,
                                       double score)
{
    bench_sum += (uint64_t)id * 31 + (uint64_t)created_at * 37 + (uint64_t)name[3] * 41 + (uint64_t)email[1] * 43 +
                 (uint64_t)(score * 4);
}
static inline void bench_glance_comment(int64_t id, const char *body, int64_t post_id)
{
    bench_sum += (uint64_t)id * 61 + (uint64_t)post_id * 67 + (uint64_t)body[3] * 71;
}
/* The key that the database gave to new_posts[index]; the harness compares with what the table holds. */
void bench_saw_key(size_t index, int64_t key);
void bench_fail(const char *what, const char *why);

/* Memory as the best C has it: freed at once. */
typedef struct bench_arena {
    struct bench_chunk *chunks;
    char *next, *end;
    size_t held;
} bench_arena;
void *bench_alloc(bench_arena *arena, size_t size);
const char *bench_text(bench_arena *arena, const char *text, size_t size);
void bench_free(bench_arena *arena);
/* Empty again; its memory stays, for as much again. */
void bench_reset(bench_arena *arena);

/* An identity map as it is written by hand for one type: rows by their keys, and in the order they came. */
typedef struct bench_map {
    bench_arena arena;
    struct bench_slot {
        int64_t key;
        void *row; /* NULL: empty */
    } * slots;
    void **order;
    size_t count, capacity; /* rows; slots */
} bench_map;
void *bench_map_find(const bench_map *map, int64_t key);
void bench_map_add(bench_map *map, int64_t key, void *row);
void bench_map_free(bench_map *map);

/* Microseconds since 2000-01-01 UTC, by the clock. */
int64_t bench_now(void);

typedef void (*bench_run)(void);
extern const bench_run core_runs[BENCH_CASES], session_runs[BENCH_CASES]; /* ours_core.c, ours_session.c */
void ours_open(const char *url);
void ours_close(void);

/* postgresql.c, sqlite.c: the other two, and what the harness asks of the database. */
extern const char *const bench_database;
extern const bench_run best_runs[BENCH_CASES], plain_runs[BENCH_CASES];
void bench_connect(const char *url);
void bench_disconnect(void);
/* Fresh tables, filled by the input's `authors` and `posts`. */
void bench_fill(void);
/* What the tables hold now: bench_saw_author of all authors, those behind the input's as created at 0;
 * bench_saw_new_post of the posts behind the input's. */
void bench_look_at_authors(void);
void bench_look_at_new_posts(void);
void bench_saw_new_post(int64_t id, const char *title, const char *body, int32_t views, bool published,
                        int64_t created_at, int64_t author_id);

#endif
