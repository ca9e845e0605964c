/* driver/sqlite_array.c -- arrays as JSON text: each item in the form that it would have in a column of its own, as
 * JSON has it.
 * SPDX-License-Identifier: MIT */
#include "driver/sqlite_values.h"

#include "base/array.h"
#include "base/error.h"
#include "base/json.h"
#include "base/real.h"
#include "base/uuid.h"
#include "base/value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static orm_status write_items(orm__text *json, orm_type type, const orm_value *array, orm_error *error);
static void write_stored(orm__text *json, orm_type type, const orm__sqlite_stored *stored);
static void write_real(orm__text *json, orm_type type, double value);
static void write_blob(orm__text *json, orm_type type, const orm__sqlite_stored *stored);
static bool count_items(const char *text, size_t size, size_t *count);
static orm_status read_items(const orm_column *column, orm__json_reader *reader, orm__array *array, orm__arena *arena,
                             orm_error *error);
static orm_status read_item(const orm_column *item, orm__json_kind kind, const orm__json_reader *reader, char *place,
                            orm__arena *arena, orm_error *error);
static orm_status read_number(const orm_column *item, const orm__json_reader *reader, char *place, orm_error *error);
static orm_status read_string(const orm_column *item, const orm__json_reader *reader, char *place, orm__arena *arena,
                              orm_error *error);
static bool parse_integer(const char *text, size_t size, int64_t *value);
static orm_status read_bytes(const orm_column *item, const orm__json_reader *reader, char *place, orm__arena *arena,
                             orm_error *error);

/* --- writing ----------------------------------------------------------------------------------------------------- */

orm_status orm__sqlite_store_array(orm_type type, const orm_value *array, orm__sqlite_stored *stored, orm_error *error)
{
    orm__text json = {0};
    orm_status status = write_items(&json, type, array, error);
    if (!status && json.failed)
        status = orm__error_no_memory(error);
    if (status) {
        orm__text_release(&json);
        return status;
    }
    stored->form = SQLITE_TEXT;
    stored->data = json.data;
    stored->size = json.length;
    stored->release = free; /* SQLite takes it */
    return ORM_OK;
}

static orm_status write_items(orm__text *json, orm_type type, const orm_value *array, orm_error *error)
{
    const orm__parameter declared = {.type = type};
    orm__text_char(json, '[');
    for (size_t i = 0; i < array->as.array.count; i++) {
        orm__sqlite_stored stored;
        orm_value item = orm__value_of_item(array, i);
        ORM_TRY(orm__sqlite_store(&declared, &item, &stored, error));
        if (i > 0)
            orm__text_char(json, ',');
        write_stored(json, type, &stored);
        if (stored.release == free)
            free((char *)(uintptr_t)stored.data);
    }
    orm__text_char(json, ']');
    return ORM_OK;
}

static void write_stored(orm__text *json, orm_type type, const orm__sqlite_stored *stored)
{
    switch (stored->form) {
    case SQLITE_INTEGER:
        if (type == ORM_TYPE_BOOL)
            orm__text_string(json, stored->integer ? "true" : "false");
        else
            orm__text_printf(json, "%" PRId64, stored->integer);
        break;
    case SQLITE_FLOAT:
        write_real(json, type, stored->real);
        break;
    case SQLITE_TEXT:
        orm__json_write_string(json, stored->data, stored->size);
        break;
    case SQLITE_BLOB:
        write_blob(json, type, stored);
        break;
    default:
        orm__text_string(json, "null");
    }
}

static void write_real(orm__text *json, orm_type type, double value)
{
    char text[ORM__REAL_TEXT];
    orm__real_format(value, type == ORM_TYPE_FLOAT32, text);
    bool word = text[strcspn(text, "NI")];
    if (word)
        orm__json_write_string(json, text, strlen(text));
    else
        orm__text_string(json, text);
}

