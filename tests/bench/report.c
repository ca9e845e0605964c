/* report.c -- medians of what was measured, and their ratios to the best C by hand: as a table, as JSON, as lines for a
 * chart.
 * SPDX-License-Identifier: MIT */
#include "report.h"

#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum measure { WALL, CPU, PEAK } measure;

const char *const bench_side_names[BENCH_SIDES] = {"core", "session", "best", "plain"};

static FILE *json, *tsv;
static const char *separator = "\n";

static FILE *open_beside(const char *output, const char *suffix);
static void column_of(const bench_measured *m, int side, measure which, double *values);
static double median(const bench_measured *m, int side, measure which);
static double quantile(const double *values, size_t count, double part);
static int compare(const void *a, const void *b);
static void ratio_to_best(const bench_measured *m, int side, measure which, double *ratio, double *low, double *high);
static void report_side(const bench_measured *m, int side);
static void report_peaks(const bench_measured *m);

void bench_report_open(const char *output, bool flat, size_t rounds)
{
    const char *cores = getenv("BENCH_CORES") && strcmp(getenv("BENCH_CORES"), "2") == 0 ? "two cores" : "one core";
    json = open_beside(output, "json");
    tsv = open_beside(output, "tsv");
    fprintf(json, "{\"database\": \"%s\", \"cores\": \"%s\", \"rounds\": %zu, \"cases\": [", bench_database, cores,
            rounds);
    if (flat) {
        printf("%s: nanoseconds a row, of so many rows; in brackets the ratio to the fewest\n\n%-30s %9s",
               bench_database, "", "rows");
        for (int side = 0; side < BENCH_PLAIN; side++)
            printf(" | %-16s", bench_side_names[side]);
        printf("\n");
    } else {
        printf("%s, %s, %zu rounds: time as a ratio to the best hand-written C, and the middle half of the rounds;\n"
               "cpu: the same of the client's processor time\n\n%-30s %-15s | %-25s | %-25s | %-20s\n",
               bench_database, cores, rounds, "", "   best ms/cpu", "core", "session", "plain C");
    }
    fflush(stdout);
}

static FILE *open_beside(const char *output, const char *suffix)
{
    char name[512];
    snprintf(name, sizeof name, "%s.%s", output, suffix);
    FILE *file = fopen(name, "w");
    if (!file)
        bench_fail(name, "cannot be written");
    return file;
}

void bench_report_close(void)
{
    fprintf(json, "\n]}\n");
    fclose(json);
    fclose(tsv);
}

void bench_report_case(const bench_measured *m)
{
    printf("%-30s %7.1f/%-7.1f", m->title, median(m, BENCH_BEST, WALL) * 1e3, median(m, BENCH_BEST, CPU) * 1e3);
    fprintf(json, "%s  {\"case\": \"%s\", \"title\": \"%s\", \"count\": %zu", separator, m->name, m->title, m->rows);
    separator = ",\n";
    for (int side = 0; side < BENCH_SIDES; side++) {
        if (m->took_part[side])
            report_side(m, side);
        else
            printf(" | %-25s", "-");
    }
    printf("\n");
    if (m->peaks)
        report_peaks(m);
    fprintf(json, "}");
    fflush(stdout);
}

static void report_side(const bench_measured *m, int side)
{
    double ratio, low, high, cpu_ratio, cpu_low, cpu_high;
    ratio_to_best(m, side, WALL, &ratio, &low, &high);
    ratio_to_best(m, side, CPU, &cpu_ratio, &cpu_low, &cpu_high);
    if (side != BENCH_BEST)
        printf(" | %5.2f %5.2f-%-5.2f cpu %4.2f", ratio, low, high, cpu_ratio);
    fprintf(tsv, "%s\t%s\t%s\t%.4f\t%.4f\t%.4f\t%.4f\n", bench_database, m->title, bench_side_names[side], ratio, low,
            high, cpu_ratio);
    fprintf(json,
            ",\n   \"%s\": {\"ratio\": %.4f, \"low\": %.4f, \"high\": %.4f, \"cpu_ratio\": %.4f, \"ms\": %.4f, "
            "\"cpu_ms\": %.4f, \"peak_mb\": %.3f}",
            bench_side_names[side], ratio, low, high, cpu_ratio, median(m, side, WALL) * 1e3,
            median(m, side, CPU) * 1e3, median(m, side, PEAK));
}

