/* test_template.c -- the Mustache engine: the public specification's cases, errors and their places, limits, embed.sh.
 *
 * The specification is read from the folder MUSTACHE_SPEC, by default from beside the checkout.
 * SPDX-License-Identifier: MIT */
#include "embed.h"
#include "template.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

static orm__arena arena;

static void setup(void)
{
    orm__arena_init(&arena);
}

static void teardown(void)
{
    orm__arena_release(&arena);
}

/* --- the public specification ------------------------------------------------------------------------------------- */

static const char *const modules[] = {"comments", "delimiters", "interpolation", "inverted", "partials", "sections"};

static yaml_node_t *member(yaml_document_t *document, const yaml_node_t *mapping, const char *key)
{
    for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < mapping->data.mapping.pairs.top; p++)
        if (strcmp((const char *)yaml_document_get_node(document, p->key)->data.scalar.value, key) == 0)
            return yaml_document_get_node(document, p->value);
    return NULL;
}

static const char *scalar(yaml_document_t *document, const yaml_node_t *mapping, const char *key)
{
    yaml_node_t *node = member(document, mapping, key);
    return node ? (const char *)node->data.scalar.value : "";
}

/* Plain scalars are what YAML 1.2's core schema says; numbers are written as the shortest text. */
static ormc_data *plain(const char *text)
{
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return ormc_data_boolean(&arena, text[0] == 't');
    if (strcmp(text, "null") == 0 || strcmp(text, "~") == 0 || !*text)
        return ormc_data_null(&arena);
    char *end;
    double number = strtod(text, &end);
    if (*end || strchr("nNiI", *text))
        return ormc_data_text(&arena, orm__arena_strdup(&arena, text));
    return ormc_data_text(&arena, orm__arena_printf(&arena, "%.15g", number));
}

static ormc_data *convert(yaml_document_t *document, const yaml_node_t *node)
{
    if (node->type == YAML_SCALAR_NODE) {
        const char *text = (const char *)node->data.scalar.value;
        return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
                   ? plain(text)
                   : ormc_data_text(&arena, orm__arena_strdup(&arena, text));
    }
    if (node->type == YAML_SEQUENCE_NODE) {
        ormc_data *list = ormc_data_list(&arena);
        for (yaml_node_item_t *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++)
            ormc_data_append(list, convert(document, yaml_document_get_node(document, *i)));
        return list;
    }
    ormc_data *object = ormc_data_object(&arena);
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top; p++) {
        const char *key = (const char *)yaml_document_get_node(document, p->key)->data.scalar.value;
        ormc_data_set(object, orm__arena_strdup(&arena, key),
                      convert(document, yaml_document_get_node(document, p->value)));
    }
    return object;
}

typedef struct spec_case {
    yaml_document_t *document;
    const yaml_node_t *node;
} spec_case;

static const char *spec_template(const char *name, void *user)
{
    const spec_case *c = user;
    if (strcmp(name, "(template)") == 0)
        return scalar(c->document, c->node, "template");
    const yaml_node_t *partials = member(c->document, c->node, "partials");
    yaml_node_t *found = partials ? member(c->document, partials, name) : NULL;
    return found ? (const char *)found->data.scalar.value : NULL;
}

static bool run_case(spec_case *c, const char *module)
{
    const ormc_template_options options = {.lookup = spec_template, .user = c};
    ormc_template_error error;
    orm__text out = {0};
    bool good = ormc_template_render(&options, "(template)", convert(c->document, member(c->document, c->node, "data")),
                                     &out, &error);
    const char *expected = scalar(c->document, c->node, "expected"), *got = out.data ? out.data : "";
    good = good && strcmp(got, expected) == 0;
    if (!good)
        printf("%s: %s\n  expected: %s\n  got: %s%s\n", module, scalar(c->document, c->node, "name"), expected, got,
               error.message);
    orm__text_release(&out);
    return good;
}

static FILE *open_module(const char *folder, const char *module)
{
    FILE *file = fopen(orm__arena_printf(&arena, "%s/%s.yml", folder, module), "rb");
    ck_assert_msg(file != NULL, "%s/%s.yml cannot be read", folder, module);
    return file;
}

