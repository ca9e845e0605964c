/* replicas.c -- a primary and two replicas: where reads and writes go, whatever becomes of the servers.
 *
 *     replicas SOCKETS CONTROL          the folder of their sockets; what CONTROL does is in replicas.sh
 *
 * Each case is told by a line when it fails; the last line has the sum. Everything goes through the public headers.
 * SPDX-License-Identifier: MIT */
#include "blog.h"
#include "orm.h"
#include "orm/async_poll.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LENGTH_OF(array) (sizeof(array) / sizeof *(array))
enum { LAG = 700, WRITERS = 8 };

static const char *control;
static char primary_url[1024], first_url[512], second_url[512];
static const char *replica_urls[] = {first_url, second_url, NULL};
static const char *const durable[] = {"options", "-c synchronous_commit=on", NULL};
static orm_engine *engine;
static orm_error error;
static const char *wrong; /* what the case that runs found wrong first */

static void expect_at(const char *what, orm_status status, orm_status wanted)
{
    static char text[2048];
    if (status == wanted || wrong)
        return;
    snprintf(text, sizeof text, "%s is %s, not %s: %s", what, orm_status_name(status), orm_status_name(wanted),
             error.message);
    wrong = text;
}
#define expect(wanted, ...) expect_at(#__VA_ARGS__, (__VA_ARGS__), (wanted))
#define expect_true(...) expect_at(#__VA_ARGS__, (__VA_ARGS__) ? ORM_OK : ORM_DATABASE, ORM_OK)

static void server(const char *verb)
{
    char command[512];
    snprintf(command, sizeof command, "%s %s", control, verb);
    expect_true(system(command) == 0);
}

static void nap(int milliseconds)
{
    nanosleep(&(struct timespec){.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000L}, NULL);
}

static orm_status open_engine(int lag, const orm_waiter *waiter, orm_engine **opened)
{
    orm_engine_options options = {.replicas = replica_urls, .replica_max_lag = lag, .connect_args = durable};
    if (waiter)
        options.waiter = *waiter;
    return orm_engine_open(primary_url, &options, opened, &error);
}

/* Through a session that only reads. */
static orm_status count_in(orm_engine *some, size_t *count)
{
    orm_session *session;
    orm_session_factory factory = {.engine = some, .read_only = true};
    orm_status status = orm_session_open(&factory, &session, &error);
    if (status)
        return status;
    status = blog_author_count(session, NULL, count);
    if (status)
        error = *orm_session_error(session);
    orm_session_close(session);
    return status;
}

static size_t authors(void)
{
    size_t count = 0;
    expect(ORM_OK, count_in(engine, &count));
    return count;
}

static orm_status add_author(const char *email, orm_error *story)
{
    orm_session *session;
    orm_session_factory factory = {.engine = engine};
    orm_status status = orm_session_open(&factory, &session, story);
    if (status)
        return status;
    blog_author_add(session, &(blog_author_values){.email = email, .name = "Ada"}, NULL);
    status = orm_session_commit(session);
    if (status)
        *story = *orm_session_error(session);
    orm_session_close(session);
    return status;
}

static void add_one(void)
{
    static int number;
    char email[64];
    snprintf(email, sizeof email, "one%d@example.org", number++);
    expect(ORM_OK, add_author(email, &error));
}

static size_t lent_by_replica(size_t index)
{
    return orm_engine_replica(engine, index).pool.lent_ever;
}

static size_t lent_by_primary(void)
{
    return orm_engine_pool(engine).lent_ever;
}

static void both_up(void)
{
    server("wait one");
    server("wait two");
    bool up = false;
    for (int i = 0; i < 40 && !up; i++) { /* those left out are tried again after a second */
        if (i > 0)
            nap(100);
        authors();
        authors();
        up = !orm_engine_replica(engine, 0).left_out && !orm_engine_replica(engine, 1).left_out;
    }
    expect_true(up);
}

static void reads_go_to_each_replica_in_turn_and_writes_to_the_primary(void)
{
    both_up();
    size_t first = lent_by_replica(0), second = lent_by_replica(1), primary = lent_by_primary();
    for (int i = 0; i < 10; i++)
        authors();
    expect_true(lent_by_replica(0) == first + 5 && lent_by_replica(1) == second + 5);
    expect_true(lent_by_primary() == primary);
    add_one();
    expect_true(lent_by_primary() == primary + 1);
    expect_true(lent_by_replica(0) == first + 5 && lent_by_replica(1) == second + 5);
    expect_true(orm_engine_replica_count(engine) == 2);
    expect_true(strcmp(orm_engine_replica(engine, 1).url, second_url) == 0);
    expect_true(orm_engine_replica(engine, 2).url == NULL);
}

