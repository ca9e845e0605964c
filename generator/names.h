/* names.h -- every identifier that ormc emits, the reserved words of C, C++ and SQL, and names made for the database.
 *
 * Strings returned are in the arena given; NULL when memory is gone.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_NAMES_H
#define ORMC_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* "blog_post": the row struct of a model, and what the names of all its types and functions begin with. Also the
 * type of an enum: "blog_post_status". */
const char *ormc_names_type(orm__arena *arena, const char *package, const char *model);
/* "BLOG_POST": the model's handle struct. */
const char *ormc_names_handle(orm__arena *arena, const char *package, const char *model);
/* "BLOG_POST_STATUS_DRAFT". The value by the first step of ormc_names_member's rule. */
const char *ormc_names_constant(orm__arena *arena, const char *package, const char *enumeration, const char *value);
/* "blog_opt_post_status", for the part "opt"; others are in, in_null, change, change_null. */
const char *ormc_names_enum_part(orm__arena *arena, const char *package, const char *part, const char *enumeration);
/* "BLOG_H", of the file whose stem is "blog". */
const char *ormc_names_guard(orm__arena *arena, const char *stem);
/* The rule by which any name of a database becomes a name of C:
 *  1. Letters of ASCII, digits and '_' stay. Any other character of ASCII becomes '_', and any further one 'u' and its
 *     code point in at least four hexadecimal digits: "unit price" is unit_price, "größe" is gru00f6u00dfe.
 *  2. A name without a small letter of ASCII, as macros have them, is written in small letters: "EOF" is eof.
 *  3. What would begin with a digit, with two underscores, or with an underscore and a capital gets an 'x' in front:
 *     "2nd" is x2nd.
 *  4. What means something by itself (ormc_names_is_reserved) gets an underscore behind it: "int" is int_. */
const char *ormc_names_member(orm__arena *arena, const char *name);
/* The same without the fourth step, for what stands behind the package's name: models and enums. */
const char *ormc_names_part(orm__arena *arena, const char *name);

/* Every form an emitted name can take, so that clashes are found before they are compiled. In a pattern %p stands
 * for the package, %m for the model, enum or query, %n for the column, relation, value or file stem; %P, %M, %N are the
 * same in upper case. */
typedef enum ormc_name_scope {
    ORMC_NAMES_OF_PACKAGE,
    ORMC_NAMES_OF_FILE,
    ORMC_NAMES_OF_ENUM,
    ORMC_NAMES_OF_ENUM_VALUE,
    ORMC_NAMES_OF_MODEL,
    ORMC_NAMES_OF_COLUMN,
    ORMC_NAMES_OF_TO_ONE,
    ORMC_NAMES_OF_TO_MANY,
    ORMC_NAMES_OF_QUERY
} ormc_name_scope;

typedef struct ormc_name_form {
    ormc_name_scope scope;
    const char *pattern;
} ormc_name_form;

/* Ended by a row whose pattern is NULL. */
extern const ormc_name_form ormc_name_forms[];

/* `model` and `name` may be NULL where the pattern has no use for them. */
const char *ormc_names_expand(orm__arena *arena, const char *pattern, const char *package, const char *model,
                              const char *name);

/* [A-Za-z_][A-Za-z0-9_]* */
bool ormc_names_is_word(const char *name);
/* A keyword of C or C++, a macro that the standard headers or the compiler define with small letters, a type that the
 * emitted structs use, or a name of the library's. */
bool ormc_names_is_reserved(const char *name);

/* The words of a text, joined by '_': "lower_email" of "lower(email)". */
const char *ormc_names_words(orm__arena *arena, const char *text);

/* The name of an index that has none: "post_author_id_created_at_idx", "_key" when unique. At most 63 bytes: a
 * longer one is cut and gets a hash of the whole. `columns` are database names. */
const char *ormc_names_index(orm__arena *arena, const char *table, const char *const *columns, size_t count,
                             bool unique);

#endif
