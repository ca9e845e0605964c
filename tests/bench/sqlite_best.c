/* sqlite_best.c -- the limit: the best C that we can write by hand against sqlite3.
 *
 * Prepared statements, texts bound where they lie, rows in an arena; everything in transactions. Many new rows are one
 * statement that reads them from a virtual table over the program's array (faster than a statement for each row, and
 * than VALUES for fifty at once), their keys counted on from the last one under the write lock.
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "sqlite.h"

#include <stdlib.h>
#include <string.h>

static sqlite3_stmt *begin_write, *get, *insert_one, *insert_many, *last_key, *update, *all_authors, *insert_author,
    *insert_authors, *insert_unkeyed;
sqlite3_stmt *lite_begin, *lite_commit, *lite_read_all, *lite_authors_upto, *lite_medium, *lite_posts_of,
    *lite_comments_of;

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *statement;
    lite_expect(sqlite3_prepare_v3(connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), SQLITE_OK);
    return statement;
}

void sqlite_best_prepare(void);
void sqlite_best_prepare(void)
{
    lite_make_tables();
    lite_begin = prepare("BEGIN");
    begin_write = prepare("BEGIN IMMEDIATE");
    lite_commit = prepare("COMMIT");
    get = prepare("SELECT " LITE_POST_COLUMNS " FROM post WHERE id = ?");
    lite_read_all = prepare("SELECT " LITE_POST_COLUMNS " FROM post");
    insert_one = prepare(
        "INSERT INTO post (title, body, views, published, created_at, author_id) VALUES (?,?,?,?,?,?)");
    insert_many = prepare("INSERT INTO post (" LITE_POST_COLUMNS
                          ") SELECT ? + i, title, body, views, published, ?, author_id FROM new_post");
    last_key = prepare("SELECT seq FROM sqlite_sequence WHERE name = 'post'");
    update = prepare("UPDATE author SET score = ? WHERE id = ?");
    all_authors = prepare("SELECT id, name, email, created_at, score FROM author");
    insert_author = prepare("INSERT INTO author (name, email, created_at, score) VALUES (?,?,?,0.5)");
    insert_authors = prepare(
        "INSERT INTO author (name, email, created_at, score) SELECT name, email, ?, 0.5 FROM new_author");
    insert_unkeyed = prepare("INSERT INTO post (title, body, views, published, created_at, author_id) "
                             "SELECT title, body, views, published, ?, author_id FROM new_post");
    lite_authors_upto = prepare("SELECT id, name, email, created_at, score FROM author WHERE id <= ?");
    lite_medium = prepare(
        "SELECT p.id, p.title, p.body, p.views, p.published, p.created_at, p.author_id, a.id, a.name, "
        "a.email, a.created_at, a.score FROM author a LEFT JOIN post p ON p.author_id = a.id "
        "WHERE a.score <= ?");
    lite_comments_of = prepare("SELECT c.id, c.body, c.post_id FROM post p JOIN comment c ON c.post_id = p.id "
                               "WHERE p.author_id BETWEEN 1 AND ?");
    lite_posts_of = prepare("SELECT " LITE_POST_COLUMNS
                            " FROM post WHERE author_id BETWEEN 1 AND ? ORDER BY author_id");
}

void sqlite_best_release(void);
void sqlite_best_release(void)
{
    for (sqlite3_stmt *statement; (statement = sqlite3_next_stmt(connection, NULL)) != NULL;)
        sqlite3_finalize(statement);
}

/* --- get --- */

static void get_post(int64_t id, bench_arena *arena)
{
    lite_post *p = bench_alloc(arena, sizeof *p);
    sqlite3_bind_int64(get, 1, id);
    lite_expect(sqlite3_step(get), SQLITE_ROW);
    lite_read_post(get, p, arena);
    sqlite3_reset(get);
    bench_glance_post(p->id, p->title, p->body, p->views, p->published, p->created_at, p->author_id);
}

static void best_get_new(void)
{
    bench_start();
    bench_arena arena = {0};
    for (size_t i = 0; i < input.count; i++) {
        lite_step_once(lite_begin);
        get_post(input.ids[i], &arena);
        lite_step_once(lite_commit);
        bench_reset(&arena);
    }
    bench_free(&arena);
    bench_stop();
}

