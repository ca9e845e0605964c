/* session.c -- identity, finding, states: what a session knows, and what it need not ask.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

static int64_t store_author(const char *name)
{
    const blog_author *author = add_author(name);
    ok(orm_session_flush(s));
    int64_t id = author->id;
    commit_and_forget();
    return id;
}

/* --- identity --- */

START_TEST(one_row_is_one_pointer_however_it_is_found)
{
    const blog_author *got, *again, *found, *one, *first;
    blog_author_list list;
    int64_t id = store_author("ada");
    ok(blog_author_get(s, id, &got));
    ok(blog_author_get(s, id, &again));
    ck_assert_ptr_eq(got, again);
    ok(blog_author_find(s, NULL, &list));
    ck_assert_uint_eq(list.count, 1);
    found = list.items[0];
    ok(blog_author_one(s, NULL, &one));
    ok(blog_author_first(s, NULL, &first));
    ck_assert_ptr_eq(got, found);
    ck_assert_ptr_eq(got, one);
    ck_assert_ptr_eq(got, first);
}
END_TEST

START_TEST(an_added_entity_is_the_one_found_later)
{
    const blog_author *ada = add_author("ada"), *got, *one;
    ok(blog_author_one(s, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.name, "ada")}}, &one));
    ck_assert_ptr_eq(one, ada);
    ok(blog_author_get(s, ada->id, &got));
    ck_assert_ptr_eq(got, ada);
}
END_TEST

START_TEST(getting_what_is_present_sends_nothing)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_author_get(s, ada->id, &got));
    ck_assert_ptr_eq(got, ada);
    expect_nothing_sent();
}
END_TEST

START_TEST(getting_what_is_absent_asks_each_time)
{
    const blog_author *got = (const blog_author *)&error;
    expect_status(ORM_NOT_FOUND, blog_author_get(s, 1, &got));
    ck_assert_ptr_null(got);
    expect_status(ORM_NOT_FOUND, blog_author_get(s, 1, &got));
    expect_statements("SELECT authors 0, SELECT authors 0");
    ok(orm_session_commit(s)); /* it is an answer, no error */
}
END_TEST

START_TEST(getting_a_pending_entity_by_its_key_sends_nothing)
{
    const blog_author *ada, *got;
    ok(blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(77), .email = "a@b", .name = "Ada"}, &ada));
    ok(blog_author_get(s, 77, &got));
    ck_assert_ptr_eq(got, ada);
    expect_nothing_sent();
}
END_TEST

START_TEST(two_sessions_have_each_their_own_entities)
{
    const blog_author *mine, *theirs;
    int64_t id = store_author("ada");
    orm_session *other = open_session((orm_session_factory){0});
    ok(blog_author_get(s, id, &mine));
    ok(blog_author_get(other, id, &theirs));
    ck_assert_ptr_ne(mine, theirs);
    ck_assert(orm_session_contains(s, mine));
    ck_assert(!orm_session_contains(s, theirs));
    orm_session_close(other);
}
END_TEST

START_TEST(a_query_leaves_pending_changes_alone)
{
    const blog_author *ada;
    blog_author_list list;
    int64_t id = store_author("ada");
    reopen_session((orm_session_factory){.no_autoflush = true});
    ok(blog_author_get(s, id, &ada));
    ok(blog_author_set_name(s, ada, "mine"));
    run_sql("UPDATE authors SET name = 'theirs', bio = 'theirs'");
    ok(blog_author_find(s, NULL, &list));
    ck_assert_ptr_eq(list.items[0], ada);
    ck_assert_str_eq(ada->name, "mine");
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "mine");
    ck_assert_str_eq(ada->bio, "theirs");
}
END_TEST

START_TEST(a_key_that_is_present_cannot_be_added)
{
    const blog_author *ada, *second = (const blog_author *)&error;
    ok(blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(5), .email = "a@b", .name = "Ada"}, &ada));
    expect_status(
        ORM_CONFLICT,
        blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(5), .email = "c@d", .name = "Bob"}, &second));
    ck_assert_ptr_null(second);
    expect_said(orm_session_error(s)->message, "5");
    orm_session_clear_error(s);
    ok(orm_session_commit(s));
    expect_status(
        ORM_CONFLICT,
        blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(5), .email = "c@d", .name = "Bob"}, &second));
}
END_TEST

