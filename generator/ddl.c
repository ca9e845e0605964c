/* ddl.c -- orders tables and writes the statements around them; ddl_table.c writes what stands inside a table.
 * SPDX-License-Identifier: MIT */
#include "ddl_table.h"

#include <string.h>

static bool prepare(ddl_maker *maker, const ormc_package *package);
static void reserve_names(ddl_maker *maker);
static void visit(ddl_maker *maker, ddl_table *table);
static bool make_parts(ddl_maker *maker);
static void create(ddl_maker *maker);
static void drop(ddl_maker *maker);
static void join(ddl_maker *maker);
static void add_all(ddl_maker *maker, ormc_statements *whole, const ormc_statements *part);
static void untie(ddl_maker *maker, const ddl_table *table);
static void find_awaited(ddl_maker *maker);
static void drop_table(ddl_maker *maker, const ormc_model *model);
static void stand_in(ddl_maker *maker, const ormc_model *model);
static void create_schemas(ddl_maker *maker);
static void create_schema(ddl_maker *maker, ormc_table *seen, const char *schema);
static void create_enum(ddl_maker *maker, const ormc_enum *enumeration);
static const char *index_name(ddl_maker *maker, const ormc_model *model, const ormc_index *index);
static void create_index(ddl_maker *maker, const ormc_model *model, const ormc_index *index);
static void put_included(ddl_maker *maker, const ormc_index *index);
static void put_comment(ddl_maker *maker, const char *doc);
static void create_comments(ddl_maker *maker, const ormc_model *model);
static void tie(ddl_maker *maker, const ddl_table *table);
static void begin_ignoring_duplicates(ddl_maker *maker);
static void end_ignoring_duplicates(ddl_maker *maker);
static void end_statement(ddl_maker *maker);
static bool add(ddl_maker *maker, ormc_statements *statements, const char *statement);

bool ormc_ddl_make(const ormc_package *package, ormc_dialect dialect, orm__arena *arena, ormc_ddl *ddl)
{
    ddl_maker maker = {.arena = arena, .dialect = dialect, .ddl = ddl};
    *ddl = (ormc_ddl){0};
    if (prepare(&maker, package) && make_parts(&maker)) {
        create(&maker);
        drop(&maker);
        join(&maker);
    }
    maker.failed |= maker.text.failed;
    orm__text_release(&maker.text);
    return !maker.failed;
}

static bool prepare(ddl_maker *maker, const ormc_package *package)
{
    maker->package = package;
    maker->tables = orm__arena_zalloc(maker->arena, package->model_count, sizeof *maker->tables);
    maker->order = orm__arena_zalloc(maker->arena, package->model_count, sizeof *maker->order);
    if (!maker->tables || !maker->order) {
        maker->failed = true;
        return false;
    }
    for (size_t i = 0; i < package->model_count; i++) {
        if (package->models[i]->abstract)
            continue;
        ddl_table *table = &maker->tables[maker->table_count++];
        table->model = package->models[i];
        maker->failed |= !ormc_table_add(&maker->by_model, maker->arena, table->model->name, table);
    }
    if (maker->failed)
        return false;
    reserve_names(maker);
    for (size_t i = 0; i < maker->table_count; i++)
        visit(maker, &maker->tables[i]);
    return !maker->failed;
}

/* Names that the schema itself gives are nobody else's. */
static void reserve_names(ddl_maker *maker)
{
    for (size_t i = 0; i < maker->table_count; i++) {
        const ormc_model *model = maker->tables[i].model;
        ddl_reserve_name(maker, model, ddl_table_name(maker, model));
        for (size_t k = 0; k < model->index_count; k++)
            ddl_reserve_name(maker, model, model->indexes[k].name);
        for (size_t k = 0; k < model->rule_count; k++)
            if (model->rules[k].name)
                ddl_reserve_name(maker, model, model->rules[k].name);
    }
}

/* Depth first: what a table refers to stands before it, unless that leads back to itself. */
static void visit(ddl_maker *maker, ddl_table *table)
{
    if (table->visited)
        return;
    table->visited = true;
    for (size_t i = 0; i < table->model->relation_count; i++)
        if (table->model->relations[i].owning)
            visit(maker, ddl_table_of(maker, table->model->relations[i].target));
    table->position = maker->order_count;
    maker->order[maker->order_count++] = table;
}

