/* test_postgresql_codec.c -- PostgreSQL's binary formats, byte by byte. What a real server makes of them is
 * test_postgresql.c.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_codec.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const mood_values[] = {"calm", "wild"};
static const orm_enum mood = {.name = "mood", .values = mood_values, .count = 2};
static const orm_model model = {.table = "thing"};
static const uint8_t two_bytes[] = {0, 255};

static orm__text buffer;
static orm__arena arena;
static orm_error error;

static void tear_down(void)
{
    orm__text_release(&buffer);
    orm__arena_release(&arena);
}

/* "00 ff" for {0, 255}. */
static const char *hexadecimal(const void *data, size_t size)
{
    static char text[600];
    char *out = text;
    *out = '\0';
    for (size_t i = 0; i < size; i++)
        out += sprintf(out, i ? " %02x" : "%02x", ((const uint8_t *)data)[i]);
    return text;
}

static size_t bytes_of(const char *text, char *bytes)
{
    size_t size = 0;
    for (char *end; *text; text = end) {
        unsigned long byte = strtoul(text, &end, 16);
        if (end == text)
            break;
        bytes[size++] = (char)(unsigned char)byte;
    }
    bytes[size] = '\0';
    return size;
}

#define ONE(name, ...) \
    { \
        .type = ORM_TYPE_##name, .form = ORM_FORM_ONE, .enumeration = &mood, .as = { __VA_ARGS__ } \
    }

static const struct {
    orm_type declared;
    orm_value value;
    const char *wanted; /* NULL: SQL NULL */
} scalars[] = {
    {ORM_TYPE_BOOL, ONE(BOOL, .boolean = true), "01"},
    {ORM_TYPE_BOOL, ONE(BOOL, .boolean = false), "00"},
    {ORM_TYPE_INT16, ONE(INT64, .integer = -2), "ff fe"},
    {ORM_TYPE_INT32, ONE(INT64, .integer = 258), "00 00 01 02"},
    {ORM_TYPE_INT64, ONE(INT16, .integer = 258), "00 00 00 00 00 00 01 02"},
    {ORM_TYPE_INT64, ONE(INT64, .integer = INT64_MIN), "80 00 00 00 00 00 00 00"},
    {ORM_TYPE_FLOAT32, ONE(FLOAT64, .real = 1.5), "3f c0 00 00"},
    {ORM_TYPE_FLOAT64, ONE(FLOAT32, .real = -2), "c0 00 00 00 00 00 00 00"},
    {ORM_TYPE_FLOAT32, ONE(FLOAT32, .real = INFINITY), "7f 80 00 00"},
    {ORM_TYPE_DECIMAL, ONE(DECIMAL, .text = "1.50"), "31 2e 35 30"},
    {ORM_TYPE_TEXT, ONE(TEXT, .text = "ab"), "61 62"},
    {ORM_TYPE_TEXT, ONE(TEXT, .text = ""), ""},
    {ORM_TYPE_TEXT, ONE(TEXT, .text = NULL), NULL},
    {ORM_TYPE_BYTES, ONE(BYTES, .bytes = {two_bytes, 2}), "00 ff"},
    {ORM_TYPE_BYTES, ONE(BYTES, .bytes = {two_bytes, 0}), ""},
    {ORM_TYPE_BYTES, ONE(BYTES, .bytes = {NULL, 0}), NULL},
    {ORM_TYPE_UUID, ONE(UUID, .uuid = {{1, 2, 3, [15] = 16}}), "01 02 03 00 00 00 00 00 00 00 00 00 00 00 00 10"},
    {ORM_TYPE_DATE, ONE(DATE, .integer = -1), "ff ff ff ff"},
    {ORM_TYPE_TIME, ONE(TIME, .integer = 1), "00 00 00 00 00 00 00 01"},
    {ORM_TYPE_TIMESTAMP, ONE(TIMESTAMP, .integer = INT64_MAX), "7f ff ff ff ff ff ff ff"},
    {ORM_TYPE_TIMESTAMPTZ, ONE(TIMESTAMPTZ, .integer = 256), "00 00 00 00 00 00 01 00"},
    {ORM_TYPE_INTERVAL, ONE(INTERVAL, .interval = {.months = 1, .days = -1, .microseconds = 2}),
     "00 00 00 00 00 00 00 02 ff ff ff ff 00 00 00 01"},
    {ORM_TYPE_JSON, ONE(JSON, .text = "{}"), "7b 7d"},
    {ORM_TYPE_JSONB, ONE(JSONB, .text = "{}"), "01 7b 7d"},
    {ORM_TYPE_INET, ONE(INET, .text = "::"), "3a 3a"},
    {ORM_TYPE_OTHER, ONE(OTHER, .text = "x"), "78"},
    {ORM_TYPE_ENUM, ONE(ENUM, .integer = 2), "77 69 6c 64"},
    {ORM_TYPE_INT32, {.form = ORM_FORM_NULL}, NULL},
};

