/* sql/values.c -- reading inputs, filling in defaults.
 * SPDX-License-Identifier: MIT */
#include "sql/values.h"

#include "base/array.h"
#include "base/decimal.h"
#include "base/datetime.h"
#include "base/error.h"
#include "base/uuid.h"
#include "base/value.h"

#include <stdio.h>
#include <string.h>

static inline orm_given state_of(const char *values, uint32_t place);
static orm_status take_null(const orm_column *column, orm_given set, orm_given null, char *row, orm_error *error);
static inline bool take_value(const orm_column *column, const char *values, char *row);
static inline void mark_has(const orm_column *column, char *row);
static bool set_default(const orm_column *column, void *row, const orm_timestamptz *now);
static inline const char *pointer_of(const orm_column *column, const void *row);
static size_t size_of(const orm_column *column, const void *row);
static bool fit_items(const orm_column *column, const orm_value *value, orm__arena *arena);
static orm__array array_of(const orm_column *column, const void *row);
static void array_text(orm_value value, char *buffer, size_t size);

bool orm__mask_empty(const orm_model *model, const uint64_t *mask)
{
    uint64_t any = 0;
    for (size_t i = 0; i < orm__mask_words(model); i++)
        any |= mask[i];
    return any == 0;
}

size_t orm__member_size(const orm_column *column)
{
    return column->flags & ORM_ARRAY ? sizeof(orm__array) : orm__type_size(column->type);
}

orm_status orm__values_read(const orm_model *model, const void *values, void *row, uint64_t *given, orm_error *error)
{
    const orm_column *last = model->columns + model->column_count;
    for (const orm_column *column = model->columns; column < last; column++) {
        orm_given set = state_of(values, column->input.set), null = state_of(values, column->input.null);
        if (column->input.set == ORM_ABSENT && column->input.value != ORM_ABSENT)
            set = ORM_GIVEN;
        if (set == ORM_LEFT_OUT && null == ORM_LEFT_OUT)
            continue;
        if (set != ORM_GIVEN || null != ORM_LEFT_OUT)
            ORM_TRY(take_null(column, set, null, row, error));
        else if (!take_value(column, values, row))
            continue;
        orm__mask_add(given, column->index);
    }
    return ORM_OK;
}

static inline orm_given state_of(const char *values, uint32_t place)
{
    orm_given state = ORM_LEFT_OUT;
    if (place != ORM_ABSENT)
        memcpy(&state, values + place, sizeof state);
    return state;
}

static orm_status take_null(const orm_column *column, orm_given set, orm_given null, char *row, orm_error *error)
{
    if ((set != ORM_LEFT_OUT && set != ORM_GIVEN) || null != ORM_GIVEN)
        return orm__error_set(error, ORM_MISUSE,
                              "column '%s' of '%s' was given a plain value: write ORM_VALUE(...) or ORM_NULL",
                              column->member, column->model->name);
    orm__member_set_null(column, row);
    return ORM_OK;
}

/* False where a required one is missing. */
static inline bool take_value(const orm_column *column, const char *values, char *row)
{
    orm__value_copy(row + column->field.value, values + column->input.value, orm__member_size(column));
    mark_has(column, row);
    return column->flags & ORM_NULLABLE || !orm__member_may_lack(column) || !orm__member_is_missing(column, row);
}

/* NULL text, no array, enum 0 and an all-zero uuid; numbers have no absent form. */
bool orm__member_is_missing(const orm_column *column, const void *row)
{
    static const orm_uuid zero;
    if (column->flags & ORM_ARRAY)
        return orm__member_is_null(column, row);
    if (column->type == ORM_TYPE_ENUM) {
        int value;
        memcpy(&value, (const char *)row + column->field.value, sizeof value);
        return value == 0;
    }
    if (column->type == ORM_TYPE_UUID)
        return memcmp((const char *)row + column->field.value, &zero, sizeof zero) == 0;
    return orm__member_is_null(column, row);
}

void orm__values_default(const orm_model *model, void *row, uint64_t *given, const orm_timestamptz *now)
{
    const orm_column *last = model->columns + model->column_count;
    for (const orm_column *column = model->columns; column < last; column++) {
        bool may = column->flags & (ORM_DEFAULT_VALUE | ORM_DEFAULT_NOW | ORM_VERSION) || column->type == ORM_TYPE_UUID;
        if (may && !orm__mask_has(given, column->index) && set_default(column, row, now))
            orm__mask_add(given, column->index);
    }
}

