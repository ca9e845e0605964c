/* sql/rows.c -- columns of many rows as parameters, and reading rows again by their keys.
 * SPDX-License-Identifier: MIT */
#include "sql/rows.h"

#include "base/datetime.h"
#include "base/error.h"
#include "base/value.h"
#include "sql/values.h"

#include <stdlib.h>
#include <string.h>

/* Rows by their keys: open addressing, 1 + the row's number in each slot. */
typedef struct key_table {
    const orm_model *model;
    void *const *rows;
    uint32_t *slots;
    size_t capacity;
} key_table;

static bool is_shared_clock(const orm_column *column, const void *const *rows, size_t count);
static orm_status read_all(orm__sql *sql, const orm_model *model, const orm__chosen *wanted, key_table *table,
                           orm__arena *arena);
static bool make_table(key_table *table, size_t count);
static uint32_t *slot_of(const key_table *table, const void *row);
static uint64_t hash_of(const orm_model *model, const void *row);
static bool same_key(const orm_model *model, const void *a, const void *b);

orm_status orm__chosen_init(orm_connection *connection, const orm_model *model, const uint64_t *mask,
                            orm__chosen_room *room, orm__chosen *chosen)
{
    size_t capacity = 2 * model->column_count + model->primary_key_count;
    bool fits = room && capacity <= ORM__CHOSEN_ROOM;
    chosen->count = 0;
    chosen->own = fits ? NULL : malloc(capacity * (sizeof *chosen->columns + sizeof *chosen->values));
    if (!fits && !chosen->own)
        return orm__error_no_memory(&connection->error);
    chosen->columns = fits ? room->columns : chosen->own;
    chosen->values = fits ? room->values : (orm_value *)(void *)(chosen->columns + capacity);
    for (size_t i = 0; mask && i < model->column_count; i++)
        if (orm__mask_has(mask, i))
            orm__chosen_add(chosen, &model->columns[i]);
    return ORM_OK;
}

void orm__chosen_release(orm__chosen *chosen)
{
    free(chosen->own);
}

void orm__chosen_add_key(orm__chosen *chosen, const orm_model *model)
{
    for (size_t i = 0; i < model->primary_key_count; i++)
        orm__chosen_add(chosen, model->primary_key[i]);
}

void orm__chosen_values(orm__chosen *chosen, size_t first, size_t last, const void *row)
{
    orm__values_of_members(chosen->columns + first, last - first, row, chosen->values + first);
}

void orm__chosen_lists(orm__chosen *chosen, size_t first, size_t last, const void *const *rows, size_t count)
{
    for (size_t i = first; i < last; i++)
        chosen->values[i] = (orm_value){.type = chosen->columns[i]->type,
                                        .form = ORM_FORM_ROWS,
                                        .enumeration = chosen->columns[i]->enumeration,
                                        .as.rows = {rows, chosen->columns[i], count}};
}

void orm__chosen_share_clocks(orm__chosen *chosen, const void *const *rows, size_t count)
{
    for (size_t i = 0, lists = chosen->count; i < chosen->count && lists > 1; i++)
        if (is_shared_clock(chosen->columns[i], rows, count)) {
            orm__chosen_values(chosen, i, i + 1, rows[0]);
            lists--;
        }
}

/* What SQLite cannot hold stays in its list: the refusal of that names the column. */
static bool is_shared_clock(const orm_column *column, const void *const *rows, size_t count)
{
    bool timestamp = column->type == ORM_TYPE_TIMESTAMP || column->type == ORM_TYPE_TIMESTAMPTZ;
    if (!timestamp || !(column->flags & ORM_DEFAULT_NOW) || orm__member_is_null(column, rows[0]))
        return false;
    int64_t first = orm__value_of_member(column, rows[0]).as.integer;
    for (size_t i = 1; i < count; i++) {
        const char *row = rows[i];
        if (column->field.has != ORM_ABSENT && !*(const bool *)(row + column->field.has))
            return false;
        if (memcmp(row + column->field.value, &first, sizeof first) != 0)
            return false;
    }
    return orm__timestamp_is_common(first);
}

orm_status orm__run_quietly(orm__sql *sql, const orm_model *model, orm_statement_kind kind, size_t *rows)
{
    orm__statement *statement;
    ORM_TRY(orm__statement_start(sql, (orm__purpose){kind, model->table}, ORM__FETCH_WHOLE, &statement));
    return orm__statement_finish(sql->connection, statement, rows);
}

