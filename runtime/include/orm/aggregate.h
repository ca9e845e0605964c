/* orm/aggregate.h -- counts, sums and their like over groups of rows, into members of the caller's own struct.
 *
 *     struct { const char *author; int64_t posts; orm_opt_float64 views; } row;
 *     orm_rows *rows;
 *     orm_status status = blog_post_group(c, &(orm_grouping){
 *         .join = {BLOG_POST.author},
 *         .where = {orm_eq(BLOG_POST.status, BLOG_POST_STATUS_PUBLISHED)},
 *         .select = {orm_into(row.author, BLOG_AUTHOR.name),
 *                    orm_into(row.posts, orm_count()),
 *                    orm_into_opt(row.views, orm_avg(BLOG_POST.views))},
 *         .having = {orm_ge(orm_count(), 2)},
 *         .order_by = {orm_desc(orm_count()), orm_asc(BLOG_AUTHOR.name)},
 *         .limit = 10,
 *     }, &rows);
 *     while (!status && (status = orm_rows_next(rows)) == ORM_OK)
 *         printf("%s: %lld\n", row.author, (long long)row.posts);
 *     orm_rows_close(rows);
 *
 * An aggregate is a handle like that of a column, of the type that it yields: so it is compared and ordered by like
 * one, and a member or a value of another type does not compile. Columns that stand in .select as they are make the
 * groups; NULL is a group of its own. Without any there is one group, of all rows, also when there are none.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_AGGREGATE_H
#define ORM_AGGREGATE_H

#include "orm/expression.h"
#include "orm/rows.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum orm_fold {
    ORM_FOLD_COUNT = 1,
    ORM_FOLD_COUNT_DISTINCT,
    ORM_FOLD_SUM,
    ORM_FOLD_MIN,
    ORM_FOLD_MAX,
    ORM_FOLD_AVG
} orm_fold;
ORM_API const orm_column *orm_column_fold(const orm_column *column, orm_fold fold);

/* How many rows: an int64, never NULL, as are the next two. */
ORM_API orm_int64_column orm_count(void);
/* How many rows have a value in the column; how many different values there are. json cannot be compared:
 * ORM_MISUSE. */
#define orm_count_of(c) orm_fold_int64((c).column, ORM_FOLD_COUNT)
#define orm_count_distinct(c) orm_fold_int64((c).column, ORM_FOLD_COUNT_DISTINCT)
/* The sum of the values that are not NULL; NULL when there are none. Of integers an int64; a sum beyond that is
 * ORM_DATABASE with SQLSTATE 22003, on SQLite also when it is so on the way. Of floats a float64, of decimals a
 * decimal, of intervals an interval, which SQLite does not know: ORM_UNSUPPORTED. Other columns do not compile. */
#define orm_sum(c) ORM__BY_SUM(c)
/* Their mean; NULL when there are none. Of decimals a decimal of at least 16 significant digits, the same on both
 * databases; of integers and floats a float64, which has some 15: for more, SQL by hand can say avg(...) and read a
 * decimal on PostgreSQL. */
#define orm_avg(c) ORM__BY_AVG(c)
/* The least and the greatest value, of the column's type; NULL when there are none. Enums count by position, NaN as
 * more than all numbers, false as less than true. json and jsonb have no order: ORM_MISUSE. */
#define orm_min(c) ORM__BY_ORDER(c, ORM_FOLD_MIN)
#define orm_max(c) ORM__BY_ORDER(c, ORM_FOLD_MAX)

