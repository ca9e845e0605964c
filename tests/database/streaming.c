/* streaming.c -- rows one after the other: in order, batch by batch, in memory that does not grow, with the session in
 * use meanwhile.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

enum { MANY = 5000 };

typedef struct walk {
    size_t count, stop_after;
    int64_t last;
    orm_status answer;
    const void *places[4096]; /* where entities stood */
    size_t place_count;
} walk;

static void store_posts(size_t count)
{
    char sql[400];
    run_sql("INSERT INTO authors (id, created_at, email, name) VALUES (1, '2024-01-01 00:00:00', 'a@x', 'ada')");
    run_sql("INSERT INTO authors (id, created_at, email, name) VALUES (2, '2024-01-01 00:00:00', 'b@x', 'bob')");
    snprintf(
        sql, sizeof sql,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %zu) INSERT INTO post (id, created_at, "
        "title, body, status, views, author_id) SELECT i, '2024-01-01 00:00:00', 'p', 'b', 'draft', i %% 7, 1 + i %% 2 FROM n",
        count);
    run_sql(sql);
    forget_statements();
}

static void note_place(walk *w, const void *place)
{
    for (size_t i = 0; i < w->place_count; i++)
        if (w->places[i] == place)
            return;
    ck_assert_uint_lt(w->place_count, sizeof w->places / sizeof *w->places);
    w->places[w->place_count++] = place;
}

static orm_status visit(orm_session *session, const blog_post *post, void *user)
{
    walk *w = user;
    ck_assert_ptr_eq(session, s);
    ck_assert_int_gt(post->id, w->last);
    w->last = post->id;
    if (w->count++ % 10 == 0)
        note_place(w, post);
    return w->count == w->stop_after ? w->answer : ORM_OK;
}

START_TEST(every_row_comes_once_and_in_order)
{
    walk w = {0};
    size_t count;
    store_posts(MANY);
    ok(blog_post_each(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, visit, &w));
    ck_assert_uint_eq(w.count, MANY);
    ok(blog_post_count(s, NULL, &count));
    ck_assert_uint_eq(count, MANY);
}
END_TEST

START_TEST(batches_use_the_same_places_again)
{
    walk w = {0};
    store_posts(MANY);
    for (int i = 0; i < 3; i++) {
        w.last = 0;
        ok(blog_post_each(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, visit, &w));
    }
    ck_assert_uint_eq(w.count, 3 * MANY);
    ck_assert_uint_le(w.place_count, 200); /* every tenth of a thousand, not of five */
}
END_TEST

START_TEST(the_number_of_statements_follows_from_the_batches)
{
    walk w = {0};
    store_posts(2100);
    ok(blog_post_each(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}, .load = {orm_load(BLOG_POST.author)}},
                      visit, &w));
    if (on_sqlite())
        expect_statements("SELECT post 50, SELECT authors 2, SELECT post 1000, SELECT authors 2, SELECT post 1000, "
                          "SELECT authors 2, SELECT post 50, SELECT authors 2");
    else
        expect_statements("OTHER post 0, SELECT post 50, SELECT authors 2, SELECT post 1000, SELECT authors 2, "
                          "SELECT post 1000, SELECT authors 2, SELECT post 50, SELECT authors 2, OTHER 0");
}
END_TEST

static orm_status visit_with_author(orm_session *session, const blog_post *post, void *user)
{
    const blog_author *author;
    blog_comment_list comments;
    ok(blog_post_get_author(session, post, &author));
    ok(blog_post_get_comments(session, post, &comments));
    ck_assert_int_eq(author->id, post->author_id);
    return visit(session, post, user);
}

START_TEST(eager_relations_come_batch_by_batch)
{
    walk w = {0};
    store_posts(2100);
    run_sql(
        "INSERT INTO comment (created_at, body, post_id, author_id) SELECT created_at, 'c', id, 1 FROM post WHERE id <= 90");
    forget_statements();
    ok(orm_session_commit(s));
    reopen_session((orm_session_factory){.lazy = ORM_LAZY_RAISE});
    ok(blog_post_each(s,
                      &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)},
                                         .load = {orm_load(BLOG_POST.author), orm_load(BLOG_POST.comments)}},
                      visit_with_author, &w));
    ck_assert_uint_eq(w.count, 2100);
}
END_TEST

