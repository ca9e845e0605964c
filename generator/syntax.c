/* syntax.c -- libyaml's events to the tree of syntax.h; the only file that knows libyaml.
 * SPDX-License-Identifier: MIT */
#include "syntax.h"

#include "base/text.h"
#include "input.h"
#include "table.h"

#include <stdint.h>
#include <string.h>
#include <yaml.h>

typedef struct anchored {
    const ormc_node *node; /* NULL while its node is being read */
} anchored;

typedef struct parser {
    yaml_parser_t yaml;
    yaml_event_t event;
    bool holds_event;
    orm__arena *arena;
    orm__arena scratch; /* for the keys of one mapping */
    ormc_diagnostics *diagnostics;
    ormc_input input;
    size_t character, offset; /* one position in the text, counted in characters and in bytes */
    ormc_table anchors;
    size_t aliased; /* nodes that aliases stood for so far */
    int depth;
    bool stopped; /* an error after which nothing more can be read, already reported */
    bool no_memory;
} parser;

/* Nodes of a collection while it is read. */
typedef struct node_list {
    const ormc_node **items;
    size_t count, capacity;
} node_list;

static size_t offset_of(parser *p, yaml_mark_t mark);
static const ormc_node *read_document(parser *p);
static bool next_event(parser *p);
static void drop_event(parser *p);
static void report_yaml_error(parser *p);
static const char *say_plainly(const char *problem);
static const ormc_node *read_node(parser *p);
static const ormc_node *read_alias(parser *p);
static const ormc_node *read_scalar(parser *p);
static const ormc_node *read_collection(parser *p);
static bool read_children(parser *p, yaml_event_type_t end, node_list *list);
static bool push(parser *p, node_list *list, const ormc_node *node);
static bool make_pairs(parser *p, ormc_node *mapping, const node_list *list);
static void report_again(parser *p, const ormc_pair *first, const ormc_node *key);
static size_t count_merged(const ormc_node *value);
static bool check_key(parser *p, const ormc_node *key);
static bool is_merge(const ormc_node *key);
static bool add_merged(parser *p, ormc_node *mapping, ormc_table *keys, const ormc_node *value);
static bool add_pairs_of(parser *p, ormc_node *mapping, ormc_table *keys, const ormc_node *from);
static ormc_node *new_node(parser *p, ormc_node_kind kind);
static anchored *open_anchor(parser *p, const yaml_char_t *name);
static void check_tag(parser *p, const yaml_char_t *tag, ormc_place place);
static const ormc_node *out_of_memory(parser *p);
static size_t list_events(parser *p, ormc_event *events, size_t room, bool *fine);
static bool take_event(parser *p, ormc_event *taken);

bool ormc_syntax_read(const char *path, orm__arena *arena, ormc_diagnostics *diagnostics, const ormc_node **tree)
{
    *tree = NULL;
    orm__text text = {0};
    bool read = ormc_input_read(path, diagnostics, &text);
    bool fine = !text.failed;
    if (read && fine)
        fine = ormc_syntax_parse(path, text.data ? text.data : "", text.length, arena, diagnostics, tree);
    orm__text_release(&text);
    return fine;
}

bool ormc_syntax_parse(const char *path, const char *text, size_t size, orm__arena *arena,
                       ormc_diagnostics *diagnostics, const ormc_node **tree)
{
    *tree = NULL;
    parser p = {.arena = arena, .diagnostics = diagnostics};
    if (!ormc_input_open(&p.input, path, text, size, arena, diagnostics))
        return false;
    if (!ormc_input_check(&p.input, diagnostics))
        return true;
    if (!yaml_parser_initialize(&p.yaml))
        return false;
    yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&p.yaml, (const unsigned char *)p.input.text, p.input.size);
    const ormc_node *read = read_document(&p);
    drop_event(&p);
    yaml_parser_delete(&p.yaml);
    *tree = p.stopped ? NULL : read;
    return !p.no_memory;
}

/* libyaml counts characters; the last position asked for is near, so the way is counted from there. */
static size_t offset_of(parser *p, yaml_mark_t mark)
{
    for (; p->character < mark.index && p->offset < p->input.size; p->character++)
        do
            p->offset++;
        while (p->offset < p->input.size && ((unsigned char)p->input.text[p->offset] & 0xC0) == 0x80);
    for (; p->character > mark.index; p->character--)
        do
            p->offset--;
        while (((unsigned char)p->input.text[p->offset] & 0xC0) == 0x80);
    return p->offset;
}

