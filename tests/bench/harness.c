/* harness.c -- runs each case by each contestant in turn, in changing order; report.c tells medians and ratios.
 *
 *     bench_postgresql URL OUTPUT [CASE...]       bench_sqlite likewise; OUTPUT.json and OUTPUT.tsv are written
 *
 * BENCH_ROUNDS: how many rounds count (7; one more goes ahead to warm up). BENCH_SCALE: divides the sizes (1).
 * BENCH_SIDES: only these, for a profiler ("core session best plain").
 * BENCH_FLAT=yes: the cost of a row by the number of rows, from 1,000 to 1,000,000, instead.
 * Built with BENCH_COUNTED and run by callgrind it counts instructions and allocations instead (counts.sh).
 * A run whose digest differs from that of the others ends the program: it did not do the same work.
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "report.h"

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

enum { FEW_ROUNDS = 3 }; /* of a million rows, which are read for the peak of memory: it hardly varies */

static const bench_run *const sides[BENCH_SIDES] = {core_runs, session_runs, best_runs, plain_runs};

/* Sizes, and whether the tables must be fresh for each run. */
static const struct sizes {
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
    [BENCH_LEVELS] = {"levels", "diesel: three levels", 1000, 10000, 1000, 100, false},
    [BENCH_MEDIUM] = {"medium", "diesel: medium query", 10000, 100000, 10000, 100, false},
    [BENCH_FLIGHT] = {"flight", "100 gets in flight", 10000, 100000, 20000, 1, false},
    [BENCH_ROWS] = {"rows", "read 1,000,000 posts", 10000, 1000000, 1000000, 1, false},
    [BENCH_MAP] = {"map", "1,000,000 into an identity map", 10000, 1000000, 1000000, 1, false},
    [BENCH_STREAM] = {"stream", "1,000,000 one by one", 10000, 1000000, 1000000, 1, false},
    [BENCH_BATCH_1] = {"batch_1", "diesel: insert 1 user", 0, 0, 1000, 1, true},
    [BENCH_BATCH_100] = {"batch_100", "diesel: insert 100 users", 0, 0, 10000, 100, true},
};

/* Cases that are run with more and more rows, and how many rows each one that is counted has. */
static const struct {
    bench_case which;
    size_t rows, most;
} flat_cases[] = {
    {BENCH_GET, 1, 100000},     {BENCH_READ, 1, 1000000},   {BENCH_MAP, 1, 1000000},
    {BENCH_INSERT, 1, 1000000}, {BENCH_UPDATE, 1, 1000000}, {BENCH_CHILDREN, BENCH_CHILDREN_EACH, 1000000},
    {BENCH_BULK, 1, 1000000},
};

bench_input input;
uint64_t bench_sum;

static bench_sample clock_total, clock_started;
static size_t allocations; /* between start and stop, where they are counted */
static bool counting;
static int64_t *keys_seen;
static bool keys_come_back; /* in the case that runs */
static bench_measured measured;

static size_t setting(const char *name, size_t otherwise);
static void run_all(size_t rounds, int argc, char **argv);
static void run_flat(int argc, char **argv);
static void run_flat_case(size_t index);
static bool wanted(bench_case c, int argc, char **argv);
static bool takes_part(int side, bench_case c);
static void make_input(bench_case c, const struct sizes *sizes, size_t scale);
static void free_input(void);
static void run_case(bench_case c, size_t rounds);
static uint64_t run_side(bench_case c, int side, bench_sample *taken);
static double forget_peak(void);
static double kilobytes(const char *what);
static void count_side(bench_case c, int side);

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s URL OUTPUT [CASE...]\n", argv[0]);
        return 2;
    }
    size_t rounds = setting("BENCH_ROUNDS", 7);
    if (rounds < 1 || rounds >= BENCH_ROUNDS_MAX)
        bench_fail("BENCH_ROUNDS", "1 to 100");
    bool flat = getenv("BENCH_FLAT") != NULL;
    ours_open(argv[1]);
    bench_connect(argv[1]);
    bench_report_open(argv[2], flat, rounds);
    if (flat)
        run_flat(argc, argv);
    else
        run_all(rounds, argc, argv);
    bench_report_close();
    bench_disconnect();
    ours_close();
    return 0;
}

static void run_all(size_t rounds, int argc, char **argv)
{
    size_t scale = setting("BENCH_SCALE", 1);
    for (bench_case c = 0; c < BENCH_CASES; c++) {
        if (!wanted(c, argc, argv))
            continue;
        make_input(c, &cases[c], scale ? scale : 1);
        run_case(c, input.count > BENCH_MANY && !cases[c].writes && rounds > FEW_ROUNDS ? FEW_ROUNDS : rounds);
        free_input();
        bench_report_case(&measured);
    }
}

