/* values.c -- any bytes as a text of a value: the first byte chooses which kind. What is taken is written and read
 * again.
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "base/datetime.h"
#include "base/decimal.h"
#include "base/inet.h"
#include "base/json.h"
#include "base/real.h"
#include "json.h"
#include "literal.h"

#include <math.h>
#include <string.h>

/* A text with a zero behind it, which the length does not count. */
typedef void target(const char *text, size_t length);

static target read_days, read_interval, read_decimal, read_decimals, read_inet, read_json_array, read_json, read_real,
    read_uuid;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static target *const targets[] = {read_days,       read_interval, read_decimal, read_decimals, read_inet,
                                      read_json_array, read_json,     read_real,    read_uuid};
    if (!size)
        return 0;
    char *text = malloc(size);
    EXPECT(text);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    targets[data[0] % (sizeof targets / sizeof *targets)](text, size - 1);
    free(text);
    return 0;
}

static void read_days(const char *text, size_t length)
{
    orm_date date;
    orm_time time;
    int64_t microseconds;
    if (orm__date_parse(text, length, &date)) {
        orm__civil civil = orm__civil_of_days(date.days);
        EXPECT(civil.month >= 1 && civil.month <= 12 && civil.day >= 1 && civil.day <= 31);
        EXPECT(orm__days_of_civil(civil) == date.days);
    }
    if (orm__time_parse(text, length, &time))
        EXPECT(time.microseconds >= 0 && time.microseconds <= ORM__DAY_MICROSECONDS);
    if (orm__timestamp_parse(text, length, &microseconds) && orm__timestamp_is_common(microseconds))
        EXPECT(memchr(text, '-', length));
}

static void read_interval(const char *text, size_t length)
{
    orm_interval value, again;
    char buffer[64];
    if (!orm__interval_parse(text, length, &value))
        return;
    orm__interval_format(value, buffer);
    EXPECT(orm__interval_parse(buffer, strlen(buffer), &again));
    EXPECT(orm__interval_compare(value, again) == 0);
}

static void read_decimal(const char *text, size_t length)
{
    bool is_decimal = orm__decimal_check(text, length);
    size_t needed = orm__decimal_write(text, length, NULL, 0);
    EXPECT(is_decimal == (needed > 0));
    if (!is_decimal || needed > 200000)
        return;
    char *canonical = malloc(needed + 1);
    EXPECT(canonical && orm__decimal_write(text, length, canonical, needed + 1) == needed);
    EXPECT(strlen(canonical) == needed && orm__decimal_check(canonical, needed));
    EXPECT(orm__decimal_write(canonical, needed, NULL, 0) == needed);
    EXPECT(orm__decimal_compare(text, length, canonical, needed) == 0);
    EXPECT(orm__decimal_hash(text, length) == orm__decimal_hash(canonical, needed));
    orm__arena arena = {0};
    const char *fitted = orm__decimal_fit(&arena, canonical, 1000, 300);
    EXPECT(fitted && orm__decimal_compare(fitted, strlen(fitted), canonical, needed) == 0);
    EXPECT(!orm__decimal_fits(canonical, 1000, 300) || strchr(fitted, '.') || strcmp(fitted, "NaN") == 0);
    orm__arena_release(&arena);
    free(canonical);
}

/* Two, with a blank between. */
static void read_decimals(const char *text, size_t length)
{
    const char *blank = memchr(text, ' ', length);
    if (!blank)
        return;
    const char *b = blank + 1;
    size_t a_length = (size_t)(blank - text), b_length = length - a_length - 1;
    int order = orm__decimal_compare(text, a_length, b, b_length),
        back = orm__decimal_compare(b, b_length, text, a_length);
    EXPECT((order < 0) == (back > 0) && (order == 0) == (back == 0));
    orm__text one = {0}, other = {0};
    bool added = orm__decimal_write(text, a_length, NULL, 0) < 200000 &&
                 orm__decimal_write(b, b_length, NULL, 0) < 200000 &&
                 orm__decimal_add(&one, text, a_length, b, b_length);
    if (added) {
        EXPECT(orm__decimal_add(&other, b, b_length, text, a_length));
        EXPECT(strcmp(one.data, other.data) == 0 && orm__decimal_check(one.data, one.length));
    }
    orm__text_release(&one);
    orm__text_release(&other);
}

static void read_inet(const char *text, size_t length)
{
    orm__inet inet, again;
    char buffer[ORM__INET_TEXT];
    if (!orm__inet_parse(text, length, &inet))
        return;
    orm__inet_format(&inet, length % 2, buffer);
    EXPECT(strlen(buffer) < sizeof buffer && orm__inet_parse(buffer, strlen(buffer), &again));
    EXPECT(orm__inet_compare(&inet, &again) == 0);
}

static void read_json_array(const char *text, size_t length)
{
    orm__json_reader reader;
    orm__json_kind kind;
    size_t items = 0;
    orm__json_reader_init(&reader, text, length);
    while ((kind = orm__json_next(&reader)) > ORM__JSON_END) {
        EXPECT(++items <= length);
        orm__text json = {0};
        if (kind == ORM__JSON_STRING)
            orm__json_write_string(&json, reader.data, reader.size);
        EXPECT(kind != ORM__JSON_STRING || json.length >= reader.size + 2);
        orm__text_release(&json);
    }
    EXPECT(kind != ORM__JSON_END || strlen(text) < length || ormc_json_check(text));
    orm__json_reader_release(&reader);
}

static void read_json(const char *text, size_t length)
{
    (void)length;
    ormc_json_check(text);
}

static void read_real(const char *text, size_t length)
{
    for (int narrow = 0; narrow < 2; narrow++) {
        double value, again;
        char buffer[ORM__REAL_TEXT];
        if (!orm__real_parse(text, length, narrow, &value))
            continue;
        orm__real_format(value, narrow, buffer);
        EXPECT(strlen(buffer) < sizeof buffer && orm__real_parse(buffer, strlen(buffer), narrow, &again));
        EXPECT((isnan(value) && isnan(again)) || (value >= again && value <= again));
    }
}

static void read_uuid(const char *text, size_t length)
{
    unsigned char bytes[16];
    if (ormc_literal_read_uuid(text, bytes))
        EXPECT(length >= 32);
}
