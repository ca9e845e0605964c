/* memory_fibers.c -- each allocation fails in turn while fibers get rows by the connections that they share.
 *
 *     memory_fibers URL [STRIDE]
 *
 * Some get an entity, some an array of them, some find one by its name, some fetch a row without a session, all at once
 * and again; there are rows that two of them want and some that are not there. Once for each n the n-th allocation
 * fails (alone, then with all that follow it). Each fiber gets what it asked for, or is told ORM_NO_MEMORY or
 * ORM_DISCONNECTED; when there is memory again all of them get everything by the same engine, and at the end no block
 * is left over. One that waits for ever is ended by the clock.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blog.h"
#include "orm.h"
#include "orm/async_poll.h"

#include "scarce.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIBERS = 12, KINDS = 4 /* of reads */, AUTHORS = 5, ROUNDS = 3, SECONDS = 60 /* for one run */ };

typedef struct reader {
    int number;
    orm_fiber *fiber;
    orm_status told[ROUNDS]; /* ORM_OK: all was right */
    const char *wrong;
} reader;

static const char *url;
static orm_async *async;
static orm_engine *engine;
static int64_t ids[AUTHORS]; /* and behind the last there is none */
static long current;         /* n */

/* --- what they read ----------------------------------------------------------------------------------------------- */

static int64_t id_of(int index)
{
    return index < AUTHORS ? ids[index] : ids[AUTHORS - 1] + 1000;
}

static bool is_author(const blog_author *author, int index)
{
    char name[16];
    snprintf(name, sizeof name, "Author %d", index);
    return author->id == id_of(index) && strcmp(author->name, name) == 0;
}

/* What has no row must be told so. */
static orm_status judge(reader *me, int index, orm_status status, const blog_author *author)
{
    bool there = index < AUTHORS;
    if (status == ORM_OK && (!there || !is_author(author, index)))
        me->wrong = "a wrong row";
    if (status == ORM_NOT_FOUND && there)
        me->wrong = "no row, though there is one";
    return status == ORM_NOT_FOUND ? ORM_OK : status;
}

static orm_status fetch(reader *me)
{
    blog_author row;
    orm_result *result;
    int index = me->number % (AUTHORS + 1);
    orm_status status = blog_author_fetch_from(engine, id_of(index), &row, &result, NULL);
    status = judge(me, index, status, &row);
    orm_result_free(result);
    return status;
}

static orm_status get(reader *me, orm_session *s)
{
    const blog_author *author;
    int index = me->number % (AUTHORS + 1);
    orm_status status = blog_author_get(s, id_of(index), &author);
    return judge(me, index, status, author);
}

static orm_status get_many(reader *me, orm_session *s)
{
    blog_author_list found;
    int64_t wanted[AUTHORS];
    for (int i = 0; i < AUTHORS; i++)
        wanted[i] = ids[i];
    orm_status status = blog_author_get_many(s, wanted, AUTHORS, &found);
    for (size_t i = 0; !status && i < AUTHORS; i++)
        if (i >= found.count || !is_author(found.items[i], (int)i))
            me->wrong = "wrong rows";
    return status;
}

static orm_status find(reader *me, orm_session *s)
{
    blog_author_list found;
    char name[16];
    int index = me->number % (AUTHORS + 1);
    snprintf(name, sizeof name, "Author %d", index);
    orm_status status = blog_author_find(s, &(blog_author_query){.where = {orm_eq(BLOG_AUTHOR.name, name)}}, &found);
    if (!status && found.count == 0)
        status = ORM_NOT_FOUND;
    return judge(me, index, status, status ? NULL : found.items[0]);
}

static orm_status read_by_session(reader *me)
{
    static orm_status (*const kinds[])(reader * me, orm_session * s) = {find, get, get_many};
    orm_session *s;
    orm_status status = orm_session_open(&(orm_session_factory){.engine = engine}, &s, NULL);
    if (!status)
        status = kinds[me->number % KINDS - 1](me, s);
    orm_session_close(s);
    return status;
}

static orm_status read_all(orm_async *a, void *argument)
{
    reader *me = argument;
    for (int i = 0; i < ROUNDS; i++) {
        me->told[i] = me->number % KINDS == 0 ? fetch(me) : read_by_session(me);
        orm_status status = orm_async_sleep(a, 0);
        if (status)
            me->wrong = orm_status_name(status);
    }
    return ORM_OK;
}

/* --- a run -------------------------------------------------------------------------------------------------------- */

static bool is_clean(orm_status status)
{
    return status == ORM_OK || status == ORM_NO_MEMORY || status == ORM_DISCONNECTED;
}

static void read_with_fibers(reader readers[FIBERS])
{
    for (int i = 0; i < FIBERS; i++) {
        readers[i] = (reader){.number = i};
        orm_async_spawn(async, read_all, &readers[i], NULL);
    }
    while (orm_async_count(async).running + orm_async_count(async).waiting > 0)
        orm_async_run(async);
}

