/* sql/scan.c -- the words of SQL, by scan.h.
 * SPDX-License-Identifier: MIT */
#include "sql/scan.h"

#include <string.h>
#include <strings.h>

static const char *skip_blanks(const char *at, orm_dialect dialect);
static const char *skip_comment(const char *at, orm_dialect dialect);
static const char *end_of_string(const char *at, orm_dialect dialect);
static const char *end_of_quoted(const char *at, char mark, bool backslashes);
static const char *end_of_dollars(const char *at);
static orm__word parameter(const char *begin);
static const char *end_of_name(const char *at);
static bool is_digit(char c);
static bool begins_name(char c);

orm__word orm__scan_next(const char **at, orm_dialect dialect)
{
    const char *begin = skip_blanks(*at, dialect), *end;
    orm__word word = {.kind = ORM__WORD_OTHER, .begin = begin};
    bool ticks = *begin == '`' && dialect == ORM_SQLITE;
    if (!*begin) {
        word.kind = ORM__WORD_END;
        word.end = begin;
    } else if ((end = end_of_string(begin, dialect)) != NULL) {
        word.end = end;
    } else if (*begin == '"' || ticks) {
        word.kind = ORM__WORD_QUOTED;
        word.end = end_of_quoted(begin, *begin, false);
    } else if (*begin == '[' && dialect == ORM_SQLITE) {
        word.end = begin + strcspn(begin, "]");
        word.end += *word.end == ']';
    } else if (begins_name(*begin)) {
        word.kind = ORM__WORD_NAME;
        word.end = end_of_name(begin);
    } else if (is_digit(*begin)) {
        for (word.end = begin; *word.end == '.' || begins_name(*word.end) || is_digit(*word.end);)
            word.end++;
    } else if (begin[0] == ':' && begin[1] == ':') {
        word.end = begin + 2;
    } else if ((*begin == ':' && begins_name(begin[1])) || (*begin == '$' && is_digit(begin[1]))) {
        word = parameter(begin);
    } else {
        word.end = begin + 1;
    }
    *at = word.end;
    return word;
}

static orm__word parameter(const char *begin)
{
    orm__word word = {.kind = *begin == ':' ? ORM__WORD_NAMED : ORM__WORD_NUMBERED, .begin = begin + 1};
    word.end = end_of_name(begin + 1);
    if (*begin == '$')
        for (word.end = word.begin; is_digit(*word.end);)
            word.end++;
    return word;
}

static const char *skip_blanks(const char *at, orm_dialect dialect)
{
    for (;;) {
        const char *next = skip_comment(at + strspn(at, " \t\r\n\f\v"), dialect);
        if (next == at)
            return at;
        at = next;
    }
}

/* Comments nest on PostgreSQL alone. */
static const char *skip_comment(const char *at, orm_dialect dialect)
{
    if (at[0] == '-' && at[1] == '-')
        return at + strcspn(at, "\n");
    if (at[0] != '/' || at[1] != '*')
        return at;
    int depth = 1;
    for (at += 2; *at && depth > 0;) {
        bool opens = at[0] == '/' && at[1] == '*' && dialect == ORM_POSTGRESQL, closes = at[0] == '*' && at[1] == '/';
        depth += opens ? 1 : closes ? -1 : 0;
        at += opens || closes ? 2 : 1;
    }
    return at;
}

/* Of 'text', on PostgreSQL also of E'text' and $tag$text$tag$; NULL when none begins there. */
static const char *end_of_string(const char *at, orm_dialect dialect)
{
    if (*at == '\'')
        return end_of_quoted(at, '\'', false);
    if (dialect != ORM_POSTGRESQL)
        return NULL;
    if ((*at == 'e' || *at == 'E') && at[1] == '\'')
        return end_of_quoted(at + 1, '\'', true);
    return *at == '$' ? end_of_dollars(at) : NULL;
}

/* A mark that is doubled stands for itself. */
static const char *end_of_quoted(const char *at, char mark, bool backslashes)
{
    for (at++; *at; at++) {
        if ((*at == '\\' && backslashes && at[1]) || (*at == mark && at[1] == mark))
            at++;
        else if (*at == mark)
            return at + 1;
    }
    return at;
}

static const char *end_of_dollars(const char *at)
{
    const char *tag = at + 1;
    if (*tag != '$' && !begins_name(*tag))
        return NULL;
    while (begins_name(*tag) || is_digit(*tag))
        tag++;
    if (*tag != '$')
        return NULL;
    size_t length = (size_t)(tag + 1 - at);
    for (const char *end = tag + 1; *end; end++)
        if (strncmp(end, at, length) == 0)
            return end + length;
    return tag + 1 + strlen(tag + 1);
}

static const char *end_of_name(const char *at)
{
    while (begins_name(*at) || is_digit(*at) || *at == '$')
        at++;
    return at;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool begins_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 128;
}

bool orm__word_is(orm__word word, const char *keyword)
{
    size_t length = (size_t)(word.end - word.begin);
    return word.kind == ORM__WORD_NAME && strlen(keyword) == length && strncasecmp(word.begin, keyword, length) == 0;
}

bool orm__word_names(orm__word word, const char *name)
{
    size_t quotes = word.kind == ORM__WORD_QUOTED, length = (size_t)(word.end - word.begin);
    return (quotes || word.kind == ORM__WORD_NAME) && strlen(name) + 2 * quotes == length &&
           strncasecmp(word.begin + quotes, name, length - 2 * quotes) == 0;
}

bool orm__word_is_sign(orm__word word, char sign)
{
    return word.kind == ORM__WORD_OTHER && word.end == word.begin + 1 && *word.begin == sign;
}
