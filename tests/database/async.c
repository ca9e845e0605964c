/* async.c -- sessions on fibers: many over few connections, each with its own rows, errors and fate.
 * SPDX-License-Identifier: MIT */
#include "orm/async_uv.h" /* first: its functions have names of ours */

#include "harness.h"

#include "orm/async_poll.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

enum { POLL, LIBUV, ADAPTERS }; /* each test runs on each */
enum { MANY = 200, MILLISECOND = 1000, SECOND = 1000000 };

static orm_async *async;
static orm_engine *fibers; /* its engine: 5 connections */
static char order[256];    /* who did what, in order */

typedef struct worker {
    int number;
    orm_status status;
    orm_fiber *fiber;
    bool done;
} worker;

static worker workers[MANY];

static void open_fibers(int adapter, const orm_async_options *options, int timeout)
{
    ok(adapter == POLL ? orm_async_poll_open(options, &async, &error)
                       : orm_async_uv_open(uv_default_loop(), options, &async, &error));
    orm_engine_options engine_options = {
        .pool_size = 5, .max_overflow = -1, .pool_timeout = timeout, .waiter = orm_async_waiter(async)};
    char *url; /* the same that test_url gives */
    ok(orm_engine_options_from_env("ORM_TEST_", NULL, &engine_options, &url, &error));
    free(url);
    ok(orm_engine_open(test_url(), &engine_options, &fibers, &error));
    order[0] = '\0';
}

static void close_fibers(void)
{
    ck_assert_uint_eq(orm_engine_pool(fibers).in_use, 0);
    ck_assert_uint_eq(orm_async_count(async).running, 0);
    orm_engine_close(fibers);
    orm_async_close(async);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(uv_default_loop()), 0);
}

static void note(const char *format, int number)
{
    size_t length = strlen(order);
    snprintf(order + length, sizeof order - length, format, number);
}

static int64_t now(void)
{
    return orm_async_deadline(0);
}

static void spawn_workers(orm_async_function function, int count)
{
    for (int i = 0; i < count; i++) {
        workers[i] = (worker){.number = i};
        ok(orm_async_spawn(async, function, &workers[i], &workers[i].fiber));
    }
}

/* What each has returned goes into its status. */
static void join_workers(int count)
{
    for (int i = 0; i < count; i++)
        workers[i].status = orm_async_join(async, workers[i].fiber);
}

/* --- rows --- */

static orm_status write_and_read(orm_async *a, void *argument)
{
    const worker *me = argument;
    char name[32], email[32];
    orm_session *mine;
    snprintf(name, sizeof name, "Author %d", me->number);
    snprintf(email, sizeof email, "%d@example.org", me->number);
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    const blog_author *author, *again;
    orm_status status = blog_author_add(mine, &(blog_author_values){.email = email, .name = name}, &author);
    if (!status)
        status = orm_session_flush(mine);
    if (!status)
        status = orm_async_sleep(a, me->number % 3 * MILLISECOND); /* in the middle of its transaction */
    if (!status)
        status = orm_session_commit(mine);
    int64_t id = status ? 0 : author->id;
    if (!status)
        orm_session_clear(mine);
    if (!status)
        status = blog_author_get(mine, id, &again);
    if (!status)
        ck_assert_str_eq(again->name, name);
    orm_session_close(mine);
    return status;
}

START_TEST(hundreds_of_sessions_share_five_connections)
{
    size_t count;
    open_fibers(_i, NULL, 0);
    spawn_workers(write_and_read, MANY);
    ok(orm_async_run(async));
    join_workers(MANY);
    for (int i = 0; i < MANY; i++)
        expect_status(ORM_OK, workers[i].status);
    ck_assert_uint_le(orm_engine_pool(fibers).opened_ever, 5);
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, MANY);
    close_fibers();
}
END_TEST

