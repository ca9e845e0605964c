/* template.c -- Mustache: templates are parsed into nodes, once a render or once a set, then filled from data.
 *
 * A partial that stands alone on its line is parsed from its text with the indentation put before each line, as the
 * specification has it; so the same partial with another indentation is another parse. Names are split and hashed when
 * they are parsed, so that filling compares hashes only.
 * SPDX-License-Identifier: MIT */
#include "template.h"

#include "data.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Sections and partials within one another, as written and as filled; each takes some of the C stack. */
enum { DEEPEST_PARTIAL = 100, DEEPEST_NESTING = 500, LONGEST_DELIMITER = 32 };

typedef enum node_kind { TEXT, ESCAPED, RAW, SECTION, INVERTED, PARTIAL } node_kind;

/* "author.name" has two; "." has none. */
typedef struct name_part {
    const char *text;
    size_t length;
    uint64_t hash;
} name_part;

typedef struct node {
    node_kind kind;
    const char *text; /* of TEXT; the name of others, terminated */
    size_t length;
    const char *place; /* of the tag, in the template's text */
    name_part *parts;  /* of the name, but for PARTIAL */
    size_t part_count;
    const char *indent; /* of PARTIAL, terminated */
    struct node *children, *next;
} node;

typedef struct ormc_parsed_template {
    const char *name, *indent, *text;
    node *nodes;
    struct ormc_parsed_template *next;
} parsed;

typedef struct render {
    const ormc_template_options *options;
    ormc_template_error *error;
    const char *name;
    ormc_template_set *set;
    orm__text *out;
    const ormc_data *stack[DEEPEST_NESTING + 1];
    int depth, nesting, partials; /* of the stack, of sections and partials together, of partials */
} render;

typedef struct parser {
    render *r;
    const parsed *template;
    const char *at, *line; /* line: where the present line begins */
    char open[LONGEST_DELIMITER], close[LONGEST_DELIMITER];
    int depth;
} parser;

/* A tag as it stands in the text. One that stands alone on its line takes the whole line. */
typedef struct tag {
    const char *start, *end;    /* end: behind it */
    const char *before, *after; /* where the text before it ends, and where the text behind it begins */
    char sigil;                 /* one of # ^ / ! > = & {, or 0 */
    const char *name;
    size_t length;
} tag;

