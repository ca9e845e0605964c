/* test_value.c -- the constructors of orm_value, and taking, comparing and hashing values: base/value.c.
 * SPDX-License-Identifier: MIT */
#include "base/value.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static const orm_enum mood = {.name = "mood", .values = (const char *const[]){"good", "bad"}, .count = 2};
static const orm_uuid uuid_a = {{1, 2, 3}}, uuid_b = {{1, 2, 4}};
static const uint8_t octets[] = {1, 2, 0, 3};

START_TEST(a_value_says_what_it_is_and_holds_what_it_was_given)
{
    ck_assert(orm_of_bool(true).as.boolean);
    ck_assert_int_eq(orm_of_int16(INT16_MIN).as.integer, INT16_MIN);
    ck_assert_int_eq(orm_of_int32(INT32_MAX).as.integer, INT32_MAX);
    ck_assert_int_eq(orm_of_int64(INT64_MIN).as.integer, INT64_MIN);
    ck_assert_double_eq(orm_of_float32(0.1).as.real, 0.1);
    ck_assert_double_eq(orm_of_float64(-0.5).as.real, -0.5);
    ck_assert_str_eq(orm_of_decimal((orm_decimal){"1.50"}).as.text, "1.50");
    ck_assert_str_eq(orm_of_text("ada").as.text, "ada");
    ck_assert_uint_eq(orm_of_bytes((orm_bytes){octets, 4}).as.bytes.size, 4);
    ck_assert_mem_eq(orm_of_uuid(uuid_a).as.uuid.bytes, uuid_a.bytes, 16);
    ck_assert_int_eq(orm_of_date((orm_date){-5}).as.integer, -5);
    ck_assert_int_eq(orm_of_time((orm_time){5}).as.integer, 5);
    ck_assert_int_eq(orm_of_timestamp((orm_timestamp){INT64_MAX}).as.integer, INT64_MAX);
    ck_assert_int_eq(orm_of_timestamptz((orm_timestamptz){-1}).as.integer, -1);
    ck_assert_int_eq(orm_of_interval((orm_interval){1, 2, 3}).as.interval.days, 2);
    ck_assert_str_eq(orm_of_json((orm_json){"{}"}).as.text, "{}");
    ck_assert_str_eq(orm_of_jsonb((orm_jsonb){"[]"}).as.text, "[]");
    ck_assert_str_eq(orm_of_inet((orm_inet){"::1"}).as.text, "::1");
    ck_assert_str_eq(orm_of_other("(1,2)").as.text, "(1,2)");
    ck_assert_int_eq(orm_of_text("").form, ORM_FORM_ONE);
    ck_assert_int_eq(orm_of_jsonb((orm_jsonb){"[]"}).type, ORM_TYPE_JSONB);
    ck_assert_int_eq(orm_of_bool(false).type, ORM_TYPE_BOOL);
}
END_TEST

START_TEST(an_enum_value_knows_its_enum)
{
    orm_value value = orm_of_enum(&mood, 2);
    ck_assert_int_eq(value.type, ORM_TYPE_ENUM);
    ck_assert_int_eq(value.form, ORM_FORM_ONE);
    ck_assert_int_eq(value.as.integer, 2);
    ck_assert_ptr_eq(value.enumeration, &mood);
}
END_TEST

START_TEST(a_null_pointer_is_null)
{
    ck_assert_int_eq(orm_of_text(NULL).form, ORM_FORM_NULL);
    ck_assert_int_eq(orm_of_other(NULL).form, ORM_FORM_NULL);
    ck_assert_int_eq(orm_of_decimal((orm_decimal){NULL}).form, ORM_FORM_NULL);
    ck_assert_int_eq(orm_of_json((orm_json){NULL}).form, ORM_FORM_NULL);
    ck_assert_int_eq(orm_of_jsonb((orm_jsonb){NULL}).form, ORM_FORM_NULL);
    ck_assert_int_eq(orm_of_inet((orm_inet){NULL}).form, ORM_FORM_NULL);
    ck_assert_int_eq(orm_of_bytes((orm_bytes){NULL, 0}).form, ORM_FORM_NULL);
    ck_assert_int_eq(orm_of_bytes((orm_bytes){octets, 0}).form, ORM_FORM_ONE);
    ck_assert_int_eq(orm_of_int32_array((orm_int32_array){NULL, NULL, 0}).form, ORM_FORM_NULL);
    ck_assert_int_eq(orm__value_null(ORM_TYPE_DATE).type, ORM_TYPE_DATE);
}
END_TEST

