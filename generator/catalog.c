/* catalog.c -- a connection to a live database and its answers as texts; which questions to ask is
 * catalog_postgresql.c's and catalog_sqlite.c's.
 * SPDX-License-Identifier: MIT */
#include "catalog.h"

#include "base/error.h"
#include "engine/url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { MOST_CELLS = 24 };

static bool is_there(const orm__address *address, orm__text *message);
static void sort_parts(ormc_snapshot_table *table);
static int compare_keys(const void *left, const void *right);
static int compare_checks(const void *left, const void *right);
static int compare_indexes(const void *left, const void *right);
static int compare_names(const char *a, const char *b);
static bool read_rows(catalog_reader *r, size_t width, catalog_rows *rows);
static bool add_row(catalog_reader *r, const char *const *cells, catalog_rows *rows);
static const char *format_text(catalog_reader *r, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

bool ormc_catalog_open(const char *url, orm__arena *arena, ormc_catalog_link *link, orm__text *message)
{
    orm__url read;
    orm_error error = {0};
    *link = (ormc_catalog_link){.driver = &orm__driver_postgresql};
    if (orm__url_parse(url, arena, &read, &error)) {
        orm__text_string(message, error.message);
        return false;
    }
    if (read.address.dialect == ORM_SQLITE) {
        link->driver = &orm__driver_sqlite;
        link->dialect = ORMC_SQLITE;
        if (!is_there(&read.address, message))
            return false;
        read.address.memory = true; /* its journal stays as it is */
    }
    if (link->driver->open(&read.address, &link->waiter, &link->link, &error))
        orm__text_string(message, error.message);
    return link->link;
}

/* SQLite would make it. */
static bool is_there(const orm__address *address, orm__text *message)
{
    if (address->memory || strncmp(address->file, "file:", 5) == 0 || access(address->file, R_OK) == 0)
        return true;
    orm__text_printf(message, "cannot open the SQLite database '%s': %s", address->file, strerror(errno));
    return false;
}

void ormc_catalog_close(ormc_catalog_link *link)
{
    if (link->link)
        link->driver->close(link->link);
    link->link = NULL;
}

bool ormc_catalog_run(const ormc_catalog_link *link, const char *sql, orm__text *message)
{
    orm_error error = {0};
    if (!link->driver->control(link->link, sql, NULL, &error))
        return true;
    orm__text_string(message, error.message);
    return false;
}

bool ormc_catalog_home(const ormc_catalog_link *link, orm__arena *arena, const char **home, orm__text *message)
{
    catalog_reader r = {.link = link, .arena = arena};
    *home = "";
    if (link->dialect == ORMC_SQLITE)
        return true;
    catalog_rows rows = catalog_query(&r, "SELECT coalesce(current_schema(), 'public')::text", 1);
    if (r.failed)
        orm__text_string(message, *r.error.message ? r.error.message : "out of memory");
    else
        *home = catalog_cell(&rows, 0, 0);
    return !r.failed;
}

bool ormc_catalog_read(const ormc_catalog_link *link, const ormc_catalog_choice *choice, orm__arena *arena,
                       ormc_catalog *catalog, orm__text *message)
{
    catalog_reader r = {.link = link, .choice = choice, .arena = arena, .catalog = catalog};
    *catalog = (ormc_catalog){.snapshot.dialect = link->dialect};
    if (link->dialect == ORMC_POSTGRESQL)
        catalog_read_postgresql(&r);
    else
        catalog_read_sqlite(&r);
    if (r.failed)
        orm__text_string(message, *r.error.message ? r.error.message : "out of memory");
    for (size_t i = 0; i < catalog->snapshot.table_count && !r.failed; i++)
        sort_parts(&catalog->snapshot.tables[i]);
    return !r.failed;
}

/* The order in which things were made says nothing. */
static void sort_parts(ormc_snapshot_table *table)
{
    if (table->unique_count)
        qsort(table->uniques, table->unique_count, sizeof *table->uniques, compare_keys);
    if (table->check_count)
        qsort(table->checks, table->check_count, sizeof *table->checks, compare_checks);
    if (table->index_count)
        qsort(table->indexes, table->index_count, sizeof *table->indexes, compare_indexes);
}

static int compare_keys(const void *left, const void *right)
{
    const ormc_names *a = &((const ormc_snapshot_key *)left)->columns,
                     *b = &((const ormc_snapshot_key *)right)->columns;
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int order = strcmp(a->items[i], b->items[i]);
        if (order)
            return order;
    }
    return a->count < b->count ? -1 : a->count > b->count;
}

static int compare_checks(const void *left, const void *right)
{
    const ormc_snapshot_check *a = left, *b = right;
    int order = compare_names(a->name, b->name);
    return order ? order : strcmp(a->sql, b->sql);
}

static int compare_indexes(const void *left, const void *right)
{
    return compare_names(((const ormc_snapshot_index *)left)->name, ((const ormc_snapshot_index *)right)->name);
}

