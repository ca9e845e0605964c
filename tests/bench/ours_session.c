/* ours_session.c -- the cases as users of the library write them by a session.
 * SPDX-License-Identifier: MIT */
#include "ours.h"

#include <stdlib.h>

static void session_get_new(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i++) {
        orm_session *s = open_session();
        const bench_post *post;
        check(bench_post_get(s, input.ids[i], &post), orm_session_error(s));
        glance_post(post);
        orm_session_close(s);
    }
    bench_stop();
}

static void session_get(void)
{
    bench_start();
    orm_session *s = open_session();
    for (size_t i = 0; i < input.count; i++) {
        const bench_post *post;
        check(bench_post_get(s, input.ids[i], &post), orm_session_error(s));
        glance_post(post);
    }
    orm_session_close(s);
    bench_stop();
}

static void session_read(void)
{
    bench_start();
    orm_session *s = open_session();
    bench_post_list posts;
    check(bench_post_find(s, NULL, &posts), orm_session_error(s));
    bench_stop();
    for (size_t i = 0; i < posts.count; i++)
        see_post(posts.items[i]);
    bench_start();
    orm_session_close(s);
    bench_stop();
}

static orm_status stream_row(orm_session *s, const bench_post *post, void *user)
{
    (void)s, (void)user;
    glance_post(post);
    return ORM_OK;
}

static void session_stream(void)
{
    bench_start();
    orm_session *s = open_session();
    check(bench_post_each(s, NULL, stream_row, NULL), orm_session_error(s));
    orm_session_close(s);
    bench_stop();
}

static void session_insert(void)
{
    const bench_post **posts = malloc(input.count * sizeof *posts);
    bench_start();
    orm_session *s = open_session();
    for (size_t i = 0; i < input.count; i++) {
        const bench_post_values values = values_of(i);
        check(bench_post_add(s, &values, &posts[i]), orm_session_error(s));
    }
    check(orm_session_commit(s), orm_session_error(s));
    for (size_t i = 0; i < input.count; i++)
        bench_saw_key(i, posts[i]->id);
    orm_session_close(s);
    bench_stop();
    free(posts);
}

static void session_commit(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i++) {
        orm_session *s = open_session();
        const bench_post_values values = values_of(i);
        const bench_post *post;
        check(bench_post_add(s, &values, &post), orm_session_error(s));
        check(orm_session_commit(s), orm_session_error(s));
        bench_saw_key(i, post->id);
        orm_session_close(s);
    }
    bench_stop();
}

static void session_flush(void)
{
    bench_start();
    orm_session *s = open_session();
    for (size_t i = 0; i < input.count; i++) {
        const bench_post_values values = values_of(i);
        const bench_post *post;
        check(bench_post_add(s, &values, &post), orm_session_error(s));
        check(orm_session_flush(s), orm_session_error(s));
        bench_saw_key(i, post->id);
    }
    check(orm_session_commit(s), orm_session_error(s));
    orm_session_close(s);
    bench_stop();
}

/* The authors are in memory already. */
static void session_update(void)
{
    orm_session *s = open_session();
    bench_author_list authors;
    check(bench_author_find(s, NULL, &authors), orm_session_error(s));
    bench_start();
    for (size_t i = 0; i < authors.count; i++) {
        const double score = input.scores[authors.items[i]->id - 1];
        check(bench_author_set_score(s, authors.items[i], (orm_opt_float64){true, score}), orm_session_error(s));
    }
    check(orm_session_commit(s), orm_session_error(s));
    bench_stop();
    orm_session_close(s);
}

static void session_children(void)
{
    bench_start();
    orm_session *s = open_session();
    bench_author_list authors;
    bench_post_list *posts = malloc(input.count * sizeof *posts);
    check(bench_author_find(s,
                            &(bench_author_query){.where = {orm_le(BENCH_AUTHOR.id, (int64_t)input.count)},
                                                  .load = {orm_load(BENCH_AUTHOR.posts)}},
                            &authors),
          orm_session_error(s));
    for (size_t i = 0; i < authors.count; i++)
        check(bench_author_get_posts(s, authors.items[i], &posts[i]), orm_session_error(s));
    bench_stop();
    for (size_t i = 0; i < authors.count; i++) {
        saw_author(authors.items[i]);
        for (size_t k = 0; k < posts[i].count; k++)
            saw_post(posts[i].items[k]);
    }
    bench_start();
    orm_session_close(s);
    free(posts);
    bench_stop();
}