static orm_status refuse_the_odd(orm_async *a, void *argument)
{
    worker *me = argument;
    char email[32];
    orm_session *mine;
    snprintf(email, sizeof email, "%d@example.org", me->number / 2 * 2); /* the odd ones' is taken */
    while (me->number % 2 && !workers[me->number - 1].done)
        ok(orm_async_sleep(a, MILLISECOND));
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    ok(blog_author_add(mine, &(blog_author_values){.email = email, .name = "x"}, NULL));
    orm_status status = orm_session_commit(mine);
    if (status && me->number % 2) {
        ck_assert_str_eq(orm_session_error(mine)->sqlstate, "23505");
        ok(orm_session_rollback(mine));
    }
    orm_session_close(mine);
    me->done = true;
    return status;
}

START_TEST(an_error_stays_with_its_fiber)
{
    size_t count;
    open_fibers(_i, NULL, 0);
    spawn_workers(refuse_the_odd, 20);
    join_workers(20);
    for (int i = 0; i < 20; i++)
        expect_status(i % 2 ? ORM_CONSTRAINT : ORM_OK, workers[i].status);
    ok(blog_author_count(s, NULL, &count));
    ck_assert_uint_eq(count, 10);
    close_fibers();
}
END_TEST

/* --- the time --- */

static orm_status sleep_by_number(orm_async *a, void *argument)
{
    const worker *me = argument;
    ok(orm_async_sleep(a, (5 - me->number) * 20 * MILLISECOND));
    note("%d ", me->number);
    return ORM_OK;
}

START_TEST(sleepers_wake_in_the_order_of_their_deadlines)
{
    open_fibers(_i, NULL, 0);
    int64_t begin = now();
    spawn_workers(sleep_by_number, 5);
    ok(orm_async_run(async));
    int64_t took = now() - begin;
    ck_assert_str_eq(order, "4 3 2 1 0 ");
    ck_assert_int_ge(took, 100 * MILLISECOND);
    ck_assert_int_lt(took, 300 * MILLISECOND); /* not the sum of all */
    join_workers(5);
    close_fibers();
}
END_TEST

static orm_status take_turns(orm_async *a, void *argument)
{
    const worker *me = argument;
    for (int i = 0; i < 3; i++) {
        note("%d ", me->number);
        ok(orm_async_sleep(a, 0));
    }
    return ORM_OK;
}

START_TEST(a_sleep_of_nothing_lets_others_run)
{
    open_fibers(_i, NULL, 0);
    spawn_workers(take_turns, 2);
    ok(orm_async_run(async));
    ck_assert_str_eq(order, "0 1 0 1 0 1 ");
    join_workers(2);
    close_fibers();
}
END_TEST

START_TEST(a_limit_keeps_the_others_from_beginning)
{
    open_fibers(_i, &(orm_async_options){.limit = 2}, 0);
    spawn_workers(take_turns, 4);
    ck_assert_uint_eq(orm_async_count(async).waiting, 4);
    ok(orm_async_join(async, workers[0].fiber));
    ck_assert_uint_le(orm_async_count(async).running, 2);
    for (int i = 1; i < 4; i++)
        ok(orm_async_join(async, workers[i].fiber));
    ck_assert_str_eq(order, "0 1 0 1 0 1 2 3 2 3 2 3 ");
    close_fibers();
}
END_TEST

/* --- joining and cancelling --- */

static orm_status join_another(orm_async *a, void *argument)
{
    orm_fiber *inner;
    worker one = {.number = 4};
    (void)argument;
    ok(orm_async_spawn(a, sleep_by_number, &one, &inner));
    ok(orm_async_join(a, inner));
    note("joined %d", one.number);
    return ORM_STALE;
}

START_TEST(a_fiber_joins_one_that_it_made)
{
    orm_fiber *outer;
    open_fibers(_i, NULL, 0);
    ok(orm_async_spawn(async, join_another, NULL, &outer));
    expect_status(ORM_STALE, orm_async_join(async, outer));
    ck_assert_str_eq(order, "4 joined 4");
    ok(orm_async_join(async, NULL));
    close_fibers();
}
END_TEST

static orm_status hold_a_connection(orm_async *a, void *argument);

static orm_status sleep_long(orm_async *a, void *argument)
{
    (void)argument;
    orm_status status = orm_async_sleep(a, 60 * (int64_t)SECOND);
    ok(orm_async_sleep(a, MILLISECOND)); /* cancelled once only */
    return status;
}

