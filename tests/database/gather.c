/* gather.c -- gets by key that fibers ask for in one turn of the loop go as one statement, and nobody sees it: how many
 * statements the server runs, what each is told, and what becomes of the others when one fails, or is cancelled.
 *
 * On a database where nothing is shared the same gets give the same.
 * SPDX-License-Identifier: MIT */
#include "fibers.h"

#include <stdio.h>

enum { LIST = 64 /* keys in a statement */, REST = 1000 /* gets after failures */ };
static const orm_engine_options one_connection = {.shared_connections = 1};
static int64_t counted; /* statements, when somebody last asked */

static int64_t ask(const char *sql)
{
    int64_t number = -1;
    orm_rows *rows = open_rows(sql, NULL);
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &number));
    orm_rows_close(rows);
    return number;
}

/* From now on authors are a view that counts the statements which read it; the name of each is that expression. */
static void count_statements(const char *name)
{
    char sql[400];
    store_authors();
    run_sql("ALTER TABLE authors RENAME TO authors_behind");
    run_sql("CREATE SEQUENCE statements_seen");
    snprintf(sql, sizeof sql,
             "CREATE VIEW authors AS SELECT id, created_at, email, %s AS name, bio, score FROM authors_behind "
             "WHERE (SELECT nextval('statements_seen')) > 0",
             name);
    run_sql(sql);
    counted = ask("SELECT nextval('statements_seen')");
}

static void count_no_longer(void)
{
    cure();
    run_sql("DROP SEQUENCE statements_seen");
}

/* That have run since the last call. */
static int64_t statements_seen(void)
{
    int64_t now = ask("SELECT nextval('statements_seen')"), since = now - counted - 1;
    counted = now;
    return since;
}

/* --- how many ---------------------------------------------------------------------------------------------------- */

START_TEST(hundreds_of_gets_are_a_few_statements)
{
    if (!shares())
        return;
    count_statements("name");
    open_fibers((orm_engine_options){0});
    expect_rows(read_alone, MANY); /* the second connection is opened meanwhile */
    ck_assert_int_le(statements_seen(), 20);
    for (int round = 0; round < 5; round++) {
        expect_rows(read_alone, MANY);
        int64_t seen = statements_seen();
        ck_assert_int_ge(seen, (MANY + LIST - 1) / LIST);
        ck_assert_int_le(seen, MANY / LIST + 2);
    }
    ck_assert_int_eq(opened, 2);
    close_fibers();
    count_no_longer();
}
END_TEST

START_TEST(each_get_is_a_statement_where_that_is_asked_for)
{
    if (!shares())
        return;
    count_statements("name");
    open_fibers((orm_engine_options){.gather_size = -1});
    for (int round = 0; round < 2; round++) {
        expect_rows(read_alone, MANY);
        ck_assert_int_eq(statements_seen(), MANY);
    }
    close_fibers();
    count_no_longer();
}
END_TEST

START_TEST(no_statement_has_more_keys_than_the_option_says)
{
    static const int sizes[] = {1, 2, 10, 100, 128, 1000};
    if (!shares())
        return;
    count_statements("name");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int most = sizes[i] < 128 ? sizes[i] : 128;
        open_fibers((orm_engine_options){.shared_connections = 1, .gather_size = sizes[i]});
        expect_rows(read_alone, 1);
        ck_assert_int_eq(statements_seen(), 1);
        expect_rows(read_alone, MANY);
        ck_assert_int_eq(statements_seen(), (MANY + most - 1) / most);
        close_fibers();
    }
    count_no_longer();
}
END_TEST

/* How many connections have last run such a statement. */
static int64_t last_run(const char *like)
{
    char sql[300];
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND "
             "query LIKE '%s'",
             like);
    return ask(sql);
}

