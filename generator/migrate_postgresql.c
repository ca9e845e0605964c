/* migrate_postgresql.c -- the steps of PostgreSQL, the gentle way: what must read a whole table does so without barring
 * writers.
 *
 * Tables, columns, enums and comments are here; constraints and indexes in migrate_constraints.c.
 * SPDX-License-Identifier: MIT */
#include "migrate_postgresql.h"

#include <string.h>

enum { LONGEST_NAME = 63 };

static void make_schemas(planner *p);
static void make_schema(planner *p, const char *schema, ormc_names *made);
static bool uses_schema(const ormc_snapshot *snapshot, const char *schema);
static void rename_all(planner *p);
static void rename_table(planner *p, const ormc_rename *rename);
static void move(planner *p, const char *kind, const ormc_rename *rename);
static void rename_sequences(planner *p);
static void change_enums(planner *p);
static void create_enum(planner *p, const ormc_snapshot_enum *to);
static void add_values(planner *p, const ormc_snapshot_enum *base, const ormc_snapshot_enum *to);
static void remake_enum(planner *p, const ormc_snapshot_enum *to);
static void create_table(planner *p, const ormc_snapshot_table *table);
static bool is_inside(const ormc_snapshot_table *table, const ormc_snapshot_foreign_key *key, void *user);
static void change_columns(planner *p, const plan_pair *pair);
static void add_column(planner *p, const plan_pair *pair, size_t column);
static void remove_column(planner *p, const plan_pair *pair, size_t column);
static void retype_column(planner *p, const plan_pair *pair, size_t column);
static void put_conversion(planner *p, const ormc_snapshot_column *was, const ormc_snapshot_column *is);
static void change_default(planner *p, const plan_pair *pair, size_t column);
static void change_identity(planner *p, const plan_pair *pair, size_t column);
static void change_null(planner *p, const plan_pair *pair, size_t column);
static void alter_column(planner *p, const plan_pair *pair, size_t column, const char *what);
static void drop_columns(planner *p, const plan_pair *pair);
static void drop_tables(planner *p);
static void drop_enums(planner *p);
static void drop_schemas(planner *p);
static void drop_schema(planner *p, const char *schema, ormc_names *gone);
static void change_comments(planner *p, const plan_pair *pair);
static void distribute_anew(planner *p, const plan_pair *pair);
static void comment(planner *p, const char *kind, const char *schema, const char *name, const char *column,
                    const char *was, const char *is);

void ormc_plan_postgresql(planner *p)
{
    make_schemas(p);
    rename_all(p);
    change_enums(p);
    for (size_t i = 0; i < p->to->table_count && !p->failed; i++) {
        plan_pair pair;
        if (plan_pair_of(p, &p->to->tables[i], &pair)) {
            change_columns(p, &pair);
            drop_columns(p, &pair);
            change_comments(p, &pair);
            distribute_anew(p, &pair);
        } else {
            create_table(p, &p->to->tables[i]);
        }
    }
    plan_change_constraints(p);
    drop_tables(p);
    drop_enums(p);
    drop_schemas(p);
}

static void make_schemas(planner *p)
{
    size_t most = p->to->enum_count + p->to->table_count + p->to->view_count;
    ormc_names made = {orm__arena_zalloc(p->arena, most, sizeof(char *)), 0};
    p->failed |= !made.items;
    for (size_t i = 0; !p->failed && i < p->to->enum_count; i++)
        make_schema(p, p->to->enums[i].schema, &made);
    for (size_t i = 0; !p->failed && i < p->to->table_count; i++)
        make_schema(p, p->to->tables[i].schema, &made);
    for (size_t i = 0; !p->failed && i < p->to->view_count; i++)
        make_schema(p, p->to->views[i].schema, &made);
}

static void make_schema(planner *p, const char *schema, ormc_names *made)
{
    if (!schema || plan_names_hold(made, schema) || uses_schema(p->from, schema))
        return;
    made->items[made->count++] = schema;
    plan_begin(p, PLAN_SCHEMAS, NULL, "create schema \"%s\"", schema);
    orm__text_string(&p->text, "CREATE SCHEMA IF NOT EXISTS ");
    ormc_literal_sql_name(&p->text, schema);
    plan_end_statement(p);
}

