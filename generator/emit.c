/* emit.c -- renders STEM.h and STEM.c of each file, and the rule for make; files.c writes them.
 * SPDX-License-Identifier: MIT */
#include "emit.h"

#include "embed.h"
#include "hash.h"
#include "layout.h"
#include "leftover.h"
#include "stamp.h"
#include "table.h"
#include "template.h"
#include "view.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

static const struct {
    const char *template, *ending;
} kinds[] = {{"header.h", ".h"}, {"source.c", ".c"}};

enum { KINDS = sizeof kinds / sizeof *kinds, PIECE = 1 << 16 /* of a file, that is handed on */ };

typedef struct emission {
    const ormc_emit_options *options;
    const ormc_package *package;
    orm__text *message;
    orm__arena arena;
    ormc_files *files;
    ormc_template_set parsed;
    orm__text wrapped;   /* what is rendered, in its final lines, since the last piece was handed on */
    ormc_hasher hasher;  /* of what was handed on of the file */
    ormc_table texts;    /* templates of the user's folder, by name; `absent` where it has none */
    const char **inputs; /* their paths, in the order of use */
    size_t input_count;
    const char **outputs; /* paths */
    size_t output_count;
    ormc_table names; /* of the outputs, without their folder */
    bool failed;      /* memory is gone, or a template cannot be read */
} emission;

static char absent[] = "";

static bool check_templates(emission *work);
static bool emit_all(emission *work);
static bool emit_file(emission *work, ormc_view *view, const ormc_file *file);
static const char *path_of(emission *work, const char *name);
static bool begin_output(emission *work, const char *path);
static bool render(emission *work, const char *template, const ormc_data *data);
static void wrap(orm__text *raw, void *user);
static bool hand_on(emission *work);
static bool end_output(emission *work);
static bool look_for_leftovers(emission *work);
static const char *look_up(const char *name, void *user);
static const char *find_embedded(const char *name);
static const char *read_template(emission *work, const char *name);
static void add_input(emission *work, const char *path);
static bool emit_rule(emission *work);
static void leave_stamp(const emission *work);
static void put_target(orm__text *rule, const char *path);
static bool fail(emission *work, const char *what, const char *path, int error);

bool ormc_emit(const ormc_package *package, const ormc_emit_options *options, orm__text *message)
{
    emission work = {.options = options, .package = package, .message = message};
    work.files = ormc_files_open(options->differ, options->user, message);
    bool done = work.files && check_templates(&work) && emit_all(&work) && ormc_files_commit(work.files);
    if (done)
        leave_stamp(&work);
    else if (!message->length)
        orm__text_string(message, "out of memory");
    ormc_files_close(work.files);
    ormc_template_set_release(&work.parsed);
    orm__text_release(&work.wrapped);
    orm__arena_release(&work.arena);
    return done;
}

static bool check_templates(emission *work)
{
    const char *folder = work->options->templates;
    struct stat status;
    if (folder && stat(folder, &status))
        return fail(work, "read the templates of", folder, errno);
    return !folder || S_ISDIR(status.st_mode) || fail(work, "read the templates of", folder, ENOTDIR);
}

static bool emit_all(emission *work)
{
    const ormc_package *package = work->package;
    work->outputs = orm__arena_zalloc(&work->arena, package->file_count * KINDS + 1, sizeof *work->outputs);
    ormc_view *view = ormc_view_new(&work->arena, package);
    if (!work->outputs || !view)
        return false;
    if (work->options->stamp)
        ormc_stamp_begin(work->options->stamp, package->name);
    for (size_t i = 0; i < package->file_count; i++)
        if (!emit_file(work, view, &package->files[i]))
            return false;
    return (!work->options->leftover || look_for_leftovers(work)) && (!work->options->depfile || emit_rule(work));
}

