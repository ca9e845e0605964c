/* execute.c -- SQL by hand on a connection: parameters, rows, savepoints, COPY, and what is refused.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <sys/resource.h>

static void add_authors(int count)
{
    char email[32], name[32];
    for (int i = 0; i < count; i++) {
        snprintf(email, sizeof email, "a%d@b", i);
        snprintf(name, sizeof name, "a%d", i);
        ok(orm_connection_execute(
            c, "INSERT INTO authors (created_at, email, name, score) VALUES (:at, :email, :name, :score)",
            ORM_NAMED({"at", orm_of_timestamptz((orm_timestamptz){i})}, {"email", orm_of_text(email)},
                      {"name", orm_of_text(name)}, {"score", i % 2 ? orm_of_null() : orm_of_float64(i)}),
            NULL));
    }
    forget_statements();
}

static int64_t count_authors(void)
{
    int64_t count = -1;
    orm_rows *rows;
    ok(orm_connection_query(c, "SELECT count(*) FROM authors", NULL, &rows));
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &count));
    orm_rows_close(rows);
    return count;
}

static orm_rows *query(const char *sql, const orm_parameters *parameters)
{
    orm_rows *rows;
    ok(orm_connection_query(c, sql, parameters, &rows));
    return rows;
}

/* --- parameters --- */

START_TEST(parameters_go_by_name)
{
    size_t written = 7;
    add_authors(3);
    ok(orm_connection_execute(c, "UPDATE authors SET name = :name WHERE email = :email OR email = :email",
                              ORM_NAMED({"email", orm_of_text("a1@b")}, {"name", orm_of_text("x")}), &written));
    ck_assert_uint_eq(written, 1);
    expect_statements("OTHER 1");
}
END_TEST

START_TEST(parameters_go_by_position_in_any_order)
{
    size_t written;
    add_authors(3);
    ok(orm_connection_execute(c, "UPDATE authors SET name = $2, bio = $2 WHERE email = $1",
                              ORM_PARAMETERS(orm_of_text("a1@b"), orm_of_text("x")), &written));
    ck_assert_uint_eq(written, 1);
    orm_rows *rows = query("SELECT name, bio FROM authors WHERE email = $1", ORM_PARAMETERS(orm_of_text("a1@b")));
    const char *name, *bio;
    ok(orm_rows_first(rows));
    ok(orm_get(rows, "name", &name));
    ok(orm_get(rows, "bio", &bio));
    expect_text(name, "x");
    expect_text(bio, "x");
    orm_rows_close(rows);
}
END_TEST

START_TEST(a_list_of_parameters_is_made_at_run_time)
{
    orm_value values[40];
    char sql[400] = "SELECT 0";
    int64_t sum = -1;
    for (int i = 0; i < 40; i++) {
        values[i] = orm_of_int64(i);
        snprintf(sql + strlen(sql), sizeof sql - strlen(sql), " + $%d", i + 1);
    }
    orm_rows *rows = query(sql, &(orm_parameters){.values = values, .count = 40});
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &sum));
    ck_assert_int_eq(sum, 780);
    orm_rows_close(rows);
}
END_TEST

START_TEST(what_only_looks_like_a_parameter_is_none)
{
    const char *text;
    orm_rows *rows = query("SELECT ':a', 'it''s :b', \"q\".\":c\", /* :d $1 */ CAST(:e AS text) -- :f\n"
                           "FROM (SELECT '$1' AS \":c\") AS q",
                           ORM_NAMED({"e", orm_of_text("given")}));
    ok(orm_rows_first(rows));
    ck_assert_uint_eq(orm_rows_width(rows), 4);
    static const char *const wanted[] = {":a", "it's :b", "$1", "given"};
    for (size_t i = 0; i < 4; i++) {
        ok(orm_get(rows, i, &text));
        expect_text(text, wanted[i]);
    }
    orm_rows_close(rows);
    if (on_sqlite())
        return;
    rows = query("SELECT $$:a$$ || $t$ $1 $$ $t$ || E'\\':b' || /* /* :c */ :d */ '5'::text || :e::text, "
                 "'{\"a\": 1}'::jsonb ? :key",
                 ORM_NAMED({"e", orm_of_text("!")}, {"key", orm_of_text("a")}));
    bool has = false;
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &text));
    ok(orm_get(rows, 1, &has));
    expect_text(text, ":a $1 $$ ':b5!");
    ck_assert(has);
    orm_rows_close(rows);
}
END_TEST

START_TEST(wrong_parameters_are_misuse_before_anything_is_sent)
{
    static const orm_named_value named[] = {{"a", {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE}},
                                            {"b", {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE}},
                                            {"a", {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE}},
                                            {NULL, {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE}}};
    static const orm_value values[] = {
        {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE},    {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE},
        {.type = ORM_TYPE_INT64, .form = ORM_FORM_COLUMN}, {.type = ORM_TYPE_NONE, .form = ORM_FORM_ONE},
        {.type = (orm_type)99, .form = ORM_FORM_ONE},      {.type = ORM_TYPE_ENUM, .form = ORM_FORM_ONE}};
    static const struct {
        const char *sql;
        orm_parameters given;
        const char *said;
    } cases[] = {
        {"SELECT :a", {0}, "':a'"},
        {"SELECT $1", {0}, "'$1'"},
        {"SELECT :a", {.named = named + 1, .count = 1}, "':a'"},
        {"SELECT :a", {.named = named, .count = 2}, "':b'"},
        {"SELECT :a, :b", {.named = named, .count = 3}, "twice"},
        {"SELECT :a", {.named = named + 3, .count = 1}, "without a name"},
        {"SELECT $1", {.named = named, .count = 1}, "'$1'"},
        {"SELECT :a", {.values = values, .count = 1}, "':a'"},
        {"SELECT $1", {.values = values, .count = 2}, "no $2"},
        {"SELECT $2", {.values = values, .count = 2}, "no $1"},
        {"SELECT $1, $2, $3", {.values = values, .count = 2}, "'$3'"},
        {"SELECT $0", {.values = values, .count = 1}, "'$0'"},
        {"SELECT $99999999999999999999", {.values = values, .count = 1}, "$99999"},
        {"SELECT $1", {.values = values, .named = named, .count = 1}, "not by both"},
        {"SELECT $1", {.values = values + 2, .count = 1}, "no value"},
        {"SELECT $1", {.values = values + 3, .count = 1}, "no value"},
        {"SELECT $1", {.values = values + 4, .count = 1}, "no value"},
        {"SELECT $1", {.values = values + 5, .count = 1}, "no value"},
    };
    orm_rows *rows;
    size_t written = 7;
    ok(orm_connection_begin(c));
    forget_statements();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_status(ORM_MISUSE, orm_connection_query(c, cases[i].sql, &cases[i].given, &rows));
        ck_assert_ptr_null(rows);
        expect_said(orm_connection_error(c)->message, cases[i].said);
        expect_status(ORM_MISUSE, orm_connection_execute(c, cases[i].sql, &cases[i].given, &written));
        ck_assert_uint_eq(written, 0);
    }
    expect_nothing_sent();
    ok(orm_connection_execute(c, "SELECT 1", NULL, NULL)); /* the transaction goes on */
    ok(orm_connection_commit(c));
}
END_TEST

