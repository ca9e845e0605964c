/* command_migrate_run.c -- the commands of `ormc migrate` that work on a database, or only look at the folder.
 * SPDX-License-Identifier: MIT */
#include "command_migrate.h"

#include "migration/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const ormc_option ormc_migrate_folder = {
    .name = "--dir", .letter = 'd', .value = "DIR", .help = "the folder of the revisions (migrations)"};
const ormc_option ormc_migrate_allow = {.name = "--allow-destructive", .help = "let steps lose data"};
static const ormc_option url = {
    .name = "--url", .value = "URL", .help = "the database; the environment's DATABASE_URL when it is not given"};
static const ormc_option sql_only = {.name = "--sql", .help = "print the SQL that would be run, and run nothing"};

/* A folder, an open database and what it remembers. */
typedef struct work {
    orm__arena arena;
    ormc_chain chain;
    orm__revision *revisions;
    orm_engine *engine; /* NULL when no URL was given */
    orm_connection *connection;
    orm__log log;
    orm_error error;
} work;

static int up(const ormc_arguments *given);
static int down(const ormc_arguments *given);
static int status(const ormc_arguments *given);
static int history(const ormc_arguments *given);
static int stamp(const ormc_arguments *given);
static int verify(const ormc_arguments *given);
static bool open_work(work *w, const ormc_arguments *given, bool needs_database);
static bool open_database(work *w, const char *address);
static int close_work(work *w, int status);
static int fail(work *w);
static int migrate(const ormc_arguments *given, orm_migrate_options *options);
static bool read_target(const ormc_arguments *given, const work *w, orm_migrate_options *options);
static bool is_revision(const work *w, const char *wanted);
static bool is_named(const char *name, const char *wanted);
static void tell_step(void *user, const char *revision, const char *title);
static void print_sql(const work *w, const orm_migrate_options *options);
static void print_revision(const orm__revision *revision, const orm__section *section, size_t from);
static void print_state(const work *w, size_t index);

const ormc_command ormc_migrate_up = {
    .name = "up",
    .summary = "apply revisions to a database",
    .description =
        "Applies all revisions that the database does not have, or the next N, or those up to REVISION. What was\n"
        "interrupted goes on where it stood. When two do so at once, one works and the other waits.\n",
    .usage = {.options = (const ormc_option *const[]){&url, &ormc_migrate_folder, &ormc_migrate_allow, &sql_only, NULL},
              .operands = "[N|REVISION]"},
    .run = up,
};
const ormc_command ormc_migrate_down = {
    .name = "down",
    .summary = "take revisions back",
    .description = "Takes the last revision back, or the last N, or all behind REVISION.\n",
    .usage = {.options = (const ormc_option *const[]){&url, &ormc_migrate_folder, &ormc_migrate_allow, &sql_only, NULL},
              .operands = "[N|REVISION]"},
    .run = down,
};
const ormc_command ormc_migrate_status = {
    .name = "status",
    .summary = "show where a database stands",
    .description = "Prints a line for each revision; ends with status 3 when the database does not have all of them.\n",
    .usage = {.options = (const ormc_option *const[]){&url, &ormc_migrate_folder, NULL}},
    .run = status,
};
const ormc_command ormc_migrate_history = {
    .name = "history",
    .summary = "list the revisions of the folder",
    .description = "Prints name and hash of each revision, the first one first.\n",
    .usage = {.options = (const ormc_option *const[]){&ormc_migrate_folder, NULL}},
    .run = history,
};
const ormc_command ormc_migrate_stamp = {
    .name = "stamp",
    .summary = "say that a database stands at a revision, and run nothing",
    .description = "For databases that were made otherwise, as by create_all. REVISION may be \"none\".\n",
    .usage = {.options = (const ormc_option *const[]){&url, &ormc_migrate_folder, NULL},
              .operands = "REVISION",
              .operand = "revision"},
    .run = stamp,
};
const ormc_command ormc_migrate_verify = {
    .name = "verify",
    .summary = "check the chain of revisions, and that a database fits it",
    .description =
        "Reads every revision and the schema that it leaves, and checks that each follows the one before it; with\n"
        "a URL also that the database holds the same revisions with the same texts.\n",
    .usage = {.options = (const ormc_option *const[]){&url, &ormc_migrate_folder, NULL}},
    .run = verify,
};

