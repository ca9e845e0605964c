/* postgresql_shared.h -- a connection that many fibers read by at once, as the files that see to it know it:
 * postgresql_shared.c, postgresql_requests.c, postgresql_answers.c and postgresql_gather.c.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_DRIVER_POSTGRESQL_SHARED_H
#define ORM_DRIVER_POSTGRESQL_SHARED_H

#include "driver/postgresql_link.h"

/* A key as it is compared: an integer, which stands in `low`, or a uuid. */
typedef struct orm__pg_key {
    uint64_t high, low;
} orm__pg_key;

/* An answer to many, cleared by the last of them. */
typedef struct orm__pg_answer {
    PGresult *result;
    size_t users;
} orm__pg_answer;
/* One of them has done with it. */
void orm__pg_answer_release(orm__pg_answer *answer);

/* A statement on its way. It outlives a fiber that was cancelled. */
typedef struct orm__pg_request orm__pg_request;
struct orm__pg_request {
    orm__pg_request *next;   /* among those to be sent, to be sent again, or at rest */
    orm__pg_request *fellow; /* the next of those that one statement asks for; the first stands for all */
    orm__prepared *prepared; /* borrowed, as the values are, while somebody waits */
    const orm_value *values;
    void *self;        /* who waits; NULL: nobody any more */
    const char *frame; /* about where its stack ends */
    orm__soon soon;    /* what else it will touch */
    int64_t deadline;
    int64_t waited;         /* microseconds that its answer has held up all */
    size_t bytes;           /* of its values; those of the link are counted for whoever runs */
    PGresult *result;       /* NULL once done: the connection is lost, or the answer is one to many */
    orm__pg_answer *answer; /* that one, and */
    int row;                /* where its row stands there; -1: it has none */
    orm__pg_key key;        /* of one that may be asked for with others */
    unsigned generation;    /* of the statement that it is asked for with fellows */
    unsigned long names;    /* given by the link when it was sent */
    bool prepares;          /* it has the statement prepared */
    bool gathered;          /* it stands for fellows */
    bool done, leads;
};

/* Gets by one key that are asked for together: one statement for those of a turn. */
enum { ORM__PG_GATHER_MOST = 128, ORM__PG_GATHER_SLOTS = 256 };
typedef struct orm__pg_gather orm__pg_gather;
struct orm__pg_gather {
    orm__prepared *many;                   /* of a list of keys */
    orm_type type;                         /* of a key */
    int column;                            /* of the answer, where it stands */
    size_t most;                           /* at once */
    int failures;                          /* one after another */
    int resting;                           /* after too many: so many gets to come go by themselves */
    unsigned generation;                   /* each failure begins another one */
    orm__pg_request *first, *last;         /* to be sent */
    orm__pg_gather *next;                  /* of which some are */
    orm__pg_key keys[ORM__PG_GATHER_MOST]; /* of a list, as C values of their type; of the rows of an answer */
    uint8_t slots[ORM__PG_GATHER_SLOTS];   /* those rows, from 1, by their keys: never more than half full */
};

/* What is to be answered. */
typedef enum orm__pg_due_kind { ORM__PG_DUE_SYNC, ORM__PG_DUE_PARSE, ORM__PG_DUE_EXECUTE } orm__pg_due_kind;
typedef struct orm__pg_due {
    orm__pg_request *to; /* NULL: of a Sync */
    orm__pg_due_kind kind;
} orm__pg_due;

struct orm__pg_shared {
    orm__driver driver; /* PostgreSQL's with another start */
    struct {
        orm__pg_due *items; /* a ring; the capacity is a power of two */
        size_t first, count, capacity;
    } due;
    bool answered;           /* the first of them has had its result */
    int silent;              /* commands that ended without one */
    bool unsynced;           /* the last batch is not ended */
    bool blocked;            /* not all of it is sent */
    bool nudged;             /* the leader knows, or has been told, that there is something to send */
    orm__pg_gather *gathers; /* of which some wait to be sent */
    orm__pg_request *leader, *rest, *again;
    orm_error failure; /* why the connection is lost */
};

