/* observing.c -- what hooks, echo, the slow-statement log and the statistics of an engine tell.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <stdio.h>

static char seen[8192];
static size_t connects, checkouts, checkins;
static int64_t longest;

static void note(const char *text)
{
    size_t length = strlen(seen);
    snprintf(seen + length, sizeof seen - length, "%s\n", text);
}

static void note_line(const char *line, void *user)
{
    (void)user;
    note(line);
}

/* Opens another engine in the place of the harness's, with a session on it. */
static void watch(orm_engine_options more)
{
    orm_engine_options options = test_options();
    options.echo = more.echo;
    options.slow = more.slow;
    options.slow_after = more.slow_after;
    options.hooks = more.hooks;
    options.hide_parameters = more.hide_parameters;
    options.statistics = more.statistics;
    options.tags = more.tags;
    orm_session_close(s);
    orm_connection_close(c);
    orm_engine_close(engine);
    c = NULL;
    s = NULL;
    ok(orm_engine_open(test_url(), &options, &engine, &error));
    s = open_session((orm_session_factory){0});
    seen[0] = '\0';
}

START_TEST(echo_shows_statements_parameters_and_whether_they_were_prepared)
{
    const blog_author *found;
    watch((orm_engine_options){.echo = {note_line, NULL}});
    expect_status(ORM_NOT_FOUND, blog_author_get(s, 4711, &found));
    expect_said(seen, "SELECT ");
    expect_said(seen, "\n[prepared, ");
    expect_said(seen, " ms, 0 rows] (4711)\n");
    seen[0] = '\0';
    expect_status(ORM_NOT_FOUND, blog_author_get(s, 4712, &found));
    expect_said(seen, "SELECT ");
    expect_said(seen, "[cached, ");
    expect_said(seen, "(4712)\n");
    seen[0] = '\0';
    add_author("ada");
    ok(orm_session_commit(s));
    expect_said(seen, "INSERT ");
    expect_said(seen, "'ada'");
    expect_said(seen, "1 row]");
    expect_said(seen, "COMMIT\n");
}
END_TEST

START_TEST(echo_shows_no_parameters_that_are_to_be_hidden)
{
    const blog_author *found;
    watch((orm_engine_options){.echo = {note_line, NULL}, .hide_parameters = true});
    add_author("sesame");
    ok(orm_session_commit(s));
    expect_said(seen, "(***");
    ck_assert_ptr_null(strstr(seen, "sesame"));
    expect_status(ORM_NOT_FOUND, blog_author_get(s, 4711, &found));
    ck_assert_ptr_null(strstr(seen, "4711"));
}
END_TEST

START_TEST(values_of_sensitive_columns_are_never_shown)
{
    static const char *const pins[] = {"sesame 1", "sesame 2", "sesame 3"};
    const server_crate *found;
    watch((orm_engine_options){.echo = {note_line, NULL}, .slow = {note_line, NULL}, .slow_after = 1});
    for (int i = 0; i < 3; i++) {
        ok(server_crate_add(s, &(server_crate_values){.code = "open", .pin = ORM_VALUE(pins[i])}, NULL));
        if (i != 1) /* one alone, then two together */
            ok(orm_session_commit(s));
    }
    ck_assert_int_eq(
        server_crate_one(s, &(server_crate_query){.where = {orm_eq(SERVER_CRATE.pin, "sesame 2")}}, &found), ORM_OK);
    expect_said(seen, "'open'");
    expect_said(seen, "***");
    ck_assert_ptr_null(strstr(seen, "sesame"));
}
END_TEST

/* That it did what it may, and that nobody was told a value: each has 606 inside, or "sesame". */
static void expect_hidden(orm_status got, orm_status wanted)
{
    expect_status(wanted, got);
    expect_said(seen, "***");
    ck_assert_msg(!strstr(seen, "606") && !strstr(seen, "sesame"), "%s", seen);
    const char *message = orm_connection_error(c)->message;
    ck_assert_msg(!strstr(message, "606") && !strstr(message, "sesame"), "%s", message);
    seen[0] = '\0';
}

