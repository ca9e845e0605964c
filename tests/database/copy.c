/* copy.c -- COPY by hand, in and out, and what fails on the way.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

/* --- COPY --- */

typedef struct pieces {
    const char *const *texts;
    size_t count, next;
    orm_status end;
} pieces;

static orm_status give_piece(const void **data, size_t *size, void *user)
{
    pieces *p = user;
    if (p->next == p->count)
        return p->end;
    *data = p->texts[p->next];
    *size = strlen(p->texts[p->next++]);
    return ORM_OK;
}

typedef struct taken {
    char text[4000];
    size_t length, rows, enough;
    orm_status end;
} taken;

static orm_status take_row(const void *data, size_t size, void *user)
{
    taken *t = user;
    ck_assert_uint_lt(t->length + size, sizeof t->text);
    memcpy(t->text + t->length, data, size);
    t->length += size;
    return ++t->rows == t->enough ? t->end : ORM_OK;
}

static const char copy_in[] = "COPY authors (created_at, email, name) FROM STDIN (FORMAT csv)";
static const char copy_out[] = "COPY (SELECT email, name FROM authors ORDER BY email) TO STDOUT";

START_TEST(sqlite_has_no_copy)
{
    pieces none = {.end = ORM_DONE};
    taken t = {.end = ORM_OK};
    size_t rows = 7;
    if (!on_sqlite())
        return;
    expect_status(ORM_UNSUPPORTED, orm_connection_copy_in(c, copy_in, &rows, give_piece, &none));
    ck_assert_uint_eq(rows, 0);
    expect_status(ORM_UNSUPPORTED, orm_connection_copy_out(c, copy_out, &rows, take_row, &t));
    expect_nothing_sent();
}
END_TEST

START_TEST(rows_are_copied_in_and_out)
{
    static const char *const texts[] = {"2024-01-01,a@b,A\n2024-", "01-01,c@d,", "\"C, \"\"D\"\"\"\n", ""};
    pieces p = {.texts = texts, .count = 4, .end = ORM_DONE};
    taken t = {.enough = 0};
    size_t rows;
    if (on_sqlite())
        return;
    ok(orm_connection_copy_in(c, copy_in, &rows, give_piece, &p));
    ck_assert_uint_eq(rows, 2);
    ok(orm_connection_copy_out(c, copy_out, &rows, take_row, &t));
    ck_assert_uint_eq(rows, 2);
    ck_assert_uint_eq(t.rows, 2);
    t.text[t.length] = '\0';
    expect_text(t.text, "a@b\tA\nc@d\tC, \"D\"\n");
    expect_statements("OTHER 2, OTHER 2");
}
END_TEST

START_TEST(a_copy_that_fails_leaves_nothing_and_the_connection_usable)
{
    static const char *const texts[] = {"2024-01-01,a@b,A\n", "2024-01-01,a@b,B\n", "nonsense\n"};
    static const struct {
        size_t first, count;
        orm_status end, wanted;
        const char *sqlstate;
    } cases[] = {{0, 1, ORM_INVALID, ORM_INVALID, ""},      /* the source gives up */
                 {0, 2, ORM_DONE, ORM_CONSTRAINT, "23505"}, /* the server refuses */
                 {2, 1, ORM_DONE, ORM_DATABASE, "22007"},
                 {0, 0, ORM_NO_MEMORY, ORM_NO_MEMORY, ""}};
    if (on_sqlite())
        return;
    size_t rows = 7;
    pieces p = {.texts = texts + cases[_i].first, .count = cases[_i].count, .end = cases[_i].end};
    orm_status status = orm_connection_copy_in(c, copy_in, &rows, give_piece, &p);
    expect_text(orm_connection_error(c)->sqlstate, cases[_i].sqlstate);
    expect_status(cases[_i].wanted, status);
    ck_assert_uint_eq(rows, 0);
    ck_assert_int_eq(stored_authors(), 0);
    p = (pieces){.texts = texts, .count = 1, .end = ORM_DONE};
    ok(orm_connection_copy_in(c, copy_in, &rows, give_piece, &p));
    ck_assert_int_eq(stored_authors(), 1);
}
END_TEST

