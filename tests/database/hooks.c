/* hooks.c -- functions of the user's that flushes, commits and rollbacks call.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

/* What was called, in order: "before_insert ada, after_insert ada". */
static char called[1024];

static void note(const char *what, const char *which)
{
    size_t length = strlen(called);
    snprintf(called + length, sizeof called - length, "%s%s %s", length ? ", " : "", what, which);
}

#define NOTED(event) \
    static orm_status event(orm_session *session, const blog_author *author, void *context) \
    { \
        (void)session, (void)context; \
        note(#event, author->name); \
        return ORM_OK; \
    }
NOTED(before_insert)
NOTED(after_insert)
NOTED(before_update)
NOTED(after_update)
NOTED(before_delete)
NOTED(after_delete)

static orm_status before_flush(orm_session *session, void *context)
{
    (void)session;
    note("before_flush", context);
    return ORM_OK;
}

static void after_commit(orm_session *session, void *context)
{
    const blog_author *found;
    ok(blog_author_first(session, NULL, &found));
    note("after_commit", context);
}

static void after_rollback(orm_session *session, void *context)
{
    ck_assert_int_eq(orm_session_flush(session), ORM_OK);
    note("after_rollback", context);
}

static const blog_author_hooks all = {before_insert, after_insert, before_update, after_update,
                                      before_delete, after_delete, NULL};
static orm_model_hooks models[2];
static orm_session_hooks hooks;

static void with(orm_session_hooks wanted, orm_model_hooks model)
{
    called[0] = '\0';
    models[0] = model;
    hooks = wanted;
    hooks.models = models;
    hooks.model_count = model.model ? 1 : 0;
    reopen_session((orm_session_factory){.hooks = &hooks});
}

static void expect_called(const char *text)
{
    ck_assert_str_eq(called, text);
    called[0] = '\0';
}

START_TEST(each_event_of_a_flush_is_told_before_and_after)
{
    with((orm_session_hooks){0}, blog_author_on(&all));
    const blog_author *ada = add_author("ada"), *bob = add_author("bob");
    ok(orm_session_flush(s));
    expect_called("before_insert ada, before_insert bob, after_insert ada, after_insert bob");
    ok(blog_author_set_bio(s, ada, "x"));
    ok(blog_author_delete(s, bob));
    add_post(ada, "no hooks of posts");
    ok(orm_session_commit(s));
    expect_called("before_update ada, before_delete bob, after_update ada, after_delete bob");
    ok(blog_author_set_bio(s, ada, "x"));
    ok(orm_session_commit(s));
    expect_called("");
}
END_TEST

START_TEST(the_session_tells_of_flush_commit_and_rollback)
{
    with((orm_session_hooks){before_flush, after_commit, after_rollback, "it", NULL, 0}, (orm_model_hooks){0});
    add_author("ada");
    ok(orm_session_commit(s));
    expect_called("before_flush it, after_commit it");
    add_author("bob");
    ok(orm_session_rollback(s));
    expect_called("after_rollback it");
    add_author("ada");
    expect_status(ORM_CONSTRAINT, orm_session_commit(s));
    expect_called("before_flush it");
    ok(orm_session_rollback(s));
    expect_called("after_rollback it");
    ok(orm_session_commit(s));
    expect_called("after_commit it");
}
END_TEST

static orm_status sign(orm_session *session, const blog_author *author, void *context)
{
    return blog_author_set_bio(session, author, context);
}

START_TEST(a_hook_may_change_its_entity_and_the_same_statement_writes_it)
{
    static const blog_author_hooks signing = {.before_insert = sign, .before_update = sign, .context = "signed"};
    with((orm_session_hooks){0}, blog_author_on(&signing));
    const blog_author *ada = add_author("ada");
    forget_statements();
    ok(orm_session_commit(s));
    expect_statements("INSERT authors 1");
    expect_text(ada->bio, "signed");
    ok(blog_author_set_bio(s, ada, "mine"));
    ok(blog_author_set_name(s, ada, "Ada"));
    ok(orm_session_commit(s));
    expect_statements("UPDATE authors 1");
    commit_and_forget();
    ok(blog_author_first(s, NULL, &ada));
    expect_text(ada->bio, "signed");
    expect_text(ada->name, "Ada");
}
END_TEST

static orm_status write_first_post(orm_session *session, const blog_author *author, void *context)
{
    (void)context;
    return blog_post_add(session, &(blog_post_values){.title = author->name, .body = "b", .author = author}, NULL);
}

START_TEST(what_a_hook_adds_is_flushed_with_the_rest)
{
    const blog_author_hooks before = {.before_insert = write_first_post}, after = {.after_insert = write_first_post};
    with((orm_session_hooks){0}, blog_author_on(_i ? &after : &before));
    add_author("ada");
    add_author("bob");
    forget_statements();
    ok(orm_session_flush(s));
    expect_statements(_i ? "INSERT authors 2" : "INSERT authors 2, INSERT post 2");
    ok(orm_session_commit(s));
    expect_statements(_i ? "INSERT post 2" : "");
}
END_TEST

static orm_status refuse(orm_session *session, const blog_author *author, void *context)
{
    (void)session, (void)author;
    return *(orm_status *)context;
}

START_TEST(a_hook_that_fails_before_stops_the_flush_and_nothing_is_sent)
{
    static orm_status answer = ORM_INVALID;
    static const blog_author_hooks refusing = {.before_insert = refuse, .context = &answer};
    with((orm_session_hooks){0}, blog_author_on(&refusing));
    add_author("ada");
    forget_statements();
    expect_status(ORM_INVALID, orm_session_commit(s));
    expect_said(orm_session_error(s)->message, "before_insert hook of author");
    expect_nothing_sent();
    answer = ORM_OK;
    ok(orm_session_commit(s));
    expect_statements("INSERT authors 1");
}
END_TEST

START_TEST(a_hook_that_fails_after_wants_a_rollback)
{
    static orm_status answer = ORM_UNSUPPORTED;
    static const blog_author_hooks refusing = {.after_insert = refuse, .context = &answer};
    with((orm_session_hooks){0}, blog_author_on(&refusing));
    const blog_author *ada = add_author("ada"), *none;
    expect_status(ORM_UNSUPPORTED, orm_session_flush(s));
    expect_said(orm_session_error(s)->message, "after_insert hook of author");
    expect_status(ORM_ROLLBACK_FIRST, orm_session_commit(s));
    ok(orm_session_rollback(s));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_DETACHED);
    expect_status(ORM_NOT_FOUND, blog_author_first(s, NULL, &none));
}
END_TEST