START_TEST(values_compared_with_sensitive_columns_are_never_shown)
{
    static const int32_t pins[] = {60601, 60602};
    static const int16_t few[] = {6061};
    const orm_expr conditions[] = {
        orm_eq(SERVER_VAULT.pin, 60600),
        orm_gt(SERVER_VAULT.few, 6060),
        orm_between(SERVER_VAULT.pin, 60600, 60603),
        orm_in(SERVER_VAULT.pin, pins, 2),
        orm_not_in(SERVER_VAULT.few, few, 1),
        orm_lt(SERVER_VAULT.price, (orm_decimal){"606.25"}),
        orm_json_eq(SERVER_VAULT.doc, "a", (orm_jsonb){"\"sesame\""}),
        orm_json_text_like(SERVER_VAULT.doc, "a", "%sesame%"),
    };
    orm_opt_int32 highest;
    orm_rows *rows;
    watch((orm_engine_options){.echo = {note_line, NULL}});
    c = open_connection();
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions - (on_sqlite() ? 2 : 0); i++) {
        size_t count;
        expect_hidden(server_vault_delete_where(c, conditions[i], &count), ORM_OK);
    }
    seen[0] = '\0';
    ok(server_vault_group(c,
                          &(orm_grouping){.select = {orm_into_opt(highest, orm_max(SERVER_VAULT.pin))},
                                          .having = {orm_gt(orm_max(SERVER_VAULT.pin), 60600)}},
                          &rows));
    orm_rows_close(rows);
    expect_said(seen, "(***)");
}
END_TEST

START_TEST(a_sensitive_value_that_is_refused_is_not_told)
{
    const server_vault_values good = {.pin = 60600, .few = 6060};
    server_vault_values odd = good;
    size_t count;
    watch((orm_engine_options){.echo = {note_line, NULL}});
    c = open_connection();
    expect_hidden(server_vault_insert(c, &good, NULL, NULL), ORM_OK);
    if (on_sqlite()) {
        ck_assert_int_eq(server_vault_delete_where(c, orm_eq(SERVER_VAULT.price, ((orm_decimal){"sesame"})), &count),
                         ORM_INVALID);
    } else {
        ck_assert_int_ne(server_vault_delete_where(c, orm_eq(SERVER_VAULT.price, ((orm_decimal){"sesame"})), &count),
                         ORM_OK);
        ORM_SET(odd.place, "sesame");
        ck_assert_int_ne(server_vault_insert(c, &odd, NULL, NULL), ORM_OK);
        ck_assert_str_eq(orm_connection_error(c)->sqlstate, "22P02");
    }
    const char *message = orm_connection_error(c)->message;
    ck_assert_msg(message[0] && !strstr(message, "sesame"), "%s", message);
}
END_TEST

static void note_message(const orm_statement_event *event, void *user)
{
    (void)user;
    if (event->error)
        note(event->error->message);
}

/* That connection and hook tell of a refusal, on PostgreSQL by these words, and neither tells the pin. */
static void expect_no_pin(orm_status got, const char *part)
{
    const char *message = orm_connection_error(c)->message;
    expect_status(ORM_CONSTRAINT, got);
    expect_said(message, on_sqlite() ? "constraint failed: crates." : part);
    expect_said(seen, message);
    ck_assert_msg(!strstr(seen, "sesame"), "%s", seen);
    seen[0] = '\0';
}

START_TEST(what_the_database_refuses_is_told_without_values_of_sensitive_columns)
{
    const server_crate_values x = {.code = "x", .pin = ORM_VALUE("sesame")};
    const server_crate_values two[] = {{.code = "y", .pin = ORM_VALUE("sesame 2")},
                                       {.code = "z", .pin = ORM_VALUE("sesame 2")}};
    watch((orm_engine_options){.hooks = {.statement = note_message}});
    c = open_connection();
    run_sql("CREATE UNIQUE INDEX crates_by_pin ON crates (pin)");
    run_sql("CREATE UNIQUE INDEX crates_by_code ON crates (code)");
    ok(server_crate_insert(c, &x, NULL, NULL));
    expect_no_pin(server_crate_insert(c, &(server_crate_values){.code = "y", .pin = ORM_VALUE("sesame")}, NULL, NULL),
                  "crates_by_pin");
    expect_no_pin(server_crate_insert_many(c, two, 2, NULL, NULL), "crates_by_pin");
    if (!on_sqlite())
        expect_no_pin(server_crate_copy(c, two, 2), "crates_by_pin");
    expect_no_pin(orm_connection_execute(c, "UPDATE crates SET code = NULL", NULL, NULL), "null value in column");
    expect_no_pin(server_crate_insert(c, &(server_crate_values){.code = "x"}, NULL, NULL), "(Key (code)=(x) already");
    run_sql("DROP INDEX crates_by_pin");
    run_sql("DROP INDEX crates_by_code");
}
END_TEST

