/* stamp.c -- hashes of inputs and outputs, behind stamp.h.
 *
 * The lines of a stamp: "ormc stamp 1", "input HASH", "package NAME", and "output HASH PATH" for each output.
 * SPDX-License-Identifier: MIT */
#include "stamp.h"

#include "hash.h"
#include "leftover.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char first_line[] = "ormc stamp 1";
static const char program[] = "/proc/self/exe";

static bool hash_templates(ormc_stamp *stamp, const char *folder);
static int is_template(const struct dirent *entry);
static const char *stem_of(orm__arena *arena, const char *path);
static bool holds(const ormc_stamp *stamp, char *text, orm__arena *arena);
static char *next_line(char **text);
static const char *value_of(const char *line, const char *word);
static bool holds_output(const char *value, ormc_table *kept, orm__arena *arena);
static const char *name_of(const char *path);

void ormc_stamp_open(ormc_stamp *stamp, const ormc_emit_options *options, const char *const *schemas, size_t count)
{
    const char *directory = options->directory && *options->directory ? options->directory : ".";
    *stamp = (ormc_stamp){.directory = directory};
    const char *stem = stem_of(&stamp->arena, schemas[0]);
    bool slash = directory[strlen(directory) - 1] == '/';
    stamp->path = stem ? orm__arena_printf(&stamp->arena, slash ? "%s.%s.ormc" : "%s/.%s.ormc", directory, stem) : NULL;
    const char *const texts[] = {options->directory, options->templates, options->depfile};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        stamp->input = ormc_hash_text(stamp->input, texts[i] ? texts[i] : "");
    stamp->usable = stamp->path && !strchr(stamp->path, '\n') && ormc_hash_file(stamp->input, program, &stamp->input) &&
                    (!options->templates || hash_templates(stamp, options->templates));
    for (size_t i = 0; stamp->usable && i < count; i++) {
        stamp->input = ormc_hash_text(stamp->input, schemas[i]);
        stamp->usable = ormc_hash_file(stamp->input, schemas[i], &stamp->input);
    }
}

void ormc_stamp_release(ormc_stamp *stamp)
{
    orm__text_release(&stamp->text);
    orm__arena_release(&stamp->arena);
}

/* Whether a template is used is not known before it is; all of the folder count. */
static bool hash_templates(ormc_stamp *stamp, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_template, alphasort);
    bool good = count >= 0;
    for (int i = 0; i < count; i++) {
        const char *path = orm__arena_printf(&stamp->arena, "%s/%s", folder, entries[i]->d_name);
        stamp->input = ormc_hash_text(stamp->input, entries[i]->d_name);
        good = good && path && ormc_hash_file(stamp->input, path, &stamp->input);
        free(entries[i]);
    }
    free(entries);
    return good;
}

static int is_template(const struct dirent *entry)
{
    static const char ending[] = ".mustache";
    size_t length = strlen(entry->d_name), end = sizeof ending - 1;
    return length > end && strcmp(entry->d_name + length - end, ending) == 0;
}

static const char *stem_of(orm__arena *arena, const char *path)
{
    const char *name = name_of(path), *dot = strrchr(name, '.');
    return orm__arena_copy(arena, name, dot && dot != name ? (size_t)(dot - name) : strlen(name));
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool ormc_stamp_holds(const ormc_stamp *stamp)
{
    orm__text text = {0};
    orm__arena arena = {0};
    bool good = stamp->usable && ormc_files_read(stamp->path, &text) && holds(stamp, text.data, &arena);
    orm__arena_release(&arena);
    orm__text_release(&text);
    return good;
}

static bool holds(const ormc_stamp *stamp, char *text, orm__arena *arena)
{
    const char *line = next_line(&text);
    if (strcmp(line, first_line) != 0)
        return false;
    const char *input = value_of(next_line(&text), "input ");
    const char *package = value_of(next_line(&text), "package ");
    if (!input || !package || strtoull(input, NULL, 16) != stamp->input)
        return false;
    ormc_table kept = {0};
    while (*text)
        if (!holds_output(value_of(next_line(&text), "output "), &kept, arena))
            return false;
    ormc_leftovers left;
    return ormc_leftovers_find(stamp->directory, package, &kept, arena, &left) && !left.count;
}

static char *next_line(char **text)
{
    char *line = *text, *end = line + strcspn(line, "\n");
    *text = *end ? end + 1 : end;
    *end = '\0';
    return line;
}

static const char *value_of(const char *line, const char *word)
{
    size_t length = strlen(word);
    return strncmp(line, word, length) == 0 ? line + length : NULL;
}

static bool holds_output(const char *value, ormc_table *kept, orm__arena *arena)
{
    char *path = NULL;
    uint64_t hash, wanted = value ? strtoull(value, &path, 16) : 0;
    return path && *path++ == ' ' && ormc_hash_file(0, path, &hash) && hash == wanted &&
           ormc_table_add(kept, arena, name_of(path), path);
}

void ormc_stamp_begin(ormc_stamp *stamp, const char *package)
{
    orm__text_printf(&stamp->text, "%s\ninput %016" PRIx64 "\npackage %s\n", first_line, stamp->input, package);
}

void ormc_stamp_add(ormc_stamp *stamp, const char *path, uint64_t hash)
{
    stamp->usable &= !strchr(path, '\n');
    orm__text_printf(&stamp->text, "output %016" PRIx64 " %s\n", hash, path);
}
