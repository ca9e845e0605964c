/* shared.c -- reads by key of many fibers, which share connections: each gets its own answer, error and fate.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include "orm/async_poll.h"

#include <stdio.h>
#include <time.h>

enum { MANY = 300, AUTHORS = 50, MILLISECOND = 1000, SECOND = 1000000 };

static orm_async *async;
static orm_engine *fibers;
static int opened, lent;    /* connections */
static orm_status refusal;  /* of the hook for new connections */
static char told[MANY][64]; /* the parameters of each statement */
static size_t told_count;
static int64_t ids[AUTHORS];
static size_t most_bytes; /* of a statement */
static bool hook_waits;   /* that of statements, as one that writes to a socket would */

typedef struct worker {
    int number;
    int64_t id;
    char name[32], sqlstate[6];
    orm_status status;
    orm_fiber *fiber;
    bool done;
} worker;

static worker workers[MANY];

static orm_status count_opened(orm_connection *connection, void *user)
{
    (void)connection;
    (void)user;
    opened++;
    return refusal;
}

static void count_lent(orm_connection *connection, void *user)
{
    (void)connection;
    (void)user;
    lent++;
}

static void note_statement(const orm_statement_event *event, void *user)
{
    (void)user;
    ck_assert_ptr_nonnull(event->sql);
    if (event->kind != ORM_STATEMENT_SELECT || told_count == MANY)
        return;
    most_bytes = event->bytes > most_bytes ? event->bytes : most_bytes;
    char *parameters = told[told_count++];
    snprintf(parameters, sizeof *told, "%s", event->parameters);
    if (hook_waits) {
        const orm_status status = event->error ? event->error->status : ORM_OK;
        ok(orm_async_sleep(async, MILLISECOND));
        ck_assert_str_eq(event->parameters, parameters);
        ck_assert_int_eq(event->error ? event->error->status : ORM_OK, status);
    }
}

static void open_fibers(orm_engine_options options)
{
    char *url;
    ok(orm_async_poll_open(NULL, &async, &error));
    options.pool_size = 5;
    options.max_overflow = -1;
    options.waiter = orm_async_waiter(async);
    options.hooks = (orm_hooks){
        .connect = count_opened, .checkout = count_lent, .statement = note_statement, .parameters = true};
    ok(orm_engine_options_from_env("ORM_TEST_", NULL, &options, &url, &error));
    free(url);
    ok(orm_engine_open(test_url(), &options, &fibers, &error));
    opened = lent = 0;
    told_count = 0;
}

static void close_fibers(void)
{
    ck_assert_uint_eq(orm_engine_pool(fibers).in_use, 0);
    orm_engine_close(fibers);
    orm_async_close(async);
}

/* SQLite, or a pooler before PostgreSQL. */
static bool shares(void)
{
    return !on_sqlite() && test_options().prepared == ORM_PREPARED_ON;
}

static void store_authors(void)
{
    blog_author_list list;
    store_blog(AUTHORS, 0);
    ok(blog_author_find(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)}}, &list));
    for (size_t i = 0; i < AUTHORS; i++)
        ids[i] = list.items[i]->id;
    commit_and_forget();
}

static void spawn(orm_async_function function, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        workers[i] = (worker){.number = i, .id = ids[i % AUTHORS]};
        ok(orm_async_spawn(async, function, &workers[i], &workers[i].fiber));
    }
}

static void join_all(int count)
{
    for (int i = 0; i < count; i++)
        workers[i].status = orm_async_join(async, workers[i].fiber);
}

static void expect_row(const worker *one)
{
    char name[32];
    snprintf(name, sizeof name, "a%03d", one->number % AUTHORS);
    ck_assert_msg(one->status == ORM_OK, "%d: %s %s", one->number, orm_status_name(one->status), one->sqlstate);
    ck_assert_str_eq(one->name, name);
}