START_TEST(a_refused_statement_is_told_with_its_error)
{
    watch((orm_engine_options){.echo = {note_line, NULL}});
    c = open_connection();
    ck_assert_int_ne(orm_connection_execute(c, "SELECT nonsense", NULL, NULL), ORM_OK);
    expect_said(seen, "SELECT nonsense\n");
    expect_said(seen, ", ORM_SCHEMA] ()");
}
END_TEST

static void note_one_line(const char *line, void *user)
{
    ck_assert_msg(!strpbrk(line, "\n\r\033"), "%s", line);
    note_line(line, user);
}

START_TEST(a_line_of_a_log_is_one_whatever_stands_in_values_and_sql)
{
    watch((orm_engine_options){.echo = {note_one_line, NULL}, .slow = {note_one_line, NULL}, .slow_after = 1});
    add_author("a\nROLLBACK\r\033[2J\xc3\xa4");
    ok(orm_session_commit(s));
    expect_said(seen, "'a\\nROLLBACK\\x0d\\x1b[2J\xc3\xa4'");
    c = open_connection();
    ok(orm_connection_execute(c, "SELECT 1\n\n FROM authors", NULL, NULL));
    expect_said(seen, "SELECT 1   FROM authors\n");
}
END_TEST

START_TEST(the_slow_log_has_slow_statements_only)
{
    static const char *const slow[] = {
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT count(*) FROM n",
        "SELECT pg_sleep(0.02)"};
    watch((orm_engine_options){.slow = {note_line, NULL}, .slow_after = 10});
    c = open_connection();
    ok(orm_connection_execute(c, slow[!on_sqlite()], NULL, NULL));
    expect_said(seen, "slow: ");
    expect_said(seen, slow[!on_sqlite()]);
    watch((orm_engine_options){.slow = {note_line, NULL}, .slow_after = 100000});
    add_author("ada");
    ok(orm_session_commit(s));
    expect_text(seen, "");
}
END_TEST

static void note_event(const orm_statement_event *event, void *user)
{
    (void)user;
    if (event->kind == ORM_STATEMENT_SELECT) {
        longest = event->microseconds > longest ? event->microseconds : longest;
        note(event->parameters ? event->parameters : "none");
        ck_assert_ptr_null(event->error);
    }
}

static orm_status note_connect(orm_connection *connection, void *user)
{
    (void)user;
    connects++;
    return orm_connection_execute(connection, "SELECT 1", NULL, NULL);
}

static void note_checkout(orm_connection *connection, void *user)
{
    (void)connection, (void)user;
    checkouts++;
}

static void note_checkin(orm_connection *connection, void *user)
{
    (void)connection, (void)user;
    checkins++;
}

static void note_transaction(const char *verb, orm_status status, void *user)
{
    (void)user;
    note(verb);
    ck_assert_int_eq(status, ORM_OK);
}

START_TEST(hooks_are_told_of_connections_and_transactions)
{
    connects = checkouts = checkins = 0;
    watch((orm_engine_options){.hooks = {.connect = note_connect,
                                         .checkout = note_checkout,
                                         .checkin = note_checkin,
                                         .transaction = note_transaction}});
    ck_assert_uint_eq(connects, 1);
    ck_assert_uint_eq(checkouts, 0); /* nobody has it yet */
    add_author("ada");
    ok(orm_session_begin_nested(s));
    ok(orm_session_rollback_nested(s));
    ok(orm_session_commit(s));
    ck_assert_uint_eq(checkouts, 1);
    ck_assert_uint_eq(checkins, 1);
    add_author("bob");
    ok(orm_session_flush(s));
    ok(orm_session_rollback(s));
    expect_text(seen, "BEGIN\nCOMMIT\nBEGIN\nROLLBACK\n");
    ck_assert_uint_eq(connects, 1);
}
END_TEST

static int open_transactions;

static void count_transaction(const char *verb, orm_status status, void *user)
{
    (void)user;
    open_transactions += strcmp(verb, "BEGIN") == 0 && !status;
    open_transactions -= strcmp(verb, "ROLLBACK") == 0 || (strcmp(verb, "COMMIT") == 0 && !status);
    note(verb);
    note(orm_status_name(status));
}

