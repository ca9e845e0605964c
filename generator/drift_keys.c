/* drift_keys.c -- compares keys, checks, foreign keys and indexes of a table, by what they say: names of keys do not
 * matter.
 * SPDX-License-Identifier: MIT */
#include "drift.h"

#include <stdlib.h>
#include <string.h>

/* What one side has: each as a text, and under which name the other side may have it with another text. */
typedef struct thing {
    const char *name, *text;
    const char *normal; /* the text as it is compared */
} thing;

typedef struct things {
    thing *items;
    size_t count;
} things;

typedef things (*lister)(drifter *d, const ormc_settled_table *table);

static things list_keys(drifter *d, const ormc_settled_table *table);
static things list_uniques(drifter *d, const ormc_settled_table *table);
static things list_checks(drifter *d, const ormc_settled_table *table);
static things list_foreign_keys(drifter *d, const ormc_settled_table *table);
static bool refers_to_key(const ormc_settled *in, const ormc_settled_table *table,
                          const ormc_snapshot_foreign_key *key);
static const char *on_delete_of(const drifter *d, const ormc_settled_table *table,
                                const ormc_snapshot_foreign_key *key);
static void sort_pairs(drifter *d, ormc_names *near, ormc_names *far);
static things list_indexes(drifter *d, const ormc_settled_table *table);
static things make_room(drifter *d, size_t count);
static void add(drifter *d, things *list, const char *name, const char *text);
static bool is_plain_unique(const ormc_snapshot_index *index);
static const char *index_text(drifter *d, const ormc_snapshot_index *index);
static void compare(drifter *d, const char *what, things is, things should);
static const thing *find(const things *list, const thing *wanted, bool by_text);

void drift_keys(drifter *d)
{
    static const struct {
        const char *what;
        lister list;
    } kinds[] = {{"primary key", list_keys},
                 {"unique key", list_uniques},
                 {"check", list_checks},
                 {"foreign key", list_foreign_keys},
                 {"index", list_indexes}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !d->failed; i++) {
        things is = kinds[i].list(d, d->is), should = kinds[i].list(d, d->should);
        if (!d->failed)
            compare(d, kinds[i].what, is, should);
    }
}

static things list_keys(drifter *d, const ormc_settled_table *table)
{
    things list = make_room(d, 1);
    if (table->from->primary_key_count && !d->failed)
        add(d, &list, "", drift_list(d, &table->from->primary_key->columns));
    return list;
}

/* By constraint or by index, which comes to the same; each once. */
static things list_uniques(drifter *d, const ormc_settled_table *table)
{
    const ormc_snapshot_table *from = table->from;
    things list = make_room(d, from->unique_count + from->index_count);
    for (size_t i = 0; i < from->unique_count && !d->failed; i++)
        add(d, &list, NULL, drift_list(d, &from->uniques[i].columns));
    for (size_t i = 0; i < from->index_count && !d->failed; i++) {
        if (!is_plain_unique(&from->indexes[i]))
            continue;
        orm__text text = {0};
        for (size_t k = 0; k < from->indexes[i].parts.count; k++) {
            const char *part = from->indexes[i].parts.items[k];
            orm__text_printf(&text, "%s%.*s", k ? ", " : "(", (int)strlen(part) - 2, part + 1);
        }
        const char *columns = drift_printf(d, "%s)", text.data ? text.data : "(");
        thing made = {NULL, columns, drift_normal(d, columns)};
        d->failed |= text.failed;
        orm__text_release(&text);
        if (!find(&list, &made, true))
            add(d, &list, NULL, made.text);
    }
    return list;
}

static bool is_plain_unique(const ormc_snapshot_index *index)
{
    for (size_t i = 0; i < index->parts.count; i++) {
        const char *part = index->parts.items[i];
        if (*part != '"' || part[strlen(part) - 1] != '"')
            return false;
    }
    return index->unique && !index->where && !index->include.count && !index->comment;
}

static things list_checks(drifter *d, const ormc_settled_table *table)
{
    things list = make_room(d, table->check_count);
    for (size_t i = 0; i < table->check_count && !d->failed; i++)
        add(d, &list, table->checks[i].name, table->checks[i].sql);
    return list;
}

static things list_foreign_keys(drifter *d, const ormc_settled_table *table)
{
    const ormc_snapshot_table *from = table->from;
    things list = make_room(d, from->foreign_key_count);
    for (size_t i = 0; i < from->foreign_key_count && !d->failed; i++) {
        const ormc_snapshot_foreign_key *key = &from->foreign_keys[i];
        if (!refers_to_key(table == d->is ? d->live : d->wanted, table, key))
            continue;
        ormc_names columns = key->columns, far = key->target_columns;
        sort_pairs(d, &columns, &far);
        const char *near = drift_list(d, &columns);
        add(d, &list, near,
            drift_printf(d, "%s to %s%s%s %s ON DELETE %s%s%s", near, key->schema ? key->schema : "",
                         key->schema ? "." : "", key->table, drift_list(d, &far), on_delete_of(d, table, key),
                         key->on_update ? " ON UPDATE " : "", key->on_update ? key->on_update : ""));
    }
    return list;
}

