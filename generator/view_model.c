/* view_model.c -- the data of a model and of its relations.
 *
 * Keys of a model: literal, table, namespace (its schema, or false), sqlite_table (string constants), type, HANDLE,
 * entity (a parameter's name), comment, index, external (its arrays are seen by other files), read_only (a view),
 * columns, column_count, relations, relation_count (false when 0), uniques [{columns, count}], unique_count (false when
 * 0), key (false without a primary key: then it has Core functions only): {parameters, key_values, many (false when it
 * has an array) {parameters, key_values}, primary_key, primary_key_count}, statements (as view_schema.c makes them).
 * Keys of a relation: name, literal, comment, target (its type), read_only (one of its sides is a view), to_many, kind,
 * owning, orphan_delete, index, inverse, columns and target_columns (false for many_to_many), count, on_delete,
 * on_update (false: NO ACTION), through_source and through_target (false for the others), order_by (false, or the
 * inside of an array), order_by_count.
 * SPDX-License-Identifier: MIT */
#include "view_parts.h"

#include "names.h"

#include <string.h>

static void put_key(ormc_view *view, ormc_data *data, const ormc_model *model);
static void put_key_lists(ormc_view *view, ormc_data *key, const ormc_model *model);
static const char *key_parameter(ormc_view *view, const ormc_model *model, const char *name);
static bool is_key_member(const ormc_model *model, const char *name);
static const char *entity_name(const ormc_view *view, const ormc_model *model);
static bool may_clash(const ormc_view *view, const char *name, const char *const *taken);
static void put_relations(ormc_view *view, ormc_data *data, const ormc_model *model);
static ormc_data *make_relation(ormc_view *view, const ormc_relation *relation);
static void put_relation_keys(ormc_view *view, ormc_data *data, const ormc_relation *relation);
static void put_through(ormc_view *view, ormc_data *data, const ormc_relation *relation);
static void set_relation(ormc_view *view, ormc_data *data, const char *key, const ormc_relation *relation);
static void put_order(ormc_view *view, ormc_data *data, const ormc_relation *relation);
static void put_uniques(ormc_view *view, ormc_data *data, const ormc_model *model);
static size_t put_unique(ormc_view *view, ormc_data *list, const ormc_column *const *columns, size_t count);

/* What the emitted functions call their other parameters and their variables. */
static const char *const own_names[] = {"added",  "c",     "changes", "context", "count",  "e",      "error",
                                        "exists", "found", "how",     "key",     "list",   "member", "q",
                                        "query",  "row",   "rows",    "result",  "s",      "status", "stream",
                                        "user",   "value", "values",  "visit",   "wanted", "where",  NULL};

ormc_data *view_make_model(ormc_view *view, const view_model *item)
{
    const ormc_model *model = item->model;
    ormc_data *data = ormc_data_object(view->arena);
    view_set_literal(view, data, "literal", model->name);
    view_set_literal(view, data, "table", model->table);
    view_set_literal(view, data, "namespace", model->schema);
    view_set_literal(view, data, "sqlite_table", model->sqlite_table);
    ormc_data_set_text(data, "type", item->type);
    ormc_data_set_text(data, "HANDLE", ormc_names_handle(view->arena, view->package->name, model->c_name));
    ormc_data_set_text(data, "entity", entity_name(view, model));
    const char *plain = model->doc ? model->doc
                                   : orm__arena_printf(view->arena, "A row of the %s %s.",
                                                       model->view ? "view" : "table", model->table);
    view_set_comment(view, data, "comment", plain, 0);
    view_set(view, data, "index", "%zu", item->index);
    ormc_data_set_boolean(data, "external", item->shared);
    ormc_data_set_boolean(data, "read_only", model->view);
    ormc_data *columns = ormc_data_set_list(data, "columns");
    for (size_t i = 0; i < model->column_count; i++)
        ormc_data_append(columns, view_make_column(view, &model->columns[i]));
    view_set(view, data, "column_count", "%zu", model->column_count);
    put_key(view, data, model);
    put_relations(view, data, model);
    put_uniques(view, data, model);
    view_set_table_statements(view, data, item);
    return data;
}

static void put_key(ormc_view *view, ormc_data *data, const ormc_model *model)
{
    if (!model->primary_key_count) {
        ormc_data_set_boolean(data, "key", false);
        return;
    }
    ormc_data *key = ormc_data_set_object(data, "key");
    orm__text parameters = {0}, values = {0};
    for (size_t i = 0; i < model->primary_key_count; i++) {
        const ormc_column *column = model->primary_key[i];
        const char *name = key_parameter(view, model, column->c_name);
        const char *comma = i ? ", " : "";
        orm__text_printf(&parameters, "%s%s", comma, view_declare(view, view_value_type(view, column), name));
        orm__text_printf(&values, "%s%s(%s)", i ? ", " : "{", view_part(view, column, "of"), name);
    }
    orm__text_char(&values, '}');
    view_set_written(view, key, "parameters", &parameters);
    view_set_written(view, key, "key_values", &values);
    put_key_lists(view, key, model);
    view_set_columns(view, key, "primary_key", model->primary_key, model->primary_key_count);
    view_set(view, key, "primary_key_count", "%zu", model->primary_key_count);
}

