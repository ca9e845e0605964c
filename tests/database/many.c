/* many.c -- many-to-many relations, through a model that was made for it and one that was declared.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

static size_t count_items(const server_tag *tag)
{
    server_item_list list;
    ok(server_tag_get_items(s, tag, &list));
    return list.count;
}

/* Three items; the first two have both tags, the third none. */
static void store(void)
{
    const server_item *items[] = {add_item("a"), add_item("b"), add_item("c")};
    const server_tag *tags[] = {add_tag("y"), add_tag("x")};
    for (int i = 0; i < 2; i++)
        for (int t = 0; t < 2; t++)
            ok(server_item_add_to_tags(s, items[i], tags[t]));
    commit_and_forget();
    forget_statements();
}

START_TEST(both_sides_agree_before_any_flush)
{
    const server_item *item = add_item("a");
    const server_tag *tag = add_tag("x");
    ok(server_item_add_to_tags(s, item, tag));
    ok(server_item_add_to_tags(s, item, tag));
    ck_assert_uint_eq(count_tags(item), 1);
    ck_assert_uint_eq(count_items(tag), 1);
    forget_statements();
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_tags(item), 1);
}
END_TEST

/* The pair may be written, pending, or written, removed and pending again; with a flush between or without. */
START_TEST(a_pair_with_a_row_that_takes_the_key_of_a_deleted_one_stays_a_pair)
{
    const server_item *item = add_item("a");
    const server_tag *old = add_tag("x"), *new;
    bool written = _i & 1, again = _i & 2, between = _i & 4;
    if (written) {
        ok(server_item_add_to_tags(s, item, old));
        ok(orm_session_commit(s));
    } else {
        ok(orm_session_commit(s));
        ok(server_item_add_to_tags(s, item, old));
    }
    if (again) {
        ok(server_item_remove_from_tags(s, item, old));
        ok(server_item_add_to_tags(s, item, old));
    }
    orm_uuid id = old->id;
    ok(server_tag_delete(s, old));
    if (between)
        ok(orm_session_flush(s));
    ok(server_tag_add(s, &(server_tag_values){.id = id, .word = "new"}, &new));
    ok(server_item_add_to_tags(s, item, new));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_tags(item), 1);
    commit_and_forget();
    ok(server_item_one(s, NULL, &item));
    server_tag_list tags;
    ok(server_item_get_tags(s, item, &tags));
    ck_assert_uint_eq(tags.count, 1);
    expect_text(tags.items[0]->word, "new");
}
END_TEST

START_TEST(pairs_are_inserted_by_one_statement)
{
    const server_item *item = add_item("a");
    char word[16];
    for (int i = 0; i < 20; i++) {
        snprintf(word, sizeof word, "w%02d", i);
        ok(server_item_add_to_tags(s, item, add_tag(word)));
    }
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements(on_sqlite() ? "INSERT goods 1, SELECT goods 1, INSERT words 20, INSERT item_tag 20"
                                  : "INSERT goods 1, INSERT words 20, INSERT item_tag 20");
}
END_TEST

START_TEST(a_lazy_load_brings_the_tags_of_all_items_by_one_statement_in_order)
{
    store();
    server_item_list items;
    ok(server_item_find(s, &(server_item_query){.order_by = {orm_asc(SERVER_ITEM.name)}}, &items));
    server_tag_list tags;
    ok(server_item_get_tags(s, items.items[0], &tags));
    ck_assert_uint_eq(tags.count, 2);
    expect_text(tags.items[0]->word, "x");
    expect_text(tags.items[1]->word, "y");
    ck_assert_uint_eq(count_tags(items.items[1]), 2);
    ck_assert_uint_eq(count_tags(items.items[2]), 0);
    expect_statements("SELECT goods 3, SELECT words 4");
}
END_TEST

START_TEST(an_eager_load_with_a_limit_gives_each_its_first)
{
    store();
    server_item_list items;
    server_tag_list tags;
    ok(server_item_find(
        s,
        &(server_item_query){.order_by = {orm_asc(SERVER_ITEM.name)}, .load = {orm_load(SERVER_ITEM.tags, .limit = 1)}},
        &items));
    for (size_t i = 0; i < 2; i++) {
        ok(server_item_get_tags(s, items.items[i], &tags));
        ck_assert_uint_eq(tags.count, 1);
        ck_assert(tags.partial);
        expect_text(tags.items[0]->word, "x");
    }
    expect_statements("SELECT goods 3, SELECT words 2");
}
END_TEST

