/* drift_wanted.c -- what the database itself makes of a package's schema: made where nobody sees it, read, and undone.
 * SPDX-License-Identifier: MIT */
#include "drift.h"

#include "ddl.h"
#include "query_sql.h"
#include "table.h"

#include <string.h>

typedef struct scratch {
    const ormc_catalog_link *link;
    orm__arena *arena;
    ormc_snapshot snapshot;
    const char *home; /* PostgreSQL: where names are found without a schema */
    orm__text text;
    orm__text *message;
    bool failed;
} scratch;

static bool read_wanted(scratch *s, ormc_settled *wanted, const char *prefix);
static void make_all(scratch *s);
static void move_away(scratch *s);
static void move_columns(scratch *s, ormc_snapshot_column *columns, size_t count);
static void move_views(scratch *s, ormc_snapshot_view *views, size_t count);
static const char *move_sql(scratch *s, const char *sql);
static const char *moved_schema(const scratch *s, ormc_sql_word schema, ormc_sql_word name);
static bool is_meant(const scratch *s, ormc_sql_word schema, ormc_sql_word name, const char *is_schema,
                     const char *is_name);
static const char *away(scratch *s, const char *schema);
static void make_schemas(scratch *s);
static void make_schema(scratch *s, ormc_table *seen, const char *schema);
static void make_table(scratch *s, const ormc_snapshot_table *table);
static void make_comments(scratch *s, const ormc_snapshot_table *table, const char *kind);
static void make_view(scratch *s, const ormc_snapshot_view *view);
static void make_stand_in(scratch *s, const ormc_snapshot_view *view);
static void tie(scratch *s, const ormc_snapshot_table *table);
static bool is_for_now(const ormc_snapshot_table *table, const ormc_snapshot_foreign_key *key, void *user);
static void run(scratch *s);

bool ormc_drift_wanted(const ormc_package *package, const ormc_catalog_link *link, orm__arena *arena,
                       ormc_settled *wanted, orm__text *message)
{
    ormc_catalog_link memory = {.link = NULL};
    scratch s = {.link = link, .arena = arena, .message = message};
    bool postgresql = link->dialect == ORMC_POSTGRESQL;
    if (!ormc_snapshot_make(package, link->dialect, arena, &s.snapshot))
        return false;
    if (!postgresql && !ormc_catalog_open("sqlite://", arena, &memory, message)) {
        ormc_catalog_close(&memory);
        return false;
    }
    if (!postgresql)
        s.link = &memory;
    bool done = (!postgresql ||
                 (ormc_catalog_home(link, arena, &s.home, message) && ormc_catalog_run(link, "BEGIN", message))) &&
                read_wanted(&s, wanted, postgresql ? ORMC_CATALOG_SCRATCH : NULL);
    orm__text ignored = {0};
    if (postgresql)
        ormc_catalog_run(link, "ROLLBACK", &ignored);
    orm__text_release(&ignored);
    ormc_catalog_close(&memory);
    orm__text_release(&s.text);
    return done;
}

static bool read_wanted(scratch *s, ormc_settled *wanted, const char *prefix)
{
    const ormc_catalog_choice choice = {.scratch = prefix};
    ormc_catalog *catalog = orm__arena_zalloc(s->arena, 1, sizeof *catalog);
    if (prefix)
        move_away(s);
    make_all(s);
    return catalog && !s->failed && ormc_catalog_read(s->link, &choice, s->arena, catalog, s->message) &&
           ormc_settle(catalog, s->arena, wanted);
}

static void make_all(scratch *s)
{
    const ormc_snapshot *snapshot = &s->snapshot;
    bool postgresql = snapshot->dialect == ORMC_POSTGRESQL;
    if (postgresql)
        make_schemas(s);
    for (size_t i = 0; i < snapshot->enum_count && postgresql; i++) {
        const ormc_snapshot_enum *made = &snapshot->enums[i];
        ddl_put_enum(&s->text, made);
        run(s);
        if (!made->comment)
            continue;
        ddl_put_comment(&s->text, "TYPE", made->schema, made->name, NULL, made->comment);
        run(s);
    }
    for (size_t i = 0; i < snapshot->table_count; i++)
        make_table(s, &snapshot->tables[i]);
    for (size_t i = 0; i < snapshot->table_count && postgresql; i++)
        tie(s, &snapshot->tables[i]);
    for (size_t i = 0; i < snapshot->foreign_count; i++)
        make_stand_in(s, &snapshot->foreign[i]);
    for (size_t i = 0; i < snapshot->view_count; i++)
        make_view(s, &snapshot->views[i]);
}

