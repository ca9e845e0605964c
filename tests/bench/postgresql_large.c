/* postgresql_large.c -- the best C against libpq, of a million rows, of a join and of many gets at once.
 * SPDX-License-Identifier: MIT */
#include "postgresql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a million rows --- */

static void map_block(PGresult *block, int count, void *user)
{
    bench_map *map = user;
    for (int i = 0; i < count; i++) {
        int64_t id = (int64_t)get64(PQgetvalue(block, i, 0));
        if (bench_map_find(map, id))
            continue;
        pg_post *p = bench_alloc(&map->arena, sizeof *p);
        pg_read_post(block, i, p, &map->arena);
        bench_map_add(map, id, p);
    }
}

void pg_best_map(void)
{
    bench_map map = {0};
    bench_start();
    pg_each_block(PG_ALL_POSTS, map_block, &map);
    bench_stop();
    for (size_t i = 0; i < map.count; i++)
        pg_see_post(map.order[i]);
    bench_start();
    bench_map_free(&map);
    bench_stop();
}

static void glance_block(PGresult *block, int count, void *user)
{
    (void)user;
    for (int i = 0; i < count; i++)
        bench_glance_post((int64_t)get64(PQgetvalue(block, i, 0)), PQgetvalue(block, i, 1), PQgetvalue(block, i, 2),
                          (int32_t)get32(PQgetvalue(block, i, 3)), *PQgetvalue(block, i, 4) != 0,
                          (int64_t)get64(PQgetvalue(block, i, 5)), (int64_t)get64(PQgetvalue(block, i, 6)));
}

void pg_best_stream(void)
{
    bench_start();
    pg_each_block(PG_ALL_POSTS, glance_block, NULL);
    bench_stop();
}

/* --- a left join --- */

static void take_joined(PGresult *result, int count, void *user)
{
    bench_arena *arena = user;
    for (int i = 0; i < count; i++) {
        pg_author a;
        pg_post p;
        pg_read_author(result, i, &a, arena);
        pg_glance_author(&a);
        if (PQgetisnull(result, i, 5))
            continue;
        pg_read_post_at(result, i, 5, &p, arena);
        pg_glance_post(&p);
    }
}

void pg_best_medium(void)
{
    char most[8];
    uint64_t bits;
    const double score = (double)input.each / 4;
    memcpy(&bits, &score, sizeof bits);
    put64(most, bits);
    bench_start();
    bench_arena arena = {0};
    for (size_t i = 0; i < input.count; i += input.each) {
        pg_all_rows("medium", 1, (const char *[]){most}, (int[]){8}, take_joined, &arena);
        bench_reset(&arena);
    }
    bench_free(&arena);
    bench_stop();
}

/* --- three levels: each row put to its parent by its number, since keys are dense --- */

typedef struct comment {
    int64_t id;
    const char *body;
    int64_t post_id;
} comment;

typedef struct parent {
    pg_post *row;
    comment *comments[BENCH_CHILDREN_EACH];
    size_t count;
} parent;

typedef struct levels {
    bench_arena arena;
    pg_author *authors;
    parent *posts; /* by author, BENCH_CHILDREN_EACH each */
    parent **by_id;
    int64_t *post_ids;
    size_t count, post_count;
} levels;

static void take_first_level(PGresult *block, int count, void *user)
{
    levels *l = user;
    for (int i = 0; i < count; i++)
        pg_read_author(block, i, &l->authors[l->count++], &l->arena);
}

static void take_second_level(PGresult *block, int count, void *user)
{
    levels *l = user;
    pg_post *posts = bench_alloc(&l->arena, (size_t)count * sizeof *posts);
    for (int i = 0; i < count; i++) {
        pg_read_post(block, i, &posts[i], &l->arena);
        pg_author *a = &l->authors[posts[i].author_id - 1];
        parent *p = &l->posts[(size_t)(posts[i].author_id - 1) * BENCH_CHILDREN_EACH + a->post_count++];
        *p = (parent){.row = &posts[i]};
        l->by_id[posts[i].id] = p;
        l->post_ids[l->post_count++] = posts[i].id;
    }
}

