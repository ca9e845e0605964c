/* sql/statement.c -- putting SQL together, the cache of prepared statements, and running them.
 *
 * The cache is a hash table of open addressing over the texts, with the order of use as a list: when it is full the
 * statement that was not used for longest is forgotten.
 * SPDX-License-Identifier: MIT */
#include "sql/ahead.h"

#include "base/error.h"
#include "base/value.h"
#include "driver/wait.h"
#include "sql/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static orm__fetch fetch_as_before(const orm__sql *sql, const orm__statement *statement, orm__fetch fetch);
static orm_status failed(orm_connection *connection, const orm__statement *statement);
static bool came_swiftly(const orm__statement *statement);
static orm_status gather(orm__sql *sql, orm__prepared *prepared);
static bool has_sensitive(const orm__sql *sql);
static orm_status start_last(orm_connection *c, const char *begin, orm__statement *statement, const orm_value *values);
static orm_status start_shared(orm_connection *connection, orm__prepared *prepared, const orm_value *values,
                               orm__fetch fetch);
static void free_parameters(orm__sql *sql);
static bool add_parameter(orm__sql *sql, orm__parameter declared, orm_value value);
static orm__parameter declared_as(const orm_column *like, bool list);
static void write_type(orm__sql *sql, const orm_column *like);
static const char *postgresql_type(orm_type type);
static orm_status before_copy(orm__sql *sql);
static orm_status savepoint(orm_connection *connection, const char *sql);
static orm_status copy_by_hand(orm__sql *sql, orm__copying *copying, size_t *rows);
static uint64_t hash_text(const char *text, size_t length);
static orm__statement **slot_of(orm_connection *connection, const char *text, size_t length, uint64_t hash);
static bool make_room(orm_connection *connection);
static void remove_statement(orm_connection *connection, orm__statement *statement);
static void unlink_statement(orm_connection *connection, orm__statement *statement);
static void link_newest(orm_connection *connection, orm__statement *statement);

void orm__sql_init(orm__sql *sql, orm_connection *connection)
{
    sql->connection = connection;
    sql->own = (orm__text){0};
    sql->text = connection->shared ? &sql->own : &connection->sql;
    sql->status = ORM_OK;
    sql->last = false;
    sql->selects = sql->filters = false;
    sql->sent = false;
    sql->model = NULL;
    sql->known = NULL;
    sql->recalled = NULL;
    sql->tables = 0;
    sql->signature = 0;
    sql->groups = NULL;
    sql->many.text = (orm__text){0};
    sql->count = 0;
    sql->capacity = ORM__INLINE_PARAMETERS;
    sql->parameters = sql->inline_parameters;
    sql->values = sql->inline_values;
    orm__text_clear(sql->text);
}

void orm__sql_release(orm__sql *sql)
{
    free_parameters(sql);
    orm__text_release(&sql->own);
    orm__text_release(&sql->many.text);
}

static void free_parameters(orm__sql *sql)
{
    if (sql->parameters != sql->inline_parameters)
        free(sql->parameters);
    if (sql->values != sql->inline_values)
        free(sql->values);
}

void orm__sql_recall(orm__sql *sql, const orm_model *model, orm__recipe recipe, uint64_t columns)
{
    orm_connection *c = sql->connection;
    uint64_t hash = ((uint64_t)(uintptr_t)model ^ columns * 0x9e3779b97f4a7c15u ^ (uint64_t)recipe) *
                    0xd6e8feb86659fd93u;
    orm__known *known = &c->known[hash >> 58];
    if (known->statement && known->model == model && known->recipe == (int)recipe && known->columns == columns &&
        known->comment == c->comment_hash)
        sql->recalled = known->statement;
    *known = (orm__known){.model = model,
                          .recipe = (int)recipe,
                          .columns = columns,
                          .comment = c->comment_hash,
                          .statement = sql->recalled};
    sql->known = known;
    if (sql->recalled && c->observation.wanted) /* they want to see it */
        orm__text_bytes(sql->text, sql->recalled->text, sql->recalled->length);
}
_Static_assert(ORM__KNOWN == 1 << (64 - 58), "as many places as the hash has values");

void orm__sql_text(orm__sql *sql, const char *text)
{
    if (!sql->recalled)
        orm__text_string(sql->text, text);
}

