/* ours_flight.c -- gets in flight: as many fibers on one thread, of which each gets one row after the other. All go by
 * one connection, which they share.
 * SPDX-License-Identifier: MIT */
#include "ours.h"

#include <orm/async_poll.h>

typedef struct flight {
    orm_engine *engine;
    size_t first;
} flight;

static orm_status fly_by_core(orm_async *async, void *argument)
{
    const flight *f = argument;
    (void)async;
    for (size_t i = f->first; i < input.count; i += BENCH_FLYING) {
        orm_result *result;
        orm_error error;
        bench_post post;
        check(bench_post_fetch_from(f->engine, input.ids[i], &post, &result, &error), &error);
        glance_post(&post);
        orm_result_free(result);
    }
    return ORM_OK;
}

static orm_status fly_by_session(orm_async *async, void *argument)
{
    const flight *f = argument;
    (void)async;
    for (size_t i = f->first; i < input.count; i += BENCH_FLYING) {
        orm_session *s;
        orm_error error;
        const bench_post *post;
        check(orm_session_open(&(orm_session_factory){.engine = f->engine}, &s, &error), &error);
        check(bench_post_get(s, input.ids[i], &post), orm_session_error(s));
        glance_post(post);
        orm_session_close(s);
    }
    return ORM_OK;
}

static void fly(orm_status (*body)(orm_async *, void *))
{
    orm_async *async;
    orm_error error;
    orm_engine *waiting;
    flight flights[BENCH_FLYING];
    check(orm_async_poll_open(NULL, &async, &error), &error);
    const orm_engine_options options = {

        .waiter = orm_async_waiter(async), .shared_connections = 1};
    check(orm_engine_open(opened_url, &options, &waiting, &error), &error);
    bench_start();
    for (size_t i = 0; i < BENCH_FLYING; i++) {
        flights[i] = (flight){waiting, i};
        check(orm_async_spawn(async, body, &flights[i], NULL), &error);
    }
    check(orm_async_run(async), &error);
    bench_stop();
    orm_engine_close(waiting);
    orm_async_close(async);
}

void ours_core_flight(void)
{
    fly(fly_by_core);
}

void ours_session_flight(void)
{
    fly(fly_by_session);
}
