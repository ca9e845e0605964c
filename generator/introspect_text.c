/* introspect_text.c -- YAML in small pieces: scalars, lists and mappings in braces.
 * SPDX-License-Identifier: MIT */
#include "introspect.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_plain_scalar(const char *text);

void shown_open(shown_braces *b, const char *key)
{
    orm__text_printf(b->out, "%s%s: ", b->count++ ? ", " : "{", key);
}

void shown_pair(shown_braces *b, const char *key, const char *value)
{
    if (!value)
        return;
    shown_open(b, key);
    shown_put_scalar(b->out, value);
}

/* A value that is never quoted. */
void shown_plain_pair(shown_braces *b, const char *key, const char *value)
{
    if (!value)
        return;
    shown_open(b, key);
    orm__text_string(b->out, value);
}

void shown_close(shown_braces *b)
{
    orm__text_string(b->out, "}\n");
}

void shown_list(orm__text *out, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        orm__text_string(out, i ? ", " : "[");
        shown_put_scalar(out, names[i]);
    }
    orm__text_char(out, ']');
}

void shown_put_scalar(orm__text *out, const char *text)
{
    bool control = false;
    for (const char *at = text; *at; at++)
        control |= (unsigned char)*at < 0x20 || *at == 0x7F;
    if (!control && is_plain_scalar(text)) {
        orm__text_string(out, text);
        return;
    }
    orm__text_char(out, control ? '"' : '\'');
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (!control && c == '\'')
            orm__text_string(out, "''");
        else if (control && (c == '"' || c == '\\'))
            orm__text_printf(out, "\\%c", c);
        else if (control && c == '\n')
            orm__text_string(out, "\\n");
        else if (control && (c < 0x20 || c == 0x7F))
            orm__text_printf(out, "\\x%02X", c);
        else
            orm__text_char(out, *at);
    }
    orm__text_char(out, control ? '"' : '\'');
}

/* Letters in front, nothing that YAML minds, and no word that means something else. */
static bool is_plain_scalar(const char *text)
{
    static const char *const words[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"};
    size_t length = strlen(text);
    if (!length || text[length - 1] == ' ' || strlen(text) > 90)
        return false;
    if (!isalpha((unsigned char)*text) && *text != '_' && (unsigned char)*text < 128 &&
        !isdigit((unsigned char)*text) &&
        !(*text == '-' && (isalpha((unsigned char)text[1]) || isdigit((unsigned char)text[1]))))
        return false;
    for (const char *at = text; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("_ ()+*/<>=.$-?;", *at) && (unsigned char)*at < 128)
            return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0)
            return false;
    return true;
}
