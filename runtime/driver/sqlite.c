/* driver/sqlite.c -- the driver of SQLite: connections, and running statements on them.
 *
 * What values look like in the database is in sqlite_values.c, lists as parameters in sqlite_rows.c, refusals in
 * sqlite_error.c. No other file than these knows sqlite3.h.
 * SPDX-License-Identifier: MIT */
#include "driver/driver.h"

#include "base/error.h"
#include "driver/sqlite_error.h"
#include "driver/sqlite_functions.h"
#include "driver/sqlite_rows.h"
#include "driver/sqlite_values.h"
#include "driver/wait.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BUSY_SECONDS = 5, LEAST_SLEEP = 100, MOST_SLEEP = 1600 /* microseconds */ };
enum { STEPS_PER_TURN = 10000 /* of SQLite's machine: a fraction of a millisecond */, AT_ONCE = 1 };

/* Statements of transactions come so often that they are kept prepared. */
static const char *const kept_texts[] = {"BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"};
enum { KEPT = sizeof kept_texts / sizeof *kept_texts };

typedef struct sqlite_link {
    orm__link base;
    sqlite3 *database;
    const orm_waiter *waiter; /* NULL: a thread that waits sleeps */
    int64_t busy_until;       /* of the wait for a lock that is going on */
    int64_t timeout;          /* microseconds for a statement; 0: any time */
    int64_t stop_at;          /* when the one that runs is interrupted; 0: never */
    uint64_t random;
    orm__prepared *running; /* NULL between statements */
    int code;               /* of the last step of it */
    bool pending;           /* that step's result was not asked for yet */
    bool abandoned;         /* after a fork: its locks are the parent's */
    int64_t changes;        /* ever made on this connection, before it */
    orm__sqlite_lists lists;
    sqlite3_stmt *kept[KEPT]; /* NULL until first used */
} sqlite_link;

struct orm__prepared {
    sqlite3_stmt *statement;
    bool writes;
    int code; /* while it is set aside: the link's own two */
    bool pending;
    size_t count;
    orm__sqlite_parameter parameters[];
};

static void close_link(orm__link *base);
static orm_status configure(sqlite_link *l, const orm__address *address, orm_error *error);
static orm_status set_up(sqlite_link *l, orm_error *error);
static void use_wal(sqlite_link *l);
static void cannot_open(sqlite_link *l, const char *file, const orm_error *reason, orm_error *error);
static int wait_busy(void *user, int tries);
static int look_around(void *user);
static bool delay(sqlite_link *l, int64_t deadline);
static void start_clock(sqlite_link *l);
static orm_status is_own(const sqlite_link *l, orm_error *error);
static uint64_t next_random(sqlite_link *l);
static orm_status prepare_statement(sqlite_link *l, const char *sql, unsigned flags, sqlite3_stmt **statement,
                                    const char **rest, orm_error *error);
static bool says_nothing(sqlite_link *l, const char *sql);
static orm_status control(orm__link *base, const char *sql, size_t *rows, orm_error *error);
static orm_status run_kept(sqlite_link *l, size_t which, orm_error *error);
static orm_status bind_all(sqlite_link *l, orm__prepared *prepared, const orm_value *values, orm_error *error);
static orm_status bind_list(sqlite_link *l, orm__prepared *prepared, size_t index, const orm_value *value,
                            orm_error *error);
static void forget(orm__link *base, orm__prepared *prepared);
static bool describe_column(sqlite3_stmt *statement, int index, orm__arena *arena, orm__described *column);
static orm_status bind_whole(sqlite_link *l, orm__prepared *prepared, size_t index, const orm_value *value,
                             orm_error *error);
static inline bool bind_plain(sqlite3_stmt *statement, int index, const orm__parameter *declared,
                              const orm_value *value, int *code);
static int bind_stored(sqlite3_stmt *statement, int index, const orm__sqlite_stored *stored, char *place);
static orm_status blame_parameter(sqlite3_stmt *statement, size_t index, const orm_error *reason, orm_error *error);
static orm_status advance(sqlite_link *l, orm_error *error);
static orm_status failed(sqlite_link *l, sqlite3_stmt *statement, orm_error *error);
static void stop(sqlite_link *l);
static void leave(sqlite_link *l);
static void make_running(sqlite_link *l, orm__prepared *prepared);

