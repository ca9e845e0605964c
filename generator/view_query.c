/* view_query.c -- the data of a named query.
 *
 * Keys: type, literal, comment, row_type, parameter_list (behind the connection, each with a comma in front),
 * argument (the address of what is given, or NULL), many, one, exec, kind, postgresql and sqlite (its text as a
 * string constant, or false), own (false when the row is a model's): {members [{member, comment}]}, own_columns
 * (false without): {columns, column_count}, parameters (likewise, with given: what fills them), parts [{model, first
 * (false when 0), count, offset, optional}], part_count (false when 0), writes (the inside of an array, or false),
 * write_count.
 * SPDX-License-Identifier: MIT */
#include "view_parts.h"

#include "literal.h"
#include "names.h"

#include <string.h>

/* What the emitted functions call their other parameters and their variables. */
static const char *const own_names[] = {"c",    "count",  "found", "given", "result", "row",
                                        "rows", "status", "user",  "visit", "wanted", NULL};

static const char *row_type(ormc_view *view, const ormc_query *query, const char *type);
static void put_sql(ormc_view *view, ormc_data *data, const char *key, const char *sql);
static void put_parameters(ormc_view *view, ormc_data *data, const ormc_query *query);
static const char *parameter_name(ormc_view *view, const ormc_query *query, const ormc_column *parameter);
static bool is_taken(const ormc_view *view, const char *name);
static void put_own(ormc_view *view, ormc_data *data, const ormc_query *query);
static ormc_data *make_member(ormc_view *view, const ormc_returned *returned);
static void put_parts(ormc_view *view, ormc_data *data, const ormc_query *query, const char *type);
static void put_part(ormc_view *view, ormc_data *parts, const char *model, size_t first, size_t count,
                     const char *offset, bool optional);
static void put_writes(ormc_view *view, ormc_data *data, const ormc_query *query);

ormc_data *view_make_query(ormc_view *view, const ormc_query *query)
{
    static const char *const kinds[] = {
        [ORMC_STATEMENT_SELECT] = "ORM_STATEMENT_SELECT", [ORMC_STATEMENT_INSERT] = "ORM_STATEMENT_INSERT",
        [ORMC_STATEMENT_UPDATE] = "ORM_STATEMENT_UPDATE", [ORMC_STATEMENT_DELETE] = "ORM_STATEMENT_DELETE",
        [ORMC_STATEMENT_OTHER] = "ORM_STATEMENT_OTHER",
    };
    ormc_data *data = ormc_data_object(view->arena);
    const char *type = ormc_names_type(view->arena, view->package->name, query->c_name);
    view->failed |= !type;
    if (!type)
        return data;
    ormc_data_set_text(data, "type", type);
    view_set_literal(view, data, "literal", query->name);
    const char *plain = query->doc ? query->doc : orm__arena_printf(view->arena, "The query %s.", query->name);
    view_set_comment(view, data, "comment", plain, 0);
    ormc_data_set_text(data, "row_type", row_type(view, query, type));
    ormc_data_set_boolean(data, "many", query->cardinality == ORMC_MANY);
    ormc_data_set_boolean(data, "one", query->cardinality == ORMC_ONE);
    ormc_data_set_boolean(data, "exec", query->cardinality == ORMC_EXEC);
    ormc_data_set_text(data, "kind", kinds[query->statement]);
    put_sql(view, data, "postgresql", query->sent.text[ORMC_POSTGRESQL]);
    put_sql(view, data, "sqlite", query->sent.text[ORMC_SQLITE]);
    put_parameters(view, data, query);
    put_own(view, data, query);
    put_parts(view, data, query, type);
    put_writes(view, data, query);
    return data;
}

static const char *row_type(ormc_view *view, const ormc_query *query, const char *type)
{
    const char *name = query->row ? view_model_of(view, query->row)->type
                                  : orm__arena_printf(view->arena, "%s_row", type);
    view->failed |= !name;
    return name ? name : "";
}

/* A line of SQL is a string constant of its own. */
static void put_sql(ormc_view *view, ormc_data *data, const char *key, const char *sql)
{
    orm__text literal = {0};
    while (sql && *sql) {
        size_t length = strcspn(sql, "\n");
        length += sql[length] == '\n';
        orm__text_string(&literal, literal.length ? "\n            " : "");
        ormc_literal_c_string(&literal, sql, length);
        sql += length;
    }
    view_set_written(view, data, key, &literal);
}

static void put_parameters(ormc_view *view, ormc_data *data, const ormc_query *query)
{
    orm__text list = {0}, given = {0};
    ormc_data_set_text(data, "argument", query->parameter_count ? "&given" : "NULL");
    if (!query->parameter_count) {
        ormc_data_set_boolean(data, "parameters", false);
        ormc_data_set_text(data, "parameter_list", "");
        return;
    }
    ormc_data *parameters = ormc_data_set_object(data, "parameters");
    ormc_data *columns = ormc_data_set_list(parameters, "columns");
    for (size_t i = 0; i < query->parameter_count; i++) {
        const ormc_column *parameter = &query->parameters[i];
        const char *name = parameter_name(view, query, parameter);
        ormc_data_append(columns, view_make_column(view, parameter));
        orm__text_printf(&list, ", %s", view_declare(view, view_member_type(view, parameter), name));
        orm__text_printf(&given, "%s.%s = %s", i ? ", " : "{", parameter->c_name, name);
    }
    orm__text_char(&given, '}');
    view_set(view, parameters, "column_count", "%zu", query->parameter_count);
    view_set_written(view, parameters, "given", &given);
    view_set_written(view, data, "parameter_list", &list);
}

