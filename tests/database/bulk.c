/* bulk.c -- many rows at once: insert_many, copy, and flushes so large that rows are copied.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

enum { MOST = 1200, BEYOND = 10001 }; /* over what travels as arrays at once, and over what Core inserts at once */
static const size_t counts[] = {0, 1, 2, 3, 5, 999, 1000, 1001, MOST};
enum { COUNTS = sizeof counts / sizeof *counts };

static blog_author_values values[MOST];
static blog_author rows[MOST];
static char texts[MOST][2][32];

/* Every third author has a score. */
static void make_values(void)
{
    for (int i = 0; i < MOST; i++) {
        snprintf(texts[i][0], sizeof texts[i][0], "a%d@example.org", i);
        snprintf(texts[i][1], sizeof texts[i][1], "Author %d", i);
        values[i] = (blog_author_values){.email = texts[i][0], .name = texts[i][1], .score = ORM_NULL};
        if (i % 3 == 0)
            values[i].score = (orm_in_null_float64)ORM_VALUE(i * 0.5);
    }
}

static size_t count_authors(void)
{
    size_t count;
    ok(blog_author_count(s, NULL, &count));
    ok(orm_session_rollback(s));
    return count;
}

static void expect_row(const blog_author *row, int i)
{
    expect_text(row->email, texts[i][0]);
    expect_text(row->name, texts[i][1]);
    ck_assert_ptr_null(row->bio);
    ck_assert_int_eq(row->score.has, i % 3 == 0);
    if (row->score.has)
        ck_assert_double_eq(row->score.value, i * 0.5);
}

START_TEST(many_inserted_rows_get_each_its_own_key)
{
    orm_result *result, *found;
    blog_author row;
    size_t count = counts[_i];
    make_values();
    ok(blog_author_insert_many(c, values, count, rows, &result));
    ck_assert_uint_eq(count_authors(), count);
    for (size_t i = 0; i < count; i += count < 10 ? 1 : 83) {
        expect_row(&rows[i], (int)i);
        ok(blog_author_fetch(c, rows[i].id, &row, &found));
        expect_row(&row, (int)i);
        ck_assert_int_eq(row.created_at.microseconds, rows[i].created_at.microseconds);
        orm_result_free(found);
    }
    orm_result_free(result);
}
END_TEST

START_TEST(many_rows_are_copied_without_coming_back)
{
    const blog_author *found;
    orm_result *result;
    size_t count = counts[_i], back;
    make_values();
    ok(blog_author_copy(c, values, count));
    ok(blog_author_select(c, &(blog_author_query){.order_by = {orm_asc(BLOG_AUTHOR.id)}}, &found, &back, &result));
    ck_assert_uint_eq(back, count);
    bool seen[MOST] = {false};
    for (size_t i = 0; i < count; i++) {
        int index = atoi(found[i].name + strlen("Author "));
        ck_assert(!seen[index]);
        seen[index] = true;
        expect_row(&found[i], index);
    }
    orm_result_free(result);
}
END_TEST

START_TEST(an_insert_after_a_copy_gets_its_key)
{
    orm_result *result;
    make_values();
    for (int i = 0; i < 6; i++) {
        if (i % 2 == 0) {
            ok(blog_author_copy(c, &values[i], 1));
            continue;
        }
        ok(blog_author_insert(c, &values[i], &rows[i], &result));
        ck_assert_int_gt(rows[i].id, 0);
        orm_result_free(result);
    }
    ck_assert_uint_eq(count_authors(), 6);
}
END_TEST

START_TEST(rows_of_several_shapes_are_inserted_together)
{
    orm_result *result;
    make_values();
    for (int i = 0; i < MOST; i += 2)
        values[i].score = (orm_in_null_float64){.set = ORM_LEFT_OUT};
    values[7].id = (orm_in_int64)ORM_VALUE(1000000);
    ok(blog_author_insert_many(c, values, MOST, rows, &result));
    ck_assert_int_eq(rows[7].id, 1000000);
    for (int i = 0; i < MOST; i++) {
        expect_text(rows[i].name, texts[i][1]);
        ck_assert_int_gt(rows[i].id, 0);
        ck_assert_int_eq(rows[i].score.has, i % 2 == 1 && i % 3 == 0);
    }
    orm_result_free(result);
    ck_assert_uint_eq(count_authors(), MOST);
}
END_TEST

