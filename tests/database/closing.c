/* closing.c -- fibers that are cancelled while what they used is given back, which has no status to tell that by: it
 * goes on to its end, its connection stays good, and the wait behind it tells. What programs with coroutines of their
 * own may leave out.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include "orm/async_poll.h"

#include <stdio.h>
#include <unistd.h>

enum { SECOND = 1000000 };

static orm_async *async;
static orm_engine *fibers; /* its engine: a single connection */
static orm_waiter inner;   /* of `async`, behind ours */
static int silence[2];     /* a pipe that nobody writes to */
static bool deaf;          /* what the server answers is not heard */

typedef struct closer {
    const struct closing *kind;
    orm_fiber *fiber;
    bool cancels_itself, hears_nothing, closes, closed;
    orm_session *session;
    orm_connection *connection;
    orm_stream *stream;
    orm_status told, again; /* by the two waits behind */
} closer;

static orm_status wait_or_hear_nothing(void *token, int descriptor, int events, int64_t deadline, void *user)
{
    return deaf && token ? orm_async_wait(async, silence[0], ORM_WAIT_READ, deadline)
                         : inner.wait(token, descriptor, events, deadline, user);
}

static void open_fibers(orm_hooks hooks, bool shields)
{
    ok(orm_async_poll_open(NULL, &async, &error));
    ck_assert_int_eq(pipe(silence), 0);
    deaf = false;
    inner = orm_async_waiter(async);
    orm_engine_options options = {.pool_size = 1, .max_overflow = -1, .hooks = hooks, .waiter = inner};
    char *url;
    ok(orm_engine_options_from_env("ORM_TEST_", NULL, &options, &url, &error));
    free(url);
    options.waiter.wait = wait_or_hear_nothing;
    if (!shields)
        options.waiter.shield = NULL;
    ok(orm_engine_open(test_url(), &options, &fibers, &error));
}

static void close_fibers(void)
{
    ck_assert_uint_eq(orm_engine_pool(fibers).in_use, 0);
    orm_engine_close(fibers);
    orm_async_close(async);
    close(silence[0]);
    close(silence[1]);
}

/* --- what is closed ---------------------------------------------------------------------------------------------- */

static const blog_author_values somebody = {.email = "some@body.org", .name = "Somebody"};

static void open_writing_session(closer *me)
{
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &me->session, NULL));
    ok(blog_author_add(me->session, &somebody, NULL));
    ok(orm_session_flush(me->session));
}

static void close_session(closer *me)
{
    orm_session_close(me->session);
}

static void open_writing_connection(closer *me)
{
    blog_author row;
    orm_result *result;
    ok(orm_connection_open(fibers, &me->connection, NULL));
    ok(orm_connection_begin(me->connection));
    ok(blog_author_insert(me->connection, &somebody, &row, &result));
    orm_result_free(result);
}

static void close_connection(closer *me)
{
    orm_connection_close(me->connection);
}

static void open_reading_stream(closer *me)
{
    const blog_author *author;
    open_writing_session(me);
    ok(blog_author_stream(me->session, NULL, &me->stream));
    ok(blog_author_next(me->stream, &author));
}

static void close_stream(closer *me)
{
    orm_stream_close(me->stream);
}

/* The session goes on as if nothing had been. */
static void roll_back_session(closer *me)
{
    size_t count;
    ok(blog_author_count(me->session, NULL, &count));
    ck_assert_uint_eq(count, 1);
    ok(orm_session_rollback(me->session));
    orm_session_close(me->session);
}

static void nothing_more(closer *me)
{
    (void)me;
}

static const struct closing {
    void (*open)(closer *me);
    void (*close)(closer *me);
    void (*go_on)(closer *me);
} closings[] = {
    {open_writing_session, close_session, nothing_more},
    {open_writing_connection, close_connection, nothing_more},
    {open_reading_stream, close_stream, roll_back_session},
};
enum { CLOSINGS = sizeof closings / sizeof *closings };

/* --- the fibers -------------------------------------------------------------------------------------------------- */

static orm_status close_it(orm_async *a, void *argument)
{
    closer *me = argument;
    me->kind->open(me);
    me->closes = true;
    deaf = me->hears_nothing;
    if (me->cancels_itself)
        orm_async_cancel(a, me->fiber);
    me->kind->close(me);
    me->closed = true;
    me->told = orm_async_sleep(a, 0);
    me->again = orm_async_sleep(a, 0);
    deaf = false;
    me->kind->go_on(me);
    return ORM_OK;
}

/* In the turn in which the other one begins to wait for the answer. */
static orm_status cancel_it(orm_async *a, void *argument)
{
    closer *other = argument;
    while (!other->closes)
        ok(orm_async_sleep(a, 0));
    ck_assert(!other->closed);
    orm_async_cancel(a, other->fiber);
    orm_async_cancel(a, other->fiber); /* once is told */
    return ORM_OK;
}

