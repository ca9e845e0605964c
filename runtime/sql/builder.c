/* sql/builder.c -- the SQL that statements are made of.
 * SPDX-License-Identifier: MIT */
#include "sql/builder.h"

#include "sql/condition.h"

static bool may_gather(const orm_model *model);
static void write_many(orm__sql *sql, const orm_model *model);

void orm__sql_columns(orm__sql *sql, const orm_model *model)
{
    for (size_t i = 0; i < model->column_count && !sql->recalled; i++) {
        if (i > 0)
            orm__sql_text(sql, ", ");
        orm__sql_column(sql, &model->columns[i]);
        orm__sql_cast_result(sql, &model->columns[i]);
    }
}

void orm__sql_returning(orm__sql *sql, const orm_model *model)
{
    orm__sql_text(sql, " RETURNING ");
    for (size_t i = 0; i < model->column_count; i++) {
        orm__sql_text(sql, i > 0 ? ", " : "");
        orm__sql_identifier(sql, model->columns[i].name);
        orm__sql_cast_result(sql, &model->columns[i]);
    }
}

void orm__sql_table_name(orm__sql *sql, const orm_model *model)
{
    if (!sql->model)
        sql->model = model;
    if (sql->connection->dialect == ORM_POSTGRESQL)
        orm__sql_name(sql, model->schema_name, model->table);
    else
        orm__sql_identifier(sql, model->sqlite_table ? model->sqlite_table : model->table);
}

void orm__sql_table(orm__sql *sql, const orm_model *model)
{
    orm__sql_table_name(sql, model);
    orm__sql_text(sql, " AS t0");
}

bool orm__sql_where(orm__sql *sql, const orm_model *model, const orm_expr *conditions, size_t count)
{
    bool said = false, begun = false;
    for (size_t i = 0; i < count; i++) {
        if (conditions[i].op == ORM_OP_NONE)
            continue;
        said = true;
        if (conditions[i].op == ORM_OP_EVERY_ROW)
            continue;
        orm__sql_text(sql, begun ? " AND " : " WHERE ");
        orm__sql_condition(sql, model, &conditions[i]);
        begun = true;
    }
    return said;
}

void orm__sql_limit(orm__sql *sql, size_t limit, size_t offset)
{
    if (limit) {
        orm__sql_text(sql, " LIMIT ");
        orm__sql_integer(sql, limit > INT64_MAX ? INT64_MAX : (int64_t)limit);
    } else if (offset && sql->connection->dialect == ORM_SQLITE) {
        orm__sql_text(sql, " LIMIT -1"); /* SQLite has no OFFSET without LIMIT */
    }
    if (offset) {
        orm__sql_text(sql, " OFFSET ");
        orm__sql_integer(sql, offset > INT64_MAX ? INT64_MAX : (int64_t)offset);
    }
}

void orm__sql_lock(orm__sql *sql, orm_lock lock)
{
    static const char *const clauses[] = {
        [ORM_NO_LOCK] = "",
        [ORM_FOR_UPDATE] = " FOR UPDATE",
        [ORM_FOR_UPDATE_NOWAIT] = " FOR UPDATE NOWAIT",
        [ORM_FOR_UPDATE_SKIP_LOCKED] = " FOR UPDATE SKIP LOCKED",
        [ORM_FOR_SHARE] = " FOR SHARE",
    };
    if (sql->connection->dialect == ORM_SQLITE && lock == ORM_FOR_UPDATE_SKIP_LOCKED)
        orm__sql_fail(
            sql, ORM_UNSUPPORTED,
            "SQLite has no row locks to skip (ORM_FOR_UPDATE_SKIP_LOCKED); ORM_FOR_UPDATE locks the whole database");
    else if ((size_t)lock >= sizeof clauses / sizeof *clauses)
        orm__sql_fail(sql, ORM_MISUSE, "unknown lock %d", (int)lock);
    else if (sql->connection->dialect == ORM_POSTGRESQL)
        orm__sql_text(sql, clauses[lock]);
}

void orm__sql_select_from(orm__sql *sql, const orm_model *model)
{
    sql->selects = true;
    if (sql->recalled)
        return;
    orm__sql_text(sql, "SELECT ");
    orm__sql_columns(sql, model);
    orm__sql_text(sql, " FROM ");
    orm__sql_table(sql, model);
}

void orm__sql_conditions(orm__sql *sql, const orm_model *model, const orm_query *query)
{
    size_t before = sql->text->length;
    if (query->where)
        orm__sql_where(sql, model, query->where, ORM_WHERE_MAX);
    if (query->after)
        orm__sql_after(sql, model, query->order_by, ORM_ORDER_BY_MAX, query->after, sql->text->length > before);
}

/* Rows of a model that has a key are distinct already. */
void orm__sql_select(orm__sql *sql, const orm_model *model, const orm_query *query)
{
    if (query->distinct && model->primary_key_count == 0) {
        sql->selects = true;
        orm__sql_text(sql, "SELECT DISTINCT ");
        orm__sql_columns(sql, model);
        orm__sql_text(sql, " FROM ");
        orm__sql_table(sql, model);
    } else {
        orm__sql_select_from(sql, model);
    }
    orm__sql_conditions(sql, model, query);
    if (query->order_by)
        orm__sql_order_by(sql, model, query->order_by, ORM_ORDER_BY_MAX);
    orm__sql_limit(sql, query->limit, query->offset);
    orm__sql_lock(sql, query->lock);
}

