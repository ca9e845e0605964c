/* orm/types.h -- the C types of columns, and the typed parts that generated structs are made of.
 *
 * A row is a plain struct. Text is `const char *`, where NULL is SQL NULL; decimal, json, jsonb, inet and bytes say
 * NULL by a NULL pointer too; every other nullable column is an orm_opt_<type> {has, value}.
 *
 * Inputs (members of generated `_values` structs) tell three things apart: left out, NULL, and a value:
 *     .score = ORM_VALUE(9.5), .bio = ORM_NULL          and, for a struct that exists, ORM_SET(v.score, 2), ORM_SET_NULL(v.bio)
 * ORM_NULL on a NOT NULL column does not compile. A value without ORM_VALUE around it is refused at run time.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_TYPES_H
#define ORM_TYPES_H

#include "orm/error.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct orm_column orm_column;
typedef struct orm_relation orm_relation;
typedef struct orm_model orm_model;
typedef struct orm_enum orm_enum;
typedef struct orm_schema orm_schema;

/* Text in the database's notation; NULL is SQL NULL. */
typedef struct orm_decimal {
    const char *text;
} orm_decimal; /* "-12.50", "NaN" */
typedef struct orm_json {
    const char *text;
} orm_json;
typedef struct orm_jsonb {
    const char *text;
} orm_jsonb;
typedef struct orm_inet {
    const char *text;
} orm_inet;
/* data NULL is SQL NULL; an empty value has data that is not NULL and size 0. */
typedef struct orm_bytes {
    const uint8_t *data;
    size_t size;
} orm_bytes;
typedef struct orm_uuid {
    uint8_t bytes[16];
} orm_uuid;

/* Days from 2000-01-01, as PostgreSQL counts; INT32_MIN and INT32_MAX are -infinity and infinity. */
typedef struct orm_date {
    int32_t days;
} orm_date;
/* Microseconds from midnight, 0 to 86,400,000,000. */
typedef struct orm_time {
    int64_t microseconds;
} orm_time;
/* Microseconds from 2000-01-01 00:00, as PostgreSQL counts; INT64_MIN and INT64_MAX are -infinity and infinity.
 * timestamp knows no time zone; timestamptz is an instant, counted in UTC. */
typedef struct orm_timestamp {
    int64_t microseconds;
} orm_timestamp;
typedef struct orm_timestamptz {
    int64_t microseconds;
} orm_timestamptz;
typedef struct orm_interval {
    int32_t months, days;
    int64_t microseconds;
} orm_interval;

/* To and from Unix time (microseconds from 1970-01-01 UTC). Saturate at, and keep, the infinities. */
ORM_API orm_timestamptz orm_timestamptz_from_unix(int64_t microseconds);
ORM_API int64_t orm_timestamptz_to_unix(orm_timestamptz value);
/* The present moment by the system's clock. */
ORM_API orm_timestamptz orm_timestamptz_now(void);
/* Writes "2024-02-29 12:00:00.000000+00:00" (UTC), "infinity" or "-infinity" and a zero; `buffer` holds at least 48
 * bytes. Years before 1 are written as "-0043-03-15 ...", astronomically. Returns buffer. */
ORM_API char *orm_timestamptz_format(orm_timestamptz value, char *buffer);
ORM_API char *orm_timestamp_format(orm_timestamp value, char *buffer); /* the same without the zone */
ORM_API char *orm_date_format(orm_date value, char *buffer);           /* "2024-02-29" */
ORM_API char *orm_time_format(orm_time value, char *buffer);           /* "12:00:00.000000" */
/* 36 characters in lower case and a zero, by RFC 9562; `buffer` holds at least 37 bytes. Returns buffer. */
ORM_API char *orm_uuid_format(orm_uuid value, char *buffer);

/* The other way: "2024-02-29"; "12:00", "12:00:00" or "12:00:00.123456"; a day, a blank or T, and a time, or a day
 * alone for its midnight. Behind a moment Z, +02, +0200 or +02:00 may stand, which is counted off: without, it is
 * UTC. Uuids may be in capitals. False for NULL, any other text and days that do not exist; then `*value` is all
 * zero. */
ORM_API bool orm_date_parse(const char *text, orm_date *value);
ORM_API bool orm_time_parse(const char *text, orm_time *value);
ORM_API bool orm_timestamp_parse(const char *text, orm_timestamp *value);
ORM_API bool orm_timestamptz_parse(const char *text, orm_timestamptz *value);
ORM_API bool orm_uuid_parse(const char *text, orm_uuid *value);
/* A new one, of version 7: later ones are greater. False, and all zero, when the system has no randomness to give. */
ORM_API bool orm_uuid_new(orm_uuid *value);

