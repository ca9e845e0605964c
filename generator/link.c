/* link.c -- files to a package: enums and models by name, then model by model in passes, each after the one before
 * it is through with all models.
 *
 * What a model holds is read by link_models.c, link_columns.c, link_relations.c and those behind them.
 * SPDX-License-Identifier: MIT */
#include "link.h"

#include "checks.h"
#include "link_parts.h"
#include "names.h"
#include "query_check.h"

#include <string.h>

enum { MOST_HINTED = 200 }; /* errors */

/* A file with its tree. */
typedef struct input {
    ormc_file *file;
    const ormc_node *tree; /* NULL when it is no mapping */
} input;

typedef struct pass_row {
    void (*run)(ormc_linker *linker, ormc_model_draft *draft);
    bool abstract_too; /* not only models with tables */
} pass_row;

static void read_files(ormc_linker *linker, const char *const *paths, size_t count, input *inputs);
static const char *stem_of(ormc_linker *linker, const char *path);
static void check_stem(ormc_linker *linker, ormc_table *stems, ormc_file *file);
static void read_packages(ormc_linker *linker, input *inputs);
static bool lacks(const ormc_node *tree, const char *key);
static void read_package_name(ormc_linker *linker, const input *from);
static void declare_enums(ormc_linker *linker, const input *inputs);
static void read_enum(ormc_linker *linker, const ormc_file *file, const ormc_pair *pair);
static void read_enum_values(ormc_linker *linker, ormc_enum *enumeration, const ormc_node *node);
static void declare_models(ormc_linker *linker, const input *inputs);
static void declare_model(ormc_linker *linker, const ormc_file *file, const ormc_pair *pair);
static size_t count_entries(const ormc_linker *linker, const input *inputs, const char *key);
static void check_tables(ormc_linker *linker);
static void find_targets(ormc_linker *linker, ormc_model_draft *draft);
static void link_models(ormc_linker *linker);
static void run_passes(ormc_linker *linker, const pass_row *passes, size_t count);
static void link_queries(ormc_linker *linker, const input *inputs);

bool ormc_load(const char *const *paths, size_t count, orm__arena *arena, ormc_diagnostics *diagnostics,
               const ormc_package **package)
{
    *package = NULL;
    ormc_linker *linker = orm__arena_zalloc(arena, 1, sizeof *linker);
    ormc_package *made = orm__arena_zalloc(arena, 1, sizeof *made);
    input *inputs = orm__arena_zalloc(arena, count, sizeof *inputs);
    if (!linker || !made || !inputs)
        return false;
    *linker = (ormc_linker){.arena = arena, .diagnostics = diagnostics, .package = made};
    if (setjmp(linker->no_memory))
        return false;
    read_files(linker, paths, count, inputs);
    read_packages(linker, inputs);
    declare_enums(linker, inputs);
    declare_models(linker, inputs);
    link_models(linker);
    link_queries(linker, inputs);
    check_tables(linker);
    if (!ormc_check(made, diagnostics))
        return false;
    ormc_check_sizes(made, diagnostics);
    if (!ormc_diagnostics_count(diagnostics, ORMC_ERROR) && !ormc_query_check(made, diagnostics))
        return false;
    if (!ormc_diagnostics_count(diagnostics, ORMC_ERROR))
        ormc_warn(made, diagnostics);
    if (!ormc_diagnostics_count(diagnostics, ORMC_ERROR)) /* -Werror makes warnings such */
        *package = made;
    return true;
}

static void read_files(ormc_linker *linker, const char *const *paths, size_t count, input *inputs)
{
    ormc_package *package = linker->package;
    package->files = ormc_link_alloc(linker, count, sizeof *package->files);
    package->file_count = count;
    ormc_table stems = {0};
    for (size_t i = 0; i < count; i++) {
        package->files[i] = (ormc_file){.path = paths[i], .stem = stem_of(linker, paths[i]), .index = i};
        inputs[i].file = &package->files[i];
        if (!ormc_syntax_read(paths[i], linker->arena, linker->diagnostics, &inputs[i].tree))
            longjmp(linker->no_memory, 1);
        check_stem(linker, &stems, inputs[i].file);
    }
}

