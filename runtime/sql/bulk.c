/* sql/bulk.c -- changing and deleting all rows that meet a condition.
 *
 * On the connection of a session its entities stay true: what was changed comes back and is handed to the session, when
 * it holds any of the model.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "sql/builder.h"
#include "sql/rows.h"
#include "sql/validate.h"
#include "sql/values.h"
#include "sql/write.h"

#include <string.h>

static orm_status run(orm__sql *sql, const orm_model *model, orm_statement_kind kind, bool told, size_t *count);
static orm_status hand_over(orm__sql *sql, const orm_model *model, orm_statement_kind kind, size_t *count);
static bool changes_key(const orm_model *model, const char *changes);
static bool is_set(const orm_column *column, const char *changes);
static orm_status write_changes(orm__sql *sql, const orm_model *model, const char *changes);
static void write_automatic(orm__sql *sql, const orm_model *model, const char *changes);
static void write_change(orm__sql *sql, const orm_column *column, const char *changes);
static void write_sum(orm__sql *sql, const orm_column *column, const orm_column *other, orm_value value);
static bool is_number(const orm_column *column);
static orm_value change_value(const orm_column *column, const char *changes);

/* --- where -------------------------------------------------------------------------------------------------------- */

orm_status orm_row_update_where(orm_connection *connection, const orm_model *model, orm_expr where, const void *changes,
                                size_t *count)
{
    const orm__listener *listener = connection->session ? connection->listener : NULL;
    if (count)
        *count = 0;
    ORM_TRY(orm__writable(model, "update of", &connection->error));
    if (listener)
        ORM_TRY(listener->flush(connection));
    bool held = listener && listener->holds(connection->session, model), moved = held && changes_key(model, changes);
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_text(&sql, "UPDATE ");
    orm__sql_table(&sql, model);
    orm_status status = write_changes(&sql, model, changes);
    if (!status && !orm__sql_where(&sql, model, &where, 1))
        orm__sql_fail(&sql, ORM_MISUSE, "update of '%s' has no condition: say ORM_EVERY_ROW when every row is meant",
                      model->name);
    if (!status)
        status = run(&sql, model, ORM_STATEMENT_UPDATE, held && !moved, count);
    orm__sql_release(&sql);
    if (!status && listener)
        listener->written(connection->session, model, moved ? ORM__KEYS_CHANGED : ORM__ROWS_CHANGED);
    return status;
}

orm_status orm_row_delete_where(orm_connection *connection, const orm_model *model, orm_expr where, size_t *count)
{
    const orm__listener *listener = connection->session ? connection->listener : NULL;
    if (count)
        *count = 0;
    ORM_TRY(orm__writable(model, "delete of", &connection->error));
    if (listener)
        ORM_TRY(listener->flush(connection));
    orm__sql sql;
    orm__sql_init(&sql, connection);
    orm__sql_text(&sql, "DELETE FROM ");
    orm__sql_table(&sql, model);
    if (!orm__sql_where(&sql, model, &where, 1))
        orm__sql_fail(&sql, ORM_MISUSE, "delete of '%s' has no condition: say ORM_EVERY_ROW when every row is meant",
                      model->name);
    bool held = listener && listener->holds(connection->session, model);
    orm_status status = run(&sql, model, ORM_STATEMENT_DELETE, held, count);
    orm__sql_release(&sql);
    if (!status && listener)
        listener->written(connection->session, model, ORM__ROWS_DELETED);
    return status;
}

static orm_status run(orm__sql *sql, const orm_model *model, orm_statement_kind kind, bool told, size_t *count)
{
    size_t written = 0;
    if (told)
        orm__sql_returning(sql, model);
    orm_status status = told ? hand_over(sql, model, kind, &written)
                             : orm__statement_run(sql, (orm__purpose){kind, model->table}, &written);
    if (count)
        *count = written;
    return status;
}

/* Each row that was written goes to the session, which reads it if it knows the row. */
static orm_status hand_over(orm__sql *sql, const orm_model *model, orm_statement_kind kind, size_t *count)
{
    orm_connection *c = sql->connection;
    const orm__purpose purpose = {kind, model->table};
    orm__statement *statement;
    orm_status status = orm__statement_start(sql, purpose, ORM__FETCH_STREAM, &statement);
    if (!status) {
        while ((status = orm__statement_step(c, statement)) == ORM_OK) {
            status = c->listener->row(c->session, model, kind == ORM_STATEMENT_DELETE);
            if (status)
                break;
            ++*count;
        }
        orm_status end = orm__statement_finish(c, statement, NULL);
        if (status == ORM_DONE)
            status = end;
    }
    orm__statement_tell(sql, purpose, *count, status);
    return status;
}

static bool changes_key(const orm_model *model, const char *changes)
{
    for (size_t i = 0; i < model->primary_key_count; i++)
        if (is_set(model->primary_key[i], changes))
            return true;
    return false;
}

