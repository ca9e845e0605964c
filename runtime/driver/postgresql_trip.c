/* postgresql_trip.c -- sending, reading answers, and what answers mean, by postgresql_link.h.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_link.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool wait_for(orm__pg_link *l, int events);
static void refused(orm__pg_link *l, const PGresult *result);
static orm_status status_of(const char *sqlstate);
static void give_up(orm__pg_link *l, orm_status status, const char *message);
static void fail(orm__pg_link *l, orm_status status, const char *message);
static const char *one_line(const char *text, char *buffer, size_t size);

orm_status orm__pg_begin_trip(orm__pg_link *l, const char *sql, orm_error *error)
{
    ORM_TRY(orm__pg_begin_reading(l, sql, error));
    if (l->ahead) {
        orm__pg_receive_ahead(l);
        ORM_TRY(orm__pg_begin_reading(l, sql, error));
    }
    orm__pg_count_trip(l);
    return ORM_OK;
}

orm_status orm__pg_begin_reading(orm__pg_link *l, const char *sql, orm_error *error)
{
    if (l->running)
        return orm__error_set(error, ORM_MISUSE, "another statement is still open on this connection");
    l->error = error;
    l->failure = ORM_OK;
    l->sql = sql;
    l->base.detail = 0;
    l->complaints = l->ahead ? strlen(PQerrorMessage(l->connection)) : 0;
    l->reused = l->outdated = false;
    l->deadline = l->base.deadline ? l->base.deadline : l->timeout ? orm__deadline_in(0) + l->timeout : 0;
    orm__pg_settle_cancel(l);
    if (l->cancelled && !l->broken) /* the request may still be on its way, and would meet this statement */
        give_up(l, ORM_DISCONNECTED, "a statement ended while it was being cancelled; the connection is given up");
    if (l->broken)
        fail(l, ORM_DISCONNECTED, "the connection is lost");
    return l->failure;
}

void orm__pg_count_trip(const orm__pg_link *l)
{
    if (l->base.trips)
        atomic_fetch_add_explicit(l->base.trips, 1, memory_order_relaxed);
}

/* What was forgotten leaves the server ahead of the next trip, behind a Sync of its own: its failures disturb nobody.
 * Inside a transaction they would, so it waits. Returns how many go. */
size_t orm__pg_send_forgotten(orm__pg_link *l)
{
    size_t count = 0;
    if (!l->forgotten || PQtransactionStatus(l->connection) != PQTRANS_IDLE)
        return 0;
    for (orm__prepared *one = l->forgotten; one; one = one->next, count++) {
        char sql[sizeof one->name + 16];
        snprintf(sql, sizeof sql, "DEALLOCATE %s", one->name);
        orm__pg_send_control(l, sql);
    }
    orm__pg_send_sync(l);
    return count;
}

void orm__pg_send_control(orm__pg_link *l, const char *sql)
{
    if (!l->failure)
        orm__pg_note_sent(l, PQsendQueryParams(l->connection, sql, 0, NULL, NULL, NULL, NULL, ORM__PG_BINARY));
}

/* Also after a failure to send: what was sent before it must be answered. */
void orm__pg_send_sync(orm__pg_link *l)
{
    if (l->broken)
        return;
    if (PQpipelineSync(l->connection))
        l->syncs++;
    else
        orm__pg_lost(l);
}

/* libpq refuses a right call for want of memory, or because the connection is lost. */
void orm__pg_note_sent(orm__pg_link *l, int accepted)
{
    if (accepted)
        return;
    if (PQstatus(l->connection) == CONNECTION_BAD)
        orm__pg_lost(l);
    else
        fail(l, ORM_NO_MEMORY, "out of memory");
    l->complaints = strlen(PQerrorMessage(l->connection));
}

