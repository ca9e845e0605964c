/* postgresql_link.h -- a connection to PostgreSQL as the files postgresql*.c share it; nobody else knows libpq.
 *
 * A connection is in pipeline mode between calls, leaves it at most for the time of one, and never blocks in libpq.
 * Each call of the driver is one trip: everything is sent, ended by a Sync, and all answers up to that Sync are read,
 * whatever failed in between; so the link is idle and in step again when the call returns. Only a statement that
 * streams leaves its rows for `step`, and reaches its Sync by its last row or by finish.
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
#include "driver/resolve.h"
#include "driver/wait.h"

#include <libpq-fe.h>

enum { ORM__PG_TEXT_FORMAT = 0, ORM__PG_BINARY = 1, ORM__PG_KNOWN_TYPES = 64 };

struct orm__prepared {
    orm__prepared *next; /* among the forgotten */
    bool sent;           /* the server knows it by its name */
    bool underway;       /* it is being told, by a statement sent ahead */
    char name[48];
    size_t count;        /* of the arrays below; one allocation holds all */
    const char **values; /* values, sizes and formats are what libpq takes; the first two filled at each start */
    orm__parameter *parameters;
    Oid *types;
    int *sizes, *formats;
    char *sql;
    struct orm__pg_gather *gather; /* those that are asked for at once go as one statement; NULL: each by itself */
};

/* Sent ahead. Those that are answered stand first in the link's list. */
struct orm__ahead {
    orm__ahead *next;
    orm__prepared *prepared; /* until it is answered */
    orm__fetch fetch;
    bool prepares; /* it is prepared in the same trip */
    bool ends;     /* a Sync is behind it */
    bool answered, dropped, told;
    size_t bytes;     /* of its values; those of the link are the running statement's */
    PGresult *result; /* of what is answered; NULL: it failed */
    orm_error error;
};
typedef struct orm__pg_shared orm__pg_shared;

/* BEGIN, in all its forms, and COMMIT: postgresql_boundary.c. */
enum { ORM__PG_COMMIT, ORM__PG_BOUNDARIES = 9 };
typedef struct orm__pg_boundary {
    orm__prepared prepared; /* without a name when the server has none, or another */
    bool seen;              /* it was sent before */
    bool named;             /* the last time by its name */
} orm__pg_boundary;

/* What is under way for a cursor: no answer to it was read yet. */
typedef enum orm__pg_stage { ORM__PG_NO_CURSOR, ORM__PG_FETCHING, ORM__PG_CLOSING } orm__pg_stage;

/* What is done with a column of each row: found out once for many. Those of a fixed size are that size. */
enum { ORM__PG_ONE = 1, ORM__PG_FOUR = 4, ORM__PG_EIGHT = 8 };
static const size_t ORM__PG_ANYHOW = SIZE_MAX, ORM__PG_COPY = SIZE_MAX - 1;
typedef struct orm__pg_step {
    size_t how;
    uint32_t place, has; /* in the row; `has` ORM_ABSENT: there is none */
} orm__pg_step;

typedef struct orm__pg_link {
    orm__link base;
    PGconn *connection;
    const orm_waiter *waiter; /* borrowed */
    orm__watch watch;
    bool born_read_only;      /* its transactions are so by default, unless it has said otherwise since */
    bool unprepared;          /* statements are sent whole each time: nothing stays at the server */
    int64_t timeout;          /* microseconds for a statement; 0: any time */
    int64_t deadline;         /* of this trip; 0: none */
    bool cancelled;           /* the server was asked to end a statement, and may not have heard of it yet */
    int asked;                /* a pipe that ends when it has; -1: nobody tells */
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
    const char *after; /* goes behind the statement; or NULL */
    orm__end end;      /* how it fared */
    bool outdated;     /* which the server has lost, or cannot plan as it was: it did nothing */
    orm__pg_boundary boundaries[ORM__PG_BOUNDARIES];
    bool begun_by_name;     /* the last BEGIN was, and all names are there still: COMMIT may be sent by its own */
    orm__pg_shared *shared; /* many use it at once: postgresql_shared.c; NULL: nobody does */

    orm__ahead *ahead; /* sent ahead, in that order, and neither taken nor, once answered, dropped */
    bool unpushed;     /* behind the last of them a Sync is due */

    /* the statement that is open */
    bool running;
    orm__ahead *open; /* its rows are those of this one, which is in no list any more; or NULL */
    bool streaming;   /* more rows are to come */
    PGresult *result;
    struct orm__pg_answer *lent; /* whose it is; NULL: it is the link's own */
    int row, row_count;          /* of the result; the current row is -1 before the first */
    size_t width;                /* its columns */
    size_t written;
    Oid types[ORM__PG_KNOWN_TYPES]; /* of the first result columns: asked for once, not for each row */
    const orm__prepared *typed;     /* whose they are, as long as it keeps its name; or NULL */
    struct {
        const orm_column *const *columns;
        const orm_column *const *last; /* what was read last, which may be read again: then a plan pays */
        orm__pg_step *steps;
        size_t count, first, capacity; /* count 0: there is no plan */
    } plan;                            /* how its rows are read: postgresql_row.c */
    struct {
        orm__pg_stage stage;
        bool own;   /* so is the transaction that it lives in */
        int wanted; /* rows of the FETCH under way */
        char name[48];
    } cursor; /* that the rows come by: postgresql_cursor.c */
} orm__pg_link;

