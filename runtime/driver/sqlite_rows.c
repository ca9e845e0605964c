/* driver/sqlite_rows.c -- the virtual table orm_rows: no storage of its own, a cursor over lists that were bound.
 *
 * Its columns are c0 ... c63 and ord, and hidden behind them the arguments a0 ... a63.
 * SPDX-License-Identifier: MIT */
#include "driver/sqlite_rows.h"

#include "base/array.h"
#include "base/datetime.h"
#include "base/error.h"
#include "base/text.h"
#include "base/value.h"
#include "driver/sqlite_values.h"

#include <math.h>
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
static inline bool give_plain(const orm__sqlite_source *source, size_t index, sqlite3_context *context);
static inline const char *base_of(const orm__sqlite_source *source, size_t index);
static inline bool is_null(const orm__sqlite_source *source, size_t index, const char *base);
static inline bool give_text(sqlite3_context *context, const char *text);
static inline bool give_real(sqlite3_context *context, double value);
static inline bool give_bytes(sqlite3_context *context, orm_bytes bytes);
static bool give_moment(sqlite3_context *context, int64_t microseconds);
static inline bool give_label(sqlite3_context *context, const orm_enum *enumeration, int value);
static int give_whole(const cursor *c, int column, sqlite3_context *context);
static void give_stored(sqlite3_context *context, const orm__sqlite_stored *stored);
static orm_type plain_type(orm_type declared, orm_type given);
static bool is_integer(orm_type type);

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
        if (i > 0 && c->lists[i]->source.count != c->rows)
            return refuse(base->pVtab, "the lists of orm_rows differ in length");
        c->rows = c->lists[i]->source.count;
    }
    return SQLITE_OK;
}

static const orm__sqlite_parameter *find_list(const orm__sqlite_lists *lists, sqlite3_value *argument)
{
    sqlite3_int64 number = sqlite3_value_type(argument) == SQLITE_INTEGER ? sqlite3_value_int64(argument) : 0;
    if (number < 1 || (sqlite3_uint64)number > lists->count || !lists->parameters[number - 1].declared.list)
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
    const cursor *c = (const cursor *)base;
    if ((size_t)column < c->count)
        return give_plain(&c->lists[column]->source, c->row, context) ? SQLITE_OK : give_whole(c, column, context);
    if (column == ORDINAL)
        sqlite3_result_int64(context, (sqlite3_int64)c->row + 1);
    else if (column >= FIRST_ARGUMENT && (size_t)(column - FIRST_ARGUMENT) < c->count)
        sqlite3_result_int64(context,
                             c->lists[column - FIRST_ARGUMENT] - ((table *)base->pVtab)->lists->parameters + 1);
    return SQLITE_OK; /* others are NULL */
}

/* An item that is stored as it is, where it lies. False, and nothing is given: it has to be looked at whole. */
static inline bool give_plain(const orm__sqlite_source *source, size_t index, sqlite3_context *context)
{
    const char *base = base_of(source, index), *place = base + source->value;
    if (source->nullable && is_null(source, index, base))
        return true;
    switch (source->plain) {
    case ORM_TYPE_BOOL:
        sqlite3_result_int64(context, *(const bool *)place);
        return true;
    case ORM_TYPE_INT16:
        sqlite3_result_int64(context, *(const int16_t *)(const void *)place);
        return true;
    case ORM_TYPE_INT32:
        sqlite3_result_int64(context, *(const int32_t *)(const void *)place);
        return true;
    case ORM_TYPE_INT64:
        sqlite3_result_int64(context, *(const int64_t *)(const void *)place);
        return true;
    case ORM_TYPE_FLOAT32:
        return give_real(context, (double)*(const float *)(const void *)place);
    case ORM_TYPE_FLOAT64:
        return give_real(context, *(const double *)(const void *)place);
    case ORM_TYPE_TEXT:
    case ORM_TYPE_JSON:
    case ORM_TYPE_JSONB:
    case ORM_TYPE_OTHER:
        return give_text(context, *(const char *const *)(const void *)place);
    case ORM_TYPE_BYTES:
        return give_bytes(context, *(const orm_bytes *)(const void *)place);
    case ORM_TYPE_UUID:
        return give_bytes(context, (orm_bytes){(const uint8_t *)place, sizeof(orm_uuid)});
    case ORM_TYPE_TIMESTAMP:
    case ORM_TYPE_TIMESTAMPTZ:
        return give_moment(context, *(const int64_t *)(const void *)place);
    case ORM_TYPE_ENUM:
        return give_label(context, source->enumeration, *(const int *)(const void *)place);
    default:
        return false;
    }
}

