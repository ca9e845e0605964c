/* engine/url.h -- database URLs as SQLAlchemy writes them, taken apart for a driver.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ENGINE_URL_H
#define ORM_ENGINE_URL_H

#include "base/arena.h"
#include "driver/driver.h"

typedef struct orm__url {
    orm__address address;
    const char *shown; /* the URL with *** for its password */
} orm__url;

/* Everything is made in the arena. A URL that cannot be read is ORM_MISUSE; no message contains the password. */
orm_status orm__url_parse(const char *text, orm__arena *arena, orm__url *url, orm_error *error);

#endif
