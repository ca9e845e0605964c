/* sql/write.c -- updating and deleting rows of one shape, one or many by one statement.
 *
 * A column of ORM_VERSION is counted up by each update and must be what the row read: so a row that another changed
 * meanwhile does not match, and nor does one that is gone. Where a row takes the place of another, columns may be set
 * to their defaults: SQLite has no word for that in an UPDATE, so there the table is asked for the expression.
 * SPDX-License-Identifier: MIT */
#include "sql/write.h"

#include "base/error.h"
#include "base/value.h"
#include "sql/copy.h"
#include "sql/rows.h"
#include "sql/values.h"

#include <stdlib.h>
#include <string.h>

/* Which columns an UPDATE sets, and by which it finds its rows. */
typedef struct change {
    orm_connection *c;
    const orm_model *model;
    orm__chosen columns; /* those set, then those found by */
    size_t set;
    const uint64_t *mask;      /* of those set */
    const uint64_t *defaulted; /* those set to their defaults, or NULL */
    const char **defaults;     /* of those, on SQLite: the expressions, by column */
    orm__arena texts;          /* what `defaults` points to */
    const void *const *rows, *const *keys;
    size_t count;
    size_t matched;
} change;

static orm_status update_each(change *u);
static orm_status may_end(change *u, bool *may);
static orm_status update_last(change *u);
static orm_status update_arrays(change *u);
static orm_status ask_defaults(change *u);
static orm_status ask_default(change *u, const orm_column *column, const char **text);
static void write_defaults(orm__sql *sql, const change *u);
static void write_update(orm__sql *sql, const change *u, bool many);
static void write_value(orm__sql *sql, const change *u, size_t index, bool many);
static void write_version(orm__sql *sql, const orm_model *model);
static void add_found_by(orm__chosen *columns, const orm_model *model);

orm_status orm__writable(const orm_model *model, const char *what, orm_error *error)
{
    if (!model->read_only)
        return ORM_OK;
    return orm__error_set(error, ORM_MISUSE, "%s '%s': it is a view, which is read and never written", what,
                          model->name);
}

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
                            const uint64_t *defaulted, const void *const *rows, const void *const *keys, size_t count,
                            size_t *matched)
{
    change u = {.c = connection,
                .model = model,
                .mask = changed,
                .defaulted = defaulted,
                .rows = rows,
                .keys = keys,
                .count = count};
    orm__chosen_room room;
    *matched = 0;
    ORM_TRY(orm__chosen_init(connection, model, changed, &room, &u.columns));
    u.set = u.columns.count;
    add_found_by(&u.columns, model);
    bool sqlite = connection->dialect == ORM_SQLITE;
    orm_status status = defaulted && sqlite ? ask_defaults(&u) : ORM_OK;
    bool ends = false;
    if (!status && connection->commits && count == 1 && !defaulted)
        status = may_end(&u, &ends);
    connection->sent = false;
    if (!status)
        status = ends ? update_last(&u) : count == 1 || sqlite ? update_each(&u) : update_arrays(&u);
    if (connection->sent)
        orm__connection_tell(connection, ORM_STATEMENT_UPDATE, connection->sql.data, model->table, u.matched,
                             connection->rode ? ORM_OK : status);
    orm__connection_tell_ride(connection, status);
    orm__chosen_release(&u.columns);
    orm__arena_release(&u.texts);
    free(u.defaults);
    *matched = u.matched;
    return status;
}

static orm_status ask_defaults(change *u)
{
    u->defaults = calloc(u->model->column_count, sizeof *u->defaults);
    if (!u->defaults)
        return orm__error_no_memory(&u->c->error);
    for (size_t i = 0; i < u->model->column_count; i++)
        if (orm__mask_has(u->defaulted, i))
            ORM_TRY(ask_default(u, &u->model->columns[i], &u->defaults[i]));
    return ORM_OK;
}

