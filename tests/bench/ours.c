/* ours.c -- the cases as users of the library write them: by Core, and by a session.
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "bench.h"

#include <orm/async_poll.h>
#include <stdlib.h>

static orm_engine *engine;
static const char *opened_url;
static orm_session_factory factory;

static orm_session *open_session(void);
static orm_connection *open_connection(void);
static void check(orm_status status, const orm_error *error);
static bench_post_values values_of(size_t index);
static void saw_post(const bench_post *post);
static void saw_author(const bench_author *author);

void ours_open(const char *url)
{
    orm_error error;
    check(orm_engine_open(url, NULL, &engine, &error), &error);
    check(bench_drop_all(engine, &error), &error);
    check(bench_create_all(engine, &error), &error);
    factory.engine = engine;
    opened_url = url;
}

void ours_close(void)
{
    orm_engine_close(engine);
}

static void check(orm_status status, const orm_error *error)
{
    if (status)
        bench_fail(orm_status_name(status), error->message);
}

static orm_session *open_session(void)
{
    orm_session *s;
    orm_error error;
    check(orm_session_open(&factory, &s, &error), &error);
    return s;
}

static orm_connection *open_connection(void)
{
    orm_connection *c;
    orm_error error;
    check(orm_connection_open(engine, &c, &error), &error);
    return c;
}

static void saw_post(const bench_post *post)
{
    bench_saw_post(post->id, post->title, post->body, post->views, post->published, post->created_at.microseconds,
                   post->author_id);
}

static void glance_post(const bench_post *post)
{
    bench_glance_post(post->id, post->title, post->body, post->views, post->published, post->created_at.microseconds,
                      post->author_id);
}

/* A million rows are glanced at. */
static void see_post(const bench_post *post)
{
    input.count > BENCH_MANY ? glance_post(post) : saw_post(post);
}

static void saw_author(const bench_author *author)
{
    bench_saw_author(author->id, author->name, author->email, author->created_at.microseconds, author->score.value);
}

static bench_post_values values_of(size_t index)
{
    const bench_new_post *post = &input.new_posts[index];
    return (bench_post_values){.title = post->title,
                               .body = post->body,
                               .views = post->views,
                               .published = post->published,
                               .author_id = ORM_VALUE(post->author_id)};
}

/* --- Core --- */

static void core_get_new(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i++) {
        orm_connection *c = open_connection();
        orm_result *result;
        bench_post post;
        check(bench_post_fetch(c, input.ids[i], &post, &result), orm_connection_error(c));
        glance_post(&post);
        orm_result_free(result);
        orm_connection_close(c);
    }
    bench_stop();
}

static void core_get(void)
{
    orm_connection *c = open_connection();
    bench_start();
    check(orm_connection_begin(c), orm_connection_error(c));
    for (size_t i = 0; i < input.count; i++) {
        orm_result *result;
        bench_post post;
        check(bench_post_fetch(c, input.ids[i], &post, &result), orm_connection_error(c));
        glance_post(&post);
        orm_result_free(result);
    }
    check(orm_connection_commit(c), orm_connection_error(c));
    bench_stop();
    orm_connection_close(c);
}

static void core_read(void)
{
    bench_start();
    orm_connection *c = open_connection();
    const bench_post *posts;
    size_t count;
    orm_result *result;
    check(bench_post_select(c, NULL, &posts, &count, &result), orm_connection_error(c));
    bench_stop();
    for (size_t i = 0; i < count; i++)
        see_post(&posts[i]);
    bench_start();
    orm_result_free(result);
    orm_connection_close(c);
    bench_stop();
}

static void core_commit(void)
{
    orm_connection *c = open_connection();
    bench_start();
    for (size_t i = 0; i < input.count; i++) {
        const bench_post_values values = values_of(i);
        bench_post post;
        orm_result *result;
        check(orm_connection_begin(c), orm_connection_error(c));
        check(bench_post_insert(c, &values, &post, &result), orm_connection_error(c));
        check(orm_connection_commit(c), orm_connection_error(c));
        bench_saw_key(i, post.id);
        orm_result_free(result);
    }
    bench_stop();
    orm_connection_close(c);
}

