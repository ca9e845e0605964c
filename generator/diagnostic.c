/* diagnostic.c -- keeps messages and the texts they point into; sorts and renders them.
 * SPDX-License-Identifier: MIT */
#include "diagnostic.h"

#include "table.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Characters that a terminal shows in no or in two columns. */
static const struct {
    uint32_t first, last;
    int width;
} widths[] = {
    {0x0300, 0x036F, 0}, {0x1100, 0x115F, 2}, {0x200B, 0x200F, 0},   {0x2E80, 0xA4CF, 2},
    {0xAC00, 0xD7A3, 2}, {0xF900, 0xFAFF, 2}, {0xFE00, 0xFE0F, 0},   {0xFE30, 0xFE6F, 2},
    {0xFF00, 0xFF60, 2}, {0xFFE0, 0xFFE6, 2}, {0x1F300, 0x1FAFF, 2}, {0x20000, 0x3FFFD, 2},
};

enum {
    LONGEST_MESSAGE = 600, /* bytes; a longer one is cut */
    LONGEST_WORD = 64,     /* for suggestions */
    TAB_WIDTH = 4,         /* of a tab in a line shown */
    WIDEST_LINE = 100,     /* characters of the line shown */
    LEAD = 60              /* characters kept before the place in a line that is cut */
};

typedef struct source_text {
    struct source_text *next;
    const char *file, *text;
    size_t size, index;
    size_t *line_starts; /* byte offsets */
    size_t line_count;
} source_text;

typedef struct diagnosis {
    struct diagnosis *next; /* of those of its kind: messages by age, or the notes of one diagnosis */
    struct diagnosis *notes, *last_note;
    const source_text *source;
    ormc_severity severity;
    ormc_place place;
    size_t number;
    const char *text;
} diagnosis;

struct ormc_diagnostics {
    orm__arena arena;
    source_text *sources, *last_source;
    size_t source_count;
    diagnosis *first, *last;
    ormc_table said;    /* messages by place and text */
    diagnosis *ignored; /* a repeated message, which swallows its notes */
    size_t counts[ORMC_NOTE + 1];
    bool failed; /* a message was lost for want of memory */
};

static bool find_lines(orm__arena *arena, source_text *source);
static const source_text *source_of(ormc_diagnostics *diagnostics, const char *file);
static char *format_text(orm__arena *arena, const char *format, va_list arguments);
static bool is_repeated(ormc_diagnostics *diagnostics, diagnosis *added);
static void append(ormc_diagnostics *diagnostics, diagnosis *message);
static int compare_places(const void *left, const void *right);
static void render_message(orm__text *out, const diagnosis *message);
static void render_line(orm__text *out, const diagnosis *message);
static size_t step_back(const char *line, size_t at, size_t characters);
static int render_character(orm__text *out, const char *line, size_t size, size_t *at, int column);
static int width_of(const char *character, size_t length);
static size_t distance(const char *left, const char *right, size_t limit);
static size_t limit_for(const char *word);

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

