/* orm/generated.h -- what generated code calls. Programs use the typed functions made from it.
 *
 * Entities, rows and `_values` are passed as void pointers with the model that says what they are.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_GENERATED_H
#define ORM_GENERATED_H

#include "orm.h"
#include "orm/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A generated `_query` as the runtime sees it: borrowed arrays of ORM_WHERE_MAX, ORM_ORDER_BY_MAX and ORM_LOAD_MAX. */
typedef struct orm_query {
    const orm_expr *where;
    const orm_order *order_by;
    const orm_loading *load;
    size_t limit, offset;
    const void *after;
    orm_lock lock;
    bool distinct, populate_existing;
} orm_query;
#define ORM_QUERY(q) \
    ((q) ? (orm_query){(q)->where, (q)->order_by, (q)->load, (q)->limit, (q)->offset, (q)->after, (q)->lock, \
                       (q)->distinct, (q)->populate_existing} \
         : (orm_query){0})

/* A generated `_list`. */
typedef struct orm_list {
    const void *const *items;
    size_t count;
    bool partial;
} orm_list;

/* ORM. Keys are given as one value for each column of the primary key. Out parameters are written on every path. */
ORM_API orm_status orm_model_get(orm_session *session, const orm_model *model, const orm_value *key,
                                 const void **found);
/* `keys` has a list for each column of the primary key, all of one length; `found` as many items, NULL where there
 * is no row. */
ORM_API orm_status orm_model_get_many(orm_session *session, const orm_model *model, const orm_value *keys,
                                      orm_list *found);
ORM_API orm_status orm_model_find(orm_session *session, const orm_model *model, const orm_query *query,
                                  orm_list *found);
ORM_API orm_status orm_model_one(orm_session *session, const orm_model *model, const orm_query *query,
                                 const void **found);
ORM_API orm_status orm_model_first(orm_session *session, const orm_model *model, const orm_query *query,
                                   const void **found);
ORM_API orm_status orm_model_count(orm_session *session, const orm_model *model, const orm_query *query, size_t *count);
ORM_API orm_status orm_model_exists(orm_session *session, const orm_model *model, const orm_query *query, bool *exists);
/* One row after the other, some hundred at a time; `call` hands one to `visit`, what the user gave. */
typedef orm_status (*orm_visitor)(orm_session *session, const void *row, const void *visit);
ORM_API orm_status orm_model_each(orm_session *session, const orm_model *model, const orm_query *query,
                                  orm_visitor call, const void *visit);
ORM_API orm_status orm_model_stream(orm_session *session, const orm_model *model, const orm_query *query,
                                    orm_stream **stream);
ORM_API orm_status orm_stream_next(orm_stream *stream, const orm_model *model, const void **row);
ORM_API orm_status orm_model_add(orm_session *session, const orm_model *model, const void *values, const void **added);
/* The entity that has the key of `row`, found or read, takes its values; when there is none it is added. */
ORM_API orm_status orm_model_merge(orm_session *session, const orm_model *model, const void *row, const void **merged);
/* What is wrong with the values, ORM_INVALID when something is; asks no database. */
ORM_API orm_status orm_model_validate(const orm_model *model, const void *values, orm_problems *problems);
/* `value` points to a value of the member's own C type. */
ORM_API orm_status orm_entity_set(orm_session *session, const void *entity, const orm_column *column,
                                  const void *value);
ORM_API orm_status orm_entity_delete(orm_session *session, const orm_model *model, const void *entity);
ORM_API orm_status orm_entity_get_one(orm_session *session, const void *entity, const orm_relation *relation,
                                      const void **found);
ORM_API orm_status orm_entity_get_many(orm_session *session, const void *entity, const orm_relation *relation,
                                       orm_list *found);
ORM_API orm_status orm_entity_set_one(orm_session *session, const void *entity, const orm_relation *relation,
                                      const void *target);
ORM_API orm_status orm_entity_add_to(orm_session *session, const void *entity, const orm_relation *relation,
                                     const void *member);
ORM_API orm_status orm_entity_remove_from(orm_session *session, const void *entity, const orm_relation *relation,
                                          const void *member);

/* Core. `row` may be NULL when it is not wanted, and then `result` too. */
ORM_API orm_status orm_row_insert(orm_connection *connection, const orm_model *model, const void *values, void *row,
                                  orm_result **result);
/* In a transaction of its own unless one is open. `values` is an array of `count` structs; `rows`, which may be NULL
 * with `result`, gets as many. */
ORM_API orm_status orm_row_insert_many(orm_connection *connection, const orm_model *model, const void *values,
                                       size_t count, void *rows, orm_result **result);
ORM_API orm_status orm_row_upsert(orm_connection *connection, const orm_model *model, const void *values,
                                  const orm_upsert *how, void *row, orm_result **result);
ORM_API orm_status orm_row_fetch(orm_connection *connection, const orm_model *model, const orm_value *key, void *row,
                                 orm_result **result);
/* The same in a transaction of its own, on a connection that the engine chooses: outside of what others do. On a
 * fiber it is one that many read by at once, so that their statements go in one trip; elsewhere one of the pool's.
 * `error` may be NULL. */
ORM_API orm_status orm_row_fetch_from(orm_engine *engine, const orm_model *model, const orm_value *key, void *row,
                                      orm_result **result, orm_error *error);
/* `rows` gets an array of `count` row structs, one after another, in the result. */
ORM_API orm_status orm_row_select(orm_connection *connection, const orm_model *model, const orm_query *query,
                                  const void **rows, size_t *count, orm_result **result);
ORM_API orm_status orm_row_group(orm_connection *connection, const orm_model *model, const orm_grouping *grouping,
                                 orm_rows **rows);
ORM_API orm_status orm_row_update_where(orm_connection *connection, const orm_model *model, orm_expr where,
                                        const void *changes, size_t *count);
ORM_API orm_status orm_row_delete_where(orm_connection *connection, const orm_model *model, orm_expr where,
                                        size_t *count);

/* The whole schema, in one transaction. */
ORM_API orm_status orm_schema_create_all(const orm_schema *schema, orm_engine *engine, orm_error *error);
ORM_API orm_status orm_schema_drop_all(const orm_schema *schema, orm_engine *engine, orm_error *error);
/* Whether the database has what the schema's statements rely on, asked in one statement, outside any transaction;
 * ORM_SCHEMA when it has not. The message lists what differs, the first things first and, where it has no room for
 * all, how many more; `table` and `column` are of the first. `error` may be NULL. */
ORM_API orm_status orm_schema_verify(const orm_schema *schema, orm_engine *engine, orm_error *error);

#ifdef __cplusplus
}
#endif
#endif
