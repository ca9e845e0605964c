/* driver/sqlite_values.c -- values into SQLite's storage forms, and stored values into the members of structs.
 * SPDX-License-Identifier: MIT */
#include "driver/sqlite_values.h"

#include "base/array.h"
#include "base/datetime.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/inet.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Facts of a type: which types take each other's values, what form it is stored in, and its name in messages. */
typedef enum family {
    NO_FAMILY,
    BOOLEAN,
    INTEGER,
    REAL,
    TEXT,
    BYTES,
    UUID,
    DATE,
    TIME,
    TIMESTAMP,
    TIMESTAMPTZ,
    INTERVAL,
    ENUM
} family;
static const struct {
    family family;
    int form;
    const char *name;
} types[] = {
    [ORM_TYPE_NONE] = {NO_FAMILY, SQLITE_NULL, "none"},
    [ORM_TYPE_BOOL] = {BOOLEAN, SQLITE_INTEGER, "bool"},
    [ORM_TYPE_INT16] = {INTEGER, SQLITE_INTEGER, "int16"},
    [ORM_TYPE_INT32] = {INTEGER, SQLITE_INTEGER, "int32"},
    [ORM_TYPE_INT64] = {INTEGER, SQLITE_INTEGER, "int64"},
    [ORM_TYPE_FLOAT32] = {REAL, SQLITE_FLOAT, "float32"},
    [ORM_TYPE_FLOAT64] = {REAL, SQLITE_FLOAT, "float64"},
    [ORM_TYPE_DECIMAL] = {TEXT, SQLITE_TEXT, "decimal"},
    [ORM_TYPE_TEXT] = {TEXT, SQLITE_TEXT, "text"},
    [ORM_TYPE_BYTES] = {BYTES, SQLITE_BLOB, "bytes"},
    [ORM_TYPE_UUID] = {UUID, SQLITE_BLOB, "uuid"},
    [ORM_TYPE_DATE] = {DATE, SQLITE_TEXT, "date"},
    [ORM_TYPE_TIME] = {TIME, SQLITE_TEXT, "time"},
    [ORM_TYPE_TIMESTAMP] = {TIMESTAMP, SQLITE_TEXT, "timestamp"},
    [ORM_TYPE_TIMESTAMPTZ] = {TIMESTAMPTZ, SQLITE_TEXT, "timestamptz"},
    [ORM_TYPE_INTERVAL] = {INTERVAL, SQLITE_TEXT, "interval"},
    [ORM_TYPE_JSON] = {TEXT, SQLITE_TEXT, "json"},
    [ORM_TYPE_JSONB] = {TEXT, SQLITE_TEXT, "jsonb"},
    [ORM_TYPE_INET] = {TEXT, SQLITE_TEXT, "inet"},
    [ORM_TYPE_OTHER] = {TEXT, SQLITE_TEXT, "other"},
    [ORM_TYPE_ENUM] = {ENUM, SQLITE_TEXT, "enum"},
};

static const char *const forms[] = {[SQLITE_INTEGER] = "an integer",
                                    [SQLITE_FLOAT] = "a real number",
                                    [SQLITE_TEXT] = "text",
                                    [SQLITE_BLOB] = "a blob"};

static orm_status store(const orm__parameter *declared, const orm_value *value, orm__sqlite_stored *stored,
                        orm_error *error);
static bool takes(orm_type declared, orm_type given);
static orm_status store_real(orm_type type, const orm_value *value, orm__sqlite_stored *stored);
static orm_status store_text(orm__sqlite_stored *stored, const char *text);
static orm_status store_blob(orm__sqlite_stored *stored, const void *data, size_t size);
static orm_status store_uuid(orm__sqlite_stored *stored, orm_uuid uuid);
static orm_status store_decimal(const orm_value *value, orm__sqlite_stored *stored, orm_error *error);
static orm_status store_inet(const orm_value *value, orm__sqlite_stored *stored, orm_error *error);
static orm_status store_date(const orm_value *value, orm__sqlite_stored *stored, orm_error *error);
static orm_status store_time(const orm_value *value, orm__sqlite_stored *stored, orm_error *error);
static orm_status store_timestamp(const orm_value *value, orm__sqlite_stored *stored, orm_error *error);
static orm_status store_enum(const orm_value *value, orm__sqlite_stored *stored, orm_error *error);
static orm_status refuse_year(orm_error *error, const char *text);
static inline bool read_plain(sqlite3_value *value, const orm_column *column, char *row, orm__arena *arena);
static orm_status read_member(sqlite3_value *value, const orm_column *column, char *row, orm__arena *arena,
                              orm_error *error);
