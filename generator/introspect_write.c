/* introspect_write.c -- models as YAML; format.c lays the text out.
 * SPDX-License-Identifier: MIT */
#include "introspect.h"

#include "names.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static void put_notes(shown_schema *s, const char *schema, const char *table, const char *indent, bool of_all);
static void put_comment(shown_schema *s, const char *text, const char *indent);
static void put_enum(shown_schema *s, const ormc_snapshot_enum *enumeration);
static bool put_values(shown_schema *s, const ormc_snapshot_enum *enumeration);
static void put_model(shown_schema *s, const shown_model *model);
static void put_text_key(shown_schema *s, const char *key, const char *value);
static void put_view(shown_schema *s, const char *sql);
static void put_columns(shown_schema *s, const shown_model *model);
static void put_column(shown_schema *s, const shown_model *model, const ormc_settled_column *column,
                       const char *c_name);
static void put_type(shown_schema *s, const ormc_settled_column *column, bool *nullable);
static bool is_word_type(const ormc_settled_column *column);
static void put_default(shown_braces *b, const ormc_settled_column *column);
static bool is_key_alone(const shown_model *model, const ormc_settled_column *column);
static bool is_in_key(const shown_model *model, const char *column);
static void put_relations(shown_schema *s, const shown_model *model);
static void put_relation(shown_schema *s, const shown_model *model, const shown_relation *relation);
static void put_owning(shown_schema *s, const shown_model *model, const shown_relation *relation, shown_braces *b);
static const char *word_of(const char *action);
static void put_uniques(shown_schema *s, const shown_model *model);
static bool is_told(shown_schema *s, const shown_model *model, const ormc_names *columns);
static const shown_relation *relation_of(const shown_model *model, const ormc_names *columns);
static void put_indexes(shown_schema *s, const shown_model *model);
static bool has_default_name(shown_schema *s, const shown_model *model, const ormc_snapshot_index *index);
static bool is_told_index(shown_schema *s, const shown_model *model, const ormc_snapshot_index *index);
static const ormc_snapshot_index *index_on(shown_schema *s, const shown_model *model, const char *const *columns,
                                           size_t count, bool unique);
static void put_index(shown_schema *s, const shown_model *model, const ormc_snapshot_index *index);
static void put_checks(shown_schema *s, const shown_model *model);

void shown_write(shown_schema *s)
{
    const ormc_settled *settled = s->settled;
    static const char *const names[] = {[ORMC_POSTGRESQL] = "a PostgreSQL", [ORMC_SQLITE] = "an SQLite"};
    orm__text_printf(s->out, "# Written by ormc introspect from %s database.\n",
                     names[settled->catalog->snapshot.dialect]);
    put_notes(s, NULL, NULL, "", true);
    put_text_key(s, "package", s->options->package);
    for (size_t i = 0; i < settled->enum_count; i++) {
        orm__text_string(s->out, i ? "" : "enums:\n");
        put_enum(s, settled->enums[i]);
    }
    orm__text_string(s->out, "models:\n");
    for (size_t i = 0; i < s->model_count; i++)
        if (!s->models[i].left_out)
            put_model(s, &s->models[i]);
}

/* In comments: what the language has no words for. */
static void put_notes(shown_schema *s, const char *schema, const char *table, const char *indent, bool of_all)
{
    const ormc_catalog *catalog = s->settled->catalog;
    bool first = true;
    for (size_t i = 0; i < catalog->note_count; i++) {
        const ormc_catalog_note *note = &catalog->notes[i];
        bool of_none = !note->table || !ormc_settled_find(s->settled, note->schema, note->table);
        if (of_all ? !of_none : !ormc_same(note->table, table) || !ormc_same(note->schema, schema))
            continue;
        if (first)
            orm__text_printf(s->out, "%s# Not in the schema language:\n", indent);
        put_comment(s, note->text, indent);
        first = false;
    }
}

/* Lines of a text, the first one behind a dash. */
static void put_comment(shown_schema *s, const char *text, const char *indent)
{
    const char *dash = "- ";
    while (*text) {
        size_t length = strcspn(text, "\r\n");
        orm__text_printf(s->out, "%s#  %s%.*s\n", indent, dash, (int)length, text);
        text += length;
        text += strspn(text, "\r\n");
        dash = "  ";
    }
}

