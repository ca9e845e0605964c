/* postgresql_decode.c -- decoding of results into struct members, by postgresql_codec.h.
 * SPDX-License-Identifier: MIT */
#include "driver/postgresql_codec.h"

#include "base/array.h"
#include "base/error.h"
#include "base/inet.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static orm_status decode_null(const orm_column *column, void *row, orm_error *error);
static orm_status decode_integer(const orm_column *column, const orm__pg_field *field, char *place, orm_error *error);
static void store(char *place, int64_t value, size_t size);
static void decode_uuid_or_interval(const orm__pg_field *field, char *place);
static orm_status decode_float(const orm_column *column, const orm__pg_field *field, char *place, orm_error *error);
static orm_status decode_bytes(const orm__pg_field *field, char *place, orm__arena *arena, orm_error *error);
static orm_status decode_text(const orm_column *column, const orm__pg_field *field, char *place, orm__arena *arena,
                              orm_error *error);
static bool is_text(uint32_t type);
static orm_status decode_enum(const orm_column *column, const orm__pg_field *field, char *place, orm_error *error);
static char *numeric_text(const char *data, orm__arena *arena);
static bool is_numeric(const char *data, size_t size);
static char *write_digits(char *out, const char *data, int first, int last);
static int digit_group(const char *data, int index);
static char *inet_text(const char *data, orm__arena *arena);
static bool is_inet(const char *data, size_t size);
static uint16_t get16(const char *data);
static orm_status other_type(const orm_column *column, const orm__pg_field *field, orm_error *error);

orm_status orm__pg_decode(const orm_column *column, const orm__pg_field *field, void *row, orm__arena *arena,
                          orm_error *error)
{
    if (!field->data)
        return decode_null(column, row, error);
    char *place = (char *)row + column->field.value;
    if (column->field.has != ORM_ABSENT)
        *(bool *)((char *)row + column->field.has) = true;
    if (column->flags & ORM_ARRAY)
        return orm__pg_decode_array(column, field, place, arena, error);
    switch (column->type) {
    case ORM_TYPE_INT16:
    case ORM_TYPE_INT32:
    case ORM_TYPE_INT64:
        return decode_integer(column, field, place, error);
    case ORM_TYPE_FLOAT32:
    case ORM_TYPE_FLOAT64:
        return decode_float(column, field, place, error);
    case ORM_TYPE_ENUM:
        return decode_enum(column, field, place, error);
    case ORM_TYPE_TEXT:
    case ORM_TYPE_OTHER:
    case ORM_TYPE_DECIMAL:
    case ORM_TYPE_INET:
    case ORM_TYPE_JSON:
    case ORM_TYPE_JSONB:
        return decode_text(column, field, place, arena, error);
    default:
        break;
    }
    const orm__pg_format *format = &orm__pg_formats[column->type]; /* those of one type on the wire only */
    if (field->type != format->type || (format->wire && field->size != format->wire))
        return other_type(column, field, error);
    if (column->type == ORM_TYPE_BYTES)
        return decode_bytes(field, place, arena, error);
    if (column->type == ORM_TYPE_BOOL)
        *(bool *)place = field->data[0] != 0;
    else if (format->wire == 16)
        decode_uuid_or_interval(field, place);
    else
        store(place, orm__pg_integer(field->data, field->size), format->size);
    return ORM_OK;
}

static orm_status decode_null(const orm_column *column, void *row, orm_error *error)
{
    if (!(column->flags & ORM_NULLABLE))
        return orm__pg_drift(column, error, "the database holds NULL where the schema allows none");
    if (column->field.has != ORM_ABSENT)
        *(bool *)((char *)row + column->field.has) = false;
    size_t size = column->flags & ORM_ARRAY ? sizeof(orm__array) : orm__pg_formats[column->type].size;
    memset((char *)row + column->field.value, 0, size);
    return ORM_OK;
}

static orm_status decode_integer(const orm_column *column, const orm__pg_field *field, char *place, orm_error *error)
{
    static const int64_t least[] = {[2] = INT16_MIN, [4] = INT32_MIN, [8] = INT64_MIN};
    static const int64_t most[] = {[2] = INT16_MAX, [4] = INT32_MAX, [8] = INT64_MAX};
    if (field->type != ORM__PG_INT8 && field->type != ORM__PG_INT4 && field->type != ORM__PG_INT2)
        return other_type(column, field, error);
    const orm__pg_format *format = &orm__pg_formats[column->type];
    int64_t value = orm__pg_integer(field->data, field->size);
    if (value >= least[format->size] && value <= most[format->size]) {
        store(place, value, format->size);
        return ORM_OK;
    }
    if (column->flags & ORM_SENSITIVE)
        return orm__pg_drift(column, error, "the database holds a value that does not fit %s", format->name);
    return orm__pg_drift(column, error, "the database holds %" PRId64 ", which does not fit %s", value, format->name);
}

