/* together.c -- finds, counts and loads of fibers: those that are quick go by the connections that fibers share.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include "orm/async_poll.h"

#include <stdio.h>

enum { AUTHORS = 20, POSTS = 3, MANY = 200 };
enum { WARM = 4, PATIENT = 60, TRUSTED = 10 /* visits until what is quick is known to be, at most, and is trusted */ };

static orm_async *async;
static orm_engine *fibers;
static int lent;     /* connections of the pool */
static int selected; /* statements */
static bool full;    /* the server takes no more connections */
static int64_t ids[AUTHORS];

static void count_lent(orm_connection *connection, void *user)
{
    (void)connection;
    (void)user;
    lent++;
}

static void count_selected(const orm_statement_event *event, void *user)
{
    (void)user;
    selected += event->kind == ORM_STATEMENT_SELECT;
}

static orm_status refuse_when_full(orm_connection *connection, void *user)
{
    (void)connection;
    (void)user;
    return full ? ORM_TOO_MANY_CONNECTIONS : ORM_OK;
}

static void open_fibers(orm_engine_options options)
{
    char *url;
    ok(orm_async_poll_open(NULL, &async, &error));
    options.pool_size = 5;
    options.max_overflow = -1;
    options.waiter = orm_async_waiter(async);
    options.hooks = (orm_hooks){.connect = refuse_when_full, .checkout = count_lent, .statement = count_selected};
    ok(orm_engine_options_from_env("ORM_TEST_", NULL, &options, &url, &error));
    free(url);
    ok(orm_engine_open(test_url(), &options, &fibers, &error));
    lent = selected = 0;
}

static void close_fibers(void)
{
    ck_assert_uint_eq(orm_engine_pool(fibers).in_use, 0);
    orm_engine_close(fibers);
    orm_async_close(async);
}

/* SQLite, or a pooler before PostgreSQL. */
static bool shares(void)
{
    return !on_sqlite() && test_options().prepared == ORM_PREPARED_ON;
}

static void set_up_blog(void)
{
    blog_author_list list;
    store_blog(AUTHORS, POSTS);
    ok(blog_author_find(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)}}, &list));
    for (size_t i = 0; i < AUTHORS; i++)
        ids[i] = list.items[i]->id;
    commit_and_forget();
    open_fibers((orm_engine_options){0});
}

/* A session on a fiber, and what it does. */
typedef struct visit {
    orm_status (*reads)(orm_session *mine, int64_t id);
    orm_session_factory factory;
    int64_t id;
    char sqlstate[6];
} visit;

static orm_status run_visit(orm_async *a, void *argument)
{
    visit *me = argument;
    orm_session *mine;
    (void)a;
    me->factory.engine = fibers;
    ok(orm_session_open(&me->factory, &mine, NULL));
    orm_status status = me->reads(mine, me->id);
    strcpy(me->sqlstate, orm_session_error(mine)->sqlstate);
    orm_session_close(mine);
    return status;
}

static orm_status visit_once(visit *one)
{
    orm_fiber *fiber;
    ok(orm_async_spawn(async, run_visit, one, &fiber));
    return orm_async_join(async, fiber);
}

static void visit_often(orm_status (*reads)(orm_session *, int64_t), int count)
{
    for (int i = 0; i < count; i++) /* one after the other, so that each is measured by itself */
        ok(visit_once(&(visit){.reads = reads, .id = ids[i % AUTHORS]}));
}

/* Until a visit takes no connection of the pool, where that may be. A busy machine takes more of them. */
static void warm_up(orm_status (*reads)(orm_session *, int64_t))
{
    int before = -1;
    visit_often(reads, WARM);
    for (int i = 0; shares() && i < PATIENT && before != lent; i++) {
        before = lent;
        visit_often(reads, 1);
    }
    visit_often(reads, TRUSTED);
}

/* How many connections of the pool so many visits at once take. */
static int connections_of(orm_status (*reads)(orm_session *, int64_t), int count)
{
    static visit visits[MANY];
    static orm_fiber *running[MANY];
    lent = selected = 0;
    for (int i = 0; i < count; i++) {
        visits[i] = (visit){.reads = reads, .id = ids[i % AUTHORS]};
        ok(orm_async_spawn(async, run_visit, &visits[i], &running[i]));
    }
    for (int i = 0; i < count; i++)
        ok(orm_async_join(async, running[i]));
    return lent;
}

