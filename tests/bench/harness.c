/* harness.c -- runs each case by each contestant in turn, in changing order, and reports medians and ratios.
 *
 *     bench_postgresql URL OUTPUT [CASE...]       bench_sqlite likewise; OUTPUT.json and OUTPUT.tsv are written
 *
 * BENCH_ROUNDS: how many rounds count (7; one more goes ahead to warm up). BENCH_SCALE: divides the sizes (1).
 * BENCH_SIDES: only these, for a profiler ("core session best plain").
 * Built with BENCH_COUNTED and run by callgrind it counts instructions and allocations instead (counts.sh).
 * A run whose digest differs from that of the others ends the program: it did not do the same work.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef BENCH_COUNTED
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_TOGGLE_COLLECT
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS_AT(text) (void)(text)
#endif

enum { CORE, SESSION, BEST, PLAIN, SIDES, ROUNDS_MAX = 101 };

typedef struct sample {
    double wall, cpu; /* seconds */
    double peak;      /* megabytes that it took at most, beyond what was there before */
} sample;
typedef enum measure { WALL, CPU, PEAK } measure;

static const char *const side_names[SIDES] = {"core", "session", "best", "plain"};
static const bench_run *const sides[SIDES] = {core_runs, session_runs, best_runs, plain_runs};

/* Sizes, and whether the tables must be fresh for each run. */
static const struct {
    const char *name, *title;
    size_t authors, posts, count, each;
    bool writes;
} cases[BENCH_CASES] = {
    [BENCH_GET_NEW] = {"get_new", "get by key, new sessions", 10000, 100000, 20000, 1, false},
    [BENCH_GET] = {"get", "get by key, one session", 10000, 100000, 20000, 1, false},
    [BENCH_READ] = {"read", "read 100,000 posts", 10000, 100000, 100000, 1, false},
    [BENCH_INSERT] = {"insert", "insert 10,000, keys back", 1000, 10000, 10000, 1, true},
    [BENCH_COMMIT] = {"commit", "2,000 inserts, a commit each", 1000, 10000, 2000, 1, true},
    [BENCH_FLUSH] = {"flush", "2,000 inserts, a flush each", 1000, 10000, 2000, 1, true},
    [BENCH_UPDATE] = {"update", "update 5,000 authors", 5000, 0, 5000, 1, true},
    [BENCH_CHILDREN] = {"children", "1,000 authors, 10 posts each", 10000, 100000, 1000, 1, false},
    [BENCH_BULK] = {"bulk", "bulk load of 200,000", 1000, 0, 200000, 1, true},
    [BENCH_USERS_1] = {"users_1", "diesel: read 1 user", 1, 0, 2000, 1, false},
    [BENCH_USERS_100] = {"users_100", "diesel: read 100 users", 100, 0, 50000, 100, false},
    [BENCH_USERS_10000] = {"users_10000", "diesel: read 10,000 users", 10000, 0, 50000, 10000, false},
    [BENCH_MEDIUM] = {"medium", "diesel: medium query", 10000, 100000, 10000, 100, false},
    [BENCH_FLIGHT] = {"flight", "100 gets in flight", 10000, 100000, 20000, 1, false},
    [BENCH_ROWS] = {"rows", "read 1,000,000 posts", 10000, 1000000, 1000000, 1, false},
    [BENCH_MAP] = {"map", "1,000,000 into an identity map", 10000, 1000000, 1000000, 1, false},
    [BENCH_STREAM] = {"stream", "1,000,000 one by one", 10000, 1000000, 1000000, 1, false},
    [BENCH_BATCH_1] = {"batch_1", "diesel: insert 1 user", 0, 0, 1000, 1, true},
    [BENCH_BATCH_100] = {"batch_100", "diesel: insert 100 users", 0, 0, 10000, 100, true},
};

bench_input input;
uint64_t bench_sum;

static sample clock_total, clock_started;
static size_t allocations; /* between start and stop, where they are counted */
static bool counting;
static int64_t *keys_seen;
static bool keys_come_back; /* in the case that runs */
static sample samples[BENCH_CASES][SIDES][ROUNDS_MAX];
static size_t rounds = 7;