static void run_module(const char *folder, const char *module, int *cases, int *failures)
{
    yaml_parser_t parser;
    yaml_document_t document;
    FILE *file = open_module(folder, module);
    ck_assert(yaml_parser_initialize(&parser));
    yaml_parser_set_input_file(&parser, file);
    ck_assert(yaml_parser_load(&parser, &document));
    const yaml_node_t *tests = member(&document, yaml_document_get_root_node(&document), "tests");
    for (yaml_node_item_t *i = tests->data.sequence.items.start; i < tests->data.sequence.items.top; i++, ++*cases)
        *failures += !run_case(&(spec_case){&document, yaml_document_get_node(&document, *i)}, module);
    yaml_document_delete(&document);
    yaml_parser_delete(&parser);
    fclose(file);
}

START_TEST(every_case_of_the_public_specification_passes)
{
    const char *folder = getenv("MUSTACHE_SPEC") ? getenv("MUSTACHE_SPEC") : "../shared/data/mustache-spec";
    const char *ci = getenv("CI");
    int cases = 0, failures = 0;
    struct stat status;
    if (stat(folder, &status) != 0) {
        printf("skipped: mustache specification not found at %s\n", folder);
        ck_assert_msg(!ci || strcmp(ci, "true") != 0, "CI=true skips nothing");
        return;
    }
    for (size_t m = 0; m < sizeof modules / sizeof *modules; m++)
        run_module(folder, modules[m], &cases, &failures);
    ck_assert_int_eq(failures, 0);
    ck_assert_int_eq(cases, 136);
}
END_TEST

/* --- what the specification leaves open --------------------------------------------------------------------------- */

typedef struct library {
    const char *page, *part;
    int lookups;
} library;

static const char *find(const char *name, void *user)
{
    library *l = user;
    l->lookups++;
    if (strcmp(name, "page") == 0)
        return l->page;
    if (strcmp(name, "part") == 0)
        return l->part;
    return strcmp(name, "endless") == 0 ? "{{>endless}}" : NULL;
}

static bool render_with(library *l, const ormc_data *data, bool strict, orm__text *out, ormc_template_error *error)
{
    const ormc_template_options options = {.lookup = find, .user = l, .strict = strict};
    return ormc_template_render(&options, "page", data, out, error);
}

static ormc_data *sample(void)
{
    ormc_data *data = ormc_data_object(&arena), *list = ormc_data_set_list(data, "list");
    ormc_data_set_text(data, "name", "Ada");
    ormc_data_set_text(data, "empty", "");
    ormc_data_set_boolean(data, "no", false);
    ormc_data_set_boolean(data, "yes", true);
    ormc_data_set(data, "null", ormc_data_null(&arena));
    ormc_data_set_text(ormc_data_set_object(data, "object"), "inner", "x<y>&\"z'");
    ormc_data_append(list, ormc_data_text(&arena, "1"));
    ormc_data_append(list, ormc_data_text(&arena, "2"));
    return data;
}

static const struct {
    const char *page, *expected;
} pages[] = {
    {"", ""},
    {"\n", "\n"},
    {"{", "{"},
    {"}}", "}}"},
    {"{{!}}", ""},
    {"{{! }}\n", ""},
    {"{{!\nmany\nlines\n}}\nx", "x"},
    {" {{! not alone }} {{name}}\n", "  Ada\n"},
    {"a\n  {{! at the end }}", "a\n"},
    {"{{#yes}}\n{{/yes}}\n", ""},
    {"{{#yes}}{{/yes}}\n", "\n"},
    {"\t{{#yes}} \t\r\n x\r\n{{/yes}}\r\n", " x\r\n"},
    {"{{#list}}\n{{.}}\n{{/list}}\n", "1\n2\n"},
    {"{{#list}}{{.}}{{name}};{{/list}}", "1Ada;2Ada;"},
    {"{{yes}} {{no}} {{null}}|{{list}}|{{object}}", "true false ||"},
    {"{{#name}}{{.}}{{/name}}{{#empty}}x{{/empty}}{{^empty}}y{{/empty}}", "Aday"},
    {"{{object.inner}} {{{ object.inner }}} {{& object.inner}}", "x&lt;y&gt;&amp;&quot;z' x<y>&\"z' x<y>&\"z'"},
    {"{{=<% %>=}}<%name%><%{object.inner}%>{{name}}<%={{ }}=%>{{name}}", "Adax<y>&\"z'{{name}}Ada"},
    {"{{=  |   |  =}}|name|", "Ada"},
    {"{{{name}}}}", "Ada}"},
    {"{{#\n yes \n}}x{{/\tyes}}", "x"},
    {"  {{>part}}\n", "  [Ada\n  ]\n"},
    {"  {{>part}}\n{{>part}}\n    {{>part}}", "  [Ada\n  ]\n[Ada\n]\n    [Ada\n    ]\n"},
    {"({{>part}})", "([Ada\n]\n)"},
    {"{{#yes}}\n  {{>part}}\n{{/yes}}\n", "  [Ada\n  ]\n"},
};