START_TEST(each_transaction_ends_once_for_the_hook)
{
    open_transactions = 0;
    watch((orm_engine_options){.hooks = {.transaction = count_transaction}});
    c = open_connection();
    ok(orm_connection_begin(c));
    ok(orm_connection_execute(c, "SELECT 1", NULL, NULL));
    ck_assert_int_ne(orm_connection_execute(c, "SELECT nonsense", NULL, NULL), ORM_OK);
    expect_status(ORM_ROLLBACK_FIRST, orm_connection_commit(c));
    ok(orm_connection_rollback(c));
    ck_assert_int_eq(open_transactions, 0);
    ok(orm_connection_begin(c));
    orm_connection_close(c); /* nothing was sent, or it is rolled back */
    c = open_connection();
    ck_assert_int_eq(open_transactions, 0);
    ok(orm_connection_begin(c));
    ok(orm_connection_execute(
        c, "CREATE TABLE late (id int PRIMARY KEY, up int REFERENCES late DEFERRABLE INITIALLY DEFERRED)", NULL, NULL));
    ok(orm_connection_execute(c, "INSERT INTO late VALUES (1, 2)", NULL, NULL));
    seen[0] = '\0';
    expect_status(ORM_CONSTRAINT, orm_connection_commit(c));
    expect_said(seen, "COMMIT\nORM_CONSTRAINT\nROLLBACK\n");
    ck_assert_int_eq(open_transactions, 0);
}
END_TEST

START_TEST(a_transaction_that_is_lost_ends_for_the_hook_too)
{
    if (on_sqlite())
        return; /* its connections are not lost */
    open_transactions = 0;
    watch((orm_engine_options){.hooks = {.transaction = count_transaction}});
    c = open_connection();
    ok(orm_connection_begin(c));
    ok(orm_connection_execute(c, "SELECT 1", NULL, NULL));
    ck_assert_int_eq(open_transactions, 1);
    expect_status(ORM_DISCONNECTED,
                  orm_connection_execute(c, "SELECT pg_terminate_backend(pg_backend_pid())", NULL, NULL));
    ok(orm_connection_rollback(c));
    expect_text(seen, "BEGIN\nORM_OK\nROLLBACK\nORM_DISCONNECTED\n");
    add_author("ada");
    ok(orm_session_flush(s));
    ck_assert_int_eq(open_transactions, 1);
    ck_assert_int_ne(
        orm_connection_execute(orm_session_connection(s), "SELECT pg_terminate_backend(pg_backend_pid())", NULL, NULL),
        ORM_OK);
    orm_session_close(s);
    s = NULL;
    ck_assert_int_eq(open_transactions, 0);
}
END_TEST

static orm_status begin_in_hook(orm_connection *connection, void *user)
{
    (void)user;
    orm_status status = orm_connection_begin(connection);
    return status ? status
                  : orm_connection_execute(connection, "INSERT INTO crates (code) VALUES ('by the hook')", NULL, NULL);
}

START_TEST(what_the_hook_for_connections_leaves_open_is_rolled_back)
{
    size_t crates;
    watch((orm_engine_options){.hooks = {.connect = begin_in_hook}});
    c = open_connection();
    ok(orm_connection_begin(c));
    ok(orm_connection_commit(c));
    ok(server_crate_count(s, NULL, &crates));
    ck_assert_uint_eq(crates, 0);
}
END_TEST

static orm_status refuse_connection(orm_connection *connection, void *user)
{
    (void)user;
    return orm_connection_execute(connection, "SELECT nonsense", NULL, NULL);
}

START_TEST(a_hook_may_refuse_a_connection)
{
    orm_engine *opened = engine;
    orm_engine_options options = test_options();
    options.hooks.connect = refuse_connection;
    expect_status(ORM_SCHEMA, orm_engine_open(test_url(), &options, &opened, &error));
    ck_assert_ptr_null(opened);
    expect_said(error.message, "nonsense");
}
END_TEST

START_TEST(an_event_has_parameters_and_time_when_they_are_wanted)
{
    const blog_author *found;
    watch((orm_engine_options){.hooks = {.statement = note_event}});
    expect_status(ORM_NOT_FOUND, blog_author_get(s, 5, &found));
    expect_text(seen, "none\n");
    watch((orm_engine_options){.hooks = {.statement = note_event, .parameters = true}});
    expect_status(ORM_NOT_FOUND, blog_author_get(s, 5, &found));
    expect_text(seen, "(5)\n");
    ck_assert_int_gt(longest, 0);
}
END_TEST