static void a_serializable_session_is_for_the_primary(void)
{
    orm_session *session;
    size_t count, primary = lent_by_primary();
    orm_session_factory factory = {.engine = engine, .read_only = true, .isolation = ORM_SERIALIZABLE};
    expect(ORM_OK, orm_session_open(&factory, &session, &error));
    expect(ORM_OK, blog_author_count(session, NULL, &count));
    orm_session_close(session);
    expect_true(lent_by_primary() == primary + 1);
}

static void a_repeatable_session_reads_from_a_replica(void)
{
    orm_session *session;
    size_t count, primary = lent_by_primary();
    orm_session_factory factory = {.engine = engine, .read_only = true, .isolation = ORM_REPEATABLE_READ};
    both_up();
    expect(ORM_OK, orm_session_open(&factory, &session, &error));
    expect(ORM_OK, blog_author_count(session, NULL, &count));
    expect(ORM_OK, orm_session_commit(session));
    orm_session_close(session);
    expect_true(lent_by_primary() == primary);
}

static void replicas_of_an_idle_primary_serve(void)
{
    both_up();
    size_t primary = lent_by_primary();
    for (int i = 0; i < 4; i++) {
        nap(LAG);
        authors();
    }
    expect_true(lent_by_primary() == primary);
    expect_true(orm_engine_replica(engine, 0).lag == 0);
}

static void a_replica_that_is_down_is_left_out_and_found_again(void)
{
    both_up();
    server("stop two");
    size_t first = lent_by_replica(0), primary = lent_by_primary();
    for (int i = 0; i < 20; i++)
        authors();
    expect_true(lent_by_replica(0) == first + 20);
    expect_true(lent_by_primary() == primary);
    expect_true(orm_engine_replica(engine, 1).left_out && orm_engine_replica(engine, 1).pool.open == 0);
    expect_true(orm_engine_replica(engine, 1).pool.in_use == 0);
    server("start two");
    both_up();
    size_t second = lent_by_replica(1);
    authors();
    authors();
    expect_true(lent_by_replica(1) == second + 1);
}

static void the_primary_reads_when_no_replica_is_up(void)
{
    both_up();
    server("stop two");
    server("pause one");
    size_t before = authors();
    add_one();
    nap(LAG + 100);
    size_t primary = lent_by_primary();
    for (int i = 0; i < 10; i++)
        expect_true(authors() == before + 1);
    expect_true(lent_by_primary() == primary + 10);
    server("resume one");
    server("start two");
    both_up();
}

/* What is read is never older than LAG; who allows more sees the old rows, which shows that replicas answer. */
static void replicas_that_lag_are_left_out_until_they_have_caught_up(void)
{
    orm_engine *patient = NULL;
    both_up();
    size_t before = authors(), count = 0;
    expect(ORM_OK, open_engine(-1, NULL, &patient));
    server("pause one");
    server("pause two");
    add_one();
    expect(ORM_OK, count_in(patient, &count));
    expect_true(count == before);
    nap(LAG + 50);
    for (int i = 0; i < 6; i++)
        expect_true(authors() == before + 1);
    expect_true(orm_engine_replica(engine, 0).left_out && orm_engine_replica(engine, 1).left_out);
    expect_true(orm_engine_replica(engine, 0).lag > LAG * 1000);
    expect(ORM_OK, count_in(patient, &count));
    expect_true(count == before);
    orm_engine_close(patient);
    server("resume one");
    server("resume two");
    both_up();
}

