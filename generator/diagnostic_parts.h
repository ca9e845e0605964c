/* diagnostic_parts.h -- what the files diagnostic*.c share: a message as it is kept.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_DIAGNOSTIC_PARTS_H
#define ORMC_DIAGNOSTIC_PARTS_H

#include "diagnostic.h"

typedef struct ormc_source {
    struct ormc_source *next;
    const char *file, *text;
    size_t size, index;
    size_t *line_starts; /* byte offsets */
    size_t line_count;
} ormc_source;

typedef struct ormc_message {
    struct ormc_message *next; /* of those of its kind: messages by age, or the notes of one */
    struct ormc_message *notes, *last_note;
    const ormc_source *source; /* NULL: its line cannot be shown */
    const ormc_kind_row *kind; /* NULL: a note */
    ormc_severity severity;
    ormc_place place;
    size_t number;
    const char *text;
} ormc_message;

/* "error", "warning", "note" */
const char *ormc_severity_word(ormc_severity severity);

/* Of a line: its first byte, and how many it has without its end. NULL when the source has no such line. */
const char *ormc_source_line(const ormc_source *source, int line, size_t *length);

/* The offset of the character that stands `characters` before the one at `at`, or of the first of the line. */
size_t ormc_step_back(const char *line, size_t at, size_t characters);

/* A message with its notes. */
void ormc_render_text(orm__text *out, const ormc_message *message, const ormc_diagnostic_options *options);
void ormc_render_gcc(orm__text *out, const ormc_message *message, const ormc_diagnostic_options *options);
void ormc_render_json(orm__text *out, const ormc_message *message, const ormc_diagnostic_options *options);

#endif
