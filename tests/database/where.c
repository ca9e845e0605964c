/* where.c -- conditions and orders mean the same on both databases, and wrong ones are refused before anything is sent.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <math.h>
#include <stdio.h>

#define SECOND INT64_C(1000000)

/* Four rows that grow in every column, and one ("n") of NULLs. */
static void store_rows(void)
{
    static const char *const labels[] = {"a", "b", "c", "d"}, *const numbers[] = {"-2.50", "9", "10.0", "1000"};
    static const kinds_mood moods[] = {KINDS_MOOD_SAD, KINDS_MOOD_FINE, KINDS_MOOD_FINE, KINDS_MOOD_HAPPY};
    for (int i = 0; i < 4; i++)
        ok(kinds_optional_add(s,
                              &(kinds_optional_values){.label = ORM_VALUE(labels[i]),
                                                       .flag = ORM_VALUE(i > 1),
                                                       .small = ORM_VALUE((int16_t)(i + 1)),
                                                       .middle = ORM_VALUE(10 * (i + 1)),
                                                       .large = ORM_VALUE(INT64_C(10000000000) * (i + 1)),
                                                       .single = ORM_VALUE(0.5F * (float)i),
                                                       .real = ORM_VALUE(0.25 * i),
                                                       .price = ORM_VALUE({numbers[i]}),
                                                       .number = ORM_VALUE({numbers[i]}),
                                                       .data = ORM_VALUE({(const uint8_t *)labels[i], 1}),
                                                       .token = ORM_VALUE({{(uint8_t)(i + 1)}}),
                                                       .day = ORM_VALUE({i - 1}),
                                                       .hour = ORM_VALUE({i * SECOND}),
                                                       .local = ORM_VALUE({(i - 1) * SECOND}),
                                                       .moment = ORM_VALUE({(i - 1) * SECOND}),
                                                       .mood = ORM_VALUE(moods[i])},
                              NULL));
    ok(kinds_optional_add(s, &(kinds_optional_values){.label = ORM_VALUE("n")}, NULL));
    commit_and_forget();
}

/* The labels of what is found, one behind the other. */
static const char *labels_of(const kinds_optional_list *list)
{
    static char labels[64];
    labels[0] = '\0';
    for (size_t i = 0; i < list->count; i++)
        strcat(labels, list->items[i]->label);
    return labels;
}

static const char *found_by(orm_expr where)
{
    kinds_optional_list list;
    ok(kinds_optional_find(s, &(kinds_optional_query){.where = {where}, .order_by = {orm_asc(KINDS_OPTIONAL.label)}},
                           &list));
    return labels_of(&list);
}

/* Also by Core, and by its count. */
static void expect_found(orm_expr where, const char *labels)
{
    const kinds_optional *rows;
    size_t count;
    orm_result *result;
    ck_assert_str_eq(found_by(where), labels);
    ok(kinds_optional_count(s, &(kinds_optional_query){.where = {where}}, &count));
    ck_assert_uint_eq(count, strlen(labels));
    ok(kinds_optional_select(c, &(kinds_optional_query){.where = {where}}, &rows, &count, &result));
    ck_assert_uint_eq(count, strlen(labels));
    orm_result_free(result);
}

/* Every comparison of a column of four growing values, and a NULL, with the second and third of them. */
#define EXPECT_ORDER(column, second, third) \
    do { \
        expect_found(orm_eq(column, second), "b"); \
        expect_found(orm_ne(column, second), "acd"); \
        expect_found(orm_lt(column, third), "ab"); \
        expect_found(orm_le(column, third), "abc"); \
        expect_found(orm_gt(column, second), "cd"); \
        expect_found(orm_ge(column, second), "bcd"); \
        expect_found(orm_between(column, second, third), "bc"); \
        expect_found(orm_between(column, third, second), ""); \
        expect_found(orm_is_null(column), "n"); \
        expect_found(orm_not_null(column), "abcd"); \
        expect_found(orm_not(orm_eq(column, second)), "acd"); \
    } while (0)

START_TEST(integers_compare)
{
    store_rows();
    EXPECT_ORDER(KINDS_OPTIONAL.small, 2, 3);
    EXPECT_ORDER(KINDS_OPTIONAL.middle, 20, 30);
    EXPECT_ORDER(KINDS_OPTIONAL.large, 20000000000, 30000000000);
}
END_TEST

