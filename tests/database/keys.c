/* keys.c -- keys of every shape: text, uuid, composite, small integers; names that need quotes.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

static const shapes_country *add_country(const char *code, const char *name)
{
    const shapes_country *country;
    ok(shapes_country_add(s, &(shapes_country_values){.code = code, .name = name}, &country));
    return country;
}

static const shapes_city *add_city(const shapes_country *country, const char *name)
{
    const shapes_city *city;
    ok(shapes_city_add(s, &(shapes_city_values){.name = name, .country = country}, &city));
    return city;
}

/* --- text --- */

START_TEST(a_text_key_identifies)
{
    const shapes_country *gb = add_country("gb", "Britain"), *got;
    char code[] = "gb";
    ok(shapes_country_get(s, code, &got));
    ck_assert_ptr_eq(got, gb);
    commit_and_forget();
    ok(shapes_country_get(s, code, &gb));
    strcpy(code, "xx");
    ok(shapes_country_get(s, "gb", &got));
    ck_assert_ptr_eq(got, gb);
    expect_statements("SELECT country 1");
    expect_status(ORM_NOT_FOUND, shapes_country_get(s, "GB", &got));
}
END_TEST

START_TEST(a_missing_text_key_is_named)
{
    ok(shapes_country_add(s, &(shapes_country_values){.name = "Nowhere"}, NULL));
    expect_status(ORM_INVALID, orm_session_flush(s));
    ck_assert_str_eq(orm_session_error(s)->column, "code");
}
END_TEST

START_TEST(a_null_key_finds_nothing)
{
    const shapes_country *got = (const shapes_country *)&error;
    orm_status status = shapes_country_get(s, NULL, &got);
    ck_assert_msg(status == ORM_NOT_FOUND || status == ORM_MISUSE, "%s", orm_status_name(status));
    ck_assert_ptr_null(got);
}
END_TEST

START_TEST(a_text_key_may_be_any_text)
{
    static const char *const codes[] = {"''", "\"", "", "\\", "%", "\u00e9"};
    const shapes_country *got;
    for (size_t i = 0; i < 6; i++)
        add_country(codes[i], codes[i]);
    commit_and_forget();
    for (size_t i = 0; i < 6; i++) {
        ok(shapes_country_get(s, codes[i], &got));
        ck_assert_str_eq(got->name, codes[i]);
    }
}
END_TEST

/* --- composite --- */

START_TEST(a_composite_key_identifies_by_all_its_columns)
{
    const shapes_country *gb = add_country("gb", "Britain"), *fr = add_country("fr", "France");
    const shapes_city *london = add_city(gb, "London"), *paris = add_city(fr, "Paris"), *other = add_city(gb, "Paris"),
                      *got;
    ok(orm_session_flush(s));
    expect_statements("INSERT country 2, INSERT city 3");
    ok(shapes_city_get(s, "fr", "Paris", &got));
    ck_assert_ptr_eq(got, paris);
    ok(shapes_city_get(s, "gb", "Paris", &got));
    ck_assert_ptr_eq(got, other);
    ok(shapes_city_get(s, "gb", "London", &got));
    ck_assert_ptr_eq(got, london);
    expect_status(ORM_NOT_FOUND, shapes_city_get(s, "fr", "London", &got));
    ck_assert_str_eq(paris->country_code, "fr");
}
END_TEST

START_TEST(a_composite_foreign_key_is_loaded)
{
    shapes_street_list streets;
    const shapes_city *city;
    const shapes_country *countries[] = {add_country("gb", "Britain"), add_country("fr", "France")};
    for (size_t i = 0; i < 4; i++) {
        const shapes_city *made = add_city(countries[i % 2], i < 2 ? "A" : "B");
        for (int k = 0; k < 3; k++)
            ok(shapes_street_add(s, &(shapes_street_values){.name = (const char *[]){"x", "y", "z"}[k], .city = made},
                                 NULL));
    }
    ok(orm_session_flush(s));
    expect_statements("INSERT country 2, INSERT city 4, INSERT street 12");
    commit_and_forget();
    ok(shapes_street_find(s, NULL, &streets));
    for (size_t i = 0; i < streets.count; i++) {
        ok(shapes_street_get_city(s, streets.items[i], &city));
        ck_assert_str_eq(city->name, streets.items[i]->city_name);
        ck_assert_str_eq(city->country_code, streets.items[i]->city_country);
    }
    expect_statements("SELECT street 12, SELECT city 4");
    orm_session_clear(s);
    shapes_city_list cities;
    ok(shapes_city_find(
        s, &(shapes_city_query){.load = {orm_load(SHAPES_CITY.streets, .limit = 2), orm_load(SHAPES_CITY.country)}},
        &cities));
    expect_statements("SELECT city 4, SELECT street 8, SELECT country 2");
    for (size_t i = 0; i < cities.count; i++) {
        ok(shapes_city_get_streets(s, cities.items[i], &streets));
        ck_assert_uint_eq(streets.count, 2);
        ck_assert_str_eq(streets.items[1]->name, "y");
    }
    expect_nothing_sent();
}
END_TEST

