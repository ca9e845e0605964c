/* refusals.c -- what the database refuses a connection, with its SQLSTATE, and transactions by hand.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

/* --- refusals --- */

static void expect_constraint(const char *sqlstate, const char *table)
{
    const orm_error *e = orm_connection_error(c);
    ck_assert_str_eq(e->sqlstate, sqlstate);
    ck_assert_msg(strcmp(e->table, table) == 0 || *e->constraint, "neither table nor constraint is told: %s",
                  e->message);
    ck_assert_ptr_nonnull(strstr(e->statement, " "));
}

START_TEST(a_unique_value_taken_is_23505)
{
    insert_author("ada");
    expect_status(
        ORM_CONSTRAINT,
        blog_author_insert(c, &(blog_author_values){.email = "ada@example.org", .name = "Other"}, NULL, NULL));
    expect_constraint("23505", "authors");
    const orm_error *e = orm_connection_error(c);
    ck_assert_str_eq(e->table, "authors");
    ck_assert(strcmp(e->constraint, "authors_email_key") == 0 || strcmp(e->column, "email") == 0);
    expect_statements("INSERT authors 1, INSERT authors failed");
    ck_assert_int_eq(stored_authors(), 1);
}
END_TEST

START_TEST(a_key_taken_is_23505)
{
    int64_t id = insert_author("ada");
    expect_status(
        ORM_CONSTRAINT,
        blog_author_insert(c, &(blog_author_values){.id = ORM_VALUE(id), .email = "b@c", .name = "B"}, NULL, NULL));
    expect_constraint("23505", "authors");
}
END_TEST

START_TEST(a_reference_to_nothing_is_23503)
{
    expect_status(
        ORM_CONSTRAINT,
        blog_post_insert(c, &(blog_post_values){.title = "t", .body = "b", .author_id = ORM_VALUE(99)}, NULL, NULL));
    ck_assert_str_eq(orm_connection_error(c)->sqlstate, "23503");
}
END_TEST

START_TEST(a_restricted_delete_is_23503)
{
    shapes_shelf shelf;
    orm_result *result;
    ok(shapes_shelf_insert(c, &(shapes_shelf_values){.label = "A"}, &shelf, &result));
    ok(shapes_book_insert(c, &(shapes_book_values){.title = "t", .shelf = &shelf}, NULL, NULL));
    orm_result_free(result);
    expect_status(ORM_CONSTRAINT, shapes_shelf_delete_where(c, ORM_EVERY_ROW, NULL));
    ck_assert(strcmp(orm_connection_error(c)->sqlstate, "23503") == 0 ||
              strcmp(orm_connection_error(c)->sqlstate, "23001") == 0);
}
END_TEST

START_TEST(a_null_refused_by_the_database_is_23502)
{
    expect_status(ORM_CONSTRAINT, orm_connection_execute(c, "INSERT INTO shelf (label) VALUES (NULL)", NULL, NULL));
    expect_constraint("23502", "shelf");
    ck_assert_str_eq(orm_connection_error(c)->column, "label");
}
END_TEST

START_TEST(a_check_that_fails_is_23514)
{
    insert_post(insert_author("ada"), "t", 0);
    expect_status(ORM_CONSTRAINT, orm_connection_execute(c, "UPDATE post SET views = -1", NULL, NULL));
    expect_constraint("23514", "post");
    ck_assert_str_eq(orm_connection_error(c)->constraint, "post_views_check");
}
END_TEST

START_TEST(a_check_counts_characters_not_bytes)
{
    char title[2 * 201 + 1] = "";
    int64_t author = insert_author("ada");
    for (int i = 0; i < 200; i++)
        strcat(title, "\u00e9");
    ok(blog_post_insert(c, &(blog_post_values){.title = title, .body = "", .author_id = ORM_VALUE(author)}, NULL,
                        NULL));
    strcat(title, "\u00e9");
    orm_status status = blog_post_insert(
        c, &(blog_post_values){.title = title, .body = "", .author_id = ORM_VALUE(author)}, NULL, NULL);
    ck_assert(status == ORM_CONSTRAINT || status == ORM_INVALID);
}
END_TEST