static void take_third_level(PGresult *block, int count, void *user)
{
    levels *l = user;
    comment *comments = bench_alloc(&l->arena, (size_t)count * sizeof *comments);
    for (int i = 0; i < count; i++) {
        comments[i] = (comment){
            .id = (int64_t)get64(PQgetvalue(block, i, 0)),
            .body = bench_text(&l->arena, PQgetvalue(block, i, 1), (size_t)PQgetlength(block, i, 1)),
            .post_id = (int64_t)get64(PQgetvalue(block, i, 2)),
        };
        parent *p = l->by_id[comments[i].post_id];
        p->comments[p->count++] = &comments[i];
    }
}

static void walk_levels(const levels *l)
{
    for (size_t i = 0; i < l->count; i++) {
        pg_glance_author(&l->authors[i]);
        for (size_t k = 0; k < l->authors[i].post_count; k++) {
            const parent *p = &l->posts[i * BENCH_CHILDREN_EACH + k];
            pg_glance_post(p->row);
            for (size_t n = 0; n < p->count; n++)
                bench_glance_comment(p->comments[n]->id, p->comments[n]->body, p->comments[n]->post_id);
        }
    }
}

static void read_levels(levels *l)
{
    char limit[8];
    put64(limit, input.each);
    l->count = l->post_count = 0;
    l->authors = bench_alloc(&l->arena, input.each * sizeof *l->authors);
    l->posts = bench_alloc(&l->arena, input.each * BENCH_CHILDREN_EACH * sizeof *l->posts);
    l->by_id = bench_alloc(&l->arena, (input.posts + 1) * sizeof *l->by_id);
    l->post_ids = bench_alloc(&l->arena, input.each * BENCH_CHILDREN_EACH * sizeof *l->post_ids);
    pg_all_rows("authors", 1, (const char *[]){limit}, (int[]){8}, take_first_level, l);
    pg_all_rows("posts", 1, (const char *[]){limit}, (int[]){8}, take_second_level, l);
    size_t size;
    char *keys = pg_int8_array(l->post_ids, l->post_count, &size);
    pg_all_rows("comments", 1, (const char *[]){keys}, (int[]){(int)size}, take_third_level, l);
    free(keys);
    walk_levels(l);
}

void pg_best_levels(void)
{
    bench_start();
    levels l = {0};
    for (size_t i = 0; i < input.count; i += input.each) {
        read_levels(&l);
        bench_reset(&l.arena);
    }
    bench_free(&l.arena);
    bench_stop();
}

/* --- gets in flight: BENCH_FLYING of them to a Sync --- */

static void receive_flight(size_t count)
{
    bench_arena arena = {0};
    for (size_t i = 0; i < count; i++) {
        PGresult *result = pg_receive(PGRES_TUPLES_OK);
        pg_post p;
        pg_read_post(result, 0, &p, &arena);
        pg_glance_post(&p);
        PQclear(result);
        bench_reset(&arena);
    }
    pg_received(PGRES_PIPELINE_SYNC);
    bench_free(&arena);
}

void pg_best_flight(void)
{
    char key[8];
    PQenterPipelineMode(connection);
    bench_start();
    for (size_t i = 0; i < input.count; i += BENCH_FLYING) {
        size_t count = input.count - i < BENCH_FLYING ? input.count - i : BENCH_FLYING;
        for (size_t k = 0; k < count; k++) {
            put64(key, (uint64_t)input.ids[i + k]);
            pg_send("get", 1, (const char *[]){key}, (int[]){8});
        }
        pg_sync();
        receive_flight(count);
    }
    bench_stop();
    PQexitPipelineMode(connection);
}
