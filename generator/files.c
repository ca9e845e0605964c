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
    bool existed, done;
} job;

typedef struct made_folder {
    struct made_folder *outer; /* made before it */
    const char *path;
} made_folder;

/* The file that is being put. For as long as its bytes are those of the old file, nothing is written. */
typedef struct writing {
    const char *path;
    bool existed;
    mode_t mode;    /* of the old file */
    FILE *old;      /* NULL once something differs */
    size_t same;    /* bytes that did not */
    int descriptor; /* of the new file, or -1 */
    orm__text text; /* all of it, for who hears of differences */
} writing;

struct ormc_files {
    orm__arena arena;
    orm__text *message;
    ormc_files_differ differ;
    void *user;
    job *first, **end;
    made_folder *made; /* by us, innermost first */
    writing now;
    unsigned number;
};

static bool find_target(ormc_files *files, const char **path, struct stat *status, bool *exists);
static bool continues(writing *now, const char *data, size_t length);
static bool depart(ormc_files *files);
static bool begin_new(ormc_files *files);
static bool copy_same(ormc_files *files);
static void stop_writing(ormc_files *files);
static bool tell_difference(ormc_files *files, const char *path, bool exists, const ormc_output *fresh);
static job *add_job(ormc_files *files, const char *path);
static bool make_folders(ormc_files *files, const char *path);
static bool make_folder(ormc_files *files, const char *path);
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
    files->now.descriptor = -1;
    return files;
}

void ormc_files_close(ormc_files *files)
{
    if (!files)
        return;
    stop_writing(files);
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
    return ormc_files_begin(files, output->path) && ormc_files_add(files, output->data, output->length) &&
           ormc_files_end(files);
}

bool ormc_files_begin(ormc_files *files, const char *path)
{
    struct stat status;
    bool existed = false;
    if (!find_target(files, &path, &status, &existed))
        return false;
    files->now.path = path;
    files->now.existed = existed;
    files->now.mode = existed ? status.st_mode & 07777 : 0;
    files->now.same = 0;
    if (!existed)
        return files->differ || begin_new(files);
    files->now.old = fopen(path, "rb");
    return files->now.old || fail(files, "read", path, errno);
}

bool ormc_files_add(ormc_files *files, const char *data, size_t length)
{
    writing *now = &files->now;
    if (files->differ) {
        orm__text_bytes(&now->text, data, length);
        if (now->text.failed)
            return fail(files, "compare", now->path, ENOMEM);
    }
    if (now->old && continues(now, data, length)) {
        now->same += length;
        return true;
    }
    if (now->old && !depart(files))
        return false;
    return files->differ || write_all(now->descriptor, data, length) || fail(files, "write", now->path, errno);
}

/* What cannot be read fails where it is read again. */
static bool continues(writing *now, const char *data, size_t length)
{
    char block[BLOCK];
    while (length) {
        size_t size = fread(block, 1, length < sizeof block ? length : sizeof block, now->old);
        if (!size || memcmp(block, data, size) != 0)
            return false;
        data += size;
        length -= size;
    }
    return true;
}

bool ormc_files_end(ormc_files *files)
{
    writing *now = &files->now;
    bool same = now->old && fgetc(now->old) == EOF && !ferror(now->old);
    if (now->old && !same && !depart(files))
        return false;
    int error = now->descriptor >= 0 && close(now->descriptor) ? errno : 0;
    now->descriptor = -1;
    if (error)
        return fail(files, "write", now->path, error);
    const ormc_output fresh = {.path = now->path, .data = now->text.data, .length = now->text.length};
    bool done = same || !files->differ || tell_difference(files, now->path, now->existed, &fresh);
    stop_writing(files);
    return done;
}

static void stop_writing(ormc_files *files)
{
    writing *now = &files->now;
    if (now->old)
        fclose(now->old);
    if (now->descriptor >= 0)
        close(now->descriptor);
    orm__text_release(&now->text);
    *now = (writing){.descriptor = -1};
}

/* The new file is another one: what was the same until here goes into it. */
static bool depart(ormc_files *files)
{
    fclose(files->now.old);
    files->now.old = NULL;
    return files->differ || (begin_new(files) && copy_same(files));
}

static bool copy_same(ormc_files *files)
{
    const writing *now = &files->now;
    FILE *old = fopen(now->path, "rb");
    char block[BLOCK];
    bool done = old != NULL;
    for (size_t left = now->same; done && left;) {
        size_t size = fread(block, 1, left < sizeof block ? left : sizeof block, old);
        done = size && write_all(now->descriptor, block, size);
        left -= size;
    }
    int error = errno ? errno : EIO;
    if (old)
        fclose(old);
    return done || fail(files, "write", now->path, error);
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

/* Opens the new file, beside the old one. */
static bool begin_new(ormc_files *files)
{
    writing *now = &files->now;
    job *item = make_folders(files, now->path) ? add_job(files, now->path) : NULL;
    if (!item)
        return fail(files, "write", now->path, ENOMEM);
    item->existed = now->existed;
    const char *temporary = NULL;
    for (unsigned attempt = 0; now->descriptor < 0 && attempt < MOST_ATTEMPTS; attempt++) {
        temporary = name_beside(files, item->path);
        if (!temporary)
            return fail(files, "write", item->path, ENOMEM);
        now->descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (now->descriptor < 0 && errno != EEXIST)
            break;
    }
    if (now->descriptor < 0)
        return fail(files, "write", item->path, errno);
    item->temporary = temporary;
    return !item->existed || !fchmod(now->descriptor, now->mode) || fail(files, "write", item->path, errno);
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
