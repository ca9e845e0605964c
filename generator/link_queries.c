/* link_queries.c -- reads named queries, once the models are linked: parameters, results, and what the SQL says of
 * them.
 *
 * Whether a database takes the SQL is query_check.c's to find out.
 * SPDX-License-Identifier: MIT */
#include "link_parts.h"
#include "names.h"
#include "query_sql.h"

#include <string.h>

static const char *const dialect_words[] = {[ORMC_POSTGRESQL] = "postgresql", [ORMC_SQLITE] = "sqlite"};
static const char *const cardinality_words[] = {[ORMC_MANY] = "many", [ORMC_ONE] = "one", [ORMC_EXEC] = "exec"};
enum { DIALECTS = 2, CARDINALITIES = 3 };

/* What collects the tables that a query writes. */
typedef struct writer {
    ormc_linker *linker;
    ormc_query *query;
} writer;

static void add_query(ormc_linker *linker, ormc_query *query);
static bool read_sql(ormc_linker *linker, ormc_query *query, const ormc_node *node, const ormc_node *dialects);
static void read_dialects(ormc_linker *linker, const ormc_node *node, bool wanted[DIALECTS]);
static void read_parameters(ormc_linker *linker, ormc_query *query, const ormc_node *node);
static void read_returns(ormc_linker *linker, ormc_query *query, const ormc_node *node);
static void read_returned(ormc_linker *linker, ormc_returned *returned, const ormc_pair *pair);
static const ormc_model *find_model(const ormc_linker *linker, const char *word, bool *nullable);
static void return_model(ormc_linker *linker, ormc_query *query, const ormc_node *node);
static void read_cardinality(ormc_linker *linker, ormc_query *query, const ormc_node *node);
static void check_members(ormc_linker *linker, const ormc_query *query);
static void check_twins(ormc_linker *linker, const ormc_column *a, const ormc_column *b, const char *what);
static void make_sent(ormc_linker *linker, ormc_query *query);
static void check_used(ormc_linker *linker, const ormc_query *query, ormc_dialect dialect);
static bool uses(const char *sql, ormc_dialect dialect, const char *name);
static void report_unknown(ormc_linker *linker, const ormc_query *query, ormc_sql_word word);
static void add_written(ormc_sql_word table, void *user);

void ormc_link_query(ormc_linker *linker, const ormc_file *file, const ormc_node *dialects, const ormc_pair *pair)
{
    const ormc_node *node = pair->value;
    ormc_query *query = ormc_link_alloc(linker, 1, sizeof *query);
    *query = (ormc_query){.place = pair->key->place,
                          .file = file,
                          .name = pair->key->text,
                          .c_name = ormc_link_part(linker, pair->key->text)};
    if (node->kind != ORMC_MAPPING) {
        ormc_report(linker->diagnostics, ORMC_E_QUERY_FORM, query->place,
                    "query '%s' must be a mapping with the key 'sql'", query->name);
        return;
    }
    const ormc_query *first = ormc_link_add(linker, &linker->queries, query->name, query);
    if (first != query) {
        ormc_report(linker->diagnostics, ORMC_E_DECLARED_TWICE, query->place, "query '%s' is declared twice",
                    query->name);
        ormc_note(linker->diagnostics, first->place, "first declared here");
        return;
    }
    size_t errors = ormc_diagnostics_count(linker->diagnostics, ORMC_ERROR);
    ormc_link_check_keys(linker, node, ORMC_IN_QUERY);
    query->doc = ormc_link_text(node, "doc");
    ormc_link_c_name(linker, node, false, &query->c_name);
    bool complete = read_sql(linker, query, node, dialects);
    read_parameters(linker, query, ormc_link_mapping(node, "params"));
    read_returns(linker, query, ormc_node_find(node, "returns"));
    read_cardinality(linker, query, node);
    check_members(linker, query);
    if (complete && ormc_diagnostics_count(linker->diagnostics, ORMC_ERROR) == errors)
        make_sent(linker, query);
    add_query(linker, query);
}

