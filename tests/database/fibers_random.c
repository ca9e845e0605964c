/* fibers_random.c -- hundreds of fibers that each do at random: get rows that are there, are not, or fail; get many;
 * fetch; write in transactions of their own; sleep; cancel one another; have plans outdated and servers killed. Each
 * get gives the right row or the right error.
 *
 * What is right: a name never changes; the score is a number that writers count up, and what is read was committed when
 * the read began, or is one that somebody had begun to write when it ended.
 * SPDX-License-Identifier: MIT */
#include "fibers.h"

#include <stdio.h>

enum { STEPS = 30, ABSENT = AUTHORS - 5 /* the last five keys are of nobody */, SICK = 2 /* the first two fail */ };

typedef struct author_state {
    int committed, begun; /* scores */
    bool busy;            /* somebody writes it */
    bool unsure;          /* nobody knows what has become of a write: it is written no more */
} author_state;

static author_state states[AUTHORS];
static int cancels[MANY]; /* that each has not been told of */
static int64_t killed;    /* when a server was last; 0: never */
static int changes;       /* of the view */

/* On PostgreSQL the first ones fail; each time the types of two columns are others. */
static orm_status change_view(orm_connection *connection)
{
    char sql[500];
    if (!shares())
        return ORM_OK;
    snprintf(
        sql, sizeof sql,
        "CREATE VIEW authors AS SELECT id::%s AS id, created_at, email, CASE WHEN id IN (%lld, %lld) THEN (1 / (id - "
        "id))::text ELSE name END::%s AS name, bio, score FROM authors_behind",
        changes % 2 ? "int4" : "int8", (long long)ids[0], (long long)ids[1], changes % 2 ? "varchar" : "text");
    changes++;
    orm_status status = orm_connection_begin(connection);
    if (!status)
        status = orm_connection_execute(connection, "DROP VIEW IF EXISTS authors", NULL, NULL);
    if (!status)
        status = orm_connection_execute(connection, sql, NULL, NULL);
    return status ? status : orm_connection_commit(connection);
}

/* Whether that may happen to anybody: he was cancelled, or a server was killed lately. */
static bool is_excused(const worker *me, orm_status status)
{
    if (status == ORM_CANCELLED)
        return cancels[me->number] > 0;
    return status == ORM_DISCONNECTED && killed && orm_async_deadline(0) - killed < 5 * (int64_t)SECOND;
}

/* A cancellation is told once. */
static bool excuse(const worker *me, orm_status status)
{
    bool excused = is_excused(me, status);
    cancels[me->number] -= excused && status == ORM_CANCELLED;
    return excused;
}

static void expect_state(int at, orm_status status, const char *sqlstate, const char *name, double score, int committed)
{
    char wanted[32];
    snprintf(wanted, sizeof wanted, "a%03d", at);
    if (at >= ABSENT) {
        ck_assert_msg(status == ORM_NOT_FOUND, "seed %llu: %s", test_seed, orm_status_name(status));
    } else if (at < SICK && shares()) {
        ck_assert_msg(status == ORM_DATABASE, "seed %llu: %s", test_seed, orm_status_name(status));
        ck_assert_str_eq(sqlstate, "22012");
    } else {
        ck_assert_msg(status == ORM_OK, "seed %llu: %s %s", test_seed, orm_status_name(status), sqlstate);
        ck_assert_str_eq(name, wanted);
        ck_assert_msg(score >= committed && score <= states[at].begun, "seed %llu: %s has %g, not %d to %d", test_seed,
                      wanted, score, committed, states[at].begun);
    }
}

static int committed_score(int at)
{
    return states[at].unsure ? 0 : states[at].committed;
}

static void get(worker *me, orm_session *mine)
{
    const int at = pick(AUTHORS), committed = committed_score(at);
    const blog_author *author;
    orm_status status = blog_author_get(mine, ids[at], &author);
    if (!excuse(me, status))
        expect_state(at, status, orm_session_error(mine)->sqlstate, status ? "" : author->name,
                     status ? 0 : author->score.value, committed);
}

static void fetch(worker *me, orm_session *mine)
{
    const int at = pick(AUTHORS), committed = committed_score(at);
    blog_author row;
    orm_result *result;
    orm_error why;
    (void)mine;
    orm_status status = blog_author_fetch_from(fibers, ids[at], &row, &result, &why);
    if (!excuse(me, status))
        expect_state(at, status, why.sqlstate, status ? "" : row.name, status ? 0 : row.score.value, committed);
    orm_result_free(result);
}

