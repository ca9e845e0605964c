/* test_pool.c -- the pool, lending connections that are none: no database is behind them.
 *
 * The six functions of sql/connection.h that a pool calls are defined here, and the linker takes these.
 * SPDX-License-Identifier: MIT */
#include "engine/pool.h"

#include "base/error.h"

#include <check.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 16 };

/* --- connections that are none ----------------------------------------------------------------------------------- */

static atomic_int made, freed, resets, pings, living, most_living;
static atomic_bool refuse;  /* no connection can be made */
static atomic_bool hold_up; /* who connects posts `connecting` and waits for `go_on` */
static sem_t connecting, go_on;

orm_status orm__connection_new(const orm__address *address, const orm_engine_options *options,
                               orm_connection **connection, orm_error *error)
{
    (void)address, (void)options;
    *connection = NULL;
    if (atomic_load(&hold_up)) {
        sem_post(&connecting);
        while (sem_wait(&go_on))
            ;
    }
    if (atomic_load(&refuse))
        return orm__error_set(error, ORM_DISCONNECTED, "nobody there");
    struct {
        orm_connection first;
        orm__link link;
    } *both = calloc(1, sizeof *both);
    if (!both)
        return orm__error_no_memory(error);
    both->first.link = &both->link;
    *connection = &both->first;
    atomic_fetch_add(&made, 1);
    int now = atomic_fetch_add(&living, 1) + 1, most = atomic_load(&most_living);
    while (now > most && !atomic_compare_exchange_weak(&most_living, &most, now))
        ;
    return ORM_OK;
}

void orm__connection_free(orm_connection *connection)
{
    if (!connection)
        return;
    free(connection);
    atomic_fetch_add(&freed, 1);
    atomic_fetch_sub(&living, 1);
}

orm_status orm__connection_greet(orm_connection *connection)
{
    (void)connection;
    return ORM_OK;
}

bool orm__connection_reset(orm_connection *connection)
{
    atomic_fetch_add(&resets, 1);
    connection->failed = false;
    return !connection->broken;
}

bool orm__connection_ping(orm_connection *connection)
{
    atomic_fetch_add(&pings, 1);
    return !connection->failed;
}

void orm__connection_abandon(orm_connection *connection)
{
    connection->unwanted = true;
}

bool orm__connection_usable(orm_connection *connection)
{
    return !connection->broken;
}

/* --- the pool of each test --------------------------------------------------------------------------------------- */

static orm__pool pool;
static orm_error error;
static orm_engine_options options;

static void open_pool(size_t size, size_t most, int64_t timeout)
{
    sem_init(&connecting, 0, 0);
    sem_init(&go_on, 0, 0);
    pool = (orm__pool){.options = &options, .size = size, .most = most, .timeout = timeout};
    ck_assert_int_eq(orm__pool_init(&pool, &error), ORM_OK);
}

/* Whatever was made is freed. */
static void close_pool(void)
{
    orm__pool_release(&pool);
    ck_assert_int_eq(atomic_load(&living), 0);
}

static orm_connection *acquire(void)
{
    orm_connection *connection;
    ck_assert_msg(orm__pool_acquire(&pool, &connection, &error) == ORM_OK, "%s", error.message);
    ck_assert_ptr_nonnull(connection);
    return connection;
}