static orm_status open_link(const orm__address *address, const orm_waiter *waiter, orm__link **link, orm_error *error)
{
    *link = NULL;
    sqlite_link *l = calloc(1, sizeof *l);
    if (!l)
        return orm__error_no_memory(error);
    l->base.driver = &orm__driver_sqlite;
    l->waiter = waiter && waiter->wait ? waiter : NULL;
    l->base.deadline = address->connect_timeout > 0 ? orm__deadline_in(address->connect_timeout) : 0;
    l->random = (uint64_t)(uintptr_t)l ^ (uint64_t)orm__deadline_in(0);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    orm_error reason;
    orm_status status = sqlite3_open_v2(address->file, &l->database, flags, NULL)
                            ? orm__sqlite_error(l->database, NULL, &reason)
                            : configure(l, address, &reason);
    if (status) {
        cannot_open(l, address->file, &reason, error);
        close_link(&l->base);
        return status;
    }
    l->base.deadline = 0;
    *link = &l->base;
    return ORM_OK;
}

static void close_link(orm__link *base)
{
    sqlite_link *l = (sqlite_link *)base;
    if (!l)
        return;
    for (size_t i = 0; i < KEPT; i++)
        sqlite3_finalize(l->kept[i]);
    sqlite3_close_v2(l->database);
    free(l);
}

static orm_status configure(sqlite_link *l, const orm__address *address, orm_error *error)
{
    sqlite3_extended_result_codes(l->database, 1);
    sqlite3_busy_handler(l->database, wait_busy, l);
    l->timeout = (int64_t)address->statement_timeout * 1000;
    if (l->timeout || (l->waiter && l->waiter->self))
        sqlite3_progress_handler(l->database, STEPS_PER_TURN, look_around, l);
    sqlite3_db_config(l->database, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL); /* "nme" is a mistake, not a text */
    sqlite3_db_config(l->database, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)NULL);
    ORM_TRY(set_up(l, error));
    if (!address->memory)
        use_wal(l);
    return ORM_OK;
}

/* Asking for the schema's version reads the file, so that what is no database is told here. */
static orm_status set_up(sqlite_link *l, orm_error *error)
{
    static const char settings[] = "PRAGMA schema_version; PRAGMA foreign_keys=ON; PRAGMA case_sensitive_like=ON; "
                                   "PRAGMA recursive_triggers=OFF";
    if (orm__sqlite_functions_register(l->database) || orm__sqlite_rows_register(l->database, &l->lists))
        return orm__sqlite_error(l->database, NULL, error);
    return control(&l->base, settings, NULL, error);
}

/* "Unable to open database file" alone does not say why; the system does. */
static void cannot_open(sqlite_link *l, const char *file, const orm_error *reason, orm_error *error)
{
    char system[128] = "";
    int code = sqlite3_errcode(l->database) & 0xff, number = l->database ? sqlite3_system_errno(l->database) : 0;
    if ((code != SQLITE_CANTOPEN && code != SQLITE_IOERR) || !number || strerror_r(number, system, sizeof system) != 0)
        system[0] = '\0';
    orm__error_set(error, reason->status, "cannot open the SQLite database '%s': %s%s%s", file, reason->message,
                   system[0] ? ": " : "", system);
    if (error)
        ORM__ERROR_COPY(error->sqlstate, reason->sqlstate);
}

/* Where it cannot be had, as on a medium that is read-only, the old journal does as well. Others that open the file
 * at the same moment may be in the way, without SQLite calling the busy handler. */
static void use_wal(sqlite_link *l)
{
    sqlite3_stmt *statement;
    for (int tries = 0;; tries++) {
        if (sqlite3_prepare_v2(l->database, "PRAGMA journal_mode=WAL", -1, &statement, NULL))
            return;
        int code = sqlite3_step(statement);
        const char *mode = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
        bool wal = mode && strcmp(mode, "wal") == 0;
        sqlite3_finalize(statement);
        if (wal)
            sqlite3_exec(l->database, "PRAGMA synchronous=NORMAL", NULL, NULL, NULL);
        if ((code & 0xff) != SQLITE_BUSY || !wait_busy(l, tries))
            return;
    }
}

/* Sleeps for a short random time, so that those who wait do not meet again; 0 when the time is over. */
static int wait_busy(void *user, int tries)
{
    sqlite_link *l = user;
    if (tries == 0)
        l->busy_until = l->base.deadline ? l->base.deadline : l->stop_at ? l->stop_at : orm__deadline_in(BUSY_SECONDS);
    int64_t left = l->busy_until - orm__deadline_in(0);
    if (left <= 0)
        return 0;
    int64_t sleep = LEAST_SLEEP + (int64_t)(next_random(l) % (MOST_SLEEP - LEAST_SLEEP + 1));
    sleep = sleep < left ? sleep : left;
    if (l->waiter)
        return delay(l, orm__deadline_in(0) + sleep);
    nanosleep(&(struct timespec){.tv_nsec = (long)sleep * 1000}, NULL);
    return 1;
}

