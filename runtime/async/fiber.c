/* async/fiber.c -- fibers: their stacks, and what sanitizers are told of the switches (the switch itself: switch.c).
 * SPDX-License-Identifier: MIT */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "async/fiber.h"

#include "async/switch.h"
#include "base/deep.h"

#include <stdint.h>
#include <sys/mman.h>

#ifdef __has_feature
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define WITH_ASAN
#endif
#if defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define WITH_TSAN
#endif
#ifdef __has_include
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define WITH_VALGRIND
#endif
#endif

/* A frame larger than a page could step over a guard of one. */
enum { GUARD_SIZE = 64 * 1024, STACK_SIZE = 256 * 1024, KEPT_STACKS = 1024 };

/* Stands at the top of its stack, where a page is in use anyway. */
struct orm__fiber {
    void (*function)(void *);
    void *argument;
    void (*outside)(void *); /* what the resumer is to call before it resumes it again */
    void *outside_argument;
    bool ended;
    orm__standing own, resumer;
    char *map;
    orm__fiber *next; /* among those at rest */
#ifdef WITH_ASAN
    void *own_fake, *resumer_fake; /* stacks that find uses after return */
    const void *resumer_stack;
    size_t resumer_size;
#endif
#ifdef WITH_TSAN
    void *own_thread, *resumer_thread;
#endif
#ifdef WITH_VALGRIND
    unsigned valgrind;
#endif
};

static orm__fiber *map_stack(void);
static void unmap_stack(orm__fiber *fiber);
static char *stack_of(const orm__fiber *fiber);
static size_t size_of(const orm__fiber *fiber);
static void enter(void *fiber);
static void leave_for(void *fiber, void (*function)(void *), void *argument);
static void leaving_resumer(orm__fiber *fiber);
static void back_at_resumer(orm__fiber *fiber);
static void leaving_fiber(orm__fiber *fiber);
static void arrived_in_fiber(orm__fiber *fiber);

void orm__fiber_stacks_release(orm__fiber_stacks *stacks)
{
    for (orm__fiber *next; stacks->first; stacks->first = next) {
        next = stacks->first->next;
        unmap_stack(stacks->first);
    }
    stacks->count = 0;
}

orm__fiber *orm__fiber_new(orm__fiber_stacks *stacks, void (*function)(void *argument), void *argument)
{
    orm__fiber *fiber = stacks->first;
    if (fiber) {
        stacks->first = fiber->next;
        stacks->count--;
    } else if ((fiber = map_stack()) == NULL)
        return NULL;
    fiber->function = function;
    fiber->argument = argument;
    fiber->ended = false;
    fiber->outside = NULL;
    orm__switch_prepare(&fiber->own, stack_of(fiber), size_of(fiber), enter, fiber);
#ifdef WITH_TSAN
    fiber->own_thread = __tsan_create_fiber(0);
#endif
    return fiber;
}

static orm__fiber *map_stack(void)
{
    char *map = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    if (mprotect(map, GUARD_SIZE, PROT_NONE)) {
        munmap(map, GUARD_SIZE + STACK_SIZE);
        return NULL;
    }
    size_t room = (sizeof(orm__fiber) + 63) & ~(size_t)63;
    orm__fiber *fiber = (orm__fiber *)(void *)(map + GUARD_SIZE + STACK_SIZE - room);
    *fiber = (orm__fiber){.map = map};
#ifdef WITH_VALGRIND
    fiber->valgrind = VALGRIND_STACK_REGISTER(stack_of(fiber), stack_of(fiber) + size_of(fiber));
#endif
    return fiber;
}

static void unmap_stack(orm__fiber *fiber)
{
#ifdef WITH_VALGRIND
    VALGRIND_STACK_DEREGISTER(fiber->valgrind);
#endif
    munmap(fiber->map, GUARD_SIZE + STACK_SIZE);
}

static char *stack_of(const orm__fiber *fiber)
{
    return fiber->map + GUARD_SIZE;
}

static size_t size_of(const orm__fiber *fiber)
{
    return (size_t)((const char *)fiber - stack_of(fiber));
}

