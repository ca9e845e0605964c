/* fibers.c -- gets by key: a thousand fibers beside threads, beside one session that blocks, beside libpq by hand.
 *
 *     bench_fibers URL [--check]
 *
 * Prints gets a second, and the ratios that tests/bench/fibers.sh promises. With --check it is short, the limits are
 * loose, and the status is 1 when one is missed. BENCH_ROUNDS: how many times each runs (5); the median counts.
 * BENCH_SIDES: only these. The system calls of libpq and of the loop are counted by functions of the same name, which
 * go ahead of the C library's. Built with BENCH_COUNTED, callgrind's counters are told of the last round alone.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_setaffinity, RTLD_NEXT */
#include "fibers.h"

#include "bench.h"
#include "orm/async_poll.h"

#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef BENCH_COUNTED
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(name)
#endif

enum { ROUNDS_MAX = 21, FAST = 100000 /* gets of sides that need not be spared */ };

static const char *url;
static size_t gets; /* of this run */
static size_t next;
static uint64_t digest;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* --- system calls ------------------------------------------------------------------------------------------------ */

static atomic_size_t system_calls;
static ssize_t (*real_send)(int, const void *, size_t, int);
static ssize_t (*real_recv)(int, void *, size_t, int);
static int (*real_poll)(struct pollfd *, nfds_t, int);

static __attribute__((constructor)) void find_calls(void)
{
    *(void **)(void *)&real_send = dlsym(RTLD_NEXT, "send");
    *(void **)(void *)&real_recv = dlsym(RTLD_NEXT, "recv");
    *(void **)(void *)&real_poll = dlsym(RTLD_NEXT, "poll");
}

ssize_t send(int descriptor, const void *data, size_t size, int flags)
{
    system_calls++;
    return real_send(descriptor, data, size, flags);
}

ssize_t recv(int descriptor, void *data, size_t size, int flags)
{
    system_calls++;
    return real_recv(descriptor, data, size, flags);
}

int poll(struct pollfd *polled, nfds_t count, int timeout)
{
    system_calls++;
    return real_poll(polled, count, timeout);
}

void give_up(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(2);
}

void saw_post(int64_t id, const char *title, const char *body, int32_t views)
{
    digest += (uint64_t)id * 31 + (uint64_t)title[5] * 53 + (uint64_t)body[7] * 59 + (uint64_t)views * 43;
}

static void expect_ok(orm_status status, const orm_error *error)
{
    if (status)
        give_up(orm_status_name(status), error ? error->message : "");
}

static orm_engine *open_engine(orm_engine_options options)
{
    orm_engine *engine;
    orm_error error;
    options.pool_size = CONNECTIONS;
    options.max_overflow = -1;
    expect_ok(orm_engine_open(url, &options, &engine, &error), &error);
    return engine;
}

/* --- ours: a session for `each` gets, as a request of a web server may make --- */

typedef struct reader {
    orm_session_factory factory;
    size_t count, each;
    bool finds; /* by a condition */
} reader;

static void get_posts(const reader *me)
{
    orm_session *s;
    const bench_post *post;
    for (size_t done = 0; done < me->count; done += me->each) {
        expect_ok(orm_session_open(&me->factory, &s, NULL), NULL);
        for (size_t i = 0; i < me->each; i++) {
            int64_t id = post_at(next++);
            expect_ok(me->finds ? bench_post_first(s, &(bench_post_query){.where = {orm_eq(BENCH_POST.id, id)}}, &post)
                                : bench_post_get(s, id, &post),
                      orm_session_error(s));
            saw_post(post->id, post->title, post->body, post->views);
        }
        orm_session_close(s);
    }
}

static orm_status read_in_fiber(orm_async *async, void *argument)
{
    (void)async;
    get_posts(argument);
    return ORM_OK;
}

/* Begin, get and commit, each in a trip of its own, and on rows alone: BEGIN goes with the statement after it, so
 * that is one that does nothing. */
