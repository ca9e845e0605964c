/* sql/ahead.c -- what was sent ahead on a connection, by ahead.h.
 * SPDX-License-Identifier: MIT */
#include "sql/ahead.h"

#include "base/error.h"
#include "sql/secret.h"

#include <stdlib.h>

static orm_status queue(orm__sql *sql, orm__fetch fetch, orm__sent *sent);
static void leave(orm_connection *connection, const orm__sent *sent);

/* Not while a BEGIN is due, which rides with a statement that is started. */
bool orm__sends_ahead(const orm_connection *connection)
{
    return connection->driver->send && !connection->begin && !connection->failed && !connection->broken;
}

orm_status orm__sent_new(orm__sql *sql, orm__purpose purpose, orm__fetch fetch, orm__sent **sent)
{
    orm_connection *c = sql->connection;
    *sent = NULL;
    ORM_TRY(orm__statement_may_run(sql));
    orm__sent *made = calloc(1, sizeof *made);
    if (!made)
        return orm__error_no_memory(&c->error);
    made->purpose = purpose;
    const orm__observation running = orm__observe_hold(&c->observation);
    orm__observe_start(&c->observation, true);
    orm_status status = queue(sql, fetch, made);
    made->observation = orm__observe_hold(&c->observation);
    c->observation = running;
    if (status) {
        orm__text_release(&made->observation.shown);
        free(made);
        return status;
    }
    made->statement->waiting++;
    made->number = ++c->sent_ahead;
    made->next = c->ahead;
    c->ahead = *sent = made;
    return ORM_OK;
}

static orm_status queue(orm__sql *sql, orm__fetch fetch, orm__sent *sent)
{
    orm_connection *c = sql->connection;
    sql->sent = c->sent = true;
    ORM_TRY(orm__statement_prepare(sql, &sent->statement));
    orm__observe_parameters(&c->observation, sql->parameters, sql->values, sql->count);
    if (sent->statement->known && sent->statement->last_rows <= ORM__FEW_ROWS)
        fetch = ORM__FETCH_WHOLE;
    orm_status status = c->driver->send(c->link, sent->statement->prepared, sql->values, fetch, &sent->ahead,
                                        &c->error);
    return status ? orm__connection_failed(c) : ORM_OK;
}

void orm__sent_push(orm_connection *connection)
{
    if (connection->ahead)
        connection->driver->push(connection->link);
}

orm__sent *orm__sent_find(const orm_connection *connection, size_t number)
{
    orm__sent *sent = connection->ahead;
    while (sent && sent->number != number)
        sent = sent->next;
    return sent;
}

static void leave(orm_connection *connection, const orm__sent *sent)
{
    orm__sent **link = &connection->ahead;
    while (*link != sent)
        link = &(*link)->next;
    *link = sent->next;
    sent->statement->waiting--;
}

void orm__sent_drop(orm_connection *connection, orm__sent *sent)
{
    if (!sent)
        return;
    leave(connection, sent);
    connection->driver->drop(connection->link, sent->ahead);
    orm__text_release(&sent->observation.shown);
    free(sent);
}

void orm__sent_drop_all(orm_connection *connection)
{
    while (connection->ahead)
        orm__sent_drop(connection, connection->ahead);
}

void orm__sent_settle(orm_connection *connection)
{
    orm_error ignored;
    if (connection->driver->settle && !connection->broken)
        connection->driver->settle(connection->link, &ignored);
}

orm_status orm__sent_heed(orm_connection *connection)
{
    if (!connection->ahead)
        return ORM_OK;
    orm_status status = connection->driver->settle(connection->link, &connection->error);
    return status ? orm__connection_failed(connection) : ORM_OK;
}

orm_status orm__source_open(orm_connection *connection, orm__source *source)
{
    orm__sent *sent = source->sent;
    source->sent = NULL;
    if (!sent)
        return orm__statement_start(source->sql, source->purpose, source->fetch, &source->statement);
    source->statement = sent->statement;
    source->statement->rows = 0;
    leave(connection, sent);
    orm__text_release(&connection->observation.shown);
    connection->observation = sent->observation;
    orm_status status = connection->driver->take(connection->link, sent->ahead, &connection->error);
    free(sent);
    if (!status)
        return ORM_OK;
    orm__secret_hide(connection, source->statement->model, source->statement->sensitive);
    return orm__connection_failed(connection);
}

void orm__source_tell(orm_connection *connection, orm__source *source, size_t rows, orm_status status)
{
    if (source->sql)
        orm__statement_tell(source->sql, source->purpose, rows, status);
    else
        orm__connection_tell(connection, source->purpose.kind, source->statement->text, source->purpose.table, rows,
                             status);
}
