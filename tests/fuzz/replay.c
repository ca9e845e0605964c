/* replay.c -- runs a target over the files named, or those of a folder, without libFuzzer.
 *
 *     replay-TARGET FILE_OR_FOLDER...
 *
 * A wrong answer aborts, a crash crashes, and an alarm ends what takes longer than 10 seconds; the last line is the
 * count.
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECONDS = 10, LARGEST = 1 << 20 };

static size_t replay(const char *path);
static size_t replay_folder(const char *path);
static size_t replay_file(const char *path);

int main(int argc, char **argv)
{
    size_t count = 0;
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("%zu passed, 0 failed\n", count);
    return count ? EXIT_SUCCESS : EXIT_FAILURE;
}

static size_t replay(const char *path)
{
    struct stat status;
    EXPECT(stat(path, &status) == 0);
    return S_ISDIR(status.st_mode) ? replay_folder(path) : replay_file(path);
}

static size_t replay_folder(const char *path)
{
    DIR *folder = opendir(path);
    EXPECT(folder);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        char inside[PATH_MAX];
        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        count += entry->d_name[0] != '.' ? replay(inside) : 0;
    }
    closedir(folder);
    return count;
}

/* The bytes stand in a block of their size, so that a sanitizer sees the end of it. */
static size_t replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    EXPECT(file);
    fprintf(stderr, "%s\n", path);
    uint8_t *room = malloc(LARGEST);
    EXPECT(room);
    size_t size = fread(room, 1, LARGEST, file);
    fclose(file);
    uint8_t *data = malloc(size ? size : 1);
    EXPECT(data);
    memcpy(data, room, size);
    free(room);
    alarm(SECONDS);
    LLVMFuzzerTestOneInput(data, size);
    alarm(0);
    free(data);
    return 1;
}
