/* async/loop.c -- fibers on an event loop: which can go on, who waits for what, starting and ending them.
 *
 * A fiber is in one of these states: not begun (in `begin`), able to go on (in `ready`), running (`current`), standing
 * still, or ended. One that stands still goes on by go_on alone, which takes it out of whatever it waits in. The switch
 * is fiber.c's, the adapters' part is poll.c and orm/async_uv.h.
 * SPDX-License-Identifier: MIT */
#include "orm/async.h"

#include "async/fiber.h"
#include "async/timers.h"
#include "base/error.h"
#include "driver/wait.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { SHIELDED = 2000000 /* microseconds that a cancelled fiber waits on for an answer */ };
enum { DEFAULT_LIMIT = 10000, AT_ONCE = 1 /* a deadline that has long passed */, UNKNOWN = -1 };

typedef enum standing { GOING, IN_DESCRIPTOR, IN_DELAY, IN_WAKE, IN_JOIN } standing;

struct orm_fiber {
    orm__timer timer; /* first, so that a timer is its fiber */
    orm_async *async;
    orm_async_function function;
    void *argument;
    orm__fiber *stack; /* NULL before its start and after its end */
    standing standing;
    orm_status answer; /* of the wait it goes on from */
    orm_status result;
    bool owned, ended;
    bool joined;       /* from outside fibers; its joiner is none */
    bool cancelled;    /* not told yet */
    unsigned shields;  /* while there are any, it is not */
    bool armed;        /* may be woken in its next wait */
    atomic_bool woken; /* in `woken` */
    orm_async_watch *watch;
    orm_fiber *joiner;
    orm_fiber *next, *next_woken;
};

struct orm_async_watch {
    orm_async *async;
    void *token;
    int wanted;
    orm_fiber *fiber;      /* that waits; NULL: none */
    orm_async_watch *next; /* among `left` */
};

typedef struct queue {
    orm_fiber *first, *last;
} queue;

struct orm_async {
    orm_async_loop loop;
    pthread_t thread;
    size_t limit, running, waiting;
    size_t joining; /* of those that run: they stand still until another one has ended, which may have to begin first */
    queue begin, ready;
    orm_fiber *current;
    bool turning;
    bool nested;   /* a fiber has resumed the current one */
    int64_t timer; /* as the loop was told last */
    orm__timers timers;
    orm__fiber_stacks stacks;
    pthread_mutex_t lock; /* guards what follows */
    orm_fiber *woken;
    orm_async_watch *left; /* by other threads, and not yet unwatched */
};

static void nudge(orm_async *async);
static bool on_thread(const orm_async *async);
static int64_t in_time(int64_t deadline);
static void run_ready(orm_async *async);
static void run(orm_async *async, orm_fiber *fiber);
static void start_some(orm_async *async);
static bool may_begin(const orm_async *async);
static void begin(void *argument);
static void end(orm_async *async, orm_fiber *fiber);
static void take_woken(orm_async *async);
static void unwatch_left(orm_async *async);
static bool any_woken(orm_async *async);
static void forget_wake(orm_async *async, orm_fiber *fiber);
static void expire(orm_async *async);
static void set_timer(orm_async *async);
static orm_status stand_still(orm_async *async, standing how, int64_t deadline);
static void go_on(orm_fiber *fiber, orm_status answer);
static void stand_up(orm_fiber *fiber, orm_status answer);
static void push(queue *to, orm_fiber *fiber);
static orm_fiber *pop(queue *from);
static orm_status watch_descriptor(int descriptor, void **token, void *user);
static orm_status wait_in_fiber(void *token, int descriptor, int events, int64_t deadline, void *user);
static orm_status wait_for_descriptor(orm_async_watch *watch, int events, int64_t deadline);
static void unwatch_descriptor(void *token, int descriptor, void *user);
static void *current_fiber(void *user);
static void wake_fiber(void *self, void *user);
static void resume_fiber(void *self, void *user);
static void shield_fiber(bool on, void *user);

