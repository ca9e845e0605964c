/* migration/revision.c -- reads a revision: lines to steps, SQL to single statements.
 * SPDX-License-Identifier: MIT */
#include "migration/revision.h"

#include "base/error.h"

#include <ctype.h>
#include <string.h>

typedef struct reader {
    orm__arena *arena;
    orm__revision *revision;
    orm_error *error;
    orm__section *section; /* NULL before the first */
    orm__step *step;
    int line;
} reader;

static bool stands_in_quotes(const char *from, const char *at, const char *end);
static orm_status read_directive(reader *r, const char *line, size_t length);
static orm_status read_parent(reader *r, const char *value);
static orm_status begin_section(reader *r, const char *value);
static orm_status begin_step(reader *r, const char *word, const char *value);
static orm_status mark_step(reader *r, const char *word, const char *value);
static orm_status read_statements(reader *r, const char *sql, size_t length);
static const char *statement_end(const char *at, const char *end);
static const char *quoted_end(const char *at, const char *end);
static bool says_something(const char *at, const char *end);
static orm_status add_statement(reader *r, const char *from, const char *end);
static void *grow(reader *r, void *items, size_t count, size_t size);
static orm_status refuse(reader *r, const char *what);

orm_status orm__revision_parse(const char *name, const char *text, orm__arena *arena, orm__revision *revision,
                               orm_error *error)
{
    reader r = {.arena = arena, .revision = revision, .error = error};
    *revision = (orm__revision){.name = name};
    orm__sha256_text(text, strlen(text), revision->id);
    const char *body = text, *end = text + strlen(text);
    bool begun = false;
    while (*text) {
        size_t length = strcspn(text, "\n");
        r.line++;
        if (strncmp(text, "--@", 3) == 0 && !stands_in_quotes(body, text, end)) {
            ORM_TRY(read_statements(&r, body, (size_t)(text - body)));
            ORM_TRY(read_directive(&r, text + 3, length - 3));
            begun = true;
            body = text + length;
        }
        text += length + (text[length] == '\n');
    }
    return begun ? read_statements(&r, body, (size_t)(text - body)) : refuse(&r, "it has no line that begins with --@");
}

/* A text may hold lines that look like ours. */
static bool stands_in_quotes(const char *from, const char *at, const char *end)
{
    while (from < at) {
        const char *next = quoted_end(from, end);
        from = next > from ? next : from + 1;
    }
    return from > at;
}

static orm_status read_directive(reader *r, const char *line, size_t length)
{
    const char *copy = orm__arena_copy(r->arena, line, length);
    if (!copy)
        return orm__error_no_memory(r->error);
    copy += strspn(copy, " \t");
    size_t word_length = strcspn(copy, " \t\r");
    const char *word = orm__arena_copy(r->arena, copy, word_length);
    char *value = orm__arena_strdup(r->arena, copy + word_length + strspn(copy + word_length, " \t"));
    if (!word || !value)
        return orm__error_no_memory(r->error);
    for (size_t i = strlen(value); i > 0 && isspace((unsigned char)value[i - 1]); i--)
        value[i - 1] = '\0';
    if (strcmp(word, "parent") == 0)
        return read_parent(r, value);
    if (strcmp(word, "on") == 0)
        return begin_section(r, value);
    if (strcmp(word, "step") == 0 || strcmp(word, "preflight") == 0)
        return begin_step(r, word, value);
    return mark_step(r, word, value);
}

static orm_status read_parent(reader *r, const char *value)
{
    if (strcmp(value, "none") == 0)
        value = "";
    else if (strlen(value) != ORM__SHA256_TEXT - 1)
        return refuse(r, "its parent is no hash");
    memcpy(r->revision->parent, value, strlen(value) + 1);
    return ORM_OK;
}

static orm_status begin_section(reader *r, const char *value)
{
    static const char *const names[ORM_DIALECTS][2] = {
        [ORM_POSTGRESQL] = {"postgresql up", "postgresql down"},
        [ORM_SQLITE] = {"sqlite up", "sqlite down"},
    };
    r->step = NULL;
    for (size_t i = 0; i < ORM_DIALECTS; i++)
        for (size_t k = 0; k < 2; k++)
            if (strcmp(names[i][k], value) == 0) {
                r->section = &r->revision->sections[i][k];
                return ORM_OK;
            }
    return refuse(r, "no database and direction that is known");
}

