/* loading.c -- how many statements it takes to read rows and what they refer to, eagerly and lazily.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

/* 100 posts by ten authors. */
static void find_all_posts(blog_post_list *list, bool eager)
{
    store_blog(10, 10);
    ok(blog_post_find(s,
                      &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)},
                                         .load = {eager ? orm_load(BLOG_POST.author) : (orm_loading){0}}},
                      list));
    ck_assert_uint_eq(list->count, 100);
}

static void expect_authors(const blog_post_list *list)
{
    char name[32];
    for (size_t i = 0; i < list->count; i++) {
        const blog_author *author;
        ok(blog_post_get_author(s, list->items[i], &author));
        snprintf(name, sizeof name, "a%03zu", i / 10);
        ck_assert_str_eq(author->name, name);
        ck_assert_int_eq(author->id, list->items[i]->author_id);
    }
}

START_TEST(a_hundred_posts_and_their_authors_are_two_statements_eagerly)
{
    blog_post_list list;
    find_all_posts(&list, true);
    expect_statements("SELECT post 100, SELECT authors 10");
    expect_authors(&list);
    expect_nothing_sent();
}
END_TEST

START_TEST(a_hundred_posts_and_their_authors_are_two_statements_lazily)
{
    blog_post_list list;
    find_all_posts(&list, false);
    expect_authors(&list);
    expect_statements("SELECT post 100, SELECT authors 10");
}
END_TEST

START_TEST(a_collection_is_loaded_lazily_for_all_owners)
{
    blog_author_list authors;
    store_blog(10, 3);
    ok(blog_author_find(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)}}, &authors));
    for (size_t i = 0; i < authors.count; i++) {
        blog_post_list posts;
        ok(blog_author_get_posts(s, authors.items[i], &posts));
        ck_assert_uint_eq(posts.count, 3);
        ck_assert(!posts.partial);
        for (size_t k = 0; k < posts.count; k++)
            ck_assert_int_eq(posts.items[k]->author_id, authors.items[i]->id);
    }
    expect_statements("SELECT authors 10, SELECT post 30");
}
END_TEST

START_TEST(members_of_a_collection_know_their_owner)
{
    const blog_author *ada, *author;
    blog_post_list posts;
    store_blog(1, 3);
    ok(blog_author_one(s, NULL, &ada));
    ok(blog_author_get_posts(s, ada, &posts));
    forget_statements();
    ok(blog_post_get_author(s, posts.items[2], &author));
    ck_assert_ptr_eq(author, ada);
    expect_nothing_sent();
}
END_TEST

START_TEST(loaded_but_empty_is_asked_once)
{
    blog_author_list authors;
    blog_post_list posts;
    const blog_profile *profile;
    store_blog(3, 0);
    ok(blog_author_find(s, NULL, &authors));
    forget_statements();
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < authors.count; i++) {
            ok(blog_author_get_posts(s, authors.items[i], &posts));
            ck_assert_uint_eq(posts.count, 0);
            ok(blog_author_get_profile(s, authors.items[i], &profile));
            ck_assert_ptr_null(profile);
        }
    expect_statements("SELECT post 0, SELECT profile 0");
}
END_TEST

START_TEST(a_null_key_is_never_asked_for)
{
    const shapes_employee *head, *boss;
    add_employee("head", NULL);
    commit_and_forget();
    ok(shapes_employee_one(s, NULL, &head));
    forget_statements();
    ok(shapes_employee_get_boss(s, head, &boss));
    ck_assert_ptr_null(boss);
    expect_nothing_sent();
}
END_TEST

START_TEST(what_the_session_knows_is_not_asked_for)
{
    blog_post_list posts;
    blog_author_list authors;
    store_blog(2, 2);
    ok(blog_author_find(s, NULL, &authors));
    ok(blog_post_find(s, NULL, &posts));
    forget_statements();
    for (size_t i = 0; i < posts.count; i++) {
        const blog_author *author;
        ok(blog_post_get_author(s, posts.items[i], &author));
        ck_assert_int_eq(author->id, posts.items[i]->author_id);
    }
    expect_nothing_sent();
}
END_TEST

START_TEST(a_lazy_load_asks_only_for_what_is_missing)
{
    blog_post_list posts;
    const blog_author *known, *author;
    store_blog(5, 2);
    ok(blog_author_first(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)}}, &known));
    ok(blog_post_find(s, NULL, &posts));
    forget_statements();
    for (size_t i = 0; i < posts.count; i++)
        ok(blog_post_get_author(s, posts.items[i], &author));
    expect_statements("SELECT authors 4");
}
END_TEST

