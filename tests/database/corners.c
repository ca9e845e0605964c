/* corners.c -- flushes whose order is hard to find: circles, keys and unique values that go round, owners of owners.
 * SPDX-License-Identifier: MIT */
#include "corners.h"

#include "harness.h"

static corners_knot_list knots(void)
{
    corners_knot_list list;
    ok(corners_knot_find(s, &(corners_knot_query){.order_by = {orm_asc(CORNERS_KNOT.id)}}, &list));
    return list;
}

static const corners_knot *add_knot(const char *name)
{
    const corners_knot *knot;
    ok(corners_knot_add(s, &(corners_knot_values){.name = name}, &knot));
    return knot;
}

/* One number that the database has, seen from beside the session. */
static int64_t stored(const char *sql)
{
    orm_rows *rows = NULL;
    int64_t count;
    ok(orm_connection_query(c, sql, NULL, &rows));
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &count));
    orm_rows_close(rows);
    return count;
}

static void make_corners(void)
{
    ok(corners_drop_all(engine, &error));
    ok(corners_create_all(engine, &error));
    forget_statements();
}

/* --- circles ------------------------------------------------------------------------------------------------------ */

START_TEST(a_circle_of_rows_that_restrict_each_other_is_deleted)
{
    const corners_knot *a = add_knot("a"), *b = add_knot("b");
    ok(corners_knot_set_left(s, a, b));
    ok(corners_knot_set_left(s, b, a));
    ok(orm_session_commit(s));
    if (_i) {
        commit_and_forget();
        corners_knot_list list = knots();
        a = list.items[0];
        b = list.items[1];
    }
    ok(corners_knot_delete(s, a));
    ok(corners_knot_delete(s, b));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("UPDATE knot 1, DELETE knot 1, DELETE knot 1");
    ck_assert_int_eq(stored("SELECT count(*) FROM knot"), 0);
}
END_TEST

START_TEST(a_row_on_two_circles_is_deleted)
{
    const corners_knot *a = add_knot("a");
    const corners_loop *one, *two;
    ok(corners_loop_add(s, &(corners_loop_values){.knot = a}, &one));
    ok(corners_loop_add(s, &(corners_loop_values){.knot = a}, &two));
    const corners_knot *b = add_knot("b"), *d = add_knot("d");
    ok(corners_knot_set_left(s, a, b));
    ok(corners_knot_set_right(s, a, d));
    ok(corners_knot_set_left(s, b, a));
    ok(corners_knot_set_right(s, d, a));
    ok(corners_knot_set_right(s, b, d));
    ok(corners_knot_set_left(s, d, b));
    ok(orm_session_commit(s));
    if (_i) {
        commit_and_forget();
        corners_knot_list list = knots();
        corners_loop_list loops;
        ok(corners_loop_find(s, NULL, &loops));
        a = list.items[0], b = list.items[1], d = list.items[2];
        one = loops.items[0], two = loops.items[1];
    }
    ok(corners_knot_delete(s, a));
    ok(corners_knot_delete(s, b));
    ok(corners_knot_delete(s, d));
    ok(corners_loop_delete(s, one));
    ok(corners_loop_delete(s, two));
    ok(orm_session_commit(s));
    ck_assert_int_eq(stored("SELECT count(*) FROM knot"), 0);
}
END_TEST

START_TEST(a_circle_given_by_keys_keeps_them)
{
    const corners_peer *a, *b;
    ok(corners_peer_add(s, &(corners_peer_values){.name = "a", .other_name = ORM_VALUE("b")}, &a));
    ok(corners_peer_add(s, &(corners_peer_values){.name = "b", .other_name = ORM_VALUE("a")}, &b));
    ok(orm_session_commit(s));
    expect_text(a->other_name, "b");
    expect_text(b->other_name, "a");
    ck_assert_int_eq(stored("SELECT count(*) FROM peer WHERE other_name IS NOT NULL"), 2);
}
END_TEST

START_TEST(a_row_that_refers_to_itself_by_its_key_keeps_it)
{
    const corners_peer *a;
    ok(corners_peer_add(s, &(corners_peer_values){.name = "a", .other_name = ORM_VALUE("a")}, &a));
    ok(orm_session_commit(s));
    expect_text(a->other_name, "a");
    ck_assert_int_eq(stored("SELECT count(*) FROM peer WHERE other_name = 'a'"), 1);
}
END_TEST