const char *ormc_migrate_folder_of(const ormc_arguments *given)
{
    const char *folder = ormc_arguments_value(given, &ormc_migrate_folder);
    return folder ? folder : "migrations";
}

static bool open_work(work *w, const ormc_arguments *given, bool needs_database)
{
    orm__text message = {0};
    *w = (work){.engine = NULL};
    if (!ormc_chain_read(ormc_migrate_folder_of(given), &w->arena, &w->chain, &message)) {
        ormc_command_fail(&message);
        return false;
    }
    const orm_migrations migrations = {.revisions = w->chain.revisions, .count = w->chain.count};
    const char *address = ormc_arguments_value(given, &url);
    if (!address)
        address = getenv("DATABASE_URL");
    if (orm__chain_read(&migrations, &w->arena, &w->revisions, &w->error) || (address && !open_database(w, address))) {
        fail(w);
        return false;
    }
    if (!address && needs_database)
        fputs("ormc: no database: say --url URL, or set DATABASE_URL\n", stderr);
    return address || !needs_database;
}

static bool open_database(work *w, const char *address)
{
    if (orm_engine_open(address, NULL, &w->engine, &w->error) ||
        orm_connection_open(w->engine, &w->connection, &w->error))
        return false;
    if (orm__log_read(w->connection, &w->arena, &w->log))
        w->error = *orm_connection_error(w->connection);
    return !w->error.status;
}

static int close_work(work *w, int status)
{
    orm_connection_close(w->connection);
    orm_engine_close(w->engine);
    orm__arena_release(&w->arena);
    return status;
}

static int fail(work *w)
{
    fprintf(stderr, "ormc: %s\n", w->error.message);
    return ORMC_EXIT_INPUT;
}

static int up(const ormc_arguments *given)
{
    return migrate(given, &(orm_migrate_options){.down = false});
}

static int down(const ormc_arguments *given)
{
    return migrate(given, &(orm_migrate_options){.down = true});
}

static int migrate(const ormc_arguments *given, orm_migrate_options *options)
{
    work w;
    if (!open_work(&w, given, true))
        return close_work(&w, ORMC_EXIT_INPUT);
    options->allow_destructive = ormc_arguments_value(given, &ormc_migrate_allow);
    options->step = tell_step;
    if (!read_target(given, &w, options))
        return close_work(&w, ORMC_EXIT_USAGE);
    const orm_migrations migrations = {.revisions = w.chain.revisions, .count = w.chain.count};
    int ended = ORMC_EXIT_FINE;
    if (ormc_arguments_value(given, &sql_only)) {
        if (orm__chain_check(w.revisions, w.chain.count, &w.log, &w.error))
            ended = fail(&w);
        else
            print_sql(&w, options);
    } else if (orm_migrate(&migrations, w.engine, options, &w.error)) {
        ended = fail(&w);
    }
    return close_work(&w, ended);
}

/* A small number counts, anything else names; "0002" names, too. */
static bool read_target(const ormc_arguments *given, const work *w, orm_migrate_options *options)
{
    const char *wanted = given->operand_count ? given->operands[0] : NULL;
    if (!wanted) {
        options->count = options->down;
        return true;
    }
    if (*wanted != '0' && strspn(wanted, "0123456789") == strlen(wanted)) {
        options->count = strtoul(wanted, NULL, 10);
        return true;
    }
    options->target = wanted;
    if (is_revision(w, wanted))
        return true;
    fprintf(stderr, "ormc: there is no revision '%s'\n", wanted);
    return false;
}

static bool is_revision(const work *w, const char *wanted)
{
    for (size_t i = 0; i < w->chain.count; i++)
        if (is_named(w->chain.revisions[i].name, wanted))
            return true;
    return false;
}

static bool is_named(const char *name, const char *wanted)
{
    size_t length = strlen(wanted);
    return strcmp(name, wanted) == 0 ||
           (strncmp(name, wanted, length) == 0 && name[length] == '_' && strspn(wanted, "0123456789") == length);
}

static void tell_step(void *user, const char *revision, const char *title)
{
    (void)user;
    printf("%s: %s\n", revision, title);
    fflush(stdout);
}