START_TEST(one_at_a_time_is_on_request)
{
    blog_post_list posts;
    const blog_author *author;
    store_blog(3, 1);
    reopen_session((orm_session_factory){.lazy = ORM_LAZY_ONE});
    ok(blog_post_find(s, NULL, &posts));
    forget_statements();
    for (size_t i = 0; i < posts.count; i++)
        ok(blog_post_get_author(s, posts.items[i], &author));
    expect_statements("SELECT authors 1, SELECT authors 1, SELECT authors 1");
}
END_TEST

START_TEST(a_session_that_may_not_load_says_so)
{
    const blog_post *post;
    const blog_author *author = (const blog_author *)&error;
    blog_comment_list comments = {.count = 3};
    store_blog(1, 1);
    reopen_session((orm_session_factory){.lazy = ORM_LAZY_RAISE});
    ok(blog_post_one(s, NULL, &post));
    forget_statements();
    expect_status(ORM_NOT_LOADED, blog_post_get_author(s, post, &author));
    ck_assert_ptr_null(author);
    expect_said(orm_session_error(s)->message, "author");
    expect_status(ORM_NOT_LOADED, blog_post_get_comments(s, post, &comments));
    ck_assert_uint_eq(comments.count, 0);
    expect_nothing_sent();
    ok(orm_session_commit(s)); /* nothing was lost: nothing sticks */
    ok(blog_post_one(s, &(blog_post_query){.load = {orm_load(BLOG_POST.author), orm_load(BLOG_POST.comments)}}, &post));
    ok(blog_post_get_author(s, post, &author));
    ok(blog_post_get_comments(s, post, &comments));
}
END_TEST

START_TEST(entities_of_two_results_belong_to_the_last)
{
    blog_post_list all, some;
    const blog_author *author;
    store_blog(4, 1);
    ok(blog_post_find(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}}, &all));
    ok(blog_post_find(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.id)}, .limit = 2}, &some));
    forget_statements();
    ok(blog_post_get_author(s, all.items[0], &author));
    expect_statements("SELECT authors 2");
    ok(blog_post_get_author(s, all.items[3], &author));
    expect_statements("SELECT authors 2");
}
END_TEST

/* --- trees --- */

/* Two posts; each has two comments at its root, each of which has two replies. */
static void store_comments(void)
{
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    for (int i = 0; i < 2; i++) {
        const blog_post *post = add_post(ada, i ? "p1" : "p0");
        for (int k = 0; k < 2; k++) {
            const blog_comment *root = add_comment(post, bob, k ? "r1" : "r0");
            for (int n = 0; n < 2; n++)
                ok(blog_comment_add(
                    s, &(blog_comment_values){.body = n ? "n1" : "n0", .post = post, .author = ada, .parent = root},
                    NULL));
        }
    }
    ok(blog_profile_add(s, &(blog_profile_values){.url = "u", .author = ada}, NULL));
    commit_and_forget();
}

START_TEST(a_tree_of_relations_is_a_statement_each)
{
    blog_post_list posts;
    store_comments();
    ok(blog_post_find(s,
                      &(blog_post_query){
                          .order_by = {orm_asc(BLOG_POST.title)},
                          .load = {orm_load(BLOG_POST.author, .load = {orm_load(BLOG_AUTHOR.profile)}),
                                   orm_load(BLOG_POST.comments, .where = {orm_is_null(BLOG_COMMENT.parent_id)},
                                            .load = {orm_load(BLOG_COMMENT.author), orm_load(BLOG_COMMENT.replies)})},
                      },
                      &posts));
    expect_statements(
        "SELECT post 2, SELECT authors 1, SELECT comment 4, SELECT profile 1, SELECT authors 1, SELECT comment 8");
    for (size_t i = 0; i < posts.count; i++) {
        const blog_author *author;
        const blog_profile *profile;
        blog_comment_list roots, replies;
        ok(blog_post_get_author(s, posts.items[i], &author));
        ok(blog_author_get_profile(s, author, &profile));
        ck_assert_str_eq(profile->url, "u");
        ok(blog_post_get_comments(s, posts.items[i], &roots));
        ck_assert_uint_eq(roots.count, 2);
        ck_assert(roots.partial);
        ck_assert_str_eq(roots.items[0]->body, "r0");
        for (size_t k = 0; k < roots.count; k++) {
            ok(blog_comment_get_author(s, roots.items[k], &author));
            ck_assert_str_eq(author->name, "bob");
            ok(blog_comment_get_replies(s, roots.items[k], &replies));
            ck_assert_uint_eq(replies.count, 2);
            ck_assert(!replies.partial);
            ck_assert_str_eq(replies.items[1]->body, "n1");
        }
    }
    expect_nothing_sent();
}
END_TEST

