/* orm/migration.h -- bringing a database to the schema of the program, by revisions that `ormc migrate` wrote.
 *
 * `ormc migrate embed` puts the revisions of a folder into a C file with the descriptor <package>_migrations and the
 * function <package>_migrate(engine, &error), which is orm_migrate with it. Programs that want more say, call
 * orm_migrate themselves.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_MIGRATION_H
#define ORM_MIGRATION_H

#include "orm/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A revision as its file has it. */
typedef struct orm_revision {
    const char *name; /* "0002_add_bio" */
    const char *text;
} orm_revision;

/* The chain of revisions, first one first. */
typedef struct orm_migrations {
    const char *package;
    const orm_revision *revisions;
    size_t count;
    bool allow_destructive; /* steps that lose data were agreed to when the program was built */
} orm_migrations;

typedef struct orm_migrate_options {
    const char *target;     /* up: the last revision to apply; down: the last to keep. NULL: all; one for down */
    size_t count;           /* no more than so many revisions; 0: no limit */
    bool down;              /* back in place of forth */
    bool allow_destructive; /* steps that lose data are refused without it */
    /* Told before each step that is run; may be NULL. Texts are borrowed for the call. */
    void (*step)(void *user, const char *revision, const char *title);
    void *user;
} orm_migrate_options;

/* Runs what is missing, in order; `options` and `error` may be NULL. What was interrupted, even by the end of the
 * process, is taken up where it stood. When two do so at once, one works and the other waits. Fails with ORM_SCHEMA
 * when the database holds a revision that the chain does not have, or has with another text; with ORM_INVALID when
 * rows would break what is to come (counted before anything is changed) or a step is destructive and was not
 * allowed; with ORM_MISUSE when a text is no revision. On SQLite, and on PostgreSQL where all steps fit into one
 * transaction, a revision is applied whole or not at all. */
ORM_API orm_status orm_migrate(const orm_migrations *migrations, orm_engine *engine, const orm_migrate_options *options,
                               orm_error *error);

#ifdef __cplusplus
}
#endif
#endif