START_TEST(a_value_is_encoded_as_its_declared_type)
{
    const orm__parameter parameter = {.type = scalars[_i].declared};
    bool null = false;
    ck_assert_int_eq(orm__pg_encode(&buffer, &parameter, &scalars[_i].value, &null, &error), ORM_OK);
    ck_assert_int_eq(null, scalars[_i].wanted == NULL);
    ck_assert_str_eq(hexadecimal(buffer.data, buffer.length), scalars[_i].wanted ? scalars[_i].wanted : "");
}
END_TEST

static const struct {
    orm_type declared;
    bool list;
    orm_value value;
    orm_status status;
    const char *message;
} refusals[] = {
    {ORM_TYPE_INT16, false, ONE(INT64, .integer = 32768), ORM_INVALID, "32768 does not fit int16"},
    {ORM_TYPE_INT32, false, ONE(INT64, .integer = -2147483649), ORM_INVALID, "-2147483649 does not fit int32"},
    {ORM_TYPE_DATE, false, ONE(DATE, .integer = 4294967296), ORM_INVALID, "4294967296 does not fit date"},
    {ORM_TYPE_FLOAT32, false, ONE(FLOAT64, .real = 1e39), ORM_INVALID, "9.9999999999999994e+38 does not fit float32"},
    {ORM_TYPE_ENUM, false, ONE(ENUM, .integer = 0), ORM_INVALID, "0 does not fit mood"},
    {ORM_TYPE_ENUM, false, ONE(ENUM, .integer = 3), ORM_INVALID, "3 does not fit mood"},
    {ORM_TYPE_INT64, false, ONE(TEXT, .text = "1"), ORM_MISUSE, NULL},
    {ORM_TYPE_UUID, false, ONE(INTERVAL, .interval = {1, 1, 1}), ORM_MISUSE, NULL},
    {ORM_TYPE_UUID, false, ONE(BYTES, .bytes = {two_bytes, 2}), ORM_MISUSE, NULL},
    {ORM_TYPE_INT64, true, ONE(INT64, .integer = 1), ORM_MISUSE, NULL},
    {ORM_TYPE_INT64, false, {.type = ORM_TYPE_INT64, .form = ORM_FORM_LIST}, ORM_MISUSE, NULL},
    {ORM_TYPE_INT64, false, {.type = ORM_TYPE_INT64, .form = ORM_FORM_COLUMN}, ORM_MISUSE, NULL},
};

START_TEST(a_value_that_does_not_fit_is_refused)
{
    const orm__parameter parameter = {.type = refusals[_i].declared, .list = refusals[_i].list};
    bool null;
    ck_assert_int_eq(orm__pg_encode(&buffer, &parameter, &refusals[_i].value, &null, &error), refusals[_i].status);
    if (refusals[_i].message)
        ck_assert_str_eq(error.message, refusals[_i].message);
}
END_TEST

static const int32_t integers[] = {1, -1, 7};
static const bool second_is_null[] = {false, true, false};
static const char *const strings[] = {"a", NULL, ""};
static const orm_jsonb documents[] = {{"1"}, {NULL}};
static const int moods[] = {2, 1};
static const bool truths[] = {true, false};

#define LIST(name, ...) \
    { \
        .type = ORM_TYPE_##name, .form = ORM_FORM_LIST, .enumeration = &mood, .as.array = { __VA_ARGS__ } \
    }
