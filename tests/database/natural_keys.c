/* natural_keys.c -- keys that change while other rows refer to them: what ON UPDATE does is seen in memory, too.
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "natural.h"

#include <stdio.h>

static void make_tables(void)
{
    ok(natural_drop_all(engine, &error));
    ok(natural_create_all(engine, &error));
}

static void drop_tables(void)
{
    ok(natural_drop_all(engine, &error));
}

static const natural_land *add_land(const char *code)
{
    const natural_land *land;
    ok(natural_land_add(s, &(natural_land_values){.code = code, .name = code}, &land));
    return land;
}

static const natural_town *add_town(const natural_land *land, const char *name)
{
    const natural_town *town;
    ok(natural_town_add(s, &(natural_town_values){.name = name, .land = land}, &town));
    return town;
}

static const natural_street *add_street(const natural_town *town, const char *name)
{
    const natural_street *street;
    ok(natural_street_add(s, &(natural_street_values){.name = name, .town = town}, &street));
    return street;
}

static const natural_flag *add_flag(const natural_land *land)
{
    const natural_flag *flag;
    ok(natural_flag_add(s, &(natural_flag_values){.colour = "red", .land = land}, &flag));
    return flag;
}

static const natural_person *add_person(const natural_land *home)
{
    const natural_person *person;
    ok(natural_person_add(s, &(natural_person_values){.name = "p", .home = home}, &person));
    return person;
}

static const natural_permit *add_permit(const natural_land *land)
{
    const natural_permit *permit;
    ok(natural_permit_add(s, &(natural_permit_values){.land = land}, &permit));
    return permit;
}

static const natural_club *add_club(int32_t code, const natural_club *parent)
{
    const natural_club *club;
    ok(natural_club_add(s, &(natural_club_values){.code = code, .name = "c", .parent = parent}, &club));
    return club;
}

static void commit_quietly(void)
{
    ok(orm_session_commit(s));
    forget_statements();
}

/* How many rows the database has for a condition. */
static size_t count_rows(const char *table_and_condition)
{
    char sql[200];
    size_t count;
    orm_connection *other = open_connection();
    snprintf(sql, sizeof sql, "UPDATE %s", table_and_condition);
    ok(orm_connection_execute(other, sql, NULL, &count));
    orm_connection_close(other);
    return count;
}

static bool town_is_got(const char *land, const char *name, const natural_town *wanted)
{
    const natural_town *got;
    orm_status status = natural_town_get(s, land, name, &got);
    return wanted ? status == ORM_OK && got == wanted : status == ORM_NOT_FOUND;
}

/* --- on_update: cascade --- */

START_TEST(a_key_that_rows_refer_to_is_one_update)
{
    const natural_land *land = add_land("a"), *got;
    const natural_flag *flag = add_flag(land);
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    ck_assert_str_eq(flag->land_code, "a");
    ok(orm_session_flush(s));
    expect_statements("UPDATE lands 1");
    ck_assert_str_eq(flag->land_code, "b");
    ok(natural_land_get(s, "b", &got));
    ck_assert_ptr_eq(got, land);
    ok(natural_flag_get_land(s, flag, &got));
    ck_assert_ptr_eq(got, land);
    ck_assert(!orm_session_is_modified(s, flag));
    expect_statements("");
    expect_status(ORM_NOT_FOUND, natural_land_get(s, "a", &got));
    commit_quietly();
    ck_assert_uint_eq(count_rows("flags SET colour = colour WHERE land_code = 'b'"), 1);
}
END_TEST