START_TEST(one_get_alone_goes_as_it_is)
{
    static const char one[] = "SELECT t0.%authors%\"id\" = $1", many[] = "SELECT t0.%authors%\"id\" = ANY ($1::int8[])";
    if (!shares())
        return;
    begin_fibers(one_connection);
    expect_rows(read_alone, 1);
    ck_assert_int_eq(last_run(one), 1);
    expect_rows(read_alone, 2);
    ck_assert_int_eq(last_run(one), 0);
    ck_assert_int_eq(last_run(many), 1);
    expect_rows(read_alone, 1);
    ck_assert_int_eq(last_run(one), 1);
    close_fibers();
}
END_TEST

START_TEST(the_engines_tags_stand_behind_it)
{
    static const char *const tags[] = {"app", "gatherer", NULL};
    if (!shares())
        return;
    begin_fibers((orm_engine_options){.shared_connections = 1, .tags = tags});
    expect_rows(read_alone, 10);
    ck_assert_int_eq(last_run("SELECT t0.%authors% = ANY ($1::int8[])%gatherer%"), 1);
    close_fibers();
}
END_TEST

/* --- failures ---------------------------------------------------------------------------------------------------- */

/* All authors, of whom one is poisoned unless `sick` is -1; they are so many statements. */
static void expect_round(int sick, int64_t statements)
{
    spawn(read_alone, 0, AUTHORS);
    join_all(AUTHORS);
    for (int i = 0; i < AUTHORS; i++)
        if (i == sick)
            ck_assert_str_eq(workers[i].sqlstate, "22012");
        else
            expect_row(&workers[i]);
    ck_assert_int_eq(statements_seen(), statements);
}

START_TEST(after_three_failures_a_thousand_gets_go_alone)
{
    enum { SICK = 7 };
    if (!shares())
        return;
    count_statements("CASE name WHEN 'a007' THEN (1 / (id - id))::text ELSE name END");
    open_fibers(one_connection);
    expect_rows(read_alone, 1);
    statements_seen();
    for (int i = 0; i < 3; i++)
        expect_round(SICK, 1 + AUTHORS);
    for (int i = 0; i < REST / AUTHORS; i++)
        expect_round(SICK, AUTHORS);
    expect_round(SICK, 1 + AUTHORS); /* it is tried again, once */
    run_sql(
        "CREATE OR REPLACE VIEW authors AS SELECT id, created_at, email, name, bio, score FROM authors_behind WHERE "
        "(SELECT nextval('statements_seen')) > 0");
    for (int i = 0; i < REST / AUTHORS; i++)
        expect_round(-1, AUTHORS);
    for (int i = 0; i < 3; i++)
        expect_round(-1, 1);
    ck_assert_int_eq(opened, 1);
    close_fibers();
    count_no_longer();
}
END_TEST

/* Each name would be one that stays, with its plan. */
START_TEST(a_statement_that_fails_stays_prepared)
{
    if (!shares())
        return;
    count_statements("CASE name WHEN 'a007' THEN (1 / (id - id))::text ELSE (SELECT count(*)::text FROM "
                     "pg_prepared_statements WHERE statement LIKE '%authors%') END");
    open_fibers(one_connection);
    for (int round = 0; round < 3; round++) {
        spawn(read_alone, 0, AUTHORS);
        join_all(AUTHORS);
        for (int i = 0; i < AUTHORS; i++)
            if (i != 7)
                ok(workers[i].status);
    }
    ck_assert_str_eq(workers[0].name, "2"); /* that of one, and that of many */
    close_fibers();
    count_no_longer();
}
END_TEST