/* Reads meanwhile: a server whose answers nobody takes stops taking statements. */
void orm__pg_flush(orm__pg_link *l)
{
    while (!l->broken) {
        int left = PQflush(l->connection);
        if (left == 0)
            return;
        if (left < 0 || !wait_for(l, ORM_WAIT_READ | ORM_WAIT_WRITE) || !PQconsumeInput(l->connection))
            orm__pg_lost(l);
    }
}

/* The answers to send_forgotten. One that fails was gone already, with all others (DISCARD ALL). */
void orm__pg_receive_forgotten(orm__pg_link *l, size_t count)
{
    if (count == 0 || l->failure)
        return;
    orm_error ignored, *error = l->error;
    l->error = &ignored;
    for (; count > 0 && !l->broken; count--) {
        orm__prepared *one = l->forgotten;
        PQclear(orm__pg_receive(l, l->sql));
        l->forgotten = one->next;
        free(one);
    }
    orm__pg_drain(l, 1);
    l->error = error;
    if (!l->broken)
        l->failure = ORM_OK;
    else if (error)
        *error = ignored;
}

/* The result of the current command, read to its end; NULL when it failed or was skipped. Owned: PQclear. */
PGresult *orm__pg_receive(orm__pg_link *l, const char *sql)
{
    PGresult *kept = NULL, *result;
    l->sql = sql;
    int syncs = l->syncs;
    while (syncs == l->syncs && (result = orm__pg_next_result(l)) != NULL) {
        if (orm__pg_check(l, result) && !kept)
            kept = result;
        else
            PQclear(result);
    }
    return kept;
}

/* Reads until only so many Syncs are unanswered. A commit at the Sync may still fail. */
void orm__pg_drain(orm__pg_link *l, int syncs)
{
    int ends = 0;
    while (!l->broken && l->syncs > syncs) {
        PGresult *result = orm__pg_next_result(l);
        if (orm__pg_check(l, result) && l->streaming)
            l->written = orm__pg_rows_written(l, result);
        PQclear(result);
        ends = result ? 0 : ends + 1;
        if (ends > 2)
            give_up(l, ORM_DISCONNECTED, "the answers of the database are out of step");
    }
}

/* The next result as PQgetResult has it, where NULL is the end of a command; NULL also when the link is lost. */
PGresult *orm__pg_next_result(orm__pg_link *l)
{
    if (l->broken)
        return NULL;
    while (PQisBusy(l->connection)) {
        if (orm__pg_has_choked(l) || !wait_for(l, ORM_WAIT_READ))
            return NULL;
        if (!PQconsumeInput(l->connection)) {
            orm__pg_lost(l);
            return NULL;
        }
    }
    return PQgetResult(l->connection);
}

/* Without memory for the result of a Sync libpq (15) waits for it for ever. It shows by a complaint that no result has
 * told, or by one without an end of line: then there was no memory for complaints either, and no more will be heard. */
bool orm__pg_has_choked(orm__pg_link *l)
{
    const char *complaint = PQerrorMessage(l->connection);
    size_t length = strlen(complaint);
    if (length == 0 || (length == l->complaints && complaint[length - 1] == '\n'))
        return false;
    orm__pg_lost(l);
    return true;
}

bool orm__pg_wait_input(orm__pg_link *l)
{
    if (!wait_for(l, ORM_WAIT_READ))
        return false;
    if (!PQconsumeInput(l->connection))
        orm__pg_lost(l);
    return !l->broken;
}

static bool wait_for(orm__pg_link *l, int events)
{
    orm_status status = orm__wait(&l->watch, events, l->deadline);
    if (status == ORM_TIMEOUT && !l->base.deadline && !l->cancelled && orm__pg_cancel(l))
        status = orm__wait(&l->watch, events, l->deadline);
    if (status)
        give_up(l, status,
                status == ORM_TIMEOUT ? "no answer in time; the connection is given up" : orm_status_text(status));
    return status == ORM_OK;
}