static void run_flat(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof flat_cases / sizeof *flat_cases; i++)
        if (wanted(flat_cases[i].which, argc, argv))
            run_flat_case(i);
}

/* Few rows are measured more often. */
static void run_flat_case(size_t index)
{
    static const struct {
        size_t rows, rounds;
    } steps[] = {{1000, 21}, {10000, 9}, {100000, 3}, {1000000, 1}};
    const bench_case c = flat_cases[index].which;
    bool shows_authors = c == BENCH_UPDATE;
    for (size_t k = 0; k < sizeof steps / sizeof *steps && steps[k].rows <= flat_cases[index].most; k++) {
        struct sizes sizes = cases[c];
        const size_t rows = steps[k].rows;
        sizes.count = rows / flat_cases[index].rows;
        sizes.authors = shows_authors ? rows : sizes.writes ? 1000 : rows / BENCH_CHILDREN_EACH;
        sizes.posts = sizes.writes ? sizes.posts : rows;
        make_input(c, &sizes, 1);
        run_case(c, steps[k].rounds);
        free_input();
        measured.rows = rows;
        bench_report_flat(&measured);
    }
}

static size_t setting(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

/* Not what this database is not measured by. */
static bool wanted(bench_case c, int argc, char **argv)
{
    for (int i = 3; i < argc; i++)
        if (strcmp(argv[i], cases[c].name) == 0)
            return best_runs[c] != NULL;
    return best_runs[c] && argc == 3;
}

static bool takes_part(int side, bench_case c)
{
    const char *only = getenv("BENCH_SIDES");
    if (side == BENCH_PLAIN && getenv("BENCH_FLAT"))
        return false;
    return sides[side][c] && (!only || !*only || strstr(only, bench_side_names[side]));
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

static void make_input(bench_case c, const struct sizes *sizes, size_t scale)
{
    bool whole = sizes->each > 1 || sizes->authors == 1;
    random_state = 1;
    input.each = sizes->each;
    input.authors = whole ? sizes->authors : sizes->authors / scale;
    input.posts = whole ? sizes->posts : sizes->posts / scale;
    input.comments = c == BENCH_LEVELS ? input.posts * BENCH_CHILDREN_EACH : 0;
    input.count = (sizes->count / scale + input.each - 1) / input.each * input.each;
    bool gets = c == BENCH_GET || c == BENCH_GET_NEW || c == BENCH_FLIGHT;
    input.ids = make_ids(input.count, gets ? input.posts : input.count, gets);
    input.new_posts = make(sizes->writes ? input.count : 0, sizeof *input.new_posts);
    input.new_authors = make(sizes->writes ? input.count : 0, sizeof *input.new_authors);
    input.scores = make(input.count, sizeof *input.scores);
    for (size_t i = 0; i < input.count && sizes->writes; i++) {
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

static void run_case(bench_case c, size_t rounds)
{
    uint64_t agreed = 0;
    bool first = true;
    measured.name = cases[c].name;
    measured.title = cases[c].title;
    measured.rows = input.count;
    measured.rounds = rounds;
    measured.peaks = input.count > BENCH_MANY && !cases[c].writes;
    if (!cases[c].writes)
        bench_fill();
    for (size_t round = 0; round <= rounds; round++) {
        if (isatty(STDERR_FILENO))
            fprintf(stderr, "\r%-11s %-30s %8zu, round %zu of %zu ", bench_database, cases[c].title, input.count, round,
                    rounds);
        for (int k = 0; k < BENCH_SIDES; k++) {
            int side = (int)((round % 2 ? (size_t)(BENCH_SIDES - 1 - k) : (size_t)k) + round / 2) % BENCH_SIDES;
            measured.took_part[side] = takes_part(side, c);
            if (!measured.took_part[side])
                continue;
            uint64_t sum = run_side(c, side, &measured.samples[side][round]);
            if (!first && sum != agreed)
                bench_fail(cases[c].name, bench_side_names[side]);
            agreed = sum;
            first = false;
        }
    }
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%78s\r", "");
}

static uint64_t run_side(bench_case c, int side, bench_sample *taken)
{
    if (cases[c].writes)
        bench_fill();
    clock_total = (bench_sample){0};
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
    snprintf(what, sizeof what, "count %s %s %s %zu %zu", bench_database, cases[c].name, bench_side_names[side],
             input.count, allocations);
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
