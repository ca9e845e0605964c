/* sqlite_plain.c -- the C that most people write against sqlite3: a statement prepared for each row, strdup.
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "sqlite.h"

#include <stdlib.h>
#include <string.h>

typedef struct post {
    int64_t id, author_id, created_at;
    char *title, *body;
    int32_t views;
    bool published;
} post;

typedef struct author {
    int64_t id, created_at;
    char *name, *email;
    double score;
    post *posts;
    size_t post_count;
} author;

#define SELECT_POSTS "SELECT id, title, body, views, published, created_at, author_id FROM post"

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *statement;
    lite_expect(sqlite3_prepare_v2(connection, sql, -1, &statement, NULL), SQLITE_OK);
    return statement;
}

static char *text_of(sqlite3_stmt *s, int column)
{
    return strdup((const char *)sqlite3_column_text(s, column));
}

static void read_post(sqlite3_stmt *s, post *p)
{
    p->id = sqlite3_column_int64(s, 0);
    p->title = text_of(s, 1);
    p->body = text_of(s, 2);
    p->views = sqlite3_column_int(s, 3);
    p->published = sqlite3_column_int(s, 4);
    p->created_at = lite_parse_time((const char *)sqlite3_column_text(s, 5));
    p->author_id = sqlite3_column_int64(s, 6);
}

static void free_post(post *p)
{
    free(p->title);
    free(p->body);
}

static void plain_get(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i++) {
        sqlite3_stmt *s = prepare(SELECT_POSTS " WHERE id = ?");
        post p;
        sqlite3_bind_int64(s, 1, input.ids[i]);
        lite_expect(sqlite3_step(s), SQLITE_ROW);
        read_post(s, &p);
        sqlite3_finalize(s);
        bench_glance_post(p.id, p.title, p.body, p.views, p.published, p.created_at, p.author_id);
        free_post(&p);
    }
    bench_stop();
}

static size_t read_posts(sqlite3_stmt *s, post **posts)
{
    size_t count = 0, capacity = 0;
    *posts = NULL;
    while (sqlite3_step(s) == SQLITE_ROW) {
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            *posts = realloc(*posts, capacity * sizeof **posts);
        }
        read_post(s, &(*posts)[count++]);
    }
    sqlite3_finalize(s);
    return count;
}

static void saw_and_free(post *posts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bench_saw_post(posts[i].id, posts[i].title, posts[i].body, posts[i].views, posts[i].published,
                       posts[i].created_at, posts[i].author_id);
    bench_start();
    for (size_t i = 0; i < count; i++)
        free_post(&posts[i]);
    free(posts);
    bench_stop();
}

static void plain_read(void)
{
    post *posts;
    bench_start();
    size_t count = read_posts(prepare(SELECT_POSTS), &posts);
    bench_stop();
    saw_and_free(posts, count);
}

static void insert_post(size_t index)
{
    const bench_new_post *p = &input.new_posts[index];
    sqlite3_stmt *s = prepare(
        "INSERT INTO post (title, body, views, published, created_at, author_id) VALUES (?, ?, ?, ?, ?, ?)");
    char created[LITE_TIME];
    lite_format_time(bench_now(), created);
    sqlite3_bind_text(s, 1, p->title, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(s, 2, p->body, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int(s, 3, p->views);
    sqlite3_bind_int(s, 4, p->published);
    sqlite3_bind_text(s, 5, created, LITE_TIME, SQLITE_TRANSIENT);
    sqlite3_bind_int64(s, 6, p->author_id);
    lite_expect(sqlite3_step(s), SQLITE_DONE);
    sqlite3_finalize(s);
    bench_saw_key(index, sqlite3_last_insert_rowid(connection));
}

static void plain_insert(void)
{
    bench_start();
    lite_run("BEGIN");
    for (size_t i = 0; i < input.count; i++)
        insert_post(i);
    lite_run("COMMIT");
    bench_stop();
}

static void plain_commit(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i++)
        insert_post(i);
    bench_stop();
}

static void plain_update(void)
{
    bench_start();
    lite_run("BEGIN");
    for (size_t i = 0; i < input.count; i++) {
        sqlite3_stmt *s = prepare("UPDATE author SET score = ? WHERE id = ?");
        sqlite3_bind_double(s, 1, input.scores[i]);
        sqlite3_bind_int64(s, 2, input.ids[i]);
        lite_expect(sqlite3_step(s), SQLITE_DONE);
        sqlite3_finalize(s);
    }
    lite_run("COMMIT");
    bench_stop();
}

static void read_posts_of(author *a)
{
    sqlite3_stmt *s = prepare(SELECT_POSTS " WHERE author_id = ?");
    sqlite3_bind_int64(s, 1, a->id);
    a->post_count = read_posts(s, &a->posts);
}

static void plain_children(void)
{
    author *authors = malloc(input.count * sizeof *authors);
    size_t count = 0;
    bench_start();
    sqlite3_stmt *s = prepare("SELECT id, name, email, created_at, score FROM author WHERE id <= ?");
    sqlite3_bind_int64(s, 1, (sqlite3_int64)input.count);
    while (sqlite3_step(s) == SQLITE_ROW) {
        author *a = &authors[count++];
        *a = (author){.id = sqlite3_column_int64(s, 0),
                      .name = text_of(s, 1),
                      .email = text_of(s, 2),
                      .created_at = lite_parse_time((const char *)sqlite3_column_text(s, 3)),
                      .score = sqlite3_column_double(s, 4)};
        read_posts_of(a);
    }
    sqlite3_finalize(s);
    bench_stop();
    for (size_t i = 0; i < count; i++) {
        author *a = &authors[i];
        bench_saw_author(a->id, a->name, a->email, a->created_at, a->score);
        saw_and_free(a->posts, a->post_count);
    }
    bench_start();
    for (size_t i = 0; i < count; i++) {
        free(authors[i].name);
        free(authors[i].email);
    }
    bench_stop();
    free(authors);
}

/* Into an array that grows, and freed one by one. */
static void read_users(void)
{
    author *users = NULL;
    size_t count = 0, capacity = 0;
    sqlite3_stmt *s = prepare("SELECT id, name, email, created_at, score FROM author");
    while (sqlite3_step(s) == SQLITE_ROW) {
        if (count == capacity) {
            capacity = capacity ? capacity * 2 : 16;
            users = realloc(users, capacity * sizeof *users);
        }
        users[count++] = (author){.id = sqlite3_column_int64(s, 0),
                                  .name = text_of(s, 1),
                                  .email = text_of(s, 2),
                                  .created_at = lite_parse_time((const char *)sqlite3_column_text(s, 3)),
                                  .score = sqlite3_column_double(s, 4)};
    }
    sqlite3_finalize(s);
    for (size_t i = 0; i < count; i++) {
        bench_glance_author(users[i].id, users[i].name, users[i].email, users[i].created_at, users[i].score);
        free(users[i].name);
        free(users[i].email);
    }
    free(users);
}

