/* named.c -- named queries: typed functions made of somebody's SQL.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include "named.h"

#include <stdio.h>

static int64_t ann, bob;

static int64_t insert_writer(const char *name, named_humour mood)
{
    named_writer row;
    orm_result *result;
    ok(named_writer_insert(c, &(named_writer_values){.name = name, .mood = ORM_VALUE(mood)}, &row, &result));
    orm_result_free(result);
    return row.id;
}

static int64_t insert_work(int64_t writer, const char *title, orm_timestamptz made)
{
    named_add_work_row row;
    orm_result *result;
    ok(named_add_work(c, title, (orm_decimal){"1.50"}, made, writer, &row, &result));
    orm_result_free(result);
    return row.id;
}

static void setup(void)
{
    ok(named_drop_all(engine, &error));
    ok(named_create_all(engine, &error));
    ann = insert_writer("Ann", NAMED_HUMOUR_GOOD);
    bob = insert_writer("Bob", NAMED_HUMOUR_BAD);
    forget_statements();
}

static void store_works(void)
{
    insert_work(ann, "First", (orm_timestamptz){1000});
    insert_work(ann, "Second", (orm_timestamptz){2000});
    forget_statements();
}

static void teardown(void)
{
    orm_session_close(s);
    s = NULL;
    ok(orm_connection_rollback(c));
    ok(named_drop_all(engine, &error));
}

/* --- many --- */

START_TEST(many_gives_an_array_of_typed_rows)
{
    const named_works_per_writer_row *rows;
    size_t count;
    orm_result *result;
    store_works();
    ok(named_works_per_writer(c, (orm_timestamptz){1500}, &rows, &count, &result));
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(rows[0].name, "Ann");
    ck_assert_int_eq(rows[0].works, 1);
    ck_assert_str_eq(rows[1].name, "Bob");
    ck_assert_int_eq(rows[1].works, 0);
    orm_result_free(result);
    expect_statements("SELECT works_per_writer 2");
}
END_TEST

START_TEST(many_rows_are_all_there)
{
    const named_writer *rows;
    size_t count;
    orm_result *result;
    for (int i = 0; i < 1000; i++)
        insert_writer("Somebody", NAMED_HUMOUR_GOOD);
    forget_statements();
    ok(named_writers(c, &rows, &count, &result));
    ck_assert_uint_eq(count, 1002);
    for (size_t i = 2; i < count; i++)
        ck_assert_str_eq(rows[i].name, "Somebody");
    orm_result_free(result);
    expect_statements("SELECT writers 1002");
}
END_TEST

START_TEST(a_models_row_is_filled)
{
    const named_writer *rows;
    size_t count;
    orm_result *result;
    ok(named_writers(c, &rows, &count, &result));
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(rows[0].id, ann);
    ck_assert_int_eq(rows[1].mood, NAMED_HUMOUR_BAD);
    orm_result_free(result);
}
END_TEST

START_TEST(several_models_are_embedded_and_an_outer_join_leaves_one_out)
{
    const named_works_with_writers_row *rows;
    size_t count;
    orm_result *result;
    store_works();
    ok(named_works_with_writers(c, &rows, &count, &result));
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(rows[0].writer->name, "Ann");
    ck_assert_str_eq(rows[0].work->title, "First");
    ck_assert_str_eq(rows[0].work->price.text, "1.50");
    ck_assert_str_eq(rows[1].loud, "Second!");
    ck_assert_str_eq(rows[2].writer->name, "Bob");
    ck_assert_ptr_null(rows[2].work);
    ck_assert_ptr_null(rows[2].loud);
    orm_result_free(result);
    expect_statements("SELECT works_with_writers 3");
}
END_TEST

START_TEST(a_list_is_one_parameter)
{
    const named_among_row *rows;
    size_t count;
    orm_result *result;
    ok(named_among(c, (orm_int64_array){.items = (const int64_t[]){bob, 999}, .count = 2}, &rows, &count, &result));
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(rows[0].name, "Bob");
    orm_result_free(result);
    ok(named_among(c, (orm_int64_array){.items = (const int64_t[]){0}, .count = 0}, &rows, &count, &result));
    ck_assert_uint_eq(count, 0);
    orm_result_free(result);
}
END_TEST

/* --- one --- */

START_TEST(one_gives_the_row)
{
    named_writer row;
    orm_result *result;
    ok(named_writer_by_name(c, "Bob", &row, &result));
    ck_assert_int_eq(row.id, bob);
    orm_result_free(result);
    expect_statements("SELECT writer_by_name 1");
}
END_TEST

