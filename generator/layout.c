/* layout.c -- breaks lines and fills comments, behind layout.h.
 * SPDX-License-Identifier: MIT */
#include "layout.h"

#include <string.h>

enum { DEEPEST = 16, FURTHEST_INDENT = 60 };

/* What a break before a byte of the line would be: worse kinds are taken only when there is no better one. */
typedef enum break_kind { NO_BREAK, BEHIND_BRACKET, IN_STRING, BEHIND_COMMA } break_kind;

/* Where the scan of a long line stands. Columns count characters, from 0. */
typedef struct scan {
    size_t at, column;              /* next byte, and the column it would be printed in */
    size_t depth, indents[DEEPEST]; /* for each open bracket the column where a continued line begins */
    size_t string_column;
    bool in_string;
} scan;

static void wrap_line(const char *line, size_t length, orm__text *out);
static bool stays(const char *line, size_t length);
static size_t width_of(const char *text, size_t length);
static bool begins_character(char c);
static void step(scan *now, const char *line, size_t base);
static bool opens(char c);
static bool closes(char c);
static break_kind kind_here(const scan *now, const char *line);
static scan break_line(const scan *at, break_kind kind, const char *line, size_t *from, size_t base, orm__text *out);
static void put_spaces(orm__text *out, size_t count);
static void put_comment_word(orm__text *out, const char *word, size_t length);
static size_t put_comment_line(const char *line, size_t length, size_t indent, size_t column, orm__text *out);

void ormc_layout_wrap(const char *text, size_t length, orm__text *out)
{
    const char *end = text + length;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line = (size_t)((newline ? newline : end) - text);
        if (stays(text, line))
            orm__text_bytes(out, text, line);
        else
            wrap_line(text, line, out);
        if (newline)
            orm__text_char(out, '\n');
        text += line + (newline != NULL);
    }
}

static bool stays(const char *line, size_t length)
{
    if (length <= ORMC_WIDTH || width_of(line, length) <= ORMC_WIDTH)
        return true;
    line += strspn(line, " ");
    return *line == '#' || strncmp(line, "/*", 2) == 0 || strncmp(line, "* ", 2) == 0;
}

static size_t width_of(const char *text, size_t length)
{
    size_t width = 0;
    for (size_t i = 0; i < length; i++)
        width += begins_character(text[i]);
    return width;
}

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

static void wrap_line(const char *line, size_t length, orm__text *out)
{
    size_t base = strspn(line, " "), from = 0;
    scan now = {.at = base, .column = base}, best = now;
    break_kind kind = NO_BREAK;
    while (now.at < length) {
        break_kind here = kind_here(&now, line);
        if (now.at > from && here != NO_BREAK && here >= kind) {
            best = now;
            kind = here;
        }
        bool over = now.column + 1 + now.in_string > ORMC_WIDTH;
        if (over && kind != NO_BREAK) {
            now = break_line(&best, kind, line, &from, base, out);
            kind = NO_BREAK;
            if (width_of(line + from, length - from) + now.column <= ORMC_WIDTH)
                break;
        }
        step(&now, line, base);
    }
    orm__text_bytes(out, line + from, length - from);
}

/* Passes one byte. */
static void step(scan *now, const char *line, size_t base)
{
    char c = line[now->at];
    now->column += begins_character(c);
    now->at++;
    if (now->in_string && c == '\\') {
        now->column++;
        now->at++;
    } else if (c == '"') {
        now->in_string = !now->in_string;
        now->string_column = now->column - 1;
    } else if (!now->in_string && opens(c) && now->depth < DEEPEST) {
        now->indents[now->depth++] = now->column <= FURTHEST_INDENT ? now->column : base + 8;
    } else if (!now->in_string && closes(c) && now->depth) {
        now->depth--;
    }
}

static bool opens(char c)
{
    return c == '(' || c == '{' || c == '[';
}

static bool closes(char c)
{
    return c == ')' || c == '}' || c == ']';
}

