/* postgresql_best.c -- the limit: the best C that we can write by hand against libpq.
 *
 * Prepared statements, binary, rows in an arena. Of several rows at once: read by a cursor whose next FETCH is sent
 * before the last is decoded; written by drawn keys and COPY, or by arrays; a transaction in as few trips as there can
 * be.
 * SPDX-License-Identifier: MIT */
#include "harness.h"
#include "postgresql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FETCH = 1000, ARRAY = 1000 };
enum {
    OID_BOOL = 16,
    OID_INT8 = 20,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_FLOAT8 = 701,
    OID_TIMESTAMPTZ = 1184,
    OID_INT8_ARRAY = 1016,
    OID_FLOAT8_ARRAY = 1022,
    OID_TEXT_ARRAY = 1009,
    OID_TIMESTAMPTZ_ARRAY = 1185
};

static void prepare(const char *name, const char *sql, int count, const Oid *types)
{
    pg_expect(PQprepare(connection, name, sql, count, types), PGRES_COMMAND_OK);
}

void postgresql_best_prepare(void);
void postgresql_best_prepare(void)
{
    prepare("get", "SELECT " PG_POST_COLUMNS " FROM post WHERE id = $1", 1, (Oid[]){OID_INT8});
    prepare("insert",
            "INSERT INTO post (title, body, views, published, created_at, author_id) VALUES ($1, $2, $3, $4, $5, $6) "
            "RETURNING id",
            6, (Oid[]){OID_TEXT, OID_TEXT, OID_INT4, OID_BOOL, OID_TIMESTAMPTZ, OID_INT8});
    prepare("draw", "SELECT nextval('post_id_seq') FROM generate_series(1, $1)", 1, (Oid[]){OID_INT4});
    prepare("update", "UPDATE author SET score = u.score FROM unnest($1, $2) AS u(id, score) WHERE author.id = u.id", 2,
            (Oid[]){OID_INT8_ARRAY, OID_FLOAT8_ARRAY});
    prepare("authors", PG_ALL_AUTHORS " WHERE id <= $1", 1, (Oid[]){OID_INT8});
    prepare("all_authors", PG_ALL_AUTHORS, 0, NULL);
    prepare("insert_author", "INSERT INTO author (name, email, created_at, score) VALUES ($1, $2, $3, $4)", 4,
            (Oid[]){OID_TEXT, OID_TEXT, OID_TIMESTAMPTZ, OID_FLOAT8});
    prepare("insert_authors",
            "INSERT INTO author (name, email, created_at, score) SELECT * FROM unnest($1, $2, $3, $4)", 4,
            (Oid[]){OID_TEXT_ARRAY, OID_TEXT_ARRAY, OID_TIMESTAMPTZ_ARRAY, OID_FLOAT8_ARRAY});
    prepare("medium",
            "SELECT a.id, a.name, a.email, a.created_at, a.score, p.id, p.title, p.body, p.views, p.published, "
            "p.created_at, p.author_id FROM author a LEFT JOIN post p ON p.author_id = a.id WHERE a.score <= $1",
            1, (Oid[]){OID_FLOAT8});
    prepare("posts", PG_ALL_POSTS " WHERE author_id BETWEEN 1 AND $1", 1, (Oid[]){OID_INT8});
    prepare("comments", "SELECT id, body, post_id FROM comment WHERE post_id = ANY($1)", 1, (Oid[]){OID_INT8_ARRAY});
    prepare("begin", "BEGIN", 0, NULL);
    prepare("commit", "COMMIT", 0, NULL);
}

void pg_send(const char *name, int count, const char *const *values, const int *sizes)
{
    static const int formats[] = {BINARY, BINARY, BINARY, BINARY, BINARY, BINARY};
    if (!PQsendQueryPrepared(connection, name, count, values, sizes, formats, BINARY))
        bench_fail(name, PQerrorMessage(connection));
}

