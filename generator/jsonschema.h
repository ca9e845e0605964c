/* jsonschema.h -- the schema language as a JSON Schema, for editors.
 * SPDX-License-Identifier: MIT */
#ifndef ORMC_JSONSCHEMA_H
#define ORMC_JSONSCHEMA_H

#include <stdbool.h>

#include "base/text.h"

/* Appends the JSON Schema (draft-07) of the language: its keys from language.h, the words of types from types.h, their
 * forms from templates/ormc.schema.json.mustache. False when memory is gone. */
bool ormc_jsonschema_write(orm__text *out);

#endif
