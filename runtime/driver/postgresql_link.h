/* postgresql_link.h -- a connection to PostgreSQL as the files postgresql*.c share it; nobody else knows libpq.
 *
 * A connection is in pipeline mode between calls, leaves it at most for the time of one, and never blocks in libpq. Each
 * call of the driver is one trip: everything is sent, ended by a Sync, and all answers up to that Sync are read, whatever
 * failed in between; so the link is idle and in step again when the call returns. Only a statement that streams leaves its
 * rows for `step`, and reaches its Sync by its last row or by finish.
 *
 * A statement that takes longer than it may is cancelled: then it fails as the server says, and the link stays. A wait
 * that ends without its event all the same (the caller's deadline, a server that does not answer, or what the waiter
 * says) leaves answers on their way, and libpq without memory loses some: then the link is given up, and its next use
 * is ORM_DISCONNECTED. What ran on the server goes on there until it has something to answer.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_DRIVER_POSTGRESQL_LINK_H
#define ORM_DRIVER_POSTGRESQL_LINK_H

#include "base/text.h"
#include "driver/driver.h"
#include "driver/wait.h"

#include <libpq-fe.h>

enum { ORM__PG_BINARY = 1, ORM__PG_KNOWN_TYPES = 64 };

struct orm__prepared {
    orm__prepared *next; /* among the forgotten */
    bool sent;           /* the server knows it by its name */
    char name[48];
    size_t count;        /* of the arrays below; one allocation holds all */
    const char **values; /* values, sizes and formats are what libpq takes; the first two filled at each start */
    orm__parameter *parameters;
    Oid *types;
    int *sizes, *formats;
    char *sql;
};

typedef struct orm__pg_link {
    orm__link base;
    PGconn *connection;
    const orm_waiter *waiter; /* borrowed */
    orm__watch watch;
    bool unprepared;          /* statements are sent whole each time: nothing stays at the server */
    int64_t timeout;          /* microseconds for a statement; 0: any time */
    int64_t deadline;         /* of this trip; 0: none */
    bool cancelled;           /* the server was asked to end a statement, and has not said that it did */
    bool broken;              /* lost or given up: only close is left */
    unsigned long names;      /* given to prepared statements so far */
    char tag[16];             /* in each name: behind a pooler others' statements may be on the same back end */
    orm__prepared *forgotten; /* which the server still keeps */
    orm__text buffer;         /* parameters, encoded */

    /* the trip */
    orm_error *error; /* the caller's; holds the first failure */
    orm_status failure;
    const char *sql;   /* what the next answer belongs to */
    int syncs;         /* not answered yet */
    size_t complaints; /* length of those of libpq that results have told */
    bool reused;       /* the answer is to a statement that an earlier trip prepared */
    bool outdated;     /* which the server has lost, or cannot plan as it was: it did nothing */

    /* the statement that is open */
    orm__prepared *running;
    bool streaming; /* more rows are to come */
    PGresult *result;
    int row, row_count; /* of the result; the current row is -1 before the first */
    size_t written;
    Oid types[ORM__PG_KNOWN_TYPES]; /* of the first result columns: asked for once, not for each row */
} orm__pg_link;

static inline orm__pg_link *orm__pg_link_of(orm__link *link)
{
    return (orm__pg_link *)(void *)link;
}

/* In the driver's table. */
orm_status orm__pg_open(const orm__address *address, const orm_waiter *waiter, orm__link **opened, orm_error *error);
void orm__pg_close(orm__link *base);
bool orm__pg_usable(orm__link *base);
orm_status orm__pg_reset(orm__link *base);
orm_status orm__pg_copy(orm__link *base, const char *sql, const orm_value *lists, size_t count, size_t *rows,
                        orm_error *error);

orm_status orm__pg_describe(orm__link *base, const char *sql, size_t count, orm__arena *arena,
                            orm__description *description, orm_error *error);

/* Fails when a statement is open or the link is broken. Afterwards `l->failure` tells how the trip fares: no function
 * below needs its status looked at, since all but send_sync and drain do nothing after a failure, and those what must
 * be done. */
orm_status orm__pg_begin_trip(orm__pg_link *l, const char *sql, orm_error *error);

/* Sends what was forgotten ahead of all else; returns how many answers receive_forgotten is to read. */
size_t orm__pg_send_forgotten(orm__pg_link *l);
void orm__pg_send_control(orm__pg_link *l, const char *sql);
void orm__pg_send_sync(orm__pg_link *l);
/* Takes what a PQsend function answered. */
void orm__pg_note_sent(orm__pg_link *l, int accepted);
/* Sends all that is queued. */
void orm__pg_flush(orm__pg_link *l);

void orm__pg_receive_forgotten(orm__pg_link *l, size_t count);
/* The result of the current command, read to its end; NULL when it failed or was skipped. Owned: PQclear. */
PGresult *orm__pg_receive(orm__pg_link *l, const char *sql);
/* Reads until only so many Syncs are unanswered. A commit at the Sync may still fail. */
void orm__pg_drain(orm__pg_link *l, int syncs);
/* The next result as PQgetResult has it, where NULL is the end of a command; NULL also when the link is lost. Owned. */
PGresult *orm__pg_next_result(orm__pg_link *l);
/* Whether it is the result of a statement that succeeded; a failure is recorded. NULL is none. */
bool orm__pg_check(orm__pg_link *l, const PGresult *result);
/* How many rows an INSERT, UPDATE, DELETE or COPY wrote; 0 of NULL. */
size_t orm__pg_rows_written(PGresult *result);

/* Records that libpq has lost the connection, or never had one. */
void orm__pg_lost(orm__pg_link *l);
/* What libpq's verbose complaint of a connection that was not made means, ORM_DISCONNECTED by default. `shown` gets it without
 * what is not for users; `sqlstate` has room for six characters, and stays when there is none. */
orm_status orm__pg_read_refusal(const char *complaint, orm__text *shown, char *sqlstate);
/* Records it. */
void orm__pg_refused(orm__pg_link *l);
/* Whether it is for want of memory that libpq complains. */
bool orm__pg_is_out_of_memory(const char *complaint);

#endif
