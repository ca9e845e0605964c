/* checklist.c -- the areas that SQLAlchemy's own tests go through, where the other files of this folder do not: natural
 * keys, identity, expiry, cascades, many to many, versions, enums. Each case looks at rows, entities and what was sent.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

static size_t rows_where(const char *table_and_condition)
{
    char sql[256];
    size_t rows;
    snprintf(sql, sizeof sql, "UPDATE %s", table_and_condition);
    ok(orm_connection_execute(c, sql, NULL, &rows));
    return rows;
}

static void forget_all(void)
{
    orm_session_clear(s);
    forget_statements();
}

/* --- natural keys ------------------------------------------------------------------------------------------------- */

static const shapes_country *add_country(const char *code)
{
    const shapes_country *country;
    ok(shapes_country_add(s, &(shapes_country_values){.code = code, .name = code}, &country));
    return country;
}

static const shapes_city *add_city(const shapes_country *country, const char *name)
{
    const shapes_city *city;
    ok(shapes_city_add(s, &(shapes_city_values){.name = name, .country = country}, &city));
    return city;
}

START_TEST(a_natural_key_that_nothing_refers_to_changes_by_one_update)
{
    const shapes_country *de = add_country("de"), *found;
    ok(orm_session_commit(s));
    forget_statements();
    ok(shapes_country_set_code(s, de, "at"));
    ok(shapes_country_set_name(s, de, "Austria"));
    ok(orm_session_commit(s));
    expect_statements("UPDATE country 1");
    ok(shapes_country_get(s, "at", &found));
    ck_assert_ptr_eq(found, de);
    expect_statements("");
    expect_status(ORM_NOT_FOUND, shapes_country_get(s, "de", &found));
    ck_assert_uint_eq(rows_where("country SET name = name WHERE code = 'at' AND name = 'Austria'"), 1);
}
END_TEST

START_TEST(a_natural_key_that_rows_refer_to_is_refused_and_returns)
{
    const shapes_country *de = add_country("de"), *found;
    const shapes_city *ulm = add_city(de, "Ulm");
    ok(orm_session_commit(s));
    ok(shapes_country_set_code(s, de, "at"));
    forget_statements();
    expect_status(ORM_CONSTRAINT, orm_session_commit(s));
    expect_text(orm_session_error(s)->sqlstate, "23503");
    expect_statements("");
    ok(orm_session_rollback(s));
    expect_text(de->code, "de");
    ok(shapes_country_get(s, "de", &found));
    ck_assert_ptr_eq(found, de);
    const shapes_country *owner;
    ok(shapes_city_get_country(s, ulm, &owner));
    ck_assert_ptr_eq(owner, de);
    ck_assert_int_eq(orm_session_state(s, de), ORM_PERSISTENT);
}
END_TEST

START_TEST(part_of_a_composite_key_changes_and_what_refers_to_it_follows_by_hand)
{
    const shapes_country *de = add_country("de");
    const shapes_city *ulm = add_city(de, "Ulm"), *found;
    ok(orm_session_commit(s));
    forget_statements();
    ok(shapes_city_set_name(s, ulm, "Neu-Ulm"));
    ok(shapes_city_set_people(s, ulm, (orm_opt_int32){true, 58000}));
    ok(orm_session_commit(s));
    expect_statements("UPDATE city 1");
    ok(shapes_city_get(s, "de", "Neu-Ulm", &found));
    ck_assert_ptr_eq(found, ulm);
    expect_statements("");
    const shapes_street *street;
    ok(shapes_street_add(s, &(shapes_street_values){.name = "Hauptstrasse", .city = ulm}, &street));
    ok(orm_session_commit(s));
    expect_text(street->city_name, "Neu-Ulm");
    ck_assert_uint_eq(rows_where("street SET name = name WHERE city_name = 'Neu-Ulm' AND city_country = 'de'"), 1);
}
END_TEST

