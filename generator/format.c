/* format.c -- walks the nodes of a text and makes the lines of its canonical layout, behind format.h.
 *
 * Where nodes and comments are is format_read.c's to find, columns are format_print.c's to fill.
 * SPDX-License-Identifier: MIT */
#include "format.h"

#include "base/json.h"
#include "format_parts.h"

#include <string.h>

enum { STEP = 2, LONGEST_KEY = 1000 /* bytes; YAML wants a key within 1,024 */ };

/* Whose keys are names that a user gives. */
static const char *const named_by_users[] = {"columns", "relations", "enums", "params", "returns"};

typedef struct layout {
    format_source source;
    format_line *lines;
    size_t count;
    size_t comment;  /* the next one to be shown */
    size_t shown;    /* offset of what was shown last */
    size_t group;    /* number of the last one */
    bool after_keep; /* a scalar ended whose blank lines count */
    bool begins;     /* a block, or the file: no blank line there */
    bool unfit;      /* a key cannot stand in a line */
    bool no_memory;
} layout;

/* Where the first line of a node begins, and what stands before it there. */
typedef struct lead {
    size_t indent, dashes;
    const char *key; /* "id:", or NULL */
    size_t at, end;  /* offsets: of its first character, and behind the key */
    size_t group;
} lead;

static bool lay_out_checked(layout *l, const char *path, ormc_diagnostics *diagnostics, orm__text *fresh);
static bool same_meaning(const char *path, const format_source *old, const orm__text *fresh);
static bool same_tree(const ormc_node *a, const ormc_node *b);
static bool same_comments(const format_source *a, const orm__text *fresh);
static void put_children(layout *l, const format_node *node, lead first, size_t limit, bool named);
static void put_pairs(layout *l, const format_node *node, lead first, size_t limit, bool named);
static bool is_named_by_users(const format_node *key);
static const char *key_text(layout *l, const format_node *key);
static void put_in_one_line(const format_node *key, orm__text *text);
static void put_value(layout *l, const format_node *node, lead at, size_t limit, bool named);
static void put_collection(layout *l, const format_node *node, lead at, size_t limit, bool named);
static const char *comment_of_head(layout *l, const format_node *node, const lead *at, size_t limit);
static void put_lines(layout *l, const format_node *node, lead at, size_t limit);
static void put_block_scalar(layout *l, const format_node *node, lead at);
static const char *block_head(layout *l, const format_node *node);
static bool keeps_lines(const layout *l, const format_node *node);
static void put_content(layout *l, const format_node *node, size_t indent);
static const char *comment_of_line(layout *l, const format_node *node, const lead *at, size_t limit);
static bool is_collection(const format_node *node);
static bool is_block_scalar(const format_node *node);
static bool fits(const layout *l, const format_node *node, const lead *at, orm__text *text);
static bool put_flow(const layout *l, const format_node *node, orm__text *text);
static void put_properties(const format_node *node, orm__text *text);
static const char *keep(layout *l, orm__text *text);
static const char *slice(layout *l, size_t from, size_t to);
static void flush_comments(layout *l, size_t limit, size_t column, size_t indent);
static const char *take_comment(layout *l, size_t behind, size_t limit);
static void add_line(layout *l, size_t at, format_line line);
static size_t column_of(const layout *l, size_t at);

bool ormc_format(const char *path, const char *text, size_t size, ormc_diagnostics *diagnostics, orm__text *out)
{
    orm__arena arena = {0};
    const ormc_node *tree;
    orm__text fresh = {0};
    layout l = {.begins = true};
    size_t mark = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    bool fine = ormc_syntax_parse(path, text, size, &arena, diagnostics, &tree);
    if (fine && tree && !ormc_diagnostics_count(diagnostics, ORMC_ERROR))
        fine = format_read(&l.source, text + mark, size - mark, &arena) &&
               lay_out_checked(&l, path, diagnostics, &fresh);
    if (fresh.length)
        orm__text_bytes(out, fresh.data, fresh.length);
    orm__text_release(&fresh);
    orm__arena_release(&arena);
    return fine && !out->failed;
}

