/* shared.c -- reads by key of many fibers, which share connections: each gets its own answer, error and fate.
 * SPDX-License-Identifier: MIT */
#include "fibers.h"

#include <stdio.h>
#include <time.h>

START_TEST(hundreds_of_fibers_read_by_two_connections_of_their_own)
{
    begin_fibers((orm_engine_options){0});
    expect_rows(read_alone, MANY);
    if (shares()) {
        ck_assert_int_eq(opened, 2);
        ck_assert_int_eq(lent, 0); /* nobody took one of the pool's */
    }
    ck_assert_uint_eq(told_count, MANY);
    close_fibers();
}
END_TEST

START_TEST(each_statement_is_told_with_its_own_parameters)
{
    begin_fibers((orm_engine_options){0});
    spawn(read_alone, 0, AUTHORS);
    join_all(AUTHORS);
    ck_assert_uint_eq(told_count, AUTHORS);
    for (int i = 0; i < AUTHORS; i++) {
        char parameters[64];
        size_t times = 0;
        snprintf(parameters, sizeof parameters, "(%lld)", (long long)ids[i]);
        for (size_t k = 0; k < told_count; k++)
            times += strcmp(told[k].parameters, parameters) == 0;
        ck_assert_msg(times == 1, "%s was told %zu times", parameters, times);
    }
    close_fibers();
}
END_TEST

START_TEST(each_statement_is_told_with_its_own_bytes)
{
    open_fibers((orm_engine_options){0});
    memset(ids, 0xff, sizeof ids); /* of nobody */
    expect_failures(ORM_NOT_FOUND, AUTHORS);
    ck_assert_uint_eq(told_count, AUTHORS);
    for (int i = 0; i < AUTHORS; i++)
        ck_assert_uint_eq(told[i].bytes, on_sqlite() ? 0 : 8); /* the key that was asked for */
    close_fibers();
}
END_TEST

START_TEST(a_hook_that_waits_lets_others_read_meanwhile)
{
    begin_fibers((orm_engine_options){0});
    hook_waits = true;
    ids[7] = ids[13] = -1; /* of nobody */
    spawn(read_alone, 0, AUTHORS);
    join_all(AUTHORS);
    for (int i = 0; i < AUTHORS; i++)
        if (ids[i] < 0)
            expect_status(ORM_NOT_FOUND, workers[i].status);
        else
            expect_row(&workers[i]);
    ck_assert_uint_eq(told_count, AUTHORS);
    hook_waits = false;
    close_fibers();
}
END_TEST

static orm_status read_many(orm_async *a, void *argument)
{
    worker *me = argument;
    orm_session *mine;
    blog_author_list found;
    (void)a;
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    orm_status status = blog_author_get_many(mine, ids, AUTHORS, &found);
    for (size_t i = 0; i < found.count; i++)
        ck_assert_int_eq(found.items[i]->id, ids[i]);
    me->done = found.count == AUTHORS && !found.partial;
    orm_session_close(mine);
    return status;
}

START_TEST(many_keys_are_one_statement_on_a_fiber_too)
{
    begin_fibers((orm_engine_options){0});
    spawn(read_many, 0, 20);
    join_all(20);
    for (int i = 0; i < 20; i++)
        ck_assert(workers[i].done);
    ck_assert_uint_eq(told_count, 20);
    if (shares())
        ck_assert_int_eq(lent, 0);
    close_fibers();
}
END_TEST

/* Authors, and what is not there of three other models. */
static orm_status read_of_four_models(orm_async *a, void *argument)
{
    worker *me = argument;
    orm_session *mine;
    const blog_profile *profile;
    const blog_comment *comment;
    const blog_post *post;
    (void)a;
    if (me->number % 4 == 0)
        return read_one(me, (orm_session_factory){0});
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    orm_status status = me->number % 4 == 1   ? blog_post_get(mine, -1, &post)
                        : me->number % 4 == 2 ? blog_profile_get(mine, -1, &profile)
                                              : blog_comment_get(mine, -1, &comment);
    orm_session_close(mine);
    return status;
}

