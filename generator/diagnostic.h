/* diagnostic.h -- collects what is wrong with the input, each message with its place, and renders it as a compiler
 * does.
 *
 * Decides nothing and prints nothing: the command line asks for the rendered text.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_DIAGNOSTIC_H
#define ORMC_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "diagnostic_kinds.h"

/* A stretch of one line of an input file; line and column count from 1, columns in bytes. length 0 underlines
 * nothing but the caret. A place whose file is NULL is unknown. */
typedef struct ormc_place {
    const char *file; /* borrowed, as given on the command line */
    int line, column, length;
} ormc_place;

typedef enum ormc_severity { ORMC_ERROR, ORMC_WARNING, ORMC_NOTE } ormc_severity;

typedef enum ormc_diagnostic_format {
    ORMC_AS_TEXT, /* with the line and a caret */
    ORMC_AS_GCC,  /* a line each */
    ORMC_AS_JSON  /* an object on a line each */
} ormc_diagnostic_format;

typedef enum ormc_color { ORMC_COLOR_AUTO, ORMC_COLOR_ALWAYS, ORMC_COLOR_NEVER } ormc_color;

typedef enum ormc_warning_state { ORMC_WARNING_UNSAID, ORMC_WARNING_OFF, ORMC_WARNING_ON } ormc_warning_state;

/* How messages are shown, and which warnings. Zero means: as text without colour, every warning. */
typedef struct ormc_diagnostic_options {
    ormc_diagnostic_format format;
    ormc_color color; /* auto is the command line's to decide, and means never here */
    bool no_warnings; /* -w */
    bool all_errors;  /* -Werror: warnings count as errors */
    struct {
        ormc_warning_state shown;    /* -WNAME, -Wno-NAME */
        ormc_warning_state as_error; /* -Werror=NAME, -Wno-error=NAME */
    } warnings[ORMC_KIND_LIMIT];     /* by kind */
} ormc_diagnostic_options;

typedef struct ormc_diagnostics ormc_diagnostics;

/* Owned: free with ormc_diagnostics_free. NULL when memory is gone. */
ormc_diagnostics *ormc_diagnostics_new(void);
void ormc_diagnostics_free(ormc_diagnostics *diagnostics);

/* Before anything is reported. The options are copied. */
void ormc_diagnostics_configure(ormc_diagnostics *diagnostics, const ormc_diagnostic_options *options);

/* Keeps a copy of a file's text, so that messages can show their line. */
void ormc_diagnostics_add_source(ormc_diagnostics *diagnostics, const char *file, const char *text, size_t size);

/* The place of `word` as it stands in a file first from `from` on, within so many lines; `from` when it does not. */
ormc_place ormc_diagnostics_locate(ormc_diagnostics *diagnostics, ormc_place from, const char *word, int lines);

/* Adds a message. A warning is dropped when it is switched off, or when a comment in its line says `ormc: allow
 * NAME`. Of a great many messages the last are counted, but not kept. */
void ormc_report(ormc_diagnostics *diagnostics, ormc_kind kind, ormc_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds to the message added before, below which it is shown, wherever it points. */
void ormc_note(ormc_diagnostics *diagnostics, ormc_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

size_t ormc_diagnostics_count(const ormc_diagnostics *diagnostics, ormc_severity severity);

/* Appends all messages to `out`, in order of file (as added), line and column. As text each is
 *     file:line:column: error: message [ORM0012]
 *         the line
 *         ^~~~
 * and nothing ends with a summary. */
void ormc_diagnostics_render(const ormc_diagnostics *diagnostics, orm__text *out);

/* The candidate nearest to `word`, when it is near enough to be a slip of the hand; otherwise NULL. */
const char *ormc_nearest(const char *word, const char *const *candidates, size_t count);

#endif
