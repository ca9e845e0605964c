/* language.h -- the keys of the schema language: one table, a row per key.
 *
 * What link_keys.c accepts and what jsonschema.c tells editors both come from here, so that the two cannot differ.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_LANGUAGE_H
#define ORMC_LANGUAGE_H

#include <stddef.h>

/* Where a key may stand. */
typedef enum ormc_context {
    ORMC_IN_PACKAGE,
    ORMC_IN_ENUM,
    ORMC_IN_ENUM_VALUE,
    ORMC_IN_MODEL,
    ORMC_IN_COLUMN,
    ORMC_AS_DB_TYPE,
    ORMC_IN_RELATION,
    ORMC_IN_THROUGH,
    ORMC_IN_INDEX,
    ORMC_IN_CHECK,
    ORMC_IN_SQL,
    ORMC_IN_QUERY,
    ORMC_IN_FIELD,
    ORMC_CONTEXTS
} ormc_context;

/* What a value is checked to be as soon as its key is read. */
typedef enum ormc_form {
    ORMC_FORM_ANY, /* more than one form will do */
    ORMC_FORM_TRUTH,
    ORMC_FORM_TEXT,
    ORMC_FORM_COUNT,
    ORMC_FORM_LIST,
    ORMC_FORM_MAPPING
} ormc_form;

typedef struct ormc_value_kind {
    ormc_form form;
    const char *definition; /* its name in templates/ormc.schema.json.mustache */
} ormc_value_kind;

typedef enum ormc_need {
    ORMC_OPTIONAL,
    ORMC_NEEDED,
    ORMC_ONE_OF /* exactly one of the keys of its context that say so */
} ormc_need;

typedef struct ormc_key {
    ormc_context context;
    const char *word;
    const ormc_value_kind *kind;
    ormc_need need;
    const char *doc; /* one sentence, for those who point at it in an editor */
} ormc_key;

/* A key that stands only beside one of others; those behind the last are NULL. */
typedef struct ormc_companion {
    ormc_context context;
    const char *word;
    const char *beside[3];
} ormc_companion;

/* Each ended by a row whose word is NULL. */
extern const ormc_key ormc_keys[];
extern const ormc_companion ormc_companions[];

/* NULL when the context has no such key. */
const ormc_key *ormc_key_find(ormc_context context, const char *word);

/* "a model", as messages call it; "model", as definitions do. */
const char *ormc_context_name(ormc_context context);
const char *ormc_context_definition(ormc_context context);

#endif
