/* named_each.c -- the rows of a named query one after the other: batch by batch, in memory that does not grow, with the
 * connection in use meanwhile.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include "named.h"

#include <stdio.h>

enum { MANY = 3000 };

static void setup(void)
{
    ok(named_drop_all(engine, &error));
    ok(named_create_all(engine, &error));
    forget_statements();
}

static void teardown(void)
{
    orm_session_close(s);
    s = NULL;
    ok(orm_connection_rollback(c));
    ok(named_drop_all(engine, &error));
}

static void store_works(size_t count)
{
    char sql[400];
    run_sql("INSERT INTO writer (id, name, mood) VALUES (1, 'Ann', 'good')");
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %zu) INSERT INTO work (title, "
             "made, writer_id) SELECT 'w', '2024-01-01 00:00:00', 1 FROM n",
             count);
    run_sql(sql);
    forget_statements();
}

static size_t stored_works(void)
{
    const named_work *rows;
    size_t count;
    orm_result *result;
    ok(named_work_select(c, NULL, &rows, &count, &result));
    orm_result_free(result);
    return count;
}

typedef struct walk {
    int64_t last, stop_at, work_at; /* work_at: where `work` is called */
    orm_status answer;
    orm_status (*work)(orm_connection *connection, struct walk *w);
} walk;

static orm_status visit(orm_connection *connection, const named_numbers_row *row, void *user)
{
    walk *w = user;
    char label[40];
    snprintf(label, sizeof label, "text %lld", (long long)row->number);
    if (row->number != w->last + 1 || strcmp(row->label, label) != 0)
        return ORM_SCHEMA; /* Check counts assertions: a million is too many */
    w->last = row->number;
    orm_status status = ORM_OK;
    if (w->work && (w->work_at == 0 || w->last == w->work_at))
        status = w->work(connection, w);
    return !status && w->last == w->stop_at ? w->answer : status;
}

