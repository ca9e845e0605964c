/* sql/connection.c -- opening, resetting and the transaction state of a connection.
 * SPDX-License-Identifier: MIT */
#include "sql/connection.h"

#include "base/error.h"
#include "driver/wait.h"
#include "sql/ahead.h"
#include "sql/cursor.h"
#include "sql/intake.h"
#include "sql/secret.h"
#include "sql/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_CACHE = 256, DEFAULT_GATHERED = 64 };

static bool must_roll_back_first(orm_connection *connection);
static orm_status roll_back_keeping(orm_connection *connection);
static orm_status end_transaction(orm_connection *connection, const char *sql);
static orm_status check_own(orm_connection *connection, const char *what);
static orm_status in_savepoint(orm_connection *connection, const char *what);
static orm_status savepoint(orm_connection *connection, const char *verb, unsigned number);

orm_status orm__connection_new(const orm__address *address, const orm_engine_options *options,
                               orm_connection **connection, orm_error *error)
{
    *connection = NULL;
    orm_connection *made = calloc(1, sizeof *made);
    if (!made)
        return orm__error_no_memory(error);
    made->driver = address->dialect == ORM_SQLITE ? &orm__driver_sqlite : &orm__driver_postgresql;
    made->dialect = address->dialect;
    made->memory = address->memory;
    made->hooks = options->hooks;
    orm__observe_init(&made->observation, options);
    made->isolation = options->isolation;
    made->reset = options->pool_reset;
    made->statements.limit = options->statement_cache_size ? options->statement_cache_size : DEFAULT_CACHE;
    orm_status status = made->driver->open(address, &options->waiter, &made->link, error);
    if (status) {
        free(made);
        return status;
    }
    status = options->tags ? orm__connection_tag(made, NULL) : ORM_OK;
    if (status) {
        orm__connection_free(made);
        return orm__error_no_memory(error);
    }
    *connection = made;
    return ORM_OK;
}

void orm__connection_free(orm_connection *connection)
{
    if (!connection)
        return;
    orm__walks_over(connection, 0, true);
    orm__sent_drop_all(connection);
    orm__statements_free(connection);
    if (connection->lag)
        connection->driver->forget(connection->link, connection->lag);
    connection->driver->close(connection->link);
    orm__text_release(&connection->sql);
    orm__text_release(&connection->comment);
    orm__observe_release(&connection->observation);
    orm__patterns_release(&connection->patterns);
    orm__intakes_free(connection->intakes);
    free(connection->sequences.items);
    free(connection->tables.items);
    free(connection);
}

orm_status orm__connection_greet(orm_connection *connection)
{
    const orm_hooks *hooks = &connection->hooks;
    if (!hooks->connect)
        return ORM_OK;
    ORM_TRY(hooks->connect(connection, hooks->user));
    orm__walks_over(connection, 0, true);
    orm_status status = orm__connection_rollback(connection);
    if (!status)
        orm__error_clear(&connection->error);
    return status;
}

/* All its statements stay: those whose answers are on their way must not be forgotten. Other reads than those by key
 * come here only while there is room (orm__statement_may_stay). */
orm_status orm__connection_share(orm_connection *connection, orm_error *error)
{
    if (!connection->driver->share)
        return orm__error_set(error, ORM_MISUSE, "connections to this database cannot be shared");
    ORM_TRY(connection->driver->share(connection->link, error));
    connection->driver = connection->link->driver;
    connection->shared = true;
    int wanted = connection->observation.options->gather_size;
    connection->gathers = wanted < 0 ? 0 : wanted > 0 ? (size_t)wanted : DEFAULT_GATHERED;
    return ORM_OK;
}

void orm__connection_shield(const orm_connection *connection, bool on)
{
    orm__shield(&connection->observation.options->waiter, on);
}

bool orm__connection_reset(orm_connection *connection)
{
    orm__connection_shield(connection, true);
    orm__rows_end(connection);
    orm__walks_over(connection, 0, true);
    if (orm__connection_rollback(connection))
        connection->broken = true; /* nobody knows what it is in */
    orm__sent_drop_all(connection);
    orm__error_clear(&connection->error);
    connection->session = NULL;
    if (connection->tagged)
        connection->broken |= orm__connection_tag(connection, NULL) != ORM_OK;
    connection->tagged = false;
    if (connection->reset == ORM_RESET_ALL && connection->driver->reset && !connection->broken)
        connection->broken = connection->driver->reset(connection->link) != ORM_OK;
    orm__connection_shield(connection, false);
    return !connection->broken && !connection->unwanted;
}