static size_t setting(const char *name, size_t otherwise);
static bool wanted(const char *name, int argc, char **argv);
static bool takes_part(int side, bench_case c);
static void make_input(bench_case c, size_t scale);
static void free_input(void);
static void run_case(bench_case c);
static uint64_t run_side(bench_case c, int side, sample *taken);
static double forget_peak(void);
static double kilobytes(const char *what);
static void count_side(bench_case c, int side);
static void report(FILE *json, FILE *tsv, int argc, char **argv);
static void report_case(bench_case c, FILE *json, FILE *tsv);
static void report_peaks(bench_case c);

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s URL OUTPUT [CASE...]\n", argv[0]);
        return 2;
    }
    rounds = setting("BENCH_ROUNDS", rounds);
    if (rounds < 1 || rounds >= ROUNDS_MAX)
        bench_fail("BENCH_ROUNDS", "1 to 100");
    size_t scale = setting("BENCH_SCALE", 1);
    ours_open(argv[1]);
    bench_connect(argv[1]);
    for (bench_case c = 0; c < BENCH_CASES; c++) {
        if (!best_runs[c] || !wanted(cases[c].name, argc, argv)) /* not done on this database */
            continue;
        make_input(c, scale ? scale : 1);
        run_case(c);
        free_input();
    }
    char name[512];
    snprintf(name, sizeof name, "%s.json", argv[2]);
    FILE *json = fopen(name, "w");
    snprintf(name, sizeof name, "%s.tsv", argv[2]);
    FILE *tsv = fopen(name, "w");
    if (!json || !tsv)
        bench_fail(name, "cannot be written");
    report(json, tsv, argc, argv);
    fclose(json);
    fclose(tsv);
    bench_disconnect();
    ours_close();
    return 0;
}

static size_t setting(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 3; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc == 3;
}

static bool takes_part(int side, bench_case c)
{
    const char *only = getenv("BENCH_SIDES");
    return sides[side][c] && (!only || !*only || strstr(only, side_names[side]));
}

/* --- input --- */

static uint64_t random_state = 1;
static uint64_t next_random(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> 33;
}

static void *make(size_t count, size_t size)
{
    void *made = calloc(count ? count : 1, size);
    if (!made)
        bench_fail("memory", "there is none");
    return made;
}

/* The first `count` of a random order of 1 to `from`; in order when all or the first are wanted. */
static int64_t *make_ids(size_t count, size_t from, bool shuffled)
{
    int64_t *ids = make(from, sizeof *ids);
    for (size_t i = 0; i < from; i++)
        ids[i] = (int64_t)i + 1;
    for (size_t i = 0; shuffled && i < count; i++) {
        size_t other = i + next_random() % (from - i);
        int64_t kept = ids[i];
        ids[i] = ids[other];
        ids[other] = kept;
    }
    return ids;
}

static void make_input(bench_case c, size_t scale)
{
    random_state = 1;
    input.each = cases[c].each;
    input.authors = input.each > 1 || cases[c].authors == 1 ? cases[c].authors : cases[c].authors / scale;
    input.posts = cases[c].posts / scale;
    input.count = (cases[c].count / scale + input.each - 1) / input.each * input.each;
    bool gets = c == BENCH_GET || c == BENCH_GET_NEW || c == BENCH_FLIGHT;
    input.ids = make_ids(input.count, gets ? input.posts : input.count, gets);
    input.new_posts = make(input.count, sizeof *input.new_posts);
    input.new_authors = make(input.count, sizeof *input.new_authors);
    input.scores = make(input.count, sizeof *input.scores);
    for (size_t i = 0; i < input.count; i++) {
        bench_new_post *post = &input.new_posts[i];
        snprintf(post->title, sizeof post->title, "New %07u", (unsigned)i % 10000000);
        for (size_t k = 0; k < BENCH_BODY; k++)
            post->body[k] = (char)('a' + (i + k) % 26);
        post->views = (int32_t)(i % 1000);
        post->published = i % 3 == 0;
        post->author_id = (int64_t)(next_random() % (input.authors ? input.authors : 1)) + 1;
        bench_new_author *author = &input.new_authors[i];
        snprintf(author->name, sizeof author->name, "New %07u", (unsigned)i % 10000000);
        snprintf(author->email, sizeof author->email, "new%u@example.org", (unsigned)i);
        input.scores[i] = (double)i + 0.5;
    }
    keys_seen = make(input.count, sizeof *keys_seen);
}

static void free_input(void)
{
    free(input.ids);
    free(input.new_posts);
    free(input.new_authors);
    free(input.scores);
    free(keys_seen);
}

