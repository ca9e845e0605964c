/* session/stream.c -- rows that come one after the other: a batch in memory, and its entities leave with it.
 *
 * On PostgreSQL a cursor of the server gives the batches. On SQLite each is a statement that goes on behind the row
 * that came last, since a statement left open would hold its snapshot, and what is written meanwhile.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "session/session.h"
#include "sql/builder.h"
#include "sql/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CURSOR_SIZE = 40, ORDERS = ORM_ORDER_BY_MAX + ORM__KEY_MAX };

struct orm_stream {
    orm_session *session;
    orm_stream *next_open; /* of the session */
    const orm_model *model;
    orm_query query; /* its arrays are copied below */
    orm_expr where[ORM_WHERE_MAX];
    orm_order order_by[ORDERS];
    orm_loading load[ORM_LOAD_MAX];
    uint32_t ended;   /* the session's count when it was opened */
    uint32_t cleared; /* the same when the batch was read */
    uint32_t behind;  /* the session's count when the cursor was declared: it shows the rows as they were then */
    char cursor[CURSOR_SIZE]; /* PostgreSQL's; "" while none is declared */
    size_t left;              /* rows that the limit still allows; SIZE_MAX without one */
    size_t wanted;            /* rows of the next batch */
    size_t fetching;          /* rows that the FETCH sent ahead asks for */
    size_t ahead;             /* its number (sql/ahead.h); 0: none was sent */
    bool begun, done;         /* a batch was read; no more is to come */
    orm__entities batch;      /* what was read and not all handed out yet */
    size_t next;              /* of the batch */
    orm__entities seen;       /* what the batch was the first to bring, relations included */
    size_t undo;              /* records of the session's log when it was read */
    void *last;               /* SQLite: the row that the next batch goes on behind */
    orm__arena last_texts;    /* what it points to */
};

static orm_status open_stream(orm_stream *stream);
static orm_status refuse_order(orm_stream *stream);
static void complete_order(orm_stream *stream);
static orm_status declare(orm_stream *stream);
static void name_cursor(char *name, unsigned number, uint32_t model);
static bool cursor_taken(const orm_session *session, unsigned number, uint32_t model);
static orm_status read_batch(orm_stream *stream);
static orm_status fetch(orm_stream *stream, orm__store *store);
static orm_status catch_up(orm_stream *stream, orm__store *store);
static void keep_those_there(orm__entities *entities, orm_session *session);
static void fetch_ahead(orm_stream *stream);
static void write_fetch(orm__sql *sql, const orm_stream *stream);
static orm_status select_behind(orm_stream *stream, orm__store *store);
static orm_status remember_last(orm_stream *stream);
static void let_go(orm_stream *stream);
static bool changed_meanwhile(const orm_stream *stream);
static void forget_links(orm_session *session);
static bool links_to_left(const orm_relation *relation, const orm__slot *slot);
static void release(orm_session *session, orm__entity *entity);
static size_t rows_that_fit(const orm_stream *stream);
static size_t bytes_of(const orm_model *model, const void *row);
static void hold_of_others(const orm_stream *stream, bool held);
static bool over(const orm_stream *stream);

orm_status orm_model_stream(orm_session *session, const orm_model *model, const orm_query *query, orm_stream **stream)
{
    *stream = NULL;
    orm_stream *made = calloc(1, sizeof *made);
    if (!made)
        return orm__session_no_memory(session);
    made->session = session;
    made->model = model;
    made->query = *query;
    made->left = query->limit ? query->limit : SIZE_MAX;
    made->wanted = ORM__FIRST_ROWS;
    if (query->where)
        memcpy(made->where, query->where, sizeof made->where);
    if (query->order_by)
        memcpy(made->order_by, query->order_by, ORM_ORDER_BY_MAX * sizeof *made->order_by);
    if (query->load)
        memcpy(made->load, query->load, sizeof made->load);
    made->query.where = made->where;
    made->query.order_by = made->order_by;
    made->query.load = made->load;
    orm_status status = open_stream(made);
    made->next_open = session->streams;
    session->streams = made;
    if (status)
        orm_stream_close(made);
    else
        *stream = made;
    return status;
}