START_TEST(an_outdated_plan_is_made_anew_and_nobody_hears_of_it)
{
    if (!shares())
        return;
    count_statements("name");
    open_fibers(one_connection);
    expect_rows(read_alone, 1);
    expect_rows(read_alone, AUTHORS);
    for (int change = 0; change < 5; change++) { /* more often than failures are allowed */
        run_sql("DROP VIEW authors");
        run_sql(change % 2
                    ? "CREATE VIEW authors AS SELECT id, created_at, email, name, bio, score FROM authors_behind "
                      "WHERE (SELECT nextval('statements_seen')) > 0"
                    : "CREATE VIEW authors AS SELECT id::int4, created_at, email, name::varchar, bio, score FROM "
                      "authors_behind WHERE (SELECT nextval('statements_seen')) > 0");
        statements_seen();
        told_count = 0;
        expect_round(-1, AUTHORS); /* for each by itself the plan is outdated too, and made by the first */
        ck_assert_uint_eq(told_count, AUTHORS);
        expect_round(-1, 1);
    }
    ck_assert_int_eq(opened, 1);
    close_fibers();
    count_no_longer();
}
END_TEST

/* Of one model, while another's is refused. */
static orm_status read_author_or_post(orm_async *own, void *argument)
{
    worker *me = argument;
    orm_session *mine;
    const blog_post *post;
    if (me->number % 2 == 0)
        return read_alone(own, me);
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    orm_status status = blog_post_get(mine, me->id, &post);
    orm_session_close(mine);
    return status;
}

START_TEST(what_is_asked_for_together_does_not_fail_with_it)
{
    if (!shares())
        return;
    count_statements("name");
    open_fibers(one_connection);
    expect_rows(read_alone, 1);
    statements_seen();
    run_sql("ALTER TABLE post RENAME TO hidden");
    for (int round = 0; round < 3; round++) {
        spawn(read_author_or_post, 0, 40);
        join_all(40);
        for (int i = 0; i < 40; i++)
            if (i % 2)
                expect_status(ORM_SCHEMA, workers[i].status);
            else
                expect_row(&workers[i]);
        ck_assert_int_eq(statements_seen(), 1); /* of authors */
    }
    run_sql("ALTER TABLE hidden RENAME TO post");
    close_fibers();
    count_no_longer();
}
END_TEST

/* By so many statements, each often enough to be known as quick; then one get. */
static orm_status find_in_many_orders(orm_async *own, void *argument)
{
    enum { STATEMENTS = 36, TIMES = 20 };
    const orm_order orders[] = {orm_asc(BLOG_AUTHOR.id),     orm_desc(BLOG_AUTHOR.id),   orm_asc(BLOG_AUTHOR.email),
                                orm_desc(BLOG_AUTHOR.email), orm_asc(BLOG_AUTHOR.score), orm_desc(BLOG_AUTHOR.score)};
    orm_session *mine;
    blog_author_list found;
    (void)own;
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    for (size_t i = 0; i < STATEMENTS * TIMES; i++) {
        const size_t number = i / TIMES;
        const blog_author_query query = {.order_by = {orders[number / 6], orders[number % 6]}, .limit = 1};
        ok(blog_author_find(mine, &query, &found));
        ok(orm_session_rollback(mine));
    }
    orm_session_close(mine);
    return read_one(argument, (orm_session_factory){0});
}

START_TEST(a_connection_that_is_shared_keeps_no_more_statements_than_the_cache_may_have)
{
    enum { CACHE = 8 };
    if (!shares())
        return;
    count_statements("(SELECT count(*)::text FROM pg_prepared_statements WHERE statement LIKE '%authors%')");
    open_fibers((orm_engine_options){.shared_connections = 1, .statement_cache_size = CACHE});
    spawn(find_in_many_orders, 0, 1);
    join_all(1);
    ok(workers[0].status);
    ck_assert_int_ge(atoi(workers[0].name), 2); /* some have gone there */
    ck_assert_int_le(atoi(workers[0].name), CACHE + 1);
    close_fibers();
    count_no_longer();
}
END_TEST

/* --- what each is told ------------------------------------------------------------------------------------------- */

static const told_statement *told_of(int64_t id)
{
    char parameters[64];
    const told_statement *found = NULL;
    snprintf(parameters, sizeof parameters, "(%lld)", (long long)id);
    for (size_t i = 0; i < told_count; i++)
        if (strcmp(told[i].parameters, parameters) == 0) {
            ck_assert_ptr_null(found);
            found = &told[i];
        }
    ck_assert_ptr_nonnull(found);
    return found;
}

