/* sqlite_best.c -- the limit: the best C that we can write by hand against sqlite3.
 *
 * Prepared statements, texts bound where they lie, rows in an arena; everything in transactions. Many new rows are one
 * statement that reads them from a virtual table over the program's array (faster than a statement for each row, and than
 * VALUES for fifty at once), their keys counted on from the last one under the write lock.
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "sqlite.h"

#include <stdlib.h>
#include <string.h>

typedef struct post {
    int64_t id;
    const char *title, *body;
    int32_t views;
    bool published;
    int64_t created_at, author_id;
} post;

typedef struct author {
    int64_t id;
    const char *name, *email;
    int64_t created_at;
    bool has_score;
    double score;
    post **posts;
    size_t post_count;
} author;

#define POST_COLUMNS "id, title, body, views, published, created_at, author_id"

static sqlite3_stmt *begin, *begin_write, *commit, *get, *read_all, *insert_one, *insert_many, *last_key, *update,
    *authors_upto, *medium, *posts_of, *all_authors, *insert_author, *insert_authors, *insert_unkeyed;

static const sqlite3_module new_post_module, new_author_module;

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *statement;
    lite_expect(sqlite3_prepare_v3(connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), SQLITE_OK);
    return statement;
}

void sqlite_best_prepare(void);
void sqlite_best_prepare(void)
{
    lite_expect(sqlite3_create_module_v2(connection, "new_post", &new_post_module,
                                         "CREATE TABLE x(i, title, body, views, published, author_id)", NULL),
                SQLITE_OK);
    lite_expect(
        sqlite3_create_module_v2(connection, "new_author", &new_author_module, "CREATE TABLE x(name, email)", NULL),
        SQLITE_OK);
    begin = prepare("BEGIN");
    begin_write = prepare("BEGIN IMMEDIATE");
    commit = prepare("COMMIT");
    get = prepare("SELECT " POST_COLUMNS " FROM post WHERE id = ?");
    read_all = prepare("SELECT " POST_COLUMNS " FROM post");
    insert_one = prepare(
        "INSERT INTO post (title, body, views, published, created_at, author_id) VALUES (?,?,?,?,?,?)");
    insert_many = prepare("INSERT INTO post (" POST_COLUMNS
                          ") SELECT ? + i, title, body, views, published, ?, author_id FROM new_post");
    last_key = prepare("SELECT seq FROM sqlite_sequence WHERE name = 'post'");
    update = prepare("UPDATE author SET score = ? WHERE id = ?");
    all_authors = prepare("SELECT id, name, email, created_at, score FROM author");
    insert_author = prepare("INSERT INTO author (name, email, created_at, score) VALUES (?,?,?,0.5)");
    insert_authors = prepare(
        "INSERT INTO author (name, email, created_at, score) SELECT name, email, ?, 0.5 FROM new_author");
    insert_unkeyed = prepare("INSERT INTO post (title, body, views, published, created_at, author_id) "
                             "SELECT title, body, views, published, ?, author_id FROM new_post");
    authors_upto = prepare("SELECT id, name, email, created_at, score FROM author WHERE id <= ?");
    medium = prepare("SELECT p.id, p.title, p.body, p.views, p.published, p.created_at, p.author_id, a.id, a.name, "
                     "a.email, a.created_at, a.score FROM author a LEFT JOIN post p ON p.author_id = a.id "
                     "WHERE a.score <= ?");
    posts_of = prepare("SELECT " POST_COLUMNS " FROM post WHERE author_id BETWEEN 1 AND ? ORDER BY author_id");
}

void sqlite_best_release(void);
void sqlite_best_release(void)
{
    for (sqlite3_stmt *statement; (statement = sqlite3_next_stmt(connection, NULL)) != NULL;)
        sqlite3_finalize(statement);
}

static void run(sqlite3_stmt *statement)
{
    lite_expect(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_reset(statement);
}

static inline const char *text_of(sqlite3_stmt *s, int column, bench_arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    return bench_text(arena, text, (size_t)sqlite3_column_bytes(s, column));
}

static inline void read_post(sqlite3_stmt *s, post *p, bench_arena *arena)
{
    p->id = sqlite3_column_int64(s, 0);
    p->title = text_of(s, 1, arena);
    p->body = text_of(s, 2, arena);
    p->views = sqlite3_column_int(s, 3);
    p->published = sqlite3_column_int(s, 4) != 0;
    p->created_at = lite_parse_time((const char *)sqlite3_column_text(s, 5));
    p->author_id = sqlite3_column_int64(s, 6);
}

static void glance_post(const post *p)
{
    bench_glance_post(p->id, p->title, p->body, p->views, p->published, p->created_at, p->author_id);
}

static void saw_post(const post *p)
{
    bench_saw_post(p->id, p->title, p->body, p->views, p->published, p->created_at, p->author_id);
}

/* --- get --- */