START_TEST(keys_made_of_foreign_keys_follow_through_all_generations)
{
    const natural_land *land = add_land("a"), *other = add_land("x");
    const natural_town *town = add_town(land, "t"), *second = add_town(land, "u"), *far = add_town(other, "t");
    const natural_street *street = add_street(town, "s"), *got;
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    ok(orm_session_flush(s));
    expect_statements("UPDATE lands 1");
    ck_assert_str_eq(town->land_code, "b");
    ck_assert_str_eq(second->land_code, "b");
    ck_assert_str_eq(far->land_code, "x");
    ck_assert_str_eq(street->land_code, "b");
    ck_assert_str_eq(street->town_name, "t");
    ck_assert(town_is_got("b", "t", town));
    ck_assert(town_is_got("b", "u", second));
    ck_assert(town_is_got("x", "t", far));
    ok(natural_street_get(s, "b", "t", "s", &got));
    ck_assert_ptr_eq(got, street);
    expect_statements("");
    ck_assert(town_is_got("a", "t", NULL));
    forget_statements();
    ok(natural_street_set_length(s, street, (orm_opt_int32){true, 7}));
    ok(natural_town_set_people(s, town, (orm_opt_int32){true, 8}));
    ok(orm_session_commit(s));
    expect_statements("UPDATE streets 1, UPDATE towns 1");
    ck_assert_uint_eq(count_rows("streets SET length = 9 WHERE land_code = 'b' AND length = 7"), 1);
    ok(natural_town_delete(s, second));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_rows("towns SET people = 1"), 2);
}
END_TEST

START_TEST(what_was_loaded_and_what_was_not_say_the_new_key)
{
    const natural_land *land = add_land("a"), *got;
    add_town(land, "t");
    add_town(land, "u");
    add_flag(land);
    commit_and_forget();
    natural_town_list towns;
    const natural_flag *flag;
    ok(natural_land_get(s, "a", &land));
    if (_i) /* the collection is there; else the towns know of no land */
        ok(natural_land_get_towns(s, land, &towns));
    else
        ok(natural_town_find(s, NULL, &towns));
    const natural_town *first = towns.items[0];
    forget_statements();
    ok(natural_land_set_code(s, land, "b"));
    ok(orm_session_flush(s));
    expect_statements("UPDATE lands 1");
    ck_assert_str_eq(first->land_code, "b");
    ok(natural_town_get_land(s, first, &got));
    ck_assert_ptr_eq(got, land);
    expect_statements("");
    ok(natural_land_get_towns(s, land, &towns));
    ck_assert_uint_eq(towns.count, 2);
    expect_statements(_i ? "" : "SELECT towns 2");
    ok(natural_land_get_flag(s, land, &flag));
    ck_assert_str_eq(flag->land_code, "b");
    expect_statements("SELECT flags 1");
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(a_rollback_restores_keys_and_what_followed)
{
    const natural_land *land = add_land("a"), *got;
    const natural_town *town = add_town(land, "t");
    const natural_street *street = add_street(town, "s"), *found;
    const natural_flag *flag = add_flag(land);
    commit_quietly();
    if (_i)
        ok(orm_session_begin_nested(s));
    ok(natural_land_set_code(s, land, "b"));
    ok(orm_session_flush(s));
    ok(natural_land_set_code(s, land, "c"));
    ok(orm_session_flush(s));
    ck_assert_str_eq(street->land_code, "c");
    ok(_i ? orm_session_rollback_nested(s) : orm_session_rollback(s));
    ck_assert_str_eq(land->code, "a");
    ck_assert_str_eq(town->land_code, "a");
    ck_assert_str_eq(street->land_code, "a");
    ck_assert_str_eq(flag->land_code, "a");
    ok(natural_land_get(s, "a", &got));
    ck_assert_ptr_eq(got, land);
    ck_assert(town_is_got("a", "t", town));
    ck_assert(town_is_got("c", "t", NULL));
    ok(natural_street_get(s, "a", "t", "s", &found));
    ck_assert_ptr_eq(found, street);
    ok(natural_town_set_people(s, town, (orm_opt_int32){true, 8}));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_rows("towns SET people = 1 WHERE land_code = 'a' AND people = 8"), 1);
}
END_TEST

START_TEST(a_savepoint_goes_back_to_the_key_of_its_begin)
{
    const natural_land *land = add_land("a");
    const natural_town *town = add_town(land, "t");
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    ok(orm_session_begin_nested(s));
    ok(natural_land_set_code(s, land, "c"));
    ok(orm_session_begin_nested(s));
    ok(natural_land_set_code(s, land, "d"));
    ok(orm_session_commit_nested(s));
    ck_assert(town_is_got("d", "t", town));
    ok(orm_session_rollback_nested(s));
    ck_assert_str_eq(town->land_code, "b");
    ck_assert(town_is_got("b", "t", town));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_rows("towns SET people = 1 WHERE land_code = 'b'"), 1);
}
END_TEST