static void add_query(ormc_linker *linker, ormc_query *query)
{
    ormc_package *package = linker->package;
    size_t count = package->query_count;
    if ((count & (count - 1)) == 0) {
        ormc_query **queries = ormc_link_alloc(linker, count ? 2 * count : 1, sizeof *queries);
        if (count)
            memcpy(queries, package->queries, count * sizeof *queries);
        package->queries = queries;
    }
    package->queries[package->query_count++] = query;
}

static bool read_sql(ormc_linker *linker, ormc_query *query, const ormc_node *node, const ormc_node *dialects)
{
    const ormc_node *sql = ormc_node_find(node, "sql");
    bool wanted[DIALECTS] = {true, true};
    const ormc_node *own = ormc_link_list(node, "dialects");
    read_dialects(linker, own ? own : dialects, wanted);
    if (!sql || ormc_node_is_null(sql)) {
        if (!ormc_link_is_misspelt(node, ORMC_IN_QUERY, "sql"))
            ormc_report(linker->diagnostics, ORMC_E_QUERY_FORM, query->place, "query '%s' has no 'sql'", query->name);
        return false;
    }
    query->sql_place = sql->place;
    if (!ormc_link_sql(linker, sql, "'sql'", &query->sql))
        return false;
    for (int i = 0; i < DIALECTS; i++)
        if (!wanted[i])
            query->sql.text[i] = NULL;
    return query->sql.text[0] || query->sql.text[1];
}

static void read_dialects(ormc_linker *linker, const ormc_node *node, bool wanted[DIALECTS])
{
    if (!node)
        return;
    ormc_word_list words = ormc_link_words(linker, node);
    memset(wanted, 0, DIALECTS * sizeof *wanted);
    for (size_t i = 0; i < words.count; i++) {
        bool known = false;
        for (int k = 0; k < DIALECTS; k++)
            if (strcmp(words.items[i].text, dialect_words[k]) == 0)
                wanted[k] = known = true;
        if (!known)
            ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_WORD, words.items[i].place, "unknown database '%s'%s",
                        words.items[i].text, ormc_link_hint(linker, words.items[i].text, dialect_words, DIALECTS));
    }
    if (!node->count)
        ormc_report(linker->diagnostics, ORMC_E_QUERY_FORM, node->place, "'dialects' names no database");
}

static void read_parameters(ormc_linker *linker, ormc_query *query, const ormc_node *node)
{
    query->parameters = ormc_link_alloc(linker, node ? node->count : 0, sizeof *query->parameters);
    for (size_t i = 0; node && i < node->count; i++) {
        ormc_column *parameter = &query->parameters[query->parameter_count];
        *parameter = ormc_link_read_field(linker, &node->pairs[i]);
        parameter->index = query->parameter_count++;
        if (!ormc_names_is_word(parameter->name))
            ormc_report(linker->diagnostics, ORMC_E_NOT_A_NAME, parameter->place,
                        "a parameter is named by letters, digits and '_', not '%s'", parameter->name);
    }
}

static void read_returns(ormc_linker *linker, ormc_query *query, const ormc_node *node)
{
    if (!node)
        return;
    if (node->kind == ORMC_SCALAR && !ormc_node_is_null(node)) {
        return_model(linker, query, node);
        return;
    }
    if (node->kind != ORMC_MAPPING || !node->count) {
        ormc_report(linker->diagnostics, ORMC_E_QUERY_RETURNS, node->place,
                    "'returns' is a model, or columns by name, each with its type");
        return;
    }
    size_t columns = 0;
    query->returned = ormc_link_alloc(linker, node->count, sizeof *query->returned);
    for (size_t i = 0; i < node->count; i++) {
        ormc_returned *returned = &query->returned[query->returned_count++];
        read_returned(linker, returned, &node->pairs[i]);
        if (!returned->model)
            returned->column.index = columns++;
    }
}