/* --- what they read --- */

static orm_status find_posts(orm_session *mine, int64_t id)
{
    blog_post_list posts;
    ok(blog_post_find(
        mine, &(blog_post_query){.where = {orm_eq(BLOG_POST.author_id, id)}, .order_by = {orm_asc(BLOG_POST.title)}},
        &posts));
    ck_assert_uint_eq(posts.count, POSTS);
    for (size_t i = 0; i < posts.count; i++) {
        char title[32];
        snprintf(title, sizeof title, "p%03zu", i);
        ck_assert_str_eq(posts.items[i]->title, title);
        ck_assert_int_eq(posts.items[i]->author_id, id);
    }
    return ORM_OK;
}

static orm_status ask_in_all_ways(orm_session *mine, int64_t id)
{
    const blog_post_query of_author = {.where = {orm_eq(BLOG_POST.author_id, id)},
                                       .order_by = {orm_desc(BLOG_POST.title)}};
    const blog_post *post;
    const blog_author *author;
    size_t count;
    bool exists;
    ok(blog_post_first(mine, &of_author, &post));
    ck_assert_str_eq(post->title, "p002");
    ok(blog_author_one(mine, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.id, id)}}, &author));
    ck_assert_int_eq(author->id, id);
    ok(blog_post_count(mine, &of_author, &count));
    ck_assert_uint_eq(count, POSTS);
    ok(blog_post_exists(mine, &(blog_post_query){.where = {orm_eq(BLOG_POST.author_id, -1)}}, &exists));
    ck_assert(!exists);
    return ORM_OK;
}

/* Lazily: an author's posts, and a post's author; and both with what is found. */
static orm_status load_relations(orm_session *mine, int64_t id)
{
    const blog_author *author;
    const blog_post *post;
    blog_post_list posts;
    ok(blog_author_get(mine, id, &author));
    ok(blog_author_get_posts(mine, author, &posts));
    ck_assert_uint_eq(posts.count, POSTS);
    orm_session_clear(mine);
    ok(blog_post_first(mine, &(blog_post_query){.where = {orm_eq(BLOG_POST.author_id, id)}}, &post));
    ok(blog_post_get_author(mine, post, &author));
    ck_assert_int_eq(author->id, id);
    orm_session_clear(mine);
    ok(blog_author_one(
        mine, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.id, id)}, .load = {orm_load(BLOG_AUTHOR.posts)}},
        &author));
    ok(blog_author_get_posts(mine, author, &posts));
    ck_assert_uint_eq(posts.count, POSTS);
    return ORM_OK;
}

START_TEST(finds_that_are_quick_take_no_connection_of_the_pool)
{
    set_up_blog();
    warm_up(find_posts);
    ck_assert_int_gt(lent, 0); /* at first they did */
    ck_assert_int_eq(connections_of(find_posts, MANY), shares() ? 0 : MANY);
    ck_assert_int_eq(selected, MANY);
    close_fibers();
}
END_TEST

START_TEST(so_do_first_one_count_and_exists)
{
    set_up_blog();
    warm_up(ask_in_all_ways);
    ck_assert_int_eq(connections_of(ask_in_all_ways, MANY), shares() ? 0 : MANY);
    ck_assert_int_eq(selected, 4 * MANY);
    close_fibers();
}
END_TEST

START_TEST(so_do_relations_lazily_and_eagerly)
{
    set_up_blog();
    warm_up(load_relations);
    ck_assert_int_eq(connections_of(load_relations, MANY), shares() ? 0 : MANY);
    ck_assert_int_eq(selected, 6 * MANY);
    close_fibers();
}
END_TEST

/* --- what does not qualify --- */

static orm_status find_all_comments(orm_session *mine, int64_t id)
{
    blog_comment_list comments;
    (void)id;
    ok(blog_comment_find(mine, &(blog_comment_query){0}, &comments));
    ck_assert_uint_eq(comments.count, 301);
    return ORM_OK;
}