/* "blog" of "schemas/blog.yaml" */
static const char *stem_of(ormc_linker *linker, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    size_t length = dot && dot != name ? (size_t)(dot - name) : strlen(name);
    return ormc_link_need(linker, orm__arena_copy(linker->arena, name, length));
}

static void check_stem(ormc_linker *linker, ormc_table *stems, ormc_file *file)
{
    const ormc_file *first = ormc_link_need(linker, ormc_table_add(stems, linker->arena, file->stem, file));
    if (first != file)
        ormc_report(linker->diagnostics, ORMC_E_SAME_OUTPUT, (ormc_place){.file = file->path},
                    "'%s.h' would be made of '%s', too", file->stem, first->path);
}

static void read_packages(ormc_linker *linker, input *inputs)
{
    ormc_package *package = linker->package;
    for (size_t i = 0; i < package->file_count; i++) {
        const ormc_node *tree = inputs[i].tree;
        if (tree && tree->kind == ORMC_MAPPING) {
            ormc_link_check_keys(linker, tree, ORMC_IN_PACKAGE);
            linker->lacks_models |= lacks(tree, "models");
            linker->lacks_enums |= lacks(tree, "enums");
            read_package_name(linker, &inputs[i]);
            package->files[i].doc = ormc_link_text(tree, "doc");
            continue;
        }
        if (tree)
            ormc_report(linker->diagnostics, ORMC_E_NOT_A_SCHEMA, tree->place,
                        "a schema is a mapping with the keys package and models");
        inputs[i].tree = NULL;
        linker->lacks_models = linker->lacks_enums = true;
    }
    if (!package->name)
        package->name = "package";
}

/* That the mapping is misspelt or unreadable has been reported. */
static bool lacks(const ormc_node *tree, const char *key)
{
    const ormc_node *value = ormc_node_find(tree, key);
    if (value && ormc_node_is_null(value))
        return false;
    return ormc_link_is_misspelt(tree, ORMC_IN_PACKAGE, key) || (value && value->lacking);
}

static void read_package_name(ormc_linker *linker, const input *from)
{
    ormc_package *package = linker->package;
    const char *name = ormc_link_text(from->tree, "package");
    if (!name) {
        if (!ormc_link_is_misspelt(from->tree, ORMC_IN_PACKAGE, "package"))
            ormc_report(linker->diagnostics, ORMC_E_NO_PACKAGE,
                        (ormc_place){.file = from->file->path, .line = 1, .column = 1}, "the key 'package' is missing");
        return;
    }
    ormc_place place = ormc_node_find(from->tree, "package")->place;
    if (package->name && strcmp(package->name, name) != 0) {
        ormc_report(linker->diagnostics, ORMC_E_OTHER_PACKAGE, place,
                    "package '%s' differs from '%s'; files given together are one package", name, package->name);
        ormc_note(linker->diagnostics, package->place, "first given here");
    }
    if (package->name)
        return;
    package->name = name;
    package->place = place;
    ormc_link_check_name(linker, name, place, "package");
    if (strcmp(name, "orm") == 0 || strncmp(name, "orm_", 4) == 0)
        ormc_report(linker->diagnostics, ORMC_E_PACKAGE_NAME, place,
                    "names that begin with 'orm_' belong to the library");
}

static void declare_enums(ormc_linker *linker, const input *inputs)
{
    ormc_package *package = linker->package;
    package->enums = ormc_link_alloc(linker, count_entries(linker, inputs, "enums"), sizeof *package->enums);
    for (size_t i = 0; i < package->file_count; i++) {
        const ormc_node *enums = ormc_link_mapping(inputs[i].tree, "enums");
        for (size_t j = 0; enums && j < enums->count; j++)
            read_enum(linker, inputs[i].file, &enums->pairs[j]);
    }
}

