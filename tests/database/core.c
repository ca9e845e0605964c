/* core.c -- rows on a connection, without a session: insert, fetch, select, update, delete, transactions, refusals.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

/* --- insert --- */

START_TEST(an_insert_brings_the_generated_key_back)
{
    blog_author row;
    orm_result *result;
    int64_t first = insert_author("ada");
    ok(blog_author_insert(c, &(blog_author_values){.email = "b@c", .name = "Bob", .score = ORM_VALUE(9.5)}, &row,
                          &result));
    ck_assert_int_gt(first, 0);
    ck_assert_int_gt(row.id, first);
    ck_assert_str_eq(row.name, "Bob");
    ck_assert(row.score.has);
    ck_assert_double_eq(row.score.value, 9.5);
    ck_assert_ptr_null(row.bio);
    orm_result_free(result);
    expect_statements("INSERT authors 1, INSERT authors 1");
}
END_TEST

START_TEST(a_row_that_came_back_owns_its_texts)
{
    blog_author row;
    orm_result *result;
    char name[] = "Ada";
    ok(blog_author_insert(c, &(blog_author_values){.email = "a@b", .name = name}, &row, &result));
    strcpy(name, "xxx");
    ck_assert_str_eq(row.name, "Ada");
    orm_result_free(result);
}
END_TEST

START_TEST(an_insert_may_have_no_use_for_its_row)
{
    ok(blog_author_insert(c, &(blog_author_values){.email = "a@b", .name = "Ada"}, NULL, NULL));
    ck_assert_int_eq(stored_authors(), 1);
}
END_TEST

START_TEST(a_row_without_its_result_is_misuse)
{
    blog_author row;
    orm_result *result;
    const blog_author_values values = {.email = "a@b", .name = "Ada"};
    expect_status(ORM_MISUSE, blog_author_insert(c, &values, &row, NULL));
    expect_status(ORM_MISUSE, blog_author_insert(c, &values, NULL, &result));
    ck_assert_ptr_null(result);
    ck_assert_int_eq(stored_authors(), 0);
}
END_TEST

START_TEST(a_key_may_be_given)
{
    blog_author row;
    orm_result *result;
    ok(blog_author_insert(c, &(blog_author_values){.id = ORM_VALUE(4711), .email = "a@b", .name = "Ada"}, &row,
                          &result));
    ck_assert_int_eq(row.id, 4711);
    orm_result_free(result);
    ok(blog_author_fetch(c, 4711, &row, &result));
    ck_assert_str_eq(row.name, "Ada");
    orm_result_free(result);
}
END_TEST

START_TEST(defaults_are_inserted_where_nothing_is_given)
{
    blog_post row, again;
    orm_result *result, *fetched;
    int64_t author = insert_author("ada");
    ok(blog_post_insert(c, &(blog_post_values){.title = "t", .body = "b", .author_id = ORM_VALUE(author)}, &row,
                        &result));
    ok(blog_post_fetch(c, row.id, &again, &fetched));
    ck_assert_int_eq(row.status, BLOG_POST_STATUS_DRAFT);
    ck_assert_int_eq(again.status, BLOG_POST_STATUS_DRAFT);
    ck_assert_int_eq(again.views, 0);
    ck_assert_int_eq(again.created_at.microseconds, row.created_at.microseconds);
    int64_t age = orm_timestamptz_now().microseconds - row.created_at.microseconds;
    ck_assert_int_ge(age, 0);
    ck_assert_int_lt(age, 60000000);
    orm_result_free(result);
    orm_result_free(fetched);
}
END_TEST

START_TEST(left_out_and_null_and_a_value_are_three_things)
{
    const kinds_preset_values given[] = {
        {.note = {0}}, {.note = ORM_NULL, .points = ORM_NULL}, {.note = ORM_VALUE("n"), .points = ORM_VALUE(3)}};
    const char *const notes[] = {"nothing", NULL, "n"};
    const int32_t points[] = {10, 0, 3};
    kinds_preset row, fetched;
    orm_result *result, *again;
    ok(kinds_preset_insert(c, &given[_i], &row, &result));
    ok(kinds_preset_fetch(c, row.id, &fetched, &again));
    expect_text(row.note, notes[_i]);
    expect_text(fetched.note, notes[_i]);
    ck_assert_int_eq(fetched.points.has, points[_i] != 0);
    ck_assert(!fetched.points.has || fetched.points.value == points[_i]);
    orm_result_free(result);
    orm_result_free(again);
}
END_TEST

