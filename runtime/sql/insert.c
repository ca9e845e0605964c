/* sql/insert.c -- inserting rows of one shape, one or many by one statement, and giving each what the database made for
 * it.
 *
 * Keys on PostgreSQL: one row comes back by RETURNING; of many rows the keys are drawn from the sequence in the same
 * statement, next to the ordinal number of their row, so that each key is known by its row and not by an order that SQL
 * does not promise. Of more than a thousand rows they are drawn ahead, and the rows copied, where copy.h allows it.
 * Where the role may not draw keys, or a trigger has been seen to give others, a statement is a chain of INSERTs of one
 * row each: whose key it is follows from which of them it comes from. Keys on SQLite: sqlite3_last_insert_rowid for one
 * row; of many the first is inserted alone, and the others get the keys that follow its, written out; one by one where
 * a trigger might take these. Other values that the database makes come back with the key, or are read again by it.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/value.h"
#include "sql/copy.h"
#include "sql/values.h"
#include "sql/write.h"

#include <stdlib.h>
#include <string.h>

/* FEW: below it one statement a row is as good. LISTS: as many as SQLite's orm_rows takes. APART: rows in a chain. */
enum { FEW = 4, LISTS = 64, APART = 32 };

typedef struct insertion {
    orm_connection *c;
    const orm_model *model;
    const uint64_t *mask; /* of `given` */
    orm__chosen given;
    orm__chosen made;      /* what the database makes, besides the key */
    const orm_column *key; /* which the database makes; or NULL */
    void *const *rows;
    size_t count;
    orm__arena *arena;
    bool key_made; /* by a server default: only RETURNING tells it */
    bool returned; /* `made` has come back already */
    bool certain;  /* what is not refused is inserted: nothing has to be looked at before COMMIT */
} insertion;

static orm_status prepare(insertion *in, orm__chosen_room *given, orm__chosen_room *made);
static orm_status insert(insertion *in);
static orm_status look_ahead(insertion *in);
static void may_be_last(const insertion *in, orm__sql *sql, size_t done);
static orm_status committed_in_doubt(orm_connection *c, orm_status status);
static orm_status may_draw(insertion *in, orm__drawing *drawing);
static orm_status insert_guarded(insertion *in);
static void remember_triggers(insertion *in);
static void ask_postgresql(orm__sql *sql, const insertion *in);
static void ask_sqlite(orm__sql *sql, const insertion *in);
static orm_status insert_one(insertion *in, void *row);
static orm_status insert_each(insertion *in);
static orm_status insert_apart(insertion *in);
static orm_status insert_arrays(insertion *in);
static void choose_lists(insertion *in, void *const *rows, size_t count);
static orm_status insert_numbered(insertion *in);
static orm_status insert_copied(insertion *in);
static orm_status run_returning(insertion *in, orm__sql *sql, void *const *rows, size_t count, bool with_ordinal);
static orm_status check_count(insertion *in, size_t sent, size_t inserted);
static void write_into(orm__sql *sql, const insertion *in, const orm_column *key);
static void write_values(orm__sql *sql, const insertion *in, const void *row);
static void write_returning(orm__sql *sql, const insertion *in);
static void write_apart(orm__sql *sql, const insertion *in, size_t count);
static void write_drawn(orm__sql *sql, const insertion *in, size_t count);
static void write_list_items(orm__sql *sql, const insertion *in, const char *first);
static void set_key(const orm_column *key, void *row, int64_t value);

const orm_column *orm__generated_key(const orm_model *model, const uint64_t *given)
{
    for (size_t i = 0; i < model->primary_key_count; i++)
        if ((model->primary_key[i]->flags & ORM_GENERATED) && !orm__mask_has(given, model->primary_key[i]->index))
            return model->primary_key[i];
    return NULL;
}

