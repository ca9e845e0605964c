/* base/json.c -- reading arrays of scalars, writing strings, by json.h.
 * SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <stdint.h>
#include <string.h>

static orm__json_kind read_next(orm__json_reader *r);
static orm__json_kind read_separator(orm__json_reader *r);
static orm__json_kind read_item(orm__json_reader *r);
static orm__json_kind read_word(orm__json_reader *r);
static orm__json_kind read_number(orm__json_reader *r);
static bool skip_digits(orm__json_reader *r);
static orm__json_kind read_string(orm__json_reader *r);
static orm__json_kind read_escaped(orm__json_reader *r, const char *begin);
static bool read_escape(orm__json_reader *r);
static bool read_character(orm__json_reader *r);
static bool read_unit(orm__json_reader *r, uint32_t *unit);
static void append_character(orm__text *text, uint32_t character);
static void skip_space(orm__json_reader *r);
static bool skip(orm__json_reader *r, char c);

/* The short escapes: what stands behind the backslash, and what it means. */
static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";

void orm__json_reader_init(orm__json_reader *reader, const char *text, size_t size)
{
    *reader = (orm__json_reader){.next = text, .end = text + size, .last = ORM__JSON_NULL};
}

void orm__json_reader_release(orm__json_reader *reader)
{
    orm__text_release(&reader->string);
}

orm__json_kind orm__json_next(orm__json_reader *reader)
{
    if (reader->last > ORM__JSON_END)
        reader->last = read_next(reader);
    return reader->last;
}

static orm__json_kind read_next(orm__json_reader *r)
{
    orm__json_kind kind = read_separator(r);
    if (kind == ORM__JSON_NULL)
        return read_item(r);
    if (kind == ORM__JSON_END) {
        skip_space(r);
        return r->next == r->end ? ORM__JSON_END : ORM__JSON_WRONG;
    }
    return kind;
}

/* What stands before an item, or the end; ORM__JSON_NULL when an item must follow. */
static orm__json_kind read_separator(orm__json_reader *r)
{
    bool begun = r->begun;
    skip_space(r);
    if (!begun && !skip(r, '['))
        return ORM__JSON_WRONG;
    r->begun = true;
    skip_space(r);
    if (skip(r, ']'))
        return ORM__JSON_END;
    if (begun && !skip(r, ','))
        return ORM__JSON_WRONG;
    skip_space(r);
    return ORM__JSON_NULL;
}

static orm__json_kind read_item(orm__json_reader *r)
{
    if (skip(r, '"'))
        return read_string(r);
    if (r->next < r->end && (*r->next == '-' || (*r->next >= '0' && *r->next <= '9')))
        return read_number(r);
    return read_word(r);
}

static orm__json_kind read_word(orm__json_reader *r)
{
    static const struct {
        const char *text;
        orm__json_kind kind;
    } words[] = {{"null", ORM__JSON_NULL}, {"true", ORM__JSON_TRUE}, {"false", ORM__JSON_FALSE}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i].text);
        if ((size_t)(r->end - r->next) < length || memcmp(r->next, words[i].text, length) != 0)
            continue;
        r->next += length;
        return words[i].kind;
    }
    return ORM__JSON_WRONG;
}

/* A number begins with no further zero, and has digits behind its point and in its exponent. */
static orm__json_kind read_number(orm__json_reader *r)
{
    r->data = r->next;
    skip(r, '-');
    if (!skip(r, '0') && !skip_digits(r))
        return ORM__JSON_WRONG;
    if (skip(r, '.') && !skip_digits(r))
        return ORM__JSON_WRONG;
    if (skip(r, 'e') || skip(r, 'E')) {
        if (!skip(r, '+'))
            skip(r, '-');
        if (!skip_digits(r))
            return ORM__JSON_WRONG;
    }
    r->size = (size_t)(r->next - r->data);
    return ORM__JSON_NUMBER;
}

static bool skip_digits(orm__json_reader *r)
{
    const char *first = r->next;
    while (r->next < r->end && *r->next >= '0' && *r->next <= '9')
        r->next++;
    return r->next > first;
}

