/* aggregate.c -- counts, sums and their like over groups: against what C says of the same random rows; joins, NULLs,
 * conditions, order, and what is refused.
 *
 * The values of a type stand in a pool that grows, so that C compares their places. A failure names its seed;
 * ORM_TEST_SEED repeats it.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <math.h>
#include <stdio.h>

enum { ROWS = 60, ROUNDS = 12, POOL = 6, MOODS = 3, NONE = -1 };

#define expect(condition) ck_assert_msg((condition), "%s; seed %llu", #condition, test_seed)

/* --- the types and their pools --- */

static const bool flags[] = {false, true};
static const int16_t smalls[POOL] = {INT16_MIN, -1, 0, 1, 7, INT16_MAX};
static const int32_t middles[POOL] = {INT32_MIN, -70000, -1, 0, 70000, INT32_MAX};
static const int64_t larges[POOL] = {-INT64_MAX / 100, -5000000000, 0, 1, 5000000000, INT64_MAX / 100};
static const float singles[POOL] = {-(float)INFINITY, -1.5F, 0.0F, 0.25F, (float)INFINITY, (float)NAN};
static const double reals[POOL] = {-(double)INFINITY, -0.5, 0.0, 1048576.125, (double)INFINITY, (double)NAN};
static const orm_decimal prices[POOL] = {{"-1000.5"}, {"-9"}, {"0"}, {"9.25"}, {"10"}, {"1000.0001"}};
static const int64_t price_parts[POOL] = {-10005000, -90000, 0, 92500, 100000, 10000001};
static const char *const labels[POOL] = {"", "a", "ab", "b", "ba", "c"};
static const orm_bytes datas[POOL] = {{(const uint8_t *)"", 0},       {(const uint8_t *)"\0", 1},
                                      {(const uint8_t *)"\0\x01", 2}, {(const uint8_t *)"a", 1},
                                      {(const uint8_t *)"ab", 2},     {(const uint8_t *)"\xff", 1}};
static const orm_uuid tokens[POOL] = {{{0, 1}}, {{1}}, {{1, 1}}, {{2}}, {{200}}, {{255, 255}}};
static const orm_date days[POOL] = {{-100000}, {-1}, {0}, {1}, {9000}, {1000000}};
static const orm_time hours[POOL] = {{0}, {1}, {999999}, {1000000}, {43200000000}, {86399999999}};
static const orm_timestamp locals[POOL] = {{-9000000000000000}, {-1}, {0}, {1}, {1000000}, {700000000123456}};
static const orm_timestamptz moments[POOL] = {{-9000000000000000}, {-1}, {0}, {1}, {1000000}, {700000000123456}};

static bool same_text(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}
static bool same_decimal(orm_decimal a, orm_decimal b)
{
    return fabs(strtod(a.text, NULL) - strtod(b.text, NULL)) < 1e-9;
}
static bool same_bytes(orm_bytes a, orm_bytes b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}
static bool same_real(double a, double b)
{
    return isnan(a) ? isnan(b) : !(a < b) && !(a > b) && !isnan(b);
}
#define SAME_PLAIN(a, b) ((a) == (b))
#define SAME_BITS(a, b) (memcmp(&(a), &(b), sizeof(a)) == 0)

/* Column of KINDS_OPTIONAL, pool, its length, C type, whether two are the same, and how a member says NULL. */
#define TYPES(X) \
    X(flag, flags, 2, orm_opt_bool, SAME_PLAIN, OPT) \
    X(small, smalls, POOL, orm_opt_int16, SAME_PLAIN, OPT) \
    X(middle, middles, POOL, orm_opt_int32, SAME_PLAIN, OPT) \
    X(large, larges, POOL, orm_opt_int64, SAME_PLAIN, OPT) \
    X(single, singles, POOL, orm_opt_float32, same_real, OPT) \
    X(real, reals, POOL, orm_opt_float64, same_real, OPT) \
    X(price, prices, POOL, orm_decimal, same_decimal, TEXT) \
    X(number, prices, POOL, orm_decimal, same_decimal, TEXT) \
    X(label, labels, POOL, const char *, same_text, PLAIN) \
    X(data, datas, POOL, orm_bytes, same_bytes, DATA) \
    X(token, tokens, POOL, orm_opt_uuid, SAME_BITS, OPT) \
    X(day, days, POOL, orm_opt_date, SAME_BITS, OPT) \
    X(hour, hours, POOL, orm_opt_time, SAME_BITS, OPT) \
    X(local, locals, POOL, orm_opt_timestamp, SAME_BITS, OPT) \
    X(moment, moments, POOL, orm_opt_timestamptz, SAME_BITS, OPT)
#define PLACE_OF_TYPE(column, ...) at_##column,
enum { TYPES(PLACE_OF_TYPE) TYPE_COUNT };

static int moods[ROWS], places[ROWS][TYPE_COUNT]; /* of an enum, 0 for NULL; in the pool, or NONE */