/* What one file needs is given back before the next one. */
static bool emit_file(emission *work, ormc_view *view, const ormc_file *file)
{
    orm__arena arena = {0};
    const ormc_data *data = ormc_view_file(view, file, &arena);
    bool done = data != NULL;
    for (size_t i = 0; done && i < KINDS; i++) {
        const char *name = orm__arena_printf(&work->arena, "%s%s", file->stem, kinds[i].ending);
        const char *path = name ? path_of(work, name) : NULL;
        done = path && ormc_table_add(&work->names, &work->arena, name, (void *)(uintptr_t)name) &&
               begin_output(work, path) && render(work, kinds[i].template, data) && end_output(work);
    }
    orm__arena_release(&arena);
    return done;
}

static const char *path_of(emission *work, const char *name)
{
    const char *directory = work->options->directory;
    if (!directory || !*directory)
        return name;
    bool slash = directory[strlen(directory) - 1] == '/';
    return orm__arena_printf(&work->arena, slash ? "%s%s" : "%s/%s", directory, name);
}

static bool begin_output(emission *work, const char *path)
{
    work->outputs[work->output_count++] = path;
    work->hasher.hash = work->hasher.filled = 0;
    orm__text_clear(&work->wrapped);
    return ormc_files_begin(work->files, path);
}

/* What the template makes of the data, broken into lines that fit; from model to model, not all of it at once. */
static bool render(emission *work, const char *template, const ormc_data *data)
{
    const ormc_template_options options = {
        .lookup = look_up, .user = work, .set = &work->parsed, .flush = wrap, .strict = true};
    ormc_template_error error;
    orm__text raw = {0};
    bool done = ormc_template_render(&options, template, data, &raw, &error);
    if (done)
        ormc_layout_wrap(raw.data, raw.length, &work->wrapped);
    else if (!work->message->length && error.line)
        orm__text_printf(work->message, "template %s.mustache:%d:%d: %s", error.name, error.line, error.column,
                         error.message);
    else if (!work->message->length)
        orm__text_string(work->message, error.message);
    orm__text_release(&raw);
    return done && !work->failed;
}

/* Lines that are whole. */
static void wrap(orm__text *raw, void *user)
{
    emission *work = user;
    if (!raw->length || raw->data[raw->length - 1] != '\n' || raw->failed)
        return;
    ormc_layout_wrap(raw->data, raw->length, &work->wrapped);
    orm__text_clear(raw);
    if (work->wrapped.length >= PIECE)
        work->failed |= !hand_on(work);
}

static bool hand_on(emission *work)
{
    const orm__text *text = &work->wrapped;
    if (work->failed || text->failed)
        return false;
    if (work->options->stamp)
        ormc_hasher_add(&work->hasher, text->data, text->length);
    bool done = ormc_files_add(work->files, text->data ? text->data : "", text->length);
    orm__text_clear(&work->wrapped);
    return done;
}

static bool end_output(emission *work)
{
    if (!hand_on(work))
        return false;
    if (work->options->stamp)
        ormc_stamp_add(work->options->stamp, work->outputs[work->output_count - 1], ormc_hasher_end(&work->hasher));
    return ormc_files_end(work->files);
}

static bool look_for_leftovers(emission *work)
{
    const ormc_emit_options *options = work->options;
    const char *directory = options->directory && *options->directory ? options->directory : ".";
    ormc_leftovers left;
    if (!ormc_leftovers_find(directory, work->package->name, &work->names, &work->arena, &left))
        return false;
    for (size_t i = 0; i < left.count; i++) {
        options->leftover(options->user, left.paths[i]);
        if (options->prune && !ormc_files_remove(work->files, left.paths[i]))
            return false;
    }
    return true;
}

/* The user's template goes before the built-in one. */
static const char *look_up(const char *name, void *user)
{
    emission *work = user;
    const char *text = work->options->templates ? ormc_table_get(&work->texts, name) : absent;
    if (!text)
        text = read_template(work, name);
    return text == absent ? find_embedded(name) : text;
}

