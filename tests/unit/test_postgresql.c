/* test_postgresql.c -- values and rows of the PostgreSQL driver, to a real server and back.
 * SPDX-License-Identifier: MIT */
#include "postgresql_server.h"

static const char *const mood_values[] = {"calm", "wild, really", "gone"};
static const orm_enum mood = {.name = "pg_temp.mood", .values = mood_values, .count = 3};

/* A row of all types, nullable but for its id. */
typedef struct row {
    int64_t id;
    orm_opt_bool truth;
    orm_opt_int16 small;
    orm_opt_int32 medium;
    orm_opt_int64 large;
    orm_opt_float32 real;
    orm_opt_float64 precise;
    orm_decimal price;
    const char *body;
    orm_bytes blob;
    orm_opt_uuid uuid;
    orm_opt_date day;
    orm_opt_time hour;
    orm_opt_timestamp local;
    orm_opt_timestamptz instant;
    orm_opt_interval span;
    orm_json json;
    orm_jsonb jsonb;
    orm_inet address;
    const char *other;
    struct {
        bool has;
        int value;
    } mood;
} row;

static const orm_model model = {.name = "thing", .table = "thing"};
#define PLAIN(i, column, TYPE, ...) \
    { \
        .model = &model, .name = #column, .member = #column, .type = ORM_TYPE_##TYPE, .flags = ORM_NULLABLE, \
        .index = i, .field = ORM_FIELD(row, column), __VA_ARGS__ \
    }
#define OPTIONAL(i, column, TYPE, ...) \
    { \
        .model = &model, .name = #column, .member = #column, .type = ORM_TYPE_##TYPE, .flags = ORM_NULLABLE, \
        .index = i, .field = ORM_OPT_FIELD(row, column), __VA_ARGS__ \
    }
static const orm_column columns[] = {
    {.model = &model,
     .name = "id",
     .member = "id",
     .type = ORM_TYPE_INT64,
     .flags = ORM_PRIMARY_KEY,
     .field = ORM_FIELD(row, id)},
    OPTIONAL(1, truth, BOOL, ),
    OPTIONAL(2, small, INT16, ),
    OPTIONAL(3, medium, INT32, ),
    OPTIONAL(4, large, INT64, ),
    OPTIONAL(5, real, FLOAT32, ),
    OPTIONAL(6, precise, FLOAT64, ),
    PLAIN(7, price, DECIMAL, ),
    PLAIN(8, body, TEXT, ),
    PLAIN(9, blob, BYTES, ),
    OPTIONAL(10, uuid, UUID, ),
    OPTIONAL(11, day, DATE, ),
    OPTIONAL(12, hour, TIME, ),
    OPTIONAL(13, local, TIMESTAMP, ),
    OPTIONAL(14, instant, TIMESTAMPTZ, ),
    OPTIONAL(15, span, INTERVAL, ),
    PLAIN(16, json, JSON, ),
    PLAIN(17, jsonb, JSONB, ),
    PLAIN(18, address, INET, ),
    PLAIN(19, other, OTHER, ),
    OPTIONAL(20, mood, ENUM, .enumeration = &mood),
};
enum { COLUMNS = sizeof columns / sizeof *columns };
static const char create_thing[] =
    "CREATE TEMP TABLE thing (id int8 PRIMARY KEY, truth bool, small int2, medium int4, large int8, real float4, precise float8,"
    " price numeric, body text, blob bytea, uuid uuid, day date, hour time, local timestamp, instant timestamptz, span interval,"
    " json json, jsonb jsonb, address inet, other point, mood pg_temp.mood)";
static const char insert_thing[] =
    "INSERT INTO thing SELECT i, t, s, m, l, r, p, d::numeric, b, bb, u, dd, h, lo, ins, sp, j, jb, a::inet, o::point,"
    " md::pg_temp.mood FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,"
    " $21) AS n(i, t, s, m, l, r, p, d, b, bb, u, dd, h, lo, ins, sp, j, jb, a, o, md)";
static const char insert_one_thing[] =
    "INSERT INTO thing VALUES ($1, $2, $3, $4, $5, $6, $7, $8::numeric, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
    " $19::inet, $20::point, $21::pg_temp.mood)";
static const char select_thing[] =
    "SELECT id, truth, small, medium, large, real, precise, price, body, blob, uuid, day, hour, local, instant, span, json, jsonb,"
    " address, other::text, mood FROM thing ORDER BY id";

