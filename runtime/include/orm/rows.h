/* orm/rows.h -- SQL by hand: what is given for its parameters, and the rows that it answers with.
 *
 *     orm_rows *rows;
 *     orm_status status = orm_connection_query(c, "SELECT title, views FROM post WHERE author_id = :author",
 *                                              ORM_NAMED({"author", orm_of_int64(7)}), &rows);
 *     while (!status && (status = orm_rows_next(rows)) == ORM_OK) {
 *         const char *title;
 *         orm_opt_int32 views;
 *         orm_get(rows, "title", &title);
 *         orm_get(rows, 1, &views);
 *     }
 *     orm_rows_close(rows);
 *
 * What goes wrong in between sticks: the next orm_rows_next tells it. The loop above ends with ORM_DONE when all went
 * well.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ROWS_H
#define ORM_ROWS_H

#include "orm/types.h"

#ifdef __cplusplus
#include <initializer_list>
extern "C" {
#endif

/* --- parameters --- SQL calls them :name, or $1, $2 and so on, but not both; on every database. What stands in
 * strings, quoted names, comments and dollar quotes is none, and neither is the cast in `x::text`; in a slice of an
 * array a blank keeps them apart, `a[1: n]`. Values are made by orm_of_int64 and its like, by the handle of a column
 * (BLOG_POST.status.of(BLOG_POST_STATUS_DRAFT)), NULL by orm_of_null. Texts, bytes and arrays are borrowed for the
 * call.
 *
 * Decimals, inet and enums are taken as the SQL needs them, and so is orm_of_other, a text for whatever type stands
 * there; all others are of their own type, and the database says when that does not fit. A list (orm_of_int64s) is
 * an array: on PostgreSQL `id = ANY (:ids)`, on SQLite, where arrays are JSON, `id IN (SELECT value FROM
 * json_each(:ids))`. */
typedef struct orm_named_value {
    const char *name; /* without the colon */
    orm_value value;
} orm_named_value;
typedef struct orm_parameters {
    const orm_value *values;      /* for $1, $2, ... */
    const orm_named_value *named; /* or for :name */
    size_t count;                 /* of them; 0: ended by ORM_FORM_END */
} orm_parameters;
ORM_API orm_value orm_of_null(void);

#ifdef __cplusplus
} /* extern "C": in C++ they live to the end of the full expression. */
static inline const orm_parameters *orm__borrow(const orm_parameters &parameters)
{
    return &parameters;
}
static inline orm_parameters orm__positional(std::initializer_list<orm_value> list)
{
    orm_parameters parameters = {list.begin(), NULL, list.size()};
    return parameters;
}
static inline orm_parameters orm__named(std::initializer_list<orm_named_value> list)
{
    orm_parameters parameters = {NULL, list.begin(), list.size()};
    return parameters;
}
extern "C" {
#define ORM_PARAMETERS(...) orm__borrow(orm__positional({__VA_ARGS__}))
#define ORM_NAMED(...) orm__borrow(orm__named({__VA_ARGS__}))
#else
/* ORM_PARAMETERS(orm_of_int64(7), orm_of_text("A%")); ORM_NAMED({"id", orm_of_int64(7)}, {"name", orm_of_text("A%")}).
 * They live in the enclosing block. */
#define ORM_PARAMETERS(...) \
    (&(const orm_parameters){.values = (const orm_value[]){__VA_ARGS__, {.form = ORM_FORM_END}}})
#define ORM_NAMED(...) \
    (&(const orm_parameters){.named = (const orm_named_value[]){__VA_ARGS__, {.value = {.form = ORM_FORM_END}}}})
#endif

/* --- rows --- What a statement answers, row by row: one is in memory at a time. Until the last was read, or the
 * rows are closed, the connection is busy: another statement on it, commit and savepoints are ORM_MISUSE; a
 * rollback, or the end of the connection, ends the rows, and each further orm_rows_next is ORM_MISUSE. */
typedef struct orm_rows orm_rows;

/* The next row: ORM_OK, ORM_DONE after the last, or what went wrong, now or with an orm_get before. */
ORM_API orm_status orm_rows_next(orm_rows *rows);
/* The first row: ORM_OK, or ORM_NOT_FOUND when there is none. Those behind it are not read. */
ORM_API orm_status orm_rows_first(orm_rows *rows);
/* Gives back what the rows hold, also before their end. What was not read yet is lost, but what the statement writes is
 * written; where that fails, orm_connection_error tells it. NULL does nothing. */
ORM_API void orm_rows_close(orm_rows *rows);

/* How many columns there are, and their names; NULL behind the last. Borrowed until the close. */
ORM_API size_t orm_rows_width(const orm_rows *rows);
ORM_API const char *orm_rows_name(const orm_rows *rows, size_t index);
/* How many rows an INSERT, UPDATE or DELETE wrote; known after the last row was read, 0 before. */
ORM_API size_t orm_rows_written(const orm_rows *rows);

/* Takes a column of the current row: orm_get(rows, "name", &place) or orm_get(rows, 0, &place), counted from 0.
 * Which type is read follows from the place: a bool, int16_t, ..., const char *, orm_decimal, ..., orm_opt_int64,
 * orm_int64_array; a pointer to anything else does not compile. Text, bytes and arrays live until the next row.
 * ORM_MISUSE when the column holds another type, is not there, or is there twice under this name; when there is no
 * row; when it is NULL and the place has no NULL: pointers say it by NULL, others are orm_opt_<type>. Then the place
 * is zeroed. Integers fit any integer that is wide enough. Values of types that ormc does not know, enums too, are
 * text. */
#define orm_get(rows, column, place) orm_rows_get(rows, ORM__AT(column), ORM__CODE(place), place)
/* Does it by itself in each orm_rows_next and orm_rows_first to come. The place is borrowed until the close. */
#define orm_bind(rows, column, place) orm_rows_bind(rows, ORM__AT(column), ORM__CODE(place), place)
/* Reads all further rows into an array of structs, `row` being the one whose members are bound:
 *     struct total { const char *name; int64_t posts; } row;
 *     const struct total *totals;
 *     orm_bind(rows, "name", &row.name); orm_bind(rows, "posts", &row.posts);
 *     orm_rows_all(rows, &row, &totals, &count);
 * The array, NULL when there are none, and all it points to live until the close. Binding nothing is ORM_MISUSE. */
#define orm_rows_all(rows, row, items, count) \
    orm_rows_collect(rows, (1 ? (row) : *(items)), sizeof *(row), items, count)

/* What the macros call. */
typedef struct orm_at {
    const char *name; /* NULL: by position */
    size_t index;
} orm_at;
ORM_API orm_at orm_at_name(const char *name);
ORM_API orm_at orm_at_index(size_t index);
enum { ORM_PLACE_OPT = 0x100, ORM_PLACE_ARRAY = 0x200 }; /* added to an orm_type */
ORM_API orm_status orm_rows_get(orm_rows *rows, orm_at column, int code, void *place);
ORM_API orm_status orm_rows_bind(orm_rows *rows, orm_at column, int code, void *place);
ORM_API orm_status orm_rows_collect(orm_rows *rows, const void *row, size_t size, void *items, size_t *count);

#ifdef __cplusplus
} /* extern "C" */
static inline orm_at orm__at(const char *name)
{
    return orm_at_name(name);
}
static inline orm_at orm__at(int index)
{
    return orm_at_index((size_t)index);
}
static inline orm_at orm__at(size_t index)
{
    return orm_at_index(index);
}
template <class orm_place> struct orm__code;
#define ORM__CODES_OF(name, NAME, type, given) \
    template <> struct orm__code<orm_opt_##name> { \
        enum { code = ORM_PLACE_OPT + (int)ORM_TYPE_##NAME }; \
    }; \
    template <> struct orm__code<orm_##name##_array> { \
        enum { code = ORM_PLACE_ARRAY + (int)ORM_TYPE_##NAME }; \
    };
