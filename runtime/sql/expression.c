/* sql/expression.c -- making conditions and orders, and copying them deeply.
 * SPDX-License-Identifier: MIT */
#include "sql/expression.h"

#include "base/array.h"

#include <string.h>

static bool keep_value(orm__arena *arena, orm_value *value);

orm_expr orm_compare(orm_op op, const orm_column *column, orm_value value)
{
    return (orm_expr){.op = op, .column = column, .value = value};
}

orm_expr orm_compare_range(const orm_column *column, orm_value low, orm_value high)
{
    return (orm_expr){.op = ORM_OP_BETWEEN, .column = column, .value = low, .upper = high};
}

orm_expr orm_null_test(orm_op op, const orm_column *column)
{
    return (orm_expr){.op = op, .column = column};
}

orm_expr orm_combine(orm_op op, const orm_expr *children)
{
    return (orm_expr){.op = op, .children = children};
}

orm_expr orm_like(orm_text_column column, const char *pattern)
{
    return orm_compare(ORM_OP_LIKE, column.column, orm_of_text(pattern));
}

orm_order orm_order_by(const orm_column *column, bool descending)
{
    return (orm_order){.column = column, .descending = descending};
}

bool orm__expression_keep(orm__arena *arena, orm_expr *expression)
{
    if (!keep_value(arena, &expression->value) || !keep_value(arena, &expression->upper))
        return false;
    if (!expression->children)
        return true;
    size_t count = 1;
    while (expression->children[count - 1].op != ORM_OP_END)
        count++;
    orm_expr *children = orm__arena_alloc(arena, count * sizeof *children);
    if (!children)
        return false;
    memcpy(children, expression->children, count * sizeof *children);
    for (size_t i = 0; i + 1 < count; i++)
        if (!orm__expression_keep(arena, &children[i]))
            return false;
    expression->children = children;
    return true;
}

static bool keep_value(orm__arena *arena, orm_value *value)
{
    if (value->form == ORM_FORM_LIST || value->form == ORM_FORM_ARRAY)
        return orm__array_keep_value(value, arena);
    if (value->form != ORM_FORM_ONE)
        return true;
    if (!orm__type_points(value->type))
        return true;
    if (value->type == ORM_TYPE_BYTES)
        return (value->as.bytes.data = (const uint8_t *)orm__arena_copy(arena, value->as.bytes.data,
                                                                        value->as.bytes.size)) != NULL;
    return (value->as.text = orm__arena_strdup(arena, value->as.text)) != NULL;
}
