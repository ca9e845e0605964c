/* format_print.c -- lines to text: puts values and comments into columns, for format.c.
 * SPDX-License-Identifier: MIT */
#include "format_parts.h"

#include <string.h>

enum { COMMENT_COLUMN = 37, COMMENT_SPACE = 3 };

static size_t end_of_group(const format_line *lines, size_t count, size_t from, size_t *column);
static size_t end_of_comments(const format_line *lines, const size_t *values, size_t count, size_t from,
                              size_t *column);
static size_t code_width(const format_line *line, size_t value_column);
static void put_line(const format_line *line, size_t value_column, size_t comment_column, orm__text *out);
static void put_blanks(size_t count, orm__text *out);

void format_print(const format_line *lines, size_t count, orm__text *out)
{
    orm__arena arena = {0};
    size_t *values = orm__arena_zalloc(&arena, count + 1, sizeof *values);
    out->failed |= !values;
    for (size_t i = 0; values && i < count;) {
        size_t column, end = end_of_group(lines, count, i, &column);
        for (; i < end; i++)
            values[i] = column;
    }
    for (size_t i = 0; values && i < count;) {
        size_t column, end = end_of_comments(lines, values, count, i, &column);
        for (; i < end; i++)
            put_line(&lines[i], values[i], column, out);
    }
    orm__arena_release(&arena);
}

/* Lines that follow each other in one mapping. The column is that of a value behind the longest key. */
static size_t end_of_group(const format_line *lines, size_t count, size_t from, size_t *column)
{
    *column = 0;
    size_t at = from;
    do {
        const format_line *line = &lines[at];
        size_t wanted = line->key ? line->indent + format_width(line->key) + 1 : 0;
        *column = wanted > *column ? wanted : *column;
        at++;
    } while (at < count && lines[at].group && lines[at].group == lines[from].group && !lines[at].blank_before);
    return at;
}

/* Lines that follow each other and all have a comment behind code; or one line. */
static size_t end_of_comments(const format_line *lines, const size_t *values, size_t count, size_t from, size_t *column)
{
    *column = COMMENT_COLUMN;
    size_t at = from;
    do {
        size_t wanted = code_width(&lines[at], values[at]) + COMMENT_SPACE;
        *column = wanted > *column ? wanted : *column;
        at++;
    } while (at < count && lines[from].comment && lines[at].comment && code_width(&lines[from], values[from]) &&
             code_width(&lines[at], values[at]) && !lines[at].blank_before);
    return at;
}

size_t format_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* 0 for a line that has only a comment. */
static size_t code_width(const format_line *line, size_t value_column)
{
    if (!line->key && !line->value)
        return line->dashes ? line->indent - 1 : 0;
    if (!line->value)
        return line->indent + format_width(line->key);
    return (line->key ? value_column : line->indent) + format_width(line->value);
}

static void put_line(const format_line *line, size_t value_column, size_t comment_column, orm__text *out)
{
    const char *first = line->key ? line->key : line->value;
    if (line->blank_before)
        orm__text_char(out, '\n');
    if (first || line->comment || line->dashes)
        put_blanks(line->indent - 2 * line->dashes, out);
    for (size_t i = 1; i <= line->dashes; i++)
        orm__text_string(out, first || i < line->dashes ? "- " : "-");
    orm__text_string(out, line->key ? line->key : "");
    if (line->key && line->value)
        put_blanks(value_column - line->indent - format_width(line->key), out);
    orm__text_string(out, line->value ? line->value : "");
    size_t width = code_width(line, value_column);
    if (line->comment && width)
        put_blanks(comment_column - width, out);
    orm__text_string(out, line->comment ? line->comment : "");
    orm__text_char(out, '\n');
}

static void put_blanks(size_t count, orm__text *out)
{
    while (count--)
        orm__text_char(out, ' ');
}
