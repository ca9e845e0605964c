/* arrays.c -- arrays of every type, intervals, addresses, foreign types, and tables in a schema of PostgreSQL, both
 * ways.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

static const bool flags[] = {true, false, true};
static const bool second_is_null[] = {false, true, false};
static const int16_t smalls[] = {INT16_MIN, 0, INT16_MAX};
static const int64_t larges[] = {INT64_MIN, 0, INT64_MAX};
static const double ratios[] = {0.1, 0, -1e300};
static const orm_decimal prices[] = {{"-1.50"}, {"0.00"}, {"1234567890.12"}};
static const char *const labels[] = {"", "NULL", "a \"b\" \\ {,}\n'\t\xc3\xa9"};
static const uint8_t zeros[] = {0, 1, 0};
static const orm_bytes blobs[] = {{zeros, 3}, {zeros, 0}, {zeros, 1}};
static const orm_uuid keys[] = {{{1}}, {{2}}, {{3}}};
static const orm_date days[] = {{0}, {1}, {-365}};
static const orm_timestamptz moments[] = {{0}, {1}, {-1}};
static const arrays_colour colours[] = {ARRAYS_COLOUR_BLUE, ARRAYS_COLOUR_RED, ARRAYS_COLOUR_GREEN};

static const arrays_bag_values full = {
    .flags = {flags, NULL, 3},
    .smalls = ORM_VALUE({smalls, second_is_null, 3}),
    .counts = ORM_VALUE({(const int32_t[]){7}, NULL, 1}),
    .larges = ORM_VALUE({larges, NULL, 3}),
    .ratios = ORM_VALUE({ratios, second_is_null, 3}),
    .prices = ORM_VALUE({prices, NULL, 3}),
    .labels = {labels, NULL, 3},
    .blobs = ORM_VALUE({blobs, second_is_null, 3}),
    .keys = ORM_VALUE({keys, NULL, 3}),
    .days = ORM_VALUE({days, NULL, 3}),
    .moments = ORM_VALUE({moments, second_is_null, 3}),
    .colours = ORM_VALUE({colours, NULL, 3}),
    .wait = ORM_VALUE({.months = 14, .days = -3, .microseconds = 90000001}),
    .host = ORM_VALUE({"192.168.1.0/24"}),
    .place = ORM_VALUE("(1,2)"),
};

static void expect_full(const arrays_bag *bag)
{
    ck_assert_uint_eq(bag->flags.count, 3);
    ck_assert(bag->flags.items[0] && !bag->flags.items[1]);
    ck_assert_int_eq(bag->smalls.items[0], INT16_MIN);
    ck_assert(bag->smalls.nulls && bag->smalls.nulls[1] && !bag->smalls.nulls[2]);
    ck_assert_int_eq(bag->counts.items[0], 7);
    ck_assert_int_eq(bag->larges.items[0], INT64_MIN);
    ck_assert_int_eq(bag->larges.items[2], INT64_MAX);
    ck_assert_double_eq(bag->ratios.items[2], -1e300);
    expect_text(bag->prices.items[2].text, "1234567890.12");
    for (size_t i = 0; i < 3; i++)
        expect_text(bag->labels.items[i], labels[i]);
    ck_assert_uint_eq(bag->blobs.items[0].size, 3);
    ck_assert_mem_eq(bag->blobs.items[0].data, zeros, 3);
    ck_assert(bag->blobs.nulls[1]);
    ck_assert_mem_eq(&bag->keys.items[2], &keys[2], sizeof keys[2]);
    ck_assert_int_eq(bag->days.items[2].days, -365);
    ck_assert_int_eq(bag->moments.items[2].microseconds, -1);
    ck_assert_int_eq(bag->colours.items[0], ARRAYS_COLOUR_BLUE);
    ck_assert_int_eq(bag->colour, ARRAYS_COLOUR_GREEN);
    ck_assert_int_eq(bag->wait.value.months, 14);
    ck_assert_int_eq(bag->wait.value.days, -3);
    ck_assert_int_eq(bag->wait.value.microseconds, 90000001);
    expect_text(bag->host.text, "192.168.1.0/24");
    expect_text(bag->place, "(1,2)");
}

START_TEST(every_array_comes_back_by_core)
{
    arrays_bag row, again;
    orm_result *result, *second;
    ok(arrays_bag_insert(c, &full, &row, &result));
    expect_full(&row);
    ok(arrays_bag_fetch(c, row.id, &again, &second));
    expect_full(&again);
    orm_result_free(result);
    orm_result_free(second);
}
END_TEST

START_TEST(every_array_comes_back_by_a_session_and_a_batch)
{
    const arrays_bag *bags[20];
    for (int i = 0; i < 20; i++)
        ok(arrays_bag_add(s, &full, &bags[i]));
    forget_statements();
    ok(orm_session_flush(s));
    expect_statements("INSERT bag 20");
    commit_and_forget();
    arrays_bag_list found;
    ok(arrays_bag_find(s, NULL, &found));
    ck_assert_uint_eq(found.count, 20);
    for (size_t i = 0; i < found.count; i++)
        expect_full(found.items[i]);
}
END_TEST

START_TEST(empty_and_null_arrays_are_two_things)
{
    arrays_bag_values values = {.flags = {flags, NULL, 0}, .labels = {labels, NULL, 0}};
    const arrays_bag *bag;
    ok(arrays_bag_add(s, &values, &bag));
    ok(orm_session_flush(s));
    int64_t id = bag->id;
    commit_and_forget();
    ok(arrays_bag_get(s, id, &bag));
    ck_assert(bag->flags.items && bag->flags.count == 0);
    ck_assert(bag->counts.items && bag->counts.count == 0);
    ck_assert(!bag->smalls.items && !bag->colours.items && !bag->wait.has && !bag->host.text && !bag->place);
}
END_TEST

START_TEST(setters_replace_arrays_and_an_equal_one_sends_nothing)
{
    const arrays_bag *bag;
    ok(arrays_bag_add(s, &full, &bag));
    ok(orm_session_commit(s));
    forget_statements();
    ok(arrays_bag_set_labels(s, bag, (orm_text_array){labels, NULL, 3}));
    ok(arrays_bag_set_smalls(s, bag, (orm_int16_array){smalls, second_is_null, 3}));
    ok(orm_session_commit(s));
    expect_nothing_sent();
    ok(arrays_bag_set_labels(s, bag, (orm_text_array){labels + 1, NULL, 2}));
    ok(arrays_bag_set_smalls(s, bag, (orm_int16_array){NULL, NULL, 0}));
    ok(orm_session_commit(s));
    expect_statements("UPDATE bag 1");
    ok(orm_session_refresh(s, bag));
    ck_assert_uint_eq(bag->labels.count, 2);
    ck_assert(!bag->smalls.items);
}
END_TEST

START_TEST(a_rollback_gives_an_array_back)
{
    const arrays_bag *bag;
    ok(arrays_bag_add(s, &full, &bag));
    ok(orm_session_commit(s));
    ok(arrays_bag_set_labels(s, bag, (orm_text_array){labels, NULL, 1}));
    ok(orm_session_rollback(s));
    expect_full(bag);
}
END_TEST

START_TEST(tables_in_a_schema_are_related_queried_and_changed)
{
    const arrays_bag *bag;
    arrays_part_list parts;
    ok(arrays_bag_add(s, &full, &bag));
    for (int i = 0; i < 5; i++)
        ok(arrays_part_add(s, &(arrays_part_values){.wait = {.days = i}, .bag = bag}, NULL));
    ok(orm_session_flush(s));
    int64_t id = bag->id;
    commit_and_forget();
    ok(arrays_part_find(
        s,
        &(arrays_part_query){.where = {orm_gt(ARRAYS_PART.wait, ((orm_interval){.microseconds = 86400000000}))},
                             .order_by = {orm_desc(ARRAYS_PART.wait)}},
        &parts));
    ck_assert_uint_eq(parts.count, 3);
    ck_assert_int_eq(parts.items[0]->wait.days, 4);
    ok(arrays_bag_get(s, id, &bag));
    ok(arrays_bag_get_parts(s, bag, &parts));
    ck_assert_uint_eq(parts.count, 5);
    ok(arrays_bag_set_colour(s, bag, ARRAYS_COLOUR_RED));
    ok(orm_session_commit(s));
    size_t count;
    ok(arrays_bag_count(s, &(arrays_bag_query){.where = {orm_eq(ARRAYS_BAG.colour, ARRAYS_COLOUR_RED)}}, &count));
    ck_assert_uint_eq(count, 1);
    ok(arrays_bag_delete(s, bag));
    ok(orm_session_commit(s));
    ok(arrays_part_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

Suite *suite_arrays(void)
{
    Suite *suite = suite_create("arrays");
    TCase *tests = new_case(suite, "arrays");
    tcase_add_test(tests, every_array_comes_back_by_core);
    tcase_add_test(tests, every_array_comes_back_by_a_session_and_a_batch);
    tcase_add_test(tests, empty_and_null_arrays_are_two_things);
    tcase_add_test(tests, setters_replace_arrays_and_an_equal_one_sends_nothing);
    tcase_add_test(tests, a_rollback_gives_an_array_back);
    tcase_add_test(tests, tables_in_a_schema_are_related_queried_and_changed);
    return suite;
}
