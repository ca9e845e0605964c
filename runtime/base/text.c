/* text.c -- the growing text buffer of text.h.
 * SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline bool make_room(orm__text *text, size_t size);
static bool grow(orm__text *text, size_t size);

void orm__text_release(orm__text *text)
{
    free(text->data);
    *text = (orm__text){0};
}

void orm__text_clear(orm__text *text)
{
    text->length = 0;
    text->failed = false;
    if (text->data)
        text->data[0] = '\0';
}

void orm__text_char(orm__text *text, char c)
{
    orm__text_bytes(text, &c, 1);
}

void orm__text_string(orm__text *text, const char *string)
{
    orm__text_bytes(text, string, strlen(string));
}

void orm__text_bytes(orm__text *text, const void *data, size_t size)
{
    char *place = orm__text_extend(text, size);
    if (place && size)
        memcpy(place, data, size);
}

void orm__text_printf(orm__text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (text->failed || length < 0 || !make_room(text, (size_t)length)) {
        text->failed = true;
        return;
    }
    va_start(arguments, format);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

char *orm__text_extend_anyhow(orm__text *text, size_t size)
{
    if (text->failed || !make_room(text, size)) {
        text->failed = true;
        return NULL;
    }
    char *place = text->data + text->length;
    text->length += size;
    text->data[text->length] = '\0';
    return place;
}

/* Room for `size` bytes and a terminating zero. */
static inline bool make_room(orm__text *text, size_t size)
{
    return size < text->capacity - text->length || grow(text, size);
}

static bool grow(orm__text *text, size_t size)
{
    if (size >= SIZE_MAX / 2 - text->length)
        return false;
    size_t needed = text->length + size + 1;
    size_t capacity = text->capacity ? text->capacity : 128;
    while (capacity < needed)
        capacity *= 2;
    char *data = realloc(text->data, capacity);
    if (!data)
        return false;
    text->data = data;
    text->capacity = capacity;
    return true;
}
