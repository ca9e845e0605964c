/* engine/verify.c -- whether a live database has what a package was compiled for.
 *
 * catalog.c asks the database, in one statement; here each model is held against what it said. Whatever the package's
 * statements rely on is looked at: tables, columns with type and nullability, values made by the database, enums, keys
 * and foreign keys. Checks, indexes and comments are not: no statement fails without them.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "engine/catalog.h"
#include "engine/check_list.h"
#include "orm/generated.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What is held together, and what was found wrong: the first problems in words, then how many more. */
typedef struct review {
    const orm_schema *schema;
    orm_dialect dialect;
    orm__catalog catalog;
    orm_error *error;
    size_t problems, untold;
} review;

/* A column of the model beside the one in the database. */
typedef struct pair {
    const orm_column *column;
    const orm__fact *fact;
    const char *made; /* the SQL that made the table, on SQLite; or NULL */
    bool stored;      /* in a table, not seen through a view */
} pair;

enum { ROOM_FOR_MORE = sizeof "; and 18446744073709551615 more" };

static orm_status judge(review *r);
static void check_enum(review *r, uint32_t index);
static void check_model(review *r, const orm_model *model);
static void check_columns(review *r, const orm_model *model, const orm__fact *table);
static const orm__fact *find_fact(const review *r, const orm__fact *facts, size_t count, const char *name);
static void check_column(review *r, const pair *p);
static void check_filling(review *r, const pair *p);
static bool fits(const review *r, const pair *p, char *wanted, size_t size);
static bool fits_on_sqlite(const orm_column *column, const char *declared, char *wanted, size_t size);
static bool makes_keys(const review *r, const pair *p);
static void check_values(review *r, const pair *p);
static void check_others(review *r, const orm_model *model, const orm__fact *facts, size_t count);
static void check_keys(review *r, const orm_model *model);
static bool has_key(const review *r, const orm_model *model, const orm_column *const *columns, size_t count);
static bool is_primary_key(const review *r, const orm_model *model, const orm_column *const *columns, size_t count);
static size_t length_of_group(const orm__fact *facts, size_t count);
static void check_foreign_key(review *r, const orm_relation *relation);
static int as_wanted(int action, int wanted);
static void compare_actions(review *r, const orm_relation *relation, const char *list, int action, int wanted);
static bool is_foreign_key(const review *r, const orm_relation *relation, const orm__fact *facts, size_t count);
static bool same_name(const review *r, const char *left, const char *right);
static void list_columns(char *list, size_t size, const orm_column *const *columns, size_t count);
static void complain(review *r, const orm_model *model, const orm_column *column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void append(review *r, const char *text);

orm_status orm_schema_verify(const orm_schema *schema, orm_engine *engine, orm_error *error)
{
    orm_error own;
    orm__arena arena = {0};
    orm_connection *connection;
    review r = {.schema = schema, .error = error ? error : &own};
    orm__error_clear(r.error);
    orm_status status = (orm_connection_open)(engine, &connection, r.error);
    if (status)
        return status;
    r.dialect = connection->dialect;
    status = orm__catalog_read(connection, schema, &arena, &r.catalog);
    if (status)
        *r.error = connection->error;
    else
        status = judge(&r);
    orm_connection_close(connection);
    orm__arena_release(&arena);
    return status;
}

static orm_status judge(review *r)
{
    for (uint32_t i = 0; r->dialect == ORM_POSTGRESQL && i < r->schema->enum_count; i++)
        check_enum(r, i);
    for (uint32_t i = 0; i < r->schema->model_count; i++)
        check_model(r, r->schema->models[i]);
    if (r->untold) {
        char more[ROOM_FOR_MORE];
        snprintf(more, sizeof more, "; and %zu more", r->untold);
        strcat(r->error->message, more);
    }
    return r->problems ? ORM_SCHEMA : ORM_OK;
}

/* More values than the package knows are told when a row has one; those it knows must be in its order. */
static void check_enum(review *r, uint32_t index)
{
    const orm_enum *wanted = r->schema->enums[index];
    size_t count, next = 0;
    const orm__fact *facts = orm__catalog_find(&r->catalog, ORM__FACT_ENUM_VALUE, index, &count);
    if (!count) {
        complain(r, NULL, NULL, "enum '%s' is missing", wanted->name);
        return;
    }
    for (size_t i = 0; i < wanted->count; i++) {
        const orm__fact *fact = find_fact(r, facts, count, wanted->values[i]);
        if (!fact)
            complain(r, NULL, NULL, "enum '%s' has no value '%s'", wanted->name, wanted->values[i]);
        else if ((size_t)(fact - facts) < next)
            complain(r, NULL, NULL, "enum '%s' has its value '%s' in another place", wanted->name, wanted->values[i]);
        else
            next = (size_t)(fact - facts) + 1;
    }
}

static void check_model(review *r, const orm_model *model)
{
    size_t count;
    const orm__fact *table = orm__catalog_find(&r->catalog, ORM__FACT_TABLE, model->index, &count);
    if (!count) {
        complain(r, model, NULL, "is missing");
        return;
    }
    check_columns(r, model, table);
    if (model->read_only || strcmp(table->name, "view") == 0) /* which has no keys of its own */
        return;
    check_keys(r, model);
    for (uint32_t i = 0; i < model->relation_count; i++)
        if (model->relations[i].owning)
            check_foreign_key(r, &model->relations[i]);
}

static void check_columns(review *r, const orm_model *model, const orm__fact *table)
{
    size_t count;
    bool stored = !model->read_only && strcmp(table->name, "view") != 0;
    const orm__fact *facts = orm__catalog_find(&r->catalog, ORM__FACT_COLUMN, model->index, &count);
    for (uint32_t i = 0; i < model->column_count; i++) {
        const orm_column *column = &model->columns[i];
        /* Mostly they stand in the same order. */
        const orm__fact *fact = i < count && same_name(r, facts[i].name, column->name)
                                    ? &facts[i]
                                    : find_fact(r, facts, count, column->name);
        if (fact)
            check_column(r, &(pair){column, fact, table->text, stored});
        else
            complain(r, model, column, "is missing");
    }
    if (stored)
        check_others(r, model, facts, count);
}

static const orm__fact *find_fact(const review *r, const orm__fact *facts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (facts[i].kind == ORM__FACT_ENUM_VALUE ? strcmp(facts[i].name, name) == 0
                                                  : same_name(r, facts[i].name, name))
            return &facts[i];
    return NULL;
}

static void check_column(review *r, const pair *p)
{
    char wanted[128];
    const orm_model *model = p->column->model;
    bool nullable = p->column->flags & ORM_NULLABLE;
    /* SQLite says of keys that they may be NULL where their table was made so, and few have one that is. */
    bool not_null = p->fact->flags & ORM__COLUMN_NOT_NULL || p->fact->flags & ORM__COLUMN_OF_KEY;
    if (!fits(r, p, wanted, sizeof wanted))
        complain(r, model, p->column, "is %s where %s is wanted", *p->fact->text ? p->fact->text : "of no type",
                 wanted);
    if (!p->stored)
        return;
    if (!nullable && !not_null && !(p->column->flags & ORM_COMPUTED))
        complain(r, model, p->column, "may be NULL where NOT NULL is wanted");
    if (nullable && not_null && !(p->column->flags & ORM_COMPUTED))
        complain(r, model, p->column, "is NOT NULL where NULL is wanted");
    check_filling(r, p);
    if (p->made && p->column->type == ORM_TYPE_ENUM && !(p->column->flags & ORM_ARRAY))
        check_values(r, p);
}

static void check_filling(review *r, const pair *p)
{
    bool computed = p->fact->flags & ORM__COLUMN_COMPUTED, wanted = p->column->flags & ORM_COMPUTED;
    if (computed != wanted)
        complain(r, p->column->model, p->column, "is %sa generated column%s", computed ? "" : "not ",
                 computed ? ", and the program would write it" : "");
    else if (!wanted && p->column->flags & ORM_GENERATED && !makes_keys(r, p))
        complain(r, p->column->model, p->column, "gets no key from the database when none is given");
    else if (p->column->flags & ORM_SERVER_DEFAULT && !(p->fact->flags & ORM__COLUMN_FILLED))
        complain(r, p->column->model, p->column, "has no default in the database");
}

/* On SQLite the lone column of an INTEGER PRIMARY KEY is numbered. */
static bool makes_keys(const review *r, const pair *p)
{
    if (r->dialect == ORM_POSTGRESQL || p->fact->flags & ORM__COLUMN_FILLED)
        return p->fact->flags & ORM__COLUMN_FILLED;
    return strcasecmp(p->fact->text, "INTEGER") == 0 && is_primary_key(r, p->column->model, &p->column, 1);
}

/* Fills in what is wanted when that is something else. */
static bool fits(const review *r, const pair *p, char *wanted, size_t size)
{
    const orm_column *column = p->column;
    if (r->dialect == ORM_SQLITE)
        return fits_on_sqlite(column, p->fact->text ? p->fact->text : "", wanted, size);
    if (column->type == ORM_TYPE_OTHER && !p->fact->wanted) /* no name of a type that could be compared */
        return true;
    snprintf(wanted, size, "%s", p->fact->wanted ? p->fact->wanted : "enum");
    if (!(p->fact->flags & ORM__COLUMN_FITS) || column->type != ORM_TYPE_DECIMAL)
        return p->fact->flags & ORM__COLUMN_FITS;
    const char *array = column->flags & ORM_ARRAY ? "[]" : "";
    if (column->limits && column->limits->precision)
        snprintf(wanted, size, "numeric(%u,%u)%s", column->limits->precision, column->limits->scale, array);
    return strcmp(p->fact->text, wanted) == 0;
}

/* By affinity, SQLite's rules of which are these: the first word that a declared type contains. A type fits that
 * stores what is written to it unchanged; NUMERIC makes numbers of decimals, of which 15 digits last. */
static bool fits_on_sqlite(const orm_column *column, const char *declared, char *wanted, size_t size)
{
    enum { INTEGER = 1, REAL = 2, TEXT = 4, BLOB = 8, NUMERIC = 16, ANY = 31 };
    static const struct {
        const char *word;
        int affinity;
    } words[] = {{"INT", INTEGER}, {"CHAR", TEXT}, {"CLOB", TEXT}, {"TEXT", TEXT}, {"BLOB", BLOB},
                 {"REAL", REAL},   {"FLOA", REAL}, {"DOUB", REAL}, {"", NUMERIC}};
    static const struct {
        const char *name;
        int takes;
    } types[] = {
        [ORM_TYPE_BOOL] = {"INTEGER", INTEGER | NUMERIC},  [ORM_TYPE_INT16] = {"INTEGER", INTEGER | NUMERIC},
        [ORM_TYPE_INT32] = {"INTEGER", INTEGER | NUMERIC}, [ORM_TYPE_INT64] = {"INTEGER", INTEGER | NUMERIC},
        [ORM_TYPE_FLOAT32] = {"REAL", REAL | NUMERIC},     [ORM_TYPE_FLOAT64] = {"REAL", REAL | NUMERIC},
        [ORM_TYPE_BYTES] = {"BLOB", BLOB | NUMERIC},       [ORM_TYPE_UUID] = {"BLOB", BLOB | NUMERIC},
        [ORM_TYPE_DATE] = {"TEXT", TEXT | NUMERIC},        [ORM_TYPE_TIME] = {"TEXT", TEXT | NUMERIC},
        [ORM_TYPE_TIMESTAMP] = {"TEXT", TEXT | NUMERIC},   [ORM_TYPE_TIMESTAMPTZ] = {"TEXT", TEXT | NUMERIC},
        [ORM_TYPE_DECIMAL] = {"TEXT", TEXT | NUMERIC},
    };
    enum { EXACT_DIGITS = 15 };
    bool known = (size_t)column->type < sizeof types / sizeof *types && types[column->type].name;
    int takes = known && !(column->flags & ORM_ARRAY) ? types[column->type].takes : TEXT, affinity = ANY;
    for (size_t i = 0; *declared && i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i].word), start = 0, last = strlen(declared);
        while (start + length <= last && strncasecmp(declared + start, words[i].word, length) != 0)
            start++;
        if (start + length > last)
            continue;
        affinity = words[i].affinity;
        break;
    }
    if (column->type == ORM_TYPE_DECIMAL && column->limits && column->limits->precision > EXACT_DIGITS)
        takes = TEXT;
    snprintf(wanted, size, "%s", takes == TEXT ? "TEXT" : types[column->type].name);
    return affinity & takes || strcasecmp(declared, "ANY") == 0;
}

