/* migration/migrate.c -- applies revisions: one runs at a time, what was interrupted goes on.
 *
 * On PostgreSQL steps that stand together share a transaction, steps marked alone have none, and the log says after
 * each how far it is. On SQLite a revision is one transaction, without foreign keys until its end.
 * SPDX-License-Identifier: MIT */
#include "migration/migrate.h"

#include "base/error.h"
#include "engine/engine.h"

#include <stdio.h>
#include <string.h>

enum { MOST_WAITS = 1000, WAIT = 50000 /* microseconds */ };

#define LOCK "1869770083" /* of the advisory lock: "ormc" */

typedef struct run {
    orm_connection *connection;
    orm__arena arena;
    const orm_migrations *migrations;
    const orm_migrate_options *options;
    orm__revision *revisions;
    orm__log log;
    size_t ran;
    const char *step; /* title of what runs; NULL: nothing does */
} run;

/* A revision to be run, and from where. */
typedef struct task {
    size_t index;
    orm__direction direction;
    size_t done;
} task;

static orm_status migrate(run *r);
static orm_status wait_for_others(orm_connection *connection);
static orm_status lock(run *r);
static orm_status unlock(run *r, orm_status status);
static orm_status begin_immediate(orm_connection *connection);
static orm_status find_task(run *r, task *found);
static orm_status find_target(run *r, size_t *position);
static orm_status run_task(run *r, const task *t);
static orm_status refuse_destructive(run *r, const orm__section *section, const orm__revision *revision);
static orm_status run_preflights(run *r, const orm__section *section, const orm__revision *revision);
static orm_status run_steps(run *r, const task *t, const orm__section *section);
static orm_status run_together(run *r, const task *t, const orm__section *section, size_t from, size_t to);
static orm_status run_step(run *r, const task *t, const orm__step *step);
static orm_status run_statements(run *r, const orm__step *step);
static orm_status run_rebuild(run *r, const orm__step *step);
static orm_status write_log(run *r, const task *t, const orm__section *section, size_t done);
static orm_status check_foreign_keys(run *r);
static orm_status tell_where(run *r, const task *t, orm_status status);
static bool matches(const char *name, const char *wanted);

orm_status orm_migrate(const orm_migrations *migrations, orm_engine *engine, const orm_migrate_options *options,
                       orm_error *error)
{
    static const orm_migrate_options defaults;
    run r = {.migrations = migrations, .options = options ? options : &defaults};
    orm__error_clear(error);
    orm_status status = orm__chain_read(migrations, &r.arena, &r.revisions, error);
    if (!status)
        status = orm_connection_open(engine, &r.connection, error);
    if (!status) {
        status = migrate(&r);
        if (status && error)
            *error = r.connection->error;
    }
    orm_connection_close(r.connection);
    orm__arena_release(&r.arena);
    return status;
}

orm_status orm__chain_read(const orm_migrations *migrations, orm__arena *arena, orm__revision **revisions,
                           orm_error *error)
{
    const char *last = "", *name = "";
    *revisions = orm__arena_zalloc(arena, migrations->count, sizeof **revisions);
    if (!*revisions)
        return orm__error_no_memory(error);
    for (size_t i = 0; i < migrations->count; i++) {
        orm__revision *read = &(*revisions)[i];
        const orm_revision *from = &migrations->revisions[i];
        ORM_TRY(orm__revision_parse(from->name, from->text, arena, read, error));
        if (strcmp(read->parent, last) != 0)
            return orm__error_set(
                error, ORM_SCHEMA,
                i ? "revision '%s' does not follow '%s': that was edited after it, or the order changed"
                  : "revision '%s' cannot be the first%s: it has a parent",
                read->name, name);
        last = read->id;
        name = read->name;
    }
    return ORM_OK;
}