static orm_status ask_default(change *u, const orm_column *column, const char **text)
{
    const orm_column answer = {.type = ORM_TYPE_TEXT, .flags = ORM_NULLABLE, .field = {0, ORM_ABSENT}};
    const orm_column *const answers[] = {&answer};
    orm__sql sql;
    orm__statement *statement;
    orm__sql_init(&sql, u->c);
    orm__sql_text(&sql, "SELECT dflt_value FROM pragma_table_info(");
    orm__sql_literal(&sql, u->model->sqlite_table ? u->model->sqlite_table : u->model->table);
    orm__sql_text(&sql, ") WHERE name = ");
    orm__sql_literal(&sql, column->name);
    orm_status status = orm__statement_start(&sql, (orm__purpose){ORM_STATEMENT_SELECT, u->model->table},
                                             ORM__FETCH_WHOLE, &statement);
    if (!status) {
        status = orm__statement_step(u->c, statement);
        if (!status)
            status = u->c->driver->read(u->c->link, answers, 1, 0, text, &u->texts, &u->c->error);
        orm_status end = orm__statement_finish(u->c, statement, NULL);
        status = status == ORM_OK || status == ORM_DONE ? end : status;
    }
    orm__sql_release(&sql);
    return status;
}

static void write_defaults(orm__sql *sql, const change *u)
{
    for (size_t i = 0, written = u->set; u->defaulted && i < u->model->column_count; i++) {
        if (!orm__mask_has(u->defaulted, i))
            continue;
        orm__sql_text(sql, written++ > 0 ? ", " : "");
        orm__sql_identifier(sql, u->model->columns[i].name);
        orm__sql_text(sql, !u->defaults ? " = DEFAULT" : u->defaults[i] ? " = (" : " = NULL");
        if (u->defaults && u->defaults[i]) {
            orm__sql_text(sql, u->defaults[i]);
            orm__sql_text(sql, ")");
        }
    }
}

