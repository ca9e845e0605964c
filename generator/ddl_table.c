/* ddl_table.c -- the inside of CREATE TABLE: columns, and constraints under the names that PostgreSQL would give them.
 * SPDX-License-Identifier: MIT */
#include "ddl_table.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

enum { LONGEST_NAME = 63 }; /* bytes that PostgreSQL keeps of a name */

static const char *key_of_name(ddl_maker *maker, const ormc_model *model, const char *name);
static void put_columns(ddl_maker *maker, const ormc_model *model);
static void put_column(ddl_maker *maker, const ormc_column *column);
static void put_type(ddl_maker *maker, const ormc_column *column);
static bool is_autoincrement(const ddl_maker *maker, const ormc_column *column);
static void put_primary_key(ddl_maker *maker, const ormc_model *model);
static void put_uniques(ddl_maker *maker, const ormc_model *model);
static bool key_is_unique_already(const ormc_model *model, const ormc_relation *relation);
static void put_checks(ddl_maker *maker, const ormc_column *column);
static void put_condition(ddl_maker *maker, const ormc_column *column, const char **word);
static void put_range(ddl_maker *maker, const ormc_column *column, const char **word);
static void put_length(ddl_maker *maker, const ormc_column *column, const char **word);
static void put_bound(ddl_maker *maker, const ormc_column *column, const char *operation, int64_t integer, double real);
static void put_column_list(ddl_maker *maker, const ormc_column *const *columns, size_t count);
static void begin_constraint(ddl_maker *maker, const char *name);
static const char *new_name(ddl_maker *maker, const ormc_model *model, const ormc_column *const *columns, size_t count,
                            const char *ending);
static const char *cut_name(ddl_maker *maker, const char *whole, const char *ending);
static uint32_t hash_of(const char *text);

ddl_table *ddl_table_of(const ddl_maker *maker, const ormc_model *model)
{
    return ormc_table_get(&maker->by_model, model->name);
}

void ddl_reserve_name(ddl_maker *maker, const ormc_model *model, const char *name)
{
    const char *key = key_of_name(maker, model, name);
    maker->failed |= !key || !ormc_table_add(&maker->names, maker->arena, key, maker);
}

/* One space of names for each schema; a name has no zero byte, and none has this one. */
static const char *key_of_name(ddl_maker *maker, const ormc_model *model, const char *name)
{
    if (!model->schema || maker->dialect == ORMC_SQLITE)
        return name;
    return orm__arena_printf(maker->arena, "%s\xff%s", model->schema, name);
}

const char *ddl_table_name(const ddl_maker *maker, const ormc_model *model)
{
    return maker->dialect == ORMC_POSTGRESQL ? model->table : model->sqlite_table;
}

void ddl_put_table_name(ddl_maker *maker, const ormc_model *model)
{
    ddl_put_in_schema(maker, model->schema, ddl_table_name(maker, model));
}

void ddl_put_enum_name(ddl_maker *maker, const ormc_enum *enumeration)
{
    ddl_put_in_schema(maker, enumeration->schema, enumeration->name);
}

void ddl_put_in_schema(ddl_maker *maker, const char *schema, const char *name)
{
    if (schema && maker->dialect == ORMC_POSTGRESQL) {
        ormc_literal_sql_name(&maker->text, schema);
        orm__text_char(&maker->text, '.');
    }
    ormc_literal_sql_name(&maker->text, name);
}

void ddl_put_table(ddl_maker *maker, ddl_table *table)
{
    const ormc_model *model = table->model;
    table->foreign_keys = orm__arena_zalloc(maker->arena, model->relation_count, sizeof *table->foreign_keys);
    if (!table->foreign_keys) {
        maker->failed = true;
        return;
    }
    orm__text_string(&maker->text, "CREATE TABLE IF NOT EXISTS ");
    ddl_put_table_name(maker, model);
    orm__text_string(&maker->text, " (");
    put_columns(maker, model);
    put_primary_key(maker, model);
    put_uniques(maker, model);
    for (size_t i = 0; i < model->column_count; i++)
        put_checks(maker, &model->columns[i]);
    for (size_t i = 0; i < model->rule_count; i++) {
        const ormc_rule *rule = &model->rules[i];
        begin_constraint(maker, rule->name ? rule->name : new_name(maker, model, NULL, 0, "check"));
        orm__text_printf(&maker->text, "CHECK (%s)", rule->sql.text[maker->dialect]);
    }
    for (size_t i = 0; i < model->relation_count; i++) {
        const ormc_relation *relation = &model->relations[i];
        if (!relation->owning)
            continue;
        table->foreign_keys[i] = new_name(maker, model, relation->columns, relation->column_count, "fkey");
        if (ddl_is_tied_later(maker, table, relation))
            continue;
        orm__text_string(&maker->text, ",\n    ");
        ddl_put_foreign_key(maker, table, i);
    }
    orm__text_string(&maker->text, "\n)");
}

bool ddl_is_tied_later(const ddl_maker *maker, const ddl_table *table, const ormc_relation *relation)
{
    if (maker->dialect != ORMC_POSTGRESQL || !relation->owning)
        return false;
    return ddl_table_of(maker, relation->target)->position > table->position;
}

