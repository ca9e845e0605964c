/* check.c -- clashes of names, in the database and in emitted C.
 *
 * Every name goes into a table with the thing that bears it; whoever comes second is reported, with a note at the
 * first.
 * SPDX-License-Identifier: MIT */
#include "checks.h"

#include "names.h"
#include "table.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

enum { LONGEST_NAME = 63 }; /* bytes that PostgreSQL keeps of a name */

/* What bears a name, as messages call it: "model 'post'". */
typedef struct bearer {
    ormc_place place;
    const char *kind, *name, *of; /* of: the model of a column, the enum of a value; or NULL */
} bearer;

typedef struct checker {
    orm__arena arena;
    ormc_diagnostics *diagnostics;
    const ormc_package *package;
    ormc_table relations, prefixed; /* tables and indexes share one space of names: on PostgreSQL, and on SQLite */
    ormc_table types;               /* on PostgreSQL, a table is a type, too */
    ormc_table emitted, folded;     /* folded: tables in small letters */
    bool no_memory;
} checker;

static void check_database_names(checker *c);
static void check_columns(checker *c, const ormc_model *model);
static void check_types(checker *c);
static bool clashes_in_c(const checker *c, const ormc_enum *enumeration);
static const char *in_schema(checker *c, const char *schema, const char *name);
static void check_index_name(checker *c, const ormc_model *model, const ormc_index *index);
static bool check_in_schema(checker *c, const ormc_model *model, const char *name, const bearer *fresh);
static void check_length(checker *c, const char *name, const char *what, const bearer *fresh);
static bool check_free(checker *c, ormc_table *table, const char *name, const bearer *fresh);
static void warn_of_case(checker *c, ormc_table *table, const char *name, const bearer *fresh);
static bool check_database_name(checker *c, ormc_table *table, const char *name, const char *what, const bearer *fresh);
static void check_members(checker *c, const ormc_model *model);
static void check_emitted_names(checker *c);
static bool is_same_output(const ormc_package *package, size_t index);
static void check_model_names(checker *c, const ormc_model *model);
static void check_enum_names(checker *c, const ormc_enum *enumeration);
static void emit_forms(checker *c, ormc_name_scope scope, const char *model, const char *name, const bearer *fresh);
static bool emit_name(checker *c, const char *name, const bearer *fresh);
static bearer *new_bearer(checker *c, ormc_place place, const char *kind, const char *name, const char *of);
static const bearer *claim(checker *c, ormc_table *table, const char *name, const bearer *fresh);
static const char *describe(checker *c, const bearer *who);

bool ormc_check(const ormc_package *package, ormc_diagnostics *diagnostics)
{
    checker c = {.package = package, .diagnostics = diagnostics};
    check_database_names(&c);
    check_emitted_names(&c);
    for (size_t i = 0; i < package->model_count; i++)
        if (!package->models[i]->abstract)
            check_members(&c, package->models[i]);
    orm__arena_release(&c.arena);
    return !c.no_memory;
}

static void check_database_names(checker *c)
{
    for (size_t i = 0; i < c->package->model_count; i++) {
        const ormc_model *model = c->package->models[i];
        if (model->abstract)
            continue;
        const bearer *fresh = new_bearer(c, model->place, "model", model->name, NULL);
        check_length(c, model->table, "table", fresh);
        check_length(c, model->schema, "schema", fresh);
        if (check_in_schema(c, model, model->table, fresh))
            warn_of_case(c, &c->folded, model->sqlite_table, fresh);
        check_columns(c, model);
    }
    check_types(c);
    for (size_t i = 0; i < c->package->model_count; i++) {
        const ormc_model *model = c->package->models[i];
        for (size_t j = 0; j < model->index_count; j++)
            check_index_name(c, model, &model->indexes[j]);
    }
}

static void check_columns(checker *c, const ormc_model *model)
{
    ormc_table columns = {0}, folded = {0};
    for (size_t i = 0; i < model->column_count; i++) {
        const ormc_column *column = &model->columns[i];
        const bearer *fresh = new_bearer(c, column->place, "column", column->name, model->name);
        if (check_database_name(c, &columns, column->column, "column", fresh))
            warn_of_case(c, &folded, column->column, fresh);
    }
}

/* Enums: their names, also beside those of tables, and those of their values. */
static void check_types(checker *c)
{
    for (size_t i = 0; i < c->package->model_count; i++) {
        const ormc_model *model = c->package->models[i];
        const char *name = in_schema(c, model->schema, model->table);
        const bearer *fresh = new_bearer(c, model->place, "model", model->name, NULL);
        if (name && fresh && !model->abstract)
            claim(c, &c->types, name, fresh);
    }
    for (size_t i = 0; i < c->package->enum_count; i++) {
        const ormc_enum *enumeration = c->package->enums[i];
        const char *name = in_schema(c, enumeration->schema, enumeration->name);
        const bearer *fresh = new_bearer(c, enumeration->place, "enum", enumeration->name, NULL);
        check_length(c, enumeration->name, "enum", fresh);
        check_length(c, enumeration->schema, "schema", fresh);
        if (name && ormc_table_get(&c->types, name) && !clashes_in_c(c, enumeration))
            check_free(c, &c->types, name, fresh);
        for (size_t j = 0; j < enumeration->value_count; j++)
            check_length(c, enumeration->values[j], "value",
                         new_bearer(c, enumeration->value_places[j], "value", enumeration->values[j], NULL));
    }
}

