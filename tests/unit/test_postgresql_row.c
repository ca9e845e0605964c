/* test_postgresql_row.c -- row after row into structs of one shape, against a real server: what is found out once for
 * all rows must hold for each of them.
 * SPDX-License-Identifier: MIT */
#include "postgresql_server.h"

typedef struct thing {
    int64_t id;
    orm_opt_int32 medium;
    const char *body;
    orm_opt_bool truth;
    orm_opt_float64 precise;
    orm_opt_int16 small;
} thing;

static const orm_model model = {.name = "thing", .table = "thing"};
static const orm_column columns[] = {
    {.model = &model, .name = "id", .type = ORM_TYPE_INT64, .field = ORM_FIELD(thing, id)},
    {.model = &model,
     .name = "medium",
     .type = ORM_TYPE_INT32,
     .flags = ORM_NULLABLE,
     .field = ORM_OPT_FIELD(thing, medium)},
    {.model = &model, .name = "body", .type = ORM_TYPE_TEXT, .flags = ORM_NULLABLE, .field = ORM_FIELD(thing, body)},
    {.model = &model,
     .name = "truth",
     .type = ORM_TYPE_BOOL,
     .flags = ORM_NULLABLE,
     .field = ORM_OPT_FIELD(thing, truth)},
    {.model = &model,
     .name = "precise",
     .type = ORM_TYPE_FLOAT64,
     .flags = ORM_NULLABLE,
     .field = ORM_OPT_FIELD(thing, precise)},
    {.model = &model,
     .name = "small",
     .type = ORM_TYPE_INT16,
     .flags = ORM_NULLABLE,
     .field = ORM_OPT_FIELD(thing, small)},
};
enum { COLUMNS = 6 };
static const orm_column *const all[COLUMNS] = {&columns[0], &columns[1], &columns[2],
                                               &columns[3], &columns[4], &columns[5]};
static const orm__fetch fetches[] = {ORM__FETCH_WHOLE, ORM__FETCH_STREAM, ORM__FETCH_MANY};

/* Of each column every third value is NULL, the first of them in the row of its number; every seventh text is empty. */
static const char things[] = "SELECT i, CASE WHEN i % 3 <> 1 THEN -i::int4 END, "
                             "CASE WHEN i % 3 <> 2 THEN CASE WHEN i % 7 = 0 THEN '' ELSE repeat('x', i::int4) END END, "
                             "CASE WHEN i % 3 <> 0 THEN i % 2 = 0 END, CASE WHEN i % 3 <> 1 THEN i / 4.0::float8 END, "
                             "CASE WHEN i % 3 <> 2 THEN i::int2 END FROM generate_series(1::int8, 600) AS i";

static void expect(const thing *t, int i)
{
    ck_assert_int_eq(t->id, i);
    ck_assert_int_eq(t->medium.has, i % 3 != 1);
    ck_assert_int_eq(t->medium.value, i % 3 != 1 ? -i : 0);
    ck_assert((t->body == NULL) == (i % 3 == 2));
    if (t->body)
        ck_assert_uint_eq(strlen(t->body), i % 7 == 0 ? 0 : (size_t)i);
    ck_assert_int_eq(t->truth.has, i % 3 != 0);
    ck_assert_int_eq(t->truth.value, i % 3 != 0 && i % 2 == 0);
    ck_assert_int_eq(t->precise.has, i % 3 != 1);
    ck_assert(t->precise.value == (i % 3 != 1 ? i / 4.0 : 0));
    ck_assert_int_eq(t->small.has, i % 3 != 2);
    ck_assert_int_eq(t->small.value, i % 3 != 2 ? i : 0);
}

static orm_status read_columns(size_t count, size_t first, thing *t)
{
    return driver->read(db, all + first, count, first, t, &arena, &error);
}