/* Money to count with: {"12.50"} with scale 2 is 1250, and back. `to` is false, and 0, where digits would be lost,
 * and for what is no number; `from` writes the text into `buffer`, which holds at least 24 bytes, and returns it;
 * scale is 0 to 18. */
ORM_API bool orm_decimal_to_scaled(orm_decimal value, int scale, int64_t *scaled);
ORM_API orm_decimal orm_decimal_from_scaled(int64_t scaled, int scale, char *buffer);
/* <0, 0, >0 by value, exactly: "1.5" and "1.50" are equal, NaN is more than all others, NULL less. */
ORM_API int orm_decimal_compare(orm_decimal a, orm_decimal b);

/* The scalar types: name, the C type of a value, and the C type that comparisons take. Each typed part below is made
 * from this table, once for scalars and once for arrays of them. "other" is any further type of the database,
 * carried as text. */
#define ORM_SCALAR_TYPES(X) \
    X(bool, BOOL, bool, bool) \
    X(int16, INT16, int16_t, int64_t) \
    X(int32, INT32, int32_t, int64_t) \
    X(int64, INT64, int64_t, int64_t) \
    X(float32, FLOAT32, float, double) \
    X(float64, FLOAT64, double, double) \
    X(decimal, DECIMAL, orm_decimal, orm_decimal) \
    X(text, TEXT, const char *, const char *) \
    X(bytes, BYTES, orm_bytes, orm_bytes) \
    X(uuid, UUID, orm_uuid, orm_uuid) \
    X(date, DATE, orm_date, orm_date) \
    X(time, TIME, orm_time, orm_time) \
    X(timestamp, TIMESTAMP, orm_timestamp, orm_timestamp) \
    X(timestamptz, TIMESTAMPTZ, orm_timestamptz, orm_timestamptz) \
    X(interval, INTERVAL, orm_interval, orm_interval) \
    X(json, JSON, orm_json, orm_json) \
    X(jsonb, JSONB, orm_jsonb, orm_jsonb) \
    X(inet, INET, orm_inet, orm_inet) \
    X(other, OTHER, const char *, const char *)

typedef enum orm_type {
    ORM_TYPE_NONE,
#define ORM__TYPE(name, NAME, type, given) ORM_TYPE_##NAME,
    ORM_SCALAR_TYPES(ORM__TYPE)
#undef ORM__TYPE
        ORM_TYPE_ENUM
} orm_type;

/* orm_<type>_array: items NULL is SQL NULL (an empty array has items that are not NULL, and count 0); nulls is NULL
 * when no item is, else one flag an item. */
/* orm_opt_<type>: a nullable value; `value` means nothing unless `has`. */
#define ORM__ARRAY_AND_OPT(name, NAME, type, given) \
    typedef struct orm_##name##_array { \
        type const *items; \
        const bool *nulls; \
        size_t count; \
    } orm_##name##_array; \
    typedef struct orm_opt_##name { \
        bool has; \
        type value; \
    } orm_opt_##name;
ORM_SCALAR_TYPES(ORM__ARRAY_AND_OPT)
#undef ORM__ARRAY_AND_OPT

/* A value of any type, as expressions and keys carry it. Made by the orm_of_ functions; its members are not for users.
 * Text, bytes and lists in it are borrowed from whoever made it. */
typedef enum orm_value_form {
    ORM_FORM_NULL,
    ORM_FORM_ONE,
    ORM_FORM_LIST,
    ORM_FORM_ARRAY,
    ORM_FORM_COLUMN,
    ORM_FORM_ROWS,
    ORM_FORM_END /* of a list of values */
} orm_value_form;
typedef struct orm_value {
    orm_type type;
    orm_value_form form;
    const orm_enum *enumeration; /* of enum values */
    union {
        bool boolean;
        int64_t integer; /* integers; days of a date; microseconds of times; position of an enum value, from 1 */
        double real;
        const char *text; /* text, decimal, json, jsonb, inet, other */
        orm_bytes bytes;
        orm_uuid uuid;
        orm_interval interval;
        const orm_column *column;
        struct {
            const void *items;
            const bool *nulls;
            size_t count;
        } array; /* also lists: C values one after another */
        struct {
            const void *const *items;
            const orm_column *column;
            size_t count;
        } rows; /* one column of many row structs */
    } as;
} orm_value;

/* The state of an input: no plain value can pass for ORM_GIVEN, so a forgotten ORM_VALUE is noticed. */
typedef enum orm_given { ORM_LEFT_OUT = 0, ORM_GIVEN = 0x6f726d21 } orm_given;