/* On the connection of the session `s`. */
static orm_connection *of_session(void)
{
    orm_connection *connection = orm_session_connection(s);
    ck_assert_ptr_nonnull(connection);
    return connection;
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

START_TEST(every_row_comes_once_and_in_order)
{
    static const int64_t counts[] = {1, 49, 50, 51, 1049, 1050, 1051, MANY};
    walk w = {0};
    ok(named_numbers_each(c, counts[_i], visit, &w));
    ck_assert_int_eq(w.last, counts[_i]);
    w = (walk){0};
    ok(named_numbers_each(of_session(), counts[_i], visit, &w));
    ck_assert_int_eq(w.last, counts[_i]);
}
END_TEST

START_TEST(the_number_of_statements_follows_from_the_batches)
{
    walk w = {0};
    take_transaction_statements();
    ok(named_numbers_each(c, 1500, visit, &w));
    expect_statements(on_sqlite() ? "SELECT numbers 50, SELECT numbers 1000, SELECT numbers 450"
                                  : "OTHER numbers 0, SELECT numbers 50, SELECT numbers 1000, SELECT numbers 450");
    w.last = 0;
    ok(named_numbers_each(of_session(), 20, visit, &w));
    expect_statements(on_sqlite() ? "SELECT numbers 20" : "OTHER numbers 0, SELECT numbers 20, OTHER 0");
}
END_TEST

START_TEST(the_next_batch_is_asked_for_while_this_one_is_used)
{
    walk w = {0};
    forget_statements();
    take_round_trips();
    ok(named_numbers_each(c, 1500, visit, &w));
    /* DECLARE with BEGIN, FETCH, two sent ahead, COMMIT */
    ck_assert_uint_eq(take_round_trips(), on_sqlite() ? 0 : 5);
}
END_TEST

static orm_status take_title(orm_connection *connection, const named_works_with_writers_row *row, void *user)
{
    (void)connection;
    ck_assert_str_eq(row->writer->name, "Ann");
    ck_assert_str_eq(row->loud, "w!");
    ck_assert_int_eq(row->work->id, ++*(int64_t *)user);
    return ORM_OK;
}

START_TEST(embedded_rows_come_batch_by_batch_too)
{
    int64_t last = 0;
    store_works(1200);
    ok(named_works_with_writers_each(c, take_title, &last));
    ck_assert_int_eq(last, 1200);
}
END_TEST

static orm_status take_work(orm_connection *connection, const named_work *row, void *user)
{
    (void)connection;
    ck_assert_int_eq(row->id, *(int64_t *)user += 2);
    return ORM_OK;
}

START_TEST(a_list_given_lasts_to_the_end)
{
    enum { LISTED = 500 };
    int64_t ids[LISTED], last = 0;
    store_works(2 * LISTED);
    for (int i = 0; i < LISTED; i++)
        ids[i] = 2 * (i + 1);
    ok(named_works_among_each(c, (orm_int64_array){.items = ids, .count = LISTED}, take_work, &last));
    ck_assert_int_eq(last, 2 * LISTED);
}
END_TEST

/* --- stopping ----------------------------------------------------------------------------------------------------- */

/* Ten thousand million rows: reading them would take hours. */
START_TEST(stopping_early_reads_no_further_and_leaves_the_connection_usable)
{
    const int64_t endless = 10000000000;
    const int64_t stops[] = {1, 50, 51, 700};
    walk w = {.stop_at = stops[_i], .answer = ORM_DONE};
    ok(named_numbers_each(c, endless, visit, &w));
    ck_assert_int_eq(w.last, stops[_i]);
    w = (walk){.stop_at = stops[_i], .answer = ORM_INVALID};
    expect_status(ORM_INVALID, named_numbers_each(c, endless, visit, &w));
    w = (walk){.stop_at = stops[_i], .answer = ORM_DONE};
    ok(named_numbers_each(of_session(), endless, visit, &w));
    ok(orm_session_commit(s));
    store_works(3);
    ck_assert_uint_eq(stored_works(), 3);
    ok(orm_connection_begin(c));
    w = (walk){.stop_at = stops[_i], .answer = ORM_DONE};
    ok(named_numbers_each(c, endless, visit, &w));
    ck_assert_uint_eq(stored_works(), 3);
    ok(orm_connection_commit(c));
}
END_TEST

/* --- other statements meanwhile ----------------------------------------------------------------------------------- */

static orm_status count_works(orm_connection *connection, walk *w)
{
    int64_t found = 0;
    orm_rows *rows;
    (void)w;
    ok(orm_connection_query(connection, "SELECT count(*) FROM work", NULL, &rows));
    orm_bind(rows, 0, &found);
    orm_status status = orm_rows_first(rows);
    orm_rows_close(rows);
    return status ? status : found == 3 ? ORM_OK : ORM_STALE;
}

static orm_status walk_inside(orm_connection *connection, walk *w)
{
    walk inner = {.stop_at = w->last % 2 ? 70 : 0, .answer = ORM_DONE};
    ok(named_numbers_each(connection, 120, visit, &inner));
    ck_assert_int_eq(inner.last, w->last % 2 ? 70 : 120);
    return ORM_OK;
}

static orm_status read_all_of_the_same(orm_connection *connection, walk *w)
{
    const named_numbers_row *rows;
    size_t count;
    orm_result *result;
    (void)w;
    ok(named_numbers(connection, 75, &rows, &count, &result));
    ck_assert_uint_eq(count, 75);
    orm_result_free(result);
    return ORM_OK;
}

static orm_status copy_works(orm_connection *connection, walk *w)
{
    (void)w;
    return orm_connection_execute(connection, "UPDATE work SET title = 'changed'", NULL, NULL);
}

/* `_i`: what is done for each row; on a connection of its own, and on a session's. */
START_TEST(other_statements_and_walks_run_meanwhile)
{
    static orm_status (*const works[])(orm_connection * connection, walk * w) = {count_works, walk_inside,
                                                                                 read_all_of_the_same, copy_works};
    store_works(3);
    walk w = {.work = works[_i]};
    ok(named_numbers_each(c, 130, visit, &w));
    ck_assert_int_eq(w.last, 130);
    w = (walk){.work = works[_i]};
    ok(named_numbers_each(of_session(), 130, visit, &w));
    ck_assert_int_eq(w.last, 130);
    ok(orm_session_commit(s));
}
END_TEST

static orm_status use_the_session(orm_connection *connection, walk *w)
{
    const named_writer *writer;
    named_work_list works;
    (void)connection;
    ok(named_writer_get(s, 1, &writer));
    ok(named_writer_get_works(s, writer, &works));
    ck_assert_uint_eq(works.count, 3);
    char name[32];
    snprintf(name, sizeof name, "Ann %lld", (long long)w->last);
    ok(named_writer_set_name(s, writer, name));
    if (w->last % 10 == 0)
        ok(orm_session_flush(s));
    return ORM_OK;
}

START_TEST(the_session_works_meanwhile)
{
    store_works(3);
    walk w = {.work = use_the_session};
    ok(named_numbers_each(of_session(), 1100, visit, &w));
    ck_assert_int_eq(w.last, 1100);
    ok(orm_session_commit(s));
    named_writer row;
    orm_result *result;
    ok(named_writer_by_name(c, "Ann 1100", &row, &result));
    orm_result_free(result);
}
END_TEST

/* --- its transaction ---------------------------------------------------------------------------------------------- */

static orm_status add_one(orm_connection *connection, walk *w)
{
    orm_result *result;
    named_work row;
    (void)w;
    ok(named_work_insert(connection, &(named_work_values){.title = "t", .writer_id = ORM_VALUE(1)}, &row, &result));
    orm_result_free(result);
    return ORM_OK;
}

/* `_i`: it ends well, by ORM_DONE, or by a failure. */
START_TEST(what_is_written_meanwhile_is_kept_unless_the_callback_fails)
{
    store_works(1);
    run_sql("DELETE FROM work");
    static const orm_status answers[] = {ORM_OK, ORM_DONE, ORM_INVALID};
    walk w = {.work = add_one, .stop_at = 60, .answer = answers[_i]};
    expect_status(_i == 2 ? ORM_INVALID : ORM_OK, named_numbers_each(c, 80, visit, &w));
    ck_assert_uint_eq(stored_works(), _i == 2 ? 0 : _i == 1 ? 60 : 80);
    ok(orm_connection_begin(c)); /* none is left open */
    ok(orm_connection_rollback(c));
}
END_TEST

static orm_status refused(orm_connection *connection, walk *w)
{
    orm_status status = orm_connection_execute(connection, "INSERT INTO work (id) VALUES (1)", NULL, NULL);
    ck_assert_int_eq(status, ORM_CONSTRAINT);
    return w->answer ? status : ORM_OK;
}

/* `_i`: the callback tells of it, or not. */
START_TEST(what_is_refused_meanwhile_ends_it)
{
    walk w = {.work = refused, .work_at = 10, .answer = _i ? ORM_INVALID : ORM_OK};
    store_works(1);
    expect_status(_i ? ORM_CONSTRAINT : ORM_ROLLBACK_FIRST, named_numbers_each(c, 80, visit, &w));
    if (_i)
        ck_assert_int_eq(orm_connection_error(c)->status, ORM_CONSTRAINT);
    ck_assert_int_eq(w.last, _i ? 10 : 50);
    ck_assert_uint_eq(stored_works(), 1);
}
END_TEST

static orm_status end_transaction(orm_connection *connection, walk *w)
{
    return w->stop_at ? orm_connection_commit(connection) : orm_connection_rollback(connection);
}

static orm_status end_session(orm_connection *connection, walk *w)
{
    (void)connection;
    return w->stop_at ? orm_session_commit(s) : orm_session_rollback(s);
}

START_TEST(a_transaction_that_ends_ends_it)
{
    walk w = {.work = end_transaction, .work_at = 10, .stop_at = -_i};
    expect_status(ORM_MISUSE, named_numbers_each(c, 80, visit, &w));
    ck_assert_int_eq(w.last, 50);
    expect_said(orm_connection_error(c)->message, "their transaction had ended");
    w = (walk){.work = end_session, .work_at = 10, .stop_at = -_i};
    ck_assert_int_eq(named_numbers_each(of_session(), 80, visit, &w), ORM_MISUSE);
    ck_assert_int_eq(w.last, 50);
    store_works(3);
    ck_assert_uint_eq(stored_works(), 3);
    w = (walk){.stop_at = 0};
    ok(named_numbers_each(c, 80, visit, &w));
}
END_TEST

static orm_status begin_another(orm_connection *connection, walk *w)
{
    (void)w;
    return orm_connection_begin(connection);
}

static orm_status set_a_savepoint(orm_connection *connection, walk *w)
{
    ok(orm_connection_begin_nested(connection));
    ok(add_one(connection, w));
    return w->last % 3 ? orm_connection_commit_nested(connection) : orm_connection_rollback_nested(connection);
}

START_TEST(begin_is_misuse_and_savepoints_work)
{
    walk w = {.work = begin_another, .work_at = 10};
    expect_status(ORM_MISUSE, named_numbers_each(c, 80, visit, &w));
    store_works(1);
    w = (walk){.work = set_a_savepoint};
    ok(named_numbers_each(c, 90, visit, &w));
    ck_assert_uint_eq(stored_works(), 61);
}
END_TEST

static orm_status give_up_the_savepoint(orm_connection *connection, walk *w)
{
    (void)w;
    return orm_connection_rollback_nested(connection);
}

START_TEST(a_savepoint_that_is_rolled_back_ends_what_began_in_it)
{
    walk w = {.work = give_up_the_savepoint, .work_at = 10};
    ok(orm_connection_begin(c));
    ok(orm_connection_begin_nested(c));
    expect_status(ORM_MISUSE, named_numbers_each(c, 80, visit, &w));
    ck_assert_int_eq(w.last, 50);
    store_works(1);
    ck_assert_uint_eq(stored_works(), 1);
    ok(orm_connection_commit(c));
}
END_TEST

static orm_status leave_rows_open(orm_connection *connection, walk *w)
{
    orm_rows **rows = (orm_rows **)(uintptr_t)w->stop_at;
    return orm_connection_query(connection, "SELECT 1", NULL, rows);
}

START_TEST(rows_that_stay_open_are_misuse)
{
    orm_rows *rows;
    walk w = {.work = leave_rows_open, .work_at = 10, .stop_at = (int64_t)(uintptr_t)&rows};
    expect_status(ORM_MISUSE, named_numbers_each(c, 80, visit, &w));
    orm_rows_close(rows);
    store_works(1);
    ck_assert_uint_eq(stored_works(), 1);
}
END_TEST

/* --- failures ----------------------------------------------------------------------------------------------------- */

static orm_status count_up(orm_connection *connection, const named_fractions_row *row, void *user)
{
    (void)connection, (void)row;
    ++*(int *)user;
    return ORM_OK;
}

START_TEST(a_failure_behind_the_first_batch_is_told)
{
    int rows = 0;
    if (on_sqlite())
        return;
    store_works(2000);
    expect_status(ORM_DATABASE, named_fractions_each(c, count_up, &rows));
    expect_text(orm_connection_error(c)->sqlstate, "22012");
    ck_assert_int_eq(rows, 50);
    ck_assert_uint_eq(stored_works(), 2000);
}
END_TEST

static orm_status count_added(orm_connection *connection, const named_add_works_row *row, void *user)
{
    (void)connection, (void)row;
    return ++*(size_t *)user == 5 ? ORM_DONE : ORM_OK;
}

START_TEST(what_writes_writes_all_though_it_is_stopped)
{
    size_t seen = 0;
    store_works(1);
    for (int i = 0; i < 8; i++) {
        seen = 0;
        ok(named_add_works_each(c, count_added, &seen));
    }
    ck_assert_uint_eq(seen, 5);
    ck_assert_uint_eq(stored_works(), 256);
}
END_TEST

/* --- memory ------------------------------------------------------------------------------------------------------- */

typedef struct long_walk {
    size_t read, many;
    long early;
} long_walk;

static orm_status count_row(orm_connection *connection, const named_numbers_row *row, void *user)
{
    long_walk *w = user;
    (void)connection, (void)row;
    if (++w->read == w->many / 10)
        w->early = most_memory();
    tell_memory("each of a named query", w->read);
    return ORM_OK;
}

/* `_i`: on a connection, or on a session's. */
START_TEST(many_rows_take_no_more_memory_than_few)
{
    long_walk w = {.many = many_rows()};
    walk few = {0};
    ok(named_numbers_each(_i ? of_session() : c, 3, visit, &few)); /* the statement is known to give few rows */
    ok(named_numbers_each(_i ? of_session() : c, (int64_t)w.many, count_row, &w));
    ck_assert_uint_eq(w.read, w.many);
    if (memory_counts())
        ck_assert_int_le(most_memory() - w.early, 2048);
}
END_TEST

static size_t batches, with_parameters;

static void count_batches(const orm_statement_event *event, void *user)
{
    (void)user;
    bool given = strcmp(event->parameters, "(2000-01-01 00:00:00.000000+00:00)") == 0;
    batches += event->kind == ORM_STATEMENT_SELECT;
    with_parameters += given;
    ck_assert_msg(given || strcmp(event->parameters, "()") == 0, "%s %s", event->sql, event->parameters);
}

static orm_status count_writer(orm_connection *connection, const named_works_per_writer_row *row, void *user)
{
    (void)connection, (void)row;
    ++*(size_t *)user;
    return ORM_OK;
}

START_TEST(each_batch_is_told_with_the_parameters_it_is_read_with)
{
    orm_engine *watched;
    orm_connection *own;
    orm_engine_options options = test_options();
    size_t count = 0;
    run_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120) "
            "INSERT INTO writer (id, name, mood) SELECT i, 'w' || i, 'good' FROM n");
    options.hooks = (orm_hooks){.statement = count_batches, .parameters = true};
    ok(orm_engine_open(test_url(), &options, &watched, &error));
    ok(orm_connection_open(watched, &own, &error));
    ok(named_works_per_writer_each(own, (orm_timestamptz){0}, count_writer, &count));
    orm_connection_close(own);
    orm_engine_close(watched);
    ck_assert_uint_eq(count, 120);
    ck_assert_uint_ge(batches, 2);
    ck_assert_uint_eq(with_parameters, on_sqlite() ? batches : 1); /* PostgreSQL is given them by DECLARE */
}
END_TEST