bool orm__connection_ping(orm_connection *connection)
{
    return connection->dialect == ORM_SQLITE ||
           connection->driver->control(connection->link, "", NULL, &connection->error) == ORM_OK;
}

void orm__connection_abandon(orm_connection *connection)
{
    connection->broken = true;
    connection->driver->abandon(connection->link);
}

bool orm__connection_usable(orm_connection *connection)
{
    return !connection->broken && connection->driver->usable(connection->link);
}

const orm_error *orm_connection_error(const orm_connection *connection)
{
    return &connection->error;
}

orm_status orm_connection_begin(orm_connection *connection)
{
    return orm_connection_begin_isolated(connection, connection->isolation);
}

orm_status orm_connection_begin_isolated(orm_connection *connection, orm_isolation isolation)
{
    ORM_TRY(check_own(connection, "begin"));
    if ((unsigned)isolation > ORM_SERIALIZABLE)
        return orm__error_set(&connection->error, ORM_MISUSE, "there is no isolation level %d", (int)isolation);
    if (connection->transaction == ORM__WRITING)
        return orm__error_set(&connection->error, ORM_MISUSE, "a transaction is already open on this connection");
    ORM_TRY(orm__connection_is_free(connection));
    ORM_TRY(orm__connection_rollback(connection));
    return orm__connection_begin(connection, orm__begin_text(connection, isolation, false));
}

/* Of a session's connection the session must know where its transaction begins and ends. */
static orm_status check_own(orm_connection *connection, const char *what)
{
    if (!connection->session)
        return ORM_OK;
    return orm__error_set(&connection->error, ORM_MISUSE, "%s on the connection of a session: use orm_session_%s", what,
                          what);
}

orm_status orm__connection_is_free(orm_connection *connection)
{
    if (!connection->rows)
        return ORM_OK;
    return orm__error_set(&connection->error, ORM_MISUSE,
                          "the rows of another statement are open on this connection: read all of them, or close them");
}

