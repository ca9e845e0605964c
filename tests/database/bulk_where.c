/* bulk_where.c -- changing and deleting all rows that meet a condition, upserts, and what a session's entities show
 * afterwards.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

/* Ada (id of `ada`) with posts of 1, 2 and 3 views, Bob with one of 4. */
static const blog_author *ada, *bob;
static const blog_post *posts[4];

static void store(void)
{
    ada = add_author("ada");
    bob = add_author("bob");
    for (int i = 0; i < 4; i++) {
        char title[16];
        snprintf(title, sizeof title, "p%d", i + 1);
        posts[i] = add_post(i < 3 ? ada : bob, title);
        ok(blog_post_set_views(s, posts[i], i + 1));
    }
    ok(orm_session_commit(s));
    forget_statements();
}

START_TEST(an_update_on_the_sessions_connection_shows_in_its_entities)
{
    size_t count;
    const blog_post *post;
    store();
    orm_connection *own = orm_session_connection(s);
    ok(blog_post_update_where(own, orm_ge(BLOG_POST.views, 2),
                              &(blog_post_changes){.views = ORM_PLUS(BLOG_POST.views, 10), .title = ORM_VALUE("new")},
                              &count));
    ck_assert_uint_eq(count, 3);
    ck_assert_int_eq(posts[0]->views, 1);
    ck_assert_int_eq(posts[1]->views, 12);
    ck_assert_int_eq(posts[3]->views, 14);
    expect_text(posts[3]->title, "new");
    expect_statements("UPDATE post 3");
    ok(blog_post_get(s, posts[3]->id, &post));
    ck_assert_ptr_eq(post, posts[3]);
    expect_nothing_sent();
    ck_assert(!orm_session_is_modified(s, post));
}
END_TEST

START_TEST(a_rollback_takes_a_bulk_update_back)
{
    const blog_post *post;
    store();
    ok(blog_post_update_where(orm_session_connection(s), ORM_EVERY_ROW, &(blog_post_changes){.views = ORM_VALUE(99)},
                              NULL));
    ok(orm_session_begin_nested(s));
    ok(blog_post_update_where(orm_session_connection(s), ORM_EVERY_ROW, &(blog_post_changes){.views = ORM_VALUE(100)},
                              NULL));
    ck_assert_int_eq(posts[2]->views, 100);
    ok(orm_session_rollback_nested(s));
    ck_assert_int_eq(posts[2]->views, 99);
    ok(orm_session_rollback(s));
    ck_assert_int_eq(posts[2]->views, 3);
    ok(blog_post_get(s, posts[2]->id, &post));
    ck_assert_int_eq(post->views, 3);
}
END_TEST