orm_status orm_async_open(const orm_async_loop *loop, const orm_async_options *options, orm_async **async,
                          orm_error *error)
{
    orm__error_clear(error);
    if (async)
        *async = NULL;
    if (!async || !loop || !loop->watch || !loop->want || !loop->unwatch || !loop->timer || !loop->wake || !loop->turn)
        return orm__error_set(error, ORM_MISUSE, "orm_async_open needs a loop with all its functions, and a place");
    orm_async *made = calloc(1, sizeof *made);
    if (!made)
        return orm__error_no_memory(error);
    if (pthread_mutex_init(&made->lock, NULL)) {
        free(made);
        return orm__error_no_memory(error);
    }
    made->loop = *loop;
    made->thread = pthread_self();
    made->limit = options && options->limit ? options->limit : DEFAULT_LIMIT;
    *async = made;
    return ORM_OK;
}

void orm_async_close(orm_async *async)
{
    if (!async)
        return;
    unwatch_left(async);
    if (async->loop.close)
        async->loop.close(async->loop.user);
    orm__fiber_stacks_release(&async->stacks);
    orm__timers_release(&async->timers);
    pthread_mutex_destroy(&async->lock);
    free(async);
}

orm_async_statistics orm_async_count(const orm_async *async)
{
    return (orm_async_statistics){.running = async->running, .waiting = async->waiting};
}

/* --- fibers ------------------------------------------------------------------------------------------------------ */

orm_status orm_async_spawn(orm_async *async, orm_async_function function, void *argument, orm_fiber **fiber)
{
    if (fiber)
        *fiber = NULL;
    if (!function || !on_thread(async))
        return ORM_MISUSE;
    if (!orm__timers_reserve(&async->timers, async->running + async->waiting + 1))
        return ORM_NO_MEMORY;
    orm_fiber *made = calloc(1, sizeof *made);
    if (!made)
        return ORM_NO_MEMORY;
    made->async = async;
    made->function = function;
    made->argument = argument;
    made->owned = fiber != NULL;
    push(&async->begin, made);
    async->waiting++;
    nudge(async);
    if (fiber)
        *fiber = made;
    return ORM_OK;
}

/* The loop may be asleep when something happens outside its turns. */
static void nudge(orm_async *async)
{
    if (async->turning || async->timer == AT_ONCE)
        return;
    async->timer = AT_ONCE;
    async->loop.timer(AT_ONCE, async->loop.user);
}

static bool on_thread(const orm_async *async)
{
    return pthread_equal(async->thread, pthread_self()) != 0;
}

orm_status orm_async_join(orm_async *async, orm_fiber *fiber)
{
    orm_fiber *me = async->current;
    if (!fiber)
        return ORM_OK;
    if (fiber->joiner || fiber->joined || fiber == me || !on_thread(async))
        return ORM_MISUSE;
    if (me && !fiber->ended) {
        fiber->joiner = me;
        async->joining++;
        orm_status status = stand_still(async, IN_JOIN, 0);
        async->joining--;
        fiber->joiner = NULL;
        if (!fiber->ended)
            return status;
        me->cancelled = me->cancelled || status == ORM_CANCELLED; /* it ended all the same: for the next wait */
    }
    orm_status turned = ORM_OK;
    fiber->joined = true;
    while (!fiber->ended && !turned) {
        orm_async_turn(async);
        if (!fiber->ended)
            turned = async->loop.turn(async->loop.user);
    }
    fiber->joined = false;
    ORM_TRY(turned);
    orm_status result = fiber->result;
    free(fiber);
    return result;
}

void orm_async_cancel(orm_async *async, orm_fiber *fiber)
{
    if (!fiber || fiber->ended)
        return;
    if (fiber->standing != GOING && !fiber->shields)
        go_on(fiber, ORM_CANCELLED);
    else
        fiber->cancelled = true;
    if (fiber->standing != GOING) /* shielded */
        orm__timers_set(&async->timers, &fiber->timer, in_time(fiber->timer.place ? fiber->timer.deadline : 0));
    nudge(async);
}