START_TEST(one_that_finds_nothing_says_so)
{
    named_writer row = {.id = 7};
    orm_result *result;
    expect_status(ORM_NOT_FOUND, named_writer_by_name(c, "Eve", &row, &result));
    ck_assert_int_eq(row.id, 0);
    ck_assert_ptr_null(result);
}
END_TEST

START_TEST(one_that_finds_more_says_so)
{
    named_writer row;
    orm_result *result;
    insert_writer("Bob", NAMED_HUMOUR_GOOD);
    expect_status(ORM_TOO_MANY, named_writer_by_name(c, "Bob", &row, &result));
    ck_assert_ptr_null(result);
    ck_assert_ptr_null(row.name);
    expect_said(orm_connection_error(c)->message, "writer_by_name");
}
END_TEST

START_TEST(what_an_insert_returns_is_read)
{
    int64_t id = insert_work(ann, "Third", (orm_timestamptz){5});
    ck_assert_int_gt(id, 0);
    expect_statements("INSERT add_work 1");
}
END_TEST

/* --- each --- */

static orm_status add_name(orm_connection *connection, const named_writer *row, void *user)
{
    char *names = user;
    (void)connection;
    strcat(names, row->name);
    return strcmp(names, "AnnBob") == 0 ? ORM_DONE : ORM_OK;
}

START_TEST(each_hands_over_row_by_row_until_it_is_told_to_stop)
{
    char names[64] = "";
    insert_writer("Cid", NAMED_HUMOUR_GOOD);
    ok(named_writers_each(c, add_name, names));
    ck_assert_str_eq(names, "AnnBob");
    names[0] = '\0';
    ok(named_writers_each(c, add_name, names));
    ck_assert_str_eq(names, "AnnBob");
}
END_TEST

static orm_status refuse(orm_connection *connection, const named_writer *row, void *user)
{
    (void)connection, (void)row, (void)user;
    return ORM_INVALID;
}

START_TEST(what_a_callback_returns_is_returned)
{
    expect_status(ORM_INVALID, named_writers_each(c, refuse, NULL));
    named_writer row;
    orm_result *result;
    ok(named_writer_by_name(c, "Bob", &row, &result));
    orm_result_free(result);
}
END_TEST

static orm_status ask_again(orm_connection *connection, const named_add_works_row *row, void *user)
{
    size_t count;
    (void)row, (void)user;
    return named_remove_writer(connection, "Ann", &count);
}

START_TEST(another_statement_inside_each_of_a_query_that_writes_is_misuse)
{
    store_works();
    expect_status(ORM_MISUSE, named_add_works_each(c, ask_again, NULL));
    ok(orm_connection_rollback(c));
}
END_TEST

/* --- exec --- */

START_TEST(exec_tells_how_many_rows_it_wrote)
{
    size_t count = 7;
    ok(named_rename_writers(c, " II", NAMED_HUMOUR_GOOD, &count));
    ck_assert_uint_eq(count, 1);
    ok(named_remove_writer(c, "Ann II", &count));
    ck_assert_uint_eq(count, 1);
    ok(named_remove_writer(c, "Ann II", NULL));
    expect_statements("UPDATE rename_writers 1, DELETE remove_writer 1, DELETE remove_writer 0");
}
END_TEST

/* --- parameters --- */

START_TEST(null_for_a_parameter_that_takes_none_is_misuse)
{
    size_t count;
    expect_status(ORM_MISUSE, named_remove_writer(c, NULL, &count));
    expect_said(orm_connection_error(c)->message, "parameter 'name' is NULL");
    expect_nothing_sent();
    expect_status(ORM_INVALID, named_rename_writers(c, "x", (named_humour)0, &count));
}
END_TEST

START_TEST(without_a_connection_it_is_misuse)
{
    const named_writer *rows;
    size_t count;
    orm_result *result;
    ck_assert_int_eq(named_writers(NULL, &rows, &count, &result), ORM_MISUSE);
    ck_assert_ptr_null(rows);
    ck_assert_int_eq(named_remove_writer(NULL, "x", &count), ORM_MISUSE);
}
END_TEST

START_TEST(parameters_never_become_sql)
{
    static const char *const tries[] = {
        "' OR '1'='1", "'; DROP TABLE writer; --", "\\' OR 1=1 --", "$1", ":name", "\" OR \"\"=\"", "Bob' /*", "%",
        "?1"};
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        named_writer row;
        orm_result *result;
        size_t count;
        expect_status(ORM_NOT_FOUND, named_writer_by_name(c, tries[i], &row, &result));
        ok(named_remove_writer(c, tries[i], &count));
        ck_assert_uint_eq(count, 0);
    }
    const named_writer *rows;
    size_t count;
    orm_result *result;
    ok(named_writers(c, &rows, &count, &result));
    ck_assert_uint_eq(count, 2);
    orm_result_free(result);
}
END_TEST