static void core_flush(void)
{
    orm_connection *c = open_connection();
    bench_start();
    check(orm_connection_begin(c), orm_connection_error(c));
    for (size_t i = 0; i < input.count; i++) {
        const bench_post_values values = values_of(i);
        bench_post post;
        orm_result *result;
        check(bench_post_insert(c, &values, &post, &result), orm_connection_error(c));
        bench_saw_key(i, post.id);
        orm_result_free(result);
    }
    check(orm_connection_commit(c), orm_connection_error(c));
    bench_stop();
    orm_connection_close(c);
}

/* The posts of the authors 1 to `count`, put together by the program. */
static void core_children(void)
{
    bench_start();
    orm_connection *c = open_connection();
    const bench_author *authors;
    const bench_post *posts;
    size_t author_count, post_count;
    orm_result *author_result, *post_result;
    check(bench_author_select(c, &(bench_author_query){.where = {orm_le(BENCH_AUTHOR.id, (int64_t)input.count)}},
                              &authors, &author_count, &author_result),
          orm_connection_error(c));
    int64_t *ids = malloc(author_count * sizeof *ids);
    const bench_post **children = malloc(author_count * BENCH_CHILDREN_EACH * sizeof *children);
    size_t *counts = calloc(input.count + 1, sizeof *counts);
    for (size_t i = 0; i < author_count; i++)
        ids[i] = authors[i].id;
    check(bench_post_select(c, &(bench_post_query){.where = {orm_in(BENCH_POST.author_id, ids, author_count)}}, &posts,
                            &post_count, &post_result),
          orm_connection_error(c));
    for (size_t i = 0; i < post_count; i++) {
        size_t author = (size_t)posts[i].author_id;
        children[(author - 1) * BENCH_CHILDREN_EACH + counts[author]++] = &posts[i];
    }
    bench_stop();
    for (size_t i = 0; i < author_count; i++) {
        saw_author(&authors[i]);
        for (size_t k = 0; k < counts[authors[i].id]; k++)
            saw_post(children[(size_t)(authors[i].id - 1) * BENCH_CHILDREN_EACH + k]);
    }
    bench_start();
    free(ids);
    free(children);
    free(counts);
    orm_result_free(author_result);
    orm_result_free(post_result);
    orm_connection_close(c);
    bench_stop();
}

/* `posts` NULL: no keys are wanted. */
static void insert_many(bench_post *posts)
{
    bench_start();
    orm_connection *c = open_connection();
    bench_post_values *values = malloc(input.count * sizeof *values);
    for (size_t i = 0; i < input.count; i++)
        values[i] = values_of(i);
    orm_result *result = NULL;
    check(posts ? bench_post_insert_many(c, values, input.count, posts, &result)
                : bench_post_copy(c, values, input.count),
          orm_connection_error(c));
    for (size_t i = 0; posts && i < input.count; i++)
        bench_saw_key(i, posts[i].id);
    free(values);
    orm_result_free(result);
    orm_connection_close(c);
    bench_stop();
}

static void core_insert(void)
{
    bench_post *posts = malloc(input.count * sizeof *posts);
    insert_many(posts);
    free(posts);
}

static void core_bulk(void)
{
    insert_many(NULL);
}

/* Each is a statement and transaction of its own. */
static void core_users(void)
{
    bench_start();
    orm_connection *c = open_connection();
    for (size_t i = 0; i < input.count; i += input.each) {
        const bench_author *authors;
        size_t count;
        orm_result *result;
        check(bench_author_select(c, NULL, &authors, &count, &result), orm_connection_error(c));
        for (size_t k = 0; k < count; k++)
            bench_glance_author(authors[k].id, authors[k].name, authors[k].email, authors[k].created_at.microseconds,
                                authors[k].score.value);
        orm_result_free(result);
    }
    orm_connection_close(c);
    bench_stop();
}

static void glance_author(const bench_author *author)
{
    bench_glance_author(author->id, author->name, author->email, author->created_at.microseconds, author->score.value);
}

