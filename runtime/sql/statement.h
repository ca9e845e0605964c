/* sql/statement.h -- SQL under construction, and running it: text and parameters in, a prepared and cached statement
 * out.
 *
 * The text is put together in the connection's own buffer; the statement cache of the connection is keyed by it. One
 * statement runs at a time: start, step and read, finish. Putting the text together costs more than a get by key on
 * SQLite, so statements that come again and again are recalled by what they are made of.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_STATEMENT_H
#define ORM_SQL_STATEMENT_H

#include "sql/connection.h"

enum { ORM__INLINE_PARAMETERS = 32 };

/* SQL being put together. After the first failure every further call does nothing, and run tells it. */
typedef struct orm__sql {
    orm_connection *connection;
    orm__text *text;
    orm__text own;              /* the text, on a shared connection, whose buffer others use meanwhile */
    orm_status status;          /* the error stands in connection->error */
    bool last;                  /* COMMIT goes with it */
    bool selects;               /* a SELECT of rows that writes nothing: a cursor takes it */
    bool filters;               /* by conditions of the caller */
    bool sent;                  /* the database has seen it: hooks are told of it */
    const orm_model *model;     /* whose table it names first; NULL: none that is known */
    orm__known *known;          /* where it is remembered; NULL: nowhere */
    orm__statement *recalled;   /* found there: the text is not needed, nor the parameters' types */
    size_t tables;              /* named so far besides t0 */
    struct orm__groups *groups; /* of a query of groups; NULL: it is of rows */
    struct {
        orm__text text;      /* the same for a list of keys, on a shared connection; else empty */
        orm__parameter list; /* its parameter */
        size_t column;       /* of the key */
    } many;
    uint64_t signature; /* of SQL by hand: the types of its parameters, which the text does not tell; else 0 */
    size_t count, capacity;
    orm__parameter *parameters;
    orm_value *values;
    orm__parameter inline_parameters[ORM__INLINE_PARAMETERS];
    orm_value inline_values[ORM__INLINE_PARAMETERS];
} orm__sql;

/* Takes the connection's buffer; one orm__sql at a time, but on a shared connection. release frees what the
 * parameters needed. */
void orm__sql_init(orm__sql *sql, orm_connection *connection);
void orm__sql_release(orm__sql *sql);

/* Statements whose text follows from model, recipe and columns alone, parameters in the same order. Said right after
 * init; where the connection knows the statement the functions below take values and write no text. */
typedef enum orm__recipe {
    ORM__GET_BY_KEY = 1,
    ORM__INSERT_ONE,
    ORM__INSERT_UNSEEN,
    ORM__UPDATE_ONE,
    ORM__UPDATE_LAST
} orm__recipe;
void orm__sql_recall(orm__sql *sql, const orm_model *model, orm__recipe recipe, uint64_t columns);

void orm__sql_text(orm__sql *sql, const char *text);
void orm__sql_number(orm__sql *sql, size_t number);
/* "name", with quotes doubled inside. */
void orm__sql_identifier(orm__sql *sql, const char *name);
/* "schema"."name", or "name" alone when `schema` is NULL. */
void orm__sql_name(orm__sql *sql, const char *schema, const char *name);
/* 'text', with quotes doubled inside. */
void orm__sql_literal(orm__sql *sql, const char *text);
/* $3 or ?3, with the cast that PostgreSQL needs; `like` says what type it is declared as and what enum it is of. */
void orm__sql_parameter(orm__sql *sql, const orm_column *like, orm_value value);
/* The value of a parameter that the text names by itself, the next in order. */
void orm__sql_bind(orm__sql *sql, const orm_column *like, orm_value value);
/* The next in order, of a statement that was recalled: what the members of these columns hold. */
void orm__sql_members(orm__sql *sql, const orm_column *const *columns, size_t count, const void *row);
/* The next in order too, of SQL by hand: declared as what it is. */
void orm__sql_bind_open(orm__sql *sql, orm_value value);
/* A plain integer parameter; a value of a column, which may be sensitive. */
void orm__sql_integer(orm__sql *sql, int64_t value);
void orm__sql_integer_of(orm__sql *sql, const orm_column *column, int64_t value);
/* One array parameter, declared as a list of the type of `like`: $3::bigint[], or ?3 without a cast. What an array
 * column's list holds is text to PostgreSQL: $3::text[]. */