START_TEST(many_entities_keep_their_addresses)
{
    enum { COUNT = 3000 };
    const blog_author **authors = malloc(COUNT * sizeof *authors);
    char name[32];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "n%04d", i);
        authors[i] = add_author(name);
    }
    ok(orm_session_flush(s));
    for (int i = 0; i < COUNT; i++) {
        const blog_author *got;
        snprintf(name, sizeof name, "n%04d", i);
        ok(blog_author_get(s, authors[i]->id, &got));
        ck_assert_ptr_eq(got, authors[i]);
        ck_assert_str_eq(got->name, name);
    }
    expect_statements("INSERT authors 3000");
    free(authors);
}
END_TEST

/* --- finding --- */

START_TEST(a_find_filters_orders_and_cuts)
{
    blog_post_list list;
    store_blog(2, 10);
    ok(blog_post_find(s,
                      &(blog_post_query){
                          .where = {orm_ge(BLOG_POST.title, "p005")},
                          .order_by = {orm_desc(BLOG_POST.title), orm_asc(BLOG_POST.id)},
                          .limit = 3,
                          .offset = 2,
                      },
                      &list));
    ck_assert_uint_eq(list.count, 3);
    ck_assert_str_eq(list.items[0]->title, "p008");
    ck_assert_str_eq(list.items[1]->title, "p008");
    ck_assert_str_eq(list.items[2]->title, "p007");
    ck_assert(!list.partial);
    ck_assert_int_lt(list.items[0]->id, list.items[1]->id);
    expect_statements("SELECT post 3");
}
END_TEST

START_TEST(one_wants_exactly_one)
{
    const blog_post *post = (const blog_post *)&error;
    expect_status(ORM_NOT_FOUND, blog_post_one(s, NULL, &post));
    ck_assert_ptr_null(post);
    store_blog(1, 2);
    post = (const blog_post *)&error;
    expect_status(ORM_TOO_MANY, blog_post_one(s, NULL, &post));
    ck_assert_ptr_null(post);
    ok(blog_post_one(s, &(blog_post_query){.where = {orm_eq(BLOG_POST.title, "p001")}}, &post));
    ck_assert_str_eq(post->title, "p001");
    ok(blog_post_one(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}, .limit = 1}, &post));
    ck_assert_str_eq(post->title, "p000");
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(first_takes_the_first_of_any_number)
{
    const blog_post *post = (const blog_post *)&error;
    expect_status(ORM_NOT_FOUND, blog_post_first(s, NULL, &post));
    ck_assert_ptr_null(post);
    store_blog(1, 5);
    ok(blog_post_first(s, &(blog_post_query){.order_by = {orm_desc(BLOG_POST.title)}}, &post));
    ck_assert_str_eq(post->title, "p004");
    expect_statements("SELECT post 1");
}
END_TEST

START_TEST(counting_and_asking_bring_no_rows)
{
    size_t count;
    bool exists;
    store_blog(2, 5);
    ok(blog_post_count(s, NULL, &count));
    ck_assert_uint_eq(count, 10);
    ok(blog_post_count(s, &(blog_post_query){.where = {orm_lt(BLOG_POST.title, "p002")}}, &count));
    ck_assert_uint_eq(count, 4);
    ok(blog_post_count(s, &(blog_post_query){.limit = 3}, &count));
    ck_assert_uint_eq(count, 3);
    ok(blog_post_count(s, &(blog_post_query){.offset = 7}, &count));
    ck_assert_uint_eq(count, 3);
    ok(blog_post_exists(s, NULL, &exists));
    ck_assert(exists);
    ok(blog_post_exists(s, &(blog_post_query){.where = {orm_eq(BLOG_POST.title, "none")}}, &exists));
    ck_assert(!exists);
}
END_TEST

