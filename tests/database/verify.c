/* verify.c -- a database held against what was compiled in: nothing is said of one just made, and each difference by
 * name.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

#include "hostile.h"
#include "named.h"

#define SAYS "the database is not as the package 'blog' wants it: "

/* One difference: what makes it on each database, and all that is said. Columns of `profile` that a case leaves
 * alone: */
#define ID "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"
#define MADE ", created_at TEXT NOT NULL"
#define URL ", url TEXT NOT NULL"
#define AUTHOR ", author_id INTEGER NOT NULL UNIQUE REFERENCES authors (id) ON DELETE CASCADE"
#define PROFILE(columns) \
    { \
        "DROP TABLE profile", "CREATE TABLE profile (" columns ")" \
    }
static const struct {
    const char *postgresql[3], *sqlite[3];
    const char *said, *table, *column;
} cases[] = {
    {{"DROP TABLE profile"}, {"DROP TABLE profile"}, "table 'profile' is missing", "profile", ""},
    {{"ALTER TABLE profile RENAME COLUMN url TO link", "ALTER TABLE profile ALTER COLUMN link DROP NOT NULL"},
     PROFILE(ID MADE ", link TEXT" AUTHOR),
     "column 'url' of table 'profile' is missing",
     "profile",
     "url"},
    {{"ALTER TABLE profile ALTER COLUMN url DROP NOT NULL"},
     PROFILE(ID MADE ", url TEXT" AUTHOR),
     "column 'url' of table 'profile' may be NULL where NOT NULL is wanted",
     "profile",
     "url"},
    {{"ALTER TABLE authors ALTER COLUMN bio SET NOT NULL"},
     {"ALTER TABLE authors DROP COLUMN bio", "ALTER TABLE authors ADD COLUMN bio TEXT NOT NULL DEFAULT ''"},
     "column 'bio' of table 'authors' is NOT NULL where NULL is wanted",
     "authors",
     "bio"},
    {{"ALTER TABLE profile ADD COLUMN age integer NOT NULL"},
     PROFILE(ID MADE URL ", age INTEGER NOT NULL" AUTHOR),
     "column 'age' of table 'profile' is NOT NULL, has no default and is not in the schema",
     "profile",
     "age"},
    {{"ALTER TABLE profile DROP COLUMN url", "ALTER TABLE profile ADD COLUMN url text NOT NULL GENERATED ALWAYS AS "
                                             "('x') STORED"},
     PROFILE(ID MADE ", url TEXT NOT NULL AS ('x') STORED" AUTHOR),
     "column 'url' of table 'profile' is a generated column, and the program would write it",
     "profile",
     "url"},
    {{"ALTER TABLE profile ALTER COLUMN id DROP IDENTITY"},
     PROFILE("id BIGINT NOT NULL PRIMARY KEY" MADE URL AUTHOR),
     "column 'id' of table 'profile' gets no key from the database when none is given",
     "profile",
     "id"},
    {{"ALTER TABLE profile DROP CONSTRAINT profile_author_id_key"},
     PROFILE(ID MADE URL ", author_id INTEGER NOT NULL REFERENCES authors (id) ON DELETE CASCADE"),
     "table 'profile' has no unique key (author_id)",
     "profile",
     ""},
    {{"ALTER TABLE profile DROP CONSTRAINT profile_author_id_key",
      "CREATE UNIQUE INDEX ON profile (author_id) WHERE url <> ''"},
     {"DROP TABLE profile",
      "CREATE TABLE profile (" ID MADE URL ", author_id INTEGER NOT NULL REFERENCES authors (id) ON DELETE CASCADE)",
      "CREATE UNIQUE INDEX one ON profile (author_id) WHERE url <> ''"},
     "table 'profile' has no unique key (author_id)",
     "profile",
     ""},
    {{"ALTER TABLE profile DROP CONSTRAINT profile_author_id_fkey"},
     PROFILE(ID MADE URL ", author_id INTEGER NOT NULL UNIQUE"),
     "table 'profile' has no foreign key (author_id) to table 'authors'",
     "profile",
     ""},
    {{"ALTER TABLE profile DROP CONSTRAINT profile_author_id_fkey",
      "ALTER TABLE profile ADD FOREIGN KEY (author_id) REFERENCES authors (id)"},
     PROFILE(ID MADE URL ", author_id INTEGER NOT NULL UNIQUE REFERENCES authors"),
     "table 'profile' has a foreign key (author_id) with ON DELETE NO ACTION where CASCADE is wanted",
     "profile",
     ""},
    {{"ALTER TABLE profile DROP CONSTRAINT profile_author_id_fkey",
      "ALTER TABLE profile ADD FOREIGN KEY (author_id) REFERENCES authors (id) ON DELETE CASCADE ON UPDATE CASCADE"},
     PROFILE(ID MADE URL AUTHOR " ON UPDATE CASCADE"),
     "table 'profile' has a foreign key (author_id) with ON UPDATE CASCADE where NO ACTION is wanted",
     "profile",
     ""},
};
enum { CASES = sizeof cases / sizeof *cases };