START_TEST(many_natural_keys_change_by_one_update)
{
    enum { COUNT = 300 };
    const shapes_country *countries[COUNT], *found;
    char code[8];
    for (int i = 0; i < COUNT; i++) {
        snprintf(code, sizeof code, "%c%c", 'a' + i / 26, 'a' + i % 26);
        countries[i] = add_country(code);
    }
    ok(orm_session_commit(s));
    forget_statements();
    for (int i = 0; i < COUNT; i++) {
        snprintf(code, sizeof code, "%c%c", 'A' + i / 26, 'A' + i % 26);
        ok(shapes_country_set_code(s, countries[i], code));
    }
    ok(orm_session_commit(s));
    expect_statements("UPDATE country 300");
    for (int i = 0; i < COUNT; i += 37) {
        snprintf(code, sizeof code, "%c%c", 'A' + i / 26, 'A' + i % 26);
        ok(shapes_country_get(s, code, &found));
        ck_assert_ptr_eq(found, countries[i]);
    }
    expect_statements("");
}
END_TEST

START_TEST(two_keys_that_are_swapped_are_refused_before_anything_is_sent)
{
    const shapes_country *de = add_country("de"), *at = add_country("at");
    ok(orm_session_commit(s));
    forget_statements();
    ok(shapes_country_set_code(s, de, "at"));
    ok(shapes_country_set_code(s, at, "de"));
    expect_status(ORM_CONFLICT, orm_session_flush(s));
    expect_nothing_sent();
    expect_said(orm_session_error(s)->message, "country");
    ok(orm_session_rollback(s));
    expect_text(de->code, "de");
    expect_text(at->code, "at");
    ok(orm_session_flush(s));
}
END_TEST

START_TEST(a_key_is_taken_over_from_a_row_that_is_deleted)
{
    const shapes_country *de = add_country("de"), *at = add_country("at"), *found;
    ok(orm_session_commit(s));
    forget_statements();
    ok(shapes_country_delete(s, de));
    ok(shapes_country_set_code(s, at, "de"));
    ok(orm_session_commit(s));
    expect_statements("DELETE country 1, UPDATE country 1");
    ok(shapes_country_get(s, "de", &found));
    ck_assert_ptr_eq(found, at);
    ck_assert_int_eq(orm_session_state(s, de), ORM_DETACHED);
    expect_text(found->name, "at");
}
END_TEST

START_TEST(a_key_change_is_undone_by_its_savepoint)
{
    const shapes_country *de = add_country("de"), *found;
    ok(orm_session_flush(s));
    ok(orm_session_begin_nested(s));
    ok(shapes_country_set_code(s, de, "at"));
    ok(orm_session_flush(s));
    ok(orm_session_rollback_nested(s));
    expect_text(de->code, "de");
    ok(shapes_country_get(s, "de", &found));
    ck_assert_ptr_eq(found, de);
    expect_status(ORM_NOT_FOUND, shapes_country_get(s, "at", &found));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(rows_where("country SET name = name WHERE code = 'de'"), 1);
}
END_TEST

/* --- identity ----------------------------------------------------------------------------------------------------- */

START_TEST(an_expunged_row_is_found_as_another_entity)
{
    const blog_author *ada = add_author("ada"), *again;
    ok(orm_session_commit(s));
    ok(orm_session_expunge(s, ada));
    forget_statements();
    ok(blog_author_get(s, ada->id, &again));
    ck_assert_ptr_ne(again, ada);
    expect_statements("SELECT authors 1");
    ck_assert(!orm_session_contains(s, ada) && orm_session_contains(s, again));
    expect_text(ada->name, "ada");
    expect_status(ORM_MISUSE, blog_author_set_name(s, ada, "x"));
    orm_session_clear_error(s);
    ok(blog_author_set_name(s, again, "y"));
    ok(orm_session_commit(s));
    expect_statements("UPDATE authors 1");
}
END_TEST

START_TEST(expunging_what_is_pending_sends_nothing)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_expunge(s, ada));
    forget_statements();
    ok(orm_session_commit(s));
    expect_nothing_sent();
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DETACHED);
}
END_TEST

START_TEST(a_row_deleted_and_committed_is_detached_and_cannot_be_changed)
{
    const blog_author *ada = add_author("ada"), *found;
    ok(orm_session_commit(s));
    int64_t id = ada->id;
    ok(blog_author_delete(s, ada));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DELETED);
    ok(orm_session_flush(s));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DELETED);
    ck_assert(!orm_session_contains(s, ada));
    ok(orm_session_commit(s));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DETACHED);
    expect_status(ORM_MISUSE, blog_author_set_name(s, ada, "x"));
    orm_session_clear_error(s);
    expect_status(ORM_NOT_FOUND, blog_author_get(s, id, &found));
}
END_TEST

