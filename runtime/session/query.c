/* session/query.c -- finding entities: by key, by conditions; rows become entities, or turn out to be present.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "session/session.h"
#include "sql/builder.h"

#include <stdlib.h>
#include <string.h>

static void foresee(const orm_session *session, const orm__store *store, const orm_value *key);
static orm_status find(orm_session *session, const orm_model *model, const orm_query *query, orm__entities *found);
static orm_status read_query(orm_session *session, const orm_model *model, const orm_query *query,
                             orm__entities *found);
static void write_select(orm__reading *reading);
static void write_count(orm__reading *reading);
static void write_exists(orm__reading *reading);
static orm_status read_number(orm_session *session, orm__reading *reading, int64_t *value, bool *any);
static orm_status read_integer(orm_session *session, const orm_model *model, orm__sql *sql, int64_t *value, bool *any);
static bool side_by_side(const orm__store *store, uint32_t first, const orm__entities *found);
static size_t size_of_batch(size_t count, bool listed);

orm_status orm_model_get(orm_session *session, const orm_model *model, const orm_value *key, const void **found)
{
    *found = NULL;
    orm__store *store = orm__store_of(session, model);
    if (!store)
        return orm__session_no_memory(session);
    orm__entity *entity = orm__identity_find(store, key);
    if (!entity && session->changed.count > 0) { /* a flush may give it to one that is here */
        ORM_TRY(orm__session_autoflush(session));
        entity = orm__identity_find(store, key);
    }
    if (!entity) {
        ORM_TRY(orm__read_by_key(session, store, key, false, &entity));
    } else if (entity->flags & ORM__EXPIRED) {
        orm_status status = orm__entity_reload(session, entity);
        if (status)
            return status;
    }
    if (!entity || entity->state == ORM__DELETING)
        return ORM_NOT_FOUND;
    *found = orm__row_of(entity);
    return ORM_OK;
}

orm_status orm__read_by_key(orm_session *session, orm__store *store, const orm_value *key, bool overwrite,
                            orm__entity **found)
{
    const orm_model *model = store->model;
    *found = NULL;
    ORM_TRY(orm__session_begin_get(session));
    orm__sql sql;
    orm__sql_init(&sql, session->connection);
    orm__sql_get_by_key(&sql, model, key);
    orm__source source = orm__source_of(&sql, (orm__purpose){ORM_STATEMENT_SELECT, model->table}, ORM__FETCH_WHOLE);
    orm__entity *one = NULL;
    orm__entities read = {.items = &one, .capacity = 1};
    source.one = true;
    if (session->connection->shared)
        foresee(session, store, key);
    orm_status status = orm__source_open(session->connection, &source);
    status = orm__read_opened(session, store, &source, status, overwrite, &read);
    orm__sql_release(&sql);
    orm__session_end_get(session);
    *found = status ? NULL : one;
    return status;
}

/* What the row's way into the session will touch. */
static void foresee(const orm_session *session, const orm__store *store, const orm_value *key)
{
    enum { TEXTS = 256 /* about what those of a row take */ };
    orm__soon *soon = &session->connection->link->soon;
    soon->count = 0;
    orm__soon_add(soon, session, offsetof(orm_session, room));
    orm__soon_add(soon, session->arena.next, TEXTS);
    orm__store_foresee(store, key, soon);
}

orm_status orm__entity_reload(orm_session *session, orm__entity *entity)
{
    const orm_model *model = orm__model_of(entity);
    orm_value key[ORM__KEY_MAX];
    orm__entity *read;
    for (size_t i = 0; i < model->primary_key_count; i++)
        key[i] = orm__value_of_member(model->primary_key[i], orm__key_row(entity));
    ORM_TRY(orm__read_by_key(session, entity->batch->store, key, true, &read));
    if (read)
        return ORM_OK;
    char name[160];
    orm__error_set(&session->error, ORM_NOT_FOUND, "%s is no longer in the database",
                   orm__entity_name(entity, name, sizeof name));
    return ORM_NOT_FOUND;
}

orm_status orm__entities_reload(orm_session *session, orm__store *store, const orm__entities *expired)
{
    const orm_model *model = store->model;
    if (expired->count == 0)
        return ORM_OK;
    ORM_TRY(orm__session_read(session));
    const void **rows = malloc(expired->count * sizeof *rows);
    if (!rows)
        return orm__session_no_memory(session);
    for (size_t i = 0; i < expired->count; i++)
        rows[i] = orm__key_row(expired->items[i]);
    orm_value lists[ORM__KEY_MAX];
    for (size_t k = 0; k < model->primary_key_count; k++)
        lists[k] = (orm_value){.type = model->primary_key[k]->type,
                               .form = ORM_FORM_ROWS,
                               .enumeration = model->primary_key[k]->enumeration,
                               .as.rows = {rows, model->primary_key[k], expired->count}};
    orm__entities read = {0};
    orm_status status = orm__read_by_keys(session, store, lists, expired->count, true, &read);
    free(read.items);
    free(rows);
    return status;
}

