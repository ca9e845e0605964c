/* orm/expression.h -- conditions, orders and loading plans, composed of typed handles.
 *
 *     .where = {orm_eq(BLOG_POST.status, BLOG_POST_STATUS_DRAFT), orm_like(BLOG_POST.title, "A%")}
 *
 * A comparison holds its value and may leave the block it was written in; the text, bytes and lists it was given are
 * borrowed until the call that takes the condition. orm_and, orm_or, orm_not, orm_has, orm_any, orm_all and orm_none
 * keep what they combine in the enclosing block; orm_keep copies a condition into a session. A value of another type
 * than the column's does not compile.
 *
 * NULL behaves as in SQL: a comparison with a NULL column, or with a list that holds a NULL and not the value, is
 * neither true nor false, nor is its orm_not: neither finds the row. Use orm_is_null.
 *
 * What only the run time sees is ORM_MISUSE before anything is sent: a column of a model that the query does not touch,
 * NULL as a value, an enum's number that is no value of it, an array operator on a column that is no array, a JSON one
 * on a column that is no JSON, json (not jsonb) compared or ordered. What only PostgreSQL can do is ORM_UNSUPPORTED on
 * SQLite, before anything is sent: orm_array_contains, orm_array_overlaps, the order of arrays and of jsonb, all of
 * orm_json_...
 * SPDX-License-Identifier: MIT */
#ifndef ORM_EXPRESSION_H
#define ORM_EXPRESSION_H

#include "orm/types.h"

