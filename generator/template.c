/* template.c -- Mustache: templates are parsed into nodes once a render, then filled from data.
 *
 * A partial that stands alone on its line is parsed from its text with the indentation put before each line, as the
 * specification has it; so the same partial with another indentation is another parse.
 * SPDX-License-Identifier: MIT */
#include "template.h"

#include "data.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST_PARTIAL = 100, DEEPEST_CONTEXT = 256, LONGEST_DELIMITER = 32 };

typedef enum node_kind { TEXT, ESCAPED, RAW, SECTION, INVERTED, PARTIAL } node_kind;

typedef struct node {
    node_kind kind;
    const char *text;                  /* of TEXT; the name of others */
    size_t length;
    const char *place;                 /* of the tag, in the template's text */
    const char *indent;                /* of PARTIAL, terminated */
    struct node *children, *next;
} node;

typedef struct parsed {
    const char *name, *indent, *text;
    node *nodes;
    struct parsed *next;
} parsed;

typedef struct render {
    const ormc_template_options *options;
    ormc_template_error *error;
    orm__arena arena;
    parsed *templates;
    orm__text *out;
    const ormc_data *stack[DEEPEST_CONTEXT];
    int depth, partials;
} render;

typedef struct parser {
    render *r;
    const parsed *template;
    const char *at, *line;             /* line: where the present line begins */
    char open[LONGEST_DELIMITER], close[LONGEST_DELIMITER];
    size_t open_length, close_length;
} parser;

/* A tag as it stands in the text. */
typedef struct tag {
    const char *start, *end;           /* end: behind it */
    char sigil;                        /* one of # ^ / ! > = & {, or 0 */
    const char *name;
    size_t length;
} tag;

