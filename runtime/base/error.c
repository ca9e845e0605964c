/* base/error.c -- texts of statuses, and filling in an orm_error.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *orm_status_name(orm_status status)
{
    switch (status) {
#define NAME_OF(name, number, text) \
    case ORM_##name: \
        return "ORM_" #name;
        ORM_STATUSES(NAME_OF)
#undef NAME_OF
    }
    return "unknown status";
}

const char *orm_status_text(orm_status status)
{
    switch (status) {
#define TEXT_OF(name, number, text) \
    case ORM_##name: \
        return text;
        ORM_STATUSES(TEXT_OF)
#undef TEXT_OF
    }
    return "unknown status";
}

orm_status orm__error_set(orm_error *error, orm_status status, const char *format, ...)
{
    if (!error)
        return status;
    char message[sizeof error->message * 2]; /* the format's arguments may be the error's own texts */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    orm__error_clear(error);
    error->status = status;
    ORM__ERROR_COPY(error->message, message);
    return status;
}

orm_status orm__error_no_memory(orm_error *error)
{
    return orm__error_set(error, ORM_NO_MEMORY, "out of memory");
}

/* An error is over a kilobyte, and cleared by each session: only what says that its texts are empty is written. */
void orm__error_clear(orm_error *error)
{
    if (!error)
        return;
    error->status = ORM_OK;
    error->message[0] = error->sqlstate[0] = error->constraint[0] = '\0';
    error->table[0] = error->column[0] = error->statement[0] = '\0';
}

void orm__error_copy(char *array, size_t size, const char *text)
{
    size_t length = text ? strlen(text) : 0;
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    if (length)
        memcpy(array, text, length);
    array[length] = '\0';
}
