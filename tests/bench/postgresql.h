/* postgresql.h -- the connection that the hand-written contestants on PostgreSQL use.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_POSTGRESQL_H
#define BENCH_POSTGRESQL_H

#include <libpq-fe.h>
#include <stdint.h>

extern PGconn *connection;

/* Takes the result: whether it is what was expected. */
void pg_expect(PGresult *result, ExecStatusType status);
void pg_run(const char *sql);

static inline uint32_t get32(const char *data)
{
    const unsigned char *b = (const unsigned char *)data;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static inline uint64_t get64(const char *data)
{
    return (uint64_t)get32(data) << 32 | get32(data + 4);
}

static inline void put32(char *data, uint32_t value)
{
    for (int i = 3; i >= 0; i--, value >>= 8)
        data[i] = (char)value;
}

static inline void put64(char *data, uint64_t value)
{
    put32(data, (uint32_t)(value >> 32));
    put32(data + 4, (uint32_t)value);
}

#endif