START_TEST(a_composite_foreign_key_may_be_null)
{
    const shapes_city *city = add_city(add_country("gb", "Britain"), "London"), *none;
    const shapes_visit *with, *without;
    shapes_visit_list visits;
    ok(shapes_visit_add(s, &(shapes_visit_values){.city = city}, &with));
    ok(shapes_visit_add(s, &(shapes_visit_values){.note = ORM_VALUE("nowhere")}, &without));
    ok(orm_session_commit(s));
    ck_assert_int_gt(with->id, 0);
    ck_assert_str_eq(with->city_name, "London");
    ck_assert_ptr_null(without->city_name);
    ok(shapes_visit_get_city(s, without, &none));
    ck_assert_ptr_null(none);
    ok(shapes_visit_set_city(s, without, city));
    ok(shapes_visit_set_city(s, with, NULL));
    ok(orm_session_flush(s));
    ck_assert_ptr_null(with->city_country);
    ck_assert_str_eq(without->city_country, "gb");
    ok(shapes_city_get_visits(s, city, &visits));
    ck_assert_uint_eq(visits.count, 1);
    ck_assert_ptr_eq(visits.items[0], without);
    ok(shapes_city_delete(s, city));
    ok(orm_session_commit(s));
    ck_assert_ptr_null(without->city_country);
    ck_assert_ptr_null(without->city_name);
}
END_TEST

START_TEST(composite_rows_are_updated_and_deleted_by_all_their_columns)
{
    const shapes_country *gb = add_country("gb", "Britain"), *fr = add_country("fr", "France");
    const shapes_city *cities[] = {add_city(gb, "A"), add_city(gb, "B"), add_city(fr, "A"), add_city(fr, "B")};
    ok(orm_session_commit(s));
    forget_statements();
    for (size_t i = 0; i < 3; i++)
        ok(shapes_city_set_people(s, cities[i], (orm_opt_int32){true, (int32_t)i + 1}));
    ok(orm_session_flush(s));
    expect_statements("UPDATE city 3");
    ok(orm_session_refresh(s, cities[3]));
    ck_assert(!cities[3]->people.has);
    ok(orm_session_refresh(s, cities[2]));
    ck_assert_int_eq(cities[2]->people.value, 3);
    forget_statements();
    ok(shapes_city_delete(s, cities[0]));
    ok(shapes_city_delete(s, cities[3]));
    ok(orm_session_commit(s));
    expect_statements("DELETE city 2");
    shapes_city_list left;
    ok(shapes_city_find(s, &(shapes_city_query){.order_by = {orm_asc(SHAPES_CITY.name)}}, &left));
    ck_assert_uint_eq(left.count, 2);
    ck_assert_ptr_eq(left.items[0], cities[2]);
    ck_assert_ptr_eq(left.items[1], cities[1]);
}
END_TEST

START_TEST(a_cascade_over_composite_keys_is_seen_in_memory)
{
    const shapes_country *gb = add_country("gb", "Britain"), *fr = add_country("fr", "France");
    const shapes_city *london = add_city(gb, "London"), *paris = add_city(fr, "Paris");
    const shapes_street *here, *there;
    ok(shapes_street_add(s, &(shapes_street_values){.name = "x", .city = london}, &here));
    ok(shapes_street_add(s, &(shapes_street_values){.name = "y", .city = paris}, &there));
    ok(orm_session_commit(s));
    ok(shapes_country_delete(s, gb));
    ok(orm_session_flush(s));
    ck_assert(!orm_session_contains(s, london));
    ck_assert(!orm_session_contains(s, here));
    ck_assert(orm_session_contains(s, there));
    ok(orm_session_commit(s));
}
END_TEST

/* --- uuid, and a key of two types --- */

START_TEST(a_uuid_key_identifies)
{
    const orm_uuid id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}, absent = {{9}};
    const shapes_device *device, *got;
    ok(shapes_device_add(s, &(shapes_device_values){.id = id, .name = "d"}, &device));
    ok(shapes_device_get(s, id, &got));
    ck_assert_ptr_eq(got, device);
    commit_and_forget();
    ok(shapes_device_get(s, id, &got));
    ck_assert_mem_eq(got->id.bytes, id.bytes, 16);
    expect_status(ORM_NOT_FOUND, shapes_device_get(s, absent, &got));
}
END_TEST