/* The same for many keys: an array for each column. */
static void put_key_lists(ormc_view *view, ormc_data *key, const ormc_model *model)
{
    orm__text parameters = {0}, values = {0};
    bool possible = true;
    for (size_t i = 0; i < model->primary_key_count; i++) {
        const ormc_column *column = model->primary_key[i];
        const char *name = key_parameter(view, model, column->c_name), *type = view_value_type(view, column);
        bool pointer = type[0] && type[strlen(type) - 1] == '*';
        orm__text_printf(&parameters, pointer ? "%s%sconst *%s" : "%sconst %s *%s", i ? ", " : "", type, name);
        orm__text_printf(&values, "%s%ss(%s, count)", i ? ", " : "{", view_part(view, column, "of"), name);
        possible &= !column->array;
    }
    orm__text_char(&values, '}');
    ormc_data *many = possible ? ormc_data_set_object(key, "many") : ormc_data_object(view->arena);
    if (!possible)
        ormc_data_set_boolean(key, "many", false);
    view_set_written(view, many, "parameters", &parameters);
    view_set_written(view, many, "key_values", &values);
}

/* The column's name, unless the function has another use for it. */
static const char *key_parameter(ormc_view *view, const ormc_model *model, const char *name)
{
    if (may_clash(view, name, own_names))
        do
            name = orm__arena_printf(view->arena, "%s_value", name);
        while (name && is_key_member(model, name));
    view->failed |= !name;
    return name ? name : "";
}

static bool is_key_member(const ormc_model *model, const char *name)
{
    for (size_t i = 0; i < model->primary_key_count; i++)
        if (strcmp(model->primary_key[i]->c_name, name) == 0)
            return true;
    return false;
}

static const char *entity_name(const ormc_view *view, const ormc_model *model)
{
    bool clash = ormc_names_is_reserved(model->c_name) || may_clash(view, model->c_name, own_names);
    return clash ? "entity" : model->c_name;
}

/* With another name in the function, or with a type or function that is used there. */
static bool may_clash(const ormc_view *view, const char *name, const char *const *taken)
{
    size_t package = strlen(view->package->name), length = strlen(name);
    if (strncmp(name, view->package->name, package) == 0 && name[package] == '_')
        return true;
    if (strncmp(name, "orm_", 4) == 0 || (length > 2 && strcmp(name + length - 2, "_t") == 0))
        return true;
    for (; *taken; taken++)
        if (strcmp(*taken, name) == 0)
            return true;
    return false;
}

static void put_relations(ormc_view *view, ormc_data *data, const ormc_model *model)
{
    ormc_data *relations = ormc_data_set_list(data, "relations");
    for (size_t i = 0; i < model->relation_count; i++)
        ormc_data_append(relations, make_relation(view, &model->relations[i]));
    if (model->relation_count)
        view_set(view, data, "relation_count", "%zu", model->relation_count);
    else
        ormc_data_set_boolean(data, "relation_count", false);
}

static ormc_data *make_relation(ormc_view *view, const ormc_relation *relation)
{
    static const char *const kinds[] = {
        [ORMC_MANY_TO_ONE] = "ORM_MANY_TO_ONE",
        [ORMC_ONE_TO_MANY] = "ORM_ONE_TO_MANY",
        [ORMC_ONE_TO_ONE] = "ORM_ONE_TO_ONE",
        [ORMC_MANY_TO_MANY] = "ORM_MANY_TO_MANY",
    };
    ormc_data *data = ormc_data_object(view->arena);
    ormc_data_set_text(data, "name", relation->c_name);
    view_set_literal(view, data, "literal", relation->name);
    view_set_comment(view, data, "comment", relation->doc, 0);
    ormc_data_set_text(data, "target", view_model_of(view, relation->target)->type);
    ormc_data_set_text(data, "kind", kinds[relation->kind]);
    ormc_data_set_boolean(data, "to_many", relation->kind == ORMC_ONE_TO_MANY || relation->kind == ORMC_MANY_TO_MANY);
    ormc_data_set_boolean(data, "owning", relation->owning);
    ormc_data_set_boolean(data, "read_only", relation->model->view || relation->target->view);
    ormc_data_set_boolean(data, "orphan_delete", relation->orphan_delete);
    view_set(view, data, "index", "%zu", relation->index);
    if (relation->kind == ORMC_MANY_TO_MANY)
        put_through(view, data, relation);
    else
        put_relation_keys(view, data, relation);
    set_relation(view, data, "inverse", relation->inverse);
    put_order(view, data, relation);
    return data;
}

