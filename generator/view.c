/* view.c -- finds out who stands in which file and who refers to whom, then makes the data of a file.
 *
 * A pair of files declares the enums that its YAML declares or its models use, and its models; it mentions models of
 * other files. Keys of a file: stem, input (the YAML's name), file_comment (its doc, or false), guard, package, schema
 * (of the main pair, else false), headers, types, enums, models, queries, queried (there are some), descriptors,
 * described (likewise), math, long (a statement is, see view_schema.c).
 * SPDX-License-Identifier: MIT */
#include "view_parts.h"

#include "literal.h"
#include "names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct file_models {
    ormc_view *view;
    const view_list *models;
} file_models;

static bool prepare(ormc_view *view);
static const ormc_file *main_file(const ormc_package *package);
static bool index_names(ormc_view *view);
static bool make_statements(ormc_view *view);
static void sort_into_files(ormc_view *view);
static void append(ormc_view *view, view_list *list, void *item);
static void look_at_column(ormc_view *view, const ormc_file *file, const ormc_column *column);
static bool contains(const view_list *list, const void *item);
static void look_at_relations(ormc_view *view, const ormc_model *model);
static void look_at_model(ormc_view *view, const ormc_file *file, const ormc_model *other);
static void look_at_query(ormc_view *view, const ormc_query *query);
static int compare_enums(const void *a, const void *b);
static int compare_models(const void *a, const void *b);
static void put_headers(ormc_view *view, ormc_data *data, const ormc_file *file);
static void put_header(ormc_view *view, ormc_data *headers, const ormc_file *file);
static void put_types(ormc_view *view, ormc_data *data, const view_file *file);
static void put_descriptors(ormc_view *view, ormc_data *data, const view_file *file);
static void put_descriptor(ormc_view *view, ormc_data *list, const view_model *item, bool elsewhere);
static bool needs_math(const ormc_model *model);
static const ormc_data *make_file(ormc_view *view, const ormc_file *file);
static ormc_data *make_model(size_t index, orm__arena *arena, void *user);

ormc_view *ormc_view_new(orm__arena *arena, const ormc_package *package)
{
    ormc_view *view = orm__arena_zalloc(arena, 1, sizeof *view);
    if (!view)
        return NULL;
    view->arena = arena;
    view->package = package;
    view->main = main_file(package);
    return prepare(view) ? view : NULL;
}

static bool prepare(ormc_view *view)
{
    const ormc_package *package = view->package;
    view->models = orm__arena_zalloc(view->arena, package->model_count, sizeof *view->models);
    view->enums = orm__arena_zalloc(view->arena, package->enum_count, sizeof *view->enums);
    view->files = orm__arena_zalloc(view->arena, package->file_count, sizeof *view->files);
    if (!view->models || !view->enums || !view->files || !index_names(view) || !make_statements(view))
        return false;
    sort_into_files(view);
    return !view->failed;
}

/* The file that is named as the package is, or the first. */
static const ormc_file *main_file(const ormc_package *package)
{
    for (size_t i = 0; i < package->file_count; i++)
        if (strcmp(package->files[i].stem, package->name) == 0)
            return &package->files[i];
    return &package->files[0];
}

static bool index_names(ormc_view *view)
{
    const ormc_package *package = view->package;
    for (size_t i = 0; i < package->model_count; i++) {
        const ormc_model *model = package->models[i];
        if (model->abstract)
            continue;
        view_model *item = &view->models[view->model_count];
        *item = (view_model){.model = model, .index = view->model_count++};
        item->type = ormc_names_type(view->arena, package->name, model->c_name);
        if (!item->type || !ormc_table_add(&view->models_by_name, view->arena, model->name, item))
            return false;
    }
    for (size_t i = 0; i < package->enum_count; i++) {
        view_enum *item = &view->enums[i];
        *item = (view_enum){.enumeration = package->enums[i], .index = i};
        item->type = ormc_names_type(view->arena, package->name, item->enumeration->c_name);
        if (!item->type || !ormc_table_add(&view->enums_by_name, view->arena, item->enumeration->name, item))
            return false;
    }
    return true;
}

static bool make_statements(ormc_view *view)
{
    for (size_t i = 0; i < ORMC_DIALECTS; i++) {
        ormc_ddl *ddl = &view->ddl[i];
        if (!ormc_ddl_make(view->package, (ormc_dialect)i, view->arena, ddl))
            return false;
        for (size_t k = 0; k < ddl->table_count; k++)
            view_model_of(view, ddl->tables[k].model)->ddl[i] = &ddl->tables[k];
    }
    return true;
}

view_model *view_model_of(const ormc_view *view, const ormc_model *model)
{
    return ormc_table_get(&view->models_by_name, model->name);
}

view_enum *view_enum_of(const ormc_view *view, const ormc_enum *enumeration)
{
    return ormc_table_get(&view->enums_by_name, enumeration->name);
}