START_TEST(what_is_pending_is_written_before_a_bulk_update)
{
    size_t count;
    store();
    orm_connection *own = orm_session_connection(s);
    ok(blog_post_set_views(s, posts[0], 50));
    const blog_post *fifth = add_post(ada, "p5");
    ok(blog_post_update_where(own, ORM_EVERY_ROW, &(blog_post_changes){.views = ORM_PLUS(BLOG_POST.views, 1)}, &count));
    ck_assert_uint_eq(count, 5);
    ck_assert_int_eq(posts[0]->views, 51);
    ck_assert_int_eq(fifth->views, 1);
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(a_moved_foreign_key_shows_in_both_collections)
{
    blog_post_list list;
    const blog_author *author;
    store();
    ok(blog_author_get_posts(s, ada, &list));
    ck_assert_uint_eq(list.count, 3);
    ok(blog_post_update_where(orm_session_connection(s), orm_eq(BLOG_POST.title, "p1"),
                              &(blog_post_changes){.author_id = ORM_VALUE(bob->id)}, NULL));
    ok(blog_author_get_posts(s, ada, &list));
    ck_assert_uint_eq(list.count, 2);
    ok(blog_author_get_posts(s, bob, &list));
    ck_assert_uint_eq(list.count, 2);
    ok(blog_post_get_author(s, posts[0], &author));
    ck_assert_ptr_eq(author, bob);
}
END_TEST

START_TEST(deleted_rows_are_no_longer_in_the_session)
{
    size_t count;
    const blog_post *post;
    blog_post_list list;
    store();
    ok(blog_author_get_posts(s, ada, &list));
    forget_statements();
    ok(blog_post_delete_where(orm_session_connection(s), orm_le(BLOG_POST.views, 2), &count));
    ck_assert_uint_eq(count, 2);
    expect_statements("DELETE post 2");
    ck_assert(!orm_session_contains(s, posts[0]));
    ck_assert(orm_session_contains(s, posts[2]));
    ck_assert_int_eq(orm_session_state(s, posts[1]), ORM_DELETED);
    expect_status(ORM_NOT_FOUND, blog_post_get(s, posts[0]->id, &post));
    ok(blog_author_get_posts(s, ada, &list));
    ck_assert_uint_eq(list.count, 1);
    ok(orm_session_rollback(s));
    ck_assert(orm_session_contains(s, posts[0]));
    ok(blog_author_get_posts(s, ada, &list));
    ck_assert_uint_eq(list.count, 3);
}
END_TEST

START_TEST(what_a_delete_cascades_to_is_read_anew)
{
    const blog_post *post;
    store();
    ok(blog_author_delete_where(orm_session_connection(s), orm_eq(BLOG_AUTHOR.name, "ada"), NULL));
    expect_status(ORM_NOT_FOUND, blog_post_get(s, posts[0]->id, &post));
    ok(blog_post_get(s, posts[3]->id, &post));
    ck_assert_ptr_eq(post, posts[3]);
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(a_bulk_update_of_keys_reads_entities_anew)
{
    const blog_author *author;
    blog_author_list list;
    const blog_author *lone = add_author("lone");
    ok(orm_session_commit(s));
    ok(blog_author_update_where(orm_session_connection(s), orm_eq(BLOG_AUTHOR.name, "lone"),
                                &(blog_author_changes){.id = ORM_VALUE(INT64_C(777))}, NULL));
    expect_status(ORM_NOT_FOUND, blog_author_get(s, lone->id, &author));
    ok(blog_author_find(s, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.id, 777)}}, &list));
    ck_assert_uint_eq(list.count, 1);
    expect_text(list.items[0]->name, "lone");
}
END_TEST

START_TEST(a_connection_of_its_own_leaves_the_session_alone)
{
    store();
    ok(blog_post_update_where(c, ORM_EVERY_ROW, &(blog_post_changes){.views = ORM_VALUE(99)}, NULL));
    ck_assert_int_eq(posts[2]->views, 3);
}
END_TEST

START_TEST(a_bulk_write_without_a_condition_is_refused)
{
    size_t count;
    const orm_expr none[] = {ORM_NO_CONDITION, orm_when(false, orm_eq(BLOG_POST.id, 1))};
    expect_status(ORM_MISUSE, blog_post_update_where(c, none[_i], &(blog_post_changes){.views = ORM_VALUE(1)}, &count));
    expect_status(ORM_MISUSE, blog_post_delete_where(c, none[_i], &count));
    ck_assert_uint_eq(count, 0);
    expect_statements("");
}
END_TEST

START_TEST(numbers_of_every_type_are_added_to)
{
    const kinds_optional *row;
    ok(kinds_optional_add(s,
                          &(kinds_optional_values){.small = ORM_VALUE(1),
                                                   .middle = ORM_VALUE(2),
                                                   .large = ORM_VALUE(3),
                                                   .single = ORM_VALUE(0.5F),
                                                   .real = ORM_VALUE(0.25),
                                                   .price = ORM_VALUE({"1.5"}),
                                                   .number = ORM_VALUE({"-2.25"})},
                          &row));
    ok(kinds_optional_add(s, &(kinds_optional_values){.label = ORM_VALUE("null")}, NULL));
    ok(orm_session_commit(s));
    ok(kinds_optional_update_where(orm_session_connection(s), ORM_EVERY_ROW,
                                   &(kinds_optional_changes){
                                       .small = ORM_PLUS(KINDS_OPTIONAL.small, -3),
                                       .middle = ORM_PLUS(KINDS_OPTIONAL.middle, 40),
                                       .large = ORM_PLUS(KINDS_OPTIONAL.large, 1),
                                       .single = ORM_PLUS(KINDS_OPTIONAL.single, 1.0F),
                                       .real = ORM_PLUS(KINDS_OPTIONAL.real, 1.0),
                                       .price = ORM_PLUS(KINDS_OPTIONAL.price, {"0.25"}),
                                       .number = ORM_PLUS(KINDS_OPTIONAL.price, {"100"}),
                                   },
                                   NULL));
    ck_assert_int_eq(row->small.value, -2);
    ck_assert_int_eq(row->middle.value, 42);
    ck_assert_int_eq(row->large.value, 4);
    ck_assert_float_eq(row->single.value, 1.5F);
    ck_assert_double_eq(row->real.value, 1.25);
    ck_assert_double_eq(strtod(row->price.text, NULL), 1.75);
    ck_assert_double_eq(strtod(row->number.text, NULL), 101.5);
    size_t count;
    ok(kinds_optional_count(s, &(kinds_optional_query){.where = {orm_is_null(KINDS_OPTIONAL.middle)}}, &count));
    ck_assert_uint_eq(count, 1); /* NULL plus 40 is NULL */
}
END_TEST

