/* view_column.c -- the data of a column.
 *
 * Keys for the header: name (its C name), comment, member (of the row struct), value (a setter's parameter), input,
 * change and handle (members of the other structs), required (its input is plain). For the source: literal (its name in
 * the database), name_literal, constant (of its type), flags, index, enumeration, field, input_macro, change_macro,
 * default_value, limits, of, in (false for arrays), form (of its default), db_type (or false). given: false for a
 * column that is computed, or of a view, which stands in the row struct only; settable: it has a setter.
 * SPDX-License-Identifier: MIT */
#include "view_parts.h"

#include "literal.h"
#include "names.h"

#include <inttypes.h>
#include <string.h>

static bool is_required(const ormc_column *column);
static void put_declarations(ormc_view *view, ormc_data *data, const ormc_column *column);
static void put_flags(ormc_view *view, ormc_data *data, const ormc_column *column);
static void put_default(ormc_view *view, ormc_data *data, const ormc_column *column);
static void put_limits(ormc_view *view, ormc_data *data, const ormc_column *column);
static void put_number(orm__text *text, const ormc_column *column, const char *name, int64_t integer, double real);

ormc_data *view_make_column(ormc_view *view, const ormc_column *column)
{
    ormc_data *data = ormc_data_object(view->arena);
    bool opt = column->nullable && column->type->has_opt && !column->array;
    ormc_data_set_text(data, "name", column->c_name);
    view_set_comment(view, data, "comment", column->doc, 4);
    put_declarations(view, data, column);
    view_set_literal(view, data, "literal", column->column);
    view_set_literal(view, data, "name_literal", column->c_name);
    ormc_data_set_text(data, "constant", column->type->constant);
    view_set(view, data, "index", "%zu", column->index);
    if (column->enumeration)
        ormc_data_set_text(data, "enumeration", view_enum_of(view, column->enumeration)->type);
    else
        ormc_data_set_boolean(data, "enumeration", false);
    ormc_data_set_text(data, "field", opt ? "ORM_OPT_FIELD" : "ORM_FIELD");
    ormc_data_set_text(data, "input_macro",
                       is_required(column) ? "ORM_REQUIRED"
                       : column->nullable  ? "ORM_NULL_INPUT"
                                           : "ORM_INPUT");
    ormc_data_set_text(data, "change_macro", column->nullable ? "ORM_NULL_CHANGE" : "ORM_CHANGE");
    bool given = !column->computed.text[0] && !(column->model && column->model->view);
    ormc_data_set_boolean(data, "given", given);
    ormc_data_set_boolean(data, "settable", given && !column->version);
    view_set_literal(view, data, "db_type", column->db_type);
    ormc_data_set_text(data, "form", column->array ? "ORM_FORM_ARRAY" : "ORM_FORM_ONE");
    put_flags(view, data, column);
    put_default(view, data, column);
    put_limits(view, data, column);
    return data;
}

/* Whoever adds a row must give it. A key that a relation owns may come by way of the relation. */
static bool is_required(const ormc_column *column)
{
    bool filled = column->generated || column->relation || column->default_value.kind != ORMC_NO_DEFAULT ||
                  column->server_default.text[0] || column->computed.text[0];
    return !column->nullable && !filled;
}

static void put_declarations(ormc_view *view, ormc_data *data, const ormc_column *column)
{
    const char *name = column->c_name, *type = view_member_type(view, column), *array = column->array ? "_array" : "";
    const char *word = column->type->word, *prefix = "orm";
    const char *input = view_part(view, column, column->nullable ? "in_null" : "in");
    const char *change = view_part(view, column, column->nullable ? "change_null" : "change");
    if (column->enumeration) {
        prefix = view->package->name;
        word = column->enumeration->c_name;
    }
    ormc_data_set_text(data, "member", view_declare(view, type, name));
    ormc_data_set_text(data, "value", view_declare(view, type, "value"));
    ormc_data_set_text(data, "input", view_declare(view, is_required(column) ? type : input, name));
    ormc_data_set_text(data, "change", view_declare(view, change, name));
    view_set(view, data, "handle", "%s_%s%s_column %s", prefix, word, array, name);
    view_set(view, data, "of", "%s_of_%s%s", prefix, word, array);
    if (column->array)
        ormc_data_set_boolean(data, "in", false);
    else
        view_set(view, data, "in", "%s_of_%ss", prefix, word);
}