START_TEST(sqlite_s_own_parameters_are_refused)
{
    static const char *const cases[] = {"SELECT ?", "SELECT ?1", "SELECT @a", "SELECT $a", "SELECT :1"};
    if (!on_sqlite())
        return;
    expect_status(ORM_MISUSE, orm_connection_execute(c, cases[_i], NULL, NULL));
    expect_said(orm_connection_error(c)->message, ":name");
}
END_TEST

START_TEST(the_same_sql_takes_values_of_other_types)
{
    const char *text;
    static const char sql[] = "SELECT CAST($1 AS text)";
    const orm_value values[] = {orm_of_int64(5), orm_of_text("5"), orm_of_null(), orm_of_bool(true), orm_of_int64(6)};
    static const char *const wanted[] = {"5", "5", NULL, NULL, "6"};
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < 5; i++) {
            orm_rows *rows = query(sql, &(orm_parameters){.values = &values[i], .count = 1});
            ok(orm_rows_first(rows));
            ok(orm_get(rows, 0, &text));
            if (i != 3) /* true is text of each database's own */
                expect_text(text, wanted[i]);
            orm_rows_close(rows);
        }
}
END_TEST

/* --- every type --- */

static const orm_uuid token = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
static const uint8_t octets[] = {0, 1, 255};

static const char insert_kinds[] =
    "INSERT INTO optional (flag, small, middle, large, single, real, price, number, label, data, token, day, hour, local, "
    "moment, doc, docb, mood) VALUES (:flag, :small, :middle, :large, :single, :real, :price, :number, :label, :data, "
    ":token, :day, :hour, :local, :moment, :doc, :docb, :mood)";

static void insert_every_kind(bool null)
{
#define GIVEN(name, value) {name, null ? orm_of_null() : (value)}
    ok(orm_connection_execute(
        c, insert_kinds,
        ORM_NAMED(GIVEN("flag", orm_of_bool(true)), GIVEN("small", orm_of_int16(-7)), GIVEN("middle", orm_of_int32(42)),
                  GIVEN("large", orm_of_int64(INT64_MIN)), GIVEN("single", orm_of_float32(0.5)),
                  GIVEN("real", orm_of_float64(-2.25)), GIVEN("price", orm_of_decimal((orm_decimal){"12.5"})),
                  GIVEN("number", orm_of_decimal((orm_decimal){"123456789012345678901234567890.5"})),
                  GIVEN("label", orm_of_text("l\xc3\xa4")), GIVEN("data", orm_of_bytes((orm_bytes){octets, 3})),
                  GIVEN("token", orm_of_uuid(token)), GIVEN("day", orm_of_date((orm_date){59})),
                  GIVEN("hour", orm_of_time((orm_time){3600000000})),
                  GIVEN("local", orm_of_timestamp((orm_timestamp){1234567})),
                  GIVEN("moment", orm_of_timestamptz((orm_timestamptz){7654321})),
                  GIVEN("doc", orm_of_json((orm_json){"[1]"})), GIVEN("docb", orm_of_jsonb((orm_jsonb){"{\"a\": 1}"})),
                  GIVEN("mood", KINDS_OPTIONAL.mood.of(KINDS_MOOD_HAPPY))),
        NULL));
#undef GIVEN
}

START_TEST(every_type_goes_there_and_back)
{
    insert_every_kind(false);
    orm_rows *rows = query("SELECT * FROM optional", NULL);
    bool flag;
    int16_t small;
    int32_t middle;
    int64_t large;
    float single;
    double real;
    orm_decimal price, number;
    const char *label, *mood;
    orm_bytes data;
    orm_uuid uuid;
    orm_date day;
    orm_time hour;
    orm_timestamp local;
    orm_timestamptz moment;
    orm_json doc;
    orm_jsonb docb;
    ok(orm_rows_first(rows));
    ok(orm_get(rows, "flag", &flag));
    ok(orm_get(rows, "small", &small));
    ok(orm_get(rows, "middle", &middle));
    ok(orm_get(rows, "large", &large));
    ok(orm_get(rows, "single", &single));
    ok(orm_get(rows, "real", &real));
    ok(orm_get(rows, "price", &price));
    ok(orm_get(rows, "number", &number));
    ok(orm_get(rows, "label", &label));
    ok(orm_get(rows, "data", &data));
    ok(orm_get(rows, "token", &uuid));
    ok(orm_get(rows, "day", &day));
    ok(orm_get(rows, "hour", &hour));
    ok(orm_get(rows, "local", &local));
    ok(orm_get(rows, "moment", &moment));
    ok(orm_get(rows, "doc", &doc));
    ok(orm_get(rows, "docb", &docb));
    ok(orm_get(rows, "mood", &mood));
    ck_assert(flag);
    ck_assert_int_eq(small, -7);
    ck_assert_int_eq(middle, 42);
    ck_assert_int_eq(large, INT64_MIN);
    ck_assert_float_eq(single, 0.5f);
    ck_assert_double_eq(real, -2.25);
    expect_text(price.text, on_sqlite() ? "12.5" : "12.5000");
    expect_text(number.text, "123456789012345678901234567890.5");
    expect_text(label, "l\xc3\xa4");
    ck_assert_uint_eq(data.size, 3);
    ck_assert_mem_eq(data.data, octets, 3);
    ck_assert_mem_eq(uuid.bytes, token.bytes, 16);
    ck_assert_int_eq(day.days, 59);
    ck_assert_int_eq(hour.microseconds, 3600000000);
    ck_assert_int_eq(local.microseconds, 1234567);
    ck_assert_int_eq(moment.microseconds, 7654321);
    expect_text(doc.text, "[1]");
    expect_text(docb.text, "{\"a\": 1}");
    expect_text(mood, "happy");
    orm_rows_close(rows);
}
END_TEST

