/* related.c -- conditions on related rows, orders by their columns, columns compared with columns, pages after a row.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

/* Ada has posts p1 (1 view), p2 (10 views); Bob p3 (100 views); Cid none. Ada answers herself, Bob answers Ada. */
static void store_authors(void)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    add_author("cid");
    const blog_post *posts[] = {add_post(ada, "p1"), add_post(ada, "p2"), add_post(bob, "p3")};
    const int32_t views[] = {1, 10, 100};
    for (size_t i = 0; i < 3; i++)
        ok(blog_post_set_views(s, posts[i], views[i]));
    ok(blog_profile_add(s, &(blog_profile_values){.url = "ada.example", .author = ada}, NULL));
    const blog_comment *first = add_comment(posts[0], ada, "c1"), *second = add_comment(posts[0], bob, "c2");
    const blog_comment *own = add_comment(posts[0], ada, "c3");
    ok(blog_comment_set_parent(s, second, first));
    ok(blog_comment_set_parent(s, own, first));
    commit_and_forget();
    forget_statements();
}

static const char *authors_where(orm_expr where)
{
    static char names[64];
    blog_author_list list;
    names[0] = '\0';
    ok(blog_author_find(s, &(blog_author_query){.where = {where}, .order_by = {orm_asc(BLOG_AUTHOR.name)}}, &list));
    for (size_t i = 0; i < list.count; i++)
        strncat(names, list.items[i]->name, 1);
    return names;
}

static const char *comments_where(orm_expr where)
{
    static char bodies[64];
    blog_comment_list list;
    bodies[0] = '\0';
    ok(blog_comment_find(s, &(blog_comment_query){.where = {where}, .order_by = {orm_asc(BLOG_COMMENT.body)}}, &list));
    for (size_t i = 0; i < list.count; i++)
        strncat(bodies, list.items[i]->body + 1, 1);
    return bodies;
}

START_TEST(any_all_and_none_look_at_a_collection)
{
    store_authors();
    orm_expr many = orm_gt(BLOG_POST.views, 5);
    expect_text(authors_where(orm_any(BLOG_AUTHOR.posts, many)), "ab");
    expect_text(authors_where(orm_all(BLOG_AUTHOR.posts, many)), "bc");
    expect_text(authors_where(orm_none(BLOG_AUTHOR.posts, many)), "c");
    expect_text(authors_where(orm_not(orm_any(BLOG_AUTHOR.posts, many))), "c");
    expect_text(authors_where(orm_any(BLOG_AUTHOR.posts, ORM_NO_CONDITION)), "ab");
    expect_text(authors_where(orm_none(BLOG_AUTHOR.posts, ORM_NO_CONDITION)), "c");
    expect_text(authors_where(orm_any(BLOG_AUTHOR.posts, many, orm_eq(BLOG_POST.title, "p3"))), "b");
    expect_statements("SELECT authors 2, SELECT authors 2, SELECT authors 1, SELECT authors 1, SELECT authors 2, "
                      "SELECT authors 1, SELECT authors 1");
}
END_TEST

START_TEST(all_does_not_hold_where_the_condition_is_null)
{
    store_authors();
    expect_text(comments_where(orm_all(BLOG_COMMENT.replies, orm_eq(BLOG_COMMENT.parent_id, 0))), "23");
    expect_text(authors_where(orm_all(BLOG_AUTHOR.comments, orm_ge(BLOG_COMMENT.parent_id, 0))), "bc");
    expect_text(authors_where(orm_none(BLOG_AUTHOR.comments, orm_ge(BLOG_COMMENT.parent_id, 0))), "c");
}
END_TEST

START_TEST(has_looks_through_a_single_relation_from_either_side)
{
    store_authors();
    expect_text(comments_where(orm_has(BLOG_COMMENT.author, orm_eq(BLOG_AUTHOR.name, "ada"))), "13");
    expect_text(comments_where(orm_has(BLOG_COMMENT.parent, ORM_NO_CONDITION)), "23");
    expect_text(comments_where(orm_not(orm_has(BLOG_COMMENT.parent, ORM_NO_CONDITION))), "1");
    expect_text(authors_where(orm_has(BLOG_AUTHOR.profile, orm_like(BLOG_PROFILE.url, "ada%"))), "a");
    expect_text(authors_where(orm_not(orm_has(BLOG_AUTHOR.profile, ORM_NO_CONDITION))), "bc");
}
END_TEST