void ormc_diagnostics_add_source(ormc_diagnostics *diagnostics, const char *file, const char *text, size_t size)
{
    source_text *added = orm__arena_zalloc(&diagnostics->arena, 1, sizeof *added);
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
static bool find_lines(orm__arena *arena, source_text *source)
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

void ormc_report(ormc_diagnostics *diagnostics, ormc_severity severity, ormc_place place, const char *format, ...)
{
    diagnosis *added = orm__arena_zalloc(&diagnostics->arena, 1, sizeof *added);
    va_list arguments;
    va_start(arguments, format);
    const char *text = format_text(&diagnostics->arena, format, arguments);
    va_end(arguments);
    if (!added || !text) {
        diagnostics->failed = true;
        return;
    }
    *added = (diagnosis){
        .severity = severity, .place = place, .text = text, .source = source_of(diagnostics, place.file)};
    append(diagnostics, added);
}

/* One line, whatever names were put into it, and not longer than is of use. */
static char *format_text(orm__arena *arena, const char *format, va_list arguments)
{
    char text[LONGEST_MESSAGE + 1];
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length < 0)
        return NULL;
    if (length > LONGEST_MESSAGE) {
        size_t end = step_back(text, LONGEST_MESSAGE - 3, 1);
        memcpy(text + end, "...", sizeof "...");
    }
    for (char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            *c = '?';
    return orm__arena_strdup(arena, text);
}

static const source_text *source_of(ormc_diagnostics *diagnostics, const char *file)
{
    for (const source_text *source = diagnostics->sources; file && source; source = source->next)
        if (strcmp(source->file, file) == 0)
            return source;
    return NULL;
}

/* What is inherited from one place is found wrong once for each heir; it is said once. */
static void append(ormc_diagnostics *diagnostics, diagnosis *added)
{
    if (added->severity == ORMC_NOTE && diagnostics->last) {
        diagnosis *parent = diagnostics->ignored ? diagnostics->ignored : diagnostics->last;
        if (parent->last_note)
            parent->last_note->next = added;
        else
            parent->notes = added;
        parent->last_note = added;
        diagnostics->counts[ORMC_NOTE] += !diagnostics->ignored;
        return;
    }
    diagnostics->ignored = is_repeated(diagnostics, added) ? added : NULL;
    if (diagnostics->ignored)
        return;
    added->number = diagnostics->last ? diagnostics->last->number + 1 : 0;
    if (diagnostics->last)
        diagnostics->last->next = added;
    else
        diagnostics->first = added;
    diagnostics->last = added;
    diagnostics->counts[added->severity]++;
}

static bool is_repeated(ormc_diagnostics *diagnostics, diagnosis *added)
{
    const char *file = added->place.file ? added->place.file : "";
    const char *key = orm__arena_printf(&diagnostics->arena, "%s:%d:%d:%s", file, added->place.line,
                                        added->place.column, added->text);
    return key && ormc_table_add(&diagnostics->said, &diagnostics->arena, key, added) != added;
}

size_t ormc_diagnostics_count(const ormc_diagnostics *diagnostics, ormc_severity severity)
{
    return diagnostics->counts[severity] + (severity == ORMC_ERROR && diagnostics->failed);
}

void ormc_diagnostics_render(const ormc_diagnostics *diagnostics, orm__text *out)
{
    size_t count = 0;
    for (const diagnosis *message = diagnostics->first; message; message = message->next)
        count++;
    const diagnosis **sorted = malloc((count + 1) * sizeof *sorted);
    if (!sorted) {
        out->failed = true;
        return;
    }
    count = 0;
    for (const diagnosis *message = diagnostics->first; message; message = message->next)
        sorted[count++] = message;
    qsort(sorted, count, sizeof *sorted, compare_places);
    for (size_t i = 0; i < count; i++) {
        render_message(out, sorted[i]);
        for (const diagnosis *note = sorted[i]->notes; note; note = note->next)
            render_message(out, note);
    }
    free(sorted);
    if (diagnostics->failed)
        orm__text_string(out, "error: out of memory\n");
}

static int compare_places(const void *left, const void *right)
{
    const diagnosis *a = *(const diagnosis *const *)left, *b = *(const diagnosis *const *)right;
    size_t file_a = a->source ? a->source->index : SIZE_MAX, file_b = b->source ? b->source->index : SIZE_MAX;
    if (file_a != file_b)
        return file_a < file_b ? -1 : 1;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    if (a->place.column != b->place.column)
        return a->place.column < b->place.column ? -1 : 1;
    return a->number < b->number ? -1 : 1;
}

static void render_message(orm__text *out, const diagnosis *message)
{
    static const char *const words[] = {[ORMC_ERROR] = "error", [ORMC_WARNING] = "warning", [ORMC_NOTE] = "note"};
    const ormc_place *place = &message->place;
    if (place->file)
        orm__text_printf(out, "%s:", place->file);
    if (place->file && place->line)
        orm__text_printf(out, "%d:%d:", place->line, place->column);
    orm__text_printf(out, "%s%s: %s\n", place->file ? " " : "", words[message->severity], message->text);
    if (message->source && place->line > 0 && (size_t)place->line <= message->source->line_count)
        render_line(out, message);
}

/* The line and, below it, a caret with tildes. Of a long line only the part around the place is shown. */
static void render_line(orm__text *out, const diagnosis *message)
{
    const source_text *source = message->source;
    const char *line = source->text + source->line_starts[message->place.line - 1];
    size_t left = source->size - (size_t)(line - source->text);
    size_t place = (size_t)(message->place.column > 0 ? message->place.column - 1 : 0);
    if (place > left)
        return;
    size_t end = place + (size_t)(message->place.length > 0 ? message->place.length : 1);
    size_t at = end <= WIDEST_LINE ? 0 : step_back(line, place, LEAD);
    int column = 0, caret = 0, under = 1;
    orm__text_string(out, at ? "    ..." : "    ");
    int shift = at ? 3 : 0;
    for (; column < WIDEST_LINE && at < left && line[at] != '\n' && line[at] != '\r';) {
        if (at <= place)
            caret = column;
        column = render_character(out, line, left, &at, column);
        if (at <= end && at > place)
            under = column - caret;
    }
    if (place >= at)
        caret = column;
    bool whole = at >= left || line[at] == '\n' || line[at] == '\r';
    orm__text_printf(out, "%s\n    %*s^", whole ? "" : "...", caret + shift, "");
    for (int i = 1; i < under; i++)
        orm__text_char(out, '~');
    orm__text_char(out, '\n');
}

/* The offset of the character that stands `characters` before the one at `at`, or of the first of the line. */
static size_t step_back(const char *line, size_t at, size_t characters)
{
    while (at && characters)
        if (((unsigned char)line[--at] & 0xC0) != 0x80)
            characters--;
    return at;
}

/* Appends the character at `*at`, moves on, and returns the column after it: a tab becomes spaces, what cannot be
 * shown a question mark. */
static int render_character(orm__text *out, const char *line, size_t size, size_t *at, int column)
{
    unsigned char c = (unsigned char)line[*at];
    size_t start = (*at)++;
    if (c == '\t') {
        int spaces = TAB_WIDTH - column % TAB_WIDTH;
        orm__text_printf(out, "%*s", spaces, "");
        return column + spaces;
    }
    if (c >= 0xC0)
        while (*at < size && *at - start < 4 && ((unsigned char)line[*at] & 0xC0) == 0x80)
            ++*at;
    if ((c >= 0x80 && *at - start == 1) || iscntrl(c)) {
        orm__text_char(out, '?');
        return column + 1;
    }
    orm__text_bytes(out, line + start, *at - start);
    return column + width_of(line + start, *at - start);
}

static int width_of(const char *character, size_t length)
{
    uint32_t code = (unsigned char)character[0] & (length == 1 ? 0x7Fu : 0x7Fu >> length);
    for (size_t i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)character[i] & 0x3Fu);
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if (code >= widths[i].first && code <= widths[i].last)
            return widths[i].width;
    return 1;
}