/* Whether it is the result of a statement that succeeded. */
bool orm__pg_check(orm__pg_link *l, const PGresult *result)
{
    switch (result ? PQresultStatus(result) : PGRES_PIPELINE_ABORTED) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_EMPTY_QUERY:
        return true;
    case PGRES_PIPELINE_SYNC:
        l->syncs--;
        return false;
    case PGRES_PIPELINE_ABORTED:
        return false;
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        give_up(l, ORM_UNSUPPORTED,
                "COPY from or to the client cannot be run as a statement; the connection is given up");
        return false;
    default:
        refused(l, result);
        return false;
    }
}

size_t orm__pg_rows_written(orm__pg_link *l, PGresult *result)
{
    static const char *const writing[] = {"INSERT", "UPDATE", "DELETE", "MERGE", "COPY"};
    const char *tag = result ? PQcmdStatus(result) : "SELECT";
    for (size_t i = 0; i < sizeof writing / sizeof *writing && tag[0] != 'S'; i++) /* SELECT comes most often */
        if (strncmp(tag, writing[i], strlen(writing[i])) == 0)
            return (size_t)strtoull(PQcmdTuples(result), NULL, 10);
    if (strcmp(tag, "DEALLOCATE ALL") == 0 || strcmp(tag, "DISCARD ALL") == 0)
        l->begun_by_name = false;
    return 0;
}

/* An answer that says no. Without an SQLSTATE it is libpq's own: the connection is lost, or memory is gone. */
static void refused(orm__pg_link *l, const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    bool fatal = PQstatus(l->connection) == CONNECTION_BAD || (severity && strcmp(severity, "ERROR") != 0);
    bool first = !l->failure;
    char line[sizeof l->error->message], both[2 * sizeof line];
    l->complaints = strlen(PQerrorMessage(l->connection));
    one_line(primary ? primary : PQresultErrorMessage(result), line, sizeof line);
    snprintf(both, sizeof both, detail ? "%s (%s)" : "%s", line, detail);
    l->outdated |= first && l->reused && orm__pg_is_outdated(result);
    orm_status status = fatal         ? ORM_DISCONNECTED
                        : l->outdated ? ORM_SERIALIZATION
                        : sqlstate    ? status_of(sqlstate)
                                      : ORM_NO_MEMORY;
    fail(l, status, both);
    if (first && l->error) {
        const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
        const char *told = detail ? strstr(l->error->message, line) : NULL;
        l->base.detail = told ? (size_t)(told - l->error->message) + strlen(line) : 0;
        l->error->position = position ? atoi(position) : 0;
        ORM__ERROR_COPY(l->error->sqlstate, sqlstate);
        ORM__ERROR_COPY(l->error->constraint, PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME));
        ORM__ERROR_COPY(l->error->table, PQresultErrorField(result, PG_DIAG_TABLE_NAME));
        ORM__ERROR_COPY(l->error->column, PQresultErrorField(result, PG_DIAG_COLUMN_NAME));
    }
    if (status == ORM_READ_ONLY)
        l->base.read_only = orm__pg_server_is_read_only(l);
    if (fatal)
        give_up(l, status, both);
}

/* "prepared statement does not exist", "cached plan must not change result type". */
bool orm__pg_is_outdated(const PGresult *result)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *function = PQresultErrorField(result, PG_DIAG_SOURCE_FUNCTION);
    return sqlstate && (strcmp(sqlstate, "26000") == 0 ||
                        (strcmp(sqlstate, "0A000") == 0 && function && strcmp(function, "RevalidateCachedQuery") == 0));
}

