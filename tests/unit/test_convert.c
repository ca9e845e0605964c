/* test_convert.c -- the public ways from texts to values and back.
 * SPDX-License-Identifier: MIT */
#include "base/uuid.h"
#include "orm/model.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(moments_are_read_as_they_are_written)
{
    char text[64];
    orm_date date;
    orm_time time;
    orm_timestamp local;
    orm_timestamptz moment;
    ck_assert(orm_date_parse("2024-02-29", &date));
    ck_assert_str_eq(orm_date_format(date, text), "2024-02-29");
    ck_assert(orm_time_parse("12:30", &time));
    ck_assert_str_eq(orm_time_format(time, text), "12:30:00.000000");
    ck_assert(orm_timestamp_parse("2024-02-29 12:30:00.25", &local));
    ck_assert_str_eq(orm_timestamp_format(local, text), "2024-02-29 12:30:00.250000");
    ck_assert(orm_timestamptz_parse("2024-02-29T12:30:00+02:00", &moment));
    ck_assert_str_eq(orm_timestamptz_format(moment, text), "2024-02-29 10:30:00.000000+00:00");
    ck_assert(orm_timestamptz_parse("2000-01-01", &moment));
    ck_assert_int_eq(moment.microseconds, 0);
}
END_TEST

START_TEST(what_is_no_moment_is_refused_and_leaves_zero)
{
    static const char *const texts[] = {NULL, "", "2023-02-29", "2024-02-29 12:30 ", "yesterday", "2024-02-29x"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        orm_date date = {7};
        orm_time time = {7};
        orm_timestamp local = {7};
        orm_timestamptz moment = {7};
        ck_assert(!orm_date_parse(texts[i], &date) && date.days == 0);
        ck_assert(!orm_time_parse(texts[i], &time) && time.microseconds == 0);
        ck_assert(!orm_timestamp_parse(texts[i], &local) && local.microseconds == 0);
        ck_assert(!orm_timestamptz_parse(texts[i], &moment) && moment.microseconds == 0);
    }
}
END_TEST

START_TEST(a_uuid_is_read_as_it_is_written)
{
    static const char *const wrong[] = {NULL,
                                        "",
                                        "00112233-4455-6677-8899-aabbccddeef",
                                        "0011223344556677-8899-aabbccddeeff",
                                        "00112233-4455-6677-8899-aabbccddeeff0",
                                        "g0112233-4455-6677-8899-aabbccddeeff"};
    char text[40];
    orm_uuid made, read, none = {{0}};
    ck_assert(orm_uuid_new(&made));
    ck_assert_int_eq(made.bytes[6] >> 4, 7);
    ck_assert(orm_uuid_parse(orm_uuid_format(made, text), &read));
    ck_assert_mem_eq(&made, &read, sizeof made);
    ck_assert(orm_uuid_parse("00112233-4455-6677-8899-AABBCCDDEEFF", &read));
    ck_assert_str_eq(orm_uuid_format(read, text), "00112233-4455-6677-8899-aabbccddeeff");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert(!orm_uuid_parse(wrong[i], &read));
        ck_assert_mem_eq(&read, &none, sizeof none);
        read.bytes[0] = 1;
    }
}
END_TEST

START_TEST(money_is_counted_in_whole_numbers)
{
    static const struct {
        const char *text;
        int scale;
        bool fits;
        int64_t scaled;
        const char *back;
    } cases[] = {
        {"12.50", 2, true, 1250, "12.50"},
        {"12.5", 2, true, 1250, "12.50"},
        {"12.500", 2, true, 1250, "12.50"},
        {"-0.07", 2, true, -7, "-0.07"},
        {"0", 2, true, 0, "0.00"},
        {"0.000", 0, true, 0, "0"},
        {"1e3", 1, true, 10000, "1000.0"},
        {"-42", 0, true, -42, "-42"},
        {"9223372036854775807", 0, true, INT64_MAX, "9223372036854775807"},
        {"-9223372036854775808", 0, true, INT64_MIN, "-9223372036854775808"},
        {"-9.223372036854775808", 18, true, INT64_MIN, "-9.223372036854775808"},
        {"9223372036854775808", 0, false, 0, NULL},
        {"1e1000000", 2, false, 0, NULL},
        {"12.505", 2, false, 0, NULL},
        {"NaN", 2, false, 0, NULL},
        {"Infinity", 2, false, 0, NULL},
        {"much", 2, false, 0, NULL},
        {NULL, 2, false, 0, NULL},
        {"1", -1, false, 0, NULL},
        {"1", 19, false, 0, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[24];
        int64_t scaled = 99;
        ck_assert_int_eq(orm_decimal_to_scaled((orm_decimal){cases[i].text}, cases[i].scale, &scaled), cases[i].fits);
        ck_assert_int_eq(scaled, cases[i].scaled);
        if (cases[i].back)
            ck_assert_str_eq(orm_decimal_from_scaled(scaled, cases[i].scale, text).text, cases[i].back);
    }
}
END_TEST

START_TEST(decimals_are_compared_by_value)
{
    static const char *const rising[] = {NULL, "-Infinity", "-1.5", "0", "1.5", "10", "Infinity", "NaN"};
    enum { COUNT = sizeof rising / sizeof *rising };
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < COUNT; k++) {
            int order = orm_decimal_compare((orm_decimal){rising[i]}, (orm_decimal){rising[k]});
            ck_assert_int_eq((order > 0) - (order < 0), (i > k) - (i < k));
        }
    ck_assert_int_eq(orm_decimal_compare((orm_decimal){"1.50"}, (orm_decimal){"1.5"}), 0);
}
END_TEST

START_TEST(values_of_an_enum_have_names)
{
    const orm_enum mood = {.name = "mood", .values = (const char *const[]){"sad", "so so"}, .count = 2};
    ck_assert_str_eq(orm_enum_name(&mood, 1), "sad");
    ck_assert_str_eq(orm_enum_name(&mood, 2), "so so");
    ck_assert_ptr_null(orm_enum_name(&mood, 0));
    ck_assert_ptr_null(orm_enum_name(&mood, 3));
    ck_assert_ptr_null(orm_enum_name(&mood, -1));
    ck_assert_int_eq(orm_enum_from_name(&mood, "so so"), 2);
    ck_assert_int_eq(orm_enum_from_name(&mood, "so"), 0);
    ck_assert_int_eq(orm_enum_from_name(&mood, NULL), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("convert");
    TCase *all = tcase_create("all");
    tcase_add_test(all, moments_are_read_as_they_are_written);
    tcase_add_test(all, what_is_no_moment_is_refused_and_leaves_zero);
    tcase_add_test(all, a_uuid_is_read_as_it_is_written);
    tcase_add_test(all, money_is_counted_in_whole_numbers);
    tcase_add_test(all, decimals_are_compared_by_value);
    tcase_add_test(all, values_of_an_enum_have_names);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