START_TEST(every_type_may_be_null)
{
    insert_every_kind(true);
    orm_rows *rows = query(
        "SELECT flag, small, middle, large, single, real, day, hour, local, moment, token, price, label, "
        "data FROM optional",
        NULL);
    orm_opt_bool flag;
    orm_opt_int16 small;
    orm_opt_int32 middle;
    orm_opt_int64 large;
    orm_opt_float32 single;
    orm_opt_float64 real;
    orm_opt_date day;
    orm_opt_time hour;
    orm_opt_timestamp local;
    orm_opt_timestamptz moment;
    orm_opt_uuid uuid;
    orm_decimal price;
    const char *label;
    orm_bytes data;
    memset(&flag, 1, sizeof flag);
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &flag));
    ok(orm_get(rows, 1, &small));
    ok(orm_get(rows, 2, &middle));
    ok(orm_get(rows, 3, &large));
    ok(orm_get(rows, 4, &single));
    ok(orm_get(rows, 5, &real));
    ok(orm_get(rows, 6, &day));
    ok(orm_get(rows, 7, &hour));
    ok(orm_get(rows, 8, &local));
    ok(orm_get(rows, 9, &moment));
    ok(orm_get(rows, 10, &uuid));
    ok(orm_get(rows, 11, &price));
    ok(orm_get(rows, 12, &label));
    ok(orm_get(rows, 13, &data));
    ck_assert(!flag.has && !small.has && !middle.has && !large.has && !single.has && !real.has && !day.has &&
              !hour.has && !local.has && !moment.has && !uuid.has);
    ck_assert_ptr_null(price.text);
    ck_assert_ptr_null(label);
    ck_assert_ptr_null(data.data);
    orm_rows_close(rows);
}
END_TEST

START_TEST(an_opt_place_takes_what_is_there)
{
    orm_opt_int64 number;
    orm_opt_bool flag;
    orm_rows *rows = query("SELECT CAST($1 AS int8) AS n, $2 = 1 AS f",
                           ORM_PARAMETERS(orm_of_int64(5), orm_of_int64(1)));
    ok(orm_rows_first(rows));
    ok(orm_get(rows, "n", &number));
    ok(orm_get(rows, "f", &flag));
    ck_assert(number.has && flag.has && flag.value);
    ck_assert_int_eq(number.value, 5);
    orm_rows_close(rows);
}
END_TEST

START_TEST(arrays_go_there_and_back)
{
    static const int32_t items[] = {3, 0, -5};
    static const bool nulls[] = {false, true, false};
    static const char *const labels[] = {"a,b", "", "\"q\"\\", "NULL"};
    orm_int32_array counts;
    orm_text_array texts;
    orm_decimal_array prices;
    static const orm_decimal given[] = {{"1.50"}, {"-2"}};
    orm_rows *rows = query("SELECT $1 AS a, $2 AS b, $3 AS c",
                           ORM_PARAMETERS(orm_of_int32_array((orm_int32_array){items, nulls, 3}),
                                          orm_of_texts(labels, 4), orm_of_decimals(given, 2)));
    ok(orm_rows_first(rows));
    ok(orm_get(rows, "a", &counts));
    ok(orm_get(rows, "b", &texts));
    ok(orm_get(rows, "c", &prices));
    ck_assert_uint_eq(counts.count, 3);
    ck_assert(!counts.nulls[0] && counts.nulls[1]);
    ck_assert_int_eq(counts.items[0], 3);
    ck_assert_int_eq(counts.items[2], -5);
    ck_assert_uint_eq(texts.count, 4);
    for (size_t i = 0; i < 4; i++)
        expect_text(texts.items[i], labels[i]);
    ck_assert_uint_eq(prices.count, 2);
    expect_text(prices.items[1].text, "-2");
    orm_rows_close(rows);
}
END_TEST

START_TEST(a_list_finds_rows_and_an_empty_one_finds_none)
{
    const char *sql = on_sqlite() ? "SELECT count(*) FROM authors WHERE name IN (SELECT value FROM json_each(:names))"
                                  : "SELECT count(*) FROM authors WHERE name = ANY (:names)";
    const char *const names[] = {"a0", "a2", "zz"};
    add_authors(4);
    for (size_t count = 0; count <= 3; count += 3) {
        int64_t found = -1;
        orm_rows *rows = query(sql, ORM_NAMED({"names", orm_of_texts(count ? names : NULL, count)}));
        ok(orm_rows_first(rows));
        ok(orm_get(rows, 0, &found));
        ck_assert_int_eq(found, count ? 2 : 0);
        orm_rows_close(rows);
    }
}
END_TEST

START_TEST(text_for_any_type_is_other)
{
    if (on_sqlite())
        return;
    ok(orm_connection_execute(
        c, "SELECT 1 WHERE CAST('2024-02-29' AS date) = :day AND inet '10.0.0.1' << :net",
        ORM_NAMED({"day", orm_of_other("2024-02-29")}, {"net", orm_of_inet((orm_inet){"10.0.0.0/8"})}), NULL));
    expect_status(ORM_SCHEMA, orm_connection_execute(c, "SELECT 1 WHERE CAST('2024-02-29' AS date) = :day",
                                                     ORM_NAMED({"day", orm_of_text("2024-02-29")}), NULL));
}
END_TEST

/* --- rows --- */

START_TEST(rows_come_one_by_one)
{
    size_t count = 0;
    add_authors(5);
    orm_rows *rows = query("SELECT name, score FROM authors ORDER BY name", NULL);
    ck_assert_uint_eq(orm_rows_width(rows), 2);
    expect_text(orm_rows_name(rows, 1), "score");
    ck_assert_ptr_null(orm_rows_name(rows, 2));
    orm_status status;
    while ((status = orm_rows_next(rows)) == ORM_OK) {
        const char *name;
        orm_opt_float64 score;
        char wanted[24];
        snprintf(wanted, sizeof wanted, "a%zu", count);
        orm_get(rows, "name", &name);
        orm_get(rows, "score", &score);
        expect_text(name, wanted);
        ck_assert_int_eq(score.has, count++ % 2 == 0);
    }
    expect_status(ORM_DONE, status);
    expect_status(ORM_DONE, orm_rows_next(rows));
    ck_assert_uint_eq(count, 5);
    expect_statements("OTHER 5");
    ok(orm_connection_execute(c, "SELECT 1", NULL, NULL)); /* the connection is free before the close */
    orm_rows_close(rows);
    orm_rows_close(NULL);
}
END_TEST

