/* test_ddl.c -- the schema as SQL, and that a real SQLite takes every statement, twice.
 * SPDX-License-Identifier: MIT */
#include "ddl.h"
#include "link.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static orm__arena arena;
static sqlite3 *database;
static char path[] = "/tmp/test_ddl-XXXXXX";

/* Keys of every kind, rules of every kind, and names that need their quotes. */
static const char everything[] =
    "package: p\n"
    "enums:\n"
    "  mood: [good, 'so so', \"it's bad\"]\n"
    "models:\n"
    "  author:\n"
    "    doc: One who writes; it's \"them\".\n"
    "    table: authors\n"
    "    columns:\n"
    "      id: {type: int64, primary_key: true}\n"
    "      email: {type: text, unique: true, min_length: 3, max_length: 254, doc: Where to write to.}\n"
    "      mood: {type: mood, default: so so}\n"
    "    relations:\n"
    "      posts: {one_to_many: post, inverse: author}\n"
    "      favourite: {many_to_one: post, column: favourite_id, nullable: true}\n"
    "  post:\n"
    "    columns:\n"
    "      id: {type: int64, primary_key: true}\n"
    "      views: {type: int32, default: 0, min: 0, max: 1000}\n"
    "      ratio: {type: float64?, min: 0.5, max: 1e300}\n"
    "      price: {type: 'decimal(10,2)', default: 1.5}\n"
    "      blob: {type: bytes?, max_length: 16}\n"
    "      flag: {type: bool, default: true}\n"
    "      key: {type: uuid, default: 00112233-4455-6677-8899-aabbccddeeff}\n"
    "      day: {type: date, default: '2024-02-29'}\n"
    "      hour: {type: time, default: '12:30'}\n"
    "      at: {type: timestamp, default: '2024-02-29 12:30:00'}\n"
    "      now_day: {type: date, default: now}\n"
    "      now_hour: {type: time, default: now}\n"
    "      now_at: {type: timestamp, default: now}\n"
    "      created: {type: timestamptz, default: now}\n"
    "      note: {type: text, default: \"it's\"}\n"
    "      data: {type: jsonb, default: '{\"a\": 1}'}\n"
    "      order: {type: int16?, column: 'Ord \"er'}\n"
    "    relations:\n"
    "      author: {many_to_one: author, column: author_id, on_delete: cascade}\n"
    "      parent: {many_to_one: post, column: parent_id, nullable: true}\n"
    "    unique:\n"
    "      - [author_id, views]\n"
    "    indexes:\n"
    "      - {columns: [author_id, -created], where: \"note = 'x'\"}\n"
    "  profile:\n"
    "    columns: {url: text}\n"
    "    primary_key: [author_id]\n"
    "    relations: {author: {one_to_one: author, column: author_id}}\n"
    "  badge:\n"
    "    columns: {id: {type: int64, primary_key: true}}\n"
    "    relations: {author: {one_to_one: author, column: author_id}}\n"
    "  seat:\n"
    "    columns: {row: int32, number: int32}\n"
    "    primary_key: [row, number]\n"
    "  ticket:\n"
    "    columns: {code: {type: text, primary_key: true}}\n"
    "    relations:\n"
    "      seat: {one_to_one: seat, columns: [seat_row, seat_number], nullable: true}\n";

static void set_up(void)
{
    arena = (orm__arena){0};
    ck_assert_int_eq(sqlite3_open(":memory:", &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, "PRAGMA foreign_keys = ON", NULL, NULL, NULL), SQLITE_OK);
}

static void tear_down(void)
{
    sqlite3_close(database);
    orm__arena_release(&arena);
}

static const ormc_package *load(const char *yaml)
{
    char name[] = "/tmp/test_ddl-XXXXXX";
    int descriptor = mkstemp(name);
    ck_assert_int_ge(descriptor, 0);
    ck_assert_int_eq(write(descriptor, yaml, strlen(yaml)), (ssize_t)strlen(yaml));
    close(descriptor);
    memcpy(path, name, sizeof path);
    const char *paths[] = {path};
    const ormc_package *package;
    ormc_diagnostics *diagnostics = ormc_diagnostics_new();
    ck_assert(ormc_load(paths, 1, &arena, diagnostics, &package));
    orm__text text = {0};
    ormc_diagnostics_render(diagnostics, &text);
    ck_assert_msg(package != NULL, "%s", text.data);
    orm__text_release(&text);
    ormc_diagnostics_free(diagnostics);
    unlink(path);
    return package;
}