static void best_get(void)
{
    bench_start();
    bench_arena arena = {0};
    lite_step_once(lite_begin);
    for (size_t i = 0; i < input.count; i++)
        get_post(input.ids[i], &arena);
    lite_step_once(lite_commit);
    bench_free(&arena);
    bench_stop();
}

/* --- read --- */

static void best_read(void)
{
    size_t count = 0, capacity = 1024;
    bench_start();
    bench_arena arena = {0};
    lite_post *posts = malloc(capacity * sizeof *posts);
    lite_step_once(lite_begin);
    while (sqlite3_step(lite_read_all) == SQLITE_ROW) {
        if (count == capacity) {
            capacity *= 2;
            posts = realloc(posts, capacity * sizeof *posts);
        }
        lite_read_post(lite_read_all, &posts[count++], &arena);
    }
    sqlite3_reset(lite_read_all);
    lite_step_once(lite_commit);
    bench_stop();
    for (size_t i = 0; i < count; i++)
        input.count > BENCH_MANY ? lite_glance_post(&posts[i]) : lite_saw_post(&posts[i]);
    bench_start();
    free(posts);
    bench_free(&arena);
    bench_stop();
}

/* --- insert --- */

static void bind_post(sqlite3_stmt *s, int first, const bench_new_post *p, const char *created)
{
    sqlite3_bind_text(s, first, p->title, (int)strlen(p->title), SQLITE_STATIC);
    sqlite3_bind_text(s, first + 1, p->body, (int)strlen(p->body), SQLITE_STATIC);
    sqlite3_bind_int(s, first + 2, p->views);
    sqlite3_bind_int(s, first + 3, p->published);
    sqlite3_bind_text(s, first + 4, created, LITE_TIME, SQLITE_STATIC);
    sqlite3_bind_int64(s, first + 5, p->author_id);
}

static void insert_post(size_t index)
{
    char created[LITE_TIME];
    lite_format_time(bench_now(), created);
    bind_post(insert_one, 1, &input.new_posts[index], created);
    lite_step_once(insert_one);
    bench_saw_key(index, sqlite3_last_insert_rowid(connection));
}

static void best_insert(void)
{
    char created[LITE_TIME];
    bench_start();
    lite_step_once(begin_write);
    int64_t key = sqlite3_step(last_key) == SQLITE_ROW ? sqlite3_column_int64(last_key, 0) : 0;
    sqlite3_reset(last_key);
    lite_format_time(bench_now(), created);
    sqlite3_bind_int64(insert_many, 1, key + 1);
    sqlite3_bind_text(insert_many, 2, created, LITE_TIME, SQLITE_STATIC);
    lite_reach.first = 0, lite_reach.end = input.count;
    lite_step_once(insert_many);
    for (size_t i = 0; i < input.count; i++)
        bench_saw_key(i, key + 1 + (int64_t)i);
    lite_step_once(lite_commit);
    bench_stop();
}

static void best_commit(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i++) {
        lite_step_once(begin_write);
        insert_post(i);
        lite_step_once(lite_commit);
    }
    bench_stop();
}

static void best_flush(void)
{
    bench_start();
    lite_step_once(begin_write);
    for (size_t i = 0; i < input.count; i++)
        insert_post(i);
    lite_step_once(lite_commit);
    bench_stop();
}

/* --- update --- */

static void best_update(void)
{
    bench_start();
    lite_step_once(begin_write);
    for (size_t i = 0; i < input.count; i++) {
        sqlite3_bind_double(update, 1, input.scores[i]);
        sqlite3_bind_int64(update, 2, input.ids[i]);
        lite_step_once(update);
    }
    lite_step_once(lite_commit);
    bench_stop();
}

/* --- parents and children --- */

/* One statement that goes from author to author: the posts of one come together. */
static void read_children(lite_author *authors, size_t count, bench_arena *arena)
{
    lite_author *a = authors;
    sqlite3_bind_int64(lite_posts_of, 1, (sqlite3_int64)input.count);
    for (size_t i = 0; i < count; i++)
        authors[i].posts = bench_alloc(arena, BENCH_CHILDREN_EACH * sizeof(lite_post *));
    while (sqlite3_step(lite_posts_of) == SQLITE_ROW) {
        lite_post *p = bench_alloc(arena, sizeof *p);
        lite_read_post(lite_posts_of, p, arena);
        while (a->id != p->author_id)
            a++;
        a->posts[a->post_count++] = p;
    }
    sqlite3_reset(lite_posts_of);
}

