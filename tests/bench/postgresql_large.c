/* postgresql_large.c -- the best C against libpq, of a million rows, of a join and of many gets at once.
 * SPDX-License-Identifier: MIT */
#include "postgresql.h"

#include <stdlib.h>
#include <string.h>

/* --- a million rows --- */

static void map_block(PGresult *block, int count, void *user)
{
    bench_map *map = user;
    for (int i = 0; i < count; i++) {
        int64_t id = (int64_t)get64(PQgetvalue(block, i, 0));
        if (bench_map_find(map, id))
            continue;
        pg_post *p = bench_alloc(&map->arena, sizeof *p);
        pg_read_post(block, i, p, &map->arena);
        bench_map_add(map, id, p);
    }
}

void pg_best_map(void)
{
    bench_map map = {0};
    bench_start();
    pg_each_block(map_block, &map);
    bench_stop();
    for (size_t i = 0; i < map.count; i++)
        pg_see_post(map.order[i]);
    bench_start();
    bench_map_free(&map);
    bench_stop();
}

static void glance_block(PGresult *block, int count, void *user)
{
    (void)user;
    for (int i = 0; i < count; i++)
        bench_glance_post((int64_t)get64(PQgetvalue(block, i, 0)), PQgetvalue(block, i, 1), PQgetvalue(block, i, 2),
                          (int32_t)get32(PQgetvalue(block, i, 3)), *PQgetvalue(block, i, 4) != 0,
                          (int64_t)get64(PQgetvalue(block, i, 5)), (int64_t)get64(PQgetvalue(block, i, 6)));
}

void pg_best_stream(void)
{
    bench_start();
    pg_each_block(glance_block, NULL);
    bench_stop();
}

/* --- a left join --- */

static void read_joined(PGresult *result, bench_arena *arena)
{
    for (int i = 0; i < PQntuples(result); i++) {
        pg_post p;
        uint64_t bits = get64(PQgetvalue(result, i, 4));
        double score;
        memcpy(&score, &bits, sizeof score);
        bench_glance_author((int64_t)get64(PQgetvalue(result, i, 0)),
                            bench_text(arena, PQgetvalue(result, i, 1), (size_t)PQgetlength(result, i, 1)),
                            bench_text(arena, PQgetvalue(result, i, 2), (size_t)PQgetlength(result, i, 2)),
                            (int64_t)get64(PQgetvalue(result, i, 3)), score);
        if (PQgetisnull(result, i, 5))
            continue;
        pg_read_post_at(result, i, 5, &p, arena);
        pg_glance_post(&p);
    }
}

void pg_best_medium(void)
{
    char most[8];
    uint64_t bits;
    const double score = (double)input.each / 4;
    memcpy(&bits, &score, sizeof bits);
    put64(most, bits);
    bench_start();
    for (size_t i = 0; i < input.count; i += input.each) {
        bench_arena arena = {0};
        PGresult *result = PQexecPrepared(connection, "medium", 1, (const char *[]){most}, (int[]){8}, (int[]){BINARY},
                                          BINARY);
        if (PQresultStatus(result) != PGRES_TUPLES_OK)
            bench_fail("medium", PQerrorMessage(connection));
        read_joined(result, &arena);
        PQclear(result);
        bench_free(&arena);
    }
    bench_stop();
}

/* --- gets in flight: BENCH_FLYING of them to a Sync --- */

static void receive_flight(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bench_arena arena = {0};
        PGresult *result = pg_receive(PGRES_TUPLES_OK);
        pg_post p;
        pg_read_post(result, 0, &p, &arena);
        pg_glance_post(&p);
        PQclear(result);
        bench_free(&arena);
    }
    pg_received(PGRES_PIPELINE_SYNC);
}

void pg_best_flight(void)
{
    char key[8];
    PQenterPipelineMode(connection);
    bench_start();
    for (size_t i = 0; i < input.count; i += BENCH_FLYING) {
        size_t count = input.count - i < BENCH_FLYING ? input.count - i : BENCH_FLYING;
        for (size_t k = 0; k < count; k++) {
            put64(key, (uint64_t)input.ids[i + k]);
            pg_send("get", 1, (const char *[]){key}, (int[]){8});
        }
        pg_sync();
        receive_flight(count);
    }
    bench_stop();
    PQexitPipelineMode(connection);
}
