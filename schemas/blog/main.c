/* main.c -- the tour: stores authors, profiles, posts and comments, then reads them back and prints them.
 *
 *     blog [URL]         sqlite:///blog.db, or another file, or postgresql://user:password@host/name
 * SPDX-License-Identifier: MIT */
#include "blog.h"

#include <stdio.h>

static orm_status run(orm_session *s);
static orm_status write_blog(orm_session *s);
static orm_status count_views(orm_session *s);
static orm_status print_author(orm_session *s, const blog_author *author);
static orm_status print_post(orm_session *s, const blog_post *post);
static orm_status print_comment(orm_session *s, const blog_comment *comment, int depth);

int main(int argc, char **argv)
{
    const char *url = argc > 1 ? argv[1] : "sqlite:///blog.db";
    orm_error error;
    orm_engine *engine;
    orm_session *session = NULL;
    orm_status status = orm_engine_open(url, NULL, &engine, &error);
    if (!status)
        status = blog_create_all(engine, &error);              /* leaves alone what is there already */
    if (!status)
        status = orm_session_open(&(orm_session_factory){.engine = engine}, &session, &error);
    if (!status && (status = run(session)))
        error = *orm_session_error(session);
    if (status)
        fprintf(stderr, "blog: %s\n", error.message);
    orm_session_close(session);
    orm_engine_close(engine);
    return status ? 1 : 0;
}

static orm_status run(orm_session *s)
{
    bool written;
    orm_status status = blog_author_exists(s, NULL, &written);
    if (!status && !written)
        status = write_blog(s);
    if (!status)
        status = count_views(s);
    if (status)
        return status;

    blog_author_list authors;                                  /* eager: three statements, however many authors */
    status = blog_author_find(s, &(blog_author_query){
        .order_by = {orm_asc(BLOG_AUTHOR.name)},
        .load = {orm_load(BLOG_AUTHOR.profile), orm_load(BLOG_AUTHOR.posts)},
    }, &authors);
    for (size_t i = 0; !status && i < authors.count; i++)
        status = print_author(s, authors.items[i]);
    return status;
}

/* An entity may be referred to before it has a key: the flush in commit puts rows and keys in order. Nothing is checked
 * here, because a failed add makes the commit fail. */
static orm_status write_blog(orm_session *s)
{
    const blog_author *ada, *charles;
    blog_author_add(s, &(blog_author_values){
        .email = "ada@example.org", .name = "Ada", .score = ORM_VALUE(9.5), .bio = ORM_VALUE("Writes programs.")}, &ada);
    blog_author_add(s, &(blog_author_values){.email = "charles@example.org", .name = "Charles"}, &charles);
    blog_profile_add(s, &(blog_profile_values){.url = "https://ada.example.org", .author = ada}, NULL);

    const blog_post *notes;
    blog_post_add(s, &(blog_post_values){
        .title = "Notes on the engine", .body = "It weaves patterns of numbers.", .author = ada,
        .status = ORM_VALUE(BLOG_POST_STATUS_PUBLISHED)}, &notes);
    blog_post_add(s, &(blog_post_values){.title = "Gears", .body = "More of them.", .author = charles}, NULL);

    const blog_comment *question, *answer;
    blog_comment_add(s, &(blog_comment_values){.body = "Can it play chess?", .post = notes, .author = charles}, &question);
    blog_comment_add(s, &(blog_comment_values){
        .body = "It can do whatever we know how to order it.", .post = notes, .author = ada, .parent = question}, &answer);
    blog_comment_add(s, &(blog_comment_values){.body = "I see.", .post = notes, .author = charles, .parent = answer}, NULL);
    blog_comment_add(s, &(blog_comment_values){.body = "Where is note G?", .post = notes, .author = charles}, NULL);
    return orm_session_commit(s);
}

/* Setters send nothing: the commit does, one UPDATE for all posts. */
static orm_status count_views(orm_session *s)
{
    blog_post_list posts;
    orm_status status = blog_post_find(s, NULL, &posts);
    for (size_t i = 0; !status && i < posts.count; i++)
        status = blog_post_set_views(s, posts.items[i], posts.items[i]->views + 1);
    return status ? status : orm_session_commit(s);
}

static orm_status print_author(orm_session *s, const blog_author *author)
{
    const blog_profile *profile;
    blog_post_list posts;
    orm_status status = blog_author_get_profile(s, author, &profile);      /* loaded: no statement */
    if (!status)
        status = blog_author_get_posts(s, author, &posts);
    if (status)
        return status;
    printf("%s <%s>%s%s\n", author->name, author->email, profile ? ", " : "", profile ? profile->url : "");
    for (size_t i = 0; !status && i < posts.count; i++)
        status = print_post(s, posts.items[i]);
    return status;
}

static orm_status print_post(orm_session *s, const blog_post *post)
{
    blog_comment_list comments;
    orm_status status = blog_post_get_comments(s, post, &comments);        /* lazy: one statement for all posts */
    if (status)
        return status;
    printf("    %s (%s, view %d)\n        %s\n", post->title, blog_post_status_name(post->status), (int)post->views,
           post->body);
    for (size_t i = 0; !status && i < comments.count; i++)
        if (!comments.items[i]->parent_id.has)
            status = print_comment(s, comments.items[i], 2);
    return status;
}

static orm_status print_comment(orm_session *s, const blog_comment *comment, int depth)
{
    const blog_author *author;
    blog_comment_list replies;
    orm_status status = blog_comment_get_author(s, comment, &author);
    if (!status)
        status = blog_comment_get_replies(s, comment, &replies);
    if (status)
        return status;
    printf("%*s- %s: %s\n", 4 * depth, "", author->name, comment->body);
    for (size_t i = 0; !status && i < replies.count; i++)
        status = print_comment(s, replies.items[i], depth + 1);
    return status;
}
