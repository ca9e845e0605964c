/* orm/validation.h -- what is wrong with values, before anything is sent.
 *
 * A flush holds every new entity, and every changed column, to the rules of the schema: required values, min and max,
 * min_length and max_length, pattern, membership of an enum. All problems of one entity are told at once, in the
 * message of the ORM_INVALID that the flush answers. The generated `_validate` does the same with values that nobody
 * has added.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_VALIDATION_H
#define ORM_VALIDATION_H

#include "orm/error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ORM_PROBLEMS_MAX = 16 };

typedef struct orm_problem {
    const char *column; /* the member's name; borrowed from the schema */
    /* "required", "min", "max", "min_length", "max_length", "pattern", "enum", "decimal", "digits", "inet"; a
     * constant. */
    const char *rule;
    char message[160]; /* "views: -1 is less than 0"; values of sensitive columns are not in it */
} orm_problem;

/* In the order of the columns; `count` may be more than were kept. */
typedef struct orm_problems {
    size_t count;
    orm_problem items[ORM_PROBLEMS_MAX];
} orm_problems;

#ifdef __cplusplus
}
#endif
#endif