static bool uses_schema(const ormc_snapshot *snapshot, const char *schema)
{
    for (size_t i = 0; i < snapshot->enum_count; i++)
        if (ormc_same(snapshot->enums[i].schema, schema))
            return true;
    for (size_t i = 0; i < snapshot->table_count; i++)
        if (ormc_same(snapshot->tables[i].schema, schema))
            return true;
    for (size_t i = 0; i < snapshot->view_count; i++)
        if (ormc_same(snapshot->views[i].schema, schema))
            return true;
    return false;
}

static void rename_all(planner *p)
{
    for (size_t i = 0; i < p->renames->count; i++) {
        const ormc_rename *r = &p->renames->items[i];
        switch (r->kind) {
        case ORMC_RENAME_ENUM:
            plan_begin(p, PLAN_RENAME, NULL, "rename enum \"%s\" to \"%s\"", r->from, r->to);
            move(p, "TYPE", r);
            break;
        case ORMC_RENAME_VALUE:
            plan_begin(p, PLAN_RENAME, NULL, "rename value '%s' of enum \"%s\" to '%s'", r->inner_from, r->to,
                       r->inner_to);
            orm__text_printf(&p->text, "ALTER TYPE %s RENAME VALUE ", plan_quoted(p, r->to_schema, r->to));
            ormc_literal_sql_string(&p->text, r->inner_from);
            orm__text_string(&p->text, " TO ");
            ormc_literal_sql_string(&p->text, r->inner_to);
            plan_end_statement(p);
            break;
        case ORMC_RENAME_TABLE:
            rename_table(p, r);
            break;
        case ORMC_RENAME_COLUMN:
            plan_begin(p, PLAN_RENAME, PLAN_LOCK_MOMENT, "rename column \"%s\" of \"%s\" to \"%s\"", r->inner_from,
                       r->to, r->inner_to);
            orm__text_printf(&p->text, "ALTER TABLE %s RENAME COLUMN %s TO %s", plan_quoted(p, r->to_schema, r->to),
                             plan_quoted(p, NULL, r->inner_from), plan_quoted(p, NULL, r->inner_to));
            plan_end_statement(p);
            break;
        }
    }
    rename_sequences(p);
}

static void rename_table(planner *p, const ormc_rename *rename)
{
    plan_begin(p, PLAN_RENAME, PLAN_LOCK_MOMENT, "rename table \"%s\" to \"%s\"", rename->from, rename->to);
    move(p, "TABLE", rename);
}

static void move(planner *p, const char *kind, const ormc_rename *rename)
{
    if (strcmp(rename->from, rename->to) != 0) {
        orm__text_printf(&p->text, "ALTER %s %s RENAME TO %s", kind, plan_quoted(p, rename->from_schema, rename->from),
                         plan_quoted(p, NULL, rename->to));
        plan_end_statement(p);
    }
    if (!ormc_same(rename->from_schema, rename->to_schema)) {
        orm__text_printf(&p->text, "ALTER %s %s SET SCHEMA %s", kind, plan_quoted(p, rename->from_schema, rename->to),
                         plan_quoted(p, NULL, rename->to_schema ? rename->to_schema : "public"));
        plan_end_statement(p);
    }
}

/* PostgreSQL names the sequence of a column after table and column, and leaves the name when these get new ones. */
static void rename_sequences(planner *p)
{
    for (size_t i = 0; i < p->to->table_count; i++) {
        const ormc_snapshot_table *to = &p->to->tables[i], *from = plan_from_table(p, to);
        for (size_t k = 0; from && k < to->column_count; k++) {
            const ormc_snapshot_column *is = &to->columns[k],
                                       *was = ormc_snapshot_find_column(from, plan_from_column(p, to, is->name));
            if (!was || !was->identity || !is->identity)
                continue;
            const char *old = plan_printf(p, "%s_%s_seq", from->name, was->name);
            const char *new = plan_printf(p, "%s_%s_seq", to->name, is->name);
            if (strcmp(old, new) == 0 || strlen(old) > LONGEST_NAME || strlen(new) > LONGEST_NAME)
                continue;
            plan_begin(p, PLAN_RENAME, NULL, "rename sequence \"%s\" to \"%s\"", old, new);
            orm__text_printf(&p->text, "ALTER SEQUENCE IF EXISTS %s RENAME TO %s", plan_quoted(p, to->schema, old),
                             plan_quoted(p, NULL, new));
            plan_end_statement(p);
        }
    }
}