/* --- upsert ------------------------------------------------------------------------------------------------------- */

/* What came back; of its texts only the name, as it is compared. */
static blog_author upserted(const blog_author_values *values, const orm_upsert *how)
{
    orm_result *result;
    blog_author row;
    ok(blog_author_upsert(c, values, how, &row, &result));
    row.name = strcmp(row.name, "ada") == 0 ? "ada" : strcmp(row.name, "new") == 0 ? "new" : "other";
    row.email = row.bio = NULL;
    orm_result_free(result);
    return row;
}

START_TEST(an_upsert_inserts_then_updates_what_was_given)
{
    const orm_upsert email = {.key = {BLOG_AUTHOR.email.column}};
    blog_author first = upserted(&(blog_author_values){.email = "a@x", .name = "ada", .score = ORM_VALUE(1.5)}, &email);
    ck_assert_double_eq(first.score.value, 1.5);
    blog_author second = upserted(&(blog_author_values){.email = "a@x", .name = "new"}, &email);
    ck_assert_int_eq(second.id, first.id);
    expect_text(second.name, "new");
    ck_assert_double_eq(second.score.value, 1.5); /* not given: not touched; nor is the clock's default */
    ck_assert_int_eq(second.created_at.microseconds, first.created_at.microseconds);
    expect_statements("INSERT authors 1, INSERT authors 1");
}
END_TEST

START_TEST(an_upsert_updates_chosen_columns_or_none)
{
    const orm_upsert score = {.key = {BLOG_AUTHOR.email.column}, .update = {BLOG_AUTHOR.score.column}};
    const orm_upsert nothing = {.key = {BLOG_AUTHOR.email.column}, .nothing = true};
    blog_author first = upserted(&(blog_author_values){.email = "a@x", .name = "ada"}, &nothing);
    blog_author second = upserted(&(blog_author_values){.email = "a@x", .name = "new", .score = ORM_VALUE(2.5)},
                                  &score);
    ck_assert_int_eq(second.id, first.id);
    expect_text(second.name, "ada");
    ck_assert_double_eq(second.score.value, 2.5);
    forget_statements();
    blog_author third = upserted(&(blog_author_values){.email = "a@x", .name = "new", .score = ORM_VALUE(9.0)},
                                 &nothing);
    ck_assert_int_eq(third.id, first.id);
    expect_text(third.name, "ada");
    ck_assert_double_eq(third.score.value, 2.5);
    expect_statements("INSERT authors 0, SELECT authors 1");
}
END_TEST

START_TEST(an_upsert_goes_by_the_primary_key_unless_told)
{
    ok(blog_author_upsert(c, &(blog_author_values){.id = ORM_VALUE(INT64_C(5)), .email = "a@x", .name = "ada"}, NULL,
                          NULL, NULL));
    ok(blog_author_upsert(c, &(blog_author_values){.id = ORM_VALUE(INT64_C(5)), .email = "b@x", .name = "new"}, NULL,
                          NULL, NULL));
    const blog_author *author;
    ok(blog_author_one(s, NULL, &author));
    expect_text(author->email, "b@x");
}
END_TEST

START_TEST(an_upsert_counts_up_versions_and_sets_clocks)
{
    const orm_upsert name = {.key = {SERVER_ITEM.name.column}};
    server_item row;
    orm_result *result;
    for (int i = 1; i <= 3; i++) {
        ok(server_item_upsert(c, &(server_item_values){.name = "n", .price = i}, &name, &row, &result));
        ck_assert_int_eq(row.version, i);
        ck_assert_int_eq(row.total, i);
        expect_text(row.label, "new");
        orm_result_free(result);
    }
}
END_TEST

