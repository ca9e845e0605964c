/* query_check.c -- prepares named queries and compares what they return with what they declare.
 *
 * SQLite tells names and where a value stands; outer joins and aggregates, which make NULL of what is none, are found
 * in the text (query_sql.h). What a value is that stands in no column nobody knows before it runs.
 * SPDX-License-Identifier: MIT */
#include "query_check.h"

#include "ddl.h"
#include "driver/driver.h"
#include "engine/url.h"
#include "query_lock.h"
#include "query_sql.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { MOST_ITEMS = 500, MOST_SOURCES = 50 };

typedef struct checker {
    orm__arena *arena;
    ormc_diagnostics *diagnostics;
    const ormc_package *package;
    const orm__driver *driver;
    ormc_dialect dialect;
    const char *name; /* of the database */
    orm__link *link;
    orm__text *lock; /* what is found goes there, unless NULL */
    uint64_t tables; /* their hash */
    const ormc_query *query;
    orm__description description;
    ormc_sql_item items[MOST_ITEMS];
    size_t item_count; /* 0: what stands in the result is not known item by item */
    ormc_sql_source sources[MOST_SOURCES];
    size_t source_count;
} checker;

static bool has_sql(const ormc_package *package);
static checker *new_checker(orm__arena *arena, const orm__driver *driver, const ormc_package *package,
                            ormc_diagnostics *diagnostics);
static bool check_all(checker *c);
static bool check_locked(checker *c, const char *lock, const ormc_query *query);
static void compare(checker *c);
static bool make_tables(checker *c, bool *made);
static bool refuse_tables(checker *c, const orm_error *error, bool *made);
static bool make_stand_in(checker *c, const ormc_model *model, orm_error *error);
static bool check_view(checker *c, const ormc_ddl_table *view);
static void check_view_columns(checker *c, const ormc_model *model);
static bool run(checker *c, const char *sql, orm_error *error);
static bool check_query(checker *c, const ormc_query *query);
static void report_refusal(checker *c, const orm_error *error, const char *what, const char *thing, ormc_place place,
                           const char *sql);
static const char *name_in(checker *c, const char *message);
static int lines_of(const char *text);
static bool check_width(checker *c);
static void check_column(checker *c, const ormc_column *declared, size_t index);
static bool check_name(checker *c, const ormc_column *declared, size_t index);
static void check_type(checker *c, const ormc_column *declared, const ormc_column *origin);
static bool fits(const ormc_column *declared, const ormc_column *origin);
static void check_named_type(checker *c, const ormc_column *declared, const char *found);
static bool reads(const ormc_column *declared, const char *found);
static const char *type_text(checker *c, const ormc_column *column);
static void check_null(checker *c, const ormc_column *declared, const ormc_column *origin, size_t index);
static void check_model(checker *c, const ormc_returned *returned, size_t first);
static const ormc_column *origin_of(const checker *c, size_t index);
static bool is_left_out(const checker *c, size_t index);
static bool is_empty_aggregate(const checker *c, size_t index);
static bool is_plain_name(const char *name);

bool ormc_query_check(const ormc_package *package, ormc_diagnostics *diagnostics)
{
    if (!has_sql(package))
        return true;
    orm__arena arena = {0};
    const orm__address address = {.dialect = ORM_SQLITE, .file = ":memory:", .memory = true};
    checker *c = new_checker(&arena, &orm__driver_sqlite, package, diagnostics);
    bool made = false;
    bool done = c && c->driver->open(&address, NULL, &c->link, NULL) == ORM_OK && make_tables(c, &made);
    if (made)
        done = check_all(c);
    if (c && c->link)
        c->driver->close(c->link);
    orm__arena_release(&arena);
    return done;
}

bool ormc_query_check_on(const char *url, const ormc_package *package, ormc_diagnostics *diagnostics, orm__text *lock,
                         orm__text *message)
{
    orm__arena arena = {0};
    orm__url read;
    orm_error error = {0};
    const orm_waiter waiter = {0};
    orm_status status = orm__url_parse(url, &arena, &read, &error);
    bool sqlite = !status && read.address.dialect == ORM_SQLITE;
    checker *c = new_checker(&arena, sqlite ? &orm__driver_sqlite : &orm__driver_postgresql, package, diagnostics);
    if (!status && c)
        status = c->driver->open(&read.address, &waiter, &c->link, &error);
    bool done = !status && c && ormc_lock_hash(package, &arena, &c->tables);
    if (done) {
        c->lock = lock;
        done = check_all(c);
    }
    if (!done)
        orm__text_string(message, status ? error.message : "out of memory");
    if (c && c->link)
        c->driver->close(c->link);
    orm__arena_release(&arena);
    return done;
}

