/* format.h -- the canonical layout of a schema's text.
 *
 * Two blanks of indentation; a collection in brackets stays in one line when it fits and holds no comment, and becomes
 * an indented block otherwise; an indented block stays one. The values of keys that a user names (columns, relations,
 * enums, params, returns) stand in a column, as do the comments behind consecutive lines. One blank line stays where
 * there were any, but none where a block begins. Words, quotes, comments and their order stay as they are.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_FORMAT_H
#define ORMC_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "diagnostic.h"

enum { ORMC_FORMAT_WIDTH = 110 };

/* Appends the text laid out anew, which means the same. What cannot be read, or not be laid out, is reported to the
 * diagnostics, and nothing is appended. False only when memory is gone. */
bool ormc_format(const char *path, const char *text, size_t size, ormc_diagnostics *diagnostics, orm__text *out);

#endif