static const ormc_node *read_document(parser *p)
{
    while (next_event(p) && (p->event.type == YAML_STREAM_START_EVENT || p->event.type == YAML_DOCUMENT_START_EVENT))
        continue;
    if (p->stopped)
        return NULL;
    const ormc_node *tree = p->event.type == YAML_STREAM_END_EVENT ? NULL : read_node(p);
    if (p->stopped)
        return NULL;
    if (!tree || ormc_node_is_null(tree)) {
        ormc_report(p->diagnostics, ORMC_E_EMPTY, (ormc_place){.file = p->input.path}, "is empty");
        return NULL;
    }
    if (!next_event(p) || !next_event(p)) /* the end of the document, and what follows it */
        return NULL;
    if (p->event.type == YAML_STREAM_END_EVENT)
        return tree;
    size_t offset = offset_of(p, p->event.start_mark);
    ormc_report(p->diagnostics, ORMC_E_SECOND_DOCUMENT, ormc_input_place(&p->input, offset, offset + 3),
                "a second document; a file holds only one");
    return NULL;
}

static bool next_event(parser *p)
{
    drop_event(p);
    if (p->stopped)
        return false;
    p->holds_event = yaml_parser_parse(&p->yaml, &p->event);
    if (!p->holds_event)
        report_yaml_error(p);
    return p->holds_event;
}

static void drop_event(parser *p)
{
    if (p->holds_event)
        yaml_event_delete(&p->event);
    p->holds_event = false;
}

static void report_yaml_error(parser *p)
{
    p->stopped = true;
    if (p->yaml.error == YAML_MEMORY_ERROR) {
        p->no_memory = true;
        return;
    }
    size_t offset = offset_of(p, p->yaml.problem_mark);
    if (offset == p->input.size) /* what is missing at the end is missing behind the last word */
        while (offset && strchr(" \t\r\n", p->input.text[offset - 1]))
            offset--;
    const char *problem = p->yaml.problem ? say_plainly(p->yaml.problem) : "it cannot be read";
    if (offset < p->input.size && p->input.text[offset] == '\t')
        problem = "a tab may not indent; use spaces";
    ormc_report(p->diagnostics, ORMC_E_YAML, ormc_input_place(&p->input, offset, offset + 1), "not valid YAML: %s",
                problem);
    if (!p->yaml.context || p->yaml.context_mark.index == p->yaml.problem_mark.index)
        return;
    offset = offset_of(p, p->yaml.context_mark);
    ormc_note(p->diagnostics, ormc_input_place(&p->input, offset, offset + 1), "%s that begins here", p->yaml.context);
}

/* What libyaml says in the words of its grammar, for those who have just slipped. */
static const char *say_plainly(const char *problem)
{
    static const struct {
        const char *theirs, *ours;
    } sentences[] = {
        {"did not find expected key", "a key is expected here, indented as the others of its mapping are"},
        {"did not find expected '-' indicator", "an item of a list is expected here, with its '-' below the others"},
        {"mapping values are not allowed in this context",
         "this ':' stands where no key can be: one may be missing above, or quotes around a text that has one"},
        {"could not find expected ':'", "the line above is a key without a ':'"},
        {"found character that cannot start any token", "no text begins with this character, unless it is in quotes"},
        {"did not find expected node content", "a value is expected here"},
    };
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
        if (strcmp(sentences[i].theirs, problem) == 0)
            return sentences[i].ours;
    return problem;
}

/* Reads the node that the current event begins. NULL when reading stopped. */
static const ormc_node *read_node(parser *p)
{
    switch (p->event.type) {
    case YAML_ALIAS_EVENT:
        return read_alias(p);
    case YAML_SCALAR_EVENT:
        return read_scalar(p);
    default:
        return read_collection(p);
    }
}

