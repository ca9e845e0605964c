/* server.c -- what the database does by itself: server defaults, computed columns, versions, clocks, keys it makes.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

static const server_item *add_priced(const char *name, int64_t price, int32_t quantity)
{
    const server_item *item;
    ok(server_item_add(s, &(server_item_values){.name = name, .price = price, .quantity = ORM_VALUE(quantity)}, &item));
    return item;
}

START_TEST(server_defaults_and_computed_values_come_back_to_the_right_rows)
{
    enum { COUNT = 2500 };
    static const server_item *items[COUNT];
    char name[16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "n%d", i);
        items[i] = add_priced(name, i, 3);
    }
    ok(orm_session_flush(s));
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_eq(items[i]->total, 3 * i);
        expect_text(items[i]->label, "new");
        ck_assert_int_eq(items[i]->version, 1);
    }
}
END_TEST

START_TEST(a_single_row_gets_what_the_database_made)
{
    const server_item *item = add_priced("a", 7, 2);
    ok(orm_session_commit(s));
    ck_assert_int_eq(item->total, 14);
    expect_text(item->label, "new");
    server_item row;
    orm_result *result;
    ok(server_item_insert(c, &(server_item_values){.name = "b", .price = 5}, &row, &result));
    ck_assert_int_eq(row.total, 5);
    expect_text(row.label, "new");
    orm_result_free(result);
}
END_TEST

START_TEST(an_update_counts_the_version_sets_the_clock_and_computes_again)
{
    const server_item *item = add_priced("a", 7, 2);
    ok(orm_session_commit(s));
    int64_t before = item->changed_at.microseconds;
    ok(server_item_set_price(s, item, 10));
    ok(orm_session_commit(s));
    ck_assert_int_eq(item->version, 2);
    ck_assert_int_eq(item->total, 20);
    ck_assert_int_gt(item->changed_at.microseconds, before);
    ok(server_item_set_price(s, item, 11));
    ok(orm_session_commit(s));
    ck_assert_int_eq(item->version, 3);
    commit_and_forget();
    ok(server_item_one(s, NULL, &item));
    ck_assert_int_eq(item->version, 3);
    ck_assert_int_eq(item->total, 22);
}
END_TEST

START_TEST(many_updates_count_their_versions_in_one_statement)
{
    const server_item *items[3] = {add_priced("a", 1, 1), add_priced("b", 2, 1), add_priced("c", 3, 1)};
    ok(orm_session_commit(s));
    forget_statements();
    for (int i = 0; i < 3; i++)
        ok(server_item_set_price(s, items[i], 100 + i));
    ok(orm_session_commit(s));
    expect_statements("UPDATE goods 3, SELECT goods 3");
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(items[i]->version, 2);
        ck_assert_int_eq(items[i]->total, 100 + i);
    }
}
END_TEST

START_TEST(a_row_that_another_changed_is_stale)
{
    const server_item *item = add_priced("a", 1, 1), *other = add_priced("b", 1, 1);
    ok(orm_session_commit(s));
    run_sql("UPDATE goods SET version = version + 1 WHERE name = 'a'");
    ok(server_item_set_price(s, item, 2));
    ok(server_item_set_price(s, other, 2));
    expect_status(ORM_STALE, orm_session_commit(s));
    expect_text(orm_session_error(s)->table, "goods");
    ok(orm_session_rollback(s));
    ok(orm_session_refresh(s, item));
    ck_assert_int_eq(item->version, 2);
    ok(server_item_delete(s, item));
    run_sql("UPDATE goods SET version = version + 1 WHERE name = 'a'");
    expect_status(ORM_STALE, orm_session_commit(s));
}
END_TEST

static const server_locker *add_locker(int32_t number, const server_locker *parent)
{
    const server_locker *locker;
    ok(server_locker_add(s, &(server_locker_values){.number = ORM_VALUE(number), .parent = parent}, &locker));
    return locker;
}

START_TEST(versions_are_counted_where_unique_values_are_swapped)
{
    const server_locker *one = add_locker(1, NULL), *two = add_locker(2, NULL);
    ok(orm_session_commit(s));
    ok(server_locker_set_number(s, one, (orm_opt_int32){true, 2}));
    ok(server_locker_set_number(s, two, (orm_opt_int32){true, 1}));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("UPDATE lockers 1, UPDATE lockers 1, UPDATE lockers 1");
    int64_t id = one->id, other = two->id;
    int32_t sum = one->version + two->version;
    commit_and_forget();
    ok(server_locker_get(s, id, &one));
    ok(server_locker_get(s, other, &two));
    ck_assert_int_eq(one->number.value, 2);
    ck_assert_int_eq(two->number.value, 1);
    ck_assert_int_eq(one->version + two->version, sum);
}
END_TEST

START_TEST(a_deleted_row_gives_up_its_unique_value_before_one_that_refers_to_it_takes_it)
{
    const server_locker *parent = add_locker(1, NULL), *child = add_locker(2, parent);
    ok(orm_session_commit(s));
    ok(server_locker_delete(s, parent));
    ok(server_locker_set_number(s, child, (orm_opt_int32){true, 1}));
    if (_i) {
        ok(orm_session_flush(s));
        ok(orm_session_rollback(s));
        ck_assert_int_eq(orm_session_state(s, parent), ORM_PERSISTENT);
        ok(orm_session_refresh(s, parent));
        ck_assert_int_eq(parent->version, 1);
        ck_assert_int_eq(parent->number.value, 1);
        return;
    }
    ok(orm_session_commit(s));
    ck_assert(!child->parent_id.has);
    int64_t id = child->id;
    commit_and_forget();
    ok(server_locker_get(s, id, &child));
    ck_assert_int_eq(child->number.value, 1);
    ck_assert(!child->parent_id.has);
}
END_TEST

START_TEST(a_row_with_a_version_may_change_its_key)
{
    const server_locker *locker = add_locker(1, NULL), *found;
    ok(orm_session_commit(s));
    ok(server_locker_set_number(s, locker, (orm_opt_int32){true, 2}));
    ok(orm_session_commit(s));
    int64_t id = locker->id + 1000;
    ok(server_locker_set_id(s, locker, id));
    ok(orm_session_commit(s));
    ck_assert_int_eq(locker->version, 3);
    ok(server_locker_delete(s, locker));
    ok(orm_session_rollback(s));
    commit_and_forget();
    ok(server_locker_get(s, id, &found));
    ck_assert_int_eq(found->version, 3);
}
END_TEST

START_TEST(a_bulk_update_counts_versions_too)
{
    const server_item *item = add_priced("a", 1, 1);
    size_t count;
    ok(orm_session_commit(s));
    ok(server_item_update_where(c, ORM_EVERY_ROW, &(server_item_changes){.price = ORM_VALUE(5)}, &count));
    ck_assert_uint_eq(count, 1);
    ok(orm_session_refresh(s, item));
    ck_assert_int_eq(item->version, 2);
    ck_assert_int_eq(item->total, 5);
}
END_TEST

START_TEST(a_key_that_a_server_default_makes_comes_back)
{
    const server_ticket *one, *two, *found;
    ok(server_ticket_add(s, &(server_ticket_values){.note = "one"}, &one));
    ok(server_ticket_add(s, &(server_ticket_values){.note = "two"}, &two));
    ok(orm_session_commit(s));
    ck_assert_mem_ne(&one->id, &two->id, sizeof one->id);
    commit_and_forget();
    ok(server_ticket_first(s, &(server_ticket_query){.where = {orm_eq(SERVER_TICKET.note, "two")}}, &found));
    expect_text(found->note, "two");
}
END_TEST

START_TEST(a_uuid_key_that_nobody_gives_is_of_version_7)
{
    const server_tag *tag;
    ok(server_tag_add(s, &(server_tag_values){.word = "w"}, &tag));
    ck_assert_int_eq(tag->id.bytes[6] >> 4, 7);
    ck_assert_int_eq(tag->id.bytes[8] >> 6, 2);
    ok(orm_session_commit(s));
}
END_TEST

Suite *suite_server(void)
{
    Suite *suite = suite_create("server");
    TCase *tests = new_case(suite, "server");
    tcase_add_test(tests, server_defaults_and_computed_values_come_back_to_the_right_rows);
    tcase_add_test(tests, a_single_row_gets_what_the_database_made);
    tcase_add_test(tests, an_update_counts_the_version_sets_the_clock_and_computes_again);
    tcase_add_test(tests, many_updates_count_their_versions_in_one_statement);
    tcase_add_test(tests, a_row_that_another_changed_is_stale);
    tcase_add_test(tests, versions_are_counted_where_unique_values_are_swapped);
    tcase_add_loop_test(tests, a_deleted_row_gives_up_its_unique_value_before_one_that_refers_to_it_takes_it, 0, 2);
    tcase_add_test(tests, a_row_with_a_version_may_change_its_key);
    tcase_add_test(tests, a_bulk_update_counts_versions_too);
    tcase_add_test(tests, a_key_that_a_server_default_makes_comes_back);
    tcase_add_test(tests, a_uuid_key_that_nobody_gives_is_of_version_7);
    return suite;
}
