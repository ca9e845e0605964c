/* snapshot_make.c -- a package of models to a snapshot: constraints under the names that PostgreSQL would give them,
 * and tables in the order in which they can be created. What stands inside a column or a condition is
 * snapshot_parts.c's.
 * SPDX-License-Identifier: MIT */
#include "snapshot_parts.h"

#include <stdint.h>
#include <string.h>

enum { LONGEST_NAME = 63 }; /* bytes that PostgreSQL keeps of a name */

static void reserve_names(snapshot_maker *maker);
static void reserve(snapshot_maker *maker, const char *schema, const char *name);
static const char *name_key(snapshot_maker *maker, const char *schema, const char *name);
static const char *schema_of(const snapshot_maker *maker, const char *schema);
static void split_was(snapshot_maker *maker, const char *was, const char *schema, const char **was_schema,
                      const char **was_name);
static const char *in_sqlite_schema(snapshot_maker *maker, const char *schema, const char *name);
static void make_enums(snapshot_maker *maker);
static void visit(snapshot_maker *maker, const ormc_model *model);
static void make_table(snapshot_maker *maker, const ormc_model *model);
static void make_columns(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table);
static void make_primary_key(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table);
static void make_uniques(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table);
static void add_unique(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table,
                       const ormc_column *const *columns, size_t count);
static bool key_is_unique_already(const ormc_model *model, const ormc_relation *relation);
static void make_checks(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table);
static void make_foreign_keys(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table);
static void make_indexes(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table);
static void make_parts(snapshot_maker *maker, const ormc_index *index, ormc_snapshot_index *made);
static ormc_names names_of(snapshot_maker *maker, const ormc_column *const *columns, size_t count);
static const char *new_name(snapshot_maker *maker, const ormc_model *model, const ormc_column *const *columns,
                            size_t count, const char *ending);
static const char *cut_name(snapshot_maker *maker, const char *whole, const char *ending);
static uint32_t hash_of(const char *text);
static void *room(snapshot_maker *maker, size_t count, size_t size);

bool ormc_snapshot_make(const ormc_package *package, ormc_dialect dialect, orm__arena *arena, ormc_snapshot *snapshot)
{
    snapshot_maker maker = {.package = package, .arena = arena, .dialect = dialect, .snapshot = snapshot};
    *snapshot = (ormc_snapshot){.dialect = dialect};
    snapshot->tables = room(&maker, package->model_count, sizeof *snapshot->tables);
    snapshot->enums = room(&maker, package->enum_count, sizeof *snapshot->enums);
    if (maker.failed)
        return false;
    reserve_names(&maker);
    make_enums(&maker);
    for (size_t i = 0; i < package->model_count; i++)
        if (!package->models[i]->abstract && !package->models[i]->view)
            visit(&maker, package->models[i]);
    snapshot_make_views(&maker);
    maker.failed |= maker.text.failed;
    orm__text_release(&maker.text);
    return !maker.failed;
}

/* Names that the schema itself gives are nobody else's. */
static void reserve_names(snapshot_maker *maker)
{
    for (size_t i = 0; i < maker->package->model_count; i++) {
        const ormc_model *model = maker->package->models[i];
        if (model->abstract)
            continue;
        reserve(maker, model->schema, snapshot_table_of(maker, model));
        for (size_t k = 0; k < model->index_count; k++)
            reserve(maker, model->schema, model->indexes[k].name);
        for (size_t k = 0; k < model->rule_count; k++)
            if (model->rules[k].name)
                reserve(maker, model->schema, model->rules[k].name);
    }
}

static void reserve(snapshot_maker *maker, const char *schema, const char *name)
{
    const char *key = name_key(maker, schema, name);
    maker->failed |= !key || !ormc_table_add(&maker->names, maker->arena, key, maker);
}

/* One space of names for each schema; a name has no zero byte, and none has this one. */
static const char *name_key(snapshot_maker *maker, const char *schema, const char *name)
{
    if (!schema_of(maker, schema))
        return name;
    return orm__arena_printf(maker->arena, "%s\xff%s", schema, name);
}

