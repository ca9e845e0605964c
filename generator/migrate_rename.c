/* migrate_rename.c -- renames: found by `was`, applied to a snapshot, and suggested where there is no `was`.
 * SPDX-License-Identifier: MIT */
#include "migrate_plan.h"

#include <ctype.h>
#include <string.h>

static bool add(ormc_renames *renames, orm__arena *arena, ormc_rename rename);
static bool find_in_enums(const ormc_snapshot *from, const ormc_snapshot *to, orm__arena *arena, ormc_renames *renames);
static bool find_in_tables(const ormc_snapshot *from, const ormc_snapshot *to, orm__arena *arena,
                           ormc_renames *renames);
static bool names_hold(const ormc_names *names, const char *name);
static bool same_table(const ormc_rename *rename, const char *schema, const char *name);
static bool rename_enum(ormc_snapshot *in, const ormc_rename *rename, orm__arena *arena);
static bool rename_value(ormc_snapshot *in, const ormc_rename *rename, orm__arena *arena);
static bool rename_table(ormc_snapshot *in, const ormc_rename *rename, orm__arena *arena);
static bool rename_column(ormc_snapshot *in, const ormc_rename *rename, orm__arena *arena);
static void rename_in_names(ormc_names *names, const char *from, const char *to);
static bool rename_in_sql(ormc_snapshot_table *table, const char *from, const char *to, orm__arena *arena);
static const char *replace(const char *sql, const char *from, const char *to, char quote, orm__arena *arena,
                           bool *found);
static const char *token_end(const char *at);
static bool is_word(const char *token, const char *end, const char *name, char quote);
static bool replace_values(ormc_snapshot_table *table, const ormc_rename *rename, orm__arena *arena);
static void suggest_columns(const ormc_snapshot_table *from, const ormc_snapshot_table *to, orm__text *out);
static bool same_columns(const ormc_snapshot_table *a, const ormc_snapshot_table *b);

bool ormc_renames_find(const ormc_snapshot *from, const ormc_snapshot *to, orm__arena *arena, ormc_renames *renames)
{
    *renames = (ormc_renames){0};
    return find_in_enums(from, to, arena, renames) && find_in_tables(from, to, arena, renames);
}

static bool find_in_enums(const ormc_snapshot *from, const ormc_snapshot *to, orm__arena *arena, ormc_renames *renames)
{
    for (size_t i = 0; i < to->enum_count; i++) {
        const ormc_snapshot_enum *now = &to->enums[i], *old = ormc_snapshot_find_enum(from, now->schema, now->name);
        if (!old && now->was && (old = ormc_snapshot_find_enum(from, now->was_schema, now->was)) != NULL &&
            !add(renames, arena,
                 (ormc_rename){ORMC_RENAME_ENUM, old->schema, old->name, now->schema, now->name, NULL, NULL}))
            return false;
        for (size_t k = 0; old && k < now->values_were.count; k++) {
            const char *value = now->values.items[k], *was = now->values_were.items[k];
            if (*was && names_hold(&old->values, was) && !names_hold(&old->values, value) &&
                !names_hold(&now->values, was) &&
                !add(renames, arena,
                     (ormc_rename){ORMC_RENAME_VALUE, old->schema, old->name, now->schema, now->name, was, value}))
                return false;
        }
    }
    return true;
}

static bool find_in_tables(const ormc_snapshot *from, const ormc_snapshot *to, orm__arena *arena, ormc_renames *renames)
{
    for (size_t i = 0; i < to->table_count; i++) {
        const ormc_snapshot_table *now = &to->tables[i], *old = ormc_snapshot_find_table(from, now->schema, now->name);
        if (!old && now->was && (old = ormc_snapshot_find_table(from, now->was_schema, now->was)) != NULL &&
            !add(renames, arena,
                 (ormc_rename){ORMC_RENAME_TABLE, old->schema, old->name, now->schema, now->name, NULL, NULL}))
            return false;
        for (size_t k = 0; old && k < now->column_count; k++) {
            const ormc_snapshot_column *column = &now->columns[k];
            if (column->was && ormc_snapshot_find_column(old, column->was) &&
                !ormc_snapshot_find_column(old, column->name) && !ormc_snapshot_find_column(now, column->was) &&
                !add(renames, arena,
                     (ormc_rename){ORMC_RENAME_COLUMN, old->schema, old->name, now->schema, now->name, column->was,
                                   column->name}))
                return false;
        }
    }
    return true;
}

