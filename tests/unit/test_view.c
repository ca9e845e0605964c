/* test_view.c -- what templates see of a package: each test renders a small template with the data of a file.
 *
 * Whole outputs are the golden files' to show.
 * SPDX-License-Identifier: MIT */
#include "view.h"

#include "link.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static orm__arena arena;
static const ormc_package *package;
static ormc_view *view;
static orm__text out;
static char folder[] = "/tmp/test_view.XXXXXX";

static const char blog[] = "package: blog\n"
                           "enums:\n"
                           "  mood: [good, bad]\n"
                           "  unused: [a]\n"
                           "models:\n"
                           "  base:\n"
                           "    abstract: true\n"
                           "    columns: {id: {type: int64, primary_key: true}}\n"
                           "  author:\n"
                           "    doc: One who writes.\n"
                           "    table: authors\n"
                           "    extends: [base]\n"
                           "    columns:\n"
                           "      email: {type: text, unique: true, max_length: 254, doc: Where to.}\n"
                           "      score: float64?\n"
                           "      bio: text?\n"
                           "      mood: mood?\n"
                           "      feeling: {type: mood, default: bad}\n"
                           "      now: {type: date, default: now}\n"
                           "      high: {type: float32, min: 0.5, default: 1}\n"
                           "    relations:\n"
                           "      posts: {one_to_many: post, inverse: author, order_by: [-title, id], orphan: delete}\n"
                           "      profile: {one_to_one: profile, inverse: author}\n"
                           "  post:\n"
                           "    extends: [base]\n"
                           "    columns: {title: text}\n"
                           "    relations: {author: {many_to_one: author, column: author_id, on_delete: cascade}}\n"
                           "    unique: [[author_id, title]]\n"
                           "  profile:\n"
                           "    primary_key: [author_id]\n"
                           "    relations: {author: {one_to_one: author, column: author_id, doc: Whose it is.}}\n"
                           "  pair:\n"
                           "    primary_key: [found, name]\n"
                           "    columns: {found: int32, name: text, found_value: {type: int16, default: 3}}\n";

static const char *text_of_template(const char *name, void *user)
{
    return strcmp(name, "test") == 0 ? user : NULL;
}

static void set_up(void)
{
    arena = (orm__arena){0};
    out = (orm__text){0};
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    rmdir(folder);
    orm__text_release(&out);
    orm__arena_release(&arena);
}

/* Loads pairs of name and text as the files of a package. */
static void load_files(const char *const (*files)[2], size_t count)
{
    const char *paths[4];
    ormc_diagnostics *diagnostics = ormc_diagnostics_new();
    for (size_t i = 0; i < count; i++) {
        paths[i] = orm__arena_printf(&arena, "%s/%s.yaml", folder, files[i][0]);
        FILE *file = fopen(paths[i], "w");
        fputs(files[i][1], file);
        fclose(file);
    }
    ck_assert(ormc_load(paths, count, &arena, diagnostics, &package));
    for (size_t i = 0; i < count; i++)
        unlink(paths[i]);
    orm__text messages = {0};
    ormc_diagnostics_render(diagnostics, &messages);
    ck_assert_msg(package != NULL, "%s", messages.data);
    orm__text_release(&messages);
    ormc_diagnostics_free(diagnostics);
    view = ormc_view_new(&arena, package);
    ck_assert_ptr_nonnull(view);
}

static void load(const char *text)
{
    const char *const file[][2] = {{"blog", text}};
    load_files(file, 1);
}

/* Renders the template, in which { and } stand for double ones, with the data of a file. */
static void assert_renders(size_t file, const char *template, const char *expected)
{
    char text[1024];
    ormc_template_error error;
    size_t length = 0;
    for (; *template; template ++) {
        text[length++] = *template;
        if (*template == '{' || *template == '}')
            text[length++] = *template;
    }
    text[length] = '\0';
    const ormc_template_options options = {.lookup = text_of_template, .user = text, .strict = true};
    const ormc_data *data = ormc_view_file(view, &package->files[file], &arena);
    ck_assert_ptr_nonnull(data);
    orm__text_clear(&out);
    ck_assert_msg(ormc_template_render(&options, "test", data, &out, &error), "%s", error.message);
    ck_assert_str_eq(out.data ? out.data : "", expected);
}

