/* orm/async_uv.h -- fibers (orm/async.h) on a loop of libuv, beside whatever else it serves.
 *
 * All of it stands in this header: a program that includes it links libuv itself. Fibers run inside uv_run, called by
 * the program, or by orm_async_run and orm_async_join outside fibers. While there are fibers uv_run does not return;
 * idle connections do not keep it.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ASYNC_UV_H
#define ORM_ASYNC_UV_H

#include "orm/async.h"

#include <stdlib.h>
#include <uv.h>

typedef struct orm_async_uv {
    orm_async *async;
    uv_loop_t *loop;
    uv_timer_t *timer;
    uv_idle_t *soon;
    uv_async_t *wake;
} orm_async_uv;

static inline void orm_async_uv_free(uv_handle_t *handle)
{
    free(handle);
}

static inline void orm_async_uv_on_poll(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    orm_async_ready((orm_async_watch *)handle->data);
}

static inline orm_status orm_async_uv_watch(int descriptor, orm_async_watch *watch, void **token, void *user)
{
    uv_poll_t *handle = (uv_poll_t *)malloc(sizeof *handle);
    if (!handle)
        return ORM_NO_MEMORY;
    int code = uv_poll_init(((orm_async_uv *)user)->loop, handle, descriptor);
    if (code) {
        free(handle);
        return code == UV_ENOMEM ? ORM_NO_MEMORY : ORM_MISUSE; /* a file, say, which is always ready */
    }
    uv_unref((uv_handle_t *)handle);
    handle->data = watch;
    *token = handle;
    return ORM_OK;
}

static inline orm_status orm_async_uv_want(void *token, int events, void *user)
{
    int bits = (events & ORM_WAIT_READ ? UV_READABLE : 0) | (events & ORM_WAIT_WRITE ? UV_WRITABLE : 0);
    int code = bits ? uv_poll_start((uv_poll_t *)token, bits, orm_async_uv_on_poll) : uv_poll_stop((uv_poll_t *)token);
    (void)user;
    return code == 0 ? ORM_OK : code == UV_ENOMEM ? ORM_NO_MEMORY : ORM_DISCONNECTED;
}

static inline void orm_async_uv_unwatch(void *token, void *user)
{
    (void)user;
    uv_poll_stop((uv_poll_t *)token);
    uv_close((uv_handle_t *)token, orm_async_uv_free);
}

static inline void orm_async_uv_on_timer(uv_timer_t *timer)
{
    orm_async_turn(((orm_async_uv *)timer->data)->async);
}

static inline void orm_async_uv_on_soon(uv_idle_t *soon)
{
    uv_idle_stop(soon);
    orm_async_turn(((orm_async_uv *)soon->data)->async);
}

/* A timer that is due at once would go ahead of the events of descriptors again and again. */
static inline void orm_async_uv_timer(int64_t deadline, void *user)
{
    orm_async_uv *uv = (orm_async_uv *)user;
    int64_t left = deadline - orm_async_deadline(0);
    orm_async_statistics fibers = orm_async_count(uv->async);
    if (fibers.running + fibers.waiting)
        uv_ref((uv_handle_t *)uv->wake);
    else
        uv_unref((uv_handle_t *)uv->wake);
    uv_timer_stop(uv->timer);
    uv_idle_stop(uv->soon);
    if (deadline && left <= 0)
        uv_idle_start(uv->soon, orm_async_uv_on_soon);
    if (!deadline || left <= 0)
        return;
    uv_update_time(uv->loop);
    uv_timer_start(uv->timer, orm_async_uv_on_timer, (uint64_t)(left + 999) / 1000, 0);
}

static inline void orm_async_uv_on_wake(uv_async_t *wake)
{
    orm_async_turn(((orm_async_uv *)wake->data)->async);
}

static inline void orm_async_uv_wake(void *user)
{
    uv_async_send(((orm_async_uv *)user)->wake);
}

static inline orm_status orm_async_uv_turn(void *user)
{
    uv_run(((orm_async_uv *)user)->loop, UV_RUN_ONCE);
    return ORM_OK;
}

static inline void orm_async_uv_close(void *user)
{
    orm_async_uv *uv = (orm_async_uv *)user;
    uv_close((uv_handle_t *)uv->timer, orm_async_uv_free);
    uv_close((uv_handle_t *)uv->soon, orm_async_uv_free);
    uv_close((uv_handle_t *)uv->wake, orm_async_uv_free);
    free(uv);
}

/* `loop` is borrowed until orm_async_close, after which it must run once more to close its handles. Owned: close it
 * with orm_async_close; `*async` is NULL when the call fails. `options` NULL means all defaults. */
static inline orm_status orm_async_uv_open(uv_loop_t *loop, const orm_async_options *options, orm_async **async,
                                           orm_error *error)
{
    *async = NULL;
    orm_async_uv *uv = (orm_async_uv *)malloc(sizeof *uv);
    uv_timer_t *timer = (uv_timer_t *)malloc(sizeof *timer);
    uv_idle_t *soon = (uv_idle_t *)malloc(sizeof *soon);
    uv_async_t *wake = (uv_async_t *)malloc(sizeof *wake);
    if (!uv || !timer || !soon || !wake || uv_async_init(loop, wake, orm_async_uv_on_wake)) {
        free(uv);
        free(timer);
        free(soon);
        free(wake);
        return ORM_NO_MEMORY;
    }
    uv_timer_init(loop, timer);
    uv_idle_init(loop, soon);
    uv_unref((uv_handle_t *)wake);
    uv->loop = loop;
    uv->timer = timer;
    uv->soon = soon;
    uv->wake = wake;
    timer->data = soon->data = wake->data = uv;
    orm_async_loop table;
    table.watch = orm_async_uv_watch;
    table.want = orm_async_uv_want;
    table.unwatch = orm_async_uv_unwatch;
    table.timer = orm_async_uv_timer;
    table.wake = orm_async_uv_wake;
    table.turn = orm_async_uv_turn;
    table.close = orm_async_uv_close;
    table.user = uv;
    orm_status status = orm_async_open(&table, options, async, error);
    if (status) {
        orm_async_uv_close(uv);
        return status;
    }
    uv->async = *async;
    return ORM_OK;
}

#endif