static orm_status update_each(change *u)
{
    orm__sql sql;
    orm__statement *statement = NULL;
    orm__sql_init(&sql, u->c);
    if (orm__mask_words(u->model) == 1 && !u->defaulted)
        orm__sql_recall(&sql, u->model, ORM__UPDATE_ONE, u->mask[0]);
    orm_status status = ORM_OK;
    for (size_t i = 0; i < u->count && !status; i++) {
        orm__chosen_values(&u->columns, 0, u->set, u->rows[i]);
        orm__chosen_values(&u->columns, u->set, u->columns.count, u->keys[i]);
        if (i == 0) {
            write_update(&sql, u, false);
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

/* Whether COMMIT may go with it: rules and views may know no RETURNING, and what is computed has to be read before. */
static orm_status may_end(change *u, bool *may)
{
    for (size_t i = 0; i < u->model->column_count; i++)
        if (u->model->columns[i].flags & ORM_COMPUTED)
            return ORM_OK;
    return orm__table_is_plain(u->c, u->model, may);
}

/* The server itself refuses the statement, and so the COMMIT behind it, when no row matches. */
static orm_status update_last(change *u)
{
    static const char stale[] = "orm_stale";
    orm_connection *c = u->c;
    orm__sql sql;
    orm__sql_init(&sql, c);
    if (orm__mask_words(u->model) == 1)
        orm__sql_recall(&sql, u->model, ORM__UPDATE_LAST, u->mask[0]);
    orm__chosen_values(&u->columns, 0, u->set, u->rows[0]);
    orm__chosen_values(&u->columns, u->set, u->columns.count, u->keys[0]);
    orm__sql_text(&sql, "WITH written AS (");
    write_update(&sql, u, false);
    orm__sql_text(&sql, " RETURNING 1) SELECT (CASE count(*) WHEN 1 THEN '1' ELSE ");
    orm__sql_literal(&sql, stale);
    orm__sql_text(&sql, " END)::int4 FROM written");
    orm__sql_is_last(&sql);
    orm_status status = orm__run_quietly(&sql, u->model, ORM_STATEMENT_UPDATE, NULL);
    orm__sql_release(&sql);
    u->matched = !status;
    bool unmatched = status && !c->rode && strcmp(c->error.sqlstate, "22P02") == 0 && strstr(c->error.message, stale);
    return unmatched ? ORM_OK : status;
}

/* UPDATE ... SET a = $1 WHERE key = $2; of many UPDATE ... SET a = u.c0 FROM unnest(...) AS u WHERE key = u.c1. */
static void write_update(orm__sql *sql, const change *u, bool many)
{
    orm__sql_text(sql, "UPDATE ");
    orm__sql_table(sql, u->model);
    orm__sql_text(sql, " SET ");
    for (size_t i = 0; i < u->set; i++) {
        orm__sql_text(sql, i > 0 ? ", " : "");
        orm__sql_identifier(sql, u->columns.columns[i]->name);
        orm__sql_text(sql, " = ");
        write_value(sql, u, i, many);
    }
    write_defaults(sql, u);
    write_version(sql, u->model);
    if (many) {
        orm__sql_text(sql, " FROM ");
        orm__sql_from_lists(sql, u->columns.columns, u->columns.count, u->columns.values, false);
    }
    for (size_t i = u->set; i < u->columns.count; i++) {
        orm__sql_text(sql, i == u->set ? " WHERE " : " AND ");
        orm__sql_column(sql, u->columns.columns[i]);
        orm__sql_text(sql, " = ");
        write_value(sql, u, i, many);
    }
}

static void write_value(orm__sql *sql, const change *u, size_t index, bool many)
{
    if (many)
        orm__sql_list_item(sql, index, u->columns.columns[index]);
    else
        orm__sql_parameter(sql, u->columns.columns[index], u->columns.values[index]);
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

static orm_status update_arrays(change *u)
{
    orm_status status = ORM_OK;
    for (size_t done = 0; done < u->count && !status; done += ORM__CHUNK) {
        size_t size = u->count - done < ORM__CHUNK ? u->count - done : ORM__CHUNK, found = 0;
        orm__sql sql;
        orm__sql_init(&sql, u->c);
        orm__chosen_lists(&u->columns, 0, u->set, u->rows + done, size);
        orm__chosen_lists(&u->columns, u->set, u->columns.count, u->keys + done, size);
        write_update(&sql, u, true);
        status = orm__run_quietly(&sql, u->model, ORM_STATEMENT_UPDATE, &found);
        u->matched += found;
        orm__sql_release(&sql);
    }
    return status;
}

orm_status orm__delete_rows(orm_connection *connection, const orm_model *model, const void *const *keys, size_t count,
                            size_t *matched)
{
    orm__chosen columns;
    *matched = 0;
    ORM_TRY(orm__chosen_init(connection, model, NULL, NULL, &columns));
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

orm_status orm__forsake_rows(orm_connection *connection, const orm_relation *relation, bool null,
                             const void *const *targets, size_t count, const void *const *spared, size_t spared_count)
{
    const orm_model *model = relation->model;
    orm__chosen key, own;
    ORM_TRY(orm__chosen_init(connection, relation->target, NULL, NULL, &key));
    orm_status status = orm__chosen_init(connection, model, NULL, NULL, &own);
    if (status) {
        orm__chosen_release(&key);
        return status;
    }
    for (size_t k = 0; k < relation->column_count; k++)
        orm__chosen_add(&key, relation->target_columns[k]);
    orm__chosen_add_key(&own, model);
    orm__chosen_lists(&key, 0, key.count, targets, count);
    orm__chosen_lists(&own, 0, own.count, spared, spared_count);
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_text(&sql, null ? "UPDATE " : "DELETE FROM ");
    orm__sql_table(&sql, model);
    for (size_t k = 0; null && k < relation->column_count; k++) {
        orm__sql_text(&sql, k == 0 ? " SET " : ", ");
        orm__sql_identifier(&sql, relation->columns[k]->name);
        orm__sql_text(&sql, " = NULL");
    }
    orm__sql_text(&sql, " WHERE ");
    orm__sql_in_lists(&sql, relation->columns, key.count, key.values);
    if (spared_count > 0 && own.count > 0) {
        orm__sql_text(&sql, " AND NOT ");
        orm__sql_in_lists(&sql, own.columns, own.count, own.values);
    }
    size_t matched;
    status = orm__statement_run(&sql, (orm__purpose){null ? ORM_STATEMENT_UPDATE : ORM_STATEMENT_DELETE, model->table},
                                &matched);
    orm__sql_release(&sql);
    orm__chosen_release(&key);
    orm__chosen_release(&own);
    return status;
}