START_TEST(a_cancelled_sleep_tells_so_once)
{
    open_fibers(_i, &(orm_async_options){.limit = 1}, 0);
    spawn_workers(sleep_long, 2);
    ok(orm_async_sleep(async, MILLISECOND)); /* outside: blocks the loop, so none has begun */
    orm_async_turn(async);
    orm_async_cancel(async, workers[0].fiber);
    orm_async_cancel(async, workers[1].fiber); /* which never begins */
    join_workers(2);
    expect_status(ORM_CANCELLED, workers[0].status);
    expect_status(ORM_CANCELLED, workers[1].status);
    close_fibers();
}
END_TEST

static orm_status cancel_the_next(orm_async *a, void *argument)
{
    const worker *me = argument;
    orm_async_cancel(a, workers[me->number + 1].fiber);
    orm_async_cancel(a, me->fiber);
    expect_status(ORM_CANCELLED, orm_async_sleep(a, MILLISECOND)); /* oneself, once */
    return orm_async_sleep(a, MILLISECOND);
}

static orm_status never(orm_async *a, void *argument)
{
    (void)a, (void)argument;
    ck_abort_msg("it was cancelled before it began");
    return ORM_OK;
}

START_TEST(one_that_is_cancelled_before_its_first_line_never_begins)
{
    open_fibers(_i, NULL, 0);
    spawn_workers(cancel_the_next, 1);
    workers[1] = (worker){.number = 1};
    ok(orm_async_spawn(async, never, &workers[1], &workers[1].fiber)); /* has its stack by then */
    join_workers(2);
    expect_status(ORM_OK, workers[0].status);
    expect_status(ORM_CANCELLED, workers[1].status);
    close_fibers();
}
END_TEST

static orm_status join_the_first(orm_async *a, void *argument)
{
    (void)argument;
    return orm_async_join(a, workers[0].fiber);
}

static orm_status join_oneself(orm_async *a, void *argument)
{
    const worker *me = argument;
    ok(orm_async_sleep(a, 10 * MILLISECOND));
    expect_status(ORM_MISUSE, orm_async_run(a));
    return orm_async_join(a, me->fiber);
}

START_TEST(a_fiber_is_joined_by_one_alone)
{
    orm_fiber *second, *third;
    open_fibers(_i, NULL, 0);
    spawn_workers(join_oneself, 1);
    ok(orm_async_spawn(async, join_the_first, NULL, &second));
    expect_status(ORM_MISUSE, orm_async_join(async, workers[0].fiber)); /* by itself, while we join it */
    expect_status(ORM_MISUSE, orm_async_join(async, second));           /* which came second */
    spawn_workers(join_oneself, 1);
    ok(orm_async_spawn(async, join_the_first, NULL, &second));
    ok(orm_async_spawn(async, join_the_first, NULL, &third));
    expect_status(ORM_MISUSE, orm_async_join(async, second)); /* what it returned */
    expect_status(ORM_MISUSE, orm_async_join(async, third));
    close_fibers();
}
END_TEST

static orm_status sleep_for_ever(orm_async *a, void *argument)
{
    (void)argument;
    ok(orm_async_sleep(a, -SECOND));
    ok(orm_async_sleep(a, INT64_MIN));
    return orm_async_sleep(a, INT64_MAX);
}

static orm_status join_a_child(orm_async *a, void *argument)
{
    intptr_t depth = (intptr_t)argument;
    orm_fiber *child;
    if (depth == 0)
        return ORM_DONE;
    ok(orm_async_spawn(a, join_a_child, (void *)(depth - 1), &child));
    return orm_async_join(a, child);
}

START_TEST(those_who_join_keep_nobody_from_beginning)
{
    orm_fiber *first, *second;
    open_fibers(_i, &(orm_async_options){.limit = 1}, 0);
    ok(orm_async_spawn(async, join_a_child, (void *)(intptr_t)5, &first));
    ok(orm_async_spawn(async, join_a_child, (void *)(intptr_t)5, &second));
    expect_status(ORM_DONE, orm_async_join(async, first));
    expect_status(ORM_DONE, orm_async_join(async, second));
    close_fibers();
}
END_TEST