static void put_text_key(shown_schema *s, const char *key, const char *value)
{
    orm__text_printf(s->out, "%s: ", key);
    shown_put_scalar(s->out, value);
    orm__text_char(s->out, '\n');
}

static void put_enum(shown_schema *s, const ormc_snapshot_enum *enumeration)
{
    orm__text_string(s->out, "  ");
    shown_put_scalar(s->out, enumeration->name);
    orm__text_string(s->out, ": ");
    if (!enumeration->schema && !enumeration->comment) {
        put_values(s, enumeration);
        orm__text_char(s->out, '\n');
        return;
    }
    shown_braces b = {s->out, 0};
    shown_open(&b, "values");
    put_values(s, enumeration);
    shown_pair(&b, "doc", enumeration->comment);
    shown_pair(&b, "schema", enumeration->schema);
    shown_close(&b);
}

/* A value whose name in C another one has gets a name of its own. */
static bool put_values(shown_schema *s, const ormc_snapshot_enum *enumeration)
{
    ormc_table taken = {0};
    orm__text_char(s->out, '[');
    for (size_t i = 0; i < enumeration->values.count && !s->failed; i++) {
        const char *value = enumeration->values.items[i];
        const char *constant = ormc_names_constant(s->arena, "p", "e", value);
        bool clash = constant && ormc_table_get(&taken, constant);
        s->failed |= !constant || (!clash && !ormc_table_add(&taken, s->arena, constant, s));
        orm__text_string(s->out, i ? ", " : "");
        orm__text_string(s->out, clash ? "{value: " : "");
        shown_put_scalar(s->out, value);
        if (clash)
            orm__text_printf(s->out, ", c_name: value_%zu}", i + 1);
    }
    orm__text_char(s->out, ']');
    return !s->failed;
}

static void put_model(shown_schema *s, const shown_model *model)
{
    const ormc_snapshot_table *table = model->table->from;
    orm__text_string(s->out, "  ");
    shown_put_scalar(s->out, model->name);
    orm__text_string(s->out, ":\n");
    put_notes(s, table->schema, table->name, "    ", false);
    if (table->comment)
        put_text_key(s, "    doc", table->comment);
    if (strcmp(table->name, model->name) != 0)
        put_text_key(s, "    table", table->name);
    if (table->schema)
        put_text_key(s, "    schema", table->schema);
    if (model->c_name)
        put_text_key(s, "    c_name", model->c_name);
    if (model->table->view)
        put_view(s, model->table->view);
    if (table->primary_key_count && table->primary_key->columns.count > 1) {
        orm__text_string(s->out, "    primary_key: ");
        shown_list(s->out, table->primary_key->columns.items, table->primary_key->columns.count);
        orm__text_char(s->out, '\n');
    }
    put_columns(s, model);
    put_relations(s, model);
    put_uniques(s, model);
    put_indexes(s, model);
    put_checks(s, model);
}

/* As the database prints it: for this one alone. */
static void put_view(shown_schema *s, const char *sql)
{
    static const char *const words[] = {[ORMC_POSTGRESQL] = "postgresql", [ORMC_SQLITE] = "sqlite"};
    bool control = false;
    for (const char *at = sql; *at; at++)
        control |= ((unsigned char)*at < 0x20 && *at != '\n') || *at == 0x7F;
    orm__text_printf(s->out, "    view:\n      %s: ", words[s->settled->catalog->snapshot.dialect]);
    if (control || !strchr(sql, '\n')) {
        shown_put_scalar(s->out, sql);
        orm__text_char(s->out, '\n');
        return;
    }
    orm__text_string(s->out, "|\n");
    while (*sql) {
        size_t length = strcspn(sql, "\n");
        orm__text_printf(s->out, "%s%.*s\n", length ? "        " : "", (int)length, sql);
        sql += length + (sql[length] == '\n');
    }
}

static void put_columns(shown_schema *s, const shown_model *model)
{
    ormc_table taken = {0};
    orm__text_string(s->out, "    columns:\n");
    for (size_t i = 0; i + model->made < model->table->column_count && !s->failed; i++) {
        const ormc_settled_column *column = &model->table->columns[i];
        const char *member = ormc_names_member(s->arena, column->from->name);
        bool clash = member && ormc_table_get(&taken, member);
        s->failed |= !member || (!clash && !ormc_table_add(&taken, s->arena, member, s));
        orm__text_string(s->out, "      ");
        shown_put_scalar(s->out, column->from->name);
        orm__text_string(s->out, ": ");
        put_column(s, model, column, clash ? shown_printf(s, "%s_%zu", member, i + 1) : NULL);
    }
}