START_TEST(names_that_the_function_uses_itself_are_no_trouble)
{
    named_hostile_names_row row;
    orm_result *result;
    ok(named_hostile_names(c, "1", "2", "3", "4", "5", &row, &result));
    ck_assert_str_eq(row.status, "12345");
    orm_result_free(result);
}
END_TEST

START_TEST(null_of_every_type_goes_there_and_back)
{
    const named_read_shapes_row *rows;
    size_t count;
    orm_result *result;
    ok(named_store_shapes(c, (orm_opt_bool){0}, (orm_opt_int16){0}, (orm_opt_int32){0}, (orm_opt_int64){0},
                          (orm_opt_float32){0}, (orm_opt_float64){0}, (orm_decimal){0}, NULL, (orm_bytes){0},
                          (orm_opt_uuid){0}, (orm_opt_date){0}, (orm_opt_time){0}, (orm_opt_timestamp){0},
                          (orm_opt_timestamptz){0}, (orm_json){0}, (orm_jsonb){0}, (orm_opt_interval){0}, (orm_inet){0},
                          (named_opt_humour){0}, (orm_int32_array){0}, &count));
    ck_assert_uint_eq(count, 1);
    ok(named_read_shapes(c, &rows, &count, &result));
    ck_assert_uint_eq(count, 1);
    const named_read_shapes_row empty = {.text = NULL};
    ck_assert(!rows->bool_.has && !rows->small.has && !rows->medium.has && !rows->big.has && !rows->single.has);
    ck_assert(!rows->double_.has && !rows->uuid.has && !rows->date.has && !rows->time.has && !rows->local.has);
    ck_assert(!rows->at.has && !rows->span.has && !rows->mood.has);
    ck_assert_ptr_eq(rows->text, empty.text);
    ck_assert_ptr_null(rows->money.text);
    ck_assert_ptr_null(rows->bytes.data);
    ck_assert_ptr_null(rows->json.text);
    ck_assert_ptr_null(rows->jsonb.text);
    ck_assert_ptr_null(rows->inet.text);
    ck_assert_ptr_null(rows->list.items);
    orm_result_free(result);
}
END_TEST

START_TEST(a_value_of_every_type_goes_there_and_back)
{
    const named_read_shapes_row *rows;
    size_t count;
    orm_result *result;
    const orm_uuid uuid = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
    ok(named_store_shapes(
        c, (orm_opt_bool){true, true}, (orm_opt_int16){true, -2}, (orm_opt_int32){true, 3}, (orm_opt_int64){true, 4},
        (orm_opt_float32){true, 0.5f}, (orm_opt_float64){true, 0.25}, (orm_decimal){"12.30"}, "it's",
        (orm_bytes){(const uint8_t *)"a\0b", 3}, (orm_opt_uuid){true, uuid}, (orm_opt_date){true, {8000}},
        (orm_opt_time){true, {5000000}}, (orm_opt_timestamp){true, {6000000}}, (orm_opt_timestamptz){true, {7000000}},
        (orm_json){"{\"a\":1}"}, (orm_jsonb){"[1]"}, (orm_opt_interval){true, {.microseconds = 8000000, .days = 1}},
        (orm_inet){"10.0.0.1"}, (named_opt_humour){true, NAMED_HUMOUR_BAD},
        (orm_int32_array){.items = (const int32_t[]){1, 2}, .count = 2}, NULL));
    ok(named_read_shapes(c, &rows, &count, &result));
    ck_assert_uint_eq(count, 1);
    ck_assert(rows->bool_.has && rows->bool_.value);
    ck_assert_int_eq(rows->small.value, -2);
    ck_assert_int_eq(rows->medium.value, 3);
    ck_assert_int_eq(rows->big.value, 4);
    ck_assert_float_eq(rows->single.value, 0.5f);
    ck_assert_double_eq(rows->double_.value, 0.25);
    ck_assert_str_eq(rows->money.text, "12.30");
    ck_assert_str_eq(rows->text, "it's");
    ck_assert_uint_eq(rows->bytes.size, 3);
    ck_assert_mem_eq(rows->bytes.data, "a\0b", 3);
    ck_assert_mem_eq(&rows->uuid.value, &uuid, sizeof uuid);
    ck_assert(rows->date.has && rows->time.has && rows->span.has);
    ck_assert_int_eq(rows->local.value.microseconds, 6000000);
    ck_assert_int_eq(rows->at.value.microseconds, 7000000);
    ck_assert_str_eq(rows->json.text, "{\"a\":1}");
    ck_assert_str_eq(rows->jsonb.text, "[1]");
    ck_assert_str_eq(rows->inet.text, "10.0.0.1");
    ck_assert_int_eq(rows->mood.value, NAMED_HUMOUR_BAD);
    ck_assert_uint_eq(rows->list.count, 2);
    ck_assert_int_eq(rows->list.items[1], 2);
    orm_result_free(result);
}
END_TEST