START_TEST(siblings_are_loaded_side_by_side)
{
    blog_author_list authors;
    store_comments();
    ok(blog_author_find(s,
                        &(blog_author_query){
                            .order_by = {orm_asc(BLOG_AUTHOR.name)},
                            .load = {orm_load(BLOG_AUTHOR.posts, .load = {orm_load(BLOG_POST.comments)}),
                                     orm_load(BLOG_AUTHOR.comments), orm_load(BLOG_AUTHOR.profile)},
                        },
                        &authors));
    expect_statements("SELECT authors 2, SELECT post 2, SELECT comment 12, SELECT profile 1, SELECT comment 12");
    blog_comment_list comments;
    ok(blog_author_get_comments(s, authors.items[0], &comments));
    ck_assert_uint_eq(comments.count, 8);
    expect_nothing_sent();
}
END_TEST

START_TEST(a_limit_is_for_each_owner)
{
    blog_author_list authors;
    blog_post_list posts;
    store_blog(3, 5);
    ok(blog_author_find(s,
                        &(blog_author_query){
                            .load = {orm_load(BLOG_AUTHOR.posts, .order_by = {orm_desc(BLOG_POST.title)}, .limit = 2)}},
                        &authors));
    expect_statements("SELECT authors 3, SELECT post 6");
    for (size_t i = 0; i < authors.count; i++) {
        ok(blog_author_get_posts(s, authors.items[i], &posts));
        ck_assert_uint_eq(posts.count, 2);
        ck_assert(posts.partial);
        ck_assert_str_eq(posts.items[0]->title, "p004");
        ck_assert_str_eq(posts.items[1]->title, "p003");
    }
    expect_nothing_sent();
}
END_TEST

START_TEST(a_limit_with_a_condition_counts_what_meets_it)
{
    blog_author_list authors;
    blog_post_list posts;
    store_blog(2, 5);
    ok(blog_author_find(s,
                        &(blog_author_query){.load = {orm_load(BLOG_AUTHOR.posts,
                                                               .where = {orm_ge(BLOG_POST.title, "p002"),
                                                                         orm_ne(BLOG_POST.title, "p003")},
                                                               .order_by = {orm_asc(BLOG_POST.title)}, .limit = 3)}},
                        &authors));
    for (size_t i = 0; i < authors.count; i++) {
        ok(blog_author_get_posts(s, authors.items[i], &posts));
        ck_assert_uint_eq(posts.count, 2);
        ck_assert_str_eq(posts.items[0]->title, "p002");
        ck_assert_str_eq(posts.items[1]->title, "p004");
    }
}
END_TEST

START_TEST(a_partial_list_is_replaced_by_the_whole_when_asked)
{
    blog_author_list authors;
    blog_post_list posts;
    store_blog(1, 5);
    ok(blog_author_find(s, &(blog_author_query){.load = {orm_load(BLOG_AUTHOR.posts, .limit = 2)}}, &authors));
    ok(blog_author_get_posts(s, authors.items[0], &posts));
    ck_assert(posts.partial);
    ok(blog_author_find(s, &(blog_author_query){.load = {orm_load(BLOG_AUTHOR.posts)}}, &authors));
    ok(blog_author_get_posts(s, authors.items[0], &posts));
    ck_assert(!posts.partial);
    ck_assert_uint_eq(posts.count, 5);
    forget_statements();
    ok(blog_author_find(s, &(blog_author_query){.load = {orm_load(BLOG_AUTHOR.posts, .limit = 2)}}, &authors));
    ok(blog_author_get_posts(s, authors.items[0], &posts));
    ck_assert(!posts.partial);
    ck_assert_uint_eq(posts.count, 5);
}
END_TEST