static void put_columns(ddl_maker *maker, const ormc_model *model)
{
    for (size_t i = 0; i < model->column_count; i++) {
        orm__text_string(&maker->text, i ? ",\n    " : "\n    ");
        put_column(maker, &model->columns[i]);
    }
}

static void put_column(ddl_maker *maker, const ormc_column *column)
{
    orm__text *text = &maker->text;
    ormc_literal_sql_name(text, column->column);
    orm__text_char(text, ' ');
    put_type(maker, column);
    if (!column->nullable || column->primary_key)
        orm__text_string(text, " NOT NULL");
    const char *computed = column->computed.text[maker->dialect], *made = column->server_default.text[maker->dialect];
    if (computed) {
        orm__text_printf(text, " GENERATED ALWAYS AS (%s) STORED", computed);
    } else if (made) {
        orm__text_printf(text, maker->dialect == ORMC_SQLITE ? " DEFAULT (%s)" : " DEFAULT %s", made);
    } else if (is_autoincrement(maker, column)) {
        orm__text_string(text, " CONSTRAINT ");
        ormc_literal_sql_name(text, new_name(maker, column->model, NULL, 0, "pkey"));
        orm__text_string(text, " PRIMARY KEY AUTOINCREMENT");
    } else if (column->generated) {
        orm__text_string(text, " GENERATED BY DEFAULT AS IDENTITY");
    } else if (column->default_value.kind != ORMC_NO_DEFAULT) {
        orm__text_string(text, " DEFAULT ");
        ormc_literal_sql_default(text, column, maker->dialect);
    }
}

/* SQLite makes keys only for a lone INTEGER PRIMARY KEY that says so in its own line. */
static bool is_autoincrement(const ddl_maker *maker, const ormc_column *column)
{
    return maker->dialect == ORMC_SQLITE && column->generated;
}

static void put_type(ddl_maker *maker, const ormc_column *column)
{
    const ormc_type *type = column->type;
    bool postgresql = maker->dialect == ORMC_POSTGRESQL;
    if (type->class == ORMC_CLASS_ENUM && postgresql)
        ddl_put_enum_name(maker, column->enumeration);
    else if (type->class == ORMC_CLASS_OTHER && postgresql)
        orm__text_string(&maker->text, column->db_type);
    else if (type->class == ORMC_CLASS_ENUM || (column->array && !postgresql))
        orm__text_string(&maker->text, "TEXT");
    else
        orm__text_string(&maker->text, postgresql ? type->postgresql : type->sqlite);
    if (type->class == ORMC_CLASS_DECIMAL && postgresql && column->precision >= 0)
        orm__text_printf(&maker->text, "(%d, %d)", column->precision, column->scale >= 0 ? column->scale : 0);
    if (column->array && postgresql)
        orm__text_string(&maker->text, "[]");
}

static void put_primary_key(ddl_maker *maker, const ormc_model *model)
{
    if (!model->primary_key_count || is_autoincrement(maker, model->primary_key[0]))
        return;
    begin_constraint(maker, new_name(maker, model, NULL, 0, "pkey"));
    orm__text_string(&maker->text, "PRIMARY KEY ");
    put_column_list(maker, model->primary_key, model->primary_key_count);
}

static void put_uniques(ddl_maker *maker, const ormc_model *model)
{
    for (size_t i = 0; i < model->column_count; i++) {
        const ormc_column *column = &model->columns[i];
        if (!column->unique)
            continue;
        begin_constraint(maker, new_name(maker, model, &column, 1, "key"));
        orm__text_string(&maker->text, "UNIQUE ");
        put_column_list(maker, &column, 1);
    }
    for (size_t i = 0; i < model->relation_count; i++) {
        const ormc_relation *relation = &model->relations[i];
        if (!relation->owning || relation->kind != ORMC_ONE_TO_ONE || key_is_unique_already(model, relation))
            continue;
        begin_constraint(maker, new_name(maker, model, relation->columns, relation->column_count, "key"));
        orm__text_string(&maker->text, "UNIQUE ");
        put_column_list(maker, relation->columns, relation->column_count);
    }
}

/* By its own word, or as the primary key in the same order. */
static bool key_is_unique_already(const ormc_model *model, const ormc_relation *relation)
{
    if (relation->column_count == 1 && relation->columns[0]->unique)
        return true;
    return relation->column_count == model->primary_key_count &&
           memcmp(relation->columns, model->primary_key, relation->column_count * sizeof *relation->columns) == 0;
}

static void put_checks(ddl_maker *maker, const ormc_column *column)
{
    bool listed = column->type->class == ORMC_CLASS_ENUM && !column->array && maker->dialect == ORMC_SQLITE;
    if (!listed && !column->has_min && !column->has_max && column->min_length < 0 && column->max_length < 0)
        return;
    begin_constraint(maker, new_name(maker, column->model, &column, 1, "check"));
    orm__text_string(&maker->text, "CHECK (");
    if (listed) {
        ormc_literal_sql_name(&maker->text, column->column);
        orm__text_string(&maker->text, " IN ");
        ddl_put_enum_values(maker, column->enumeration);
    } else {
        const char *word = "";
        put_range(maker, column, &word);
        put_length(maker, column, &word);
    }
    orm__text_char(&maker->text, ')');
}

