/* harness.c -- opens the database under test, empties it, and writes down what it is sent.
 * SPDX-License-Identifier: MIT */
#include "harness.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

enum { RECORD_SIZE = 1 << 16 };

orm_engine *engine;
orm_session *s;
orm_connection *c;
orm_error error;

static struct {
    char text[RECORD_SIZE];
    size_t length, control, trips;
} record;
static pthread_mutex_t recording = PTHREAD_MUTEX_INITIALIZER; /* some tests have threads */

/* Those that refer to others first. */
static const char *const tables[] = {
    "ormc_side.part", "ormc_side.bag", "item_tag", "packings", "goods",
    "words",          "crates",        "tickets",  "lockers",  "comment",
    "post",           "profile",       "authors",  "plain",    "copied",
    "optional",       "preset",        "wide",     "street",   "visit",
    "reading",        "device",        "desk",     "badge",    "employee",
    "player",         "team",          "book",     "shelf",    "item",
    "cart",           "\"order\"",     "city",     "country",  "\"a\"\"b'; DROP TABLE post; --\"",
};
enum { TABLES = sizeof tables / sizeof *tables };

static void make_tables(void);
static void open_all(void);
static void close_all(void);
static void open_engine(void);
static void empty_tables(void);
static void note_statement(const orm_statement_event *event, void *user);
static void note(const orm_statement_event *event, const char *kind);
static void put(const char *format, ...) __attribute__((format(printf, 1, 2)));

TCase *new_case(Suite *suite, const char *name)
{
    TCase *tests = tcase_create(name);
    tcase_add_unchecked_fixture(tests, make_tables, NULL);
    tcase_add_checked_fixture(tests, open_all, close_all);
    suite_add_tcase(suite, tests);
    return tests;
}

/* Once for a case, in the process that then forks: so nothing stays open. */
static void make_tables(void)
{
    open_engine();
    ok(blog_create_all(engine, &error));
    ok(kinds_create_all(engine, &error));
    ok(shapes_create_all(engine, &error));
    ok(server_create_all(engine, &error));
    ok(arrays_create_all(engine, &error));
    orm_engine_close(engine);
    engine = NULL;
}

static void open_all(void)
{
    open_engine();
    c = open_connection();
    s = open_session((orm_session_factory){0});
    empty_tables();
    forget_statements();
}

static void close_all(void)
{
    orm_session_close(s);
    orm_connection_close(c);
    orm_engine_close(engine);
    s = NULL;
    c = NULL;
    engine = NULL;
}

static void open_engine(void)
{
    orm_engine_options options = test_options();
    options.hooks.statement = note_statement;
    ok(orm_engine_open(test_url(), &options, &engine, &error));
}

static void empty_tables(void)
{
    char sql[64];
    ok(orm_connection_begin(c));
    if (!on_sqlite()) /* foreign keys without an index are slow to check where many rows go */
        ok(orm_connection_execute(c, "SET LOCAL session_replication_role = replica", NULL, NULL));
    ok(orm_connection_execute(c, "UPDATE team SET captain_id = NULL", NULL, NULL));
    for (size_t i = 0; i < TABLES; i++) {
        snprintf(sql, sizeof sql, "DELETE FROM %s", tables[i]);
        if (on_sqlite() && strchr(sql, '.')) /* a schema is a prefix there */
            *strchr(sql, '.') = '_';
        ok(orm_connection_execute(c, sql, NULL, NULL));
    }
    ok(orm_connection_commit(c));
}

const char *test_url(void)
{
    const char *url = getenv("ORM_TEST_URL");
    ck_assert_msg(url != NULL, "ORM_TEST_URL names no database");
    return url;
}

orm_engine_options test_options(void)
{
    char *url;
    orm_engine_options options = {0};
    ok(orm_engine_options_from_env("ORM_TEST_", NULL, &options, &url, &error));
    free(url);
    return options;
}