/* An inverse side reads its owner's key from the other end. */
static void put_relation_keys(ormc_view *view, ormc_data *data, const ormc_relation *relation)
{
    static const char *const actions[] = {
        [ORMC_ACTION_CASCADE] = "CASCADE",
        [ORMC_ACTION_SET_NULL] = "SET_NULL",
        [ORMC_ACTION_RESTRICT] = "RESTRICT",
        [ORMC_ACTION_NO_ACTION] = "NO_ACTION",
    };
    const ormc_relation *owner = relation->owning ? relation : relation->inverse;
    const char *near = relation->owning ? "columns" : "target_columns";
    const char *far = relation->owning ? "target_columns" : "columns";
    view_set_columns(view, data, near, owner->columns, owner->column_count);
    view_set_columns(view, data, far, owner->target_columns, owner->column_count);
    view_set(view, data, "count", "%zu", owner->column_count);
    view_set(view, data, "on_delete", "ORM_ON_DELETE_%s", actions[owner->on_delete]);
    ormc_data_set_boolean(data, "on_update", false);
    if (owner->on_update != ORMC_ACTION_NO_ACTION)
        view_set(view, data, "on_update", "ORM_ON_UPDATE_%s", actions[owner->on_update]);
    ormc_data_set_boolean(data, "through_source", false);
    ormc_data_set_boolean(data, "through_target", false);
}

/* Its keys are those of the model between. */
static void put_through(ormc_view *view, ormc_data *data, const ormc_relation *relation)
{
    ormc_data_set_boolean(data, "columns", false);
    ormc_data_set_boolean(data, "target_columns", false);
    ormc_data_set_text(data, "count", "0");
    ormc_data_set_text(data, "on_delete", "ORM_ON_DELETE_CASCADE");
    ormc_data_set_boolean(data, "on_update", false);
    set_relation(view, data, "through_source", relation->through_source);
    set_relation(view, data, "through_target", relation->through_target);
}

static void set_relation(ormc_view *view, ormc_data *data, const char *key, const ormc_relation *relation)
{
    if (relation)
        view_set(view, data, key, "&%s_model_relations[%zu]", view_model_of(view, relation->model)->type,
                 relation->index);
    else
        ormc_data_set_boolean(data, key, false);
}

static void put_order(ormc_view *view, ormc_data *data, const ormc_relation *relation)
{
    orm__text text = {0};
    for (size_t i = 0; i < relation->order_by_count; i++) {
        const ormc_order *order = &relation->order_by[i];
        orm__text_printf(&text, "%s{.column = &%s_model_columns[%zu]%s}", i ? ", " : "{",
                         view_model_of(view, order->column->model)->type, order->column->index,
                         order->descending ? ", .descending = true" : "");
    }
    if (text.length)
        orm__text_char(&text, '}');
    view_set_written(view, data, "order_by", &text);
    view_set(view, data, "order_by_count", "%zu", relation->order_by_count);
}

/* Keys that hold for every row: not those of partial indexes. */
static void put_uniques(ormc_view *view, ormc_data *data, const ormc_model *model)
{
    ormc_data *list = ormc_data_set_list(data, "uniques");
    size_t count = 0;
    for (size_t i = 0; i < model->column_count; i++) {
        const ormc_column *column = &model->columns[i];
        if (column->unique)
            count += put_unique(view, list, &column, 1);
    }
    for (size_t i = 0; i < model->relation_count; i++) {
        const ormc_relation *relation = &model->relations[i];
        if (relation->owning && relation->kind == ORMC_ONE_TO_ONE && relation->column_count > 1)
            count += put_unique(view, list, relation->columns, relation->column_count);
    }
    for (size_t i = 0; i < model->index_count; i++) {
        const ormc_index *index = &model->indexes[i];
        if (!index->unique || index->where.text[0] || index->expression.text[0])
            continue;
        const ormc_column **columns = orm__arena_zalloc(view->arena, index->column_count, sizeof *columns);
        for (size_t k = 0; columns && k < index->column_count; k++)
            columns[k] = index->columns[k].column;
        view->failed |= !columns;
        if (columns)
            count += put_unique(view, list, columns, index->column_count);
    }
    if (count)
        view_set(view, data, "unique_count", "%zu", count);
    else
        ormc_data_set_boolean(data, "unique_count", false);
}

static size_t put_unique(ormc_view *view, ormc_data *list, const ormc_column *const *columns, size_t count)
{
    ormc_data *unique = ormc_data_object(view->arena);
    view_set_columns(view, unique, "columns", columns, count);
    view_set(view, unique, "count", "%zu", count);
    ormc_data_append(list, unique);
    return 1;
}