orm_status orm__insert_rows(orm_connection *connection, const orm_model *model, const uint64_t *given,
                            void *const *rows, size_t count, orm__arena *arena)
{
    insertion in = {.c = connection,
                    .model = model,
                    .mask = given,
                    .key = arena ? orm__generated_key(model, given) : NULL,
                    .rows = rows,
                    .count = count,
                    .arena = arena};
    orm__chosen_room given_room, made_room;
    orm_status status = prepare(&in, &given_room, &made_room);
    if (!status && connection->commits)
        status = look_ahead(&in);
    connection->sent = false;
    if (!status) {
        status = insert(&in);
        if (connection->rode && status && connection->transaction == ORM__NO_TRANSACTION)
            status = committed_in_doubt(connection, status);
        if (connection->sent)
            orm__connection_tell(connection, ORM_STATEMENT_INSERT, connection->sql.data, model->table,
                                 status && !connection->rode ? 0 : count, connection->rode ? ORM_OK : status);
        orm__connection_tell_ride(connection, status);
    }
    if (!status && in.made.count > 0 && !in.returned)
        status = orm__read_back(connection, model, in.made.columns, in.made.count, rows, count, arena);
    orm__chosen_release(&in.given);
    orm__chosen_release(&in.made);
    return status;
}

static orm_status prepare(insertion *in, orm__chosen_room *given, orm__chosen_room *made)
{
    ORM_TRY(orm__chosen_init(in->c, in->model, NULL, given, &in->given));
    const orm_column *column = in->model->columns, *end = column + in->model->column_count;
    for (size_t i = 0; column < end; i++, column++) {
        bool computed = column->flags & ORM_COMPUTED;
        if (orm__mask_has(in->mask, i) && !computed) {
            orm__chosen_add(&in->given, column);
        } else if (in->arena && (computed || column->flags & ORM_SERVER_DEFAULT)) {
            if (in->made.count == 0)
                ORM_TRY(orm__chosen_init(in->c, in->model, NULL, made, &in->made));
            orm__chosen_add(&in->made, column);
            in->key_made |= (column->flags & ORM_PRIMARY_KEY) != 0;
        }
    }
    return ORM_OK;
}

/* Whether COMMIT may go with the last statement: no answer may then be a reason to roll back. */
static orm_status look_ahead(insertion *in)
{
    bool read_again = in->made.count > 0 && in->count > 1 && !in->key && !in->key_made;
    return read_again ? ORM_OK : orm__table_is_plain(in->c, in->model, &in->certain);
}

/* `done` are the rows up to those of the statement, and these. */
static void may_be_last(const insertion *in, orm__sql *sql, size_t done)
{
    if (in->certain && done == in->count)
        orm__sql_is_last(sql);
}

/* The server did it all, and here it could not be taken in: nobody may try again. */
static orm_status committed_in_doubt(orm_connection *c, orm_status status)
{
    c->failed = true;
    return status == ORM_IN_DOUBT
               ? status
               : orm__error_set(&c->error, ORM_IN_DOUBT,
                                "the transaction was committed, and its answer could not be read: %s",
                                c->error.message);
}

static orm_status insert(insertion *in)
{
    bool sqlite = in->c->dialect == ORM_SQLITE, copies = false;
    orm__drawing drawing = ORM__DRAWS;
    if (in->count == 1)
        return insert_one(in, in->rows[0]);
    if (in->key && (!sqlite || in->count >= FEW))
        ORM_TRY(may_draw(in, &drawing));
    if (!sqlite && (drawing == ORM__DRAWS_NOTHING || in->key_made) && in->given.count > 0)
        return insert_apart(in);
    if (drawing == ORM__DRAWS_NOTHING || in->key_made || (in->given.count == 0 && (sqlite || !in->key)) ||
        (sqlite && (in->count < FEW || in->given.count >= LISTS)))
        return insert_each(in);
    if (drawing == ORM__DRAWS_GUARDED && in->given.count > 0)
        return insert_guarded(in);
    if (in->count > ORM__CHUNK && in->made.count == 0 && in->given.count > 0)
        ORM_TRY(orm__copy_allowed(in->c, in->model, &in->given, &copies));
    if (copies)
        return insert_copied(in);
    return sqlite && in->key ? insert_numbered(in) : insert_arrays(in);
}

/* Whether keys may be drawn ahead of the INSERT: a role may lack the right, a key may be made otherwise. Asked once
 * for each table. */
static orm_status may_draw(insertion *in, orm__drawing *drawing)
{
    orm_connection *c = in->c;
    for (size_t i = 0; i < c->sequences.count; i++)
        if (c->sequences.items[i].model == in->model) {
            *drawing = c->sequences.items[i].drawing;
            return ORM_OK;
        }
    orm__sequence *items = realloc(c->sequences.items, (c->sequences.count + 1) * sizeof *items);
    if (!items)
        return orm__error_no_memory(&c->error);
    c->sequences.items = items;
    orm__sql sql;
    int64_t answer;
    orm__sql_init(&sql, c);
    if (c->dialect == ORM_SQLITE)
        ask_sqlite(&sql, in);
    else
        ask_postgresql(&sql, in);
    orm_status status = orm__ask_integer(&sql, in->model->table, &answer);
    orm__sql_release(&sql);
    *drawing = status ? ORM__DRAWS_NOTHING : (orm__drawing)answer;
    if (!status)
        items[c->sequences.count++] = (orm__sequence){in->model, *drawing};
    return status;
}