START_TEST(a_list_stays_until_the_transaction_ends)
{
    blog_post_list first, second;
    store_blog(1, 3);
    ok(blog_post_find(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, &first));
    ok(blog_post_find(s, &(blog_post_query){.order_by = {orm_desc(BLOG_POST.id)}}, &second));
    ok(blog_post_delete(s, first.items[0]));
    ok(orm_session_flush(s));
    ck_assert_uint_eq(first.count, 3);
    ck_assert_ptr_eq(first.items[0], second.items[2]);
    orm_list_release(s, first.items);
    orm_list_release(s, NULL);
    ck_assert_str_eq(second.items[1]->title, "p001");
}
END_TEST

START_TEST(clearing_forgets_everything)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_flush(s));
    int64_t id = ada->id;
    add_author("pending");
    orm_session_clear(s);
    ok(blog_author_get(s, id, &got));
    ck_assert_str_eq(got->name, "ada");
    ok(orm_session_commit(s));
    size_t count;
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

/* --- states --- */

START_TEST(an_entity_goes_through_its_states)
{
    const blog_author *ada = add_author("ada");
    ck_assert_int_eq(orm_session_state(s, ada), ORM_PENDING);
    ck_assert(orm_session_contains(s, ada));
    ck_assert(orm_session_is_modified(s, ada));
    ok(orm_session_flush(s));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_PERSISTENT);
    ck_assert(!orm_session_is_modified(s, ada));
    ok(blog_author_set_name(s, ada, "Ada L."));
    ck_assert(orm_session_is_modified(s, ada));
    ok(orm_session_commit(s));
    ck_assert(!orm_session_is_modified(s, ada));
    ok(blog_author_delete(s, ada));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DELETED);
    ok(orm_session_flush(s));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DELETED);
    ck_assert(!orm_session_contains(s, ada));
    ok(orm_session_commit(s));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DETACHED);
}
END_TEST

START_TEST(a_deleted_pending_entity_is_never_sent)
{
    const blog_author *ada = add_author("ada");
    ok(blog_author_delete(s, ada));
    ck_assert(!orm_session_contains(s, ada));
    ok(orm_session_commit(s));
    expect_nothing_sent();
}
END_TEST

START_TEST(deleting_twice_is_deleting)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    ok(blog_author_delete(s, ada));
    ok(blog_author_delete(s, ada));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("DELETE authors 1");
}
END_TEST

START_TEST(deleting_nothing_is_misuse)
{
    expect_status(ORM_MISUSE, blog_author_delete(s, NULL));
    expect_status(ORM_MISUSE, orm_session_commit(s));
}
END_TEST

START_TEST(a_deleted_entity_is_not_found)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_commit(s));
    int64_t id = ada->id;
    ok(blog_author_delete(s, ada));
    expect_status(ORM_NOT_FOUND, blog_author_get(s, id, &got));
    ck_assert_ptr_null(got);
    ok(orm_session_flush(s));
    expect_status(ORM_NOT_FOUND, blog_author_get(s, id, &got));
}
END_TEST

START_TEST(a_deleted_entity_cannot_be_changed)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    ok(blog_author_delete(s, ada));
    expect_status(ORM_MISUSE, blog_author_set_name(s, ada, "x"));
    expect_said(orm_session_error(s)->message, "deleted");
    ck_assert_str_eq(ada->name, "ada");
}
END_TEST

START_TEST(an_entity_of_another_session_is_refused)
{
    const blog_author *ada = add_author("ada"), *theirs;
    ok(orm_session_commit(s));
    orm_session *other = open_session((orm_session_factory){0});
    ok(blog_author_get(other, ada->id, &theirs));
    expect_status(ORM_MISUSE, blog_author_set_name(s, theirs, "x"));
    orm_session_clear_error(s);
    expect_status(ORM_MISUSE, blog_author_delete(s, theirs));
    orm_session_clear_error(s);
    expect_status(ORM_MISUSE, blog_post_add(s, &(blog_post_values){.title = "t", .body = "b", .author = theirs}, NULL));
    orm_session_clear_error(s);
    blog_post_list posts;
    expect_status(ORM_MISUSE, blog_author_get_posts(s, theirs, &posts));
    orm_session_close(other);
}
END_TEST

/* --- refresh and expire --- */

START_TEST(values_stay_until_they_are_refreshed)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET name = 'changed'");
    ok(blog_author_get(s, ada->id, &got));
    ck_assert_str_eq(got->name, "ada");
    ok(orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "changed");
}
END_TEST

