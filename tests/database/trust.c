/* trust.c -- what a session believes of its rows: expired, read again, rolled back, written past it. A value that it
 * cannot know is never taken for equal, and what it does not know is read.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

static const char *stored_name(void)
{
    static char name[64];
    orm_rows *rows = NULL;
    const char *text;
    ok(orm_connection_query(c, "SELECT name FROM authors", NULL, &rows));
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &text));
    snprintf(name, sizeof name, "%s", text);
    orm_rows_close(rows);
    return name;
}

static const blog_author *committed_author(void)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    forget_statements();
    return ada;
}

/* --- set ---------------------------------------------------------------------------------------------------------- */

START_TEST(a_value_that_was_dropped_by_expire_can_be_set_again)
{
    const blog_author *ada = committed_author();
    ok(blog_author_set_name(s, ada, "x"));
    ok(orm_session_expire(s, ada));
    ok(blog_author_set_name(s, ada, "x"));
    ok(orm_session_commit(s));
    expect_statements("UPDATE authors 1");
    ck_assert_str_eq(stored_name(), "x");
}
END_TEST

START_TEST(the_old_value_is_written_when_a_refresh_has_shown_another)
{
    const blog_author *ada = committed_author();
    ok(blog_author_set_name(s, ada, "mine"));
    run_sql("UPDATE authors SET name = 'theirs'");
    ok(orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "theirs");
    ok(blog_author_set_name(s, ada, "ada"));
    ok(orm_session_commit(s));
    ck_assert_str_eq(stored_name(), "ada");
}
END_TEST

START_TEST(the_old_value_is_written_when_a_locking_read_has_shown_another)
{
    const blog_author *ada, *got;
    reopen_session((orm_session_factory){.no_autoflush = true});
    ada = committed_author();
    ok(blog_author_set_bio(s, ada, "mine"));
    run_sql("UPDATE authors SET name = 'theirs'");
    ok(blog_author_first(s, &(blog_author_query){.lock = ORM_FOR_UPDATE}, &got));
    ck_assert_ptr_eq(got, ada);
    ck_assert_str_eq(ada->name, "theirs");
    expect_text(ada->bio, "mine");
    ok(blog_author_set_name(s, ada, "ada"));
    ok(orm_session_commit(s));
    ck_assert_str_eq(stored_name(), "ada");
}
END_TEST

START_TEST(a_value_that_a_rollback_put_back_is_written_when_it_is_set)
{
    const blog_author *ada = committed_author();
    ok(blog_author_set_name(s, ada, "mine"));
    ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    run_sql("UPDATE authors SET name = 'theirs'");
    ok(blog_author_set_name(s, ada, "ada"));
    ok(orm_session_commit(s));
    ck_assert_str_eq(stored_name(), "ada");
}
END_TEST

START_TEST(after_expire_on_commit_an_equal_value_is_written_since_nobody_knows)
{
    reopen_session((orm_session_factory){.expire_on_commit = true});
    const blog_author *ada = committed_author();
    run_sql("UPDATE authors SET name = 'theirs'");
    ok(blog_author_set_name(s, ada, "ada"));
    ok(orm_session_commit(s));
    expect_statements("OTHER 1, UPDATE authors 1");
    ck_assert_str_eq(stored_name(), "ada");
}
END_TEST

/* --- rollback ----------------------------------------------------------------------------------------------------- */

/* The transaction, or a savepoint in it. */
static void begin(bool nested)
{
    if (nested)
        ok(orm_session_begin_nested(s));
}

static void undo(bool nested)
{
    ok(nested ? orm_session_rollback_nested(s) : orm_session_rollback(s));
}

START_TEST(a_row_that_core_added_is_gone_after_a_rollback)
{
    const blog_author *ada, *got;
    begin(_i);
    orm_connection *own = orm_session_connection(s);
    ok(blog_author_insert(own, &(blog_author_values){.id = ORM_VALUE(77), .email = "a@b", .name = "ada"}, NULL, NULL));
    ok(blog_author_get(s, 77, &ada));
    undo(_i);
    expect_status(ORM_NOT_FOUND, blog_author_get(s, 77, &got));
    blog_author_list all;
    ok(blog_author_find(s, NULL, &all));
    ck_assert_uint_eq(all.count, 0);
}
END_TEST