static void sort_into_files(ormc_view *view)
{
    for (size_t i = 0; i < view->package->enum_count; i++) {
        view_enum *item = &view->enums[i];
        item->header_count = 1;
        append(view, &view->files[item->enumeration->file->index].enums, item);
    }
    for (size_t i = 0; i < view->model_count; i++) {
        view_model *item = &view->models[i];
        append(view, &view->files[item->model->file->index].models, item);
        for (size_t k = 0; k < item->model->column_count; k++)
            look_at_column(view, item->model->file, &item->model->columns[k]);
        look_at_relations(view, item->model);
    }
    for (size_t i = 0; i < view->package->query_count; i++)
        look_at_query(view, view->package->queries[i]);
    for (size_t i = 0; i < view->package->file_count; i++) {
        view_list *enums = &view->files[i].enums, *others = &view->files[i].others;
        if (enums->count)
            qsort(enums->items, enums->count, sizeof *enums->items, compare_enums);
        if (others->count)
            qsort(others->items, others->count, sizeof *others->items, compare_models);
    }
}

static int compare_enums(const void *a, const void *b)
{
    const view_enum *left = *(void *const *)a, *right = *(void *const *)b;
    return left->index < right->index ? -1 : left->index > right->index;
}

static int compare_models(const void *a, const void *b)
{
    const view_model *left = *(void *const *)a, *right = *(void *const *)b;
    return left->index < right->index ? -1 : left->index > right->index;
}

static void append(ormc_view *view, view_list *list, void *item)
{
    size_t count = list->count;
    if ((count & (count - 1)) == 0) {
        void **items = orm__arena_zalloc(view->arena, count ? 2 * count : 1, sizeof *items);
        view->failed |= !items;
        if (!items)
            return;
        if (count)
            memcpy(items, list->items, count * sizeof *items);
        list->items = items;
    }
    list->items[list->count++] = item;
}

static void look_at_column(ormc_view *view, const ormc_file *file, const ormc_column *column)
{
    if (!column->enumeration)
        return;
    view_enum *item = view_enum_of(view, column->enumeration);
    bool here = item->enumeration->file == file;
    item->used_here |= here;
    if (here || item->used_in == file || contains(&view->files[file->index].enums, item))
        return;
    item->used_in = file;
    item->header_count++;
    append(view, &view->files[file->index].enums, item);
}

static bool contains(const view_list *list, const void *item)
{
    for (size_t i = list->count; i > 0; i--)
        if (list->items[i - 1] == item)
            return true;
    return false;
}

static void look_at_relations(ormc_view *view, const ormc_model *model)
{
    for (size_t i = 0; i < model->relation_count; i++) {
        const ormc_relation *relation = &model->relations[i];
        look_at_model(view, model->file, relation->target);
        if (relation->through_source)
            look_at_model(view, model->file, relation->through_source->model);
    }
}

/* A model that something in the file refers to. */
static void look_at_model(ormc_view *view, const ormc_file *file, const ormc_model *other)
{
    view_model *target = view_model_of(view, other);
    if (other->file == file)
        return;
    target->shared = true;
    if (target->mentioned_in == file || contains(&view->files[file->index].others, target))
        return;
    target->mentioned_in = file;
    append(view, &view->files[file->index].others, target);
}

static void look_at_query(ormc_view *view, const ormc_query *query)
{
    append(view, &view->files[query->file->index].queries, (void *)(uintptr_t)query);
    for (size_t i = 0; i < query->parameter_count; i++)
        look_at_column(view, query->file, &query->parameters[i]);
    for (size_t i = 0; i < query->returned_count; i++)
        if (query->returned[i].model)
            look_at_model(view, query->file, query->returned[i].model);
        else
            look_at_column(view, query->file, &query->returned[i].column);
    for (size_t i = 0; i < query->write_count; i++)
        look_at_model(view, query->file, query->writes[i]);
}

const ormc_data *ormc_view_file(ormc_view *view, const ormc_file *file, orm__arena *arena)
{
    orm__arena *kept = view->arena;
    view->arena = arena;
    const ormc_data *data = make_file(view, file);
    view->arena = kept;
    return data;
}

