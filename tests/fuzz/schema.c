/* schema.c -- any bytes as a package of up to four files, separated by lines of %%: parsed, linked, checked, and
 * rendered.
 *
 * What is refused must be refused with a message; what is taken must render by the built-in templates, which know no
 * excuse.
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "embed.h"
#include "layout.h"
#include "link.h"
#include "template.h"
#include "view.h"

#include <string.h>
#include <unistd.h>

enum { FILES = 4 };

static char folder[64];
static char paths[FILES][80];

static void make_folder(void);
static void remove_folder(void);
static size_t write_files(const uint8_t *data, size_t size);
static void write_file(const char *path, const uint8_t *data, size_t size);
static void load(size_t count);
static void render(const ormc_package *package, orm__arena *arena);
static const char *look_up(const char *name, void *user);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!*folder)
        make_folder();
    load(write_files(data, size));
    return 0;
}

static void make_folder(void)
{
    const char *where = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/ormc-fuzz-XXXXXX", where && strlen(where) < 40 ? where : "/tmp");
    EXPECT(mkdtemp(folder));
    for (int i = 0; i < FILES; i++)
        snprintf(paths[i], sizeof paths[i], "%s/file_%c.yaml", folder, 'a' + i);
    atexit(remove_folder);
}

static void remove_folder(void)
{
    for (int i = 0; i < FILES; i++)
        unlink(paths[i]);
    rmdir(folder);
}

static size_t write_files(const uint8_t *data, size_t size)
{
    static const char mark[] = "\n%%\n";
    size_t count = 0;
    for (const uint8_t *end = data + size; count < FILES; count++) {
        const uint8_t *stop = data;
        while (stop < end && ((size_t)(end - stop) < strlen(mark) || memcmp(stop, mark, strlen(mark)) != 0))
            stop++;
        write_file(paths[count], data, (size_t)(stop - data));
        if (stop == end)
            return count + 1;
        data = stop + strlen(mark);
    }
    return count;
}

static void write_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    EXPECT(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
}

static void load(size_t count)
{
    const char *given[FILES];
    for (size_t i = 0; i < count; i++)
        given[i] = paths[i];
    orm__arena arena = {0};
    orm__text message = {0};
    const ormc_package *package;
    ormc_diagnostics *diagnostics = ormc_diagnostics_new();
    EXPECT(diagnostics && ormc_load(given, count, &arena, diagnostics, &package));
    ormc_diagnostics_render(diagnostics, &message);
    EXPECT(!message.failed && !package == (ormc_diagnostics_count(diagnostics, ORMC_ERROR) > 0));
    EXPECT(package || (message.length && strstr(message.data, "error: ")));
    if (package)
        render(package, &arena);
    orm__text_release(&message);
    ormc_diagnostics_free(diagnostics);
    orm__arena_release(&arena);
}

static void render(const ormc_package *package, orm__arena *arena)
{
    static const char *const templates[] = {"header.h", "source.c"};
    const ormc_template_options options = {.lookup = look_up, .strict = true};
    ormc_view *view = ormc_view_new(arena, package);
    EXPECT(view);
    for (size_t i = 0; i < 2 * package->file_count; i++) {
        orm__text raw = {0}, wrapped = {0};
        ormc_template_error error = {.line = 0};
        const ormc_data *data = ormc_view_file(view, &package->files[i / 2], arena);
        EXPECT(data && ormc_template_render(&options, templates[i % 2], data, &raw, &error));
        ormc_layout_wrap(raw.data, raw.length, &wrapped);
        EXPECT(!wrapped.failed && wrapped.length);
        orm__text_release(&raw);
        orm__text_release(&wrapped);
    }
}

static const char *look_up(const char *name, void *user)
{
    (void)user;
    const ormc_embedded_template *template = ormc_embedded_templates;
    while (template->name && strcmp(template->name, name) != 0)
        template ++;
    return template->text;
}
