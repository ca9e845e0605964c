/* engine/dotenv.c -- reading files of lines NAME=value.
 *
 * "export NAME=value" is the same. A value is bare, and ends at a # behind a blank or at the end of its line, 'single
 * quoted', where every byte stands for itself, or "double quoted", where \n \t \r \" \\ and \$ are what they are in C.
 * Quoted ones may hold ends of lines. Nothing is expanded.
 * SPDX-License-Identifier: MIT */
#include "engine/dotenv.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r"
enum { LARGEST = 1 << 20 };

typedef struct reading {
    const char *from;
    char *to;
    int line;
} reading;

static bool read_entry(reading *r);
static bool read_name(reading *r);
static bool read_quoted(reading *r, char quote);
static char escaped(char c);
static void read_bare(reading *r);

orm_status orm__dotenv_read(const char *path, orm__dotenv *file, orm_error *error)
{
    FILE *stream = fopen(path, "rb");
    char system[128] = "";
    if (!stream && (errno == ENOENT || errno == ENOTDIR))
        return ORM_OK;
    if (!stream && strerror_r(errno, system, sizeof system) != 0)
        system[0] = '\0';
    if (!stream)
        return orm__error_set(error, ORM_INVALID, "cannot read %.300s: %s", path, system);
    char *text = malloc(LARGEST + 1);
    size_t length = text ? fread(text, 1, LARGEST + 1, stream) : 0;
    bool whole = text && !ferror(stream) && length <= LARGEST && !memchr(text, '\0', length);
    fclose(stream);
    if (!text)
        return orm__error_no_memory(error);
    if (!whole) {
        free(text);
        return orm__error_set(error, ORM_INVALID, "%.300s is no file of at most a megabyte of text", path);
    }
    text[length] = '\0';
    orm_status status = orm__dotenv_parse(text, path, file, error);
    free(text);
    return status;
}

/* Each entry becomes as many bytes as its line has with its end, or fewer; the last line may have none. */
orm_status orm__dotenv_parse(const char *text, const char *name, orm__dotenv *file, orm_error *error)
{
    reading r = {.from = text, .line = 1};
    *file = (orm__dotenv){.text = r.to = malloc(strlen(text) + 1)};
    if (!r.to)
        return orm__error_no_memory(error);
    if (strncmp(r.from, "\xef\xbb\xbf", 3) == 0) /* Windows' mark of UTF-8 */
        r.from += 3;
    for (;;) {
        r.from += strspn(r.from, BLANKS);
        if (*r.from == '#')
            r.from += strcspn(r.from, "\n");
        if (!*r.from)
            break;
        int line = r.line;
        if (*r.from == '\n') {
            r.from++;
            r.line++;
        } else if (!read_entry(&r)) {
            orm__dotenv_release(file);
            return orm__error_set(error, ORM_INVALID, "%.300s:%d: expected NAME=value", name, line);
        }
    }
    file->length = (size_t)(r.to - file->text);
    return ORM_OK;
}

static bool read_entry(reading *r)
{
    if (strncmp(r->from, "export", 6) == 0 && (r->from[6] == ' ' || r->from[6] == '\t'))
        r->from += 6 + strspn(r->from + 6, BLANKS);
    if (!read_name(r))
        return false;
    char quote = *r->from;
    if (quote != '\'' && quote != '"') {
        read_bare(r);
        return true;
    }
    if (!read_quoted(r, quote))
        return false;
    r->from += strspn(r->from, BLANKS);
    return !*r->from || *r->from == '\n' || *r->from == '#';
}

/* With the = behind it. */
static bool read_name(reading *r)
{
    size_t length = strspn(r->from, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.");
    const char *equals = r->from + length + strspn(r->from + length, BLANKS);
    if (length == 0 || *equals != '=')
        return false;
    memcpy(r->to, r->from, length);
    r->from = equals + 1 + strspn(equals + 1, BLANKS);
    r->to += length;
    *r->to++ = '\0';
    return true;
}

static bool read_quoted(reading *r, char quote)
{
    for (r->from++; *r->from && *r->from != quote; r->from++) {
        r->line += *r->from == '\n';
        char plain = quote == '"' && *r->from == '\\' ? escaped(r->from[1]) : '\0';
        r->from += plain != '\0';
        *r->to++ = plain ? plain : *r->from;
    }
    bool closed = *r->from == quote;
    r->from += closed;
    *r->to++ = '\0';
    return closed;
}

static char escaped(char c)
{
    static const char codes[] = "nrt\"\\$", plain[] = "\n\r\t\"\\$";
    const char *found = c ? strchr(codes, c) : NULL;
    return found ? plain[found - codes] : '\0';
}

static void read_bare(reading *r)
{
    size_t length = strcspn(r->from, "\n"), kept = 0;
    for (size_t i = 0; i < length && !(r->from[i] == '#' && (i == 0 || strchr(BLANKS, r->from[i - 1]))); i++)
        if (!strchr(BLANKS, r->from[i]))
            kept = i + 1;
    memcpy(r->to, r->from, kept);
    r->from += length;
    r->to += kept;
    *r->to++ = '\0';
}

void orm__dotenv_release(orm__dotenv *file)
{
    free(file->text);
    *file = (orm__dotenv){0};
}

const char *orm__dotenv_find(const orm__dotenv *file, const char *name)
{
    const char *found = NULL, *end = file->text ? file->text + file->length : NULL;
    for (const char *one = file->text; one < end;) {
        const char *value = one + strlen(one) + 1;
        if (strcmp(one, name) == 0)
            found = value;
        one = value + strlen(value) + 1;
    }
    return found;
}