static orm_status open_stream(orm_stream *stream)
{
    orm_session *session = stream->session;
    ORM_TRY(orm__session_autoflush(session));
    ORM_TRY(orm__session_read(session));
    bool sqlite = session->connection->dialect == ORM_SQLITE;
    if (sqlite)
        ORM_TRY(refuse_order(stream));
    if (!sqlite || stream->query.lock)
        ORM_TRY(orm__session_write(session));
    stream->ended = session->ended;
    if (!sqlite)
        return declare(stream);
    complete_order(stream);
    return ORM_OK;
}

void orm_stream_close(orm_stream *stream)
{
    if (!stream)
        return;
    orm_session *session = stream->session;
    orm_connection *c = session->connection;
    let_go(stream);
    if (stream->cursor[0] && !over(stream) && !c->failed) {
        char sql[64];
        snprintf(sql, sizeof sql, "CLOSE %s", stream->cursor);
        orm__connection_shield(c, true);
        orm__connection_control(c, ORM_STATEMENT_OTHER, sql, NULL);
        orm__sent_drop(c, orm__sent_find(c, stream->ahead));
        orm__connection_shield(c, false);
    }
    for (orm_stream **link = &session->streams; *link; link = &(*link)->next_open)
        if (*link == stream) {
            *link = stream->next_open;
            break;
        }
    orm__arena_release(&stream->last_texts);
    free(stream->last);
    free(stream->batch.items);
    free(stream->seen.items);
    free(stream);
}

orm_status orm_stream_next(orm_stream *stream, const orm_model *model, const void **row)
{
    orm_session *session = stream->session;
    *row = NULL;
    if (model != stream->model)
        return orm__session_error(session, ORM_MISUSE, "a stream of '%s' was asked for a '%s'", stream->model->name,
                                  model->name);
    for (;;) {
        while (stream->next < stream->batch.count && stream->cleared == session->cleared) {
            const orm__entity *entity = stream->batch.items[stream->next++];
            if (!orm__is_there(entity)) /* deleted since the batch was read */
                continue;
            *row = orm__row_of(entity);
            return ORM_OK;
        }
        let_go(stream);
        if (stream->done)
            return ORM_DONE;
        ORM_TRY(read_batch(stream));
    }
}

orm_status orm_model_each(orm_session *session, const orm_model *model, const orm_query *query, orm_visitor call,
                          const void *visit)
{
    orm_stream *stream;
    const void *row;
    ORM_TRY(orm_model_stream(session, model, query, &stream));
    orm_status status;
    while ((status = orm_stream_next(stream, model, &row)) == ORM_OK)
        if ((status = call(session, row, visit)) != ORM_OK)
            break;
    orm_stream_close(stream);
    return status == ORM_DONE ? ORM_OK : status;
}

/* --- the order, where batches go by it ---------------------------------------------------------------------------- */

static orm_status refuse_order(orm_stream *stream)
{
    for (size_t i = 0; i < ORM_ORDER_BY_MAX; i++)
        if (stream->order_by[i].via[0])
            return orm__session_error(stream->session, ORM_UNSUPPORTED,
                                      "a stream of '%s' on SQLite orders by own columns alone", stream->model->name);
    return ORM_OK;
}

/* The primary key ends all ties. */
static void complete_order(orm_stream *stream)
{
    size_t count = 0;
    while (count < ORM_ORDER_BY_MAX && stream->order_by[count].column)
        count++;
    for (size_t k = 0; k < stream->model->primary_key_count && k < ORM__KEY_MAX; k++) {
        bool there = false;
        for (size_t i = 0; i < count; i++)
            there |= stream->order_by[i].column == stream->model->primary_key[k];
        if (!there)
            stream->order_by[count++] = orm_order_by(stream->model->primary_key[k], false);
    }
}

/* --- batches ------------------------------------------------------------------------------------------------------ */

/* The first name that is free: so the statements that fetch are found prepared. */
static orm_status declare(orm_stream *stream)
{
    orm_session *session = stream->session;
    unsigned number = 0;
    orm__sql sql;
    while (cursor_taken(session, number, stream->model->index))
        number++;
    name_cursor(stream->cursor, number, stream->model->index);
    orm__sql_init(&sql, session->connection);
    orm__sql_text(&sql, "DECLARE ");
    orm__sql_text(&sql, stream->cursor);
    orm__sql_text(&sql, " NO SCROLL CURSOR FOR ");
    orm__sql_select(&sql, stream->model, &stream->query);
    stream->behind = session->behind;
    orm_status status = orm__statement_run(&sql, (orm__purpose){ORM_STATEMENT_OTHER, stream->model->table}, NULL);
    orm__sql_release(&sql);
    if (!status)
        return ORM_OK;
    stream->cursor[0] = '\0';
    return orm__session_failed(session, status);
}

