/* input.c -- reading, UTF-8, and places of input.h.
 * SPDX-License-Identifier: MIT */
#include "input.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool find_lines(ormc_input *input, orm__arena *arena);
static bool is_utf_16(const ormc_input *input);
static bool is_allowed(uint32_t character);

bool ormc_input_read(const char *path, ormc_diagnostics *diagnostics, orm__text *text)
{
    ormc_place place = {.file = path};
    FILE *file = fopen(path, "rb");
    char block[1 << 14];
    size_t size = 1;
    while (file && size && !text->failed && text->length <= ORMC_LARGEST_FILE) {
        size = fread(block, 1, sizeof block, file);
        orm__text_bytes(text, block, size);
    }
    bool failed = !file || ferror(file);
    if (failed)
        ormc_report(diagnostics, ORMC_E_UNREADABLE, place, "cannot be read: %s", strerror(errno));
    else if (text->length > ORMC_LARGEST_FILE)
        ormc_report(diagnostics, ORMC_E_TOO_LARGE, place, "is larger than %d MiB", ORMC_LARGEST_FILE >> 20);
    if (file)
        fclose(file);
    return !failed && text->length <= ORMC_LARGEST_FILE;
}

bool ormc_input_open(ormc_input *input, const char *path, const char *text, size_t size, orm__arena *arena,
                     ormc_diagnostics *diagnostics)
{
    size_t mark = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    *input = (ormc_input){.path = path, .text = text + mark, .size = size - mark};
    ormc_diagnostics_add_source(diagnostics, path, input->text, input->size);
    return find_lines(input, arena);
}

static bool find_lines(ormc_input *input, orm__arena *arena)
{
    size_t count = 1;
    for (size_t i = 0; i < input->size; i++)
        count += input->text[i] == '\n' || input->text[i] == '\r';
    input->line_starts = orm__arena_alloc(arena, count * sizeof *input->line_starts);
    if (!input->line_starts)
        return false;
    input->line_starts[input->line_count++] = 0;
    for (size_t i = 0; i < input->size; i++)
        if (input->text[i] == '\n' || (input->text[i] == '\r' && (i + 1 == input->size || input->text[i + 1] != '\n')))
            input->line_starts[input->line_count++] = i + 1;
    return true;
}

bool ormc_input_check(const ormc_input *input, ormc_diagnostics *diagnostics)
{
    if (is_utf_16(input)) {
        ormc_report(diagnostics, ORMC_E_ENCODING, (ormc_place){.file = input->path}, "is UTF-16, and must be UTF-8");
        return false;
    }
    uint32_t character = 0;
    size_t at = 0, length = 0;
    for (; at < input->size; at += length) {
        length = ormc_utf8_decode(input->text + at, input->size - at, &character);
        if (!length || !is_allowed(character))
            break;
    }
    if (at == input->size)
        return true;
    ormc_place place = ormc_input_place(input, at, at + 1);
    if (length)
        ormc_report(diagnostics, ORMC_E_CONTROL_CHARACTER, place, "the control character U+%04X may not stand here",
                    (unsigned)character);
    else
        ormc_report(diagnostics, ORMC_E_ENCODING, place, "the byte 0x%02X is not valid UTF-8 here",
                    (unsigned)(unsigned char)input->text[at]);
    return false;
}

static bool is_utf_16(const ormc_input *input)
{
    return input->size >= 2 && (memcmp(input->text, "\xFF\xFE", 2) == 0 || memcmp(input->text, "\xFE\xFF", 2) == 0);
}

size_t ormc_utf8_decode(const char *text, size_t size, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xC0 ? 0 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    if (bytes[0] >= 0xF8 || length > size)
        return 0;
    uint32_t value = length == 1 ? bytes[0] : bytes[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (bytes[i] & 0x3Fu);
    }
    *character = value;
    bool valid = value >= least[length] && value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
    return valid ? length : 0;
}

/* What libyaml would take. */
static bool is_allowed(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0x7E) || c == 0x85 || (c >= 0xA0 && c <= 0xD7FF) ||
           (c >= 0xE000 && c <= 0xFFFD && c != 0xFEFF) || c >= 0x10000;
}

ormc_place ormc_input_place(const ormc_input *input, size_t offset, size_t end)
{
    size_t low = 0, high = input->line_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (input->line_starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    size_t line_end = offset;
    while (line_end < end && input->text[line_end] != '\n' && input->text[line_end] != '\r')
        line_end++;
    return (ormc_place){.file = input->path,
                        .line = (int)low + 1,
                        .column = (int)(offset - input->line_starts[low]) + 1,
                        .length = (int)(line_end - offset)};
}