static orm_status read_one(worker *me, orm_session_factory factory)
{
    orm_session *mine;
    const blog_author *author;
    factory.engine = fibers;
    ok(orm_session_open(&factory, &mine, NULL));
    orm_status status = blog_author_get(mine, me->id, &author);
    if (!status)
        strcpy(me->name, author->name);
    else
        strcpy(me->sqlstate, orm_session_error(mine)->sqlstate);
    if (status > ORM_NOT_FOUND)
        ck_assert_int_eq(orm_session_error(mine)->status, status);
    orm_session_close(mine);
    me->done = true;
    return status;
}

static orm_status read_alone(orm_async *a, void *argument)
{
    (void)a;
    return read_one(argument, (orm_session_factory){0});
}

START_TEST(hundreds_of_fibers_read_by_two_connections_of_their_own)
{
    store_authors();
    open_fibers((orm_engine_options){0});
    spawn(read_alone, 0, MANY);
    join_all(MANY);
    for (int i = 0; i < MANY; i++)
        expect_row(&workers[i]);
    if (shares()) {
        ck_assert_int_eq(opened, 2);
        ck_assert_int_eq(lent, 0); /* nobody took one of the pool's */
    }
    ck_assert_uint_eq(told_count, MANY);
    close_fibers();
}
END_TEST

START_TEST(each_statement_is_told_with_its_own_parameters)
{
    store_authors();
    open_fibers((orm_engine_options){0});
    spawn(read_alone, 0, AUTHORS);
    join_all(AUTHORS);
    ck_assert_uint_eq(told_count, AUTHORS);
    for (int i = 0; i < AUTHORS; i++) {
        char parameters[64];
        size_t times = 0;
        snprintf(parameters, sizeof parameters, "(%lld)", (long long)ids[i]);
        for (size_t k = 0; k < told_count; k++)
            times += strcmp(told[k], parameters) == 0;
        ck_assert_msg(times == 1, "%s was told %zu times", parameters, times);
    }
    close_fibers();
}
END_TEST

START_TEST(each_statement_is_told_with_its_own_bytes)
{
    open_fibers((orm_engine_options){0});
    memset(ids, 0xff, sizeof ids); /* of nobody */
    most_bytes = 0;
    spawn(read_alone, 0, AUTHORS);
    join_all(AUTHORS);
    for (int i = 0; i < AUTHORS; i++)
        expect_status(ORM_NOT_FOUND, workers[i].status);
    ck_assert_uint_eq(told_count, AUTHORS);
    ck_assert_uint_eq(most_bytes, on_sqlite() ? 0 : 8); /* the key that was asked for */
    close_fibers();
}
END_TEST

START_TEST(a_hook_that_waits_lets_others_read_meanwhile)
{
    store_authors();
    open_fibers((orm_engine_options){0});
    hook_waits = true;
    ids[7] = ids[13] = -1; /* of nobody */
    spawn(read_alone, 0, AUTHORS);
    join_all(AUTHORS);
    for (int i = 0; i < AUTHORS; i++)
        if (ids[i] < 0)
            expect_status(ORM_NOT_FOUND, workers[i].status);
        else
            expect_row(&workers[i]);
    ck_assert_uint_eq(told_count, AUTHORS);
    hook_waits = false;
    close_fibers();
}
END_TEST

static orm_status read_many(orm_async *a, void *argument)
{
    worker *me = argument;
    orm_session *mine;
    blog_author_list found;
    (void)a;
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    orm_status status = blog_author_get_many(mine, ids, AUTHORS, &found);
    for (size_t i = 0; i < found.count; i++)
        ck_assert_int_eq(found.items[i]->id, ids[i]);
    me->done = found.count == AUTHORS && !found.partial;
    orm_session_close(mine);
    return status;
}