static void name_cursor(char *name, unsigned number, uint32_t model)
{
    snprintf(name, CURSOR_SIZE, "orm_stream_%u_%u", number, (unsigned)model);
}

static bool cursor_taken(const orm_session *session, unsigned number, uint32_t model)
{
    char name[CURSOR_SIZE];
    name_cursor(name, number, model);
    for (const orm_stream *other = session->streams; other; other = other->next_open)
        if (strcmp(other->cursor, name) == 0)
            return true;
    return false;
}

static orm_status read_batch(orm_stream *stream)
{
    orm_session *session = stream->session;
    orm__store *store = orm__store_of(session, stream->model);
    if (!store)
        return orm__session_no_memory(session);
    if (stream->cursor[0] && over(stream))
        return orm__session_error(session, ORM_MISUSE, "a stream of '%s' was read on after its transaction had ended",
                                  stream->model->name);
    ORM_TRY(orm__session_autoflush(session));
    stream->undo = session->undo.count;
    stream->cleared = session->cleared;
    orm__entities *outer = session->seen;
    session->seen = &stream->seen;
    session->populating = stream->query.populate_existing;
    orm_status status = stream->cursor[0] ? fetch(stream, store) : select_behind(stream, store);
    if (!status)
        status = orm__batch_new(session, store, &stream->batch);
    stream->wanted = rows_that_fit(stream);
    if (!status && !stream->ahead)
        fetch_ahead(stream);
    if (!status)
        status = orm__load_all(session, stream->model, stream->load, stream->batch.items, stream->batch.count);
    session->populating = false;
    session->seen = outer;
    stream->begun = true;
    return status;
}

/* The next one is sent before the rows of this one are decoded, once it is known how many fit; it is asked for by
 * what the batch before this one took. */
static orm_status fetch(orm_stream *stream, orm__store *store)
{
    orm_session *session = stream->session;
    orm_connection *c = session->connection;
    const orm__purpose purpose = {ORM_STATEMENT_SELECT, store->model->table};
    orm__sql sql;
    orm__sent *sent = orm__sent_find(c, stream->ahead);
    size_t wanted = sent ? stream->fetching : stream->wanted;
    orm__sql_init(&sql, c);
    if (!sent)
        write_fetch(&sql, stream);
    orm__source source = sent ? orm__source_sent(sent) : orm__source_of(&sql, purpose, ORM__FETCH_WHOLE);
    stream->ahead = 0;
    orm_status status = orm__source_open(c, &source);
    if (!status && sent && c->driver->rows_here(c->link) == wanted)
        fetch_ahead(stream);
    session->outdated = stream->behind != session->behind;
    status = orm__read_opened(session, store, &source, status, stream->query.lock != ORM_NO_LOCK, &stream->batch);
    bool outdated = session->outdated;
    session->outdated = false;
    orm__sql_release(&sql);
    stream->done = stream->batch.count < wanted;
    return !status && outdated ? catch_up(stream, store) : status;
}

/* The cursor shows rows as they were when it was declared: those that this transaction may have written since are
 * read again, and those that are gone leave. */
static orm_status catch_up(orm_stream *stream, orm__store *store)
{
    orm_session *session = stream->session;
    orm__entities expired = {0};
    orm_status status = ORM_OK;
    for (size_t i = 0; i < stream->seen.count; i++)
        stream->seen.items[i]->flags |= ORM__EXPIRED;
    for (size_t i = 0; i < stream->batch.count && !status; i++)
        if ((stream->batch.items[i]->flags & ORM__EXPIRED) && !orm__entities_add(&expired, stream->batch.items[i]))
            status = orm__session_no_memory(session);
    if (!status)
        status = orm__entities_reload(session, store, &expired);
    free(expired.items);
    if (status)
        return status;
    keep_those_there(&stream->batch, NULL);
    keep_those_there(&stream->seen, session);
    return ORM_OK;
}