/* So that check2 stands before check10. */
static int compare_names(const char *a, const char *b)
{
    if (!a || !b)
        return (a != NULL) - (b != NULL);
    size_t longer = strlen(a), length = strlen(b);
    return longer == length ? strcmp(a, b) : longer < length ? -1 : 1;
}

catalog_rows catalog_query(catalog_reader *r, const char *sql, size_t width)
{
    catalog_rows rows = {.width = width};
    const orm__driver *driver = r->link->driver;
    orm__prepared *prepared;
    if (r->failed)
        return rows;
    r->failed = driver->prepare(r->link->link, sql, NULL, 0, &prepared, &r->error) != ORM_OK;
    if (r->failed)
        return rows;
    r->failed = driver->start(r->link->link, NULL, prepared, NULL, ORM__FETCH_WHOLE, &r->error) != ORM_OK;
    if (!r->failed) {
        bool read = read_rows(r, width, &rows);
        orm_error error = {0};
        if (driver->finish(r->link->link, NULL, &error) && read)
            r->error = error;
        r->failed = !read || error.status;
    }
    driver->forget(r->link->link, prepared);
    return r->failed ? (catalog_rows){.width = width} : rows;
}

static bool read_rows(catalog_reader *r, size_t width, catalog_rows *rows)
{
    static const orm_model nowhere = {.name = "catalog", .table = "catalog"};
    const orm__driver *driver = r->link->driver;
    orm_column columns[MOST_CELLS];
    const orm_column *list[MOST_CELLS];
    const char *cells[MOST_CELLS];
    orm_status status;
    for (size_t i = 0; i < width; i++) {
        orm_field field = {(uint32_t)(i * sizeof *cells), ORM_ABSENT};
        columns[i] = (orm_column){.model = &nowhere,
                                  .name = "text",
                                  .member = "text",
                                  .type = ORM_TYPE_TEXT,
                                  .flags = ORM_NULLABLE,
                                  .field = field};
        list[i] = &columns[i];
    }
    while (!(status = driver->step(r->link->link, &r->error))) {
        if (driver->read(r->link->link, list, width, 0, cells, r->arena, &r->error))
            return false;
        if (!add_row(r, cells, rows))
            return false;
    }
    return status == ORM_DONE;
}

static bool add_row(catalog_reader *r, const char *const *cells, catalog_rows *rows)
{
    size_t size = rows->width * sizeof *cells;
    rows->cells = catalog_grow(r, rows->cells, rows->count, size);
    if (r->failed)
        return false;
    memcpy(rows->cells + rows->count++ * rows->width, cells, size);
    return true;
}

const char *catalog_cell(const catalog_rows *rows, size_t row, size_t column)
{
    return rows->cells[row * rows->width + column];
}

bool catalog_truth(const catalog_rows *rows, size_t row, size_t column)
{
    const char *cell = catalog_cell(rows, row, column);
    return cell && (*cell == 't' || *cell == '1');
}

/* Room doubles whenever the count is a power of two. */
void *catalog_grow(catalog_reader *r, void *items, size_t count, size_t size)
{
    if (count & (count - 1))
        return items;
    void *grown = orm__arena_zalloc(r->arena, count ? 2 * count : 1, size);
    if (!grown) {
        r->failed = true;
        return items;
    }
    if (count)
        memcpy(grown, items, count * size);
    return grown;
}

void catalog_add_name(catalog_reader *r, ormc_names *names, const char *name)
{
    names->items = catalog_grow(r, names->items, names->count, sizeof *names->items);
    if (!r->failed)
        names->items[names->count++] = name;
}

const char *catalog_on_update(const char *action)
{
    return strcasecmp(action, "NO ACTION") == 0 ? NULL : action;
}

void catalog_note(catalog_reader *r, const char *schema, const char *table, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const char *text = format_text(r, format, values);
    va_end(values);
    ormc_catalog *catalog = r->catalog;
    catalog->notes = catalog_grow(r, catalog->notes, catalog->note_count, sizeof *catalog->notes);
    if (!r->failed)
        catalog->notes[catalog->note_count++] = (ormc_catalog_note){schema, table, text};
}

const char *catalog_printf(catalog_reader *r, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const char *text = format_text(r, format, values);
    va_end(values);
    return text;
}

static const char *format_text(catalog_reader *r, const char *format, va_list values)
{
    const char *made = catalog_vprintf(r->arena, format, values);
    r->failed |= !made;
    return made ? made : "";
}

const char *catalog_vprintf(orm__arena *arena, const char *format, va_list values)
{
    va_list again;
    va_copy(again, values);
    int length = vsnprintf(NULL, 0, format, values);
    char *made = length < 0 ? NULL : orm__arena_alloc(arena, (size_t)length + 1);
    if (made)
        vsnprintf(made, (size_t)length + 1, format, again);
    va_end(again);
    return made;
}