Suite *suite_named_each(void)
{
    Suite *suite = suite_create("named each");
    TCase *rows = new_case(suite, "rows");
    tcase_add_checked_fixture(rows, setup, teardown);
    tcase_add_loop_test(rows, every_row_comes_once_and_in_order, 0, 8);
    tcase_add_test(rows, the_number_of_statements_follows_from_the_batches);
    tcase_add_test(rows, the_next_batch_is_asked_for_while_this_one_is_used);
    tcase_add_test(rows, each_batch_is_told_with_the_parameters_it_is_read_with);
    tcase_add_test(rows, embedded_rows_come_batch_by_batch_too);
    tcase_add_test(rows, a_list_given_lasts_to_the_end);
    tcase_add_loop_test(rows, stopping_early_reads_no_further_and_leaves_the_connection_usable, 0, 4);
    tcase_add_loop_test(rows, other_statements_and_walks_run_meanwhile, 0, 4);
    tcase_add_test(rows, the_session_works_meanwhile);
    tcase_add_test(rows, a_failure_behind_the_first_batch_is_told);
    tcase_add_test(rows, what_writes_writes_all_though_it_is_stopped);
    TCase *transactions = new_case(suite, "transactions");
    tcase_add_checked_fixture(transactions, setup, teardown);
    tcase_add_loop_test(transactions, what_is_written_meanwhile_is_kept_unless_the_callback_fails, 0, 3);
    tcase_add_loop_test(transactions, what_is_refused_meanwhile_ends_it, 0, 2);
    tcase_add_loop_test(transactions, a_transaction_that_ends_ends_it, 0, 2);
    tcase_add_test(transactions, begin_is_misuse_and_savepoints_work);
    tcase_add_test(transactions, a_savepoint_that_is_rolled_back_ends_what_began_in_it);
    tcase_add_test(transactions, rows_that_stay_open_are_misuse);
    TCase *memory = new_case(suite, "memory");
    tcase_add_checked_fixture(memory, setup, teardown);
    tcase_set_timeout(memory, getenv("ORM_TEST_SOAK") ? 700 : 20);
    tcase_add_loop_test(memory, many_rows_take_no_more_memory_than_few, 0, 2);
    return suite;
}
