/* flush.c -- the unit of work: what a flush sends, how few statements, in which order, and whose key is whose.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

/* --- inserts --- */

START_TEST(three_authors_with_ten_posts_each_are_two_statements)
{
    for (int i = 0; i < 3; i++) {
        const blog_author *author = add_author((const char *[]){"a", "b", "c"}[i]);
        for (int k = 0; k < 10; k++)
            add_post(author, "t");
    }
    ok(orm_session_flush(s));
    expect_statements("INSERT authors 3, INSERT post 30");
    ok(orm_session_commit(s));
    expect_statements("");
}
END_TEST

START_TEST(the_order_of_adding_does_not_matter)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "t");
    add_comment(post, bob, "first");
    const blog_author *eve = add_author("eve");
    add_comment(add_post(eve, "u"), ada, "second");
    ok(blog_profile_add(s, &(blog_profile_values){.url = "u", .author = eve}, NULL));
    ok(orm_session_flush(s));
    expect_statements("INSERT authors 3, INSERT post 2, INSERT comment 2, INSERT profile 1");
}
END_TEST

START_TEST(unrelated_models_go_in_the_order_of_adding)
{
    ok(shapes_shelf_add(s, &(shapes_shelf_values){.label = "A"}, NULL));
    add_author("ada");
    ok(shapes_country_add(s, &(shapes_country_values){.code = "gb", .name = "Britain"}, NULL));
    ok(orm_session_flush(s));
    expect_statements("INSERT shelf 1, INSERT authors 1, INSERT country 1");
}
END_TEST

START_TEST(rows_of_different_shape_are_a_statement_each_shape)
{
    for (int i = 0; i < 6; i++) {
        char email[32];
        snprintf(email, sizeof email, "%d@x", i);
        blog_author_values values = {.email = email, .name = "n"};
        if (i % 2)
            ORM_SET(values.score, 1.0);
        ok(blog_author_add(s, &values, NULL));
    }
    ok(orm_session_flush(s));
    expect_statements("INSERT authors 3, INSERT authors 3");
}
END_TEST

/* Every title is that of its number: no row was given the values of another. */
static void expect_titles(size_t count)
{
    blog_post_list list;
    char title[32];
    ok(blog_post_find(s, NULL, &list));
    ck_assert_uint_eq(list.count, count);
    for (size_t i = 0; i < count; i++) {
        snprintf(title, sizeof title, "t%d", (int)list.items[i]->views);
        ck_assert_str_eq(list.items[i]->title, title);
    }
}

START_TEST(five_thousand_generated_keys_go_to_the_right_rows)
{
    enum { COUNT = 5000 };
    const blog_post **posts = malloc(COUNT * sizeof *posts);
    int64_t *ids = malloc(COUNT * sizeof *ids);
    char title[32];
    const blog_author *ada = add_author("ada");
    for (int i = 0; i < COUNT; i++) {
        snprintf(title, sizeof title, "t%d", i);
        ok(blog_post_add(s, &(blog_post_values){.title = title, .body = "", .author = ada, .views = ORM_VALUE(i)},
                         &posts[i]));
    }
    ok(orm_session_flush(s));
    expect_statements("INSERT authors 1, INSERT post 5000");
    for (int i = 0; i < COUNT; i++)
        ids[i] = posts[i]->id;
    commit_and_forget();
    for (int i = 0; i < COUNT; i += 37) {
        const blog_post *post;
        ok(blog_post_get(s, ids[i], &post));
        ck_assert_int_eq(post->views, i);
    }
    expect_titles(COUNT);
    free(posts);
    free(ids);
}
END_TEST