static const struct {
    const char *template, *expected;
} parts[] = {
    {"{stem} {input} {package} {guard} {math} {described}", "blog blog.yaml blog BLOG_H false true"},
    {"{#headers}{name}{/headers}", ""},
    {"{#types}{type} {/types}", "blog_author blog_post blog_profile blog_pair "},
    {"{#descriptors}{type}:{column_count}:{relation_count}:{external} {/descriptors}",
     "blog_author:8:2:false blog_post:3:1:false blog_profile:1:1:false blog_pair:3:false:false "},
    /* enums: only those that columns have leave something in the source */
    {"{#enums}{type}={#values}{constant}{#first}!{/first} {/values}{/enums}",
     "blog_mood=BLOG_MOOD_GOOD! BLOG_MOOD_BAD blog_unused=BLOG_UNUSED_A! "},
    {"{#enums}{opt} {in} {in_null} {change} {change_null} {of}, {/enums}",
     "blog_opt_mood blog_in_mood blog_in_null_mood blog_change_mood blog_change_null_mood blog_of_mood, "
     "blog_opt_unused blog_in_unused blog_in_null_unused blog_change_unused blog_change_null_unused blog_of_unused, "},
    {"{#enums}{guard} {defined} {used} {count}, {/enums}", "false true true 2, false true false 1, "},
    {"{#enums}{&literal} {&literals} {/enums}", "\"mood\" {\"good\", \"bad\"} \"unused\" {\"a\"} "},
    /* models */
    {"{#models}{&literal} {&table} {HANDLE} {entity} {index}, {/models}",
     "\"author\" \"authors\" BLOG_AUTHOR author 0, \"post\" \"post\" BLOG_POST post 1, "
     "\"profile\" \"profile\" BLOG_PROFILE profile 2, \"pair\" \"pair\" BLOG_PAIR pair 3, "},
    {"{#models}{&comment}{/models}",
     "/* One who writes. *//* A row of the table post. *//* A row of the table profile. */"
     "/* A row of the table pair. */"},
    {"{#models}{#key}{parameters}|{&key_values}|{&primary_key}|{primary_key_count} {/key}{/models}",
     "int64_t id|{orm_of_int64(id)}|{&blog_author_model_columns[0]}|1 "
     "int64_t id|{orm_of_int64(id)}|{&blog_post_model_columns[0]}|1 "
     "int64_t author_id|{orm_of_int64(author_id)}|{&blog_profile_model_columns[0]}|1 "
     "int32_t found_value, const char *name|{orm_of_int32(found_value), orm_of_text(name)}|"
     "{&blog_pair_model_columns[0], &blog_pair_model_columns[1]}|2 "},
    {"{#models}{unique_count}{#uniques} {&columns} {count}{/uniques}, {/models}",
     "1 {&blog_author_model_columns[1]} 1, 1 {&blog_post_model_columns[2], &blog_post_model_columns[1]} 2, false, false, "},
    /* columns */
    {"{#models}{#columns}{member}; {/columns}{/models}",
     "int64_t id; const char *email; orm_opt_float64 score; const char *bio; blog_opt_mood mood; blog_mood feeling; "
     "orm_date now; float high; int64_t id; const char *title; int64_t author_id; int64_t author_id; int32_t found; "
     "const char *name; int16_t found_value; "},
    {"{#models}{#columns}{input}; {/columns}{/models}",
     "orm_in_int64 id; const char *email; orm_in_null_float64 score; orm_in_null_text bio; blog_in_null_mood mood; "
     "blog_in_mood feeling; orm_in_date now; orm_in_float32 high; orm_in_int64 id; const char *title; "
     "orm_in_int64 author_id; orm_in_int64 author_id; int32_t found; const char *name; orm_in_int16 found_value; "},
    {"{#models}{#columns}{#enumeration}{change}, {handle}, {value}, {of}, {enumeration}; {/enumeration}{/columns}{/models}",
     "blog_change_null_mood mood, blog_mood_column mood, blog_opt_mood value, blog_of_mood, blog_mood; "
     "blog_change_mood feeling, blog_mood_column feeling, blog_mood value, blog_of_mood, blog_mood; "},
    {"{#models}{#columns}{#comment}{&comment}{/comment}{/columns}{/models}", "/* Where to. */"},
    {"{#models}{#columns}{flags}, {/columns}{/models}",
     "ORM_PRIMARY_KEY | ORM_GENERATED, ORM_UNIQUE, ORM_NULLABLE, ORM_NULLABLE, ORM_NULLABLE, ORM_DEFAULT_VALUE, "
     "ORM_DEFAULT_NOW, ORM_DEFAULT_VALUE | ORM_HAS_MIN, ORM_PRIMARY_KEY | ORM_GENERATED, false, ORM_FOREIGN_KEY, "
     "ORM_PRIMARY_KEY | ORM_FOREIGN_KEY, ORM_PRIMARY_KEY, ORM_PRIMARY_KEY, ORM_DEFAULT_VALUE, "},
    {"{#models}{#columns}{#default_value}{name}{default_value}, {/default_value}{/columns}{/models}",
     "feeling.as.integer = 2, high.as.real = 1.0, found_value.as.integer = 3, "},
    {"{#models}{#columns}{#limits}{name}{limits}, {/limits}{/columns}{/models}",
     "email{.max_length = 254}, high{.min = {.real = 0.5}}, "},
    {"{#models}{#columns}{field} {input_macro} {change_macro}, {/columns}{/models}",
     "ORM_FIELD ORM_INPUT ORM_CHANGE, ORM_FIELD ORM_REQUIRED ORM_CHANGE, ORM_OPT_FIELD ORM_NULL_INPUT ORM_NULL_CHANGE, "
     "ORM_FIELD ORM_NULL_INPUT ORM_NULL_CHANGE, ORM_OPT_FIELD ORM_NULL_INPUT ORM_NULL_CHANGE, "
     "ORM_FIELD ORM_INPUT ORM_CHANGE, ORM_FIELD ORM_INPUT ORM_CHANGE, ORM_FIELD ORM_INPUT ORM_CHANGE, "
     "ORM_FIELD ORM_INPUT ORM_CHANGE, ORM_FIELD ORM_REQUIRED ORM_CHANGE, ORM_FIELD ORM_INPUT ORM_CHANGE, "
     "ORM_FIELD ORM_INPUT ORM_CHANGE, ORM_FIELD ORM_REQUIRED ORM_CHANGE, ORM_FIELD ORM_REQUIRED ORM_CHANGE, "
     "ORM_FIELD ORM_INPUT ORM_CHANGE, "},
    /* relations: an inverse side sees the key from its own end */
    {"{#models}{#relations}{name} {target} {to_many} {kind} {owning} {orphan_delete} {on_delete}, {/relations}{/models}",
     "posts blog_post true ORM_ONE_TO_MANY false true ORM_ON_DELETE_CASCADE, "
     "profile blog_profile false ORM_ONE_TO_ONE false false ORM_ON_DELETE_RESTRICT, "
     "author blog_author false ORM_MANY_TO_ONE true false ORM_ON_DELETE_CASCADE, "
     "author blog_author false ORM_ONE_TO_ONE true false ORM_ON_DELETE_RESTRICT, "},
    {"{#models}{#relations}{&columns} = {&target_columns} {&inverse}, {/relations}{/models}",
     "{&blog_author_model_columns[0]} = {&blog_post_model_columns[2]} &blog_post_model_relations[0], "
     "{&blog_author_model_columns[0]} = {&blog_profile_model_columns[0]} &blog_profile_model_relations[0], "
     "{&blog_post_model_columns[2]} = {&blog_author_model_columns[0]} &blog_author_model_relations[0], "
     "{&blog_profile_model_columns[0]} = {&blog_author_model_columns[0]} &blog_author_model_relations[1], "},
    {"{#models}{#relations}{#order_by}{&order_by} {order_by_count}{/order_by}{&comment}{/relations}{/models}",
     "{{.column = &blog_post_model_columns[1], .descending = true}, {.column = &blog_post_model_columns[0]}} "
     "2falsefalsefalse/* Whose it is. */"},
    /* the schema; each model brings its own statements, in the order of creation */
    {"{#schema}{&literal} {model_count} {enum_count}:{#enums} {type}{/enums} {first}{#creation} {type}{/creation}{/schema}",
     "\"blog\" 4 2: blog_mood blog_unused false blog_author blog_post blog_profile blog_pair"},
    {"{#models}{#statements}{dialect}.{list} {/statements}{/models}{long}",
     "ORM_POSTGRESQL.create ORM_POSTGRESQL.drop ORM_SQLITE.create ORM_SQLITE.drop "
     "ORM_POSTGRESQL.create ORM_POSTGRESQL.drop ORM_SQLITE.create ORM_SQLITE.drop "
     "ORM_POSTGRESQL.create ORM_POSTGRESQL.drop ORM_SQLITE.create ORM_SQLITE.drop "
     "ORM_POSTGRESQL.create ORM_POSTGRESQL.drop ORM_SQLITE.create ORM_SQLITE.drop false"},
    {"{#enums}{#drop}{#items}{&sql} {/items}{/drop}{/enums}",
     "\"DROP TYPE IF EXISTS \\\"mood\\\"\" \"DROP TYPE IF EXISTS \\\"unused\\\"\" "},
};