/* Of one that is cancelled behind a shield. */
static int64_t in_time(int64_t deadline)
{
    int64_t end = orm_async_deadline(SHIELDED);
    return deadline && deadline < end ? deadline : end;
}

orm_status orm_async_run(orm_async *async)
{
    if (async->current || !on_thread(async))
        return ORM_MISUSE;
    while (async->running + async->waiting > 0) {
        orm_async_turn(async);
        if (async->running + async->waiting > 0)
            ORM_TRY(async->loop.turn(async->loop.user));
    }
    return ORM_OK;
}

/* --- turns ------------------------------------------------------------------------------------------------------- */

void orm_async_turn(orm_async *async)
{
    if (async->turning)
        return;
    async->timer = UNKNOWN;
    expire(async);
    run_ready(async);
}

void orm_async_ready(orm_async_watch *watch)
{
    orm_async *async = watch->async;
    if (watch->fiber) {
        go_on(watch->fiber, ORM_OK);
        run_ready(async);
        return;
    }
    watch->wanted = 0; /* nobody waits any longer */
    async->loop.want(watch->token, 0, async->loop.user);
}

/* Those that can go on now: what they make ready meanwhile has the next turn, so that none keeps the loop from its
 * events. */
static void run_ready(orm_async *async)
{
    if (async->turning)
        return;
    async->turning = true;
    unwatch_left(async);
    take_woken(async);
    start_some(async);
    orm_fiber *last = async->ready.last, *fiber = NULL;
    while (fiber != last) {
        fiber = pop(&async->ready);
        if (fiber->next)
            orm__fiber_expect(fiber->next->stack);
        run(async, fiber);
    }
    async->turning = false;
    set_timer(async);
}

/* Until it stands still. */
static void run(orm_async *async, orm_fiber *fiber)
{
    orm_fiber *before = async->current;
    async->current = fiber;
    bool more = orm__fiber_resume(fiber->stack);
    async->current = before;
    if (!more)
        end(async, fiber);
}

static void start_some(orm_async *async)
{
    while (may_begin(async)) {
        orm_fiber *fiber = pop(&async->begin);
        async->waiting--;
        async->running++;
        fiber->result = fiber->cancelled ? ORM_CANCELLED : ORM_NO_MEMORY; /* unless it begins */
        if (!fiber->cancelled)
            fiber->stack = orm__fiber_new(&async->stacks, begin, fiber);
        if (fiber->stack)
            push(&async->ready, fiber);
        else
            end(async, fiber);
    }
}

static bool may_begin(const orm_async *async)
{
    return async->begin.first && async->running - async->joining < async->limit;
}

static void begin(void *argument)
{
    orm_fiber *fiber = argument;
    fiber->result = fiber->cancelled ? ORM_CANCELLED : fiber->function(fiber->async, fiber->argument);
}

static void end(orm_async *async, orm_fiber *fiber)
{
    orm__fiber_free(&async->stacks, fiber->stack);
    fiber->stack = NULL;
    fiber->ended = true;
    if (--async->running + async->waiting == 0)
        async->timer = UNKNOWN;
    forget_wake(async, fiber);
    if (fiber->joiner && fiber->joiner->standing == IN_JOIN)
        go_on(fiber->joiner, ORM_OK);
    if (!fiber->owned)
        free(fiber);
}

static void take_woken(orm_async *async)
{
    pthread_mutex_lock(&async->lock);
    orm_fiber *fiber = async->woken;
    async->woken = NULL;
    for (orm_fiber *next; fiber; fiber = next) {
        next = fiber->next_woken;
        fiber->woken = false;
        if (fiber->standing == IN_WAKE || (fiber->standing == IN_DESCRIPTOR && fiber->armed))
            go_on(fiber, ORM_OK);
    }
    pthread_mutex_unlock(&async->lock);
}

static bool any_woken(orm_async *async)
{
    pthread_mutex_lock(&async->lock);
    bool any = async->woken != NULL;
    pthread_mutex_unlock(&async->lock);
    return any;
}