START_TEST(conditions_nest_to_any_depth)
{
    store_authors();
    orm_expr deep = orm_any(
        BLOG_AUTHOR.posts,
        orm_any(BLOG_POST.comments,
                orm_has(BLOG_COMMENT.parent,
                        orm_has(BLOG_COMMENT.author,
                                orm_or(orm_eq(BLOG_AUTHOR.name, "ada"),
                                       orm_any(BLOG_AUTHOR.posts, orm_eq(BLOG_POST.title, "nowhere")))))));
    expect_text(authors_where(deep), "a");
    expect_text(authors_where(orm_not(deep)), "bc");
    expect_statements("SELECT authors 1, SELECT authors 2");
}
END_TEST

START_TEST(a_handle_means_the_nearest_row_and_outer_the_one_around_it)
{
    store_authors();
    orm_expr by_another = orm_any(BLOG_COMMENT.replies,
                                  orm_ne_column(BLOG_COMMENT.author_id, orm_outer(BLOG_COMMENT.author_id)));
    orm_expr by_oneself = orm_any(BLOG_COMMENT.replies,
                                  orm_eq_column(orm_outer(BLOG_COMMENT.author_id), BLOG_COMMENT.author_id));
    orm_expr same = orm_any(BLOG_COMMENT.replies, orm_eq_column(BLOG_COMMENT.author_id, BLOG_COMMENT.author_id),
                            orm_eq(orm_outer(BLOG_COMMENT.body), "c1"), orm_eq(BLOG_COMMENT.body, "c3"));
    expect_text(comments_where(by_another), "1");
    expect_text(comments_where(by_oneself), "1");
    expect_text(comments_where(same), "1");
    expect_text(comments_where(orm_any(BLOG_COMMENT.replies, orm_eq(orm_outer(BLOG_COMMENT.body), "c2"))), "");
    /* the author around the posts is in reach without orm_outer */
    expect_text(authors_where(orm_any(BLOG_AUTHOR.posts, orm_gt_column(BLOG_POST.title, BLOG_AUTHOR.name))), "ab");
}
END_TEST

START_TEST(columns_of_one_row_compare)
{
    store_authors();
    expect_text(comments_where(orm_eq_column(BLOG_COMMENT.id, BLOG_COMMENT.parent_id)), "");
    expect_text(comments_where(orm_gt_column(BLOG_COMMENT.id, BLOG_COMMENT.parent_id)), "23");
    expect_text(comments_where(orm_le_column(BLOG_COMMENT.id, BLOG_COMMENT.id)), "123");
}
END_TEST

START_TEST(many_to_many_is_looked_through)
{
    const server_item *news, *sport;
    const server_tag *red, *blue;
    server_item_list items;
    ok(server_item_add(s, &(server_item_values){.name = "news", .price = 1}, &news));
    ok(server_item_add(s, &(server_item_values){.name = "sport", .price = 1}, &sport));
    ok(server_tag_add(s, &(server_tag_values){.word = "red"}, &red));
    ok(server_tag_add(s, &(server_tag_values){.word = "blue"}, &blue));
    ok(server_item_add_to_tags(s, news, red));
    ok(server_item_add_to_tags(s, news, blue));
    ok(server_item_add_to_tags(s, sport, blue));
    commit_and_forget();
    const orm_expr both = orm_any(SERVER_TAG.items, orm_eq(SERVER_ITEM.name, "sport"));
    const orm_expr red_one = orm_eq(SERVER_TAG.word, "red");
    const orm_expr where[] = {
        orm_any(SERVER_ITEM.tags, red_one), orm_none(SERVER_ITEM.tags, red_one),
        orm_all(SERVER_ITEM.tags, orm_eq(SERVER_TAG.word, "blue")), orm_any(SERVER_ITEM.tags, both),
        orm_any(SERVER_ITEM.tags,
                orm_any(SERVER_TAG.items, orm_ne_column(SERVER_ITEM.name, orm_outer(SERVER_ITEM.name))))};
    static const char *const firsts[] = {"news", "sport", "sport", "news", "news"};
    static const size_t counts[] = {1, 1, 1, 2, 2};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        ok(server_item_find(s, &(server_item_query){.where = {where[i]}, .order_by = {orm_asc(SERVER_ITEM.name)}},
                            &items));
        ck_assert_uint_eq(items.count, counts[i]);
        expect_text(items.items[0]->name, firsts[i]);
    }
}
END_TEST

