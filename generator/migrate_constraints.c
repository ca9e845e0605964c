/* migrate_constraints.c -- constraints and indexes of PostgreSQL: what is the same under another name is renamed, the
 * rest is dropped and added.
 * SPDX-License-Identifier: MIT */
#include "migrate_postgresql.h"

#include <stddef.h>
#include <string.h>

/* Each kind of part is a list of records that begin with their name. */
typedef struct part_kind {
    const char *word;
    ormc_record record;
    size_t size, offset; /* of a record; of the list in the table */
    bool index;
    bool (*touched)(planner *p, const plan_pair *pair, const void *part);
    void (*add)(planner *p, const plan_pair *pair, const void *part);
} part_kind;

typedef struct part_list {
    const char *items;
    size_t count;
} part_list;

static void change_parts(planner *p, const part_kind *kind, const plan_pair *pair);
static void drop_gone(planner *p, const part_kind *kind, const ormc_snapshot_table *base);
static const char *find_same(planner *p, const part_kind *kind, const plan_pair *pair, const char *wanted,
                             const part_list *in);
static bool name_is_free(const part_kind *kind, const part_list *in, const char *name);
static bool is_same(const part_kind *kind, const void *a, const void *b);
static const char *name_of(const void *part);
static void rename_part(planner *p, const part_kind *kind, const plan_pair *pair, const char *from, const char *to);
static void drop_part(planner *p, const part_kind *kind, const ormc_snapshot_table *table, const char *name);
static bool key_touched(planner *p, const plan_pair *pair, const void *part);
static bool check_touched(planner *p, const plan_pair *pair, const void *part);
static bool foreign_key_touched(planner *p, const plan_pair *pair, const void *part);
static bool index_touched(planner *p, const plan_pair *pair, const void *part);
static bool column_touched(const plan_pair *pair, const ormc_names *names, bool retyped);
static void add_primary_key(planner *p, const plan_pair *pair, const void *part);
static void add_unique(planner *p, const plan_pair *pair, const void *part);
static void add_check(planner *p, const plan_pair *pair, const void *part);
static void add_foreign_key(planner *p, const plan_pair *pair, const void *part);
static void add_index(planner *p, const plan_pair *pair, const void *part);
static void begin_index(planner *p, const ormc_snapshot_table *table, const char *name, bool unique);
static void validate(planner *p, const ormc_snapshot_table *table, const char *name);