/* 0, 1 or 2: as orm__drawing has them. tgtype: 1 is FOR EACH ROW, 2 BEFORE, 4 INSERT, 64 INSTEAD OF
 * (src/include/catalog/pg_trigger.h). */
static void ask_postgresql(orm__sql *sql, const insertion *in)
{
    orm__sql_text(sql, "SELECT (CASE WHEN NOT coalesce(has_sequence_privilege(");
    orm__sql_sequence(sql, in->model, in->key);
    orm__sql_text(sql, ", 'USAGE'), false) THEN 0 WHEN EXISTS (SELECT FROM pg_trigger g WHERE g.tgtype & 5 = 5 AND "
                       "g.tgtype & 66 <> 0 AND g.tgenabled <> 'D' AND (g.tgrelid = ");
    orm__sql_table_literal(sql, in->model);
    orm__sql_text(sql, "::regclass OR g.tgrelid IN (SELECT relid FROM pg_partition_tree(");
    orm__sql_table_literal(sql, in->model);
    orm__sql_text(sql, "::regclass)))) THEN 2 ELSE 1 END)::int4");
}

static void ask_sqlite(orm__sql *sql, const insertion *in)
{
    static const char *const schemas[] = {"sqlite_schema", "sqlite_temp_schema"};
    orm__sql_text(sql, "SELECT 1");
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        orm__sql_text(sql, " AND NOT EXISTS (SELECT 1 FROM ");
        orm__sql_text(sql, schemas[i]);
        orm__sql_text(sql, " WHERE type = 'trigger' AND tbl_name COLLATE NOCASE = ");
        orm__sql_literal(sql, in->model->sqlite_table ? in->model->sqlite_table : in->model->table);
        orm__sql_text(sql, ")");
    }
}

static orm_status insert_one(insertion *in, void *row)
{
    orm__sql sql;
    orm__sql_init(&sql, in->c);
    if (orm__mask_words(in->model) == 1)
        orm__sql_recall(&sql, in->model, in->arena ? ORM__INSERT_ONE : ORM__INSERT_UNSEEN, in->mask[0]);
    if (sql.recalled) {
        orm__sql_members(&sql, in->given.columns, in->given.count, row);
    } else {
        write_into(&sql, in, NULL);
        write_values(&sql, in, row);
    }
    may_be_last(in, &sql, row == in->rows[in->count - 1] ? in->count : 0);
    orm_status status;
    if (in->key_made || (in->c->dialect == ORM_POSTGRESQL && (in->key || in->made.count > 0))) {
        if (!sql.recalled)
            write_returning(&sql, in);
        status = run_returning(in, &sql, &row, 1, false);
    } else {
        size_t inserted;
        status = orm__run_quietly(&sql, in->model, ORM_STATEMENT_INSERT, &inserted);
        if (!status && in->key)
            status = check_count(in, 1, inserted);
        if (!status && in->key)
            set_key(in->key, row, in->c->driver->last_key(in->c->link));
    }
    orm__sql_release(&sql);
    return status;
}

/* One prepared statement, run for each row. */
static orm_status insert_each(insertion *in)
{
    orm_connection *c = in->c;
    if (c->dialect == ORM_POSTGRESQL || in->key_made) {
        for (size_t i = 0; i < in->count; i++)
            ORM_TRY(insert_one(in, in->rows[i]));
        return ORM_OK;
    }
    orm__sql sql;
    orm__statement *statement;
    orm__sql_init(&sql, c);
    write_into(&sql, in, NULL);
    write_values(&sql, in, in->rows[0]);
    orm_status status = orm__statement_start(&sql, (orm__purpose){ORM_STATEMENT_INSERT, in->model->table},
                                             ORM__FETCH_WHOLE, &statement);
    for (size_t i = 0; !status; i++) {
        size_t inserted;
        status = orm__statement_finish(c, statement, &inserted);
        if (!status && in->key)
            status = check_count(in, 1, inserted);
        if (!status && in->key)
            set_key(in->key, in->rows[i], c->driver->last_key(c->link));
        if (status || i + 1 == in->count)
            break;
        orm__chosen_values(&in->given, 0, in->given.count, in->rows[i + 1]);
        status = orm__statement_restart(c, statement, in->given.values);
    }
    orm__sql_release(&sql);
    return status;
}

