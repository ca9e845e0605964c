/* engine/check_list.c -- reads SQL as far as check_list.h needs it: words, names, strings and comments.
 * SPDX-License-Identifier: MIT */
#include "engine/check_list.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* A piece of SQL. Inside `mark` ... `mark` a doubled mark stands for one; 0 where there is none. */
typedef struct piece {
    char mark;
    const char *start;
    size_t length;
} piece;

static const char *next_piece(const char *sql, piece *found);
static const char *skip_blanks(const char *sql);
static const char *take_marked(const char *sql, char end, piece *found);
static bool is_word(const piece *found, const char *word);
static bool is_name(const piece *found, const char *name);
static bool holds(const piece *found, const char *text, int (*compare)(const char *, const char *, size_t));
static const char *read_list(const char *sql, const char *value, bool *named);

bool orm__check_list_allows(const char *sql, const char *column, const char *value)
{
    bool listed = false, named = false;
    piece found = {0};
    while (!named && *(sql = next_piece(sql, &found))) {
        piece in, opening;
        if (!is_name(&found, column))
            continue;
        const char *behind = next_piece(next_piece(sql, &in), &opening);
        if (!is_word(&in, "IN") || !is_word(&opening, "("))
            continue;
        listed = true;
        sql = read_list(behind, value, &named);
    }
    return named || !listed;
}

/* From behind the parenthesis to behind the other. */
static const char *read_list(const char *sql, const char *value, bool *named)
{
    piece found;
    do {
        sql = next_piece(sql, &found);
        *named |= found.mark == '\'' && holds(&found, value, strncmp);
    } while (found.mark || (found.length && !is_word(&found, ")")));
    return sql;
}

/* Of length 0 and without a mark at the end. */
static const char *next_piece(const char *sql, piece *found)
{
    sql = skip_blanks(sql);
    *found = (piece){.start = sql};
    if (*sql && strchr("'\"`", *sql))
        return take_marked(sql, *sql, found);
    if (*sql == '[')
        return take_marked(sql, ']', found);
    while (isalnum((unsigned char)sql[found->length]) || sql[found->length] == '_' || sql[found->length] & 0x80)
        found->length++;
    if (!found->length && *sql)
        found->length = 1;
    return sql + found->length;
}

static const char *skip_blanks(const char *sql)
{
    for (;;) {
        const char *begin = sql, *end;
        sql += strspn(sql, " \t\r\n\f");
        if (strncmp(sql, "--", 2) == 0)
            sql += strcspn(sql, "\n");
        if (strncmp(sql, "/*", 2) == 0)
            sql = (end = strstr(sql + 2, "*/")) ? end + 2 : sql + strlen(sql);
        if (sql == begin)
            return sql;
    }
}

static const char *take_marked(const char *sql, char end, piece *found)
{
    const char *start = ++sql;
    while (*sql && (*sql != end || (end != ']' && sql[1] == end)))
        sql += *sql == end ? 2 : 1;
    *found = (piece){.mark = end, .start = start, .length = (size_t)(sql - start)};
    return sql + (*sql != '\0');
}

static bool is_word(const piece *found, const char *word)
{
    return !found->mark && strlen(word) == found->length && strncasecmp(found->start, word, found->length) == 0;
}

static bool is_name(const piece *found, const char *name)
{
    return found->mark != '\'' && holds(found, name, strncasecmp);
}

static bool holds(const piece *found, const char *text, int (*compare)(const char *, const char *, size_t))
{
    const char *end = found->start + found->length;
    for (const char *c = found->start; c < end; c += *c == found->mark ? 2 : 1)
        if (!*text || compare(c, text++, 1) != 0)
            return false;
    return !*text;
}
