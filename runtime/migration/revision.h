/* migration/revision.h -- the text of a revision: its place in the chain, and its steps by database and direction.
 *
 * Lines that begin with "--@" say what follows; everything else is SQL.
 *     --@ parent 4f0c...          the SHA-256 of the text before it in the chain, or none
 *     --@ on postgresql up        begins a section
 *     --@ preflight TEXT          a query that counts rows; not 0: "TEXT: N found", and nothing is done
 *     --@ step TITLE              statements that are run together
 *     --@ alone                   ... each outside any transaction; they may be repeated
 *     --@ destructive             ... which lose data
 *     --@ rebuilds TABLE          ... which make a table of SQLite anew, whose triggers and further indexes are kept
 * SPDX-License-Identifier: MIT */
#ifndef ORM_MIGRATION_REVISION_H
#define ORM_MIGRATION_REVISION_H

#include "base/arena.h"
#include "base/sha256.h"
#include "orm/error.h"
#include "orm/model.h"

typedef struct orm__step {
    const char *title;    /* of a preflight: what it refuses */
    const char *rebuilds; /* NULL: nothing */
    bool preflight, alone, destructive;
    const char **statements;
    size_t count;
} orm__step;

typedef struct orm__section {
    orm__step *preflights, *steps;
    size_t preflight_count, count;
} orm__section;

typedef enum orm__direction { ORM__UP, ORM__DOWN } orm__direction;

typedef struct orm__revision {
    const char *name;
    char id[ORM__SHA256_TEXT], parent[ORM__SHA256_TEXT]; /* of the first: parent is "" */
    orm__section sections[ORM_DIALECTS][2];
} orm__revision;

/* Arena: all parts live as long as it. ORM_MISUSE when the text is no revision. */
orm_status orm__revision_parse(const char *name, const char *text, orm__arena *arena, orm__revision *revision,
                               orm_error *error);

#endif