START_TEST(a_merge_of_a_row_of_another_session_is_one_update)
{
    const blog_author *ada = add_author("ada"), *theirs, *merged;
    ok(orm_session_commit(s));
    orm_session *other = open_session((orm_session_factory){0});
    ok(blog_author_get(other, ada->id, &theirs));
    ok(blog_author_set_bio(other, theirs, "written over there"));
    forget_statements();
    ok(blog_author_merge(s, theirs, &merged));
    ck_assert_ptr_eq(merged, ada);
    expect_statements("");
    expect_text(ada->bio, "written over there");
    ck_assert(orm_session_is_modified(s, ada));
    orm_session_close(other);
    ok(orm_session_commit(s));
    expect_statements("UPDATE authors 1");
    expect_text(ada->bio, "written over there");
}
END_TEST

/* --- expiry ------------------------------------------------------------------------------------------------------- */

START_TEST(a_value_set_on_an_expired_entity_outlives_its_get)
{
    const blog_author *ada = add_author("ada"), *found;
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET bio = 'theirs', name = 'their name'");
    ok(orm_session_expire(s, ada));
    ok(blog_author_set_name(s, ada, "mine"));
    forget_statements();
    ok(blog_author_get(s, ada->id, &found));
    expect_statements("SELECT authors 1");
    ck_assert_ptr_eq(found, ada);
    expect_text(ada->name, "mine");
    expect_text(ada->bio, "theirs");
    ck_assert(orm_session_is_modified(s, ada));
    ok(orm_session_commit(s));
    expect_statements("UPDATE authors 1");
    ck_assert_uint_eq(rows_where("authors SET id = id WHERE name = 'mine' AND bio = 'theirs'"), 1);
}
END_TEST

START_TEST(a_value_set_on_an_expired_entity_is_flushed_before_a_find)
{
    const blog_author *ada = add_author("ada");
    blog_author_list found;
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET bio = 'theirs'");
    ok(orm_session_expire(s, ada));
    ok(blog_author_set_name(s, ada, "mine"));
    forget_statements();
    ok(blog_author_find(s, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.name, "mine")}}, &found));
    expect_statements("UPDATE authors 1, SELECT authors 1");
    ck_assert_uint_eq(found.count, 1);
    expect_text(ada->name, "mine");
    expect_text(ada->bio, "theirs");
}
END_TEST

START_TEST(a_refresh_loses_what_was_set_on_an_expired_entity)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    ok(orm_session_expire(s, ada));
    ok(blog_author_set_name(s, ada, "mine"));
    forget_statements();
    ok(orm_session_refresh(s, ada));
    expect_statements("SELECT authors 1");
    expect_text(ada->name, "ada");
    ck_assert(!orm_session_is_modified(s, ada));
    ok(orm_session_commit(s));
    expect_statements("");
}
END_TEST

START_TEST(the_value_an_expired_entity_had_is_no_change_and_another_is)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET name = 'theirs'");
    ok(orm_session_expire(s, ada));
    forget_statements();
    ok(blog_author_set_name(s, ada, "mine"));
    ok(orm_session_commit(s));
    expect_statements("UPDATE authors 1");
    ck_assert_uint_eq(rows_where("authors SET id = id WHERE name = 'mine'"), 1);
}
END_TEST

START_TEST(an_expired_entity_whose_row_is_gone_is_not_found_and_its_update_is_stale)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob"), *found;
    ok(orm_session_commit(s));
    run_sql("DELETE FROM authors");
    ok(orm_session_expire(s, ada));
    expect_status(ORM_NOT_FOUND, blog_author_get(s, ada->id, &found));
    ck_assert_ptr_null(found);
    ok(orm_session_rollback(s));
    ok(blog_author_set_name(s, bob, "x"));
    expect_status(ORM_STALE, orm_session_commit(s));
    expect_text(orm_session_error(s)->table, "authors");
}
END_TEST

