/* diagnostic.h -- collects what is wrong with the input, each message with its place, and renders it as a compiler does.
 *
 * Decides nothing and prints nothing: the command line asks for the rendered text.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_DIAGNOSTIC_H
#define ORMC_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/* A stretch of one line of an input file; line and column count from 1, columns in bytes. length 0 underlines nothing but
 * the caret. A place whose file is NULL is unknown. */
typedef struct ormc_place {
    const char *file; /* borrowed, as given on the command line */
    int line, column, length;
} ormc_place;

typedef enum ormc_severity { ORMC_ERROR, ORMC_WARNING, ORMC_NOTE } ormc_severity;

typedef struct ormc_diagnostics ormc_diagnostics;

/* Owned: free with ormc_diagnostics_free. NULL when memory is gone. */
ormc_diagnostics *ormc_diagnostics_new(void);
void ormc_diagnostics_free(ormc_diagnostics *diagnostics);

/* Keeps a copy of a file's text, so that messages can show their line. */
void ormc_diagnostics_add_source(ormc_diagnostics *diagnostics, const char *file, const char *text, size_t size);

/* Adds a message. A note belongs to the error or warning added before it and is shown below it, wherever it points. */
void ormc_report(ormc_diagnostics *diagnostics, ormc_severity severity, ormc_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

size_t ormc_diagnostics_count(const ormc_diagnostics *diagnostics, ormc_severity severity);

/* Appends all messages to `out`, in order of file (as added), line and column; each as
 *     file:line:column: error: message
 *         the line
 *         ^~~~
 * and ends nothing with a summary. */
void ormc_diagnostics_render(const ormc_diagnostics *diagnostics, orm__text *out);

/* The candidate nearest to `word`, when it is near enough to be a slip of the hand; otherwise NULL. */
const char *ormc_nearest(const char *word, const char *const *candidates, size_t count);

#endif