START_TEST(a_refresh_loses_pending_changes)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    ok(blog_author_set_name(s, ada, "mine"));
    ok(orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "ada");
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("");
}
END_TEST

START_TEST(refreshing_a_row_that_is_gone_is_not_found)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    run_sql("DELETE FROM authors");
    expect_status(ORM_NOT_FOUND, orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "ada");
}
END_TEST

START_TEST(an_expired_entity_is_read_by_its_next_get)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET name = 'changed'");
    ok(orm_session_expire(s, ada));
    ck_assert_str_eq(ada->name, "ada");
    forget_statements();
    ok(blog_author_get(s, ada->id, &got));
    ck_assert_ptr_eq(got, ada);
    ck_assert_str_eq(ada->name, "changed");
    expect_statements("SELECT authors 1");
    ok(blog_author_get(s, ada->id, &got));
    expect_statements("");
}
END_TEST

START_TEST(an_expired_entity_is_read_by_a_find)
{
    const blog_author *ada = add_author("ada"), *got;
    blog_author_list list;
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET name = 'changed'");
    ok(orm_session_expire(s, ada));
    ok(blog_author_find(s, NULL, &list));
    ck_assert_str_eq(ada->name, "changed");
    forget_statements();
    ok(blog_author_get(s, ada->id, &got));
    expect_statements("");
}
END_TEST

START_TEST(expiring_on_commit_is_on_request)
{
    reopen_session((orm_session_factory){.expire_on_commit = true});
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET name = 'changed'");
    ok(blog_author_get(s, ada->id, &got));
    ck_assert_str_eq(got->name, "changed");
}
END_TEST

START_TEST(a_locking_find_shows_the_database)
{
    const blog_author *ada = add_author("ada");
    blog_author_list list;
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET name = 'changed'");
    ok(blog_author_find(s, &(blog_author_query){.lock = ORM_FOR_UPDATE}, &list));
    ck_assert_ptr_eq(list.items[0], ada);
    ck_assert_str_eq(ada->name, "changed");
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(a_locking_find_keeps_what_was_not_flushed)
{
    reopen_session((orm_session_factory){.no_autoflush = true});
    const blog_author *ada = add_author("ada");
    blog_author_list list;
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET name = 'changed', bio = 'changed'");
    ok(blog_author_set_bio(s, ada, "mine"));
    forget_statements();
    ok(blog_author_find(s, &(blog_author_query){.lock = ORM_FOR_SHARE}, &list));
    expect_statements("SELECT authors 1");
    ck_assert_str_eq(ada->name, "changed");
    ck_assert_str_eq(ada->bio, "mine");
    ok(orm_session_commit(s));
    expect_statements("UPDATE authors 1");
}
END_TEST

START_TEST(a_locking_find_flushes_first)
{
    const blog_author *ada = add_author("ada");
    blog_author_list list;
    ok(orm_session_commit(s));
    ok(blog_author_set_bio(s, ada, "mine"));
    forget_statements();
    ok(blog_author_find(s, &(blog_author_query){.lock = ORM_FOR_UPDATE}, &list));
    expect_statements("UPDATE authors 1, SELECT authors 1");
    ck_assert_str_eq(ada->bio, "mine");
}
END_TEST

START_TEST(a_lock_that_another_holds_is_refused_at_once_with_nowait)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_commit(s));
    orm_session *other = open_session((orm_session_factory){0});
    blog_author_list list;
    ck_assert_int_eq(blog_author_find(other, &(blog_author_query){.lock = ORM_FOR_UPDATE}, &list), ORM_OK);
    int64_t start = orm_timestamptz_now().microseconds;
    expect_status(ORM_TIMEOUT, blog_author_find(s, &(blog_author_query){.lock = ORM_FOR_UPDATE_NOWAIT}, &list));
    ck_assert_int_lt(orm_timestamptz_now().microseconds - start, 1000000);
    ck_assert_ptr_null(list.items);
    ck_assert_str_eq(orm_session_error(s)->sqlstate, "55P03");
    expect_status(ORM_ROLLBACK_FIRST, blog_author_get(s, ada->id + 1, &got));
    orm_session_close(other);
    ok(orm_session_rollback(s));
    ok(blog_author_find(s, &(blog_author_query){.lock = ORM_FOR_UPDATE_NOWAIT}, &list));
    ck_assert_uint_eq(list.count, 1);
}
END_TEST