static bool names_hold(const ormc_names *names, const char *name)
{
    return plan_names_hold(names, name);
}

static bool add(ormc_renames *renames, orm__arena *arena, ormc_rename rename)
{
    size_t count = renames->count;
    if ((count & (count - 1)) == 0) {
        ormc_rename *items = orm__arena_zalloc(arena, count ? 2 * count : 1, sizeof *items);
        if (!items)
            return false;
        if (count)
            memcpy(items, renames->items, count * sizeof *items);
        renames->items = items;
    }
    renames->items[renames->count++] = rename;
    return true;
}

bool ormc_renames_turn(const ormc_renames *renames, orm__arena *arena, ormc_renames *turned)
{
    *turned = (ormc_renames){0};
    for (size_t i = 0; i < renames->count; i++) {
        const ormc_rename *r = &renames->items[i];
        if (!add(turned, arena,
                 (ormc_rename){r->kind, r->to_schema, r->to, r->from_schema, r->from, r->inner_to, r->inner_from}))
            return false;
    }
    return true;
}

bool ormc_renames_apply(const ormc_snapshot *from, const ormc_renames *renames, orm__arena *arena,
                        ormc_snapshot *renamed)
{
    static bool (*const apply[])(ormc_snapshot *, const ormc_rename *, orm__arena *) = {
        [ORMC_RENAME_ENUM] = rename_enum,
        [ORMC_RENAME_VALUE] = rename_value,
        [ORMC_RENAME_TABLE] = rename_table,
        [ORMC_RENAME_COLUMN] = rename_column,
    };
    if (!ormc_snapshot_copy(from, arena, renamed))
        return false;
    for (size_t i = 0; i < renames->count; i++)
        if (!apply[renames->items[i].kind](renamed, &renames->items[i], arena))
            return false;
    return true;
}

static bool rename_enum(ormc_snapshot *in, const ormc_rename *rename, orm__arena *arena)
{
    ormc_snapshot_enum *found = ormc_snapshot_find_enum(in, rename->from_schema, rename->from);
    orm__text type = {0};
    ddl_put_name(&type, rename->to_schema, rename->to);
    const char *plain = type.failed ? NULL : orm__arena_copy(arena, type.data, type.length);
    orm__text_string(&type, "[]");
    const char *array = type.failed ? NULL : orm__arena_copy(arena, type.data, type.length);
    orm__text_release(&type);
    if (!plain || !array)
        return false;
    found->schema = rename->to_schema;
    found->name = rename->to;
    for (size_t i = 0; i < in->table_count; i++)
        for (size_t k = 0; k < in->tables[i].column_count; k++) {
            ormc_snapshot_column *column = &in->tables[i].columns[k];
            if (!same_table(rename, column->enum_schema, column->enum_name))
                continue;
            column->enum_schema = rename->to_schema;
            column->enum_name = rename->to;
            if (in->dialect == ORMC_POSTGRESQL)
                column->type = column->array ? array : plain;
        }
    return true;
}

static bool same_table(const ormc_rename *rename, const char *schema, const char *name)
{
    return ormc_same(rename->from_schema, schema) && ormc_same(rename->from, name);
}

/* On SQLite the rows hold the old value, and so do the conditions, until the table is made anew. */
static bool rename_value(ormc_snapshot *in, const ormc_rename *rename, orm__arena *arena)
{
    ormc_snapshot_enum *found = ormc_snapshot_find_enum(in, rename->to_schema, rename->to);
    rename_in_names(&found->values, rename->inner_from, rename->inner_to);
    bool fine = true;
    for (size_t i = 0; in->dialect == ORMC_POSTGRESQL && i < in->table_count; i++) {
        bool uses = false;
        for (size_t k = 0; k < in->tables[i].column_count; k++)
            uses |= ormc_same(in->tables[i].columns[k].enum_name, rename->to) &&
                    ormc_same(in->tables[i].columns[k].enum_schema, rename->to_schema);
        fine &= !uses || replace_values(&in->tables[i], rename, arena);
    }
    return fine;
}