static size_t last_bytes;
static bool last_cached;

static void note_sql(const orm_statement_event *event, void *user)
{
    (void)user;
    seen[0] = '\0';
    note(event->sql);
    last_bytes = event->bytes;
    last_cached = event->cached;
}

/* Whether the next get was prepared already, and that its SQL ends so. */
static bool get_ends_with(const char *end)
{
    static int key = 1000000;
    const blog_author *found;
    expect_status(ORM_NOT_FOUND, blog_author_get(s, key++, &found));
    size_t length = strlen(end), whole = strlen(seen) - 1; /* without the end of line */
    ck_assert_msg(whole > length && memcmp(seen + whole - length, end, length) == 0, "%s", seen);
    return last_cached;
}

static void tag_session(const char *const *tags)
{
    orm_session_close(s);
    s = open_session((orm_session_factory){.tags = tags});
}

START_TEST(statements_carry_the_tags_of_engine_and_session)
{
    static const char *const application[] = {"application", "blog */; DROP TABLE t; --", "b", "'", NULL};
    static const char *const posts[] = {"route", "/posts", "b", "%", NULL}, *const tags[] = {"route", "/tags", NULL};
    static const char common[] = "/*application='blog%20%2A%2F%3B%20DROP%20TABLE%20t%3B%20--',b='";
    char wanted[3][256];
    snprintf(wanted[0], sizeof wanted[0], " %s%%27'*/", common);
    snprintf(wanted[1], sizeof wanted[1], " %s%%25',route='%%2Fposts'*/", common);
    snprintf(wanted[2], sizeof wanted[2], " %s%%27',route='%%2Ftags'*/", common);
    watch((orm_engine_options){.hooks = {.statement = note_sql}, .tags = application});
    for (int round = 0; round < 3; round++) { /* each is prepared once, whoever came between */
        tag_session(NULL);
        ck_assert_int_eq(get_ends_with(wanted[0]), round > 0);
        ck_assert(get_ends_with(wanted[0]));
        tag_session(posts);
        ck_assert_int_eq(get_ends_with(wanted[1]), round > 0);
        ck_assert(get_ends_with(wanted[1]));
        tag_session(tags);
        ck_assert_int_eq(get_ends_with(wanted[2]), round > 0);
    }
}
END_TEST

START_TEST(without_tags_there_is_no_comment)
{
    watch((orm_engine_options){.hooks = {.statement = note_sql}});
    get_ends_with("");
    ck_assert_ptr_null(strstr(seen, "/*"));
    static const char *const odd[] = {"route", NULL};
    tag_session(odd);
    get_ends_with("");
    ck_assert_ptr_null(strstr(seen, "/*"));
}
END_TEST

START_TEST(an_event_has_the_bytes_that_went_to_and_fro)
{
    const blog_author *ada;
    watch((orm_engine_options){.hooks = {.statement = note_sql}});
    const blog_author *made = add_author("ada");
    ok(orm_session_commit(s));
    int64_t id = made->id;
    orm_session_clear(s);
    ok(blog_author_get(s, id, &ada));
    if (on_sqlite())
        ck_assert_uint_eq(last_bytes, 0);
    else
        ck_assert_msg(last_bytes > 8 + 8 + 3 && last_bytes < 300, "%zu", last_bytes);
    expect_status(ORM_NOT_FOUND, blog_author_get(s, id + 1, &ada));
    ck_assert_uint_eq(last_bytes, on_sqlite() ? 0 : 8);
}
END_TEST

static orm_statement_statistics gets;
static size_t statements;
static char last_get[512];

static void note_statistics(const orm_statement_statistics *one, void *user)
{
    (void)user;
    statements++;
    if (one->kind == ORM_STATEMENT_SELECT)
        gets = *one;
    if (one->kind == ORM_STATEMENT_SELECT)
        snprintf(last_get, sizeof last_get, "%s", one->sql);
}

