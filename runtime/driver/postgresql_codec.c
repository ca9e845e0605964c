/* postgresql_codec.c -- encoding of parameters, by postgresql_codec.h.
 *
 * A value is first taken as an item from wherever it stands (an orm_value, a list of C values, a member of many rows)
 * and then written as the type that the parameter is declared as.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_codec.h"

#include "base/error.h"
#include "base/value.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A value to be encoded, and whose it is. */
typedef struct item {
    const orm_column *column; /* of a list out of rows; for messages */
    const orm_enum *enumeration;
    orm__pg_shape shape; /* ORM__PG_NOTHING: NULL */
    union {
        int64_t integer;
        double real;
        struct {
            const void *data;
            size_t size;
        } bytes; /* strings too */
        orm_interval span;
    } as;
} item;

enum { NULL_SIZE = -1, FIRST_INDEX = 1 };
enum { NUMERIC_ARRAY = 1231, INET_ARRAY = 1041 }; /* pg_type.oid */

static inline bool encode_usual(orm__text *buffer, const orm__parameter *parameter, const orm_value *value,
                                const char **place, int *size);
static orm_status encode_list(orm__text *buffer, const orm__parameter *parameter, const orm_value *value,
                              orm_error *error);
static orm_status encode_array(orm__text *buffer, orm_type declared, bool as_text, const orm_value *value,
                               orm_error *error);
static orm_status encode_notation(orm__text *buffer, const orm_value *value, orm_error *error);
static orm_status end_text(orm__text *buffer, orm_error *error);
static orm_status encode_items(orm__text *buffer, orm_type declared, const orm_value *value, orm_error *error);
static orm_status encode_arrays(orm__text *buffer, const orm_value *value, orm_error *error);
static void append_header(orm__text *buffer, uint16_t type, size_t count);
static orm_status check_size(const orm__text *buffer, size_t start, size_t count, orm_error *error);
static orm_status take_element(item *to, const orm_value *list, size_t index, orm_error *error);
static orm_status encode_element(orm__text *buffer, orm_type declared, const item *value, orm_error *error);
static orm_status encode_item(orm__text *buffer, orm_type declared, const item *value, orm_error *error);
static orm_status take_value(item *to, const orm_value *from, orm_error *error);
static orm_status take_member(item *to, orm_type type, const void *place, orm_error *error);
static void take_string(item *to, const char *text);
static orm_status take_label(item *to, int64_t position, orm_error *error);
static orm_status write_integer(orm__text *buffer, orm_type declared, const item *value, orm_error *error);
static orm_status write_real(orm__text *buffer, orm_type declared, const item *value, orm_error *error);
static orm_status refuse(const item *value, const char *shown, const char *where, orm_error *error);
static void append(orm__text *buffer, int64_t value, size_t size);
static void put(char *place, uint64_t value, size_t size);

