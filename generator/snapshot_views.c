/* snapshot_views.c -- the views of a snapshot: those that ormc makes in the order in which they can be made, and those
 * that are there already.
 * SPDX-License-Identifier: MIT */
#include "snapshot_parts.h"

#include "query_sql.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Views by their names in small letters, as they are put in order. */
typedef struct ordering {
    ormc_table by_name; /* of ormc_snapshot_view */
    ormc_snapshot_view *ordered;
    size_t count;
    bool *seen;
} ordering;

static void make_view(snapshot_maker *maker, const ormc_model *model);
static void make_comments(const ormc_model *model, ormc_snapshot_view *view);
static void make_columns(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_view *view);
static void put_in_order(snapshot_maker *maker);
static void visit(snapshot_maker *maker, ordering *order, const ormc_snapshot_view *view);
static const char *small_name(snapshot_maker *maker, const char *begin, const char *end);

void snapshot_make_views(snapshot_maker *maker)
{
    ormc_snapshot *snapshot = maker->snapshot;
    size_t most = maker->package->model_count + 1;
    snapshot->views = orm__arena_zalloc(maker->arena, most, sizeof *snapshot->views);
    snapshot->foreign = orm__arena_zalloc(maker->arena, most, sizeof *snapshot->foreign);
    maker->failed |= !snapshot->views || !snapshot->foreign;
    for (size_t i = 0; !maker->failed && i < maker->package->model_count; i++)
        if (maker->package->models[i]->view)
            make_view(maker, maker->package->models[i]);
    if (!maker->failed)
        put_in_order(maker);
}

static void make_view(snapshot_maker *maker, const ormc_model *model)
{
    ormc_snapshot *snapshot = maker->snapshot;
    const char *sql = model->view_sql.text[maker->dialect];
    ormc_snapshot_view *view = sql ? &snapshot->views[snapshot->view_count++]
                                   : &snapshot->foreign[snapshot->foreign_count++];
    *view = (ormc_snapshot_view){.schema = snapshot_schema_of(maker, model),
                                 .name = snapshot_table_of(maker, model),
                                 .comment = model->doc,
                                 .sql = sql};
    view->columns = orm__arena_zalloc(maker->arena, model->column_count + 1, sizeof *view->columns);
    maker->failed |= !view->columns;
    if (view->columns && sql)
        make_comments(model, view);
    else if (view->columns)
        make_columns(maker, model, view);
}

static void make_comments(const ormc_model *model, ormc_snapshot_view *view)
{
    for (size_t i = 0; i < model->column_count; i++)
        if (model->columns[i].doc)
            view->columns[view->column_count++] = (ormc_snapshot_column){.name = model->columns[i].column,
                                                                         .comment = model->columns[i].doc};
}

static void make_columns(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_view *view)
{
    for (size_t i = 0; i < model->column_count; i++)
        snapshot_make_column(maker, &model->columns[i], &view->columns[view->column_count++]);
}

static void put_in_order(snapshot_maker *maker)
{
    ormc_snapshot *snapshot = maker->snapshot;
    ordering order = {.ordered = orm__arena_zalloc(maker->arena, snapshot->view_count + 1, sizeof *order.ordered),
                      .seen = orm__arena_zalloc(maker->arena, snapshot->view_count + 1, sizeof *order.seen)};
    maker->failed |= !order.ordered || !order.seen;
    for (size_t i = 0; !maker->failed && i < snapshot->view_count; i++) {
        const char *name = snapshot->views[i].name, *small = small_name(maker, name, name + strlen(name));
        maker->failed |= !small || !ormc_table_add(&order.by_name, maker->arena, small, &snapshot->views[i]);
    }
    for (size_t i = 0; !maker->failed && i < snapshot->view_count; i++)
        visit(maker, &order, &snapshot->views[i]);
    if (!maker->failed)
        snapshot->views = order.ordered;
}

/* Depth first, in the order of the YAML where nothing else asks for another. */
static void visit(snapshot_maker *maker, ordering *order, const ormc_snapshot_view *view)
{
    const char *at = view->sql;
    if (order->seen[view - maker->snapshot->views])
        return;
    order->seen[view - maker->snapshot->views] = true;
    while (!maker->failed) {
        ormc_sql_word word = ormc_sql_next(&at, maker->dialect);
        if (word.kind == ORMC_SQL_END)
            break;
        const char *name = word.kind == ORMC_SQL_WORD
                               ? small_name(maker, word.begin + word.quoted, word.end - word.quoted)
                               : NULL;
        bool known = name && ormc_table_get(&order->by_name, name);
        for (size_t i = 0; known && i < maker->snapshot->view_count; i++) /* there may be one in each schema */
            if (strcasecmp(maker->snapshot->views[i].name, name) == 0)
                visit(maker, order, &maker->snapshot->views[i]);
    }
    if (!maker->failed)
        order->ordered[order->count++] = *view;
}

static const char *small_name(snapshot_maker *maker, const char *begin, const char *end)
{
    char *name = orm__arena_copy(maker->arena, begin, (size_t)(end - begin));
    maker->failed |= !name;
    for (char *at = name; at && *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return name;
}

bool ormc_snapshot_uses(const char *sql, ormc_dialect dialect, const char *name)
{
    for (;;) {
        ormc_sql_word word = ormc_sql_next(&sql, dialect);
        if (word.kind == ORMC_SQL_END)
            return false;
        if (word.kind == ORMC_SQL_WORD && ormc_sql_names(word, name))
            return true;
    }
}
