/* engine/environment.c -- engine options from the environment and a .env file.
 *
 * The file is read by dotenv.c; what an option means is checked by orm_engine_open.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "engine/dotenv.h"
#include "orm/engine.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 200 };
#define LENGTH_OF(array) (sizeof(array) / sizeof *(array))

typedef struct word {
    const char *text;
    int value;
} word;

static const word truths[] = {{"true", 1}, {"false", 0}, {"1", 1},   {"0", 0}, {"yes", 1},
                              {"no", 0},   {"on", 1},    {"off", 0}, {NULL, 0}};
static const word classes[] = {
    {"queue", ORM_POOL_QUEUE}, {"null", ORM_POOL_NULL}, {"static", ORM_POOL_STATIC}, {NULL, 0}};
static const word resets[] = {{"rollback", ORM_RESET_ROLLBACK}, {"all", ORM_RESET_ALL}, {NULL, 0}};
static const word isolations[] = {{"default", ORM_ISOLATION_DEFAULT},
                                  {"read committed", ORM_READ_COMMITTED},
                                  {"repeatable read", ORM_REPEATABLE_READ},
                                  {"serializable", ORM_SERIALIZABLE},
                                  {NULL, 0}};
static const word preparing[] = {{"on", ORM_PREPARED_ON}, {"off", ORM_PREPARED_OFF}, {NULL, 0}};

/* A row a variable: a whole number from `least`, or one of `words`. */
typedef struct option {
    const char *name;
    size_t offset, size;
    const word *words;
    int least;
    const char *expected;
} option;
#define MEMBER(member) offsetof(orm_engine_options, member), sizeof(((orm_engine_options *)NULL)->member)
static const option options_read[] = {
    {"POOL_SIZE", MEMBER(pool_size), NULL, 0, "a whole number from 0"},
    {"MAX_OVERFLOW", MEMBER(max_overflow), NULL, -1, "a whole number from -1"},
    {"POOL_TIMEOUT", MEMBER(pool_timeout), NULL, -1, "a whole number of seconds from -1"},
    {"POOL_RECYCLE", MEMBER(pool_recycle), NULL, 0, "a whole number of seconds from 0"},
    {"POOL_IDLE", MEMBER(pool_idle), NULL, 0, "a whole number of seconds from 0"},
    {"POOL_PRE_PING", MEMBER(pool_pre_ping), truths, 0, "true or false"},
    {"POOL_CLASS", MEMBER(pool_class), classes, 0, "queue, null or static"},
    {"POOL_RESET", MEMBER(pool_reset), resets, 0, "rollback or all"},
    {"ISOLATION", MEMBER(isolation), isolations, 0, "default, read committed, repeatable read or serializable"},
    {"PREPARED", MEMBER(prepared), preparing, 0, "on or off"},
    {"CONNECT_TIMEOUT", MEMBER(connect_timeout), NULL, 0, "a whole number of seconds from 0"},
    {"SHARED_CONNECTIONS", MEMBER(shared_connections), NULL, -1, "a whole number from -1"},
    {"GATHER_SIZE", MEMBER(gather_size), NULL, -1, "a whole number from -1"},
    {"STATEMENT_TIMEOUT", MEMBER(statement_timeout), NULL, 0, "a whole number of milliseconds from 0"},
    {"SLOW_AFTER", MEMBER(slow_after), NULL, 0, "a whole number of milliseconds from 0"},
    {"HIDE_PARAMETERS", MEMBER(hide_parameters), truths, 0, "true or false"},
    {"STATISTICS", MEMBER(statistics), truths, 0, "true or false"},
    {"REPLICA_MAX_LAG", MEMBER(replica_max_lag), NULL, -1, "a whole number of milliseconds from -1"},
    {"STATEMENT_CACHE_SIZE", MEMBER(statement_cache_size), NULL, 0, "a whole number from 0"},
};

static orm_status read_all(const char *prefix, const orm__dotenv *file, orm_engine_options *options, char **url,
                           orm_error *error);
static orm_status read_urls(const char *prefix, const orm__dotenv *file, orm_engine_options *options, char **url,
                            orm_error *error);
static const char *find(const char *prefix, const char *name, const orm__dotenv *file);
static bool read_option(const option *one, const char *text, orm_engine_options *options);
static bool read_number(const char *text, int least, int *number);
static bool read_word(const char *text, const word *words, int *value);
static bool same_word(const char *a, const char *b);