static void forget_wake(orm_async *async, orm_fiber *fiber)
{
    if (!atomic_load(&fiber->woken))
        return;
    pthread_mutex_lock(&async->lock);
    orm_fiber **link = &async->woken;
    while (fiber->woken && *link != fiber)
        link = &(*link)->next_woken;
    if (fiber->woken)
        *link = fiber->next_woken;
    fiber->woken = false;
    pthread_mutex_unlock(&async->lock);
}

static void expire(orm_async *async)
{
    int64_t now = orm_async_deadline(0);
    for (orm__timer *timer; (timer = orm__timers_first(&async->timers)) && timer->deadline <= now;)
        go_on((orm_fiber *)timer, ORM_TIMEOUT);
}

static void set_timer(orm_async *async)
{
    const orm__timer *first = orm__timers_first(&async->timers);
    int64_t deadline = first ? first->deadline : 0;
    if (async->ready.first || may_begin(async) || any_woken(async))
        deadline = AT_ONCE;
    if (deadline == async->timer)
        return;
    async->timer = deadline;
    async->loop.timer(deadline, async->loop.user);
}

/* --- standing still ---------------------------------------------------------------------------------------------- */

/* The fiber that runs goes on once its deadline (0: none) has passed, or when somebody calls go_on. */
static orm_status stand_still(orm_async *async, standing how, int64_t deadline)
{
    orm_fiber *me = async->current;
    if (me->cancelled && !me->shields) {
        me->cancelled = false;
        return ORM_CANCELLED;
    }
    if (me->cancelled)
        deadline = in_time(deadline);
    me->standing = how;
    if (deadline)
        orm__timers_set(&async->timers, &me->timer, deadline);
    orm__fiber_suspend(me->stack);
    return me->answer;
}

static void go_on(orm_fiber *fiber, orm_status answer)
{
    stand_up(fiber, answer);
    push(&fiber->async->ready, fiber);
}

static void stand_up(orm_fiber *fiber, orm_status answer)
{
    orm__timers_clear(&fiber->async->timers, &fiber->timer);
    if (fiber->watch)
        fiber->watch->fiber = NULL;
    fiber->watch = NULL;
    fiber->standing = GOING;
    fiber->answer = answer;
}

static void push(queue *to, orm_fiber *fiber)
{
    fiber->next = NULL;
    *(to->last ? &to->last->next : &to->first) = fiber;
    to->last = fiber;
}

static orm_fiber *pop(queue *from)
{
    orm_fiber *fiber = from->first;
    from->first = fiber->next;
    if (!from->first)
        from->last = NULL;
    return fiber;
}

orm_status orm_async_sleep(orm_async *async, int64_t microseconds)
{
    int64_t deadline = orm_async_deadline(microseconds);
    orm_status status = async->current && on_thread(async) ? stand_still(async, IN_DELAY, deadline)
                                                           : orm__wait_by_poll(-1, 0, deadline);
    return status == ORM_TIMEOUT ? ORM_OK : status;
}

int64_t orm_async_deadline(int64_t microseconds)
{
    int64_t now = orm__deadline_in(0);
    if (microseconds > INT64_MAX - now)
        return INT64_MAX;
    return now + microseconds > 0 ? now + microseconds : AT_ONCE; /* 0 would be none */
}

orm_status orm_async_wait(orm_async *async, int descriptor, int events, int64_t deadline)
{
    void *watch;
    if (!on_thread(async) || !async->current)
        return orm__wait_by_poll(descriptor, events, deadline);
    ORM_TRY(watch_descriptor(descriptor, &watch, async));
    orm_status status = wait_for_descriptor(watch, events, deadline);
    unwatch_descriptor(watch, descriptor, async);
    return status;
}

/* --- the waiter of an engine ------------------------------------------------------------------------------------- */

orm_waiter orm_async_waiter(orm_async *async)
{
    return (orm_waiter){.watch = watch_descriptor,
                        .wait = wait_in_fiber,
                        .unwatch = unwatch_descriptor,
                        .self = current_fiber,
                        .wake = wake_fiber,
                        .resume = resume_fiber,
                        .shield = shield_fiber,
                        .user = async};
}

