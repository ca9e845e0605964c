/* test_sqlite_values.c -- how SQLite stores values of all types, and how they are read back: driver/sqlite_values.c.
 * SPDX-License-Identifier: MIT */
#include "base/array.h"
#include "sqlite_link.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const orm_enum mood = {.name = "mood", .values = (const char *const[]){"good", "bad", "it's"}, .count = 3};
static const uint8_t octets[] = {0, 1, 255};

#define V(type_, member, ...) \
    { \
        .type = ORM_TYPE_##type_, .form = ORM_FORM_ONE, .enumeration = &mood, .as.member = __VA_ARGS__ \
    }
#define NONE(type_) \
    { \
        .type = ORM_TYPE_##type_, .form = ORM_FORM_NULL \
    }

/* A value, and how SQLite shows what it was given. */
static const struct {
    orm_value value;
    const char *stored;
} stored[] = {
    {V(BOOL, boolean, true), "integer 1"},
    {V(BOOL, boolean, false), "integer 0"},
    {V(INT16, integer, INT16_MIN), "integer -32768"},
    {V(INT32, integer, INT32_MAX), "integer 2147483647"},
    {V(INT64, integer, INT64_MIN), "integer -9223372036854775808"},
    {V(FLOAT32, real, 0.1), "real 0.10000000149011611938"},
    {V(FLOAT64, real, 0.1), "real 0.10000000000000000555"},
    {V(FLOAT64, real, INFINITY), "real Inf"},
    {V(FLOAT64, real, NAN), "text 'NaN'"},
    {V(DECIMAL, text, "-0012.50"), "text '-12.50'"},
    {V(DECIMAL, text, "12.50"), "text '12.50'"},
    {V(DECIMAL, text, "nan"), "text 'NaN'"},
    {V(TEXT, text, ""), "text ''"},
    {V(TEXT, text, "it's \xc3\xa9"), "text 'it''s \xc3\xa9'"},
    {V(BYTES, bytes, {octets, 3}), "blob X'0001FF'"},
    {V(BYTES, bytes, {octets, 0}), "blob X''"},
    {V(UUID, uuid, {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255}}),
     "blob X'0102030405060708090A0B0C0D0E0FFF'"},
    {V(DATE, integer, 8825), "text '2024-02-29'"},
    {V(DATE, integer, -730119), "text '0001-01-01'"},
    {V(TIME, integer, DAY / 2), "text '12:00:00.000000'"},
    {V(TIME, integer, DAY), "text '24:00:00.000000'"},
    {V(TIMESTAMP, integer, 8825 * DAY + DAY / 2 + 1), "text '2024-02-29 12:00:00.000001'"},
    {V(TIMESTAMPTZ, integer, -1), "text '1999-12-31 23:59:59.999999'"},
    {V(TIMESTAMPTZ, integer, 2921940 * DAY - 1), "text '9999-12-31 23:59:59.999999'"},
    {V(INTERVAL, interval, {14, -3, 1500000}), "text 'P1Y2M-3DT1.5S'"},
    {V(JSON, text, "{\"a\": 1}"), "text '{\"a\": 1}'"},
    {V(JSONB, text, "[]"), "text '[]'"},
    {V(INET, text, "::1/64"), "text '::1/64'"},
    {V(OTHER, text, "(1,2)"), "text '(1,2)'"},
    {V(ENUM, integer, 3), "text 'it''s'"},
    {NONE(INT64), "null NULL"},
    {NONE(TEXT), "null NULL"},
    {NONE(ENUM), "null NULL"},
};

static const char show[] =
    "SELECT typeof(?1) || ' ' || CASE typeof(?1) WHEN 'real' THEN printf('%!.20g', ?1) ELSE quote(?1) END";

START_TEST(a_value_is_stored_as_the_design_says)
{
    const orm__parameter parameter = {.type = stored[_i].value.type};
    ck_assert_str_eq(text_of(show, &parameter, &stored[_i].value, 1), stored[_i].stored);
}
END_TEST

