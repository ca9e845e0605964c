/* postgresql_plain.c -- the C that most people write against libpq: PQexecParams, text, strdup, one row at a time.
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "postgresql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

static const char select_posts[] = "SELECT id, title, body, views, published, created_at, author_id FROM post";

static PGresult *query(const char *sql, int count, const char *const *values)
{
    PGresult *result = PQexecParams(connection, sql, count, NULL, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        bench_fail(sql, PQerrorMessage(connection));
    return result;
}

/* "2022-03-04 05:06:07.89+00" */
static int64_t parse_time(const char *text)
{
    struct tm tm = {0};
    double second;
    if (sscanf(text, "%d-%d-%d %d:%d:%lf", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &second) != 6)
        bench_fail(text, "is no time");
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t days = 365 * (int64_t)(tm.tm_year - 100);
    for (int year = 2000; year < tm.tm_year + 1900; year++)
        days += (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int year = tm.tm_year + 1900;
    days += before[tm.tm_mon] + tm.tm_mday - 1 +
            (tm.tm_mon > 1 && ((year % 4 == 0 && year % 100 != 0) || year % 400 == 0));
    return ((days * 24 + tm.tm_hour) * 60 + tm.tm_min) * 60000000 + (int64_t)(second * 1000000 + 0.5);
}

static void read_post(PGresult *result, int row, post *p)
{
    p->id = atoll(PQgetvalue(result, row, 0));
    p->title = strdup(PQgetvalue(result, row, 1));
    p->body = strdup(PQgetvalue(result, row, 2));
    p->views = atoi(PQgetvalue(result, row, 3));
    p->published = *PQgetvalue(result, row, 4) == 't';
    p->created_at = parse_time(PQgetvalue(result, row, 5));
    p->author_id = atoll(PQgetvalue(result, row, 6));
}

static void free_post(post *p)
{
    free(p->title);
    free(p->body);
}

static void get_post(int64_t id)
{
    char sql[256], text[24];
    const char *values[] = {text};
    snprintf(text, sizeof text, "%lld", (long long)id);
    snprintf(sql, sizeof sql, "%s WHERE id = $1", select_posts);
    PGresult *result = query(sql, 1, values);
    post p;
    read_post(result, 0, &p);
    bench_glance_post(p.id, p.title, p.body, p.views, p.published, p.created_at, p.author_id);
    free_post(&p);
    PQclear(result);
}

static void plain_get_new(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i++)
        get_post(input.ids[i]);
    bench_stop();
}

static void plain_get(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i++)
        get_post(input.ids[i]);
    bench_stop();
}

static void plain_read(void)
{
    bench_start();
    PGresult *result = query(select_posts, 0, NULL);
    size_t count = (size_t)PQntuples(result);
    post *posts = malloc(count * sizeof *posts);
    for (size_t i = 0; i < count; i++)
        read_post(result, (int)i, &posts[i]);
    PQclear(result);
    bench_stop();
    for (size_t i = 0; i < count; i++)
        bench_saw_post(posts[i].id, posts[i].title, posts[i].body, posts[i].views, posts[i].published,
                       posts[i].created_at, posts[i].author_id);
    bench_start();
    for (size_t i = 0; i < count; i++)
        free_post(&posts[i]);
    free(posts);
    bench_stop();
}

static void insert_post(size_t index)
{
    const bench_new_post *p = &input.new_posts[index];
    char views[16], writer[24], created[48];
    time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    strftime(created, sizeof created, "%Y-%m-%d %H:%M:%S+00", &tm);
    snprintf(views, sizeof views, "%d", p->views);
    snprintf(writer, sizeof writer, "%lld", (long long)p->author_id);
    const char *values[] = {p->title, p->body, views, p->published ? "t" : "f", created, writer};
    PGresult *result = query("INSERT INTO post (title, body, views, published, created_at, author_id) "
                             "VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
                             6, values);
    bench_saw_key(index, atoll(PQgetvalue(result, 0, 0)));
    PQclear(result);
}

static void plain_insert(void)
{
    bench_start();
    pg_run("BEGIN");
    for (size_t i = 0; i < input.count; i++)
        insert_post(i);
    pg_run("COMMIT");
    bench_stop();
}

static void plain_commit(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i++) {
        pg_run("BEGIN");
        insert_post(i);
        pg_run("COMMIT");
    }
    bench_stop();
}