START_TEST(a_failed_copy_fails_its_transaction)
{
    pieces p = {.end = ORM_INVALID};
    if (on_sqlite())
        return;
    ok(orm_connection_begin(c));
    expect_status(ORM_INVALID, orm_connection_copy_in(c, copy_in, NULL, give_piece, &p));
    expect_status(ORM_ROLLBACK_FIRST, orm_connection_execute(c, "SELECT 1", NULL, NULL));
    ok(orm_connection_rollback(c));
    ck_assert_int_eq(stored_authors(), 0);
}
END_TEST

START_TEST(a_sink_may_have_enough_or_fail)
{
    size_t rows;
    taken t = {.enough = 2, .end = ORM_DONE};
    if (on_sqlite())
        return;
    ok(orm_connection_begin(c));
    insert_authors(5);
    ok(orm_connection_copy_out(c, copy_out, &rows, take_row, &t));
    ck_assert_uint_eq(t.rows, 2);
    t = (taken){.enough = 3, .end = ORM_INVALID};
    expect_status(ORM_INVALID, orm_connection_copy_out(c, copy_out, &rows, take_row, &t));
    ck_assert_uint_eq(t.rows, 3);
    ck_assert_uint_eq(rows, 0);
    ck_assert_int_eq(stored_authors(), 5); /* the transaction goes on */
    ok(orm_connection_commit(c));
    expect_status(ORM_DATABASE,
                  orm_connection_copy_out(c, "COPY (SELECT 1 / (3 - i) FROM generate_series(1, 5) AS n(i)) TO STDOUT",
                                          &rows, take_row, &t));
    expect_text(orm_connection_error(c)->sqlstate, "22012");
    ck_assert_int_eq(stored_authors(), 5);
}
END_TEST

START_TEST(only_copy_is_copied)
{
    static const char *const wrong_in[] = {"SELECT 1", "COPY authors TO STDOUT", "COPY authors FROM '/etc/hostname'"};
    static const char *const wrong_out[] = {"SELECT 1", "COPY authors FROM STDIN", "COPY authors TO '/dev/null'"};
    pieces p = {.end = ORM_DONE};
    taken t = {.end = ORM_OK};
    if (on_sqlite())
        return;
    expect_status(ORM_MISUSE, orm_connection_copy_in(c, wrong_in[_i], NULL, give_piece, &p));
    expect_status(ORM_MISUSE, orm_connection_copy_out(c, wrong_out[_i], NULL, take_row, &t));
    expect_nothing_sent();
}
END_TEST

START_TEST(much_is_copied_in_pieces_of_any_size)
{
    enum { ROWS = 50000 };
    char *text = malloc(ROWS * 40 + 1);
    size_t length = 0, rows;
    if (on_sqlite()) {
        free(text);
        return;
    }
    for (int i = 0; i < ROWS; i++)
        length += (size_t)sprintf(text + length, "2024-01-01,a%d@b,n%d\n", i, i);
    const char *const texts[] = {text};
    pieces p = {.texts = texts, .count = 1, .end = ORM_DONE};
    ok(orm_connection_copy_in(c, copy_in, &rows, give_piece, &p));
    ck_assert_uint_eq(rows, ROWS);
    ck_assert_int_eq(stored_authors(), ROWS);
    free(text);
}
END_TEST

/* --- stopped early --- */

/* Ten thousand million rows: they would take hours. */
static const char endless[] = "COPY (SELECT generate_series(1, 10000000000), 'text') TO STDOUT";

static void expect_usable(int64_t authors)
{
    pieces p = {.texts = (const char *const[]){"2024-01-01,z@z,Z\n"}, .count = 1, .end = ORM_DONE};
    ck_assert_int_eq(stored_authors(), authors);
    ok(orm_connection_copy_in(c, copy_in, NULL, give_piece, &p));
    ck_assert_int_eq(stored_authors(), authors + 1);
}

