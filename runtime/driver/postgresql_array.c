/* postgresql_array.c -- arrays: out of results in binary, and as text where many of them travel together.
 *
 * What an array looks like in binary says postgresql_codec.c; its text is that of array_in in the server's
 * src/backend/utils/adt/arrayfuncs.c, with each item in quotes.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_codec.h"

#include "base/array.h"
#include "base/datetime.h"
#include "base/error.h"
#include "base/real.h"
#include "base/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HEADER = 12, DIMENSION = 8, MOST_DIMENSIONS = 6 };

/* The items of an array that are not yet read. */
typedef struct items {
    const char *next, *end;
    uint32_t type;
    size_t count;
} items;

static orm_status read_header(const orm_column *column, const orm__pg_field *field, items *from, orm_error *error);
static orm_status read_items(const orm_column *column, items *from, orm__array *array, orm__arena *arena,
                             orm_error *error);
static bool next_item(items *from, orm__pg_field *field);
static orm_status no_array(const orm_column *column, orm_error *error);
static orm_status write_item(orm__text *buffer, const orm_value *item, orm_error *error);
static void write_quoted(orm__text *buffer, const char *text);
static void write_bytes(orm__text *buffer, orm_bytes bytes);
static const char *item_text(const orm_value *item, char *buffer);
static const char *write_day(char *out, int64_t days);
static const char *day_text(const orm_value *item, char *buffer);
static const char *moment_text(const orm_value *item, char *buffer);

/* --- out of results ------------------------------------------------------------------------------------------ */

orm_status orm__pg_decode_array(const orm_column *column, const orm__pg_field *field, void *place, orm__arena *arena,
                                orm_error *error)
{
    items from = {0};
    orm__array array;
    ORM_TRY(read_header(column, field, &from, error));
    ORM_TRY(read_items(column, &from, &array, arena, error));
    memcpy(place, &array, sizeof array);
    return ORM_OK;
}

static orm_status read_header(const orm_column *column, const orm__pg_field *field, items *from, orm_error *error)
{
    if (field->size < HEADER)
        return no_array(column, error);
    int64_t dimensions = orm__pg_integer(field->data, 4), flags = orm__pg_integer(field->data + 4, 4);
    if (dimensions < 0 || dimensions > MOST_DIMENSIONS || (flags & ~INT64_C(1)) ||
        field->size < HEADER + (size_t)dimensions * DIMENSION)
        return no_array(column, error);
    if (dimensions > 1)
        return orm__pg_drift(column, error, "the database holds an array of %d dimensions, and arrays here have one",
                             (int)dimensions);
    int64_t count = dimensions ? orm__pg_integer(field->data + HEADER, 4) : 0;
    *from = (items){.next = field->data + HEADER + dimensions * DIMENSION,
                    .end = field->data + field->size,
                    .type = (uint32_t)orm__pg_integer(field->data + 8, 4),
                    .count = (size_t)count};
    if (count < 0 || from->count > (size_t)(from->end - from->next) / 4)
        return no_array(column, error);
    return ORM_OK;
}

static orm_status read_items(const orm_column *column, items *from, orm__array *array, orm__arena *arena,
                             orm_error *error)
{
    size_t size = orm__type_size(column->type);
    orm_column item = *column; /* each is read as the member of a row that has no other */
    item.flags = (column->flags & ~(uint32_t)ORM_ARRAY) | ORM_NULLABLE;
    item.field = (orm_field){0, ORM_ABSENT};
    char *values = orm__arena_zalloc(arena, from->count, size);
    bool *nulls = NULL;
    for (size_t i = 0; values && i < from->count; i++) {
        orm__pg_field field;
        if (!next_item(from, &field))
            return no_array(column, error);
        if (!field.data && !nulls && !(nulls = orm__arena_zalloc(arena, from->count, sizeof *nulls)))
            return orm__error_no_memory(error);
        if (!field.data)
            nulls[i] = true;
        else
            ORM_TRY(orm__pg_decode(&item, &field, values + i * size, arena, error));
    }
    *array = (orm__array){values, nulls, from->count};
    if (!values)
        return orm__error_no_memory(error);
    return from->next == from->end ? ORM_OK : no_array(column, error);
}

/* Each stands behind its size, which is -1 for NULL. */
static bool next_item(items *from, orm__pg_field *field)
{
    if (from->end - from->next < 4)
        return false;
    int64_t size = orm__pg_integer(from->next, 4);
    from->next += 4;
    *field = (orm__pg_field){.type = from->type};
    if (size == -1)
        return true;
    if (size < 0 || size > from->end - from->next)
        return false;
    field->data = from->next;
    field->size = (size_t)size;
    from->next += size;
    return true;
}

static orm_status no_array(const orm_column *column, orm_error *error)
{
    return orm__pg_drift(column, error, "the database has something else than an array of %s",
                         orm__pg_formats[column->type].name);
}

/* --- as text --------------------------------------------------------------------------------------------------- */