static void put_column(shown_schema *s, const shown_model *model, const ormc_settled_column *column, const char *c_name)
{
    const ormc_names name = {(const char *[]){column->from->name}, 1};
    const shown_relation *relation = relation_of(model, &name);
    bool unique = is_told(s, model, &name) && !relation && !is_key_alone(model, column);
    const ormc_snapshot_index *index = index_on(s, model, name.items, 1, false);
    bool indexed = index && !relation, nullable = false;
    bool key = is_key_alone(model, column);
    bool whole = key && column->kind->class == ORMC_CLASS_INTEGER;
    if (!key && !unique && !indexed && !c_name && !column->default_value && !column->server_default &&
        !column->generated && !column->min && !column->max && !column->min_length && !column->max_length &&
        !column->from->comment && !column->db_type && (column->not_null || (!column->array && is_word_type(column)))) {
        put_type(s, column, &nullable);
        orm__text_char(s->out, '\n');
        return;
    }
    shown_braces b = {s->out, 0};
    shown_open(&b, column->db_type && !column->array ? "db_type" : "type");
    put_type(s, column, &nullable);
    shown_plain_pair(&b, "nullable", nullable ? "true" : NULL);
    shown_plain_pair(&b, "primary_key", key ? "true" : NULL);
    shown_plain_pair(&b, "generated", whole && !column->identity && !relation ? "false" : NULL);
    shown_plain_pair(&b, "unique", unique ? "true" : NULL);
    shown_plain_pair(&b, "index", indexed ? "true" : NULL);
    put_default(&b, column);
    shown_pair(&b, "server_default", column->server_default);
    shown_pair(&b, "generated", column->generated);
    shown_plain_pair(&b, "min", column->min);
    shown_plain_pair(&b, "max", column->max);
    shown_plain_pair(&b, "min_length", column->min_length);
    shown_plain_pair(&b, "max_length", column->max_length);
    shown_pair(&b, "c_name", c_name);
    shown_pair(&b, "doc", column->from->comment);
    shown_close(&b);
}

/* `text?`, or the type alone, and then *nullable is for a key of its own. */
static void put_type(shown_schema *s, const ormc_settled_column *column, bool *nullable)
{
    bool may_be_null = !column->not_null;
    if (column->array) {
        orm__text_string(s->out, column->db_type ? "[{db_type: " : "[");
        shown_put_scalar(s->out, column->type);
        orm__text_string(s->out, column->db_type ? "}]" : "]");
    } else if (may_be_null && !column->db_type && is_word_type(column)) {
        shown_put_scalar(s->out, shown_printf(s, "%s?", column->type));
        return;
    } else {
        shown_put_scalar(s->out, column->type);
    }
    *nullable = may_be_null;
}

static bool is_word_type(const ormc_settled_column *column)
{
    return ormc_names_is_word(column->type) || column->kind->class == ORMC_CLASS_DECIMAL;
}

static void put_default(shown_braces *b, const ormc_settled_column *column)
{
    if (column->default_value && (column->array || column->kind->class == ORMC_CLASS_BOOL))
        shown_plain_pair(b, "default", column->default_value);
    else
        shown_pair(b, "default", column->default_value);
}

static bool is_key_alone(const shown_model *model, const ormc_settled_column *column)
{
    const ormc_snapshot_table *table = model->table->from;
    return table->primary_key_count && table->primary_key->columns.count == 1 && is_in_key(model, column->from->name);
}

static bool is_in_key(const shown_model *model, const char *column)
{
    const ormc_snapshot_table *table = model->table->from;
    for (size_t i = 0; table->primary_key_count && i < table->primary_key->columns.count; i++)
        if (strcmp(table->primary_key->columns.items[i], column) == 0)
            return true;
    return false;
}

static void put_relations(shown_schema *s, const shown_model *model)
{
    for (size_t i = 0; i < model->relation_count; i++) {
        orm__text_string(s->out, i ? "" : "    relations:\n");
        orm__text_string(s->out, "      ");
        shown_put_scalar(s->out, model->relations[i].name);
        orm__text_string(s->out, ": ");
        put_relation(s, model, &model->relations[i]);
    }
}

