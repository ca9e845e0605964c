/* test_template.c -- the Mustache engine: the public specification's cases, and errors with their places.
 * SPDX-License-Identifier: MIT */
#include "template.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* --- the public specification -------------------------------------------------------------------------------------------- */


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
        return node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE ? plain(text) : ormc_data_text(&arena, orm__arena_strdup(&arena, text));
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
        ormc_data_set(object, orm__arena_strdup(&arena, key), convert(document, yaml_document_get_node(document, p->value)));
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
    bool good = ormc_template_render(&options, "(template)", convert(c->document, member(c->document, c->node, "data")), &out, &error);
    const char *expected = scalar(c->document, c->node, "expected"), *got = out.data ? out.data : "";
    good = good && strcmp(got, expected) == 0;
    if (!good)
        printf("%s: %s\n  expected: %s\n  got: %s%s\n", module, scalar(c->document, c->node, "name"), expected, got, error.message);
    orm__text_release(&out);
    return good;
}

static FILE *open_module(const char *module)
{
    const char *folder = getenv("MUSTACHE_SPEC") ? getenv("MUSTACHE_SPEC") : "../shared/data/mustache-spec";
    FILE *file = fopen(orm__arena_printf(&arena, "%s/%s.yml", folder, module), "rb");
    if (!file)
        printf("skipped: the Mustache specification is not at %s\n", folder);
    return file;
}

START_TEST(every_case_of_the_public_specification_passes)
{
    int cases = 0, failures = 0;
    for (size_t m = 0; m < sizeof modules / sizeof *modules; m++) {
        yaml_parser_t parser;
        yaml_document_t document;
        FILE *file = open_module(modules[m]);
        if (!file) {
            ck_assert_msg(!getenv("CI"), "the specification must be there in CI");
            return;
        }
        yaml_parser_initialize(&parser);
        yaml_parser_set_input_file(&parser, file);
        ck_assert(yaml_parser_load(&parser, &document));
        const yaml_node_t *tests = member(&document, yaml_document_get_root_node(&document), "tests");
        for (yaml_node_item_t *i = tests->data.sequence.items.start; i < tests->data.sequence.items.top; i++, cases++)
            failures += !run_case(&(spec_case){&document, yaml_document_get_node(&document, *i)}, modules[m]);
        yaml_document_delete(&document);
        yaml_parser_delete(&parser);
        fclose(file);
    }
    ck_assert_int_eq(failures, 0);
    ck_assert_int_eq(cases, 136);
}
END_TEST

/* --- errors and strictness ----------------------------------------------------------------------------------------------- */

static const char *one_template(const char *name, void *user)
{
    if (strcmp(name, "page") == 0)
        return user;
    return strcmp(name, "endless") == 0 ? "{{>endless}}" : NULL;
}

static bool render(const char *text, bool strict, orm__text *out, ormc_template_error *error)
{
    const ormc_template_options options = {.lookup = one_template, .user = (void *)(uintptr_t)text, .strict = strict};
    ormc_data *data = ormc_data_object(&arena);
    ormc_data_set_text(data, "name", "Ada");
    ormc_data_set_text(data, "empty", "");
    ormc_data_set_boolean(data, "no", false);
    ormc_data_set(data, "null", ormc_data_null(&arena));
    return ormc_template_render(&options, "page", data, out, error);
}

static const struct { const char *text; const char *message; int line, column; } mistakes[] = {
    {"a\n  {{#name}}x", "section 'name' is not closed", 2, 3},
    {"a\n{{/name}}", "'name' is closed and was not open", 2, 1},
    {"{{#name}}\n {{/no}}", "'no' is closed where 'name' is open", 2, 2},
    {"x {{name", "the tag is not closed by '}}'", 1, 3},
    {"x {{{name}}", "the tag is not closed by '}}}'", 1, 3},
    {"{{}}", "the tag has no name", 1, 1},
    {"{{=<%=}}", "two delimiters are needed between the equals signs, as in {{=<% %>=}}", 1, 1},
    {"line\n\n  {{nobody}}", "unknown name 'nobody'", 3, 3},
    {"{{name.first}}", "unknown name 'name.first'", 1, 1},
    {"{{#nobody}}{{/nobody}}", "unknown name 'nobody'", 1, 1},
    {" {{>absent}}", "unknown partial 'absent'", 1, 2},
    {"{{>endless}}", "partials are nested more than 100 deep", 1, 1},
};

START_TEST(a_mistake_is_told_with_its_place)
{
    orm__text out = {0};
    ormc_template_error error;
    ck_assert(!render(mistakes[_i].text, true, &out, &error));
    ck_assert_str_eq(error.message, mistakes[_i].message);
    ck_assert_int_eq(error.line, mistakes[_i].line);
    ck_assert_int_eq(error.column, mistakes[_i].column);
    orm__text_release(&out);
}
END_TEST

START_TEST(what_is_known_but_false_is_no_mistake_when_strict)
{
    orm__text out = {0};
    ormc_template_error error;
    ck_assert(render("{{name}}{{empty}}{{null}}{{#no}}x{{/no}}{{^null}}!{{/null}}", true, &out, &error));
    ck_assert_str_eq(out.data, "Ada!");
    orm__text_release(&out);
}
END_TEST

START_TEST(an_unknown_template_is_told_by_name)
{
    const ormc_template_options options = {.lookup = one_template, .user = NULL};
    ormc_template_error error;
    orm__text out = {0};
    ck_assert(!ormc_template_render(&options, "nothing", ormc_data_object(&arena), &out, &error));
    ck_assert_str_eq(error.message, "there is no template 'nothing'");
    orm__text_release(&out);
}
END_TEST

START_TEST(an_object_of_a_thousand_members_finds_each)
{
    ormc_data *data = ormc_data_object(&arena);
    orm__text text = {0}, out = {0}, expected = {0};
    ormc_template_error error;
    for (int i = 0; i < 1000; i++) {
        ormc_data_set_text(data, orm__arena_printf(&arena, "key_%d", i), orm__arena_printf(&arena, "%d", i));
        orm__text_printf(&text, "{{key_%d}} ", i);
        orm__text_printf(&expected, "%d ", i);
    }
    const ormc_template_options options = {.lookup = one_template, .user = text.data, .strict = true};
    ck_assert(ormc_template_render(&options, "page", data, &out, &error));
    ck_assert_str_eq(out.data, expected.data);
    orm__text_release(&text);
    orm__text_release(&out);
    orm__text_release(&expected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("template");
    TCase *tests = tcase_create("template");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, every_case_of_the_public_specification_passes);
    tcase_add_loop_test(tests, a_mistake_is_told_with_its_place, 0, (int)(sizeof mistakes / sizeof *mistakes));
    tcase_add_test(tests, what_is_known_but_false_is_no_mistake_when_strict);
    tcase_add_test(tests, an_unknown_template_is_told_by_name);
    tcase_add_test(tests, an_object_of_a_thousand_members_finds_each);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