static const ormc_node *read_alias(parser *p)
{
    const char *name = (const char *)p->event.data.alias.anchor;
    size_t offset = offset_of(p, p->event.start_mark);
    ormc_place place = ormc_input_place(&p->input, offset, offset_of(p, p->event.end_mark));
    const anchored *found = ormc_table_get(&p->anchors, name);
    p->stopped = !found || !found->node;
    if (!found)
        ormc_report(p->diagnostics, ORMC_E_ALIAS, place, "no anchor '&%s' comes before this alias", name);
    else if (!found->node)
        ormc_report(p->diagnostics, ORMC_E_ALIAS, place, "the alias '*%s' stands inside what it refers to", name);
    if (p->stopped)
        return NULL;
    p->aliased += found->node->weight;
    if (p->aliased <= ORMC_MOST_ALIASED_NODES)
        return found->node;
    ormc_report(p->diagnostics, ORMC_E_TOO_MANY_ALIASES, place, "the aliases stand for more than %d nodes",
                ORMC_MOST_ALIASED_NODES);
    p->stopped = true;
    return NULL;
}

static const ormc_node *read_scalar(parser *p)
{
    ormc_node *node = new_node(p, ORMC_SCALAR);
    anchored *anchor = open_anchor(p, p->event.data.scalar.anchor);
    const char *text = (const char *)p->event.data.scalar.value;
    size_t length = p->event.data.scalar.length;
    if (!node || p->no_memory)
        return out_of_memory(p);
    node->text = orm__arena_copy(p->arena, text, length);
    if (!node->text)
        return out_of_memory(p);
    node->quoted = p->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    check_tag(p, p->event.data.scalar.tag, node->place);
    if (strlen(text) != length)
        ormc_report(p->diagnostics, ORMC_E_CONTROL_CHARACTER, node->place, "a text may not hold the character U+0000");
    if (anchor)
        anchor->node = node;
    return node;
}

static const ormc_node *read_collection(parser *p)
{
    bool is_mapping = p->event.type == YAML_MAPPING_START_EVENT;
    ormc_node *node = new_node(p, is_mapping ? ORMC_MAPPING : ORMC_SEQUENCE);
    anchored *anchor = open_anchor(p, is_mapping ? p->event.data.mapping_start.anchor
                                                 : p->event.data.sequence_start.anchor);
    if (!node || p->no_memory)
        return out_of_memory(p);
    check_tag(p, is_mapping ? p->event.data.mapping_start.tag : p->event.data.sequence_start.tag, node->place);
    if (p->depth == ORMC_DEEPEST_NESTING) {
        ormc_report(p->diagnostics, ORMC_E_TOO_DEEP, node->place, "nested more than %d deep", ORMC_DEEPEST_NESTING);
        p->stopped = true;
        return NULL;
    }
    node_list list = {0};
    p->depth++;
    bool read = read_children(p, is_mapping ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT, &list);
    p->depth--;
    if (!read)
        return NULL;
    for (size_t i = 0; i < list.count; i++)
        node->weight += list.items[i]->weight;
    node->items = is_mapping ? NULL : list.items;
    node->count = is_mapping ? 0 : list.count;
    if (is_mapping && !make_pairs(p, node, &list))
        return out_of_memory(p);
    if (anchor)
        anchor->node = node;
    return node;
}

static bool read_children(parser *p, yaml_event_type_t end, node_list *list)
{
    while (next_event(p) && p->event.type != end) {
        const ormc_node *child = read_node(p);
        if (!child)
            return false;
        if (!push(p, list, child))
            return out_of_memory(p);
    }
    return !p->stopped;
}

static bool push(parser *p, node_list *list, const ormc_node *node)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 4;
        const ormc_node **items = orm__arena_alloc(p->arena, capacity * sizeof *items);
        if (!items)
            return false;
        if (list->count)
            memcpy(items, list->items, list->count * sizeof *items);
        orm__arena_recycle(p->arena, list->items, list->capacity * sizeof *items);
        *list = (node_list){.items = items, .count = list->count, .capacity = capacity};
    }
    list->items[list->count++] = node;
    return true;
}