const orm__pg_format orm__pg_formats[] = {
    [ORM_TYPE_NONE] = {"nothing", ORM__PG_NOTHING, 0, 0, 0, 0},
    [ORM_TYPE_BOOL] = {"bool", ORM__PG_INTEGER, sizeof(bool), 1, ORM__PG_BOOL, 1000},
    [ORM_TYPE_INT16] = {"int16", ORM__PG_INTEGER, sizeof(int16_t), 2, ORM__PG_INT2, 1005},
    [ORM_TYPE_INT32] = {"int32", ORM__PG_INTEGER, sizeof(int32_t), 4, ORM__PG_INT4, 1007},
    [ORM_TYPE_INT64] = {"int64", ORM__PG_INTEGER, sizeof(int64_t), 8, ORM__PG_INT8, 1016},
    [ORM_TYPE_FLOAT32] = {"float32", ORM__PG_REAL, sizeof(float), 4, ORM__PG_FLOAT4, 1021},
    [ORM_TYPE_FLOAT64] = {"float64", ORM__PG_REAL, sizeof(double), 8, ORM__PG_FLOAT8, 1022},
    [ORM_TYPE_DECIMAL] = {"decimal", ORM__PG_STRING, sizeof(orm_decimal), 0, ORM__PG_TEXT, 1009},
    [ORM_TYPE_TEXT] = {"text", ORM__PG_STRING, sizeof(const char *), 0, ORM__PG_TEXT, 1009},
    [ORM_TYPE_BYTES] = {"bytes", ORM__PG_BYTES, sizeof(orm_bytes), 0, ORM__PG_BYTEA, 1001},
    [ORM_TYPE_UUID] = {"uuid", ORM__PG_BYTES, sizeof(orm_uuid), 16, ORM__PG_UUID, 2951},
    [ORM_TYPE_DATE] = {"date", ORM__PG_INTEGER, sizeof(orm_date), 4, ORM__PG_DATE, 1182},
    [ORM_TYPE_TIME] = {"time", ORM__PG_INTEGER, sizeof(orm_time), 8, ORM__PG_TIME, 1183},
    [ORM_TYPE_TIMESTAMP] = {"timestamp", ORM__PG_INTEGER, sizeof(orm_timestamp), 8, ORM__PG_TIMESTAMP, 1115},
    [ORM_TYPE_TIMESTAMPTZ] = {"timestamptz", ORM__PG_INTEGER, sizeof(orm_timestamptz), 8, ORM__PG_TIMESTAMPTZ, 1185},
    [ORM_TYPE_INTERVAL] = {"interval", ORM__PG_SPAN, sizeof(orm_interval), 16, ORM__PG_INTERVAL, 1187},
    [ORM_TYPE_JSON] = {"json", ORM__PG_STRING, sizeof(orm_json), 0, ORM__PG_JSON, 199},
    [ORM_TYPE_JSONB] = {"jsonb", ORM__PG_STRING, sizeof(orm_jsonb), 0, ORM__PG_JSONB, 3807},
    [ORM_TYPE_INET] = {"inet", ORM__PG_STRING, sizeof(orm_inet), 0, ORM__PG_TEXT, 1009},
    [ORM_TYPE_OTHER] = {"text", ORM__PG_STRING, sizeof(const char *), 0, ORM__PG_TEXT, 1009},
    [ORM_TYPE_ENUM] = {"enum", ORM__PG_STRING, sizeof(int), 0, ORM__PG_TEXT, 1009},
};

uint32_t orm__pg_type(const orm__parameter *parameter)
{
    if ((size_t)parameter->type >= ORM__PG_FORMATS)
        return 0;
    if (orm__pg_goes_as_text(parameter))
        return parameter->type == ORM_TYPE_DECIMAL ? (parameter->array ? NUMERIC_ARRAY : ORM__PG_NUMERIC)
               : parameter->type == ORM_TYPE_INET  ? (parameter->array ? INET_ARRAY : ORM__PG_INET)
                                                   : 0;
    if (parameter->list && parameter->array)
        return orm__pg_formats[ORM_TYPE_TEXT].array;
    return parameter->list || parameter->array ? orm__pg_formats[parameter->type].array
                                               : orm__pg_formats[parameter->type].type;
}

bool orm__pg_goes_as_text(const orm__parameter *parameter)
{
    return parameter->open && (parameter->type == ORM_TYPE_DECIMAL || parameter->type == ORM_TYPE_INET ||
                               parameter->type == ORM_TYPE_ENUM || parameter->type == ORM_TYPE_OTHER);
}

orm_status orm__pg_encode(orm__text *buffer, const orm__parameter *parameter, const orm_value *value, bool *null,
                          orm_error *error)
{
    *null = value->form == ORM_FORM_NULL;
    if (*null)
        return ORM_OK;
    if (parameter->list)
        return encode_list(buffer, parameter, value, error);
    if (parameter->array)
        return encode_array(buffer, parameter->type, orm__pg_goes_as_text(parameter), value, error);
    if (value->form != ORM_FORM_ONE || (size_t)value->type >= ORM__PG_FORMATS)
        return orm__error_set(error, ORM_MISUSE, "a parameter of one value is given a list or a column");
    item one = {.enumeration = value->enumeration};
    ORM_TRY(take_value(&one, value, error));
    *null = one.shape == ORM__PG_NOTHING;
    if (*null)
        return ORM_OK;
    ORM_TRY(encode_item(buffer, parameter->type, &one, error));
    return orm__pg_goes_as_text(parameter) ? end_text(buffer, error) : ORM_OK;
}