static bool replace_values(ormc_snapshot_table *table, const ormc_rename *rename, orm__arena *arena)
{
    const char *from = rename->inner_from, *to = rename->inner_to;
    bool fine = true, found = false;
    for (size_t i = 0; i < table->column_count; i++) {
        ormc_snapshot_column *column = &table->columns[i];
        if (ormc_same(column->enum_name, rename->to) && column->default_sql)
            fine &= (column->default_sql = replace(column->default_sql, from, to, '\'', arena, &found)) != NULL;
    }
    for (size_t i = 0; i < table->check_count; i++)
        fine &= (table->checks[i].sql = replace(table->checks[i].sql, from, to, '\'', arena, &found)) != NULL;
    for (size_t i = 0; i < table->index_count; i++)
        if (table->indexes[i].where)
            fine &= (table->indexes[i].where = replace(table->indexes[i].where, from, to, '\'', arena, &found)) != NULL;
    return fine;
}

static bool rename_table(ormc_snapshot *in, const ormc_rename *rename, orm__arena *arena)
{
    (void)arena;
    for (size_t i = 0; i < in->table_count; i++) {
        ormc_snapshot_table *table = &in->tables[i];
        for (size_t k = 0; k < table->foreign_key_count; k++) {
            ormc_snapshot_foreign_key *key = &table->foreign_keys[k];
            if (!same_table(rename, key->schema, key->table))
                continue;
            key->schema = rename->to_schema;
            key->table = rename->to;
        }
        if (!same_table(rename, table->schema, table->name))
            continue;
        table->schema = rename->to_schema;
        table->name = rename->to;
    }
    return true;
}

static bool rename_column(ormc_snapshot *in, const ormc_rename *rename, orm__arena *arena)
{
    const char *from = rename->inner_from, *to = rename->inner_to;
    bool fine = true;
    for (size_t i = 0; i < in->table_count; i++) {
        ormc_snapshot_table *table = &in->tables[i];
        bool itself = ormc_same(table->name, rename->to) && ormc_same(table->schema, rename->to_schema);
        for (size_t k = 0; k < table->foreign_key_count; k++) {
            ormc_snapshot_foreign_key *key = &table->foreign_keys[k];
            if (itself)
                rename_in_names(&key->columns, from, to);
            if (ormc_same(key->table, rename->to) && ormc_same(key->schema, rename->to_schema))
                rename_in_names(&key->target_columns, from, to);
        }
        if (!itself)
            continue;
        if (ormc_same(table->distribute_by, from))
            table->distribute_by = to;
        ormc_snapshot_find_column(table, from)->name = to;
        if (table->primary_key_count)
            rename_in_names(&table->primary_key->columns, from, to);
        for (size_t k = 0; k < table->unique_count; k++)
            rename_in_names(&table->uniques[k].columns, from, to);
        fine &= rename_in_sql(table, from, to, arena);
    }
    return fine;
}

static void rename_in_names(ormc_names *names, const char *from, const char *to)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], from) == 0)
            names->items[i] = to;
}

static bool rename_in_sql(ormc_snapshot_table *table, const char *from, const char *to, orm__arena *arena)
{
    bool fine = true;
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].generated)
            fine &= (table->columns[i].generated = ormc_sql_rename(table->columns[i].generated, from, to, arena)) !=
                    NULL;
    for (size_t i = 0; i < table->check_count; i++)
        fine &= (table->checks[i].sql = ormc_sql_rename(table->checks[i].sql, from, to, arena)) != NULL;
    for (size_t i = 0; i < table->index_count; i++) {
        ormc_snapshot_index *index = &table->indexes[i];
        rename_in_names(&index->include, from, to);
        for (size_t k = 0; k < index->parts.count; k++)
            fine &= (index->parts.items[k] = ormc_sql_rename(index->parts.items[k], from, to, arena)) != NULL;
        if (index->where)
            fine &= (index->where = ormc_sql_rename(index->where, from, to, arena)) != NULL;
    }
    return fine;
}

bool ormc_sql_mentions(const char *sql, const char *name)
{
    for (const char *end; *sql; sql = end) {
        end = token_end(sql);
        if (is_word(sql, end, name, '"'))
            return true;
    }
    return false;
}