void orm__sql_number(orm__sql *sql, size_t number)
{
    if (sql->recalled)
        return;
    char digits[24], *first = digits + sizeof digits;
    *--first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    orm__text_string(sql->text, first);
}

static void quote(orm__sql *sql, const char *text, char mark)
{
    size_t length = strlen(text);
    if (sql->recalled)
        return;
    if (!memchr(text, mark, length)) { /* as good as always */
        char *place = orm__text_extend(sql->text, length + 2);
        if (!place)
            return;
        place[0] = place[length + 1] = mark;
        memcpy(place + 1, text, length);
        return;
    }
    orm__text_char(sql->text, mark);
    for (const char *next; (next = strchr(text, mark)) != NULL; text = next + 1) {
        orm__text_bytes(sql->text, text, (size_t)(next - text + 1));
        orm__text_char(sql->text, mark);
    }
    orm__text_string(sql->text, text);
    orm__text_char(sql->text, mark);
}

void orm__sql_identifier(orm__sql *sql, const char *name)
{
    quote(sql, name, '"');
}

void orm__sql_name(orm__sql *sql, const char *schema, const char *name)
{
    if (schema) {
        orm__sql_identifier(sql, schema);
        orm__sql_text(sql, ".");
    }
    orm__sql_identifier(sql, name);
}

void orm__sql_literal(orm__sql *sql, const char *text)
{
    quote(sql, text, '\'');
}

void orm__sql_parameter(orm__sql *sql, const orm_column *like, orm_value value)
{
    if (!add_parameter(sql, declared_as(like, false), value) || sql->recalled)
        return;
    orm__sql_text(sql, sql->connection->dialect == ORM_SQLITE ? "?" : "$");
    orm__sql_number(sql, sql->count);
    orm__sql_cast(sql, like);
}

void orm__sql_bind(orm__sql *sql, const orm_column *like, orm_value value)
{
    add_parameter(sql, declared_as(like, false), value);
}

void orm__sql_members(orm__sql *sql, const orm_column *const *columns, size_t count, const void *row)
{
    if (!sql->status && count <= sql->capacity - sql->count && !sql->connection->observation.wanted) {
        orm__values_of_members(columns, count, row, sql->values + sql->count); /* the statement knows the types */
        sql->count += count;
        return;
    }
    for (size_t i = 0; i < count; i++)
        add_parameter(sql, declared_as(columns[i], false), orm__value_of_member(columns[i], row));
}

void orm__sql_bind_open(orm__sql *sql, orm_value value)
{
    bool array = value.form == ORM_FORM_ARRAY;
    sql->signature = (sql->signature + 2 * (uint64_t)value.type + array + 1) * 0x9e3779b97f4a7c15u;
    add_parameter(sql, (orm__parameter){.type = value.type, .array = array, .open = true}, value);
}

void orm__sql_integer(orm__sql *sql, int64_t value)
{
    static const orm_column any;
    orm__sql_integer_of(sql, &any, value);
}

void orm__sql_integer_of(orm__sql *sql, const orm_column *column, int64_t value)
{
    const orm__parameter declared = {.type = ORM_TYPE_INT64, .sensitive = column->flags & ORM_SENSITIVE};
    if (!add_parameter(sql, declared, orm_of_int64(value)))
        return;
    orm__sql_text(sql, sql->connection->dialect == ORM_SQLITE ? "?" : "$");
    orm__sql_number(sql, sql->count);
}

void orm__sql_list(orm__sql *sql, const orm_column *like, orm_value value)
{
    if (!add_parameter(sql, declared_as(like, true), value))
        return;
    orm__sql_text(sql, sql->connection->dialect == ORM_SQLITE ? "?" : "$");
    orm__sql_number(sql, sql->count);
    if (sql->connection->dialect == ORM_SQLITE)
        return;
    orm__sql_text(sql, "::");
    orm__sql_text(sql, like->flags & ORM_ARRAY ? "text" : postgresql_type(like->type));
    orm__sql_text(sql, "[]");
}

static orm__parameter declared_as(const orm_column *like, bool list)
{
    return (orm__parameter){
        .type = like->type, .list = list, .array = like->flags & ORM_ARRAY, .sensitive = like->flags & ORM_SENSITIVE};
}

