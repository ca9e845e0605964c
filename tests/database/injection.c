/* injection.c -- what comes from outside stays a value, and names stay names, whatever stands in them.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

static const char *const attacks[] = {
    "' OR '1'='1",
    "'; DROP TABLE post; --",
    "\" OR 1=1 --",
    "%",
    "_%",
    "\\",
    "\\' OR 1=1 --",
    "!%",
    "x') OR ('1'='1",
    "$1",
    "?1",
    ":name",
    "%s%n",
    "/*",
    "\n; DELETE FROM authors; --",
    "\xc2\xa5' OR 1=1",
    "NULL",
    "{a,b}",
    "a.b'); DROP TABLE post; --",
    "{\"a\"}', '.'); DROP TABLE post; --",
};
enum { ATTACKS = sizeof attacks / sizeof *attacks };

static void store(void)
{
    for (size_t i = 0; i < ATTACKS; i++)
        ok(kinds_optional_add(s,
                              &(kinds_optional_values){.id = ORM_VALUE((int64_t)i + 1),
                                                       .label = ORM_VALUE(attacks[i]),
                                                       .docb = ORM_VALUE({"{\"a\": \"b\"}"})},
                              NULL));
    ok(kinds_optional_add(s, &(kinds_optional_values){.id = ORM_VALUE(INT64_C(100)), .label = ORM_VALUE("plain")},
                          NULL));
    commit_and_forget();
}

static size_t count_of(orm_expr where)
{
    size_t count;
    ok(kinds_optional_count(s, &(kinds_optional_query){.where = {where}}, &count));
    return count;
}

static size_t holding(const char *part, bool at_start, bool at_end)
{
    size_t count = 0, size = strlen(part);
    for (size_t i = 0; i <= ATTACKS; i++) {
        const char *text = i < ATTACKS ? attacks[i] : "plain";
        size_t length = strlen(text);
        count += at_start ? strncmp(text, part, size) == 0
                 : at_end ? length >= size && strcmp(text + length - size, part) == 0
                          : strstr(text, part) != NULL;
    }
    return count;
}

START_TEST(a_value_is_found_by_itself_alone)
{
    const char *attack = attacks[_i];
    kinds_optional_list list;
    store();
    ok(kinds_optional_find(s, &(kinds_optional_query){.where = {orm_eq(KINDS_OPTIONAL.label, attack)}}, &list));
    ck_assert_uint_eq(list.count, 1);
    ck_assert_int_eq(list.items[0]->id, _i + 1);
    ck_assert_uint_eq(count_of(orm_in(KINDS_OPTIONAL.label, &attack, 1)), 1);
    ck_assert_uint_eq(count_of(orm_not_in(KINDS_OPTIONAL.label, &attack, 1)), ATTACKS);
    ck_assert_uint_eq(count_of(orm_between(KINDS_OPTIONAL.label, attack, attack)), 1);
    ck_assert_uint_eq(count_of(orm_starts_with(KINDS_OPTIONAL.label, attack)), holding(attack, true, false));
    ck_assert_uint_eq(count_of(orm_ends_with(KINDS_OPTIONAL.label, attack)), holding(attack, false, true));
    ck_assert_uint_eq(count_of(orm_contains(KINDS_OPTIONAL.label, attack)), holding(attack, false, false));
}
END_TEST

/* A pattern may be no pattern (an escape that escapes nothing): then it is refused, and nothing else happens. */
START_TEST(a_pattern_stays_a_pattern)
{
    kinds_optional_list list;
    size_t count;
    store();
    orm_status status = kinds_optional_find(
        s, &(kinds_optional_query){.where = {orm_like(KINDS_OPTIONAL.label, attacks[_i])}}, &list);
    ck_assert(status == ORM_OK || status == ORM_DATABASE);
    ok(orm_session_rollback(s));
    status = kinds_optional_find(s, &(kinds_optional_query){.where = {orm_ilike(KINDS_OPTIONAL.label, attacks[_i])}},
                                 &list);
    ck_assert(status == ORM_OK || status == ORM_DATABASE);
    ok(orm_session_rollback(s));
    ok(blog_post_count(s, NULL, &count));
    ck_assert_uint_eq(count_of(ORM_NO_CONDITION), ATTACKS + 1);
}
END_TEST

START_TEST(a_path_into_json_stays_a_path)
{
    kinds_optional_list list;
    size_t count;
    store();
    orm_expr where = orm_json_exists(KINDS_OPTIONAL.docb, attacks[_i]);
    orm_status status = kinds_optional_find(s, &(kinds_optional_query){.where = {where}}, &list);
    ck_assert(on_sqlite() ? status == ORM_UNSUPPORTED : status == ORM_OK || status == ORM_DATABASE);
    ck_assert_uint_eq(list.count, 0);
    ok(orm_session_rollback(s));
    if (!on_sqlite())
        ck_assert_uint_eq(count_of(orm_json_text_eq(KINDS_OPTIONAL.docb, "a", attacks[_i])), 0);
    ok(blog_post_count(s, NULL, &count));
}
END_TEST

