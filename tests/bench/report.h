/* report.h -- what was measured of a case, and who tells it.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum { BENCH_CORE, BENCH_SESSION, BENCH_BEST, BENCH_PLAIN, BENCH_SIDES, BENCH_ROUNDS_MAX = 101 };
extern const char *const bench_side_names[BENCH_SIDES];

typedef struct bench_sample {
    double wall, cpu; /* seconds */
    double peak;      /* megabytes that it took at most, beyond what was there before */
} bench_sample;

/* A case. The round 0 was to warm up. */
typedef struct bench_measured {
    const char *name, *title;
    size_t rows, rounds;
    bool peaks; /* they are to be told */
    bool took_part[BENCH_SIDES];
    bench_sample samples[BENCH_SIDES][BENCH_ROUNDS_MAX];
} bench_measured;

/* A table goes to the standard output, more of it to OUTPUT.json, and what a chart needs to OUTPUT.tsv; each case at
 * once. */
void bench_report_open(const char *output, bool flat, size_t rounds);
void bench_report_case(const bench_measured *measured);
/* The cost of a row where there are so many; those of one case one after the other, from few to many. */
void bench_report_flat(const bench_measured *measured);
void bench_report_close(void);

#endif