#ifdef __cplusplus
#include <initializer_list>
extern "C" {
#endif

enum { ORM_WHERE_MAX = 8, ORM_ORDER_BY_MAX = 8, ORM_LOAD_MAX = 8, ORM_VIA_MAX = 4 };

/* A condition. A zero one is "no condition". Its members are not for users. */
typedef struct orm_expr {
    orm_op op;
    const orm_column *column;
    const orm_relation *relation;
    orm_value value, upper;          /* upper: of a BETWEEN; otherwise the path into a JSON column */
    const struct orm_expr *children; /* ended by ORM_OP_END */
} orm_expr;

/* Typed handles of relations. */
typedef struct orm_to_one {
    const orm_relation *relation;
} orm_to_one;
typedef struct orm_to_many {
    const orm_relation *relation;
} orm_to_many;

ORM_API orm_expr orm_compare(orm_op op, const orm_column *column, orm_value value);
ORM_API orm_expr orm_compare_range(const orm_column *column, orm_value low, orm_value high);
ORM_API orm_expr orm_null_test(orm_op op, const orm_column *column);
ORM_API orm_expr orm_combine(orm_op op, const orm_expr *children);

#define orm_eq(c, v) orm_compare(ORM_OP_EQ, (c).column, (c).of(v))
#define orm_ne(c, v) orm_compare(ORM_OP_NE, (c).column, (c).of(v))
#define orm_lt(c, v) orm_compare(ORM_OP_LT, (c).column, (c).of(v))
#define orm_le(c, v) orm_compare(ORM_OP_LE, (c).column, (c).of(v))
#define orm_gt(c, v) orm_compare(ORM_OP_GT, (c).column, (c).of(v))
#define orm_ge(c, v) orm_compare(ORM_OP_GE, (c).column, (c).of(v))
/* low <= c AND c <= high */
#define orm_between(c, low, high) orm_compare_range((c).column, (c).of(low), (c).of(high))
/* One of `count` values; of none when count is 0. The list is one parameter, whatever its length, and is borrowed. */
#define orm_in(c, items, count) orm_compare(ORM_OP_IN, (c).column, (c).in((items), (count)))
#define orm_not_in(c, items, count) orm_compare(ORM_OP_NOT_IN, (c).column, (c).in((items), (count)))
#define orm_is_null(c) orm_null_test(ORM_OP_IS_NULL, (c).column)
#define orm_not_null(c) orm_null_test(ORM_OP_NOT_NULL, (c).column)
/* SQL LIKE: % any text, _ any character, \ takes the next one as it is. Upper and lower case differ, on both
 * databases. */
ORM_API orm_expr orm_like(orm_text_column column, const char *pattern);
/* The same, upper and lower case being alike: of all letters on PostgreSQL, as its locale has it, of a to z on
 * SQLite. */
ORM_API orm_expr orm_ilike(orm_text_column column, const char *pattern);
/* Where a text stands in the column; %, _ and \ in it mean themselves. */
ORM_API orm_expr orm_starts_with(orm_text_column column, const char *text);
ORM_API orm_expr orm_ends_with(orm_text_column column, const char *text);
ORM_API orm_expr orm_contains(orm_text_column column, const char *text);

/* Arrays, on PostgreSQL: the column has all items of `array`; at least one. NULL items equal nothing. */
#define orm_array_contains(c, array) orm_compare(ORM_OP_ARRAY_CONTAINS, (c).column, (c).of(array))
#define orm_array_overlaps(c, array) orm_compare(ORM_OP_ARRAY_OVERLAPS, (c).column, (c).of(array))

/* JSON, on PostgreSQL: what stands at a path of a json or jsonb column. A path is keys and positions with dots
 * between them, "address.lines.0", or PostgreSQL's notation "{address,lines,0}" where a key has a dot; "" is the
 * whole column. What is not there is NULL. `json` is an orm_jsonb: numbers, texts and the others compare as jsonb
 * does, `{"5"}` and `{"\"x\""}`; the forms with _text compare the text that stands there. */
ORM_API orm_expr orm_json_compare(orm_op op, const orm_column *column, const char *path, orm_value value);
#define orm_json_eq(c, path, json) orm_json_compare(ORM_OP_EQ, (c).column, path, orm_of_jsonb(json))
#define orm_json_ne(c, path, json) orm_json_compare(ORM_OP_NE, (c).column, path, orm_of_jsonb(json))
#define orm_json_lt(c, path, json) orm_json_compare(ORM_OP_LT, (c).column, path, orm_of_jsonb(json))
#define orm_json_le(c, path, json) orm_json_compare(ORM_OP_LE, (c).column, path, orm_of_jsonb(json))
#define orm_json_gt(c, path, json) orm_json_compare(ORM_OP_GT, (c).column, path, orm_of_jsonb(json))
#define orm_json_ge(c, path, json) orm_json_compare(ORM_OP_GE, (c).column, path, orm_of_jsonb(json))
#define orm_json_text_eq(c, path, text) orm_json_compare(ORM_OP_EQ, (c).column, path, orm_of_text(text))
#define orm_json_text_like(c, path, pattern) orm_json_compare(ORM_OP_LIKE, (c).column, path, orm_of_text(pattern))
/* Something stands there, a JSON null included. */
#define orm_json_exists(c, path) orm_json_compare(ORM_OP_NOT_NULL, (c).column, path, orm_of_text(NULL))
/* It has all that `json` has: keys with these values, these items. */
#define orm_json_contains(c, path, json) orm_json_compare(ORM_OP_ARRAY_CONTAINS, (c).column, path, orm_of_jsonb(json))

/* Two columns of one type; others do not compile ("type mismatch in conditional expression"). */
#define orm_eq_column(a, b) orm_compare(ORM_OP_EQ, (1 ? (a) : (b)).column, orm_of_any_column((b).column))
#define orm_ne_column(a, b) orm_compare(ORM_OP_NE, (1 ? (a) : (b)).column, orm_of_any_column((b).column))
#define orm_lt_column(a, b) orm_compare(ORM_OP_LT, (1 ? (a) : (b)).column, orm_of_any_column((b).column))
#define orm_le_column(a, b) orm_compare(ORM_OP_LE, (1 ? (a) : (b)).column, orm_of_any_column((b).column))
#define orm_gt_column(a, b) orm_compare(ORM_OP_GT, (1 ? (a) : (b)).column, orm_of_any_column((b).column))
#define orm_ge_column(a, b) orm_compare(ORM_OP_GE, (1 ? (a) : (b)).column, orm_of_any_column((b).column))

#ifdef __cplusplus
} /* extern "C": in C++ what is combined lives to the end of the full expression, and orm_keep makes it last. */
static inline const orm_expr *orm__list(std::initializer_list<orm_expr> list)
{
    return list.begin();
}
static inline orm_expr orm__bare(orm_op op)
{
    orm_expr bare = {};
    bare.op = op;
    return bare;
}
extern "C" {
#define ORM__BARE(op_) orm__bare(op_)
#define ORM__LIST(...) orm__list({__VA_ARGS__, ORM__BARE(ORM_OP_END)})
#else
#define ORM__BARE(op_) ((orm_expr){.op = (op_)})
#define ORM__LIST(...) ((const orm_expr[]){__VA_ARGS__, {.op = ORM_OP_END}})
#endif
/* What says nothing is left out of them; of nothing at all orm_and holds for every row, and orm_or, as orm_in of no
 * values, for none. */
#define orm_and(...) orm_combine(ORM_OP_AND, ORM__LIST(__VA_ARGS__))
#define orm_or(...) orm_combine(ORM_OP_OR, ORM__LIST(__VA_ARGS__))
#define orm_not(e) orm_combine(ORM_OP_NOT, ORM__LIST(e))
/* Conditions on related rows, to any depth; all that are given must hold, ORM_NO_CONDITION asks for any row at all.
 *     orm_has(BLOG_POST.author, orm_like(BLOG_AUTHOR.name, "A%"))     the one that a single relation leads to is such a one
 *     orm_any(BLOG_AUTHOR.posts, orm_gt(BLOG_POST.views, 100))        at least one member of a collection is
 *     orm_all(BLOG_AUTHOR.posts, ...), orm_none(BLOG_AUTHOR.posts, ...)
 * orm_all holds for an empty collection, and not where the condition is NULL for a member. Inside, a handle means
 * the row nearest to it: of the related model, or of one of those around it. orm_outer(handle) passes over the
 * nearest, for relations that lead back to a model: orm_any(BLOG_COMMENT.replies,
 * orm_ne_column(BLOG_COMMENT.author_id, orm_outer(BLOG_COMMENT.author_id))). */
ORM_API orm_expr orm_related_one(orm_to_one relation, const orm_expr *children);
ORM_API orm_expr orm_related_many(orm_op op, orm_to_many relation, const orm_expr *children);
#define orm_has(relation, ...) orm_related_one(relation, ORM__LIST(__VA_ARGS__))
#define orm_any(relation, ...) orm_related_many(ORM_OP_ANY, relation, ORM__LIST(__VA_ARGS__))
#define orm_all(relation, ...) orm_related_many(ORM_OP_ALL, relation, ORM__LIST(__VA_ARGS__))
#define orm_none(relation, ...) orm_related_many(ORM_OP_NO_ROW, relation, ORM__LIST(__VA_ARGS__))
ORM_API const orm_column *orm_column_outer(const orm_column *column);
#ifdef __cplusplus
} /* extern "C" */
template <class orm_handle> static inline orm_handle orm_outer(orm_handle handle)
{
    handle.column = orm_column_outer(handle.column);
    return handle;
}
extern "C" {
#else
#define orm_outer(c) \
    (__extension__({ \
        __typeof__(((void)0, (c))) orm_handle_ = (c); \
        orm_handle_.column = orm_column_outer(orm_handle_.column); \
        orm_handle_; \
    }))
#endif

#define ORM_NO_CONDITION ORM__BARE(ORM_OP_NONE)
/* A bulk update or delete of the whole table says so; left without any condition it is ORM_MISUSE. */
#define ORM_EVERY_ROW ORM__BARE(ORM_OP_EVERY_ROW)
/* `expression` where `condition` holds, otherwise no condition. */
#define orm_when(condition, expression) ((condition) ? (expression) : ORM_NO_CONDITION)

typedef enum orm_nulls {
    ORM_NULLS_DEFAULT, /* last ascending, first descending, on both databases */
    ORM_NULLS_FIRST,
    ORM_NULLS_LAST
} orm_nulls;
typedef struct orm_order {
    const orm_column *column;
    bool descending;
    orm_nulls nulls;
    const orm_relation *via[ORM_VIA_MAX]; /* from the model of the query to that of the column */
} orm_order;
/* Enums order by position, decimals and intervals by what they are worth; json has no order, and arrays, jsonb only on
 * PostgreSQL. */
ORM_API orm_order orm_order_by(const orm_column *column, bool descending);
#define orm_asc(c) orm_order_by((c).column, false)
#define orm_desc(c) orm_order_by((c).column, true)
ORM_API orm_order orm_nulls_first(orm_order order);
ORM_API orm_order orm_nulls_last(orm_order order);
/* By a column of the row that a single relation leads to, NULL where there is none; at most ORM_VIA_MAX relations,
 * the last given being the query's own: orm_via(orm_asc(BLOG_AUTHOR.name), BLOG_POST.author). */
ORM_API orm_order orm_via(orm_order order, orm_to_one relation);

/* A relation to be loaded with the rows that are found, by one more statement whatever their number.
 *     .load = {orm_load(BLOG_POST.author), orm_load(BLOG_POST.comments, .load = {orm_load(BLOG_COMMENT.replies)})}
 * Single relations too are read by their keys, each row once, and never by a join, which sends the author again with
 * each post: of 1,000 posts of 10 authors a join takes twice the time on SQLite, of 100,000 twice on both databases,
 * and at its best, up to 10 rows, it is no faster on PostgreSQL (its plan costs what the trip saves) and some 10
 * microseconds on SQLite. Rows that the session holds already are not read again; where all are, there is no
 * statement. */
typedef struct orm_loading {
    const orm_relation *relation;
    const struct orm_load_options *options;
} orm_loading;
typedef struct orm_load_options {
    orm_expr where[ORM_WHERE_MAX];        /* only these; the list is then `partial` */
    orm_order order_by[ORM_ORDER_BY_MAX]; /* instead of the relation's own */
    size_t limit;                         /* for each parent; 0: all. The list is then `partial` */
    orm_loading load[ORM_LOAD_MAX];       /* of the loaded rows in turn */
} orm_load_options;
/* orm_load(relation) or orm_load(relation, .load = {...}); picked by arity, since an empty variadic part and an
 * empty {} are both refused by -Wpedantic in C11. */
#define ORM__LOAD_ONE(rel) ((orm_loading){.relation = (rel).relation})
#define ORM__LOAD_WITH(rel, ...) \
    ((orm_loading){.relation = (rel).relation, .options = &(const orm_load_options){__VA_ARGS__}})
#define ORM__PICK(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, \
                  a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, name, ...) \
    name
