/* session/reading.c -- where a read runs: on a fiber by a connection that many share, if reads of its SQL were quick of
 * late.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "driver/wait.h"
#include "engine/engine.h"
#include "session/session.h"

static void write(const orm_session *session, orm__reading *reading);

orm_status orm__reading_open(orm_session *session, orm__reading *reading, orm_lock lock)
{
    orm_engine *engine = session->factory.engine;
    reading->noted = !lock && orm__engine_shares(engine);
    if (reading->noted)
        ORM_TRY(orm__session_share(session));
    if (session->connection && session->connection->shared) {
        write(session, reading);
        if (orm__swift_knows(orm__engine_swift(engine), reading->hash) && orm__statement_may_stay(reading->sql))
            return ORM_OK;
        orm__sql_release(reading->sql);
        orm__session_end_get(session);
    }
    ORM_TRY(lock ? orm__session_lock(session, lock) : orm__session_read(session));
    write(session, reading);
    if (reading->noted)
        reading->began = orm__deadline_in(0);
    return ORM_OK;
}

static void write(const orm_session *session, orm__reading *reading)
{
    orm__sql_init(reading->sql, session->connection);
    reading->write(reading);
    if (reading->noted)
        reading->hash = orm__sql_hash(reading->sql);
}

void orm__reading_close(orm_session *session, orm__reading *reading, size_t rows, orm_status status)
{
    orm_connection *c = session->connection;
    orm__swift *swift = reading->noted ? orm__engine_swift(session->factory.engine) : NULL;
    orm__sql_release(reading->sql);
    if (swift && status == ORM_TIMEOUT)
        orm__swift_note_timeout(swift, reading->hash);
    else if (swift && !status && c->shared)
        orm__swift_note_shared(swift, reading->hash, c->link->waited, rows);
    else if (swift && !status)
        orm__swift_note_own(swift, reading->hash, orm__deadline_in(0) - reading->began, rows);
    if (c && c->shared)
        orm__session_end_get(session);
}