static orm_status acquire_in_vain(void)
{
    orm_connection *connection = (orm_connection *)&pool;
    orm_status status = orm__pool_acquire(&pool, &connection, &error);
    ck_assert_int_ne(status, ORM_OK);
    ck_assert_ptr_null(connection);
    return status;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

/* Until somebody stands in the queue, other than `last`. Returns who came last. */
static const void *wait_for_a_waiter(const void *last)
{
    for (;; nap()) {
        pthread_mutex_lock(&pool.lock);
        const void *newest = pool.last;
        pthread_mutex_unlock(&pool.lock);
        if (newest && newest != last)
            return newest;
    }
}

START_TEST(the_first_connection_is_made_at_once)
{
    open_pool(5, 15, 0);
    ck_assert_int_eq(atomic_load(&made), 1);
    ck_assert_uint_eq(pool.idle_count, 1);
    acquire();
    ck_assert_int_eq(atomic_load(&made), 1);
}
END_TEST

START_TEST(a_pool_without_its_first_connection_is_none)
{
    atomic_store(&refuse, true);
    pool = (orm__pool){.options = &options, .size = 5, .most = 15};
    ck_assert_int_eq(orm__pool_init(&pool, &error), ORM_DISCONNECTED);
    ck_assert_str_eq(error.message, "nobody there");
}
END_TEST

START_TEST(the_last_returned_is_lent_first)
{
    open_pool(3, 3, 0);
    orm_connection *a = acquire(), *b = acquire(), *c = acquire();
    orm__pool_give_back(&pool, b);
    orm__pool_give_back(&pool, a);
    orm__pool_give_back(&pool, c);
    ck_assert_ptr_eq(acquire(), c);
    ck_assert_ptr_eq(acquire(), a);
    ck_assert_ptr_eq(acquire(), b);
    ck_assert_int_eq(atomic_load(&resets), 3);
    orm__pool_give_back(&pool, a);
    orm__pool_give_back(&pool, b);
    orm__pool_give_back(&pool, c);
    close_pool();
}
END_TEST

START_TEST(a_connection_knows_its_engine)
{
    open_pool(1, 2, 0);
    pool.engine = (orm_engine *)&pool;
    acquire();
    ck_assert_ptr_eq(acquire()->engine, (orm_engine *)&pool);
}
END_TEST

START_TEST(those_above_the_size_are_closed_on_return)
{
    orm_connection *lent[5];
    open_pool(2, 5, 0);
    for (int i = 0; i < 5; i++)
        lent[i] = acquire();
    for (int i = 0; i < 5; i++)
        orm__pool_give_back(&pool, lent[i]);
    ck_assert_int_eq(atomic_load(&freed), 3);
    ck_assert_uint_eq(pool.open, 2);
    ck_assert_uint_eq(pool.idle_count, 2);
    ck_assert_uint_eq(pool.opened_ever, 5);
    close_pool();
}
END_TEST

START_TEST(giving_back_nothing_or_twice_does_nothing)
{
    open_pool(2, 2, 0);
    orm__pool_give_back(&pool, NULL);
    orm_connection *lent = acquire();
    orm__pool_give_back(&pool, lent);
    orm__pool_give_back(&pool, lent);
    ck_assert_uint_eq(pool.idle_count, 1);
    ck_assert_uint_eq(pool.open, 1);
    close_pool();
}
END_TEST

START_TEST(an_idle_one_that_died_is_replaced_unseen)
{
    open_pool(2, 2, 0);
    orm_connection *a = acquire(), *b = acquire();
    orm__pool_give_back(&pool, a);
    orm__pool_give_back(&pool, b);
    b->broken = true;
    orm_connection *c = acquire();
    ck_assert(!c->broken);
    ck_assert_int_eq(atomic_load(&freed), 1);
    ck_assert_uint_eq(pool.open, 2);
    ck_assert_uint_eq(pool.lent_ever, 3);
    ck_assert_uint_eq(pool.replaced, 1);
    ck_assert_ptr_eq(acquire(), a);
    ck_assert_int_eq(acquire_in_vain(), ORM_TIMEOUT);
    ck_assert_uint_eq(pool.lent_ever, 4);
    orm__pool_give_back(&pool, a);
    orm__pool_give_back(&pool, c);
    close_pool();
}
END_TEST

START_TEST(a_broken_one_is_closed_and_its_place_is_free)
{
    open_pool(1, 1, 0);
    orm_connection *lent = acquire();
    lent->broken = true;
    orm__pool_give_back(&pool, lent);
    ck_assert_int_eq(atomic_load(&freed), 1);
    ck_assert_uint_eq(pool.open, 0);
    lent = acquire();
    ck_assert_int_eq(atomic_load(&made), 2);
    orm__pool_give_back(&pool, lent);
    close_pool();
}
END_TEST

START_TEST(a_place_is_free_again_when_connecting_failed)
{
    open_pool(1, 2, 0);
    orm_connection *lent = acquire();
    atomic_store(&refuse, true);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(acquire_in_vain(), ORM_DISCONNECTED);
    ck_assert_uint_eq(pool.open, 1);
    ck_assert_uint_eq(pool.lent_ever, 1);
    atomic_store(&refuse, false);
    orm__pool_give_back(&pool, acquire());
    orm__pool_give_back(&pool, lent);
    close_pool();
}
END_TEST

START_TEST(who_waits_too_long_is_told_the_size_the_overflow_and_the_time)
{
    open_pool(2, 5, 150000);
    for (int i = 0; i < 5; i++)
        acquire();
    int64_t begin = now();
    ck_assert_int_eq(acquire_in_vain(), ORM_TIMEOUT);
    int64_t waited = now() - begin;
    ck_assert_msg(waited >= 150000 && waited < 2000000, "waited %d microseconds", (int)waited);
    ck_assert_msg(strstr(error.message, "pool_size 2"), "%s", error.message);
    ck_assert_msg(strstr(error.message, "max_overflow 3"), "%s", error.message);
    ck_assert_msg(strstr(error.message, "0.15 s"), "%s", error.message);
    ck_assert_ptr_null(pool.first);
    ck_assert_ptr_null(pool.last);
}
END_TEST

START_TEST(who_may_not_wait_is_refused_at_once)
{
    open_pool(1, 1, 0);
    acquire();
    int64_t begin = now();
    ck_assert_int_eq(acquire_in_vain(), ORM_TIMEOUT);
    ck_assert_int_lt(now() - begin, 1000000);
    ck_assert_int_eq(orm__pool_acquire(&pool, &(orm_connection *){NULL}, NULL), ORM_TIMEOUT);
}
END_TEST

/* A pool of any size allowed costs only what is in use. */
START_TEST(a_huge_pool_takes_no_memory_before_it_is_used)
{
    open_pool(INT32_MAX, (size_t)INT32_MAX * 2, 0);
    orm_connection *lent[100];
    for (int i = 0; i < 100; i++)
        lent[i] = acquire();
    for (int i = 0; i < 100; i++)
        orm__pool_give_back(&pool, lent[i]);
    ck_assert_uint_eq(pool.idle_count, 100);
    ck_assert_uint_le(pool.capacity, 128);
    close_pool();
}
END_TEST

/* --- threads ----------------------------------------------------------------------------------------------------- */

typedef struct waiter {
    pthread_t thread;
    orm_connection *connection;
    orm_status status;
    int turn;
    orm_error error;
} waiter;

static atomic_int turns;

static void *wait_for_one(void *user)
{
    waiter *w = user;
    w->status = orm__pool_acquire(&pool, &w->connection, &w->error);
    w->turn = atomic_fetch_add(&turns, 1);
    orm__pool_give_back(&pool, w->connection);
    return NULL;
}

START_TEST(waiters_are_served_in_the_order_of_coming)
{
    waiter waiters[10] = {0};
    const void *last = NULL;
    open_pool(1, 1, 20000000);
    orm_connection *lent = acquire();
    for (int i = 0; i < 10; i++) {
        pthread_create(&waiters[i].thread, NULL, wait_for_one, &waiters[i]);
        last = wait_for_a_waiter(last);
    }
    orm__pool_give_back(&pool, lent);
    for (int i = 0; i < 10; i++) {
        pthread_join(waiters[i].thread, NULL);
        ck_assert_int_eq(waiters[i].status, ORM_OK);
        ck_assert_int_eq(waiters[i].turn, i);
        ck_assert_ptr_eq(waiters[i].connection, lent);
    }
    ck_assert_int_eq(atomic_load(&made), 1);
    close_pool();
}
END_TEST

START_TEST(a_newcomer_does_not_overtake_who_waits)
{
    waiter waiting = {0};
    open_pool(1, 1, 20000000);
    orm_connection *lent = acquire();
    pthread_create(&waiting.thread, NULL, wait_for_one, &waiting);
    wait_for_a_waiter(NULL);
    orm__pool_give_back(&pool, lent);
    lent = acquire(); /* the same thread comes back at once */
    ck_assert_int_eq(atomic_load(&turns), 1);
    pthread_join(waiting.thread, NULL);
    orm__pool_give_back(&pool, lent);
    close_pool();
}
END_TEST

START_TEST(a_waiter_gets_the_place_of_a_broken_one)
{
    waiter waiting = {0};
    open_pool(1, 1, 20000000);
    orm_connection *lent = acquire();
    pthread_create(&waiting.thread, NULL, wait_for_one, &waiting);
    wait_for_a_waiter(NULL);
    lent->broken = true;
    orm__pool_give_back(&pool, lent);
    pthread_join(waiting.thread, NULL);
    ck_assert_int_eq(waiting.status, ORM_OK);
    ck_assert_int_eq(atomic_load(&made), 2);
    close_pool();
}
END_TEST

START_TEST(waiters_are_told_when_their_places_cannot_be_filled)
{
    waiter waiters[3] = {0};
    const void *last = NULL;
    open_pool(1, 1, 20000000);
    orm_connection *lent = acquire();
    for (int i = 0; i < 3; i++) {
        pthread_create(&waiters[i].thread, NULL, wait_for_one, &waiters[i]);
        last = wait_for_a_waiter(last);
    }
    lent->broken = true;
    atomic_store(&refuse, true);
    orm__pool_give_back(&pool, lent);
    for (int i = 0; i < 3; i++) {
        pthread_join(waiters[i].thread, NULL);
        ck_assert_int_eq(waiters[i].status, ORM_DISCONNECTED);
    }
    ck_assert_uint_eq(pool.open, 0);
    close_pool();
}
END_TEST

START_TEST(who_gave_up_is_not_served)
{
    waiter impatient = {0}, patient = {0};
    open_pool(1, 1, 50000);
    orm_connection *lent = acquire();
    pthread_create(&impatient.thread, NULL, wait_for_one, &impatient);
    const void *last = wait_for_a_waiter(NULL);
    pool.timeout = 20000000;
    pthread_create(&patient.thread, NULL, wait_for_one, &patient);
    wait_for_a_waiter(last);
    pthread_join(impatient.thread, NULL);
    ck_assert_int_eq(impatient.status, ORM_TIMEOUT);
    orm__pool_give_back(&pool, lent);
    pthread_join(patient.thread, NULL);
    ck_assert_int_eq(patient.status, ORM_OK);
    close_pool();
}
END_TEST

START_TEST(others_are_served_while_one_connects)
{
    waiter slow = {0};
    open_pool(1, 2, 20000000);
    orm_connection *lent = acquire();
    atomic_store(&hold_up, true);
    pthread_create(&slow.thread, NULL, wait_for_one, &slow);
    while (sem_wait(&connecting))
        ;
    orm__pool_give_back(&pool, lent);
    ck_assert_ptr_eq(acquire(), lent);
    sem_post(&go_on);
    pthread_join(slow.thread, NULL);
    ck_assert_int_eq(slow.status, ORM_OK);
    orm__pool_give_back(&pool, lent);
    close_pool();
}
END_TEST

static atomic_bool ending;
static atomic_int rounds, timeouts;

/* Writes to what it holds without a lock: a connection lent to two would be a race. */
static void *hammer(void *user)
{
    unsigned seed = (unsigned)(uintptr_t)user;
    for (int i = 0; i < 1500; i++) {
        orm_connection *connection;
        orm_status status = orm__pool_acquire(&pool, &connection, NULL);
        seed = seed * 1103515245u + 12345u;
        if (status) {
            ck_assert(status == ORM_TIMEOUT || status == ORM_DISCONNECTED);
            ck_assert_ptr_null(connection);
            atomic_fetch_add(&timeouts, 1);
            continue;
        }
        ck_assert(!connection->failed);
        connection->failed = true;
        connection->broken = (seed >> 16) % 16 == 0;
        if ((seed >> 20) % 32 == 0)
            nap();
        orm__pool_give_back(&pool, connection);
        atomic_fetch_add(&rounds, 1);
    }
    return NULL;
}

static void hammer_with_threads(pthread_t *threads)
{
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, hammer, (void *)(uintptr_t)(i + 1));
}

