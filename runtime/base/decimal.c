/* base/decimal.c -- decimals as text, seen as a row of digits and the place of the point.
 *
 * Nothing is converted to a binary number, so every length is exact.
 * SPDX-License-Identifier: MIT */
#include "base/decimal.h"

#include <string.h>

enum { MOST_BEFORE = 131072, MOST_AFTER = 16383, MOST_EXPONENT = 1000000 };

typedef enum number_kind {
    MINUS_INFINITE,
    NUMBER,
    INFINITE,
    NOT_A_NUMBER,
    NO_DECIMAL
} number_kind; /* in order of value */

/* A decimal as it is written. The digit of 10^p is the one at `point - 1 - p`, where there is one. */
typedef struct number {
    number_kind kind;
    bool negative;
    const char *whole, *fraction; /* the digits on both sides of a point */
    long whole_count, count;      /* before the point, and all of them */
    long point;                   /* how many digits stand before the point once the exponent is applied */
    long first, last;             /* the digits that are not zero lie within; equal when the number is 0 */
    long scale;                   /* digits after the point, those that are zero too */
} number;

static number parse(const char *text, size_t length);
static number_kind parse_name(const char *text, size_t length);
static bool parse_digits(number *n, const char *text, const char *end);
static bool parse_exponent(const char *text, const char *end, long *exponent);
static char digit_at(const number *n, long power);
static char digit(const number *n, long index);
static long weight(const number *n);
static const char *name_of(number_kind kind);
static size_t number_length(const number *n, long scale);
static void write_number(const number *n, long scale, char *buffer);
static bool fits(const number *n, unsigned precision, unsigned scale);
static int compare_sizes(const number *a, const number *b);
static void add_numbers(orm__text *sum, const number *a, const number *b);
static long scale_of_mean(const number *sum, int64_t count);
static void divide(orm__text *mean, const number *sum, int64_t count, long scale);
static void add_digits(const number *large, const number *small, bool subtract, char *end, long before, long scale);

bool orm__decimal_check(const char *text, size_t length)
{
    return parse(text, length).kind != NO_DECIMAL;
}

static number parse(const char *text, size_t length)
{
    number n = {.kind = NUMBER};
    const char *end = text + length;
    if (text < end && (*text == '-' || *text == '+'))
        n.negative = *text++ == '-';
    if (text < end && (*text == '.' || (*text >= '0' && *text <= '9'))) {
        if (!parse_digits(&n, text, end))
            n.kind = NO_DECIMAL;
        return n;
    }
    n.kind = parse_name(text, (size_t)(end - text));
    if (n.kind == NOT_A_NUMBER && (size_t)(end - text) != length) /* NaN has no sign */
        n.kind = NO_DECIMAL;
    if (n.kind == INFINITE && n.negative)
        n.kind = MINUS_INFINITE;
    return n;
}

static number_kind parse_name(const char *text, size_t length)
{
    static const struct {
        const char *name;
        number_kind kind;
    } names[] = {{"nan", NOT_A_NUMBER}, {"infinity", INFINITE}, {"inf", INFINITE}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t same = 0;
        while (same < length && names[i].name[same] && (text[same] | 0x20) == names[i].name[same])
            same++;
        if (same == length && !names[i].name[same])
            return names[i].kind;
    }
    return NO_DECIMAL;
}

static bool parse_digits(number *n, const char *text, const char *end)
{
    long exponent = 0;
    if (end - text > 2 * (MOST_BEFORE + MOST_AFTER))
        return false;
    for (n->whole = text; text < end && *text >= '0' && *text <= '9'; text++)
        n->whole_count++;
    n->count = n->whole_count;
    n->fraction = text;
    if (text < end && *text == '.')
        for (n->fraction = ++text; text < end && *text >= '0' && *text <= '9'; text++)
            n->count++;
    if (n->count == 0 || (text < end && !parse_exponent(text, end, &exponent)))
        return false;
    n->point = n->whole_count + exponent;
    n->scale = n->count > n->point ? n->count - n->point : 0;
    for (n->last = n->count; n->last > 0 && digit(n, n->last - 1) == '0';)
        n->last--;
    while (n->first < n->last && digit(n, n->first) == '0')
        n->first++;
    return weight(n) <= MOST_BEFORE && n->scale <= MOST_AFTER;
}