START_TEST(the_new_key_is_known_once_its_flush_is_through)
{
    const natural_land *land = add_land("a"), *got;
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    ok(natural_land_get(s, "a", &got)); /* until then */
    ck_assert_ptr_eq(got, land);
    expect_statements("");
    ok(natural_land_get(s, "b", &got)); /* flushes */
    ck_assert_ptr_eq(got, land);
    expect_statements("UPDATE lands 1");
    ok(orm_session_commit(s));
}
END_TEST

/* The same value, and it means another row. */
START_TEST(what_moves_to_the_heir_of_a_key_is_told_from_what_stays)
{
    const natural_land *a = add_land("a"), *b = add_land("b"), *got;
    const natural_flag *flag = add_flag(a);
    const natural_town *town = add_town(a, "t");
    commit_quietly();
    ok(natural_land_set_code(s, a, "c"));
    ok(natural_land_set_code(s, b, "a"));
    ok(natural_flag_set_land(s, flag, b));
    ok(natural_town_set_land(s, town, b));
    ok(orm_session_commit(s));
    ck_assert_str_eq(flag->land_code, "a");
    ck_assert(town_is_got("a", "t", town));
    ok(natural_flag_get_land(s, flag, &got));
    ck_assert_ptr_eq(got, b);
    ck_assert_uint_eq(count_rows("flags SET colour = colour WHERE land_code = 'a'"), 1);
    ck_assert_uint_eq(count_rows("towns SET people = 1 WHERE land_code = 'a'"), 1);
}
END_TEST

START_TEST(a_key_that_is_set_back_sends_nothing)
{
    const natural_land *land = add_land("a");
    add_permit(land);
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    ok(natural_land_set_code(s, land, "a"));
    ok(orm_session_commit(s));
    expect_nothing_sent();
}
END_TEST

/* Another one wanted it meanwhile. */
START_TEST(a_key_that_is_set_back_may_be_referred_to)
{
    const natural_land *land = add_land("k14"), *other = add_land("b");
    add_permit(land);
    commit_quietly();
    ok(orm_session_begin_nested(s));
    ok(natural_land_set_code(s, land, "k23"));
    expect_status(ORM_CONSTRAINT, orm_session_flush(s));
    ok(orm_session_rollback_nested(s));
    ok(natural_land_set_code(s, other, "k14"));
    ok(natural_land_set_code(s, land, "k15"));
    ok(natural_land_set_code(s, other, "k43"));
    ok(natural_land_set_code(s, land, "k14"));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_rows("lands SET name = name WHERE code = 'k14'"), 1);
    ck_assert_uint_eq(count_rows("lands SET name = name WHERE code = 'k43'"), 1);
}
END_TEST

START_TEST(pending_changes_of_those_that_follow_are_kept)
{
    const natural_land *land = add_land("a"), *other = add_land("x");
    const natural_town *town = add_town(land, "t"), *moved = add_town(land, "m"), *renamed = add_town(land, "r");
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    ok(natural_town_set_people(s, town, (orm_opt_int32){true, 5}));
    ok(natural_town_set_land(s, moved, other));
    ok(natural_town_set_name(s, renamed, "q"));
    ok(orm_session_commit(s));
    ck_assert(town_is_got("b", "t", town));
    ck_assert(town_is_got("x", "m", moved));
    ck_assert(town_is_got("b", "q", renamed));
    ck_assert_uint_eq(count_rows("towns SET people = 1 WHERE land_code = 'b' AND name IN ('t', 'q')"), 2);
    ck_assert_uint_eq(count_rows("towns SET people = 1 WHERE land_code = 'x' AND name = 'm'"), 1);
}
END_TEST

START_TEST(what_is_added_to_a_new_key_comes_behind_it)
{
    const natural_land *land = add_land("a");
    add_town(land, "t");
    commit_quietly();
    const natural_town *before = add_town(land, "before");
    ok(natural_land_set_code(s, land, "b"));
    const natural_town *behind = add_town(land, "behind"), *by_key;
    ok(natural_town_add(s, &(natural_town_values){.name = "key", .land_code = ORM_VALUE("b")}, &by_key));
    ok(orm_session_commit(s));
    expect_statements("UPDATE lands 1, INSERT towns 3");
    ck_assert_str_eq(before->land_code, "b");
    ck_assert(town_is_got("b", "before", before));
    ck_assert(town_is_got("b", "behind", behind));
    ck_assert(town_is_got("b", "key", by_key));
}
END_TEST

