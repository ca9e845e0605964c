/* driver/sqlite_rows.c -- the virtual table orm_rows: no storage of its own, a cursor over lists that were bound.
 *
 * Its columns are c0 ... c63 and ord, and hidden behind them the arguments a0 ... a63.
 * SPDX-License-Identifier: MIT */
#include "driver/sqlite_rows.h"

#include "base/error.h"
#include "base/text.h"
#include "base/value.h"
#include "driver/sqlite_values.h"

#include <stdlib.h>
#include <string.h>

enum { ORDINAL = ORM__SQLITE_LISTS, FIRST_ARGUMENT };

typedef struct table {
    sqlite3_vtab base;
    orm__sqlite_lists *lists;
} table;

typedef struct cursor {
    sqlite3_vtab_cursor base;
    size_t row, rows, count; /* from 0; how many; how many lists */
    const orm__sqlite_parameter *lists[ORM__SQLITE_LISTS];
} cursor;

static int table_connect(sqlite3 *database, void *lists, int argc, const char *const *argv, sqlite3_vtab **made,
                         char **message);
static int table_disconnect(sqlite3_vtab *closed);
static int table_best_index(sqlite3_vtab *asked, sqlite3_index_info *info);
static int cursor_open(sqlite3_vtab *of, sqlite3_vtab_cursor **made);
static int cursor_close(sqlite3_vtab_cursor *closed);
static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc, sqlite3_value **argv);
static const orm__sqlite_parameter *find_list(const orm__sqlite_lists *lists, sqlite3_value *argument);
static int cursor_next(sqlite3_vtab_cursor *base);
static int cursor_eof(sqlite3_vtab_cursor *base);
static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column);
static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid);
static int refuse(sqlite3_vtab *asked, const char *message);
static int give_item(cursor *c, const orm__sqlite_parameter *parameter, sqlite3_context *context);
static void give(sqlite3_context *context, const orm__sqlite_stored *stored);

