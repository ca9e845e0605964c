/* test_datetime.c -- the calendar and the ISO 8601 texts of base/datetime.c.
 * SPDX-License-Identifier: MIT */
#include "base/datetime.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY ORM__DAY_MICROSECONDS
#define UNIX_EPOCH (INT64_C(946684800) * 1000000)

START_TEST(every_day_of_400_years_follows_the_one_before)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    orm__civil day = {1800, 1, 1};
    int64_t days = orm__days_of_civil(day);
    while (day.year < 2201) {
        orm__civil back = orm__civil_of_days(days);
        ck_assert_int_eq(back.year, day.year);
        ck_assert_int_eq(back.month, day.month);
        ck_assert_int_eq(back.day, day.day);
        ck_assert_int_eq(orm__days_of_civil(day), days);
        bool leap = (day.year % 4 == 0 && day.year % 100 != 0) || day.year % 400 == 0;
        if (++day.day > lengths[day.month - 1] + (leap && day.month == 2)) {
            day.day = 1;
            day.month++;
        }
        if (day.month > 12) {
            day.month = 1;
            day.year++;
        }
        days++;
    }
}
END_TEST

/* Days from 2000-01-01, as PostgreSQL has them, and their text. */
static const struct {
    int32_t days;
    const char *text;
} dates[] = {
    {0, "2000-01-01"},        {-1, "1999-12-31"},
    {8825, "2024-02-29"},     {-10957, "1970-01-01"},
    {-730119, "0001-01-01"},  {-730120, "0000-12-31"},
    {-746093, "-0043-04-08"}, {2921939, "9999-12-31"},
    {2921940, "10000-01-01"}, {2145031948, "5874897-12-31"},
};

START_TEST(a_date_becomes_text_and_comes_back)
{
    char buffer[48];
    orm_date back;
    ck_assert_str_eq(orm_date_format((orm_date){dates[_i].days}, buffer), dates[_i].text);
    ck_assert(orm__date_parse(dates[_i].text, strlen(dates[_i].text), &back));
    ck_assert_int_eq(back.days, dates[_i].days);
    ck_assert_int_eq(orm__date_is_common(back), dates[_i].days >= -730119 && dates[_i].days <= 2921939);
}
END_TEST

static const char *const no_dates[] = {
    "",           "2024",        "2024-02",     "2024-02-30",     "2023-02-29",
    "1900-02-29", "2024-13-01",  "2024-00-01",  "2024-01-00",     "2024-1-1",
    "24-01-01",   "2024-02-29 ", " 2024-02-29", "2024/02/29",     "2024-02-29 00:00:00",
    "20240229",   "+2024-02-29", "infinity",    "99999999-01-01", "9999999-01-01",
};

START_TEST(text_that_is_no_date_is_refused)
{
    orm_date date;
    ck_assert(!orm__date_parse(no_dates[_i], strlen(no_dates[_i]), &date));
}
END_TEST

static const struct {
    int64_t microseconds;
    const char *text;
} times[] = {
    {0, "00:00:00.000000"},       {1, "00:00:00.000001"},   {INT64_C(43200000000), "12:00:00.000000"},
    {DAY - 1, "23:59:59.999999"}, {DAY, "24:00:00.000000"},
};

START_TEST(a_time_becomes_text_and_comes_back)
{
    char buffer[48];
    orm_time back;
    ck_assert_str_eq(orm_time_format((orm_time){times[_i].microseconds}, buffer), times[_i].text);
    ck_assert(orm__time_parse(times[_i].text, strlen(times[_i].text), &back));
    ck_assert_int_eq(back.microseconds, times[_i].microseconds);
}
END_TEST

static const struct {
    const char *text;
    int64_t microseconds;
} read_times[] = {
    {"12:34", INT64_C(45240000000)},
    {"12:34:56", INT64_C(45296000000)},
    {"12:34:56.5", INT64_C(45296500000)},
    {"12:34:56.123456789", INT64_C(45296123456)},
    {"24:00", DAY},
    {"24:00:00.000001", -1},
    {"24:01", -1},
    {"12:60", -1},
    {"12:34:60", -1},
    {"12", -1},
    {"12:", -1},
    {"12:3", -1},
    {"12:34:", -1},
    {"12:34:56.", -1},
    {"12:34:56Z", -1},
    {"-1:00", -1},
    {"", -1},
};