static const orm_column *all[COLUMNS];

static void read_next(row *to)
{
    orm_status status = driver->step(db, &error);
    ck_assert_msg(status == ORM_OK, "%s: %s", orm_status_name(status), error.message);
    memset(to, 0xee, sizeof *to);
    status = driver->read(db, all, COLUMNS, 0, to, &arena, &error);
    ck_assert_msg(status == ORM_OK, "%s: %s", orm_status_name(status), error.message);
}

static void create_thing_table(void)
{
    for (size_t i = 0; i < COLUMNS; i++)
        all[i] = &columns[i];
    control(db, "CREATE TYPE pg_temp.mood AS ENUM ('calm', 'wild, really', 'gone')");
    control(db, create_thing);
}

static orm__prepared *prepare_insert(const char *sql, bool list)
{
    orm__parameter parameters[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        parameters[i] = (orm__parameter){.type = columns[i].type, .list = list};
    return prepare(sql, parameters, COLUMNS);
}

static void insert_rows(const row *const *rows, size_t count)
{
    orm_value values[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        values[i] = (orm_value){.type = columns[i].type,
                                .form = ORM_FORM_ROWS,
                                .as.rows = {.items = (const void *const *)rows, .column = &columns[i], .count = count}};
    orm__prepared *prepared = prepare_insert(insert_thing, true);
    start(NULL, prepared, values, ORM__FETCH_WHOLE);
    ck_assert_int_eq(driver->step(db, &error), ORM_DONE);
    finish(count);
    driver->forget(db, prepared);
}

static const uint8_t some_bytes[] = {0, 255, 1, 0};
static const row ordinary = {
    .id = 1,
    .truth = {true, true},
    .small = {true, -7},
    .medium = {true, 70000},
    .large = {true, 5000000000},
    .real = {true, 1.5f},
    .precise = {true, 0.1},
    .price = {"-12.50"},
    .body = "Grüße\n'\"\\",
    .blob = {some_bytes, 4},
    .uuid = {true, {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}},
    .day = {true, {8825}},
    .hour = {true, {1}},
    .local = {true, {123456789}},
    .instant = {true, {-1}},
    .span = {true, {14, -3, 5}},
    .json = {"{\"a\": [1,  2]}"},
    .jsonb = {"{\"a\": [1, 2]}"},
    .address = {"192.168.1.0/24"},
    .other = "(1,2)",
    .mood = {true, 2},
};
static const row least = {
    .id = INT64_MIN,
    .truth = {true, false},
    .small = {true, INT16_MIN},
    .medium = {true, INT32_MIN},
    .large = {true, INT64_MIN},
    .real = {true, -3.4e38f},
    .precise = {true, -1.7e308},
    .price = {"-Infinity"},
    .body = "",
    .blob = {some_bytes, 0},
    .uuid = {true, {{0}}},
    .day = {true, {INT32_MIN}},
    .hour = {true, {0}},
    .local = {true, {INT64_MIN}},
    .instant = {true, {INT64_MIN}},
    .span = {true, {INT32_MIN, INT32_MIN, INT64_MIN}},
    .json = {"null"},
    .jsonb = {"null"},
    .address = {"::"},
    .other = "(-1e+300,0)",
    .mood = {true, 1},
};
static const row most = {
    .id = INT64_MAX,
    .truth = {true, true},
    .small = {true, INT16_MAX},
    .medium = {true, INT32_MAX},
    .large = {true, INT64_MAX},
    .real = {true, 3.4e38f},
    .precise = {true, 5e-324},
    .price = {"NaN"},
    .body = "😀",
    .blob = {some_bytes, 1},
    .uuid = {true, {{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}}},
    .day = {true, {INT32_MAX}},
    .hour = {true, {86400000000}},
    .local = {true, {INT64_MAX}},
    .instant = {true, {INT64_MAX}},
    .span = {true, {INT32_MAX, INT32_MAX, INT64_MAX}},
    .json = {"\"\\u00e9\""},
    .jsonb = {"\"é\""},
    .address = {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    .other = "(NaN,Infinity)",
    .mood = {true, 3},
};
static const row empty = {.id = 4};
static const row *const samples[] = {&ordinary, &least, &most, &empty};
enum { SAMPLES = sizeof samples / sizeof *samples };

static void compare_opts(const row *got, const row *wanted)
{
#define SAME_NUMBER(member, place) \
    ck_assert_int_eq(got->member.has, wanted->member.has); \
    if (wanted->member.has) \
    ck_assert_int_eq((int64_t)got->member.place, (int64_t)wanted->member.place)
    SAME_NUMBER(truth, value);
    SAME_NUMBER(small, value);
    SAME_NUMBER(medium, value);
    SAME_NUMBER(large, value);
    SAME_NUMBER(day, value.days);
    SAME_NUMBER(hour, value.microseconds);
    SAME_NUMBER(local, value.microseconds);
    SAME_NUMBER(instant, value.microseconds);
    SAME_NUMBER(span, value.microseconds);
    SAME_NUMBER(span, value.days);
    SAME_NUMBER(span, value.months);
    SAME_NUMBER(mood, value);
    ck_assert_int_eq(got->real.has, wanted->real.has);
    ck_assert_int_eq(got->precise.has, wanted->precise.has);
    ck_assert_int_eq(got->uuid.has, wanted->uuid.has);
    if (!wanted->real.has)
        return;
    ck_assert(got->real.value == wanted->real.value && got->precise.value == wanted->precise.value);
    ck_assert_mem_eq(&got->uuid.value, &wanted->uuid.value, sizeof(orm_uuid));
}

static void compare(const row *got, const row *wanted)
{
    ck_assert_int_eq(got->id, wanted->id);
    compare_opts(got, wanted);
    ck_assert_pstr_eq(got->price.text, wanted->price.text);
    ck_assert_pstr_eq(got->body, wanted->body);
    ck_assert_pstr_eq(got->json.text, wanted->json.text);
    ck_assert_pstr_eq(got->jsonb.text, wanted->jsonb.text);
    ck_assert_pstr_eq(got->address.text, wanted->address.text);
    ck_assert_pstr_eq(got->other, wanted->other);
    ck_assert_uint_eq(got->blob.size, wanted->blob.size);
    ck_assert(!got->blob.data == !wanted->blob.data);
    if (wanted->blob.size)
        ck_assert_mem_eq(got->blob.data, wanted->blob.data, wanted->blob.size);
}

/* The value of a member, as a parameter of its own. */
static orm_value value_of(const row *of, const orm_column *column)
{
    const char *place = (const char *)of + column->field.value;
    orm_value value = {.type = column->type, .form = ORM_FORM_ONE, .enumeration = column->enumeration};
    if (column->field.has != ORM_ABSENT && !*(const bool *)((const char *)of + column->field.has))
        value.form = ORM_FORM_NULL;
    else if (column->type == ORM_TYPE_INT16)
        value.as.integer = *(const int16_t *)(const void *)place;
    else if (column->type == ORM_TYPE_INT32 || column->type == ORM_TYPE_DATE || column->type == ORM_TYPE_ENUM)
        value.as.integer = *(const int32_t *)(const void *)place;
    else if (column->type == ORM_TYPE_FLOAT32)
        value.as.real = (double)*(const float *)(const void *)place;
    else if (column->type == ORM_TYPE_BOOL)
        value.as.boolean = *(const bool *)place;
    else if (column->type == ORM_TYPE_BYTES || column->type == ORM_TYPE_UUID || column->type == ORM_TYPE_INTERVAL)
        memcpy(&value.as, place, 16);
    else
        memcpy(&value.as, place, 8);
    return value;
}

START_TEST(values_of_all_types_come_back_as_they_went)
{
    create_thing_table();
    const row *sample = samples[_i];
    orm_value values[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        values[i] = value_of(sample, &columns[i]);
    orm__prepared *insert = prepare_insert(insert_one_thing, false), *select = prepare(select_thing, NULL, 0);
    start(NULL, insert, values, ORM__FETCH_WHOLE);
    finish(1);
    row got;
    start(NULL, select, NULL, ORM__FETCH_WHOLE);
    read_next(&got);
    compare(&got, sample);
    ck_assert_int_eq(driver->step(db, &error), ORM_DONE);
    finish(0);
    driver->forget(db, insert);
    driver->forget(db, select);
}
END_TEST

START_TEST(columns_of_many_rows_go_as_arrays)
{
    create_thing_table();
    insert_rows(samples, SAMPLES);
    static const row *const sorted[] = {&least, &ordinary, &empty, &most};
    orm__prepared *select = prepare(select_thing, NULL, 0);
    start(NULL, select, NULL, _i ? ORM__FETCH_STREAM : ORM__FETCH_WHOLE);
    for (size_t i = 0; i < SAMPLES; i++) {
        row got;
        read_next(&got);
        compare(&got, sorted[i]);
    }
    ck_assert_int_eq(driver->step(db, &error), ORM_DONE);
    finish(0);
    driver->forget(db, select);
}
END_TEST

START_TEST(no_rows_at_all_is_an_empty_array)
{
    create_thing_table();
    insert_rows(samples, 0);
    ck_assert_int_eq(ask("SELECT count(*) FROM thing"), 0);
}
END_TEST

enum { MANY = 10000 };

static void insert_many(void)
{
    static row rows[MANY];
    static const row *pointers[MANY];
    create_thing_table();
    for (int i = 0; i < MANY; i++) {
        rows[i] = *samples[i % SAMPLES];
        rows[i].id = i;
        pointers[i] = &rows[i];
    }
    insert_rows(pointers, MANY);
}

START_TEST(ten_thousand_rows_go_and_come)
{
    insert_many();
    ck_assert_int_eq(ask("SELECT count(*) FROM thing WHERE mood = 'gone'"), MANY / 4);
    orm__prepared *select = prepare(select_thing, NULL, 0);
    start(NULL, select, NULL, _i ? ORM__FETCH_STREAM : ORM__FETCH_WHOLE);
    for (int i = 0; i < MANY; i++) {
        row got, wanted = *samples[i % SAMPLES];
        wanted.id = i;
        read_next(&got);
        compare(&got, &wanted);
    }
    ck_assert_int_eq(driver->step(db, &error), ORM_DONE);
    finish(0);
    driver->forget(db, select);
}
END_TEST

START_TEST(a_stream_may_be_left_early)
{
    insert_many();
    orm__prepared *select = prepare(select_thing, NULL, 0);
    for (int run = 0; run < 2; run++) {
        row got;
        start(NULL, select, NULL, ORM__FETCH_STREAM);
        read_next(&got);
        ck_assert_int_eq(got.id, 0);
        finish(0);
        ck_assert_int_eq(ask("SELECT 42"), 42);
    }
    driver->forget(db, select);
}
END_TEST

START_TEST(a_stream_tells_how_many_rows_it_wrote)
{
    control(db, "CREATE TEMP TABLE t (id int)");
    orm__prepared *insert = prepare("INSERT INTO t SELECT generate_series(1, 3) RETURNING id", NULL, 0);
    start(NULL, insert, NULL, ORM__FETCH_STREAM);
    ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    finish(3);
    start(NULL, insert, NULL, ORM__FETCH_STREAM);
    for (int i = 1; i <= 3; i++) {
        ck_assert_int_eq(driver->step(db, &error), ORM_OK);
        ck_assert_int_eq(driver->read_integer(db, 0), i);
    }
    ck_assert_int_eq(driver->step(db, &error), ORM_DONE);
    finish(3);
    driver->forget(db, insert);
}
END_TEST

START_TEST(lists_select_by_their_items)
{
    static const int32_t items[] = {3, 5, 7};
    static const bool nulls[] = {false, true, false};
    orm__prepared *select = prepare("SELECT count(*) FROM generate_series(1, 10) AS i WHERE i = ANY ($1)",
                                    &(orm__parameter){.type = ORM_TYPE_INT64, .list = true}, 1);
    orm_value value = {.type = ORM_TYPE_INT32, .form = ORM_FORM_LIST, .as.array = {items, NULL, 3}};
    static const int64_t wanted[] = {3, 2, 0, 0};
    for (int i = 0; i < 4; i++) {
        value.as.array.nulls = i == 1 ? nulls : NULL;
        value.as.array.count = i == 2 ? 0 : 3;
        value.form = i == 3 ? ORM_FORM_NULL : ORM_FORM_LIST;
        start(NULL, select, &value, ORM__FETCH_WHOLE);
        ck_assert_int_eq(driver->step(db, &error), ORM_OK);
        ck_assert_int_eq(driver->read_integer(db, 0), wanted[i]);
        finish(0);
    }
    driver->forget(db, select);
}
END_TEST

START_TEST(a_value_that_does_not_fit_is_refused_before_anything_is_sent)
{
    orm__prepared *select = prepare("SELECT $1", &(orm__parameter){.type = ORM_TYPE_INT16}, 1);
    orm_value value = {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE, .as.integer = 70000};
    ck_assert_int_eq(driver->start(db, "BEGIN", select, &value, ORM__FETCH_WHOLE, &error), ORM_INVALID);
    ck_assert_str_eq(error.message, "70000 does not fit int16");
    ck_assert_str_eq(error.statement, "SELECT $1");
    ck_assert_int_eq(ask("SELECT 1"), 1);
    control(db, "VACUUM"); /* refused inside a transaction */
    driver->forget(db, select);
}
END_TEST

static const struct {
    const char *sql;
    orm_type type;
    orm_status status;
} drifts[] = {
    {"SELECT 32767::int8", ORM_TYPE_INT16, ORM_OK},    {"SELECT 32768::int8", ORM_TYPE_INT16, ORM_SCHEMA},
    {"SELECT 5::int2", ORM_TYPE_INT64, ORM_OK},        {"SELECT 'a'", ORM_TYPE_INT64, ORM_SCHEMA},
    {"SELECT 1", ORM_TYPE_TEXT, ORM_SCHEMA},           {"SELECT 1.5::float8", ORM_TYPE_FLOAT32, ORM_SCHEMA},
    {"SELECT 1.5::float4", ORM_TYPE_FLOAT64, ORM_OK},  {"SELECT now()", ORM_TYPE_TIMESTAMP, ORM_SCHEMA},
    {"SELECT '{}'::jsonb", ORM_TYPE_JSON, ORM_OK},     {"SELECT '{}'::json", ORM_TYPE_JSONB, ORM_OK},
    {"SELECT '1.50'::text", ORM_TYPE_DECIMAL, ORM_OK}, {"SELECT 1", ORM_TYPE_DECIMAL, ORM_SCHEMA},
    {"SELECT 'mad'", ORM_TYPE_ENUM, ORM_SCHEMA},       {"SELECT 'x'::char(3)", ORM_TYPE_TEXT, ORM_OK},
    {"SELECT 'x'::name", ORM_TYPE_TEXT, ORM_OK},       {"SELECT '10.0.0.0/8'::cidr", ORM_TYPE_INET, ORM_OK},
    {"SELECT 'x'::text", ORM_TYPE_BYTES, ORM_SCHEMA},
};

START_TEST(a_result_that_its_column_cannot_hold_is_drift)
{
    orm_column column = {
        .model = &model, .name = "it", .type = drifts[_i].type, .enumeration = &mood, .field = {0, ORM_ABSENT}};
    const orm_column *one = &column;
    int64_t place[2];
    orm__prepared *select = prepare(drifts[_i].sql, NULL, 0);
    start(NULL, select, NULL, ORM__FETCH_WHOLE);
    ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    ck_assert_int_eq(driver->read(db, &one, 1, 0, place, &arena, &error), drifts[_i].status);
    if (drifts[_i].status) {
        ck_assert_str_eq(error.table, "thing");
        ck_assert_str_eq(error.column, "it");
    }
    finish(0);
    driver->forget(db, select);
}
END_TEST

/* Whatever the driver makes of the binary format must be what the server shows as text. */
static const char *const texts[][2] = {
    {"SELECT n, n::text FROM unnest('{0,0.0,-0.00,1,-1,9999,10000,10001,100000000,0.1,0.0001,0.00001,0.000000001,1.10,123456.7890,"
     "99999999.99999999,10000.0001,-0.00010,1e20,1e-20,NaN,Infinity,-Infinity,12345678901234567890.12345}'::numeric[]) AS n",
     "decimal"},
    {"SELECT n, n::text FROM (SELECT (random() * 10 ^ (i % 40 - 20))::numeric(60, 25)"
     " FROM generate_series(1, 2000) AS i) AS t(n)",
     "decimal"},
    {"SELECT n, n::text FROM (VALUES (repeat('9', 1000)::numeric), (('0.' || repeat('7', 1000))::numeric),"
     " ((repeat('12', 300) || '.' || repeat('034', 300))::numeric), (1e131071), (1e-16383)) AS t(n)",
     "decimal"},
    {"SELECT n, format('%s', n) FROM unnest('{1.2.3.4,1.2.3.4/24,0.0.0.0/0,255.255.255.255,::,::1,::2,::1.2.3.4,::ffff:1.2.3.4,1::,1::/16,"
     "2001:db8::1,2001:db8:0:0:1:0:0:1,1:0:0:2::3,1:2:3:4:5:6:7:8,0:2:3:4:5:6:7:8,1:2:3:4:5:6:7:0,1:2:3:4:5:6:0:0,::1/64,"
     "::ffff:0:1.2.3.4,0:0:0:0:0:fffe:1:1,::5:6:7:8,1:0:3:0:5:0:7:0,fe80::1}'::inet[]) AS n",
     "inet"},
    {"SELECT n, format('%s', n) FROM unnest('{10.0.0.0/8,1.2.3.4/32,::/0,::1/128,2001:db8::/32}'::cidr[]) AS n",
     "inet"},
    {"SELECT n, format('%s', n) FROM (SELECT ('0.0.0.0'::inet + (random() * 4294967295)::int8) FROM generate_series(1, 200)) AS t(n)",
     "inet"},
    {"SELECT n, format('%s', n) FROM (SELECT regexp_replace(replace(translate(md5(i::text), '23456789abc', '00000000000'), '1', 'f'),"
     " '(....)(?!$)', '\\1:', 'g')::inet FROM generate_series(1, 2000) AS i) AS t(n)",
     "inet"},
};

START_TEST(decimals_and_addresses_read_as_the_server_shows_them)
{
    struct {
        const char *value, *text;
    } pair;
    const orm_column value = {.model = &model,
                              .name = "value",
                              .field = {0, ORM_ABSENT},
                              .type = strcmp(texts[_i][1], "inet") == 0 ? ORM_TYPE_INET : ORM_TYPE_DECIMAL};
    const orm_column text = {
        .model = &model, .name = "text", .field = {sizeof(char *), ORM_ABSENT}, .type = ORM_TYPE_TEXT};
    const orm_column *const both[] = {&value, &text};
    orm__prepared *select = prepare(texts[_i][0], NULL, 0);
    start(NULL, select, NULL, ORM__FETCH_WHOLE);
    int rows = 0;
    for (; driver->step(db, &error) == ORM_OK; rows++) {
        ck_assert_int_eq(driver->read(db, both, 2, 0, &pair, &arena, &error), ORM_OK);
        ck_assert_str_eq(pair.value, pair.text);
    }
    ck_assert_int_gt(rows, 4);
    finish(0);
    driver->forget(db, select);
}
END_TEST

START_TEST(control_tells_the_rows_written)
{
    size_t rows;
    control(db, "CREATE TEMP TABLE t (id int)");
    ck_assert_int_eq(driver->control(db, "INSERT INTO t SELECT generate_series(1, 5)", &rows, &error), ORM_OK);
    ck_assert_uint_eq(rows, 5);
    ck_assert_int_eq(driver->control(db, "SELECT * FROM t", &rows, &error), ORM_OK);
    ck_assert_uint_eq(rows, 0);
    ck_assert_int_eq(driver->control(db, "", &rows, &error), ORM_OK);
}
END_TEST

START_TEST(one_statement_at_a_time)
{
    orm__prepared *select = prepare("SELECT 1", NULL, 0);
    start(NULL, select, NULL, ORM__FETCH_STREAM);
    ck_assert_int_eq(driver->control(db, "SELECT 1", NULL, &error), ORM_MISUSE);
    ck_assert_int_eq(driver->step(db, &error), ORM_OK);
    ck_assert_int_eq(driver->read_integer(db, 0), 1);
    ck_assert_int_eq(driver->step(db, &error), ORM_DONE);
    ck_assert_int_eq(driver->step(db, &error), ORM_DONE);
    finish(0);
    driver->forget(db, select);
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, values_of_all_types_come_back_as_they_went, 0, SAMPLES);
    tcase_add_loop_test(tcase, columns_of_many_rows_go_as_arrays, 0, 2);
    tcase_add_test(tcase, no_rows_at_all_is_an_empty_array);
    tcase_add_loop_test(tcase, ten_thousand_rows_go_and_come, 0, 2);
    tcase_add_test(tcase, a_stream_may_be_left_early);
    tcase_add_test(tcase, a_stream_tells_how_many_rows_it_wrote);
    tcase_add_test(tcase, lists_select_by_their_items);
    tcase_add_test(tcase, a_value_that_does_not_fit_is_refused_before_anything_is_sent);
    tcase_add_loop_test(tcase, a_result_that_its_column_cannot_hold_is_drift, 0, COUNT_OF(drifts));
    tcase_add_loop_test(tcase, decimals_and_addresses_read_as_the_server_shows_them, 0, COUNT_OF(texts));
    tcase_add_test(tcase, control_tells_the_rows_written);
    tcase_add_test(tcase, one_statement_at_a_time);
}

int main(void)
{
    return run_suite("postgresql", add_tests);
}