static orm_status read_number(sqlite3_value *value, const orm_column *column, char *member, orm__arena *arena,
                              orm_error *error);
static orm_status read_array(sqlite3_value *value, const orm_column *column, char *member, orm__arena *arena,
                             orm_error *error);
static orm_status read_null(const orm_column *column, char *row, orm_error *error);
static bool read_integer(const orm_column *column, int64_t value, char *member);
static bool read_real(const orm_column *column, double value, char *member);
static bool read_text(const orm_column *column, const char *text, size_t size, char *member);
static bool read_enum(const orm_column *column, const char *text, size_t size, char *member);
static bool keeps_text(orm_type type);
static orm_status keep_text(const orm_column *column, const char *text, size_t size, char *member, orm__arena *arena,
                            orm_error *error);
static orm_status keep_blob(sqlite3_value *value, const orm_column *column, char *member, orm__arena *arena,
                            orm_error *error);

/* What cannot be stored is named, unless no message may show it. */
orm_status orm__sqlite_store(const orm__parameter *declared, const orm_value *value, orm__sqlite_stored *stored,
                             orm_error *error)
{
    orm_status status = store(declared, value, stored, error);
    bool names = status == ORM_INVALID || status == ORM_UNSUPPORTED;
    if (!names || !declared->sensitive || !error)
        return status;
    char sqlstate[sizeof error->sqlstate];
    memcpy(sqlstate, error->sqlstate, sizeof sqlstate);
    orm__error_set(error, status, "the value, which is not shown, cannot be stored as %s", types[declared->type].name);
    ORM__ERROR_COPY(error->sqlstate, sqlstate);
    return status;
}

static orm_status store(const orm__parameter *declared, const orm_value *value, orm__sqlite_stored *stored,
                        orm_error *error)
{
    orm_type type = declared->type;
    stored->form = SQLITE_NULL;
    stored->release = SQLITE_STATIC;
    if (value->form == ORM_FORM_NULL)
        return ORM_OK;
    if (value->form != (declared->array ? ORM_FORM_ARRAY : ORM_FORM_ONE) || !takes(type, value->type))
        return orm__error_set(error, ORM_MISUSE, "a value of type %s%s was given for a parameter of type %s%s",
                              types[value->type].name, value->form == ORM_FORM_ONE ? "" : " that is not a single one",
                              types[type].name, declared->array ? "[]" : "");
    if (declared->array)
        return orm__sqlite_store_array(type, value, stored, error);
    switch (types[type].family) {
    case BOOLEAN:
    case INTEGER:
        stored->form = SQLITE_INTEGER;
        stored->integer = types[type].family == BOOLEAN ? value->as.boolean : value->as.integer;
        return ORM_OK;
    case REAL:
        return store_real(type, value, stored);
    case TEXT:
        return type == ORM_TYPE_DECIMAL ? store_decimal(value, stored, error)
               : type == ORM_TYPE_INET  ? store_inet(value, stored, error)
                                        : store_text(stored, value->as.text);
    case BYTES:
        return store_blob(stored, value->as.bytes.data, value->as.bytes.size);
    case UUID:
        return store_uuid(stored, value->as.uuid);
    case DATE:
        return store_date(value, stored, error);
    case TIME:
        return store_time(value, stored, error);
    case TIMESTAMP:
    case TIMESTAMPTZ:
        return store_timestamp(value, stored, error);
    case INTERVAL:
        return store_text(stored, orm__interval_format(value->as.interval, stored->buffer));
    case ENUM:
        return store_enum(value, stored, error);
    case NO_FAMILY:
        break;
    }
    return ORM_OK;
}