static void get_post(int64_t id, bench_arena *arena)
{
    post *p = bench_alloc(arena, sizeof *p);
    sqlite3_bind_int64(get, 1, id);
    lite_expect(sqlite3_step(get), SQLITE_ROW);
    read_post(get, p, arena);
    sqlite3_reset(get);
    bench_glance_post(p->id, p->title, p->body, p->views, p->published, p->created_at, p->author_id);
}

static void best_get_new(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i++) {
        bench_arena arena = {0};
        run(begin);
        get_post(input.ids[i], &arena);
        run(commit);
        bench_free(&arena);
    }
    bench_stop();
}

static void best_get(void)
{
    bench_start();
    bench_arena arena = {0};
    run(begin);
    for (size_t i = 0; i < input.count; i++)
        get_post(input.ids[i], &arena);
    run(commit);
    bench_free(&arena);
    bench_stop();
}

/* --- read --- */

static void best_read(void)
{
    size_t count = 0, capacity = 1024;
    bench_start();
    bench_arena arena = {0};
    post *posts = malloc(capacity * sizeof *posts);
    run(begin);
    while (sqlite3_step(read_all) == SQLITE_ROW) {
        if (count == capacity) {
            capacity *= 2;
            posts = realloc(posts, capacity * sizeof *posts);
        }
        read_post(read_all, &posts[count++], &arena);
    }
    sqlite3_reset(read_all);
    run(commit);
    bench_stop();
    for (size_t i = 0; i < count; i++)
        input.count > BENCH_MANY ? glance_post(&posts[i]) : saw_post(&posts[i]);
    bench_start();
    free(posts);
    bench_free(&arena);
    bench_stop();
}

static void best_map(void)
{
    bench_map map = {0};
    bench_start();
    run(begin);
    while (sqlite3_step(read_all) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(read_all, 0);
        if (bench_map_find(&map, id))
            continue;
        post *p = bench_alloc(&map.arena, sizeof *p);
        read_post(read_all, p, &map.arena);
        bench_map_add(&map, id, p);
    }
    sqlite3_reset(read_all);
    run(commit);
    bench_stop();
    for (size_t i = 0; i < map.count; i++)
        input.count > BENCH_MANY ? glance_post(map.order[i]) : saw_post(map.order[i]);
    bench_start();
    bench_map_free(&map);
    bench_stop();
}

static void best_stream(void)
{
    bench_start();
    run(begin);
    while (sqlite3_step(read_all) == SQLITE_ROW)
        bench_glance_post(sqlite3_column_int64(read_all, 0), (const char *)sqlite3_column_text(read_all, 1),
                          (const char *)sqlite3_column_text(read_all, 2), sqlite3_column_int(read_all, 3),
                          sqlite3_column_int(read_all, 4) != 0,
                          lite_parse_time((const char *)sqlite3_column_text(read_all, 5)),
                          sqlite3_column_int64(read_all, 6));
    sqlite3_reset(read_all);
    run(commit);
    bench_stop();
}

/* --- a left join --- */

static void read_joined(sqlite3_stmt *s, bench_arena *arena)
{
    bench_glance_author(sqlite3_column_int64(s, 7), text_of(s, 8, arena), text_of(s, 9, arena),
                        lite_parse_time((const char *)sqlite3_column_text(s, 10)), sqlite3_column_double(s, 11));
    if (sqlite3_column_type(s, 0) == SQLITE_NULL)
        return;
    post p;
    read_post(s, &p, arena);
    glance_post(&p);
}