/* --- running --- */

static void run_case(bench_case c)
{
    uint64_t agreed = 0;
    bool first = true;
    if (!cases[c].writes)
        bench_fill();
    for (size_t round = 0; round <= rounds; round++) {
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r%-11s %-30s round %zu of %zu ", bench_database, cases[c].title, round, rounds);
        for (int k = 0; k < SIDES; k++) {
            int side = (int)((round % 2 ? (size_t)(SIDES - 1 - k) : (size_t)k) + round / 2) % SIDES;
            if (!takes_part(side, c))
                continue;
            uint64_t sum = run_side(c, side, &samples[c][side][round]);
            if (!first && sum != agreed)
                bench_fail(cases[c].name, side_names[side]);
            agreed = sum;
            first = false;
        }
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%70s\r", "");
    else
        fprintf(stderr, "%s: %s: measured\n", bench_database, cases[c].name);
}

static uint64_t run_side(bench_case c, int side, sample *taken)
{
    if (cases[c].writes)
        bench_fill();
    clock_total = (sample){0};
    bench_sum = 0;
    allocations = 0;
    CALLGRIND_ZERO_STATS;
    memset(keys_seen, 0, input.count * sizeof *keys_seen);
    double before = forget_peak();
    sides[side][c]();
    clock_total.peak = kilobytes("VmHWM:") / 1024 - before;
    *taken = clock_total;
    count_side(c, side);
    keys_come_back = c != BENCH_BULK;
    if (c == BENCH_UPDATE || c >= BENCH_BATCH_1)
        bench_look_at_authors();
    else if (cases[c].writes)
        bench_look_at_new_posts();
    return bench_sum;
}

/* The peak begins anew. Returns what is in use, in megabytes. */
static double forget_peak(void)
{
    malloc_trim(0);
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file) {
        fputs("5", file);
        fclose(file);
    }
    return kilobytes("VmRSS:") / 1024;
}

/* Of this process, as Linux tells; 0 where it does not. */
static double kilobytes(const char *what)
{
    char line[256];
    double found = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, what, strlen(what)) == 0)
            found = strtod(line + strlen(what), NULL);
    if (file)
        fclose(file);
    return found;
}

/* A dump of callgrind for each, with what it is and its allocations in the name. */
static void count_side(bench_case c, int side)
{
    char what[128];
    snprintf(what, sizeof what, "count %s %s %s %zu %zu", bench_database, cases[c].name, side_names[side], input.count,
             allocations);
    CALLGRIND_DUMP_STATS_AT(what);
}

#ifdef BENCH_COUNTED
/* The linker puts these in the place of those that the contestants call; what libraries allocate is their own. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_malloc(size_t size)
{
    allocations += counting;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations += counting;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *block, size_t size)
{
    allocations += counting;
    return __real_realloc(block, size);
}
#endif

static double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void bench_start(void)
{
    clock_started.cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    clock_started.wall = seconds(CLOCK_MONOTONIC);
    counting = true;
    CALLGRIND_TOGGLE_COLLECT;
}

void bench_stop(void)
{
    CALLGRIND_TOGGLE_COLLECT;
    counting = false;
    clock_total.wall += seconds(CLOCK_MONOTONIC) - clock_started.wall;
    clock_total.cpu += seconds(CLOCK_PROCESS_CPUTIME_ID) - clock_started.cpu;
}

int64_t bench_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return ((int64_t)now.tv_sec - 946684800) * 1000000 + now.tv_nsec / 1000;
}

void bench_fail(const char *what, const char *why)
{
    fprintf(stderr, "\nbench: %s: %s\n", what, why);
    exit(1);
}

/* --- the digest --- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = mix(hash, (unsigned char)*text);
    return hash;
}

void bench_saw_post(int64_t id, const char *title, const char *body, int32_t views, bool published, int64_t created_at,
                    int64_t author_id)
{
    uint64_t hash = mix_text(mix_text(mix(1, (uint64_t)id), title), body);
    bench_sum += mix(mix(mix(mix(hash, (uint64_t)views), published), (uint64_t)created_at), (uint64_t)author_id);
}

void bench_saw_author(int64_t id, const char *name, const char *email, int64_t created_at, double score)
{
    uint64_t hash = mix_text(mix_text(mix(2, (uint64_t)id), name), email), bits;
    memcpy(&bits, &score, sizeof bits);
    bench_sum += mix(mix(hash, (uint64_t)created_at), bits);
}

void bench_saw_key(size_t index, int64_t key)
{
    keys_seen[index] = key;
}

/* created_at must be of this run, and is not the same in all. */
void bench_saw_new_post(int64_t id, const char *title, const char *body, int32_t views, bool published,
                        int64_t created_at, int64_t author_id)
{
    size_t index = strtoul(title + 4, NULL, 10);
    if (index >= input.count || (keys_come_back && keys_seen[index] != id))
        bench_fail(title, "another key came back than the table holds");
    int64_t age = bench_now() - created_at;
    if (age < -1000000 || age > 600000000)
        bench_fail(title, "was not created just now");
    bench_saw_post(0, title, body, views, published, 0, author_id);
}