static inline orm__pg_link *orm__pg_link_of(orm__link *link)
{
    return (orm__pg_link *)(void *)link;
}

/* In the driver's table. */
orm_status orm__pg_open(const orm__address *address, const orm_waiter *waiter, orm__link **opened, orm_error *error);
void orm__pg_close(orm__link *base);
bool orm__pg_usable(orm__link *base);
void orm__pg_abandon(orm__link *base);
orm_status orm__pg_reset(orm__link *base);
orm_status orm__pg_copy(orm__link *base, const char *sql, const orm_value *lists, size_t count, size_t *rows,
                        orm_error *error);

orm_status orm__pg_copy_in(orm__link *base, const char *sql, orm__copying *copying, size_t *rows, orm_error *error);
orm_status orm__pg_copy_out(orm__link *base, const char *sql, orm__copying *copying, size_t *rows, orm_error *error);

orm_status orm__pg_describe(orm__link *base, const char *sql, size_t count, orm__arena *arena,
                            orm__description *description, orm_error *error);

/* Makes of an idle connection one that many use at once. */
orm_status orm__pg_share(orm__link *base, orm_error *error);

/* Fails when a statement is open or the link is broken. Afterwards `l->failure` tells how the trip fares: no function
 * below needs its status looked at, since all but send_sync and drain do nothing after a failure, and those what must
 * be done. */
orm_status orm__pg_begin_trip(orm__pg_link *l, const char *sql, orm_error *error);

/* The same without a thought for what was sent ahead: only its answers may be read. */
orm_status orm__pg_begin_reading(orm__pg_link *l, const char *sql, orm_error *error);
void orm__pg_count_trip(const orm__pg_link *l);

/* What postgresql.c does to each statement: the name by which the server is to know it (it does not know it yet);
 * its values, encoded; and it is sent as far as libpq's buffer, to be prepared before that when `prepares`. */
void orm__pg_give_name(orm__pg_link *l, orm__prepared *prepared);
orm_status orm__pg_encode_values(orm__pg_link *l, orm__prepared *prepared, const orm_value *values, size_t *bytes);
void orm__pg_send_prepared(orm__pg_link *l, orm__prepared *prepared, bool prepares);
/* The first result of the statement whose turn it is becomes the one that is open, unless it failed. */
void orm__pg_take_first(orm__pg_link *l, const orm__prepared *prepared);
/* Takes the result, which may be NULL, and puts it in the place of the one before. */
void orm__pg_hold(orm__pg_link *l, PGresult *result);
/* The same of a result of that statement, whose rows `step` then gives. */
void orm__pg_take_result(orm__pg_link *l, const orm__prepared *prepared, PGresult *result);
/* The same of one row of a result that others use, too; -1: of none of them. */
void orm__pg_borrow_row(orm__pg_link *l, const orm__prepared *prepared, struct orm__pg_answer *answer, int row);

/* postgresql_ahead.c. In the driver's table: */
orm_status orm__pg_send(orm__link *base, orm__prepared *prepared, const orm_value *values, orm__fetch fetch,
                        orm__ahead **ahead, orm_error *error);