/* A trigger may give other keys than those drawn: then not all rows come back, and they are inserted anew. */
static orm_status insert_guarded(insertion *in)
{
    orm_connection *c = in->c;
    if (c->transaction == ORM__NO_TRANSACTION)
        return insert_apart(in);
    in->certain = false;
    ORM_TRY(orm__connection_control(c, ORM_STATEMENT_TRANSACTION, "SAVEPOINT orm_insert", NULL));
    orm_status status = insert_arrays(in);
    if (status == ORM_STALE) {
        ORM_TRY(orm__connection_control(c, ORM_STATEMENT_TRANSACTION, "ROLLBACK TO SAVEPOINT orm_insert", NULL));
        c->failed = false;
        orm__error_clear(&c->error);
        remember_triggers(in);
        status = insert_apart(in);
    }
    ORM_TRY(status);
    return orm__connection_control(c, ORM_STATEMENT_TRANSACTION, "RELEASE SAVEPOINT orm_insert", NULL);
}

static void remember_triggers(insertion *in)
{
    for (size_t i = 0; i < in->c->sequences.count; i++)
        if (in->c->sequences.items[i].model == in->model)
            in->c->sequences.items[i].drawing = ORM__DRAWS_NOTHING;
}

/* Chains of 32, and what is left over by shorter ones: so there are few statements to prepare. */
static orm_status insert_apart(insertion *in)
{
    orm_status status = ORM_OK;
    for (size_t done = 0, size = APART; done < in->count && !status; done += size) {
        while (size > in->count - done)
            size /= 2;
        orm__sql sql;
        orm__sql_init(&sql, in->c);
        choose_lists(in, in->rows + done, size);
        write_apart(&sql, in, size);
        status = run_returning(in, &sql, in->rows + done, size, true);
        orm__sql_release(&sql);
    }
    return status;
}

/* INSERT ... SELECT ... FROM unnest(...), with the keys drawn in the same statement when the database makes them. */
static orm_status insert_arrays(insertion *in)
{
    orm_status status = ORM_OK;
    size_t chunk = in->c->dialect == ORM_SQLITE ? in->count : ORM__CHUNK;
    for (size_t done = 0; done < in->count && !status; done += chunk) {
        size_t size = in->count - done < chunk ? in->count - done : chunk;
        orm__sql sql;
        orm__sql_init(&sql, in->c);
        choose_lists(in, in->rows + done, size);
        may_be_last(in, &sql, done + size);
        if (in->key) {
            write_drawn(&sql, in, size);
            status = run_returning(in, &sql, in->rows + done, size, true);
        } else {
            write_into(&sql, in, NULL);
            orm__sql_text(&sql, " SELECT ");
            write_list_items(&sql, in, "");
            orm__sql_text(&sql, " FROM ");
            orm__sql_from_lists(&sql, in->given.columns, in->given.count, in->given.values, false);
            status = orm__run_quietly(&sql, in->model, ORM_STATEMENT_INSERT, NULL);
        }
        orm__sql_release(&sql);
    }
    return status;
}

/* A list for each column, but for clocks that the rows share on SQLite. */
static void choose_lists(insertion *in, void *const *rows, size_t count)
{
    orm__chosen_lists(&in->given, 0, in->given.count, (const void *const *)rows, count);
    if (in->c->dialect == ORM_SQLITE)
        orm__chosen_share_clocks(&in->given, (const void *const *)rows, count);
}