static orm_status begin_step(reader *r, const char *word, const char *value)
{
    if (!r->section)
        return refuse(r, "a step before the first section");
    bool preflight = strcmp(word, "preflight") == 0;
    orm__step **list = preflight ? &r->section->preflights : &r->section->steps;
    size_t *count = preflight ? &r->section->preflight_count : &r->section->count;
    *list = grow(r, *list, *count, sizeof **list);
    if (!*list)
        return orm__error_no_memory(r->error);
    r->step = &(*list)[(*count)++];
    *r->step = (orm__step){.title = value, .preflight = preflight};
    return ORM_OK;
}

static orm_status mark_step(reader *r, const char *word, const char *value)
{
    if (!r->step)
        return refuse(r, "this may stand in a step only");
    if (strcmp(word, "alone") == 0)
        r->step->alone = true;
    else if (strcmp(word, "destructive") == 0)
        r->step->destructive = true;
    else if (strcmp(word, "rebuilds") == 0)
        r->step->rebuilds = value;
    else
        return refuse(r, "the word behind --@ is not known");
    return ORM_OK;
}

static orm_status read_statements(reader *r, const char *sql, size_t length)
{
    const char *end = sql + length;
    while (sql < end) {
        const char *stop = statement_end(sql, end);
        if (says_something(sql, stop)) {
            if (!r->step)
                return refuse(r, "SQL before the first step");
            ORM_TRY(add_statement(r, sql, stop));
        }
        sql = stop < end ? stop + 1 : end;
    }
    return ORM_OK;
}

/* The semicolon that ends the statement, or the end. */
static const char *statement_end(const char *at, const char *end)
{
    while (at < end && *at != ';') {
        const char *next = quoted_end(at, end);
        at = next > at ? next : at + 1;
    }
    return at;
}

/* Behind a text, a name, a comment or a dollar-quoted text that begins here; `at` itself when none does. */
static const char *quoted_end(const char *at, const char *end)
{
    const char *from = at;
    if (*at == '\'' || *at == '"') {
        while (++at < end && *at != *from)
            ;
        return at < end ? at + 1 : end;
    }
    if (at + 1 < end && at[0] == '-' && at[1] == '-') {
        while (at < end && *at != '\n')
            at++;
        return at;
    }
    if (at + 1 < end && at[0] == '/' && at[1] == '*') {
        for (at += 2; at < end; at++)
            if (at[-1] == '*' && at[0] == '/' && at - from > 2)
                return at + 1;
        return end;
    }
    if (*at != '$')
        return at;
    for (at++; at < end && (isalnum((unsigned char)*at) || *at == '_'); at++)
        ;
    if (at == end || *at != '$' || isdigit((unsigned char)from[1]))
        return from;
    size_t tag = (size_t)(at + 1 - from);
    for (at++; (size_t)(end - at) >= tag; at++)
        if (memcmp(at, from, tag) == 0)
            return at + tag;
    return end;
}

static bool says_something(const char *at, const char *end)
{
    while (at < end) {
        bool comment = *at == '-' || *at == '/';
        const char *next = comment ? quoted_end(at, end) : at;
        if (!isspace((unsigned char)*at) && next == at)
            return true;
        at = next > at ? next : at + 1;
    }
    return false;
}

static orm_status add_statement(reader *r, const char *from, const char *end)
{
    while (isspace((unsigned char)*from))
        from++;
    orm__step *step = r->step;
    step->statements = grow(r, step->statements, step->count, sizeof *step->statements);
    const char *copy = orm__arena_copy(r->arena, from, (size_t)(end - from));
    if (!step->statements || !copy)
        return orm__error_no_memory(r->error);
    step->statements[step->count++] = copy;
    return ORM_OK;
}

/* Room for one more; it doubles. */
static void *grow(reader *r, void *items, size_t count, size_t size)
{
    if (count & (count - 1))
        return items;
    void *grown = orm__arena_zalloc(r->arena, count ? 2 * count : 1, size);
    if (grown && count)
        memcpy(grown, items, count * size);
    return grown;
}

static orm_status refuse(reader *r, const char *what)
{
    return orm__error_set(r->error, ORM_MISUSE, "revision '%s', line %d: %s", r->revision->name, r->line, what);
}