static void best_medium(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i += input.each) {
        bench_arena arena = {0};
        sqlite3_bind_double(medium, 1, (double)input.each / 4);
        while (sqlite3_step(medium) == SQLITE_ROW)
            read_joined(medium, &arena);
        sqlite3_reset(medium);
        bench_free(&arena);
    }
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
    run(insert_one);
    bench_saw_key(index, sqlite3_last_insert_rowid(connection));
}

/* The virtual tables new_post and new_author: rows of the input from `first` up to `end`, where they lie. */
typedef struct cursor {
    sqlite3_vtab_cursor base;
    size_t row;
} cursor;
static struct {
    size_t first, end;
} reach;

static int table_connect(sqlite3 *database, void *user, int argc, const char *const *argv, sqlite3_vtab **made,
                         char **message)
{
    (void)argc, (void)argv, (void)message;
    *made = sqlite3_malloc(sizeof **made);
    **made = (sqlite3_vtab){0};
    return sqlite3_declare_vtab(database, user);
}

static int table_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

static int table_plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedRows = (sqlite3_int64)(reach.end - reach.first);
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **made)
{
    static cursor only;
    (void)table;
    *made = &only.base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
    (void)base;
    return SQLITE_OK;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc, sqlite3_value **argv)
{
    (void)plan, (void)text, (void)argc, (void)argv;
    ((cursor *)base)->row = reach.first;
    return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    ((cursor *)base)->row++;
    return SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base)
{
    return ((cursor *)base)->row >= reach.end;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    size_t row = ((cursor *)base)->row;
    const bench_new_post *p = &input.new_posts[row];
    if (column == 0)
        sqlite3_result_int64(context, (sqlite3_int64)row);
    else if (column == 1)
        sqlite3_result_text(context, p->title, (int)strlen(p->title), SQLITE_STATIC);
    else if (column == 2)
        sqlite3_result_text(context, p->body, (int)strlen(p->body), SQLITE_STATIC);
    else if (column == 5)
        sqlite3_result_int64(context, p->author_id);
    else
        sqlite3_result_int(context, column == 3 ? p->views : p->published);
    return SQLITE_OK;
}

static int author_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const bench_new_author *a = &input.new_authors[((cursor *)base)->row];
    const char *text = column == 0 ? a->name : a->email;
    sqlite3_result_text(context, text, (int)strlen(text), SQLITE_STATIC);
    return SQLITE_OK;
}

static const sqlite3_module new_author_module = {
    .xConnect = table_connect,
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = author_column,
};

static const sqlite3_module new_post_module = {
    .xConnect = table_connect,
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
};

static void best_insert(void)
{
    char created[LITE_TIME];
    bench_start();
    run(begin_write);
    int64_t key = sqlite3_step(last_key) == SQLITE_ROW ? sqlite3_column_int64(last_key, 0) : 0;
    sqlite3_reset(last_key);
    lite_format_time(bench_now(), created);
    sqlite3_bind_int64(insert_many, 1, key + 1);
    sqlite3_bind_text(insert_many, 2, created, LITE_TIME, SQLITE_STATIC);
    reach.first = 0, reach.end = input.count;
    run(insert_many);
    for (size_t i = 0; i < input.count; i++)
        bench_saw_key(i, key + 1 + (int64_t)i);
    run(commit);
    bench_stop();
}

static void best_commit(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i++) {
        run(begin_write);
        insert_post(i);
        run(commit);
    }
    bench_stop();
}

static void best_flush(void)
{
    bench_start();
    run(begin_write);
    for (size_t i = 0; i < input.count; i++)
        insert_post(i);
    run(commit);
    bench_stop();
}

/* --- update --- */

static void best_update(void)
{
    bench_start();
    run(begin_write);
    for (size_t i = 0; i < input.count; i++) {
        sqlite3_bind_double(update, 1, input.scores[i]);
        sqlite3_bind_int64(update, 2, input.ids[i]);
        run(update);
    }
    run(commit);
    bench_stop();
}

/* --- parents and children --- */

static size_t read_authors(sqlite3_stmt *s, author *authors, bench_arena *arena)
{
    size_t count = 0;
    while (sqlite3_step(s) == SQLITE_ROW)
        authors[count++] = (author){.id = sqlite3_column_int64(s, 0),
                                    .name = text_of(s, 1, arena),
                                    .email = text_of(s, 2, arena),
                                    .created_at = lite_parse_time((const char *)sqlite3_column_text(s, 3)),
                                    .has_score = sqlite3_column_type(s, 4) != SQLITE_NULL,
                                    .score = sqlite3_column_double(s, 4)};
    sqlite3_reset(s);
    return count;
}