START_TEST(values_that_are_written_come_back_as_they_are)
{
    const kinds_optional *row;
    kinds_optional_list list;
    size_t count;
    store();
    ok(kinds_optional_update_where(c, orm_eq(KINDS_OPTIONAL.label, "plain"),
                                   &(kinds_optional_changes){.label = ORM_VALUE(attacks[_i])}, &count));
    ck_assert_uint_eq(count, 1);
    ok(kinds_optional_get(s, 100, &row));
    expect_text(row->label, attacks[_i]);
    ok(kinds_optional_find(
        s,
        &(kinds_optional_query){
            .order_by = {orm_asc(KINDS_OPTIONAL.label), orm_asc(KINDS_OPTIONAL.id)}, .after = row, .limit = 3},
        &list));
    ok(kinds_optional_delete_where(c, orm_eq(KINDS_OPTIONAL.label, attacks[_i]), &count));
    ck_assert_uint_eq(count, 2);
    ok(blog_post_count(s, NULL, &count));
}
END_TEST

START_TEST(names_stay_names)
{
    const server_odd *root, *child;
    server_odd_list list;
    server_odd row;
    orm_result *result;
    size_t count;
    ok(server_odd_add(s, &(server_odd_values){.x = ORM_VALUE("root"), .y = ORM_VALUE(1)}, &root));
    ok(server_odd_add(
        s, &(server_odd_values){.x = ORM_VALUE("child"), .y = ORM_VALUE(2), .z = ORM_VALUE({"1.5"}), .parent = root},
        &child));
    commit_and_forget();
    orm_expr here = orm_and(orm_has(SERVER_ODD.parent, orm_starts_with(SERVER_ODD.x, "r")),
                            orm_ge(SERVER_ODD.z, ((orm_decimal){"1"})), orm_ne_column(SERVER_ODD.x, SERVER_ODD.x));
    ok(server_odd_count(s, &(server_odd_query){.where = {here}}, &count));
    ck_assert_uint_eq(count, 0);
    ok(server_odd_find(
        s,
        &(server_odd_query){.where = {orm_has(SERVER_ODD.parent, orm_in(SERVER_ODD.y, ((const int32_t[]){1}), 1))},
                            .order_by = {orm_via(orm_asc(SERVER_ODD.x), SERVER_ODD.parent), orm_desc(SERVER_ODD.z)},
                            .load = {orm_load(SERVER_ODD.parent, .load = {orm_load(SERVER_ODD.children, .limit = 1)})}},
        &list));
    ck_assert_uint_eq(list.count, 1);
    ok(server_odd_update_where(c, orm_any(SERVER_ODD.children, ORM_NO_CONDITION),
                               &(server_odd_changes){.y = ORM_PLUS(SERVER_ODD.y, 5), .z = ORM_NULL}, &count));
    ck_assert_uint_eq(count, 1);
    ok(server_odd_upsert(c, &(server_odd_values){.id = ORM_VALUE(list.items[0]->id), .x = ORM_VALUE("again")}, NULL,
                         &row, &result));
    expect_text(row.x, "again");
    orm_result_free(result);
    ok(blog_post_count(s, NULL, &count));
}
END_TEST

START_TEST(a_million_values_are_one_parameter)
{
    enum { MILLION = 1000000 };
    int64_t *items = malloc(MILLION * sizeof *items);
    store();
    forget_statements();
    for (int64_t i = 0; i < MILLION; i++)
        items[i] = i + 5;
    ck_assert_uint_eq(count_of(orm_in(KINDS_OPTIONAL.id, items, MILLION)), ATTACKS - 4 + 1);
    ck_assert_uint_eq(count_of(orm_not_in(KINDS_OPTIONAL.id, items, MILLION)), 4);
    expect_statements("SELECT optional 1, SELECT optional 1");
    free(items);
}
END_TEST

Suite *suite_injection(void)
{
    Suite *suite = suite_create("injection");
    TCase *tries = new_case(suite, "tries");
    tcase_set_timeout(tries, 60);
    tcase_add_loop_test(tries, a_value_is_found_by_itself_alone, 0, ATTACKS);
    tcase_add_loop_test(tries, a_pattern_stays_a_pattern, 0, ATTACKS);
    tcase_add_loop_test(tries, a_path_into_json_stays_a_path, 0, ATTACKS);
    tcase_add_loop_test(tries, values_that_are_written_come_back_as_they_are, 0, ATTACKS);
    tcase_add_test(tries, names_stay_names);
    tcase_add_test(tries, a_million_values_are_one_parameter);
    return suite;
}