/* True when that of a model is the same, which is reported there. */
static bool clashes_in_c(const checker *c, const ormc_enum *enumeration)
{
    for (size_t i = 0; i < c->package->model_count; i++)
        if (strcmp(c->package->models[i]->c_name, enumeration->c_name) == 0)
            return true;
    return false;
}

/* NULL when memory is gone. */
static const char *in_schema(checker *c, const char *schema, const char *name)
{
    const char *qualified = schema ? orm__arena_printf(&c->arena, "%s.%s", schema, name) : name;
    c->no_memory |= !qualified;
    return qualified;
}

static void check_index_name(checker *c, const ormc_model *model, const ormc_index *index)
{
    const bearer *fresh = new_bearer(c, index->place, "index of", model->name, NULL);
    check_length(c, index->name, "index", fresh);
    check_in_schema(c, model, index->name, fresh);
}

/* On SQLite, which has no schemas, theirs are prefixes. False when somebody has the name. */
static bool check_in_schema(checker *c, const ormc_model *model, const char *name, const bearer *fresh)
{
    if (!model->schema)
        return check_free(c, &c->relations, name, fresh) && check_free(c, &c->prefixed, name, fresh);
    const char *qualified = in_schema(c, model->schema, name);
    const char *prefixed = orm__arena_printf(&c->arena, "%s_%s", model->schema, name);
    c->no_memory |= !prefixed;
    return qualified && prefixed && check_free(c, &c->relations, qualified, fresh) &&
           check_free(c, &c->prefixed, prefixed, fresh);
}

/* PostgreSQL tells "Name" from "name", SQLite does not. */
static void warn_of_case(checker *c, ormc_table *table, const char *name, const bearer *fresh)
{
    char *small = orm__arena_strdup(&c->arena, name);
    c->no_memory |= !small;
    for (char *at = small; at && *at; at++)
        *at = (char)tolower((unsigned char)*at);
    const bearer *first = small && fresh ? claim(c, table, small, fresh) : NULL;
    if (!first)
        return;
    ormc_report(c->diagnostics, ORMC_W_NAME_CASE, fresh->place,
                "SQLite does not tell %s from %s: their names in the database differ by case only", describe(c, fresh),
                describe(c, first));
    ormc_note(c->diagnostics, first->place, "first given here");
}

static bool check_database_name(checker *c, ormc_table *table, const char *name, const char *what, const bearer *fresh)
{
    check_length(c, name, what, fresh);
    return check_free(c, table, name, fresh);
}

/* No name is none too long. */
static void check_length(checker *c, const char *name, const char *what, const bearer *fresh)
{
    if (fresh && name && strlen(name) > LONGEST_NAME)
        ormc_report(c->diagnostics, ORMC_E_LONG_NAME, fresh->place,
                    "the name of the %s '%s' has %zu bytes; PostgreSQL keeps %d", what, name, strlen(name),
                    LONGEST_NAME);
}

/* False when somebody has the name. */
static bool check_free(checker *c, ormc_table *table, const char *name, const bearer *fresh)
{
    const bearer *first = fresh ? claim(c, table, name, fresh) : NULL;
    if (!first)
        return true;
    ormc_report(c->diagnostics, ORMC_E_DATABASE_NAME_TAKEN, fresh->place,
                "%s has the name '%s' in the database, which %s has, too", describe(c, fresh), name,
                describe(c, first));
    ormc_note(c->diagnostics, first->place, "first given here");
    return false;
}

static void check_members(checker *c, const ormc_model *model)
{
    ormc_table members = {0};
    for (size_t i = 0; i < model->column_count + model->relation_count; i++) {
        bool is_column = i < model->column_count;
        const ormc_column *column = is_column ? &model->columns[i] : NULL;
        const ormc_relation *relation = is_column ? NULL : &model->relations[i - model->column_count];
        const char *name = is_column ? column->c_name : relation->c_name;
        const bearer *fresh = is_column ? new_bearer(c, column->place, "column", column->name, model->name)
                                        : new_bearer(c, relation->place, "relation", relation->name, model->name);
        const bearer *first = fresh ? claim(c, &members, name, fresh) : NULL;
        first = first ? first : ormc_table_get(&c->emitted, name); /* C++ takes no member for a type's name */
        if (!first || !fresh)
            continue;
        ormc_report(c->diagnostics, ORMC_E_C_NAME_TAKEN, fresh->place,
                    "%s is '%s' in C, and so is %s; 'c_name' gives either another", describe(c, fresh), name,
                    describe(c, first));
        ormc_note(c->diagnostics, first->place, "first given here");
    }
}

