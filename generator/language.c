/* language.c -- the table of keys behind language.h.
 * SPDX-License-Identifier: MIT */
#include "language.h"

#include <string.h>

static const ormc_value_kind truth = {ORMC_FORM_TRUTH, "truth"}, text = {ORMC_FORM_TEXT, "text"},
                             count = {ORMC_FORM_COUNT, "count"}, number = {ORMC_FORM_ANY, "number"},
                             enums = {ORMC_FORM_MAPPING, "enums"}, models = {ORMC_FORM_MAPPING, "models"},
                             columns = {ORMC_FORM_MAPPING, "columns"}, relations = {ORMC_FORM_MAPPING, "relations"},
                             values = {ORMC_FORM_LIST, "values"}, uniques = {ORMC_FORM_LIST, "uniques"},
                             indexes = {ORMC_FORM_LIST, "indexes"}, checks = {ORMC_FORM_LIST, "checks"},
                             words = {ORMC_FORM_ANY, "words"}, some_words = {ORMC_FORM_ANY, "some_words"},
                             word_list = {ORMC_FORM_LIST, "word_list"}, type = {ORMC_FORM_ANY, "type"},
                             default_value = {ORMC_FORM_ANY, "default"}, sql_text = {ORMC_FORM_ANY, "sql_text"},
                             generated = {ORMC_FORM_ANY, "generated"}, now = {ORMC_FORM_TEXT, "now"},
                             action = {ORMC_FORM_TEXT, "action"}, orphan = {ORMC_FORM_TEXT, "orphan"},
                             through_model = {ORMC_FORM_ANY, "through_model"}, queries = {ORMC_FORM_MAPPING, "queries"},
                             fields = {ORMC_FORM_MAPPING, "fields"}, returned = {ORMC_FORM_ANY, "returned"},
                             cardinality = {ORMC_FORM_TEXT, "cardinality"}, dialects = {ORMC_FORM_LIST, "dialects"},
                             view = {ORMC_FORM_ANY, "view"};