START_TEST(statistics_count_each_statement)
{
    const blog_author *found;
    uint64_t calls = 0;
    watch((orm_engine_options){.statistics = true});
    add_author("ada");
    ok(orm_session_commit(s));
    orm_engine_reset_statements(engine);
    for (int i = 1; i <= 10; i++)
        expect_status(ORM_NOT_FOUND, blog_author_get(s, 1000000 + i, &found));
    orm_engine_statements(engine, note_statistics, NULL);
    ck_assert_uint_eq(gets.calls, 10);
    ck_assert_uint_eq(gets.cached, 9);
    ck_assert_uint_eq(gets.errors, 0);
    ck_assert_uint_eq(gets.rows, 0);
    ck_assert_uint_ge(gets.microseconds, gets.longest);
    for (int i = 0; i < ORM_HISTOGRAM; i++)
        calls += gets.histogram[i];
    ck_assert_uint_eq(calls, 10);
    orm_engine_reset_statements(engine);
    statements = 0;
    orm_engine_statements(engine, note_statistics, NULL);
    ck_assert_uint_eq(statements, 0);
}
END_TEST

START_TEST(statements_are_counted_whatever_their_tags)
{
    enum { TAGS = 20 };
    static const char *const application[] = {"application", "test", NULL};
    static char tag[16];
    static const char *const request[] = {"request", tag, NULL};
    const blog_author *found;
    watch((orm_engine_options){.statistics = true, .tags = application});
    orm_engine_reset_statements(engine);
    for (int i = 0; i < TAGS; i++) {
        snprintf(tag, sizeof tag, "%d", i);
        tag_session(request);
        expect_status(ORM_NOT_FOUND, blog_author_get(s, 1, &found));
    }
    orm_engine_statements(engine, note_statistics, NULL);
    ck_assert_uint_eq(gets.calls, TAGS);
    ck_assert_ptr_null(strstr(last_get, "/*"));
}
END_TEST

/* Each tag makes statements of its own to the server. */
START_TEST(many_tags_leave_few_statements_at_the_server)
{
    static char tag[16];
    static const char *const request[] = {"request", tag, NULL};
    const blog_author *found;
    if (on_sqlite())
        return;
    watch((orm_engine_options){.slow_after = 0});
    for (int i = 0; i < 600; i++) {
        snprintf(tag, sizeof tag, "%d", i);
        tag_session(request);
        expect_status(ORM_NOT_FOUND, blog_author_get(s, 1, &found));
    }
    orm_rows *rows;
    ok(orm_connection_query(orm_session_connection(s), "SELECT count(*) FROM pg_prepared_statements", NULL, &rows));
    int64_t count;
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &count));
    orm_rows_close(rows);
    bool kept = test_options().prepared == ORM_PREPARED_ON; /* a pooler keeps none */
    ck_assert_msg(kept ? count > 200 && count < 300 : count == 0, "%lld", (long long)count);
}
END_TEST

static void note_insert(const orm_statement_event *event, void *user)
{
    (void)user;
    if (event->kind == ORM_STATEMENT_INSERT || event->kind == ORM_STATEMENT_TRANSACTION) {
        char line[80];
        snprintf(line, sizeof line, "%.6s %zu%s", event->sql, event->rows, event->cached ? " cached" : "");
        note(line);
        note(event->parameters);
    }
}

START_TEST(an_event_tells_of_its_own_statement_alone)
{
    static char emails[1500][16];
    watch((orm_engine_options){.hooks = {.statement = note_insert, .parameters = true}});
    for (int i = 0; i < 1500; i++) {
        snprintf(emails[i], sizeof emails[i], "%d@x", i);
        ok(blog_author_add(s, &(blog_author_values){.email = emails[i], .name = "n"}, NULL));
    }
    ok(orm_session_commit(s));
    expect_said(seen, "COMMIT 0\n()\n");
    if (!on_sqlite()) /* which draws the keys ahead: not its parameter */
        expect_said(seen, "COPY \" 1500\n()\n");
    seen[0] = '\0';
    ok(blog_author_add(s, &(blog_author_values){.email = "1@x", .name = "n"}, NULL));
    expect_status(ORM_CONSTRAINT, orm_session_commit(s));
    expect_said(seen, "INSERT 0");
    ok(orm_session_rollback(s));
    for (int i = 0; i < 2; i++) {
        char email[] = {(char)('a' + i), '@', 'x', '\0'};
        seen[0] = '\0';
        ok(blog_author_add(s, &(blog_author_values){.email = email, .name = "n"}, NULL));
        ok(orm_session_commit(s));
    }
    expect_said(seen, "COMMIT 0\n()\n"); /* nor cached, as the INSERT with which it went */
}
END_TEST

static void note_status(const orm_statement_event *event, void *user)
{
    char line[80];
    (void)user;
    snprintf(line, sizeof line, "%.5s %s", event->sql, orm_status_name(event->status));
    note(line);
}