orm_status orm__chain_check(const orm__revision *revisions, size_t count, const orm__log *log, orm_error *error)
{
    for (size_t i = 0; i < log->count; i++) {
        const orm__log_row *row = &log->rows[i];
        if ((size_t)row->position != i + 1)
            return orm__error_set(error, ORM_SCHEMA, "the table ormc_migrations has no row for position %zu", i + 1);
        if (i >= count)
            return orm__error_set(error, ORM_SCHEMA,
                                  "the database holds revision '%s', which is not among the %zu here", row->name,
                                  count);
        if (strcmp(row->id, revisions[i].id) == 0)
            continue;
        if (strcmp(row->name, revisions[i].name) == 0)
            return orm__error_set(error, ORM_SCHEMA, "revision '%s' was edited after the database had it", row->name);
        return orm__error_set(error, ORM_SCHEMA, "the database holds revision '%s' where '%s' stands here", row->name,
                              revisions[i].name);
    }
    return ORM_OK;
}

orm_status orm__migrate_stamp(orm_connection *connection, const orm__revision *revisions, size_t count,
                              orm_error *error)
{
    orm_status status = orm_connection_begin(connection);
    if (!status)
        status = orm__log_make(connection);
    if (!status)
        status = orm__log_clear(connection);
    for (size_t i = 0; !status && i < count; i++) {
        size_t steps = revisions[i].sections[connection->dialect][ORM__UP].count;
        status = orm__log_write(connection, i + 1, &revisions[i], ORM__UP, steps, steps);
    }
    if (!status)
        status = orm_connection_commit(connection);
    if (status && error)
        *error = connection->error;
    return status;
}

static orm_status migrate(run *r)
{
    bool server = r->connection->dialect == ORM_POSTGRESQL;
    orm_status status = ORM_OK;
    if (server)
        status = wait_for_others(r->connection);
    while (!status) {
        task t = {0};
        status = lock(r);
        if (!status)
            status = find_task(r, &t);
        bool found = !status;
        if (found)
            status = tell_where(r, &t, run_task(r, &t));
        status = unlock(r, status);
        r->ran += found;
    }
    if (server && !r->connection->broken) {
        orm_error kept = r->connection->error;
        orm__connection_control(r->connection, ORM_STATEMENT_OTHER,
                                "DO $$ BEGIN PERFORM pg_advisory_unlock(" LOCK "); END $$", NULL);
        r->connection->error = kept;
    }
    return status == ORM_DONE ? ORM_OK : status;
}

/* Asks again and again: one who waited inside a statement would be waited for by CREATE INDEX CONCURRENTLY. */
static orm_status wait_for_others(orm_connection *connection)
{
    for (;;) {
        int64_t got = 0;
        ORM_TRY(orm__query_integer(
            connection, "SELECT count(*) FROM (SELECT pg_try_advisory_lock(" LOCK ") AS got) AS l WHERE got", &got));
        if (got)
            return ORM_OK;
        orm_status status = orm__engine_sleep(connection->engine, WAIT);
        if (status)
            return orm__error_set(&connection->error, status, "the wait for another migration was given up: %s",
                                  orm_status_text(status));
    }
}

/* SQLite takes its lock for each revision. */
static orm_status lock(run *r)
{
    orm_connection *c = r->connection;
    if (c->dialect == ORM_SQLITE) {
        ORM_TRY(orm__connection_control(c, ORM_STATEMENT_OTHER, "PRAGMA foreign_keys = OFF", NULL));
        ORM_TRY(begin_immediate(c));
    }
    ORM_TRY(orm__log_make(c));
    return orm__log_read(c, &r->arena, &r->log);
}

static orm_status begin_immediate(orm_connection *connection)
{
    orm_status status = ORM_TIMEOUT;
    for (int i = 0; status == ORM_TIMEOUT && i < MOST_WAITS; i++)
        status = orm_connection_begin(connection);
    return status;
}

static orm_status unlock(run *r, orm_status status)
{
    orm_connection *c = r->connection;
    if (c->dialect == ORM_SQLITE && !status)
        status = orm_connection_commit(c);
    if (status && status != ORM_DONE)
        orm_connection_rollback(c);
    if (c->dialect == ORM_SQLITE) {
        if (status == ORM_DONE && orm_connection_commit(c))
            return c->error.status;
        orm_error kept = c->error;
        orm__connection_control(c, ORM_STATEMENT_OTHER, "PRAGMA legacy_alter_table = OFF; PRAGMA foreign_keys = ON",
                                NULL);
        c->error = kept;
    }
    return status;
}