/* context, word, kind, need, doc */
const ormc_key ormc_keys[] = {
    {ORMC_IN_PACKAGE, "package", &text, ORMC_NEEDED, "The prefix of every C name: letters, digits and _."},
    {ORMC_IN_PACKAGE, "doc", &text, ORMC_OPTIONAL, "What this file is: the comment of the generated header."},
    {ORMC_IN_PACKAGE, "enums", &enums, ORMC_OPTIONAL, "Enums by name, each with its values."},
    {ORMC_IN_PACKAGE, "models", &models, ORMC_OPTIONAL, "Models by name, each a table and a struct."},
    {ORMC_IN_PACKAGE, "queries", &queries, ORMC_OPTIONAL, "SQL by name, each a typed function."},
    {ORMC_IN_PACKAGE, "query_files", &word_list, ORMC_OPTIONAL, "Files of SQL with more queries, beside this one."},
    {ORMC_IN_PACKAGE, "dialects", &dialects, ORMC_OPTIONAL, "The databases that queries are for which do not say."},

    {ORMC_IN_ENUM_VALUE, "value", &text, ORMC_NEEDED, "The value as the database has it."},
    {ORMC_IN_ENUM_VALUE, "c_name", &text, ORMC_OPTIONAL, "The value's part of the name of its C constant."},
    {ORMC_IN_ENUM_VALUE, "was", &text, ORMC_OPTIONAL, "The value's old name, for migrations."},

    {ORMC_IN_ENUM, "values", &values, ORMC_NEEDED, "The values, in their order."},
    {ORMC_IN_ENUM, "doc", &text, ORMC_OPTIONAL, "The comment of the C enum."},
    {ORMC_IN_ENUM, "schema", &text, ORMC_OPTIONAL, "PostgreSQL's schema that the type is in."},
    {ORMC_IN_ENUM, "c_name", &text, ORMC_OPTIONAL, "The enum's part of C names."},
    {ORMC_IN_ENUM, "was", &text, ORMC_OPTIONAL, "The type's old name, for migrations."},

    {ORMC_IN_MODEL, "doc", &text, ORMC_OPTIONAL, "The comment of the struct and of the table."},
    {ORMC_IN_MODEL, "schema", &text, ORMC_OPTIONAL, "PostgreSQL's schema that the table is in; on SQLite a prefix."},
    {ORMC_IN_MODEL, "checks", &checks, ORMC_OPTIONAL, "Conditions in SQL that every row keeps, named or not."},
    {ORMC_IN_MODEL, "was", &text, ORMC_OPTIONAL, "The table's old name, for migrations."},
    {ORMC_IN_MODEL, "c_name", &text, ORMC_OPTIONAL, "The model's part of C names."},
    {ORMC_IN_MODEL, "table", &text, ORMC_OPTIONAL, "The table's name; the model's own when left out."},
    {ORMC_IN_MODEL, "view", &view, ORMC_OPTIONAL,
     "It is a view, read and never written: the SELECT that makes it, or true when it is there already."},
    {ORMC_IN_MODEL, "extends", &words, ORMC_OPTIONAL,
     "Abstract models whose columns, relations, indexes and checks come first."},
    {ORMC_IN_MODEL, "abstract", &truth, ORMC_OPTIONAL, "It has no table of its own, and others extend it."},
    {ORMC_IN_MODEL, "columns", &columns, ORMC_OPTIONAL, "Columns by name: a type, or a mapping with the key 'type'."},
    {ORMC_IN_MODEL, "primary_key", &words, ORMC_OPTIONAL, "The columns of the primary key, in order."},
    {ORMC_IN_MODEL, "unique", &uniques, ORMC_OPTIONAL, "Lists of columns that are unique together."},
    {ORMC_IN_MODEL, "indexes", &indexes, ORMC_OPTIONAL, "Lists of columns ('-' for descending), or mappings."},
    {ORMC_IN_MODEL, "distribute_by", &text, ORMC_OPTIONAL,
     "The column by which Citus and its like spread the rows over their nodes; '*': each node has them all."},
    {ORMC_IN_MODEL, "relations", &relations, ORMC_OPTIONAL, "Relations to other models by name."},

    {ORMC_IN_COLUMN, "type", &type, ORMC_ONE_OF,
     "A type, an enum, or either in brackets for an array; a '?' behind it lets the column be NULL."},
    {ORMC_IN_COLUMN, "db_type", &text, ORMC_ONE_OF, "Any other type of the database, carried as text."},
    {ORMC_IN_COLUMN, "nullable", &truth, ORMC_OPTIONAL, "The column may be NULL."},
    {ORMC_IN_COLUMN, "default", &default_value, ORMC_OPTIONAL,
     "Set by the client, and in the DDL; 'now' is one clock reading for all that is sent together."},
    {ORMC_IN_COLUMN, "server_default", &sql_text, ORMC_OPTIONAL,
     "SQL that the database evaluates; what it makes comes back."},
    {ORMC_IN_COLUMN, "generated", &generated, ORMC_OPTIONAL,
     "SQL of a computed column; or whether the database makes a lone integer key."},
    {ORMC_IN_COLUMN, "on_update", &now, ORMC_OPTIONAL, "'now': the clock is read at every update."},
    {ORMC_IN_COLUMN, "version", &truth, ORMC_OPTIONAL, "Counts the updates of its row, for optimistic locking."},
    {ORMC_IN_COLUMN, "primary_key", &truth, ORMC_OPTIONAL, "The column is the primary key, or a part of it."},
    {ORMC_IN_COLUMN, "unique", &truth, ORMC_OPTIONAL, "No two rows have the same value."},
    {ORMC_IN_COLUMN, "index", &truth, ORMC_OPTIONAL, "The column has an index of its own."},
    {ORMC_IN_COLUMN, "min", &number, ORMC_OPTIONAL, "The least value."},
    {ORMC_IN_COLUMN, "max", &number, ORMC_OPTIONAL, "The greatest value."},
    {ORMC_IN_COLUMN, "min_length", &count, ORMC_OPTIONAL, "The least length: characters of text, bytes of bytes."},
    {ORMC_IN_COLUMN, "max_length", &count, ORMC_OPTIONAL, "The greatest length: characters of text, bytes of bytes."},
    {ORMC_IN_COLUMN, "pattern", &text, ORMC_OPTIONAL, "A POSIX extended regular expression that the text matches."},
    {ORMC_IN_COLUMN, "sensitive", &truth, ORMC_OPTIONAL, "Its values appear in no message and no log."},
    {ORMC_IN_COLUMN, "doc", &text, ORMC_OPTIONAL, "The comment of the member and of the column."},
    {ORMC_IN_COLUMN, "column", &text, ORMC_OPTIONAL, "The name in the database."},
    {ORMC_IN_COLUMN, "c_name", &text, ORMC_OPTIONAL, "The name of the member in C."},
    {ORMC_IN_COLUMN, "was", &text, ORMC_OPTIONAL, "The column's old name, for migrations."},

    {ORMC_IN_RELATION, "many_to_one", &text, ORMC_ONE_OF, "The model referred to; this side owns the foreign key."},
    {ORMC_IN_RELATION, "one_to_many", &text, ORMC_ONE_OF, "The model that refers to this one by its 'inverse'."},
    {ORMC_IN_RELATION, "one_to_one", &text, ORMC_ONE_OF,
     "The other model; the side that names a 'column' owns the foreign key, the other names its 'inverse'."},
    {ORMC_IN_RELATION, "many_to_many", &text, ORMC_ONE_OF, "The other model, reached 'through' one between."},
    {ORMC_IN_RELATION, "through", &through_model, ORMC_OPTIONAL,
     "The model between, made when nobody declares it; a mapping says which of its relations are meant."},
    {ORMC_IN_RELATION, "column", &text, ORMC_OPTIONAL, "The foreign key's column, made when nobody declares it."},
    {ORMC_IN_RELATION, "columns", &word_list, ORMC_OPTIONAL,
     "The columns of a composite foreign key, in the key's order."},
    {ORMC_IN_RELATION, "inverse", &text, ORMC_OPTIONAL, "The relation of the other model that leads back."},
    {ORMC_IN_RELATION, "nullable", &truth, ORMC_OPTIONAL, "The foreign key that is made may be NULL."},
    {ORMC_IN_RELATION, "index", &truth, ORMC_OPTIONAL, "Whether the foreign key has an index; false: it needs none."},
    {ORMC_IN_RELATION, "on_delete", &action, ORMC_OPTIONAL,
     "What becomes of the row when the one it refers to is deleted."},
    {ORMC_IN_RELATION, "on_update", &action, ORMC_OPTIONAL,
     "What becomes of the foreign key when the row it refers to gets another key."},
    {ORMC_IN_RELATION, "orphan", &orphan, ORMC_OPTIONAL, "'delete': what leaves the relation is deleted."},
    {ORMC_IN_RELATION, "order_by", &words, ORMC_OPTIONAL, "Columns that the list is ordered by, '-' for descending."},
    {ORMC_IN_RELATION, "doc", &text, ORMC_OPTIONAL, "The comment of the relation."},
    {ORMC_IN_RELATION, "c_name", &text, ORMC_OPTIONAL, "The relation's part of C names."},

    {ORMC_IN_THROUGH, "model", &text, ORMC_NEEDED, "The model between."},
    {ORMC_IN_THROUGH, "from", &text, ORMC_OPTIONAL, "Its relation to this model."},
    {ORMC_IN_THROUGH, "to", &text, ORMC_OPTIONAL, "Its relation to the other model."},

    {ORMC_IN_INDEX, "columns", &some_words, ORMC_ONE_OF, "The columns, '-' for descending."},
    {ORMC_IN_INDEX, "expression", &sql_text, ORMC_ONE_OF, "SQL whose value is indexed."},
    {ORMC_IN_INDEX, "unique", &truth, ORMC_OPTIONAL, "No two rows have the same values."},
    {ORMC_IN_INDEX, "where", &sql_text, ORMC_OPTIONAL, "A condition in SQL: rows that do not hold to it are left out."},
    {ORMC_IN_INDEX, "include", &word_list, ORMC_OPTIONAL, "Columns carried along that are no part of the key."},
    {ORMC_IN_INDEX, "name", &text, ORMC_OPTIONAL, "The name of the index; made of table and columns when left out."},
    {ORMC_IN_INDEX, "doc", &text, ORMC_OPTIONAL, "The comment of the index."},

    {ORMC_IN_CHECK, "name", &text, ORMC_OPTIONAL, "The name of the constraint."},
    {ORMC_IN_CHECK, "sql", &sql_text, ORMC_NEEDED, "The condition."},

    {ORMC_IN_SQL, "postgresql", &text, ORMC_NEEDED, "The SQL for PostgreSQL."},
    {ORMC_IN_SQL, "sqlite", &text, ORMC_NEEDED, "The SQL for SQLite."},

    {ORMC_IN_QUERY, "sql", &sql_text, ORMC_NEEDED, "One statement; ':name' is the parameter of that name."},
    {ORMC_IN_QUERY, "params", &fields, ORMC_OPTIONAL, "Parameters by name, each with its type, in the order of C's."},
    {ORMC_IN_QUERY, "returns", &returned, ORMC_OPTIONAL,
     "Columns by name, each with its type, in the order of the SQL; or a model, whose row it is."},
    {ORMC_IN_QUERY, "cardinality", &cardinality, ORMC_OPTIONAL,
     "How many rows come back: many (the default where it returns something), one, or exec: none."},
    {ORMC_IN_QUERY, "dialects", &dialects, ORMC_OPTIONAL, "The databases it is for: all when left out."},
    {ORMC_IN_QUERY, "doc", &text, ORMC_OPTIONAL, "The comment of its function."},
    {ORMC_IN_QUERY, "c_name", &text, ORMC_OPTIONAL, "The query's part of C names."},

    {ORMC_IN_FIELD, "type", &type, ORMC_ONE_OF, "As of a column; in 'returns' also a model, whose row it is."},
    {ORMC_IN_FIELD, "db_type", &text, ORMC_ONE_OF, "Any other type of the database, carried as text."},
    {ORMC_IN_FIELD, "nullable", &truth, ORMC_OPTIONAL, "It may be NULL."},
    {ORMC_IN_FIELD, "sensitive", &truth, ORMC_OPTIONAL, "Its values appear in no message and no log."},
    {ORMC_IN_FIELD, "doc", &text, ORMC_OPTIONAL, "The comment of the member."},
    {ORMC_IN_FIELD, "c_name", &text, ORMC_OPTIONAL, "Its name in C."},

    {ORMC_AS_DB_TYPE, "db_type", &text, ORMC_NEEDED, "A type of the database, carried as text."},
    {.word = NULL},
};