static void check_values(review *r, const pair *p)
{
    const orm_enum *wanted = p->column->enumeration;
    for (size_t i = 0; i < wanted->count; i++)
        if (!orm__check_list_allows(p->made, p->column->name, wanted->values[i]))
            complain(r, p->column->model, p->column, "does not allow the value '%s'", wanted->values[i]);
}

/* Columns that the model does not know. */
static void check_others(review *r, const orm_model *model, const orm__fact *facts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const orm__fact *fact = &facts[i];
        const int free = ORM__COLUMN_FILLED | ORM__COLUMN_COMPUTED;
        bool numbered = fact->flags & ORM__COLUMN_OF_KEY && fact->text && strcasecmp(fact->text, "INTEGER") == 0;
        bool known = i < model->column_count && same_name(r, fact->name, model->columns[i].name);
        if (!(fact->flags & ORM__COLUMN_NOT_NULL) || fact->flags & free || numbered)
            continue;
        for (uint32_t k = 0; !known && k < model->column_count; k++)
            known = same_name(r, fact->name, model->columns[k].name);
        if (!known)
            complain(r, model, &(orm_column){.name = fact->name},
                     "is NOT NULL, has no default and is not in the schema");
    }
}

static void check_keys(review *r, const orm_model *model)
{
    char list[256];
    if (model->primary_key_count && !has_key(r, model, model->primary_key, model->primary_key_count)) {
        list_columns(list, sizeof list, model->primary_key, model->primary_key_count);
        complain(r, model, NULL, "has no primary key %s", list);
    }
    for (uint32_t i = 0; i < model->unique_count; i++)
        if (!has_key(r, model, model->uniques[i].columns, model->uniques[i].column_count)) {
            list_columns(list, sizeof list, model->uniques[i].columns, model->uniques[i].column_count);
            complain(r, model, NULL, "has no unique key %s", list);
        }
}