/* The result of the next command of the pipeline, and the NULL behind it. */
PGresult *pg_receive(ExecStatusType status)
{
    PGresult *result = PQgetResult(connection), *end;
    if (PQresultStatus(result) != status)
        bench_fail(PQresStatus(PQresultStatus(result)), PQerrorMessage(connection));
    if (status != PGRES_PIPELINE_SYNC && (end = PQgetResult(connection)) != NULL)
        bench_fail("pipeline", "more results than expected");
    return result;
}

void pg_received(ExecStatusType status)
{
    PQclear(pg_receive(status));
}

/* --- get --- */

/* The memory of a single row is used again for the next one, when the session ends with it. */
static void get_post(int64_t id, pg_post *p, bench_arena *arena)
{
    char key[8];
    put64(key, (uint64_t)id);
    PGresult *result = PQexecPrepared(connection, "get", 1, (const char *[]){key}, (int[]){8}, (int[]){BINARY}, BINARY);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        bench_fail("get", PQerrorMessage(connection));
    pg_read_post(result, 0, p, arena);
    PQclear(result);
    bench_glance_post(p->id, p->title, p->body, p->views, p->published, p->created_at, p->author_id);
}

static void best_get_new(void)
{
    bench_start();
    bench_arena arena = {0};
    for (size_t i = 0; i < input.count; i++) {
        get_post(input.ids[i], bench_alloc(&arena, sizeof(pg_post)), &arena);
        bench_reset(&arena);
    }
    bench_free(&arena);
    bench_stop();
}

/* All are kept until the end, as a session does. */
static void best_get(void)
{
    bench_start();
    bench_arena arena = {0};
    for (size_t i = 0; i < input.count; i++)
        get_post(input.ids[i], bench_alloc(&arena, sizeof(pg_post)), &arena);
    bench_free(&arena);
    bench_stop();
}

/* --- read --- */

static void send_control(const char *sql)
{
    if (!PQsendQueryParams(connection, sql, 0, NULL, NULL, NULL, NULL, BINARY))
        bench_fail(sql, PQerrorMessage(connection));
}

void pg_sync(void)
{
    if (!PQpipelineSync(connection))
        bench_fail("sync", PQerrorMessage(connection));
}

void pg_each_block(const char *select, pg_take *take, void *user)
{
    char declare[512];
    snprintf(declare, sizeof declare, "DECLARE rows NO SCROLL CURSOR FOR %s", select);
    PQenterPipelineMode(connection);
    pg_send("begin", 0, NULL, NULL);
    send_control("SET LOCAL cursor_tuple_fraction = 1");
    send_control(declare);
    send_control("FETCH 1000 FROM rows");
    pg_sync();
    for (int i = 0; i < 3; i++)
        pg_received(PGRES_COMMAND_OK);
    for (bool more = true; more;) {
        PGresult *block = pg_receive(PGRES_TUPLES_OK);
        pg_received(PGRES_PIPELINE_SYNC);
        int count = PQntuples(block);
        more = count == FETCH;
        send_control(more ? "FETCH 1000 FROM rows" : "COMMIT");
        pg_sync();
        take(block, count, user);
        PQclear(block);
    }
    pg_received(PGRES_COMMAND_OK);
    pg_received(PGRES_PIPELINE_SYNC);
    PQexitPipelineMode(connection);
}

void pg_all_rows(const char *name, int count, const char *const *values, const int *sizes, pg_take *take, void *user)
{
    static const int formats[] = {BINARY};
    PGresult *result = PQexecPrepared(connection, name, count, values, sizes, formats, BINARY);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        bench_fail(name, PQerrorMessage(connection));
    take(result, PQntuples(result), user);
    PQclear(result);
}

typedef struct kept {
    bench_arena arena;
    pg_post **rows;
    size_t count, capacity;
} kept;