static const char *schema_of(const snapshot_maker *maker, const char *schema)
{
    return maker->dialect == ORMC_POSTGRESQL ? schema : NULL;
}

const char *snapshot_schema_of(const snapshot_maker *maker, const ormc_model *model)
{
    return schema_of(maker, model->schema);
}

const char *snapshot_table_of(const snapshot_maker *maker, const ormc_model *model)
{
    return maker->dialect == ORMC_POSTGRESQL ? model->table : model->sqlite_table;
}

/* "old", in the same schema as now, or "schema.old"; public is where names are found without a schema. */
static void split_was(snapshot_maker *maker, const char *was, const char *schema, const char **was_schema,
                      const char **was_name)
{
    if (!was)
        return;
    const char *point = strchr(was, '.');
    const char *old = point ? orm__arena_copy(maker->arena, was, (size_t)(point - was)) : schema;
    maker->failed |= point && !old;
    if (old && strcmp(old, "public") == 0)
        old = NULL;
    *was_schema = schema_of(maker, old);
    *was_name = point ? point + 1 : was;
    if (maker->dialect == ORMC_SQLITE)
        *was_name = in_sqlite_schema(maker, old, *was_name);
}

static const char *in_sqlite_schema(snapshot_maker *maker, const char *schema, const char *name)
{
    const char *prefixed = schema ? orm__arena_printf(maker->arena, "%s_%s", schema, name) : name;
    maker->failed |= !prefixed;
    return prefixed ? prefixed : "";
}

static void make_enums(snapshot_maker *maker)
{
    for (size_t i = 0; i < maker->package->enum_count; i++) {
        const ormc_enum *from = maker->package->enums[i];
        ormc_snapshot_enum *made = &maker->snapshot->enums[maker->snapshot->enum_count++];
        *made = (ormc_snapshot_enum){.schema = from->schema,
                                     .name = from->name,
                                     .comment = from->doc,
                                     .values = {from->values, from->value_count},
                                     .values_were = {from->values_were, from->value_count}};
        ormc_dialect dialect = maker->dialect;
        maker->dialect = ORMC_POSTGRESQL; /* enums have the same names on both */
        split_was(maker, from->was, from->schema, &made->was_schema, &made->was);
        maker->dialect = dialect;
    }
}

/* Depth first: what a table refers to stands before it, unless that leads back to itself. */
static void visit(snapshot_maker *maker, const ormc_model *model)
{
    if (ormc_table_get(&maker->visited, model->name))
        return;
    maker->failed |= !ormc_table_add(&maker->visited, maker->arena, model->name, maker);
    for (size_t i = 0; i < model->relation_count && !maker->failed; i++)
        if (model->relations[i].owning)
            visit(maker, model->relations[i].target);
    if (!maker->failed)
        make_table(maker, model);
}

static void make_table(snapshot_maker *maker, const ormc_model *model)
{
    ormc_snapshot_table *table = &maker->snapshot->tables[maker->snapshot->table_count++];
    *table = (ormc_snapshot_table){
        .schema = schema_of(maker, model->schema), .name = snapshot_table_of(maker, model), .comment = model->doc};
    split_was(maker, model->was, model->schema, &table->was_schema, &table->was);
    if (maker->dialect == ORMC_POSTGRESQL && (model->everywhere || model->distribute_by))
        table->distribute_by = model->everywhere ? "*" : model->distribute_by->column;
    make_columns(maker, model, table);
    make_primary_key(maker, model, table);
    make_uniques(maker, model, table);
    make_checks(maker, model, table);
    make_foreign_keys(maker, model, table);
    make_indexes(maker, model, table);
}

static void make_columns(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table)
{
    table->columns = room(maker, model->column_count, sizeof *table->columns);
    for (size_t i = 0; table->columns && i < model->column_count; i++)
        snapshot_make_column(maker, &model->columns[i], &table->columns[table->column_count++]);
}