bool on_sqlite(void)
{
    return strcmp(orm_engine_database(engine), "sqlite") == 0;
}

orm_session *open_session(orm_session_factory factory)
{
    orm_session *opened;
    factory.engine = engine;
    ok(orm_session_open(&factory, &opened, &error));
    return opened;
}

orm_connection *open_connection(void)
{
    orm_connection *opened;
    ok(orm_connection_open(engine, &opened, &error));
    return opened;
}

void reopen_session(orm_session_factory factory)
{
    orm_session_close(s);
    s = open_session(factory);
}

void commit_and_forget(void)
{
    ok(orm_session_commit(s));
    orm_session_clear(s);
    forget_statements();
}

void run_sql(const char *sql)
{
    ok(orm_connection_execute(c, sql, NULL, NULL));
}

static void note_statement(const orm_statement_event *event, void *user)
{
    static const char *const kinds[] = {
        [ORM_STATEMENT_SELECT] = "SELECT", [ORM_STATEMENT_INSERT] = "INSERT", [ORM_STATEMENT_UPDATE] = "UPDATE",
        [ORM_STATEMENT_DELETE] = "DELETE", [ORM_STATEMENT_OTHER] = "OTHER",
    };
    (void)user;
    if (event->kind == ORM_STATEMENT_SCHEMA)
        return;
    pthread_mutex_lock(&recording);
    if (event->kind == ORM_STATEMENT_TRANSACTION)
        record.control++;
    else
        note(event, kinds[event->kind]);
    pthread_mutex_unlock(&recording);
}

static void note(const orm_statement_event *event, const char *kind)
{
    put("%s%s", record.length ? ", " : "", kind);
    put("%s%s", *event->table ? " " : "", event->table);
    if (event->status)
        put(" failed");
    else
        put(" %zu", event->rows);
}

/* What no longer fits is left out. */
static void put(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(record.text + record.length, RECORD_SIZE - record.length, format, arguments);
    va_end(arguments);
    if (size > 0 && (size_t)size < RECORD_SIZE - record.length)
        record.length += (size_t)size;
    record.text[record.length] = '\0';
}

const char *take_statements(void)
{
    static char taken[RECORD_SIZE];
    memcpy(taken, record.text, record.length + 1);
    forget_statements();
    return taken;
}

size_t take_transaction_statements(void)
{
    size_t control = record.control;
    record.control = 0;
    return control;
}

size_t take_round_trips(void)
{
    size_t before = record.trips;
    record.trips = orm_engine_pool(engine).round_trips;
    return record.trips - before;
}

void forget_statements(void)
{
    record.text[0] = '\0';
    record.length = 0;
    record.control = 0;
}

const char *story(void)
{
    static char text[2048];
    snprintf(text, sizeof text, "session: %s; connection: %s; other: %s", s ? orm_session_error(s)->message : "none",
             c ? orm_connection_error(c)->message : "none", error.message);
    return text;
}

const blog_author *add_author(const char *name)
{
    const blog_author *author;
    char email[64];
    snprintf(email, sizeof email, "%s@example.org", name);
    ok(blog_author_add(s, &(blog_author_values){.email = email, .name = name}, &author));
    return author;
}

const blog_post *add_post(const blog_author *author, const char *title)
{
    const blog_post *post;
    ok(blog_post_add(s, &(blog_post_values){.title = title, .body = "...", .author = author}, &post));
    return post;
}

const blog_comment *add_comment(const blog_post *post, const blog_author *author, const char *body)
{
    const blog_comment *comment;
    ok(blog_comment_add(s, &(blog_comment_values){.body = body, .post = post, .author = author}, &comment));
    return comment;
}

const shapes_employee *add_employee(const char *name, const shapes_employee *boss)
{
    const shapes_employee *employee;
    ok(shapes_employee_add(s, &(shapes_employee_values){.name = name, .boss = boss}, &employee));
    return employee;
}