bool orm__sql_travels_as_text(const orm_column *column)
{
    return column->type == ORM_TYPE_ENUM || column->type == ORM_TYPE_DECIMAL || column->type == ORM_TYPE_INET ||
           (column->type == ORM_TYPE_OTHER && column->db_type);
}

void orm__sql_cast(orm__sql *sql, const orm_column *like)
{
    if (sql->connection->dialect == ORM_POSTGRESQL && orm__sql_travels_as_text(like))
        write_type(sql, like);
}

void orm__sql_cast_item(orm__sql *sql, const orm_column *like)
{
    if (sql->connection->dialect == ORM_POSTGRESQL && (like->flags & ORM_ARRAY || orm__sql_travels_as_text(like)))
        write_type(sql, like);
}

void orm__sql_cast_result(orm__sql *sql, const orm_column *column)
{
    if (sql->connection->dialect == ORM_POSTGRESQL && column->type == ORM_TYPE_OTHER && column->db_type)
        orm__sql_text(sql, column->flags & ORM_ARRAY ? "::text[]" : "::text");
}

static void write_type(orm__sql *sql, const orm_column *like)
{
    orm__sql_text(sql, "::");
    orm__sql_type(sql, like);
}

void orm__sql_type(orm__sql *sql, const orm_column *like)
{
    if (like->type == ORM_TYPE_ENUM) {
        orm__sql_name(sql, like->enumeration->schema_name, like->enumeration->name);
    } else if (like->type == ORM_TYPE_OTHER && like->db_type) {
        orm__sql_text(sql, like->db_type);
    } else if (like->type == ORM_TYPE_DECIMAL || like->type == ORM_TYPE_INET) {
        orm__sql_text(sql, like->type == ORM_TYPE_DECIMAL ? "numeric" : "inet");
    } else {
        orm__sql_text(sql, postgresql_type(like->type));
    }
    orm__sql_text(sql, like->flags & ORM_ARRAY ? "[]" : "");
}

/* How a parameter of the type is declared: what travels as text is text. */
static const char *postgresql_type(orm_type type)
{
    static const char *const names[] = {
        [ORM_TYPE_BOOL] = "bool",         [ORM_TYPE_INT16] = "int2",          [ORM_TYPE_INT32] = "int4",
        [ORM_TYPE_INT64] = "int8",        [ORM_TYPE_FLOAT32] = "float4",      [ORM_TYPE_FLOAT64] = "float8",
        [ORM_TYPE_BYTES] = "bytea",       [ORM_TYPE_UUID] = "uuid",           [ORM_TYPE_DATE] = "date",
        [ORM_TYPE_TIME] = "time",         [ORM_TYPE_TIMESTAMP] = "timestamp", [ORM_TYPE_TIMESTAMPTZ] = "timestamptz",
        [ORM_TYPE_INTERVAL] = "interval", [ORM_TYPE_JSON] = "json",           [ORM_TYPE_JSONB] = "jsonb",
    };
    return (size_t)type < sizeof names / sizeof *names && names[type] ? names[type] : "text";
}

static bool add_parameter(orm__sql *sql, orm__parameter declared, orm_value value)
{
    if (sql->status)
        return false;
    if (sql->count == sql->capacity) {
        size_t capacity = sql->capacity * 2;
        orm__parameter *parameters = malloc(capacity * sizeof *parameters);
        orm_value *values = malloc(capacity * sizeof *values);
        if (!parameters || !values) {
            free(parameters);
            free(values);
            sql->status = orm__error_no_memory(&sql->connection->error);
            return false;
        }
        memcpy(parameters, sql->parameters, sql->count * sizeof *parameters);
        memcpy(values, sql->values, sql->count * sizeof *values);
        free_parameters(sql);
        sql->parameters = parameters;
        sql->values = values;
        sql->capacity = capacity;
    }
    sql->parameters[sql->count] = declared;
    sql->values[sql->count++] = value;
    return true;
}