START_TEST(each_row_has_its_own_values_and_nulls)
{
    thing t;
    orm__prepared *select = prepare(things, NULL, 0);
    for (int again = 0; again < 2; again++) {
        start(NULL, select, NULL, fetches[_i]);
        for (int i = 1; i <= 600; i++) {
            ck_assert_int_eq(driver->step(db, &error), ORM_OK);
            memset(&t, 0xee, sizeof t);
            ck_assert_int_eq(read_columns(COLUMNS, 0, &t), ORM_OK);
            expect(&t, i);
        }
        ck_assert_int_eq(driver->step(db, &error), ORM_DONE);
        finish(0);
    }
    driver->forget(db, select);
}
END_TEST

START_TEST(parts_of_a_row_may_be_read_in_turns)
{
    thing t;
    orm__prepared *select = prepare(things, NULL, 0);
    start(NULL, select, NULL, fetches[_i]);
    for (int i = 1; i <= 600; i++) {
        ck_assert_int_eq(driver->step(db, &error), ORM_OK);
        memset(&t, 0xee, sizeof t);
        size_t cut = i < 10 ? 2 : i < 20 ? 4 : COLUMNS;
        ck_assert_int_eq(read_columns(cut, 0, &t), ORM_OK);
        if (cut < COLUMNS)
            ck_assert_int_eq(read_columns(COLUMNS - cut, cut, &t), ORM_OK);
        expect(&t, i);
    }
    finish(0);
    driver->forget(db, select);
}
END_TEST

START_TEST(the_next_statement_may_have_other_types_at_the_same_places)
{
    static const char *const texts[] = {"SELECT 7::int8, 8::int4, 'nine'::text FROM generate_series(1, 9)",
                                        "SELECT 7::int4, 8::int8, 'nine'::varchar FROM generate_series(1, 9)",
                                        "SELECT 7::int2, 8::int2, 'nine'::name FROM generate_series(1, 9)"};
    for (int k = 0; k < 6; k++) {
        thing t = {0};
        orm__prepared *select = prepare(texts[k % 3], NULL, 0);
        start(NULL, select, NULL, fetches[_i]);
        for (int i = 0; i < 9; i++) {
            ck_assert_int_eq(driver->step(db, &error), ORM_OK);
            ck_assert_int_eq(read_columns(3, 0, &t), ORM_OK);
            ck_assert(t.id == 7 && t.medium.has && t.medium.value == 8 && strcmp(t.body, "nine") == 0);
        }
        finish(0);
        driver->forget(db, select);
    }
}
END_TEST

START_TEST(what_does_not_fit_is_told_in_whatever_row_it_stands)
{
    static const char *const texts[] = {
        "SELECT nullif(i, %d), 1::int4 FROM generate_series(1::int8, 20) AS i",
        "SELECT i, CASE WHEN i = %d THEN 3000000000 ELSE i END FROM generate_series(1::int8, 20) AS i"};
    for (int bad = 1; bad < 20; bad++) {
        thing t;
        char sql[128];
        snprintf(sql, sizeof sql, texts[_i], bad);
        orm__prepared *select = prepare(sql, NULL, 0);
        start(NULL, select, NULL, ORM__FETCH_WHOLE);
        for (int i = 1; i <= bad; i++) {
            ck_assert_int_eq(driver->step(db, &error), ORM_OK);
            ck_assert_int_eq(read_columns(2, 0, &t), i == bad ? ORM_SCHEMA : ORM_OK);
        }
        ck_assert_str_eq(error.column, _i ? "medium" : "id");
        finish(0);
        driver->forget(db, select);
    }
}
END_TEST

static void add_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, each_row_has_its_own_values_and_nulls, 0, 3);
    tcase_add_loop_test(tcase, parts_of_a_row_may_be_read_in_turns, 0, 3);
    tcase_add_loop_test(tcase, the_next_statement_may_have_other_types_at_the_same_places, 0, 3);
    tcase_add_loop_test(tcase, what_does_not_fit_is_told_in_whatever_row_it_stands, 0, 2);
}

int main(void)
{
    return run_suite("postgresql_row", add_tests);
}