START_TEST(statements_of_several_models_share_a_connection)
{
    begin_fibers((orm_engine_options){.statement_cache_size = 1, .shared_connections = 1});
    for (int round = 0; round < 2; round++) {
        spawn(read_of_four_models, 0, 40);
        join_all(40);
        for (int i = 0; i < 40; i++)
            if (i % 4 == 0)
                expect_row(&workers[i]);
            else
                ck_assert_int_eq(workers[i].status, ORM_NOT_FOUND);
    }
    ck_assert_uint_eq(told_count, 80);
    close_fibers();
}
END_TEST

/* By Core, without a session or a connection. */
static orm_status fetch_one(orm_async *a, void *argument)
{
    worker *me = argument;
    blog_author row;
    orm_result *result;
    orm_error why;
    (void)a;
    orm_status status = blog_author_fetch_from(fibers, me->id, &row, &result, &why);
    ck_assert_int_eq(why.status, status);
    if (!status)
        strcpy(me->name, row.name);
    orm_result_free(result);
    return status;
}

START_TEST(rows_are_fetched_together_without_a_session)
{
    begin_fibers((orm_engine_options){0});
    expect_rows(fetch_one, MANY);
    ck_assert_uint_eq(told_count, MANY);
    ck_assert_int_eq(shares() ? lent == 0 && opened == 2 : lent == MANY, true);
    workers[0] = (worker){.id = -1};
    ok(orm_async_spawn(async, fetch_one, &workers[0], &workers[0].fiber));
    ck_assert_int_eq(orm_async_join(async, workers[0].fiber), ORM_NOT_FOUND);
    close_fibers();
}
END_TEST

START_TEST(outside_a_fiber_a_row_is_fetched_by_the_pool)
{
    blog_author row;
    orm_result *result;
    begin_fibers((orm_engine_options){0});
    ok(blog_author_fetch_from(fibers, ids[7], &row, &result, &error));
    ck_assert_str_eq(row.name, "a007");
    orm_result_free(result);
    ck_assert_int_eq(blog_author_fetch_from(fibers, -1, &row, &result, NULL), ORM_NOT_FOUND);
    ck_assert_ptr_null(result);
    ck_assert_int_eq(row.id, 0);
    ck_assert_int_eq(lent, 2);
    ck_assert_int_eq(blog_author_fetch_from(NULL, 1, &row, &result, &error), ORM_MISUSE);
    close_fibers();
}
END_TEST

/* What stands in the way of one is told to him alone. */
START_TEST(a_fetch_that_fails_tells_why)
{
    store_authors();
    ok(orm_session_commit(s));
    open_fibers((orm_engine_options){0});
    run_sql("ALTER TABLE authors RENAME TO moved");
    spawn(fetch_one, 0, 3);
    join_all(3);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(workers[i].status, ORM_SCHEMA);
    run_sql("ALTER TABLE moved RENAME TO authors");
    expect_rows(fetch_one, 3);
    close_fibers();
}
END_TEST

START_TEST(none_are_shared_where_that_is_asked_for)
{
    begin_fibers((orm_engine_options){.shared_connections = -1});
    expect_rows(read_alone, 20);
    ck_assert_int_eq(lent, 20);
    ck_assert_int_le(opened, 4);
    close_fibers();
}
END_TEST

/* --- what does not qualify --- */

static orm_status read_repeatably(orm_async *a, void *argument)
{
    (void)a;
    return read_one(argument, (orm_session_factory){.isolation = ORM_REPEATABLE_READ});
}

