/* postgresql.h -- the connection that the hand-written contestants on PostgreSQL use.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_POSTGRESQL_H
#define BENCH_POSTGRESQL_H

#include "harness.h"

#include <libpq-fe.h>
#include <stdint.h>
#include <string.h>

extern PGconn *connection;

/* Takes the result: whether it is what was expected. */
void pg_expect(PGresult *result, ExecStatusType status);
void pg_run(const char *sql);

/* The best: prepared and binary, in a pipeline. */
enum { BINARY = 1 };
void pg_send(const char *name, int count, const char *const *values, const int *sizes);
PGresult *pg_receive(ExecStatusType status);
void pg_received(ExecStatusType status);
void pg_sync(void);
/* The rows of a SELECT in blocks by a cursor, the next on its way while one is taken. */
typedef void pg_take(PGresult *block, int count, void *user);
void pg_each_block(const char *select, pg_take *take, void *user);
/* A parameter in binary: int8[]. Owned: free it. */
char *pg_int8_array(const int64_t *items, size_t count, size_t *size);
/* Those of a prepared statement, all at once; at most one parameter. */
void pg_all_rows(const char *name, int count, const char *const *values, const int *sizes, pg_take *take, void *user);
#define PG_ALL_AUTHORS "SELECT id, name, email, created_at, score FROM author"
#define PG_POST_COLUMNS "id, title, body, views, published, created_at, author_id"
#define PG_ALL_POSTS "SELECT " PG_POST_COLUMNS " FROM post"
void pg_best_map(void);
void pg_best_stream(void);
void pg_best_medium(void);
void pg_best_levels(void);
void pg_best_flight(void);

static inline uint32_t get32(const char *data)
{
    const unsigned char *b = (const unsigned char *)data;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline uint64_t get64(const char *data)
{
    return (uint64_t)get32(data) << 32 | get32(data + 4);
}

static inline void put32(char *data, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        data[i] = (char)value;
}

static inline void put64(char *data, uint64_t value)
{
    put32(data, (uint32_t)(value >> 32));
    put32(data + 4, (uint32_t)value);
}

typedef struct pg_post {
    int64_t id;
    const char *title, *body;
    int32_t views;
    bool published;
    int64_t created_at, author_id;
} pg_post;

typedef struct pg_author {
    int64_t id;
    const char *name, *email;
    int64_t created_at;
    bool has_score;
    double score;
    pg_post **posts;
    size_t post_count;
} pg_author;

static inline void pg_read_author(PGresult *result, int row, pg_author *a, bench_arena *arena)
{
    *a = (pg_author){.id = (int64_t)get64(PQgetvalue(result, row, 0)),
                     .created_at = (int64_t)get64(PQgetvalue(result, row, 3)),
                     .name = bench_text(arena, PQgetvalue(result, row, 1), (size_t)PQgetlength(result, row, 1)),
                     .email = bench_text(arena, PQgetvalue(result, row, 2), (size_t)PQgetlength(result, row, 2)),
                     .has_score = !PQgetisnull(result, row, 4)};
    uint64_t bits = a->has_score ? get64(PQgetvalue(result, row, 4)) : 0;
    memcpy(&a->score, &bits, sizeof bits);
}

static inline void pg_glance_author(const pg_author *a)
{
    bench_glance_author(a->id, a->name, a->email, a->created_at, a->score);
}

/* `first`: the column of its key. */
static inline void pg_read_post_at(PGresult *result, int row, int first, pg_post *p, bench_arena *arena)
{
    p->id = (int64_t)get64(PQgetvalue(result, row, first));
    p->title = bench_text(arena, PQgetvalue(result, row, first + 1), (size_t)PQgetlength(result, row, first + 1));
    p->body = bench_text(arena, PQgetvalue(result, row, first + 2), (size_t)PQgetlength(result, row, first + 2));
    p->views = (int32_t)get32(PQgetvalue(result, row, first + 3));
    p->published = *PQgetvalue(result, row, first + 4) != 0;
    p->created_at = (int64_t)get64(PQgetvalue(result, row, first + 5));
    p->author_id = (int64_t)get64(PQgetvalue(result, row, first + 6));
}

static inline void pg_read_post(PGresult *result, int row, pg_post *p, bench_arena *arena)
{
    pg_read_post_at(result, row, 0, p, arena);
}

static inline void pg_glance_post(const pg_post *p)
{
    bench_glance_post(p->id, p->title, p->body, p->views, p->published, p->created_at, p->author_id);
}

static inline void pg_saw_post(const pg_post *p)
{
    bench_saw_post(p->id, p->title, p->body, p->views, p->published, p->created_at, p->author_id);
}

/* A million rows are glanced at. */
static inline void pg_see_post(const pg_post *p)
{
    input.count > BENCH_MANY ? pg_glance_post(p) : pg_saw_post(p);
}

#endif