/* Types of one family take each other's values; real numbers take integers too. */
static bool takes(orm_type declared, orm_type given)
{
    family own = types[declared].family, other = types[given].family;
    return own != NO_FAMILY && (own == other || (own == REAL && other == INTEGER));
}

/* SQLite takes NaN for NULL. */
static orm_status store_real(orm_type type, const orm_value *value, orm__sqlite_stored *stored)
{
    double real = types[value->type].family == INTEGER ? (double)value->as.integer : value->as.real;
    if (isnan(real))
        return store_text(stored, "NaN");
    stored->form = SQLITE_FLOAT;
    stored->real = type == ORM_TYPE_FLOAT32 ? (double)(float)real : real;
    return ORM_OK;
}

static orm_status store_text(orm__sqlite_stored *stored, const char *text)
{
    if (!text)
        return ORM_OK;
    stored->form = SQLITE_TEXT;
    stored->data = text;
    stored->size = strlen(text);
    if (text == stored->buffer)
        stored->release = SQLITE_TRANSIENT;
    return ORM_OK;
}

/* A NULL pointer would be NULL, even of size 0. */
static orm_status store_blob(orm__sqlite_stored *stored, const void *data, size_t size)
{
    if (!data)
        return ORM_OK;
    stored->form = SQLITE_BLOB;
    stored->data = data;
    stored->size = size;
    return ORM_OK;
}

static orm_status store_uuid(orm__sqlite_stored *stored, orm_uuid uuid)
{
    memcpy(stored->buffer, uuid.bytes, sizeof uuid.bytes);
    stored->release = SQLITE_TRANSIENT;
    return store_blob(stored, stored->buffer, sizeof uuid.bytes);
}

/* Text that is canonical already is not copied. */
static orm_status store_decimal(const orm_value *value, orm__sqlite_stored *stored, orm_error *error)
{
    const char *text = value->as.text;
    if (!text)
        return ORM_OK;
    size_t length = strlen(text), needed = orm__decimal_write(text, length, stored->buffer, sizeof stored->buffer);
    if (needed == 0)
        return orm__error_set(error, ORM_INVALID, "'%.80s' is no decimal number", text);
    if (needed < sizeof stored->buffer)
        return store_text(stored,
                          needed == length && memcmp(text, stored->buffer, length) == 0 ? text : stored->buffer);
    char *canonical = malloc(needed + 1);
    if (!canonical)
        return orm__error_no_memory(error);
    orm__decimal_write(text, length, canonical, needed + 1);
    store_text(stored, canonical);
    stored->release = free;
    return ORM_OK;
}

static orm_status store_inet(const orm_value *value, orm__sqlite_stored *stored, orm_error *error)
{
    const char *text = value->as.text;
    orm__inet inet;
    if (!text)
        return ORM_OK;
    if (!orm__inet_parse(text, strlen(text), &inet))
        return orm__error_set(error, ORM_INVALID, "'%.80s' is no address of a host or network", text);
    return store_text(stored, orm__inet_format(&inet, false, stored->buffer));
}

static orm_status store_date(const orm_value *value, orm__sqlite_stored *stored, orm_error *error)
{
    const orm_date date = {(int32_t)value->as.integer};
    orm_date_format(date, stored->buffer);
    return orm__date_is_common(date) ? store_text(stored, stored->buffer) : refuse_year(error, stored->buffer);
}

static orm_status store_timestamp(const orm_value *value, orm__sqlite_stored *stored, orm_error *error)
{
    orm_timestamp_format((orm_timestamp){value->as.integer}, stored->buffer);
    return orm__timestamp_is_common(value->as.integer) ? store_text(stored, stored->buffer)
                                                       : refuse_year(error, stored->buffer);
}

static orm_status refuse_year(orm_error *error, const char *text)
{
    orm__error_set(error, ORM_UNSUPPORTED, "SQLite cannot hold '%s': its dates are those of the years 1 to 9999", text);
    if (error)
        ORM__ERROR_COPY(error->sqlstate, "22008");
    return ORM_UNSUPPORTED;
}

