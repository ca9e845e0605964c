/* isolation.c -- what the server sees of a session's transaction: its isolation level, that it only reads, real
 * serialization failures and a real deadlock; and hooks in the midst of savepoints.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <pthread.h>
#include <stdio.h>

/* --- settings ----------------------------------------------------------------------------------------------------- */

/* Divides by zero unless the setting has this value. */
static orm_status has_setting(const char *name, const char *value)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT 1 / (current_setting('%s') = '%s')::int", name, value);
    return orm_connection_execute(orm_session_connection(s), sql, NULL, NULL);
}

START_TEST(the_server_has_the_isolation_that_the_factory_names)
{
    static const struct {
        orm_isolation isolation;
        const char *name;
    } levels[] = {
        {ORM_ISOLATION_DEFAULT, "read committed"},
        {ORM_READ_COMMITTED, "read committed"},
        {ORM_REPEATABLE_READ, "repeatable read"},
        {ORM_SERIALIZABLE, "serializable"},
    };
    if (on_sqlite())
        return; /* knows one */
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        reopen_session((orm_session_factory){.isolation = levels[i].isolation});
        add_author("ada");
        ok(orm_session_flush(s));
        ok(has_setting("transaction_isolation", levels[i].name));
        ok(orm_session_rollback(s));
        expect_status(ORM_DATABASE, has_setting("transaction_isolation", "no such level"));
        ok(orm_session_rollback(s));
    }
}
END_TEST

START_TEST(the_server_lets_a_read_only_session_write_nothing)
{
    size_t count;
    store_blog(1, 1);
    reopen_session((orm_session_factory){.read_only = true});
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 1);
    if (!on_sqlite()) {
        ok(has_setting("transaction_read_only", "on"));
        orm_connection *own = orm_session_connection(s);
        ck_assert_int_ne(orm_connection_execute(own, "UPDATE authors SET name = 'x'", NULL, NULL), ORM_OK);
        expect_text(orm_connection_error(own)->sqlstate, "25006");
        ok(orm_session_rollback(s));
    }
    const blog_author *ada;
    ok(blog_author_first(s, NULL, &ada));
    expect_status(ORM_MISUSE, blog_author_set_name(s, ada, "x"));
    ok(orm_session_rollback(s));
    ok(blog_author_count(s, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.name, "x")}}, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_transaction_that_is_read_only_by_its_own_will_keeps_its_connection)
{
    static const char *const settings[] = {"SELECT 1", "SET TRANSACTION READ ONLY",
                                           "SET default_transaction_read_only = on"};
    if (on_sqlite() || test_options().prepared == ORM_PREPARED_OFF)
        return; /* a pooler does not tell what its server is */
    ok(orm_session_commit(s));
    reopen_session((orm_session_factory){.read_only = _i == 0});
    orm_connection *own = orm_session_connection(s);
    ok(orm_connection_execute(own, settings[_i], NULL, NULL));
    size_t opened = orm_engine_pool(engine).opened_ever;
    if (_i == 2) {
        ok(orm_session_commit(s));
        own = orm_session_connection(s);
    }
    expect_status(ORM_READ_ONLY, orm_connection_execute(own, "UPDATE authors SET name = 'x'", NULL, NULL));
    ok(orm_session_rollback(s));
    own = orm_session_connection(s);
    ok(orm_connection_execute(own, "SET default_transaction_read_only = off", NULL, NULL));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(orm_engine_pool(engine).opened_ever, opened);
}
END_TEST

/* --- serialization failures --------------------------------------------------------------------------------------- */

typedef struct skew {
    int attempts;
    bool meddles; /* always, not at the first attempt alone */
} skew;

/* Adds an author for each that there is, which another session does in the meantime too. */
static orm_status add_as_many(orm_session *session, size_t before)
{
    size_t count;
    char name[64];
    orm_status status = blog_author_count(session, NULL, &count);
    snprintf(name, sizeof name, "%zu_%zu@example.org", before, count);
    return status ? status : blog_author_add(session, &(blog_author_values){.email = name, .name = "counted"}, NULL);
}

static orm_status add_after_another(orm_session *session, void *user)
{
    skew *k = user;
    size_t count;
    orm_status status = blog_author_count(session, NULL, &count);
    if (status || (++k->attempts > 1 && !k->meddles))
        return status ? status : add_as_many(session, 100);
    orm_session *other = open_session((orm_session_factory){.isolation = ORM_SERIALIZABLE});
    ok(add_as_many(other, (size_t)k->attempts));
    ok(orm_session_commit(other));
    orm_session_close(other);
    return add_as_many(session, 100);
}

