/* format_read.c -- a text to nodes and comments with their places, for format.c.
 *
 * Comments are what stands behind a number sign between the nodes: libyaml drops them, but tells where scalars are.
 * SPDX-License-Identifier: MIT */
#include "format_parts.h"

#include <string.h>

static bool find_lines(format_source *source);
static bool ends_line(char c);
static size_t line_of(const format_source *source, size_t at);
static format_node *read_node(format_source *source, const ormc_event **next);
static format_node *new_node(format_source *source, const ormc_event *event);
static size_t behind_properties(const format_source *source, const ormc_event *event);
static size_t end_of_block_scalar(const format_source *source, const ormc_event *event);
static bool add_item(format_source *source, format_node *node, format_node *item);
static bool find_comments(format_source *source, const ormc_event *events, size_t count);
static bool find_between(format_source *source, size_t from, size_t to);
static bool add_comment(format_source *source, size_t at, size_t end);

bool format_read(format_source *source, const char *text, size_t size, orm__arena *arena)
{
    *source = (format_source){.text = text, .size = size, .arena = arena};
    ormc_event *events;
    size_t count;
    if (!find_lines(source))
        return false;
    if (!ormc_syntax_list(text, size, arena, &events, &count))
        return false;
    const ormc_event *next = events;
    source->root = read_node(source, &next);
    return source->root && find_comments(source, events, count);
}

/* A line ends with LF, CR LF or CR, as YAML has it. */
static bool find_lines(format_source *source)
{
    size_t count = 1;
    for (size_t i = 0; i < source->size; i++)
        count += ends_line(source->text[i]);
    source->lines = orm__arena_zalloc(source->arena, count, sizeof *source->lines);
    if (!source->lines)
        return false;
    source->line_count = 1;
    for (size_t i = 0; i < source->size; i++)
        if (ends_line(source->text[i]) &&
            !(source->text[i] == '\r' && i + 1 < source->size && source->text[i + 1] == '\n'))
            source->lines[source->line_count++] = i + 1;
    return true;
}

static bool ends_line(char c)
{
    return c == '\n' || c == '\r';
}

static format_node *read_node(format_source *source, const ormc_event **next)
{
    const ormc_event *event = (*next)++;
    format_node *node = new_node(source, event);
    if (!node || event->kind == ORMC_EVENT_SCALAR || event->kind == ORMC_EVENT_ALIAS)
        return node;
    while ((*next)->kind != ORMC_EVENT_END) {
        format_node *item = read_node(source, next);
        if (!item || !add_item(source, node, item))
            return NULL;
    }
    node->end = (*next)++->end;
    return node;
}

static format_node *new_node(format_source *source, const ormc_event *event)
{
    format_node *node = orm__arena_zalloc(source->arena, 1, sizeof *node);
    if (!node)
        return NULL;
    node->event = event;
    node->begin = behind_properties(source, event);
    node->end = event->end > node->begin ? event->end : node->begin;
    if (event->style == '|' || event->style == '>')
        node->end = end_of_block_scalar(source, event);
    return node;
}

/* Behind "&name", and the blanks and comments behind that, when the node goes on there. */
static size_t behind_properties(const format_source *source, const ormc_event *event)
{
    size_t at = event->begin;
    if (!event->anchor)
        return at;
    at += 1 + strlen(event->anchor);
    for (size_t next = at; next < event->end;) {
        if (source->text[next] == '#')
            next = format_line_end(source, next);
        if (next >= event->end || !strchr(" \t\r\n#", source->text[next]))
            return next < event->end ? next : at;
        next += source->text[next] != '#';
    }
    return at;
}

/* The lines below the head that are blank or indented as the first one. */
static size_t end_of_block_scalar(const format_source *source, const ormc_event *event)
{
    size_t line = format_next_line(source, behind_properties(source, event));
    size_t end = format_line_end(source, behind_properties(source, event));
    size_t indent = format_block_indent(source, line, event->text);
    for (; line < source->size; line = format_next_line(source, line)) {
        size_t blanks = strspn(source->text + line, " "), stop = format_line_end(source, line);
        if (line + blanks >= stop)
            continue;
        if (!event->text[strspn(event->text, "\n")] || blanks < indent)
            break;
        end = stop;
    }
    return end;
}

size_t format_block_indent(const format_source *source, size_t line, const char *value)
{
    for (; line < source->size; line = format_next_line(source, line)) {
        size_t blanks = strspn(source->text + line, " ");
        if (line + blanks >= format_line_end(source, line))
            continue;
        size_t own = strspn(value + strspn(value, "\n"), " ");
        return blanks > own ? blanks - own : 0;
    }
    return 0;
}

/* Room doubles. */
static bool add_item(format_source *source, format_node *node, format_node *item)
{
    size_t count = node->count;
    if ((count & (count - 1)) == 0) {
        format_node **items = orm__arena_zalloc(source->arena, count ? 2 * count : 1, sizeof *items);
        if (!items)
            return false;
        if (count)
            memcpy(items, node->items, count * sizeof *items);
        node->items = items;
    }
    node->items[node->count++] = item;
    return true;
}

static bool find_comments(format_source *source, const ormc_event *events, size_t count)
{
    size_t from = 0;
    for (size_t i = 0; i < count; i++) {
        const ormc_event *event = &events[i];
        if (event->kind != ORMC_EVENT_SCALAR)
            continue;
        size_t begin = behind_properties(source, event), end = event->end > begin ? event->end : begin;
        if (!find_between(source, from, begin))
            return false;
        from = end;
        if (event->style == '|' || event->style == '>') {
            from = end_of_block_scalar(source, event);
            if (!find_between(source, begin, format_line_end(source, begin)))
                return false;
        }
    }
    return find_between(source, from, source->size);
}

static bool find_between(format_source *source, size_t from, size_t to)
{
    for (size_t at = from; at < to; at++) {
        bool begins = at == 0 || strchr(" \t\r\n", source->text[at - 1]);
        if (source->text[at] != '#' || !begins)
            continue;
        size_t end = format_line_end(source, at);
        if (!add_comment(source, at, end))
            return false;
        at = end - 1;
    }
    return true;
}

static bool add_comment(format_source *source, size_t at, size_t end)
{
    while (end > at && strchr(" \t", source->text[end - 1]))
        end--;
    size_t count = source->comment_count, line = format_line_begin(source, at);
    if ((count & (count - 1)) == 0) {
        format_comment *comments = orm__arena_zalloc(source->arena, count ? 2 * count : 1, sizeof *comments);
        if (!comments)
            return false;
        if (count)
            memcpy(comments, source->comments, count * sizeof *comments);
        source->comments = comments;
    }
    bool alone = line + strspn(source->text + line, " \t") == at;
    source->comments[source->comment_count++] = (format_comment){.at = at, .length = end - at, .alone = alone};
    return true;
}

static size_t line_of(const format_source *source, size_t at)
{
    size_t low = 0, high = source->line_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (source->lines[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

size_t format_line_begin(const format_source *source, size_t at)
{
    return source->lines[line_of(source, at)];
}

size_t format_line_end(const format_source *source, size_t at)
{
    size_t end = format_next_line(source, at), begin = format_line_begin(source, at);
    while (end > begin && ends_line(source->text[end - 1]))
        end--;
    return end;
}

size_t format_next_line(const format_source *source, size_t at)
{
    size_t next = line_of(source, at) + 1;
    return next < source->line_count ? source->lines[next] : source->size;
}