START_TEST(a_tree_turned_over_is_one_update)
{
    const corners_knot *a = add_knot("a"), *b = add_knot("b"), *d = add_knot("d");
    ok(corners_knot_set_left(s, b, a));
    ok(corners_knot_set_left(s, d, b));
    ok(orm_session_commit(s));
    ok(corners_knot_set_left(s, a, d)); /* a circle for a moment, and for good */
    ok(orm_session_commit(s));
    ck_assert_int_eq(stored("SELECT count(*) FROM knot WHERE left_id IS NOT NULL"), 3);
    ok(corners_knot_set_left(s, b, NULL));
    ok(corners_knot_delete(s, a));
    ok(orm_session_commit(s));
    ck_assert_int_eq(stored("SELECT count(*) FROM knot"), 2);
    ck_assert_int_eq(stored("SELECT count(*) FROM knot WHERE left_id IS NOT NULL"), 1);
}
END_TEST

/* --- keys that are taken over ------------------------------------------------------------------------------------- */

START_TEST(a_rollback_gives_a_key_back_that_was_taken_before_its_row_was_deleted)
{
    const corners_peer *old, *new, *got;
    ok(corners_peer_add(s, &(corners_peer_values){.name = "a"}, &old));
    ok(orm_session_commit(s));
    ok(corners_peer_add(s, &(corners_peer_values){.name = "n"}, &new));
    ok(corners_peer_delete(s, old));
    ok(corners_peer_set_name(s, new, "a"));
    if (_i)
        ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    ck_assert_int_eq(orm_session_state(s, old), ORM_PERSISTENT);
    ck_assert_int_eq(orm_session_state(s, new), ORM_DETACHED);
    ok(corners_peer_get(s, "a", &got));
    ck_assert_ptr_eq(got, old);
}
END_TEST

START_TEST(a_rollback_gives_back_keys_that_went_round)
{
    const corners_peer *a, *b, *got;
    ok(corners_peer_add(s, &(corners_peer_values){.name = "a"}, &a));
    ok(corners_peer_add(s, &(corners_peer_values){.name = "b"}, &b));
    ok(orm_session_commit(s));
    ok(corners_peer_set_name(s, a, "c"));
    ok(orm_session_flush(s));
    ok(corners_peer_set_name(s, b, "a"));
    ok(orm_session_flush(s));
    ok(corners_peer_set_name(s, a, "b"));
    ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    ck_assert_int_eq(orm_session_state(s, a), ORM_PERSISTENT);
    ck_assert_int_eq(orm_session_state(s, b), ORM_PERSISTENT);
    ok(corners_peer_get(s, "a", &got));
    ck_assert_ptr_eq(got, a);
    ok(corners_peer_get(s, "b", &got));
    ck_assert_ptr_eq(got, b);
}
END_TEST

START_TEST(a_key_of_a_row_that_is_gone_is_of_the_row_that_takes_it)
{
    const corners_peer *ghost, *a, *got;
    ok(corners_peer_add(s, &(corners_peer_values){.name = "a"}, &a));
    ok(corners_peer_add(s, &(corners_peer_values){.name = "b"}, &ghost));
    ok(orm_session_commit(s));
    run_sql("DELETE FROM peer WHERE name = 'b'");
    ok(corners_peer_set_name(s, a, "b"));
    ok(orm_session_commit(s));
    ck_assert_int_eq(orm_session_state(s, ghost), ORM_DETACHED);
    ok(corners_peer_get(s, "b", &got));
    ck_assert_ptr_eq(got, a);
    ok(corners_peer_set_note(s, a, "of a"));
    ok(orm_session_commit(s));
    ck_assert_int_eq(stored("SELECT count(*) FROM peer WHERE name = 'b' AND note = 'of a'"), 1);
}
END_TEST

/* --- keys at the ends of their range ------------------------------------------------------------------------------ */

START_TEST(keys_at_the_ends_of_their_range_identify)
{
    static const int64_t keys[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};
    enum { COUNT = sizeof keys / sizeof *keys };
    const corners_house *added[COUNT], *got;
    for (size_t i = 0; i < COUNT; i++)
        ok(corners_house_add(s, &(corners_house_values){.id = ORM_VALUE(keys[i]), .name = "n"}, &added[i]));
    ok(orm_session_flush(s));
    for (size_t i = 0; i < COUNT; i++) {
        ck_assert_int_eq(added[i]->id, keys[i]);
        ok(corners_house_get(s, keys[i], &got));
        ck_assert_ptr_eq(got, added[i]);
        ok(corners_house_set_name(s, got, (char[]){(char)('a' + i), 0}));
    }
    commit_and_forget();
    for (size_t i = 0; i < COUNT; i++) {
        ok(corners_house_get(s, keys[i], &added[i]));
        expect_text(added[i]->name, ((char[]){(char)('a' + i), 0}));
    }
    for (size_t i = 0; i < COUNT; i++)
        ok(corners_house_delete(s, added[i]));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("DELETE house 7");
}
END_TEST