static void get_many(worker *me, orm_session *mine)
{
    enum { COUNT = 5 };
    int at[COUNT], committed[COUNT];
    int64_t keys[COUNT];
    bool sick = false;
    blog_author_list found;
    for (int i = 0; i < COUNT; i++) {
        at[i] = pick(AUTHORS);
        keys[i] = ids[at[i]];
        committed[i] = committed_score(at[i]);
        sick |= at[i] < SICK && shares();
    }
    orm_status status = blog_author_get_many(mine, keys, COUNT, &found);
    if (excuse(me, status))
        return;
    for (int i = 0; i < COUNT; i++)
        if (sick)
            expect_state(0, status, orm_session_error(mine)->sqlstate, "", 0, 0);
        else
            expect_state(at[i], found.items[i] ? status : ORM_NOT_FOUND, "", found.items[i] ? found.items[i]->name : "",
                         found.items[i] ? found.items[i]->score.value : 0, committed[i]);
}

/* The row is read as others read it, and written in a transaction. */
static void write(worker *me, orm_session *mine)
{
    const int at = SICK + pick(ABSENT - SICK);
    author_state *state = &states[at];
    const blog_author *author;
    if (state->busy || state->unsure)
        return;
    state->busy = true;
    orm_status status = blog_author_get(mine, ids[at], &author);
    if (!status) {
        const int score = ++state->begun;
        ok(blog_author_set_score(mine, author, (orm_opt_float64){.has = true, .value = score}));
        status = orm_session_commit(mine);
        if (status)
            state->unsure = true;
        else
            state->committed = score;
    }
    state->busy = false;
    ck_assert_msg(!status || excuse(me, status) || (status == ORM_IN_DOUBT && cancels[me->number]), "seed %llu: %s: %s",
                  test_seed, orm_status_name(status), orm_session_error(mine)->message);
    cancels[me->number] -= status == ORM_IN_DOUBT;
}

static void nap(worker *me, orm_session *mine)
{
    (void)mine;
    orm_status status = orm_async_sleep(async, pick(3) * MILLISECOND);
    ck_assert(!status || excuse(me, status));
}

static void cancel(worker *me, orm_session *mine)
{
    const int other = pick(MANY);
    (void)mine;
    if (other == me->number || !workers[other].begun || workers[other].done)
        return;
    cancels[other]++;
    orm_async_cancel(async, workers[other].fiber);
}

/* Now and then. */
static void disturb(worker *me, orm_session *mine)
{
    orm_connection *connection;
    (void)mine;
    if (!shares() || pick(30))
        return;
    if (pick(2)) {
        kill_shared();
        killed = orm_async_deadline(0);
        return;
    }
    orm_status status = orm_connection_open(fibers, &connection, NULL);
    if (!status) {
        status = change_view(connection);
        orm_connection_close(connection);
    }
    ck_assert_msg(!status || excuse(me, status) || status == ORM_IN_DOUBT, "seed %llu: %s", test_seed,
                  orm_status_name(status));
}

static orm_status act(orm_async *own, void *argument)
{
    static void (*const acts[])(worker * me, orm_session * mine) = {
        get, get, get, get, get, get, get, get, fetch, fetch, get_many, write, write, nap, nap, cancel, disturb};
    worker *me = argument;
    orm_session *mine;
    (void)own;
    me->begun = true;
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    for (int step = 0; step < STEPS; step++) {
        acts[pick(sizeof acts / sizeof *acts)](me, mine);
        orm_session_rollback(mine); /* where nothing is shared a transaction is open */
        orm_session_clear(mine);
    }
    orm_session_close(mine);
    me->done = true;
    return ORM_OK;
}

static void begin_states(void)
{
    store_authors();
    run_sql("UPDATE authors SET score = 0");
    memset(states, 0, sizeof states);
    memset(cancels, 0, sizeof cancels);
    for (int i = ABSENT; i < AUTHORS; i++)
        ids[i] = -i;
    if (shares())
        run_sql("ALTER TABLE authors RENAME TO authors_behind");
    ok(change_view(c));
}

static void open_any(void)
{
    static const int sizes[] = {0, 0, -1, 2, 10, 128};
    ok(orm_async_poll_open(NULL, &async, &error));
    orm_waiter waiter = orm_async_waiter(async);
    if (pick(3) == 0)
        waiter.resume = NULL;
    open_fibers_by((orm_engine_options){.shared_connections = 1 + pick(3), .gather_size = sizes[pick(6)]}, waiter);
}

START_TEST(each_get_gives_the_right_row_or_the_right_error)
{
    begin_random();
    begin_states();
    open_any();
    spawn(act, 0, MANY);
    join_all(MANY);
    for (int i = 0; i < MANY; i++)
        ck_assert_msg(!workers[i].status || workers[i].status == ORM_CANCELLED, "seed %llu: %d ended with %s",
                      test_seed, i, orm_status_name(workers[i].status));
    close_fibers();
    if (shares())
        cure();
}
END_TEST

Suite *suite_fibers_random(void)
{
    Suite *suite = suite_create("fibers random");
    TCase *cases = new_case(suite, "random");
    tcase_set_timeout(cases, 20);
    tcase_add_test(cases, each_get_gives_the_right_row_or_the_right_error);
    return suite;
}