/* False where it has none. */
static bool set_default(const orm_column *column, void *row, const orm_timestamptz *now)
{
    orm_uuid made;
    if (orm__member_makes_key(column) && orm__uuid_make(&made))
        orm__member_set(column, row, orm_of_uuid(made));
    else if (column->flags & ORM_VERSION)
        orm__member_set(column, row, orm_of_int64(1));
    else if (column->flags & ORM_DEFAULT_VALUE)
        orm__member_set(column, row, column->default_value);
    else if (column->flags & ORM_DEFAULT_NOW && now)
        orm__member_set(column, row, orm__value_now(column, *now));
    else
        return false;
    return true;
}

void orm__member_set(const orm_column *column, void *row, orm_value value)
{
    char *member = (char *)row + column->field.value;
    if (value.form == ORM_FORM_NULL) {
        orm__member_set_null(column, row);
        return;
    }
    switch (column->flags & ORM_ARRAY ? ORM_TYPE_NONE : column->type) {
    case ORM_TYPE_BOOL:
        memcpy(member, &value.as.boolean, sizeof value.as.boolean);
        break;
    case ORM_TYPE_INT16:
        memcpy(member, &(int16_t){(int16_t)value.as.integer}, sizeof(int16_t));
        break;
    case ORM_TYPE_INT32:
    case ORM_TYPE_DATE:
    case ORM_TYPE_ENUM:
        memcpy(member, &(int32_t){(int32_t)value.as.integer}, sizeof(int32_t));
        break;
    case ORM_TYPE_INT64:
    case ORM_TYPE_TIME:
    case ORM_TYPE_TIMESTAMP:
    case ORM_TYPE_TIMESTAMPTZ:
        memcpy(member, &value.as.integer, sizeof(int64_t));
        break;
    case ORM_TYPE_FLOAT32:
        memcpy(member, &(float){(float)value.as.real}, sizeof(float));
        break;
    default: /* the union's member is the C type itself */
        memcpy(member, &value.as, orm__member_size(column));
    }
    mark_has(column, row);
}

orm_value orm__value_now(const orm_column *column, orm_timestamptz now)
{
    static const int64_t day = INT64_C(86400000000);
    int64_t value = now.microseconds;
    if (column->type == ORM_TYPE_DATE || column->type == ORM_TYPE_TIME) {
        int64_t in_day = value % day < 0 ? value % day + day : value % day;
        value = column->type == ORM_TYPE_DATE ? (value - in_day) / day : in_day;
    }
    return (orm_value){.type = column->type, .form = ORM_FORM_ONE, .as.integer = value};
}

static inline void mark_has(const orm_column *column, char *row)
{
    if (column->field.has != ORM_ABSENT)
        memcpy(row + column->field.has, &(bool){true}, sizeof(bool));
}

int64_t orm__highest_key(const orm_column *key)
{
    return key->type == ORM_TYPE_INT16 ? INT16_MAX : key->type == ORM_TYPE_INT32 ? INT32_MAX : INT64_MAX;
}

void orm__member_set_null(const orm_column *column, void *row)
{
    memset((char *)row + column->field.value, 0, orm__member_size(column));
    if (column->field.has != ORM_ABSENT)
        memcpy((char *)row + column->field.has, &(bool){false}, sizeof(bool));
}

bool orm__member_is_null(const orm_column *column, const void *row)
{
    const char *base = row;
    if (column->field.has != ORM_ABSENT) {
        bool has;
        memcpy(&has, base + column->field.has, sizeof has);
        return !has;
    }
    return orm__member_points(column) && !pointer_of(column, row);
}

/* The text itself, or the first member of the struct that holds it, or an array's items. */
static inline const char *pointer_of(const orm_column *column, const void *row)
{
    const char *pointer;
    memcpy(&pointer, (const char *)row + column->field.value, sizeof pointer);
    return pointer;
}

