/* diagnostic.c -- keeps messages and the texts they point into, and sorts them.
 * SPDX-License-Identifier: MIT */
#include "diagnostic_parts.h"

#include "table.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LONGEST_MESSAGE = 600, /* bytes; a longer one is cut */
    MOST_KEPT = 1000       /* messages; further ones are counted */
};

struct ormc_diagnostics {
    orm__arena arena;
    ormc_diagnostic_options options;
    ormc_source *sources, *last_source;
    size_t source_count;
    ormc_message *first, *last;
    ormc_table said; /* messages by place and text */
    bool ignoring;   /* the last one was not kept: nor are its notes */
    size_t counts[ORMC_NOTE + 1], kept;
    bool failed; /* a message was lost for want of memory */
};

static bool find_lines(orm__arena *arena, ormc_source *source);
static bool is_error(const ormc_diagnostic_options *options, const ormc_kind_row *kind);
static bool is_wanted(ormc_diagnostics *diagnostics, const ormc_kind_row *kind, ormc_place place);
static bool is_allowed(const char *option, const ormc_source *source, int number);
static const char *find_word(const char *at, const char *end, const char *word);
static ormc_message *new_message(ormc_diagnostics *diagnostics, ormc_place place, const char *format,
                                 va_list arguments);
static char *format_text(orm__arena *arena, const char *format, va_list arguments);
static const ormc_source *source_of(ormc_diagnostics *diagnostics, const char *file);
static bool is_word(char c);
static bool is_repeated(ormc_diagnostics *diagnostics, ormc_message *added);
static void append(ormc_diagnostics *diagnostics, ormc_message *message);
static const ormc_message **sort(const ormc_diagnostics *diagnostics);
static int compare_places(const void *left, const void *right);
static void render_end(const ormc_diagnostics *diagnostics, orm__text *out);

ormc_diagnostics *ormc_diagnostics_new(void)
{
    return calloc(1, sizeof(ormc_diagnostics));
}

void ormc_diagnostics_free(ormc_diagnostics *diagnostics)
{
    if (!diagnostics)
        return;
    orm__arena_release(&diagnostics->arena);
    free(diagnostics);
}

void ormc_diagnostics_configure(ormc_diagnostics *diagnostics, const ormc_diagnostic_options *options)
{
    diagnostics->options = *options;
}

void ormc_diagnostics_add_source(ormc_diagnostics *diagnostics, const char *file, const char *text, size_t size)
{
    ormc_source *added = orm__arena_zalloc(&diagnostics->arena, 1, sizeof *added);
    if (!added)
        return;
    added->file = orm__arena_strdup(&diagnostics->arena, file);
    added->text = orm__arena_copy(&diagnostics->arena, text, size);
    added->size = size;
    added->index = diagnostics->source_count;
    if (!added->file || !added->text || !find_lines(&diagnostics->arena, added))
        return;
    diagnostics->source_count++;
    if (diagnostics->last_source)
        diagnostics->last_source->next = added;
    else
        diagnostics->sources = added;
    diagnostics->last_source = added;
}

/* A line ends with LF, CR LF or CR, as YAML has it. */
static bool find_lines(orm__arena *arena, ormc_source *source)
{
    size_t count = 1;
    for (int pass = 0; pass < 2; pass++) {
        count = 1;
        for (size_t i = 0; i < source->size; i++) {
            bool ends = source->text[i] == '\n' || (source->text[i] == '\r' && source->text[i + 1] != '\n');
            if (ends && pass)
                source->line_starts[count] = i + 1;
            count += ends;
        }
        if (!pass)
            source->line_starts = orm__arena_zalloc(arena, count, sizeof *source->line_starts);
        if (!source->line_starts)
            return false;
    }
    source->line_count = count;
    return true;
}

