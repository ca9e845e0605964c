/* diagnostic_text.c -- messages for people: the place, what is wrong, the line with a caret below; in colour when
 * asked.
 * SPDX-License-Identifier: MIT */
#include "diagnostic_parts.h"

#include <ctype.h>
#include <stdint.h>

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
    TAB_WIDTH = 4,     /* of a tab in a line shown */
    WIDEST_LINE = 100, /* characters of the line shown */
    LEAD = 60          /* characters kept before the place in a line that is cut */
};

static const char *const severity_colors[] = {
    [ORMC_ERROR] = "\033[1;31m", [ORMC_WARNING] = "\033[1;35m", [ORMC_NOTE] = "\033[1;36m"};

static void render_head(orm__text *out, const ormc_message *message, const ormc_diagnostic_options *options);
static void render_kind(orm__text *out, const ormc_message *message);
static const char *painted(const ormc_diagnostic_options *options, const char *color);
static void render_line(orm__text *out, const ormc_message *message, const ormc_diagnostic_options *options);
static int render_character(orm__text *out, const char *line, size_t size, size_t *at, int column);
static int width_of(const char *character, size_t length);

void ormc_render_text(orm__text *out, const ormc_message *message, const ormc_diagnostic_options *options)
{
    render_head(out, message, options);
    render_line(out, message, options);
    for (const ormc_message *note = message->notes; note; note = note->next)
        ormc_render_text(out, note, options);
}

void ormc_render_gcc(orm__text *out, const ormc_message *message, const ormc_diagnostic_options *options)
{
    render_head(out, message, options);
    for (const ormc_message *note = message->notes; note; note = note->next)
        render_head(out, note, options);
}

static void render_head(orm__text *out, const ormc_message *message, const ormc_diagnostic_options *options)
{
    const ormc_place *place = &message->place;
    const char *bold = painted(options, "\033[1m"), *plain = painted(options, "\033[0m");
    orm__text_string(out, bold);
    if (place->file)
        orm__text_printf(out, "%s:", place->file);
    if (place->file && place->line)
        orm__text_printf(out, "%d:%d:", place->line, place->column);
    orm__text_printf(out, "%s%s%s:%s %s%s", place->file ? " " : "",
                     painted(options, severity_colors[message->severity]), ormc_severity_word(message->severity), plain,
                     bold, message->text);
    orm__text_string(out, plain);
    if (message->kind)
        render_kind(out, message);
    orm__text_char(out, '\n');
}

/* " [ORM0012]", " [ORM0101, -Wtext-key]" */
static void render_kind(orm__text *out, const ormc_message *message)
{
    orm__text_printf(out, " [ORM%04d", (int)message->kind->kind);
    if (message->kind->option)
        orm__text_printf(out, message->severity == ORMC_ERROR ? ", -Werror=%s" : ", -W%s", message->kind->option);
    orm__text_char(out, ']');
}

static const char *painted(const ormc_diagnostic_options *options, const char *color)
{
    return options->color == ORMC_COLOR_ALWAYS ? color : "";
}

/* The line and, below it, a caret with tildes. Of a long line only the part around the place is shown. */
static void render_line(orm__text *out, const ormc_message *message, const ormc_diagnostic_options *options)
{
    size_t length = 0;
    const char *line = ormc_source_line(message->source, message->place.line, &length);
    size_t place = (size_t)(message->place.column > 0 ? message->place.column - 1 : 0);
    if (!line || place > length)
        return;
    size_t end = place + (size_t)(message->place.length > 0 ? message->place.length : 1);
    size_t at = end <= WIDEST_LINE ? 0 : ormc_step_back(line, place, LEAD);
    int column = 0, caret = 0, under = 1, shift = at ? 3 : 0;
    orm__text_string(out, at ? "    ..." : "    ");
    while (column < WIDEST_LINE && at < length) {
        if (at <= place)
            caret = column;
        column = render_character(out, line, length, &at, column);
        if (at <= end && at > place)
            under = column - caret;
    }
    if (place >= at)
        caret = column;
    orm__text_printf(out, "%s\n    %*s%s^", at >= length ? "" : "...", caret + shift, "",
                     painted(options, "\033[1;32m"));
    for (int i = 1; i < under; i++)
        orm__text_char(out, '~');
    orm__text_printf(out, "%s\n", painted(options, "\033[0m"));
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