static orm_status store_time(const orm_value *value, orm__sqlite_stored *stored, orm_error *error)
{
    if (value->as.integer < 0 || value->as.integer > ORM__DAY_MICROSECONDS)
        return orm__error_set(error, ORM_INVALID, "%lld microseconds are no time of a day",
                              (long long)value->as.integer);
    return store_text(stored, orm_time_format((orm_time){value->as.integer}, stored->buffer));
}

static orm_status store_enum(const orm_value *value, orm__sqlite_stored *stored, orm_error *error)
{
    const orm_enum *enumeration = value->enumeration;
    if (!enumeration)
        return orm__error_set(error, ORM_MISUSE, "an enum value does not say of which enum it is");
    if (value->as.integer < 1 || (uint64_t)value->as.integer > enumeration->count)
        return orm__error_set(error, ORM_INVALID, "%lld is no value of the enum '%s'", (long long)value->as.integer,
                              enumeration->name);
    return store_text(stored, enumeration->values[value->as.integer - 1]);
}

/* The value is fetched once and then asked for its form, its text and its size: the sqlite3_column functions would
 * find it anew each time, and cost more than the rest of the reading. A value of a column may be asked so where, as
 * here (NOMUTEX), no other thread uses the connection. */
orm_status orm__sqlite_read(sqlite3_stmt *statement, const orm_column *const *columns, size_t count, size_t first,
                            void *row, orm__arena *arena, orm_error *error)
{
    for (size_t i = 0; i < count; i++) {
        sqlite3_value *value = sqlite3_column_value(statement, (int)(first + i));
        if (!read_plain(value, columns[i], row, arena))
            ORM_TRY(read_member(value, columns[i], row, arena, error));
    }
    return ORM_OK;
}

/* What is usual: integers that fit, text, and moments as we write them. False, and nothing counts that it wrote:
 * read_member is to see to it. */
static inline bool read_plain(sqlite3_value *value, const orm_column *column, char *row, orm__arena *arena)
{
    char *member = row + column->field.value;
    int form = sqlite3_value_type(value);
    if (column->flags & ORM_ARRAY)
        return false;
    if (form == SQLITE_INTEGER && types[column->type].form == SQLITE_INTEGER) {
        if (!read_integer(column, sqlite3_value_int64(value), member))
            return false;
    } else if (form == SQLITE_TEXT && column->type == ORM_TYPE_TEXT) {
        const char *text = (const char *)sqlite3_value_text(value);
        size_t size = (size_t)sqlite3_value_bytes(value);
        const char *copy = text && !memchr(text, '\0', size) ? orm__arena_copy(arena, text, size) : NULL;
        if (!copy)
            return false;
        memcpy(member, &copy, sizeof copy);
    } else if (form == SQLITE_TEXT && column->type == ORM_TYPE_TIMESTAMPTZ) {
        const char *text = (const char *)sqlite3_value_text(value);
        int64_t microseconds;
        if (!text || !orm__timestamp_parse(text, (size_t)sqlite3_value_bytes(value), &microseconds))
            return false;
        memcpy(member, &microseconds, sizeof microseconds);
    } else {
        return false;
    }
    if (column->field.has != ORM_ABSENT)
        *(bool *)(row + column->field.has) = true;
    return true;
}

static orm_status read_member(sqlite3_value *value, const orm_column *column, char *row, orm__arena *arena,
                              orm_error *error)
{
    char *member = row + column->field.value;
    int form = sqlite3_value_type(value);
    bool fits = false;
    if (form == SQLITE_NULL)
        return read_null(column, row, error);
    if (column->field.has != ORM_ABSENT)
        *(bool *)(row + column->field.has) = true;
    if (column->flags & ORM_ARRAY)
        return read_array(value, column, member, arena, error);
    if (form == SQLITE_TEXT) {
        const char *text = (const char *)sqlite3_value_text(value);
        size_t size = (size_t)sqlite3_value_bytes(value);
        if (!text)
            return orm__error_no_memory(error);
        if (keeps_text(column->type))
            return keep_text(column, text, size, member, arena, error);
        fits = read_text(column, text, size, member);
    } else if (form == SQLITE_INTEGER && types[column->type].form == SQLITE_INTEGER) {
        fits = read_integer(column, sqlite3_value_int64(value), member);
    } else if (form != SQLITE_BLOB && column->type == ORM_TYPE_DECIMAL) {
        return read_number(value, column, member, arena, error);
    } else if (form != SQLITE_BLOB && types[column->type].form == SQLITE_FLOAT) {
        fits = read_real(column, sqlite3_value_double(value), member);
    } else if (form == SQLITE_BLOB && types[column->type].form == SQLITE_BLOB) {
        return keep_blob(value, column, member, arena, error);
    }
    return fits ? ORM_OK : orm__sqlite_refuse(column, forms[form], error);
}