START_TEST(an_upsert_that_makes_no_sense_is_misuse)
{
    const orm_upsert how[] = {
        {.key = {BLOG_AUTHOR.name.column}},
        {.key = {BLOG_POST.title.column}},
        {.key = {BLOG_AUTHOR.email.column}, .update = {BLOG_POST.title.column}},
        {.key = {BLOG_AUTHOR.email.column}, .update = {BLOG_AUTHOR.bio.column}},
        {.key = {BLOG_AUTHOR.email.column}, .update = {BLOG_AUTHOR.name.column}, .nothing = true},
        {.key = {BLOG_AUTHOR.id.column}},
    };
    blog_author row;
    orm_result *result;
    expect_status(ORM_MISUSE,
                  blog_author_upsert(c, &(blog_author_values){.email = "a@x", .name = "ada"}, &how[_i], &row, &result));
    ck_assert_ptr_null(result);
    expect_statements("");
}
END_TEST

START_TEST(an_upsert_shows_in_the_sessions_entity)
{
    store();
    const orm_upsert email = {.key = {BLOG_AUTHOR.email.column}};
    ok(blog_author_upsert(orm_session_connection(s),
                          &(blog_author_values){.email = ada->email, .name = "ADA", .bio = ORM_VALUE("text")}, &email,
                          NULL, NULL));
    expect_text(ada->name, "ADA");
    expect_text(ada->bio, "text");
    ok(orm_session_rollback(s));
    expect_text(ada->name, "ada");
}
END_TEST

START_TEST(what_another_wrote_is_seen_when_asked)
{
    blog_author_list list;
    blog_post_list loaded;
    store();
    ok(blog_author_get_posts(s, ada, &loaded));
    ok(blog_author_update_where(c, ORM_EVERY_ROW, &(blog_author_changes){.bio = ORM_VALUE("fresh")}, NULL));
    ok(blog_post_delete_where(c, orm_eq(BLOG_POST.title, "p1"), NULL));
    ok(blog_post_update_where(c, orm_eq(BLOG_POST.title, "p2"), &(blog_post_changes){.views = ORM_VALUE(77)}, NULL));
    ok(blog_author_find(s, NULL, &list));
    expect_text(ada->bio, NULL);
    ok(blog_author_find(s, &(blog_author_query){.populate_existing = true, .load = {orm_load(BLOG_AUTHOR.posts)}},
                        &list));
    expect_text(ada->bio, "fresh");
    ok(blog_author_get_posts(s, ada, &loaded));
    ck_assert_uint_eq(loaded.count, 2);
    ck_assert_int_eq(posts[1]->views, 77);
}
END_TEST

Suite *suite_bulk_where(void)
{
    Suite *suite = suite_create("bulk where");
    TCase *where = new_case(suite, "where");
    tcase_add_test(where, an_update_on_the_sessions_connection_shows_in_its_entities);
    tcase_add_test(where, a_rollback_takes_a_bulk_update_back);
    tcase_add_test(where, what_is_pending_is_written_before_a_bulk_update);
    tcase_add_test(where, a_moved_foreign_key_shows_in_both_collections);
    tcase_add_test(where, deleted_rows_are_no_longer_in_the_session);
    tcase_add_test(where, what_a_delete_cascades_to_is_read_anew);
    tcase_add_test(where, a_bulk_update_of_keys_reads_entities_anew);
    tcase_add_test(where, a_connection_of_its_own_leaves_the_session_alone);
    tcase_add_loop_test(where, a_bulk_write_without_a_condition_is_refused, 0, 2);
    tcase_add_test(where, numbers_of_every_type_are_added_to);
    tcase_add_test(where, what_another_wrote_is_seen_when_asked);
    TCase *upserts = new_case(suite, "upserts");
    tcase_add_test(upserts, an_upsert_inserts_then_updates_what_was_given);
    tcase_add_test(upserts, an_upsert_updates_chosen_columns_or_none);
    tcase_add_test(upserts, an_upsert_goes_by_the_primary_key_unless_told);
    tcase_add_test(upserts, an_upsert_counts_up_versions_and_sets_clocks);
    tcase_add_loop_test(upserts, an_upsert_that_makes_no_sense_is_misuse, 0, 6);
    tcase_add_test(upserts, an_upsert_shows_in_the_sessions_entity);
    return suite;
}
