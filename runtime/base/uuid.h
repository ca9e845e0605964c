/* base/uuid.h -- making identifiers.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_UUID_H
#define ORM_BASE_UUID_H

#include "orm/types.h"

/* A version 7 UUID by RFC 9562: milliseconds of Unix time, 12 bits of the rest of the millisecond (method 3 of section 6.2), and
 * 62 bits of the system's randomness; so later ones are greater, and nobody guesses them. False when there is no randomness. */
bool orm__uuid_make(orm_uuid *uuid);

#endif
