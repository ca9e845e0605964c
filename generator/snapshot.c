/* snapshot.c -- looking into snapshots, and their YAML: one table of fields says what is copied, compared, written and
 * read.
 * SPDX-License-Identifier: MIT */
#include "snapshot.h"

#include "syntax.h"

#include <stddef.h>
#include <string.h>

typedef enum field_kind { TEXT, TRUTH, NAMES, RECORDS } field_kind;

typedef struct field {
    const char *name;
    field_kind kind;
    size_t offset;       /* of RECORDS: of the pointer, with the count right behind it */
    ormc_record records; /* of RECORDS */
} field;

#define FIELD(type, member, kind) \
    { \
#member, kind, offsetof(ormc_snapshot_##type, member), 0 \
    }
#define LIST(type, member, record) \
    { \
#member, RECORDS, offsetof(type, member), record \
    }

static const field enum_fields[] = {FIELD(enum, schema, TEXT),
                                    FIELD(enum, name, TEXT),
                                    FIELD(enum, values, NAMES),
                                    FIELD(enum, comment, TEXT),
                                    {.name = NULL}};
static const field column_fields[] = {FIELD(column, name, TEXT),
                                      FIELD(column, type, TEXT),
                                      FIELD(column, enum_schema, TEXT),
                                      FIELD(column, enum_name, TEXT),
                                      FIELD(column, array, TRUTH),
                                      FIELD(column, not_null, TRUTH),
                                      FIELD(column, identity, TRUTH),
                                      FIELD(column, default_sql, TEXT),
                                      FIELD(column, generated, TEXT),
                                      FIELD(column, comment, TEXT),
                                      {.name = NULL}};
static const field key_fields[] = {FIELD(key, name, TEXT), FIELD(key, columns, NAMES), {.name = NULL}};
static const field check_fields[] = {FIELD(check, name, TEXT), FIELD(check, sql, TEXT), {.name = NULL}};
static const field foreign_key_fields[] = {FIELD(foreign_key, name, TEXT),
                                           FIELD(foreign_key, columns, NAMES),
                                           FIELD(foreign_key, schema, TEXT),
                                           FIELD(foreign_key, table, TEXT),
                                           FIELD(foreign_key, target_columns, NAMES),
                                           FIELD(foreign_key, on_delete, TEXT),
                                           FIELD(foreign_key, on_update, TEXT),
                                           {.name = NULL}};
static const field index_fields[] = {FIELD(index, name, TEXT),
                                     FIELD(index, unique, TRUTH),
                                     FIELD(index, parts, NAMES),
                                     FIELD(index, include, NAMES),
                                     FIELD(index, where, TEXT),
                                     FIELD(index, comment, TEXT),
                                     {.name = NULL}};
static const field table_fields[] = {FIELD(table, schema, TEXT),
                                     FIELD(table, name, TEXT),
                                     FIELD(table, comment, TEXT),
                                     FIELD(table, distribute_by, TEXT),
                                     LIST(ormc_snapshot_table, columns, ORMC_RECORD_COLUMN),
                                     LIST(ormc_snapshot_table, primary_key, ORMC_RECORD_KEY),
                                     LIST(ormc_snapshot_table, uniques, ORMC_RECORD_KEY),
                                     LIST(ormc_snapshot_table, checks, ORMC_RECORD_CHECK),
                                     LIST(ormc_snapshot_table, foreign_keys, ORMC_RECORD_FOREIGN_KEY),
                                     LIST(ormc_snapshot_table, indexes, ORMC_RECORD_INDEX),
                                     {.name = NULL}};
static const field view_fields[] = {FIELD(view, schema, TEXT),
                                    FIELD(view, name, TEXT),
                                    FIELD(view, comment, TEXT),
                                    FIELD(view, sql, TEXT),
                                    LIST(ormc_snapshot_view, columns, ORMC_RECORD_COLUMN),
                                    {.name = NULL}};
static const field snapshot_fields[] = {LIST(ormc_snapshot, enums, ORMC_RECORD_ENUM),
                                        LIST(ormc_snapshot, tables, ORMC_RECORD_TABLE),
                                        LIST(ormc_snapshot, views, ORMC_RECORD_VIEW),
                                        {.name = NULL}};