static const char *find_embedded(const char *name)
{
    const ormc_embedded_template *template = ormc_embedded_templates;
    while (template->name && strcmp(template->name, name) != 0)
        template ++;
    return template->text;
}

static const char *read_template(emission *work, const char *name)
{
    const char *path = orm__arena_printf(&work->arena, "%s/%s.mustache", work->options->templates, name);
    char *text = absent, *key = orm__arena_strdup(&work->arena, name);
    orm__text file = {0};
    if (path && ormc_files_read(path, &file)) {
        text = orm__arena_copy(&work->arena, file.data, file.length);
        add_input(work, path);
    } else if (path && errno != ENOENT) {
        work->failed = true;
        fail(work, "read", path, errno);
    }
    orm__text_release(&file);
    work->failed |= !path || !text || !key;
    if (text && key && !ormc_table_add(&work->texts, &work->arena, key, text))
        work->failed = true;
    return text;
}

/* Room doubles. */
static void add_input(emission *work, const char *path)
{
    size_t count = work->input_count;
    if ((count & (count - 1)) == 0) {
        const char **inputs = orm__arena_zalloc(&work->arena, count ? 2 * count : 1, sizeof *inputs);
        work->failed |= !inputs;
        if (!inputs)
            return;
        if (count)
            memcpy(inputs, work->inputs, count * sizeof *inputs);
        work->inputs = inputs;
    }
    work->inputs[work->input_count++] = path;
}

/* Outputs depend on every input. Each input is a target of its own, so that make does not stop when one was removed. */
static bool emit_rule(emission *work)
{
    for (size_t i = 0; i < work->package->file_count; i++)
        add_input(work, work->package->files[i].path);
    for (size_t i = 0; i < work->package->query_file_count; i++)
        add_input(work, work->package->query_files[i]);
    if (work->failed)
        return false;
    if (!begin_output(work, work->options->depfile))
        return false;
    orm__text *rule = &work->wrapped;
    for (size_t i = 0; i < work->output_count - 1; i++) { /* not the rule itself */
        orm__text_string(rule, i ? " \\\n " : "");
        put_target(rule, work->outputs[i]);
    }
    orm__text_char(rule, ':');
    for (size_t i = 0; i < work->input_count; i++) {
        orm__text_string(rule, " \\\n ");
        put_target(rule, work->inputs[i]);
    }
    orm__text_char(rule, '\n');
    for (size_t i = 0; i < work->input_count; i++) {
        orm__text_char(rule, '\n');
        put_target(rule, work->inputs[i]);
        orm__text_string(rule, ":\n");
    }
    return end_output(work);
}

/* A run that cannot leave one is as good: the next will take longer. */
static void leave_stamp(const emission *work)
{
    const ormc_stamp *stamp = work->options->stamp;
    if (work->options->differ || !stamp || !stamp->usable || stamp->text.failed)
        return;
    const ormc_output output = {.path = stamp->path, .data = stamp->text.data, .length = stamp->text.length};
    orm__text ignored = {0};
    ormc_files_write(&output, 1, &ignored);
    orm__text_release(&ignored);
}

/* A path as make and ninja read it: a backslash counts only where it stands before what it may quote. */
static void put_target(orm__text *rule, const char *path)
{
    while (*path) {
        size_t slashes = strspn(path, "\\");
        bool quoted = strchr(" #:", path[slashes]); /* also before the end, where a blank will follow */
        for (size_t i = 0; i < (quoted ? 2 * slashes : slashes); i++)
            orm__text_char(rule, '\\');
        path += slashes;
        if (!*path)
            return;
        if (quoted)
            orm__text_char(rule, '\\');
        else if (*path == '$')
            orm__text_char(rule, '$');
        orm__text_char(rule, *path++);
    }
}

static bool fail(emission *work, const char *what, const char *path, int error)
{
    if (!work->message->length)
        orm__text_printf(work->message, "cannot %s '%s': %s", what, path, strerror(error));
    return false;
}