/* A unique key of just these columns, in whatever order: what ON CONFLICT asks for. */
static bool has_key(const review *r, const orm_model *model, const orm_column *const *columns, size_t count)
{
    size_t left, found;
    const orm__fact *facts = orm__catalog_find(&r->catalog, ORM__FACT_UNIQUE, model->index, &left);
    for (size_t length; left; facts += length, left -= length) {
        length = length_of_group(facts, left);
        for (found = 0; length == count && found < count; found++)
            if (!find_fact(r, facts, length, columns[found]->name))
                break;
        if (length == count && found == count)
            return true;
    }
    return r->dialect == ORM_SQLITE && is_primary_key(r, model, columns, count);
}

/* SQLite's INTEGER PRIMARY KEY has no index that could be listed. */
static bool is_primary_key(const review *r, const orm_model *model, const orm_column *const *columns, size_t count)
{
    size_t facts_count, of_key = 0;
    const orm__fact *facts = orm__catalog_find(&r->catalog, ORM__FACT_COLUMN, model->index, &facts_count);
    for (size_t i = 0; i < facts_count; i++)
        of_key += (facts[i].flags & ORM__COLUMN_OF_KEY) != 0;
    for (size_t i = 0; i < count; i++) {
        const orm__fact *fact = find_fact(r, facts, facts_count, columns[i]->name);
        if (!fact || !(fact->flags & ORM__COLUMN_OF_KEY))
            return false;
    }
    return of_key == count;
}