START_TEST(after_a_commit_that_expires_all_is_read_anew_by_one_find)
{
    reopen_session((orm_session_factory){.expire_on_commit = true});
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "p");
    blog_author_list found;
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET bio = name");
    expect_text(ada->bio, NULL);
    forget_statements();
    ok(blog_author_find(s, NULL, &found));
    expect_statements("SELECT authors 2");
    expect_text(ada->bio, "ada");
    expect_text(bob->bio, "bob");
    const blog_author *author;
    ok(blog_post_get_author(s, post, &author));
    ck_assert_ptr_eq(author, ada);
    expect_statements("SELECT post 1");
}
END_TEST

/* --- autoflush off ------------------------------------------------------------------------------------------------ */

START_TEST(without_autoflush_a_lazy_load_flushes_nothing_and_a_commit_all)
{
    store_blog(2, 1);
    reopen_session((orm_session_factory){.no_autoflush = true});
    blog_post_list posts;
    const blog_author *author;
    ok(blog_post_find(s, NULL, &posts));
    ok(blog_post_set_views(s, posts.items[0], 9));
    add_author("new");
    forget_statements();
    ok(blog_post_get_author(s, posts.items[0], &author));
    size_t count;
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 2);
    expect_statements("SELECT authors 2, SELECT authors 1");
    ck_assert(orm_session_is_modified(s, posts.items[0]));
    ok(orm_session_commit(s));
    expect_statements("INSERT authors 1, UPDATE post 1");
    ck_assert_uint_eq(rows_where("post SET views = views WHERE views = 9"), 1);
}
END_TEST

START_TEST(without_autoflush_a_deleted_row_that_the_database_still_has_is_not_handed_out)
{
    store_blog(2, 0);
    reopen_session((orm_session_factory){.no_autoflush = true});
    blog_author_list all;
    const blog_author *found;
    ok(blog_author_find(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)}}, &all));
    int64_t id = all.items[0]->id;
    ok(blog_author_delete(s, all.items[0]));
    expect_status(ORM_NOT_FOUND, blog_author_get(s, id, &found));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(rows_where("authors SET id = id"), 1);
}
END_TEST

/* --- cascades ----------------------------------------------------------------------------------------------------- */

static const shapes_item *add_to_cart(const shapes_cart *cart, const char *name)
{
    const shapes_item *item;
    ok(shapes_item_add(s, &(shapes_item_values){.name = name, .cart = cart}, &item));
    return item;
}

static const shapes_cart *add_cart(void)
{
    const shapes_cart *cart;
    ok(shapes_cart_add(s, &(shapes_cart_values){.id = {0}}, &cart));
    return cart;
}

START_TEST(what_leaves_one_collection_for_another_is_no_orphan)
{
    const shapes_cart *one = add_cart(), *two = add_cart();
    const shapes_item *item = add_to_cart(one, "1");
    shapes_item_list items;
    ok(orm_session_commit(s));
    forget_statements();
    ok(shapes_cart_add_to_items(s, two, item));
    ok(orm_session_commit(s));
    expect_statements("UPDATE item 1");
    ck_assert_int_eq(item->cart_id, two->id);
    ok(shapes_cart_get_items(s, one, &items));
    ck_assert_uint_eq(items.count, 0);
    ck_assert_int_eq(orm_session_state(s, item), ORM_PERSISTENT);
}
END_TEST

START_TEST(an_orphan_returns_with_its_savepoint)
{
    const shapes_cart *cart = add_cart();
    const shapes_item *item = add_to_cart(cart, "1");
    shapes_item_list items;
    ok(orm_session_flush(s));
    ok(orm_session_begin_nested(s));
    forget_statements();
    ok(shapes_cart_remove_from_items(s, cart, item));
    ok(orm_session_flush(s));
    expect_statements("DELETE item 1");
    ck_assert_int_eq(orm_session_state(s, item), ORM_DELETED);
    ok(orm_session_rollback_nested(s));
    ck_assert_int_eq(orm_session_state(s, item), ORM_PERSISTENT);
    ok(shapes_cart_get_items(s, cart, &items));
    ck_assert_uint_eq(items.count, 1);
    ck_assert_ptr_eq(items.items[0], item);
    ok(orm_session_commit(s));
    ck_assert_uint_eq(rows_where("item SET name = name"), 1);
}
END_TEST