START_TEST(a_page_comes_out_as_expected)
{
    library l = {.page = pages[_i].page, .part = "[{{name}}\n]\n"};
    orm__text out = {0};
    ormc_template_error error;
    ck_assert_msg(render_with(&l, sample(), true, &out, &error), "%s", error.message);
    ck_assert_str_eq(out.data ? out.data : "", pages[_i].expected);
    orm__text_release(&out);
}
END_TEST

static const struct {
    const char *page, *message, *name;
    int line, column;
} mistakes[] = {
    {"a\n  {{#name}}x", "section 'name' is not closed", "page", 2, 3},
    {"{{#name}}{{#yes}}{{/yes}}", "section 'name' is not closed", "page", 1, 1},
    {"a\n{{/name}}", "'name' is closed and was not open", "page", 2, 1},
    {"{{#name}}\n {{/no}}", "'no' is closed where 'name' is open", "page", 2, 2},
    {"x {{name", "the tag is not closed by '}}'", "page", 1, 3},
    {"x {{{name}}", "the tag is not closed by '}}}'", "page", 1, 3},
    {"{{=<% %>=}}\n<%name}}", "the tag is not closed by '%>'", "page", 2, 1},
    {"{{!", "the tag is not closed by '}}'", "page", 1, 1},
    {"{{}}", "the tag has no name", "page", 1, 1},
    {"{{# }}", "the tag has no name", "page", 1, 1},
    {"{{name\n{{yes}}", "'name' is followed by a blank: a name has none, and a tag ends with '}}'", "page", 1, 1},
    {"{{=<%=}}", "two delimiters are needed between the equals signs, as in {{=<% %>=}}", "page", 1, 1},
    {"{{= =}}", "two delimiters are needed between the equals signs, as in {{=<% %>=}}", "page", 1, 1},
    {"{{=a b c=}}", "two delimiters are needed between the equals signs, as in {{=<% %>=}}", "page", 1, 1},
    {"{{=a= b=}}", "two delimiters are needed between the equals signs, as in {{=<% %>=}}", "page", 1, 1},
    {"line\n\n  {{nobody}}", "unknown name 'nobody'", "page", 3, 3},
    {"{{name.first}}", "unknown name 'name.first'", "page", 1, 1},
    {"{{object.name}}", "unknown name 'object.name'", "page", 1, 1},
    {"{{.name}}", "unknown name '.name'", "page", 1, 1},
    {"{{#nobody}}{{/nobody}}", "unknown name 'nobody'", "page", 1, 1},
    {"{{^nobody}}{{/nobody}}", "unknown name 'nobody'", "page", 1, 1},
    {" {{>absent}}", "unknown partial 'absent'", "page", 1, 2},
    {"{{>endless}}", "partials are nested more than 100 deep", "endless", 1, 1},
    {"x\n\n    {{>part}}", "unknown name 'wrong'", "part", 2, 3},
    {"x {{>part}}", "unknown name 'wrong'", "part", 2, 3},
};

START_TEST(a_mistake_is_told_with_its_place)
{
    library l = {.page = mistakes[_i].page, .part = "{{name}}\n  {{wrong}}\n"};
    orm__text out = {0};
    ormc_template_error error;
    ck_assert(!render_with(&l, sample(), true, &out, &error));
    ck_assert_str_eq(error.message, mistakes[_i].message);
    ck_assert_str_eq(error.name, mistakes[_i].name);
    ck_assert_int_eq(error.line, mistakes[_i].line);
    ck_assert_int_eq(error.column, mistakes[_i].column);
    orm__text_release(&out);
}
END_TEST