START_TEST(bound_places_are_filled_by_each_row)
{
    struct total {
        const char *name;
        orm_opt_float64 score;
        int64_t id;
    } row;
    const struct total *all;
    size_t count;
    add_authors(40);
    orm_rows *rows = query("SELECT name, id, score FROM authors ORDER BY id", NULL);
    ok(orm_bind(rows, "name", &row.name));
    ok(orm_bind(rows, "score", &row.score));
    ok(orm_bind(rows, 1, &row.id));
    ok(orm_rows_next(rows));
    expect_text(row.name, "a0");
    ok(orm_rows_all(rows, &row, &all, &count));
    ck_assert_uint_eq(count, 39);
    for (size_t i = 0; i < count; i++) {
        char wanted[24];
        snprintf(wanted, sizeof wanted, "a%zu", i + 1);
        expect_text(all[i].name, wanted);
        ck_assert_int_eq(all[i].score.has, i % 2);
        ck_assert(i == 0 || all[i].id > all[i - 1].id);
    }
    expect_status(ORM_MISUSE, orm_rows_all(rows, &row, &all, &count));
    ck_assert_ptr_null(all);
    orm_rows_close(rows);
}
END_TEST

START_TEST(all_of_nothing_is_nothing)
{
    struct {
        const char *name;
    } row, *all;
    size_t count = 7;
    orm_rows *rows = query("SELECT name FROM authors", NULL);
    ok(orm_bind(rows, "name", &row.name));
    ok(orm_rows_all(rows, &row, &all, &count));
    ck_assert_uint_eq(count, 0);
    ck_assert_ptr_null(all);
    orm_rows_close(rows);
    rows = query("SELECT name FROM authors", NULL);
    expect_status(ORM_MISUSE, orm_rows_all(rows, &row, &all, &count));
    orm_rows_close(rows);
}
END_TEST

START_TEST(first_tells_none)
{
    orm_rows *rows = query("SELECT id FROM authors", NULL);
    expect_status(ORM_NOT_FOUND, orm_rows_first(rows));
    orm_rows_close(rows);
}
END_TEST

START_TEST(returning_brings_rows_and_their_number)
{
    int64_t id = 0;
    add_authors(3);
    orm_rows *rows = query("UPDATE authors SET bio = :bio RETURNING id", ORM_NAMED({"bio", orm_of_text("b")}));
    for (int i = 0; i < 3; i++) {
        ok(orm_rows_next(rows));
        ok(orm_get(rows, "id", &id));
        ck_assert_int_gt(id, 0);
    }
    expect_status(ORM_DONE, orm_rows_next(rows));
    ck_assert_uint_eq(orm_rows_written(rows), 3);
    orm_rows_close(rows);
    rows = query("DELETE FROM authors RETURNING id", NULL);
    ok(orm_rows_first(rows));
    orm_rows_close(rows); /* what was not read is deleted all the same */
    ck_assert_int_eq(count_authors(), 0);
}
END_TEST

START_TEST(a_statement_without_rows_has_none)
{
    add_authors(3);
    orm_rows *rows = query("DELETE FROM authors", NULL);
    ck_assert_uint_eq(orm_rows_width(rows), 0);
    expect_status(ORM_DONE, orm_rows_next(rows));
    ck_assert_uint_eq(orm_rows_written(rows), 3);
    orm_rows_close(rows);
}
END_TEST

static orm_status read_wrongly(orm_rows *rows, int how)
{
    int64_t number = 7;
    int16_t narrow = 7;
    bool flag = true;
    const char *text = "";
    orm_uuid uuid;
    orm_int64_array array;
    orm_status status = ORM_OK;
    switch (how) {
    case 0:
        status = orm_get(rows, "nme", &text);
        break;
    case 1:
        status = orm_get(rows, 9, &text);
        break;
    case 2:
        status = orm_get(rows, "name", &number);
        break;
    case 3:
        status = orm_get(rows, "id", &text);
        break;
    case 4:
        status = orm_get(rows, "bio", &flag);
        break;
    case 5:
        status = orm_get(rows, "twice", &number);
        break;
    case 6:
        status = orm_get(rows, "name", &uuid);
        break;
    case 7:
        status = orm_get(rows, "name", &array);
        break;
    default:
        status = orm_get(rows, "big", &narrow);
        break;
    }
    ck_assert_int_eq(narrow, how == 8 ? 0 : 7);
    return status;
}

START_TEST(what_is_read_wrongly_is_misuse_and_sticks)
{
    static const char *const said[] = {"'nme'", "no column 9", "int64", "text", "orm_opt_bool", "two columns 'twice'",
                                       "uuid",  "int64[]",     "int16"};
    add_authors(2);
    orm_rows *rows = query("SELECT id, name, bio, 1 AS twice, 2 AS twice, 70000 AS big FROM authors", NULL);
    ok(orm_rows_next(rows));
    expect_status(ORM_MISUSE, read_wrongly(rows, _i));
    expect_said(orm_connection_error(c)->message, said[_i]);
    expect_status(ORM_MISUSE, orm_rows_next(rows));
    expect_said(orm_connection_error(c)->message, said[_i]);
    orm_rows_close(rows);
    ck_assert_int_eq(count_authors(), 2);
}
END_TEST

START_TEST(a_column_without_a_row_is_misuse)
{
    int64_t id = 7;
    add_authors(1);
    orm_rows *rows = query("SELECT id FROM authors", NULL);
    expect_status(ORM_MISUSE, orm_get(rows, "id", &id));
    ck_assert_int_eq(id, 0);
    orm_rows_close(rows);
    rows = query("SELECT id FROM authors", NULL);
    ok(orm_rows_next(rows));
    expect_status(ORM_DONE, orm_rows_next(rows));
    expect_status(ORM_MISUSE, orm_get(rows, "id", &id));
    orm_rows_close(rows);
}
END_TEST

START_TEST(an_open_statement_keeps_others_out)
{
    orm_rows *rows, *others;
    const blog_author *authors;
    size_t count;
    orm_result *result;
    add_authors(3);
    ok(orm_connection_begin(c));
    ok(orm_connection_query(c, "SELECT id FROM authors", NULL, &rows));
    ok(orm_rows_next(rows));
    expect_status(ORM_MISUSE, orm_connection_query(c, "SELECT 1", NULL, &others));
    expect_status(ORM_MISUSE, orm_connection_execute(c, "DELETE FROM authors", NULL, NULL));
    expect_status(ORM_MISUSE, orm_connection_execute(c, "DELETE FROM authors WHERE id > $1",
                                                     ORM_PARAMETERS(orm_of_int64(0)), NULL));
    expect_status(ORM_MISUSE, blog_author_select(c, NULL, &authors, &count, &result));
    expect_status(ORM_MISUSE, orm_connection_commit(c));
    expect_status(ORM_MISUSE, orm_connection_begin_nested(c));
    ok(orm_rows_next(rows));
    orm_rows_close(rows);
    ok(orm_connection_commit(c));
    ck_assert_int_eq(count_authors(), 3);
}
END_TEST

