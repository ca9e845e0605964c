/* orm/error.h -- what a call answers, and the story behind a refusal.
 *
 * Every function that can fail returns an orm_status. The details stand in an orm_error: on the handle that failed
 * (orm_session_error, orm_connection_error), or in the caller's own where no handle exists yet. All of it is in arrays,
 * so that an error can be told when memory is gone.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ERROR_H
#define ORM_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define ORM_API __attribute__((visibility("default")))
#else
#define ORM_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* One row a status: name, number, text. Numbers are only ever appended. ORM_OK is 0, so `if (call)` reads "if it
 * failed". */
#define ORM_STATUSES(X) \
    X(OK, 0, "ok") \
    X(NOT_FOUND, 1, "no such row") /* an answer of _get and _one, not an error */ \
    X(DONE, 2, "no more rows")     /* end of a stream; a callback's wish to stop */ \
    X(TOO_MANY, 3, "more than one row") \
    X(INVALID, 4, "a value breaks a rule of its column") \
    X(CONSTRAINT, 5, "the database refused a row") \
    X(CONFLICT, 6, "two entities want one key or unique value") \
    X(STALE, 7, "a row is gone or was changed by another") \
    X(CYCLE, 8, "rows refer to each other in a circle that no order of writing can solve") \
    X(NOT_LOADED, 9, "the relation is not loaded, and the session may not load it") \
    X(ROLLBACK_FIRST, 10, "a statement failed: roll back first") \
    X(SERIALIZATION, 11, "serialization failure or deadlock: try the transaction again") \
    X(TIMEOUT, 12, "the time is over") \
    X(DISCONNECTED, 13, "the connection is lost") \
    X(IN_DOUBT, 14, "the connection was lost while a commit was unanswered") \
    X(UNSUPPORTED, 15, "this database cannot do that") \
    X(SCHEMA, 16, "the database's schema is not the one compiled in") \
    X(MISUSE, 17, "the call is wrong") \
    X(NO_MEMORY, 18, "out of memory") \
    X(DATABASE, 19, "the database reports an error") \
    X(CANCELLED, 20, "the fiber was cancelled") \
    X(AUTHENTICATION, 21, \
      "the server refuses the user: check name and password in the URL, and pg_hba.conf at the server") \
    X(TLS, 22, \
      "server and settings disagree about TLS: check sslmode, the certificates, and pg_hba.conf at the server") \
    X(TOO_MANY_CONNECTIONS, 23, \
      "the server has no place for another connection: lower pool_size and max_overflow, or raise its max_connections") \
    X(STARTING, 24, "the server is starting up or shutting down: try again in a moment") \
    X(NO_DATABASE, 25, "the server has no such database: create it, or correct its name in the URL") \
    X(READ_ONLY, 26, "the database takes no writes: look at its permissions and settings, or connect to the primary") \
    X(DISK_FULL, 27, "the disk of the database is full: make room there")

typedef enum orm_status {
#define ORM__STATUS(name, number, text) ORM_##name = number,
    ORM_STATUSES(ORM__STATUS)
#undef ORM__STATUS
} orm_status;

/* The story of a failure. Empty strings where there is nothing to tell; longer ones are cut, never overrun. */
typedef struct orm_error {
    orm_status status;
    char message[512];   /* for people: what, where, and what to do where that is known */
    char sqlstate[6];    /* five characters of the SQL standard; SQLite's refusals carry what PostgreSQL would give */
    char constraint[64]; /* name of the constraint that refused, where the database tells it */
    char table[64];
    char column[64];     /* of several columns the first */
    char statement[512]; /* the SQL that failed, without its parameters */
    int position;        /* of the character in it where the database found something wrong, from 1; 0: nobody knows */
} orm_error;

/* A borrowed constant text, "ORM_CONSTRAINT" for ORM_CONSTRAINT; never NULL, "unknown status" for other numbers. */
ORM_API const char *orm_status_name(orm_status status);
/* A borrowed constant sentence, never NULL. */
ORM_API const char *orm_status_text(orm_status status);

#ifdef __cplusplus
}
#endif
#endif