orm_status orm__pg_write_array(orm__text *buffer, const orm_value *array, orm_error *error)
{
    orm__text_char(buffer, '{');
    for (size_t i = 0; i < array->as.array.count; i++) {
        orm_value item = orm__value_of_item(array, i);
        if (i > 0)
            orm__text_char(buffer, ',');
        if (item.form == ORM_FORM_NULL)
            orm__text_string(buffer, "NULL");
        else
            ORM_TRY(write_item(buffer, &item, error));
    }
    orm__text_char(buffer, '}');
    return buffer->failed ? orm__error_no_memory(error) : ORM_OK;
}

static orm_status write_item(orm__text *buffer, const orm_value *item, orm_error *error)
{
    char text[96];
    const orm_enum *enumeration = item->enumeration;
    if (item->type == ORM_TYPE_BYTES) {
        write_bytes(buffer, item->as.bytes);
        return ORM_OK;
    }
    if (item->type == ORM_TYPE_ENUM && !enumeration)
        return orm__error_set(error, ORM_MISUSE, "a value of an enum does not say of which");
    if (item->type == ORM_TYPE_ENUM && (item->as.integer < 1 || (uint64_t)item->as.integer > enumeration->count))
        return orm__error_set(error, ORM_INVALID, "%" PRId64 " does not fit %s", item->as.integer, enumeration->name);
    write_quoted(buffer, item_text(item, text));
    return ORM_OK;
}

static void write_quoted(orm__text *buffer, const char *text)
{
    orm__text_char(buffer, '"');
    for (size_t plain; *text; text += plain) {
        plain = strcspn(text, "\"\\");
        orm__text_bytes(buffer, text, plain);
        if (text[plain]) {
            orm__text_char(buffer, '\\');
            orm__text_char(buffer, text[plain++]);
        }
    }
    orm__text_char(buffer, '"');
}

/* byteain in src/backend/utils/adt/varlena.c: \x and two digits a byte. */
static void write_bytes(orm__text *buffer, orm_bytes bytes)
{
    static const char digits[] = "0123456789abcdef";
    orm__text_string(buffer, "\"\\\\x");
    char *out = orm__text_extend(buffer, 2 * bytes.size);
    for (size_t i = 0; out && i < bytes.size; i++) {
        out[2 * i] = digits[bytes.data[i] >> 4];
        out[2 * i + 1] = digits[bytes.data[i] & 0xf];
    }
    orm__text_char(buffer, '"');
}

/* Without quotes; what is text already is not copied to the buffer. */
static const char *item_text(const orm_value *item, char *buffer)
{
    switch (item->type) {
    case ORM_TYPE_BOOL:
        return item->as.boolean ? "t" : "f";
    case ORM_TYPE_INT16:
    case ORM_TYPE_INT32:
    case ORM_TYPE_INT64:
        sprintf(buffer, "%" PRId64, item->as.integer);
        return buffer;
    case ORM_TYPE_FLOAT32:
    case ORM_TYPE_FLOAT64:
        return orm__real_format(item->as.real, item->type == ORM_TYPE_FLOAT32, buffer);
    case ORM_TYPE_UUID:
        return orm_uuid_format(item->as.uuid, buffer);
    case ORM_TYPE_TIME:
        return orm_time_format((orm_time){item->as.integer}, buffer);
    case ORM_TYPE_DATE:
        return day_text(item, buffer);
    case ORM_TYPE_TIMESTAMP:
    case ORM_TYPE_TIMESTAMPTZ:
        return moment_text(item, buffer);
    case ORM_TYPE_INTERVAL:
        return orm__interval_format(item->as.interval, buffer);
    case ORM_TYPE_ENUM:
        return item->enumeration->values[item->as.integer - 1];
    default:
        return item->as.text;
    }
}

static const char *day_text(const orm_value *item, char *buffer)
{
    if (item->as.integer == INT32_MIN || item->as.integer == INT32_MAX)
        return item->as.integer < 0 ? "-infinity" : "infinity";
    const char *era = write_day(buffer, item->as.integer);
    strcat(buffer, era);
    return buffer;
}

static const char *moment_text(const orm_value *item, char *buffer)
{
    int64_t microseconds = item->as.integer;
    if (microseconds == INT64_MIN || microseconds == INT64_MAX)
        return microseconds < 0 ? "-infinity" : "infinity";
    int64_t days = microseconds / ORM__DAY_MICROSECONDS - (microseconds % ORM__DAY_MICROSECONDS < 0);
    const char *era = write_day(buffer, days);
    strcat(buffer, " ");
    orm_time_format((orm_time){(int64_t)((uint64_t)microseconds - (uint64_t)days * (uint64_t)ORM__DAY_MICROSECONDS)},
                    buffer + strlen(buffer));
    strcat(buffer, item->type == ORM_TYPE_TIMESTAMPTZ ? "+00" : "");
    strcat(buffer, era);
    return buffer;
}

/* The server counts years before Christ, and no year 0. Returns what must stand at the end. */
static const char *write_day(char *out, int64_t days)
{
    orm__civil civil = orm__civil_of_days(days);
    sprintf(out, "%04" PRId64 "-%02d-%02d", civil.year > 0 ? civil.year : 1 - civil.year, civil.month, civil.day);
    return civil.year > 0 ? "" : " BC";
}