START_TEST(a_sleep_may_be_of_any_length)
{
    open_fibers(_i, NULL, 0);
    ck_assert_int_eq(orm_async_deadline(INT64_MAX), INT64_MAX);
    ck_assert_int_gt(orm_async_deadline(INT64_MIN), 0);
    ck_assert_int_gt(orm_async_deadline(-orm_async_deadline(0)), 0); /* 0 would be no deadline */
    spawn_workers(sleep_for_ever, 1);
    for (int i = 0; i < 5; i++)
        orm_async_turn(async);
    orm_async_cancel(async, workers[0].fiber);
    join_workers(1);
    expect_status(ORM_CANCELLED, workers[0].status);
    close_fibers();
}
END_TEST

static int lent_for_hooks;

static void count_lent(orm_connection *connection, void *user)
{
    (void)connection;
    lent_for_hooks += *(const int *)user;
}

static void count_back(orm_connection *connection, void *user)
{
    (void)connection;
    lent_for_hooks -= *(const int *)user;
}

static orm_status hold_and_cancel(orm_async *a, void *argument)
{
    orm_connection *held;
    (void)argument;
    ok(orm_connection_open(fibers, &held, NULL));
    ok(orm_async_sleep(a, 10 * MILLISECOND));
    orm_connection_close(held); /* handed to the next, who is cancelled before he runs */
    orm_async_cancel(a, workers[1].fiber);
    return ORM_OK;
}

START_TEST(a_connection_that_a_cancelled_fiber_declines_was_never_lent)
{
    static int one = 1;
    open_fibers(_i, NULL, 0);
    orm_engine_close(fibers);
    orm_engine_options options = test_options();
    options.pool_size = 1;
    options.max_overflow = -1;
    options.waiter = orm_async_waiter(async);
    options.hooks = (orm_hooks){.checkout = count_lent, .checkin = count_back, .user = &one};
    ok(orm_engine_open(test_url(), &options, &fibers, &error));
    spawn_workers(hold_and_cancel, 1);
    workers[1] = workers[2] = (worker){.number = 1};
    for (int i = 1; i < 3; i++)
        ok(orm_async_spawn(async, hold_a_connection, &workers[i], &workers[i].fiber));
    join_workers(3);
    expect_status(ORM_CANCELLED, workers[1].status);
    expect_status(ORM_OK, workers[2].status); /* to whom it went then */
    ck_assert_int_eq(lent_for_hooks, 0);
    close_fibers();
}
END_TEST

static orm_status commit_slowly(orm_async *a, void *argument)
{
    worker *me = argument;
    orm_connection *mine;
    (void)a;
    ok(orm_connection_open(fibers, &mine, NULL));
    ok(orm_connection_begin(mine));
    ok(orm_connection_execute(mine, "INSERT INTO crates (code) VALUES ('slow')", NULL, NULL));
    me->done = true;
    orm_status status = orm_connection_commit(mine);
    orm_connection_close(mine);
    return status;
}

static orm_status fail_to_serialize(orm_session *session, void *tries)
{
    (void)session;
    ++*(int *)tries;
    return ORM_SERIALIZATION;
}

static orm_status try_long(orm_async *a, void *argument)
{
    int tries = 0;
    const orm_transaction_options options = {.first_wait = 60 * 60 * 1000};
    (void)a, (void)argument;
    orm_status status = orm_transaction(&(orm_session_factory){.engine = fibers}, fail_to_serialize, &tries, &options,
                                        &error);
    ck_assert_int_eq(tries, 1);
    return status;
}

START_TEST(a_transaction_that_waits_for_its_next_attempt_can_be_cancelled)
{
    open_fibers(_i, NULL, 0);
    spawn_workers(try_long, 1);
    orm_async_turn(async);
    orm_async_cancel(async, workers[0].fiber);
    join_workers(1);
    expect_status(ORM_CANCELLED, workers[0].status);
    ck_assert_int_eq(error.status, ORM_CANCELLED);
    close_fibers();
}
END_TEST