void orm__pg_push(orm__link *base);
orm_status orm__pg_take(orm__link *base, orm__ahead *ahead, orm_error *error);
void orm__pg_drop(orm__link *base, orm__ahead *ahead);
orm_status orm__pg_settle(orm__link *base, orm_error *error);
/* Reads all answers to what was sent ahead. */
void orm__pg_receive_ahead(orm__pg_link *l);
/* Reads what is left of the answer that is open, and its Sync. */
void orm__pg_end_answer(orm__pg_link *l);

/* postgresql_row.c. In the driver's table: */
orm_status orm__pg_read(orm__link *base, const orm_column *const *columns, size_t count, size_t first, void *row,
                        orm__arena *arena, orm_error *error);
int64_t orm__pg_read_integer(orm__link *base, size_t index);
bool orm__pg_is_null(orm__link *base, size_t index);

/* postgresql_cursor.c. Runs a SELECT, whose parameters are encoded, by a cursor; its first rows are held when it
 * returns. */
orm_status orm__pg_open_cursor(orm__pg_link *l, const char *before, orm__prepared *prepared);
/* Holds the rows that come next; there are none, and the cursor is closed, after the last. */
orm_status orm__pg_next_batch(orm__pg_link *l);
/* Ends it, whatever is under way. */
void orm__pg_close_cursor(orm__pg_link *l);

/* Sends what was forgotten ahead of all else; returns how many answers receive_forgotten is to read. */
size_t orm__pg_send_forgotten(orm__pg_link *l);
void orm__pg_send_control(orm__pg_link *l, const char *sql);
/* BEGIN and COMMIT, by their names where that is safe; other statements as send_control has them. What is sent so is
 * received by receive_boundary. `l->outdated`: its name was lost, and so were perhaps all others. */
void orm__pg_send_boundary(orm__pg_link *l, const char *sql);
PGresult *orm__pg_receive_boundary(orm__pg_link *l, const char *sql);
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
/* Waits for more from the server, and takes it. False when the link is given up. */
bool orm__pg_wait_input(orm__pg_link *l);
/* Whether it is the result of a statement that succeeded; a failure is recorded. NULL is none. */
bool orm__pg_check(orm__pg_link *l, const PGresult *result);
/* Whether it says that a prepared statement is lost, or cannot run as it was planned. */
bool orm__pg_is_outdated(const PGresult *result);
/* How many rows an INSERT, UPDATE, DELETE or COPY wrote; 0 of NULL. Those that drop all names are heeded. */
size_t orm__pg_rows_written(orm__pg_link *l, PGresult *result);

/* Whether libpq had no memory for an answer, of which it then never tells; the link is given up. */
bool orm__pg_has_choked(orm__pg_link *l);
/* postgresql_cancel.c. Asks the server, from a thread, to end what it runs; until l->deadline it has time to answer.
 * False: not possible. */
bool orm__pg_cancel(orm__pg_link *l);
/* Waits until the server has heard of the request, if there is one: what is sent later is not meant by it. Where
 * that takes too long l->cancelled stays. */
void orm__pg_settle_cancel(orm__pg_link *l);
/* Both, and a later statement of this trip has its old deadline. */
void orm__pg_cancel_now(orm__pg_link *l);
/* postgresql_hosts.c. After a connection was not made in time: leaves the host that was tried out of those to try,
 * `hosts`, which are looked up by `deadline` where they are not known yet. False: no other is left. */
bool orm__pg_leave_out_host(orm__pg_link *l, int64_t deadline, orm__resolved *hosts);
/* Records that libpq has lost the connection, or never had one. */
void orm__pg_lost(orm__pg_link *l);
/* What libpq's verbose complaint of a connection that was not made means, ORM_DISCONNECTED by default. `shown` gets
 * it without what is not for users; `sqlstate` has room for six characters, and stays when there is none. */
orm_status orm__pg_read_refusal(const char *complaint, orm__text *shown, char *sqlstate);
/* Records it. */
void orm__pg_refused(orm__pg_link *l);
/* Whether another server, or this one later, may take the write that was refused for being one. */
bool orm__pg_server_is_read_only(const orm__pg_link *l);
/* Whether it is for want of memory that libpq complains. */
bool orm__pg_is_out_of_memory(const char *complaint);

#endif
