/* test_postgresql_gather.c -- gets by key as one statement: which keys are taken, their list, and whose row stands
 * where.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_codec.h"
#include "driver/postgresql_shared.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = ORM__PG_GATHER_MOST, NUMERIC = 1700 };

static orm__pg_gather gather;
static orm__pg_request requests[MOST], *asked[MOST];

/* Of integers, who stand in the same order in a group. */
static void ask(orm_type type, const int64_t *keys, size_t count)
{
    gather = (orm__pg_gather){.type = type};
    for (size_t i = 0; i < count; i++) {
        const orm_value value = {.type = type, .as.integer = keys[i]};
        requests[i] = (orm__pg_request){.key = orm__pg_gather_key(&value), .row = -2};
        requests[i].fellow = i + 1 < count ? &requests[i + 1] : NULL;
        asked[i] = &requests[i];
    }
}

/* Of so many columns, of which that one is a key of that type. Owned: PQclear. */
static PGresult *result_of(Oid type, int columns, int column)
{
    PGresAttDesc attributes[3] = {{0}};
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    ck_assert_ptr_nonnull(result);
    for (int i = 0; i < columns; i++)
        attributes[i] = (PGresAttDesc){.name = "x", .format = 1, .typid = i == column ? type : ORM__PG_INT8};
    ck_assert_int_ne(PQsetResultAttrs(result, columns, attributes), 0);
    return result;
}

static void put(PGresult *result, int row, int column, const void *bytes, int size)
{
    char copied[16] = {0};
    if (size > 0)
        memcpy(copied, bytes, (size_t)size);
    ck_assert_int_ne(PQsetvalue(result, row, column, copied, size), 0);
}

static void put_integer(PGresult *result, int row, int column, int64_t value, int size)
{
    unsigned char bytes[8];
    for (int i = 0; i < size; i++)
        bytes[i] = (unsigned char)((uint64_t)value >> 8 * (size - 1 - i));
    put(result, row, column, bytes, size);
}

static bool find(const PGresult *result, size_t count)
{
    return orm__pg_gather_find(&gather, result, asked, count);
}

/* --- rows --- */

START_TEST(rows_are_found_by_key_in_any_order)
{
    static const int64_t keys[] = {5, -3, INT64_MAX, INT64_MIN, 0, 7, 5};
    static const int64_t rows[] = {INT64_MIN, 7, 5, INT64_MAX, -3};
    static const int wanted[] = {2, 4, 3, 0, -1, 1, 2};
    enum { KEYS = sizeof keys / sizeof *keys, ROWS = sizeof rows / sizeof *rows };
    PGresult *result = result_of(ORM__PG_INT8, 1, 0);
    ask(ORM_TYPE_INT64, keys, KEYS);
    for (int i = 0; i < ROWS; i++)
        put_integer(result, i, 0, rows[i], 8);
    ck_assert(find(result, KEYS));
    for (int i = 0; i < KEYS; i++)
        ck_assert_int_eq(requests[i].row, wanted[i]);
    ck_assert(find(result, 0));
    PQclear(result);
}
END_TEST

START_TEST(the_first_of_equal_rows_counts)
{
    PGresult *result = result_of(ORM__PG_INT8, 1, 0);
    ask(ORM_TYPE_INT64, (const int64_t[]){1, 2, 3}, 3);
    for (int i = 0; i < 6; i++)
        put_integer(result, i, 0, 2 - i % 2, 8);
    ck_assert(find(result, 3));
    ck_assert_int_eq(requests[0].row, 1);
    ck_assert_int_eq(requests[1].row, 0);
    ck_assert_int_eq(requests[2].row, -1);
    PQclear(result);
}
END_TEST

START_TEST(without_rows_nobody_has_one)
{
    PGresult *result = result_of(ORM__PG_INT8, 1, 0);
    ask(ORM_TYPE_INT64, (const int64_t[]){0, 1}, 2);
    ck_assert(find(result, 2));
    ck_assert_int_eq(requests[0].row, -1);
    ck_assert_int_eq(requests[1].row, -1);
    PQclear(result);
}
END_TEST

