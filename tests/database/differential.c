/* differential.c -- every operator on every type against what C says of the same rows: random rows, NULLs among them,
 * random operands, random trees of AND, OR and NOT.
 *
 * The values of a type stand in a pool that grows, so that C compares their places. A failure names its seed;
 * ORM_TEST_SEED repeats it.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <math.h>
#include <stdio.h>

enum { ROWS = 80, ROUNDS = 60, POOL = 6, NONE = -1 };

typedef enum truth { NO, UNKNOWN, YES } truth; /* AND is the least, OR the greatest */

/* --- the types and their pools ------------------------------------------------------------------------------------ */

static const bool flags[] = {false, true};
static const int16_t smalls[POOL] = {INT16_MIN, -1, 0, 1, 7, INT16_MAX};
static const int32_t middles[POOL] = {INT32_MIN, -70000, -1, 0, 70000, INT32_MAX};
static const int64_t larges[POOL] = {INT64_MIN, -5000000000, 0, 1, 5000000000, INT64_MAX};
static const float singles[POOL] = {-(float)INFINITY, -1.5F, 0.0F, 0.1F, (float)INFINITY, (float)NAN};
static const double reals[POOL] = {-(double)INFINITY, -0.1, 0.0, 1e300, (double)INFINITY, (double)NAN};
static const orm_decimal prices[POOL] = {{"-1000.5"}, {"-9"}, {"0"}, {"9.25"}, {"10"}, {"1000.0001"}};
static const char *const labels[POOL] = {"", "a", "ab", "b", "ba", "c"};
static const orm_bytes datas[POOL] = {{(const uint8_t *)"", 0},       {(const uint8_t *)"\0", 1},
                                      {(const uint8_t *)"\0\x01", 2}, {(const uint8_t *)"a", 1},
                                      {(const uint8_t *)"ab", 2},     {(const uint8_t *)"\xff", 1}};
static const orm_uuid tokens[POOL] = {{{0, 1}}, {{1}}, {{1, 1}}, {{2}}, {{200}}, {{255, 255}}};
static const orm_date days[POOL] = {{-100000}, {-1}, {0}, {1}, {9000}, {1000000}};
static const orm_time hours[POOL] = {{0}, {1}, {999999}, {1000000}, {43200000000}, {86399999999}};
static const orm_timestamp locals[POOL] = {{-9000000000000000}, {-1}, {0}, {1}, {1000000}, {700000000123456}};
static const orm_timestamptz moments[POOL] = {{-9000000000000000}, {-1}, {0}, {1}, {1000000}, {700000000123456}};
static const kinds_mood moods[] = {KINDS_MOOD_SAD, KINDS_MOOD_FINE, KINDS_MOOD_HAPPY};

/* column of KINDS_OPTIONAL, pool, its length, its C type */
#define TYPES(X) \
    X(flag, flags, 2, bool) \
    X(small, smalls, POOL, int16_t) \
    X(middle, middles, POOL, int32_t) \
    X(large, larges, POOL, int64_t) \
    X(single, singles, POOL, float) \
    X(real, reals, POOL, double) \
    X(price, prices, POOL, orm_decimal) \
    X(number, prices, POOL, orm_decimal) \
    X(label, labels, POOL, const char *) \
    X(data, datas, POOL, orm_bytes) \
    X(token, tokens, POOL, orm_uuid) \
    X(day, days, POOL, orm_date) \
    X(hour, hours, POOL, orm_time) \
    X(local, locals, POOL, orm_timestamp) \
    X(moment, moments, POOL, orm_timestamptz) \
    X(mood, moods, 3, kinds_mood)
#define COUNT_TYPE(column, pool, size, type) +1
enum { TYPE_COUNT = TYPES(COUNT_TYPE) };

static int places[ROWS][TYPE_COUNT]; /* in the pool, or NONE for NULL */

