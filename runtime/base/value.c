/* base/value.c -- constructors of orm_value, taking it from structs and lists, comparing and hashing it; uuids as text.
 * SPDX-License-Identifier: MIT */
#include "base/value.h"

#include "base/array.h"
#include "base/decimal.h"

#include <math.h>
#include <string.h>

static inline orm_value one(orm_value value);
static orm_value list_of(orm_type type, const void *items, size_t count);
static orm_value array_of(orm_type type, const void *items, const bool *nulls, size_t count);
static inline void take_member(const orm_column *column, const void *row, orm_value *value);
static orm_value value_of_array(const orm_column *column, const void *place);
static inline void take(orm_type type, const orm_enum *enumeration, const void *place, orm_value *taken);
static bool arrays_equal(const orm_value *a, const orm_value *b);
static bool text_equal(const char *a, const char *b);
static bool bytes_equal(orm_bytes a, orm_bytes b);
static bool real_equal(double a, double b);
static uint64_t hash_array(const orm_value *array);
static uint64_t hash_real(double value);
static uint64_t hash_bytes(const void *data, size_t size);
static uint64_t mix(uint64_t hash);

/* Type, the union's member that carries it, and what of the C value goes there. */
#define CARRIERS(X) \
    X(bool, boolean, value) \
    X(int16, integer, value) \
    X(int32, integer, value) \
    X(int64, integer, value) \
    X(float32, real, value) \
    X(float64, real, value) \
    X(decimal, text, value.text) \
    X(text, text, value) \
    X(bytes, bytes, value) \
    X(uuid, uuid, value) \
    X(date, integer, value.days) \
    X(time, integer, value.microseconds) \
    X(timestamp, integer, value.microseconds) \
    X(timestamptz, integer, value.microseconds) \
    X(interval, interval, value) \
    X(json, text, value.text) \
    X(jsonb, text, value.text) \
    X(inet, text, value.text) \
    X(other, text, value)