START_TEST(a_value_that_was_read_before_a_rollback_is_read_again)
{
    const blog_author *ada, *got;
    committed_author();
    orm_session_clear(s);
    begin(_i);
    ok(orm_connection_execute(orm_session_connection(s), "UPDATE authors SET name = 'undone'", NULL, NULL));
    ok(blog_author_first(s, NULL, &ada));
    ck_assert_str_eq(ada->name, "undone");
    undo(_i);
    if (_i) { /* and what is set to it is written */
        ok(blog_author_set_name(s, ada, "undone"));
        ok(orm_session_commit(s));
        ck_assert_str_eq(stored_name(), "undone");
        return;
    }
    ok(blog_author_get(s, ada->id, &got));
    ck_assert_str_eq(ada->name, "ada");
}
END_TEST

START_TEST(a_value_that_was_refreshed_before_a_rollback_is_read_again)
{
    const blog_author *ada = committed_author(), *got;
    begin(_i);
    ok(orm_connection_execute(orm_session_connection(s), "UPDATE authors SET name = 'undone'", NULL, NULL));
    ok(orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "undone");
    undo(_i);
    ok(blog_author_get(s, ada->id, &got));
    ck_assert_str_eq(ada->name, "ada");
}
END_TEST

/* SQLite gives the key again, which a rollback has freed. */
START_TEST(a_key_that_a_rollback_freed_is_of_the_row_that_gets_it)
{
    const blog_author *ghost, *ada, *got;
    ok(orm_session_begin(s));
    ok(blog_author_insert(orm_session_connection(s), &(blog_author_values){.email = "a@b", .name = "ghost"}, NULL,
                          NULL));
    ok(blog_author_first(s, NULL, &ghost));
    int64_t id = ghost->id;
    ok(orm_session_rollback(s));
    if (!on_sqlite())
        run_sql(
            "SELECT setval(pg_get_serial_sequence('authors', 'id'), nextval(pg_get_serial_sequence('authors', 'id')) - "
            "2)");
    ada = add_author("ada");
    if (_i) { /* what was changed in the one that is gone must not be written to the other */
        ok(blog_author_set_name(s, ghost, "changed"));
        expect_status(ORM_STALE, orm_session_flush(s));
        ok(orm_session_rollback(s));
        ck_assert_int_eq(stored_authors(), 0);
        return;
    }
    ok(orm_session_commit(s));
    ck_assert_int_eq(ada->id, id);
    ck_assert_int_eq(orm_session_state(s, ghost), ORM_DETACHED);
    ok(blog_author_get(s, id, &got));
    ck_assert_ptr_eq(got, ada);
}
END_TEST

START_TEST(a_key_that_another_deleted_is_free_again)
{
    const shapes_country *old, *new, *got;
    ok(shapes_country_add(s, &(shapes_country_values){.code = "gb", .name = "old"}, &old));
    ok(orm_session_commit(s));
    run_sql("DELETE FROM country");
    expect_status(ORM_NOT_FOUND, orm_session_refresh(s, old));
    ok(shapes_country_add(s, &(shapes_country_values){.code = "gb", .name = "new"}, &new));
    ok(orm_session_commit(s));
    ok(shapes_country_get(s, "gb", &got));
    ck_assert_ptr_eq(got, new);
    ck_assert_int_eq(orm_session_state(s, old), ORM_DETACHED);
}
END_TEST

/* --- relations ---------------------------------------------------------------------------------------------------- */

START_TEST(a_relation_of_many_is_loaded_by_the_keys_that_the_rows_have_now)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob"), *got;
    add_post(ada, "1");
    add_post(ada, "2");
    ok(orm_session_commit(s));
    int64_t ida = ada->id, idb = bob->id;
    orm_session_clear(s);
    blog_post_list posts;
    ok(blog_post_find(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.title)}}, &posts));
    char sql[80];
    snprintf(sql, sizeof sql, "UPDATE post SET author_id = %lld WHERE title = '2'", (long long)idb);
    ok(orm_connection_execute(orm_session_connection(s), sql, NULL, NULL));
    ok(blog_post_get_author(s, posts.items[0], &got));
    ck_assert_int_eq(got->id, ida);
    ok(blog_post_get_author(s, posts.items[1], &got));
    ck_assert_int_eq(got->id, idb);
}
END_TEST

