/* sqlite_large.c -- the best C against sqlite3, of a million rows, of a join and of three levels.
 * SPDX-License-Identifier: MIT */
#include "sqlite.h"

void lite_best_map(void)
{
    bench_map map = {0};
    bench_start();
    lite_step_once(lite_begin);
    while (sqlite3_step(lite_read_all) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(lite_read_all, 0);
        if (bench_map_find(&map, id))
            continue;
        lite_post *p = bench_alloc(&map.arena, sizeof *p);
        lite_read_post(lite_read_all, p, &map.arena);
        bench_map_add(&map, id, p);
    }
    sqlite3_reset(lite_read_all);
    lite_step_once(lite_commit);
    bench_stop();
    for (size_t i = 0; i < map.count; i++)
        input.count > BENCH_MANY ? lite_glance_post(map.order[i]) : lite_saw_post(map.order[i]);
    bench_start();
    bench_map_free(&map);
    bench_stop();
}

void lite_best_stream(void)
{
    bench_start();
    lite_step_once(lite_begin);
    while (sqlite3_step(lite_read_all) == SQLITE_ROW)
        bench_glance_post(sqlite3_column_int64(lite_read_all, 0), (const char *)sqlite3_column_text(lite_read_all, 1),
                          (const char *)sqlite3_column_text(lite_read_all, 2), sqlite3_column_int(lite_read_all, 3),
                          sqlite3_column_int(lite_read_all, 4) != 0,
                          lite_parse_time((const char *)sqlite3_column_text(lite_read_all, 5)),
                          sqlite3_column_int64(lite_read_all, 6));
    sqlite3_reset(lite_read_all);
    lite_step_once(lite_commit);
    bench_stop();
}

/* --- a left join --- */

static void read_joined(sqlite3_stmt *s, bench_arena *arena)
{
    bench_glance_author(sqlite3_column_int64(s, 7), lite_text(s, 8, arena), lite_text(s, 9, arena),
                        lite_parse_time((const char *)sqlite3_column_text(s, 10)), sqlite3_column_double(s, 11));
    if (sqlite3_column_type(s, 0) == SQLITE_NULL)
        return;
    lite_post p;
    lite_read_post(s, &p, arena);
    lite_glance_post(&p);
}

void lite_best_medium(void)
{
    bench_start();
    bench_arena arena = {0};
    for (size_t i = 0; i < input.count; i += input.each) {
        sqlite3_bind_double(lite_medium, 1, (double)input.each / 4);
        while (sqlite3_step(lite_medium) == SQLITE_ROW)
            read_joined(lite_medium, &arena);
        sqlite3_reset(lite_medium);
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
    lite_post row;
    comment *comments[BENCH_CHILDREN_EACH];
    size_t count;
} parent;

/* The posts of one author come together, and BENCH_CHILDREN_EACH there are. */
static void read_second_level(parent *posts, parent **by_id, bench_arena *arena)
{
    sqlite3_bind_int64(lite_posts_of, 1, (sqlite3_int64)input.each);
    for (parent *p = posts; sqlite3_step(lite_posts_of) == SQLITE_ROW; p++) {
        lite_read_post(lite_posts_of, &p->row, arena);
        p->count = 0;
        by_id[p->row.id] = p;
    }
    sqlite3_reset(lite_posts_of);
}

static void read_third_level(parent **by_id, bench_arena *arena)
{
    sqlite3_bind_int64(lite_comments_of, 1, (sqlite3_int64)input.each);
    while (sqlite3_step(lite_comments_of) == SQLITE_ROW) {
        comment *c = bench_alloc(arena, sizeof *c);
        *c = (comment){sqlite3_column_int64(lite_comments_of, 0), lite_text(lite_comments_of, 1, arena),
                       sqlite3_column_int64(lite_comments_of, 2)};
        parent *p = by_id[c->post_id];
        p->comments[p->count++] = c;
    }
    sqlite3_reset(lite_comments_of);
}

static void read_levels(bench_arena *arena)
{
    lite_author *authors = bench_alloc(arena, input.each * sizeof *authors);
    parent *posts = bench_alloc(arena, input.each * BENCH_CHILDREN_EACH * sizeof *posts);
    parent **by_id = bench_alloc(arena, (input.posts + 1) * sizeof *by_id);
    lite_step_once(lite_begin);
    sqlite3_bind_int64(lite_authors_upto, 1, (sqlite3_int64)input.each);
    size_t count = lite_read_authors(lite_authors_upto, authors, arena);
    read_second_level(posts, by_id, arena);
    read_third_level(by_id, arena);
    lite_step_once(lite_commit);
    for (size_t i = 0; i < count; i++) {
        lite_glance_author(&authors[i]);
        for (parent *p = &posts[i * BENCH_CHILDREN_EACH]; p < &posts[(i + 1) * BENCH_CHILDREN_EACH]; p++) {
            lite_glance_post(&p->row);
            for (size_t n = 0; n < p->count; n++)
                bench_glance_comment(p->comments[n]->id, p->comments[n]->body, p->comments[n]->post_id);
        }
    }
}

void lite_best_levels(void)
{
    bench_start();
    bench_arena arena = {0};
    for (size_t i = 0; i < input.count; i += input.each) {
        read_levels(&arena);
        bench_reset(&arena);
    }
    bench_free(&arena);
    bench_stop();
}