START_TEST(a_key_of_uuid_and_time_works)
{
    enum { COUNT = 50 };
    const shapes_device *devices[2], *device;
    const shapes_reading *reading;
    shapes_reading_list readings;
    for (uint8_t d = 0; d < 2; d++) {
        char name[16];
        snprintf(name, sizeof name, "d%d", d);
        ok(shapes_device_add(s, &(shapes_device_values){.id = {{(uint8_t)(d + 1)}}, .name = name}, &devices[d]));
        for (int i = 0; i < COUNT; i++)
            ok(shapes_reading_add(
                s, &(shapes_reading_values){.device = devices[d], .at = {i * 1000}, .value = i + 0.5 * d}, NULL));
    }
    ok(orm_session_flush(s));
    expect_statements("INSERT device 2, INSERT reading 100");
    commit_and_forget();
    ok(shapes_reading_get(s, (orm_uuid){{2}}, (orm_timestamptz){7000}, &reading));
    ck_assert_double_eq(reading->value, 7.5);
    ok(shapes_reading_get_device(s, reading, &device));
    ck_assert_str_eq(device->name, "d1");
    ok(shapes_device_get_readings(s, device, &readings));
    ck_assert_uint_eq(readings.count, COUNT);
    ck_assert_ptr_eq(readings.items[7], reading);
    for (size_t i = 0; i < readings.count; i++)
        ok(shapes_reading_set_value(s, readings.items[i], 1.0));
    forget_statements();
    ok(orm_session_flush(s));
    expect_statements("UPDATE reading 50");
}
END_TEST

/* --- small integers --- */

START_TEST(small_generated_keys_come_back)
{
    const shapes_visit *visits[3];
    const shapes_employee *employees[3];
    for (int i = 0; i < 3; i++) {
        ok(shapes_visit_add(s, &(shapes_visit_values){.note = ORM_VALUE("n")}, &visits[i]));
        employees[i] = add_employee((const char *[]){"a", "b", "c"}[i], NULL);
    }
    ok(orm_session_commit(s));
    for (int i = 0; i < 3; i++) {
        const shapes_visit *visit;
        const shapes_employee *employee;
        ck_assert_int_gt(visits[i]->id, 0);
        ck_assert_int_gt(employees[i]->id, 0);
        ok(shapes_visit_get(s, visits[i]->id, &visit));
        ok(shapes_employee_get(s, employees[i]->id, &employee));
        ck_assert_ptr_eq(visit, visits[i]);
        ck_assert_ptr_eq(employee, employees[i]);
    }
}
END_TEST

START_TEST(rows_of_nothing_but_a_generated_key_are_inserted)
{
    const shapes_cart *carts[10];
    for (int i = 0; i < 10; i++)
        ok(shapes_cart_add(s, &(shapes_cart_values){.id = {0}}, &carts[i]));
    ok(orm_session_commit(s));
    expect_statements("INSERT cart 10");
    for (int i = 1; i < 10; i++)
        ck_assert_int_ne(carts[i]->id, carts[i - 1]->id);
    shapes_cart row;
    orm_result *result;
    ok(shapes_cart_insert(c, &(shapes_cart_values){.id = {0}}, &row, &result));
    ck_assert_int_gt(row.id, 0);
    orm_result_free(result);
}
END_TEST

START_TEST(given_and_generated_keys_mix)
{
    const shapes_shelf *given, *generated;
    ok(shapes_shelf_add(s, &(shapes_shelf_values){.id = ORM_VALUE(100000), .label = "given"}, &given));
    ok(shapes_shelf_add(s, &(shapes_shelf_values){.label = "generated"}, &generated));
    ok(orm_session_commit(s));
    ck_assert_int_eq(given->id, 100000);
    ck_assert_int_ne(generated->id, 100000);
    ck_assert_int_gt(generated->id, 0);
}
END_TEST

START_TEST(keys_may_be_negative_and_zero)
{
    const shapes_shelf *got;
    static const int64_t ids[] = {0, -1, INT64_MIN, INT64_MAX};
    char label[32];
    for (size_t i = 0; i < 4; i++) {
        snprintf(label, sizeof label, "%zu", i);
        ok(shapes_shelf_add(s, &(shapes_shelf_values){.id = ORM_VALUE(ids[i]), .label = label}, NULL));
    }
    commit_and_forget();
    for (size_t i = 0; i < 4; i++) {
        ok(shapes_shelf_get(s, ids[i], &got));
        ck_assert_int_eq(got->id, ids[i]);
    }
    run_sql("DELETE FROM shelf");
    if (on_sqlite())
        run_sql("DELETE FROM sqlite_sequence WHERE name = 'shelf'"); /* or no key is left for it to make */
}
END_TEST

/* --- names --- */

