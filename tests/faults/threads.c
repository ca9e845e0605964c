/* threads.c -- many threads over a small pool, while somebody kills the server's back ends.
 *
 *     threads URL SECONDS
 *
 * Each thread adds to a row of its own and looks at rows of the others. In the end every row has what was committed to
 * it, nobody waits, nothing is lent, no descriptor is left; and the server, asked all the time, never had more
 * connections than the pool has places. Everything goes through the public headers; ThreadSanitizer may look on.
 * SPDX-License-Identifier: MIT */
#include "blog.h"
#include "orm.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 64, PLACES = 15, GRACE = 120 };

static const char *url;
static orm_engine *engine, *observer;
static atomic_bool ending;
static atomic_long rounds, failures, killed;
static atomic_size_t most_seen;

typedef struct worker {
    pthread_t thread;
    int number;
    int64_t key;
    double least, most; /* what the row may hold: what was committed, and what was in doubt besides */
    char wrong[256];
} worker;

static void name_of(int number, char *name, size_t size)
{
    snprintf(name, size, "Thread %d", number);
}

static void complain(worker *w, const char *what, const orm_error *error)
{
    if (!w->wrong[0])
        snprintf(w->wrong, sizeof w->wrong, "%s: %.200s", what, error ? error->message : "");
}

/* Only a connection that was killed excuses a failure. */
static bool excused(worker *w, orm_status status, const orm_error *error)
{
    if (status != ORM_DISCONNECTED && status != ORM_IN_DOUBT)
        complain(w, orm_status_name(status), error);
    atomic_fetch_add(&failures, 1);
    return status == ORM_IN_DOUBT;
}

static orm_status look_at_another(worker *w, worker *other, orm_session *session)
{
    char name[32];
    const blog_author *row;
    orm_status status = blog_author_get(session, other->key, &row);
    name_of(other->number, name, sizeof name);
    if (!status && (row->id != other->key || strcmp(row->name, name) != 0))
        complain(w, "another row than was asked for", NULL);
    return status;
}

static orm_status add_to_own(worker *w, orm_session *session)
{
    const blog_author *row;
    orm_status status = blog_author_get(session, w->key, &row);
    if (status)
        return status;
    if (row->id != w->key || row->score.value < w->least || row->score.value > w->most)
        complain(w, "the row does not hold what was committed", NULL);
    if (!status)
        status = blog_author_set_score(session, row, (orm_opt_float64){true, row->score.value + 1});
    return status ? status : orm_session_commit(session);
}

static worker workers[THREADS];

static void *work(void *user)
{
    worker *w = user;
    unsigned seed = (unsigned)w->number;
    while (!atomic_load(&ending) && !w->wrong[0]) {
        orm_session *session;
        orm_error error;
        orm_session_factory factory = {.engine = engine};
        seed = seed * 1103515245u + 12345u;
        if (orm_session_open(&factory, &session, &error)) {
            complain(w, "no session", &error);
            break;
        }
        orm_status status = look_at_another(w, &workers[(seed >> 16) % THREADS], session);
        bool writes = !status;
        if (writes)
            status = add_to_own(w, session);
        if (!status)
            w->least++, w->most++;
        else if (excused(w, status, orm_session_error(session)))
            w->most++;
        orm_session_close(session);
        atomic_fetch_add(&rounds, 1);
    }
    return NULL;
}

static size_t run(const char *sql)
{
    orm_connection *connection;
    orm_error error;
    size_t rows = 0;
    if (orm_connection_open(observer, &connection, &error))
        return 0;
    if (orm_connection_execute(connection, sql, NULL, &rows))
        fprintf(stderr, "%s: %s\n", sql, orm_connection_error(connection)->message);
    orm_connection_close(connection);
    return rows;
}