orm_status orm__pg_encode_all(orm__text *buffer, const orm__parameter *parameters, const orm_value *values,
                              size_t count, const char **places, int *sizes, orm_error *error)
{
    static const char in_buffer[] = ""; /* which may move until the last value is in it */
    for (size_t i = 0; i < count; i++) {
        bool null;
        size_t start = buffer->length;
        places[i] = in_buffer;
        if (encode_usual(buffer, &parameters[i], &values[i], &places[i], &sizes[i]))
            continue;
        orm_status status = orm__pg_encode(buffer, &parameters[i], &values[i], &null, error);
        if (status == ORM_INVALID && parameters[i].sensitive && error && !error->column[0])
            orm__error_set(error, status, "parameter %zu, which is not shown, cannot be sent", i + 1);
        ORM_TRY(status);
        places[i] = null ? NULL : in_buffer;
        sizes[i] = (int)(buffer->length - start);
    }
    const char *place = buffer->data;
    for (size_t i = 0; i < count; i++) {
        if (places[i] != in_buffer || sizes[i] == 0)
            continue;
        places[i] = place;
        place += sizes[i];
    }
    return ORM_OK;
}

/* A value of just the type that is declared. False, and nothing has happened, where there is more to see to. */
static inline bool encode_usual(orm__text *buffer, const orm__parameter *parameter, const orm_value *value,
                                const char **place, int *size)
{
    size_t length = INT32_MAX;
    uint64_t bits = (uint64_t)value->as.integer;
    char *out;
    if (value->form != ORM_FORM_ONE || value->type != parameter->type || parameter->list || parameter->array ||
        parameter->open)
        return false;
    switch (value->type) {
    case ORM_TYPE_TEXT:
    case ORM_TYPE_JSON:
    case ORM_TYPE_DECIMAL:
    case ORM_TYPE_INET:
    case ORM_TYPE_OTHER:
        *place = value->as.text;
        length = value->as.text ? strlen(value->as.text) : INT32_MAX;
        break;
    case ORM_TYPE_UUID:
        *place = (const char *)value->as.uuid.bytes;
        length = sizeof value->as.uuid.bytes;
        break;
    case ORM_TYPE_FLOAT64:
        memcpy(&bits, &value->as.real, sizeof bits);
        /* fall through */
    case ORM_TYPE_INT64:
    case ORM_TYPE_TIME:
    case ORM_TYPE_TIMESTAMP:
    case ORM_TYPE_TIMESTAMPTZ:
        length = 8;
        if (!(out = orm__text_extend(buffer, length)))
            return false;
        orm__pg_put64(out, bits);
        break;
    case ORM_TYPE_INT32:
    case ORM_TYPE_DATE:
        length = 4;
        if (value->as.integer != (int32_t)value->as.integer || !(out = orm__text_extend(buffer, length)))
            return false;
        orm__pg_put32(out, (uint32_t)bits);
        break;
    case ORM_TYPE_BOOL:
        length = 1;
        if (!(out = orm__text_extend(buffer, length)))
            return false;
        *out = value->as.boolean;
        break;
    default:
        return false;
    }
    *size = length < INT32_MAX ? (int)length : 0;
    return length < INT32_MAX;
}

static orm_status encode_list(orm__text *buffer, const orm__parameter *parameter, const orm_value *value,
                              orm_error *error)
{
    bool rows = value->form == ORM_FORM_ROWS;
    if ((!rows && value->form != ORM_FORM_LIST) || (size_t)value->type >= ORM__PG_FORMATS ||
        (parameter->array && !rows))
        return orm__error_set(error, ORM_MISUSE, "a list parameter is given a single value or a column");
    return parameter->array ? encode_arrays(buffer, value, error) : encode_items(buffer, parameter->type, value, error);
}

static orm_status encode_array(orm__text *buffer, orm_type declared, bool as_text, const orm_value *value,
                               orm_error *error)
{
    if (value->form != ORM_FORM_ARRAY || (size_t)value->type >= ORM__PG_FORMATS)
        return orm__error_set(error, ORM_MISUSE, "an array parameter is given another kind of value");
    if (as_text)
        return encode_notation(buffer, value, error);
    return encode_items(buffer, declared, value, error);
}

static orm_status encode_notation(orm__text *buffer, const orm_value *value, orm_error *error)
{
    ORM_TRY(orm__pg_write_array(buffer, value, error));
    return end_text(buffer, error);
}