START_TEST(a_trigger_that_draws_keys_too_does_not_mix_them_up)
{
    enum { COUNT = 300 };
    const shapes_shelf *shelves[COUNT];
    char label[32];
    if (on_sqlite()) {
        run_sql("CREATE TRIGGER echo AFTER INSERT ON shelf BEGIN INSERT INTO wide (note) VALUES (new.label); END");
    } else {
        run_sql("CREATE FUNCTION echo() RETURNS trigger LANGUAGE plpgsql AS "
                "'BEGIN INSERT INTO wide (note) VALUES (new.label); RETURN new; END'");
        run_sql("CREATE TRIGGER echo BEFORE INSERT ON shelf FOR EACH ROW EXECUTE FUNCTION echo()");
    }
    for (int i = 0; i < 10; i++)
        run_sql("INSERT INTO wide (note) VALUES ('x')");
    for (int i = 0; i < COUNT; i++) {
        snprintf(label, sizeof label, "s%d", i);
        ok(shapes_shelf_add(s, &(shapes_shelf_values){.label = label}, &shelves[i]));
    }
    orm_status status = orm_session_commit(s);
    int64_t ids[COUNT];
    for (int i = 0; i < COUNT; i++)
        ids[i] = shelves[i]->id;
    run_sql(on_sqlite() ? "DROP TRIGGER echo" : "DROP TRIGGER echo ON shelf");
    if (!on_sqlite())
        run_sql("DROP FUNCTION echo");
    ok(status);
    orm_session_clear(s);
    for (int i = 0; i < COUNT; i++) {
        const shapes_shelf *shelf;
        snprintf(label, sizeof label, "s%d", i);
        ok(shapes_shelf_get(s, ids[i], &shelf));
        ck_assert_str_eq(shelf->label, label);
    }
}
END_TEST

START_TEST(chains_are_inserted_in_waves)
{
    enum { DEPTH = 5, WIDTH = 4 };
    const shapes_employee *above[WIDTH] = {NULL};
    char name[32];
    for (int level = 0; level < DEPTH; level++)
        for (int i = 0; i < WIDTH; i++) {
            snprintf(name, sizeof name, "e%d%d", level, i);
            above[i] = add_employee(name, above[i]);
        }
    ok(orm_session_flush(s));
    expect_statements("INSERT employee 4, INSERT employee 4, INSERT employee 4, INSERT employee 4, INSERT employee 4");
    commit_and_forget();
    shapes_employee_list list;
    ok(shapes_employee_find(s, &(shapes_employee_query){.order_by = {orm_asc(SHAPES_EMPLOYEE.name)}}, &list));
    ck_assert_uint_eq(list.count, DEPTH * WIDTH);
    for (size_t i = WIDTH; i < list.count; i++)
        ck_assert_int_eq(list.items[i]->boss_id.value, list.items[i - WIDTH]->id);
    for (size_t i = 0; i < WIDTH; i++)
        ck_assert(!list.items[i]->boss_id.has);
}
END_TEST

START_TEST(a_chain_added_from_its_end_is_inserted_from_its_beginning)
{
    const shapes_employee *worker = add_employee("worker", NULL), *boss = add_employee("boss", NULL),
                          *head = add_employee("head", NULL);
    ok(shapes_employee_set_boss(s, worker, boss));
    ok(shapes_employee_set_boss(s, boss, head));
    ok(orm_session_commit(s));
    ck_assert_int_eq(worker->boss_id.value, boss->id);
    ck_assert_int_eq(boss->boss_id.value, head->id);
    ck_assert(!head->boss_id.has);
    ok(orm_session_refresh(s, worker));
    ck_assert_int_eq(worker->boss_id.value, boss->id);
}
END_TEST

START_TEST(a_circle_is_cut_at_a_nullable_key)
{
    const shapes_team *team;
    const shapes_player *ann, *bea;
    ok(shapes_team_add(s, &(shapes_team_values){.name = "reds"}, &team));
    ok(shapes_player_add(s, &(shapes_player_values){.name = "ann", .team = team}, &ann));
    ok(shapes_player_add(s, &(shapes_player_values){.name = "bea", .team = team}, &bea));
    ok(shapes_team_set_captain(s, team, bea));
    ok(orm_session_flush(s));
    expect_statements("INSERT team 1, INSERT player 2, UPDATE team 1");
    ck_assert_int_eq(team->captain_id.value, bea->id);
    commit_and_forget();
    ok(shapes_team_one(s, NULL, &team));
    ok(shapes_player_one(s, &(shapes_player_query){.where = {orm_eq(SHAPES_PLAYER.name, "bea")}}, &bea));
    ck_assert_int_eq(team->captain_id.value, bea->id);
}
END_TEST