static void print_sql(const work *w, const orm_migrate_options *options)
{
    size_t have = w->log.count, printed = 0;
    const orm__log_row *last = have ? &w->log.rows[have - 1] : NULL;
    bool half = last && last->done < last->steps;
    size_t at = options->down || half ? have : have + 1; /* counted from 1 */
    size_t from = half ? (size_t)last->done : 0;
    while (at > 0 && at <= w->chain.count && !(options->count && printed >= options->count)) {
        const orm__revision *revision = &w->revisions[at - 1];
        bool named = options->target && is_named(revision->name, options->target);
        if (named && options->down)
            break;
        print_revision(revision, &revision->sections[w->connection->dialect][options->down ? ORM__DOWN : ORM__UP],
                       from);
        from = 0;
        printed++;
        if (named)
            break;
        at = options->down ? at - 1 : at + 1;
    }
}

static void print_revision(const orm__revision *revision, const orm__section *section, size_t from)
{
    printf("-- %s\n", revision->name);
    for (size_t i = from; i < section->count; i++) {
        const orm__step *step = &section->steps[i];
        printf("-- %s%s%s\n", step->title, step->alone ? " (outside a transaction)" : "",
               step->destructive ? " (loses data)" : "");
        for (size_t k = 0; k < step->count; k++)
            printf("%s;\n", step->statements[k]);
    }
}

static int status(const ormc_arguments *given)
{
    work w;
    if (!open_work(&w, given, true))
        return close_work(&w, ORMC_EXIT_INPUT);
    if (orm__chain_check(w.revisions, w.chain.count, &w.log, &w.error))
        return close_work(&w, fail(&w));
    for (size_t i = 0; i < w.chain.count; i++)
        print_state(&w, i);
    const orm__log_row *last = w.log.count ? &w.log.rows[w.log.count - 1] : NULL;
    bool whole = w.log.count == w.chain.count && (!last || (last->done == last->steps));
    return close_work(&w, whole ? ORMC_EXIT_FINE : ORMC_EXIT_DIFFERENT);
}

static void print_state(const work *w, size_t index)
{
    const orm__log_row *row = index < w->log.count ? &w->log.rows[index] : NULL;
    printf("%-40s ", w->chain.revisions[index].name);
    if (!row)
        puts("missing");
    else if (row->done < row->steps)
        printf("interrupted on its way %s, %d of %d steps done\n", row->direction, (int)row->done, (int)row->steps);
    else
        printf("applied %s\n", row->changed_at);
}

static int history(const ormc_arguments *given)
{
    work w = {.engine = NULL};
    orm__text message = {0};
    if (!ormc_chain_read(ormc_migrate_folder_of(given), &w.arena, &w.chain, &message))
        return close_work(&w, ormc_command_fail(&message));
    const orm_migrations migrations = {.revisions = w.chain.revisions, .count = w.chain.count};
    if (orm__chain_read(&migrations, &w.arena, &w.revisions, &w.error))
        return close_work(&w, fail(&w));
    for (size_t i = 0; i < w.chain.count; i++)
        printf("%-40s %.12s\n", w.revisions[i].name, w.revisions[i].id);
    return close_work(&w, ORMC_EXIT_FINE);
}

static int stamp(const ormc_arguments *given)
{
    work w;
    const char *wanted = given->operands[0];
    if (!open_work(&w, given, true))
        return close_work(&w, ORMC_EXIT_INPUT);
    size_t count = 0;
    for (size_t i = 0; i < w.chain.count; i++)
        if (is_named(w.chain.revisions[i].name, wanted))
            count = i + 1;
    if (!count && strcmp(wanted, "none") != 0) {
        fprintf(stderr, "ormc: there is no revision '%s'\n", wanted);
        return close_work(&w, ORMC_EXIT_USAGE);
    }
    bool failed = orm__migrate_stamp(w.connection, w.revisions, count, &w.error);
    return close_work(&w, failed ? fail(&w) : ORMC_EXIT_FINE);
}

static int verify(const ormc_arguments *given)
{
    work w;
    orm__text message = {0};
    ormc_snapshot snapshots[2];
    if (!open_work(&w, given, false))
        return close_work(&w, ORMC_EXIT_INPUT);
    for (size_t i = 0; i < w.chain.count; i++)
        if (!ormc_chain_snapshots(&w.chain, i + 1, &w.arena, snapshots, &message))
            return close_work(&w, ormc_command_fail(&message));
    if (orm__chain_check(w.revisions, w.chain.count, &w.log, &w.error))
        return close_work(&w, fail(&w));
    printf("%zu revisions, each on top of the one before it\n", w.chain.count);
    return close_work(&w, ORMC_EXIT_FINE);
}