static size_t size_of(const orm_column *column, const void *row)
{
    if (column->type != ORM_TYPE_BYTES)
        return strlen(pointer_of(column, row));
    orm_bytes bytes;
    memcpy(&bytes, (const char *)row + column->field.value, sizeof bytes);
    return bytes.size;
}

bool orm__pointer_keep(const orm_column *column, void *row, orm__arena *arena)
{
    const char *text = pointer_of(column, row);
    if (!text)
        return true;
    if (column->type == ORM_TYPE_TEXT && !(column->flags & ORM_ARRAY)) { /* the usual one */
        const char *copy = orm__arena_copy(arena, text, strlen(text));
        if (copy)
            memcpy((char *)row + column->field.value, &copy, sizeof copy);
        return copy != NULL;
    }
    orm_value value = orm__value_of_member(column, row);
    if (!orm__value_keep(column, &value, arena))
        return false;
    orm__member_set(column, row, value);
    return true;
}

bool orm__value_keep(const orm_column *column, orm_value *value, orm__arena *arena)
{
    if (!orm__member_points(column))
        return true;
    if (column->flags & ORM_ARRAY)
        return orm__array_keep_value(value, arena) && fit_items(column, value, arena);
    if (column->type == ORM_TYPE_BYTES)
        return (value->as.bytes.data = (const uint8_t *)orm__arena_copy(arena, value->as.bytes.data,
                                                                        value->as.bytes.size)) != NULL;
    const orm_limits *limits = column->type == ORM_TYPE_DECIMAL ? column->limits : NULL;
    value->as.text = limits && limits->precision
                         ? orm__decimal_fit(arena, value->as.text, limits->precision, limits->scale)
                         : orm__arena_strdup(arena, value->as.text);
    return value->as.text != NULL;
}

/* Decimals in an array that is the arena's own. */
static bool fit_items(const orm_column *column, const orm_value *value, orm__arena *arena)
{
    const orm_limits *limits = column->type == ORM_TYPE_DECIMAL ? column->limits : NULL;
    if (!limits || !limits->precision)
        return true;
    const char **items = (const char **)(uintptr_t)value->as.array.items;
    orm__array array = orm__array_of_value(value);
    for (size_t i = 0; i < array.count; i++) {
        if (orm__array_item_is_null(&array, column->type, i))
            continue;
        char *fitted = orm__decimal_fit(arena, items[i], limits->precision, limits->scale);
        if (!fitted)
            return false;
        orm__arena_recycle(arena, (char *)(uintptr_t)items[i], strlen(items[i]) + 1);
        items[i] = fitted;
    }
    return true;
}

static orm__array array_of(const orm_column *column, const void *row)
{
    orm__array array;
    memcpy(&array, (const char *)row + column->field.value, sizeof array);
    return array;
}

void orm__member_recycle(const orm_column *column, const void *row, orm__arena *arena)
{
    if (!orm__member_points(column) || !pointer_of(column, row))
        return;
    if (column->flags & ORM_ARRAY) {
        orm__array array = array_of(column, row);
        orm__array_recycle(&array, column->type, arena);
        return;
    }
    char *block;
    memcpy(&block, (const char *)row + column->field.value, sizeof block);
    orm__arena_recycle(arena, block, size_of(column, row) + 1);
}

bool orm__member_same(const orm_column *column, const void *a, const void *b)
{
    return orm__member_points(column) && pointer_of(column, a) == pointer_of(column, b);
}

bool orm__member_equal(const orm_column *column, const void *a, const void *b)
{
    bool null = orm__member_is_null(column, a);
    if (null || orm__member_is_null(column, b))
        return null && orm__member_is_null(column, b);
    if (!orm__member_points(column))
        return memcmp((const char *)a + column->field.value, (const char *)b + column->field.value,
                      orm__member_size(column)) == 0;
    if (column->flags & ORM_ARRAY) {
        orm__array one = array_of(column, a), other = array_of(column, b);
        return orm__array_identical(&one, &other, column->type);
    }
    size_t size = size_of(column, a);
    return size == size_of(column, b) && memcmp(pointer_of(column, a), pointer_of(column, b), size) == 0;
}

