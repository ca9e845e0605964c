/* files.c -- new files beside the old ones, then renames, behind files.h.
 * SPDX-License-Identifier: MIT */
#include "files.h"

#include "base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct job {
    const ormc_output *output;
    const char *temporary; /* the new file; NULL when there is none (any more) */
    orm__text old;         /* what stood there before */
    bool existed, replaced;
} job;

typedef struct writer {
    orm__arena arena;
    job *jobs;
    size_t count;
    const char **folders; /* made by us, outermost first */
    size_t folder_count;
    orm__text *message;
} writer;

static bool prepare(writer *work, job *item);
static bool compare(writer *work, job *item, bool *same);
static bool make_folders(writer *work, const char *path);
static bool make_folder(writer *work, const char *path);
static bool write_new(writer *work, job *item, const char *data, size_t length);
static bool write_all(int descriptor, const char *data, size_t length);
static bool replace(writer *work, job *item);
static void put_back(writer *work);
static bool fail(writer *work, const char *verb, const char *path, int error);

bool ormc_files_write(const ormc_output *outputs, size_t count, orm__text *message)
{
    writer work = {.message = message};
    bool done = (work.jobs = orm__arena_zalloc(&work.arena, count, sizeof *work.jobs)) != NULL;
    for (size_t i = 0; done && i < count; i++) {
        work.jobs[work.count++].output = &outputs[i];
        done = prepare(&work, &work.jobs[i]);
    }
    for (size_t i = 0; done && i < count; i++)
        done = replace(&work, &work.jobs[i]);
    if (!done && !message->length)
        orm__text_string(message, "out of memory");
    if (!done)
        put_back(&work);
    for (size_t i = 0; i < work.count; i++)
        orm__text_release(&work.jobs[i].old);
    orm__arena_release(&work.arena);
    return done;
}

/* Writes the new file, unless the old one is the same. */
static bool prepare(writer *work, job *item)
{
    bool same = false;
    if (!compare(work, item, &same))
        return false;
    if (same)
        return true;
    return make_folders(work, item->output->path) && write_new(work, item, item->output->data, item->output->length);
}

static bool compare(writer *work, job *item, bool *same)
{
    const ormc_output *output = item->output;
    struct stat status;
    if (stat(output->path, &status)) {
        /* whatever is wrong with the path, writing will tell */
        return true;
    }
    if (!S_ISREG(status.st_mode))
        return fail(work, "write", output->path, S_ISDIR(status.st_mode) ? EISDIR : EINVAL);
    item->existed = true;
    if (!ormc_files_read(output->path, &item->old))
        return fail(work, "read", output->path, errno);
    *same = item->old.length == output->length && memcmp(item->old.data, output->data, output->length) == 0;
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

static bool make_folders(writer *work, const char *path)
{
    size_t slashes = 0;
    for (const char *at = path; *at; at++)
        slashes += *at == '/';
    char *folder = orm__arena_strdup(&work->arena, path);
    const char **folders = orm__arena_zalloc(&work->arena, work->folder_count + slashes, sizeof *folders);
    if (!folder || !folders)
        return false;
    if (work->folder_count)
        memcpy(folders, work->folders, work->folder_count * sizeof *folders);
    work->folders = folders;
    char *slash = strrchr(folder, '/');
    struct stat status;
    if (!slash || slash == folder)
        return true;
    *slash = '\0';
    if (stat(folder, &status) == 0)
        return true;
    for (char *at = folder + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        bool made = make_folder(work, folder);
        *at = '/';
        if (!made)
            return false;
    }
    return make_folder(work, folder);
}

static bool make_folder(writer *work, const char *path)
{
    if (mkdir(path, 0777) == 0) {
        const char *copy = orm__arena_strdup(&work->arena, path);
        if (copy)
            work->folders[work->folder_count++] = copy;
        else
            rmdir(path);
        return copy != NULL;
    }
    return errno == EEXIST || fail(work, "make the folder", path, errno);
}

/* A hidden file beside the old one; its name tells whose it is, should we be killed. */
static bool write_new(writer *work, job *item, const char *data, size_t length)
{
    const char *path = item->output->path, *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    int descriptor = -1;
    const char *temporary = NULL;
    for (unsigned attempt = 0; descriptor < 0 && attempt < 100; attempt++) {
        temporary = orm__arena_printf(&work->arena, "%.*s.%s.%ld-%u", (int)folder, path, path + folder, (long)getpid(),
                                      attempt);
        if (!temporary)
            return false;
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor < 0 && errno != EEXIST)
            break;
    }
    if (descriptor < 0)
        return fail(work, "write", path, errno);
    item->temporary = temporary;
    int error = write_all(descriptor, data, length) ? 0 : errno;
    if (close(descriptor) && !error)
        error = errno;
    return !error || fail(work, "write", path, error);
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

static bool replace(writer *work, job *item)
{
    if (!item->temporary)
        return true;
    if (rename(item->temporary, item->output->path))
        return fail(work, "write", item->output->path, errno);
    item->temporary = NULL;
    item->replaced = true;
    return true;
}

/* What was replaced gets its old bytes, what was new goes. Errors here have nobody to go to: the first one is told. */
static void put_back(writer *work)
{
    for (size_t i = 0; i < work->count; i++) {
        job *item = &work->jobs[i];
        if (item->temporary)
            unlink(item->temporary);
        item->temporary = NULL;
        if (item->replaced && !item->existed)
            unlink(item->output->path);
        else if (item->replaced && write_new(work, item, item->old.data, item->old.length))
            replace(work, item);
    }
    while (work->folder_count)
        rmdir(work->folders[--work->folder_count]);
}

static bool fail(writer *work, const char *verb, const char *path, int error)
{
    if (!work->message->length)
        orm__text_printf(work->message, "cannot %s '%s': %s", verb, path, strerror(error));
    return false;
}