START_TEST(collections_have_their_declared_order)
{
    const shapes_shelf *shelf;
    shapes_book_list books;
    ok(shapes_shelf_add(s, &(shapes_shelf_values){.label = "A"}, &shelf));
    static const char *const titles[] = {"m", "z", "a", "q"};
    for (int i = 0; i < 4; i++)
        ok(shapes_book_add(s, &(shapes_book_values){.title = titles[i], .shelf = shelf}, NULL));
    commit_and_forget();
    ok(shapes_shelf_one(s, NULL, &shelf));
    ok(shapes_shelf_get_books(s, shelf, &books));
    static const char *const expected[] = {"z", "q", "m", "a"};
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(books.items[i]->title, expected[i]);
    orm_session_clear(s);
    ok(shapes_shelf_one(
        s, &(shapes_shelf_query){.load = {orm_load(SHAPES_SHELF.books, .order_by = {orm_asc(SHAPES_BOOK.title)})}},
        &shelf));
    ok(shapes_shelf_get_books(s, shelf, &books));
    for (size_t i = 0; i < 4; i++)
        ck_assert_str_eq(books.items[i]->title, expected[3 - i]);
}
END_TEST

START_TEST(a_chain_is_loaded_level_by_level)
{
    shapes_employee_list heads, reports;
    const shapes_employee *head = add_employee("head", NULL);
    for (int i = 0; i < 2; i++) {
        const shapes_employee *boss = add_employee(i ? "b1" : "b0", head);
        add_employee(i ? "w10" : "w00", boss);
        add_employee(i ? "w11" : "w01", boss);
    }
    commit_and_forget();
    ok(shapes_employee_find(
        s,
        &(shapes_employee_query){
            .where = {orm_is_null(SHAPES_EMPLOYEE.boss_id)},
            .load = {orm_load(SHAPES_EMPLOYEE.reports, .load = {orm_load(SHAPES_EMPLOYEE.reports)})},
        },
        &heads));
    expect_statements("SELECT employee 1, SELECT employee 2, SELECT employee 4");
    ok(shapes_employee_get_reports(s, heads.items[0], &reports));
    ck_assert_uint_eq(reports.count, 2);
    ck_assert_str_eq(reports.items[0]->name, "b0");
    ok(shapes_employee_get_reports(s, reports.items[1], &reports));
    ck_assert_uint_eq(reports.count, 2);
    ck_assert_str_eq(reports.items[0]->name, "w10");
    expect_nothing_sent();
}
END_TEST

START_TEST(a_one_to_one_is_loaded_for_all_from_either_side)
{
    blog_author_list authors;
    blog_profile_list profiles;
    for (int i = 0; i < 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "a%d", i);
        ok(blog_profile_add(s, &(blog_profile_values){.url = name, .author = add_author(name)}, NULL));
    }
    commit_and_forget();
    ok(blog_author_find(s, NULL, &authors));
    for (size_t i = 0; i < authors.count; i++) {
        const blog_profile *profile;
        ok(blog_author_get_profile(s, authors.items[i], &profile));
        ck_assert_str_eq(profile->url, authors.items[i]->name);
    }
    expect_statements("SELECT authors 5, SELECT profile 5");
    orm_session_clear(s);
    ok(blog_profile_find(s, &(blog_profile_query){.load = {orm_load(BLOG_PROFILE.author)}}, &profiles));
    for (size_t i = 0; i < profiles.count; i++) {
        const blog_author *author;
        const blog_profile *back;
        ok(blog_profile_get_author(s, profiles.items[i], &author));
        ck_assert_str_eq(author->name, profiles.items[i]->url);
        ok(blog_author_get_profile(s, author, &back));
        ck_assert_ptr_eq(back, profiles.items[i]);
    }
}
END_TEST

START_TEST(a_load_of_nothing_asks_nothing)
{
    blog_author_list authors;
    ok(blog_author_find(
        s, &(blog_author_query){.load = {orm_load(BLOG_AUTHOR.posts, .load = {orm_load(BLOG_POST.comments)})}},
        &authors));
    expect_statements("SELECT authors 0");
}
END_TEST

START_TEST(a_relation_of_another_model_is_misuse)
{
    blog_author_list authors;
    store_blog(1, 0);
    expect_status(ORM_MISUSE,
                  blog_author_find(s, &(blog_author_query){.load = {orm_load(BLOG_POST.author)}}, &authors));
    ck_assert_uint_eq(authors.count, 0);
}
END_TEST