void store_blog(size_t authors, size_t posts)
{
    char name[32];
    for (size_t i = 0; i < authors; i++) {
        snprintf(name, sizeof name, "a%03zu", i);
        const blog_author *author = add_author(name);
        for (size_t k = 0; k < posts; k++) {
            snprintf(name, sizeof name, "p%03zu", k);
            add_post(author, name);
        }
    }
    commit_and_forget();
}

void insert_authors(int count)
{
    char email[32], name[32];
    for (int i = 0; i < count; i++) {
        snprintf(email, sizeof email, "a%d@b", i);
        snprintf(name, sizeof name, "a%d", i);
        ok(orm_connection_execute(
            c, "INSERT INTO authors (created_at, email, name, score) VALUES (:at, :email, :name, :score)",
            ORM_NAMED({"at", orm_of_timestamptz((orm_timestamptz){i})}, {"email", orm_of_text(email)},
                      {"name", orm_of_text(name)}, {"score", i % 2 ? orm_of_null() : orm_of_float64(i)}),
            NULL));
    }
    forget_statements();
}

int64_t stored_authors(void)
{
    int64_t count = -1;
    orm_rows *rows;
    ok(orm_connection_query(c, "SELECT count(*) FROM authors", NULL, &rows));
    ok(orm_rows_first(rows));
    ok(orm_get(rows, 0, &count));
    orm_rows_close(rows);
    return count;
}

orm_rows *open_rows(const char *sql, const orm_parameters *parameters)
{
    orm_rows *rows;
    ok(orm_connection_query(c, sql, parameters, &rows));
    return rows;
}

const server_item *add_item(const char *name)
{
    const server_item *item;
    ok(server_item_add(s, &(server_item_values){.name = name, .price = 1}, &item));
    return item;
}

const server_tag *add_tag(const char *word)
{
    const server_tag *tag;
    ok(server_tag_add(s, &(server_tag_values){.word = word}, &tag));
    return tag;
}

size_t count_tags(const server_item *item)
{
    server_tag_list list;
    ok(server_item_get_tags(s, item, &list));
    return list.count;
}

int64_t insert_author(const char *name)
{
    blog_author row;
    orm_result *result;
    char email[64];
    snprintf(email, sizeof email, "%s@example.org", name);
    ok(blog_author_insert(c, &(blog_author_values){.email = email, .name = name}, &row, &result));
    orm_result_free(result);
    return row.id;
}

int64_t insert_post(int64_t author, const char *title, int32_t views)
{
    blog_post row;
    orm_result *result;
    ok(blog_post_insert(
        c, &(blog_post_values){.title = title, .body = "", .author_id = ORM_VALUE(author), .views = ORM_VALUE(views)},
        &row, &result));
    orm_result_free(result);
    return row.id;
}

/* --- memory --- */

long most_memory(void)
{
    struct rusage usage;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

bool memory_counts(void)
{
    const char *sanitizers = getenv("SANITIZE");
    return !sanitizers || !*sanitizers;
}

size_t many_rows(void)
{
    return getenv("ORM_TEST_SOAK") ? 10000000 : 200000;
}

void tell_memory(const char *what, size_t read)
{
    if (read % 1000000 == 0 && (read == 1000000 || read % 5000000 == 0))
        printf("%s: %zu rows, at most %ld KiB\n", what, read, most_memory());
}

/* --- random numbers --- */

unsigned long long test_seed;
static unsigned long long random_state;

void begin_random(void)
{
    const char *given = getenv("ORM_TEST_SEED");
    if (given)
        test_seed = strtoull(given, NULL, 10);
    else
        test_seed = getenv("ORM_TEST_SOAK") ? (unsigned long long)time(NULL) * 1000003 + (unsigned long long)clock()
                                            : 1;
    random_state = test_seed;
}

/* Knuth's 64-bit linear congruential generator (MMIX), whose high bits are the good ones. */
int pick(int below)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (unsigned long long)below);
}
