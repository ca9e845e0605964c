/* execute.c -- SQL by hand on a connection: parameters, refusals, savepoints, and a session that looks on.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

/* --- parameters --- */

START_TEST(parameters_go_by_name)
{
    size_t written = 7;
    insert_authors(3);
    ok(orm_connection_execute(c, "UPDATE authors SET name = :name WHERE email = :email OR email = :email",
                              ORM_NAMED({"email", orm_of_text("a1@b")}, {"name", orm_of_text("x")}), &written));
    ck_assert_uint_eq(written, 1);
    expect_statements("OTHER 1");
}
END_TEST

START_TEST(parameters_go_by_position_in_any_order)
{
    size_t written;
    insert_authors(3);
    ok(orm_connection_execute(c, "UPDATE authors SET name = $2, bio = $2 WHERE email = $1",
                              ORM_PARAMETERS(orm_of_text("a1@b"), orm_of_text("x")), &written));
    ck_assert_uint_eq(written, 1);
    orm_rows *rows = open_rows("SELECT name, bio FROM authors WHERE email = $1", ORM_PARAMETERS(orm_of_text("a1@b")));
    const char *name, *bio;
    ok(orm_rows_first(rows));
    ok(orm_get(rows, "name", &name));
    ok(orm_get(rows, "bio", &bio));
    expect_text(name, "x");
    expect_text(bio, "x");
    orm_rows_close(rows);
}
END_TEST

START_TEST(a_list_of_parameters_is_made_at_run_time)
{
    orm_value values[40];
    char sql[400] = "SELECT 0";
    int64_t sum = -1;
    for (int i = 0; i < 40; i++) {
        values[i] = orm_of_int64(i);
        snprintf(sql + strlen(sql), sizeof sql - strlen(sql), " + $%d", i + 1);
    }
    orm_rows *rows = open_rows(sql, &(orm_parameters){.values = values, .count = 40});
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &sum));
    ck_assert_int_eq(sum, 780);
    orm_rows_close(rows);
}
END_TEST

START_TEST(what_only_looks_like_a_parameter_is_none)
{
    const char *text;
    orm_rows *rows = open_rows("SELECT ':a', 'it''s :b', \"q\".\":c\", /* :d $1 */ CAST(:e AS text) -- :f\n"
                               "FROM (SELECT '$1' AS \":c\") AS q",
                               ORM_NAMED({"e", orm_of_text("given")}));
    ok(orm_rows_first(rows));
    ck_assert_uint_eq(orm_rows_width(rows), 4);
    static const char *const wanted[] = {":a", "it's :b", "$1", "given"};
    for (size_t i = 0; i < 4; i++) {
        ok(orm_get(rows, i, &text));
        expect_text(text, wanted[i]);
    }
    orm_rows_close(rows);
    if (on_sqlite())
        return;
    rows = open_rows("SELECT $$:a$$ || $t$ $1 $$ $t$ || E'\\':b' || /* /* :c */ :d */ '5'::text || :e::text, "
                     "'{\"a\": 1}'::jsonb ? :key",
                     ORM_NAMED({"e", orm_of_text("!")}, {"key", orm_of_text("a")}));
    bool has = false;
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &text));
    ok(orm_get(rows, 1, &has));
    expect_text(text, ":a $1 $$ ':b5!");
    ck_assert(has);
    orm_rows_close(rows);
}
END_TEST

