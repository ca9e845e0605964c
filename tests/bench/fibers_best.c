/* fibers_best.c -- the limit: many gets over a few connections by hand, non-blocking and pipelined, by poll(2).
 *
 * Each connection keeps its share of the gets on their way. Whatever can be sent when it is looked at is one batch, with one
 * Sync. A row is either looked at and forgotten, or kept by one of READERS requests, which has its memory until it has read all it
 * wants.
 * SPDX-License-Identifier: MIT */
#include "fibers.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { BINARY = 1, OID_INT8 = 20, MOST = 64, MEMORY = 8192 /* for the texts of a request's rows */ };

typedef struct post {
    int64_t id, created_at, author_id;
    const char *title, *body;
    int32_t views;
    bool published;
} post;

/* Who reads BATCH posts, one after the other. */
typedef struct request {
    char *memory;
    size_t used, count;
    post posts[BATCH];
} request;

typedef struct line {
    PGconn *connection;
    size_t under_way; /* gets */
    size_t syncs;
    request *requests; /* those that wait at this connection, in turn; NULL: nothing is kept */
    size_t next;       /* whose the next answer is */
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

static void look_at_post(PGresult *result)
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

static uint64_t number_at(PGresult *result, int column)
{
    uint64_t number;
    memcpy(&number, PQgetvalue(result, 0, column), sizeof number);
    return __builtin_bswap64(number);
}

static const char *text_at(request *r, PGresult *result, int column)
{
    size_t size = (size_t)PQgetlength(result, 0, column) + 1;
    if (r->used + size > MEMORY)
        give_up("get", "a text is longer than expected");
    char *text = memcpy(r->memory + r->used, PQgetvalue(result, 0, column), size);
    r->used += size;
    return text;
}

/* The requests of a connection are answered in turn: each asks again once it has its answer. */
static void keep_post(line *l, PGresult *result)
{
    request *r = &l->requests[l->next++ % (READERS / line_count)];
    uint32_t views;
    if (!r->memory && !(r->memory = malloc(MEMORY)))
        give_up("get", "no memory");
    post *p = &r->posts[r->count++];
    memcpy(&views, PQgetvalue(result, 0, 3), sizeof views);
    *p = (post){.id = (int64_t)number_at(result, 0),
                .title = text_at(r, result, 1),
                .body = text_at(r, result, 2),
                .views = (int32_t)__builtin_bswap32(views),
                .published = *PQgetvalue(result, 0, 4) != 0,
                .created_at = (int64_t)number_at(result, 5),
                .author_id = (int64_t)number_at(result, 6)};
    saw_post(p->id, p->title, p->body, p->views);
    if (r->count == BATCH) {
        free(r->memory);
        *r = (request){0};
    }
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
            if (l->requests)
                keep_post(l, result);
            else
                look_at_post(result);
            l->under_way--;
            answered++;
        } else {
            give_up("get", PQresultErrorMessage(result));
        }
        PQclear(result);
    }
}

void by_hand(const char *url, size_t gets, size_t connections, bool keeps)
{
    struct pollfd polled[MOST];
    line_count = connections;
    asked = answered = 0;
    wanted = gets;
    for (size_t i = 0; i < connections; i++)
        if (!lines[i].connection)
            open_line(&lines[i], url);
    for (size_t i = 0; keeps && i < connections; i++) {
        lines[i].requests = calloc(READERS / connections, sizeof *lines[i].requests);
        if (!lines[i].requests)
            give_up("requests", "no memory");
    }
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
    for (size_t i = 0; i < connections; i++) {
        free(lines[i].requests);
        lines[i].requests = NULL;
        lines[i].next = 0;
    }
}