/* What only one database has, or names otherwise. */
typedef struct own_case {
    const char *sql[3];
    const char *said, *table, *column;
} own_case;
static const own_case cases_of_postgresql[] = {
    {{"ALTER TABLE post ALTER COLUMN views TYPE bigint"},
     "column 'views' of table 'post' is bigint where integer is wanted",
     "post",
     "views"},
    {{"ALTER TABLE post ALTER COLUMN author_id TYPE integer"},
     "column 'author_id' of table 'post' is integer where bigint is wanted",
     "post",
     "author_id"},
    {{"ALTER TABLE post ALTER COLUMN created_at TYPE timestamp"},
     "column 'created_at' of table 'post' is timestamp without time zone where timestamp with time zone is wanted",
     "post",
     "created_at"},
    {{"CREATE DOMAIN small AS integer", "ALTER TABLE authors ALTER COLUMN score TYPE small"},
     "column 'score' of table 'authors' is integer where double precision is wanted",
     "authors",
     "score"},
    {{"ALTER TABLE profile DROP CONSTRAINT profile_pkey"}, "table 'profile' has no primary key (id)", "profile", ""},
    {{"ALTER TABLE profile DROP CONSTRAINT profile_author_id_key",
      "ALTER TABLE profile ADD UNIQUE (author_id) DEFERRABLE"},
     "table 'profile' has no unique key (author_id)",
     "profile",
     ""},
    {{"ALTER TYPE post_status RENAME VALUE 'archived' TO 'stored'"},
     "enum 'post_status' has no value 'archived'",
     "",
     ""},
};
#define POST(checks, views) \
    { \
        "DROP TABLE comment", "DROP TABLE post", \
            "CREATE TABLE post (" ID MADE ", title TEXT NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL " checks \
            ", views " views " NOT NULL, author_id INTEGER NOT NULL REFERENCES authors (id) ON DELETE CASCADE)" \
    }
static const own_case cases_of_sqlite[] = {
    {PROFILE(ID MADE ", url INTEGER NOT NULL" AUTHOR),
     "column 'url' of table 'profile' is INTEGER where TEXT is wanted", "profile", "url"},
    {PROFILE("id INTEGER NOT NULL" MADE URL AUTHOR ", PRIMARY KEY (id, url)"),
     "column 'id' of table 'profile' gets no key from the database when none is given; "
     "table 'profile' has no primary key (id)",
     "profile", "id"},
    {POST("", "VARCHAR(9)"),
     "column 'views' of table 'post' is VARCHAR(9) where INTEGER is wanted; table 'comment' is missing", "post",
     "views"},
    {POST("CHECK (\"status\" IN ('draft', /* 'archived' */ 'published'))", "INTEGER"),
     "column 'status' of table 'post' does not allow the value 'archived'; table 'comment' is missing", "post",
     "status"},
};

static void run_all(const char *const sql[3])
{
    for (size_t i = 0; i < 3 && sql[i]; i++)
        run_sql(sql[i]);
}

