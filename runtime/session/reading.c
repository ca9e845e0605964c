/* session/reading.c -- where a read runs: on a fiber by a connection that many share, if reads of its SQL were quick of late.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "driver/wait.h"
#include "engine/engine.h"
#include "session/session.h"

orm_status orm__reading_open(orm_session *session, orm__reading *reading, orm_lock lock)
{
    orm_engine *engine = session->factory.engine;
    reading->noted = false;
    if (!lock)
        ORM_TRY(orm__session_share(session));
    if (session->connection && session->connection->shared) {
        reading->noted = true;
        orm__sql_init(reading->sql, session->connection);
        reading->write(reading);
        reading->hash = orm__sql_hash(reading->sql);
        if (orm__swift_knows(orm__engine_swift(engine), reading->hash))
            return ORM_OK;
        orm__sql_release(reading->sql);
        orm__session_end_get(session);
    }
    ORM_TRY(lock ? orm__session_lock(session, lock) : orm__session_read(session));
    orm__sql_init(reading->sql, session->connection);
    reading->write(reading);
    reading->began = reading->noted ? orm__deadline_in(0) : 0;
    return ORM_OK;
}

void orm__reading_close(orm_session *session, orm__reading *reading, size_t rows, orm_status status)
{
    orm_connection *c = session->connection;
    orm__swift *swift = reading->noted ? orm__engine_swift(session->factory.engine) : NULL;
    orm__sql_release(reading->sql);
    if (swift && status)
        orm__swift_note_failure(swift, reading->hash);
    else if (swift && c->shared)
        orm__swift_note(swift, reading->hash, c->link->waited, false, rows);
    else if (swift)
        orm__swift_note(swift, reading->hash, orm__deadline_in(0) - reading->began, true, rows);
    if (c && c->shared)
        orm__session_end_get(session);
}
