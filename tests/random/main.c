/* main.c -- the randomized test: seed after seed, each in a process of its own; a failing one is made small and shown.
 *
 *     random URL [SEEDS [OPERATIONS]]
 *
 * Without ORM_TEST_SEED the first seed is the clock's, and printed; with it, that seed comes first.
 * SPDX-License-Identifier: MIT */
#include "drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OPERATIONS_MAX = 100000, STORY_SIZE = 4096 };

static bool left_out[OPERATIONS_MAX];

static bool attempt(const char *url, uint64_t seed, int count, bool loud);
static void shrink(const char *url, uint64_t seed, int count);

int main(int argc, char **argv)
{
    const char *url = argc > 1 ? argv[1] : "", *given = getenv("ORM_TEST_SEED");
    int seeds = argc > 2 ? atoi(argv[2]) : 20, count = argc > 3 ? atoi(argv[3]) : 300, failed = 0;
    uint64_t first = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000;
    char story[STORY_SIZE];
    if (count > OPERATIONS_MAX || !drive_prepare(url, story, sizeof story))
        return fprintf(stderr, "usage: random URL [SEEDS [OPERATIONS]]\n"), 2;
    printf("seeds %llu to %llu, %d operations each\n", (unsigned long long)first,
           (unsigned long long)first + (unsigned long long)seeds - 1, count);
    for (uint64_t seed = first; seed < first + (uint64_t)seeds && failed < 3; seed++) {
        if (attempt(url, seed, count, false))
            continue;
        failed++;
        shrink(url, seed, count);
    }
    printf("%d passed, %d failed, 0 skipped\n", seeds - failed, failed);
    return failed != 0;
}

/* In a child, so that a crash is a difference like another. */
static bool attempt(const char *url, uint64_t seed, int count, bool loud)
{
    int status = 1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char story[STORY_SIZE] = "";
        if (!loud && !freopen("/dev/null", "w", stderr))
            _exit(2);
        bool same = drive(url, seed, count, left_out, loud, story, sizeof story);
        if (loud && !same)
            printf("  %s\n", story);
        exit(same ? 0 : 1);
    }
    waitpid(child, &status, 0);
    if (loud && WIFSIGNALED(status))
        printf("  ended by signal %d\n", WTERMSIG(status));
    return status == 0;
}

/* Leaves out runs of operations, half as long each time, as long as it still fails; then shows the rest. */
static void shrink(const char *url, uint64_t seed, int count)
{
    printf("ORM_TEST_SEED=%llu fails; what is left of it:\n", (unsigned long long)seed);
    memset(left_out, 0, sizeof left_out);
    for (int length = count / 2; length > 0; length /= 2)
        for (int begin = 0; begin < count; begin += length) {
            bool before[OPERATIONS_MAX];
            memcpy(before, left_out, sizeof before);
            for (int i = begin; i < begin + length && i < count; i++)
                left_out[i] = true;
            if (memcmp(before, left_out, sizeof before) != 0 && attempt(url, seed, count, false))
                memcpy(left_out, before, sizeof before);
        }
    attempt(url, seed, count, true);
    memset(left_out, 0, sizeof left_out);
}
