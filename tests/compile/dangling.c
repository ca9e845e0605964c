/* dangling.c -- conditions composed in inner blocks, loops and functions still stand when they are used.
 *
 * Built under AddressSanitizer by dangling.sh, with every scope and return watched; walk() reads all that a condition
 * refers to. With an argument it does what the manual forbids, which must be noticed.
 * SPDX-License-Identifier: MIT */
#include "blog.h"

#include <stdio.h>
#include <string.h>

static size_t walk(const orm_expr *expression);
static size_t walk_query(const blog_post_query *query);
static orm_expr by_name(orm_session *s, const char *name);
static void in_blocks(orm_session *s, const char *name, blog_post_query *query);
static void in_loops(orm_session *s, blog_post_query *query);
static orm_expr forbidden(int64_t id);

static volatile int two = 2;
static volatile size_t bytes_read;

int main(int argc, char **argv)
{
    orm_error error;
    orm_engine *engine;
    orm_session *s;
    blog_post_list posts;
    size_t seen = 0, found = 0;
    (void)argv;
    if (orm_engine_open("sqlite://", NULL, &engine, &error) || blog_create_all(engine, &error) ||
        orm_session_open(&(orm_session_factory){.engine = engine}, &s, &error))
        return fprintf(stderr, "%s\n", error.message), 2;
    if (argc > 1) {
        blog_post_query query = {.where = {forbidden(two)}};
        seen = walk_query(&query);
    } else {
        blog_post_query blocks = {.where = {ORM_NO_CONDITION}}, loops = {.where = {ORM_NO_CONDITION}};
        in_blocks(s, "Ada", &blocks);
        in_loops(s, &loops);
        seen = walk_query(&blocks) + walk_query(&loops);
        found = blog_post_find(s, &blocks, &posts) || blog_post_find(s, &loops, &posts);
    }
    orm_session_close(s);
    orm_engine_close(engine);
    printf("%zu\n", seen);
    return seen != 32 || found;
}

/* A comparison leaves its block as it is; what combines others is kept. */
static void in_blocks(orm_session *s, const char *name, blog_post_query *query)
{
    size_t n = 0;
    if (two == 2) {
        int32_t views = 3;
        query->where[n++] = orm_ge(BLOG_POST.views, views);
        query->where[n++] = orm_when(two == 2, orm_lt(BLOG_POST.id, views + 4));
    }
    if (two > 1) {
        char copy[16];
        const int64_t ids[] = {1, two, 3};
        snprintf(copy, sizeof copy, "%s", name);
        query->where[n++] = orm_keep(s, orm_or(orm_eq(BLOG_POST.title, copy), orm_in(BLOG_POST.id, ids, 3),
                                               orm_not(orm_has(BLOG_POST.author, orm_like(BLOG_AUTHOR.name, copy)))));
        memset(copy, 'x', sizeof copy - 1);
    }
    query->where[n++] = by_name(s, name);
    query->where[n] = orm_not_null(BLOG_POST.body);
}

static orm_expr by_name(orm_session *s, const char *name)
{
    orm_expr same = orm_eq(BLOG_AUTHOR.name, name);
    return orm_keep(s, orm_has(BLOG_POST.author, same, orm_any(BLOG_AUTHOR.posts, orm_gt(BLOG_POST.views, two))));
}

static void in_loops(orm_session *s, blog_post_query *query)
{
    orm_expr any = ORM_NO_CONDITION;
    for (int i = 0; i < 4; i++) {
        char title[16];
        snprintf(title, sizeof title, "title %d", i);
        any = orm_keep(s, orm_or(any, orm_and(orm_eq(BLOG_POST.title, title), orm_ne(BLOG_POST.views, i))));
    }
    query->where[0] = any;
    for (size_t i = 1; i < 4; i++)
        query->where[i] = orm_ne(BLOG_POST.id, (int64_t)i);
}

/* Borrows from a block that is left. */
static orm_expr forbidden(int64_t id)
{
    return orm_and(orm_eq(BLOG_POST.id, id), orm_ne(BLOG_POST.views, two));
}

/* Reads all of it; the sum is the number of conditions. */
static size_t walk(const orm_expr *expression)
{
    size_t count = 1;
    if (expression->value.form == ORM_FORM_ONE && expression->value.type == ORM_TYPE_TEXT)
        bytes_read += strlen(expression->value.as.text);
    for (size_t i = 0; expression->value.form == ORM_FORM_LIST && i < expression->value.as.array.count; i++)
        bytes_read += (size_t)((const int64_t *)expression->value.as.array.items)[i];
    for (const orm_expr *child = expression->children; child && child->op != ORM_OP_END; child++)
        count += child->op == ORM_OP_NONE ? 0 : walk(child);
    return count;
}

static size_t walk_query(const blog_post_query *query)
{
    size_t count = 0;
    for (size_t i = 0; i < ORM_WHERE_MAX; i++)
        count += query->where[i].op == ORM_OP_NONE ? 0 : walk(&query->where[i]);
    return count;
}