/* A string without escapes is not copied. */
static orm__json_kind read_string(orm__json_reader *r)
{
    const char *begin = r->next;
    while (r->next < r->end && *r->next != '"' && *r->next != '\\' && (unsigned char)*r->next >= 0x20)
        r->next++;
    if (r->next < r->end && *r->next == '\\')
        return read_escaped(r, begin);
    r->data = begin;
    r->size = (size_t)(r->next - begin);
    return skip(r, '"') ? ORM__JSON_STRING : ORM__JSON_WRONG;
}

/* From the first escape on. */
static orm__json_kind read_escaped(orm__json_reader *r, const char *begin)
{
    orm__text_clear(&r->string);
    orm__text_bytes(&r->string, begin, (size_t)(r->next - begin));
    while (r->next < r->end && *r->next != '"') {
        if ((unsigned char)*r->next < 0x20)
            return ORM__JSON_WRONG;
        if (skip(r, '\\')) {
            if (!read_escape(r))
                return ORM__JSON_WRONG;
        } else {
            orm__text_char(&r->string, *r->next++);
        }
    }
    if (r->string.failed)
        return ORM__JSON_NO_MEMORY;
    r->data = r->string.data;
    r->size = r->string.length;
    return skip(r, '"') ? ORM__JSON_STRING : ORM__JSON_WRONG;
}

static bool read_escape(orm__json_reader *r)
{
    if (skip(r, 'u'))
        return read_character(r);
    const char *found = r->next < r->end && *r->next ? strchr(escapes, *r->next) : NULL;
    if (!found)
        return false;
    orm__text_char(&r->string, meanings[found - escapes]);
    r->next++;
    return true;
}

/* Four digits, or two times four for what is beyond 16 bits; half of such a pair is no character. */
static bool read_character(orm__json_reader *r)
{
    uint32_t character, low;
    if (!read_unit(r, &character) || (character >= 0xdc00 && character < 0xe000))
        return false;
    if (character >= 0xd800 && character < 0xdc00) {
        if (!skip(r, '\\') || !skip(r, 'u') || !read_unit(r, &low) || low < 0xdc00 || low >= 0xe000)
            return false;
        character = 0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00);
    }
    append_character(&r->string, character);
    return true;
}

static bool read_unit(orm__json_reader *r, uint32_t *unit)
{
    *unit = 0;
    if (r->end - r->next < 4)
        return false;
    for (const char *end = r->next + 4; r->next < end; r->next++) {
        char c = *r->next;
        bool digit = c >= '0' && c <= '9', small = c >= 'a' && c <= 'f', capital = c >= 'A' && c <= 'F';
        if (!digit && !small && !capital)
            return false;
        *unit = *unit << 4 | (uint32_t)(c - (digit ? '0' : small ? 'a' - 10 : 'A' - 10));
    }
    return true;
}

/* In UTF-8. */
static void append_character(orm__text *text, uint32_t character)
{
    if (character < 0x80) {
        orm__text_char(text, (char)character);
        return;
    }
    int rest = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    static const uint32_t first[] = {0, 0xc0, 0xe0, 0xf0};
    orm__text_char(text, (char)(unsigned char)(first[rest] | character >> 6 * rest));
    while (rest-- > 0)
        orm__text_char(text, (char)(unsigned char)(0x80 | (character >> 6 * rest & 0x3f)));
}

static void skip_space(orm__json_reader *r)
{
    while (r->next < r->end && (*r->next == ' ' || *r->next == '\t' || *r->next == '\n' || *r->next == '\r'))
        r->next++;
}

static bool skip(orm__json_reader *r, char c)
{
    if (r->next == r->end || *r->next != c)
        return false;
    r->next++;
    return true;
}

void orm__json_write_string(orm__text *json, const char *text, size_t size)
{
    const char *kept = text, *end = text + size;
    orm__text_char(json, '"');
    for (const char *at = text; at < end; at++) {
        unsigned char c = (unsigned char)*at;
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        orm__text_bytes(json, kept, (size_t)(at - kept));
        kept = at + 1;
        const char *meaning = c ? strchr(meanings, *at) : NULL;
        if (meaning)
            orm__text_printf(json, "\\%c", escapes[meaning - meanings]);
        else
            orm__text_printf(json, "\\u%04x", c);
    }
    orm__text_bytes(json, kept, (size_t)(end - kept));
    orm__text_char(json, '"');
}