START_TEST(a_rollback_and_a_close_end_open_rows)
{
    orm_rows *rows;
    int64_t id;
    add_authors(3);
    ok(orm_connection_begin(c));
    ok(orm_connection_query(c, "SELECT id FROM authors", NULL, &rows));
    ok(orm_rows_next(rows));
    ok(orm_connection_rollback(c));
    ck_assert_int_eq(orm_rows_next(rows), ORM_MISUSE);
    ck_assert_int_eq(orm_get(rows, "id", &id), ORM_MISUSE);
    orm_rows_close(rows);
    orm_connection *other = open_connection();
    ok(orm_connection_query(other, "SELECT id FROM authors", NULL, &rows));
    ok(orm_rows_next(rows));
    orm_connection_close(other);
    ck_assert_int_eq(orm_rows_next(rows), ORM_MISUSE);
    orm_rows_close(rows);
    ck_assert_int_eq(count_authors(), 3);
}
END_TEST

/* Kilobytes that this process has ever had at once; sanitizers keep what was given back. */
static long most_memory(void)
{
    struct rusage usage;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

START_TEST(many_rows_are_never_all_in_memory)
{
    enum { ROWS = 40000, SIZE = 1000, MOST = 16 * 1024 };
    int64_t number, sum = 0, seen = 0;
    const char *sql = on_sqlite()
                          ? "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT i, "
                            "hex(zeroblob(500)) FROM n"
                          : "SELECT i, repeat('0', 1000) FROM generate_series(1, $1) AS n(i)";
    const char *filler;
    long before = most_memory();
    orm_rows *rows = query(sql, ORM_PARAMETERS(orm_of_int64(ROWS)));
    while (orm_rows_next(rows) == ORM_OK) {
        ok(orm_get(rows, 0, &number));
        ok(orm_get(rows, 1, &filler));
        sum += number;
        seen += strlen(filler) == SIZE;
    }
    orm_rows_close(rows);
    ck_assert_int_eq(seen, ROWS);
    ck_assert_int_eq(sum, (int64_t)ROWS * (ROWS + 1) / 2);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert_int_lt(most_memory() - before, MOST);
#else
    (void)before;
#endif
}
END_TEST

START_TEST(a_failure_after_some_rows_is_told)
{
    int64_t rows_seen = 0;
    const char *sql = on_sqlite()
                          ? "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT "
                            "abs(-9223372036854775807 - (i >= $1)) FROM n"
                          : "SELECT 1 / ($1 - i) FROM generate_series(1, 1000) AS n(i)";
    orm_rows *rows = query(sql, ORM_PARAMETERS(orm_of_int64(900)));
    orm_status status;
    while ((status = orm_rows_next(rows)) == ORM_OK)
        rows_seen++;
    expect_status(ORM_DATABASE, status);
    ck_assert_int_eq(rows_seen, 899);
    expect_text(orm_connection_error(c)->sqlstate, on_sqlite() ? "22003" : "22012");
    expect_status(ORM_DATABASE, orm_rows_next(rows));
    orm_rows_close(rows);
    ok(orm_connection_execute(c, "SELECT 1", NULL, NULL));
}
END_TEST

/* --- refusals --- */

START_TEST(one_statement_at_a_time)
{
    static const char *const cases[] = {
        "DELETE FROM authors; DELETE FROM authors",
        "SELECT 1; SELECT 2",
        "DELETE FROM authors;\n-- and\n;DELETE FROM authors",
        "CREATE TABLE one_more (a int); CREATE TABLE two_more (a int)",
    };
    orm_rows *rows;
    add_authors(2);
    expect_status(ORM_MISUSE, orm_connection_execute(c, cases[_i], NULL, NULL));
    expect_said(orm_connection_error(c)->message, "one statement");
    expect_status(ORM_MISUSE, orm_connection_query(c, cases[_i], NULL, &rows));
    expect_nothing_sent();
    ck_assert_int_eq(count_authors(), 2);
}
END_TEST

START_TEST(a_semicolon_at_the_end_or_in_a_body_is_none)
{
    static const char *const bodies[] = {
        "CREATE FUNCTION pg_temp.two(i int) RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT 1; SELECT i; END;",
        "CREATE TEMP TRIGGER two AFTER INSERT ON authors BEGIN UPDATE authors SET bio = CASE name WHEN 'a' THEN ';' END; "
        "UPDATE authors SET score = 1; END;"};
    ok(orm_connection_execute(c, "SELECT ';', 1; -- ; no\n ;", NULL, NULL));
    ok(orm_connection_execute(c, bodies[on_sqlite()], NULL, NULL));
    if (on_sqlite())
        ok(orm_connection_execute(c, "DROP TRIGGER two", NULL, NULL));
}
END_TEST

START_TEST(transactions_and_copy_have_functions)
{
    static const struct {
        const char *sql, *said;
    } cases[] = {{"BEGIN", "orm_connection_begin"},
                 {"start transaction", "orm_connection_begin"},
                 {"/* x */ COMMIT;", "orm_connection_commit"},
                 {"END", "orm_connection_commit"},
                 {"ROLLBACK TO SAVEPOINT a", "orm_connection_rollback"},
                 {"ABORT", "orm_connection_rollback"},
                 {"SAVEPOINT a", "orm_connection_begin_nested"},
                 {"RELEASE a", "orm_connection_commit_nested"},
                 {"PREPARE TRANSACTION 'a'", "PREPARE TRANSACTION"},
                 {"COPY authors FROM STDIN", "orm_connection_copy_in"},
                 {"copy (SELECT 1) TO stdout", "orm_connection_copy_out"},
                 {"", "no statement"},
                 {" -- nothing", "no statement"}};
    orm_rows *rows;
    expect_status(ORM_MISUSE, orm_connection_execute(c, cases[_i].sql, NULL, NULL));
    expect_said(orm_connection_error(c)->message, cases[_i].said);
    expect_status(ORM_MISUSE, orm_connection_query(c, cases[_i].sql, NULL, &rows));
    expect_nothing_sent();
}
END_TEST

START_TEST(no_sql_at_all_is_misuse)
{
    expect_status(ORM_MISUSE, orm_connection_execute(c, NULL, NULL, NULL));
    expect_nothing_sent();
}
END_TEST

START_TEST(a_refusal_says_where)
{
    orm_rows *rows;
    static const char sql[] = "SELECT :a_long_name, '\xc3\xa4', nonsense FROM authors WHERE id = :a_long_name";
    expect_status(ORM_SCHEMA, orm_connection_query(c, sql, ORM_NAMED({"a_long_name", orm_of_int64(1)}), &rows));
    ck_assert_ptr_null(rows);
    expect_text(orm_connection_error(c)->sqlstate, "42703");
    expect_text(orm_connection_error(c)->statement, sql);
    ck_assert_int_eq(orm_connection_error(c)->position, 27);
    expect_status(ORM_DATABASE, orm_connection_execute(c, "SELEKT 1", NULL, NULL));
    ck_assert_int_eq(orm_connection_error(c)->position, 1);
    expect_text(orm_connection_error(c)->sqlstate, "42601");
}
END_TEST

START_TEST(a_refused_row_is_a_result)
{
    static const char sql[] = "INSERT INTO authors (created_at, email, name) VALUES ($1, $2, $3)";
    add_authors(1);
    expect_status(ORM_CONSTRAINT, orm_connection_execute(c, sql,
                                                         ORM_PARAMETERS(orm_of_timestamptz((orm_timestamptz){0}),
                                                                        orm_of_text("a0@b"), orm_of_text("x")),
                                                         NULL));
    expect_text(orm_connection_error(c)->sqlstate, "23505");
    ck_assert_int_eq(orm_connection_error(c)->position, 0);
    ck_assert_int_eq(count_authors(), 1);
}
END_TEST

START_TEST(a_value_out_of_range_is_not_sent)
{
    expect_status(ORM_INVALID,
                  orm_connection_execute(c, "SELECT $1", ORM_PARAMETERS(KINDS_PLAIN.mood.of((kinds_mood)9)), NULL));
}
END_TEST

/* What the README shows. */
/* clang-format off */
static orm_status archive(orm_connection *connection, int32_t fewer, FILE *to)
{
    orm_rows *rows;
    orm_status status = orm_connection_query(connection,
        "UPDATE post SET status = 'archived' WHERE views < :fewer RETURNING id, title",
        ORM_NAMED({"fewer", orm_of_int32(fewer)}), &rows);
    while (!status && (status = orm_rows_next(rows)) == ORM_OK) {
        int64_t id;
        const char *title;
        orm_get(rows, "id", &id);                          /* what fails here the next orm_rows_next tells */
        orm_get(rows, "title", &title);
        fprintf(to, "%lld %s\n", (long long)id, title);
    }
    orm_rows_close(rows);
    return status == ORM_DONE ? ORM_OK : status;
}
/* clang-format on */

START_TEST(the_readme_s_statement_is_run)
{
    char *text = NULL, wanted[64];
    size_t size;
    FILE *to = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(to);
    const blog_post *post = add_post(add_author("ada"), "unread");
    ok(orm_session_commit(s));
    ok(archive(c, 1, to));
    fclose(to);
    snprintf(wanted, sizeof wanted, "%lld unread\n", (long long)post->id);
    expect_text(text, wanted);
    free(text);
}
END_TEST

/* --- transactions --- */

START_TEST(savepoints_nest)
{
    ok(orm_connection_begin(c));
    add_authors(1);
    ok(orm_connection_begin_nested(c));
    run_sql("UPDATE authors SET name = 'one'");
    ok(orm_connection_begin_nested(c));
    run_sql("DELETE FROM authors");
    ok(orm_connection_rollback_nested(c));
    ck_assert_int_eq(count_authors(), 1);
    ok(orm_connection_begin_nested(c));
    run_sql("UPDATE authors SET name = 'two'");
    ok(orm_connection_commit_nested(c));
    ok(orm_connection_rollback_nested(c));
    ok(orm_connection_commit(c));
    orm_rows *rows = query("SELECT name FROM authors", NULL);
    const char *name;
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &name));
    expect_text(name, "a0");
    orm_rows_close(rows);
}
END_TEST