static size_t echoed, calls, failed_calls, rows_read;

static void note_echo(const char *line, void *user)
{
    (void)user;
    ck_assert_ptr_null(strstr(line, "ANY"));
    echoed += strstr(line, "SELECT") != NULL;
}

static void note_calls(const orm_statement_statistics *one, void *user)
{
    (void)user;
    if (one->kind != ORM_STATEMENT_SELECT)
        return;
    ck_assert_ptr_null(strstr(one->sql, "ANY"));
    calls += one->calls;
    failed_calls += one->errors;
    rows_read += one->rows;
}

START_TEST(hooks_and_statistics_are_told_of_each_get_as_it_was_asked)
{
    store_authors();
    if (shares())
        poison(ids[7]);
    open_fibers(
        (orm_engine_options){.shared_connections = 1, .statistics = true, .echo.line = note_echo, .gather_size = 100});
    ids[11] = -11; /* of nobody */
    spawn(read_alone, 0, AUTHORS);
    join_all(AUTHORS);
    ck_assert_uint_eq(told_count, AUTHORS);
    for (int i = 0; i < AUTHORS; i++) {
        const told_statement *one = told_of(ids[i]);
        bool fails = shares() && i == 7;
        ck_assert_ptr_nonnull(strstr(one->sql, shares() ? "\"id\" = $1" : "\"id\" = "));
        ck_assert_uint_eq(one->rows, i != 11 && !fails);
        ck_assert_int_eq(one->status, fails ? ORM_DATABASE : ORM_OK);
        if (shares())
            ck_assert_uint_eq(one->bytes, i == 11 || fails ? 8 : told_of(ids[0])->bytes);
    }
    orm_engine_statements(fibers, note_calls, NULL);
    ck_assert_uint_eq(calls, AUTHORS);
    ck_assert_uint_eq(failed_calls, shares());
    ck_assert_uint_eq(rows_read, (size_t)AUTHORS - 1 - shares());
    ck_assert_uint_eq(echoed, AUTHORS);
    close_fibers();
    if (shares())
        cure();
}
END_TEST

/* --- fates ------------------------------------------------------------------------------------------------------- */

static int first_cancelled, last_cancelled;

static orm_status cancel_some(orm_async *own, void *argument)
{
    (void)argument;
    for (int i = first_cancelled; i <= last_cancelled; i++)
        orm_async_cancel(own, workers[i].fiber);
    return ORM_OK;
}

/* So many ask, and some are cancelled in the same turn, before anything is sent. */
static void ask_and_cancel(int count, int first, int last)
{
    orm_fiber *canceller;
    first_cancelled = first;
    last_cancelled = last;
    spawn(read_alone, 0, count);
    ok(orm_async_spawn(async, cancel_some, NULL, &canceller));
    join_all(count);
    ok(orm_async_join(async, canceller));
    for (int i = 0; i < count; i++)
        if (shares() && i >= first && i <= last)
            expect_status(ORM_CANCELLED, workers[i].status);
        else if (shares())
            expect_row(&workers[i]);
}

START_TEST(those_who_are_cancelled_before_they_are_sent_are_not_sent)
{
    static const int cases[][3] = {{1, 0, 0},  {2, 0, 0},  {2, 1, 1},   {2, 0, 1},
                                   {40, 0, 0}, {40, 5, 9}, {40, 1, 39}, {40, 0, 39}};
    if (!shares())
        return;
    count_statements("name");
    open_fibers(one_connection);
    expect_rows(read_alone, 20);
    statements_seen();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int *one = cases[i];
        ask_and_cancel(one[0], one[1], one[2]);
        ck_assert_int_eq(statements_seen(), one[0] > one[2] - one[1] + 1);
    }
    close_fibers();
    count_no_longer();
}
END_TEST

