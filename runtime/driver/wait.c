/* wait.c -- the waiter that is used when a program brings none: poll(2).
 * SPDX-License-Identifier: MIT */
#include "driver/wait.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

enum { MICROSECONDS = 1000000, MICROSECONDS_PER_MS = 1000 };

static orm_status wait_by_poll(void *token, int descriptor, int events, int64_t deadline, void *user);
static int milliseconds_until(int64_t deadline);
static int64_t now(void);

static const orm_waiter poll_waiter = {.wait = wait_by_poll};

orm_status orm__watch_start(orm__watch *watch, const orm_waiter *waiter, int descriptor)
{
    *watch = (orm__watch){.waiter = waiter && waiter->wait ? waiter : &poll_waiter, .descriptor = descriptor};
    if (!watch->waiter->watch)
        return ORM_OK;
    orm_status status = watch->waiter->watch(descriptor, &watch->token, watch->waiter->user);
    if (status)
        *watch = (orm__watch){0};
    return status;
}

void orm__watch_stop(orm__watch *watch)
{
    if (watch->waiter && watch->waiter->unwatch)
        watch->waiter->unwatch(watch->token, watch->descriptor, watch->waiter->user);
    *watch = (orm__watch){0};
}

orm_status orm__wait(orm__watch *watch, int events, int64_t deadline)
{
    return watch->waiter->wait(watch->token, watch->descriptor, events, deadline, watch->waiter->user);
}

void orm__shield(const orm_waiter *waiter, bool on)
{
    if (waiter && waiter->shield)
        waiter->shield(on, waiter->user);
}

static orm_status wait_by_poll(void *token, int descriptor, int events, int64_t deadline, void *user)
{
    (void)token;
    (void)user;
    return orm__wait_by_poll(descriptor, events, deadline);
}

orm_status orm__wait_by_poll(int descriptor, int events, int64_t deadline)
{
    struct pollfd one = {.fd = descriptor};
    if (events & ORM_WAIT_READ)
        one.events |= POLLIN;
    if (events & ORM_WAIT_WRITE)
        one.events |= POLLOUT;
    for (;;) {
        int timeout = milliseconds_until(deadline);
        int ready = poll(&one, 1, timeout);
        if (ready > 0)
            return ORM_OK;
        if (ready < 0 && errno != EINTR && errno != EAGAIN)
            return errno == ENOMEM ? ORM_NO_MEMORY : ORM_DISCONNECTED;
        if (ready == 0 && timeout == 0)
            return ORM_TIMEOUT;
    }
}

/* As poll wants it: rounded up, so that 0 means that the deadline has passed; -1 is for ever. */
static int milliseconds_until(int64_t deadline)
{
    if (deadline == 0)
        return -1;
    int64_t left = deadline - now();
    if (left <= 0)
        return 0;
    left = left / MICROSECONDS_PER_MS + 1;
    return left > INT_MAX ? INT_MAX : (int)left;
}

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * MICROSECONDS + time.tv_nsec / 1000;
}

int64_t orm__deadline_in(int seconds)
{
    return now() + (int64_t)seconds * MICROSECONDS;
}
