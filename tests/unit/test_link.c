/* test_link.c -- schemas to packages by generator/link*.c. What is refused is tests/errors' to show.
 * SPDX-License-Identifier: MIT */
#include "link.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static orm__arena arena;
static ormc_diagnostics *diagnostics;
static const ormc_package *package;
static char folder[] = "/tmp/test_link.XXXXXX";

static void set_up(void)
{
    orm__arena_init(&arena);
    diagnostics = ormc_diagnostics_new();
    ormc_diagnostics_configure(diagnostics, &(ormc_diagnostic_options){.no_warnings = true});
    package = NULL;
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void tear_down(void)
{
    ormc_diagnostics_free(diagnostics);
    orm__arena_release(&arena);
    rmdir(folder);
}

/* Loads the texts as files a.yaml, b.yaml ... of one package. */
static void load_files(const char *const *texts, size_t count)
{
    const char *paths[4] = {NULL};
    for (size_t i = 0; i < count; i++) {
        paths[i] = orm__arena_printf(&arena, "%s/%c.yaml", folder, (char)('a' + i));
        FILE *file = fopen(paths[i], "w");
        fputs(texts[i], file);
        fclose(file);
    }
    bool loaded = ormc_load(paths, count, &arena, diagnostics, &package);
    for (size_t i = 0; i < count; i++)
        unlink(paths[i]);
    orm__text out = {0};
    ormc_diagnostics_render(diagnostics, &out);
    ck_assert_msg(loaded && package, "%s", out.data ? out.data : "");
    ck_assert_ptr_null(out.data);
    orm__text_release(&out);
}

static void load(const char *text)
{
    load_files(&text, 1);
}

static const ormc_model *model(const char *name)
{
    for (size_t i = 0; i < package->model_count; i++)
        if (strcmp(package->models[i]->name, name) == 0)
            return package->models[i];
    ck_abort_msg("no model '%s'", name);
    return NULL;
}

static const ormc_column *column(const char *model_name, const char *name)
{
    const ormc_model *found = model(model_name);
    for (size_t i = 0; i < found->column_count; i++)
        if (strcmp(found->columns[i].name, name) == 0)
            return &found->columns[i];
    ck_abort_msg("no column '%s'", name);
    return NULL;
}

static const ormc_relation *relation(const char *model_name, const char *name)
{
    const ormc_model *found = model(model_name);
    for (size_t i = 0; i < found->relation_count; i++)
        if (strcmp(found->relations[i].name, name) == 0)
            return &found->relations[i];
    ck_abort_msg("no relation '%s'", name);
    return NULL;
}

/* One model `item` with an integer key and this column `c`. */
static const ormc_column *load_column(const char *definition)
{
    load(orm__arena_printf(&arena,
                           "package: shop\nenums: {state: [open, closed]}\nmodels:\n  item:\n    columns:\n"
                           "      id: {type: int64, primary_key: true}\n      c: %s\n",
                           definition));
    return column("item", "c");
}

static const char blog[] = "package: blog\n"
                           "enums:\n"
                           "  post_status: [draft, published, archived]\n"
                           "models:\n"
                           "  base:\n"
                           "    abstract: true\n"
                           "    columns:\n"
                           "      id:         {type: int64, primary_key: true}\n"
                           "      created_at: {type: timestamptz, default: now}\n"
                           "  author:\n"
                           "    doc: One who writes.\n"
                           "    extends: [base]\n"
                           "    table: authors\n"
                           "    columns:\n"
                           "      email: {type: text, unique: true, max_length: 254, pattern: '^[^@ ]+@[^@ ]+$'}\n"
                           "      name:  text\n"
                           "      bio:   text?\n"
                           "      score: float64?\n"
                           "    relations:\n"
                           "      profile: {one_to_one: profile, inverse: author}\n"
                           "      posts:   {one_to_many: post, inverse: author, order_by: [-created_at]}\n"
                           "  profile:\n"
                           "    extends: [base]\n"
                           "    columns: {url: text}\n"
                           "    relations: {author: {one_to_one: author, column: author_id, on_delete: cascade}}\n"
                           "  post:\n"
                           "    extends: [base]\n"
                           "    columns:\n"
                           "      title:  {type: text, max_length: 200}\n"
                           "      status: {type: post_status, default: draft}\n"
                           "      views:  {type: int32, default: 0, min: 0}\n"
                           "    relations:\n"
                           "      author: {many_to_one: author, column: author_id, on_delete: cascade}\n"
                           "      comments: {one_to_many: comment, inverse: post, orphan: delete}\n"
                           "    indexes:\n"
                           "      - {columns: [author_id, -created_at], where: \"status = 'published'\"}\n"
                           "    unique: [[author_id, title]]\n"
                           "  comment:\n"
                           "    extends: base\n"
                           "    columns: {body: {type: text, index: true}}\n"
                           "    relations:\n"
                           "      post: {many_to_one: post}\n"
                           "      parent: {many_to_one: comment, nullable: true}\n"
                           "      replies: {one_to_many: comment, inverse: parent}\n";

START_TEST(the_blog_is_a_package_in_the_order_of_the_file)
{
    static const char *const names[] = {"base", "author", "profile", "post", "comment"};
    load(blog);
    ck_assert_str_eq(package->name, "blog");
    ck_assert_uint_eq(package->file_count, 1);
    ck_assert_str_eq(package->files[0].stem, "a");
    ck_assert_uint_eq(package->model_count, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_str_eq(package->models[i]->name, names[i]);
    ck_assert_str_eq(model("author")->table, "authors");
    ck_assert_str_eq(model("post")->table, "post");
    ck_assert_str_eq(model("author")->doc, "One who writes.");
    ck_assert(model("base")->abstract);
    ck_assert_ptr_eq(model("author")->extends[0], model("base"));
}
END_TEST

START_TEST(columns_are_inherited_then_declared_then_made_by_relations)
{
    static const char *const names[] = {"id", "created_at", "title", "status", "views", "author_id"};
    load(blog);
    const ormc_model *post = model("post");
    ck_assert_uint_eq(post->column_count, 6);
    for (size_t i = 0; i < 6; i++) {
        ck_assert_str_eq(post->columns[i].name, names[i]);
        ck_assert_ptr_eq(post->columns[i].model, post);
        ck_assert_uint_eq(post->columns[i].index, i);
        ck_assert_int_eq(post->columns[i].declared, i < 5);
    }
    ck_assert_uint_eq(model("base")->column_count, 2);
}
END_TEST

START_TEST(a_lone_integer_key_is_generated)
{
    load(blog);
    const ormc_column *id = column("author", "id");
    ck_assert(id->generated && id->primary_key && !id->nullable);
    ck_assert_uint_eq(model("author")->primary_key_count, 1);
    ck_assert_ptr_eq(model("author")->primary_key[0], id);
}
END_TEST

START_TEST(a_relation_makes_its_column_with_the_type_of_the_key)
{
    load(blog);
    const ormc_column *made = column("post", "author_id");
    const ormc_relation *author = relation("post", "author");
    ck_assert_str_eq(made->type->word, "int64");
    ck_assert(!made->nullable && !made->unique && !made->generated);
    ck_assert_ptr_eq(made->relation, author);
    ck_assert_uint_eq(author->column_count, 1);
    ck_assert_ptr_eq(author->columns[0], made);
    ck_assert_ptr_eq(author->target_columns[0], column("author", "id"));
    ck_assert_ptr_eq(author->target, model("author"));
    ck_assert_int_eq(author->on_delete, ORMC_ACTION_CASCADE);
    ck_assert(column("profile", "author_id")->unique);
}
END_TEST

START_TEST(the_two_sides_of_a_relation_know_each_other)
{
    static const char *const sides[][4] = {{"author", "posts", "post", "author"},
                                           {"author", "profile", "profile", "author"},
                                           {"post", "comments", "comment", "post"},
                                           {"comment", "replies", "comment", "parent"}};
    load(blog);
    for (size_t i = 0; i < 4; i++) {
        const ormc_relation *inverse = relation(sides[i][0], sides[i][1]), *owner = relation(sides[i][2], sides[i][3]);
        ck_assert(owner->owning && !inverse->owning);
        ck_assert_ptr_eq(inverse->inverse, owner);
        ck_assert_ptr_eq(owner->inverse, inverse);
    }
    ck_assert(relation("post", "comments")->orphan_delete);
    ck_assert_uint_eq(relation("author", "posts")->order_by_count, 1);
    ck_assert_ptr_eq(relation("author", "posts")->order_by[0].column, column("post", "created_at"));
    ck_assert(relation("author", "posts")->order_by[0].descending);
}
END_TEST

START_TEST(on_delete_left_out_follows_the_nullability_of_the_key)
{
    load(blog);
    ck_assert_int_eq(relation("comment", "post")->on_delete, ORMC_ACTION_RESTRICT);
    ck_assert_int_eq(relation("comment", "parent")->on_delete, ORMC_ACTION_SET_NULL);
    ck_assert(relation("comment", "parent")->nullable);
    ck_assert(column("comment", "parent_id")->nullable);
}
END_TEST

START_TEST(indexes_come_from_the_model_and_from_columns)
{
    load(blog);
    const ormc_model *post = model("post");
    ck_assert_uint_eq(post->index_count, 2);
    ck_assert_str_eq(post->indexes[0].name, "post_author_id_created_at_idx");
    ck_assert_str_eq(post->indexes[0].where.text[0], "status = 'published'");
    ck_assert(!post->indexes[0].columns[0].descending && post->indexes[0].columns[1].descending);
    ck_assert_str_eq(post->indexes[1].name, "post_author_id_title_key");
    ck_assert(post->indexes[1].unique);
    ck_assert_str_eq(model("comment")->indexes[0].name, "comment_body_idx");
}
END_TEST

START_TEST(composite_keys_may_be_made_of_relations_and_referred_to)
{
    load("package: shop\n"
         "models:\n"
         "  order: {columns: {id: {type: int64, primary_key: true}}}\n"
         "  product: {columns: {sku: {type: text, primary_key: true}}}\n"
         "  line:\n"
         "    primary_key: [order_id, product_sku]\n"
         "    columns: {amount: int32}\n"
         "    relations: {order: {many_to_one: order}, product: {many_to_one: product}}\n"
         "  shipment:\n"
         "    columns: {id: {type: int64, primary_key: true}}\n"
         "    relations:\n"
         "      line: {one_to_one: line, columns: [order_id, sku], nullable: true}\n"
         "      again: {many_to_one: line}\n");
    const ormc_model *line = model("line"), *shipment = model("shipment");
    ck_assert_uint_eq(line->primary_key_count, 2);
    ck_assert_ptr_eq(line->primary_key[1], column("line", "product_sku"));
    ck_assert_str_eq(column("line", "product_sku")->type->word, "text");
    ck_assert(!column("line", "order_id")->generated);
    ck_assert_str_eq(column("shipment", "order_id")->type->word, "int64");
    ck_assert_str_eq(column("shipment", "sku")->type->word, "text");
    ck_assert_ptr_eq(relation("shipment", "line")->target_columns[1], column("line", "product_sku"));
    ck_assert_str_eq(relation("shipment", "again")->columns[1]->name, "again_product_sku");
    ck_assert(!column("shipment", "order_id")->unique);
    ck_assert_uint_eq(shipment->index_count, 1);
    ck_assert(shipment->indexes[0].unique);
    ck_assert_uint_eq(shipment->indexes[0].column_count, 2);
}
END_TEST

START_TEST(a_key_that_is_a_foreign_key_is_not_generated)
{
    load("package: shop\nmodels:\n"
         "  person: {columns: {id: {type: int32, primary_key: true}}}\n"
         "  employee:\n    primary_key: person_id\n"
         "    relations: {person: {one_to_one: person, column: person_id}}\n"
         "  counter: {columns: {id: {type: int32, primary_key: true, generated: false, default: 3}}}\n");
    ck_assert(!column("employee", "person_id")->generated);
    ck_assert(!column("employee", "person_id")->unique);
    ck_assert(!column("counter", "id")->generated);
    ck_assert(column("person", "id")->generated);
}
END_TEST

START_TEST(declared_columns_serve_a_relation_and_decide_its_nullability)
{
    load("package: shop\nmodels:\n"
         "  person:\n"
         "    columns: {id: {type: int32, primary_key: true}, boss: {type: int32?, column: Boss}}\n"
         "    relations:\n"
         "      reports_to: {many_to_one: person, column: boss}\n"
         "      reports: {one_to_many: person, inverse: reports_to}\n");
    ck_assert_uint_eq(model("person")->column_count, 2);
    ck_assert_ptr_eq(relation("person", "reports_to")->columns[0], column("person", "boss"));
    ck_assert(relation("person", "reports_to")->nullable);
    ck_assert_str_eq(column("person", "boss")->column, "Boss");
}
END_TEST

START_TEST(two_relations_may_share_a_column)
{
    load("package: shop\nmodels:\n"
         "  tenant: {columns: {id: {type: int32, primary_key: true}}}\n"
         "  user:\n    primary_key: [tenant_id, number]\n    columns: {number: int32}\n"
         "    relations: {tenant: {many_to_one: tenant}}\n"
         "  note:\n    primary_key: [tenant_id, number]\n    columns: {number: int32, user_number: int32?}\n"
         "    relations:\n      tenant: {many_to_one: tenant}\n"
         "      user: {many_to_one: user, columns: [tenant_id, user_number]}\n");
    ck_assert_ptr_eq(column("note", "tenant_id")->relation, relation("note", "tenant"));
    ck_assert(relation("note", "user")->nullable);
    ck_assert_int_eq(relation("note", "user")->on_delete, ORMC_ACTION_RESTRICT);
}
END_TEST

START_TEST(an_abstract_model_gives_relations_keys_and_indexes_too)
{
    load("package: shop\nmodels:\n"
         "  person: {columns: {id: {type: int32, primary_key: true}}}\n"
         "  owned:\n    abstract: true\n    primary_key: [owner_id, number]\n    columns: {number: int32, name: text}\n"
         "    relations: {owner: {many_to_one: person}}\n    indexes: [[name]]\n"
         "  car: {extends: owned}\n"
         "  house: {extends: [owned], columns: {rooms: int16}, indexes: [[rooms]]}\n");
    ck_assert_uint_eq(model("car")->primary_key_count, 2);
    ck_assert_ptr_eq(relation("house", "owner")->model, model("house"));
    ck_assert_uint_eq(model("house")->index_count, 2);
    ck_assert_str_eq(model("house")->indexes[0].name, "house_name_idx");
    ck_assert_str_eq(model("car")->indexes[0].name, "car_name_idx");
}
END_TEST

START_TEST(a_base_reached_by_two_ways_gives_its_columns_once)
{
    load("package: shop\nmodels:\n"
         "  base: {abstract: true, columns: {id: {type: int64, primary_key: true}}}\n"
         "  named: {abstract: true, extends: base, columns: {name: text}}\n"
         "  dated: {abstract: true, extends: base, columns: {day: date}}\n"
         "  event: {extends: [named, dated]}\n");
    ck_assert_uint_eq(model("event")->column_count, 3);
    ck_assert_str_eq(model("event")->columns[2].name, "day");
}
END_TEST

START_TEST(several_files_are_one_package)
{
    static const char *const texts[] = {
        "package: shop\nmodels:\n  item:\n    columns: {id: {type: int64, primary_key: true}}\n"
        "    relations: {orders: {one_to_many: order, inverse: item}}\n",
        "package: shop\nenums: {state: [open]}\nmodels:\n  order:\n"
        "    columns: {id: {type: int64, primary_key: true}, state: state}\n"
        "    relations: {item: {many_to_one: item, inverse: orders}}\n"};
    load_files(texts, 2);
    ck_assert_str_eq(package->files[1].stem, "b");
    ck_assert_ptr_eq(model("order")->file, &package->files[1]);
    ck_assert_ptr_eq(package->enums[0]->file, &package->files[1]);
    ck_assert_ptr_eq(relation("item", "orders")->inverse, relation("order", "item"));
}
END_TEST

START_TEST(cycles_of_relations_are_fine)
{
    load("package: shop\nmodels:\n"
         "  a: {columns: {id: {type: int64, primary_key: true}}, relations: {b: {many_to_one: b}}}\n"
         "  b: {columns: {id: {type: int64, primary_key: true}}, relations: {a: {many_to_one: a, nullable: true}}}\n");
    ck_assert_ptr_eq(relation("a", "b")->target, model("b"));
}
END_TEST

static const struct {
    const char *definition, *word;
    bool nullable;
    int precision, scale;
} types[] = {
    {"text", "text", false, -1, -1},
    {"text?", "text", true, -1, -1},
    {"{type: 'text?'}", "text", true, -1, -1},
    {"{type: text, nullable: true}", "text", true, -1, -1},
    {"decimal", "decimal", false, -1, -1},
    {"decimal(10)", "decimal", false, 10, 0},
    {"decimal(10,2)", "decimal", false, 10, 2},
    {"decimal(10, 2)?", "decimal", true, 10, 2},
    {"{type: 'decimal(3,3)'}", "decimal", false, 3, 3},
    {"state", "enum", false, -1, -1},
    {"'state?'", "enum", true, -1, -1},
    {"jsonb ?", "jsonb", true, -1, -1},
};

START_TEST(types_are_written_short_or_long)
{
    const ormc_column *c = load_column(types[_i].definition);
    ck_assert_str_eq(c->type->word, types[_i].word);
    ck_assert_int_eq(c->nullable, types[_i].nullable);
    ck_assert_int_eq(c->precision, types[_i].precision);
    ck_assert_int_eq(c->scale, types[_i].scale);
    ck_assert_int_eq(c->enumeration != NULL, strcmp(types[_i].word, "enum") == 0);
}
END_TEST

static const struct {
    const char *definition;
    ormc_default_kind kind;
    const char *text;
} defaults[] = {
    {"{type: bool, default: true}", ORMC_DEFAULT_BOOL, "true"},
    {"{type: int16, default: -32768}", ORMC_DEFAULT_INTEGER, "-32768"},
    {"{type: int64, default: 9223372036854775807}", ORMC_DEFAULT_INTEGER, "9223372036854775807"},
    {"{type: int64, default: -9223372036854775808}", ORMC_DEFAULT_INTEGER, "-9223372036854775808"},
    {"{type: float64, default: 1e308}", ORMC_DEFAULT_REAL, "1e308"},
    {"{type: float32, default: 3}", ORMC_DEFAULT_REAL, "3"},
    {"{type: float64, default: -.inf}", ORMC_DEFAULT_REAL, "-.inf"},
    {"{type: float64, default: .5}", ORMC_DEFAULT_REAL, ".5"},
    {"{type: decimal, default: -12.50}", ORMC_DEFAULT_TEXT, "-12.50"},
    {"{type: 'decimal(3,2)', default: '0009.99'}", ORMC_DEFAULT_TEXT, "0009.99"},
    {"{type: text, default: now}", ORMC_DEFAULT_TEXT, "now"},
    {"{type: text, default: ''}", ORMC_DEFAULT_TEXT, ""},
    {"{type: text, default: 3}", ORMC_DEFAULT_TEXT, "3"},
    {"{type: state, default: closed}", ORMC_DEFAULT_ENUM, "closed"},
    {"{type: uuid, default: 123E4567e89b12d3a456426614174000}", ORMC_DEFAULT_TEXT,
     "123e4567-e89b-12d3-a456-426614174000"},
    {"{type: date, default: 2024-02-29}", ORMC_DEFAULT_TEXT, "2024-02-29"},
    {"{type: time, default: '12:30'}", ORMC_DEFAULT_TEXT, "12:30"},
    {"{type: timestamptz, default: '2024-02-29T12:30:00+01:00'}", ORMC_DEFAULT_TEXT, "2024-02-29T12:30:00+01:00"},
    {"{type: date, default: now}", ORMC_DEFAULT_NOW, "now"},
    {"{type: timestamp, default: now}", ORMC_DEFAULT_NOW, "now"},
    {"{type: jsonb, default: '{\"a\": [1, -2.5e3, \"\\u00e9\\n\"], \"b\": {}}'}", ORMC_DEFAULT_TEXT, NULL},
    {"{type: json, default: '[]'}", ORMC_DEFAULT_TEXT, "[]"},
    {"{type: 'text?', default: null}", ORMC_NO_DEFAULT, NULL},
    {"{type: text}", ORMC_NO_DEFAULT, NULL},
};

START_TEST(a_default_is_read_by_its_type)
{
    const ormc_default *value = &load_column(defaults[_i].definition)->default_value;
    ck_assert_int_eq(value->kind, defaults[_i].kind);
    if (defaults[_i].text)
        ck_assert_str_eq(value->text, defaults[_i].text);
}
END_TEST

START_TEST(defaults_have_their_values)
{
    ck_assert_int_eq(load_column("{type: int64, default: -9223372036854775808}")->default_value.integer, INT64_MIN);
    ck_assert(isinf(load_column("{type: float64, default: .inf}")->default_value.real));
    ck_assert(isnan(load_column("{type: float64, default: .nan}")->default_value.real));
    ck_assert_uint_eq(load_column("{type: state, default: closed}")->default_value.enum_index, 1);
    ck_assert(load_column("{type: bool, default: True}")->default_value.boolean);
    ck_assert_int_eq(load_column("{type: date, default: 2000-01-02}")->default_value.integer, 1);
}
END_TEST

START_TEST(limits_and_the_other_keys_of_a_column_are_kept)
{
    const ormc_column *c = load_column(
        "{type: text, min_length: 1, max_length: 9, pattern: '^a+$', default: aa, doc: Why.,"
        " column: Odd Name, c_name: odd, sensitive: true, unique: true, index: true}");
    ck_assert_int_eq(c->min_length, 1);
    ck_assert_int_eq(c->max_length, 9);
    ck_assert_str_eq(c->pattern, "^a+$");
    ck_assert_str_eq(c->doc, "Why.");
    ck_assert_str_eq(c->column, "Odd Name");
    ck_assert_str_eq(c->c_name, "odd");
    ck_assert(c->sensitive && c->unique && c->indexed);
    c = load_column("{type: int16, min: -5, max: 5}");
    ck_assert(c->has_min && c->has_max);
    ck_assert_int_eq(c->min_integer, -5);
    ck_assert_int_eq(c->max_integer, 5);
    c = load_column("{type: float32, max: 0.5}");
    ck_assert(!c->has_min && c->has_max);
    ck_assert_double_eq(c->max_real, 0.5);
}
END_TEST

START_TEST(merged_columns_are_columns)
{
    load("package: shop\nmodels:\n"
         "  a: {columns: &common {id: {type: int64, primary_key: true}, name: text}}\n"
         "  b: {columns: {<<: *common, size: int32}}\n");
    ck_assert_uint_eq(model("b")->column_count, 3);
    ck_assert_str_eq(column("b", "name")->type->word, "text");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link");
    TCase *tcase = tcase_create("link");
    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_test(tcase, the_blog_is_a_package_in_the_order_of_the_file);
    tcase_add_test(tcase, columns_are_inherited_then_declared_then_made_by_relations);
    tcase_add_test(tcase, a_lone_integer_key_is_generated);
    tcase_add_test(tcase, a_relation_makes_its_column_with_the_type_of_the_key);
    tcase_add_test(tcase, the_two_sides_of_a_relation_know_each_other);
    tcase_add_test(tcase, on_delete_left_out_follows_the_nullability_of_the_key);
    tcase_add_test(tcase, indexes_come_from_the_model_and_from_columns);
    tcase_add_test(tcase, composite_keys_may_be_made_of_relations_and_referred_to);
    tcase_add_test(tcase, a_key_that_is_a_foreign_key_is_not_generated);
    tcase_add_test(tcase, declared_columns_serve_a_relation_and_decide_its_nullability);
    tcase_add_test(tcase, two_relations_may_share_a_column);
    tcase_add_test(tcase, an_abstract_model_gives_relations_keys_and_indexes_too);
    tcase_add_test(tcase, a_base_reached_by_two_ways_gives_its_columns_once);
    tcase_add_test(tcase, several_files_are_one_package);
    tcase_add_test(tcase, cycles_of_relations_are_fine);
    tcase_add_loop_test(tcase, types_are_written_short_or_long, 0, sizeof types / sizeof *types);
    tcase_add_loop_test(tcase, a_default_is_read_by_its_type, 0, sizeof defaults / sizeof *defaults);
    tcase_add_test(tcase, defaults_have_their_values);
    tcase_add_test(tcase, limits_and_the_other_keys_of_a_column_are_kept);
    tcase_add_test(tcase, merged_columns_are_columns);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
