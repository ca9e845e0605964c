/* sqlite.h -- the connection that the hand-written contestants on SQLite use.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_SQLITE_H
#define BENCH_SQLITE_H

#include "harness.h"

#include <sqlite3.h>
#include <stdint.h>

extern sqlite3 *connection;

void lite_expect(int code, int expected);
void lite_run(const char *sql);

/* "2022-03-04 05:06:07.890000": as the library stores a timestamptz, and as microseconds since 2000-01-01. */
enum { LITE_TIME = 26 };
int64_t lite_parse_time(const char *text);
void lite_format_time(int64_t microseconds, char *text);

/* --- the best --- */

#define LITE_POST_COLUMNS "id, title, body, views, published, created_at, author_id"
/* Prepared by sqlite_best.c. */
extern sqlite3_stmt *lite_begin, *lite_commit, *lite_read_all, *lite_authors_upto, *lite_medium, *lite_posts_of,
    *lite_comments_of;

/* The virtual tables new_post and new_author: rows of the input from `first` up to `end`, where they lie. */
extern struct lite_reach {
    size_t first, end;
} lite_reach;
void lite_make_tables(void);

void lite_best_map(void);
void lite_best_stream(void);
void lite_best_medium(void);
void lite_best_levels(void);

typedef struct lite_post {
    int64_t id;
    const char *title, *body;
    int32_t views;
    bool published;
    int64_t created_at, author_id;
} lite_post;

typedef struct lite_author {
    int64_t id;
    const char *name, *email;
    int64_t created_at;
    bool has_score;
    double score;
    lite_post **posts;
    size_t post_count;
} lite_author;

/* A statement that gives no rows. */
static inline void lite_step_once(sqlite3_stmt *statement)
{
    lite_expect(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_reset(statement);
}

static inline const char *lite_text(sqlite3_stmt *s, int column, bench_arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    return bench_text(arena, text, (size_t)sqlite3_column_bytes(s, column));
}

static inline void lite_read_post(sqlite3_stmt *s, lite_post *p, bench_arena *arena)
{
    p->id = sqlite3_column_int64(s, 0);
    p->title = lite_text(s, 1, arena);
    p->body = lite_text(s, 2, arena);
    p->views = sqlite3_column_int(s, 3);
    p->published = sqlite3_column_int(s, 4) != 0;
    p->created_at = lite_parse_time((const char *)sqlite3_column_text(s, 5));
    p->author_id = sqlite3_column_int64(s, 6);
}

static inline void lite_glance_post(const lite_post *p)
{
    bench_glance_post(p->id, p->title, p->body, p->views, p->published, p->created_at, p->author_id);
}

static inline void lite_glance_author(const lite_author *a)
{
    bench_glance_author(a->id, a->name, a->email, a->created_at, a->score);
}

static inline void lite_saw_post(const lite_post *p)
{
    bench_saw_post(p->id, p->title, p->body, p->views, p->published, p->created_at, p->author_id);
}

static inline size_t lite_read_authors(sqlite3_stmt *s, lite_author *authors, bench_arena *arena)
{
    size_t count = 0;
    while (sqlite3_step(s) == SQLITE_ROW)
        authors[count++] = (lite_author){.id = sqlite3_column_int64(s, 0),
                                         .name = lite_text(s, 1, arena),
                                         .email = lite_text(s, 2, arena),
                                         .created_at = lite_parse_time((const char *)sqlite3_column_text(s, 3)),
                                         .has_score = sqlite3_column_type(s, 4) != SQLITE_NULL,
                                         .score = sqlite3_column_double(s, 4)};
    sqlite3_reset(s);
    return count;
}

#endif