/* Keys and values alternate in the list. What a mapping says itself goes before what it merges. False: no memory. */
static bool make_pairs(parser *p, ormc_node *mapping, const node_list *list)
{
    size_t most = list->count / 2 + 1;
    for (size_t i = 0; i < list->count; i += 2)
        most += is_merge(list->items[i]) ? count_merged(list->items[i + 1]) : 0;
    mapping->pairs = orm__arena_zalloc(p->arena, most, sizeof *mapping->pairs);
    if (!mapping->pairs)
        return false;
    ormc_table keys = {0};
    bool fine = true;
    for (size_t i = 0; i < list->count && fine; i += 2) {
        const ormc_node *key = list->items[i];
        if (is_merge(key))
            continue;
        if (!check_key(p, key)) {
            mapping->lacking = true;
            continue;
        }
        ormc_pair *fresh = &mapping->pairs[mapping->count];
        ormc_pair *first = ormc_table_add(&keys, &p->scratch, key->text, fresh);
        fine = first != NULL;
        if (first == fresh) {
            *fresh = (ormc_pair){.key = key, .value = list->items[i + 1]};
            mapping->count++;
        } else if (fine) {
            report_again(p, first, key);
        }
    }
    for (size_t i = 0; i < list->count && fine; i += 2)
        if (is_merge(list->items[i]))
            fine = add_merged(p, mapping, &keys, list->items[i + 1]);
    orm__arena_release(&p->scratch);
    return fine;
}

/* What stands behind the key again is not read. */
static void report_again(parser *p, const ormc_pair *first, const ormc_node *key)
{
    ormc_report(p->diagnostics, ORMC_E_KEY_TWICE, key->place, "the key '%s' is given twice", key->text);
    ormc_note(p->diagnostics, first->key->place, "first given here");
    ((ormc_node *)(uintptr_t)first->value)->lacking = true;
}

static size_t count_merged(const ormc_node *value)
{
    if (value->kind != ORMC_SEQUENCE)
        return value->count;
    size_t count = 0;
    for (size_t i = 0; i < value->count; i++)
        count += value->items[i]->kind == ORMC_MAPPING ? value->items[i]->count : 0;
    return count;
}

static bool check_key(parser *p, const ormc_node *key)
{
    if (key->kind != ORMC_SCALAR)
        ormc_report(p->diagnostics, ORMC_E_KEY_FORM, key->place, "a key must be a word, not a list or a mapping");
    else if (!*key->text)
        ormc_report(p->diagnostics, ORMC_E_KEY_FORM, key->place, "a key may not be empty");
    return key->kind == ORMC_SCALAR && *key->text;
}

static bool is_merge(const ormc_node *key)
{
    return key->kind == ORMC_SCALAR && !key->quoted && strcmp(key->text, "<<") == 0;
}

static bool add_merged(parser *p, ormc_node *mapping, ormc_table *keys, const ormc_node *value)
{
    if (value->kind == ORMC_MAPPING)
        return add_pairs_of(p, mapping, keys, value);
    mapping->lacking |= value->kind == ORMC_SCALAR;
    if (value->kind == ORMC_SCALAR)
        ormc_report(p->diagnostics, ORMC_E_MERGE, value->place, "'<<' merges a mapping or a list of mappings");
    for (size_t i = 0; i < value->count; i++) {
        mapping->lacking |= value->items[i]->kind != ORMC_MAPPING;
        if (value->items[i]->kind != ORMC_MAPPING)
            ormc_report(p->diagnostics, ORMC_E_MERGE, value->items[i]->place, "'<<' merges mappings only");
        else if (!add_pairs_of(p, mapping, keys, value->items[i]))
            return false;
    }
    return true;
}

static bool add_pairs_of(parser *p, ormc_node *mapping, ormc_table *keys, const ormc_node *from)
{
    mapping->lacking |= from->lacking;
    for (size_t i = 0; i < from->count; i++) {
        const ormc_node *key = from->pairs[i].key;
        ormc_pair *fresh = &mapping->pairs[mapping->count];
        const ormc_pair *first = ormc_table_add(keys, &p->scratch, key->text, fresh);
        if (!first)
            return false;
        if (first == fresh) {
            *fresh = from->pairs[i];
            mapping->count++;
        }
    }
    return true;
}

static ormc_node *new_node(parser *p, ormc_node_kind kind)
{
    ormc_node *node = orm__arena_zalloc(p->arena, 1, sizeof *node);
    if (!node)
        return NULL;
    size_t offset = offset_of(p, p->event.start_mark);
    size_t end = kind == ORMC_SCALAR ? offset_of(p, p->event.end_mark) : offset + 1;
    node->kind = kind;
    node->place = ormc_input_place(&p->input, offset, end < p->input.size ? end : p->input.size);
    node->weight = 1;
    return node;
}