static size_t count_entries(const ormc_linker *linker, const input *inputs, const char *key)
{
    size_t count = 0;
    for (size_t i = 0; i < linker->package->file_count; i++) {
        const ormc_node *entries = ormc_link_mapping(inputs[i].tree, key);
        count += entries ? entries->count : 0;
    }
    return count;
}

static void read_enum(ormc_linker *linker, const ormc_file *file, const ormc_pair *pair)
{
    const char *name = pair->key->text;
    ormc_place place = pair->key->place;
    ormc_enum *enumeration = ormc_link_alloc(linker, 1, sizeof *enumeration);
    *enumeration = (ormc_enum){.place = place, .file = file, .name = name, .c_name = ormc_link_part(linker, name)};
    if (ormc_type_find(name))
        ormc_report(linker->diagnostics, ORMC_E_ENUM_IS_A_TYPE, place, "enum '%s' has the name of a type", name);
    const ormc_enum *first = ormc_link_add(linker, &linker->enums, name, enumeration);
    if (first != enumeration) {
        ormc_report(linker->diagnostics, ORMC_E_DECLARED_TWICE, place, "enum '%s' is declared twice", name);
        ormc_note(linker->diagnostics, first->place, "first declared here");
        return;
    }
    linker->package->enums[linker->package->enum_count++] = enumeration;
    const ormc_node *values = pair->value;
    if (values->kind == ORMC_MAPPING) {
        ormc_link_check_keys(linker, values, ORMC_IN_ENUM);
        enumeration->doc = ormc_link_text(values, "doc");
        enumeration->schema = ormc_link_text(values, "schema");
        ormc_link_c_name(linker, values, false, &enumeration->c_name);
        enumeration->was = ormc_link_was(linker, values, name);
        enumeration->lacking = ormc_link_is_misspelt(values, ORMC_IN_ENUM, "values");
        values = ormc_node_find(values, "values");
    }
    if (values && values->kind == ORMC_SEQUENCE && values->count)
        read_enum_values(linker, enumeration, values);
    else if (!enumeration->lacking)
        ormc_report(linker->diagnostics, ORMC_E_ENUM_FORM, place,
                    "enum '%s' must be a list of values, as in [draft, published]", name);
    enumeration->lacking |= !enumeration->value_count;
}

static void read_enum_values(ormc_linker *linker, ormc_enum *enumeration, const ormc_node *node)
{
    ormc_table seen = {0};
    enumeration->values = ormc_link_alloc(linker, node->count, sizeof *enumeration->values);
    enumeration->value_c_names = ormc_link_alloc(linker, node->count, sizeof *enumeration->value_c_names);
    enumeration->values_were = ormc_link_alloc(linker, node->count, sizeof *enumeration->values_were);
    enumeration->value_places = ormc_link_alloc(linker, node->count, sizeof *enumeration->value_places);
    for (size_t i = 0; i < node->count; i++) {
        const ormc_node *item = node->items[i];
        const ormc_node *value = item->kind == ORMC_MAPPING ? ormc_node_find(item, "value") : item;
        if (item->kind == ORMC_MAPPING)
            ormc_link_check_keys(linker, item, ORMC_IN_ENUM_VALUE);
        if (!value || value->kind != ORMC_SCALAR || !*value->text || ormc_node_is_null(value)) {
            if (!ormc_link_is_misspelt(item, ORMC_IN_ENUM_VALUE, "value"))
                ormc_report(linker->diagnostics, ORMC_E_ENUM_FORM, item->place,
                            "a value of an enum is a text that is not empty");
            enumeration->lacking = true;
            continue;
        }
        const ormc_node *first = ormc_link_add(linker, &seen, value->text, ormc_link_need(linker, value));
        if (first != value) {
            ormc_report(linker->diagnostics, ORMC_E_VALUE_TWICE, value->place, "enum '%s' has the value '%s' twice",
                        enumeration->name, value->text);
            ormc_note(linker->diagnostics, first->place, "first given here");
            continue;
        }
        size_t at = enumeration->value_count++;
        enumeration->value_places[at] = value->place;
        enumeration->values[at] = enumeration->value_c_names[at] = value->text;
        ormc_link_c_name(linker, item, false, &enumeration->value_c_names[at]);
        const char *was = item->kind == ORMC_MAPPING ? ormc_link_was(linker, item, value->text) : NULL;
        enumeration->values_were[at] = was ? was : "";
    }
}