static void change_enums(planner *p)
{
    for (size_t i = 0; i < p->to->enum_count; i++) {
        const ormc_snapshot_enum *to = &p->to->enums[i], *base = plan_enum_base(p, to);
        const ormc_snapshot_column like = {.enum_schema = to->schema, .enum_name = to->name};
        if (!base) {
            create_enum(p, to);
            continue;
        }
        if (plan_enum_remade(p, &like))
            remake_enum(p, to);
        else
            add_values(p, base, to);
        comment(p, "TYPE", to->schema, to->name, NULL, base->comment, to->comment);
    }
}

static void create_enum(planner *p, const ormc_snapshot_enum *to)
{
    plan_begin(p, PLAN_ENUMS, NULL, "create enum \"%s\"", to->name);
    ddl_put_enum(&p->text, to);
    plan_end_statement(p);
    if (!to->comment)
        return;
    ddl_put_comment(&p->text, "TYPE", to->schema, to->name, NULL, to->comment);
    plan_end_statement(p);
}

/* A new value can be used only after the transaction that added it. */
static void add_values(planner *p, const ormc_snapshot_enum *base, const ormc_snapshot_enum *to)
{
    for (size_t i = 0; i < to->values.count; i++) {
        if (plan_names_hold(&base->values, to->values.items[i]))
            continue;
        plan_begin(p, PLAN_VALUES, NULL, "add value '%s' to enum \"%s\"", to->values.items[i], to->name)->alone = true;
        orm__text_printf(&p->text, "ALTER TYPE %s ADD VALUE IF NOT EXISTS ", plan_quoted(p, to->schema, to->name));
        ormc_literal_sql_string(&p->text, to->values.items[i]);
        orm__text_string(&p->text, i ? " AFTER " : " BEFORE ");
        ormc_literal_sql_string(&p->text, i ? to->values.items[i - 1] : base->values.items[0]);
        plan_end_statement(p);
    }
}

/* The columns follow with their own steps, what is left of the old type goes at the end. */
static void remake_enum(planner *p, const ormc_snapshot_enum *to)
{
    const char *old = plan_printf(p, "ormc_old_%.50s", to->name);
    plan_begin(p, PLAN_ENUMS, NULL, "make enum \"%s\" anew, since values are taken away or change places", to->name);
    orm__text_printf(&p->text, "ALTER TYPE %s RENAME TO %s", plan_quoted(p, to->schema, to->name),
                     plan_quoted(p, NULL, old));
    plan_end_statement(p);
    ddl_put_enum(&p->text, to);
    plan_end_statement(p);
    if (to->comment) {
        ddl_put_comment(&p->text, "TYPE", to->schema, to->name, NULL, to->comment);
        plan_end_statement(p);
    }
}

static void create_table(planner *p, const ormc_snapshot_table *table)
{
    plan_begin(p, PLAN_TABLES, NULL, "create table \"%s\"", table->name);
    ddl_put_table(&p->text, p->to, table, "CREATE TABLE ", table->name, is_inside, p);
    plan_end_statement(p);
    for (size_t i = 0; i < table->index_count; i++) {
        ddl_put_index(&p->text, table, &table->indexes[i], "INDEX ");
        plan_end_statement(p);
    }
    const plan_pair nothing = {.to = table};
    change_comments(p, &nothing);
    if (table->distribute_by) {
        ddl_put_distribution(&p->text, table);
        plan_end_statement(p);
    }
    for (size_t i = 0; i < table->foreign_key_count; i++)
        if (!is_inside(table, &table->foreign_keys[i], p))
            plan_tie(p, table, &table->foreign_keys[i]);
}

/* The rows go to other nodes. */
static void distribute_anew(planner *p, const plan_pair *pair)
{
    const ormc_snapshot_table *base = pair->base, *to = pair->to;
    if (ormc_same(base->distribute_by, to->distribute_by))
        return;
    plan_begin(p, PLAN_TABLES, PLAN_LOCK_REWRITE, "distribute table \"%s\" anew", to->name);
    if (base->distribute_by) {
        ddl_put_gathering(&p->text, to);
        plan_end_statement(p);
    }
    if (to->distribute_by) {
        ddl_put_distribution(&p->text, to);
        plan_end_statement(p);
    }
}