static orm_status read_own_change(orm_async *a, void *argument)
{
    worker *me = argument;
    orm_session *mine;
    const blog_author *author;
    (void)a;
    ok(orm_session_open(&(orm_session_factory){.engine = fibers}, &mine, NULL));
    ok(blog_author_get(mine, me->id, &author));
    ok(blog_author_set_name(mine, author, "changed"));
    ok(orm_session_flush(mine));
    orm_session_clear(mine);
    ok(blog_author_get(mine, me->id, &author)); /* by the transaction's connection, or it would not see it */
    ck_assert_str_eq(author->name, "changed");
    ok(orm_session_rollback(mine));
    orm_session_clear(mine);
    ok(blog_author_get(mine, me->id, &author));
    ck_assert_str_ne(author->name, "changed");
    orm_session_close(mine);
    return ORM_OK;
}

START_TEST(transactions_read_by_their_own_connections)
{
    begin_fibers((orm_engine_options){0});
    spawn(read_own_change, 0, 20);
    join_all(20);
    for (int i = 0; i < 20; i++)
        expect_status(ORM_OK, workers[i].status);
    int before = lent;
    expect_rows(read_repeatably, 20);
    ck_assert_int_eq(lent - before, 20);
    close_fibers();
}
END_TEST

START_TEST(outside_a_fiber_the_pool_is_asked)
{
    begin_fibers((orm_engine_options){0});
    worker me = {.id = ids[3], .number = 3};
    me.status = read_one(&me, (orm_session_factory){0});
    expect_row(&me);
    ck_assert_int_eq(lent, 1);
    close_fibers();
}
END_TEST

/* --- errors --- */

START_TEST(an_error_in_a_batch_reaches_no_neighbour)
{
    if (!shares())
        return;
    store_authors();
    poison(ids[7]);
    open_fibers((orm_engine_options){.shared_connections = 1});
    for (int round = 0; round < 2; round++) { /* the second time all is prepared */
        told_count = 0;
        spawn(read_alone, 0, MANY);
        join_all(MANY);
        for (int i = 0; i < MANY; i++)
            if (i % AUTHORS != 7)
                expect_row(&workers[i]);
            else
                ck_assert_str_eq(workers[i].sqlstate, "22012");
        ck_assert_uint_eq(told_count, MANY); /* each once, whatever was sent again */
    }
    ck_assert_int_eq(opened, 1);
    close_fibers();
    cure();
}
END_TEST

START_TEST(a_statement_that_cannot_be_prepared_tells_each_why)
{
    if (!shares())
        return;
    store_authors();
    run_sql("ALTER TABLE authors RENAME TO hidden");
    open_fibers((orm_engine_options){0});
    spawn(read_alone, 0, 40);
    join_all(40);
    run_sql("ALTER TABLE hidden RENAME TO authors");
    for (int i = 0; i < 40; i++) {
        expect_status(ORM_SCHEMA, workers[i].status);
        ck_assert_str_eq(workers[i].sqlstate, "42P01");
    }
    expect_rows(read_alone, 40);
    ck_assert_int_eq(opened, 2);
    close_fibers();
}
END_TEST

START_TEST(a_changed_table_is_prepared_for_anew)
{
    if (!shares())
        return;
    begin_fibers((orm_engine_options){.shared_connections = 1});
    expect_rows(read_alone, 40);
    run_sql("ALTER TABLE authors ALTER COLUMN name TYPE varchar(70)");
    expect_rows(read_alone, 40);
    ck_assert_int_eq(opened, 1);
    close_fibers();
    run_sql("ALTER TABLE authors ALTER COLUMN name TYPE text");
}
END_TEST

START_TEST(none_are_shared_behind_a_pooler)
{
    begin_fibers((orm_engine_options){.prepared = ORM_PREPARED_OFF});
    expect_rows(read_alone, MANY);
    ck_assert_int_eq(lent, MANY);
    close_fibers();
}
END_TEST

/* --- fates --- */