START_TEST(a_refusal_is_undone_by_its_savepoint)
{
    ok(orm_connection_begin(c));
    add_authors(1);
    ok(orm_connection_begin_nested(c));
    expect_status(ORM_CONSTRAINT, orm_connection_execute(c, "UPDATE authors SET name = NULL", NULL, NULL));
    expect_status(ORM_ROLLBACK_FIRST, orm_connection_execute(c, "SELECT 1", NULL, NULL));
    expect_status(ORM_ROLLBACK_FIRST, orm_connection_begin_nested(c));
    expect_status(ORM_ROLLBACK_FIRST, orm_connection_commit_nested(c));
    ok(orm_connection_rollback_nested(c));
    ck_assert_int_eq(count_authors(), 1);
    ok(orm_connection_commit(c));
    ck_assert_int_eq(count_authors(), 1);
}
END_TEST

START_TEST(savepoints_need_a_transaction_and_each_other)
{
    expect_status(ORM_MISUSE, orm_connection_begin_nested(c));
    expect_status(ORM_MISUSE, orm_connection_commit_nested(c));
    expect_status(ORM_MISUSE, orm_connection_rollback_nested(c));
    expect_nothing_sent();
    ok(orm_connection_begin(c));
    expect_status(ORM_MISUSE, orm_connection_commit_nested(c));
    ok(orm_connection_begin_nested(c));
    ok(orm_connection_commit(c)); /* of the whole */
    expect_status(ORM_MISUSE, orm_connection_rollback_nested(c));
    ok(orm_connection_begin(c));
    ok(orm_connection_begin_nested(c));
    ok(orm_connection_rollback(c));
    expect_status(ORM_MISUSE, orm_connection_rollback_nested(c));
}
END_TEST

START_TEST(a_transaction_has_its_isolation)
{
    static const orm_isolation levels[] = {ORM_READ_COMMITTED, ORM_REPEATABLE_READ, ORM_SERIALIZABLE};
    static const char *const names[] = {"read committed", "repeatable read", "serializable"};
    expect_status(ORM_MISUSE, orm_connection_begin_isolated(c, (orm_isolation)9));
    for (size_t i = 0; i < 3; i++) {
        ok(orm_connection_begin_isolated(c, levels[i]));
        expect_status(ORM_MISUSE, orm_connection_begin_isolated(c, levels[i]));
        if (!on_sqlite()) {
            const char *level;
            orm_rows *rows = query("SELECT current_setting('transaction_isolation') AS level", NULL);
            ok(orm_rows_first(rows));
            ok(orm_get(rows, "level", &level));
            expect_text(level, names[i]);
            orm_rows_close(rows);
        }
        ok(orm_connection_commit(c));
    }
}
END_TEST