static void make_primary_key(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table)
{
    if (!model->primary_key_count)
        return;
    table->primary_key = room(maker, 1, sizeof *table->primary_key);
    if (!table->primary_key)
        return;
    table->primary_key_count = 1;
    table->primary_key->name = new_name(maker, model, NULL, 0, "pkey");
    table->primary_key->columns = names_of(maker, model->primary_key, model->primary_key_count);
}

static void make_uniques(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table)
{
    table->uniques = room(maker, model->column_count + model->relation_count, sizeof *table->uniques);
    if (!table->uniques)
        return;
    for (size_t i = 0; i < model->column_count; i++) {
        const ormc_column *column = &model->columns[i];
        if (column->unique)
            add_unique(maker, model, table, &column, 1);
    }
    for (size_t i = 0; i < model->relation_count; i++) {
        const ormc_relation *relation = &model->relations[i];
        if (relation->owning && relation->kind == ORMC_ONE_TO_ONE && !key_is_unique_already(model, relation))
            add_unique(maker, model, table, relation->columns, relation->column_count);
    }
}

static void add_unique(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table,
                       const ormc_column *const *columns, size_t count)
{
    ormc_snapshot_key *unique = &table->uniques[table->unique_count++];
    unique->name = new_name(maker, model, columns, count, "key");
    unique->columns = names_of(maker, columns, count);
}

/* By its own word, or as the primary key in the same order. */
static bool key_is_unique_already(const ormc_model *model, const ormc_relation *relation)
{
    if (relation->column_count == 1 && relation->columns[0]->unique)
        return true;
    return relation->column_count == model->primary_key_count &&
           memcmp(relation->columns, model->primary_key, relation->column_count * sizeof *relation->columns) == 0;
}

static void make_checks(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table)
{
    table->checks = room(maker, model->column_count + model->rule_count, sizeof *table->checks);
    if (!table->checks)
        return;
    for (size_t i = 0; i < model->column_count; i++) {
        const ormc_column *column = &model->columns[i];
        const char *condition = snapshot_make_condition(maker, column);
        if (condition)
            table->checks[table->check_count++] = (ormc_snapshot_check){new_name(maker, model, &column, 1, "check"),
                                                                        condition};
    }
    for (size_t i = 0; i < model->rule_count; i++) {
        const ormc_rule *rule = &model->rules[i];
        const char *name = rule->name ? rule->name : new_name(maker, model, NULL, 0, "check");
        table->checks[table->check_count++] = (ormc_snapshot_check){name, rule->sql.text[maker->dialect]};
    }
}

static void make_foreign_keys(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table)
{
    static const char *const actions[] = {
        [ORMC_ACTION_CASCADE] = "CASCADE",
        [ORMC_ACTION_SET_NULL] = "SET NULL",
        [ORMC_ACTION_RESTRICT] = "RESTRICT",
        [ORMC_ACTION_NO_ACTION] = "NO ACTION",
    };
    table->foreign_keys = room(maker, model->relation_count, sizeof *table->foreign_keys);
    for (size_t i = 0; table->foreign_keys && i < model->relation_count; i++) {
        const ormc_relation *relation = &model->relations[i];
        if (!relation->owning)
            continue;
        table->foreign_keys[table->foreign_key_count++] = (ormc_snapshot_foreign_key){
            .name = new_name(maker, model, relation->columns, relation->column_count, "fkey"),
            .columns = names_of(maker, relation->columns, relation->column_count),
            .schema = schema_of(maker, relation->target->schema),
            .table = snapshot_table_of(maker, relation->target),
            .target_columns = names_of(maker, relation->target_columns, relation->column_count),
            .on_delete = actions[relation->on_delete],
            .on_update = relation->on_update == ORMC_ACTION_NO_ACTION ? NULL : actions[relation->on_update],
        };
    }
}