static void store_rows(void)
{
    begin_random();
    for (int r = 0; r < ROWS; r++) {
        kinds_optional_values values = {.id = ORM_VALUE(r + 1)};
        int t = 0;
#define GIVE(column, pool, size, type) \
    places[r][t] = pick(4) == 0 ? NONE : pick(size); \
    if (places[r][t] != NONE) \
        ORM_SET(values.column, pool[places[r][t]]); \
    t++;
        TYPES(GIVE)
        ok(kinds_optional_add(s, &values, NULL));
    }
    commit_and_forget();
}

/* --- conditions, and what C makes of them ------------------------------------------------------------------------- */

enum { EQ, NE, LT, LE, GT, GE, BETWEEN, IN, NOT_IN, IS_NULL, NOT_NULL, WITH_ITSELF, VERBS };
typedef struct leaf {
    int type, verb, low, high, list[POOL], count;
} leaf;

static orm_expr make_leaf(leaf *l)
{
    l->type = pick(TYPE_COUNT);
    l->verb = pick(VERBS);
    l->count = pick(POOL);
    int t = 0;
#define MAKE(name, pool, size, ctype) \
    if (t++ == l->type) { \
        ctype *items = malloc(POOL * sizeof *items); \
        l->low = pick(size), l->high = pick(size); \
        for (int i = 0; i < l->count; i++) \
            items[i] = pool[l->list[i] = pick(size)]; \
        orm_expr in = orm_keep(s, orm_in(KINDS_OPTIONAL.name, items, (size_t)l->count)); \
        orm_expr not_in = orm_keep(s, orm_not_in(KINDS_OPTIONAL.name, items, (size_t)l->count)); \
        free(items); \
        const orm_expr made[VERBS] = { \
            [EQ] = orm_eq(KINDS_OPTIONAL.name, pool[l->low]), \
            [NE] = orm_ne(KINDS_OPTIONAL.name, pool[l->low]), \
            [LT] = orm_lt(KINDS_OPTIONAL.name, pool[l->low]), \
            [LE] = orm_le(KINDS_OPTIONAL.name, pool[l->low]), \
            [GT] = orm_gt(KINDS_OPTIONAL.name, pool[l->low]), \
            [GE] = orm_ge(KINDS_OPTIONAL.name, pool[l->low]), \
            [BETWEEN] = orm_between(KINDS_OPTIONAL.name, pool[l->low], pool[l->high]), \
            [IN] = in, \
            [NOT_IN] = not_in, \
            [IS_NULL] = orm_is_null(KINDS_OPTIONAL.name), \
            [NOT_NULL] = orm_not_null(KINDS_OPTIONAL.name), \
            [WITH_ITSELF] = orm_ge_column(KINDS_OPTIONAL.name, KINDS_OPTIONAL.name), \
        }; \
        return made[l->verb]; \
    }
    TYPES(MAKE)
    ck_abort();
}

static truth judge(const leaf *l, int row)
{
    int place = places[row][l->type];
    bool listed = false;
    for (int i = 0; i < l->count; i++)
        listed |= l->list[i] == place;
    if (l->verb == IS_NULL || l->verb == NOT_NULL)
        return (place == NONE) == (l->verb == IS_NULL) ? YES : NO;
    if (l->count == 0 && (l->verb == IN || l->verb == NOT_IN))
        return l->verb == IN ? NO : YES; /* even of NULL */
    if (place == NONE)
        return UNKNOWN;
    const bool holds[VERBS] = {
        [EQ] = place == l->low,
        [NE] = place != l->low,
        [LT] = place<l->low, [LE] = place <= l->low, [GT] = place> l->low,
        [GE] = place >= l->low,
        [BETWEEN] = l->low <= place && place <= l->high,
        [IN] = listed,
        [NOT_IN] = !listed,
        [WITH_ITSELF] = true,
    };
    return holds[l->verb] ? YES : NO;
}

