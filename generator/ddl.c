/* ddl.c -- the statements that make and remove a whole schema; ddl_table.c writes each of its pieces.
 * SPDX-License-Identifier: MIT */
#include "ddl.h"

#include "table.h"

#include <string.h>

typedef struct ddl_maker {
    orm__arena *arena;
    ormc_snapshot snapshot;
    ormc_ddl *ddl;
    ormc_statements *into; /* where it goes */
    orm__text text;        /* the statement being written */
    bool failed;
} ddl_maker;

static bool make_parts(ddl_maker *maker, const ormc_package *package);
static bool find_model(ddl_maker *maker, const ormc_table *models, const char *schema, const char *name);
static const char *key_of(orm__arena *arena, const char *schema, const char *name);
static void create(ddl_maker *maker);
static void drop(ddl_maker *maker);
static void join(ddl_maker *maker);
static void add_all(ddl_maker *maker, ormc_statements *whole, const ormc_statements *part);
static bool *find_awaited(ddl_maker *maker);
static void drop_table(ddl_maker *maker, const ormc_snapshot_table *table);
static void stand_in(ddl_maker *maker, const ormc_snapshot_table *table);
static void create_schemas(ddl_maker *maker);
static void create_schema(ddl_maker *maker, ormc_table *seen, const char *schema);
static void create_enum(ddl_maker *maker, const ormc_snapshot_enum *enumeration);
static bool is_inside(const ormc_snapshot_table *table, const ormc_snapshot_foreign_key *key, void *user);
static void create_comments(ddl_maker *maker, const ormc_snapshot_table *table, const char *kind);
static void create_view(ddl_maker *maker, const ormc_snapshot_view *view);
static void tie(ddl_maker *maker, const ormc_snapshot_table *table);
static void untie(ddl_maker *maker, const ormc_snapshot_table *table);
static void begin_ignoring(ddl_maker *maker);
static void end_ignoring(ddl_maker *maker, const char *condition);
static void end_statement(ddl_maker *maker);
static bool add(ormc_statements *statements, const char *statement, orm__arena *arena);

bool ormc_ddl_make(const ormc_package *package, ormc_dialect dialect, orm__arena *arena, ormc_ddl *ddl)
{
    ddl_maker maker = {.arena = arena, .ddl = ddl};
    *ddl = (ormc_ddl){0};
    if (!ormc_snapshot_make(package, dialect, arena, &maker.snapshot) || !make_parts(&maker, package))
        return false;
    create(&maker);
    drop(&maker);
    join(&maker);
    maker.failed |= maker.text.failed;
    orm__text_release(&maker.text);
    return !maker.failed;
}

/* One for each enum, table and view, still without statements. */
static bool make_parts(ddl_maker *maker, const ormc_package *package)
{
    ormc_ddl *ddl = maker->ddl;
    const ormc_snapshot *snapshot = &maker->snapshot;
    bool postgresql = snapshot->dialect == ORMC_POSTGRESQL;
    ormc_table models = {0};
    ddl->enum_count = package->enum_count;
    size_t count = snapshot->table_count + snapshot->view_count + snapshot->foreign_count;
    ddl->enums = orm__arena_zalloc(maker->arena, ddl->enum_count + 1, sizeof *ddl->enums);
    ddl->tables = orm__arena_zalloc(maker->arena, count + 1, sizeof *ddl->tables);
    if (!ddl->enums || !ddl->tables)
        return false;
    for (size_t i = 0; i < ddl->enum_count; i++)
        ddl->enums[i].enumeration = package->enums[i];
    for (size_t i = 0; i < package->model_count; i++) {
        const ormc_model *model = package->models[i];
        const char *key = model->abstract ? ""
                          : postgresql    ? key_of(maker->arena, model->schema, model->table)
                                          : model->sqlite_table;
        if (!key || (*key && !ormc_table_add(&models, maker->arena, key, (void *)(uintptr_t)model)))
            return false;
    }
    bool found = true;
    for (size_t i = 0; i < snapshot->table_count; i++)
        found = found && find_model(maker, &models, snapshot->tables[i].schema, snapshot->tables[i].name);
    for (size_t i = 0; i < snapshot->view_count; i++)
        found = found && find_model(maker, &models, snapshot->views[i].schema, snapshot->views[i].name);
    for (size_t i = 0; i < snapshot->foreign_count; i++)
        found = found && find_model(maker, &models, snapshot->foreign[i].schema, snapshot->foreign[i].name);
    return found;
}

