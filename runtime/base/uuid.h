/* base/uuid.h -- making identifiers, and reading them.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_UUID_H
#define ORM_BASE_UUID_H

#include "orm/types.h"

/* A version 7 UUID by RFC 9562: milliseconds of Unix time, 12 bits of the rest of the millisecond (method 3 of
 * section 6.2), and 62 bits of the system's randomness; so later ones are greater, and nobody guesses them. False
 * when there is no randomness. */
bool orm__uuid_make(orm_uuid *uuid);

/* Reads what orm_uuid_format writes, in either case; false when the text of `length` bytes is anything else. */
bool orm__uuid_parse(const char *text, size_t length, orm_uuid *uuid);
/* Two hexadecimal digits; false when they are none. */
bool orm__octet_parse(const char *text, uint8_t *octet);

#endif
