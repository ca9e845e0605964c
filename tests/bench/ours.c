/* ours.c -- opens the library for the cases of ours_core.c and ours_session.c.
 * SPDX-License-Identifier: MIT */
#include "ours.h"

orm_engine *engine;
const char *opened_url;
static orm_session_factory factory;

void ours_open(const char *url)
{
    orm_error error;
    check(orm_engine_open(url, NULL, &engine, &error), &error);
    check(bench_drop_all(engine, &error), &error);
    check(bench_create_all(engine, &error), &error);
    factory.engine = engine;
    opened_url = url;
}

void ours_close(void)
{
    orm_engine_close(engine);
}

void check(orm_status status, const orm_error *error)
{
    if (status)
        bench_fail(orm_status_name(status), error->message);
}

orm_session *open_session(void)
{
    orm_session *s;
    orm_error error;
    check(orm_session_open(&factory, &s, &error), &error);
    return s;
}

orm_connection *open_connection(void)
{
    orm_connection *c;
    orm_error error;
    check(orm_connection_open(engine, &c, &error), &error);
    return c;
}

bench_post_values values_of(size_t index)
{
    const bench_new_post *post = &input.new_posts[index];
    return (bench_post_values){.title = post->title,
                               .body = post->body,
                               .views = post->views,
                               .published = post->published,
                               .author_id = ORM_VALUE(post->author_id)};
}

bench_author_values author_of(size_t index)
{
    const bench_new_author *author = &input.new_authors[index];
    return (bench_author_values){.name = author->name, .email = author->email, .score = ORM_VALUE(0.5)};
}
