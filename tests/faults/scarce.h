/* scarce.h -- malloc and its fellows, which fail when they are told to: for the programs of this folder whose memory
 * ends.
 *
 * Defines them for the whole program, libpq and sqlite included; so exactly one file of a program includes it. The C
 * library's regcomp loses blocks of its own when its memory ends; it is one allocation here, that fails as a whole.
 * SPDX-License-Identifier: MIT */
#ifndef SCARCE_H
#define SCARCE_H

#ifndef _GNU_SOURCE
#error "scarce.h needs _GNU_SOURCE from before the first header on"
#endif

#include <dlfcn.h>
#include <errno.h>
#include <regex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static atomic_long live;  /* blocks */
static atomic_long calls; /* since the count began */
static atomic_long fails_at, fails_until;

static bool fails(void)
{
    long call = ++calls;
    if (fails_at == 0 || call < fails_at || call > fails_until)
        return false;
    errno = ENOMEM;
    return true;
}

static void *counted(void *block)
{
    live += block != NULL;
    return block;
}

void *malloc(size_t size)
{
    return fails() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    if (fails())
        return NULL;
    void *moved = __libc_realloc(block, size);
    live += (!block && moved) - (block && !moved && size == 0);
    return moved;
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : counted(__libc_memalign(alignment, size));
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = aligned_alloc(alignment, size);
    return *block ? 0 : ENOMEM;
}

void free(void *block)
{
    live -= block != NULL;
    __libc_free(block);
}

int regcomp(regex_t *restrict compiled, const char *restrict pattern, int flags)
{
    int (*real)(regex_t *, const char *, int);
    if (fails())
        return REG_ESPACE;
    long at = fails_at, now = calls;
    fails_at = 0;
    *(void **)&real = dlsym(RTLD_NEXT, "regcomp");
    int result = real(compiled, pattern, flags);
    fails_at = at;
    calls = now;
    return result;
}

/* --- what the sweeps share ---------------------------------------------------------------------------------------- */

static int failures;

static void stop_failing(void)
{
    fails_at = 0;
}

static void start_failing(long n, long until)
{
    calls = 0;
    fails_until = until;
    fails_at = n;
}

static void complain(const char *what, long n, long until, const char *message)
{
    failures++;
    printf("%s, n = %ld%s: %s\n", what, n, until > n ? " and after" : "", message);
}

#endif