START_TEST(behind_the_highest_key_there_is_none)
{
    const corners_house *last, *next = NULL;
    ok(corners_house_add(s, &(corners_house_values){.id = ORM_VALUE(INT64_MAX), .name = "last"}, &last));
    ok(orm_session_commit(s));
    if (!on_sqlite())
        run_sql("SELECT setval(pg_get_serial_sequence('house', 'id'), 9223372036854775807)");
    for (int i = 0; i < (_i ? 10 : 1); i++)
        ok(corners_house_add(s, &(corners_house_values){.name = "next"}, &next));
    ck_assert_int_ne(orm_session_commit(s), ORM_OK);
    ok(orm_session_rollback(s));
    ck_assert_int_eq(orm_session_state(s, next), ORM_DETACHED);
    ck_assert_int_eq(stored("SELECT count(*) FROM house"), 1);
}
END_TEST

/* --- unique values ------------------------------------------------------------------------------------------------ */

static const corners_place *add_place(int32_t row, int32_t seat, const char *code)
{
    const corners_place *place;
    corners_place_values values = {.row = row, .code = ORM_VALUE(code)};
    if (seat)
        ORM_SET(values.seat, seat);
    ok(corners_place_add(s, &values, &place));
    return place;
}

START_TEST(three_rows_pass_a_key_of_two_columns_round)
{
    const corners_place *a = add_place(1, 1, "a"), *b = add_place(1, 2, "b"), *d = add_place(1, 3, "d");
    ok(orm_session_commit(s));
    ok(corners_place_set_seat(s, a, (orm_opt_int32){true, 2}));
    ok(corners_place_set_seat(s, b, (orm_opt_int32){true, 3}));
    ok(corners_place_set_seat(s, d, (orm_opt_int32){true, 1}));
    ok(corners_place_set_code(s, a, "b"));
    ok(corners_place_set_code(s, b, "d"));
    ok(corners_place_set_code(s, d, "a"));
    ok(orm_session_commit(s));
    ck_assert_int_eq(
        stored("SELECT count(*) FROM place WHERE (seat = 2 AND code = 'b') OR (seat = 3 AND code = 'd') OR "
               "(seat = 1 AND code = 'a')"),
        3);
    ck_assert_int_eq(a->seat.value, 2);
    expect_text(d->code, "a");
}
END_TEST

START_TEST(values_of_a_partial_unique_index_are_no_conflict_outside_of_it)
{
    add_place(1, 1, "a");
    add_place(1, 2, "b");
    add_place(1, 0, "c");
    ok(orm_session_commit(s));
    add_place(1, 0, "d");
    expect_status(ORM_CONSTRAINT, orm_session_flush(s));
    ok(orm_session_rollback(s));
    add_place(1, 3, "A");
    expect_status(ORM_CONSTRAINT, orm_session_flush(s));
    ok(orm_session_rollback(s));
    ck_assert_int_eq(stored("SELECT count(*) FROM place"), 3);
}
END_TEST

/* --- four levels of owners ---------------------------------------------------------------------------------------- */

typedef struct home {
    const corners_house *house;
    const corners_floor *floor, *other_floor;
    const corners_room *room;
    const corners_lamp *lamp;
    const corners_wire *wire;
} home;

static home build(void)
{
    home h;
    ok(corners_house_add(s, &(corners_house_values){.name = "h"}, &h.house));
    ok(corners_floor_add(s, &(corners_floor_values){.name = "f", .house = h.house}, &h.floor));
    ok(corners_floor_add(s, &(corners_floor_values){.name = "g", .house = h.house}, &h.other_floor));
    ok(corners_room_add(s, &(corners_room_values){.name = "r", .floor = h.floor}, &h.room));
    ok(corners_lamp_add(s, &(corners_lamp_values){.name = "l", .room = h.room}, &h.lamp));
    ok(corners_wire_add(s, &(corners_wire_values){.name = "w"}, &h.wire));
    ok(corners_lamp_add_to_wires(s, h.lamp, h.wire));
    return h;
}