START_TEST(rows_that_another_has_locked_are_skipped)
{
    if (on_sqlite())
        return;
    const blog_author *ada = add_author("ada");
    add_author("bob");
    ok(orm_session_commit(s));
    orm_session *other = open_session((orm_session_factory){0});
    blog_author_list list;
    ck_assert_int_eq(
        blog_author_find(
            other, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.id, ada->id)}, .lock = ORM_FOR_UPDATE}, &list),
        ORM_OK);
    ok(blog_author_find(s, &(blog_author_query){.lock = ORM_FOR_UPDATE_SKIP_LOCKED}, &list));
    ck_assert_uint_eq(list.count, 1);
    ck_assert_str_eq(list.items[0]->name, "bob");
    orm_session_close(other);
}
END_TEST

START_TEST(skipping_locked_rows_is_unsupported_on_sqlite)
{
    blog_author_list list;
    orm_status status = blog_author_find(s, &(blog_author_query){.lock = ORM_FOR_UPDATE_SKIP_LOCKED}, &list);
    ck_assert_int_eq(status, on_sqlite() ? ORM_UNSUPPORTED : ORM_OK);
}
END_TEST

/* --- autoflush, read-only, connection --- */

START_TEST(a_query_flushes_first)
{
    blog_author_list list;
    add_author("ada");
    ok(blog_author_find(s, NULL, &list));
    ck_assert_uint_eq(list.count, 1);
    expect_statements("INSERT authors 1, SELECT authors 1");
}
END_TEST

START_TEST(every_kind_of_query_flushes_first)
{
    size_t count;
    bool exists;
    const blog_author *found;
    add_author("a");
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 1);
    add_author("b");
    ok(blog_author_exists(s, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.name, "b")}}, &exists));
    ck_assert(exists);
    add_author("c");
    ok(blog_author_one(s, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.name, "c")}}, &found));
    add_author("d");
    ok(blog_author_first(s, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.name, "d")}}, &found));
    add_author("e");
    blog_post_list posts;
    ok(blog_author_get_posts(s, found, &posts));
    ok(orm_session_rollback(s));
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(without_autoflush_a_query_sees_the_database_alone)
{
    blog_author_list list;
    reopen_session((orm_session_factory){.no_autoflush = true});
    add_author("ada");
    ok(blog_author_find(s, NULL, &list));
    ck_assert_uint_eq(list.count, 0);
    expect_statements("SELECT authors 0");
    ok(orm_session_commit(s));
    ok(blog_author_find(s, NULL, &list));
    ck_assert_uint_eq(list.count, 1);
}
END_TEST

START_TEST(a_query_fails_with_the_flush_before_it)
{
    blog_author_list list;
    add_author("ada");
    ok(orm_session_commit(s));
    add_author("ada");
    expect_status(ORM_CONSTRAINT, blog_author_find(s, NULL, &list));
    ck_assert_uint_eq(list.count, 0);
    ck_assert_str_eq(orm_session_error(s)->sqlstate, "23505");
}
END_TEST

