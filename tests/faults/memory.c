/* memory.c -- each allocation fails in turn: ours, libpq's and sqlite's, since malloc itself is replaced (failing.h).
 *
 *     memory URL [STRIDE]
 *
 * The scenario opens an engine, adds, flushes, finds, loads, changes and commits; another only adds and commits. Once for each n its n-th allocation fails
 * (alone, then with all that follow it), until it succeeds without having reached the n-th. A failure must be told, must have
 * written nothing, and must leave a session that works after its rollback; at the end no block may be left over.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "failing.h"

#include "blog.h"
#include "orm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the scenario -------------------------------------------------------------------------------------------------------- */

enum { POSTS = 3 };

static const char *url;
static int failures;

#define TRY(call) \
    do { \
        orm_status status_ = (call); \
        if (status_) \
            return status_; \
    } while (0)

static void complain(const char *what, long n, long until, const char *message)
{
    failures++;
    printf("%s, n = %ld%s: %s\n", what, n, until > n ? " and after" : "", message);
}

static orm_status add_rows(orm_session *s)
{
    const blog_author *author;
    const blog_post *post;
    TRY(blog_author_add(s, &(blog_author_values){.email = "ada@example.org", .name = "Ada"}, &author));
    for (int i = 0; i < POSTS; i++) {
        TRY(blog_post_add(s, &(blog_post_values){.title = "t", .body = "b", .author = author}, &post));
        TRY(blog_comment_add(s, &(blog_comment_values){.body = "c", .post = post, .author = author}, NULL));
    }
    TRY(orm_session_flush(s));
    TRY(orm_session_begin_nested(s));
    TRY(blog_author_set_bio(s, author, "some text"));
    TRY(orm_session_commit_nested(s));
    return blog_author_set_name(s, author, "another name");
}

/* More than the first batch of a stream has: the second is fetched ahead. Closing the stream has no status of its own. */
static orm_status stream_comments(orm_session *s, const blog_post *post)
{
    enum { COMMENTS = 60 };
    orm_stream *stream;
    const blog_comment *comment;
    const blog_author *author;
    TRY(blog_post_get_author(s, post, &author));
    for (int i = 0; i < COMMENTS; i++)
        TRY(blog_comment_add(s, &(blog_comment_values){.body = "c", .post = post, .author = author}, NULL));
    TRY(blog_comment_stream(s, NULL, &stream));
    orm_status status = ORM_OK;
    for (int i = 0; i < COMMENTS && !status; i++)
        status = blog_comment_next(stream, &comment);
    orm_stream_close(stream);
    return status;
}

static bool only_adds;

static orm_status add_only(orm_session *s)
{
    const blog_author *author;
    TRY(blog_author_add(s, &(blog_author_values){.email = "ada@example.org", .name = "Ada"}, &author));
    for (int i = 0; i < POSTS - 1; i++)
        TRY(blog_post_add(s, &(blog_post_values){.title = "t", .body = "b", .author = author}, NULL));
    return orm_session_commit(s);
}

static orm_status work(orm_session *s)
{
    blog_post_list posts;
    blog_comment_list comments;
    if (only_adds)
        return add_only(s);
    TRY(add_rows(s));
    TRY(blog_post_find(s,
                       &(blog_post_query){.where = {orm_like(BLOG_POST.title, "t%")},
                                          .order_by = {orm_asc(BLOG_POST.id)},
                                          .load = {orm_load(BLOG_POST.author)}},
                       &posts));
    for (size_t i = 0; i < posts.count; i++) {
        TRY(blog_post_get_comments(s, posts.items[i], &comments));
        TRY(blog_post_set_views(s, posts.items[i], 7));
    }
    TRY(orm_session_refresh(s, posts.items[0]));
    TRY(blog_post_find(s,
                       &(blog_post_query){.populate_existing = true,
                                          .load = {orm_load(BLOG_POST.author), orm_load(BLOG_POST.comments)}},
                       &posts));
    TRY(stream_comments(s, posts.items[0]));
    TRY(blog_post_delete(s, posts.items[POSTS - 1]));
    return orm_session_commit(s);
}

static orm_status read_rows(orm_rows *rows)
{
    struct {
        const char *title;
        int64_t posts;
    } row;
    const void *all;
    size_t count;
    orm_status status = orm_bind(rows, 0, &row.title);
    if (!status)
        status = orm_bind(rows, "count", &row.posts);
    if (!status)
        status = orm_rows_collect(rows, &row, sizeof row, &all, &count);
    orm_rows_close(rows);
    return status;
}

/* SQL by hand, groups, and a transaction that is rolled back. */
static orm_status work_by_hand(orm_connection *c)
{
    orm_rows *rows;
    const char *title;
    int64_t count;
    TRY(orm_connection_query(c, "SELECT title, count(*) AS count FROM post WHERE title <> :title GROUP BY title",
                             ORM_NAMED({"title", orm_of_text("none")}), &rows));
    TRY(read_rows(rows));
    TRY(blog_post_group(c,
                        &(orm_grouping){.select = {orm_into(title, BLOG_POST.title), orm_into(count, orm_count())},
                                        .having = {orm_gt(orm_sum(BLOG_POST.views), 0)}},
                        &rows));
    orm_status status = orm_rows_first(rows);
    orm_rows_close(rows);
    TRY(status);
    TRY(orm_connection_begin(c));
    TRY(orm_connection_begin_nested(c));
    TRY(orm_connection_execute(c, "UPDATE post SET title = $1", ORM_PARAMETERS(orm_of_text("x")), NULL));
    TRY(orm_connection_rollback_nested(c));
    return orm_connection_rollback(c);
}