START_TEST(set_and_set_null_assign_inputs)
{
    kinds_preset_values values = {.note = {0}};
    kinds_preset row;
    orm_result *result;
    ORM_SET_NULL(values.note);
    ORM_SET(values.points, 8);
    ok(kinds_preset_insert(c, &values, &row, &result));
    ck_assert_ptr_null(row.note);
    ck_assert_int_eq(row.points.value, 8);
    orm_result_free(result);
}
END_TEST

START_TEST(a_forgotten_orm_value_is_misuse)
{
    blog_author_values values = {.email = "a@b", .name = "Ada"};
    blog_author row;
    orm_result *result;
    values.score.set = (orm_given)5; /* what `.score = 5` makes of it */
    expect_status(ORM_MISUSE, blog_author_insert(c, &values, &row, &result));
    expect_said(orm_connection_error(c)->message, "score");
    ck_assert_ptr_null(result);
    expect_nothing_sent();
}
END_TEST

START_TEST(what_is_required_and_missing_is_named)
{
    static const struct {
        const char *email, *name, *missing;
    } cases[] = {{"a@b", NULL, "name"}, {NULL, "Ada", "email"}};
    blog_author row;
    orm_result *result;
    expect_status(
        ORM_INVALID,
        blog_author_insert(c, &(blog_author_values){.email = cases[_i].email, .name = cases[_i].name}, &row, &result));
    ck_assert_str_eq(orm_connection_error(c)->column, cases[_i].missing);
    ck_assert_str_eq(orm_connection_error(c)->table, "authors");
    ck_assert_ptr_null(result);
    ck_assert_int_eq(row.id, 0);
    expect_nothing_sent();
}
END_TEST

START_TEST(a_missing_owner_is_named)
{
    expect_status(ORM_INVALID, blog_post_insert(c, &(blog_post_values){.title = "t", .body = "b"}, NULL, NULL));
    ck_assert_str_eq(orm_connection_error(c)->column, "author_id");
}
END_TEST

START_TEST(an_owner_is_given_by_its_row)
{
    blog_author ada;
    blog_post post;
    orm_result *author_result, *post_result;
    ok(blog_author_insert(c, &(blog_author_values){.email = "a@b", .name = "Ada"}, &ada, &author_result));
    ok(blog_post_insert(c, &(blog_post_values){.title = "t", .body = "b", .author = &ada}, &post, &post_result));
    ck_assert_int_eq(post.author_id, ada.id);
    ok(blog_post_insert(
        c, &(blog_post_values){.title = "t", .body = "b", .author = &ada, .author_id = ORM_VALUE(ada.id)}, NULL, NULL));
    expect_status(
        ORM_MISUSE,
        blog_post_insert(
            c, &(blog_post_values){.title = "t", .body = "b", .author = &ada, .author_id = ORM_VALUE(ada.id + 1)}, NULL,
            NULL));
    orm_result_free(author_result);
    orm_result_free(post_result);
}
END_TEST

/* --- fetch and select --- */

START_TEST(a_fetch_answers_not_found)
{
    blog_author row;
    orm_result *result;
    memset(&row, 1, sizeof row);
    expect_status(ORM_NOT_FOUND, blog_author_fetch(c, 1, &row, &result));
    ck_assert_ptr_null(result);
    ck_assert_int_eq(row.id, 0);
    ck_assert_ptr_null(row.name);
}
END_TEST

START_TEST(a_select_filters_orders_and_cuts)
{
    const blog_post *rows;
    size_t count;
    orm_result *result;
    int64_t author = insert_author("ada");
    for (int32_t i = 0; i < 10; i++)
        insert_post(author, i % 2 ? "odd" : "even", i);
    forget_statements();
    ok(blog_post_select(c,
                        &(blog_post_query){
                            .where = {orm_eq(BLOG_POST.title, "odd"), orm_gt(BLOG_POST.views, 1)},
                            .order_by = {orm_desc(BLOG_POST.views)},
                            .limit = 2,
                            .offset = 1,
                        },
                        &rows, &count, &result));
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(rows[0].views, 7);
    ck_assert_int_eq(rows[1].views, 5);
    orm_result_free(result);
    expect_statements("SELECT post 2");
}
END_TEST

