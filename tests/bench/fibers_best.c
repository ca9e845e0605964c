/* fibers_best.c -- the limit: many gets over a few connections by hand, non-blocking and pipelined, by poll(2).
 *
 * Each connection keeps its share of the gets on their way. Whatever can be sent when it is looked at is one batch, with one
 * Sync.
 * SPDX-License-Identifier: MIT */
#include "fibers.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { BINARY = 1, OID_INT8 = 20, MOST = 64 };

typedef struct line {
    PGconn *connection;
    size_t under_way; /* gets */
    size_t syncs;
} line;

static line lines[MOST];
static size_t line_count, asked, answered, wanted;

static void open_line(line *l, const char *url)
{
    l->connection = PQconnectdb(url);
    if (PQstatus(l->connection) != CONNECTION_OK)
        give_up(url, PQerrorMessage(l->connection));
    PQclear(PQprepare(l->connection, "get",
                      "SELECT id, title, body, views, published, created_at, author_id FROM post WHERE id = $1", 1,
                      (Oid[]){OID_INT8}));
    PQsetnonblocking(l->connection, 1);
    if (!PQenterPipelineMode(l->connection))
        give_up("pipeline", PQerrorMessage(l->connection));
}

static void send_gets(line *l)
{
    size_t most = READERS / line_count, before = l->under_way;
    for (; l->under_way < most && asked < wanted; l->under_way++) {
        uint64_t id = __builtin_bswap64((uint64_t)post_at(asked++));
        const char *value = (const char *)&id;
        if (!PQsendQueryPrepared(l->connection, "get", 1, &value, (int[]){8}, (int[]){BINARY}, BINARY))
            give_up("get", PQerrorMessage(l->connection));
    }
    if (l->under_way == before)
        return;
    if (!PQpipelineSync(l->connection))
        give_up("sync", PQerrorMessage(l->connection));
    l->syncs++;
}

static void take_post(PGresult *result)
{
    uint64_t id;
    uint32_t views;
    char *title = strdup(PQgetvalue(result, 0, 1)), *body = strdup(PQgetvalue(result, 0, 2));
    memcpy(&id, PQgetvalue(result, 0, 0), sizeof id);
    memcpy(&views, PQgetvalue(result, 0, 3), sizeof views);
    saw_post((int64_t)__builtin_bswap64(id), title, body, (int32_t)__builtin_bswap32(views));
    free(title);
    free(body);
}

static void receive(line *l)
{
    if (!PQconsumeInput(l->connection))
        give_up("answer", PQerrorMessage(l->connection));
    while (l->under_way + l->syncs > 0 && !PQisBusy(l->connection)) {
        PGresult *result = PQgetResult(l->connection);
        if (!result)
            continue;
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
            l->syncs--;
        } else if (PQresultStatus(result) == PGRES_TUPLES_OK) {
            take_post(result);
            l->under_way--;
            answered++;
        } else {
            give_up("get", PQresultErrorMessage(result));
        }
        PQclear(result);
    }
}

void by_hand(const char *url, size_t gets, size_t connections)
{
    struct pollfd polled[MOST];
    line_count = connections;
    asked = answered = 0;
    wanted = gets;
    for (size_t i = 0; i < connections; i++)
        if (!lines[i].connection)
            open_line(&lines[i], url);
    while (answered < wanted) {
        for (size_t i = 0; i < connections; i++) {
            send_gets(&lines[i]);
            polled[i] = (struct pollfd){.fd = PQsocket(lines[i].connection),
                                        .events = (short)(POLLIN | (PQflush(lines[i].connection) ? POLLOUT : 0))};
        }
        poll(polled, (nfds_t)connections, -1);
        for (size_t i = 0; i < connections; i++)
            if (polled[i].revents)
                receive(&lines[i]);
    }
}
