/* base/datetime.c -- the calendar, and dates, times and intervals as ISO 8601 text.
 * SPDX-License-Identifier: MIT */
#include "base/datetime.h"

#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

static const int64_t unix_epoch = INT64_C(-946684800) * SECOND; /* 1970-01-01, counted from 2000 */
static const int64_t epoch = 730425;                            /* 2000-01-01, counted from 0000-03-01 */
static const int64_t era_days = 146097;                         /* 400 years */

/* Text being read. */
typedef struct cursor {
    const char *next, *end;
} cursor;

enum { USUAL = 26 }; /* length of a timestamp as we write it */

static int64_t saturating_add(int64_t a, int64_t b);
static inline int64_t floor_divide(int64_t value, int64_t by);
static char *write_date(char *at, int64_t days);
static inline void write_pair(char *at, unsigned value);
static char *write_time(char *at, int64_t microseconds);
static char *write_timestamp(char *at, int64_t microseconds);
static char *write_number(char *at, int64_t value, int digits);
static char *write_part(char *at, int64_t value, char designator);
static char *write_seconds(char *at, int64_t microseconds);
static bool read_days(cursor *text, int64_t *days);
static inline bool is_date(int64_t year, int64_t month, int64_t day);
static bool read_time(cursor *text, int64_t *microseconds);
static bool read_fraction(cursor *text, int64_t *microseconds);
static bool read_usual(const char *text, int64_t *microseconds);
static inline uint64_t eight_digits(const char *text, uint64_t form, uint64_t digits, bool *wrong);
static inline int64_t pair(uint64_t digits, int byte);
static bool read_zone(cursor *text, int64_t *microseconds);
static bool read_digits(cursor *text, int least, int most, int64_t *value);
static bool skip(cursor *text, char c);
static bool read_part(cursor *text, bool after_t, int64_t parts[3]);

orm_timestamptz orm_timestamptz_from_unix(int64_t microseconds)
{
    bool infinite = microseconds == INT64_MIN || microseconds == INT64_MAX;
    return (orm_timestamptz){infinite ? microseconds : saturating_add(microseconds, unix_epoch)};
}

int64_t orm_timestamptz_to_unix(orm_timestamptz value)
{
    bool infinite = value.microseconds == INT64_MIN || value.microseconds == INT64_MAX;
    return infinite ? value.microseconds : saturating_add(value.microseconds, -unix_epoch);
}

static int64_t saturating_add(int64_t a, int64_t b)
{
    int64_t sum;
    return !__builtin_add_overflow(a, b, &sum) ? sum : a < 0 ? INT64_MIN : INT64_MAX;
}

orm_timestamptz orm_timestamptz_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return orm_timestamptz_from_unix((int64_t)now.tv_sec * SECOND + now.tv_nsec / 1000);
}

/* Years begin in March here, so that the leap day is the last; 400 of them repeat. */
int64_t orm__days_of_civil(orm__civil civil)
{
    int64_t year = civil.year - (civil.month <= 2), era = floor_divide(year, 400);
    uint32_t in_era = (uint32_t)(year - era * 400);
    uint32_t month = (uint32_t)(civil.month > 2 ? civil.month - 3 : civil.month + 9);
    uint32_t in_year = (153 * month + 2) / 5 + (uint32_t)civil.day - 1;
    return era * era_days + in_era * 365 + in_era / 4 - in_era / 100 + in_year - epoch;
}

orm__civil orm__civil_of_days(int64_t days)
{
    int64_t since = days + epoch, era = floor_divide(since, era_days);
    uint32_t in_era = (uint32_t)(since - era * era_days);
    uint32_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    uint32_t in_year = in_era - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * in_year + 2) / 153;
    return (orm__civil){
        .year = year + era * 400 + (month >= 10),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(in_year - (153 * month + 2) / 5 + 1),
    };
}

static inline int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

bool orm__date_is_common(orm_date value)
{
    enum { FIRST = -730119, LAST = 2921939 }; /* 0001-01-01, 9999-12-31 */
    return value.days >= FIRST && value.days <= LAST;
}

bool orm__timestamp_is_common(int64_t microseconds)
{
    int64_t days = floor_divide(microseconds, ORM__DAY_MICROSECONDS);
    return orm__date_is_common((orm_date){(int32_t)days}); /* 64 bits of microseconds are few days */
}

char *orm_timestamptz_format(orm_timestamptz value, char *buffer)
{
    char *end = write_timestamp(buffer, value.microseconds);
    if (value.microseconds != INT64_MIN && value.microseconds != INT64_MAX)
        memcpy(end, "+00:00", sizeof "+00:00");
    return buffer;
}