START_TEST(stopping_early_is_no_failure_and_leaves_all_in_order)
{
    walk w = {.stop_after = 7, .answer = ORM_DONE};
    blog_post_list list;
    store_posts(200);
    ok(blog_post_each(s, NULL, visit, &w));
    ck_assert_uint_eq(w.count, 7);
    w = (walk){.stop_after = 9, .answer = ORM_INVALID};
    expect_status(ORM_INVALID, blog_post_each(s, NULL, visit, &w));
    ck_assert_uint_eq(w.count, 9);
    ok(blog_post_find(s, NULL, &list));
    ck_assert_uint_eq(list.count, 200);
    ok(orm_session_commit(s));
}
END_TEST

static orm_status visit_and_work(orm_session *session, const blog_post *post, void *user)
{
    walk *w = user, inner = {0};
    const blog_author *author;
    blog_post_list others;
    w->count++;
    ok(blog_author_get(session, post->author_id, &author));
    ok(blog_post_find(session, &(blog_post_query){.where = {orm_eq(BLOG_POST.id, post->id)}}, &others));
    ck_assert_uint_eq(others.count, 1);
    ck_assert_ptr_eq(others.items[0], post);
    if (w->count % 40 == 0)
        ok(blog_post_each(session,
                          &(blog_post_query){.where = {orm_le(BLOG_POST.id, 120)}, .order_by = {orm_asc(BLOG_POST.id)}},
                          visit, &inner));
    if (w->count % 40 == 0)
        ck_assert_uint_eq(inner.count, 120);
    return ORM_OK;
}

START_TEST(other_statements_and_streams_of_the_session_work_meanwhile)
{
    walk w = {0};
    store_posts(300);
    ok(blog_post_each(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, visit_and_work, &w));
    ck_assert_uint_eq(w.count, 300);
}
END_TEST

static orm_status count_up(orm_session *session, const blog_post *post, void *user)
{
    ++*(size_t *)user;
    return blog_post_set_views(session, post, 1000);
}

START_TEST(what_is_changed_by_the_way_is_written)
{
    size_t count = 0;
    store_posts(1500);
    ok(blog_post_each(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, count_up, &count));
    ck_assert_uint_eq(count, 1500);
    commit_and_forget();
    ok(blog_post_count(s, &(blog_post_query){.where = {orm_eq(BLOG_POST.views, 1000)}}, &count));
    ck_assert_uint_eq(count, 1500);
}
END_TEST

START_TEST(entities_that_were_there_before_stay)
{
    walk w = {0};
    const blog_post *third, *again;
    const blog_author *author;
    blog_post_list posts;
    store_posts(1500);
    ok(blog_post_get(s, 3, &third));
    ok(blog_author_get(s, 1, &author));
    ok(blog_post_each(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}, .load = {orm_load(BLOG_POST.author)}},
                      visit, &w));
    ck_assert(orm_session_contains(s, third));
    forget_statements();
    ok(blog_post_get(s, 3, &again));
    ck_assert_ptr_eq(third, again);
    ck_assert_int_eq(third->id, 3);
    expect_nothing_sent();
    ok(blog_author_get_posts(s, author, &posts));
    ck_assert_uint_eq(posts.count, 750);
}
END_TEST

/* Limits, offsets and orders with ties and NULLs give what find gives. */
START_TEST(a_stream_gives_what_find_gives)
{
    store_posts(400);
    const blog_post_query queries[] = {
        {.order_by = {orm_desc(BLOG_POST.views), orm_asc(BLOG_POST.id)}},
        {.order_by = {orm_asc(BLOG_POST.id)}, .limit = 120, .offset = 30},
        {.order_by = {orm_asc(BLOG_POST.id)}, .limit = 50},
        {.order_by = {orm_asc(BLOG_POST.id)}, .where = {orm_eq(BLOG_POST.views, 3)}},
        {.order_by = {orm_asc(BLOG_POST.id)}, .after = &(blog_post){.id = 333}},
        {.order_by = {orm_asc(BLOG_POST.author_id), orm_desc(BLOG_POST.id)}, .offset = 390},
        {.where = {orm_eq(BLOG_POST.views, 99)}},
    };
    blog_post_list list;
    ok(blog_post_find(s, &queries[_i], &list));
    orm_stream *stream;
    const blog_post *post;
    ok(blog_post_stream(s, &queries[_i], &stream));
    for (size_t i = 0; i < list.count; i++) {
        ok(blog_post_next(stream, &post));
        ck_assert_ptr_eq(post, list.items[i]);
    }
    expect_status(ORM_DONE, blog_post_next(stream, &post));
    ck_assert_ptr_null(post);
    expect_status(ORM_DONE, blog_post_next(stream, &post));
    orm_stream_close(stream);
}
END_TEST

