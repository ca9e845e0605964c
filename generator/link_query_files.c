/* link_query_files.c -- named queries in files of SQL, as sqlc has them.
 *
 *     -- name: books_of :many
 *     -- params: {state: state}
 *     -- returns: book
 *     SELECT * FROM book WHERE state = :state;
 *
 * A comment that names one begins it, those that follow say its keys in YAML, and what follows them is its SQL up to
 * the next. Each becomes the same tree as in YAML, for link_queries.c to read.
 * SPDX-License-Identifier: MIT */
#include "input.h"
#include "link_parts.h"

#include <stdint.h>
#include <string.h>

enum { MOST_KEYS = 10 }; /* of a query: name's, sql, cardinality, and those that comments say */

/* A line of the file without its end. */
typedef struct line {
    const char *text;
    size_t length;
    int number;
} line;

typedef struct reader {
    ormc_linker *linker;
    const ormc_file *file;     /* whose queries they are */
    const ormc_node *dialects; /* of that file */
    const char *path, *rest;   /* what is not read yet */
    int number;                /* of its first line */
} reader;

static void read_file(reader *r, const ormc_word *name);
static const char *path_beside(ormc_linker *linker, const char *beside, const char *name);
static bool next_line(reader *r, line *found);
static const char *value_of(const line *from, const char *key);
static void read_query(reader *r, const line *first);
static bool begin(reader *r, const line *first, ormc_node *key, ormc_node *query);
static void read_keys(reader *r, ormc_node *query);
static void read_sql(reader *r, ormc_node *query);
static void add(ormc_linker *linker, ormc_node *mapping, const char *key, const ormc_node *value, ormc_place place);
static const ormc_node *parse(reader *r, const char *text, size_t length, ormc_place place);
static void shift(ormc_node *node, ormc_place from);
static ormc_node *scalar(ormc_linker *linker, const char *text, size_t length, ormc_place place);

void ormc_link_query_files(ormc_linker *linker, const ormc_file *file, const ormc_node *tree)
{
    const ormc_node *list = ormc_link_list(tree, "query_files");
    if (!list)
        return;
    ormc_package *package = linker->package;
    ormc_word_list names = ormc_link_words(linker, list);
    const char **all = ormc_link_alloc(linker, package->query_file_count + names.count, sizeof *package->query_files);
    if (package->query_file_count)
        memcpy(all, package->query_files, package->query_file_count * sizeof *all);
    package->query_files = all;
    for (size_t i = 0; i < names.count; i++) {
        reader r = {.linker = linker, .file = file, .dialects = ormc_link_list(tree, "dialects"), .number = 1};
        r.path = path_beside(linker, file->path, names.items[i].text);
        all[package->query_file_count++] = r.path;
        read_file(&r, &names.items[i]);
    }
}

static const char *path_beside(ormc_linker *linker, const char *beside, const char *name)
{
    const char *slash = *name == '/' ? NULL : strrchr(beside, '/');
    int folder = slash ? (int)(slash + 1 - beside) : 0;
    return ormc_link_need(linker, orm__arena_printf(linker->arena, "%.*s%s", folder, beside, name));
}

static void read_file(reader *r, const ormc_word *name)
{
    orm__text text = {0};
    ormc_input input;
    bool read = ormc_input_read(r->path, r->linker->diagnostics, &text) && !text.failed;
    if (!read)
        ormc_note(r->linker->diagnostics, name->place, "'query_files' names it here");
    const char *copy = read ? orm__arena_copy(r->linker->arena, text.data ? text.data : "", text.length) : NULL;
    size_t length = text.length;
    bool failed = text.failed || (read && !copy);
    orm__text_release(&text);
    if (failed || (read && !ormc_input_open(&input, r->path, copy, length, r->linker->arena, r->linker->diagnostics)))
        longjmp(r->linker->no_memory, 1);
    if (!read || !ormc_input_check(&input, r->linker->diagnostics))
        return;
    r->rest = input.text;
    line found;
    while (next_line(r, &found))
        if (value_of(&found, "name"))
            read_query(r, &found);
}

static bool next_line(reader *r, line *found)
{
    if (!*r->rest)
        return false;
    size_t length = strcspn(r->rest, "\n");
    *found = (line){.text = r->rest, .length = length, .number = r->number++};
    if (length && found->text[length - 1] == '\r')
        found->length--;
    r->rest += length + (r->rest[length] == '\n');
    return true;
}

/* Behind "-- key:"; NULL when the line is no such comment. */
static const char *value_of(const line *from, const char *key)
{
    const char *at = from->text + strspn(from->text, " \t");
    size_t length = strlen(key);
    if (strncmp(at, "--", 2) != 0)
        return NULL;
    at += 2 + strspn(at + 2, " \t");
    if (strncmp(at, key, length) != 0 || at[length] != ':')
        return NULL;
    at += length + 1;
    return at + strspn(at, " \t");
}

static ormc_place place_at(const reader *r, const line *of, const char *at, size_t length)
{
    return (ormc_place){.file = r->path, .line = of->number, .column = (int)(at - of->text) + 1, .length = (int)length};
}