/* The connection is then idle, and not one that has something to send. */
START_TEST(a_connection_on_which_all_were_cancelled_is_replaced_when_it_is_lost)
{
    if (!shares())
        return;
    begin_fibers(one_connection);
    expect_rows(read_alone, 20);
    ask_and_cancel(1, 0, 0);
    kill_shared();
    run_for(50 * MILLISECOND);
    expect_rows(read_alone, 20);
    ck_assert_int_eq(opened, 2);
    close_fibers();
}
END_TEST

/* Whoever has got his row at once cancels others, who may have theirs already without having run. */
static orm_status read_and_cancel(orm_async *own, void *argument)
{
    const worker *me = argument;
    orm_status status = read_alone(own, argument);
    for (int i = 0; i < 60 && me->number % 10 == 0; i++)
        if (i % 3 == 0 && workers[i].begun && !workers[i].done)
            orm_async_cancel(own, workers[i].fiber);
    return status;
}

START_TEST(one_who_has_got_his_row_may_cancel_the_others)
{
    begin_fibers(one_connection);
    for (int round = 0; round < 5; round++) {
        spawn(read_and_cancel, 0, 60);
        join_all(60);
        for (int i = 0; i < 60; i++)
            if (i % 3 || workers[i].status != ORM_CANCELLED)
                expect_row(&workers[i]);
        expect_rows(read_alone, 60);
    }
    close_fibers();
}
END_TEST

START_TEST(those_who_are_cancelled_under_way_leave_the_others_theirs)
{
    if (!shares())
        return;
    begin_fibers(one_connection);
    expect_rows(read_alone, 100);
    orm_connection *lock = lock_authors();
    spawn(read_alone, 0, 100); /* two statements */
    run_until_locked();
    for (int i = 0; i < 100; i++)
        if (i < 10 || i % 7 == 0)
            orm_async_cancel(async, workers[i].fiber);
    run_for(10 * MILLISECOND);
    orm_connection_close(lock);
    join_all(100);
    for (int i = 0; i < 100; i++)
        if (i < 10 || i % 7 == 0)
            expect_status(ORM_CANCELLED, workers[i].status);
        else
            expect_row(&workers[i]);
    ck_assert_int_eq(opened, 1);
    close_fibers();
}
END_TEST

/* By the engine's own limit, and by one of the server's. */
START_TEST(all_are_told_when_their_time_is_over_and_soon)
{
    enum { LIMIT = 1000 };
    if (!shares())
        return;
    store_authors();
    for (int by_server = 0; by_server < 2; by_server++) {
        open_fibers((orm_engine_options){.shared_connections = 1, .statement_timeout = by_server ? 0 : LIMIT});
        if (by_server)
            run_sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 1000', "
                    "current_database()); END $$");
        expect_rows(read_alone, 20);
        orm_connection *lock = lock_authors();
        told_count = 0;
        const int64_t begin = orm_async_deadline(0);
        expect_failures(ORM_TIMEOUT, by_server ? LIST : 150);
        const int64_t took = orm_async_deadline(0) - begin;
        ck_assert_int_ge(took, LIMIT * MILLISECOND);
        ck_assert_int_lt(took, 2 * LIMIT * MILLISECOND);
        ck_assert_uint_eq(told_count, by_server ? LIST : 150);
        orm_connection_close(lock);
        expect_rows(read_alone, 150);
        ck_assert_int_eq(opened, 1);
        close_fibers();
    }
    run_sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET statement_timeout', current_database()); END $$");
}
END_TEST

START_TEST(a_killed_server_is_told_to_each_once)
{
    if (!shares())
        return;
    begin_fibers(one_connection);
    expect_rows(read_alone, 100);
    orm_connection *lock = lock_authors();
    told_count = 0;
    spawn(read_alone, 0, 100);
    run_until_locked();
    kill_shared();
    join_all(100);
    orm_connection_close(lock);
    for (int i = 0; i < 100; i++)
        expect_status(ORM_DISCONNECTED, workers[i].status);
    ck_assert_uint_eq(told_count, 100);
    expect_rows(read_alone, 100);
    ck_assert_int_eq(opened, 2);
    close_fibers();
}
END_TEST

