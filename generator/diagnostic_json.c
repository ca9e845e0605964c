/* diagnostic_json.c -- messages for programs: an object on a line each.
 *
 *     {"code":"ORM0012","severity":"error","file":"blog.yaml","line":14,"column":9,"end_column":15,"message":"...","notes":[]}
 *
 * A warning has its name as "option". What is not known is left out; notes have neither code nor notes.
 * SPDX-License-Identifier: MIT */
#include "diagnostic_parts.h"
#include "input.h"

#include <string.h>

static void render_members(orm__text *out, const ormc_message *message);
static void render_string(orm__text *out, const char *text);

void ormc_render_json(orm__text *out, const ormc_message *message, const ormc_diagnostic_options *options)
{
    (void)options;
    orm__text_printf(out, "{\"code\":\"ORM%04d\",", (int)message->kind->kind);
    if (message->kind->option)
        orm__text_printf(out, "\"option\":\"%s\",", message->kind->option);
    render_members(out, message);
    orm__text_string(out, ",\"notes\":[");
    for (const ormc_message *note = message->notes; note; note = note->next) {
        orm__text_char(out, '{');
        render_members(out, note);
        orm__text_string(out, note->next ? "}," : "}");
    }
    orm__text_string(out, "]}\n");
}

static void render_members(orm__text *out, const ormc_message *message)
{
    const ormc_place *place = &message->place;
    orm__text_printf(out, "\"severity\":\"%s\"", ormc_severity_word(message->severity));
    if (place->file) {
        orm__text_string(out, ",\"file\":");
        render_string(out, place->file);
    }
    if (place->file && place->line)
        orm__text_printf(out, ",\"line\":%d,\"column\":%d,\"end_column\":%d", place->line, place->column,
                         place->column + place->length);
    orm__text_string(out, ",\"message\":");
    render_string(out, message->text);
}

/* JSON is UTF-8: a byte that is not becomes U+FFFD. */
static void render_string(orm__text *out, const char *text)
{
    orm__text_char(out, '"');
    for (size_t left = strlen(text), step; left; text += step, left -= step) {
        unsigned char c = (unsigned char)*text;
        uint32_t character;
        size_t length = ormc_utf8_decode(text, left, &character);
        if (c == '"' || c == '\\')
            orm__text_printf(out, "\\%c", c);
        else if (c < 0x20)
            orm__text_printf(out, "\\u%04x", (unsigned)c);
        else if (!length)
            orm__text_string(out, "\xEF\xBF\xBD");
        else
            orm__text_bytes(out, text, length);
        step = length ? length : 1;
    }
    orm__text_char(out, '"');
}