static void put_relation(shown_schema *s, const shown_model *model, const shown_relation *relation)
{
    shown_braces b = {s->out, 0};
    shown_pair(&b, relation->kind, relation->target->name);
    if (relation->key)
        put_owning(s, model, relation, &b);
    shown_pair(&b, "inverse", relation->inverse);
    if (relation->through && (relation->through->left_out ||
                              relation->through->relations[0].target != relation->through->relations[1].target)) {
        shown_pair(&b, "through", relation->through->name);
    } else if (relation->through) {
        shown_open(&b, "through");
        shown_braces inner = {s->out, 0};
        shown_pair(&inner, "model", relation->through->name);
        shown_pair(&inner, "from", relation->from);
        shown_pair(&inner, "to", relation->to);
        orm__text_char(s->out, '}');
    }
    shown_close(&b);
}

static void put_owning(shown_schema *s, const shown_model *model, const shown_relation *relation, shown_braces *b)
{
    const char *word = word_of(relation->key->on_delete), *usual = "set_null";
    size_t last = (size_t)(ormc_settled_column_of(model->table, relation->columns[0]) - model->table->columns);
    bool made = last + model->made >= model->table->column_count;
    for (size_t i = 0; i < relation->column_count; i++)
        if (ormc_settled_column_of(model->table, relation->columns[i])->not_null)
            usual = "restrict";
    if (relation->column_count == 1) {
        shown_pair(b, "column", relation->columns[0]);
    } else {
        shown_open(b, "columns");
        shown_list(s->out, relation->columns, relation->column_count);
    }
    shown_plain_pair(b, "nullable", relation->nullable && made ? "true" : NULL);
    shown_plain_pair(b, "on_delete", strcmp(word, usual) != 0 ? word : NULL);
    shown_plain_pair(b, "on_update", relation->key->on_update ? word_of(relation->key->on_update) : NULL);
    if (index_on(s, model, relation->columns, relation->column_count, false))
        shown_plain_pair(b, "index", "true");
}

/* The language has no word for SET DEFAULT: a comment tells of it. */
static const char *word_of(const char *action)
{
    static const struct {
        const char *sql, *word;
    } actions[] = {{"CASCADE", "cascade"}, {"SET NULL", "set_null"}, {"RESTRICT", "restrict"}};
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strcmp(action, actions[i].sql) == 0)
            return actions[i].word;
    return "no_action";
}

/* Keys of several columns; those of one stand at the column. */
static void put_uniques(shown_schema *s, const shown_model *model)
{
    const ormc_snapshot_table *table = model->table->from;
    bool first = true;
    for (size_t i = 0; i < table->unique_count + table->index_count; i++) {
        const ormc_snapshot_index *index = i < table->unique_count ? NULL : &table->indexes[i - table->unique_count];
        if (index && (!index->unique || !shown_is_plain(index) || !has_default_name(s, model, index)))
            continue;
        ormc_names columns = index ? shown_index_columns(s, index) : table->uniques[i].columns;
        bool before = false; /* the same by another key */
        for (size_t k = 0; k < i && k < table->unique_count; k++)
            before |= shown_same_names(&table->uniques[k].columns, columns.items, columns.count);
        if (before || columns.count < 2 || relation_of(model, &columns))
            continue;
        orm__text_string(s->out, first ? "    unique:\n      - " : "      - ");
        shown_list(s->out, columns.items, columns.count);
        orm__text_char(s->out, '\n');
        first = false;
    }
}

/* Whether these columns are unique by themselves. */
static bool is_told(shown_schema *s, const shown_model *model, const ormc_names *columns)
{
    const ormc_snapshot_table *table = model->table->from;
    for (size_t i = 0; i < table->unique_count; i++)
        if (shown_same_names(&table->uniques[i].columns, columns->items, columns->count))
            return true;
    return index_on(s, model, columns->items, columns->count, true);
}

/* The one_to_one, or for a lone column any relation, that has just these columns. */
static const shown_relation *relation_of(const shown_model *model, const ormc_names *columns)
{
    for (size_t i = 0; i < model->owning_count; i++) {
        const shown_relation *relation = &model->relations[i];
        bool same = relation->column_count == columns->count;
        for (size_t k = 0; same && k < columns->count; k++)
            same = strcmp(relation->columns[k], columns->items[k]) == 0;
        if (same && (columns->count == 1 || strcmp(relation->kind, "one_to_one") == 0))
            return relation;
    }
    return NULL;
}