START_TEST(a_row_may_refer_to_itself)
{
    const shapes_employee *own = add_employee("own boss", NULL);
    ok(shapes_employee_set_boss(s, own, own));
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, own));
    ck_assert_int_eq(own->boss_id.value, own->id);
    ok(shapes_employee_delete(s, own));
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(a_circle_that_nothing_cuts_is_named_before_anything_is_sent)
{
    const shapes_egg *egg;
    const shapes_hen *hen;
    ok(shapes_egg_add(s, &(shapes_egg_values){.hen = NULL}, &egg));
    ok(shapes_hen_add(s, &(shapes_hen_values){.egg = egg}, &hen));
    ok(shapes_egg_set_hen(s, egg, hen));
    expect_status(ORM_CYCLE, orm_session_flush(s));
    expect_said(orm_session_error(s)->message, "egg");
    expect_said(orm_session_error(s)->message, "hen");
    expect_statements("");
    ok(orm_session_rollback(s));
}
END_TEST

START_TEST(a_default_of_now_is_one_reading_a_flush)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "t");
    ok(orm_session_flush(s));
    ck_assert_int_eq(ada->created_at.microseconds, bob->created_at.microseconds);
    ck_assert_int_eq(ada->created_at.microseconds, post->created_at.microseconds);
    ck_assert_int_ne(ada->created_at.microseconds, 0);
}
END_TEST

START_TEST(missing_values_are_found_by_the_flush)
{
    ok(blog_author_add(s, &(blog_author_values){.email = "a@b"}, NULL));
    expect_status(ORM_INVALID, orm_session_flush(s));
    ck_assert_str_eq(orm_session_error(s)->column, "name");
    ck_assert_str_eq(orm_session_error(s)->table, "authors");
    expect_nothing_sent();
}
END_TEST

START_TEST(what_is_missing_may_be_set_before_the_flush)
{
    const blog_author *ada = add_author("ada"), *bob;
    const blog_post *post;
    ok(blog_author_add(s, &(blog_author_values){.email = "b@b"}, &bob));
    ok(blog_author_set_name(s, bob, "Bob"));
    ok(blog_post_add(s, &(blog_post_values){.title = "t", .body = "b"}, &post));
    ok(blog_post_set_author(s, post, ada));
    ok(orm_session_commit(s));
    ck_assert_int_eq(post->author_id, ada->id);
}
END_TEST

START_TEST(a_missing_owner_is_found_by_the_flush)
{
    ok(blog_post_add(s, &(blog_post_values){.title = "t", .body = "b"}, NULL));
    expect_status(ORM_INVALID, orm_session_flush(s));
    ck_assert_str_eq(orm_session_error(s)->column, "author_id");
    expect_nothing_sent();
}
END_TEST

/* --- updates --- */

START_TEST(many_changed_rows_of_one_shape_are_one_update)
{
    blog_post_list list;
    store_blog(1, 500);
    ok(blog_post_find(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, &list));
    forget_statements();
    for (size_t i = 0; i < list.count; i++)
        ok(blog_post_set_views(s, list.items[i], (int32_t)i + 1));
    ok(orm_session_flush(s));
    expect_statements("UPDATE post 500");
    commit_and_forget();
    ok(blog_post_find(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, &list));
    for (size_t i = 0; i < list.count; i++)
        ck_assert_int_eq(list.items[i]->views, (int32_t)i + 1);
}
END_TEST