static orm_status cancel_the_commit(orm_async *a, void *argument)
{
    (void)argument;
    while (!workers[0].done)
        ok(orm_async_sleep(a, MILLISECOND));
    ok(orm_async_sleep(a, 20 * MILLISECOND));
    orm_async_cancel(a, workers[0].fiber);
    return ORM_OK;
}

START_TEST(a_commit_that_is_cancelled_is_in_doubt)
{
    if (on_sqlite())
        return; /* which waits for nobody in it */
    run_sql(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.2); RETURN NULL; END'");
    run_sql("CREATE CONSTRAINT TRIGGER dawdles AFTER INSERT ON crates DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION dawdle()");
    open_fibers(_i, NULL, 0);
    spawn_workers(commit_slowly, 1);
    ok(orm_async_spawn(async, cancel_the_commit, NULL, NULL));
    join_workers(1);
    ok(orm_async_run(async));
    run_sql("DROP TRIGGER dawdles ON crates");
    run_sql("DROP FUNCTION dawdle");
    expect_status(ORM_IN_DOUBT, workers[0].status);
    close_fibers();
}
END_TEST

static orm_status hold_a_connection(orm_async *a, void *argument)
{
    worker *me = argument;
    orm_connection *held;
    orm_status status = orm_connection_open(fibers, &held, NULL);
    if (status)
        return status;
    me->done = true;
    status = orm_async_sleep(a, 50 * MILLISECOND);
    orm_connection_close(held);
    return status;
}

static orm_status cancel_the_seventh(orm_async *a, void *argument)
{
    (void)argument;
    while (!workers[4].done)
        ok(orm_async_sleep(a, 0));
    orm_async_cancel(a, workers[6].fiber);
    return ORM_OK;
}

START_TEST(a_fiber_that_waits_for_a_connection_can_be_cancelled)
{
    open_fibers(_i, NULL, 0);
    spawn_workers(hold_a_connection, 8);
    ok(orm_async_spawn(async, cancel_the_seventh, NULL, NULL));
    join_workers(8);
    for (int i = 0; i < 8; i++)
        expect_status(i == 6 ? ORM_CANCELLED : ORM_OK, workers[i].status);
    ok(orm_async_run(async));
    close_fibers();
}
END_TEST

START_TEST(a_fiber_waits_for_a_connection_no_longer_than_the_pool_allows)
{
    open_fibers(_i, NULL, -1);
    spawn_workers(hold_a_connection, 6);
    join_workers(6);
    for (int i = 0; i < 6; i++)
        expect_status(i == 5 ? ORM_TIMEOUT : ORM_OK, workers[i].status);
    close_fibers();
}
END_TEST

static orm_status run_long(orm_async *a, void *argument)
{
    worker *me = argument;
    orm_connection *mine;
    (void)a;
    ok(orm_connection_open(fibers, &mine, NULL));
    me->done = true;
    orm_status status = orm_connection_execute(
        mine,
        on_sqlite() ? "INSERT INTO authors (email, name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                      "FROM n WHERE i < 100000000) SELECT 'a', 'b' FROM n WHERE i < 0"
                    : "DO $$ BEGIN PERFORM pg_sleep(60); END $$",
        NULL, NULL);
    orm_connection_close(mine);
    return status;
}

START_TEST(a_statement_lets_others_run_and_can_be_cancelled)
{
    open_fibers(_i, NULL, 0);
    int64_t begin = now();
    spawn_workers(run_long, 1);
    for (int i = 1; i < 6; i++) {
        workers[i] = (worker){.number = i - 1};
        ok(orm_async_spawn(async, sleep_by_number, &workers[i], &workers[i].fiber));
    }
    for (int i = 1; i < 6; i++)
        ok(orm_async_join(async, workers[i].fiber));
    ck_assert_str_eq(order, "4 3 2 1 0 ");
    ck_assert(workers[0].done);
    orm_async_cancel(async, workers[0].fiber);
    expect_status(ORM_CANCELLED, orm_async_join(async, workers[0].fiber));
    ck_assert_int_lt(now() - begin, 10 * (int64_t)SECOND);
    spawn_workers(write_and_read, 20);
    join_workers(20);
    for (int i = 0; i < 20; i++)
        expect_status(ORM_OK, workers[i].status);
    close_fibers();
}
END_TEST