static void put_indexes(shown_schema *s, const shown_model *model)
{
    const ormc_snapshot_table *table = model->table->from;
    bool first = true;
    for (size_t i = 0; i < table->index_count; i++) {
        if (is_told_index(s, model, &table->indexes[i]))
            continue;
        orm__text_string(s->out, first ? "    indexes:\n" : "");
        put_index(s, model, &table->indexes[i]);
        first = false;
    }
}

static bool has_default_name(shown_schema *s, const shown_model *model, const ormc_snapshot_index *index)
{
    return strcmp(index->name, shown_index_name(s, model->table->from, index)) == 0;
}

/* By a column, a relation or `unique`. */
static bool is_told_index(shown_schema *s, const shown_model *model, const ormc_snapshot_index *index)
{
    ormc_names columns = shown_index_columns(s, index);
    if (!columns.count || !has_default_name(s, model, index))
        return false;
    if (index->unique || columns.count == 1)
        return true;
    for (size_t i = 0; i < model->owning_count; i++)
        if (shown_same_names(&columns, model->relations[i].columns, model->relations[i].column_count))
            return true;
    return false;
}

/* A plain index of just these columns, under the name that ormc would give it. */
static const ormc_snapshot_index *index_on(shown_schema *s, const shown_model *model, const char *const *columns,
                                           size_t count, bool unique)
{
    const ormc_snapshot_table *table = model->table->from;
    for (size_t i = 0; i < table->index_count; i++) {
        const ormc_snapshot_index *index = &table->indexes[i];
        ormc_names names = shown_index_columns(s, index);
        if (index->unique == unique && names.count == count && shown_same_names(&names, columns, count) &&
            has_default_name(s, model, index))
            return index;
    }
    return NULL;
}

static void put_index(shown_schema *s, const shown_model *model, const ormc_snapshot_index *index)
{
    bool named = !has_default_name(s, model, index), descending;
    bool bare = !named && !index->unique && !index->where && !index->include.count && !index->comment;
    bool expression = *index->parts.items[0] != '"';
    shown_braces b = {s->out, 0};
    orm__text_string(s->out, "      - ");
    if (expression) {
        const char *sql = index->parts.items[0];
        shown_pair(&b, "expression", orm__arena_copy(s->arena, sql + 1, strlen(sql) - 2));
    } else {
        if (!bare)
            shown_open(&b, "columns");
        for (size_t i = 0; i < index->parts.count; i++) {
            const char *column = shown_part_column(s, index->parts.items[i], &descending);
            orm__text_string(s->out, i ? ", " : "[");
            shown_put_scalar(s->out, shown_printf(s, "%s%s", descending ? "-" : "", column ? column : ""));
        }
        orm__text_char(s->out, ']');
    }
    if (bare && !expression) {
        orm__text_char(s->out, '\n');
        return;
    }
    shown_plain_pair(&b, "unique", index->unique ? "true" : NULL);
    shown_pair(&b, "where", index->where);
    if (index->include.count) {
        shown_open(&b, "include");
        shown_list(s->out, index->include.items, index->include.count);
    }
    shown_pair(&b, "name", named ? index->name : NULL);
    shown_pair(&b, "doc", index->comment);
    shown_close(&b);
}

/* Without the name where ormc would give the same. */
static void put_checks(shown_schema *s, const shown_model *model)
{
    const ormc_settled_table *table = model->table;
    size_t unnamed = 0;
    for (size_t i = 0; i < table->check_count; i++) {
        const ormc_snapshot_check *check = &table->checks[i];
        const char *ours = unnamed ? shown_printf(s, "%s_check%zu", table->from->name, unnamed)
                                   : shown_printf(s, "%s_check", table->from->name);
        bool named = check->name && strcmp(check->name, ours) != 0;
        unnamed += !named;
        orm__text_string(s->out, i ? "      - " : "    checks:\n      - ");
        if (named) {
            shown_braces b = {s->out, 0};
            shown_pair(&b, "name", check->name);
            shown_pair(&b, "sql", check->sql);
            shown_close(&b);
            continue;
        }
        shown_put_scalar(s->out, check->sql);
        orm__text_char(s->out, '\n');
    }
}
