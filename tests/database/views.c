/* views.c -- models whose rows a view gives: read like all others, by sessions and without, and never written.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include "orm/generated.h"
#include "views.h"

static const views_book *a, *b; /* lent three times and once; `none` never */
static const views_book *none;

#define THERE "CREATE VIEW v_elsewhere AS SELECT id, title AS word FROM v_books"

static const views_book *add_book(const char *title)
{
    const views_book *book;
    ok(views_book_add(s, &(views_book_values){.title = title}, &book));
    return book;
}

static void lend(const views_book *book, int32_t days)
{
    ok(views_loan_add(s, &(views_loan_values){.book = book, .days = days}, NULL));
}

static void setup(void)
{
    run_sql("DROP VIEW IF EXISTS v_elsewhere");
    ok(views_drop_all(engine, &error));
    ok(views_create_all(engine, &error));
    a = add_book("a");
    b = add_book("b");
    none = add_book("none");
    lend(a, 5);
    lend(a, 20);
    lend(a, 15);
    lend(b, 7);
    ok(orm_session_commit(s));
    forget_statements();
}

static void teardown(void)
{
    orm_session_close(s);
    s = NULL;
    ok(orm_connection_rollback(c));
    run_sql("DROP VIEW IF EXISTS v_elsewhere");
    ok(views_drop_all(engine, &error));
}

static const views_number *number_of(const views_book *book)
{
    const views_number *number;
    ok(views_number_one(s, &(views_number_query){.where = {orm_eq(VIEWS_NUMBER.book_id, book->id)}}, &number));
    return number;
}

/* --- reading --- */

START_TEST(rows_of_a_view_are_found_in_order_and_counted)
{
    views_number_list found;
    size_t count;
    bool exists;
    const views_number_query lent = {.where = {orm_gt(VIEWS_NUMBER.loans, 0)},
                                     .order_by = {orm_desc(VIEWS_NUMBER.loans)}};
    ok(views_number_find(s, &lent, &found));
    ck_assert_uint_eq(found.count, 2);
    expect_text(found.items[0]->title, "a");
    ck_assert_int_eq(found.items[0]->loans, 3);
    ck_assert(found.items[0]->longest.has && found.items[0]->longest.value == 20);
    ok(views_number_count(s, NULL, &count));
    ck_assert_uint_eq(count, 3);
    ok(views_number_exists(s, &(views_number_query){.where = {orm_is_null(VIEWS_NUMBER.longest)}}, &exists));
    ck_assert(exists);
    expect_statements("SELECT v_numbers 2, SELECT v_numbers 1, SELECT v_numbers 1");
}
END_TEST

START_TEST(one_row_is_got_by_the_key_that_was_declared)
{
    const views_number *number, *again, *missing;
    views_number_list both;
    ok(views_number_get(s, b->id, &number));
    expect_text(number->title, "b");
    ok(views_number_get(s, b->id, &again));
    ck_assert_ptr_eq(again, number);
    expect_statements("SELECT v_numbers 1");
    expect_status(ORM_NOT_FOUND, views_number_get(s, 12345, &missing));
    const int64_t ids[] = {a->id, b->id};
    ok(views_number_get_many(s, ids, 2, &both));
    expect_text(both.items[0]->title, "a");
    ck_assert_ptr_eq(both.items[1], number);
}
END_TEST

static orm_status count_row(orm_session *session, const views_number *number, void *user)
{
    (void)session, (void)number;
    ++*(size_t *)user;
    return ORM_OK;
}

START_TEST(rows_are_visited_one_after_the_other_and_streamed)
{
    size_t count = 0;
    orm_stream *stream;
    const views_number *number;
    ok(views_number_each(s, NULL, count_row, &count));
    ck_assert_uint_eq(count, 3);
    ok(views_number_stream(s, &(views_number_query){.order_by = {orm_asc(VIEWS_NUMBER.title)}}, &stream));
    ok(views_number_next(stream, &number));
    expect_text(number->title, "a");
    orm_stream_close(stream);
}
END_TEST

START_TEST(a_view_of_a_view_that_is_declared_before_it_is_read)
{
    const views_loud_number *loud;
    const views_number *number;
    ok(views_loud_number_one(s, NULL, &loud));
    expect_text(loud->title, "A");
    ok(views_loud_number_get_number(s, loud, &number));
    ck_assert_int_eq(number->loans, 3);
    const views_loud_number *again;
    ok(views_number_get_loud(s, number, &again));
    ck_assert_ptr_eq(again, loud);
}
END_TEST