static void check_emitted_names(checker *c)
{
    const ormc_package *package = c->package;
    emit_forms(c, ORMC_NAMES_OF_PACKAGE, NULL, NULL, new_bearer(c, package->place, "package", package->name, NULL));
    for (size_t i = 0; i < package->file_count; i++) {
        const ormc_file *file = &package->files[i];
        if (is_same_output(package, i))
            continue;
        emit_forms(c, ORMC_NAMES_OF_FILE, NULL, file->stem,
                   new_bearer(c, (ormc_place){.file = file->path, .line = 1, .column = 1}, "file", file->path, NULL));
    }
    for (size_t i = 0; i < package->enum_count; i++)
        check_enum_names(c, package->enums[i]);
    for (size_t i = 0; i < package->model_count; i++)
        if (!package->models[i]->abstract)
            check_model_names(c, package->models[i]);
    for (size_t i = 0; i < package->query_count; i++)
        emit_forms(c, ORMC_NAMES_OF_QUERY, package->queries[i]->c_name, NULL,
                   new_bearer(c, package->queries[i]->place, "query", package->queries[i]->name, NULL));
}

/* Of an earlier file's, which is reported (link.c). */
static bool is_same_output(const ormc_package *package, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(package->files[i].stem, package->files[index].stem) == 0)
            return true;
    return false;
}

static void check_enum_names(checker *c, const ormc_enum *enumeration)
{
    emit_forms(c, ORMC_NAMES_OF_ENUM, enumeration->c_name, NULL,
               new_bearer(c, enumeration->place, "enum", enumeration->name, NULL));
    for (size_t i = 0; i < enumeration->value_count; i++)
        emit_forms(c, ORMC_NAMES_OF_ENUM_VALUE, enumeration->c_name, enumeration->value_c_names[i],
                   new_bearer(c, enumeration->value_places[i], "value", enumeration->values[i], enumeration->name));
}

static void check_model_names(checker *c, const ormc_model *model)
{
    emit_forms(c, ORMC_NAMES_OF_MODEL, model->c_name, NULL, new_bearer(c, model->place, "model", model->name, NULL));
    for (size_t i = 0; i < model->column_count; i++)
        emit_forms(c, ORMC_NAMES_OF_COLUMN, model->c_name, model->columns[i].c_name,
                   new_bearer(c, model->columns[i].place, "column", model->columns[i].name, model->name));
    for (size_t i = 0; i < model->relation_count; i++) {
        const ormc_relation *relation = &model->relations[i];
        bool is_to_many = relation->kind == ORMC_ONE_TO_MANY || relation->kind == ORMC_MANY_TO_MANY;
        emit_forms(c, is_to_many ? ORMC_NAMES_OF_TO_MANY : ORMC_NAMES_OF_TO_ONE, model->c_name, relation->c_name,
                   new_bearer(c, relation->place, "relation", relation->name, model->name));
    }
}

/* One clash is enough for one bearer. */
static void emit_forms(checker *c, ormc_name_scope scope, const char *model, const char *name, const bearer *fresh)
{
    for (const ormc_name_form *form = ormc_name_forms; fresh && form->pattern; form++) {
        if (form->scope != scope)
            continue;
        const char *emitted = ormc_names_expand(&c->arena, form->pattern, c->package->name, model, name);
        if (!emitted)
            c->no_memory = true;
        else if (!emit_name(c, emitted, fresh))
            return;
    }
}

static bool emit_name(checker *c, const char *name, const bearer *fresh)
{
    if (ormc_names_is_reserved(name)) {
        ormc_report(c->diagnostics, ORMC_E_C_NAME_RESERVED, fresh->place,
                    "%s would be '%s' in C, which is a reserved word", describe(c, fresh), name);
        return false;
    }
    const bearer *first = claim(c, &c->emitted, name, fresh);
    if (!first)
        return true;
    if (first->of && first->of == fresh->of && strcmp(fresh->kind, "value") != 0)
        return false; /* two members of one model, which check_members has reported */
    ormc_report(c->diagnostics, ORMC_E_C_NAME_TAKEN, fresh->place,
                "the C name '%s' is made for %s and for %s; 'c_name' gives either another", name, describe(c, first),
                describe(c, fresh));
    ormc_note(c->diagnostics, first->place, "%s is here", describe(c, first));
    return false;
}

static bearer *new_bearer(checker *c, ormc_place place, const char *kind, const char *name, const char *of)
{
    bearer *fresh = orm__arena_zalloc(&c->arena, 1, sizeof *fresh);
    if (!fresh) {
        c->no_memory = true;
        return NULL;
    }
    *fresh = (bearer){.place = place, .kind = kind, .name = name, .of = of};
    return fresh;
}

/* Who has the name already, or NULL. */
static const bearer *claim(checker *c, ormc_table *table, const char *name, const bearer *fresh)
{
    const bearer *owner = ormc_table_add(table, &c->arena, name, (void *)(uintptr_t)fresh);
    if (!owner)
        c->no_memory = true;
    return owner == fresh ? NULL : owner;
}

static const char *describe(checker *c, const bearer *who)
{
    const char *text = who->of ? orm__arena_printf(&c->arena, "%s '%s' of '%s'", who->kind, who->name, who->of)
                               : orm__arena_printf(&c->arena, "%s '%s'", who->kind, who->name);
    return text ? text : who->name;
}