/* One statement that goes from author to author: the posts of one come together. */
static void read_children(author *authors, size_t count, bench_arena *arena)
{
    author *a = authors;
    sqlite3_bind_int64(posts_of, 1, (sqlite3_int64)input.count);
    for (size_t i = 0; i < count; i++)
        authors[i].posts = bench_alloc(arena, BENCH_CHILDREN_EACH * sizeof(post *));
    while (sqlite3_step(posts_of) == SQLITE_ROW) {
        post *p = bench_alloc(arena, sizeof *p);
        read_post(posts_of, p, arena);
        while (a->id != p->author_id)
            a++;
        a->posts[a->post_count++] = p;
    }
    sqlite3_reset(posts_of);
}

static void best_children(void)
{
    bench_start();
    bench_arena arena = {0};
    author *authors = bench_alloc(&arena, input.count * sizeof *authors);
    run(begin);
    sqlite3_bind_int64(authors_upto, 1, (sqlite3_int64)input.count);
    size_t count = read_authors(authors_upto, authors, &arena);
    read_children(authors, count, &arena);
    run(commit);
    bench_stop();
    for (size_t i = 0; i < count; i++) {
        const author *a = &authors[i];
        bench_saw_author(a->id, a->name, a->email, a->created_at, a->score);
        for (size_t k = 0; k < a->post_count; k++)
            saw_post(a->posts[k]);
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
    for (size_t i = 0; i < input.count; i += input.each) {
        bench_arena arena = {0};
        author *authors = bench_alloc(&arena, input.each * sizeof *authors);
        size_t count = read_authors(all_authors, authors, &arena);
        for (size_t k = 0; k < count; k++)
            bench_glance_author(authors[k].id, authors[k].name, authors[k].email, authors[k].created_at,
                                authors[k].score);
        bench_free(&arena);
    }
    bench_stop();
}

static void insert_new_author(const bench_new_author *a, const char *created)
{
    sqlite3_bind_text(insert_author, 1, a->name, (int)strlen(a->name), SQLITE_STATIC);
    sqlite3_bind_text(insert_author, 2, a->email, (int)strlen(a->email), SQLITE_STATIC);
    sqlite3_bind_text(insert_author, 3, created, LITE_TIME, SQLITE_STATIC);
    run(insert_author);
}

static void best_batch(void)
{
    char created[LITE_TIME];
    bench_start();
    for (size_t i = 0; i < input.count; i += input.each) {
        run(begin_write);
        lite_format_time(bench_now(), created);
        if (input.each == 1) {
            insert_new_author(&input.new_authors[i], created);
        } else {
            reach.first = i, reach.end = i + input.each;
            sqlite3_bind_text(insert_authors, 1, created, LITE_TIME, SQLITE_STATIC);
            run(insert_authors);
        }
        run(commit);
    }
    bench_stop();
}

static void best_bulk(void)
{
    char created[LITE_TIME];
    bench_start();
    run(begin_write);
    lite_format_time(bench_now(), created);
    sqlite3_bind_text(insert_unkeyed, 1, created, LITE_TIME, SQLITE_STATIC);
    reach.first = 0, reach.end = input.count;
    run(insert_unkeyed);
    run(commit);
    bench_stop();
}

const bench_run best_runs[BENCH_CASES] = {
    [BENCH_BULK] = best_bulk,         [BENCH_USERS_1] = best_users,     [BENCH_USERS_100] = best_users,
    [BENCH_USERS_10000] = best_users, [BENCH_BATCH_1] = best_batch,     [BENCH_BATCH_100] = best_batch,
    [BENCH_GET_NEW] = best_get_new,   [BENCH_GET] = best_get,           [BENCH_READ] = best_read,
    [BENCH_INSERT] = best_insert,     [BENCH_COMMIT] = best_commit,     [BENCH_FLUSH] = best_flush,
    [BENCH_UPDATE] = best_update,     [BENCH_CHILDREN] = best_children, [BENCH_ROWS] = best_read,
    [BENCH_MAP] = best_map,           [BENCH_STREAM] = best_stream,     [BENCH_MEDIUM] = best_medium,
};