START_TEST(two_streams_of_one_model_are_read_by_turns)
{
    orm_stream *up, *down;
    const blog_post *a, *b;
    store_posts(300);
    ok(blog_post_stream(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, &up));
    ok(blog_post_stream(s, &(blog_post_query){.order_by = {orm_desc(BLOG_POST.id)}}, &down));
    for (int64_t i = 1; i <= 300; i++) {
        ok(blog_post_next(up, &a));
        ok(blog_post_next(down, &b));
        ck_assert_int_eq(a->id, i);
        ck_assert_int_eq(b->id, 301 - i);
    }
    orm_stream_close(up);
    expect_status(ORM_DONE, blog_post_next(down, &b));
    orm_stream_close(down);
    orm_stream_close(NULL);
}
END_TEST

START_TEST(a_stream_outlives_its_transaction_on_sqlite_alone)
{
    orm_stream *stream;
    const blog_post *post;
    store_posts(300);
    ok(blog_post_stream(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, &stream));
    for (int i = 0; i < 50; i++)
        ok(blog_post_next(stream, &post));
    ok(orm_session_commit(s));
    expect_status(on_sqlite() ? ORM_OK : ORM_MISUSE, blog_post_next(stream, &post));
    orm_stream_close(stream);
    ok(blog_post_first(s, NULL, &post));
}
END_TEST

START_TEST(a_cleared_session_leaves_its_streams_usable)
{
    orm_stream *stream;
    const blog_post *post;
    store_posts(300);
    ok(blog_post_stream(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, &stream));
    ok(blog_post_next(stream, &post));
    orm_session_clear(s);
    ok(blog_post_next(stream, &post));
    ck_assert_int_eq(post->id, 51); /* what the batch had left went with the session's entities */
    orm_stream_close(stream);
}
END_TEST

START_TEST(a_wrong_query_is_refused_at_the_start)
{
    orm_stream *stream;
    expect_status(ORM_MISUSE,
                  blog_post_each(s, &(blog_post_query){.load = {orm_load(BLOG_AUTHOR.posts)}}, visit, NULL));
    if (!on_sqlite())
        return;
    expect_status(
        ORM_UNSUPPORTED,
        blog_post_stream(s, &(blog_post_query){.order_by = {orm_via(orm_asc(BLOG_AUTHOR.name), BLOG_POST.author)}},
                         &stream));
    ck_assert_ptr_null(stream);
}
END_TEST

/* --- the next batch is fetched ahead ------------------------------------------------------------------------------ */

static const blog_post *next_of(orm_stream *stream)
{
    const blog_post *post;
    ok(blog_post_next(stream, &post));
    return post;
}

static orm_stream *open_stream(void)
{
    orm_stream *stream;
    ok(blog_post_stream(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, &stream));
    return stream;
}

/* The sequence knows nothing of the authors that are stored. */
static void add_numbered(int64_t id)
{
    const blog_author *author;
    char email[32];
    snprintf(email, sizeof email, "%d@x", (int)id);
    ok(blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(id), .email = email, .name = "n"}, &author));
}

START_TEST(the_next_batch_is_asked_for_while_this_one_is_used)
{
    store_posts(MANY);
    forget_statements();
    take_round_trips();
    orm_stream *stream = open_stream();
    ck_assert_int_eq(next_of(stream)->id, 1);
    ck_assert_uint_eq(take_round_trips(), on_sqlite() ? 0 : 3); /* DECLARE, FETCH, and the next FETCH */
    for (int64_t id = 2; id <= 51; id++)
        ck_assert_int_eq(next_of(stream)->id, id);
    ck_assert_uint_eq(take_round_trips(), on_sqlite() ? 0 : 1);
    expect_statements(on_sqlite() ? "SELECT post 50, SELECT post 1000"
                                  : "OTHER post 0, SELECT post 50, SELECT post 1000");
    orm_stream_close(stream);
}
END_TEST