/* libpq asks for the zero, not for the size. */
static orm_status end_text(orm__text *buffer, orm_error *error)
{
    orm__text_char(buffer, '\0');
    return buffer->failed ? orm__error_no_memory(error) : ORM_OK;
}

/* Of lists and of arrays. */
static orm_status encode_items(orm__text *buffer, orm_type declared, const orm_value *value, orm_error *error)
{
    bool rows = value->form == ORM_FORM_ROWS;
    size_t count = rows ? value->as.rows.count : value->as.array.count, start = buffer->length;
    append_header(buffer, orm__pg_formats[declared].type, count);
    const orm__pg_items items = orm__pg_items_of(value, declared);
    ORM_TRY(orm__pg_write_list(buffer, &items, count, error));
    return check_size(buffer, start, count, error);
}

orm_status orm__pg_encode_item(orm__text *buffer, const orm_value *list, orm_type declared, size_t index,
                               orm_error *error)
{
    bool rows = list->form == ORM_FORM_ROWS;
    item one = {.column = rows ? list->as.rows.column : NULL,
                .enumeration = rows ? list->as.rows.column->enumeration : list->enumeration};
    ORM_TRY(take_element(&one, list, index, error));
    return encode_element(buffer, declared, &one, error);
}

/* An array of arrays would have to be a matrix: each travels as text. */
static orm_status encode_arrays(orm__text *buffer, const orm_value *value, orm_error *error)
{
    const orm_column *column = value->as.rows.column;
    size_t count = value->as.rows.count, begin = buffer->length;
    append_header(buffer, orm__pg_formats[ORM_TYPE_TEXT].type, count);
    for (size_t i = 0; i < count && !buffer->failed; i++) {
        orm_value one = orm__value_of_member(column, value->as.rows.items[i]);
        size_t start = buffer->length;
        append(buffer, NULL_SIZE, 4);
        if (one.form == ORM_FORM_NULL)
            continue;
        orm_status status = orm__pg_write_array(buffer, &one, error);
        if (status && error)
            ORM__ERROR_COPY(error->column, column->name);
        ORM_TRY(status);
        if (!buffer->failed)
            put(buffer->data + start, buffer->length - start - 4, 4);
    }
    return check_size(buffer, begin, count, error);
}

/* array_recv in src/backend/utils/adt/arrayfuncs.c: number of dimensions, whether there are NULLs, the elements' type;
 * then length and first index of the dimension; then the elements, each behind its size. An empty array has no
 * dimension. */
static void append_header(orm__text *buffer, uint16_t type, size_t count)
{
    append(buffer, count > 0, 4);
    append(buffer, true, 4);
    append(buffer, type, 4);
    if (count) {
        append(buffer, (int64_t)count, 4);
        append(buffer, FIRST_INDEX, 4);
    }
}

static orm_status check_size(const orm__text *buffer, size_t start, size_t count, orm_error *error)
{
    if (buffer->failed)
        return orm__error_no_memory(error);
    if (buffer->length - start > INT32_MAX)
        return orm__error_set(error, ORM_INVALID, "a list of %zu values is too large to be sent", count);
    return ORM_OK;
}

static orm_status take_element(item *to, const orm_value *list, size_t index, orm_error *error)
{
    to->shape = ORM__PG_NOTHING;
    if (list->form == ORM_FORM_ROWS) {
        const orm_column *column = to->column;
        const char *row = list->as.rows.items[index];
        if (column->field.has != ORM_ABSENT && !*(const bool *)(row + column->field.has))
            return ORM_OK;
        return take_member(to, column->type, row + column->field.value, error);
    }
    if (list->as.array.nulls && list->as.array.nulls[index])
        return ORM_OK;
    return take_member(to, list->type, (const char *)list->as.array.items + index * orm__pg_formats[list->type].size,
                       error);
}

static orm_status encode_element(orm__text *buffer, orm_type declared, const item *value, orm_error *error)
{
    size_t start = buffer->length;
    append(buffer, NULL_SIZE, 4);
    if (value->shape == ORM__PG_NOTHING)
        return ORM_OK;
    ORM_TRY(encode_item(buffer, declared, value, error));
    if (!buffer->failed)
        put(buffer->data + start, buffer->length - start - 4, 4);
    return ORM_OK;
}

