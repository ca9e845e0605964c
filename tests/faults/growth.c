/* growth.c -- what a session holds, counted in bytes: malloc and its fellows are replaced here.
 *
 *     growth URL [TURNS]
 *
 * A session that works on the same rows for ever stays flat; clearing one gives its memory back; an entity costs little
 * more than its struct and its texts, however many there are; and among a million one is found as fast as among a
 * thousand. TURNS says how often the same rows are read, changed, refreshed and flushed.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "blog.h"
#include "orm.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- malloc and its fellows --------------------------------------------------------------------------------------- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static atomic_long held; /* bytes, as the allocator hands them out */
static atomic_long peak;

static void *taken(void *block)
{
    long now = held += (long)malloc_usable_size(block);
    if (now > peak)
        peak = now;
    return block;
}

void *malloc(size_t size)
{
    return taken(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return taken(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size)
{
    long before = (long)malloc_usable_size(block);
    void *moved = __libc_realloc(block, size);
    if (moved || size == 0)
        held -= before;
    return taken(moved);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return taken(__libc_memalign(alignment, size));
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = aligned_alloc(alignment, size);
    return *block ? 0 : 12;
}

void free(void *block)
{
    held -= (long)malloc_usable_size(block);
    __libc_free(block);
}

/* --- the parts of a test ------------------------------------------------------------------------------------------ */

enum {
    ROWS = 20,
    PERIOD = 3000,
    LONGEST = 100000,
    MILLION = 1000000,
    STREAM_ROWS = 200000,
    CHANGES = 20000,
    ASKED = 1000
};

static orm_engine *engine;
static orm_session *s;
static long turns;
static int passed, failed;

#define TRY(call) \
    do { \
        orm_status status_ = (call); \
        if (status_) \
            return status_; \
    } while (0)

#define expect(condition, ...) \
    do { \
        if (!(condition)) { \
            printf("%s: ", __func__); \
            printf(__VA_ARGS__); \
            printf("\n"); \
            return ORM_MISUSE; \
        } \
    } while (0)

static orm_status run_sql(const char *sql)
{
    orm_error error;
    orm_connection *c;
    TRY(orm_connection_open(engine, &c, &error));
    orm_status status = orm_connection_execute(c, sql, NULL, NULL);
    if (status)
        printf("%s\n", orm_connection_error(c)->message);
    orm_connection_close(c);
    return status;
}

static bool on_sqlite(void)
{
    return strcmp(orm_engine_database(engine), "sqlite") == 0;
}

/* Authors with keys from 1 on, all of the same size. */
static orm_status store_authors(long count)
{
    char sql[512];
    const char *numbers = on_sqlite() ? "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %ld) "
                                      : "WITH n(i) AS (SELECT * FROM generate_series(1, %ld)) ";
    int length = snprintf(sql, sizeof sql, "INSERT INTO authors (id, email, name, created_at) ");
    length += snprintf(sql + length, sizeof sql - (size_t)length, numbers, count);
    snprintf(sql + length, sizeof sql - (size_t)length, "SELECT i, i || '@example.org', 'author ' || i, %s FROM n",
             on_sqlite() ? "'2024-01-01 00:00:00.000000'" : "timestamptz '2024-01-01'");
    TRY(run_sql("DELETE FROM authors"));
    return run_sql(sql);
}

/* The session has a connection and knows its statements; and nothing else. */
static orm_status start(void)
{
    orm_error error;
    const blog_author *author;
    TRY(orm_session_open(&(orm_session_factory){.engine = engine}, &s, &error));
    TRY(blog_author_get(s, 1, &author));
    TRY(orm_session_rollback(s));
    orm_session_clear(s);
    return ORM_OK;
}

static orm_status read_first(size_t count)
{
    blog_author_list found;
    TRY(blog_author_find(s, &(blog_author_query){.where = {orm_le(BLOG_AUTHOR.id, (int64_t)count)}}, &found));
    expect(found.count == count, "%zu authors, not %zu", found.count, count);
    return orm_session_rollback(s);
}

/* What an author's struct and texts take; texts begin at multiples of 8. */
static long size_of_author(long id)
{
    long email = snprintf(NULL, 0, "%ld@example.org", id) + 1, name = snprintf(NULL, 0, "author %ld", id) + 1;
    return (long)sizeof(blog_author) + (email + 7) / 8 * 8 + (name + 7) / 8 * 8;
}

/* --- the same rows ------------------------------------------------------------------------------------------------ */

/* Sizes that grow and shrink, now and then by leaps; the same ones again after a thousand turns, and after PERIOD
 * turns all that a turn does. */
static const char *text_of_turn(long turn)
{
    static char letters[LONGEST + 1];
    if (!*letters)
        memset(letters, 'x', LONGEST);
    long phase = turn % 1000, wave = phase < 500 ? phase : 1000 - phase;
    size_t length = phase % 97 == 0 ? (size_t)phase * 100 : (size_t)(wave * (phase % 7 + 1));
    return letters + (LONGEST - length);
}

static orm_status end_turn(long turn, const blog_author *author)
{
    if (turn % 50 == 0) {
        TRY(orm_session_begin_nested(s));
        TRY(blog_author_set_name(s, author, text_of_turn(turn + 13)));
        TRY(blog_author_set_bio(s, author, text_of_turn(turn + 17)));
        TRY(turn % 100 == 0 ? orm_session_rollback_nested(s) : orm_session_commit_nested(s));
    }
    if (turn % 10 == 0)
        return turn % 30 == 0 ? orm_session_rollback(s) : orm_session_commit(s);
    return ORM_OK;
}

static orm_status take_turn(long turn)
{
    const blog_author *author;
    TRY(blog_author_get(s, turn % ROWS + 1, &author));
    TRY(blog_author_set_bio(s, author, text_of_turn(turn)));
    TRY(blog_author_set_score(s, author, (orm_opt_float64){.has = true, .value = (double)turn}));
    if (turn % 3 == 0)
        TRY(blog_author_set_bio(s, author, turn % 2 ? NULL : text_of_turn(turn / 2)));
    TRY(orm_session_flush(s));
    if (turn % 4 == 0)
        TRY(orm_session_refresh(s, author));
    if (turn % 25 == 0)
        TRY(read_first(ROWS));
    return end_turn(turn, author);
}

static orm_status a_session_that_changes_the_same_rows_for_ever_stays_flat(void)
{
    long before = 0, warm = 2 * PERIOD;
    TRY(store_authors(ROWS));
    TRY(start());
    for (long turn = 1; turn <= turns; turn++) {
        TRY(take_turn(turn));
        if (turn == warm) {
            before = peak;
            peak = held;
        }
    }
    printf("    %ld turns: at most %ld bytes until turn %ld, %ld afterwards\n", turns, before, warm, (long)peak);
    expect(before > 0 && peak <= before + 16384, "it grew from %ld to %ld bytes", before, (long)peak);
    return ORM_OK;
}

/* --- giving back -------------------------------------------------------------------------------------------------- */

static orm_status change_all(void)
{
    blog_author_list found;
    TRY(blog_author_find(s, &(blog_author_query){.limit = CHANGES}, &found));
    for (size_t i = 0; i < found.count; i++) {
        TRY(blog_author_set_bio(s, found.items[i], text_of_turn((long)i % 100)));
        TRY(blog_author_set_id(s, found.items[i], found.items[i]->id + MILLION));
    }
    return ORM_OK;
}

static orm_status clearing_gives_the_memory_back(void)
{
    TRY(start());
    for (int round = 0; round < 4; round++) { /* the first two are the libraries' */
        TRY(store_authors(CHANGES));
        long before = held;
        TRY(change_all());
        long full = held;
        if (round % 2)
            TRY(orm_session_flush(s));
        TRY(round % 2 ? orm_session_commit(s) : orm_session_rollback(s));
        orm_session_clear(s);
        printf("    %ld bytes before, %ld with %d changed rows, %ld after the clear\n", before, full, CHANGES,
               (long)held);
        expect(full > before + CHANGES * 200L, "nothing was held");
        expect(round < 2 || held <= before + 1024, "%ld bytes were not given back", held - before);
    }
    return ORM_OK;
}

/* --- the cost of one ---------------------------------------------------------------------------------------------- */

static orm_status measure(size_t count, double *each)
{
    long own = 0;
    for (size_t id = 1; id <= count; id++)
        own += size_of_author((long)id);
    TRY(start());
    for (int round = 0; round < 2; round++) { /* the first shows what the libraries keep */
        long before = held;
        TRY(read_first(count));
        *each = (double)(held - before - own) / (double)count;
        orm_session_clear(s);
    }
    orm_session_close(s);
    s = NULL;
    return ORM_OK;
}

static orm_status an_entity_costs_at_most_64_bytes_above_its_struct_and_texts(void)
{
    static const size_t counts[] = {5000, 10000, 12289, 20000, 49153, 100000, 200000, 400000, 800000, MILLION};
    double each, most = 0;
    TRY(store_authors(MILLION));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        TRY(measure(counts[i], &each));
        printf("    %zu entities: %.1f bytes each\n", counts[i], each);
        most = each > most ? each : most;
    }
    expect(most <= 64, "%.1f bytes are above the struct and texts of each", most);
    return ORM_OK;
}

/* --- looking up --------------------------------------------------------------------------------------------------- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The least time that a thousand lookups, of keys spread over all, have taken: the same ones again and again, so
 * that it is not the processor's cache that is measured. */
static orm_status time_lookups(size_t count, double *least)
{
    *least = 1e9;
    for (int round = 0; round < 300; round++) {
        double begin = now();
        for (size_t i = 0; i < ASKED; i++) {
            const blog_author *author;
            int64_t id = (int64_t)(i * (count / ASKED) + 1);
            TRY(blog_author_get(s, id, &author));
            if (author->id != id)
                return ORM_MISUSE;
        }
        double took = now() - begin;
        *least = took < *least ? took : *least;
    }
    return ORM_OK;
}

static orm_status one_of_a_million_is_found_as_fast_as_one_of_a_thousand(void)
{
    double few, many;
    TRY(start());
    TRY(read_first(ASKED));
    TRY(time_lookups(ASKED, &few));
    TRY(read_first(MILLION));
    TRY(time_lookups(MILLION, &many));
    printf("    %.0f ns among a thousand, %.0f ns among a million\n", few * 1e9 / ASKED, many * 1e9 / ASKED);
    expect(many < few * 8, "%.1f times as long among a million", many / few);
    return ORM_OK;
}

/* --- streams ------------------------------------------------------------------------------------------------------ */

static orm_status count_row(orm_session *session, const blog_author *author, void *user)
{
    (void)session;
    *(size_t *)user += author->id > 0;
    return ORM_OK;
}

static orm_status a_stream_holds_a_batch_at_a_time(void)
{
    TRY(start());
    for (int round = 0; round < 2; round++) {
        size_t seen = 0;
        long before = held;
        peak = before;
        TRY(blog_author_each(s, &(blog_author_query){.limit = STREAM_ROWS}, count_row, &seen));
        expect(seen == STREAM_ROWS, "%zu rows came", seen);
        TRY(orm_session_rollback(s));
        printf("    at most %ld bytes while %d rows passed\n", peak - before, STREAM_ROWS);
        expect(peak - before < 3 << 20, "%ld bytes were held", peak - before);
    }
    return ORM_OK;
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    orm_status (*run)(void);
} tests[] = {
#define TEST(name) \
    { \
#name, name \
    }
    TEST(a_session_that_changes_the_same_rows_for_ever_stays_flat),
    TEST(clearing_gives_the_memory_back),
    TEST(an_entity_costs_at_most_64_bytes_above_its_struct_and_texts),
    TEST(one_of_a_million_is_found_as_fast_as_one_of_a_thousand),
    TEST(a_stream_holds_a_batch_at_a_time),
};

int main(int argc, char **argv)
{
    orm_error error = {0};
    turns = argc > 2 ? atol(argv[2]) : 20000;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (orm_engine_open(argc > 1 ? argv[1] : "", NULL, &engine, &error) || blog_drop_all(engine, &error) ||
        blog_create_all(engine, &error))
        return fprintf(stderr, "%s\n", error.message), 2;
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        printf("%s\n", tests[i].name);
        orm_status status = tests[i].run();
        if (status)
            printf("failed: %s, %s\n", orm_status_name(status), s ? orm_session_error(s)->message : "");
        *(status ? &failed : &passed) += 1;
        orm_session_close(s);
        s = NULL;
    }
    orm_engine_close(engine);
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed > 0;
}
