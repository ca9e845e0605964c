/* fibers_best.c -- the limit: many gets over a few connections by hand, non-blocking and pipelined, by poll(2).
 *
 * Each connection keeps its share of the gets on their way. Whatever can be sent when it is looked at is one batch,
 * with one Sync. A row is either looked at and forgotten, or kept by one of READERS requests, which has its memory
 * until it has read all it wants. Gets that requests ask for at once may also go as one statement, with a list of their
 * keys.
 * SPDX-License-Identifier: MIT */
#include "fibers.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
    BINARY = 1,
    OID_INT8 = 20,
    OID_INT8_ARRAY = 1016,
    MOST = 64,
    MEMORY = 8192 /* for the texts of a request's rows */
};
enum {
    LIST = 64 /* keys of a statement */,
    SLOTS = 256,
    HEAD = 20,
    ITEM = 12 /* bytes of an array and of each of its items */
};
#define COLUMNS "SELECT id, title, body, views, published, created_at, author_id FROM post WHERE id = "

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

/* Those whose keys are in one statement. */
typedef struct group {
    size_t count;
    int64_t ids[LIST];
    request *requests[LIST];
} group;

typedef struct line {
    PGconn *connection;
    size_t under_way; /* gets */
    size_t syncs;
    request *requests; /* those that wait at this connection, in turn; NULL: nothing is kept */
    size_t next;       /* whose the next answer is */
    group *groups;     /* under way, a ring of READERS; NULL: nothing goes by lists */
    size_t first, last;
    request **ready; /* to ask */
    size_t ready_count;
} line;

static line lines[MOST];
static size_t line_count, asked, answered, wanted;