static bool parse_exponent(const char *text, const char *end, long *exponent)
{
    if ((*text | 0x20) != 'e' || ++text == end)
        return false;
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    const char *first = text;
    for (; text < end && *text >= '0' && *text <= '9' && *exponent < MOST_EXPONENT; text++)
        *exponent = *exponent * 10 + (*text - '0');
    *exponent = negative ? -*exponent : *exponent;
    return text == end && text > first;
}

/* The digit that counts 10^power. */
static char digit_at(const number *n, long power)
{
    long index = n->point - 1 - power;
    return index < 0 || index >= n->count ? '0' : digit(n, index);
}

static char digit(const number *n, long index)
{
    return index < n->whole_count ? n->whole[index] : n->fraction[index - n->whole_count];
}

/* How many digits stand before the point, leading zeros left out; 0 and negative for numbers less than 1. */
static long weight(const number *n)
{
    return n->first == n->last ? 0 : n->point - n->first;
}

size_t orm__decimal_write(const char *text, size_t length, char *buffer, size_t size)
{
    number n = parse(text, length);
    if (n.kind == NO_DECIMAL)
        return 0;
    size_t needed = n.kind == NUMBER ? number_length(&n, n.scale) : strlen(name_of(n.kind));
    if (needed >= size)
        return needed;
    if (n.kind == NUMBER)
        write_number(&n, n.scale, buffer);
    else
        memcpy(buffer, name_of(n.kind), needed);
    buffer[needed] = '\0';
    return needed;
}

static const char *name_of(number_kind kind)
{
    return kind == NOT_A_NUMBER ? "NaN" : kind == INFINITE ? "Infinity" : "-Infinity";
}

static size_t number_length(const number *n, long scale)
{
    long before = weight(n) > 1 ? weight(n) : 1;
    return (size_t)((n->negative && n->first < n->last) + before + (scale > 0 ? scale + 1 : 0));
}

static void write_number(const number *n, long scale, char *buffer)
{
    if (n->negative && n->first < n->last)
        *buffer++ = '-';
    for (long power = weight(n) > 1 ? weight(n) - 1 : 0; power >= -scale; power--) {
        if (power == -1)
            *buffer++ = '.';
        *buffer++ = digit_at(n, power);
    }
}

char *orm__decimal_canonical(orm__arena *arena, const char *text)
{
    size_t length = strlen(text), needed = orm__decimal_write(text, length, NULL, 0);
    char *canonical = needed ? orm__arena_alloc(arena, needed + 1) : NULL;
    if (canonical)
        orm__decimal_write(text, length, canonical, needed + 1);
    return canonical;
}

bool orm__decimal_fits(const char *text, unsigned precision, unsigned scale)
{
    number n = parse(text, strlen(text));
    return n.kind == NOT_A_NUMBER || fits(&n, precision, scale);
}

static bool fits(const number *n, unsigned precision, unsigned scale)
{
    return n->kind == NUMBER && n->last - n->point <= (long)scale && weight(n) <= (long)precision - (long)scale;
}

char *orm__decimal_fit(orm__arena *arena, const char *text, unsigned precision, unsigned scale)
{
    number n = parse(text, strlen(text));
    if (!fits(&n, precision, scale))
        return orm__arena_strdup(arena, text);
    size_t length = number_length(&n, (long)scale);
    char *fitted = orm__arena_alloc(arena, length + 1);
    if (!fitted)
        return NULL;
    write_number(&n, (long)scale, fitted);
    fitted[length] = '\0';
    return fitted;
}