START_TEST(what_gives_many_rows_has_a_connection_of_its_own)
{
    char sql[300];
    set_up_blog();
    snprintf(
        sql, sizeof sql,
        "INSERT INTO comment (created_at, body, post_id, author_id) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
        "SELECT i + 1 FROM n WHERE i < 301) SELECT created_at, 'b', id, %lld FROM n, (SELECT * FROM post LIMIT 1) p",
        (long long)ids[0]);
    run_sql(sql);
    visit_often(find_all_comments, WARM);
    ck_assert_int_eq(connections_of(find_all_comments, 20), 20);
    close_fibers();
}
END_TEST

static orm_status find_in_a_transaction(orm_session *mine, int64_t id)
{
    const blog_author *author;
    blog_post_list posts;
    ok(blog_author_get(mine, id, &author));
    ok(blog_post_add(mine, &(blog_post_values){.title = "p003", .body = "b", .author = author}, NULL));
    ok(blog_post_find(mine, &(blog_post_query){.where = {orm_eq(BLOG_POST.author_id, id)}}, &posts));
    ck_assert_uint_eq(posts.count, POSTS + 1); /* its own */
    return ORM_OK;
}

static orm_status find_and_lock(orm_session *mine, int64_t id)
{
    blog_post_list posts;
    return blog_post_find(mine, &(blog_post_query){.where = {orm_eq(BLOG_POST.author_id, id)}, .lock = ORM_FOR_UPDATE},
                          &posts);
}

START_TEST(who_writes_or_locks_reads_by_his_own_connection)
{
    set_up_blog();
    visit_often(find_in_a_transaction, WARM);
    ck_assert_int_eq(connections_of(find_in_a_transaction, 20), 20);
    visit_often(find_and_lock, WARM);
    ck_assert_int_eq(connections_of(find_and_lock, 20), 20);
    close_fibers();
}
END_TEST

START_TEST(so_does_who_wants_one_state_of_the_database)
{
    set_up_blog();
    warm_up(find_posts);
    lent = 0;
    ok(visit_once(&(visit){.reads = find_posts, .id = ids[0], .factory.isolation = ORM_REPEATABLE_READ}));
    ck_assert_int_eq(lent, 1);
    close_fibers();
}
END_TEST

START_TEST(outside_of_fibers_the_pool_is_asked)
{
    orm_session *mine;
    set_up_blog();
    warm_up(find_posts);
    lent = 0;
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    ok(find_posts(mine, ids[0]));
    orm_session_close(mine);
    ck_assert_int_eq(lent, 1);
    close_fibers();
}
END_TEST

static orm_status get_author(orm_session *mine, int64_t id)
{
    const blog_author *author;
    return blog_author_get(mine, id, &author);
}

static orm_status fetch_author(orm_session *mine, int64_t id)
{
    blog_author row;
    orm_result *result;
    (void)mine;
    orm_status status = blog_author_fetch_from(fibers, id, &row, &result, &error);
    orm_result_free(result);
    return status;
}

START_TEST(where_no_more_can_be_opened_the_pool_serves)
{
    set_up_blog();
    full = true;
    visit_often(get_author, 3);
    visit_often(find_posts, 3);
    visit_often(fetch_author, 3);
    ck_assert_int_eq(lent, 9);
    full = false;
    if (shares())
        ck_assert_int_eq(connections_of(get_author, 10), 0);
    close_fibers();
}
END_TEST

/* --- slow ones, and errors --- */

/* From now on each read of authors takes that long, or fails for one of them. */
static void replace_authors(const char *bio, const char *behind)
{
    char sql[400];
    snprintf(sql, sizeof sql, "ALTER TABLE authors RENAME TO %s", behind);
    run_sql(sql);
    snprintf(sql, sizeof sql, "CREATE VIEW authors AS SELECT id, created_at, email, name, %s AS bio, score FROM %s",
             bio, behind);
    run_sql(sql);
}

static void restore_authors(void)
{
    run_sql("DROP VIEW authors");
    run_sql("ALTER TABLE authors_behind RENAME TO authors");
}

static orm_status find_author(orm_session *mine, int64_t id)
{
    const blog_author *author;
    orm_status status = blog_author_first(mine, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.id, id)}}, &author);
    if (!status)
        ck_assert_int_eq(author->id, id);
    return status;
}