/* One for each enum and table, still without statements. */
static bool make_parts(ddl_maker *maker)
{
    ormc_ddl *ddl = maker->ddl;
    ddl->enum_count = maker->package->enum_count;
    ddl->table_count = maker->order_count;
    ddl->enums = orm__arena_zalloc(maker->arena, ddl->enum_count, sizeof *ddl->enums);
    ddl->tables = orm__arena_zalloc(maker->arena, ddl->table_count, sizeof *ddl->tables);
    maker->failed |= !ddl->enums || !ddl->tables;
    if (maker->failed)
        return false;
    for (size_t i = 0; i < ddl->enum_count; i++)
        ddl->enums[i].enumeration = maker->package->enums[i];
    for (size_t i = 0; i < ddl->table_count; i++)
        ddl->tables[i].model = maker->order[i]->model;
    return true;
}

static void create(ddl_maker *maker)
{
    bool postgresql = maker->dialect == ORMC_POSTGRESQL;
    if (postgresql)
        create_schemas(maker);
    for (size_t i = 0; postgresql && i < maker->package->enum_count; i++) {
        maker->into = &maker->ddl->enums[i].create;
        create_enum(maker, maker->package->enums[i]);
    }
    for (size_t i = 0; i < maker->order_count; i++) {
        const ormc_model *model = maker->order[i]->model;
        maker->into = &maker->ddl->tables[i].create;
        ddl_put_table(maker, maker->order[i]);
        end_statement(maker);
        for (size_t k = 0; k < model->index_count; k++)
            create_index(maker, model, &model->indexes[k]);
        if (postgresql)
            create_comments(maker, model);
        maker->into = &maker->ddl->tables[i].tie;
        tie(maker, maker->order[i]);
    }
}

/* Each once. They stay when everything is dropped: others may have put something there. */
static void create_schemas(ddl_maker *maker)
{
    ormc_table seen = {0};
    maker->into = &maker->ddl->schemas;
    for (size_t i = 0; i < maker->package->enum_count; i++)
        create_schema(maker, &seen, maker->package->enums[i]->schema);
    for (size_t i = 0; i < maker->table_count; i++)
        create_schema(maker, &seen, maker->tables[i].model->schema);
}

static void create_schema(ddl_maker *maker, ormc_table *seen, const char *schema)
{
    if (!schema || ormc_table_get(seen, schema))
        return;
    maker->failed |= !ormc_table_add(seen, maker->arena, schema, maker);
    orm__text_string(&maker->text, "CREATE SCHEMA IF NOT EXISTS ");
    ormc_literal_sql_name(&maker->text, schema);
    end_statement(maker);
}

/* PostgreSQL has no CREATE TYPE IF NOT EXISTS. */
static void create_enum(ddl_maker *maker, const ormc_enum *enumeration)
{
    begin_ignoring_duplicates(maker);
    orm__text_string(&maker->text, "CREATE TYPE ");
    ddl_put_enum_name(maker, enumeration);
    orm__text_string(&maker->text, " AS ENUM ");
    ddl_put_enum_values(maker, enumeration);
    end_ignoring_duplicates(maker);
    if (!enumeration->doc)
        return;
    orm__text_string(&maker->text, "COMMENT ON TYPE ");
    ddl_put_enum_name(maker, enumeration);
    put_comment(maker, enumeration->doc);
}

/* SQLite has no INCLUDE: what it would carry becomes part of the key, unless the key is unique without it. */
static void put_included(ddl_maker *maker, const ormc_index *index)
{
    orm__text *text = &maker->text;
    if (maker->dialect == ORMC_SQLITE && index->unique)
        return;
    for (size_t i = 0; i < index->include_count; i++) {
        orm__text_string(text, maker->dialect == ORMC_SQLITE || i ? ", " : ") INCLUDE (");
        ormc_literal_sql_name(text, index->include[i]->column);
    }
}

static void put_comment(ddl_maker *maker, const char *doc)
{
    orm__text_string(&maker->text, " IS ");
    ormc_literal_sql_string(&maker->text, doc);
    end_statement(maker);
}