START_TEST(one_refused_row_refuses_all)
{
    orm_result *result;
    make_values();
    values[MOST - 1].email = values[3].email;
    expect_status(ORM_CONSTRAINT, blog_author_insert_many(c, values, MOST, rows, &result));
    ck_assert_ptr_null(result);
    ck_assert_int_eq(rows[0].id, 0);
    expect_status(ORM_CONSTRAINT, blog_author_copy(c, values, MOST));
    ck_assert_uint_eq(count_authors(), 0);
    ok(blog_author_copy(c, values, MOST - 1)); /* the connection is as it was */
    ck_assert_uint_eq(count_authors(), MOST - 1);
}
END_TEST

START_TEST(a_bulk_insert_in_a_transaction_ends_with_it)
{
    make_values();
    ok(orm_connection_begin(c));
    ok(blog_author_copy(c, values, MOST));
    ok(orm_connection_rollback(c));
    ck_assert_uint_eq(count_authors(), 0);
    ok(orm_connection_begin(c));
    ok(blog_author_copy(c, values, MOST));
    ok(orm_connection_commit(c));
    ck_assert_uint_eq(count_authors(), MOST);
}
END_TEST

START_TEST(an_invalid_row_refuses_all_before_anything_is_sent)
{
    make_values();
    values[1100].email = "no address";
    forget_statements();
    expect_status(ORM_INVALID, blog_author_copy(c, values, MOST));
    expect_said(story(), "email");
    ck_assert_uint_eq(count_authors(), 0);
}
END_TEST

START_TEST(rows_without_their_result_are_misuse)
{
    orm_result *result;
    make_values();
    expect_status(ORM_MISUSE, blog_author_insert_many(c, values, 2, rows, NULL));
    expect_status(ORM_MISUSE, blog_author_insert_many(c, values, 2, NULL, &result));
    ck_assert_uint_eq(count_authors(), 0);
}
END_TEST

/* --- flushes --- */

static const blog_author *authors[MOST];

static void add_authors(void)
{
    make_values();
    for (int i = 0; i < MOST; i++)
        ok(blog_author_add(s, &values[i], &authors[i]));
}

START_TEST(a_large_flush_gives_each_entity_its_own_key)
{
    blog_author row;
    orm_result *result;
    add_authors();
    forget_statements();
    ok(orm_session_flush(s));
    expect_statements("INSERT authors 1200");
    ok(orm_session_commit(s));
    for (int i = 0; i < MOST; i += 97) {
        ok(blog_author_fetch(c, authors[i]->id, &row, &result));
        expect_row(&row, i);
        orm_result_free(result);
        const blog_author *same;
        ok(blog_author_get(s, authors[i]->id, &same));
        ck_assert_ptr_eq(same, authors[i]);
    }
}
END_TEST

START_TEST(a_large_flush_that_is_refused_leaves_no_keys)
{
    add_authors();
    run_sql("INSERT INTO authors (email, name, created_at) VALUES ('a1100@example.org', 'x', '2024-01-01 00:00:00')");
    expect_status(ORM_CONSTRAINT, orm_session_flush(s));
    ck_assert_int_eq(authors[0]->id, 0);
    ck_assert_int_eq(authors[MOST - 1]->id, 0);
    ok(orm_session_rollback(s));
    ck_assert_uint_eq(count_authors(), 1);
}
END_TEST

START_TEST(a_trigger_sees_the_rows_of_a_large_flush)
{
    if (on_sqlite())
        return; /* COPY is PostgreSQL's */
    run_sql("CREATE OR REPLACE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN NEW.name := upper(NEW.name); RETURN NEW; END'");
    run_sql("CREATE TRIGGER shouting BEFORE INSERT ON authors FOR EACH ROW EXECUTE FUNCTION shout()");
    add_authors();
    ok(orm_session_commit(s));
    run_sql("DROP FUNCTION shout CASCADE");
    orm_result *result;
    blog_author row;
    ok(blog_author_fetch(c, authors[1100]->id, &row, &result));
    expect_text(row.name, "AUTHOR 1100");
    expect_text(row.email, texts[1100][0]);
    orm_result_free(result);
}
END_TEST

/* --- how --- */

static int copies;
static void count_copies(const orm_statement_event *event, void *user)
{
    (void)user;
    copies += strncmp(event->sql, "COPY ", 5) == 0;
}

/* Copies MOST authors on an engine of its own, and tells by how many COPYs. */
static int copies_of(const char *before, const char *after)
{
    orm_engine *watched;
    orm_connection *on;
    if (before)
        run_sql(before);
    copies = 0;
    orm_engine_options options = test_options();
    options.hooks.statement = count_copies;
    ok(orm_engine_open(test_url(), &options, &watched, &error));
    ok(orm_connection_open(watched, &on, &error));
    make_values();
    orm_status status = blog_author_copy(on, values, MOST);
    ck_assert_msg(status == ORM_OK, "%s", orm_connection_error(on)->message);
    orm_connection_close(on);
    orm_engine_close(watched);
    if (after)
        run_sql(after);
    return copies;
}