/* Not 0: the statement is interrupted, because it is late, or because the waiter gives up. */
static int look_around(void *user)
{
    sqlite_link *l = user;
    if (l->stop_at && orm__deadline_in(0) >= l->stop_at)
        return 1;
    return l->waiter && l->waiter->self && !delay(l, AT_ONCE);
}

/* Through the waiter. False when that gives up, and then its status is that of the statement. */
static bool delay(sqlite_link *l, int64_t deadline)
{
    orm_status status = l->waiter->wait(NULL, -1, 0, deadline, l->waiter->user);
    if (!status || status == ORM_TIMEOUT)
        return true;
    orm__error_set(&l->lists.failure, status, "the statement was given up: %s", orm_status_text(status));
    return false;
}

static void start_clock(sqlite_link *l)
{
    l->stop_at = l->timeout ? orm__deadline_in(0) + l->timeout : 0;
}

static uint64_t next_random(sqlite_link *l)
{
    l->random = l->random * 6364136223846793005u + 1442695040888963407u;
    return l->random >> 33;
}

static bool usable(orm__link *base)
{
    return !((sqlite_link *)base)->abandoned;
}

static void abandon(orm__link *base)
{
    ((sqlite_link *)base)->abandoned = true;
}

static orm_status is_own(const sqlite_link *l, orm_error *error)
{
    return l->abandoned ? orm__error_set(error, ORM_DISCONNECTED, "the connection is that of the parent process")
                        : ORM_OK;
}

static orm_status prepare(orm__link *base, const char *sql, const orm__parameter *parameters, size_t count,
                          orm__prepared **prepared, orm_error *error)
{
    sqlite_link *l = (sqlite_link *)base;
    const char *rest;
    sqlite3_stmt *statement;
    *prepared = NULL;
    ORM_TRY(is_own(l, error));
    ORM_TRY(prepare_statement(l, sql, SQLITE_PREPARE_PERSISTENT, &statement, &rest, error));
    orm__prepared *made = NULL;
    orm_status status = ORM_OK;
    if (!statement || !says_nothing(l, rest))
        status = orm__error_set(error, ORM_MISUSE, "one statement is prepared at a time: %.300s", sql);
    else if ((size_t)sqlite3_bind_parameter_count(statement) != count)
        status = orm__error_set(error, ORM_MISUSE, "%zu parameters are declared for a statement that has %d: %.300s",
                                count, sqlite3_bind_parameter_count(statement), sql);
    else if ((made = malloc(sizeof *made + count * sizeof *made->parameters)) == NULL)
        status = orm__error_no_memory(error);
    if (status) {
        sqlite3_finalize(statement);
        return status;
    }
    *made = (orm__prepared){.statement = statement, .writes = !sqlite3_stmt_readonly(statement), .count = count};
    for (size_t i = 0; i < count; i++)
        made->parameters[i] = (orm__sqlite_parameter){.declared = parameters[i]};
    *prepared = made;
    return ORM_OK;
}

static orm_status prepare_statement(sqlite_link *l, const char *sql, unsigned flags, sqlite3_stmt **statement,
                                    const char **rest, orm_error *error)
{
    int code = sqlite3_prepare_v3(l->database, sql, -1, flags, statement, rest);
    return code ? orm__sqlite_error(l->database, sql, error) : ORM_OK;
}

static orm_status describe(orm__link *base, const char *sql, size_t count, orm__arena *arena,
                           orm__description *description, orm_error *error)
{
    orm__prepared *prepared;
    orm__parameter *parameters = orm__arena_zalloc(arena, count, sizeof *parameters);
    *description = (orm__description){0};
    if (!parameters)
        return orm__error_no_memory(error);
    ORM_TRY(prepare(base, sql, parameters, count, &prepared, error));
    description->count = (size_t)sqlite3_column_count(prepared->statement);
    description->columns = orm__arena_zalloc(arena, description->count, sizeof *description->columns);
    bool done = description->columns != NULL;
    for (size_t i = 0; done && i < description->count; i++)
        done = describe_column(prepared->statement, (int)i, arena, &description->columns[i]);
    forget(base, prepared);
    return done ? ORM_OK : orm__error_no_memory(error);
}