START_TEST(a_pair_is_removed_by_one_delete_without_asking)
{
    store();
    const server_item *item;
    const server_tag *tag;
    ok(server_item_one(s, &(server_item_query){.where = {orm_eq(SERVER_ITEM.name, "a")}}, &item));
    ok(server_tag_one(s, &(server_tag_query){.where = {orm_eq(SERVER_TAG.word, "x")}}, &tag));
    forget_statements();
    ok(server_item_remove_from_tags(s, item, tag));
    ok(orm_session_commit(s));
    expect_statements("DELETE item_tag 1");
    ck_assert_uint_eq(count_tags(item), 1);
    ck_assert_uint_eq(count_items(tag), 1);
}
END_TEST

START_TEST(what_is_added_and_removed_before_a_flush_sends_nothing)
{
    store();
    const server_item *item;
    ok(server_item_one(s, &(server_item_query){.where = {orm_eq(SERVER_ITEM.name, "c")}}, &item));
    const server_tag *tag;
    ok(server_tag_one(s, &(server_tag_query){.where = {orm_eq(SERVER_TAG.word, "x")}}, &tag));
    forget_statements();
    ok(server_item_add_to_tags(s, item, tag));
    ok(server_item_remove_from_tags(s, item, tag));
    ok(orm_session_flush(s));
    expect_statements("");
}
END_TEST

START_TEST(a_rollback_undoes_pairs_on_both_sides)
{
    store();
    const server_item *item;
    const server_tag *tag;
    ok(server_item_one(s, &(server_item_query){.where = {orm_eq(SERVER_ITEM.name, "c")}}, &item));
    ok(server_tag_one(s, &(server_tag_query){.where = {orm_eq(SERVER_TAG.word, "x")}}, &tag));
    ok(server_item_add_to_tags(s, item, tag));
    ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    ck_assert_uint_eq(count_tags(item), 0);
    ck_assert_uint_eq(count_items(tag), 2);
}
END_TEST

START_TEST(a_deleted_tag_is_in_no_collection)
{
    store();
    const server_item *item;
    const server_tag *tag;
    ok(server_item_one(s, &(server_item_query){.where = {orm_eq(SERVER_ITEM.name, "a")}}, &item));
    ok(server_tag_one(s, &(server_tag_query){.where = {orm_eq(SERVER_TAG.word, "x")}}, &tag));
    ck_assert_uint_eq(count_tags(item), 2);
    ok(server_tag_delete(s, tag));
    ck_assert_uint_eq(count_tags(item), 1);
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_tags(item), 1);
}
END_TEST

START_TEST(a_declared_model_between_keeps_its_own_columns)
{
    const server_item *item = add_item("a");
    const server_crate *crate;
    ok(server_crate_add(s, &(server_crate_values){.code = "k"}, &crate));
    ok(server_item_add_to_crates(s, item, crate));
    ok(orm_session_commit(s));
    server_packing_list packings;
    ok(server_crate_get_packings(s, crate, &packings));
    ck_assert_uint_eq(packings.count, 1);
    ck_assert_int_eq(packings.items[0]->pieces, 1);
    ok(server_item_remove_from_crates(s, item, crate));
    ok(orm_session_commit(s));
    size_t count;
    ok(server_packing_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
    expect_status(ORM_MISUSE, server_item_remove_from_crates(s, item, crate));
    orm_session_clear_error(s);
}
END_TEST

START_TEST(a_pair_that_is_pending_goes_with_either_of_its_ends)
{
    const server_item *item = add_item("a");
    const server_tag *tag = add_tag("x");
    if (_i > 1)
        ok(orm_session_commit(s));
    ok(server_item_add_to_tags(s, item, tag));
    if (_i % 2)
        ok(server_item_delete(s, item));
    else
        ok(server_tag_delete(s, tag));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(_i % 2 ? count_items(tag) : count_tags(item), 0);
}
END_TEST

Suite *suite_many(void)
{
    Suite *suite = suite_create("many");
    TCase *tests = new_case(suite, "many");
    tcase_add_test(tests, both_sides_agree_before_any_flush);
    tcase_add_loop_test(tests, a_pair_with_a_row_that_takes_the_key_of_a_deleted_one_stays_a_pair, 0, 8);
    tcase_add_test(tests, pairs_are_inserted_by_one_statement);
    tcase_add_test(tests, a_lazy_load_brings_the_tags_of_all_items_by_one_statement_in_order);
    tcase_add_test(tests, an_eager_load_with_a_limit_gives_each_its_first);
    tcase_add_test(tests, a_pair_is_removed_by_one_delete_without_asking);
    tcase_add_test(tests, what_is_added_and_removed_before_a_flush_sends_nothing);
    tcase_add_test(tests, a_rollback_undoes_pairs_on_both_sides);
    tcase_add_test(tests, a_deleted_tag_is_in_no_collection);
    tcase_add_test(tests, a_declared_model_between_keeps_its_own_columns);
    tcase_add_loop_test(tests, a_pair_that_is_pending_goes_with_either_of_its_ends, 0, 4);
    return suite;
}