START_TEST(an_integer_beyond_its_column_compares_as_a_number)
{
    store_rows();
    expect_found(orm_lt(KINDS_OPTIONAL.small, 1000000), "abcd");
    expect_found(orm_gt(KINDS_OPTIONAL.middle, INT64_MIN), "abcd");
    expect_found(orm_eq(KINDS_OPTIONAL.middle, 5000000000), "");
    expect_found(orm_between(KINDS_OPTIONAL.small, -100000, 2), "ab");
}
END_TEST

START_TEST(floats_compare)
{
    store_rows();
    EXPECT_ORDER(KINDS_OPTIONAL.single, 0.5, 1.0);
    EXPECT_ORDER(KINDS_OPTIONAL.real, 0.25, 0.5);
    ok(kinds_optional_add(s, &(kinds_optional_values){.label = ORM_VALUE("x"), .single = ORM_VALUE(0.1F)}, NULL));
    ok(orm_session_commit(s));
    expect_found(orm_eq(KINDS_OPTIONAL.single, 0.1), "x");
}
END_TEST

START_TEST(decimals_compare_as_numbers)
{
    store_rows();
    EXPECT_ORDER(KINDS_OPTIONAL.number, ((orm_decimal){"9.000"}), ((orm_decimal){"10"}));
    EXPECT_ORDER(KINDS_OPTIONAL.price, ((orm_decimal){"9"}), ((orm_decimal){"1e1"}));
}
END_TEST

START_TEST(texts_compare_by_their_bytes)
{
    store_rows();
    expect_found(orm_eq(KINDS_OPTIONAL.label, "b"), "b");
    expect_found(orm_ne(KINDS_OPTIONAL.label, "b"), "acdn");
    expect_found(orm_lt(KINDS_OPTIONAL.label, "c"), "ab");
    expect_found(orm_ge(KINDS_OPTIONAL.label, "c"), "cdn");
    expect_found(orm_between(KINDS_OPTIONAL.label, "b", "c"), "bc");
    expect_found(orm_eq(KINDS_OPTIONAL.label, "B"), "");
    expect_found(orm_eq(KINDS_OPTIONAL.label, "' OR 1 = 1 --"), "");
}
END_TEST

START_TEST(bytes_and_uuids_compare)
{
    store_rows();
    EXPECT_ORDER(KINDS_OPTIONAL.data, ((orm_bytes){(const uint8_t *)"b", 1}), ((orm_bytes){(const uint8_t *)"c", 1}));
    EXPECT_ORDER(KINDS_OPTIONAL.token, ((orm_uuid){{2}}), ((orm_uuid){{3}}));
}
END_TEST

START_TEST(dates_and_times_compare)
{
    store_rows();
    EXPECT_ORDER(KINDS_OPTIONAL.day, ((orm_date){0}), ((orm_date){1}));
    EXPECT_ORDER(KINDS_OPTIONAL.hour, ((orm_time){SECOND}), ((orm_time){2 * SECOND}));
    EXPECT_ORDER(KINDS_OPTIONAL.local, ((orm_timestamp){0}), ((orm_timestamp){SECOND}));
    EXPECT_ORDER(KINDS_OPTIONAL.moment, ((orm_timestamptz){0}), ((orm_timestamptz){SECOND}));
}
END_TEST

START_TEST(booleans_compare)
{
    store_rows();
    expect_found(orm_eq(KINDS_OPTIONAL.flag, true), "cd");
    expect_found(orm_eq(KINDS_OPTIONAL.flag, false), "ab");
    expect_found(orm_lt(KINDS_OPTIONAL.flag, true), "ab");
    expect_found(orm_is_null(KINDS_OPTIONAL.flag), "n");
}
END_TEST