START_TEST(expired_rows_are_read_together_for_their_relations)
{
    reopen_session((orm_session_factory){.expire_on_commit = true});
    store_blog(3, 4);
    blog_post_list posts;
    ok(blog_post_find(s, NULL, &posts));
    const blog_post *kept[12];
    memcpy(kept, posts.items, sizeof kept);
    ok(orm_session_commit(s));
    forget_statements();
    for (size_t i = 0; i < 12; i++) {
        const blog_author *author;
        ok(blog_post_get_author(s, kept[i], &author));
        ck_assert_ptr_nonnull(author);
        ck_assert_int_eq(author->id, kept[i]->author_id);
    }
    expect_statements("SELECT post 12, SELECT authors 3");
}
END_TEST

START_TEST(collections_forget_a_move_that_is_dropped)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "t");
    blog_post_list posts;
    ok(orm_session_commit(s));
    ok(blog_author_get_posts(s, ada, &posts));
    ok(blog_author_get_posts(s, bob, &posts));
    ok(blog_post_set_author(s, post, bob));
    ok(_i ? orm_session_refresh(s, post) : orm_session_expire(s, post));
    ok(blog_author_get_posts(s, bob, &posts));
    ck_assert_uint_eq(posts.count, 0);
    ok(blog_author_get_posts(s, ada, &posts));
    ck_assert_uint_eq(posts.count, 1);
    ok(orm_session_commit(s));
    ck_assert_int_eq(post->author_id, ada->id);
}
END_TEST

START_TEST(what_is_pending_stays_in_a_collection_that_another_is_expunged_from)
{
    reopen_session((orm_session_factory){.no_autoflush = true});
    const blog_post *post = add_post(add_author("ada"), "old");
    ok(orm_session_commit(s));
    const blog_author *bob = add_author("bob");
    const blog_post *new = add_post(bob, "new");
    blog_post_list posts;
    ok(blog_post_set_author(s, post, bob));
    ok(orm_session_expunge(s, post));
    ok(blog_author_get_posts(s, bob, &posts));
    ck_assert_uint_eq(posts.count, 1);
    ck_assert_ptr_eq(posts.items[0], new);
}
END_TEST

START_TEST(what_was_expunged_is_found_again_by_relations)
{
    const blog_author *ada = add_author("ada"), *got;
    const blog_post *post = add_post(ada, "t");
    ok(orm_session_commit(s));
    ok(blog_post_get_author(s, post, &got));
    ck_assert_ptr_eq(got, ada);
    ok(orm_session_expunge(s, ada));
    forget_statements();
    ok(blog_post_get_author(s, post, &got));
    ck_assert_ptr_nonnull(got);
    ck_assert_ptr_ne(got, ada);
    ck_assert_int_eq(got->id, post->author_id);
    expect_statements("SELECT authors 1");
    ok(blog_post_get_author(s, post, &got));
    expect_statements("");
    ok(orm_session_commit(s));
    expect_statements("");
}
END_TEST

START_TEST(what_was_expunged_is_found_again_by_links)
{
    const server_item *item;
    const server_tag *tag;
    server_tag_list tags;
    ok(server_item_add(s, &(server_item_values){.name = "i", .price = 1}, &item));
    ok(server_tag_add(s, &(server_tag_values){.word = "w"}, &tag));
    ok(server_item_add_to_tags(s, item, tag));
    ok(orm_session_commit(s));
    ok(server_item_get_tags(s, item, &tags));
    ok(orm_session_expunge(s, tag));
    ok(server_item_get_tags(s, item, &tags));
    ck_assert_uint_eq(tags.count, 1);
    ck_assert_ptr_ne(tags.items[0], tag);
    ck_assert_str_eq(tags.items[0]->word, "w");
}
END_TEST