START_TEST(a_read_only_session_refuses_to_write)
{
    const blog_author *ada;
    int64_t id = store_author("ada");
    reopen_session((orm_session_factory){.read_only = true});
    ok(blog_author_get(s, id, &ada));
    expect_status(ORM_MISUSE, blog_author_set_name(s, ada, "x"));
    ck_assert_str_eq(ada->name, "ada");
    orm_session_clear_error(s);
    expect_status(ORM_MISUSE, blog_author_delete(s, ada));
    orm_session_clear_error(s);
    expect_status(ORM_MISUSE, blog_author_add(s, &(blog_author_values){.email = "b@c", .name = "Bob"}, NULL));
    orm_session_clear_error(s);
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(core_runs_inside_the_sessions_transaction)
{
    const blog_author *rows;
    size_t count;
    orm_result *result;
    add_author("ada");
    orm_connection *own = orm_session_connection(s);
    ck_assert_ptr_nonnull(own);
    ok(blog_author_select(own, NULL, &rows, &count, &result));
    ck_assert_uint_eq(count, 1);
    orm_result_free(result);
    ok(blog_author_insert(own, &(blog_author_values){.email = "b@c", .name = "Bob"}, NULL, NULL));
    ok(orm_session_rollback(s));
    size_t left;
    ok(blog_author_count(s, NULL, &left));
    ck_assert_uint_eq(left, 0);
}
END_TEST

START_TEST(a_session_without_an_engine_is_misuse)
{
    orm_session *none = s;
    expect_status(ORM_MISUSE, orm_session_open(&(orm_session_factory){.engine = NULL}, &none, &error));
    ck_assert_ptr_null(none);
}
END_TEST

Suite *suite_session(void)
{
    Suite *suite = suite_create("session");
    TCase *identity = new_case(suite, "identity");
    tcase_add_test(identity, one_row_is_one_pointer_however_it_is_found);
    tcase_add_test(identity, an_added_entity_is_the_one_found_later);
    tcase_add_test(identity, getting_what_is_present_sends_nothing);
    tcase_add_test(identity, getting_what_is_absent_asks_each_time);
    tcase_add_test(identity, getting_a_pending_entity_by_its_key_sends_nothing);
    tcase_add_test(identity, two_sessions_have_each_their_own_entities);
    tcase_add_test(identity, a_query_leaves_pending_changes_alone);
    tcase_add_test(identity, a_key_that_is_present_cannot_be_added);
    tcase_add_test(identity, many_entities_keep_their_addresses);
    TCase *finding = new_case(suite, "finding");
    tcase_add_test(finding, a_find_filters_orders_and_cuts);
    tcase_add_test(finding, one_wants_exactly_one);
    tcase_add_test(finding, first_takes_the_first_of_any_number);
    tcase_add_test(finding, counting_and_asking_bring_no_rows);
    tcase_add_test(finding, a_list_stays_until_the_transaction_ends);
    tcase_add_test(finding, clearing_forgets_everything);
    TCase *states = new_case(suite, "states");
    tcase_add_test(states, an_entity_goes_through_its_states);
    tcase_add_test(states, a_deleted_pending_entity_is_never_sent);
    tcase_add_test(states, deleting_twice_is_deleting);
    tcase_add_test(states, deleting_nothing_is_misuse);
    tcase_add_test(states, a_deleted_entity_is_not_found);
    tcase_add_test(states, a_deleted_entity_cannot_be_changed);
    tcase_add_test(states, an_entity_of_another_session_is_refused);
    TCase *refresh = new_case(suite, "refresh");
    tcase_add_test(refresh, values_stay_until_they_are_refreshed);
    tcase_add_test(refresh, a_refresh_loses_pending_changes);
    tcase_add_test(refresh, refreshing_a_row_that_is_gone_is_not_found);
    tcase_add_test(refresh, an_expired_entity_is_read_by_its_next_get);
    tcase_add_test(refresh, an_expired_entity_is_read_by_a_find);
    tcase_add_test(refresh, expiring_on_commit_is_on_request);
    tcase_add_test(refresh, a_locking_find_shows_the_database);
    tcase_add_test(refresh, a_locking_find_keeps_what_was_not_flushed);
    tcase_add_test(refresh, a_locking_find_flushes_first);
    tcase_add_test(refresh, a_lock_that_another_holds_is_refused_at_once_with_nowait);
    tcase_add_test(refresh, rows_that_another_has_locked_are_skipped);
    tcase_add_test(refresh, skipping_locked_rows_is_unsupported_on_sqlite);
    TCase *settings = new_case(suite, "settings");
    tcase_add_test(settings, a_query_flushes_first);
    tcase_add_test(settings, every_kind_of_query_flushes_first);
    tcase_add_test(settings, without_autoflush_a_query_sees_the_database_alone);
    tcase_add_test(settings, a_query_fails_with_the_flush_before_it);
    tcase_add_test(settings, a_read_only_session_refuses_to_write);
    tcase_add_test(settings, core_runs_inside_the_sessions_transaction);
    tcase_add_test(settings, a_session_without_an_engine_is_misuse);
    return suite;
}
