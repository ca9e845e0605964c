/* base/json.h -- arrays of scalars as JSON, which is how SQLite holds arrays: a strict reader and what a writer needs.
 *
 * By RFC 8259. The reader knows one array of null, true, false, numbers and strings; objects and arrays in it are
 * refused.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_JSON_H
#define ORM_BASE_JSON_H

#include "base/text.h"

/* What was met. WRONG is anything but such an array; it and END come again and again. */
typedef enum orm__json_kind {
    ORM__JSON_WRONG,
    ORM__JSON_NO_MEMORY,
    ORM__JSON_END,
    ORM__JSON_NULL,
    ORM__JSON_TRUE,
    ORM__JSON_FALSE,
    ORM__JSON_NUMBER,
    ORM__JSON_STRING
} orm__json_kind;

typedef struct orm__json_reader {
    const char *next, *end;
    orm__json_kind last; /* what was met before */
    bool begun;
    orm__text string; /* a string that had escapes in it */
    /* Of the item last met: a number as it is written; a string without its quotes and escapes, which may hold zero
     * bytes. Borrowed until the next item. */
    const char *data;
    size_t size;
} orm__json_reader;

/* `text` is borrowed. Release the reader at the end. */
void orm__json_reader_init(orm__json_reader *reader, const char *text, size_t size);
void orm__json_reader_release(orm__json_reader *reader);
/* The next item. */
orm__json_kind orm__json_next(orm__json_reader *reader);

/* Appends the text as a string with its quotes; what is not ASCII is left as it is. */
void orm__json_write_string(orm__text *json, const char *text, size_t size);

#endif