/* A value as it lies in C. */
typedef union laid {
    bool boolean;
    int16_t int16;
    int32_t int32;
    int64_t int64;
    float real32;
    double real64;
    orm_bytes bytes;
    orm_uuid uuid;
    orm_interval interval;
    const char *text;
} laid;

static laid lay(const orm_value *value)
{
    switch (value->form == ORM_FORM_ONE ? value->type : ORM_TYPE_NONE) {
    case ORM_TYPE_BOOL:
        return (laid){.boolean = value->as.boolean};
    case ORM_TYPE_INT16:
        return (laid){.int16 = (int16_t)value->as.integer};
    case ORM_TYPE_INT32:
    case ORM_TYPE_DATE:
    case ORM_TYPE_ENUM:
        return (laid){.int32 = (int32_t)value->as.integer};
    case ORM_TYPE_FLOAT32:
        return (laid){.real32 = (float)value->as.real};
    case ORM_TYPE_FLOAT64:
        return (laid){.real64 = value->as.real};
    case ORM_TYPE_BYTES:
        return (laid){.bytes = value->as.bytes};
    case ORM_TYPE_UUID:
        return (laid){.uuid = value->as.uuid};
    case ORM_TYPE_INTERVAL:
        return (laid){.interval = value->as.interval};
    case ORM_TYPE_INT64:
    case ORM_TYPE_TIME:
    case ORM_TYPE_TIMESTAMP:
    case ORM_TYPE_TIMESTAMPTZ:
        return (laid){.int64 = value->as.integer};
    default:
        return (laid){.text = value->form == ORM_FORM_ONE ? value->as.text : NULL};
    }
}

typedef struct laid_row {
    bool has;
    laid value;
} laid_row;

/* Two of them, and NULL between; seen after all were given. */
START_TEST(a_list_item_is_stored_as_the_scalar)
{
    static const char sql[] =
        "SELECT group_concat(item, '; ') FROM (SELECT typeof(c0) || ' ' || CASE typeof(c0) WHEN 'real' "
        "THEN printf('%!.20g', c0) ELSE quote(c0) END AS item FROM (SELECT c0, ord FROM orm_rows(?1) ORDER BY -ord))";
    const orm_value *value = &stored[_i].value;
    const laid_row row = {.has = value->form == ORM_FORM_ONE, .value = lay(value)}, null = {.has = false};
    const orm_column column = {
        .type = value->type, .enumeration = &mood, .field = {offsetof(laid_row, value), offsetof(laid_row, has)}};
    const orm_value as_rows = {
        .type = value->type, .form = ORM_FORM_ROWS, .as.rows = {(const void *[]){&row, &null, &row}, &column, 3}};
    char items[3 * sizeof(laid)] __attribute__((aligned(8))) = {0};
    size_t size = orm__type_size(value->type);
    memcpy(items, &row.value, size);
    memcpy(items + 2 * size, &row.value, size);
    const orm_value as_items = {.type = value->type,
                                .form = ORM_FORM_LIST,
                                .enumeration = &mood,
                                .as.array = {items, (const bool[]){!row.has, true, !row.has}, 3}};
    const orm__parameter parameter = {.type = value->type, .list = true};
    char expected[200];
    snprintf(expected, sizeof expected, "%s; null NULL; %s", stored[_i].stored, stored[_i].stored);
    ck_assert_str_eq(text_of(sql, &parameter, &as_rows, 1), expected);
    ck_assert_str_eq(text_of(sql, &parameter, &as_items, 1), expected);
}
END_TEST