static const ormc_data *make_file(ormc_view *view, const ormc_file *file)
{
    const view_file *contents = &view->files[file->index];
    ormc_data *data = ormc_data_object(view->arena);
    if (!data)
        return NULL;
    const char *slash = strrchr(file->path, '/');
    view_set(view, data, "stem", "%s", file->stem);
    view_set(view, data, "input", "%s", slash ? slash + 1 : file->path);
    view_set(view, data, "package", "%s", view->package->name);
    view_set_comment(view, data, "file_comment", file->doc, 0);
    ormc_data_set_text(data, "guard", ormc_names_guard(view->arena, file->stem));
    if (file == view->main)
        ormc_data_set(data, "schema", view_make_schema(view));
    else
        ormc_data_set_boolean(data, "schema", false);
    ormc_data_set_boolean(data, "long", view_has_long_statements(view, file));
    put_headers(view, data, file);
    put_types(view, data, contents);
    put_descriptors(view, data, contents);
    ormc_data *enums = ormc_data_set_list(data, "enums");
    for (size_t i = 0; i < contents->enums.count; i++)
        ormc_data_append(enums, view_make_enum(view, contents->enums.items[i], file));
    file_models *models = orm__arena_alloc(view->arena, sizeof *models);
    if (!models)
        return NULL;
    *models = (file_models){.view = view, .models = &contents->models};
    ormc_data_set_made_list(data, "models", contents->models.count, make_model, models);
    ormc_data *queries = ormc_data_set_list(data, "queries");
    for (size_t i = 0; i < contents->queries.count; i++)
        ormc_data_append(queries, view_make_query(view, contents->queries.items[i]));
    ormc_data_set_boolean(data, "queried", contents->queries.count > 0);
    return view->failed ? NULL : data;
}

/* Made when it is rendered: all models of a large file at once would be most of what a run keeps in memory. */
static ormc_data *make_model(size_t index, orm__arena *arena, void *user)
{
    const file_models *file = user;
    ormc_view *view = file->view;
    orm__arena *kept = view->arena;
    view->arena = arena;
    ormc_data *model = view_make_model(view, file->models->items[index]);
    view->arena = kept;
    return view->failed ? NULL : model;
}

/* headers: [{name}]: what the source includes besides its own. The main pair lists all models in the schema and
 * includes every header; others include the main one for that schema, and those of the models they refer to. */
static void put_headers(ormc_view *view, ormc_data *data, const ormc_file *file)
{
    ormc_data *headers = ormc_data_set_list(data, "headers");
    const view_list *others = &view->files[file->index].others;
    if (file == view->main) {
        for (size_t i = 0; i < view->package->file_count; i++)
            if (&view->package->files[i] != file)
                put_header(view, headers, &view->package->files[i]);
        return;
    }
    put_header(view, headers, view->main);
    const ormc_file *last = view->main;
    for (size_t i = 0; i < others->count; i++) {
        const ormc_file *other = ((const view_model *)others->items[i])->model->file;
        if (other != last && other != view->main)
            put_header(view, headers, other);
        last = other;
    }
}

static void put_header(ormc_view *view, ormc_data *headers, const ormc_file *file)
{
    ormc_data *header = ormc_data_object(view->arena);
    view_set(view, header, "name", "%s.h", file->stem);
    ormc_data_append(headers, header);
}

/* types: [{type}]: the models whose types the header names before it defines them, if it does. */
static void put_types(ormc_view *view, ormc_data *data, const view_file *file)
{
    ormc_data *types = ormc_data_set_list(data, "types");
    const view_list *lists[] = {&file->models, &file->others};
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < lists[i]->count; k++) {
            ormc_data *type = ormc_data_object(view->arena);
            ormc_data_set_text(type, "type", ((const view_model *)lists[i]->items[k])->type);
            ormc_data_append(types, type);
        }
}

/* descriptors: [{type, elsewhere, shared, column_count, relation_count (false when 0)}]: the arrays that descriptors
 * of this source refer to. math: a constant needs math.h. */
static void put_descriptors(ormc_view *view, ormc_data *data, const view_file *file)
{
    ormc_data *descriptors = ormc_data_set_list(data, "descriptors");
    bool math = false;
    for (size_t i = 0; i < file->models.count; i++) {
        put_descriptor(view, descriptors, file->models.items[i], false);
        math |= needs_math(((const view_model *)file->models.items[i])->model);
    }
    for (size_t i = 0; i < file->others.count; i++)
        put_descriptor(view, descriptors, file->others.items[i], true);
    ormc_data_set_boolean(data, "math", math);
    ormc_data_set_boolean(data, "described", file->models.count > 0);
}

static void put_descriptor(ormc_view *view, ormc_data *list, const view_model *item, bool elsewhere)
{
    ormc_data *descriptor = ormc_data_object(view->arena);
    ormc_data_set_text(descriptor, "type", item->type);
    ormc_data_set_boolean(descriptor, "external", elsewhere || item->shared);
    view_set(view, descriptor, "column_count", "%zu", item->model->column_count);
    if (item->model->relation_count)
        view_set(view, descriptor, "relation_count", "%zu", item->model->relation_count);
    else
        ormc_data_set_boolean(descriptor, "relation_count", false);
    ormc_data_append(list, descriptor);
}

static bool needs_math(const ormc_model *model)
{
    for (size_t i = 0; i < model->column_count; i++) {
        const ormc_column *column = &model->columns[i];
        if (column->type->class != ORMC_CLASS_REAL)
            continue;
        if (column->default_value.kind == ORMC_DEFAULT_REAL && ormc_literal_needs_math(column->default_value.real))
            return true;
        if ((column->has_min && ormc_literal_needs_math(column->min_real)) ||
            (column->has_max && ormc_literal_needs_math(column->max_real)))
            return true;
    }
    return false;
}
