/* mutate.c -- new schemas from old ones: lines moved, doubled, left out and indented, words put in the place of others.
 *
 * Half of the time libFuzzer's own mutations run, which know bytes only.
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "language.h"
#include "types.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { MOST_LINES = 2000, MOST_WORDS = 4000 };

typedef struct span {
    size_t begin, end;
} span;

typedef struct text {
    uint8_t *data;
    size_t size, most;
    uint32_t chance; /* the state of a small generator of chance */
} text;

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed);

static size_t draw(text *t, size_t below);
static size_t find_lines(const text *t, span *lines);
static size_t find_words(const text *t, span *words);
static bool is_of_word(uint8_t c);
static void replace(text *t, span old, const uint8_t *fresh, size_t size);
static void copy_span(text *t, span from, span to);
static void copy_line(text *t);
static void drop_line(text *t);
static void indent_line(text *t);
static void put_word_of_its_own(text *t);
static void put_word_of_the_language(text *t);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed)
{
    static void (*const ways[])(text * t) = {
        copy_line,           copy_line,           drop_line,           indent_line,
        put_word_of_its_own, put_word_of_its_own, put_word_of_its_own, put_word_of_the_language};
    text t = {.data = data, .size = size, .most = most, .chance = seed | 1};
    if (!size || draw(&t, 2))
        return LLVMFuzzerMutate(data, size, most);
    for (size_t i = 1 + draw(&t, 3); i > 0; i--)
        ways[draw(&t, sizeof ways / sizeof *ways)](&t);
    return t.size;
}

/* xorshift */
static size_t draw(text *t, size_t below)
{
    t->chance ^= t->chance << 13;
    t->chance ^= t->chance >> 17;
    t->chance ^= t->chance << 5;
    return below ? t->chance % below : 0;
}

static size_t find_lines(const text *t, span *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < t->size && count < MOST_LINES; count++) {
        lines[count].begin = i;
        while (i < t->size && t->data[i] != '\n')
            i++;
        i += i < t->size;
        lines[count].end = i;
    }
    return count;
}

static size_t find_words(const text *t, span *words)
{
    size_t count = 0;
    for (size_t i = 0; i < t->size && count < MOST_WORDS; i++) {
        if (!is_of_word(t->data[i]))
            continue;
        words[count].begin = i;
        while (i < t->size && is_of_word(t->data[i]))
            i++;
        words[count++].end = i;
    }
    return count;
}

static bool is_of_word(uint8_t c)
{
    return isalnum(c) || c == '_' || c >= 0x80;
}

/* Nothing when there is no room. */
static void replace(text *t, span old, const uint8_t *fresh, size_t size)
{
    if (t->size - (old.end - old.begin) + size > t->most)
        return;
    memmove(t->data + old.begin + size, t->data + old.end, t->size - old.end);
    memcpy(t->data + old.begin, fresh, size);
    t->size = t->size - (old.end - old.begin) + size;
}

static void copy_span(text *t, span from, span to)
{
    size_t size = from.end - from.begin;
    uint8_t *copy = malloc(size + 1);
    EXPECT(copy);
    memcpy(copy, t->data + from.begin, size);
    replace(t, to, copy, size);
    free(copy);
}

/* To before another one, or in its place. */
static void copy_line(text *t)
{
    span lines[MOST_LINES];
    size_t count = find_lines(t, lines);
    if (!count)
        return;
    span to = lines[draw(t, count)];
    if (draw(t, 2))
        to.end = to.begin;
    copy_span(t, lines[draw(t, count)], to);
}

static void drop_line(text *t)
{
    span lines[MOST_LINES];
    size_t count = find_lines(t, lines);
    if (count)
        replace(t, lines[draw(t, count)], t->data, 0);
}

static void indent_line(text *t)
{
    span lines[MOST_LINES];
    size_t count = find_lines(t, lines);
    if (!count)
        return;
    span line = lines[draw(t, count)];
    line.end = line.begin + (draw(t, 2) && t->data[line.begin] == ' ');
    replace(t, line, (const uint8_t *)"  ", line.end > line.begin ? 0 : 2);
}

static void put_word_of_its_own(text *t)
{
    span words[MOST_WORDS];
    size_t count = find_words(t, words);
    if (count)
        copy_span(t, words[draw(t, count)], words[draw(t, count)]);
}

static void put_word_of_the_language(text *t)
{
    static const char *const others[] = {"true",     "false",    "null",   "now", "-1", "0",  "1e308",
                                         "\"\"",     "[]",       "{}",     "<<",  "&a", "*a", "cascade",
                                         "set_null", "restrict", "delete", "?",   "'",  "\\n"};
    size_t keys = 0, types = 0;
    while (ormc_keys[keys].word)
        keys++;
    while (ormc_types[types].word)
        types++;
    size_t at = draw(t, keys + types + sizeof others / sizeof *others);
    const char *word = at < keys           ? ormc_keys[at].word
                       : at < keys + types ? ormc_types[at - keys].word
                                           : others[at - keys - types];
    span words[MOST_WORDS];
    size_t count = find_words(t, words);
    if (count)
        replace(t, words[draw(t, count)], (const uint8_t *)word, strlen(word));
}