static void expect_story(const char *said, const char *table, const char *column)
{
    expect_status(ORM_SCHEMA, blog_verify(engine, &error));
    ck_assert_int_eq(error.status, ORM_SCHEMA);
    ck_assert_str_eq(error.message, said);
    ck_assert_str_eq(error.table, table);
    ck_assert_str_eq(error.column, column);
}

/* Its rows are counted only, not told: how many facts a catalog has is nobody's business. */
static void expect_one_statement(void)
{
    const char *sent = take_statements();
    ck_assert_msg(strncmp(sent, "SELECT ", 7) == 0 && !strchr(sent, ','), "sent: %s", sent);
    ck_assert_uint_eq(take_transaction_statements(), 0);
}

START_TEST(a_database_just_made_is_as_wanted)
{
    static orm_status (*const verify[])(orm_engine *, orm_error *) = {
        blog_verify, kinds_verify, shapes_verify, server_verify, arrays_verify, hostile_verify, named_verify};
    ok(hostile_create_all(engine, &error));
    ok(named_create_all(engine, &error));
    forget_statements();
    for (size_t i = 0; i < sizeof verify / sizeof *verify; i++) {
        ok(verify[i](engine, &error));
        expect_one_statement();
        ck_assert_str_eq(error.message, "");
        ok(verify[i](engine, NULL));
        expect_one_statement();
    }
    ok(hostile_drop_all(engine, &error));
    ok(named_drop_all(engine, &error));
}
END_TEST

START_TEST(each_difference_is_told_by_table_and_column)
{
    char said[sizeof error.message];
    run_all(on_sqlite() ? cases[_i].sqlite : cases[_i].postgresql);
    forget_statements();
    snprintf(said, sizeof said, SAYS "%s", cases[_i].said);
    expect_story(said, cases[_i].table, cases[_i].column);
    expect_one_statement();
    expect_status(ORM_SCHEMA, blog_verify(engine, NULL));
}
END_TEST

START_TEST(differences_of_one_database_are_told_likewise)
{
    char said[sizeof error.message];
    size_t count = on_sqlite() ? sizeof cases_of_sqlite / sizeof *cases_of_sqlite
                               : sizeof cases_of_postgresql / sizeof *cases_of_postgresql;
    for (size_t i = 0; i < count; i++) {
        const own_case *own = on_sqlite() ? &cases_of_sqlite[i] : &cases_of_postgresql[i];
        ok(blog_drop_all(engine, &error));
        ok(blog_create_all(engine, &error));
        run_all(own->sql);
        snprintf(said, sizeof said, SAYS "%s", own->said);
        expect_story(said, own->table, own->column);
    }
    if (!on_sqlite())
        run_sql("DROP DOMAIN small CASCADE");
}
END_TEST

START_TEST(many_differences_are_counted_where_there_is_no_room)
{
    ok(shapes_drop_all(engine, &error));
    expect_status(ORM_SCHEMA, shapes_verify(engine, &error));
    expect_said(error.message,
                "the database is not as the package 'shapes' wants it: table 'country' is missing; table ");
    const char *more = strstr(error.message, "; and ");
    ck_assert_ptr_nonnull(more);
    ck_assert_int_gt(atoi(more + strlen("; and ")), 0);
    ck_assert_str_eq(error.message + strlen(error.message) - strlen(" more"), " more");
    ck_assert_str_eq(error.table, "country");
}
END_TEST

START_TEST(columns_that_may_be_left_out_are_no_difference)
{
    run_sql("ALTER TABLE profile ADD COLUMN extra integer");
    run_sql("ALTER TABLE profile ADD COLUMN counted integer NOT NULL DEFAULT 0");
    ok(blog_verify(engine, &error));
}
END_TEST

START_TEST(more_values_in_an_enum_and_other_indexes_are_no_difference)
{
    run_sql("CREATE INDEX another ON post (title)");
    run_sql("DROP INDEX post_author_id_created_at_idx");
    if (!on_sqlite())
        run_sql("ALTER TYPE post_status ADD VALUE 'lost' BEFORE 'archived'");
    ok(blog_verify(engine, &error));
    run_sql("DROP INDEX another");
}
END_TEST

