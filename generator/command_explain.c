/* command_explain.c -- `ormc explain`: what the codes of messages mean, from schemas/messages.md, which is compiled in.
 *
 * There a message has a section "## ORM0012: title"; behind the text stand an example and the same one mended.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "diagnostic.h"
#include "embed.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int explain(const ormc_arguments *given);
static const char *messages(void);
static int list_all(void);
static const char *next_section(const char *text);
static const ormc_kind_row *find_kind(const char *word);
static int print_section(const ormc_kind_row *kind);
static int refuse_code(const char *word);

const ormc_command ormc_command_explain = {
    .name = "explain",
    .summary = "say what the code of a message means",
    .description =
        "Prints what the error or warning of a code such as ORM0012 means, an example that gives it, and the example\n"
        "mended. 12 and a warning's name (text-key) will do, too. Without a code, lists all of them.\n",
    .usage = {.operands = "[CODE...]"},
    .run = explain,
};

static int explain(const ormc_arguments *given)
{
    int status = ORMC_EXIT_FINE;
    if (!given->operand_count)
        return list_all();
    for (size_t i = 0; i < given->operand_count && status == ORMC_EXIT_FINE; i++) {
        const ormc_kind_row *kind = find_kind(given->operands[i]);
        status = kind ? print_section(kind) : refuse_code(given->operands[i]);
    }
    return status;
}

static const char *messages(void)
{
    const ormc_embedded_template *row = ormc_embedded_templates;
    while (row->name && strcmp(row->name, "messages.md") != 0)
        row++;
    return row->text;
}

/* The headings, and the names of warnings. */
static int list_all(void)
{
    for (const char *section = next_section(messages()); section; section = next_section(section)) {
        const char *code = section + strlen("## ");
        const ormc_kind_row *kind = ormc_kind_find(atoi(code + strlen("ORM")));
        printf("%.*s", (int)strcspn(code, "\n"), code);
        printf(kind && kind->option ? " [-W%s]\n" : "\n", kind ? kind->option : "");
    }
    return ORMC_EXIT_FINE;
}

/* The next heading behind the beginning of `text`, or NULL. */
static const char *next_section(const char *text)
{
    const char *found = strstr(text + 1, "\n## ORM");
    return found ? found + 1 : NULL;
}

/* "ORM0012", "orm12", "12", "text-key", "-Wtext-key", "-Wno-text-key" */
static const ormc_kind_row *find_kind(const char *word)
{
    const char *digits = word;
    for (const char *prefix = "orm"; *prefix && tolower((unsigned char)*digits) == *prefix; prefix++)
        digits++;
    if ((digits == word || digits == word + 3) && *digits && strlen(digits) < 6 &&
        !digits[strspn(digits, "0123456789")])
        return ormc_kind_find(atoi(digits));
    const char *name = word + (strncmp(word, "-W", 2) == 0 ? 2 : 0);
    name += strncmp(name, "no-", 3) == 0 ? 3 : 0;
    for (const ormc_kind_row *row = ormc_kinds; row->kind; row++)
        if (row->option && strcmp(row->option, name) == 0)
            return row;
    return NULL;
}

/* Blocks are shown indented, without their fences. */
static int print_section(const ormc_kind_row *kind)
{
    char heading[32];
    snprintf(heading, sizeof heading, "## ORM%04d: ", (int)kind->kind);
    const char *section = next_section(messages());
    while (section && strncmp(section, heading, strlen(heading)) != 0)
        section = next_section(section);
    if (!section)
        return refuse_code(heading + strlen("## "));
    const char *end = next_section(section);
    bool inside = false;
    printf("%.*s\n", (int)strcspn(section + 3, "\n"), section + 3);
    for (const char *at = strchr(section, '\n') + 1; *at && at != end;) {
        int length = (int)strcspn(at, "\n");
        if (strncmp(at, "```", 3) == 0)
            inside = !inside;
        else
            printf("%s%.*s\n", inside && length ? "    " : "", length, at);
        at += length + (at[length] == '\n');
    }
    return ORMC_EXIT_FINE;
}

static int refuse_code(const char *word)
{
    static char codes[ORMC_KIND_LIMIT][8];
    const char *words[2 * ORMC_KIND_LIMIT];
    size_t count = 0;
    for (const ormc_kind_row *row = ormc_kinds; row->kind; row++) {
        snprintf(codes[count], sizeof codes[count], "ORM%04d", (int)row->kind);
        words[count] = codes[count];
        count++;
    }
    for (const ormc_kind_row *row = ormc_kinds; row->kind; row++)
        if (row->option)
            words[count++] = row->option;
    return ormc_command_refuse("ormc explain", "unknown code", word, words, count);
}
