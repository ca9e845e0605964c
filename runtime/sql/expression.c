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

orm_expr orm_ilike(orm_text_column column, const char *pattern)
{
    return orm_compare(ORM_OP_ILIKE, column.column, orm_of_text(pattern));
}

orm_expr orm_starts_with(orm_text_column column, const char *text)
{
    return orm_compare(ORM_OP_STARTS_WITH, column.column, orm_of_text(text));
}

orm_expr orm_ends_with(orm_text_column column, const char *text)
{
    return orm_compare(ORM_OP_ENDS_WITH, column.column, orm_of_text(text));
}

orm_expr orm_contains(orm_text_column column, const char *text)
{
    return orm_compare(ORM_OP_CONTAINS, column.column, orm_of_text(text));
}

orm_expr orm_json_compare(orm_op op, const orm_column *column, const char *path, orm_value value)
{
    return (orm_expr){.op = op, .column = column, .value = value, .upper = orm_of_text(path ? path : "")};
}

orm_expr orm_related_one(orm_to_one relation, const orm_expr *children)
{
    return (orm_expr){.op = ORM_OP_HAS, .relation = relation.relation, .children = children};
}

orm_expr orm_related_many(orm_op op, orm_to_many relation, const orm_expr *children)
{
    return (orm_expr){.op = op, .relation = relation.relation, .children = children};
}

const orm_column *orm_column_outer(const orm_column *column)
{
    bool most = orm__column_outer(column) == ORM__OUTER_MAX;
    return column && !most ? (const orm_column *)(const void *)((const char *)column + 1) : column;
}

orm_order orm_order_by(const orm_column *column, bool descending)
{
    return (orm_order){.column = column, .descending = descending};
}

orm_order orm_nulls_first(orm_order order)
{
    order.nulls = ORM_NULLS_FIRST;
    return order;
}

orm_order orm_nulls_last(orm_order order)
{
    order.nulls = ORM_NULLS_LAST;
    return order;
}

/* One that does not fit leaves an order without a column, which the query refuses. */
orm_order orm_via(orm_order order, orm_to_one relation)
{
    if (order.via[ORM_VIA_MAX - 1])
        order.column = NULL;
    memmove(&order.via[1], &order.via[0], (ORM_VIA_MAX - 1) * sizeof *order.via);
    order.via[0] = relation.relation;
    return order;
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
