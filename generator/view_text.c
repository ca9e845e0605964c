/* view_text.c -- texts for the view: declarations, constants, comments, and the names of a column's types.
 * SPDX-License-Identifier: MIT */
#include "view_parts.h"

#include "layout.h"
#include "literal.h"
#include "names.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *named_part(ormc_view *view, const ormc_column *column, const char *part);

void view_set(ormc_view *view, ormc_data *object, const char *key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : orm__arena_alloc(view->arena, (size_t)length + 1);
    if (!text) {
        view->failed = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    ormc_data_set_text(object, key, text);
}

void view_set_literal(ormc_view *view, ormc_data *object, const char *key, const char *text)
{
    orm__text written = {0};
    if (text)
        ormc_literal_c_string(&written, text, strlen(text));
    view_set_written(view, object, key, &written);
}

void view_set_comment(ormc_view *view, ormc_data *object, const char *key, const char *doc, size_t indent)
{
    orm__text written = {0};
    if (doc)
        ormc_layout_comment(doc, indent, &written);
    view_set_written(view, object, key, &written);
}

void view_set_written(ormc_view *view, ormc_data *object, const char *key, orm__text *text)
{
    const char *copy = text->length && !text->failed ? orm__arena_copy(view->arena, text->data, text->length) : NULL;
    if (copy)
        ormc_data_set_text(object, key, copy);
    else
        ormc_data_set_boolean(object, key, false);
    view->failed |= text->failed || (text->length && !copy);
    orm__text_release(text);
}

void view_set_columns(ormc_view *view, ormc_data *object, const char *key, const ormc_column *const *columns,
                      size_t count)
{
    orm__text list = {0};
    for (size_t i = 0; i < count; i++)
        orm__text_printf(&list, "%s&%s_model_columns[%zu]", i ? ", " : "{",
                         view_model_of(view, columns[i]->model)->type, columns[i]->index);
    if (count)
        orm__text_char(&list, '}');
    view_set_written(view, object, key, &list);
}

const char *view_declare(ormc_view *view, const char *type, const char *name)
{
    size_t length = strlen(type);
    const char *space = length && type[length - 1] == '*' ? "" : " ";
    const char *declaration = orm__arena_printf(view->arena, "%s%s%s", type, space, name);
    view->failed |= !declaration;
    return declaration ? declaration : "";
}

const char *view_value_type(ormc_view *view, const ormc_column *column)
{
    if (column->array)
        return named_part(view, column, "");
    return column->enumeration ? view_enum_of(view, column->enumeration)->type : column->type->c_type;
}

const char *view_member_type(ormc_view *view, const ormc_column *column)
{
    bool opt = column->nullable && column->type->has_opt && !column->array;
    return opt ? view_part(view, column, "opt") : view_value_type(view, column);
}

const char *view_part(ormc_view *view, const ormc_column *column, const char *part)
{
    const char *with_line = orm__arena_printf(view->arena, "%s_", part);
    view->failed |= !with_line;
    return with_line ? named_part(view, column, with_line) : "";
}

/* "orm_int64", "blog_in_post_status", "orm_in_text_array" */
static const char *named_part(ormc_view *view, const ormc_column *column, const char *part)
{
    const char *prefix = column->enumeration ? view->package->name : "orm";
    const char *word = column->enumeration ? column->enumeration->c_name : column->type->word;
    const char *name = orm__arena_printf(view->arena, "%s_%s%s%s", prefix, part, word, column->array ? "_array" : "");
    view->failed |= !name;
    return name ? name : "";
}
