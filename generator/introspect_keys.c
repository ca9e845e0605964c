/* introspect_keys.c -- keys and indexes of a table: which columns they are of, whether they are of the plain kind, and
 * what ormc would call them.
 * SPDX-License-Identifier: MIT */
#include "introspect.h"

#include "names.h"

#include <string.h>

static bool holds_same(const ormc_names *names, const char *const *columns, size_t count);
static void add_other_name(shown_schema *s, const ormc_snapshot_table *table, const ormc_names *columns,
                           const char *ending, const char *name, orm__text *text);

bool shown_same_names(const ormc_names *names, const char *const *others, size_t count)
{
    bool same = names->count == count;
    for (size_t i = 0; same && i < count; i++)
        same = strcmp(names->items[i], others[i]) == 0;
    return same;
}

bool shown_is_unique(const ormc_snapshot_table *table, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < table->primary_key_count; i++)
        if (holds_same(&table->primary_key[i].columns, columns, count))
            return true;
    for (size_t i = 0; i < table->unique_count; i++)
        if (holds_same(&table->uniques[i].columns, columns, count))
            return true;
    for (size_t i = 0; i < table->index_count; i++) {
        const ormc_snapshot_index *index = &table->indexes[i];
        size_t found = 0;
        for (size_t k = 0; k < count; k++)
            for (size_t part = 0; part < index->parts.count; part++) {
                size_t length = strlen(columns[k]);
                const char *text = index->parts.items[part];
                found += strncmp(text + 1, columns[k], length) == 0 && text[0] == '"' && text[length + 1] == '"';
            }
        if (index->unique && !index->where && index->parts.count == count && found == count)
            return true;
    }
    return false;
}

static bool holds_same(const ormc_names *names, const char *const *columns, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < names->count; k++)
            found += strcmp(names->items[k], columns[i]) == 0;
    return names->count == count && found == count;
}

const char *shown_part_column(shown_schema *s, const char *part, bool *descending)
{
    orm__text text = {0};
    *descending = false;
    if (*part != '"')
        return NULL;
    for (part++; *part && !(*part == '"' && part[1] != '"'); part++) {
        orm__text_char(&text, *part);
        part += *part == '"';
    }
    *descending = strcmp(part, "\" DESC") == 0;
    const char *name = text.failed ? NULL : orm__arena_strdup(s->arena, text.data ? text.data : "");
    s->failed |= !name;
    orm__text_release(&text);
    return name;
}

bool shown_is_plain(const ormc_snapshot_index *index)
{
    if (index->where || index->comment || index->include.count)
        return false;
    for (size_t i = 0; i < index->parts.count; i++) {
        size_t length = strlen(index->parts.items[i]);
        if (index->parts.items[i][0] != '"' || index->parts.items[i][length - 1] != '"')
            return false;
    }
    return true;
}

ormc_names shown_index_columns(shown_schema *s, const ormc_snapshot_index *index)
{
    ormc_names names = {orm__arena_zalloc(s->arena, index->parts.count + 1, sizeof *names.items), 0};
    s->failed |= !names.items;
    for (size_t i = 0; names.items && shown_is_plain(index) && i < index->parts.count; i++) {
        bool descending;
        names.items[names.count++] = shown_part_column(s, index->parts.items[i], &descending);
    }
    return names;
}

const char *shown_index_name(shown_schema *s, const ormc_snapshot_table *table, const ormc_snapshot_index *index)
{
    const char **columns = orm__arena_zalloc(s->arena, index->parts.count + 1, sizeof *columns);
    s->failed |= !columns;
    for (size_t i = 0; columns && i < index->parts.count; i++) {
        bool descending;
        columns[i] = shown_part_column(s, index->parts.items[i], &descending);
        if (columns[i])
            continue;
        const char *sql = index->parts.items[i]; /* in brackets */
        const char *inner = orm__arena_copy(s->arena, sql + 1, strlen(sql) - 2);
        columns[i] = inner ? ormc_names_words(s->arena, inner) : NULL;
        s->failed |= !columns[i];
    }
    const char *name = s->failed ? ""
                                 : ormc_names_index(s->arena, table->name, columns, index->parts.count, index->unique);
    s->failed |= !name;
    return name ? name : "";
}

void shown_note_names(shown_schema *s, const shown_model *model)
{
    const ormc_snapshot_table *table = model->table->from;
    const ormc_names none = {NULL, 0};
    orm__text text = {0};
    for (size_t i = 0; i < table->primary_key_count; i++)
        add_other_name(s, table, &none, "pkey", table->primary_key->name, &text);
    for (size_t i = 0; i < table->unique_count; i++)
        add_other_name(s, table, &table->uniques[i].columns, "key", table->uniques[i].name, &text);
    for (size_t i = 0; i < table->foreign_key_count; i++)
        add_other_name(s, table, &table->foreign_keys[i].columns, "fkey", table->foreign_keys[i].name, &text);
    if (text.length && !text.failed)
        shown_note(s, model, text.data);
    s->failed |= text.failed;
    orm__text_release(&text);
}

/* PostgreSQL and ormc name keys alike, as long as names are not too long. */
static void add_other_name(shown_schema *s, const ormc_snapshot_table *table, const ormc_names *columns,
                           const char *ending, const char *name, orm__text *text)
{
    orm__text ours = {0};
    orm__text_string(&ours, table->name);
    for (size_t i = 0; i < columns->count; i++)
        orm__text_printf(&ours, "_%s", columns->items[i]);
    orm__text_printf(&ours, "_%s", ending);
    if (name && !ours.failed && ours.length < 64 && strcmp(name, ours.data) != 0)
        orm__text_printf(text, "%s%s (ormc: %s)", text->length ? ", " : "names of keys: ", name, ours.data);
    s->failed |= ours.failed;
    orm__text_release(&ours);
}