/* --- with a session --- */

START_TEST(the_transaction_of_a_session_is_its_own)
{
    orm_connection *own = orm_session_connection(s);
    expect_status(ORM_MISUSE, orm_connection_begin(own));
    expect_status(ORM_MISUSE, orm_connection_commit(own));
    expect_status(ORM_MISUSE, orm_connection_rollback(own));
    expect_status(ORM_MISUSE, orm_connection_begin_nested(own));
    expect_said(orm_connection_error(own)->message, "orm_session_begin_nested");
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(sql_by_hand_sees_what_is_pending_and_entities_see_it)
{
    const blog_author *ada = add_author("ada"), *same;
    ok(orm_session_commit(s));
    ok(blog_author_set_bio(s, ada, "pending"));
    orm_connection *own = orm_session_connection(s);
    size_t written;
    ok(orm_connection_execute(own, "UPDATE \"authors\" SET name = :name WHERE bio = :bio",
                              ORM_NAMED({"name", orm_of_text("Lovelace")}, {"bio", orm_of_text("pending")}), &written));
    ck_assert_uint_eq(written, 1);
    ok(blog_author_get(s, ada->id, &same));
    ck_assert_ptr_eq(same, ada);
    expect_text(ada->name, "Lovelace");
    orm_rows *rows;
    ok(orm_connection_query(own, "UPDATE authors SET name = 'Byron' RETURNING id", NULL, &rows));
    ok(orm_rows_first(rows));
    orm_rows_close(rows);
    ok(blog_author_get(s, ada->id, &same));
    expect_text(ada->name, "Byron");
    forget_statements();
    ok(orm_connection_execute(own, "SELECT name FROM authors", NULL, NULL));
    ok(blog_author_get(s, ada->id, &same));
    expect_statements("OTHER 0");
    ok(orm_session_rollback(s));
}
END_TEST

/* --- COPY --- */

typedef struct pieces {
    const char *const *texts;
    size_t count, next;
    orm_status end;
} pieces;

static orm_status give_piece(const void **data, size_t *size, void *user)
{
    pieces *p = user;
    if (p->next == p->count)
        return p->end;
    *data = p->texts[p->next];
    *size = strlen(p->texts[p->next++]);
    return ORM_OK;
}

typedef struct taken {
    char text[4000];
    size_t length, rows, enough;
    orm_status end;
} taken;

static orm_status take_row(const void *data, size_t size, void *user)
{
    taken *t = user;
    ck_assert_uint_lt(t->length + size, sizeof t->text);
    memcpy(t->text + t->length, data, size);
    t->length += size;
    return ++t->rows == t->enough ? t->end : ORM_OK;
}

static const char copy_in[] = "COPY authors (created_at, email, name) FROM STDIN (FORMAT csv)";
static const char copy_out[] = "COPY (SELECT email, name FROM authors ORDER BY email) TO STDOUT";

START_TEST(sqlite_has_no_copy)
{
    pieces none = {.end = ORM_DONE};
    taken t = {.end = ORM_OK};
    size_t rows = 7;
    if (!on_sqlite())
        return;
    expect_status(ORM_UNSUPPORTED, orm_connection_copy_in(c, copy_in, &rows, give_piece, &none));
    ck_assert_uint_eq(rows, 0);
    expect_status(ORM_UNSUPPORTED, orm_connection_copy_out(c, copy_out, &rows, take_row, &t));
    expect_nothing_sent();
}
END_TEST

START_TEST(rows_are_copied_in_and_out)
{
    static const char *const texts[] = {"2024-01-01,a@b,A\n2024-", "01-01,c@d,", "\"C, \"\"D\"\"\"\n", ""};
    pieces p = {.texts = texts, .count = 4, .end = ORM_DONE};
    taken t = {.enough = 0};
    size_t rows;
    if (on_sqlite())
        return;
    ok(orm_connection_copy_in(c, copy_in, &rows, give_piece, &p));
    ck_assert_uint_eq(rows, 2);
    ok(orm_connection_copy_out(c, copy_out, &rows, take_row, &t));
    ck_assert_uint_eq(rows, 2);
    ck_assert_uint_eq(t.rows, 2);
    t.text[t.length] = '\0';
    expect_text(t.text, "a@b\tA\nc@d\tC, \"D\"\n");
    expect_statements("OTHER 2, OTHER 2");
}
END_TEST

START_TEST(a_copy_that_fails_leaves_nothing_and_the_connection_usable)
{
    static const char *const texts[] = {"2024-01-01,a@b,A\n", "2024-01-01,a@b,B\n", "nonsense\n"};
    static const struct {
        size_t first, count;
        orm_status end, wanted;
        const char *sqlstate;
    } cases[] = {{0, 1, ORM_INVALID, ORM_INVALID, ""},      /* the source gives up */
                 {0, 2, ORM_DONE, ORM_CONSTRAINT, "23505"}, /* the server refuses */
                 {2, 1, ORM_DONE, ORM_DATABASE, "22007"},
                 {0, 0, ORM_NO_MEMORY, ORM_NO_MEMORY, ""}};
    if (on_sqlite())
        return;
    size_t rows = 7;
    pieces p = {.texts = texts + cases[_i].first, .count = cases[_i].count, .end = cases[_i].end};
    orm_status status = orm_connection_copy_in(c, copy_in, &rows, give_piece, &p);
    expect_text(orm_connection_error(c)->sqlstate, cases[_i].sqlstate);
    expect_status(cases[_i].wanted, status);
    ck_assert_uint_eq(rows, 0);
    ck_assert_int_eq(count_authors(), 0);
    p = (pieces){.texts = texts, .count = 1, .end = ORM_DONE};
    ok(orm_connection_copy_in(c, copy_in, &rows, give_piece, &p));
    ck_assert_int_eq(count_authors(), 1);
}
END_TEST

START_TEST(a_failed_copy_fails_its_transaction)
{
    pieces p = {.end = ORM_INVALID};
    if (on_sqlite())
        return;
    ok(orm_connection_begin(c));
    expect_status(ORM_INVALID, orm_connection_copy_in(c, copy_in, NULL, give_piece, &p));
    expect_status(ORM_ROLLBACK_FIRST, orm_connection_execute(c, "SELECT 1", NULL, NULL));
    ok(orm_connection_rollback(c));
    ck_assert_int_eq(count_authors(), 0);
}
END_TEST

START_TEST(a_sink_may_have_enough_or_fail)
{
    size_t rows;
    taken t = {.enough = 2, .end = ORM_DONE};
    if (on_sqlite())
        return;
    ok(orm_connection_begin(c));
    add_authors(5);
    ok(orm_connection_copy_out(c, copy_out, &rows, take_row, &t));
    ck_assert_uint_eq(t.rows, 2);
    t = (taken){.enough = 3, .end = ORM_INVALID};
    expect_status(ORM_INVALID, orm_connection_copy_out(c, copy_out, &rows, take_row, &t));
    ck_assert_uint_eq(t.rows, 3);
    ck_assert_uint_eq(rows, 0);
    ck_assert_int_eq(count_authors(), 5); /* the transaction goes on */
    ok(orm_connection_commit(c));
    expect_status(ORM_DATABASE,
                  orm_connection_copy_out(c, "COPY (SELECT 1 / (3 - i) FROM generate_series(1, 5) AS n(i)) TO STDOUT",
                                          &rows, take_row, &t));
    expect_text(orm_connection_error(c)->sqlstate, "22012");
    ck_assert_int_eq(count_authors(), 5);
}
END_TEST

START_TEST(only_copy_is_copied)
{
    static const char *const wrong_in[] = {"SELECT 1", "COPY authors TO STDOUT", "COPY authors FROM '/etc/hostname'"};
    static const char *const wrong_out[] = {"SELECT 1", "COPY authors FROM STDIN", "COPY authors TO '/dev/null'"};
    pieces p = {.end = ORM_DONE};
    taken t = {.end = ORM_OK};
    if (on_sqlite())
        return;
    expect_status(ORM_MISUSE, orm_connection_copy_in(c, wrong_in[_i], NULL, give_piece, &p));
    expect_status(ORM_MISUSE, orm_connection_copy_out(c, wrong_out[_i], NULL, take_row, &t));
    expect_nothing_sent();
}
END_TEST

START_TEST(much_is_copied_in_pieces_of_any_size)
{
    enum { ROWS = 50000 };
    char *text = malloc(ROWS * 40 + 1);
    size_t length = 0, rows;
    if (on_sqlite()) {
        free(text);
        return;
    }
    for (int i = 0; i < ROWS; i++)
        length += (size_t)sprintf(text + length, "2024-01-01,a%d@b,n%d\n", i, i);
    const char *const texts[] = {text};
    pieces p = {.texts = texts, .count = 1, .end = ORM_DONE};
    ok(orm_connection_copy_in(c, copy_in, &rows, give_piece, &p));
    ck_assert_uint_eq(rows, ROWS);
    ck_assert_int_eq(count_authors(), ROWS);
    free(text);
}
END_TEST

Suite *suite_execute(void)
{
    Suite *suite = suite_create("execute");
    TCase *parameters = new_case(suite, "parameters");
    tcase_add_test(parameters, parameters_go_by_name);
    tcase_add_test(parameters, parameters_go_by_position_in_any_order);
    tcase_add_test(parameters, a_list_of_parameters_is_made_at_run_time);
    tcase_add_test(parameters, what_only_looks_like_a_parameter_is_none);
    tcase_add_test(parameters, wrong_parameters_are_misuse_before_anything_is_sent);
    tcase_add_loop_test(parameters, sqlite_s_own_parameters_are_refused, 0, 5);
    tcase_add_test(parameters, the_same_sql_takes_values_of_other_types);
    tcase_add_test(parameters, every_type_goes_there_and_back);
    tcase_add_test(parameters, every_type_may_be_null);
    tcase_add_test(parameters, an_opt_place_takes_what_is_there);
    tcase_add_test(parameters, arrays_go_there_and_back);
    tcase_add_test(parameters, a_list_finds_rows_and_an_empty_one_finds_none);
    tcase_add_test(parameters, text_for_any_type_is_other);
    TCase *rows = new_case(suite, "rows");
    tcase_add_test(rows, rows_come_one_by_one);
    tcase_add_test(rows, bound_places_are_filled_by_each_row);
    tcase_add_test(rows, all_of_nothing_is_nothing);
    tcase_add_test(rows, first_tells_none);
    tcase_add_test(rows, returning_brings_rows_and_their_number);
    tcase_add_test(rows, a_statement_without_rows_has_none);
    tcase_add_loop_test(rows, what_is_read_wrongly_is_misuse_and_sticks, 0, 9);
    tcase_add_test(rows, a_column_without_a_row_is_misuse);
    tcase_add_test(rows, an_open_statement_keeps_others_out);
    tcase_add_test(rows, a_rollback_and_a_close_end_open_rows);
    tcase_add_test(rows, many_rows_are_never_all_in_memory);
    tcase_add_test(rows, a_failure_after_some_rows_is_told);
    TCase *refused = new_case(suite, "refused");
    tcase_add_loop_test(refused, one_statement_at_a_time, 0, 4);
    tcase_add_test(refused, a_semicolon_at_the_end_or_in_a_body_is_none);
    tcase_add_loop_test(refused, transactions_and_copy_have_functions, 0, 13);
    tcase_add_test(refused, no_sql_at_all_is_misuse);
    tcase_add_test(refused, a_refusal_says_where);
    tcase_add_test(refused, a_refused_row_is_a_result);
    tcase_add_test(refused, a_value_out_of_range_is_not_sent);
    tcase_add_test(refused, the_readme_s_statement_is_run);
    TCase *transactions = new_case(suite, "transactions");
    tcase_add_test(transactions, savepoints_nest);
    tcase_add_test(transactions, a_refusal_is_undone_by_its_savepoint);
    tcase_add_test(transactions, savepoints_need_a_transaction_and_each_other);
    tcase_add_test(transactions, a_transaction_has_its_isolation);
    tcase_add_test(transactions, the_transaction_of_a_session_is_its_own);
    tcase_add_test(transactions, sql_by_hand_sees_what_is_pending_and_entities_see_it);
    TCase *copy = new_case(suite, "copy");
    tcase_add_test(copy, sqlite_has_no_copy);
    tcase_add_test(copy, rows_are_copied_in_and_out);
    tcase_add_loop_test(copy, a_copy_that_fails_leaves_nothing_and_the_connection_usable, 0, 4);
    tcase_add_test(copy, a_failed_copy_fails_its_transaction);
    tcase_add_test(copy, a_sink_may_have_enough_or_fail);
    tcase_add_loop_test(copy, only_copy_is_copied, 0, 3);
    tcase_add_test(copy, much_is_copied_in_pieces_of_any_size);
    return suite;
}