START_TEST(what_is_known_but_false_is_no_mistake_when_strict)
{
    library l = {.page = "{{name}}{{empty}}{{null}}{{#no}}{{nobody}}{{>absent}}{{/no}}{{^null}}!{{/null}}"};
    orm__text out = {0};
    ormc_template_error error;
    ck_assert(render_with(&l, sample(), true, &out, &error));
    ck_assert_str_eq(out.data, "Ada!");
    orm__text_release(&out);
}
END_TEST

START_TEST(what_is_unknown_is_empty_when_not_strict)
{
    library l = {.page = "[{{nobody}}{{>absent}}{{#a.b}}x{{/a.b}}{{^nobody}}y{{/nobody}}]"};
    orm__text out = {0};
    ormc_template_error error;
    ck_assert(render_with(&l, sample(), false, &out, &error));
    ck_assert_str_eq(out.data, "[y]");
    orm__text_release(&out);
}
END_TEST

START_TEST(an_unknown_template_is_told_by_name)
{
    library l = {.page = NULL};
    orm__text out = {0};
    ormc_template_error error;
    ck_assert(!render_with(&l, sample(), false, &out, &error));
    ck_assert_str_eq(error.message, "there is no template 'page'");
    ck_assert_int_eq(error.line, 0);
}
END_TEST

START_TEST(what_was_rendered_is_appended)
{
    library l = {.page = "{{name}}"};
    orm__text out = {0};
    ormc_template_error error;
    orm__text_string(&out, "by ");
    ck_assert(render_with(&l, sample(), true, &out, &error));
    ck_assert_str_eq(out.data, "by Ada");
    orm__text_release(&out);
}
END_TEST

/* --- memory, limits and size -------------------------------------------------------------------------------------- */

START_TEST(data_that_was_not_whole_is_never_rendered)
{
    static const char *const uses[] = {"{{#list}}x{{/list}}", "{{^list}}x{{/list}}", "{{object.gone}}",
                                       "{{#object}}x{{/object}}"};
    library l = {.page = uses[_i]};
    ormc_data *data = sample();
    ormc_data_append(ormc_data_set_list(data, "list"), NULL);
    ormc_data_set(ormc_data_set_object(data, "object"), "gone", NULL);
    orm__text out = {0};
    ormc_template_error error;
    ck_assert(!render_with(&l, data, false, &out, &error));
    ck_assert_str_eq(error.message, "out of memory");
    ck_assert_int_eq(error.line, 0);
    orm__text_release(&out);
}
END_TEST

START_TEST(no_data_at_all_is_no_memory)
{
    library l = {.page = "x"};
    orm__text out = {0};
    ormc_template_error error;
    ck_assert(!render_with(&l, NULL, false, &out, &error));
    ck_assert_str_eq(error.message, "out of memory");
    orm__text_release(&out);
}
END_TEST

/* `count` sections of that name, and `inner` in the innermost. */
static void nest_sections(orm__text *text, char sigil, const char *name, int count, const char *inner)
{
    for (int i = 0; i < count; i++)
        orm__text_printf(text, "{{%c%s}}", sigil, name);
    orm__text_string(text, inner);
    for (int i = 0; i < count; i++)
        orm__text_printf(text, "{{/%s}}", name);
}

static const struct {
    char sigil;
    const char *name, *inner;
    int count;
    const char *message; /* NULL: it works */
} depths[] = {
    {'#', "yes", "x", 500, NULL},
    {'^', "no", "x", 500, NULL},
    {'#', "yes", "x", 501, "sections are nested more than 500 deep"},
    {'^', "no", "x", 20000, "sections are nested more than 500 deep"},
    {'#', "yes", "{{>page}}", 300, "sections and partials are nested more than 500 deep"},
    {'^', "no", "{{>page}}", 500, "sections and partials are nested more than 500 deep"},
    {'^', "no", "{{>page}}", 1, "partials are nested more than 100 deep"},
};

START_TEST(nesting_ends_at_a_limit_and_not_in_a_crash)
{
    orm__text page = {0}, out = {0};
    nest_sections(&page, depths[_i].sigil, depths[_i].name, depths[_i].count, depths[_i].inner);
    library l = {.page = page.data};
    ormc_template_error error;
    ck_assert_int_eq(render_with(&l, sample(), true, &out, &error), depths[_i].message == NULL);
    ck_assert_str_eq(depths[_i].message ? error.message : out.data, depths[_i].message ? depths[_i].message : "x");
    orm__text_release(&page);
    orm__text_release(&out);
}
END_TEST