#define HEADER(type, count) "00 00 00 01 00 00 00 01 00 00 " type " 00 00 00 " count " 00 00 00 01"

static const struct {
    orm_type declared;
    orm_value value;
    const char *wanted;
} lists[] = {
    {ORM_TYPE_INT32, LIST(INT32, integers, NULL, 3),
     HEADER("00 17", "03") " 00 00 00 04 00 00 00 01 00 00 00 04 ff ff ff ff 00 00 00 04 00 00 00 07"},
    {ORM_TYPE_INT16, LIST(INT32, integers, second_is_null, 3),
     HEADER("00 15", "03") " 00 00 00 02 00 01 ff ff ff ff 00 00 00 02 00 07"},
    {ORM_TYPE_INT32, LIST(INT32, NULL, NULL, 0), "00 00 00 00 00 00 00 01 00 00 00 17"},
    {ORM_TYPE_TEXT, LIST(TEXT, strings, NULL, 3), HEADER("00 19", "03") " 00 00 00 01 61 ff ff ff ff 00 00 00 00"},
    {ORM_TYPE_JSONB, LIST(JSONB, documents, NULL, 2), HEADER("0e da", "02") " 00 00 00 02 01 31 ff ff ff ff"},
    {ORM_TYPE_ENUM, LIST(ENUM, moods, NULL, 2),
     HEADER("00 19", "02") " 00 00 00 04 77 69 6c 64 00 00 00 04 63 61 6c 6d"},
    {ORM_TYPE_BOOL, LIST(BOOL, truths, NULL, 2), HEADER("00 10", "02") " 00 00 00 01 01 00 00 00 01 00"},
};

START_TEST(a_list_is_encoded_as_an_array)
{
    const orm__parameter parameter = {.type = lists[_i].declared, .list = true};
    bool null = true;
    ck_assert_int_eq(orm__pg_encode(&buffer, &parameter, &lists[_i].value, &null, &error), ORM_OK);
    ck_assert(!null);
    ck_assert_str_eq(hexadecimal(buffer.data, buffer.length), lists[_i].wanted);
}
END_TEST

typedef struct row {
    const char *name;
    orm_opt_int64 score;
} row;
static const orm_column name_column = {
    .model = &model, .name = "name", .type = ORM_TYPE_TEXT, .field = ORM_FIELD(row, name)};
static const orm_column score_column = {
    .model = &model, .name = "score", .type = ORM_TYPE_INT64, .field = ORM_OPT_FIELD(row, score)};
static const orm_column secret_column = {
    .model = &model, .name = "pin", .type = ORM_TYPE_INT64, .flags = ORM_SENSITIVE, .field = ORM_OPT_FIELD(row, score)};
static const row rows[] = {{"x", {true, 70000}}, {NULL, {false, 9}}};
static const void *const pointers[] = {&rows[0], &rows[1]};

static orm_value column_of_rows(const orm_column *column)
{
    return (orm_value){.type = column->type, .form = ORM_FORM_ROWS, .as.rows = {pointers, column, 2}};
}

START_TEST(a_column_of_rows_is_encoded_as_an_array)
{
    const orm__parameter text = {.type = ORM_TYPE_TEXT, .list = true}, integer = {.type = ORM_TYPE_INT32, .list = true};
    const orm_value names = column_of_rows(&name_column), scores = column_of_rows(&score_column);
    bool null;
    ck_assert_int_eq(orm__pg_encode(&buffer, &text, &names, &null, &error), ORM_OK);
    ck_assert_str_eq(hexadecimal(buffer.data, buffer.length), HEADER("00 19", "02") " 00 00 00 01 78 ff ff ff ff");
    orm__text_clear(&buffer);
    ck_assert_int_eq(orm__pg_encode(&buffer, &integer, &scores, &null, &error), ORM_OK);
    ck_assert_str_eq(hexadecimal(buffer.data, buffer.length),
                     HEADER("00 17", "02") " 00 00 00 04 00 01 11 70 ff ff ff ff");
}
END_TEST