/* Where RESTRICT is wanted NO ACTION will do: it refuses, too. */
static const char *on_delete_of(const drifter *d, const ormc_settled_table *table, const ormc_snapshot_foreign_key *key)
{
    const ormc_snapshot_table *should = d->should->from;
    for (size_t i = 0; table == d->is && strcmp(key->on_delete, "NO ACTION") == 0 && i < should->foreign_key_count; i++)
        if (ormc_names_equal(&should->foreign_keys[i].columns, &key->columns) &&
            strcmp(should->foreign_keys[i].on_delete, "RESTRICT") == 0)
            return "RESTRICT";
    return key->on_delete;
}

/* Others are beyond the language, as are keys of another type than what they refer to. */
static bool refers_to_key(const ormc_settled *in, const ormc_settled_table *table, const ormc_snapshot_foreign_key *key)
{
    const ormc_settled_table *target = ormc_settled_find(in, key->schema, key->table);
    const ormc_snapshot_key *far = target && target->from->primary_key_count ? target->from->primary_key : NULL;
    size_t found = 0;
    for (size_t i = 0; far && i < key->target_columns.count; i++) {
        const char *name = key->target_columns.items[i];
        bool same = ormc_settled_same_type(ormc_settled_column_of(table, key->columns.items[i]),
                                           ormc_settled_column_of(target, name));
        for (size_t k = 0; k < far->columns.count && same; k++)
            found += strcmp(far->columns.items[k], name) == 0;
    }
    return far && found == key->target_columns.count && found == far->columns.count;
}

/* By the names of the near columns, in lists of their own. */
static void sort_pairs(drifter *d, ormc_names *near, ormc_names *far)
{
    size_t count = near->count, size = (count + 1) * sizeof *near->items;
    const char **a = orm__arena_alloc(d->arena, size), **b = orm__arena_alloc(d->arena, size);
    d->failed |= !a || !b;
    for (size_t i = 0; i < count && !d->failed; i++) {
        size_t at = i;
        for (; at > 0 && strcmp(a[at - 1], near->items[i]) > 0; at--)
            a[at] = a[at - 1], b[at] = b[at - 1];
        a[at] = near->items[i];
        b[at] = far->items[i];
    }
    if (!d->failed)
        near->items = a, far->items = b;
}

static things list_indexes(drifter *d, const ormc_settled_table *table)
{
    const ormc_snapshot_table *from = table->from;
    things list = make_room(d, from->index_count);
    for (size_t i = 0; i < from->index_count && !d->failed; i++)
        if (!is_plain_unique(&from->indexes[i]))
            add(d, &list, from->indexes[i].name, index_text(d, &from->indexes[i]));
    return list;
}

static const char *index_text(drifter *d, const ormc_snapshot_index *index)
{
    orm__text text = {0};
    orm__text_printf(&text, "%s%s", index->name, index->unique ? " UNIQUE" : "");
    for (size_t i = 0; i < index->parts.count; i++)
        orm__text_printf(&text, "%s%s", i ? ", " : " (", index->parts.items[i]);
    orm__text_char(&text, ')');
    if (index->include.count)
        orm__text_printf(&text, " INCLUDE %s", drift_list(d, &index->include));
    if (index->where)
        orm__text_printf(&text, " WHERE %s", index->where);
    if (index->comment)
        orm__text_printf(&text, " '%s'", index->comment);
    const char *made = text.failed ? NULL : orm__arena_strdup(d->arena, text.data);
    d->failed |= !made;
    orm__text_release(&text);
    return made ? made : "";
}

static things make_room(drifter *d, size_t count)
{
    things list = {orm__arena_zalloc(d->arena, count + 1, sizeof *list.items), 0};
    d->failed |= !list.items;
    return list;
}

static void add(drifter *d, things *list, const char *name, const char *text)
{
    list->items[list->count++] = (thing){name, text, drift_normal(d, text)};
}

/* What both have is equal by its text; what has the same name differs; the rest is on one side alone. */
static void compare(drifter *d, const char *what, things is, things should)
{
    const char *of = drift_printf(d, "%s of '%s'", what, d->table);
    for (size_t i = 0; i < should.count; i++) {
        if (find(&is, &should.items[i], true))
            continue;
        const thing *other = find(&is, &should.items[i], false);
        drift_report(d, d->place, of, other ? other->text : NULL, should.items[i].text);
    }
    for (size_t i = 0; i < is.count; i++)
        if (!find(&should, &is.items[i], true) && !find(&should, &is.items[i], false))
            drift_report(d, d->place, of, is.items[i].text, NULL);
}

static const thing *find(const things *list, const thing *wanted, bool by_text)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *a = by_text ? list->items[i].normal : list->items[i].name;
        const char *b = by_text ? wanted->normal : wanted->name;
        if (a && ormc_same(a, b))
            return &list->items[i];
    }
    return NULL;
}