/* What is to be run next; ORM_DONE when that is nothing. */
static orm_status find_task(run *r, task *found)
{
    size_t target, count = r->log.count;
    const orm__log_row *last = count ? &r->log.rows[count - 1] : NULL;
    ORM_TRY(orm__chain_check(r->revisions, r->migrations->count, &r->log, &r->connection->error));
    ORM_TRY(find_target(r, &target));
    bool down = r->options->down, half = last && last->done < last->steps;
    bool was_down = last && strcmp(last->direction, "down") == 0;
    if (half && was_down != down)
        return orm__error_set(&r->connection->error, ORM_SCHEMA,
                              "revision '%s' stands in the middle of its way %s, at step %d of %d; finish that first",
                              last->name, last->direction, (int)last->done + 1, (int)last->steps);
    if (half)
        *found = (task){count - 1, down ? ORM__DOWN : ORM__UP, (size_t)last->done};
    else if (r->options->count && r->ran >= r->options->count)
        return ORM_DONE;
    else if (!down && count < target)
        *found = (task){count, ORM__UP, 0};
    else if (down && count > target)
        *found = (task){count - 1, ORM__DOWN, 0};
    else
        return ORM_DONE;
    return ORM_OK;
}

/* How many revisions are to be there in the end. */
static orm_status find_target(run *r, size_t *position)
{
    const char *wanted = r->options->target;
    *position = r->options->down ? 0 : r->migrations->count;
    if (!wanted)
        return ORM_OK;
    for (size_t i = 0; i < r->migrations->count; i++)
        if (matches(r->revisions[i].name, wanted) || strcmp(r->revisions[i].id, wanted) == 0) {
            *position = i + 1;
            return ORM_OK;
        }
    return orm__error_set(&r->connection->error, ORM_MISUSE, "there is no revision '%s'", wanted);
}

/* Its name, or the number that it begins with. */
static bool matches(const char *name, const char *wanted)
{
    size_t length = strlen(wanted);
    return strcmp(name, wanted) == 0 ||
           (strncmp(name, wanted, length) == 0 && name[length] == '_' && strspn(wanted, "0123456789") == length);
}

static orm_status run_task(run *r, const task *t)
{
    const orm__revision *revision = &r->revisions[t->index];
    const orm__section *section = &revision->sections[r->connection->dialect][t->direction];
    r->step = NULL;
    if (t->done > section->count)
        return orm__error_set(&r->connection->error, ORM_SCHEMA, "the database has done more steps than there are");
    ORM_TRY(refuse_destructive(r, section, revision));
    if (!t->done)
        ORM_TRY(run_preflights(r, section, revision));
    return run_steps(r, t, section);
}

static orm_status refuse_destructive(run *r, const orm__section *section, const orm__revision *revision)
{
    if (r->options->allow_destructive || r->migrations->allow_destructive)
        return ORM_OK;
    for (size_t i = 0; i < section->count; i++)
        if (section->steps[i].destructive)
            return orm__error_set(&r->connection->error, ORM_INVALID,
                                  "revision '%s' would lose data: %s; if that is meant, say --allow-destructive, or "
                                  "allow_destructive in a program",
                                  revision->name, section->steps[i].title);
    return ORM_OK;
}

static orm_status run_preflights(run *r, const orm__section *section, const orm__revision *revision)
{
    for (size_t i = 0; i < section->preflight_count; i++) {
        const orm__step *asked = &section->preflights[i];
        int64_t rows = 0;
        if (!asked->count)
            continue;
        r->step = asked->title;
        ORM_TRY(orm__query_integer(r->connection, asked->statements[0], &rows));
        if (rows)
            return orm__error_set(&r->connection->error, ORM_INVALID, "revision '%s' was not begun: %s: %lld found",
                                  revision->name, asked->title, (long long)rows);
    }
    r->step = NULL;
    return ORM_OK;
}

static orm_status run_steps(run *r, const task *t, const orm__section *section)
{
    size_t from = t->done, to;
    bool server = r->connection->dialect == ORM_POSTGRESQL;
    do {
        to = from;
        while (to < section->count && !(server && section->steps[to].alone))
            to++;
        if (to > from || from == section->count)
            ORM_TRY(run_together(r, t, section, from, to));
        else {
            ORM_TRY(run_step(r, t, &section->steps[to++]));
            ORM_TRY(write_log(r, t, section, to));
        }
        from = to;
    } while (from < section->count);
    return ORM_OK;
}