START_TEST(a_refusal_names_the_column_and_keeps_a_secret)
{
    const orm__parameter parameter = {.type = ORM_TYPE_INT16, .list = true};
    const orm_value scores = column_of_rows(&score_column), pins = column_of_rows(&secret_column);
    bool null;
    ck_assert_int_eq(orm__pg_encode(&buffer, &parameter, &scores, &null, &error), ORM_INVALID);
    ck_assert_str_eq(error.message, "thing.score: 70000 does not fit int16");
    ck_assert_str_eq(error.table, "thing");
    ck_assert_str_eq(error.column, "score");
    ck_assert_int_eq(orm__pg_encode(&buffer, &parameter, &pins, &null, &error), ORM_INVALID);
    ck_assert_str_eq(error.message, "thing.pin: a value does not fit int16");
    ck_assert_int_eq(orm__pg_encode(&buffer, &parameter, &pins, &null, NULL), ORM_INVALID);
}
END_TEST

START_TEST(parameters_have_the_types_of_the_server)
{
    static const struct {
        orm_type type;
        uint32_t one, list;
    } wanted[] = {{ORM_TYPE_INT64, 20, 1016},
                  {ORM_TYPE_DECIMAL, 25, 1009},
                  {ORM_TYPE_ENUM, 25, 1009},
                  {ORM_TYPE_UUID, 2950, 2951}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        ck_assert_uint_eq(orm__pg_type(&(orm__parameter){.type = wanted[i].type}), wanted[i].one);
        ck_assert_uint_eq(orm__pg_type(&(orm__parameter){.type = wanted[i].type, .list = true}), wanted[i].list);
    }
}
END_TEST

static orm_status decode(const orm_column *column, uint32_t type, const char *bytes, void *place)
{
    char data[64];
    const orm__pg_field field = {.type = type, .size = bytes ? bytes_of(bytes, data) : 0, .data = bytes ? data : NULL};
    return orm__pg_decode(column, &field, place, &arena, &error);
}

static const struct {
    orm_type type;
    uint32_t from;
    const char *bytes, *wanted; /* NULL: refused */
} texts[] = {
    {ORM_TYPE_TEXT, ORM__PG_TEXT, "61 62", "ab"},
    {ORM_TYPE_TEXT, ORM__PG_VARCHAR, "", ""},
    {ORM_TYPE_TEXT, ORM__PG_FIRST_USER_TYPE + 5, "61", "a"},
    {ORM_TYPE_TEXT, ORM__PG_INT4, "00 00 00 01", NULL},
    {ORM_TYPE_JSONB, ORM__PG_JSONB, "01 7b 7d", "{}"},
    {ORM_TYPE_JSONB, ORM__PG_JSONB, "02 7b 7d", NULL},
    {ORM_TYPE_JSONB, ORM__PG_JSONB, "", NULL},
    {ORM_TYPE_DECIMAL, ORM__PG_NUMERIC, "00 00 00 00 00 00 00 00", "0"},
    {ORM_TYPE_DECIMAL, ORM__PG_NUMERIC, "00 00 00 00 00 00 00 02", "0.00"},
    {ORM_TYPE_DECIMAL, ORM__PG_NUMERIC, "00 02 00 00 40 00 00 02 00 0c 13 88", "-12.50"},
    {ORM_TYPE_DECIMAL, ORM__PG_NUMERIC, "00 01 ff fe 00 00 00 05 03 e8", "0.00001"},
    {ORM_TYPE_DECIMAL, ORM__PG_NUMERIC, "00 01 00 01 00 00 00 00 00 01", "10000"},
    {ORM_TYPE_DECIMAL, ORM__PG_NUMERIC, "00 00 00 00 c0 00 00 00", "NaN"},
    {ORM_TYPE_DECIMAL, ORM__PG_NUMERIC, "00 00 00 00 d0 00 00 00", "Infinity"},
    {ORM_TYPE_DECIMAL, ORM__PG_NUMERIC, "00 00 00 00 f0 00 00 00", "-Infinity"},
    {ORM_TYPE_DECIMAL, ORM__PG_NUMERIC, "00 01 00 00 00 00 00 00", NULL},
    {ORM_TYPE_DECIMAL, ORM__PG_NUMERIC, "00 01 00 00 00 00 00 00 27 10", NULL},
    {ORM_TYPE_DECIMAL, ORM__PG_NUMERIC, "00 00", NULL},
    {ORM_TYPE_INET, ORM__PG_INET, "02 20 00 04 01 02 03 04", "1.2.3.4"},
    {ORM_TYPE_INET, ORM__PG_INET, "02 18 00 04 01 02 03 04", "1.2.3.4/24"},
    {ORM_TYPE_INET, ORM__PG_CIDR, "02 20 01 04 01 02 03 04", "1.2.3.4/32"},
    {ORM_TYPE_INET, ORM__PG_INET, "03 80 00 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01", "::1"},
    {ORM_TYPE_INET, ORM__PG_INET, "03 40 00 10 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 00", "2001:db8::/64"},
    {ORM_TYPE_INET, ORM__PG_INET, "03 80 00 10 00 00 00 00 00 00 00 00 00 00 ff ff 01 02 03 04", "::ffff:1.2.3.4"},
    {ORM_TYPE_INET, ORM__PG_INET, "02 20 00 10 01 02 03 04", NULL},
    {ORM_TYPE_INET, ORM__PG_INET, "", NULL},
};

