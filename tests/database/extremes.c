/* extremes.c -- values that look empty, rows that the database drops, merges of odd rows.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

/* --- values that look empty --------------------------------------------------------------------------------------- */

START_TEST(empty_is_not_null)
{
    static const uint8_t nothing[1];
    const kinds_optional *row;
    ok(kinds_optional_add(
        s,
        &(kinds_optional_values){.label = ORM_VALUE(""), .data = ORM_VALUE({nothing, 0}), .number = ORM_VALUE({"0"})},
        &row));
    commit_and_forget();
    ok(kinds_optional_first(s, NULL, &row));
    ck_assert_ptr_nonnull(row->label);
    ck_assert_str_eq(row->label, "");
    ck_assert_ptr_nonnull(row->data.data);
    ck_assert_uint_eq(row->data.size, 0);
    forget_statements();
    ok(kinds_optional_set_label(s, row, ""));
    ok(kinds_optional_set_data(s, row, (orm_bytes){nothing, 0}));
    ok(orm_session_commit(s));
    expect_statements("");
    ok(kinds_optional_set_label(s, row, NULL));
    ok(kinds_optional_set_data(s, row, (orm_bytes){NULL, 0}));
    commit_and_forget();
    ok(kinds_optional_first(s, NULL, &row));
    ck_assert_ptr_null(row->label);
    ck_assert_ptr_null(row->data.data);
    ok(kinds_optional_set_label(s, row, ""));
    ok(kinds_optional_set_data(s, row, (orm_bytes){nothing, 0}));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("UPDATE optional 1");
}
END_TEST

START_TEST(bytes_that_end_no_text_come_back)
{
    static const uint8_t bytes[] = {'a', 0, 'b', 0xff, 0xfe, 0, 0};
    const kinds_optional *row;
    ok(kinds_optional_add(s, &(kinds_optional_values){.data = ORM_VALUE({bytes, sizeof bytes})}, &row));
    commit_and_forget();
    ok(kinds_optional_first(s, NULL, &row));
    ck_assert_uint_eq(row->data.size, sizeof bytes);
    ck_assert_mem_eq(row->data.data, bytes, sizeof bytes);
}
END_TEST

/* --- rows that the database drops --------------------------------------------------------------------------------- */

static void drop_triggers(void)
{
    run_sql(on_sqlite() ? "DROP TRIGGER IF EXISTS drops" : "DROP TRIGGER IF EXISTS drops ON authors");
}

START_TEST(a_row_that_a_trigger_drops_takes_no_key_of_another)
{
    const blog_author *kept, *dropped, *got;
    drop_triggers();
    if (on_sqlite()) {
        run_sql("CREATE TRIGGER drops BEFORE INSERT ON authors WHEN NEW.name = 'drop' BEGIN SELECT RAISE(IGNORE); END");
    } else {
        run_sql("CREATE OR REPLACE FUNCTION drops() RETURNS trigger LANGUAGE plpgsql AS "
                "'BEGIN IF NEW.name = ''drop'' THEN RETURN NULL; END IF; RETURN NEW; END'");
        run_sql("CREATE TRIGGER drops BEFORE INSERT ON authors FOR EACH ROW EXECUTE FUNCTION drops()");
    }
    kept = add_author("kept");
    ok(orm_session_commit(s));
    int64_t id = kept->id;
    for (int i = 0; i <= 5 * _i; i++) { /* one, and many */
        char email[16];
        snprintf(email, sizeof email, "%d@x", i);
        ok(blog_author_add(s, &(blog_author_values){.email = email, .name = i % 2 ? "stay" : "drop"}, &dropped));
    }
    orm_status status = orm_session_commit(s);
    ck_assert_msg(status == ORM_STALE, "%s: %s", orm_status_name(status), story());
    ok(orm_session_rollback(s));
    drop_triggers();
    ok(blog_author_get(s, id, &got));
    ck_assert_ptr_eq(got, kept);
    ck_assert_str_eq(got->name, "kept");
    ck_assert_int_eq(stored_authors(), 1);
}
END_TEST

/* --- merge -------------------------------------------------------------------------------------------------------- */

