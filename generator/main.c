/* main.c -- the program ormc: finds the command and runs it.
 *
 * Only this file and command_*.c print or decide how the process ends.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdio.h>
#include <string.h>

#define VERSION "0.1.0"

static const ormc_command *const commands[] = {&ormc_command_generate, &ormc_command_explain};

enum { COMMANDS = sizeof commands / sizeof *commands };

static int run_command(int argc, char **argv);
static int print_version(int argc, char **argv);
static int print_help(int argc, char **argv);
static void print_usage(FILE *out);
static const ormc_command *find_command(const char *name);
static int refuse_command(const char *name);

int main(int argc, char **argv)
{
    if (argc > 1)
        return run_command(argc - 1, argv + 1);
    print_usage(stderr);
    return ORMC_EXIT_USAGE;
}

static int run_command(int argc, char **argv)
{
    static const struct {
        const char *word;
        int (*run)(int argc, char **argv);
    } own[] = {{"--help", print_help}, {"-h", print_help}, {"help", print_help}, {"--version", print_version}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (strcmp(argv[0], own[i].word) == 0)
            return own[i].run(argc - 1, argv + 1);
    const ormc_command *command = find_command(argv[0]);
    return command ? command->run(argc - 1, argv + 1) : refuse_command(argv[0]);
}

static int print_version(int argc, char **argv)
{
    (void)argc, (void)argv;
    printf("ormc %s\n", VERSION);
    return ORMC_EXIT_FINE;
}

static int print_help(int argc, char **argv)
{
    if (!argc) {
        print_usage(stdout);
        return ORMC_EXIT_FINE;
    }
    const ormc_command *command = find_command(argv[0]);
    if (!command)
        return refuse_command(argv[0]);
    fputs(command->help, stdout);
    return ORMC_EXIT_FINE;
}

static void print_usage(FILE *out)
{
    fputs("usage: ormc COMMAND [ARGUMENT...]\n\n"
          "Turns models written in YAML into C that stores and loads them in PostgreSQL and SQLite.\n\n"
          "commands:\n",
          out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-16s %s\n", commands[i]->name, commands[i]->summary);
    fputs("  help COMMAND     say more about a command\n\n"
          "options:\n"
          "  --help           show this\n"
          "  --version        show the version\n\n"
          "exit status: 0 fine, 1 errors in the input, 2 wrong usage\n",
          out);
}

static const ormc_command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int refuse_command(const char *name)
{
    const char *known[COMMANDS + 3] = {"help", "--help", "--version"};
    for (size_t i = 0; i < COMMANDS; i++)
        known[i + 3] = commands[i]->name;
    return ormc_command_refuse(*name == '-' ? "unknown option" : "unknown command", name, known, COMMANDS + 3);
}
