/* command_migrate.c -- `ormc migrate`: revisions are written from schemas here, and run in command_migrate_run.c.
 * SPDX-License-Identifier: MIT */
#include "command_migrate.h"

#include "command_diagnostics.h"
#include "files.h"

#include <stdio.h>
#include <string.h>

static const ormc_option package = {.name = "--package",
                                    .value = "NAME",
                                    .help = "the package of the schemas: what emitted names begin with",
                                    .required = true};
static const ormc_option output = {
    .name = "--output", .letter = 'o', .value = "FILE", .help = "the C file to write", .required = true};

/* What a command on schemas needs while the package is there. */
typedef struct request {
    const ormc_arguments *given;
    ormc_arguments schemas; /* without the name that stands before them */
    int (*run)(struct request *this, const ormc_chain *chain, const ormc_snapshot to[2], orm__arena *arena);
} request;

static int new_revision(const ormc_arguments *given);
static int check(const ormc_arguments *given);
static int rebase(const ormc_arguments *given);
static int embed(const ormc_arguments *given);
static int on_schemas(request *this, bool named);
static int on_package(const ormc_package *from, const ormc_diagnostics *diagnostics, void *user);
static int write_new(request *this, const ormc_chain *chain, const ormc_snapshot to[2], orm__arena *arena);
static int compare(request *this, const ormc_chain *chain, const ormc_snapshot to[2], orm__arena *arena);
static int move(request *this, const ormc_chain *chain, const ormc_snapshot to[2], orm__arena *arena);
static bool refuse_loss(const request *this, const ormc_revision *revision, const ormc_snapshot *from,
                        const ormc_snapshot *to, orm__arena *arena);
static void print_steps(const ormc_plan *plan, FILE *out);
static const char *last_id(const ormc_chain *chain, char id[ORM__SHA256_TEXT]);

static const ormc_command command_new = {
    .name = "new",
    .summary = "write a revision of what changed in the schemas",
    .description =
        "Compares the schemas with what the last revision leaves, and writes NNNN_NAME.sql, with the way up and\n"
        "down for each database, and NNNN_NAME.yaml, the schema that it leads to. Nothing is written when\n"
        "nothing changed, or when data would be lost and that is not allowed.\n",
    .usage = {.options = (const ormc_option *const[]){&ormc_migrate_folder, &ormc_migrate_allow,
                                                      ORMC_DIAGNOSTIC_OPTIONS, NULL},
              .operands = "NAME SCHEMA.yaml...",
              .operand = "name"},
    .run = new_revision,
};
static const ormc_command command_check = {
    .name = "check",
    .summary = "say whether the schemas differ from the last revision",
    .description = "Prints what a new revision would do, and ends with status 3, when there is anything.\n",
    .usage = {.options = (const ormc_option *const[]){&ormc_migrate_folder, ORMC_DIAGNOSTIC_OPTIONS, NULL},
              .operands = "SCHEMA.yaml...",
              .operand = "schema"},
    .run = check,
};
static const ormc_command command_rebase = {
    .name = "rebase",
    .summary = "put the revision of one branch on top of the other",
    .description =
        "When two branches of work have each added a revision, makes REVISION anew from the schemas, which hold\n"
        "both changes, behind the last revision of the other branch. What was edited in it is to be edited again.\n",
    .usage = {.options = (const ormc_option *const[]){&ormc_migrate_folder, ORMC_DIAGNOSTIC_OPTIONS, NULL},
              .operands = "REVISION SCHEMA.yaml...",
              .operand = "revision"},
    .run = rebase,
};
static const ormc_command command_embed = {
    .name = "embed",
    .summary = "write the revisions as a C file, for programs that migrate themselves",
    .description =
        "The file defines PACKAGE_migrations and PACKAGE_migrate(engine, &error); orm/migration.h says more.\n",
    .usage = {.options = (const ormc_option *const[]){&ormc_migrate_folder, &package, &output, &ormc_migrate_allow,
                                                      NULL}},
    .run = embed,
};

const ormc_command ormc_command_migrate = {
    .name = "migrate",
    .summary = "write, run and look at migrations",
    .description = "Keeps a folder of revisions that lead databases from one schema to the next.\n",
    .commands =
        (const ormc_command *const[]){
            &command_new,
            &command_check,
            &ormc_migrate_up,
            &ormc_migrate_down,
            &ormc_migrate_status,
            &ormc_migrate_history,
            &ormc_migrate_stamp,
            &ormc_migrate_verify,
            &command_rebase,
            &command_embed,
            NULL,
        },
};

static int new_revision(const ormc_arguments *given)
{
    return on_schemas(&(request){.given = given, .run = write_new}, true);
}

static int check(const ormc_arguments *given)
{
    return on_schemas(&(request){.given = given, .run = compare}, false);
}

static int rebase(const ormc_arguments *given)
{
    return on_schemas(&(request){.given = given, .run = move}, true);
}

static int on_schemas(request *this, bool named)
{
    this->schemas = *this->given;
    if (named) {
        this->schemas.operands++;
        this->schemas.operand_count--;
    }
    if (!this->schemas.operand_count) {
        fputs("ormc: no schema is given\n", stderr);
        return ORMC_EXIT_USAGE;
    }
    return ormc_command_with_package(&this->schemas, on_package, this);
}

