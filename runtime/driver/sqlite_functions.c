/* driver/sqlite_functions.c -- collations of decimals, intervals and addresses, sums and means of decimals.
 * SPDX-License-Identifier: MIT */
#include "driver/sqlite_functions.h"

#include "base/datetime.h"
#include "base/decimal.h"
#include "base/inet.h"

#include <string.h>

/* The state of an aggregate: SQLite zeroes it. */
typedef struct total {
    orm__text sum, next; /* as text; empty before the first value */
    int64_t count;
} total;

/* The same of integers, exact: each is cut in two, so that no sum overflows before there are 2^31 of them. */
typedef struct integers {
    int64_t high, low, count;
} integers;

static int compare_decimals(void *user, int a_length, const void *a, int b_length, const void *b);
static int compare_intervals(void *user, int a_length, const void *a, int b_length, const void *b);
static int compare_inets(void *user, int a_length, const void *a, int b_length, const void *b);
static int compare_unknown(bool a_known, size_t a_length, const void *a, bool b_known, size_t b_length, const void *b);
static void add_two(sqlite3_context *context, int argc, sqlite3_value **argv);
static void sum_step(sqlite3_context *context, int argc, sqlite3_value **argv);
static void sum_final(sqlite3_context *context);
static void avg_final(sqlite3_context *context);
static bool add(total *t, const char *text, size_t length);
static void integer_step(sqlite3_context *context, int argc, sqlite3_value **argv);
static void integer_final(sqlite3_context *context);

int orm__sqlite_functions_register(sqlite3 *database)
{
    static const struct {
        const char *name;
        int (*compare)(void *user, int a_length, const void *a, int b_length, const void *b);
    } collations[] = {
        {"ORM_DECIMAL", compare_decimals}, {"ORM_INTERVAL", compare_intervals}, {"ORM_INET", compare_inets}};
    for (size_t i = 0; i < sizeof collations / sizeof *collations; i++) {
        int code = sqlite3_create_collation_v2(database, collations[i].name, SQLITE_UTF8, NULL, collations[i].compare,
                                               NULL);
        if (code)
            return code;
    }
    const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int code = sqlite3_create_function_v2(database, "orm_decimal_add", 2, flags, NULL, add_two, NULL, NULL, NULL);
    if (!code)
        code = sqlite3_create_function_v2(database, "orm_decimal_sum", 1, flags, NULL, NULL, sum_step, sum_final, NULL);
    if (!code)
        code = sqlite3_create_function_v2(database, "orm_decimal_avg", 1, flags, NULL, NULL, sum_step, avg_final, NULL);
    return code ? code
                : sqlite3_create_function_v2(database, "orm_integer_avg", 1, flags, NULL, NULL, integer_step,
                                             integer_final, NULL);
}

static int compare_decimals(void *user, int a_length, const void *a, int b_length, const void *b)
{
    (void)user;
    return orm__decimal_compare(a, (size_t)a_length, b, (size_t)b_length);
}

static int compare_intervals(void *user, int a_length, const void *a, int b_length, const void *b)
{
    (void)user;
    orm_interval one, other;
    bool known = orm__interval_parse(a, (size_t)a_length, &one), too = orm__interval_parse(b, (size_t)b_length, &other);
    if (!known || !too)
        return compare_unknown(known, (size_t)a_length, a, too, (size_t)b_length, b);
    return orm__interval_compare(one, other);
}

static int compare_inets(void *user, int a_length, const void *a, int b_length, const void *b)
{
    (void)user;
    orm__inet one, other;
    bool known = orm__inet_parse(a, (size_t)a_length, &one), too = orm__inet_parse(b, (size_t)b_length, &other);
    if (!known || !too)
        return compare_unknown(known, (size_t)a_length, a, too, (size_t)b_length, b);
    return orm__inet_compare(&one, &other);
}

/* At least one of them is no value: it comes last. */
static int compare_unknown(bool a_known, size_t a_length, const void *a, bool b_known, size_t b_length, const void *b)
{
    if (a_known || b_known)
        return a_known ? -1 : 1;
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order ? order : (a_length > b_length) - (a_length < b_length);
}

/* NULL plus anything is NULL. */
static void add_two(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    orm__text sum = {0};
    (void)argc;
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL || sqlite3_value_type(argv[1]) == SQLITE_NULL)
        return;
    const char *a = (const char *)sqlite3_value_text(argv[0]), *b = (const char *)sqlite3_value_text(argv[1]);
    bool known = a && b &&
                 orm__decimal_add(&sum, a, (size_t)sqlite3_value_bytes(argv[0]), b,
                                  (size_t)sqlite3_value_bytes(argv[1]));
    if (!a || !b || sum.failed)
        sqlite3_result_error_nomem(context);
    else if (!known)
        sqlite3_result_error(context, "orm_decimal_add: a value is no decimal", -1);
    else
        sqlite3_result_text64(context, sum.data, sum.length, SQLITE_TRANSIENT, SQLITE_UTF8);
    orm__text_release(&sum);
}

static void sum_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
        return;
    total *t = sqlite3_aggregate_context(context, sizeof *t);
    const char *text = (const char *)sqlite3_value_text(argv[0]);
    if (!t || !text)
        sqlite3_result_error_nomem(context);
    else if (!add(t, text, (size_t)sqlite3_value_bytes(argv[0])))
        sqlite3_result_error(context, "a value to be added is no decimal", -1);
    else if (t->sum.failed)
        sqlite3_result_error_nomem(context);
}

/* False when it is no decimal. */
static bool add(total *t, const char *text, size_t length)
{
    bool first = !t->sum.data;
    orm__text_clear(&t->next);
    if (!orm__decimal_add(&t->next, first ? "0" : t->sum.data, first ? 1 : t->sum.length, text, length))
        return false;
    orm__text sum = t->next;
    t->count++;
    t->next = t->sum;
    t->sum = sum;
    return true;
}

/* Called also after an error, to clean up. */
static void sum_final(sqlite3_context *context)
{
    total *t = sqlite3_aggregate_context(context, 0);
    if (!t)
        return;
    if (t->sum.data && !t->sum.failed)
        sqlite3_result_text64(context, t->sum.data, t->sum.length, SQLITE_TRANSIENT, SQLITE_UTF8);
    orm__text_release(&t->sum);
    orm__text_release(&t->next);
}

static void avg_final(sqlite3_context *context)
{
    total *t = sqlite3_aggregate_context(context, 0);
    if (!t)
        return;
    orm__text_clear(&t->next);
    if (t->sum.data && !t->sum.failed && orm__decimal_mean(&t->next, t->sum.data, t->sum.length, t->count)) {
        if (t->next.failed)
            sqlite3_result_error_nomem(context);
        else
            sqlite3_result_text64(context, t->next.data, t->next.length, SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    orm__text_release(&t->sum);
    orm__text_release(&t->next);
}

static void integer_step(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
        return;
    integers *i = sqlite3_aggregate_context(context, sizeof *i);
    int64_t value = sqlite3_value_int64(argv[0]);
    if (!i) {
        sqlite3_result_error_nomem(context);
        return;
    }
    int64_t low = (int64_t)((uint64_t)value & UINT32_MAX);
    i->high += (value - low) / (INT64_C(1) << 32);
    i->low += low;
    i->count++;
}

static void integer_final(sqlite3_context *context)
{
    const integers *i = sqlite3_aggregate_context(context, 0);
    if (i)
        sqlite3_result_double(context, ((double)i->high * 4294967296.0 + (double)i->low) / (double)i->count);
}