static void note_statement(const orm_statement_event *event, void *user)
{
    *(size_t *)user += event->rows;
}

static orm_status open_engine(bool observed, orm_error *error)
{
    static size_t rows;
    orm_status status = orm_async_poll_open(NULL, &async, error);
    if (status)
        return status;
    orm_engine_options options = {.waiter = orm_async_waiter(async), .statistics = observed};
    if (observed)
        options.hooks = (orm_hooks){.statement = note_statement, .parameters = true, .user = &rows};
    return orm_engine_open(url, &options, &engine, error);
}

static void close_engine(void)
{
    orm_engine_close(engine);
    orm_async_close(async);
    engine = NULL;
    async = NULL;
}

static void check_readers(const reader readers[FIBERS], bool scarce, long n, long until)
{
    for (int i = 0; i < FIBERS; i++) {
        if (readers[i].wrong)
            complain("a fiber was misled", n, until, readers[i].wrong);
        for (int j = 0; j < ROUNDS; j++)
            if (!is_clean(readers[i].told[j]))
                complain("a fiber failed otherwise", n, until, orm_status_name(readers[i].told[j]));
        orm_status last = readers[i].told[ROUNDS - 1];
        if (!scarce && last)
            complain("a fiber fails with memory", n, until, orm_status_name(last));
    }
}

static void run(bool observed, long n, long until)
{
    static reader readers[FIBERS];
    orm_error error = {.status = ORM_OK};
    long before = live;
    current = n;
    alarm(SECONDS);
    start_failing(n, until);
    orm_status status = open_engine(observed, &error);
    if (!status)
        read_with_fibers(readers);
    stop_failing();
    if (status && (!is_clean(status) || error.status != status))
        complain("open failed otherwise", n, until, error.message);
    if (!status) {
        check_readers(readers, true, n, until);
        read_with_fibers(readers);
        check_readers(readers, false, n, until);
    }
    close_engine();
    alarm(0);
    if (live != before) {
        char text[64];
        snprintf(text, sizeof text, "%ld blocks", live - before);
        complain("something leaks", n, until, text);
    }
}

/* How many allocations a run has when all goes well; 0: it does not. What libraries keep for ever is taken by then. */
static long count_calls(bool observed)
{
    static reader readers[FIBERS];
    orm_error error;
    int before = failures;
    long counted_calls = 0;
    for (int i = 0; i < 2; i++) {
        start_failing(0, 0);
        orm_status status = open_engine(observed, &error);
        if (!status)
            read_with_fibers(readers);
        counted_calls = status ? 0 : calls;
        check_readers(readers, false, 0, 0);
        close_engine();
    }
    return failures == before ? counted_calls : 0;
}

static void tell_of_the_end(int signal_number)
{
    char line[80];
    int length = snprintf(line, sizeof line, "a run stands still, n = %ld\n", current);
    (void)signal_number;
    _exit(write(STDOUT_FILENO, line, (size_t)length) < 0 ? 2 : 1);
}

static orm_status store(void)
{
    orm_error error;
    orm_session *s = NULL;
    const blog_author *authors[AUTHORS];
    orm_status status = orm_engine_open(url, NULL, &engine, &error);
    if (!status)
        status = blog_drop_all(engine, &error);
    if (!status)
        status = blog_create_all(engine, &error);
    if (!status)
        status = orm_session_open(&(orm_session_factory){.engine = engine}, &s, &error);
    for (int i = 0; i < AUTHORS && !status; i++) {
        char name[16], email[16];
        snprintf(name, sizeof name, "Author %d", i);
        snprintf(email, sizeof email, "%d@x", i);
        status = blog_author_add(s, &(blog_author_values){.email = email, .name = name}, &authors[i]);
    }
    if (!status)
        status = orm_session_commit(s);
    for (int i = 0; i < AUTHORS && !status; i++)
        ids[i] = authors[i]->id;
    if (status)
        fprintf(stderr, "%s: %s\n", orm_status_name(status), error.message);
    orm_session_close(s);
    orm_engine_close(engine);
    engine = NULL;
    return status;
}

int main(int argc, char **argv)
{
    url = argc > 1 ? argv[1] : "";
    long stride = argc > 2 ? atol(argv[2]) : 1, passed = 0, total = 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGALRM, tell_of_the_end);
    if (store())
        return 2;
    for (int observed = 0; observed < 2 && total > 0; observed++) {
        total = count_calls(observed);
        printf("%ld allocations, every %ld. of them fails in turn\n", total, stride);
        for (int all = 0; all < 2; all++)
            for (long n = 1; n <= total && failures < 20; n += stride, passed++)
                run(observed, n, all ? total * 2 + 1000 : n);
    }
    printf("%ld passed, %d failed, 0 skipped\n", total == 0 ? 0 : passed - failures, failures + (total == 0));
    return failures || total == 0;
}
