/* files.c -- new files beside the old ones, then renames, behind files.h.
 * SPDX-License-Identifier: MIT */
#define _XOPEN_SOURCE 700 /* realpath */
#include "files.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 16, MOST_ATTEMPTS = 100 };

/* A file that will be replaced, made or removed. */
typedef struct job {
    struct job *next;
    const char *path;
    const char *temporary; /* the new file; NULL when there is none (any more) */
    const char *backup;    /* a second name of the old file, while it has one */
    mode_t mode;           /* of the old file */
    bool existed, done;
} job;

typedef struct made_folder {
    struct made_folder *outer; /* made before it */
    const char *path;
} made_folder;

struct ormc_files {
    orm__arena arena;
    orm__text *message;
    ormc_files_differ differ;
    void *user;
    job *first, **end;
    made_folder *made; /* by us, innermost first */
    unsigned number;
};

static bool find_target(ormc_files *files, const char **path, struct stat *status, bool *exists);
static bool holds(ormc_files *files, const ormc_output *output, off_t size, bool *same);
static bool tell_difference(ormc_files *files, const char *path, bool exists, const ormc_output *fresh);
static job *add_job(ormc_files *files, const char *path);
static bool make_folders(ormc_files *files, const char *path);
static bool make_folder(ormc_files *files, const char *path);
static bool write_new(ormc_files *files, job *item, const ormc_output *output);
static const char *name_beside(ormc_files *files, const char *path);
static bool write_all(int descriptor, const char *data, size_t length);
static bool keep_old(ormc_files *files, job *item);
static bool put_in_place(ormc_files *files, job *item);
static void put_back(ormc_files *files);
static bool fail(ormc_files *files, const char *verb, const char *path, int error);

ormc_files *ormc_files_open(ormc_files_differ differ, void *user, orm__text *message)
{
    ormc_files *files = calloc(1, sizeof *files);
    if (!files)
        return orm__text_string(message, "out of memory"), NULL;
    files->message = message;
    files->differ = differ;
    files->user = user;
    files->end = &files->first;
    return files;
}

void ormc_files_close(ormc_files *files)
{
    if (!files)
        return;
    put_back(files);
    orm__arena_release(&files->arena);
    free(files);
}

bool ormc_files_write(const ormc_output *outputs, size_t count, orm__text *message)
{
    ormc_files *files = ormc_files_open(NULL, NULL, message);
    bool done = files != NULL;
    for (size_t i = 0; done && i < count; i++)
        done = ormc_files_put(files, &outputs[i]);
    done = done && ormc_files_commit(files);
    ormc_files_close(files);
    return done;
}

bool ormc_files_put(ormc_files *files, const ormc_output *output)
{
    struct stat status;
    const char *path = output->path;
    bool exists = false, same = false;
    if (!find_target(files, &path, &status, &exists) || (exists && !holds(files, output, status.st_size, &same)))
        return false;
    if (same)
        return true;
    if (files->differ)
        return tell_difference(files, path, exists, output);
    job *item = make_folders(files, path) ? add_job(files, path) : NULL;
    if (!item)
        return fail(files, "write", path, ENOMEM);
    item->existed = exists;
    item->mode = exists ? status.st_mode & 07777 : 0;
    return write_new(files, item, output);
}

/* The file that is meant: where a link leads. Whatever else is wrong with the path, writing will tell. */
static bool find_target(ormc_files *files, const char **path, struct stat *status, bool *exists)
{
    const char *given = *path;
    if (lstat(given, status))
        return true;
    if (S_ISLNK(status->st_mode)) {
        char *real = realpath(given, NULL);
        if (!real)
            return fail(files, "write", given, errno);
        *path = orm__arena_strdup(&files->arena, real);
        free(real);
        if (!*path || stat(*path, status))
            return fail(files, "write", given, *path ? errno : ENOMEM);
    }
    *exists = true;
    return S_ISREG(status->st_mode) || fail(files, "write", given, S_ISDIR(status->st_mode) ? EISDIR : EINVAL);
}

static bool holds(ormc_files *files, const ormc_output *output, off_t size, bool *same)
{
    *same = false;
    if ((size_t)size != output->length)
        return true;
    FILE *file = fopen(output->path, "rb");
    if (!file)
        return fail(files, "read", output->path, errno);
    char block[BLOCK];
    size_t length, at = 0;
    while ((length = fread(block, 1, sizeof block, file)) > 0 && length <= output->length - at &&
           memcmp(block, output->data + at, length) == 0)
        at += length;
    *same = !length && at == output->length;
    bool good = !ferror(file);
    fclose(file);
    return good || fail(files, "read", output->path, EIO);
}

static bool tell_difference(ormc_files *files, const char *path, bool exists, const ormc_output *fresh)
{
    orm__text text = {0};
    if (exists && !ormc_files_read(path, &text)) {
        orm__text_release(&text);
        return fail(files, "read", path, errno);
    }
    const ormc_output old = {.path = path, .data = text.data, .length = text.length};
    files->differ(files->user, exists ? &old : NULL, fresh);
    orm__text_release(&text);
    return true;
}

bool ormc_files_read(const char *path, orm__text *text)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    char buffer[16384];
    size_t size;
    orm__text_string(text, "");
    while ((size = fread(buffer, 1, sizeof buffer, file)) > 0)
        orm__text_bytes(text, buffer, size);
    int error = ferror(file) ? (errno ? errno : EIO) : text->failed ? ENOMEM : 0;
    fclose(file);
    errno = error;
    return error == 0;
}