START_TEST(more_rows_than_a_chunk_are_one_update)
{
    enum { COUNT = 2345 };
    blog_post_list list;
    store_blog(1, COUNT);
    ok(blog_post_find(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, &list));
    forget_statements();
    for (size_t i = 0; i < list.count; i++)
        ok(blog_post_set_title(s, list.items[i], i % 2 ? "odd" : "even"));
    ok(orm_session_flush(s));
    expect_statements("UPDATE post 2345");
    size_t count;
    ok(blog_post_count(s, &(blog_post_query){.where = {orm_eq(BLOG_POST.title, "odd")}}, &count));
    ck_assert_uint_eq(count, COUNT / 2);
    forget_statements();
    for (size_t i = 0; i < list.count; i++)
        ok(blog_post_delete(s, list.items[i]));
    ok(orm_session_flush(s));
    expect_statements("DELETE post 2345");
}
END_TEST

START_TEST(only_changed_columns_are_sent)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    run_sql("UPDATE authors SET name = 'theirs'");
    ok(blog_author_set_bio(s, ada, "mine"));
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "theirs");
    ck_assert_str_eq(ada->bio, "mine");
}
END_TEST

START_TEST(an_equal_value_sends_nothing)
{
    const blog_author *ada;
    ok(blog_author_add(s, &(blog_author_values){.email = "a@b", .name = "Ada", .score = ORM_VALUE(1.5)}, &ada));
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_author_set_name(s, ada, "Ada"));
    ok(blog_author_set_bio(s, ada, NULL));
    ok(blog_author_set_score(s, ada, (orm_opt_float64){true, 1.5}));
    ok(blog_author_set_id(s, ada, ada->id));
    ck_assert(!orm_session_is_modified(s, ada));
    ok(orm_session_commit(s));
    expect_nothing_sent();
}
END_TEST

START_TEST(a_value_changed_and_changed_back_sends_nothing)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_author_set_name(s, ada, "other"));
    ok(blog_author_set_name(s, ada, "ada"));
    ok(orm_session_flush(s));
    expect_statements("");
}
END_TEST

START_TEST(a_value_flushed_and_changed_back_is_sent_again)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_author_set_name(s, ada, "other"));
    ok(orm_session_flush(s));
    ok(blog_author_set_name(s, ada, "ada"));
    ok(orm_session_flush(s));
    expect_statements("UPDATE authors 1, UPDATE authors 1");
    ok(orm_session_commit(s));
    ok(orm_session_refresh(s, ada));
    ck_assert_str_eq(ada->name, "ada");
}
END_TEST

START_TEST(an_empty_flush_sends_nothing)
{
    ok(orm_session_flush(s));
    ok(orm_session_commit(s));
    ok(orm_session_rollback(s));
    expect_nothing_sent();
}
END_TEST

START_TEST(a_setter_copies_its_text)
{
    char name[] = "Ada L.";
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    ok(blog_author_set_name(s, ada, name));
    strcpy(name, "xxxxxx");
    ck_assert_str_eq(ada->name, "Ada L.");
    ok(blog_author_set_bio(s, ada, ada->name)); /* its own text, and then that text changes */
    ok(blog_author_set_name(s, ada, "y"));
    ck_assert_str_eq(ada->bio, "Ada L.");
    ok(blog_author_set_bio(s, ada, ada->bio));
    ck_assert_str_eq(ada->bio, "Ada L.");
    ok(blog_author_set_bio(s, ada, ada->bio + 4));
    ck_assert_str_eq(ada->bio, "L.");
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(null_where_none_may_be_is_refused_by_the_setter)
{
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    expect_status(ORM_INVALID, blog_author_set_name(s, ada, NULL));
    ck_assert_str_eq(ada->name, "ada");
    expect_status(ORM_INVALID, orm_session_commit(s));
}
END_TEST

START_TEST(updates_of_different_shape_are_a_statement_each_shape)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob"), *eve = add_author("eve");
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_author_set_name(s, ada, "1"));
    ok(blog_author_set_bio(s, bob, "2"));
    ok(blog_author_set_name(s, eve, "3"));
    ok(orm_session_commit(s));
    expect_statements("UPDATE authors 2, UPDATE authors 1");
}
END_TEST

