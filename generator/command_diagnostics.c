/* command_diagnostics.c -- reads --diagnostics, --color, -W and -w.
 * SPDX-License-Identifier: MIT */
#include "command_diagnostics.h"

#include "command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ormc_option_fate read_format(const char *value, ormc_diagnostic_options *options);
static ormc_option_fate read_color(const char *value, ormc_diagnostic_options *options);
static ormc_option_fate read_warning(const char *word, ormc_diagnostic_options *options);
static ormc_option_fate refuse_warning(const char *word, const char *option);
static const ormc_kind_row *find_warning(const char *name);
static bool terminal_has_color(void);

ormc_option_fate ormc_command_diagnostic_option(int argc, char **argv, int *at, ormc_diagnostic_options *options)
{
    const char *word = argv[*at];
    if (strncmp(word, "--diagnostics=", strlen("--diagnostics=")) == 0)
        return read_format(strchr(word, '=') + 1, options);
    if (strcmp(word, "--diagnostics") == 0)
        return read_format(*at + 1 < argc ? argv[++*at] : "", options);
    if (strncmp(word, "--color=", strlen("--color=")) == 0)
        return read_color(strchr(word, '=') + 1, options);
    if (strcmp(word, "--color") == 0)
        return read_color("always", options);
    if (strcmp(word, "-w") == 0)
        return options->no_warnings = true, ORMC_OPTION_TAKEN;
    return strncmp(word, "-W", 2) == 0 ? read_warning(word, options) : ORMC_OPTION_UNKNOWN;
}

static ormc_option_fate read_format(const char *value, ormc_diagnostic_options *options)
{
    static const char *const words[] = {[ORMC_AS_TEXT] = "text", [ORMC_AS_GCC] = "gcc", [ORMC_AS_JSON] = "json"};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(value, words[i]) == 0)
            return options->format = (ormc_diagnostic_format)i, ORMC_OPTION_TAKEN;
    ormc_command_refuse("--diagnostics is text, gcc or json, not", value, words, 3);
    return ORMC_OPTION_REFUSED;
}

static ormc_option_fate read_color(const char *value, ormc_diagnostic_options *options)
{
    static const char *const words[] = {
        [ORMC_COLOR_AUTO] = "auto", [ORMC_COLOR_ALWAYS] = "always", [ORMC_COLOR_NEVER] = "never"};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(value, words[i]) == 0)
            return options->color = (ormc_color)i, ORMC_OPTION_TAKEN;
    ormc_command_refuse("--color is always, never or auto, not", value, words, 3);
    return ORMC_OPTION_REFUSED;
}

/* "-Werror", "-Werror=NAME", "-Wno-error=NAME", "-Wno-NAME", "-WNAME" */
static ormc_option_fate read_warning(const char *word, ormc_diagnostic_options *options)
{
    const char *name = word + 2;
    bool on = strncmp(name, "no-", 3) != 0;
    name += on ? 0 : 3;
    if (strcmp(name, "error") == 0)
        return options->all_errors = on, ORMC_OPTION_TAKEN;
    bool error = strncmp(name, "error=", strlen("error=")) == 0;
    name += error ? strlen("error=") : 0;
    const ormc_kind_row *warning = find_warning(name);
    if (!warning)
        return refuse_warning(word, name);
    ormc_warning_state state = on ? ORMC_WARNING_ON : ORMC_WARNING_OFF;
    if (error)
        options->warnings[warning->kind].as_error = state;
    if (!error || on)
        options->warnings[warning->kind].shown = state;
    return ORMC_OPTION_TAKEN;
}

static const ormc_kind_row *find_warning(const char *name)
{
    for (const ormc_kind_row *row = ormc_kinds; row->kind; row++)
        if (row->option && strcmp(row->option, name) == 0)
            return row;
    return NULL;
}

static ormc_option_fate refuse_warning(const char *word, const char *name)
{
    const char *words[ORMC_KIND_LIMIT + 1] = {"error"};
    size_t count = 1;
    for (const ormc_kind_row *row = ormc_kinds; row->kind; row++)
        if (row->option)
            words[count++] = row->option;
    const char *nearest = ormc_nearest(name, words, count);
    char meant[128];
    const char *one[] = {meant};
    if (nearest && (size_t)(name - word) + strlen(nearest) < sizeof meant) {
        memcpy(meant, word, (size_t)(name - word));
        memcpy(meant + (name - word), nearest, strlen(nearest) + 1);
    }
    ormc_command_refuse("unknown option", word, one, nearest != NULL);
    return ORMC_OPTION_REFUSED;
}

ormc_diagnostics *ormc_command_diagnostics(const ormc_diagnostic_options *options)
{
    ormc_diagnostics *made = ormc_diagnostics_new();
    ormc_diagnostic_options settled = *options;
    if (settled.color == ORMC_COLOR_AUTO)
        settled.color = terminal_has_color() ? ORMC_COLOR_ALWAYS : ORMC_COLOR_NEVER;
    if (made)
        ormc_diagnostics_configure(made, &settled);
    return made;
}

/* https://no-color.org: set and not empty. */
static bool terminal_has_color(void)
{
    const char *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && !(refused && *refused) && terminal && strcmp(terminal, "dumb") != 0;
}