static void declare_models(ormc_linker *linker, const input *inputs)
{
    ormc_package *package = linker->package;
    size_t most = count_entries(linker, inputs, "models");
    package->models = ormc_link_alloc(linker, most, sizeof *package->models);
    linker->drafts = ormc_link_alloc(linker, most, sizeof *linker->drafts);
    for (size_t i = 0; i < package->file_count; i++) {
        const ormc_node *models = ormc_link_mapping(inputs[i].tree, "models");
        for (size_t j = 0; models && j < models->count; j++)
            declare_model(linker, inputs[i].file, &models->pairs[j]);
    }
    if (!most && !ormc_diagnostics_count(linker->diagnostics, ORMC_ERROR))
        ormc_report(linker->diagnostics, ORMC_E_NO_MODELS, package->place, "package '%s' has no models", package->name);
}

static void declare_model(ormc_linker *linker, const ormc_file *file, const ormc_pair *pair)
{
    ormc_package *package = linker->package;
    const char *name = pair->key->text;
    ormc_place place = pair->key->place;
    ormc_model_draft *draft = ormc_link_alloc(linker, 1, sizeof *draft);
    const ormc_model_draft *first = ormc_link_add(linker, &linker->models, name, draft);
    if (first != draft) {
        ormc_report(linker->diagnostics, ORMC_E_DECLARED_TWICE, place, "model '%s' is declared twice", name);
        ormc_note(linker->diagnostics, first->model->place, "first declared here");
        return;
    }
    draft->model = ormc_link_alloc(linker, 1, sizeof *draft->model);
    *draft->model = (ormc_model){
        .place = place, .file = file, .name = name, .c_name = ormc_link_part(linker, name), .table = name};
    linker->drafts[package->model_count] = draft;
    package->models[package->model_count++] = draft->model;
    if (pair->value->kind == ORMC_MAPPING)
        draft->node = pair->value;
    else
        ormc_report(linker->diagnostics, ORMC_E_MODEL_FORM, place,
                    "model '%s' must be a mapping with the key 'columns'", name);
    draft->incomplete = !draft->node;
}

/* Each pass needs what the one before it found, in all models. */
static void link_models(ormc_linker *linker)
{
    static const pass_row reading[] = {
        {ormc_link_read_model, true},
        {find_targets, true},
        {ormc_link_inherit, true},
    };
    static const pass_row linking[] = {
        {ormc_link_name_key, false},
        {ormc_link_name_made_key, false},
        {ormc_link_lay_out, true},
        {ormc_link_view, false},
        {ormc_link_bind, false},
        {ormc_link_types, false},
        {ormc_link_owning, false},
        {ormc_link_generated, false},
        {ormc_link_server, false},
        {ormc_link_inverses, false},
        {ormc_link_through, false},
        {ormc_link_agree, false},
        {ormc_link_pair, false},
        {ormc_link_pair_rest, false},
        {ormc_link_indexes, false},
        {ormc_link_distribution, true},
        {ormc_link_distributed_keys, false},
    };
    run_passes(linker, reading, sizeof reading / sizeof *reading);
    ormc_link_make_through(linker);
    run_passes(linker, linking, sizeof linking / sizeof *linking);
}

static void run_passes(ormc_linker *linker, const pass_row *passes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < linker->package->model_count; j++)
            if (passes[i].abstract_too || !linker->drafts[j]->model->abstract)
                passes[i].run(linker, linker->drafts[j]);
}