START_TEST(a_key_may_be_changed)
{
    const blog_author *ada = add_author("ada"), *got;
    ok(orm_session_commit(s));
    int64_t before = ada->id;
    ok(blog_author_set_id(s, ada, before + 1000));
    ok(orm_session_commit(s));
    ok(blog_author_get(s, before + 1000, &got));
    ck_assert_ptr_eq(got, ada);
    expect_status(ORM_NOT_FOUND, blog_author_get(s, before, &got));
}
END_TEST

/* --- deletes --- */

START_TEST(children_are_deleted_before_their_parents)
{
    const shapes_shelf *shelf;
    const shapes_book *books[2];
    ok(shapes_shelf_add(s, &(shapes_shelf_values){.label = "A"}, &shelf));
    for (int i = 0; i < 2; i++)
        ok(shapes_book_add(s, &(shapes_book_values){.title = "t", .shelf = shelf}, &books[i]));
    ok(orm_session_commit(s));
    forget_statements();
    ok(shapes_shelf_delete(s, shelf));
    for (int i = 0; i < 2; i++)
        ok(shapes_book_delete(s, books[i]));
    ok(orm_session_flush(s));
    expect_statements("DELETE book 2, DELETE shelf 1");
}
END_TEST

START_TEST(chains_are_deleted_from_their_end)
{
    const shapes_employee *head = add_employee("head", NULL), *boss = add_employee("boss", head),
                          *worker = add_employee("worker", boss);
    ok(orm_session_commit(s));
    forget_statements();
    ok(shapes_employee_delete(s, head));
    ok(shapes_employee_delete(s, boss));
    ok(shapes_employee_delete(s, worker));
    ok(orm_session_commit(s));
    size_t count;
    ok(shapes_employee_count(s, NULL, &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_circle_is_deleted)
{
    const shapes_team *team;
    const shapes_player *player;
    ok(shapes_team_add(s, &(shapes_team_values){.name = "reds"}, &team));
    ok(shapes_player_add(s, &(shapes_player_values){.name = "ann", .team = team}, &player));
    ok(shapes_team_set_captain(s, team, player));
    ok(orm_session_commit(s));
    ok(shapes_team_delete(s, team));
    ok(shapes_player_delete(s, player));
    ok(orm_session_commit(s));
    size_t teams, players;
    ok(shapes_team_count(s, NULL, &teams));
    ok(shapes_player_count(s, NULL, &players));
    ck_assert_uint_eq(teams + players, 0);
}
END_TEST

START_TEST(a_circle_that_was_deleted_returns_whole)
{
    const shapes_team *team;
    const shapes_player *player, *captain;
    ok(shapes_team_add(s, &(shapes_team_values){.name = "reds"}, &team));
    ok(shapes_player_add(s, &(shapes_player_values){.name = "ann", .team = team}, &player));
    ok(shapes_team_set_captain(s, team, player));
    ok(orm_session_commit(s));
    ok(shapes_team_delete(s, team));
    ok(shapes_player_delete(s, player));
    ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    ck_assert(orm_session_contains(s, team) && orm_session_contains(s, player));
    ck_assert_int_eq(team->captain_id.value, player->id);
    ok(shapes_team_get_captain(s, team, &captain));
    ck_assert_ptr_eq(captain, player);
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(a_key_deleted_and_committed_may_be_added_again)
{
    const blog_author *ada, *again, *got;
    ok(blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(5), .email = "a@b", .name = "Ada"}, &ada));
    ok(orm_session_commit(s));
    ok(blog_author_delete(s, ada));
    ok(orm_session_commit(s));
    ok(blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(5), .email = "a@b", .name = "Ada again"}, &again));
    ok(orm_session_commit(s));
    ok(blog_author_get(s, 5, &got));
    ck_assert_ptr_eq(got, again);
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DETACHED);
}
END_TEST