static orm_status connect_by_hand(orm_engine *engine)
{
    orm_error error;
    orm_connection *c;
    TRY(orm_connection_open(engine, &c, &error));
    orm_status status = work_by_hand(c);
    orm_connection_close(c);
    return status;
}

/* Rows that another session sees; then there are none. */
static size_t take_rows(orm_engine *engine)
{
    orm_error error;
    orm_connection *c;
    orm_session *s;
    size_t count = 4711, posts = 4711;
    if (!orm_session_open(&(orm_session_factory){.engine = engine}, &s, &error)) {
        blog_author_count(s, NULL, &count);
        blog_post_count(s, NULL, &posts);
    }
    orm_session_close(s);
    if (!orm_connection_open(engine, &c, &error)) {
        orm_connection_execute(c, "DELETE FROM comment", NULL, NULL);
        orm_connection_execute(c, "DELETE FROM post", NULL, NULL);
        orm_connection_execute(c, "DELETE FROM authors", NULL, NULL);
    }
    orm_connection_close(c);
    return count == 0 && posts == 0 ? 0 : count == 1 && posts == POSTS - 1 ? 1 : 4711;
}

static bool is_clean(orm_status status)
{
    return status == ORM_NO_MEMORY || status == ORM_DISCONNECTED || status == ORM_DATABASE || status == ORM_IN_DOUBT ||
           status == ORM_ROLLBACK_FIRST;
}

/* A session in which something failed, or nothing did. */
static void check_session(orm_engine *engine, orm_session *s, orm_status status, long n, long until)
{
    size_t rows;
    if (status && (!is_clean(status) || orm_session_error(s)->status != status))
        complain("the session failed otherwise", n, until, orm_session_error(s)->message);
    if (status && status != ORM_NO_MEMORY && until == n && !strstr(url, "postgresql"))
        complain("the session failed with another status", n, until, orm_session_error(s)->message);
    if (status)
        orm_session_rollback(s);
    rows = take_rows(engine);
    if (rows > 1 || (rows == 1) == (status != ORM_OK && status != ORM_IN_DOUBT))
        complain("part was written, or what was told is not so", n, until, orm_status_name(status));
    if (status && (status = work(s)) != ORM_OK)
        complain("the session is of no use after its rollback", n, until, orm_session_error(s)->message);
    take_rows(engine);
}

/* True when the n-th allocation was reached. */
static bool run(long n, long until)
{
    orm_error error = {0};
    orm_engine *engine;
    orm_session *s = NULL;
    long before = live;
    calls = 0;
    fails_until = until;
    fails_at = n;
    orm_status status = orm_engine_open(url, NULL, &engine, &error);
    if (!status)
        status = orm_session_open(&(orm_session_factory){.engine = engine}, &s, &error);
    if (status) {
        stop_failing();
        if (!is_clean(status) || error.status != status)
            complain("open failed otherwise", n, until, error.message);
    } else {
        status = work(s);
        orm_status by_hand = status || only_adds ? ORM_OK : connect_by_hand(engine);
        stop_failing();
        if (by_hand && !is_clean(by_hand))
            complain("a connection failed otherwise", n, until, orm_status_name(by_hand));
        check_session(engine, s, status, n, until);
    }
    bool reached = n != 0 && calls >= n;
    orm_session_close(s);
    orm_engine_close(engine);
    if (live != before && n != 0) {
        char text[64];
        snprintf(text, sizeof text, "%ld blocks", live - before);
        complain("something leaks", n, until, text);
    }
    return reached;
}

/* How many allocations the scenario has when all goes well. */
static long count_calls(void)
{
    orm_error error;
    orm_engine *engine;
    orm_session *s;
    long counted_calls = 0;
    calls = 0;
    if (orm_engine_open(url, NULL, &engine, &error) ||
        orm_session_open(&(orm_session_factory){.engine = engine}, &s, &error))
        return 0;
    if (work(s) == ORM_OK && (only_adds || connect_by_hand(engine) == ORM_OK))
        counted_calls = calls;
    orm_session_close(s);
    take_rows(engine);
    orm_engine_close(engine);
    return counted_calls;
}

int main(int argc, char **argv)
{
    orm_error error;
    orm_engine *engine;
    url = argc > 1 ? argv[1] : "";
    long stride = argc > 2 ? atol(argv[2]) : 1, passed = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (orm_engine_open(url, NULL, &engine, &error) || blog_drop_all(engine, &error) || blog_create_all(engine, &error))
        return fprintf(stderr, "%s\n", error.message), 2;
    orm_engine_close(engine);
    long total = 1;
    for (int scenario = 0; scenario < 2 && total > 0; scenario++) {
        only_adds = scenario;
        count_calls(); /* what libraries keep for ever is taken now */
        total = count_calls();
        printf("%ld allocations, every %ld. of them fails in turn\n", total, stride);
        for (int all = 0; all < 2; all++)
            for (long n = 1; n <= total + 64 && failures < 20; n += stride, passed++)
                run(n, all ? total * 2 + 1000 : n);
    }
    printf("%ld passed, %d failed, 0 skipped\n", total == 0 ? 0 : passed - failures, failures + (total == 0));
    return failures || total == 0;
}