static ormc_ddl make(const char *yaml, ormc_dialect dialect)
{
    ormc_ddl ddl;
    ck_assert(ormc_ddl_make(load(yaml), dialect, &arena, &ddl));
    return ddl;
}

/* The statement that begins with `begin`; fails when there is none. */
static const char *find(const ormc_statements *statements, const char *begin)
{
    for (size_t i = 0; i < statements->count; i++)
        if (strncmp(statements->items[i], begin, strlen(begin)) == 0)
            return statements->items[i];
    ck_abort_msg("no statement begins with: %s", begin);
    return NULL;
}

static size_t position(const ormc_statements *statements, const char *begin)
{
    size_t i = 0;
    while (i < statements->count && strncmp(statements->items[i], begin, strlen(begin)) != 0)
        i++;
    ck_assert_msg(i < statements->count, "no statement begins with: %s", begin);
    return i;
}

static void assert_holds(const char *statement, const char *part)
{
    ck_assert_msg(strstr(statement, part) != NULL, "%s\nis not part of\n%s", part, statement);
}

static void run(const char *sql)
{
    char *message = NULL;
    sqlite3_exec(database, sql, NULL, NULL, &message);
    ck_assert_msg(!message, "%s:\n%s", message, sql);
}

static void run_all(const ormc_statements *statements)
{
    run("BEGIN");
    run("PRAGMA defer_foreign_keys = ON");
    for (size_t i = 0; i < statements->count; i++)
        run(statements->items[i]);
    run("COMMIT");
}

static void assert_text(const char *sql, const char *expected)
{
    sqlite3_stmt *statement;
    ck_assert_msg(sqlite3_prepare_v2(database, sql, -1, &statement, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(database));
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(statement, 0), expected);
    sqlite3_finalize(statement);
}

START_TEST(sqlite_takes_every_statement_twice)
{
    ormc_ddl ddl = make(everything, ORMC_SQLITE);
    for (int i = 0; i < 2; i++)
        run_all(&ddl.create);
    for (int i = 0; i < 2; i++)
        run_all(&ddl.drop);
    assert_text("SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'", "0");
}
END_TEST

START_TEST(tables_in_a_circle_are_dropped_with_their_rows)
{
    ormc_ddl ddl = make(everything, ORMC_SQLITE);
    run_all(&ddl.create);
    run("INSERT INTO authors (email) VALUES ('a@b')");
    run("INSERT INTO post (author_id, parent_id) VALUES (1, 1)");
    run("UPDATE authors SET favourite_id = 1");
    run_all(&ddl.drop);
    assert_text("SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'", "0");
}
END_TEST

static const struct {
    const char *column, *stored;
} defaults[] = {
    {"views", "0"},
    {"price", "1.50"},
    {"flag", "1"},
    {"lower(hex(\"key\"))", "00112233445566778899aabbccddeeff"},
    {"day", "2024-02-29"},
    {"hour", "12:30:00.000000"},
    {"at", "2024-02-29 12:30:00.000000"},
    {"length(now_day)", "10"},
    {"length(now_hour)", "15"},
    {"length(now_at)", "26"},
    {"length(created)", "26"},
    {"abs(julianday(created) - julianday('now')) < 0.01", "1"},
    {"note", "it's"},
    {"data", "{\"a\": 1}"},
    {"typeof(views) || typeof(price) || typeof(key) || typeof(\"Ord \"\"er\")", "integertextblobnull"},
};

