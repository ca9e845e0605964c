/* test_postgresql_items.c -- the items of lists and rows, of every type, are just what the codec makes of each by
 * itself.
 * SPDX-License-Identifier: MIT */
#include "base/value.h"
#include "driver/postgresql_codec.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 3, MANY = 1000 };

static const char *const mood_values[] = {"calm", "wild"};
static const orm_enum mood = {.name = "mood", .values = mood_values, .count = 2};
static const orm_model model = {.table = "thing"};
static const uint8_t bytes[] = {0, 255};

typedef struct any {
    bool has;
    union {
        bool boolean;
        int16_t small;
        int32_t middle;
        int64_t large;
        float single;
        double real;
        const char *text;
        orm_bytes bytes;
        orm_uuid uuid;
        orm_interval interval;
    } value;
} any;

/* Two values of each type, the second the emptiest that it has. */
static const struct {
    orm_type type;
    any one, other;
} types[] = {
    {ORM_TYPE_BOOL, {true, {.boolean = true}}, {true, {.boolean = false}}},
    {ORM_TYPE_INT16, {true, {.small = -258}}, {true, {.small = 0}}},
    {ORM_TYPE_INT32, {true, {.middle = -70000}}, {true, {.middle = 0}}},
    {ORM_TYPE_INT64, {true, {.large = INT64_MIN + 1}}, {true, {.large = 0}}},
    {ORM_TYPE_FLOAT32, {true, {.single = -1.5F}}, {true, {.single = 0}}},
    {ORM_TYPE_FLOAT64, {true, {.real = -1.25}}, {true, {.real = 0}}},
    {ORM_TYPE_DECIMAL, {true, {.text = "1.50"}}, {true, {.text = NULL}}},
    {ORM_TYPE_TEXT, {true, {.text = "gr\u00fc\u00df"}}, {true, {.text = ""}}},
    {ORM_TYPE_TEXT, {true, {.text = "a"}}, {true, {.text = NULL}}},
    {ORM_TYPE_BYTES, {true, {.bytes = {bytes, sizeof bytes}}}, {true, {.bytes = {bytes, 0}}}},
    {ORM_TYPE_BYTES, {true, {.bytes = {bytes, 1}}}, {true, {.bytes = {NULL, 0}}}},
    {ORM_TYPE_UUID, {true, {.uuid = {{1, 2, [15] = 255}}}}, {true, {.uuid = {{0}}}}},
    {ORM_TYPE_DATE, {true, {.middle = -1}}, {true, {.middle = 0}}},
    {ORM_TYPE_TIME, {true, {.large = 86399999999}}, {true, {.large = 0}}},
    {ORM_TYPE_TIMESTAMP, {true, {.large = -1}}, {true, {.large = 0}}},
    {ORM_TYPE_TIMESTAMPTZ, {true, {.large = 258}}, {true, {.large = 0}}},
    {ORM_TYPE_INTERVAL, {true, {.interval = {.months = 1, .days = -2, .microseconds = 3}}}, {true, {.interval = {0}}}},
    {ORM_TYPE_JSON, {true, {.text = "{}"}}, {true, {.text = NULL}}},
    {ORM_TYPE_JSONB, {true, {.text = "{}"}}, {true, {.text = NULL}}},
    {ORM_TYPE_INET, {true, {.text = "::1"}}, {true, {.text = NULL}}},
    {ORM_TYPE_OTHER, {true, {.text = "x"}}, {true, {.text = NULL}}},
    {ORM_TYPE_ENUM, {true, {.middle = 2}}, {true, {.middle = 1}}},
};
enum { TYPES = sizeof types / sizeof *types };

static orm__text wanted, got;
static orm_error error;

static void tear_down(void)
{
    orm__text_release(&wanted);
    orm__text_release(&got);
}

static orm_column column_of(orm_type type, bool optional)
{
    orm_column column = {.model = &model, .name = "it", .type = type, .enumeration = &mood};
    column.field = (orm_field){offsetof(any, value), optional ? offsetof(any, has) : ORM_ABSENT};
    return column;
}

static void append_integer(orm__text *text, uint64_t value, size_t size)
{
    while (size-- > 0)
        orm__text_char(text, (char)(unsigned char)(value >> 8 * size));
}

/* By the way of a single value. */
static void append_item(const orm_value *list, orm_type declared, size_t index)
{
    const orm__parameter parameter = {.type = declared};
    const orm_value item = orm__value_of_item(list, index);
    orm__text one = {0};
    bool null;
    ck_assert_int_eq(orm__pg_encode(&one, &parameter, &item, &null, &error), ORM_OK);
    append_integer(&wanted, null ? UINT32_MAX : one.length, 4);
    orm__text_bytes(&wanted, one.data, one.length);
    orm__text_release(&one);
}

static void expect_same(void)
{
    ck_assert_uint_eq(got.length, wanted.length);
    ck_assert_mem_eq(got.data, wanted.data, wanted.length);
    ck_assert_int_eq(got.data[got.length], '\0');
    orm__text_release(&got);
    orm__text_release(&wanted);
}

/* In buffers that have to grow at any place. */
static void expect_items(const orm_value *list, orm_type declared, size_t count)
{
    const orm__pg_items items = orm__pg_items_of(list, declared);
    for (size_t filled = 0; filled < 140; filled += 7) {
        for (size_t i = 0; i < filled; i++)
            orm__text_char(&got, 'x'), orm__text_char(&wanted, 'x');
        ck_assert_int_eq(orm__pg_write_list(&got, &items, count, &error), ORM_OK);
        for (size_t i = 0; i < count; i++)
            append_item(list, declared, i);
        expect_same();
    }
}

