/* connections.c -- opening engines, the pool, and what two sessions see of each other.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

START_TEST(a_bad_url_is_refused)
{
    static const char *const urls[] = {"",          "nonsense", "mysql://localhost/x",     "postgresql",
                                       "sqlite:/x", "://",      "postgresql://host:port/x"};
    orm_engine *opened = engine;
    error = (orm_error){.status = ORM_OK};
    orm_status status = orm_engine_open(urls[_i], NULL, &opened, &error);
    ck_assert_msg(status == ORM_INVALID || status == ORM_MISUSE || status == ORM_UNSUPPORTED, "\"%s\" is %s: %s",
                  urls[_i], orm_status_name(status), error.message);
    ck_assert_int_eq(error.status, status);
    ck_assert_ptr_null(opened);
    ck_assert_str_ne(error.message, "");
}
END_TEST

START_TEST(a_url_of_nothing_is_refused)
{
    orm_engine *opened = engine;
    ck_assert_int_ne(orm_engine_open(NULL, NULL, &opened, NULL), ORM_OK);
    ck_assert_ptr_null(opened);
}
END_TEST

START_TEST(a_missing_server_is_disconnected_and_the_password_stays_secret)
{
    orm_engine *opened = engine;
    expect_status(ORM_DISCONNECTED,
                  orm_engine_open("postgresql://ormc:sesame@127.0.0.1:1/x?connect_timeout=5", NULL, &opened, &error));
    ck_assert_ptr_null(opened);
    expect_said(error.message, "127.0.0.1");
    ck_assert_ptr_null(strstr(error.message, "sesame"));
    ck_assert_ptr_null(strstr(error.statement, "sesame"));
}
END_TEST

START_TEST(a_file_that_cannot_be_made_is_told)
{
    orm_engine *opened = engine;
    ck_assert_int_ne(orm_engine_open("sqlite:////no/such/folder/x.db", NULL, &opened, &error), ORM_OK);
    ck_assert_ptr_null(opened);
    expect_said(error.message, "/no/such/folder/x.db");
}
END_TEST

START_TEST(an_engine_tells_its_database_and_hides_its_password)
{
    ck_assert(strcmp(orm_engine_database(engine), "sqlite") == 0 ||
              strcmp(orm_engine_database(engine), "postgresql") == 0);
    ck_assert_int_eq(strncmp(orm_engine_url(engine), on_sqlite() ? "sqlite" : "postgres", 6), 0);
    if (on_sqlite())
        return;
    char url[1024];
    const char *rest = strchr(test_url(), '@');
    ck_assert_ptr_nonnull(rest);
    snprintf(url, sizeof url, "postgresql://ormc:sesame%s", rest);
    orm_engine *secret;
    ok(orm_engine_open(url, NULL, &secret, &error));
    ck_assert_ptr_null(strstr(orm_engine_url(secret), "sesame"));
    orm_engine_close(secret);
}
END_TEST

START_TEST(a_database_in_memory_is_shared_by_its_engine)
{
    orm_engine *memory;
    orm_session *one, *two;
    size_t count;
    ok(orm_engine_open("sqlite://", NULL, &memory, &error));
    ok(blog_create_all(memory, &error));
    ok(orm_session_open(&(orm_session_factory){.engine = memory}, &one, &error));
    ok(orm_session_open(&(orm_session_factory){.engine = memory}, &two, &error));
    ok(blog_author_add(one, &(blog_author_values){.email = "a@b", .name = "Ada"}, NULL));
    ok(orm_session_commit(one));
    ok(blog_author_count(two, NULL, &count));
    ck_assert_uint_eq(count, 1);
    orm_session_close(one);
    orm_session_close(two);
    orm_engine_close(memory);
    ok(orm_engine_open("sqlite://", NULL, &memory, &error)); /* another one */
    ok(orm_session_open(&(orm_session_factory){.engine = memory}, &one, &error));
    expect_status(ORM_SCHEMA, blog_author_count(one, NULL, &count));
    orm_session_close(one);
    orm_engine_close(memory);
}
END_TEST

/* --- the pool --- */