static bool lay_out_checked(layout *l, const char *path, ormc_diagnostics *diagnostics, orm__text *fresh)
{
    const format_node *root = l->source.root;
    const ormc_place place = {.file = path};
    flush_comments(l, root->event->begin, 0, 0);
    put_value(l, root, (lead){.at = root->event->begin}, l->source.size, false);
    flush_comments(l, l->source.size, 0, 0);
    if (l->no_memory)
        return false;
    format_print(l->lines, l->count, fresh);
    if (l->unfit)
        ormc_report(diagnostics, ORMC_E_LAYOUT, place, "cannot be laid out: a key is longer than %d bytes",
                    LONGEST_KEY);
    else if (!fresh->failed && !(same_meaning(path, &l->source, fresh) && same_comments(&l->source, fresh)))
        ormc_report(diagnostics, ORMC_E_LAYOUT, place, "cannot be laid out without changing what it means");
    if (ormc_diagnostics_count(diagnostics, ORMC_ERROR))
        orm__text_clear(fresh);
    return !fresh->failed;
}

/* The promise is worth a second look at every file: what is read from the new text is what was read from the old. */
static bool same_meaning(const char *path, const format_source *old, const orm__text *fresh)
{
    orm__arena arena = {0};
    ormc_diagnostics *unheard = ormc_diagnostics_new();
    const ormc_node *a = NULL, *b = NULL;
    bool same = unheard && ormc_syntax_parse(path, old->text, old->size, &arena, unheard, &a) &&
                ormc_syntax_parse(path, fresh->data, fresh->length, &arena, unheard, &b) && a && b && same_tree(a, b);
    ormc_diagnostics_free(unheard);
    orm__arena_release(&arena);
    return same;
}

static bool same_tree(const ormc_node *a, const ormc_node *b)
{
    if (a->kind != b->kind || a->count != b->count || a->quoted != b->quoted)
        return false;
    if (a->kind == ORMC_SCALAR)
        return strcmp(a->text, b->text) == 0;
    for (size_t i = 0; i < a->count; i++) {
        if (a->kind == ORMC_SEQUENCE && !same_tree(a->items[i], b->items[i]))
            return false;
        if (a->kind == ORMC_MAPPING && !(strcmp(a->pairs[i].key->text, b->pairs[i].key->text) == 0 &&
                                         same_tree(a->pairs[i].value, b->pairs[i].value)))
            return false;
    }
    return true;
}

static bool same_comments(const format_source *a, const orm__text *fresh)
{
    orm__arena arena = {0};
    format_source b;
    bool same = format_read(&b, fresh->data, fresh->length, &arena) && a->comment_count == b.comment_count;
    for (size_t i = 0; same && i < b.comment_count; i++)
        same = a->comments[i].length == b.comments[i].length &&
               memcmp(a->text + a->comments[i].at, b.text + b.comments[i].at, b.comments[i].length) == 0;
    orm__arena_release(&arena);
    return same;
}

/* --- collections -------------------------------------------------------------------------------------------------- */

/* `limit` is where the next thing behind it begins. */
static void put_collection(layout *l, const format_node *node, lead at, size_t limit, bool named)
{
    orm__text value = {0};
    const char *comment = comment_of_head(l, node, &at, limit);
    put_properties(node, &value);
    bool has_head = at.key || value.length;
    if (has_head)
        add_line(l, at.at,
                 (format_line){.indent = at.indent,
                               .dashes = at.dashes,
                               .key = at.key,
                               .value = value.length ? keep(l, &value) : NULL,
                               .comment = comment});
    orm__text_release(&value);
    l->begins |= has_head;
    put_children(l, node, (lead){.indent = at.indent + (at.key ? STEP : 0), .dashes = has_head ? 0 : at.dashes}, limit,
                 named);
}

/* What stands behind the key, or behind the bracket that closes what is now a block, with nothing said in between. */
static const char *comment_of_head(layout *l, const format_node *node, const lead *at, size_t limit)
{
    const format_node *child = node->items[0];
    size_t first = child->event->begin;
    if (at->key) {
        const char *comment = take_comment(l, at->end, first);
        if (comment)
            return comment;
    }
    bool flow = node->event->style == '{';
    bool inside = l->comment < l->source.comment_count && l->source.comments[l->comment].at < node->end;
    if (!flow || inside)
        return NULL;
    const char *comment = take_comment(l, node->end, limit);
    if (comment && !at->key) {
        l->comment--;
        flush_comments(l, l->source.comments[l->comment].at + 1, 0, at->indent - STEP * at->dashes);
        comment = NULL;
    }
    return comment;
}

