/* postgresql_connect.c -- opening, looking at and closing a connection to PostgreSQL.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_link.h"

#include "base/deep.h"
#include "base/error.h"
#include "base/uuid.h"
#include "driver/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HOST_TEXT = 512 };

static const char read_only_by_default[] = "default_transaction_read_only";

static void choose_tag(orm__pg_link *l);
static orm_status connect_to(orm__pg_link *l, const orm__address *address);
static orm_status connect_to_one(orm__pg_link *l, const orm__address *address, orm__resolved *hosts);
static orm_status check_string(const orm__address *address, orm_error *error);
static bool is_whole(const char *number);
static PGconn *start_connecting(const orm__address *address, const orm__resolved *resolved);
static void start_deep(void *starting);
static void poll_deep(void *polling);
static orm_status resolve_hosts(orm__pg_link *l, const orm__address *address, orm__resolved *resolved);
static const char *keyword_of(const orm__address *address, const char *keyword, const char *variable);
static orm_status finish_connecting(orm__pg_link *l, int seconds);
static bool has_moved_on(const orm__pg_link *l, char tried[HOST_TEXT]);
static int connect_seconds(const orm__pg_link *l, const orm__address *address);
static bool reports(const orm__pg_link *l, const char *setting, const char *value);
static void drop_notice(void *user, const PGresult *result);
static orm_status settle(orm__pg_link *l);

orm_status orm__pg_open(const orm__address *address, const orm_waiter *waiter, orm__link **opened, orm_error *error)
{
    *opened = NULL;
    orm__pg_link *l = calloc(1, sizeof *l);
    if (!l)
        return orm__error_no_memory(error);
    l->base.driver = &orm__driver_postgresql;
    l->waiter = waiter;
    l->error = error;
    l->unprepared = address->unprepared;
    l->asked = -1;
    choose_tag(l);
    l->timeout = (int64_t)address->statement_timeout * 1000;
    orm_status status = connect_to(l, address);
    if (status) {
        orm__pg_close(&l->base);
        return status;
    }
    *opened = &l->base;
    return ORM_OK;
}

/* Of the random bits of a UUID, or of the clock where there are none. */
static void choose_tag(orm__pg_link *l)
{
    orm_uuid uuid;
    uint64_t bits = (uint64_t)orm__deadline_in(0);
    if (orm__uuid_make(&uuid))
        memcpy(&bits, uuid.bytes + 8, sizeof bits);
    snprintf(l->tag, sizeof l->tag, "%012llx", (unsigned long long)(bits >> 16));
}

static orm_status connect_to(orm__pg_link *l, const orm__address *address)
{
    ORM_TRY(check_string(address, l->error));
    orm__resolved resolved;
    ORM_TRY(resolve_hosts(l, address, &resolved));
    orm_status status = connect_to_one(l, address, &resolved);
    free(resolved.host);
    ORM_TRY(status);
    l->born_read_only = reports(l, read_only_by_default, "on");
    PQsetErrorVerbosity(l->connection, PQERRORS_DEFAULT);
    if (PQsetnonblocking(l->connection, 1) || !PQenterPipelineMode(l->connection)) {
        orm__pg_lost(l);
        return l->failure;
    }
    status = orm__watch_start(&l->watch, l->waiter, PQsocket(l->connection));
    return status ? orm__error_set(l->error, status, "the connection cannot be watched: %s", orm_status_text(status))
                  : settle(l);
}

/* One that answers in time. */
static orm_status connect_to_one(orm__pg_link *l, const orm__address *address, orm__resolved *hosts)
{
    for (;;) {
        l->connection = start_connecting(address, hosts);
        if (!l->connection)
            return orm__error_no_memory(l->error);
        PQsetNoticeReceiver(l->connection, drop_notice, l);
        PQsetErrorVerbosity(l->connection, PQERRORS_VERBOSE); /* with the SQLSTATE */
        int seconds = connect_seconds(l, address);
        orm_status status = finish_connecting(l, seconds);
        if (status != ORM_TIMEOUT || !orm__pg_leave_out_host(l, orm__deadline_in(seconds), hosts))
            return status;
        PQfinish(l->connection);
        orm__error_clear(l->error);
    }
}

/* libpq's complaints about a connection string quote it, and a password may be in it: so they are never shown. Of
 * connect_timeout it would say nothing, since it is polled. */
static orm_status check_string(const orm__address *address, orm_error *error)
{
    for (size_t i = 0; address->keywords[i]; i++) {
        const char *value = address->values[i];
        if (strcmp(address->keywords[i], "connect_timeout") == 0 && value && !is_whole(value))
            return orm__error_set(error, ORM_MISUSE, "connect_timeout must be a whole number of seconds");
        if (strcmp(address->keywords[i], "dbname") != 0 || !value || (!strchr(value, '=') && !strstr(value, "://")))
            continue;
        char *complaint = NULL;
        PQconninfoOption *options = PQconninfoParse(value, &complaint);
        bool memory = !options && (!complaint || orm__pg_is_out_of_memory(complaint));
        PQfreemem(complaint);
        PQconninfoFree(options);
        if (memory)
            return orm__error_no_memory(error);
        if (!options)
            return orm__error_set(error, ORM_MISUSE, "the connection string is none that libpq can read");
    }
    return ORM_OK;
}

