/* catalog_sqlite.c -- reads an SQLite database: what its pragmas tell, and out of the texts of CREATE what they leave
 * out (catalog_sqlite_text.c).
 * SPDX-License-Identifier: MIT */
#include "catalog_sqlite.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void read_tables(sqlite_reader *s);
static void read_columns(sqlite_reader *s);
static void add_column(sqlite_reader *s, const catalog_rows *rows, size_t row);
static void read_keys(sqlite_reader *s);
static void settle_key(sqlite_reader *s, sqlite_table *table);
static void read_foreign_keys(sqlite_reader *s);
static void add_foreign_key(sqlite_reader *s, const catalog_rows *rows, size_t row);
static void read_indexes(sqlite_reader *s);
static void add_unique(sqlite_reader *s, ormc_snapshot_table *table, const catalog_rows *rows, size_t row,
                       size_t count);
static void add_index(sqlite_reader *s, ormc_snapshot_table *table, const catalog_rows *rows, size_t row, size_t count);
static void read_notes(sqlite_reader *s);

void catalog_read_sqlite(catalog_reader *r)
{
    sqlite_reader s = {.r = r};
    read_tables(&s);
    read_columns(&s);
    read_keys(&s);
    read_foreign_keys(&s);
    read_indexes(&s);
    read_notes(&s);
}

static void read_tables(sqlite_reader *s)
{
    catalog_reader *r = s->r;
    ormc_catalog *catalog = r->catalog;
    catalog_rows rows = catalog_query(r,
                                      "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND "
                                      "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'ormc_migrations' AND name "
                                      "NOT IN (SELECT name FROM pragma_table_list WHERE type IN ('virtual', 'shadow')) "
                                      "ORDER BY name",
                                      3);
    if (r->failed)
        return;
    s->tables = orm__arena_zalloc(r->arena, rows.count + 1, sizeof *s->tables);
    catalog->snapshot.tables = orm__arena_zalloc(r->arena, rows.count + 1, sizeof *catalog->snapshot.tables);
    catalog->views = orm__arena_zalloc(r->arena, rows.count + 1, sizeof *catalog->views);
    r->failed = !s->tables || !catalog->snapshot.tables || !catalog->views;
    for (size_t i = 0; i < rows.count && !r->failed; i++) {
        sqlite_table *read = &s->tables[s->table_count++];
        bool is_view = *catalog_cell(&rows, i, 1) == 'v';
        ormc_catalog_view *view = is_view ? &catalog->views[catalog->view_count++] : NULL;
        read->table = view ? &view->table : &catalog->snapshot.tables[catalog->snapshot.table_count++];
        read->table->name = catalog_cell(&rows, i, 0);
        read->sql = catalog_cell(&rows, i, 2);
        if (view)
            view->definition = sqlite_view_definition(s, read->sql);
        else
            sqlite_read_text(s, read);
        r->failed |= !ormc_table_add(&s->by_name, r->arena, read->table->name, read);
    }
}

static void read_columns(sqlite_reader *s)
{
    catalog_rows rows = catalog_query(s->r,
                                      "SELECT m.name, x.name, x.type, CAST(x.\"notnull\" AS text), x.dflt_value, "
                                      "CAST(x.pk AS text), CAST(x.hidden AS text) FROM sqlite_schema m JOIN "
                                      "pragma_table_xinfo(m.name) x WHERE m.type IN ('table', 'view') ORDER BY m.name, "
                                      "x.cid",
                                      7);
    for (size_t i = 0; i < rows.count && !s->r->failed; i++)
        if (ormc_table_get(&s->by_name, catalog_cell(&rows, i, 0)))
            add_column(s, &rows, i);
}

static void add_column(sqlite_reader *s, const catalog_rows *rows, size_t row)
{
    catalog_reader *r = s->r;
    sqlite_table *read = ormc_table_get(&s->by_name, catalog_cell(rows, row, 0));
    ormc_snapshot_table *table = read->table;
    int hidden = atoi(catalog_cell(rows, row, 6));
    table->columns = catalog_grow(r, table->columns, table->column_count, sizeof *table->columns);
    if (r->failed)
        return;
    ormc_snapshot_column *column = &table->columns[table->column_count++];
    const char *name = catalog_cell(rows, row, 1), *type = catalog_cell(rows, row, 2);
    const sqlite_words *words = sqlite_find_words(read, name);
    *column = (ormc_snapshot_column){.name = name,
                                     .type = type ? type : "",
                                     .not_null = catalog_truth(rows, row, 3),
                                     .default_sql = hidden ? NULL : catalog_cell(rows, row, 4),
                                     .generated = words ? words->generated : NULL};
    if (column->default_sql && strcasecmp(column->default_sql, "null") == 0)
        column->default_sql = NULL;
    if (words && words->collation && strcasecmp(words->collation, "binary") != 0)
        catalog_note(r, NULL, table->name, "column %s has the collation %s", name, words->collation);
    if (hidden == 2)
        catalog_note(r, NULL, table->name, "column %s is computed when it is read (VIRTUAL); ormc says STORED", name);
}