/* Whether the target is there when the table is made: new as well, and no later. */
static bool is_inside(const ormc_snapshot_table *table, const ormc_snapshot_foreign_key *key, void *user)
{
    const planner *p = user;
    const ormc_snapshot_table *target = ormc_snapshot_find_table(p->to, key->schema, key->table);
    return !table->distribute_by && target <= table && !ormc_snapshot_find_table(&p->base, key->schema, key->table);
}

static void change_columns(planner *p, const plan_pair *pair)
{
    for (size_t i = 0; i < pair->to->column_count && !p->failed; i++) {
        if (pair->were[i] && pair->remade[i])
            remove_column(p, pair, i);
        if (!pair->were[i] || pair->remade[i]) {
            add_column(p, pair, i);
            continue;
        }
        if (pair->retyped[i])
            retype_column(p, pair, i);
        if (pair->were[i]->generated && !pair->to->columns[i].generated)
            alter_column(p, pair, i, "DROP EXPRESSION");
        change_default(p, pair, i);
        change_identity(p, pair, i);
        change_null(p, pair, i);
    }
}

static void add_column(planner *p, const plan_pair *pair, size_t column)
{
    const ormc_snapshot_column *is = &pair->to->columns[column];
    bool rewrites = is->generated || is->identity || (is->default_sql && strchr(is->default_sql, '('));
    plan_begin(p, PLAN_COLUMNS, rewrites ? PLAN_LOCK_REWRITE : PLAN_LOCK_MOMENT, "add column \"%s\" to \"%s\"",
               is->name, pair->to->name);
    orm__text_printf(&p->text, "ALTER TABLE %s ADD COLUMN ", plan_quoted(p, pair->to->schema, pair->to->name));
    ddl_put_column(&p->text, is, NULL);
    plan_end_statement(p);
    if (is->not_null && !is->default_sql && !is->identity)
        plan_check_not_null(p, pair, column);
}

static void remove_column(planner *p, const plan_pair *pair, size_t column)
{
    const ormc_snapshot_column *was = pair->were[column];
    ormc_step *step = plan_begin(p, PLAN_UNMAKE, PLAN_LOCK_MOMENT,
                                 "remove column \"%s\" of \"%s\", to be computed anew", was->name, pair->to->name);
    step->destructive = !was->generated;
    orm__text_printf(&p->text, "ALTER TABLE %s DROP COLUMN %s", plan_quoted(p, pair->to->schema, pair->to->name),
                     plan_quoted(p, NULL, was->name));
    plan_end_statement(p);
}

static void retype_column(planner *p, const plan_pair *pair, size_t column)
{
    const ormc_snapshot_column *was = pair->were[column], *is = &pair->to->columns[column];
    const char *table = plan_quoted(p, pair->to->schema, pair->to->name), *name = plan_quoted(p, NULL, is->name);
    ormc_step *step = plan_begin(p, PLAN_COLUMNS, PLAN_LOCK_REWRITE, "change column \"%s\" of \"%s\" from %s to %s",
                                 is->name, pair->to->name, was->type, is->type);
    step->destructive = plan_loses(was, is);
    if (was->default_sql) {
        orm__text_printf(&p->text, "ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", table, name);
        plan_end_statement(p);
    }
    orm__text_printf(&p->text, "ALTER TABLE %s ALTER COLUMN %s TYPE %s", table, name, is->type);
    if (!is->generated) {
        orm__text_string(&p->text, " USING ");
        put_conversion(p, was, is);
    }
    plan_end_statement(p);
    if (is->default_sql) {
        orm__text_printf(&p->text, "ALTER TABLE %s ALTER COLUMN %s SET DEFAULT %s", table, name, is->default_sql);
        plan_end_statement(p);
    }
    if (is->enum_name)
        plan_check_values(p, pair, column);
    plan_check_type(p, pair, column);
}

/* Dates and times without a zone are UTC, as the runtime has it. */
static void put_conversion(planner *p, const ormc_snapshot_column *was, const ormc_snapshot_column *is)
{
    static const struct {
        const char *from, *to, *behind;
    } rows[] = {
        {"timestamp", "timestamptz", " AT TIME ZONE 'UTC'"},
        {"timestamptz", "timestamp", " AT TIME ZONE 'UTC'"},
        {"boolean", "smallint", "::integer::smallint"},
        {"boolean", "bigint", "::integer::bigint"},
        {"smallint", "boolean", "::integer::boolean"},
        {"bigint", "boolean", " <> 0"},
        {"bytea", "text", "::text"},
    };
    ormc_literal_sql_name(&p->text, is->name);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].from, was->type) == 0 && strcmp(rows[i].to, is->type) == 0) {
            orm__text_string(&p->text, rows[i].behind);
            return;
        }
    if (was->enum_name || is->enum_name)
        orm__text_string(&p->text, was->array ? "::text[]" : "::text");
    orm__text_printf(&p->text, "::%s", is->type);
}