static inline const char *base_of(const orm__sqlite_source *source, size_t index)
{
    return source->rows ? source->rows[index] : source->items + index * source->size;
}

static inline bool is_null(const orm__sqlite_source *source, size_t index, const char *base)
{
    return source->nulls ? source->nulls[index] : !*(const bool *)(base + source->has);
}

static inline bool give_text(sqlite3_context *context, const char *text)
{
    if (text)
        sqlite3_result_text64(context, text, strlen(text), SQLITE_STATIC, SQLITE_UTF8);
    return true;
}

/* SQLite takes NaN for NULL: it is a text. */
static inline bool give_real(sqlite3_context *context, double value)
{
    if (!isnan(value))
        sqlite3_result_double(context, value);
    return !isnan(value);
}

static inline bool give_bytes(sqlite3_context *context, orm_bytes bytes)
{
    if (bytes.data)
        sqlite3_result_blob64(context, bytes.data, bytes.size, SQLITE_STATIC);
    return true;
}

static bool give_moment(sqlite3_context *context, int64_t microseconds)
{
    char text[64];
    if (!orm__timestamp_is_common(microseconds))
        return false;
    orm_timestamp_format((orm_timestamp){microseconds}, text);
    sqlite3_result_text64(context, text, strlen(text), SQLITE_TRANSIENT, SQLITE_UTF8);
    return true;
}

static inline bool give_label(sqlite3_context *context, const orm_enum *enumeration, int value)
{
    return enumeration && value >= 1 && (size_t)value <= enumeration->count &&
           give_text(context, enumeration->values[value - 1]);
}

/* SQLite carries no more than a text of what went wrong; the whole error goes round it. */
static int give_whole(const cursor *c, int column, sqlite3_context *context)
{
    const orm__sqlite_source *source = &c->lists[column]->source;
    orm_error *failure = &((table *)c->base.pVtab)->lists->failure;
    orm__sqlite_stored stored;
    orm_value item = orm__value_of_item(source->list, c->row);
    if (orm__sqlite_store(&c->lists[column]->declared, &item, &stored, failure)) {
        if (source->rows)
            ORM__ERROR_COPY(failure->column, source->list->as.rows.column->name);
        return refuse(c->base.pVtab, failure->message);
    }
    give_stored(context, &stored);
    return SQLITE_OK;
}

static void give_stored(sqlite3_context *context, const orm__sqlite_stored *stored)
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

/* --- what a list is found to be ----------------------------------------------------------------------------------- */

void orm__sqlite_source_init(orm__sqlite_source *source, const orm__parameter *declared, const orm_value *list)
{
    const orm_column *column = list->form == ORM_FORM_ROWS ? list->as.rows.column : NULL;
    bool array = declared->array || (column && column->flags & ORM_ARRAY);
    *source = (orm__sqlite_source){.list = list, .count = orm__value_count(list)};
    source->plain = array ? ORM_TYPE_NONE : plain_type(declared->type, column ? column->type : list->type);
    source->enumeration = column ? column->enumeration : list->enumeration;
    if (column) {
        source->rows = list->as.rows.items;
        source->value = column->field.value;
        source->has = column->field.has;
        source->nullable = column->field.has != ORM_ABSENT;
    } else {
        source->items = list->as.array.items;
        source->size = orm__type_size(list->type);
        source->nulls = list->as.array.nulls;
        source->nullable = source->nulls != NULL;
    }
}

/* Decimals, addresses, intervals, dates and times have to be rewritten, arrays put together; and what is not of the
 * declared type is refused, or made it. */
static orm_type plain_type(orm_type declared, orm_type given)
{
    static const bool plain[] = {
        [ORM_TYPE_BOOL] = true,        [ORM_TYPE_INT16] = true,     [ORM_TYPE_INT32] = true, [ORM_TYPE_INT64] = true,
        [ORM_TYPE_FLOAT32] = true,     [ORM_TYPE_FLOAT64] = true,   [ORM_TYPE_TEXT] = true,  [ORM_TYPE_BYTES] = true,
        [ORM_TYPE_UUID] = true,        [ORM_TYPE_TIMESTAMP] = true, [ORM_TYPE_JSON] = true,  [ORM_TYPE_JSONB] = true,
        [ORM_TYPE_TIMESTAMPTZ] = true, [ORM_TYPE_OTHER] = true,     [ORM_TYPE_ENUM] = true,
    };
    if (is_integer(declared) && is_integer(given))
        return given;
    return declared == given && plain[given] ? given : ORM_TYPE_NONE;
}

static bool is_integer(orm_type type)
{
    return type == ORM_TYPE_INT16 || type == ORM_TYPE_INT32 || type == ORM_TYPE_INT64;
}