/* The third of those who get their rows has the server killed, and asks for more, which finds it out. */
static orm_status read_and_kill(orm_async *own, void *argument)
{
    static int have_read;
    const blog_author *author;
    worker *me = argument;
    orm_session *mine;
    orm_status status = read_alone(own, me);
    if (++have_read != 3)
        return status;
    kill_shared();
    for (int i = 0; i < 100 && status != ORM_DISCONNECTED; i++) {
        ok(orm_async_sleep(own, MILLISECOND));
        ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
        status = blog_author_get(mine, me->id, &author);
        orm_session_close(mine);
        if (opened == 2)
            break;
    }
    return ORM_OK;
}

/* Each reads at once again. */
static orm_status read_thrice(orm_async *own, void *me)
{
    orm_status status = ORM_OK;
    for (int i = 0; i < 3; i++) {
        status = read_alone(own, me);
        if (status != ORM_DISCONNECTED)
            ok(status);
    }
    return ORM_OK;
}

/* A server that ends in a hurry says so by a warning, here when a transaction commits. */
START_TEST(a_server_that_says_that_it_goes_is_told_to_those_who_wait)
{
    if (!shares())
        return;
    begin_fibers((orm_engine_options){.shared_connections = 1});
    expect_rows(read_alone, 2);
    run_sql("CREATE TABLE touched (n int)");
    run_sql("CREATE FUNCTION touch() RETURNS text LANGUAGE sql VOLATILE AS "
            "'INSERT INTO touched VALUES (1) RETURNING n::text'");
    run_sql("CREATE FUNCTION go() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN RAISE WARNING 'going' USING ERRCODE = '57P02'; RETURN NULL; END$$");
    run_sql("CREATE CONSTRAINT TRIGGER goes AFTER INSERT ON touched DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
            "EXECUTE FUNCTION go()");
    run_sql("ALTER TABLE authors RENAME TO authors_behind");
    run_sql("CREATE VIEW authors AS SELECT id, created_at, email, name, touch() AS bio, score FROM authors_behind");
    for (int count = 2; count <= 5; count++) {
        spawn(read_thrice, 0, count);
        join_all(count);
        for (int i = 0; i < count; i++)
            expect_status(ORM_OK, workers[i].status);
    }
    close_fibers();
    cure();
    run_sql("DROP TABLE touched");
    run_sql("DROP FUNCTION go()");
    run_sql("DROP FUNCTION touch()");
}
END_TEST

START_TEST(rows_that_are_here_are_given_although_the_connection_is_lost)
{
    if (!shares())
        return;
    begin_fibers(one_connection);
    expect_rows(read_alone, 60);
    expect_rows(read_and_kill, 60);
    expect_rows(read_alone, 60);
    ck_assert_int_eq(opened, 2);
    close_fibers();
}
END_TEST

/* Whoever has an answer goes on when the loop comes to it, not at once. */
START_TEST(fibers_need_not_go_on_at_once)
{
    store_authors();
    if (shares())
        poison(ids[7]);
    ok(orm_async_poll_open(NULL, &async, &error));
    orm_waiter waiter = orm_async_waiter(async);
    waiter.resume = NULL;
    open_fibers_by((orm_engine_options){.shared_connections = 1}, waiter);
    for (int round = 0; round < 5; round++) {
        hook_waits = round % 2;
        spawn(read_alone, 0, MANY);
        join_all(MANY);
        for (int i = 0; i < MANY; i++)
            if (!shares() || i % AUTHORS != 7)
                expect_row(&workers[i]);
            else
                ck_assert_str_eq(workers[i].sqlstate, "22012");
    }
    close_fibers();
    if (shares())
        cure();
}
END_TEST