START_TEST(a_cancelled_fiber_disturbs_nobody)
{
    if (!shares())
        return;
    begin_fibers((orm_engine_options){.shared_connections = 1});
    expect_rows(read_alone, 20); /* it is open and prepared */
    orm_connection *lock = lock_authors();
    spawn(read_alone, 0, 20);
    run_until_locked();
    orm_async_cancel(async, workers[0].fiber); /* leads */
    orm_async_cancel(async, workers[1].fiber);
    orm_async_cancel(async, workers[9].fiber);
    run_for(10 * MILLISECOND);
    ck_assert(workers[0].done && workers[9].done && !workers[5].done);
    orm_connection_close(lock);
    join_all(20);
    for (int i = 0; i < 20; i++)
        if (i == 0 || i == 1 || i == 9)
            expect_status(ORM_CANCELLED, workers[i].status);
        else
            expect_row(&workers[i]);
    ck_assert_int_eq(opened, 1);
    close_fibers();
}
END_TEST

START_TEST(when_all_are_cancelled_the_next_still_gets_its_own_answer)
{
    if (!shares())
        return;
    begin_fibers((orm_engine_options){.shared_connections = 1});
    orm_connection *lock = lock_authors();
    spawn(read_alone, 0, 5);
    run_until_locked();
    for (int i = 0; i < 5; i++)
        orm_async_cancel(async, workers[i].fiber);
    join_all(5);
    for (int i = 0; i < 5; i++)
        expect_status(ORM_CANCELLED, workers[i].status);
    orm_connection_close(lock);
    expect_rows(read_alone, 20);
    ck_assert_int_eq(opened, 1);
    close_fibers();
}
END_TEST

START_TEST(a_lost_connection_fails_those_who_wait_and_the_next_get_a_new_one)
{
    if (!shares())
        return;
    begin_fibers((orm_engine_options){.shared_connections = 1});
    orm_connection *lock = lock_authors();
    spawn(read_alone, 0, 20);
    run_until_locked();
    kill_shared();
    join_all(20);
    orm_connection_close(lock);
    for (int i = 0; i < 20; i++)
        expect_status(ORM_DISCONNECTED, workers[i].status);
    expect_rows(read_alone, 20);
    ck_assert_int_eq(opened, 2);
    close_fibers();
}
END_TEST

START_TEST(one_lost_while_idle_is_replaced_unseen)
{
    if (!shares())
        return;
    begin_fibers((orm_engine_options){.shared_connections = 1});
    for (int round = 0; round < 3; round++) {
        expect_rows(read_alone, 20);
        kill_shared();
        run_for(50 * MILLISECOND);
    }
    ck_assert_int_eq(opened, 3);
    orm_engine_dispose(fibers);
    expect_rows(read_alone, 1);
    ck_assert_int_eq(opened, 4);
    close_fibers();
}
END_TEST

START_TEST(a_statement_that_takes_too_long_is_cancelled_and_the_connection_stays)
{
    if (!shares())
        return;
    begin_fibers((orm_engine_options){.shared_connections = 1, .statement_timeout = 200});
    expect_rows(read_alone, 20);
    orm_connection *lock = lock_authors();
    int64_t begin = orm_async_deadline(0);
    spawn(read_alone, 0, 3);
    join_all(3);
    ck_assert_int_lt(orm_async_deadline(0) - begin, 5 * (int64_t)SECOND);
    for (int i = 0; i < 3; i++)
        expect_status(ORM_TIMEOUT, workers[i].status);
    orm_connection_close(lock);
    expect_rows(read_alone, 20);
    ck_assert_int_eq(opened, 1);
    close_fibers();
}
END_TEST

static int64_t reading_until;

static orm_status read_on(orm_async *own, void *user)
{
    worker *me = user;
    orm_status status = ORM_OK;
    while (!status && orm_async_deadline(0) < reading_until)
        status = read_alone(own, me);
    return status;
}

/* The loop stands still for longer than a statement may take: the answers are here when they are found late, and the
 * request to cancel meets nobody. The connection goes on, also when the server's time to answer that request is
 * over. */