orm_status orm__read_by_keys(orm_session *session, orm__store *store, const orm_value *lists, size_t count,
                             bool overwrite, orm__entities *read)
{
    const orm_model *model = store->model;
    orm__sql sql;
    orm__sql_init(&sql, session->connection);
    orm__sql_select_from(&sql, model);
    orm__sql_text(&sql, " WHERE ");
    orm__sql_in_lists(&sql, model->primary_key, model->primary_key_count, lists);
    orm_status status = orm__read_entities(session, store, &sql, orm__fetch_of(count), overwrite, read);
    orm__sql_release(&sql);
    return status;
}

orm_status orm__read_entities(orm_session *session, orm__store *store, orm__sql *sql, orm__fetch fetch_mode,
                              bool overwrite, orm__entities *found)
{
    orm__source source = orm__source_of(sql, (orm__purpose){ORM_STATEMENT_SELECT, store->model->table}, fetch_mode);
    orm_status status = orm__source_open(session->connection, &source);
    return orm__read_opened(session, store, &source, status, overwrite, found);
}

orm_status orm__read_opened(orm_session *session, orm__store *store, orm__source *source, orm_status status,
                            bool overwrite, orm__entities *found)
{
    orm_connection *c = session->connection;
    size_t before = found->count;
    if (!status) {
        size_t expected = orm__statement_expects(source->statement);
        if (expected)
            orm__identity_reserve(store, expected);
        while ((status = orm__statement_step(c, source->statement)) == ORM_OK) {
            orm__entity *entity = NULL;
            status = orm__take_row(session, store, overwrite, &entity);
            if (!status && !orm__entities_add(found, entity))
                status = orm__error_no_memory(&c->error);
            if (status || source->one)
                break;
        }
        orm_status end = orm__statement_finish(c, source->statement, NULL);
        if (!status || status == ORM_DONE)
            status = end;
    }
    orm__source_tell(c, source, found->count - before, status);
    return status ? orm__session_failed(session, status) : ORM_OK;
}

/* The row is read where a new entity would stand; when its key is known already, that place is used again. */
orm_status orm__take_row(orm_session *session, orm__store *store, bool overwrite, orm__entity **entity)
{
    orm_connection *c = session->connection;
    orm__entity *fresh = orm__store_next(store);
    if (!fresh)
        return orm__error_no_memory(&c->error);
    void *row = orm__row_of(fresh);
    ORM_TRY(c->driver->read(c->link, store->columns, store->column_count, 0, row, &session->arena, &c->error));
    orm__entity *present = orm__identity_find_row(store, store->model->primary_key, row);
    *entity = present ? present : fresh;
    if (!present) {
        fresh->state = ORM__PERSISTENT;
        fresh->generation = session->generation;
        store->alone.live++;
        orm__store_keep(store, fresh);
        if (session->seen && !orm__entities_add(session->seen, fresh))
            return orm__error_no_memory(&c->error);
        return orm__identity_add(store, fresh) ? ORM_OK : orm__error_no_memory(&c->error);
    }
    bool wanted = overwrite || session->populating || store->model->read_only || (present->flags & ORM__EXPIRED);
    if (present->state == ORM__PENDING) /* what is about to be added has its own values */
        wanted = false;
    if (wanted && session->outdated)
        present->flags |= ORM__EXPIRED;
    if (wanted && !session->outdated)
        orm__entity_merge(session, present, row);
    else
        orm__entity_recycle_texts(session, store->model, row, NULL);
    return ORM_OK;
}

/* Relations are loaded anew when a key changed. */
void orm__entity_merge(orm_session *session, orm__entity *entity, const void *fresh)
{
    const orm_model *model = orm__model_of(entity);
    bool changed = entity->state == ORM__PERSISTENT && (entity->flags & ORM__QUEUED);
    bool moved = false;
    for (size_t i = 0; i < model->column_count; i++) {
        const orm_column *column = &model->columns[i];
        if (changed && orm__entity_has_dirty(entity, column)) {
            orm__member_recycle(column, fresh, &session->arena);
            continue;
        }
        if ((column->flags & ORM_FOREIGN_KEY) && !orm__member_equal(column, orm__row_of(entity), fresh))
            moved = true;
        if (!entity->original || !orm__member_same(column, entity->original, orm__row_of(entity)))
            orm__member_recycle(column, orm__row_of(entity), &session->arena);
        orm__member_set(column, orm__row_of(entity), orm__value_of_member(column, fresh));
    }
    if (moved && entity->slots)
        for (size_t i = 0; i < model->relation_count; i++)
            if (model->relations[i].owning)
                entity->slots[i].loaded = false;
    entity->flags &= (uint8_t)~ORM__EXPIRED;
    entity->reread = entity->original != NULL;
}

