/* snapshot_parts.c -- the SQL inside a snapshot: types, defaults, conditions of columns.
 * SPDX-License-Identifier: MIT */
#include "snapshot_parts.h"

#include "ddl.h"

#include <inttypes.h>

static const char *make_type(snapshot_maker *maker, const ormc_column *column);
static const char *make_default(snapshot_maker *maker, const ormc_column *column);
static void put_range(snapshot_maker *maker, const ormc_column *column, const char **word);
static void put_condition(snapshot_maker *maker, const ormc_column *column, const char **word);
static void put_bound(snapshot_maker *maker, const ormc_column *column, const char *operation, int64_t integer,
                      double real);
static void put_length(snapshot_maker *maker, const ormc_column *column, const char **word);

void snapshot_make_column(snapshot_maker *maker, const ormc_column *column, ormc_snapshot_column *made)
{
    const char *computed = column->computed.text[maker->dialect];
    bool identity = column->generated && !computed && !column->server_default.text[maker->dialect];
    *made = (ormc_snapshot_column){
        .name = column->column,
        .type = make_type(maker, column),
        .enum_schema = column->enumeration ? column->enumeration->schema : NULL,
        .enum_name = column->enumeration ? column->enumeration->name : NULL,
        .array = column->array,
        .not_null = !column->nullable || column->primary_key,
        .identity = identity,
        .default_sql = computed || identity ? NULL : make_default(maker, column),
        .generated = computed,
        .comment = column->doc,
        .was = column->was,
    };
}

static const char *make_type(snapshot_maker *maker, const ormc_column *column)
{
    const ormc_type *type = column->type;
    orm__text *text = &maker->text;
    bool postgresql = maker->dialect == ORMC_POSTGRESQL;
    if (type->class == ORMC_CLASS_ENUM && postgresql)
        ddl_put_name(text, column->enumeration->schema, column->enumeration->name);
    else if (type->class == ORMC_CLASS_OTHER && postgresql)
        orm__text_string(text, column->db_type);
    else if (type->class == ORMC_CLASS_ENUM || (column->array && !postgresql))
        orm__text_string(text, "TEXT");
    else
        orm__text_string(text, postgresql ? type->postgresql : type->sqlite);
    if (type->class == ORMC_CLASS_DECIMAL && postgresql && column->precision >= 0)
        orm__text_printf(text, "(%d, %d)", column->precision, column->scale >= 0 ? column->scale : 0);
    if (column->array && postgresql)
        orm__text_string(text, "[]");
    return snapshot_take_text(maker);
}

static const char *make_default(snapshot_maker *maker, const ormc_column *column)
{
    const char *made = column->server_default.text[maker->dialect];
    if (made)
        orm__text_printf(&maker->text, maker->dialect == ORMC_SQLITE ? "(%s)" : "%s", made);
    else if (column->default_value.kind != ORMC_NO_DEFAULT)
        ormc_literal_sql_default(&maker->text, column, maker->dialect);
    else
        return NULL;
    return snapshot_take_text(maker);
}

const char *snapshot_make_condition(snapshot_maker *maker, const ormc_column *column)
{
    bool listed = column->type->class == ORMC_CLASS_ENUM && !column->array && maker->dialect == ORMC_SQLITE;
    if (!listed && !column->has_min && !column->has_max && column->min_length < 0 && column->max_length < 0)
        return NULL;
    if (listed) {
        const ormc_names values = {column->enumeration->values, column->enumeration->value_count};
        ormc_literal_sql_name(&maker->text, column->column);
        orm__text_string(&maker->text, " IN ");
        ddl_put_values(&maker->text, &values);
    } else {
        const char *word = "";
        put_range(maker, column, &word);
        put_length(maker, column, &word);
    }
    return snapshot_take_text(maker);
}

static void put_range(snapshot_maker *maker, const ormc_column *column, const char **word)
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

static void put_condition(snapshot_maker *maker, const ormc_column *column, const char **word)
{
    orm__text_string(&maker->text, *word);
    ormc_literal_sql_name(&maker->text, column->column);
    *word = " AND ";
}

static void put_bound(snapshot_maker *maker, const ormc_column *column, const char *operation, int64_t integer,
                      double real)
{
    orm__text_string(&maker->text, operation);
    if (column->type->class == ORMC_CLASS_INTEGER)
        orm__text_printf(&maker->text, "%" PRId64, integer);
    else
        ormc_literal_sql_real(&maker->text, real, maker->dialect);
}

static void put_length(snapshot_maker *maker, const ormc_column *column, const char **word)
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

const char *snapshot_take_text(snapshot_maker *maker)
{
    const char *taken = NULL;
    if (!maker->text.failed)
        taken = orm__arena_copy(maker->arena, maker->text.data ? maker->text.data : "", maker->text.length);
    maker->failed |= !taken;
    orm__text_clear(&maker->text);
    return taken ? taken : "";
}