void orm__sql_where_key(orm__sql *sql, const orm_column *const *columns, size_t count, const orm_value *key)
{
    for (size_t i = 0; i < count; i++) {
        if (!sql->recalled) {
            orm__sql_text(sql, i == 0 ? " WHERE " : " AND ");
            orm__sql_operand(sql, &orm__scope_outermost, columns[i], false);
            orm__sql_text(sql, " = ");
        }
        orm__sql_operand_value(sql, columns[i], key[i], false);
    }
}

void orm__sql_get_by_key(orm__sql *sql, const orm_model *model, const orm_value *key)
{
    orm__sql_recall(sql, model, ORM__GET_BY_KEY, 0);
    orm__sql_select_from(sql, model);
    if (sql->connection->gathers && !sql->recalled && may_gather(model))
        write_many(sql, model);
    orm__sql_where_key(sql, model->primary_key, model->primary_key_count, key);
}

static bool may_gather(const orm_model *model)
{
    const orm_column *key = model->primary_key_count == 1 ? model->primary_key[0] : NULL;
    return key && !(key->flags & ORM_ARRAY) &&
           (key->type == ORM_TYPE_INT64 || key->type == ORM_TYPE_INT32 || key->type == ORM_TYPE_INT16 ||
            key->type == ORM_TYPE_UUID);
}

/* The SELECT so far with a list of keys, apart. */
static void write_many(orm__sql *sql, const orm_model *model)
{
    const orm_column *key = model->primary_key[0];
    const orm_value none = {.type = key->type, .form = ORM_FORM_LIST};
    size_t length = sql->text->length;
    orm__sql_text(sql, " WHERE ");
    orm__sql_in_lists(sql, &key, 1, &none);
    if (sql->status || sql->text->failed)
        return;
    orm__text_bytes(&sql->many.text, sql->text->data, sql->text->length);
    sql->many.list = sql->parameters[0];
    sql->many.column = (size_t)(key - model->columns);
    sql->count = 0;
    sql->text->length = length;
    sql->text->data[length] = '\0';
}

void orm__sql_in_lists(orm__sql *sql, const orm_column *const *columns, size_t count, const orm_value *lists)
{
    orm__sql_in_lists_of(sql, &orm__scope_outermost, columns, count, lists);
}

void orm__sql_in_lists_of(orm__sql *sql, const orm__scope *scope, const orm_column *const *columns, size_t count,
                          const orm_value *lists)
{
    bool sqlite = sql->connection->dialect == ORM_SQLITE;
    if (count == 1 && !sqlite && !(columns[0]->flags & ORM_ARRAY)) {
        orm__sql_operand(sql, scope, columns[0], false);
        orm__sql_text(sql, " = ANY (");
        orm__sql_list(sql, columns[0], lists[0]);
        if (orm__sql_travels_as_text(columns[0])) {
            orm__sql_cast(sql, columns[0]);
            orm__sql_text(sql, "[]");
        }
        orm__sql_text(sql, ")");
        return;
    }
    orm__sql_text(sql, count == 1 ? "" : "(");
    for (size_t i = 0; i < count; i++) {
        orm__sql_text(sql, i == 0 ? "" : ", ");
        orm__sql_operand(sql, scope, columns[i], false);
    }
    orm__sql_text(sql, count == 1 ? " IN (SELECT " : ") IN (SELECT ");
    for (size_t i = 0; i < count; i++) {
        orm__sql_text(sql, i == 0 ? "" : ", ");
        orm__sql_list_item(sql, i, columns[i]);
    }
    orm__sql_text(sql, " FROM ");
    orm__sql_from_lists(sql, columns, count, lists, false);
    orm__sql_text(sql, ")");
}

void orm__sql_from_lists(orm__sql *sql, const orm_column *const *columns, size_t count, const orm_value *lists,
                         bool ordinality)
{
    bool sqlite = sql->connection->dialect == ORM_SQLITE;
    size_t listed = 0;
    orm__sql_text(sql, sqlite ? "orm_rows(" : "unnest(");
    for (size_t i = 0; i < count; i++) {
        if (lists[i].form != ORM_FORM_LIST && lists[i].form != ORM_FORM_ROWS)
            continue;
        orm__sql_text(sql, listed++ == 0 ? "" : ", ");
        orm__sql_list(sql, columns[i], lists[i]);
    }
    if (sqlite) {
        orm__sql_text(sql, ") AS u");
        return;
    }
    orm__sql_text(sql, ordinality ? ") WITH ORDINALITY AS u(" : ") AS u(");
    for (size_t i = 0; i < listed; i++) {
        orm__sql_text(sql, i == 0 ? "c" : ", c");
        orm__sql_number(sql, i);
    }
    orm__sql_text(sql, ordinality ? ", ord)" : ")");
}

void orm__sql_list_item(orm__sql *sql, size_t index, const orm_column *column)
{
    orm__sql_text(sql, "u.c");
    orm__sql_number(sql, index);
    orm__sql_cast_item(sql, column);
}
