/* settle_types.c -- types of a database to those of the schema language.
 * SPDX-License-Identifier: MIT */
#include "settle.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct known_type {
    const char *name, *word;
} known_type;

/* As format_type has them, without what stands in brackets. */
static const known_type of_postgresql[] = {
    {"boolean", "bool"},
    {"smallint", "int16"},
    {"integer", "int32"},
    {"bigint", "int64"},
    {"real", "float32"},
    {"double precision", "float64"},
    {"numeric", "decimal"},
    {"text", "text"},
    {"character varying", "text"},
    {"bytea", "bytes"},
    {"uuid", "uuid"},
    {"date", "date"},
    {"time without time zone", "time"},
    {"timestamp without time zone", "timestamp"},
    {"timestamp with time zone", "timestamptz"},
    {"interval", "interval"},
    {"json", "json"},
    {"jsonb", "jsonb"},
    {"inet", "inet"},
    {.name = NULL},
};

/* As people declare them; what is not here goes by SQLite's own rules. */
static const known_type of_sqlite[] = {
    {"bool", "bool"},          {"boolean", "bool"},        {"date", "date"},
    {"datetime", "timestamp"}, {"timestamp", "timestamp"}, {"timestamptz", "timestamptz"},
    {"time", "time"},          {"decimal", "decimal"},     {"numeric", "decimal"},
    {"json", "json"},          {"jsonb", "json"},          {.name = NULL},
};

/* Parts of a name and the storage class that SQLite takes them for, in its order. */
static const known_type affinities[] = {
    {"int", "INTEGER"}, {"char", "TEXT"}, {"clob", "TEXT"}, {"text", "TEXT"}, {"blob", "BLOB"},
    {"real", "REAL"},   {"floa", "REAL"}, {"doub", "REAL"}, {.name = NULL},
};
static const known_type of_affinities[] = {{"INTEGER", "int64"}, {"TEXT", "text"},       {"BLOB", "bytes"},
                                           {"REAL", "float64"},  {"NUMERIC", "decimal"}, {.name = NULL}};

/* What a type says: its name without brackets, and what stands in them. */
typedef struct spelled {
    char name[80];
    char size[24]; /* "10,2"; "" when there is none */
} spelled;

static void settle_postgresql(settler *s, const ormc_settled_table *table, ormc_settled_column *column);
static void settle_sqlite(settler *s, const ormc_settled_table *table, ormc_settled_column *column);
static spelled spell(const char *type);
static const char *find_word(const known_type *types, const char *name);
static void take_word(settler *s, ormc_settled_column *column, const char *word, const char *size);
static const char *affinity_of(const char *name);
static const char *contains(const char *text, const char *part);
static bool is_enum_of_ours(const settler *s, const ormc_settled_column *column);

void settle_type(settler *s, const ormc_settled_table *table, ormc_settled_column *column)
{
    if (s->dialect == ORMC_POSTGRESQL)
        settle_postgresql(s, table, column);
    else
        settle_sqlite(s, table, column);
}

static void settle_postgresql(settler *s, const ormc_settled_table *table, ormc_settled_column *column)
{
    const ormc_snapshot_column *from = column->from;
    if (is_enum_of_ours(s, column)) {
        column->enumeration = ormc_snapshot_find_enum(&s->settled->catalog->snapshot, from->enum_schema,
                                                      from->enum_name);
        column->kind = ormc_type_of_enum();
        column->type = from->enum_name;
        column->stored = column->enumeration->schema
                             ? orm__arena_printf(s->arena, "%s.%s", column->enumeration->schema, from->enum_name)
                             : from->enum_name;
        return;
    }
    spelled type = spell(from->type);
    const char *word = find_word(of_postgresql, type.name);
    bool length = strcmp(type.name, "character varying") == 0 && *type.size && !column->array;
    bool sized = *type.size && word && strcmp(word, "decimal") != 0 && !length;
    if (word)
        take_word(s, column, word, strcmp(word, "decimal") == 0 ? type.size : "");
    if (length)
        column->max_length = settle_copy(s, type.size, type.size + strlen(type.size));
    if (sized)
        settle_note(s, table, "column @ is #", from->name, from->type);
    if (!word) {
        size_t end = strlen(from->type);
        column->db_type = settle_copy(s, from->type, from->type + end - (column->array && end > 2 ? 2 : 0));
        column->kind = ormc_type_of_other();
        column->type = column->db_type;
    }
    column->stored = column->type;
}