static bool is_whole(const char *number)
{
    number += *number == '-';
    return !number[strspn(number, "0123456789")];
}

/* On a fiber, names are looked up by a thread. Those that a service's file or a whole connection string may have are
 * libpq's to read. */
static orm_status resolve_hosts(orm__pg_link *l, const orm__address *address, orm__resolved *resolved)
{
    *resolved = (orm__resolved){0};
    const char *host = keyword_of(address, "host", "PGHOST"), *whole = keyword_of(address, "dbname", "PGDATABASE");
    if (keyword_of(address, "service", "PGSERVICE") || (whole && (strchr(whole, '=') || strstr(whole, "://"))))
        return ORM_OK;
    if (!l->waiter || !l->waiter->wait || !host || keyword_of(address, "hostaddr", "PGHOSTADDR"))
        return ORM_OK;
    int64_t deadline = address->connect_timeout ? orm__deadline_in(address->connect_timeout) : 0;
    orm_status status = orm__resolve(l->waiter, host, keyword_of(address, "port", "PGPORT"), deadline, resolved);
    if (status == ORM_DISCONNECTED)
        return orm__error_set(l->error, status, "could not translate host name \"%.200s\" to address", host);
    return status ? orm__error_set(l->error, status, "no connection to the database: %s", orm_status_text(status))
                  : ORM_OK;
}

/* The last that says something counts, as libpq has it. */
static const char *keyword_of(const orm__address *address, const char *keyword, const char *variable)
{
    const char *found = NULL;
    for (size_t i = 0; address->keywords[i]; i++)
        if (strcmp(address->keywords[i], keyword) == 0 && address->values[i] && *address->values[i])
            found = address->values[i];
    if (!found)
        found = getenv(variable);
    return found && *found ? found : NULL;
}

/* What needs a deep stack: settings are read, names resolved, hands shaken for TLS. */
typedef struct starting {
    const char *const *keywords, *const *values;
    PGconn *connection;
} starting;
typedef struct polling {
    PGconn *connection;
    PostgresPollingStatusType state;
} polling;

/* The user's settings, and ours: a name that gives way to the user's, and the encoding, which is not for the user to
 * choose. */
static PGconn *start_connecting(const orm__address *address, const orm__resolved *resolved)
{
    size_t count = 0;
    while (address->keywords[count])
        count++;
    const char **keywords = calloc(2 * (count + 6), sizeof *keywords),
               **values = keywords ? keywords + count + 6 : NULL;
    if (!keywords)
        return NULL;
    keywords[0] = "fallback_application_name";
    values[0] = "ormc";
    memcpy(keywords + 1, address->keywords, count * sizeof *keywords);
    memcpy(values + 1, address->values, count * sizeof *values);
    keywords[count + 1] = "client_encoding";
    values[count + 1] = "UTF8";
    const char *const more[][2] = {
        {"host", resolved->host}, {"hostaddr", resolved->hostaddr}, {"port", resolved->port}};
    for (size_t i = 0, at = count + 2; i < 3 && resolved->host; i++)
        if (more[i][1][strspn(more[i][1], ",")]) {
            keywords[at] = more[i][0];
            values[at++] = more[i][1];
        }
    starting started = {.keywords = keywords, .values = values};
    orm__call_deep(start_deep, &started);
    free(keywords);
    return started.connection;
}

static void start_deep(void *argument)
{
    starting *started = argument;
    started->connection = PQconnectStartParams(started->keywords, started->values, 1);
}

static void poll_deep(void *argument)
{
    polling *polled = argument;
    polled->state = PQconnectPoll(polled->connection);
}

/* libpq changes the socket as it goes from host to host: so each wait is watched anew, never across its work. */
static orm_status finish_connecting(orm__pg_link *l, int seconds)
{
    char tried[HOST_TEXT] = "";
    int64_t deadline = 0;
    PostgresPollingStatusType state = PQstatus(l->connection) == CONNECTION_BAD ? PGRES_POLLING_FAILED
                                                                                : PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
        if (seconds > 0 && has_moved_on(l, tried))
            deadline = orm__deadline_in(seconds);
        int events = state == PGRES_POLLING_READING ? ORM_WAIT_READ : ORM_WAIT_WRITE;
        orm_status status = orm__watch_start(&l->watch, l->waiter, PQsocket(l->connection));
        if (!status)
            status = orm__wait(&l->watch, events, deadline);
        orm__watch_stop(&l->watch);
        if (status)
            return orm__error_set(l->error, status, "no connection to the database: %s", orm_status_text(status));
        polling polled = {.connection = l->connection};
        orm__call_deep(poll_deep, &polled);
        state = polled.state;
    }
    if (state == PGRES_POLLING_OK)
        return ORM_OK;
    orm__pg_refused(l);
    return l->failure;
}