static void plain_users(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i += input.each)
        read_users();
    bench_stop();
}

static void insert_author(const bench_new_author *a)
{
    sqlite3_stmt *s = prepare("INSERT INTO author (name, email, created_at, score) VALUES (?, ?, ?, 0.5)");
    char created[LITE_TIME];
    lite_format_time(bench_now(), created);
    sqlite3_bind_text(s, 1, a->name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(s, 2, a->email, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(s, 3, created, LITE_TIME, SQLITE_TRANSIENT);
    lite_expect(sqlite3_step(s), SQLITE_DONE);
    sqlite3_finalize(s);
}

static void plain_batch(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i += input.each) {
        lite_run("BEGIN");
        for (size_t k = 0; k < input.each; k++)
            insert_author(&input.new_authors[i + k]);
        lite_run("COMMIT");
    }
    bench_stop();
}

const bench_run plain_runs[BENCH_CASES] = {
    [BENCH_USERS_1] = plain_users,     [BENCH_USERS_100] = plain_users, [BENCH_USERS_10000] = plain_users,
    [BENCH_BATCH_1] = plain_batch,     [BENCH_BATCH_100] = plain_batch, [BENCH_GET_NEW] = plain_get,
    [BENCH_GET] = plain_get,           [BENCH_READ] = plain_read,       [BENCH_INSERT] = plain_insert,
    [BENCH_COMMIT] = plain_commit,     [BENCH_FLUSH] = plain_insert,    [BENCH_UPDATE] = plain_update,
    [BENCH_CHILDREN] = plain_children,
};
