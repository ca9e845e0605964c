/* cancelling.c -- fibers of all kinds that are cancelled wherever they stand: in the pool's queue, in a connect, a
 * statement, a transaction, a stream, on a connection that others use too. Nothing is left behind, and each commit is
 * what it said it was.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include "orm/async_poll.h"

#include <stdio.h>

enum { FIBERS = 56, CANCELS = 500, AUTHORS = 600, MILLISECOND = 1000 };

static orm_async *async;
static orm_engine *fibers;
static bool ending;
static int64_t ids[AUTHORS];
static size_t added, unsure; /* rows that are there, and that may be */
static unsigned numbers;

typedef struct worker {
    int number;
    orm_fiber *fiber;
    size_t finished, cancelled;
    orm_status strange;
    const char *where;
} worker;

static worker workers[FIBERS];

static unsigned any(unsigned below)
{
    numbers = numbers * 1103515245u + 12345u;
    return (numbers >> 16) % below;
}

/* --- what they do ------------------------------------------------------------------------------------------------ */

static orm_status get(worker *me, orm_session *mine)
{
    const blog_author *author;
    int64_t id = ids[(size_t)any(AUTHORS)];
    orm_status status = blog_author_get(mine, id, &author);
    (void)me;
    if (!status)
        ck_assert_int_eq(author->id, id);
    return status;
}

static orm_status get_many(worker *me, orm_session *mine)
{
    blog_author_list found;
    orm_status status = blog_author_get_many(mine, ids, 20, &found);
    (void)me;
    for (size_t i = 0; i < found.count; i++)
        ck_assert_int_eq(found.items[i]->id, ids[i]);
    return status;
}

static orm_status find(worker *me, orm_session *mine)
{
    blog_author_list found;
    (void)me;
    return blog_author_find(mine, &(blog_author_query){.limit = 50, .load = {orm_load(BLOG_AUTHOR.posts)}}, &found);
}

static orm_status look_at_row(orm_session *mine, const blog_author *author, void *user)
{
    (void)mine;
    (void)user;
    return author->id ? ORM_OK : ORM_DONE;
}

static orm_status stream(worker *me, orm_session *mine)
{
    (void)me;
    return blog_author_each(mine, NULL, look_at_row, NULL);
}

static orm_status stream_by_hand(worker *me, orm_session *mine)
{
    orm_stream *rows;
    const blog_author *author;
    (void)me;
    orm_status status = blog_author_stream(mine, NULL, &rows);
    for (int i = 0; i < 10 && !status; i++) {
        status = blog_author_next(rows, &author);
        if (!status)
            status = orm_async_sleep(async, 0);
    }
    orm_stream_close(rows);
    return status;
}

/* With a savepoint in it. Only a commit that failed may have been done all the same. */
static orm_status add(worker *me, orm_session *mine)
{
    char email[64];
    static int serial;
    snprintf(email, sizeof email, "w%d-%d@example.org", me->number, serial++);
    orm_status status = blog_author_add(mine, &(blog_author_values){.email = email, .name = "new"}, NULL);
    if (!status)
        status = orm_session_begin_nested(mine);
    if (!status)
        status = orm_session_commit_nested(mine);
    if (status)
        return status;
    status = orm_session_commit(mine);
    added += status == ORM_OK;
    unsure += status != ORM_OK;
    return status;
}

static orm_status roll_back(worker *me, orm_session *mine)
{
    orm_status status = orm_session_begin(mine);
    (void)me;
    if (!status)
        status = orm_async_sleep(async, MILLISECOND);
    orm_status end = orm_session_rollback(mine);
    return status ? status : end;
}

static orm_status hold(worker *me, orm_session *mine)
{
    orm_connection *held;
    (void)me;
    (void)mine;
    orm_status status = orm_connection_open(fibers, &held, NULL);
    if (!status)
        status = orm_async_sleep(async, MILLISECOND);
    orm_connection_close(held);
    return status;
}

