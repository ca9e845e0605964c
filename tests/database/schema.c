/* schema.c -- making and removing tables, and a database that is not as it was compiled in.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

START_TEST(making_the_tables_twice_changes_nothing)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    ok(blog_create_all(engine, &error));
    ok(blog_create_all(engine, NULL));
    ok(orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "ada");
}
END_TEST

START_TEST(removing_the_tables_twice_changes_nothing)
{
    ok(blog_drop_all(engine, &error));
    ok(blog_drop_all(engine, &error));
    ok(blog_drop_all(engine, NULL));
}
END_TEST

START_TEST(removed_tables_are_gone_with_their_rows)
{
    size_t count;
    add_author("ada");
    ok(orm_session_commit(s));
    ok(blog_drop_all(engine, &error));
    expect_status(ORM_SCHEMA, blog_author_count(s, NULL, &count));
    ok(orm_session_rollback(s));
    ok(blog_create_all(engine, &error));
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(tables_with_rows_that_refer_to_each_other_can_be_removed)
{
    const shapes_team *team;
    const shapes_player *player;
    ok(shapes_team_add(s, &(shapes_team_values){.name = "reds"}, &team));
    ok(shapes_player_add(s, &(shapes_player_values){.name = "ann", .team = team}, &player));
    ok(shapes_team_set_captain(s, team, player));
    add_employee("bob", add_employee("eve", NULL));
    ok(orm_session_commit(s));
    ok(shapes_drop_all(engine, &error));
    ok(shapes_create_all(engine, &error));
}
END_TEST

START_TEST(a_package_leaves_the_tables_of_another_alone)
{
    size_t count;
    add_author("ada");
    ok(orm_session_commit(s));
    ok(kinds_drop_all(engine, &error));
    ok(shapes_drop_all(engine, &error));
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(one_session_holds_entities_of_two_packages)
{
    const shapes_country *country;
    add_author("ada");
    ok(shapes_country_add(s, &(shapes_country_values){.code = "gb", .name = "Britain"}, &country));
    ok(kinds_wide_add(s, &(kinds_wide_values){.note = ORM_VALUE("n")}, NULL));
    ok(orm_session_flush(s));
    expect_statements("INSERT authors 1, INSERT country 1, INSERT wide 1");
    ok(shapes_country_set_name(s, country, "United Kingdom"));
    ok(orm_session_commit(s));
    expect_statements("UPDATE country 1");
}
END_TEST

START_TEST(a_table_that_is_gone_is_told_by_name)
{
    const blog_post *rows;
    size_t count;
    orm_result *result;
    ok(blog_post_select(c, NULL, &rows, &count, &result)); /* prepared while it was there */
    orm_result_free(result);
    run_sql("DROP TABLE comment");
    run_sql("DROP TABLE post");
    expect_status(ORM_SCHEMA, blog_post_select(c, NULL, &rows, &count, &result));
    ck_assert_str_eq(orm_connection_error(c)->sqlstate, "42P01");
    expect_said(orm_connection_error(c)->message, "post");
    ck_assert_ptr_null(rows);
    ck_assert_uint_eq(count, 0);
    ck_assert_ptr_null(result);
}
END_TEST

