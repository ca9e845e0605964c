/* text.h -- a growing text buffer, for SQL, messages and emitted files.
 *
 * Appending never fails at the call: when memory is gone the buffer remembers it, drops what follows, and `failed` says
 * so once at the end.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_TEXT_H
#define ORM_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct orm__text {
    char *data; /* zero-terminated; NULL while nothing was appended */
    size_t length, capacity;
    bool failed; /* memory ran out: the text is not whole */
} orm__text;

/* A zeroed orm__text is an empty buffer. release frees the memory and leaves an empty buffer. */
void orm__text_release(orm__text *text);
/* Empties it, keeps the memory. */
void orm__text_clear(orm__text *text);

void orm__text_char(orm__text *text, char c);
void orm__text_string(orm__text *text, const char *string);
void orm__text_bytes(orm__text *text, const void *data, size_t size);
void orm__text_printf(orm__text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Makes room for `size` more bytes, adds them to the length and returns their place, uninitialized; NULL when memory
 * is gone. */
static inline char *orm__text_extend(orm__text *text, size_t size);
char *orm__text_extend_anyhow(orm__text *text, size_t size);

/* Where there is room there is no more to it. */
static inline char *orm__text_extend(orm__text *text, size_t size)
{
    if (text->failed || size >= text->capacity - text->length)
        return orm__text_extend_anyhow(text, size);
    char *place = text->data + text->length;
    text->length += size;
    text->data[text->length] = '\0';
    return place;
}

#endif