static void link_queries(ormc_linker *linker, const input *inputs)
{
    for (size_t i = 0; i < linker->package->file_count; i++) {
        const ormc_node *tree = inputs[i].tree, *queries = ormc_link_mapping(tree, "queries");
        for (size_t j = 0; queries && j < queries->count; j++)
            ormc_link_query(linker, inputs[i].file, ormc_link_list(tree, "dialects"), &queries->pairs[j]);
        ormc_link_query_files(linker, inputs[i].file, tree);
    }
}

/* That there is one at all. */
static void check_tables(ormc_linker *linker)
{
    const ormc_package *package = linker->package;
    for (size_t i = 0; i < package->model_count; i++)
        if (!package->models[i]->abstract)
            return;
    if (!ormc_diagnostics_count(linker->diagnostics, ORMC_ERROR))
        ormc_report(linker->diagnostics, ORMC_E_NO_TABLES, package->place,
                    "all models of package '%s' are abstract, so that there is no table", package->name);
}

static void find_targets(ormc_linker *linker, ormc_model_draft *draft)
{
    for (size_t i = 0; i < draft->relation_count; i++)
        ormc_link_find_target(linker, draft->relations[i]);
}

void *ormc_link_alloc(ormc_linker *linker, size_t count, size_t size)
{
    return ormc_link_need(linker, orm__arena_zalloc(linker->arena, count, size));
}

void *ormc_link_need(ormc_linker *linker, const void *pointer)
{
    if (!pointer)
        longjmp(linker->no_memory, 1);
    return (void *)(uintptr_t)pointer;
}

void *ormc_link_add(ormc_linker *linker, ormc_table *table, const char *key, void *value)
{
    return ormc_link_need(linker, ormc_table_add(table, linker->arena, key, value));
}

/* Looking through many names for many words takes long: after some errors nobody reads hints. */
const char *ormc_link_hint(ormc_linker *linker, const char *word, const char *const *candidates, size_t count)
{
    bool wanted = ormc_diagnostics_count(linker->diagnostics, ORMC_ERROR) < MOST_HINTED;
    const char *nearest = wanted ? ormc_nearest(word, candidates, count) : NULL;
    if (!nearest)
        return "";
    return ormc_link_need(linker, orm__arena_printf(linker->arena, "; did you mean '%s'?", nearest));
}

void ormc_link_unknown_model(ormc_linker *linker, const char *what, const char *name, const char *does,
                             const ormc_word *word, bool abstract)
{
    if (linker->lacks_models)
        return;
    const char **names = linker->model_names[abstract];
    size_t count = 0;
    if (!names) {
        names = ormc_link_alloc(linker, linker->package->model_count, sizeof *names);
        for (size_t i = 0; i < linker->package->model_count; i++)
            if (linker->package->models[i]->abstract == abstract)
                names[count++] = linker->package->models[i]->name;
        linker->model_names[abstract] = names;
        linker->model_name_counts[abstract] = count;
    }
    const char *hint = ormc_link_hint(linker, word->text, names, linker->model_name_counts[abstract]);
    ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_MODEL, word->place, "%s '%s' %s unknown model '%s'%s", what, name,
                does, word->text, hint);
}

void ormc_link_check_name(ormc_linker *linker, const char *name, ormc_place place, const char *what)
{
    if (!ormc_names_is_word(name))
        ormc_report(linker->diagnostics, ORMC_E_PACKAGE_NAME, place,
                    "the %s name '%s' must be of letters, digits and '_', and not begin with a digit", what, name);
}

const char *ormc_link_part(ormc_linker *linker, const char *name)
{
    return ormc_link_need(linker, ormc_names_part(linker->arena, name));
}

void ormc_link_c_name(ormc_linker *linker, const ormc_node *node, bool is_member, const char **c_name)
{
    const char *said = ormc_link_text(node, "c_name");
    if (!said)
        return;
    if (ormc_names_is_word(said) && !(is_member && ormc_names_is_reserved(said)))
        *c_name = said;
    else
        ormc_report(linker->diagnostics, ORMC_E_C_NAME, ormc_node_find(node, "c_name")->place,
                    is_member ? "'%s' cannot be the name of a member in C and C++"
                              : "'%s' cannot be part of a name in C",
                    said);
}