START_TEST(sqlite_fills_in_the_defaults_as_the_runtime_stores_them)
{
    char sql[128];
    ormc_ddl ddl = make(everything, ORMC_SQLITE);
    run_all(&ddl.create);
    run("INSERT INTO authors (email) VALUES ('a@b')");
    run("INSERT INTO post (author_id) VALUES (1)");
    assert_text("SELECT mood FROM authors", "so so");
    snprintf(sql, sizeof sql, "SELECT %s FROM post", defaults[_i].column);
    assert_text(sql, defaults[_i].stored);
}
END_TEST

static const char *const refused[] = {
    "INSERT INTO authors (email) VALUES ('a@b')",
    "INSERT INTO authors (email) VALUES ('ab')",
    "INSERT INTO authors (email, mood) VALUES ('other', 'glad')",
    "INSERT INTO authors (id) VALUES (7)",
    "INSERT INTO post (author_id, views) VALUES (1, -1)",
    "INSERT INTO post (author_id, views) VALUES (1, 1001)",
    "INSERT INTO post (author_id, ratio) VALUES (1, 0.25)",
    "INSERT INTO post (author_id, blob) VALUES (1, zeroblob(17))",
    "INSERT INTO post (author_id, views) VALUES (1, 5)",
    "INSERT INTO post (author_id) VALUES (99)",
    "INSERT INTO badge (author_id) VALUES (1)",
    "INSERT INTO profile (author_id, url) VALUES (1, 'x')",
    "INSERT INTO seat (row) VALUES (1)",
    "INSERT INTO ticket (code, seat_row, seat_number) VALUES ('b', 1, 1)",
    "INSERT INTO ticket (code) VALUES (NULL)",
};