START_TEST(templates_see_what_they_need)
{
    load(blog);
    assert_renders(0, parts[_i].template, parts[_i].expected);
}
END_TEST

static const char *const three_files[][2] = {
    {"a", "package: store\n"
          "models:\n"
          "  x:\n"
          "    columns: {id: {type: int64, primary_key: true}, mood: mood?}\n"
          "    relations: {y: {many_to_one: y, column: y_id, nullable: true}}\n"},
    {"store", "package: store\n"
              "enums: {mood: [good, bad], lone: [a]}\n"
              "models:\n"
              "  y:\n"
              "    columns: {id: {type: int64, primary_key: true}, lone: lone}\n"
              "    relations: {xs: {one_to_many: x, inverse: y}}\n"},
    {"c", "package: store\n"
          "models:\n"
          "  z: {columns: {id: {type: int64, primary_key: true}, mood: mood}}\n"},
};

static const struct {
    size_t file;
    const char *template, *expected;
} pairs[] = {
    {0, "{schema} {#headers}{name} {/headers}", "false store.h "},
    {1, "{#schema}{&literal}{/schema} {#headers}{name} {/headers}", "\"store\" a.h c.h "},
    {2, "{schema} {#headers}{name} {/headers}", "false store.h "},
    {0, "{#types}{type} {/types}", "store_x store_y "},
    {2, "{#types}{type} {/types}", "store_z "},
    {0, "{#descriptors}{type} {external} {/descriptors}", "store_x true store_y true "},
    {2, "{#descriptors}{type} {external} {/descriptors}", "store_z false "},
    {0, "{#enums}{type} {guard} {defined} {used}, {/enums}", "store_mood STORE_MOOD_DEFINED false true, "},
    {1, "{#enums}{type} {guard} {defined} {used}, {/enums}",
     "store_mood STORE_MOOD_DEFINED true false, store_lone false true true, "},
    {2, "{#enums}{type} {guard} {/enums}", "store_mood STORE_MOOD_DEFINED "},
    {0, "{#models}{type} {index} {external}{/models}", "store_x 0 true"},
    {2, "{#models}{type} {index} {external}{/models}", "store_z 2 false"},
};