/* How many facts from the first on are of one key. */
static size_t length_of_group(const orm__fact *facts, size_t count)
{
    size_t length = 1;
    while (length < count && facts[length].position == facts->position)
        length++;
    return length;
}

static void check_foreign_key(review *r, const orm_relation *relation)
{
    static const int deletes[] = {[ORM_ON_DELETE_RESTRICT] = ORM__REFERS_RESTRICT,
                                  [ORM_ON_DELETE_CASCADE] = ORM__REFERS_CASCADE,
                                  [ORM_ON_DELETE_SET_NULL] = ORM__REFERS_SET_NULL,
                                  [ORM_ON_DELETE_NO_ACTION] = ORM__REFERS_NO_ACTION};
    static const int updates[] = {[ORM_ON_UPDATE_NO_ACTION] = ORM__REFERS_NO_ACTION,
                                  [ORM_ON_UPDATE_CASCADE] = ORM__REFERS_CASCADE,
                                  [ORM_ON_UPDATE_SET_NULL] = ORM__REFERS_SET_NULL,
                                  [ORM_ON_UPDATE_RESTRICT] = ORM__REFERS_RESTRICT};
    char list[256];
    size_t left;
    int wanted = deletes[relation->on_delete] + ORM__REFERS_ON_UPDATE * updates[relation->on_update], action = -1;
    const orm__fact *facts = orm__catalog_find(&r->catalog, ORM__FACT_FOREIGN_KEY, relation->model->index, &left);
    for (size_t length; left && action != wanted; facts += length, left -= length) {
        length = length_of_group(facts, left);
        if (is_foreign_key(r, relation, facts, length))
            action = as_wanted(facts->flags, wanted);
    }
    list_columns(list, sizeof list, relation->columns, relation->column_count);
    if (action < 0)
        complain(r, relation->model, NULL, "has no foreign key %s to table '%s'", list, relation->target->table);
    else
        compare_actions(r, relation, list, action, wanted);
}