#define GIVE(column, pool, size, ...) \
    p = pick(4) ? pick(size) : NONE; \
    places[r][at_##column] = p; \
    if (p != NONE) \
        ORM_SET(values.column, pool[p]);

static void store_rows(void)
{
    begin_random();
    for (int r = 0; r < ROWS; r++) {
        int p;
        kinds_optional_values values = {.id = ORM_VALUE(r + 1)};
        moods[r] = pick(MOODS + 1);
        if (moods[r])
            ORM_SET(values.mood, (kinds_mood)moods[r]);
        TYPES(GIVE)
        ok(kinds_optional_insert(c, &values, NULL, NULL));
    }
    forget_statements();
}

/* --- what C says --- */

typedef struct wanted {
    int rows, values, distinct, least, most; /* places, or NONE */
} wanted;

static wanted fold(int mood, int type)
{
    wanted w = {.least = NONE, .most = NONE};
    bool seen[POOL] = {false};
    for (int r = 0; r < ROWS; r++) {
        int p = places[r][type];
        w.rows += moods[r] == mood;
        if (moods[r] != mood || p == NONE)
            continue;
        w.values++;
        w.distinct += !seen[p];
        seen[p] = true;
        w.least = w.least == NONE || p < w.least ? p : w.least;
        w.most = p > w.most ? p : w.most;
    }
    return w;
}

#define HAS_OPT(member) ((member).has)
#define HAS_TEXT(member) ((member).text != NULL)
#define HAS_PLAIN(member) ((member) != NULL)
#define HAS_DATA(member) ((member).data != NULL)
#define VALUE_OPT(member) ((member).value)
#define VALUE_TEXT(member) (member)
#define VALUE_PLAIN(member) (member)
#define VALUE_DATA(member) (member)
#define INTO_OPT(member, c) orm_into_opt(member, c)
#define INTO_TEXT(member, c) orm_into(member, c)
#define INTO_PLAIN(member, c) orm_into(member, c)
#define INTO_DATA(member, c) orm_into(member, c)

/* Count, distinct values, least and greatest of a column, by mood. */
#define CHECK(column, pool, size, type, same, null) \
    static void check_##column(void) \
    { \
        struct { \
            kinds_opt_mood mood; \
            int64_t rows, values, distinct; \
            type least; \
            type most; \
        } row; \
        orm_rows *rows; \
        int groups = 0; \
        ok(kinds_optional_group( \
            c, \
            &(orm_grouping){.select = {orm_into_opt(row.mood, KINDS_OPTIONAL.mood), orm_into(row.rows, orm_count()), \
                                       orm_into(row.values, orm_count_of(KINDS_OPTIONAL.column)), \
                                       orm_into(row.distinct, orm_count_distinct(KINDS_OPTIONAL.column)), \
                                       INTO_##null(row.least, orm_min(KINDS_OPTIONAL.column)), \
                                       INTO_##null(row.most, orm_max(KINDS_OPTIONAL.column))}}, \
            &rows)); \
        for (; orm_rows_next(rows) == ORM_OK; groups++) { \
            const wanted w = fold(row.mood.has ? (int)row.mood.value : 0, at_##column); \
            expect(row.rows == w.rows); \
            expect(row.values == w.values); \
            expect(row.distinct == w.distinct); \
            expect(HAS_##null(row.least) == (w.least != NONE)); \
            expect(HAS_##null(row.most) == (w.most != NONE)); \
            expect(w.least == NONE || same(VALUE_##null(row.least), pool[w.least])); \
            expect(w.most == NONE || same(VALUE_##null(row.most), pool[w.most])); \
        } \
        orm_rows_close(rows); \
        int wanted_groups = 0; \
        for (int mood = 0; mood <= MOODS; mood++) \
            wanted_groups += fold(mood, at_##column).rows > 0; \
        expect(groups == wanted_groups); \
    }
TYPES(CHECK)

START_TEST(counts_and_extremes_of_every_type_are_those_of_c)
{
#define CALL_CHECK(column, ...) check_##column,
    static void (*const checks[])(void) = {TYPES(CALL_CHECK)};
    store_rows();
    for (int t = 0; t < TYPE_COUNT; t++)
        checks[t]();
    expect_statements("SELECT optional 4, SELECT optional 4, SELECT optional 4, SELECT optional 4, SELECT optional 4, "
                      "SELECT optional 4, SELECT optional 4, SELECT optional 4, SELECT optional 4, SELECT optional 4, "
                      "SELECT optional 4, SELECT optional 4, SELECT optional 4, SELECT optional 4, SELECT optional 4");
}
END_TEST

static bool near(double a, double b)
{
    return same_real(a, b) || fabs(a - b) <= 1e-12 * fabs(b);
}

START_TEST(sums_and_means_are_those_of_c)
{
    struct {
        kinds_opt_mood mood;
        orm_opt_int64 small, middle, large;
        orm_opt_float64 single, real, mean_small, mean_large, mean_real;
        orm_decimal number, mean_number;
    } row;
    orm_rows *rows;
    store_rows();
    const orm_grouping sums = {.select = {orm_into_opt(row.mood, KINDS_OPTIONAL.mood),
                                          orm_into_opt(row.small, orm_sum(KINDS_OPTIONAL.small)),
                                          orm_into_opt(row.middle, orm_sum(KINDS_OPTIONAL.middle)),
                                          orm_into_opt(row.large, orm_sum(KINDS_OPTIONAL.large)),
                                          orm_into_opt(row.single, orm_sum(KINDS_OPTIONAL.single)),
                                          orm_into_opt(row.real, orm_sum(KINDS_OPTIONAL.real)),
                                          orm_into(row.number, orm_sum(KINDS_OPTIONAL.number)),
                                          orm_into_opt(row.mean_small, orm_avg(KINDS_OPTIONAL.small)),
                                          orm_into_opt(row.mean_large, orm_avg(KINDS_OPTIONAL.large)),
                                          orm_into_opt(row.mean_real, orm_avg(KINDS_OPTIONAL.real)),
                                          orm_into(row.mean_number, orm_avg(KINDS_OPTIONAL.number))}};
    ok(kinds_optional_group(c, &sums, &rows));
    while (orm_rows_next(rows) == ORM_OK) {
        int mood = row.mood.has ? (int)row.mood.value : 0, count[TYPE_COUNT] = {0};
        int64_t small = 0, middle = 0, large = 0, number = 0;
        double single = 0, real = 0;
        for (int r = 0; r < ROWS; r++) {
            const int *p = places[r];
            if (moods[r] != mood)
                continue;
            for (int t = 0; t < TYPE_COUNT; t++)
                count[t] += p[t] != NONE;
            small += p[at_small] == NONE ? 0 : smalls[p[at_small]];
            middle += p[at_middle] == NONE ? 0 : middles[p[at_middle]];
            large += p[at_large] == NONE ? 0 : larges[p[at_large]];
            number += p[at_number] == NONE ? 0 : price_parts[p[at_number]];
            single += p[at_single] == NONE ? 0 : (double)singles[p[at_single]];
            real += p[at_real] == NONE ? 0 : reals[p[at_real]];
        }
        expect(row.small.has == (count[at_small] > 0) && (!row.small.has || row.small.value == small));
        expect(row.middle.has == (count[at_middle] > 0) && (!row.middle.has || row.middle.value == middle));
        expect(row.large.has == (count[at_large] > 0) && (!row.large.has || row.large.value == large));
        expect(row.single.has == (count[at_single] > 0) && (!row.single.has || same_real(row.single.value, single)));
        expect(row.real.has == (count[at_real] > 0) && (!row.real.has || same_real(row.real.value, real)));
        expect(!row.number.text == !count[at_number]);
        expect(!row.number.text || fabs(strtod(row.number.text, NULL) - (double)number / 10000) < 1e-6);
        expect(!row.mean_small.has || near(row.mean_small.value, (double)small / count[at_small]));
        expect(!row.mean_large.has || near(row.mean_large.value, (double)large / count[at_large]));
        expect(!row.mean_real.has || near(row.mean_real.value, real / count[at_real]));
        expect(!row.mean_number.text == !count[at_number]);
        expect(!row.mean_number.text ||
               near(strtod(row.mean_number.text, NULL), (double)number / 10000 / count[at_number]));
    }
    orm_rows_close(rows);
}
END_TEST

/* Digits that a double does not have, and the same on both databases. */
START_TEST(the_mean_of_decimals_is_a_decimal)
{
    static const char *const numbers[] = {"12345678901.2345", "12345678901.2346", "12345678901.2346"};
    struct {
        orm_decimal mean;
    } row;
    orm_rows *rows;
    for (int i = 0; i < 3; i++)
        ok(kinds_optional_insert(
            c, &(kinds_optional_values){.id = ORM_VALUE(i + 1), .number = ORM_VALUE((orm_decimal){numbers[i]})}, NULL,
            NULL));
    const orm_decimal low = {"12345678901.23456"}, high = {"12345678901.23457"};
    ok(kinds_optional_group(c,
                            &(orm_grouping){.select = {orm_into(row.mean, orm_avg(KINDS_OPTIONAL.number))},
                                            .having = {orm_gt(orm_avg(KINDS_OPTIONAL.number), low),
                                                       orm_lt(orm_avg(KINDS_OPTIONAL.number), high)},
                                            .order_by = {orm_asc(orm_avg(KINDS_OPTIONAL.number))}},
                            &rows));
    ok(orm_rows_next(rows));
    expect_text(row.mean.text, "12345678901.23456667");
    orm_rows_close(rows);
}
END_TEST

static void add_bag(const char *const *texts, size_t text_count, const int32_t *counts, size_t count)
{
    ok(arrays_bag_insert(c,
                         &(arrays_bag_values){.flags = {.items = (const bool[]){true}, .count = 1},
                                              .labels = {.items = texts, .count = text_count},
                                              .counts = ORM_VALUE({.items = counts, .count = count})},
                         NULL, NULL));
}

START_TEST(arrays_make_groups)
{
    static const char *const ab[] = {"a", "b, \"c\""};
    static const int32_t many[] = {1, 2, 3};
    struct {
        orm_text_array labels;
        orm_int64_array larges;
        arrays_colour_array colours;
        int64_t count;
    } row;
    orm_rows *rows;
    add_bag(ab, 2, many, 3);
    add_bag(ab, 1, many, 3);
    add_bag(ab, 2, many, 1);
    ok(arrays_bag_group(c,
                        &(orm_grouping){.select = {orm_into_array(row.labels, ARRAYS_BAG.labels),
                                                   orm_into_array(row.larges, ARRAYS_BAG.larges),
                                                   orm_into_array(row.colours, ARRAYS_BAG.colours),
                                                   orm_into(row.count, orm_count_distinct(ARRAYS_BAG.counts))},
                                        .order_by = {orm_desc(orm_count())}},
                        &rows));
    ok(orm_rows_next(rows));
    ck_assert_int_eq(row.count, 2);
    ck_assert_uint_eq(row.labels.count, 2);
    expect_text(row.labels.items[1], ab[1]);
    ck_assert_ptr_null(row.larges.items);
    ck_assert_ptr_null(row.colours.items);
    ok(orm_rows_next(rows));
    ck_assert_int_eq(row.count, 1);
    ck_assert_uint_eq(row.labels.count, 1);
    expect_status(ORM_DONE, orm_rows_next(rows));
    orm_rows_close(rows);
    int64_t id;
    expect_status(ORM_MISUSE,
                  arrays_bag_group(c, &(orm_grouping){.select = {orm_into_array(id, ARRAYS_BAG.id)}}, &rows));
}
END_TEST

START_TEST(an_enum_counts_by_position)
{
    kinds_opt_mood least, most;
    orm_rows *rows;
    ok(kinds_optional_insert(c, &(kinds_optional_values){.mood = ORM_VALUE(KINDS_MOOD_FINE)}, NULL, NULL));
    ok(kinds_optional_insert(c, &(kinds_optional_values){.mood = ORM_VALUE(KINDS_MOOD_SAD)}, NULL, NULL));
    ok(kinds_optional_insert(c, &(kinds_optional_values){.mood = ORM_VALUE(KINDS_MOOD_HAPPY)}, NULL, NULL));
    ok(kinds_optional_group(c,
                            &(orm_grouping){.select = {orm_into_opt(least, orm_min(KINDS_OPTIONAL.mood)),
                                                       orm_into_opt(most, orm_max(KINDS_OPTIONAL.mood))},
                                            .having = {orm_lt(orm_min(KINDS_OPTIONAL.mood), KINDS_MOOD_FINE),
                                                       orm_gt(orm_max(KINDS_OPTIONAL.mood), KINDS_MOOD_FINE)}},
                            &rows));
    ok(orm_rows_first(rows));
    ck_assert_int_eq(least.value, KINDS_MOOD_SAD);
    ck_assert_int_eq(most.value, KINDS_MOOD_HAPPY);
    orm_rows_close(rows);
}
END_TEST

START_TEST(a_sum_beyond_int64_is_told)
{
    orm_opt_int64 sum;
    orm_rows *rows;
    for (int i = 0; i < 2; i++)
        ok(kinds_optional_insert(c, &(kinds_optional_values){.large = ORM_VALUE(INT64_MAX)}, NULL, NULL));
    orm_status status = kinds_optional_group(
        c, &(orm_grouping){.select = {orm_into_opt(sum, orm_sum(KINDS_OPTIONAL.large))}}, &rows);
    if (!status)
        status = orm_rows_next(rows);
    expect_status(ORM_DATABASE, status);
    expect_text(orm_connection_error(c)->sqlstate, "22003");
    orm_rows_close(rows);
    ok(orm_connection_execute(c, "SELECT 1", NULL, NULL));
}
END_TEST

START_TEST(intervals_are_added_on_postgresql)
{
    orm_opt_interval sum, least;
    orm_rows *rows;
    const orm_interval spans[] = {{1, 2, 3}, {0, 40, 0}};
    const orm_bool_array none = {flags, NULL, 0};
    for (int i = 0; i < 2; i++)
        ok(arrays_bag_insert(
            c, &(arrays_bag_values){.flags = none, .labels = {labels, NULL, 0}, .wait = ORM_VALUE(spans[i])}, NULL,
            NULL));
    const orm_grouping both = {.select = {orm_into_opt(least, orm_min(ARRAYS_BAG.wait)),
                                          orm_into_opt(sum, orm_sum(ARRAYS_BAG.wait))}},
                       one = {.select = {orm_into_opt(least, orm_min(ARRAYS_BAG.wait))}};
    forget_statements();
    if (on_sqlite()) {
        expect_status(ORM_UNSUPPORTED, arrays_bag_group(c, &both, &rows));
        ck_assert_ptr_null(rows);
        expect_nothing_sent();
    }
    ok(arrays_bag_group(c, on_sqlite() ? &one : &both, &rows));
    ok(orm_rows_first(rows));
    ck_assert_int_eq(least.value.months, 1);
    ck_assert(on_sqlite() || (sum.value.months == 1 && sum.value.days == 42 && sum.value.microseconds == 3));
    orm_rows_close(rows);
}
END_TEST

/* --- groups --- */

/* ada: posts of 10, 20 and 30 views; bob: one of 5; carl: none. */
static void store_posts(void)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    add_author("carl");
    const int32_t views[] = {10, 20, 30, 5};
    for (int i = 0; i < 4; i++) {
        const blog_post *post = add_post(i < 3 ? ada : bob, i == 1 ? "second" : "t");
        ok(blog_post_set_views(s, post, views[i]));
        if (i == 0)
            add_comment(post, bob, "hm");
    }
    commit_and_forget();
}

START_TEST(rows_that_a_relation_leads_to_make_groups)
{
    struct total {
        const char *author;
        int64_t posts;
        orm_opt_int64 views;
        orm_opt_float64 mean;
        orm_opt_int32 most;
    } row;
    const struct total *all;
    size_t count;
    orm_rows *rows;
    store_posts();
    ok(blog_post_group(
        c,
        &(orm_grouping){.join = {BLOG_POST.author},
                        .select = {orm_into(row.author, BLOG_AUTHOR.name), orm_into(row.posts, orm_count()),
                                   orm_into_opt(row.views, orm_sum(BLOG_POST.views)),
                                   orm_into_opt(row.mean, orm_avg(BLOG_POST.views)),
                                   orm_into_opt(row.most, orm_max(BLOG_POST.views))},
                        .order_by = {orm_desc(orm_sum(BLOG_POST.views)), orm_asc(BLOG_AUTHOR.name)}},
        &rows));
    ok(orm_rows_all(rows, &row, &all, &count));
    ck_assert_uint_eq(count, 2);
    expect_text(all[0].author, "ada");
    ck_assert_int_eq(all[0].posts, 3);
    ck_assert_int_eq(all[0].views.value, 60);
    ck_assert_double_eq(all[0].mean.value, 20);
    ck_assert_int_eq(all[0].most.value, 30);
    expect_text(all[1].author, "bob");
    ck_assert_int_eq(all[1].views.value, 5);
    orm_rows_close(rows);
    expect_statements("SELECT post 2");
}
END_TEST

START_TEST(joins_go_on_from_joins_and_conditions_see_them)
{
    const char *writer;
    int64_t comments;
    orm_rows *rows;
    store_posts();
    const orm_grouping grouping = {
        .join = {BLOG_COMMENT.post, BLOG_POST.author},
        .select = {orm_into(writer, BLOG_AUTHOR.name), orm_into(comments, orm_count_of(BLOG_POST.views))},
        .where = {orm_eq(BLOG_POST.views, 10), orm_has(BLOG_COMMENT.author, orm_eq(BLOG_AUTHOR.name, "bob")),
                  orm_starts_with(BLOG_AUTHOR.name, "a")}};
    ok(blog_comment_group(c, &grouping, &rows));
    ok(orm_rows_next(rows));
    expect_text(writer, "ada");
    ck_assert_int_eq(comments, 1);
    expect_status(ORM_DONE, orm_rows_next(rows));
    orm_rows_close(rows);
}
END_TEST

START_TEST(a_relation_to_none_makes_a_group_of_null)
{
    struct {
        const char *boss;
        int64_t staff;
    } row;
    orm_rows *rows;
    const shapes_employee *boss = add_employee("boss", NULL);
    add_employee("one", boss);
    add_employee("two", boss);
    commit_and_forget();
    ok(shapes_employee_group(c,
                             &(orm_grouping){.join = {SHAPES_EMPLOYEE.boss},
                                             .select = {orm_into(row.boss, orm_outer(SHAPES_EMPLOYEE.name)),
                                                        orm_into(row.staff, orm_count())},
                                             .order_by = {orm_nulls_first(orm_asc(orm_outer(SHAPES_EMPLOYEE.name)))}},
                             &rows));
    ok(orm_rows_next(rows));
    ck_assert_ptr_null(row.boss);
    ck_assert_int_eq(row.staff, 1);
    ok(orm_rows_next(rows));
    expect_text(row.boss, "boss");
    ck_assert_int_eq(row.staff, 2);
    orm_rows_close(rows);
}
END_TEST

START_TEST(groups_have_conditions_an_order_and_a_limit)
{
    struct {
        int64_t author, posts;
    } row;
    orm_rows *rows;
    const int64_t many[] = {3, 4};
    store_posts();
    orm_grouping grouping = {
        .select = {orm_into(row.author, BLOG_POST.author_id), orm_into(row.posts, orm_count())},
        .having = {orm_ge(orm_count(), 1), orm_or(orm_lt(orm_max(BLOG_POST.views), 6), orm_in(orm_count(), many, 2))},
        .order_by = {orm_desc(orm_count())}};
    ok(blog_post_group(c, &grouping, &rows));
    ok(orm_rows_next(rows));
    ck_assert_int_eq(row.posts, 3);
    ok(orm_rows_next(rows));
    ck_assert_int_eq(row.posts, 1);
    expect_status(ORM_DONE, orm_rows_next(rows));
    orm_rows_close(rows);
    grouping.limit = 1;
    grouping.offset = 1;
    ok(blog_post_group(c, &grouping, &rows));
    ok(orm_rows_next(rows));
    ck_assert_int_eq(row.posts, 1);
    expect_status(ORM_DONE, orm_rows_next(rows));
    orm_rows_close(rows);
    grouping.having[2] = orm_gt(orm_avg(BLOG_POST.views), 5.5);
    grouping.having[3] = orm_eq(BLOG_POST.author_id, -1);
    grouping.offset = 0;
    ok(blog_post_group(c, &grouping, &rows));
    expect_status(ORM_NOT_FOUND, orm_rows_first(rows));
    orm_rows_close(rows);
}
END_TEST

START_TEST(without_columns_there_is_one_group)
{
    int64_t count = 7;
    orm_opt_int64 sum = {true, 7};
    const char *first = "x";
    orm_rows *rows;
    ok(blog_author_group(
        c,
        &(orm_grouping){.select = {orm_into(count, orm_count()), orm_into(first, orm_min(BLOG_AUTHOR.name)),
                                   orm_into_opt(sum, orm_sum(BLOG_AUTHOR.id))}},
        &rows));
    ok(orm_rows_next(rows));
    ck_assert_int_eq(count, 0);
    ck_assert_ptr_null(first);
    ck_assert(!sum.has);
    expect_status(ORM_DONE, orm_rows_next(rows));
    orm_rows_close(rows);
}
END_TEST

START_TEST(columns_alone_are_distinct)
{
    const char *title;
    orm_rows *rows;
    store_posts();
    ok(blog_post_group(
        c, &(orm_grouping){.select = {orm_into(title, BLOG_POST.title)}, .order_by = {orm_asc(BLOG_POST.title)}},
        &rows));
    ok(orm_rows_next(rows));
    expect_text(title, "second");
    ok(orm_rows_next(rows));
    expect_text(title, "t");
    expect_status(ORM_DONE, orm_rows_next(rows));
    orm_rows_close(rows);
}
END_TEST

START_TEST(null_for_a_member_without_null_is_misuse)
{
    double score;
    orm_rows *rows;
    store_posts();
    ok(blog_author_group(c, &(orm_grouping){.select = {orm_into(score, orm_avg(BLOG_AUTHOR.score))}}, &rows));
    expect_status(ORM_MISUSE, orm_rows_next(rows));
    expect_said(orm_connection_error(c)->message, "orm_opt_float64");
    orm_rows_close(rows);
}
END_TEST

START_TEST(a_session_s_groups_see_what_is_pending)
{
    int64_t count;
    orm_rows *rows;
    add_author("pending");
    ok(blog_author_group(orm_session_connection(s), &(orm_grouping){.select = {orm_into(count, orm_count())}}, &rows));
    ok(orm_rows_first(rows));
    ck_assert_int_eq(count, 1);
    orm_rows_close(rows);
    ok(orm_session_rollback(s));
}
END_TEST

/* What the README shows. */
/* clang-format off */
static orm_status print_most_read(orm_connection *connection, FILE *to)
{
    struct {
        const char *author;
        int64_t posts;
        orm_opt_float64 views;                             /* NULL where nobody has views */
    } row;
    orm_rows *rows;
    orm_status status = blog_post_group(connection, &(orm_grouping){
        .join = {BLOG_POST.author},                        /* a LEFT JOIN: its columns may be used like the post's own */
        .where = {orm_eq(BLOG_POST.status, BLOG_POST_STATUS_DRAFT)},
        .select = {orm_into(row.author, BLOG_AUTHOR.name), /* a column makes groups */
                   orm_into(row.posts, orm_count()),
                   orm_into_opt(row.views, orm_avg(BLOG_POST.views))},
        .having = {orm_gt(orm_sum(BLOG_POST.views), 10)},
        .order_by = {orm_desc(orm_count())},
        .limit = 10,
    }, &rows);
    while (!status && (status = orm_rows_next(rows)) == ORM_OK)
        fprintf(to, "%s: %lld posts, %.1f views\n", row.author, (long long)row.posts, row.views.value);
    orm_rows_close(rows);
    return status == ORM_DONE ? ORM_OK : status;
}
/* clang-format on */

START_TEST(the_readme_s_groups_are_printed)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(to);
    store_posts();
    ok(print_most_read(c, to));
    fclose(to);
    expect_text(text, "ada: 3 posts, 20.0 views\n");
    free(text);
}
END_TEST

/* --- refused before anything is sent --- */

START_TEST(what_no_group_can_tell_is_misuse)
{
    int64_t n;
    int32_t views;
    const char *name;
    const orm_int32_column most = orm_max(BLOG_POST.views);
    const orm_grouping cases[] = {
        {.limit = 1},
        {.select = {orm_into(name, BLOG_AUTHOR.name)}},
        {.select = {orm_into(n, orm_count_of(BLOG_AUTHOR.name))}},
        {.select = {orm_into(n, orm_count())}, .where = {orm_gt(orm_count(), 1)}},
        {.select = {orm_into(n, orm_count())}, .having = {orm_gt(BLOG_POST.views, 1)}},
        {.select = {orm_into(n, orm_count())}, .order_by = {orm_asc(BLOG_POST.views)}},
        {.select = {orm_into(n, orm_count())}, .order_by = {orm_via(orm_asc(BLOG_AUTHOR.name), BLOG_POST.author)}},
        {.select = {orm_into(n, orm_count())}, .join = {BLOG_COMMENT.post}},
        {.select = {orm_into(n, orm_count())},
         .having = {orm_has(BLOG_POST.author, orm_gt(orm_count_of(BLOG_AUTHOR.id), 1))}},
        {.select = {orm_into(views, orm_min(most))}},
        {.select = {orm_into(n, orm_count())}, .having = {orm_eq(orm_min(BLOG_POST.title), NULL)}},
    };
    enum { CASES = sizeof cases / sizeof *cases };
    orm_rows *rows;
    for (size_t i = 0; i < CASES; i++) {
        orm_status status = blog_post_group(c, &cases[i], &rows);
        ck_assert_msg(status == ORM_MISUSE, "case %zu: %s", i, orm_status_name(status));
        ck_assert_ptr_null(rows);
    }
    expect_status(ORM_MISUSE, blog_post_group(c, NULL, &rows));
    blog_post_list posts;
    ok(orm_connection_execute(c, "SELECT 1", NULL, NULL));
    forget_statements();
    expect_status(ORM_MISUSE, blog_post_find(s, &(blog_post_query){.where = {orm_gt(orm_count(), 1)}}, &posts));
    expect_status(ORM_MISUSE,
                  blog_post_find(s, &(blog_post_query){.order_by = {orm_asc(orm_max(BLOG_POST.views))}}, &posts));
    ck_assert_str_eq(take_statements(), "");
}
END_TEST

START_TEST(a_relation_back_to_the_model_makes_groups_by_orm_outer)
{
    struct {
        const char *boss;
        int64_t count;
    } row;
    orm_rows *rows;
    const shapes_employee *boss = add_employee("ann", NULL);
    add_employee("bob", boss);
    add_employee("cid", boss);
    ok(orm_session_commit(s));
    ok(shapes_employee_group(c,
                             &(orm_grouping){.join = {SHAPES_EMPLOYEE.boss},
                                             .select = {orm_into(row.boss, orm_outer(SHAPES_EMPLOYEE.name)),
                                                        orm_into(row.count, orm_count())},
                                             .order_by = {orm_desc(orm_count())}},
                             &rows));
    ok(orm_rows_next(rows));
    expect_text(row.boss, "ann");
    ck_assert_int_eq(row.count, 2);
    ok(orm_rows_next(rows));
    expect_text(row.boss, NULL);
    orm_rows_close(rows);
}
END_TEST

START_TEST(two_relations_to_one_model_are_misuse)
{
    int64_t count;
    orm_rows *rows;
    expect_status(ORM_MISUSE,
                  blog_comment_group(c,
                                     &(orm_grouping){.join = {BLOG_COMMENT.author, BLOG_COMMENT.post, BLOG_POST.author},
                                                     .select = {orm_into(count, orm_count())}},
                                     &rows));
    expect_said(orm_connection_error(c)->message, "two of .join lead to 'author'");
    expect_nothing_sent();
}
END_TEST

START_TEST(json_has_no_extremes)
{
    orm_json doc;
    orm_jsonb docb;
    int64_t n;
    orm_rows *rows;
    expect_status(ORM_MISUSE, kinds_optional_group(
                                  c, &(orm_grouping){.select = {orm_into(doc, orm_min(KINDS_OPTIONAL.doc))}}, &rows));
    expect_status(ORM_MISUSE, kinds_optional_group(
                                  c, &(orm_grouping){.select = {orm_into(docb, orm_max(KINDS_OPTIONAL.docb))}}, &rows));
    expect_status(ORM_MISUSE,
                  kinds_optional_group(
                      c, &(orm_grouping){.select = {orm_into(n, orm_count_distinct(KINDS_OPTIONAL.doc))}}, &rows));
    expect_status(ORM_MISUSE,
                  kinds_optional_group(c, &(orm_grouping){.select = {orm_into(doc, KINDS_OPTIONAL.doc)}}, &rows));
    expect_nothing_sent();
    ok(kinds_optional_group(c, &(orm_grouping){.select = {orm_into(n, orm_count_of(KINDS_OPTIONAL.doc))}}, &rows));
    orm_rows_close(rows);
}
END_TEST

/* --- injection --- */

START_TEST(values_stay_values_in_groups)
{
    static const char *const attacks[] = {"' OR '1'='1", "'; DROP TABLE post; --", "\" OR 1=1 --", ":name", "$1", "?1",
                                          "\\"};
    struct {
        const char *name;
        int64_t count;
    } row;
    orm_rows *rows;
    for (size_t i = 0; i < 7; i++)
        ok(kinds_optional_insert(c, &(kinds_optional_values){.label = ORM_VALUE(attacks[i])}, NULL, NULL));
    ok(kinds_optional_group(
        c,
        &(orm_grouping){
            .select = {orm_into(row.name, KINDS_OPTIONAL.label), orm_into(row.count, orm_count())},
            .where = {orm_in(KINDS_OPTIONAL.label, attacks, 7)},
            .having = {orm_eq(orm_max(KINDS_OPTIONAL.label), attacks[_i]), orm_eq(KINDS_OPTIONAL.label, attacks[_i])}},
        &rows));
    ok(orm_rows_next(rows));
    expect_text(row.name, attacks[_i]);
    ck_assert_int_eq(row.count, 1);
    expect_status(ORM_DONE, orm_rows_next(rows));
    orm_rows_close(rows);
    ok(orm_connection_execute(c, "UPDATE optional SET label = :label WHERE label = :label",
                              ORM_NAMED({"label", orm_of_text(attacks[_i])}), NULL));
    ok(kinds_optional_group(c, &(orm_grouping){.select = {orm_into(row.count, orm_count())}}, &rows));
    ok(orm_rows_next(rows));
    ck_assert_int_eq(row.count, 7);
    orm_rows_close(rows);
}
END_TEST

START_TEST(names_stay_names_in_groups)
{
    struct {
        const char *x, *parent;
        int64_t count, y;
    } row;
    const server_odd *root;
    orm_rows *rows;
    ok(server_odd_add(s, &(server_odd_values){.x = ORM_VALUE("root"), .y = ORM_VALUE(1)}, &root));
    ok(server_odd_add(s, &(server_odd_values){.x = ORM_VALUE("child"), .y = ORM_VALUE(2), .parent = root}, NULL));
    commit_and_forget();
    ok(server_odd_group(
        c,
        &(orm_grouping){.join = {SERVER_ODD.parent},
                        .select = {orm_into(row.x, SERVER_ODD.x), orm_into(row.parent, orm_outer(SERVER_ODD.x)),
                                   orm_into(row.count, orm_count()), orm_into(row.y, orm_sum(SERVER_ODD.y))},
                        .order_by = {orm_desc(orm_sum(SERVER_ODD.y))}},
        &rows));
    ok(orm_rows_next(rows));
    expect_text(row.x, "child");
    expect_text(row.parent, "root");
    ck_assert_int_eq(row.y, 2);
    orm_rows_close(rows);
}
END_TEST

Suite *suite_aggregate(void)
{
    Suite *suite = suite_create("aggregate");
    TCase *folds = new_case(suite, "folds");
    tcase_add_loop_test(folds, counts_and_extremes_of_every_type_are_those_of_c, 0, ROUNDS);
    tcase_add_loop_test(folds, sums_and_means_are_those_of_c, 0, ROUNDS);
    tcase_add_test(folds, the_mean_of_decimals_is_a_decimal);
    tcase_add_test(folds, arrays_make_groups);
    tcase_add_test(folds, an_enum_counts_by_position);
    tcase_add_test(folds, a_sum_beyond_int64_is_told);
    tcase_add_test(folds, intervals_are_added_on_postgresql);
    TCase *groups = new_case(suite, "groups");
    tcase_add_test(groups, rows_that_a_relation_leads_to_make_groups);
    tcase_add_test(groups, joins_go_on_from_joins_and_conditions_see_them);
    tcase_add_test(groups, a_relation_to_none_makes_a_group_of_null);
    tcase_add_test(groups, groups_have_conditions_an_order_and_a_limit);
    tcase_add_test(groups, without_columns_there_is_one_group);
    tcase_add_test(groups, columns_alone_are_distinct);
    tcase_add_test(groups, null_for_a_member_without_null_is_misuse);
    tcase_add_test(groups, a_session_s_groups_see_what_is_pending);
    tcase_add_test(groups, the_readme_s_groups_are_printed);
    TCase *refused = new_case(suite, "refused");
    tcase_add_test(refused, what_no_group_can_tell_is_misuse);
    tcase_add_test(refused, a_relation_back_to_the_model_makes_groups_by_orm_outer);
    tcase_add_test(refused, two_relations_to_one_model_are_misuse);
    tcase_add_test(refused, json_has_no_extremes);
    tcase_add_loop_test(refused, values_stay_values_in_groups, 0, 7);
    tcase_add_test(refused, names_stay_names_in_groups);
    return suite;
}