/* Comments behind the last entry belong to the block while they are as far to the right. */
static void put_children(layout *l, const format_node *node, lead first, size_t limit, bool named)
{
    bool flow = node->event->style == '{';
    const format_node *child = node->items[0];
    bool dashed = node->event->kind == ORMC_EVENT_SEQUENCE && !node->event->anchor;
    size_t column = column_of(l, dashed ? node->event->begin : child->event->begin);
    put_pairs(l, node, first, flow ? node->end : limit, named);
    flush_comments(l, flow ? node->end : limit, flow ? 0 : column, first.indent);
}

static void put_pairs(layout *l, const format_node *node, lead first, size_t limit, bool named)
{
    bool mapping = node->event->kind == ORMC_EVENT_MAPPING;
    size_t step = mapping ? 2 : 1, group = named ? ++l->group : 0;
    for (size_t i = 0; i < node->count; i += step) {
        const format_node *key = mapping ? node->items[i] : NULL, *value = node->items[i + step - 1];
        size_t next = i + step < node->count ? node->items[i + step]->event->begin : limit;
        lead at = {.indent = first.indent, .dashes = i ? 0 : first.dashes, .group = group};
        at.at = key ? key->event->begin : value->event->begin;
        at.key = key ? key_text(l, key) : NULL;
        at.end = key ? key->end : 0;
        if (!key)
            at.dashes++, at.indent += STEP;
        flush_comments(l, at.at, 0, at.indent - STEP * at.dashes);
        put_value(l, value, at, next, key && is_named_by_users(key));
    }
}

static bool is_named_by_users(const format_node *key)
{
    const char *text = key->event->kind == ORMC_EVENT_SCALAR ? key->event->text : "";
    for (size_t i = 0; i < sizeof named_by_users / sizeof *named_by_users; i++)
        if (strcmp(text, named_by_users[i]) == 0)
            return true;
    return false;
}

static const char *key_text(layout *l, const format_node *key)
{
    orm__text text = {0};
    if (!put_flow(l, key, &text))
        put_in_one_line(key, &text);
    if (text.length > LONGEST_KEY)
        l->unfit = true;
    orm__text_string(&text, key->event->kind == ORMC_EVENT_ALIAS ? " :" : ":");
    return keep(l, &text);
}

