/* command_diagnostics.c -- reads --diagnostics, --color, -W and -w.
 * SPDX-License-Identifier: MIT */
#include "command_diagnostics.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const formats[] = {[ORMC_AS_TEXT] = "text", [ORMC_AS_GCC] = "gcc", [ORMC_AS_JSON] = "json", NULL};
static const char *const colors[] = {
    [ORMC_COLOR_AUTO] = "auto", [ORMC_COLOR_ALWAYS] = "always", [ORMC_COLOR_NEVER] = "never", NULL};

const ormc_option ormc_option_diagnostics = {
    .name = "--diagnostics",
    .value = "FORM",
    .choices = formats,
    .help = "show messages as text (with the line), gcc (a line each) or json (an object on a line each)"};
const ormc_option ormc_option_color = {
    .name = "--color",
    .value = "WHEN",
    .choices = colors,
    .help = "always, never, or auto: on a terminal, unless NO_COLOR is set (the default)"};
const ormc_option ormc_option_warning = {
    .letter = 'W',
    .value = "NAME",
    .help = "warn of NAME; -Wno-NAME does not, -Werror and -Werror=NAME make errors of warnings, -Wno-error=NAME not"};
const ormc_option ormc_option_quiet = {.letter = 'w', .help = "no warnings at all"};

static size_t choice_of(const char *const *choices, const char *value);
static bool read_warning(const char *name, ormc_diagnostic_options *options, orm__text *message);
static const ormc_kind_row *find_warning(const char *name);
static void refuse_warning(const char *word, const char *name, orm__text *message);
static bool terminal_has_color(void);

ormc_diagnostics *ormc_command_diagnostics(const ormc_arguments *given, orm__text *message)
{
    ormc_diagnostic_options options = {0};
    for (size_t i = 0; i < given->option_count; i++) {
        const ormc_option *option = given->options[i].option;
        const char *value = given->options[i].value;
        if (option == &ormc_option_diagnostics)
            options.format = (ormc_diagnostic_format)choice_of(formats, value);
        else if (option == &ormc_option_color)
            options.color = (ormc_color)choice_of(colors, value);
        else if (option == &ormc_option_quiet)
            options.no_warnings = true;
        else if (option == &ormc_option_warning && !read_warning(value, &options, message))
            return NULL;
    }
    if (options.color == ORMC_COLOR_AUTO)
        options.color = terminal_has_color() ? ORMC_COLOR_ALWAYS : ORMC_COLOR_NEVER;
    ormc_diagnostics *made = ormc_diagnostics_new();
    if (made)
        ormc_diagnostics_configure(made, &options);
    return made;
}

/* The reader of options has refused every other word. */
static size_t choice_of(const char *const *choices, const char *value)
{
    size_t found = 0;
    while (strcmp(choices[found], value) != 0)
        found++;
    return found;
}

/* "error", "error=NAME", "no-error=NAME", "no-NAME", "NAME" */
static bool read_warning(const char *word, ormc_diagnostic_options *options, orm__text *message)
{
    const char *name = word;
    bool on = strncmp(name, "no-", 3) != 0;
    name += on ? 0 : 3;
    if (strcmp(name, "error") == 0) {
        options->all_errors = on;
        return true;
    }
    bool error = strncmp(name, "error=", strlen("error=")) == 0;
    name += error ? strlen("error=") : 0;
    const ormc_kind_row *warning = find_warning(name);
    if (!warning) {
        refuse_warning(word, name, message);
        return false;
    }
    ormc_warning_state state = on ? ORMC_WARNING_ON : ORMC_WARNING_OFF;
    if (error)
        options->warnings[warning->kind].as_error = state;
    if (!error || on)
        options->warnings[warning->kind].shown = state;
    return true;
}

static const ormc_kind_row *find_warning(const char *name)
{
    for (const ormc_kind_row *row = ormc_kinds; row->kind; row++)
        if (row->option && strcmp(row->option, name) == 0)
            return row;
    return NULL;
}

/* What stands before the name is kept in what is suggested. */
static void refuse_warning(const char *word, const char *name, orm__text *message)
{
    const char *words[ORMC_KIND_LIMIT + 1] = {"error"};
    size_t count = 1;
    for (const ormc_kind_row *row = ormc_kinds; row->kind; row++)
        if (row->option)
            words[count++] = row->option;
    const char *nearest = ormc_nearest(name, words, count);
    orm__text_printf(message, "unknown option '-W%s'", word);
    if (nearest)
        orm__text_printf(message, "; did you mean '-W%.*s%s'?", (int)(name - word), word, nearest);
}

/* https://no-color.org: set and not empty. */
static bool terminal_has_color(void)
{
    const char *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && !(refused && *refused) && terminal && strcmp(terminal, "dumb") != 0;
}