static void expect_rows(orm_expr where, const truth *wanted, const char *what)
{
    kinds_optional_list list;
    size_t next = 0;
    ok(kinds_optional_find(s, &(kinds_optional_query){.where = {where}, .order_by = {orm_asc(KINDS_OPTIONAL.id)}},
                           &list));
    for (int r = 0; r < ROWS; r++) {
        bool found = next < list.count && list.items[next]->id == r + 1;
        next += found;
        ck_assert_msg(found == (wanted[r] == YES), "seed %llu: row %d is %s by %s", test_seed, r,
                      found ? "found" : "not found", what);
    }
    ck_assert_uint_eq(next, list.count);
}

START_TEST(every_operator_on_every_type)
{
    char what[80];
    truth wanted[ROWS], negated[ROWS];
    store_rows();
    for (int round = 0; round < ROUNDS * 8; round++) {
        leaf l;
        orm_expr where = make_leaf(&l);
        for (int r = 0; r < ROWS; r++) {
            wanted[r] = judge(&l, r);
            negated[r] = (truth)(YES - wanted[r]);
        }
        snprintf(what, sizeof what, "operator %d on type %d", l.verb, l.type);
        expect_rows(where, wanted, what);
        expect_rows(orm_not(where), negated, what);
    }
}
END_TEST

/* A tree that leaves the block of its parts: orm_keep holds them. */
static orm_expr make_tree(int depth, truth *wanted)
{
    truth other[ROWS];
    leaf l;
    if (depth == 0) {
        orm_expr made = make_leaf(&l);
        for (int r = 0; r < ROWS; r++)
            wanted[r] = judge(&l, r);
        return made;
    }
    orm_expr a = make_tree(depth - 1, wanted);
    int verb = pick(4);
    if (verb == 0) {
        for (int r = 0; r < ROWS; r++)
            wanted[r] = (truth)(YES - wanted[r]);
        return orm_keep(s, orm_not(a));
    }
    orm_expr b = make_tree(pick(depth), other);
    for (int r = 0; r < ROWS; r++)
        if (verb == 1 ? other[r] < wanted[r] : other[r] > wanted[r])
            wanted[r] = other[r];
    return orm_keep(s, verb == 1 ? orm_and(a, ORM_NO_CONDITION, b) : orm_or(a, b));
}

START_TEST(trees_of_conditions)
{
    truth wanted[ROWS];
    store_rows();
    for (int round = 0; round < ROUNDS; round++) {
        orm_expr tree = make_tree(1 + pick(4), wanted);
        expect_rows(tree, wanted, "a tree");
    }
}
END_TEST

/* --- orders ------------------------------------------------------------------------------------------------------- */

static orm_order make_order(int type)
{
    int t = 0;
#define ORDER(name, pool, size, ctype) \
    if (t++ == type) \
        return orm_asc(KINDS_OPTIONAL.name);
    TYPES(ORDER)
    ck_abort();
}

START_TEST(every_type_is_ordered)
{
    kinds_optional_list list;
    store_rows();
    for (int round = 0; round < ROUNDS * 2; round++) {
        int type = round % TYPE_COUNT, nulls = pick(3);
        orm_order order = make_order(type);
        order.descending = pick(2);
        order = nulls == 1 ? orm_nulls_first(order) : nulls == 2 ? orm_nulls_last(order) : order;
        bool first = nulls ? nulls == 1 : order.descending;
        ok(kinds_optional_find(s, &(kinds_optional_query){.order_by = {order, orm_asc(KINDS_OPTIONAL.id)}}, &list));
        ck_assert_uint_eq(list.count, ROWS);
        for (size_t i = 1; i < list.count; i++) {
            int a = places[list.items[i - 1]->id - 1][type], b = places[list.items[i]->id - 1][type];
            a = a == NONE ? (first ? -100 : 100) : order.descending ? -a : a;
            b = b == NONE ? (first ? -100 : 100) : order.descending ? -b : b;
            ck_assert_msg(a < b || (a == b && list.items[i - 1]->id < list.items[i]->id), "seed %llu: type %d, row %zu",
                          test_seed, type, i);
        }
    }
}
END_TEST

/* --- text --------------------------------------------------------------------------------------------------------- */