bool ormc_query_check_lock(const char *lock, const ormc_package *package, ormc_diagnostics *diagnostics)
{
    orm__arena arena = {0};
    checker *c = new_checker(&arena, &orm__driver_postgresql, package, diagnostics);
    bool done = c && ormc_lock_hash(package, &arena, &c->tables);
    for (size_t i = 0; done && i < package->query_count; i++)
        if (package->queries[i]->sent.text[ORMC_POSTGRESQL])
            done = check_locked(c, lock, package->queries[i]);
    orm__arena_release(&arena);
    return done;
}

static bool check_locked(checker *c, const char *lock, const ormc_query *query)
{
    ormc_locked found = ormc_lock_find(lock, query, c->tables, c->arena, &c->description);
    c->query = query;
    if (found == ORMC_LOCKED)
        compare(c);
    else if (found != ORMC_LOCK_NO_MEMORY)
        ormc_report(c->diagnostics, ORMC_E_LOCK, query->place,
                    found == ORMC_NOT_LOCKED ? "query '%s' is not in the lock"
                                             : "the lock has other SQL or other tables of query '%s'",
                    query->name);
    return found != ORMC_LOCK_NO_MEMORY;
}

static checker *new_checker(orm__arena *arena, const orm__driver *driver, const ormc_package *package,
                            ormc_diagnostics *diagnostics)
{
    checker *c = orm__arena_zalloc(arena, 1, sizeof *c);
    if (!c)
        return NULL;
    bool sqlite = driver->dialect == ORM_SQLITE;
    c->arena = arena;
    c->diagnostics = diagnostics;
    c->package = package;
    c->driver = driver;
    c->dialect = sqlite ? ORMC_SQLITE : ORMC_POSTGRESQL;
    c->name = sqlite ? "SQLite" : "PostgreSQL";
    return c;
}

static bool check_all(checker *c)
{
    bool done = true;
    for (size_t i = 0; done && i < c->package->query_count; i++)
        if (c->package->queries[i]->sent.text[c->dialect])
            done = check_query(c, c->package->queries[i]);
    return done;
}

static bool has_sql(const ormc_package *package)
{
    for (size_t i = 0; i < package->model_count; i++)
        if (package->models[i]->view_sql.text[ORMC_SQLITE])
            return true;
    for (size_t i = 0; i < package->query_count; i++)
        if (package->queries[i]->sent.text[ORMC_SQLITE])
            return true;
    return false;
}

static bool make_tables(checker *c, bool *made)
{
    ormc_ddl ddl;
    orm_error error;
    *made = true;
    if (!ormc_ddl_make(c->package, ORMC_SQLITE, c->arena, &ddl))
        return false;
    for (size_t i = 0; i < ddl.table_count; i++) {
        const ormc_ddl_table *table = &ddl.tables[i];
        if (table->model->view && !table->model->view_sql.text[ORMC_SQLITE] && !make_stand_in(c, table->model, &error))
            return refuse_tables(c, &error, made);
        for (size_t k = 0; k < table->create.count && !table->model->view; k++)
            if (!run(c, table->create.items[k], &error))
                return refuse_tables(c, &error, made);
    }
    bool done = true;
    for (size_t i = 0; done && i < ddl.table_count; i++)
        if (ddl.tables[i].model->view && ddl.tables[i].create.count)
            done = check_view(c, &ddl.tables[i]);
    return done;
}

static bool refuse_tables(checker *c, const orm_error *error, bool *made)
{
    *made = false;
    if (error->status == ORM_NO_MEMORY)
        return false;
    ormc_report(c->diagnostics, ORMC_E_SQL, c->package->place,
                "SQLite, which checks the SQL that is not for PostgreSQL alone, refuses the tables: %s",
                error->message);
    return true;
}

/* For a view that is there already: a table of the same columns. */
static bool make_stand_in(checker *c, const ormc_model *model, orm_error *error)
{
    orm__text sql = {0};
    orm__text_string(&sql, "CREATE TABLE ");
    ddl_put_name(&sql, NULL, model->sqlite_table);
    for (size_t i = 0; i < model->column_count; i++) {
        orm__text_string(&sql, i ? ", " : " (");
        ddl_put_name(&sql, NULL, model->columns[i].column);
    }
    orm__text_char(&sql, ')');
    *error = (orm_error){.status = ORM_NO_MEMORY};
    bool made = !sql.failed && run(c, sql.data, error);
    orm__text_release(&sql);
    return made;
}