START_TEST(an_offset_needs_no_limit)
{
    const blog_post *rows;
    size_t count;
    orm_result *result;
    int64_t author = insert_author("ada");
    for (int32_t i = 0; i < 5; i++)
        insert_post(author, "t", i);
    ok(blog_post_select(c, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.views)}, .offset = 3}, &rows, &count,
                        &result));
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(rows[0].views, 3);
    orm_result_free(result);
}
END_TEST

START_TEST(a_select_that_finds_nothing_is_ok)
{
    const blog_post *rows;
    size_t count;
    orm_result *result;
    ok(blog_post_select(c, NULL, &rows, &count, &result));
    ck_assert_uint_eq(count, 0);
    orm_result_free(result);
}
END_TEST

START_TEST(a_select_of_many_rows_brings_all_in_order)
{
    enum { ROWS = 2500 };
    const blog_post *rows;
    size_t count;
    orm_result *result;
    const blog_author *ada = add_author("ada");
    for (int i = 0; i < ROWS; i++)
        add_post(ada, "t");
    ok(orm_session_commit(s));
    ok(blog_post_select(c, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, &rows, &count, &result));
    ck_assert_uint_eq(count, ROWS);
    for (size_t i = 1; i < ROWS; i++)
        ck_assert_int_lt(rows[i - 1].id, rows[i].id);
    orm_result_free(result);
}
END_TEST

START_TEST(a_select_loads_no_relations)
{
    const blog_post *rows;
    size_t count;
    orm_result *result;
    expect_status(ORM_MISUSE, blog_post_select(c, &(blog_post_query){.load = {orm_load(BLOG_POST.author)}}, &rows,
                                               &count, &result));
    ck_assert_ptr_null(rows);
    expect_nothing_sent();
}
END_TEST

/* --- update and delete --- */

START_TEST(an_update_sets_values_and_nulls_and_sums)
{
    size_t count;
    blog_post post;
    blog_author author;
    orm_result *result;
    int64_t id = insert_author("ada"), first = insert_post(id, "a", 5);
    insert_post(id, "b", 50);
    ok(blog_post_update_where(c, orm_lt(BLOG_POST.views, 10),
                              &(blog_post_changes){.views = ORM_PLUS(BLOG_POST.views, 1),
                                                   .title = ORM_VALUE("x"),
                                                   .status = ORM_VALUE(BLOG_POST_STATUS_ARCHIVED)},
                              &count));
    ck_assert_uint_eq(count, 1);
    ok(blog_post_fetch(c, first, &post, &result));
    ck_assert_int_eq(post.views, 6);
    ck_assert_str_eq(post.title, "x");
    ck_assert_int_eq(post.status, BLOG_POST_STATUS_ARCHIVED);
    orm_result_free(result);
    ok(blog_author_update_where(c, orm_eq(BLOG_AUTHOR.id, id),
                                &(blog_author_changes){.score = ORM_VALUE(2.5), .bio = ORM_VALUE("b")}, NULL));
    ok(blog_author_update_where(c, orm_eq(BLOG_AUTHOR.id, id),
                                &(blog_author_changes){.score = ORM_PLUS(BLOG_AUTHOR.score, 1.5), .bio = ORM_NULL},
                                &count));
    ok(blog_author_fetch(c, id, &author, &result));
    ck_assert_double_eq(author.score.value, 4.0);
    ck_assert_ptr_null(author.bio);
    orm_result_free(result);
}
END_TEST

