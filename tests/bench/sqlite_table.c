/* sqlite_table.c -- the input's rows as virtual tables, which the best C has one statement insert from.
 * SPDX-License-Identifier: MIT */
#include "sqlite.h"

#include <string.h>

typedef struct cursor {
    sqlite3_vtab_cursor base;
    size_t row;
} cursor;
struct lite_reach lite_reach;

static int table_connect(sqlite3 *database, void *user, int argc, const char *const *argv, sqlite3_vtab **made,
                         char **message)
{
    (void)argc, (void)argv, (void)message;
    *made = sqlite3_malloc(sizeof **made);
    **made = (sqlite3_vtab){0};
    return sqlite3_declare_vtab(database, user);
}

static int table_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

static int table_plan(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedRows = (sqlite3_int64)(lite_reach.end - lite_reach.first);
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **made)
{
    static cursor only;
    (void)table;
    *made = &only.base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
    (void)base;
    return SQLITE_OK;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc, sqlite3_value **argv)
{
    (void)plan, (void)text, (void)argc, (void)argv;
    ((cursor *)base)->row = lite_reach.first;
    return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    ((cursor *)base)->row++;
    return SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base)
{
    return ((cursor *)base)->row >= lite_reach.end;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    size_t row = ((cursor *)base)->row;
    const bench_new_post *p = &input.new_posts[row];
    if (column == 0)
        sqlite3_result_int64(context, (sqlite3_int64)row);
    else if (column == 1)
        sqlite3_result_text(context, p->title, (int)strlen(p->title), SQLITE_STATIC);
    else if (column == 2)
        sqlite3_result_text(context, p->body, (int)strlen(p->body), SQLITE_STATIC);
    else if (column == 5)
        sqlite3_result_int64(context, p->author_id);
    else
        sqlite3_result_int(context, column == 3 ? p->views : p->published);
    return SQLITE_OK;
}

static int author_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const bench_new_author *a = &input.new_authors[((cursor *)base)->row];
    const char *text = column == 0 ? a->name : a->email;
    sqlite3_result_text(context, text, (int)strlen(text), SQLITE_STATIC);
    return SQLITE_OK;
}

static const sqlite3_module new_author_module = {
    .xConnect = table_connect,
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = author_column,
};

static const sqlite3_module new_post_module = {
    .xConnect = table_connect,
    .xBestIndex = table_plan,
    .xDisconnect = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
};

void lite_make_tables(void)
{
    lite_expect(sqlite3_create_module_v2(connection, "new_post", &new_post_module,
                                         "CREATE TABLE x(i, title, body, views, published, author_id)", NULL),
                SQLITE_OK);
    lite_expect(
        sqlite3_create_module_v2(connection, "new_author", &new_author_module, "CREATE TABLE x(name, email)", NULL),
        SQLITE_OK);
}