START_TEST(an_array_keeps_its_items_and_nulls)
{
    const int16_t items[] = {1, 2};
    const bool nulls[] = {false, true};
    orm_value value = orm_of_int16_array((orm_int16_array){items, nulls, 2});
    ck_assert_int_eq(value.form, ORM_FORM_ARRAY);
    ck_assert_int_eq(value.type, ORM_TYPE_INT16);
    ck_assert_ptr_eq(value.as.array.items, items);
    ck_assert_ptr_eq(value.as.array.nulls, nulls);
    ck_assert_uint_eq(value.as.array.count, 2);
}
END_TEST

/* A row with a member of each type, twice. */
#define PLAIN(name, NAME, ctype, given) ctype plain_##name;
#define OPTIONAL(name, NAME, ctype, given) orm_opt_##name optional_##name;
typedef struct row {
    ORM_SCALAR_TYPES(PLAIN)
    ORM_SCALAR_TYPES(OPTIONAL)
    int plain_enum;
    struct {
        bool has;
        int value;
    } optional_enum;
} row;

#define COLUMNS(word, NAME, ctype, given) \
    {.name = #word, .type = ORM_TYPE_##NAME, .field = ORM_FIELD(row, plain_##word)}, \
        {.name = #word, .type = ORM_TYPE_##NAME, .field = ORM_OPT_FIELD(row, optional_##word), .flags = ORM_NULLABLE},
static const orm_column columns[] = {
    ORM_SCALAR_TYPES(COLUMNS){
        .name = "enum", .type = ORM_TYPE_ENUM, .enumeration = &mood, .field = ORM_FIELD(row, plain_enum)},
    {.name = "enum",
     .type = ORM_TYPE_ENUM,
     .enumeration = &mood,
     .field = ORM_OPT_FIELD(row, optional_enum),
     .flags = ORM_NULLABLE},
};

static const row filled = {
    .plain_bool = true,
    .plain_int16 = -16,
    .plain_int32 = -32,
    .plain_int64 = -64,
    .plain_float32 = 0.5f,
    .plain_float64 = 0.25,
    .plain_decimal = {"1.50"},
    .plain_text = "text",
    .plain_bytes = {octets, 4},
    .plain_uuid = {{1, 2, 3}},
    .plain_date = {1},
    .plain_time = {2},
    .plain_timestamp = {3},
    .plain_timestamptz = {4},
    .plain_interval = {5, 6, 7},
    .plain_json = {"{}"},
    .plain_jsonb = {"[]"},
    .plain_inet = {"::1"},
    .plain_other = "other",
    .plain_enum = 2,
};

static orm_value expected(const char *name)
{
#define EXPECTED(type, NAME, ctype, given) \
    if (strcmp(name, #type) == 0) \
        return orm_of_##type(filled.plain_##type);
    ORM_SCALAR_TYPES(EXPECTED)
#undef EXPECTED
    return orm_of_enum(&mood, 2);
}

START_TEST(a_member_of_any_type_is_taken_as_a_value)
{
    row both = filled;
#define FILL(name, NAME, ctype, given) \
    both.optional_##name.has = true; \
    both.optional_##name.value = filled.plain_##name;
    ORM_SCALAR_TYPES(FILL)
#undef FILL
    both.optional_enum.has = true;
    both.optional_enum.value = 2;
    orm_value value = orm__value_of_member(&columns[_i], &both), wanted = expected(columns[_i].name);
    ck_assert_int_eq(value.type, columns[_i].type);
    ck_assert_int_eq(value.form, ORM_FORM_ONE);
    ck_assert_ptr_eq(value.enumeration, columns[_i].enumeration);
    ck_assert(orm__value_equal(value, wanted));
    ck_assert_uint_eq(orm__value_hash(value), orm__value_hash(wanted));
}
END_TEST

START_TEST(a_member_without_has_or_pointer_is_null)
{
    static const row empty;
    orm_value value = orm__value_of_member(&columns[_i], &empty);
    bool points = value.type == ORM_TYPE_TEXT || value.type == ORM_TYPE_BYTES || value.type == ORM_TYPE_DECIMAL ||
                  value.type == ORM_TYPE_JSON || value.type == ORM_TYPE_JSONB || value.type == ORM_TYPE_INET ||
                  value.type == ORM_TYPE_OTHER;
    ck_assert_int_eq(value.form, columns[_i].flags & ORM_NULLABLE || points ? ORM_FORM_NULL : ORM_FORM_ONE);
    ck_assert_int_eq(value.type, columns[_i].type);
}
END_TEST

START_TEST(items_of_a_list_are_values)
{
#define ITEM(name, NAME, ctype, given) \
    { \
        ctype items[] = {filled.plain_##name, filled.plain_##name}; \
        orm_value list = orm_of_##name##s(items, 2); \
        ck_assert_int_eq(list.form, ORM_FORM_LIST); \
        ck_assert_uint_eq(orm__value_count(&list), 2); \
        ck_assert(orm__value_equal(orm__value_of_item(&list, 1), orm_of_##name(filled.plain_##name))); \
    }
    ORM_SCALAR_TYPES(ITEM)
#undef ITEM
    const int items[] = {1, 2};
    orm_value list = orm_of_enums(&mood, items, 2);
    ck_assert(orm__value_equal(orm__value_of_item(&list, 1), orm_of_enum(&mood, 2)));
    ck_assert_ptr_eq(orm__value_of_item(&list, 1).enumeration, &mood);
}
END_TEST

START_TEST(a_list_may_say_which_items_are_null)
{
    const int64_t items[] = {1, 2};
    orm_value list = orm_of_int64s(items, 2);
    list.as.array.nulls = (const bool[]){false, true};
    ck_assert_int_eq(orm__value_of_item(&list, 0).as.integer, 1);
    ck_assert_int_eq(orm__value_of_item(&list, 1).form, ORM_FORM_NULL);
}
END_TEST

START_TEST(one_column_of_many_rows_is_a_list)
{
    row other = filled;
    other.plain_int32 = 7;
    const void *rows[] = {&filled, &other};
    const orm_column *column = &columns[4];
    orm_value list = {.type = ORM_TYPE_INT32, .form = ORM_FORM_ROWS, .as.rows = {rows, column, 2}};
    ck_assert_uint_eq(orm__value_count(&list), 2);
    ck_assert_int_eq(orm__value_of_item(&list, 0).as.integer, -32);
    ck_assert_int_eq(orm__value_of_item(&list, 1).as.integer, 7);
}
END_TEST

START_TEST(what_is_no_list_has_no_items)
{
    orm_value value = orm_of_int64(3), column = orm_of_any_column(&columns[4]);
    ck_assert_uint_eq(orm__value_count(&value), 0);
    ck_assert_uint_eq(orm__value_count(&column), 0);
    ck_assert_int_eq(column.form, ORM_FORM_COLUMN);
    ck_assert_int_eq(column.type, ORM_TYPE_INT32);
    ck_assert_int_eq(orm_of_any_column(NULL).type, ORM_TYPE_NONE);
}
END_TEST

#define TEXT(name) \
    { \
        .type = ORM_TYPE_TEXT, .form = ORM_FORM_ONE, .as.text = name \
    }
#define DECIMAL(number) \
    { \
        .type = ORM_TYPE_DECIMAL, .form = ORM_FORM_ONE, .as.text = number \
    }
#define REAL(number) \
    { \
        .type = ORM_TYPE_FLOAT64, .form = ORM_FORM_ONE, .as.real = number \
    }
#define INTEGER(number) \
    { \
        .type = ORM_TYPE_INT64, .form = ORM_FORM_ONE, .as.integer = number \
    }
#define SHORT(number) \
    { \
        .type = ORM_TYPE_INT16, .form = ORM_FORM_ONE, .as.integer = number \
    }
#define BYTES(octets_, length) \
    { \
        .type = ORM_TYPE_BYTES, .form = ORM_FORM_ONE, .as.bytes = {(const uint8_t *)(octets_), length } \
    }
#define INTERVAL(a, b, c) \
    { \
        .type = ORM_TYPE_INTERVAL, .form = ORM_FORM_ONE, .as.interval = { a, b, c } \
    }
#define BOOL(b) \
    { \
        .type = ORM_TYPE_BOOL, .form = ORM_FORM_ONE, .as.boolean = b \
    }
#define UUID(...) \
    { \
        .type = ORM_TYPE_UUID, .form = ORM_FORM_ONE, .as.uuid = { {__VA_ARGS__} } \
    }
#define NULL_OF(type_) \
    { \
        .type = type_, .form = ORM_FORM_NULL \
    }

static const struct {
    orm_value a, b;
    bool equal;
} pairs[] = {
    {NULL_OF(ORM_TYPE_TEXT), NULL_OF(ORM_TYPE_TEXT), true},
    {NULL_OF(ORM_TYPE_TEXT), TEXT(""), false},
    {TEXT("a"), TEXT("a"), true},
    {TEXT("a"), TEXT("b"), false},
    {TEXT("a"), TEXT("a "), false},
    {TEXT("a longer text, of some words"), TEXT("a longer text, of some word"), false},
    {INTEGER(0), INTEGER(1), false},
    {INTEGER(5), SHORT(5), true},
    {INTEGER(INT64_MIN), INTEGER(INT64_MIN), true},
    {BOOL(true), BOOL(false), false},
    {REAL(0.0), REAL(-0.0), true},
    {REAL(NAN), REAL(-NAN), true},
    {REAL(NAN), REAL(0), false},
    {REAL(INFINITY), REAL(-INFINITY), false},
    {REAL(INFINITY), REAL(INFINITY), true},
    {REAL(0.1), REAL(0.1), true},
    {DECIMAL("1.0"), DECIMAL("1.00"), true},
    {DECIMAL("1.0"), DECIMAL("1.01"), false},
    {DECIMAL("-0"), DECIMAL("0.0"), true},
    {BYTES("a\0b", 3), BYTES("a\0b", 3), true},
    {BYTES("a\0b", 3), BYTES("a\0c", 3), false},
    {BYTES("", 0), BYTES("x", 0), true},
    {BYTES("a", 1), BYTES("a\0", 2), false},
    {INTERVAL(1, 2, 3), INTERVAL(1, 2, 3), true},
    {INTERVAL(1, 2, 3), INTERVAL(2, 1, 3), false},
    {INTERVAL(0, 0, 3), INTERVAL(0, 0, 4), false},
    {UUID(1, 2, 3), UUID(1, 2, 3), true},
    {UUID(1, 2, 3), UUID(1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), false},
};

START_TEST(equal_values_have_equal_hashes_and_others_differ)
{
    orm_value a = pairs[_i].a, b = pairs[_i].b;
    ck_assert_int_eq(orm__value_equal(a, b), pairs[_i].equal);
    ck_assert_int_eq(orm__value_equal(b, a), pairs[_i].equal);
    ck_assert_int_eq(orm__value_hash(a) == orm__value_hash(b), pairs[_i].equal);
}
END_TEST

START_TEST(hashes_of_neighbours_spread_over_all_bits)
{
    uint64_t any = 0, all = UINT64_MAX;
    for (int64_t i = 0; i < 1000; i++) {
        any |= orm__value_hash(orm_of_int64(i));
        all &= orm__value_hash(orm_of_int64(i));
    }
    ck_assert_uint_eq(any, UINT64_MAX);
    ck_assert_uint_eq(all, 0);
}
END_TEST

START_TEST(a_uuid_is_written_in_lower_case)
{
    char buffer[37];
    const orm_uuid uuid = {
        {0x01, 0x8f, 0xab, 0xcd, 0xef, 0x01, 0x71, 0x23, 0x84, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0xff}};
    ck_assert_str_eq(orm_uuid_format(uuid, buffer), "018fabcd-ef01-7123-8456-789abcdef0ff");
    ck_assert(!orm__value_equal(orm_of_uuid(uuid_a), orm_of_uuid(uuid_b)));
}
END_TEST

static Suite *value_suite(void)
{
    Suite *suite = suite_create("value");
    TCase *tests = tcase_create("value");
    tcase_add_test(tests, a_value_says_what_it_is_and_holds_what_it_was_given);
    tcase_add_test(tests, an_enum_value_knows_its_enum);
    tcase_add_test(tests, a_null_pointer_is_null);
    tcase_add_test(tests, an_array_keeps_its_items_and_nulls);
    tcase_add_loop_test(tests, a_member_of_any_type_is_taken_as_a_value, 0, COUNT(columns));
    tcase_add_loop_test(tests, a_member_without_has_or_pointer_is_null, 0, COUNT(columns));
    tcase_add_test(tests, items_of_a_list_are_values);
    tcase_add_test(tests, a_list_may_say_which_items_are_null);
    tcase_add_test(tests, one_column_of_many_rows_is_a_list);
    tcase_add_test(tests, what_is_no_list_has_no_items);
    tcase_add_loop_test(tests, equal_values_have_equal_hashes_and_others_differ, 0, COUNT(pairs));
    tcase_add_test(tests, hashes_of_neighbours_spread_over_all_bits);
    tcase_add_test(tests, a_uuid_is_written_in_lower_case);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(value_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