static bool find_model(ddl_maker *maker, const ormc_table *models, const char *schema, const char *name)
{
    const char *key = key_of(maker->arena, schema, name);
    ormc_ddl_table *part = &maker->ddl->tables[maker->ddl->table_count++];
    part->model = key ? ormc_table_get(models, key) : NULL;
    return part->model;
}

/* A name has no zero byte, and none has this one. */
static const char *key_of(orm__arena *arena, const char *schema, const char *name)
{
    return schema ? orm__arena_printf(arena, "%s\xff%s", schema, name) : name;
}

static void create(ddl_maker *maker)
{
    const ormc_snapshot *snapshot = &maker->snapshot;
    bool postgresql = snapshot->dialect == ORMC_POSTGRESQL;
    if (postgresql)
        create_schemas(maker);
    for (size_t i = 0; postgresql && i < snapshot->enum_count; i++) {
        maker->into = &maker->ddl->enums[i].create;
        create_enum(maker, &snapshot->enums[i]);
    }
    for (size_t i = 0; i < snapshot->table_count; i++) {
        const ormc_snapshot_table *table = &snapshot->tables[i];
        maker->into = &maker->ddl->tables[i].create;
        ddl_put_table(&maker->text, snapshot, table, "CREATE TABLE IF NOT EXISTS ", table->name, is_inside, maker);
        end_statement(maker);
        for (size_t k = 0; k < table->index_count; k++) {
            ddl_put_index(&maker->text, table, &table->indexes[k], "INDEX IF NOT EXISTS ");
            end_statement(maker);
        }
        if (postgresql)
            create_comments(maker, table, "TABLE");
        if (table->distribute_by) {
            ddl_put_distribution(&maker->text, table);
            end_statement(maker);
        }
        maker->into = &maker->ddl->tables[i].tie;
        tie(maker, table);
    }
    for (size_t i = 0; i < snapshot->view_count; i++) {
        maker->into = &maker->ddl->tables[snapshot->table_count + i].create;
        create_view(maker, &snapshot->views[i]);
    }
}

/* PostgreSQL has no CREATE VIEW IF NOT EXISTS. */
static void create_view(ddl_maker *maker, const ormc_snapshot_view *view)
{
    if (maker->snapshot.dialect == ORMC_SQLITE) {
        ddl_put_view(&maker->text, view, "CREATE VIEW IF NOT EXISTS ");
        end_statement(maker);
        return;
    }
    begin_ignoring(maker);
    ddl_put_view(&maker->text, view, "CREATE VIEW ");
    end_ignoring(maker, "duplicate_table");
    const ormc_snapshot_table table = {.schema = view->schema,
                                       .name = view->name,
                                       .comment = view->comment,
                                       .columns = view->columns,
                                       .column_count = view->column_count};
    create_comments(maker, &table, "VIEW");
}