START_TEST(text_and_what_becomes_text_is_decoded)
{
    const orm_column column = {.model = &model, .name = "it", .type = texts[_i].type, .field = {0, ORM_ABSENT}};
    const char *text = NULL;
    orm_status status = decode(&column, texts[_i].from, texts[_i].bytes, &text);
    ck_assert_int_eq(status, texts[_i].wanted ? ORM_OK : ORM_SCHEMA);
    ck_assert_pstr_eq(text, texts[_i].wanted);
}
END_TEST

START_TEST(a_null_is_for_nullable_members)
{
    orm_column column = score_column;
    row got = {.score = {true, 5}};
    ck_assert_int_eq(decode(&column, ORM__PG_INT8, NULL, &got), ORM_SCHEMA);
    ck_assert_str_eq(error.message, "thing.score: the database holds NULL where the schema allows none");
    column.flags = ORM_NULLABLE;
    ck_assert_int_eq(decode(&column, ORM__PG_INT8, NULL, &got), ORM_OK);
    ck_assert(!got.score.has);
    ck_assert_int_eq(decode(&column, ORM__PG_INT2, "ff fe", &got), ORM_OK);
    ck_assert(got.score.has);
    ck_assert_int_eq(got.score.value, -2);
    column = name_column;
    column.flags = ORM_NULLABLE;
    got.name = "before";
    ck_assert_int_eq(decode(&column, ORM__PG_TEXT, NULL, &got), ORM_OK);
    ck_assert_ptr_null(got.name);
}
END_TEST

START_TEST(a_number_that_is_too_large_for_its_member_is_drift)
{
    orm_column column = {.model = &model, .name = "it", .type = ORM_TYPE_INT16, .field = {0, ORM_ABSENT}};
    int16_t place = 0;
    ck_assert_int_eq(decode(&column, ORM__PG_INT4, "00 00 7f ff", &place), ORM_OK);
    ck_assert_int_eq(place, INT16_MAX);
    ck_assert_int_eq(decode(&column, ORM__PG_INT4, "00 00 80 00", &place), ORM_SCHEMA);
    ck_assert_str_eq(error.message, "thing.it: the database holds 32768, which does not fit int16");
    column.flags = ORM_SENSITIVE;
    ck_assert_int_eq(decode(&column, ORM__PG_INT4, "00 00 80 00", &place), ORM_SCHEMA);
    ck_assert_ptr_null(strstr(error.message, "32768"));
}
END_TEST