START_TEST(pairs_of_one_package_know_of_each_other)
{
    load_files(three_files, 3);
    assert_renders(pairs[_i].file, pairs[_i].template, pairs[_i].expected);
}
END_TEST

START_TEST(without_a_file_of_the_packages_name_the_first_is_the_main_one)
{
    const char *const files[][2] = {
        {"a", "package: store\nmodels: {x: {columns: {id: {type: int64, primary_key: true}}}}\n"},
        {"b", "package: store\nmodels: {y: {columns: {id: {type: int64, primary_key: true}}}}\n"},
    };
    load_files(files, 2);
    assert_renders(0, "{#schema}{model_count}{/schema}{#headers}{name}{/headers}", "2b.h");
    assert_renders(1, "{schema}{#headers}{name}{/headers}", "falsea.h");
}
END_TEST

START_TEST(tables_that_refer_to_each_other_are_tied_by_the_pair_that_is_created_first)
{
    const char *const files[][2] = {
        {"a", "package: store\nmodels:\n  x:\n    columns: {id: {type: int64, primary_key: true}}\n"
              "    relations: {y: {many_to_one: y, column: y_id, nullable: true}}\n"},
        {"b", "package: store\nmodels:\n  y:\n    columns: {id: {type: int64, primary_key: true}}\n"
              "    relations: {x: {many_to_one: x, column: x_id, nullable: true}}\n"},
    };
    load_files(files, 2);
    assert_renders(0, "{#schema}{#creation}{type} {/creation}{/schema}", "store_y store_x ");
    assert_renders(0, "{#models}{#statements}{dialect}.{list} {/statements}{/models}",
                   "ORM_POSTGRESQL.create ORM_POSTGRESQL.drop ORM_SQLITE.create ORM_SQLITE.drop ORM_SQLITE.clear ");
    assert_renders(1, "{#models}{#statements}{dialect}.{list} {/statements}{/models}",
                   "ORM_POSTGRESQL.create ORM_POSTGRESQL.tie ORM_POSTGRESQL.untie ORM_POSTGRESQL.drop "
                   "ORM_SQLITE.create ORM_SQLITE.drop ");
}
END_TEST

