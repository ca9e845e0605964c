/* types.c -- values of every type, there and back, by Core and by sessions.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

/* Days and microseconds from 2000-01-01 of what both databases can hold. */
#define DAY INT64_C(86400000000)
enum { FIRST_DAY = -730119, LAST_DAY = 2921939 };
#define FIRST_MOMENT (FIRST_DAY * DAY)
#define LAST_MOMENT ((LAST_DAY + 1) * DAY - 1)

#define TEXT_OF_ALL "quote ' double \" back \\ percent % \n\t \x01 gr\u00fc\u00df \u20ac \U0001F600"

static const uint8_t zeros[] = {0, 0, 1, 0, 255, 0};

static const kinds_plain_values rows[] = {
    {.flag = false,
     .small = INT16_MIN,
     .middle = INT32_MIN,
     .large = INT64_MIN,
     .single = -FLT_MAX,
     .real = -DBL_MAX,
     .price = {"-99999999.9999"},
     .number = {"-123456789012345678901234567890.000000000000000000000000000001"},
     .label = "",
     .data = {zeros, 0},
     .token = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
     .day = {FIRST_DAY},
     .hour = {0},
     .local = {FIRST_MOMENT},
     .moment = {FIRST_MOMENT},
     .doc = {"null"},
     .docb = {"null"},
     .mood = KINDS_MOOD_SAD},
    {.flag = true,
     .small = INT16_MAX,
     .middle = INT32_MAX,
     .large = INT64_MAX,
     .single = FLT_MAX,
     .real = DBL_MAX,
     .price = {"99999999.9999"},
     .number = {"123456789012345678901234567890.5"},
     .label = TEXT_OF_ALL,
     .data = {zeros, sizeof zeros},
     .token = {{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}},
     .day = {LAST_DAY},
     .hour = {DAY - 1},
     .local = {LAST_MOMENT},
     .moment = {LAST_MOMENT},
     .doc = {"{\"a\": [1, 2, {\"b\": \"\u00e9\"}]}"},
     .docb = {"{\"a\": [1, 2, {\"b\": \"\u00e9\"}]}"},
     .mood = KINDS_MOOD_HAPPY},
    {.single = FLT_MIN,
     .real = DBL_MIN,
     .price = {"0.0000"},
     .number = {"0"},
     .label = "0",
     .data = {(const uint8_t *)"x", 1},
     .token = {{1}},
     .doc = {"0"},
     .docb = {"[]"},
     .mood = KINDS_MOOD_FINE},
    {.small = -1,
     .middle = -1,
     .large = -1,
     .single = -0.0F,
     .real = -0.0,
     .price = {"0.0001"},
     .number = {"0.10"},
     .label = "NaN",
     .data = {zeros, 1},
     .token = {{2}},
     .day = {-1},
     .hour = {DAY / 2},
     .local = {-1},
     .moment = {-1},
     .doc = {"\"x\""},
     .docb = {"\"x\""},
     .mood = KINDS_MOOD_SAD},
    {.single = (float)NAN,
     .real = (double)NAN,
     .price = {"NaN"},
     .number = {"NaN"},
     .label = "infinity",
     .data = {zeros, 2},
     .token = {{3}},
     .doc = {"true"},
     .docb = {"true"},
     .mood = KINDS_MOOD_FINE},
    {.single = (float)INFINITY,
     .real = -(double)INFINITY,
     .price = {"1.5000"},
     .number = {"1.500"},
     .label = " ",
     .data = {zeros, 3},
     .token = {{4}},
     .day = {1},
     .hour = {1},
     .local = {1},
     .moment = {1},
     .doc = {"{}"},
     .docb = {"{}"},
     .mood = KINDS_MOOD_FINE},
    {.single = 1.17549421e-38F,
     .real = 4.9406564584124654e-324,
     .price = {"-0.0001"},
     .number = {"1000000"},
     .label = "x",
     .data = {zeros, 4},
     .token = {{5}},
     .day = {59},
     .hour = {86399999999},
     .local = {1},
     .moment = {1},
     .doc = {"1"},
     .docb = {"1"},
     .mood = KINDS_MOOD_FINE},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void expect_real(double got, double wanted)
{
    if (isnan(wanted))
        ck_assert_msg(isnan(got), "%g is not NaN", got);
    else if (wanted == 0 && on_sqlite())
        ck_assert_double_eq(got, 0); /* SQLite keeps no sign of zero */
    else
        ck_assert_msg(memcmp(&got, &wanted, sizeof got) == 0, "%.17g is not %.17g", got, wanted);
}

static void expect_bytes(orm_bytes got, orm_bytes wanted)
{
    ck_assert_ptr_nonnull(got.data);
    ck_assert_uint_eq(got.size, wanted.size);
    ck_assert(wanted.size == 0 || memcmp(got.data, wanted.data, wanted.size) == 0);
}

static void expect_plain(const kinds_plain *got, const kinds_plain_values *wanted)
{
    ck_assert_int_eq(got->flag, wanted->flag);
    ck_assert_int_eq(got->small, wanted->small);
    ck_assert_int_eq(got->middle, wanted->middle);
    ck_assert_int_eq(got->large, wanted->large);
    expect_real((double)got->single, (double)wanted->single);
    expect_real(got->real, wanted->real);
    ck_assert_str_eq(got->price.text, wanted->price.text);
    ck_assert_str_eq(got->number.text, wanted->number.text);
    ck_assert_str_eq(got->label, wanted->label);
    expect_bytes(got->data, wanted->data);
    ck_assert_mem_eq(got->token.bytes, wanted->token.bytes, 16);
    ck_assert_int_eq(got->day.days, wanted->day.days);
    ck_assert_int_eq(got->hour.microseconds, wanted->hour.microseconds);
    ck_assert_int_eq(got->local.microseconds, wanted->local.microseconds);
    ck_assert_int_eq(got->moment.microseconds, wanted->moment.microseconds);
    ck_assert_str_eq(got->doc.text, wanted->doc.text);
    ck_assert_str_eq(got->docb.text, wanted->docb.text);
    ck_assert_int_eq(got->mood, wanted->mood);
}

static kinds_optional_values optional_of(const kinds_plain_values *v)
{
    return (kinds_optional_values){
        .flag = ORM_VALUE(v->flag),
        .small = ORM_VALUE(v->small),
        .middle = ORM_VALUE(v->middle),
        .large = ORM_VALUE(v->large),
        .single = ORM_VALUE(v->single),
        .real = ORM_VALUE(v->real),
        .price = ORM_VALUE(v->price),
        .number = ORM_VALUE(v->number),
        .label = ORM_VALUE(v->label),
        .data = ORM_VALUE(v->data),
        .token = ORM_VALUE(v->token),
        .day = ORM_VALUE(v->day),
        .hour = ORM_VALUE(v->hour),
        .local = ORM_VALUE(v->local),
        .moment = ORM_VALUE(v->moment),
        .doc = ORM_VALUE(v->doc),
        .docb = ORM_VALUE(v->docb),
        .mood = ORM_VALUE(v->mood),
    };
}

/* An optional row as a plain one; every column must have a value. */
static kinds_plain plain_of(const kinds_optional *o)
{
    ck_assert(o->flag.has && o->small.has && o->middle.has && o->large.has && o->single.has && o->real.has &&
              o->token.has && o->day.has && o->hour.has && o->local.has && o->moment.has && o->mood.has);
    return (kinds_plain){
        .flag = o->flag.value,
        .small = o->small.value,
        .middle = o->middle.value,
        .large = o->large.value,
        .single = o->single.value,
        .real = o->real.value,
        .price = o->price,
        .number = o->number,
        .label = o->label,
        .data = o->data,
        .token = o->token.value,
        .day = o->day.value,
        .hour = o->hour.value,
        .local = o->local.value,
        .moment = o->moment.value,
        .doc = o->doc,
        .docb = o->docb,
        .mood = o->mood.value,
    };
}

static void expect_nulls(const kinds_optional *o)
{
    ck_assert(!o->flag.has && !o->small.has && !o->middle.has && !o->large.has && !o->single.has && !o->real.has &&
              !o->token.has && !o->day.has && !o->hour.has && !o->local.has && !o->moment.has && !o->mood.has);
    ck_assert(!o->price.text && !o->number.text && !o->label && !o->data.data && !o->doc.text && !o->docb.text);
}

START_TEST(a_required_row_comes_back_by_core)
{
    kinds_plain row, fetched;
    orm_result *result, *again;
    ok(kinds_plain_insert(c, &rows[_i], &row, &result));
    expect_plain(&row, &rows[_i]);
    ok(kinds_plain_fetch(c, row.id, &fetched, &again));
    expect_plain(&fetched, &rows[_i]);
    orm_result_free(result);
    orm_result_free(again);
}
END_TEST

START_TEST(an_optional_row_comes_back_by_core)
{
    kinds_optional row, fetched;
    orm_result *result, *again;
    const kinds_optional_values values = optional_of(&rows[_i]);
    ok(kinds_optional_insert(c, &values, &row, &result));
    ok(kinds_optional_fetch(c, row.id, &fetched, &again));
    const kinds_plain plain = plain_of(&fetched);
    expect_plain(&plain, &rows[_i]);
    orm_result_free(result);
    orm_result_free(again);
}
END_TEST

START_TEST(a_required_row_comes_back_by_a_session)
{
    const kinds_plain *added, *found;
    ok(kinds_plain_add(s, &rows[_i], &added));
    expect_plain(added, &rows[_i]);
    ok(orm_session_flush(s));
    int64_t id = added->id;
    commit_and_forget();
    ok(kinds_plain_get(s, id, &found));
    expect_plain(found, &rows[_i]);
}
END_TEST

/* One statement for all of them: arrays of every type. */
START_TEST(all_rows_come_back_after_one_flush)
{
    const kinds_plain *added[ROWS];
    int64_t ids[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        const kinds_optional_values values = optional_of(&rows[i]);
        ok(kinds_plain_add(s, &rows[i], &added[i]));
        ok(kinds_optional_add(s, &values, NULL));
    }
    ok(orm_session_flush(s));
    expect_statements("INSERT plain 7, INSERT optional 7");
    for (size_t i = 0; i < ROWS; i++)
        ids[i] = added[i]->id;
    commit_and_forget();
    for (size_t i = 0; i < ROWS; i++) {
        const kinds_plain *found;
        ok(kinds_plain_get(s, ids[i], &found));
        expect_plain(found, &rows[i]);
    }
    kinds_optional_list list;
    ok(kinds_optional_find(s, &(kinds_optional_query){.order_by = {orm_asc(KINDS_OPTIONAL.id)}}, &list));
    ck_assert_uint_eq(list.count, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        const kinds_plain plain = plain_of(list.items[i]);
        expect_plain(&plain, &rows[i]);
    }
}
END_TEST

START_TEST(nulls_come_back_by_core_and_by_sessions)
{
    const kinds_optional *added, *found;
    kinds_optional row;
    orm_result *result;
    ok(kinds_optional_add(s,
                          &(kinds_optional_values){.flag = ORM_NULL,
                                                   .small = ORM_NULL,
                                                   .middle = ORM_NULL,
                                                   .large = ORM_NULL,
                                                   .single = ORM_NULL,
                                                   .real = ORM_NULL,
                                                   .price = ORM_NULL,
                                                   .number = ORM_NULL,
                                                   .label = ORM_NULL,
                                                   .data = ORM_NULL,
                                                   .token = ORM_NULL,
                                                   .day = ORM_NULL,
                                                   .hour = ORM_NULL,
                                                   .local = ORM_NULL,
                                                   .moment = ORM_NULL,
                                                   .doc = ORM_NULL,
                                                   .docb = ORM_NULL,
                                                   .mood = ORM_NULL},
                          &added));
    ok(kinds_optional_add(s, &(kinds_optional_values){.flag = {0}}, NULL));
    ok(orm_session_flush(s));
    expect_nulls(added);
    int64_t id = added->id;
    commit_and_forget();
    ok(kinds_optional_get(s, id, &found));
    expect_nulls(found);
    ok(kinds_optional_fetch(c, id, &row, &result));
    expect_nulls(&row);
    orm_result_free(result);
}
END_TEST

/* Arrays with NULLs in them, of every type. */
START_TEST(nulls_and_values_mix_in_one_statement)
{
    enum { COUNT = 20 };
    for (size_t i = 0; i < COUNT; i++) {
        kinds_optional_values values = optional_of(&rows[i % ROWS]);
        if (i % 2)
            values = (kinds_optional_values){.flag = ORM_NULL,
                                             .small = ORM_NULL,
                                             .middle = ORM_NULL,
                                             .large = ORM_NULL,
                                             .single = ORM_NULL,
                                             .real = ORM_NULL,
                                             .price = ORM_NULL,
                                             .number = ORM_NULL,
                                             .label = ORM_NULL,
                                             .data = ORM_NULL,
                                             .token = ORM_NULL,
                                             .day = ORM_NULL,
                                             .hour = ORM_NULL,
                                             .local = ORM_NULL,
                                             .moment = ORM_NULL,
                                             .doc = ORM_NULL,
                                             .docb = ORM_NULL,
                                             .mood = ORM_NULL};
        ok(kinds_optional_add(s, &values, NULL));
    }
    ok(orm_session_flush(s));
    expect_statements("INSERT optional 20");
    commit_and_forget();
    kinds_optional_list list;
    ok(kinds_optional_find(s, &(kinds_optional_query){.order_by = {orm_asc(KINDS_OPTIONAL.id)}}, &list));
    ck_assert_uint_eq(list.count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        if (i % 2) {
            expect_nulls(list.items[i]);
            continue;
        }
        const kinds_plain plain = plain_of(list.items[i]);
        expect_plain(&plain, &rows[i % ROWS]);
    }
}
END_TEST

#define SET(name) ok(kinds_plain_set_##name(s, entity, v->name))
static void set_all(const kinds_plain *entity, const kinds_plain_values *v)
{
    SET(flag);
    SET(small);
    SET(middle);
    SET(large);
    SET(single);
    SET(real);
    SET(price);
    SET(number);
    SET(label);
    SET(data);
    SET(token);
    SET(day);
    SET(hour);
    SET(local);
    SET(moment);
    SET(doc);
    SET(docb);
    SET(mood);
}
#undef SET

START_TEST(setters_write_every_type)
{
    const kinds_plain *one, *two;
    kinds_plain_values first = rows[(_i + 1) % ROWS], second = rows[(_i + 2) % ROWS];
    ok(kinds_plain_add(s, &first, &one));
    ok(kinds_plain_add(s, &second, &two));
    ok(orm_session_flush(s));
    set_all(one, &rows[_i]);
    expect_plain(one, &rows[_i]);
    set_all(two, &rows[_i]);
    int64_t ids[] = {one->id, two->id};
    commit_and_forget();
    for (size_t i = 0; i < 2; i++) {
        const kinds_plain *found;
        ok(kinds_plain_get(s, ids[i], &found));
        expect_plain(found, &rows[_i]);
    }
}
END_TEST

START_TEST(setting_what_is_there_sends_nothing)
{
    const kinds_plain *entity;
    ok(kinds_plain_add(s, &rows[_i], &entity));
    ok(orm_session_commit(s));
    forget_statements();
    set_all(entity, &rows[_i]);
    ok(orm_session_commit(s));
    expect_nothing_sent();
}
END_TEST

START_TEST(setters_of_optional_columns_take_null)
{
    const kinds_optional *entity, *found;
    const kinds_optional_values values = optional_of(&rows[1]);
    ok(kinds_optional_add(s, &values, &entity));
    ok(orm_session_flush(s));
    int64_t id = entity->id;
    ok(kinds_optional_set_flag(s, entity, (orm_opt_bool){0}));
    ok(kinds_optional_set_small(s, entity, (orm_opt_int16){0}));
    ok(kinds_optional_set_middle(s, entity, (orm_opt_int32){0}));
    ok(kinds_optional_set_large(s, entity, (orm_opt_int64){0}));
    ok(kinds_optional_set_single(s, entity, (orm_opt_float32){0}));
    ok(kinds_optional_set_real(s, entity, (orm_opt_float64){0}));
    ok(kinds_optional_set_price(s, entity, (orm_decimal){0}));
    ok(kinds_optional_set_number(s, entity, (orm_decimal){0}));
    ok(kinds_optional_set_label(s, entity, NULL));
    ok(kinds_optional_set_data(s, entity, (orm_bytes){0}));
    ok(kinds_optional_set_token(s, entity, (orm_opt_uuid){0}));
    ok(kinds_optional_set_day(s, entity, (orm_opt_date){0}));
    ok(kinds_optional_set_hour(s, entity, (orm_opt_time){0}));
    ok(kinds_optional_set_local(s, entity, (orm_opt_timestamp){0}));
    ok(kinds_optional_set_moment(s, entity, (orm_opt_timestamptz){0}));
    ok(kinds_optional_set_doc(s, entity, (orm_json){0}));
    ok(kinds_optional_set_docb(s, entity, (orm_jsonb){0}));
    ok(kinds_optional_set_mood(s, entity, (kinds_opt_mood){0}));
    expect_nulls(entity);
    commit_and_forget();
    ok(kinds_optional_get(s, id, &found));
    expect_nulls(found);
}
END_TEST

/* Left out, given and NULL in turn; by one statement each, by arrays and by COPY. */
static void preset_values(kinds_preset_values *given, size_t count)
{
    for (size_t i = 0; i < count; i++)
        given[i] = i % 3 == 0 ? (kinds_preset_values){.large = ORM_VALUE((int64_t)i)}
                   : i % 3 == 1
                       ? (kinds_preset_values){.large = ORM_VALUE((int64_t)i),
                                               .flag = ORM_VALUE(false),
                                               .label = ORM_VALUE("given"),
                                               .mood = ORM_VALUE(KINDS_MOOD_HAPPY),
                                               .points = ORM_VALUE(7)}
                       : (kinds_preset_values){.large = ORM_VALUE((int64_t)i), .note = ORM_NULL, .points = ORM_NULL};
}

static void expect_preset(const kinds_preset *p, int64_t i)
{
    ck_assert_int_eq(p->large, i);
    ck_assert_int_eq(p->flag, i % 3 != 1);
    ck_assert_str_eq(p->label, i % 3 == 1 ? "given" : "it's");
    ck_assert_int_eq(p->mood, i % 3 == 1 ? KINDS_MOOD_HAPPY : KINDS_MOOD_FINE);
    ck_assert_int_eq(p->points.has, i % 3 != 2);
    ck_assert_int_eq(p->points.has ? p->points.value : 0, i % 3 == 0 ? 10 : i % 3 == 1 ? 7 : 0);
    ck_assert_int_eq(p->note == NULL, i % 3 == 2);
    ck_assert_int_eq(p->small, -7);
    ck_assert_str_eq(p->price.text, "12.5000");
    ck_assert_str_eq(p->docb.text, "{\"b\": 2}");
    ck_assert_int_gt(p->moment_now.microseconds, 0);
}

START_TEST(many_rows_get_the_defaults_that_one_gets)
{
    static const size_t counts[] = {1, 2, 12, 3600};
    static kinds_preset_values given[3600];
    static kinds_preset back[3600];
    const kinds_preset *found;
    size_t count = counts[_i], there;
    orm_result *result;
    preset_values(given, count);
    ok(kinds_preset_insert_many(c, given, count, back, &result));
    for (size_t i = 0; i < count; i++)
        expect_preset(&back[i], (int64_t)i);
    orm_result_free(result);
    ok(kinds_preset_copy(c, given, count));
    ok(kinds_preset_select(c, &(kinds_preset_query){.order_by = {orm_asc(KINDS_PRESET.large)}}, &found, &there,
                           &result));
    ck_assert_uint_eq(there, 2 * count);
    for (size_t i = 0; i < there; i++)
        expect_preset(&found[i], (int64_t)i / 2);
    orm_result_free(result);
}
END_TEST

/* The same message, whichever row it is; and nothing of the rows before. */
START_TEST(a_row_among_many_is_refused_as_one_alone)
{
    kinds_plain_values given[5];
    kinds_plain one, back[5];
    orm_result *result;
    orm_error alone;
    for (int what = 0; what < 6; what++) {
        for (int i = 0; i < 5; i++)
            given[i] = rows[i];
        kinds_plain_values *odd = &given[3];
        odd->label = what == 0 ? NULL : odd->label;
        odd->mood = what == 1 ? 0 : what == 2 ? (kinds_mood)9 : odd->mood;
        odd->token = what == 3 ? (orm_uuid){{0}} : odd->token;
        odd->price.text = what == 4 ? "1.23456" : odd->price.text;
        odd->data.data = what == 5 ? NULL : odd->data.data;
        expect_status(ORM_INVALID, kinds_plain_insert(c, odd, &one, &result));
        alone = *orm_connection_error(c);
        expect_status(ORM_INVALID, kinds_plain_insert_many(c, given, 5, back, &result));
        ck_assert_str_eq(orm_connection_error(c)->message, alone.message);
        ck_assert_str_eq(orm_connection_error(c)->column, alone.column);
        expect_status(ORM_INVALID, kinds_plain_copy(c, given, 5));
        ck_assert_str_eq(orm_connection_error(c)->message, alone.message);
    }
    const kinds_plain *found;
    size_t count;
    ok(kinds_plain_select(c, NULL, &found, &count, &result));
    ck_assert_uint_eq(count, 0);
    orm_result_free(result);
}
END_TEST

START_TEST(defaults_are_the_same_by_the_client_and_by_the_database)
{
    const kinds_preset *entity, *by_database;
    ok(kinds_preset_add(s, &(kinds_preset_values){.flag = {0}}, &entity));
    int64_t id = 0;
    ok(orm_session_commit(s));
    id = entity->id;
    run_sql("INSERT INTO preset (note) VALUES ('by hand')");
    orm_session_clear(s);
    ok(kinds_preset_get(s, id, &entity));
    ok(kinds_preset_one(s, &(kinds_preset_query){.where = {orm_eq(KINDS_PRESET.note, "by hand")}}, &by_database));
    const kinds_preset *both[] = {entity, by_database};
    for (size_t i = 0; i < 2; i++) {
        const kinds_preset *p = both[i];
        static const uint8_t token[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                        0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};
        ck_assert(p->flag);
        ck_assert_int_eq(p->small, -7);
        ck_assert_int_eq(p->middle, 42);
        ck_assert_int_eq(p->large, 9000000000);
        ck_assert_float_eq(p->single, 0.5F);
        ck_assert_double_eq(p->real, 2.25);
        ck_assert_str_eq(p->price.text, "12.5000");
        ck_assert_str_eq(p->label, "it's");
        ck_assert_mem_eq(p->token.bytes, token, 16);
        ck_assert_int_eq(p->day.days, 8825);
        ck_assert_int_eq(p->hour.microseconds, 45000000000);
        ck_assert_int_eq(p->local.microseconds, 8825 * DAY + 45000000000);
        ck_assert_int_eq(p->moment.microseconds, 8825 * DAY + 45000000000);
        ck_assert_str_eq(p->doc.text, "{\"a\": 1}");
        ck_assert_str_eq(p->docb.text, "{\"b\": 2}");
        ck_assert_int_eq(p->mood, KINDS_MOOD_FINE);
        ck_assert_int_eq(p->points.value, 10);
        int64_t now = orm_timestamptz_now().microseconds;
        ck_assert_int_lt(llabs(now - p->moment_now.microseconds), 60000000);
        ck_assert_int_lt(llabs(now - p->local_now.microseconds), 60000000);
        ck_assert_int_le(abs((int)(now / DAY) - p->day_now.days), 1);
    }
    ck_assert_str_eq(entity->note, "nothing");
}
END_TEST

START_TEST(ten_megabytes_of_text_and_bytes_come_back)
{
    enum { SIZE = 10 << 20 };
    char *text = malloc(SIZE + 1);
    uint8_t *data = malloc(SIZE);
    const kinds_optional *entity, *found;
    for (size_t i = 0; i < SIZE; i++) {
        text[i] = (char)('a' + i % 26);
        data[i] = (uint8_t)(i * 7);
    }
    text[SIZE] = '\0';
    for (int i = 0; i < 2; i++)
        ok(kinds_optional_add(s, &(kinds_optional_values){.label = ORM_VALUE(text), .data = ORM_VALUE({data, SIZE})},
                              &entity));
    ok(orm_session_flush(s));
    int64_t id = entity->id;
    commit_and_forget();
    ok(kinds_optional_get(s, id, &found));
    ck_assert_uint_eq(strlen(found->label), SIZE);
    ck_assert_str_eq(found->label, text);
    ck_assert_uint_eq(found->data.size, SIZE);
    ck_assert_mem_eq(found->data.data, data, SIZE);
    free(text);
    free(data);
}
END_TEST

START_TEST(a_decimal_of_a_thousand_digits_comes_back)
{
    char digits[1003];
    const kinds_optional *entity, *found;
    memset(digits, '7', sizeof digits - 1);
    digits[0] = '-';
    digits[500] = '.';
    digits[sizeof digits - 1] = '\0';
    ok(kinds_optional_add(s, &(kinds_optional_values){.number = ORM_VALUE({digits})}, &entity));
    ok(orm_session_flush(s));
    int64_t id = entity->id;
    commit_and_forget();
    ok(kinds_optional_get(s, id, &found));
    ck_assert_str_eq(found->number.text, digits);
}
END_TEST

START_TEST(what_is_no_decimal_is_refused)
{
    static const char *const texts[] = {"", "1,5", "abc", "1 ", "--1", "1e", "0x10"};
    orm_status status = kinds_optional_insert(c, &(kinds_optional_values){.number = ORM_VALUE({texts[_i]})}, NULL,
                                              NULL);
    ck_assert_msg(status == ORM_INVALID || status == ORM_DATABASE, "\"%s\" is %s", texts[_i], orm_status_name(status));
    size_t count;
    ok(kinds_optional_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(infinite_dates_come_back_or_are_unsupported)
{
    const kinds_optional_values values = {
        .day = ORM_VALUE({INT32_MAX}), .local = ORM_VALUE({INT64_MIN}), .moment = ORM_VALUE({INT64_MAX})};
    kinds_optional row, fetched;
    orm_result *result, *again;
    if (on_sqlite()) {
        expect_status(ORM_UNSUPPORTED, kinds_optional_insert(c, &values, &row, &result));
        return;
    }
    ok(kinds_optional_insert(c, &values, &row, &result));
    ok(kinds_optional_fetch(c, row.id, &fetched, &again));
    ck_assert_int_eq(fetched.day.value.days, INT32_MAX);
    ck_assert_int_eq(fetched.local.value.microseconds, INT64_MIN);
    ck_assert_int_eq(fetched.moment.value.microseconds, INT64_MAX);
    orm_result_free(result);
    orm_result_free(again);
}
END_TEST

START_TEST(dates_outside_the_years_1_to_9999_are_unsupported_on_sqlite)
{
    const kinds_optional_values cases[] = {{.day = ORM_VALUE({FIRST_DAY - 1})},
                                           {.day = ORM_VALUE({LAST_DAY + 1})},
                                           {.local = ORM_VALUE({FIRST_MOMENT - 1})},
                                           {.moment = ORM_VALUE({LAST_MOMENT + 1})}};
    orm_status status = kinds_optional_insert(c, &cases[_i], NULL, NULL);
    ck_assert_int_eq(status, on_sqlite() ? ORM_UNSUPPORTED : ORM_OK);
}
END_TEST

START_TEST(the_ends_of_the_range_of_postgresql_come_back_or_are_unsupported)
{
    const struct {
        int32_t day;
        int64_t moment;
    } ends[] = {{-2451545, -211813488000000000},             /* 4713-11-24 BC */
                {2145031948, INT64_C(9223371331199999999)}}; /* 5874897-12-31, and 294276-12-31 23:59:59.999999 */
    int32_t day = ends[_i].day;
    int64_t moment = ends[_i].moment;
    const kinds_optional_values days = {.day = ORM_VALUE({day})}, local = {.local = ORM_VALUE({moment})},
                                values = {.day = ORM_VALUE({day}),
                                          .local = ORM_VALUE({moment}),
                                          .moment = ORM_VALUE({moment})};
    kinds_optional row;
    orm_result *result;
    if (on_sqlite()) {
        expect_status(ORM_UNSUPPORTED, kinds_optional_insert(c, &days, NULL, NULL));
        expect_status(ORM_UNSUPPORTED, kinds_optional_insert(c, &local, NULL, NULL));
        return;
    }
    ok(kinds_optional_insert(c, &values, &row, &result));
    ck_assert_int_eq(row.day.value.days, day);
    orm_result_free(result);
    ok(kinds_optional_fetch(c, row.id, &row, &result));
    ck_assert_int_eq(row.day.value.days, day);
    ck_assert_int_eq(row.local.value.microseconds, moment);
    ck_assert_int_eq(row.moment.value.microseconds, moment);
    orm_result_free(result);
    for (int i = 0; i < 20; i++)
        ok(kinds_optional_add(s, &values, NULL)); /* by arrays */
    commit_and_forget();
    size_t count;
    ok(kinds_optional_count(
        s,
        &(kinds_optional_query){.where = {orm_eq(KINDS_OPTIONAL.day, (orm_date){day}),
                                          orm_eq(KINDS_OPTIONAL.local, (orm_timestamp){moment}),
                                          orm_eq(KINDS_OPTIONAL.moment, (orm_timestamptz){moment})}},
        &count));
    ck_assert_uint_eq(count, 21);
}
END_TEST

START_TEST(what_lies_outside_the_range_of_a_type_is_refused)
{
    const kinds_optional_values cases[] = {{.day = ORM_VALUE({-2451546})},
                                           {.day = ORM_VALUE({2145031949})},
                                           {.local = ORM_VALUE({-211813488000000001})},
                                           {.moment = ORM_VALUE({INT64_C(9223371331200000000)})},
                                           {.hour = ORM_VALUE({DAY + 1})},
                                           {.hour = ORM_VALUE({-1})}};
    ck_assert_int_ne(kinds_optional_insert(c, &cases[_i], NULL, NULL), ORM_OK);
}
END_TEST

START_TEST(the_last_time_of_a_day_is_24_o_clock)
{
    const kinds_optional *row;
    ok(kinds_optional_add(s, &(kinds_optional_values){.hour = ORM_VALUE({DAY})}, &row));
    commit_and_forget();
    ok(kinds_optional_one(s, NULL, &row));
    ck_assert_int_eq(row->hour.value.microseconds, DAY);
}
END_TEST

START_TEST(intervals_of_any_size_come_back)
{
    static const orm_interval intervals[] = {
        {.months = INT32_MAX, .days = INT32_MAX, .microseconds = INT64_MAX},
        {.months = INT32_MIN, .days = INT32_MIN, .microseconds = INT64_MIN},
        {.months = -1, .days = 1, .microseconds = -1},
        {.months = 13, .days = -31, .microseconds = INT64_C(999999)},
        {0},
    };
    const arrays_bag *bag;
    ok(arrays_bag_add(s,
                      &(arrays_bag_values){.flags = {(const bool[]){true}, NULL, 1},
                                           .labels = {(const char *const[]){""}, NULL, 1},
                                           .wait = ORM_VALUE(intervals[_i])},
                      &bag));
    commit_and_forget();
    ok(arrays_bag_one(s, NULL, &bag));
    ck_assert(bag->wait.has);
    ck_assert_int_eq(bag->wait.value.months, intervals[_i].months);
    ck_assert_int_eq(bag->wait.value.days, intervals[_i].days);
    ck_assert_int_eq(bag->wait.value.microseconds, intervals[_i].microseconds);
}
END_TEST

START_TEST(a_decimal_may_be_no_number)
{
    static const char *const texts[] = {"NaN", "Infinity", "-Infinity"};
    const kinds_optional *row;
    ok(kinds_optional_add(s, &(kinds_optional_values){.number = ORM_VALUE({texts[_i]})}, &row));
    commit_and_forget();
    ok(kinds_optional_one(
        s, &(kinds_optional_query){.where = {orm_eq(KINDS_OPTIONAL.number, (orm_decimal){texts[_i]})}}, &row));
    expect_text(row->number.text, texts[_i]);
}
END_TEST

START_TEST(an_enum_out_of_range_is_refused)
{
    kinds_plain_values values = rows[2];
    values.mood = (kinds_mood)4;
    orm_status status = kinds_plain_insert(c, &values, NULL, NULL);
    ck_assert_msg(status == ORM_INVALID || status == ORM_MISUSE, "%s", orm_status_name(status));
    const kinds_plain *entity;
    ok(kinds_plain_add(s, &rows[2], &entity));
    expect_status(ORM_INVALID, kinds_plain_set_mood(s, entity, (kinds_mood)0));
}
END_TEST

START_TEST(missing_uuid_enum_text_and_bytes_are_named)
{
    static const struct {
        const char *column;
        size_t offset, size;
    } cases[] = {
        {"token", offsetof(kinds_plain_values, token), sizeof(orm_uuid)},
        {"mood", offsetof(kinds_plain_values, mood), sizeof(kinds_mood)},
        {"data", offsetof(kinds_plain_values, data), sizeof(orm_bytes)},
        {"doc", offsetof(kinds_plain_values, doc), sizeof(orm_json)},
        {"price", offsetof(kinds_plain_values, price), sizeof(orm_decimal)},
    };
    kinds_plain_values values = rows[1];
    memset((char *)&values + cases[_i].offset, 0, cases[_i].size);
    expect_status(ORM_INVALID, kinds_plain_insert(c, &values, NULL, NULL));
    ck_assert_str_eq(orm_connection_error(c)->column, cases[_i].column);
    ok(kinds_plain_add(s, &values, NULL));
    expect_status(ORM_INVALID, orm_session_flush(s));
    ck_assert_str_eq(orm_session_error(s)->column, cases[_i].column);
    expect_nothing_sent();
}
END_TEST

START_TEST(text_that_is_no_utf8_is_refused_or_kept)
{
    orm_status status = kinds_optional_insert(c, &(kinds_optional_values){.label = ORM_VALUE("\xff\xfe")}, NULL, NULL);
    ck_assert_int_eq(status, on_sqlite() ? ORM_OK : ORM_INVALID);
}
END_TEST

START_TEST(a_row_of_many_columns_comes_back)
{
    const kinds_wide *first, *second, *found;
    ok(kinds_wide_add(s,
                      &(kinds_wide_values){.c1 = ORM_VALUE(1),
                                           .c64 = ORM_VALUE(64),
                                           .c65 = ORM_VALUE(65),
                                           .c70 = ORM_VALUE(70),
                                           .note = ORM_VALUE("x")},
                      &first));
    ok(kinds_wide_add(s,
                      &(kinds_wide_values){.c1 = ORM_VALUE(1),
                                           .c64 = ORM_VALUE(64),
                                           .c65 = ORM_VALUE(65),
                                           .c70 = ORM_VALUE(71),
                                           .note = ORM_VALUE("y")},
                      &second));
    ok(kinds_wide_add(s, &(kinds_wide_values){.c2 = ORM_VALUE(2)}, NULL));
    ok(orm_session_flush(s));
    expect_statements("INSERT wide 2, INSERT wide 1");
    int64_t id = second->id;
    commit_and_forget();
    ok(kinds_wide_get(s, id, &found));
    ck_assert_int_eq(found->c1.value, 1);
    ck_assert(!found->c2.has && !found->c63.has && !found->c66.has);
    ck_assert_int_eq(found->c64.value, 64);
    ck_assert_int_eq(found->c65.value, 65);
    ck_assert_int_eq(found->c70.value, 71);
    ck_assert_str_eq(found->note, "y");
}
END_TEST

START_TEST(columns_behind_the_sixty_fourth_are_changed_alone)
{
    const kinds_wide *first, *second;
    ok(kinds_wide_add(s, &(kinds_wide_values){.c1 = ORM_VALUE(1)}, &first));
    ok(kinds_wide_add(s, &(kinds_wide_values){.c1 = ORM_VALUE(1)}, &second));
    ok(orm_session_commit(s));
    forget_statements();
    run_sql("UPDATE wide SET c1 = 5, c69 = 5");
    forget_statements();
    ok(kinds_wide_set_c68(s, first, (orm_opt_int32){true, 68}));
    ok(kinds_wide_set_c68(s, second, (orm_opt_int32){true, 69}));
    ok(kinds_wide_set_note(s, second, "n"));
    ok(orm_session_flush(s));
    expect_statements("UPDATE wide 1, UPDATE wide 1");
    ok(orm_session_refresh(s, second));
    ck_assert_int_eq(second->c1.value, 5);
    ck_assert_int_eq(second->c68.value, 69);
    ck_assert_int_eq(second->c69.value, 5);
    ok(orm_session_rollback(s));
    ok(orm_session_refresh(s, second));
    ck_assert(!second->c68.has);
    ck_assert_ptr_null(second->note);
}
END_TEST

START_TEST(a_decimal_has_the_digits_of_its_column_at_once_and_in_the_database)
{
    const kinds_optional *added, *found;
    ok(kinds_optional_add(s, &(kinds_optional_values){.price = ORM_VALUE({"-0.5"})}, &added));
    expect_text(added->price.text, "-0.5000");
    ok(orm_session_commit(s));
    ok(kinds_optional_set_price(s, added, (orm_decimal){"1e1"}));
    expect_text(added->price.text, "10.0000");
    ok(orm_session_commit(s));
    ok(kinds_optional_set_price(s, added, (orm_decimal){"10.00"}));
    forget_statements();
    ok(orm_session_commit(s));
    expect_nothing_sent();
    int64_t id = added->id;
    commit_and_forget();
    ok(kinds_optional_get(s, id, &found));
    expect_text(found->price.text, "10.0000");
}
END_TEST

START_TEST(a_decimal_with_more_digits_than_its_column_is_refused)
{
    static const char *const texts[] = {"1.00005", "100000000", "-123456789.5", "Infinity"};
    forget_statements();
    ok(kinds_optional_add(s, &(kinds_optional_values){.price = ORM_VALUE({texts[_i]})}, NULL));
    expect_status(ORM_INVALID, orm_session_flush(s));
    expect_said(orm_session_error(s)->message, "has more digits than decimal(12,4)");
    expect_nothing_sent();
    expect_status(ORM_INVALID,
                  kinds_optional_insert(c, &(kinds_optional_values){.price = ORM_VALUE({texts[_i]})}, NULL, NULL));
    expect_said(orm_connection_error(c)->message, "has more digits than decimal(12,4)");
}
END_TEST

/* What databases of others hold, which declare NUMERIC and DECIMAL; and what SQL computes. */
START_TEST(a_decimal_that_sqlite_keeps_as_a_number_comes_back)
{
    static const struct {
        const char *sql, *price, *number;
    } given[] = {{"12.5", "12.5000", "12.5"},
                 {"-3", "-3.0000", "-3"},
                 {"1e7", "10000000.0000", "10000000"},
                 {"2.5 * 3", "7.5000", "7.5"}};
    if (!on_sqlite())
        return;
    run_sql("ALTER TABLE optional DROP COLUMN price");
    run_sql("ALTER TABLE optional DROP COLUMN number");
    run_sql("ALTER TABLE optional ADD COLUMN price DECIMAL(12,4)");
    run_sql("ALTER TABLE optional ADD COLUMN number NUMERIC");
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        char sql[128];
        const kinds_optional *found;
        snprintf(sql, sizeof sql, "INSERT INTO optional (id, price, number) VALUES (%zu, %s, %s)", i + 1, given[i].sql,
                 given[i].sql);
        run_sql(sql);
        ok(kinds_optional_get(s, (int64_t)i + 1, &found));
        expect_text(found->price.text, given[i].price);
        expect_text(found->number.text, given[i].number);
        kinds_optional_query query = {
            .where = {orm_eq(KINDS_OPTIONAL.price, found->price), orm_eq(KINDS_OPTIONAL.number, found->number)}};
        ok(kinds_optional_one(s, &query, &found));
        ck_assert_int_eq(found->id, (int64_t)i + 1);
        ok(orm_session_rollback(s));
    }
    struct {
        orm_decimal sum, max;
    } row;
    orm_rows *answer;
    ok(kinds_optional_group(c,
                            &(orm_grouping){.select = {orm_into(row.sum, orm_sum(KINDS_OPTIONAL.price)),
                                                       orm_into(row.max, orm_max(KINDS_OPTIONAL.number))}},
                            &answer));
    ok(orm_rows_first(answer));
    expect_text(row.sum.text, "10000017.0");
    expect_text(row.max.text, "10000000");
    orm_rows_close(answer);
    ok(orm_connection_query(c, "SELECT 0.1 + 0.2", NULL, &answer));
    ok(orm_rows_first(answer));
    ok(orm_get(answer, 0, &row.sum));
    expect_text(row.sum.text, "0.3");
    orm_rows_close(answer);
    ok(kinds_drop_all(engine, &error));
    ok(kinds_create_all(engine, &error));
}
END_TEST

START_TEST(unix_time_and_back)
{
    const orm_timestamptz epoch = orm_timestamptz_from_unix(0);
    ck_assert_int_eq(epoch.microseconds, -946684800000000);
    ck_assert_int_eq(orm_timestamptz_to_unix(epoch), 0);
    ck_assert_int_eq(orm_timestamptz_from_unix(INT64_MAX).microseconds, INT64_MAX);
    ck_assert_int_eq(orm_timestamptz_to_unix((orm_timestamptz){INT64_MIN}), INT64_MIN);
}
END_TEST

Suite *suite_types(void)
{
    Suite *suite = suite_create("types");
    TCase *core = new_case(suite, "core");
    tcase_add_loop_test(core, a_required_row_comes_back_by_core, 0, ROWS);
    tcase_add_loop_test(core, an_optional_row_comes_back_by_core, 0, ROWS);
    tcase_add_loop_test(core, what_is_no_decimal_is_refused, 0, 7);
    tcase_add_test(core, infinite_dates_come_back_or_are_unsupported);
    tcase_add_loop_test(core, dates_outside_the_years_1_to_9999_are_unsupported_on_sqlite, 0, 4);
    tcase_add_loop_test(core, the_ends_of_the_range_of_postgresql_come_back_or_are_unsupported, 0, 2);
    tcase_add_loop_test(core, what_lies_outside_the_range_of_a_type_is_refused, 0, 6);
    tcase_add_test(core, the_last_time_of_a_day_is_24_o_clock);
    tcase_add_loop_test(core, intervals_of_any_size_come_back, 0, 5);
    tcase_add_loop_test(core, a_decimal_may_be_no_number, 0, 3);
    tcase_add_test(core, an_enum_out_of_range_is_refused);
    tcase_add_loop_test(core, missing_uuid_enum_text_and_bytes_are_named, 0, 5);
    tcase_add_test(core, text_that_is_no_utf8_is_refused_or_kept);
    tcase_add_test(core, unix_time_and_back);
    tcase_add_loop_test(core, many_rows_get_the_defaults_that_one_gets, 0, 4);
    tcase_add_test(core, a_row_among_many_is_refused_as_one_alone);
    TCase *session = new_case(suite, "session");
    tcase_add_loop_test(session, a_required_row_comes_back_by_a_session, 0, ROWS);
    tcase_add_test(session, all_rows_come_back_after_one_flush);
    tcase_add_test(session, nulls_come_back_by_core_and_by_sessions);
    tcase_add_test(session, nulls_and_values_mix_in_one_statement);
    tcase_add_loop_test(session, setters_write_every_type, 0, ROWS);
    tcase_add_loop_test(session, setting_what_is_there_sends_nothing, 0, ROWS);
    tcase_add_test(session, setters_of_optional_columns_take_null);
    tcase_add_test(session, defaults_are_the_same_by_the_client_and_by_the_database);
    tcase_add_test(session, ten_megabytes_of_text_and_bytes_come_back);
    tcase_add_test(session, a_decimal_of_a_thousand_digits_comes_back);
    TCase *wide = new_case(suite, "wide");
    tcase_add_test(session, a_decimal_has_the_digits_of_its_column_at_once_and_in_the_database);
    tcase_add_loop_test(session, a_decimal_with_more_digits_than_its_column_is_refused, 0, 4);
    tcase_add_test(session, a_decimal_that_sqlite_keeps_as_a_number_comes_back);
    tcase_add_test(wide, a_row_of_many_columns_comes_back);
    tcase_add_test(wide, columns_behind_the_sixty_fourth_are_changed_alone);
    return suite;
}