START_TEST(wrong_parameters_are_misuse_before_anything_is_sent)
{
    static const orm_named_value named[] = {{"a", {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE}},
                                            {"b", {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE}},
                                            {"a", {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE}},
                                            {NULL, {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE}}};
    static const orm_value values[] = {
        {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE},    {.type = ORM_TYPE_INT64, .form = ORM_FORM_ONE},
        {.type = ORM_TYPE_INT64, .form = ORM_FORM_COLUMN}, {.type = ORM_TYPE_NONE, .form = ORM_FORM_ONE},
        {.type = (orm_type)99, .form = ORM_FORM_ONE},      {.type = ORM_TYPE_ENUM, .form = ORM_FORM_ONE}};
    static const struct {
        const char *sql;
        orm_parameters given;
        const char *said;
    } cases[] = {
        {"SELECT :a", {0}, "':a'"},
        {"SELECT $1", {0}, "'$1'"},
        {"SELECT :a", {.named = named + 1, .count = 1}, "':a'"},
        {"SELECT :a", {.named = named, .count = 2}, "':b'"},
        {"SELECT :a, :b", {.named = named, .count = 3}, "twice"},
        {"SELECT :a", {.named = named + 3, .count = 1}, "without a name"},
        {"SELECT $1", {.named = named, .count = 1}, "'$1'"},
        {"SELECT :a", {.values = values, .count = 1}, "':a'"},
        {"SELECT $1", {.values = values, .count = 2}, "no $2"},
        {"SELECT $2", {.values = values, .count = 2}, "no $1"},
        {"SELECT $1, $2, $3", {.values = values, .count = 2}, "'$3'"},
        {"SELECT $0", {.values = values, .count = 1}, "'$0'"},
        {"SELECT $99999999999999999999", {.values = values, .count = 1}, "$99999"},
        {"SELECT $1", {.values = values, .named = named, .count = 1}, "not by both"},
        {"SELECT $1", {.values = values + 2, .count = 1}, "no value"},
        {"SELECT $1", {.values = values + 3, .count = 1}, "no value"},
        {"SELECT $1", {.values = values + 4, .count = 1}, "no value"},
        {"SELECT $1", {.values = values + 5, .count = 1}, "no value"},
    };
    orm_rows *rows;
    size_t written = 7;
    ok(orm_connection_begin(c));
    forget_statements();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_status(ORM_MISUSE, orm_connection_query(c, cases[i].sql, &cases[i].given, &rows));
        ck_assert_ptr_null(rows);
        expect_said(orm_connection_error(c)->message, cases[i].said);
        expect_status(ORM_MISUSE, orm_connection_execute(c, cases[i].sql, &cases[i].given, &written));
        ck_assert_uint_eq(written, 0);
    }
    expect_nothing_sent();
    ok(orm_connection_execute(c, "SELECT 1", NULL, NULL)); /* the transaction goes on */
    ok(orm_connection_commit(c));
}
END_TEST

START_TEST(sqlite_s_own_parameters_are_refused)
{
    static const char *const cases[] = {"SELECT ?", "SELECT ?1", "SELECT @a", "SELECT $a", "SELECT :1"};
    if (!on_sqlite())
        return;
    expect_status(ORM_MISUSE, orm_connection_execute(c, cases[_i], NULL, NULL));
    expect_said(orm_connection_error(c)->message, ":name");
}
END_TEST

START_TEST(the_same_sql_takes_values_of_other_types)
{
    const char *text;
    static const char sql[] = "SELECT CAST($1 AS text)";
    const orm_value values[] = {orm_of_int64(5), orm_of_text("5"), orm_of_null(), orm_of_bool(true), orm_of_int64(6)};
    static const char *const wanted[] = {"5", "5", NULL, NULL, "6"};
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < 5; i++) {
            orm_rows *rows = open_rows(sql, &(orm_parameters){.values = &values[i], .count = 1});
            ok(orm_rows_first(rows));
            ok(orm_get(rows, 0, &text));
            if (i != 3) /* true is text of each database's own */
                expect_text(text, wanted[i]);
            orm_rows_close(rows);
        }
}
END_TEST
/* --- refusals --- */

START_TEST(one_statement_at_a_time)
{
    static const char *const cases[] = {
        "DELETE FROM authors; DELETE FROM authors",
        "SELECT 1; SELECT 2",
        "DELETE FROM authors;\n-- and\n;DELETE FROM authors",
        "CREATE TABLE one_more (a int); CREATE TABLE two_more (a int)",
    };
    orm_rows *rows;
    insert_authors(2);
    expect_status(ORM_MISUSE, orm_connection_execute(c, cases[_i], NULL, NULL));
    expect_said(orm_connection_error(c)->message, "one statement");
    expect_status(ORM_MISUSE, orm_connection_query(c, cases[_i], NULL, &rows));
    expect_nothing_sent();
    ck_assert_int_eq(stored_authors(), 2);
}
END_TEST