START_TEST(the_pool_counts_and_keeps_connections)
{
    orm_connection *two = open_connection(), *three = open_connection();
    ck_assert_uint_eq(orm_engine_pool(engine).in_use, 3);
    orm_connection_close(two);
    orm_connection_close(three);
    orm_pool_statistics pool = orm_engine_pool(engine);
    ck_assert_uint_eq(pool.in_use, 1);
    ck_assert_uint_eq(pool.open, pool.in_use + pool.idle);
    size_t ever = pool.opened_ever;
    for (int i = 0; i < 10; i++)
        orm_connection_close(open_connection());
    ck_assert_uint_eq(orm_engine_pool(engine).opened_ever, ever);
}
END_TEST

START_TEST(a_full_pool_times_out)
{
    orm_engine *small;
    orm_connection *one, *two = c;
    const orm_engine_options options = {.pool_size = 1, .max_overflow = -1, .pool_timeout = -1};
    ok(orm_engine_open(test_url(), &options, &small, &error));
    ok(orm_connection_open(small, &one, &error));
    expect_status(ORM_TIMEOUT, orm_connection_open(small, &two, &error));
    ck_assert_ptr_null(two);
    orm_connection_close(one);
    ok(orm_connection_open(small, &two, &error));
    orm_connection_close(two);
    orm_engine_close(small);
}
END_TEST

START_TEST(a_session_holds_no_connection_between_transactions)
{
    orm_connection_close(c);
    c = NULL;
    ck_assert_uint_eq(orm_engine_pool(engine).in_use, 0);
    add_author("ada");
    ck_assert_uint_eq(orm_engine_pool(engine).in_use, 0);
    ok(orm_session_flush(s));
    ck_assert_uint_eq(orm_engine_pool(engine).in_use, 1);
    ok(orm_session_commit(s));
    ck_assert_uint_eq(orm_engine_pool(engine).in_use, 0);
    add_author("bob");
    ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    ck_assert_uint_eq(orm_engine_pool(engine).in_use, 0);
}
END_TEST

START_TEST(more_statements_than_the_cache_holds_still_run)
{
    orm_engine *small;
    orm_connection *one;
    const blog_author *rows;
    size_t count;
    orm_result *result;
    ok(orm_engine_open(test_url(), &(orm_engine_options){.statement_cache_size = 2}, &small, &error));
    ok(orm_connection_open(small, &one, &error));
    for (int i = 0; i < 50; i++) {
        const blog_author_query queries[] = {{.where = {orm_eq(BLOG_AUTHOR.id, i)}},
                                             {.where = {orm_gt(BLOG_AUTHOR.id, i)}},
                                             {.where = {orm_lt(BLOG_AUTHOR.id, i)}},
                                             {.where = {orm_is_null(BLOG_AUTHOR.bio)}}};
        ok(blog_author_select(one, &queries[i % 4], &rows, &count, &result));
        orm_result_free(result);
    }
    orm_connection_close(one);
    orm_engine_close(small);
}
END_TEST

/* --- two sessions --- */

START_TEST(sessions_see_what_others_committed_and_nothing_else)
{
    size_t count;
    orm_session *other = open_session((orm_session_factory){0});
    const blog_author *ada = add_author("ada");
    ok(orm_session_flush(s));
    ok(blog_author_count(other, NULL, &count));
    ck_assert_uint_eq(count, 0);
    ok(orm_session_commit(other));
    ok(orm_session_commit(s));
    ok(blog_author_count(other, NULL, &count));
    ck_assert_uint_eq(count, 1);
    const blog_author *theirs;
    ok(blog_author_get(other, ada->id, &theirs));
    ck_assert_str_eq(theirs->name, "ada");
    orm_session_close(other);
}
END_TEST

START_TEST(the_last_of_two_changes_of_different_columns_keeps_both)
{
    const blog_author *mine = add_author("ada"), *theirs;
    ok(orm_session_commit(s));
    orm_session *other = open_session((orm_session_factory){0});
    ok(blog_author_get(other, mine->id, &theirs));
    ok(orm_session_commit(other));
    ok(blog_author_set_name(s, mine, "mine"));
    ok(orm_session_commit(s));
    ok(blog_author_set_bio(other, theirs, "theirs"));
    ok(orm_session_commit(other));
    ok(orm_session_refresh(s, mine));
    ck_assert_str_eq(mine->name, "mine");
    ck_assert_str_eq(mine->bio, "theirs");
    orm_session_close(other);
}
END_TEST