START_TEST(an_object_of_a_thousand_members_finds_each)
{
    ormc_data *data = ormc_data_object(&arena);
    orm__text page = {0}, out = {0}, expected = {0};
    ormc_template_error error;
    for (int i = 0; i < 1000; i++) {
        ormc_data_set_text(data, orm__arena_printf(&arena, "key_%d", i), orm__arena_printf(&arena, "%d", i));
        orm__text_printf(&page, "{{key_%d}} ", i);
        orm__text_printf(&expected, "%d ", i);
    }
    library l = {.page = page.data};
    ck_assert(render_with(&l, data, true, &out, &error));
    ck_assert_str_eq(out.data, expected.data);
    orm__text_release(&page);
    orm__text_release(&out);
    orm__text_release(&expected);
}
END_TEST

START_TEST(a_partial_of_many_items_is_looked_up_once)
{
    ormc_data *data = ormc_data_object(&arena), *list = ormc_data_set_list(data, "items");
    library l = {.page = "{{#items}}\n  {{>part}}\n{{/items}}\n", .part = "{{name}}\n\n"};
    orm__text out = {0};
    ormc_template_error error;
    for (int i = 0; i < 100000; i++) {
        ormc_data *item = ormc_data_object(&arena);
        ormc_data_set_text(item, "name", "a<b");
        ormc_data_append(list, item);
    }
    ck_assert(render_with(&l, data, true, &out, &error));
    ck_assert_uint_eq(out.length, 100000 * strlen("  a&lt;b\n  \n"));
    ck_assert_int_eq(l.lookups, 2);
    orm__text_release(&out);
}
END_TEST

START_TEST(a_set_keeps_templates_from_one_render_to_the_next)
{
    library l = {.page = "{{>part}}{{>part}}", .part = "{{name}}."};
    ormc_template_set set = {.templates = NULL};
    const ormc_template_options options = {.lookup = find, .user = &l, .set = &set, .strict = true};
    orm__text out = {0};
    ormc_template_error error;
    for (int i = 0; i < 3; i++) {
        char name[] = "page"; /* a name that is gone after the render */
        ck_assert(ormc_template_render(&options, name, sample(), &out, &error));
        memset(name, 'x', sizeof name - 1);
    }
    ck_assert_str_eq(out.data, "Ada.Ada.Ada.Ada.Ada.Ada.");
    ck_assert_int_eq(l.lookups, 2);
    ormc_template_set_release(&set);
    ck_assert(ormc_template_render(&options, "part", sample(), &out, &error));
    ck_assert_int_eq(l.lookups, 3);
    ormc_template_set_release(&set);
    orm__text_release(&out);
}
END_TEST

static const char *made_template(const char *name, void *user)
{
    (void)user;
    return strcmp(name, "t") == 0 ? "{{#items}}\n{{n}} of {{all}}\n{{/items}}\n{{^none}}none{{/none}}" : NULL;
}

static ormc_data *make_item(size_t index, orm__arena *own, void *user)
{
    ++*(size_t *)user;
    if (index == 3)
        return NULL;
    ormc_data *item = ormc_data_object(own);
    ormc_data_set_text(item, "n", orm__arena_printf(own, "%zu", index));
    return item;
}

static void take_away(orm__text *out, void *user)
{
    orm__text_bytes(user, out->data, out->length);
    orm__text_char(user, '|');
    orm__text_clear(out);
}

START_TEST(items_are_made_when_they_are_rendered_and_can_be_taken_away_one_by_one)
{
    size_t made = 0;
    orm__text taken = {0}, out = {0};
    ormc_template_error error;
    ormc_data *data = ormc_data_object(&arena);
    ormc_data_set_text(data, "all", "3");
    ormc_data_set_made_list(data, "items", 3, make_item, &made);
    ormc_data_set_made_list(data, "none", 0, make_item, &made);
    ck_assert_uint_eq(made, 0);
    const ormc_template_options options = {.lookup = made_template, .user = &taken, .flush = take_away, .strict = true};
    ck_assert_msg(ormc_template_render(&options, "t", data, &out, &error), "%s", error.message);
    ck_assert_uint_eq(made, 3);
    ck_assert_str_eq(taken.data, "0 of 3\n|1 of 3\n|2 of 3\n|");
    ck_assert_str_eq(out.data, "none");
    orm__text_release(&taken);
    orm__text_release(&out);
}
END_TEST