char *orm_timestamp_format(orm_timestamp value, char *buffer)
{
    write_timestamp(buffer, value.microseconds);
    return buffer;
}

/* Writes a zero, and returns its place. */
static char *write_timestamp(char *at, int64_t microseconds)
{
    if (microseconds == INT64_MIN || microseconds == INT64_MAX) {
        const char *text = microseconds == INT64_MIN ? "-infinity" : "infinity";
        return (char *)memcpy(at, text, strlen(text) + 1) + strlen(text);
    }
    int64_t in_day = microseconds % ORM__DAY_MICROSECONDS;
    at = write_date(at, floor_divide(microseconds, ORM__DAY_MICROSECONDS));
    *at++ = ' ';
    return write_time(at, in_day < 0 ? in_day + ORM__DAY_MICROSECONDS : in_day);
}

char *orm_date_format(orm_date value, char *buffer)
{
    if (value.days == INT32_MIN || value.days == INT32_MAX)
        strcpy(buffer, value.days == INT32_MIN ? "-infinity" : "infinity");
    else
        write_date(buffer, value.days);
    return buffer;
}

static char *write_date(char *at, int64_t days)
{
    orm__civil civil = orm__civil_of_days(days);
    if (civil.year >= 0 && civil.year <= 9999) {
        write_pair(at, (unsigned)civil.year / 100);
        write_pair(at + 2, (unsigned)civil.year % 100);
        at += 4;
    } else {
        at = write_number(at, civil.year, 4);
    }
    at[0] = '-';
    write_pair(at + 1, (unsigned)civil.month);
    at[3] = '-';
    write_pair(at + 4, (unsigned)civil.day);
    at[6] = '\0';
    return at + 6;
}

/* Two digits, from a number below 100. */
static inline void write_pair(char *at, unsigned value)
{
    static const char pairs[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    memcpy(at, pairs + 2 * (size_t)value, 2);
}

char *orm_time_format(orm_time value, char *buffer)
{
    write_time(buffer, value.microseconds);
    return buffer;
}

static char *write_time(char *at, int64_t microseconds)
{
    if (microseconds < 0)
        *at++ = '-';
    uint64_t size = microseconds < 0 ? -(uint64_t)microseconds : (uint64_t)microseconds;
    uint64_t hours = size / HOUR;
    unsigned seconds = (unsigned)(size % HOUR / SECOND), fraction = (unsigned)(size % SECOND);
    if (hours < 100)
        write_pair(at, (unsigned)hours);
    at = hours < 100 ? at + 2 : write_number(at, (int64_t)hours, 2);
    at[0] = ':';
    write_pair(at + 1, seconds / 60);
    at[3] = ':';
    write_pair(at + 4, seconds % 60);
    at[6] = '.';
    write_pair(at + 7, fraction / 10000);
    write_pair(at + 9, fraction / 100 % 100);
    write_pair(at + 11, fraction % 100);
    at[13] = '\0';
    return at + 13;
}

/* At least so many digits, with a sign before them when it is negative. No zero after it. */
static char *write_number(char *at, int64_t value, int digits)
{
    char text[20], *first = text + sizeof text;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    for (; rest || digits > 0; rest /= 10, digits--)
        *--first = (char)('0' + rest % 10);
    if (value < 0)
        *at++ = '-';
    size_t length = (size_t)(text + sizeof text - first);
    memcpy(at, first, length);
    return at + length;
}

char *orm__interval_format(orm_interval value, char *buffer)
{
    char *at = buffer;
    *at++ = 'P';
    at = write_part(at, value.months / 12, 'Y');
    at = write_part(at, value.months % 12, 'M');
    at = write_part(at, value.days, 'D');
    if (value.microseconds || at == buffer + 1)
        *at++ = 'T';
    at = write_part(at, value.microseconds / HOUR, 'H');
    at = write_part(at, value.microseconds % HOUR / MINUTE, 'M');
    if (value.microseconds % MINUTE || at[-1] == 'T')
        at = write_seconds(at, value.microseconds % MINUTE);
    *at = '\0';
    return buffer;
}

static char *write_part(char *at, int64_t value, char designator)
{
    if (value == 0)
        return at;
    at = write_number(at, value, 1);
    *at++ = designator;
    return at;
}

/* Less than a minute; the fraction without trailing zeros. */
static char *write_seconds(char *at, int64_t microseconds)
{
    if (microseconds < 0)
        *at++ = '-';
    int64_t size = microseconds < 0 ? -microseconds : microseconds;
    at = write_number(at, size / SECOND, 1);
    if (size % SECOND) {
        *at++ = '.';
        at = write_number(at, size % SECOND, 6);
        while (at[-1] == '0')
            at--;
    }
    *at++ = 'S';
    return at;
}

bool orm__date_parse(const char *text, size_t length, orm_date *value)
{
    cursor at = {text, text + length};
    int64_t days;
    if (!read_days(&at, &days) || at.next != at.end || days <= INT32_MIN || days >= INT32_MAX)
        return false;
    value->days = (int32_t)days;
    return true;
}

static bool read_days(cursor *text, int64_t *days)
{
    int64_t year, month, day;
    bool negative = skip(text, '-');
    if (!read_digits(text, 4, 7, &year) || !skip(text, '-') || !read_digits(text, 2, 2, &month) || !skip(text, '-') ||
        !read_digits(text, 2, 2, &day) || !is_date(year, month, day))
        return false;
    *days = orm__days_of_civil((orm__civil){negative ? -year : year, (int)month, (int)day});
    return true;
}

static inline bool is_date(int64_t year, int64_t month, int64_t day)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month >= 1 && month <= 12 && day >= 1 && day <= lengths[month - 1] + (month == 2 && leap);
}