int64_t orm__pg_integer(const char *data, size_t size)
{
    switch (size) {
    case 2:
        return (int16_t)get16(data);
    case 4:
        return (int32_t)orm__pg_get32(data);
    case 8:
        return (int64_t)orm__pg_get64(data);
    default:
        return 0;
    }
}

static void store(char *place, int64_t value, size_t size)
{
    int16_t value16 = (int16_t)value;
    int32_t value32 = (int32_t)value;
    if (size == 8)
        memcpy(place, &value, 8);
    else if (size == 4)
        memcpy(place, &value32, 4);
    else
        memcpy(place, &value16, 2);
}

/* interval_send in src/backend/utils/adt/timestamp.c: microseconds, days, months. */
static void decode_uuid_or_interval(const orm__pg_field *field, char *place)
{
    if (field->type == ORM__PG_UUID) {
        memcpy(place, field->data, sizeof(orm_uuid));
        return;
    }
    orm_interval span = {.microseconds = (int64_t)orm__pg_get64(field->data),
                         .days = (int32_t)orm__pg_get32(field->data + 8),
                         .months = (int32_t)orm__pg_get32(field->data + 12)};
    memcpy(place, &span, sizeof span);
}

/* float8send in src/backend/utils/adt/float.c. A float4 fits a float64 member; not the other way round. */
static orm_status decode_float(const orm_column *column, const orm__pg_field *field, char *place, orm_error *error)
{
    float narrow;
    double wide;
    if (field->type == ORM__PG_FLOAT4 && field->size == 4) {
        uint32_t bits = orm__pg_get32(field->data);
        memcpy(&narrow, &bits, 4);
        wide = (double)narrow;
    } else if (field->type == ORM__PG_FLOAT8 && field->size == 8 && column->type == ORM_TYPE_FLOAT64) {
        uint64_t bits = orm__pg_get64(field->data);
        memcpy(&wide, &bits, 8);
    } else {
        return other_type(column, field, error);
    }
    if (column->type == ORM_TYPE_FLOAT64)
        memcpy(place, &wide, 8);
    else
        memcpy(place, &narrow, 4);
    return ORM_OK;
}

static orm_status decode_bytes(const orm__pg_field *field, char *place, orm__arena *arena, orm_error *error)
{
    orm_bytes bytes = {.data = (const uint8_t *)orm__arena_copy(arena, field->data, field->size), .size = field->size};
    memcpy(place, &bytes, sizeof bytes);
    return bytes.data ? ORM_OK : orm__error_no_memory(error);
}

/* What is text on the wire, and what becomes text: numeric, inet, and jsonb without its version. */
static orm_status decode_text(const orm_column *column, const orm__pg_field *field, char *place, orm__arena *arena,
                              orm_error *error)
{
    const char *text;
    bool json = column->type == ORM_TYPE_JSON || column->type == ORM_TYPE_JSONB;
    if (is_text(field->type) || (json && field->type == ORM__PG_JSON))
        text = orm__arena_copy(arena, field->data, field->size);
    else if (json && field->type == ORM__PG_JSONB && field->size > 0 && field->data[0] == ORM__PG_JSONB_VERSION)
        text = orm__arena_copy(arena, field->data + 1, field->size - 1);
    else if (column->type == ORM_TYPE_DECIMAL && field->type == ORM__PG_NUMERIC && is_numeric(field->data, field->size))
        text = numeric_text(field->data, arena);
    else if (column->type == ORM_TYPE_INET && (field->type == ORM__PG_INET || field->type == ORM__PG_CIDR) &&
             is_inet(field->data, field->size))
        text = inet_text(field->data, arena);
    else
        return other_type(column, field, error);
    memcpy(place, &text, sizeof text);
    return text ? ORM_OK : orm__error_no_memory(error);
}

/* Types whose binary format is their text. Enums and the types of extensions (citext) are taken for such. */
static bool is_text(uint32_t type)
{
    switch (type) {
    case ORM__PG_TEXT:
    case ORM__PG_VARCHAR:
    case ORM__PG_BPCHAR:
    case ORM__PG_NAME:
    case ORM__PG_CHAR:
    case ORM__PG_UNKNOWN:
        return true;
    default:
        return type >= ORM__PG_FIRST_USER_TYPE;
    }
}

/* enum_send in src/backend/utils/adt/enum.c: the label. */
static orm_status decode_enum(const orm_column *column, const orm__pg_field *field, char *place, orm_error *error)
{
    if (!is_text(field->type))
        return other_type(column, field, error);
    const orm_enum *enumeration = column->enumeration;
    for (size_t i = 0; i < enumeration->count; i++) {
        const char *label = enumeration->values[i];
        if (label[0] != field->data[0] || strncmp(label, field->data, field->size) != 0 || label[field->size])
            continue;
        int position = (int)i + 1;
        memcpy(place, &position, sizeof position);
        return ORM_OK;
    }
    if (column->flags & ORM_SENSITIVE)
        return orm__pg_drift(column, error, "the database holds a value that enum %s does not have", enumeration->name);
    return orm__pg_drift(column, error, "the database holds '%.*s', which enum %s does not have",
                         field->size < 64 ? (int)field->size : 64, field->data, enumeration->name);
}