static void nap(long milliseconds)
{
    nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

/* What was killed may still be there for a moment, when its successor has come. */
static void *watch(void *user)
{
    (void)user;
    while (!atomic_load(&ending)) {
        size_t seen = run("INSERT INTO seen SELECT pid FROM pg_stat_activity WHERE application_name = 'threads'"
                          " AND pid NOT IN (SELECT pid FROM victims)");
        if (seen > atomic_load(&most_seen))
            atomic_store(&most_seen, seen);
        nap(5);
    }
    return NULL;
}

/* Some at a time, now and then all. */
static void *kill_some(void *user)
{
    int seconds = *(int *)user;
    for (int i = 0; i < seconds * 4 || atomic_load(&killed) == 0; i++) {
        nap(250);
        run(i % 5 ? "INSERT INTO victims SELECT pid FROM pg_stat_activity WHERE application_name = 'threads'"
                    " ORDER BY random() LIMIT 3"
                  : "INSERT INTO victims SELECT pid FROM pg_stat_activity WHERE application_name = 'threads'");
        atomic_fetch_add(&killed,
                         (long)run("INSERT INTO seen SELECT v.pid FROM victims v JOIN pg_stat_activity a USING (pid)"
                                   " WHERE a.application_name = 'threads' AND pg_terminate_backend(v.pid)"));
    }
    atomic_store(&ending, true);
    return NULL;
}

static int open_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static orm_status set_up(orm_error *error)
{
    static const char *const arguments[] = {"application_name", "threads", NULL};
    const orm_engine_options options = {
        .pool_size = PLACES, .max_overflow = -1, .pool_timeout = GRACE, .connect_args = arguments};
    orm_session *session;
    const blog_author *rows[THREADS];
    orm_status status = orm_engine_open(url, NULL, &observer, error);
    if (!status)
        status = blog_create_all(observer, error);
    if (status)
        return status;
    run("CREATE UNLOGGED TABLE seen (pid int)");
    run("CREATE UNLOGGED TABLE victims (pid int)");
    status = orm_engine_open(url, &options, &engine, error);
    if (!status)
        status = orm_session_open(&(orm_session_factory){.engine = engine}, &session, error);
    if (status)
        return status;
    for (int i = 0; i < THREADS; i++) {
        char name[32], email[32];
        name_of(i, name, sizeof name);
        snprintf(email, sizeof email, "%d@example.org", i);
        blog_author_add(session, &(blog_author_values){.email = email, .name = name, .score = ORM_VALUE(0)}, &rows[i]);
    }
    status = orm_session_commit(session);
    for (int i = 0; i < THREADS && !status; i++)
        workers[i] = (worker){.number = i, .key = rows[i]->id};
    *error = *orm_session_error(session);
    orm_session_close(session);
    return status;
}

static int check_rows(void)
{
    orm_session *session;
    int wrong = 0;
    if (orm_session_open(&(orm_session_factory){.engine = observer}, &session, NULL))
        return 1;
    for (int i = 0; i < THREADS; i++) {
        const blog_author *row;
        const worker *w = &workers[i];
        bool good = !blog_author_get(session, w->key, &row) && row->score.value >= w->least &&
                    row->score.value <= w->most;
        if (!good || w->wrong[0])
            printf("failed: thread %d: %s\n", i, w->wrong[0] ? w->wrong : "its row has not what was committed");
        wrong += !good || w->wrong[0];
    }
    orm_session_close(session);
    return wrong;
}

static int expect(bool good, const char *what)
{
    if (!good)
        printf("failed: %s\n", what);
    return !good;
}

int main(int argc, char **argv)
{
    pthread_t watcher, killer;
    orm_error error;
    int seconds = argc == 3 ? atoi(argv[2]) : 0, failed = 0, descriptors = open_descriptors();
    if (seconds < 1)
        return 2;
    url = argv[1];
    if (set_up(&error)) {
        printf("failed: %s\n", error.message);
        return 1;
    }
    alarm((unsigned)(seconds * 4 + GRACE)); /* a deadlock ends here */
    pthread_create(&watcher, NULL, watch, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    pthread_create(&killer, NULL, kill_some, &seconds);
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    pthread_join(killer, NULL);
    pthread_join(watcher, NULL);

    const orm_pool_statistics pool = orm_engine_pool(engine);
    failed += expect(check_rows() == 0, "every row has what was committed to it");
    failed += expect(atomic_load(&most_seen) <= PLACES && atomic_load(&most_seen) > 1,
                     "no more connections than places");
    failed += expect(pool.in_use == 0 && pool.waiting == 0 && pool.open <= PLACES, "nothing is lent, and nobody waits");
    failed += expect(pool.timeouts == 0 && pool.waited_ever > 0, "who waited was served");
    failed += expect(atomic_load(&killed) > 0 && atomic_load(&failures) > 0, "back ends were killed");
    orm_engine_close(engine);
    orm_engine_close(observer);
    failed += expect(open_descriptors() == descriptors, "no descriptor is left");
    fprintf(stderr, "%ld rounds, %ld failed, %ld killed, %zu connections at most\n", atomic_load(&rounds),
            atomic_load(&failures), atomic_load(&killed), atomic_load(&most_seen));
    printf("%d passed, %d failed\n", 6 - failed, failed);
    return failed != 0;
}