START_TEST(a_semicolon_at_the_end_or_in_a_body_is_none)
{
    static const char *const bodies[] = {
        "CREATE FUNCTION pg_temp.two(i int) RETURNS int LANGUAGE SQL BEGIN ATOMIC SELECT 1; SELECT i; END;",
        "CREATE TEMP TRIGGER two AFTER INSERT ON authors BEGIN UPDATE authors SET bio = CASE name WHEN 'a' THEN ';' END; "
        "UPDATE authors SET score = 1; END;"};
    ok(orm_connection_execute(c, "SELECT ';', 1; -- ; no\n ;", NULL, NULL));
    ok(orm_connection_execute(c, bodies[on_sqlite()], NULL, NULL));
    if (on_sqlite())
        ok(orm_connection_execute(c, "DROP TRIGGER two", NULL, NULL));
}
END_TEST

START_TEST(transactions_and_copy_have_functions)
{
    static const struct {
        const char *sql, *said;
    } cases[] = {{"BEGIN", "orm_connection_begin"},
                 {"start transaction", "orm_connection_begin"},
                 {"/* x */ COMMIT;", "orm_connection_commit"},
                 {"END", "orm_connection_commit"},
                 {"ROLLBACK TO SAVEPOINT a", "orm_connection_rollback"},
                 {"ABORT", "orm_connection_rollback"},
                 {"SAVEPOINT a", "orm_connection_begin_nested"},
                 {"RELEASE a", "orm_connection_commit_nested"},
                 {"PREPARE TRANSACTION 'a'", "PREPARE TRANSACTION"},
                 {"COPY authors FROM STDIN", "orm_connection_copy_in"},
                 {"copy (SELECT 1) TO stdout", "orm_connection_copy_out"},
                 {"", "no statement"},
                 {" -- nothing", "no statement"}};
    orm_rows *rows;
    expect_status(ORM_MISUSE, orm_connection_execute(c, cases[_i].sql, NULL, NULL));
    expect_said(orm_connection_error(c)->message, cases[_i].said);
    expect_status(ORM_MISUSE, orm_connection_query(c, cases[_i].sql, NULL, &rows));
    expect_nothing_sent();
}
END_TEST

START_TEST(no_sql_at_all_is_misuse)
{
    expect_status(ORM_MISUSE, orm_connection_execute(c, NULL, NULL, NULL));
    expect_nothing_sent();
}
END_TEST

START_TEST(a_refusal_says_where)
{
    orm_rows *rows;
    static const char sql[] = "SELECT :a_long_name, '\xc3\xa4', nonsense FROM authors WHERE id = :a_long_name";
    expect_status(ORM_SCHEMA, orm_connection_query(c, sql, ORM_NAMED({"a_long_name", orm_of_int64(1)}), &rows));
    ck_assert_ptr_null(rows);
    expect_text(orm_connection_error(c)->sqlstate, "42703");
    expect_text(orm_connection_error(c)->statement, sql);
    ck_assert_int_eq(orm_connection_error(c)->position, 27);
    expect_status(ORM_DATABASE, orm_connection_execute(c, "SELEKT 1", NULL, NULL));
    ck_assert_int_eq(orm_connection_error(c)->position, 1);
    expect_text(orm_connection_error(c)->sqlstate, "42601");
}
END_TEST

START_TEST(a_refused_row_is_a_result)
{
    static const char sql[] = "INSERT INTO authors (created_at, email, name) VALUES ($1, $2, $3)";
    insert_authors(1);
    expect_status(ORM_CONSTRAINT, orm_connection_execute(c, sql,
                                                         ORM_PARAMETERS(orm_of_timestamptz((orm_timestamptz){0}),
                                                                        orm_of_text("a0@b"), orm_of_text("x")),
                                                         NULL));
    expect_text(orm_connection_error(c)->sqlstate, "23505");
    ck_assert_int_eq(orm_connection_error(c)->position, 0);
    ck_assert_int_eq(stored_authors(), 1);
}
END_TEST

START_TEST(a_value_out_of_range_is_not_sent)
{
    expect_status(ORM_INVALID,
                  orm_connection_execute(c, "SELECT $1", ORM_PARAMETERS(KINDS_PLAIN.mood.of((kinds_mood)9)), NULL));
}
END_TEST