/* Every schema gets the prefix, the one without a name is the prefix itself. */
static void move_away(scratch *s)
{
    ormc_snapshot *snapshot = &s->snapshot;
    for (size_t i = 0; i < snapshot->enum_count; i++)
        snapshot->enums[i].schema = away(s, snapshot->enums[i].schema);
    for (size_t i = 0; i < snapshot->table_count; i++) {
        ormc_snapshot_table *table = &snapshot->tables[i];
        table->schema = away(s, table->schema);
        for (size_t k = 0; k < table->foreign_key_count; k++)
            table->foreign_keys[k].schema = away(s, table->foreign_keys[k].schema);
        move_columns(s, table->columns, table->column_count);
    }
    move_views(s, snapshot->foreign, snapshot->foreign_count);
    move_views(s, snapshot->views, snapshot->view_count);
    for (size_t i = 0; i < snapshot->view_count; i++)
        snapshot->views[i].sql = move_sql(s, snapshot->views[i].sql);
}

static void move_columns(scratch *s, ormc_snapshot_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ormc_snapshot_column *column = &columns[i];
        if (!column->enum_name)
            continue;
        ddl_put_name(&s->text, away(s, column->enum_schema), column->enum_name);
        orm__text_string(&s->text, column->array ? "[]" : "");
        column->type = s->text.failed ? NULL : orm__arena_strdup(s->arena, s->text.data);
        s->failed |= !column->type;
        orm__text_clear(&s->text);
    }
}

static void move_views(scratch *s, ormc_snapshot_view *views, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        views[i].schema = away(s, views[i].schema);
        move_columns(s, views[i].columns, views[i].column_count);
    }
}

/* The SQL of a view names a schema here and there; catalog_postgresql.c takes the prefix away again. */
static const char *move_sql(scratch *s, const char *sql)
{
    const char *at = sql, *kept = sql;
    for (;;) {
        ormc_sql_word word = ormc_sql_next(&at, ORMC_POSTGRESQL);
        if (word.kind == ORMC_SQL_END)
            break;
        const char *behind = at;
        bool qualifies = word.kind == ORMC_SQL_WORD && ormc_sql_is_sign(ormc_sql_next(&behind, ORMC_POSTGRESQL), '.');
        const char *schema = qualifies ? moved_schema(s, word, ormc_sql_next(&behind, ORMC_POSTGRESQL)) : NULL;
        if (!schema)
            continue;
        orm__text_bytes(&s->text, kept, (size_t)(word.begin - kept));
        ormc_literal_sql_name(&s->text, schema);
        kept = word.end;
    }
    orm__text_string(&s->text, kept);
    const char *moved = s->text.failed ? NULL : orm__arena_strdup(s->arena, s->text.data);
    s->failed |= !moved;
    orm__text_clear(&s->text);
    return moved ? moved : "";
}

/* Where that of the package is which the two words name; NULL when there is none. */
static const char *moved_schema(const scratch *s, ormc_sql_word schema, ormc_sql_word name)
{
    const ormc_snapshot *snapshot = &s->snapshot;
    for (size_t i = 0; i < snapshot->table_count; i++)
        if (is_meant(s, schema, name, snapshot->tables[i].schema, snapshot->tables[i].name))
            return snapshot->tables[i].schema;
    for (size_t i = 0; i < snapshot->view_count; i++)
        if (is_meant(s, schema, name, snapshot->views[i].schema, snapshot->views[i].name))
            return snapshot->views[i].schema;
    for (size_t i = 0; i < snapshot->foreign_count; i++)
        if (is_meant(s, schema, name, snapshot->foreign[i].schema, snapshot->foreign[i].name))
            return snapshot->foreign[i].schema;
    for (size_t i = 0; i < snapshot->enum_count; i++)
        if (is_meant(s, schema, name, snapshot->enums[i].schema, snapshot->enums[i].name))
            return snapshot->enums[i].schema;
    return NULL;
}

static bool is_meant(const scratch *s, ormc_sql_word schema, ormc_sql_word name, const char *is_schema,
                     const char *is_name)
{
    size_t prefix = strlen(ORMC_CATALOG_SCRATCH);
    const char *was = is_schema[prefix] ? is_schema + prefix + 1 : s->home;
    return ormc_sql_names(schema, was) && ormc_sql_names(name, is_name);
}

static const char *away(scratch *s, const char *schema)
{
    const char *made = schema ? orm__arena_printf(s->arena, "%s_%s", ORMC_CATALOG_SCRATCH, schema)
                              : ORMC_CATALOG_SCRATCH;
    s->failed |= !made;
    return made ? made : ORMC_CATALOG_SCRATCH;
}