START_TEST(many_keys_are_one_statement_on_a_fiber_too)
{
    store_authors();
    open_fibers((orm_engine_options){0});
    spawn(read_many, 0, 20);
    join_all(20);
    for (int i = 0; i < 20; i++)
        ck_assert(workers[i].done);
    ck_assert_uint_eq(told_count, 20);
    if (shares())
        ck_assert_int_eq(lent, 0);
    close_fibers();
}
END_TEST

/* Authors, and what is not there of three other models. */
static orm_status read_of_four_models(orm_async *a, void *argument)
{
    worker *me = argument;
    orm_session *mine;
    const blog_profile *profile;
    const blog_comment *comment;
    const blog_post *post;
    (void)a;
    if (me->number % 4 == 0)
        return read_one(me, (orm_session_factory){0});
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    orm_status status = me->number % 4 == 1   ? blog_post_get(mine, -1, &post)
                        : me->number % 4 == 2 ? blog_profile_get(mine, -1, &profile)
                                              : blog_comment_get(mine, -1, &comment);
    orm_session_close(mine);
    return status;
}

START_TEST(a_small_cache_of_statements_keeps_those_under_way)
{
    store_authors();
    open_fibers((orm_engine_options){.statement_cache_size = 1, .shared_connections = 1});
    for (int round = 0; round < 2; round++) {
        spawn(read_of_four_models, 0, 40);
        join_all(40);
        for (int i = 0; i < 40; i++)
            if (i % 4 == 0)
                expect_row(&workers[i]);
            else
                ck_assert_int_eq(workers[i].status, ORM_NOT_FOUND);
    }
    ck_assert_uint_eq(told_count, 80);
    close_fibers();
}
END_TEST

/* By Core, without a session or a connection. */
static orm_status fetch_one(orm_async *a, void *argument)
{
    worker *me = argument;
    blog_author row;
    orm_result *result;
    orm_error why;
    (void)a;
    orm_status status = blog_author_fetch_from(fibers, me->id, &row, &result, &why);
    ck_assert_int_eq(why.status, status);
    if (!status)
        strcpy(me->name, row.name);
    orm_result_free(result);
    return status;
}

START_TEST(rows_are_fetched_together_without_a_session)
{
    store_authors();
    open_fibers((orm_engine_options){0});
    spawn(fetch_one, 0, MANY);
    join_all(MANY);
    for (int i = 0; i < MANY; i++)
        expect_row(&workers[i]);
    ck_assert_uint_eq(told_count, MANY);
    ck_assert_int_eq(shares() ? lent == 0 && opened == 2 : lent == MANY, true);
    workers[0] = (worker){.id = -1};
    ok(orm_async_spawn(async, fetch_one, &workers[0], &workers[0].fiber));
    ck_assert_int_eq(orm_async_join(async, workers[0].fiber), ORM_NOT_FOUND);
    close_fibers();
}
END_TEST

START_TEST(outside_a_fiber_a_row_is_fetched_by_the_pool)
{
    blog_author row;
    orm_result *result;
    store_authors();
    open_fibers((orm_engine_options){0});
    ok(blog_author_fetch_from(fibers, ids[7], &row, &result, &error));
    ck_assert_str_eq(row.name, "a007");
    orm_result_free(result);
    ck_assert_int_eq(blog_author_fetch_from(fibers, -1, &row, &result, NULL), ORM_NOT_FOUND);
    ck_assert_ptr_null(result);
    ck_assert_int_eq(row.id, 0);
    ck_assert_int_eq(lent, 2);
    ck_assert_int_eq(blog_author_fetch_from(NULL, 1, &row, &result, &error), ORM_MISUSE);
    close_fibers();
}
END_TEST