static void begin_ignoring_duplicates(ddl_maker *maker)
{
    orm__text_string(&maker->text, "DO $ormc$ BEGIN\n    ");
}

static void end_ignoring_duplicates(ddl_maker *maker)
{
    orm__text_string(&maker->text, ";\nEXCEPTION WHEN duplicate_object THEN NULL;\nEND $ormc$");
    end_statement(maker);
}

static void create_index(ddl_maker *maker, const ormc_model *model, const ormc_index *index)
{
    orm__text *text = &maker->text;
    orm__text_printf(text, "CREATE %sINDEX IF NOT EXISTS ", index->unique ? "UNIQUE " : "");
    ormc_literal_sql_name(text, index_name(maker, model, index));
    orm__text_string(text, " ON ");
    ddl_put_table_name(maker, model);
    orm__text_string(text, " (");
    for (size_t i = 0; i < index->column_count; i++) {
        orm__text_string(text, i ? ", " : "");
        ormc_literal_sql_name(text, index->columns[i].column->column);
        orm__text_string(text, index->columns[i].descending ? " DESC" : "");
    }
    if (index->expression.text[0])
        orm__text_printf(text, "(%s)", index->expression.text[maker->dialect]);
    put_included(maker, index);
    orm__text_char(text, ')');
    if (index->where.text[0])
        orm__text_printf(text, " WHERE %s", index->where.text[maker->dialect]);
    end_statement(maker);
}

/* SQLite's indexes share one space of names, and its tables have no schemas. */
static const char *index_name(ddl_maker *maker, const ormc_model *model, const ormc_index *index)
{
    if (maker->dialect == ORMC_POSTGRESQL || !model->schema)
        return index->name;
    const char *name = orm__arena_printf(maker->arena, "%s_%s", model->schema, index->name);
    maker->failed |= !name;
    return name ? name : "";
}

static void create_comments(ddl_maker *maker, const ormc_model *model)
{
    orm__text *text = &maker->text;
    if (model->doc) {
        orm__text_string(text, "COMMENT ON TABLE ");
        ddl_put_table_name(maker, model);
        put_comment(maker, model->doc);
    }
    for (size_t i = 0; i < model->column_count; i++) {
        if (!model->columns[i].doc)
            continue;
        orm__text_string(text, "COMMENT ON COLUMN ");
        ddl_put_table_name(maker, model);
        orm__text_char(text, '.');
        ormc_literal_sql_name(text, model->columns[i].column);
        put_comment(maker, model->columns[i].doc);
    }
    for (size_t i = 0; i < model->index_count; i++) {
        if (!model->indexes[i].doc)
            continue;
        orm__text_string(text, "COMMENT ON INDEX ");
        ddl_put_in_schema(maker, model->schema, model->indexes[i].name);
        put_comment(maker, model->indexes[i].doc);
    }
}

/* Foreign keys to tables that come later. */
static void tie(ddl_maker *maker, const ddl_table *table)
{
    for (size_t i = 0; i < table->model->relation_count; i++) {
        if (!ddl_is_tied_later(maker, table, &table->model->relations[i]))
            continue;
        begin_ignoring_duplicates(maker);
        orm__text_string(&maker->text, "ALTER TABLE ");
        ddl_put_table_name(maker, table->model);
        orm__text_string(&maker->text, " ADD ");
        ddl_put_foreign_key(maker, table, i);
        end_ignoring_duplicates(maker);
    }
}

static void drop(ddl_maker *maker)
{
    find_awaited(maker);
    for (size_t i = 0; i < maker->order_count; i++) {
        const ddl_table *table = maker->order[i];
        ormc_ddl_table *part = &maker->ddl->tables[i];
        maker->into = &part->untie;
        untie(maker, table);
        maker->into = &part->drop;
        drop_table(maker, table->model);
        if (!table->awaited)
            continue;
        stand_in(maker, table->model);
        maker->into = &part->clear;
        drop_table(maker, table->model);
    }
    for (size_t i = 0; maker->dialect == ORMC_POSTGRESQL && i < maker->package->enum_count; i++) {
        maker->into = &maker->ddl->enums[i].drop;
        orm__text_string(&maker->text, "DROP TYPE IF EXISTS ");
        ddl_put_enum_name(maker, maker->package->enums[i]);
        end_statement(maker);
    }
}