ORM_SCALAR_TYPES(ORM__CODES_OF)
#undef ORM__CODES_OF
#define ORM__CODE_OF(NAME, type) \
    template <> struct orm__code<type> { \
        enum { code = (int)ORM_TYPE_##NAME }; \
    };
#define ORM__AT(column) orm__at(column)
template <class orm_place> static inline int orm__code_of(orm_place *)
{
    return orm__code<orm_place>::code;
}
#define ORM__CODE(place) orm__code_of(place)
#else
#define ORM__AT(column) \
    _Generic((column), char * : orm_at_name, const char * : orm_at_name, default : orm_at_index)(column)
#define ORM__CODE_OF(NAME, type) type * : ORM_TYPE_##NAME,
#define ORM__CODES_OF(name, NAME, type, given) \
    orm_opt_##name * : ORM_PLACE_OPT + (int)ORM_TYPE_##NAME, \
        orm_##name##_array * : ORM_PLACE_ARRAY + (int)ORM_TYPE_##NAME,
#define ORM__CODE(place) \
    _Generic((place), ORM__PLAIN_PLACES ORM_SCALAR_TYPES(ORM__CODES_OF) const char ** : ORM_TYPE_TEXT)
#endif
/* Without text, which ends the list in C, and `other`, which is text too. */
#define ORM__PLAIN_PLACES \
    ORM__CODE_OF(BOOL, bool) \
    ORM__CODE_OF(INT16, int16_t) \
    ORM__CODE_OF(INT32, int32_t) \
    ORM__CODE_OF(INT64, int64_t) \
    ORM__CODE_OF(FLOAT32, float) \
    ORM__CODE_OF(FLOAT64, double) \
    ORM__CODE_OF(DECIMAL, orm_decimal) \
    ORM__CODE_OF(BYTES, orm_bytes) \
    ORM__CODE_OF(UUID, orm_uuid) \
    ORM__CODE_OF(DATE, orm_date) \
    ORM__CODE_OF(TIME, orm_time) \
    ORM__CODE_OF(TIMESTAMP, orm_timestamp) \
    ORM__CODE_OF(TIMESTAMPTZ, orm_timestamptz) \
    ORM__CODE_OF(INTERVAL, orm_interval) \
    ORM__CODE_OF(JSON, orm_json) \
    ORM__CODE_OF(JSONB, orm_jsonb) \
    ORM__CODE_OF(INET, orm_inet)
#ifdef __cplusplus
ORM__PLAIN_PLACES
ORM__CODE_OF(TEXT, const char *)
#endif

#endif
