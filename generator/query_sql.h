/* query_sql.h -- SQL that somebody wrote, as words: finds its parameters, what it does, and the items of its result.
 *
 * Knows strings, comments, quoted names, dollar quotes and casts of both dialects, and no grammar beyond that.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_QUERY_SQL_H
#define ORMC_QUERY_SQL_H

#include "base/text.h"
#include "literal.h"
#include "model.h"

typedef enum ormc_word_kind {
    ORMC_SQL_END,
    ORMC_SQL_WORD,      /* a name or key word, quoted ones too */
    ORMC_SQL_PARAMETER, /* :name; the text is the name */
    ORMC_SQL_OTHER      /* strings, numbers, signs */
} ormc_word_kind;

/* A piece of SQL between blanks and comments. */
typedef struct ormc_sql_word {
    ormc_word_kind kind;
    const char *begin, *end;
    bool quoted; /* a word in quotes: never a key word */
} ormc_sql_word;

/* The word at *at or behind it; moves *at behind it. */
ormc_sql_word ormc_sql_next(const char **at, ormc_dialect dialect);
/* Whether it is this key word, which is given in capitals. */
bool ormc_sql_is(ormc_sql_word word, const char *keyword);
/* Whether a name means this one, as databases compare names. */
bool ormc_sql_names(ormc_sql_word word, const char *name);
/* Whether it is this one character. */
bool ormc_sql_is_sign(ormc_sql_word word, char sign);
bool ormc_sql_same(ormc_sql_word a, ormc_sql_word b);

/* What it does; a SELECT whose WITH writes does what that does. */
ormc_statement ormc_sql_statement(const char *sql, ormc_dialect dialect);
/* Calls back for the name of each table that is written. */
void ormc_sql_written(const char *sql, ormc_dialect dialect, void (*call)(ormc_sql_word table, void *user), void *user);

/* The query's text for a database as it is sent: $1 or ?1 for :name, with the cast that the type needs, and for each
 * model that it returns the columns instead of the star of `p.*`. False when a parameter is not declared: then it is
 * *unknown. */
bool ormc_sql_send(const ormc_query *query, ormc_dialect dialect, orm__text *out, ormc_sql_word *unknown);

/* The items between SELECT (or RETURNING) and FROM of the outermost statement; `items` has room for `most`. Returns
 * how many there are. */
typedef struct ormc_sql_item {
    ormc_sql_word first;  /* "a" of a.name, "sum" of sum(x) */
    ormc_sql_word second; /* "name" of a.name; kind ORMC_SQL_END when it is no such pair alone */
    bool plain;           /* nothing but a column */
    bool call;            /* nothing but the call of the function `first` */
} ormc_sql_item;
size_t ormc_sql_items(const char *sql, ormc_dialect dialect, ormc_sql_item *items, size_t most);

/* Whether there is a GROUP BY in the outermost statement. */
bool ormc_sql_groups(const char *sql, ormc_dialect dialect);
/* The tables of the outermost FROM, and whether an outer join may leave each out. */
typedef struct ormc_sql_source {
    ormc_sql_word table; /* kind ORMC_SQL_END: a subquery */
    ormc_sql_word alias; /* the table's name when it has none */
    bool optional;
} ormc_sql_source;
size_t ormc_sql_sources(const char *sql, ormc_dialect dialect, ormc_sql_source *sources, size_t most);

#endif