START_TEST(a_reference_to_what_was_expunged_is_refused_by_the_flush)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "t");
    ok(orm_session_commit(s));
    ok(blog_post_set_author(s, post, bob));
    ok(orm_session_expunge(s, bob));
    forget_statements();
    expect_status(ORM_CONFLICT, orm_session_flush(s));
    expect_said(orm_session_error(s)->message, "has left the session");
    expect_nothing_sent();
    ok(blog_post_set_author(s, post, ada));
    ok(orm_session_commit(s));
    ck_assert_int_eq(post->author_id, ada->id);
}
END_TEST

START_TEST(what_is_pending_and_expunged_leaves_those_that_refer_to_it_to_be_mended)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(bob, "t");
    ok(orm_session_expunge(s, bob));
    expect_status(ORM_CONFLICT, orm_session_flush(s));
    ok(blog_post_set_author(s, post, ada));
    ok(orm_session_commit(s));
    ck_assert_int_eq(post->author_id, ada->id);
    blog_author_list all;
    ok(blog_author_find(s, NULL, &all));
    ck_assert_uint_eq(all.count, 1);
}
END_TEST

/* --- reading ------------------------------------------------------------------------------------------------------ */

START_TEST(a_locking_read_leaves_what_is_pending_with_the_same_key)
{
    reopen_session((orm_session_factory){.no_autoflush = true});
    const blog_author *ada = committed_author(), *new, *got;
    int64_t id = ada->id;
    ok(blog_author_delete(s, ada));
    ok(blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(id), .email = "n@x", .name = "new"}, &new));
    ok(blog_author_first(s, &(blog_author_query){.lock = ORM_FOR_UPDATE}, &got));
    ck_assert_str_eq(new->name, "new");
    ok(orm_session_commit(s));
    ck_assert_str_eq(new->name, "new");
    ck_assert_str_eq(stored_name(), "new");
}
END_TEST

typedef struct visit {
    int64_t last;
    size_t count;
    bool done;
} visit;

static orm_status delete_the_last(orm_session *session, const blog_author *author, void *user)
{
    visit *v = user;
    const blog_author *last;
    v->count++;
    ck_assert_int_eq(orm_session_state(session, author), ORM_PERSISTENT);
    if (v->done)
        return ORM_OK;
    v->done = true;
    ok(blog_author_get(session, v->last, &last));
    ok(blog_author_delete(session, last));
    return orm_session_flush(session);
}

START_TEST(a_stream_brings_no_row_that_was_deleted_meanwhile)
{
    visit v = {0};
    insert_authors(200);
    ok(orm_connection_execute(c, "DELETE FROM authors WHERE email = 'x'", NULL, NULL));
    blog_author_list last;
    ok(blog_author_find(s, &(blog_author_query){.order_by = {orm_desc(BLOG_AUTHOR.id)}, .limit = 1}, &last));
    v.last = last.items[0]->id;
    ok(blog_author_each(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.id)}}, delete_the_last, &v));
    ck_assert_uint_eq(v.count, 199);
}
END_TEST

static orm_status rename_all(orm_session *session, const blog_author *author, void *user)
{
    visit *v = user;
    if (v->count++ == 0)
        ok(orm_connection_execute(orm_session_connection(session), "UPDATE authors SET name = 'later'", NULL, NULL));
    else if (author->id == v->last)
        return blog_author_set_name(session, author, "first");
    return ORM_OK;
}