/* --- locks, faults, threads --- */

static orm_status end_one(orm_async *a, void *argument)
{
    worker *me = argument;
    orm_connection *mine;
    (void)a;
    ok(orm_connection_open(fibers, &mine, NULL));
    orm_status status = orm_connection_execute(
        mine, me->number == 3 ? "SELECT pg_terminate_backend(pg_backend_pid())" : "SELECT pg_sleep(0.05)", NULL, NULL);
    orm_connection_close(mine);
    return status;
}

START_TEST(a_killed_backend_fails_its_own_fiber_alone)
{
    if (on_sqlite())
        return;
    open_fibers(_i, NULL, 0);
    spawn_workers(end_one, 20);
    join_workers(20);
    for (int i = 0; i < 20; i++)
        expect_status(i == 3 ? ORM_DISCONNECTED : ORM_OK, workers[i].status);
    close_fibers();
}
END_TEST

static void *close_later(void *held)
{
    nanosleep(&(struct timespec){.tv_nsec = 30 * MILLISECOND * 1000}, NULL);
    orm_connection_close(held);
    return NULL;
}

START_TEST(a_connection_that_another_thread_gives_back_wakes_its_waiter)
{
    orm_connection *held[5];
    pthread_t thread;
    open_fibers(_i, NULL, 0);
    for (int i = 0; i < 5; i++)
        ok(orm_connection_open(fibers, &held[i], &error));
    spawn_workers(hold_a_connection, 1);
    ck_assert_int_eq(pthread_create(&thread, NULL, close_later, held[0]), 0);
    int64_t begin = now();
    join_workers(1);
    ck_assert_int_ge(now() - begin, 70 * MILLISECOND);
    expect_status(ORM_OK, workers[0].status);
    pthread_join(thread, NULL);
    for (int i = 1; i < 5; i++)
        orm_connection_close(held[i]);
    close_fibers();
}
END_TEST

/* --- descriptors of the program's own --- */

static int ends[2];

static orm_status read_a_byte(orm_async *a, void *argument)
{
    char byte;
    (void)argument;
    expect_status(ORM_TIMEOUT, orm_async_wait(a, ends[0], ORM_WAIT_READ, orm_async_deadline(5 * MILLISECOND)));
    note("timeout ", 0);
    ok(orm_async_wait(a, ends[0], ORM_WAIT_READ, 0));
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    note("read %d", byte);
    return ORM_OK;
}

static orm_status write_a_byte(orm_async *a, void *argument)
{
    (void)argument;
    ok(orm_async_sleep(a, 30 * MILLISECOND));
    ok(orm_async_wait(a, ends[1], ORM_WAIT_WRITE, 0));
    ck_assert_int_eq(write(ends[1], "\7", 1), 1);
    return ORM_OK;
}

START_TEST(a_fiber_waits_for_descriptors_of_its_own)
{
    open_fibers(_i, NULL, 0);
    ck_assert_int_eq(pipe(ends), 0);
    ok(orm_async_spawn(async, read_a_byte, NULL, NULL));
    ok(orm_async_spawn(async, write_a_byte, NULL, NULL));
    ok(orm_async_run(async));
    ck_assert_str_eq(order, "timeout read 7");
    close(ends[0]);
    close(ends[1]);
    close_fibers();
}
END_TEST

START_TEST(the_program_may_run_libuv_itself)
{
    open_fibers(LIBUV, NULL, 0);
    spawn_workers(write_and_read, 20);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT); /* until nothing is left to do, though connections stay open */
    ck_assert_uint_eq(orm_async_count(async).running + orm_async_count(async).waiting, 0);
    join_workers(20);
    for (int i = 0; i < 20; i++)
        expect_status(ORM_OK, workers[i].status);
    close_fibers();
}
END_TEST