#define orm_load(...) \
    ORM__PICK(__VA_ARGS__, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, \
              ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, \
              ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, \
              ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, \
              ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_WITH, \
              ORM__LOAD_WITH, ORM__LOAD_WITH, ORM__LOAD_ONE, 0) \
    (__VA_ARGS__)

/* The members of a generated query (blog_post_query); zero is the default of each:
 *     where                      conditions, all of which hold
 *     order_by, limit, offset    as in SQL; limit 0: all
 *     after                      a row: what comes behind it in .order_by, which has own columns alone and ends with the primary
 *                                key. So the next page costs as little as the first, which offset does not
 *     load                       relations to be loaded with the rows
 *     lock                       what is found is locked until the transaction ends
 *     distinct                   equal rows once: of models without a key, the others have none
 *     populate_existing          entities that the session holds take the values that were read, but in columns with changes
 *                                that were not flushed */

/* Locks begin a transaction at once. SQLite has but that of the whole database: FOR_UPDATE and FOR_SHARE wait for
 * it, NOWAIT does not, and SKIP_LOCKED is ORM_UNSUPPORTED. What cannot be had in time is ORM_TIMEOUT, NOWAIT without
 * any wait. */
typedef enum orm_lock {
    ORM_NO_LOCK,
    ORM_FOR_UPDATE,
    ORM_FOR_UPDATE_NOWAIT,
    ORM_FOR_UPDATE_SKIP_LOCKED, /* rows that others have locked are left out: for queues */
    ORM_FOR_SHARE
} orm_lock;

/* What _upsert does where a row with this key is there already. Columns are those of handles:
 *     &(orm_upsert){.key = {BLOG_AUTHOR.email.column}, .update = {BLOG_AUTHOR.name.column}} */
enum { ORM_UPSERT_KEY_MAX = 8, ORM_UPSERT_MAX = 32 };
typedef struct orm_upsert {
    const orm_column *key[ORM_UPSERT_KEY_MAX]; /* the columns of a unique key; none: the primary key */
    const orm_column *update[ORM_UPSERT_MAX];  /* changed to what was given; none: all that were given */
    bool nothing;                              /* the row stays as it is */
} orm_upsert;

#ifdef __cplusplus
}
#endif
#endif