/* SQLite looks into a view when it is asked for its columns. */
static bool check_view(checker *c, const ormc_ddl_table *view)
{
    const ormc_model *model = view->model;
    orm__text sql = {0};
    orm_error error;
    orm__text_string(&sql, "SELECT * FROM ");
    ddl_put_name(&sql, NULL, model->sqlite_table);
    bool made = run(c, view->create.items[0], &error);
    orm_status status = made ? ORM_NO_MEMORY : error.status;
    if (made && !sql.failed)
        status = c->driver->describe(c->link, sql.data, 0, c->arena, &c->description, &error);
    orm__text_release(&sql);
    if (!status)
        check_view_columns(c, model);
    else if (status != ORM_NO_MEMORY)
        report_refusal(c, &error, "view", model->name, model->view_place, model->view_sql.text[ORMC_SQLITE]);
    return status != ORM_NO_MEMORY;
}

/* The view may give more than the model has. */
static void check_view_columns(checker *c, const ormc_model *model)
{
    for (size_t i = 0, k; i < model->column_count; i++) {
        for (k = 0; k < c->description.count; k++)
            if (strcasecmp(c->description.columns[k].name, model->columns[i].column) == 0)
                break;
        if (k == c->description.count)
            ormc_report(c->diagnostics, ORMC_E_QUERY_COLUMNS, model->columns[i].place,
                        "the SQL of view '%s' gives no column '%s'", model->name, model->columns[i].column);
    }
}

/* One statement and no more, whatever text the schema has put into it. */
static bool run(checker *c, const char *sql, orm_error *error)
{
    orm__prepared *prepared;
    orm_status status = c->driver->prepare(c->link, sql, NULL, 0, &prepared, error);
    if (!status)
        status = c->driver->start(c->link, NULL, prepared, NULL, ORM__FETCH_WHOLE, error);
    if (!status)
        status = c->driver->finish(c->link, NULL, error);
    c->driver->forget(c->link, prepared);
    return !status;
}

static bool check_query(checker *c, const ormc_query *query)
{
    orm_error error;
    const char *sql = query->sent.text[c->dialect];
    c->query = query;
    orm_status status = c->driver->describe(c->link, sql, query->parameter_count, c->arena, &c->description, &error);
    if (status == ORM_NO_MEMORY)
        return false;
    if (status) {
        report_refusal(c, &error, "query", query->name, query->sql_place, query->sql.text[c->dialect]);
        return true;
    }
    if (c->lock)
        ormc_lock_put(c->lock, query, c->tables, &c->description);
    compare(c);
    return true;
}

/* What was found of the query, with what it declares. */
static void compare(checker *c)
{
    const ormc_query *query = c->query;
    const char *sql = query->sent.text[c->dialect];
    c->item_count = ormc_sql_items(sql, c->dialect, c->items, MOST_ITEMS);
    if (c->item_count != c->description.count || c->item_count > MOST_ITEMS)
        c->item_count = 0;
    c->source_count = ormc_sql_sources(sql, c->dialect, c->sources, MOST_SOURCES);
    if (query->cardinality == ORMC_EXEC || !check_width(c))
        return;
    for (size_t i = 0, first = 0; i < query->returned_count; i++) {
        const ormc_returned *returned = &query->returned[i];
        if (returned->model)
            check_model(c, returned, first);
        else
            check_column(c, &returned->column, first);
        first += returned->model ? returned->model->column_count : 1;
    }
}

static void report_refusal(checker *c, const orm_error *error, const char *what, const char *thing, ormc_place place,
                           const char *sql)
{
    const char *said = strstr(error->message, ": "); /* behind what the status means */
    bool general = said && c->dialect == ORMC_SQLITE && (error->status == ORM_SCHEMA || error->status == ORM_DATABASE);
    const char *message = general ? said + 2 : error->message, *name = name_in(c, message);
    if (name)
        place = ormc_diagnostics_locate(c->diagnostics, place, name, lines_of(sql) + 1);
    ormc_report(c->diagnostics, ORMC_E_SQL, place, "%s refuses %s '%s': %s", c->name, what, thing, message);
}

/* "nme" of `no such column: a.nme`, "selct" of `near "selct": syntax error`; NULL when it names nothing. */
static const char *name_in(checker *c, const char *message)
{
    static const char column[] = "column "; /* PostgreSQL's: column a.nme does not exist */
    const char *last = strncmp(message, "no such ", 8) == 0 ? strrchr(message, ' ') : NULL,
               *quote = strchr(message, '"');
    bool first = strncmp(message, column, sizeof column - 1) == 0;
    const char *begin = quote ? quote + 1 : first ? message + sizeof column - 1 : last ? last + 1 : "";
    size_t length = strcspn(begin, "\"() ");
    for (size_t i = length; !quote && i > 0; i--)
        if (begin[i - 1] == '.') {
            begin += i;
            length -= i;
            break;
        }
    return length ? orm__arena_copy(c->arena, begin, length) : NULL;
}