START_TEST(times_are_read_in_all_their_lengths)
{
    orm_time time;
    bool read = orm__time_parse(read_times[_i].text, strlen(read_times[_i].text), &time);
    ck_assert_int_eq(read ? time.microseconds : -1, read_times[_i].microseconds);
}
END_TEST

static const struct {
    int64_t microseconds;
    const char *text;
} timestamps[] = {
    {0, "2000-01-01 00:00:00.000000"},
    {-1, "1999-12-31 23:59:59.999999"},
    {8825 * DAY + DAY / 2, "2024-02-29 12:00:00.000000"},
    {-730119 * DAY, "0001-01-01 00:00:00.000000"},
    {-730119 * DAY - 1, "0000-12-31 23:59:59.999999"},
    {2921940 * DAY - 1, "9999-12-31 23:59:59.999999"},
    {2921940 * DAY, "10000-01-01 00:00:00.000000"},
    {INT64_MAX - 1, "294277-01-09 04:00:54.775806"},
    {INT64_MIN + 1, "-290278-12-22 19:59:05.224193"},
};

START_TEST(a_timestamp_becomes_text_and_comes_back)
{
    char buffer[48], with_zone[64];
    int64_t back;
    ck_assert_str_eq(orm_timestamp_format((orm_timestamp){timestamps[_i].microseconds}, buffer), timestamps[_i].text);
    ck_assert(orm__timestamp_parse(buffer, strlen(buffer), &back));
    ck_assert_int_eq(back, timestamps[_i].microseconds);
    snprintf(with_zone, sizeof with_zone, "%s+00:00", timestamps[_i].text);
    ck_assert_str_eq(orm_timestamptz_format((orm_timestamptz){timestamps[_i].microseconds}, buffer), with_zone);
    ck_assert(orm__timestamp_parse(buffer, strlen(buffer), &back));
    ck_assert_int_eq(back, timestamps[_i].microseconds);
    ck_assert_int_eq(orm__timestamp_is_common(back), back >= -730119 * DAY && back < 2921940 * DAY);
}
END_TEST

#define NO_TIMESTAMP INT64_MIN
static const struct {
    const char *text;
    int64_t microseconds;
} read_timestamps[] = {
    {"2000-01-02", DAY},
    {"2000-01-01T00:00:01", 1000000},
    {"2000-01-01 00:00:01Z", 1000000},
    {"2000-01-01 00:01", 60000000},
    {"2000-01-01T01:00:00.25+01:00", 250000},
    {"2000-01-01 00:00:00-0130", INT64_C(5400000000)},
    {"1999-12-31 23:00:00-01", 0},
    {"2000-01-01 24:00", DAY},
    {"2000-01-01 ", NO_TIMESTAMP},
    {"2000-01-01x00:00:00", NO_TIMESTAMP},
    {"2000-01-01 00:00:00 ", NO_TIMESTAMP},
    {"2000-01-01 00:00:00+", NO_TIMESTAMP},
    {"2000-01-01 00:00:00+1", NO_TIMESTAMP},
    {"2000-01-01 00:00:00+01:", NO_TIMESTAMP},
    {"2000-01-01 00:00:00+01:60", NO_TIMESTAMP},
    {"2000-01-01 00:00:00+16", NO_TIMESTAMP},
    {"2000-01-01 00:00:00ZZ", NO_TIMESTAMP},
    {"2000-01-01Z", NO_TIMESTAMP},
    {"2000-02-30 00:00:00", NO_TIMESTAMP},
    {"294277-01-09 04:00:54.775807", NO_TIMESTAMP},
    {"300000-01-01 00:00:00", NO_TIMESTAMP},
    {"9999999-01-01 00:00:00", NO_TIMESTAMP},
    {"infinity", NO_TIMESTAMP},
    {"946684800", NO_TIMESTAMP},
    {"", NO_TIMESTAMP},
};

START_TEST(timestamps_are_read_with_and_without_a_zone)
{
    int64_t microseconds;
    bool read = orm__timestamp_parse(read_timestamps[_i].text, strlen(read_timestamps[_i].text), &microseconds);
    ck_assert_int_eq(read ? microseconds : NO_TIMESTAMP, read_timestamps[_i].microseconds);
}
END_TEST