/* What the README shows. */
/* clang-format off */
static orm_status archive(orm_connection *connection, int32_t fewer, FILE *to)
{
    orm_rows *rows;
    orm_status status = orm_connection_query(connection,
        "UPDATE post SET status = 'archived' WHERE views < :fewer RETURNING id, title",
        ORM_NAMED({"fewer", orm_of_int32(fewer)}), &rows);
    while (!status && (status = orm_rows_next(rows)) == ORM_OK) {
        int64_t id;
        const char *title;
        orm_get(rows, "id", &id);                          /* what fails here the next orm_rows_next tells */
        orm_get(rows, "title", &title);
        fprintf(to, "%lld %s\n", (long long)id, title);
    }
    orm_rows_close(rows);
    return status == ORM_DONE ? ORM_OK : status;
}
/* clang-format on */

START_TEST(the_readme_s_statement_is_run)
{
    char *text = NULL, wanted[64];
    size_t size;
    FILE *to = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(to);
    const blog_post *post = add_post(add_author("ada"), "unread");
    ok(orm_session_commit(s));
    ok(archive(c, 1, to));
    fclose(to);
    snprintf(wanted, sizeof wanted, "%lld unread\n", (long long)post->id);
    expect_text(text, wanted);
    free(text);
}
END_TEST

/* --- transactions --- */

START_TEST(savepoints_nest)
{
    ok(orm_connection_begin(c));
    insert_authors(1);
    ok(orm_connection_begin_nested(c));
    run_sql("UPDATE authors SET name = 'one'");
    ok(orm_connection_begin_nested(c));
    run_sql("DELETE FROM authors");
    ok(orm_connection_rollback_nested(c));
    ck_assert_int_eq(stored_authors(), 1);
    ok(orm_connection_begin_nested(c));
    run_sql("UPDATE authors SET name = 'two'");
    ok(orm_connection_commit_nested(c));
    ok(orm_connection_rollback_nested(c));
    ok(orm_connection_commit(c));
    orm_rows *rows = open_rows("SELECT name FROM authors", NULL);
    const char *name;
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &name));
    expect_text(name, "a0");
    orm_rows_close(rows);
}
END_TEST

START_TEST(a_refusal_is_undone_by_its_savepoint)
{
    ok(orm_connection_begin(c));
    insert_authors(1);
    ok(orm_connection_begin_nested(c));
    expect_status(ORM_CONSTRAINT, orm_connection_execute(c, "UPDATE authors SET name = NULL", NULL, NULL));
    expect_status(ORM_ROLLBACK_FIRST, orm_connection_execute(c, "SELECT 1", NULL, NULL));
    expect_status(ORM_ROLLBACK_FIRST, orm_connection_begin_nested(c));
    expect_status(ORM_ROLLBACK_FIRST, orm_connection_commit_nested(c));
    ok(orm_connection_rollback_nested(c));
    ck_assert_int_eq(stored_authors(), 1);
    ok(orm_connection_commit(c));
    ck_assert_int_eq(stored_authors(), 1);
}
END_TEST

START_TEST(savepoints_need_a_transaction_and_each_other)
{
    expect_status(ORM_MISUSE, orm_connection_begin_nested(c));
    expect_status(ORM_MISUSE, orm_connection_commit_nested(c));
    expect_status(ORM_MISUSE, orm_connection_rollback_nested(c));
    expect_nothing_sent();
    ok(orm_connection_begin(c));
    expect_status(ORM_MISUSE, orm_connection_commit_nested(c));
    ok(orm_connection_begin_nested(c));
    ok(orm_connection_commit(c)); /* of the whole */
    expect_status(ORM_MISUSE, orm_connection_rollback_nested(c));
    ok(orm_connection_begin(c));
    ok(orm_connection_begin_nested(c));
    ok(orm_connection_rollback(c));
    expect_status(ORM_MISUSE, orm_connection_rollback_nested(c));
}
END_TEST

START_TEST(a_transaction_has_its_isolation)
{
    static const orm_isolation levels[] = {ORM_READ_COMMITTED, ORM_REPEATABLE_READ, ORM_SERIALIZABLE};
    static const char *const names[] = {"read committed", "repeatable read", "serializable"};
    expect_status(ORM_MISUSE, orm_connection_begin_isolated(c, (orm_isolation)9));
    for (size_t i = 0; i < 3; i++) {
        ok(orm_connection_begin_isolated(c, levels[i]));
        expect_status(ORM_MISUSE, orm_connection_begin_isolated(c, levels[i]));
        if (!on_sqlite()) {
            const char *level;
            orm_rows *rows = open_rows("SELECT current_setting('transaction_isolation') AS level", NULL);
            ok(orm_rows_first(rows));
            ok(orm_get(rows, "level", &level));
            expect_text(level, names[i]);
            orm_rows_close(rows);
        }
        ok(orm_connection_commit(c));
    }
}
END_TEST