START_TEST(what_is_added_with_the_old_key_is_carried_on)
{
    const natural_land *land = add_land("a");
    const natural_flag *flag;
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    ok(natural_flag_add(s, &(natural_flag_values){.colour = "c", .land_code = ORM_VALUE("a")}, &flag));
    ok(orm_session_commit(s));
    expect_statements("INSERT flags 1, UPDATE lands 1");
    ck_assert_str_eq(flag->land_code, "b");
    ck_assert_uint_eq(count_rows("flags SET colour = colour WHERE land_code = 'b'"), 1);
}
END_TEST

START_TEST(to_refer_again_to_what_has_a_new_key_is_no_update)
{
    const natural_land *land = add_land("a");
    const natural_flag *flag = add_flag(land);
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    ok(natural_flag_set_land(s, flag, land));
    ok(orm_session_commit(s));
    expect_statements("UPDATE lands 1");
    ck_assert_str_eq(flag->land_code, "b");
}
END_TEST

START_TEST(what_is_deleted_is_found_by_the_key_it_has_by_then)
{
    const natural_land *land = add_land("a");
    const natural_town *town = add_town(land, "t"), *replaced = add_town(land, "r"), *again;
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    ok(natural_town_delete(s, town));
    ok(natural_town_delete(s, replaced));
    ok(natural_town_add(s, &(natural_town_values){.name = "r", .people = ORM_VALUE(3), .land = land}, &again));
    ok(orm_session_commit(s));
    ck_assert(town_is_got("b", "t", NULL));
    ck_assert(town_is_got("b", "r", again));
    ck_assert_uint_eq(count_rows("towns SET people = 1 WHERE land_code = 'b' AND people = 3"), 1);
    ck_assert_uint_eq(count_rows("towns SET people = 1"), 1);
}
END_TEST

START_TEST(keys_pass_from_row_to_row_with_all_that_refers_to_them)
{
    const natural_land *a = add_land("a"), *b = add_land("b"), *got;
    const natural_town *of_a = add_town(a, "t"), *of_b = add_town(b, "t");
    commit_quietly();
    ok(natural_land_set_code(s, a, "b"));
    ok(natural_land_set_code(s, b, "c"));
    ok(orm_session_flush(s));
    expect_statements("UPDATE lands 1, UPDATE lands 1");
    ck_assert(town_is_got("b", "t", of_a));
    ck_assert(town_is_got("c", "t", of_b));
    if (_i) {
        ok(orm_session_rollback(s));
        ck_assert(town_is_got("a", "t", of_a));
        ck_assert(town_is_got("b", "t", of_b));
        ok(natural_land_get(s, "b", &got));
        ck_assert_ptr_eq(got, b);
        return;
    }
    ok(orm_session_commit(s));
    ok(natural_land_get(s, "b", &got));
    ck_assert_ptr_eq(got, a);
    ck_assert_uint_eq(count_rows("towns SET people = 1 WHERE land_code IN ('b', 'c')"), 2);
}
END_TEST

START_TEST(a_key_passes_from_what_is_deleted)
{
    const natural_land *a = add_land("a"), *b = add_land("b");
    const natural_town *of_a = add_town(a, "t"), *of_b = add_town(b, "t");
    commit_quietly();
    ok(natural_land_delete(s, b));
    ok(natural_land_set_code(s, a, "b"));
    ok(orm_session_commit(s));
    expect_statements("DELETE lands 1, UPDATE lands 1");
    ck_assert(!orm_session_contains(s, of_b));
    ck_assert(town_is_got("b", "t", of_a));
    ck_assert_uint_eq(count_rows("towns SET people = 1"), 1);
}
END_TEST

/* What is deleted had the key that another gets; what is made to refer to that one keeps it. */
START_TEST(who_refers_to_the_heir_of_a_key_does_not_lose_it_with_the_deleted_row)
{
    const natural_land *old = add_land("a"), *heir = add_land("b");
    const natural_flag *flag = add_flag(NULL);
    ok(orm_session_commit(s));
    ok(natural_land_set_code(s, old, "c"));
    ok(natural_land_set_code(s, heir, "a"));
    ok(natural_flag_set_land(s, flag, heir));
    ok(natural_land_delete(s, old));
    ok(orm_session_commit(s));
    ck_assert_str_eq(flag->land_code, "a");
    ck_assert_uint_eq(count_rows("flags SET colour = colour WHERE land_code = 'a'"), 1);
}
END_TEST