static void put_flags(ormc_view *view, ormc_data *data, const ormc_column *column)
{
    const struct {
        bool set;
        const char *name;
    } flags[] = {
        {column->nullable, "ORM_NULLABLE"},
        {column->primary_key, "ORM_PRIMARY_KEY"},
        {column->generated, "ORM_GENERATED"},
        {column->unique, "ORM_UNIQUE"},
        {column->default_value.kind != ORMC_NO_DEFAULT && column->default_value.kind != ORMC_DEFAULT_NOW,
         "ORM_DEFAULT_VALUE"},
        {column->default_value.kind == ORMC_DEFAULT_NOW, "ORM_DEFAULT_NOW"},
        {column->sensitive, "ORM_SENSITIVE"},
        {column->has_min, "ORM_HAS_MIN"},
        {column->has_max, "ORM_HAS_MAX"},
        {column->relation != NULL, "ORM_FOREIGN_KEY"},
        {column->array, "ORM_ARRAY"},
        {column->server_default.text[0] != NULL, "ORM_SERVER_DEFAULT"},
        {column->computed.text[0] != NULL, "ORM_COMPUTED"},
        {column->version, "ORM_VERSION"},
        {column->on_update_now, "ORM_ON_UPDATE_NOW"},
    };
    orm__text text = {0};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (flags[i].set)
            orm__text_printf(&text, "%s%s", text.length ? " | " : "", flags[i].name);
    view_set_written(view, data, "flags", &text);
}

static void put_default(ormc_view *view, ormc_data *data, const ormc_column *column)
{
    orm__text text = {0};
    ormc_default_kind kind = column->default_value.kind;
    if (kind != ORMC_NO_DEFAULT && kind != ORMC_DEFAULT_NOW)
        ormc_literal_c_default(&text, column);
    view_set_written(view, data, "default_value", &text);
}

/* The inside of an orm_limits. */
static void put_limits(ormc_view *view, ormc_data *data, const ormc_column *column)
{
    orm__text text = {0};
    if (column->has_min)
        put_number(&text, column, "min", column->min_integer, column->min_real);
    if (column->has_max)
        put_number(&text, column, "max", column->max_integer, column->max_real);
    if (column->min_length > 0)
        orm__text_printf(&text, "%s.min_length = %" PRId64, text.length ? ", " : "", column->min_length);
    if (column->max_length >= 0)
        orm__text_printf(&text, "%s.max_length = %" PRId64, text.length ? ", " : "", column->max_length);
    if (column->pattern) {
        orm__text_printf(&text, "%s.pattern = ", text.length ? ", " : "");
        ormc_literal_c_string(&text, column->pattern, strlen(column->pattern));
    }
    if (column->precision > 0)
        orm__text_printf(&text, "%s.precision = %d, .scale = %d", text.length ? ", " : "", column->precision,
                         column->scale);
    if (text.length) {
        orm__text whole = {0};
        orm__text_printf(&whole, "{%s}", text.data);
        orm__text_release(&text);
        text = whole;
    }
    view_set_written(view, data, "limits", &text);
}

static void put_number(orm__text *text, const ormc_column *column, const char *name, int64_t integer, double real)
{
    bool whole = column->type->class == ORMC_CLASS_INTEGER;
    orm__text_printf(text, "%s.%s = {.%s = ", text->length ? ", " : "", name, whole ? "integer" : "real");
    if (whole)
        ormc_literal_c_integer(text, integer);
    else
        ormc_literal_c_real(text, real);
    orm__text_char(text, '}');
}