const char *ormc_sql_rename(const char *sql, const char *from, const char *to, orm__arena *arena)
{
    bool found;
    return replace(sql, from, to, '"', arena, &found);
}

/* Tokens that are `from` in those quotes (a name also without any) become `to`, in quotes where they had some. */
static const char *replace(const char *sql, const char *from, const char *to, char quote, orm__arena *arena,
                           bool *found)
{
    orm__text text = {0};
    *found = false;
    for (const char *end; *sql; sql = end) {
        end = token_end(sql);
        bool here = is_word(sql, end, from, quote);
        *found |= here;
        if (here && *sql == '\'')
            ormc_literal_sql_string(&text, to);
        else if (here && *sql == '"')
            ormc_literal_sql_name(&text, to);
        else if (here)
            orm__text_string(&text, to);
        else
            orm__text_bytes(&text, sql, (size_t)(end - sql));
    }
    const char *copy = text.failed ? NULL : orm__arena_copy(arena, text.data ? text.data : "", text.length);
    orm__text_release(&text);
    return copy;
}

/* A word, a text or name in quotes, or one other character. */
static const char *token_end(const char *at)
{
    char quote = *at;
    if (quote == '\'' || quote == '"') {
        for (at++; *at; at++)
            if (*at == quote && *++at != quote)
                return at;
        return at;
    }
    if (!isalnum((unsigned char)*at) && *at != '_' && (unsigned char)*at < 0x80)
        return at + 1;
    while (isalnum((unsigned char)*at) || *at == '_' || *at == '$' || (unsigned char)*at >= 0x80)
        at++;
    return at;
}

static bool is_word(const char *token, const char *end, const char *name, char quote)
{
    if (*token != quote)
        return quote == '"' && strlen(name) == (size_t)(end - token) && memcmp(token, name, strlen(name)) == 0;
    for (token++; *name && token < end - 1; token++, name++) {
        if (*token != *name)
            return false;
        token += *token == quote;
    }
    return !*name && token == end - 1;
}

void ormc_renames_suggest(const ormc_snapshot *from, const ormc_snapshot *to, orm__arena *arena, orm__text *out)
{
    ormc_renames renames;
    ormc_snapshot base;
    if (!ormc_renames_find(from, to, arena, &renames) || !ormc_renames_apply(from, &renames, arena, &base))
        return;
    for (size_t i = 0; i < to->table_count; i++) {
        const ormc_snapshot_table *now = &to->tables[i], *old = ormc_snapshot_find_table(&base, now->schema, now->name);
        if (old) {
            suggest_columns(old, now, out);
            continue;
        }
        for (size_t k = 0; k < base.table_count; k++)
            if (!ormc_snapshot_find_table(to, base.tables[k].schema, base.tables[k].name) &&
                same_columns(&base.tables[k], now))
                orm__text_printf(out,
                                 "table '%s' goes and '%s' comes with the same columns; if it is the same one, write "
                                 "'was: %s' in its model\n",
                                 base.tables[k].name, now->name, base.tables[k].name);
    }
}

static bool same_columns(const ormc_snapshot_table *a, const ormc_snapshot_table *b)
{
    bool same = a->column_count == b->column_count;
    for (size_t i = 0; same && i < a->column_count; i++) {
        const ormc_snapshot_column *other = ormc_snapshot_find_column(b, a->columns[i].name);
        same = other && strcmp(other->type, a->columns[i].type) == 0;
    }
    return same;
}

static void suggest_columns(const ormc_snapshot_table *from, const ormc_snapshot_table *to, orm__text *out)
{
    for (size_t i = 0; i < to->column_count; i++) {
        const ormc_snapshot_column *now = &to->columns[i];
        for (size_t k = 0; k < from->column_count && !ormc_snapshot_find_column(from, now->name); k++) {
            const ormc_snapshot_column *old = &from->columns[k];
            if (!ormc_snapshot_find_column(to, old->name) && strcmp(old->type, now->type) == 0)
                orm__text_printf(out,
                                 "column '%s' of table '%s' goes and '%s' comes with the same type; if it is the same "
                                 "one, write 'was: %s' in its column\n",
                                 old->name, to->name, now->name, old->name);
        }
    }
}