START_TEST(a_reader_becomes_a_writer)
{
    const blog_author *mine, *found;
    int64_t id;
    const blog_author *ada = add_author("ada");
    ok(orm_session_flush(s));
    id = ada->id;
    commit_and_forget();
    ok(blog_author_get(s, id, &mine)); /* reads; then somebody else writes */
    orm_session *other = open_session((orm_session_factory){0});
    ok(blog_author_add(other, &(blog_author_values){.email = "b@c", .name = "Bob"}, NULL));
    ok(orm_session_commit(other));
    ok(blog_author_set_bio(s, mine, "b"));
    ok(orm_session_commit(s));
    ok(blog_author_get(other, id, &found));
    ck_assert_str_eq(found->bio, "b");
    orm_session_close(other);
}
END_TEST

START_TEST(a_repeatable_reader_sees_one_moment)
{
    size_t before, after;
    reopen_session((orm_session_factory){.isolation = ORM_REPEATABLE_READ});
    ok(blog_author_count(s, NULL, &before));
    ok(blog_author_insert(c, &(blog_author_values){.email = "b@c", .name = "Bob"}, NULL, NULL));
    ok(blog_author_count(s, NULL, &after));
    ck_assert_uint_eq(before, after);
    ok(orm_session_commit(s));
    ok(blog_author_count(s, NULL, &after));
    ck_assert_uint_eq(after, before + 1);
}
END_TEST

/* All but `c`'s own, and waits until they are gone. */
static void kill_other_connections(void)
{
    run_sql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()");
}

START_TEST(a_connection_killed_while_idle_is_replaced_unseen)
{
    size_t count;
    if (on_sqlite())
        return;
    ok(blog_author_count(s, NULL, &count));
    ok(orm_session_commit(s));
    kill_other_connections();
    ok(blog_author_count(s, NULL, &count));
}
END_TEST

START_TEST(a_connection_killed_in_a_transaction_is_disconnected)
{
    if (on_sqlite())
        return;
    add_author("ada");
    ok(orm_session_flush(s));
    kill_other_connections();
    add_author("bob");
    expect_status(ORM_DISCONNECTED, orm_session_flush(s));
    orm_status status = orm_session_commit(s);
    ck_assert_int_ne(status, ORM_OK);
    ok(orm_session_rollback(s));
    size_t count;
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

Suite *suite_connections(void)
{
    Suite *suite = suite_create("connections");
    TCase *opening = new_case(suite, "opening");
    tcase_add_loop_test(opening, a_bad_url_is_refused, 0, 7);
    tcase_add_test(opening, a_url_of_nothing_is_refused);
    tcase_add_test(opening, a_missing_server_is_disconnected_and_the_password_stays_secret);
    tcase_add_test(opening, a_file_that_cannot_be_made_is_told);
    tcase_add_test(opening, an_engine_tells_its_database_and_hides_its_password);
    tcase_add_test(opening, a_database_in_memory_is_shared_by_its_engine);
    TCase *pool = new_case(suite, "pool");
    tcase_add_test(pool, the_pool_counts_and_keeps_connections);
    tcase_add_test(pool, a_full_pool_times_out);
    tcase_add_test(pool, a_session_holds_no_connection_between_transactions);
    tcase_add_test(pool, more_statements_than_the_cache_holds_still_run);
    TCase *two = new_case(suite, "two");
    tcase_add_test(two, sessions_see_what_others_committed_and_nothing_else);
    tcase_add_test(two, the_last_of_two_changes_of_different_columns_keeps_both);
    tcase_add_test(two, a_reader_becomes_a_writer);
    tcase_add_test(two, a_repeatable_reader_sees_one_moment);
    TCase *killed = new_case(suite, "killed");
    tcase_add_test(killed, a_connection_killed_while_idle_is_replaced_unseen);
    tcase_add_test(killed, a_connection_killed_in_a_transaction_is_disconnected);
    return suite;
}