START_TEST(a_request_to_cancel_that_comes_too_late_ends_nothing)
{
    if (!shares())
        return;
    begin_fibers((orm_engine_options){.shared_connections = 1, .statement_timeout = 100});
    expect_rows(read_alone, 20);
    reading_until = orm_async_deadline(3 * (int64_t)SECOND);
    spawn(read_on, 0, 20);
    for (int i = 0; i < 3; i++) {
        run_for(10 * MILLISECOND);
        nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL);
    }
    join_all(20);
    for (int i = 0; i < 20; i++)
        expect_row(&workers[i]);
    ck_assert_int_eq(opened, 1);
    close_fibers();
}
END_TEST

START_TEST(one_that_cannot_be_opened_fails_all_who_wait_for_it)
{
    if (!shares())
        return;
    begin_fibers((orm_engine_options){0});
    refusal = ORM_STALE;
    expect_failures(ORM_STALE, 30);
    ck_assert_int_eq(opened, 1);
    refusal = ORM_OK;
    expect_rows(read_alone, 30);
    close_fibers();
}
END_TEST

START_TEST(when_the_one_who_opens_it_is_cancelled_another_does)
{
    if (!shares())
        return;
    begin_fibers((orm_engine_options){.shared_connections = 1});
    spawn(read_alone, 0, 30);
    orm_async_turn(async);
    orm_async_cancel(async, workers[0].fiber);
    join_all(30);
    expect_status(ORM_CANCELLED, workers[0].status);
    for (int i = 1; i < 30; i++)
        expect_row(&workers[i]);
    ck_assert_int_eq(opened, 1); /* the first has not come so far */
    close_fibers();
}
END_TEST

Suite *suite_shared(void)
{
    Suite *suite = suite_create("shared");
    TCase *reads = new_case(suite, "reads");
    tcase_add_test(reads, hundreds_of_fibers_read_by_two_connections_of_their_own);
    tcase_add_test(reads, each_statement_is_told_with_its_own_parameters);
    tcase_add_test(reads, each_statement_is_told_with_its_own_bytes);
    tcase_add_test(reads, a_hook_that_waits_lets_others_read_meanwhile);
    tcase_add_test(reads, many_keys_are_one_statement_on_a_fiber_too);
    tcase_add_test(reads, statements_of_several_models_share_a_connection);
    tcase_add_test(reads, rows_are_fetched_together_without_a_session);
    tcase_add_test(reads, outside_a_fiber_a_row_is_fetched_by_the_pool);
    tcase_add_test(reads, a_fetch_that_fails_tells_why);
    tcase_add_test(reads, none_are_shared_where_that_is_asked_for);
    tcase_add_test(reads, transactions_read_by_their_own_connections);
    tcase_add_test(reads, outside_a_fiber_the_pool_is_asked);
    tcase_add_test(reads, none_are_shared_behind_a_pooler);
    TCase *errors = new_case(suite, "errors");
    tcase_add_test(errors, an_error_in_a_batch_reaches_no_neighbour);
    tcase_add_test(errors, a_statement_that_cannot_be_prepared_tells_each_why);
    tcase_add_test(errors, a_changed_table_is_prepared_for_anew);
    TCase *fates = new_case(suite, "fates");
    tcase_add_test(fates, a_cancelled_fiber_disturbs_nobody);
    tcase_add_test(fates, when_all_are_cancelled_the_next_still_gets_its_own_answer);
    tcase_add_test(fates, a_lost_connection_fails_those_who_wait_and_the_next_get_a_new_one);
    tcase_add_test(fates, one_lost_while_idle_is_replaced_unseen);
    tcase_add_test(fates, a_statement_that_takes_too_long_is_cancelled_and_the_connection_stays);
    tcase_add_test(fates, a_request_to_cancel_that_comes_too_late_ends_nothing);
    tcase_add_test(fates, one_that_cannot_be_opened_fails_all_who_wait_for_it);
    tcase_add_test(fates, when_the_one_who_opens_it_is_cancelled_another_does);
    return suite;
}