bool orm__decimal_scale(const char *text, int scale, int64_t *scaled)
{
    number n = parse(text, strlen(text));
    *scaled = 0;
    if (n.kind != NUMBER)
        return false;
    if (n.first == n.last)
        return true;
    if (n.last - n.point > scale)
        return false;
    for (long power = weight(&n) - 1; power >= -scale; power--) {
        int one = digit_at(&n, power) - '0';
        if (__builtin_mul_overflow(*scaled, 10, scaled) ||
            __builtin_add_overflow(*scaled, n.negative ? -one : one, scaled))
            return false;
    }
    return true;
}

int orm__decimal_compare(const char *a, size_t a_length, const char *b, size_t b_length)
{
    number x = parse(a, a_length), y = parse(b, b_length);
    if (x.kind == NO_DECIMAL && y.kind == NO_DECIMAL) {
        int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
        return order ? order : (a_length > b_length) - (a_length < b_length);
    }
    if (x.kind != y.kind || x.kind != NUMBER)
        return (x.kind > y.kind) - (x.kind < y.kind);
    int x_sign = x.first == x.last ? 0 : x.negative ? -1 : 1, y_sign = y.first == y.last ? 0 : y.negative ? -1 : 1;
    if (x_sign != y_sign || x_sign == 0)
        return x_sign - y_sign;
    return x_sign * compare_sizes(&x, &y);
}

static int compare_sizes(const number *a, const number *b)
{
    if (weight(a) != weight(b))
        return weight(a) < weight(b) ? -1 : 1;
    for (long i = a->first, j = b->first; i < a->last && j < b->last; i++, j++)
        if (digit(a, i) != digit(b, j))
            return digit(a, i) < digit(b, j) ? -1 : 1;
    long a_rest = a->last - a->first, b_rest = b->last - b->first;
    return (a_rest > b_rest) - (a_rest < b_rest);
}

uint64_t orm__decimal_hash(const char *text, size_t length)
{
    number n = parse(text, length);
    uint64_t hash = 0xcbf29ce484222325u ^ n.kind;
    if (n.kind == NO_DECIMAL)
        for (size_t i = 0; i < length; i++)
            hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    if (n.kind != NUMBER || n.first == n.last)
        return hash;
    hash = (hash ^ (uint64_t)weight(&n) ^ (uint64_t)n.negative << 32) * 0x100000001b3u;
    for (long i = n.first; i < n.last; i++)
        hash = (hash ^ (unsigned char)digit(&n, i)) * 0x100000001b3u;
    return hash;
}

bool orm__decimal_add(orm__text *sum, const char *a, size_t a_length, const char *b, size_t b_length)
{
    number x = parse(a, a_length), y = parse(b, b_length);
    if (x.kind == NO_DECIMAL || y.kind == NO_DECIMAL)
        return false;
    if (x.kind == NUMBER && y.kind == NUMBER)
        add_numbers(sum, &x, &y);
    else if (x.kind != NUMBER && y.kind != NUMBER && x.kind != y.kind)
        orm__text_string(sum, name_of(NOT_A_NUMBER));
    else
        orm__text_string(sum, name_of(x.kind != NUMBER ? x.kind : y.kind));
    return true;
}

static void add_numbers(orm__text *sum, const number *a, const number *b)
{
    bool subtract = a->negative != b->negative, swap = subtract && compare_sizes(a, b) < 0;
    const number *large = swap ? b : a, *small = swap ? a : b;
    long scale = a->scale > b->scale ? a->scale : b->scale, longer = weight(a) > weight(b) ? weight(a) : weight(b);
    long before = (longer > 0 ? longer : 0) + 1; /* one more for the carry */
    size_t length = (size_t)(before + (scale > 0 ? scale + 1 : 0)), start = sum->length;
    char *digits = orm__text_extend(sum, length + 1);
    if (!digits)
        return;
    add_digits(large, small, subtract, digits + 1 + length, before, scale);
    size_t zeros = strspn(digits + 1, "0"), skipped = zeros < (size_t)before ? zeros : (size_t)before - 1;
    char *first = digits + 1 + skipped;
    if (large->negative && strspn(first, "0.") < length - skipped)
        *--first = '-';
    sum->length = start + (size_t)(digits + 1 + length - first);
    memmove(digits, first, sum->length - start + 1);
}