static void join_all(pthread_t *threads)
{
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

START_TEST(sixteen_threads_share_a_small_pool)
{
    pthread_t threads[THREADS];
    open_pool(2, 5, 20000000);
    hammer_with_threads(threads);
    join_all(threads);
    ck_assert_int_eq(atomic_load(&rounds), THREADS * 1500);
    ck_assert_int_le(atomic_load(&most_living), 5);
    ck_assert_uint_eq(pool.open, pool.idle_count);
    ck_assert_uint_eq(pool.lent_count, 0);
    close_pool();
}
END_TEST

static void *refuse_now_and_then(void *user)
{
    (void)user;
    for (; !atomic_load(&ending); nap())
        atomic_store(&refuse, !atomic_load(&refuse));
    atomic_store(&refuse, false);
    return NULL;
}

START_TEST(timeouts_and_refusals_lose_no_place)
{
    pthread_t threads[THREADS], troublemaker;
    open_pool(1, 3, 100);
    pthread_create(&troublemaker, NULL, refuse_now_and_then, NULL);
    hammer_with_threads(threads);
    join_all(threads);
    atomic_store(&ending, true);
    pthread_join(troublemaker, NULL);
    ck_assert_int_eq(atomic_load(&rounds) + atomic_load(&timeouts), THREADS * 1500);
    ck_assert_int_le(atomic_load(&most_living), 3);
    ck_assert_uint_eq(pool.open, pool.idle_count);
    orm_connection *lent[3];
    for (int i = 0; i < 3; i++)
        lent[i] = acquire();
    for (int i = 0; i < 3; i++)
        orm__pool_give_back(&pool, lent[i]);
    close_pool();
}
END_TEST

/* --- fork -------------------------------------------------------------------------------------------------------- */

/* Runs `body` in a child, which says by true that all was well. The child must not assert: Check has a lock of its own,
 * which a thread of the parent may have held. */
static void in_child(bool (*body)(orm_connection *lent), orm_connection *lent)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(body(lent) ? 0 : 1);
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static bool opens_its_own(orm_connection *lent)
{
    int before = atomic_load(&made);
    orm_connection *own;
    bool good = orm__pool_acquire(&pool, &own, NULL) == ORM_OK && own != lent && atomic_load(&made) == before + 1;
    orm__pool_give_back(&pool, own);
    good = good && pool.open == 1 && pool.idle_count == 1;
    orm__pool_release(&pool);
    return good && atomic_load(&freed) == 1;
}

START_TEST(a_child_opens_its_own_and_leaves_the_parents_alone)
{
    open_pool(2, 2, 0);
    orm_connection *lent = acquire(), *other = acquire();
    orm__pool_give_back(&pool, other);
    in_child(opens_its_own, lent);
    ck_assert_ptr_eq(acquire(), other);
    orm__pool_give_back(&pool, other);
    orm__pool_give_back(&pool, lent);
    close_pool();
}
END_TEST

static bool gives_back_the_parents(orm_connection *lent)
{
    orm_connection *own;
    bool good = orm__pool_acquire(&pool, &own, NULL) == ORM_OK;
    orm__pool_give_back(&pool, lent);
    return good && atomic_load(&resets) == 0 && atomic_load(&freed) == 0 && pool.open == 1 && pool.idle_count == 0;
}

START_TEST(a_child_that_gives_back_its_parents_connection_does_nothing_to_it)
{
    open_pool(2, 2, 0);
    orm_connection *lent = acquire();
    in_child(gives_back_the_parents, lent);
    orm__pool_give_back(&pool, lent);
    ck_assert_int_eq(atomic_load(&resets), 1);
    close_pool();
}
END_TEST

static bool closes_what_was_idle(orm_connection *lent)
{
    (void)lent;
    orm_connection *own;
    bool good = orm__pool_acquire(&pool, &own, NULL) == ORM_OK && atomic_load(&freed) == 2 && pool.open == 1;
    orm__pool_give_back(&pool, own);
    return good && pool.idle_count == 1;
}

static bool closes_what_was_idle_at_the_end(orm_connection *lent)
{
    (void)lent;
    orm__pool_release(&pool);
    return atomic_load(&freed) == 2;
}

static bool is_refused(orm_connection *lent)
{
    orm_connection *own;
    bool good = orm__pool_acquire(&pool, &own, &error) == ORM_MISUSE && !own && atomic_load(&freed) == 0;
    return good && (!lent || lent->unwanted);
}

/* SQLite keeps its locks by process and file, and would take the parent's for the child's. */
START_TEST(a_child_closes_connections_to_a_file_before_it_opens_its_own)
{
    static const orm__address file = {.dialect = ORM_SQLITE};
    waiter slow = {0};
    open_pool(2, 3, 20000000);
    pool.address = &file;
    orm_connection *lent = acquire();
    orm__pool_give_back(&pool, acquire());
    in_child(is_refused, lent);
    orm__pool_give_back(&pool, lent);
    in_child(closes_what_was_idle, NULL);
    in_child(closes_what_was_idle_at_the_end, NULL);
    lent = acquire();
    orm_connection *other = acquire();
    atomic_store(&hold_up, true);
    pthread_create(&slow.thread, NULL, wait_for_one, &slow);
    while (sem_wait(&connecting))
        ;
    orm__pool_give_back(&pool, lent);
    orm__pool_give_back(&pool, other);
    in_child(is_refused, NULL); /* one is being made */
    sem_post(&go_on);
    pthread_join(slow.thread, NULL);
    close_pool();
}
END_TEST

static bool acquires(orm_connection *lent)
{
    (void)lent;
    alarm(20); /* ends it when the pool is locked for ever */
    orm_connection *own;
    atomic_store(&refuse, false);
    return orm__pool_acquire(&pool, &own, NULL) == ORM_OK && pool.open == 1 && !pool.first;
}

START_TEST(a_fork_at_any_moment_leaves_the_child_a_pool_that_works)
{
    pthread_t threads[THREADS];
    open_pool(2, 5, 20000000);
    hammer_with_threads(threads);
    for (int i = 0; i < 30; i++)
        in_child(acquires, NULL);
    join_all(threads);
    close_pool();
}
END_TEST

START_TEST(an_old_one_is_replaced_at_its_next_checkout)
{
    open_pool(1, 1, 0);
    pool.recycle = 1000000;
    pool.idle[0]->born = now() - 900000;
    orm__pool_give_back(&pool, acquire());
    ck_assert_int_eq(atomic_load(&made), 1);
    pool.idle[0]->born = now() - 1000000;
    orm_connection *fresh = acquire();
    ck_assert_int_eq(atomic_load(&made), 2);
    ck_assert_int_eq(atomic_load(&freed), 1);
    ck_assert_int_ge(fresh->born, now() - 900000);
    ck_assert_uint_eq(pool.replaced, 1);
    orm__pool_give_back(&pool, fresh);
    close_pool();
}
END_TEST

START_TEST(the_server_is_asked_only_for_one_that_was_idle_long)
{
    options.pool_pre_ping = true;
    open_pool(1, 1, 0);
    orm__pool_give_back(&pool, acquire());
    ck_assert_int_eq(atomic_load(&pings), 0);
    pool.idle[0]->returned = now() - 1000000;
    orm_connection *lent = acquire();
    ck_assert_int_eq(atomic_load(&pings), 1);
    ck_assert_int_eq(atomic_load(&made), 1);
    orm__pool_give_back(&pool, lent);
    pool.idle[0]->returned = now() - 1000000;
    pool.idle[0]->failed = true; /* answers no ping */
    orm__pool_give_back(&pool, acquire());
    ck_assert_int_eq(atomic_load(&pings), 2);
    ck_assert_int_eq(atomic_load(&made), 2);
    close_pool();
}
END_TEST

START_TEST(who_is_cancelled_while_the_server_is_asked_gets_no_other_connection)
{
    options.pool_pre_ping = true;
    open_pool(1, 1, 0);
    orm_connection *lent = acquire();
    orm__pool_give_back(&pool, lent);
    lent->returned = now() - 1000000;
    lent->failed = true;
    lent->error.status = ORM_CANCELLED; /* as a ping leaves it then */
    ck_assert_int_eq(acquire_in_vain(), ORM_CANCELLED);
    ck_assert_int_eq(atomic_load(&made), 1);
    orm__pool_give_back(&pool, acquire()); /* its place is free */
    close_pool();
}
END_TEST

START_TEST(those_idle_too_long_are_closed_but_for_the_last)
{
    open_pool(3, 3, 0);
    pool.idle_limit = 1000000;
    orm_connection *a = acquire(), *b = acquire(), *c = acquire();
    orm__pool_give_back(&pool, a);
    orm__pool_give_back(&pool, b);
    a->returned = now() - 1000000;
    orm__pool_give_back(&pool, c);
    ck_assert_int_eq(atomic_load(&freed), 1);
    ck_assert_uint_eq(pool.open, 2);
    b->returned = c->returned = now() - 1000000;
    orm__pool_give_back(&pool, acquire());
    ck_assert_ptr_eq(pool.idle[0], c);
    ck_assert_uint_eq(pool.open, 1);
    c->returned = now() - 1000000;
    orm__pool_give_back(&pool, acquire());
    ck_assert_uint_eq(pool.open, 1);
    close_pool();
}
END_TEST

START_TEST(dispose_closes_the_idle_now_and_the_lent_on_their_return)
{
    open_pool(3, 3, 0);
    orm_connection *a = acquire(), *b = acquire(), *lent = acquire();
    orm__pool_give_back(&pool, a);
    orm__pool_give_back(&pool, b);
    orm__pool_dispose(&pool);
    ck_assert_int_eq(atomic_load(&freed), 2);
    ck_assert_uint_eq(pool.open, 1);
    orm__pool_give_back(&pool, lent);
    ck_assert_int_eq(atomic_load(&freed), 3);
    ck_assert_uint_eq(pool.open, 0);
    orm__pool_give_back(&pool, acquire());
    ck_assert_uint_eq(pool.idle_count, 1);
    close_pool();
}
END_TEST

START_TEST(a_pool_of_size_none_keeps_none)
{
    open_pool(0, 2, 0);
    ck_assert_int_eq(atomic_load(&freed), 1);
    orm_connection *a = acquire(), *b = acquire();
    orm__pool_give_back(&pool, a);
    orm__pool_give_back(&pool, b);
    ck_assert_int_eq(atomic_load(&freed), 3);
    ck_assert_uint_eq(pool.open, 0);
    close_pool();
}
END_TEST

START_TEST(who_waits_in_vain_is_told_who_holds)
{
    open_pool(1, 3, 0);
    orm_connection *a = acquire(), *b = acquire(), *c = acquire();
    orm__pool_note_holder(&pool, a, "a.c", 7);
    orm__pool_note_holder(&pool, b, "b.c", 9);
    orm__pool_note_holder(&pool, c, "a.c", 7);
    ck_assert_int_eq(acquire_in_vain(), ORM_TIMEOUT);
    ck_assert_msg(strstr(error.message, "; held since a.c:7 (2 times), b.c:9"), "%s", error.message);
    orm__pool_give_back(&pool, a);
    acquire();
    ck_assert_int_eq(acquire_in_vain(), ORM_TIMEOUT);
    ck_assert_msg(strstr(error.message, "; held since b.c:9, a.c:7") ||
                      strstr(error.message, "; held since a.c:7, b.c:9"),
                  "%s", error.message);
    ck_assert_uint_eq(pool.timeouts, 2);
    ck_assert_uint_eq(pool.waiting, 0);
}
END_TEST

START_TEST(more_holders_than_a_message_has_room_for_are_left_out)
{
    char places[30][40];
    open_pool(30, 30, 0);
    for (int i = 0; i < 30; i++) {
        memset(places[i], 'a' + i % 26, sizeof places[i] - 1);
        places[i][sizeof places[i] - 1] = '\0';
        orm__pool_note_holder(&pool, acquire(), places[i], i);
    }
    ck_assert_int_eq(acquire_in_vain(), ORM_TIMEOUT);
    ck_assert_uint_gt(strlen(error.message), sizeof error.message - 60);
    ck_assert_uint_lt(strlen(error.message), sizeof error.message);
}
END_TEST

static TCase *alone(void)
{
    TCase *tests = tcase_create("alone");
    tcase_add_test(tests, the_first_connection_is_made_at_once);
    tcase_add_test(tests, a_pool_without_its_first_connection_is_none);
    tcase_add_test(tests, the_last_returned_is_lent_first);
    tcase_add_test(tests, a_connection_knows_its_engine);
    tcase_add_test(tests, those_above_the_size_are_closed_on_return);
    tcase_add_test(tests, giving_back_nothing_or_twice_does_nothing);
    tcase_add_test(tests, an_idle_one_that_died_is_replaced_unseen);
    tcase_add_test(tests, a_broken_one_is_closed_and_its_place_is_free);
    tcase_add_test(tests, a_place_is_free_again_when_connecting_failed);
    tcase_add_test(tests, who_waits_too_long_is_told_the_size_the_overflow_and_the_time);
    tcase_add_test(tests, who_may_not_wait_is_refused_at_once);
    tcase_add_test(tests, an_old_one_is_replaced_at_its_next_checkout);
    tcase_add_test(tests, the_server_is_asked_only_for_one_that_was_idle_long);
    tcase_add_test(tests, who_is_cancelled_while_the_server_is_asked_gets_no_other_connection);
    tcase_add_test(tests, those_idle_too_long_are_closed_but_for_the_last);
    tcase_add_test(tests, dispose_closes_the_idle_now_and_the_lent_on_their_return);
    tcase_add_test(tests, a_pool_of_size_none_keeps_none);
    tcase_add_test(tests, who_waits_in_vain_is_told_who_holds);
    tcase_add_test(tests, more_holders_than_a_message_has_room_for_are_left_out);
    tcase_add_test(tests, a_huge_pool_takes_no_memory_before_it_is_used);
    return tests;
}

static TCase *together(void)
{
    TCase *tests = tcase_create("threads");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, waiters_are_served_in_the_order_of_coming);
    tcase_add_test(tests, a_newcomer_does_not_overtake_who_waits);
    tcase_add_test(tests, a_waiter_gets_the_place_of_a_broken_one);
    tcase_add_test(tests, waiters_are_told_when_their_places_cannot_be_filled);
    tcase_add_test(tests, who_gave_up_is_not_served);
    tcase_add_test(tests, others_are_served_while_one_connects);
    tcase_add_test(tests, sixteen_threads_share_a_small_pool);
    tcase_add_test(tests, timeouts_and_refusals_lose_no_place);
    tcase_add_test(tests, a_child_opens_its_own_and_leaves_the_parents_alone);
    tcase_add_test(tests, a_child_that_gives_back_its_parents_connection_does_nothing_to_it);
    tcase_add_test(tests, a_child_closes_connections_to_a_file_before_it_opens_its_own);
    tcase_add_test(tests, a_fork_at_any_moment_leaves_the_child_a_pool_that_works);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("pool");
    suite_add_tcase(suite, alone());
    suite_add_tcase(suite, together());
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
