/* migrate.h -- the folder of migrations: a chain of revisions, each a file NNNN_name.sql with the schema that it leaves
 * beside it in NNNN_name.yaml. Prints nothing.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_MIGRATE_H
#define ORMC_MIGRATE_H

#include "base/sha256.h"
#include "migrate_plan.h"
#include "orm/migration.h"

typedef struct ormc_chain {
    const char *folder;
    orm_revision *revisions; /* the first one first */
    size_t count;
} ormc_chain;

/* Reads the folder and orders its revisions by their parents; a folder that is missing or empty gives an empty
 * chain. False when it cannot be read, or is no chain: `message` is appended why and what to do. Arena: names and
 * texts. */
bool ormc_chain_read(const char *folder, orm__arena *arena, ormc_chain *chain, orm__text *message);

/* The schema as the last revision leaves it; two empty snapshots when there is none. */
bool ormc_chain_snapshots(const ormc_chain *chain, size_t count, orm__arena *arena, ormc_snapshot snapshots[2],
                          orm__text *message);

/* What is between two schemas, each of both dialects. */
typedef struct ormc_revision {
    ormc_plan up[2], down[2];
    bool different, destructive; /* destructive: a step of its way up loses data */
} ormc_revision;
bool ormc_revision_make(const ormc_snapshot from[2], const ormc_snapshot to[2], orm__arena *arena,
                        ormc_revision *revision);
/* The text of its file. */
void ormc_revision_write(const ormc_revision *revision, const char *name, const char *parent, orm__text *out);

/* "0003_add_bio": the number behind the last one, and the words of `title` as a name. */
const char *ormc_revision_name(const ormc_chain *chain, const char *title, orm__arena *arena);
/* Puts the revision, and the schema that it leaves, into the folder. */
bool ormc_revision_store(const ormc_chain *chain, const char *name, const orm__text *text,
                         const ormc_snapshot snapshots[2], orm__text *message);

/* The branches that keep a folder from being a chain: takes the revision of that name, which must be the last of its
 * branch, and puts it on top of the other. */
bool ormc_chain_rebase(const char *folder, const char *name, const ormc_snapshot to[2], orm__arena *arena,
                       orm__text *message);

/* The C of a file that holds the chain: <package>_migrations and <package>_migrate. */
void ormc_chain_embed(const ormc_chain *chain, const char *package, bool allow_destructive, orm__text *out);

#endif