static void read_returned(ormc_linker *linker, ormc_returned *returned, const ormc_pair *pair)
{
    const ormc_node *node = pair->value, *type = node;
    bool nullable = false;
    if (node->kind == ORMC_MAPPING)
        type = ormc_node_find(node, "type");
    if (type && type->kind == ORMC_SCALAR && !ormc_table_get(&linker->enums, type->text))
        returned->model = find_model(linker, type->text, &nullable);
    if (!returned->model) {
        returned->column = ormc_link_read_field(linker, pair);
        return;
    }
    const char *name = pair->key->text;
    returned->column = (ormc_column){.place = pair->key->place,
                                     .name = name,
                                     .c_name = ormc_link_need(linker, ormc_names_member(linker->arena, name))};
    if (node->kind == ORMC_MAPPING) {
        ormc_link_check_keys(linker, node, ORMC_IN_FIELD);
        ormc_link_c_name(linker, node, true, &returned->column.c_name);
        returned->column.doc = ormc_link_text(node, "doc");
        nullable |= ormc_link_truth(node, "nullable", false);
    }
    returned->column.nullable = nullable;
}

/* "author", "author?"; NULL when there is no such model, or it has no table. */
static const ormc_model *find_model(const ormc_linker *linker, const char *word, bool *nullable)
{
    size_t length = strlen(word);
    *nullable = length && word[length - 1] == '?';
    for (size_t i = 0; i < linker->package->model_count; i++) {
        const ormc_model *model = linker->package->models[i];
        if (!model->abstract && strlen(model->name) == length - *nullable &&
            strncmp(model->name, word, length - *nullable) == 0)
            return model;
    }
    return NULL;
}

static void return_model(ormc_linker *linker, ormc_query *query, const ormc_node *node)
{
    bool nullable;
    const ormc_word word = {.text = node->text, .place = node->place};
    const ormc_model *model = find_model(linker, node->text, &nullable);
    if (!model || nullable) {
        ormc_link_unknown_model(linker, "query", query->name, "returns", &word, false);
        return;
    }
    query->row = model;
    query->returned = ormc_link_alloc(linker, 1, sizeof *query->returned);
    query->returned[query->returned_count++] = (ormc_returned){
        .column = {.place = node->place, .name = model->name, .c_name = model->c_name}, .model = model};
}

static void read_cardinality(ormc_linker *linker, ormc_query *query, const ormc_node *node)
{
    bool returns = ormc_node_find(node, "returns") != NULL;
    const ormc_word said = ormc_link_word(node, "cardinality");
    query->cardinality = returns ? ORMC_MANY : ORMC_EXEC;
    bool known = !said.text;
    for (int i = 0; said.text && i < CARDINALITIES; i++)
        if (strcmp(said.text, cardinality_words[i]) == 0) {
            query->cardinality = (ormc_cardinality)i;
            known = true;
        }
    if (!known)
        ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_WORD, said.place, "'cardinality' must be many, one or exec%s",
                    ormc_link_hint(linker, said.text, cardinality_words, CARDINALITIES));
    else if (said.text && returns && query->cardinality == ORMC_EXEC)
        ormc_report(linker->diagnostics, ORMC_E_QUERY_RETURNS, said.place,
                    "query '%s' returns something, and is no 'exec'", query->name);
    else if (said.text && !returns && query->cardinality != ORMC_EXEC &&
             !ormc_link_is_misspelt(node, ORMC_IN_QUERY, "returns"))
        ormc_report(linker->diagnostics, ORMC_E_QUERY_RETURNS, said.place, "query '%s' does not say what it 'returns'",
                    query->name);
}

static void check_members(ormc_linker *linker, const ormc_query *query)
{
    for (size_t i = 0; i < query->parameter_count; i++)
        for (size_t k = 0; k < i; k++)
            check_twins(linker, &query->parameters[k], &query->parameters[i], "parameter");
    for (size_t i = 0; i < query->returned_count; i++)
        for (size_t k = 0; k < i; k++)
            check_twins(linker, &query->returned[k].column, &query->returned[i].column, "result");
}