static void keep_block(PGresult *block, int count, void *user)
{
    kept *k = user;
    if (k->count + (size_t)count > k->capacity) {
        k->capacity = k->capacity ? 2 * k->capacity : 4 * FETCH;
        k->rows = realloc(k->rows, k->capacity * sizeof *k->rows);
    }
    pg_post *posts = bench_alloc(&k->arena, (size_t)count * sizeof *posts);
    for (int i = 0; i < count; i++) {
        pg_read_post(block, i, &posts[i], &k->arena);
        k->rows[k->count++] = &posts[i];
    }
}

static void best_read(void)
{
    kept k = {0};
    bench_start();
    pg_each_block(PG_ALL_POSTS, keep_block, &k);
    bench_stop();
    for (size_t i = 0; i < k.count; i++)
        pg_see_post(k.rows[i]);
    bench_start();
    free(k.rows);
    bench_free(&k.arena);
    bench_stop();
}

/* --- insert --- */

/* The row's values in binary, one behind the other. */
typedef struct encoded {
    char views[4], published, created_at[8], author_id[8];
} encoded;

static void send_insert(size_t index)
{
    const bench_new_post *p = &input.new_posts[index];
    encoded e;
    put32(e.views, (uint32_t)p->views);
    e.published = p->published;
    put64(e.created_at, (uint64_t)bench_now());
    put64(e.author_id, (uint64_t)p->author_id);
    const char *values[] = {p->title, p->body, e.views, &e.published, e.created_at, e.author_id};
    const int sizes[] = {(int)strlen(p->title), (int)strlen(p->body), 4, 1, 8, 8};
    pg_send("insert", 6, values, sizes);
}

static void receive_insert(size_t index)
{
    PGresult *result = pg_receive(PGRES_TUPLES_OK);
    bench_saw_key(index, (int64_t)get64(PQgetvalue(result, 0, 0)));
    PQclear(result);
}

/* BEGIN, INSERT and COMMIT in one trip. */
static void best_commit(void)
{
    PQenterPipelineMode(connection);
    bench_start();
    for (size_t i = 0; i < input.count; i++) {
        pg_send("begin", 0, NULL, NULL);
        send_insert(i);
        pg_send("commit", 0, NULL, NULL);
        pg_sync();
        pg_received(PGRES_COMMAND_OK);
        receive_insert(i);
        pg_received(PGRES_COMMAND_OK);
        pg_received(PGRES_PIPELINE_SYNC);
    }
    bench_stop();
    PQexitPipelineMode(connection);
}

/* A trip for each: its key is wanted before the next is sent. */
static void best_flush(void)
{
    PQenterPipelineMode(connection);
    bench_start();
    pg_send("begin", 0, NULL, NULL);
    for (size_t i = 0; i < input.count; i++) {
        send_insert(i);
        pg_sync();
        if (i == 0)
            pg_received(PGRES_COMMAND_OK);
        receive_insert(i);
        pg_received(PGRES_PIPELINE_SYNC);
    }
    pg_send("commit", 0, NULL, NULL);
    pg_sync();
    pg_received(PGRES_COMMAND_OK);
    pg_received(PGRES_PIPELINE_SYNC);
    bench_stop();
    PQexitPipelineMode(connection);
}

static char *put_field(char *out, const void *data, size_t size)
{
    put32(out, (uint32_t)size);
    memcpy(out + 4, data, size);
    return out + 4 + size;
}

static char *put_number(char *out, uint64_t value)
{
    put32(out, 8);
    put64(out + 4, value);
    return out + 12;
}

/* Without a key where the database makes it. */
static char *put_row(char *out, const bench_new_post *p, const int64_t *key, int64_t now)
{
    char views[4], published = p->published;
    put32(views, (uint32_t)p->views);
    *out++ = 0;
    *out++ = key ? 7 : 6;
    if (key)
        out = put_number(out, (uint64_t)*key);
    out = put_field(out, p->title, strlen(p->title));
    out = put_field(out, p->body, strlen(p->body));
    out = put_field(out, views, 4);
    out = put_field(out, &published, 1);
    out = put_number(out, (uint64_t)now);
    return put_number(out, (uint64_t)p->author_id);
}