static void best_children(void)
{
    bench_start();
    bench_arena arena = {0};
    lite_author *authors = bench_alloc(&arena, input.count * sizeof *authors);
    lite_step_once(lite_begin);
    sqlite3_bind_int64(lite_authors_upto, 1, (sqlite3_int64)input.count);
    size_t count = lite_read_authors(lite_authors_upto, authors, &arena);
    read_children(authors, count, &arena);
    lite_step_once(lite_commit);
    bench_stop();
    for (size_t i = 0; i < count; i++) {
        const lite_author *a = &authors[i];
        bench_saw_author(a->id, a->name, a->email, a->created_at, a->score);
        for (size_t k = 0; k < a->post_count; k++)
            lite_saw_post(a->posts[k]);
    }
    bench_start();
    bench_free(&arena);
    bench_stop();
}

/* --- users --- */

/* That there are no more than `each` is known. */
static void best_users(void)
{
    bench_start();
    bench_arena arena = {0};
    for (size_t i = 0; i < input.count; i += input.each) {
        lite_author *authors = bench_alloc(&arena, input.each * sizeof *authors);
        size_t count = lite_read_authors(all_authors, authors, &arena);
        for (size_t k = 0; k < count; k++)
            lite_glance_author(&authors[k]);
        bench_reset(&arena);
    }
    bench_free(&arena);
    bench_stop();
}

static void insert_new_author(const bench_new_author *a, const char *created)
{
    sqlite3_bind_text(insert_author, 1, a->name, (int)strlen(a->name), SQLITE_STATIC);
    sqlite3_bind_text(insert_author, 2, a->email, (int)strlen(a->email), SQLITE_STATIC);
    sqlite3_bind_text(insert_author, 3, created, LITE_TIME, SQLITE_STATIC);
    lite_step_once(insert_author);
}

static void best_batch(void)
{
    char created[LITE_TIME];
    bench_start();
    for (size_t i = 0; i < input.count; i += input.each) {
        lite_step_once(begin_write);
        lite_format_time(bench_now(), created);
        if (input.each == 1) {
            insert_new_author(&input.new_authors[i], created);
        } else {
            lite_reach.first = i, lite_reach.end = i + input.each;
            sqlite3_bind_text(insert_authors, 1, created, LITE_TIME, SQLITE_STATIC);
            lite_step_once(insert_authors);
        }
        lite_step_once(lite_commit);
    }
    bench_stop();
}

static void best_bulk(void)
{
    char created[LITE_TIME];
    bench_start();
    lite_step_once(begin_write);
    lite_format_time(bench_now(), created);
    sqlite3_bind_text(insert_unkeyed, 1, created, LITE_TIME, SQLITE_STATIC);
    lite_reach.first = 0, lite_reach.end = input.count;
    lite_step_once(insert_unkeyed);
    lite_step_once(lite_commit);
    bench_stop();
}

const bench_run best_runs[BENCH_CASES] = {
    [BENCH_BULK] = best_bulk,          [BENCH_USERS_1] = best_users,
    [BENCH_USERS_100] = best_users,    [BENCH_USERS_10000] = best_users,
    [BENCH_BATCH_1] = best_batch,      [BENCH_BATCH_100] = best_batch,
    [BENCH_GET_NEW] = best_get_new,    [BENCH_GET] = best_get,
    [BENCH_READ] = best_read,          [BENCH_INSERT] = best_insert,
    [BENCH_COMMIT] = best_commit,      [BENCH_FLUSH] = best_flush,
    [BENCH_UPDATE] = best_update,      [BENCH_CHILDREN] = best_children,
    [BENCH_ROWS] = best_read,          [BENCH_MAP] = lite_best_map,
    [BENCH_STREAM] = lite_best_stream, [BENCH_MEDIUM] = lite_best_medium,
    [BENCH_LEVELS] = lite_best_levels,
};
