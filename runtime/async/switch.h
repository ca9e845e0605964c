/* async/switch.h -- leaves one stack for another.
 *
 * In assembly for x86-64 and aarch64, by ucontext elsewhere, and where the processor keeps a shadow of the stack, which
 * only the C library knows to switch.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ASYNC_SWITCH_H
#define ORM_ASYNC_SWITCH_H

#include <stddef.h>

#if defined(ORM__SWITCH_UCONTEXT) /* asked for by a test */
#include <ucontext.h>
#elif defined(__ELF__) && defined(__x86_64__) && !defined(__ILP32__) && !(defined(__CET__) && (__CET__ & 2))
#define ORM__SWITCH_X86_64
#elif defined(__ELF__) && defined(__aarch64__) && defined(__LP64__) && !defined(__AARCH64EB__)
#define ORM__SWITCH_AARCH64
#else
#include <ucontext.h>
#endif

/* Where a flow of control stands while another one runs. */
typedef struct orm__standing {
#if defined(ORM__SWITCH_X86_64) || defined(ORM__SWITCH_AARCH64)
    void *stack; /* all else is saved on it */
#else
    ucontext_t context;
#endif
} orm__standing;

/* Makes `standing` such that the first switch to it calls `enter`, which must never return, with `argument`. */
void orm__switch_prepare(orm__standing *standing, void *stack, size_t size, void (*enter)(void *), void *argument);
void orm__switch(orm__standing *from, const orm__standing *to);

#endif