/* The columns of primary keys, in the key's order. */
static void read_keys(sqlite_reader *s)
{
    catalog_reader *r = s->r;
    catalog_rows rows = catalog_query(r,
                                      "SELECT m.name, x.name FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) x "
                                      "WHERE m.type = 'table' AND x.pk > 0 ORDER BY m.name, x.pk",
                                      2);
    for (size_t i = 0; i < rows.count && !r->failed; i++) {
        sqlite_table *read = ormc_table_get(&s->by_name, catalog_cell(&rows, i, 0));
        if (!read)
            continue;
        ormc_snapshot_table *table = read->table;
        if (!table->primary_key_count)
            table->primary_key = catalog_grow(r, NULL, 0, sizeof *table->primary_key);
        if (r->failed)
            return;
        table->primary_key_count = 1;
        catalog_add_name(r, &table->primary_key->columns, catalog_cell(&rows, i, 1));
    }
    for (size_t i = 0; i < s->table_count && !r->failed; i++)
        if (s->tables[i].table->primary_key_count)
            settle_key(s, &s->tables[i]);
}

/* A lone INTEGER key is the row's number, and made by SQLite; that the program makes it is told by how ormc writes
 * it. */
static void settle_key(sqlite_reader *s, sqlite_table *read)
{
    ormc_snapshot_table *table = read->table;
    const ormc_names *names = &table->primary_key->columns;
    table->primary_key->name = read->key_name;
    for (size_t i = 0; i < names->count; i++) {
        ormc_snapshot_column *column = ormc_snapshot_find_column(table, names->items[i]);
        bool number = names->count == 1 && strcasecmp(column->type, "integer") == 0 && !read->without_rowid;
        const char *ours = catalog_printf(s->r, "%s_pkey", table->name);
        column->identity = number && (read->autoincrement || !read->key_is_apart || !ormc_same(read->key_name, ours));
        if (!column->not_null && !number && !read->without_rowid)
            catalog_note(s->r, NULL, table->name, "column %s of the primary key may be NULL", column->name);
        column->not_null = true;
    }
}

static void read_foreign_keys(sqlite_reader *s)
{
    catalog_rows rows = catalog_query(
        s->r,
        "SELECT m.name, CAST(f.id AS text), f.\"from\", f.\"table\", f.\"to\", f.on_update, "
        "f.on_delete, f.\"match\" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) "
        "f WHERE m.type = 'table' ORDER BY m.name, f.id DESC, f.seq",
        8);
    for (size_t i = 0; i < rows.count && !s->r->failed; i++)
        if (ormc_table_get(&s->by_name, catalog_cell(&rows, i, 0)))
            add_foreign_key(s, &rows, i);
}

static void add_foreign_key(sqlite_reader *s, const catalog_rows *rows, size_t row)
{
    catalog_reader *r = s->r;
    sqlite_table *read = ormc_table_get(&s->by_name, catalog_cell(rows, row, 0));
    ormc_snapshot_table *table = read->table;
    const char *target_name = catalog_cell(rows, row, 3), *action = catalog_cell(rows, row, 6);
    const char *on_update = catalog_cell(rows, row, 5);
    bool first = row == 0 || !ormc_same(catalog_cell(rows, row, 1), catalog_cell(rows, row - 1, 1)) ||
                 !ormc_same(catalog_cell(rows, row, 0), catalog_cell(rows, row - 1, 0));
    const sqlite_table *target = sqlite_find_table(s, target_name);
    if (first) {
        size_t count = table->foreign_key_count;
        table->foreign_keys = catalog_grow(r, table->foreign_keys, count, sizeof *table->foreign_keys);
        if (r->failed)
            return;
        table->foreign_keys[table->foreign_key_count++] = (ormc_snapshot_foreign_key){
            .table = target ? target->table->name : target_name,
            .on_delete = action,
            .on_update = catalog_on_update(on_update)};
        if (strcasecmp(action, "set default") == 0 || strcasecmp(on_update, "set default") == 0)
            catalog_note(r, NULL, table->name, "the foreign key of %s says ON DELETE %s ON UPDATE %s",
                         catalog_cell(rows, row, 2), action, on_update);
    }
    ormc_snapshot_foreign_key *key = &table->foreign_keys[table->foreign_key_count - 1];
    const char *to = catalog_cell(rows, row, 4);
    const ormc_snapshot_key *far = target && target->table->primary_key_count ? target->table->primary_key : NULL;
    if (!to && far && key->columns.count < far->columns.count)
        to = far->columns.items[key->columns.count];
    catalog_add_name(r, &key->target_columns, sqlite_column_name(target, to));
    catalog_add_name(r, &key->columns, sqlite_column_name(read, catalog_cell(rows, row, 2)));
    ormc_snapshot_column *column = ormc_snapshot_find_column(table,
                                                             sqlite_column_name(read, catalog_cell(rows, row, 2)));
    if (column)
        column->identity = false; /* it has what it refers to */
}