static void copy_rows(const int64_t *keys)
{
    enum { BUFFER = 64 * 1024, ROW = 512 };
    static const char header[19] = "PGCOPY\n\377\r\n\0";
    char *buffer = malloc(BUFFER), *out = buffer;
    int64_t now = bench_now();
    memcpy(out, header, sizeof header);
    out += sizeof header;
    for (size_t i = 0; i < input.count; i++) {
        if (out + ROW > buffer + BUFFER) {
            PQputCopyData(connection, buffer, (int)(out - buffer));
            out = buffer;
        }
        out = put_row(out, &input.new_posts[i], keys ? &keys[i] : NULL, now);
    }
    *out++ = (char)0xff;
    *out++ = (char)0xff;
    PQputCopyData(connection, buffer, (int)(out - buffer));
    PQputCopyEnd(connection, NULL);
    free(buffer);
}

/* Keys drawn with the BEGIN, then COPY. */
static void best_insert(void)
{
    int64_t *keys = malloc(input.count * sizeof *keys);
    bench_start();
    char count[4];
    put32(count, (uint32_t)input.count);
    PQenterPipelineMode(connection);
    pg_send("begin", 0, NULL, NULL);
    pg_send("draw", 1, (const char *[]){count}, (int[]){4});
    pg_sync();
    pg_received(PGRES_COMMAND_OK);
    PGresult *drawn = pg_receive(PGRES_TUPLES_OK);
    pg_received(PGRES_PIPELINE_SYNC);
    PQexitPipelineMode(connection);
    for (size_t i = 0; i < input.count; i++)
        keys[i] = (int64_t)get64(PQgetvalue(drawn, (int)i, 0));
    PQclear(drawn);
    pg_expect(PQexec(connection, "COPY post (" PG_POST_COLUMNS ") FROM STDIN (FORMAT binary)"), PGRES_COPY_IN);
    copy_rows(keys);
    pg_expect(PQgetResult(connection), PGRES_COMMAND_OK);
    PQgetResult(connection);
    pg_run("COMMIT");
    for (size_t i = 0; i < input.count; i++)
        bench_saw_key(i, keys[i]);
    bench_stop();
    free(keys);
}

static void best_bulk(void)
{
    bench_start();
    pg_run("BEGIN");
    pg_expect(PQexec(connection, "COPY post (title, body, views, published, created_at, author_id) FROM STDIN "
                                 "(FORMAT binary)"),
              PGRES_COPY_IN);
    copy_rows(NULL);
    pg_expect(PQgetResult(connection), PGRES_COMMAND_OK);
    PQgetResult(connection);
    pg_run("COMMIT");
    bench_stop();
}

/* --- update --- */

/* A one-dimensional array of 8-byte elements without NULLs. */
static size_t array_size(size_t count)
{
    return 20 + count * 12;
}

static void put_header(char *out, Oid element, size_t count)
{
    put32(out, 1);
    put32(out + 4, 0);
    put32(out + 8, element);
    put32(out + 12, (uint32_t)count);
    put32(out + 16, 1);
}

static void put_array(char *out, Oid element, size_t count, const void *items)
{
    const char *from = items;
    put_header(out, element, count);
    out += 20;
    for (size_t i = 0; i < count; i++, out += 12) {
        uint64_t bits;
        memcpy(&bits, from + i * 8, 8);
        put32(out, 8);
        put64(out + 4, bits);
    }
}

char *pg_int8_array(const int64_t *items, size_t count, size_t *size)
{
    char *array = malloc(*size = array_size(count));
    put_array(array, OID_INT8, count, items);
    return array;
}