START_TEST(two_serializable_sessions_that_read_what_the_other_writes_are_one_after_the_other)
{
    const orm_session_factory factory = {.engine = engine, .isolation = ORM_SERIALIZABLE};
    skew k = {0};
    size_t count;
    store_blog(1, 0);
    ok(orm_transaction(&factory, add_after_another, &k, NULL, &error));
    ck_assert_int_eq(k.attempts, 2);
    ok(blog_author_count(s, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.email, "100_2@example.org")}}, &count));
    ck_assert_uint_eq(count, 1); /* it has seen what the other wrote */
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 3);
}
END_TEST

START_TEST(a_transaction_that_never_comes_through_ends_after_its_attempts)
{
    const orm_session_factory factory = {.engine = engine, .isolation = ORM_SERIALIZABLE};
    skew k = {.meddles = true};
    if (on_sqlite())
        return; /* has the lock from the second attempt on */
    store_blog(1, 0);
    expect_status(ORM_SERIALIZATION,
                  orm_transaction(&factory, add_after_another, &k,
                                  &(orm_transaction_options){.attempts = 3, .first_wait = 1}, &error));
    ck_assert_int_eq(k.attempts, 3);
    expect_text(error.sqlstate, "40001");
    ck_assert_int_eq(error.status, ORM_SERIALIZATION);
}
END_TEST

/* --- a deadlock --------------------------------------------------------------------------------------------------- */

typedef struct rival {
    int64_t first, second;
    int attempts;
    orm_status status;
    orm_error error;
} rival;

static pthread_barrier_t both_have_one;

/* Locks one post, then the other; at first both wait until each has its first. */
static orm_status lock_both(orm_session *session, void *user)
{
    rival *r = user;
    const blog_post *post;
    const int64_t keys[] = {r->first, r->second};
    bool first_time = ++r->attempts == 1;
    for (int i = 0; i < 2; i++) {
        orm_status status = blog_post_one(
            session, &(blog_post_query){.where = {orm_eq(BLOG_POST.id, keys[i])}, .lock = ORM_FOR_UPDATE}, &post);
        if (!status)
            status = blog_post_set_views(session, post, post->views + 1);
        if (status)
            return status;
        if (i == 0 && first_time)
            pthread_barrier_wait(&both_have_one);
    }
    return ORM_OK;
}

static void *run_rival(void *user)
{
    rival *r = user;
    const orm_session_factory factory = {.engine = engine};
    r->status = orm_transaction(&factory, lock_both, r, NULL, &r->error);
    return NULL;
}

START_TEST(the_one_that_a_deadlock_ends_is_tried_again)
{
    blog_post_list posts;
    pthread_t threads[2];
    if (on_sqlite())
        return; /* one writer at a time */
    store_blog(1, 2);
    ok(blog_post_find(s, NULL, &posts));
    rival rivals[] = {{.first = posts.items[0]->id, .second = posts.items[1]->id},
                      {.first = posts.items[1]->id, .second = posts.items[0]->id}};
    commit_and_forget();
    pthread_barrier_init(&both_have_one, NULL, 2);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_rival, &rivals[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&both_have_one);
    ck_assert_msg(!rivals[0].status && !rivals[1].status, "%s; %s", rivals[0].error.message, rivals[1].error.message);
    ck_assert_int_eq(rivals[0].attempts + rivals[1].attempts, 3);
    ok(blog_post_find(s, NULL, &posts));
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(posts.items[i]->views, 2);
}
END_TEST

/* --- hooks and savepoints ----------------------------------------------------------------------------------------- */

static orm_status log_insert(orm_session *session, const blog_author *author, void *context)
{
    (void)context;
    return shapes_shelf_add(session, &(shapes_shelf_values){.label = author->name}, NULL);
}

static orm_status refuse_insert(orm_session *session, const blog_author *author, void *context)
{
    (void)context;
    return strcmp(author->name, "bad") == 0 ? ORM_INVALID : log_insert(session, author, NULL);
}

static int rollbacks;
static void count_rollback(orm_session *session, void *context)
{
    (void)session, (void)context;
    rollbacks++;
}

