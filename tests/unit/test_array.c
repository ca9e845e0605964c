/* test_array.c -- copies of arrays in an arena, their recycling, and comparing them: base/array.c.
 * SPDX-License-Identifier: MIT */
#include "base/array.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static orm__arena arena;

static void tear_down(void)
{
    orm__arena_release(&arena);
}

static const bool second[] = {false, true, false}, none[] = {false, false, false};
static const char *const words[] = {"a", NULL, "quote \""}, *const other_words[] = {"a", NULL, "quote '"};
static const char *const garbage[] = {"a", (const char *)8, "quote \""};
static const int32_t integers[] = {1, -1, 7};
static const orm_bytes blobs[] = {{(const uint8_t *)"\0\1\0", 3}, {NULL, 0}, {(const uint8_t *)"", 0}};
static const double reals[] = {0.0, 1.5, 2}, other_reals[] = {-0.0, 1.5, 2};
static const orm_decimal decimals[] = {{"1.0"}, {NULL}, {"2"}}, other_decimals[] = {{"1.00"}, {NULL}, {"2"}};
static const orm_interval spans[] = {{1, 2, 3}, {-1, 0, 0}, {0, 0, 0}};

static const struct {
    orm_type type;
    orm__array array;
    int nulls; /* how many the copy has */
} copied[] = {
    {ORM_TYPE_TEXT, {words, NULL, 3}, 1},       {ORM_TYPE_TEXT, {words, none, 3}, 1},
    {ORM_TYPE_TEXT, {garbage, second, 3}, 1},   {ORM_TYPE_TEXT, {words, NULL, 0}, 0},
    {ORM_TYPE_INT32, {integers, second, 3}, 1}, {ORM_TYPE_INT32, {integers, none, 3}, 0},
    {ORM_TYPE_INT32, {integers, NULL, 3}, 0},   {ORM_TYPE_ENUM, {integers, NULL, 3}, 0},
    {ORM_TYPE_BYTES, {blobs, NULL, 3}, 1},      {ORM_TYPE_DECIMAL, {decimals, second, 3}, 1},
    {ORM_TYPE_INTERVAL, {spans, second, 3}, 1}, {ORM_TYPE_UUID, {NULL, NULL, 0}, 0},
};

START_TEST(a_copy_is_identical_and_points_nowhere_else)
{
    orm_type type = copied[_i].type;
    orm__array copy = copied[_i].array;
    int nulls = 0;
    ck_assert(orm__array_keep(&copy, type, &arena));
    ck_assert(orm__array_identical(&copy, &copied[_i].array, type));
    ck_assert_uint_eq(copy.count, copied[_i].array.count);
    ck_assert_int_eq(copy.items == NULL, copied[_i].array.items == NULL);
    ck_assert(!copy.items || copy.items != copied[_i].array.items);
    for (size_t i = 0; i < copy.count; i++) {
        bool null = orm__array_item_is_null(&copy, type, i);
        const char *item = orm__array_item(&copy, type, i), *given = orm__array_item(&copied[_i].array, type, i);
        nulls += null;
        if (null)
            ck_assert(copy.nulls[i]);
        for (size_t k = 0; null && k < orm__type_size(type); k++)
            ck_assert_int_eq(item[k], 0);
        if (orm__type_points(type) && !null)
            ck_assert_int_ne(memcmp(item, given, sizeof(char *)), 0);
    }
    ck_assert_int_eq(nulls, copied[_i].nulls);
    ck_assert_int_eq(copy.nulls != NULL, nulls > 0);
}
END_TEST

START_TEST(a_copy_handed_back_is_used_again)
{
    size_t held = 0;
    for (int turn = 0; turn < 5000; turn++) {
        orm__array copy = copied[_i].array;
        ck_assert(orm__array_keep(&copy, copied[_i].type, &arena));
        orm__array_recycle(&copy, copied[_i].type, &arena);
        if (turn == 0)
            held = arena.held;
    }
    ck_assert_uint_eq(arena.held, held);
}
END_TEST

static const struct {
    orm_type type;
    orm__array a, b;
    bool identical;
} compared[] = {
    {ORM_TYPE_TEXT, {words, NULL, 3}, {garbage, second, 3}, true},
    {ORM_TYPE_TEXT, {words, NULL, 3}, {other_words, NULL, 3}, false},
    {ORM_TYPE_TEXT, {words, NULL, 2}, {words, NULL, 3}, false},
    {ORM_TYPE_TEXT, {words, NULL, 0}, {other_words, NULL, 0}, true},
    {ORM_TYPE_TEXT, {NULL, NULL, 0}, {words, NULL, 0}, false},
    {ORM_TYPE_TEXT, {NULL, NULL, 0}, {NULL, NULL, 0}, true},
    {ORM_TYPE_INT32, {integers, second, 3}, {integers, NULL, 3}, false},
    {ORM_TYPE_INT32, {integers, none, 3}, {integers, NULL, 3}, true},
    {ORM_TYPE_FLOAT64, {reals, NULL, 3}, {other_reals, NULL, 3}, false},
    {ORM_TYPE_DECIMAL, {decimals, NULL, 3}, {other_decimals, NULL, 3}, false},
    {ORM_TYPE_BYTES, {blobs, NULL, 3}, {blobs, second, 3}, true},
};

START_TEST(arrays_are_compared_to_the_last_digit)
{
    ck_assert_int_eq(orm__array_identical(&compared[_i].a, &compared[_i].b, compared[_i].type), compared[_i].identical);
    ck_assert_int_eq(orm__array_identical(&compared[_i].b, &compared[_i].a, compared[_i].type), compared[_i].identical);
}
END_TEST

START_TEST(a_value_keeps_its_list_too)
{
    orm_value list = orm_of_texts(words, 3);
    ck_assert(orm__array_keep_value(&list, &arena));
    ck_assert_ptr_ne(list.as.array.items, words);
    ck_assert_str_eq(((const char *const *)list.as.array.items)[2], words[2]);
    ck_assert_ptr_ne(((const char *const *)list.as.array.items)[2], words[2]);
    ck_assert_uint_eq(list.as.array.count, 3);
}
END_TEST

static Suite *array_suite(void)
{
    Suite *suite = suite_create("array");
    TCase *tests = tcase_create("array");
    tcase_add_checked_fixture(tests, NULL, tear_down);
    tcase_add_loop_test(tests, a_copy_is_identical_and_points_nowhere_else, 0, COUNT(copied));
    tcase_add_loop_test(tests, a_copy_handed_back_is_used_again, 0, COUNT(copied));
    tcase_add_loop_test(tests, arrays_are_compared_to_the_last_digit, 0, COUNT(compared));
    tcase_add_test(tests, a_value_keeps_its_list_too);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(array_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
