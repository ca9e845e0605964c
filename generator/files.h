/* files.h -- writes and removes files, all or none.
 *
 * New files are written beside the old ones at once and take their names at the end, so what is in memory is one file.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_FILES_H
#define ORMC_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

typedef struct ormc_output {
    const char *path;
    const char *data;
    size_t length;
} ormc_output;

/* Hears of a file that differs, in place of its being written: what it holds, NULL when it is not there, and what it
 * should hold, NULL when it should not be there. */
typedef void (*ormc_files_differ)(void *user, const ormc_output *old, const ormc_output *fresh);

typedef struct ormc_files ormc_files;

/* Owned: close it. With `differ` nothing is written or removed. NULL when memory is gone. When a call fails it is false
 * and appends the reason to `message`, without a newline; then only closing is left. */
ormc_files *ormc_files_open(ormc_files_differ differ, void *user, orm__text *message);

/* Makes a file hold these bytes, in folders made where they are missing. One that holds them is not touched; one that
 * is replaced keeps its rights, and a link stays a link. */
bool ormc_files_put(ormc_files *files, const ormc_output *output);

/* The same for a file that comes in pieces, so that it need not be in memory at once: begin, add any number of
 * times, end. */
bool ormc_files_begin(ormc_files *files, const char *path); /* `path` is borrowed until the end */
bool ormc_files_add(ormc_files *files, const char *data, size_t length);
bool ormc_files_end(ormc_files *files);

/* Removes a file that is there. */
bool ormc_files_remove(ormc_files *files, const char *path);

/* Gives all new files their names; when one cannot get it, everything is put back. */
bool ormc_files_commit(ormc_files *files);

/* What was not committed is undone. */
void ormc_files_close(ormc_files *files);

/* The same for a few outputs at once, from open to close. */
bool ormc_files_write(const ormc_output *outputs, size_t count, orm__text *message);

/* Appends the whole file to `text`; false with errno when it cannot be read. */
bool ormc_files_read(const char *path, orm__text *text);

#endif