/* Where RESTRICT is wanted on a delete NO ACTION will do: it refuses, too. */
static int as_wanted(int action, int wanted)
{
    bool refuses = wanted % ORM__REFERS_ON_UPDATE == ORM__REFERS_RESTRICT &&
                   action % ORM__REFERS_ON_UPDATE == ORM__REFERS_NO_ACTION;
    return refuses ? action - ORM__REFERS_NO_ACTION + ORM__REFERS_RESTRICT : action;
}

static void compare_actions(review *r, const orm_relation *relation, const char *list, int action, int wanted)
{
    static const char *const names[] = {"something else", "NO ACTION", "RESTRICT", "CASCADE", "SET NULL"};
    static const struct {
        const char *event;
        int times;
    } parts[] = {{"DELETE", 1}, {"UPDATE", ORM__REFERS_ON_UPDATE}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int is = action / parts[i].times % ORM__REFERS_ON_UPDATE;
        int should = wanted / parts[i].times % ORM__REFERS_ON_UPDATE;
        if (is != should)
            complain(r, relation->model, NULL, "has a foreign key %s with ON %s %s where %s is wanted", list,
                     parts[i].event, names[is], names[should]);
    }
}

static bool is_foreign_key(const review *r, const orm_relation *relation, const orm__fact *facts, size_t count)
{
    char target[16];
    snprintf(target, sizeof target, "%u", (unsigned)relation->target->index);
    if (count != relation->column_count || !facts->wanted || strcmp(facts->wanted, target) != 0)
        return false;
    for (uint32_t i = 0; i < relation->column_count; i++) {
        const orm__fact *fact = find_fact(r, facts, count, relation->columns[i]->name);
        if (!fact || (fact->text && !same_name(r, fact->text, relation->target_columns[i]->name)))
            return false;
    }
    return true;
}

/* SQLite takes the letters of ASCII for the same in both cases. */
static bool same_name(const review *r, const char *left, const char *right)
{
    return left && (r->dialect == ORM_SQLITE ? strcasecmp(left, right) : strcmp(left, right)) == 0;
}

/* "(a, b)", cut where it is too long. */
static void list_columns(char *list, size_t size, const orm_column *const *columns, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count && length < size; i++)
        length += (size_t)snprintf(list + length, size - length, "%s%s", i ? ", " : "(", columns[i]->name);
    if (length < size)
        snprintf(list + length, size - length, ")");
}

/* What follows "table 't' " or "column 'c' of table 't' "; whole without a model. */
static void complain(review *r, const orm_model *model, const orm_column *column, const char *format, ...)
{
    char text[sizeof r->error->message];
    size_t length = 0;
    if (!r->problems++) {
        char opening[128];
        snprintf(opening, sizeof opening, "the database is not as the package '%s' wants it: ", r->schema->package);
        orm__error_set(r->error, ORM_SCHEMA, "%s", opening);
        ORM__ERROR_COPY(r->error->table, model ? model->table : NULL);
        ORM__ERROR_COPY(r->error->column, column ? column->name : NULL);
    }
    if (column)
        length = (size_t)snprintf(text, sizeof text, "column '%s' of ", column->name);
    if (model && length < sizeof text)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s '%s%s%s' ",
                                   model->read_only ? "view" : "table", model->schema_name ? model->schema_name : "",
                                   model->schema_name ? "." : "", model->table);
    va_list arguments;
    va_start(arguments, format);
    if (length < sizeof text)
        vsnprintf(text + length, sizeof text - length, format, arguments);
    va_end(arguments);
    append(r, text);
}

/* A problem that no longer fits is counted, and those after it. */
static void append(review *r, const char *problem)
{
    size_t used = strlen(r->error->message);
    const char *between = r->problems > 1 ? "; " : "";
    if (r->untold || used + strlen(between) + strlen(problem) + ROOM_FOR_MORE > sizeof r->error->message) {
        r->untold += r->problems > 1;
        if (r->problems > 1)
            return;
    }
    orm__error_copy(r->error->message + used, sizeof r->error->message - ROOM_FOR_MORE - used, between);
    used = strlen(r->error->message);
    orm__error_copy(r->error->message + used, sizeof r->error->message - ROOM_FOR_MORE - used, problem);
}
