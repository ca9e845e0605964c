/* input.h -- the text of a file: read, checked, and cut into lines.
 *
 * What it may not hold (bytes that are no UTF-8, control characters) is refused here, before anything reads the text.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_INPUT_H
#define ORMC_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "diagnostic.h"

enum { ORMC_LARGEST_FILE = 16 << 20 }; /* bytes */

typedef struct ormc_input {
    const char *path, *text; /* borrowed */
    size_t size;
    size_t *line_starts, line_count; /* byte offsets; in the arena */
} ormc_input;

/* Appends the bytes of a file, or of what stands for one, to `text`. False when it cannot be read or is too large,
 * which is reported; text->failed when memory is gone. */
bool ormc_input_read(const char *path, ormc_diagnostics *diagnostics, orm__text *text);

/* Prepares a text, without the byte order mark that it may begin with, and gives it to the diagnostics as a source.
 * False when memory is gone. */
bool ormc_input_open(ormc_input *input, const char *path, const char *text, size_t size, orm__arena *arena,
                     ormc_diagnostics *diagnostics);

/* Reports the first character that may not stand there, and is false then. */
bool ormc_input_check(const ormc_input *input, ormc_diagnostics *diagnostics);

/* The length of the character that `text` begins with; 0 when it is none. */
size_t ormc_utf8_decode(const char *text, size_t size, uint32_t *character);

/* The stretch from `offset` to `end`, or to the end of its line. */
ormc_place ormc_input_place(const ormc_input *input, size_t offset, size_t end);

#endif