START_TEST(inserts_go_first_then_updates_then_deletes)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_author_delete(s, bob));
    ok(blog_author_set_bio(s, ada, "x"));
    add_post(ada, "t");
    add_author("eve");
    ok(orm_session_flush(s));
    expect_statements("INSERT authors 1, INSERT post 1, UPDATE authors 1, DELETE authors 1");
}
END_TEST

START_TEST(a_child_may_move_away_before_its_parent_is_deleted)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    const blog_post *post = add_post(ada, "t");
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_post_set_author(s, post, bob));
    ok(blog_author_delete(s, ada));
    ok(orm_session_commit(s));
    expect_statements("UPDATE post 1, DELETE authors 1");
    ck_assert(orm_session_contains(s, post));
    ok(orm_session_refresh(s, post));
    ck_assert_int_eq(post->author_id, bob->id);
}
END_TEST

Suite *suite_flush(void)
{
    Suite *suite = suite_create("flush");
    TCase *inserts = new_case(suite, "inserts");
    tcase_add_test(inserts, three_authors_with_ten_posts_each_are_two_statements);
    tcase_add_test(inserts, the_order_of_adding_does_not_matter);
    tcase_add_test(inserts, unrelated_models_go_in_the_order_of_adding);
    tcase_add_test(inserts, rows_of_different_shape_are_a_statement_each_shape);
    tcase_add_test(inserts, five_thousand_generated_keys_go_to_the_right_rows);
    tcase_add_test(inserts, a_trigger_that_draws_keys_too_does_not_mix_them_up);
    tcase_add_test(inserts, chains_are_inserted_in_waves);
    tcase_add_test(inserts, a_chain_added_from_its_end_is_inserted_from_its_beginning);
    tcase_add_test(inserts, a_circle_is_cut_at_a_nullable_key);
    tcase_add_test(inserts, a_row_may_refer_to_itself);
    tcase_add_test(inserts, a_circle_that_nothing_cuts_is_named_before_anything_is_sent);
    tcase_add_test(inserts, a_default_of_now_is_one_reading_a_flush);
    tcase_add_test(inserts, missing_values_are_found_by_the_flush);
    tcase_add_test(inserts, what_is_missing_may_be_set_before_the_flush);
    tcase_add_test(inserts, a_missing_owner_is_found_by_the_flush);
    TCase *updates = new_case(suite, "updates");
    tcase_add_test(updates, many_changed_rows_of_one_shape_are_one_update);
    tcase_add_test(updates, more_rows_than_a_chunk_are_one_update);
    tcase_add_test(updates, only_changed_columns_are_sent);
    tcase_add_test(updates, an_equal_value_sends_nothing);
    tcase_add_test(updates, a_value_changed_and_changed_back_sends_nothing);
    tcase_add_test(updates, a_value_flushed_and_changed_back_is_sent_again);
    tcase_add_test(updates, an_empty_flush_sends_nothing);
    tcase_add_test(updates, a_setter_copies_its_text);
    tcase_add_test(updates, null_where_none_may_be_is_refused_by_the_setter);
    tcase_add_test(updates, updates_of_different_shape_are_a_statement_each_shape);
    tcase_add_test(updates, a_key_may_be_changed);
    TCase *deletes = new_case(suite, "deletes");
    tcase_add_test(deletes, children_are_deleted_before_their_parents);
    tcase_add_test(deletes, chains_are_deleted_from_their_end);
    tcase_add_test(deletes, a_circle_is_deleted);
    tcase_add_test(deletes, a_circle_that_was_deleted_returns_whole);
    tcase_add_test(deletes, a_key_deleted_and_committed_may_be_added_again);
    tcase_add_test(deletes, inserts_go_first_then_updates_then_deletes);
    tcase_add_test(deletes, a_child_may_move_away_before_its_parent_is_deleted);
    return suite;
}
