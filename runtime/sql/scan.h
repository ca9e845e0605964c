/* sql/scan.h -- SQL that somebody wrote by hand, word by word: what is a parameter in it, and what only looks like one.
 *
 * Knows how each database writes strings, names and comments; nothing of what statements mean.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_SQL_SCAN_H
#define ORM_SQL_SCAN_H

#include "orm/model.h"

typedef enum orm__word_kind {
    ORM__WORD_END,
    ORM__WORD_NAME,     /* a keyword or a name */
    ORM__WORD_QUOTED,   /* a name in quotes, which belong to it */
    ORM__WORD_NAMED,    /* a parameter, without its colon */
    ORM__WORD_NUMBERED, /* a parameter: the digits behind its $ */
    ORM__WORD_OTHER     /* a string, a number, a sign */
} orm__word_kind;

typedef struct orm__word {
    orm__word_kind kind;
    const char *begin, *end; /* in the text */
} orm__word;

/* The next word from `*at` on, which moves behind it. */
orm__word orm__scan_next(const char **at, orm_dialect dialect);
/* Whether it is this keyword, in any case. */
bool orm__word_is(orm__word word, const char *keyword);
/* Whether it names this table or column, in quotes or not. */
bool orm__word_names(orm__word word, const char *name);
/* Whether it is this one character. */
bool orm__word_is_sign(orm__word word, char sign);

#endif