static const struct {
    orm_value value;
    orm_type declared;
    orm_status status;
} refused[] = {
    {V(DATE, integer, 2921940), ORM_TYPE_DATE, ORM_UNSUPPORTED},
    {V(DATE, integer, INT32_MAX), ORM_TYPE_DATE, ORM_UNSUPPORTED},
    {V(DATE, integer, -730120), ORM_TYPE_DATE, ORM_UNSUPPORTED},
    {V(TIMESTAMP, integer, INT64_MIN), ORM_TYPE_TIMESTAMP, ORM_UNSUPPORTED},
    {V(TIMESTAMPTZ, integer, 2921940 * DAY), ORM_TYPE_TIMESTAMPTZ, ORM_UNSUPPORTED},
    {V(TIME, integer, -1), ORM_TYPE_TIME, ORM_INVALID},
    {V(TIME, integer, DAY + 1), ORM_TYPE_TIME, ORM_INVALID},
    {V(DECIMAL, text, "1,5"), ORM_TYPE_DECIMAL, ORM_INVALID},
    {V(ENUM, integer, 0), ORM_TYPE_ENUM, ORM_INVALID},
    {V(ENUM, integer, 4), ORM_TYPE_ENUM, ORM_INVALID},
    {V(TEXT, text, "1"), ORM_TYPE_INT64, ORM_MISUSE},
    {V(INT64, integer, 1), ORM_TYPE_TEXT, ORM_MISUSE},
    {V(FLOAT64, real, 1), ORM_TYPE_INT64, ORM_MISUSE},
    {V(TIMESTAMP, integer, 1), ORM_TYPE_TIMESTAMPTZ, ORM_MISUSE},
    {{.type = ORM_TYPE_INT64, .form = ORM_FORM_LIST}, ORM_TYPE_INT64, ORM_MISUSE},
    {{.type = ORM_TYPE_ENUM, .form = ORM_FORM_ONE, .as.integer = 1}, ORM_TYPE_ENUM, ORM_MISUSE},
};

START_TEST(a_value_that_cannot_be_stored_is_refused_before_the_statement_runs)
{
    const orm__parameter parameters[] = {{.type = ORM_TYPE_INT64}, {.type = refused[_i].declared}};
    const orm_value values[] = {orm_of_int64(1), refused[_i].value};
    ck_assert_int_eq(execute(link_a, "SELECT ?1, ?2", parameters, values, 2, NULL), refused[_i].status);
    ck_assert_int_eq(error.status, refused[_i].status);
    ck_assert_msg(strncmp(error.message, "parameter 2: ", 13) == 0, "%s", error.message);
    ck_assert_str_eq(error.statement, "SELECT ?1, ?2");
    ck_assert_int_eq(number(link_a, "SELECT 1"), 1);
}
END_TEST

START_TEST(a_list_item_that_cannot_be_stored_is_refused_as_the_scalar)
{
    const orm_value *value = &refused[_i].value;
    if (value->form != ORM_FORM_ONE)
        return;
    const laid_row null = {.has = false}, row = {.has = true, .value = lay(value)};
    const orm_column column = {.name = "it",
                               .type = value->type,
                               .enumeration = value->enumeration,
                               .field = {offsetof(laid_row, value), offsetof(laid_row, has)}};
    const orm_value rows = {
        .type = value->type, .form = ORM_FORM_ROWS, .as.rows = {(const void *[]){&null, &row}, &column, 2}};
    const orm__parameter parameter = {.type = refused[_i].declared, .list = true};
    run(link_a, "CREATE TABLE t (a)");
    ck_assert_int_eq(execute(link_a, "INSERT INTO t SELECT c0 FROM orm_rows(?1)", &parameter, &rows, 1, NULL),
                     refused[_i].status);
    ck_assert_str_eq(error.column, "it");
    ck_assert_int_eq(number(link_a, "SELECT count(*) FROM t"), 0);
}
END_TEST

