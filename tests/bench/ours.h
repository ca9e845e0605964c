/* ours.h -- what the contestants that use the library share.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_OURS_H
#define BENCH_OURS_H

#include "bench.h"
#include "harness.h"

extern orm_engine *engine;
extern const char *opened_url;

orm_session *open_session(void);
orm_connection *open_connection(void);
void check(orm_status status, const orm_error *error);

void ours_core_flight(void);
void ours_session_flight(void);

bench_post_values values_of(size_t index);
bench_author_values author_of(size_t index);

static inline void saw_post(const bench_post *post)
{
    bench_saw_post(post->id, post->title, post->body, post->views, post->published, post->created_at.microseconds,
                   post->author_id);
}

static inline void glance_post(const bench_post *post)
{
    bench_glance_post(post->id, post->title, post->body, post->views, post->published, post->created_at.microseconds,
                      post->author_id);
}

/* A million rows are glanced at. */
static inline void see_post(const bench_post *post)
{
    input.count > BENCH_MANY ? glance_post(post) : saw_post(post);
}

static inline void saw_author(const bench_author *author)
{
    bench_saw_author(author->id, author->name, author->email, author->created_at.microseconds, author->score.value);
}

static inline void glance_author(const bench_author *author)
{
    bench_glance_author(author->id, author->name, author->email, author->created_at.microseconds, author->score.value);
}

static inline void glance_comment(const bench_comment *comment)
{
    bench_glance_comment(comment->id, comment->body, comment->post_id);
}

#endif