/* The others leave the list, and the session, if it is given. */
static void keep_those_there(orm__entities *entities, orm_session *session)
{
    size_t kept = 0;
    for (size_t i = 0; i < entities->count; i++) {
        orm__entity *entity = entities->items[i];
        if (!(entity->flags & ORM__EXPIRED)) {
            entities->items[kept++] = entity;
        } else if (session) {
            orm__identity_remove(entity->batch->store, entity);
            release(session, entity);
        }
    }
    entities->count = kept;
}

/* While the program works on this batch. A lock is taken no sooner than the program asks for the row. Where it
 * cannot be sent it is sent when it is needed. */
static void fetch_ahead(orm_stream *stream)
{
    orm_connection *c = stream->session->connection;
    orm__sent *sent;
    orm__sql sql;
    if (!stream->cursor[0] || stream->done || stream->query.lock || !orm__sends_ahead(c))
        return;
    const orm_error kept = c->error;
    const bool failed = c->failed;
    orm__sql_init(&sql, c);
    write_fetch(&sql, stream);
    stream->fetching = stream->wanted;
    if (orm__sent_new(&sql, (orm__purpose){ORM_STATEMENT_SELECT, stream->model->table}, ORM__FETCH_WHOLE, &sent) ==
        ORM_OK)
        stream->ahead = sent->number;
    if (!stream->ahead && !c->broken) {
        c->error = kept;
        c->failed = failed;
    }
    orm__sql_release(&sql);
    orm__sent_push(c);
}

static void write_fetch(orm__sql *sql, const orm_stream *stream)
{
    orm__sql_text(sql, "FETCH ");
    orm__sql_number(sql, stream->wanted);
    orm__sql_text(sql, " FROM ");
    orm__sql_text(sql, stream->cursor);
}

static orm_status select_behind(orm_stream *stream, orm__store *store)
{
    orm_session *session = stream->session;
    const orm_query *query = &stream->query;
    size_t limit = stream->left < stream->wanted ? stream->left : stream->wanted;
    ORM_TRY(query->lock ? orm__session_lock(session, query->lock) : orm__session_read(session));
    orm__sql sql;
    orm__sql_init(&sql, session->connection);
    orm__sql_select_from(&sql, stream->model);
    size_t before = sql.text->length;
    orm__sql_where(&sql, stream->model, stream->where, ORM_WHERE_MAX);
    const void *after = stream->begun ? stream->last : query->after;
    if (after)
        orm__sql_after(&sql, stream->model, stream->order_by, ORDERS, after, sql.text->length > before);
    orm__sql_order_by(&sql, stream->model, stream->order_by, ORDERS);
    orm__sql_limit(&sql, limit, stream->begun ? 0 : query->offset);
    orm__sql_lock(&sql, query->lock);
    orm_status status = orm__read_entities(session, store, &sql, orm__fetch_of(limit), query->lock != ORM_NO_LOCK,
                                           &stream->batch);
    orm__sql_release(&sql);
    stream->left -= stream->left == SIZE_MAX ? 0 : stream->batch.count;
    stream->done = stream->batch.count < limit || stream->left == 0;
    return status || stream->done ? status : remember_last(stream);
}

/* A copy: the entity leaves, or may change. */
static orm_status remember_last(orm_stream *stream)
{
    const orm_model *model = stream->model;
    if (!stream->last && !(stream->last = malloc(model->row_size)))
        return orm__session_no_memory(stream->session);
    orm__arena_release(&stream->last_texts);
    memcpy(stream->last, orm__row_of(stream->batch.items[stream->batch.count - 1]), model->row_size);
    for (size_t i = 0; i < model->column_count; i++)
        if (!orm__member_keep(&model->columns[i], stream->last, &stream->last_texts))
            return orm__session_no_memory(stream->session);
    return ORM_OK;
}

/* As many as are likely to take 256 KiB, by what the last batch took. */
static size_t rows_that_fit(const orm_stream *stream)
{
    size_t bytes = 0;
    for (size_t i = 0; i < stream->batch.count; i++)
        bytes += bytes_of(stream->model, orm__row_of(stream->batch.items[i]));
    return orm__batch_size(stream->batch.count, bytes);
}