static orm_waiter usual;
static bool holds_back;
static void *held[MANY]; /* who would go on now */
static size_t held_count;

static void hold_back(void *self, void *user)
{
    if (!holds_back)
        usual.wake(self, user);
    else
        held[held_count++] = self;
}

/* Their rows have other types than those that the statement gives by now. */
START_TEST(a_fiber_that_goes_on_late_reads_its_row_as_it_came)
{
    enum { LATE = 30 };
    if (!shares())
        return;
    count_statements("name");
    ok(orm_async_poll_open(NULL, &async, &error));
    run_sql("UPDATE authors_behind SET score = 1.5");
    usual = orm_async_waiter(async);
    orm_waiter waiter = usual;
    waiter.resume = hold_back;
    open_fibers_by(one_connection, waiter);
    expect_rows(read_alone, LATE);
    holds_back = true;
    spawn(read_alone, 0, LATE);
    while (held_count < LATE - 1) /* all but the one who leads */
        run_for(MILLISECOND);
    holds_back = false;
    run_sql("DROP VIEW authors");
    run_sql("CREATE VIEW authors AS SELECT id::int4, created_at, email, name, bio, score::float4 FROM authors_behind "
            "WHERE (SELECT nextval('statements_seen')) > 0");
    for (int round = 0; round < 2; round++) { /* each by itself, and together */
        spawn(read_alone, LATE, LATE);
        for (int i = LATE; i < 2 * LATE; i++)
            ok(orm_async_join(async, workers[i].fiber));
    }
    for (size_t i = 0; i < held_count; i++)
        usual.wake(held[i], async);
    join_all(LATE);
    for (int i = 0; i < LATE; i++)
        expect_row(&workers[i]);
    expect_rows(read_alone, LATE);
    close_fibers();
    count_no_longer();
}
END_TEST

Suite *suite_gather(void)
{
    Suite *suite = suite_create("gather");
    TCase *counts = new_case(suite, "counts");
    tcase_add_test(counts, hundreds_of_gets_are_a_few_statements);
    tcase_add_test(counts, each_get_is_a_statement_where_that_is_asked_for);
    tcase_add_test(counts, no_statement_has_more_keys_than_the_option_says);
    tcase_add_test(counts, one_get_alone_goes_as_it_is);
    tcase_add_test(counts, the_engines_tags_stand_behind_it);
    TCase *failures = new_case(suite, "failures");
    tcase_add_test(failures, after_three_failures_a_thousand_gets_go_alone);
    tcase_add_test(failures, a_statement_that_fails_stays_prepared);
    tcase_add_test(failures, an_outdated_plan_is_made_anew_and_nobody_hears_of_it);
    tcase_add_test(failures, what_is_asked_for_together_does_not_fail_with_it);
    tcase_add_test(failures, a_connection_that_is_shared_keeps_no_more_statements_than_the_cache_may_have);
    tcase_add_test(failures, hooks_and_statistics_are_told_of_each_get_as_it_was_asked);
    TCase *fates = new_case(suite, "fates");
    tcase_add_test(fates, those_who_are_cancelled_before_they_are_sent_are_not_sent);
    tcase_add_test(fates, a_connection_on_which_all_were_cancelled_is_replaced_when_it_is_lost);
    tcase_add_test(fates, one_who_has_got_his_row_may_cancel_the_others);
    tcase_add_test(fates, those_who_are_cancelled_under_way_leave_the_others_theirs);
    tcase_add_test(fates, all_are_told_when_their_time_is_over_and_soon);
    tcase_add_test(fates, a_killed_server_is_told_to_each_once);
    tcase_add_test(fates, a_server_that_says_that_it_goes_is_told_to_those_who_wait);
    tcase_add_test(fates, rows_that_are_here_are_given_although_the_connection_is_lost);
    tcase_add_test(fates, fibers_need_not_go_on_at_once);
    tcase_add_test(fates, a_fiber_that_goes_on_late_reads_its_row_as_it_came);
    return suite;
}