/* A decimal that is a number here: of a column that others declared NUMERIC, or computed by SQL. Of a REAL its 15
 * digits that can be relied on, as SQLite itself writes it. */
static orm_status read_number(sqlite3_value *value, const orm_column *column, char *member, orm__arena *arena,
                              orm_error *error)
{
    const orm_limits *limits = column->limits;
    const char *text = (const char *)sqlite3_value_text(value);
    if (!text)
        return orm__error_no_memory(error);
    const char *copy = orm__decimal_canonical(arena, text);
    if (copy && limits && limits->precision)
        copy = orm__decimal_fit(arena, copy, limits->precision, limits->scale);
    memcpy(member, &copy, sizeof copy);
    return copy ? ORM_OK : orm__error_no_memory(error);
}

static orm_status read_array(sqlite3_value *value, const orm_column *column, char *member, orm__arena *arena,
                             orm_error *error)
{
    int form = sqlite3_value_type(value);
    if (form != SQLITE_TEXT)
        return orm__sqlite_refuse(column, forms[form], error);
    const char *text = (const char *)sqlite3_value_text(value);
    size_t size = (size_t)sqlite3_value_bytes(value);
    return text ? orm__sqlite_read_array(column, text, size, member, arena, error) : orm__error_no_memory(error);
}

static orm_status read_null(const orm_column *column, char *row, orm_error *error)
{
    bool has = column->field.has != ORM_ABSENT, array = column->flags & ORM_ARRAY;
    if (!(column->flags & ORM_NULLABLE) || (!has && !array && !orm__type_points(column->type)))
        return orm__sqlite_refuse(column, "NULL", error);
    if (array)
        memcpy(row + column->field.value, &(orm__array){0}, sizeof(orm__array));
    else if (has)
        *(bool *)(row + column->field.has) = false;
    else if (column->type == ORM_TYPE_BYTES)
        memcpy(row + column->field.value, &(orm_bytes){0}, sizeof(orm_bytes));
    else
        memcpy(row + column->field.value, &(const char *){NULL}, sizeof(const char *));
    return ORM_OK;
}

orm_status orm__sqlite_take_text(const orm_column *column, const char *text, size_t size, char *member,
                                 orm__arena *arena, orm_error *error)
{
    if (keeps_text(column->type))
        return keep_text(column, text, size, member, arena, error);
    return read_text(column, text, size, member) ? ORM_OK : orm__sqlite_refuse(column, forms[SQLITE_TEXT], error);
}

orm_status orm__sqlite_take_integer(const orm_column *column, int64_t value, char *member, orm_error *error)
{
    return read_integer(column, value, member) ? ORM_OK : orm__sqlite_refuse(column, forms[SQLITE_INTEGER], error);
}

orm_status orm__sqlite_take_real(const orm_column *column, double value, char *member, orm_error *error)
{
    return read_real(column, value, member) ? ORM_OK : orm__sqlite_refuse(column, forms[SQLITE_FLOAT], error);
}

static bool read_integer(const orm_column *column, int64_t value, char *member)
{
    switch (column->type) {
    case ORM_TYPE_BOOL:
        *(bool *)member = value != 0;
        return value == 0 || value == 1;
    case ORM_TYPE_INT16:
        memcpy(member, &(int16_t){(int16_t)value}, sizeof(int16_t));
        return value == (int16_t)value;
    case ORM_TYPE_INT32:
        memcpy(member, &(int32_t){(int32_t)value}, sizeof(int32_t));
        return value == (int32_t)value;
    default:
        memcpy(member, &value, sizeof value);
        return true;
    }
}