/* Each once. They stay when everything is dropped: others may have put something there. */
static void create_schemas(ddl_maker *maker)
{
    ormc_table seen = {0};
    maker->into = &maker->ddl->schemas;
    for (size_t i = 0; i < maker->snapshot.enum_count; i++)
        create_schema(maker, &seen, maker->snapshot.enums[i].schema);
    for (size_t i = 0; i < maker->snapshot.table_count; i++)
        create_schema(maker, &seen, maker->snapshot.tables[i].schema);
    for (size_t i = 0; i < maker->snapshot.view_count; i++)
        create_schema(maker, &seen, maker->snapshot.views[i].schema);
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
static void create_enum(ddl_maker *maker, const ormc_snapshot_enum *enumeration)
{
    begin_ignoring(maker);
    ddl_put_enum(&maker->text, enumeration);
    end_ignoring(maker, "duplicate_object");
    if (!enumeration->comment)
        return;
    ddl_put_comment(&maker->text, "TYPE", enumeration->schema, enumeration->name, NULL, enumeration->comment);
    end_statement(maker);
}

/* Whether the table that the key refers to stands no later than the table itself. A distributed table has its keys
 * once it is that: they may lead to other such tables only then. */
static bool is_inside(const ormc_snapshot_table *table, const ormc_snapshot_foreign_key *key, void *user)
{
    const ormc_snapshot *snapshot = &((const ddl_maker *)user)->snapshot;
    return snapshot->dialect == ORMC_SQLITE ||
           (!table->distribute_by && ormc_snapshot_find_table(snapshot, key->schema, key->table) <= table);
}

static void create_comments(ddl_maker *maker, const ormc_snapshot_table *table, const char *kind)
{
    if (table->comment) {
        ddl_put_comment(&maker->text, kind, table->schema, table->name, NULL, table->comment);
        end_statement(maker);
    }
    for (size_t i = 0; i < table->column_count; i++) {
        const ormc_snapshot_column *column = &table->columns[i];
        if (!column->comment)
            continue;
        ddl_put_comment(&maker->text, "COLUMN", table->schema, table->name, column->name, column->comment);
        end_statement(maker);
    }
    for (size_t i = 0; i < table->index_count; i++) {
        const ormc_snapshot_index *index = &table->indexes[i];
        if (!index->comment)
            continue;
        ddl_put_comment(&maker->text, "INDEX", table->schema, index->name, NULL, index->comment);
        end_statement(maker);
    }
}

/* Foreign keys to tables that come later. */
static void tie(ddl_maker *maker, const ormc_snapshot_table *table)
{
    for (size_t i = 0; i < table->foreign_key_count; i++) {
        if (is_inside(table, &table->foreign_keys[i], maker))
            continue;
        begin_ignoring(maker);
        orm__text_string(&maker->text, "ALTER TABLE ");
        ddl_put_name(&maker->text, table->schema, table->name);
        orm__text_string(&maker->text, " ADD ");
        ddl_put_foreign_key(&maker->text, &table->foreign_keys[i]);
        end_ignoring(maker, "duplicate_object");
    }
}

static void drop(ddl_maker *maker)
{
    const ormc_snapshot *snapshot = &maker->snapshot;
    bool *awaited = find_awaited(maker);
    for (size_t i = 0; awaited && i < snapshot->table_count; i++) {
        const ormc_snapshot_table *table = &snapshot->tables[i];
        ormc_ddl_table *part = &maker->ddl->tables[i];
        maker->into = &part->untie;
        untie(maker, table);
        maker->into = &part->drop;
        drop_table(maker, table);
        if (!awaited[i])
            continue;
        stand_in(maker, table);
        maker->into = &part->clear;
        drop_table(maker, table);
    }
    for (size_t i = 0; i < snapshot->view_count; i++) {
        maker->into = &maker->ddl->tables[snapshot->table_count + i].drop;
        orm__text_string(&maker->text, "DROP VIEW IF EXISTS ");
        ddl_put_name(&maker->text, snapshot->views[i].schema, snapshot->views[i].name);
        end_statement(maker);
    }
    for (size_t i = 0; snapshot->dialect == ORMC_POSTGRESQL && i < snapshot->enum_count; i++) {
        maker->into = &maker->ddl->enums[i].drop;
        orm__text_string(&maker->text, "DROP TYPE IF EXISTS ");
        ddl_put_name(&maker->text, snapshot->enums[i].schema, snapshot->enums[i].name);
        end_statement(maker);
    }
}

/* On SQLite: those that tables refer to that are dropped after them; NULL when memory is gone. */
static bool *find_awaited(ddl_maker *maker)
{
    const ormc_snapshot *snapshot = &maker->snapshot;
    bool *awaited = orm__arena_zalloc(maker->arena, snapshot->table_count + 1, sizeof *awaited);
    maker->failed |= !awaited;
    for (size_t i = 0; awaited && snapshot->dialect == ORMC_SQLITE && i < snapshot->table_count; i++)
        for (size_t k = 0; k < snapshot->tables[i].foreign_key_count; k++) {
            const ormc_snapshot_foreign_key *key = &snapshot->tables[i].foreign_keys[k];
            const ormc_snapshot_table *target = ormc_snapshot_find_table(snapshot, key->schema, key->table);
            if (target && target > &snapshot->tables[i])
                awaited[target - snapshot->tables] = true;
        }
    return awaited;
}

static void drop_table(ddl_maker *maker, const ormc_snapshot_table *table)
{
    orm__text_string(&maker->text, "DROP TABLE IF EXISTS ");
    ddl_put_name(&maker->text, table->schema, table->name);
    end_statement(maker);
}

/* A table of the key alone, for as long as tables are left that refer to it: SQLite deletes their rows only while
 * all that they refer to is there. */
static void stand_in(ddl_maker *maker, const ormc_snapshot_table *table)
{
    orm__text *text = &maker->text;
    const ormc_names *key = &table->primary_key->columns;
    orm__text_string(text, "CREATE TABLE ");
    ddl_put_name(text, table->schema, table->name);
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < key->count; i++) {
            orm__text_string(text, i ? ", " : round ? ", PRIMARY KEY (" : " (");
            ormc_literal_sql_name(text, key->items[i]);
        }
    orm__text_string(text, "))");
    end_statement(maker);
}