static const char *const pieces[] = {"a", "B", "b", "%", "_", "\\", "!", "'", "\"", "\u00c4", "ab", "?", "$1", "*"};
enum { PIECES = sizeof pieces / sizeof *pieces };

static const char *random_text(char *buffer, int most)
{
    buffer[0] = '\0';
    for (int left = pick(most + 1); left > 0; left--)
        strcat(buffer, pieces[pick(PIECES)]);
    return buffer;
}

static size_t one_character(const char *text)
{
    size_t size = 1;
    while (((unsigned char)text[size] & 0xc0) == 0x80)
        size++;
    return size;
}

static char folded(char letter, bool fold)
{
    return fold && letter >= 'A' && letter <= 'Z' ? (char)(letter + 32) : letter;
}

static bool matches(const char *text, const char *pattern, bool fold)
{
    if (*pattern == '%')
        return matches(text, pattern + 1, fold) || (*text && matches(text + 1, pattern, fold));
    if (!*pattern || !*text)
        return !*pattern && !*text;
    if (*pattern == '_')
        return matches(text + one_character(text), pattern + 1, fold);
    pattern += *pattern == '\\';
    return folded(*text, fold) == folded(*pattern, fold) && matches(text + 1, pattern + 1, fold);
}

static const char *random_pattern(char *buffer, int most)
{
    static const char *const parts[] = {"%", "_", "\\%", "\\_", "\\\\", "a", "B", "b", "!", "'", "\u00c4"};
    buffer[0] = '\0';
    for (int left = pick(most + 1); left > 0; left--)
        strcat(buffer, parts[pick((int)(sizeof parts / sizeof *parts))]);
    return buffer;
}

START_TEST(texts_are_searched_as_they_are_written)
{
    static char texts[ROWS][64];
    char part[64], what[120];
    truth wanted[ROWS];
    begin_random();
    for (int r = 0; r < ROWS; r++) {
        kinds_optional_values values = {.id = ORM_VALUE(r + 1)};
        random_text(texts[r], 5);
        if (r % 9)
            ORM_SET(values.label, texts[r]);
        ok(kinds_optional_add(s, &values, NULL));
    }
    commit_and_forget();
    for (int round = 0; round < ROUNDS * 5; round++) {
        int verb = round % 5;
        const char *text = verb < 2 ? random_pattern(part, 4) : random_text(part, 2);
        size_t size = strlen(text);
        const orm_expr where[] = {orm_like(KINDS_OPTIONAL.label, text), orm_ilike(KINDS_OPTIONAL.label, text),
                                  orm_starts_with(KINDS_OPTIONAL.label, text),
                                  orm_ends_with(KINDS_OPTIONAL.label, text), orm_contains(KINDS_OPTIONAL.label, text)};
        for (int r = 0; r < ROWS; r++) {
            const char *own = texts[r];
            size_t length = strlen(own);
            const bool holds[] = {matches(own, text, false), matches(own, text, true), strncmp(own, text, size) == 0,
                                  length >= size && strcmp(own + length - size, text) == 0, strstr(own, text) != NULL};
            wanted[r] = r % 9 == 0 ? UNKNOWN : holds[verb] ? YES : NO;
        }
        snprintf(what, sizeof what, "operator %d with %s", verb, text);
        expect_rows(where[verb], wanted, what);
    }
}
END_TEST

/* --- related rows ------------------------------------------------------------------------------------------------- */

enum { AUTHORS = 12, POSTS = 30 };