static orm_status watch_descriptor(int descriptor, void **token, void *user)
{
    orm_async *async = user;
    if (!on_thread(async))
        return ORM_MISUSE;
    unwatch_left(async); /* whose descriptor this may be by now */
    orm_async_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return ORM_NO_MEMORY;
    watch->async = async;
    orm_status status = async->loop.watch(descriptor, watch, &watch->token, async->loop.user);
    if (status) {
        free(watch);
        return status;
    }
    *token = watch;
    return ORM_OK;
}

static orm_status wait_in_fiber(void *token, int descriptor, int events, int64_t deadline, void *user)
{
    orm_async *async = user;
    if (!on_thread(async) || !async->current)
        return orm__wait_by_poll(descriptor, events, deadline);
    if (token)
        return wait_for_descriptor(token, events, deadline);
    orm_fiber *me = async->current;
    orm_status status = stand_still(async, me->armed ? IN_WAKE : IN_DELAY, deadline);
    if (status)
        me->armed = false;
    return status;
}

static orm_status wait_for_descriptor(orm_async_watch *watch, int events, int64_t deadline)
{
    orm_async *async = watch->async;
    if (watch->fiber)
        return ORM_MISUSE;
    if (watch->wanted != events)
        ORM_TRY(async->loop.want(watch->token, events, async->loop.user));
    orm_fiber *me = async->current;
    watch->wanted = events;
    watch->fiber = me;
    me->watch = watch;
    orm_status status = stand_still(async, IN_DESCRIPTOR, deadline);
    if (me->watch) /* it did not stand still */
        watch->fiber = NULL;
    me->watch = NULL;
    me->armed = false;
    return status;
}

static void unwatch_descriptor(void *token, int descriptor, void *user)
{
    orm_async *async = user;
    orm_async_watch *watch = token;
    (void)descriptor;
    if (!on_thread(async)) {
        pthread_mutex_lock(&async->lock);
        watch->next = async->left;
        async->left = watch;
        pthread_mutex_unlock(&async->lock);
        async->loop.wake(async->loop.user);
        return;
    }
    if (watch->fiber)
        go_on(watch->fiber, ORM_OK);
    async->loop.unwatch(watch->token, async->loop.user);
    free(watch);
}

/* The loop is this thread's alone. */
static void unwatch_left(orm_async *async)
{
    pthread_mutex_lock(&async->lock);
    orm_async_watch *left = async->left;
    async->left = NULL;
    pthread_mutex_unlock(&async->lock);
    for (orm_async_watch *next; left; left = next) {
        next = left->next;
        async->loop.unwatch(left->token, async->loop.user);
        free(left);
    }
}

/* From now on until its wait ends it can be woken. */
static void *current_fiber(void *user)
{
    orm_async *async = user;
    if (!on_thread(async) || !async->current)
        return NULL;
    forget_wake(async, async->current);
    async->current->armed = true;
    return async->current;
}

/* The loop is asked once for all that are woken before it looks. */
static void wake_fiber(void *self, void *user)
{
    orm_async *async = user;
    orm_fiber *fiber = self;
    pthread_mutex_lock(&async->lock);
    bool first = async->woken == NULL;
    if (!fiber->woken) {
        fiber->next_woken = async->woken;
        async->woken = fiber;
        fiber->woken = true;
    }
    pthread_mutex_unlock(&async->lock);
    if (first && !(on_thread(async) && async->turning))
        async->loop.wake(async->loop.user);
}

/* One within another is enough: how deep they would go depends on what comes from the server. */
static void resume_fiber(void *self, void *user)
{
    orm_async *async = user;
    orm_fiber *fiber = self;
    if (!on_thread(async) || !async->current || async->nested || fiber->standing != IN_WAKE) {
        wake_fiber(self, user);
        return;
    }
    stand_up(fiber, ORM_OK);
    async->nested = true;
    run(async, fiber);
    async->nested = false;
}

static void shield_fiber(bool on, void *user)
{
    orm_async *async = user;
    if (!on_thread(async) || !async->current)
        return;
    if (on)
        async->current->shields++;
    else
        async->current->shields--;
}