START_TEST(a_label_is_decoded_as_its_position)
{
    orm_column column = {
        .model = &model, .name = "it", .type = ORM_TYPE_ENUM, .enumeration = &mood, .field = {0, ORM_ABSENT}};
    static const char *const others[] = {"77 69 6c", "77 69 6c 64 65", "", "63"};
    int place = 0;
    ck_assert_int_eq(decode(&column, ORM__PG_FIRST_USER_TYPE, "77 69 6c 64", &place), ORM_OK);
    ck_assert_int_eq(place, 2);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        ck_assert_int_eq(decode(&column, ORM__PG_FIRST_USER_TYPE, others[i], &place), ORM_SCHEMA);
    ck_assert_str_eq(error.message, "thing.it: the database holds 'c', which enum mood does not have");
}
END_TEST

START_TEST(empty_bytes_are_not_null)
{
    const orm_column column = {.model = &model, .name = "it", .type = ORM_TYPE_BYTES, .field = {0, ORM_ABSENT}};
    orm_bytes bytes = {0};
    ck_assert_int_eq(decode(&column, ORM__PG_BYTEA, "", &bytes), ORM_OK);
    ck_assert_ptr_nonnull(bytes.data);
    ck_assert_uint_eq(bytes.size, 0);
}
END_TEST

static const struct {
    orm_type type;
    uint32_t from;
    const char *bytes;
} misfits[] = {
    {ORM_TYPE_BOOL, ORM__PG_INT2, "00 01"},
    {ORM_TYPE_BOOL, ORM__PG_BOOL, ""},
    {ORM_TYPE_INT32, ORM__PG_TEXT, "00 00 00 01"},
    {ORM_TYPE_FLOAT32, ORM__PG_FLOAT8, "00 00 00 00 00 00 00 00"},
    {ORM_TYPE_UUID, ORM__PG_UUID, "00"},
    {ORM_TYPE_DATE, ORM__PG_INT4, "00 00 00 01"},
    {ORM_TYPE_TIMESTAMP, ORM__PG_TIMESTAMPTZ, "00 00 00 00 00 00 00 00"},
    {ORM_TYPE_INTERVAL, ORM__PG_INTERVAL, "00"},
    {ORM_TYPE_BYTES, ORM__PG_TEXT, "00"},
    {ORM_TYPE_ENUM, ORM__PG_INT4, "00 00 00 01"},
};

START_TEST(another_type_than_the_schemas_is_drift)
{
    const orm_column column = {
        .model = &model, .name = "it", .type = misfits[_i].type, .enumeration = &mood, .field = {0, ORM_ABSENT}};
    int64_t place[2];
    ck_assert_int_eq(decode(&column, misfits[_i].from, misfits[_i].bytes, place), ORM_SCHEMA);
    ck_assert_str_eq(error.table, "thing");
    ck_assert_str_eq(error.column, "it");
}
END_TEST

#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

static Suite *suite(void)
{
    Suite *suite = suite_create("postgresql_codec");
    TCase *encoding = tcase_create("encoding"), *decoding = tcase_create("decoding");
    tcase_add_checked_fixture(encoding, NULL, tear_down);
    tcase_add_loop_test(encoding, a_value_is_encoded_as_its_declared_type, 0, COUNT_OF(scalars));
    tcase_add_loop_test(encoding, a_value_that_does_not_fit_is_refused, 0, COUNT_OF(refusals));
    tcase_add_loop_test(encoding, a_list_is_encoded_as_an_array, 0, COUNT_OF(lists));
    tcase_add_test(encoding, a_column_of_rows_is_encoded_as_an_array);
    tcase_add_test(encoding, a_refusal_names_the_column_and_keeps_a_secret);
    tcase_add_test(encoding, parameters_have_the_types_of_the_server);
    suite_add_tcase(suite, encoding);
    tcase_add_checked_fixture(decoding, NULL, tear_down);
    tcase_add_loop_test(decoding, text_and_what_becomes_text_is_decoded, 0, COUNT_OF(texts));
    tcase_add_test(decoding, a_null_is_for_nullable_members);
    tcase_add_test(decoding, a_number_that_is_too_large_for_its_member_is_drift);
    tcase_add_test(decoding, a_label_is_decoded_as_its_position);
    tcase_add_test(decoding, empty_bytes_are_not_null);
    tcase_add_loop_test(decoding, another_type_than_the_schemas_is_drift, 0, COUNT_OF(misfits));
    suite_add_tcase(suite, decoding);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
