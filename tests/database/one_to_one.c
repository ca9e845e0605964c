/* one_to_one.c -- both sides of a one_to_one agree, whichever is set.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

START_TEST(both_sides_of_a_one_to_one_agree)
{
    const shapes_employee *ann = add_employee("ann", NULL), *owner;
    const shapes_desk *desk, *found;
    ok(shapes_desk_add(s, &(shapes_desk_values){.number = 1, .owner = ann}, &desk));
    ok(shapes_employee_get_desk(s, ann, &found));
    ck_assert_ptr_eq(found, desk);
    ok(shapes_desk_get_owner(s, desk, &owner));
    ck_assert_ptr_eq(owner, ann);
    ok(orm_session_commit(s));
    ck_assert_int_eq(desk->owner_id.value, ann->id);
}
END_TEST

START_TEST(a_one_to_one_is_set_from_either_side)
{
    const shapes_employee *ann = add_employee("ann", NULL), *bea = add_employee("bea", NULL), *owner;
    const shapes_desk *one, *two, *found;
    ok(shapes_desk_add(s, &(shapes_desk_values){.number = 1}, &one));
    ok(shapes_desk_add(s, &(shapes_desk_values){.number = 2}, &two));
    ok(shapes_employee_set_desk(s, ann, one));
    ok(shapes_desk_set_owner(s, two, bea));
    ok(shapes_desk_get_owner(s, one, &owner));
    ck_assert_ptr_eq(owner, ann);
    ok(shapes_employee_get_desk(s, bea, &found));
    ck_assert_ptr_eq(found, two);
    ok(orm_session_commit(s));
    ck_assert_int_eq(one->owner_id.value, ann->id);
    ck_assert_int_eq(two->owner_id.value, bea->id);
}
END_TEST

START_TEST(a_one_to_one_is_replaced_in_one_flush)
{
    const shapes_employee *ann = add_employee("ann", NULL), *owner;
    const shapes_desk *one, *two, *found;
    ok(shapes_desk_add(s, &(shapes_desk_values){.number = 1, .owner = ann}, &one));
    ok(shapes_desk_add(s, &(shapes_desk_values){.number = 2}, &two));
    ok(orm_session_commit(s));
    ok(shapes_employee_set_desk(s, ann, two));
    ok(shapes_desk_get_owner(s, one, &owner));
    ck_assert_ptr_null(owner);
    ok(shapes_employee_get_desk(s, ann, &found));
    ck_assert_ptr_eq(found, two);
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, one));
    ok(orm_session_refresh(s, two));
    ck_assert(!one->owner_id.has);
    ck_assert_int_eq(two->owner_id.value, ann->id);
}
END_TEST

START_TEST(a_one_to_one_taken_from_another_leaves_it)
{
    const shapes_employee *ann = add_employee("ann", NULL), *bea = add_employee("bea", NULL);
    const shapes_desk *desk, *found;
    ok(shapes_desk_add(s, &(shapes_desk_values){.number = 1, .owner = ann}, &desk));
    ok(orm_session_commit(s));
    ok(shapes_employee_set_desk(s, bea, desk));
    ok(shapes_employee_get_desk(s, ann, &found));
    ck_assert_ptr_null(found);
    ok(shapes_employee_get_desk(s, bea, &found));
    ck_assert_ptr_eq(found, desk);
    ok(orm_session_commit(s));
    ck_assert_int_eq(desk->owner_id.value, bea->id);
}
END_TEST

START_TEST(a_one_to_one_set_to_nothing_is_free)
{
    const shapes_employee *ann = add_employee("ann", NULL);
    const shapes_desk *desk, *found;
    ok(shapes_desk_add(s, &(shapes_desk_values){.number = 1, .owner = ann}, &desk));
    ok(orm_session_commit(s));
    ok(shapes_employee_set_desk(s, ann, NULL));
    ok(shapes_employee_get_desk(s, ann, &found));
    ck_assert_ptr_null(found);
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, desk));
    ck_assert(!desk->owner_id.has);
}
END_TEST

START_TEST(a_second_row_for_a_one_to_one_is_refused)
{
    const shapes_employee *ann = add_employee("ann", NULL);
    ok(shapes_badge_add(s, &(shapes_badge_values){.code = "1", .owner = ann}, NULL));
    ok(orm_session_commit(s));
    orm_session_clear(s);
    ok(shapes_employee_one(s, NULL, &ann));
    ok(shapes_badge_add(s, &(shapes_badge_values){.code = "2", .owner_id = ORM_VALUE(ann->id)}, NULL));
    orm_status status = orm_session_commit(s);
    ck_assert_msg(status == ORM_CONSTRAINT || status == ORM_CONFLICT || status == ORM_INVALID, "%s",
                  orm_status_name(status));
}
END_TEST

START_TEST(a_required_one_to_one_is_replaced_after_the_delete)
{
    const shapes_employee *ann = add_employee("ann", NULL);
    const shapes_badge *old, *fresh, *found;
    ok(shapes_badge_add(s, &(shapes_badge_values){.code = "1", .owner = ann}, &old));
    ok(orm_session_commit(s));
    ok(shapes_badge_delete(s, old));
    ok(orm_session_flush(s));
    ok(shapes_badge_add(s, &(shapes_badge_values){.code = "2", .owner = ann}, &fresh));
    ok(orm_session_commit(s));
    ok(shapes_employee_get_badge(s, ann, &found));
    ck_assert_ptr_eq(found, fresh);
}
END_TEST

Suite *suite_one_to_one(void)
{
    Suite *suite = suite_create("one to one");
    TCase *one = new_case(suite, "one");
    tcase_add_test(one, both_sides_of_a_one_to_one_agree);
    tcase_add_test(one, a_one_to_one_is_set_from_either_side);
    tcase_add_test(one, a_one_to_one_is_replaced_in_one_flush);
    tcase_add_test(one, a_one_to_one_taken_from_another_leaves_it);
    tcase_add_test(one, a_one_to_one_set_to_nothing_is_free);
    tcase_add_test(one, a_second_row_for_a_one_to_one_is_refused);
    tcase_add_test(one, a_required_one_to_one_is_replaced_after_the_delete);
    return suite;
}