START_TEST(a_query_of_one_database_is_unsupported_on_the_other)
{
    named_server_version_row row;
    orm_result *result;
    orm_status status = named_server_version(c, 4, &row, &result);
    if (on_sqlite()) {
        expect_status(ORM_UNSUPPORTED, status);
        expect_said(orm_connection_error(c)->message, "server_version");
        expect_statements("");
        return;
    }
    ok(status);
    ck_assert_str_eq(row.quoted, ":text");
    ck_assert_int_eq(row.next, 5);
    orm_result_free(result);
}
END_TEST

START_TEST(a_refused_query_tells_why)
{
    named_add_work_row row;
    orm_result *result;
    expect_status(ORM_CONSTRAINT,
                  named_add_work(c, "x", (orm_decimal){0}, (orm_timestamptz){0}, 999999, &row, &result));
    ck_assert_str_eq(orm_connection_error(c)->sqlstate, "23503");
    ck_assert_ptr_null(result);
    expect_statements("INSERT add_work failed");
}
END_TEST

/* --- on a session's connection --- */

START_TEST(a_query_sees_what_the_session_has_not_sent)
{
    named_writer row;
    orm_result *result;
    ok(named_writer_add(s, &(named_writer_values){.name = "Eve"}, NULL));
    ok(named_writer_by_name(orm_session_connection(s), "Eve", &row, &result));
    orm_result_free(result);
    orm_connection *own = orm_session_connection(s);
    ok(named_writer_add(s, &(named_writer_values){.name = "Fay"}, NULL));
    ok(named_writer_by_name(own, "Fay", &row, &result));
    orm_result_free(result);
    ok(orm_session_rollback(s));
    expect_status(ORM_NOT_FOUND, named_writer_by_name(c, "Eve", &row, &result));
}
END_TEST

START_TEST(entities_stay_true_when_a_query_writes)
{
    const named_writer *found, *again;
    size_t count;
    ok(named_writer_get(s, ann, &found));
    ok(named_rename_writers(orm_session_connection(s), " II", NAMED_HUMOUR_GOOD, &count));
    ok(named_writer_get(s, ann, &again));
    ck_assert_ptr_eq(found, again);
    ck_assert_str_eq(again->name, "Ann II");
    ok(orm_session_rollback(s));
    ok(named_writer_get(s, ann, &again));
    ck_assert_str_eq(again->name, "Ann");
}
END_TEST

Suite *suite_named(void)
{
    Suite *suite = suite_create("named");
    TCase *cases = new_case(suite, "queries");
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, many_gives_an_array_of_typed_rows);
    tcase_add_test(cases, many_rows_are_all_there);
    tcase_add_test(cases, a_models_row_is_filled);
    tcase_add_test(cases, several_models_are_embedded_and_an_outer_join_leaves_one_out);
    tcase_add_test(cases, a_list_is_one_parameter);
    tcase_add_test(cases, one_gives_the_row);
    tcase_add_test(cases, one_that_finds_nothing_says_so);
    tcase_add_test(cases, one_that_finds_more_says_so);
    tcase_add_test(cases, what_an_insert_returns_is_read);
    tcase_add_test(cases, each_hands_over_row_by_row_until_it_is_told_to_stop);
    tcase_add_test(cases, what_a_callback_returns_is_returned);
    tcase_add_test(cases, another_statement_inside_each_of_a_query_that_writes_is_misuse);
    tcase_add_test(cases, exec_tells_how_many_rows_it_wrote);
    tcase_add_test(cases, null_for_a_parameter_that_takes_none_is_misuse);
    tcase_add_test(cases, without_a_connection_it_is_misuse);
    tcase_add_test(cases, parameters_never_become_sql);
    tcase_add_test(cases, names_that_the_function_uses_itself_are_no_trouble);
    tcase_add_test(cases, null_of_every_type_goes_there_and_back);
    tcase_add_test(cases, a_value_of_every_type_goes_there_and_back);
    tcase_add_test(cases, a_query_of_one_database_is_unsupported_on_the_other);
    tcase_add_test(cases, a_refused_query_tells_why);
    tcase_add_test(cases, a_query_sees_what_the_session_has_not_sent);
    tcase_add_test(cases, entities_stay_true_when_a_query_writes);
    return suite;
}