static bool fail(render *r, const parsed *template, const char *place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static parsed *find_template(render *r, const char *name, const char *indent);
static const char *indented(render *r, const char *text, const char *indent);
static bool parse(parser *p, const tag *section, node ***end, int depth);
static bool read_tag(parser *p, const char *start, tag *t);
static bool set_delimiters(parser *p, const tag *t);
static bool stands_alone(const parser *p, const tag *t, const char **next);
static bool add_text(parser *p, node ***end, const char *from, const char *to);
static node *add_node(parser *p, node ***end, node_kind kind, const tag *t);
static bool take_tag(parser *p, const tag *t, const char *before, bool alone, node ***end, int depth);
static bool fill(render *r, const parsed *template, const node *nodes);
static bool fill_section(render *r, const parsed *template, const node *n);
static bool fill_partial(render *r, const parsed *template, const node *n);
static bool push(render *r, const parsed *template, const node *n, const ormc_data *data);
static bool look_up(render *r, const parsed *template, const node *n, const ormc_data **found);
static bool is_true(const ormc_data *data);
static void write_value(orm__text *out, const ormc_data *data, bool escaped);

bool ormc_template_render(const ormc_template_options *options, const char *name, const ormc_data *data, orm__text *out,
                          ormc_template_error *error)
{
    render r = {.options = options, .error = error, .out = out};
    *error = (ormc_template_error){.line = 0};
    const parsed *template = find_template(&r, name, "");
    bool good = template != NULL;
    if (good) {
        r.stack[r.depth++] = data;
        good = fill(&r, template, template->nodes);
    } else if (!error->message[0]) {
        good = fail(&r, NULL, NULL, "there is no template '%s'", name);
    }
    if (good && (out->failed || (data && data->failed)))
        good = fail(&r, NULL, NULL, "out of memory");
    orm__arena_release(&r.arena);
    return good;
}

static bool fail(render *r, const parsed *template, const char *place, const char *format, ...)
{
    ormc_template_error *error = r->error;
    va_list arguments;
    if (error->message[0])
        return false;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    if (!template)
        return false;
    snprintf(error->name, sizeof error->name, "%s", template->name);
    const char *line = template->text;
    error->line = 1;
    for (const char *next; (next = memchr(line, '\n', (size_t)(place - line))) != NULL; line = next + 1)
        error->line++;
    error->column = (int)(place - line) - (int)strlen(template->indent) + 1;
    return false;
}

/* --- parsing ------------------------------------------------------------------------------------------------------------ */

/* NULL without a message when nobody knows the name. */
static parsed *find_template(render *r, const char *name, const char *indent)
{
    for (parsed *known = r->templates; known; known = known->next)
        if (strcmp(known->name, name) == 0 && strcmp(known->indent, indent) == 0)
            return known;
    const char *text = r->options->lookup(name, r->options->user);
    if (!text)
        return NULL;
    parsed *made = orm__arena_zalloc(&r->arena, 1, sizeof *made);
    if (!made || !(text = indented(r, text, indent)) || !(made->name = orm__arena_strdup(&r->arena, name))) {
        fail(r, NULL, NULL, "out of memory");
        return NULL;
    }
    made->indent = indent;
    made->text = text;
    parser p = {.r = r, .template = made, .at = text, .line = text, .open = "{{", .close = "}}", .open_length = 2, .close_length = 2};
    node **end = &made->nodes;
    if (!parse(&p, NULL, &end, 0))
        return NULL;
    made->next = r->templates;
    r->templates = made;
    return made;
}

static const char *indented(render *r, const char *text, const char *indent)
{
    size_t lines = 1, length = strlen(text), width = strlen(indent);
    if (width == 0)
        return text;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    char *copy = orm__arena_alloc(&r->arena, length + lines * width + 1), *to = copy;
    if (!copy)
        return NULL;
    for (const char *c = text; *c; c++) {
        if (c == text || c[-1] == '\n') {
            memcpy(to, indent, width);
            to += width;
        }
        *to++ = *c;
    }
    *to = '\0';
    return copy;
}

/* Reads until the end of `section`, or of the text. */
static bool parse(parser *p, const tag *section, node ***end, int depth)
{
    if (depth > DEEPEST_CONTEXT - 2)
        return fail(p->r, p->template, section->start, "sections are nested too deep");
    for (;;) {
        const char *from = p->at, *start = strstr(p->at, p->open);
        if (!start) {
            if (section)
                return fail(p->r, p->template, section->start, "section '%.*s' is not closed", (int)section->length, section->name);
            p->at += strlen(p->at);
            return add_text(p, end, from, p->at);
        }
        for (const char *c = from; c < start; c++)
            if (*c == '\n')
                p->line = c + 1;
        tag t;
        if (!read_tag(p, start, &t))
            return false;
        const char *next;
        bool alone = strchr("#^/!>=", t.sigil) && t.sigil && stands_alone(p, &t, &next);
        const char *before = p->line;
        if (!add_text(p, end, from, alone && p->line > from ? p->line : alone ? from : start))
            return false;
        p->at = alone ? next : t.end;
        if (alone)
            p->line = next;
        if (t.sigil == '/') {
            if (section && section->length == t.length && memcmp(section->name, t.name, t.length) == 0)
                return true;
            return fail(p->r, p->template, t.start, section ? "'%.*s' is closed where '%.*s' is open" : "'%.*s' is closed and was not open",
                        (int)t.length, t.name, section ? (int)section->length : 0, section ? section->name : "");
        }
        if (!take_tag(p, &t, before, alone, end, depth))
            return false;
    }
}

static bool read_tag(parser *p, const char *start, tag *t)
{
    const char *c = start + p->open_length;
    *t = (tag){.start = start, .sigil = 0};
    bool triple = *c == '{' && strcmp(p->open, "{{") == 0;
    while (*c == ' ' || *c == '\t' || *c == '\n' || *c == '\r')
        c++;
    if (*c && strchr("#^/!>=&{", *c))
        t->sigil = *c++;
    char closing[LONGEST_DELIMITER + 2];
    snprintf(closing, sizeof closing, "%s%s", t->sigil == '{' && triple ? "}" : t->sigil == '=' ? "=" : "", p->close);
    const char *end = strstr(c, closing);
    if (!end)
        return fail(p->r, p->template, start, "the tag is not closed by '%s'", closing);
    t->end = end + strlen(closing);
    while (c < end && strchr(" \t\r\n", *c))
        c++;
    while (end > c && strchr(" \t\r\n", end[-1]))
        end--;
    t->name = c;
    t->length = (size_t)(end - c);
    if (t->length == 0 && t->sigil != '!')
        return fail(p->r, p->template, start, "the tag has no name");
    return true;
}

/* Nothing but blanks on its line; `*next` is where the next line begins. */
static bool stands_alone(const parser *p, const tag *t, const char **next)
{
    for (const char *c = p->line; c < t->start; c++)
        if (*c != ' ' && *c != '\t')
            return false;
    const char *c = t->end;
    while (*c == ' ' || *c == '\t')
        c++;
    if (c[0] == '\r' && c[1] == '\n')
        c++;
    if (*c && *c != '\n')
        return false;
    *next = *c ? c + 1 : c;
    return true;
}

static bool add_text(parser *p, node ***end, const char *from, const char *to)
{
    if (from == to)
        return true;
    node *n = orm__arena_zalloc(&p->r->arena, 1, sizeof *n);
    if (!n)
        return fail(p->r, NULL, NULL, "out of memory");
    *n = (node){.kind = TEXT, .text = from, .length = (size_t)(to - from), .place = from};
    **end = n;
    *end = &n->next;
    return true;
}

static node *add_node(parser *p, node ***end, node_kind kind, const tag *t)
{
    node *n = orm__arena_zalloc(&p->r->arena, 1, sizeof *n);
    if (!n) {
        fail(p->r, NULL, NULL, "out of memory");
        return NULL;
    }
    *n = (node){.kind = kind, .text = t->name, .length = t->length, .place = t->start, .indent = ""};
    **end = n;
    *end = &n->next;
    return n;
}

/* `line` is where the tag's line begins. */
static bool take_tag(parser *p, const tag *t, const char *line, bool alone, node ***end, int depth)
{
    node *n;
    switch (t->sigil) {
    case '!':
        return true;
    case '=':
        return set_delimiters(p, t);
    case '#':
    case '^':
        n = add_node(p, end, t->sigil == '#' ? SECTION : INVERTED, t);
        if (!n)
            return false;
        node **inside = &n->children;
        return parse(p, t, &inside, depth + 1);
    case '>':
        n = add_node(p, end, PARTIAL, t);
        if (n && alone && t->start > line)
            n->indent = orm__arena_copy(&p->r->arena, line, (size_t)(t->start - line));
        return n && (n->indent || fail(p->r, NULL, NULL, "out of memory"));
    default:
        return add_node(p, end, t->sigil ? RAW : ESCAPED, t) != NULL;
    }
}

static bool set_delimiters(parser *p, const tag *t)
{
    const char *blank = t->name, *last = t->name + t->length;
    while (blank < last && !strchr(" \t\r\n", *blank))
        blank++;
    const char *second = blank;
    while (second < last && strchr(" \t\r\n", *second))
        second++;
    size_t open = (size_t)(blank - t->name), close = (size_t)(last - second);
    bool good = open > 0 && close > 0 && open < LONGEST_DELIMITER && close < LONGEST_DELIMITER && !memchr(t->name, '=', t->length);
    for (const char *c = second; c < last && good; c++)
        good = !strchr(" \t\r\n", *c);
    if (!good)
        return fail(p->r, p->template, t->start, "two delimiters are needed between the equals signs, as in {{=<%% %%>=}}");
    memcpy(p->open, t->name, open);
    memcpy(p->close, second, close);
    p->open[open] = p->close[close] = '\0';
    p->open_length = open;
    p->close_length = close;
    return true;
}

/* --- filling ------------------------------------------------------------------------------------------------------------ */

static bool fill(render *r, const parsed *template, const node *nodes)
{
    for (const node *n = nodes; n; n = n->next) {
        const ormc_data *data;
        bool good = true;
        switch (n->kind) {
        case TEXT:
            orm__text_bytes(r->out, n->text, n->length);
            break;
        case ESCAPED:
        case RAW:
            good = look_up(r, template, n, &data);
            if (good)
                write_value(r->out, data, n->kind == ESCAPED);
            break;
        case SECTION:
        case INVERTED:
            good = fill_section(r, template, n);
            break;
        case PARTIAL:
            good = fill_partial(r, template, n);
            break;
        }
        if (!good)
            return false;
    }
    return true;
}

static bool fill_section(render *r, const parsed *template, const node *n)
{
    const ormc_data *data;
    if (!look_up(r, template, n, &data))
        return false;
    if (n->kind == INVERTED)
        return is_true(data) || fill(r, template, n->children);
    if (!is_true(data))
        return true;
    if (data->kind != ORMC_DATA_LIST)
        return push(r, template, n, data);
    for (size_t i = 0; i < data->count; i++)
        if (!push(r, template, n, data->items[i]))
            return false;
    return true;
}

static bool push(render *r, const parsed *template, const node *n, const ormc_data *data)
{
    if (r->depth == DEEPEST_CONTEXT)
        return fail(r, template, n->place, "sections are nested too deep");
    if (data->failed)
        return fail(r, template, n->place, "out of memory");
    r->stack[r->depth++] = data;
    bool good = fill(r, template, n->children);
    r->depth--;
    return good;
}

static bool fill_partial(render *r, const parsed *template, const node *n)
{
    char name[128];
    if (n->length >= sizeof name)
        return fail(r, template, n->place, "the name of the partial is too long");
    memcpy(name, n->text, n->length);
    name[n->length] = '\0';
    const parsed *partial = find_template(r, name, n->indent);
    if (!partial)
        return r->error->message[0] || r->options->strict ? fail(r, template, n->place, "unknown partial '%s'", name) : true;
    if (r->partials == DEEPEST_PARTIAL)
        return fail(r, template, n->place, "partials are nested more than %d deep", DEEPEST_PARTIAL);
    r->partials++;
    bool good = fill(r, partial, partial->nodes);
    r->partials--;
    return good;
}

/* The innermost context that has the first part of the name; the other parts within it. NULL when there is none. */
static bool look_up(render *r, const parsed *template, const node *n, const ormc_data **found)
{
    *found = NULL;
    if (n->length == 1 && n->text[0] == '.') {
        *found = r->stack[r->depth - 1];
        return true;
    }
    const char *part = n->text, *last = n->text + n->length;
    const char *dot = memchr(part, '.', n->length);
    size_t length = (size_t)((dot ? dot : last) - part);
    for (int i = r->depth; i-- > 0 && !*found;)
        *found = r->stack[i] ? ormc_data_member(r->stack[i], part, length) : NULL;
    while (*found && dot) {
        part = dot + 1;
        dot = memchr(part, '.', (size_t)(last - part));
        *found = ormc_data_member(*found, part, (size_t)((dot ? dot : last) - part));
    }
    return *found || !r->options->strict || fail(r, template, n->place, "unknown name '%.*s'", (int)n->length, n->text);
}

static bool is_true(const ormc_data *data)
{
    if (!data || data->kind == ORMC_DATA_NULL)
        return false;
    if (data->kind == ORMC_DATA_BOOLEAN)
        return data->boolean;
    if (data->kind == ORMC_DATA_TEXT)
        return data->text[0] != '\0';
    return data->kind == ORMC_DATA_OBJECT || data->count > 0;
}

/* The four characters that the specification escapes, for HTML. */
static void write_value(orm__text *out, const ormc_data *data, bool escaped)
{
    if (!data || data->kind != ORMC_DATA_TEXT) {
        if (data && data->kind == ORMC_DATA_BOOLEAN)
            orm__text_string(out, data->boolean ? "true" : "false");
        return;
    }
    if (!escaped) {
        orm__text_string(out, data->text);
        return;
    }
    for (const char *c = data->text; *c; c++) {
        const char *entity = *c == '&' ? "&amp;" : *c == '<' ? "&lt;" : *c == '>' ? "&gt;" : *c == '"' ? "&quot;" : NULL;
        if (entity)
            orm__text_string(out, entity);
        else
            orm__text_char(out, *c);
    }
}