static inline orm__pg_due *orm__pg_due_at(const orm__pg_shared *s, size_t index)
{
    return &s->due.items[(s->due.first + index) & (s->due.capacity - 1)];
}
/* Room for so many more, false without memory; takes the first away. */
bool orm__pg_due_reserve(orm__pg_shared *s, size_t more);
void orm__pg_due_pop(orm__pg_shared *s);

/* NULL without memory. Recycled with whatever it holds. */
orm__pg_request *orm__pg_request_new(orm__pg_shared *s);
void orm__pg_request_recycle(orm__pg_shared *s, orm__pg_request *r);
/* Its values are encoded, and it goes as far as libpq's buffer; ORM_OK also when that loses the connection, which it
 * is told. One that has to be prepared, or is for many, is a batch of its own: no neighbour's failure prevents it, nor
 * its own that of neighbours. */
orm_status orm__pg_request_send(orm__pg_link *l, orm__pg_request *r);
/* The same of what is encoded. */
void orm__pg_request_put(orm__pg_link *l, orm__pg_request *r, orm__prepared *prepared);
/* The same of one that waits already: what cannot be sent, for want of memory, loses the connection. */
void orm__pg_request_must_send(orm__pg_link *l, orm__pg_request *r);
void orm__pg_request_give_up(orm__pg_link *l, orm__pg_request *first);
/* Of one that is asked for now; 0: none. */
int64_t orm__pg_request_deadline(const orm__pg_link *l);
bool orm__pg_request_is_over(const orm__pg_request *r);
/* It is done, and runs. */
void orm__pg_request_deliver(orm__pg_link *l, orm__pg_request *r);
void orm__pg_batch_end(orm__pg_link *l);
void orm__pg_requests_send_again(orm__pg_link *l);
/* The connection is lost: tells all who wait; the first reason stays. */
void orm__pg_requests_lose(orm__pg_link *l);
/* All who wait, taken from wherever they stand, in a list. */
orm__pg_request *orm__pg_requests_take_all(orm__pg_shared *s);

/* Takes what has come. */
void orm__pg_answers_receive(orm__pg_link *l);
bool orm__pg_was_cancelled(const PGresult *result);
/* What the next of an answer to many will touch is wanted in the cache; the first of them runs now. */
void orm__pg_expect_among(orm__pg_request *const *requests, size_t count);

/* Of a statement that gets a row by a key of an integer type or a uuid: `many` gets those of a list, in the same
 * columns. Owned: free it; what it has prepared is forgotten then. */
orm_status orm__pg_gather_new(orm__link *link, const char *many, const orm__parameter *list, int column, size_t most,
                              orm__pg_gather **gather, orm_error *error);
void orm__pg_gather_free(orm__link *link, orm__pg_gather *gather);
/* Whether that key may be asked for with others: not for a while where that has failed again and again, since then
 * all is asked for twice. `gather` may be NULL. */
bool orm__pg_gather_takes(orm__pg_gather *gather, const orm_value *key);
/* It is sent at the end of the turn. */
orm_status orm__pg_gather_join(orm__pg_link *l, orm__pg_request *r);
/* Sends what was asked for since. */
void orm__pg_gathers_send(orm__pg_link *l);
/* Nobody waits for that any more. */
void orm__pg_gathers_drop(orm__pg_shared *s);
/* The answer to many is whole. */
void orm__pg_gather_complete(orm__pg_link *l, orm__pg_request *first);
/* Of a value that is taken. */
orm__pg_key orm__pg_gather_key(const orm_value *value);
/* The keys of those who are asked for with the first. One that is too short is filled up with the last key. Borrowed
 * until the gather is used again. */
orm_value orm__pg_gather_list(orm__pg_gather *gather, const orm__pg_request *first);
/* Where the row of each stands. False: it is not such an answer. */
bool orm__pg_gather_find(orm__pg_gather *gather, const PGresult *result, orm__pg_request *const *requests,
                         size_t count);

#endif