static const struct {
    const char *name;
    orm_status (*run)(worker *me, orm_session *mine);
} kinds[] = {
    {"get", get}, {"get_many", get_many},  {"find", find}, {"each", stream}, {"stream", stream_by_hand},
    {"add", add}, {"rollback", roll_back}, {"hold", hold},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* Every refusal must be one that a cancel explains. */
static bool may_be(orm_status status)
{
    return status == ORM_OK || status == ORM_CANCELLED || status == ORM_IN_DOUBT || status == ORM_ROLLBACK_FIRST ||
           status == ORM_DISCONNECTED || status == ORM_DONE;
}

static orm_status work(orm_async *a, void *argument)
{
    worker *me = argument;
    while (!ending) {
        orm_session *mine;
        size_t kind = (size_t)me->number % KINDS;
        ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
        orm_status status = kinds[kind].run(me, mine);
        if (!may_be(status)) {
            me->strange = status;
            me->where = kinds[kind].name;
        }
        me->cancelled += status == ORM_CANCELLED;
        me->finished += status == ORM_OK;
        orm_session_close(mine);
        if (on_sqlite()) /* which may never have to wait */
            orm_async_sleep(a, 0);
    }
    return ORM_OK;
}

static orm_status cancel(orm_async *a, void *argument)
{
    (void)argument;
    for (int i = 0; i < CANCELS; i++) {
        orm_async_cancel(a, workers[any(FIBERS)].fiber);
        orm_async_sleep(a, any(4) ? 0 : any(2 * MILLISECOND));
    }
    ending = true;
    return ORM_OK;
}

/* --- the tests --------------------------------------------------------------------------------------------------- */

static void store(void)
{
    blog_author_list list;
    store_blog(AUTHORS, 1);
    ok(blog_author_find(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)}}, &list));
    for (size_t i = 0; i < AUTHORS; i++)
        ids[i] = list.items[i]->id;
    commit_and_forget();
}

static void open_fibers(void)
{
    ok(orm_async_poll_open(NULL, &async, &error));
    orm_engine_options options = {.pool_size = 4, .max_overflow = 2, .waiter = orm_async_waiter(async)};
    char *url;
    ok(orm_engine_options_from_env("ORM_TEST_", NULL, &options, &url, &error));
    free(url);
    ok(orm_engine_open(test_url(), &options, &fibers, &error));
}

START_TEST(fibers_that_are_cancelled_anywhere_leave_nothing_behind)
{
    orm_fiber *canceller;
    numbers = (unsigned)_i + 1;
    store();
    open_fibers();
    for (int i = 0; i < FIBERS; i++) {
        workers[i] = (worker){.number = i};
        ok(orm_async_spawn(async, work, &workers[i], &workers[i].fiber));
    }
    ok(orm_async_spawn(async, cancel, NULL, &canceller));
    ok(orm_async_join(async, canceller));
    size_t finished = 0, cancelled = 0;
    for (int i = 0; i < FIBERS; i++) {
        ok(orm_async_join(async, workers[i].fiber));
        ck_assert_msg(!workers[i].strange, "%s: %s", workers[i].where, orm_status_name(workers[i].strange));
        finished += workers[i].finished;
        cancelled += workers[i].cancelled;
    }
    ck_assert_uint_gt(finished, 0);
    ck_assert_uint_gt(cancelled, 0);
    ck_assert_uint_eq(orm_engine_pool(fibers).in_use, 0);
    ck_assert_uint_eq(orm_engine_pool(fibers).waiting, 0);
    ck_assert_uint_le(orm_engine_pool(fibers).open, 6);
    size_t count;
    ok(blog_author_count(s, NULL, &count));
    ck_assert_msg(count >= AUTHORS + added && count <= AUTHORS + added + unsure, "%zu rows, %zu added, %zu unsure",
                  count, added, unsure);
    orm_engine_close(fibers);
    orm_async_close(async);
}
END_TEST

Suite *suite_cancelling(void)
{
    Suite *suite = suite_create("cancelling");
    TCase *tests = new_case(suite, "cancelling");
    tcase_add_loop_test(tests, fibers_that_are_cancelled_anywhere_leave_nothing_behind, 0, 2);
    return suite;
}
