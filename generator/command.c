/* command.c -- finds the command that a line names, reads its options and runs it; help, and messages about usage.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "command_diagnostics.h"
#include "link.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_PATH = 80, MOST_COMMANDS = 63 };

static int run_group(const ormc_command *group, const char *path, int argc, char **argv);
static int run_alone(const ormc_command *command, const char *path, int argc, char **argv);
static bool is_help(const char *word);
static const ormc_command *find(const ormc_command *group, const char *name);
static int refuse_command(const ormc_command *group, const char *path, const char *word);
static int refuse(const char *path, orm__text *message);
static int help(const ormc_command *command, const char *path, int argc, char **argv);
static void extend_path(char longer[LONGEST_PATH], const char *path, const char *name);
static int print_help(const ormc_command *command, const char *path, FILE *out, int status);
static void put_usage(const ormc_command *command, const char *path, orm__text *text);
static void put_commands(const ormc_command *group, orm__text *text);

int ormc_command_run(const ormc_command *command, const char *path, int argc, char **argv)
{
    return command->commands ? run_group(command, path, argc, argv) : run_alone(command, path, argc, argv);
}

static int run_group(const ormc_command *group, const char *path, int argc, char **argv)
{
    if (!argc)
        return print_help(group, path, stderr, ORMC_EXIT_USAGE);
    if (is_help(argv[0]))
        return help(group, path, argc - 1, argv + 1);
    const ormc_command *command = find(group, argv[0]);
    if (!command)
        return refuse_command(group, path, argv[0]);
    char longer[LONGEST_PATH];
    extend_path(longer, path, command->name);
    return ormc_command_run(command, longer, argc - 1, argv + 1);
}

static bool is_help(const char *word)
{
    return strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static const ormc_command *find(const ormc_command *group, const char *name)
{
    for (const ormc_command *const *command = group->commands; *command; command++)
        if (strcmp((*command)->name, name) == 0)
            return *command;
    return NULL;
}

static int refuse_command(const ormc_command *group, const char *path, const char *word)
{
    orm__text message = {0};
    if (*word == '-') {
        ormc_options_refuse(&group->usage, word, &message);
        return refuse(path, &message);
    }
    const char *known[MOST_COMMANDS + 1] = {"help"};
    size_t count = 1;
    for (const ormc_command *const *command = group->commands; *command && count <= MOST_COMMANDS; command++)
        known[count++] = (*command)->name;
    return ormc_command_refuse(path, "unknown command", word, known, count);
}

int ormc_command_refuse(const char *path, const char *what, const char *word, const char *const *known, size_t count)
{
    orm__text message = {0};
    ormc_options_suggest(&message, what, word, known, count);
    return refuse(path, &message);
}

static int refuse(const char *path, orm__text *message)
{
    fprintf(stderr, "ormc: %s\ntry '%s --help'\n", message->data ? message->data : "out of memory", path);
    orm__text_release(message);
    return ORMC_EXIT_USAGE;
}

static void extend_path(char longer[LONGEST_PATH], const char *path, const char *name)
{
    snprintf(longer, LONGEST_PATH, "%s %s", path, name);
}

/* `ormc help`, `ormc help COMMAND...` */
static int help(const ormc_command *command, const char *path, int argc, char **argv)
{
    if (!argc)
        return print_help(command, path, stdout, ORMC_EXIT_FINE);
    const ormc_command *inner = command->commands ? find(command, argv[0]) : NULL;
    if (!inner && command->commands)
        return refuse_command(command, path, argv[0]);
    if (!inner)
        return print_help(command, path, stdout, ORMC_EXIT_FINE);
    char longer[LONGEST_PATH];
    extend_path(longer, path, inner->name);
    return help(inner, longer, argc - 1, argv + 1);
}