static void read_query(reader *r, const line *first)
{
    ormc_node *key = ormc_link_alloc(r->linker, 1, sizeof *key);
    ormc_node *query = ormc_link_alloc(r->linker, 1, sizeof *query);
    if (!begin(r, first, key, query))
        return;
    read_keys(r, query);
    read_sql(r, query);
    const ormc_pair pair = {.key = key, .value = query};
    ormc_link_query(r->linker, r->file, r->dialects, &pair);
}

/* "books_of :many"; sqlc's ":execrows" is our exec. */
static bool begin(reader *r, const line *first, ormc_node *key, ormc_node *query)
{
    const char *name = value_of(first, "name"), *end = first->text + first->length;
    size_t length = 0;
    while (name + length < end && !strchr(" \t", name[length]))
        length++;
    ormc_place place = place_at(r, first, name, length);
    if (!length) {
        ormc_report(r->linker->diagnostics, ORMC_E_QUERY_FORM, place, "the query has no name");
        return false;
    }
    *key = *scalar(r->linker, name, length, place);
    *query = (ormc_node){.kind = ORMC_MAPPING, .place = place};
    query->pairs = ormc_link_alloc(r->linker, MOST_KEYS, sizeof *query->pairs);
    const char *colon = name + length + strspn(name + length, " \t");
    if (colon >= end || *colon != ':')
        return true;
    const char *word = colon + 1;
    length = 0;
    while (word + length < end && !strchr(" \t", word[length]))
        length++;
    place = place_at(r, first, word, length);
    if (length == 8 && strncmp(word, "execrows", 8) == 0)
        length = 4;
    add(r->linker, query, "cardinality", scalar(r->linker, word, length, place), place);
    return true;
}

/* The comments behind it that say keys; any other line ends them. */
static void read_keys(reader *r, ormc_node *query)
{
    static const char *const keys[] = {"params", "returns", "dialects", "doc", "c_name"};
    for (;;) {
        reader ahead = *r;
        line found;
        const char *value = NULL, *key = NULL;
        if (!next_line(&ahead, &found))
            return;
        for (size_t i = 0; !value && i < sizeof keys / sizeof *keys; i++)
            if ((value = value_of(&found, keys[i])) != NULL)
                key = keys[i];
        if (!value || ormc_node_find(query, key))
            return;
        *r = ahead;
        ormc_place place = place_at(r, &found, value, (size_t)(found.text + found.length - value));
        const ormc_node *node = parse(r, value, (size_t)(found.text + found.length - value), place);
        if (node)
            add(r->linker, query, key, node, place);
    }
}

static void read_sql(reader *r, ormc_node *query)
{
    const char *begin = NULL, *end = r->rest;
    ormc_place place = query->place;
    for (;;) {
        reader ahead = *r;
        line found;
        if (!next_line(&ahead, &found) || value_of(&found, "name"))
            break;
        size_t blanks = strspn(found.text, " \t\r");
        if (!begin && blanks < found.length) {
            begin = found.text;
            place = place_at(r, &found, found.text + blanks, found.length - blanks);
        }
        if (begin)
            end = found.text + found.length;
        *r = ahead;
    }
    if (begin)
        add(r->linker, query, "sql", scalar(r->linker, begin, (size_t)(end - begin), place), place);
}

static void add(ormc_linker *linker, ormc_node *mapping, const char *key, const ormc_node *value, ormc_place place)
{
    mapping->pairs[mapping->count++] = (ormc_pair){.key = scalar(linker, key, strlen(key), place), .value = value};
}

/* A value in YAML; NULL when it is none, which is reported. */
static const ormc_node *parse(reader *r, const char *text, size_t length, ormc_place place)
{
    ormc_diagnostics *said = ormc_diagnostics_new();
    const ormc_node *tree = NULL;
    bool fine = said && ormc_syntax_parse(r->path, text, length, r->linker->arena, said, &tree);
    bool wrong = fine && (!tree || ormc_diagnostics_count(said, ORMC_ERROR));
    ormc_diagnostics_free(said);
    if (!fine)
        longjmp(r->linker->no_memory, 1);
    if (wrong) {
        ormc_report(r->linker->diagnostics, ORMC_E_YAML, place, "what stands here is no value in YAML");
        return NULL;
    }
    shift((ormc_node *)(uintptr_t)tree, place);
    return tree;
}

/* From where the value was read alone to where it stands. One line, without aliases: no node comes twice. */
static void shift(ormc_node *node, ormc_place from)
{
    node->place.file = from.file;
    node->place.line = from.line;
    node->place.column += from.column - 1;
    for (size_t i = 0; i < node->count; i++)
        if (node->kind == ORMC_MAPPING) {
            shift((ormc_node *)(uintptr_t)node->pairs[i].key, from);
            shift((ormc_node *)(uintptr_t)node->pairs[i].value, from);
        } else if (node->kind == ORMC_SEQUENCE) {
            shift((ormc_node *)(uintptr_t)node->items[i], from);
        }
}

static ormc_node *scalar(ormc_linker *linker, const char *text, size_t length, ormc_place place)
{
    ormc_node *node = ormc_link_alloc(linker, 1, sizeof *node);
    *node = (ormc_node){.kind = ORMC_SCALAR, .place = place, .quoted = true};
    node->text = ormc_link_need(linker, orm__arena_copy(linker->arena, text, length));
    return node;
}