START_TEST(an_orphan_takes_along_what_it_owns)
{
    home h = build();
    if (_i)
        ok(orm_session_commit(s));
    ok(corners_house_remove_from_floors(s, h.house, h.floor));
    if (!_i) /* what is pending below has lost its owner, and is not dropped in silence */
        expect_status(ORM_CONFLICT, orm_session_commit(s));
    else
        ok(orm_session_commit(s));
    if (!_i)
        return;
    ck_assert_int_eq(stored("SELECT (SELECT count(*) FROM floor) * 1000 + (SELECT count(*) FROM room) * 100 + (SELECT "
                            "count(*) FROM lamp) * 10 + (SELECT count(*) FROM lamp_wire)"),
                     1000);
    ck_assert_int_eq(orm_session_state(s, h.room), ORM_DETACHED);
    ck_assert_int_eq(orm_session_state(s, h.lamp), ORM_DETACHED);
    ck_assert_int_eq(orm_session_state(s, h.other_floor), ORM_PERSISTENT);
    corners_lamp_list lamps;
    ok(corners_wire_get_lamps(s, h.wire, &lamps));
    ck_assert_uint_eq(lamps.count, 0);
}
END_TEST

START_TEST(what_moves_out_before_its_owner_goes_stays)
{
    home h = build();
    ok(orm_session_commit(s));
    ok(corners_room_set_floor(s, h.room, h.other_floor));
    ok(corners_floor_delete(s, h.floor));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("UPDATE room 1, DELETE floor 1");
    ck_assert_int_eq(orm_session_state(s, h.room), ORM_PERSISTENT);
    ck_assert_int_eq(orm_session_state(s, h.lamp), ORM_PERSISTENT);
    ck_assert_int_eq(stored("SELECT count(*) FROM lamp_wire"), 1);
    ok(corners_house_delete(s, h.house));
    ok(orm_session_rollback(s));
    ok(corners_house_delete(s, h.house));
    ok(orm_session_flush(s));
    ck_assert_int_eq(orm_session_state(s, h.lamp), ORM_DELETED);
    ok(orm_session_rollback(s));
    ck_assert_int_eq(orm_session_state(s, h.lamp), ORM_PERSISTENT);
    corners_wire_list wires;
    ok(corners_lamp_get_wires(s, h.lamp, &wires));
    ck_assert_uint_eq(wires.count, 1);
}
END_TEST

Suite *suite_corners(void)
{
    Suite *suite = suite_create("corners");
    TCase *tcase = new_case(suite, "circles");
    tcase_add_checked_fixture(tcase, make_corners, NULL);
    tcase_add_loop_test(tcase, a_circle_of_rows_that_restrict_each_other_is_deleted, 0, 2);
    tcase_add_loop_test(tcase, a_row_on_two_circles_is_deleted, 0, 2);
    tcase_add_test(tcase, a_circle_given_by_keys_keeps_them);
    tcase_add_test(tcase, a_row_that_refers_to_itself_by_its_key_keeps_it);
    tcase_add_test(tcase, a_tree_turned_over_is_one_update);
    tcase = new_case(suite, "keys");
    tcase_add_checked_fixture(tcase, make_corners, NULL);
    tcase_add_loop_test(tcase, a_rollback_gives_a_key_back_that_was_taken_before_its_row_was_deleted, 0, 2);
    tcase_add_test(tcase, a_rollback_gives_back_keys_that_went_round);
    tcase_add_test(tcase, a_key_of_a_row_that_is_gone_is_of_the_row_that_takes_it);
    tcase_add_test(tcase, keys_at_the_ends_of_their_range_identify);
    tcase_add_loop_test(tcase, behind_the_highest_key_there_is_none, 0, 2);
    tcase = new_case(suite, "unique");
    tcase_add_checked_fixture(tcase, make_corners, NULL);
    tcase_add_test(tcase, three_rows_pass_a_key_of_two_columns_round);
    tcase_add_test(tcase, values_of_a_partial_unique_index_are_no_conflict_outside_of_it);
    tcase = new_case(suite, "owners");
    tcase_add_checked_fixture(tcase, make_corners, NULL);
    tcase_add_loop_test(tcase, an_orphan_takes_along_what_it_owns, 0, 2);
    tcase_add_test(tcase, what_moves_out_before_its_owner_goes_stays);
    return suite;
}