static int run_alone(const ormc_command *command, const char *path, int argc, char **argv)
{
    ormc_arguments given;
    orm__text message = {0};
    int status;
    if (!ormc_arguments_read(&command->usage, argc, argv, &given, &message))
        status = refuse(path, &message);
    else if (given.help)
        status = print_help(command, path, stdout, ORMC_EXIT_FINE);
    else
        status = command->run(&given);
    ormc_arguments_release(&given);
    return status;
}

static int print_help(const ormc_command *command, const char *path, FILE *out, int status)
{
    orm__text text = {0};
    put_usage(command, path, &text);
    orm__text_printf(&text, "\n%s\n", command->description);
    if (command->commands)
        put_commands(command, &text);
    orm__text_string(&text, "options:\n");
    ormc_options_describe(&command->usage, &text);
    orm__text_string(&text, "\nexit status: 0 fine, 1 errors in the input, 2 wrong usage, 3 differences found\n");
    fputs(text.failed ? "ormc: out of memory\n" : text.data, text.failed ? stderr : out);
    status = text.failed ? ORMC_EXIT_INPUT : status;
    orm__text_release(&text);
    return status;
}

static void put_usage(const ormc_command *command, const char *path, orm__text *text)
{
    orm__text_printf(text, "usage: %s", path);
    for (const ormc_option *const *option = command->usage.options; option && *option; option++)
        if ((*option)->required && (*option)->letter)
            orm__text_printf(text, " -%c %s", (*option)->letter, (*option)->value);
        else if ((*option)->required)
            orm__text_printf(text, " %s %s", (*option)->name, (*option)->value);
    orm__text_string(text, command->commands ? " COMMAND [ARGUMENT...]" : " [OPTION...]");
    if (command->usage.operands)
        orm__text_printf(text, " %s", command->usage.operands);
    orm__text_char(text, '\n');
}

static void put_commands(const ormc_command *group, orm__text *text)
{
    orm__text_string(text, "commands:\n");
    for (const ormc_command *const *command = group->commands; *command; command++)
        orm__text_printf(text, "  %-19s %s\n", (*command)->name, (*command)->summary);
    orm__text_string(text, "  help COMMAND        say more about a command\n\n");
}

int ormc_command_with_package(const ormc_arguments *given, ormc_command_use use, void *user)
{
    orm__arena arena = {0};
    orm__text rendered = {0}, message = {0};
    ormc_diagnostics *diagnostics = ormc_command_diagnostics(given, &message);
    if (message.length)
        return refuse("ormc", &message);
    const ormc_package *package = NULL;
    bool read = diagnostics && ormc_load(given->operands, given->operand_count, &arena, diagnostics, &package);
    if (read)
        ormc_diagnostics_render(diagnostics, &rendered);
    if (rendered.data)
        fputs(rendered.data, stderr);
    int status = read && !rendered.failed ? ORMC_EXIT_INPUT : ormc_command_fail(NULL);
    orm__text_release(&rendered);
    if (package)
        status = use(package, diagnostics, user);
    ormc_diagnostics_free(diagnostics);
    orm__arena_release(&arena);
    return status;
}

int ormc_command_report(const ormc_arguments *given, ormc_kind kind, orm__text *message)
{
    orm__text rendered = {0};
    ormc_diagnostics *diagnostics = ormc_command_diagnostics(given, NULL);
    if (diagnostics) {
        ormc_report(diagnostics, kind, (ormc_place){0}, "%s", message->data ? message->data : "out of memory");
        ormc_diagnostics_render(diagnostics, &rendered);
    }
    if (rendered.data)
        fputs(rendered.data, stderr);
    bool told = rendered.data && !rendered.failed;
    orm__text_release(&rendered);
    ormc_diagnostics_free(diagnostics);
    if (!told)
        return ormc_command_fail(message);
    orm__text_release(message);
    return ORMC_EXIT_INPUT;
}

int ormc_command_fail(orm__text *message)
{
    fprintf(stderr, "ormc: %s\n", message && message->data ? message->data : "out of memory");
    if (message)
        orm__text_release(message);
    return ORMC_EXIT_INPUT;
}