START_TEST(conditions_on_related_rows)
{
    const blog_author *authors[AUTHORS];
    const blog_post *posts[POSTS];
    int owner[POSTS], views[POSTS];
    char name[16];
    begin_random();
    for (int i = 0; i < AUTHORS; i++) {
        snprintf(name, sizeof name, "a%d", i);
        authors[i] = add_author(name);
    }
    for (int i = 0; i < POSTS; i++) {
        owner[i] = pick(AUTHORS - 2);
        views[i] = pick(4);
        posts[i] = add_post(authors[owner[i]], "p");
        ok(blog_post_set_views(s, posts[i], views[i]));
    }
    ok(orm_session_commit(s));
    for (int round = 0; round < ROUNDS; round++) {
        int verb = pick(3), least = pick(5);
        orm_expr inner = orm_ge(BLOG_POST.views, least);
        const orm_expr where[] = {orm_any(BLOG_AUTHOR.posts, inner), orm_all(BLOG_AUTHOR.posts, inner),
                                  orm_none(BLOG_AUTHOR.posts, inner)};
        bool holds[AUTHORS];
        for (int a = 0; a < AUTHORS; a++) {
            int count = 0, met = 0;
            for (int i = 0; i < POSTS; i++)
                if (owner[i] == a) {
                    count++;
                    met += views[i] >= least;
                }
            holds[a] = verb == 0 ? met > 0 : verb == 1 ? met == count : met == 0;
        }
        blog_author_list list;
        blog_post_list siblings;
        size_t next = 0;
        ok(blog_author_find(s, &(blog_author_query){.where = {where[verb]}, .order_by = {orm_asc(BLOG_AUTHOR.id)}},
                            &list));
        for (int a = 0; a < AUTHORS; a++) {
            bool found = next < list.count && list.items[next] == authors[a];
            next += found;
            ck_assert_msg(found == holds[a], "seed %llu: author %d, verb %d, %d", test_seed, a, verb, least);
        }
        ok(blog_post_find(
            s,
            &(blog_post_query){.where = {orm_has(BLOG_POST.author, where[verb])}, .order_by = {orm_asc(BLOG_POST.id)}},
            &siblings));
        next = 0;
        for (int i = 0; i < POSTS; i++) {
            bool found = next < siblings.count && siblings.items[next] == posts[i];
            next += found;
            ck_assert_msg(found == holds[owner[i]], "seed %llu: post %d", test_seed, i);
        }
    }
}
END_TEST

/* --- arrays and JSON ---------------------------------------------------------------------------------------------- */

static size_t random_set(int32_t *items, int least, unsigned *bits)
{
    size_t count = 0;
    *bits = 0;
    for (int i = 0; i < 6; i++)
        if (pick(3) == 0) {
            items[count++] = i * 100;
            *bits |= 1u << i;
        }
    if (count == 0 && least)
        items[count++] = 0, *bits = 1;
    return count;
}

START_TEST(arrays_contain_and_overlap)
{
    enum { BAGS = 40 };
    const arrays_bag *bags[BAGS];
    unsigned bits[BAGS], wanted;
    int32_t items[8];
    begin_random();
    for (int i = 0; i < BAGS; i++) {
        static int32_t kept[BAGS][8];
        size_t count = random_set(kept[i], 0, &bits[i]);
        ok(arrays_bag_add(s,
                          &(arrays_bag_values){.flags = {(const bool[]){true}, NULL, 1},
                                               .labels = {(const char *const[]){"x"}, NULL, 1},
                                               .counts = ORM_VALUE({kept[i], NULL, count})},
                          &bags[i]));
    }
    ok(orm_session_commit(s));
    forget_statements();
    for (int round = 0; round < ROUNDS; round++) {
        size_t count = random_set(items, 0, &wanted), next = 0;
        const orm_int32_array array = {items, NULL, count};
        arrays_bag_list list;
        const orm_expr where[] = {orm_array_contains(ARRAYS_BAG.counts, array),
                                  orm_array_overlaps(ARRAYS_BAG.counts, array), orm_eq(ARRAYS_BAG.counts, array)};
        int verb = round % 3;
        const arrays_bag_query query = {.where = {where[verb]}, .order_by = {orm_asc(ARRAYS_BAG.id)}};
        if (on_sqlite() && verb < 2) {
            expect_status(ORM_UNSUPPORTED, arrays_bag_find(s, &query, &list));
            expect_statements("");
            continue;
        }
        ok(arrays_bag_find(s, &query, &list));
        forget_statements();
        for (int i = 0; i < BAGS; i++) {
            bool found = next < list.count && list.items[next] == bags[i];
            bool holds = verb == 0   ? (bits[i] & wanted) == wanted
                         : verb == 1 ? (bits[i] & wanted) != 0
                                     : bits[i] == wanted;
            next += found;
            ck_assert_msg(found == holds, "seed %llu: bag %d, operator %d", test_seed, i, verb);
        }
    }
}
END_TEST