static size_t bytes_of(const orm_model *model, const void *row)
{
    size_t bytes = model->row_size;
    for (size_t i = 0; i < model->column_count; i++) {
        orm_value value = orm__value_of_member(&model->columns[i], row);
        if (value.form == ORM_FORM_ARRAY)
            bytes += value.as.array.count * 16;
        else if (value.form == ORM_FORM_ONE && orm__member_points(&model->columns[i]))
            bytes += value.type == ORM_TYPE_BYTES ? value.as.bytes.size : strlen(value.as.text);
    }
    return bytes;
}

/* Whether the transaction that the stream began in has ended. */
static bool over(const orm_stream *stream)
{
    return stream->ended != stream->session->ended || !stream->session->connection ||
           stream->session->connection->broken;
}

/* --- leaving ------------------------------------------------------------------------------------------------------ */

/* The batch is over. What it was the first to bring leaves the session; all of it stays when anything was changed
 * since it was read, as what changed may refer to it. */
static void let_go(orm_stream *stream)
{
    orm_session *session = stream->session;
    if (stream->seen.count > 0 && stream->cleared == session->cleared && !changed_meanwhile(stream)) {
        for (size_t i = 0; i < stream->seen.count; i++) {
            orm__identity_remove(stream->seen.items[i]->batch->store, stream->seen.items[i]);
            stream->seen.items[i]->state = ORM__LEAVING;
        }
        forget_links(session);
        for (size_t i = 0; i < stream->seen.count; i++)
            release(session, stream->seen.items[i]);
    }
    stream->seen.count = stream->batch.count = stream->next = 0;
}

static bool changed_meanwhile(const orm_stream *stream)
{
    const orm_session *session = stream->session;
    if (session->changed.count > 0 || session->undo.count != stream->undo)
        return true;
    bool changed = false;
    hold_of_others(stream, true);
    for (size_t i = 0; i < stream->seen.count; i++) {
        const orm__entity *entity = stream->seen.items[i];
        changed |= entity->state != ORM__PERSISTENT || entity->undo ||
                   ((entity->flags & (ORM__QUEUED | ORM__KEY_CHANGED)) || entity->held);
    }
    hold_of_others(stream, false);
    return changed;
}

/* What other streams have still to hand out. */
static void hold_of_others(const orm_stream *stream, bool held)
{
    for (const orm_stream *other = stream->session->streams; other; other = other->next_open)
        for (size_t i = 0; other != stream && other->cleared == stream->cleared && i < other->batch.count; i++) {
            orm__entity *entity = other->batch.items[i];
            entity->held = held;
        }
}

/* Relations of those that stay are no longer loaded where they lead to one that leaves. */
static void forget_links(orm_session *session)
{
    for (orm__store *store = session->store_list; store; store = store->next)
        for (uint32_t number = 1; number <= store->used && store->model->relation_count > 0; number++) {
            const orm__entity *entity = orm__store_at(store, number);
            for (size_t r = 0; entity->slots && entity->state != ORM__LEAVING && r < store->model->relation_count; r++)
                if (links_to_left(&store->model->relations[r], &entity->slots[r])) {
                    entity->slots[r].loaded = false;
                    entity->slots[r].count = 0;
                }
        }
}

static bool links_to_left(const orm_relation *relation, const orm__slot *slot)
{
    if (!slot->loaded)
        return false;
    if (!orm__is_collection(relation))
        return slot->as.one && slot->as.one->state == ORM__LEAVING;
    for (uint32_t i = 0; i < slot->count; i++)
        if (slot->as.many[i]->state == ORM__LEAVING)
            return true;
    return false;
}

static void release(orm_session *session, orm__entity *entity)
{
    orm__store *store = entity->batch->store;
    const orm_model *model = store->model;
    orm__entity_recycle_texts(session, model, orm__row_of(entity), NULL);
    for (size_t r = 0; entity->slots && r < model->relation_count; r++)
        if (orm__is_collection(&model->relations[r]) && entity->slots[r].capacity > 0)
            orm__arena_recycle(&session->arena, entity->slots[r].as.many,
                               entity->slots[r].capacity * sizeof *entity->slots[r].as.many);
    if (entity->slots)
        orm__arena_recycle(&session->arena, entity->slots, model->relation_count * sizeof *entity->slots);
    if (orm__mask_words(model) > 1 && entity->dirty.words)
        orm__arena_recycle(&session->arena, entity->dirty.words, orm__mask_words(model) * sizeof *entity->dirty.words);
    orm__batch_leave(session, entity);
    orm__store_drop(store, entity);
}