static bool fail(render *r, const parsed *template, const char *place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static bool fail_memory(render *r);
static void find_place(const parsed *template, const char *place, ormc_template_error *error);
static parsed *find_template(render *r, const char *name, const char *indent);
static parsed *parse_template(render *r, const char *name, const char *indent, const char *text);
static const char *indented(render *r, const char *text, const char *indent);
static bool parse(parser *p, const tag *section, node ***end);
static bool next_tag(parser *p, tag *t);
static bool read_tag(parser *p, tag *t);
static bool check_name(parser *p, const tag *t);
static void trim(const char **from, const char **to);
static void take_line(parser *p, tag *t);
static bool add_text(parser *p, node ***end, const char *from, const char *to);
static bool take_tag(parser *p, const tag *t, node ***end);
static node *add_node(parser *p, node ***end, node_kind kind, const tag *t);
static bool split_name(parser *p, node *n);
static bool take_section(parser *p, const tag *t, node ***end);
static bool take_partial(parser *p, const tag *t, node ***end);
static bool end_section(parser *p, const tag *section, const tag *t);
static bool set_delimiters(parser *p, const tag *t);
static bool fill(render *r, const parsed *template, const node *nodes);
static bool fill_node(render *r, const parsed *template, const node *n);
static bool fill_section(render *r, const parsed *template, const node *n);
static bool push_made(render *r, const parsed *template, const node *n, const ormc_data *list);
static bool push(render *r, const parsed *template, const node *n, const ormc_data *data);
static bool nest(render *r, const parsed *template, const node *n, const parsed *inner, const node *nodes);
static bool fill_partial(render *r, const parsed *template, const node *n);
static bool look_up(render *r, const parsed *template, const node *n, const ormc_data **found);
static const ormc_data *find_member(const render *r, const name_part *parts, size_t count);
static bool is_true(const ormc_data *data);
static void write_value(orm__text *out, const ormc_data *data, bool escaped);
static void write_escaped(orm__text *out, const char *text);

void ormc_template_set_release(ormc_template_set *set)
{
    orm__arena_release(&set->arena);
    set->templates = NULL;
}

bool ormc_template_render(const ormc_template_options *options, const char *name, const ormc_data *data, orm__text *out,
                          ormc_template_error *error)
{
    ormc_template_set own = {.templates = NULL};
    render r = {.options = options, .error = error, .name = name, .out = out};
    r.set = options->set ? options->set : &own;
    *error = (ormc_template_error){.line = 0};
    const parsed *template = find_template(&r, name, "");
    bool good = template || fail(&r, NULL, NULL, "there is no template '%s'", name);
    r.stack[r.depth++] = data;
    good = good && ((data && !data->failed) || fail_memory(&r));
    good = good && fill(&r, template, template->nodes);
    good = good && (!out->failed || fail_memory(&r));
    ormc_template_set_release(&own);
    return good;
}

/* Keeps the first failure. Without a template there is no place. */
static bool fail(render *r, const parsed *template, const char *place, const char *format, ...)
{
    ormc_template_error *error = r->error;
    va_list arguments;
    if (error->message[0])
        return false;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    snprintf(error->name, sizeof error->name, "%s", template ? template->name : r->name);
    if (template)
        find_place(template, place, error);
    return false;
}

static bool fail_memory(render *r)
{
    return fail(r, NULL, NULL, "out of memory");
}

static void find_place(const parsed *template, const char *place, ormc_template_error *error)
{
    const char *line = template->text;
    error->line = 1;
    for (const char *end; (end = memchr(line, '\n', (size_t)(place - line))) != NULL; line = end + 1)
        error->line++;
    error->column = (int)(place - line) - (int)strlen(template->indent) + 1;
}

/* --- parsing ------------------------------------------------------------------------------------------------------ */

/* NULL without a message when nobody knows the name. */
static parsed *find_template(render *r, const char *name, const char *indent)
{
    for (parsed *known = r->set->templates; known; known = known->next)
        if (strcmp(known->name, name) == 0 && strcmp(known->indent, indent) == 0)
            return known;
    const char *text = r->options->lookup(name, r->options->user);
    return text ? parse_template(r, name, indent, text) : NULL;
}

/* `indent` is a constant, or in the set's arena. */
static parsed *parse_template(render *r, const char *name, const char *indent, const char *text)
{
    parsed *made = orm__arena_alloc(&r->set->arena, sizeof *made);
    name = orm__arena_strdup(&r->set->arena, name);
    text = indented(r, text, indent);
    if (!made || !name || !text) {
        fail_memory(r);
        return NULL;
    }
    *made = (parsed){.name = name, .indent = indent, .text = text, .next = r->set->templates};
    parser p = {.r = r, .template = made, .at = text, .line = text, .open = "{{", .close = "}}"};
    node **end = &made->nodes;
    if (!parse(&p, NULL, &end))
        return NULL;
    r->set->templates = made;
    return made;
}

static const char *indented(render *r, const char *text, const char *indent)
{
    size_t lines = 1, length = strlen(text), width = strlen(indent);
    if (width == 0)
        return text;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    char *copy = orm__arena_alloc(&r->set->arena, length + lines * width + 1), *to = copy;
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
static bool parse(parser *p, const tag *section, node ***end)
{
    for (;;) {
        const char *from = p->at;
        tag t;
        if (!next_tag(p, &t) || !add_text(p, end, from, t.before))
            return false;
        p->at = t.after;
        if (!t.start && section)
            return fail(p->r, p->template, section->start, "section '%.*s' is not closed", (int)section->length,
                        section->name);
        if (!t.start)
            return true;
        if (t.sigil == '/')
            return end_section(p, section, &t);
        if (!take_tag(p, &t, end))
            return false;
    }
}

/* At the end of the text, the tag has no start. */
static bool next_tag(parser *p, tag *t)
{
    const char *start = strstr(p->at, p->open), *end = start ? start : p->at + strlen(p->at);
    *t = (tag){.start = start, .before = end, .after = end};
    if (!start)
        return true;
    for (const char *c; (c = memchr(p->at, '\n', (size_t)(start - p->at))) != NULL;)
        p->line = p->at = c + 1;
    if (!read_tag(p, t))
        return false;
    t->before = t->start;
    t->after = t->end;
    if (t->sigil && strchr("#^/!>=", t->sigil))
        take_line(p, t);
    return true;
}

/* Whether it is closed, what it is and its name. */
static bool read_tag(parser *p, tag *t)
{
    const char *name = t->start + strlen(p->open);
    name += strspn(name, " \t\r\n");
    if (*name && strchr("#^/!>=&{", *name))
        t->sigil = *name++;
    char closing[LONGEST_DELIMITER + 1];
    snprintf(closing, sizeof closing, "%s%s", t->sigil == '{' ? "}" : t->sigil == '=' ? "=" : "", p->close);
    const char *end = strstr(name, closing);
    if (!end)
        return fail(p->r, p->template, t->start, "the tag is not closed by '%s'", closing);
    t->end = end + strlen(closing);
    trim(&name, &end);
    t->name = name;
    t->length = (size_t)(end - name);
    return t->sigil == '!' || t->sigil == '=' || check_name(p, t);
}

/* A tag that was not closed ends with the next one, and has blanks in its name. */
static bool check_name(parser *p, const tag *t)
{
    if (t->length == 0)
        return fail(p->r, p->template, t->start, "the tag has no name");
    size_t word = strcspn(t->name, " \t\r\n");
    if (word >= t->length)
        return true;
    return fail(p->r, p->template, t->start, "'%.*s' is followed by a blank: a name has none, and a tag ends with '%s'",
                (int)word, t->name, p->close);
}

static void trim(const char **from, const char **to)
{
    while (*from < *to && strchr(" \t\r\n", **from))
        ++*from;
    while (*to > *from && strchr(" \t\r\n", (*to)[-1]))
        --*to;
}

/* When there is nothing but blanks around it. */
static void take_line(parser *p, tag *t)
{
    const char *first = p->line + strspn(p->line, " \t"), *next = t->end + strspn(t->end, " \t");
    if (first != t->start)
        return;
    next += next[0] == '\r' && next[1] == '\n';
    if (*next && *next != '\n')
        return;
    t->before = p->line;
    t->after = p->line = *next ? next + 1 : next;
}

static bool add_text(parser *p, node ***end, const char *from, const char *to)
{
    if (from == to)
        return true;
    node *n = orm__arena_alloc(&p->r->set->arena, sizeof *n);
    if (!n)
        return fail_memory(p->r);
    *n = (node){.kind = TEXT, .text = from, .length = (size_t)(to - from)};
    **end = n;
    *end = &n->next;
    return true;
}

static bool take_tag(parser *p, const tag *t, node ***end)
{
    switch (t->sigil) {
    case '!':
        return true;
    case '=':
        return set_delimiters(p, t);
    case '#':
    case '^':
        return take_section(p, t, end);
    case '>':
        return take_partial(p, t, end);
    default:
        return add_node(p, end, t->sigil ? RAW : ESCAPED, t) != NULL;
    }
}

static node *add_node(parser *p, node ***end, node_kind kind, const tag *t)
{
    node *n = orm__arena_alloc(&p->r->set->arena, sizeof *n);
    const char *name = orm__arena_copy(&p->r->set->arena, t->name, t->length);
    if (n)
        *n = (node){.kind = kind, .text = name, .length = t->length, .place = t->start};
    if (!n || !name || (kind != PARTIAL && !split_name(p, n))) {
        fail_memory(p->r);
        return NULL;
    }
    **end = n;
    *end = &n->next;
    return n;
}

static bool split_name(parser *p, node *n)
{
    if (strcmp(n->text, ".") == 0)
        return true;
    size_t dots = 0;
    for (const char *c = n->text; *c; c++)
        dots += *c == '.';
    n->parts = orm__arena_alloc(&p->r->set->arena, (dots + 1) * sizeof *n->parts);
    if (!n->parts)
        return false;
    for (const char *text = n->text; n->part_count <= dots; n->part_count++) {
        size_t length = strcspn(text, ".");
        n->parts[n->part_count] = (name_part){.text = text, .length = length, .hash = ormc_data_hash(text, length)};
        text += length + 1;
    }
    return true;
}

static bool take_section(parser *p, const tag *t, node ***end)
{
    node *n = add_node(p, end, t->sigil == '#' ? SECTION : INVERTED, t);
    if (!n)
        return false;
    if (p->depth == DEEPEST_NESTING)
        return fail(p->r, p->template, t->start, "sections are nested more than %d deep", DEEPEST_NESTING);
    node **inside = &n->children;
    p->depth++;
    bool good = parse(p, t, &inside);
    p->depth--;
    return good;
}

static bool take_partial(parser *p, const tag *t, node ***end)
{
    node *n = add_node(p, end, PARTIAL, t);
    if (!n)
        return false;
    n->indent = t->before < t->start ? orm__arena_copy(&p->r->set->arena, t->before, (size_t)(t->start - t->before))
                                     : "";
    return n->indent || fail_memory(p->r);
}

static bool end_section(parser *p, const tag *section, const tag *t)
{
    if (!section)
        return fail(p->r, p->template, t->start, "'%.*s' is closed and was not open", (int)t->length, t->name);
    if (section->length == t->length && memcmp(section->name, t->name, t->length) == 0)
        return true;
    return fail(p->r, p->template, t->start, "'%.*s' is closed where '%.*s' is open", (int)t->length, t->name,
                (int)section->length, section->name);
}

static bool set_delimiters(parser *p, const tag *t)
{
    const char *second = t->name + t->length;
    while (second > t->name && !strchr(" \t\r\n", second[-1]))
        second--;
    const char *first = t->name, *first_end = second;
    trim(&first, &first_end);
    size_t open = (size_t)(first_end - first), close = (size_t)(t->name + t->length - second);
    bool good = open > 0 && open < LONGEST_DELIMITER && close > 0 && close < LONGEST_DELIMITER - 1;
    if (!good || memchr(t->name, '=', t->length) || strcspn(first, " \t\r\n") < open)
        return fail(p->r, p->template, t->start,
                    "two delimiters are needed between the equals signs, as in {{=<%% %%>=}}");
    memcpy(p->open, first, open);
    memcpy(p->close, second, close);
    p->open[open] = p->close[close] = '\0';
    return true;
}

/* --- filling ------------------------------------------------------------------------------------------------------ */

static bool fill(render *r, const parsed *template, const node *nodes)
{
    for (const node *n = nodes; n; n = n->next)
        if (!fill_node(r, template, n))
            return false;
    return true;
}

static bool fill_node(render *r, const parsed *template, const node *n)
{
    if (n->kind == TEXT) {
        orm__text_bytes(r->out, n->text, n->length);
        return true;
    }
    if (n->kind == PARTIAL)
        return fill_partial(r, template, n);
    if (n->kind == SECTION || n->kind == INVERTED)
        return fill_section(r, template, n);
    const ormc_data *data;
    if (!look_up(r, template, n, &data))
        return false;
    write_value(r->out, data, n->kind == ESCAPED);
    return true;
}

static bool fill_section(render *r, const parsed *template, const node *n)
{
    const ormc_data *data;
    if (!look_up(r, template, n, &data))
        return false;
    if (is_true(data) == (n->kind == INVERTED))
        return true;
    if (n->kind == INVERTED)
        return nest(r, template, n, template, n->children);
    if (data->kind == ORMC_DATA_MADE_LIST)
        return push_made(r, template, n, data);
    if (data->kind != ORMC_DATA_LIST)
        return push(r, template, n, data);
    for (size_t i = 0; i < data->count; i++)
        if (!push(r, template, n, data->items[i]))
            return false;
    return true;
}

static bool push_made(render *r, const parsed *template, const node *n, const ormc_data *list)
{
    orm__arena arena = {0};
    bool good = true;
    for (size_t i = 0; good && i < list->count; i++) {
        const ormc_data *item = list->made->make(i, &arena, list->made->user);
        good = item ? push(r, template, n, item) : fail_memory(r);
        orm__arena_release(&arena);
        if (r->options->flush)
            r->options->flush(r->out, r->options->user);
    }
    return good;
}

static bool push(render *r, const parsed *template, const node *n, const ormc_data *data)
{
    if (data->failed)
        return fail_memory(r);
    r->stack[r->depth++] = data;
    bool good = nest(r, template, n, template, n->children);
    r->depth--;
    return good;
}

/* The stack of contexts grows by one at most for each level, so this bounds it too. */
static bool nest(render *r, const parsed *template, const node *n, const parsed *inner, const node *nodes)
{
    if (r->nesting == DEEPEST_NESTING)
        return fail(r, template, n->place, "sections and partials are nested more than %d deep", DEEPEST_NESTING);
    r->nesting++;
    bool good = fill(r, inner, nodes);
    r->nesting--;
    return good;
}

static bool fill_partial(render *r, const parsed *template, const node *n)
{
    if (r->partials == DEEPEST_PARTIAL)
        return fail(r, template, n->place, "partials are nested more than %d deep", DEEPEST_PARTIAL);
    const parsed *partial = find_template(r, n->text, n->indent);
    if (!partial && (r->options->strict || r->error->message[0]))
        return fail(r, template, n->place, "unknown partial '%s'", n->text);
    if (!partial)
        return true;
    r->partials++;
    bool good = nest(r, template, n, partial, partial->nodes);
    r->partials--;
    return good;
}

/* NULL when there is none. */
static bool look_up(render *r, const parsed *template, const node *n, const ormc_data **found)
{
    *found = n->part_count ? find_member(r, n->parts, n->part_count) : r->stack[r->depth - 1];
    if (*found && (*found)->failed)
        return fail_memory(r);
    return *found || !r->options->strict || fail(r, template, n->place, "unknown name '%s'", n->text);
}

/* The first part of the name is a member of the innermost context that has it; the others are looked for in there. */
static const ormc_data *find_member(const render *r, const name_part *parts, size_t count)
{
    const ormc_data *found = NULL;
    for (int i = r->depth; i-- > 0 && !found;)
        found = ormc_data_member(r->stack[i], parts->text, parts->length, parts->hash);
    for (size_t i = 1; i < count && found && !found->failed; i++)
        found = ormc_data_member(found, parts[i].text, parts[i].length, parts[i].hash);
    return found;
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

static void write_value(orm__text *out, const ormc_data *data, bool escaped)
{
    if (data && data->kind == ORMC_DATA_BOOLEAN)
        orm__text_string(out, data->boolean ? "true" : "false");
    if (!data || data->kind != ORMC_DATA_TEXT)
        return;
    if (escaped)
        write_escaped(out, data->text);
    else
        orm__text_string(out, data->text);
}

/* The four characters that the specification escapes, for HTML. */
static void write_escaped(orm__text *out, const char *text)
{
    static const struct {
        char character;
        const char *entity;
    } entities[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};
    for (;;) {
        size_t plain = strcspn(text, "&<>\"");
        orm__text_bytes(out, text, plain);
        text += plain;
        if (!*text)
            return;
        for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
            if (entities[i].character == *text)
                orm__text_string(out, entities[i].entity);
        text++;
    }
}
