/* fibers.h -- what the suites about connections that fibers share have in common: authors in the database, an engine
 * for fibers, and fibers that each read one of the authors.
 * SPDX-License-Identifier: MIT */
#ifndef FIBERS_H
#define FIBERS_H

#include "harness.h"

#include "orm/async_poll.h"

enum { MANY = 300, AUTHORS = 50, MILLISECOND = 1000, SECOND = 1000000 };

/* What a fiber is to read, and what became of it. */
typedef struct worker {
    int number;
    int64_t id;
    char name[32], sqlstate[6];
    orm_status status;
    orm_fiber *fiber;
    bool begun, done;
} worker;

/* Of a SELECT that hooks were told of. */
typedef struct told_statement {
    char sql[512], parameters[64];
    size_t rows, bytes;
    orm_status status;
} told_statement;

extern orm_async *async;
extern orm_engine *fibers;
extern int opened, lent;   /* connections */
extern orm_status refusal; /* of the hook for new connections */
extern told_statement told[MANY];
extern size_t told_count;
extern bool hook_waits; /* that of statements, as one that writes to a socket would */
extern int64_t ids[AUTHORS];
extern worker workers[MANY];

/* Whether fibers share: not on SQLite, nor with a pooler before PostgreSQL. */
bool shares(void);
/* Authors "a000" and so on, whose keys are `ids` then. */
void store_authors(void);
void open_fibers(orm_engine_options options);
void open_fibers_by(orm_engine_options options, orm_waiter waiter);
/* Both; the usual beginning. */
void begin_fibers(orm_engine_options options);
void close_fibers(void);

/* Workers from `first` on, who ask for `ids` one after another. */
void spawn(orm_async_function function, int first, int count);
/* The first ones; each has its status then. */
void join_all(int count);
/* Gets that worker's author in a session of its own. */
orm_status read_alone(orm_async *own, void *me);
orm_status read_one(worker *me, orm_session_factory factory);
void expect_row(const worker *one);
/* So many workers read, each by `function`, and get their rows. */
void expect_rows(orm_async_function function, int count);
/* The same of as many who fail so. */
void expect_failures(orm_status wanted, int count);

/* From now on each read of that author fails while it runs: division by zero, 22012. */
void poison(int64_t id);
void cure(void);
/* Reads of authors wait until the connection is closed. */
orm_connection *lock_authors(void);
/* The loop goes on for so many microseconds; until a read stands at the lock. */
void run_for(int64_t microseconds);
void run_until_locked(void);
/* The server ends connections that have read authors. */
void kill_shared(void);

#endif
