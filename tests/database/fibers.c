/* fibers.c -- by fibers.h.
 * SPDX-License-Identifier: MIT */
#include "fibers.h"

#include <stdio.h>

static orm_status count_opened(orm_connection *connection, void *user);
static void count_lent(orm_connection *connection, void *user);
static void note_statement(const orm_statement_event *event, void *user);

orm_async *async;
orm_engine *fibers;
int opened, lent;
orm_status refusal;
told_statement told[MANY];
size_t told_count;
bool hook_waits;
int64_t ids[AUTHORS];
worker workers[MANY];

bool shares(void)
{
    return !on_sqlite() && test_options().prepared == ORM_PREPARED_ON;
}

void store_authors(void)
{
    blog_author_list list;
    store_blog(AUTHORS, 0);
    ok(blog_author_find(s, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.name)}}, &list));
    for (size_t i = 0; i < AUTHORS; i++)
        ids[i] = list.items[i]->id;
    commit_and_forget();
}

void open_fibers(orm_engine_options options)
{
    ok(orm_async_poll_open(NULL, &async, &error));
    open_fibers_by(options, orm_async_waiter(async));
}

void open_fibers_by(orm_engine_options options, orm_waiter waiter)
{
    char *url;
    options.pool_size = 5;
    options.max_overflow = -1;
    options.waiter = waiter;
    options.hooks = (orm_hooks){
        .connect = count_opened, .checkout = count_lent, .statement = note_statement, .parameters = true};
    ok(orm_engine_options_from_env("ORM_TEST_", NULL, &options, &url, &error));
    free(url);
    ok(orm_engine_open(test_url(), &options, &fibers, &error));
    opened = lent = 0;
    told_count = 0;
}

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
    told_statement *one = &told[told_count++];
    *one = (told_statement){
        .rows = event->rows, .bytes = event->bytes, .status = event->error ? event->error->status : ORM_OK};
    snprintf(one->sql, sizeof one->sql, "%s", event->sql);
    snprintf(one->parameters, sizeof one->parameters, "%s", event->parameters);
    if (hook_waits) {
        ok(orm_async_sleep(async, MILLISECOND));
        ck_assert_str_eq(event->parameters, one->parameters);
        ck_assert_int_eq(event->error ? event->error->status : ORM_OK, one->status);
    }
}

void begin_fibers(orm_engine_options options)
{
    store_authors();
    open_fibers(options);
}

void close_fibers(void)
{
    ck_assert_uint_eq(orm_engine_pool(fibers).in_use, 0);
    orm_engine_close(fibers);
    orm_async_close(async);
}

void spawn(orm_async_function function, int first, int count)
{
    for (int i = first; i < first + count; i++) {
        workers[i] = (worker){.number = i, .id = ids[i % AUTHORS]};
        ok(orm_async_spawn(async, function, &workers[i], &workers[i].fiber));
    }
}

void join_all(int count)
{
    for (int i = 0; i < count; i++)
        workers[i].status = orm_async_join(async, workers[i].fiber);
}

orm_status read_one(worker *me, orm_session_factory factory)
{
    orm_session *mine;
    const blog_author *author;
    factory.engine = fibers;
    me->begun = true;
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

orm_status read_alone(orm_async *own, void *me)
{
    (void)own;
    return read_one(me, (orm_session_factory){0});
}

void expect_row(const worker *one)
{
    char name[32];
    snprintf(name, sizeof name, "a%03d", one->number % AUTHORS);
    ck_assert_msg(one->status == ORM_OK, "%d: %s %s", one->number, orm_status_name(one->status), one->sqlstate);
    ck_assert_str_eq(one->name, name);
}

void expect_rows(orm_async_function function, int count)
{
    spawn(function, 0, count);
    join_all(count);
    for (int i = 0; i < count; i++)
        expect_row(&workers[i]);
}

void expect_failures(orm_status wanted, int count)
{
    spawn(read_alone, 0, count);
    join_all(count);
    for (int i = 0; i < count; i++)
        expect_status(wanted, workers[i].status);
}

void poison(int64_t id)
{
    char sql[400];
    run_sql("ALTER TABLE authors RENAME TO authors_behind");
    snprintf(sql, sizeof sql,
             "CREATE VIEW authors AS SELECT id, created_at, email, CASE WHEN id = %lld THEN (1 / (id - id))::text ELSE "
             "name END AS name, bio, score FROM authors_behind",
             (long long)id);
    run_sql(sql);
}

void cure(void)
{
    run_sql("DROP VIEW authors");
    run_sql("ALTER TABLE authors_behind RENAME TO authors");
}

orm_connection *lock_authors(void)
{
    orm_connection *lock = open_connection();
    ok(orm_connection_begin(lock));
    ok(orm_connection_execute(lock, "LOCK TABLE authors IN ACCESS EXCLUSIVE MODE", NULL, NULL));
    return lock;
}

static orm_status nap(orm_async *own, void *microseconds)
{
    return orm_async_sleep(own, *(const int64_t *)microseconds);
}

void run_for(int64_t microseconds)
{
    orm_fiber *fiber;
    ok(orm_async_spawn(async, nap, &microseconds, &fiber));
    ok(orm_async_join(async, fiber));
}

void run_until_locked(void)
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

void kill_shared(void)
{
    run_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
            "pid <> pg_backend_pid() AND query LIKE 'SELECT t0.%authors%'");
}