/* Writes backwards from `end`; the sum or difference of the sizes fits into `before` digits. */
static void add_digits(const number *large, const number *small, bool subtract, char *end, long before, long scale)
{
    int carry = 0;
    for (long power = -scale; power < before; power++) {
        int other = digit_at(small, power) - '0' + carry, own = digit_at(large, power) - '0';
        int total = subtract ? own - other : own + other;
        carry = total < 0 || total > 9;
        *--end = (char)('0' + (total + 10) % 10);
        if (power == -1)
            *--end = '.';
    }
}

bool orm__decimal_mean(orm__text *mean, const char *sum, size_t length, int64_t count)
{
    number n = parse(sum, length);
    if (n.kind == NO_DECIMAL)
        return false;
    if (n.kind == NUMBER)
        divide(mean, &n, count, scale_of_mean(&n, count));
    else
        orm__text_string(mean, name_of(n.kind));
    return true;
}

/* As numeric_div chooses it, which counts in digits of base 10,000. */
static long scale_of_mean(const number *sum, int64_t count)
{
    enum { SIGNIFICANT = 16, MOST_SHOWN = 1000, GROUP = 4, BASE = 10000 };
    long group = 0, count_group = 0;
    int first = 0;
    int64_t first_of_count = count;
    if (sum->first < sum->last) {
        long power = weight(sum) - 1;
        group = power >= 0 ? power / GROUP : -((GROUP - 1 - power) / GROUP);
        for (long i = GROUP - 1; i >= 0; i--)
            first = 10 * first + digit_at(sum, group * GROUP + i) - '0';
    }
    for (; first_of_count >= BASE; first_of_count /= BASE)
        count_group++;
    long scale = SIGNIFICANT - GROUP * (group - count_group - (first <= first_of_count));
    scale = scale > sum->scale ? scale : sum->scale;
    return scale < 0 ? 0 : scale > MOST_SHOWN ? MOST_SHOWN : scale;
}

/* By hand, as on paper: rounded half away from zero. */
static void divide(orm__text *mean, const number *sum, int64_t count, long scale)
{
    long before = weight(sum) > 1 ? weight(sum) : 1, power = before - 1;
    uint64_t rest = 0, by = (uint64_t)count;
    size_t start = mean->length, size = (size_t)(2 + before + (scale > 0 ? scale + 1 : 0));
    char *begin = orm__text_extend(mean, size), *end = begin;
    if (!begin)
        return;
    *end++ = '0'; /* for the carry */
    for (; power >= -scale; power--) {
        if (power == -1)
            *end++ = '.';
        rest = 10 * rest + (uint64_t)(digit_at(sum, power) - '0');
        *end++ = (char)('0' + rest / by);
        rest %= by;
    }
    *end = '\0';
    if (rest >= by - rest)
        for (char *carry = end - 1; (*carry == '.') || ++*carry > '9'; carry--)
            if (*carry != '.')
                *carry = '0';
    char *first = begin;
    while (first[0] == '0' && first[1] >= '0' && first[1] <= '9')
        first++;
    bool zero = strspn(first, "0.") == (size_t)(end - first);
    size_t length = (size_t)(end - first);
    memmove(begin + (sum->negative && !zero), first, length);
    if (sum->negative && !zero)
        *begin = '-', length++;
    mean->length = start + length;
    begin[length] = '\0';
}