static int lines_of(const char *text)
{
    int lines = 1;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static bool check_width(checker *c)
{
    const ormc_query *query = c->query;
    size_t declared = 0;
    for (size_t i = 0; i < query->returned_count; i++)
        declared += query->returned[i].model ? query->returned[i].model->column_count : 1;
    if (declared == c->description.count)
        return true;
    ormc_place place = query->returned_count ? query->returned[0].column.place : query->place;
    if (!c->description.count)
        ormc_report(c->diagnostics, ORMC_E_QUERY_COLUMNS, place, "the SQL of query '%s' returns nothing", query->name);
    else
        ormc_report(c->diagnostics, ORMC_E_QUERY_COLUMNS, place,
                    "the SQL of query '%s' returns %zu column%s, and 'returns' has %zu", query->name,
                    c->description.count, c->description.count == 1 ? "" : "s", declared);
    return false;
}

static void check_column(checker *c, const ormc_column *declared, size_t index)
{
    const ormc_column *origin = origin_of(c, index);
    if (!check_name(c, declared, index))
        return;
    if (origin)
        check_type(c, declared, origin);
    else
        check_named_type(c, declared, c->description.columns[index].type);
    check_null(c, declared, origin, index);
}

/* False when another column stands there. What stands in another place is taken for what it is not. A name that an
 * expression has got by itself says nothing. */
static bool check_name(checker *c, const ormc_column *declared, size_t index)
{
    const char *name = c->description.columns[index].name;
    if (!is_plain_name(name) || strcmp(name, declared->name) == 0)
        return true;
    for (size_t i = 0; i < c->query->returned_count; i++)
        if (!c->query->returned[i].model && strcmp(c->query->returned[i].column.name, name) == 0) {
            ormc_report(c->diagnostics, ORMC_E_QUERY_COLUMNS, declared->place,
                        "the SQL of query '%s' has '%s' where 'returns' has '%s': the order must be the same",
                        c->query->name, name, declared->name);
            return false;
        }
    if (origin_of(c, index))
        ormc_report(c->diagnostics, ORMC_E_QUERY_COLUMNS, declared->place,
                    "the SQL of query '%s' calls it '%s', 'returns' calls it '%s'", c->query->name, name,
                    declared->name);
    return true;
}

static bool is_plain_name(const char *name)
{
    if (isdigit((unsigned char)*name))
        return false;
    while (isalnum((unsigned char)*name) || *name == '_')
        name++;
    return !*name;
}

static void check_type(checker *c, const ormc_column *declared, const ormc_column *origin)
{
    if (!fits(declared, origin))
        ormc_report(c->diagnostics, ORMC_E_QUERY_TYPE, declared->place,
                    "'%s' of query '%s' is %s in the database, and %s here", declared->name, c->query->name,
                    type_text(c, origin), type_text(c, declared));
}

static bool fits(const ormc_column *declared, const ormc_column *origin)
{
    if (!declared->type || !origin->type)
        return true;
    if (declared->array != origin->array || declared->enumeration != origin->enumeration)
        return false;
    if (declared->type->class != origin->type->class)
        return false;
    if (declared->type->class == ORMC_CLASS_INTEGER)
        return declared->type->highest >= origin->type->highest;
    return declared->type == origin->type || declared->type->class == ORMC_CLASS_REAL;
}

/* The type of an expression, as PostgreSQL names it. */
static void check_named_type(checker *c, const ormc_column *declared, const char *found)
{
    if (!found || !declared->type || (!declared->array && reads(declared, found)))
        return;
    if (declared->array && *found == '_' && reads(declared, found + 1))
        return;
    ormc_report(c->diagnostics, ORMC_E_QUERY_TYPE, declared->place,
                "'%s' of query '%s' is %s in the database, and %s here", declared->name, c->query->name, found,
                type_text(c, declared));
}

/* Whether the runtime reads a value of that type as the one declared. */
static bool reads(const ormc_column *declared, const char *found)
{
    static const struct {
        const char *word, *type; /* ours, and one of PostgreSQL's that will do */
    } pairs[] = {
        {"bool", "bool"},
        {"int16", "int2"},
        {"int32", "int2"},
        {"int32", "int4"},
        {"int64", "int2"},
        {"int64", "int4"},
        {"int64", "int8"},
        {"float32", "float4"},
        {"float64", "float4"},
        {"float64", "float8"},
        {"decimal", "numeric"},
        {"text", "text"},
        {"text", "varchar"},
        {"text", "bpchar"},
        {"text", "name"},
        {"bytes", "bytea"},
        {"uuid", "uuid"},
        {"date", "date"},
        {"time", "time"},
        {"timestamp", "timestamp"},
        {"json", "json"},
        {"jsonb", "jsonb"},
        {"timestamptz", "timestamptz"},
        {"interval", "interval"},
        {"inet", "inet"},
        {"inet", "cidr"},
        {"other", "text"},
        {"other", "varchar"},
    };
    if (declared->enumeration)
        return strcmp(declared->enumeration->name, found) == 0;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(pairs[i].word, declared->type->word) == 0 && strcmp(pairs[i].type, found) == 0)
            return true;
    return false;
}