START_TEST(a_list_item_that_cannot_be_stored_fails_the_statement)
{
    const orm_date days[] = {{1}, {INT32_MAX}};
    const void *rows[] = {&days[0], &days[1]};
    const orm_column column = {.name = "born", .type = ORM_TYPE_DATE, .field = {0, ORM_ABSENT}};
    const orm_value list = {.type = ORM_TYPE_DATE, .form = ORM_FORM_ROWS, .as.rows = {rows, &column, 2}};
    const orm__parameter parameter = {.type = ORM_TYPE_DATE, .list = true};
    run(link_a, "CREATE TABLE t (a TEXT)");
    ck_assert_int_eq(execute(link_a, "INSERT INTO t SELECT c0 FROM orm_rows(?1)", &parameter, &list, 1, NULL),
                     ORM_UNSUPPORTED);
    ck_assert_str_eq(error.column, "born");
    ck_assert_str_eq(error.sqlstate, "22008");
    ck_assert_msg(strstr(error.message, "'infinity'") != NULL, "%s", error.message);
    ck_assert_str_eq(error.statement, "INSERT INTO t SELECT c0 FROM orm_rows(?1)");
    ck_assert_int_eq(number(link_a, "SELECT count(*) FROM t"), 0);
}
END_TEST

START_TEST(numbers_are_taken_by_the_declared_type)
{
    const orm__parameter parameters[] = {{.type = ORM_TYPE_INT64}, {.type = ORM_TYPE_FLOAT64}, {.type = ORM_TYPE_JSON}};
    const orm_value values[] = {orm_of_int32(7), orm_of_int64(7), orm_of_text("{}")};
    ck_assert_str_eq(text_of("SELECT typeof(?1) || typeof(?2) || ?3", parameters, values, 3), "integerreal{}");
}
END_TEST

START_TEST(numbers_of_a_list_are_taken_by_the_declared_type)
{
    const orm__parameter parameters[] = {{.type = ORM_TYPE_INT64, .list = true},
                                         {.type = ORM_TYPE_INT16, .list = true},
                                         {.type = ORM_TYPE_FLOAT64, .list = true},
                                         {.type = ORM_TYPE_FLOAT32, .list = true}};
    const orm_value values[] = {
        orm_of_int32s((const int32_t[]){-1, 7}, 2), orm_of_int64s((const int64_t[]){-1, 70000}, 2),
        orm_of_int16s((const int16_t[]){-1, 7}, 2), orm_of_float64s((const double[]){-1, 0.1}, 2)};
    ck_assert_str_eq(text_of("SELECT group_concat(c0 || ' ' || c1 || ' ' || c2 || ' ' || printf('%.12g', c3), '; ') "
                             "FROM orm_rows(?1, ?2, ?3, ?4)",
                             parameters, values, 4),
                     "-1 -1 -1.0 -1; 7 70000 7.0 0.10000000149");
}
END_TEST

/* They are read again for each row, and no longer lie where they were given. */
START_TEST(a_value_stays_bound_as_long_as_its_statement_runs)
{
    static const orm_column column = {
        .model = &text_model, .name = "text", .type = ORM_TYPE_TEXT, .flags = ORM_NULLABLE, .field = {0, ORM_ABSENT}};
    const orm__parameter parameters[] = {{.type = ORM_TYPE_DATE}, {.type = ORM_TYPE_UUID}};
    const char *text;
    orm__prepared *prepared = prepare(link_a, "SELECT ?1 || ' ' || quote(?2) FROM (VALUES (1), (2), (3))", parameters,
                                      2);
    for (int day = 0; day < 2; day++) {
        const orm_value values[] = {orm_of_date((orm_date){day}), orm_of_uuid((orm_uuid){{(uint8_t)day}})};
        char expected[128];
        snprintf(expected, sizeof expected, "2000-01-0%d X'0%d000000000000000000000000000000'", day + 1, day);
        ck_assert_int_eq(driver->start(link_a, NULL, prepared, values, ORM__FETCH_WHOLE, &error), ORM_OK);
        for (int i = 0; i < 3; i++) {
            ck_assert_int_eq(driver->step(link_a, &error), ORM_OK);
            ck_assert_int_eq(driver->read(link_a, &(const orm_column *){&column}, 1, 0, &text, &arena, &error), ORM_OK);
            ck_assert_str_eq(text, expected);
            driver->suspend(link_a, prepared);
            ck_assert_str_eq(text_of("SELECT ?1 || quote(?2)", parameters,
                                     (const orm_value[]){orm_of_date((orm_date){8}), orm_of_uuid((orm_uuid){{9}})}, 2),
                             "2000-01-09X'09000000000000000000000000000000'");
            driver->resume(link_a, prepared);
        }
        ck_assert_int_eq(driver->finish(link_a, NULL, &error), ORM_OK);
    }
    driver->forget(link_a, prepared);
}
END_TEST