const char *ormc_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t best = limit_for(word) + 1;
    for (size_t i = 0; i < count && best; i++) {
        size_t far = distance(word, candidates[i], best);
        if (far < best && far < strlen(candidates[i])) {
            best = far;
            nearest = candidates[i];
        }
    }
    return nearest;
}

/* How many slips a word of that length may hold: about one in three letters. */
static size_t limit_for(const char *word)
{
    size_t length = strlen(word);
    return length < 3 ? 1 : length > LONGEST_WORD ? 0 : length < 12 ? (length + 1) / 3 : 4;
}

/* Letters added, dropped, changed or swapped with a neighbour between two words; a difference in case counts only as a
 * whole. Anything from `limit` on may come out as `limit`. */
static size_t distance(const char *left, const char *right, size_t limit)
{
    size_t rows[3][LONGEST_WORD + 2];
    size_t n = strlen(left), m = strlen(right);
    if (n > LONGEST_WORD || m > LONGEST_WORD || (n > m ? n - m : m - n) >= limit)
        return limit;
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            int a = tolower((unsigned char)left[i - 1]), b = tolower((unsigned char)right[j - 1]);
            size_t least = above[j - 1] + (a != b);
            least = above[j] + 1 < least ? above[j] + 1 : least;
            least = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
            bool swapped = i > 1 && j > 1 && a == tolower((unsigned char)right[j - 2]) &&
                           b == tolower((unsigned char)left[i - 2]);
            row[j] = swapped && two_above[j - 2] + 1 < least ? two_above[j - 2] + 1 : least;
        }
    }
    size_t far = rows[n % 3][m];
    return far ? far : strcmp(left, right) != 0;
}
