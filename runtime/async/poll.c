/* async/poll.c -- the event loop of those who have none, by poll(2).
 *
 * A descriptor that nobody waits for stands in the list negated, since poll would report its errors all the same.
 * SPDX-License-Identifier: MIT */
#include "orm/async_poll.h"

#include "base/error.h"
#include "driver/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { MICROSECONDS_PER_MS = 1000, FIRST = 1 /* the pipe comes before */ };

typedef struct slot {
    size_t place;
    int descriptor;
    orm_async_watch *watch;
} slot;

typedef struct poll_loop {
    struct pollfd *polled; /* of the slot at the same place */
    slot **slots;
    size_t count, capacity;
    int wake[2]; /* a pipe: who writes into it ends the poll */
    int64_t deadline;
    orm_async *async;
} poll_loop;

static poll_loop *new_loop(void);
static bool open_pipe(int ends[2]);
static orm_status watch(int descriptor, orm_async_watch *watch, void **token, void *user);
static bool grow(poll_loop *loop);
static orm_status want(void *token, int events, void *user);
static void unwatch(void *token, void *user);
static void set_timer(int64_t deadline, void *user);
static void wake(void *user);
static orm_status turn(void *user);
static void tell(poll_loop *loop);
static int milliseconds_left(int64_t deadline);
static void close_loop(void *user);

orm_status orm_async_poll_open(const orm_async_options *options, orm_async **async, orm_error *error)
{
    if (async)
        *async = NULL;
    poll_loop *made = new_loop();
    if (!made)
        return orm__error_set(error, ORM_NO_MEMORY, "no loop for fibers: memory or descriptors are used up");
    const orm_async_loop loop = {.watch = watch,
                                 .want = want,
                                 .unwatch = unwatch,
                                 .timer = set_timer,
                                 .wake = wake,
                                 .turn = turn,
                                 .close = close_loop,
                                 .user = made};
    orm_status status = orm_async_open(&loop, options, async, error);
    if (status) {
        close_loop(made);
        return status;
    }
    made->async = *async;
    return ORM_OK;
}

static poll_loop *new_loop(void)
{
    poll_loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return NULL;
    if (!grow(loop) || !open_pipe(loop->wake)) {
        free(loop->polled);
        free(loop->slots);
        free(loop);
        return NULL;
    }
    loop->polled[0] = (struct pollfd){.fd = loop->wake[0], .events = POLLIN};
    loop->count = FIRST;
    return loop;
}

static bool open_pipe(int ends[2])
{
    if (pipe(ends))
        return false;
    for (int i = 0; i < 2; i++) {
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
        fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    }
    return true;
}

static orm_status watch(int descriptor, orm_async_watch *watch, void **token, void *user)
{
    poll_loop *loop = user;
    if (loop->count == loop->capacity && !grow(loop))
        return ORM_NO_MEMORY;
    slot *made = malloc(sizeof *made);
    if (!made)
        return ORM_NO_MEMORY;
    *made = (slot){.place = loop->count, .descriptor = descriptor, .watch = watch};
    loop->slots[loop->count] = made;
    loop->polled[loop->count++] = (struct pollfd){.fd = -1};
    *token = made;
    return ORM_OK;
}

static bool grow(poll_loop *loop)
{
    size_t capacity = loop->capacity ? loop->capacity * 2 : 16;
    struct pollfd *polled = realloc(loop->polled, capacity * sizeof *polled);
    if (!polled)
        return false;
    loop->polled = polled;
    slot **slots = realloc(loop->slots, capacity * sizeof *slots);
    if (!slots)
        return false;
    loop->slots = slots;
    loop->capacity = capacity;
    return true;
}

static orm_status want(void *token, int events, void *user)
{
    poll_loop *loop = user;
    const slot *wanted = token;
    int bits = (events & ORM_WAIT_READ ? POLLIN : 0) | (events & ORM_WAIT_WRITE ? POLLOUT : 0);
    loop->polled[wanted->place] = (struct pollfd){.fd = bits ? wanted->descriptor : -1, .events = (short)bits};
    return ORM_OK;
}

static void unwatch(void *token, void *user)
{
    poll_loop *loop = user;
    slot *gone = token;
    size_t last = --loop->count;
    loop->polled[gone->place] = loop->polled[last];
    loop->slots[gone->place] = loop->slots[last];
    loop->slots[gone->place]->place = gone->place;
    free(gone);
}

static void set_timer(int64_t deadline, void *user)
{
    ((poll_loop *)user)->deadline = deadline;
}

/* A pipe that is full wakes as well. */
static void wake(void *user)
{
    const poll_loop *loop = user;
    while (write(loop->wake[1], "", 1) < 0 && errno == EINTR)
        ;
}

static orm_status turn(void *user)
{
    poll_loop *loop = user;
    int count = poll(loop->polled, (nfds_t)loop->count, milliseconds_left(loop->deadline));
    if (count < 0 && errno != EINTR && errno != EAGAIN)
        return errno == ENOMEM ? ORM_NO_MEMORY : ORM_MISUSE;
    if (count > 0)
        tell(loop);
    if (loop->deadline && milliseconds_left(loop->deadline) == 0)
        orm_async_turn(loop->async);
    return ORM_OK;
}

/* From the end, since what takes the place of a descriptor that is unwatched meanwhile comes from there. */
static void tell(poll_loop *loop)
{
    char bytes[64];
    for (size_t i = loop->count; i-- > FIRST;) {
        if (i >= loop->count || !loop->polled[i].revents)
            continue;
        loop->polled[i].revents = 0;
        orm_async_ready(loop->slots[i]->watch);
    }
    if (!loop->polled[0].revents)
        return;
    while (read(loop->wake[0], bytes, sizeof bytes) == sizeof bytes)
        ;
    orm_async_turn(loop->async);
}

/* As poll wants it: rounded up; -1 is for ever. */
static int milliseconds_left(int64_t deadline)
{
    if (deadline == 0)
        return -1;
    int64_t left = deadline - orm__deadline_in(0);
    if (left <= 0)
        return 0;
    left = (left + MICROSECONDS_PER_MS - 1) / MICROSECONDS_PER_MS;
    return left > INT_MAX ? INT_MAX : (int)left;
}

static void close_loop(void *user)
{
    poll_loop *loop = user;
    close(loop->wake[0]);
    close(loop->wake[1]);
    free(loop->polled);
    free(loop->slots);
    free(loop);
}