static bool read_real(const orm_column *column, double value, char *member)
{
    if (column->type == ORM_TYPE_FLOAT64) {
        memcpy(member, &value, sizeof value);
        return true;
    }
    bool fits = !isfinite(value) || fabs(value) <= (double)FLT_MAX;
    memcpy(member, &(float){fits ? (float)value : 0}, sizeof(float));
    return fits;
}

/* Text that stands for something else. */
static bool read_text(const orm_column *column, const char *text, size_t size, char *member)
{
    int64_t microseconds;
    switch (column->type) {
    case ORM_TYPE_FLOAT32:
    case ORM_TYPE_FLOAT64:
        return strcmp(text, "NaN") == 0 && read_real(column, NAN, member);
    case ORM_TYPE_DATE:
        return orm__date_parse(text, size, (orm_date *)(void *)member);
    case ORM_TYPE_TIME:
        return orm__time_parse(text, size, (orm_time *)(void *)member);
    case ORM_TYPE_TIMESTAMP:
    case ORM_TYPE_TIMESTAMPTZ:
        if (!orm__timestamp_parse(text, size, &microseconds))
            return false;
        memcpy(member, &microseconds, sizeof microseconds);
        return true;
    case ORM_TYPE_INTERVAL:
        return orm__interval_parse(text, size, (orm_interval *)(void *)member);
    case ORM_TYPE_ENUM:
        return read_enum(column, text, size, member);
    default:
        return false;
    }
}

static bool read_enum(const orm_column *column, const char *text, size_t size, char *member)
{
    for (size_t i = 0; i < column->enumeration->count; i++)
        if (strncmp(column->enumeration->values[i], text, size) == 0 && !column->enumeration->values[i][size]) {
            memcpy(member, &(int){(int)i + 1}, sizeof(int));
            return true;
        }
    return false;
}

static bool keeps_text(orm_type type)
{
    return types[type].family == TEXT;
}

/* A zero byte would cut the text off, and writing it back would lose the rest. */
static orm_status keep_text(const orm_column *column, const char *text, size_t size, char *member, orm__arena *arena,
                            orm_error *error)
{
    if (memchr(text, '\0', size))
        return orm__sqlite_refuse(column, "text with a zero byte in it", error);
    if (column->type == ORM_TYPE_DECIMAL && !orm__decimal_check(text, size))
        return orm__sqlite_refuse(column, "text that is no decimal", error);
    orm__inet inet;
    if (column->type == ORM_TYPE_INET && !orm__inet_parse(text, size, &inet))
        return orm__sqlite_refuse(column, "text that is no address", error);
    const char *copy = orm__arena_copy(arena, text, size);
    memcpy(member, &copy, sizeof copy);
    return copy ? ORM_OK : orm__error_no_memory(error);
}

static orm_status keep_blob(sqlite3_value *value, const orm_column *column, char *member, orm__arena *arena,
                            orm_error *error)
{
    const void *data = sqlite3_value_blob(value); /* NULL when the size is 0 */
    size_t size = (size_t)sqlite3_value_bytes(value);
    if (!data && size)
        return orm__error_no_memory(error);
    if (column->type == ORM_TYPE_UUID) {
        if (size != sizeof(orm_uuid))
            return orm__sqlite_refuse(column, "a blob that is not of 16 bytes", error);
        memcpy(member, data, size);
        return ORM_OK;
    }
    const orm_bytes bytes = {(const uint8_t *)orm__arena_copy(arena, data, size), size};
    memcpy(member, &bytes, sizeof bytes);
    return bytes.data ? ORM_OK : orm__error_no_memory(error);
}

orm_status orm__sqlite_refuse(const orm_column *column, const char *what, orm_error *error)
{
    orm__error_set(error, ORM_SCHEMA, "column '%s' of table '%s' holds %s that does not fit its type %s%s",
                   column->name, column->model->table, what, types[column->type].name,
                   column->flags & ORM_ARRAY ? "[]" : "");
    if (!error)
        return ORM_SCHEMA;
    ORM__ERROR_COPY(error->sqlstate, "42804");
    ORM__ERROR_COPY(error->table, column->model->table);
    ORM__ERROR_COPY(error->column, column->name);
    return ORM_SCHEMA;
}