orm_status orm__ask_integer(orm__sql *sql, const char *table, int64_t *answer)
{
    orm_connection *c = sql->connection;
    orm__statement *statement;
    *answer = 0;
    orm_status status = orm__statement_start(sql, (orm__purpose){ORM_STATEMENT_SELECT, table}, ORM__FETCH_WHOLE,
                                             &statement);
    if (status) {
        orm__observe_forget(&c->observation);
        return status;
    }
    status = orm__statement_step(c, statement);
    if (status == ORM_OK)
        *answer = c->driver->read_integer(c->link, 0);
    orm_status end = orm__statement_finish(c, statement, NULL);
    orm__observe_forget(&c->observation);
    return status == ORM_OK || status == ORM_DONE ? end : status;
}

orm_status orm__read_back(orm_connection *connection, const orm_model *model, const orm_column *const *columns,
                          size_t count, void *const *rows, size_t row_count, orm__arena *arena)
{
    orm__chosen keys, wanted;
    key_table table = {.model = model, .rows = rows};
    ORM_TRY(orm__chosen_init(connection, model, NULL, NULL, &keys));
    orm_status status = orm__chosen_init(connection, model, NULL, NULL, &wanted);
    if (status) {
        orm__chosen_release(&keys);
        return status;
    }
    orm__chosen_add_key(&keys, model);
    orm__chosen_add_key(&wanted, model);
    for (size_t i = 0; i < count; i++)
        orm__chosen_add(&wanted, columns[i]);
    orm__chosen_lists(&keys, 0, keys.count, (const void *const *)rows, row_count);
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_text(&sql, "SELECT ");
    for (size_t i = 0; i < wanted.count; i++) {
        orm__sql_text(&sql, i > 0 ? ", " : "");
        orm__sql_column(&sql, wanted.columns[i]);
        orm__sql_cast_result(&sql, wanted.columns[i]);
    }
    orm__sql_text(&sql, " FROM ");
    orm__sql_table(&sql, model);
    orm__sql_text(&sql, " WHERE ");
    orm__sql_in_lists(&sql, keys.columns, keys.count, keys.values);
    status = make_table(&table, row_count) ? read_all(&sql, model, &wanted, &table, arena)
                                           : orm__error_no_memory(&connection->error);
    orm__statement_tell(&sql, (orm__purpose){ORM_STATEMENT_SELECT, model->table}, row_count, status);
    orm__sql_release(&sql);
    free(table.slots);
    orm__chosen_release(&keys);
    orm__chosen_release(&wanted);
    return status;
}

/* The key is read first, into a row of its own, and tells which row the rest belongs to. */
static orm_status read_all(orm__sql *sql, const orm_model *model, const orm__chosen *wanted, key_table *table,
                           orm__arena *arena)
{
    orm_connection *c = sql->connection;
    orm__statement *statement;
    size_t keys = model->primary_key_count;
    void *found = calloc(1, model->row_size);
    if (!found)
        return orm__error_no_memory(&c->error);
    orm_status status = orm__statement_start(sql, (orm__purpose){ORM_STATEMENT_SELECT, model->table}, ORM__FETCH_WHOLE,
                                             &statement);
    if (!status) {
        while ((status = orm__statement_step(c, statement)) == ORM_OK) {
            status = c->driver->read(c->link, wanted->columns, keys, 0, found, arena, &c->error);
            uint32_t *slot = status ? NULL : slot_of(table, found);
            if (slot && *slot)
                status = c->driver->read(c->link, wanted->columns + keys, wanted->count - keys, keys,
                                         table->rows[*slot - 1], arena, &c->error);
            if (status)
                break;
        }
        orm_status end = orm__statement_finish(c, statement, NULL);
        if (status == ORM_DONE)
            status = end;
    }
    free(found);
    return status;
}

static bool make_table(key_table *table, size_t count)
{
    table->capacity = 16;
    while (table->capacity < count * 2)
        table->capacity *= 2;
    table->slots = calloc(table->capacity, sizeof *table->slots);
    for (size_t i = 0; table->slots && i < count; i++)
        *slot_of(table, table->rows[i]) = (uint32_t)i + 1;
    return table->slots != NULL;
}

static uint32_t *slot_of(const key_table *table, const void *row)
{
    size_t mask = table->capacity - 1;
    for (size_t i = hash_of(table->model, row) & mask;; i = (i + 1) & mask)
        if (!table->slots[i] || same_key(table->model, table->rows[table->slots[i] - 1], row))
            return &table->slots[i];
}

static uint64_t hash_of(const orm_model *model, const void *row)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < model->primary_key_count; i++)
        hash = hash * 0x9e3779b97f4a7c15u + orm__value_hash(orm__value_of_member(model->primary_key[i], row));
    return hash ^ hash >> 32;
}

static bool same_key(const orm_model *model, const void *a, const void *b)
{
    for (size_t i = 0; i < model->primary_key_count; i++)
        if (!orm__value_equal(orm__value_of_member(model->primary_key[i], a),
                              orm__value_of_member(model->primary_key[i], b)))
            return false;
    return true;
}
