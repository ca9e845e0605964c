/* kill.c -- processes, connections and the server are killed at random moments of a flush: all of a transaction or
 * nothing.
 *
 *     kill URL ROUNDS
 *
 * A child writes batches, each an author and his posts in one transaction, and reports over a pipe how each commit
 * ended. It is killed (process), or its connections are (connection), or the whole server is, which then recovers by
 * itself (server). What was reported as committed must be there whole; what was reported as failed must not be there at
 * all; of what is in doubt, or was not reported, all or nothing. The seed is printed; ORM_TEST_SEED repeats it.
 * SPDX-License-Identifier: MIT */
#include "blog.h"
#include "orm.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { POSTS = 40, MOST = 100000 };

typedef struct report {
    int batch;
    orm_status status;
} report;

typedef struct way {
    const char *name;
    const char *sql; /* what hurts the connections; NULL: the child is killed */
    int times;
} way;

static const way ways[] = {
    {"process", NULL, 0},
    {"connection",
     "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database() "
     "AND application_name = 'victim'",
     12},
    {"server", "COPY (SELECT 1) TO PROGRAM 'kill -9 $PPID'", 2},
};

static char victim_url[1024];
static bool sqlite;
static int passed, failed, told[32];

static void nap(long microseconds)
{
    nanosleep(&(struct timespec){microseconds / 1000000, microseconds % 1000000 * 1000}, NULL);
}

/* --- the child ---------------------------------------------------------------------------------------------------- */

static orm_status write_batch(orm_engine *engine, int batch)
{
    orm_session *s;
    orm_error error;
    const orm_session_factory factory = {.engine = engine};
    if (orm_session_open(&factory, &s, &error))
        return error.status;
    char email[32], title[32];
    const blog_author *author;
    snprintf(email, sizeof email, "%d@batch", batch);
    snprintf(title, sizeof title, "%d", batch);
    blog_author_add(s, &(blog_author_values){.email = email, .name = title}, &author);
    for (int i = 0; i < POSTS; i++) {
        blog_post_add(s, &(blog_post_values){.title = title, .body = "b", .author = author}, NULL);
        if (i == POSTS / 2)
            orm_session_flush(s);
    }
    orm_status status = orm_session_commit(s);
    orm_session_close(s);
    return status;
}

static void write_batches(int pipe, int first)
{
    orm_engine *engine = NULL;
    orm_error error;
    for (int batch = first; batch < MOST; batch++) {
        if (!engine && orm_engine_open(victim_url, NULL, &engine, &error)) {
            nap(20000); /* a server that recovers */
            continue;
        }
        const report told_now = {batch, write_batch(engine, batch)};
        if (write(pipe, &told_now, sizeof told_now) != sizeof told_now)
            break;
    }
    _exit(0);
}

/* --- the parent --------------------------------------------------------------------------------------------------- */

static orm_connection *connect_to(orm_engine **engine, const char *url)
{
    orm_error error;
    orm_connection *c = NULL;
    for (int tries = 0; tries < 1500; tries++) {
        if (!orm_engine_open(url, NULL, engine, &error)) {
            if (!orm_connection_open(*engine, &c, &error))
                return c;
            orm_engine_close(*engine);
        }
        nap(20000);
    }
    printf("cannot connect: %s\n", error.message);
    exit(EXIT_FAILURE);
}

static void hurt(const char *url, const way *how)
{
    for (int i = 0; i < how->times; i++) {
        nap(2000 + rand() % 40000);
        orm_engine *engine;
        orm_connection *c = connect_to(&engine, url);
        orm_connection_execute(c, how->sql, NULL, NULL); /* may be its own end */
        orm_connection_close(c);
        orm_engine_close(engine);
    }
}

/* A killed client's server process may still be at work. */
static void wait_until_alone(orm_connection *c)
{
    size_t others = 1;
    while (!sqlite && others > 0) {
        orm_connection_execute(c, "SELECT 1 FROM pg_stat_activity WHERE application_name = 'victim'", NULL, &others);
        if (others > 0)
            nap(10000);
    }
}

static bool judge(orm_connection *c, const way *how, int batch, orm_status status, bool reported)
{
    char email[32], title[32];
    const blog_author *authors;
    const blog_post *posts;
    size_t author_count, post_count;
    orm_result *results[2];
    snprintf(email, sizeof email, "%d@batch", batch);
    snprintf(title, sizeof title, "%d", batch);
    if (blog_author_select(c, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.email, email)}}, &authors,
                           &author_count, &results[0]) ||
        blog_post_select(c, &(blog_post_query){.where = {orm_eq(BLOG_POST.title, title)}}, &posts, &post_count,
                         &results[1]))
        return printf("failed: %s, batch %d: %s\n", how->name, batch, orm_connection_error(c)->message), false;
    bool whole = author_count == 1 && post_count == POSTS, none = author_count == 0 && post_count == 0;
    bool doubt = !reported || status == ORM_IN_DOUBT;
    bool good = doubt ? whole || none : status ? none : whole;
    if (!good)
        printf("failed: %s, batch %d: %s, and %zu authors and %zu posts are there\n", how->name, batch,
               reported ? orm_status_name(status) : "not reported", author_count, post_count);
    orm_result_free(results[0]);
    orm_result_free(results[1]);
    return good;
}

static int round_of(const char *url, const way *how, int first)
{
    int ends[2];
    if (pipe(ends))
        exit(EXIT_FAILURE);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_batches(ends[1], first);
    }
    close(ends[1]);
    if (how->sql)
        hurt(url, how);
    nap(5000 + rand() % 50000);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    orm_engine *engine;
    orm_connection *c = connect_to(&engine, url);
    wait_until_alone(c);
    report one = {first - 1, ORM_OK};
    bool good = true;
    while (read(ends[0], &one, sizeof one) == sizeof one) {
        good &= judge(c, how, one.batch, one.status, true);
        told[one.status]++;
    }
    good &= judge(c, how, one.batch + 1, ORM_OK, false);
    close(ends[0]);
    passed += good;
    failed += !good;
    orm_connection_close(c);
    orm_engine_close(engine);
    return one.batch + 2;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return fprintf(stderr, "usage: kill URL ROUNDS\n"), 2;
    const char *given = getenv("ORM_TEST_SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    printf("seed %u\n", seed);
    srand(seed);
    sqlite = strncmp(argv[1], "sqlite", 6) == 0;
    snprintf(victim_url, sizeof victim_url,
             sqlite ? "%s" : "%s&application_name=victim&options=-csynchronous_commit%%3Don", argv[1]);
    orm_engine *engine;
    orm_error error;
    orm_connection *c = connect_to(&engine, argv[1]);
    if (blog_create_all(engine, &error))
        return printf("%s\n", error.message), 1;
    if (!sqlite) /* what other suites have written need not be recovered again and again */
        orm_connection_execute(c, "CHECKPOINT", NULL, NULL);
    orm_connection_close(c);
    orm_engine_close(engine);
    int next = 1;
    for (size_t w = 0; w < (sqlite ? 1 : 3); w++)
        for (int i = 0; i < atoi(argv[2]); i++)
            next = round_of(argv[1], &ways[w], next);
    for (int i = 0; i < 32; i++)
        if (told[i])
            printf("%d times %s\n", told[i], orm_status_name((orm_status)i));
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