/* What stands in the way of one is told to him alone. */
START_TEST(a_fetch_that_fails_tells_why)
{
    store_authors();
    ok(orm_session_commit(s));
    open_fibers((orm_engine_options){0});
    run_sql("ALTER TABLE authors RENAME TO moved");
    spawn(fetch_one, 0, 3);
    join_all(3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(workers[i].status, ORM_SCHEMA);
    run_sql("ALTER TABLE moved RENAME TO authors");
    spawn(fetch_one, 0, 3);
    join_all(3);
    for (int i = 0; i < 3; i++)
        expect_row(&workers[i]);
    close_fibers();
}
END_TEST

START_TEST(none_are_shared_where_that_is_asked_for)
{
    store_authors();
    open_fibers((orm_engine_options){.shared_connections = -1});
    spawn(read_alone, 0, 20);
    join_all(20);
    for (int i = 0; i < 20; i++)
        expect_row(&workers[i]);
    ck_assert_int_eq(lent, 20);
    ck_assert_int_le(opened, 4);
    close_fibers();
}
END_TEST

/* --- what does not qualify --- */

static orm_status read_repeatably(orm_async *a, void *argument)
{
    (void)a;
    return read_one(argument, (orm_session_factory){.isolation = ORM_REPEATABLE_READ});
}

static orm_status read_own_change(orm_async *a, void *argument)
{
    worker *me = argument;
    orm_session *mine;
    const blog_author *author;
    (void)a;
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    ok(blog_author_get(mine, me->id, &author));
    ok(blog_author_set_name(mine, author, "changed"));
    ok(orm_session_flush(mine));
    orm_session_clear(mine);
    ok(blog_author_get(mine, me->id, &author)); /* by the transaction's connection, or it would not see it */
    ck_assert_str_eq(author->name, "changed");
    ok(orm_session_rollback(mine));
    orm_session_clear(mine);
    ok(blog_author_get(mine, me->id, &author));
    ck_assert_str_ne(author->name, "changed");
    orm_session_close(mine);
    return ORM_OK;
}

START_TEST(transactions_read_by_their_own_connections)
{
    store_authors();
    open_fibers((orm_engine_options){0});
    spawn(read_own_change, 0, 20);
    join_all(20);
    for (int i = 0; i < 20; i++)
        expect_status(ORM_OK, workers[i].status);
    int before = lent;
    spawn(read_repeatably, 0, 20);
    join_all(20);
    for (int i = 0; i < 20; i++)
        expect_row(&workers[i]);
    ck_assert_int_eq(lent - before, 20);
    close_fibers();
}
END_TEST

START_TEST(outside_a_fiber_the_pool_is_asked)
{
    store_authors();
    open_fibers((orm_engine_options){0});
    worker me = {.id = ids[3], .number = 3};
    me.status = read_one(&me, (orm_session_factory){0});
    expect_row(&me);
    ck_assert_int_eq(lent, 1);
    close_fibers();
}
END_TEST

/* --- errors --- */

/* From now on each read of one author fails while it runs. */
static void poison(int64_t id)
{
    char sql[400];
    run_sql("ALTER TABLE authors RENAME TO authors_behind");
    snprintf(sql, sizeof sql,
             "CREATE VIEW authors AS SELECT id, created_at, email, CASE WHEN id = %lld THEN (1 / (id - id))::text ELSE "
             "name END AS name, bio, score FROM authors_behind",
             (long long)id);
    run_sql(sql);
}

static void cure(void)
{
    run_sql("DROP VIEW authors");
    run_sql("ALTER TABLE authors_behind RENAME TO authors");
}

START_TEST(an_error_in_a_batch_reaches_no_neighbour)
{
    if (!shares())
        return;
    store_authors();
    poison(ids[7]);
    open_fibers((orm_engine_options){.shared_connections = 1});
    for (int round = 0; round < 2; round++) { /* the second time all is prepared */
        told_count = 0;
        spawn(read_alone, 0, MANY);
        join_all(MANY);
        for (int i = 0; i < MANY; i++)
            if (i % AUTHORS != 7)
                expect_row(&workers[i]);
            else
                ck_assert_str_eq(workers[i].sqlstate, "22012");
        ck_assert_uint_eq(told_count, MANY); /* each once, whatever was sent again */
    }
    ck_assert_int_eq(opened, 1);
    close_fibers();
    cure();
}
END_TEST

START_TEST(a_statement_that_cannot_be_prepared_tells_each_why)
{
    if (!shares())
        return;
    store_authors();
    run_sql("ALTER TABLE authors RENAME TO hidden");
    open_fibers((orm_engine_options){0});
    spawn(read_alone, 0, 40);
    join_all(40);
    run_sql("ALTER TABLE hidden RENAME TO authors");
    for (int i = 0; i < 40; i++) {
        expect_status(ORM_SCHEMA, workers[i].status);
        ck_assert_str_eq(workers[i].sqlstate, "42P01");
    }
    spawn(read_alone, 0, 40);
    join_all(40);
    for (int i = 0; i < 40; i++)
        expect_row(&workers[i]);
    ck_assert_int_eq(opened, 2);
    close_fibers();
}
END_TEST

START_TEST(a_changed_table_is_prepared_for_anew)
{
    if (!shares())
        return;
    store_authors();
    open_fibers((orm_engine_options){.shared_connections = 1});
    spawn(read_alone, 0, 40);
    join_all(40);
    run_sql("ALTER TABLE authors ALTER COLUMN name TYPE varchar(70)");
    spawn(read_alone, 0, 40);
    join_all(40);
    for (int i = 0; i < 40; i++)
        expect_row(&workers[i]);
    ck_assert_int_eq(opened, 1);
    close_fibers();
    run_sql("ALTER TABLE authors ALTER COLUMN name TYPE text");
}
END_TEST

START_TEST(none_are_shared_behind_a_pooler)
{
    store_authors();
    open_fibers((orm_engine_options){.prepared = ORM_PREPARED_OFF});
    spawn(read_alone, 0, MANY);
    join_all(MANY);
    for (int i = 0; i < MANY; i++)
        expect_row(&workers[i]);
    ck_assert_int_eq(lent, MANY);
    close_fibers();
}
END_TEST

/* --- fates --- */

/* Reads of authors wait until the connection is closed. */
static orm_connection *lock_authors(void)
{
    orm_connection *lock = open_connection();
    ok(orm_connection_begin(lock));
    ok(orm_connection_execute(lock, "LOCK TABLE authors IN ACCESS EXCLUSIVE MODE", NULL, NULL));
    return lock;
}

static orm_status nap(orm_async *a, void *argument)
{
    return orm_async_sleep(a, *(const int64_t *)argument);
}

static void run_for(int64_t microseconds)
{
    orm_fiber *fiber;
    ok(orm_async_spawn(async, nap, &microseconds, &fiber));
    ok(orm_async_join(async, fiber));
}

/* Until a read stands at the lock. */
static void run_until_locked(void)
{
    orm_connection *other = open_connection();
    orm_status status = ORM_STALE;
    for (int i = 0; i < 1000 && status; i++) {
        run_for(10 * MILLISECOND);
        status = orm_connection_execute(other,
                                        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type "
                                        "= 'Lock' AND datname = current_database() AND query LIKE "
                                        "'SELECT t0.%authors%') THEN RAISE EXCEPTION 'none'; END IF; END $$",
                                        NULL, NULL);
    }
    ok(status);
    orm_connection_close(other);
}

START_TEST(a_cancelled_fiber_disturbs_nobody)
{
    if (!shares())
        return;
    store_authors();
    open_fibers((orm_engine_options){.shared_connections = 1});
    spawn(read_alone, 0, 20);
    join_all(20); /* it is open and prepared */
    orm_connection *lock = lock_authors();
    spawn(read_alone, 0, 20);
    run_until_locked();
    orm_async_cancel(async, workers[0].fiber); /* leads */
    orm_async_cancel(async, workers[1].fiber);
    orm_async_cancel(async, workers[9].fiber);
    run_for(10 * MILLISECOND);
    ck_assert(workers[0].done && workers[9].done && !workers[5].done);
    orm_connection_close(lock);
    join_all(20);
    for (int i = 0; i < 20; i++)
        if (i == 0 || i == 1 || i == 9)
            expect_status(ORM_CANCELLED, workers[i].status);
        else
            expect_row(&workers[i]);
    ck_assert_int_eq(opened, 1);
    close_fibers();
}
END_TEST

START_TEST(when_all_are_cancelled_the_next_still_gets_its_own_answer)
{
    if (!shares())
        return;
    store_authors();
    open_fibers((orm_engine_options){.shared_connections = 1});
    orm_connection *lock = lock_authors();
    spawn(read_alone, 0, 5);
    run_until_locked();
    for (int i = 0; i < 5; i++)
        orm_async_cancel(async, workers[i].fiber);
    join_all(5);
    for (int i = 0; i < 5; i++)
        expect_status(ORM_CANCELLED, workers[i].status);
    orm_connection_close(lock);
    spawn(read_alone, 0, 20);
    join_all(20);
    for (int i = 0; i < 20; i++)
        expect_row(&workers[i]);
    ck_assert_int_eq(opened, 1);
    close_fibers();
}
END_TEST

static void kill_shared(void)
{
    run_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
            "pid <> pg_backend_pid() AND query LIKE 'SELECT t0.%authors%'");
}