/* Below and above the digits, with a digit's low bits, and letters. */
START_TEST(a_wrong_character_anywhere_in_the_usual_form_is_refused)
{
    static const char usual[] = "2024-02-29 12:30:59.987654", wrong[] = "/x\xb0\xff\x01";
    int64_t microseconds, before;
    ck_assert(orm__timestamp_parse(usual, strlen(usual), &before));
    for (size_t i = 0; i < strlen(usual); i++)
        for (const char *c = wrong; *c; c++) {
            char text[sizeof usual];
            memcpy(text, usual, sizeof usual);
            text[i] = *c;
            ck_assert_msg(!orm__timestamp_parse(text, strlen(text), &microseconds), "%s", text);
        }
}
END_TEST

START_TEST(every_digit_of_the_usual_form_counts)
{
    static const char *const later[] = {"3999-11-19 12:14:15.123456", "2199-11-19 12:14:15.123456",
                                        "1999-12-19 12:14:15.123456", "1999-11-20 12:14:15.123456",
                                        "1999-11-19 20:14:15.123456", "1999-11-19 13:14:15.123456",
                                        "1999-11-19 12:24:15.123456", "1999-11-19 12:15:15.123456",
                                        "1999-11-19 12:14:25.123456", "1999-11-19 12:14:16.123456"};
    int64_t first, second;
    ck_assert(orm__timestamp_parse("1999-11-19 12:14:15.123456", 26, &first));
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        ck_assert(orm__timestamp_parse(later[i], 26, &second) && second > first);
    char text[] = "1999-11-19 12:14:15.123456";
    int64_t step = 1;
    for (size_t place = 25; place >= 20; place--, step *= 10) {
        text[place]++;
        ck_assert(orm__timestamp_parse(text, 26, &second));
        ck_assert_int_eq(second - first, step);
        text[place]--;
    }
}
END_TEST

START_TEST(the_infinities_have_their_names)
{
    char buffer[48];
    ck_assert_str_eq(orm_timestamptz_format((orm_timestamptz){INT64_MAX}, buffer), "infinity");
    ck_assert_str_eq(orm_timestamptz_format((orm_timestamptz){INT64_MIN}, buffer), "-infinity");
    ck_assert_str_eq(orm_timestamp_format((orm_timestamp){INT64_MAX}, buffer), "infinity");
    ck_assert_str_eq(orm_date_format((orm_date){INT32_MAX}, buffer), "infinity");
    ck_assert_str_eq(orm_date_format((orm_date){INT32_MIN}, buffer), "-infinity");
    ck_assert(!orm__timestamp_is_common(INT64_MAX) && !orm__timestamp_is_common(INT64_MIN));
    ck_assert(!orm__date_is_common((orm_date){INT32_MAX}) && !orm__date_is_common((orm_date){INT32_MIN}));
}
END_TEST

START_TEST(a_time_of_no_day_is_written_all_the_same)
{
    char buffer[48];
    ck_assert_str_eq(orm_time_format((orm_time){-1}, buffer), "-00:00:00.000001");
    ck_assert_str_eq(orm_time_format((orm_time){INT64_MIN}, buffer), "-2562047788:00:54.775808");
}
END_TEST

START_TEST(unix_time_goes_both_ways_and_saturates)
{
    ck_assert_int_eq(orm_timestamptz_from_unix(0).microseconds, -UNIX_EPOCH);
    ck_assert_int_eq(orm_timestamptz_from_unix(UNIX_EPOCH).microseconds, 0);
    ck_assert_int_eq(orm_timestamptz_to_unix((orm_timestamptz){0}), UNIX_EPOCH);
    ck_assert_int_eq(orm_timestamptz_from_unix(INT64_MAX).microseconds, INT64_MAX);
    ck_assert_int_eq(orm_timestamptz_from_unix(INT64_MIN).microseconds, INT64_MIN);
    ck_assert_int_eq(orm_timestamptz_from_unix(INT64_MIN + 5).microseconds, INT64_MIN);
    ck_assert_int_eq(orm_timestamptz_to_unix((orm_timestamptz){INT64_MAX}), INT64_MAX);
    ck_assert_int_eq(orm_timestamptz_to_unix((orm_timestamptz){INT64_MAX - 5}), INT64_MAX);
    ck_assert_int_eq(orm_timestamptz_to_unix((orm_timestamptz){INT64_MIN}), INT64_MIN);
}
END_TEST

