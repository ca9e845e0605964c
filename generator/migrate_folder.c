/* migrate_folder.c -- the files of a folder of migrations, and the order that their parents give them.
 * SPDX-License-Identifier: MIT */
#include "migrate.h"

#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct revision_file {
    const char *name, *text;
    char id[ORM__SHA256_TEXT];
    const char *parent; /* "none", or 64 digits */
    bool placed;
} revision_file;

typedef struct revision_files {
    revision_file *items;
    size_t count;
} revision_files;

static bool list_folder(const char *folder, orm__arena *arena, revision_files *files, orm__text *message);
static bool read_one(const char *folder, const char *file, orm__arena *arena, revision_file *read, orm__text *message);
static const char *find_parent(const char *text, orm__arena *arena);
static int compare(const void *a, const void *b);
static revision_file *find_child(const revision_files *files, const char *parent, const revision_file *but);
static bool tell_branches(const char *folder, const revision_file *a, const revision_file *b, orm__text *message);
static bool tell_unplaced(const revision_files *files, orm__text *message);
static bool out_of_memory(orm__text *message);
static const char *path_of(const char *folder, const char *name, const char *ending, orm__arena *arena);

bool ormc_chain_read(const char *folder, orm__arena *arena, ormc_chain *chain, orm__text *message)
{
    revision_files files = {0};
    *chain = (ormc_chain){.folder = folder};
    if (!list_folder(folder, arena, &files, message))
        return false;
    chain->revisions = orm__arena_zalloc(arena, files.count, sizeof *chain->revisions);
    if (!chain->revisions)
        return out_of_memory(message);
    const char *last = "none";
    for (revision_file *next; (next = find_child(&files, last, NULL)) != NULL; last = next->id) {
        const revision_file *other = find_child(&files, last, next);
        if (other)
            return tell_branches(folder, next, other, message);
        next->placed = true;
        chain->revisions[chain->count++] = (orm_revision){next->name, next->text};
    }
    return chain->count == files.count || tell_unplaced(&files, message);
}

static bool list_folder(const char *folder, orm__arena *arena, revision_files *files, orm__text *message)
{
    DIR *directory = opendir(folder);
    if (!directory && errno == ENOENT)
        return true;
    if (!directory) {
        orm__text_printf(message, "cannot read the folder '%s': %s", folder, strerror(errno));
        return false;
    }
    bool fine = true;
    for (const struct dirent *entry; fine && (entry = readdir(directory)) != NULL;) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 4, ".sql") != 0 || *entry->d_name == '.')
            continue;
        size_t count = files->count;
        if ((count & (count - 1)) == 0) {
            revision_file *items = orm__arena_zalloc(arena, count ? 2 * count : 1, sizeof *items);
            if (items && count)
                memcpy(items, files->items, count * sizeof *items);
            files->items = items;
        }
        fine = files->items ? read_one(folder, entry->d_name, arena, &files->items[files->count++], message)
                            : out_of_memory(message);
    }
    closedir(directory);
    if (fine && files->count)
        qsort(files->items, files->count, sizeof *files->items, compare);
    return fine;
}

static bool read_one(const char *folder, const char *file, orm__arena *arena, revision_file *read, orm__text *message)
{
    const char *path = orm__arena_printf(arena, "%s/%s", folder, file);
    orm__text text = {0};
    if (!path || !ormc_files_read(path, &text)) {
        orm__text_printf(message, "cannot read '%s/%s': %s", folder, file, strerror(errno));
        orm__text_release(&text);
        return false;
    }
    *read = (revision_file){.name = orm__arena_copy(arena, file, strlen(file) - strlen(".sql")),
                            .text = orm__arena_copy(arena, text.data ? text.data : "", text.length)};
    orm__text_release(&text);
    read->parent = read->text ? find_parent(read->text, arena) : NULL;
    if (!read->name || !read->parent)
        return out_of_memory(message);
    orm__sha256_text(read->text, strlen(read->text), read->id);
    return true;
}

static const char *find_parent(const char *text, orm__arena *arena)
{
    static const char word[] = "--@ parent ";
    while (*text && strncmp(text, word, strlen(word)) != 0) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    text += *text ? strlen(word) : 0;
    return orm__arena_copy(arena, text, strcspn(text, " \r\n"));
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const revision_file *)a)->name, ((const revision_file *)b)->name);
}

static revision_file *find_child(const revision_files *files, const char *parent, const revision_file *but)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].parent, parent) == 0 && &files->items[i] != but && !files->items[i].placed)
            return &files->items[i];
    return NULL;
}

static bool tell_branches(const char *folder, const revision_file *a, const revision_file *b, orm__text *message)
{
    orm__text_printf(message,
                     "two branches: '%s' and '%s' both follow the same revision; put one on top of the other with\n"
                     "    ormc migrate rebase %s -d %s SCHEMA.yaml...",
                     a->name, b->name, b->name, folder);
    return false;
}