START_TEST(a_decimal_of_any_length_is_stored)
{
    char digits[1001];
    memset(digits, '9', sizeof digits - 1);
    digits[0] = '0';
    digits[1000] = '\0';
    const orm__parameter parameter = {.type = ORM_TYPE_DECIMAL};
    const orm_value value = orm_of_decimal((orm_decimal){digits});
    ck_assert_str_eq(text_of("SELECT ?1", &parameter, &value, 1), digits + 1);
}
END_TEST

#define PLAIN(word, NAME, ctype, given) ctype plain_##word;
#define OPTIONAL(word, NAME, ctype, given) orm_opt_##word optional_##word;
typedef struct row {
    ORM_SCALAR_TYPES(PLAIN)
    ORM_SCALAR_TYPES(OPTIONAL)
    int plain_enum;
    struct {
        bool has;
        int value;
    } optional_enum;
} row;

static const orm_model model = {.name = "thing", .table = "things"};
#define COLUMNS(word, NAME, ctype, given) \
    {.model = &model, .name = "plain_" #word, .type = ORM_TYPE_##NAME, .field = ORM_FIELD(row, plain_##word)}, \
        {.model = &model, \
         .name = "optional_" #word, \
         .type = ORM_TYPE_##NAME, \
         .field = ORM_OPT_FIELD(row, optional_##word), \
         .flags = ORM_NULLABLE},
static const orm_column columns[] = {
    ORM_SCALAR_TYPES(COLUMNS){.model = &model,
                              .name = "plain_enum",
                              .type = ORM_TYPE_ENUM,
                              .enumeration = &mood,
                              .field = ORM_FIELD(row, plain_enum)},
    {.model = &model,
     .name = "optional_enum",
     .type = ORM_TYPE_ENUM,
     .enumeration = &mood,
     .field = ORM_OPT_FIELD(row, optional_enum),
     .flags = ORM_NULLABLE},
};

static const orm_column *column_of(orm_type type, bool optional)
{
    for (int i = optional; i < COUNT(columns); i += 2)
        if (columns[i].type == type)
            return &columns[i];
    ck_abort_msg("no such type");
    return NULL;
}

/* Reads what `expression` gives into the column's member. */
static orm_status read_expression(const orm_column *column, const char *expression, row *into)
{
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT 'before', %s", expression);
    orm__prepared *prepared = prepare(link_a, sql, NULL, 0);
    ck_assert_int_eq(driver->start(link_a, NULL, prepared, NULL, ORM__FETCH_WHOLE, &error), ORM_OK);
    ck_assert_int_eq(driver->step(link_a, &error), ORM_OK);
    orm_status status = driver->read(link_a, &column, 1, 1, into, &arena, &error);
    orm_error kept = error;
    ck_assert_int_eq(driver->step(link_a, &error), ORM_DONE);
    ck_assert_int_eq(driver->finish(link_a, NULL, &error), ORM_OK);
    driver->forget(link_a, prepared);
    error = kept;
    return status;
}

START_TEST(what_was_stored_is_read_back)
{
    const orm_value *value = &stored[_i].value;
    const orm__parameter parameter = {.type = value->type};
    for (int optional = 0; optional < 2; optional++) {
        row into = {.plain_bool = false};
        const orm_column *column = column_of(value->type, optional);
        if (value->form == ORM_FORM_NULL && !optional)
            continue;
        orm__prepared *prepared = prepare(link_a, "SELECT ?1", &parameter, 1);
        ck_assert_int_eq(driver->start(link_a, NULL, prepared, value, ORM__FETCH_WHOLE, &error), ORM_OK);
        ck_assert_int_eq(driver->step(link_a, &error), ORM_OK);
        ck_assert_msg(driver->read(link_a, &column, 1, 0, &into, &arena, &error) == ORM_OK, "%s", error.message);
        ck_assert_int_eq(driver->finish(link_a, NULL, &error), ORM_OK);
        driver->forget(link_a, prepared);
        orm_value back = orm__value_of_member(column, &into), wanted = *value;
        if (value->type == ORM_TYPE_FLOAT32)
            wanted.as.real = (double)(float)wanted.as.real;
        ck_assert_msg(orm__value_equal(back, wanted), "%s", stored[_i].stored);
    }
}
END_TEST

START_TEST(empty_bytes_are_not_null)
{
    row into;
    ck_assert_int_eq(read_expression(column_of(ORM_TYPE_BYTES, false), "X''", &into), ORM_OK);
    ck_assert_ptr_nonnull(into.plain_bytes.data);
    ck_assert_uint_eq(into.plain_bytes.size, 0);
}
END_TEST

START_TEST(null_goes_into_has_or_the_pointer)
{
    static const orm_column nullable_text = {.model = &model,
                                             .name = "t",
                                             .type = ORM_TYPE_TEXT,
                                             .flags = ORM_NULLABLE,
                                             .field = ORM_FIELD(row, plain_text)};
    static const orm_column nullable_bytes = {.model = &model,
                                              .name = "b",
                                              .type = ORM_TYPE_BYTES,
                                              .flags = ORM_NULLABLE,
                                              .field = ORM_FIELD(row, plain_bytes)};
    row into = {.plain_text = "old", .plain_bytes = {octets, 3}, .optional_int64 = {true, 1}};
    ck_assert_int_eq(read_expression(&nullable_text, "NULL", &into), ORM_OK);
    ck_assert_int_eq(read_expression(&nullable_bytes, "NULL", &into), ORM_OK);
    ck_assert_int_eq(read_expression(column_of(ORM_TYPE_INT64, true), "NULL", &into), ORM_OK);
    ck_assert_ptr_null(into.plain_text);
    ck_assert_ptr_null(into.plain_bytes.data);
    ck_assert_uint_eq(into.plain_bytes.size, 0);
    ck_assert(!into.optional_int64.has);
}
END_TEST

START_TEST(times_of_other_tools_are_read)
{
    row into;
    ck_assert_int_eq(read_expression(column_of(ORM_TYPE_TIMESTAMPTZ, false), "'2024-02-29T14:00:00+02:00'", &into),
                     ORM_OK);
    ck_assert_int_eq(into.plain_timestamptz.microseconds, 8825 * DAY + DAY / 2);
    ck_assert_int_eq(read_expression(column_of(ORM_TYPE_TIMESTAMP, false), "datetime('2024-02-29 12:00')", &into),
                     ORM_OK);
    ck_assert_int_eq(into.plain_timestamp.microseconds, 8825 * DAY + DAY / 2);
    ck_assert_int_eq(read_expression(column_of(ORM_TYPE_TIME, false), "'12:00'", &into), ORM_OK);
    ck_assert_int_eq(into.plain_time.microseconds, DAY / 2);
    ck_assert_int_eq(read_expression(column_of(ORM_TYPE_FLOAT64, false), "3", &into), ORM_OK);
    ck_assert_double_eq(into.plain_float64, 3);
}
END_TEST

static const struct {
    orm_type type;
    const char *expression;
} misfits[] = {
    {ORM_TYPE_BOOL, "2"},
    {ORM_TYPE_BOOL, "'true'"},
    {ORM_TYPE_BOOL, "NULL"},
    {ORM_TYPE_INT16, "32768"},
    {ORM_TYPE_INT16, "-32769"},
    {ORM_TYPE_INT32, "2147483648"},
    {ORM_TYPE_INT64, "'1'"},
    {ORM_TYPE_INT64, "1.0"},
    {ORM_TYPE_INT64, "X'01'"},
    {ORM_TYPE_FLOAT32, "1e39"},
    {ORM_TYPE_FLOAT64, "'1.0'"},
    {ORM_TYPE_FLOAT64, "X'00'"},
    {ORM_TYPE_DECIMAL, "X'31'"},
    {ORM_TYPE_DECIMAL, "'1,5'"},
    {ORM_TYPE_TEXT, "1"},
    {ORM_TYPE_TEXT, "X'41'"},
    {ORM_TYPE_TEXT, "'a' || char(0) || 'b'"},
    {ORM_TYPE_TEXT, "NULL"},
    {ORM_TYPE_BYTES, "'text'"},
    {ORM_TYPE_BYTES, "NULL"},
    {ORM_TYPE_UUID, "X'00'"},
    {ORM_TYPE_UUID, "''"},
    {ORM_TYPE_DATE, "'2023-02-29'"},
    {ORM_TYPE_DATE, "19700101"},
    {ORM_TYPE_TIME, "'noon'"},
    {ORM_TYPE_TIMESTAMP, "'now'"},
    {ORM_TYPE_TIMESTAMPTZ, "0"},
    {ORM_TYPE_INTERVAL, "'1 day'"},
    {ORM_TYPE_JSON, "1"},
    {ORM_TYPE_ENUM, "'ugly'"},
    {ORM_TYPE_ENUM, "1"},
};

START_TEST(what_does_not_fit_the_column_is_a_schema_error)
{
    row into;
    const orm_column *column = column_of(misfits[_i].type, false);
    ck_assert_int_eq(read_expression(column, misfits[_i].expression, &into), ORM_SCHEMA);
    ck_assert_str_eq(error.table, "things");
    ck_assert_str_eq(error.column, column->name);
    ck_assert_str_eq(error.sqlstate, "42804");
}
END_TEST

static Suite *sqlite_values_suite(void)
{
    Suite *suite = suite_create("sqlite_values");
    TCase *tests = tcase_create("sqlite_values");
    tcase_add_checked_fixture(tests, memory_set_up, memory_tear_down);
    tcase_add_loop_test(tests, a_value_is_stored_as_the_design_says, 0, COUNT(stored));
    tcase_add_loop_test(tests, a_list_item_is_stored_as_the_scalar, 0, COUNT(stored));
    tcase_add_loop_test(tests, a_value_that_cannot_be_stored_is_refused_before_the_statement_runs, 0, COUNT(refused));
    tcase_add_loop_test(tests, a_list_item_that_cannot_be_stored_is_refused_as_the_scalar, 0, COUNT(refused));
    tcase_add_test(tests, numbers_of_a_list_are_taken_by_the_declared_type);
    tcase_add_test(tests, a_value_stays_bound_as_long_as_its_statement_runs);
    tcase_add_test(tests, a_list_item_that_cannot_be_stored_fails_the_statement);
    tcase_add_test(tests, numbers_are_taken_by_the_declared_type);
    tcase_add_test(tests, a_decimal_of_any_length_is_stored);
    tcase_add_loop_test(tests, what_was_stored_is_read_back, 0, COUNT(stored));
    tcase_add_test(tests, empty_bytes_are_not_null);
    tcase_add_test(tests, null_goes_into_has_or_the_pointer);
    tcase_add_test(tests, times_of_other_tools_are_read);
    tcase_add_loop_test(tests, what_does_not_fit_the_column_is_a_schema_error, 0, COUNT(misfits));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(sqlite_values_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