enum { I_TABLE, I_NAME, I_UNIQUE, I_ORIGIN, I_PARTIAL, I_COLUMN, I_DESCENDING, I_COLLATION, I_CID, I_SQL, I_WIDTH };

static void read_indexes(sqlite_reader *s)
{
    catalog_rows rows = catalog_query(
        s->r,
        "SELECT m.name, l.name, CAST(l.\"unique\" AS text), l.origin, CAST(l.partial AS "
        "text), x.name, CAST(x.desc AS text), x.coll, CAST(x.cid AS text), i.sql FROM "
        "sqlite_schema m JOIN pragma_index_list(m.name) l JOIN pragma_index_xinfo(l.name) "
        "x LEFT JOIN sqlite_schema i ON i.type = 'index' AND i.name = l.name WHERE m.type "
        "= 'table' AND x.key AND l.origin <> 'pk' ORDER BY m.name, l.origin, l.seq DESC, "
        "x.seqno",
        I_WIDTH);
    for (size_t i = 0, count; i < rows.count && !s->r->failed; i += count) {
        for (count = 1; i + count < rows.count &&
                        ormc_same(catalog_cell(&rows, i, I_NAME), catalog_cell(&rows, i + count, I_NAME));)
            count++;
        sqlite_table *read = ormc_table_get(&s->by_name, catalog_cell(&rows, i, I_TABLE));
        if (read && *catalog_cell(&rows, i, I_ORIGIN) == 'u')
            add_unique(s, read->table, &rows, i, count);
        else if (read)
            add_index(s, read->table, &rows, i, count);
    }
}

static void add_unique(sqlite_reader *s, ormc_snapshot_table *table, const catalog_rows *rows, size_t row, size_t count)
{
    table->uniques = catalog_grow(s->r, table->uniques, table->unique_count, sizeof *table->uniques);
    if (s->r->failed)
        return;
    ormc_snapshot_key *unique = &table->uniques[table->unique_count++];
    for (size_t i = row; i < row + count; i++)
        catalog_add_name(s->r, &unique->columns, catalog_cell(rows, i, I_COLUMN));
}

static void add_index(sqlite_reader *s, ormc_snapshot_table *table, const catalog_rows *rows, size_t row, size_t count)
{
    catalog_reader *r = s->r;
    const char *sql = catalog_cell(rows, row, I_SQL);
    sqlite_index_text text = sqlite_read_index(s, sql);
    bool beyond = false;
    for (size_t i = row; i < row + count; i++) {
        bool expression = strcmp(catalog_cell(rows, i, I_CID), "-2") == 0;
        beyond |= expression && (count > 1 || catalog_truth(rows, i, I_DESCENDING));
        beyond |= strcasecmp(catalog_cell(rows, i, I_COLLATION), "binary") != 0;
    }
    if (beyond) {
        catalog_note(r, NULL, table->name, "%s", sql);
        return;
    }
    table->indexes = catalog_grow(r, table->indexes, table->index_count, sizeof *table->indexes);
    if (r->failed)
        return;
    ormc_snapshot_index *index = &table->indexes[table->index_count++];
    *index = (ormc_snapshot_index){
        .name = catalog_cell(rows, row, I_NAME), .unique = catalog_truth(rows, row, I_UNIQUE), .where = text.where};
    for (size_t i = row; i < row + count; i++) {
        const char *column = catalog_cell(rows, i, I_COLUMN);
        orm__text part = {0};
        if (column)
            ormc_literal_sql_name(&part, column);
        else
            orm__text_printf(&part, "(%s)", text.expression);
        orm__text_string(&part, catalog_truth(rows, i, I_DESCENDING) ? " DESC" : "");
        catalog_add_name(r, &index->parts, catalog_printf(r, "%s", part.failed ? "" : part.data));
        r->failed |= part.failed;
        orm__text_release(&part);
    }
}

static void read_notes(sqlite_reader *s)
{
    catalog_rows rows = catalog_query(s->r,
                                      "SELECT CASE WHEN type = 'trigger' THEN tbl_name END, sql FROM sqlite_schema "
                                      "WHERE type = 'trigger' OR (type = 'table' AND name IN (SELECT name FROM "
                                      "pragma_table_list WHERE type = 'virtual')) ORDER BY type, name",
                                      2);
    for (size_t i = 0; i < rows.count && !s->r->failed; i++)
        catalog_note(s->r, NULL, catalog_cell(&rows, i, 0), "%s", catalog_cell(&rows, i, 1));
}
