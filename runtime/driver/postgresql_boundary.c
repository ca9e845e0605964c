/* postgresql_boundary.c -- BEGIN and COMMIT under names, by postgresql_link.h: the server need not parse them again and
 * again.
 *
 * A link that runs a single transaction sends them whole; from the second on they are prepared. A BEGIN whose name was
 * lost (DISCARD ALL, DEALLOCATE ALL) has done nothing, nor has what was sent behind it: the caller sends all of it once
 * more. A COMMIT that was lost would cost the transaction. So it goes by its name only behind a BEGIN that went by one
 * and is the older of the two: where that was known, this is. And it goes whole when the server has answered in between
 * that all names are dropped. There remain functions that drop them underway: such a transaction is not committed, and
 * fails as it does when any other statement was lost. ROLLBACK, the way out of all this, has no name.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_link.h"

#include <string.h>

static const char *const texts[ORM__PG_BOUNDARIES] = {
    [ORM__PG_COMMIT] = "COMMIT",
    "BEGIN",
    "BEGIN READ ONLY",
    "BEGIN ISOLATION LEVEL READ COMMITTED",
    "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY",
    "BEGIN ISOLATION LEVEL REPEATABLE READ",
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "BEGIN ISOLATION LEVEL SERIALIZABLE",
    "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
};

static orm__pg_boundary *find(orm__pg_link *l, const char *sql);
static bool goes_by_name(orm__pg_link *l, orm__pg_boundary *boundary);
static void name_anew(orm__pg_link *l, orm__pg_boundary *boundary);

void orm__pg_send_boundary(orm__pg_link *l, const char *sql)
{
    orm__pg_boundary *boundary = l->unprepared ? NULL : find(l, sql);
    if (!boundary || !goes_by_name(l, boundary)) {
        orm__pg_send_control(l, sql);
        return;
    }
    orm__prepared *prepared = &boundary->prepared;
    if (!prepared->name[0] || prepared->underway) /* a trip that failed has left it: the server may have it */
        name_anew(l, boundary);
    prepared->underway = !prepared->sent;
    orm__pg_send_prepared(l, prepared, prepared->underway);
}

static orm__pg_boundary *find(orm__pg_link *l, const char *sql)
{
    for (size_t i = 0; i < ORM__PG_BOUNDARIES; i++)
        if (strcmp(texts[i], sql) == 0) {
            l->boundaries[i].prepared.sql = (char *)(uintptr_t)texts[i];
            return &l->boundaries[i];
        }
    return NULL;
}

/* A BEGIN the second time; a COMMIT as its BEGIN did. */
static bool goes_by_name(orm__pg_link *l, orm__pg_boundary *boundary)
{
    bool commits = boundary == &l->boundaries[ORM__PG_COMMIT];
    boundary->named = commits ? l->begun_by_name : boundary->seen;
    boundary->seen = true;
    if (!commits)
        l->begun_by_name = boundary->named;
    return boundary->named;
}

/* COMMIT is to be younger than every BEGIN. */
static void name_anew(orm__pg_link *l, orm__pg_boundary *boundary)
{
    l->boundaries[ORM__PG_COMMIT].prepared.name[0] = '\0';
    orm__pg_give_name(l, &boundary->prepared);
}

PGresult *orm__pg_receive_boundary(orm__pg_link *l, const char *sql)
{
    orm__pg_boundary *boundary = l->unprepared ? NULL : find(l, sql);
    l->reused = boundary && boundary->named && !boundary->prepared.underway;
    if (boundary && boundary->named && boundary->prepared.underway) {
        PGresult *result = orm__pg_receive(l, sql);
        boundary->prepared.sent = result && !l->failure;
        boundary->prepared.underway = !boundary->prepared.sent;
        PQclear(result);
        if (l->failure)
            return NULL;
    }
    PGresult *result = orm__pg_receive(l, sql);
    if (l->outdated && boundary)
        boundary->prepared.name[0] = '\0';
    l->reused = false;
    return result;
}