/* --- numeric: numeric_send and get_str_from_var in src/backend/utils/adt/numeric.c
 * Number of digits, weight, sign and scale, 16 bits each, then digits of base 10000, the first of which counts
 * 10000^weight. The scale is how many decimal places are shown. */
enum {
    NUMERIC_HEADER = 8,
    NUMERIC_NEGATIVE = 0x4000,
    NUMERIC_NAN = 0xC000,
    NUMERIC_INFINITY = 0xD000,
    NUMERIC_MINUS_INFINITY = 0xF000
};

static bool is_numeric(const char *data, size_t size)
{
    if (size < NUMERIC_HEADER || size != NUMERIC_HEADER + 2 * (size_t)get16(data))
        return false;
    for (int i = 0; i < get16(data); i++)
        if (get16(data + NUMERIC_HEADER + 2 * i) > 9999)
            return false;
    return (int16_t)get16(data + 6) >= 0;
}

static char *numeric_text(const char *data, orm__arena *arena)
{
    int weight = (int16_t)get16(data + 2), sign = get16(data + 4), scale = get16(data + 6);
    if (sign == NUMERIC_NAN)
        return orm__arena_strdup(arena, "NaN");
    if (sign == NUMERIC_INFINITY || sign == NUMERIC_MINUS_INFINITY)
        return orm__arena_strdup(arena, sign == NUMERIC_INFINITY ? "Infinity" : "-Infinity");
    int whole = 1; /* digits ahead of the point */
    if (weight >= 0) {
        int first = digit_group(data, 0);
        whole = weight * 4 + (first > 999 ? 4 : first > 99 ? 3 : first > 9 ? 2 : 1);
    }
    char *text = orm__arena_alloc(arena, (size_t)(sign == NUMERIC_NEGATIVE) + (size_t)whole + (size_t)scale + 2),
         *out = text;
    if (!text)
        return NULL;
    if (sign == NUMERIC_NEGATIVE)
        *out++ = '-';
    int before = weight >= 0 ? (weight + 1) * 4 : 0; /* places of the groups ahead of the point */
    if (weight < 0)
        *out++ = '0';
    out = write_digits(out, data, before - (weight >= 0 ? whole : 0), before);
    if (scale)
        *out++ = '.';
    out = write_digits(out, data, (weight + 1) * 4, (weight + 1) * 4 + scale);
    *out = '\0';
    return text;
}

/* The decimal digits from place `first` up to `last`, counted from the first group's first; 0 where no group is. */
static char *write_digits(char *out, const char *data, int first, int last)
{
    static const int powers[] = {1000, 100, 10, 1};
    for (int i = first; i < last; i++)
        *out++ = (char)('0' + (i < 0 ? 0 : digit_group(data, i / 4) / powers[i % 4] % 10));
    return out;
}

static int digit_group(const char *data, int index)
{
    return index < get16(data) ? get16(data + NUMERIC_HEADER + 2 * index) : 0;
}

/* --- inet: network_send in src/backend/utils/adt/network.c
 * Family, bits of the mask, whether it is a cidr, size of the address, address. */
enum { INET_HEADER = 4, INET_FAMILY_4 = 2, INET_FAMILY_6 = 3 };

static bool is_inet(const char *data, size_t size)
{
    return (size == INET_HEADER + 4 && data[0] == INET_FAMILY_4 && data[3] == 4) ||
           (size == INET_HEADER + 16 && data[0] == INET_FAMILY_6 && data[3] == 16);
}

/* The mask is shown of a cidr, and of an inet that is not a single host. */
static char *inet_text(const char *data, orm__arena *arena)
{
    const uint8_t *head = (const uint8_t *)data;
    char text[ORM__INET_TEXT];
    orm__inet inet = {.size = head[3], .bits = head[1]};
    memcpy(inet.address, head + INET_HEADER, inet.size);
    return orm__arena_strdup(arena, orm__inet_format(&inet, head[2], text));
}

/* --- numbers and refusals ------------------------------------------------------------------------------------ */

static uint16_t get16(const char *data)
{
    const uint8_t *bytes = (const uint8_t *)data;
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static orm_status other_type(const orm_column *column, const orm__pg_field *field, orm_error *error)
{
    return orm__pg_drift(column, error, "the database has another type (oid %" PRIu32 ", %zu bytes) than %s",
                         field->type, field->size, orm__pg_formats[column->type].name);
}

orm_status orm__pg_drift(const orm_column *column, orm_error *error, const char *format, ...)
{
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    orm__error_set(error, ORM_SCHEMA, "%s.%s: %s", column->model->table, column->name, message);
    if (error) {
        ORM__ERROR_COPY(error->table, column->model->table);
        ORM__ERROR_COPY(error->column, column->name);
    }
    return ORM_SCHEMA;
}