START_TEST(two_keys_that_are_swapped_are_refused_before_anything_is_sent)
{
    const natural_land *a = add_land("a"), *b = add_land("b");
    commit_quietly();
    ok(natural_land_set_code(s, a, "b"));
    ok(natural_land_set_code(s, b, "a"));
    expect_status(ORM_CONFLICT, orm_session_commit(s));
    expect_nothing_sent();
}
END_TEST

START_TEST(a_row_that_refers_to_itself_follows_itself)
{
    const natural_club *club = add_club(1, NULL), *child = add_club(2, club), *got;
    commit_quietly();
    ok(natural_club_set_parent(s, club, club));
    commit_quietly();
    ok(natural_club_set_code(s, club, 7));
    ok(orm_session_commit(s));
    expect_statements("UPDATE clubs 1");
    ck_assert_int_eq(club->parent_code.value, 7);
    ck_assert_int_eq(child->parent_code.value, 7);
    ok(natural_club_get_parent(s, club, &got));
    ck_assert_ptr_eq(got, club);
    ck_assert_uint_eq(count_rows("clubs SET name = name WHERE parent_code = 7"), 2);
}
END_TEST

START_TEST(a_tree_follows_at_each_node)
{
    const natural_club *root = add_club(1, NULL), *middle = add_club(2, root), *leaf = add_club(3, middle), *got;
    natural_club_list children;
    commit_quietly();
    ok(natural_club_set_code(s, root, 11));
    ok(natural_club_set_code(s, middle, 12));
    ok(orm_session_commit(s));
    ck_assert_int_eq(middle->parent_code.value, 11);
    ck_assert_int_eq(leaf->parent_code.value, 12);
    ok(natural_club_get(s, 12, &got));
    ck_assert_ptr_eq(got, middle);
    ok(natural_club_get_children(s, root, &children));
    ck_assert_uint_eq(children.count, 1);
    ck_assert_ptr_eq(children.items[0], middle);
    ck_assert_uint_eq(count_rows("clubs SET name = name WHERE parent_code = 11 AND code = 12"), 1);
}
END_TEST

/* --- pairs --- */

START_TEST(pairs_follow_the_keys_of_their_ends)
{
    const natural_club *club = add_club(1, NULL);
    const natural_person *person = add_person(NULL), *other = add_person(NULL);
    const natural_membership *pair;
    natural_person_list members;
    ok(natural_club_add_to_members(s, club, person));
    commit_quietly();
    ok(natural_club_add_to_members(s, club, other));
    ok(natural_club_set_code(s, club, 5));
    ok(orm_session_commit(s));
    expect_statements("UPDATE clubs 1, INSERT memberships 1");
    ok(natural_membership_get(s, 5, person->id, &pair));
    ck_assert_int_eq(pair->club_code, 5);
    ok(natural_membership_get(s, 5, other->id, &pair));
    expect_statements("");
    ok(natural_club_get_members(s, club, &members));
    ck_assert_uint_eq(members.count, 2);
    ok(natural_club_remove_from_members(s, club, person));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_rows("memberships SET person_id = person_id WHERE club_code = 5"), 1);
}
END_TEST

START_TEST(a_pair_that_was_never_read_is_removed_under_a_new_key)
{
    const natural_club *club = add_club(1, NULL);
    const natural_person *person = add_person(NULL);
    ok(natural_club_add_to_members(s, club, person));
    ok(orm_session_commit(s));
    int64_t id = person->id;
    commit_and_forget();
    ok(natural_club_get(s, 1, &club));
    ok(natural_person_get(s, id, &person));
    forget_statements();
    ok(natural_club_set_code(s, club, 5));
    ok(natural_club_remove_from_members(s, club, person));
    ok(orm_session_commit(s));
    expect_statements("UPDATE clubs 1, DELETE memberships 1");
    ck_assert_uint_eq(count_rows("memberships SET person_id = person_id"), 0);
}
END_TEST

/* --- on_update: set_null --- */

