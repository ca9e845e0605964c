/* files.h -- writes files, all or none.
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

/* Writes those whose bytes differ from what is there, each through a new file beside it that takes its name at the end.
 * Folders that are missing are made. When anything fails, everything is put back as it was, `message` is appended the reason,
 * and the answer is false. */
bool ormc_files_write(const ormc_output *outputs, size_t count, orm__text *message);

/* Appends the whole file to `text`; false with errno when it cannot be read. */
bool ormc_files_read(const char *path, orm__text *text);

#endif