static orm_value rows_of(const orm_column *column, const void *const *pointers, size_t count)
{
    return (orm_value){
        .type = column->type, .form = ORM_FORM_ROWS, .enumeration = &mood, .as.rows = {pointers, column, count}};
}

START_TEST(a_column_of_rows_is_written_as_each_value_alone)
{
    const any none = {0};
    const void *const pointers[COUNT] = {&types[_i].one, &none, &types[_i].other};
    const orm_column optional = column_of(types[_i].type, true), required = column_of(types[_i].type, false);
    const void *const without_null[] = {&types[_i].one, &types[_i].other};
    const orm_value some = rows_of(&optional, pointers, COUNT), all = rows_of(&required, without_null, 2);
    expect_items(&some, optional.type, COUNT);
    expect_items(&all, required.type, 2);
}
END_TEST

START_TEST(a_list_is_written_as_each_value_alone)
{
    static const bool second[COUNT] = {false, true, false};
    const orm_type type = types[_i].type;
    const size_t size = orm__pg_formats[type].size;
    char *items = calloc(COUNT, size);
    ck_assert_ptr_nonnull(items);
    memcpy(items, &types[_i].one.value, size);
    memcpy(items + size, &types[_i].one.value, size);
    memcpy(items + 2 * size, &types[_i].other.value, size);
    orm_value list = {.type = type, .form = ORM_FORM_LIST, .enumeration = &mood, .as.array = {items, NULL, COUNT}};
    expect_items(&list, type, COUNT);
    list.as.array.nulls = second;
    expect_items(&list, type, COUNT);
    free(items);
}
END_TEST

START_TEST(integers_are_written_as_the_type_that_is_declared)
{
    static const orm_type integers[] = {ORM_TYPE_INT16, ORM_TYPE_INT32, ORM_TYPE_INT64};
    const any small = {true, {.large = 0}};
    const void *const pointers[] = {&small};
    for (int from = 0; from < 3; from++) {
        const orm_column column = column_of(integers[from], true);
        const orm_value rows = rows_of(&column, pointers, 1);
        for (int to = 0; to < 3; to++)
            expect_items(&rows, integers[to], 1);
    }
}
END_TEST

/* All types in a row, in pieces of some size. */
START_TEST(rows_of_copy_have_the_number_of_their_fields_and_these)
{
    static any cells[TYPES][2];
    static orm_column columns[TYPES];
    static orm_value lists[TYPES];
    static const void *pointers[TYPES][MANY];
    orm__pg_items items[TYPES];
    for (size_t i = 0; i < TYPES; i++) {
        cells[i][0] = types[i].one;
        cells[i][1] = (any){0};
        columns[i] = column_of(types[i].type, true);
        for (size_t k = 0; k < MANY; k++)
            pointers[i][k] = &cells[i][(k + i) % 2];
        lists[i] = rows_of(&columns[i], pointers[i], MANY);
        items[i] = orm__pg_items_of(&lists[i], columns[i].type);
    }
    size_t pieces = 0;
    for (size_t row = 0; row < MANY; pieces++) {
        size_t first = row;
        ck_assert_int_eq(orm__pg_write_rows(&got, items, TYPES, &row, MANY, 5000, &error), ORM_OK);
        ck_assert_uint_gt(row, first);
        ck_assert(got.length >= 5000 || row == MANY);
        for (size_t k = first; k < row; k++) {
            append_integer(&wanted, TYPES, 2);
            for (size_t i = 0; i < TYPES; i++)
                append_item(&lists[i], columns[i].type, k);
        }
        expect_same();
    }
    ck_assert_uint_gt(pieces, 10);
}
END_TEST

START_TEST(what_does_not_fit_is_refused_as_it_is_alone)
{
    const any odd = {true, {.middle = 7}}, large = {true, {.large = 70000}};
    const void *const odds[] = {&odd}, *const larges[] = {&large};
    const orm_column label = column_of(ORM_TYPE_ENUM, false), number = column_of(ORM_TYPE_INT64, false);
    const orm_value labels = rows_of(&label, odds, 1), numbers = rows_of(&number, larges, 1);
    orm__pg_items items = orm__pg_items_of(&labels, ORM_TYPE_ENUM);
    ck_assert_int_eq(orm__pg_write_list(&got, &items, 1, &error), ORM_INVALID);
    ck_assert_str_eq(error.message, "thing.it: 7 does not fit mood");
    size_t row = 0;
    ck_assert_int_eq(orm__pg_write_rows(&got, &items, 1, &row, 1, 100, &error), ORM_INVALID);
    items = orm__pg_items_of(&numbers, ORM_TYPE_INT16);
    ck_assert_int_eq(orm__pg_write_list(&got, &items, 1, &error), ORM_INVALID);
    ck_assert_str_eq(error.message, "thing.it: 70000 does not fit int16");
    ck_assert_str_eq(error.column, "it");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("postgresql_items");
    TCase *tcase = tcase_create("items");
    tcase_add_checked_fixture(tcase, NULL, tear_down);
    tcase_add_loop_test(tcase, a_column_of_rows_is_written_as_each_value_alone, 0, TYPES);
    tcase_add_loop_test(tcase, a_list_is_written_as_each_value_alone, 0, TYPES);
    tcase_add_test(tcase, integers_are_written_as_the_type_that_is_declared);
    tcase_add_test(tcase, rows_of_copy_have_the_number_of_their_fields_and_these);
    tcase_add_test(tcase, what_does_not_fit_is_refused_as_it_is_alone);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