/* All in one trip. */
static void best_update(void)
{
    bench_start();
    char *ids = malloc(array_size(ARRAY)), *scores = malloc(array_size(ARRAY));
    size_t statements = 0;
    PQenterPipelineMode(connection);
    pg_send("begin", 0, NULL, NULL);
    for (size_t i = 0; i < input.count; i += ARRAY, statements++) {
        size_t count = input.count - i < ARRAY ? input.count - i : ARRAY;
        put_array(ids, OID_INT8, count, input.ids + i);
        put_array(scores, OID_FLOAT8, count, input.scores + i);
        const char *values[] = {ids, scores};
        const int size = (int)array_size(count), sizes[] = {size, size};
        pg_send("update", 2, values, sizes);
    }
    pg_send("commit", 0, NULL, NULL);
    pg_sync();
    pg_received(PGRES_COMMAND_OK);
    for (size_t i = 0; i < statements; i++)
        pg_received(PGRES_COMMAND_OK);
    pg_received(PGRES_COMMAND_OK);
    pg_received(PGRES_PIPELINE_SYNC);
    PQexitPipelineMode(connection);
    free(ids);
    free(scores);
    bench_stop();
}

/* --- parents and children --- */

typedef struct family {
    bench_arena arena;
    pg_author *authors, **by_id; /* in the order they came; by their keys, which are dense */
    size_t count;
} family;

static void take_authors(PGresult *block, int count, void *user)
{
    family *f = user;
    for (int i = 0; i < count; i++) {
        pg_author *a = &f->authors[f->count++];
        pg_read_author(block, i, a, &f->arena);
        a->posts = bench_alloc(&f->arena, BENCH_CHILDREN_EACH * sizeof *a->posts);
        f->by_id[a->id] = a;
    }
}

/* Each goes to its author. */
static void take_children(PGresult *block, int count, void *user)
{
    family *f = user;
    pg_post *posts = bench_alloc(&f->arena, (size_t)count * sizeof *posts);
    for (int i = 0; i < count; i++) {
        pg_read_post(block, i, &posts[i], &f->arena);
        pg_author *a = f->by_id[posts[i].author_id];
        a->posts[a->post_count++] = &posts[i];
    }
}

static void read_parents(family *f)
{
    char select[128], limit[8];
    f->by_id = malloc((input.count + 1) * sizeof(pg_author *));
    f->authors = bench_alloc(&f->arena, input.count * sizeof *f->authors);
    put64(limit, input.count);
    snprintf(select, sizeof select, PG_ALL_AUTHORS " WHERE id <= %zu", input.count);
    if (input.count > FETCH)
        pg_each_block(select, take_authors, f);
    else
        pg_all_rows("authors", 1, (const char *[]){limit}, (int[]){8}, take_authors, f);
}

/* The children by the same bound. */
static void best_children(void)
{
    char select[256];
    family f = {0};
    bench_start();
    read_parents(&f);
    snprintf(select, sizeof select, PG_ALL_POSTS " WHERE author_id BETWEEN 1 AND %zu", input.count);
    pg_each_block(select, take_children, &f);
    free(f.by_id);
    bench_stop();
    for (size_t i = 0; i < f.count; i++) {
        const pg_author *a = &f.authors[i];
        bench_saw_author(a->id, a->name, a->email, a->created_at, a->score);
        for (size_t k = 0; k < a->post_count; k++)
            pg_saw_post(a->posts[k]);
    }
    bench_start();
    bench_free(&f.arena);
    bench_stop();
}

/* --- users --- */

typedef struct users {
    bench_arena arena;
    pg_author *rows;
    size_t count;
} users;

static void take_users(PGresult *block, int count, void *user)
{
    users *u = user;
    for (int i = 0; i < count; i++)
        pg_read_author(block, i, &u->rows[u->count++], &u->arena);
}

/* That there are no more than `each` is known. */
static void read_users(users *u)
{
    u->rows = bench_alloc(&u->arena, input.each * sizeof *u->rows);
    u->count = 0;
    if (input.each > FETCH)
        pg_each_block(PG_ALL_AUTHORS, take_users, u);
    else
        pg_all_rows("all_authors", 0, NULL, NULL, take_users, u);
}

