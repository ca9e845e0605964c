/* base/error.h -- filling in an orm_error.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_BASE_ERROR_H
#define ORM_BASE_ERROR_H

#include "orm/error.h"

/* Leaves the function with the status of a call that failed. Only in functions that own nothing at that point. */
#define ORM_TRY(call) \
    do { \
        orm_status orm__try_status = (call); \
        if (orm__try_status) \
            return orm__try_status; \
    } while (0)

/* Clears the error, which may be NULL, and fills in status and message. Returns the status. */
orm_status orm__error_set(orm_error *error, orm_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
orm_status orm__error_no_memory(orm_error *error);
void orm__error_clear(orm_error *error);
/* Copies text into one of the error's arrays, cut to its size at a whole UTF-8 character; NULL is "". */
#define ORM__ERROR_COPY(array, text) orm__error_copy(array, sizeof(array), text)
void orm__error_copy(char *array, size_t size, const char *text);

#endif