/* --- with a session --- */

START_TEST(the_transaction_of_a_session_is_its_own)
{
    orm_connection *own = orm_session_connection(s);
    expect_status(ORM_MISUSE, orm_connection_begin(own));
    expect_status(ORM_MISUSE, orm_connection_commit(own));
    expect_status(ORM_MISUSE, orm_connection_rollback(own));
    expect_status(ORM_MISUSE, orm_connection_begin_nested(own));
    expect_said(orm_connection_error(own)->message, "orm_session_begin_nested");
    ok(orm_session_commit(s));
}
END_TEST

START_TEST(sql_by_hand_sees_what_is_pending_and_entities_see_it)
{
    const blog_author *ada = add_author("ada"), *same;
    ok(orm_session_commit(s));
    ok(blog_author_set_bio(s, ada, "pending"));
    orm_connection *own = orm_session_connection(s);
    size_t written;
    ok(orm_connection_execute(own, "UPDATE \"authors\" SET name = :name WHERE bio = :bio",
                              ORM_NAMED({"name", orm_of_text("Lovelace")}, {"bio", orm_of_text("pending")}), &written));
    ck_assert_uint_eq(written, 1);
    ok(blog_author_get(s, ada->id, &same));
    ck_assert_ptr_eq(same, ada);
    expect_text(ada->name, "Lovelace");
    orm_rows *rows;
    ok(orm_connection_query(own, "UPDATE authors SET name = 'Byron' RETURNING id", NULL, &rows));
    ok(orm_rows_first(rows));
    orm_rows_close(rows);
    ok(blog_author_get(s, ada->id, &same));
    expect_text(ada->name, "Byron");
    forget_statements();
    ok(orm_connection_execute(own, "SELECT name FROM authors", NULL, NULL));
    ok(blog_author_get(s, ada->id, &same));
    expect_statements("OTHER 0");
    ok(orm_session_rollback(s));
}
END_TEST
Suite *suite_execute(void)
{
    Suite *suite = suite_create("execute");
    TCase *parameters = new_case(suite, "parameters");
    tcase_add_test(parameters, parameters_go_by_name);
    tcase_add_test(parameters, parameters_go_by_position_in_any_order);
    tcase_add_test(parameters, a_list_of_parameters_is_made_at_run_time);
    tcase_add_test(parameters, what_only_looks_like_a_parameter_is_none);
    tcase_add_test(parameters, wrong_parameters_are_misuse_before_anything_is_sent);
    tcase_add_loop_test(parameters, sqlite_s_own_parameters_are_refused, 0, 5);
    tcase_add_test(parameters, the_same_sql_takes_values_of_other_types);
    TCase *refused = new_case(suite, "refused");
    tcase_add_loop_test(refused, one_statement_at_a_time, 0, 4);
    tcase_add_test(refused, a_semicolon_at_the_end_or_in_a_body_is_none);
    tcase_add_loop_test(refused, transactions_and_copy_have_functions, 0, 13);
    tcase_add_test(refused, no_sql_at_all_is_misuse);
    tcase_add_test(refused, a_refusal_says_where);
    tcase_add_test(refused, a_refused_row_is_a_result);
    tcase_add_test(refused, a_value_out_of_range_is_not_sent);
    tcase_add_test(refused, the_readme_s_statement_is_run);
    TCase *transactions = new_case(suite, "transactions");
    tcase_add_test(transactions, savepoints_nest);
    tcase_add_test(transactions, a_refusal_is_undone_by_its_savepoint);
    tcase_add_test(transactions, savepoints_need_a_transaction_and_each_other);
    tcase_add_test(transactions, a_transaction_has_its_isolation);
    tcase_add_test(transactions, the_transaction_of_a_session_is_its_own);
    tcase_add_test(transactions, sql_by_hand_sees_what_is_pending_and_entities_see_it);
    return suite;
}