/* Whatever the hash makes of it: rows side by side, far apart, and in the same place. */
START_TEST(as_many_rows_as_there_may_be_are_told_apart)
{
    static const int64_t steps[] = {1, -1, 256, 1 << 24, (int64_t)1 << 32, (int64_t)1 << 56, 0x123456789abcdef, 255};
    int64_t keys[MOST];
    for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
        PGresult *result = result_of(ORM__PG_INT8, 1, 0);
        for (int i = 0; i < MOST; i++)
            keys[i] = (int64_t)((uint64_t)(i - MOST / 2) * (uint64_t)steps[k]);
        ask(ORM_TYPE_INT64, keys, MOST);
        for (int i = 0; i < MOST; i++)
            put_integer(result, i, 0, keys[MOST - 1 - i], 8);
        ck_assert(find(result, MOST));
        for (int i = 0; i < MOST; i++) /* of equal keys the first row, which is the last who asks */
            ck_assert_int_eq(keys[MOST - 1 - requests[i].row], keys[i]);
        PQclear(result);
    }
}
END_TEST

START_TEST(keys_that_collide_are_told_apart)
{
    int64_t keys[MOST];
    size_t count = 0;
    for (int64_t key = 1; count < MOST; key++) /* the slots are those of one hash value, as the file reckons it */
        if (((uint64_t)key * 0xd6e8feb86659fd93u) >> 56 == 250)
            keys[count++] = key;
    ask(ORM_TYPE_INT64, keys, MOST);
    PGresult *result = result_of(ORM__PG_INT8, 1, 0);
    for (int i = 0; i < MOST / 2; i++)
        put_integer(result, i, 0, keys[2 * i], 8);
    ck_assert(find(result, MOST));
    for (int i = 0; i < MOST; i++)
        ck_assert_int_eq(requests[i].row, i % 2 ? -1 : i / 2);
    PQclear(result);
}
END_TEST

START_TEST(more_rows_than_keys_in_a_list_are_refused)
{
    PGresult *result = result_of(ORM__PG_INT8, 1, 0);
    ask(ORM_TYPE_INT64, (const int64_t[]){1}, 1);
    for (int i = 0; i < MOST; i++)
        put_integer(result, i, 0, 1, 8);
    ck_assert(find(result, 1));
    put_integer(result, MOST, 0, 1, 8);
    ck_assert(!find(result, 1));
    PQclear(result);
}
END_TEST

START_TEST(the_key_may_stand_in_any_column)
{
    PGresult *result = result_of(ORM__PG_INT4, 3, 2);
    ask(ORM_TYPE_INT64, (const int64_t[]){4, 5}, 2);
    for (int row = 0; row < 2; row++) {
        put_integer(result, row, 0, 4, 8);
        put_integer(result, row, 1, 5, 8);
        put_integer(result, row, 2, 5 - row, 4);
    }
    gather.column = 2;
    ck_assert(find(result, 2));
    ck_assert_int_eq(requests[0].row, 1);
    ck_assert_int_eq(requests[1].row, 0);
    gather.column = 3; /* there is none */
    ck_assert(!find(result, 2));
    PQclear(result);
}
END_TEST

START_TEST(columns_of_any_width_are_read)
{
    static const struct {
        Oid type;
        int size;
    } widths[] = {{ORM__PG_INT2, 2}, {ORM__PG_INT4, 4}, {ORM__PG_INT8, 8}};
    static const orm_type types[] = {ORM_TYPE_INT16, ORM_TYPE_INT32, ORM_TYPE_INT64};
    static const int64_t keys[] = {-1, INT16_MIN, INT16_MAX, 0};
    for (int t = 0; t < 3; t++)
        for (int w = 0; w < 3; w++) {
            PGresult *result = result_of(widths[w].type, 1, 0);
            ask(types[t], keys, 4);
            for (int i = 0; i < 3; i++)
                put_integer(result, i, 0, keys[2 - i], widths[w].size);
            ck_assert(find(result, 4));
            for (int i = 0; i < 4; i++)
                ck_assert_int_eq(requests[i].row, 2 - i);
            PQclear(result);
        }
}
END_TEST

START_TEST(other_types_and_null_are_refused)
{
    static const Oid others[] = {NUMERIC, ORM__PG_UUID};
    ask(ORM_TYPE_INT64, (const int64_t[]){1}, 1);
    for (int i = 0; i < 2; i++) {
        PGresult *result = result_of(others[i], 1, 0);
        ck_assert(find(result, 1)); /* there is no row to misread */
        put_integer(result, 0, 0, 1, 8);
        ck_assert(!find(result, 1));
        PQclear(result);
    }
    PGresult *result = result_of(ORM__PG_INT8, 1, 0);
    put(result, 0, 0, NULL, -1);
    ck_assert(!find(result, 1));
    PQclear(result);
}
END_TEST

