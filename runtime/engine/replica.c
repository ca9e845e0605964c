/* engine/replica.c -- choosing among replicas, by replica.h.
 * SPDX-License-Identifier: MIT */
#include "engine/replica.h"

#include "base/error.h"
#include "driver/wait.h"

enum { RETRY = 1000000, ANSWER_SECONDS = 2 };

static orm_status choose(orm__replicas *replicas,
                         orm_status (*try)(const orm__replicas *, orm__replica *, orm_connection **, orm_error *),
                         orm_connection **connection, orm_error *error);
static orm_status share_one(const orm__replicas *replicas, orm__replica *replica, orm_connection **connection,
                            orm_error *error);
static bool is_vouched_for(const orm__replicas *replicas, orm__replica *replica);
static orm_status try_one(const orm__replicas *replicas, orm__replica *replica, orm_connection **connection,
                          orm_error *error);
static bool may_be_tried(orm__replica *replica, int64_t now);
static void leave_out(orm__replica *replica);
static bool concerns_caller(orm_status status);
static orm_status find_lag(orm__replica *replica, orm_connection *connection, int64_t *lag, orm_error *error);
static orm_status ask(orm_connection *connection, int64_t *answer, orm_error *error);

orm_status orm__replicas_acquire(orm__replicas *replicas, orm_connection **connection, orm_error *error)
{
    return choose(replicas, try_one, connection, error);
}

orm_status orm__replicas_share(orm__replicas *replicas, orm_connection **connection, orm_error *error)
{
    return choose(replicas, share_one, connection, error);
}

static orm_status choose(orm__replicas *replicas,
                         orm_status (*try)(const orm__replicas *, orm__replica *, orm_connection **, orm_error *),
                         orm_connection **connection, orm_error *error)
{
    unsigned turn = atomic_fetch_add(&replicas->turn, 1);
    *connection = NULL;
    for (size_t i = 0; i < replicas->count && !*connection; i++) {
        orm__replica *replica = &replicas->items[(turn + i) % replicas->count];
        orm_error story;
        orm_status status = try(replicas, replica, connection, &story);
        if (status && error)
            *error = story;
        ORM_TRY(status);
    }
    return ORM_OK;
}

/* How far it is behind is asked by a connection of the pool, whose answer has a deadline. */
static orm_status share_one(const orm__replicas *replicas, orm__replica *replica, orm_connection **connection,
                            orm_error *error)
{
    if (!orm__shared_is_for_caller(&replica->shared))
        return ORM_OK;
    if (!is_vouched_for(replicas, replica)) {
        ORM_TRY(try_one(replicas, replica, connection, error));
        if (!*connection)
            return ORM_OK;
        orm__pool_give_back(&replica->pool, *connection);
        *connection = NULL;
    }
    orm_status status = orm__shared_acquire(&replica->shared, connection, error);
    if (!status || concerns_caller(status))
        return status;
    leave_out(replica);
    return ORM_OK;
}

static bool is_vouched_for(const orm__replicas *replicas, orm__replica *replica)
{
    return atomic_load(&replica->out_until) == 0 &&
           (replicas->most < 0 || atomic_load(&replica->good_until) > orm__deadline_in(0));
}

static orm_status try_one(const orm__replicas *replicas, orm__replica *replica, orm_connection **connection,
                          orm_error *error)
{
    bool reached;
    int64_t now = orm__deadline_in(0), lag = 0;
    if (!may_be_tried(replica, now))
        return ORM_OK;
    orm_status status = orm__pool_try(&replica->pool, connection, &reached, error);
    if (status && (reached || concerns_caller(status)))
        return status;
    if (!status && replicas->most >= 0 && atomic_load(&replica->good_until) <= now) {
        status = find_lag(replica, *connection, &lag, error);
        atomic_store(&replica->good_until, now + replicas->most - lag);
    }
    if (!status && (replicas->most < 0 || lag <= replicas->most)) {
        atomic_store(&replica->out_until, 0);
        return ORM_OK;
    }
    orm__pool_give_back(&replica->pool, *connection);
    *connection = NULL;
    leave_out(replica);
    return concerns_caller(status) ? status : ORM_OK;
}

/* When its second is over the first who comes tries it, and the others leave it out for another: connecting may
 * last. */
static bool may_be_tried(orm__replica *replica, int64_t now)
{
    int64_t until = atomic_load(&replica->out_until);
    return until == 0 || (until <= now && atomic_compare_exchange_strong(&replica->out_until, &until, now + RETRY));
}

static void leave_out(orm__replica *replica)
{
    atomic_store(&replica->out_until, orm__deadline_in(0) + RETRY);
}

/* Failures that say nothing of the replica. */
static bool concerns_caller(orm_status status)
{
    return status == ORM_CANCELLED || status == ORM_NO_MEMORY;
}

/* How far it is behind at most. Its own answer is the age of the last transaction that it repeated, which grows
 * while the primary has nothing to do: so it is never further behind than the time since it was last seen to have
 * everything. */
static orm_status find_lag(orm__replica *replica, orm_connection *connection, int64_t *lag, orm_error *error)
{
    int64_t asked = orm__deadline_in(0);
    *lag = INT64_MAX / 2;
    ORM_TRY(ask(connection, lag, error));
    int64_t caught_up = atomic_load(&replica->caught_up);
    if (*lag == 0)
        atomic_store(&replica->caught_up, asked);
    else if (caught_up && (*lag < 0 || asked - caught_up < *lag))
        *lag = asked - caught_up;
    atomic_store(&replica->lag, *lag);
    if (*lag < 0)
        *lag = INT64_MAX / 2;
    return ORM_OK;
}

/* Microseconds; 0: it has all that was sent to it, and is connected to who sends; -1: it cannot tell. Any role may
 * ask. */
static orm_status ask(orm_connection *connection, int64_t *answer, orm_error *error)
{
    static const char question[] =
        "SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN 0"
        " WHEN pg_catalog.pg_last_wal_replay_lsn() >= pg_catalog.pg_last_wal_receive_lsn()"
        " AND EXISTS (SELECT FROM pg_catalog.pg_stat_get_wal_receiver() r WHERE r.pid IS NOT NULL) THEN 0"
        " ELSE coalesce(greatest(1, extract(epoch FROM pg_catalog.clock_timestamp()"
        " - pg_catalog.pg_last_xact_replay_timestamp()) * 1000000), -1) END::int8";
    const orm__driver *driver = connection->driver;
    orm__link *link = connection->link;
    if (!connection->lag)
        ORM_TRY(driver->prepare(link, question, NULL, 0, &connection->lag, error));
    link->deadline = orm__deadline_in(ANSWER_SECONDS);
    orm_status status = driver->start(link, NULL, connection->lag, NULL, ORM__FETCH_WHOLE, error);
    if (!status) {
        *answer = driver->step(link, error) == ORM_OK ? driver->read_integer(link, 0) : -1;
        status = driver->finish(link, NULL, error);
    }
    link->deadline = 0;
    return status;
}