/* Enums of other schemas than those that are read, and those that the language cannot name, are any other type. */
static bool is_enum_of_ours(const settler *s, const ormc_settled_column *column)
{
    const ormc_snapshot_column *from = column->from;
    for (size_t i = 0; from->enum_name && i < s->settled->enum_count; i++)
        if (ormc_same(s->settled->enums[i]->name, from->enum_name) &&
            ormc_same(s->settled->enums[i]->schema, from->enum_schema))
            return true;
    return false;
}

static void settle_sqlite(settler *s, const ormc_settled_table *table, ormc_settled_column *column)
{
    static const known_type clocks[] = {{"strftime('%Y-%m-%d %H:%M:%f000', 'now')", "timestamptz"},
                                        {"date('now')", "date"},
                                        {"strftime('%H:%M:%f000', 'now')", "time"},
                                        {.name = NULL}};
    const ormc_snapshot_column *from = column->from;
    spelled type = spell(from->type);
    const char *word = find_word(of_sqlite, type.name), *affinity = affinity_of(type.name);
    bool text = strcmp(affinity, "TEXT") == 0;
    if (strcasecmp(from->type, "text") == 0 && from->default_sql)
        word = find_word(clocks, from->default_sql);
    word = word ? word : find_word(of_affinities, affinity);
    bool decimal = strcmp(word, "decimal") == 0 && strchr(type.size, ',');
    take_word(s, column, word, decimal ? type.size : "");
    if (text && *type.size && strspn(type.size, "0123456789") == strlen(type.size))
        column->max_length = settle_copy(s, type.size, type.size + strlen(type.size));
    column->stored = column->kind->sqlite; /* what ormc would have made of it */
    if (!*from->type)
        settle_note(s, table, "column @ has no type#", from->name, "");
}

static spelled spell(const char *type)
{
    spelled made = {"", ""};
    size_t length = 0, size = 0;
    bool inside = false;
    for (const char *at = type; *at && length < sizeof made.name - 1 && size < sizeof made.size - 1; at++) {
        if (*at == '(' || *at == ')')
            inside = *at == '(';
        else if (inside && *at != ' ')
            made.size[size++] = *at;
        else if (!inside && *at != '[' && *at != ']')
            made.name[length++] = *at;
    }
    while (length && made.name[length - 1] == ' ')
        length--;
    made.name[length] = '\0';
    made.size[size] = '\0';
    return made;
}

static const char *find_word(const known_type *types, const char *name)
{
    for (; types->name; types++)
        if (strcasecmp(types->name, name) == 0)
            return types->word;
    return NULL;
}

static void take_word(settler *s, ormc_settled_column *column, const char *word, const char *size)
{
    column->kind = ormc_type_find(word);
    column->type = word;
    if (*size)
        column->type = orm__arena_printf(s->arena, strchr(size, ',') ? "%s(%s)" : "%s(%s,0)", word, size);
    s->failed |= !column->type;
}

static const char *affinity_of(const char *name)
{
    for (const known_type *type = affinities; type->name; type++)
        if (contains(name, type->name))
            return type->word;
    return *name ? "NUMERIC" : "BLOB";
}

/* In any case of letters. */
static const char *contains(const char *text, const char *part)
{
    for (; *text; text++)
        if (strncasecmp(text, part, strlen(part)) == 0)
            return text;
    return NULL;
}