START_TEST(json_is_looked_into)
{
    static const char *const names[] = {"x", "it's", "a.b", "{y}", "100%", "\\\\"};
    truth wanted[ROWS];
    int numbers[ROWS], name[ROWS];
    char text[160], value[32], what[64];
    begin_random();
    for (int r = 0; r < ROWS; r++) {
        kinds_optional_values values = {.id = ORM_VALUE(r + 1)};
        numbers[r] = pick(40) - 20;
        name[r] = pick(6);
        snprintf(text, sizeof text, "{\"a\": {\"n\": %d, \"list\": [1, %d]}, \"s\": \"%s\"%s}", numbers[r], numbers[r],
                 names[name[r]], numbers[r] % 2 ? ", \"k.k\": null" : "");
        char *kept = strdup(text);
        if (r % 8) {
            ORM_SET(values.docb, (orm_jsonb){kept});
            ORM_SET(values.doc, (orm_json){kept});
        }
        ok(kinds_optional_add(s, &values, NULL));
        free(kept);
    }
    commit_and_forget();
    forget_statements();
    for (int round = 0; round < ROUNDS; round++) {
        int n = pick(40) - 20, verb = round % 10, sought = pick(6);
        snprintf(value, sizeof value, "%d", n);
        const orm_jsonb number = {value};
        const char *spelt = sought == 5 ? "\\" : names[sought];
        const orm_expr where[] = {
            orm_json_eq(KINDS_OPTIONAL.docb, "a.n", number),
            orm_json_ne(KINDS_OPTIONAL.doc, "a.n", number),
            orm_json_lt(KINDS_OPTIONAL.docb, "a.list.1", number),
            orm_json_le(KINDS_OPTIONAL.docb, "{a,n}", number),
            orm_json_gt(KINDS_OPTIONAL.doc, "a.n", number),
            orm_json_ge(KINDS_OPTIONAL.docb, "a.list.-1", number),
            orm_json_text_eq(KINDS_OPTIONAL.docb, "s", spelt),
            orm_json_exists(KINDS_OPTIONAL.docb, "{k.k}"),
            orm_json_contains(KINDS_OPTIONAL.docb, "a.list", number),
            orm_json_text_like(KINDS_OPTIONAL.doc, "s", "%\\%"),
        };
        if (on_sqlite()) {
            kinds_optional_list list;
            expect_status(ORM_UNSUPPORTED,
                          kinds_optional_find(s, &(kinds_optional_query){.where = {where[verb]}}, &list));
            expect_statements("");
            continue;
        }
        for (int r = 0; r < ROWS; r++) {
            int m = numbers[r];
            const bool holds[] = {m == n,     m != n,           m<n, m <= n, m> n, m >= n, name[r] == sought,
                                  m % 2 != 0, n == 1 || m == n, name[r] == 4};
            wanted[r] = r % 8 == 0 ? UNKNOWN : holds[verb] ? YES : NO;
        }
        snprintf(what, sizeof what, "JSON operator %d with %d", verb, n);
        expect_rows(where[verb], wanted, what);
    }
}
END_TEST

Suite *suite_differential(void)
{
    Suite *suite = suite_create("differential");
    TCase *random = new_case(suite, "random");
    tcase_set_timeout(random, 60);
    tcase_add_test(random, every_operator_on_every_type);
    tcase_add_test(random, trees_of_conditions);
    tcase_add_test(random, every_type_is_ordered);
    tcase_add_test(random, texts_are_searched_as_they_are_written);
    tcase_add_test(random, conditions_on_related_rows);
    tcase_add_test(random, arrays_contain_and_overlap);
    tcase_add_test(random, json_is_looked_into);
    return suite;
}