void ormc_report(ormc_diagnostics *diagnostics, ormc_kind kind, ormc_place place, const char *format, ...)
{
    const ormc_kind_row *row = ormc_kind_find((int)kind);
    ormc_severity severity = is_error(&diagnostics->options, row) ? ORMC_ERROR : ORMC_WARNING;
    diagnostics->ignoring = true;
    if (!is_wanted(diagnostics, row, place))
        return;
    if (diagnostics->kept == MOST_KEPT) {
        diagnostics->counts[severity]++;
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    ormc_message *added = new_message(diagnostics, place, format, arguments);
    va_end(arguments);
    if (!added || is_repeated(diagnostics, added))
        return;
    added->kind = row;
    added->severity = severity;
    diagnostics->counts[severity]++;
    diagnostics->ignoring = false;
    append(diagnostics, added);
}

static bool is_error(const ormc_diagnostic_options *options, const ormc_kind_row *kind)
{
    if (!kind->option)
        return true;
    ormc_warning_state said = options->warnings[kind->kind].as_error;
    return said == ORMC_WARNING_ON || (options->all_errors && said != ORMC_WARNING_OFF);
}

static bool is_wanted(ormc_diagnostics *diagnostics, const ormc_kind_row *kind, ormc_place place)
{
    const ormc_diagnostic_options *options = &diagnostics->options;
    if (!kind->option)
        return true;
    return !options->no_warnings && options->warnings[kind->kind].shown != ORMC_WARNING_OFF &&
           !is_allowed(kind->option, source_of(diagnostics, place.file), place.line);
}

/* "# ormc: allow text-key, unused" in the line that the message points at. */
static bool is_allowed(const char *option, const ormc_source *source, int number)
{
    size_t length = 0, size = strlen(option);
    const char *line = ormc_source_line(source, number, &length);
    const char *at = line ? find_word(line, line + length, "# ormc: allow ") : NULL;
    while (at && (at = find_word(at + 1, line + length, option))) {
        const char *end = at + size;
        if (strchr(" ,", at[-1]) && (end == line + length || strchr(" ,", *end)))
            return true;
    }
    return false;
}

/* Where it first stands between the two, or NULL. */
static const char *find_word(const char *at, const char *end, const char *word)
{
    for (size_t size = strlen(word); at + size <= end; at++)
        if (memcmp(at, word, size) == 0)
            return at;
    return NULL;
}

/* What cannot be held counts as an error, so that nobody takes the input for good. */
static ormc_message *new_message(ormc_diagnostics *diagnostics, ormc_place place, const char *format, va_list arguments)
{
    ormc_message *made = orm__arena_zalloc(&diagnostics->arena, 1, sizeof *made);
    const char *text = format_text(&diagnostics->arena, format, arguments);
    if (!made || !text) {
        diagnostics->failed = true;
        return NULL;
    }
    *made = (ormc_message){.place = place, .text = text, .source = source_of(diagnostics, place.file)};
    return made;
}

/* One line, whatever names were put into it, and not longer than is of use. */
static char *format_text(orm__arena *arena, const char *format, va_list arguments)
{
    char text[LONGEST_MESSAGE + 1];
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length < 0)
        return NULL;
    if (length > LONGEST_MESSAGE) {
        size_t end = ormc_step_back(text, LONGEST_MESSAGE - 3, 1);
        memcpy(text + end, "...", sizeof "...");
    }
    for (char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    return orm__arena_strdup(arena, text);
}

static const ormc_source *source_of(ormc_diagnostics *diagnostics, const char *file)
{
    for (const ormc_source *source = diagnostics->sources; file && source; source = source->next)
        if (strcmp(source->file, file) == 0)
            return source;
    return NULL;
}

/* What is inherited from one place is found wrong once for each heir; it is said once. */
static bool is_repeated(ormc_diagnostics *diagnostics, ormc_message *added)
{
    const char *file = added->place.file ? added->place.file : "";
    const char *key = orm__arena_printf(&diagnostics->arena, "%s:%d:%d:%s", file, added->place.line,
                                        added->place.column, added->text);
    return key && ormc_table_add(&diagnostics->said, &diagnostics->arena, key, added) != added;
}

static void append(ormc_diagnostics *diagnostics, ormc_message *added)
{
    added->number = diagnostics->kept++;
    if (diagnostics->last)
        diagnostics->last->next = added;
    else
        diagnostics->first = added;
    diagnostics->last = added;
}

void ormc_note(ormc_diagnostics *diagnostics, ormc_place place, const char *format, ...)
{
    ormc_message *parent = diagnostics->ignoring ? NULL : diagnostics->last;
    if (!parent)
        return;
    va_list arguments;
    va_start(arguments, format);
    ormc_message *added = new_message(diagnostics, place, format, arguments);
    va_end(arguments);
    if (!added)
        return;
    added->severity = ORMC_NOTE;
    if (parent->last_note)
        parent->last_note->next = added;
    else
        parent->notes = added;
    parent->last_note = added;
    diagnostics->counts[ORMC_NOTE]++;
}

size_t ormc_diagnostics_count(const ormc_diagnostics *diagnostics, ormc_severity severity)
{
    return diagnostics->counts[severity] + (severity == ORMC_ERROR && diagnostics->failed);
}

void ormc_diagnostics_render(const ormc_diagnostics *diagnostics, orm__text *out)
{
    static void (*const render[])(orm__text *, const ormc_message *, const ormc_diagnostic_options *) = {
        [ORMC_AS_TEXT] = ormc_render_text, [ORMC_AS_GCC] = ormc_render_gcc, [ORMC_AS_JSON] = ormc_render_json};
    const ormc_message **sorted = sort(diagnostics);
    if (!sorted) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < diagnostics->kept; i++)
        render[diagnostics->options.format](out, sorted[i], &diagnostics->options);
    free(sorted);
    render_end(diagnostics, out);
}

