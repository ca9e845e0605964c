/* cut.c -- the conversation with PostgreSQL is cut at each of its bytes in turn, in each direction.
 *
 *     cut URL [STRIDE]
 *
 * A relay stands between libpq and the server (the URL names the folder of the server's socket). One transaction adds,
 * changes and deletes; another only adds, and a third changes one row, so that COMMIT goes with the last INSERT or with
 * the UPDATE. Once for each n the relay passes n bytes of it and then ends both connections. Whatever n is, the tables
 * hold all of the transaction or nothing; ORM_OK is said only of all, ORM_DISCONNECTED only of nothing, ORM_IN_DOUBT of
 * either; and the session does the same work again after its rollback.
 * SPDX-License-Identifier: MIT */
#include "blog.h"
#include "orm.h"

#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { UP, DOWN, NEVER = 0x7fffffff };

static const char *const direction_names[] = {"to the server", "from the server"};
static char folder[] = "/tmp/ormc-cut.XXXXXX";
static struct sockaddr_un own = {.sun_family = AF_UNIX}, server = {.sun_family = AF_UNIX};
static atomic_long budget[2]; /* bytes that may still pass */
static atomic_long passed_bytes[2];
static PGconn *admin;
static int failures;

/* --- the relay ---------------------------------------------------------------------------------------------------- */