static orm_status end_the_transaction(orm_session *session, const blog_author *author, void *context)
{
    (void)author, (void)context;
    ck_assert_int_eq(orm_session_rollback(session), ORM_MISUSE);
    ck_assert_int_eq(orm_session_begin_nested(session), ORM_MISUSE);
    return orm_session_commit(session);
}

START_TEST(a_hook_of_a_flush_cannot_end_its_transaction)
{
    static const blog_author_hooks ending = {.before_insert = end_the_transaction};
    with((orm_session_hooks){0}, blog_author_on(&ending));
    add_author("ada");
    expect_status(ORM_MISUSE, orm_session_flush(s));
    expect_said(orm_session_error(s)->message, "commit inside a hook");
}
END_TEST

static orm_status count_views(orm_session *session, const blog_author *author, void *context)
{
    (void)context;
    orm_opt_float64 more = {true, author->score.value + 1};
    return blog_author_set_score(session, author, more);
}

START_TEST(hooks_that_never_come_to_rest_are_told)
{
    static const blog_author_hooks restless = {.after_insert = count_views, .after_update = count_views};
    with((orm_session_hooks){0}, blog_author_on(&restless));
    add_author("ada");
    expect_status(ORM_MISUSE, orm_session_commit(s));
    expect_said(orm_session_error(s)->message, "hooks still change something");
    ok(orm_session_rollback(s));
}
END_TEST

static orm_status look_around(orm_session *session, const blog_author *author, void *context)
{
    size_t *count = context;
    const blog_author *got;
    ok(blog_author_count(session, NULL, count));
    if (author->id)
        ok(blog_author_get(session, author->id, &got));
    return ORM_OK;
}

START_TEST(a_hook_may_read_and_sees_what_was_sent)
{
    static size_t before = 9, after = 9;
    static const blog_author_hooks looking_before = {.before_insert = look_around, .context = &before},
                                   looking_after = {.after_insert = look_around, .context = &after};
    with((orm_session_hooks){0}, blog_author_on(&looking_before));
    add_author("ada");
    ok(orm_session_commit(s));
    ck_assert_uint_eq(before, 0);
    with((orm_session_hooks){0}, blog_author_on(&looking_after));
    add_author("bob");
    ok(orm_session_commit(s));
    ck_assert_uint_eq(after, 2);
}
END_TEST

START_TEST(a_key_deleted_and_added_again_has_the_hooks_of_both)
{
    with((orm_session_hooks){0}, blog_author_on(&all));
    const blog_author *ada = add_author("ada");
    ok(orm_session_commit(s));
    called[0] = '\0';
    ok(blog_author_delete(s, ada));
    ok(blog_author_add(s, &(blog_author_values){.id = ORM_VALUE(ada->id), .email = "b@c", .name = "new"}, NULL));
    ok(orm_session_commit(s));
    expect_called("before_delete ada, before_insert new, after_insert new, after_delete ada");
}
END_TEST