static job *add_job(ormc_files *files, const char *path)
{
    job *item = orm__arena_zalloc(&files->arena, 1, sizeof *item);
    if (!item || !(item->path = orm__arena_strdup(&files->arena, path)))
        return NULL;
    *files->end = item;
    files->end = &item->next;
    return item;
}

static bool make_folders(ormc_files *files, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return true;
    char *folder = orm__arena_copy(&files->arena, path, (size_t)(slash - path));
    if (!folder)
        return false;
    size_t size = (size_t)(slash - path) + 1;
    struct stat status;
    bool done = stat(folder, &status) == 0;
    if (!done) {
        done = true;
        for (char *at = folder + 1; done && *at; at++) {
            if (*at != '/')
                continue;
            *at = '\0';
            done = make_folder(files, folder);
            *at = '/';
        }
        done = done && make_folder(files, folder);
    }
    orm__arena_recycle(&files->arena, folder, size);
    return done;
}

static bool make_folder(ormc_files *files, const char *path)
{
    made_folder *made = orm__arena_zalloc(&files->arena, 1, sizeof *made);
    if (!made || !(made->path = orm__arena_strdup(&files->arena, path)))
        return false;
    if (mkdir(path, 0777))
        return errno == EEXIST || fail(files, "make the folder", path, errno);
    made->outer = files->made;
    files->made = made;
    return true;
}

static bool write_new(ormc_files *files, job *item, const ormc_output *output)
{
    int descriptor = -1;
    const char *temporary = NULL;
    for (unsigned attempt = 0; descriptor < 0 && attempt < MOST_ATTEMPTS; attempt++) {
        temporary = name_beside(files, item->path);
        if (!temporary)
            return fail(files, "write", item->path, ENOMEM);
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST)
            break;
    }
    if (descriptor < 0)
        return fail(files, "write", item->path, errno);
    item->temporary = temporary;
    int error = item->existed && fchmod(descriptor, item->mode) ? errno : 0;
    if (!error && !write_all(descriptor, output->data, output->length))
        error = errno;
    if (close(descriptor) && !error)
        error = errno;
    return !error || fail(files, "write", item->path, error);
}

/* A hidden file beside the old one; its name tells whose it is, should we be killed. */
static const char *name_beside(ormc_files *files, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    return orm__arena_printf(&files->arena, "%.*s.%s.%ld-%u", (int)folder, path, path + folder, (long)getpid(),
                             files->number++);
}

static bool write_all(int descriptor, const char *data, size_t length)
{
    while (length) {
        ssize_t written = write(descriptor, data, length);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            data += written;
            length -= (size_t)written;
        }
    }
    return true;
}

bool ormc_files_remove(ormc_files *files, const char *path)
{
    if (files->differ)
        return tell_difference(files, path, true, NULL);
    job *item = add_job(files, path);
    if (!item)
        return fail(files, "remove", path, ENOMEM);
    item->existed = true;
    return true;
}

bool ormc_files_commit(ormc_files *files)
{
    for (job *item = files->first; item; item = item->next)
        if (!keep_old(files, item) || !put_in_place(files, item)) {
            put_back(files);
            return false;
        }
    for (job *item = files->first; item; item = item->next)
        if (item->backup)
            unlink(item->backup);
    files->first = NULL;
    files->end = &files->first;
    files->made = NULL;
    return true;
}

/* A second name for the old file. Where a file system has no second names, the old file gives up its own. */
static bool keep_old(ormc_files *files, job *item)
{
    if (!item->existed)
        return true;
    const char *backup = NULL;
    int failed = -1;
    for (unsigned attempt = 0; failed && attempt < MOST_ATTEMPTS; attempt++) {
        backup = name_beside(files, item->path);
        if (!backup)
            return fail(files, "write", item->path, ENOMEM);
        failed = link(item->path, backup);
        if (failed && errno != EEXIST)
            break;
    }
    if (failed && rename(item->path, backup))
        return fail(files, item->temporary ? "write" : "remove", item->path, errno);
    item->backup = backup;
    return true;
}

static bool put_in_place(ormc_files *files, job *item)
{
    if (item->temporary && rename(item->temporary, item->path))
        return fail(files, "write", item->path, errno);
    if (!item->temporary && unlink(item->path) && errno != ENOENT)
        return fail(files, "remove", item->path, errno);
    item->temporary = NULL;
    item->done = true;
    return true;
}

/* Errors here have nobody to go to: the first one is told. */
static void put_back(ormc_files *files)
{
    for (job *item = files->first; item; item = item->next) {
        if (item->temporary)
            unlink(item->temporary);
        if (item->backup)
            rename(item->backup, item->path);
        else if (item->done)
            unlink(item->path);
        if (item->backup && !item->done)
            unlink(item->backup); /* renaming a name of a file to another one of the same file does nothing */
    }
    files->first = NULL;
    files->end = &files->first;
    for (; files->made; files->made = files->made->outer)
        rmdir(files->made->path);
}

static bool fail(ormc_files *files, const char *verb, const char *path, int error)
{
    if (!files->message->length)
        orm__text_printf(files->message, "cannot %s '%s': %s", verb, path, strerror(error));
    return false;
}