START_TEST(enums_compare_by_position)
{
    store_rows();
    expect_found(orm_eq(KINDS_OPTIONAL.mood, KINDS_MOOD_FINE), "bc");
    expect_found(orm_ne(KINDS_OPTIONAL.mood, KINDS_MOOD_FINE), "ad");
    expect_found(orm_lt(KINDS_OPTIONAL.mood, KINDS_MOOD_FINE), "a");
    expect_found(orm_le(KINDS_OPTIONAL.mood, KINDS_MOOD_FINE), "abc");
    expect_found(orm_gt(KINDS_OPTIONAL.mood, KINDS_MOOD_SAD), "bcd");
    expect_found(orm_ge(KINDS_OPTIONAL.mood, KINDS_MOOD_HAPPY), "d");
    expect_found(orm_between(KINDS_OPTIONAL.mood, KINDS_MOOD_SAD, KINDS_MOOD_FINE), "abc");
    expect_found(orm_is_null(KINDS_OPTIONAL.mood), "n");
}
END_TEST

START_TEST(a_list_holds_values_of_every_type)
{
    store_rows();
    const int16_t smalls[] = {2, 3, 99};
    const int32_t middles[] = {20, 30, 99};
    const int64_t larges[] = {20000000000, 30000000000};
    const float singles[] = {0.5F, 1.0F};
    const double reals[] = {0.25, 0.5};
    const orm_decimal numbers[] = {{"9.00"}, {"10"}};
    const char *const labels[] = {"b", "c", "x"};
    const orm_bytes datas[] = {{(const uint8_t *)"b", 1}, {(const uint8_t *)"c", 1}};
    const orm_uuid tokens[] = {{{2}}, {{3}}};
    const orm_date days[] = {{0}, {1}};
    const orm_time hours[] = {{SECOND}, {2 * SECOND}};
    const orm_timestamp locals[] = {{0}, {SECOND}};
    const orm_timestamptz moments[] = {{0}, {SECOND}};
    const kinds_mood moods[] = {KINDS_MOOD_FINE};
    const bool flags[] = {true, false};
    expect_found(orm_in(KINDS_OPTIONAL.small, smalls, 3), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.middle, middles, 3), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.large, larges, 2), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.single, singles, 2), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.real, reals, 2), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.number, numbers, 2), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.price, numbers, 2), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.label, labels, 3), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.data, datas, 2), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.token, tokens, 2), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.day, days, 2), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.hour, hours, 2), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.local, locals, 2), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.moment, moments, 2), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.mood, moods, 1), "bc");
    expect_found(orm_in(KINDS_OPTIONAL.flag, flags, 2), "abcd");
    expect_found(orm_in(KINDS_OPTIONAL.middle, ((const int32_t[]){10}), 1), "a");
}
END_TEST

START_TEST(an_empty_list_holds_nothing)
{
    store_rows();
    expect_found(orm_in(KINDS_OPTIONAL.middle, NULL, 0), "");
    expect_found(orm_in(KINDS_OPTIONAL.label, NULL, 0), "");
    expect_found(orm_in(KINDS_OPTIONAL.mood, NULL, 0), "");
    expect_found(orm_not(orm_in(KINDS_OPTIONAL.large, NULL, 0)), "abcdn");
}
END_TEST

START_TEST(a_list_may_be_longer_than_any_number_of_parameters)
{
    enum { COUNT = 100000 };
    int64_t *items = malloc(COUNT * sizeof *items);
    store_rows();
    for (size_t i = 0; i < COUNT; i++)
        items[i] = (int64_t)i;
    items[COUNT - 1] = 20000000000;
    expect_found(orm_in(KINDS_OPTIONAL.large, items, COUNT), "b");
    free(items);
}
END_TEST