/* SQLite's way to many generated keys. */
static orm_status insert_numbered(insertion *in)
{
    orm__sql sql;
    ORM_TRY(insert_one(in, in->rows[0]));
    int64_t first = in->c->driver->last_key(in->c->link);
    if ((uint64_t)(orm__highest_key(in->key) - first) < in->count) {
        orm__error_set(&in->c->error, ORM_DATABASE, "table '%s' has no keys left for %zu rows", in->model->table,
                       in->count);
        return orm__connection_failed(in->c);
    }
    orm__sql_init(&sql, in->c);
    choose_lists(in, in->rows + 1, in->count - 1);
    write_into(&sql, in, in->key);
    orm__sql_text(&sql, " SELECT ");
    orm__sql_integer(&sql, first);
    write_list_items(&sql, in, " + u.ord, ");
    orm__sql_text(&sql, " FROM ");
    orm__sql_from_lists(&sql, in->given.columns, in->given.count, in->given.values, false);
    size_t inserted;
    orm_status status = orm__run_quietly(&sql, in->model, ORM_STATEMENT_INSERT, &inserted);
    if (!status)
        status = check_count(in, in->count - 1, inserted);
    for (size_t i = 1; i < in->count && !status; i++)
        set_key(in->key, in->rows[i], first + (int64_t)i);
    if (status)
        set_key(in->key, in->rows[0], 0);
    orm__sql_release(&sql);
    return status;
}

/* Keys are drawn ahead, and taken back when it fails: the rows have none then. */
static orm_status insert_copied(insertion *in)
{
    orm_status status = ORM_OK;
    if (in->key) {
        status = orm__draw_keys(in->c, in->model, in->key, in->rows, in->count);
        orm__chosen_add(&in->given, in->key);
    }
    orm__chosen_lists(&in->given, 0, in->given.count, (const void *const *)in->rows, in->count);
    if (!status)
        status = orm__copy_rows(in->c, in->model, &in->given, in->count);
    for (size_t i = 0; status && in->key && i < in->count; i++)
        set_key(in->key, in->rows[i], 0);
    return status;
}

/* Runs an INSERT that answers with the key, if the database makes one, and what else it made: alone, or behind the
 * ordinal number of the row. */
static orm_status run_returning(insertion *in, orm__sql *sql, void *const *rows, size_t count, bool with_ordinal)
{
    orm_connection *c = in->c;
    orm__statement *statement;
    size_t answered = 0, first = (size_t)with_ordinal + (in->key != NULL);
    ORM_TRY(orm__statement_start(sql, (orm__purpose){ORM_STATEMENT_INSERT, in->model->table}, ORM__FETCH_WHOLE,
                                 &statement));
    orm_status status;
    while ((status = orm__statement_step(c, statement)) == ORM_OK) {
        size_t row = with_ordinal ? (size_t)c->driver->read_integer(c->link, 0) - 1 : 0;
        answered++;
        if (row >= count)
            continue;
        if (in->key)
            set_key(in->key, rows[row], c->driver->read_integer(c->link, with_ordinal));
        if (in->made.count > 0)
            status = c->driver->read(c->link, in->made.columns, in->made.count, first, rows[row], in->arena, &c->error);
        if (status)
            break;
    }
    orm_status end = orm__statement_finish(c, statement, NULL);
    if (status == ORM_DONE)
        status = end;
    in->returned = true;
    return status ? status : check_count(in, count, answered);
}

/* A trigger may drop rows: whose key is whose is then not known. */
static orm_status check_count(insertion *in, size_t sent, size_t inserted)
{
    orm_connection *c = in->c;
    if (inserted == sent)
        return ORM_OK;
    orm__error_set(&c->error, ORM_STALE, "%zu rows were sent to table '%s' and %zu came back", sent, in->model->table,
                   inserted);
    ORM__ERROR_COPY(c->error.table, in->model->table);
    return orm__connection_failed(c);
}

/* --- SQL ---------------------------------------------------------------------------------------------------------- */

static void write_into(orm__sql *sql, const insertion *in, const orm_column *key)
{
    orm__sql_text(sql, "INSERT INTO ");
    orm__sql_table_name(sql, in->model);
    if (!key && in->given.count == 0)
        return;
    orm__sql_text(sql, " (");
    if (key)
        orm__sql_identifier(sql, key->name);
    for (size_t i = 0; i < in->given.count; i++) {
        orm__sql_text(sql, i > 0 || key ? ", " : "");
        orm__sql_identifier(sql, in->given.columns[i]->name);
    }
    orm__sql_text(sql, ")");
}

static void write_values(orm__sql *sql, const insertion *in, const void *row)
{
    if (in->given.count == 0) {
        orm__sql_text(sql, " DEFAULT VALUES");
        return;
    }
    orm__sql_text(sql, " VALUES (");
    for (size_t i = 0; i < in->given.count; i++) {
        orm__sql_text(sql, i > 0 ? ", " : "");
        orm__sql_parameter(sql, in->given.columns[i], orm__value_of_member(in->given.columns[i], row));
    }
    orm__sql_text(sql, ")");
}