/* Appendix A of PostgreSQL's manual. A class of two characters stands for all of it. */
static orm_status status_of(const char *sqlstate)
{
    static const struct {
        char code[6];
        orm_status status;
    } meanings[] = {
        {"0A000", ORM_UNSUPPORTED},    {"22021", ORM_INVALID}, /* not in the encoding */
        {"22P05", ORM_INVALID},        {"23", ORM_CONSTRAINT},       {"25006", ORM_READ_ONLY},
        {"25P02", ORM_ROLLBACK_FIRST}, {"3F000", ORM_SCHEMA},        /* no such schema */
        {"40001", ORM_SERIALIZATION},  {"40P01", ORM_SERIALIZATION}, /* deadlock */
        {"42703", ORM_SCHEMA},                                       /* no such column */
        {"42704", ORM_SCHEMA},                                       /* no such type */
        {"42804", ORM_SCHEMA},                                       /* another type */
        {"42846", ORM_SCHEMA},                                       /* no such cast */
        {"42883", ORM_SCHEMA},                                       /* no such function or operator */
        {"42P01", ORM_SCHEMA},                                       /* no such table */
        {"44000", ORM_CONSTRAINT},                                   /* a view's CHECK OPTION */
        {"53100", ORM_DISK_FULL},      {"55P03", ORM_TIMEOUT},       /* lock_timeout, NOWAIT */
        {"57014", ORM_TIMEOUT},                                      /* statement_timeout, cancelled */
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (strncmp(sqlstate, meanings[i].code, strlen(meanings[i].code)) == 0)
            return meanings[i].status;
    return ORM_DATABASE;
}

void orm__pg_lost(orm__pg_link *l)
{
    char line[sizeof l->error->message];
    one_line(PQerrorMessage(l->connection), line, sizeof line);
    give_up(l, orm__pg_is_out_of_memory(line) ? ORM_NO_MEMORY : ORM_DISCONNECTED, line);
}

void orm__pg_refused(orm__pg_link *l)
{
    char line[sizeof l->error->message], sqlstate[6] = "";
    orm__text shown = {0};
    orm_status status = orm__pg_read_refusal(PQerrorMessage(l->connection), &shown, sqlstate);
    if (shown.failed || orm__pg_is_out_of_memory(shown.data ? shown.data : "")) {
        give_up(l, ORM_NO_MEMORY, "out of memory");
    } else {
        if (PQconnectionNeedsPassword(l->connection))
            status = ORM_AUTHENTICATION;
        one_line(shown.data ? shown.data : "", line, sizeof line);
        give_up(l, status, line);
        if (l->error)
            ORM__ERROR_COPY(l->error->sqlstate, sqlstate);
    }
    orm__text_release(&shown);
}

/* In any language but English it passes for a lost connection. */
bool orm__pg_is_out_of_memory(const char *complaint)
{
    return strstr(complaint, "out of memory") || strstr(complaint, "cannot allocate memory");
}

/* libpq may have closed the socket: it is watched no longer. */
static void give_up(orm__pg_link *l, orm_status status, const char *message)
{
    l->broken = true;
    l->streaming = false;
    orm__watch_stop(&l->watch);
    fail(l, status, message);
}

/* Only the first failure of a trip is told: the others follow from it. */
static void fail(orm__pg_link *l, orm_status status, const char *message)
{
    if (l->failure)
        return;
    message = message[0] ? message : "the connection is lost";
    bool advised = status >= ORM_AUTHENTICATION && status <= ORM_DISK_FULL; /* whose text says what to do */
    l->failure = orm__error_set(l->error, status, advised ? "%s: %s" : "%s",
                                advised ? orm_status_text(status) : message, message);
    if (l->error)
        ORM__ERROR_COPY(l->error->statement, l->sql);
}

/* libpq's messages come in lines. */
static const char *one_line(const char *text, char *buffer, size_t size)
{
    size_t length = 0;
    for (; *text && length + 1 < size; text++) {
        bool space = *text == '\n' || *text == '\t' || *text == ' ';
        if (!space || (length > 0 && buffer[length - 1] != ' '))
            buffer[length++] = space ? ' ' : *text;
    }
    while (length > 0 && buffer[length - 1] == ' ')
        length--;
    buffer[length] = '\0';
    return buffer;
}