START_TEST(a_single_relation_takes_no_limit)
{
    blog_post_list posts;
    store_blog(1, 1);
    expect_status(ORM_MISUSE,
                  blog_post_find(s, &(blog_post_query){.load = {orm_load(BLOG_POST.author, .limit = 1)}}, &posts));
}
END_TEST

START_TEST(a_load_after_a_commit_reads_again)
{
    blog_author_list authors;
    blog_post_list posts;
    store_blog(2, 2);
    ok(blog_author_find(s, NULL, &authors));
    const blog_author *first = authors.items[0];
    ok(orm_session_commit(s));
    forget_statements();
    ok(blog_author_get_posts(s, first, &posts));
    ck_assert_uint_eq(posts.count, 2);
    expect_statements("SELECT post 4");
}
END_TEST

START_TEST(a_thousand_members_come_in_order)
{
    const blog_author *ada;
    blog_post_list posts;
    char title[32];
    store_blog(1, 1000);
    ok(blog_author_one(
        s, &(blog_author_query){.load = {orm_load(BLOG_AUTHOR.posts, .order_by = {orm_asc(BLOG_POST.title)})}}, &ada));
    ok(blog_author_get_posts(s, ada, &posts));
    ck_assert_uint_eq(posts.count, 1000);
    for (size_t i = 0; i < posts.count; i++) {
        snprintf(title, sizeof title, "p%03zu", i);
        ck_assert_str_eq(posts.items[i]->title, title);
    }
    expect_statements("SELECT authors 1, SELECT post 1000");
}
END_TEST

START_TEST(ten_thousand_owners_are_loaded_at_once)
{
    enum { COUNT = 12000 };
    blog_post_list posts;
    char name[32];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "n%05d", i);
        add_post(add_author(name), name);
    }
    commit_and_forget();
    ok(blog_post_find(s, &(blog_post_query){.order_by = {orm_asc(BLOG_POST.title)}}, &posts));
    ck_assert_uint_eq(posts.count, COUNT);
    for (size_t i = 0; i < posts.count; i++) {
        const blog_author *author;
        ok(blog_post_get_author(s, posts.items[i], &author));
        ck_assert_str_eq(author->name, posts.items[i]->title);
    }
    expect_statements("SELECT post 12000, SELECT authors 10000, SELECT authors 2000");
}
END_TEST

Suite *suite_loading(void)
{
    Suite *suite = suite_create("loading");
    TCase *lazy = new_case(suite, "lazy");
    tcase_add_test(lazy, a_hundred_posts_and_their_authors_are_two_statements_eagerly);
    tcase_add_test(lazy, a_hundred_posts_and_their_authors_are_two_statements_lazily);
    tcase_add_test(lazy, a_collection_is_loaded_lazily_for_all_owners);
    tcase_add_test(lazy, members_of_a_collection_know_their_owner);
    tcase_add_test(lazy, loaded_but_empty_is_asked_once);
    tcase_add_test(lazy, a_null_key_is_never_asked_for);
    tcase_add_test(lazy, what_the_session_knows_is_not_asked_for);
    tcase_add_test(lazy, a_lazy_load_asks_only_for_what_is_missing);
    tcase_add_test(lazy, one_at_a_time_is_on_request);
    tcase_add_test(lazy, a_session_that_may_not_load_says_so);
    tcase_add_test(lazy, entities_of_two_results_belong_to_the_last);
    tcase_add_test(lazy, a_load_after_a_commit_reads_again);
    tcase_add_test(lazy, ten_thousand_owners_are_loaded_at_once);
    TCase *trees = new_case(suite, "trees");
    tcase_add_test(trees, a_tree_of_relations_is_a_statement_each);
    tcase_add_test(trees, siblings_are_loaded_side_by_side);
    tcase_add_test(trees, a_limit_is_for_each_owner);
    tcase_add_test(trees, a_limit_with_a_condition_counts_what_meets_it);
    tcase_add_test(trees, a_partial_list_is_replaced_by_the_whole_when_asked);
    tcase_add_test(trees, collections_have_their_declared_order);
    tcase_add_test(trees, a_chain_is_loaded_level_by_level);
    tcase_add_test(trees, a_one_to_one_is_loaded_for_all_from_either_side);
    tcase_add_test(trees, a_load_of_nothing_asks_nothing);
    tcase_add_test(trees, a_relation_of_another_model_is_misuse);
    tcase_add_test(trees, a_single_relation_takes_no_limit);
    tcase_add_test(trees, a_thousand_members_come_in_order);
    return suite;
}