static orm_status give_nothing(const void **data, size_t *size, void *user)
{
    (void)data, (void)size, (void)user;
    return ORM_DONE;
}

static orm_status copy_many(void)
{
    static char emails[1500][16];
    static blog_author_values values[1500];
    for (int i = 0; i < 1500; i++) {
        snprintf(emails[i], sizeof emails[i], "%d@x", i);
        values[i] = (blog_author_values){.email = emails[i], .name = "n"};
    }
    return blog_author_copy(c, values, 1500);
}

/* It goes behind a BEGIN of its own, whose answer is awaited. */
START_TEST(a_copy_that_was_not_sent_is_not_told)
{
    if (on_sqlite() || test_options().prepared == ORM_PREPARED_OFF)
        return; /* nobody's connection is lost behind a pooler */
    watch((orm_engine_options){.hooks = {.statement = note_status}});
    c = open_connection();
    ok(copy_many()); /* it knows the table now */
    run_sql("DELETE FROM authors");
    ok(orm_connection_begin(c));
    orm_connection *other = open_connection();
    ok(orm_connection_execute(other,
                              "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                              "WHERE datname = current_database() AND pid <> pg_backend_pid()",
                              NULL, NULL));
    orm_connection_close(other);
    seen[0] = '\0';
    expect_status(ORM_DISCONNECTED,
                  _i ? copy_many() : orm_connection_copy_in(c, "COPY authors FROM STDIN", NULL, give_nothing, NULL));
    expect_text(seen, "BEGIN ORM_DISCONNECTED\n");
}
END_TEST

START_TEST(a_thousand_statements_are_told_apart)
{
    char sql[64];
    watch((orm_engine_options){.statistics = true});
    orm_engine_reset_statements(engine);
    c = open_connection();
    for (int i = 0; i < 1010; i++) {
        snprintf(sql, sizeof sql, "SELECT %d", i);
        run_sql(sql);
    }
    statements = 0;
    orm_engine_statements(engine, note_statistics, NULL);
    ck_assert_uint_eq(statements, 1001);
}
END_TEST

Suite *suite_observing(void)
{
    Suite *suite = suite_create("observing");
    TCase *logs = new_case(suite, "logs");
    tcase_add_test(logs, echo_shows_statements_parameters_and_whether_they_were_prepared);
    tcase_add_test(logs, echo_shows_no_parameters_that_are_to_be_hidden);
    tcase_add_test(logs, values_of_sensitive_columns_are_never_shown);
    tcase_add_test(logs, values_compared_with_sensitive_columns_are_never_shown);
    tcase_add_test(logs, a_sensitive_value_that_is_refused_is_not_told);
    tcase_add_test(logs, what_the_database_refuses_is_told_without_values_of_sensitive_columns);
    tcase_add_test(logs, a_refused_statement_is_told_with_its_error);
    tcase_add_test(logs, a_line_of_a_log_is_one_whatever_stands_in_values_and_sql);
    tcase_add_test(logs, the_slow_log_has_slow_statements_only);
    TCase *hooks = new_case(suite, "hooks");
    tcase_add_test(hooks, hooks_are_told_of_connections_and_transactions);
    tcase_add_test(hooks, each_transaction_ends_once_for_the_hook);
    tcase_add_test(hooks, a_transaction_that_is_lost_ends_for_the_hook_too);
    tcase_add_test(hooks, what_the_hook_for_connections_leaves_open_is_rolled_back);
    tcase_add_test(hooks, a_hook_may_refuse_a_connection);
    tcase_add_test(hooks, an_event_has_parameters_and_time_when_they_are_wanted);
    TCase *counts = new_case(suite, "statistics");
    tcase_add_test(hooks, statements_carry_the_tags_of_engine_and_session);
    tcase_add_test(hooks, without_tags_there_is_no_comment);
    tcase_add_test(hooks, an_event_has_the_bytes_that_went_to_and_fro);
    tcase_add_test(counts, statistics_count_each_statement);
    tcase_add_test(counts, statements_are_counted_whatever_their_tags);
    tcase_add_test(counts, many_tags_leave_few_statements_at_the_server);
    tcase_add_test(counts, an_event_tells_of_its_own_statement_alone);
    tcase_add_loop_test(counts, a_copy_that_was_not_sent_is_not_told, 0, 2);
    tcase_add_test(counts, a_thousand_statements_are_told_apart);
    return suite;
}