START_TEST(rows_without_a_key_are_selected_and_grouped_on_a_connection)
{
    const views_day *days;
    size_t count;
    orm_result *result;
    ok(views_day_select(c, &(views_day_query){.order_by = {orm_asc(VIEWS_DAY.days)}}, &days, &count, &result));
    ck_assert_uint_eq(count, 4);
    ck_assert_int_eq(days[0].days, 5);
    ck_assert_int_eq(days[3].loans, 1);
    orm_result_free(result);
    int64_t most = 0;
    orm_rows *rows;
    ok(views_day_group(c, &(orm_grouping){.select = {orm_into(most, orm_count())}}, &rows));
    ok(orm_rows_next(rows));
    orm_rows_close(rows);
    ck_assert_int_eq(most, 4);
}
END_TEST

/* --- relations --- */

START_TEST(what_a_row_of_a_view_refers_to_is_loaded_eagerly_and_lazily)
{
    views_number_list found;
    const views_book *book;
    orm_session_clear(s);
    forget_statements();
    ok(views_number_find(
        s, &(views_number_query){.order_by = {orm_asc(VIEWS_NUMBER.book_id)}, .load = {orm_load(VIEWS_NUMBER.book)}},
        &found));
    ok(views_number_get_book(s, found.items[0], &book));
    expect_text(book->title, "a");
    expect_statements("SELECT v_numbers 3, SELECT v_books 3");
    orm_session_clear(s);
    ok(views_number_find(s, NULL, &found));
    for (size_t i = 0; i < found.count; i++)
        ok(views_number_get_book(s, found.items[i], &book));
    expect_statements("SELECT v_numbers 3, SELECT v_books 3");
}
END_TEST

START_TEST(rows_of_a_view_are_found_from_the_other_side)
{
    views_book_list books;
    const views_number *number;
    views_long_loan_list longer;
    ok(views_book_find(s,
                       &(views_book_query){.where = {orm_has(VIEWS_BOOK.number, orm_gt(VIEWS_NUMBER.loans, 1))},
                                           .load = {orm_load(VIEWS_BOOK.long_ones)}},
                       &books));
    ck_assert_uint_eq(books.count, 1);
    ok(views_book_get_long_ones(s, books.items[0], &longer));
    ck_assert_uint_eq(longer.count, 2);
    ck_assert_int_eq(longer.items[0]->days, 20);
    ok(views_book_get_number(s, books.items[0], &number));
    ck_assert_int_eq(number->loans, 3);
    expect_statements("SELECT v_books 1, SELECT v_long_loans 2, SELECT v_numbers 1");
}
END_TEST

/* --- beside writes --- */

START_TEST(each_query_shows_what_the_session_has_written)
{
    const views_number *number = number_of(b), *again;
    ck_assert_int_eq(number->loans, 1);
    lend(b, 30);
    again = number_of(b);
    ck_assert_ptr_eq(again, number);
    ck_assert_int_eq(number->loans, 2);
    ck_assert_int_eq(number->longest.value, 30);
    expect_statements(on_sqlite() ? "SELECT v_numbers 1, INSERT v_loans 1, SELECT v_numbers 1"
                                  : "SELECT v_numbers 1, INSERT v_loans 1, SELECT v_numbers 1");
    ok(orm_session_rollback(s));
    ok(orm_session_refresh(s, number));
    ck_assert_int_eq(number->loans, 1);
}
END_TEST

START_TEST(what_a_view_shows_keeps_nothing_from_being_deleted)
{
    const views_number *number = number_of(b), *gone;
    views_long_loan_list longer;
    ok(views_long_loan_find(s, NULL, &longer));
    ck_assert_uint_eq(longer.count, 2);
    forget_statements();
    ok(views_book_delete(s, b));
    ok(views_book_delete(s, a));
    ok(orm_session_commit(s));
    expect_statements("DELETE v_books 2");
    expect_text(number->title, "b");
    orm_session_clear(s);
    expect_status(ORM_NOT_FOUND,
                  views_number_one(s, &(views_number_query){.where = {orm_gt(VIEWS_NUMBER.loans, 0)}}, &gone));
}
END_TEST

/* --- what the header does not offer is refused, too --- */

#define refused(...) \
    do { \
        expect_status(ORM_MISUSE, __VA_ARGS__); \
        expect_said(story(), "'number': it is a view, which is read and never written"); \
        orm_session_clear_error(s); \
    } while (0)

START_TEST(a_session_writes_no_view)
{
    const views_number *number = number_of(a);
    const void *row;
    const char *title = "x";
    forget_statements();
    refused(orm_model_add(s, &views_number_model, number, &row));
    ck_assert_ptr_null(row);
    refused(orm_model_merge(s, &views_number_model, number, &row));
    refused(orm_entity_set(s, number, VIEWS_NUMBER.title.column, &title));
    refused(orm_entity_set_one(s, number, VIEWS_NUMBER.book.relation, b));
    refused(orm_entity_set_one(s, b, VIEWS_BOOK.number.relation, number));
    refused(orm_entity_delete(s, &views_number_model, number));
    ok(orm_session_commit(s));
    expect_statements("");
    expect_text(number->title, "a");
}
END_TEST