/* A key that takes several lines stands behind a question mark otherwise. What JSON makes of a text, YAML reads. */
static void put_in_one_line(const format_node *key, orm__text *text)
{
    orm__text_clear(text);
    put_properties(key, text);
    if (text->length)
        orm__text_char(text, ' ');
    bool plain = !strchr("'\"|>", key->event->style) && !strchr(key->event->text, '\n');
    if (plain)
        orm__text_string(text, key->event->text);
    else
        orm__json_write_string(text, key->event->text, strlen(key->event->text));
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static void put_value(layout *l, const format_node *node, lead at, size_t limit, bool named)
{
    orm__text text = {0};
    if (is_block_scalar(node)) {
        put_block_scalar(l, node, at);
    } else if (fits(l, node, &at, &text)) {
        format_line line = {.indent = at.indent, .dashes = at.dashes, .key = at.key, .group = at.group};
        line.value = text.length ? keep(l, &text) : NULL;
        line.comment = comment_of_line(l, node, &at, limit);
        add_line(l, at.at, line);
    } else if (is_collection(node)) {
        put_collection(l, node, at, limit, named);
    } else {
        put_lines(l, node, at, limit);
    }
    orm__text_release(&text);
}

/* Behind the value; or behind the key alone, when the value stood below it. All others go before the line. */
static const char *comment_of_line(layout *l, const format_node *node, const lead *at, size_t limit)
{
    size_t end = at->end > node->end ? at->end : node->end, first = l->comment;
    const char *behind_key = at->key ? take_comment(l, at->end, node->begin) : NULL;
    const char *behind_value = take_comment(l, end, limit);
    if (behind_key && !behind_value &&
        (l->comment == l->source.comment_count || l->source.comments[l->comment].at >= end))
        return behind_key;
    l->comment = first;
    flush_comments(l, end, 0, at->indent - STEP * at->dashes);
    return take_comment(l, end, limit);
}

static bool is_collection(const format_node *node)
{
    return node->event->kind == ORMC_EVENT_SEQUENCE || node->event->kind == ORMC_EVENT_MAPPING;
}

static bool is_block_scalar(const format_node *node)
{
    return node->event->style == '|' || node->event->style == '>';
}

/* Whether it stands in one line, behind its key, and how. */
static bool fits(const layout *l, const format_node *node, const lead *at, orm__text *text)
{
    if (!is_collection(node) || !node->count)
        return put_flow(l, node, text);
    const format_comment *next = l->source.comments + l->comment;
    bool inside = l->comment < l->source.comment_count && next->at < node->end;
    if (node->event->style != '{' || inside || (!at->key && !at->dashes) || !put_flow(l, node, text)) {
        orm__text_clear(text);
        return false;
    }
    size_t width = at->indent + (at->key ? format_width(at->key) + 1 : 0) + format_width(text->data);
    if (width > ORMC_FORMAT_WIDTH)
        orm__text_clear(text);
    return width <= ORMC_FORMAT_WIDTH;
}

/* False when a scalar in it takes several lines. */
static bool put_flow(const layout *l, const format_node *node, orm__text *text)
{
    put_properties(node, text);
    if (text->length && node->event->anchor && (is_collection(node) || node->end > node->begin))
        orm__text_char(text, ' ');
    if (!is_collection(node)) {
        orm__text_bytes(text, l->source.text + node->begin, node->end - node->begin);
        return format_line_end(&l->source, node->begin) >= node->end;
    }
    bool mapping = node->event->kind == ORMC_EVENT_MAPPING;
    orm__text_char(text, mapping ? '{' : '[');
    for (size_t i = 0; i < node->count; i++) {
        bool value = mapping && i % 2;
        const format_node *item = node->items[i];
        if (value && item->event->kind == ORMC_EVENT_SCALAR && !item->event->anchor && item->begin == item->end)
            continue;
        if (value && node->items[i - 1]->event->kind == ORMC_EVENT_ALIAS)
            orm__text_char(text, ' ');
        orm__text_string(text, value ? ": " : i ? ", " : "");
        if (!put_flow(l, item, text))
            return false;
    }
    orm__text_char(text, mapping ? '}' : ']');
    return true;
}

static void put_properties(const format_node *node, orm__text *text)
{
    if (node->event->anchor)
        orm__text_printf(text, "&%s", node->event->anchor);
}

/* A plain or quoted scalar of several lines: each begins where the indentation is, and blank ones count. */
static void put_lines(layout *l, const format_node *node, lead at, size_t limit)
{
    const format_source *source = &l->source;
    flush_comments(l, node->begin, 0, at.indent - STEP * at.dashes);
    orm__text head = {0};
    put_properties(node, &head);
    orm__text_printf(&head, head.length ? " %s" : "%s", slice(l, node->begin, format_line_end(source, node->begin)));
    add_line(l, at.at, (format_line){.indent = at.indent, .dashes = at.dashes, .key = at.key, .value = keep(l, &head)});
    l->shown = node->end;
    for (size_t line = format_next_line(source, node->begin); line < node->end; line = format_next_line(source, line)) {
        size_t end = format_line_end(source, line);
        size_t begin = line + strspn(source->text + line, " \t");
        end = end < node->end ? end : node->end;
        bool empty = begin >= end;
        add_line(
            l, node->begin,
            (format_line){.indent = at.indent + (at.key ? STEP : 0), .value = empty ? NULL : slice(l, begin, end)});
    }
    if (l->count)
        l->lines[l->count - 1].comment = take_comment(l, node->end, limit);
}

static void put_block_scalar(layout *l, const format_node *node, lead at)
{
    flush_comments(l, node->begin, 0, at.indent - STEP * at.dashes);
    const char *comment = take_comment(l, node->begin, node->end + 1);
    add_line(
        l, at.at,
        (format_line){
            .indent = at.indent, .dashes = at.dashes, .key = at.key, .value = block_head(l, node), .comment = comment});
    l->shown = node->end;
    put_content(l, node, at.indent + (at.key ? STEP : 0));
}

/* "|", with the number of blanks when its content begins with some, and how it ends. */
static const char *block_head(layout *l, const format_node *node)
{
    const char *value = node->event->text, *raw = l->source.text + node->begin;
    size_t length = strlen(value);
    orm__text head = {0};
    put_properties(node, &head);
    if (head.length)
        orm__text_char(&head, ' ');
    orm__text_char(&head, node->event->style);
    if (strcspn(raw, "123456789") < strcspn(raw, " \t\r\n#"))
        orm__text_printf(&head, "%d", STEP);
    if (keeps_lines(l, node))
        orm__text_char(&head, '+');
    else if (!length || value[length - 1] != '\n')
        orm__text_char(&head, '-');
    return keep(l, &head);
}

static bool keeps_lines(const layout *l, const format_node *node)
{
    const char *raw = l->source.text + node->begin;
    return memchr(raw, '+', strcspn(raw, " \t\r\n#"));
}

/* Its lines, with the indentation that it has now in place of the one it had. */
static void put_content(layout *l, const format_node *node, size_t indent)
{
    const format_source *source = &l->source;
    const char *value = node->event->text;
    size_t line = format_next_line(source, node->begin), length = strlen(value);
    size_t strip = format_block_indent(source, line, value);
    for (; line < node->end; line = format_next_line(source, line)) {
        size_t end = format_line_end(source, line), blanks = strspn(source->text + line, " ");
        size_t begin = line + (blanks < strip ? blanks : strip);
        add_line(l, node->begin, (format_line){.indent = indent, .value = begin < end ? slice(l, begin, end) : NULL});
    }
    bool keeps = keeps_lines(l, node);
    size_t text = length;
    while (text && value[text - 1] == '\n')
        text--;
    for (size_t i = text ? 1 : 0; keeps && i < length - text; i++)
        add_line(l, node->begin, (format_line){0});
    l->after_keep = keeps;
}

/* Takes over the text. */
static const char *keep(layout *l, orm__text *text)
{
    char *copy = text->failed ? NULL : orm__arena_copy(l->source.arena, text->data, text->length);
    l->no_memory |= !copy;
    orm__text_release(text);
    return copy ? copy : "";
}

static const char *slice(layout *l, size_t from, size_t to)
{
    char *copy = orm__arena_copy(l->source.arena, l->source.text + from, to - from);
    l->no_memory |= !copy;
    return copy ? copy : "";
}

/* --- comments and lines ------------------------------------------------------------------------------------------- */

/* Shows what stands before `limit`, up to the first that does not stand as far to the right as `column`. */
static void flush_comments(layout *l, size_t limit, size_t column, size_t indent)
{
    for (; l->comment < l->source.comment_count; l->comment++) {
        const format_comment *comment = &l->source.comments[l->comment];
        if (comment->at >= limit || (comment->alone && column_of(l, comment->at) < column))
            return;
        add_line(l, comment->at,
                 (format_line){.indent = indent, .comment = slice(l, comment->at, comment->at + comment->length)});
    }
}

/* The next comment, when it stands in the line where `behind` is, behind that, and before `limit`. */
static const char *take_comment(layout *l, size_t behind, size_t limit)
{
    if (l->comment == l->source.comment_count)
        return NULL;
    const format_comment *comment = &l->source.comments[l->comment];
    if (comment->alone || comment->at < behind || comment->at >= limit ||
        comment->at > format_line_end(&l->source, behind))
        return NULL;
    l->comment++;
    return slice(l, comment->at, comment->at + comment->length);
}

/* A blank line above what stands at `at` stays, when that is the first to be shown of its line. */
static void add_line(layout *l, size_t at, format_line line)
{
    size_t begin = format_line_begin(&l->source, at);
    size_t above = begin ? format_line_begin(&l->source, begin - 1) : 0;
    bool blank = begin && above + strspn(l->source.text + above, " \t\r\n") >= begin;
    line.blank_before = blank && begin > l->shown && !l->begins && !l->after_keep;
    if ((l->count & (l->count - 1)) == 0) {
        format_line *lines = orm__arena_zalloc(l->source.arena, l->count ? 2 * l->count : 1, sizeof *lines);
        l->no_memory |= !lines;
        if (!lines)
            return;
        if (l->count)
            memcpy(lines, l->lines, l->count * sizeof *lines);
        l->lines = lines;
    }
    l->lines[l->count++] = line;
    l->shown = at > l->shown ? at : l->shown;
    l->begins = l->after_keep = false;
}

static size_t column_of(const layout *l, size_t at)
{
    return at - format_line_begin(&l->source, at);
}
