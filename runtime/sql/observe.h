/* sql/observe.h -- what others are told of the statements of a connection: hooks, echo, the slow-statement log,
 * statistics.
 *
 * Costs a test of `wanted` where nobody wants anything.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_OBSERVE_H
#define ORM_SQL_OBSERVE_H

#include "base/text.h"
#include "driver/driver.h"

#if defined(__has_include)
#if __has_include(<sys/sdt.h>)
#include <sys/sdt.h>
#define ORM__PROBE(name, a, b, c, d) __extension__({ DTRACE_PROBE4(orm, name, a, b, c, d); })
#endif
#endif
#ifndef ORM__PROBE
#define ORM__PROBE(name, a, b, c, d) ((void)0)
#endif

/* Counts by statement; safe between threads. */
typedef struct orm__statistics orm__statistics;
/* Owned: free. NULL: out of memory. */
orm__statistics *orm__statistics_new(void);
void orm__statistics_free(orm__statistics *statistics);
/* `length`: of the event's SQL without the comment behind it. */
void orm__statistics_add(orm__statistics *statistics, const orm_statement_event *event, size_t length);
void orm__statistics_each(orm__statistics *statistics, void (*each)(const orm_statement_statistics *one, void *user),
                          void *user);
void orm__statistics_reset(orm__statistics *statistics);
/* Around a fork, which must find them at rest. */
void orm__statistics_lock(orm__statistics *statistics);
void orm__statistics_unlock(orm__statistics *statistics);

typedef struct orm__observation {
    const orm_engine_options *options; /* borrowed from the engine */
    orm__statistics *statistics;       /* borrowed; NULL: none */
    bool wanted;                       /* anybody looks */
    bool parameters;                   /* and wants them */
    bool cached;                       /* the statement that runs was prepared already */
    int64_t started;                   /* monotonic microseconds; 0: nothing runs */
    orm__text shown;                   /* its parameters */
} orm__observation;

void orm__observe_init(orm__observation *observation, const orm_engine_options *options);
void orm__observe_release(orm__observation *observation);
/* The first of a group that is told at once starts the clock. */
static inline void orm__observe_start(orm__observation *observation, bool cached);
static inline void orm__observe_parameters(orm__observation *observation, const orm__parameter *parameters,
                                           const orm_value *values, size_t count);
/* What ran is told to nobody, nor counted with what runs next. */
static inline void orm__observe_forget(orm__observation *observation);
/* Takes the statement that runs out of it, which is put back by assigning what this returns. */
orm__observation orm__observe_hold(orm__observation *observation);
/* Tells everybody; fills in the event's time, parameters and `cached`. */
void orm__observe_end(orm__observation *observation, struct orm_connection *connection, orm_statement_event *event);

/* The transaction that the hook was told of ended otherwise than by a statement: that is a ROLLBACK to it. */
void orm__observe_lost(struct orm_connection *connection, orm_status status);

void orm__observe_clock(orm__observation *observation, bool cached);
void orm__observe_show(orm__observation *observation, const orm__parameter *parameters, const orm_value *values,
                       size_t count);

static inline void orm__observe_start(orm__observation *observation, bool cached)
{
    if (observation->wanted)
        orm__observe_clock(observation, cached);
}

static inline void orm__observe_forget(orm__observation *observation)
{
    observation->started = 0;
    orm__text_clear(&observation->shown);
}

static inline void orm__observe_parameters(orm__observation *observation, const orm__parameter *parameters,
                                           const orm_value *values, size_t count)
{
    if (observation->parameters)
        orm__observe_show(observation, parameters, values, count);
}

#endif
