/* command_generate.c -- `ormc generate`: its options, and from files to files.
 * SPDX-License-Identifier: MIT */
#include "command.h"

#include "command_diagnostics.h"
#include "emit.h"
#include "link.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct arguments {
    const char **paths;
    size_t path_count;
    ormc_emit_options emit;
    ormc_diagnostic_options diagnostics;
    bool help;
} arguments;

static int generate(int argc, char **argv);
static bool read_arguments(int argc, char **argv, arguments *read);
static bool read_option(int argc, char **argv, int *at, arguments *read);
static bool refuse(const char *message, const char *word);
static int run(const arguments *given);
static bool load_and_emit(const arguments *given, orm__arena *arena, ormc_diagnostics *diagnostics, orm__text *message);

const ormc_command ormc_command_generate = {
    .name = "generate",
    .summary = "write the C files of a package of models",
    .help =
        "usage: ormc generate SCHEMA.yaml... -o DIR [--templates DIR] [--depfile FILE]\n\n"
        "Reads the schemas, which together are one package, and writes a header and a source file for each into DIR,\n"
        "named after it: blog.yaml makes blog.h and blog.c. Nothing is written when the input has an error, and a\n"
        "file whose bytes would not change is left alone.\n\n"
        "options:\n"
        "  -o DIR             the folder to write into\n"
        "  --templates DIR    use the templates of this folder in place of the built-in ones\n"
        "  --depfile FILE     write rules for make: which files the output depends on\n" ORMC_DIAGNOSTIC_HELP "\n"
        "exit status: 0 fine, 1 errors in the input, 2 wrong usage\n",
    .run = generate,
};

static int generate(int argc, char **argv)
{
    arguments given = {.paths = calloc((size_t)argc + 1, sizeof *given.paths)};
    int status = ORMC_EXIT_USAGE;
    if (!given.paths)
        fputs("ormc: out of memory\n", stderr);
    else if (read_arguments(argc, argv, &given))
        status = given.help ? (fputs(ormc_command_generate.help, stdout), ORMC_EXIT_FINE) : run(&given);
    free(given.paths);
    return status;
}

static bool read_arguments(int argc, char **argv, arguments *read)
{
    bool only_paths = false;
    for (int i = 0; i < argc && !read->help; i++) {
        if (only_paths || argv[i][0] != '-' || !argv[i][1])
            read->paths[read->path_count++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            only_paths = true;
        else if (!read_option(argc, argv, &i, read))
            return false;
    }
    if (read->help)
        return true;
    if (!read->path_count)
        return refuse("no schema is given", NULL);
    return read->emit.directory || refuse("-o DIR, the folder to write into, is missing", NULL);
}

/* "-o DIR", "-oDIR", "--templates DIR", "--templates=DIR" */
static bool read_option(int argc, char **argv, int *at, arguments *read)
{
    static const char *const known[] = {"-o", "--templates", "--depfile", "--help", ORMC_DIAGNOSTIC_WORDS};
    const struct {
        const char *word;
        const char **value;
    } options[] = {
        {"-o", &read->emit.directory}, {"--templates", &read->emit.templates}, {"--depfile", &read->emit.depfile}};
    const char *word = argv[*at];
    read->help = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
    if (read->help)
        return true;
    ormc_option_fate fate = ormc_command_diagnostic_option(argc, argv, at, &read->diagnostics);
    if (fate != ORMC_OPTION_UNKNOWN)
        return fate == ORMC_OPTION_TAKEN;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        size_t length = strlen(options[i].word);
        bool is_short = length == 2, joined = word[length < strlen(word) ? length : strlen(word)] != '\0';
        if (strncmp(word, options[i].word, length) != 0 || (joined && !is_short && word[length] != '='))
            continue;
        if (!joined && *at + 1 == argc)
            return refuse("a value is missing behind", word);
        *options[i].value = joined ? word + length + !is_short : argv[++*at];
        return **options[i].value || refuse("the value is empty of", options[i].word);
    }
    ormc_command_refuse("unknown option", word, known, sizeof known / sizeof *known);
    return false;
}

static bool refuse(const char *message, const char *word)
{
    fprintf(stderr, word ? "ormc: %s '%s'\n" : "ormc: %s\n", message, word);
    fputs("try 'ormc help generate'\n", stderr);
    return false;
}

int ormc_command_refuse(const char *what, const char *word, const char *const *known, size_t count)
{
    const char *nearest = ormc_nearest(word, known, count);
    fprintf(stderr, nearest ? "ormc: %s '%s'; did you mean '%s'?\n" : "ormc: %s '%s'\n", what, word, nearest);
    fputs("try 'ormc --help'\n", stderr);
    return ORMC_EXIT_USAGE;
}

static int run(const arguments *given)
{
    orm__arena arena = {0};
    orm__text message = {0};
    ormc_diagnostics *diagnostics = ormc_command_diagnostics(&given->diagnostics);
    bool fine = diagnostics && load_and_emit(given, &arena, diagnostics, &message);
    if (message.data)
        fputs(message.data, stderr);
    if (!diagnostics || message.failed || (!fine && !message.length))
        fputs("ormc: out of memory\n", stderr);
    ormc_diagnostics_free(diagnostics);
    orm__text_release(&message);
    orm__arena_release(&arena);
    return fine ? ORMC_EXIT_FINE : ORMC_EXIT_INPUT;
}

/* The message is what the user must be told, on success, too. */
static bool load_and_emit(const arguments *given, orm__arena *arena, ormc_diagnostics *diagnostics, orm__text *message)
{
    const ormc_package *package = NULL;
    if (!ormc_load(given->paths, given->path_count, arena, diagnostics, &package))
        return false;
    orm__text failure = {0};
    bool written = package && ormc_emit(package, &given->emit, &failure);
    if (package && !written)
        ormc_report(diagnostics, ORMC_E_OUTPUT, (ormc_place){0}, "%s", failure.data ? failure.data : "out of memory");
    orm__text_release(&failure);
    ormc_diagnostics_render(diagnostics, message);
    return written;
}