static void a_child_opens_its_own_connections_to_replicas(void)
{
    int status = 1;
    both_up();
    size_t count = authors();
    pid_t child = fork();
    if (child == 0) {
        size_t seen = 0;
        bool good = !count_in(engine, &seen) && seen == count && orm_engine_replica(engine, 0).pool.open <= 1;
        orm_engine_close(engine);
        _exit(!good);
    }
    expect_true(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    size_t opened = orm_engine_replica(engine, 0).pool.opened_ever + orm_engine_replica(engine, 1).pool.opened_ever;
    for (int i = 0; i < 4; i++)
        expect_true(authors() == count);
    expect_true(opened ==
                orm_engine_replica(engine, 0).pool.opened_ever + orm_engine_replica(engine, 1).pool.opened_ever);
}

static void dispose_closes_the_replicas_connections_too(void)
{
    authors();
    authors();
    expect_true(orm_engine_replica(engine, 0).pool.open + orm_engine_replica(engine, 1).pool.open >= 2);
    orm_engine_dispose(engine);
    expect_true(orm_engine_replica(engine, 0).pool.open + orm_engine_replica(engine, 1).pool.open == 0);
}

typedef struct fiber {
    orm_engine *engine;
    size_t count;
} fiber;

static orm_status read_in_fiber(orm_async *async, void *argument)
{
    fiber *f = argument;
    (void)async;
    return count_in(f->engine, &f->count);
}

static void fibers_read_from_replicas(void)
{
    orm_async *async = NULL;
    orm_fiber *fibers[40];
    fiber each = {0};
    both_up();
    size_t count = authors();
    expect(ORM_OK, orm_async_poll_open(NULL, &async, &error));
    const orm_waiter waiter = orm_async_waiter(async);
    expect(ORM_OK, open_engine(LAG, &waiter, &each.engine));
    if (wrong)
        return;
    size_t primary = orm_engine_pool(each.engine).lent_ever;
    for (size_t i = 0; i < LENGTH_OF(fibers); i++)
        expect(ORM_OK, orm_async_spawn(async, read_in_fiber, &each, &fibers[i]));
    expect(ORM_OK, orm_async_run(async));
    for (size_t i = 0; i < LENGTH_OF(fibers); i++)
        expect(ORM_OK, orm_async_join(async, fibers[i]));
    expect_true(each.count == count);
    expect_true(orm_engine_pool(each.engine).lent_ever == primary);
    size_t lent = 0;
    for (size_t i = 0; i < 2; i++)
        lent += orm_engine_replica(each.engine, i).pool.lent_ever;
    expect_true(lent > 0 && lent <= 2 * LENGTH_OF(fibers)); /* until it shows to be quick; and to ask for the lag */
    orm_engine_close(each.engine);
    orm_async_close(async);
}

/* --- connections that fibers share --- */

enum { GETTERS = 60, GETS = 200 };

typedef struct getter {
    orm_session_factory factory;
    int64_t id;
    size_t good, lost, absent; /* answers */
    orm_status strange;
    bool keep_on; /* until the other server is told to go down, and some more */
} getter;

static orm_fiber *getters[GETTERS];
static getter getting[GETTERS];
static int connected_to_replicas, connected_to_primary;

/* Asks a new connection where it is: only a replica is read-only whatever happens. */
static orm_status count_where(orm_connection *connection, void *user)
{
    (void)user;
    orm_status status = orm_connection_execute(connection,
                                               "DO $$ BEGIN IF NOT pg_is_in_recovery() THEN RAISE EXCEPTION "
                                               "'primary' USING ERRCODE = 'P0001'; END IF; END $$",
                                               NULL, NULL);
    connected_to_replicas += status == ORM_OK;
    connected_to_primary += status != ORM_OK;
    return ORM_OK;
}

static orm_status get_again_and_again(orm_async *async, void *argument)
{
    getter *g = argument;
    for (int i = 0; i < GETS; i++) {
        orm_session *session;
        const blog_author *author;
        orm_status status = orm_session_open(&g->factory, &session, NULL);
        if (!status)
            status = blog_author_get(session, g->id, &author);
        g->good += status == ORM_OK && author->id == g->id;
        g->lost += status == ORM_DISCONNECTED;
        g->absent += status == ORM_NOT_FOUND;
        if (status && status != ORM_NOT_FOUND && status != ORM_DISCONNECTED)
            g->strange = status;
        orm_session_close(session);
        if (g->keep_on)
            orm_async_sleep(async, 10000);
    }
    return ORM_OK;
}

static orm_status crash_one(orm_async *async, void *argument)
{
    (void)argument;
    orm_async_sleep(async, 300000);
    server("crash one");
    return ORM_OK;
}

static int64_t newest_author(void)
{
    orm_session *session;
    const blog_author *author = NULL;
    expect(ORM_OK, orm_session_open(&(orm_session_factory){.engine = engine}, &session, &error));
    expect(ORM_OK, blog_author_first(session, &(blog_author_query){.order_by = {orm_desc(BLOG_AUTHOR.id)}}, &author));
    int64_t id = author ? author->id : 0;
    orm_session_close(session);
    return id;
}

/* The sums are left in the first. */
static void get_by_fibers(int lag, bool read_only, int64_t id, bool crash)
{
    orm_async *async = NULL;
    orm_engine *shared = NULL;
    orm_fiber *crasher = NULL;
    expect(ORM_OK, orm_async_poll_open(NULL, &async, &error));
    orm_engine_options options = {.replicas = replica_urls,
                                  .replica_max_lag = lag,
                                  .connect_args = durable,
                                  .hooks.connect = count_where,
                                  .waiter = orm_async_waiter(async)};
    expect(ORM_OK, orm_engine_open(primary_url, &options, &shared, &error));
    connected_to_replicas = connected_to_primary = 0;
    for (size_t i = 0; i < GETTERS && !wrong; i++) {
        getting[i] = (getter){.factory = {.engine = shared, .read_only = read_only}, .id = id, .keep_on = crash};
        expect(ORM_OK, orm_async_spawn(async, get_again_and_again, &getting[i], &getters[i]));
    }
    if (crash)
        expect(ORM_OK, orm_async_spawn(async, crash_one, NULL, &crasher));
    for (size_t i = 0; i < GETTERS && !wrong; i++) {
        expect(ORM_OK, orm_async_join(async, getters[i]));
        expect(ORM_OK, getting[i].strange);
        getting[0].good += i ? getting[i].good : 0;
        getting[0].lost += i ? getting[i].lost : 0;
        getting[0].absent += i ? getting[i].absent : 0;
    }
    expect(ORM_OK, orm_async_join(async, crasher));
    orm_engine_close(shared);
    orm_async_close(async);
}

static void gets_of_fibers_share_connections_to_replicas(void)
{
    both_up();
    int64_t id = newest_author();
    get_by_fibers(-1, true, id, false);
    expect_true(getting[0].good == GETTERS * GETS);
    expect_true(connected_to_replicas == 4 && connected_to_primary == 0); /* two each */
    get_by_fibers(-1, false, id, false);
    expect_true(getting[0].good == GETTERS * GETS);
    expect_true(connected_to_replicas == 0 && connected_to_primary == 2);
}

static void gets_of_fibers_leave_out_replicas_that_lag(void)
{
    both_up();
    server("pause one");
    server("pause two");
    add_one();
    int64_t id = newest_author();
    get_by_fibers(-1, true, id, false);
    expect_true(getting[0].absent == GETTERS * GETS); /* replicas answer */
    nap(LAG + 50);
    get_by_fibers(LAG, true, id, false);
    expect_true(getting[0].good == GETTERS * GETS && connected_to_primary == 2); /* the primary does */
    server("resume one");
    server("resume two");
    both_up();
}

/* What was on its way to it is lost, once for a fiber at most; then the other serves. */
static void gets_of_fibers_go_on_when_a_replica_crashes(void)
{
    both_up();
    int64_t id = newest_author();
    get_by_fibers(-1, true, id, true);
    expect_true(getting[0].good + getting[0].lost == GETTERS * GETS);
    for (size_t i = 1; i < GETTERS; i++)
        expect_true(getting[i].lost <= 1);
    expect_true(connected_to_primary == 0);
    server("start one");
    both_up();
}

/* --- failover ---------------------------------------------------------------------------------------------------- */

static atomic_bool ending, promoted;

typedef struct writer {
    pthread_t thread;
    int number, added, in_doubt, after_promotion;
    orm_status strange; /* a failure that nobody expects */
    orm_error error;
} writer;

/* Of what fails, only a commit that nobody answered may have been done. */
static void *write_on(void *user)
{
    writer *w = user;
    for (int i = 0; !atomic_load(&ending); i++) {
        char email[64];
        orm_error story;
        snprintf(email, sizeof email, "%d-%d@example.org", w->number, i);
        bool late = atomic_load(&promoted);
        orm_status status = add_author(email, &story);
        w->added += status == ORM_OK;
        w->after_promotion += status == ORM_OK && late;
        w->in_doubt += status == ORM_IN_DOUBT;
        bool expected = status == ORM_OK || status == ORM_IN_DOUBT || status == ORM_DISCONNECTED ||
                        status == ORM_READ_ONLY || status == ORM_STARTING;
        if (!expected && !w->strange) {
            w->strange = status;
            w->error = story;
        }
        if (status)
            nap(20);
    }
    return NULL;
}

static void after_a_crash_and_a_promotion_the_same_engine_writes_on_and_no_committed_row_is_lost(void)
{
    writer writers[WRITERS] = {0};
    orm_engine *patient = NULL;
    size_t count = 0;
    both_up();
    size_t added = authors(), in_doubt = 0;
    expect(ORM_OK, open_engine(-1, NULL, &patient));
    for (int i = 0; i < WRITERS; i++) {
        writers[i].number = i;
        pthread_create(&writers[i].thread, NULL, write_on, &writers[i]);
    }
    nap(500);
    server("crash data");
    nap(300);
    expect(ORM_OK, count_in(patient, &count)); /* reading goes on */
    expect_true(count > added);
    expect(ORM_READ_ONLY, add_author("none@example.org", &error)); /* two hosts are up, and neither takes it */
    server("promote one");
    atomic_store(&promoted, true);
    nap(1000);
    atomic_store(&ending, true);
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
        error = writers[i].error;
        expect(ORM_OK, writers[i].strange);
        expect_true(writers[i].after_promotion > 0);
        added += (size_t)writers[i].added;
        in_doubt += (size_t)writers[i].in_doubt;
    }
    nap(LAG + 100); /* the other replica follows nobody now, and is left out */
    for (int i = 0; i < 4; i++) {
        count = authors();
        if (count < added || count > added + in_doubt)
            fprintf(stderr, "%zu rows, %zu committed, %zu in doubt\n", count, added, in_doubt);
        expect_true(count >= added && count <= added + in_doubt);
    }
    expect_true(orm_engine_pool(engine).in_use == 0);
    orm_engine_close(patient);
}

