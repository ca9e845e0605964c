/* production.c -- the README's first lines, and its chapter on production use, run.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

/* clang-format off */
static orm_status open_engine(orm_engine **opened, orm_error *problem)
{
    char *url;
    orm_engine_options options = {
        .pool_recycle = 3600,                              /* seconds: load balancers forget connections */
        .statement_timeout = 10000,                        /* milliseconds: then the server is asked to stop */
        .slow = {orm_log_to_stderr, NULL},                 /* statements of 500 ms and more, without sensitive values */
        .statistics = true,                                /* for orm_engine_statements, below */
    };
    orm_status status = orm_engine_options_from_env("BLOG_DB_", ".env", &options, &url, problem);
    if (status)
        return status;
    status = orm_engine_open(url ? url : "sqlite:///blog.db", &options, opened, problem);
    free(url);
    return status;
}

static void print_statement(const orm_statement_statistics *one, void *user)
{
    fprintf(user, "%8llu calls %8llu us %s\n", (unsigned long long)one->calls,
            (unsigned long long)(one->microseconds / one->calls), one->sql);
}
/* clang-format on */

/* The first lines of the README. */
/* clang-format off */
static orm_status first_lines(void)
{
    const blog_author *ada;
    blog_author_add(s, &(blog_author_values){.email = "ada@example.org", .name = "Ada"}, &ada);
    blog_post_add(s, &(blog_post_values){.title = "Notes", .body = "On the engine.", .author = ada}, NULL);
    orm_status status = orm_session_commit(s); /* both rows, the author first; her key goes into the post */

    blog_post_list posts = {0};
    if (!status)
        status = blog_post_find(s, &(blog_post_query){
            .where = {orm_has(BLOG_POST.author, orm_like(BLOG_AUTHOR.name, "A%")), orm_lt(BLOG_POST.views, 100)},
            .order_by = {orm_desc(BLOG_POST.created_at)},
            .load = {orm_load(BLOG_POST.author)},
        }, &posts);
    for (size_t i = 0; !status && i < posts.count; i++)
        status = blog_post_set_views(s, posts.items[i], posts.items[i]->views + 1);
    return status ? status : orm_session_commit(s); /* one UPDATE, however many posts */
}
/* clang-format on */

START_TEST(the_first_lines_of_the_readme_do_what_they_say)
{
    bool exists;
    forget_statements();
    ok(first_lines());
    expect_statements("INSERT authors 1, INSERT post 1, SELECT post 1, UPDATE post 1");
    ok(blog_post_exists(s, &(blog_post_query){.where = {orm_eq(BLOG_POST.views, 1)}}, &exists));
    ck_assert(exists);
}
END_TEST

START_TEST(an_engine_is_opened_as_the_environment_says_and_tells_its_statements)
{
    orm_engine *opened;
    orm_connection *connection;
    char line[256] = "";
    setenv("BLOG_DB_URL", test_url(), 1);
    setenv("BLOG_DB_PREPARED", "off", 1);
    ok(open_engine(&opened, &error));
    ok(orm_connection_open(opened, &connection, &error));
    orm_engine_reset_statements(opened);
    ok(orm_connection_execute(connection, "SELECT 4711", NULL, NULL));
    orm_connection_close(connection);
    FILE *stream = tmpfile();
    ck_assert_ptr_nonnull(stream);
    orm_engine_statements(opened, print_statement, stream);
    rewind(stream);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, stream));
    expect_said(line, "       1 calls ");
    expect_said(line, " us SELECT 4711\n");
    fclose(stream);
    orm_engine_close(opened);
}
END_TEST

START_TEST(a_wrong_variable_is_named)
{
    orm_engine *opened;
    setenv("BLOG_DB_POOL_SIZE", "many", 1);
    expect_status(ORM_INVALID, open_engine(&opened, &error));
    expect_text(error.message, "variable BLOG_DB_POOL_SIZE must be a whole number from 0");
}
END_TEST

Suite *suite_production(void)
{
    Suite *suite = suite_create("production");
    TCase *readme = new_case(suite, "readme");
    tcase_add_test(readme, the_first_lines_of_the_readme_do_what_they_say);
    tcase_add_test(readme, an_engine_is_opened_as_the_environment_says_and_tells_its_statements);
    tcase_add_test(readme, a_wrong_variable_is_named);
    return suite;
}
