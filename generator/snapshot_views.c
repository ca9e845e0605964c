/* snapshot_views.c -- the views of a snapshot: those that ormc makes in the order in which they can be made, and those that
 * are there already.
 * SPDX-License-Identifier: MIT */
#include "snapshot_parts.h"

#include "query_sql.h"

#include <string.h>

static void make_view(snapshot_maker *maker, const ormc_model *model);
static void make_comments(const ormc_model *model, ormc_snapshot_view *view);
static void make_columns(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_view *view);
static void put_in_order(snapshot_maker *maker);
static void visit(const snapshot_maker *maker, ormc_snapshot_view *ordered, size_t *count, bool *seen, size_t index);

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
    ormc_snapshot_view *ordered = orm__arena_zalloc(maker->arena, snapshot->view_count + 1, sizeof *ordered);
    bool *seen = orm__arena_zalloc(maker->arena, snapshot->view_count + 1, sizeof *seen);
    size_t count = 0;
    maker->failed |= !ordered || !seen;
    for (size_t i = 0; !maker->failed && i < snapshot->view_count; i++)
        visit(maker, ordered, &count, seen, i);
    if (!maker->failed)
        snapshot->views = ordered;
}

/* Depth first, in the order of the YAML where nothing else asks for another. */
static void visit(const snapshot_maker *maker, ormc_snapshot_view *ordered, size_t *count, bool *seen, size_t index)
{
    const ormc_snapshot *snapshot = maker->snapshot;
    const ormc_snapshot_view *view = &snapshot->views[index];
    if (seen[index])
        return;
    seen[index] = true;
    for (size_t i = 0; i < snapshot->view_count; i++)
        if (!seen[i] && ormc_snapshot_uses(view->sql, maker->dialect, snapshot->views[i].name))
            visit(maker, ordered, count, seen, i);
    ordered[(*count)++] = *view;
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
