/* sql/write.c -- updating and deleting rows of one shape, one or many by one statement.
 *
 * A column of ORM_VERSION is counted up by each update and must be what the row read: so a row that another changed
 * meanwhile does not match, and nor does one that is gone.
 * SPDX-License-Identifier: MIT */
#include "sql/write.h"

#include "base/error.h"
#include "base/value.h"
#include "sql/rows.h"
#include "sql/values.h"

/* Which columns an UPDATE sets, and by which it finds its rows. */
typedef struct change {
    orm_connection *c;
    const orm_model *model;
    orm__chosen columns; /* those set, then those found by */
    size_t set;
    const uint64_t *mask; /* of those set */
    const void *const *rows, *const *keys;
    size_t count;
    size_t matched;
} change;

static orm_status update_each(change *u);
static orm_status update_arrays(change *u);
static void write_one(orm__sql *sql, const change *u);
static void write_many(orm__sql *sql, const change *u);
static void write_version(orm__sql *sql, const orm_model *model);
static void add_found_by(orm__chosen *columns, const orm_model *model);

const orm_column *orm__version_of(const orm_model *model)
{
    for (size_t i = 0; i < model->column_count; i++)
        if (model->columns[i].flags & ORM_VERSION)
            return &model->columns[i];
    return NULL;
}

/* The key, and the version where there is one. */
static void add_found_by(orm__chosen *columns, const orm_model *model)
{
    const orm_column *version = orm__version_of(model);
    orm__chosen_add_key(columns, model);
    if (version)
        orm__chosen_add(columns, version);
}

orm_status orm__update_rows(orm_connection *connection, const orm_model *model, const uint64_t *changed,
                            const void *const *rows, const void *const *keys, size_t count, size_t *matched)
{
    change u = {.c = connection, .model = model, .mask = changed, .rows = rows, .keys = keys, .count = count};
    *matched = 0;
    ORM_TRY(orm__chosen_init(connection, model, changed, &u.columns));
    u.set = u.columns.count;
    connection->sent = false;
    add_found_by(&u.columns, model);
    orm_status status = count == 1 || connection->dialect == ORM_SQLITE ? update_each(&u) : update_arrays(&u);
    if (connection->sent)
        orm__connection_tell(connection, ORM_STATEMENT_UPDATE, connection->sql.data, model->table, u.matched, status);
    orm__chosen_release(&u.columns);
    *matched = u.matched;
    return status;
}

static orm_status update_each(change *u)
{
    orm__sql sql;
    orm__statement *statement = NULL;
    orm__sql_init(&sql, u->c);
    if (orm__mask_words(u->model) == 1)
        orm__sql_recall(&sql, u->model, ORM__UPDATE_ONE, u->mask[0]);
    orm_status status = ORM_OK;
    for (size_t i = 0; i < u->count && !status; i++) {
        orm__chosen_values(&u->columns, 0, u->set, u->rows[i]);
        orm__chosen_values(&u->columns, u->set, u->columns.count, u->keys[i]);
        if (i == 0) {
            write_one(&sql, u);
            status = orm__statement_start(&sql, (orm__purpose){ORM_STATEMENT_UPDATE, u->model->table}, ORM__FETCH_WHOLE,
                                          &statement);
        } else {
            status = orm__statement_restart(u->c, statement, u->columns.values);
        }
        size_t found = 0;
        if (!status)
            status = orm__statement_finish(u->c, statement, &found);
        u->matched += found;
    }
    orm__sql_release(&sql);
    return status;
}

static void write_one(orm__sql *sql, const change *u)
{
    orm__sql_text(sql, "UPDATE ");
    orm__sql_table(sql, u->model);
    orm__sql_text(sql, " SET ");
    for (size_t i = 0; i < u->set; i++) {
        orm__sql_text(sql, i > 0 ? ", " : "");
        orm__sql_identifier(sql, u->columns.columns[i]->name);
        orm__sql_text(sql, " = ");
        orm__sql_parameter(sql, u->columns.columns[i], u->columns.values[i]);
    }
    write_version(sql, u->model);
    for (size_t i = u->set; i < u->columns.count; i++) {
        orm__sql_text(sql, i == u->set ? " WHERE " : " AND ");
        orm__sql_column(sql, u->columns.columns[i]);
        orm__sql_text(sql, " = ");
        orm__sql_parameter(sql, u->columns.columns[i], u->columns.values[i]);
    }
}

static void write_version(orm__sql *sql, const orm_model *model)
{
    const orm_column *version = orm__version_of(model);
    if (!version)
        return;
    orm__sql_text(sql, ", ");
    orm__sql_identifier(sql, version->name);
    orm__sql_text(sql, " = ");
    orm__sql_column(sql, version);
    orm__sql_text(sql, " + 1");
}

/* UPDATE ... SET a = u.c0 FROM unnest(...) AS u WHERE key = u.c1 */
static orm_status update_arrays(change *u)
{
    orm_status status = ORM_OK;
    for (size_t done = 0; done < u->count && !status; done += ORM__CHUNK) {
        size_t size = u->count - done < ORM__CHUNK ? u->count - done : ORM__CHUNK, found = 0;
        orm__sql sql;
        orm__sql_init(&sql, u->c);
        orm__chosen_lists(&u->columns, 0, u->set, u->rows + done, size);
        orm__chosen_lists(&u->columns, u->set, u->columns.count, u->keys + done, size);
        write_many(&sql, u);
        status = orm__run_quietly(&sql, u->model, ORM_STATEMENT_UPDATE, &found);
        u->matched += found;
        orm__sql_release(&sql);
    }
    return status;
}

static void write_many(orm__sql *sql, const change *u)
{
    orm__sql_text(sql, "UPDATE ");
    orm__sql_table(sql, u->model);
    orm__sql_text(sql, " SET ");
    for (size_t i = 0; i < u->set; i++) {
        orm__sql_text(sql, i > 0 ? ", " : "");
        orm__sql_identifier(sql, u->columns.columns[i]->name);
        orm__sql_text(sql, " = ");
        orm__sql_list_item(sql, i, u->columns.columns[i]);
    }
    write_version(sql, u->model);
    orm__sql_text(sql, " FROM ");
    orm__sql_from_lists(sql, u->columns.columns, u->columns.count, u->columns.values, false);
    for (size_t i = u->set; i < u->columns.count; i++) {
        orm__sql_text(sql, i == u->set ? " WHERE " : " AND ");
        orm__sql_column(sql, u->columns.columns[i]);
        orm__sql_text(sql, " = ");
        orm__sql_list_item(sql, i, u->columns.columns[i]);
    }
}

orm_status orm__delete_rows(orm_connection *connection, const orm_model *model, const void *const *keys, size_t count,
                            size_t *matched)
{
    orm__chosen columns;
    *matched = 0;
    ORM_TRY(orm__chosen_init(connection, model, NULL, &columns));
    add_found_by(&columns, model);
    orm__chosen_lists(&columns, 0, columns.count, keys, count);
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_text(&sql, "DELETE FROM ");
    orm__sql_table(&sql, model);
    orm__sql_text(&sql, " WHERE ");
    orm__sql_in_lists(&sql, columns.columns, columns.count, columns.values);
    orm_status status = orm__statement_run(&sql, (orm__purpose){ORM_STATEMENT_DELETE, model->table}, matched);
    orm__sql_release(&sql);
    orm__chosen_release(&columns);
    return status;
}