/* NULL without a name, or when memory is gone. An anchor may be given again, and then stands for the later node. */
static anchored *open_anchor(parser *p, const yaml_char_t *name)
{
    if (!name)
        return NULL;
    anchored *fresh = orm__arena_zalloc(p->arena, 1, sizeof *fresh);
    const char *key = orm__arena_strdup(p->arena, (const char *)name);
    anchored *found = fresh && key ? ormc_table_add(&p->anchors, p->arena, key, fresh) : NULL;
    if (!found)
        return p->no_memory = true, NULL;
    found->node = NULL;
    return found;
}

static void check_tag(parser *p, const yaml_char_t *tag, ormc_place place)
{
    if (tag)
        ormc_report(p->diagnostics, ORMC_E_TAG, place, "the tag '%s' has no meaning here", (const char *)tag);
}

static const ormc_node *out_of_memory(parser *p)
{
    p->stopped = p->no_memory = true;
    return NULL;
}

/* Twice: to count them, and to take them. */
bool ormc_syntax_list(const char *text, size_t size, orm__arena *arena, ormc_event **events, size_t *count)
{
    bool fine = true;
    *events = NULL;
    *count = 0;
    for (int pass = 0; pass < 2 && fine; pass++) {
        parser p = {.arena = arena, .input = {.text = text, .size = size}};
        if (!yaml_parser_initialize(&p.yaml))
            return false;
        yaml_parser_set_encoding(&p.yaml, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&p.yaml, (const unsigned char *)text, size);
        *count = list_events(&p, *events, *count, &fine);
        yaml_parser_delete(&p.yaml);
        if (!pass && fine)
            fine = (*events = orm__arena_zalloc(arena, *count + 1, sizeof **events)) != NULL;
    }
    return fine;
}

static size_t list_events(parser *p, ormc_event *events, size_t room, bool *fine)
{
    size_t count = 0;
    for (bool ended = false; !ended && *fine; drop_event(p)) {
        p->holds_event = yaml_parser_parse(&p->yaml, &p->event);
        *fine = p->holds_event;
        ended = !*fine || p->event.type == YAML_STREAM_END_EVENT;
        if (ended || p->event.type <= YAML_DOCUMENT_END_EVENT)
            continue;
        if (count < room)
            *fine = take_event(p, &events[count]);
        count++;
    }
    return count;
}

static bool take_event(parser *p, ormc_event *taken)
{
    const yaml_event_t *event = &p->event;
    const yaml_char_t *anchor = NULL, *text = NULL;
    ormc_event_kind kind = ORMC_EVENT_END;
    char style = 0;
    if (event->type == YAML_SCALAR_EVENT) {
        static const char styles[] = {[YAML_PLAIN_SCALAR_STYLE] = 'p',
                                      [YAML_SINGLE_QUOTED_SCALAR_STYLE] = '\'',
                                      [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = '"',
                                      [YAML_LITERAL_SCALAR_STYLE] = '|',
                                      [YAML_FOLDED_SCALAR_STYLE] = '>'};
        kind = ORMC_EVENT_SCALAR, style = styles[event->data.scalar.style];
        anchor = event->data.scalar.anchor, text = event->data.scalar.value;
    } else if (event->type == YAML_ALIAS_EVENT) {
        kind = ORMC_EVENT_ALIAS, text = event->data.alias.anchor;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        kind = ORMC_EVENT_SEQUENCE, anchor = event->data.sequence_start.anchor;
        style = event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ? '{' : 0;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        kind = ORMC_EVENT_MAPPING, anchor = event->data.mapping_start.anchor;
        style = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ? '{' : 0;
    }
    size_t begin = offset_of(p, event->start_mark);
    *taken = (ormc_event){.kind = kind, .style = style, .begin = begin, .end = offset_of(p, event->end_mark)};
    taken->text = text ? orm__arena_strdup(p->arena, (const char *)text) : NULL;
    taken->anchor = anchor ? orm__arena_strdup(p->arena, (const char *)anchor) : NULL;
    return (taken->text || !text) && (taken->anchor || !anchor);
}

const ormc_node *ormc_node_find(const ormc_node *node, const char *key)
{
    if (!node || node->kind != ORMC_MAPPING)
        return NULL;
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(node->pairs[i].key->text, key) == 0)
            return node->pairs[i].value;
    return NULL;
}

bool ormc_node_is_null(const ormc_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; node->kind == ORMC_SCALAR && !node->quoted && i < sizeof words / sizeof *words; i++)
        if (strcmp(node->text, words[i]) == 0)
            return true;
    return false;
}