static int on_package(const ormc_package *from, const ormc_diagnostics *diagnostics, void *user)
{
    request *this = user;
    (void)diagnostics;
    orm__arena arena = {0};
    orm__text message = {0};
    ormc_snapshot to[2];
    ormc_chain chain = {.folder = ormc_migrate_folder_of(this->given)};
    int status = ORMC_EXIT_INPUT;
    if (!ormc_snapshot_make(from, ORMC_POSTGRESQL, &arena, &to[ORMC_POSTGRESQL]) ||
        !ormc_snapshot_make(from, ORMC_SQLITE, &arena, &to[ORMC_SQLITE]))
        status = ormc_command_fail(NULL);
    else if (this->run != move && !ormc_chain_read(chain.folder, &arena, &chain, &message))
        status = ormc_command_fail(&message);
    else
        status = this->run(this, &chain, to, &arena);
    orm__text_release(&message);
    orm__arena_release(&arena);
    return status;
}

static int write_new(request *this, const ormc_chain *chain, const ormc_snapshot to[2], orm__arena *arena)
{
    ormc_snapshot from[2];
    ormc_revision revision;
    orm__text text = {0}, message = {0};
    char id[ORM__SHA256_TEXT];
    if (!ormc_chain_snapshots(chain, chain->count, arena, from, &message))
        return ormc_command_fail(&message);
    if (!ormc_revision_make(from, to, arena, &revision))
        return ormc_command_fail(NULL);
    if (!revision.different) {
        puts("nothing changed since the last revision");
        return ORMC_EXIT_FINE;
    }
    if (!refuse_loss(this, &revision, from, to, arena))
        return ORMC_EXIT_INPUT;
    const char *name = ormc_revision_name(chain, this->given->operands[0], arena);
    ormc_revision_write(&revision, name ? name : "", last_id(chain, id), &text);
    bool fine = name && ormc_revision_store(chain, name, &text, to, &message);
    orm__text_release(&text);
    if (!fine)
        return ormc_command_fail(&message);
    printf("%s/%s.sql\n", chain->folder, name);
    return ORMC_EXIT_FINE;
}

/* What is dropped may have been renamed: that is asked, and never guessed. */
static bool refuse_loss(const request *this, const ormc_revision *revision, const ormc_snapshot *from,
                        const ormc_snapshot *to, orm__arena *arena)
{
    orm__text hints = {0};
    if (!revision->destructive || ormc_arguments_value(this->given, &ormc_migrate_allow))
        return true;
    fputs("ormc: this would lose data:\n", stderr);
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < revision->up[i].step_count; k++)
            if (revision->up[i].steps[k].destructive)
                fprintf(stderr, "    %s: %s\n", i == ORMC_SQLITE ? "SQLite" : "PostgreSQL",
                        revision->up[i].steps[k].title);
    ormc_renames_suggest(&from[ORMC_POSTGRESQL], &to[ORMC_POSTGRESQL], arena, &hints);
    if (hints.data)
        fputs(hints.data, stderr);
    orm__text_release(&hints);
    fputs("if that is meant, say --allow-destructive\n", stderr);
    return false;
}

static const char *last_id(const ormc_chain *chain, char id[ORM__SHA256_TEXT])
{
    if (!chain->count)
        return "";
    const char *text = chain->revisions[chain->count - 1].text;
    orm__sha256_text(text, strlen(text), id);
    return id;
}

static int compare(request *this, const ormc_chain *chain, const ormc_snapshot to[2], orm__arena *arena)
{
    ormc_snapshot from[2];
    ormc_revision revision;
    orm__text message = {0};
    (void)this;
    if (!ormc_chain_snapshots(chain, chain->count, arena, from, &message))
        return ormc_command_fail(&message);
    if (!ormc_revision_make(from, to, arena, &revision))
        return ormc_command_fail(NULL);
    if (!revision.different)
        return ORMC_EXIT_FINE;
    puts("the schemas differ from the last revision; on PostgreSQL a new one would");
    print_steps(&revision.up[ORMC_POSTGRESQL], stdout);
    return ORMC_EXIT_DIFFERENT;
}

static void print_steps(const ormc_plan *plan, FILE *out)
{
    for (size_t i = 0; i < plan->step_count; i++)
        fprintf(out, "    %s%s\n", plan->steps[i].title, plan->steps[i].destructive ? " (loses data)" : "");
}

static int move(request *this, const ormc_chain *chain, const ormc_snapshot to[2], orm__arena *arena)
{
    orm__text message = {0};
    if (!ormc_chain_rebase(chain->folder, this->given->operands[0], to, arena, &message))
        return ormc_command_fail(&message);
    puts(message.data);
    orm__text_release(&message);
    return ORMC_EXIT_FINE;
}

static int embed(const ormc_arguments *given)
{
    orm__arena arena = {0};
    orm__text text = {0}, message = {0};
    ormc_chain chain;
    bool fine = ormc_chain_read(ormc_migrate_folder_of(given), &arena, &chain, &message);
    if (fine) {
        ormc_chain_embed(&chain, ormc_arguments_value(given, &package),
                         ormc_arguments_value(given, &ormc_migrate_allow), &text);
        const ormc_output file = {ormc_arguments_value(given, &output), text.data, text.length};
        fine = !text.failed && ormc_files_write(&file, 1, &message);
    }
    orm__text_release(&text);
    orm__arena_release(&arena);
    return fine ? ORMC_EXIT_FINE : ormc_command_fail(&message);
}