bool orm__time_parse(const char *text, size_t length, orm_time *value)
{
    cursor at = {text, text + length};
    return read_time(&at, &value->microseconds) && at.next == at.end;
}

static bool read_time(cursor *text, int64_t *microseconds)
{
    int64_t hour, minute, second = 0, fraction = 0;
    if (!read_digits(text, 2, 2, &hour) || !skip(text, ':') || !read_digits(text, 2, 2, &minute))
        return false;
    if (skip(text, ':') && (!read_digits(text, 2, 2, &second) || (skip(text, '.') && !read_fraction(text, &fraction))))
        return false;
    *microseconds = hour * HOUR + minute * MINUTE + second * SECOND + fraction;
    return minute < 60 && second < 60 && *microseconds <= ORM__DAY_MICROSECONDS;
}

static bool read_fraction(cursor *text, int64_t *microseconds)
{
    int64_t worth = SECOND / 10;
    const char *first = text->next;
    *microseconds = 0;
    for (; text->next < text->end && *text->next >= '0' && *text->next <= '9'; text->next++, worth /= 10)
        *microseconds += (*text->next - '0') * worth;
    return text->next > first;
}

bool orm__timestamp_parse(const char *text, size_t length, int64_t *microseconds)
{
    cursor at = {text, text + length};
    int64_t days, time = 0, zone = 0;
    if (length == USUAL && read_usual(text, microseconds))
        return true;
    if (!read_days(&at, &days))
        return false;
    if (at.next < at.end && ((!skip(&at, ' ') && !skip(&at, 'T')) || !read_time(&at, &time) || !read_zone(&at, &zone)))
        return false;
    if (days < 0) { /* the very first day is not whole */
        days++;
        time -= ORM__DAY_MICROSECONDS;
    }
    return at.next == at.end && !__builtin_mul_overflow(days, ORM__DAY_MICROSECONDS, microseconds) &&
           !__builtin_add_overflow(*microseconds, time - zone, microseconds) && *microseconds != INT64_MIN &&
           *microseconds != INT64_MAX;
}

/* 2024-02-29 12:30:00.000000, which is how we write it and what nearly all texts are; false when it is not just
 * that. Eight characters are looked at at once. */
static bool read_usual(const char *text, int64_t *microseconds)
{
    /* What stands for each character, the last first: 0 for a digit; and which those are. */
    bool wrong = false;
    uint64_t date = eight_digits(text, 0x2d30302d30303030, 0x00ffff00ffffffff, &wrong); /* 0000-00- */
    uint64_t time = eight_digits(text + 8, 0x30303a3030203030, 0xffff00ffff00ffff, &wrong);
    uint64_t second = eight_digits(text + 16, 0x303030302e30303a, 0xffffffff00ffff00, &wrong);
    uint64_t rest = eight_digits(text + 18, 0x3030303030302e30, 0xffffffffffff00ff, &wrong);
    int64_t year = pair(date, 0) * 100 + pair(date, 2), month = pair(date, 5), day = pair(time, 0);
    int64_t of_day = pair(time, 3) * HOUR + pair(time, 6) * MINUTE + pair(second, 1) * SECOND;
    if (wrong || !is_date(year, month, day) || pair(time, 3) > 23 || pair(time, 6) > 59 || pair(second, 1) > 59)
        return false;
    *microseconds = orm__days_of_civil((orm__civil){year, (int)month, (int)day}) * ORM__DAY_MICROSECONDS + of_day +
                    (pair(second, 4) * 100 + pair(second, 6)) * 100 + pair(rest, 6);
    return true;
}