static const struct {
    const char *model, *key, *entity, *parameters;
} names[] = {
    {"thing", "id", "thing", "int64_t id"},
    {"s", "s", "entity", "int64_t s_value"},
    {"value", "found", "entity", "int64_t found_value"},
    {"int", "int", "entity", "int64_t int_"},
    {"blog_x", "blog_y", "entity", "int64_t blog_y_value"},
    {"orm_status", "orm_status", "entity", "int64_t orm_status__value"},
    {"size_t", "int64_t", "entity", "int64_t int64_t_"},
};

START_TEST(parameters_clash_with_nothing_in_their_function)
{
    char text[256];
    snprintf(text, sizeof text, "package: blog\nmodels: {%s: {columns: {%s: {type: int64, primary_key: true}}}}\n",
             names[_i].model, names[_i].key);
    load(text);
    assert_renders(0, "{#models}{entity}{/models}", names[_i].entity);
    assert_renders(0, "{#models}{#key}{parameters}{/key}{/models}", names[_i].parameters);
}
END_TEST

START_TEST(a_parameter_is_not_renamed_to_another_key_column)
{
    load("package: p\nmodels: {m: {primary_key: [s, s_value], columns: {s: int64, s_value: int64}}}\n");
    assert_renders(0, "{#models}{#key}{parameters}{/key}{/models}", "int64_t s_value_value, int64_t s_value");
}
END_TEST

START_TEST(constants_that_are_not_finite_need_a_header)
{
    load(
        "package: p\nmodels: {m: {columns: {id: {type: int64, primary_key: true}, x: {type: float64, default: .inf}}}}\n");
    assert_renders(0, "{math}{#models}{#columns}{#default_value}{default_value}{/default_value}{/columns}{/models}",
                   "true.as.real = INFINITY");
}
END_TEST

START_TEST(statements_longer_than_c_promises_to_take_are_told)
{
    orm__text text = {0};
    orm__text_string(&text, "package: p\nmodels:\n  m:\n    columns:\n      id: {type: int64, primary_key: true}\n");
    for (int i = 0; i < 200; i++)
        orm__text_printf(&text, "      column_%d: {type: text, max_length: 20}\n", i);
    load(text.data);
    orm__text_release(&text);
    assert_renders(0, "{long}", "true");
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("view");
    TCase *one = tcase_create("one file"), *several = tcase_create("several files");
    tcase_add_checked_fixture(one, set_up, tear_down);
    tcase_add_loop_test(one, templates_see_what_they_need, 0, sizeof parts / sizeof *parts);
    tcase_add_loop_test(one, parameters_clash_with_nothing_in_their_function, 0, sizeof names / sizeof *names);
    tcase_add_test(one, a_parameter_is_not_renamed_to_another_key_column);
    tcase_add_test(one, constants_that_are_not_finite_need_a_header);
    tcase_add_test(one, statements_longer_than_c_promises_to_take_are_told);
    tcase_add_checked_fixture(several, set_up, tear_down);
    tcase_add_loop_test(several, pairs_of_one_package_know_of_each_other, 0, sizeof pairs / sizeof *pairs);
    tcase_add_test(several, tables_that_refer_to_each_other_are_tied_by_the_pair_that_is_created_first);
    tcase_add_test(several, without_a_file_of_the_packages_name_the_first_is_the_main_one);
    suite_add_tcase(all, one);
    suite_add_tcase(all, several);
    return all;
}

int main(void)
{
    SRunner *runner = srunner_create(suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