static void change_default(planner *p, const plan_pair *pair, size_t column)
{
    const ormc_snapshot_column *was = pair->were[column], *is = &pair->to->columns[column];
    if (pair->retyped[column] || ormc_same(was->default_sql, is->default_sql))
        return;
    alter_column(p, pair, column, is->default_sql ? plan_printf(p, "SET DEFAULT %s", is->default_sql) : "DROP DEFAULT");
}

static void change_identity(planner *p, const plan_pair *pair, size_t column)
{
    const ormc_snapshot_column *was = pair->were[column], *is = &pair->to->columns[column];
    if (was->identity && !is->identity)
        alter_column(p, pair, column, "DROP IDENTITY");
    if (was->identity || !is->identity)
        return;
    if (!was->not_null)
        alter_column(p, pair, column, "SET NOT NULL");
    alter_column(p, pair, column, "ADD GENERATED BY DEFAULT AS IDENTITY");
    orm__text_string(&p->text, "SELECT setval(pg_get_serial_sequence(");
    ormc_literal_sql_string(&p->text, plan_quoted(p, pair->to->schema, pair->to->name));
    orm__text_string(&p->text, ", ");
    ormc_literal_sql_string(&p->text, is->name);
    orm__text_printf(&p->text, "), max(%s)) FROM %s HAVING max(%s) > 0", plan_quoted(p, NULL, is->name),
                     plan_quoted(p, pair->to->schema, pair->to->name), plan_quoted(p, NULL, is->name));
    plan_end_statement(p);
}

/* A check that was made valid before lets SET NOT NULL believe it without reading the table. */
static void change_null(planner *p, const plan_pair *pair, size_t column)
{
    const ormc_snapshot_column *was = pair->were[column], *is = &pair->to->columns[column];
    const char *table = plan_quoted(p, pair->to->schema, pair->to->name), *name = plan_quoted(p, NULL, is->name);
    if (was->not_null && !is->not_null)
        alter_column(p, pair, column, "DROP NOT NULL");
    if (was->not_null || !is->not_null || is->identity)
        return;
    const ormc_snapshot_check present = {.name = plan_printf(p, "ormc_not_null_%.48s", is->name),
                                         .sql = plan_printf(p, "%s IS NOT NULL", name)};
    plan_add_check(p, pair->to, &present);
    plan_begin(p, PLAN_TIGHTEN, PLAN_LOCK_MOMENT, "set column \"%s\" of \"%s\" not null", is->name, pair->to->name);
    orm__text_printf(&p->text, "ALTER TABLE %s ALTER COLUMN %s SET NOT NULL", table, name);
    plan_end_statement(p);
    orm__text_printf(&p->text, "ALTER TABLE %s DROP CONSTRAINT %s", table, plan_quoted(p, NULL, present.name));
    plan_end_statement(p);
    plan_check_not_null(p, pair, column);
}

static void alter_column(planner *p, const plan_pair *pair, size_t column, const char *what)
{
    const char *name = pair->to->columns[column].name;
    plan_begin(p, PLAN_COLUMNS, PLAN_LOCK_MOMENT, "column \"%s\" of \"%s\": %.60s", name, pair->to->name, what);
    orm__text_printf(&p->text, "ALTER TABLE %s ALTER COLUMN %s %s", plan_quoted(p, pair->to->schema, pair->to->name),
                     plan_quoted(p, NULL, name), what);
    plan_end_statement(p);
}

static void drop_columns(planner *p, const plan_pair *pair)
{
    for (size_t i = 0; i < pair->base->column_count; i++) {
        const ormc_snapshot_column *was = &pair->base->columns[i];
        if (ormc_snapshot_find_column(pair->to, was->name))
            continue;
        plan_phase phase = was->generated ? PLAN_UNMAKE : PLAN_DROP; /* what others are made from must wait for them */
        ormc_step *step = plan_begin(p, phase, PLAN_LOCK_MOMENT, "drop column \"%s\" of \"%s\"", was->name,
                                     pair->to->name);
        step->destructive = !was->generated;
        orm__text_printf(&p->text, "ALTER TABLE %s DROP COLUMN %s", plan_quoted(p, pair->to->schema, pair->to->name),
                         plan_quoted(p, NULL, was->name));
        plan_end_statement(p);
    }
}