static const struct {
    const field *fields;
    size_t size;
} records[] = {
    [ORMC_RECORD_ENUM] = {enum_fields, sizeof(ormc_snapshot_enum)},
    [ORMC_RECORD_COLUMN] = {column_fields, sizeof(ormc_snapshot_column)},
    [ORMC_RECORD_KEY] = {key_fields, sizeof(ormc_snapshot_key)},
    [ORMC_RECORD_CHECK] = {check_fields, sizeof(ormc_snapshot_check)},
    [ORMC_RECORD_FOREIGN_KEY] = {foreign_key_fields, sizeof(ormc_snapshot_foreign_key)},
    [ORMC_RECORD_INDEX] = {index_fields, sizeof(ormc_snapshot_index)},
    [ORMC_RECORD_TABLE] = {table_fields, sizeof(ormc_snapshot_table)},
    [ORMC_RECORD_VIEW] = {view_fields, sizeof(ormc_snapshot_view)},
    [ORMC_RECORD_SNAPSHOT] = {snapshot_fields, sizeof(ormc_snapshot)},
};

/* A list of records, whatever they are. */
typedef struct list {
    char *items;
    size_t count;
} list;

typedef struct reader {
    orm__arena *arena;
    ormc_diagnostics *diagnostics;
    bool failed;
} reader;

static bool fields_equal(const field *at, const char *a, const char *b);
static bool lists_equal(ormc_record record, const list *a, const list *b);
static bool copy_lists(ormc_record record, char *into, orm__arena *arena);
static void write_record(ormc_record record, const char *from, int indent, orm__text *out);
static bool is_empty(const field *at, const char *from);
static void write_scalar(const char *text, orm__text *out);
static void write_names(const ormc_names *names, orm__text *out);
static void write_list(ormc_record record, const list *from, int indent, orm__text *out);
static void write_row(ormc_record record, const char *from, orm__text *out);
static void write_value(const field *at, const char *from, orm__text *out);
static void read_record(reader *r, ormc_record record, const ormc_node *node, char *into);
static void read_value(reader *r, const field *at, const ormc_node *node, char *into);
static void read_names(reader *r, const ormc_node *node, ormc_names *names);
static void read_list(reader *r, ormc_record record, const ormc_node *node, list *into);
static void refuse(reader *r, const ormc_node *node, const char *what);

bool ormc_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

ormc_snapshot_table *ormc_snapshot_find_table(const ormc_snapshot *snapshot, const char *schema, const char *name)
{
    for (size_t i = 0; i < snapshot->table_count; i++)
        if (ormc_same(snapshot->tables[i].name, name) && ormc_same(snapshot->tables[i].schema, schema))
            return &snapshot->tables[i];
    return NULL;
}

ormc_snapshot_view *ormc_snapshot_find_view(const ormc_snapshot *snapshot, const char *schema, const char *name)
{
    for (size_t i = 0; i < snapshot->view_count; i++)
        if (ormc_same(snapshot->views[i].name, name) && ormc_same(snapshot->views[i].schema, schema))
            return &snapshot->views[i];
    return NULL;
}

ormc_snapshot_enum *ormc_snapshot_find_enum(const ormc_snapshot *snapshot, const char *schema, const char *name)
{
    for (size_t i = 0; i < snapshot->enum_count; i++)
        if (ormc_same(snapshot->enums[i].name, name) && ormc_same(snapshot->enums[i].schema, schema))
            return &snapshot->enums[i];
    return NULL;
}

ormc_snapshot_column *ormc_snapshot_find_column(const ormc_snapshot_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (ormc_same(table->columns[i].name, name))
            return &table->columns[i];
    return NULL;
}

bool ormc_record_equal(ormc_record record, const void *a, const void *b, const char *but)
{
    for (const field *at = records[record].fields; at->name; at++)
        if (!ormc_same(at->name, but) && !fields_equal(at, (const char *)a + at->offset, (const char *)b + at->offset))
            return false;
    return true;
}

static bool fields_equal(const field *at, const char *a, const char *b)
{
    switch (at->kind) {
    case TEXT:
        return ormc_same(*(const char *const *)a, *(const char *const *)b);
    case TRUTH:
        return *(const bool *)a == *(const bool *)b;
    case NAMES:
        return ormc_names_equal((const ormc_names *)a, (const ormc_names *)b);
    case RECORDS:
        break;
    }
    return lists_equal(at->records, (const list *)a, (const list *)b);
}

bool ormc_names_equal(const ormc_names *a, const ormc_names *b)
{
    bool equal = a->count == b->count;
    for (size_t i = 0; equal && i < a->count; i++)
        equal = strcmp(a->items[i], b->items[i]) == 0;
    return equal;
}