START_TEST(a_lost_connection_fails_those_who_wait_and_the_next_get_a_new_one)
{
    if (!shares())
        return;
    store_authors();
    open_fibers((orm_engine_options){.shared_connections = 1});
    orm_connection *lock = lock_authors();
    spawn(read_alone, 0, 20);
    run_until_locked();
    kill_shared();
    join_all(20);
    orm_connection_close(lock);
    for (int i = 0; i < 20; i++)
        expect_status(ORM_DISCONNECTED, workers[i].status);
    spawn(read_alone, 0, 20);
    join_all(20);
    for (int i = 0; i < 20; i++)
        expect_row(&workers[i]);
    ck_assert_int_eq(opened, 2);
    close_fibers();
}
END_TEST

START_TEST(one_lost_while_idle_is_replaced_unseen)
{
    if (!shares())
        return;
    store_authors();
    open_fibers((orm_engine_options){.shared_connections = 1});
    for (int round = 0; round < 3; round++) {
        spawn(read_alone, 0, 20);
        join_all(20);
        for (int i = 0; i < 20; i++)
            expect_row(&workers[i]);
        kill_shared();
        run_for(50 * MILLISECOND);
    }
    ck_assert_int_eq(opened, 3);
    orm_engine_dispose(fibers);
    spawn(read_alone, 0, 1);
    join_all(1);
    expect_row(&workers[0]);
    ck_assert_int_eq(opened, 4);
    close_fibers();
}
END_TEST

