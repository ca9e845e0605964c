/* ours_core.c -- the cases as users of the library write them by Core.
 * SPDX-License-Identifier: MIT */
#include "ours.h"

#include <stdlib.h>

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

/* Outside a transaction each insert is one of its own. */
static void core_commit(void)
{
    orm_connection *c = open_connection();
    bench_start();
    for (size_t i = 0; i < input.count; i++) {
        const bench_post_values values = values_of(i);
        bench_post post;
        orm_result *result;
        check(bench_post_insert(c, &values, &post, &result), orm_connection_error(c));
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

/* The posts of the authors 1 to `count`, asked for by the same bound, as in the best C, and put together by the
 * program. */
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
    const bench_post **children = malloc(author_count * BENCH_CHILDREN_EACH * sizeof *children);
    size_t *counts = calloc(input.count + 1, sizeof *counts);
    check(bench_post_select(c, &(bench_post_query){.where = {orm_le(BENCH_POST.author_id, (int64_t)input.count)}},
                            &posts, &post_count, &post_result),
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
            glance_author(&authors[k]);
        orm_result_free(result);
    }
    orm_connection_close(c);
    bench_stop();
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

/* --- three levels --- */

/* Rows grouped by their parents, whose keys are dense: those of parent k from starts[k - 1] to before starts[k]. */
typedef struct grouped {
    size_t *starts;
    const void **rows;
} grouped;

static grouped group(const void *rows, size_t count, size_t size, size_t key_offset, size_t parents)
{
    grouped g = {calloc(parents + 2, sizeof *g.starts), malloc((count + 1) * sizeof *g.rows)};
    const char *first = rows;
    for (size_t i = 0; i < count; i++)
        g.starts[*(const int64_t *)(const void *)(first + i * size + key_offset) + 1]++;
    for (size_t k = 1; k <= parents + 1; k++)
        g.starts[k] += g.starts[k - 1];
    for (size_t i = 0; i < count; i++)
        g.rows[g.starts[*(const int64_t *)(const void *)(first + i * size + key_offset)]++] = first + i * size;
    return g;
}

static void release_group(grouped *g)
{
    free(g->starts);
    free(g->rows);
}

/* After the rows were put in place each start has moved to the next parent's. */
static void walk_levels(const bench_author *authors, size_t count, const grouped *posts, const grouped *comments)
{
    for (size_t i = 0; i < count; i++) {
        int64_t id = authors[i].id;
        glance_author(&authors[i]);
        for (size_t k = posts->starts[id - 1]; k < posts->starts[id]; k++) {
            const bench_post *post = posts->rows[k];
            glance_post(post);
            for (size_t n = comments->starts[post->id - 1]; n < comments->starts[post->id]; n++)
                glance_comment(comments->rows[n]);
        }
    }
}

/* The posts of these authors and the comments of these posts, put together by the program. */
static void read_levels(orm_connection *c)
{
    const bench_author *authors;
    const bench_post *posts;
    const bench_comment *comments;
    size_t count, post_count, comment_count;
    orm_result *results[3];
    check(bench_author_select(c, &(bench_author_query){.where = {orm_le(BENCH_AUTHOR.id, (int64_t)input.each)}},
                              &authors, &count, &results[0]),
          orm_connection_error(c));
    int64_t *ids = malloc((count + 1) * BENCH_CHILDREN_EACH * sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = authors[i].id;
    check(bench_post_select(c, &(bench_post_query){.where = {orm_in(BENCH_POST.author_id, ids, count)}}, &posts,
                            &post_count, &results[1]),
          orm_connection_error(c));
    for (size_t i = 0; i < post_count; i++)
        ids[i] = posts[i].id;
    check(bench_comment_select(c, &(bench_comment_query){.where = {orm_in(BENCH_COMMENT.post_id, ids, post_count)}},
                               &comments, &comment_count, &results[2]),
          orm_connection_error(c));
    grouped by_author = group(posts, post_count, sizeof *posts, offsetof(bench_post, author_id), input.authors);
    grouped by_post = group(comments, comment_count, sizeof *comments, offsetof(bench_comment, post_id), input.posts);
    walk_levels(authors, count, &by_author, &by_post);
    release_group(&by_author);
    release_group(&by_post);
    free(ids);
    for (size_t i = 0; i < 3; i++)
        orm_result_free(results[i]);
}

static void core_levels(void)
{
    bench_start();
    orm_connection *c = open_connection();
    for (size_t i = 0; i < input.count; i += input.each)
        read_levels(c);
    orm_connection_close(c);
    bench_stop();
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
    [BENCH_BATCH_100] = core_batch,   [BENCH_MEDIUM] = core_medium,     [BENCH_FLIGHT] = ours_core_flight,
    [BENCH_ROWS] = core_read,         [BENCH_LEVELS] = core_levels,
};