static orm_status delete_posts(orm_session *session, const blog_author *author, void *context)
{
    (void)context;
    blog_post_list posts;
    orm_status status = blog_author_get_posts(session, author, &posts);
    for (size_t i = 0; i < posts.count && !status; i++)
        status = blog_post_delete(session, posts.items[i]);
    return status;
}

static orm_status post_deleted(orm_session *session, const blog_post *post, void *context)
{
    (void)session, (void)context;
    note("deleted", post->title);
    return ORM_OK;
}

START_TEST(hooks_of_what_a_hook_deletes_have_their_turn)
{
    static const blog_author_hooks of_authors = {.before_delete = delete_posts};
    static const blog_post_hooks of_posts = {.after_delete = post_deleted};
    with((orm_session_hooks){0}, blog_author_on(&of_authors));
    models[1] = blog_post_on(&of_posts);
    hooks.model_count = 2;
    const blog_author *ada = add_author("ada");
    add_post(ada, "one");
    add_post(ada, "two");
    commit_and_forget();
    ok(blog_author_first(s, NULL, &ada));
    ok(blog_author_delete(s, ada));
    forget_statements();
    ok(orm_session_commit(s));
    ck_assert(strstr(called, "deleted one") && strstr(called, "deleted two"));
    expect_statements("SELECT post 2, DELETE post 2, DELETE authors 1");
}
END_TEST

static orm_status clear_all(orm_session *session, const blog_author *author, void *context)
{
    (void)author, (void)context;
    orm_session_clear(session);
    return ORM_OK;
}

START_TEST(a_hook_of_a_flush_cannot_clear_its_session)
{
    static const blog_author_hooks clearing = {.before_insert = clear_all},
                                   clearing_after = {.after_insert = clear_all};
    with((orm_session_hooks){0}, blog_author_on(_i ? &clearing_after : &clearing));
    const blog_author *ada = add_author("ada");
    ok(orm_session_flush(s));
    ck_assert_int_eq(orm_session_state(s, ada), ORM_PERSISTENT);
    expect_status(ORM_MISUSE, orm_session_commit(s));
    expect_said(orm_session_error(s)->message, "clear inside a hook");
    orm_session_clear_error(s);
    ok(orm_session_commit(s));
}
END_TEST

static orm_status add_another(orm_session *session, const blog_author *author, void *context)
{
    char email[40];
    int *count = context;
    (void)author;
    snprintf(email, sizeof email, "%d@hook.org", ++*count);
    return blog_author_add(session, &(blog_author_values){.email = email, .name = "n"}, NULL);
}

START_TEST(a_hook_that_adds_for_ever_is_stopped_before_anything_is_sent)
{
    static int count;
    static const blog_author_hooks endless = {.before_insert = add_another, .context = &count};
    with((orm_session_hooks){0}, blog_author_on(&endless));
    add_author("ada");
    forget_statements();
    expect_status(ORM_MISUSE, orm_session_flush(s));
    expect_said(orm_session_error(s)->message, "hooks still change something");
    expect_nothing_sent();
    ck_assert_int_le(count, 1000);
}
END_TEST

Suite *suite_hooks(void)
{
    Suite *suite = suite_create("hooks");
    TCase *test = new_case(suite, "hooks");
    tcase_add_test(test, each_event_of_a_flush_is_told_before_and_after);
    tcase_add_test(test, the_session_tells_of_flush_commit_and_rollback);
    tcase_add_test(test, a_hook_may_change_its_entity_and_the_same_statement_writes_it);
    tcase_add_loop_test(test, what_a_hook_adds_is_flushed_with_the_rest, 0, 2);
    tcase_add_test(test, a_hook_that_fails_before_stops_the_flush_and_nothing_is_sent);
    tcase_add_test(test, a_hook_that_fails_after_wants_a_rollback);
    tcase_add_test(test, a_hook_of_a_flush_cannot_end_its_transaction);
    tcase_add_test(test, hooks_that_never_come_to_rest_are_told);
    tcase_add_test(test, a_hook_may_read_and_sees_what_was_sent);
    tcase_add_test(test, a_key_deleted_and_added_again_has_the_hooks_of_both);
    tcase_add_test(test, hooks_of_what_a_hook_deletes_have_their_turn);
    tcase_add_loop_test(test, a_hook_of_a_flush_cannot_clear_its_session, 0, 2);
    tcase_add_test(test, a_hook_that_adds_for_ever_is_stopped_before_anything_is_sent);
    return suite;
}