START_TEST(a_statement_that_takes_too_long_is_cancelled_and_the_connection_stays)
{
    if (!shares())
        return;
    store_authors();
    open_fibers((orm_engine_options){.shared_connections = 1, .statement_timeout = 200});
    spawn(read_alone, 0, 20);
    join_all(20);
    orm_connection *lock = lock_authors();
    int64_t begin = orm_async_deadline(0);
    spawn(read_alone, 0, 3);
    join_all(3);
    ck_assert_int_lt(orm_async_deadline(0) - begin, 5 * (int64_t)SECOND);
    for (int i = 0; i < 3; i++)
        expect_status(ORM_TIMEOUT, workers[i].status);
    orm_connection_close(lock);
    spawn(read_alone, 0, 20);
    join_all(20);
    for (int i = 0; i < 20; i++)
        expect_row(&workers[i]);
    ck_assert_int_eq(opened, 1);
    close_fibers();
}
END_TEST

static int64_t reading_until;

static orm_status read_on(orm_async *own, void *user)
{
    worker *me = user;
    orm_status status = ORM_OK;
    while (!status && orm_async_deadline(0) < reading_until)
        status = read_alone(own, me);
    return status;
}

/* The loop stands still for longer than a statement may take: the answers are here when they are found late, and the request to
 * cancel meets nobody. The connection goes on, also when the server's time to answer that request is over. */