START_TEST(rows_are_copied_where_that_does_what_an_insert_would)
{
    static const struct {
        const char *before, *after;
        int copies;
    } cases[] = {
        {NULL, NULL, 1},
        {"ALTER TABLE authors ENABLE ROW LEVEL SECURITY", "ALTER TABLE authors DISABLE ROW LEVEL SECURITY", 0},
        {"CREATE RULE nothing AS ON DELETE TO authors DO ALSO NOTHING", "DROP RULE nothing ON authors", 0},
        {"ALTER TABLE authors ALTER score TYPE float4", "ALTER TABLE authors ALTER score TYPE float8", 0},
        {"ALTER TABLE authors ALTER name TYPE varchar(40)", "ALTER TABLE authors ALTER name TYPE text", 1},
    };
    if (on_sqlite())
        return; /* COPY is PostgreSQL's */
    ck_assert_int_eq(copies_of(cases[_i].before, cases[_i].after), cases[_i].copies);
    ck_assert_uint_eq(count_authors(), MOST);
}
END_TEST

START_TEST(every_type_that_is_copied_arrives_as_it_was)
{
    static kinds_copied_values given[BEYOND];
    static const uint8_t bytes[] = {0, 1, 255};
    for (int i = 0; i < BEYOND; i++)
        given[i] = (kinds_copied_values){.flag = ORM_NULL,
                                         .small = ORM_NULL,
                                         .middle = ORM_NULL,
                                         .large = ORM_NULL,
                                         .single = ORM_NULL,
                                         .real = ORM_NULL,
                                         .label = ORM_NULL,
                                         .data = ORM_NULL,
                                         .token = ORM_NULL,
                                         .day = ORM_NULL,
                                         .hour = ORM_NULL,
                                         .local = ORM_NULL,
                                         .moment = ORM_NULL,
                                         .span = ORM_NULL,
                                         .doc = ORM_NULL,
                                         .docb = ORM_NULL,
                                         .mood = ORM_NULL};
    given[BEYOND - 2] = (kinds_copied_values){
        .flag = ORM_VALUE(true),
        .small = ORM_VALUE(-7),
        .middle = ORM_VALUE(-70000),
        .large = ORM_VALUE(INT64_MIN),
        .single = ORM_VALUE(0.5f),
        .real = ORM_VALUE(-2.25),
        .label = ORM_VALUE("gr\u00fc\u00df \\ \t\n"),
        .data = ORM_VALUE(((orm_bytes){bytes, sizeof bytes})),
        .token = ORM_VALUE(((orm_uuid){{1, 2, 3, 0, 255}})),
        .day = ORM_VALUE((orm_date){-1}),
        .hour = ORM_VALUE((orm_time){1}),
        .local = ORM_VALUE((orm_timestamp){-1}),
        .moment = ORM_VALUE((orm_timestamptz){1}),
        .span = ORM_VALUE(((orm_interval){.microseconds = -1, .days = 2, .months = -3})),
        .doc = ORM_VALUE((orm_json){"{\"a\": 1}"}),
        .docb = ORM_VALUE((orm_jsonb){"{\"b\": 2}"}),
        .mood = ORM_VALUE(KINDS_MOOD_HAPPY),
    };
    ok(kinds_copied_copy(c, given, BEYOND));
    const kinds_copied *found;
    size_t count;
    orm_result *result;
    ok(kinds_copied_select(c, &(kinds_copied_query){.where = {orm_eq(KINDS_COPIED.small, -7)}}, &found, &count,
                           &result));
    ck_assert_uint_eq(count, 1);
    ck_assert(found->flag.has && found->flag.value);
    ck_assert_int_eq(found->middle.value, -70000);
    ck_assert_int_eq(found->large.value, INT64_MIN);
    ck_assert_double_eq((double)found->single.value, 0.5);
    ck_assert_double_eq(found->real.value, -2.25);
    expect_text(found->label, "gr\u00fc\u00df \\ \t\n");
    ck_assert_mem_eq(found->data.data, bytes, sizeof bytes);
    ck_assert_mem_eq(found->token.value.bytes, ((uint8_t[16]){1, 2, 3, 0, 255}), 16);
    ck_assert_int_eq(found->day.value.days, -1);
    ck_assert_int_eq(found->hour.value.microseconds, 1);
    ck_assert_int_eq(found->local.value.microseconds, -1);
    ck_assert_int_eq(found->moment.value.microseconds, 1);
    ck_assert_int_eq(found->span.value.months, -3);
    expect_text(found->doc.text, "{\"a\": 1}");
    expect_text(found->docb.text, "{\"b\": 2}");
    ck_assert_int_eq(found->mood.value, KINDS_MOOD_HAPPY);
    orm_result_free(result);
    ok(kinds_copied_select(c, &(kinds_copied_query){.where = {orm_is_null(KINDS_COPIED.mood)}}, &found, &count,
                           &result));
    ck_assert_uint_eq(count, BEYOND - 1);
    ck_assert_ptr_null(found->label);
    ck_assert(!found->span.has && !found->flag.has);
    orm_result_free(result);
}
END_TEST