static void best_users(void)
{
    bench_start();
    users u = {0};
    for (size_t i = 0; i < input.count; i += input.each) {
        read_users(&u);
        for (size_t k = 0; k < u.count; k++)
            pg_glance_author(&u.rows[k]);
        bench_reset(&u.arena);
    }
    bench_free(&u.arena);
    bench_stop();
}

/* One statement is a transaction. */
static void best_batch_1(void)
{
    char created[8], score[8];
    uint64_t bits;
    memcpy(&bits, &(double){0.5}, sizeof bits);
    put64(score, bits);
    bench_start();
    for (size_t i = 0; i < input.count; i++) {
        const bench_new_author *a = &input.new_authors[i];
        put64(created, (uint64_t)bench_now());
        pg_expect(PQexecPrepared(connection, "insert_author", 4, (const char *[]){a->name, a->email, created, score},
                                 (int[]){(int)strlen(a->name), (int)strlen(a->email), 8, 8},
                                 (int[]){BINARY, BINARY, BINARY, BINARY}, BINARY),
                  PGRES_COMMAND_OK);
    }
    bench_stop();
}

static size_t put_texts(char *out, size_t count, const char *first, size_t stride)
{
    char *start = out;
    put_header(out, OID_TEXT, count);
    out += 20;
    for (size_t i = 0; i < count; i++, first += stride)
        out = put_field(out, first, strlen(first));
    return (size_t)(out - start);
}

static void best_batch(void)
{
    bench_start();
    size_t each = input.each;
    char *names = malloc(20 + each * 20), *emails = malloc(20 + each * 36), *times = malloc(array_size(each)),
         *scores = malloc(array_size(each));
    double *numbers = malloc(each * sizeof *numbers);
    int64_t *now = malloc(each * sizeof *now);
    for (size_t i = 0; i < input.count; i += each) {
        const bench_new_author *a = &input.new_authors[i];
        now[0] = bench_now();
        for (size_t k = 0; k < each; k++)
            numbers[k] = 0.5, now[k] = now[0];
        int sizes[] = {(int)put_texts(names, each, a->name, sizeof *a),
                       (int)put_texts(emails, each, a->email, sizeof *a), (int)array_size(each), (int)array_size(each)};
        put_array(times, OID_TIMESTAMPTZ, each, now);
        put_array(scores, OID_FLOAT8, each, numbers);
        pg_expect(PQexecPrepared(connection, "insert_authors", 4, (const char *[]){names, emails, times, scores}, sizes,
                                 (int[]){BINARY, BINARY, BINARY, BINARY}, BINARY),
                  PGRES_COMMAND_OK);
    }
    free(names), free(emails), free(times), free(scores), free(numbers), free(now);
    bench_stop();
}

const bench_run best_runs[BENCH_CASES] = {
    [BENCH_BULK] = best_bulk,         [BENCH_USERS_1] = best_users,     [BENCH_USERS_100] = best_users,
    [BENCH_USERS_10000] = best_users, [BENCH_BATCH_1] = best_batch_1,   [BENCH_BATCH_100] = best_batch,
    [BENCH_GET_NEW] = best_get_new,   [BENCH_GET] = best_get,           [BENCH_READ] = best_read,
    [BENCH_INSERT] = best_insert,     [BENCH_COMMIT] = best_commit,     [BENCH_FLUSH] = best_flush,
    [BENCH_UPDATE] = best_update,     [BENCH_CHILDREN] = best_children, [BENCH_ROWS] = best_read,
    [BENCH_MAP] = pg_best_map,        [BENCH_STREAM] = pg_best_stream,  [BENCH_MEDIUM] = pg_best_medium,
    [BENCH_FLIGHT] = pg_best_flight,  [BENCH_LEVELS] = pg_best_levels,
};
