/* sqlite.c -- what the harness asks of SQLite: tables filled, and what they hold afterwards.
 *
 * It does so on a connection of its own, so that no contestant finds caches warm that others find cold. Those that are
 * written by hand are sqlite_best.c and sqlite_plain.c; their connection is opened here.
 * SPDX-License-Identifier: MIT */
#include "sqlite.h"

#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const bench_database = "sqlite";
sqlite3 *connection;
static sqlite3 *keeper;

void sqlite_best_prepare(void);
void sqlite_best_release(void);

void lite_expect(int code, int expected)
{
    if (code != expected)
        bench_fail("sqlite", sqlite3_errmsg(connection));
}

static void run_on(sqlite3 *on, const char *sql)
{
    if (sqlite3_exec(on, sql, NULL, NULL, NULL))
        bench_fail(sql, sqlite3_errmsg(on));
}

void lite_run(const char *sql)
{
    run_on(connection, sql);
}

/* As the library opens it. */
static sqlite3 *connect_to(const char *url)
{
    sqlite3 *made;
    if (sqlite3_open_v2(url + strlen("sqlite:///"), &made, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))
        bench_fail(url, sqlite3_errmsg(made));
    run_on(made, "PRAGMA foreign_keys=ON; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
    sqlite3_busy_timeout(made, 5000);
    return made;
}

void bench_connect(const char *url)
{
    connection = connect_to(url);
    keeper = connect_to(url);
    sqlite_best_prepare();
}

void bench_disconnect(void)
{
    sqlite_best_release();
    sqlite3_close(connection);
    sqlite3_close(keeper);
}

void bench_fill(void)
{
    char sql[1024];
    run_on(keeper,
           "BEGIN IMMEDIATE; DELETE FROM comment; DELETE FROM post; DELETE FROM author; DELETE FROM sqlite_sequence");
    snprintf(
        sql, sizeof sql,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %zu) "
        "INSERT INTO author (name, email, created_at, score) SELECT 'Author ' || i, 'a' || i || '@example.org', "
        "strftime('%%Y-%%m-%%d %%H:%%M:%%S', '2022-03-04 05:06:07', i || ' seconds') || '.890000', i * 0.25 FROM n",
        input.authors);
    if (input.authors > 0)
        run_on(keeper, sql);
    snprintf(
        sql, sizeof sql,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %zu) "
        "INSERT INTO post (title, body, views, published, created_at, author_id) SELECT 'Post ' || i, "
        "substr(replace(hex(zeroblob(6)), '00', 'the quick brown fox jumps over the lazy dog '), 1 + i %% 10, %d), i %% 1000, i %% 3 = 0, "
        "strftime('%%Y-%%m-%%d %%H:%%M:%%S', '2022-03-04 05:06:07', i || ' seconds') || '.890000', i * 7919 %% %zu + 1 FROM n",
        input.posts, BENCH_BODY, input.authors);
    if (input.posts > 0)
        run_on(keeper, sql);
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %zu) "
             "INSERT INTO comment (body, post_id) SELECT 'Comment ' || i, i * 7919 %% %zu + 1 FROM n",
             input.comments, input.posts);
    if (input.comments > 0)
        run_on(keeper, sql);
    run_on(keeper, "COMMIT; ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)");
}

static sqlite3_stmt *query(const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(keeper, sql, -1, &statement, NULL))
        bench_fail(sql, sqlite3_errmsg(keeper));
    return statement;
}

void bench_look_at_authors(void)
{
    sqlite3_stmt *s = query("SELECT id, name, email, created_at, score FROM author ORDER BY id");
    for (size_t i = 0; sqlite3_step(s) == SQLITE_ROW; i++)
        bench_saw_author(sqlite3_column_int64(s, 0), (const char *)sqlite3_column_text(s, 1),
                         (const char *)sqlite3_column_text(s, 2),
                         i < input.authors ? lite_parse_time((const char *)sqlite3_column_text(s, 3)) : 0,
                         sqlite3_column_double(s, 4));
    sqlite3_finalize(s);
}

void bench_look_at_new_posts(void)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "SELECT id, title, body, views, published, created_at, author_id FROM post WHERE id > %zu", input.posts);
    sqlite3_stmt *s = query(sql);
    while (sqlite3_step(s) == SQLITE_ROW)
        bench_saw_new_post(sqlite3_column_int64(s, 0), (const char *)sqlite3_column_text(s, 1),
                           (const char *)sqlite3_column_text(s, 2), sqlite3_column_int(s, 3),
                           sqlite3_column_int(s, 4) != 0, lite_parse_time((const char *)sqlite3_column_text(s, 5)),
                           sqlite3_column_int64(s, 6));
    sqlite3_finalize(s);
}

/* --- times ---
 * Days and dates of the proleptic Gregorian calendar, with years that begin in March. */

static int two(const char *text)
{
    return (text[0] - '0') * 10 + text[1] - '0';
}

int64_t lite_parse_time(const char *text)
{
    int year = two(text) * 100 + two(text + 2), month = two(text + 5), micro = 0;
    for (int i = 20; i < LITE_TIME; i++)
        micro = micro * 10 + text[i] - '0';
    year -= month <= 2;
    int64_t days = 365 * (int64_t)year + year / 4 - year / 100 + year / 400 +
                   (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + two(text + 8) - 1 - 730425;
    return (((days * 24 + two(text + 11)) * 60 + two(text + 14)) * 60 + two(text + 17)) * 1000000 + micro;
}

static char *put_digits(char *out, int value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + digits;
}

/* From 2000 on. */
void lite_format_time(int64_t microseconds, char *text)
{
    int64_t second = microseconds / 1000000, day = second / 86400;
    int of_day = (int)(second % 86400), days = (int)day + 730425;
    int era = days / 146097, of_era = days % 146097;
    int of_year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int left = of_era - (365 * of_year + of_year / 4 - of_year / 100), month = (5 * left + 2) / 153;
    int year = of_year + era * 400 + (month >= 10);
    text = put_digits(text, year, 4), *text++ = '-';
    text = put_digits(text, month < 10 ? month + 3 : month - 9, 2), *text++ = '-';
    text = put_digits(text, left - (153 * month + 2) / 5 + 1, 2), *text++ = ' ';
    text = put_digits(text, of_day / 3600, 2), *text++ = ':';
    text = put_digits(text, of_day / 60 % 60, 2), *text++ = ':';
    text = put_digits(text, of_day % 60, 2), *text++ = '.';
    put_digits(text, (int)(microseconds % 1000000), 6);
}