START_TEST(what_loses_its_key_is_null_in_memory)
{
    const natural_land *land = add_land("a"), *other = add_land("x"), *none;
    const natural_person *person = add_person(land), *moves = add_person(land);
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    ok(natural_person_set_home(s, moves, other));
    ok(orm_session_commit(s));
    expect_statements("UPDATE lands 1, UPDATE persons 1");
    ck_assert_ptr_null(person->home_code);
    ck_assert_str_eq(moves->home_code, "x");
    ok(natural_person_get_home(s, person, &none));
    ck_assert_ptr_null(none);
    ck_assert_uint_eq(count_rows("persons SET name = name WHERE home_code IS NULL"), 1);
    ok(natural_person_set_home(s, person, land));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(count_rows("persons SET name = name WHERE home_code = 'b'"), 1);
}
END_TEST

/* --- neither --- */

START_TEST(without_on_update_the_session_refuses_and_names_both)
{
    const natural_land *land = add_land("a"), *got;
    const natural_permit *permit = add_permit(land);
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    expect_status(ORM_CONSTRAINT, orm_session_commit(s));
    expect_nothing_sent();
    expect_said(orm_session_error(s)->message, "land 'a' cannot get another key: permit ");
    expect_said(orm_session_error(s)->message, " refers to it by 'land', whose on_update is no_action");
    expect_text(orm_session_error(s)->sqlstate, "23503");
    expect_text(orm_session_error(s)->table, "permits");
    expect_text(orm_session_error(s)->column, "land_code");
    if (_i) {
        ok(orm_session_rollback(s));
    } else {
        ok(natural_land_set_code(s, land, "a"));
        ok(orm_session_commit(s));
    }
    expect_nothing_sent();
    ok(natural_land_get(s, "a", &got));
    ck_assert_ptr_eq(got, land);
    ck_assert_str_eq(permit->land_code, "a");
}
END_TEST

START_TEST(without_on_update_the_database_refuses_what_the_session_does_not_know)
{
    const natural_land *land = add_land("a");
    add_permit(land);
    commit_and_forget();
    ok(natural_land_get(s, "a", &land));
    forget_statements();
    ok(natural_land_set_code(s, land, "b"));
    expect_status(ORM_CONSTRAINT, orm_session_commit(s));
    expect_statements("UPDATE lands failed");
    expect_text(orm_session_error(s)->sqlstate, "23503");
    ok(orm_session_rollback(s));
    ck_assert_str_eq(land->code, "a");
}
END_TEST

START_TEST(what_goes_elsewhere_or_away_lets_the_key_change)
{
    const natural_land *land = add_land("a"), *other = add_land("x"), *got;
    const natural_permit *moves = add_permit(land), *goes = add_permit(land);
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    ok(natural_permit_set_land(s, moves, other));
    ok(natural_permit_delete(s, goes));
    const natural_permit *new = add_permit(land);
    ok(orm_session_commit(s));
    expect_statements("UPDATE permits 1, DELETE permits 1, UPDATE lands 1, INSERT permits 1");
    ck_assert_str_eq(new->land_code, "b");
    ok(natural_land_get(s, "b", &got));
    ck_assert_ptr_eq(got, land);
    ck_assert_uint_eq(count_rows("permits SET number = 1 WHERE land_code IN ('b', 'x')"), 2);
}
END_TEST

START_TEST(what_would_be_added_to_the_old_key_is_refused)
{
    const natural_land *land = add_land("a");
    commit_quietly();
    ok(natural_land_set_code(s, land, "b"));
    ok(natural_permit_add(s, &(natural_permit_values){.land_code = ORM_VALUE("a")}, NULL));
    expect_status(ORM_CONSTRAINT, orm_session_commit(s));
    expect_nothing_sent();
}
END_TEST

START_TEST(the_key_of_one_end_of_pairs_is_restricted)
{
    const natural_club *club = add_club(1, NULL);
    const natural_person *person = add_person(NULL);
    ok(natural_club_add_to_members(s, club, person));
    commit_quietly();
    ok(natural_person_set_id(s, person, 99));
    expect_status(ORM_CONSTRAINT, orm_session_commit(s));
    expect_said(orm_session_error(s)->message, "whose on_update is restrict");
    expect_nothing_sent();
}
END_TEST