START_TEST(an_orphan_that_was_never_flushed_sends_nothing)
{
    const shapes_cart *cart = add_cart();
    ok(orm_session_commit(s));
    forget_statements();
    const shapes_item *item = add_to_cart(cart, "1");
    ok(shapes_cart_remove_from_items(s, cart, item));
    ok(orm_session_commit(s));
    expect_nothing_sent();
    ck_assert_int_eq(orm_session_state(s, item), ORM_DETACHED);
}
END_TEST

START_TEST(what_was_changed_and_goes_by_a_cascade_is_gone)
{
    const shapes_cart *cart = add_cart();
    const shapes_item *item = add_to_cart(cart, "1");
    ok(orm_session_commit(s));
    forget_statements();
    ok(shapes_item_set_name(s, item, "changed"));
    ok(shapes_cart_delete(s, cart));
    ok(orm_session_commit(s));
    ck_assert_int_eq(orm_session_state(s, item), ORM_DETACHED);
    expect_statements("DELETE cart 1");
    ck_assert_uint_eq(rows_where("item SET name = name"), 0);
}
END_TEST

START_TEST(a_pending_child_of_a_parent_that_is_deleted_is_told)
{
    const shapes_shelf *shelf;
    const shapes_book *book;
    ok(shapes_shelf_add(s, &(shapes_shelf_values){.label = "a"}, &shelf));
    ok(orm_session_commit(s));
    ok(shapes_book_add(s, &(shapes_book_values){.title = "t", .shelf = shelf}, &book));
    ok(shapes_shelf_delete(s, shelf));
    forget_statements();
    ck_assert_int_ne(orm_session_flush(s), ORM_OK);
    expect_nothing_sent();
    ok(orm_session_rollback(s));
    ck_assert_int_eq(orm_session_state(s, shelf), ORM_PERSISTENT);
    ck_assert_int_eq(orm_session_state(s, book), ORM_DETACHED);
}
END_TEST

START_TEST(two_teams_and_their_captains_are_deleted_in_one_flush)
{
    const shapes_team *teams[2];
    const shapes_player *players[2];
    for (int i = 0; i < 2; i++) {
        ok(shapes_team_add(s, &(shapes_team_values){.name = "t"}, &teams[i]));
        ok(shapes_player_add(s, &(shapes_player_values){.name = "p", .team = teams[i]}, &players[i]));
    }
    ok(shapes_team_set_captain(s, teams[0], players[1])); /* each other's */
    ok(shapes_team_set_captain(s, teams[1], players[0]));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("INSERT team 1, INSERT player 1, INSERT team 1, INSERT player 1, UPDATE team 1");
    for (int i = 0; i < 2; i++) {
        ok(shapes_player_delete(s, players[i]));
        ok(shapes_team_delete(s, teams[i]));
    }
    ok(orm_session_commit(s));
    ck_assert_uint_eq(rows_where("team SET name = name"), 0);
    ck_assert_uint_eq(rows_where("player SET name = name"), 0);
    ck_assert_int_eq(orm_session_state(s, teams[1]), ORM_DETACHED);
    ck_assert_int_eq(orm_session_state(s, players[1]), ORM_DETACHED);
}
END_TEST

/* --- many to many ------------------------------------------------------------------------------------------------- */

START_TEST(an_owner_that_is_deleted_takes_its_pairs_and_leaves_the_tags)
{
    const server_item *one = add_item("one"), *two = add_item("two");
    const server_tag *tag = add_tag("red");
    server_item_list items;
    ok(server_item_add_to_tags(s, one, tag));
    ok(server_item_add_to_tags(s, two, tag));
    ok(orm_session_commit(s));
    ok(server_item_delete(s, one));
    ok(orm_session_commit(s));
    ok(server_tag_get_items(s, tag, &items));
    ck_assert_uint_eq(items.count, 1);
    ck_assert_ptr_eq(items.items[0], two);
    ck_assert_int_eq(orm_session_state(s, tag), ORM_PERSISTENT);
    ck_assert_uint_eq(rows_where("item_tag SET item_id = item_id"), 1);
}
END_TEST