static void write_returning(orm__sql *sql, const insertion *in)
{
    orm__sql_text(sql, " RETURNING ");
    if (in->key)
        orm__sql_identifier(sql, in->key->name);
    for (size_t i = 0; i < in->made.count; i++) {
        orm__sql_text(sql, i > 0 || in->key ? ", " : "");
        orm__sql_identifier(sql, in->made.columns[i]->name);
        orm__sql_cast_result(sql, in->made.columns[i]);
    }
}

/* WITH source AS (rows, their ordinal), r1 AS (INSERT ... SELECT ... WHERE ord = 1 RETURNING ...), ...
 * SELECT 1, r1.* FROM r1 UNION ALL ... */
static void write_apart(orm__sql *sql, const insertion *in, size_t count)
{
    orm__sql_text(sql, "WITH source AS MATERIALIZED (SELECT * FROM ");
    orm__sql_from_lists(sql, in->given.columns, in->given.count, in->given.values, true);
    orm__sql_text(sql, ")");
    for (size_t i = 1; i <= count; i++) {
        orm__sql_text(sql, ", r");
        orm__sql_number(sql, i);
        orm__sql_text(sql, " AS (");
        write_into(sql, in, NULL);
        orm__sql_text(sql, " SELECT ");
        write_list_items(sql, in, "");
        orm__sql_text(sql, " FROM source AS u WHERE u.ord = ");
        orm__sql_number(sql, i);
        write_returning(sql, in);
        orm__sql_text(sql, ")");
    }
    for (size_t i = 1; i <= count; i++) {
        orm__sql_text(sql, i == 1 ? " SELECT " : " UNION ALL SELECT ");
        orm__sql_number(sql, i);
        orm__sql_text(sql, ", r");
        orm__sql_number(sql, i);
        orm__sql_text(sql, ".* FROM r");
        orm__sql_number(sql, i);
    }
}

/* WITH source AS (keys drawn, rows, their ordinal), inserted AS (INSERT ... RETURNING ...) SELECT ordinal, ... */
static void write_drawn(orm__sql *sql, const insertion *in, size_t count)
{
    orm__sql_text(sql, "WITH source AS MATERIALIZED (SELECT nextval((SELECT ");
    orm__sql_sequence(sql, in->model, in->key);
    orm__sql_text(sql, "::regclass)) AS key, u.* FROM ");
    if (in->given.count > 0) {
        orm__sql_from_lists(sql, in->given.columns, in->given.count, in->given.values, true);
    } else { /* rows of nothing but their keys */
        orm__sql_text(sql, "generate_series(1, ");
        orm__sql_integer(sql, (int64_t)count);
        orm__sql_text(sql, ") AS u(ord)");
    }
    orm__sql_text(sql, "), inserted AS (");
    write_into(sql, in, in->key);
    orm__sql_text(sql, " OVERRIDING SYSTEM VALUE SELECT ");
    write_list_items(sql, in, in->given.count > 0 ? "u.key, " : "u.key");
    orm__sql_text(sql, " FROM source AS u");
    write_returning(sql, in);
    orm__sql_text(sql, ") SELECT source.ord, inserted.");
    orm__sql_identifier(sql, in->key->name);
    for (size_t i = 0; i < in->made.count; i++) {
        orm__sql_text(sql, ", inserted.");
        orm__sql_identifier(sql, in->made.columns[i]->name);
    }
    orm__sql_text(sql, " FROM inserted JOIN source ON source.key = inserted.");
    orm__sql_identifier(sql, in->key->name);
}

static void write_list_items(orm__sql *sql, const insertion *in, const char *first)
{
    orm__sql_text(sql, first);
    for (size_t i = 0, listed = 0; i < in->given.count; i++) {
        orm__sql_text(sql, i > 0 ? ", " : "");
        if (in->given.values[i].form == ORM_FORM_ROWS)
            orm__sql_list_item(sql, listed++, in->given.columns[i]);
        else
            orm__sql_parameter(sql, in->given.columns[i], in->given.values[i]);
    }
}

static void set_key(const orm_column *key, void *row, int64_t value)
{
    if (key->type == ORM_TYPE_INT64 && key->field.has == ORM_ABSENT) /* as nearly all are */
        memcpy((char *)row + key->field.value, &value, sizeof value);
    else
        orm__member_set(key, row, orm_of_int64(value));
}