static void untie(ddl_maker *maker, const ddl_table *table)
{
    orm__text *text = &maker->text;
    for (size_t i = 0; i < table->model->relation_count; i++) {
        if (!ddl_is_tied_later(maker, table, &table->model->relations[i]))
            continue;
        orm__text_string(text, "ALTER TABLE IF EXISTS ");
        ddl_put_table_name(maker, table->model);
        orm__text_string(text, " DROP CONSTRAINT IF EXISTS ");
        ormc_literal_sql_name(text, table->foreign_keys[i]);
        end_statement(maker);
    }
}

/* On SQLite: those that tables refer to that are dropped after them. */
static void find_awaited(ddl_maker *maker)
{
    for (size_t i = 0; maker->dialect == ORMC_SQLITE && i < maker->order_count; i++) {
        const ormc_model *model = maker->order[i]->model;
        for (size_t k = 0; k < model->relation_count; k++) {
            ddl_table *target = model->relations[k].owning ? ddl_table_of(maker, model->relations[k].target) : NULL;
            if (target && target->position > i)
                target->awaited = true;
        }
    }
}

static void drop_table(ddl_maker *maker, const ormc_model *model)
{
    orm__text_string(&maker->text, "DROP TABLE IF EXISTS ");
    ddl_put_table_name(maker, model);
    end_statement(maker);
}

/* A table of the key alone, for as long as tables are left that refer to it: SQLite deletes their rows only while all that
 * they refer to is there. */
static void stand_in(ddl_maker *maker, const ormc_model *model)
{
    orm__text *text = &maker->text;
    orm__text_string(text, "CREATE TABLE ");
    ddl_put_table_name(maker, model);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < model->primary_key_count; i++) {
            orm__text_string(text, i ? ", " : round ? ", PRIMARY KEY (" : " (");
            ormc_literal_sql_name(text, model->primary_key[i]->column);
        }
    orm__text_string(text, "))");
    end_statement(maker);
}

/* The order that runtime/engine/schema.c keeps, too. */
static void join(ddl_maker *maker)
{
    ormc_ddl *ddl = maker->ddl;
    add_all(maker, &ddl->create, &ddl->schemas);
    for (size_t i = 0; i < ddl->enum_count; i++)
        add_all(maker, &ddl->create, &ddl->enums[i].create);
    for (size_t i = 0; i < ddl->table_count; i++)
        add_all(maker, &ddl->create, &ddl->tables[i].create);
    for (size_t i = 0; i < ddl->table_count; i++)
        add_all(maker, &ddl->create, &ddl->tables[i].tie);
    for (size_t i = 0; i < ddl->table_count; i++)
        add_all(maker, &ddl->drop, &ddl->tables[i].untie);
    for (size_t i = ddl->table_count; i-- > 0;)
        add_all(maker, &ddl->drop, &ddl->tables[i].drop);
    for (size_t i = ddl->table_count; i-- > 0;)
        add_all(maker, &ddl->drop, &ddl->tables[i].clear);
    for (size_t i = ddl->enum_count; i-- > 0;)
        add_all(maker, &ddl->drop, &ddl->enums[i].drop);
}

static void add_all(ddl_maker *maker, ormc_statements *whole, const ormc_statements *part)
{
    for (size_t i = 0; i < part->count; i++)
        maker->failed |= !add(maker, whole, part->items[i]);
}

/* Moves the text into the list. */
static void end_statement(ddl_maker *maker)
{
    orm__text *text = &maker->text;
    const char *statement = text->failed ? NULL : orm__arena_copy(maker->arena, text->data, text->length);
    maker->failed |= !statement || !add(maker, maker->into, statement);
    orm__text_clear(text);
}

/* Room doubles. */
static bool add(ddl_maker *maker, ormc_statements *statements, const char *statement)
{
    size_t count = statements->count;
    if ((count & (count - 1)) == 0) {
        const char **items = orm__arena_zalloc(maker->arena, count ? 2 * count : 1, sizeof *items);
        if (!items)
            return false;
        if (count)
            memcpy(items, statements->items, count * sizeof *items);
        statements->items = items;
    }
    statements->items[statements->count++] = statement;
    return true;
}