/* The parent of one is no revision: either it was edited, or is gone. Another one is placed before it in the order
 * of names. */
static bool tell_unplaced(const revision_files *files, orm__text *message)
{
    size_t first = 0;
    while (first < files->count && files->items[first].placed)
        first++;
    orm__text_printf(message, "'%s' follows a revision that is not here: ", files->items[first].name);
    if (first)
        orm__text_printf(message, "'%s' was edited after that, or one behind it is gone; ",
                         files->items[first - 1].name);
    orm__text_string(message, first ? "put the old text back" : "the one before it is gone");
    return false;
}

static bool out_of_memory(orm__text *message)
{
    orm__text_string(message, "out of memory");
    return false;
}

static const char *path_of(const char *folder, const char *name, const char *ending, orm__arena *arena)
{
    return orm__arena_printf(arena, "%s/%s%s", folder, name, ending);
}

bool ormc_chain_snapshots(const ormc_chain *chain, size_t count, orm__arena *arena, ormc_snapshot snapshots[2],
                          orm__text *message)
{
    memset(snapshots, 0, 2 * sizeof *snapshots);
    snapshots[ORMC_SQLITE].dialect = ORMC_SQLITE;
    if (!count)
        return true;
    const char *path = path_of(chain->folder, chain->revisions[count - 1].name, ".yaml", arena);
    ormc_diagnostics *diagnostics = ormc_diagnostics_new();
    bool fine = path && diagnostics && ormc_snapshot_read(path, arena, diagnostics, snapshots);
    if (!fine && diagnostics)
        ormc_diagnostics_render(diagnostics, message);
    if (!fine)
        orm__text_printf(message, "the schema that revision '%s' leaves cannot be read",
                         chain->revisions[count - 1].name);
    ormc_diagnostics_free(diagnostics);
    return fine;
}

bool ormc_revision_store(const ormc_chain *chain, const char *name, const orm__text *text,
                         const ormc_snapshot snapshots[2], orm__text *message)
{
    orm__arena arena = {0};
    orm__text schema = {0};
    ormc_snapshot_write(snapshots, &schema);
    const ormc_output outputs[] = {
        {path_of(chain->folder, name, ".sql", &arena), text->data, text->length},
        {path_of(chain->folder, name, ".yaml", &arena), schema.data, schema.length},
    };
    bool fine = outputs[0].path && outputs[1].path && !text->failed && !schema.failed;
    fine = fine ? ormc_files_write(outputs, 2, message) : out_of_memory(message);
    orm__text_release(&schema);
    orm__arena_release(&arena);
    return fine;
}

bool ormc_chain_rebase(const char *folder, const char *name, const ormc_snapshot to[2], orm__arena *arena,
                       orm__text *message)
{
    revision_files files = {0};
    ormc_chain chain = {.folder = folder};
    if (!list_folder(folder, arena, &files, message))
        return false;
    chain.revisions = orm__arena_zalloc(arena, files.count, sizeof *chain.revisions);
    revision_file *moved = NULL;
    for (size_t i = 0; i < files.count; i++)
        if (strcmp(files.items[i].name, name) == 0)
            moved = &files.items[i];
    if (!chain.revisions)
        return out_of_memory(message);
    if (!moved || find_child(&files, moved->id, NULL)) {
        orm__text_printf(message, moved ? "'%s' is not the last of its branch" : "there is no revision '%s'", name);
        return false;
    }
    moved->placed = true;
    const char *last = "none";
    for (revision_file *next; (next = find_child(&files, last, NULL)) != NULL; last = next->id) {
        next->placed = true;
        chain.revisions[chain.count++] = (orm_revision){next->name, next->text};
    }
    if (chain.count + 1 != files.count) {
        orm__text_string(message, "one of the branches has several revisions: remove those that no database has, and "
                                  "write one new revision on top of the other branch");
        return false;
    }
    ormc_snapshot from[2];
    ormc_revision revision;
    orm__text text = {0};
    size_t digits = strspn(name, "0123456789");
    const char *new_name = ormc_revision_name(&chain, name + digits + (name[digits] == '_'), arena);
    bool fine = ormc_chain_snapshots(&chain, chain.count, arena, from, message) && new_name &&
                ormc_revision_make(from, to, arena, &revision);
    if (fine)
        ormc_revision_write(&revision, new_name, chain.count ? last : "", &text);
    fine = fine && ormc_revision_store(&chain, new_name, &text, to, message);
    if (fine && strcmp(new_name, name) != 0) {
        remove(path_of(folder, name, ".sql", arena));
        remove(path_of(folder, name, ".yaml", arena));
    }
    if (fine)
        orm__text_printf(message, "'%s' is now '%s', made anew from the schema", name, new_name);
    orm__text_release(&text);
    return fine;
}