void orm__sql_fail(orm__sql *sql, orm_status status, const char *format, ...)
{
    if (sql->status)
        return;
    char message[sizeof sql->connection->error.message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    sql->status = orm__error_set(&sql->connection->error, status, "%s", message);
}

void orm__statement_tell(orm__sql *sql, orm__purpose purpose, size_t rows, orm_status status)
{
    if (sql->sent)
        orm__connection_tell(sql->connection, purpose.kind, sql->text->data, purpose.table, rows, status);
}

orm_status orm__statement_start(orm__sql *sql, orm__purpose purpose, orm__fetch fetch, orm__statement **statement)
{
    orm_connection *c = sql->connection;
    ORM_TRY(orm__statement_may_run(sql));
    ORM_TRY(orm__sent_heed(c));
    if (purpose.kind != ORM_STATEMENT_SELECT)
        ORM_TRY(orm__connection_prepare_write(c));
    sql->sent = c->sent = true;
    orm__observe_start(&c->observation, true);
    ORM_TRY(orm__statement_prepare(sql, statement));
    orm__observe_parameters(&c->observation, sql->parameters, sql->values, sql->count);
    const orm__fetch asked = fetch;
    if (fetch == ORM__FETCH_STREAM)
        fetch = fetch_as_before(sql, *statement, fetch);
    (*statement)->filters = sql->filters;
    (*statement)->began = sql->filters && fetch != ORM__FETCH_WHOLE ? orm__deadline_in(0) : 0;
    const char *begin = c->begin;
    c->begin = NULL;
    orm_status status;
    if (c->shared)
        status = start_shared(c, (*statement)->prepared, sql->values, asked);
    else if (sql->last)
        status = start_last(c, begin, *statement, sql->values);
    else
        status = c->driver->start(c->link, begin, (*statement)->prepared, sql->values, fetch, &c->error);
    (*statement)->rows = 0; /* only now: on a shared connection others have run it meanwhile */
    if (begin)
        orm__connection_tell_begin(c, begin, status);
    return status ? failed(c, *statement) : ORM_OK;
}

static orm_status failed(orm_connection *connection, const orm__statement *statement)
{
    orm__secret_hide(connection, statement->model, statement->sensitive);
    return orm__connection_failed(connection);
}

/* What it gave the last time it is likely to give again. */
static orm__fetch fetch_as_before(const orm__sql *sql, const orm__statement *statement, orm__fetch fetch)
{
    if (!statement->known)
        return fetch;
    if (statement->last_rows <= ORM__FEW_ROWS)
        return ORM__FETCH_WHOLE;
    return statement->swift && sql->selects && !sql->connection->shared ? ORM__FETCH_MANY : fetch;
}

void orm__sql_is_last(orm__sql *sql)
{
    sql->last = sql->connection->commits && sql->connection->driver->start_last;
}

static orm_status start_last(orm_connection *c, const char *begin, orm__statement *statement, const orm_value *values)
{
    orm__end end;
    orm_status status = c->driver->start_last(c->link, begin, statement->prepared, values, "COMMIT", &end, &c->error);
    c->rode = end != ORM__END_NOT_RUN;
    if (end == ORM__END_DONE)
        c->transaction = ORM__NO_TRANSACTION;
    if (end != ORM__END_UNKNOWN)
        return status;
    orm__connection_failed(c);
    return orm__error_set(&c->error, ORM_IN_DOUBT, "the connection was lost while COMMIT was unanswered: %s",
                          c->error.message);
}

/* Statements of others are observed while this one waits for its answer. */
static orm_status start_shared(orm_connection *connection, orm__prepared *prepared, const orm_value *values,
                               orm__fetch fetch)
{
    const orm__observation own = orm__observe_hold(&connection->observation);
    orm_status status = connection->driver->start(connection->link, NULL, prepared, values, fetch, &connection->error);
    orm__observe_release(&connection->observation);
    connection->observation = own;
    return status;
}

orm_status orm__statement_may_run(orm__sql *sql)
{
    orm_connection *c = sql->connection;
    if (!sql->status && sql->text->failed)
        sql->status = orm__error_no_memory(&c->error);
    if (sql->status)
        return sql->status;
    if (c->failed)
        return orm__error_set(&c->error, ORM_ROLLBACK_FIRST, "a statement of this transaction failed: roll back first");
    return orm__connection_is_free(c);
}

orm_status orm__statement_restart(orm_connection *connection, orm__statement *statement, const orm_value *values)
{
    orm_status status = connection->driver->start(connection->link, NULL, statement->prepared, values, ORM__FETCH_WHOLE,
                                                  &connection->error);
    return status ? failed(connection, statement) : ORM_OK;
}

orm_status orm__statement_step(orm_connection *connection, orm__statement *statement)
{
    orm_status status = connection->driver->step(connection->link, &connection->error);
    statement->rows += status == ORM_OK;
    return status == ORM_OK || status == ORM_DONE ? status : failed(connection, statement);
}

orm_status orm__statement_finish(orm_connection *connection, orm__statement *statement, size_t *rows)
{
    statement->known = true;
    statement->last_rows = statement->rows;
    statement->swift = statement->rows >= ORM__MANY_ROWS && (!statement->filters || came_swiftly(statement));
    orm_status status = connection->driver->finish(connection->link, rows, &connection->error);
    return status ? failed(connection, statement) : ORM_OK;
}

static bool came_swiftly(const orm__statement *statement)
{
    return statement->began && orm__deadline_in(0) - statement->began < (int64_t)statement->rows * ORM__SWIFT_ROW;
}

size_t orm__statement_expects(const orm__statement *statement)
{
    enum { MOST = 1 << 16 };
    if (!statement->known || statement->last_rows <= ORM__FEW_ROWS)
        return 0;
    return statement->last_rows < MOST ? statement->last_rows : MOST;
}

orm_status orm__statement_run(orm__sql *sql, orm__purpose purpose, size_t *rows)
{
    orm__statement *statement;
    size_t count = 0;
    if (rows)
        *rows = 0;
    orm_status status = orm__statement_start(sql, purpose, ORM__FETCH_WHOLE, &statement);
    if (!status)
        status = orm__statement_finish(sql->connection, statement, &count);
    orm__statement_tell(sql, purpose, count, status);
    if (rows)
        *rows = count;
    return status;
}

orm_status orm__statement_copy(orm__sql *sql, const orm_value *lists, size_t count, size_t *rows)
{
    orm_connection *c = sql->connection;
    *rows = 0;
    ORM_TRY(before_copy(sql));
    orm_status status = c->driver->copy(c->link, sql->text->data, lists, count, rows, &c->error);
    if (!status)
        return ORM_OK;
    orm__secret_hide(c, sql->model, false);
    return orm__connection_failed(c);
}

/* COPY goes alone: a BEGIN that is due goes ahead in a trip of its own. */
static orm_status before_copy(orm__sql *sql)
{
    orm_connection *c = sql->connection;
    ORM_TRY(orm__statement_may_run(sql));
    ORM_TRY(orm__sent_heed(c));
    const char *begin = c->begin;
    c->begin = NULL;
    if (begin)
        ORM_TRY(orm__connection_control(c, ORM_STATEMENT_TRANSACTION, begin, NULL));
    sql->sent = c->sent = true;
    orm__observe_start(&c->observation, false);
    orm__text_clear(&c->observation.shown); /* of what drew its keys */
    return ORM_OK;
}

/* A sink that fails leaves the transaction as it was: a COPY that is stopped would end it, but for a savepoint. */
orm_status orm__statement_copy_by_hand(orm__sql *sql, orm__copying *copying, size_t *rows)
{
    orm_connection *c = sql->connection;
    if (!copying->stops || c->transaction == ORM__NO_TRANSACTION)
        return copy_by_hand(sql, copying, rows);
    ORM_TRY(orm__statement_may_run(sql));
    ORM_TRY(savepoint(c, "SAVEPOINT orm_copy"));
    orm_status status = copy_by_hand(sql, copying, rows);
    if (c->failed || c->broken)
        return status;
    orm_error kept = c->error;
    orm_status ended = copying->stopped ? savepoint(c, "ROLLBACK TO SAVEPOINT orm_copy") : ORM_OK;
    if (!ended)
        ended = savepoint(c, "RELEASE SAVEPOINT orm_copy");
    if (status || !ended)
        c->error = kept;
    return status ? status : ended;
}

static orm_status savepoint(orm_connection *connection, const char *sql)
{
    return orm__connection_control(connection, ORM_STATEMENT_TRANSACTION, sql, NULL);
}

static orm_status copy_by_hand(orm__sql *sql, orm__copying *copying, size_t *rows)
{
    orm_connection *c = sql->connection;
    orm_status (*const copy)(orm__link *, const char *, orm__copying *, size_t *,
                             orm_error *) = copying->source ? c->driver->copy_in : c->driver->copy_out;
    orm_status status = before_copy(sql);
    if (!status) {
        status = copy(c->link, sql->text->data, copying, rows, &c->error);
        if (status && !copying->own) {
            orm__secret_hide(c, NULL, false);
            orm__connection_failed(c);
        }
    }
    orm__statement_tell(sql, (orm__purpose){ORM_STATEMENT_OTHER, ""}, *rows, status);
    return status;
}

/* The statement of that text, found in the cache or prepared and put there; the newest now. */
orm_status orm__statement_prepare(orm__sql *sql, orm__statement **statement)
{
    orm_connection *c = sql->connection;
    if (sql->recalled) {
        if (sql->recalled != c->statements.newest) {
            unlink_statement(c, sql->recalled);
            link_newest(c, sql->recalled);
        }
        *statement = sql->recalled;
        c->text = sql->recalled->text;
        return ORM_OK;
    }
    if (c->comment.length)
        orm__text_bytes(sql->text, c->comment.data, c->comment.length);
    if (sql->text->failed)
        return orm__error_no_memory(&c->error);
    if (!make_room(c))
        return orm__error_no_memory(&c->error);
    uint64_t hash = orm__sql_hash(sql);
    orm__statement **slot = slot_of(c, sql->text->data, sql->text->length, hash), *found = *slot;
    if (found) {
        unlink_statement(c, found);
        link_newest(c, found);
        *statement = found;
        c->text = found->text;
        if (sql->known)
            sql->known->statement = found;
        return sql->many.text.length ? gather(sql, found->prepared) : ORM_OK; /* it may have been a find */
    }
    c->observation.cached = false;
    orm__statement *made = malloc(sizeof *made + sql->text->length + 1);
    if (!made)
        return orm__error_no_memory(&c->error);
    *made = (orm__statement){.text = (char *)(made + 1),
                             .length = sql->text->length,
                             .hash = hash,
                             .model = sql->model,
                             .sensitive = has_sensitive(sql)};
    if (sql->model)
        c->schema = sql->model->schema;
    memcpy(made->text, sql->text->data, made->length + 1);
    orm_status status = c->driver->prepare(c->link, made->text, sql->parameters, sql->count, &made->prepared,
                                           &c->error);
    if (!status && sql->many.text.length)
        status = gather(sql, made->prepared);
    if (status) {
        if (made->prepared)
            c->driver->forget(c->link, made->prepared);
        free(made);
        return orm__connection_failed(c);
    }
    *slot = made;
    c->statements.count++;
    link_newest(c, made);
    *statement = made;
    c->text = made->text;
    if (sql->known)
        sql->known->statement = made;
    return ORM_OK;
}

static orm_status gather(orm__sql *sql, orm__prepared *prepared)
{
    orm_connection *c = sql->connection;
    orm__text *text = &sql->many.text;
    orm__text_bytes(text, c->comment.data, c->comment.length);
    if (text->failed)
        return orm__error_no_memory(&c->error);
    return c->driver->gather(c->link, prepared, text->data, &sql->many.list, sql->many.column, c->gathers, &c->error);
}

bool orm__statement_may_stay(orm__sql *sql)
{
    orm_connection *c = sql->connection;
    orm__text *text = sql->text;
    const size_t length = text->length;
    if (c->statements.count < c->statements.limit || sql->status)
        return true;
    orm__text_bytes(text, c->comment.data, c->comment.length);
    if (text->failed)
        return true;
    bool known = *slot_of(c, text->data, text->length, orm__sql_hash(sql)) != NULL;
    text->length = length;
    text->data[length] = '\0';
    return known;
}

static bool has_sensitive(const orm__sql *sql)
{
    bool any = false;
    for (size_t i = 0; i < sql->count; i++)
        any |= sql->parameters[i].sensitive;
    return any;
}

uint64_t orm__sql_hash(const orm__sql *sql)
{
    return sql->text->data ? hash_text(sql->text->data, sql->text->length) ^ sql->signature : 0;
}

static uint64_t hash_text(const char *text, size_t length)
{
    uint64_t hash = length * 0x9e3779b97f4a7c15u;
    for (; length >= 8; text += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        hash = (hash ^ word) * 0xd6e8feb86659fd93u;
        hash ^= hash >> 32;
    }
    uint64_t last = 0;
    memcpy(&last, text, length);
    hash = (hash ^ last) * 0xd6e8feb86659fd93u;
    return hash ^ hash >> 32;
}

static orm__statement **slot_of(orm_connection *connection, const char *text, size_t length, uint64_t hash)
{
    size_t mask = connection->statements.capacity - 1;
    for (size_t i = hash & mask;; i = (i + 1) & mask) {
        orm__statement **slot = &connection->statements.slots[i];
        if (!*slot || ((*slot)->hash == hash && (*slot)->length == length && memcmp((*slot)->text, text, length) == 0))
            return slot;
    }
}

/* Room for one more: a table at most half full, and no more statements than the limit. */
static bool make_room(orm_connection *connection)
{
    orm__statement *oldest = connection->statements.oldest;
    while (oldest && oldest->waiting)
        oldest = oldest->newer;
    if (connection->statements.count >= connection->statements.limit && oldest && !connection->shared)
        remove_statement(connection, oldest);
    if ((connection->statements.count + 1) * 2 <= connection->statements.capacity)
        return true;
    size_t capacity = connection->statements.capacity ? connection->statements.capacity * 2 : 16;
    orm__statement **slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return false;
    free(connection->statements.slots);
    connection->statements.slots = slots;
    connection->statements.capacity = capacity;
    for (orm__statement *s = connection->statements.newest; s; s = s->older)
        *slot_of(connection, s->text, s->length, s->hash) = s;
    return true;
}

static void remove_statement(orm_connection *connection, orm__statement *statement)
{
    size_t mask = connection->statements.capacity - 1;
    orm__statement **slots = connection->statements.slots;
    size_t hole = (size_t)(slot_of(connection, statement->text, statement->length, statement->hash) - slots);
    slots[hole] = NULL;
    for (size_t i = (hole + 1) & mask; slots[i]; i = (i + 1) & mask) { /* close the gap for those that were pushed on */
        orm__statement *moved = slots[i];
        slots[i] = NULL;
        *slot_of(connection, moved->text, moved->length, moved->hash) = moved;
    }
    unlink_statement(connection, statement);
    connection->text = connection->text == statement->text ? NULL : connection->text;
    for (size_t i = 0; i < ORM__KNOWN; i++)
        if (connection->known[i].statement == statement)
            connection->known[i].statement = NULL;
    connection->statements.count--;
    connection->driver->forget(connection->link, statement->prepared);
    free(statement);
}

static void unlink_statement(orm_connection *connection, orm__statement *statement)
{
    if (statement->newer)
        statement->newer->older = statement->older;
    else
        connection->statements.newest = statement->older;
    if (statement->older)
        statement->older->newer = statement->newer;
    else
        connection->statements.oldest = statement->newer;
}

static void link_newest(orm_connection *connection, orm__statement *statement)
{
    statement->newer = NULL;
    statement->older = connection->statements.newest;
    if (statement->older)
        statement->older->newer = statement;
    else
        connection->statements.oldest = statement;
    connection->statements.newest = statement;
}

void orm__statements_free(orm_connection *connection)
{
    while (connection->statements.newest)
        remove_statement(connection, connection->statements.newest);
    free(connection->statements.slots);
    connection->statements.slots = NULL;
    connection->statements.capacity = 0;
}

orm_status orm__columns_of_model(orm_connection *connection, orm__columns *columns, const orm_model *model)
{
    columns->count = model->column_count;
    columns->list = columns->inline_list;
    if (columns->count > sizeof columns->inline_list / sizeof *columns->inline_list)
        columns->list = malloc(columns->count * sizeof *columns->list);
    if (!columns->list)
        return orm__error_no_memory(&connection->error);
    for (size_t i = 0; i < columns->count; i++)
        columns->list[i] = &model->columns[i];
    return ORM_OK;
}

void orm__columns_release(orm__columns *columns)
{
    if (columns->list != columns->inline_list)
        free(columns->list);
}