/* `own`: one row has clocks of its own. */
static void insert_clocks(kinds_preset *made, size_t count, bool own)
{
    static kinds_preset_values given[5];
    orm_result *result;
    memset(given, 0, sizeof given);
    if (own) {
        given[3].day_now = (orm_in_date)ORM_VALUE((orm_date){-1});
        given[3].local_now = (orm_in_timestamp)ORM_VALUE((orm_timestamp){-1});
        given[3].moment_now = (orm_in_timestamptz)ORM_VALUE((orm_timestamptz){1});
    }
    ok(kinds_preset_insert_many(c, given, count, made, &result));
    orm_result_free(result);
}

START_TEST(clocks_that_rows_share_and_clocks_of_their_own_arrive)
{
    kinds_preset made[5];
    const kinds_preset *found;
    size_t count;
    orm_result *result;
    insert_clocks(made, 5, _i == 1);
    ok(kinds_preset_select(c, &(kinds_preset_query){.order_by = {orm_asc(KINDS_PRESET.id)}}, &found, &count, &result));
    ck_assert_uint_eq(count, 5);
    for (size_t i = 0; i < 5; i++) {
        bool own = _i == 1 && i == 3;
        ck_assert_int_eq(found[i].id, made[i].id);
        ck_assert_int_eq(found[i].day_now.days, own ? -1 : made[0].day_now.days);
        ck_assert_int_eq(found[i].local_now.microseconds, own ? -1 : made[0].local_now.microseconds);
        ck_assert_int_eq(found[i].moment_now.microseconds, own ? 1 : made[0].moment_now.microseconds);
        ck_assert_int_eq(found[i].local.microseconds, made[i].local.microseconds);
        expect_text(found[i].label, "it's");
    }
    orm_result_free(result);
}
END_TEST

START_TEST(a_clock_that_cannot_be_stored_is_refused_by_the_name_of_its_column)
{
    blog_author_values given[5];
    make_values();
    for (int i = 0; i < 5; i++) {
        given[i] = values[i];
        given[i].created_at = (orm_in_timestamptz)ORM_VALUE((orm_timestamptz){INT64_MAX});
    }
    orm_status status = blog_author_copy(c, given, 5);
    ck_assert_int_eq(status, on_sqlite() ? ORM_UNSUPPORTED : ORM_OK);
    if (on_sqlite())
        ck_assert_str_eq(orm_connection_error(c)->column, "created_at");
}
END_TEST

Suite *suite_bulk(void)
{
    Suite *suite = suite_create("bulk");
    TCase *insert = new_case(suite, "insert");
    tcase_add_loop_test(insert, many_inserted_rows_get_each_its_own_key, 0, COUNTS);
    tcase_add_loop_test(insert, many_rows_are_copied_without_coming_back, 0, COUNTS);
    tcase_add_test(insert, an_insert_after_a_copy_gets_its_key);
    tcase_add_test(insert, rows_of_several_shapes_are_inserted_together);
    tcase_add_test(insert, one_refused_row_refuses_all);
    tcase_add_test(insert, a_bulk_insert_in_a_transaction_ends_with_it);
    tcase_add_test(insert, an_invalid_row_refuses_all_before_anything_is_sent);
    tcase_add_test(insert, rows_without_their_result_are_misuse);
    tcase_add_loop_test(insert, clocks_that_rows_share_and_clocks_of_their_own_arrive, 0, 2);
    tcase_add_test(insert, a_clock_that_cannot_be_stored_is_refused_by_the_name_of_its_column);
    TCase *flush = new_case(suite, "flush");
    tcase_add_test(flush, a_large_flush_gives_each_entity_its_own_key);
    tcase_add_test(flush, a_large_flush_that_is_refused_leaves_no_keys);
    tcase_add_test(flush, a_trigger_sees_the_rows_of_a_large_flush);
    TCase *how = new_case(suite, "how");
    tcase_add_loop_test(how, rows_are_copied_where_that_does_what_an_insert_would, 0, 5);
    tcase_add_test(how, every_type_that_is_copied_arrives_as_it_was);
    return suite;
}
