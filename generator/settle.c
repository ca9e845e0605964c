/* settle.c -- tables of a catalog to settled ones; columns are settle_types.c's, defaults settle_values.c's, checks
 * settle_checks.c's.
 * SPDX-License-Identifier: MIT */
#include "settle.h"

#include <stdlib.h>
#include <string.h>

static bool is_sayable(settler *s, const ormc_snapshot_table *table);
static void settle_table(settler *s, const ormc_snapshot_table *from, const char *view);
static void settle_identity(settler *s, const ormc_settled_table *table, ormc_settled_column *column);
static int compare_columns(const void *left, const void *right);
static int compare_names(const void *left, const void *right);
static int compare_enums(const void *left, const void *right);
static void take_enums(settler *s);
static void take_enum(settler *s, ormc_snapshot_enum *made);

bool ormc_settle(ormc_catalog *catalog, orm__arena *arena, ormc_settled *settled)
{
    const ormc_snapshot *snapshot = &catalog->snapshot;
    settler s = {.arena = arena, .settled = settled, .dialect = snapshot->dialect};
    size_t most = snapshot->table_count + catalog->view_count, columns = 0;
    *settled = (ormc_settled){.catalog = catalog};
    for (size_t i = 0; i < snapshot->table_count; i++)
        columns += snapshot->tables[i].column_count;
    settled->tables = orm__arena_zalloc(arena, most + 1, sizeof *settled->tables);
    settled->enums = orm__arena_zalloc(arena, snapshot->enum_count + columns + 1, sizeof *settled->enums);
    s.failed = !settled->tables || !settled->enums;
    if (!s.failed)
        take_enums(&s);
    for (size_t i = 0; i < snapshot->table_count && !s.failed; i++)
        if (is_sayable(&s, &snapshot->tables[i]))
            settle_table(&s, &snapshot->tables[i], NULL);
    for (size_t i = 0; i < catalog->view_count && !s.failed; i++) {
        settle_table(&s, &catalog->views[i].table, catalog->views[i].definition);
        settled->tables[settled->table_count - 1].unsayable = catalog->views[i].unsayable;
    }
    if (!s.failed)
        qsort(settled->tables, settled->table_count, sizeof *settled->tables, compare_names);
    if (!s.failed)
        qsort(settled->enums, settled->enum_count, sizeof(ormc_snapshot_enum *), compare_enums);
    return !s.failed;
}

static int compare_names(const void *left, const void *right)
{
    const ormc_snapshot_table *a = ((const ormc_settled_table *)left)->from;
    const ormc_snapshot_table *b = ((const ormc_settled_table *)right)->from;
    int schemas = strcmp(a->schema ? a->schema : "", b->schema ? b->schema : "");
    return schemas ? schemas : strcmp(a->name, b->name);
}

static int compare_enums(const void *left, const void *right)
{
    const ormc_snapshot_enum *a = *(ormc_snapshot_enum *const *)left, *b = *(ormc_snapshot_enum *const *)right;
    int names = strcmp(a->name, b->name);
    return names ? names : strcmp(a->schema ? a->schema : "", b->schema ? b->schema : "");
}

/* One of each name that is no type of the language, and has no empty value; of several that which needs no schema. */
static void take_enums(settler *s)
{
    ormc_snapshot *snapshot = &s->settled->catalog->snapshot;
    for (int at_home = 1; at_home >= 0; at_home--)
        for (size_t i = 0; i < snapshot->enum_count && !s->failed; i++)
            if ((snapshot->enums[i].schema == NULL) == at_home)
                take_enum(s, &snapshot->enums[i]);
}

static void take_enum(settler *s, ormc_snapshot_enum *made)
{
    ormc_settled *settled = s->settled;
    bool said = !ormc_type_find(made->name);
    for (size_t i = 0; i < settled->enum_count; i++)
        said &= strcmp(settled->enums[i]->name, made->name) != 0;
    for (size_t i = 0; i < made->values.count; i++)
        said &= *made->values.items[i] != '\0';
    if (said) {
        settled->enums[settled->enum_count++] = made;
        return;
    }
    catalog_reader r = {.arena = s->arena, .catalog = settled->catalog};
    catalog_note(&r, made->schema, NULL, "enum %s%s%s, which has an empty value or a name that is taken",
                 made->schema ? made->schema : "", made->schema ? "." : "", made->name);
    s->failed |= r.failed;
}