static orm_status read_in_three_trips(orm_async *async, void *argument)
{
    const reader *me = argument;
    orm_connection *c;
    bench_post post;
    orm_result *result;
    (void)async;
    for (size_t i = 0; i < me->count; i++) {
        expect_ok(orm_connection_open(me->factory.engine, &c, NULL), NULL);
        expect_ok(orm_connection_begin(c), orm_connection_error(c));
        expect_ok(orm_connection_execute(c, "SELECT", NULL, NULL), orm_connection_error(c));
        expect_ok(bench_post_fetch(c, post_at(next++), &post, &result), orm_connection_error(c));
        saw_post(post.id, post.title, post.body, post.views);
        orm_result_free(result);
        expect_ok(orm_connection_commit(c), orm_connection_error(c));
        orm_connection_close(c);
    }
    return ORM_OK;
}

static void run_fibers(orm_async_function function, reader how, orm_engine_options options)
{
    enum { ENGINES = 2 * (CONNECTIONS + 2) };
    static orm_async *async[ENGINES];
    static orm_engine *engines[ENGINES];
    size_t which = (size_t)(2 * (options.shared_connections + 1) + (options.gather_size < 0));
    if (!engines[which]) {
        expect_ok(orm_async_poll_open(NULL, &async[which], NULL), NULL);
        options.waiter = orm_async_waiter(async[which]);
        engines[which] = open_engine(options);
    }
    how.factory.engine = engines[which];
    how.count = gets / READERS;
    for (int i = 0; i < READERS; i++)
        expect_ok(orm_async_spawn(async[which], function, &how, NULL), NULL);
    expect_ok(orm_async_run(async[which]), NULL);
}

static void fibers_shared(void)
{
    run_fibers(read_in_fiber, (reader){.each = BATCH}, (orm_engine_options){.shared_connections = SHARED});
}

static void fibers_ten(void)
{
    run_fibers(read_in_fiber, (reader){.each = BATCH}, (orm_engine_options){.shared_connections = CONNECTIONS});
}

static void fibers_new(void)
{
    run_fibers(read_in_fiber, (reader){.each = 1}, (orm_engine_options){.shared_connections = SHARED});
}

static void fibers_single(void)
{
    run_fibers(read_in_fiber, (reader){.each = BATCH},
               (orm_engine_options){.shared_connections = SHARED, .gather_size = -1});
}

static void fibers_find(void)
{
    run_fibers(read_in_fiber, (reader){.each = BATCH, .finds = true},
               (orm_engine_options){.shared_connections = SHARED});
}

static void fibers_find_alone(void)
{
    run_fibers(read_in_fiber, (reader){.each = BATCH, .finds = true}, (orm_engine_options){.shared_connections = -1});
}

static void fibers_alone(void)
{
    run_fibers(read_in_fiber, (reader){.each = BATCH}, (orm_engine_options){.shared_connections = -1});
}

static void fibers_transactions(void)
{
    run_fibers(read_in_fiber, (reader){.each = 1, .factory.isolation = ORM_REPEATABLE_READ},
               (orm_engine_options){.shared_connections = -1});
}

static void fibers_three_trips(void)
{
    run_fibers(read_in_three_trips, (reader){0}, (orm_engine_options){.shared_connections = -1});
}

/* --- ours, blocking --- */

static orm_engine *blocking(void)
{
    static orm_engine *engine;
    return engine ? engine : (engine = open_engine((orm_engine_options){0}));
}