START_TEST(now_is_the_time_of_the_system)
{
    int64_t now = orm_timestamptz_to_unix(orm_timestamptz_now()) / 1000000;
    ck_assert_int_ge(now, (int64_t)time(NULL) - 2);
    ck_assert_int_le(now, (int64_t)time(NULL) + 2);
}
END_TEST

static const struct {
    orm_interval value;
    const char *text;
} intervals[] = {
    {{0, 0, 0}, "PT0S"},
    {{14, 3, INT64_C(14706500000)}, "P1Y2M3DT4H5M6.5S"},
    {{-1, 0, 0}, "P-1M"},
    {{-13, 1, -1}, "P-1Y-1M1DT-0.000001S"},
    {{0, -7, 0}, "P-7D"},
    {{0, 0, INT64_C(3600000000)}, "PT1H"},
    {{0, 0, -INT64_C(60000000)}, "PT-1M"},
    {{0, 0, 10}, "PT0.00001S"},
    {{INT32_MIN, INT32_MIN, INT64_MIN}, "P-178956970Y-8M-2147483648DT-2562047788H-54.775808S"},
    {{INT32_MAX, INT32_MAX, INT64_MAX}, "P178956970Y7M2147483647DT2562047788H54.775807S"},
};

START_TEST(an_interval_becomes_text_and_comes_back)
{
    char buffer[64];
    orm_interval back;
    ck_assert_str_eq(orm__interval_format(intervals[_i].value, buffer), intervals[_i].text);
    ck_assert(orm__interval_parse(buffer, strlen(buffer), &back));
    ck_assert_int_eq(back.months, intervals[_i].value.months);
    ck_assert_int_eq(back.days, intervals[_i].value.days);
    ck_assert_int_eq(back.microseconds, intervals[_i].value.microseconds);
}
END_TEST

START_TEST(weeks_are_seven_days)
{
    orm_interval interval;
    ck_assert(orm__interval_parse("P2W1D", 5, &interval));
    ck_assert_int_eq(interval.days, 15);
}
END_TEST

static const char *const no_intervals[] = {
    "",
    "P",
    "PT",
    "P1",
    "1D",
    "P1H",
    "PT1D",
    "P1DT",
    "PTT1H",
    "P1.5D",
    "PT1.S",
    "PT.5S",
    "P1D ",
    "P--1D",
    "P99999999999D",
    "P200000000Y",
    "P9999999999999999999D",
    "PT99999999999999H",
    "1 day",
};

START_TEST(text_that_is_no_interval_is_refused)
{
    orm_interval interval;
    ck_assert(!orm__interval_parse(no_intervals[_i], strlen(no_intervals[_i]), &interval));
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static Suite *datetime_suite(void)
{
    Suite *suite = suite_create("datetime");
    TCase *tests = tcase_create("datetime");
    tcase_add_test(tests, every_day_of_400_years_follows_the_one_before);
    tcase_add_loop_test(tests, a_date_becomes_text_and_comes_back, 0, COUNT(dates));
    tcase_add_loop_test(tests, text_that_is_no_date_is_refused, 0, COUNT(no_dates));
    tcase_add_loop_test(tests, a_time_becomes_text_and_comes_back, 0, COUNT(times));
    tcase_add_loop_test(tests, times_are_read_in_all_their_lengths, 0, COUNT(read_times));
    tcase_add_loop_test(tests, a_timestamp_becomes_text_and_comes_back, 0, COUNT(timestamps));
    tcase_add_loop_test(tests, timestamps_are_read_with_and_without_a_zone, 0, COUNT(read_timestamps));
    tcase_add_test(tests, a_wrong_character_anywhere_in_the_usual_form_is_refused);
    tcase_add_test(tests, every_digit_of_the_usual_form_counts);
    tcase_add_test(tests, the_infinities_have_their_names);
    tcase_add_test(tests, a_time_of_no_day_is_written_all_the_same);
    tcase_add_test(tests, unix_time_goes_both_ways_and_saturates);
    tcase_add_test(tests, now_is_the_time_of_the_system);
    tcase_add_loop_test(tests, an_interval_becomes_text_and_comes_back, 0, COUNT(intervals));
    tcase_add_test(tests, weeks_are_seven_days);
    tcase_add_loop_test(tests, text_that_is_no_interval_is_refused, 0, COUNT(no_intervals));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(datetime_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
