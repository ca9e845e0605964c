/* driver.h -- what the runtime asks of a database: one small table of functions, filled by postgresql.c and sqlite.c.
 *
 * A link is one connection to a database and runs one statement at a time: start, step and read each row, finish.
 * Drivers know values and statements; nothing of models beyond the columns they fill, and nothing of transactions or
 * caches. Every function that fails fills `error` (status, message, SQLSTATE, constraint, table, column as far as the
 * database tells) and leaves the link ready for the next call, unless the status is ORM_DISCONNECTED, after which only
 * close is allowed.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_DRIVER_DRIVER_H
#define ORM_DRIVER_DRIVER_H

#include "base/arena.h"
#include "orm/engine.h"
#include "orm/model.h"

#include <stdatomic.h>

/* Memory that is used soon, in at most so many places. */
enum { ORM__SOON = 8 };
typedef struct orm__soon {
    size_t count;
    struct {
        const void *place;
        size_t size;
    } places[ORM__SOON];
} orm__soon;
static inline void orm__soon_add(orm__soon *soon, const void *place, size_t size)
{
    soon->places[soon->count].place = place;
    soon->places[soon->count++].size = size;
}

/* Both drivers' connections begin with this. */
typedef struct orm__link {
    const struct orm__driver *driver;
    size_t bytes;     /* of values sent and received since somebody set this to 0; SQLite's are not counted */
    int64_t deadline; /* microseconds of the monotonic clock for the waits of the calls to come; 0: none */
    int64_t waited;   /* microseconds that a link which many use stood still for the answer that is open */
    size_t detail;  /* where in the message of the last failure begins what the database tells of values; 0: nowhere */
    orm__soon soon; /* when the statement that starts next is answered, on a link that many wait at; start empties it */
    bool read_only; /* it was the server that refused the last write, not the will of the transaction */
    atomic_size_t *trips; /* counts how often something was sent and its answers awaited; NULL: nobody counts */
} orm__link;

typedef struct orm__prepared orm__prepared;
typedef struct orm__ahead orm__ahead;

/* Where the database is; made by engine/url.c, which owns all of it. */
typedef struct orm__address {
    orm_dialect dialect;
    const char *const *keywords, *const *values; /* PostgreSQL: libpq's, each ended by NULL */
    const char *file;                            /* SQLite: a file name or a file: URI */
    bool memory;                                 /* SQLite: a database in memory, where WAL means nothing */
    int connect_timeout;                         /* seconds; 0: none */
    int statement_timeout;                       /* milliseconds; 0: none */
    bool unprepared;                             /* PostgreSQL: nothing stays there between transactions */
} orm__address;

/* The declared type of a parameter. Values are encoded by it, not by their own type: an int32 comparison may declare
 * INT64. DECIMAL, INET, OTHER and ENUM travel to PostgreSQL as text, and the SQL casts them. A list is one array
 * parameter; a list of arrays travels to PostgreSQL as text[], each in the notation {...}, and the SQL casts it. */
typedef struct orm__parameter {
    orm_type type;
    bool list;      /* ORM_FORM_LIST or ORM_FORM_ROWS values */
    bool array;     /* the value, or each of the list, is an ORM_FORM_ARRAY of `type` */
    bool sensitive; /* its value appears in no log */
    bool open;      /* of SQL by hand: no cast in the SQL says what becomes of text; PostgreSQL's numeric and inet are
                       declared so, and of enums and others it finds out the type by itself */
} orm__parameter;

typedef enum orm__fetch {
    ORM__FETCH_WHOLE,  /* few rows: the whole answer at once */
    ORM__FETCH_STREAM, /* many, or nobody knows: a row at a time */
    ORM__FETCH_MANY    /* known to be many, of a SELECT that writes nothing: a batch at a time, the next on its way */
} orm__fetch;

/* How a control statement fared that went behind another. */
typedef enum orm__end {
    ORM__END_NOT_RUN, /* what went ahead of it was refused, or nothing was sent */
    ORM__END_UNKNOWN, /* it was sent, and its answer was not heard */
    ORM__END_REFUSED,
    ORM__END_DONE
} orm__end;