START_TEST(a_row_that_a_stream_brings_late_can_be_set_to_what_it_was)
{
    visit v = {0};
    insert_authors(200);
    run_sql("UPDATE authors SET name = 'first'");
    blog_author_list last;
    ok(blog_author_find(s, &(blog_author_query){.order_by = {orm_desc(BLOG_AUTHOR.id)}, .limit = 1}, &last));
    v.last = last.items[0]->id;
    orm_session_clear(s);
    ok(blog_author_each(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.id)}}, rename_all, &v));
    ok(orm_session_commit(s));
    blog_author_query first = {.where = {orm_eq(BLOG_AUTHOR.name, "first")}};
    size_t count;
    orm_session_clear(s);
    ok(blog_author_count(s, &first, &count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

/* --- many_to_many ------------------------------------------------------------------------------------------------- */

START_TEST(a_link_that_is_there_is_added_once)
{
    const server_item *item;
    const server_tag *tag;
    ok(server_item_add(s, &(server_item_values){.name = "i", .price = 1}, &item));
    ok(server_tag_add(s, &(server_tag_values){.word = "w"}, &tag));
    ok(server_item_add_to_tags(s, item, tag));
    ok(orm_session_commit(s));
    ok(orm_session_expire(s, item)); /* so its tags are not loaded */
    forget_statements();
    ok(server_item_add_to_tags(s, item, tag));
    ok(orm_session_commit(s));
    server_tag_list tags;
    ok(server_item_get_tags(s, item, &tags));
    ck_assert_uint_eq(tags.count, 1);
}
END_TEST

START_TEST(what_is_not_in_a_pending_owners_relation_cannot_leave_it)
{
    const server_item *item;
    const server_tag *tag;
    ok(server_tag_add(s, &(server_tag_values){.word = "w"}, &tag));
    ok(orm_session_commit(s));
    ok(server_item_add(s, &(server_item_values){.name = "i", .price = 1}, &item));
    expect_status(ORM_MISUSE, server_item_remove_from_tags(s, item, tag));
    orm_session_clear_error(s);
    ok(orm_session_commit(s));
}
END_TEST

Suite *suite_trust(void)
{
    Suite *suite = suite_create("trust");
    TCase *tcase = new_case(suite, "set");
    tcase_add_test(tcase, a_value_that_was_dropped_by_expire_can_be_set_again);
    tcase_add_test(tcase, the_old_value_is_written_when_a_refresh_has_shown_another);
    tcase_add_test(tcase, the_old_value_is_written_when_a_locking_read_has_shown_another);
    tcase_add_test(tcase, a_value_that_a_rollback_put_back_is_written_when_it_is_set);
    tcase_add_test(tcase, after_expire_on_commit_an_equal_value_is_written_since_nobody_knows);
    tcase = new_case(suite, "rollback");
    tcase_add_loop_test(tcase, a_row_that_core_added_is_gone_after_a_rollback, 0, 2);
    tcase_add_loop_test(tcase, a_value_that_was_read_before_a_rollback_is_read_again, 0, 2);
    tcase_add_loop_test(tcase, a_value_that_was_refreshed_before_a_rollback_is_read_again, 0, 2);
    tcase_add_loop_test(tcase, a_key_that_a_rollback_freed_is_of_the_row_that_gets_it, 0, 2);
    tcase_add_test(tcase, a_key_that_another_deleted_is_free_again);
    tcase = new_case(suite, "relations");
    tcase_add_test(tcase, a_relation_of_many_is_loaded_by_the_keys_that_the_rows_have_now);
    tcase_add_test(tcase, expired_rows_are_read_together_for_their_relations);
    tcase_add_loop_test(tcase, collections_forget_a_move_that_is_dropped, 0, 2);
    tcase_add_test(tcase, what_is_pending_stays_in_a_collection_that_another_is_expunged_from);
    tcase_add_test(tcase, what_was_expunged_is_found_again_by_relations);
    tcase_add_test(tcase, what_was_expunged_is_found_again_by_links);
    tcase_add_test(tcase, a_reference_to_what_was_expunged_is_refused_by_the_flush);
    tcase_add_test(tcase, what_is_pending_and_expunged_leaves_those_that_refer_to_it_to_be_mended);
    tcase = new_case(suite, "reading");
    tcase_add_test(tcase, a_locking_read_leaves_what_is_pending_with_the_same_key);
    tcase_add_test(tcase, a_stream_brings_no_row_that_was_deleted_meanwhile);
    tcase_add_test(tcase, a_row_that_a_stream_brings_late_can_be_set_to_what_it_was);
    tcase = new_case(suite, "many_to_many");
    tcase_add_test(tcase, a_link_that_is_there_is_added_once);
    tcase_add_test(tcase, what_is_not_in_a_pending_owners_relation_cannot_leave_it);
    return suite;
}