START_TEST(sqlite_refuses_what_the_schema_forbids)
{
    ormc_ddl ddl = make(everything, ORMC_SQLITE);
    run_all(&ddl.create);
    run("INSERT INTO authors (email) VALUES ('a@b')");
    run("INSERT INTO post (author_id, views) VALUES (1, 5)");
    run("INSERT INTO badge (author_id) VALUES (1)");
    run("INSERT INTO profile (author_id, url) VALUES (1, 'x')");
    run("INSERT INTO seat (row, number) VALUES (1, 1)");
    run("INSERT INTO ticket (code, seat_row, seat_number) VALUES ('a', 1, 1)");
    ck_assert_int_eq(sqlite3_exec(database, refused[_i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
}
END_TEST

START_TEST(deleting_follows_on_delete)
{
    ormc_ddl ddl = make(everything, ORMC_SQLITE);
    run_all(&ddl.create);
    run("INSERT INTO authors (email) VALUES ('a@b')");
    run("INSERT INTO post (author_id) VALUES (1)");
    run("INSERT INTO post (author_id, views, parent_id) VALUES (1, 1, 1)");
    run("DELETE FROM post WHERE id = 1");
    assert_text("SELECT count(*) FROM post WHERE parent_id IS NULL", "1");
    run("DELETE FROM authors");
    assert_text("SELECT count(*) FROM post", "0");
}
END_TEST

START_TEST(generated_keys_of_sqlite_are_never_used_again)
{
    ormc_ddl ddl = make(everything, ORMC_SQLITE);
    assert_holds(find(&ddl.create, "CREATE TABLE IF NOT EXISTS \"post\""),
                 "\"id\" INTEGER NOT NULL CONSTRAINT \"post_pkey\" PRIMARY KEY AUTOINCREMENT");
}
END_TEST

static const struct {
    const char *statement, *part;
} on_postgresql[] = {
    {"DO $ormc$ BEGIN\n    CREATE TYPE", "CREATE TYPE \"mood\" AS ENUM ('good', 'so so', 'it''s bad');"},
    {"DO $ormc$ BEGIN\n    CREATE TYPE", "EXCEPTION WHEN duplicate_object THEN NULL;"},
    {"CREATE TABLE IF NOT EXISTS \"authors\"", "\"id\" bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY"},
    {"CREATE TABLE IF NOT EXISTS \"authors\"", "\"mood\" \"mood\" NOT NULL DEFAULT 'so so'"},
    {"CREATE TABLE IF NOT EXISTS \"authors\"", "CONSTRAINT \"authors_pkey\" PRIMARY KEY (\"id\")"},
    {"CREATE TABLE IF NOT EXISTS \"authors\"", "CONSTRAINT \"authors_email_key\" UNIQUE (\"email\")"},
    {"CREATE TABLE IF NOT EXISTS \"authors\"",
     "CONSTRAINT \"authors_email_check\" CHECK (char_length(\"email\") >= 3 AND char_length(\"email\") <= 254)"},
    {"CREATE TABLE IF NOT EXISTS \"post\"", "CHECK (\"views\" >= 0 AND \"views\" <= 1000)"},
    {"CREATE TABLE IF NOT EXISTS \"post\"", "CHECK (\"ratio\" >= 0.5 AND \"ratio\" <= 1e+300)"},
    {"CREATE TABLE IF NOT EXISTS \"post\"", "CHECK (octet_length(\"blob\") <= 16)"},
    {"CREATE TABLE IF NOT EXISTS \"post\"", "\"price\" numeric(10, 2) NOT NULL DEFAULT '1.50'"},
    {"CREATE TABLE IF NOT EXISTS \"post\"", "\"created\" timestamptz NOT NULL DEFAULT now()"},
    {"CREATE TABLE IF NOT EXISTS \"post\"", "\"Ord \"\"er\" smallint,"},
    {"CREATE TABLE IF NOT EXISTS \"post\"",
     "CONSTRAINT \"post_parent_id_fkey\" FOREIGN KEY (\"parent_id\")\n        REFERENCES \"post\" (\"id\") ON DELETE SET NULL"},
    {"CREATE TABLE IF NOT EXISTS \"profile\"", "CONSTRAINT \"profile_pkey\" PRIMARY KEY (\"author_id\")"},
    {"CREATE TABLE IF NOT EXISTS \"badge\"", "CONSTRAINT \"badge_author_id_key\" UNIQUE (\"author_id\")"},
    {"CREATE TABLE IF NOT EXISTS \"ticket\"", "UNIQUE (\"seat_row\", \"seat_number\")"},
    {"CREATE TABLE IF NOT EXISTS \"ticket\"",
     "FOREIGN KEY (\"seat_row\", \"seat_number\")\n        REFERENCES \"seat\" (\"row\", \"number\") ON DELETE SET NULL"},
    {"CREATE UNIQUE INDEX", "\"post_author_id_views_key\" ON \"post\" (\"author_id\", \"views\")"},
    {"CREATE INDEX", " ON \"post\" (\"author_id\", \"created\" DESC) WHERE note = 'x'"},
    {"COMMENT ON TABLE", "COMMENT ON TABLE \"authors\" IS 'One who writes; it''s \"them\".'"},
    {"COMMENT ON COLUMN", "COMMENT ON COLUMN \"authors\".\"email\" IS 'Where to write to.'"},
};

START_TEST(postgresql_gets_its_own_types_and_names)
{
    ormc_ddl ddl = make(everything, ORMC_POSTGRESQL);
    assert_holds(find(&ddl.create, on_postgresql[_i].statement), on_postgresql[_i].part);
}
END_TEST

START_TEST(a_circle_is_tied_at_the_end_and_untied_first)
{
    ormc_ddl ddl = make(everything, ORMC_POSTGRESQL);
    ck_assert_uint_lt(position(&ddl.create, "CREATE TABLE IF NOT EXISTS \"post\""),
                      position(&ddl.create, "CREATE TABLE IF NOT EXISTS \"authors\""));
    assert_holds(
        ddl.create.items[ddl.create.count - 1],
        "ALTER TABLE \"post\" ADD CONSTRAINT \"post_author_id_fkey\" FOREIGN KEY (\"author_id\")\n        REFERENCES "
        "\"authors\" (\"id\") ON DELETE CASCADE;");
    ck_assert_ptr_null(strstr(find(&ddl.create, "CREATE TABLE IF NOT EXISTS \"post\""), "post_author_id_fkey"));
    ck_assert_str_eq(ddl.drop.items[0],
                     "ALTER TABLE IF EXISTS \"post\" DROP CONSTRAINT IF EXISTS \"post_author_id_fkey\"");
    ck_assert_str_eq(ddl.drop.items[ddl.drop.count - 1], "DROP TYPE IF EXISTS \"mood\"");
}
END_TEST

START_TEST(tables_stand_behind_what_they_refer_to)
{
    ormc_ddl ddl = make(
        "package: p\n"
        "models:\n"
        "  c: {columns: {id: {type: int64, primary_key: true}}, relations: {b: {many_to_one: b, column: b_id}}}\n"
        "  b: {columns: {id: {type: int64, primary_key: true}}, relations: {a: {many_to_one: a, column: a_id}}}\n"
        "  a: {columns: {id: {type: int64, primary_key: true}}}\n",
        ORMC_POSTGRESQL);
    ck_assert_uint_eq(ddl.create.count, 3);
    ck_assert_uint_eq(position(&ddl.create, "CREATE TABLE IF NOT EXISTS \"a\""), 0);
    ck_assert_uint_eq(position(&ddl.create, "CREATE TABLE IF NOT EXISTS \"b\""), 1);
    ck_assert_str_eq(ddl.drop.items[0], "DROP TABLE IF EXISTS \"c\"");
    ck_assert_str_eq(ddl.drop.items[2], "DROP TABLE IF EXISTS \"a\"");
}
END_TEST

START_TEST(constraints_of_one_name_are_numbered_and_long_names_are_cut)
{
    ormc_ddl ddl = make("package: p\n"
                        "models:\n"
                        "  a: {columns: {id: {type: int64, primary_key: true}}}\n"
                        "  b:\n"
                        "    table: a_table_whose_name_is_of_a_length_that_no_database_likes\n"
                        "    columns:\n"
                        "      id: {type: int64, primary_key: true}\n"
                        "      a_id: int64\n"
                        "    relations:\n"
                        "      one: {many_to_one: a, column: a_id}\n"
                        "      two: {many_to_one: a, column: other_id}\n"
                        "    indexes:\n"
                        "      - {columns: [other_id], name: a_pkey1}\n",
                        ORMC_POSTGRESQL);
    const char *table = find(&ddl.create, "CREATE TABLE IF NOT EXISTS \"a_table"), *at = table;
    size_t constraints = 0;
    while ((at = strstr(at, "CONSTRAINT \""))) {
        at += strlen("CONSTRAINT \"");
        ck_assert_uint_le(strcspn(at, "\""), 63);
        constraints++;
    }
    ck_assert_uint_eq(constraints, 3);
    assert_holds(find(&ddl.create, "CREATE TABLE IF NOT EXISTS \"a\""), "\"a_pkey\"");
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("ddl");
    TCase *sqlite = tcase_create("sqlite"), *postgresql = tcase_create("postgresql");
    tcase_add_checked_fixture(sqlite, set_up, tear_down);
    tcase_add_test(sqlite, sqlite_takes_every_statement_twice);
    tcase_add_test(sqlite, tables_in_a_circle_are_dropped_with_their_rows);
    tcase_add_loop_test(sqlite, sqlite_fills_in_the_defaults_as_the_runtime_stores_them, 0,
                        sizeof defaults / sizeof *defaults);
    tcase_add_loop_test(sqlite, sqlite_refuses_what_the_schema_forbids, 0, sizeof refused / sizeof *refused);
    tcase_add_test(sqlite, deleting_follows_on_delete);
    tcase_add_test(sqlite, generated_keys_of_sqlite_are_never_used_again);
    tcase_add_checked_fixture(postgresql, set_up, tear_down);
    tcase_add_loop_test(postgresql, postgresql_gets_its_own_types_and_names, 0,
                        sizeof on_postgresql / sizeof *on_postgresql);
    tcase_add_test(postgresql, a_circle_is_tied_at_the_end_and_untied_first);
    tcase_add_test(postgresql, tables_stand_behind_what_they_refer_to);
    tcase_add_test(postgresql, constraints_of_one_name_are_numbered_and_long_names_are_cut);
    suite_add_tcase(all, sqlite);
    suite_add_tcase(all, postgresql);
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