/* In one statement, so that they may refer to each other. */
static void drop_tables(planner *p)
{
    const char *between = "DROP TABLE ";
    for (size_t i = 0; i < p->base.table_count; i++) {
        const ormc_snapshot_table *table = &p->base.tables[i];
        if (ormc_snapshot_find_table(p->to, table->schema, table->name))
            continue;
        if (!p->text.length)
            plan_begin(p, PLAN_DROP, PLAN_LOCK_MOMENT, "drop table \"%s\" and whatever else is gone", table->name)
                ->destructive = true;
        orm__text_printf(&p->text, "%s%s", between, plan_quoted(p, table->schema, table->name));
        between = ", ";
    }
    if (p->text.length)
        plan_end_statement(p);
}

static void drop_enums(planner *p)
{
    for (size_t i = 0; i < p->base.enum_count; i++) {
        const ormc_snapshot_enum *base = &p->base.enums[i];
        const ormc_snapshot_column like = {.enum_schema = base->schema, .enum_name = base->name};
        bool gone = !ormc_snapshot_find_enum(p->to, base->schema, base->name);
        if (!gone && !plan_enum_remade(p, &like))
            continue;
        const char *name = gone ? base->name : plan_printf(p, "ormc_old_%.50s", base->name);
        plan_begin(p, PLAN_DROP, NULL, "drop enum \"%s\"", name);
        orm__text_printf(&p->text, "DROP TYPE %s", plan_quoted(p, base->schema, name));
        plan_end_statement(p);
    }
}

/* Only when nothing is left in them: others may have put something there. */
static void drop_schemas(planner *p)
{
    size_t most = p->from->enum_count + p->from->table_count + p->from->view_count;
    ormc_names gone = {orm__arena_zalloc(p->arena, most, sizeof(char *)), 0};
    p->failed |= !gone.items;
    for (size_t i = 0; !p->failed && i < p->from->enum_count; i++)
        drop_schema(p, p->from->enums[i].schema, &gone);
    for (size_t i = 0; !p->failed && i < p->from->table_count; i++)
        drop_schema(p, p->from->tables[i].schema, &gone);
    for (size_t i = 0; !p->failed && i < p->from->view_count; i++)
        drop_schema(p, p->from->views[i].schema, &gone);
}

static void drop_schema(planner *p, const char *schema, ormc_names *gone)
{
    if (!schema || plan_names_hold(gone, schema) || uses_schema(p->to, schema))
        return;
    gone->items[gone->count++] = schema;
    plan_begin(p, PLAN_DROP, NULL, "drop schema \"%s\", if nothing is in it", schema);
    orm__text_printf(&p->text,
                     "DO $ormc$ BEGIN\n    DROP SCHEMA %s;\n"
                     "EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN NULL;\nEND $ormc$",
                     plan_quoted(p, NULL, schema));
    plan_end_statement(p);
}

/* Of a new table (base is NULL) too. */
static void change_comments(planner *p, const plan_pair *pair)
{
    const ormc_snapshot_table *to = pair->to, *base = pair->base;
    comment(p, "TABLE", to->schema, to->name, NULL, base ? base->comment : NULL, to->comment);
    for (size_t i = 0; i < to->column_count; i++) {
        bool kept = base && pair->were[i] && !pair->remade[i];
        comment(p, "COLUMN", to->schema, to->name, to->columns[i].name, kept ? pair->were[i]->comment : NULL,
                to->columns[i].comment);
    }
    for (size_t i = 0; !base && i < to->index_count; i++)
        comment(p, "INDEX", to->schema, to->indexes[i].name, NULL, NULL, to->indexes[i].comment);
}

static void comment(planner *p, const char *kind, const char *schema, const char *name, const char *column,
                    const char *was, const char *is)
{
    if (ormc_same(was, is))
        return;
    plan_begin(p, PLAN_COMMENTS, NULL, "comment on \"%s\"%s%s", name, column ? "." : "", column ? column : "");
    ddl_put_comment(&p->text, kind, schema, name, column, is);
    plan_end_statement(p);
}
