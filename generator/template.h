/* template.h -- a Mustache engine: text with tags, and a tree of data, to text.
 *
 * Implements the public Mustache specification (github.com/mustache/spec): interpolation, sections, inverted sections,
 * comments, partials with indentation, set delimiters; not the optional lambdas, inheritance and dynamic names. Knows
 * nothing of models.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_TEMPLATE_H
#define ORMC_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/text.h"

/* A node of the data: null, boolean, text, list or object. Arena memory; strings given are borrowed, not copied. */
typedef struct ormc_data ormc_data;

/* Each returns NULL when memory is gone; set and append accept NULL values and then only remember the failure. */
ormc_data *ormc_data_null(orm__arena *arena);
ormc_data *ormc_data_boolean(orm__arena *arena, bool value);
ormc_data *ormc_data_text(orm__arena *arena, const char *text);
ormc_data *ormc_data_list(orm__arena *arena);
ormc_data *ormc_data_object(orm__arena *arena);
/* Members keep no order; setting a key twice replaces it. Lookup is by hash, for objects of hundreds of members. */
void ormc_data_set(ormc_data *object, const char *key, ormc_data *value);
void ormc_data_append(ormc_data *list, ormc_data *item);
/* Conveniences for views: each sets a member of that kind. */
void ormc_data_set_text(ormc_data *object, const char *key, const char *text);
void ormc_data_set_boolean(ormc_data *object, const char *key, bool value);
ormc_data *ormc_data_set_list(ormc_data *object, const char *key);
ormc_data *ormc_data_set_object(ormc_data *object, const char *key);

/* Makes an item of a list when a template comes to it, in an arena that is released when the template has gone on. NULL
 * when memory is gone. */
typedef ormc_data *(*ormc_data_maker)(size_t index, orm__arena *arena, void *user);

/* Sets a member to a list whose items are made when they are needed, each time anew: for long lists of large items. */
void ormc_data_set_made_list(ormc_data *object, const char *key, size_t count, ormc_data_maker maker, void *user);

/* Where templates come from: returns the text of the template or partial `name` (borrowed until the render ends), NULL
 * when there is none. */
typedef const char *(*ormc_template_lookup)(const char *name, void *user);

/* Templates that were parsed, kept from one render to the next. Zeroed it is empty; release frees what it holds and
 * leaves it empty. All renders with one set have the same lookup, and its texts are borrowed until the release. */
typedef struct ormc_template_set {
    orm__arena arena;
    struct ormc_parsed_template *templates;
} ormc_template_set;

void ormc_template_set_release(ormc_template_set *set);

typedef struct ormc_template_options {
    ormc_template_lookup lookup;
    void *user;
    ormc_template_set *set; /* borrowed; NULL: nothing is kept */
    /* Sees, and may take away, what was rendered so far, when an item of a made list is done; NULL: nobody does. */
    void (*flush)(orm__text *out, void *user);
    bool strict; /* a name or partial that is nowhere is an error; by the specification it is empty */
} ormc_template_options;

/* What went wrong, and where: the template's name, line and column (from 1, in bytes). Line 0 is no place in
 * it: there is none of that name, or memory is gone. */
typedef struct ormc_template_error {
    char message[256];
    char name[128];
    int line, column;
} ormc_template_error;

/* Appends to `out` what the template `name` makes of `data`. Each template is looked up and parsed once a render, or
 * once a set, also when it is a partial of thousands of items; one that is indented, once for each indentation.
 *
 * False, with `error` filled, for an open or misplaced section, an unclosed tag, a name with blanks, bad delimiters,
 * partials nested more than 100 deep, sections and partials together more than 500, no memory (now, or when `data` was
 * made: NULL is that too), and in strict mode unknown names; `out` then holds a part that must not be used. */
bool ormc_template_render(const ormc_template_options *options, const char *name, const ormc_data *data, orm__text *out,
                          ormc_template_error *error);

#endif