/* Its own name, unless the function has another use for it. */
static const char *parameter_name(ormc_view *view, const ormc_query *query, const ormc_column *parameter)
{
    const char *name = parameter->c_name;
    bool taken = is_taken(view, name);
    while (taken && name) {
        name = orm__arena_printf(view->arena, "%s_value", name);
        taken = false;
        for (size_t i = 0; name && i < query->parameter_count; i++)
            taken |= strcmp(query->parameters[i].c_name, name) == 0;
    }
    view->failed |= !name;
    return name ? name : "";
}

static bool is_taken(const ormc_view *view, const char *name)
{
    size_t package = strlen(view->package->name), length = strlen(name);
    if (strncmp(name, view->package->name, package) == 0 && name[package] == '_')
        return true;
    if (strncmp(name, "orm_", 4) == 0 || (length > 2 && strcmp(name + length - 2, "_t") == 0))
        return true;
    for (const char *const *own = own_names; *own; own++)
        if (strcmp(*own, name) == 0)
            return true;
    return false;
}

static void put_own(ormc_view *view, ormc_data *data, const ormc_query *query)
{
    size_t count = 0;
    ormc_data_set_boolean(data, "own", false);
    ormc_data_set_boolean(data, "own_columns", false);
    if (query->row || !query->returned_count)
        return;
    ormc_data *members = ormc_data_set_list(ormc_data_set_object(data, "own"), "members");
    ormc_data *columns = ormc_data_list(view->arena);
    for (size_t i = 0; i < query->returned_count; i++) {
        ormc_data_append(members, make_member(view, &query->returned[i]));
        if (query->returned[i].model)
            continue;
        ormc_data_append(columns, view_make_column(view, &query->returned[i].column));
        count++;
    }
    if (!count)
        return;
    ormc_data *own = ormc_data_set_object(data, "own_columns");
    ormc_data_set(own, "columns", columns);
    view_set(view, own, "column_count", "%zu", count);
}

static ormc_data *make_member(ormc_view *view, const ormc_returned *returned)
{
    ormc_data *member = ormc_data_object(view->arena);
    const ormc_column *column = &returned->column;
    const char *type = NULL;
    if (returned->model)
        type = orm__arena_printf(view->arena, "const %s *", view_model_of(view, returned->model)->type);
    else
        type = view_member_type(view, column);
    view->failed |= !type;
    ormc_data_set_text(member, "member", view_declare(view, type ? type : "", column->c_name));
    const char *absent = returned->model && column->nullable ? "NULL where there is none." : NULL;
    view_set_comment(view, member, "comment", column->doc ? column->doc : absent, 4);
    return member;
}

/* Columns of its own that follow each other are one part. */
static void put_parts(ormc_view *view, ormc_data *data, const ormc_query *query, const char *type)
{
    ormc_data *parts = ormc_data_set_list(data, "parts");
    size_t count = 0;
    for (size_t i = 0; i < query->returned_count; count++) {
        const ormc_returned *returned = &query->returned[i];
        const char *model, *offset = "ORM_ABSENT";
        size_t first = returned->column.index, columns = 0;
        if (returned->model) {
            model = orm__arena_printf(view->arena, "%s_model", view_model_of(view, returned->model)->type);
            if (!query->row)
                offset = orm__arena_printf(view->arena, "ORM_OFFSET(%s_row, %s)", type, returned->column.c_name);
            first = 0;
            columns = returned->model->column_count;
            i++;
        } else {
            model = orm__arena_printf(view->arena, "%s_row_model", type);
            for (; i < query->returned_count && !query->returned[i].model; i++)
                columns++;
        }
        view->failed |= !model || !offset;
        if (!view->failed)
            put_part(view, parts, model, first, columns, offset, returned->model && returned->column.nullable);
    }
    if (count)
        view_set(view, data, "part_count", "%zu", count);
    else
        ormc_data_set_boolean(data, "part_count", false);
}

static void put_part(ormc_view *view, ormc_data *parts, const char *model, size_t first, size_t count,
                     const char *offset, bool optional)
{
    ormc_data *part = ormc_data_object(view->arena);
    ormc_data_set_text(part, "model", model);
    if (first)
        view_set(view, part, "first", "%zu", first);
    else
        ormc_data_set_boolean(part, "first", false);
    view_set(view, part, "count", "%zu", count);
    ormc_data_set_text(part, "offset", offset);
    ormc_data_set_boolean(part, "optional", optional);
    ormc_data_append(parts, part);
}

static void put_writes(ormc_view *view, ormc_data *data, const ormc_query *query)
{
    orm__text models = {0};
    for (size_t i = 0; i < query->write_count; i++)
        orm__text_printf(&models, "%s&%s_model", i ? ", " : "{", view_model_of(view, query->writes[i])->type);
    if (models.length)
        orm__text_char(&models, '}');
    view_set_written(view, data, "writes", &models);
    view_set(view, data, "write_count", "%zu", query->write_count);
}