static void report_peaks(const bench_measured *m)
{
    enum { SMALL = 10 }; /* megabytes: below, there is nothing to be compared */
    double best = median(m, BENCH_BEST, PEAK);
    printf("%-30s %10.1f MB", "  peak of memory", best);
    for (int side = 0; side < BENCH_SIDES; side++)
        if (side != BENCH_BEST && m->took_part[side]) {
            double peak = median(m, side, PEAK);
            printf(" | %s %.1f MB", bench_side_names[side], peak);
            if (best > SMALL)
                printf(", %.3f of the best", peak / best);
        }
    printf("\n");
}

void bench_report_flat(const bench_measured *m)
{
    static const char *last;
    static double fewest[BENCH_SIDES];
    bool first = last != m->title;
    last = m->title;
    printf("%-30s %9zu", first ? m->title : "", m->rows);
    fprintf(json, "%s  {\"case\": \"%s\", \"rows\": %zu", separator, m->name, m->rows);
    separator = ",\n";
    for (int side = 0; side < BENCH_PLAIN; side++) {
        if (!m->took_part[side]) {
            printf(" | %-16s", "-");
            continue;
        }
        double each = median(m, side, WALL) * 1e9 / (double)m->rows;
        fewest[side] = first ? each : fewest[side];
        printf(" | %8.0f (%5.2f)", each, each / fewest[side]);
        fprintf(json, ", \"%s\": {\"ns\": %.1f, \"cpu_ns\": %.1f}", bench_side_names[side], each,
                median(m, side, CPU) * 1e9 / (double)m->rows);
        fprintf(tsv, "%s\t%s\t%zu\t%s\t%.1f\n", bench_database, m->name, m->rows, bench_side_names[side], each);
    }
    printf("\n");
    fprintf(json, "}");
    fflush(stdout);
}

static double median(const bench_measured *m, int side, measure which)
{
    double values[BENCH_ROUNDS_MAX];
    column_of(m, side, which, values);
    return quantile(values, m->rounds, 0.5);
}

static void column_of(const bench_measured *m, int side, measure which, double *values)
{
    for (size_t i = 0; i < m->rounds; i++) {
        const bench_sample *one = &m->samples[side][i + 1];
        values[i] = which == CPU ? one->cpu : which == PEAK ? one->peak : one->wall;
    }
}

/* `part` 0.5 is the median. */
static double quantile(const double *values, size_t count, double part)
{
    double sorted[BENCH_ROUNDS_MAX];
    memcpy(sorted, values, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    double place = part * (double)(count - 1);
    size_t below = (size_t)place;
    double next = below + 1 < count ? sorted[below + 1] : sorted[below];
    return sorted[below] + (place - (double)below) * (next - sorted[below]);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Ratio of medians, and the middle half of the ratios of each round. */
static void ratio_to_best(const bench_measured *m, int side, measure which, double *ratio, double *low, double *high)
{
    double ours[BENCH_ROUNDS_MAX], best[BENCH_ROUNDS_MAX], each[BENCH_ROUNDS_MAX];
    column_of(m, side, which, ours);
    column_of(m, BENCH_BEST, which, best);
    for (size_t i = 0; i < m->rounds; i++)
        each[i] = ours[i] / best[i];
    *ratio = median(m, side, which) / median(m, BENCH_BEST, which);
    *low = quantile(each, m->rounds, 0.25);
    *high = quantile(each, m->rounds, 0.75);
}