/* `_i & 1`: the sink has enough, or fails; `_i & 2`: in a transaction, where its changes stay. */
START_TEST(a_copy_that_is_stopped_is_ended)
{
    size_t rows = 7;
    taken t = {.enough = 3, .end = _i & 1 ? ORM_INVALID : ORM_DONE};
    if (on_sqlite())
        return;
    if (_i & 2)
        ok(orm_connection_begin(c));
    if (_i & 2)
        insert_authors(5);
    forget_statements();
    for (int again = 0; again < 3; again++) {
        t.rows = t.length = 0;
        expect_status(_i & 1 ? ORM_INVALID : ORM_OK, orm_connection_copy_out(c, endless, &rows, take_row, &t));
        ck_assert_uint_eq(t.rows, 3);
        ck_assert_uint_eq(rows, 0);
    }
    expect_statements(_i & 1 ? "OTHER failed, OTHER failed, OTHER failed" : "OTHER 0, OTHER 0, OTHER 0");
    expect_usable(_i & 2 ? 5 : 0);
    ok(orm_connection_commit(c));
    ck_assert_int_eq(stored_authors(), _i & 2 ? 6 : 1);
}
END_TEST

/* Which the server may have sent whole before it is asked to end: no later statement is ended instead. */
START_TEST(a_short_copy_that_is_stopped_ends_nothing_else)
{
    char sql[100];
    if (on_sqlite())
        return;
    for (int i = 0; i < 120; i++) {
        taken t = {.enough = 1, .end = ORM_DONE};
        snprintf(sql, sizeof sql, "COPY (SELECT repeat('x', 200) FROM generate_series(1, %d)) TO STDOUT", 1 + i * 40);
        ok(orm_connection_copy_out(c, sql, NULL, take_row, &t));
        ok(orm_connection_execute(c, "SELECT pg_sleep(0.002)", NULL, NULL));
    }
}
END_TEST

/* One that waits for its next row too. */
START_TEST(a_copy_that_stands_still_is_ended)
{
    taken t = {.enough = 1, .end = ORM_DONE};
    if (on_sqlite())
        return;
    ok(orm_connection_copy_out(c,
                               "COPY (SELECT repeat('x', 100), pg_sleep(CASE WHEN i > 200 THEN 1000 ELSE 0 END) FROM "
                               "generate_series(1, 1000) AS n(i)) TO STDOUT",
                               NULL, take_row, &t));
    expect_usable(0);
}
END_TEST

START_TEST(a_copy_that_writes_is_done_though_it_is_stopped)
{
    size_t rows;
    taken t = {.enough = 1, .end = ORM_DONE};
    if (on_sqlite())
        return;
    ok(orm_connection_copy_out(
        c,
        "COPY (INSERT INTO authors (created_at, email, name) SELECT '2024-01-01', i || '@x', 'n' "
        "FROM generate_series(1, 20000) AS n(i) RETURNING email) TO STDOUT",
        &rows, take_row, &t));
    ck_assert_uint_eq(t.rows, 1);
    ck_assert_uint_eq(rows, 20000);
    ck_assert_int_eq(stored_authors(), 20000);
}
END_TEST

START_TEST(a_session_goes_on_after_a_copy_that_is_stopped)
{
    taken t = {.enough = 1, .end = ORM_DONE};
    if (on_sqlite())
        return;
    add_author("ada");
    ok(orm_connection_copy_out(orm_session_connection(s), endless, NULL, take_row, &t));
    add_author("bob");
    ok(orm_session_commit(s));
    ck_assert_int_eq(stored_authors(), 2);
}
END_TEST

Suite *suite_copy(void)
{
    Suite *suite = suite_create("copy");
    TCase *copy = new_case(suite, "copy");
    tcase_add_test(copy, sqlite_has_no_copy);
    tcase_add_test(copy, rows_are_copied_in_and_out);
    tcase_add_loop_test(copy, a_copy_that_fails_leaves_nothing_and_the_connection_usable, 0, 4);
    tcase_add_test(copy, a_failed_copy_fails_its_transaction);
    tcase_add_test(copy, a_sink_may_have_enough_or_fail);
    tcase_add_loop_test(copy, only_copy_is_copied, 0, 3);
    tcase_add_test(copy, much_is_copied_in_pieces_of_any_size);
    TCase *stopped = new_case(suite, "stopped");
    tcase_add_loop_test(stopped, a_copy_that_is_stopped_is_ended, 0, 4);
    tcase_add_test(stopped, a_short_copy_that_is_stopped_ends_nothing_else);
    tcase_add_test(stopped, a_copy_that_stands_still_is_ended);
    tcase_add_test(stopped, a_copy_that_writes_is_done_though_it_is_stopped);
    tcase_add_test(stopped, a_session_goes_on_after_a_copy_that_is_stopped);
    return suite;
}
