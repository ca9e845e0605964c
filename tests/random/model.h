/* model.h -- the plain model that the randomized test holds against a session: things in an array, and what a flush
 * does.
 *
 * Knows nothing of sessions and databases: a savepoint is a copy of the whole struct.
 * SPDX-License-Identifier: MIT */
#ifndef RANDOM_MODEL_H
#define RANDOM_MODEL_H

#include <stdbool.h>
#include <stddef.h>

enum { THINGS_MAX = 160, NONE = -1, HOOKED_NUMBER = 99 };

typedef enum kind { NODE, LEAF, PART, LOAN, BILL, SPOT, SEAT, CARD, TOWN, PERMIT, GUEST, FLAG, TAG, LAND, KINDS } kind;
typedef enum rule { RESTRICT, CASCADE, SET_NULL } rule;

typedef struct kind_facts {
    const char *name, *collection; /* of the owner, from the other side; NULL: it has none */
    bool owned, nullable, single;  /* has an owner; may be without; one for each owner */
    bool orphans_go;
    rule on_delete;
    kind owner; /* NODE or LAND */
} kind_facts;
extern const kind_facts kinds[KINDS];

typedef enum life { ABSENT, PENDING, STORED, LEAVING } life;

typedef struct thing {
    unsigned char kind, life;
    short owner;
    short name, number; /* number NONE: NULL */
    short y;            /* of a spot: the part of its key that changes */
    short mood;         /* of a node */
    short code;         /* of a land: its key */
    short n;            /* of a town: the part of its key that is its own */
    bool given;         /* the owner was given as an entity since the last flush */
    bool by_key;        /* the owner was given by its key since the last flush: then the database alone knows */
    bool by_pointer;    /* it was given by pointer since the last flush, perhaps the one it had */
} thing;

typedef struct model {
    thing things[THINGS_MAX];
    bool tagged[THINGS_MAX][THINGS_MAX]; /* node, tag */
    int count;
    bool hooked; /* hooks give each new part its number */
} model;

static inline bool lives(const thing *t)
{
    return t->life == PENDING || t->life == STORED;
}

/* What a flush makes of the marks: cascades are done, what leaves is gone, what is pending is stored. False, with
 * `why` told, when the database or the session must refuse it. `before` is how things were after the flush before. */
bool model_flush(model *m, const model *before, const char **why);
/* Whether a unique value of `after` belonged to another thing in `before`: the session may refuse to pass it on. */
bool model_passes_values(const model *before, const model *after);
/* Whether the owner of something was given by pointer since the last flush, and deleted then: where the session does
 * not know what the database has it may refuse even the owner that the thing had before. */
bool model_refers_to_gone(const model *m);
/* Marks as deleted; a pending thing is gone at once. */
void model_delete(model *m, int index);

#endif
