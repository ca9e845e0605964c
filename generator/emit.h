/* emit.h -- from a checked package to files: which template makes which file, and when it is written.
 *
 * A file is rendered and written beside the old one, then the next; at the end either all that changed are replaced, or
 * none is touched.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_EMIT_H
#define ORMC_EMIT_H

#include "base/text.h"
#include "files.h"
#include "model.h"

struct ormc_stamp;

typedef struct ormc_emit_options {
    const char *directory; /* where STEM.h and STEM.c go, made when it is not there; NULL: where we are */
    const char *templates; /* a folder whose NAME.mustache goes before the built-in NAME; NULL: none */
    const char *depfile;   /* a rule for make: the outputs and what they were made from; NULL: none */
    bool prune;            /* remove files of the package that no schema makes any more */

    struct ormc_stamp *stamp; /* written behind the outputs; NULL: none */

    /* Hears of files of the package that no schema makes any more, removed or not; NULL: they are not looked for. */
    void (*leftover)(void *user, const char *path);
    ormc_files_differ differ; /* when not NULL, nothing is written: it hears of what would be */
    void *user;
} ormc_emit_options;

/* False when something failed: then `message` is appended what, without a newline, and no file is changed. Files whose
 * bytes would stay the same are left alone. */
bool ormc_emit(const ormc_package *package, const ormc_emit_options *options, orm__text *message);

#endif
