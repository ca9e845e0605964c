/* rows.c -- what SQL by hand brings back: every type there and back, rows one by one and all at once, wrong places.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

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
    orm_rows *rows = open_rows("SELECT * FROM optional", NULL);
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
    orm_rows *rows = open_rows(
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
    orm_rows *rows = open_rows("SELECT CAST($1 AS int8) AS n, $2 = 1 AS f",
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
    orm_rows *rows = open_rows("SELECT $1 AS a, $2 AS b, $3 AS c",
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
    insert_authors(4);
    for (size_t count = 0; count <= 3; count += 3) {
        int64_t found = -1;
        orm_rows *rows = open_rows(sql, ORM_NAMED({"names", orm_of_texts(count ? names : NULL, count)}));
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
    insert_authors(5);
    orm_rows *rows = open_rows("SELECT name, score FROM authors ORDER BY name", NULL);
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
    insert_authors(40);
    orm_rows *rows = open_rows("SELECT name, id, score FROM authors ORDER BY id", NULL);
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
    orm_rows *rows = open_rows("SELECT name FROM authors", NULL);
    ok(orm_bind(rows, "name", &row.name));
    ok(orm_rows_all(rows, &row, &all, &count));
    ck_assert_uint_eq(count, 0);
    ck_assert_ptr_null(all);
    orm_rows_close(rows);
    rows = open_rows("SELECT name FROM authors", NULL);
    expect_status(ORM_MISUSE, orm_rows_all(rows, &row, &all, &count));
    orm_rows_close(rows);
}
END_TEST

START_TEST(first_tells_none)
{
    orm_rows *rows = open_rows("SELECT id FROM authors", NULL);
    expect_status(ORM_NOT_FOUND, orm_rows_first(rows));
    orm_rows_close(rows);
}
END_TEST

START_TEST(returning_brings_rows_and_their_number)
{
    int64_t id = 0;
    insert_authors(3);
    orm_rows *rows = open_rows("UPDATE authors SET bio = :bio RETURNING id", ORM_NAMED({"bio", orm_of_text("b")}));
    for (int i = 0; i < 3; i++) {
        ok(orm_rows_next(rows));
        ok(orm_get(rows, "id", &id));
        ck_assert_int_gt(id, 0);
    }
    expect_status(ORM_DONE, orm_rows_next(rows));
    ck_assert_uint_eq(orm_rows_written(rows), 3);
    orm_rows_close(rows);
    rows = open_rows("DELETE FROM authors RETURNING id", NULL);
    ok(orm_rows_first(rows));
    orm_rows_close(rows); /* what was not read is deleted all the same */
    ck_assert_int_eq(stored_authors(), 0);
}
END_TEST

START_TEST(a_statement_without_rows_has_none)
{
    insert_authors(3);
    orm_rows *rows = open_rows("DELETE FROM authors", NULL);
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
    insert_authors(2);
    orm_rows *rows = open_rows("SELECT id, name, bio, 1 AS twice, 2 AS twice, 70000 AS big FROM authors", NULL);
    ok(orm_rows_next(rows));
    expect_status(ORM_MISUSE, read_wrongly(rows, _i));
    expect_said(orm_connection_error(c)->message, said[_i]);
    expect_status(ORM_MISUSE, orm_rows_next(rows));
    expect_said(orm_connection_error(c)->message, said[_i]);
    orm_rows_close(rows);
    ck_assert_int_eq(stored_authors(), 2);
}
END_TEST

START_TEST(a_column_without_a_row_is_misuse)
{
    int64_t id = 7;
    insert_authors(1);
    orm_rows *rows = open_rows("SELECT id FROM authors", NULL);
    expect_status(ORM_MISUSE, orm_get(rows, "id", &id));
    ck_assert_int_eq(id, 0);
    orm_rows_close(rows);
    rows = open_rows("SELECT id FROM authors", NULL);
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
    insert_authors(3);
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
    ck_assert_int_eq(stored_authors(), 3);
}
END_TEST

START_TEST(a_rollback_and_a_close_end_open_rows)
{
    orm_rows *rows;
    int64_t id;
    insert_authors(3);
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
    ck_assert_int_eq(stored_authors(), 3);
}
END_TEST

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
    orm_rows *rows = open_rows(sql, ORM_PARAMETERS(orm_of_int64(ROWS)));
    while (orm_rows_next(rows) == ORM_OK) {
        ok(orm_get(rows, 0, &number));
        ok(orm_get(rows, 1, &filler));
        sum += number;
        seen += strlen(filler) == SIZE;
    }
    orm_rows_close(rows);
    ck_assert_int_eq(seen, ROWS);
    ck_assert_int_eq(sum, (int64_t)ROWS * (ROWS + 1) / 2);
    if (memory_counts())
        ck_assert_int_lt(most_memory() - before, MOST);
}
END_TEST

START_TEST(a_failure_after_some_rows_is_told)
{
    int64_t rows_seen = 0;
    const char *sql = on_sqlite()
                          ? "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT "
                            "abs(-9223372036854775807 - (i >= $1)) FROM n"
                          : "SELECT 1 / ($1 - i) FROM generate_series(1, 1000) AS n(i)";
    orm_rows *rows = open_rows(sql, ORM_PARAMETERS(orm_of_int64(900)));
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
Suite *suite_rows(void)
{
    Suite *suite = suite_create("rows");
    TCase *parameters = new_case(suite, "parameters");
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
    tcase_add_test(rows, a_failure_after_some_rows_is_told);
    TCase *many = new_case(suite, "many");
    tcase_set_timeout(many, 60);
    tcase_add_test(many, many_rows_are_never_all_in_memory);
    return suite;
}