static void plain_update(void)
{
    bench_start();
    pg_run("BEGIN");
    for (size_t i = 0; i < input.count; i++) {
        char id[24], score[32];
        const char *values[] = {score, id};
        snprintf(id, sizeof id, "%zu", i + 1);
        snprintf(score, sizeof score, "%.17g", input.scores[i]);
        PQclear(query("UPDATE author SET score = $1 WHERE id = $2", 2, values));
    }
    pg_run("COMMIT");
    bench_stop();
}

static void read_posts_of(author *a)
{
    char sql[256], id[24];
    const char *values[] = {id};
    snprintf(id, sizeof id, "%lld", (long long)a->id);
    snprintf(sql, sizeof sql, "%s WHERE author_id = $1", select_posts);
    PGresult *result = query(sql, 1, values);
    a->post_count = (size_t)PQntuples(result);
    a->posts = malloc(a->post_count * sizeof *a->posts);
    for (size_t i = 0; i < a->post_count; i++)
        read_post(result, (int)i, &a->posts[i]);
    PQclear(result);
}

static void plain_children(void)
{
    char limit[24];
    const char *values[] = {limit};
    bench_start();
    snprintf(limit, sizeof limit, "%zu", input.count);
    PGresult *result = query("SELECT id, name, email, created_at, score FROM author WHERE id <= $1", 1, values);
    size_t count = (size_t)PQntuples(result);
    author *authors = malloc(count * sizeof *authors);
    for (size_t i = 0; i < count; i++) {
        int row = (int)i;
        authors[i] = (author){.id = atoll(PQgetvalue(result, row, 0)),
                              .name = strdup(PQgetvalue(result, row, 1)),
                              .email = strdup(PQgetvalue(result, row, 2)),
                              .created_at = parse_time(PQgetvalue(result, row, 3)),
                              .score = atof(PQgetvalue(result, row, 4))};
        read_posts_of(&authors[i]);
    }
    PQclear(result);
    bench_stop();
    for (size_t i = 0; i < count; i++) {
        author *a = &authors[i];
        bench_saw_author(a->id, a->name, a->email, a->created_at, a->score);
        for (size_t k = 0; k < a->post_count; k++)
            bench_saw_post(a->posts[k].id, a->posts[k].title, a->posts[k].body, a->posts[k].views,
                           a->posts[k].published, a->posts[k].created_at, a->posts[k].author_id);
    }
    bench_start();
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < authors[i].post_count; k++)
            free_post(&authors[i].posts[k]);
        free(authors[i].name);
        free(authors[i].email);
        free(authors[i].posts);
    }
    free(authors);
    bench_stop();
}

/* Into an array, and freed one by one. */
static void read_users(void)
{
    PGresult *result = query("SELECT id, name, email, created_at, score FROM author", 0, NULL);
    int count = PQntuples(result);
    author *users = malloc((size_t)count * sizeof *users);
    for (int row = 0; row < count; row++)
        users[row] = (author){.id = atoll(PQgetvalue(result, row, 0)),
                              .name = strdup(PQgetvalue(result, row, 1)),
                              .email = strdup(PQgetvalue(result, row, 2)),
                              .created_at = parse_time(PQgetvalue(result, row, 3)),
                              .score = atof(PQgetvalue(result, row, 4))};
    PQclear(result);
    for (int row = 0; row < count; row++) {
        bench_glance_author(users[row].id, users[row].name, users[row].email, users[row].created_at, users[row].score);
        free(users[row].name);
        free(users[row].email);
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

static void plain_batch(void)
{
    bench_start();
    for (size_t i = 0; i < input.count; i += input.each) {
        pg_run("BEGIN");
        for (size_t k = 0; k < input.each; k++) {
            const bench_new_author *a = &input.new_authors[i + k];
            const char *values[] = {a->name, a->email, "now", "0.5"};
            PQclear(query("INSERT INTO author (name, email, created_at, score) VALUES ($1, $2, $3, $4)", 4, values));
        }
        pg_run("COMMIT");
    }
    bench_stop();
}

const bench_run plain_runs[BENCH_CASES] = {
    [BENCH_USERS_1] = plain_users,     [BENCH_USERS_100] = plain_users, [BENCH_USERS_10000] = plain_users,
    [BENCH_BATCH_1] = plain_batch,     [BENCH_BATCH_100] = plain_batch, [BENCH_GET_NEW] = plain_get_new,
    [BENCH_GET] = plain_get,           [BENCH_READ] = plain_read,       [BENCH_INSERT] = plain_insert,
    [BENCH_COMMIT] = plain_commit,     [BENCH_FLUSH] = plain_insert,    [BENCH_UPDATE] = plain_update,
    [BENCH_CHILDREN] = plain_children,
};