orm_status orm__batch_new(orm_session *session, orm__store *store, const orm__entities *found)
{
    if (found->count < 2)
        return ORM_OK;
    uint32_t first = orm__store_number(store, found->items[0]);
    bool listed = !side_by_side(store, first, found);
    orm__batch *batch = orm__arena_alloc(&session->arena, size_of_batch(found->count, listed));
    if (!batch)
        return orm__session_no_memory(session);
    *batch = (orm__batch){.store = store, .first = first, .count = (uint32_t)found->count};
    if (listed)
        batch->members = (orm__entity **)(void *)(batch + 1);
    for (size_t i = 0; i < found->count; i++) {
        orm__entity *entity = found->items[i];
        if (listed)
            batch->members[i] = entity;
        if (entity->batch == batch)
            continue;
        orm__batch_leave(session, entity);
        entity->batch = batch;
        batch->live++;
    }
    return ORM_OK;
}

static bool side_by_side(const orm__store *store, uint32_t first, const orm__entities *found)
{
    if (store->used - first + 1 < found->count)
        return false;
    for (size_t i = 1; i < found->count; i++) {
        const char *before = (const char *)found->items[i - 1];
        if ((const char *)found->items[i] != before + store->entity_size &&
            found->items[i] != orm__store_at(store, first + (uint32_t)i))
            return false;
    }
    return true;
}

static size_t size_of_batch(size_t count, bool listed)
{
    return sizeof(orm__batch) + (listed ? count * sizeof(orm__entity *) : 0);
}

void orm__batch_leave(orm_session *session, orm__entity *entity)
{
    orm__batch *left = entity->batch;
    if (--left->live == 0 && left->count > 0)
        orm__arena_recycle(&session->arena, left, size_of_batch(left->count, left->members != NULL));
    entity->batch = NULL;
}

/* Whatever is read for a query that populates, relations too, is laid over what is present. */
static orm_status find(orm_session *session, const orm_model *model, const orm_query *query, orm__entities *found)
{
    ORM_TRY(orm__session_autoflush(session));
    session->populating = query->populate_existing;
    orm_status status = read_query(session, model, query, found);
    session->populating = false;
    return status;
}

static orm_status read_query(orm_session *session, const orm_model *model, const orm_query *query, orm__entities *found)
{
    orm__store *store = orm__store_of(session, model);
    if (!store)
        return orm__session_no_memory(session);
    orm__sql sql;
    orm__reading reading = {.write = write_select, .model = model, .query = query, .sql = &sql};
    ORM_TRY(orm__reading_open(session, &reading, query->lock));
    orm_status status = orm__read_entities(session, store, &sql, orm__fetch_of(query->limit),
                                           query->lock != ORM_NO_LOCK, found);
    orm__reading_close(session, &reading, found->count, status);
    if (!status)
        status = orm__batch_new(session, store, found);
    if (!status && query->load)
        status = orm__load_all(session, model, query->load, found->items, found->count);
    return status;
}

static void write_select(orm__reading *reading)
{
    orm__sql_select(reading->sql, reading->model, reading->query);
}

orm_status orm_model_find(orm_session *session, const orm_model *model, const orm_query *query, orm_list *found)
{
    *found = (orm_list){0};
    orm__entities read = {0};
    orm_status status = find(session, model, query, &read);
    const void **items = status || read.count == 0 ? NULL : orm__list_new(session, read.count);
    if (!status && read.count > 0 && !items)
        status = orm__session_no_memory(session);
    for (size_t i = 0; items && i < read.count; i++)
        items[i] = orm__row_of(read.items[i]);
    if (!status)
        *found = (orm_list){.items = items, .count = read.count};
    free(read.items);
    return status;
}

orm_status orm_model_first(orm_session *session, const orm_model *model, const orm_query *query, const void **found)
{
    orm_query one = *query;
    orm__entities read = {0};
    one.limit = 1;
    *found = NULL;
    orm_status status = find(session, model, &one, &read);
    if (!status && read.count > 0)
        *found = orm__row_of(read.items[0]);
    status = status ? status : read.count > 0 ? ORM_OK : ORM_NOT_FOUND;
    free(read.items);
    return status;
}