/* A left join: each author with each of his posts, or alone. */
static void core_medium(void)
{
    bench_start();
    orm_connection *c = open_connection();
    for (size_t i = 0; i < input.count; i += input.each) {
        const bench_authors_with_posts_row *rows;
        size_t count;
        orm_result *result;
        check(bench_authors_with_posts(c, (double)input.each / 4, &rows, &count, &result), orm_connection_error(c));
        for (size_t k = 0; k < count; k++) {
            glance_author(rows[k].author);
            if (rows[k].post)
                glance_post(rows[k].post);
        }
        orm_result_free(result);
    }
    orm_connection_close(c);
    bench_stop();
}

/* --- 100 gets in flight: as many fibers, each takes a connection for each get --- */

typedef struct flight {
    orm_engine *engine;
    size_t first;
} flight;

static orm_status fly(orm_async *async, void *argument)
{
    const flight *f = argument;
    (void)async;
    for (size_t i = f->first; i < input.count; i += BENCH_FLYING) {
        orm_connection *c;
        orm_result *result;
        orm_error error;
        bench_post post;
        check(orm_connection_open(f->engine, &c, &error), &error);
        check(bench_post_fetch(c, input.ids[i], &post, &result), orm_connection_error(c));
        glance_post(&post);
        orm_result_free(result);
        orm_connection_close(c);
    }
    return ORM_OK;
}

static void core_flight(void)
{
    orm_async *async;
    orm_error error;
    orm_engine *waiting;
    flight flights[BENCH_FLYING];
    check(orm_async_poll_open(NULL, &async, &error), &error);
    const orm_engine_options options = {.waiter = orm_async_waiter(async), .pool_size = 10};
    check(orm_engine_open(opened_url, &options, &waiting, &error), &error);
    bench_start();
    for (size_t i = 0; i < BENCH_FLYING; i++) {
        flights[i] = (flight){waiting, i};
        check(orm_async_spawn(async, fly, &flights[i], NULL), &error);
    }
    check(orm_async_run(async), &error);
    bench_stop();
    orm_engine_close(waiting);
    orm_async_close(async);
}

static bench_author_values author_of(size_t index)
{
    const bench_new_author *author = &input.new_authors[index];
    return (bench_author_values){.name = author->name, .email = author->email, .score = ORM_VALUE(0.5)};
}

static void core_batch(void)
{
    bench_start();
    orm_connection *c = open_connection();
    bench_author_values *values = malloc(input.each * sizeof *values);
    for (size_t i = 0; i < input.count; i += input.each) {
        for (size_t k = 0; k < input.each; k++)
            values[k] = author_of(i + k);
        check(bench_author_copy(c, values, input.each), orm_connection_error(c));
    }
    free(values);
    orm_connection_close(c);
    bench_stop();
}

const bench_run core_runs[BENCH_CASES] = {
    [BENCH_GET_NEW] = core_get_new,   [BENCH_GET] = core_get,           [BENCH_READ] = core_read,
    [BENCH_INSERT] = core_insert,     [BENCH_COMMIT] = core_commit,     [BENCH_FLUSH] = core_flush,
    [BENCH_CHILDREN] = core_children, [BENCH_BULK] = core_bulk,         [BENCH_USERS_1] = core_users,
    [BENCH_USERS_100] = core_users,   [BENCH_USERS_10000] = core_users, [BENCH_BATCH_1] = core_batch,
    [BENCH_BATCH_100] = core_batch,   [BENCH_MEDIUM] = core_medium,     [BENCH_FLIGHT] = core_flight,
    [BENCH_ROWS] = core_read,
};

/* --- the session --- */

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

/* A session each, as a request has it. */
static void session_users(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i += input.each) {
        orm_session *s = open_session();
        bench_author_list authors;
        check(bench_author_find(s, NULL, &authors), orm_session_error(s));
        for (size_t k = 0; k < authors.count; k++)
            bench_glance_author(authors.items[k]->id, authors.items[k]->name, authors.items[k]->email,
                                authors.items[k]->created_at.microseconds, authors.items[k]->score.value);
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
    [BENCH_STREAM] = session_stream,
};