START_TEST(one_collection_is_replaced_by_another_in_one_flush)
{
    const server_item *item = add_item("one");
    const server_tag *red = add_tag("red"), *blue = add_tag("blue"), *green = add_tag("green");
    ok(server_item_add_to_tags(s, item, red));
    ok(server_item_add_to_tags(s, item, blue));
    ok(orm_session_commit(s));
    forget_statements();
    ok(server_item_remove_from_tags(s, item, red));
    ok(server_item_add_to_tags(s, item, green));
    ck_assert_uint_eq(count_tags(item), 2);
    ok(orm_session_commit(s));
    expect_statements("INSERT item_tag 1, DELETE item_tag 1");
    forget_all();
    ok(server_item_first(s, NULL, &item));
    ck_assert_uint_eq(count_tags(item), 2);
}
END_TEST

START_TEST(pairs_of_a_savepoint_leave_with_it_on_both_sides)
{
    const server_item *item = add_item("one");
    const server_tag *red = add_tag("red");
    server_item_list items;
    ok(orm_session_flush(s));
    ok(orm_session_begin_nested(s));
    ok(server_item_add_to_tags(s, item, red));
    ok(orm_session_flush(s));
    ck_assert_uint_eq(count_tags(item), 1);
    ok(orm_session_rollback_nested(s));
    ck_assert_uint_eq(count_tags(item), 0);
    ok(server_tag_get_items(s, red, &items));
    ck_assert_uint_eq(items.count, 0);
    ok(orm_session_commit(s));
    ck_assert_uint_eq(rows_where("item_tag SET item_id = item_id"), 0);
}
END_TEST

START_TEST(a_pair_removed_and_added_within_a_savepoint_is_there_once)
{
    const server_item *item = add_item("one");
    const server_tag *red = add_tag("red");
    ok(server_item_add_to_tags(s, item, red));
    ok(orm_session_commit(s));
    ok(orm_session_begin_nested(s));
    ok(server_item_remove_from_tags(s, item, red));
    ok(orm_session_flush(s));
    ok(server_item_add_to_tags(s, item, red));
    ok(orm_session_commit_nested(s));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_tags(item), 1);
    ck_assert_uint_eq(rows_where("item_tag SET item_id = item_id"), 1);
}
END_TEST

/* --- versions ----------------------------------------------------------------------------------------------------- */

START_TEST(unique_values_passed_on_count_each_version_once)
{
    const server_item *one = add_item("one"), *two = add_item("two");
    ok(orm_session_commit(s));
    ok(server_item_set_name(s, one, "two"));
    ok(server_item_set_name(s, two, "three"));
    ok(orm_session_commit(s));
    ck_assert_int_eq(one->version, 2);
    ck_assert_int_eq(two->version, 2);
    ck_assert_uint_eq(rows_where("goods SET name = name WHERE version = 2 AND name IN ('two', 'three')"), 2);
    ok(server_item_set_price(s, one, 7));
    ok(orm_session_commit(s));
    ck_assert_int_eq(one->version, 3);
}
END_TEST

START_TEST(versioned_rows_whose_unique_values_are_swapped_are_refused_and_keep_their_versions)
{
    const server_item *one = add_item("one"), *two = add_item("two");
    ok(orm_session_commit(s));
    forget_statements();
    ok(server_item_set_name(s, one, "two"));
    ok(server_item_set_name(s, two, "one"));
    expect_status(ORM_CONFLICT, orm_session_flush(s));
    expect_nothing_sent();
    ok(orm_session_rollback(s));
    expect_text(one->name, "one");
    ck_assert_int_eq(one->version, 1);
    ok(server_item_set_price(s, one, 3));
    ok(orm_session_commit(s));
    ck_assert_int_eq(one->version, 2);
}
END_TEST

START_TEST(the_key_of_a_versioned_row_changes_and_its_version_counts)
{
    const server_item *item = add_item("one"), *found;
    ok(orm_session_commit(s));
    int64_t old = item->id;
    forget_statements();
    ok(server_item_set_id(s, item, old + 1000));
    ok(orm_session_commit(s));
    ck_assert_int_eq(item->version, 2);
    ok(server_item_get(s, old + 1000, &found));
    ck_assert_ptr_eq(found, item);
    ok(server_item_set_price(s, item, 5));
    ok(orm_session_commit(s));
    ck_assert_int_eq(item->version, 3);
    ck_assert_uint_eq(rows_where("goods SET name = name WHERE version = 3 AND price = 5"), 1);
}
END_TEST