/* Which may be a primary by the time that the next one is opened. */
static void a_connection_to_a_replica_that_was_to_write_is_not_lent_again(void)
{
    orm_engine *replica;
    orm_connection *c;
    both_up();
    expect(ORM_OK, orm_engine_open(first_url, NULL, &replica, &error));
    if (wrong)
        return;
    expect(ORM_OK, orm_connection_open(replica, &c, &error));
    expect(ORM_READ_ONLY, orm_connection_execute(c, "DELETE FROM comment", NULL, NULL));
    orm_connection_close(c);
    expect_true(orm_engine_pool(replica).open == 0);
    orm_engine_close(replica);
}

static const struct {
    const char *name;
    void (*run)(void);
} cases[] = {
    {"reads go to each replica in turn, and writes to the primary",
     reads_go_to_each_replica_in_turn_and_writes_to_the_primary},
    {"a serializable session is for the primary", a_serializable_session_is_for_the_primary},
    {"a repeatable session reads from a replica", a_repeatable_session_reads_from_a_replica},
    {"replicas of an idle primary serve", replicas_of_an_idle_primary_serve},
    {"a child opens its own connections to replicas", a_child_opens_its_own_connections_to_replicas},
    {"fibers read from replicas", fibers_read_from_replicas},
    {"gets of fibers share connections to replicas", gets_of_fibers_share_connections_to_replicas},
    {"gets of fibers leave out replicas that lag", gets_of_fibers_leave_out_replicas_that_lag},
    {"gets of fibers go on when a replica crashes", gets_of_fibers_go_on_when_a_replica_crashes},
    {"dispose closes the replicas' connections too", dispose_closes_the_replicas_connections_too},
    {"a replica that is down is left out and found again", a_replica_that_is_down_is_left_out_and_found_again},
    {"replicas that lag are left out until they have caught up",
     replicas_that_lag_are_left_out_until_they_have_caught_up},
    {"the primary reads when no replica can", the_primary_reads_when_no_replica_is_up},
    {"a connection to a replica that was to write is not lent again",
     a_connection_to_a_replica_that_was_to_write_is_not_lent_again},
    {"after a crash and a promotion the same engine writes on, and no committed row is lost",
     after_a_crash_and_a_promotion_the_same_engine_writes_on_and_no_committed_row_is_lost},
};

int main(int argc, char **argv)
{
    int passed = 0, failed = 0;
    if (argc != 3)
        return 2;
    control = argv[2];
    snprintf(primary_url, sizeof primary_url,
             "postgresql://ormc@/ormc_test?host=%s,%s,%s&port=5432,5433,5434&target_session_attrs=read-write", argv[1],
             argv[1], argv[1]);
    snprintf(first_url, sizeof first_url, "postgresql://ormc@/ormc_test?host=%s&port=5433", argv[1]);
    snprintf(second_url, sizeof second_url, "postgresql://ormc@/ormc_test?host=%s&port=5434", argv[1]);
    if (open_engine(LAG, NULL, &engine) || blog_create_all(engine, &error)) {
        printf("failed: %s\n", error.message);
        return 1;
    }
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        wrong = NULL;
        cases[i].run();
        if (wrong)
            printf("failed: %s: %s\n", cases[i].name, wrong);
        *(wrong ? &failed : &passed) += 1;
    }
    orm_engine_close(engine);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