static void close_and_cancel(closer *me)
{
    ok(orm_async_spawn(async, close_it, me, &me->fiber));
    if (!me->cancels_itself)
        ok(orm_async_spawn(async, cancel_it, me, NULL));
    ok(orm_async_join(async, me->fiber));
    ok(orm_async_run(async));
}

static void expect_no_authors(void)
{
    size_t count;
    orm_session *other;
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &other, NULL));
    ok(blog_author_count(other, NULL, &count));
    ck_assert_uint_eq(count, 0);
    orm_session_close(other);
}

/* --- the tests --------------------------------------------------------------------------------------------------- */

START_TEST(a_cancel_during_a_close_is_told_by_the_wait_behind_it)
{
    closer me = {.kind = &closings[_i % CLOSINGS], .cancels_itself = _i < CLOSINGS};
    if (!me.cancels_itself && on_sqlite())
        return; /* which waits for nobody in it */
    open_fibers((orm_hooks){0}, true);
    close_and_cancel(&me);
    expect_status(ORM_CANCELLED, me.told);
    expect_status(ORM_OK, me.again);
    expect_no_authors();
    ck_assert_uint_eq(orm_engine_pool(fibers).opened_ever, 1);
    close_fibers();
}
END_TEST

START_TEST(a_server_that_does_not_answer_keeps_a_cancelled_close_for_seconds_only)
{
    closer me = {.kind = &closings[0], .hears_nothing = true};
    if (on_sqlite())
        return;
    open_fibers((orm_hooks){0}, true);
    int64_t begin = orm_async_deadline(0);
    close_and_cancel(&me);
    ck_assert_int_lt(orm_async_deadline(0) - begin, 10 * (int64_t)SECOND);
    expect_status(ORM_CANCELLED, me.told);
    expect_status(ORM_OK, me.again);
    expect_no_authors();
    ck_assert_uint_eq(orm_engine_pool(fibers).opened_ever, 2);
    close_fibers();
}
END_TEST

START_TEST(a_waiter_without_a_shield_loses_the_connection_as_by_any_cancel)
{
    closer me = {.kind = &closings[_i], .cancels_itself = true};
    if (on_sqlite())
        return;
    open_fibers((orm_hooks){0}, false);
    close_and_cancel(&me);
    expect_status(ORM_OK, me.told);
    expect_no_authors();
    ck_assert_uint_eq(orm_engine_pool(fibers).opened_ever, 2);
    close_fibers();
}
END_TEST

static closer committer;

/* Between the COMMIT and the ROLLBACK behind it. */
static void cancel_behind(const char *verb, orm_status status, void *user)
{
    (void)user;
    if (status && strcmp(verb, "COMMIT") == 0)
        orm_async_cancel(async, committer.fiber);
}

static orm_status commit_in_vain(orm_async *a, void *argument)
{
    closer *me = argument;
    ok(orm_connection_open(fibers, &me->connection, NULL));
    ok(orm_connection_begin(me->connection));
    ok(orm_connection_execute(me->connection, "INSERT INTO crates (code) VALUES ('x')", NULL, NULL));
    ok(orm_connection_execute(me->connection, "SELECT 1", NULL, NULL));
    orm_status status = orm_connection_commit(me->connection);
    me->told = orm_async_sleep(a, 0);
    orm_connection_close(me->connection);
    return status;
}

START_TEST(a_cancel_behind_a_commit_that_was_refused_is_told_by_the_next_wait)
{
    if (on_sqlite())
        return;
    run_sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN RAISE EXCEPTION USING ERRCODE = ''23514''; END'");
    run_sql("CREATE CONSTRAINT TRIGGER refuses AFTER INSERT ON crates DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION refuse()");
    open_fibers((orm_hooks){.transaction = cancel_behind}, true);
    ok(orm_async_spawn(async, commit_in_vain, &committer, &committer.fiber));
    orm_status status = orm_async_join(async, committer.fiber);
    run_sql("DROP TRIGGER refuses ON crates");
    run_sql("DROP FUNCTION refuse");
    expect_status(ORM_CONSTRAINT, status);
    expect_status(ORM_CANCELLED, committer.told);
    expect_no_authors();
    ck_assert_uint_eq(orm_engine_pool(fibers).opened_ever, 1);
    close_fibers();
}
END_TEST

Suite *suite_closing(void)
{
    Suite *suite = suite_create("closing");
    TCase *tests = new_case(suite, "closing");
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, a_cancel_during_a_close_is_told_by_the_wait_behind_it, 0, 2 * CLOSINGS);
    tcase_add_test(tests, a_server_that_does_not_answer_keeps_a_cancelled_close_for_seconds_only);
    tcase_add_loop_test(tests, a_waiter_without_a_shield_loses_the_connection_as_by_any_cancel, 0, CLOSINGS - 1);
    tcase_add_test(tests, a_cancel_behind_a_commit_that_was_refused_is_told_by_the_next_wait);
    return suite;
}