static bool is_set(const orm_column *column, const char *changes)
{
    orm_given set = ORM_LEFT_OUT;
    if (column->change.set != ORM_ABSENT)
        memcpy(&set, changes + column->change.set, sizeof set);
    return set == ORM_GIVEN;
}

static orm_status write_changes(orm__sql *sql, const orm_model *model, const char *changes)
{
    bool first = true;
    for (size_t i = 0; i < model->column_count; i++) {
        const orm_column *column = &model->columns[i];
        orm_given set, null = ORM_LEFT_OUT;
        if (column->change.set == ORM_ABSENT)
            continue;
        memcpy(&set, changes + column->change.set, sizeof set);
        if (column->change.null != ORM_ABSENT)
            memcpy(&null, changes + column->change.null, sizeof null);
        if ((set != ORM_LEFT_OUT && set != ORM_GIVEN) || (null != ORM_LEFT_OUT && null != ORM_GIVEN))
            return orm__error_set(&sql->connection->error, ORM_MISUSE,
                                  "column '%s' of '%s' was given a plain value: write ORM_VALUE(...) or ORM_NULL",
                                  column->member, model->name);
        if (set == ORM_LEFT_OUT && null == ORM_LEFT_OUT)
            continue;
        if (column->flags & (ORM_COMPUTED | ORM_VERSION))
            return orm__error_set(&sql->connection->error, ORM_MISUSE, "column '%s' of '%s' is not for setting",
                                  column->member, model->name);
        orm__sql_text(sql, first ? " SET " : ", ");
        orm__sql_identifier(sql, column->name);
        orm__sql_text(sql, " = ");
        first = false;
        if (null == ORM_GIVEN)
            orm__sql_text(sql, "NULL");
        else
            write_change(sql, column, changes);
    }
    if (first)
        return orm__error_set(&sql->connection->error, ORM_MISUSE, "update of '%s' changes nothing", model->name);
    write_automatic(sql, model, changes);
    return sql->status;
}

/* What every update does: count up the version, set the clocks that it does not set itself. */
static void write_automatic(orm__sql *sql, const orm_model *model, const char *changes)
{
    const orm_timestamptz now = orm_timestamptz_now();
    for (size_t i = 0; i < model->column_count; i++) {
        const orm_column *column = &model->columns[i];
        if (!(column->flags & ORM_VERSION) && (!(column->flags & ORM_ON_UPDATE_NOW) || is_set(column, changes)))
            continue;
        orm__sql_text(sql, ", ");
        orm__sql_identifier(sql, column->name);
        orm__sql_text(sql, " = ");
        if (column->flags & ORM_VERSION) {
            orm__sql_column(sql, column);
            orm__sql_text(sql, " + 1");
        } else {
            orm__sql_parameter(sql, column, orm__value_now(column, now));
        }
    }
}

/* A value, or another column plus a value. */
static void write_change(orm__sql *sql, const orm_column *column, const char *changes)
{
    orm_op op;
    memcpy(&op, changes + column->change.op, sizeof op);
    orm_value value = change_value(column, changes);
    if (value.form == ORM_FORM_NULL && (op == ORM_OP_PLUS || !(column->flags & ORM_NULLABLE))) {
        orm__sql_fail(sql, ORM_INVALID, "column '%s' of '%s' cannot be NULL", column->member, column->model->name);
        return;
    }
    if (op != ORM_OP_PLUS) {
        orm__sql_parameter(sql, column, value);
        return;
    }
    const orm_column *other;
    memcpy(&other, changes + column->change.column, sizeof other);
    if (!other || other->model != column->model || !is_number(column))
        orm__sql_fail(sql, ORM_MISUSE, "ORM_PLUS on column '%s' of '%s' takes a number column of the same model",
                      column->member, column->model->name);
    else
        write_sum(sql, column, other, value);
}

/* SQLite keeps decimals as text. */
static void write_sum(orm__sql *sql, const orm_column *column, const orm_column *other, orm_value value)
{
    bool text = column->type == ORM_TYPE_DECIMAL && sql->connection->dialect == ORM_SQLITE;
    orm__sql_text(sql, text ? "orm_decimal_add(" : "");
    orm__sql_column(sql, other);
    orm__sql_text(sql, text ? ", " : " + ");
    orm__sql_parameter(sql, column, value);
    orm__sql_text(sql, text ? ")" : "");
}

static bool is_number(const orm_column *column)
{
    orm_type type = column->flags & ORM_ARRAY ? ORM_TYPE_NONE : column->type;
    return type == ORM_TYPE_INT16 || type == ORM_TYPE_INT32 || type == ORM_TYPE_INT64 || type == ORM_TYPE_FLOAT32 ||
           type == ORM_TYPE_FLOAT64 || type == ORM_TYPE_DECIMAL;
}

/* The value member of a change, read as if it stood in a row of its own. */
static orm_value change_value(const orm_column *column, const char *changes)
{
    orm_column alone = *column;
    alone.field = (orm_field){column->change.value, ORM_ABSENT};
    return orm__value_of_member(&alone, changes);
}