static void *read_in_thread(void *argument)
{
    const reader *me = argument;
    uint64_t sum = 0;
    for (size_t done = 0; done < me->count; done += BATCH) {
        orm_session *s;
        const bench_post *post;
        pthread_mutex_lock(&lock);
        size_t first = next;
        next += BATCH;
        pthread_mutex_unlock(&lock);
        expect_ok(orm_session_open(&me->factory, &s, NULL), NULL);
        for (size_t i = first; i < first + BATCH; i++) {
            expect_ok(bench_post_get(s, post_at(i), &post), orm_session_error(s));
            sum += (uint64_t)post->id * 31 + (uint64_t)post->title[5] * 53 + (uint64_t)post->body[7] * 59 +
                   (uint64_t)post->views * 43;
        }
        orm_session_close(s);
    }
    pthread_mutex_lock(&lock);
    digest += sum;
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void threads(void)
{
    pthread_t running[CONNECTIONS];
    reader how = {.factory.engine = blocking(), .count = gets / CONNECTIONS};
    for (int i = 0; i < CONNECTIONS; i++)
        if (pthread_create(&running[i], NULL, read_in_thread, &how))
            give_up("threads", "none can be made");
    for (int i = 0; i < CONNECTIONS; i++)
        pthread_join(running[i], NULL);
}

/* One session, with its server process on the processor it runs on itself. */
static void one_session(void)
{
    get_posts(&(reader){.factory.engine = blocking(), .count = gets, .each = BATCH});
}

static void by_hand_two(void)
{
    by_hand(url, gets, SHARED, FORGETTING);
}

static void by_hand_ten(void)
{
    by_hand(url, gets, CONNECTIONS, FORGETTING);
}

static void keeping_two(void)
{
    by_hand(url, gets, SHARED, KEEPING_ROWS);
}

static void keeping_ten(void)
{
    by_hand(url, gets, CONNECTIONS, KEEPING_ROWS);
}

static void keeping_lists(void)
{
    by_hand(url, gets, SHARED, KEEPING_LISTS);
}

/* --- the runs --- */

typedef enum side {
    FIBERS,
    NEW,
    FIBERS_TEN,
    SINGLE,
    FIND,
    FIND_ALONE,
    ALONE,
    TRANSACTIONS,
    THREE_TRIPS,
    THREADS,
    ONE,
    BY_HAND,
    BY_HAND_TEN,
    KEEPING,
    KEEPING_TEN,
    LISTS,
    SIDES
} side;
static const struct {
    const char *name, *title;
    void (*run)(void);
    size_t gets;
    bool one_processor;
} sides[SIDES] = {
    [FIBERS] = {"fibers", "1,000 fibers, 2 shared connections, a session for 20 gets", fibers_shared, 100000, false},
    [NEW] = {"new", "the same, a session for each get", fibers_new, 100000, false},
    [FIBERS_TEN] = {"fibers_ten", "the same, 10 shared connections, a session for 20 gets", fibers_ten, 100000, false},
    [SINGLE] = {"single", "the same, 2 shared connections, each get a statement of its own", fibers_single, 100000,
                false},
    [FIND] = {"find", "1,000 fibers that find by a condition, 2 shared connections", fibers_find, 100000, false},
    [FIND_ALONE] = {"find_alone", "the same, nothing shared", fibers_find_alone, 20000, false},
    [ALONE] = {"alone", "1,000 fibers, nothing shared: the pool of 10", fibers_alone, 20000, false},
    [TRANSACTIONS] = {"transactions", "1,000 fibers, nothing shared, each get a transaction", fibers_transactions,
                      20000, false},
    [THREE_TRIPS] = {"three_trips", "1,000 fibers by Core: BEGIN, get, COMMIT, a trip each", fibers_three_trips, 20000,
                     false},
    [THREADS] = {"threads", "10 threads, 10 connections", threads, 20000, false},
    [ONE] = {"one", "one session, on its server's processor", one_session, 20000, true},
    [BY_HAND] = {"by_hand", "libpq by hand, pipelined, 1,000 on their way, 2 connections", by_hand_two, 100000, false},
    [BY_HAND_TEN] = {"by_hand_ten", "the same, 10 connections", by_hand_ten, 100000, false},
    [KEEPING] = {"keeping", "libpq by hand for 1,000 requests that keep 20 rows, 2 connections", keeping_two, 100000,
                 false},
    [KEEPING_TEN] = {"keeping_ten", "the same, 10 connections", keeping_ten, 100000, false},
    [LISTS] = {"lists", "the same, by lists of 64 keys, 2 connections", keeping_lists, 100000, false},
};

/* Of which each kind of get needs at most so many times those of the other. */
static const struct {
    side ours, other;
    double most;
} calls_promised[] = {{FIBERS, BY_HAND, 1.5}, {FIBERS_TEN, BY_HAND_TEN, 1.5}};

static const struct {
    side ours, other;
    double least, loose;
    const char *text;
} promises[] = {
    {FIBERS, THREADS, 3, 1, "fibers are 3 times as fast as threads"},
    {FIBERS, ONE, 4, 1, "and 4 times as fast as one session"},
    {FIBERS, KEEPING, 1 / 1.1, 0.25, "as fast as libpq by hand that keeps as many rows, to a tenth, by 2 connections"},
    {FIBERS_TEN, KEEPING_TEN, 1 / 1.1, 0.15, "and by 10"},
    {FIND, FIND_ALONE, 2, 0.8, "what is found is read twice as fast by shared connections"},
    {SINGLE, KEEPING, 0.8, 0.25, "to a fifth where each get is a statement of its own"},
    {FIBERS, LISTS, 0.6, 0.2, "and to two fifths, as libpq by hand that asks for lists of keys"},
    {NEW, BY_HAND, 1 / 1.1, 0.25, "a session for each get is as fast as libpq by hand that keeps nothing, to a tenth"},
    {TRANSACTIONS, THREE_TRIPS, 1.4, 0.6, "a transaction is 1.4 times as fast as in three trips"},
};

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Of the processor, for this process alone. */
static double cpu_seconds(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void fill(void)
{
    orm_engine *engine = blocking();
    orm_error error;
    orm_connection *c;
    bench_drop_all(engine, &error);
    expect_ok(bench_create_all(engine, &error), &error);
    expect_ok(orm_connection_open(engine, &c, &error), &error);
    expect_ok(orm_connection_execute(c,
                                     "INSERT INTO author (name, email, created_at) SELECT 'n' || i, 'e' || i, now() "
                                     "FROM generate_series(1, 1000) i",
                                     NULL, NULL),
              orm_connection_error(c));
    expect_ok(orm_connection_execute(c,
                                     "INSERT INTO post (title, body, views, published, created_at, author_id) SELECT "
                                     "'Title ' || i, repeat(chr(97 + i % 26), 200), i % 1000, true, now(), i % 1000 + "
                                     "1 FROM generate_series(1, 100000) i",
                                     NULL, NULL),
              orm_connection_error(c));
    expect_ok(orm_connection_execute(c, "ANALYZE", NULL, NULL), orm_connection_error(c));
    orm_connection_close(c);
}

/* The processors that this process and the servers of its connections may use; false: it may not say. */
static bool use_processors(bool one)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(0, &set);
    for (int i = 1; i < CPU_SETSIZE && !one; i++)
        CPU_SET(i, &set);
    bool done = sched_setaffinity(0, sizeof set, &set) == 0;
    FILE *pids = popen("pgrep -f '^postgres: .*ormc' || true", "r");
    char line[32];
    while (pids && fgets(line, sizeof line, pids))
        done &= sched_setaffinity((pid_t)atoi(line), sizeof set, &set) == 0;
    if (pids)
        pclose(pids);
    return done;
}

static bool wanted(side which)
{
    const char *only = getenv("BENCH_SIDES");
    return !only || !*only || strstr(only, sides[which].name);
}

static double run_once(side which, bool short_form, double *cpu, double *calls)
{
    gets = short_form ? READERS * BATCH : sides[which].gets; /* a multiple of that */
    next = 0;
    digest = 0;
    if (sides[which].one_processor && !use_processors(true))
        printf("skipped: the server's processor cannot be chosen\n");
    CALLGRIND_ZERO_STATS;
    double begin = seconds(), cpu_begin = cpu_seconds();
    size_t calls_before = system_calls;
    sides[which].run();
    double took = seconds() - begin;
    *calls = (double)(system_calls - calls_before) / (double)gets;
    *cpu = (cpu_seconds() - cpu_begin) / (double)gets * 1e6;
    if (sides[which].one_processor)
        use_processors(false);
    static uint64_t digests[SIDES];
    static size_t counts[SIDES];
    digests[which] = digest;
    counts[which] = gets;
    for (int i = 0; i < SIDES; i++)
        if (counts[i] == gets && digests[i] != digest)
            give_up(sides[which].name, "did not read what another read");
    return (double)gets / took;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    double rates[SIDES][ROUNDS_MAX], cpu[SIDES][ROUNDS_MAX], calls[SIDES][ROUNDS_MAX], median[SIDES];
    bool check = argc > 2 && strcmp(argv[2], "--check") == 0;
    const char *given = getenv("BENCH_ROUNDS");
    size_t rounds = check ? 1 : given && *given ? strtoul(given, NULL, 10) : 5, failed = 0, passed = 0;
    if (argc < 2 || rounds < 1 || rounds >= ROUNDS_MAX)
        give_up("usage", "bench_fibers URL [--check], with BENCH_ROUNDS from 1 to 20");
    url = argv[1];
    fill();
    for (size_t round = 0; round <= rounds; round++)
        for (int i = 0; i < SIDES; i++) {
            size_t place = round ? round - 1 : 0; /* the first warms up */
            if (!wanted(i) || (check && round == 0 && sides[i].gets < FAST))
                continue;
            rates[i][place] = run_once(i, check, &cpu[i][place], &calls[i][place]);
            if (round == rounds) {
                CALLGRIND_DUMP_STATS_AT(sides[i].name);
            }
        }
    for (int i = 0; i < SIDES; i++) {
        if (!wanted(i))
            continue;
        qsort(rates[i], rounds, sizeof rates[i][0], compare);
        qsort(cpu[i], rounds, sizeof cpu[i][0], compare);
        qsort(calls[i], rounds, sizeof calls[i][0], compare);
        median[i] = rates[i][rounds / 2];
        printf("%-62s %8.0f gets/s (%.0f to %.0f), %5.2f us of CPU, %.3f system calls each\n", sides[i].title,
               median[i], rates[i][0], rates[i][rounds - 1], cpu[i][rounds / 2], calls[i][rounds / 2]);
    }
    for (size_t i = 0; i < sizeof calls_promised / sizeof *calls_promised; i++) {
        if (!wanted(calls_promised[i].ours) || !wanted(calls_promised[i].other))
            continue;
        double ratio = calls[calls_promised[i].ours][rounds / 2] / calls[calls_promised[i].other][rounds / 2];
        bool kept = ratio <= calls_promised[i].most;
        printf("%s: system calls, %.2f of those of %s, at most %.2f%s\n", sides[calls_promised[i].ours].name, ratio,
               sides[calls_promised[i].other].name, calls_promised[i].most, kept ? "" : "   MISSED");
        passed += kept;
        failed += !kept;
    }
    for (size_t i = 0; i < sizeof promises / sizeof *promises; i++) {
        if (!wanted(promises[i].ours) || !wanted(promises[i].other))
            continue;
        double ratio = median[promises[i].ours] / median[promises[i].other];
        bool kept = ratio >= (check ? promises[i].loose : promises[i].least);
        printf("%s: %.2f%s\n", promises[i].text, ratio, kept ? "" : "   MISSED");
        passed += kept;
        failed += !kept;
    }
    printf("%zu passed, %zu failed, 0 skipped\n", passed, failed);
    return check && failed > 0;
}