typedef enum orm_op {
    ORM_OP_NONE,
    ORM_OP_END,
    ORM_OP_AND,
    ORM_OP_OR,
    ORM_OP_NOT,
    ORM_OP_EQ,
    ORM_OP_NE,
    ORM_OP_LT,
    ORM_OP_LE,
    ORM_OP_GT,
    ORM_OP_GE,
    ORM_OP_IN,
    ORM_OP_IS_NULL,
    ORM_OP_NOT_NULL,
    ORM_OP_LIKE,
    ORM_OP_HAS,
    ORM_OP_ANY,
    ORM_OP_PLUS,
    ORM_OP_BETWEEN,
    ORM_OP_EVERY_ROW,
    ORM_OP_NOT_IN,
    ORM_OP_ILIKE,
    ORM_OP_STARTS_WITH,
    ORM_OP_ENDS_WITH,
    ORM_OP_CONTAINS,       /* text in text */
    ORM_OP_ARRAY_CONTAINS, /* all items of an array in an array, also JSON in JSON */
    ORM_OP_ARRAY_OVERLAPS,
    ORM_OP_ALL,
    ORM_OP_NO_ROW
} orm_op;

/* orm_<type>_column: the typed handle of a column, a member of BLOG_POST and its like. `of` makes a value to compare
 * with, `in` a list of them; so a value of another type does not compile. orm_in_<type>, orm_in_null_<type>: inputs
 * of `_values`. orm_change_<type>, orm_change_null_<type>: inputs of `_changes`. */
#define ORM__VALUES(name, NAME, type, given) \
    ORM_API orm_value orm_of_##name(given value); \
    ORM_API orm_value orm_of_##name##s(type const *items, size_t count); \
    ORM_API orm_value orm_of_##name##_array(orm_##name##_array value); \
    typedef struct orm_##name##_column { \
        const orm_column *column; \
        orm_value (*of)(given value); \
        orm_value (*in)(type const *items, size_t count); \
    } orm_##name##_column; \
    typedef struct orm_##name##_array_column { \
        const orm_column *column; \
        orm_value (*of)(orm_##name##_array value); \
    } orm_##name##_array_column; \
    ORM_INPUTS(orm_in_##name, orm_in_null_##name, type) \
    ORM_CHANGES(orm_change_##name, orm_change_null_##name, orm_##name##_column, type) \
    ORM_INPUTS(orm_in_##name##_array, orm_in_null_##name##_array, orm_##name##_array) \
    ORM_CHANGES(orm_change_##name##_array, orm_change_null_##name##_array, orm_##name##_array_column, \
                orm_##name##_array)
#define ORM_INPUTS(in, in_null, type) \
    typedef struct in { \
        orm_given set; \
        type value; \
    } in; \
    typedef struct in_null { \
        orm_given set, null; \
        type value; \
    } in_null;
#define ORM_CHANGES(change, change_null, handle, type) \
    typedef struct change { \
        orm_given set; \
        orm_op op; \
        handle column; \
        type value; \
    } change; \
    typedef struct change_null { \
        orm_given set, null; \
        orm_op op; \
        handle column; \
        type value; \
    } change_null;
ORM_SCALAR_TYPES(ORM__VALUES)
#undef ORM__VALUES

/* What generated enums use. `value` counts from 1; 0 is "missing". `items` are C enums, of the size of an int. A
 * borrowed constant, NULL for a number that is no value; the value of a name, 0 when there is none. */
ORM_API const char *orm_enum_name(const orm_enum *enumeration, int value);
ORM_API int orm_enum_from_name(const orm_enum *enumeration, const char *name);
ORM_API orm_value orm_of_enum(const orm_enum *enumeration, int value);
ORM_API orm_value orm_of_enums(const orm_enum *enumeration, const void *items, size_t count);
/* Of an array of enums, a package's own {items, nulls, count}. */
ORM_API orm_value orm_of_enum_array(const orm_enum *enumeration, const void *items, const bool *nulls, size_t count);
ORM_API orm_value orm_of_any_column(const orm_column *column);

#define ORM_VALUE(...) \
    { \
        .set = ORM_GIVEN, .value = __VA_ARGS__ \
    }
#define ORM_NULL \
    { \
        .null = ORM_GIVEN \
    }
/* A column of the model plus a number, which may be negative: `.views = ORM_PLUS(BLOG_POST.views, 1)`. */
#define ORM_PLUS(c, ...) \
    { \
        .set = ORM_GIVEN, .op = ORM_OP_PLUS, .column = (c), .value = __VA_ARGS__ \
    }
#define ORM_SET(input, v) ((input).set = ORM_GIVEN, (input).value = (v))
#define ORM_SET_NULL(input) ((input).null = ORM_GIVEN)

#ifdef __cplusplus
}
#endif
#endif