START_TEST(reserved_words_and_upper_case_are_quoted)
{
    const shapes_group *group, *found;
    shapes_group row;
    orm_result *result;
    size_t count;
    const shapes_country *gb = add_country("gb", "Britain"), *fr = add_country("fr", "France");
    ok(shapes_group_add(s, &(shapes_group_values){.select = "x", .double_ = ORM_VALUE(1.5), .home = gb, .away = fr},
                        &group));
    ok(shapes_group_add(s, &(shapes_group_values){.select = "y", .double_ = ORM_VALUE(2.5), .home = gb}, NULL));
    ok(orm_session_flush(s));
    expect_statements("INSERT country 2, INSERT order 1, INSERT order 1");
    ok(shapes_group_set_class_(s, group, 7));
    ok(orm_session_flush(s));
    ok(shapes_group_one(
        s,
        &(shapes_group_query){.where = {orm_eq(SHAPES_GROUP.select, "x"), orm_gt(SHAPES_GROUP.double_, 1),
                                        orm_eq(SHAPES_GROUP.class_, 7)},
                              .order_by = {orm_desc(SHAPES_GROUP.double_)}},
        &found));
    ck_assert_ptr_eq(found, group);
    int64_t id = group->id;
    ok(orm_session_commit(s));
    ok(shapes_group_fetch(c, id, &row, &result));
    ck_assert_double_eq(row.double_.value, 1.5);
    orm_result_free(result);
    ok(shapes_group_update_where(c, orm_eq(SHAPES_GROUP.class_, 7), &(shapes_group_changes){.select = ORM_VALUE("z")},
                                 &count));
    ok(shapes_group_delete_where(c, orm_eq(SHAPES_GROUP.select, "z"), &count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(two_relations_to_one_model_stay_apart)
{
    const shapes_country *gb = add_country("gb", "Britain"), *fr = add_country("fr", "France"), *home, *away;
    const shapes_group *group;
    ok(shapes_group_add(s, &(shapes_group_values){.select = "x", .home = gb, .away = fr}, NULL));
    commit_and_forget();
    ok(shapes_group_one(s, &(shapes_group_query){.load = {orm_load(SHAPES_GROUP.home), orm_load(SHAPES_GROUP.away)}},
                        &group));
    ok(shapes_group_get_home(s, group, &home));
    ok(shapes_group_get_away(s, group, &away));
    ck_assert_str_eq(home->code, "gb");
    ck_assert_str_eq(away->code, "fr");
    ok(shapes_group_set_away(s, group, home));
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, group));
    ck_assert_str_eq(group->away_code, "gb");
    ck_assert_str_eq(group->home_code, "gb");
}
END_TEST

START_TEST(rows_of_nothing_but_their_keys_are_one_statement)
{
    enum { COUNT = 2500 };
    static const shapes_cart *carts[COUNT];
    for (int i = 0; i < COUNT; i++)
        ok(shapes_cart_add(s, &(shapes_cart_values){0}, &carts[i]));
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("INSERT cart 2500");
    for (int i = 1; i < COUNT; i++)
        ck_assert_int_gt(carts[i]->id, carts[i - 1]->id);
    orm_session_clear(s);
    size_t count;
    ok(shapes_cart_count(s, NULL, &count));
    ck_assert_uint_eq(count, COUNT);
}
END_TEST

Suite *suite_keys(void)
{
    Suite *suite = suite_create("keys");
    TCase *text = new_case(suite, "text");
    tcase_add_test(text, a_text_key_identifies);
    tcase_add_test(text, a_missing_text_key_is_named);
    tcase_add_test(text, a_null_key_finds_nothing);
    tcase_add_test(text, a_text_key_may_be_any_text);
    TCase *composite = new_case(suite, "composite");
    tcase_add_test(composite, a_composite_key_identifies_by_all_its_columns);
    tcase_add_test(composite, a_composite_foreign_key_is_loaded);
    tcase_add_test(composite, a_composite_foreign_key_may_be_null);
    tcase_add_test(composite, composite_rows_are_updated_and_deleted_by_all_their_columns);
    tcase_add_test(composite, a_cascade_over_composite_keys_is_seen_in_memory);
    TCase *other = new_case(suite, "other");
    tcase_add_test(other, a_uuid_key_identifies);
    tcase_add_test(other, a_key_of_uuid_and_time_works);
    tcase_add_test(other, small_generated_keys_come_back);
    tcase_add_test(other, rows_of_nothing_but_a_generated_key_are_inserted);
    tcase_add_test(other, given_and_generated_keys_mix);
    tcase_add_test(other, keys_may_be_negative_and_zero);
    TCase *names = new_case(suite, "names");
    tcase_add_test(names, reserved_words_and_upper_case_are_quoted);
    tcase_add_test(names, two_relations_to_one_model_stay_apart);
    tcase_add_test(names, rows_of_nothing_but_their_keys_are_one_statement);
    return suite;
}