static const char *type_text(checker *c, const ormc_column *column)
{
    const char *word = column->enumeration ? column->enumeration->name
                       : column->db_type   ? column->db_type
                                           : column->type->word;
    const char *text = column->array ? orm__arena_printf(c->arena, "[%s]", word) : word;
    return text ? text : word;
}

static void check_null(checker *c, const ormc_column *declared, const ormc_column *origin, size_t index)
{
    bool nullable = (origin && origin->nullable) || c->description.columns[index].nullable;
    const char *why = nullable                       ? "the column may be NULL"
                      : is_left_out(c, index)        ? "an outer join may leave it out"
                      : is_empty_aggregate(c, index) ? "of no rows it is NULL"
                                                     : NULL;
    if (why && !declared->nullable)
        ormc_report(c->diagnostics, ORMC_E_QUERY_NULL, declared->place, "'%s' of query '%s' may be NULL: %s",
                    declared->name, c->query->name, why);
}

/* The columns of a model must be just those, in their order. */
static void check_model(checker *c, const ormc_returned *returned, size_t first)
{
    const ormc_model *model = returned->model;
    bool left_out = false;
    for (size_t i = 0; i < model->column_count; i++) {
        const ormc_column *origin = origin_of(c, first + i);
        left_out |= is_left_out(c, first + i);
        if (!origin || origin == &model->columns[i])
            continue;
        ormc_report(c->diagnostics, ORMC_E_QUERY_COLUMNS, returned->column.place,
                    "the SQL of query '%s' has '%s.%s' where a row of '%s' has '%s'", c->query->name,
                    origin->model->name, origin->name, model->name, model->columns[i].name);
        return;
    }
    if (left_out && !returned->column.nullable)
        ormc_report(c->diagnostics, ORMC_E_QUERY_NULL, returned->column.place,
                    "'%s' of query '%s' may be missing: an outer join may leave it out", returned->column.name,
                    c->query->name);
}

/* NULL: not known. */
static const ormc_column *origin_of(const checker *c, size_t index)
{
    const orm__described *found = &c->description.columns[index];
    for (size_t i = 0; found->table && i < c->package->model_count; i++) {
        const ormc_model *model = c->package->models[i];
        bool prefixed = c->dialect == ORMC_SQLITE && model->sqlite_table;
        if (model->abstract || strcmp(prefixed ? model->sqlite_table : model->table, found->table) != 0)
            continue;
        for (size_t k = 0; k < model->column_count; k++)
            if (strcmp(model->columns[k].column, found->column) == 0)
                return &model->columns[k];
    }
    return NULL;
}

/* By the alias before its name, or else by its table. */
static bool is_left_out(const checker *c, size_t index)
{
    const ormc_sql_item *item = c->item_count ? &c->items[index] : NULL;
    const char *table = c->description.columns[index].table;
    for (size_t i = 0; i < c->source_count; i++) {
        const ormc_sql_source *source = &c->sources[i];
        bool meant = item && item->second.kind == ORMC_SQL_WORD
                         ? ormc_sql_same(item->first, source->alias)
                         : table && source->table.kind == ORMC_SQL_WORD && ormc_sql_names(source->table, table);
        if (meant && source->optional)
            return true;
    }
    return false;
}

static bool is_empty_aggregate(const checker *c, size_t index)
{
    static const char *const names[] = {"SUM", "MIN", "MAX", "AVG"};
    const ormc_sql_item *item = c->item_count ? &c->items[index] : NULL;
    bool aggregate = false;
    for (size_t i = 0; item && item->call && i < sizeof names / sizeof *names; i++)
        aggregate |= ormc_sql_is(item->first, names[i]);
    return aggregate && !ormc_sql_groups(c->query->sent.text[c->dialect], c->dialect);
}