/* Whether it is another host, or another of its addresses, than the one before. */
static bool has_moved_on(const orm__pg_link *l, char tried[HOST_TEXT])
{
    char now[HOST_TEXT];
    const char *host = PQhost(l->connection), *address = PQhostaddr(l->connection), *port = PQport(l->connection);
    snprintf(now, sizeof now, "%s %s %s", address ? address : "", port ? port : "", host ? host : "");
    bool moved = strcmp(now, tried) != 0;
    memcpy(tried, now, sizeof now);
    return moved;
}

/* For each host. Polling, libpq leaves connect_timeout, which may be in the URL or the environment, to us. */
static int connect_seconds(const orm__pg_link *l, const orm__address *address)
{
    int seconds = address->connect_timeout;
    PQconninfoOption *options = seconds ? NULL : PQconninfo(l->connection);
    for (PQconninfoOption *option = options; option && option->keyword; option++)
        if (strcmp(option->keyword, "connect_timeout") == 0 && option->val)
            seconds = atoi(option->val);
    PQconninfoFree(options);
    return seconds > 0 ? seconds : 0;
}

/* One that is told nothing (before PostgreSQL 14, behind a pooler) takes it for so. */
bool orm__pg_server_is_read_only(const orm__pg_link *l)
{
    return !reports(l, "in_hot_standby", "off") || (l->born_read_only && reports(l, read_only_by_default, "on"));
}

static bool reports(const orm__pg_link *l, const char *setting, const char *value)
{
    const char *told = PQparameterStatus(l->connection, setting);
    return told && strcmp(told, value) == 0;
}

/* The library prints nothing. A server that goes away says so to an idle connection by a notice; one that does so in a
 * hurry calls it a mere warning. */
static void drop_notice(void *user, const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if ((severity && strcmp(severity, "FATAL") == 0) || (sqlstate && strncmp(sqlstate, "57P0", 4) == 0))
        ((orm__pg_link *)user)->broken = true;
}

/* Texts that the SQL makes of values, and literals in the SQL, rely on these. Nearly always they are so, which the
 * server has told while connecting; then this sends nothing. */
static orm_status settle(orm__pg_link *l)
{
    static const char *const wanted[][3] = {
        {"DateStyle", "ISO", "SET DateStyle = 'ISO'"},
        {"IntervalStyle", "postgres", "SET IntervalStyle = 'postgres'"},
        {"standard_conforming_strings", "on", "SET standard_conforming_strings = on"},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const char *value = PQparameterStatus(l->connection, wanted[i][0]);
        size_t length = strlen(wanted[i][1]);
        if (value && (strncmp(value, wanted[i][1], length) != 0 || (value[length] && value[length] != ',')))
            ORM_TRY(orm__driver_postgresql.control(&l->base, wanted[i][2], NULL, l->error));
    }
    return ORM_OK;
}

/* DISCARD ALL, but for prepared statements. What connecting has settled is settled again. */
orm_status orm__pg_reset(orm__link *base)
{
    static const char *const steps[] = {
        "CLOSE ALL",         "SET SESSION AUTHORIZATION DEFAULT",          "RESET ALL",
        "UNLISTEN *",        "SELECT pg_catalog.pg_advisory_unlock_all()", "DISCARD TEMP",
        "DISCARD SEQUENCES",
    };
    orm_error ignored;
    orm__pg_link *l = orm__pg_link_of(base);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        ORM_TRY(orm__driver_postgresql.control(base, steps[i], NULL, &ignored));
    l->error = &ignored;
    return settle(l);
}

void orm__pg_close(orm__link *base)
{
    orm__pg_link *l = orm__pg_link_of(base);
    if (!l)
        return;
    orm__watch_stop(&l->watch);
    if (l->asked >= 0)
        close(l->asked);
    PQclear(l->result);
    PQfinish(l->connection);
    for (orm__ahead *next; l->ahead; l->ahead = next) {
        next = l->ahead->next;
        PQclear(l->ahead->result);
        free(l->ahead);
    }
    free(l->open);
    for (orm__prepared *next; l->forgotten; l->forgotten = next) {
        next = l->forgotten->next;
        free(l->forgotten);
    }
    orm__text_release(&l->buffer);
    free(l->plan.steps);
    free(l);
}

void orm__pg_abandon(orm__link *base)
{
    orm__pg_link *l = orm__pg_link_of(base);
    l->broken = true;
    l->failure = ORM_DISCONNECTED;
}

/* Reads what has come unasked, which shows a closed socket too. */
bool orm__pg_usable(orm__link *base)
{
    orm__pg_link *l = orm__pg_link_of(base);
    l->error = NULL;
    orm__pg_settle_cancel(l);
    if (!l->broken && !PQconsumeInput(l->connection))
        orm__pg_lost(l);
    for (PGnotify *notice; (notice = PQnotifies(l->connection)) != NULL;)
        PQfreemem(notice);
    return !l->broken && !l->cancelled && PQstatus(l->connection) == CONNECTION_OK;
}