static void untie(ddl_maker *maker, const ormc_snapshot_table *table)
{
    for (size_t i = 0; i < table->foreign_key_count; i++) {
        if (is_inside(table, &table->foreign_keys[i], maker))
            continue;
        orm__text_string(&maker->text, "ALTER TABLE IF EXISTS ");
        ddl_put_name(&maker->text, table->schema, table->name);
        orm__text_string(&maker->text, " DROP CONSTRAINT IF EXISTS ");
        ormc_literal_sql_name(&maker->text, table->foreign_keys[i].name);
        end_statement(maker);
    }
}

static void begin_ignoring(ddl_maker *maker)
{
    orm__text_string(&maker->text, "DO $ormc$ BEGIN\n    ");
}

static void end_ignoring(ddl_maker *maker, const char *condition)
{
    orm__text_printf(&maker->text, ";\nEXCEPTION WHEN %s THEN NULL;\nEND $ormc$", condition);
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
        maker->failed |= !add(whole, part->items[i], maker->arena);
}

static void end_statement(ddl_maker *maker)
{
    maker->failed |= !ddl_add_statement(maker->into, &maker->text, maker->arena);
}

bool ddl_add_statement(ormc_statements *statements, orm__text *text, orm__arena *arena)
{
    const char *statement = text->failed ? NULL : orm__arena_copy(arena, text->data, text->length);
    orm__text_clear(text);
    if (statement && add(statements, statement, arena))
        return true;
    *statements = (ormc_statements){0};
    return false;
}

/* Room doubles. */
static bool add(ormc_statements *statements, const char *statement, orm__arena *arena)
{
    size_t count = statements->count;
    if ((count & (count - 1)) == 0) {
        const char **items = orm__arena_zalloc(arena, count ? 2 * count : 1, sizeof *items);
        if (!items)
            return false;
        if (count)
            memcpy(items, statements->items, count * sizeof *items);
        statements->items = items;
    }
    statements->items[statements->count++] = statement;
    return true;
}