/* --- children that go with their parents --- */

START_TEST(a_changed_child_goes_with_its_parent_without_an_update)
{
    const natural_land *land = add_land("a");
    const natural_town *town = add_town(land, "t");
    const natural_street *street = add_street(town, "s");
    commit_quietly();
    ok(natural_street_set_length(s, street, (orm_opt_int32){true, 7}));
    ok(natural_town_set_people(s, town, (orm_opt_int32){true, 7}));
    ok(natural_land_delete(s, land));
    ok(orm_session_commit(s));
    expect_statements("DELETE lands 1");
    ck_assert_int_eq(orm_session_state(s, street), ORM_DETACHED);
    ck_assert_int_eq(orm_session_state(s, town), ORM_DETACHED);
}
END_TEST

START_TEST(a_changed_child_that_stays_is_written)
{
    const natural_land *land = add_land("a"), *other = add_land("x");
    const natural_town *town = add_town(land, "t"), *stays = add_town(land, "u");
    commit_quietly();
    ok(natural_town_set_people(s, town, (orm_opt_int32){true, 7}));
    ok(natural_town_set_people(s, stays, (orm_opt_int32){true, 7}));
    ok(natural_town_set_land(s, stays, other));
    ok(natural_land_delete(s, land));
    ok(orm_session_commit(s));
    expect_statements("UPDATE towns 1, DELETE lands 1");
    ck_assert(town_is_got("x", "u", stays));
    ck_assert_uint_eq(count_rows("towns SET people = 1 WHERE people = 7"), 1);
}
END_TEST

START_TEST(a_changed_child_whose_parent_is_set_null_is_written)
{
    const natural_land *land = add_land("a");
    const natural_person *person = add_person(land);
    commit_quietly();
    ok(natural_person_set_name(s, person, "n"));
    ok(natural_land_delete(s, land));
    ok(orm_session_commit(s));
    expect_statements("UPDATE persons 1, DELETE lands 1");
    ck_assert_uint_eq(count_rows("persons SET name = 'm' WHERE name = 'n' AND home_code IS NULL"), 1);
}
END_TEST

/* --- without autoflush, by Core, many --- */

START_TEST(without_autoflush_relations_are_loaded_by_the_key_of_the_database)
{
    const natural_land *land = add_land("a");
    natural_town_list towns;
    natural_person_list members;
    const natural_club *club = add_club(1, NULL);
    add_town(land, "t");
    ok(natural_club_add_to_members(s, club, add_person(NULL)));
    ok(orm_session_commit(s));
    reopen_session((orm_session_factory){.no_autoflush = true});
    ok(natural_land_get(s, "a", &land));
    ok(natural_club_get(s, 1, &club));
    ok(natural_land_set_code(s, land, "b"));
    ok(natural_club_set_code(s, club, 2));
    ok(natural_land_get_towns(s, land, &towns));
    ck_assert_uint_eq(towns.count, 1);
    const natural_town *town = towns.items[0];
    ok(natural_club_get_members(s, club, &members));
    ck_assert_uint_eq(members.count, 1);
    ok(orm_session_commit(s));
    ck_assert_str_eq(town->land_code, "b");
}
END_TEST