static bool send_all(int to, const char *data, long size)
{
    while (size > 0) {
        ssize_t sent = send(to, data, (size_t)size, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        size -= sent;
    }
    return true;
}

/* False when the conversation is over. */
static bool pass(int from, int to, int direction)
{
    char data[16384];
    ssize_t got = recv(from, data, sizeof data, 0);
    if (got <= 0)
        return false;
    long left = budget[direction], size = got < left ? (long)got : left;
    budget[direction] -= size;
    passed_bytes[direction] += size;
    return send_all(to, data, size) && budget[direction] > 0;
}

static void *relay(void *argument)
{
    int client = *(int *)argument, upstream = socket(AF_UNIX, SOCK_STREAM, 0);
    bool open = connect(upstream, (struct sockaddr *)&server, sizeof server) == 0;
    free(argument);
    while (open) {
        struct pollfd ends[] = {{client, POLLIN, 0}, {upstream, POLLIN, 0}};
        if (poll(ends, 2, -1) < 0)
            break;
        if (ends[0].revents)
            open = pass(client, upstream, UP);
        if (open && ends[1].revents)
            open = pass(upstream, client, DOWN);
    }
    close(upstream);
    close(client);
    return NULL;
}

static void *accept_all(void *argument)
{
    int listener = *(int *)argument;
    for (int client; (client = accept(listener, NULL, NULL)) >= 0;) {
        pthread_t thread;
        int *copy = malloc(sizeof *copy);
        if (!copy)
            break;
        *copy = client;
        if (pthread_create(&thread, NULL, relay, copy) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

static bool start_relay(const char *socket_folder)
{
    static int listener;
    pthread_t thread;
    if (!mkdtemp(folder))
        return false;
    snprintf(own.sun_path, sizeof own.sun_path, "%s/.s.PGSQL.5432", folder);
    snprintf(server.sun_path, sizeof server.sun_path, "%.90s/.s.PGSQL.5432", socket_folder);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    return bind(listener, (struct sockaddr *)&own, sizeof own) == 0 && listen(listener, 8) == 0 &&
           pthread_create(&thread, NULL, accept_all, &listener) == 0 && pthread_detach(thread) == 0;
}

/* --- the transaction ---------------------------------------------------------------------------------------------- */

#define TRY(call) \
    do { \
        orm_status status_ = (call); \
        if (status_) \
            return status_; \
    } while (0)

typedef enum work { EVERYTHING, ADDS, ONE_UPDATE, WORKS } work;
static const struct {
    const char *name, *answer; /* what look asks, when all was written */
} works[WORKS] = {{"all", "2 0 3 3 1"}, {"adds", "2 1 3 3 0"}, {"an update", "1 1 0 0 1"}};
static work present;

static orm_status change(orm_session *s, const blog_author *old)
{
    const blog_author *author;
    const blog_post *post;
    if (present == ONE_UPDATE) {
        TRY(blog_author_set_bio(s, old, "changed"));
        return orm_session_commit(s);
    }
    TRY(blog_author_add(s, &(blog_author_values){.email = "ada@example.org", .name = "Ada"}, &author));
    for (int i = 0; i < 3; i++) {
        TRY(blog_post_add(s, &(blog_post_values){.title = "new", .body = "b", .author = author}, &post));
        TRY(blog_comment_add(s, &(blog_comment_values){.body = "c", .post = post, .author = author}, NULL));
    }
    if (present == ADDS)
        return orm_session_commit(s);
    TRY(blog_author_set_bio(s, old, "changed"));
    TRY(blog_post_get(s, 1, &post));
    TRY(blog_post_delete(s, post));
    return orm_session_commit(s);
}

static void complain(int direction, long n, const char *what, const char *message)
{
    failures++;
    printf("%ld bytes %s: %s: %s\n", n, direction_names[direction], what, message);
}

static void ask(const char *sql, char *answer, size_t size)
{
    PGresult *result = PQexec(admin, sql);
    snprintf(answer, size, "%s", PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : PQresultErrorMessage(result));
    PQclear(result);
}

static void prepare_rows(void)
{
    char answer[200];
    ask("TRUNCATE authors, profile, post, comment RESTART IDENTITY", answer, sizeof answer);
    ask("INSERT INTO authors (email, name, created_at) VALUES ('old@example.org', 'old', now())", answer,
        sizeof answer);
    ask("INSERT INTO post (title, body, author_id, created_at) VALUES ('old', 'b', 1, now())", answer, sizeof answer);
}

/* Once the server has noticed that its client is gone: 0 nothing of the transaction, 1 all of it, else part of it. */
static int look(bool cut)
{
    char answer[200];
    for (int i = 0; cut && i < 1000; i++) {
        ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'victim'", answer, sizeof answer);
        if (strcmp(answer, "0") == 0)
            break;
        poll(NULL, 0, 2);
    }
    ask("SELECT concat_ws(' ', (SELECT count(*) FROM authors), (SELECT count(*) FROM post WHERE title = 'old'),"
        " (SELECT count(*) FROM post WHERE title = 'new'), (SELECT count(*) FROM comment),"
        " (SELECT count(*) FROM authors WHERE bio = 'changed'))",
        answer, sizeof answer);
    return strcmp(answer, "1 1 0 0 0") == 0 ? 0 : strcmp(answer, works[present].answer) == 0 ? 1 : (puts(answer), 2);
}

static void set_budget(int direction, long bytes)
{
    budget[UP] = budget[DOWN] = NEVER;
    passed_bytes[UP] = passed_bytes[DOWN] = 0;
    budget[direction] = bytes;
}

static void check_told(int direction, long n, orm_session *s, orm_status status, int rows)
{
    const char *message = status ? orm_session_error(s)->message : "no error";
    if (status != ORM_OK && status != ORM_DISCONNECTED && status != ORM_IN_DOUBT)
        complain(direction, n, "another status", message);
    if (rows > 1)
        complain(direction, n, "part of the transaction was written", message);
    if ((status == ORM_OK && rows != 1) || (status == ORM_DISCONNECTED && rows != 0))
        complain(direction, n, "what was told is not so", message);
}

/* Rolled back, the session does it all again. */
static void check_again(int direction, long n, orm_session *s)
{
    const blog_author *old;
    if (orm_session_rollback(s))
        complain(direction, n, "no rollback", orm_session_error(s)->message);
    prepare_rows();
    orm_session_clear(s);
    if (blog_author_get(s, 1, &old) || change(s, old))
        complain(direction, n, "the session is of no use after its rollback", orm_session_error(s)->message);
}

/* A connection that has done it before: it knows the tables, and has its statements prepared. */
static bool warm_up(orm_engine *engine)
{
    orm_error error;
    orm_session *s;
    const blog_author *old;
    prepare_rows();
    set_budget(UP, NEVER);
    orm_status status = orm_session_open(&(orm_session_factory){.engine = engine}, &s, &error);
    if (!status)
        status = blog_author_get(s, 1, &old);
    if (!status)
        status = change(s, old);
    orm_session_close(s);
    return status == ORM_OK;
}

/* The bytes that passed; tells in `seen` which status met which rows. */
static long run(orm_engine *engine, int direction, long n, int seen[][2])
{
    orm_error error;
    orm_session *s;
    const blog_author *old;
    if (!warm_up(engine))
        complain(direction, n, "the engine", "does not recover");
    prepare_rows();
    set_budget(direction, NEVER);
    if (orm_session_open(&(orm_session_factory){.engine = engine}, &s, &error) || blog_author_get(s, 1, &old)) {
        complain(direction, n, "no session", error.message);
        return 0;
    }
    set_budget(direction, n);
    orm_status status = change(s, old);
    long bytes = passed_bytes[direction];
    set_budget(direction, NEVER);
    int rows = look(status != ORM_OK);
    check_told(direction, n, s, status, rows);
    if (rows < 2 && (status == ORM_OK || status == ORM_DISCONNECTED || status == ORM_IN_DOUBT))
        seen[status == ORM_OK ? 0 : status == ORM_DISCONNECTED ? 1 : 2][rows]++;
    if (status)
        check_again(direction, n, s);
    orm_session_close(s);
    return bytes;
}

/* Every cut of one direction. Both ends of the sweep must have been met: nothing passed, and all; but a transaction
 * that is one trip is never known to be unwritten. */
static long sweep(orm_engine *engine, int direction, long stride)
{
    int seen[3][2] = {{0}};
    long total = run(engine, direction, NEVER, seen);
    for (long n = 1; n < total && failures < 20; n += stride)
        run(engine, direction, n, seen);
    long cuts = seen[1][0] + seen[2][0] + seen[2][1];
    printf("%s: %ld bytes %s, every %ld.: disconnected %d, in doubt %d (nothing written) and %d (all written)\n",
           works[present].name, total, direction_names[direction], stride, seen[1][0], seen[2][0], seen[2][1]);
    if (present != ONE_UPDATE && seen[1][0] == 0)
        complain(direction, total, "no cut was told as", "ORM_DISCONNECTED");
    if (direction == DOWN && seen[2][1] == 0)
        complain(direction, total, "no cut was told as", "ORM_IN_DOUBT");
    return cuts;
}

/* The URL with the relay's folder for the server's. */
static bool connect_through_relay(const char *url, orm_engine **engine, orm_error *error)
{
    char through[600];
    const char *host = strstr(url, "?host=");
    if (!host || !start_relay(host + strlen("?host=")))
        return snprintf(error->message, sizeof error->message, "no relay for %s", url), false;
    snprintf(through, sizeof through, "%.*s?host=%s&application_name=victim", (int)(host - url), url, folder);
    set_budget(UP, NEVER);
    return orm_engine_open(through, NULL, engine, error) == ORM_OK;
}

int main(int argc, char **argv)
{
    orm_error error = {0};
    orm_engine *engine = NULL;
    const char *url = argc > 1 ? argv[1] : "";
    long stride = argc > 2 ? atol(argv[2]) : 1, cuts = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    admin = PQconnectdb(url);
    if (PQstatus(admin) != CONNECTION_OK || !connect_through_relay(url, &engine, &error) ||
        blog_create_all(engine, &error))
        return fprintf(stderr, "%s%s\n", PQerrorMessage(admin), error.message), 2;
    for (present = EVERYTHING; present < WORKS; present++)
        for (int direction = UP; direction <= DOWN; direction++)
            cuts += sweep(engine, direction, stride);
    orm_engine_close(engine);
    PQfinish(admin);
    unlink(own.sun_path);
    rmdir(folder);
    printf("%ld passed, %d failed, 0 skipped\n", cuts > failures ? cuts - failures : 0, failures);
    return failures != 0;
}