START_TEST(what_makes_no_sense_is_misuse)
{
    orm_async *none = async;
    expect_status(ORM_MISUSE, orm_async_open(&(orm_async_loop){0}, NULL, &none, &error));
    ck_assert_ptr_null(none);
    expect_status(ORM_MISUSE, orm_async_poll_open(NULL, NULL, &error));
    open_fibers(_i, NULL, 0);
    expect_status(ORM_MISUSE, orm_async_spawn(async, NULL, NULL, NULL));
    close_fibers();
    orm_async_close(NULL);
}
END_TEST

/* --- an adapter --- */

static pthread_t loops;
static int watched, woken;

static orm_status watch_nothing(int descriptor, orm_async_watch *watch, void **token, void *user)
{
    (void)descriptor, (void)watch, (void)user;
    *token = &watched;
    watched++;
    return ORM_OK;
}

static orm_status want_nothing(void *token, int events, void *user)
{
    (void)token, (void)events, (void)user;
    return ORM_OK;
}

static void unwatch_nothing(void *token, void *user)
{
    (void)token, (void)user;
    ck_assert_msg(pthread_equal(loops, pthread_self()), "on a thread that is not the loop's");
    watched--;
}

static void no_timer(int64_t deadline, void *user)
{
    (void)deadline, (void)user;
}

static void count_wake(void *user)
{
    (void)user;
    woken++;
}

static orm_status no_turn(void *user)
{
    (void)user;
    return ORM_MISUSE;
}

static void *leave_it(void *token)
{
    const orm_waiter waiter = orm_async_waiter(async);
    waiter.unwatch(token, 0, waiter.user);
    return NULL;
}

START_TEST(a_descriptor_that_another_thread_closes_is_unwatched_on_that_of_the_loop)
{
    static const orm_async_loop loop = {watch_nothing, want_nothing, unwatch_nothing, no_timer, count_wake, no_turn,
                                        NULL,          NULL};
    loops = pthread_self();
    ok(orm_async_open(&loop, NULL, &async, &error));
    const orm_waiter waiter = orm_async_waiter(async);
    for (int i = 0; i < 3; i++) { /* then the next turn, the next descriptor, the end */
        pthread_t thread;
        void *token;
        ok(waiter.watch(0, &token, waiter.user));
        ck_assert_int_eq(watched, 1);
        ck_assert_int_eq(pthread_create(&thread, NULL, leave_it, token), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert_int_eq(woken, i + 1);
        if (i == 0)
            orm_async_turn(async);
        ck_assert_int_eq(watched, i > 0);
    }
    orm_async_close(async);
    ck_assert_int_eq(watched, 0);
}
END_TEST

/* --- stacks --- */

enum { FIBERS = 8, MOST_RESIDENT = 16 /* KiB */ };

static void *on_stack[FIBERS];

static orm_status stand_deep(orm_async *a, void *argument)
{
    static orm_problems problems;
    worker *me = argument;
    orm_session *mine;
    const blog_author *author;
    on_stack[me->number] = &mine;
    expect_status(ORM_INVALID, blog_author_validate(&(blog_author_values){.email = "not one", .name = "x"}, &problems));
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    char email[32];
    snprintf(email, sizeof email, "%d@example.org", me->number);
    ok(blog_author_add(mine, &(blog_author_values){.email = email, .name = "x"}, &author));
    orm_status status = orm_session_flush(mine); /* connects, but for the first */
    me->done = true;
    ok(orm_async_sleep(a, 500 * MILLISECOND));
    orm_session_close(mine);
    return status;
}

/* KiB of the mapping that a place is in. */
static long resident_at(const void *place)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512];
    unsigned long first, last, wanted = (unsigned long)(uintptr_t)place;
    long resident = -1;
    bool here = false;
    ck_assert_ptr_nonnull(maps);
    while (resident < 0 && fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%lx-%lx", &first, &last) == 2)
            here = first <= wanted && wanted < last;
        else if (here && strncmp(line, "Rss:", 4) == 0)
            resident = strtol(line + 4, NULL, 10);
    }
    fclose(maps);
    return resident;
}