const ormc_companion ormc_companions[] = {
    {ORMC_IN_RELATION, "one_to_many", {"inverse"}},
    {ORMC_IN_RELATION, "one_to_one", {"column", "columns", "inverse"}},
    {ORMC_IN_RELATION, "many_to_many", {"through", "inverse"}},
    {ORMC_IN_RELATION, "through", {"many_to_many"}},
    {ORMC_IN_RELATION, "column", {"many_to_one", "one_to_one"}},
    {ORMC_IN_RELATION, "columns", {"many_to_one", "one_to_one"}},
    {ORMC_IN_RELATION, "nullable", {"many_to_one", "one_to_one"}},
    {ORMC_IN_RELATION, "index", {"many_to_one", "one_to_one"}},
    {ORMC_IN_RELATION, "on_delete", {"many_to_one", "one_to_one"}},
    {ORMC_IN_RELATION, "on_update", {"many_to_one", "one_to_one"}},
    {ORMC_IN_RELATION, "orphan", {"one_to_many", "one_to_one"}},
    {ORMC_IN_RELATION, "order_by", {"one_to_many", "many_to_many"}},
    {.word = NULL},
};

static const struct {
    const char *name, *definition;
} contexts[ORMC_CONTEXTS] = {
    [ORMC_IN_PACKAGE] = {"a schema", "package"},
    [ORMC_IN_ENUM] = {"an enum", "enum"},
    [ORMC_IN_ENUM_VALUE] = {"a value", "value"},
    [ORMC_IN_MODEL] = {"a model", "model"},
    [ORMC_IN_COLUMN] = {"a column", "column"},
    [ORMC_AS_DB_TYPE] = {"a type", "db_type"},
    [ORMC_IN_RELATION] = {"a relation", "relation"},
    [ORMC_IN_THROUGH] = {"'through'", "through"},
    [ORMC_IN_INDEX] = {"an index", "index"},
    [ORMC_IN_CHECK] = {"a check", "check"},
    [ORMC_IN_SQL] = {"SQL by database", "sql"},
    [ORMC_IN_QUERY] = {"a query", "query"},
    [ORMC_IN_FIELD] = {"a parameter or result", "field"},
};

const ormc_key *ormc_key_find(ormc_context context, const char *word)
{
    for (const ormc_key *key = ormc_keys; key->word; key++)
        if (key->context == context && strcmp(key->word, word) == 0)
            return key;
    return NULL;
}

const char *ormc_context_name(ormc_context context)
{
    return contexts[context].name;
}

const char *ormc_context_definition(ormc_context context)
{
    return contexts[context].definition;
}