/* In byte i what the digits i and i + 1 make together. */
static inline uint64_t eight_digits(const char *text, uint64_t form, uint64_t digits, bool *wrong)
{
    const uint8_t *b = (const uint8_t *)text;
    uint64_t value = (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
                     (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
    value ^= form;
    *wrong |= (value & ~digits) != 0 || ((value | (value + 0x0606060606060606)) & 0xf0f0f0f0f0f0f0f0) != 0;
    return value * 10 + (value >> 8);
}

static inline int64_t pair(uint64_t digits, int byte)
{
    return (int64_t)(digits >> 8 * byte & 0xff);
}

/* Nothing, Z, or the hours and perhaps minutes by which the clock is ahead. */
static bool read_zone(cursor *text, int64_t *microseconds)
{
    int64_t hours, minutes = 0;
    *microseconds = 0;
    if (text->next == text->end || skip(text, 'Z'))
        return true;
    bool behind = skip(text, '-');
    if ((!behind && !skip(text, '+')) || !read_digits(text, 2, 2, &hours))
        return false;
    if ((skip(text, ':') || text->next < text->end) && !read_digits(text, 2, 2, &minutes))
        return false;
    *microseconds = (hours * HOUR + minutes * MINUTE) * (behind ? -1 : 1);
    return hours < 16 && minutes < 60;
}

static bool read_digits(cursor *text, int least, int most, int64_t *value)
{
    int count = 0;
    for (*value = 0; count < most && text->next < text->end && *text->next >= '0' && *text->next <= '9'; count++)
        *value = *value * 10 + (*text->next++ - '0');
    return count >= least;
}

static bool skip(cursor *text, char c)
{
    if (text->next == text->end || *text->next != c)
        return false;
    text->next++;
    return true;
}

bool orm__interval_parse(const char *text, size_t length, orm_interval *value)
{
    cursor at = {text, text + length};
    int64_t parts[3] = {0}; /* months, days, microseconds */
    bool after_t = false, any = false;
    if (!skip(&at, 'P'))
        return false;
    while (at.next < at.end) {
        if (!after_t && skip(&at, 'T'))
            after_t = true;
        if (!read_part(&at, after_t, parts))
            return false;
        any = true;
    }
    if (!any || parts[0] != (int32_t)parts[0] || parts[1] != (int32_t)parts[1])
        return false;
    *value = (orm_interval){(int32_t)parts[0], (int32_t)parts[1], parts[2]};
    return true;
}

/* A number and its designator, added to the part that it counts. */
static bool read_part(cursor *text, bool after_t, int64_t parts[3])
{
    static const struct {
        char designator;
        bool after_t;
        int part;
        int64_t worth;
    } designators[] = {
        {'Y', false, 0, 12},  {'M', false, 0, 1},     {'W', false, 1, 7},     {'D', false, 1, 1},
        {'H', true, 2, HOUR}, {'M', true, 2, MINUTE}, {'S', true, 2, SECOND},
    };
    int64_t number, fraction = 0;
    bool negative = skip(text, '-');
    if (!read_digits(text, 1, 18, &number))
        return false;
    bool fractional = skip(text, '.');
    if ((fractional && !read_fraction(text, &fraction)) || text->next == text->end)
        return false;
    for (size_t i = 0; i < sizeof designators / sizeof *designators; i++) {
        int64_t worth = negative ? -designators[i].worth : designators[i].worth, *part = &parts[designators[i].part],
                added;
        if (*text->next != designators[i].designator || after_t != designators[i].after_t)
            continue;
        text->next++;
        return (!fractional || designators[i].worth == SECOND) && !__builtin_mul_overflow(number, worth, &added) &&
               !__builtin_add_overflow(added, negative ? -fraction : fraction, &added) &&
               !__builtin_add_overflow(*part, added, part);
    }
    return false;
}

/* In whole days and what is left of one: together they may be more than 64 bits hold. */
int orm__interval_compare(orm_interval a, orm_interval b)
{
    int64_t a_days = a.months * INT64_C(30) + a.days + floor_divide(a.microseconds, ORM__DAY_MICROSECONDS);
    int64_t b_days = b.months * INT64_C(30) + b.days + floor_divide(b.microseconds, ORM__DAY_MICROSECONDS);
    if (a_days != b_days)
        return a_days < b_days ? -1 : 1;
    int64_t a_rest = a.microseconds % ORM__DAY_MICROSECONDS, b_rest = b.microseconds % ORM__DAY_MICROSECONDS;
    a_rest += a_rest < 0 ? ORM__DAY_MICROSECONDS : 0;
    b_rest += b_rest < 0 ? ORM__DAY_MICROSECONDS : 0;
    return (a_rest > b_rest) - (a_rest < b_rest);
}
