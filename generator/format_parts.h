/* format_parts.h -- what the files of the formatter share: a text with its nodes and comments, and the lines to be. Not
 * for others.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_FORMAT_PARTS_H
#define ORMC_FORMAT_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"
#include "syntax.h"

/* A node with its place in the text. */
typedef struct format_node {
    const ormc_event *event;
    size_t begin;               /* of itself, behind its properties; for a collection, of its first character */
    size_t end;                 /* behind its last character, for a block scalar without the blank lines behind it */
    struct format_node **items; /* keys and values alternate */
    size_t count;
} format_node;

typedef struct format_comment {
    size_t at, length; /* with its number sign, without blanks behind */
    bool alone;        /* nothing stands before it in its line */
} format_comment;

typedef struct format_source {
    const char *text;
    size_t size;
    orm__arena *arena;
    size_t *lines, line_count; /* where each begins */
    format_node *root;
    format_comment *comments; /* in their order; those that stand behind the head of a block scalar, too */
    size_t comment_count;
} format_source;

/* Finds nodes and comments of a text that can be read. False when memory is gone. */
bool format_read(format_source *source, const char *text, size_t size, orm__arena *arena);

/* Bounds of the line that holds an offset: of its first character, of what ends it, and of the next line. */
size_t format_line_begin(const format_source *source, size_t at);
size_t format_line_end(const format_source *source, size_t at);
size_t format_next_line(const format_source *source, size_t at);

/* How far the content of a block scalar is indented whose lines begin at `line`: what the first has more than its
 * value. */
size_t format_block_indent(const format_source *source, size_t line, const char *value);

/* In characters. */
size_t format_width(const char *text);

typedef struct format_line {
    size_t indent, dashes;   /* column of the text; how many dashes stand before it, two columns each */
    const char *key, *value; /* "id:", "{type: int64}"; either may be NULL */
    const char *comment;     /* behind both, or alone; or NULL */
    bool blank_before;
    size_t group; /* lines of one mapping whose values stand in a column; 0: none */
} format_line;

/* The lines as text: values and comments in columns. */
void format_print(const format_line *lines, size_t count, orm__text *out);

#endif
