/* stamp.h -- remembers what the last run was given and made, so that a run that would change nothing can end at once.
 *
 * A hidden file in the output folder, `.STEM.ormc` after the first schema: hashes of everything that the output depends
 * on (this very program, options, templates, schemas) and of each output. It may be removed at any time.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_STAMP_H
#define ORMC_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "emit.h"

typedef struct ormc_stamp {
    orm__arena arena;
    const char *directory, *path;
    uint64_t input;
    bool usable; /* all inputs are files that can be read again */
    orm__text text;
} ormc_stamp;

/* Owned: release it. Hashes what a run with these options and schemas depends on. */
void ormc_stamp_open(ormc_stamp *stamp, const ormc_emit_options *options, const char *const *schemas, size_t count);
void ormc_stamp_release(ormc_stamp *stamp);

/* Whether the last run was given the same, and its output stands as it was left, without anything left over. */
bool ormc_stamp_holds(const ormc_stamp *stamp);

/* Begins what the stamp will say, and adds an output with the hash of its bytes. */
void ormc_stamp_begin(ormc_stamp *stamp, const char *package);
void ormc_stamp_add(ormc_stamp *stamp, const char *path, uint64_t hash);

#endif