START_TEST(like_knows_upper_and_lower_case)
{
    static const char *const labels[] = {"Ada", "ada", "Bob",  "100%",      "100 percent",
                                         "a_b", "axb", "b\\s", "\u00c4rger"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        ok(kinds_optional_add(s, &(kinds_optional_values){.label = ORM_VALUE(labels[i])}, NULL));
    commit_and_forget();
    static const struct {
        const char *pattern, *labels;
    } cases[] = {
        {"A%", "Ada"},      {"a%", "a_badaaxb"}, {"%b", "Boba_baxb"},     {"___", "AdaBoba_badaaxbb\\s"},
        {"100\\%", "100%"}, {"a\\_b", "a_b"},    {"b\\\\s", "b\\s"},      {"\u00c4%", "\u00c4rger"},
        {"", ""},           {"ada", "ada"},      {"_rger", "\u00c4rger"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_str_eq(found_by(orm_like(KINDS_OPTIONAL.label, cases[i].pattern)), cases[i].labels);
}
END_TEST

START_TEST(conditions_combine)
{
    store_rows();
    orm_expr a = orm_eq(KINDS_OPTIONAL.label, "a"), b = orm_eq(KINDS_OPTIONAL.label, "b"),
             c_to_n = orm_gt(KINDS_OPTIONAL.label, "b");
    expect_found(orm_or(a, b), "ab");
    expect_found(orm_and(a, b), "");
    expect_found(orm_or(a, orm_and(c_to_n, orm_lt(KINDS_OPTIONAL.small, 4))), "ac");
    expect_found(orm_not(orm_or(a, b)), "cdn");
    expect_found(orm_not(orm_and(c_to_n, orm_is_null(KINDS_OPTIONAL.small))), "abcd");
    expect_found(orm_not(orm_not(a)), "a");
    expect_found(orm_and(orm_or(a, b), orm_or(b, c_to_n)), "b");
}
END_TEST

START_TEST(all_of_an_array_must_hold)
{
    kinds_optional_list list;
    store_rows();
    ok(kinds_optional_find(
        s,
        &(kinds_optional_query){.where = {orm_gt(KINDS_OPTIONAL.small, 1), orm_lt(KINDS_OPTIONAL.small, 4),
                                          orm_ne(KINDS_OPTIONAL.label, "c")}},
        &list));
    ck_assert_str_eq(labels_of(&list), "b");
}
END_TEST

START_TEST(no_condition_says_nothing)
{
    kinds_optional_list list;
    const char *name = NULL;
    store_rows();
    ok(kinds_optional_find(s,
                           &(kinds_optional_query){.where = {orm_when(name != NULL, orm_eq(KINDS_OPTIONAL.label, name)),
                                                             ORM_NO_CONDITION, orm_lt(KINDS_OPTIONAL.small, 3)},
                                                   .order_by = {orm_asc(KINDS_OPTIONAL.small)}},
                           &list));
    ck_assert_str_eq(labels_of(&list), "ab");
    expect_found(orm_when(true, orm_eq(KINDS_OPTIONAL.label, "a")), "a");
    expect_found(orm_and(ORM_NO_CONDITION, orm_eq(KINDS_OPTIONAL.label, "a")), "a");
    expect_found(orm_or(ORM_NO_CONDITION, orm_eq(KINDS_OPTIONAL.label, "a")), "a");
    expect_found(orm_and(ORM_NO_CONDITION), "abcdn");
}
END_TEST

START_TEST(columns_compare_with_columns)
{
    ok(kinds_optional_add(
        s,
        &(kinds_optional_values){.label = ORM_VALUE("a"), .price = ORM_VALUE({"1.5"}), .number = ORM_VALUE({"1.50"})},
        NULL));
    ok(kinds_optional_add(
        s, &(kinds_optional_values){.label = ORM_VALUE("b"), .price = ORM_VALUE({"10"}), .number = ORM_VALUE({"9"})},
        NULL));
    ok(kinds_optional_add(s, &(kinds_optional_values){.label = ORM_VALUE("c"), .price = ORM_VALUE({"10"})}, NULL));
    commit_and_forget();
    expect_found(orm_eq_column(KINDS_OPTIONAL.price, KINDS_OPTIONAL.number), "a");
    expect_found(orm_ne_column(KINDS_OPTIONAL.price, KINDS_OPTIONAL.number), "b");
    expect_found(orm_gt_column(KINDS_OPTIONAL.price, KINDS_OPTIONAL.number), "b");
    expect_found(orm_le_column(KINDS_OPTIONAL.price, KINDS_OPTIONAL.number), "a");
    expect_found(orm_ge_column(KINDS_OPTIONAL.price, KINDS_OPTIONAL.number), "ab");
    expect_found(orm_lt_column(KINDS_OPTIONAL.price, KINDS_OPTIONAL.number), "");
    expect_found(orm_eq_column(KINDS_OPTIONAL.label, KINDS_OPTIONAL.label), "abc");
}
END_TEST

/* --- orders --- */

static const char *ordered_by(orm_order first, orm_order second)
{
    kinds_optional_list list;
    ok(kinds_optional_find(s, &(kinds_optional_query){.order_by = {first, second}}, &list));
    return labels_of(&list);
}

START_TEST(nulls_come_last_ascending_and_first_descending)
{
    store_rows();
    orm_order label = orm_asc(KINDS_OPTIONAL.label);
    ck_assert_str_eq(ordered_by(orm_asc(KINDS_OPTIONAL.middle), label), "abcdn");
    ck_assert_str_eq(ordered_by(orm_desc(KINDS_OPTIONAL.middle), label), "ndcba");
    ck_assert_str_eq(ordered_by(orm_asc(KINDS_OPTIONAL.mood), label), "abcdn");
    ck_assert_str_eq(ordered_by(orm_desc(KINDS_OPTIONAL.mood), label), "ndbca");
    ck_assert_str_eq(ordered_by(orm_asc(KINDS_OPTIONAL.moment), label), "abcdn");
}
END_TEST

START_TEST(decimals_order_as_numbers)
{
    store_rows();
    ck_assert_str_eq(ordered_by(orm_asc(KINDS_OPTIONAL.number), orm_asc(KINDS_OPTIONAL.id)), "abcdn");
    ck_assert_str_eq(ordered_by(orm_desc(KINDS_OPTIONAL.price), orm_asc(KINDS_OPTIONAL.id)), "ndcba");
}
END_TEST

START_TEST(the_first_order_counts_before_the_second)
{
    store_rows();
    ck_assert_str_eq(ordered_by(orm_desc(KINDS_OPTIONAL.flag), orm_desc(KINDS_OPTIONAL.label)), "ndcba");
    ck_assert_str_eq(ordered_by(orm_asc(KINDS_OPTIONAL.flag), orm_desc(KINDS_OPTIONAL.label)), "badcn");
}
END_TEST

START_TEST(not_a_number_orders_and_compares_alike)
{
    static const double reals[] = {1.0, (double)NAN, -(double)INFINITY, (double)INFINITY};
    static const char *const labels[] = {"1", "N", "-", "+"};
    for (size_t i = 0; i < 4; i++)
        ok(kinds_optional_add(s, &(kinds_optional_values){.label = ORM_VALUE(labels[i]), .real = ORM_VALUE(reals[i])},
                              NULL));
    commit_and_forget();
    ck_assert_str_eq(ordered_by(orm_asc(KINDS_OPTIONAL.real), orm_asc(KINDS_OPTIONAL.id)), "-1+N");
    ck_assert_str_eq(found_by(orm_eq(KINDS_OPTIONAL.real, (double)NAN)), "N");
    ck_assert_str_eq(found_by(orm_gt(KINDS_OPTIONAL.real, (double)INFINITY)), "N");
    ck_assert_str_eq(found_by(orm_eq(KINDS_OPTIONAL.real, (double)INFINITY)), "+");
}
END_TEST

/* --- refusals --- */

START_TEST(a_column_of_another_model_is_misuse)
{
    blog_post_list list;
    const blog_post *rows;
    size_t count;
    orm_result *result;
    const orm_expr wrong[] = {orm_eq(BLOG_AUTHOR.name, "x"), orm_is_null(BLOG_AUTHOR.bio),
                              orm_eq_column(BLOG_POST.author_id, BLOG_AUTHOR.id), orm_eq(KINDS_PLAIN.large, 1)};
    const orm_expr where = _i < 4 ? wrong[_i] : _i == 4 ? orm_keep(s, orm_or(wrong[0], wrong[1])) : ORM_NO_CONDITION;
    const orm_order order = _i == 5 ? orm_asc(BLOG_AUTHOR.name) : orm_asc(BLOG_POST.id);
    const blog_post_query query = {.where = {where}, .order_by = {order}};
    expect_status(ORM_MISUSE, blog_post_find(s, &query, &list));
    ck_assert_uint_eq(list.count, 0);
    ck_assert_ptr_null(list.items);
    expect_said(orm_session_error(s)->message, _i == 3 ? "plain" : "author");
    expect_status(ORM_MISUSE, blog_post_select(c, &query, &rows, &count, &result));
    ck_assert_ptr_null(result);
    expect_statements("");
    ok(blog_post_find(s, NULL, &list)); /* and no rollback is wanted */
}
END_TEST

START_TEST(a_comparison_with_null_points_to_is_null)
{
    kinds_optional_list list;
    expect_status(ORM_MISUSE, kinds_optional_find(
                                  s, &(kinds_optional_query){.where = {orm_eq(KINDS_OPTIONAL.label, NULL)}}, &list));
    expect_said(orm_session_error(s)->message, "orm_is_null");
    expect_status(ORM_MISUSE, kinds_optional_find(
                                  s, &(kinds_optional_query){.where = {orm_like(KINDS_OPTIONAL.label, NULL)}}, &list));
    ck_assert_str_eq(take_statements(), "");
}
END_TEST

START_TEST(an_enum_that_has_no_such_value_is_misuse)
{
    kinds_optional_list list;
    expect_status(
        ORM_MISUSE,
        kinds_optional_find(s, &(kinds_optional_query){.where = {orm_eq(KINDS_OPTIONAL.mood, (kinds_mood)9)}}, &list));
    ck_assert_str_eq(take_statements(), "");
}
END_TEST

/* --- what leaves its block --- */

static orm_expr young_or_named(const char *name)
{
    char copy[16];
    snprintf(copy, sizeof copy, "%s", name);
    const int32_t ages[] = {10, 30};
    return orm_keep(s, orm_or(orm_eq(KINDS_OPTIONAL.label, copy), orm_in(KINDS_OPTIONAL.middle, ages, 2)));
}

START_TEST(a_kept_condition_leaves_its_block)
{
    store_rows();
    orm_expr kept = young_or_named("b");
    char scratch[4096];
    memset(scratch, 'x', sizeof scratch);
    ck_assert_int_eq(scratch[sizeof scratch - 1], 'x');
    expect_found(kept, "abc");
    expect_found(orm_not(kept), "d");
}
END_TEST

START_TEST(a_comparison_leaves_its_block_unkept)
{
    kinds_optional_query query = {.order_by = {orm_asc(KINDS_OPTIONAL.id)}};
    kinds_optional_list list;
    size_t n = 0;
    store_rows();
    if (n == 0)
        query.where[n++] = orm_ge(KINDS_OPTIONAL.middle, 20);
    if (n == 1)
        query.where[n++] = orm_ne(KINDS_OPTIONAL.label, "c");
    ok(kinds_optional_find(s, &query, &list));
    ck_assert_str_eq(labels_of(&list), "bd");
}
END_TEST

Suite *suite_where(void)
{
    Suite *suite = suite_create("where");
    TCase *values = new_case(suite, "values");
    tcase_add_test(values, integers_compare);
    tcase_add_test(values, an_integer_beyond_its_column_compares_as_a_number);
    tcase_add_test(values, floats_compare);
    tcase_add_test(values, decimals_compare_as_numbers);
    tcase_add_test(values, texts_compare_by_their_bytes);
    tcase_add_test(values, bytes_and_uuids_compare);
    tcase_add_test(values, dates_and_times_compare);
    tcase_add_test(values, booleans_compare);
    tcase_add_test(values, enums_compare_by_position);
    tcase_add_test(values, a_list_holds_values_of_every_type);
    tcase_add_test(values, an_empty_list_holds_nothing);
    tcase_add_test(values, a_list_may_be_longer_than_any_number_of_parameters);
    tcase_add_test(values, like_knows_upper_and_lower_case);
    TCase *combined = new_case(suite, "combined");
    tcase_add_test(combined, conditions_combine);
    tcase_add_test(combined, all_of_an_array_must_hold);
    tcase_add_test(combined, no_condition_says_nothing);
    tcase_add_test(combined, columns_compare_with_columns);
    tcase_add_test(combined, a_kept_condition_leaves_its_block);
    tcase_add_test(combined, a_comparison_leaves_its_block_unkept);
    TCase *orders = new_case(suite, "orders");
    tcase_add_test(orders, nulls_come_last_ascending_and_first_descending);
    tcase_add_test(orders, decimals_order_as_numbers);
    tcase_add_test(orders, the_first_order_counts_before_the_second);
    tcase_add_test(orders, not_a_number_orders_and_compares_alike);
    TCase *refused = new_case(suite, "refused");
    tcase_add_loop_test(refused, a_column_of_another_model_is_misuse, 0, 6);
    tcase_add_test(refused, a_comparison_with_null_points_to_is_null);
    tcase_add_test(refused, an_enum_that_has_no_such_value_is_misuse);
    return suite;
}