START_TEST(a_session_says_which_table_is_gone)
{
    run_sql("DROP TABLE profile");
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    ok(blog_profile_add(s, &(blog_profile_values){.url = "u", .author = ada}, NULL));
    expect_status(ORM_SCHEMA, orm_session_commit(s));
    ck_assert_str_eq(orm_session_error(s)->sqlstate, "42P01");
    expect_said(orm_session_error(s)->message, "profile");
    expect_status(ORM_ROLLBACK_FIRST, orm_session_commit(s));
    ok(orm_session_rollback(s));
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(a_column_that_is_gone_is_told_by_name)
{
    const shapes_shelf *rows;
    size_t count;
    orm_result *result;
    run_sql("DROP TABLE book");
    run_sql("DROP TABLE shelf");
    run_sql("CREATE TABLE shelf (id bigint)");
    expect_status(ORM_SCHEMA, shapes_shelf_select(c, NULL, &rows, &count, &result));
    ck_assert_str_eq(orm_connection_error(c)->sqlstate, "42703");
    expect_said(orm_connection_error(c)->message, "label");
}
END_TEST

START_TEST(a_null_where_none_may_be_is_told_by_table_and_column)
{
    const shapes_shelf *rows;
    size_t count;
    orm_result *result;
    run_sql("DROP TABLE book");
    run_sql("DROP TABLE shelf");
    run_sql("CREATE TABLE shelf (id bigint, label text)");
    run_sql("INSERT INTO shelf VALUES (1, 'a')");
    run_sql("INSERT INTO shelf VALUES (2, NULL)");
    expect_status(ORM_SCHEMA, shapes_shelf_select(c, NULL, &rows, &count, &result));
    ck_assert_str_eq(orm_connection_error(c)->table, "shelf");
    ck_assert_str_eq(orm_connection_error(c)->column, "label");
    ck_assert_ptr_null(result);
    ok(shapes_shelf_select(c, &(shapes_shelf_query){.where = {orm_not_null(SHAPES_SHELF.label)}}, &rows, &count,
                           &result));
    ck_assert_uint_eq(count, 1);
    orm_result_free(result);
}
END_TEST

START_TEST(a_column_of_another_type_is_told_by_table_and_column)
{
    const shapes_shelf *rows;
    size_t count;
    orm_result *result;
    run_sql("DROP TABLE book");
    run_sql("DROP TABLE shelf");
    run_sql("CREATE TABLE shelf (id text, label text)");
    run_sql("INSERT INTO shelf VALUES ('seven', 'a')");
    expect_status(ORM_SCHEMA, shapes_shelf_select(c, NULL, &rows, &count, &result));
    ck_assert_str_eq(orm_connection_error(c)->table, "shelf");
    ck_assert_str_eq(orm_connection_error(c)->column, "id");
}
END_TEST

START_TEST(indexes_and_unique_keys_are_made)
{
    expect_status(ORM_DATABASE,
                  orm_connection_execute(c, "CREATE INDEX post_author_id_created_at_idx ON post (id)", NULL, NULL));
    ck_assert_str_eq(orm_connection_error(c)->sqlstate, on_sqlite() ? "XX000" : "42P07");
}
END_TEST

/* These change the tables: each begins with all of them. */
static void make_anew(void)
{
    ok(blog_drop_all(engine, &error));
    ok(shapes_drop_all(engine, &error));
    ok(kinds_drop_all(engine, &error));
    ok(blog_create_all(engine, &error));
    ok(shapes_create_all(engine, &error));
    ok(kinds_create_all(engine, &error));
    forget_statements();
}

/* A table that was changed by hand would stay. */
static void repair(void)
{
    orm_session_close(s);
    s = NULL;
    make_anew();
}

Suite *suite_schema(void)
{
    Suite *suite = suite_create("schema");
    TCase *whole = new_case(suite, "whole");
    tcase_add_test(whole, making_the_tables_twice_changes_nothing);
    tcase_add_test(whole, one_session_holds_entities_of_two_packages);
    tcase_add_test(whole, indexes_and_unique_keys_are_made);
    TCase *changed = new_case(suite, "changed");
    tcase_add_checked_fixture(changed, make_anew, repair);
    tcase_add_test(changed, removing_the_tables_twice_changes_nothing);
    tcase_add_test(changed, removed_tables_are_gone_with_their_rows);
    tcase_add_test(changed, tables_with_rows_that_refer_to_each_other_can_be_removed);
    tcase_add_test(changed, a_package_leaves_the_tables_of_another_alone);
    tcase_add_test(changed, a_table_that_is_gone_is_told_by_name);
    tcase_add_test(changed, a_session_says_which_table_is_gone);
    tcase_add_test(changed, a_column_that_is_gone_is_told_by_name);
    tcase_add_test(changed, a_null_where_none_may_be_is_told_by_table_and_column);
    tcase_add_test(changed, a_column_of_another_type_is_told_by_table_and_column);
    return suite;
}