/* Owned: free. NULL when memory is gone. */
static const ormc_message **sort(const ormc_diagnostics *diagnostics)
{
    const ormc_message **sorted = malloc((diagnostics->kept + 1) * sizeof *sorted);
    size_t count = 0;
    for (const ormc_message *message = diagnostics->first; sorted && message; message = message->next)
        sorted[count++] = message;
    if (sorted)
        qsort(sorted, count, sizeof *sorted, compare_places);
    return sorted;
}

static int compare_places(const void *left, const void *right)
{
    const ormc_message *a = *(const ormc_message *const *)left, *b = *(const ormc_message *const *)right;
    size_t file_a = a->source ? a->source->index : SIZE_MAX, file_b = b->source ? b->source->index : SIZE_MAX;
    if (file_a != file_b)
        return file_a < file_b ? -1 : 1;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    if (a->place.column != b->place.column)
        return a->place.column < b->place.column ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

/* What stands for messages that are not there. */
static void render_end(const ormc_diagnostics *diagnostics, orm__text *out)
{
    size_t all = diagnostics->counts[ORMC_ERROR] + diagnostics->counts[ORMC_WARNING];
    bool json = diagnostics->options.format == ORMC_AS_JSON;
    if (all > diagnostics->kept)
        orm__text_printf(out,
                         json ? "{\"severity\":\"note\",\"message\":\"%zu messages more\",\"notes\":[]}\n"
                              : "note: %zu messages more\n",
                         all - diagnostics->kept);
    if (diagnostics->failed)
        orm__text_string(out, json ? "{\"severity\":\"error\",\"message\":\"out of memory\",\"notes\":[]}\n"
                                   : "error: out of memory\n");
}

const char *ormc_severity_word(ormc_severity severity)
{
    static const char *const words[] = {[ORMC_ERROR] = "error", [ORMC_WARNING] = "warning", [ORMC_NOTE] = "note"};
    return words[severity];
}

const char *ormc_source_line(const ormc_source *source, int line, size_t *length)
{
    if (!source || line < 1 || (size_t)line > source->line_count)
        return NULL;
    size_t start = source->line_starts[line - 1];
    size_t end = (size_t)line < source->line_count ? source->line_starts[line] : source->size;
    while (end > start && (source->text[end - 1] == '\n' || source->text[end - 1] == '\r'))
        end--;
    *length = end - start;
    return source->text + start;
}

/* The offset of the character that stands `characters` before the one at `at`, or of the first of the line. */
size_t ormc_step_back(const char *line, size_t at, size_t characters)
{
    while (at && characters)
        if (((unsigned char)line[--at] & 0xC0) != 0x80)
            characters--;
    return at;
}

ormc_place ormc_diagnostics_locate(ormc_diagnostics *diagnostics, ormc_place from, const char *word, int lines)
{
    const ormc_source *source = source_of(diagnostics, from.file);
    size_t size = strlen(word);
    for (int line = from.line; source && size && line < from.line + lines; line++) {
        size_t length, first = line == from.line && from.column > 0 ? (size_t)from.column - 1 : 0;
        const char *text = ormc_source_line(source, line, &length);
        for (size_t i = first; text && i + size <= length; i++) {
            bool begins = i == 0 || !is_word(text[i - 1]), ends = i + size == length || !is_word(text[i + size]);
            if (begins && ends && memcmp(text + i, word, size) == 0)
                return (ormc_place){.file = from.file, .line = line, .column = (int)i + 1, .length = (int)size};
        }
    }
    return from;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 128;
}