START_TEST(uuids_are_found_by_all_their_bytes)
{
    enum { COUNT = 32 };
    gather = (orm__pg_gather){.type = ORM_TYPE_UUID};
    PGresult *result = result_of(ORM__PG_UUID, 1, 0);
    for (int i = 0; i < COUNT; i++) { /* each differs from all others in one bit */
        orm_value value = {.type = ORM_TYPE_UUID};
        value.as.uuid.bytes[i / 2] = i % 2 ? 1 : 128;
        requests[i] = (orm__pg_request){.key = orm__pg_gather_key(&value)};
        asked[i] = &requests[i];
        if (i != 5)
            put(result, i < 5 ? i : i - 1, 0, value.as.uuid.bytes, 16);
    }
    ck_assert(find(result, COUNT));
    for (int i = 0; i < COUNT; i++)
        ck_assert_int_eq(requests[i].row, i == 5 ? -1 : i < 5 ? i : i - 1);
    PQclear(result);
    result = result_of(ORM__PG_INT8, 1, 0);
    put_integer(result, 0, 0, 1, 8);
    ck_assert(!find(result, COUNT));
    PQclear(result);
    result = result_of(ORM__PG_UUID, 1, 0);
    put(result, 0, 0, NULL, -1);
    ck_assert(!find(result, COUNT));
    PQclear(result);
}
END_TEST

/* --- lists --- */

static int64_t item(const orm_value *list, size_t index)
{
    const void *items = list->as.array.items;
    return list->type == ORM_TYPE_INT64   ? ((const int64_t *)items)[index]
           : list->type == ORM_TYPE_INT32 ? ((const int32_t *)items)[index]
                                          : ((const int16_t *)items)[index];
}

START_TEST(a_short_list_is_filled_up_to_sixteen_and_a_longer_one_is_as_it_is)
{
    static const orm_type types[] = {ORM_TYPE_INT16, ORM_TYPE_INT32, ORM_TYPE_INT64};
    static const size_t counts[] = {1, 2, 15, 16, 17, 64, MOST};
    int64_t keys[MOST];
    for (int i = 0; i < MOST; i++)
        keys[i] = i % 2 ? -i * 100 : i * 100;
    for (int t = 0; t < 3; t++)
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            ask(types[t], keys, counts[k]);
            orm_value list = orm__pg_gather_list(&gather, requests);
            ck_assert_int_eq(list.form, ORM_FORM_LIST);
            ck_assert_int_eq(list.type, types[t]);
            ck_assert_uint_eq(list.as.array.count, counts[k] < 16 ? 16 : counts[k]);
            for (size_t i = 0; i < list.as.array.count; i++)
                ck_assert_int_eq(item(&list, i), keys[i < counts[k] ? i : counts[k] - 1]);
        }
}
END_TEST

START_TEST(a_list_has_the_greatest_and_the_least)
{
    static const struct {
        orm_type type;
        int64_t least, most;
    } types[] = {{ORM_TYPE_INT16, INT16_MIN, INT16_MAX},
                 {ORM_TYPE_INT32, INT32_MIN, INT32_MAX},
                 {ORM_TYPE_INT64, INT64_MIN, INT64_MAX}};
    for (int t = 0; t < 3; t++) {
        ask(types[t].type, (const int64_t[]){types[t].least, types[t].most, -1}, 3);
        orm_value list = orm__pg_gather_list(&gather, requests);
        ck_assert_int_eq(item(&list, 0), types[t].least);
        ck_assert_int_eq(item(&list, 1), types[t].most);
        ck_assert_int_eq(item(&list, 15), -1);
    }
}
END_TEST

START_TEST(a_list_of_uuids_has_their_bytes)
{
    gather = (orm__pg_gather){.type = ORM_TYPE_UUID};
    orm_value values[2] = {{.type = ORM_TYPE_UUID}, {.type = ORM_TYPE_UUID}};
    for (int i = 0; i < 16; i++) {
        values[0].as.uuid.bytes[i] = (uint8_t)i;
        values[1].as.uuid.bytes[i] = (uint8_t)(255 - i);
    }
    for (int i = 0; i < 2; i++)
        requests[i] = (orm__pg_request){.key = orm__pg_gather_key(&values[i]), .fellow = i == 0 ? &requests[1] : NULL};
    orm_value list = orm__pg_gather_list(&gather, requests);
    ck_assert_uint_eq(list.as.array.count, 16);
    for (int i = 0; i < 16; i++)
        ck_assert_mem_eq((const orm_uuid *)list.as.array.items + i, &values[i > 0].as.uuid, 16);
}
END_TEST