START_TEST(a_key_of_two_columns_is_looked_through)
{
    const shapes_country *norway;
    const shapes_city *oslo;
    size_t count;
    ok(shapes_country_add(s, &(shapes_country_values){.code = "no", .name = "Norway"}, &norway));
    ok(shapes_city_add(s, &(shapes_city_values){.country = norway, .name = "Oslo"}, &oslo));
    ok(shapes_street_add(s, &(shapes_street_values){.name = "Main", .city = oslo}, NULL));
    commit_and_forget();
    ok(shapes_street_count(
        s,
        &(shapes_street_query){.where = {orm_has(SHAPES_STREET.city,
                                                 orm_has(SHAPES_CITY.country, orm_eq(SHAPES_COUNTRY.name, "Norway")))}},
        &count));
    ck_assert_uint_eq(count, 1);
    ok(shapes_country_count(
        s,
        &(shapes_country_query){.where = {orm_any(SHAPES_COUNTRY.cities,
                                                  orm_any(SHAPES_CITY.streets, orm_eq(SHAPES_STREET.name, "Side")))}},
        &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_wrong_place_for_a_handle_is_misuse)
{
    const orm_expr wrong[] = {
        orm_eq(BLOG_POST.title, "p1"),
        orm_any(BLOG_POST.comments, ORM_NO_CONDITION),
        orm_any(BLOG_AUTHOR.posts, orm_eq(BLOG_COMMENT.body, "x")),
        orm_eq(orm_outer(BLOG_AUTHOR.name), "ada"),
        orm_any(BLOG_AUTHOR.posts, orm_has(BLOG_COMMENT.post, ORM_NO_CONDITION)),
        orm_any(BLOG_AUTHOR.posts, orm_eq_column(BLOG_POST.title, BLOG_COMMENT.body)),
    };
    blog_author_list list;
    expect_status(ORM_MISUSE, blog_author_find(s, &(blog_author_query){.where = {wrong[_i]}}, &list));
    expect_statements("");
    ok(blog_author_find(s, NULL, &list));
}
END_TEST

START_TEST(rows_are_changed_and_removed_by_what_relates_to_them)
{
    size_t count;
    store_authors();
    ok(blog_post_update_where(c, orm_has(BLOG_POST.author, orm_eq(BLOG_AUTHOR.name, "ada")),
                              &(blog_post_changes){.views = ORM_PLUS(BLOG_POST.views, 5)}, &count));
    ck_assert_uint_eq(count, 2);
    ok(blog_author_delete_where(c, orm_none(BLOG_AUTHOR.posts, ORM_NO_CONDITION), &count));
    ck_assert_uint_eq(count, 1);
    expect_text(authors_where(ORM_NO_CONDITION), "ab");
    expect_text(authors_where(orm_any(BLOG_AUTHOR.posts, orm_eq(BLOG_POST.views, 15))), "a");
}
END_TEST

/* --- orders ------------------------------------------------------------------------------------------------------- */

static const char *comments_by(orm_order first, orm_order second)
{
    static char bodies[64];
    blog_comment_list list;
    bodies[0] = '\0';
    ok(blog_comment_find(s, &(blog_comment_query){.order_by = {first, second}}, &list));
    for (size_t i = 0; i < list.count; i++)
        strncat(bodies, list.items[i]->body + 1, 1);
    return bodies;
}

START_TEST(rows_are_ordered_by_columns_of_related_rows)
{
    store_authors();
    orm_order body = orm_asc(BLOG_COMMENT.body), author = orm_asc(BLOG_AUTHOR.name);
    expect_text(comments_by(orm_via(author, BLOG_COMMENT.author), body), "132");
    expect_text(comments_by(orm_via(orm_desc(BLOG_AUTHOR.name), BLOG_COMMENT.author), body), "213");
    expect_text(comments_by(orm_via(orm_asc(BLOG_COMMENT.body), BLOG_COMMENT.parent), body), "231");
    expect_text(comments_by(orm_nulls_first(orm_via(orm_asc(BLOG_COMMENT.body), BLOG_COMMENT.parent)), body), "123");
    expect_text(comments_by(orm_via(orm_via(author, BLOG_POST.author), BLOG_COMMENT.post), orm_desc(BLOG_COMMENT.id)),
                "321");
    expect_text(comments_by(orm_via(orm_via(author, BLOG_COMMENT.author), BLOG_COMMENT.parent), body), "231");
}
END_TEST

START_TEST(nulls_stand_where_they_are_wanted)
{
    store_authors();
    orm_order body = orm_asc(BLOG_COMMENT.body), parent = orm_asc(BLOG_COMMENT.parent_id);
    expect_text(comments_by(parent, body), "231");
    expect_text(comments_by(orm_nulls_first(parent), body), "123");
    expect_text(comments_by(orm_nulls_last(orm_desc(BLOG_COMMENT.parent_id)), body), "231");
    expect_text(comments_by(orm_desc(BLOG_COMMENT.parent_id), body), "123");
    expect_text(comments_by(orm_nulls_first(body), parent), "123");
}
END_TEST

START_TEST(an_order_that_does_not_lead_to_its_column_is_misuse)
{
    const orm_to_one parent = BLOG_COMMENT.parent;
    const orm_order author = orm_asc(BLOG_AUTHOR.name);
    const orm_order wrong[] = {
        author,
        orm_via(author, BLOG_POST.author),
        orm_via(orm_asc(BLOG_POST.title), BLOG_COMMENT.author),
        orm_via(orm_via(orm_via(orm_via(orm_via(author, BLOG_COMMENT.author), parent), parent), parent), parent),
    };
    blog_comment_list list;
    expect_status(ORM_MISUSE, blog_comment_find(s, &(blog_comment_query){.order_by = {wrong[_i]}}, &list));
    expect_statements("");
}
END_TEST

START_TEST(a_collection_is_loaded_in_the_order_of_related_rows)
{
    blog_post_list posts;
    blog_comment_list comments;
    store_authors();
    ok(blog_post_find(
        s,
        &(blog_post_query){.where = {orm_eq(BLOG_POST.title, "p1")},
                           .load = {orm_load(BLOG_POST.comments,
                                             .order_by = {orm_via(orm_desc(BLOG_AUTHOR.name), BLOG_COMMENT.author),
                                                          orm_asc(BLOG_COMMENT.body)},
                                             .limit = 2, .where = {orm_has(BLOG_COMMENT.author, ORM_NO_CONDITION)})}},
        &posts));
    ok(blog_post_get_comments(s, posts.items[0], &comments));
    ck_assert_uint_eq(comments.count, 2);
    ck_assert(comments.partial);
    expect_text(comments.items[0]->body, "c2");
    expect_text(comments.items[1]->body, "c1");
    expect_statements("SELECT post 1, SELECT comment 2");
}
END_TEST

/* --- pages -------------------------------------------------------------------------------------------------------- */

enum { ROWS = 60 };

static void store_many(void)
{
    for (int i = 0; i < ROWS; i++) {
        kinds_optional_values values = {.middle = ORM_VALUE(i % 4), .label = ORM_VALUE(i % 3 ? "b" : "a")};
        if (i % 5 == 0)
            ORM_SET_NULL(values.middle);
        if (i % 2)
            ORM_SET(values.mood, i % 4 == 1 ? KINDS_MOOD_SAD : KINDS_MOOD_HAPPY);
        if (i % 7)
            ORM_SET(values.number, ((orm_decimal){i % 2 ? "9" : "10.50"}));
        ok(kinds_optional_add(s, &values, NULL));
    }
    commit_and_forget();
}

/* Pages of seven, one behind the other, are the whole. */
static void expect_pages(kinds_optional_query query)
{
    kinds_optional_list whole, page;
    size_t seen = 0;
    ok(kinds_optional_find(s, &query, &whole));
    ck_assert_uint_eq(whole.count, ROWS);
    query.limit = 7;
    do {
        ok(kinds_optional_find(s, &query, &page));
        for (size_t i = 0; i < page.count; i++)
            ck_assert_ptr_eq(page.items[i], whole.items[seen + i]);
        seen += page.count;
        query.after = page.count ? page.items[page.count - 1] : NULL;
    } while (page.count == 7);
    ck_assert_uint_eq(seen, ROWS);
}

START_TEST(pages_follow_each_other_in_every_order)
{
    const orm_order id = orm_asc(KINDS_OPTIONAL.id), middle = orm_asc(KINDS_OPTIONAL.middle);
    const orm_order down = orm_desc(KINDS_OPTIONAL.middle);
    store_many();
    expect_pages((kinds_optional_query){.order_by = {id}});
    expect_pages((kinds_optional_query){.order_by = {middle, id}});
    expect_pages((kinds_optional_query){.order_by = {down, orm_desc(KINDS_OPTIONAL.id)}});
    expect_pages((kinds_optional_query){.order_by = {orm_nulls_first(middle), id}});
    expect_pages((kinds_optional_query){.order_by = {orm_nulls_last(down), id}});
    expect_pages((kinds_optional_query){.order_by = {orm_asc(KINDS_OPTIONAL.mood), down, id}});
    expect_pages((kinds_optional_query){
        .order_by = {orm_desc(KINDS_OPTIONAL.number), orm_asc(KINDS_OPTIONAL.label), orm_desc(KINDS_OPTIONAL.mood), id},
        .where = {ORM_EVERY_ROW}});
}
END_TEST

START_TEST(a_page_counts_what_is_behind_it)
{
    kinds_optional_list page;
    size_t count;
    bool exists;
    store_many();
    kinds_optional_query query = {.order_by = {orm_asc(KINDS_OPTIONAL.id)}, .limit = 50};
    ok(kinds_optional_find(s, &query, &page));
    query.after = page.items[49];
    query.limit = 0;
    ok(kinds_optional_count(s, &query, &count));
    ck_assert_uint_eq(count, ROWS - 50);
    ok(kinds_optional_find(s, &query, &page));
    query.after = page.items[page.count - 1];
    ok(kinds_optional_exists(s, &query, &exists));
    ck_assert(!exists);
}
END_TEST

START_TEST(a_page_needs_an_order_without_ties)
{
    const blog_author *ada = add_author("ada");
    blog_author_list list;
    ok(orm_session_commit(s));
    forget_statements();
    expect_status(ORM_MISUSE, blog_author_find(s, &(blog_author_query){.after = ada}, &list));
    expect_status(
        ORM_MISUSE,
        blog_author_find(s, &(blog_author_query){.after = ada, .order_by = {orm_asc(BLOG_AUTHOR.name)}}, &list));
    expect_said(orm_session_error(s)->message, "primary key");
    expect_statements("");
    ok(blog_author_find(s, &(blog_author_query){.after = ada, .order_by = {orm_asc(BLOG_AUTHOR.email)}}, &list));
    expect_status(ORM_MISUSE,
                  blog_post_find(s,
                                 &(blog_post_query){.after = &(blog_post){.id = 1},
                                                    .order_by = {orm_via(orm_asc(BLOG_AUTHOR.id), BLOG_POST.author)}},
                                 &(blog_post_list){0}));
}
END_TEST

Suite *suite_related(void)
{
    Suite *suite = suite_create("related");
    TCase *conditions = new_case(suite, "conditions");
    tcase_add_test(conditions, any_all_and_none_look_at_a_collection);
    tcase_add_test(conditions, all_does_not_hold_where_the_condition_is_null);
    tcase_add_test(conditions, has_looks_through_a_single_relation_from_either_side);
    tcase_add_test(conditions, conditions_nest_to_any_depth);
    tcase_add_test(conditions, a_handle_means_the_nearest_row_and_outer_the_one_around_it);
    tcase_add_test(conditions, columns_of_one_row_compare);
    tcase_add_test(conditions, many_to_many_is_looked_through);
    tcase_add_test(conditions, a_key_of_two_columns_is_looked_through);
    tcase_add_loop_test(conditions, a_wrong_place_for_a_handle_is_misuse, 0, 6);
    tcase_add_test(conditions, rows_are_changed_and_removed_by_what_relates_to_them);
    TCase *orders = new_case(suite, "orders");
    tcase_add_test(orders, rows_are_ordered_by_columns_of_related_rows);
    tcase_add_test(orders, nulls_stand_where_they_are_wanted);
    tcase_add_loop_test(orders, an_order_that_does_not_lead_to_its_column_is_misuse, 0, 4);
    tcase_add_test(orders, a_collection_is_loaded_in_the_order_of_related_rows);
    TCase *pages = new_case(suite, "pages");
    tcase_add_test(pages, pages_follow_each_other_in_every_order);
    tcase_add_test(pages, a_page_counts_what_is_behind_it);
    tcase_add_test(pages, a_page_needs_an_order_without_ties);
    return suite;
}