orm_status orm_model_one(orm_session *session, const orm_model *model, const orm_query *query, const void **found)
{
    orm_query two = *query;
    orm__entities read = {0};
    two.limit = query->limit == 1 ? 1 : 2;
    *found = NULL;
    orm_status status = find(session, model, &two, &read);
    if (!status && read.count == 1)
        *found = orm__row_of(read.items[0]);
    if (!status && read.count > 1)
        status = orm__session_error(session, ORM_TOO_MANY, "one '%s' was asked for and there are more", model->name);
    status = status ? status : read.count > 0 ? ORM_OK : ORM_NOT_FOUND;
    free(read.items);
    return status;
}

orm_status orm_model_count(orm_session *session, const orm_model *model, const orm_query *query, size_t *count)
{
    int64_t value;
    bool any;
    *count = 0;
    ORM_TRY(read_number(session, &(orm__reading){.write = write_count, .model = model, .query = query}, &value, &any));
    *count = (size_t)value;
    return ORM_OK;
}

static void write_count(orm__reading *reading)
{
    const orm_query *query = reading->query;
    orm__sql *sql = reading->sql;
    bool bounded = query->limit || query->offset;
    orm__sql_text(sql, bounded ? "SELECT count(*) FROM (SELECT 1 FROM " : "SELECT count(*) FROM ");
    orm__sql_table(sql, reading->model);
    orm__sql_conditions(sql, reading->model, query);
    if (bounded) {
        orm__sql_limit(sql, query->limit, query->offset);
        orm__sql_text(sql, ") AS counted");
    }
}

orm_status orm_model_exists(orm_session *session, const orm_model *model, const orm_query *query, bool *exists)
{
    int64_t value;
    *exists = false;
    return read_number(session, &(orm__reading){.write = write_exists, .model = model, .query = query}, &value, exists);
}

static void write_exists(orm__reading *reading)
{
    orm__sql *sql = reading->sql;
    orm__sql_text(sql, "SELECT 1 FROM ");
    orm__sql_table(sql, reading->model);
    orm__sql_conditions(sql, reading->model, reading->query);
    orm__sql_limit(sql, 1, reading->query->offset);
}

static orm_status read_number(orm_session *session, orm__reading *reading, int64_t *value, bool *any)
{
    orm__sql sql;
    *value = 0;
    *any = false;
    reading->sql = &sql;
    ORM_TRY(orm__session_autoflush(session));
    ORM_TRY(orm__reading_open(session, reading, ORM_NO_LOCK));
    orm_status status = read_integer(session, reading->model, &sql, value, any);
    orm__reading_close(session, reading, 1, status);
    return status;
}

orm_status orm__count_key(orm_session *session, const orm__entity *entity, const orm_column *version, size_t *count)
{
    const orm_model *model = orm__model_of(entity);
    orm_value key[ORM__KEY_MAX];
    int64_t value;
    bool any;
    for (size_t i = 0; i < model->primary_key_count; i++)
        key[i] = orm__value_of_member(model->primary_key[i], orm__key_row(entity));
    orm__sql sql;
    orm__sql_init(&sql, session->connection);
    orm__sql_text(&sql, "SELECT 1 FROM ");
    orm__sql_table(&sql, model);
    orm__sql_where_key(&sql, model->primary_key, model->primary_key_count, key);
    if (version) {
        orm_value next = orm__value_of_member(version, orm__row_of(entity));
        next.as.integer++;
        orm__sql_text(&sql, " AND ");
        orm__sql_identifier(&sql, version->name);
        orm__sql_text(&sql, " = ");
        orm__sql_parameter(&sql, version, next);
    }
    orm_status status = read_integer(session, model, &sql, &value, &any);
    orm__sql_release(&sql);
    *count = any;
    return status;
}

/* The first column of the first row. */
static orm_status read_integer(orm_session *session, const orm_model *model, orm__sql *sql, int64_t *value, bool *any)
{
    orm_connection *c = session->connection;
    const orm__purpose purpose = {ORM_STATEMENT_SELECT, model->table};
    orm__statement *statement;
    *value = 0;
    *any = false;
    orm_status status = orm__statement_start(sql, purpose, ORM__FETCH_WHOLE, &statement);
    if (!status) {
        status = orm__statement_step(c, statement);
        *any = status == ORM_OK;
        if (*any)
            *value = c->driver->read_integer(c->link, 0);
        orm_status end = orm__statement_finish(c, statement, NULL);
        status = status == ORM_OK || status == ORM_DONE ? end : status;
    }
    orm__statement_tell(sql, purpose, *any, status);
    return status ? orm__session_failed(session, status) : ORM_OK;
}