START_TEST(keys_that_core_changes_are_read_anew)
{
    const natural_land *land = add_land("a");
    const natural_flag *flag = add_flag(land);
    commit_quietly();
    ok(natural_land_update_where(orm_session_connection(s), orm_eq(NATURAL_LAND.code, "a"),
                                 &(natural_land_changes){.code = ORM_VALUE("b")}, NULL));
    ok(orm_session_refresh(s, flag));
    ck_assert_str_eq(flag->land_code, "b");
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(many_keys_change_at_once_with_many_that_follow)
{
    enum { LANDS = 50, TOWNS = 20 };
    const natural_land *lands[LANDS];
    const natural_town *towns[LANDS * TOWNS];
    char code[16], name[16];
    for (int i = 0; i < LANDS; i++) {
        snprintf(code, sizeof code, "l%d", i);
        lands[i] = add_land(code);
        for (int k = 0; k < TOWNS; k++) {
            snprintf(name, sizeof name, "t%d", k);
            towns[i * TOWNS + k] = add_town(lands[i], name);
        }
    }
    commit_quietly();
    for (int i = 0; i < LANDS; i++) {
        snprintf(code, sizeof code, "m%d", i);
        ok(natural_land_set_code(s, lands[i], code));
    }
    ok(orm_session_commit(s));
    expect_statements("UPDATE lands 50");
    for (int i = 0; i < LANDS * TOWNS; i++) {
        ck_assert_str_eq(towns[i]->land_code, lands[i / TOWNS]->code);
        ck_assert(town_is_got(lands[i / TOWNS]->code, towns[i]->name, towns[i]));
    }
    expect_statements("");
    ck_assert_uint_eq(count_rows("towns SET people = 1 WHERE land_code LIKE 'm%'"), LANDS * TOWNS);
}
END_TEST

static void add_all(TCase *cascade, TCase *others)
{
    tcase_add_test(cascade, a_key_that_rows_refer_to_is_one_update);
    tcase_add_test(cascade, keys_made_of_foreign_keys_follow_through_all_generations);
    tcase_add_loop_test(cascade, what_was_loaded_and_what_was_not_say_the_new_key, 0, 2);
    tcase_add_loop_test(cascade, a_rollback_restores_keys_and_what_followed, 0, 2);
    tcase_add_test(cascade, a_savepoint_goes_back_to_the_key_of_its_begin);
    tcase_add_test(cascade, the_new_key_is_known_once_its_flush_is_through);
    tcase_add_test(cascade, what_moves_to_the_heir_of_a_key_is_told_from_what_stays);
    tcase_add_test(cascade, a_key_that_is_set_back_sends_nothing);
    tcase_add_test(cascade, a_key_that_is_set_back_may_be_referred_to);
    tcase_add_test(cascade, pending_changes_of_those_that_follow_are_kept);
    tcase_add_test(cascade, what_is_added_to_a_new_key_comes_behind_it);
    tcase_add_test(cascade, what_is_added_with_the_old_key_is_carried_on);
    tcase_add_test(cascade, to_refer_again_to_what_has_a_new_key_is_no_update);
    tcase_add_test(cascade, what_is_deleted_is_found_by_the_key_it_has_by_then);
    tcase_add_loop_test(cascade, keys_pass_from_row_to_row_with_all_that_refers_to_them, 0, 2);
    tcase_add_test(cascade, who_refers_to_the_heir_of_a_key_does_not_lose_it_with_the_deleted_row);
    tcase_add_test(cascade, a_key_passes_from_what_is_deleted);
    tcase_add_test(cascade, two_keys_that_are_swapped_are_refused_before_anything_is_sent);
    tcase_add_test(cascade, a_row_that_refers_to_itself_follows_itself);
    tcase_add_test(cascade, a_tree_follows_at_each_node);
    tcase_add_test(others, pairs_follow_the_keys_of_their_ends);
    tcase_add_test(others, a_pair_that_was_never_read_is_removed_under_a_new_key);
    tcase_add_test(others, what_loses_its_key_is_null_in_memory);
    tcase_add_loop_test(others, without_on_update_the_session_refuses_and_names_both, 0, 2);
    tcase_add_test(others, without_on_update_the_database_refuses_what_the_session_does_not_know);
    tcase_add_test(others, what_goes_elsewhere_or_away_lets_the_key_change);
    tcase_add_test(others, what_would_be_added_to_the_old_key_is_refused);
    tcase_add_test(others, the_key_of_one_end_of_pairs_is_restricted);
    tcase_add_test(others, a_changed_child_goes_with_its_parent_without_an_update);
    tcase_add_test(others, a_changed_child_that_stays_is_written);
    tcase_add_test(others, a_changed_child_whose_parent_is_set_null_is_written);
    tcase_add_test(others, without_autoflush_relations_are_loaded_by_the_key_of_the_database);
    tcase_add_test(others, keys_that_core_changes_are_read_anew);
    tcase_add_test(others, many_keys_change_at_once_with_many_that_follow);
}

Suite *suite_natural_keys(void)
{
    Suite *suite = suite_create("natural keys");
    TCase *cascade = new_case(suite, "cascade"), *others = new_case(suite, "others");
    tcase_add_checked_fixture(cascade, make_tables, drop_tables);
    tcase_add_checked_fixture(others, make_tables, drop_tables);
    add_all(cascade, others);
    return suite;
}
