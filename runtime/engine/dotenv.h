/* engine/dotenv.h -- files of lines NAME=value, as programs keep them beside their settings.
 * SPDX-License-Identifier: MIT */
#ifndef ORM_ENGINE_DOTENV_H
#define ORM_ENGINE_DOTENV_H

#include "orm/error.h"

/* Zeroed it is empty. */
typedef struct orm__dotenv {
    char *text; /* names and values, each ended by NUL, in turn */
    size_t length;
} orm__dotenv;

/* A file that is not there is empty. ORM_INVALID names file and line that is none, and shows nothing of it. Owned:
 * release. */
orm_status orm__dotenv_read(const char *path, orm__dotenv *file, orm_error *error);
/* Takes the text of a file apart; `name` is the file's in messages. Owned: release. */
orm_status orm__dotenv_parse(const char *text, const char *name, orm__dotenv *file, orm_error *error);
void orm__dotenv_release(orm__dotenv *file);
/* The last value of that name; NULL when there is none. Borrowed until release. */
const char *orm__dotenv_find(const orm__dotenv *file, const char *name);

#endif