static orm_status measure(orm_async *a, void *argument)
{
    int count = *(const int *)argument;
    for (int i = 0; i < count; i++)
        while (!workers[i].done)
            ok(orm_async_sleep(a, MILLISECOND));
    for (int i = 0; i < count; i++) {
        long resident = resident_at(on_stack[i]);
        ck_assert_msg(resident > 0 && resident <= MOST_RESIDENT, "fiber %d keeps %ld KiB", i, resident);
    }
    return ORM_OK;
}

START_TEST(a_fiber_keeps_few_pages_after_a_connect_and_a_pattern)
{
#ifdef SANITIZED
    printf("skipped: frames are larger under sanitizers\n");
    return;
#endif
    open_fibers(_i, NULL, 0);
    int count = on_sqlite() ? 1 : 5; /* SQLite has one writer */
    spawn_workers(stand_deep, count);
    ok(orm_async_spawn(async, measure, &count, NULL));
    ok(orm_async_run(async));
    join_workers(count);
    close_fibers();
}
END_TEST

Suite *suite_async(void)
{
    Suite *suite = suite_create("async");
    TCase *rows = new_case(suite, "rows");
    tcase_add_loop_test(rows, hundreds_of_sessions_share_five_connections, POLL, ADAPTERS);
    tcase_add_loop_test(rows, an_error_stays_with_its_fiber, POLL, ADAPTERS);
    TCase *times = new_case(suite, "times");
    tcase_add_loop_test(times, sleepers_wake_in_the_order_of_their_deadlines, POLL, ADAPTERS);
    tcase_add_loop_test(times, a_sleep_of_nothing_lets_others_run, POLL, ADAPTERS);
    tcase_add_loop_test(times, a_sleep_may_be_of_any_length, POLL, ADAPTERS);
    tcase_add_loop_test(times, those_who_join_keep_nobody_from_beginning, POLL, ADAPTERS);
    tcase_add_loop_test(times, a_limit_keeps_the_others_from_beginning, POLL, ADAPTERS);
    TCase *joining = new_case(suite, "joining");
    tcase_add_loop_test(joining, a_fiber_joins_one_that_it_made, POLL, ADAPTERS);
    tcase_add_loop_test(joining, a_cancelled_sleep_tells_so_once, POLL, ADAPTERS);
    tcase_add_loop_test(joining, one_that_is_cancelled_before_its_first_line_never_begins, POLL, ADAPTERS);
    tcase_add_loop_test(joining, a_fiber_is_joined_by_one_alone, POLL, ADAPTERS);
    tcase_add_loop_test(joining, a_transaction_that_waits_for_its_next_attempt_can_be_cancelled, POLL, ADAPTERS);
    tcase_add_loop_test(joining, a_commit_that_is_cancelled_is_in_doubt, POLL, ADAPTERS);
    tcase_add_loop_test(joining, a_connection_that_a_cancelled_fiber_declines_was_never_lent, POLL, ADAPTERS);
    tcase_add_loop_test(joining, a_fiber_that_waits_for_a_connection_can_be_cancelled, POLL, ADAPTERS);
    tcase_add_loop_test(joining, a_fiber_waits_for_a_connection_no_longer_than_the_pool_allows, POLL, ADAPTERS);
    tcase_add_loop_test(joining, a_statement_lets_others_run_and_can_be_cancelled, POLL, ADAPTERS);
    TCase *outside = new_case(suite, "outside");
    tcase_add_loop_test(outside, a_killed_backend_fails_its_own_fiber_alone, POLL, ADAPTERS);
    tcase_add_loop_test(outside, a_connection_that_another_thread_gives_back_wakes_its_waiter, POLL, ADAPTERS);
    tcase_add_test(outside, a_descriptor_that_another_thread_closes_is_unwatched_on_that_of_the_loop);
    tcase_add_loop_test(outside, a_fiber_waits_for_descriptors_of_its_own, POLL, ADAPTERS);
    tcase_add_test(outside, the_program_may_run_libuv_itself);
    tcase_add_loop_test(outside, a_fiber_keeps_few_pages_after_a_connect_and_a_pattern, POLL, ADAPTERS);
    tcase_add_loop_test(outside, what_makes_no_sense_is_misuse, POLL, ADAPTERS);
    return suite;
}
