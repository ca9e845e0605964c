/* postgresql.c -- what the harness asks of PostgreSQL: tables filled, and what they hold afterwards.
 *
 * It does so on a connection of its own, so that no contestant finds caches warm that others find cold. Those that are
 * written by hand are postgresql_best.c and postgresql_plain.c; their connection is opened here.
 * SPDX-License-Identifier: MIT */
#include "postgresql.h"

#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const bench_database = "postgresql";
PGconn *connection;
static PGconn *keeper;

void postgresql_best_prepare(void);

void pg_expect(PGresult *result, ExecStatusType status)
{
    if (PQresultStatus(result) != status)
        bench_fail(PQresStatus(PQresultStatus(result)), PQerrorMessage(connection));
    PQclear(result);
}

static void run_on(PGconn *on, const char *sql)
{
    PGresult *result = PQexec(on, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        bench_fail(sql, PQerrorMessage(on));
    PQclear(result);
}

void pg_run(const char *sql)
{
    run_on(connection, sql);
}

static PGconn *connect_to(const char *url)
{
    PGconn *made = PQconnectdb(url);
    if (PQstatus(made) != CONNECTION_OK)
        bench_fail("connect", PQerrorMessage(made));
    return made;
}

void bench_connect(const char *url)
{
    connection = connect_to(url);
    keeper = connect_to(url);
    run_on(keeper, "SET client_min_messages = warning");
    run_on(keeper,
           "ALTER TABLE author SET (autovacuum_enabled = off)"); /* it would run in the middle of somebody's turn */
    run_on(keeper, "ALTER TABLE post SET (autovacuum_enabled = off)");
    run_on(keeper, "ALTER TABLE comment SET (autovacuum_enabled = off)");
    postgresql_best_prepare();
}

void bench_disconnect(void)
{
    PQfinish(connection);
    PQfinish(keeper);
}

void bench_fill(void)
{
    char sql[1024];
    run_on(keeper, "TRUNCATE author, post, comment RESTART IDENTITY");
    snprintf(
        sql, sizeof sql,
        "INSERT INTO author (name, email, created_at, score) SELECT 'Author ' || i, 'a' || i || '@example.org', "
        "timestamptz '2022-03-04 05:06:07.89+00' + i * interval '1 second', i * 0.25 FROM generate_series(1, %zu) i",
        input.authors);
    run_on(keeper, sql);
    snprintf(sql, sizeof sql,
             "INSERT INTO post (title, body, views, published, created_at, author_id) SELECT 'Post ' || i, "
             "substr(repeat('the quick brown fox ', 11), 1 + i %% 10, %d), i %% 1000, i %% 3 = 0, "
             "timestamptz '2022-03-04 05:06:07.89+00' + i * interval '1 second', i::bigint * 7919 %% %zu + 1 "
             "FROM generate_series(1, %zu) i",
             BENCH_BODY, input.authors, input.posts);
    run_on(keeper, sql);
    snprintf(sql, sizeof sql,
             "INSERT INTO comment (body, post_id) SELECT 'Comment ' || i, i::bigint * 7919 %% %zu + 1 "
             "FROM generate_series(1, %zu) i",
             input.posts, input.comments);
    if (input.comments > 0)
        run_on(keeper, sql);
    run_on(keeper, "VACUUM ANALYZE author");
    run_on(keeper, "VACUUM ANALYZE post");
    run_on(keeper, "VACUUM ANALYZE comment");
}

static PGresult *query(const char *sql)
{
    PGresult *result = PQexecParams(keeper, sql, 0, NULL, NULL, NULL, NULL, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        bench_fail(sql, PQerrorMessage(keeper));
    return result;
}

void bench_look_at_authors(void)
{
    PGresult *result = query("SELECT id, name, email, created_at, score FROM author ORDER BY id");
    for (int i = 0; i < PQntuples(result); i++) {
        uint64_t bits = get64(PQgetvalue(result, i, 4));
        double score;
        memcpy(&score, &bits, sizeof score);
        bench_saw_author((int64_t)get64(PQgetvalue(result, i, 0)), PQgetvalue(result, i, 1), PQgetvalue(result, i, 2),
                         (size_t)i < input.authors ? (int64_t)get64(PQgetvalue(result, i, 3)) : 0, score);
    }
    PQclear(result);
}

void bench_look_at_new_posts(void)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "SELECT id, title, body, views, published, created_at, author_id FROM post WHERE id > %zu", input.posts);
    PGresult *result = query(sql);
    for (int i = 0; i < PQntuples(result); i++)
        bench_saw_new_post((int64_t)get64(PQgetvalue(result, i, 0)), PQgetvalue(result, i, 1), PQgetvalue(result, i, 2),
                           (int32_t)get32(PQgetvalue(result, i, 3)), *PQgetvalue(result, i, 4) != 0,
                           (int64_t)get64(PQgetvalue(result, i, 5)), (int64_t)get64(PQgetvalue(result, i, 6)));
    PQclear(result);
}