/* A model has at least one column that is not computed. */
static bool is_sayable(settler *s, const ormc_snapshot_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (!table->columns[i].generated)
            return true;
    catalog_reader r = {.arena = s->arena, .catalog = s->settled->catalog};
    catalog_note(&r, table->schema, NULL, "table %s, which has no columns but computed ones", table->name);
    s->failed |= r.failed;
    return false;
}

static void settle_table(settler *s, const ormc_snapshot_table *from, const char *view)
{
    ormc_settled_table *table = &s->settled->tables[s->settled->table_count++];
    *table = (ormc_settled_table){.from = from, .view = view};
    table->columns = orm__arena_zalloc(s->arena, from->column_count + 1, sizeof *table->columns);
    table->checks = orm__arena_zalloc(s->arena, from->check_count + 1, sizeof *table->checks);
    s->failed |= !table->columns || !table->checks;
    for (size_t i = 0; i < from->column_count && !s->failed; i++) {
        ormc_settled_column *column = &table->columns[table->column_count++];
        const ormc_snapshot_column *is = &from->columns[i];
        *column = (ormc_settled_column){.from = is,
                                        .array = is->array,
                                        .not_null = is->not_null,
                                        .identity = is->identity,
                                        .generated = is->generated};
        settle_type(s, table, column);
        settle_default(s, column);
        settle_identity(s, table, column);
    }
    for (size_t i = 0; i < from->check_count && !s->failed; i++)
        if (!settle_check(s, table, &from->checks[i]))
            table->checks[table->check_count++] = from->checks[i];
}

/* Only a lone key can be said to be made by the database. */
static void settle_identity(settler *s, const ormc_settled_table *table, ormc_settled_column *column)
{
    const ormc_snapshot_table *from = table->from;
    bool key = from->primary_key_count && from->primary_key->columns.count == 1 &&
               strcmp(from->primary_key->columns.items[0], column->from->name) == 0;
    if (!column->identity || key)
        return;
    column->identity = false;
    settle_note(s, table, "column @ is numbered by the database (identity or serial)#", column->from->name, "");
}

void ormc_settled_sort(ormc_settled *settled)
{
    for (size_t i = 0; i < settled->table_count; i++)
        qsort(settled->tables[i].columns, settled->tables[i].column_count, sizeof *settled->tables[i].columns,
              compare_columns);
}

static int compare_columns(const void *left, const void *right)
{
    const ormc_settled_column *a = left, *b = right;
    return strcmp(a->from->name, b->from->name);
}

ormc_settled_table *ormc_settled_find(const ormc_settled *settled, const char *schema, const char *name)
{
    for (size_t i = 0; i < settled->table_count; i++)
        if (ormc_same(settled->tables[i].from->name, name) && ormc_same(settled->tables[i].from->schema, schema))
            return &settled->tables[i];
    return NULL;
}

ormc_settled_column *ormc_settled_column_of(const ormc_settled_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].from->name, name) == 0)
            return &table->columns[i];
    return NULL;
}

bool ormc_settled_same_type(const ormc_settled_column *a, const ormc_settled_column *b)
{
    return a && b && a->kind == b->kind && a->array == b->array && a->enumeration == b->enumeration &&
           ormc_same(a->db_type, b->db_type);
}

void settle_note(settler *s, const ormc_settled_table *table, const char *format, const char *name, const char *what)
{
    catalog_reader r = {.arena = s->arena, .catalog = s->settled->catalog};
    orm__text text = {0};
    for (; *format; format++)
        if (*format == '@') /* the column */
            orm__text_string(&text, name);
        else if (*format == '#') /* what it has */
            orm__text_string(&text, what);
        else
            orm__text_char(&text, *format);
    catalog_note(&r, table->from->schema, table->from->name, "%s", text.data ? text.data : "");
    s->failed |= r.failed || text.failed;
    orm__text_release(&text);
}

const char *settle_copy(settler *s, const char *begin, const char *end)
{
    const char *copy = orm__arena_copy(s->arena, begin, (size_t)(end - begin));
    s->failed |= !copy;
    return copy ? copy : "";
}