orm_status orm_engine_options_from_env(const char *prefix, const char *dotenv_path, orm_engine_options *options,
                                       char **url, orm_error *error)
{
    orm__dotenv file = {0};
    orm__error_clear(error);
    if (!prefix || !options || !url)
        return orm__error_set(error, ORM_MISUSE, "orm_engine_options_from_env was given no %s",
                              !prefix    ? "prefix"
                              : !options ? "options"
                                         : "place for the URL");
    *url = NULL;
    if (strlen(prefix) > LONGEST_NAME)
        return orm__error_set(error, ORM_MISUSE, "the prefix of variables is longer than %d bytes", LONGEST_NAME);
    orm_engine_options read = *options;
    orm_status status = dotenv_path ? orm__dotenv_read(dotenv_path, &file, error) : ORM_OK;
    if (!status)
        status = read_all(prefix, &file, &read, url, error);
    orm__dotenv_release(&file);
    if (!status)
        *options = read;
    return status;
}

static orm_status read_all(const char *prefix, const orm__dotenv *file, orm_engine_options *options, char **url,
                           orm_error *error)
{
    for (size_t i = 0; i < LENGTH_OF(options_read); i++) {
        const char *text = find(prefix, options_read[i].name, file);
        if (text && !read_option(&options_read[i], text, options))
            return orm__error_set(error, ORM_INVALID, "variable %s%s must be %s", prefix, options_read[i].name,
                                  options_read[i].expected);
    }
    const char *text = find(prefix, "ECHO", file);
    int echo = options->echo.line != NULL;
    if (text && !read_word(text, truths, &echo))
        return orm__error_set(error, ORM_INVALID, "variable %sECHO must be true or false", prefix);
    if (!echo || !options->echo.line)
        options->echo = (orm_log){.line = echo ? orm_log_to_stderr : NULL};
    return read_urls(prefix, file, options, url, error);
}

/* One block holds the list of the replicas' URLs, their texts, and before all the primary's, so that freeing that
 * frees them. */
static orm_status read_urls(const char *prefix, const orm__dotenv *file, orm_engine_options *options, char **url,
                            orm_error *error)
{
    const char *primary = find(prefix, "URL", file), *replicas = find(prefix, "REPLICAS", file);
    if (replicas && !primary)
        return orm__error_set(error, ORM_INVALID, "variable %sREPLICAS must stand beside %sURL", prefix, prefix);
    if (!primary)
        return ORM_OK;
    size_t align = sizeof(char *), first = (strlen(primary) + align) / align * align;
    size_t length = replicas ? strlen(replicas) : 0, most = length / 2 + 2;
    char *block = malloc(first + most * align + length + 1);
    if (!block)
        return orm__error_no_memory(error);
    memcpy(block, primary, strlen(primary) + 1);
    *url = block;
    if (!replicas)
        return ORM_OK;
    const char **list = (const char **)(void *)(block + first);
    char *text = memcpy(block + first + most * align, replicas, length + 1), *rest;
    options->replicas = list;
    for (char *one = strtok_r(text, " \t\r\n", &rest); one; one = strtok_r(NULL, " \t\r\n", &rest))
        *list++ = one;
    *list = NULL;
    return ORM_OK;
}

static const char *find(const char *prefix, const char *name, const orm__dotenv *file)
{
    char whole[LONGEST_NAME + 32];
    snprintf(whole, sizeof whole, "%s%s", prefix, name);
    const char *text = getenv(whole);
    return text ? text : orm__dotenv_find(file, whole);
}

static bool read_option(const option *one, const char *text, orm_engine_options *options)
{
    int value;
    char *member = (char *)options + one->offset;
    if (one->words ? !read_word(text, one->words, &value) : !read_number(text, one->least, &value))
        return false;
    size_t large = (size_t)value;
    bool flag = value != 0;
    if (one->size == sizeof flag)
        memcpy(member, &flag, sizeof flag);
    else if (one->size == sizeof large)
        memcpy(member, &large, sizeof large);
    else
        memcpy(member, &value, sizeof value);
    return true;
}
_Static_assert(sizeof(int) == sizeof(orm_pool_class) && sizeof(int) == sizeof(orm_isolation) &&
                   sizeof(int) != sizeof(size_t),
               "members are told apart by their size");

static bool read_number(const char *text, int least, int *number)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || *end || errno || value < least || value > INT_MAX)
        return false;
    *number = (int)value;
    return true;
}

static bool read_word(const char *text, const word *words, int *value)
{
    for (; words->text; words++) {
        if (!same_word(text, words->text))
            continue;
        *value = words->value;
        return true;
    }
    return false;
}

/* In any case; "repeatable_read" and "REPEATABLE READ" are one. */
static bool same_word(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        char c = *a == '_' || *a == '-' ? ' ' : *a >= 'A' && *a <= 'Z' ? (char)(*a | 0x20) : *a;
        if (c != *b)
            return false;
    }
    return !*a && !*b;
}