/* --- memory of the best --- */

typedef struct bench_chunk {
    struct bench_chunk *older;
} bench_chunk;

void *bench_alloc(bench_arena *arena, size_t size)
{
    size = (size + 7) & ~(size_t)7;
    if ((size_t)(arena->end - arena->next) < size) {
        size_t bytes = arena->held < 4096 ? 4096 : arena->held < 1 << 20 ? arena->held : 1 << 20;
        bytes = bytes < size + sizeof(bench_chunk) ? size + sizeof(bench_chunk) : bytes;
        bench_chunk *chunk = malloc(bytes);
        if (!chunk)
            bench_fail("memory", "there is none");
        chunk->older = arena->chunks;
        arena->chunks = chunk;
        arena->held += bytes;
        arena->next = (char *)(chunk + 1);
        arena->end = (char *)chunk + bytes;
    }
    char *block = arena->next;
    arena->next += size;
    return block;
}

const char *bench_text(bench_arena *arena, const char *text, size_t size)
{
    char *copy = bench_alloc(arena, size + 1);
    memcpy(copy, text, size);
    copy[size] = '\0';
    return copy;
}

void bench_free(bench_arena *arena)
{
    while (arena->chunks) {
        bench_chunk *chunk = arena->chunks;
        arena->chunks = chunk->older;
        free(chunk);
    }
    *arena = (bench_arena){0};
}

/* --- identity map of the best: open addressing, at most three quarters full --- */

static struct bench_slot *slot_of(const bench_map *map, int64_t key)
{
    size_t mask = map->capacity - 1, i = (size_t)((uint64_t)key * 0x9e3779b97f4a7c15u >> 32) & mask;
    while (map->slots[i].row && map->slots[i].key != key)
        i = (i + 1) & mask;
    return &map->slots[i];
}

void *bench_map_find(const bench_map *map, int64_t key)
{
    return map->count ? slot_of(map, key)->row : NULL;
}

static void grow_map(bench_map *map)
{
    struct bench_slot *old = map->slots;
    size_t before = map->capacity;
    map->capacity = before ? 2 * before : 1024;
    map->slots = make(map->capacity, sizeof *map->slots);
    map->order = realloc(map->order, map->capacity * 3 / 4 * sizeof *map->order);
    for (size_t i = 0; i < before; i++)
        if (old[i].row)
            *slot_of(map, old[i].key) = old[i];
    free(old);
}

void bench_map_add(bench_map *map, int64_t key, void *row)
{
    if (map->count == map->capacity * 3 / 4)
        grow_map(map);
    *slot_of(map, key) = (struct bench_slot){key, row};
    map->order[map->count++] = row;
}

void bench_map_free(bench_map *map)
{
    free(map->slots);
    free(map->order);
    bench_free(&map->arena);
}

/* --- reporting --- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of the rounds that count: `part` 0.5 is the median. */
static double quantile(const double *values, double part)
{
    double sorted[ROUNDS_MAX];
    memcpy(sorted, values, rounds * sizeof *sorted);
    qsort(sorted, rounds, sizeof *sorted, compare);
    double place = part * (double)(rounds - 1);
    size_t below = (size_t)place;
    double next = below + 1 < rounds ? sorted[below + 1] : sorted[below];
    return sorted[below] + (place - (double)below) * (next - sorted[below]);
}

static void column_of(bench_case c, int side, measure which, double *values)
{
    for (size_t i = 0; i < rounds; i++) {
        const sample *one = &samples[c][side][i + 1];
        values[i] = which == CPU ? one->cpu : which == PEAK ? one->peak : one->wall;
    }
}