/* Names within a list differ, so one-sided containment will do. */
static bool lists_equal(ormc_record record, const list *a, const list *b)
{
    size_t size = records[record].size, found = 0;
    if (a->count != b->count)
        return false;
    for (size_t i = 0; found == i && i < a->count; i++)
        for (size_t k = 0; k < b->count && found == i; k++) /* most stand where they stood */
            found += ormc_record_equal(record, a->items + i * size, b->items + (i + k) % b->count * size, NULL);
    return found == a->count;
}

bool ormc_snapshot_copy(const ormc_snapshot *snapshot, orm__arena *arena, ormc_snapshot *copy)
{
    *copy = *snapshot;
    return copy_lists(ORMC_RECORD_SNAPSHOT, (char *)copy, arena);
}

static bool copy_lists(ormc_record record, char *into, orm__arena *arena)
{
    for (const field *at = records[record].fields; at->name; at++) {
        list *items = (list *)(void *)(into + at->offset);
        if (at->kind == NAMES) {
            size_t size = items->count * sizeof(char *);
            char *copied = orm__arena_alloc(arena, size ? size : 1);
            if (!copied)
                return false;
            items->items = size ? memcpy(copied, items->items, size) : NULL;
        }
        if (at->kind != RECORDS)
            continue;
        size_t size = records[at->records].size;
        char *copied = orm__arena_alloc(arena, items->count ? items->count * size : 1);
        if (!copied)
            return false;
        if (items->count)
            memcpy(copied, items->items, items->count * size);
        items->items = copied;
        for (size_t i = 0; i < items->count; i++)
            if (!copy_lists(at->records, copied + i * size, arena))
                return false;
    }
    return true;
}

void ormc_snapshot_write(const ormc_snapshot snapshots[2], orm__text *out)
{
    static const char *const names[] = {[ORMC_POSTGRESQL] = "postgresql", [ORMC_SQLITE] = "sqlite"};
    orm__text_string(out, "# The schema as this revision leaves it, written by ormc migrate. Not for editing.\n");
    for (size_t i = 0; i < 2; i++) {
        orm__text_printf(out, "%s:", names[i]);
        if (snapshots[i].enum_count || snapshots[i].table_count)
            write_record(ORMC_RECORD_SNAPSHOT, (const char *)&snapshots[i], 2, out);
        else
            orm__text_string(out, " {}\n");
    }
}

/* Begins behind "- " or a key, on a new line. */
static void write_record(ormc_record record, const char *from, int indent, orm__text *out)
{
    bool first = indent > 2;
    if (!first)
        orm__text_char(out, '\n');
    for (const field *at = records[record].fields; at->name; at++) {
        if (is_empty(at, from + at->offset))
            continue;
        orm__text_printf(out, "%*s%s:", first ? 0 : indent, "", at->name);
        first = false;
        if (at->kind == RECORDS) {
            orm__text_char(out, '\n');
            write_list(at->records, (const list *)(const void *)(from + at->offset), indent + 2, out);
        } else {
            orm__text_char(out, ' ');
            write_value(at, from + at->offset, out);
            orm__text_char(out, '\n');
        }
    }
}

static bool is_empty(const field *at, const char *from)
{
    if (at->kind == TEXT)
        return !*(const char *const *)(const void *)from;
    if (at->kind == TRUTH)
        return !*(const bool *)from;
    return !((const list *)(const void *)from)->count;
}

static void write_value(const field *at, const char *from, orm__text *out)
{
    if (at->kind == TEXT)
        write_scalar(*(const char *const *)(const void *)from, out);
    else if (at->kind == TRUTH)
        orm__text_string(out, "true");
    else
        write_names((const ormc_names *)(const void *)from, out);
}

/* In double quotes, whatever it holds. */
static void write_scalar(const char *text, orm__text *out)
{
    orm__text_char(out, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            orm__text_printf(out, "\\%c", c);
        else if (c == '\n')
            orm__text_string(out, "\\n");
        else if (c < 0x20 || c == 0x7F)
            orm__text_printf(out, "\\x%02X", c);
        else
            orm__text_char(out, (char)c);
    }
    orm__text_char(out, '"');
}