START_TEST(a_stale_version_goes_back_by_rollback_and_succeeds_after_a_refresh)
{
    const server_item *item = add_item("one");
    ok(orm_session_commit(s));
    run_sql("UPDATE goods SET version = version + 1, price = 50");
    ok(server_item_set_quantity(s, item, 4));
    expect_status(ORM_STALE, orm_session_commit(s));
    ok(orm_session_rollback(s));
    ck_assert_int_eq(item->quantity, 1);
    ok(orm_session_refresh(s, item));
    ck_assert_int_eq(item->price, 50);
    ok(server_item_set_quantity(s, item, 4));
    ok(orm_session_commit(s));
    ck_assert_int_eq(item->version, 3);
    ck_assert_int_eq(item->total, 200);
}
END_TEST

START_TEST(a_version_counts_on_through_savepoints_and_goes_back_with_them)
{
    const server_item *item = add_item("one");
    ok(orm_session_commit(s));
    ok(server_item_set_price(s, item, 2));
    ok(orm_session_begin_nested(s));
    ck_assert_int_eq(item->version, 2);
    ok(server_item_set_price(s, item, 3));
    ok(orm_session_flush(s));
    ck_assert_int_eq(item->version, 3);
    ok(orm_session_rollback_nested(s));
    ck_assert_int_eq(item->version, 2);
    ok(server_item_set_price(s, item, 4));
    ok(orm_session_commit(s));
    ck_assert_int_eq(item->version, 3);
    ck_assert_uint_eq(rows_where("goods SET name = name WHERE version = 3 AND price = 4"), 1);
}
END_TEST

START_TEST(the_stale_one_of_many_versioned_rows_is_named)
{
    const server_item *items[5];
    char name[16];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "n%d", i);
        items[i] = add_item(name);
    }
    ok(orm_session_commit(s));
    run_sql("UPDATE goods SET version = 9 WHERE name = 'n3'");
    for (int i = 0; i < 5; i++)
        ok(server_item_delete(s, items[i]));
    expect_status(ORM_STALE, orm_session_commit(s));
    snprintf(name, sizeof name, "item %d ", (int)items[3]->id);
    expect_said(orm_session_error(s)->message, name);
    ok(orm_session_rollback(s));
    ck_assert_int_eq(orm_session_state(s, items[0]), ORM_PERSISTENT);
    ck_assert_uint_eq(rows_where("goods SET name = name"), 5);
    for (int i = 0; i < 5; i++)
        ok(server_item_set_price(s, items[i], 77));
    run_sql("UPDATE goods SET version = 20 WHERE name = 'n2'");
    expect_status(ORM_STALE, orm_session_commit(s));
    snprintf(name, sizeof name, "item %d ", (int)items[2]->id);
    expect_said(orm_session_error(s)->message, name);
}
END_TEST

/* --- enums -------------------------------------------------------------------------------------------------------- */

START_TEST(an_enum_is_changed_found_ordered_and_rolled_back)
{
    store_blog(1, 3);
    blog_post_list posts;
    blog_post_query by_status = {.order_by = {orm_asc(BLOG_POST.status)}};
    ok(blog_post_find(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, &posts));
    const blog_post *first = posts.items[0], *last = posts.items[2];
    forget_statements();
    ok(blog_post_set_status(s, first, BLOG_POST_STATUS_ARCHIVED));
    ok(blog_post_set_status(s, last, BLOG_POST_STATUS_PUBLISHED));
    ok(orm_session_commit(s));
    expect_statements("UPDATE post 2");
    ok(blog_post_find(s, &by_status, &posts));
    ck_assert_ptr_eq(posts.items[1], last);
    ck_assert_ptr_eq(posts.items[2], first);
    ok(blog_post_set_status(s, first, BLOG_POST_STATUS_DRAFT));
    ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    ck_assert_int_eq(first->status, BLOG_POST_STATUS_ARCHIVED);
    ok(orm_session_refresh(s, first));
    forget_statements();
    ok(blog_post_set_status(s, first, BLOG_POST_STATUS_ARCHIVED));
    ok(orm_session_flush(s));
    expect_statements("");
    expect_status(ORM_INVALID, blog_post_set_status(s, first, (blog_post_status)99));
    orm_session_clear_error(s);
    ck_assert_uint_eq(rows_where("post SET views = views WHERE status = 'archived'"), 1);
}
END_TEST