START_TEST(what_takes_long_has_a_connection_of_its_own)
{
    if (!shares())
        return;
    set_up_blog();
    warm_up(find_posts);
    replace_authors("pg_sleep(0.05)::text", "authors_behind");
    visit_often(find_author, WARM);
    ck_assert_int_eq(connections_of(find_author, 5), 5);
    restore_authors();
    close_fibers();
}
END_TEST

START_TEST(what_begins_to_take_long_gets_one)
{
    if (!shares())
        return;
    set_up_blog();
    warm_up(find_author);
    ck_assert_int_eq(connections_of(find_author, 20), 0);
    replace_authors("pg_sleep(0.05)::text", "authors_behind");
    visit_often(find_author, 6);
    ck_assert_int_eq(connections_of(find_author, 5), 5);
    restore_authors();
    visit_often(find_author, 40); /* and comes back */
    warm_up(find_author);
    ck_assert_int_eq(connections_of(find_author, 5), 0);
    close_fibers();
}
END_TEST

START_TEST(an_error_is_told_to_whose_it_is)
{
    enum { COUNT = 60, POISONED = 7 };
    visit visits[COUNT];
    orm_fiber *running[COUNT];
    char poison[100];
    if (!shares())
        return;
    set_up_blog();
    warm_up(find_author);
    snprintf(poison, sizeof poison, "CASE WHEN id = %lld THEN (1 / (id - id))::text END", (long long)ids[POISONED]);
    replace_authors(poison, "authors_behind");
    lent = 0;
    for (int i = 0; i < COUNT; i++) {
        visits[i] = (visit){.reads = find_author, .id = ids[i % AUTHORS]};
        ok(orm_async_spawn(async, run_visit, &visits[i], &running[i]));
    }
    for (int i = 0; i < COUNT; i++) {
        orm_status status = orm_async_join(async, running[i]);
        ck_assert_str_eq(visits[i].sqlstate, i % AUTHORS == POISONED ? "22012" : "");
        ck_assert_int_eq(status == ORM_OK, i % AUTHORS != POISONED);
    }
    ck_assert_int_eq(lent, 0);
    restore_authors();
    close_fibers();
}
END_TEST

static orm_status find_both(orm_session *mine, int64_t id)
{
    blog_author_list found;
    ok(blog_author_find(mine, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.id, id)}}, &found));
    ck_assert_uint_eq(found.count, 2);
    return ORM_OK;
}

/* Through a view, whose key is of more than one row; its SQL is that of a get. */
START_TEST(a_find_by_key_has_all_rows)
{
    set_up_blog();
    run_sql("ALTER TABLE authors RENAME TO authors_behind");
    run_sql(
        "CREATE VIEW authors AS SELECT id, created_at, email, name, bio, score FROM authors_behind UNION ALL SELECT "
        "id, created_at, email, name, bio, score FROM authors_behind");
    for (int i = 0; i < 2; i++) { /* whichever comes first */
        if (i == 0)
            connections_of(get_author, MANY);
        warm_up(find_both);
        ck_assert_int_eq(connections_of(find_both, 20), shares() ? 0 : 20);
        connections_of(get_author, MANY);
        close_fibers();
        open_fibers((orm_engine_options){0});
    }
    close_fibers();
    restore_authors();
}
END_TEST

Suite *suite_together(void)
{
    Suite *suite = suite_create("together");
    TCase *tests = new_case(suite, "together");
    tcase_add_test(tests, finds_that_are_quick_take_no_connection_of_the_pool);
    tcase_add_test(tests, so_do_first_one_count_and_exists);
    tcase_add_test(tests, so_do_relations_lazily_and_eagerly);
    tcase_add_test(tests, what_gives_many_rows_has_a_connection_of_its_own);
    tcase_add_test(tests, who_writes_or_locks_reads_by_his_own_connection);
    tcase_add_test(tests, so_does_who_wants_one_state_of_the_database);
    tcase_add_test(tests, outside_of_fibers_the_pool_is_asked);
    tcase_add_test(tests, where_no_more_can_be_opened_the_pool_serves);
    tcase_add_test(tests, a_find_by_key_has_all_rows);
    tcase_add_test(tests, what_takes_long_has_a_connection_of_its_own);
    tcase_add_test(tests, what_begins_to_take_long_gets_one);
    tcase_add_test(tests, an_error_is_told_to_whose_it_is);
    return suite;
}