/* What the macros call. */
ORM_API orm_int64_column orm_fold_int64(const orm_column *column, orm_fold fold);
ORM_API orm_float64_column orm_fold_float64(const orm_column *column, orm_fold fold);
ORM_API orm_decimal_column orm_fold_decimal(const orm_column *column, orm_fold fold);
ORM_API orm_interval_column orm_fold_interval(const orm_column *column, orm_fold fold);
#ifdef __cplusplus
} /* extern "C" */
/* clang-format off */
static inline orm_int64_column orm__sum(orm_int16_column c) { return orm_fold_int64(c.column, ORM_FOLD_SUM); }
static inline orm_int64_column orm__sum(orm_int32_column c) { return orm_fold_int64(c.column, ORM_FOLD_SUM); }
static inline orm_int64_column orm__sum(orm_int64_column c) { return orm_fold_int64(c.column, ORM_FOLD_SUM); }
static inline orm_float64_column orm__sum(orm_float32_column c) { return orm_fold_float64(c.column, ORM_FOLD_SUM); }
static inline orm_float64_column orm__sum(orm_float64_column c) { return orm_fold_float64(c.column, ORM_FOLD_SUM); }
static inline orm_decimal_column orm__sum(orm_decimal_column c) { return orm_fold_decimal(c.column, ORM_FOLD_SUM); }
static inline orm_interval_column orm__sum(orm_interval_column c) { return orm_fold_interval(c.column, ORM_FOLD_SUM); }
static inline orm_float64_column orm__avg(orm_int16_column c) { return orm_fold_float64(c.column, ORM_FOLD_AVG); }
static inline orm_float64_column orm__avg(orm_int32_column c) { return orm_fold_float64(c.column, ORM_FOLD_AVG); }
static inline orm_float64_column orm__avg(orm_int64_column c) { return orm_fold_float64(c.column, ORM_FOLD_AVG); }
static inline orm_float64_column orm__avg(orm_float32_column c) { return orm_fold_float64(c.column, ORM_FOLD_AVG); }
static inline orm_float64_column orm__avg(orm_float64_column c) { return orm_fold_float64(c.column, ORM_FOLD_AVG); }
static inline orm_decimal_column orm__avg(orm_decimal_column c) { return orm_fold_decimal(c.column, ORM_FOLD_AVG); }
/* clang-format on */
template <class orm_handle> static inline orm_handle orm__by_order(orm_handle handle, orm_fold fold)
{
    handle.column = orm_column_fold(handle.column, fold);
    return handle;
}
extern "C" {
#define ORM__BY_SUM(c) orm__sum(c)
#define ORM__BY_AVG(c) orm__avg(c)
#define ORM__BY_ORDER(c, fold) orm__by_order(c, fold)
#else
#define ORM__BY_SUM(c) \
    _Generic((c), orm_int16_column \
             : orm_fold_int64, orm_int32_column \
             : orm_fold_int64, orm_int64_column \
             : orm_fold_int64, orm_float32_column \
             : orm_fold_float64, orm_float64_column \
             : orm_fold_float64, orm_decimal_column \
             : orm_fold_decimal, orm_interval_column \
             : orm_fold_interval)((c).column, ORM_FOLD_SUM)
#define ORM__BY_AVG(c) \
    _Generic((c), orm_int16_column \
             : orm_fold_float64, orm_int32_column \
             : orm_fold_float64, orm_int64_column \
             : orm_fold_float64, orm_float32_column \
             : orm_fold_float64, orm_float64_column \
             : orm_fold_float64, orm_decimal_column \
             : orm_fold_decimal)((c).column, ORM_FOLD_AVG)
#define ORM__BY_ORDER(c, fold) \
    (__extension__({ \
        __typeof__(((void)0, (c))) orm_folded_ = (c); \
        orm_folded_.column = orm_column_fold(orm_folded_.column, fold); \
        orm_folded_; \
    }))
#endif

/* Where a column, or an aggregate, of each group goes: a member of its own type, or with orm_into_opt an
 * orm_opt_<type>. NULL for a member that has none (orm_into, numbers and their like) is ORM_MISUSE when the row
 * comes. */
typedef struct orm_output {
    const orm_column *column;
    orm_value kind; /* of its type */
    void *place;
    bool *has;
} orm_output;
ORM_API orm_output orm_output_into(const orm_column *column, orm_value kind, void *place, bool *has);
#define orm_into(member, c) orm_output_into((c).column, ORM__KIND(c, &(member)), &(member), NULL)
#define orm_into_opt(member, c) \
    orm_output_into((c).column, ORM__KIND(c, &(member).value), &(member).value, &(member).has)
/* The same of an array column; NULL is an array without items, as in rows. */
#define orm_into_array(member, c) \
    orm_output_into_array((c).column, sizeof((c).of(member)) > 0 ? (void *)&(member) : NULL)
ORM_API orm_output orm_output_into_array(const orm_column *column, void *place);
/* The compiler sees the member's type there, and not its address: else it would ask for its value. */
#define ORM__KIND(c, place) (c).in(1 ? NULL : (place), 1)

/* What generated functions (blog_post_group) take. Columns are the model's own and those of rows that .join leads
 * to; where that is a row of the same model, orm_outer(handle) means it. Two relations that lead to one model are
 * ORM_MISUSE. .having is a condition on groups, of aggregates and of columns that make the groups, as .order_by. The
 * members that .select names are borrowed until the rows are closed; texts live until the next row, or with
 * orm_rows_all until the close. */
enum { ORM_SELECT_MAX = 16, ORM_JOIN_MAX = 4 };
typedef struct orm_grouping {
    orm_output select[ORM_SELECT_MAX];
    orm_to_one join[ORM_JOIN_MAX]; /* single relations, each of the model or of one joined before it; none: NULLs */
    orm_expr where[ORM_WHERE_MAX];
    orm_expr having[ORM_WHERE_MAX];
    orm_order order_by[ORM_ORDER_BY_MAX];
    size_t limit, offset; /* of groups */
} orm_grouping;

#ifdef __cplusplus
}
#endif
#endif