static void check_twins(ormc_linker *linker, const ormc_column *a, const ormc_column *b, const char *what)
{
    if (strcmp(a->c_name, b->c_name) != 0)
        return;
    ormc_report(linker->diagnostics, ORMC_E_C_NAME_TAKEN, b->place,
                "%s '%s' is '%s' in C, and so is %s '%s'; 'c_name' gives either another", what, b->name, b->c_name,
                what, a->name);
    ormc_note(linker->diagnostics, a->place, "first given here");
}

static void make_sent(ormc_linker *linker, ormc_query *query)
{
    for (int i = 0; i < DIALECTS; i++) {
        ormc_dialect dialect = (ormc_dialect)i;
        if (!query->sql.text[dialect])
            continue;
        orm__text text = {0};
        ormc_sql_word unknown;
        bool sent = ormc_sql_send(query, dialect, &text, &unknown);
        query->sent.text[dialect] = sent && !text.failed ? orm__arena_copy(linker->arena, text.data, text.length)
                                                         : NULL;
        orm__text_release(&text);
        if (!sent) {
            report_unknown(linker, query, unknown);
            return;
        }
        ormc_link_need(linker, query->sent.text[dialect]);
        check_used(linker, query, dialect);
        query->statement = ormc_sql_statement(query->sql.text[dialect], dialect);
        writer w = {.linker = linker, .query = query};
        if (query->statement != ORMC_STATEMENT_SELECT && !query->writes)
            ormc_sql_written(query->sql.text[dialect], dialect, add_written, &w);
    }
}

/* In the SQL of each database, which may leave none out. */
static void check_used(ormc_linker *linker, const ormc_query *query, ormc_dialect dialect)
{
    for (size_t i = 0; i < query->parameter_count; i++) {
        const ormc_column *parameter = &query->parameters[i];
        bool reported = dialect > 0 && query->sql.text[0] && !uses(query->sql.text[0], 0, parameter->name);
        if (!reported && !uses(query->sql.text[dialect], dialect, parameter->name))
            ormc_report(linker->diagnostics, ORMC_E_UNUSED_PARAMETER, parameter->place,
                        "the SQL of query '%s' does not use the parameter '%s'", query->name, parameter->name);
    }
}

static bool uses(const char *sql, ormc_dialect dialect, const char *name)
{
    ormc_sql_word word;
    for (const char *at = sql; (word = ormc_sql_next(&at, dialect)).kind != ORMC_SQL_END;)
        if (word.kind == ORMC_SQL_PARAMETER && strlen(name) == (size_t)(word.end - word.begin) &&
            strncmp(word.begin, name, strlen(name)) == 0)
            return true;
    return false;
}

static void report_unknown(ormc_linker *linker, const ormc_query *query, ormc_sql_word word)
{
    const char *name = ormc_link_need(linker,
                                      orm__arena_copy(linker->arena, word.begin, (size_t)(word.end - word.begin)));
    const char **known = ormc_link_alloc(linker, query->parameter_count, sizeof *known);
    for (size_t i = 0; i < query->parameter_count; i++)
        known[i] = query->parameters[i].name;
    ormc_report(linker->diagnostics, ORMC_E_UNKNOWN_PARAMETER, query->sql_place,
                "the parameter ':%s' is not among the 'params' of query '%s'%s", name, query->name,
                ormc_link_hint(linker, name, known, query->parameter_count));
}

static void add_written(ormc_sql_word table, void *user)
{
    const writer *w = user;
    const ormc_package *package = w->linker->package;
    ormc_query *query = w->query;
    if (!query->writes)
        query->writes = ormc_link_alloc(w->linker, package->model_count, sizeof *query->writes);
    for (size_t i = 0; i < package->model_count; i++) {
        const ormc_model *model = package->models[i];
        bool named = !model->abstract && (ormc_sql_names(table, model->table) ||
                                          (model->sqlite_table && ormc_sql_names(table, model->sqlite_table)));
        for (size_t k = 0; named && k < query->write_count; k++)
            named = query->writes[k] != model;
        if (named)
            query->writes[query->write_count++] = model;
    }
}
