/* memory.c -- each allocation fails in turn: ours, libpq's and sqlite's, since malloc itself is replaced here.
 *
 *     memory URL [STRIDE]
 *
 * A scenario opens an engine, adds, flushes, finds, loads, changes and commits; another only adds and commits, a third
 * changes keys that other rows refer to. Once for each n its n-th allocation fails (alone, then with all that follow
 * it), until it succeeds without having reached the n-th. A failure must be told, must have written nothing, and must
 * leave a session that works after its rollback; at the end no block may be left over. Fibers: memory_fibers.c.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blog.h"
#include "natural.h"
#include "orm.h"

#include "scarce.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the scenarios ------------------------------------------------------------------------------------------------ */

enum { POSTS = 3 };

static const char *url;

#define TRY(call) \
    do { \
        orm_status status_ = (call); \
        if (status_) \
            return status_; \
    } while (0)

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

/* More than the first batch of a stream has: the second is fetched ahead. Closing the stream has no status of its
 * own. */
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

static orm_status add_only(orm_session *s)
{
    const blog_author *author;
    TRY(blog_author_add(s, &(blog_author_values){.email = "ada@example.org", .name = "Ada"}, &author));
    for (int i = 0; i < POSTS - 1; i++)
        TRY(blog_post_add(s, &(blog_post_values){.title = "t", .body = "b", .author = author}, NULL));
    return orm_session_commit(s);
}

static orm_status do_everything(orm_session *s)
{
    blog_post_list posts;
    blog_comment_list comments;
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

/* A land, and what has its key: as a part of its own, or through another; not known yet; or not any more. */
static orm_status move(orm_session *s, const natural_land *land, const char *code)
{
    TRY(natural_town_add(s, &(natural_town_values){.name = code, .land = land}, NULL));
    TRY(natural_land_set_code(s, land, code));
    return orm_session_flush(s);
}

/* Once in vain, once for good. */
static orm_status change_keys(orm_session *s)
{
    const natural_land *land;
    const natural_town *town;
    const natural_street *street;
    TRY(natural_land_add(s, &(natural_land_values){.code = "a", .name = "n"}, &land));
    TRY(natural_town_add(s, &(natural_town_values){.name = "t", .land = land}, &town));
    TRY(natural_street_add(s, &(natural_street_values){.name = "s", .town = town}, &street));
    TRY(natural_flag_add(s, &(natural_flag_values){.colour = "red", .land = land}, NULL));
    TRY(natural_person_add(s, &(natural_person_values){.name = "p", .home = land}, NULL));
    TRY(orm_session_flush(s));
    TRY(orm_session_begin_nested(s));
    TRY(move(s, land, "b"));
    TRY(strcmp(street->land_code, "b") == 0 ? ORM_OK : ORM_STALE);
    TRY(orm_session_rollback_nested(s));
    TRY(orm_session_refresh(s, street));
    TRY(strcmp(street->land_code, "a") == 0 ? ORM_OK : ORM_STALE);
    TRY(move(s, land, "c"));
    TRY(natural_street_get(s, "c", "t", "s", &street));
    return orm_session_commit(s);
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

enum { PARTLY = 4711 };

static size_t blog_rows(orm_session *s)
{
    size_t count = PARTLY, posts = PARTLY;
    blog_author_count(s, NULL, &count);
    blog_post_count(s, NULL, &posts);
    return count == 0 && posts == 0 ? 0 : count == 1 && posts == POSTS - 1 ? 1 : PARTLY;
}

static size_t natural_rows(orm_session *s)
{
    size_t lands = PARTLY, towns = PARTLY, streets = PARTLY, flags = PARTLY, homeless = PARTLY;
    natural_land_count(s, NULL, &lands);
    natural_town_count(s, &(natural_town_query){.where = {orm_eq(NATURAL_TOWN.land_code, "c")}}, &towns);
    natural_street_count(s, &(natural_street_query){.where = {orm_eq(NATURAL_STREET.land_code, "c")}}, &streets);
    natural_flag_count(s, &(natural_flag_query){.where = {orm_eq(NATURAL_FLAG.land_code, "c")}}, &flags);
    natural_person_count(s, &(natural_person_query){.where = {orm_is_null(NATURAL_PERSON.home_code)}}, &homeless);
    if (lands + towns + streets + flags + homeless == 0)
        return 0;
    return lands == 1 && towns == 2 && streets == 1 && flags == 1 && homeless == 1 ? 1 : PARTLY;
}

static const struct scenario {
    orm_status (*work)(orm_session *s);
    orm_status (*by_hand)(orm_connection *c); /* or NULL */
    size_t (*rows)(orm_session *s);           /* 0: none; 1: what it writes; or PARTLY */
    const char *tables[5];
} scenarios[] = {
    {do_everything, work_by_hand, blog_rows, {"comment", "post", "authors"}},
    {add_only, NULL, blog_rows, {"comment", "post", "authors"}},
    {change_keys, NULL, natural_rows, {"persons", "flags", "streets", "towns", "lands"}},
};
enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };
static const struct scenario *now;

static orm_status connect_by_hand(orm_engine *engine)
{
    orm_error error;
    orm_connection *c;
    TRY(orm_connection_open(engine, &c, &error));
    orm_status status = now->by_hand(c);
    orm_connection_close(c);
    return status;
}

/* Rows that another session sees; then there are none. */
static size_t take_rows(orm_engine *engine)
{
    orm_error error;
    orm_connection *c;
    orm_session *s;
    size_t rows = PARTLY;
    if (!orm_session_open(&(orm_session_factory){.engine = engine}, &s, &error))
        rows = now->rows(s);
    orm_session_close(s);
    if (orm_connection_open(engine, &c, &error))
        return PARTLY;
    for (size_t i = 0; i < sizeof now->tables / sizeof *now->tables && now->tables[i]; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "DELETE FROM %s", now->tables[i]);
        orm_connection_execute(c, sql, NULL, NULL);
    }
    orm_connection_close(c);
    return rows;
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
    if (status && (status = now->work(s)) != ORM_OK)
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
    start_failing(n, until);
    orm_status status = orm_engine_open(url, NULL, &engine, &error);
    if (!status)
        status = orm_session_open(&(orm_session_factory){.engine = engine}, &s, &error);
    if (status) {
        stop_failing();
        if (!is_clean(status) || error.status != status)
            complain("open failed otherwise", n, until, error.message);
    } else {
        status = now->work(s);
        orm_status by_hand = status || !now->by_hand ? ORM_OK : connect_by_hand(engine);
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
    if (now->work(s) == ORM_OK && (!now->by_hand || connect_by_hand(engine) == ORM_OK))
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
    if (orm_engine_open(url, NULL, &engine, &error) || blog_drop_all(engine, &error) ||
        blog_create_all(engine, &error) || natural_drop_all(engine, &error) || natural_create_all(engine, &error))
        return fprintf(stderr, "%s\n", error.message), 2;
    orm_engine_close(engine);
    long total = 1;
    for (int scenario = 0; scenario < SCENARIOS && total > 0; scenario++) {
        now = &scenarios[scenario];
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
