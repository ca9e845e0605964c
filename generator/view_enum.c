/* view_enum.c -- the data of an enum.
 *
 * Keys of an enum: type, column (of its handles), opt, in, in_null, change, change_null, of, guard (false unless
 * several headers declare it), values [{constant, first}]; for the source: literal (its name), literals, count, defined
 * (here), used (by columns of this file), arrays (so are arrays of it), read (either), array (their type), comment,
 * namespace (its schema), create and drop (lists of statements, as view_schema.c makes them).
 * SPDX-License-Identifier: MIT */
#include "view_parts.h"

#include "literal.h"
#include "names.h"

#include <string.h>

static bool is_used(const ormc_view *view, const ormc_file *file, const ormc_enum *enumeration, bool array);
static void put_parts(ormc_view *view, ormc_data *data, const char *name);
static void put_values(ormc_view *view, ormc_data *data, const ormc_enum *enumeration);

ormc_data *view_make_enum(ormc_view *view, const view_enum *item, const ormc_file *file)
{
    const ormc_enum *enumeration = item->enumeration;
    ormc_data *data = ormc_data_object(view->arena);
    bool own = enumeration->file == file;
    ormc_data_set_text(data, "type", item->type);
    put_parts(view, data, enumeration->c_name);
    if (item->header_count > 1)
        ormc_data_set_text(
            data, "guard",
            ormc_names_expand(view->arena, "%P_%M_DEFINED", view->package->name, enumeration->c_name, NULL));
    else
        ormc_data_set_boolean(data, "guard", false);
    view_set_literal(view, data, "literal", enumeration->name);
    view_set_literal(view, data, "namespace", enumeration->schema);
    view_set_comment(view, data, "comment", enumeration->doc, 0);
    put_values(view, data, enumeration);
    const ormc_ddl_enum *statements = &view->ddl[ORMC_POSTGRESQL].enums[item->index];
    ormc_data_set_boolean(data, "defined", own);
    view_set_statements(view, data, "create", &statements->create);
    view_set_statements(view, data, "drop", &statements->drop);
    bool used = own ? item->used_here : true;
    ormc_data_set_boolean(data, "used", used && is_used(view, file, enumeration, false));
    ormc_data_set_boolean(data, "arrays", is_used(view, file, enumeration, true));
    ormc_data_set_boolean(data, "read", used);
    view_set(view, data, "array", "%s_array", item->type);
    return data;
}

/* By a column of that file, one value each or arrays of them. */
static bool is_used(const ormc_view *view, const ormc_file *file, const ormc_enum *enumeration, bool array)
{
    const view_list *models = &view->files[file->index].models;
    for (size_t i = 0; i < models->count; i++) {
        const ormc_model *model = ((const view_model *)models->items[i])->model;
        for (size_t k = 0; k < model->column_count; k++)
            if (model->columns[k].enumeration == enumeration && model->columns[k].array == array)
                return true;
    }
    return false;
}

static void put_parts(ormc_view *view, ormc_data *data, const char *name)
{
    static const char *const parts[] = {"opt", "in", "in_null", "change", "change_null", "of"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        ormc_data_set_text(data, parts[i], ormc_names_enum_part(view->arena, view->package->name, parts[i], name));
}

static void put_values(ormc_view *view, ormc_data *data, const ormc_enum *enumeration)
{
    ormc_data *values = ormc_data_set_list(data, "values");
    orm__text literals = {0};
    for (size_t i = 0; i < enumeration->value_count; i++) {
        const char *value = enumeration->values[i];
        ormc_data *item = ormc_data_object(view->arena);
        ormc_data_set_text(
            item, "constant",
            ormc_names_constant(view->arena, view->package->name, enumeration->c_name, enumeration->value_c_names[i]));
        ormc_data_set_boolean(item, "first", i == 0);
        ormc_data_append(values, item);
        orm__text_string(&literals, i ? ", " : "{");
        ormc_literal_c_string(&literals, value, strlen(value));
    }
    orm__text_char(&literals, '}');
    view_set_written(view, data, "literals", &literals);
    view_set(view, data, "count", "%zu", enumeration->value_count);
}
