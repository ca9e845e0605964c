/* starved.c -- fibers that get rows by shared connections while each allocation fails in turn, by scarce.h.
 *
 *     starved URL [STRIDE]
 *
 * Once for each n the n-th allocation fails (alone, then with all that follow it), while the connection is opened, and
 * on one that is open and prepared. Each fiber gets the right row, or is told; nobody waits for ever; then all get
 * their rows; and at the end no block may be left over.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blog.h"
#include "orm.h"
#include "orm/async_poll.h"

#include "scarce.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { AUTHORS = 20, FIBERS = 40, PATIENCE = 60 /* seconds for a run */ };

typedef struct reader {
    int number;
    orm_fiber *fiber;
    orm_status status;
    bool wrong; /* its row is another's */
} reader;

static const char *url;
static orm_async *async;
static orm_engine *engine;
static int64_t ids[AUTHORS];
static reader readers[FIBERS];

static void name_of(int number, char *name, size_t size)
{
    snprintf(name, size, "a%03d", number % AUTHORS);
}

/* Every other without a session. */
static orm_status read_author(orm_async *own, void *argument)
{
    reader *me = argument;
    orm_session *s = NULL;
    orm_result *result = NULL;
    const blog_author *author;
    blog_author row;
    char name[16];
    (void)own;
    name_of(me->number, name, sizeof name);
    if (me->number % 2) {
        me->status = blog_author_fetch_from(engine, ids[me->number % AUTHORS], &row, &result, NULL);
        me->wrong = !me->status && strcmp(row.name, name) != 0;
        orm_result_free(result);
        return me->status;
    }
    me->status = orm_session_open(&(orm_session_factory){.engine = engine}, &s, NULL);
    if (!me->status) {
        me->status = blog_author_get(s, ids[me->number % AUTHORS], &author);
        me->wrong = !me->status && strcmp(author->name, name) != 0;
        orm_session_close(s);
    }
    return me->status;
}

static void read_all(void)
{
    for (int i = 0; i < FIBERS; i++) {
        readers[i] = (reader){.number = i};
        readers[i].status = orm_async_spawn(async, read_author, &readers[i], &readers[i].fiber);
    }
    for (int i = 0; i < FIBERS; i++)
        if (readers[i].fiber)
            readers[i].status = orm_async_join(async, readers[i].fiber);
}

static bool is_clean(orm_status status)
{
    return status == ORM_OK || status == ORM_NO_MEMORY || status == ORM_DISCONNECTED || status == ORM_DATABASE;
}

static orm_status open_all(void)
{
    orm_error error;
    engine = NULL;
    orm_status status = orm_async_poll_open(NULL, &async, &error);
    if (!status)
        status = orm_engine_open(url, &(orm_engine_options){.shared_connections = 1, .waiter = orm_async_waiter(async)},
                                 &engine, &error);
    return status;
}

/* How many allocations there were. */
static long run(bool warm, long n, long until)
{
    const long before = live;
    if (open_all() != ORM_OK)
        complain("the engine does not open", n, until, url);
    if (warm)
        read_all();
    alarm(PATIENCE);
    start_failing(n, until);
    read_all();
    stop_failing();
    const long reached = calls;
    for (int i = 0; i < FIBERS; i++)
        if (readers[i].wrong || !is_clean(readers[i].status) || (n == 0 && readers[i].status))
            complain(readers[i].wrong ? "the row is another's" : "a get failed otherwise", n, until,
                     orm_status_name(readers[i].status));
    read_all();
    for (int i = 0; i < FIBERS; i++)
        if (readers[i].wrong || readers[i].status)
            complain("later a get fails", n, until, orm_status_name(readers[i].status));
    orm_engine_close(engine);
    orm_async_close(async);
    alarm(0);
    if (live != before && n != 0) {
        char text[64];
        snprintf(text, sizeof text, "%ld blocks", live - before);
        complain("something leaks", n, until, text);
    }
    return reached;
}

static orm_status store_authors(void)
{
    orm_error error;
    orm_connection *c;
    orm_status status = orm_engine_open(url, NULL, &engine, &error);
    if (!status)
        status = blog_drop_all(engine, &error);
    if (!status)
        status = blog_create_all(engine, &error);
    if (!status)
        status = orm_connection_open(engine, &c, &error);
    for (int i = 0; i < AUTHORS && !status; i++) {
        char name[16], email[32];
        blog_author row;
        orm_result *result;
        name_of(i, name, sizeof name);
        snprintf(email, sizeof email, "%s@example.org", name);
        status = blog_author_insert(c, &(blog_author_values){.email = email, .name = name}, &row, &result);
        ids[i] = row.id;
        orm_result_free(result);
    }
    if (!status)
        orm_connection_close(c);
    orm_engine_close(engine);
    return status;
}

int main(int argc, char **argv)
{
    url = argc > 1 ? argv[1] : "";
    long stride = argc > 2 ? atol(argv[2]) : 1, runs = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (store_authors() != ORM_OK)
        return fprintf(stderr, "no authors at %s\n", url), 2;
    for (int warm = 0; warm < 2; warm++) {
        run(warm, 0, 0); /* what libraries keep for ever is taken now */
        const long total = run(warm, 0, 0);
        printf("%ld allocations, every %ld. of them fails in turn\n", total, stride);
        for (int all = 0; all < 2; all++)
            for (long n = 1; n <= total + 8 && failures < 20; n += stride, runs++)
                run(warm, n, all ? total * 2 + 1000 : n);
    }
    printf("%ld passed, %d failed, 0 skipped\n", runs > failures ? runs - failures : 0, failures);
    return failures > 0;
}
