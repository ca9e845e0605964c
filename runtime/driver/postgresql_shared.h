/* postgresql_shared.h -- a statement that waits on a shared connection, as postgresql_shared.c and postgresql_gather.c know it.
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
    size_t bytes;           /* of its values; those of the link are counted for whoever runs */
    PGresult *result;       /* NULL once done: the connection is lost, or the answer is one to many */
    orm__pg_answer *answer; /* that one, and */
    int row;                /* where its row stands there; -1: it has none */
    orm__pg_key key;        /* of one that may be asked for with others */
    unsigned generation;    /* of the statement that it is asked for with fellows */
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
    unsigned generation;                   /* each failure begins another one */
    orm__pg_request *first, *last;         /* to be sent */
    orm__pg_gather *next;                  /* of which some are */
    orm__pg_key keys[ORM__PG_GATHER_MOST]; /* of a list, as C values of their type; of the rows of an answer */
    uint8_t slots[ORM__PG_GATHER_SLOTS];   /* those rows, from 1, by their keys: never more than half full */
};

/* For `prepared`, which gets a row by a key of an integer type or a uuid. Owned: free it; what it has prepared is forgotten then. */
orm_status orm__pg_gather_new(orm__link *link, const char *many, const orm__parameter *list, int column, size_t most,
                              orm__pg_gather **gather, orm_error *error);
void orm__pg_gather_free(orm__link *link, orm__pg_gather *gather);
/* Whether that key may be asked for with others: not where that has failed again and again, since then all is asked for twice.
 * `gather` may be NULL. */
bool orm__pg_gather_takes(const orm__pg_gather *gather, const orm_value *key);
orm__pg_key orm__pg_gather_key(const orm_value *value);
/* What `many` is given for these; borrowed until the next call. */
orm_value orm__pg_gather_list(orm__pg_gather *gather, const orm__pg_request *first);
/* Finds the row of each. False: the answer is not what it should be. */
bool orm__pg_gather_find(orm__pg_gather *gather, const PGresult *result, orm__pg_request *const *requests,
                         size_t count);

#endif