/* The first frame of each fiber; never returns, since there is nothing to return to. */
static void enter(void *argument)
{
    orm__fiber *fiber = argument;
    arrived_in_fiber(fiber);
    fiber->function(fiber->argument);
    fiber->ended = true;
    leaving_fiber(fiber);
    orm__switch(&fiber->own, &fiber->resumer);
}

/* Resumed by a fiber, it leaves that one's stack as well. */
bool orm__fiber_resume(orm__fiber *fiber)
{
    const orm__deep resumers = orm__deep_set((orm__deep){leave_for, fiber});
    for (;;) {
        leaving_resumer(fiber);
        orm__switch(&fiber->resumer, &fiber->own);
        back_at_resumer(fiber);
        orm__deep own = orm__deep_set(resumers);
        if (!fiber->outside)
            return !fiber->ended;
        orm__call_deep(fiber->outside, fiber->outside_argument);
        fiber->outside = NULL;
        orm__deep_set(own);
    }
}

static void leave_for(void *fiber, void (*function)(void *), void *argument)
{
    orm__fiber_call_outside(fiber, function, argument);
}

void orm__fiber_call_outside(orm__fiber *fiber, void (*function)(void *argument), void *argument)
{
    fiber->outside = function;
    fiber->outside_argument = argument;
    orm__fiber_suspend(fiber);
}

void orm__fiber_expect(const orm__fiber *fiber)
{
    enum { LINE = 64, LINES = 12 };
#if defined(ORM__SWITCH_X86_64) || defined(ORM__SWITCH_AARCH64)
    const char *top = fiber->own.stack;
    for (int i = 0; i < LINES; i++)
        __builtin_prefetch(top + i * LINE, 1);
#else
    __builtin_prefetch(fiber, 1);
#endif
}

void orm__fiber_suspend(orm__fiber *fiber)
{
    leaving_fiber(fiber);
    orm__switch(&fiber->own, &fiber->resumer);
    arrived_in_fiber(fiber);
}

/* Stacks that once grew past a few pages would keep them all: only the top ones are worth keeping. */
void orm__fiber_free(orm__fiber_stacks *stacks, orm__fiber *fiber)
{
    enum { KEPT_PAGES = 8 * 1024 };
    if (!fiber)
        return;
#ifdef WITH_TSAN
    __tsan_destroy_fiber(fiber->own_thread);
#endif
#ifdef WITH_ASAN
    __asan_unpoison_memory_region(stack_of(fiber), size_of(fiber));
#endif
    if (stacks->count == KEPT_STACKS) {
        unmap_stack(fiber);
        return;
    }
    madvise(stack_of(fiber), STACK_SIZE - KEPT_PAGES, MADV_DONTNEED);
    fiber->next = stacks->first;
    stacks->first = fiber;
    stacks->count++;
}

/* --- what the sanitizers are told --------------------------------------------------------------------------------- */

static void leaving_resumer(orm__fiber *fiber)
{
    (void)fiber;
#ifdef WITH_ASAN
    __sanitizer_start_switch_fiber(&fiber->resumer_fake, stack_of(fiber), size_of(fiber));
#endif
#ifdef WITH_TSAN
    fiber->resumer_thread = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fiber->own_thread, 0);
#endif
}

static void back_at_resumer(orm__fiber *fiber)
{
    (void)fiber;
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(fiber->resumer_fake, NULL, NULL);
#endif
}

/* Of a fiber that has ended, AddressSanitizer is to forget the frames it kept. */
static void leaving_fiber(orm__fiber *fiber)
{
    (void)fiber;
#ifdef WITH_ASAN
    __sanitizer_start_switch_fiber(fiber->ended ? NULL : &fiber->own_fake, fiber->resumer_stack, fiber->resumer_size);
#endif
#ifdef WITH_TSAN
    __tsan_switch_to_fiber(fiber->resumer_thread, 0);
#endif
}

static void arrived_in_fiber(orm__fiber *fiber)
{
    (void)fiber;
#ifdef WITH_ASAN
    __sanitizer_finish_switch_fiber(fiber->own_fake, &fiber->resumer_stack, &fiber->resumer_size);
    fiber->own_fake = NULL;
#endif
}