/* On SQLite the transaction is open already. */
static orm_status run_together(run *r, const task *t, const orm__section *section, size_t from, size_t to)
{
    bool server = r->connection->dialect == ORM_POSTGRESQL;
    if (server)
        ORM_TRY(orm_connection_begin(r->connection));
    for (size_t i = from; i < to; i++)
        ORM_TRY(run_step(r, t, &section->steps[i]));
    r->step = NULL;
    if (!server)
        ORM_TRY(check_foreign_keys(r));
    ORM_TRY(write_log(r, t, section, to));
    return server ? orm_connection_commit(r->connection) : ORM_OK;
}

static orm_status write_log(run *r, const task *t, const orm__section *section, size_t done)
{
    return orm__log_write(r->connection, t->index + 1, &r->revisions[t->index], t->direction, done, section->count);
}

static orm_status run_step(run *r, const task *t, const orm__step *step)
{
    r->step = step->title;
    if (r->options->step)
        r->options->step(r->options->user, r->revisions[t->index].name, step->title);
    return step->rebuilds ? run_rebuild(r, step) : run_statements(r, step);
}

static orm_status run_statements(run *r, const orm__step *step)
{
    for (size_t i = 0; i < step->count; i++)
        ORM_TRY(orm__connection_control(r->connection, ORM_STATEMENT_SCHEMA, step->statements[i], NULL));
    return ORM_OK;
}

/* What goes with the old table and is no business of the schema's comes back with the new one. */
static orm_status run_rebuild(run *r, const orm__step *step)
{
    const char **names, **texts;
    size_t name_count, count;
    char quoted[256], sql[512];
    size_t length = 0;
    for (const char *c = step->rebuilds; *c && length < sizeof quoted - 2; c++) {
        quoted[length++] = *c;
        if (*c == '\'')
            quoted[length++] = *c;
    }
    quoted[length] = '\0';
    static const char what[] = "SELECT %s FROM sqlite_schema WHERE tbl_name = '%s' COLLATE NOCASE AND "
                               "type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid";
    snprintf(sql, sizeof sql, what, "name", quoted);
    ORM_TRY(orm__query_texts(r->connection, sql, &r->arena, &names, &name_count));
    snprintf(sql, sizeof sql, what, "sql", quoted);
    ORM_TRY(orm__query_texts(r->connection, sql, &r->arena, &texts, &count));
    ORM_TRY(run_statements(r, step));
    snprintf(sql, sizeof sql, what, "name", quoted);
    const char **made;
    size_t made_count;
    ORM_TRY(orm__query_texts(r->connection, sql, &r->arena, &made, &made_count));
    for (size_t i = 0; i < count; i++) {
        bool there = false;
        for (size_t k = 0; k < made_count; k++)
            there |= strcmp(made[k], names[i]) == 0;
        if (!there)
            ORM_TRY(orm__connection_control(r->connection, ORM_STATEMENT_SCHEMA, texts[i], NULL));
    }
    return ORM_OK;
}

static orm_status check_foreign_keys(run *r)
{
    const char **tables;
    size_t count;
    ORM_TRY(
        orm__query_texts(r->connection, "SELECT \"table\" FROM pragma_foreign_key_check", &r->arena, &tables, &count));
    if (!count)
        return ORM_OK;
    return orm__error_set(&r->connection->error, ORM_CONSTRAINT,
                          "%zu rows refer to rows that are not there, first in "
                          "table '%s'",
                          count, tables[0]);
}

/* The error says which revision and step it is of; the rest of it stays. */
static orm_status tell_where(run *r, const task *t, orm_status status)
{
    orm_error *error = &r->connection->error;
    if (!status || status == ORM_INVALID)
        return status;
    orm_error kept = *error;
    orm__error_set(error, status, "revision '%s'%s%s: %s", r->revisions[t->index].name, r->step ? ", step " : "",
                   r->step ? r->step : "", kept.message);
    memcpy(kept.message, error->message, sizeof kept.message);
    *error = kept;
    return status;
}