const char *orm__begin_text(const orm_connection *connection, orm_isolation isolation, bool read_only)
{
    static const char *const texts[][2] = {
        [ORM_ISOLATION_DEFAULT] = {"BEGIN", "BEGIN READ ONLY"},
        [ORM_READ_COMMITTED] = {"BEGIN ISOLATION LEVEL READ COMMITTED",
                                "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"},
        [ORM_REPEATABLE_READ] = {"BEGIN ISOLATION LEVEL REPEATABLE READ",
                                 "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
        [ORM_SERIALIZABLE] = {"BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY"},
    };
    return connection->dialect == ORM_SQLITE ? "BEGIN IMMEDIATE" : texts[isolation][read_only];
}

orm_status orm__connection_begin(orm_connection *connection, const char *begin)
{
    if (connection->dialect == ORM_SQLITE)
        ORM_TRY(orm__connection_control(connection, ORM_STATEMENT_TRANSACTION, begin, NULL));
    else
        connection->begin = begin;
    connection->transaction = ORM__WRITING;
    return ORM_OK;
}

orm_status orm__connection_prepare_write(orm_connection *connection)
{
    if (connection->transaction != ORM__READING)
        return ORM_OK;
    ORM_TRY(orm__connection_is_free(connection));
    ORM_TRY(end_transaction(connection, "COMMIT"));
    return orm__connection_begin(connection, "BEGIN IMMEDIATE");
}

orm_status orm_connection_commit(orm_connection *connection)
{
    ORM_TRY(check_own(connection, "commit"));
    return orm__connection_commit(connection);
}

orm_status orm__connection_commit(orm_connection *connection)
{
    ORM_TRY(orm__connection_is_free(connection));
    if (must_roll_back_first(connection))
        return ORM_ROLLBACK_FIRST;
    bool was_broken = connection->broken;
    orm_status status = end_transaction(connection, "COMMIT");
    bool given_up = status == ORM_DISCONNECTED || status == ORM_TIMEOUT || status == ORM_CANCELLED;
    bool unanswered = !was_broken && given_up && connection->broken;
    if (unanswered) {
        orm__observe_lost(connection, ORM_IN_DOUBT);
        return orm__error_set(&connection->error, ORM_IN_DOUBT,
                              "the connection was lost while COMMIT was unanswered: %s", connection->error.message);
    }
    bool unheard = status == ORM_NO_MEMORY && connection->dialect == ORM_POSTGRESQL;
    if (status) {
        connection->transaction = ORM__WRITING; /* SQLite keeps it open */
        orm__connection_shield(connection, true);
        if (orm__connection_rollback(connection))
            connection->broken = true; /* nobody knows what it is in */
        orm__connection_shield(connection, false);
    }
    if (unheard)
        return orm__error_set(&connection->error, ORM_IN_DOUBT, "out of memory while COMMIT was unanswered");
    return status;
}

orm_status orm_connection_rollback(orm_connection *connection)
{
    ORM_TRY(check_own(connection, "rollback"));
    return orm__connection_rollback(connection);
}

orm_status orm__connection_rollback(orm_connection *connection)
{
    orm__rows_end(connection);
    if (connection->transaction == ORM__NO_TRANSACTION) {
        connection->failed = false;
        return ORM_OK;
    }
    orm_status status = connection->error.status ? roll_back_keeping(connection)
                                                 : end_transaction(connection, "ROLLBACK");
    bool open = status && status != ORM_DISCONNECTED && !connection->broken;
    connection->transaction = open ? ORM__WRITING : ORM__NO_TRANSACTION; /* it was refused for want of memory: again */
    connection->failed = open;
    return status == ORM_DISCONNECTED ? ORM_OK : status; /* the server has rolled back by itself */
}

/* What failed before stays told. */
static orm_status roll_back_keeping(orm_connection *connection)
{
    const orm_error kept = connection->error;
    orm_status status = end_transaction(connection, "ROLLBACK");
    if (!status)
        connection->error = kept;
    return status;
}

/* After it no transaction is open, unless SQLite refused a COMMIT. */
static orm_status end_transaction(orm_connection *connection, const char *sql)
{
    bool begun = connection->transaction != ORM__NO_TRANSACTION && !connection->begin;
    orm__walks_over(connection, 0, false);
    connection->transaction = ORM__NO_TRANSACTION;
    connection->begin = NULL;
    connection->savepoints = 0;
    if (!begun || connection->broken) {
        orm__sent_drop_all(connection);
        bool lost = begun && connection->broken;
        orm__observe_lost(connection, ORM_DISCONNECTED);
        connection->failed = false;
        return lost ? orm__error_set(&connection->error, ORM_DISCONNECTED, "the connection is lost") : ORM_OK;
    }
    orm_status status = orm__connection_control(connection, ORM_STATEMENT_TRANSACTION, sql, NULL);
    orm__sent_drop_all(connection);
    connection->failed = false;
    return status;
}

static bool must_roll_back_first(orm_connection *connection)
{
    if (connection->failed)
        orm__error_set(&connection->error, ORM_ROLLBACK_FIRST,
                       "a statement of this transaction failed: roll back first");
    return connection->failed;
}

/* --- savepoints --- */

orm_status orm_connection_begin_nested(orm_connection *connection)
{
    ORM_TRY(check_own(connection, "begin_nested"));
    if (must_roll_back_first(connection))
        return ORM_ROLLBACK_FIRST;
    if (connection->transaction != ORM__WRITING)
        return orm__error_set(&connection->error, ORM_MISUSE, "a savepoint needs a transaction: begin one");
    ORM_TRY(savepoint(connection, "SAVEPOINT", connection->savepoints + 1));
    connection->savepoints++;
    return ORM_OK;
}

orm_status orm_connection_commit_nested(orm_connection *connection)
{
    ORM_TRY(in_savepoint(connection, "commit_nested"));
    if (must_roll_back_first(connection))
        return ORM_ROLLBACK_FIRST;
    ORM_TRY(savepoint(connection, "RELEASE SAVEPOINT", connection->savepoints));
    connection->savepoints--;
    return ORM_OK;
}

orm_status orm_connection_rollback_nested(orm_connection *connection)
{
    ORM_TRY(in_savepoint(connection, "rollback_nested"));
    orm__rows_end(connection);
    orm__walks_over(connection, connection->savepoints, false);
    ORM_TRY(savepoint(connection, "ROLLBACK TO SAVEPOINT", connection->savepoints));
    connection->failed = false;
    ORM_TRY(savepoint(connection, "RELEASE SAVEPOINT", connection->savepoints));
    connection->savepoints--;
    return ORM_OK;
}

static orm_status in_savepoint(orm_connection *connection, const char *what)
{
    ORM_TRY(check_own(connection, what));
    return connection->savepoints > 0
               ? ORM_OK
               : orm__error_set(&connection->error, ORM_MISUSE, "%s: no savepoint is open", what);
}

static orm_status savepoint(orm_connection *connection, const char *verb, unsigned number)
{
    char sql[64];
    snprintf(sql, sizeof sql, "%s orm_%u", verb, number);
    return orm__connection_control(connection, ORM_STATEMENT_TRANSACTION, sql, NULL);
}

orm_status orm__connection_run(orm_connection *connection, const char *sql, size_t *rows)
{
    if (must_roll_back_first(connection))
        return ORM_ROLLBACK_FIRST;
    return orm__connection_control(connection, ORM_STATEMENT_OTHER, sql, rows);
}

orm_status orm__connection_control(orm_connection *connection, orm_statement_kind kind, const char *sql, size_t *rows)
{
    const char *begin = connection->begin;
    size_t count = 0;
    ORM_TRY(orm__connection_is_free(connection));
    if (strncmp(sql, "ROLLBACK", strlen("ROLLBACK")) != 0) /* which is the way out of any failure */
        ORM_TRY(orm__sent_heed(connection));
    if (begin) {
        connection->begin = NULL;
        ORM_TRY(orm__connection_control(connection, ORM_STATEMENT_TRANSACTION, begin, NULL));
    }
    orm__observe_start(&connection->observation, false);
    orm_status status = connection->driver->control(connection->link, sql, &count, &connection->error);
    if (status)
        orm__secret_hide(connection, NULL, false);
    orm__connection_tell(connection, kind, sql, "", count, status);
    if (rows)
        *rows = count;
    return status ? orm__connection_failed(connection) : ORM_OK;
}

void orm__connection_tell_begin(orm_connection *connection, const char *begin, orm_status status)
{
    const orm__observation kept = orm__observe_hold(&connection->observation);
    orm__connection_tell(connection, ORM_STATEMENT_TRANSACTION, begin, "", 0,
                         status == ORM_DISCONNECTED ? status : ORM_OK);
    connection->observation = kept;
}

void orm__connection_tell_ride(orm_connection *connection, orm_status status)
{
    if (connection->rode)
        orm__connection_tell(connection, ORM_STATEMENT_TRANSACTION, "COMMIT", "", 0, status);
    connection->rode = false;
}

orm_status orm__connection_failed(orm_connection *connection)
{
    orm_status status = connection->error.status;
    bool given_up = status == ORM_TIMEOUT || status == ORM_CANCELLED || status == ORM_NO_MEMORY;
    if (status == ORM_DISCONNECTED || (given_up && !connection->driver->usable(connection->link)))
        connection->broken = true;
    connection->unwanted |= status == ORM_READ_ONLY && connection->link->read_only;
    if (connection->transaction != ORM__NO_TRANSACTION)
        connection->failed = true;
    return status;
}

void orm__connection_tell(orm_connection *connection, orm_statement_kind kind, const char *sql, const char *table,
                          size_t rows, orm_status status)
{
    size_t bytes = connection->link->bytes;
    if (kind != ORM_STATEMENT_TRANSACTION)
        connection->link->bytes = 0;
    if (connection->observation.wanted)
        orm__observe_end(&connection->observation, connection,
                         &(orm_statement_event){.kind = kind,
                                                .sql = sql,
                                                .table = table,
                                                .rows = rows,
                                                .bytes = kind == ORM_STATEMENT_TRANSACTION ? 0 : bytes,
                                                .status = status,
                                                .error = status ? &connection->error : NULL});
    ORM__PROBE(statement, sql && *sql ? sql : connection->text, table, rows,
               status); /* one recalled has no text here */
}