static void make_indexes(snapshot_maker *maker, const ormc_model *model, ormc_snapshot_table *table)
{
    table->indexes = room(maker, model->index_count, sizeof *table->indexes);
    for (size_t i = 0; table->indexes && i < model->index_count; i++) {
        const ormc_index *index = &model->indexes[i];
        ormc_snapshot_index *made = &table->indexes[table->index_count++];
        made->name = maker->dialect == ORMC_SQLITE ? in_sqlite_schema(maker, model->schema, index->name) : index->name;
        made->unique = index->unique;
        made->where = index->where.text[maker->dialect];
        made->comment = index->doc;
        make_parts(maker, index, made);
    }
}

/* SQLite has no INCLUDE: what it would carry becomes part of the key, unless the key is unique without it. */
static void make_parts(snapshot_maker *maker, const ormc_index *index, ormc_snapshot_index *made)
{
    made->parts.items = room(maker, index->column_count + index->include_count + 1, sizeof *made->parts.items);
    if (!made->parts.items)
        return;
    for (size_t i = 0; i < index->column_count; i++) {
        ormc_literal_sql_name(&maker->text, index->columns[i].column->column);
        orm__text_string(&maker->text, index->columns[i].descending ? " DESC" : "");
        made->parts.items[made->parts.count++] = snapshot_take_text(maker);
    }
    if (index->expression.text[maker->dialect]) {
        orm__text_printf(&maker->text, "(%s)", index->expression.text[maker->dialect]);
        made->parts.items[made->parts.count++] = snapshot_take_text(maker);
    }
    if (maker->dialect == ORMC_POSTGRESQL) {
        made->include = names_of(maker, index->include, index->include_count);
        return;
    }
    for (size_t i = 0; !index->unique && i < index->include_count; i++) {
        ormc_literal_sql_name(&maker->text, index->include[i]->column);
        made->parts.items[made->parts.count++] = snapshot_take_text(maker);
    }
}

static ormc_names names_of(snapshot_maker *maker, const ormc_column *const *columns, size_t count)
{
    ormc_names names = {room(maker, count, sizeof *names.items), 0};
    for (size_t i = 0; names.items && i < count; i++)
        names.items[names.count++] = columns[i]->column;
    return names;
}

/* "post_author_id_fkey"; a number behind it when the name is taken. Empty when memory is gone. */
static const char *new_name(snapshot_maker *maker, const ormc_model *model, const ormc_column *const *columns,
                            size_t count, const char *ending)
{
    orm__text whole = {0};
    orm__text_string(&whole, snapshot_table_of(maker, model));
    for (size_t i = 0; i < count; i++)
        orm__text_printf(&whole, "_%s", columns[i]->column);
    const char *name = "";
    for (unsigned number = 0; name && !whole.failed; number++) {
        const char *numbered = number ? orm__arena_printf(maker->arena, "%s%u", ending, number) : ending;
        name = numbered ? cut_name(maker, whole.data, numbered) : NULL;
        const char *key = name ? name_key(maker, model->schema, name) : NULL;
        if (key && !ormc_table_get(&maker->names, key)) {
            reserve(maker, model->schema, name);
            break;
        }
    }
    maker->failed |= !name || whole.failed;
    orm__text_release(&whole);
    return name ? name : "";
}

/* A name that is too long is cut, and gets a hash of the whole so that it stays apart from others. */
static const char *cut_name(snapshot_maker *maker, const char *whole, const char *ending)
{
    if (strlen(whole) + 1 + strlen(ending) <= LONGEST_NAME)
        return orm__arena_printf(maker->arena, "%s_%s", whole, ending);
    size_t kept = LONGEST_NAME - strlen("_12345678_") - strlen(ending);
    while (kept && ((unsigned char)whole[kept] & 0xC0) == 0x80)
        kept--;
    return orm__arena_printf(maker->arena, "%.*s_%08x_%s", (int)kept, whole, (unsigned)hash_of(whole), ending);
}

/* FNV-1a */
static uint32_t hash_of(const char *text)
{
    uint32_t hash = 2166136261u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

static void *room(snapshot_maker *maker, size_t count, size_t size)
{
    void *made = orm__arena_zalloc(maker->arena, count, size);
    maker->failed |= !made;
    return made;
}
