/* harness.h -- what the suites of this folder share: the database under test, the statements it was sent, assertions.
 *
 * Each test runs in a process of its own (Check's fork mode), on empty tables, with an engine, a session and a
 * connection that are opened before it and closed after it. The database is the one that ORM_TEST_URL names; engine
 * options may be given likewise (ORM_TEST_PREPARED=off).
 * SPDX-License-Identifier: MIT */
#ifndef HARNESS_H
#define HARNESS_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "arrays.h"
#include "blog.h"
#include "kinds.h"
#include "orm.h"
#include "server.h"
#include "shapes.h"

extern orm_engine *engine;
extern orm_session *s; /* with the factory's defaults; opened on first use of a connection */
extern orm_connection *c;
extern orm_error error;

/* A case of the suite whose tests have what is said above. */
TCase *new_case(Suite *suite, const char *name);

const char *test_url(void);
orm_engine_options test_options(void);
bool on_sqlite(void);
/* Owned: close it. Another session, or connection, on the same engine. */
orm_session *open_session(orm_session_factory factory);
orm_connection *open_connection(void);
/* Closes `s` and opens it anew by another factory, whose engine is filled in. */
void reopen_session(orm_session_factory factory);
/* Commits `s` and forgets all it holds, so that what follows reads from the database. */
void commit_and_forget(void);
/* Runs SQL on a connection of its own; fails the test unless it succeeds. */
void run_sql(const char *sql);

/* The statements sent since the last call, "INSERT authors 3, INSERT post 30": kind, table, rows, in order. Transaction
 * control and DDL are not among them. A refused one is "INSERT post failed". Borrowed until the next call. */
const char *take_statements(void);
/* How many statements of transaction control were sent since the last call of any take_ function. */
size_t take_transaction_statements(void);
void forget_statements(void);
/* How often something was sent to the database and its answers awaited since the last call; 0 on SQLite. */
size_t take_round_trips(void);
#define expect_statements(text) ck_assert_str_eq(take_statements(), (text))
/* Not even BEGIN. */
#define expect_nothing_sent() \
    do { \
        size_t control_ = take_transaction_statements(); \
        ck_assert_str_eq(take_statements(), ""); \
        ck_assert_uint_eq(control_, 0); \
    } while (0)

/* What the session, the connection or a call with `error` last complained of. */
const char *story(void);
#define expect_status(wanted, ...) \
    do { \
        orm_status got_ = (__VA_ARGS__); \
        ck_assert_msg(got_ == (wanted), "%s is %s, not %s: %s", #__VA_ARGS__, orm_status_name(got_), \
                      orm_status_name(wanted), story()); \
    } while (0)
#define ok(...) expect_status(ORM_OK, __VA_ARGS__)
/* That a text is part of a message. */
#define expect_said(text, part) \
    ck_assert_msg(strstr((text), (part)) != NULL, "\"%s\" does not say \"%s\"", (text), (part))
#define expect_text(got, wanted) ck_assert_pstr_eq((got), (wanted))

/* The suites, each in the file of its name. */
Suite *suite_schema(void);
Suite *suite_core(void);
Suite *suite_execute(void);
Suite *suite_rows(void);
Suite *suite_copy(void);
Suite *suite_aggregate(void);
Suite *suite_refusals(void);
Suite *suite_types(void);
Suite *suite_where(void);
Suite *suite_session(void);
Suite *suite_flush(void);
Suite *suite_sticky(void);
Suite *suite_unique(void);
Suite *suite_replace(void);
Suite *suite_hooks(void);
Suite *suite_rollback(void);
Suite *suite_savepoint(void);
Suite *suite_server(void);
Suite *suite_many(void);
Suite *suite_bulk(void);
Suite *suite_bulk_where(void);
Suite *suite_large(void);
Suite *suite_checklist(void);
Suite *suite_isolation(void);
Suite *suite_arrays(void);
Suite *suite_relations(void);
Suite *suite_one_to_one(void);
Suite *suite_on_delete(void);
Suite *suite_loading(void);
Suite *suite_keys(void);
Suite *suite_natural_keys(void);
Suite *suite_connections(void);
Suite *suite_observing(void);
Suite *suite_production(void);
Suite *suite_related(void);
Suite *suite_injection(void);
Suite *suite_named(void);
Suite *suite_named_each(void);
Suite *suite_differential(void);
Suite *suite_streaming(void);
Suite *suite_trips(void);
Suite *suite_hostile(void);
Suite *suite_async(void);
Suite *suite_verify(void);
Suite *suite_get_many(void);
Suite *suite_shared(void);
Suite *suite_gather(void);
Suite *suite_gather_keys(void);
Suite *suite_fibers_random(void);
Suite *suite_together(void);
Suite *suite_cancelling(void);
Suite *suite_closing(void);
Suite *suite_views(void);
Suite *suite_corners(void);
Suite *suite_trust(void);
Suite *suite_extremes(void);

/* Rows that many tests begin with. Each is added to `s` and not flushed. */
const blog_author *add_author(const char *name);
const blog_post *add_post(const blog_author *author, const char *title);
const blog_comment *add_comment(const blog_post *post, const blog_author *author, const char *body);
const shapes_employee *add_employee(const char *name, const shapes_employee *boss);
const server_item *add_item(const char *name);
const server_tag *add_tag(const char *word);
size_t count_tags(const server_item *item);
/* On `c`, without a session; the key. */
int64_t insert_author(const char *name);
int64_t insert_post(int64_t author, const char *title, int32_t views);
/* By SQL on `c`: as many authors, "a0" and so on, every other without a score; how many there are. */
void insert_authors(int count);
int64_t stored_authors(void);
/* Opens the rows of a statement that succeeds. Owned: close them. */
orm_rows *open_rows(const char *sql, const orm_parameters *parameters);
/* `authors` authors ("a000"...) with `posts` posts ("p000"...) each, committed; `s` has forgotten them. */
void store_blog(size_t authors, size_t posts);

/* The most memory that this process ever had at once, in KiB. */
long most_memory(void);
/* Whether that says something: sanitizers and memcheck keep what was given back. */
bool memory_counts(void);
/* How many rows are many for a test of memory: ten million with ORM_TEST_SOAK. */
size_t many_rows(void);
/* What is told of a long run, at one, five and ten million rows. */
void tell_memory(const char *what, size_t read);
/* Random numbers below `below`, not 0: the same ones in every run, unless ORM_TEST_SEED or, with ORM_TEST_SOAK, the
 * clock says otherwise. A failure names test_seed. */
void begin_random(void);
int pick(int below);
extern unsigned long long test_seed;

#endif