/* The same rows: the authors, and their posts by a second statement. */
static void session_medium(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i += input.each) {
        orm_session *s = open_session();
        bench_author_list authors;
        check(bench_author_find(s,
                                &(bench_author_query){.where = {orm_le(BENCH_AUTHOR.score, (double)input.each / 4)},
                                                      .load = {orm_load(BENCH_AUTHOR.posts)}},
                                &authors),
              orm_session_error(s));
        for (size_t k = 0; k < authors.count; k++) {
            bench_post_list posts;
            check(bench_author_get_posts(s, authors.items[k], &posts), orm_session_error(s));
            for (size_t n = 0; n < posts.count; n++) {
                glance_author(authors.items[k]);
                glance_post(posts.items[n]);
            }
            if (posts.count == 0)
                glance_author(authors.items[k]);
        }
        orm_session_close(s);
    }
    bench_stop();
}

/* Three levels: all that the authors have, and what these have. */
static void walk_levels(orm_session *s, const bench_author_list *authors)
{
    for (size_t i = 0; i < authors->count; i++) {
        bench_post_list posts;
        glance_author(authors->items[i]);
        check(bench_author_get_posts(s, authors->items[i], &posts), orm_session_error(s));
        for (size_t k = 0; k < posts.count; k++) {
            bench_comment_list comments;
            glance_post(posts.items[k]);
            check(bench_post_get_comments(s, posts.items[k], &comments), orm_session_error(s));
            for (size_t n = 0; n < comments.count; n++)
                glance_comment(comments.items[n]);
        }
    }
}

static void session_levels(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i += input.each) {
        orm_session *s = open_session();
        bench_author_list authors;
        check(bench_author_find(s,
                                &(bench_author_query){
                                    .where = {orm_le(BENCH_AUTHOR.id, (int64_t)input.each)},
                                    .load = {orm_load(BENCH_AUTHOR.posts, .load = {orm_load(BENCH_POST.comments)})}},
                                &authors),
              orm_session_error(s));
        walk_levels(s, &authors);
        orm_session_close(s);
    }
    bench_stop();
}

/* A session each, as a request has it. */
static void session_users(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i += input.each) {
        orm_session *s = open_session();
        bench_author_list authors;
        check(bench_author_find(s, NULL, &authors), orm_session_error(s));
        for (size_t k = 0; k < authors.count; k++)
            glance_author(authors.items[k]);
        orm_session_close(s);
    }
    bench_stop();
}

static void session_batch(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i += input.each) {
        orm_session *s = open_session();
        for (size_t k = 0; k < input.each; k++) {
            const bench_author_values values = author_of(i + k);
            check(bench_author_add(s, &values, NULL), orm_session_error(s));
        }
        check(orm_session_commit(s), orm_session_error(s));
        orm_session_close(s);
    }
    bench_stop();
}

const bench_run session_runs[BENCH_CASES] = {
    [BENCH_USERS_1] = session_users,     [BENCH_USERS_100] = session_users, [BENCH_USERS_10000] = session_users,
    [BENCH_BATCH_1] = session_batch,     [BENCH_BATCH_100] = session_batch, [BENCH_GET_NEW] = session_get_new,
    [BENCH_GET] = session_get,           [BENCH_READ] = session_read,       [BENCH_INSERT] = session_insert,
    [BENCH_COMMIT] = session_commit,     [BENCH_FLUSH] = session_flush,     [BENCH_UPDATE] = session_update,
    [BENCH_CHILDREN] = session_children, [BENCH_MEDIUM] = session_medium,   [BENCH_MAP] = session_read,
    [BENCH_STREAM] = session_stream,     [BENCH_LEVELS] = session_levels,   [BENCH_FLIGHT] = ours_session_flight,
};