START_TEST(what_was_asked_for_ahead_is_kept_while_the_session_does_other_things)
{
    size_t count;
    store_posts(MANY);
    orm_stream *stream = open_stream(), *other = open_stream();
    for (int64_t id = 1; id <= 3000; id++) {
        const blog_post *post = next_of(stream);
        ck_assert_int_eq(post->id, id);
        if (id <= 1500)
            ck_assert_int_eq(next_of(other)->id, id);
        if (id % 400 == 1) {
            ok(blog_post_set_views(s, post, (int32_t)id + 7));
            ok(orm_session_begin_nested(s));
            add_numbered(3);
            ok(orm_session_flush(s));
            ok(orm_session_rollback_nested(s));
            ok(blog_post_count(s, NULL, &count));
            ck_assert_uint_eq(count, MANY);
        }
    }
    orm_stream_close(other);
    orm_stream_close(stream);
    ok(orm_session_commit(s));
    ok(blog_post_count(s, &(blog_post_query){.where = {orm_gt(BLOG_POST.views, 6)}}, &count));
    ck_assert_uint_eq(count, 8);
}
END_TEST

/* `_i`: by a commit, or by a rollback. The stream is closed after it. */
START_TEST(a_transaction_that_ends_ends_what_was_asked_for_ahead)
{
    store_posts(MANY);
    orm_stream *stream = open_stream();
    next_of(stream);
    ok(_i == 0 ? orm_session_commit(s) : orm_session_rollback(s));
    size_t count;
    ok(blog_post_count(s, NULL, &count));
    ck_assert_uint_eq(count, MANY);
    orm_stream_close(stream);
    ok(orm_session_rollback(s));
    add_numbered(3);
    ok(orm_session_commit(s));
}
END_TEST

/* Posts through a view that divides by zero at the 500th: on PostgreSQL, where it is fetched ahead. */
static void hide_posts(bool hide)
{
    static const char *const sql[2][2] = {
        {"DROP VIEW post", "ALTER TABLE post_rows RENAME TO post"},
        {"ALTER TABLE post RENAME TO post_rows",
         "CREATE VIEW post AS SELECT id, created_at, title, body, status, 10 / (500 - id::int4) AS views, author_id FROM "
         "post_rows"},
    };
    for (int i = 0; i < 2; i++)
        run_sql(sql[hide][i]);
}

START_TEST(a_failure_of_what_was_asked_for_ahead_is_told_in_its_turn)
{
    if (on_sqlite())
        return;
    store_posts(1000);
    hide_posts(true);
    orm_stream *stream = open_stream();
    const blog_post *post;
    orm_status status;
    int rows = 0;
    while ((status = blog_post_next(stream, &post)) == ORM_OK)
        rows++;
    orm_stream_close(stream);
    ok(orm_session_rollback(s));
    hide_posts(false);
    ck_assert_int_eq(rows, 50);
    ck_assert_int_eq(status, ORM_DATABASE);
    ck_assert_str_eq(orm_session_error(s)->sqlstate, "22012");
}
END_TEST

/* The server has ended the transaction: nothing may pass for committed. `_i`: the stream is closed first, or not;
 * something is added, or not. */
START_TEST(a_failure_of_what_nobody_came_to_read_stops_the_commit)
{
    size_t count;
    if (on_sqlite())
        return;
    store_posts(1000);
    hide_posts(true);
    ok(orm_session_begin(s));
    add_numbered(3);
    ok(orm_session_flush(s));
    orm_stream *stream = open_stream();
    next_of(stream);
    if (_i & 1)
        orm_stream_close(stream);
    if (_i & 2)
        add_numbered(4);
    orm_status status = orm_session_commit(s), again = orm_session_commit(s);
    ok(orm_session_rollback(s));
    if (!(_i & 1))
        orm_stream_close(stream);
    hide_posts(false);
    ck_assert_int_eq(status, _i & 1 ? ORM_ROLLBACK_FIRST : ORM_DATABASE);
    ck_assert_int_eq(again, ORM_ROLLBACK_FIRST);
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 2);
    add_numbered(5);
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(locks_are_not_taken_ahead)
{
    store_posts(200);
    take_round_trips();
    orm_stream *stream;
    ok(blog_post_stream(s, &(blog_post_query){.lock = ORM_FOR_UPDATE}, &stream));
    next_of(stream);
    ck_assert_uint_eq(take_round_trips(), on_sqlite() ? 0 : 2);
    orm_stream_close(stream);
}
END_TEST