START_TEST(a_refused_row_of_many_leaves_none)
{
    expect_status(
        ORM_CONSTRAINT,
        orm_connection_execute(c, "INSERT INTO shelf (id, label) VALUES (1, 'a'), (2, 'b'), (3, 'a')", NULL, NULL));
    size_t count;
    ok(shapes_shelf_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_mistake_in_sql_is_42601)
{
    expect_status(ORM_DATABASE, orm_connection_execute(c, "SELEKT 1", NULL, NULL));
    ck_assert_str_eq(orm_connection_error(c)->sqlstate, "42601");
    ck_assert_str_eq(orm_connection_error(c)->statement, "SELEKT 1");
}
END_TEST

START_TEST(sql_by_hand_counts_its_rows)
{
    size_t rows = 9;
    insert_author("ada");
    insert_author("bob");
    ok(orm_connection_execute(c, "UPDATE authors SET name = name || '!'", NULL, &rows));
    ck_assert_uint_eq(rows, 2);
    ok(orm_connection_execute(c, "DELETE FROM authors WHERE name = 'ada!'", NULL, &rows));
    ck_assert_uint_eq(rows, 1);
}
END_TEST

/* --- transactions --- */

START_TEST(a_rollback_undoes_and_a_commit_keeps)
{
    ok(orm_connection_begin(c));
    insert_author("ada");
    ok(orm_connection_rollback(c));
    ck_assert_int_eq(stored_authors(), 0);
    ok(orm_connection_begin(c));
    insert_author("ada");
    ok(orm_connection_commit(c));
    ck_assert_int_eq(stored_authors(), 1);
}
END_TEST

START_TEST(closing_rolls_back_what_was_not_committed)
{
    ok(orm_connection_begin(c));
    insert_author("ada");
    orm_connection_close(c);
    c = open_connection();
    ck_assert_int_eq(stored_authors(), 0);
}
END_TEST

START_TEST(after_a_refusal_a_transaction_wants_a_rollback)
{
    insert_author("ada");
    ok(orm_connection_begin(c));
    insert_author("bob");
    expect_status(
        ORM_CONSTRAINT,
        blog_author_insert(c, &(blog_author_values){.email = "ada@example.org", .name = "Other"}, NULL, NULL));
    forget_statements();
    const blog_author *rows;
    size_t count;
    orm_result *result;
    expect_status(ORM_ROLLBACK_FIRST, blog_author_select(c, NULL, &rows, &count, &result));
    expect_status(ORM_ROLLBACK_FIRST,
                  blog_author_insert(c, &(blog_author_values){.email = "x@y", .name = "X"}, NULL, NULL));
    expect_status(ORM_ROLLBACK_FIRST, orm_connection_execute(c, "SELECT 1", NULL, NULL));
    expect_status(ORM_ROLLBACK_FIRST, orm_connection_commit(c));
    expect_statements("");
    ok(orm_connection_rollback(c));
    ck_assert_int_eq(stored_authors(), 1);
}
END_TEST

START_TEST(without_a_transaction_a_refusal_wants_no_rollback)
{
    insert_author("ada");
    expect_status(
        ORM_CONSTRAINT,
        blog_author_insert(c, &(blog_author_values){.email = "ada@example.org", .name = "Other"}, NULL, NULL));
    insert_author("bob");
    ck_assert_int_eq(stored_authors(), 2);
}
END_TEST

START_TEST(beginning_twice_is_misuse)
{
    ok(orm_connection_begin(c));
    insert_author("ada");
    expect_status(ORM_MISUSE, orm_connection_begin(c));
    ok(orm_connection_commit(c));
    ck_assert_int_eq(stored_authors(), 1);
}
END_TEST

START_TEST(commit_and_rollback_without_a_transaction_do_nothing)
{
    ok(orm_connection_commit(c));
    ok(orm_connection_rollback(c));
    expect_nothing_sent();
}
END_TEST

START_TEST(an_empty_transaction_is_fine)
{
    ok(orm_connection_begin(c));
    ok(orm_connection_commit(c));
    ok(orm_connection_begin(c));
    ok(orm_connection_rollback(c));
    insert_author("ada");
    ck_assert_int_eq(stored_authors(), 1);
}
END_TEST

START_TEST(closing_and_freeing_nothing_does_nothing)
{
    orm_result_free(NULL);
    orm_connection_close(NULL);
    orm_session_close(NULL);
    orm_engine_close(NULL);
}
END_TEST

Suite *suite_refusals(void)
{
    Suite *suite = suite_create("refusals");
    TCase *refused = new_case(suite, "refused");
    tcase_add_test(refused, a_unique_value_taken_is_23505);
    tcase_add_test(refused, a_key_taken_is_23505);
    tcase_add_test(refused, a_reference_to_nothing_is_23503);
    tcase_add_test(refused, a_restricted_delete_is_23503);
    tcase_add_test(refused, a_null_refused_by_the_database_is_23502);
    tcase_add_test(refused, a_check_that_fails_is_23514);
    tcase_add_test(refused, a_check_counts_characters_not_bytes);
    tcase_add_test(refused, a_refused_row_of_many_leaves_none);
    tcase_add_test(refused, a_mistake_in_sql_is_42601);
    tcase_add_test(refused, sql_by_hand_counts_its_rows);
    TCase *transactions = new_case(suite, "transactions");
    tcase_add_test(transactions, a_rollback_undoes_and_a_commit_keeps);
    tcase_add_test(transactions, closing_rolls_back_what_was_not_committed);
    tcase_add_test(transactions, after_a_refusal_a_transaction_wants_a_rollback);
    tcase_add_test(transactions, without_a_transaction_a_refusal_wants_no_rollback);
    tcase_add_test(transactions, beginning_twice_is_misuse);
    tcase_add_test(transactions, commit_and_rollback_without_a_transaction_do_nothing);
    tcase_add_test(transactions, an_empty_transaction_is_fine);
    tcase_add_test(transactions, closing_and_freeing_nothing_does_nothing);
    return suite;
}