static bool describe_column(sqlite3_stmt *statement, int index, orm__arena *arena, orm__described *column)
{
    const char *name = sqlite3_column_name(statement, index);
    const char *table = sqlite3_column_table_name(statement, index);
    const char *origin = sqlite3_column_origin_name(statement, index);
    column->name = name ? orm__arena_strdup(arena, name) : NULL;
    if (table && origin) {
        column->table = orm__arena_strdup(arena, table);
        column->column = orm__arena_strdup(arena, origin);
    }
    return column->name && !table == !column->table && (!table || column->column);
}

/* Blanks, semicolons and comments. */
static bool says_nothing(sqlite_link *l, const char *sql)
{
    while (*sql) {
        sqlite3_stmt *statement;
        int code = sqlite3_prepare_v2(l->database, sql, -1, &statement, &sql);
        sqlite3_finalize(statement);
        if (code || statement)
            return false;
    }
    return true;
}

static void forget(orm__link *base, orm__prepared *prepared)
{
    sqlite_link *l = (sqlite_link *)base;
    if (!prepared)
        return;
    if (l->running == prepared)
        stop(l);
    sqlite3_finalize(prepared->statement);
    free(prepared);
}

/* SQLite has rolled back by itself after some errors, a full disk for one; a ROLLBACK has then nothing to do. */
static orm_status control(orm__link *base, const char *sql, size_t *rows, orm_error *error)
{
    sqlite_link *l = (sqlite_link *)base;
    if (rows)
        *rows = 0;
    ORM_TRY(is_own(l, error));
    if (strcmp(sql, "ROLLBACK") == 0 && sqlite3_get_autocommit(l->database))
        return ORM_OK;
    start_clock(l);
    for (size_t i = 0; i < KEPT; i++)
        if (strcmp(sql, kept_texts[i]) == 0)
            return run_kept(l, i, error);
    while (*sql) {
        sqlite3_stmt *statement;
        int64_t before = sqlite3_total_changes64(l->database);
        ORM_TRY(prepare_statement(l, sql, 0, &statement, &sql, error));
        int code = SQLITE_DONE;
        while (statement && (code = sqlite3_step(statement)) == SQLITE_ROW)
            ;
        orm_status status = code == SQLITE_DONE ? ORM_OK : failed(l, statement, error);
        sqlite3_finalize(statement);
        if (status)
            return status;
        if (rows && statement)
            *rows = sqlite3_total_changes64(l->database) != before ? (size_t)sqlite3_changes64(l->database) : 0;
    }
    return ORM_OK;
}

static orm_status run_kept(sqlite_link *l, size_t which, orm_error *error)
{
    const char *rest;
    if (!l->kept[which])
        ORM_TRY(prepare_statement(l, kept_texts[which], SQLITE_PREPARE_PERSISTENT, &l->kept[which], &rest, error));
    int code = sqlite3_step(l->kept[which]);
    orm_status status = code == SQLITE_DONE ? ORM_OK : failed(l, l->kept[which], error);
    sqlite3_reset(l->kept[which]);
    return status;
}

static orm_status start(orm__link *base, const char *before, orm__prepared *prepared, const orm_value *values,
                        orm__fetch fetch, orm_error *error)
{
    sqlite_link *l = (sqlite_link *)base;
    (void)fetch; /* rows are always taken one at a time */
    if (l->running)
        return orm__error_set(error, ORM_MISUSE, "a statement is still running on this connection");
    if (before)
        ORM_TRY(control(base, before, NULL, error));
    start_clock(l);
    ORM_TRY(bind_all(l, prepared, values, error));
    make_running(l, prepared);
    l->changes = sqlite3_total_changes64(l->database);
    orm_status status = advance(l, error);
    l->pending = true;
    if (status)
        stop(l);
    return status;
}

static void make_running(sqlite_link *l, orm__prepared *prepared)
{
    l->running = prepared;
    l->lists.parameters = prepared->parameters;
    l->lists.count = prepared->count;
}

static orm_status bind_all(sqlite_link *l, orm__prepared *prepared, const orm_value *values, orm_error *error)
{
    for (size_t i = 0; i < prepared->count; i++) {
        const orm__parameter *declared = &prepared->parameters[i].declared;
        int code = SQLITE_OK;
        if (declared->list)
            ORM_TRY(bind_list(l, prepared, i, &values[i], error));
        else if (!bind_plain(prepared->statement, (int)i + 1, declared, &values[i], &code))
            ORM_TRY(bind_whole(l, prepared, i, &values[i], error));
        if (code)
            return failed(l, prepared->statement, error);
    }
    return ORM_OK;
}