/* After the first tenth it has all the memory that it needs. */
static void expect_no_growth(long early)
{
    if (memory_counts())
        ck_assert_int_le(most_memory() - early, 2048);
}

START_TEST(a_long_stream_takes_no_more_memory_than_a_short_one)
{
    size_t many = many_rows(), read = 0, comments = 0;
    long early = 0;
    orm_stream *stream;
    const blog_post *post;
    orm_status status;
    store_posts(many);
    run_sql("INSERT INTO comment (created_at, body, post_id, author_id) SELECT created_at, 'c', id, 1 FROM post "
            "WHERE id % 10 = 0");
    ok(blog_post_stream(s,
                        &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)},
                                           .load = {orm_load(BLOG_POST.author), orm_load(BLOG_POST.comments)}},
                        &stream));
    while ((status = blog_post_next(stream, &post)) == ORM_OK) {
        blog_comment_list list;
        if (blog_post_get_comments(s, post, &list))
            break;
        comments += list.count;
        orm_list_release(s, list.items);
        if (++read == many / 10)
            early = most_memory();
        tell_memory("stream with author and comments", read);
    }
    orm_stream_close(stream);
    ck_assert_int_eq(status, ORM_DONE);
    ck_assert_uint_eq(read, many);
    ck_assert_uint_eq(comments, many / 10);
    expect_no_growth(early);
}
END_TEST

Suite *suite_streaming(void)
{
    Suite *suite = suite_create("streaming");
    TCase *streams = new_case(suite, "streams");
    tcase_set_timeout(streams, 30);
    tcase_add_test(streams, every_row_comes_once_and_in_order);
    tcase_add_test(streams, batches_use_the_same_places_again);
    tcase_add_test(streams, the_number_of_statements_follows_from_the_batches);
    tcase_add_test(streams, eager_relations_come_batch_by_batch);
    tcase_add_test(streams, stopping_early_is_no_failure_and_leaves_all_in_order);
    tcase_add_test(streams, other_statements_and_streams_of_the_session_work_meanwhile);
    tcase_add_test(streams, what_is_changed_by_the_way_is_written);
    tcase_add_test(streams, entities_that_were_there_before_stay);
    tcase_add_loop_test(streams, a_stream_gives_what_find_gives, 0, 7);
    tcase_add_test(streams, two_streams_of_one_model_are_read_by_turns);
    tcase_add_test(streams, a_stream_outlives_its_transaction_on_sqlite_alone);
    tcase_add_test(streams, a_cleared_session_leaves_its_streams_usable);
    tcase_add_test(streams, a_wrong_query_is_refused_at_the_start);
    TCase *ahead = new_case(suite, "ahead");
    tcase_add_test(ahead, the_next_batch_is_asked_for_while_this_one_is_used);
    tcase_add_test(ahead, what_was_asked_for_ahead_is_kept_while_the_session_does_other_things);
    tcase_add_loop_test(ahead, a_transaction_that_ends_ends_what_was_asked_for_ahead, 0, 2);
    tcase_add_test(ahead, a_failure_of_what_was_asked_for_ahead_is_told_in_its_turn);
    tcase_add_loop_test(ahead, a_failure_of_what_nobody_came_to_read_stops_the_commit, 0, 4);
    tcase_add_test(ahead, locks_are_not_taken_ahead);
    TCase *memory = new_case(suite, "memory");
    tcase_set_timeout(memory, getenv("ORM_TEST_SOAK") ? 700 : 20);
    tcase_add_test(memory, a_long_stream_takes_no_more_memory_than_a_short_one);
    return suite;
}