/* Without xCreate it needs no CREATE VIRTUAL TABLE. */
static const sqlite3_module module = {
    .xConnect = table_connect,
    .xBestIndex = table_best_index,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

int orm__sqlite_rows_register(sqlite3 *database, orm__sqlite_lists *lists)
{
    return sqlite3_create_module_v2(database, "orm_rows", &module, lists, NULL);
}

static int table_connect(sqlite3 *database, void *lists, int argc, const char *const *argv, sqlite3_vtab **made,
                         char **message)
{
    (void)argc, (void)argv, (void)message;
    orm__text sql = {0};
    orm__text_string(&sql, "CREATE TABLE x(");
    for (int i = 0; i < ORM__SQLITE_LISTS; i++)
        orm__text_printf(&sql, "c%d, ", i);
    orm__text_string(&sql, "ord INTEGER");
    for (int i = 0; i < ORM__SQLITE_LISTS; i++)
        orm__text_printf(&sql, ", a%d HIDDEN", i);
    orm__text_string(&sql, ")");
    table *t = calloc(1, sizeof *t);
    int code = sql.failed || !t ? SQLITE_NOMEM : sqlite3_declare_vtab(database, sql.data);
    orm__text_release(&sql);
    if (code) {
        free(t);
        return code;
    }
    t->lists = lists;
    *made = &t->base;
    return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *closed)
{
    free(closed);
    return SQLITE_OK;
}

/* The arguments come as constraints on the hidden columns, and must all be known. The lists are short beside any
 * table, so they are walked once, in the outer loop. */
static int table_best_index(sqlite3_vtab *asked, sqlite3_index_info *info)
{
    int count = 0, last = -1;
    for (int i = 0; i < info->nConstraint; i++) {
        int argument = info->aConstraint[i].iColumn - FIRST_ARGUMENT;
        if (argument < 0 || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        if (!info->aConstraint[i].usable)
            return SQLITE_CONSTRAINT;
        info->aConstraintUsage[i].argvIndex = argument + 1;
        info->aConstraintUsage[i].omit = 1;
        last = argument > last ? argument : last;
        count++;
    }
    if (count == 0 || last + 1 != count)
        return refuse(asked, "orm_rows takes lists, one for each argument");
    info->estimatedCost = 10;
    info->estimatedRows = 10;
    return SQLITE_OK;
}

static int refuse(sqlite3_vtab *asked, const char *message)
{
    sqlite3_free(asked->zErrMsg);
    asked->zErrMsg = sqlite3_mprintf("%s", message);
    return SQLITE_ERROR;
}

static int cursor_open(sqlite3_vtab *of, sqlite3_vtab_cursor **made)
{
    (void)of;
    cursor *c = calloc(1, sizeof *c);
    *made = c ? &c->base : NULL;
    return c ? SQLITE_OK : SQLITE_NOMEM;
}

static int cursor_close(sqlite3_vtab_cursor *closed)
{
    free(closed);
    return SQLITE_OK;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc, sqlite3_value **argv)
{
    cursor *c = (cursor *)base;
    (void)plan, (void)text;
    c->row = 0;
    c->count = (size_t)argc;
    for (int i = 0; i < argc; i++) {
        c->lists[i] = find_list(((table *)base->pVtab)->lists, argv[i]);
        if (!c->lists[i])
            return refuse(base->pVtab, "an argument of orm_rows is no list");
        size_t rows = orm__value_count(c->lists[i]->list);
        if (i > 0 && rows != c->rows)
            return refuse(base->pVtab, "the lists of orm_rows differ in length");
        c->rows = rows;
    }
    return SQLITE_OK;
}

static const orm__sqlite_parameter *find_list(const orm__sqlite_lists *lists, sqlite3_value *argument)
{
    sqlite3_int64 number = sqlite3_value_type(argument) == SQLITE_INTEGER ? sqlite3_value_int64(argument) : 0;
    if (number < 1 || (sqlite3_uint64)number > lists->count || !lists->parameters[number - 1].list)
        return NULL;
    return &lists->parameters[number - 1];
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    ((cursor *)base)->row++;
    return SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base)
{
    const cursor *c = (const cursor *)base;
    return c->row >= c->rows;
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *rowid)
{
    *rowid = (sqlite3_int64)((cursor *)base)->row + 1;
    return SQLITE_OK;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    cursor *c = (cursor *)base;
    if (column >= 0 && (size_t)column < c->count)
        return give_item(c, c->lists[column], context);
    if (column == ORDINAL)
        sqlite3_result_int64(context, (sqlite3_int64)c->row + 1);
    else if (column >= FIRST_ARGUMENT && (size_t)(column - FIRST_ARGUMENT) < c->count)
        sqlite3_result_int64(context,
                             c->lists[column - FIRST_ARGUMENT] - ((table *)base->pVtab)->lists->parameters + 1);
    return SQLITE_OK; /* others are NULL */
}

/* SQLite carries no more than a text of what went wrong; the whole error goes round it. */
static int give_item(cursor *c, const orm__sqlite_parameter *parameter, sqlite3_context *context)
{
    orm__sqlite_stored stored;
    const orm_value *list = parameter->list;
    orm_value item = orm__value_of_item(list, c->row);
    orm_error *failure = &((table *)c->base.pVtab)->lists->failure;
    if (orm__sqlite_store(&parameter->declared, &item, &stored, failure)) {
        if (list->form == ORM_FORM_ROWS)
            ORM__ERROR_COPY(failure->column, list->as.rows.column->name);
        return refuse(c->base.pVtab, failure->message);
    }
    give(context, &stored);
    return SQLITE_OK;
}

static void give(sqlite3_context *context, const orm__sqlite_stored *stored)
{
    switch (stored->form) {
    case SQLITE_INTEGER:
        sqlite3_result_int64(context, stored->integer);
        break;
    case SQLITE_FLOAT:
        sqlite3_result_double(context, stored->real);
        break;
    case SQLITE_TEXT:
        sqlite3_result_text64(context, stored->data, stored->size, stored->release, SQLITE_UTF8);
        break;
    case SQLITE_BLOB:
        sqlite3_result_blob64(context, stored->data, stored->size, stored->release);
        break;
    default:
        break;
    }
}