Suite *suite_checklist(void)
{
    Suite *suite = suite_create("checklist");
    TCase *tests = new_case(suite, "checklist");
    tcase_add_test(tests, a_natural_key_that_nothing_refers_to_changes_by_one_update);
    tcase_add_test(tests, a_natural_key_that_rows_refer_to_is_refused_and_returns);
    tcase_add_test(tests, part_of_a_composite_key_changes_and_what_refers_to_it_follows_by_hand);
    tcase_add_test(tests, many_natural_keys_change_by_one_update);
    tcase_add_test(tests, two_keys_that_are_swapped_are_refused_before_anything_is_sent);
    tcase_add_test(tests, a_key_is_taken_over_from_a_row_that_is_deleted);
    tcase_add_test(tests, a_key_change_is_undone_by_its_savepoint);
    tcase_add_test(tests, an_expunged_row_is_found_as_another_entity);
    tcase_add_test(tests, expunging_what_is_pending_sends_nothing);
    tcase_add_test(tests, a_row_deleted_and_committed_is_detached_and_cannot_be_changed);
    tcase_add_test(tests, a_merge_of_a_row_of_another_session_is_one_update);
    tcase_add_test(tests, a_value_set_on_an_expired_entity_outlives_its_get);
    tcase_add_test(tests, a_value_set_on_an_expired_entity_is_flushed_before_a_find);
    tcase_add_test(tests, a_refresh_loses_what_was_set_on_an_expired_entity);
    tcase_add_test(tests, the_value_an_expired_entity_had_is_no_change_and_another_is);
    tcase_add_test(tests, an_expired_entity_whose_row_is_gone_is_not_found_and_its_update_is_stale);
    tcase_add_test(tests, after_a_commit_that_expires_all_is_read_anew_by_one_find);
    tcase_add_test(tests, without_autoflush_a_lazy_load_flushes_nothing_and_a_commit_all);
    tcase_add_test(tests, without_autoflush_a_deleted_row_that_the_database_still_has_is_not_handed_out);
    tcase_add_test(tests, what_leaves_one_collection_for_another_is_no_orphan);
    tcase_add_test(tests, an_orphan_returns_with_its_savepoint);
    tcase_add_test(tests, an_orphan_that_was_never_flushed_sends_nothing);
    tcase_add_test(tests, what_was_changed_and_goes_by_a_cascade_is_gone);
    tcase_add_test(tests, a_pending_child_of_a_parent_that_is_deleted_is_told);
    tcase_add_test(tests, two_teams_and_their_captains_are_deleted_in_one_flush);
    tcase_add_test(tests, an_owner_that_is_deleted_takes_its_pairs_and_leaves_the_tags);
    tcase_add_test(tests, one_collection_is_replaced_by_another_in_one_flush);
    tcase_add_test(tests, pairs_of_a_savepoint_leave_with_it_on_both_sides);
    tcase_add_test(tests, a_pair_removed_and_added_within_a_savepoint_is_there_once);
    tcase_add_test(tests, unique_values_passed_on_count_each_version_once);
    tcase_add_test(tests, versioned_rows_whose_unique_values_are_swapped_are_refused_and_keep_their_versions);
    tcase_add_test(tests, the_key_of_a_versioned_row_changes_and_its_version_counts);
    tcase_add_test(tests, a_stale_version_goes_back_by_rollback_and_succeeds_after_a_refresh);
    tcase_add_test(tests, a_version_counts_on_through_savepoints_and_goes_back_with_them);
    tcase_add_test(tests, the_stale_one_of_many_versioned_rows_is_named);
    tcase_add_test(tests, an_enum_is_changed_found_ordered_and_rolled_back);
    return suite;
}