START_TEST(a_view_in_place_of_a_table_needs_no_keys)
{
    run_sql("ALTER TABLE profile RENAME TO profile_rows");
    run_sql("CREATE VIEW profile AS SELECT * FROM profile_rows");
    ok(blog_verify(engine, &error));
    run_sql("DROP VIEW profile");
    run_sql("CREATE VIEW profile AS SELECT id, created_at, url FROM profile_rows");
    expect_story(SAYS "column 'author_id' of table 'profile' is missing", "profile", "author_id");
    run_sql("DROP VIEW profile");
    run_sql("ALTER TABLE profile_rows RENAME TO profile");
}
END_TEST

START_TEST(other_spellings_of_a_type_are_no_difference)
{
    if (on_sqlite()) {
        run_sql("ALTER TABLE optional DROP COLUMN price");
        run_sql("ALTER TABLE optional ADD COLUMN price DECIMAL(12,4)");
        run_sql("DROP TABLE profile");
        run_sql(
            "CREATE TABLE Profile (ID integer PRIMARY KEY, Created_At DATETIME NOT NULL, [url] VARCHAR(200) NOT NULL, "
            "author_id BIGINT NOT NULL REFERENCES Authors ON DELETE CASCADE, UNIQUE (Author_ID))");
    } else {
        run_sql("CREATE DOMAIN address AS varchar(200) NOT NULL");
        run_sql("ALTER TABLE profile ALTER COLUMN url TYPE address");
        run_sql("ALTER TABLE profile ALTER COLUMN url DROP NOT NULL");
        run_sql("ALTER TABLE authors ALTER COLUMN bio TYPE char(10)");
    }
    ok(blog_verify(engine, &error));
    ok(kinds_verify(engine, &error));
    if (!on_sqlite())
        run_sql("DROP DOMAIN address CASCADE");
}
END_TEST

START_TEST(digits_that_would_be_lost_are_told)
{
    if (on_sqlite()) {
        run_sql("ALTER TABLE plain DROP COLUMN price");
        run_sql("ALTER TABLE plain ADD COLUMN price REAL NOT NULL DEFAULT 0");
    } else {
        run_sql("ALTER TABLE plain ALTER COLUMN price TYPE numeric(12,2)");
    }
    expect_status(ORM_SCHEMA, kinds_verify(engine, &error));
    expect_said(error.message, on_sqlite()
                                   ? "column 'price' of table 'plain' is REAL where TEXT is wanted"
                                   : "column 'price' of table 'plain' is numeric(12,2) where numeric(12,4) is wanted");
}
END_TEST

static void make_anew(void)
{
    ok(blog_drop_all(engine, &error));
    ok(kinds_drop_all(engine, &error));
    ok(shapes_drop_all(engine, &error));
    ok(blog_create_all(engine, &error));
    ok(kinds_create_all(engine, &error));
    ok(shapes_create_all(engine, &error));
    forget_statements();
}

Suite *suite_verify(void)
{
    Suite *suite = suite_create("verify");
    TCase *made = new_case(suite, "made");
    tcase_add_test(made, a_database_just_made_is_as_wanted);
    TCase *changed = new_case(suite, "changed");
    tcase_add_checked_fixture(changed, make_anew, make_anew);
    tcase_add_loop_test(changed, each_difference_is_told_by_table_and_column, 0, CASES);
    tcase_add_test(changed, differences_of_one_database_are_told_likewise);
    tcase_add_test(changed, many_differences_are_counted_where_there_is_no_room);
    tcase_add_test(changed, columns_that_may_be_left_out_are_no_difference);
    tcase_add_test(changed, more_values_in_an_enum_and_other_indexes_are_no_difference);
    tcase_add_test(changed, a_view_in_place_of_a_table_needs_no_keys);
    tcase_add_test(changed, other_spellings_of_a_type_are_no_difference);
    tcase_add_test(changed, digits_that_would_be_lost_are_told);
    return suite;
}
