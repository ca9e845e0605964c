/* sql/ahead.h -- SELECTs sent ahead of the time when their rows are read: several in one trip to PostgreSQL.
 *
 * A connection holds what was sent ahead until it is taken or dropped, at the latest until its transaction ends. The
 * hooks are told of what is taken. One that fails unseen fails what is sent next: it may have ended the transaction.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_AHEAD_H
#define ORM_SQL_AHEAD_H

#include "sql/statement.h"

struct orm__sent {
    orm__sent *next; /* of the connection */
    size_t number;   /* of all that it has sent ahead: for those who may hold on to one that is gone */
    orm__statement *statement;
    orm__ahead *ahead;
    orm__purpose purpose;
    orm__observation observation; /* held */
};

/* Whether statements can be sent ahead now. */
bool orm__sends_ahead(const orm_connection *connection);
/* Queues it; see driver.h. `sent` is NULL on failure. */
orm_status orm__sent_new(orm__sql *sql, orm__purpose purpose, orm__fetch fetch, orm__sent **sent);
/* Sends what is queued. */
void orm__sent_push(orm_connection *connection);
/* NULL when it is gone. */
orm__sent *orm__sent_find(const orm_connection *connection, size_t number);
/* NULL does nothing. */
void orm__sent_drop(orm_connection *connection, orm__sent *sent);
void orm__sent_drop_all(orm_connection *connection);
/* Reads what is still to come, whatever becomes of it: nothing is on its way afterwards. */
void orm__sent_settle(orm_connection *connection);
/* Fails, once, when one that nobody has taken yet has failed. */
orm_status orm__sent_heed(orm_connection *connection);

/* Where rows come from: a statement that is started, or one that was sent ahead (then `sql` is NULL). */
typedef struct orm__source {
    orm__sql *sql;
    orm__sent *sent;
    orm__purpose purpose;
    orm__fetch fetch;
    bool one;                  /* there can be no second row: nobody looks for it */
    orm__statement *statement; /* once it is open */
} orm__source;

static inline orm__source orm__source_of(orm__sql *sql, orm__purpose purpose, orm__fetch fetch)
{
    return (orm__source){.sql = sql, .purpose = purpose, .fetch = fetch};
}
static inline orm__source orm__source_sent(orm__sent *sent)
{
    return (orm__source){.sent = sent, .purpose = sent->purpose};
}

/* Takes or starts it; `sent` is gone afterwards. On success its rows are stepped and it is finished, and in any case
 * told. */
orm_status orm__source_open(orm_connection *connection, orm__source *source);
void orm__source_tell(orm_connection *connection, orm__source *source, size_t rows, orm_status status);

#endif