static void write_blob(orm__text *json, orm_type type, const orm__sqlite_stored *stored)
{
    static const char digits[] = "0123456789abcdef";
    char text[40];
    orm_uuid uuid;
    orm__text_char(json, '"');
    if (type == ORM_TYPE_UUID) {
        memcpy(uuid.bytes, stored->data, sizeof uuid.bytes);
        orm__text_string(json, orm_uuid_format(uuid, text));
    } else {
        char *out = orm__text_extend(json, 2 * stored->size);
        for (size_t i = 0; out && i < stored->size; i++) {
            out[2 * i] = digits[(unsigned char)stored->data[i] >> 4];
            out[2 * i + 1] = digits[(unsigned char)stored->data[i] & 0xf];
        }
    }
    orm__text_char(json, '"');
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

orm_status orm__sqlite_read_array(const orm_column *column, const char *text, size_t size, void *place,
                                  orm__arena *arena, orm_error *error)
{
    orm__json_reader reader;
    orm__array array;
    if (!count_items(text, size, &array.count))
        return orm__sqlite_refuse(column, "text that is no JSON array of scalars", error);
    orm__json_reader_init(&reader, text, size);
    orm_status status = read_items(column, &reader, &array, arena, error);
    orm__json_reader_release(&reader);
    if (!status)
        memcpy(place, &array, sizeof array);
    return status;
}

/* False when the text is no array. */
static bool count_items(const char *text, size_t size, size_t *count)
{
    orm__json_reader reader;
    orm__json_reader_init(&reader, text, size);
    for (*count = 0; orm__json_next(&reader) > ORM__JSON_END;)
        ++*count;
    orm__json_reader_release(&reader);
    return reader.last != ORM__JSON_WRONG;
}

static orm_status read_items(const orm_column *column, orm__json_reader *reader, orm__array *array, orm__arena *arena,
                             orm_error *error)
{
    size_t size = orm__type_size(column->type);
    orm_column item = *column; /* each is read as the member of a row that has no other */
    item.flags = column->flags & ~(uint32_t)ORM_ARRAY;
    item.field = (orm_field){0, ORM_ABSENT};
    char *items = orm__arena_zalloc(arena, array->count, size);
    bool *nulls = NULL;
    for (size_t i = 0; items && i < array->count; i++) {
        orm__json_kind kind = orm__json_next(reader);
        if (kind == ORM__JSON_NO_MEMORY)
            return orm__error_no_memory(error);
        if (kind == ORM__JSON_NULL && !nulls && !(nulls = orm__arena_zalloc(arena, array->count, sizeof *nulls)))
            return orm__error_no_memory(error);
        if (kind == ORM__JSON_NULL)
            nulls[i] = true;
        else
            ORM_TRY(read_item(&item, kind, reader, items + i * size, arena, error));
    }
    array->items = items;
    array->nulls = nulls;
    return items && orm__json_next(reader) == ORM__JSON_END ? ORM_OK
                                                            : orm__error_no_memory(error); /* counted to the end? */
}

static orm_status read_item(const orm_column *item, orm__json_kind kind, const orm__json_reader *reader, char *place,
                            orm__arena *arena, orm_error *error)
{
    switch (kind) {
    case ORM__JSON_NUMBER:
        return read_number(item, reader, place, error);
    case ORM__JSON_STRING:
        return read_string(item, reader, place, arena, error);
    default:
        if (item->type != ORM_TYPE_BOOL)
            return orm__sqlite_refuse(item, "true or false", error);
        return orm__sqlite_take_integer(item, kind == ORM__JSON_TRUE, place, error);
    }
}

static orm_status read_number(const orm_column *item, const orm__json_reader *reader, char *place, orm_error *error)
{
    int64_t integer;
    double real;
    switch (item->type) {
    case ORM_TYPE_INT16:
    case ORM_TYPE_INT32:
    case ORM_TYPE_INT64:
        if (parse_integer(reader->data, reader->size, &integer))
            return orm__sqlite_take_integer(item, integer, place, error);
        break;
    case ORM_TYPE_FLOAT32:
    case ORM_TYPE_FLOAT64:
        if (orm__real_parse(reader->data, reader->size, item->type == ORM_TYPE_FLOAT32, &real))
            return orm__sqlite_take_real(item, real, place, error);
        break;
    default:
        break;
    }
    return orm__sqlite_refuse(item, "a number", error);
}

static orm_status read_string(const orm_column *item, const orm__json_reader *reader, char *place, orm__arena *arena,
                              orm_error *error)
{
    double real;
    switch (item->type) {
    case ORM_TYPE_FLOAT32:
    case ORM_TYPE_FLOAT64:
        if (orm__real_parse(reader->data, reader->size, false, &real))
            return orm__sqlite_take_real(item, real, place, error);
        return orm__sqlite_refuse(item, "text", error);
    case ORM_TYPE_UUID:
        return orm__uuid_parse(reader->data, reader->size, (orm_uuid *)(void *)place)
                   ? ORM_OK
                   : orm__sqlite_refuse(item, "text", error);
    case ORM_TYPE_BYTES:
        return read_bytes(item, reader, place, arena, error);
    default:
        return orm__sqlite_take_text(item, reader->data, reader->size, place, arena, error);
    }
}

/* The digits of a JSON number that has no point and no exponent. */
static bool parse_integer(const char *text, size_t size, int64_t *value)
{
    bool negative = *text == '-';
    *value = 0;
    for (size_t i = negative; i < size; i++) {
        int digit = text[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, negative ? -digit : digit, value))
            return false;
    }
    return true;
}

static orm_status read_bytes(const orm_column *item, const orm__json_reader *reader, char *place, orm__arena *arena,
                             orm_error *error)
{
    size_t size = reader->size / 2;
    uint8_t *data = orm__arena_alloc(arena, size + 1);
    if (!data)
        return orm__error_no_memory(error);
    for (size_t i = 0; i < size; i++)
        if (!orm__octet_parse(reader->data + 2 * i, &data[i]))
            return orm__sqlite_refuse(item, "text that is no hexadecimal digits", error);
    data[size] = 0;
    memcpy(place, &(orm_bytes){data, size}, sizeof(orm_bytes));
    return reader->size % 2 == 0 ? ORM_OK : orm__sqlite_refuse(item, "text that is no hexadecimal digits", error);
}