/* Times, dates, UUIDs and text look the same in C and on the wire, but for the order of bytes: date_recv, time_recv,
 * timestamp_recv, interval_recv in src/backend/utils/adt/{date,timestamp}.c, uuid_recv in uuid.c. jsonb has a version
 * ahead of its text: jsonb_recv in jsonb.c. */
static orm_status encode_item(orm__text *buffer, orm_type declared, const item *value, orm_error *error)
{
    const orm__pg_format *format = &orm__pg_formats[declared];
    if (value->shape != format->shape ||
        (format->shape == ORM__PG_BYTES && format->wire && format->wire != value->as.bytes.size))
        return orm__error_set(error, ORM_MISUSE, "a parameter that is declared as %s is given another kind of value",
                              format->name);
    switch (value->shape) {
    case ORM__PG_INTEGER:
        return write_integer(buffer, declared, value, error);
    case ORM__PG_REAL:
        return write_real(buffer, declared, value, error);
    case ORM__PG_SPAN:
        append(buffer, value->as.span.microseconds, 8);
        append(buffer, value->as.span.days, 4);
        append(buffer, value->as.span.months, 4);
        break;
    default:
        if (value->as.bytes.size >= INT32_MAX)
            return refuse(value, "a value", "what a message can carry", error);
        if (declared == ORM_TYPE_JSONB)
            append(buffer, ORM__PG_JSONB_VERSION, 1);
        orm__text_bytes(buffer, value->as.bytes.data, value->as.bytes.size);
        break;
    }
    return buffer->failed ? orm__error_no_memory(error) : ORM_OK;
}

static orm_status take_value(item *to, const orm_value *from, orm_error *error)
{
    to->shape = orm__pg_formats[from->type].shape;
    if (from->type == ORM_TYPE_ENUM)
        return take_label(to, from->as.integer, error);
    switch (to->shape) {
    case ORM__PG_INTEGER:
        to->as.integer = from->type == ORM_TYPE_BOOL ? from->as.boolean : from->as.integer;
        break;
    case ORM__PG_REAL:
        to->as.real = from->as.real;
        break;
    case ORM__PG_STRING:
        take_string(to, from->as.text);
        break;
    default:
        return take_member(to, from->type, &from->as, error);
    }
    return ORM_OK;
}

#define TAKE(type, to, place) \
    do { \
        type taken; \
        memcpy(&taken, place, sizeof taken); \
        (to) = taken; \
    } while (0)

static orm_status take_member(item *to, orm_type type, const void *place, orm_error *error)
{
    int position;
    const char *text;
    orm_bytes bytes;
    to->shape = orm__pg_formats[type].shape;
    switch (type) {
    case ORM_TYPE_BOOL:
        TAKE(bool, to->as.integer, place);
        break;
    case ORM_TYPE_INT16:
        TAKE(int16_t, to->as.integer, place);
        break;
    case ORM_TYPE_INT32:
    case ORM_TYPE_DATE:
        TAKE(int32_t, to->as.integer, place);
        break;
    case ORM_TYPE_INT64:
    case ORM_TYPE_TIME:
    case ORM_TYPE_TIMESTAMP:
    case ORM_TYPE_TIMESTAMPTZ:
        TAKE(int64_t, to->as.integer, place);
        break;
    case ORM_TYPE_FLOAT32:
        TAKE(float, to->as.real, place);
        break;
    case ORM_TYPE_FLOAT64:
        TAKE(double, to->as.real, place);
        break;
    case ORM_TYPE_DECIMAL:
    case ORM_TYPE_TEXT:
    case ORM_TYPE_JSON:
    case ORM_TYPE_JSONB:
    case ORM_TYPE_INET:
    case ORM_TYPE_OTHER:
        TAKE(const char *, text, place);
        take_string(to, text);
        break;
    case ORM_TYPE_BYTES:
        TAKE(orm_bytes, bytes, place);
        to->shape = bytes.data ? ORM__PG_BYTES : ORM__PG_NOTHING;
        to->as.bytes.data = bytes.data;
        to->as.bytes.size = bytes.size;
        break;
    case ORM_TYPE_UUID:
        to->as.bytes.data = place;
        to->as.bytes.size = sizeof(orm_uuid);
        break;
    case ORM_TYPE_INTERVAL:
        TAKE(orm_interval, to->as.span, place);
        break;
    case ORM_TYPE_ENUM:
        TAKE(int, position, place);
        return take_label(to, position, error);
    case ORM_TYPE_NONE:
        return orm__error_set(error, ORM_MISUSE, "a value has no type");
    }
    return ORM_OK;
}