START_TEST(nothing_is_added_to_a_list_of_rows_of_a_view)
{
    views_long_loan_list longer;
    ok(views_book_get_long_ones(s, a, &longer));
    expect_status(ORM_MISUSE, orm_entity_add_to(s, b, VIEWS_BOOK.long_ones.relation, longer.items[0]));
    orm_session_clear_error(s);
    expect_status(ORM_MISUSE, orm_entity_remove_from(s, a, VIEWS_BOOK.long_ones.relation, longer.items[0]));
    expect_said(story(), "change of a relation of 'long_loan': it is a view");
    orm_session_clear_error(s);
}
END_TEST

START_TEST(a_connection_writes_no_view)
{
    size_t count;
    refused(orm_row_insert(c, &views_number_model, NULL, NULL, NULL));
    refused(orm_row_insert_many(c, &views_number_model, NULL, 1, NULL, NULL));
    refused(orm_row_upsert(c, &views_number_model, NULL, NULL, NULL, NULL));
    refused(orm_row_update_where(c, &views_number_model, ORM_EVERY_ROW, NULL, &count));
    refused(orm_row_delete_where(c, &views_number_model, ORM_EVERY_ROW, &count));
    expect_statements("");
}
END_TEST

/* --- the schema --- */

START_TEST(views_are_made_and_removed_with_the_tables_as_often_as_one_likes)
{
    run_sql(THERE);
    ok(views_create_all(engine, &error));
    ok(views_verify(engine, &error));
    run_sql("DROP VIEW v_elsewhere");
    for (int i = 0; i < 2; i++)
        ok(views_drop_all(engine, &error));
    for (int i = 0; i < 2; i++)
        ok(views_create_all(engine, &error));
}
END_TEST

START_TEST(a_view_that_is_there_already_is_read_and_left_alone)
{
    const views_elsewhere *row;
    expect_status(ORM_SCHEMA, views_verify(engine, &error));
    expect_said(error.message, "view 'v_elsewhere' is missing");
    run_sql(THERE);
    ok(views_verify(engine, &error));
    ok(views_elsewhere_get(s, a->id, &row));
    expect_text(row->word, "a");
    ok(orm_session_commit(s));
    run_sql("DROP VIEW v_elsewhere");
    run_sql("CREATE TABLE v_elsewhere (id bigint, word text)"); /* it may be anything that has its columns */
    ok(views_verify(engine, &error));
    run_sql("DROP TABLE v_elsewhere");
}
END_TEST

START_TEST(a_view_that_differs_is_told)
{
    run_sql(THERE);
    run_sql("DROP VIEW v_days");
    run_sql("CREATE VIEW v_days AS SELECT days FROM v_loans");
    expect_status(ORM_SCHEMA, views_verify(engine, &error));
    expect_said(error.message, "column 'loans' of view 'v_days' is missing");
    run_sql("DROP VIEW v_days");
    expect_status(ORM_SCHEMA, views_verify(engine, &error));
    expect_said(error.message, "view 'v_days' is missing");
}
END_TEST

Suite *suite_views(void)
{
    Suite *suite = suite_create("views");
    TCase *views = new_case(suite, "views");
    tcase_add_checked_fixture(views, setup, teardown);
    tcase_add_test(views, rows_of_a_view_are_found_in_order_and_counted);
    tcase_add_test(views, one_row_is_got_by_the_key_that_was_declared);
    tcase_add_test(views, rows_are_visited_one_after_the_other_and_streamed);
    tcase_add_test(views, a_view_of_a_view_that_is_declared_before_it_is_read);
    tcase_add_test(views, rows_without_a_key_are_selected_and_grouped_on_a_connection);
    tcase_add_test(views, what_a_row_of_a_view_refers_to_is_loaded_eagerly_and_lazily);
    tcase_add_test(views, rows_of_a_view_are_found_from_the_other_side);
    tcase_add_test(views, each_query_shows_what_the_session_has_written);
    tcase_add_test(views, what_a_view_shows_keeps_nothing_from_being_deleted);
    tcase_add_test(views, a_session_writes_no_view);
    tcase_add_test(views, nothing_is_added_to_a_list_of_rows_of_a_view);
    tcase_add_test(views, a_connection_writes_no_view);
    tcase_add_test(views, views_are_made_and_removed_with_the_tables_as_often_as_one_likes);
    tcase_add_test(views, a_view_that_is_there_already_is_read_and_left_alone);
    tcase_add_test(views, a_view_that_differs_is_told);
    return suite;
}