static size_t count_shelves(void)
{
    size_t count;
    ok(shapes_shelf_count(s, NULL, &count));
    return count;
}

START_TEST(what_a_hook_added_leaves_with_the_savepoint)
{
    static const blog_author_hooks logging = {.before_insert = log_insert};
    const orm_model_hooks models[] = {blog_author_on(&logging)};
    const orm_session_hooks hooks = {.after_rollback = count_rollback, .models = models, .model_count = 1};
    reopen_session((orm_session_factory){.hooks = &hooks});
    add_author("ada");
    ok(orm_session_flush(s));
    ok(orm_session_begin_nested(s));
    const blog_author *bob = add_author("bob");
    forget_statements();
    ok(orm_session_flush(s));
    expect_statements("INSERT authors 1, INSERT shelf 1");
    ck_assert_uint_eq(count_shelves(), 2);
    ok(orm_session_rollback_nested(s));
    ck_assert_int_eq(rollbacks, 0);
    ck_assert_int_eq(orm_session_state(s, bob), ORM_DETACHED);
    ck_assert_uint_eq(count_shelves(), 1);
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_shelves(), 1);
    ok(orm_session_rollback(s));
    ck_assert_int_eq(rollbacks, 1);
    orm_session_close(s);
    s = NULL;
}
END_TEST

START_TEST(a_flush_that_a_hook_stops_within_a_savepoint_is_forgiven_by_its_rollback)
{
    static const blog_author_hooks refusing = {.before_insert = refuse_insert};
    const orm_model_hooks models[] = {blog_author_on(&refusing)};
    const orm_session_hooks hooks = {.models = models, .model_count = 1};
    reopen_session((orm_session_factory){.hooks = &hooks});
    add_author("ada");
    ok(orm_session_begin_nested(s));
    add_author("bob");
    const blog_author *bad = add_author("bad");
    forget_statements();
    expect_status(ORM_INVALID, orm_session_flush(s));
    expect_statements("");
    ok(orm_session_rollback_nested(s));
    ck_assert_int_eq(orm_session_state(s, bad), ORM_DETACHED);
    ok(orm_session_commit(s));
    size_t count;
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(count_shelves(), 1);
    orm_session_close(s);
    s = NULL;
}
END_TEST

static orm_status log_update(orm_session *session, const blog_author *author, void *context)
{
    (void)context;
    return blog_author_set_bio(session, author, "seen by the hook");
}

START_TEST(what_an_after_hook_changes_is_undone_by_the_rollback_that_undoes_its_cause)
{
    static const blog_author_hooks after = {.after_insert = log_update};
    const orm_model_hooks models[] = {blog_author_on(&after)};
    const orm_session_hooks hooks = {.models = models, .model_count = 1};
    reopen_session((orm_session_factory){.hooks = &hooks});
    const blog_author *ada = add_author("ada");
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("INSERT authors 1, UPDATE authors 1");
    expect_text(ada->bio, "seen by the hook");
    ok(orm_session_begin_nested(s));
    const blog_author *bob = add_author("bob");
    ok(orm_session_flush(s));
    ck_assert(orm_session_is_modified(s, bob));
    ok(orm_session_rollback_nested(s));
    ck_assert_int_eq(orm_session_state(s, bob), ORM_DETACHED);
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("");
    orm_session_close(s);
    s = NULL;
}
END_TEST

Suite *suite_isolation(void)
{
    Suite *suite = suite_create("isolation");
    TCase *tests = new_case(suite, "isolation");
    tcase_add_test(tests, the_server_has_the_isolation_that_the_factory_names);
    tcase_add_test(tests, the_server_lets_a_read_only_session_write_nothing);
    tcase_add_loop_test(tests, a_transaction_that_is_read_only_by_its_own_will_keeps_its_connection, 0, 3);
    tcase_add_test(tests, two_serializable_sessions_that_read_what_the_other_writes_are_one_after_the_other);
    tcase_add_test(tests, a_transaction_that_never_comes_through_ends_after_its_attempts);
    tcase_add_test(tests, the_one_that_a_deadlock_ends_is_tried_again);
    tcase_add_test(tests, what_a_hook_added_leaves_with_the_savepoint);
    tcase_add_test(tests, a_flush_that_a_hook_stops_within_a_savepoint_is_forgiven_by_its_rollback);
    tcase_add_test(tests, what_an_after_hook_changes_is_undone_by_the_rollback_that_undoes_its_cause);
    return suite;
}
