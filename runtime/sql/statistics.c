/* sql/statistics.c -- counters and a histogram of times for each statement of an engine.
 *
 * A hash table of open addressing, never more than half full, behind a lock.
 * SPDX-License-Identifier: MIT */
#include "sql/observe.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1000, SLOTS = 2048 };

struct orm__statistics {
    pthread_mutex_t lock;
    size_t count;
    orm_statement_statistics *slots[SLOTS];
    orm_statement_statistics others;
};

static orm_statement_statistics *find(orm__statistics *statistics, const orm_statement_event *event, size_t length);
static bool has_sql(const orm_statement_statistics *one, const char *sql, size_t length);
static orm_statement_statistics *make(const orm_statement_event *event, size_t length);
static void clear(orm__statistics *statistics);

orm__statistics *orm__statistics_new(void)
{
    orm__statistics *made = calloc(1, sizeof *made);
    if (made && pthread_mutex_init(&made->lock, NULL)) {
        free(made);
        return NULL;
    }
    if (made)
        clear(made);
    return made;
}

void orm__statistics_free(orm__statistics *statistics)
{
    if (!statistics)
        return;
    clear(statistics);
    pthread_mutex_destroy(&statistics->lock);
    free(statistics);
}

void orm__statistics_add(orm__statistics *statistics, const orm_statement_event *event, size_t length)
{
    uint64_t time = event->microseconds > 0 ? (uint64_t)event->microseconds : 0;
    int place = 0;
    while (place < ORM_HISTOGRAM - 1 && time >> place)
        place++;
    pthread_mutex_lock(&statistics->lock);
    orm_statement_statistics *one = find(statistics, event, length);
    one->calls++;
    one->errors += event->status != ORM_OK;
    one->rows += event->rows;
    one->cached += event->cached;
    one->microseconds += time;
    one->longest = time > one->longest ? time : one->longest;
    one->histogram[place]++;
    pthread_mutex_unlock(&statistics->lock);
}

/* Never NULL. Called with the lock held. */
static orm_statement_statistics *find(orm__statistics *statistics, const orm_statement_event *event, size_t length)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)event->sql[i]) * 1099511628211u;
    size_t place = hash % SLOTS;
    for (; statistics->slots[place]; place = (place + 1) % SLOTS)
        if (has_sql(statistics->slots[place], event->sql, length))
            return statistics->slots[place];
    orm_statement_statistics *made = statistics->count < MOST ? make(event, length) : NULL;
    if (!made)
        return &statistics->others;
    statistics->count++;
    return statistics->slots[place] = made;
}

static bool has_sql(const orm_statement_statistics *one, const char *sql, size_t length)
{
    return strncmp(one->sql, sql, length) == 0 && !one->sql[length];
}

/* With its texts behind it. */
static orm_statement_statistics *make(const orm_statement_event *event, size_t length)
{
    size_t sql = length + 1, table = strlen(event->table) + 1;
    orm_statement_statistics *made = calloc(1, sizeof *made + sql + table);
    if (!made)
        return NULL;
    char *texts = (char *)(made + 1);
    made->sql = memcpy(texts, event->sql, length); /* and a zero */
    made->table = memcpy(texts + sql, event->table, table);
    made->kind = event->kind;
    return made;
}

void orm__statistics_each(orm__statistics *statistics, void (*each)(const orm_statement_statistics *one, void *user),
                          void *user)
{
    pthread_mutex_lock(&statistics->lock);
    for (size_t i = 0; i < SLOTS; i++)
        if (statistics->slots[i])
            each(statistics->slots[i], user);
    if (statistics->others.calls > 0)
        each(&statistics->others, user);
    pthread_mutex_unlock(&statistics->lock);
}

void orm__statistics_reset(orm__statistics *statistics)
{
    pthread_mutex_lock(&statistics->lock);
    clear(statistics);
    pthread_mutex_unlock(&statistics->lock);
}

static void clear(orm__statistics *statistics)
{
    for (size_t i = 0; i < SLOTS; i++) {
        free(statistics->slots[i]);
        statistics->slots[i] = NULL;
    }
    statistics->count = 0;
    statistics->others = (orm_statement_statistics){.sql = "(others)", .table = "", .kind = ORM_STATEMENT_OTHER};
}

void orm__statistics_lock(orm__statistics *statistics)
{
    pthread_mutex_lock(&statistics->lock);
}

void orm__statistics_unlock(orm__statistics *statistics)
{
    pthread_mutex_unlock(&statistics->lock);
}