static void take_string(item *to, const char *text)
{
    to->shape = text ? ORM__PG_STRING : ORM__PG_NOTHING;
    to->as.bytes.data = text;
    to->as.bytes.size = text ? strlen(text) : 0;
}

static orm_status take_label(item *to, int64_t position, orm_error *error)
{
    if (!to->enumeration)
        return orm__error_set(error, ORM_MISUSE, "a value of an enum does not say of which");
    if (position < 1 || (uint64_t)position > to->enumeration->count) {
        char shown[24];
        snprintf(shown, sizeof shown, "%" PRId64, position);
        return refuse(to, shown, to->enumeration->name, error);
    }
    take_string(to, to->enumeration->values[position - 1]);
    return ORM_OK;
}

/* int2recv in src/backend/utils/adt/int.c and its fellows. */
static orm_status write_integer(orm__text *buffer, orm_type declared, const item *value, orm_error *error)
{
    static const int64_t least[] = {[1] = 0, [2] = INT16_MIN, [4] = INT32_MIN, [8] = INT64_MIN};
    static const int64_t most[] = {[1] = 1, [2] = INT16_MAX, [4] = INT32_MAX, [8] = INT64_MAX};
    size_t wire = orm__pg_formats[declared].wire;
    if (value->as.integer < least[wire] || value->as.integer > most[wire]) {
        char shown[24];
        snprintf(shown, sizeof shown, "%" PRId64, value->as.integer);
        return refuse(value, shown, orm__pg_formats[declared].name, error);
    }
    append(buffer, value->as.integer, wire);
    return buffer->failed ? orm__error_no_memory(error) : ORM_OK;
}

/* float4recv, float8recv in src/backend/utils/adt/float.c: IEEE 754. */
static orm_status write_real(orm__text *buffer, orm_type declared, const item *value, orm_error *error)
{
    int64_t bits;
    if (orm__pg_formats[declared].wire == 8) {
        memcpy(&bits, &value->as.real, 8);
        append(buffer, bits, 8);
    } else {
        if (isfinite(value->as.real) && fabs(value->as.real) > (double)FLT_MAX) {
            char shown[40];
            snprintf(shown, sizeof shown, "%.17g", value->as.real);
            return refuse(value, shown, orm__pg_formats[declared].name, error);
        }
        float narrow = (float)value->as.real;
        int32_t narrow_bits;
        memcpy(&narrow_bits, &narrow, 4);
        append(buffer, narrow_bits, 4);
    }
    return buffer->failed ? orm__error_no_memory(error) : ORM_OK;
}

/* "70000 does not fit int16" of a value that is no secret. */
static orm_status refuse(const item *value, const char *shown, const char *where, orm_error *error)
{
    const orm_column *column = value->column;
    if (!column)
        return orm__error_set(error, ORM_INVALID, "%s does not fit %s", shown, where);
    orm__error_set(error, ORM_INVALID, "%s.%s: %s does not fit %s", column->model->table, column->name,
                   column->flags & ORM_SENSITIVE ? "a value" : shown, where);
    if (error) {
        ORM__ERROR_COPY(error->table, column->model->table);
        ORM__ERROR_COPY(error->column, column->name);
    }
    return ORM_INVALID;
}

static void append(orm__text *buffer, int64_t value, size_t size)
{
    char *place = orm__text_extend(buffer, size);
    if (place)
        put(place, (uint64_t)value, size);
}

/* Four and eight bytes, the usual sizes, in one store each. */
static void put(char *place, uint64_t value, size_t size)
{
    if (size == 4) {
        orm__pg_put32(place, (uint32_t)value);
        return;
    }
    if (size == 8) {
        orm__pg_put64(place, value);
        return;
    }
    for (size_t i = size; i-- > 0; value >>= 8)
        place[i] = (char)(unsigned char)value;
}
