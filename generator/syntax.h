/* syntax.h -- YAML text to a tree of nodes, each with its place.
 *
 * Aliases and `<<` merges are resolved, so a tree may hold one node in several positions; how much they expand to,
 * how deep nodes nest is bounded. What the nodes mean is link.h's to say.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_SYNTAX_H
#define ORMC_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "diagnostic.h"

enum {
    ORMC_DEEPEST_NESTING = 100,
    ORMC_MOST_ALIASED_NODES = 1000000 /* nodes that all aliases of a file stand for together */
};

typedef enum ormc_node_kind { ORMC_SCALAR, ORMC_SEQUENCE, ORMC_MAPPING } ormc_node_kind;

typedef struct ormc_node ormc_node;

typedef struct ormc_pair {
    const ormc_node *key; /* a scalar */
    const ormc_node *value;
} ormc_pair;

struct ormc_node {
    ormc_node_kind kind;
    ormc_place place;
    const char *text;        /* of a scalar */
    bool quoted;             /* a scalar in quotes or in block style: always a text, never a number or a word */
    const ormc_node **items; /* of a sequence */
    ormc_pair *pairs;        /* of a mapping: the first of those with equal keys, then what `<<` brings in */
    size_t count;            /* of items or pairs */
    bool lacking;            /* a mapping: some of its keys could not be read, which is reported */
    size_t weight;           /* nodes below it and itself, aliases expanded */
};

/* Reads a file, or a text that stands for one, and gives its texts to the diagnostics as a source. What is wrong
 * with it is reported; *tree is NULL when it cannot be read to its end. False only when memory is gone. The tree is
 * in the arena; it borrows `path`. */
bool ormc_syntax_read(const char *path, orm__arena *arena, ormc_diagnostics *diagnostics, const ormc_node **tree);
bool ormc_syntax_parse(const char *path, const char *text, size_t size, orm__arena *arena,
                       ormc_diagnostics *diagnostics, const ormc_node **tree);

/* What stands in a text, in its order, for those who must know how it was written. A collection begins with its own
 * event and ends with ORMC_EVENT_END; the keys and values of a mapping alternate. */
typedef enum ormc_event_kind {
    ORMC_EVENT_SCALAR,
    ORMC_EVENT_ALIAS,
    ORMC_EVENT_SEQUENCE,
    ORMC_EVENT_MAPPING,
    ORMC_EVENT_END
} ormc_event_kind;

typedef struct ormc_event {
    ormc_event_kind kind;
    char style;         /* of a scalar: ' " | > or p for plain; of a collection { when it stands in brackets */
    size_t begin, end;  /* bytes; what properties a node has stand behind `begin` */
    const char *text;   /* of a scalar: its value; of an alias: its name */
    const char *anchor; /* or NULL */
} ormc_event;

/* The events of a text that ormc_syntax_parse read without an error, and that begins with no byte order mark; arena.
 * False when memory is gone. */
bool ormc_syntax_list(const char *text, size_t size, orm__arena *arena, ormc_event **events, size_t *count);

/* The value of a key; NULL when the node is no mapping or has no such key. */
const ormc_node *ormc_node_find(const ormc_node *node, const char *key);

/* Nothing at all, ~ or null. */
bool ormc_node_is_null(const ormc_node *node);

#endif