static void write_names(const ormc_names *names, orm__text *out)
{
    orm__text_char(out, '[');
    for (size_t i = 0; i < names->count; i++) {
        orm__text_string(out, i ? ", " : "");
        write_scalar(names->items[i], out);
    }
    orm__text_char(out, ']');
}

/* Tables and views over many lines, everything smaller on one. */
static void write_list(ormc_record record, const list *from, int indent, orm__text *out)
{
    for (size_t i = 0; i < from->count; i++) {
        const char *item = from->items + i * records[record].size;
        orm__text_printf(out, "%*s- ", indent, "");
        if (record == ORMC_RECORD_TABLE || record == ORMC_RECORD_VIEW)
            write_record(record, item, indent + 2, out);
        else
            write_row(record, item, out);
    }
}

static void write_row(ormc_record record, const char *from, orm__text *out)
{
    const char *between = "{";
    for (const field *at = records[record].fields; at->name; at++) {
        if (is_empty(at, from + at->offset))
            continue;
        orm__text_printf(out, "%s%s: ", between, at->name);
        write_value(at, from + at->offset, out);
        between = ", ";
    }
    orm__text_string(out, "}\n");
}

bool ormc_snapshot_read(const char *path, orm__arena *arena, ormc_diagnostics *diagnostics, ormc_snapshot snapshots[2])
{
    reader r = {.arena = arena, .diagnostics = diagnostics};
    const ormc_node *tree;
    memset(snapshots, 0, 2 * sizeof *snapshots);
    snapshots[ORMC_SQLITE].dialect = ORMC_SQLITE;
    if (!ormc_syntax_read(path, arena, diagnostics, &tree) || !tree)
        return false;
    static const char *const names[] = {[ORMC_POSTGRESQL] = "postgresql", [ORMC_SQLITE] = "sqlite"};
    for (size_t i = 0; i < 2; i++) {
        const ormc_node *node = ormc_node_find(tree, names[i]);
        if (node)
            read_record(&r, ORMC_RECORD_SNAPSHOT, node, (char *)&snapshots[i]);
        else
            refuse(&r, tree, names[i]);
    }
    return !r.failed;
}

static void read_record(reader *r, ormc_record record, const ormc_node *node, char *into)
{
    if (node->kind != ORMC_MAPPING) {
        refuse(r, node, "mapping");
        return;
    }
    for (const field *at = records[record].fields; at->name; at++) {
        const ormc_node *value = ormc_node_find(node, at->name);
        if (value)
            read_value(r, at, value, into + at->offset);
        else if (strcmp(at->name, "name") == 0)
            refuse(r, node, at->name);
    }
}

static void read_value(reader *r, const field *at, const ormc_node *node, char *into)
{
    static const ormc_node_kind kinds[] = {
        [TEXT] = ORMC_SCALAR, [TRUTH] = ORMC_SCALAR, [NAMES] = ORMC_SEQUENCE, [RECORDS] = ORMC_SEQUENCE};
    if (node->kind != kinds[at->kind])
        refuse(r, node, at->kind == NAMES || at->kind == RECORDS ? "list" : "text");
    else if (at->kind == TEXT)
        *(const char **)(void *)into = node->text;
    else if (at->kind == TRUTH)
        *(bool *)into = strcmp(node->text, "true") == 0;
    else if (at->kind == NAMES)
        read_names(r, node, (ormc_names *)(void *)into);
    else
        read_list(r, at->records, node, (list *)(void *)into);
}

static void read_names(reader *r, const ormc_node *node, ormc_names *names)
{
    names->items = orm__arena_zalloc(r->arena, node->count, sizeof *names->items);
    r->failed |= !names->items;
    for (size_t i = 0; names->items && i < node->count; i++) {
        if (node->items[i]->kind == ORMC_SCALAR)
            names->items[names->count++] = node->items[i]->text;
        else
            refuse(r, node->items[i], "text");
    }
}

static void read_list(reader *r, ormc_record record, const ormc_node *node, list *into)
{
    into->items = orm__arena_zalloc(r->arena, node->count, records[record].size);
    r->failed |= !into->items;
    for (size_t i = 0; into->items && i < node->count; i++)
        read_record(r, record, node->items[i], into->items + into->count++ * records[record].size);
}

static void refuse(reader *r, const ormc_node *node, const char *what)
{
    ormc_report(r->diagnostics, ORMC_E_NOT_A_SCHEMA, node->place,
                "this is no snapshot of a schema: '%s' is missing here", what);
    r->failed = true;
}
