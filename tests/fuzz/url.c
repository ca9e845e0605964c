/* url.c -- any text as the URL of a database. What is taken is shown without its password, and what is shown can be
 * read.
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "engine/url.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    orm__arena arena = {0};
    orm__url url;
    orm_error error;
    const char *text = orm__arena_copy(&arena, data, size);
    orm_status status = orm__url_parse(text, &arena, &url, &error);
    EXPECT(status == ORM_OK || (status == ORM_MISUSE && *error.message));
    if (status == ORM_OK) {
        orm__url again;
        EXPECT(url.shown && strlen(url.shown) <= 3 * strlen(text) + 100);
        EXPECT(orm__url_parse(url.shown, &arena, &again, &error) == ORM_OK);
    }
    orm__arena_release(&arena);
    return 0;
}
