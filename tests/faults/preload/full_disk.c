/* full_disk.c -- a disk that is full, for a server that is started with this in LD_PRELOAD.
 *
 * What PostgreSQL writes files with says ENOSPC in the folder that ORM_TEST_FULL_DISK names, once a file there would
 * get larger than 2 MiB. For a file system of that size one has to be root.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* RTLD_NEXT, pwritev */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ROOM = 2 * 1024 * 1024 };

static bool has_room(int descriptor, off_t end)
{
    const char *folder = getenv("ORM_TEST_FULL_DISK");
    char link[64], path[4096];
    if (!folder || end <= ROOM)
        return true;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    return strncmp(path, folder, strlen(folder)) != 0;
}

ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real)
        *(void **)(void *)&real = dlsym(RTLD_NEXT, "pwrite");
    if (has_room(descriptor, offset + (off_t)size))
        return real(descriptor, data, size, offset);
    errno = ENOSPC;
    return -1;
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset)
{
    static ssize_t (*real)(int, const struct iovec *, int, off_t);
    off_t end = offset;
    if (!real)
        *(void **)(void *)&real = dlsym(RTLD_NEXT, "pwritev");
    for (int i = 0; i < count; i++)
        end += (off_t)parts[i].iov_len;
    if (has_room(descriptor, end))
        return real(descriptor, parts, count, offset);
    errno = ENOSPC;
    return -1;
}

/* Returns the error, and leaves errno alone. */
int posix_fallocate(int descriptor, off_t offset, off_t size)
{
    static int (*real)(int, off_t, off_t);
    if (!real)
        *(void **)(void *)&real = dlsym(RTLD_NEXT, "posix_fallocate");
    return has_room(descriptor, offset + size) ? real(descriptor, offset, size) : ENOSPC;
}