START_TEST(an_item_that_cannot_be_made_is_no_memory)
{
    size_t made = 0;
    orm__text out = {0};
    ormc_template_error error;
    ormc_data *data = ormc_data_object(&arena);
    ormc_data_set_text(data, "all", "9");
    ormc_data_set_made_list(data, "items", 9, make_item, &made);
    ck_assert(!ormc_template_render(&(ormc_template_options){.lookup = made_template}, "t", data, &out, &error));
    ck_assert_uint_eq(made, 4);
    ck_assert_int_eq(error.line, 0);
    orm__text_release(&out);
}
END_TEST

START_TEST(a_template_that_was_refused_is_refused_again_by_its_set)
{
    library l = {.page = "{{>part}}", .part = "\n{{#name}}"};
    ormc_template_set set = {.templates = NULL};
    const ormc_template_options options = {.lookup = find, .user = &l, .set = &set};
    orm__text out = {0};
    ormc_template_error error;
    for (int i = 0; i < 2; i++) {
        ck_assert(!ormc_template_render(&options, "page", sample(), &out, &error));
        ck_assert_str_eq(error.message, "section 'name' is not closed");
        ck_assert_str_eq(error.name, "part");
        ck_assert_int_eq(error.line, 2);
    }
    ormc_template_set_release(&set);
    orm__text_release(&out);
}
END_TEST

START_TEST(a_text_of_megabytes_passes_through)
{
    size_t size = 8 << 20;
    char *page = malloc(size + 1);
    ck_assert_ptr_nonnull(page);
    for (size_t i = 0; i < size; i++)
        page[i] = i % 64 == 63 ? '\n' : '{' + (char)(i % 2);
    page[size] = '\0';
    library l = {.page = page};
    orm__text out = {0};
    ormc_template_error error;
    ck_assert(render_with(&l, sample(), true, &out, &error));
    ck_assert_uint_eq(out.length, size);
    ck_assert_int_eq(memcmp(out.data, page, size), 0);
    orm__text_release(&out);
    free(page);
}
END_TEST

/* --- embed.sh: run from the checkout's root ----------------------------------------------------------------------- */

static const char *read_file(const char *path)
{
    orm__text text = {0};
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s cannot be read", path);
    for (int c; (c = getc(file)) != EOF;)
        orm__text_char(&text, (char)c);
    fclose(file);
    const char *copy = orm__arena_copy(&arena, text.data, text.length);
    orm__text_release(&text);
    return copy;
}

START_TEST(the_built_in_templates_are_the_files)
{
    const ormc_embedded_template *t = ormc_embedded_templates;
    ck_assert_ptr_nonnull(t->name);
    for (; t->name; t++) {
        bool is_template = !strstr(t->name, ".md");
        const char *path = is_template ? "templates/%s.mustache" : "schemas/%s";
        ck_assert_str_eq(t->text, read_file(orm__arena_printf(&arena, path, t->name)));
    }
}
END_TEST

/* Runs a shell script with a new folder as $folder, which is removed again; whether its status was 0. */
static bool run_script(const char *script)
{
    char folder[] = "/tmp/test_template.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(folder));
    int status = system(orm__arena_printf(&arena, "folder=%s\n(%s)", folder, script));
    ck_assert_int_eq(system(orm__arena_printf(&arena, "rm -rf '%s'", folder)), 0);
    return status == 0;
}