#define PART(type, list) sizeof(ormc_snapshot_##type), offsetof(ormc_snapshot_table, list)
/* In the order of adding: what foreign keys refer to comes before them. */
static const part_kind kinds[] = {
    {"primary key", ORMC_RECORD_KEY, PART(key, primary_key), false, key_touched, add_primary_key},
    {"unique key", ORMC_RECORD_KEY, PART(key, uniques), false, key_touched, add_unique},
    {"check", ORMC_RECORD_CHECK, PART(check, checks), false, check_touched, add_check},
    {"foreign key", ORMC_RECORD_FOREIGN_KEY, PART(foreign_key, foreign_keys), false, foreign_key_touched,
     add_foreign_key},
    {"index", ORMC_RECORD_INDEX, PART(index, indexes), true, index_touched, add_index},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

void plan_change_constraints(planner *p)
{
    for (size_t k = KINDS; k-- > 0;) /* foreign keys go before what they refer to */
        for (size_t i = 0; i < p->base.table_count && !p->failed; i++)
            drop_gone(p, &kinds[k], &p->base.tables[i]);
    for (size_t k = 0; k < KINDS; k++)
        for (size_t i = 0; i < p->to->table_count && !p->failed; i++) {
            plan_pair pair;
            if (plan_pair_of(p, &p->to->tables[i], &pair))
                change_parts(p, &kinds[k], &pair);
        }
}

/* Of a table that goes, only the foreign keys: they may be in a circle with others that stay. */
static void drop_gone(planner *p, const part_kind *kind, const ormc_snapshot_table *base)
{
    const ormc_snapshot_table *to = ormc_snapshot_find_table(p->to, base->schema, base->name);
    plan_pair pair;
    if (!to || !plan_pair_of(p, to, &pair))
        return;
    const part_list *old = (const part_list *)(const void *)((const char *)base + kind->offset);
    const part_list *new = (const part_list *)(const void *)((const char *)to + kind->offset);
    for (size_t i = 0; i < old->count; i++) {
        const char *part = old->items + i * kind->size;
        if (!find_same(p, kind, &pair, part, new))
            drop_part(p, kind, base, name_of(part));
    }
}

static void change_parts(planner *p, const part_kind *kind, const plan_pair *pair)
{
    const part_list *old = (const part_list *)(const void *)((const char *)pair->base + kind->offset);
    const part_list *new = (const part_list *)(const void *)((const char *)pair->to + kind->offset);
    for (size_t i = 0; i < new->count && !p->failed; i++) {
        const char *part = new->items + i * kind->size, *same = find_same(p, kind, pair, part, old);
        const char *was = NULL, *is = kind->index ? ((const ormc_snapshot_index *)(const void *)part)->comment : NULL;
        if (!same)
            kind->add(p, pair, part);
        else if (strcmp(name_of(same), name_of(part)) != 0)
            rename_part(p, kind, pair, name_of(same), name_of(part));
        if (same && kind->index)
            was = ((const ormc_snapshot_index *)(const void *)same)->comment;
        if (ormc_same(was, is))
            continue;
        plan_begin(p, PLAN_COMMENTS, NULL, "comment on \"%s\"", name_of(part));
        ddl_put_comment(&p->text, "INDEX", pair->to->schema, name_of(part), NULL, is);
        plan_end_statement(p);
    }
}

/* What says the same, under the same name if there is one, else under a name that is nobody's on the other side. */
static const char *find_same(planner *p, const part_kind *kind, const plan_pair *pair, const char *wanted,
                             const part_list *in)
{
    const part_list *other = (const part_list *)(const void *)((const char *)pair->base + kind->offset);
    if (other == in)
        other = (const part_list *)(const void *)((const char *)pair->to + kind->offset);
    if (kind->touched(p, pair, wanted))
        return NULL;
    for (size_t i = 0; i < in->count; i++) {
        const char *part = in->items + i * kind->size;
        if (strcmp(name_of(part), name_of(wanted)) == 0)
            return is_same(kind, part, wanted) ? part : NULL;
    }
    for (size_t i = 0; i < in->count; i++) {
        const char *part = in->items + i * kind->size;
        if (is_same(kind, part, wanted) && name_is_free(kind, other, name_of(part)))
            return part;
    }
    return NULL;
}

static bool name_is_free(const part_kind *kind, const part_list *in, const char *name)
{
    for (size_t i = 0; i < in->count; i++)
        if (strcmp(name_of(in->items + i * kind->size), name) == 0)
            return false;
    return true;
}

static bool is_same(const part_kind *kind, const void *a, const void *b)
{
    if (!kind->index)
        return ormc_record_equal(kind->record, a, b, "name");
    ormc_snapshot_index first = *(const ormc_snapshot_index *)a, second = *(const ormc_snapshot_index *)b;
    first.comment = second.comment = NULL;
    return ormc_record_equal(kind->record, &first, &second, "name");
}

static const char *name_of(const void *part)
{
    return *(const char *const *)part;
}

static void rename_part(planner *p, const part_kind *kind, const plan_pair *pair, const char *from, const char *to)
{
    const ormc_snapshot_table *table = pair->to;
    plan_begin(p, PLAN_RENAME, kind->index ? NULL : PLAN_LOCK_MOMENT, "rename %s \"%s\" to \"%s\"", kind->word, from,
               to);
    if (kind->index)
        orm__text_printf(&p->text, "ALTER INDEX %s RENAME TO %s", plan_quoted(p, table->schema, from),
                         plan_quoted(p, NULL, to));
    else
        orm__text_printf(&p->text, "ALTER TABLE %s RENAME CONSTRAINT %s TO %s",
                         plan_quoted(p, table->schema, table->name), plan_quoted(p, NULL, from),
                         plan_quoted(p, NULL, to));
    plan_end_statement(p);
}

static void drop_part(planner *p, const part_kind *kind, const ormc_snapshot_table *table, const char *name)
{
    plan_begin(p, PLAN_UNTIE, PLAN_LOCK_MOMENT, "drop %s \"%s\" of \"%s\"", kind->word, name, table->name);
    if (kind->index)
        orm__text_printf(&p->text, "DROP INDEX %s", plan_quoted(p, table->schema, name));
    else
        orm__text_printf(&p->text, "ALTER TABLE %s DROP CONSTRAINT %s", plan_quoted(p, table->schema, table->name),
                         plan_quoted(p, NULL, name));
    plan_end_statement(p);
}

static bool key_touched(planner *p, const plan_pair *pair, const void *part)
{
    (void)p;
    return column_touched(pair, &((const ormc_snapshot_key *)part)->columns, false);
}

static bool check_touched(planner *p, const plan_pair *pair, const void *part)
{
    (void)p;
    for (size_t i = 0; i < pair->to->column_count; i++)
        if ((pair->retyped[i] || pair->remade[i]) &&
            ormc_sql_mentions(((const ormc_snapshot_check *)part)->sql, pair->to->columns[i].name))
            return true;
    return false;
}

static bool foreign_key_touched(planner *p, const plan_pair *pair, const void *part)
{
    const ormc_snapshot_foreign_key *key = part;
    const ormc_snapshot_table *target = ormc_snapshot_find_table(p->to, key->schema, key->table);
    plan_pair other;
    if (column_touched(pair, &key->columns, true))
        return true;
    if (!target || !plan_pair_of(p, target, &other))
        return false;
    if (column_touched(&other, &key->target_columns, true))
        return true;
    const part_list *was = (const part_list *)(const void *)((const char *)other.base + kinds[0].offset);
    const part_list *is = (const part_list *)(const void *)((const char *)target + kinds[0].offset);
    return was->count != is->count || (was->count && !is_same(&kinds[0], was->items, is->items));
}

static bool index_touched(planner *p, const plan_pair *pair, const void *part)
{
    const ormc_snapshot_index *index = part;
    (void)p;
    for (size_t i = 0; i < pair->to->column_count; i++) {
        const char *name = pair->to->columns[i].name;
        if (!pair->retyped[i] && !pair->remade[i])
            continue;
        if (plan_names_hold(&index->include, name) || (index->where && ormc_sql_mentions(index->where, name)))
            return true;
        for (size_t k = 0; k < index->parts.count; k++)
            if (ormc_sql_mentions(index->parts.items[k], name))
                return true;
    }
    return false;
}

static bool column_touched(const plan_pair *pair, const ormc_names *names, bool retyped)
{
    for (size_t i = 0; i < pair->to->column_count; i++)
        if ((pair->remade[i] || (retyped && pair->retyped[i])) && plan_names_hold(names, pair->to->columns[i].name))
            return true;
    return false;
}

static void add_primary_key(planner *p, const plan_pair *pair, const void *part)
{
    const ormc_snapshot_key *key = part;
    plan_begin(p, PLAN_CONSTRAINTS, PLAN_LOCK_BUILD, "add primary key \"%s\" to \"%s\"", key->name, pair->to->name);
    orm__text_printf(&p->text, "ALTER TABLE %s ADD ", plan_quoted(p, pair->to->schema, pair->to->name));
    ddl_put_key(&p->text, key, "PRIMARY KEY");
    plan_end_statement(p);
    plan_check_unique(p, pair, &key->columns);
}

static void add_unique(planner *p, const plan_pair *pair, const void *part)
{
    const ormc_snapshot_key *key = part;
    begin_index(p, pair->to, key->name, true);
    ddl_put_names(&p->text, &key->columns);
    plan_end_statement(p);
    plan_begin(p, PLAN_TIGHTEN, PLAN_LOCK_MOMENT, "add unique key \"%s\" to \"%s\"", key->name, pair->to->name);
    orm__text_printf(&p->text, "ALTER TABLE %s ADD CONSTRAINT %s UNIQUE USING INDEX %s",
                     plan_quoted(p, pair->to->schema, pair->to->name), plan_quoted(p, NULL, key->name),
                     plan_quoted(p, NULL, key->name));
    plan_end_statement(p);
    plan_check_unique(p, pair, &key->columns);
}

static void add_check(planner *p, const plan_pair *pair, const void *part)
{
    plan_add_check(p, pair->to, part);
    plan_check_condition(p, pair, part);
}

void plan_add_check(planner *p, const ormc_snapshot_table *table, const ormc_snapshot_check *check)
{
    plan_begin(p, PLAN_CONSTRAINTS, PLAN_LOCK_MOMENT, "add check \"%s\" to \"%s\", for new rows", check->name,
               table->name);
    orm__text_printf(&p->text, "ALTER TABLE %s ADD ", plan_quoted(p, table->schema, table->name));
    ddl_put_check(&p->text, check);
    orm__text_string(&p->text, " NOT VALID");
    plan_end_statement(p);
    validate(p, table, check->name);
}

static void add_foreign_key(planner *p, const plan_pair *pair, const void *part)
{
    const ormc_snapshot_foreign_key *key = part;
    const ormc_snapshot_table *table = pair->to;
    plan_begin(p, PLAN_CONSTRAINTS, PLAN_LOCK_BOTH, "add foreign key \"%s\" to \"%s\", for new rows", key->name,
               table->name);
    orm__text_printf(&p->text, "ALTER TABLE %s ADD ", plan_quoted(p, table->schema, table->name));
    ddl_put_foreign_key(&p->text, key);
    orm__text_string(&p->text, " NOT VALID");
    plan_end_statement(p);
    validate(p, table, key->name);
    plan_check_foreign_key(p, pair, key);
}

void plan_tie(planner *p, const ormc_snapshot_table *table, const ormc_snapshot_foreign_key *key)
{
    plan_begin(p, PLAN_CONSTRAINTS, PLAN_LOCK_BOTH, "add foreign key \"%s\" to \"%s\"", key->name, table->name);
    orm__text_printf(&p->text, "ALTER TABLE %s ADD ", plan_quoted(p, table->schema, table->name));
    ddl_put_foreign_key(&p->text, key);
    plan_end_statement(p);
}

static void validate(planner *p, const ormc_snapshot_table *table, const char *name)
{
    plan_begin(p, PLAN_VALIDATE, PLAN_LOCK_READ, "validate \"%s\" of \"%s\"", name, table->name)->alone = true;
    orm__text_printf(&p->text, "ALTER TABLE %s VALIDATE CONSTRAINT %s", plan_quoted(p, table->schema, table->name),
                     plan_quoted(p, NULL, name));
    plan_end_statement(p);
}

static void add_index(planner *p, const plan_pair *pair, const void *part)
{
    const ormc_snapshot_index *index = part;
    begin_index(p, pair->to, index->name, index->unique);
    orm__text_clear(&p->text);
    ddl_put_index(&p->text, pair->to, index, "INDEX CONCURRENTLY ");
    plan_end_statement(p);
    plan_check_index(p, pair, index);
}

/* What an earlier try left behind, perhaps INVALID, is dropped first. Leaves "CREATE INDEX ... ON table " begun. */
static void begin_index(planner *p, const ormc_snapshot_table *table, const char *name, bool unique)
{
    plan_begin(p, PLAN_INDEXES, PLAN_LOCK_READ, "create %sindex \"%s\" on \"%s\"", unique ? "unique " : "", name,
               table->name)
        ->alone = true;
    orm__text_printf(&p->text, "DROP INDEX CONCURRENTLY IF EXISTS %s", plan_quoted(p, table->schema, name));
    plan_end_statement(p);
    orm__text_printf(&p->text, "CREATE %sINDEX CONCURRENTLY %s ON %s ", unique ? "UNIQUE " : "",
                     plan_quoted(p, NULL, name), plan_quoted(p, table->schema, table->name));
}