/* Ratio of medians, and the middle half of the ratios of each round. */
static void ratio_to_best(bench_case c, int side, measure which, double *ratio, double *low, double *high)
{
    double ours[ROUNDS_MAX], best[ROUNDS_MAX], each[ROUNDS_MAX];
    column_of(c, side, which, ours);
    column_of(c, BEST, which, best);
    for (size_t i = 0; i < rounds; i++)
        each[i] = ours[i] / best[i];
    *ratio = quantile(ours, 0.5) / quantile(best, 0.5);
    *low = quantile(each, 0.25);
    *high = quantile(each, 0.75);
}

static void report(FILE *json, FILE *tsv, int argc, char **argv)
{
    printf("%s, %zu rounds: time as a ratio to the best hand-written C, and the middle half of the rounds;\n"
           "cpu: the same of the client's processor time\n\n",
           bench_database, rounds);
    printf("%-30s %10s | %-25s | %-25s | %-20s\n", "", "best ms/cpu", "core", "session", "plain C");
    fprintf(json, "{\"database\": \"%s\", \"rounds\": %zu, \"cases\": [", bench_database, rounds);
    const char *separator = "\n";
    for (bench_case c = 0; c < BENCH_CASES; c++) {
        if (!best_runs[c] || !wanted(cases[c].name, argc, argv)) /* not done on this database */
            continue;
        fputs(separator, json);
        report_case(c, json, tsv);
        separator = ",\n";
    }
    fprintf(json, "\n]}\n");
}

static void report_case(bench_case c, FILE *json, FILE *tsv)
{
    double wall[ROUNDS_MAX], cpu[ROUNDS_MAX], peak[ROUNDS_MAX], ratio, low, high, cpu_ratio, cpu_low, cpu_high;
    column_of(c, BEST, WALL, wall);
    column_of(c, BEST, CPU, cpu);
    printf("%-30s %6.1f/%-6.1f", cases[c].title, quantile(wall, 0.5) * 1e3, quantile(cpu, 0.5) * 1e3);
    fprintf(json, "  {\"case\": \"%s\", \"title\": \"%s\", \"count\": %zu", cases[c].name, cases[c].title,
            cases[c].count);
    for (int side = 0; side < SIDES; side++) {
        if (!takes_part(side, c)) {
            printf(" | %-25s", "-");
            continue;
        }
        ratio_to_best(c, side, WALL, &ratio, &low, &high);
        ratio_to_best(c, side, CPU, &cpu_ratio, &cpu_low, &cpu_high);
        column_of(c, side, WALL, wall);
        column_of(c, side, CPU, cpu);
        column_of(c, side, PEAK, peak);
        if (side != BEST)
            printf(" | %5.2f %5.2f-%-5.2f cpu %4.2f", ratio, low, high, cpu_ratio);
        fprintf(tsv, "%s\t%s\t%s\t%.4f\t%.4f\t%.4f\t%.4f\n", bench_database, cases[c].title, side_names[side], ratio,
                low, high, cpu_ratio);
        fprintf(json,
                ",\n   \"%s\": {\"ratio\": %.4f, \"low\": %.4f, \"high\": %.4f, \"cpu_ratio\": %.4f, \"ms\": %.4f, "
                "\"cpu_ms\": %.4f, \"peak_mb\": %.3f}",
                side_names[side], ratio, low, high, cpu_ratio, quantile(wall, 0.5) * 1e3, quantile(cpu, 0.5) * 1e3,
                quantile(peak, 0.5));
    }
    printf("\n");
    if (cases[c].count > BENCH_MANY && !cases[c].writes)
        report_peaks(c);
    fprintf(json, "}");
}

static void report_peaks(bench_case c)
{
    double peak[ROUNDS_MAX], best;
    column_of(c, BEST, PEAK, peak);
    best = quantile(peak, 0.5);
    printf("%-30s %10.1f MB", "  peak of memory", best);
    for (int side = 0; side < SIDES; side++) {
        if (side == BEST || !takes_part(side, c))
            continue;
        column_of(c, side, PEAK, peak);
        printf(" | %s %.1f MB, %.3f of the best", side_names[side], quantile(peak, 0.5), quantile(peak, 0.5) / best);
    }
    printf("\n");
}