START_TEST(a_request_to_cancel_that_comes_too_late_ends_nothing)
{
    if (!shares())
        return;
    store_authors();
    open_fibers((orm_engine_options){.shared_connections = 1, .statement_timeout = 100});
    spawn(read_alone, 0, 20);
    join_all(20);
    reading_until = orm_async_deadline(3 * (int64_t)SECOND);
    spawn(read_on, 0, 20);
    for (int i = 0; i < 3; i++) {
        run_for(10 * MILLISECOND);
        nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL);
    }
    join_all(20);
    for (int i = 0; i < 20; i++)
        expect_row(&workers[i]);
    ck_assert_int_eq(opened, 1);
    close_fibers();
}
END_TEST

START_TEST(one_that_cannot_be_opened_fails_all_who_wait_for_it)
{
    if (!shares())
        return;
    store_authors();
    open_fibers((orm_engine_options){0});
    refusal = ORM_STALE;
    spawn(read_alone, 0, 30);
    join_all(30);
    for (int i = 0; i < 30; i++)
        expect_status(ORM_STALE, workers[i].status);
    ck_assert_int_eq(opened, 1);
    refusal = ORM_OK;
    spawn(read_alone, 0, 30);
    join_all(30);
    for (int i = 0; i < 30; i++)
        expect_row(&workers[i]);
    close_fibers();
}
END_TEST

Suite *suite_shared(void)
{
    Suite *suite = suite_create("shared");
    TCase *reads = new_case(suite, "reads");
    tcase_add_test(reads, hundreds_of_fibers_read_by_two_connections_of_their_own);
    tcase_add_test(reads, each_statement_is_told_with_its_own_parameters);
    tcase_add_test(reads, each_statement_is_told_with_its_own_bytes);
    tcase_add_test(reads, a_hook_that_waits_lets_others_read_meanwhile);
    tcase_add_test(reads, many_keys_are_one_statement_on_a_fiber_too);
    tcase_add_test(reads, a_small_cache_of_statements_keeps_those_under_way);
    tcase_add_test(reads, rows_are_fetched_together_without_a_session);
    tcase_add_test(reads, outside_a_fiber_a_row_is_fetched_by_the_pool);
    tcase_add_test(reads, a_fetch_that_fails_tells_why);
    tcase_add_test(reads, none_are_shared_where_that_is_asked_for);
    tcase_add_test(reads, transactions_read_by_their_own_connections);
    tcase_add_test(reads, outside_a_fiber_the_pool_is_asked);
    tcase_add_test(reads, none_are_shared_behind_a_pooler);
    TCase *errors = new_case(suite, "errors");
    tcase_add_test(errors, an_error_in_a_batch_reaches_no_neighbour);
    tcase_add_test(errors, a_statement_that_cannot_be_prepared_tells_each_why);
    tcase_add_test(errors, a_changed_table_is_prepared_for_anew);
    TCase *fates = new_case(suite, "fates");
    tcase_add_test(fates, a_cancelled_fiber_disturbs_nobody);
    tcase_add_test(fates, when_all_are_cancelled_the_next_still_gets_its_own_answer);
    tcase_add_test(fates, a_lost_connection_fails_those_who_wait_and_the_next_get_a_new_one);
    tcase_add_test(fates, one_lost_while_idle_is_replaced_unseen);
    tcase_add_test(fates, a_statement_that_takes_too_long_is_cancelled_and_the_connection_stays);
    tcase_add_test(fates, a_request_to_cancel_that_comes_too_late_ends_nothing);
    tcase_add_test(fates, one_that_cannot_be_opened_fails_all_who_wait_for_it);
    return suite;
}
