/* drift.c -- compares two settled databases, table by table; what is inside a table is drift_columns.c's and
 * drift_keys.c's.
 * SPDX-License-Identifier: MIT */
#include "drift.h"

#include "query_sql.h"

#include <ctype.h>
#include <string.h>

static void compare_enums(drifter *d);
static const ormc_snapshot_enum *find_enum(const ormc_settled *in, const ormc_snapshot_enum *wanted);
static ormc_place enum_place(const drifter *d, const ormc_snapshot_enum *wanted);
static void compare_tables(drifter *d);
static void compare_table(drifter *d, const ormc_settled_table *should);
static void compare_view(drifter *d, const ormc_model *model);
static const char *on_one_line(drifter *d, const char *sql);
static const char *name_table(drifter *d, const ormc_snapshot_table *table);
static const ormc_model *model_of(const drifter *d, const ormc_snapshot_table *table);
static bool is_plain(const char *begin, const char *end);

bool ormc_drift_compare(const ormc_package *package, const ormc_settled *live, const ormc_settled *wanted,
                        const ormc_drift_options *options, orm__arena *arena, ormc_diagnostics *diagnostics)
{
    drifter d = {.package = package,
                 .live = live,
                 .wanted = wanted,
                 .options = options,
                 .arena = arena,
                 .diagnostics = diagnostics,
                 .dialect = live->catalog->snapshot.dialect};
    if (d.dialect == ORMC_POSTGRESQL)
        compare_enums(&d);
    compare_tables(&d);
    return !d.failed;
}

static void compare_enums(drifter *d)
{
    for (size_t i = 0; i < d->wanted->enum_count; i++) {
        const ormc_snapshot_enum *should = d->wanted->enums[i], *is = find_enum(d->live, should);
        ormc_place place = enum_place(d, should);
        const char *what = drift_printf(d, "enum '%s'", should->name);
        if (!is) {
            drift_report(d, place, what, NULL, drift_list(d, &should->values));
            continue;
        }
        const char *values = drift_list(d, &is->values), *wanted = drift_list(d, &should->values);
        if (strcmp(values, wanted) != 0)
            drift_report(d, place, what, values, wanted);
        if (!ormc_same(is->comment, should->comment))
            drift_report(d, place, drift_printf(d, "comment of %s", what), is->comment, should->comment);
    }
    for (size_t i = 0; i < d->live->enum_count && !d->options->known_only; i++)
        if (!find_enum(d->wanted, d->live->enums[i]))
            drift_report(d, (ormc_place){0}, drift_printf(d, "enum '%s'", d->live->enums[i]->name),
                         drift_list(d, &d->live->enums[i]->values), NULL);
}

static const ormc_snapshot_enum *find_enum(const ormc_settled *in, const ormc_snapshot_enum *wanted)
{
    return ormc_snapshot_find_enum(&in->catalog->snapshot, wanted->schema, wanted->name);
}

static ormc_place enum_place(const drifter *d, const ormc_snapshot_enum *wanted)
{
    for (size_t i = 0; i < d->package->enum_count; i++)
        if (strcmp(d->package->enums[i]->name, wanted->name) == 0)
            return d->package->enums[i]->place;
    return (ormc_place){0};
}

static void compare_tables(drifter *d)
{
    for (size_t i = 0; i < d->wanted->table_count && !d->failed; i++)
        compare_table(d, &d->wanted->tables[i]);
    for (size_t i = 0; i < d->live->table_count && !d->failed && !d->options->known_only; i++) {
        const ormc_settled_table *is = &d->live->tables[i];
        if (!is->unsayable && !ormc_settled_find(d->wanted, is->from->schema, is->from->name))
            drift_report(d, (ormc_place){0},
                         drift_printf(d, "%s '%s'", is->view ? "view" : "table", name_table(d, is->from)), "there",
                         NULL);
    }
}

static void compare_table(drifter *d, const ormc_settled_table *should)
{
    const ormc_model *model = model_of(d, should->from);
    d->should = should;
    d->is = ormc_settled_find(d->live, should->from->schema, should->from->name);
    d->table = name_table(d, should->from);
    d->place = model ? model->place : (ormc_place){0};
    if (!d->is) {
        drift_report(d, d->place, drift_printf(d, "%s '%s'", should->view ? "view" : "table", d->table), NULL, "there");
        return;
    }
    if (should->view) {
        compare_view(d, model);
        return;
    }
    if (d->dialect == ORMC_POSTGRESQL && !ormc_same(d->is->from->comment, should->from->comment))
        drift_report(d, d->place, drift_printf(d, "comment of table '%s'", d->table), d->is->from->comment,
                     should->from->comment);
    drift_columns(d);
    if (!d->is->view)
        drift_keys(d);
}