orm_status orm__values_take_keys(const orm_model *model, const void *values, void *row, uint64_t *given,
                                 orm_error *error)
{
    for (size_t i = 0; i < model->relation_count; i++) {
        const orm_relation *relation = &model->relations[i];
        const void *target = relation->input == ORM_ABSENT ? NULL : orm__values_target(relation, values);
        for (size_t k = 0; target && k < relation->column_count; k++) {
            const orm_column *column = relation->columns[k];
            if (orm__mask_has(given, column->index) && !orm__key_agrees(relation, k, row, target))
                return orm__error_set(error, ORM_MISUSE,
                                      "'%s' of '%s' was given twice, as '%s' and as '%s', and they differ",
                                      relation->name, model->name, relation->name, column->member);
            orm__member_set(column, row, orm__value_of_member(relation->target_columns[k], target));
            orm__mask_add(given, column->index);
        }
    }
    return ORM_OK;
}

const void *orm__values_target(const orm_relation *relation, const void *values)
{
    const void *target = NULL;
    if (relation->input != ORM_ABSENT)
        memcpy(&target, (const char *)values + relation->input, sizeof target);
    return target;
}

/* The two columns have one type, but may stand at different places and differ in whether they are NULL. */
bool orm__key_agrees(const orm_relation *relation, size_t index, const void *row, const void *target)
{
    return orm__value_equal(orm__value_of_member(relation->columns[index], row),
                            orm__value_of_member(relation->target_columns[index], target));
}

void orm__value_text(orm_value value, char *buffer, size_t size)
{
    char text[64];
    if (value.form == ORM_FORM_ARRAY) {
        array_text(value, buffer, size);
        return;
    }
    switch (value.form == ORM_FORM_NULL ? ORM_TYPE_NONE : value.type) {
    case ORM_TYPE_NONE:
        snprintf(buffer, size, "NULL");
        return;
    case ORM_TYPE_BOOL:
        snprintf(buffer, size, "%s", value.as.boolean ? "true" : "false");
        return;
    case ORM_TYPE_INT16:
    case ORM_TYPE_INT32:
    case ORM_TYPE_INT64:
        snprintf(buffer, size, "%lld", (long long)value.as.integer);
        return;
    case ORM_TYPE_FLOAT32:
    case ORM_TYPE_FLOAT64:
        snprintf(buffer, size, "%g", value.as.real);
        return;
    case ORM_TYPE_UUID:
        snprintf(buffer, size, "%s", orm_uuid_format(value.as.uuid, text));
        return;
    case ORM_TYPE_DATE:
        snprintf(buffer, size, "%s", orm_date_format((orm_date){(int32_t)value.as.integer}, text));
        return;
    case ORM_TYPE_TIME:
        snprintf(buffer, size, "%s", orm_time_format((orm_time){value.as.integer}, text));
        return;
    case ORM_TYPE_TIMESTAMP:
        snprintf(buffer, size, "%s", orm_timestamp_format((orm_timestamp){value.as.integer}, text));
        return;
    case ORM_TYPE_TIMESTAMPTZ:
        snprintf(buffer, size, "%s", orm_timestamptz_format((orm_timestamptz){value.as.integer}, text));
        return;
    case ORM_TYPE_ENUM:
        if (value.as.integer < 1 || (uint64_t)value.as.integer > value.enumeration->count)
            snprintf(buffer, size, "%lld", (long long)value.as.integer);
        else
            snprintf(buffer, size, "%s", value.enumeration->values[value.as.integer - 1]);
        return;
    case ORM_TYPE_BYTES:
        snprintf(buffer, size, "(%zu bytes)", value.as.bytes.size);
        return;
    case ORM_TYPE_INTERVAL:
        snprintf(buffer, size, "%s", orm__interval_format(value.as.interval, text));
        return;
    default:
        snprintf(buffer, size, "'%s'", value.as.text);
    }
}

/* {1, 2, NULL}, as far as there is room. */
static void array_text(orm_value value, char *buffer, size_t size)
{
    size_t length = (size_t)snprintf(buffer, size, "{");
    for (size_t i = 0; i < value.as.array.count && length + 3 < size; i++) {
        if (i > 0)
            length += (size_t)snprintf(buffer + length, size - length, ", ");
        orm__value_text(orm__value_of_item(&value, i), buffer + length, size - length);
        length += strlen(buffer + length);
    }
    if (length < size)
        snprintf(buffer + length, size - length, "}");
}