/* What a statement would return, as far as the database tells without running it. */
typedef struct orm__described {
    const char *name;           /* of the column in the result */
    const char *table, *column; /* where its value stands, as the database names it; NULL: somewhere else, or unknown */
    const char *type;           /* as pg_type.typname has it; NULL: unknown until it runs */
    bool nullable;              /* that column may be NULL, for all the database knows */
} orm__described;

typedef struct orm__description {
    orm__described *columns;
    size_t count;
} orm__description;

/* Where the bytes of a COPY by hand come from, or go to. */
typedef struct orm__copying {
    orm_status (*source)(const void **data, size_t *size, void *user);
    orm_status (*sink)(const void *data, size_t size, void *user);
    void *user;
    orm_status own; /* out: with what it ended when it was not the database that refused */
    bool stops;     /* what the sink does not take is not read: the database is asked to end it */
    bool stopped;   /* out: it did; an error to the transaction, and not told */
} orm__copying;

typedef struct orm__driver {
    orm_dialect dialect;
    const char *name; /* "postgresql", "sqlite" */

    /* Connects. `*link` is owned by the caller and NULL on failure. `waiter` is borrowed until close. */
    orm_status (*open)(const orm__address *address, const orm_waiter *waiter, orm__link **link, orm_error *error);
    void (*close)(orm__link *link);
    /* Whether an idle link still seems alive; costs no round trip. */
    bool (*usable)(orm__link *link);
    /* In a child of the process that made it: from now on nothing on it reaches the database, and its calls are
     * ORM_DISCONNECTED. */
    void (*abandon)(orm__link *link);
    /* Undoes what the holder has set on the server outside transactions, all but prepared statements. NULL: there is
     * nothing. */
    orm_status (*reset)(orm__link *link);

    /* A statement to be started many times. The SQL and the parameter types are copied. On PostgreSQL nothing is
     * sent before the first start, and a mistake in the SQL may be told only there. Owned: forget it. */
    orm_status (*prepare)(orm__link *link, const char *sql, const orm__parameter *parameters, size_t count,
                          orm__prepared **prepared, orm_error *error);
    void (*forget)(orm__link *link, orm__prepared *prepared);

    /* Prepares a statement that is not run, and describes it in the arena. `count` parameters. */
    orm_status (*describe)(orm__link *link, const char *sql, size_t count, orm__arena *arena,
                           orm__description *description, orm_error *error);

    /* Runs a statement of no parameters and no rows, of which the caller prepares none: BEGIN, COMMIT, DDL. */
    orm_status (*control)(orm__link *link, const char *sql, size_t *rows, orm_error *error);

    /* Runs a prepared statement. `before`, unless NULL, is a control statement that goes ahead of it in the same
     * trip; when that fails the statement is not run and the error is its. `values` are borrowed until finish. On
     * failure nothing is open. */
    orm_status (*start)(orm__link *link, const char *before, orm__prepared *prepared, const orm_value *values,
                        orm__fetch fetch, orm_error *error);
    /* The same, whole, and `after`, a control statement, behind it in the same trip, which is run unless the
     * statement was refused. Fails also when `after` does; `end` tells how it fared. NULL in SQLite's table. */
    orm_status (*start_last)(orm__link *link, const char *before, orm__prepared *prepared, const orm_value *values,
                             const char *after, orm__end *end, orm_error *error);
    /* Statements sent ahead, whose rows are wanted later: several in one trip, or one while its rows are not needed
     * yet. All of this is NULL in SQLite's table. `send` queues a statement, also while another is open whose rows
     * are all here; it goes out with `push`, or with whatever is sent or taken next. On failure it was not queued.
     * Owned: take or drop it. Until then the prepared statement may not be forgotten, unless it was dropped. */
    orm_status (*send)(orm__link *link, orm__prepared *prepared, const orm_value *values, orm__fetch fetch,
                       orm__ahead **ahead, orm_error *error);
    void (*push)(orm__link *link);
    /* Opens it, as start does: its rows are stepped and read, and it is finished. What was sent before it is kept
     * whole in memory until it is taken, as is everything when another statement is started. When one fails, those
     * pushed with it fail too. */
    orm_status (*take)(orm__link *link, orm__ahead *ahead, orm_error *error);
    void (*drop)(orm__link *link, orm__ahead *ahead);
    /* Reads all answers that are still to come; fails, once for each, when one that was not dropped has failed. */
    orm_status (*settle)(orm__link *link, orm_error *error);
    /* How many rows of the running statement are here, the next ones to be stepped to. */
    size_t (*rows_here)(orm__link *link);
    /* The next row: ORM_OK, ORM_DONE after the last, or a failure (finish is called all the same). */
    orm_status (*step)(orm__link *link, orm_error *error);
    /* Reads result columns first, first + 1, ... of the current row into the members that `columns` describe of the
     * struct `row`. Text, bytes and arrays are copied to the arena. A NULL for a column that is not nullable, or a
     * value that does not fit the column's type, is ORM_SCHEMA naming table and column. A list of two or more
     * columns, and what it leads to, stays as it is until finish. */
    orm_status (*read)(orm__link *link, const orm_column *const *columns, size_t count, size_t first, void *row,
                       orm__arena *arena, orm_error *error);
    /* Result column `index` of the current row as an integer: counts, ordinals, keys drawn. NULL is 0. */
    int64_t (*read_integer)(orm__link *link, size_t index);
    /* Whether result column `index` of the current row is NULL. */
    bool (*is_null)(orm__link *link, size_t index);
    /* How many columns the running statement returns. */
    size_t (*width)(orm__link *link);
    /* The name of such a column. Borrowed until the first step. */
    const char *(*column_name)(orm__link *link, size_t index);
    /* Ends the statement, reading what is left of it. `rows`, which may be NULL, gets how many rows an INSERT,
     * UPDATE or DELETE wrote. A failure that came after the rows is told here. */
    orm_status (*finish)(orm__link *link, size_t *rows, orm_error *error);

    /* Sets the open statement aside with the rows that it has still to give, so that others may run, and makes it
     * the open one again. NULL in PostgreSQL's table. */
    void (*suspend)(orm__link *link, orm__prepared *prepared);
    void (*resume)(orm__link *link, orm__prepared *prepared);

    /* Runs `COPY table (columns) FROM STDIN (FORMAT binary)` with an ORM_FORM_ROWS or ORM_FORM_LIST value for each
     * column, all of one length; `rows` gets how many the database took. Each is sent as its own type: the columns
     * must be of just these. NULL in SQLite's table. */
    orm_status (*copy)(orm__link *link, const char *sql, const orm_value *lists, size_t count, size_t *rows,
                       orm_error *error);

    /* COPY by hand, from a source or to a sink as orm_connection_copy_in and _out have them. `rows` gets how many
     * went. NULL in SQLite's table. */
    orm_status (*copy_in)(orm__link *link, const char *sql, orm__copying *copying, size_t *rows, orm_error *error);
    orm_status (*copy_out)(orm__link *link, const char *sql, orm__copying *copying, size_t *rows, orm_error *error);
    /* Makes of an idle link one that many fibers use at once: from now on `start` sends its statement together with
     * those of others, and stands still, by the waiter's self and wake, until its own answer has come; what follows
     * until finish must not wait. Only reads, outside transactions; control, describe and copy are ORM_MISUSE.
     * Afterwards `link->driver` is another table. NULL in SQLite's. */
    orm_status (*share)(orm__link *link, orm_error *error);
    /* Of a link that is shared; else NULL. `prepared` gets a row by one key, an integer or a uuid, and `many` gets
     * those of a list of keys, in the same columns, of which `column` is the key: from now on what is started in one
     * turn with ORM__FETCH_WHOLE, for one row each, goes as one statement, of at most `most` keys. */
    orm_status (*gather)(orm__link *link, orm__prepared *prepared, const char *many, const orm__parameter *list,
                         size_t column, size_t most, orm_error *error);

    /* The key that SQLite gave to the last row inserted. NULL in PostgreSQL's table. */
    int64_t (*last_key)(orm__link *link);
} orm__driver;

extern const orm__driver orm__driver_postgresql, orm__driver_sqlite;

#endif