static orm_status bind_list(sqlite_link *l, orm__prepared *prepared, size_t index, const orm_value *value,
                            orm_error *error)
{
    if (value->form != ORM_FORM_LIST && value->form != ORM_FORM_ROWS)
        return orm__error_set(error, ORM_MISUSE, "parameter %zu is declared as a list and is none", index + 1);
    orm__sqlite_parameter *parameter = &prepared->parameters[index];
    orm__sqlite_source_init(&parameter->source, &parameter->declared, value);
    int code = sqlite3_bind_int64(prepared->statement, (int)index + 1, (sqlite3_int64)index + 1);
    return code ? failed(l, prepared->statement, error) : ORM_OK;
}

/* A value of the declared type that is stored as it is. False: it has to be looked at whole. */
static inline bool bind_plain(sqlite3_stmt *statement, int index, const orm__parameter *declared,
                              const orm_value *value, int *code)
{
    if (value->form == ORM_FORM_NULL) {
        *code = sqlite3_bind_null(statement, index);
        return true;
    }
    if (value->form != ORM_FORM_ONE || value->type != declared->type || declared->array)
        return false;
    switch (value->type) {
    case ORM_TYPE_BOOL:
        *code = sqlite3_bind_int64(statement, index, value->as.boolean);
        return true;
    case ORM_TYPE_INT16:
    case ORM_TYPE_INT32:
    case ORM_TYPE_INT64:
        *code = sqlite3_bind_int64(statement, index, value->as.integer);
        return true;
    case ORM_TYPE_TEXT:
        if (!value->as.text)
            return false;
        *code = sqlite3_bind_text64(statement, index, value->as.text, strlen(value->as.text), SQLITE_STATIC,
                                    SQLITE_UTF8);
        return true;
    default:
        return false;
    }
}

static orm_status bind_whole(sqlite_link *l, orm__prepared *prepared, size_t index, const orm_value *value,
                             orm_error *error)
{
    orm__sqlite_parameter *parameter = &prepared->parameters[index];
    orm__sqlite_stored stored;
    orm_error reason;
    if (orm__sqlite_store(&parameter->declared, value, &stored, &reason))
        return blame_parameter(prepared->statement, index, &reason, error);
    int code = bind_stored(prepared->statement, (int)index + 1, &stored, parameter->text);
    return code ? failed(l, prepared->statement, error) : ORM_OK;
}

/* What lies in `stored` itself is copied to `place`, where it stays until the parameter is bound anew. */
static int bind_stored(sqlite3_stmt *statement, int index, const orm__sqlite_stored *stored, char *place)
{
    const char *data = stored->data;
    sqlite3_destructor_type release = stored->release;
    if (release == SQLITE_TRANSIENT) {
        data = memcpy(place, stored->buffer, stored->size);
        release = SQLITE_STATIC;
    }
    switch (stored->form) {
    case SQLITE_INTEGER:
        return sqlite3_bind_int64(statement, index, stored->integer);
    case SQLITE_FLOAT:
        return sqlite3_bind_double(statement, index, stored->real);
    case SQLITE_TEXT:
        return sqlite3_bind_text64(statement, index, data, stored->size, release, SQLITE_UTF8);
    case SQLITE_BLOB:
        return sqlite3_bind_blob64(statement, index, data, stored->size, release);
    default:
        return sqlite3_bind_null(statement, index);
    }
}

static orm_status blame_parameter(sqlite3_stmt *statement, size_t index, const orm_error *reason, orm_error *error)
{
    orm__error_set(error, reason->status, "parameter %zu: %s", index + 1, reason->message);
    if (!error)
        return reason->status;
    ORM__ERROR_COPY(error->sqlstate, reason->sqlstate);
    ORM__ERROR_COPY(error->statement, sqlite3_sql(statement));
    return reason->status;
}

static orm_status step(orm__link *base, orm_error *error)
{
    sqlite_link *l = (sqlite_link *)base;
    if (!l->running)
        return orm__error_set(error, ORM_MISUSE, "no statement is running on this connection");
    if (!l->pending && l->code == SQLITE_ROW)
        ORM_TRY(advance(l, error));
    l->pending = false;
    if (l->code != SQLITE_ROW && l->code != SQLITE_DONE)
        return orm__error_set(error, ORM_MISUSE, "the statement has failed before");
    return l->code == SQLITE_ROW ? ORM_OK : ORM_DONE;
}