/* --- which are taken --- */

START_TEST(keys_that_do_not_fit_the_type_are_not_taken)
{
    static const struct {
        orm_type type, own;
        int64_t key;
        bool taken;
    } cases[] = {
        {ORM_TYPE_INT64, ORM_TYPE_INT64, INT64_MAX, true},
        {ORM_TYPE_INT64, ORM_TYPE_INT64, INT64_MIN, true},
        {ORM_TYPE_INT64, ORM_TYPE_INT16, -1, true},
        {ORM_TYPE_INT32, ORM_TYPE_INT32, INT32_MAX, true},
        {ORM_TYPE_INT32, ORM_TYPE_INT64, INT32_MIN, true},
        {ORM_TYPE_INT32, ORM_TYPE_INT64, (int64_t)INT32_MAX + 1, false},
        {ORM_TYPE_INT32, ORM_TYPE_INT64, (int64_t)INT32_MIN - 1, false},
        {ORM_TYPE_INT16, ORM_TYPE_INT32, INT16_MIN, true},
        {ORM_TYPE_INT16, ORM_TYPE_INT32, INT16_MAX + 1, false},
        {ORM_TYPE_INT16, ORM_TYPE_INT32, INT16_MIN - 1, false},
        {ORM_TYPE_INT16, ORM_TYPE_INT64, INT64_MIN, false},
        {ORM_TYPE_INT64, ORM_TYPE_UUID, 1, false},
        {ORM_TYPE_UUID, ORM_TYPE_UUID, 1, true},
        {ORM_TYPE_UUID, ORM_TYPE_INT64, 1, false},
        {ORM_TYPE_INT64, ORM_TYPE_BOOL, 1, false},
        {ORM_TYPE_INT64, ORM_TYPE_DATE, 1, false},
        {ORM_TYPE_INT64, ORM_TYPE_TEXT, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        orm_value value = {.type = cases[i].own, .form = ORM_FORM_ONE};
        if (cases[i].own != ORM_TYPE_TEXT)
            value.as.integer = cases[i].key;
        gather = (orm__pg_gather){.type = cases[i].type};
        ck_assert_msg(orm__pg_gather_takes(&gather, &value) == cases[i].taken, "case %zu", i);
        value.form = ORM_FORM_NULL;
        ck_assert(!orm__pg_gather_takes(&gather, &value));
        value.form = ORM_FORM_ONE;
        ck_assert(!orm__pg_gather_takes(NULL, &value));
    }
}
END_TEST

START_TEST(none_is_taken_while_it_rests)
{
    const orm_value value = {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE};
    gather = (orm__pg_gather){.type = ORM_TYPE_INT64, .resting = 3};
    for (int i = 0; i < 3; i++)
        ck_assert(!orm__pg_gather_takes(&gather, &value));
    ck_assert(orm__pg_gather_takes(&gather, &value));
    ck_assert(orm__pg_gather_takes(&gather, &value));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("postgresql_gather");
    TCase *tests = tcase_create("gather");
    tcase_add_test(tests, rows_are_found_by_key_in_any_order);
    tcase_add_test(tests, the_first_of_equal_rows_counts);
    tcase_add_test(tests, without_rows_nobody_has_one);
    tcase_add_test(tests, as_many_rows_as_there_may_be_are_told_apart);
    tcase_add_test(tests, keys_that_collide_are_told_apart);
    tcase_add_test(tests, more_rows_than_keys_in_a_list_are_refused);
    tcase_add_test(tests, the_key_may_stand_in_any_column);
    tcase_add_test(tests, columns_of_any_width_are_read);
    tcase_add_test(tests, other_types_and_null_are_refused);
    tcase_add_test(tests, uuids_are_found_by_all_their_bytes);
    tcase_add_test(tests, a_short_list_is_filled_up_to_sixteen_and_a_longer_one_is_as_it_is);
    tcase_add_test(tests, a_list_has_the_greatest_and_the_least);
    tcase_add_test(tests, a_list_of_uuids_has_their_bytes);
    tcase_add_test(tests, keys_that_do_not_fit_the_type_are_not_taken);
    tcase_add_test(tests, none_is_taken_while_it_rests);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