/* Of one that is there already the columns alone matter, and it may be a table. */
static void compare_view(drifter *d, const ormc_model *model)
{
    const char *what = drift_printf(d, "view '%s'", d->table);
    bool made = model && model->view_sql.text[d->dialect];
    if (made && (!d->is->view || d->is->unsayable)) {
        drift_report(d, model->view_place, what, d->is->view ? "no plain view" : "a table", "a view");
        return;
    }
    if (made && d->dialect == ORMC_POSTGRESQL && !ormc_same(d->is->from->comment, d->should->from->comment))
        drift_report(d, d->place, drift_printf(d, "comment of %s", what), d->is->from->comment,
                     d->should->from->comment);
    drift_columns(d);
    if (made && !drift_same_sql(d, d->is->view, d->should->view))
        drift_report(d, model->view_place, what, on_one_line(d, d->is->view), on_one_line(d, d->should->view));
}

static const char *on_one_line(drifter *d, const char *sql)
{
    char *line = orm__arena_strdup(d->arena, sql), *end = line;
    d->failed |= !line;
    for (const char *at = line; at && *at;) {
        size_t blanks = strspn(at, " \t\r\n");
        *end++ = blanks ? ' ' : *at;
        at += blanks ? blanks : 1;
    }
    if (end)
        *end = '\0';
    return line ? line : "";
}

static const char *name_table(drifter *d, const ormc_snapshot_table *table)
{
    return table->schema ? drift_printf(d, "%s.%s", table->schema, table->name) : table->name;
}

static const ormc_model *model_of(const drifter *d, const ormc_snapshot_table *table)
{
    for (size_t i = 0; i < d->package->model_count; i++) {
        const ormc_model *model = d->package->models[i];
        const char *name = d->dialect == ORMC_SQLITE ? model->sqlite_table : model->table;
        if (!model->abstract && ormc_same(name, table->name) &&
            (d->dialect == ORMC_SQLITE || ormc_same(model->schema, table->schema)))
            return model;
    }
    return NULL;
}

void drift_report(drifter *d, ormc_place place, const char *what, const char *is, const char *should)
{
    ormc_report(d->diagnostics, ORMC_E_DRIFT, place, "%s: %s%s in the database, %s%s in the schema", what,
                is ? "" : "not", is ? is : "", should ? "" : "not", should ? should : "");
}

const char *drift_list(drifter *d, const ormc_names *names)
{
    orm__text text = {0};
    for (size_t i = 0; i < names->count; i++)
        orm__text_printf(&text, "%s%s", i ? ", " : "(", names->items[i]);
    orm__text_char(&text, ')');
    const char *list = text.failed ? NULL : orm__arena_strdup(d->arena, text.data);
    d->failed |= !list;
    orm__text_release(&text);
    return list ? list : "";
}

bool drift_same_sql(drifter *d, const char *a, const char *b)
{
    return ormc_same(drift_normal(d, a), drift_normal(d, b));
}

const char *drift_normal(drifter *d, const char *sql)
{
    orm__text text = {0};
    const char *at = sql;
    if (!sql)
        return NULL;
    for (;;) {
        ormc_sql_word word = ormc_sql_next(&at, d->dialect);
        if (word.kind == ORMC_SQL_END)
            break;
        bool unquoted = word.quoted && is_plain(word.begin + 1, word.end - 1);
        bool small = word.kind == ORMC_SQL_WORD && !word.quoted;
        for (const char *c = word.begin + unquoted; c < word.end - unquoted; c++)
            orm__text_char(&text, small ? (char)tolower((unsigned char)*c) : *c);
        orm__text_char(&text, ' ');
    }
    const char *normal = text.failed ? NULL : orm__arena_strdup(d->arena, text.data ? text.data : "");
    d->failed |= !normal;
    orm__text_release(&text);
    return normal;
}

/* A name in quotes that means the same without them. */
static bool is_plain(const char *begin, const char *end)
{
    for (const char *at = begin; at < end; at++)
        if (!islower((unsigned char)*at) && *at != '_' && (at == begin || !isdigit((unsigned char)*at)))
            return false;
    return end > begin;
}

const char *drift_printf(drifter *d, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    const char *made = catalog_vprintf(d->arena, format, values);
    va_end(values);
    d->failed |= !made;
    return made ? made : "";
}