START_TEST(a_merge_into_an_expired_entity_reads_it_first)
{
    const blog_author *ada = add_author("ada"), *merged;
    ok(orm_session_commit(s));
    const blog_author row = {.id = ada->id, .created_at = ada->created_at, .email = "ada@example.org", .name = "ada"};
    run_sql("UPDATE authors SET name = 'theirs', bio = 'theirs'");
    ok(orm_session_expire(s, ada));
    ok(blog_author_merge(s, &row, &merged));
    ck_assert_ptr_eq(merged, ada);
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("UPDATE authors 1");
    ok(orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "ada");
    ck_assert_ptr_null(ada->bio);
}
END_TEST

START_TEST(a_merge_of_a_deleted_row_adds_it_anew)
{
    const blog_author *ada = add_author("ada"), *merged;
    ok(orm_session_commit(s));
    blog_author row = *ada;
    row.name = "again";
    ok(blog_author_delete(s, ada));
    if (_i)
        ok(orm_session_flush(s));
    ok(blog_author_merge(s, &row, &merged));
    ck_assert_ptr_ne(merged, ada);
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements(_i ? "INSERT authors 1" : "DELETE profile 0, DELETE post 0, UPDATE authors 1");
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DETACHED);
    commit_and_forget();
    ok(blog_author_get(s, row.id, &merged));
    ck_assert_str_eq(merged->name, "again");
}
END_TEST

START_TEST(a_merge_that_fails_gives_nothing)
{
    const blog_author *ada = add_author("ada");
    const blog_post *post = add_post(ada, "t"), *merged = post;
    ok(orm_session_commit(s));
    blog_post row = *post;
    row.status = (blog_post_status)99;
    expect_status(ORM_INVALID, blog_post_merge(s, &row, &merged));
    ck_assert_ptr_null(merged);
    expect_status(ORM_INVALID, orm_session_commit(s));
    ok(orm_session_rollback(s));
    row.status = post->status;
    row.title = NULL;
    expect_status(ORM_INVALID, blog_post_merge(s, &row, &merged));
    ck_assert_ptr_null(merged);
}
END_TEST

START_TEST(a_merge_moves_a_row_between_collections)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "t"), *merged;
    blog_post_list posts;
    ok(orm_session_commit(s));
    ok(blog_author_get_posts(s, ada, &posts));
    ok(blog_author_get_posts(s, bob, &posts));
    blog_post row = *post;
    row.author_id = bob->id;
    ok(blog_post_merge(s, &row, &merged));
    ok(blog_author_get_posts(s, bob, &posts));
    ck_assert_uint_eq(posts.count, 1);
    ok(blog_author_get_posts(s, ada, &posts));
    ck_assert_uint_eq(posts.count, 0);
    ok(orm_session_commit(s));
    ck_assert_int_eq(post->author_id, bob->id);
}
END_TEST

START_TEST(a_session_that_only_reads_merges_nothing)
{
    const blog_author *merged;
    reopen_session((orm_session_factory){.read_only = true});
    expect_status(ORM_MISUSE, blog_author_merge(s, &(blog_author){.id = 5, .email = "a@b", .name = "n"}, &merged));
    ck_assert_ptr_null(merged);
}
END_TEST

Suite *suite_extremes(void)
{
    Suite *suite = suite_create("extremes");
    TCase *tcase = new_case(suite, "empty");
    tcase_add_test(tcase, empty_is_not_null);
    tcase_add_test(tcase, bytes_that_end_no_text_come_back);
    tcase = new_case(suite, "dropped");
    tcase_add_loop_test(tcase, a_row_that_a_trigger_drops_takes_no_key_of_another, 0, 2);
    tcase = new_case(suite, "merge");
    tcase_add_test(tcase, a_merge_into_an_expired_entity_reads_it_first);
    tcase_add_loop_test(tcase, a_merge_of_a_deleted_row_adds_it_anew, 0, 2);
    tcase_add_test(tcase, a_merge_that_fails_gives_nothing);
    tcase_add_test(tcase, a_merge_moves_a_row_between_collections);
    tcase_add_test(tcase, a_session_that_only_reads_merges_nothing);
    return suite;
}