static void put_range(ddl_maker *maker, const ormc_column *column, const char **word)
{
    if (column->has_min) {
        put_condition(maker, column, word);
        put_bound(maker, column, " >= ", column->min_integer, column->min_real);
    }
    if (column->has_max) {
        put_condition(maker, column, word);
        put_bound(maker, column, " <= ", column->max_integer, column->max_real);
    }
}

static void put_condition(ddl_maker *maker, const ormc_column *column, const char **word)
{
    orm__text_string(&maker->text, *word);
    ormc_literal_sql_name(&maker->text, column->column);
    *word = " AND ";
}

static void put_bound(ddl_maker *maker, const ormc_column *column, const char *operation, int64_t integer, double real)
{
    orm__text_string(&maker->text, operation);
    if (column->type->class == ORMC_CLASS_INTEGER)
        orm__text_printf(&maker->text, "%" PRId64, integer);
    else
        ormc_literal_sql_real(&maker->text, real, maker->dialect);
}

static void put_length(ddl_maker *maker, const ormc_column *column, const char **word)
{
    const char *function = "length";
    if (maker->dialect == ORMC_POSTGRESQL)
        function = column->type->class == ORMC_CLASS_BYTES ? "octet_length" : "char_length";
    const struct {
        int64_t length;
        const char *operation;
    } rules[] = {{column->min_length, ">="}, {column->max_length, "<="}};
    for (size_t i = 0; i < 2; i++) {
        if (rules[i].length < 0)
            continue;
        orm__text_printf(&maker->text, "%s%s(", *word, function);
        ormc_literal_sql_name(&maker->text, column->column);
        orm__text_printf(&maker->text, ") %s %" PRId64, rules[i].operation, rules[i].length);
        *word = " AND ";
    }
}

void ddl_put_foreign_key(ddl_maker *maker, const ddl_table *table, size_t relation)
{
    static const char *const actions[] = {
        [ORMC_ON_DELETE_UNSAID] = "RESTRICT",
        [ORMC_ON_DELETE_CASCADE] = "CASCADE",
        [ORMC_ON_DELETE_SET_NULL] = "SET NULL",
        [ORMC_ON_DELETE_RESTRICT] = "RESTRICT",
    };
    const ormc_relation *owner = &table->model->relations[relation];
    orm__text_string(&maker->text, "CONSTRAINT ");
    ormc_literal_sql_name(&maker->text, table->foreign_keys[relation]);
    orm__text_string(&maker->text, " FOREIGN KEY ");
    put_column_list(maker, owner->columns, owner->column_count);
    orm__text_string(&maker->text, "\n        REFERENCES ");
    ddl_put_table_name(maker, owner->target);
    orm__text_char(&maker->text, ' ');
    put_column_list(maker, owner->target_columns, owner->column_count);
    orm__text_printf(&maker->text, " ON DELETE %s", actions[owner->on_delete]);
}

void ddl_put_enum_values(ddl_maker *maker, const ormc_enum *enumeration)
{
    for (size_t i = 0; i < enumeration->value_count; i++) {
        orm__text_string(&maker->text, i ? ", " : "(");
        ormc_literal_sql_string(&maker->text, enumeration->values[i]);
    }
    orm__text_char(&maker->text, ')');
}

static void put_column_list(ddl_maker *maker, const ormc_column *const *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        orm__text_string(&maker->text, i ? ", " : "(");
        ormc_literal_sql_name(&maker->text, columns[i]->column);
    }
    orm__text_char(&maker->text, ')');
}

static void begin_constraint(ddl_maker *maker, const char *name)
{
    orm__text_string(&maker->text, ",\n    CONSTRAINT ");
    ormc_literal_sql_name(&maker->text, name);
    orm__text_char(&maker->text, ' ');
}

/* "post_author_id_fkey"; a number behind it when the name is taken. Empty when memory is gone. */
static const char *new_name(ddl_maker *maker, const ormc_model *model, const ormc_column *const *columns, size_t count,
                            const char *ending)
{
    orm__text whole = {0};
    orm__text_string(&whole, ddl_table_name(maker, model));
    for (size_t i = 0; i < count; i++)
        orm__text_printf(&whole, "_%s", columns[i]->column);
    const char *name = "";
    for (unsigned number = 0; name && !whole.failed; number++) {
        const char *numbered = number ? orm__arena_printf(maker->arena, "%s%u", ending, number) : ending;
        name = numbered ? cut_name(maker, whole.data, numbered) : NULL;
        const char *key = name ? key_of_name(maker, model, name) : NULL;
        if (key && !ormc_table_get(&maker->names, key)) {
            ddl_reserve_name(maker, model, name);
            break;
        }
    }
    maker->failed |= !name || whole.failed;
    orm__text_release(&whole);
    return name ? name : "";
}

/* A name that is too long is cut, and gets a hash of the whole so that it stays apart from others. */
static const char *cut_name(ddl_maker *maker, const char *whole, const char *ending)
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