static void open_line(line *l, const char *url)
{
    l->connection = PQconnectdb(url);
    if (PQstatus(l->connection) != CONNECTION_OK)
        give_up(url, PQerrorMessage(l->connection));
    PQclear(PQprepare(l->connection, "get", COLUMNS "$1", 1, (Oid[]){OID_INT8}));
    PQclear(PQprepare(l->connection, "list", COLUMNS "ANY ($1)", 1, (Oid[]){OID_INT8_ARRAY}));
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

static char *put32(char *place, uint32_t number)
{
    number = __builtin_bswap32(number);
    return (char *)memcpy(place, &number, sizeof number) + sizeof number;
}

/* What waits to be asked, in lists. */
static void send_lists(line *l)
{
    bool any = false;
    while (l->ready_count > 0 && asked < wanted) {
        group *g = &l->groups[l->last++ % READERS];
        char array[HEAD + LIST * ITEM], *place = array + HEAD;
        for (g->count = 0; g->count < LIST && l->ready_count > 0 && asked < wanted; g->count++) {
            g->requests[g->count] = l->ready[--l->ready_count];
            g->ids[g->count] = post_at(asked++);
            uint64_t id = __builtin_bswap64((uint64_t)g->ids[g->count]);
            place = put32(place, sizeof id);
            memcpy(place, &id, sizeof id);
            place += sizeof id;
        }
        put32(put32(put32(put32(put32(array, 1), 0), OID_INT8), (uint32_t)g->count), 1);
        if (!PQsendQueryPrepared(l->connection, "list", 1, (const char *[]){array}, (int[]){(int)(place - array)},
                                 (int[]){BINARY}, BINARY))
            give_up("list", PQerrorMessage(l->connection));
        l->under_way += g->count;
        any = true;
    }
    if (any && !PQpipelineSync(l->connection))
        give_up("sync", PQerrorMessage(l->connection));
    l->syncs += any;
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

static uint64_t number_at(PGresult *result, int row, int column)
{
    uint64_t number;
    memcpy(&number, PQgetvalue(result, row, column), sizeof number);
    return __builtin_bswap64(number);
}

static const char *text_at(request *r, PGresult *result, int row, int column)
{
    size_t size = (size_t)PQgetlength(result, row, column) + 1;
    if (r->used + size > MEMORY)
        give_up("get", "a text is longer than expected");
    char *text = memcpy(r->memory + r->used, PQgetvalue(result, row, column), size);
    r->used += size;
    return text;
}

static void keep_post(request *r, PGresult *result, int row)
{
    uint32_t views;
    if (!r->memory && !(r->memory = malloc(MEMORY)))
        give_up("get", "no memory");
    post *p = &r->posts[r->count++];
    memcpy(&views, PQgetvalue(result, row, 3), sizeof views);
    *p = (post){.id = (int64_t)number_at(result, row, 0),
                .title = text_at(r, result, row, 1),
                .body = text_at(r, result, row, 2),
                .views = (int32_t)__builtin_bswap32(views),
                .published = *PQgetvalue(result, row, 4) != 0,
                .created_at = (int64_t)number_at(result, row, 5),
                .author_id = (int64_t)number_at(result, row, 6)};
    saw_post(p->id, p->title, p->body, p->views);
    if (r->count == BATCH) {
        free(r->memory);
        *r = (request){0};
    }
}

static size_t slot_of(int64_t id)
{
    return (uint64_t)id * 0x9e3779b97f4a7c15u >> 56;
}

/* Rows come in any order: whose each is the keys tell. */
static void keep_list(line *l, PGresult *result)
{
    uint8_t slots[SLOTS] = {0}; /* from 1 */
    group *g = &l->groups[l->first++ % READERS];
    for (size_t i = 0; i < g->count; i++) {
        size_t slot = slot_of(g->ids[i]);
        while (slots[slot])
            slot = (slot + 1) % SLOTS;
        slots[slot] = (uint8_t)(i + 1);
    }
    for (int row = 0; row < PQntuples(result); row++) {
        int64_t id = (int64_t)number_at(result, row, 0);
        size_t slot = slot_of(id);
        while (slots[slot] && g->ids[slots[slot] - 1] != id)
            slot = (slot + 1) % SLOTS;
        if (!slots[slot])
            give_up("list", "a row that nobody asked for");
        keep_post(g->requests[slots[slot] - 1], result, row);
    }
    for (size_t i = 0; i < g->count; i++)
        l->ready[l->ready_count++] = g->requests[i];
    l->under_way -= g->count;
    answered += g->count;
}

/* The requests of a connection are answered in turn: each asks again once it has its answer. */
static void take_post(line *l, PGresult *result)
{
    if (l->requests)
        keep_post(&l->requests[l->next++ % (READERS / line_count)], result, 0);
    else
        look_at_post(result);
    l->under_way--;
    answered++;
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
            if (l->groups)
                keep_list(l, result);
            else
                take_post(l, result);
        } else {
            give_up("get", PQresultErrorMessage(result));
        }
        PQclear(result);
    }
}

static void make_room(line *l, bool lists)
{
    size_t count = READERS / line_count;
    l->requests = calloc(count, sizeof *l->requests);
    l->groups = lists ? malloc(READERS * sizeof *l->groups) : NULL;
    l->ready = lists ? malloc(count * sizeof *l->ready) : NULL;
    if (!l->requests || (lists && (!l->groups || !l->ready)))
        give_up("requests", "no memory");
    for (size_t i = 0; lists && i < count; i++)
        l->ready[l->ready_count++] = &l->requests[i];
}

void by_hand(const char *url, size_t gets, size_t connections, hand how)
{
    struct pollfd polled[MOST];
    line_count = connections;
    asked = answered = 0;
    wanted = gets;
    for (size_t i = 0; i < connections; i++) {
        if (!lines[i].connection)
            open_line(&lines[i], url);
        if (how != FORGETTING)
            make_room(&lines[i], how == KEEPING_LISTS);
    }
    while (answered < wanted) {
        for (size_t i = 0; i < connections; i++) {
            if (lines[i].groups)
                send_lists(&lines[i]);
            else
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
        free(lines[i].groups);
        free(lines[i].ready);
        lines[i] = (line){.connection = lines[i].connection};
    }
}