/* What the schema says without naming a schema is found there first, and then where it would be in the live one. */
static void make_schemas(scratch *s)
{
    ormc_table seen = {0};
    make_schema(s, &seen, ORMC_CATALOG_SCRATCH);
    for (size_t i = 0; i < s->snapshot.enum_count; i++)
        make_schema(s, &seen, s->snapshot.enums[i].schema);
    for (size_t i = 0; i < s->snapshot.table_count; i++)
        make_schema(s, &seen, s->snapshot.tables[i].schema);
    for (size_t i = 0; i < s->snapshot.view_count; i++)
        make_schema(s, &seen, s->snapshot.views[i].schema);
    for (size_t i = 0; i < s->snapshot.foreign_count; i++)
        make_schema(s, &seen, s->snapshot.foreign[i].schema);
    orm__text_string(&s->text, "DO $$ BEGIN PERFORM set_config('search_path', '" ORMC_CATALOG_SCRATCH
                               ", ' || current_setting('search_path'), true); END $$");
    run(s);
}

static void make_schema(scratch *s, ormc_table *seen, const char *schema)
{
    if (ormc_table_get(seen, schema))
        return;
    s->failed |= !ormc_table_add(seen, s->arena, schema, s);
    orm__text_string(&s->text, "CREATE SCHEMA ");
    ormc_literal_sql_name(&s->text, schema);
    run(s);
}

static void make_table(scratch *s, const ormc_snapshot_table *table)
{
    ddl_put_table(&s->text, &s->snapshot, table, "CREATE TABLE ", table->name, is_for_now, s);
    run(s);
    for (size_t i = 0; i < table->index_count; i++) {
        ddl_put_index(&s->text, table, &table->indexes[i], "INDEX ");
        run(s);
    }
    if (s->snapshot.dialect == ORMC_POSTGRESQL)
        make_comments(s, table, "TABLE");
}

static void make_view(scratch *s, const ormc_snapshot_view *view)
{
    const ormc_snapshot_table table = {.schema = view->schema,
                                       .name = view->name,
                                       .comment = view->comment,
                                       .columns = view->columns,
                                       .column_count = view->column_count};
    ddl_put_view(&s->text, view, "CREATE VIEW ");
    run(s);
    if (s->snapshot.dialect == ORMC_POSTGRESQL)
        make_comments(s, &table, "VIEW");
}

/* What is there already may be anything that has such columns. */
static void make_stand_in(scratch *s, const ormc_snapshot_view *view)
{
    orm__text_string(&s->text, "CREATE VIEW ");
    ddl_put_name(&s->text, view->schema, view->name);
    for (size_t i = 0; i < view->column_count; i++) {
        orm__text_printf(&s->text, "%sCAST(NULL AS %s) AS ", i ? ", " : " AS SELECT ", view->columns[i].type);
        ormc_literal_sql_name(&s->text, view->columns[i].name);
    }
    run(s);
}

static void make_comments(scratch *s, const ormc_snapshot_table *table, const char *kind)
{
    if (table->comment) {
        ddl_put_comment(&s->text, kind, table->schema, table->name, NULL, table->comment);
        run(s);
    }
    for (size_t i = 0; i < table->column_count; i++) {
        if (!table->columns[i].comment)
            continue;
        ddl_put_comment(&s->text, "COLUMN", table->schema, table->name, table->columns[i].name,
                        table->columns[i].comment);
        run(s);
    }
    for (size_t i = 0; i < table->index_count; i++) {
        if (!table->indexes[i].comment)
            continue;
        ddl_put_comment(&s->text, "INDEX", table->schema, table->indexes[i].name, NULL, table->indexes[i].comment);
        run(s);
    }
}

static void tie(scratch *s, const ormc_snapshot_table *table)
{
    for (size_t i = 0; i < table->foreign_key_count; i++) {
        orm__text_string(&s->text, "ALTER TABLE ");
        ddl_put_name(&s->text, table->schema, table->name);
        orm__text_string(&s->text, " ADD ");
        ddl_put_foreign_key(&s->text, &table->foreign_keys[i]);
        run(s);
    }
}

/* SQLite has no way to add them later, and PostgreSQL needs both tables. */
static bool is_for_now(const ormc_snapshot_table *table, const ormc_snapshot_foreign_key *key, void *user)
{
    (void)table, (void)key;
    return ((const scratch *)user)->snapshot.dialect == ORMC_SQLITE;
}

static void run(scratch *s)
{
    s->failed |= s->text.failed;
    if (!s->failed && !ormc_catalog_run(s->link, s->text.data, s->message)) {
        orm__text_string(s->message, " (while the schema was made beside the live one, to see what it comes to)");
        s->failed = true;
    }
    orm__text_clear(&s->text);
}