static break_kind kind_here(const scan *now, const char *line)
{
    if (now->at < 2)
        return NO_BREAK;
    char before = line[now->at - 1], earlier = line[now->at - 2];
    if (now->in_string)
        return before == ' ' ? IN_STRING : NO_BREAK;
    if (before == ' ' && (earlier == ',' || earlier == '|'))
        return BEHIND_COMMA;
    return now->depth && (before == '(' || before == '{') ? BEHIND_BRACKET : NO_BREAK;
}

/* Prints what stands before the break; returns the scan as it goes on in the new line. */
static scan break_line(const scan *at, break_kind kind, const char *line, size_t *from, size_t base, orm__text *out)
{
    scan next = *at;
    size_t end = at->at;
    if (kind == BEHIND_COMMA)
        end--;
    orm__text_bytes(out, line + *from, end - *from);
    orm__text_string(out, kind == IN_STRING ? "\"\n" : "\n");
    if (kind == IN_STRING)
        next.column = at->string_column <= FURTHEST_INDENT ? at->string_column : base + 8;
    else if (kind == BEHIND_BRACKET)
        next.column = next.indents[next.depth - 1] = base + 8;
    else
        next.column = next.depth ? next.indents[next.depth - 1] : base + 8;
    put_spaces(out, next.column);
    if (kind == IN_STRING) {
        orm__text_char(out, '"');
        next.string_column = next.column++;
    }
    *from = at->at;
    return next;
}

static void put_spaces(orm__text *out, size_t count)
{
    while (count--)
        orm__text_char(out, ' ');
}

void ormc_layout_comment(const char *text, size_t indent, orm__text *out)
{
    size_t length = strlen(text);
    while (length && strchr(" \t\r\n", text[length - 1]))
        length--;
    orm__text_string(out, "/*");
    size_t column = indent + 2;
    for (const char *end = text + length; text <= end;) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t line = (size_t)((newline ? newline : end) - text);
        column = put_comment_line(text, line, indent, column, out);
        if (newline) {
            orm__text_char(out, '\n');
            put_spaces(out, indent);
            orm__text_string(out, " *");
            column = indent + 2;
        }
        text += line + 1;
    }
    orm__text_string(out, " */");
}

/* Words of one line, broken before one that would not leave room for the end of the comment. Returns the column
 * reached. */
static size_t put_comment_line(const char *line, size_t length, size_t indent, size_t column, orm__text *out)
{
    size_t begin = column;
    for (size_t i = 0; i < length;) {
        size_t word = strcspn(line + i, " \t\r\n");
        word = word < length - i ? word : length - i;
        size_t width = width_of(line + i, word);
        if (word && column > begin && column + 1 + width + 3 > ORMC_WIDTH) {
            orm__text_char(out, '\n');
            put_spaces(out, indent);
            orm__text_string(out, " *");
            column = indent + 2;
        }
        if (word) {
            orm__text_char(out, ' ');
            put_comment_word(out, line + i, word);
            column += 1 + width;
        }
        i += word + 1;
    }
    return column;
}

/* A comment must neither end early, nor seem to open another, nor hide what follows by turning the direction of
 * writing. */
static void put_comment_word(orm__text *out, const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)word[i];
        bool turns = length - i >= 3 && c == 0xE2 && ((unsigned char)word[i + 1] & 0xFE) == 0x80 &&
                     (((unsigned char)word[i + 2] >= 0xAA && (unsigned char)word[i + 2] <= 0xAE) ||
                      ((unsigned char)word[i + 2] >= 0xA6 && (unsigned char)word[i + 2] <= 0xA9));
        if (turns)
            i += 2;
        else if (c < 0x20 || c == 0x7F)
            orm__text_char(out, ' ');
        else if (i && ((c == '/' && word[i - 1] == '*') || (c == '*' && word[i - 1] == '/')))
            orm__text_printf(out, " %c", c);
        else
            orm__text_char(out, (char)c);
    }
}