static orm_status advance(sqlite_link *l, orm_error *error)
{
    ORM_TRY(is_own(l, error));
    l->code = sqlite3_step(l->running->statement);
    return l->code == SQLITE_ROW || l->code == SQLITE_DONE ? ORM_OK : failed(l, l->running->statement, error);
}

static orm_status failed(sqlite_link *l, sqlite3_stmt *statement, orm_error *error)
{
    if (!l->lists.failure.status)
        return orm__sqlite_error(l->database, sqlite3_sql(statement), error);
    orm_status status = l->lists.failure.status;
    if (error) {
        *error = l->lists.failure;
        ORM__ERROR_COPY(error->statement, sqlite3_sql(statement));
    }
    orm__error_clear(&l->lists.failure);
    return status;
}

static orm_status read_row(orm__link *base, const orm_column *const *columns, size_t count, size_t first, void *row,
                           orm__arena *arena, orm_error *error)
{
    sqlite_link *l = (sqlite_link *)base;
    if (!l->running || l->code != SQLITE_ROW)
        return orm__error_set(error, ORM_MISUSE, "there is no row to read");
    return orm__sqlite_read(l->running->statement, columns, count, first, row, arena, error);
}

static int64_t read_integer(orm__link *base, size_t index)
{
    sqlite_link *l = (sqlite_link *)base;
    return l->running ? sqlite3_column_int64(l->running->statement, (int)index) : 0;
}

static bool is_null(orm__link *base, size_t index)
{
    sqlite_link *l = (sqlite_link *)base;
    return !l->running || sqlite3_column_type(l->running->statement, (int)index) == SQLITE_NULL;
}

static size_t width(orm__link *base)
{
    sqlite_link *l = (sqlite_link *)base;
    return l->running ? (size_t)sqlite3_column_count(l->running->statement) : 0;
}

static const char *column_name(orm__link *base, size_t index)
{
    sqlite_link *l = (sqlite_link *)base;
    return l->running ? sqlite3_column_name(l->running->statement, (int)index) : NULL;
}

/* What a writing statement returns comes after all its writing; its rows are counted once the last is taken. */
static orm_status finish(orm__link *base, size_t *rows, orm_error *error)
{
    sqlite_link *l = (sqlite_link *)base;
    orm__prepared *prepared = l->running;
    orm_status status = ORM_OK;
    if (rows)
        *rows = 0;
    if (!prepared)
        return ORM_OK;
    while (prepared->writes && l->code == SQLITE_ROW && !status)
        status = advance(l, error);
    if (rows && prepared->writes && l->code == SQLITE_DONE && sqlite3_total_changes64(l->database) != l->changes)
        *rows = (size_t)sqlite3_changes64(l->database);
    stop(l);
    return status;
}

static void stop(sqlite_link *l)
{
    sqlite3_reset(l->running->statement);
    leave(l);
}

static void leave(sqlite_link *l)
{
    l->running = NULL;
    l->lists.parameters = NULL;
    l->lists.count = 0;
}

static void suspend(orm__link *base, orm__prepared *prepared)
{
    sqlite_link *l = (sqlite_link *)base;
    prepared->code = l->code;
    prepared->pending = l->pending;
    leave(l);
}

/* Its time begins anew. */
static void resume(orm__link *base, orm__prepared *prepared)
{
    sqlite_link *l = (sqlite_link *)base;
    start_clock(l);
    make_running(l, prepared);
    l->code = prepared->code;
    l->pending = prepared->pending;
}

static int64_t last_key(orm__link *base)
{
    return sqlite3_last_insert_rowid(((sqlite_link *)base)->database);
}

const orm__driver orm__driver_sqlite = {
    .dialect = ORM_SQLITE,
    .name = "sqlite",
    .open = open_link,
    .close = close_link,
    .usable = usable,
    .abandon = abandon,
    .prepare = prepare,
    .forget = forget,
    .describe = describe,
    .control = control,
    .start = start,
    .step = step,
    .read = read_row,
    .read_integer = read_integer,
    .is_null = is_null,
    .width = width,
    .column_name = column_name,
    .finish = finish,
    .suspend = suspend,
    .resume = resume,
    .last_key = last_key,
};
