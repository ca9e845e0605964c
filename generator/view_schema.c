/* view_schema.c -- the data of the schema, and of the statements that make and remove what it holds.
 *
 * Keys of the schema: literal (its name), models [{type}], model_count, creation (the same in the order of creation),
 * enums [{type}], enum_count (false when 0), first (statements, or false).
 * Statements: false when there are none, or {items: [{sql}]}; a table's: a list [{dialect, list (its name), items}].
 * SPDX-License-Identifier: MIT */
#include "view_parts.h"

#include "literal.h"

#include <string.h>

enum { LONGEST_STRING = 4095 }; /* that a C11 compiler must take */

static void put_type(ormc_data *list, orm__arena *arena, const char *type);
static void put_list(ormc_view *view, ormc_data *lists, const char *dialect, const char *list,
                     const ormc_statements *statements);
static void put_items(ormc_view *view, ormc_data *data, const ormc_statements *statements);
static bool has_long(const ormc_statements *statements);

ormc_data *view_make_schema(ormc_view *view)
{
    const ormc_ddl *ddl = &view->ddl[ORMC_POSTGRESQL];
    ormc_data *data = ormc_data_object(view->arena);
    ormc_data *models = ormc_data_set_list(data, "models"), *creation = ormc_data_set_list(data, "creation");
    ormc_data *enums = ormc_data_set_list(data, "enums");
    view_set_literal(view, data, "literal", view->package->name);
    for (size_t i = 0; i < view->model_count; i++) {
        put_type(models, view->arena, view->models[i].type);
        put_type(creation, view->arena, view_model_of(view, ddl->tables[i].model)->type);
    }
    view_set(view, data, "model_count", "%zu", view->model_count);
    for (size_t i = 0; i < ddl->enum_count; i++)
        put_type(enums, view->arena, view->enums[i].type);
    if (ddl->enum_count)
        view_set(view, data, "enum_count", "%zu", ddl->enum_count);
    else
        ormc_data_set_boolean(data, "enum_count", false);
    view_set_statements(view, data, "first", &ddl->schemas);
    return data;
}

static void put_type(ormc_data *list, orm__arena *arena, const char *type)
{
    ormc_data *item = ormc_data_object(arena);
    ormc_data_set_text(item, "type", type);
    ormc_data_append(list, item);
}

void view_set_statements(ormc_view *view, ormc_data *object, const char *key, const ormc_statements *statements)
{
    if (statements->count)
        put_items(view, ormc_data_set_object(object, key), statements);
    else
        ormc_data_set_boolean(object, key, false);
}

void view_set_table_statements(ormc_view *view, ormc_data *object, const view_model *item)
{
    static const char *const dialects[] = {[ORMC_POSTGRESQL] = "ORM_POSTGRESQL", [ORMC_SQLITE] = "ORM_SQLITE"};
    ormc_data *lists = ormc_data_set_list(object, "statements");
    for (size_t i = 0; i < ORMC_DIALECTS; i++) {
        const ormc_ddl_table *table = item->ddl[i];
        put_list(view, lists, dialects[i], "create", &table->create);
        put_list(view, lists, dialects[i], "tie", &table->tie);
        put_list(view, lists, dialects[i], "untie", &table->untie);
        put_list(view, lists, dialects[i], "drop", &table->drop);
        put_list(view, lists, dialects[i], "clear", &table->clear);
    }
}

static void put_list(ormc_view *view, ormc_data *lists, const char *dialect, const char *list,
                     const ormc_statements *statements)
{
    if (!statements->count)
        return;
    ormc_data *data = ormc_data_object(view->arena);
    ormc_data_set_text(data, "dialect", dialect);
    ormc_data_set_text(data, "list", list);
    put_items(view, data, statements);
    ormc_data_append(lists, data);
}

/* A line of SQL is a string constant of its own. */
static void put_items(ormc_view *view, ormc_data *data, const ormc_statements *statements)
{
    ormc_data *list = ormc_data_set_list(data, "items");
    for (size_t i = 0; i < statements->count; i++) {
        orm__text literal = {0};
        const char *line = statements->items[i];
        while (*line) {
            size_t length = strcspn(line, "\n");
            length += line[length] == '\n';
            orm__text_string(&literal, literal.length ? "\n        " : "");
            ormc_literal_c_string(&literal, line, length);
            line += length;
        }
        ormc_data *item = ormc_data_object(view->arena);
        view_set_written(view, item, "sql", &literal);
        ormc_data_append(list, item);
    }
}

bool view_has_long_statements(const ormc_view *view, const ormc_file *file)
{
    const view_file *contents = &view->files[file->index];
    for (size_t i = 0; i < contents->models.count; i++) {
        const view_model *item = contents->models.items[i];
        for (size_t k = 0; k < ORMC_DIALECTS; k++)
            if (has_long(&item->ddl[k]->create) || has_long(&item->ddl[k]->tie))
                return true;
    }
    for (size_t i = 0; i < contents->enums.count; i++) {
        const view_enum *item = contents->enums.items[i];
        if (item->enumeration->file == file && has_long(&view->ddl[ORMC_POSTGRESQL].enums[item->index].create))
            return true;
    }
    return false;
}

static bool has_long(const ormc_statements *statements)
{
    for (size_t i = 0; i < statements->count; i++)
        if (strlen(statements->items[i]) > LONGEST_STRING)
            return true;
    return false;
}