START_TEST(an_update_that_matches_nothing_is_ok)
{
    size_t count = 7;
    ok(blog_post_update_where(c, orm_eq(BLOG_POST.views, 1), &(blog_post_changes){.views = ORM_VALUE(2)}, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(an_update_of_every_row_says_so)
{
    size_t count = 7;
    int64_t author = insert_author("ada");
    insert_post(author, "a", 5);
    insert_post(author, "b", 50);
    forget_statements();
    const blog_post_changes changes = {.views = ORM_VALUE(1)};
    expect_status(ORM_MISUSE, blog_post_update_where(c, ORM_NO_CONDITION, &changes, &count));
    expect_said(orm_connection_error(c)->message, "ORM_EVERY_ROW");
    ck_assert_uint_eq(count, 0);
    expect_status(ORM_MISUSE, blog_post_update_where(c, orm_when(false, orm_eq(BLOG_POST.views, 5)), &changes, &count));
    expect_nothing_sent();
    ok(blog_post_update_where(c, ORM_EVERY_ROW, &changes, &count));
    ck_assert_uint_eq(count, 2);
    expect_statements("UPDATE post 2");
}
END_TEST

START_TEST(an_update_must_change_something)
{
    size_t count;
    expect_status(ORM_MISUSE, blog_post_update_where(c, ORM_EVERY_ROW, &(blog_post_changes){.views = {0}}, &count));
    expect_nothing_sent();
}
END_TEST

START_TEST(an_update_refuses_a_forgotten_orm_value)
{
    blog_post_changes changes = {.title = ORM_VALUE("x")};
    changes.views.set = (orm_given)5;
    expect_status(ORM_MISUSE, blog_post_update_where(c, ORM_EVERY_ROW, &changes, NULL));
    expect_nothing_sent();
}
END_TEST

START_TEST(an_update_refuses_null_text_where_none_may_be)
{
    expect_status(ORM_INVALID,
                  blog_post_update_where(c, ORM_EVERY_ROW, &(blog_post_changes){.title = ORM_VALUE(NULL)}, NULL));
    expect_nothing_sent();
}
END_TEST

START_TEST(a_delete_counts_and_says_every_row)
{
    size_t count;
    int64_t author = insert_author("ada");
    insert_post(author, "a", 5);
    insert_post(author, "b", 50);
    insert_post(author, "c", 500);
    forget_statements();
    expect_status(ORM_MISUSE, blog_post_delete_where(c, ORM_NO_CONDITION, &count));
    expect_nothing_sent();
    ok(blog_post_delete_where(c, orm_gt(BLOG_POST.views, 100), &count));
    ck_assert_uint_eq(count, 1);
    ok(blog_post_delete_where(c, ORM_EVERY_ROW, &count));
    ck_assert_uint_eq(count, 2);
    expect_statements("DELETE post 1, DELETE post 2");
}
END_TEST

START_TEST(deleting_the_owner_deletes_what_cascades)
{
    int64_t author = insert_author("ada");
    insert_post(author, "a", 5);
    ok(blog_author_delete_where(c, orm_eq(BLOG_AUTHOR.id, author), NULL));
    size_t count;
    ok(blog_post_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

Suite *suite_core(void)
{
    Suite *suite = suite_create("core");
    TCase *insert = new_case(suite, "insert");
    tcase_add_test(insert, an_insert_brings_the_generated_key_back);
    tcase_add_test(insert, a_row_that_came_back_owns_its_texts);
    tcase_add_test(insert, an_insert_may_have_no_use_for_its_row);
    tcase_add_test(insert, a_row_without_its_result_is_misuse);
    tcase_add_test(insert, a_key_may_be_given);
    tcase_add_test(insert, defaults_are_inserted_where_nothing_is_given);
    tcase_add_loop_test(insert, left_out_and_null_and_a_value_are_three_things, 0, 3);
    tcase_add_test(insert, set_and_set_null_assign_inputs);
    tcase_add_test(insert, a_forgotten_orm_value_is_misuse);
    tcase_add_loop_test(insert, what_is_required_and_missing_is_named, 0, 2);
    tcase_add_test(insert, a_missing_owner_is_named);
    tcase_add_test(insert, an_owner_is_given_by_its_row);
    TCase *read = new_case(suite, "read");
    tcase_add_test(read, a_fetch_answers_not_found);
    tcase_add_test(read, a_select_filters_orders_and_cuts);
    tcase_add_test(read, an_offset_needs_no_limit);
    tcase_add_test(read, a_select_that_finds_nothing_is_ok);
    tcase_add_test(read, a_select_of_many_rows_brings_all_in_order);
    tcase_add_test(read, a_select_loads_no_relations);
    TCase *write = new_case(suite, "write");
    tcase_add_test(write, an_update_sets_values_and_nulls_and_sums);
    tcase_add_test(write, an_update_that_matches_nothing_is_ok);
    tcase_add_test(write, an_update_of_every_row_says_so);
    tcase_add_test(write, an_update_must_change_something);
    tcase_add_test(write, an_update_refuses_a_forgotten_orm_value);
    tcase_add_test(write, an_update_refuses_null_text_where_none_may_be);
    tcase_add_test(write, a_delete_counts_and_says_every_row);
    tcase_add_test(write, deleting_the_owner_deletes_what_cascades);
    return suite;
}