/* What ORM_SCALAR_TYPES knows of a type, under names that CARRIERS can reach. */
#define NAMES(name, NAME, ctype, given) \
    enum { type_of_##name = ORM_TYPE_##NAME }; \
    typedef ctype ctype_##name; \
    typedef given given_##name;
ORM_SCALAR_TYPES(NAMES)
#undef NAMES

#define OF_ONE(name, member, what) \
    orm_value orm_of_##name(given_##name value) \
    { \
        return one((orm_value){.type = (orm_type)type_of_##name, .as.member = what}); \
    }
CARRIERS(OF_ONE)
#undef OF_ONE

#define OF_MANY(name, NAME, ctype, given) \
    orm_value orm_of_##name##s(ctype const *items, size_t count) \
    { \
        return list_of(ORM_TYPE_##NAME, items, count); \
    } \
    orm_value orm_of_##name##_array(orm_##name##_array value) \
    { \
        return array_of(ORM_TYPE_##NAME, value.items, value.nulls, value.count); \
    }
ORM_SCALAR_TYPES(OF_MANY)
#undef OF_MANY

/* Types that are pointers say NULL by one; bytes begin with theirs. */
static inline orm_value one(orm_value value)
{
    value.form = orm__type_points(value.type) && !value.as.text ? ORM_FORM_NULL : ORM_FORM_ONE;
    return value;
}

static orm_value list_of(orm_type type, const void *items, size_t count)
{
    return (orm_value){.type = type, .form = ORM_FORM_LIST, .as.array = {items, NULL, count}};
}

static orm_value array_of(orm_type type, const void *items, const bool *nulls, size_t count)
{
    return (orm_value){.type = type, .form = items ? ORM_FORM_ARRAY : ORM_FORM_NULL, .as.array = {items, nulls, count}};
}

orm_value orm_of_enum(const orm_enum *enumeration, int value)
{
    return (orm_value){.type = ORM_TYPE_ENUM, .form = ORM_FORM_ONE, .enumeration = enumeration, .as.integer = value};
}

orm_value orm_of_enums(const orm_enum *enumeration, const void *items, size_t count)
{
    orm_value value = list_of(ORM_TYPE_ENUM, items, count);
    value.enumeration = enumeration;
    return value;
}

orm_value orm_of_enum_array(const orm_enum *enumeration, const void *items, const bool *nulls, size_t count)
{
    orm_value value = array_of(ORM_TYPE_ENUM, items, nulls, count);
    value.enumeration = enumeration;
    return value;
}

orm_value orm_of_any_column(const orm_column *column)
{
    orm_type type = column ? orm__column_plain(column)->type : ORM_TYPE_NONE;
    return (orm_value){.type = type, .form = ORM_FORM_COLUMN, .as.column = column};
}

char *orm_uuid_format(orm_uuid value, char *buffer)
{
    static const char digits[] = "0123456789abcdef";
    char *at = buffer;
    for (size_t i = 0; i < sizeof value.bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[value.bytes[i] >> 4];
        *at++ = digits[value.bytes[i] & 0xf];
    }
    *at = '\0';
    return buffer;
}

orm_value orm__value_null(orm_type type)
{
    return (orm_value){.type = type, .form = ORM_FORM_NULL};
}

orm_value orm__value_of_member(const orm_column *column, const void *row)
{
    orm_value value;
    take_member(column, row, &value);
    return value;
}

void orm__values_of_members(const orm_column *const *columns, size_t count, const void *row, orm_value *values)
{
    for (size_t i = 0; i < count; i++)
        take_member(columns[i], row, &values[i]);
}

static inline void take_member(const orm_column *column, const void *row, orm_value *value)
{
    const char *base = row;
    if (column->field.has != ORM_ABSENT && !*(const bool *)(base + column->field.has))
        *value = orm__value_null(column->type);
    else if (column->flags & ORM_ARRAY)
        *value = value_of_array(column, base + column->field.value);
    else
        take(column->type, column->enumeration, base + column->field.value, value);
}

static orm_value value_of_array(const orm_column *column, const void *place)
{
    orm__array array;
    memcpy(&array, place, sizeof array);
    orm_value value = array_of(column->type, array.items, array.nulls, array.count);
    value.enumeration = column->enumeration;
    return value;
}

/* The C value that stands there, as its constructor has it. All that is written comes this way: straight to its
 * place, and not by the constructors, which are calls into a shared library. */
static inline void take(orm_type type, const orm_enum *enumeration, const void *place, orm_value *taken)
{
    *taken = (orm_value){.type = type, .form = ORM_FORM_ONE};
    switch ((int)type) {
#define TAKE(name, member, what) \
    case type_of_##name: { \
        const ctype_##name value = *(const ctype_##name *)place; \
        taken->as.member = what; \
        break; \
    }
        CARRIERS(TAKE)
#undef TAKE
    case ORM_TYPE_ENUM:
        taken->enumeration = enumeration;
        taken->as.integer = *(const int *)place;
        break;
    default:
        taken->form = ORM_FORM_NULL;
    }
    if (orm__type_points(type) && !taken->as.text)
        taken->form = ORM_FORM_NULL;
}

size_t orm__value_count(const orm_value *list)
{
    return list->form == ORM_FORM_LIST ? list->as.array.count : list->form == ORM_FORM_ROWS ? list->as.rows.count : 0;
}

orm_value orm__value_of_item(const orm_value *list, size_t index)
{
    if (list->form == ORM_FORM_ROWS)
        return orm__value_of_member(list->as.rows.column, list->as.rows.items[index]);
    if (list->as.array.nulls && list->as.array.nulls[index])
        return orm__value_null(list->type);
    orm_value value;
    take(list->type, list->enumeration, (const char *)list->as.array.items + index * orm__type_size(list->type),
         &value);
    return value;
}

bool orm__value_equal(orm_value a, orm_value b)
{
    if (a.form == ORM_FORM_NULL || b.form == ORM_FORM_NULL)
        return a.form == b.form;
    if (a.form == ORM_FORM_ARRAY)
        return arrays_equal(&a, &b);
    switch (a.type) {
    case ORM_TYPE_BOOL:
        return a.as.boolean == b.as.boolean;
    case ORM_TYPE_FLOAT32:
    case ORM_TYPE_FLOAT64:
        return real_equal(a.as.real, b.as.real);
    case ORM_TYPE_DECIMAL:
        return orm__decimal_compare(a.as.text, strlen(a.as.text), b.as.text, strlen(b.as.text)) == 0;
    case ORM_TYPE_TEXT:
    case ORM_TYPE_JSON:
    case ORM_TYPE_JSONB:
    case ORM_TYPE_INET:
    case ORM_TYPE_OTHER:
        return text_equal(a.as.text, b.as.text);
    case ORM_TYPE_BYTES:
        return bytes_equal(a.as.bytes, b.as.bytes);
    case ORM_TYPE_UUID:
        return memcmp(a.as.uuid.bytes, b.as.uuid.bytes, sizeof a.as.uuid.bytes) == 0;
    case ORM_TYPE_INTERVAL:
        return a.as.interval.months == b.as.interval.months && a.as.interval.days == b.as.interval.days &&
               a.as.interval.microseconds == b.as.interval.microseconds;
    default:
        return a.as.integer == b.as.integer;
    }
}

static bool arrays_equal(const orm_value *a, const orm_value *b)
{
    if (b->form != ORM_FORM_ARRAY || a->as.array.count != b->as.array.count)
        return false;
    for (size_t i = 0; i < a->as.array.count; i++)
        if (!orm__value_equal(orm__value_of_item(a, i), orm__value_of_item(b, i)))
            return false;
    return true;
}

static bool text_equal(const char *a, const char *b)
{
    return a == b || strcmp(a, b) == 0;
}

static bool bytes_equal(orm_bytes a, orm_bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static bool real_equal(double a, double b)
{
    return isnan(a) ? isnan(b) : !isnan(b) && !(a < b) && !(a > b);
}

uint64_t orm__value_hash(orm_value value)
{
    if (value.form == ORM_FORM_NULL)
        return mix(0x6e756c6c);
    if (value.form == ORM_FORM_ARRAY)
        return hash_array(&value);
    switch (value.type) {
    case ORM_TYPE_BOOL:
        return mix(value.as.boolean);
    case ORM_TYPE_FLOAT32:
    case ORM_TYPE_FLOAT64:
        return hash_real(value.as.real);
    case ORM_TYPE_DECIMAL:
        return mix(orm__decimal_hash(value.as.text, strlen(value.as.text)));
    case ORM_TYPE_TEXT:
    case ORM_TYPE_JSON:
    case ORM_TYPE_JSONB:
    case ORM_TYPE_INET:
    case ORM_TYPE_OTHER:
        return hash_bytes(value.as.text, strlen(value.as.text));
    case ORM_TYPE_BYTES:
        return hash_bytes(value.as.bytes.data, value.as.bytes.size);
    case ORM_TYPE_UUID:
        return hash_bytes(value.as.uuid.bytes, sizeof value.as.uuid.bytes);
    case ORM_TYPE_INTERVAL:
        return mix(mix((uint64_t)value.as.interval.microseconds) ^
                   ((uint64_t)(uint32_t)value.as.interval.months << 32 | (uint32_t)value.as.interval.days));
    default:
        return mix((uint64_t)value.as.integer);
    }
}

static uint64_t hash_array(const orm_value *array)
{
    uint64_t hash = array->as.array.count;
    for (size_t i = 0; i < array->as.array.count; i++)
        hash = mix(hash) + orm__value_hash(orm__value_of_item(array, i));
    return mix(hash);
}

static uint64_t hash_real(double value)
{
    static const double zero = 0.0, nan_bits = NAN;
    uint64_t bits;
    memcpy(&bits, isnan(value) ? &nan_bits : value < 0 || value > 0 ? &value : &zero, sizeof bits);
    return mix(bits);
}

static uint64_t hash_bytes(const void *data, size_t size)
{
    const char *next = data;
    uint64_t hash = size, word = 0;
    for (; size >= sizeof word; next += sizeof word, size -= sizeof word) {
        memcpy(&word, next, sizeof word);
        hash = mix(hash ^ word);
    }
    word = 0;
    if (size)
        memcpy(&word, next, size);
    return mix(hash ^ word);
}

/* Every bit of the input reaches every bit of the result; no two inputs have the same. */
static uint64_t mix(uint64_t hash)
{
    hash += 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9u;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebu;
    return hash ^ hash >> 31;
}