START_TEST(any_text_compiles_without_a_warning_and_comes_out_the_same)
{
    ck_assert(
        run_script("set -e\n"
                   "printf 'caf\\303\\251 \\377 \\\\ \"x\" %%s ?? \\t\\r\\n\\1\\177{{a}}' > $folder/a.b.mustache\n"
                   ": > $folder/empty.mustache\n"
                   "awk 'BEGIN { for (i = 0; i < 5000; i++) print \"line\" }' > $folder/long-1.mustache\n"
                   "generator/embed.sh $folder/*.mustache > $folder/templates.c\n"
                   "cat > $folder/main.c <<'end'\n"
                   "#include \"embed.h\"\n"
                   "#include <stdio.h>\n"
                   "int main(void)\n"
                   "{\n"
                   "    for (const ormc_embedded_template *t = ormc_embedded_templates; t->name; t++)\n"
                   "        printf(\"%s=%s\", t->name, t->text);\n"
                   "}\n"
                   "end\n"
                   "${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror -I generator"
                   " $folder/main.c $folder/templates.c -o $folder/main\n"
                   "{ printf a.b=; cat $folder/a.b.mustache; printf empty=long-1=; cat $folder/long-1.mustache; } >"
                   " $folder/expected\n"
                   "$folder/main | cmp - $folder/expected"));
}
END_TEST

static const struct {
    const char *prepare, *files, *message;
} refused[] = {
    {":", "absent.mustache", "absent.mustache: cannot be read"},
    {"mkdir a.mustache", "a.mustache", "a.mustache: cannot be read"},
    {": > a.txt", "a.txt", "a.txt: the name does not end in .mustache or .md"},
    {": > .mustache", ".mustache", ".mustache: the name does not end in .mustache or .md"},
    {": > 'a b.mustache'", "'a b.mustache'", "a b.mustache: the name holds more than letters, digits and . _ -"},
    {"printf 'a\\0b' > a.mustache", "a.mustache", "a.mustache: there is a zero byte in the text"},
    {": > a.mustache; mkdir b; : > b/a.mustache", "a.mustache b/a.mustache",
     "b/a.mustache: there are two templates of this name"},
};

START_TEST(what_cannot_be_embedded_is_refused)
{
    ck_assert(run_script(orm__arena_printf(&arena,
                                           "embed=$PWD/generator/embed.sh; cd $folder && { %s; } || exit 2\n"
                                           "\"$embed\" %s > output 2> errors && exit 3\n"
                                           "grep -qxF 'embed.sh: %s' errors",
                                           refused[_i].prepare, refused[_i].files, refused[_i].message)));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------------ */

static TCase *add_case(Suite *suite, const char *name)
{
    TCase *tests = tcase_create(name);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 20);
    suite_add_tcase(suite, tests);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("template");
    TCase *tests = add_case(suite, "specification");
    tcase_add_test(tests, every_case_of_the_public_specification_passes);
    tests = add_case(suite, "pages and mistakes");
    tcase_add_loop_test(tests, a_page_comes_out_as_expected, 0, (int)(sizeof pages / sizeof *pages));
    tcase_add_loop_test(tests, a_mistake_is_told_with_its_place, 0, (int)(sizeof mistakes / sizeof *mistakes));
    tcase_add_test(tests, what_is_known_but_false_is_no_mistake_when_strict);
    tcase_add_test(tests, what_is_unknown_is_empty_when_not_strict);
    tcase_add_test(tests, an_unknown_template_is_told_by_name);
    tcase_add_test(tests, what_was_rendered_is_appended);
    tests = add_case(suite, "limits");
    tcase_add_loop_test(tests, data_that_was_not_whole_is_never_rendered, 0, 4);
    tcase_add_test(tests, no_data_at_all_is_no_memory);
    tcase_add_loop_test(tests, nesting_ends_at_a_limit_and_not_in_a_crash, 0, (int)(sizeof depths / sizeof *depths));
    tcase_add_test(tests, an_object_of_a_thousand_members_finds_each);
    tcase_add_test(tests, a_partial_of_many_items_is_looked_up_once);
    tcase_add_test(tests, a_set_keeps_templates_from_one_render_to_the_next);
    tcase_add_test(tests, items_are_made_when_they_are_rendered_and_can_be_taken_away_one_by_one);
    tcase_add_test(tests, an_item_that_cannot_be_made_is_no_memory);
    tcase_add_test(tests, a_template_that_was_refused_is_refused_again_by_its_set);
    tcase_add_test(tests, a_text_of_megabytes_passes_through);
    tests = add_case(suite, "embed.sh");
    tcase_add_test(tests, the_built_in_templates_are_the_files);
    tcase_add_test(tests, any_text_compiles_without_a_warning_and_comes_out_the_same);
    tcase_add_loop_test(tests, what_cannot_be_embedded_is_refused, 0, (int)(sizeof refused / sizeof *refused));
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