void orm__sql_list(orm__sql *sql, const orm_column *like, orm_value value);
/* Whether PostgreSQL is given the column's values, or the items of its arrays, as text. */
bool orm__sql_travels_as_text(const orm_column *column);
/* ::numeric and its like after a parameter that carries a value of `like` as text; nothing for other types. */
void orm__sql_cast(orm__sql *sql, const orm_column *like);
/* The same after an item of a list; also ::int4[] and its like, since arrays in lists are text. */
void orm__sql_cast_item(orm__sql *sql, const orm_column *like);
/* The type of a column as PostgreSQL calls it, [] behind it for an array. */
void orm__sql_type(orm__sql *sql, const orm_column *like);
/* ::text after a column of a type that can be read as text only. */
void orm__sql_cast_result(orm__sql *sql, const orm_column *column);
/* Records a failure of its own. */
void orm__sql_fail(orm__sql *sql, orm_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Of a text that is whole, and the types of what SQL by hand is given: what statements are known by. */
uint64_t orm__sql_hash(const orm__sql *sql);
/* Whether there is room for it, or it is there, among the statements of a connection that keeps all it has. Failures
 * are told when it is started. */
bool orm__statement_may_stay(orm__sql *sql);

/* Rows that are best read as one answer; of more, one at a time; and by a cursor. */
enum { ORM__FEW_ROWS = 300, ORM__MANY_ROWS = 2000 };
/* Microseconds that a row may take, of a filtered result that is read by a cursor the next time. Where the server
 * takes longer to find rows than they take on their way a cursor gains nothing, and it may lose: its plan is never a
 * parallel one. */
enum { ORM__SWIFT_ROW = 5 };

/* How to fetch what a limit bounds (0: nothing does). */
static inline orm__fetch orm__fetch_of(size_t limit)
{
    return limit > 0 && limit <= ORM__FEW_ROWS ? ORM__FETCH_WHOLE : ORM__FETCH_STREAM;
}

/* Nothing of the write comes behind this one, and nothing about its answer may have to be refused: COMMIT goes with
 * it where connection->commits says so. Then a success ends the transaction, and what fails on this side from here
 * on, or is not heard, is ORM_IN_DOUBT. */
void orm__sql_is_last(orm__sql *sql);

/* What a statement is, for hooks and errors. */
typedef struct orm__purpose {
    orm_statement_kind kind;
    const char *table;
} orm__purpose;

struct orm__statement {
    char *text;
    size_t length;
    uint64_t hash;
    orm__prepared *prepared;
    const orm_model *model;        /* of the table that it names first; NULL: none that is known */
    bool sensitive;                /* it has parameters that no message may show */
    size_t rows, last_rows;        /* that this run has given so far, and those of the last one */
    bool known;                    /* there was a last one */
    bool filters;                  /* rows may be left out that the server has to look at */
    bool swift;                    /* the rows of the last one were many, and came quickly: a cursor is for them */
    int64_t began;                 /* this run, in monotonic microseconds; 0: nobody wants to know */
    size_t waiting;                /* so often sent ahead, and to be taken: it stays */
    orm__statement *newer, *older; /* by last use */
};

/* The parts of start: whether all of it was put together, and the transaction takes statements; the statement of
 * that text. */
orm_status orm__statement_may_run(orm__sql *sql);
orm_status orm__statement_prepare(orm__sql *sql, orm__statement **statement);
/* Prepares `sql`, or finds it prepared, and runs it. On success the caller steps, reads and must finish. */
orm_status orm__statement_start(orm__sql *sql, orm__purpose purpose, orm__fetch fetch, orm__statement **statement);
/* The same statement again, with other values. */
orm_status orm__statement_restart(orm_connection *connection, orm__statement *statement, const orm_value *values);
orm_status orm__statement_step(orm_connection *connection, orm__statement *statement);
orm_status orm__statement_finish(orm_connection *connection, orm__statement *statement, size_t *rows);
/* Tells the hooks of it; whoever starts a statement tells, once for all its rows, whether it succeeded or not. Of
 * one that was refused before it was sent nothing is told. */
void orm__statement_tell(orm__sql *sql, orm__purpose purpose, size_t rows, orm_status status);
/* start, finish and tell, for a statement whose rows nobody reads. */
orm_status orm__statement_run(orm__sql *sql, orm__purpose purpose, size_t *rows);

/* Runs a COPY from lists. `rows` gets how many rows the database took. */
orm_status orm__statement_copy(orm__sql *sql, const orm_value *lists, size_t count, size_t *rows);

/* Runs a COPY by hand, in or out as `copying` says, and tells the hooks of it. */
orm_status orm__statement_copy_by_hand(orm__sql *sql, orm__copying *copying, size_t *rows);

/* How many rows it is likely to give, for what is sized ahead; 0: few, or nobody knows. */
size_t orm__statement_expects(const orm__statement *statement);

/* The members of a model, in the form that drivers read. */
typedef struct orm__columns {
    const orm_column **list;
    size_t count;
    const orm_column *inline_list[64];
} orm__columns;
orm_status orm__columns_of_model(orm_connection *connection, orm__columns *columns, const orm_model *model);
void orm__columns_release(orm__columns *columns);

void orm__statements_free(orm_connection *connection);

#endif
